/*-------------------------------------------------------------------------
 *
 * workload.c
 *		The statements that advice is for, and how much they weigh.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "capture/captured.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "recommend/workload.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"

/*
 * Statements that make up this part of the time are looked at: not less than so many
 * of them, if there are, and no more.
 */
#define PART_OF_TIME	0.995
#define MIN_STATEMENTS	100
#define MAX_STATEMENTS	2000

/* ---------------------------------------------------------------------
 * What was captured
 * ---------------------------------------------------------------------
 */

static bool
is_among(const List *texts, const char *text)
{
	ListCell   *lc;

	foreach(lc, texts)
	{
		if (strcmp(lfirst(lc), text) == 0)
			return true;
	}
	return false;
}

/*
 * The query of DECLARE name ... CURSOR ... FOR query, of which there are no examples;
 * the text itself if it is something else.
 */
static char *
without_declare(char *text)
{
	bool		is_cursor = false;
	char	   *c = text;

	if (pg_strncasecmp(text, "DECLARE", 7) != 0)
		return text;
	while (*c != '\0')
	{
		size_t		word = strcspn(c, " \t\r\n\"");

		if (*c == '"')
			word = strcspn(c + 1, "\"") + 1;
		if (is_cursor && word == 3 && pg_strncasecmp(c, "FOR", 3) == 0)
			return c + 3 + strspn(c + 3, " \t\r\n");
		if (word == 6 && pg_strncasecmp(c, "CURSOR", 6) == 0)
			is_cursor = true;
		c += word;
		if (*c != '\0')
			c++;
	}
	return text;
}

/*
 * Examples with all values; or else one with $n, as what was left out of it was
 * too long; or else the statement's text.
 */
static void
choose_texts(AdvWorkItem *item, const AdvCapturedStatement *statement)
{
	const AdvCapturedExample *template = NULL;
	ListCell   *lc;

	foreach(lc, statement->examples)
	{
		const AdvCapturedExample *example = lfirst(lc);

		if (example->is_template)
			template = template ? template : example;
		else if (!example->truncated && list_length(item->texts) < ADV_WORK_TEXTS &&
				 !is_among(item->texts, example->text))
			item->texts = lappend(item->texts, example->text);
	}
	if (item->texts != NIL)
		return;

	item->is_template = true;
	if (template != NULL)
		item->texts = list_make1(template->text);
	else if (statement->text != NULL && !statement->text_cut)
		item->texts = list_make1(without_declare(statement->text));
	else if (statement->text_cut)
		item->unusable = "its text is too long to be kept";
	else if (statement->examples != NIL)
		item->unusable = "its examples are too long to be kept";
	else
		item->unusable = psprintf("there is no example of it: %s", statement->why_no_example);
}

static AdvWorkItem *
captured_item(const AdvCapturedStatement *statement, double days)
{
	AdvWorkItem *item = palloc0(sizeof(AdvWorkItem));

	item->queryid = statement->queryid;
	item->userid = statement->userid;
	item->toplevel = statement->toplevel;
	item->calls_per_day = statement->calls / days;
	item->ms_per_day = statement->total_ms / days;
	item->mean_ms = statement->total_ms / statement->calls;
	choose_texts(item, statement);
	return item;
}

/* Time of all statements that have plans. */
static double
planned_ms(const List *statements)
{
	double		ms = 0;
	ListCell   *lc;

	foreach(lc, statements)
	{
		const AdvCapturedStatement *statement = lfirst(lc);

		if (statement->has_plan)
			ms += statement->total_ms;
	}
	return ms;
}

AdvWorkload *
adv_workload_captured(bool all)
{
	AdvWorkload *workload = palloc0(sizeof(AdvWorkload));
	double		enough;
	double		so_far = 0;
	ListCell   *lc;

	workload->captured = true;
	workload->days = adv_captured_days();
	workload->statements = adv_captured_statements(MyDatabaseId);
	workload->ms_per_day = planned_ms(workload->statements) / workload->days;
	enough = workload->ms_per_day * PART_OF_TIME;
	foreach(lc, workload->statements)
	{
		const AdvCapturedStatement *statement = lfirst(lc);
		AdvWorkItem *item;

		if (!statement->has_plan)
			continue;
		if (!all &&
			((so_far >= enough && list_length(workload->items) >= MIN_STATEMENTS) ||
			 list_length(workload->items) == MAX_STATEMENTS))
		{
			workload->left_out++;
			workload->left_out_ms += statement->total_ms / workload->days;
			continue;
		}
		item = captured_item(statement, workload->days);
		workload->items = lappend(workload->items, item);
		item->number = list_length(workload->items);
		so_far += item->ms_per_day;
	}
	return workload;
}

/* ---------------------------------------------------------------------
 * Texts
 * ---------------------------------------------------------------------
 */

typedef struct TextAt
{
	const char *text;
	int			number;
} TextAt;

/* Say which of the texts an error is about, and point into that. */
static void
text_error_callback(void *arg)
{
	const TextAt *at = (const TextAt *) arg;
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(at->text);
	}
	errcontext("query %d", at->number);
}

/* Has the statement a plan, and is there anything to gain? */
static bool
has_plan(const Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_SelectStmt:
			return ((const SelectStmt *) statement)->intoClause == NULL;
		case T_InsertStmt:
		case T_UpdateStmt:
		case T_DeleteStmt:
		case T_MergeStmt:
			return true;
		default:
			return false;
	}
}

static const char *
hint_for(const Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_ExplainStmt:
			return "Leave out EXPLAIN and give the statement that it is of.";
		case T_PrepareStmt:
			return "Give the statement that is to be prepared; it may have $1 and so on.";
		case T_ExecuteStmt:
			return "Give the statement that has been prepared; it may have $1 and so on.";
		case T_SelectStmt:
		case T_CreateTableAsStmt:
		case T_DeclareCursorStmt:
		case T_CopyStmt:
			return "Give the query in it.";
		default:
			return "Advice is for SELECT, VALUES, INSERT, UPDATE, DELETE and MERGE.";
	}
}

static void
check_text(const char *text)
{
	List	   *trees = raw_parser(text, RAW_PARSE_DEFAULT);
	const Node *statement;

	if (trees == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("query is empty"),
				 errhint("Each element must be the text of one statement.")));
	if (list_length(trees) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("query has %d statements", list_length(trees)),
				 errhint("Give each statement as an element of its own.")));
	statement = linitial_node(RawStmt, trees)->stmt;
	if (!has_plan(statement))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("query is not a statement that indexes could make faster"),
				 errhint("%s", hint_for(statement))));
}

static AdvWorkItem *
text_item(char *text, int number)
{
	AdvWorkItem *item = palloc0(sizeof(AdvWorkItem));
	TextAt		at = {text, number};
	ErrorContextCallback callback;

	callback.callback = text_error_callback;
	callback.arg = &at;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	check_text(text);
	error_context_stack = callback.previous;

	item->number = number;
	item->userid = GetUserId();
	item->toplevel = true;
	item->calls_per_day = 1;
	item->ms_per_day = -1;
	item->mean_ms = -1;
	item->texts = list_make1(text);
	item->is_template = adv_text_has_parameter(text);
	return item;
}

AdvWorkload *
adv_workload_of_texts(ArrayType *texts)
{
	AdvWorkload *workload = palloc0(sizeof(AdvWorkload));
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	deconstruct_array(texts, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	workload->days = 1;
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("query %d is null", i + 1),
					 errhint("Each element must be the text of one statement.")));
		CHECK_FOR_INTERRUPTS();
		workload->items = lappend(workload->items,
								  text_item(TextDatumGetCString(elements[i]), i + 1));
	}
	return workload;
}

/* ---------------------------------------------------------------------
 * Budgets
 * ---------------------------------------------------------------------
 */

#define BUDGET_HINT "Give a size as '500MB' or '2 GB', a number of bytes, or a part of the database as '10%%'."

/* A percentage; false if it is none. */
static bool
parse_percentage(const char *text, double *bytes)
{
	char	   *end;
	double		percent = strtod(text, &end);

	/* not hexadecimal numbers */
	if (end == text || strpbrk(text, "xX") != NULL)
		return false;
	while (isspace((unsigned char) *end))
		end++;
	if (*end++ != '%')
		return false;
	while (isspace((unsigned char) *end))
		end++;
	if (*end != '\0' || !isfinite(percent) || percent > 1e6)
		return false;
	*bytes = percent / 100 *
		DatumGetInt64(DirectFunctionCall1(pg_database_size_oid, ObjectIdGetDatum(MyDatabaseId)));
	return true;
}

/* Does pg_size_bytes() take it?  Its own errors say nothing of budgets. */
static bool
parse_size(const char *text, double *bytes)
{
	static const char *const units[] = {"", "B", "bytes", "kB", "MB", "GB", "TB", "PB"};
	static const double factors[] = {1, 1, 1, 1024.0, 1024.0 * 1024, 1024.0 * 1024 * 1024,
	1024.0 * 1024 * 1024 * 1024, 1024.0 * 1024 * 1024 * 1024 * 1024};
	char	   *end;
	double		number;
	char	   *unit;

	/* not what else strtod() knows: infinity, NaN and hexadecimal numbers */
	if (strspn(text, " \t\n\r+-.0123456789") == 0 || strpbrk(text, "xX") != NULL)
		return false;
	number = strtod(text, &end);
	if (end == text || !isfinite(number))
		return false;
	while (isspace((unsigned char) *end))
		end++;
	unit = pstrdup(end);
	for (char *c = unit + strlen(unit); c > unit && isspace((unsigned char) c[-1]); c--)
		c[-1] = '\0';
	for (int i = 0; i < lengthof(units); i++)
	{
		if (pg_strcasecmp(unit, units[i]) == 0)
		{
			*bytes = number * factors[i];
			return true;
		}
	}
	return false;
}

double
adv_parse_budget(const char *text)
{
	double		bytes;

	if (!parse_percentage(text, &bytes) && !parse_size(text, &bytes))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid budget: \"%s\"", text),
				 errhint(BUDGET_HINT)));
	if (!(bytes >= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("budget must be at least one byte: \"%s\"", text),
				 errhint(BUDGET_HINT)));
	if (bytes >= (double) PG_INT64_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("budget is out of range: \"%s\"", text),
				 errhint(BUDGET_HINT)));
	return bytes;
}

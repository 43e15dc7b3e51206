/*-------------------------------------------------------------------------
 *
 * functions.c
 *		SQL functions of what-if planning: unpack, check, call, pack.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "common/access.h"
#include "common/compat.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "whatif/hidden.h"
#include "whatif/indexddl.h"
#include "whatif/plan.h"
#include "whatif/trial.h"

ADV_FUNCTION_INFO_V1(advisor_explain);

/* What advisor.explain() is asked, and answers. */
typedef struct Explanation
{
	const char *query;
	List	   *definitions;	/* CREATE INDEX statements */
	List	   *dropped;		/* oids of indexes */
	int			format;
	const char *reading;		/* the text that an error is about */

	char	   *plan;
	double		cost_before;
	double		cost_after;
	List	   *used;			/* names of new indexes in the plan */
} Explanation;

static int
parse_format(const char *format)
{
	static const struct
	{
		const char *name;
		int			format;
	}			formats[] = {
		{"text", EXPLAIN_FORMAT_TEXT},
		{"json", EXPLAIN_FORMAT_JSON},
		{"xml", EXPLAIN_FORMAT_XML},
		{"yaml", EXPLAIN_FORMAT_YAML}
	};

	for (int i = 0; i < lengthof(formats); i++)
		if (pg_strcasecmp(format, formats[i].name) == 0)
			return formats[i].format;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized format \"%s\"", format),
			 errhint("Formats are text, json, xml and yaml.")));
}

/* Elements of an array argument, none of which may be null. */
static Datum *
array_elements(ArrayType *array, Oid type, int *n)
{
	Datum	   *elements;

	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("lists of indexes must not contain null values")));
	deconstruct_array(array, type, type == TEXTOID ? -1 : sizeof(Oid),
					  type != TEXTOID, TYPALIGN_INT, &elements, NULL, n);
	return elements;
}

static List *
text_list(ArrayType *array)
{
	List	   *list = NIL;
	int			n;
	Datum	   *elements = array_elements(array, TEXTOID, &n);

	for (int i = 0; i < n; i++)
		list = lappend(list, TextDatumGetCString(elements[i]));
	return list;
}

static List *
oid_list(ArrayType *array)
{
	List	   *list = NIL;
	int			n;
	Datum	   *elements = array_elements(array, REGCLASSOID, &n);

	for (int i = 0; i < n; i++)
		list = lappend_oid(list, DatumGetObjectId(elements[i]));
	return list;
}

/* Has an index in the set this name? */
static bool
is_taken(const char *name, void *arg)
{
	const AdvHypoSet *hypos = arg;

	for (int id = 0; id < adv_hypos_count(hypos); id++)
		if (strcmp(adv_hypos_get(hypos, id)->name, name) == 0)
			return true;
	return false;
}

/* The indexes to be created, in a set. */
static AdvHypoSet *
create_indexes(Explanation *e, Bitmapset **present)
{
	AdvHypoSet *hypos = adv_hypos_create(CurrentMemoryContext);
	ListCell   *lc;

	foreach(lc, e->definitions)
	{
		AdvIndexDef *def;
		const AdvHypoIndex *index;

		e->reading = lfirst(lc);
		def = adv_indexdef_parse(e->reading);
		index = adv_hypos_add(hypos, def, def->name ? def->name :
							  adv_indexdef_name(def, is_taken, hypos));
		*present = bms_add_member(*present, index->id);
	}
	return hypos;
}

/* To be done in a trial. */
static void
explain(void *arg)
{
	Explanation *e = arg;
	AdvConfiguration today = {0};
	AdvConfiguration world = {0};
	Bitmapset  *present = NULL;
	AdvPlannable *plannable;
	AdvPlanned	planned;
	int			id = -1;

	world.hypos = create_indexes(e, &present);
	world.present = present;
	adv_hidden_set(&world, e->dropped);

	e->reading = e->query;
	plannable = adv_plannable_make(e->query);
	adv_plannable_plan(plannable, &today, &planned);
	e->cost_before = planned.total_cost;
	e->plan = adv_plannable_explain(plannable, &world, e->format, &planned);
	e->cost_after = planned.total_cost;
	while ((id = bms_next_member(planned.used, id)) >= 0)
		e->used = lappend(e->used, pstrdup(adv_hypos_get(world.hypos, id)->name));
}

/* An error in a text that was passed points into that text. */
static void
rethrow(ErrorData *error, const char *text)
{
	if (error->cursorpos > 0 && error->internalquery == NULL)
	{
		error->internalpos = error->cursorpos;
		error->internalquery = pstrdup(text);
		error->cursorpos = 0;
	}
	ReThrowError(error);
}

static Datum
text_array(List *list)
{
	Datum	   *elements = palloc(Max(list_length(list), 1) * sizeof(Datum));
	int			n = 0;
	ListCell   *lc;

	foreach(lc, list)
		elements[n++] = CStringGetTextDatum(lfirst(lc));
	return PointerGetDatum(construct_array(elements, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/*
 * advisor.explain(query text, create_indexes text[], drop_indexes regclass[],
 * format text): plan, cost before and after, and which new indexes it uses
 */
Datum
advisor_explain(PG_FUNCTION_ARGS)
{
	Explanation e = {0};
	AdvTrial	trial = {InvalidOid, 0, 0};
	ErrorData  *error;
	TupleDesc	tupdesc;
	Datum		values[4];
	bool		nulls[4] = {false};

	adv_require_preloaded();
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	e.query = text_to_cstring(PG_GETARG_TEXT_PP(0));
	e.definitions = text_list(PG_GETARG_ARRAYTYPE_P(1));
	e.dropped = oid_list(PG_GETARG_ARRAYTYPE_P(2));
	e.format = parse_format(text_to_cstring(PG_GETARG_TEXT_PP(3)));

	if (adv_trial(&trial, explain, &e, &error) == ADV_TRIAL_FAILED)
		rethrow(error, e.reading);
	values[0] = CStringGetTextDatum(e.plan);
	values[1] = Float8GetDatum(e.cost_before);
	values[2] = Float8GetDatum(e.cost_after);
	values[3] = text_array(e.used);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls));
}

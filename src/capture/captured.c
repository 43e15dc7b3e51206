/*-------------------------------------------------------------------------
 *
 * captured.c
 *		What was captured, for advice: statements, examples, and what they
 *		wrote.
 *
 * A partition of the store is read at a time.  What is read is in a context of
 * its own, and only what is returned is in the caller's.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "capture/captured.h"
#include "capture/document.h"
#include "capture/noderuns.h"
#include "capture/plandoc.h"
#include "capture/report.h"
#include "capture/sampler.h"
#include "capture/snapshot.h"
#include "capture/statement.h"
#include "common/access.h"
#include "common/guc.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Counting that has just begun is taken for as long, so that it is no division by 0. */
#define MIN_WINDOW_SECONDS 10.0

/* What reading works with. */
typedef struct Reader
{
	Oid			dbid;
	bool		reads_all_stats;
	AdvSnapshot *snapshot;
	AdvDocumentSet documents;	/* of the partition */
	MemoryContext caller;		/* of what is returned */
	List	   *statements;
} Reader;

/* A text in the encoding of our database, or NULL if it is not. */
static char *
copy_text(const Reader *reader, const char *text, int len, int encoding)
{
	if (encoding != GetDatabaseEncoding() || !pg_verify_mbstr(encoding, text, len, true))
		return NULL;
	return MemoryContextStrdup(reader->caller, pnstrdup(text, len));
}

bool
adv_text_has_parameter(const char *text)
{
	char		quote = 0;

	for (const char *c = text; *c; c++)
	{
		if (quote != 0)
			quote = *c == quote ? 0 : quote;
		else if (*c == '\'' || *c == '"')
			quote = *c;
		else if (*c == '$' && c[1] >= '0' && c[1] <= '9')
			return true;
	}
	return false;
}

/* ---------------------------------------------------------------------
 * Examples
 * ---------------------------------------------------------------------
 */

static AdvCapturedExample *
read_example(const Reader *reader, const AdvDocument *document)
{
	const AdvExampleText *head = (const AdvExampleText *) adv_document_data(document);
	AdvCapturedExample *example = MemoryContextAlloc(reader->caller, sizeof(AdvCapturedExample));

	example->text = copy_text(reader, (const char *) (head + 1),
							  document->len - sizeof(AdvExampleText), head->encoding);
	if (example->text == NULL)
		return NULL;
	example->truncated = head->truncated != 0;
	example->is_template = adv_text_has_parameter(example->text);
	example->exec_ms = document->ns >= 0 ? document->ns / ADV_NS_PER_MS : -1;
	example->planid = document->key.planid;
	return example;
}

static int
compare_examples(const ListCell *a, const ListCell *b)
{
	const AdvCapturedExample *x = lfirst(a);
	const AdvCapturedExample *y = lfirst(b);

	if (x->exec_ms != y->exec_ms)
		return x->exec_ms > y->exec_ms ? -1 : 1;
	return strcmp(x->text, y->text);
}

static const char *
why_no_example(const AdvCapturedStatement *statement)
{
	if (!statement->has_plan)
		return "it is a utility statement";
	if (adv_plan_memory == 0)
		return "advisor.plan_memory is 0";
	if (!adv_track_examples)
		return "advisor.track_examples is off";
	return "it has been lost for want of advisor.plan_memory, or could not be written";
}

static void
add_examples(const Reader *reader, const AdvKey *key, AdvCapturedStatement *statement)
{
	const AdvDocument *document = NULL;
	MemoryContext old;

	while ((document = adv_documents_next(&reader->documents, document)) != NULL)
	{
		AdvCapturedExample *example;

		if (document->kind != ADV_DOCUMENT_EXAMPLE ||
			!adv_key_same_statement(&document->key, key))
			continue;
		example = read_example(reader, document);
		if (example == NULL)
			continue;
		old = MemoryContextSwitchTo(reader->caller);
		statement->examples = lappend(statement->examples, example);
		MemoryContextSwitchTo(old);
	}
	list_sort(statement->examples, compare_examples);
	if (statement->examples == NIL)
		statement->why_no_example = why_no_example(statement);
}

/* ---------------------------------------------------------------------
 * Writes
 * ---------------------------------------------------------------------
 */

/* The document of the plan that was run most often, of those that have one. */
static const AdvDocument *
main_plan(const Reader *reader, AdvEntryCopy *const *entries, int n)
{
	const AdvDocument *best = NULL;
	int64		most = 0;

	for (int i = 0; i < n; i++)
	{
		const AdvDocument *document;

		if (entries[i]->key.sqlclass != 0 || entries[i]->key.planid == 0 ||
			entries[i]->counters.exec.count <= most)
			continue;
		document = adv_documents_find(&reader->documents, &entries[i]->key, ADV_DOCUMENT_PLAN);
		if (document == NULL)
			continue;
		best = document;
		most = entries[i]->counters.exec.count;
	}
	return best;
}

/*
 * Rows that a node writes in all executions.  At the top that is what the server
 * counts; in WITH it is the mean of those looked at, or the planner's guess.
 */
static double
rows_written(const Reader *reader, const AdvDocument *document, const AdvPlanDoc *doc,
			 int node, const AdvCapturedStatement *statement)
{
	const AdvDocument *measured;
	const AdvNode *nodes = adv_plandoc_nodes(doc);

	if (node == 0)
		return statement->rows;

	measured = adv_documents_find(&reader->documents, &document->key, ADV_DOCUMENT_RUNS);
	if (measured && adv_plan_runs_nodes(measured->len) == doc->nnodes)
	{
		const AdvPlanRuns *runs = (const AdvPlanRuns *) adv_document_data(measured);

		if (runs->runs > 0)
			return runs->nodes[node].input_rows / runs->runs * statement->calls;
	}
	for (int i = node + 1; i < doc->nnodes; i++)
	{
		if (nodes[i].parent == node)
			return nodes[i].plan_rows * statement->calls;
	}
	return 0;
}

static AdvCapturedWrite *
make_write(const AdvNode *node, double rows)
{
	AdvCapturedWrite *write = palloc0(sizeof(AdvCapturedWrite));

	write->relid = node->relid;
	write->operation = (CmdType) node->operation;
	for (int i = 0; i < node->nchanged; i++)
		write->changed = bms_add_member(write->changed, node->changed[i]);
	write->changes_more = node->nchanged == ADV_NODE_ATTNOS;
	write->rows = rows;
	return write;
}

static bool
writes(const AdvNode *node)
{
	return OidIsValid(node->relid) && (node->operation != CMD_UNKNOWN || node->nchanged > 0);
}

static void
add_writes(const Reader *reader, AdvEntryCopy *const *entries, int n,
		   AdvCapturedStatement *statement)
{
	const AdvDocument *document = main_plan(reader, entries, n);
	const AdvPlanDoc *doc;

	if (document == NULL)
		return;
	doc = adv_plandoc_read(adv_document_data(document), document->len);
	for (int i = 0; i < doc->nnodes; i++)
	{
		const AdvNode *node = &adv_plandoc_nodes(doc)[i];
		MemoryContext old;

		if (!writes(node))
			continue;
		old = MemoryContextSwitchTo(reader->caller);
		statement->writes = lappend(statement->writes,
									make_write(node, rows_written(reader, document, doc, i, statement)));
		MemoryContextSwitchTo(old);
	}
}

/* ---------------------------------------------------------------------
 * Statements
 * ---------------------------------------------------------------------
 */

static void
add_text(const Reader *reader, const AdvKey *key, AdvCapturedStatement *statement)
{
	const AdvTextCopy *text = adv_snapshot_find_text(reader->snapshot, key);

	if (text == NULL || text->len == 0)
		return;
	statement->text = copy_text(reader, text->text, text->len, text->encoding);
	/* cut at a character */
	statement->text_cut = text->len > ADV_TEXT_MAX - MAX_MULTIBYTE_CHAR_LEN;
}

static void
add_statement(Reader *reader, AdvEntryCopy *const *entries, int n)
{
	AdvStatementSum *sum = palloc(sizeof(AdvStatementSum));
	AdvCapturedStatement *statement;
	MemoryContext old;

	adv_statement_sum(entries, n, sum);
	if (sum->completed.exec.count == 0)
		return;

	old = MemoryContextSwitchTo(reader->caller);
	statement = palloc0(sizeof(AdvCapturedStatement));
	reader->statements = lappend(reader->statements, statement);
	MemoryContextSwitchTo(old);

	statement->userid = sum->key.userid;
	statement->queryid = sum->key.queryid;
	statement->toplevel = sum->key.toplevel != 0;
	statement->calls = sum->completed.exec.count;
	statement->total_ms = sum->completed.exec.total / ADV_NS_PER_MS;
	statement->rows = sum->completed.usage.rows;
	statement->has_plan = sum->nplans > 0;
	if (reader->dbid == MyDatabaseId)
	{
		add_text(reader, &sum->key, statement);
		add_examples(reader, &sum->key, statement);
	}
	add_writes(reader, entries, n, statement);
}

/* The statements of a partition, of which the snapshot has been read. */
static void
read_partition(Reader *reader, int partition, AdvEntryCopy *const *entries, int n)
{
	adv_documents_read(&reader->documents, partition,
					   (1 << ADV_DOCUMENT_PLAN) | (1 << ADV_DOCUMENT_RUNS) |
					   (1 << ADV_DOCUMENT_EXAMPLE));
	while (n > 0)
	{
		int			in_group = adv_snapshot_group(entries, n);

		if (entries[0]->key.dbid == reader->dbid &&
			adv_may_see(entries[0]->key.userid, reader->reads_all_stats))
			add_statement(reader, entries, in_group);
		entries += in_group;
		n -= in_group;
	}
}

/* Slowest first; an order that is the same whatever the store's. */
static int
compare_statements(const ListCell *a, const ListCell *b)
{
	const AdvCapturedStatement *x = lfirst(a);
	const AdvCapturedStatement *y = lfirst(b);

	if (x->total_ms != y->total_ms)
		return x->total_ms > y->total_ms ? -1 : 1;
	if (x->queryid != y->queryid)
		return x->queryid < y->queryid ? -1 : 1;
	if (x->userid != y->userid)
		return x->userid < y->userid ? -1 : 1;
	return (int) y->toplevel - (int) x->toplevel;
}

List *
adv_captured_statements(Oid dbid)
{
	Reader		reader = {.dbid = dbid,.caller = CurrentMemoryContext};
	MemoryContext buffers = AllocSetContextCreate(CurrentMemoryContext, "advisor buffers",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext context = AllocSetContextCreate(buffers, "advisor partition",
												  ALLOCSET_DEFAULT_SIZES);

	adv_require_preloaded();
	reader.reads_all_stats = adv_reads_all_stats();
	MemoryContextSwitchTo(buffers);
	reader.snapshot = adv_snapshot_begin();
	for (int i = 0; i < adv_store_partitions(); i++)
	{
		AdvTextCopy **texts;
		AdvEntryCopy **entries;
		int			n;

		/* the snapshot's arrays are used again, and grow where they are read */
		MemoryContextSwitchTo(buffers);
		(void) adv_snapshot_read_texts(reader.snapshot, i, &texts);
		n = adv_snapshot_read(reader.snapshot, i, &entries);
		MemoryContextSwitchTo(context);
		read_partition(&reader, i, entries, n);
		MemoryContextReset(context);
		memset(&reader.documents, 0, sizeof(reader.documents));
	}
	MemoryContextSwitchTo(reader.caller);
	MemoryContextDelete(buffers);
	list_sort(reader.statements, compare_statements);
	return reader.statements;
}

TimestampTz
adv_captured_since(void)
{
	return adv_store_since();
}

double
adv_captured_days(void)
{
	double		seconds = (GetCurrentTransactionStartTimestamp() - adv_store_since()) / (double) USECS_PER_SEC;

	return Max(seconds, MIN_WINDOW_SECONDS) / SECS_PER_DAY;
}

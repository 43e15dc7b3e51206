/*-------------------------------------------------------------------------
 *
 * planfunctions.c
 *		SQL functions on plans, their nodes, facts, examples and indexes.
 *
 * All of them read the store a partition at a time: documents are copied under
 * its lock and taken apart afterwards.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/document.h"
#include "capture/indexuse.h"
#include "capture/noderuns.h"
#include "capture/plandoc.h"
#include "capture/planjson.h"
#include "capture/report.h"
#include "capture/sampler.h"
#include "capture/statement.h"
#include "catalog/pg_type.h"
#include "common/access.h"
#include "common/compat.h"
#include "common/guc.h"
#include "common/keptrows.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

ADV_FUNCTION_INFO_V1(advisor_plans);
ADV_FUNCTION_INFO_V1(advisor_plan_nodes);
ADV_FUNCTION_INFO_V1(advisor_facts);
ADV_FUNCTION_INFO_V1(advisor_examples);
ADV_FUNCTION_INFO_V1(advisor_index_uses);
ADV_FUNCTION_INFO_V1(advisor_index_use_is_known);

/* Numbers of columns */
#define PLANS_COLUMNS		38
#define NODES_COLUMNS		34
#define FACTS_COLUMNS		6
#define EXAMPLES_COLUMNS	11
#define INDEXES_COLUMNS		4

static const AdvPlanRuns *
find_runs(const AdvDocumentSet *set, const AdvKey *key, int *nnodes)
{
	const AdvDocument *document = adv_documents_find(set, key, ADV_DOCUMENT_RUNS);

	*nnodes = 0;
	if (document == NULL)
		return NULL;
	*nnodes = adv_plan_runs_nodes(document->len);
	return (const AdvPlanRuns *) adv_document_data(document);
}

/* ---------------------------------------------------------------------
 * Plans
 * ---------------------------------------------------------------------
 */

static void
add_nulls(AdvRow *row, int n)
{
	while (n-- > 0)
		adv_row_add_null(row);
}

/* What was estimated, and the plan itself for those who may see it. */
static void
add_explanation(AdvRow *row, const AdvPlanDoc *doc, bool may_see)
{
	const AdvNode *root;

	if (doc == NULL || doc->nnodes == 0)
	{
		add_nulls(row, 9);
		return;
	}
	root = adv_plandoc_nodes(doc);
	adv_row_add_float8(row, root->startup_cost);
	adv_row_add_float8(row, root->total_cost);
	adv_row_add_float8(row, root->plan_rows);
	adv_row_add(row, Int32GetDatum(root->plan_width));
	if (may_see)
		adv_row_add_bytes(row, adv_plandoc_text(doc), doc->text_len, doc->encoding);
	else
		adv_row_add_null(row);
	if (may_see && doc->json_len > 0)
		adv_row_add_bytes(row, adv_plandoc_text(doc) + doc->text_len, doc->json_len, doc->encoding);
	else
		adv_row_add_null(row);
	adv_row_add(row, BoolGetDatum(doc->truncated));
	adv_row_add(row, Int32GetDatum(doc->total_nodes));
	adv_row_add(row, BoolGetDatum(doc->generic));
}

/* What was measured in instrumented executions. */
static void
add_plan_runs(AdvRow *row, const AdvPlanRuns *runs)
{
	if (runs == NULL)
	{
		adv_row_add_int64(row, 0);
		add_nulls(row, 5);
		return;
	}
	adv_row_add_int64(row, runs->runs);
	adv_row_add_ms(row, runs->ns);
	adv_row_add_int64(row, runs->jit_runs);
	adv_row_add_ms(row, runs->jit_ns);
	adv_row_add_int64(row, runs->sampled_reads);
	adv_row_add_int64(row, adv_noderuns_same_reads(runs));
}

static void
put_plan(ReturnSetInfo *rsinfo, AdvReport *report, const AdvDocumentSet *set,
		 AdvEntryCopy *entry, int64 toplevel_ns, bool with_texts)
{
	const AdvDocument *document = adv_documents_find(set, &entry->key, ADV_DOCUMENT_PLAN);
	const AdvPlanDoc *doc = NULL;
	bool		may_see = adv_report_may_see(report, &entry->key);
	int			nnodes;
	AdvStatementSum sum;
	Datum		values[PLANS_COLUMNS];
	bool		nulls[PLANS_COLUMNS];
	AdvRow		row = {values, nulls, 0};

	if (document && with_texts)
		doc = adv_plandoc_read(adv_document_data(document), document->len);
	else if (document)
		doc = adv_plandoc_read_nodes(adv_document_data(document), document->len, 1);
	adv_statement_sum(&entry, 1, &sum);

	adv_row_add_names(&row, report, &entry->key);
	adv_row_add_queryid(&row, report, &entry->key);
	adv_row_add_int64(&row, (int64) entry->key.planid);
	adv_row_add_int64(&row, sum.completed.exec.count);
	adv_row_add_int64(&row, sum.completed.usage.rows);
	adv_row_add_times(&row, &sum.completed.exec);
	adv_row_add_latencies(&row, &sum);
	adv_row_add_percent(&row, sum.completed.exec.total, toplevel_ns);
	adv_row_add_examined(&row, &sum);
	adv_row_add_int64(&row, sum.completed.usage.blks[ADV_BLKS_TEMP_WRITTEN]);
	adv_row_add(&row, TimestampTzGetDatum(sum.completed.first_seen));
	adv_row_add(&row, TimestampTzGetDatum(sum.completed.last_seen));
	add_explanation(&row, doc, may_see && with_texts);
	add_plan_runs(&row, find_runs(set, &entry->key, &nnodes));
	Assert(row.n == PLANS_COLUMNS);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* A context for what is made for one partition. */
static MemoryContext
partition_context(void)
{
	return AllocSetContextCreate(CurrentMemoryContext, "advisor rows",
								 ALLOCSET_DEFAULT_SIZES);
}

Datum
advisor_plans(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AdvReport	report = adv_report_begin(fcinfo);
	bool		with_texts = PG_GETARG_BOOL(0);
	int64		toplevel_ns = adv_snapshot_toplevel_ns();
	MemoryContext context = partition_context();
	AdvDocumentSet set = {0};

	for (int i = 0; i < adv_store_partitions(); i++)
	{
		AdvEntryCopy **entries;
		int			n = adv_snapshot_read(report.snapshot, i, &entries);
		MemoryContext caller;

		adv_documents_read(&set, i, (1 << ADV_DOCUMENT_PLAN) | (1 << ADV_DOCUMENT_RUNS));
		caller = MemoryContextSwitchTo(context);
		for (int j = 0; j < n; j++)
		{
			if (entries[j]->key.sqlclass == 0 && entries[j]->counters.exec.count > 0)
				put_plan(rsinfo, &report, &set, entries[j], toplevel_ns, with_texts);
		}
		MemoryContextSwitchTo(caller);
		MemoryContextReset(context);
	}
	return (Datum) 0;
}

/* ---------------------------------------------------------------------
 * Nodes
 * ---------------------------------------------------------------------
 */

static void
add_attnos(AdvRow *row, const int16 *attnos, int n)
{
	Datum		values[ADV_NODE_ATTNOS];

	for (int i = 0; i < n; i++)
		values[i] = Int16GetDatum(attnos[i]);
	adv_row_add(row, PointerGetDatum(construct_array(values, n, INT2OID, sizeof(int16),
													 true, TYPALIGN_SHORT)));
}

/* Place of a node in the tree: the numbers of the children to go down to. */
static void
find_path(const AdvNode *nodes, int i, StringInfo path, int *depth)
{
	int			nth = 1;

	check_stack_depth();
	(*depth)++;
	if (nodes[i].parent < 0)
	{
		appendStringInfoChar(path, '1');
		return;
	}
	for (int j = nodes[i].parent + 1; j < i; j++)
	{
		if (nodes[j].parent == nodes[i].parent)
			nth++;
	}
	find_path(nodes, nodes[i].parent, path, depth);
	appendStringInfo(path, ".%d", nth);
}

static void
add_place(AdvRow *row, const AdvNode *nodes, int i)
{
	StringInfoData path;
	int			depth = -1;

	initStringInfo(&path);
	find_path(nodes, i, &path, &depth);
	adv_row_add(row, Int32GetDatum(i));
	if (nodes[i].parent >= 0)
		adv_row_add(row, Int32GetDatum(nodes[i].parent));
	else
		adv_row_add_null(row);
	adv_row_add(row, CStringGetTextDatum(path.data));
	adv_row_add(row, Int32GetDatum(depth));
}

static void
add_node_runs(AdvRow *row, const AdvNodeRuns *runs)
{
	if (runs == NULL || runs->runs == 0)
	{
		adv_row_add_int64(row, 0);
		add_nulls(row, 14);
		return;
	}
	adv_row_add_int64(row, runs->runs);
	adv_row_add_float8(row, runs->loops);
	adv_row_add_float8(row, runs->rows);
	adv_row_add_float8(row, runs->removed);
	adv_row_add_float8(row, runs->removed_2);
	adv_row_add_float8(row, runs->heap_fetches);
	adv_row_add_float8(row, runs->input_rows);
	adv_row_add_int64(row, runs->same_rows_runs);
	adv_row_add_int64(row, runs->spilled_runs);
	adv_row_add_int64(row, runs->spill_kb);
	adv_row_add_int64(row, runs->memory_kb);
	adv_row_add_int64(row, runs->batches);
	adv_row_add_int64(row, runs->exact_pages);
	adv_row_add_int64(row, runs->lossy_pages);
	if (runs->max_offset >= 0)
		adv_row_add_int64(row, runs->max_offset);
	else
		adv_row_add_null(row);
}

/* What a node reads or changes. */
static void
add_relation(AdvRow *row, const AdvNode *node)
{
	adv_row_add_oid(row, node->relid);
	adv_row_add_oid(row, node->indexid);
	add_attnos(row, node->attnos, node->nattnos);
	add_attnos(row, node->changed, node->nchanged);
}

/* A node; details is its JSON, or NULL. */
static void
put_node(ReturnSetInfo *rsinfo, const AdvReport *report, const AdvKey *key,
		 const AdvPlanDoc *doc, int i, const StringInfoData *details,
		 const AdvNodeRuns *runs)
{
	const AdvNode *node = &adv_plandoc_nodes(doc)[i];
	bool		may_see = adv_report_may_see(report, key);
	Datum		values[NODES_COLUMNS];
	bool		nulls[NODES_COLUMNS];
	AdvRow		row = {values, nulls, 0};

	adv_row_add_key(&row, report, key);
	adv_row_add_int64(&row, (int64) key->planid);
	add_place(&row, adv_plandoc_nodes(doc), i);
	if (may_see)
		add_relation(&row, node);
	else
		add_nulls(&row, 4);
	if (details && may_see)
		adv_row_add_bytes(&row, details->data, details->len, doc->encoding);
	else
		adv_row_add_null(&row);
	/* estimates differ by values: their mean belongs to the mean of the rows */
	adv_row_add_float8(&row, runs && runs->loops > 0 ? runs->expected / runs->loops : node->plan_rows);
	adv_row_add_float8(&row, node->total_cost);
	adv_row_add_float8(&row, node->startup_cost);
	adv_row_add(&row, Int32GetDatum(node->plan_width));
	add_node_runs(&row, runs);
	adv_row_add(&row, Int32GetDatum(node->workers));
	Assert(row.n == NODES_COLUMNS);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* All nodes of a plan. */
static void
put_nodes(ReturnSetInfo *rsinfo, const AdvReport *report, const AdvDocumentSet *set,
		  const AdvDocument *document)
{
	const AdvPlanDoc *doc = adv_plandoc_read(adv_document_data(document), document->len);
	StringInfoData *details = palloc(Max(doc->nnodes, 1) * sizeof(StringInfoData));
	int			nruns;
	const AdvPlanRuns *runs = find_runs(set, &document->key, &nruns);
	bool		has_details = false;

	if (doc->json_len > 0)
	{
		const char *json = pnstrdup(adv_plandoc_text(doc) + doc->text_len, doc->json_len);

		has_details = adv_planjson_split(json, details, doc->nnodes) == doc->total_nodes;
	}
	for (int i = 0; i < doc->nnodes; i++)
		put_node(rsinfo, report, &document->key, doc, i,
				 has_details ? &details[i] : NULL,
				 runs && nruns == doc->nnodes ? &runs->nodes[i] : NULL);
}

Datum
advisor_plan_nodes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AdvReport	report = adv_report_begin(fcinfo);
	MemoryContext context = partition_context();
	AdvDocumentSet set = {0};

	if (adv_keptrows_get(ADV_KEPT_PLAN_NODES, rsinfo))
		return (Datum) 0;
	for (int i = 0; i < adv_store_partitions(); i++)
	{
		const AdvDocument *document = NULL;
		MemoryContext caller;

		adv_documents_read(&set, i, (1 << ADV_DOCUMENT_PLAN) | (1 << ADV_DOCUMENT_RUNS));
		caller = MemoryContextSwitchTo(context);
		while ((document = adv_documents_next(&set, document)) != NULL)
		{
			if (document->kind == ADV_DOCUMENT_PLAN)
				put_nodes(rsinfo, &report, &set, document);
		}
		MemoryContextSwitchTo(caller);
		MemoryContextReset(context);
	}
	adv_keptrows_put(ADV_KEPT_PLAN_NODES, rsinfo);
	return (Datum) 0;
}

/* ---------------------------------------------------------------------
 * Facts
 * ---------------------------------------------------------------------
 */

/* Facts are lines. */
static void
put_facts(ReturnSetInfo *rsinfo, const AdvReport *report, const AdvDocument *document,
		  const char *facts, int len, int encoding)
{
	const char *end = facts + len;

	while (facts < end)
	{
		const char *newline = memchr(facts, '\n', end - facts);
		int			line = (newline ? newline : end) - facts;
		Datum		values[FACTS_COLUMNS];
		bool		nulls[FACTS_COLUMNS];
		AdvRow		row = {values, nulls, 0};

		if (line > 0)
		{
			adv_row_add_key(&row, report, &document->key);
			if (document->kind == ADV_DOCUMENT_PLAN)
				adv_row_add_int64(&row, (int64) document->key.planid);
			else
				adv_row_add_null(&row);
			adv_row_add_bytes(&row, facts, line, encoding);
			Assert(row.n == FACTS_COLUMNS);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
		facts += line + 1;
	}
}

/* Facts of a plan, or of a statement. */
static void
put_document_facts(ReturnSetInfo *rsinfo, const AdvReport *report,
				   const AdvDocument *document)
{
	const AdvPlanDoc *doc;

	if (!adv_report_may_see(report, &document->key))
		return;
	if (document->kind == ADV_DOCUMENT_FACTS)
	{
		/* those of other databases are of no use here, whatever their encoding */
		put_facts(rsinfo, report, document, adv_document_data(document),
				  document->len, GetDatabaseEncoding());
		return;
	}
	doc = adv_plandoc_read(adv_document_data(document), document->len);
	put_facts(rsinfo, report, document,
			  adv_plandoc_text(doc) + doc->text_len + doc->json_len,
			  doc->facts_len, doc->encoding);
}

Datum
advisor_facts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AdvReport	report = adv_report_begin(fcinfo);
	MemoryContext context = partition_context();
	AdvDocumentSet set = {0};

	for (int i = 0; i < adv_store_partitions(); i++)
	{
		const AdvDocument *document = NULL;
		MemoryContext caller;

		adv_documents_read(&set, i, (1 << ADV_DOCUMENT_PLAN) | (1 << ADV_DOCUMENT_FACTS));
		caller = MemoryContextSwitchTo(context);
		while ((document = adv_documents_next(&set, document)) != NULL)
			put_document_facts(rsinfo, &report, document);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(context);
	}
	return (Datum) 0;
}

/* ---------------------------------------------------------------------
 * Examples
 * ---------------------------------------------------------------------
 */

static void
put_example(ReturnSetInfo *rsinfo, AdvReport *report, const AdvDocument *document)
{
	const AdvExampleText *text = (const AdvExampleText *) adv_document_data(document);
	Datum		values[EXAMPLES_COLUMNS];
	bool		nulls[EXAMPLES_COLUMNS];
	AdvRow		row = {values, nulls, 0};

	adv_row_add_names(&row, report, &document->key);
	adv_row_add_queryid(&row, report, &document->key);
	adv_row_add_int64(&row, (int64) document->key.planid);
	adv_row_add_bytes(&row, (const char *) (text + 1),
					  document->len - sizeof(AdvExampleText), text->encoding);
	adv_row_add(&row, BoolGetDatum(text->truncated != 0));
	adv_row_add(&row, TimestampTzGetDatum(document->taken_at));
	if (document->ns >= 0)
		adv_row_add_ms(&row, document->ns);
	else
		adv_row_add_null(&row);
	Assert(row.n == EXAMPLES_COLUMNS);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

Datum
advisor_examples(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AdvReport	report = adv_report_begin(fcinfo);
	AdvDocumentSet set = {0};

	for (int i = 0; i < adv_store_partitions(); i++)
	{
		const AdvDocument *document = NULL;

		adv_documents_read(&set, i, 1 << ADV_DOCUMENT_EXAMPLE);
		while ((document = adv_documents_next(&set, document)) != NULL)
		{
			if (adv_report_may_see(&report, &document->key))
				put_example(rsinfo, &report, document);
		}
	}
	return (Datum) 0;
}

/* ---------------------------------------------------------------------
 * Indexes
 * ---------------------------------------------------------------------
 */

Datum
advisor_index_uses(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AdvIndexTotal *totals;
	int			n;

	(void) adv_report_begin(fcinfo);
	n = adv_indexuse_read(&totals);
	for (int i = 0; i < n; i++)
	{
		Datum		values[INDEXES_COLUMNS];
		bool		nulls[INDEXES_COLUMNS];
		AdvRow		row = {values, nulls, 0};

		adv_row_add(&row, ObjectIdGetDatum(totals[i].dbid));
		adv_row_add(&row, ObjectIdGetDatum(totals[i].indexid));
		adv_row_add_int64(&row, totals[i].executions);
		adv_row_add(&row, TimestampTzGetDatum(totals[i].last_used));
		Assert(row.n == INDEXES_COLUMNS);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

Datum
advisor_index_use_is_known(PG_FUNCTION_ARGS)
{
	adv_require_preloaded();
	PG_RETURN_BOOL(adv_indexuse_is_known(MyDatabaseId, PG_GETARG_OID(0)));
}

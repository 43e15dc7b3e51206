/*-------------------------------------------------------------------------
 *
 * plandoc.c
 *		The document of a plan: how it is explained, and what is known of it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "capture/lint.h"
#include "capture/plandoc.h"
#include "capture/redact.h"
#include "common/compat.h"
#include "common/guc.h"
#include "common/pg_lzcompress.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

/* ---------------------------------------------------------------------
 * Nodes
 * ---------------------------------------------------------------------
 */

/* Relation of a range table entry, 0 if it is none. */
static Oid
relation_of(const PlannedStmt *stmt, Index rti)
{
	const RangeTblEntry *rte;

	if (rti <= 0 || rti > list_length(stmt->rtable))
		return InvalidOid;
	rte = rt_fetch(rti, stmt->rtable);
	return rte->rtekind == RTE_RELATION ? rte->relid : InvalidOid;
}

/* Add the attributes of a relation that are in attrs, as pull_varattnos() has it. */
static void
add_attnos(int16 *attnos, int16 *n, const Bitmapset *attrs)
{
	int			i = -1;

	while ((i = bms_next_member(attrs, i)) >= 0)
	{
		int			attno = i + FirstLowInvalidHeapAttributeNumber;

		if (attno > 0 && *n < ADV_NODE_ATTNOS)
			attnos[(*n)++] = (int16) attno;
	}
}

/* Attributes that an index-only scan's conditions read, which are of the index. */
static void
add_index_attnos(const IndexOnlyScan *scan, Bitmapset **attrs)
{
	Bitmapset  *columns = NULL;
	int			i = -1;

	pull_varattnos((Node *) scan->indexqual, INDEX_VAR, &columns);
	pull_varattnos((Node *) scan->scan.plan.qual, INDEX_VAR, &columns);
	while ((i = bms_next_member(columns, i)) >= 0)
	{
		int			column = i + FirstLowInvalidHeapAttributeNumber;

		if (column > 0 && column <= list_length(scan->indextlist))
			pull_varattnos((Node *) list_nth_node(TargetEntry, scan->indextlist,
												  column - 1)->expr,
						   scan->scan.scanrelid, attrs);
	}
}

/* What is known of a scan of one relation. */
static void
describe_scan(AdvNode *node, const PlannedStmt *stmt, const Plan *plan)
{
	Index		scanrelid = ((const Scan *) plan)->scanrelid;
	Bitmapset  *attrs = NULL;

	node->relid = relation_of(stmt, scanrelid);
	pull_varattnos((Node *) plan->qual, scanrelid, &attrs);
	switch (nodeTag(plan))
	{
		case T_IndexScan:
			node->indexid = ((const IndexScan *) plan)->indexid;
			pull_varattnos((Node *) ((const IndexScan *) plan)->indexqualorig,
						   scanrelid, &attrs);
			break;
		case T_IndexOnlyScan:
			node->indexid = ((const IndexOnlyScan *) plan)->indexid;
			add_index_attnos((const IndexOnlyScan *) plan, &attrs);
			break;
		case T_BitmapIndexScan:
			node->indexid = ((const BitmapIndexScan *) plan)->indexid;
			pull_varattnos((Node *) ((const BitmapIndexScan *) plan)->indexqualorig,
						   scanrelid, &attrs);
			break;
		case T_BitmapHeapScan:
			pull_varattnos((Node *) ((const BitmapHeapScan *) plan)->bitmapqualorig,
						   scanrelid, &attrs);
			break;
		default:
			break;
	}
	add_attnos(node->attnos, &node->nattnos, attrs);
	bms_free(attrs);
}

/*
 * Add attributes that are set.  The plan numbers them as the first partition to be
 * changed does, which need not be as the partitioned table that the node is of.
 */
static void
add_changed(AdvNode *node, Oid numbered_by, const List *attnos)
{
	ListCell   *lc;

	foreach(lc, attnos)
	{
		AttrNumber	attno = lfirst_int(lc);
		char	   *name = NULL;

		if (numbered_by != node->relid && OidIsValid(numbered_by))
			name = get_attname(numbered_by, attno, true);
		if (name)
			attno = get_attnum(node->relid, name);
		if (attno > 0 && node->nchanged < ADV_NODE_ATTNOS)
			node->changed[node->nchanged++] = attno;
	}
}

/* What the actions of a MERGE set. */
static void
add_merged(AdvNode *node, Oid numbered_by, const List *actions)
{
	List	   *attnos = NIL;
	ListCell   *lc;

	foreach(lc, actions)
		attnos = list_concat_unique_int(attnos, lfirst_node(MergeAction, lc)->updateColnos);
	add_changed(node, numbered_by, attnos);
}

/* What is known of a node that changes a relation. */
static void
describe_modify(AdvNode *node, const PlannedStmt *stmt, const ModifyTable *modify)
{
	Oid			first = relation_of(stmt, linitial_int(modify->resultRelations));

	node->relid = relation_of(stmt, modify->nominalRelation);
	node->operation = (int16) modify->operation;
	if (modify->operation == CMD_UPDATE && modify->updateColnosLists != NIL)
		add_changed(node, first, (const List *) linitial(modify->updateColnosLists));
	else if (modify->operation == CMD_MERGE && modify->mergeActionLists != NIL)
		add_merged(node, first, (const List *) linitial(modify->mergeActionLists));
	else
		add_changed(node, first, modify->onConflictCols);
}

/* Is it a scan of one relation?  Joins pushed to another server are not. */
static bool
is_scan(const Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_SeqScan:
		case T_SampleScan:
		case T_IndexScan:
		case T_IndexOnlyScan:
		case T_BitmapIndexScan:
		case T_BitmapHeapScan:
		case T_TidScan:
		case T_TidRangeScan:
			return true;
		case T_ForeignScan:
		case T_CustomScan:
			return ((const Scan *) plan)->scanrelid > 0;
		default:
			return false;
	}
}

static void
describe_node(AdvNode *node, const PlannedStmt *stmt, const AdvNodeRef *ref)
{
	const Plan *plan = ref->plan;

	memset(node, 0, sizeof(AdvNode));
	node->parent = ref->parent;
	node->startup_cost = plan->startup_cost;
	node->total_cost = plan->total_cost;
	node->plan_rows = plan->plan_rows;
	node->plan_width = plan->plan_width;
	if (is_scan(plan))
		describe_scan(node, stmt, plan);
	else if (IsA(plan, ModifyTable))
		describe_modify(node, stmt, (const ModifyTable *) plan);
	else if (IsA(plan, Gather))
		node->workers = ((const Gather *) plan)->num_workers;
	else if (IsA(plan, GatherMerge))
		node->workers = ((const GatherMerge *) plan)->num_workers;
}

/* ---------------------------------------------------------------------
 * Generic plans
 * ---------------------------------------------------------------------
 */

/* Callback of expression_tree_walker(): is there a parameter from outside? */
static bool
has_external_param(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return ((const Param *) node)->paramkind == PARAM_EXTERN;
	return expression_tree_walker(node, has_external_param, context);
}

/*
 * Does a condition of a node depend on a parameter?  In a plan made for given
 * values these are constants.
 */
static bool
is_generic(const Plan *plan)
{
	if (has_external_param((Node *) plan->qual, NULL))
		return true;
	switch (nodeTag(plan))
	{
		case T_IndexScan:
			return has_external_param((Node *) ((const IndexScan *) plan)->indexqualorig, NULL);
		case T_IndexOnlyScan:
			return has_external_param((Node *) ((const IndexOnlyScan *) plan)->indexqual, NULL);
		case T_BitmapIndexScan:
			return has_external_param((Node *) ((const BitmapIndexScan *) plan)->indexqualorig, NULL);
		case T_Limit:
			return has_external_param(((const Limit *) plan)->limitCount, NULL) ||
				has_external_param(((const Limit *) plan)->limitOffset, NULL);
		case T_Result:
			return has_external_param(((const Result *) plan)->resconstantqual, NULL);
		default:
			return false;
	}
}

/* ---------------------------------------------------------------------
 * EXPLAIN
 * ---------------------------------------------------------------------
 */

/*
 * A copy of a range table in which joins have no columns.  Nothing in a plan
 * refers to them, but EXPLAIN makes their names unique, in a time that is cubic
 * in their number: seconds for a join of 200 tables.
 */
static List *
without_join_columns(List *rtable)
{
	List	   *copy = list_copy(rtable);
	ListCell   *lc;

	foreach(lc, copy)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);
		RangeTblEntry *bare;

		if (rte->rtekind != RTE_JOIN)
			continue;
		bare = makeNode(RangeTblEntry);
		*bare = *rte;
		bare->alias = NULL;
		bare->eref = makeAlias(rte->eref->aliasname, NIL);
		lfirst(lc) = bare;
	}
	return copy;
}

/* What EXPLAIN shows of a plan, without what was measured in it. */
static StringInfo
explain(const QueryDesc *queryDesc, ExplainFormat format)
{
	ExplainState *es = NewExplainState();
	PlannedStmt stmt = *queryDesc->plannedstmt;
	QueryDesc	shown = *queryDesc;

	stmt.rtable = without_join_columns(stmt.rtable);
	shown.plannedstmt = &stmt;
	es->format = format;
	ExplainBeginOutput(es);
	ExplainOpenGroup("Query", NULL, true, es);
	ExplainPrintPlan(es, &shown);
	ExplainCloseGroup("Query", NULL, true, es);
	ExplainEndOutput(es);

	while (es->str->len > 0 && es->str->data[es->str->len - 1] == '\n')
		es->str->data[--es->str->len] = '\0';
	return es->str;
}

/* Literals must not be kept if examples are not. */
static StringInfo
explain_as_allowed(const QueryDesc *queryDesc, ExplainFormat format)
{
	StringInfo	text = explain(queryDesc, format);

	if (adv_track_examples)
		return text;
	return format == EXPLAIN_FORMAT_JSON ? adv_redact_json(text->data) : adv_redact_text(text->data);
}

/* ---------------------------------------------------------------------
 * The document
 * ---------------------------------------------------------------------
 */

/* Compress a document, its length in front. */
static char *
compress(const StringInfo raw, int *len)
{
	char	   *result = palloc(sizeof(int32) + PGLZ_MAX_OUTPUT(raw->len));
	int32		raw_len = raw->len;
	int32		packed = pglz_compress(raw->data, raw->len, result + sizeof(int32),
									   PGLZ_strategy_default);

	/* negative: it did not get any smaller */
	if (packed < 0)
	{
		raw_len = -raw_len;
		packed = raw->len;
		memcpy(result + sizeof(int32), raw->data, raw->len);
	}
	memcpy(result, &raw_len, sizeof(int32));
	*len = sizeof(int32) + packed;
	return result;
}

char *
adv_plandoc_make(QueryDesc *queryDesc, const AdvNodeList *list, int *len)
{
	const PlannedStmt *stmt = queryDesc->plannedstmt;
	StringInfo	text = explain_as_allowed(queryDesc, EXPLAIN_FORMAT_TEXT);
	StringInfo	json = explain_as_allowed(queryDesc, EXPLAIN_FORMAT_JSON);
	StringInfoData facts;
	StringInfoData raw;
	AdvPlanDoc	doc = {.nnodes = list->n,.total_nodes = list->total};

	initStringInfo(&facts);
	adv_lint_plan(&facts, queryDesc->plannedstmt, list->nodes, list->n);

	doc.encoding = GetDatabaseEncoding();
	doc.text_len = pg_mbcliplen(text->data, text->len, ADV_PLAN_TEXT_MAX);
	doc.json_len = json->len <= ADV_PLAN_JSON_MAX ? json->len : 0;
	doc.facts_len = facts.len;
	doc.truncated = doc.text_len < text->len || list->n < list->total;
	for (int i = 0; i < list->n && !doc.generic; i++)
		doc.generic = is_generic(list->nodes[i].plan);

	initStringInfo(&raw);
	appendBinaryStringInfo(&raw, (char *) &doc, sizeof(doc));
	while (raw.len < MAXALIGN(sizeof(doc)))
		appendStringInfoChar(&raw, '\0');
	for (int i = 0; i < list->n; i++)
	{
		AdvNode		node;

		describe_node(&node, stmt, &list->nodes[i]);
		appendBinaryStringInfo(&raw, (char *) &node, sizeof(node));
	}
	appendBinaryStringInfo(&raw, text->data, doc.text_len);
	appendBinaryStringInfo(&raw, json->data, doc.json_len);
	appendBinaryStringInfo(&raw, facts.data, doc.facts_len);
	return compress(&raw, len);
}

/* The first bytes of the document, all or the first of them. */
static AdvPlanDoc *
read_bytes(const char *data, int len, int wanted)
{
	int32		raw_len;
	char	   *raw;

	memcpy(&raw_len, data, sizeof(int32));
	data += sizeof(int32);
	len -= sizeof(int32);
	wanted = Min(wanted, abs(raw_len));
	raw = palloc(wanted);
	if (raw_len < 0)
		memcpy(raw, data, wanted);
	else if (pglz_decompress(data, len, raw, wanted, wanted == raw_len) != wanted)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("plan document is corrupt")));
	return (AdvPlanDoc *) raw;
}

AdvPlanDoc *
adv_plandoc_read(const char *data, int len)
{
	return read_bytes(data, len, INT_MAX);
}

AdvPlanDoc *
adv_plandoc_read_nodes(const char *data, int len, int max)
{
	AdvPlanDoc *head = read_bytes(data, len, sizeof(AdvPlanDoc));
	int			n = Min(head->nnodes, max);

	pfree(head);
	return read_bytes(data, len, MAXALIGN(sizeof(AdvPlanDoc)) + n * sizeof(AdvNode));
}

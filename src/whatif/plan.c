/*-------------------------------------------------------------------------
 *
 * plan.c
 *		What a statement would cost in a world with other indexes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/compat.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parse_node.h"
#include "parser/parse_param.h"
#include "rewrite/rewriteHandler.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/memutils.h"
#include "whatif/plan.h"

/* The one statement in a text, which must be one that is planned. */
static RawStmt *
parse_one(const char *text)
{
	List	   *trees = pg_parse_query(text);
	RawStmt    *tree;

	if (list_length(trees) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 trees == NIL ? errmsg("the text has no statement") :
				 errmsg("the text has %d statements instead of one", list_length(trees)),
				 errhint("Pass each statement as a text of its own.")));
	tree = linitial_node(RawStmt, trees);
	switch (nodeTag(tree->stmt))
	{
		case T_SelectStmt:
		case T_InsertStmt:
		case T_UpdateStmt:
		case T_DeleteStmt:
		case T_MergeStmt:
			return tree;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("%s has no plan to look at",
							GetCommandTagName(CreateCommandTag(tree->stmt))),
					 errhint("Pass a SELECT, INSERT, UPDATE, DELETE or MERGE statement.")));
	}
}

AdvPlannable *
adv_plannable_make(const char *text)
{
	AdvPlannable *plannable = palloc0(sizeof(AdvPlannable));
	RawStmt    *tree = parse_one(text);
	ParseState *pstate = make_parsestate(NULL);
	Oid		   *types = NULL;
	int			ntypes = 0;
	Query	   *query;

	pstate->p_sourcetext = text;
	setup_parse_variable_parameters(pstate, &types, &ntypes);
	query = transformTopLevelStmt(pstate, tree);
	check_variable_parameters(pstate, query);
	free_parsestate(pstate);
	if (query->commandType == CMD_UTILITY)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("SELECT INTO has no plan to look at"),
				 errhint("Leave INTO out.")));

	plannable->text = text;
	plannable->operation = query->commandType;
	plannable->has_parameters = ntypes > 0;
	plannable->queries = QueryRewrite(query);
	return plannable;
}

/*
 * The indexes in a plan, real ones and others.  EXPLAIN would prune partitions by
 * parameters, which have no values here: that is taken out of the plan.
 */
static void
note_index(Oid indexid, const AdvHypoSet *hypos, AdvPlanned *planned)
{
	const AdvHypoIndex *index = hypos ? adv_hypos_by_oid(hypos, indexid) : NULL;

	if (index)
		planned->used = bms_add_member(planned->used, index->id);
	else
		planned->real = list_append_unique_oid(planned->real, indexid);
}

static void find_indexes(Plan *plan, const AdvHypoSet *hypos, AdvPlanned *planned);

static void
find_in_list(List *plans, const AdvHypoSet *hypos, AdvPlanned *planned)
{
	ListCell   *lc;

	foreach(lc, plans)
		find_indexes(lfirst(lc), hypos, planned);
}

static void
find_indexes(Plan *plan, const AdvHypoSet *hypos, AdvPlanned *planned)
{
	if (plan == NULL)
		return;
	check_stack_depth();
	switch (nodeTag(plan))
	{
		case T_IndexScan:
			note_index(((IndexScan *) plan)->indexid, hypos, planned);
			break;
		case T_IndexOnlyScan:
			note_index(((IndexOnlyScan *) plan)->indexid, hypos, planned);
			break;
		case T_BitmapIndexScan:
			note_index(((BitmapIndexScan *) plan)->indexid, hypos, planned);
			break;
		case T_Append:
			adv_append_keep_all((Append *) plan);
			find_in_list(((Append *) plan)->appendplans, hypos, planned);
			break;
		case T_MergeAppend:
			adv_merge_append_keep_all((MergeAppend *) plan);
			find_in_list(((MergeAppend *) plan)->mergeplans, hypos, planned);
			break;
		case T_BitmapAnd:
			find_in_list(((BitmapAnd *) plan)->bitmapplans, hypos, planned);
			break;
		case T_BitmapOr:
			find_in_list(((BitmapOr *) plan)->bitmapplans, hypos, planned);
			break;
		case T_SubqueryScan:
			find_indexes(((SubqueryScan *) plan)->subplan, hypos, planned);
			break;
		case T_CustomScan:
			find_in_list(((CustomScan *) plan)->custom_plans, hypos, planned);
			break;
		default:
			break;
	}
	find_indexes(plan->lefttree, hypos, planned);
	find_indexes(plan->righttree, hypos, planned);
}

static void
add_plan(PlannedStmt *stmt, const AdvHypoSet *hypos, AdvPlanned *planned)
{
	planned->startup_cost += stmt->planTree->startup_cost;
	planned->total_cost += stmt->planTree->total_cost;
	planned->rows += stmt->planTree->plan_rows;
	adv_plan_forget_pruning(stmt);
	find_indexes(stmt->planTree, hypos, planned);
	find_in_list(stmt->subplans, hypos, planned);
}

static PlannedStmt *
plan_copy(Query *query, const char *text, const AdvConfiguration *world)
{
	Query	   *copy = copyObject(query);
	PlannedStmt *stmt;

	/* nothing that anybody counts by */
	copy->queryId = 0;
	stmt = adv_inject_plan(copy, text, world);
	/* costs tell of the data, and so are for who may read it */
	adv_check_permissions(stmt);
	return stmt;
}

void
adv_plannable_plan(const AdvPlannable *plannable, const AdvConfiguration *world,
				   AdvPlanned *planned)
{
	MemoryContext result = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(result, "advisor what-if plan",
												  ALLOCSET_DEFAULT_SIZES);
	ListCell   *lc;

	memset(planned, 0, sizeof(AdvPlanned));
	foreach(lc, plannable->queries)
	{
		Query	   *query = lfirst_node(Query, lc);
		PlannedStmt *stmt;

		if (query->commandType == CMD_UTILITY)
			continue;			/* NOTIFY in a rule */
		MemoryContextSwitchTo(context);
		stmt = plan_copy(query, plannable->text, world);
		MemoryContextSwitchTo(result);
		add_plan(stmt, world->hypos, planned);
		MemoryContextReset(context);
	}
	MemoryContextDelete(context);
}

char *
adv_plannable_explain(const AdvPlannable *plannable, const AdvConfiguration *world,
					  int format, AdvPlanned *planned)
{
	ExplainState *es = NewExplainState();
	ListCell   *lc;

	memset(planned, 0, sizeof(AdvPlanned));
	es->format = format;
	es->costs = true;
	ExplainBeginOutput(es);
	adv_inject_show(world->hypos);
	PG_TRY();
	{
		foreach(lc, plannable->queries)
		{
			Query	   *query = lfirst_node(Query, lc);
			PlannedStmt *stmt;

			if (query->commandType == CMD_UTILITY)
				continue;
			stmt = plan_copy(query, plannable->text, world);
			add_plan(stmt, world->hypos, planned);
			if (lc != list_head(plannable->queries))
				ExplainSeparatePlans(es);
			adv_explain_one_plan(stmt, es, plannable->text);
		}
	}
	PG_FINALLY();
	{
		adv_inject_show(NULL);
	}
	PG_END_TRY();
	ExplainEndOutput(es);
	if (format == EXPLAIN_FORMAT_TEXT && es->str->len > 0 &&
		es->str->data[es->str->len - 1] == '\n')
		es->str->data[--es->str->len] = '\0';
	return es->str->data;
}

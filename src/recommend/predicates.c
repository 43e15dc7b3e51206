/*-------------------------------------------------------------------------
 *
 * predicates.c
 *		By which columns captured statements choose rows of a table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/index.h"
#include "catalog/pg_am.h"
#include "catalog/pg_index.h"
#include "commands/defrem.h"
#include "common/compat.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/restrictinfo.h"
#include "parser/parsetree.h"
#include "recommend/keyspan.h"
#include "recommend/predicates.h"
#include "recommend/reads.h"
#include "recommend/scankey.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "whatif/plan.h"
#include "whatif/trial.h"

/* A text is planned, and waits for locks, no longer than that, in ms. */
#define SLOWEST_PLANNING 10000.0
#define LOCK_TIMEOUT 200

/* What a trial works with. */
typedef struct Look
{
	const char *text;
	const List *relids;
	const AdvPartitioning *partitioning;
	MemoryContext context;		/* of the result */
	AdvTextScans *result;
	List	   *nodes;			/* ScanNode, of the plan */
} Look;

/* What a plan does with a table, in all nodes together. */
typedef struct ScanNode
{
	Oid			relid;
	double		cost;
	double		dearest;		/* node, whose method this is: */
	AdvScanMethod method;
	AttrNumber	leading;
} ScanNode;

/* ---------------------------------------------------------------------
 * Conditions
 * ---------------------------------------------------------------------
 */

/* Is it a column of the relation?  Then its number, else 0. */
static AttrNumber
column_of(const RelOptInfo *rel, Node *node)
{
	const Var  *var;

	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	if (node == NULL || !IsA(node, Var))
		return 0;
	var = (const Var *) node;
	if (var->varno != rel->relid || var->varlevelsup != 0 || var->varattno <= 0)
		return 0;
	return var->varattno;
}

/* The strategy of an operator in the btree operator class of a column's type. */
static int
strategy_of(Oid operator, Oid type)
{
	Oid			opclass = GetDefaultOpClass(getBaseType(type), BTREE_AM_OID);

	if (!OidIsValid(operator) || !OidIsValid(opclass))
		return 0;
	return get_op_opfamily_strategy(operator, get_opclass_family(opclass));
}

static bool
is_comparand(PlannerInfo *root, const RelOptInfo *rel, Node *expr)
{
	return !bms_is_member(rel->relid, pull_varnos(root, expr)) &&
		!contain_volatile_functions(expr);
}

/* The two sides of a comparison, the column first; false if it is none. */
static bool
take_apart(PlannerInfo *root, const RelOptInfo *rel, Expr *clause, AttrNumber *attnum,
		   Node **other, int *strategy)
{
	List	   *args;
	Oid			operator;

	if (!adv_scan_comparison(clause, &args, &operator))
		return false;
	*attnum = column_of(rel, linitial(args));
	*other = lsecond(args);
	if (*attnum == 0 && IsA(clause, OpExpr))
	{
		*attnum = column_of(rel, lsecond(args));
		*other = linitial(args);
		operator = get_commutator(operator);
	}
	if (*attnum == 0 || !is_comparand(root, rel, *other))
		return false;
	*strategy = strategy_of(operator, get_atttype(root->simple_rte_array[rel->relid]->relid, *attnum));
	return *strategy != 0;
}

static AdvKeyCondition *
condition_on(AdvTableScan *scan, AttrNumber attnum, AdvCompare compare)
{
	AdvKeyCondition *condition;
	ListCell   *lc;

	foreach(lc, scan->conditions)
	{
		condition = lfirst(lc);
		if (condition->attnum == attnum)
		{
			condition->compare = Min(condition->compare, compare);
			return condition;
		}
	}
	condition = palloc0(sizeof(AdvKeyCondition));
	condition->attnum = attnum;
	condition->compare = compare;
	condition->known = true;
	condition->bounded = true;
	condition->fraction = 1;
	condition->lower = -get_float8_infinity();
	condition->upper = get_float8_infinity();
	scan->conditions = lappend(scan->conditions, condition);
	return condition;
}

/* Where on its axis the column's values may be, as far as the planner knows. */
static void
note_value(AdvKeyCondition *condition, Expr *clause, Node *other, int strategy)
{
	const Const *value = (const Const *) other;
	double		place;

	if (!IsA(other, Const) || !IsA(clause, OpExpr) || value->constisnull ||
		!adv_axis_place(value->consttype, value->constvalue, &place))
	{
		condition->known = condition->known && IsA(other, Const);
		condition->bounded = false;
		return;
	}
	if (strategy >= BTEqualStrategyNumber)
		condition->lower = Max(condition->lower, place);
	if (strategy <= BTEqualStrategyNumber)
		condition->upper = Min(condition->upper, place);
}

static void
add_restriction(PlannerInfo *root, const RelOptInfo *rel, RestrictInfo *rinfo, AdvTableScan *scan)
{
	AdvKeyCondition *condition;
	AdvCompare	compare = ADV_COMPARE_RANGE;
	AttrNumber	attnum;
	Node	   *other;
	int			strategy;

	if (rinfo->pseudoconstant || rinfo->orclause != NULL ||
		!take_apart(root, rel, rinfo->clause, &attnum, &other, &strategy))
		return;
	if (strategy == BTEqualStrategyNumber)
		compare = IsA(rinfo->clause, OpExpr) ? ADV_COMPARE_EQUAL : ADV_COMPARE_IN;
	condition = condition_on(scan, attnum, compare);
	if (strategy > BTEqualStrategyNumber)
		condition->has_lower = true;
	if (strategy < BTEqualStrategyNumber)
		condition->has_upper = true;
	note_value(condition, rinfo->clause, estimate_expression_value(root, other), strategy);
}

/* Which part of the rows do the conditions on a column leave? */
static void
set_fraction(PlannerInfo *root, RelOptInfo *rel, AdvKeyCondition *condition)
{
	List	   *clauses = NIL;
	ListCell   *lc;

	foreach(lc, rel->baserestrictinfo)
	{
		RestrictInfo *rinfo = lfirst(lc);
		AttrNumber	attnum;
		Node	   *other;
		int			strategy;

		if (!rinfo->pseudoconstant && rinfo->orclause == NULL &&
			take_apart(root, rel, rinfo->clause, &attnum, &other, &strategy) &&
			attnum == condition->attnum)
			clauses = lappend(clauses, rinfo);
	}
	/* two bounds belong together, which the planner knows of a list only */
	if (clauses != NIL)
		condition->fraction = clauselist_selectivity(root, clauses, 0, JOIN_INNER, NULL);
}

/* Equality with columns of other relations: partitions are chosen by each value. */
static void
add_joins(PlannerInfo *root, const RelOptInfo *rel, AdvTableScan *scan)
{
	ListCell   *lc;
	ListCell   *lm;

	foreach(lc, root->eq_classes)
	{
		EquivalenceClass *ec = lfirst(lc);

		if (ec->ec_has_const || ec->ec_has_volatile || list_length(ec->ec_members) < 2)
			continue;
		foreach(lm, adv_eclass_members(ec, rel->relids))
		{
			EquivalenceMember *member = lfirst(lm);
			AttrNumber	attnum = column_of(rel, (Node *) member->em_expr);

			if (attnum != 0 && bms_num_members(ec->ec_relids) > 1)
				(void) condition_on(scan, attnum, ADV_COMPARE_JOIN);
		}
	}
}

/* The planner is about to find paths for a relation. */
static void
observe(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte, void *arg)
{
	Look	   *look = arg;
	AdvTableScan *scan;
	MemoryContext old;
	ListCell   *lc;

	if (rte->rtekind != RTE_RELATION || rel->reloptkind != RELOPT_BASEREL ||
		!list_member_oid(look->relids, rte->relid))
		return;
	old = MemoryContextSwitchTo(look->context);
	scan = palloc0(sizeof(AdvTableScan));
	look->result->scans = lappend(look->result->scans, scan);
	MemoryContextSwitchTo(old);
	scan->relid = rte->relid;
	scan->rows = rel->rows;

	/* a few bytes more than the result needs; they go with it */
	old = MemoryContextSwitchTo(look->context);
	foreach(lc, rel->baserestrictinfo)
		add_restriction(root, rel, lfirst(lc), scan);
	foreach(lc, scan->conditions)
		set_fraction(root, rel, lfirst(lc));
	add_joins(root, rel, scan);
	MemoryContextSwitchTo(old);
}

/* ---------------------------------------------------------------------
 * Plans
 * ---------------------------------------------------------------------
 */

static AttrNumber
leading_column(Oid indexid)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(indexid));
	AttrNumber	result = 0;

	if (HeapTupleIsValid(tuple))
	{
		result = ((Form_pg_index) GETSTRUCT(tuple))->indkey.values[0];
		ReleaseSysCache(tuple);
	}
	return result;
}

static void
note_scan(Look *look, const PlannedStmt *stmt, const Plan *plan, double loops,
		  AdvScanMethod method, Oid indexid)
{
	const RangeTblEntry *rte = rt_fetch(((const Scan *) plan)->scanrelid, stmt->rtable);
	ScanNode   *node = NULL;
	double		cost = plan->total_cost * loops;
	ListCell   *lc;

	foreach(lc, look->nodes)
		if (((ScanNode *) lfirst(lc))->relid == rte->relid)
			node = lfirst(lc);
	if (node == NULL)
	{
		node = palloc0(sizeof(ScanNode));
		node->relid = rte->relid;
		node->dearest = -1;
		look->nodes = lappend(look->nodes, node);
	}
	node->cost += cost;
	if (cost > node->dearest)
	{
		node->dearest = cost;
		node->method = method;
		node->leading = OidIsValid(indexid) ? leading_column(indexid) : 0;
	}
}

/* An index below a bitmap scan; if there are several, the first. */
static Oid
index_of_bitmap(const Plan *plan)
{
	while (plan != NULL)
	{
		if (IsA(plan, BitmapIndexScan))
			return ((const BitmapIndexScan *) plan)->indexid;
		if (IsA(plan, BitmapAnd))
			plan = linitial(((const BitmapAnd *) plan)->bitmapplans);
		else if (IsA(plan, BitmapOr))
			plan = linitial(((const BitmapOr *) plan)->bitmapplans);
		else
			plan = plan->lefttree;
	}
	return InvalidOid;
}

static void walk_plan(Look *look, const PlannedStmt *stmt, const Plan *plan, double loops);

static void
walk_list(Look *look, const PlannedStmt *stmt, const List *plans, double loops)
{
	ListCell   *lc;

	foreach(lc, plans)
		walk_plan(look, stmt, lfirst(lc), loops);
}

/* loops: how often the node is executed */
static void
walk_plan(Look *look, const PlannedStmt *stmt, const Plan *plan, double loops)
{
	if (plan == NULL)
		return;
	check_stack_depth();
	switch (nodeTag(plan))
	{
		case T_SeqScan:
		case T_SampleScan:
			note_scan(look, stmt, plan, loops, ADV_SCAN_SEQUENTIAL, InvalidOid);
			break;
		case T_IndexScan:
			note_scan(look, stmt, plan, loops, ADV_SCAN_INDEX, ((const IndexScan *) plan)->indexid);
			break;
		case T_IndexOnlyScan:
			note_scan(look, stmt, plan, loops, ADV_SCAN_INDEX, ((const IndexOnlyScan *) plan)->indexid);
			break;
		case T_BitmapHeapScan:
			note_scan(look, stmt, plan, loops, ADV_SCAN_BITMAP, index_of_bitmap(plan->lefttree));
			return;
		case T_TidScan:
		case T_TidRangeScan:
			note_scan(look, stmt, plan, loops, ADV_SCAN_OTHER, InvalidOid);
			break;
		case T_Append:
			walk_list(look, stmt, ((const Append *) plan)->appendplans, loops);
			break;
		case T_MergeAppend:
			walk_list(look, stmt, ((const MergeAppend *) plan)->mergeplans, loops);
			break;
		case T_SubqueryScan:
			walk_plan(look, stmt, ((const SubqueryScan *) plan)->subplan, loops);
			break;
		case T_NestLoop:
			walk_plan(look, stmt, plan->lefttree, loops);
			walk_plan(look, stmt, plan->righttree, loops * Max(plan->lefttree->plan_rows, 1));
			return;
			/* what these keep is not read again */
		case T_Material:
		case T_Memoize:
			loops = IsA(plan, Material) ? 1 : loops;
			break;
		default:
			break;
	}
	walk_plan(look, stmt, plan->lefttree, loops);
	walk_plan(look, stmt, plan->righttree, loops);
}

/* What each scan costs; those of the same table have the same part. */
static void
set_costs(AdvTextScans *result, const List *nodes)
{
	ListCell   *ls;
	ListCell   *ln;

	foreach(ls, result->scans)
	{
		AdvTableScan *scan = lfirst(ls);
		int			same = 0;
		ListCell   *lc;

		foreach(lc, result->scans)
			if (((AdvTableScan *) lfirst(lc))->relid == scan->relid)
				same++;
		foreach(ln, nodes)
		{
			const ScanNode *node = lfirst(ln);

			if (node->relid != scan->relid)
				continue;
			scan->cost = node->cost / same;
			scan->method = node->method;
			scan->leading = node->leading;
		}
		if (result->total_cost > 0)
			scan->share = Min(scan->cost / result->total_cost, 1.0 / same);
	}
}

/* ---------------------------------------------------------------------
 * Texts
 * ---------------------------------------------------------------------
 */

/* The conditions on the key of the only scan of the table; NULL if they help nothing. */
static const AdvKeyCondition *
key_condition(const Look *look)
{
	const AdvTableScan *only = NULL;
	ListCell   *lc;

	foreach(lc, look->result->scans)
	{
		const AdvTableScan *scan = lfirst(lc);

		if (scan->relid != look->partitioning->relid)
			continue;
		if (only != NULL)
			return NULL;
		only = scan;
	}
	if (only == NULL)
		return NULL;
	foreach(lc, only->conditions)
	{
		const AdvKeyCondition *condition = lfirst(lc);

		if (condition->attnum == look->partitioning->attnum && condition->bounded &&
			condition->compare != ADV_COMPARE_JOIN && condition->compare != ADV_COMPARE_IN)
			return condition;
	}
	return NULL;
}

/* The table without the partitions that the conditions exclude; false if that cannot be said. */
static bool
reduce_table(const Look *look, const AdvKeyCondition *condition, AdvReducedTable *reduced)
{
	const AdvPartitioning *p = look->partitioning;
	double		lower = Max(condition->lower, p->lower);
	double		upper = Min(condition->upper, p->upper);

	/* what comes after the last value that ANALYZE saw is in a partition, too */
	lower = Min(lower, p->upper);
	upper = Max(upper, lower);
	memset(reduced, 0, sizeof(AdvReducedTable));
	reduced->relid = p->relid;
	reduced->attnum = p->attnum;
	reduced->fraction = Min((upper - lower + p->width) / Max(p->upper - p->lower, p->width), 1);
	/* its borders are somewhere: in the middle, half a partition is too much at each end */
	reduced->stats = adv_key_statistics_between(p->relid, p->attnum, lower - p->width / 2,
												upper + p->width / 2);
	reduced->may_read = adv_may_read_column(p->relid, p->attnum);
	return reduced->stats != NULL && reduced->fraction > 0;
}

/* What would it cost if the table was partitioned? */
static void
plan_reduced(Look *look, List *queries)
{
	AdvConfiguration world = {0};
	AdvReducedTable reduced;
	const AdvKeyCondition *condition = key_condition(look);
	double		cost = 0;
	ListCell   *lc;

	if (condition == NULL || !reduce_table(look, condition, &reduced))
		return;
	world.reduced = &reduced;
	foreach(lc, queries)
	{
		Query	   *query = lfirst_node(Query, lc);

		if (query->commandType == CMD_UTILITY)
			continue;
		query->queryId = 0;
		cost += adv_inject_plan(query, look->text, &world)->planTree->total_cost;
	}
	look->result->reduced_cost = cost;
}

/* In a trial. */
static void
look_at_text(void *arg)
{
	Look	   *look = arg;
	AdvConfiguration world = {.observe = observe,.observe_arg = look};
	AdvPlannable *plannable = adv_plannable_make(look->text);
	List	   *again = NIL;
	ListCell   *lc;

	look->result->operation = plannable->operation;
	if (!adv_reads_tables(plannable->queries, look->relids))
		return;
	if (look->partitioning != NULL)
		again = copyObject(plannable->queries);
	foreach(lc, plannable->queries)
	{
		Query	   *query = lfirst_node(Query, lc);
		PlannedStmt *stmt;

		if (query->commandType == CMD_UTILITY)
			continue;			/* NOTIFY in a rule */
		/* nothing that anybody counts by */
		query->queryId = 0;
		stmt = adv_inject_plan(query, look->text, &world);
		/* costs tell of the data, and so are for who may read it */
		adv_check_permissions(stmt);
		look->result->total_cost += stmt->planTree->total_cost;
		walk_plan(look, stmt, stmt->planTree, 1);
		walk_list(look, stmt, stmt->subplans, 1);
	}
	set_costs(look->result, look->nodes);
	if (look->partitioning != NULL)
		plan_reduced(look, again);
}

static AdvTextScans *
try_text(const AdvWorkItem *item, int number, const List *relids,
		 const AdvPartitioning *partitioning, TimestampTz deadline)
{
	MemoryContext caller = CurrentMemoryContext;
	double		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), deadline);
	AdvTrial	trial = {item->userid, Min(left, SLOWEST_PLANNING), LOCK_TIMEOUT};
	AdvTextScans *result = palloc0(sizeof(AdvTextScans));
	Look		look = {.text = list_nth(item->texts, number - 1),.relids = relids,
	.partitioning = partitioning,.context = caller,.result = result};
	AdvTrialOutcome outcome = ADV_TRIAL_EXPIRED;
	MemoryContext context;
	ErrorData  *error = NULL;

	result->item = item;
	result->text = number;
	result->reduced_cost = -1;
	if (left > 0)
	{
		context = AllocSetContextCreate(caller, "advisor predicates", ALLOCSET_DEFAULT_SIZES);
		MemoryContextSwitchTo(context);
		outcome = adv_trial(&trial, look_at_text, &look, &error);
		MemoryContextSwitchTo(caller);
		if (outcome == ADV_TRIAL_FAILED)
			result->problem = pstrdup(error->message);
		MemoryContextDelete(context);
	}
	if (outcome == ADV_TRIAL_EXPIRED)
		result->problem = "there was no time to plan it";
	if (outcome != ADV_TRIAL_DONE)
		result->scans = NIL;
	return result;
}

List *
adv_find_predicates(const AdvWorkload *workload, const List *relids,
					const AdvPartitioning *partitioning, double time_limit)
{
	TimestampTz deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													   (int64) Min(time_limit, 1e9));
	List	   *results = NIL;
	ListCell   *lc;

	foreach(lc, workload->items)
	{
		const AdvWorkItem *item = lfirst(lc);

		for (int i = 1; i <= list_length(item->texts); i++)
		{
			AdvTextScans *result;

			CHECK_FOR_INTERRUPTS();
			result = try_text(item, i, relids, partitioning, deadline);
			if (result->scans != NIL || result->problem != NULL)
				results = lappend(results, result);
		}
	}
	return results;
}

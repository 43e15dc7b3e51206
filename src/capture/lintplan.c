/*-------------------------------------------------------------------------
 *
 * lintplan.c
 *		Facts about a plan, from its nodes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/sysattr.h"
#include "capture/lint.h"
#include "capture/lintexpr.h"
#include "capture/lintscan.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "common/compat.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "partitioning/partdesc.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

/* Fewer partitions are not worth a remark. */
#define MIN_PARTITIONS 4

/* Of a partitioned table so many scans are looked at; the rest are like them. */
#define MAX_PARTITION_SCANS 4

/* So many of the values that rows are selected by are compared. */
#define MAX_VALUES 32

/* A plan that is looked at. */
typedef struct PlanLint
{
	AdvLint		lint;
	PlannedStmt *stmt;
	const AdvNodeRef *nodes;
	int			nnodes;
	int		   *ends;			/* number after the last one below each node */
	int		   *scans;			/* of each relation: partitions looked at */
	Bitmapset  *subplans;		/* ids of those that are done */
} PlanLint;

/* Find out where the branch of each node ends. */
static void
find_ends(PlanLint *plan)
{
	plan->ends = (int *) palloc(sizeof(int) * plan->nnodes);
	for (int i = 0; i < plan->nnodes; i++)
		plan->ends[i] = i + 1;
	for (int i = plan->nnodes - 1; i >= 0; i--)
	{
		int			parent = plan->nodes[i].parent;

		if (parent >= 0 && parent < i && plan->ends[parent] < plan->ends[i])
			plan->ends[parent] = plan->ends[i];
	}
}

/* Number of a node in the branch below another one, -1 if it is not there. */
static int
find_node(const PlanLint *plan, int from, const Plan *wanted)
{
	if (wanted == NULL)
		return -1;
	for (int i = from; i < plan->ends[from]; i++)
	{
		if (plan->nodes[i].plan == wanted)
			return i;
	}
	return -1;
}

/* The first table that is scanned in a branch, InvalidOid if there is none. */
static Oid
first_table(PlanLint *plan, int from)
{
	for (int i = from; i < plan->ends[from]; i++)
	{
		Index		rti = adv_lint_scan_relation(plan->nodes[i].plan);
		AttrNumber	whole_row = 0;
		const RangeTblEntry *rte;

		if (rti == 0)
			continue;
		rte = adv_lint_rte(&plan->lint,
						   adv_lint_table(&plan->lint, rti, &whole_row));
		if (rte != NULL && rte->rtekind == RTE_RELATION)
			return rte->relid;
	}
	return InvalidOid;
}

/* ---------------------------------------------------------------------
 * Joins
 * ---------------------------------------------------------------------
 */

/* The value that a condition compares a column with, NULL if it does not. */
static Node *
compared_value(const Node *condition)
{
	Node	   *left;
	Node	   *right;

	if (!IsA(condition, OpExpr) ||
		list_length(((const OpExpr *) condition)->args) != 2)
		return NULL;
	left = adv_lint_strip(linitial(((const OpExpr *) condition)->args));
	right = adv_lint_strip(lsecond(((const OpExpr *) condition)->args));
	if (IsA(left, Var) && (IsA(right, Const) || IsA(right, Param)))
		return right;
	if (IsA(right, Var) && (IsA(left, Const) || IsA(left, Param)))
		return left;
	return NULL;
}

/* The values by which rows are selected in a branch. */
static List *
selecting_values(PlanLint *plan, int from)
{
	List	   *values = NIL;
	ListCell   *lc;

	for (int i = from; i < plan->ends[from]; i++)
	{
		const Plan *scan = plan->nodes[i].plan;

		if (adv_lint_scan_relation(scan) == 0)
			continue;
		foreach(lc, adv_lint_scan_conditions(&plan->lint, scan))
		{
			Node	   *value = compared_value((const Node *) lfirst(lc));

			if (value != NULL)
				values = lappend(values, value);
			if (list_length(values) >= MAX_VALUES)
				return values;
		}
	}
	return values;
}

/*
 * Do both sides select by the same value?  Of a = b AND a = 1 the planner makes
 * a = 1 and b = 1, and the join is left without a condition.
 */
static bool
share_a_value(PlanLint *plan, int outer, int inner)
{
	List	   *values = selecting_values(plan, inner);
	ListCell   *a;
	ListCell   *b;

	if (values == NIL)
		return false;
	foreach(a, selecting_values(plan, outer))
	{
		foreach(b, values)
		{
			const Node *x = (const Node *) lfirst(a);
			const Node *y = (const Node *) lfirst(b);

			/* types may differ, as do those of 1 and 1::bigint */
			if (equal(x, y) ||
				(IsA(x, Const) && IsA(y, Const) &&
				 ((const Const *) x)->constbyval && ((const Const *) y)->constbyval &&
				 ((const Const *) x)->constvalue == ((const Const *) y)->constvalue))
				return true;
		}
	}
	return false;
}

static void
lint_cartesian(PlanLint *plan, int node)
{
	const NestLoop *join = (const NestLoop *) plan->nodes[node].plan;
	int			outer = find_node(plan, node, outerPlan(join));
	int			inner = find_node(plan, node, innerPlan(join));

	if (join->join.joinqual != NIL || join->join.plan.qual != NIL ||
		join->nestParams != NIL ||
		(join->join.jointype != JOIN_INNER && join->join.jointype != JOIN_LEFT &&
		 join->join.jointype != JOIN_FULL) ||
		outer < 0 || inner < 0 ||
		outerPlan(join)->plan_rows <= 1 || innerPlan(join)->plan_rows <= 1)
		return;

	/* whoever joins with VALUES or generate_series() wants all of it */
	if (!OidIsValid(first_table(plan, outer)) ||
		!OidIsValid(first_table(plan, inner)) ||
		share_a_value(plan, outer, inner))
		return;
	adv_fact_begin(&plan->lint.facts, "cartesian");
	adv_fact_end_node(&plan->lint.facts, node, false);
}

/* The sequential scan that a nested loop repeats, NULL if there is none. */
static const Plan *
repeated_scan(const NestLoop *join)
{
	const Plan *inner = innerPlan(join);

	while (inner != NULL && (IsA(inner, Material) || IsA(inner, Memoize)))
		inner = outerPlan(inner);
	return inner != NULL && IsA(inner, SeqScan) ? inner : NULL;
}

/* Is there something in it that changes while the outer side is read? */
static bool
is_of_outer_side(const Node *expr, Index inner, const Bitmapset *params)
{
	Bitmapset  *relations = adv_lint_relations(expr);

	if (IsA(expr, Param) && ((const Param *) expr)->paramkind == PARAM_EXEC &&
		bms_is_member(((const Param *) expr)->paramid, params))
		return true;
	return !bms_is_empty(relations) && !bms_is_member(inner, relations);
}

/*
 * Add the column of relation rti by which an index could find the rows that a
 * condition joins.
 */
static List *
add_joined_column(List *attnums, const Node *condition, Index rti,
				  const Bitmapset *params)
{
	const OpExpr *op = (const OpExpr *) condition;

	if (!IsA(condition, OpExpr) || list_length(op->args) != 2 ||
		!adv_lint_is_searchable(op->opno))
		return attnums;
	for (int i = 0; i < 2; i++)
	{
		const Node *column = adv_lint_strip(list_nth(op->args, i));
		const Node *other = adv_lint_strip(list_nth(op->args, 1 - i));

		if (IsA(column, Var) && ((const Var *) column)->varno == rti &&
			((const Var *) column)->varattno > 0 &&
			is_of_outer_side(other, rti, params))
			return list_append_unique_int(attnums, ((const Var *) column)->varattno);
	}
	return attnums;
}

static void
lint_unindexed_inner(PlanLint *plan, int node)
{
	const NestLoop *join = (const NestLoop *) plan->nodes[node].plan;
	const Plan *scan = repeated_scan(join);
	int			number = find_node(plan, node, scan);
	const RangeTblEntry *rte;
	Bitmapset  *params = NULL;
	List	   *attnums = NIL;
	List	   *names = NIL;
	ListCell   *lc;
	Index		rti;

	if (number < 0)
		return;
	rti = adv_lint_scan_relation(scan);
	rte = adv_lint_rte(&plan->lint, rti);
	if (rte == NULL || rte->rtekind != RTE_RELATION)
		return;
	foreach(lc, join->nestParams)
		params = bms_add_member(params, lfirst_node(NestLoopParam, lc)->paramno);
	foreach(lc, join->join.joinqual)
		attnums = add_joined_column(attnums,
									adv_lint_base(&plan->lint, &join->join.plan, lfirst(lc)),
									rti, params);
	foreach(lc, scan->qual)
		attnums = add_joined_column(attnums,
									adv_lint_base(&plan->lint, scan, lfirst(lc)),
									rti, params);
	if (attnums == NIL)
		return;
	foreach(lc, attnums)
		names = lappend(names, get_attname(rte->relid, lfirst_int(lc), true));
	adv_fact_begin(&plan->lint.facts, "unindexed_inner");
	adv_fact_int(&plan->lint.facts, "relid", rte->relid);
	adv_fact_ints(&plan->lint.facts, "attnums", attnums);
	adv_fact_strings(&plan->lint.facts, "columns", names);
	adv_fact_end_node(&plan->lint.facts, number, false);
}

/* ---------------------------------------------------------------------
 * Sub-selects
 * ---------------------------------------------------------------------
 */

/* Does the branch of a sub-select compute one row from many? */
static bool
is_aggregate(const PlanLint *plan, int node)
{
	const Plan *root = plan->nodes[node].plan;

	while (root != NULL &&
		   (IsA(root, Limit) || IsA(root, Result) || IsA(root, Gather) ||
			IsA(root, Material)))
	{
		/* min() and max() read an index's end, in an init plan */
		if (IsA(root, Result) && root->initPlan != NIL)
			return true;
		root = outerPlan(root);
	}
	return root != NULL && IsA(root, Agg);
}

static void
lint_subplan(PlanLint *plan, const SubPlan *subplan, bool negated)
{
	const Plan *root;
	int			node;

	if (subplan->plan_id <= 0 ||
		subplan->plan_id > list_length(plan->stmt->subplans) ||
		bms_is_member(subplan->plan_id, plan->subplans))
		return;
	plan->subplans = bms_add_member(plan->subplans, subplan->plan_id);
	root = (const Plan *) list_nth(plan->stmt->subplans, subplan->plan_id - 1);
	node = plan->nnodes > 0 ? find_node(plan, 0, root) : -1;
	if (node < 0)
		return;

	if (negated)
	{
		adv_fact_begin(&plan->lint.facts, "not_in_subplan");
		adv_fact_bool(&plan->lint.facts, "hashed", subplan->useHashTable);
		adv_fact_end_node(&plan->lint.facts, node, false);
	}
	if (subplan->parParam != NIL && !subplan->useHashTable)
	{
		Oid			relid = first_table(plan, node);

		if (!OidIsValid(relid))
			return;
		adv_fact_begin(&plan->lint.facts, "correlated_subplan");
		adv_fact_string(&plan->lint.facts, "name", subplan->plan_name);
		adv_fact_int(&plan->lint.facts, "relid", relid);
		adv_fact_bool(&plan->lint.facts, "aggregates", is_aggregate(plan, node));
		adv_fact_end_node(&plan->lint.facts, node, false);
	}
}

/* Is this x <> ALL (sub-select), the same as NOT IN? */
static bool
is_unequal_all(const SubPlan *subplan)
{
	char	   *name;

	if (subplan->subLinkType != ALL_SUBLINK || subplan->testexpr == NULL ||
		!IsA(subplan->testexpr, OpExpr))
		return false;
	name = get_opname(((const OpExpr *) subplan->testexpr)->opno);
	return name != NULL && strcmp(name, "<>") == 0;
}

static bool
subplan_walker(Node *node, void *context)
{
	PlanLint   *plan = (PlanLint *) context;

	if (node == NULL)
		return false;
	if (IsA(node, SubPlan))
		lint_subplan(plan, (SubPlan *) node, is_unequal_all((SubPlan *) node));
	else if (is_notclause(node))
	{
		Node	   *arg = (Node *) get_notclausearg(node);

		if (IsA(arg, SubPlan) && ((SubPlan *) arg)->subLinkType == ANY_SUBLINK)
			lint_subplan(plan, (SubPlan *) arg, true);
	}
	return expression_tree_walker(node, subplan_walker, context);
}

/* Call the walker for what the kinds of nodes have besides list and filter. */
static void
walk_special(PlanLint *lint, const Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_Result:
			(void) subplan_walker(((const Result *) plan)->resconstantqual, lint);
			break;
		case T_ModifyTable:
			(void) subplan_walker((Node *) ((const ModifyTable *) plan)->returningLists, lint);
			(void) subplan_walker((Node *) ((const ModifyTable *) plan)->onConflictSet, lint);
			(void) subplan_walker(((const ModifyTable *) plan)->onConflictWhere, lint);
			(void) subplan_walker((Node *) ((const ModifyTable *) plan)->mergeActionLists, lint);
			break;
		case T_IndexScan:
			(void) subplan_walker((Node *) ((const IndexScan *) plan)->indexqualorig, lint);
			break;
		case T_IndexOnlyScan:
			(void) subplan_walker((Node *) ((const IndexOnlyScan *) plan)->indexqual, lint);
			break;
		case T_BitmapIndexScan:
			(void) subplan_walker((Node *) ((const BitmapIndexScan *) plan)->indexqualorig, lint);
			break;
		case T_FunctionScan:
			(void) subplan_walker((Node *) ((const FunctionScan *) plan)->functions, lint);
			break;
		case T_ValuesScan:
			(void) subplan_walker((Node *) ((const ValuesScan *) plan)->values_lists, lint);
			break;
		case T_NestLoop:
			(void) subplan_walker((Node *) ((const Join *) plan)->joinqual, lint);
			break;
		case T_MergeJoin:
			(void) subplan_walker((Node *) ((const Join *) plan)->joinqual, lint);
			(void) subplan_walker((Node *) ((const MergeJoin *) plan)->mergeclauses, lint);
			break;
		case T_HashJoin:
			(void) subplan_walker((Node *) ((const Join *) plan)->joinqual, lint);
			(void) subplan_walker((Node *) ((const HashJoin *) plan)->hashclauses, lint);
			break;
		case T_Limit:
			(void) subplan_walker(((const Limit *) plan)->limitOffset, lint);
			(void) subplan_walker(((const Limit *) plan)->limitCount, lint);
			break;
		default:
			break;
	}
}

static void
lint_subplans(PlanLint *lint, const Plan *plan)
{
	(void) subplan_walker((Node *) plan->targetlist, lint);
	(void) subplan_walker((Node *) plan->qual, lint);
	walk_special(lint, plan);
}

/* ---------------------------------------------------------------------
 * Partitions
 * ---------------------------------------------------------------------
 */

/* How a table is partitioned. */
typedef struct Partitioning
{
	int			partitions;		/* just below the table */
	Bitmapset  *attributes;		/* of the key, those in expressions included */
} Partitioning;

static bool
read_partitioning(Oid relid, Partitioning *partitioning)
{
	Relation	rel = try_relation_open(relid, NoLock);
	PartitionKey key;

	if (rel == NULL)
		return false;
	memset(partitioning, 0, sizeof(Partitioning));
	key = RelationGetPartitionKey(rel);
	if (key != NULL)
	{
		partitioning->partitions = RelationGetPartitionDesc(rel, true)->nparts;
		for (int i = 0; i < key->partnatts; i++)
			if (key->partattrs[i] != 0)
				partitioning->attributes = bms_add_member(partitioning->attributes,
														  key->partattrs[i] - FirstLowInvalidHeapAttributeNumber);
		pull_varattnos((Node *) key->partexprs, 1, &partitioning->attributes);
	}
	relation_close(rel, NoLock);
	return key != NULL;
}

/* Partitions of relation rti that are in the plan. */
static int
count_partitions(const PlanLint *plan, Index rti)
{
	int			n = 0;
	ListCell   *lc;

	foreach(lc, plan->lint.appendRelations)
	{
		if (lfirst_node(AppendRelInfo, lc)->parent_relid == rti)
			n++;
	}
	return n;
}

/* Does a side of a comparison consist of a column of the key?  Or hold one? */
static void
find_key(PlanLint *plan, Index table, const Partitioning *partitioning,
		 const Node *side, bool *plain, bool *wrapped)
{
	int			rti = -1;
	Bitmapset  *relations = adv_lint_relations(side);

	while ((rti = bms_next_member(relations, rti)) >= 0)
	{
		int			member = -1;
		Bitmapset  *attributes = adv_lint_attributes(side, rti);

		while ((member = bms_next_member(attributes, member)) >= 0)
		{
			AttrNumber	attnum = ADV_ATTNUM(member);

			if (adv_lint_table(&plan->lint, rti, &attnum) != table ||
				!bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber,
							   partitioning->attributes))
				continue;
			if (IsA(adv_lint_strip(side), Var))
				*plain = true;
			else
				*wrapped = true;
		}
	}
}

/* Look for columns of the key in the conditions of the scans of one branch. */
static void
find_key_conditions(PlanLint *plan, int from, Index table,
					const Partitioning *partitioning, bool *plain, bool *wrapped)
{
	ListCell   *lc;
	ListCell   *arg;

	for (int i = from; i < plan->ends[from]; i++)
	{
		const Plan *scan = plan->nodes[i].plan;

		if (adv_lint_scan_relation(scan) == 0)
			continue;
		foreach(lc, adv_lint_scan_conditions(&plan->lint, scan))
		{
			const Node *condition = (const Node *) lfirst(lc);
			List	   *args = NIL;

			if (IsA(condition, OpExpr))
				args = ((const OpExpr *) condition)->args;
			else if (IsA(condition, ScalarArrayOpExpr))
				args = ((const ScalarArrayOpExpr *) condition)->args;
			foreach(arg, args)
				find_key(plan, table, partitioning, (const Node *) lfirst(arg),
						 plain, wrapped);
		}
	}
}

/* Number of the first one of a node's members that there is, -1 for none. */
static int
first_member(const PlanLint *plan, int node)
{
	return node + 1 < plan->ends[node] ? node + 1 : -1;
}

static void
lint_unpruned(PlanLint *plan, int node, const Bitmapset *apprelids,
			  const List *members)
{
	int			rti = bms_next_member(apprelids, -1);
	AttrNumber	whole_row = 0;
	const RangeTblEntry *rte;
	Partitioning partitioning;
	int			first = first_member(plan, node);
	bool		plain = false;
	bool		wrapped = false;
	Index		table;

	if (rti <= 0 || list_length(members) < MIN_PARTITIONS || first < 0)
		return;
	table = adv_lint_table(&plan->lint, rti, &whole_row);
	rte = adv_lint_rte(&plan->lint, table);
	if (rte == NULL || rte->rtekind != RTE_RELATION ||
		rte->relkind != RELKIND_PARTITIONED_TABLE ||
		!read_partitioning(rte->relid, &partitioning) ||
		count_partitions(plan, table) < partitioning.partitions)
		return;

	find_key_conditions(plan, first, table, &partitioning, &plain, &wrapped);
	adv_fact_begin(&plan->lint.facts, "unpruned");
	adv_fact_int(&plan->lint.facts, "relid", rte->relid);
	adv_fact_int(&plan->lint.facts, "children", list_length(members));
	adv_fact_string(&plan->lint.facts, "key", pg_get_partkeydef_columns(rte->relid, false));
	adv_fact_bool(&plan->lint.facts, "key_in_condition", plain || wrapped);
	adv_fact_bool(&plan->lint.facts, "wrapped", wrapped && !plain);
	adv_fact_end_node(&plan->lint.facts, node, false);
}

/* ---------------------------------------------------------------------
 * Groups
 * ---------------------------------------------------------------------
 */

/* A column of the node below by which is grouped. */
static void
lint_group_column(PlanLint *plan, int node, const Plan *input, AttrNumber column)
{
	Node	   *expr;
	Bitmapset  *relations;
	AttrNumber	whole_row = 0;
	const RangeTblEntry *rte;
	Index		rti;
	Oid			table;

	if (column <= 0 || column > list_length(input->targetlist))
		return;
	expr = adv_lint_strip(adv_lint_base(&plan->lint, input,
										(Node *) list_nth_node(TargetEntry, input->targetlist, column - 1)->expr));
	relations = adv_lint_relations(expr);

	/* of booleans there are two, and of aggregates nobody keeps statistics */
	if (IsA(expr, Var) || exprType(expr) == BOOLOID ||
		bms_membership(relations) != BMS_SINGLETON ||
		contain_agg_clause(expr) || contain_window_function(expr))
		return;
	rti = bms_singleton_member(relations);
	rte = adv_lint_rte(&plan->lint, rti);
	if (rte == NULL || rte->rtekind != RTE_RELATION)
		return;
	table = adv_lint_rte(&plan->lint, adv_lint_table(&plan->lint, rti, &whole_row))->relid;

	/* partitions mostly number their columns as the table does */
	if (adv_lint_has_statistics(rte->relid, expr, rti) ||
		(table != rte->relid && adv_lint_has_statistics(table, expr, rti)))
		return;
	adv_fact_begin(&plan->lint.facts, "expression_estimate");
	adv_fact_string(&plan->lint.facts, "expr", adv_lint_text(&plan->lint, expr, false, true));
	adv_fact_int(&plan->lint.facts, "relid", table);
	adv_fact_end_node(&plan->lint.facts, node, false);
}

static void
lint_groups(PlanLint *plan, int node, int ncolumns, const AttrNumber *columns)
{
	const Plan *group = plan->nodes[node].plan;

	/* parts of it in workers are about the same groups */
	if (outerPlan(group) == NULL ||
		(IsA(group, Agg) && DO_AGGSPLIT_SKIPFINAL(((const Agg *) group)->aggsplit)))
		return;
	for (int i = 0; i < ncolumns; i++)
		lint_group_column(plan, node, outerPlan(group), columns[i]);
}

static bool
count_distinct_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref) && ((Aggref *) node)->aggdistinct != NIL &&
		((Aggref *) node)->aggfnoid == F_COUNT_ANY)
		return true;
	return expression_tree_walker(node, count_distinct_walker, context);
}

static void
lint_count_distinct(PlanLint *plan, int node)
{
	const Plan *agg = plan->nodes[node].plan;

	if (!count_distinct_walker((Node *) agg->targetlist, NULL) &&
		!count_distinct_walker((Node *) agg->qual, NULL))
		return;
	adv_fact_begin(&plan->lint.facts, "count_distinct");
	adv_fact_end_node(&plan->lint.facts, node, false);
}

/* ---------------------------------------------------------------------
 * The walk
 * ---------------------------------------------------------------------
 */

/* Enough of this table's partitions have been looked at. */
static bool
is_another_partition(PlanLint *plan, Index rti)
{
	AttrNumber	whole_row = 0;
	Index		table = adv_lint_table(&plan->lint, rti, &whole_row);

	return table != rti && plan->scans[table]++ >= MAX_PARTITION_SCANS;
}

static void
lint_scan(PlanLint *plan, int node)
{
	const Plan *scan = plan->nodes[node].plan;
	Index		rti = adv_lint_scan_relation(scan);

	if (rti > 0 && rti <= list_length(plan->lint.rtable) &&
		!is_another_partition(plan, rti))
		adv_lint_scan(&plan->lint, scan, node);
}

static void
lint_join(PlanLint *plan, int node)
{
	const Join *join = (const Join *) plan->nodes[node].plan;

	adv_lint_join_or(&plan->lint, &join->plan, node, join->joinqual);
	adv_lint_join_or(&plan->lint, &join->plan, node, join->plan.qual);
}

static void
lint_node(PlanLint *plan, int node)
{
	const Plan *p = plan->nodes[node].plan;

	switch (nodeTag(p))
	{
		case T_NestLoop:
			lint_cartesian(plan, node);
			lint_unindexed_inner(plan, node);
			lint_join(plan, node);
			break;
		case T_HashJoin:
		case T_MergeJoin:
			lint_join(plan, node);
			break;
		case T_Append:
			if (!ADV_PRUNES_PARTITIONS((const Append *) p))
				lint_unpruned(plan, node, ((const Append *) p)->apprelids,
							  ((const Append *) p)->appendplans);
			break;
		case T_MergeAppend:
			if (!ADV_PRUNES_PARTITIONS((const MergeAppend *) p))
				lint_unpruned(plan, node, ((const MergeAppend *) p)->apprelids,
							  ((const MergeAppend *) p)->mergeplans);
			break;
		case T_Agg:
			lint_groups(plan, node, ((const Agg *) p)->numCols, ((const Agg *) p)->grpColIdx);
			lint_count_distinct(plan, node);
			break;
		case T_Group:
			lint_groups(plan, node, ((const Group *) p)->numCols, ((const Group *) p)->grpColIdx);
			break;
		default:
			lint_scan(plan, node);
			break;
	}
	lint_subplans(plan, p);
}

void
adv_lint_plan(StringInfo buf, PlannedStmt *stmt, const AdvNodeRef *nodes,
			  int nnodes)
{
	PlanLint	plan;

	memset(&plan, 0, sizeof(plan));
	adv_facts_init(&plan.lint.facts, buf, ADV_MAX_FACTS);
	plan.lint.rtable = stmt->rtable;
	plan.lint.appendRelations = stmt->appendRelations;
	plan.stmt = stmt;
	plan.nodes = nodes;
	plan.nnodes = nnodes;
	plan.scans = (int *) palloc0(sizeof(int) * (list_length(stmt->rtable) + 1));
	find_ends(&plan);

	for (int i = 0; i < nnodes && !adv_facts_full(&plan.lint.facts); i++)
		lint_node(&plan, i);
}

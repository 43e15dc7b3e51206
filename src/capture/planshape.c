/*-------------------------------------------------------------------------
 *
 * planshape.c
 *		Plan id: a structural hash of a finished plan.
 *
 * What goes into the hash, and why, is in planshape.h.  For statements of the
 * simple protocol this runs with each execution, hence the hash that is passed
 * in registers, the short ways for the common nodes, and the absence of any
 * look-up in a catalog.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/planshape.h"
#include "miscadmin.h"
#include "nodes/bitmapset.h"
#include "nodes/extensible.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "parser/parsetree.h"

/* More different shapes under one Append than this are not told apart. */
#define ADV_MAX_CHILD_SHAPES 16

/* So many children are searched one by one. */
#define ADV_SHORT_LIST 16

static uint64 hash_expression(const PlannedStmt *stmt, uint64 hash,
							  const Node *node);

static inline uint64
mix(uint64 hash, uint64 value)
{
	return (((hash << 5) | (hash >> 59)) ^ value) * UINT64CONST(0x9E3779B97F4A7C15);
}

/* To be applied to a hash that is not mixed any more, but added to others. */
static inline uint64
finish(uint64 hash)
{
	return (hash ^ (hash >> 32)) * UINT64CONST(0xD6E8FEB86659FD93);
}

/* ---------------------------------------------------------------------
 * Relations
 * ---------------------------------------------------------------------
 */

/*
 * How relation rti was made of its parent, NULL if it is nobody's child.
 *
 * The planner numbers the children of a relation when it expands it, and notes
 * them down in that order; queries inside of others follow with higher numbers.
 * So the list is sorted.  It is not promised to be: a short one is searched to
 * its end.
 */
static const AppendRelInfo *
find_parent(const PlannedStmt *stmt, Index rti)
{
	const List *infos = stmt->appendRelations;
	int			low = 0;
	int			high = list_length(infos);

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (list_nth_node(AppendRelInfo, infos, middle)->child_relid < rti)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == list_length(infos) ||
		list_nth_node(AppendRelInfo, infos, low)->child_relid != rti)
	{
		low = list_length(infos) <= ADV_SHORT_LIST ? 0 : list_length(infos);
		while (low < list_length(infos) &&
			   list_nth_node(AppendRelInfo, infos, low)->child_relid != rti)
			low++;
	}
	if (low == list_length(infos))
		return NULL;

	/* branches of UNION ALL are in the list, too, without a parent */
	return OidIsValid(list_nth_node(AppendRelInfo, infos, low)->parent_reloid) ?
		list_nth_node(AppendRelInfo, infos, low) : NULL;
}

/* Mix a relation of a plan that has children, by its topmost parent. */
static pg_noinline uint64
hash_inherited(const PlannedStmt *stmt, uint64 hash, Index rti, AttrNumber attno)
{
	const AppendRelInfo *info;

	while ((info = find_parent(stmt, rti)) != NULL)
	{
		if (attno > 0 && attno <= info->num_child_cols)
			attno = info->parent_colnos[attno - 1];
		rti = info->parent_relid;
	}
	return mix(hash, ((uint64) rt_fetch(rti, stmt->rtable)->relid << 16) | (uint16) attno);
}

/*
 * Mix relation rti, and of it attribute attno (0 for none).  What is no
 * relation has no oid; the node that reads it says what it is.
 */
static inline uint64
hash_relation(const PlannedStmt *stmt, uint64 hash, Index rti, AttrNumber attno)
{
	if (unlikely(stmt->appendRelations != NIL))
		return hash_inherited(stmt, hash, rti, attno);
	return mix(hash, ((uint64) rt_fetch(rti, stmt->rtable)->relid << 16) | (uint16) attno);
}

/* ---------------------------------------------------------------------
 * Expressions
 * ---------------------------------------------------------------------
 */

/* A constant or a parameter given from outside: these are all alike. */
static inline bool
is_value(const Node *node)
{
	return IsA(node, Const) ||
		(IsA(node, Param) && ((const Param *) node)->paramkind == PARAM_EXTERN);
}

/* A column; above scans the planner leaves a note of where it came from. */
static inline uint64
hash_var(const PlannedStmt *stmt, uint64 hash, const Var *var)
{
	if (!IS_SPECIAL_VARNO(var->varno))
		return hash_relation(stmt, hash, var->varno, var->varattno);
	if (var->varnosyn > 0 && var->varnosyn <= list_length(stmt->rtable))
		return hash_relation(stmt, hash, var->varnosyn, var->varattnosyn);
	return mix(hash, var->varattno);
}

/* A list of values is as good as one, whatever its length. */
static bool
is_value_array(const Node *node)
{
	ListCell   *lc;

	if (!IsA(node, ArrayExpr))
		return false;
	foreach(lc, ((const ArrayExpr *) node)->elements)
	{
		if (!is_value(lfirst(lc)))
			return false;
	}
	return true;
}

/* What tells a node that has arguments from others of its kind. */
static uint64
hash_node(uint64 hash, const Node *node)
{
	switch (nodeTag(node))
	{
		case T_ScalarArrayOpExpr:
			return mix(mix(hash, ((const ScalarArrayOpExpr *) node)->opno),
					   ((const ScalarArrayOpExpr *) node)->useOr);
		case T_DistinctExpr:
		case T_NullIfExpr:
			return mix(mix(hash, nodeTag(node)), ((const OpExpr *) node)->opno);
		case T_FuncExpr:
			return mix(hash, ((const FuncExpr *) node)->funcid);
		case T_Aggref:
			return mix(hash, ((const Aggref *) node)->aggfnoid);
		case T_WindowFunc:
			return mix(hash, ((const WindowFunc *) node)->winfnoid);
		case T_BoolExpr:
			return mix(mix(hash, T_BoolExpr), ((const BoolExpr *) node)->boolop);
		case T_NullTest:
			return mix(mix(hash, T_NullTest), ((const NullTest *) node)->nulltesttype);
		case T_BooleanTest:
			return mix(mix(hash, T_BooleanTest), ((const BooleanTest *) node)->booltesttype);
		case T_SubPlan:
			return mix(mix(hash, ((const SubPlan *) node)->subLinkType),
					   ((const SubPlan *) node)->useHashTable);
		case T_RelabelType:
		case T_List:
			return hash;
		default:
			return mix(hash, nodeTag(node));
	}
}

/* What a general walker carries along. */
typedef struct WalkContext
{
	const PlannedStmt *stmt;
	uint64		hash;
} WalkContext;

/* Callback of expression_tree_walker(). */
static bool
walk_expression(Node *node, void *context)
{
	WalkContext *walk = (WalkContext *) context;

	if (node != NULL)
		walk->hash = hash_expression(walk->stmt, walk->hash, node);
	return false;
}

/* An expression of no kind that is known to be frequent. */
static pg_noinline uint64
hash_any_expression(const PlannedStmt *stmt, uint64 hash, const Node *node)
{
	WalkContext walk = {stmt, hash_node(hash, node)};

	if (!stack_is_too_deep())
		(void) expression_tree_walker(unconstify(Node *, node),
									  walk_expression, &walk);
	return walk.hash;
}

/*
 * Columns and values are most of all expressions: no call for these.  Values
 * leave no trace.
 */
static inline uint64
hash_operand(const PlannedStmt *stmt, uint64 hash, const Node *node)
{
	if (IsA(node, Var))
		return hash_var(stmt, hash, (const Var *) node);
	if (is_value(node))
		return hash;
	return hash_expression(stmt, hash, node);
}

/* An operator and its operands. */
static pg_attribute_always_inline uint64
hash_operator(const PlannedStmt *stmt, uint64 hash, const OpExpr *op)
{
	hash = mix(hash, op->opno);
	hash = hash_operand(stmt, hash, linitial(op->args));
	if (likely(op->args->length > 1))
		hash = hash_operand(stmt, hash, lsecond(op->args));
	return hash;
}

static uint64
hash_expression(const PlannedStmt *stmt, uint64 hash, const Node *node)
{
	if (IsA(node, OpExpr))
		return hash_operator(stmt, hash, (const OpExpr *) node);
	if (IsA(node, Var))
		return hash_var(stmt, hash, (const Var *) node);
	if (is_value(node) || is_value_array(node))
		return hash;
	return hash_any_expression(stmt, hash, node);
}

/* Conditions in any order, as the planner puts cheap ones first. */
static inline uint64
hash_quals(const PlannedStmt *stmt, uint64 hash, const List *quals)
{
	uint64		sum = 0;

	if (quals == NIL)
		return hash;

	for (int i = 0; i < quals->length; i++)
	{
		const Node *qual = list_nth(quals, i);

		if (likely(IsA(qual, OpExpr)))
			sum += hash_operator(stmt, 0, (const OpExpr *) qual);
		else
			sum += hash_expression(stmt, 0, qual);
	}
	return mix(hash, sum);
}

/* The same of the conditions of an index, which are one more often than not. */
static pg_attribute_always_inline uint64
hash_index_quals(const PlannedStmt *stmt, uint64 hash, const List *quals)
{
	if (likely(quals != NIL) && likely(quals->length == 1) &&
		likely(IsA(linitial(quals), OpExpr)))
		return mix(hash, hash_operator(stmt, 0, linitial(quals)));
	return hash_quals(stmt, hash, quals);
}

/* ---------------------------------------------------------------------
 * Plan nodes
 * ---------------------------------------------------------------------
 */

static inline uint64
hash_plan(const PlannedStmt *stmt, uint64 hash, const Plan *plan)
{
	return plan == NULL ? hash : mix(hash, adv_plan_tree_hash(stmt, plan));
}

static uint64
hash_plans(const PlannedStmt *stmt, uint64 hash, const List *plans)
{
	ListCell   *lc;

	foreach(lc, plans)
		hash = hash_plan(stmt, hash, (const Plan *) lfirst(lc));
	return hash;
}

/* Do the children of an Append belong to one relation, as its partitions do? */
static bool
is_over_partitions(const PlannedStmt *stmt, const Bitmapset *apprelids)
{
	int			rti = bms_next_member(apprelids, -1);

	return rti > 0 && rti <= list_length(stmt->rtable) &&
		rt_fetch(rti, stmt->rtable)->rtekind == RTE_RELATION;
}

/* Sum of the different hashes of plans: the hash itself if all are alike. */
static uint64
distinct_hash(const PlannedStmt *stmt, const List *plans)
{
	uint64		hashes[ADV_MAX_CHILD_SHAPES];
	int			n = 0;
	uint64		sum = 0;
	ListCell   *lc;

	foreach(lc, plans)
	{
		uint64		hash = adv_plan_tree_hash(stmt, (const Plan *) lfirst(lc));
		int			i = 0;

		while (i < n && hashes[i] != hash)
			i++;
		if (i == n && n < ADV_MAX_CHILD_SHAPES)
		{
			hashes[n++] = hash;
			sum += hash;
		}
	}
	return sum;
}

static uint64
hash_merge_append(const PlannedStmt *stmt, uint64 hash, const MergeAppend *merge)
{
	if (is_over_partitions(stmt, merge->apprelids))
		return mix(hash, distinct_hash(stmt, merge->mergeplans));
	return hash_plans(stmt, hash, merge->mergeplans);
}

/* Functions in FROM. */
static uint64
hash_functions(const PlannedStmt *stmt, uint64 hash, const List *functions)
{
	ListCell   *lc;

	foreach(lc, functions)
		hash = hash_expression(stmt, hash, lfirst_node(RangeTblFunction, lc)->funcexpr);
	return hash;
}

static uint64
hash_sort(uint64 hash, const Sort *sort)
{
	for (int i = 0; i < sort->numCols; i++)
		hash = mix(hash, ((uint64) sort->sortOperators[i] << 16) |
				   (uint16) sort->sortColIdx[i]);
	return hash;
}

static uint64
hash_modify_table(const PlannedStmt *stmt, uint64 hash, const ModifyTable *modify)
{
	hash = mix(hash, (modify->operation << 8) | modify->onConflictAction);
	if (modify->rootRelation > 0)
		return hash_relation(stmt, hash, modify->rootRelation, 0);
	if (modify->resultRelations != NIL)
		return hash_relation(stmt, hash, linitial_int(modify->resultRelations), 0);
	return hash;
}

/*
 * An index scan, all but its conditions.  The index goes by its oid, unless it
 * is a child's: then the conditions that it serves have to do.
 */
static inline uint64
hash_index(const PlannedStmt *stmt, uint64 hash, const Plan *plan, Oid indexid,
		   ScanDirection direction)
{
	Index		scanrelid = ((const Scan *) plan)->scanrelid;

	if (unlikely(stmt->appendRelations != NIL) &&
		find_parent(stmt, scanrelid) != NULL)
		indexid = InvalidOid;
	hash = hash_relation(stmt, hash, scanrelid, 0);
	return mix(hash, ((uint64) indexid << 2) | (direction & 3));
}

/* A scan of one relation, or a join that has been pushed to another server. */
static uint64
hash_foreign_scan(const PlannedStmt *stmt, uint64 hash, const ForeignScan *scan)
{
	hash = mix(hash, scan->fs_server);
	if (scan->scan.scanrelid > 0)
		hash = hash_relation(stmt, hash, scan->scan.scanrelid, 0);
	return hash;
}

static uint64
hash_custom_scan(const PlannedStmt *stmt, uint64 hash, const CustomScan *scan)
{
	for (const char *c = scan->methods->CustomName; *c; c++)
		hash = mix(hash, (unsigned char) *c);
	if (scan->scan.scanrelid > 0)
		hash = hash_relation(stmt, hash, scan->scan.scanrelid, 0);
	return hash_plans(stmt, hash, scan->custom_plans);
}

static uint64
hash_join(const PlannedStmt *stmt, uint64 hash, const Plan *plan)
{
	hash = mix(hash, ((const Join *) plan)->jointype);
	if (IsA(plan, MergeJoin))
		hash = hash_quals(stmt, hash, ((const MergeJoin *) plan)->mergeclauses);
	else if (IsA(plan, HashJoin))
		hash = hash_quals(stmt, hash, ((const HashJoin *) plan)->hashclauses);
	return hash_quals(stmt, hash, ((const Join *) plan)->joinqual);
}

/* What neither reads a relation nor joins. */
static uint64
hash_other(const PlannedStmt *stmt, uint64 hash, const Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_ModifyTable:
			return hash_modify_table(stmt, hash, (const ModifyTable *) plan);
		case T_Append:
			return hash_plans(stmt, hash, ((const Append *) plan)->appendplans);
		case T_MergeAppend:
			return hash_merge_append(stmt, hash, (const MergeAppend *) plan);
		case T_BitmapAnd:
			return hash_plans(stmt, hash, ((const BitmapAnd *) plan)->bitmapplans);
		case T_BitmapOr:
			return hash_plans(stmt, hash, ((const BitmapOr *) plan)->bitmapplans);
		case T_Sort:
		case T_IncrementalSort:
			return hash_sort(hash, (const Sort *) plan);
		case T_Agg:
			hash = mix(hash, ((const Agg *) plan)->aggstrategy);
			hash = mix(hash, ((const Agg *) plan)->aggsplit);
			return mix(hash, ((const Agg *) plan)->numCols);
		case T_Group:
			return mix(hash, ((const Group *) plan)->numCols);
		case T_WindowAgg:
			hash = mix(hash, ((const WindowAgg *) plan)->partNumCols);
			return mix(hash, ((const WindowAgg *) plan)->ordNumCols);
		case T_SetOp:
			hash = mix(hash, ((const SetOp *) plan)->cmd);
			return mix(hash, ((const SetOp *) plan)->strategy);
		case T_Limit:
			hash = mix(hash, ((const Limit *) plan)->limitOffset != NULL);
			return mix(hash, ((const Limit *) plan)->limitCount != NULL);
		case T_Result:
			return hash_quals(stmt, hash, (const List *) ((const Result *) plan)->resconstantqual);
		default:
			return hash;		/* its tag and its inputs say it all */
	}
}

/*
 * What a node is by itself, without its filter and its inputs, and without
 * those of its conditions that it returns in *quals.
 */
static inline uint64
hash_node_itself(const PlannedStmt *stmt, uint64 hash, const Plan *plan,
				 const List **quals)
{
	switch (nodeTag(plan))
	{
		case T_SeqScan:
		case T_SampleScan:
		case T_BitmapHeapScan:
			return hash_relation(stmt, hash, ((const Scan *) plan)->scanrelid, 0);
		case T_IndexScan:
			*quals = ((const IndexScan *) plan)->indexqualorig;
			hash = hash_index(stmt, hash, plan, ((const IndexScan *) plan)->indexid,
							  ((const IndexScan *) plan)->indexorderdir);
			if (unlikely(((const IndexScan *) plan)->indexorderbyorig != NIL))
				hash = mix(hash, T_List);
			return hash;
		case T_IndexOnlyScan:
			*quals = ((const IndexOnlyScan *) plan)->indexqual;
			hash = hash_index(stmt, hash, plan, ((const IndexOnlyScan *) plan)->indexid,
							  ((const IndexOnlyScan *) plan)->indexorderdir);
			if (unlikely(((const IndexOnlyScan *) plan)->indexorderby != NIL))
				hash = mix(hash, T_List);
			return hash;
		case T_BitmapIndexScan:
			*quals = ((const BitmapIndexScan *) plan)->indexqualorig;
			return hash_index(stmt, hash, plan,
							  ((const BitmapIndexScan *) plan)->indexid,
							  ForwardScanDirection);
		case T_TidScan:
			*quals = ((const TidScan *) plan)->tidquals;
			return hash_relation(stmt, hash, ((const Scan *) plan)->scanrelid, 0);
		case T_TidRangeScan:
			*quals = ((const TidRangeScan *) plan)->tidrangequals;
			return hash_relation(stmt, hash, ((const Scan *) plan)->scanrelid, 0);
		case T_SubqueryScan:
			return hash_plan(stmt, hash, ((const SubqueryScan *) plan)->subplan);
		case T_FunctionScan:
			return hash_functions(stmt, hash, ((const FunctionScan *) plan)->functions);
		case T_ForeignScan:
			return hash_foreign_scan(stmt, hash, (const ForeignScan *) plan);
		case T_CustomScan:
			return hash_custom_scan(stmt, hash, (const CustomScan *) plan);
		case T_NestLoop:
		case T_MergeJoin:
		case T_HashJoin:
			return hash_join(stmt, hash, plan);
		default:
			return hash_other(stmt, hash, plan);
	}
}

/*
 * Hash of a subtree alone.  A plan for a single partition has no Append, so
 * one over several that look alike gets the hash of any of them.
 */
uint64
adv_plan_tree_hash(const PlannedStmt *stmt, const Plan *plan)
{
	uint64		hash = (nodeTag(plan) << 1) | plan->parallel_aware;
	const List *quals = NIL;

	if (unlikely(IsA(plan, Append)) &&
		is_over_partitions(stmt, ((const Append *) plan)->apprelids))
		return distinct_hash(stmt, ((const Append *) plan)->appendplans);

	hash = hash_node_itself(stmt, hash, plan, &quals);
	hash = hash_index_quals(stmt, hash, quals);
	hash = hash_quals(stmt, hash, plan->qual);
	if (plan->lefttree == NULL || stack_is_too_deep())
		return finish(hash);
	hash = hash_plan(stmt, hash, plan->lefttree);
	hash = hash_plan(stmt, hash, plan->righttree);
	return finish(hash);
}

uint64
adv_plan_mix_subplans(const PlannedStmt *stmt, uint64 hash)
{
	return finish(hash_plans(stmt, hash, stmt->subplans));
}

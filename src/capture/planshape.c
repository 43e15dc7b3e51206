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

typedef struct ShapeContext
{
	const PlannedStmt *stmt;
	int			appendrel;		/* where to look first in appendRelations */
	uint64		walked;			/* the hash, while a general walker carries it */
} ShapeContext;

static uint64 plan_hash(ShapeContext *cx, const Plan *plan);
static uint64 hash_expression(ShapeContext *cx, uint64 hash, const Node *node);

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
 * Plans visit the children in the order of the list, so the search goes on
 * where the last one ended.
 */
static const AppendRelInfo *
find_parent(ShapeContext *cx, Index rti)
{
	const List *infos = cx->stmt->appendRelations;
	int			n = list_length(infos);

	for (int i = 0; i < n; i++)
	{
		int			at = (cx->appendrel + i) % n;
		const AppendRelInfo *info = (const AppendRelInfo *) list_nth(infos, at);

		/* branches of UNION ALL are in the list, too, without a parent */
		if (info->child_relid == rti && OidIsValid(info->parent_reloid))
		{
			cx->appendrel = at;
			return info;
		}
	}
	return NULL;
}

/* Replace a child and its attribute by those of its topmost parent. */
static void
map_to_parent(ShapeContext *cx, Index *rti, AttrNumber *attno)
{
	const AppendRelInfo *info;

	while ((info = find_parent(cx, *rti)) != NULL)
	{
		if (*attno > 0 && *attno <= info->num_child_cols)
			*attno = info->parent_colnos[*attno - 1];
		*rti = info->parent_relid;
	}
}

/* Mix relation rti, and of it attribute attno (0 for none). */
static inline uint64
hash_relation(ShapeContext *cx, uint64 hash, Index rti, AttrNumber attno)
{
	const RangeTblEntry *rte;

	if (unlikely(cx->stmt->appendRelations != NIL))
		map_to_parent(cx, &rti, &attno);
	if (unlikely(rti < 1 || rti > list_length(cx->stmt->rtable)))
		return mix(hash, attno);

	rte = rt_fetch(rti, cx->stmt->rtable);
	return mix(hash, ((uint64) rte->relid << 32) | (rte->rtekind << 16) | (uint16) attno);
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
hash_var(ShapeContext *cx, uint64 hash, const Var *var)
{
	if (!IS_SPECIAL_VARNO(var->varno))
		return hash_relation(cx, hash, var->varno, var->varattno);
	if (var->varnosyn > 0)
		return hash_relation(cx, hash, var->varnosyn, var->varattnosyn);
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

/* Callback of expression_tree_walker(). */
static bool
walk_expression(Node *node, void *context)
{
	ShapeContext *cx = (ShapeContext *) context;

	if (node != NULL)
		cx->walked = hash_expression(cx, cx->walked, node);
	return false;
}

static uint64
hash_expression(ShapeContext *cx, uint64 hash, const Node *node)
{
	if (IsA(node, Var))
		return hash_var(cx, hash, (const Var *) node);
	if (is_value(node) || is_value_array(node))
		return mix(hash, T_Const);
	if (stack_is_too_deep())
		return hash;

	if (IsA(node, OpExpr))
	{
		ListCell   *lc;

		hash = mix(hash, ((const OpExpr *) node)->opno);
		foreach(lc, ((const OpExpr *) node)->args)
			hash = hash_expression(cx, hash, lfirst(lc));
		return hash;
	}

	cx->walked = hash_node(hash, node);
	(void) expression_tree_walker(unconstify(Node *, node), walk_expression, cx);
	return cx->walked;
}

/* The conditions of a list, in any order: the planner puts cheap ones first. */
static uint64
quals_hash(ShapeContext *cx, const List *quals)
{
	uint64		sum = 0;
	ListCell   *lc;

	foreach(lc, quals)
		sum += finish(hash_expression(cx, 0, lfirst(lc)));
	return sum;
}

static inline uint64
hash_quals(ShapeContext *cx, uint64 hash, const List *quals)
{
	return quals == NIL ? hash : mix(hash, quals_hash(cx, quals));
}

/* ---------------------------------------------------------------------
 * Plan nodes
 * ---------------------------------------------------------------------
 */

static inline uint64
hash_plan(ShapeContext *cx, uint64 hash, const Plan *plan)
{
	return plan == NULL ? hash : mix(hash, plan_hash(cx, plan));
}

static uint64
hash_plans(ShapeContext *cx, uint64 hash, const List *plans)
{
	ListCell   *lc;

	foreach(lc, plans)
		hash = hash_plan(cx, hash, (const Plan *) lfirst(lc));
	return hash;
}

/* Do the children of an Append belong to one relation, as its partitions do? */
static bool
is_over_partitions(ShapeContext *cx, const Bitmapset *apprelids)
{
	int			rti = bms_next_member(apprelids, -1);

	return rti > 0 && rti <= list_length(cx->stmt->rtable) &&
		rt_fetch(rti, cx->stmt->rtable)->rtekind == RTE_RELATION;
}

/* Sum of the different hashes of plans: the hash itself if all are alike. */
static uint64
distinct_hash(ShapeContext *cx, const List *plans)
{
	uint64		hashes[ADV_MAX_CHILD_SHAPES];
	int			n = 0;
	uint64		sum = 0;
	ListCell   *lc;

	foreach(lc, plans)
	{
		uint64		hash = plan_hash(cx, (const Plan *) lfirst(lc));
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
hash_merge_append(ShapeContext *cx, uint64 hash, const MergeAppend *merge)
{
	if (is_over_partitions(cx, merge->apprelids))
		return mix(hash, distinct_hash(cx, merge->mergeplans));
	return hash_plans(cx, hash, merge->mergeplans);
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
hash_modify_table(ShapeContext *cx, uint64 hash, const ModifyTable *modify)
{
	hash = mix(hash, (modify->operation << 8) | modify->onConflictAction);
	if (modify->rootRelation > 0)
		return hash_relation(cx, hash, modify->rootRelation, 0);
	if (modify->resultRelations != NIL)
		return hash_relation(cx, hash, linitial_int(modify->resultRelations), 0);
	return hash;
}

/*
 * An index, by its oid unless it is a child's: then the conditions that it
 * serves have to do.
 */
static inline uint64
hash_index(ShapeContext *cx, uint64 hash, Index scanrelid, Oid indexid,
		   ScanDirection direction, const List *quals)
{
	if (cx->stmt->appendRelations != NIL && find_parent(cx, scanrelid) != NULL)
		indexid = InvalidOid;
	hash = mix(hash, ((uint64) indexid << 32) | (uint8) direction);
	return hash_quals(cx, hash, quals);
}

static uint64
hash_custom_scan(ShapeContext *cx, uint64 hash, const CustomScan *scan)
{
	for (const char *c = scan->methods->CustomName; *c; c++)
		hash = mix(hash, (unsigned char) *c);
	return hash_plans(cx, hash, scan->custom_plans);
}

/* Does the node begin with a Scan?  Their tags are not in one run for ever. */
static inline bool
is_scan(NodeTag tag)
{
	switch (tag)
	{
		case T_SeqScan:
		case T_SampleScan:
		case T_IndexScan:
		case T_IndexOnlyScan:
		case T_BitmapIndexScan:
		case T_BitmapHeapScan:
		case T_TidScan:
		case T_TidRangeScan:
		case T_SubqueryScan:
		case T_FunctionScan:
		case T_ValuesScan:
		case T_TableFuncScan:
		case T_CteScan:
		case T_NamedTuplestoreScan:
		case T_WorkTableScan:
		case T_ForeignScan:
		case T_CustomScan:
			return true;
		default:
			return false;
	}
}

/* Nodes that read a relation, but for which one it is. */
static uint64
hash_scan(ShapeContext *cx, uint64 hash, const Plan *plan)
{
	Index		scanrelid = ((const Scan *) plan)->scanrelid;

	switch (nodeTag(plan))
	{
		case T_IndexScan:
			{
				const IndexScan *scan = (const IndexScan *) plan;

				hash = hash_index(cx, hash, scanrelid, scan->indexid,
								  scan->indexorderdir, scan->indexqualorig);
				return hash_quals(cx, hash, scan->indexorderbyorig);
			}
		case T_IndexOnlyScan:
			{
				const IndexOnlyScan *scan = (const IndexOnlyScan *) plan;

				hash = hash_index(cx, hash, scanrelid, scan->indexid,
								  scan->indexorderdir, scan->indexqual);
				return hash_quals(cx, hash, scan->indexorderby);
			}
		case T_BitmapIndexScan:
			return hash_index(cx, hash, scanrelid,
							  ((const BitmapIndexScan *) plan)->indexid,
							  ForwardScanDirection,
							  ((const BitmapIndexScan *) plan)->indexqualorig);
		case T_TidScan:
			return hash_quals(cx, hash, ((const TidScan *) plan)->tidquals);
		case T_TidRangeScan:
			return hash_quals(cx, hash, ((const TidRangeScan *) plan)->tidrangequals);
		case T_SubqueryScan:
			return hash_plan(cx, hash, ((const SubqueryScan *) plan)->subplan);
		case T_FunctionScan:
			return hash_quals(cx, hash, ((const FunctionScan *) plan)->functions);
		case T_ForeignScan:
			return mix(hash, ((const ForeignScan *) plan)->fs_server);
		case T_CustomScan:
			return hash_custom_scan(cx, hash, (const CustomScan *) plan);
		default:
			return hash;
	}
}

static uint64
hash_join(ShapeContext *cx, uint64 hash, const Plan *plan)
{
	if (IsA(plan, MergeJoin))
		hash = hash_quals(cx, hash, ((const MergeJoin *) plan)->mergeclauses);
	else if (IsA(plan, HashJoin))
		hash = hash_quals(cx, hash, ((const HashJoin *) plan)->hashclauses);
	hash = mix(hash, ((const Join *) plan)->jointype);
	return hash_quals(cx, hash, ((const Join *) plan)->joinqual);
}

/* What neither reads a relation nor joins. */
static uint64
hash_other(ShapeContext *cx, uint64 hash, const Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_ModifyTable:
			return hash_modify_table(cx, hash, (const ModifyTable *) plan);
		case T_Append:
			return hash_plans(cx, hash, ((const Append *) plan)->appendplans);
		case T_MergeAppend:
			return hash_merge_append(cx, hash, (const MergeAppend *) plan);
		case T_BitmapAnd:
			return hash_plans(cx, hash, ((const BitmapAnd *) plan)->bitmapplans);
		case T_BitmapOr:
			return hash_plans(cx, hash, ((const BitmapOr *) plan)->bitmapplans);
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
			return hash_quals(cx, hash, (const List *) ((const Result *) plan)->resconstantqual);
		default:
			return hash;		/* its tag and its inputs say it all */
	}
}

/*
 * Hash of a subtree alone.  A plan for a single partition has no Append, so
 * one over several that look alike gets the hash of any of them.
 */
static uint64
plan_hash(ShapeContext *cx, const Plan *plan)
{
	NodeTag		tag = nodeTag(plan);
	uint64		hash = (tag << 1) | plan->parallel_aware;

	if (stack_is_too_deep())
		return 0;
	if (tag == T_Append &&
		is_over_partitions(cx, ((const Append *) plan)->apprelids))
		return distinct_hash(cx, ((const Append *) plan)->appendplans);

	if (is_scan(tag))
	{
		if (((const Scan *) plan)->scanrelid > 0)
			hash = hash_relation(cx, hash, ((const Scan *) plan)->scanrelid, 0);
		hash = hash_scan(cx, hash, plan);
	}
	else if (tag == T_NestLoop || tag == T_MergeJoin || tag == T_HashJoin)
		hash = hash_join(cx, hash, plan);
	else
		hash = hash_other(cx, hash, plan);

	hash = hash_quals(cx, hash, plan->qual);
	hash = hash_plan(cx, hash, plan->lefttree);
	hash = hash_plan(cx, hash, plan->righttree);
	return finish(hash);
}

uint64
adv_plan_shape(const PlannedStmt *stmt)
{
	ShapeContext cx = {.stmt = stmt};
	uint64		hash = mix(stmt->commandType, plan_hash(&cx, stmt->planTree));

	if (stmt->subplans != NIL)
		hash = hash_plans(&cx, hash, stmt->subplans);
	hash = finish(hash);
	return hash != 0 ? hash : 1;
}

/*-------------------------------------------------------------------------
 *
 * scanview.c
 *		What the scan of a table needs, as the planner sees it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_class.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "common/compat.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/restrictinfo.h"
#include "recommend/scankey.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* An IS NOT NULL is worth a condition of an index if so few rows have it. */
#define RARE_NOT_NULL 0.3

/* A value is unusual if it has such a part of the rows that one has on average. */
#define UNUSUAL 0.5

/* A predicate is worth an index of its own if so few rows have it. */
#define RARE_PREDICATE 0.9
#define RARE_CONSTANT 0.2

/* ---------------------------------------------------------------------
 * Conditions
 * ---------------------------------------------------------------------
 */

static AdvScanCondition *
make_condition(AdvScanKey *key, bool equality, double selectivity, uint32 reasons)
{
	AdvScanCondition *condition;

	if (key == NULL || key->width > ADV_WIDEST_KEY)
		return NULL;
	condition = palloc0(sizeof(AdvScanCondition));
	condition->key = key;
	condition->equality = equality;
	condition->selectivity = selectivity;
	condition->reasons = reasons | (equality ? ADV_REASON_EQUALITY : ADV_REASON_RANGE);
	return condition;
}

/* The operator, or class of equal values, may be of no collation, by mistake. */
static bool
has_collation(const AdvScanKey *key, Oid collation)
{
	return !OidIsValid(key->column.collation) || key->column.collation == collation;
}

/* A comparison by an operator that the default operator class has. */
static AdvScanCondition *
comparison(AdvScanBuilder *builder, Node *operand, Oid operator, Oid collation,
		   double selectivity)
{
	AdvScanKey *key;
	int			strategy;

	if (!OidIsValid(operator))
		return NULL;
	key = adv_scan_key(builder, operand, collation, InvalidOid);
	if (key == NULL || !has_collation(key, collation))
		return NULL;
	strategy = get_op_opfamily_strategy(operator, get_opclass_family(key->column.opclass));
	if (strategy == 0)
		return NULL;
	return make_condition(key, strategy == BTEqualStrategyNumber, selectivity, 0);
}

static AdvScanCondition *
operator_condition(AdvScanBuilder *builder, OpExpr *clause, double selectivity)
{
	Node	   *left;
	Node	   *right;

	if (list_length(clause->args) != 2)
		return NULL;
	left = linitial(clause->args);
	right = lsecond(clause->args);
	if (adv_scan_is_comparand(builder, right))
		return comparison(builder, left, clause->opno, clause->inputcollid, selectivity);
	if (adv_scan_is_comparand(builder, left))
		return comparison(builder, right, get_commutator(clause->opno),
						  clause->inputcollid, selectivity);
	return NULL;
}

/* col = ANY (array) */
static AdvScanCondition *
array_condition(AdvScanBuilder *builder, ScalarArrayOpExpr *clause, double selectivity)
{
	if (!clause->useOr || !adv_scan_is_comparand(builder, lsecond(clause->args)))
		return NULL;
	return comparison(builder, linitial(clause->args), clause->opno, clause->inputcollid,
					  selectivity);
}

/* (a, b) > (1, 2): a range of the first, in the order of all of them. */
static AdvScanCondition *
row_condition(AdvScanBuilder *builder, RowCompareExpr *clause, double selectivity)
{
	AdvScanOrder *order = palloc0(sizeof(AdvScanOrder));
	AdvScanCondition *first = NULL;
	ListCell   *left;
	ListCell   *operator;
	ListCell   *collation;

	if (!adv_scan_is_comparand(builder, (Node *) clause->rargs))
		return NULL;
	forthree(left, clause->largs, operator, clause->opnos, collation, clause->inputcollids)
	{
		AdvScanCondition *condition = comparison(builder, lfirst(left), lfirst_oid(operator),
												 lfirst_oid(collation), selectivity);

		if (condition == NULL)
			break;
		if (first == NULL)
			first = condition;
		order->keys = lappend(order->keys, condition->key);
	}
	order->fraction = selectivity;
	order->reasons = ADV_REASON_RANGE;
	if (list_length(order->keys) > 1)
		builder->view->orders = lappend(builder->view->orders, order);
	return first;
}

static AdvScanCondition *
null_condition(AdvScanBuilder *builder, NullTest *clause, double selectivity)
{
	if (clause->argisrow ||
		(clause->nulltesttype == IS_NOT_NULL && selectivity > RARE_NOT_NULL))
		return NULL;
	return make_condition(adv_scan_key(builder, (Node *) clause->arg, InvalidOid, InvalidOid),
						  clause->nulltesttype == IS_NULL, selectivity, ADV_REASON_NULL);
}

/* A boolean that is true or false, whichever way that is written. */
static AdvScanCondition *
boolean_condition(AdvScanBuilder *builder, Node *clause, double selectivity)
{
	if (IsA(clause, BooleanTest))
	{
		BooleanTest *test = (BooleanTest *) clause;

		if (test->booltesttype != IS_TRUE && test->booltesttype != IS_FALSE)
			return NULL;
		clause = (Node *) test->arg;
	}
	else if (is_notclause(clause))
		clause = (Node *) get_notclausearg((Expr *) clause);
	/* an expression that is boolean is a condition, no value */
	if (!IsA(clause, Var))
		return NULL;
	return make_condition(adv_scan_key(builder, clause, InvalidOid, InvalidOid), true,
						  selectivity, 0);
}

static AdvScanCondition *
clause_condition(AdvScanBuilder *builder, Expr *clause, double selectivity)
{
	AdvScanCondition *condition = NULL;

	switch (nodeTag(clause))
	{
		case T_OpExpr:
			condition = operator_condition(builder, (OpExpr *) clause, selectivity);
			break;
		case T_ScalarArrayOpExpr:
			condition = array_condition(builder, (ScalarArrayOpExpr *) clause, selectivity);
			break;
		case T_RowCompareExpr:
			condition = row_condition(builder, (RowCompareExpr *) clause, selectivity);
			break;
		case T_NullTest:
			condition = null_condition(builder, (NullTest *) clause, selectivity);
			break;
		default:
			condition = boolean_condition(builder, (Node *) clause, selectivity);
			break;
	}
	if (condition == NULL)
	{
		condition = adv_scan_prefix(builder, clause, selectivity);
		if (condition != NULL && condition->key->width > ADV_WIDEST_KEY)
			condition = NULL;
	}
	if (condition != NULL && condition->key->column.attnum == 0)
		condition->reasons |= ADV_REASON_EXPRESSION;
	return condition;
}

/* ---------------------------------------------------------------------
 * Conditions of the table alone
 * ---------------------------------------------------------------------
 */

/* Add a condition, unless its key has a better one. */
static List *
add_condition(List *conditions, AdvScanCondition *condition)
{
	ListCell   *lc;

	foreach(lc, conditions)
	{
		AdvScanCondition *known = lfirst(lc);

		if (known->key != condition->key || !bms_equal(known->others, condition->others))
			continue;
		/* two bounds of a range multiply, two equalities do not */
		if (!known->equality && known->others == NULL)
			known->selectivity = Max(known->selectivity + condition->selectivity - 1,
									 known->selectivity * condition->selectivity);
		else
			known->selectivity = Min(known->selectivity, condition->selectivity);
		known->reasons |= condition->reasons;
		return conditions;
	}
	return lappend(conditions, condition);
}

static void
route(AdvScanBuilder *builder, AdvScanCondition *condition)
{
	AdvScanView *view = builder->view;

	if (condition->equality)
		view->equalities = add_condition(view->equalities, condition);
	else
		view->ranges = add_condition(view->ranges, condition);
}

/* Attribute numbers in an expression; others than columns are left out. */
static Bitmapset *
columns_in(AdvScanBuilder *builder, Node *expr)
{
	Bitmapset  *members = NULL;
	Bitmapset  *columns = NULL;
	int			member = -1;

	pull_varattnos(expr, builder->rti, &members);
	while ((member = bms_next_member(members, member)) >= 0)
	{
		int			attnum = member + FirstLowInvalidHeapAttributeNumber;

		if (attnum > 0)
			columns = bms_add_member(columns, attnum);
		else
			builder->view->can_cover = false;
	}
	return columns;
}

/* Does it look at the same constants whenever the statement is executed? */
static bool
recurs(AdvScanBuilder *builder, Node *clause)
{
	if (IsA(clause, NullTest) || IsA(clause, BooleanTest) || IsA(clause, Var))
		return true;
	if (is_notclause(clause))
		return IsA(get_notclausearg((Expr *) clause), Var);
	return builder->recurs != NULL && builder->recurs(builder->relid, clause, builder->arg);
}

/*
 * Does it compare a column with a constant?  Values of a column are states that rows
 * are in; what people search for in texts and documents is not, and changes
 * sooner or later, even if it was the same in all examples.
 */
static bool
is_comparison_of_column(Expr *clause)
{
	List	   *args;
	Oid			operator;

	return adv_scan_comparison(clause, &args, &operator) &&
		(IsA(adv_scan_strip(linitial(args)), Var) || IsA(adv_scan_strip(lsecond(args)), Var)) &&
		ADV_OP_INTERPRETATION(operator) != NIL;
}

/*
 * Does it ask for a value that is about as frequent as others?  Then these will be
 * asked for, too, and the column is better as a key.
 */
static bool
is_usual_value(AdvScanBuilder *builder, Expr *clause, double selectivity)
{
	Node	   *operand;
	AdvScanKey *key;

	if (!IsA(clause, OpExpr) || get_oprrest(((OpExpr *) clause)->opno) != F_EQSEL)
		return false;
	operand = get_leftop(clause);
	if (!IsA(adv_scan_strip(operand), Var))
		operand = get_rightop(clause);
	key = adv_scan_key(builder, operand, InvalidOid, InvalidOid);
	return key != NULL && selectivity * key->ndistinct > UNUSUAL;
}

static void
add_predicate(AdvScanBuilder *builder, Expr *clause, double selectivity)
{
	AdvScanPredicate *predicate;
	Node	   *stored;

	if (selectivity > RARE_PREDICATE)
		return;
	if (!IsA(clause, NullTest) && !IsA(clause, BooleanTest) && !IsA(clause, Var) &&
		!is_notclause(clause) &&
		(!is_comparison_of_column(clause) || selectivity > RARE_CONSTANT))
		return;
	if (is_usual_value(builder, clause, selectivity))
		return;
	stored = adv_scan_expression(builder, (Node *) clause);
	if (stored == NULL || !recurs(builder, stored))
		return;

	predicate = palloc0(sizeof(AdvScanPredicate));
	predicate->clause = stored;
	predicate->selectivity = selectivity;
	predicate->columns = columns_in(builder, (Node *) clause);
	builder->view->predicates = lappend(builder->view->predicates, predicate);
}

/* The conditions of one arm of an OR, NIL if no index can find its rows. */
static List *
arm_conditions(AdvScanBuilder *builder, Node *arm, Relids others)
{
	List	   *clauses = is_andclause(arm) ? ((BoolExpr *) arm)->args : list_make1(arm);
	List	   *conditions = NIL;
	ListCell   *lc;

	foreach(lc, clauses)
	{
		RestrictInfo *rinfo = lfirst(lc);
		AdvScanCondition *condition;
		double		selectivity;

		if (!IsA(rinfo, RestrictInfo) || rinfo->orclause != NULL)
			continue;
		selectivity = clause_selectivity(builder->root, (Node *) rinfo, builder->rti,
										 JOIN_INNER, NULL);
		condition = clause_condition(builder, rinfo->clause, selectivity);
		if (condition == NULL)
			adv_scan_add_specials(builder, rinfo->clause, selectivity);
		else
		{
			condition->reasons |= ADV_REASON_ARM;
			condition->others = others;
			condition->loops = 1;
			conditions = add_condition(conditions, condition);
		}
	}
	return conditions;
}

static void
add_arms(AdvScanBuilder *builder, RestrictInfo *rinfo, Relids others)
{
	ListCell   *lc;

	foreach(lc, ((BoolExpr *) rinfo->orclause)->args)
	{
		List	   *conditions = arm_conditions(builder, lfirst(lc), others);

		if (conditions != NIL)
			builder->view->arms = lappend(builder->view->arms, conditions);
	}
}

static void
add_restriction(AdvScanBuilder *builder, RestrictInfo *rinfo)
{
	AdvScanCondition *condition;
	double		selectivity;

	if (rinfo->pseudoconstant || !restriction_is_securely_promotable(rinfo, builder->rel))
		return;
	if (rinfo->orclause != NULL)
	{
		add_arms(builder, rinfo, NULL);
		return;
	}
	selectivity = clause_selectivity(builder->root, (Node *) rinfo, 0, JOIN_INNER, NULL);
	condition = clause_condition(builder, rinfo->clause, selectivity);
	if (condition != NULL)
		route(builder, condition);
	if (condition == NULL || (condition->reasons & ADV_REASON_PREFIX))
		adv_scan_add_specials(builder, rinfo->clause, selectivity);
	add_predicate(builder, rinfo->clause, selectivity);
}

/* ---------------------------------------------------------------------
 * Conditions with other tables
 * ---------------------------------------------------------------------
 */

/* How often the table would be looked into, for rows of the others. */
static double
expected_loops(PlannerInfo *root, Relids others)
{
	double		loops = 0;
	int			rti = -1;

	while ((rti = bms_next_member(others, rti)) >= 0)
	{
		RelOptInfo *other = rti < root->simple_rel_array_size ?
			root->simple_rel_array[rti] : NULL;

		if (other != NULL && (loops == 0 || other->rows < loops))
			loops = other->rows;
	}
	return Max(loops, 1);
}

static void
add_join(AdvScanBuilder *builder, AdvScanCondition *condition, Relids others)
{
	condition->others = others;
	condition->loops = expected_loops(builder->root, others);
	condition->reasons |= ADV_REASON_JOIN;
	if (condition->equality)
		builder->view->joins = add_condition(builder->view->joins, condition);
	else
		builder->view->ranges = add_condition(builder->view->ranges, condition);
}

static void
add_join_clause(AdvScanBuilder *builder, RestrictInfo *rinfo)
{
	Relids		others = bms_difference(rinfo->clause_relids, builder->rel->relids);
	AdvScanCondition *condition;
	double		selectivity;

	if (rinfo->pseudoconstant || bms_is_empty(others) ||
		!join_clause_is_movable_to(rinfo, builder->rel))
		return;
	if (rinfo->orclause != NULL)
	{
		add_arms(builder, rinfo, others);
		return;
	}
	selectivity = clause_selectivity(builder->root, (Node *) rinfo, builder->rti,
									 JOIN_INNER, NULL);
	condition = clause_condition(builder, rinfo->clause, selectivity);
	if (condition != NULL)
		add_join(builder, condition, others);
	else
		adv_scan_add_specials(builder, rinfo->clause, selectivity);
}

/* Is the key in an order that the class knows as its equality? */
static bool
key_fits_class(const AdvScanKey *key, const EquivalenceClass *ec)
{
	return key != NULL && key->width <= ADV_WIDEST_KEY &&
		has_collation(key, ec->ec_collation) &&
		list_member_oid(ec->ec_opfamilies, get_opclass_family(key->column.opclass));
}

static void
add_class_member(AdvScanBuilder *builder, EquivalenceClass *ec, AdvScanKey *key)
{
	ListCell   *lc;

	foreach(lc, ec->ec_members)
	{
		EquivalenceMember *other = lfirst(lc);
		AdvScanCondition *condition;

		if (other->em_is_child || other->em_is_const || bms_is_empty(other->em_relids) ||
			bms_overlap(other->em_relids, builder->rel->relids) ||
			bms_overlap(other->em_relids, builder->rel->top_parent_relids))
			continue;
		condition = make_condition(key, true, 1 / key->ndistinct,
								   key->column.attnum == 0 ? ADV_REASON_EXPRESSION : 0);
		if (condition != NULL)
			add_join(builder, condition, other->em_relids);
	}
}

static void
add_equivalence_class(AdvScanBuilder *builder, EquivalenceClass *ec)
{
	ListCell   *lc;

	if (ec->ec_has_const || ec->ec_has_volatile || list_length(ec->ec_members) < 2)
		return;
	foreach(lc, adv_eclass_members(ec, builder->rel->relids))
	{
		EquivalenceMember *member = lfirst(lc);
		AdvScanKey *key;

		if (!bms_equal(member->em_relids, builder->rel->relids))
			continue;
		key = adv_scan_key(builder, (Node *) member->em_expr, ec->ec_collation, InvalidOid);
		if (key_fits_class(key, ec))
			add_class_member(builder, ec, key);
	}
}

/* ---------------------------------------------------------------------
 * Orders
 * ---------------------------------------------------------------------
 */

/* Is it a distance, or another thing that other indexes than btrees order by? */
static bool
is_distance(Expr *expr)
{
	CatCList   *uses;
	bool		result = false;

	if (!is_opclause(expr))
		return false;
	uses = SearchSysCacheList1(AMOPOPID, ObjectIdGetDatum(((OpExpr *) expr)->opno));
	for (int i = 0; i < uses->n_members; i++)
	{
		Form_pg_amop use = (Form_pg_amop) GETSTRUCT(&uses->members[i]->tuple);

		if (use->amoppurpose == AMOP_ORDER)
			result = true;
	}
	ReleaseSysCacheList(uses);
	return result;
}

/* Our key for an element of an order; NULL if it is of another table. */
static AdvScanKey *
pathkey_key(AdvScanBuilder *builder, PathKey *pathkey)
{
	EquivalenceClass *ec = pathkey->pk_eclass;
	ListCell   *lc;

	if (ec->ec_has_volatile)
		return NULL;
	foreach(lc, adv_eclass_members(ec, builder->rel->relids))
	{
		EquivalenceMember *member = lfirst(lc);
		AdvScanKey *key;

		if (!bms_equal(member->em_relids, builder->rel->relids) || is_distance(member->em_expr))
			continue;
		key = adv_scan_key(builder, (Node *) member->em_expr, ec->ec_collation, InvalidOid);
		if (key != NULL && key->width <= ADV_WIDEST_KEY &&
			get_opclass_family(key->column.opclass) == pathkey->pk_opfamily)
			return key;
	}
	return NULL;
}

/*
 * An index can be read backwards, so its first column may as well ascend: one
 * index then serves both ways of sorting.
 */
static int16
key_options(PathKey *pathkey, bool backwards)
{
	bool		descends = adv_pathkey_descends(pathkey) != backwards;
	bool		nulls_first = pathkey->pk_nulls_first != backwards;

	return (descends ? INDOPTION_DESC : 0) | (nulls_first ? INDOPTION_NULLS_FIRST : 0);
}

static double
fraction_read(AdvScanBuilder *builder)
{
	PlannerInfo *root = builder->root;

	if (root->limit_tuples > 0 && builder->rel->rows > 0)
		return Min(root->limit_tuples / builder->rel->rows, 1);
	return 1;
}

/*
 * Is it min() or max(), which the planner makes the first row in an order?  It
 * tries both places for nulls, of which there are none.
 */
static bool
is_extreme(const PlannerInfo *root)
{
	const TargetEntry *target;

	if (root->parent_root == NULL || list_length(root->parse->targetList) != 1)
		return false;
	target = linitial(root->parse->targetList);
	return target->resname != NULL && strcmp(target->resname, "agg_target") == 0;
}

static void
add_order(AdvScanBuilder *builder, List *pathkeys, uint32 reasons)
{
	AdvScanOrder *order = palloc0(sizeof(AdvScanOrder));
	ListCell   *lc;

	foreach(lc, pathkeys)
	{
		PathKey    *pathkey = lfirst(lc);
		AdvScanKey *key = pathkey_key(builder, pathkey);
		AdvScanKey *ordered;

		if (key == NULL)
			break;
		ordered = palloc(sizeof(AdvScanKey));
		*ordered = *key;
		ordered->column.options = key_options(pathkey, adv_pathkey_descends(linitial(pathkeys)));
		order->keys = lappend(order->keys, ordered);
		if (key->column.attnum == 0)
			reasons |= ADV_REASON_EXPRESSION;
	}
	if (order->keys == NIL ||
		(is_extreme(builder->root) &&
		 ((AdvScanKey *) linitial(order->keys))->column.options != 0))
		return;
	/* what is sorted by a part only is read up to the end of a group at least */
	order->fraction = list_length(order->keys) == list_length(pathkeys) ?
		fraction_read(builder) : 1;
	order->reasons = reasons | (order->fraction < 1 ? ADV_REASON_LIMIT : 0);
	builder->view->orders = lappend(builder->view->orders, order);
}

static void
add_orders(AdvScanBuilder *builder)
{
	PlannerInfo *root = builder->root;

	add_order(builder, root->group_pathkeys, ADV_REASON_GROUP);
	add_order(builder, root->window_pathkeys, ADV_REASON_GROUP);
	add_order(builder, root->distinct_pathkeys, ADV_REASON_GROUP);
	/* with groups, only what is left of them is sorted */
	if (root->group_pathkeys == NIL && !root->parse->hasAggs)
		add_order(builder, root->sort_pathkeys, ADV_REASON_ORDER);
}

/*
 * An outer join can't look up rows of its preserved side for those of the other,
 * but merge both, if they are in the order of the columns joined by.
 */
static void
add_merge_order(AdvScanBuilder *builder, RestrictInfo *rinfo)
{
	AdvScanCondition *condition;
	AdvScanOrder *order;

	if (rinfo->pseudoconstant || rinfo->orclause != NULL || rinfo->mergeopfamilies == NIL ||
		join_clause_is_movable_to(rinfo, builder->rel))
		return;
	condition = clause_condition(builder, rinfo->clause, 1);
	if (condition == NULL || !condition->equality)
		return;
	order = palloc0(sizeof(AdvScanOrder));
	order->keys = list_make1(condition->key);
	order->fraction = 1;
	order->reasons = ADV_REASON_JOIN;
	builder->view->orders = lappend(builder->view->orders, order);
}

/* ---------------------------------------------------------------------
 * The view
 * ---------------------------------------------------------------------
 */

/*
 * Does an index on the table serve this scan?  One on a partitioned table is one
 * on all its partitions.  But a table that others inherit from, like a
 * UNION ALL, is so many scans of tables that have indexes of their own.
 */
static bool
has_indexes_of_its_own(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	const RangeTblEntry *parent;

	if (rte->inh && rte->relkind != RELKIND_PARTITIONED_TABLE)
		return false;
	if (rel->reloptkind == RELOPT_BASEREL)
		return true;
	if (rel->reloptkind != RELOPT_OTHER_MEMBER_REL || root->append_rel_array == NULL ||
		root->append_rel_array[rti] == NULL)
		return false;
	parent = root->simple_rte_array[root->append_rel_array[rti]->parent_relid];
	return parent->rtekind != RTE_RELATION || parent->relkind != RELKIND_PARTITIONED_TABLE;
}

/* Whose indexes are ours to advise on? */
static bool
is_of_interest(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	if (rte->rtekind != RTE_RELATION || rte->tablesample != NULL || IS_DUMMY_REL(rel) ||
		!has_indexes_of_its_own(root, rel, rti, rte))
		return false;
	if (rte->relkind != RELKIND_RELATION && rte->relkind != RELKIND_PARTITIONED_TABLE &&
		rte->relkind != RELKIND_MATVIEW)
		return false;
	return rte->relid >= FirstNormalObjectId &&
		get_rel_persistence(rte->relid) != RELPERSISTENCE_TEMP;
}

static Oid
table_owner(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

static bool
is_our_own(Oid relid)
{
	Oid			extension = getExtensionOfObject(RelationRelationId, relid);

	return OidIsValid(extension) && extension == get_extension_oid("advisor", true);
}

/* Rows and pages; of a parent, those of its children. */
static void
measure(PlannerInfo *root, RelOptInfo *rel, AdvScanView *view)
{
	ListCell   *lc;

	view->pages += rel->pages;
	/* a parent's rows are what its children return */
	if (!root->simple_rte_array[rel->relid]->inh)
	{
		view->tuples += Max(rel->tuples, 0);
		return;
	}
	foreach(lc, root->append_rel_list)
	{
		AppendRelInfo *appinfo = lfirst(lc);

		if (appinfo->parent_relid == rel->relid &&
			root->simple_rel_array[appinfo->child_relid] != NULL)
			measure(root, root->simple_rel_array[appinfo->child_relid], view);
	}
}

/* The columns that an index must have for the table not to be visited. */
static void
find_needed_columns(AdvScanBuilder *builder)
{
	AdvScanView *view = builder->view;
	ListCell   *lc;

	view->can_cover = true;
	view->output = columns_in(builder, (Node *) builder->rel->reltarget->exprs);
	view->needed = bms_copy(view->output);
	foreach(lc, builder->rel->baserestrictinfo)
		view->needed = bms_join(view->needed,
								columns_in(builder, (Node *) ((RestrictInfo *) lfirst(lc))->clause));
}

/* Those with most values first: so the same set is in the same order always. */
static int
compare_equalities(const ListCell *a, const ListCell *b)
{
	const AdvScanKey *left = ((AdvScanCondition *) lfirst(a))->key;
	const AdvScanKey *right = ((AdvScanCondition *) lfirst(b))->key;

	if (left->ndistinct != right->ndistinct)
		return left->ndistinct > right->ndistinct ? -1 : 1;
	return left->column.attnum - right->column.attnum;
}

static int
compare_ranges(const ListCell *a, const ListCell *b)
{
	const AdvScanCondition *left = lfirst(a);
	const AdvScanCondition *right = lfirst(b);

	if (left->selectivity != right->selectivity)
		return left->selectivity < right->selectivity ? -1 : 1;
	return left->key->column.attnum - right->key->column.attnum;
}

static void
look_at_clauses(AdvScanBuilder *builder)
{
	ListCell   *lc;

	foreach(lc, builder->rel->baserestrictinfo)
		add_restriction(builder, lfirst(lc));
	foreach(lc, builder->rel->joininfo)
		add_join_clause(builder, lfirst(lc));
	foreach(lc, builder->root->eq_classes)
		add_equivalence_class(builder, lfirst(lc));
	add_orders(builder);
	foreach(lc, builder->rel->joininfo)
		add_merge_order(builder, lfirst(lc));
	adv_scan_add_nearest(builder);
	list_sort(builder->view->equalities, compare_equalities);
	list_sort(builder->view->joins, compare_equalities);
	list_sort(builder->view->ranges, compare_ranges);
}

AdvScanView *
adv_scan_view(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte,
			  AdvRecurs recurs, void *arg)
{
	AdvScanBuilder builder = {0};
	AdvScanView *view;

	if (!is_of_interest(root, rel, rti, rte) || is_our_own(rte->relid))
		return NULL;
	view = palloc0(sizeof(AdvScanView));
	view->relid = rte->relid;
	measure(root, rel, view);
	/* an index has two pages at least */
	if (view->pages <= 1)
		return NULL;
	view->tuples = Max(view->tuples, 1);
	view->row_width = view->pages * BLCKSZ / view->tuples;

	builder.root = root;
	builder.rel = rel;
	builder.rti = rti;
	builder.relid = rte->relid;
	builder.owner = table_owner(rte->relid);
	builder.recurs = recurs;
	builder.arg = arg;
	builder.view = view;
	find_needed_columns(&builder);
	look_at_clauses(&builder);
	return view;
}

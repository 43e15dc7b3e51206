/*-------------------------------------------------------------------------
 *
 * lintquery.c
 *		Facts about a query, from its query tree.
 *
 * That is what the planner changes beyond recognition, or leaves no trace of:
 * how the select list was written, UNION, NOT IN, how many values a list has.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "capture/lint.h"
#include "capture/lintexpr.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "common/compat.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

/* Shorter lists of values are nobody's problem. */
#define MIN_LIST 3

/* A walk over a query, and those inside of it. */
typedef struct QueryLint
{
	AdvFacts   *facts;
	Query	   *query;			/* the innermost one */
	bool		per_row;		/* is this evaluated for each row of it? */
} QueryLint;

static void lint_one_query(AdvFacts *facts, Query *query, bool recursive);

/* ---------------------------------------------------------------------
 * Columns and tables
 * ---------------------------------------------------------------------
 */

static void
init_lint(AdvLint *lint, const Query *query)
{
	memset(lint, 0, sizeof(AdvLint));
	lint->rtable = query->rtable;
}

/* The column that an expression of a query is, through joins; else NULL. */
static Var *
query_column(const Query *query, const Node *expr)
{
	AdvLint		lint;
	Node	   *base;

	expr = adv_lint_strip(expr);
	if (expr == NULL || !IsA(expr, Var) || ((const Var *) expr)->varlevelsup > 0)
		return NULL;
	init_lint(&lint, query);
	base = adv_lint_strip(adv_lint_query_base(&lint, expr));
	return IsA(base, Var) ? (Var *) base : NULL;
}

/* Its table, InvalidOid if it is of something else. */
static Oid
column_table(const Query *query, const Var *column)
{
	RangeTblEntry *rte;

	if (column == NULL)
		return InvalidOid;
	rte = rt_fetch(column->varno, query->rtable);
	return rte->rtekind == RTE_RELATION ? rte->relid : InvalidOid;
}

static char *
column_name(const Query *query, const Var *column)
{
	Oid			relid = column_table(query, column);

	if (!OidIsValid(relid) || column->varattno == 0)
		return NULL;
	return get_attname(relid, column->varattno, true);
}

/* The only table in FROM, InvalidOid if there is not exactly that. */
static Oid
only_table(const Query *query)
{
	RangeTblEntry *rte;
	Node	   *from;

	if (query->jointree == NULL || list_length(query->jointree->fromlist) != 1)
		return InvalidOid;
	from = (Node *) linitial(query->jointree->fromlist);
	if (!IsA(from, RangeTblRef))
		return InvalidOid;
	rte = rt_fetch(((RangeTblRef *) from)->rtindex, query->rtable);
	return rte->rtekind == RTE_RELATION ? rte->relid : InvalidOid;
}

/* Does it read anything? */
static bool
has_from(const Query *query)
{
	return query->jointree != NULL && query->jointree->fromlist != NIL;
}

/* The only column of a select list that is sent, NULL if there are more. */
static TargetEntry *
only_output(const Query *query)
{
	TargetEntry *only = NULL;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk)
			continue;
		if (only != NULL)
			return NULL;
		only = tle;
	}
	return only;
}

/* ---------------------------------------------------------------------
 * Select list
 * ---------------------------------------------------------------------
 */

/* Position in the source of what made this column of a select list, or -1. */
static int
star_location(const List *targetlist, int n)
{
	const TargetEntry *tle;

	if (n < 0 || n >= list_length(targetlist))
		return -1;
	tle = list_nth_node(TargetEntry, targetlist, n);
	if (tle->resjunk || !IsA(tle->expr, Var))
		return -1;
	return ((const Var *) tle->expr)->location;
}

/* All columns that come from one * have its position. */
static bool
is_from_star(const List *targetlist, int n)
{
	int			location = star_location(targetlist, n);

	return location >= 0 &&
		(star_location(targetlist, n - 1) == location ||
		 star_location(targetlist, n + 1) == location);
}

/*
 * The table that column n of the select list comes from if there are nothing
 * but stars on the way: SELECT * FROM (SELECT a, b ...) names its columns.
 */
static Oid
star_table(const Query *query, int n, AttrNumber *attnum)
{
	for (;;)
	{
		Var		   *column;
		RangeTblEntry *rte;

		if (!is_from_star(query->targetList, n))
			return InvalidOid;
		column = query_column(query,
							  (Node *) list_nth_node(TargetEntry, query->targetList, n)->expr);
		if (column == NULL || column->varattno <= 0)
			return InvalidOid;
		rte = rt_fetch(column->varno, query->rtable);
		if (rte->rtekind == RTE_RELATION)
		{
			*attnum = column->varattno;
			return rte->relid;
		}
		if (rte->rtekind != RTE_SUBQUERY || rte->subquery == NULL)
			return InvalidOid;
		query = rte->subquery;
		n = column->varattno - 1;
	}
}

/* Expected bytes of a column. */
static int
column_width(Oid relid, AttrNumber attnum, const Node *expr)
{
	int			width = get_attavgwidth(relid, attnum);

	return width > 0 ? width : get_typavgwidth(exprType(expr), exprTypmod(expr));
}

static void
lint_select_star(AdvFacts *facts, const Query *query)
{
	int			n = 0;

	while (n < list_length(query->targetList))
	{
		int			location = star_location(query->targetList, n);
		int			columns = 0;
		int64		width = 0;
		Oid			relid = InvalidOid;
		bool		several = false;

		/* columns at the same position follow each other */
		do
		{
			const TargetEntry *tle = list_nth_node(TargetEntry, query->targetList, n);
			AttrNumber	attnum;
			Oid			table = star_table(query, n, &attnum);

			if (OidIsValid(table))
			{
				several |= OidIsValid(relid) && relid != table;
				relid = table;
				columns++;
				width += column_width(table, attnum, (const Node *) tle->expr);
			}
			n++;
		} while (location >= 0 && star_location(query->targetList, n) == location);

		if (columns < 2)
			continue;
		adv_fact_begin(facts, "select_star");
		adv_fact_int(facts, "columns", columns);
		adv_fact_int(facts, "width", width);
		adv_fact_int(facts, "relid", several ? InvalidOid : relid);
		adv_fact_end(facts);
	}
}

/* count(*), or what amounts to the same: count(1). */
static bool
is_count_all(const Node *expr)
{
	const Aggref *agg = (const Aggref *) expr;

	if (expr == NULL || !IsA(expr, Aggref) || agg->aggfilter != NULL ||
		agg->agglevelsup > 0)
		return false;
	if (agg->aggfnoid == F_COUNT_)
		return true;
	return agg->aggfnoid == F_COUNT_ANY && agg->aggdistinct == NIL &&
		IsA(linitial_node(TargetEntry, agg->args)->expr, Const);
}

/* Does it make one row of all, whatever they are? */
static bool
is_one_group(const Query *query)
{
	return query->hasAggs && query->groupClause == NIL &&
		query->groupingSets == NIL && query->havingQual == NULL &&
		query->setOperations == NULL;
}

static void
lint_count_all(AdvFacts *facts, const Query *query)
{
	Oid			relid = only_table(query);
	const TargetEntry *output = only_output(query);

	if (query->commandType != CMD_SELECT || !OidIsValid(relid) ||
		output == NULL || !is_count_all((const Node *) output->expr) ||
		!is_one_group(query) || query->jointree->quals != NULL)
		return;
	adv_fact_begin(facts, "count_all");
	adv_fact_int(facts, "relid", relid);
	adv_fact_end(facts);
}

static int
count_relations(const Query *query)
{
	int			n = 0;
	ListCell   *lc;

	foreach(lc, query->rtable)
	{
		const RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->inFromCl &&
			(rte->rtekind == RTE_RELATION || rte->rtekind == RTE_SUBQUERY))
			n++;
	}
	return n;
}

static void
lint_distinct(AdvFacts *facts, const Query *query)
{
	if (query->distinctClause == NIL || query->hasDistinctOn ||
		query->setOperations != NULL || !has_from(query))
		return;
	adv_fact_begin(facts, "distinct");
	adv_fact_int(facts, "relations", count_relations(query));
	adv_fact_end(facts);
}

/* ---------------------------------------------------------------------
 * UNION
 * ---------------------------------------------------------------------
 */

/* Count the branches; sets *distinct if one of the UNIONs is without ALL. */
static int
count_branches(const Node *node, bool *distinct)
{
	int			branches = 1;

	check_stack_depth();

	/* long ones lean to the left */
	while (IsA(node, SetOperationStmt) &&
		   ((const SetOperationStmt *) node)->op == SETOP_UNION)
	{
		const SetOperationStmt *set = (const SetOperationStmt *) node;

		if (!set->all)
			*distinct = true;
		branches += count_branches(set->rarg, distinct);
		node = set->larg;
	}
	return branches;
}

static void
lint_union(AdvFacts *facts, const Query *query)
{
	bool		distinct = false;
	int			branches;

	if (query->setOperations == NULL)
		return;
	branches = count_branches(query->setOperations, &distinct);
	if (!distinct)
		return;
	adv_fact_begin(facts, "union_distinct");
	adv_fact_int(facts, "branches", branches);
	adv_fact_end(facts);
}

/* ---------------------------------------------------------------------
 * Order and paging
 * ---------------------------------------------------------------------
 */

static bool
random_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, FuncExpr) &&
		(((FuncExpr *) node)->funcid == ADV_F_RANDOM ||
		 ((FuncExpr *) node)->funcid == F_GEN_RANDOM_UUID))
		return true;
	return expression_tree_walker(node, random_walker, context);
}

static void
lint_order(AdvFacts *facts, const Query *query)
{
	ListCell   *lc;

	if (!has_from(query))
		return;
	foreach(lc, query->sortClause)
	{
		if (!random_walker(get_sortgroupclause_expr(lfirst_node(SortGroupClause, lc),
													query->targetList), NULL))
			continue;
		adv_fact_begin(facts, "order_by_random");
		adv_fact_end(facts);
		return;
	}
}

/* Text of ORDER BY, NULL if there is none. */
static char *
order_text(const Query *query)
{
	AdvLint		lint;
	StringInfoData text;
	ListCell   *lc;

	if (query->sortClause == NIL)
		return NULL;
	init_lint(&lint, query);
	initStringInfo(&text);
	foreach(lc, query->sortClause)
	{
		const SortGroupClause *sort = lfirst_node(SortGroupClause, lc);
		Node	   *expr = get_sortgroupclause_expr(unconstify(SortGroupClause *, sort),
													query->targetList);
		bool		descending;

		(void) get_equality_op_for_ordering_op(sort->sortop, &descending);
		appendStringInfo(&text, "%s%s%s%s", text.len > 0 ? ", " : "",
						 adv_lint_text(&lint, adv_lint_query_base(&lint, expr), false, false),
						 descending ? " DESC" : "",
						 sort->nulls_first == descending ? "" :
						 sort->nulls_first ? " NULLS FIRST" : " NULLS LAST");
	}
	return text.data;
}

static void
lint_offset(AdvFacts *facts, const Query *query)
{
	const Node *offset = query->limitOffset;
	Var		   *column = NULL;

	/* OFFSET 0 is written to keep a sub-select from being flattened */
	if (offset == NULL ||
		(IsA(offset, Const) &&
		 (((const Const *) offset)->constisnull ||
		  DatumGetInt64(((const Const *) offset)->constvalue) == 0)))
		return;
	if (query->sortClause != NIL)
		column = query_column(query,
							  get_sortgroupclause_expr(linitial_node(SortGroupClause, query->sortClause),
													   query->targetList));
	adv_fact_begin(facts, "offset");
	adv_fact_string(facts, "order", order_text(query));
	adv_fact_string(facts, "column", column_name(query, column));
	adv_fact_int(facts, "relid", column_table(query, column));
	adv_fact_end(facts);
}

static const char *
lock_name(LockClauseStrength strength)
{
	switch (strength)
	{
		case LCS_FORUPDATE:
			return "FOR UPDATE";
		case LCS_FORNOKEYUPDATE:
			return "FOR NO KEY UPDATE";
		case LCS_FORSHARE:
			return "FOR SHARE";
		default:
			return NULL;
	}
}

static void
lint_row_lock(AdvFacts *facts, const Query *query)
{
	ListCell   *lc;

	foreach(lc, query->rowMarks)
	{
		const RowMarkClause *mark = lfirst_node(RowMarkClause, lc);
		const RangeTblEntry *rte = rt_fetch(mark->rti, query->rtable);

		/* KEY SHARE, as foreign keys use it, lets nearly everything pass */
		if (mark->pushedDown || mark->waitPolicy != LockWaitBlock ||
			lock_name(mark->strength) == NULL)
			continue;
		adv_fact_begin(facts, "row_lock");
		adv_fact_int(facts, "relid", rte->rtekind == RTE_RELATION ? rte->relid : InvalidOid);
		adv_fact_string(facts, "strength", lock_name(mark->strength));
		adv_fact_bool(facts, "limit", query->limitCount != NULL);
		adv_fact_end(facts);
	}
}

/* ---------------------------------------------------------------------
 * INSERT
 * ---------------------------------------------------------------------
 */

/* Is it a SELECT of one row, without anything to read it from? */
static bool
is_row(const Query *query)
{
	return query->commandType == CMD_SELECT && !has_from(query) &&
		query->jointree->quals == NULL && query->setOperations == NULL &&
		!query->hasTargetSRFs;
}

static void
lint_insert(AdvFacts *facts, const Query *query)
{
	if (query->commandType != CMD_INSERT)
		return;
	if (has_from(query))
	{
		const Node *from = (const Node *) linitial(query->jointree->fromlist);
		const RangeTblEntry *rte;

		if (list_length(query->jointree->fromlist) > 1 || !IsA(from, RangeTblRef))
			return;
		rte = rt_fetch(((const RangeTblRef *) from)->rtindex, query->rtable);
		if (rte->rtekind != RTE_SUBQUERY || !is_row(rte->subquery))
			return;
	}
	if (query->hasTargetSRFs)
		return;
	adv_fact_begin(facts, "insert_values");
	adv_fact_int(facts, "relid", rt_fetch(query->resultRelation, query->rtable)->relid);
	adv_fact_end(facts);
}

/* ---------------------------------------------------------------------
 * NOT IN
 * ---------------------------------------------------------------------
 */

/* Do the conditions say that this column is not null? */
static bool
is_tested_not_null(const Node *quals, const Var *column)
{
	ListCell   *lc;

	if (quals == NULL)
		return false;
	if (is_andclause(quals))
	{
		foreach(lc, ((const BoolExpr *) quals)->args)
		{
			if (is_tested_not_null((const Node *) lfirst(lc), column))
				return true;
		}
		return false;
	}
	if (IsA(quals, NullTest) &&
		((const NullTest *) quals)->nulltesttype == IS_NOT_NULL)
	{
		const Node *arg = adv_lint_strip((const Node *) ((const NullTest *) quals)->arg);

		return IsA(arg, Var) &&
			((const Var *) arg)->varno == column->varno &&
			((const Var *) arg)->varattno == column->varattno &&
			((const Var *) arg)->varlevelsup == 0;
	}
	return false;
}

static bool
has_outer_join(const Query *query)
{
	ListCell   *lc;

	foreach(lc, query->rtable)
	{
		const RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_JOIN && rte->jointype != JOIN_INNER)
			return true;
	}
	return false;
}

static bool
column_not_null(Oid relid, AttrNumber attnum)
{
	HeapTuple	tuple;
	bool		result = false;

	if (attnum < 0)
		return true;
	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid), Int16GetDatum(attnum));
	if (HeapTupleIsValid(tuple))
	{
		result = ((Form_pg_attribute) GETSTRUCT(tuple))->attnotnull;
		ReleaseSysCache(tuple);
	}
	return result;
}

/* Can the first column of this query be null? */
static bool
is_nullable(const Query *query, const Node *output, const Var *column)
{
	Oid			relid = column_table(query, column);

	if (IsA(output, Const))
		return ((const Const *) output)->constisnull;
	if (!OidIsValid(relid) || query->setOperations != NULL || has_outer_join(query))
		return true;
	return !column_not_null(relid, column->varattno) &&
		!is_tested_not_null(query->jointree->quals, column);
}

static void
lint_not_in(AdvFacts *facts, const SubLink *sublink)
{
	const Query *query = (const Query *) sublink->subselect;
	const Node *output;
	Var		   *column;
	Oid			relid;
	char	   *name;

	if (!IsA(query, Query) || query->targetList == NIL)
		return;
	output = (const Node *) linitial_node(TargetEntry, query->targetList)->expr;
	column = query_column(query, output);
	relid = column_table(query, column);
	name = column_name(query, column);

	adv_fact_begin(facts, "not_in_subquery");
	adv_fact_int(facts, "relid", relid);
	adv_fact_int(facts, "attnum", OidIsValid(relid) ? column->varattno : 0);
	adv_fact_string(facts, "column", name == NULL ? NULL :
					psprintf("%s.%s", rt_fetch(column->varno, query->rtable)->eref->aliasname, name));
	adv_fact_bool(facts, "nullable", is_nullable(query, output, column));
	adv_fact_end(facts);
}

/* x <> ALL (sub-select), the same as NOT IN. */
static bool
is_unequal_all(const SubLink *sublink)
{
	return sublink->subLinkType == ALL_SUBLINK && sublink->operName != NIL &&
		strcmp(strVal(llast(sublink->operName)), "<>") == 0;
}

/* ---------------------------------------------------------------------
 * Counting to learn whether there is any
 * ---------------------------------------------------------------------
 */

/* Value of a small integer constant, else -1. */
static int64
integer_value(const Node *expr)
{
	const Const *value = (const Const *) expr;

	if (!IsA(expr, Const) || value->constisnull)
		return -1;
	switch (value->consttype)
	{
		case INT2OID:
			return DatumGetInt16(value->constvalue);
		case INT4OID:
			return DatumGetInt32(value->constvalue);
		case INT8OID:
			return DatumGetInt64(value->constvalue);
		default:
			return -1;
	}
}

/* Is it count() of something, in a sub-select or right here? */
static bool
is_count(const Query *query, const Node *expr)
{
	const Query *from = query;

	if (IsA(expr, SubLink) &&
		((const SubLink *) expr)->subLinkType == EXPR_SUBLINK)
	{
		const TargetEntry *output;

		from = (const Query *) ((const SubLink *) expr)->subselect;
		output = IsA(from, Query) ? only_output(from) : NULL;
		if (output == NULL)
			return false;
		expr = (const Node *) output->expr;
	}
	return IsA(expr, Aggref) && is_one_group(from) && has_from(from) &&
		(((const Aggref *) expr)->aggfnoid == F_COUNT_ ||
		 ((const Aggref *) expr)->aggfnoid == F_COUNT_ANY) &&
		((const Aggref *) expr)->agglevelsup == 0;
}

/* Does this comparison of a count only tell whether it is 0? */
static bool
is_existence_test(const Query *query, const OpExpr *op)
{
	const Node *left;
	const Node *right;
	int64		value;
	Oid			opno = op->opno;
	char	   *name;

	if (list_length(op->args) != 2)
		return false;
	left = (const Node *) linitial(op->args);
	right = (const Node *) lsecond(op->args);
	if (IsA(left, Const))
	{
		const Node *swap = left;

		left = right;
		right = swap;
		opno = get_commutator(opno);
	}
	value = integer_value(right);
	if ((value != 0 && value != 1) || !is_count(query, left))
		return false;
	name = get_opname(opno);
	if (name == NULL)
		return false;
	if (value == 1)
		return strcmp(name, ">=") == 0 || strcmp(name, "<") == 0;
	return strcmp(name, ">") == 0 || strcmp(name, "=") == 0 ||
		strcmp(name, "<>") == 0 || strcmp(name, "<=") == 0;
}

/* ---------------------------------------------------------------------
 * Lists of values
 * ---------------------------------------------------------------------
 */

/* Is there something in it that is not known before it runs? */
static bool
variable_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var) || IsA(node, SubLink) || IsA(node, Aggref) ||
		IsA(node, WindowFunc) || IsA(node, GroupingFunc) ||
		(IsA(node, Param) && ((Param *) node)->paramkind != PARAM_EXTERN))
		return true;
	return expression_tree_walker(node, variable_walker, context);
}

static bool
is_list_of_values(const ArrayExpr *list)
{
	ListCell   *lc;

	foreach(lc, list->elements)
	{
		Node	   *element = (Node *) lfirst(lc);

		if (!adv_lint_is_value(element) && variable_walker(element, NULL))
			return false;
	}
	return true;
}

static void
lint_in_list(AdvFacts *facts, const Query *query, const ScalarArrayOpExpr *op)
{
	const Node *list = (const Node *) lsecond(op->args);
	Var		   *column;
	Oid			relid;
	int			elements;

	if (!op->useOr || !IsA(list, ArrayExpr))
		return;
	elements = list_length(((const ArrayExpr *) list)->elements);
	if (elements < MIN_LIST || !is_list_of_values((const ArrayExpr *) list))
		return;
	column = query_column(query, (const Node *) linitial(op->args));
	relid = column_table(query, column);

	adv_fact_begin(facts, "in_list");
	adv_fact_int(facts, "elements", elements);
	adv_fact_int(facts, "relid", relid);
	adv_fact_int(facts, "attnum", OidIsValid(relid) ? column->varattno : 0);
	adv_fact_string(facts, "column", column_name(query, column));
	adv_fact_end(facts);
}

/* ---------------------------------------------------------------------
 * Functions
 * ---------------------------------------------------------------------
 */

static void
lint_function(AdvFacts *facts, const FuncExpr *func)
{
	HeapTuple	tuple;
	Oid			language;
	bool		is_volatile;

	if (func->funcid < FirstGenbkiObjectId)
		return;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(func->funcid));
	if (!HeapTupleIsValid(tuple))
		return;
	is_volatile = ((Form_pg_proc) GETSTRUCT(tuple))->provolatile == PROVOLATILE_VOLATILE;
	language = ((Form_pg_proc) GETSTRUCT(tuple))->prolang;
	ReleaseSysCache(tuple);

	/* C functions that change nothing are rarely declared volatile */
	if (!is_volatile || language == INTERNALlanguageId || language == ClanguageId)
		return;
	adv_fact_begin(facts, "volatile_function");
	adv_fact_int(facts, "funcid", func->funcid);
	adv_fact_string(facts, "name", format_procedure_qualified(func->funcid));
	adv_fact_string(facts, "language", get_language_name(language, true));
	adv_fact_end(facts);
}

/* ---------------------------------------------------------------------
 * Literals
 * ---------------------------------------------------------------------
 */

typedef struct Values
{
	bool		literals;
	bool		parameters;
} Values;

static bool
find_values(Node *node, void *context)
{
	Values	   *values = (Values *) context;

	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, find_values, context, 0);
	if (IsA(node, Const))
	{
		/* what the parser or a view has put there is nowhere in the text */
		if (((const Const *) node)->location >= 0)
			values->literals = true;
		return false;
	}
	if (IsA(node, Param) && ((const Param *) node)->paramkind == PARAM_EXTERN)
	{
		values->parameters = true;
		return true;
	}
	return expression_tree_walker(node, find_values, context);
}

/*
 * All values are in the text: where a function runs it and the text is not
 * always the same, it has been put together.
 */
static void
lint_literals(AdvFacts *facts, Query *query)
{
	Values		values = {false, false};

	(void) find_values((Node *) query, &values);
	if (!values.literals || values.parameters)
		return;
	adv_fact_begin(facts, "literals");
	adv_fact_end(facts);
}

/* ---------------------------------------------------------------------
 * The walk
 * ---------------------------------------------------------------------
 */

/* A list of nothing but constants: there is nothing in it to find. */
static bool
is_plain_list(const Node *node)
{
	ListCell   *lc;

	if (!IsA(node, ArrayExpr))
		return false;
	foreach(lc, ((const ArrayExpr *) node)->elements)
	{
		if (!IsA(lfirst(lc), Const))
			return false;
	}
	return true;
}

static bool
lint_walker(Node *node, void *context)
{
	QueryLint  *lint = (QueryLint *) context;

	if (node == NULL || is_plain_list(node))
		return false;
	if (adv_facts_full(lint->facts))
		return true;
	switch (nodeTag(node))
	{
		case T_Query:
			lint_one_query(lint->facts, (Query *) node, false);
			return false;
		case T_BoolExpr:
			if (is_notclause(node))
			{
				Node	   *arg = (Node *) get_notclausearg(node);

				if (IsA(arg, SubLink) && ((SubLink *) arg)->subLinkType == ANY_SUBLINK)
					lint_not_in(lint->facts, (SubLink *) arg);
			}
			break;
		case T_SubLink:
			if (is_unequal_all((SubLink *) node))
				lint_not_in(lint->facts, (SubLink *) node);
			break;
		case T_OpExpr:
			if (is_existence_test(lint->query, (OpExpr *) node))
			{
				adv_fact_begin(lint->facts, "count_for_existence");
				adv_fact_end(lint->facts);
			}
			break;
		case T_ScalarArrayOpExpr:
			lint_in_list(lint->facts, lint->query, (ScalarArrayOpExpr *) node);
			break;
		case T_FuncExpr:
			if (lint->per_row)
				lint_function(lint->facts, (FuncExpr *) node);
			break;
		default:
			break;
	}
	return expression_tree_walker(node, lint_walker, context);
}

/* Queries in FROM and WITH, and what else is in the range table. */
static void
lint_parts(AdvFacts *facts, Query *query)
{
	QueryLint	lint = {facts, query, false};
	ListCell   *lc;

	foreach(lc, query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

		if (IsA(cte->ctequery, Query))
			lint_one_query(facts, (Query *) cte->ctequery, cte->cterecursive);
	}
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_SUBQUERY && rte->subquery != NULL)
			lint_one_query(facts, rte->subquery, false);
		else if (rte->rtekind == RTE_FUNCTION)
			(void) lint_walker((Node *) rte->functions, &lint);
		else if (rte->rtekind == RTE_VALUES)
			(void) lint_walker((Node *) rte->values_lists, &lint);
	}
}

/*
 * Facts about a query at any depth.  In a recursive one, UNION is what makes it
 * end.
 */
static void
lint_one_query(AdvFacts *facts, Query *query, bool recursive)
{
	QueryLint	lint = {facts, query, has_from(query)};

	if (query->commandType == CMD_UTILITY || adv_facts_full(facts))
		return;
	check_stack_depth();

	if (!recursive)
		lint_union(facts, query);
	lint_count_all(facts, query);
	lint_distinct(facts, query);
	lint_order(facts, query);
	lint_offset(facts, query);
	lint_row_lock(facts, query);
	lint_parts(facts, query);
	(void) query_tree_walker(query, lint_walker, &lint,
							 QTW_IGNORE_RANGE_TABLE | QTW_IGNORE_CTE_SUBQUERIES);
}

void
adv_lint_query(StringInfo buf, Query *query)
{
	AdvFacts	facts;

	adv_facts_init(&facts, buf, ADV_MAX_FACTS);
	if (query->commandType == CMD_SELECT)
		lint_select_star(&facts, query);
	lint_insert(&facts, query);
	lint_literals(&facts, query);
	lint_one_query(&facts, query, false);
}

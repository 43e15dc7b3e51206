/*-------------------------------------------------------------------------
 *
 * example.c
 *		A text of a statement that can be run: with values for parameters.
 *
 * The server can write a query tree as text, but only one as the parser makes
 * it.  Ours has been rewritten, so a copy is made that has what the text needs:
 *
 *	- parameters are constants
 *	- views are what they were in the statement: the tables below them may be
 *	  none of the role's business
 *	- policies are gone
 *	- an INSERT has the columns of its source, in its order, and no defaults
 *	- assignments to several fields of one column, and to several columns from
 *	  one sub-select, are as they can be written
 *	- the SEARCH and CYCLE clauses that have been carried out are not repeated
 *
 * Where that is not known to succeed an error is raised: no example is better
 * than a wrong one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "access/detoast.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "capture/example.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/prs2lock.h"
#include "rewrite/rewriteHandler.h"
#include "rewrite/rewriteManip.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/*
 * So many elements of a list, or rows of VALUES, are longer than an example can
 * be: an element is at least a digit, a comma, and a space or two parentheses.
 */
#define LONGEST_LIST (ADV_EXAMPLE_MAX / 3)

/* Shown for a constant that is too long: no parameter has this number. */
#define TOO_LONG_ID 0

typedef struct Copying
{
	ParamListInfo params;
	bool		has_unknown;	/* a parameter has no known value */
	bool		has_too_long;	/* a value was left out */
} Copying;

static Node *copy_node(Node *node, Copying *copying);

/* There is no text that is right. */
static void
give_up(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("cannot make an example of a statement with %s", what)));
}

/* ---------------------------------------------------------------------
 * Values
 * ---------------------------------------------------------------------
 */

/* Does it take more space than all of an example? */
static bool
is_too_long(Datum value, int16 typlen)
{
	if (typlen == -1)
		return toast_raw_datum_size(value) > ADV_EXAMPLE_MAX;
	if (typlen == -2)
		return strlen(DatumGetCString(value)) > ADV_EXAMPLE_MAX;
	return false;
}

static Node *
make_constant(Oid type, int32 typmod, Oid collation, Datum value, bool isnull)
{
	int16		typlen;
	bool		typbyval;

	get_typlenbyval(type, &typlen, &typbyval);
	return (Node *) makeConst(type, typmod, collation, typlen, value, isnull,
							  typbyval);
}

/* A value of no named type has no literal, but its fields do. */
static Node *
make_row(Datum value)
{
	HeapTupleHeader header = DatumGetHeapTupleHeader(value);
	RowExpr    *row = makeNode(RowExpr);
	HeapTupleData tuple = {0};
	TupleDesc	desc;

	desc = lookup_rowtype_tupdesc_copy(HeapTupleHeaderGetTypeId(header),
									   HeapTupleHeaderGetTypMod(header));
	tuple.t_len = HeapTupleHeaderGetDatumLength(header);
	tuple.t_data = header;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		bool		isnull;
		Datum		field;

		if (att->attisdropped || att->atttypid == RECORDOID ||
			att->atttypid == RECORDARRAYOID)
			give_up("a nested record");
		field = heap_getattr(&tuple, i + 1, desc, &isnull);
		row->args = lappend(row->args,
							make_constant(att->atttypid, -1, att->attcollation,
										  field, isnull));
		row->colnames = lappend(row->colnames, makeString(NameStr(att->attname)));
	}
	row->row_typeid = RECORDOID;
	row->row_format = COERCE_EXPLICIT_CALL;
	row->location = -1;
	return (Node *) row;
}

/*
 * A value as an expression.  Read again, a literal of a domain is a base type's
 * with a check, which the planner does not look behind: so it is without.
 */
static Node *
make_value(Oid type, Oid collation, Datum value, bool isnull)
{
	int32		typmod = -1;

	if (type == RECORDARRAYOID)
		give_up("an array of records");
	if (type == RECORDOID && !isnull)
		return make_row(value);
	type = getBaseTypeAndTypmod(type, &typmod);
	return make_constant(type, -1, collation, value, isnull);
}

/* The value of a parameter, if there is one. */
static bool
find_param(ParamListInfo params, int id, ParamExternData *value)
{
	ParamExternData *found;

	if (params == NULL || id <= 0 || id > params->numParams)
		return false;

	/* speculative: a value that could only be got by an error is not known */
	if (params->paramFetch)
		found = params->paramFetch(params, id, true, value);
	else
		found = &params->params[id - 1];
	if (!OidIsValid(found->ptype))
		return false;
	*value = *found;
	return true;
}

/* A parameter that stays one, with its type where a reader could not guess it. */
static Node *
write_param(const Param *param)
{
	Node	   *copy = (Node *) copyObject(param);

	if (get_typtype(param->paramtype) == TYPTYPE_PSEUDO)
		return copy;
	return (Node *) makeRelabelType((Expr *) copy, param->paramtype, -1,
									param->paramcollid, COERCE_EXPLICIT_CAST);
}

static Node *
copy_param(Param *param, Copying *copying)
{
	ParamExternData value;
	int16		typlen;
	bool		typbyval;

	if (param->paramkind != PARAM_EXTERN)
		return (Node *) copyObject(param);
	if (!find_param(copying->params, param->paramid, &value) ||
		value.ptype != param->paramtype)
	{
		copying->has_unknown = true;
		return write_param(param);
	}

	get_typlenbyval(value.ptype, &typlen, &typbyval);
	if (!value.isnull && is_too_long(value.value, typlen))
	{
		copying->has_too_long = true;
		return write_param(param);
	}
	return make_value(value.ptype, param->paramcollid, value.value, value.isnull);
}

/* As a parameter that does not exist it is written in two letters. */
static Node *
make_placeholder(const Const *constant)
{
	Param	   *param = makeNode(Param);

	param->paramkind = PARAM_EXTERN;
	param->paramid = TOO_LONG_ID;
	param->paramtype = constant->consttype;
	param->paramtypmod = constant->consttypmod;
	param->paramcollid = constant->constcollid;
	param->location = -1;
	return (Node *) param;
}

static Node *
copy_constant(Const *constant, Copying *copying)
{
	if (constant->constisnull || !is_too_long(constant->constvalue, constant->constlen))
		return (Node *) copyObject(constant);
	copying->has_too_long = true;
	return make_placeholder(constant);
}

/* Of a list that is longer than an example can be, as much as fills one. */
static List *
shorten(List *list)
{
	return list_length(list) > LONGEST_LIST ? list_copy_head(list, LONGEST_LIST) : list;
}

/* ---------------------------------------------------------------------
 * Range tables
 * ---------------------------------------------------------------------
 */

/*
 * The view that a sub-query has been put in for.  Not all minor versions of 15
 * leave its OID where it was, but until 16 the first entry of a view's own range
 * table is the view.
 */
static Oid
view_of(const RangeTblEntry *rte)
{
	RangeTblEntry *old;

	if (rte->rtekind != RTE_SUBQUERY || OidIsValid(rte->relid))
		return rte->rtekind == RTE_SUBQUERY ? rte->relid : InvalidOid;
	if (rte->subquery->rtable == NIL)
		return InvalidOid;
	old = linitial_node(RangeTblEntry, rte->subquery->rtable);
	if (old->rtekind == RTE_RELATION && old->relkind == RELKIND_VIEW &&
		old->alias != NULL && strcmp(old->alias->aliasname, "old") == 0)
		return old->relid;
	return InvalidOid;
}

/*
 * An entry as it was before the rewriter, and not longer than can be kept; itself
 * if that makes no difference.
 */
static RangeTblEntry *
restore_entry(RangeTblEntry *rte)
{
	Oid			view = view_of(rte);
	RangeTblEntry *restored;

	if (!OidIsValid(view) && rte->securityQuals == NIL &&
		list_length(rte->values_lists) <= LONGEST_LIST)
		return rte;

	restored = makeNode(RangeTblEntry);
	*restored = *rte;
	restored->securityQuals = NIL;
	restored->values_lists = shorten(rte->values_lists);
	if (OidIsValid(view))
	{
		restored->rtekind = RTE_RELATION;
		restored->relid = view;
		restored->relkind = RELKIND_VIEW;
		restored->rellockmode = AccessShareLock;
		restored->inh = true;
		restored->subquery = NULL;
		restored->security_barrier = false;
	}
	return restored;
}

/* Does the table have policies? */
static bool
has_policies(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool		policies;

	if (!HeapTupleIsValid(tuple))
		give_up("a table that is gone");
	policies = ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;
	ReleaseSysCache(tuple);
	return policies;
}

/*
 * Conditions that the rewriter put on the table that is modified come by
 * themselves if they are policies.  If the statement modifies the table through
 * a view they do not: conditions of a security barrier view, or policies for
 * the view's owner.
 */
static void
check_policies(const Query *query)
{
	RangeTblEntry *target;
	ListCell   *lc;

	if (query->resultRelation == 0)
		return;
	target = rt_fetch(query->resultRelation, query->rtable);
	if (target->securityQuals == NIL)
		return;
	if (!has_policies(target->relid))
		give_up("a security barrier view to modify");
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		/* what is left of the view: others that are not read are none */
		if (rte->rtekind == RTE_RELATION && rte->relkind == RELKIND_VIEW)
			give_up("a view to modify and policies");
	}
}

/*
 * A view with INSTEAD OF triggers has been split in two, one to read and one to
 * modify.  The one to read is where the statement had it; RETURNING refers to
 * the other.
 */
static void
join_split_view(Query *copy)
{
	RangeTblEntry *target;
	int			index = 0;
	ListCell   *lc;

	if (copy->commandType != CMD_UPDATE && copy->commandType != CMD_DELETE &&
		copy->commandType != CMD_MERGE)
		return;
	target = rt_fetch(copy->resultRelation, copy->rtable);
	if (target->relkind != RELKIND_VIEW ||
		copy->resultRelation != list_length(copy->rtable))
		return;

	foreach(lc, copy->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		index++;
		if (index == copy->resultRelation)
			return;
		if (rte->relid == target->relid && rte->relkind == RELKIND_VIEW &&
			rte->inFromCl == target->inFromCl && equal(rte->eref, target->eref))
			break;
	}
	ChangeVarNodes((Node *) copy->returningList, copy->resultRelation, index, 0);
	copy->resultRelation = index;
}

/* ---------------------------------------------------------------------
 * Assignments
 * ---------------------------------------------------------------------
 */

/* What an implicit check of a domain is about. */
static Expr *
below_domain(Expr *expr)
{
	if (expr && IsA(expr, CoerceToDomain) &&
		((CoerceToDomain *) expr)->coercionformat == COERCE_IMPLICIT_CAST)
		return ((CoerceToDomain *) expr)->arg;
	return expr;
}

/* Does it assign to a part of the column only? */
static bool
is_partial(Expr *expr)
{
	expr = below_domain(expr);
	return expr != NULL &&
		(IsA(expr, FieldStore) ||
		 (IsA(expr, SubscriptingRef) && ((SubscriptingRef *) expr)->refassgnexpr != NULL));
}

static List *
add_piece(List *pieces, const TargetEntry *whole, Expr *expr)
{
	TargetEntry *piece = makeNode(TargetEntry);

	*piece = *whole;
	piece->expr = expr;
	return lappend(pieces, piece);
}

/*
 * Assignments to several parts of a column are one expression inside the
 * other, or several fields in one: as text each is one of its own.
 */
static List *
add_pieces(List *pieces, const TargetEntry *whole, Expr *expr)
{
	check_stack_depth();
	if (!is_partial(expr))
		return pieces;

	expr = below_domain(expr);
	if (IsA(expr, FieldStore))
	{
		FieldStore *store = (FieldStore *) expr;
		ListCell   *value;
		ListCell   *number;

		pieces = add_pieces(pieces, whole, store->arg);
		forboth(value, store->newvals, number, store->fieldnums)
		{
			FieldStore *one = makeNode(FieldStore);

			*one = *store;
			one->arg = NULL;
			one->newvals = list_make1(lfirst(value));
			one->fieldnums = list_make1_int(lfirst_int(number));
			pieces = add_piece(pieces, whole, (Expr *) one);
		}
	}
	else
	{
		SubscriptingRef *one = makeNode(SubscriptingRef);

		*one = *(SubscriptingRef *) expr;
		pieces = add_pieces(pieces, whole, one->refexpr);
		one->refexpr = NULL;
		pieces = add_piece(pieces, whole, (Expr *) one);
	}
	return pieces;
}

static List *
split_partial(List *targets)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, targets)
	{
		TargetEntry *target = lfirst_node(TargetEntry, lc);

		if (target->resjunk || !is_partial(target->expr))
			result = lappend(result, target);
		else
			result = add_pieces(result, target, target->expr);
	}
	return result;
}

/* ---------------------------------------------------------------------
 * UPDATE
 * ---------------------------------------------------------------------
 */

/* Find the column of a sub-select that is assigned. */
static bool
find_multiexpr(Node *node, int *id)
{
	if (node == NULL || *id != 0)
		return *id != 0;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_MULTIEXPR)
		*id = ((Param *) node)->paramid;
	return expression_tree_walker(node, find_multiexpr, id);
}

static int
multiexpr_id(const TargetEntry *target)
{
	int			id = 0;

	if (!target->resjunk)
		(void) find_multiexpr((Node *) target->expr, &id);
	return id;
}

static int
compare_multiexpr(const ListCell *a, const ListCell *b)
{
	int			first = multiexpr_id(lfirst(a));
	int			second = multiexpr_id(lfirst(b));

	return (first > second) - (first < second);
}

/*
 * Assignments as they can be written.  (a, b) = (SELECT ...) is written when the
 * first of its columns comes, and takes as many as the sub-select has: so these
 * must follow each other, while the rewriter has put all in the table's order.
 */
static List *
write_assignments(List *targets)
{
	List	   *plain = NIL;
	List	   *multi = NIL;
	ListCell   *lc;

	foreach(lc, split_partial(targets))
	{
		TargetEntry *target = lfirst_node(TargetEntry, lc);

		if (multiexpr_id(target) != 0)
			multi = lappend(multi, target);
		else
			plain = lappend(plain, target);
	}
	list_sort(multi, compare_multiexpr);

	/* a generated column that is set to its default is all that there was */
	if (plain == NIL && multi == NIL)
		give_up("nothing to change");
	/* a group that has begun would swallow plain ones: so these come first */
	return list_concat(plain, multi);
}

/* ---------------------------------------------------------------------
 * INSERT
 * ---------------------------------------------------------------------
 */

/* Is it what the rewriter puts in for a column that is not given? */
static bool
is_default(Relation relation, const TargetEntry *target)
{
	if (IsA(target->expr, SetToDefault))
		return true;
	return equal(target->expr, build_column_default(relation, target->resno));
}

/* Find the column of range table entry varno that is inserted. */
typedef struct SourceSearch
{
	int			varno;
	int			column;
} SourceSearch;

static bool
find_source(Node *node, SourceSearch *search)
{
	if (node == NULL || search->column != 0)
		return search->column != 0;
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;

		if (var->varno == search->varno && var->varlevelsup == 0 && var->varattno > 0)
			search->column = var->varattno;
		return search->column != 0;
	}
	return expression_tree_walker(node, find_source, search);
}

/* Columns of an INSERT, sorted by where their values come from. */
typedef struct InsertColumns
{
	int			nsource;		/* columns of the source */
	TargetEntry **by_source;	/* by column of the source; NULL where unknown */
	List	   *others;			/* with values that are not from there */
} InsertColumns;

static void
sort_columns(InsertColumns *columns, List *targets, int varno, int nsource)
{
	ListCell   *lc;

	columns->nsource = nsource;
	columns->by_source = palloc0((nsource + 1) * sizeof(TargetEntry *));
	columns->others = NIL;
	foreach(lc, targets)
	{
		TargetEntry *target = lfirst_node(TargetEntry, lc);
		SourceSearch search = {.varno = varno};

		(void) find_source((Node *) target->expr, &search);
		if (search.column == 0)
			columns->others = lappend(columns->others, target);
		else if (search.column > nsource || columns->by_source[search.column - 1])
			give_up("a column that is inserted twice");
		else
			columns->by_source[search.column - 1] = target;
	}
}

/* Forget the columns whose values come by themselves. */
static List *
without_defaults(Relation relation, List *targets)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, targets)
	{
		TargetEntry *target = lfirst_node(TargetEntry, lc);

		if (target->resjunk || !is_default(relation, target))
			result = lappend(result, target);
	}
	return result;
}

/* What is assigned, below the parts of the column that it is assigned to. */
static Node *
assigned_value(const TargetEntry *target)
{
	Expr	   *expr = target->expr;

	while (is_partial(expr))
	{
		expr = below_domain(expr);
		if (IsA(expr, FieldStore))
			expr = linitial(((FieldStore *) expr)->newvals);
		else
			expr = ((SubscriptingRef *) expr)->refassgnexpr;
	}
	return (Node *) expr;
}

/* The constant below conversions that the parser has added. */
static Const *
bare_constant(Node *node)
{
	node = strip_implicit_coercions(node);
	return node && IsA(node, Const) ? (Const *) node : NULL;
}

static char *
constant_text(const Const *constant)
{
	Oid			output;
	bool		varlena;

	getTypeOutputInfo(constant->consttype, &output, &varlena);
	return OidOutputFunctionCall(output, constant->constvalue);
}

/*
 * Is target what the parser makes of a constant in the select list?  One of
 * unknown type, or a parameter of such, is copied into the target list and
 * converted there.
 */
static bool
is_copied_from(const TargetEntry *target, const TargetEntry *source)
{
	Node	   *value = assigned_value(target);
	Const	   *from = bare_constant((Node *) source->expr);
	Const	   *to = bare_constant(value);

	if (equal(value, source->expr))
		return true;
	if (from == NULL || to == NULL || from->constisnull || to->constisnull)
		return from && to && from->constisnull && to->constisnull;
	return strcmp(constant_text(from), constant_text(to)) == 0;
}

/* Find the column that a constant of the select list has been copied into. */
static TargetEntry *
take_copied(InsertColumns *columns, const TargetEntry *source, const Query *query)
{
	ListCell   *lc;

	foreach(lc, columns->others)
	{
		TargetEntry *target = lfirst_node(TargetEntry, lc);

		/* OVERRIDING USER VALUE: it is read and ignored */
		if (IsA(target->expr, SetToDefault)
			? query->override == OVERRIDING_USER_VALUE
			: is_copied_from(target, source))
		{
			columns->others = foreach_delete_current(columns->others, lc);
			return target;
		}
	}
	return NULL;
}

/*
 * Take the only column that is left.  A value that is written in another way
 * than the server does is known by that.
 */
static TargetEntry *
take_last(InsertColumns *columns, Relation relation)
{
	List	   *rest = without_defaults(relation, columns->others);

	if (list_length(rest) != 1)
		give_up("a column that is not inserted");
	columns->others = list_delete_ptr(columns->others, linitial(rest));
	return linitial(rest);
}

/* Columns of INSERT ... SELECT, in the order of the sub-select. */
static List *
write_select_columns(Query *copy, Relation relation, int varno, Query *subquery)
{
	InsertColumns columns;
	List	   *result = NIL;
	int			index = 0;
	ListCell   *lc;

	sort_columns(&columns, split_partial(copy->targetList), varno,
				 count_nonjunk_tlist_entries(subquery->targetList));
	foreach(lc, subquery->targetList)
	{
		TargetEntry *source = lfirst_node(TargetEntry, lc);

		if (source->resjunk)
			continue;
		if (columns.by_source[index] == NULL)
			columns.by_source[index] = take_copied(&columns, source, copy);
		index++;
	}
	for (int i = 0; i < columns.nsource; i++)
	{
		if (columns.by_source[i] == NULL)
			columns.by_source[i] = take_last(&columns, relation);
		result = lappend(result, columns.by_source[i]);
	}
	if (without_defaults(relation, columns.others) != NIL)
		give_up("a value that is inserted from nowhere");
	return result;
}

/*
 * Columns of INSERT ... VALUES with several rows.  Columns of the list that no
 * one refers to are those that had DEFAULT in all rows.
 */
static List *
write_values_columns(Query *copy, Relation relation, int varno, RangeTblEntry *values)
{
	InsertColumns columns;
	List	   *result = NIL;
	List	   *extra;
	List	   *rows = NIL;
	ListCell   *lc;

	sort_columns(&columns, split_partial(copy->targetList), varno,
				 list_length(linitial(values->values_lists)));
	for (int i = 0; i < columns.nsource; i++)
	{
		if (columns.by_source[i])
			result = lappend(result, columns.by_source[i]);
	}
	extra = without_defaults(relation, columns.others);
	if (result == NIL && extra == NIL)
	{
		/* only defaults, but so many rows of them */
		if (columns.others == NIL)
			give_up("rows without columns");
		extra = list_make1(linitial(columns.others));
	}

	foreach(lc, values->values_lists)
	{
		List	   *row = NIL;
		ListCell   *lc2;

		for (int i = 0; i < columns.nsource; i++)
		{
			if (columns.by_source[i])
				row = lappend(row, list_nth(lfirst(lc), i));
		}
		foreach(lc2, extra)
			row = lappend(row, copyObject(lfirst_node(TargetEntry, lc2)->expr));
		rows = lappend(rows, row);
	}
	values->values_lists = rows;
	return list_concat(result, extra);
}

/*
 * A view that has been replaced by its table has left an entry behind, and no
 * two can be called excluded: the one that counts has to be.
 */
static void
restore_on_conflict(Query *copy)
{
	OnConflictExpr *conflict = copy->onConflict;
	int			index = 0;
	ListCell   *lc;

	if (conflict->action == ONCONFLICT_UPDATE)
		conflict->onConflictSet = write_assignments(conflict->onConflictSet);
	foreach(lc, copy->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (++index != conflict->exclRelIndex && conflict->exclRelIndex != 0 &&
			rte->alias && strcmp(rte->alias->aliasname, "excluded") == 0)
			rte->alias = makeAlias("replaced", NIL);
	}
}

static void
restore_insert(Query *copy, Relation relation)
{
	ListCell   *item;
	int			varno = 0;
	RangeTblEntry *source;

	foreach(item, copy->jointree->fromlist)
	{
		/* only the actions of rules have others */
		if (varno != 0 || !IsA(lfirst(item), RangeTblRef))
			give_up("INSERT from several tables");
		varno = lfirst_node(RangeTblRef, item)->rtindex;
	}

	source = varno != 0 ? rt_fetch(varno, copy->rtable) : NULL;
	if (source == NULL)
		copy->targetList = without_defaults(relation, split_partial(copy->targetList));
	else if (source->rtekind == RTE_SUBQUERY)
		copy->targetList = write_select_columns(copy, relation, varno, source->subquery);
	else if (source->rtekind == RTE_VALUES)
		copy->targetList = write_values_columns(copy, relation, varno, source);
	else
		give_up("INSERT from a table");

	if (copy->onConflict)
		restore_on_conflict(copy);
}

/* ---------------------------------------------------------------------
 * Statements that modify
 * ---------------------------------------------------------------------
 */

static void
restore_merge(Query *copy, Relation relation)
{
	ListCell   *lc;

	foreach(lc, copy->mergeActionList)
	{
		MergeAction *action = lfirst_node(MergeAction, lc);

		if (action->commandType == CMD_INSERT)
			action->targetList = without_defaults(relation, split_partial(action->targetList));
		else if (action->commandType == CMD_UPDATE)
			action->targetList = write_assignments(action->targetList);
	}
}

/* A rule that replaces the statement has been at it, if only for some rows. */
static bool
is_replaced_by_rule(Relation relation, CmdType event)
{
	RuleLock   *rules = relation->rd_rules;

	for (int i = 0; rules != NULL && i < rules->numLocks; i++)
	{
		if (rules->rules[i]->event == event && rules->rules[i]->isInstead)
			return true;
	}
	return false;
}

static void
restore_modification(Query *copy)
{
	RangeTblEntry *target;
	Relation	relation;

	join_split_view(copy);
	target = rt_fetch(copy->resultRelation, copy->rtable);
	/* that of a table below a view is, but it is not written there */
	target->inFromCl = false;
	relation = table_open(target->relid, NoLock);
	if (is_replaced_by_rule(relation, copy->commandType))
		give_up("a rule");

	if (copy->commandType == CMD_INSERT)
		restore_insert(copy, relation);
	else if (copy->commandType == CMD_UPDATE)
		copy->targetList = write_assignments(copy->targetList);
	else if (copy->commandType == CMD_MERGE)
		restore_merge(copy, relation);
	table_close(relation, NoLock);
}

/* ---------------------------------------------------------------------
 * Copying
 * ---------------------------------------------------------------------
 */

/* PL/pgSQL assigns to a part of a variable by a query that no one can write. */
static void
check_assignment(const Query *copy)
{
	ListCell   *lc;

	foreach(lc, copy->targetList)
	{
		if (is_partial(lfirst_node(TargetEntry, lc)->expr))
			give_up("an assignment");
	}
}

/*
 * A copy as it was before the rewriter, as far as it is to be written.  What is
 * changed in place, here and by the server that writes it, has been copied; the
 * rest is shared.
 */
static Query *
copy_query(const Query *query, Copying *copying)
{
	Query	   *copy = makeNode(Query);
	ListCell   *lc;

	if (query->querySource != QSRC_ORIGINAL)
		give_up("a rule");
	check_policies(query);

	*copy = *query;
	copy->rtable = NIL;
	copy->withCheckOptions = NIL;
	copy->isReturn = false;		/* RETURN is for functions only */
	foreach(lc, query->rtable)
		copy->rtable = lappend(copy->rtable, restore_entry(lfirst_node(RangeTblEntry, lc)));

	copy = query_tree_mutator(copy, copy_node, copying, QTW_DONT_COPY_QUERY);
	if (copy->resultRelation != 0)
		restore_modification(copy);
	else
		check_assignment(copy);
	return copy;
}

static Node *
copy_array(ArrayExpr *array, Copying *copying)
{
	ArrayExpr	shorter = *array;

	shorter.elements = shorten(array->elements);
	return expression_tree_mutator((Node *) &shorter, copy_node, copying);
}

static Node *
copy_cte(CommonTableExpr *cte, Copying *copying)
{
	CommonTableExpr *copy;

	/* carried out, it takes fields from records that have no names yet */
	if (cte->search_clause && cte->search_clause->search_breadth_first)
		give_up("SEARCH BREADTH FIRST");
	copy = (CommonTableExpr *) expression_tree_mutator((Node *) cte, copy_node, copying);
	copy->search_clause = NULL;
	copy->cycle_clause = NULL;
	return (Node *) copy;
}

/* The next value of an identity column has no other name. */
static Node *
make_default(const NextValueExpr *next)
{
	SetToDefault *result = makeNode(SetToDefault);

	result->typeId = next->typeId;
	result->typeMod = -1;
	result->location = -1;
	return (Node *) result;
}

static Node *
copy_node(Node *node, Copying *copying)
{
	if (node == NULL)
		return NULL;
	switch (nodeTag(node))
	{
		case T_Query:
			return (Node *) copy_query((Query *) node, copying);
		case T_Param:
			return copy_param((Param *) node, copying);
		case T_Const:
			return copy_constant((Const *) node, copying);
		case T_ArrayExpr:
			return copy_array((ArrayExpr *) node, copying);
		case T_CommonTableExpr:
			return copy_cte((CommonTableExpr *) node, copying);
		case T_NextValueExpr:
			return make_default((NextValueExpr *) node);
		case T_CurrentOfExpr:
			give_up("WHERE CURRENT OF");
			return NULL;
		default:
			return expression_tree_mutator(node, copy_node, copying);
	}
}

/* ---------------------------------------------------------------------
 * Writing
 * ---------------------------------------------------------------------
 */

static void
set_option(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/*
 * Settings under which names are qualified and values are read the same by
 * everyone; AtEOXact_GUC() of what is returned ends it.
 */
static int
begin_writing(void)
{
	int			level = NewGUCNestLevel();

	set_option("search_path", "pg_catalog");
	if (DateStyle != USE_ISO_DATES)
		set_option("DateStyle", "ISO");
	if (IntervalStyle != INTSTYLE_POSTGRES)
		set_option("IntervalStyle", "postgres");
	if (extra_float_digits < 1)
		set_option("extra_float_digits", "3");
	return level;
}

/* Fill in an example, cut if it is too long. */
static void
set_text(AdvExample *example, char *text, int len)
{
	/* the server indents it */
	for (; len > 0 && *text == ' '; len--)
		text++;
	if (len > ADV_EXAMPLE_MAX)
	{
		len = pg_mbcliplen(text, len, ADV_EXAMPLE_MAX);
		text[len] = '\0';
		example->truncated = true;
	}
	example->text = text;
	example->len = len;
}

void
adv_example_make(const Query *query, ParamListInfo params, AdvExample *example)
{
	Copying		copying = {.params = params};
	Query	   *copy;
	char	   *text;
	int			level;

	copy = copy_query(query, &copying);
	level = begin_writing();
	text = pg_get_querydef(copy, false);
	AtEOXact_GUC(true, level);

	example->truncated = copying.has_too_long;
	example->is_template = copying.has_unknown;
	set_text(example, text, strlen(text));
}

/* Append the value of a parameter; false if that is not known, or too long. */
static bool
append_param(StringInfo text, ParamListInfo params, int id)
{
	ParamExternData value;
	int16		typlen;
	bool		typbyval;
	Node	   *expr;

	if (!find_param(params, id, &value))
		return false;
	get_typlenbyval(value.ptype, &typlen, &typbyval);
	if (!value.isnull && is_too_long(value.value, typlen))
		return false;
	expr = make_value(value.ptype, get_typcollation(value.ptype),
					  value.value, value.isnull);
	appendStringInfoString(text, deparse_expression(expr, NIL, false, false));
	return true;
}

/*
 * Our own texts have no comments and no dollar quotes, and a quote or a
 * backslash inside of quotes is doubled: that makes them easy to read.
 */
static bool
fill(StringInfo text, const char *from, const char *end, ParamListInfo params)
{
	char		quote = '\0';

	while (from < end)
	{
		if (quote == '\0' && *from == '$' && from + 1 < end &&
			isdigit((unsigned char) from[1]))
		{
			int			id = 0;

			for (from++; from < end && isdigit((unsigned char) *from) && id < 100000; from++)
				id = id * 10 + (*from - '0');
			if (!append_param(text, params, id))
				return false;
			continue;
		}
		if (quote == *from)
			quote = '\0';
		else if (quote == '\0' && (*from == '\'' || *from == '"'))
			quote = *from;
		appendStringInfoChar(text, *from++);
	}
	return true;
}

bool
adv_example_fill(const char *template_text, int len, ParamListInfo params,
				 AdvExample *example)
{
	StringInfoData text;
	int			level;
	bool		filled;

	initStringInfo(&text);
	level = begin_writing();
	filled = fill(&text, template_text, template_text + len, params);
	AtEOXact_GUC(true, level);
	if (!filled)
		return false;

	example->truncated = false;
	example->is_template = false;
	set_text(example, text.data, text.len);
	return true;
}

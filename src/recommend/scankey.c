/*-------------------------------------------------------------------------
 *
 * scankey.c
 *		Columns and expressions of a scan that an index could have.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_am.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_statistic.h"
#include "commands/defrem.h"
#include "common/compat.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "recommend/scankey.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"

/* ---------------------------------------------------------------------
 * What may be in an index
 * ---------------------------------------------------------------------
 */

Node *
adv_scan_strip(Node *node)
{
	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node;
}

bool
adv_scan_comparison(Expr *clause, List **args, Oid *operator)
{
	if (IsA(clause, OpExpr))
	{
		*args = ((OpExpr *) clause)->args;
		*operator = ((OpExpr *) clause)->opno;
	}
	else if (IsA(clause, ScalarArrayOpExpr) && ((ScalarArrayOpExpr *) clause)->useOr)
	{
		*args = ((ScalarArrayOpExpr *) clause)->args;
		*operator = ((ScalarArrayOpExpr *) clause)->opno;
	}
	else
		return false;
	return list_length(*args) == 2;
}

static Oid
function_owner(Oid funcid)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	Oid			owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

/* For check_functions_in_node(): must the table's owner distrust it? */
static bool
function_is_foreign(Oid funcid, void *context)
{
	AdvScanBuilder *builder = context;
	Oid			owner = function_owner(funcid);

	return !OidIsValid(owner) ||
		(owner != builder->owner && owner != BOOTSTRAP_SUPERUSERID && !superuser_arg(owner));
}

static bool
unfit_walker(Node *node, AdvScanBuilder *builder)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Var:
			{
				Var		   *var = (Var *) node;

				return var->varno != builder->rti || var->varlevelsup != 0 ||
					var->varattno <= 0;
			}
		case T_Param:
		case T_Aggref:
		case T_GroupingFunc:
		case T_WindowFunc:
		case T_SubLink:
		case T_SubPlan:
		case T_AlternativeSubPlan:
		case T_PlaceHolderVar:
		case T_CurrentOfExpr:
			/* a domain's constraints may change under the index */
		case T_CoerceToDomain:
		case T_CoerceToDomainValue:
			return true;
		case T_RelabelType:
			{
				RelabelType *relabel = (RelabelType *) node;

				/* was a COLLATE, and can't be told from a cast any more */
				if (relabel->resultcollid != exprCollation((Node *) relabel->arg))
					return true;
				break;
			}
		default:
			break;
	}
	if (check_functions_in_node(node, function_is_foreign, builder))
		return true;
	return expression_tree_walker(node, unfit_walker, builder);
}

static bool
renumber_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;

		var->varno = 1;
		var->varnosyn = 1;
		var->varattnosyn = var->varattno;
		adv_var_forget_joins(var);
		return false;
	}
	return expression_tree_walker(node, renumber_walker, context);
}

/*
 * Is it a column, cast as it would be of itself for an operator that wants another
 * type?  Then the value that it is compared with has the wrong one, and should get
 * another: an index on the cast would be a second one on the column.  An example
 * shows implicit casts as if they had been written, so they can't be told from these.
 */
static bool
is_cast_of_column(Node *expr)
{
	FuncExpr   *func = (FuncExpr *) expr;
	Node	   *arg;
	Oid			cast;

	if (!IsA(expr, FuncExpr) || func->funcformat == COERCE_EXPLICIT_CALL || func->args == NIL)
		return false;
	arg = adv_scan_strip(linitial(func->args));
	return IsA(arg, Var) &&
		find_coercion_pathway(func->funcresulttype, ((Var *) arg)->vartype,
							  COERCION_IMPLICIT, &cast) == COERCION_PATH_FUNC;
}

Node *
adv_scan_expression(AdvScanBuilder *builder, Node *expr)
{
	int			rti;

	/* a cast that nobody wrote can't be written so that it stays */
	if (IsA(expr, FuncExpr) && ((FuncExpr *) expr)->funcformat == COERCE_IMPLICIT_CAST)
		return NULL;
	if (is_cast_of_column(expr))
		return NULL;
	if (!bms_get_singleton_member(pull_varnos(builder->root, expr), &rti) ||
		rti != builder->rti ||
		contain_mutable_functions(expr) || expression_returns_set(expr) ||
		unfit_walker(expr, builder))
		return NULL;
	expr = copyObject(expr);
	(void) renumber_walker(expr, NULL);
	return expr;
}

bool
adv_scan_is_comparand(AdvScanBuilder *builder, Node *expr)
{
	return !bms_is_member(builder->rti, pull_varnos(builder->root, expr)) &&
		!contain_volatile_functions(expr);
}

/* ---------------------------------------------------------------------
 * Statistics
 * ---------------------------------------------------------------------
 */

/* What ANALYZE has found in the table, or in it and its children. */
static HeapTuple
column_statistics(Oid relid, AttrNumber attnum)
{
	HeapTuple	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relid),
										Int16GetDatum(attnum), BoolGetDatum(false));

	if (!HeapTupleIsValid(tuple))
		tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relid),
								Int16GetDatum(attnum), BoolGetDatum(true));
	return tuple;
}

int32
adv_scan_column_width(Oid relid, AttrNumber attnum)
{
	HeapTuple	tuple = column_statistics(relid, attnum);
	int32		width = 0;
	Oid			type;
	int32		typmod;
	Oid			collation;

	if (HeapTupleIsValid(tuple))
	{
		width = ((Form_pg_statistic) GETSTRUCT(tuple))->stawidth;
		ReleaseSysCache(tuple);
	}
	if (width > 0)
		return width;
	get_atttypetypmodcoll(relid, attnum, &type, &typmod, &collation);
	return get_typavgwidth(type, typmod);
}

static double
column_correlation(Oid relid, AttrNumber attnum)
{
	HeapTuple	tuple = column_statistics(relid, attnum);
	AttStatsSlot slot;
	double		correlation = 0;

	if (!HeapTupleIsValid(tuple))
		return 0;
	if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_CORRELATION, InvalidOid,
						 ATTSTATSSLOT_NUMBERS))
	{
		if (slot.nnumbers == 1)
			correlation = slot.numbers[0];
		free_attstatsslot(&slot);
	}
	ReleaseSysCache(tuple);
	return correlation;
}

static double
distinct_values(AdvScanBuilder *builder, Node *operand)
{
	VariableStatData data;
	bool		is_default;
	double		ndistinct;

	examine_variable(builder->root, operand, builder->rti, &data);
	ndistinct = get_variable_numdistinct(&data, &is_default);
	ReleaseVariableStats(data);
	return Max(ndistinct, 1);
}

/* ---------------------------------------------------------------------
 * Keys
 * ---------------------------------------------------------------------
 */

static bool
same_column(const AdvIndexColumn *a, const AdvIndexColumn *b)
{
	return a->attnum == b->attnum && a->opclass == b->opclass &&
		a->collation == b->collation && equal(a->expr, b->expr);
}

static AdvScanKey *
known_key(AdvScanBuilder *builder, const AdvIndexColumn *column)
{
	ListCell   *lc;

	foreach(lc, builder->keys)
	{
		AdvScanKey *key = lfirst(lc);

		if (same_column(&key->column, column))
			return key;
	}
	return NULL;
}

/* Attribute number, or expression; false if it can be neither. */
static bool
set_column(AdvScanBuilder *builder, Node *operand, AdvIndexColumn *column)
{
	if (IsA(operand, Var))
	{
		Var		   *var = (Var *) operand;

		if (var->varno != builder->rti || var->varlevelsup != 0 || var->varattno <= 0)
			return false;
		column->attnum = var->varattno;
		return true;
	}
	column->expr = adv_scan_expression(builder, operand);
	return column->expr != NULL;
}

AdvScanKey *
adv_scan_key(AdvScanBuilder *builder, Node *operand, Oid collation, Oid opclass)
{
	AdvIndexColumn column = {0};
	AdvScanKey *key;
	Oid			type;

	operand = adv_scan_strip(operand);
	if (operand == NULL || !set_column(builder, operand, &column))
		return NULL;
	type = exprType(operand);
	column.opclass = OidIsValid(opclass) ? opclass : GetDefaultOpClass(type, BTREE_AM_OID);
	if (!OidIsValid(column.opclass))
		return NULL;
	if (type_is_collatable(type))
		column.collation = OidIsValid(collation) ? collation : exprCollation(operand);
	key = known_key(builder, &column);
	if (key != NULL)
		return key;

	key = palloc0(sizeof(AdvScanKey));
	key->column = column;
	if (column.attnum != 0)
	{
		key->width = adv_scan_column_width(builder->relid, column.attnum);
		key->correlation = column_correlation(builder->relid, column.attnum);
	}
	else
		key->width = get_typavgwidth(type, exprTypmod(operand));
	key->ndistinct = distinct_values(builder, operand);
	builder->keys = lappend(builder->keys, key);
	return key;
}

AdvScanKey *
adv_scan_column_key(Oid relid, AttrNumber attnum)
{
	AdvScanKey *key;
	Oid			type;
	int32		typmod;
	Oid			collation;
	Oid			opclass;
	char		generated = get_attgenerated(relid, attnum);

	/* what is not stored can't be in an index */
	if (generated != '\0' && generated != ATTRIBUTE_GENERATED_STORED)
		return NULL;
	get_atttypetypmodcoll(relid, attnum, &type, &typmod, &collation);
	opclass = GetDefaultOpClass(type, BTREE_AM_OID);
	if (!OidIsValid(opclass))
		return NULL;
	key = palloc0(sizeof(AdvScanKey));
	key->column.attnum = attnum;
	key->column.opclass = opclass;
	key->column.collation = collation;
	key->width = adv_scan_column_width(relid, attnum);
	key->ndistinct = 1;
	return key->width > ADV_WIDEST_KEY ? NULL : key;
}

/*-------------------------------------------------------------------------
 *
 * scanspecial.c
 *		What a scan needs that a plain btree does not serve: operators of GIN
 *		and GiST, patterns, distances.
 *
 * No list of types is kept here: every operator class of the database is
 * looked at, so those of extensions count as well.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "access/htup_details.h"
#include "catalog/pg_am.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type.h"
#include "common/collation.h"
#include "common/compat.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "recommend/scankey.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* ---------------------------------------------------------------------
 * Patterns
 * ---------------------------------------------------------------------
 */

/* The pattern of LIKE and its kin, NULL if it is not known. */
static char *
constant_text(Node *node)
{
	node = adv_scan_strip(node);
	if (node == NULL || !IsA(node, Const) || ((Const *) node)->constisnull ||
		(((Const *) node)->consttype != TEXTOID && ((Const *) node)->consttype != BPCHAROID))
		return NULL;
	return TextDatumGetCString(((Const *) node)->constvalue);
}

/* Does it fix the first character of what it matches? */
static bool
regex_has_prefix(const char *pattern)
{
	return pattern[0] == '^' && isalnum((unsigned char) pattern[1]) &&
		strchr(pattern, '|') == NULL && strchr("*?{", pattern[2]) == NULL;
}

static bool
has_prefix(Oid function, const char *pattern)
{
	switch (function)
	{
		case F_TEXTLIKE:
		case F_BPCHARLIKE:
			return pattern[0] != '%' && pattern[0] != '_' && pattern[0] != '\0';
		case F_TEXTREGEXEQ:
		case F_BPCHARREGEXEQ:
			return pattern[0] != '\0' && pattern[1] != '\0' && regex_has_prefix(pattern);
		case F_STARTS_WITH:
			return pattern[0] != '\0';
		default:
			return false;
	}
}

/* Three letters or digits in a row: else trigrams find nothing. */
static bool
has_trigram(const char *pattern)
{
	int			run = 0;

	for (const unsigned char *c = (const unsigned char *) pattern; *c != '\0'; c++)
	{
		run = (isalnum(*c) || IS_HIGHBIT_SET(*c)) ? run + 1 : 0;
		if (run == 3)
			return true;
	}
	return false;
}

/* The operator class whose order is that of bytes; InvalidOid: the default. */
static Oid
pattern_opclass(Oid type, Oid collation)
{
	if (OidIsValid(collation) && adv_collation_is_c(collation))
		return InvalidOid;
	switch (getBaseType(type))
	{
		case TEXTOID:
			return TEXT_BTREE_PATTERN_OPS_OID;
		case VARCHAROID:
			return VARCHAR_BTREE_PATTERN_OPS_OID;
		case BPCHAROID:
			return BPCHAR_BTREE_PATTERN_OPS_OID;
		default:
			return InvalidOid;
	}
}

AdvScanCondition *
adv_scan_prefix(AdvScanBuilder *builder, Expr *clause, double selectivity)
{
	AdvScanCondition *condition;
	AdvScanKey *key;
	List	   *args;
	Oid			function;
	Oid			collation;
	Node	   *operand;
	char	   *pattern;

	if (is_opclause(clause))
	{
		args = ((OpExpr *) clause)->args;
		function = get_opcode(((OpExpr *) clause)->opno);
		collation = ((OpExpr *) clause)->inputcollid;
	}
	else if (is_funcclause(clause))
	{
		args = ((FuncExpr *) clause)->args;
		function = ((FuncExpr *) clause)->funcid;
		collation = ((FuncExpr *) clause)->inputcollid;
	}
	else
		return NULL;
	if (list_length(args) != 2)
		return NULL;
	pattern = constant_text(lsecond(args));
	if (pattern == NULL || !has_prefix(function, pattern))
		return NULL;
	operand = adv_scan_strip(linitial(args));
	key = adv_scan_key(builder, operand, collation,
					   pattern_opclass(exprType(operand), collation));
	if (key == NULL)
		return NULL;
	condition = palloc0(sizeof(AdvScanCondition));
	condition->key = key;
	condition->selectivity = selectivity;
	condition->reasons = ADV_REASON_PREFIX;
	return condition;
}

/* ---------------------------------------------------------------------
 * Operator classes
 * ---------------------------------------------------------------------
 */

/*
 * Shall we use an operator class?  All of GIN: they are named for what they
 * are good at.  Of GiST those that are the default, and that of network
 * addresses, which is not for reasons of history.
 */
static bool
is_welcome(const Form_pg_opclass opclass)
{
	return opclass->opcmethod == GIN_AM_OID || opclass->opcdefault ||
		opclass->opcintype == INETOID;
}

/* Is the pattern one that an operator class of trigrams can do without? */
static bool
is_hopeless(const Form_pg_opclass opclass, Node *comparand)
{
	char	   *pattern;

	if (opclass->opcintype != TEXTOID)
		return false;
	pattern = constant_text(comparand);
	return pattern != NULL && !has_trigram(pattern);
}

static void
add_special(AdvScanBuilder *builder, Oid am, AdvScanKey *key, double selectivity,
			uint32 reasons)
{
	AdvScanSpecial *special = palloc0(sizeof(AdvScanSpecial));

	special->am = am;
	special->key = key;
	special->selectivity = selectivity;
	special->reasons = reasons;
	builder->view->specials = lappend(builder->view->specials, special);
}

/* Operator classes of one access method; true if there is one. */
static bool
add_operator_classes(AdvScanBuilder *builder, Oid am, Oid operator, OpExpr *clause,
					 Node *operand, Node *comparand, double selectivity)
{
	Oid			type = exprType(adv_scan_strip(operand));
	CatCList   *classes = SearchSysCacheList1(CLAAMNAMENSP, ObjectIdGetDatum(am));
	List	   *welcome = NIL;
	bool		found = false;
	ListCell   *lc;

	for (int i = 0; i < classes->n_members; i++)
	{
		Form_pg_opclass opclass = (Form_pg_opclass) GETSTRUCT(&classes->members[i]->tuple);

		if (is_welcome(opclass) && get_op_opfamily_strategy(operator, opclass->opcfamily) != 0 &&
			IsBinaryCoercible(type, opclass->opcintype) && !is_hopeless(opclass, comparand))
			welcome = lappend_oid(welcome, opclass->oid);
	}
	ReleaseSysCacheList(classes);

	list_sort(welcome, list_oid_cmp);
	foreach(lc, welcome)
	{
		AdvScanKey *key = adv_scan_key(builder, operand, clause->inputcollid, lfirst_oid(lc));

		if (key == NULL)
			continue;
		add_special(builder, am, key, selectivity, ADV_REASON_CONTAINMENT);
		found = true;
	}
	return found;
}

void
adv_scan_add_specials(AdvScanBuilder *builder, Expr *clause, double selectivity)
{
	OpExpr	   *opexpr = (OpExpr *) clause;
	Node	   *operand;
	Node	   *comparand;
	Oid			operator;

	if (!is_opclause(clause) || list_length(opexpr->args) != 2)
		return;
	operator = opexpr->opno;
	operand = linitial(opexpr->args);
	comparand = lsecond(opexpr->args);
	if (!adv_scan_is_comparand(builder, comparand))
	{
		Node	   *other = operand;

		operand = comparand;
		comparand = other;
		operator = get_commutator(operator);
		if (!OidIsValid(operator) || !adv_scan_is_comparand(builder, comparand))
			return;
	}
	if (!add_operator_classes(builder, GIN_AM_OID, operator, opexpr, operand, comparand,
							  selectivity))
		(void) add_operator_classes(builder, GIST_AM_OID, operator, opexpr, operand,
									comparand, selectivity);
}

/* ---------------------------------------------------------------------
 * Distances
 * ---------------------------------------------------------------------
 */

/* A default operator class of GiST that returns rows in the operator's order. */
static Oid
nearest_opclass(Oid operator, Oid type, Oid sortfamily)
{
	CatCList   *classes = SearchSysCacheList1(CLAAMNAMENSP, ObjectIdGetDatum(GIST_AM_OID));
	Oid			result = InvalidOid;

	for (int i = 0; i < classes->n_members; i++)
	{
		Form_pg_opclass opclass = (Form_pg_opclass) GETSTRUCT(&classes->members[i]->tuple);

		if (opclass->opcdefault && IsBinaryCoercible(type, opclass->opcintype) &&
			get_op_opfamily_sortfamily(operator, opclass->opcfamily) == sortfamily)
			result = opclass->oid;
	}
	ReleaseSysCacheList(classes);
	return result;
}

static void
add_nearest_member(AdvScanBuilder *builder, PathKey *pathkey, Expr *expr)
{
	OpExpr	   *opexpr = (OpExpr *) expr;
	Oid			operator;
	Node	   *operand;
	Oid			opclass;
	AdvScanKey *key;

	if (!is_opclause(expr) || list_length(opexpr->args) != 2)
		return;
	operator = opexpr->opno;
	operand = linitial(opexpr->args);
	if (!adv_scan_is_comparand(builder, lsecond(opexpr->args)))
	{
		operator = get_commutator(operator);
		operand = lsecond(opexpr->args);
		if (!adv_scan_is_comparand(builder, linitial(opexpr->args)))
			return;
	}
	if (!OidIsValid(operator))
		return;
	opclass = nearest_opclass(operator, exprType(adv_scan_strip(operand)),
							  pathkey->pk_opfamily);
	if (!OidIsValid(opclass))
		return;
	key = adv_scan_key(builder, operand, opexpr->inputcollid, opclass);
	if (key != NULL)
		add_special(builder, GIST_AM_OID, key, 0.01, ADV_REASON_NEAREST);
}

void
adv_scan_add_nearest(AdvScanBuilder *builder)
{
	PathKey    *pathkey;
	ListCell   *lc;

	if (list_length(builder->root->query_pathkeys) != 1)
		return;
	pathkey = linitial(builder->root->query_pathkeys);
	if (adv_pathkey_descends(pathkey) || pathkey->pk_nulls_first ||
		pathkey->pk_eclass->ec_has_volatile)
		return;
	foreach(lc, adv_eclass_members(pathkey->pk_eclass, builder->rel->relids))
	{
		EquivalenceMember *member = lfirst(lc);

		if (bms_equal(member->em_relids, builder->rel->relids))
			add_nearest_member(builder, pathkey, member->em_expr);
	}
}

/*-------------------------------------------------------------------------
 *
 * lintscan.c
 *		Facts about the conditions of scans and joins: those that are written
 *		such that no index can serve them.
 *
 * Partitions are spoken of as their table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "capture/lintscan.h"
#include "catalog/pg_am.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "common/collation.h"
#include "common/compat.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* A scan that is looked at. */
typedef struct ScanLint
{
	AdvLint    *lint;
	int			node;
	Index		rti;
	Oid			relid;			/* the relation scanned */
	Index		table;			/* it, or what it is a partition of */
	bool		have_indexes;
	List	   *indexes;		/* of relid, once needed */
} ScanLint;

/* ---------------------------------------------------------------------
 * Scans
 * ---------------------------------------------------------------------
 */

Index
adv_lint_scan_relation(const Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_SeqScan:
		case T_SampleScan:
		case T_IndexScan:
		case T_IndexOnlyScan:
		case T_BitmapHeapScan:
		case T_TidScan:
		case T_TidRangeScan:
		case T_ForeignScan:
			return ((const Scan *) plan)->scanrelid;
		default:
			return 0;
	}
}

/* Lists of conditions in base form. */
static List *
base_list(AdvLint *lint, const Plan *plan, List *conditions)
{
	return (List *) adv_lint_base(lint, plan, (Node *) conditions);
}

List *
adv_lint_scan_conditions(AdvLint *lint, const Plan *plan)
{
	List	   *conditions = base_list(lint, plan, plan->qual);
	List	   *more = NIL;

	if (IsA(plan, IndexScan))
		more = ((const IndexScan *) plan)->indexqualorig;
	else if (IsA(plan, IndexOnlyScan))
		more = ((const IndexOnlyScan *) plan)->indexqual;
	else if (IsA(plan, BitmapHeapScan))
		more = ((const BitmapHeapScan *) plan)->bitmapqualorig;
	return list_concat(conditions, base_list(lint, plan, more));
}

static List *
scan_indexes(ScanLint *scan)
{
	if (!scan->have_indexes)
	{
		scan->indexes = adv_lint_indexes(scan->relid);
		scan->have_indexes = true;
	}
	return scan->indexes;
}

/* The only column of the scanned table in an expression, 0 if not just one. */
static AttrNumber
only_column(const ScanLint *scan, const Node *expr)
{
	Bitmapset  *attributes = adv_lint_attributes(expr, scan->rti);
	AttrNumber	attnum;

	if (bms_membership(attributes) != BMS_SINGLETON)
		return 0;
	attnum = ADV_ATTNUM(bms_singleton_member(attributes));
	return attnum > 0 ? attnum : 0;
}

/* Members "relid", "attnum" and "column" of a fact. */
static void
put_column(const ScanLint *scan, AttrNumber attnum)
{
	AdvFacts   *facts = &scan->lint->facts;
	Oid			relid;

	(void) adv_lint_table(scan->lint, scan->rti, &attnum);
	relid = adv_lint_rte(scan->lint, scan->table)->relid;
	adv_fact_int(facts, "relid", relid);
	adv_fact_int(facts, "attnum", attnum);
	adv_fact_string(facts, "column", get_attname(relid, attnum, true));
}

static void
put_text(const ScanLint *scan, const Node *expr)
{
	adv_fact_string(&scan->lint->facts, "expr",
					adv_lint_text(scan->lint, expr, false, false));
}

/* ---------------------------------------------------------------------
 * Columns inside of functions and casts
 * ---------------------------------------------------------------------
 */

/* How a column is wrapped. */
typedef struct Wrapping
{
	bool		is_cast;
	bool		implicit;
	char	   *function;		/* NULL for a cast */
} Wrapping;

/* Is it a cast?  *arg is what is cast, and *form how that was asked for. */
static bool
is_cast(const Node *expr, const Node **arg, CoercionForm *form)
{
	if (IsA(expr, CoerceViaIO))
	{
		*arg = (const Node *) ((const CoerceViaIO *) expr)->arg;
		*form = ((const CoerceViaIO *) expr)->coerceformat;
		return true;
	}
	if (IsA(expr, ArrayCoerceExpr))
	{
		*arg = (const Node *) ((const ArrayCoerceExpr *) expr)->arg;
		*form = ((const ArrayCoerceExpr *) expr)->coerceformat;
		return true;
	}
	if (IsA(expr, FuncExpr) && ((const FuncExpr *) expr)->args != NIL &&
		(((const FuncExpr *) expr)->funcformat == COERCE_IMPLICIT_CAST ||
		 ((const FuncExpr *) expr)->funcformat == COERCE_EXPLICIT_CAST))
	{
		*arg = (const Node *) linitial(((const FuncExpr *) expr)->args);
		*form = ((const FuncExpr *) expr)->funcformat;
		return true;
	}
	return false;
}

/*
 * Does an operator scatter numbers, such as the rest of a division?  Who asks
 * for every tenth row wants no index, and nothing can be put the other way round.
 */
static bool
is_scattering(const OpExpr *op)
{
	static const char *const names[] = {"%", "&", "|", "#", "<<", ">>"};
	char		category;
	bool		preferred;
	char	   *name;

	get_type_category_preferred(exprType(linitial(op->args)), &category, &preferred);
	if (category != TYPCATEGORY_NUMERIC)
		return false;
	name = get_opname(op->opno);
	for (int i = 0; name != NULL && i < lengthof(names); i++)
	{
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/* Name of what computes an expression, NULL for what has none. */
static char *
function_name(const Node *expr)
{
	switch (nodeTag(expr))
	{
		case T_FuncExpr:
			return get_func_name(((const FuncExpr *) expr)->funcid);
		case T_OpExpr:
			return get_opname(((const OpExpr *) expr)->opno);
		case T_CoalesceExpr:
			return pstrdup("coalesce");
		case T_NullIfExpr:
			return pstrdup("nullif");
		case T_MinMaxExpr:
			return pstrdup(((const MinMaxExpr *) expr)->op == IS_GREATEST ?
						   "greatest" : "least");
		case T_SubscriptingRef:
			return pstrdup("[]");
		default:
			return NULL;
	}
}

/*
 * How is the only column in expr wrapped?  False if it is not, or in a way
 * that has no name.  Of casts around functions the functions count.
 */
static bool
find_wrapping(const Node *expr, Wrapping *wrapping)
{
	const Node *arg;
	CoercionForm form;

	expr = adv_lint_strip(expr);
	memset(wrapping, 0, sizeof(Wrapping));
	while (is_cast(expr, &arg, &form))
	{
		expr = adv_lint_strip(arg);
		wrapping->is_cast = true;
		wrapping->implicit = form == COERCE_IMPLICIT_CAST;
	}
	if (IsA(expr, Var))
		return wrapping->is_cast;
	if (IsA(expr, OpExpr) && is_scattering((const OpExpr *) expr))
		return false;
	wrapping->is_cast = wrapping->implicit = false;
	wrapping->function = function_name(expr);
	return wrapping->function != NULL;
}

static const char *
other_kind(const Node *other)
{
	other = adv_lint_strip(other);
	if (IsA(other, Const))
		return "constant";
	return adv_lint_is_value(other) ? "parameter" : "expression";
}

static void
put_wrapped(ScanLint *scan, AttrNumber attnum, const Wrapping *wrapping,
			const Node *side, const Node *other, const Node *condition)
{
	AdvFacts   *facts = &scan->lint->facts;
	Oid			type;
	int32		typmod;
	Oid			collation;

	get_atttypetypmodcoll(scan->relid, attnum, &type, &typmod, &collation);
	adv_fact_begin(facts, "wrapped_column");
	put_column(scan, attnum);
	adv_fact_string(facts, "column_type", format_type_with_typemod(type, typmod));
	adv_fact_int(facts, "indexid",
				 adv_lint_index_parent(adv_lint_index_on(scan_indexes(scan), attnum)));
	adv_fact_bool(facts, "implicit", wrapping->implicit);
	adv_fact_string(facts, "kind", wrapping->is_cast ? "cast" : "function");
	adv_fact_string(facts, "function", wrapping->function);
	adv_fact_string(facts, "to_type", format_type_be(exprType(side)));
	adv_fact_string(facts, "other", other_kind(other));
	adv_fact_bool(facts, "immutable", !contain_mutable_functions(unconstify(Node *, side)));
	adv_fact_string(facts, "column_expr", adv_lint_text(scan->lint, side, false, true));
	put_text(scan, condition);
	adv_fact_end_node(facts, scan->node, true);
}

/* A comparison of side with other: is a column of the table wrapped in side? */
static bool
lint_wrapped(ScanLint *scan, const Node *side, const Node *other,
			 const Node *condition)
{
	Wrapping	wrapping;
	AttrNumber	attnum = only_column(scan, side);

	if (attnum == 0 || IsA(adv_lint_strip(side), Var) ||
		!bms_is_empty(adv_lint_attributes(other, scan->rti)) ||
		bms_num_members(adv_lint_relations(side)) != 1 ||
		!find_wrapping(side, &wrapping) ||
		contain_volatile_functions(unconstify(Node *, condition)) ||
		adv_lint_has_expression(scan_indexes(scan), side, scan->rti))
		return false;
	put_wrapped(scan, attnum, &wrapping, side, other, condition);
	return true;
}

/* ---------------------------------------------------------------------
 * Patterns
 * ---------------------------------------------------------------------
 */

typedef enum PatternKind
{
	PATTERN_NONE,				/* no such operator */
	PATTERN_LIKE,
	PATTERN_ILIKE,
	PATTERN_REGEX,
	PATTERN_IREGEX
} PatternKind;

static PatternKind
pattern_kind(Oid opno)
{
	switch (opno)
	{
		case OID_TEXT_LIKE_OP:
		case OID_BPCHAR_LIKE_OP:
		case OID_NAME_LIKE_OP:
			return PATTERN_LIKE;
		case OID_TEXT_ICLIKE_OP:
		case OID_BPCHAR_ICLIKE_OP:
		case OID_NAME_ICLIKE_OP:
			return PATTERN_ILIKE;
		case OID_TEXT_REGEXEQ_OP:
		case OID_BPCHAR_REGEXEQ_OP:
		case OID_NAME_REGEXEQ_OP:
			return PATTERN_REGEX;
		case OID_TEXT_ICREGEXEQ_OP:
		case OID_BPCHAR_ICREGEXEQ_OP:
		case OID_NAME_ICREGEXEQ_OP:
			return PATTERN_IREGEX;
		default:
			return PATTERN_NONE;
	}
}

/* Does it say nothing about how the value begins? */
static bool
is_open_at_start(PatternKind kind, const char *pattern)
{
	switch (kind)
	{
		case PATTERN_LIKE:
			return pattern[0] == '%' || pattern[0] == '_';
		case PATTERN_REGEX:
			return pattern[0] != '^' || pattern[1] == '\0' ||
				strchr(".*[(\\|?+$", pattern[1]) != NULL;
		default:
			/* no B-tree has upper and lower case side by side */
			return pattern[0] != '\0';
	}
}

/* LIKE without any wildcard is nothing but = */
static bool
has_wildcard(PatternKind kind, const char *pattern)
{
	return (kind != PATTERN_LIKE && kind != PATTERN_ILIKE) ||
		strpbrk(pattern, "%_") != NULL;
}

static char *
opclass_name(Oid opclass)
{
	HeapTuple	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass));
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		return pstrdup("");
	name = pstrdup(NameStr(((Form_pg_opclass) GETSTRUCT(tuple))->opcname));
	ReleaseSysCache(tuple);
	return name;
}

/* Is the first column of an index this one, or this expression? */
static bool
is_index_on(const AdvIndex *index, AttrNumber attnum, const Node *side, Index rti)
{
	const Node *column = adv_lint_strip(side);

	if (IsA(column, Var))
		return index->attnum == attnum;
	return adv_lint_has_expression(list_make1(unconstify(AdvIndex *, index)),
								   side, rti);
}

static bool
has_trigrams(ScanLint *scan, AttrNumber attnum, const Node *side)
{
	ListCell   *lc;

	foreach(lc, scan_indexes(scan))
	{
		const AdvIndex *index = (const AdvIndex *) lfirst(lc);
		char	   *name = opclass_name(index->opclass);

		if (is_index_on(index, attnum, side, scan->rti) &&
			strstr(name, "trgm_ops") != NULL)
			return true;
	}
	return false;
}

/* Does an index keep the values in the order of their bytes? */
static bool
has_byte_order(ScanLint *scan, AttrNumber attnum, const Node *side)
{
	ListCell   *lc;

	foreach(lc, scan_indexes(scan))
	{
		const AdvIndex *index = (const AdvIndex *) lfirst(lc);

		if (!index->partial && is_index_on(index, attnum, side, scan->rti) &&
			(strstr(opclass_name(index->opclass), "_pattern_ops") != NULL ||
			 (index->am == BTREE_AM_OID && OidIsValid(index->collation) &&
			  adv_collation_is_c(index->collation))))
			return true;
	}
	return false;
}

static void
put_leading_wildcard(ScanLint *scan, AttrNumber attnum, const OpExpr *op)
{
	AdvFacts   *facts = &scan->lint->facts;

	adv_fact_begin(facts, "leading_wildcard");
	put_column(scan, attnum);
	adv_fact_string(facts, "operator", get_opname(op->opno));
	put_text(scan, (const Node *) op);
	adv_fact_bool(facts, "trigram_index",
				  has_trigrams(scan, attnum, linitial(op->args)));
	adv_fact_end_node(facts, scan->node, true);
}

static void
put_prefix_pattern(ScanLint *scan, AttrNumber attnum, const OpExpr *op)
{
	AdvFacts   *facts = &scan->lint->facts;

	adv_fact_begin(facts, "prefix_pattern");
	put_column(scan, attnum);
	put_text(scan, (const Node *) op);
	adv_fact_int(facts, "indexid",
				 adv_lint_index_parent(adv_lint_index_on(scan_indexes(scan), attnum)));
	adv_fact_end_node(facts, scan->node, true);
}

/* A comparison with a pattern: what it is good for depends on its beginning. */
static void
lint_pattern(ScanLint *scan, const OpExpr *op, PatternKind kind)
{
	const Node *side = (const Node *) linitial(op->args);
	const Const *value = (const Const *) adv_lint_strip(lsecond(op->args));
	AttrNumber	attnum = only_column(scan, side);
	char	   *pattern;

	if (!IsA(value, Const) || value->constisnull || attnum == 0 ||
		(value->consttype != TEXTOID && value->consttype != VARCHAROID))
		return;
	pattern = TextDatumGetCString(value->constvalue);
	if (is_open_at_start(kind, pattern))
		put_leading_wildcard(scan, attnum, op);
	else if (has_wildcard(kind, pattern) && !has_byte_order(scan, attnum, side) &&
			 !lint_wrapped(scan, side, (const Node *) value, (const Node *) op))
		put_prefix_pattern(scan, attnum, op);
}

/* ---------------------------------------------------------------------
 * OR
 * ---------------------------------------------------------------------
 */

/* Is it a condition that an index could serve? */
static bool
is_servable(const Node *expr)
{
	ListCell   *lc;

	if (is_andclause(expr))
	{
		foreach(lc, ((const BoolExpr *) expr)->args)
		{
			if (is_servable((const Node *) lfirst(lc)))
				return true;
		}
		return false;
	}
	if (IsA(expr, OpExpr))
		return adv_lint_is_searchable(((const OpExpr *) expr)->opno) ||
			pattern_kind(((const OpExpr *) expr)->opno) != PATTERN_NONE;
	if (IsA(expr, ScalarArrayOpExpr))
		return ((const ScalarArrayOpExpr *) expr)->useOr &&
			adv_lint_is_searchable(((const ScalarArrayOpExpr *) expr)->opno);
	return IsA(expr, NullTest) &&
		((const NullTest *) expr)->nulltesttype == IS_NULL;
}

static bool
column_walker(Node *node, void *columns)
{
	List	  **list = (List **) columns;

	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		*list = list_append_unique(*list, node);
		return list_length(*list) > 32;
	}
	return expression_tree_walker(node, column_walker, columns);
}

/* The columns that an expression reads, each once. */
static List *
columns_of(const Node *expr)
{
	List	   *columns = NIL;

	(void) column_walker(unconstify(Node *, expr), &columns);
	return columns;
}

/* Does each arm read other columns, so that no single index serves all? */
static bool
is_or_of_columns(const Node *expr)
{
	List	   *common = NIL;
	bool		first = true;
	ListCell   *lc;

	if (!is_orclause(expr))
		return false;
	foreach(lc, ((const BoolExpr *) expr)->args)
	{
		const Node *arm = (const Node *) lfirst(lc);
		List	   *columns = columns_of(arm);

		if (columns == NIL || !is_servable(arm))
			return false;
		common = first ? columns : list_intersection(common, columns);
		first = false;
		if (common == NIL && lnext(((const BoolExpr *) expr)->args, lc) == NULL)
			return true;
	}
	return common == NIL;
}

/* An OR over columns, of one table or of several. */
static void
lint_or(AdvLint *lint, int node, const Node *expr)
{
	List	   *columns;
	List	   *attnums = NIL;
	List	   *names = NIL;
	Oid			relid = InvalidOid;
	bool		several = bms_num_members(adv_lint_relations(expr)) > 1;
	ListCell   *lc;

	if (!is_or_of_columns(expr))
		return;
	columns = columns_of(expr);
	foreach(lc, columns)
	{
		const Var  *var = lfirst_node(Var, lc);
		AttrNumber	attnum = var->varattno;
		const RangeTblEntry *rte = adv_lint_rte(lint, adv_lint_table(lint, var->varno, &attnum));
		char	   *name;

		if (rte == NULL || rte->rtekind != RTE_RELATION || attnum <= 0)
			return;
		name = get_attname(rte->relid, attnum, true);
		if (!OidIsValid(relid))
			relid = rte->relid;
		if (relid == rte->relid)
			attnums = lappend_int(attnums, attnum);
		names = lappend(names, !several || name == NULL ? name :
						psprintf("%s.%s", rte->eref->aliasname, name));
	}
	adv_fact_begin(&lint->facts, "or_columns");
	adv_fact_int(&lint->facts, "relid", relid);
	adv_fact_ints(&lint->facts, "attnums", attnums);
	adv_fact_strings(&lint->facts, "columns", names);
	adv_fact_bool(&lint->facts, "several_tables", several);
	adv_fact_string(&lint->facts, "expr", adv_lint_text(lint, expr, several, false));
	adv_fact_end_node(&lint->facts, node, true);
}

void
adv_lint_join_or(AdvLint *lint, const Plan *plan, int node,
				 const List *conditions)
{
	ListCell   *lc;

	foreach(lc, conditions)
	{
		const Node *condition = (const Node *) lfirst(lc);

		if (is_orclause(condition))
			lint_or(lint, node, adv_lint_base(lint, plan, condition));
	}
}

/* ---------------------------------------------------------------------
 * Filters
 * ---------------------------------------------------------------------
 */

/* One condition of a filter. */
static void
lint_condition(ScanLint *scan, const Node *condition)
{
	Node	   *left;
	Node	   *right;

	if (is_orclause(condition))
	{
		lint_or(scan->lint, scan->node, condition);
		return;
	}
	if (IsA(condition, OpExpr) &&
		list_length(((const OpExpr *) condition)->args) == 2)
	{
		const OpExpr *op = (const OpExpr *) condition;
		PatternKind kind = pattern_kind(op->opno);

		left = (Node *) linitial(op->args);
		right = (Node *) lsecond(op->args);
		if (kind != PATTERN_NONE)
			lint_pattern(scan, op, kind);
		else if (adv_lint_is_searchable(op->opno) &&
				 !lint_wrapped(scan, left, right, condition))
			(void) lint_wrapped(scan, right, left, condition);
	}
	else if (IsA(condition, ScalarArrayOpExpr) &&
			 ((const ScalarArrayOpExpr *) condition)->useOr &&
			 adv_lint_is_searchable(((const ScalarArrayOpExpr *) condition)->opno))
	{
		left = (Node *) linitial(((const ScalarArrayOpExpr *) condition)->args);
		right = (Node *) lsecond(((const ScalarArrayOpExpr *) condition)->args);
		(void) lint_wrapped(scan, left, right, condition);
	}
}

void
adv_lint_scan(AdvLint *lint, const Plan *plan, int node)
{
	ScanLint	scan = {lint, node, adv_lint_scan_relation(plan)};
	const RangeTblEntry *rte = adv_lint_rte(lint, scan.rti);
	AttrNumber	whole_row = 0;
	ListCell   *lc;

	/* on tables of others we know no indexes; samples do not use them */
	if (rte == NULL || rte->rtekind != RTE_RELATION || plan->qual == NIL ||
		IsA(plan, ForeignScan) || IsA(plan, SampleScan))
		return;
	scan.relid = rte->relid;
	scan.table = adv_lint_table(lint, scan.rti, &whole_row);
	foreach(lc, (List *) adv_lint_base(lint, plan, (Node *) plan->qual))
		lint_condition(&scan, (const Node *) lfirst(lc));
}

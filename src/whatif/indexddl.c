/*-------------------------------------------------------------------------
 *
 * indexddl.c
 *		An index definition as people see it: its DDL, its name, and what it
 *		makes superfluous.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/amapi.h"
#include "access/sysattr.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "commands/defrem.h"
#include "commands/tablespace.h"
#include "lib/stringinfo.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "whatif/indexddl.h"

/* ---------------------------------------------------------------------
 * DDL
 * ---------------------------------------------------------------------
 */

static void
set_until_end_of_level(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/*
 * Names of operators, types and operator classes come out qualified if they
 * cannot be seen without: let only pg_catalog be seen.
 */
int
adv_portable_text_begin(void)
{
	int			level = NewGUCNestLevel();

	set_until_end_of_level("search_path", "pg_catalog");
	set_until_end_of_level("DateStyle", "ISO");
	set_until_end_of_level("IntervalStyle", "postgres");
	set_until_end_of_level("extra_float_digits", "1");
	return level;
}

static char *
relation_name(Oid relid)
{
	char	   *name = get_rel_name(relid);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));
	return name;
}

/* Nobody has locked the table: it may be gone, or the column. */
static char *
column_name(Oid relid, AttrNumber attnum)
{
	char	   *name = get_attname(relid, attnum, true);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column %d of relation with OID %u does not exist", attnum, relid)));
	return name;
}

/* Does the grammar take an index expression without parentheses? */
static bool
needs_no_parentheses(const Node *expr)
{
	switch (nodeTag(expr))
	{
		case T_FuncExpr:
			return ((const FuncExpr *) expr)->funcformat == COERCE_EXPLICIT_CALL ||
				((const FuncExpr *) expr)->funcformat == COERCE_SQL_SYNTAX;
		case T_NullIfExpr:
		case T_CoalesceExpr:
		case T_MinMaxExpr:
			return true;
		default:
			return false;
	}
}

static char *
deparse(Node *expr, Oid relid)
{
	List	   *context = deparse_context_for(relation_name(relid), relid);

	return deparse_expression(expr, context, false, false);
}

/*
 * Does one pair of parentheses enclose all of a deparsed expression?  Quotes
 * come in pairs, those that are doubled as well; backslashes escape none.
 */
static bool
is_enclosed(const char *text)
{
	int			depth = 0;
	char		quote = 0;

	for (const char *c = text; *c; c++)
	{
		if (quote != 0)
			quote = *c == quote ? 0 : quote;
		else if (*c == '\'' || *c == '"')
			quote = *c;
		else if (*c == '(')
			depth++;
		else if (*c == ')')
			depth--;
		if (depth == 0)
			return c > text && c[1] == 0 && *c == ')';
	}
	return false;
}

/* What is indexed: a column or an expression. */
static void
append_subject(StringInfo out, const AdvIndexDef *def, const AdvIndexColumn *column)
{
	if (column->attnum != 0)
		appendStringInfoString(out, quote_identifier(column_name(def->relid, column->attnum)));
	else
	{
		char	   *text = deparse(column->expr, def->relid);

		if (needs_no_parentheses(column->expr) || is_enclosed(text))
			appendStringInfoString(out, text);
		else
			appendStringInfo(out, "(%s)", text);
	}
}

/* Collation of a column or expression if nothing is said. */
static Oid
own_collation(const AdvIndexDef *def, const AdvIndexColumn *column)
{
	Oid			type;
	int32		typmod;
	Oid			collation;

	if (column->attnum == 0)
		return exprCollation(column->expr);
	get_atttypetypmodcoll(def->relid, column->attnum, &type, &typmod, &collation);
	return collation;
}

/* Direction, where it is not ascending with nulls last. */
static void
append_options(StringInfo out, int16 options)
{
	bool		descending = (options & INDOPTION_DESC) != 0;
	bool		nulls_first = (options & INDOPTION_NULLS_FIRST) != 0;

	if (descending)
		appendStringInfoString(out, " DESC");
	if (nulls_first != descending)
		appendStringInfoString(out, nulls_first ? " NULLS FIRST" : " NULLS LAST");
}

static void
append_key(StringInfo out, const AdvIndexDef *def, int i, bool can_order)
{
	const AdvIndexColumn *column = &def->columns[i];
	int32		typmod;
	Oid			type = adv_indexdef_column_type(def, i, &typmod);

	append_subject(out, def, column);
	if (OidIsValid(column->collation) && column->collation != own_collation(def, column))
		appendStringInfo(out, " COLLATE %s", generate_collation_name(column->collation));
	if (column->opclass != GetDefaultOpClass(type, def->am))
		appendStringInfo(out, " %s", generate_opclass_name(column->opclass));
	if (can_order)
		append_options(out, column->options);
}

static void
append_columns(StringInfo out, const AdvIndexDef *def)
{
	bool		can_order = GetIndexAmRoutineByAmId(def->am, false)->amcanorder;

	appendStringInfoString(out, " (");
	for (int i = 0; i < def->nkeys; i++)
	{
		if (i > 0)
			appendStringInfoString(out, ", ");
		append_key(out, def, i, can_order);
	}
	for (int i = def->nkeys; i < def->ncolumns; i++)
	{
		appendStringInfoString(out, i == def->nkeys ? ") INCLUDE (" : ", ");
		append_subject(out, def, &def->columns[i]);
	}
	appendStringInfoChar(out, ')');
}

static void
append_storage(StringInfo out, const AdvIndexDef *def)
{
	const char *separator = " WITH (";

	if (def->fillfactor > 0)
	{
		appendStringInfo(out, "%sfillfactor=%d", separator, def->fillfactor);
		separator = ", ";
	}
	if (def->am == BTREE_AM_OID && !def->deduplicate)
	{
		appendStringInfo(out, "%sdeduplicate_items=off", separator);
		separator = ", ";
	}
	if (def->am == BRIN_AM_OID && def->pages_per_range > 0)
	{
		appendStringInfo(out, "%spages_per_range=%d", separator, def->pages_per_range);
		separator = ", ";
	}
	if (separator[0] == ',')
		appendStringInfoChar(out, ')');
	if (OidIsValid(def->tablespace))
		appendStringInfo(out, " TABLESPACE %s",
						 quote_identifier(get_tablespace_name(def->tablespace)));
}

static void
append_predicate(StringInfo out, const AdvIndexDef *def)
{
	char	   *text;

	if (def->predicate == NIL)
		return;
	text = deparse((Node *) make_ands_explicit(def->predicate), def->relid);
	if (is_enclosed(text))
		text = pnstrdup(text + 1, strlen(text) - 2);
	appendStringInfo(out, " WHERE %s", text);
}

bool
adv_indexdef_ddl_concurrent(const AdvIndexDef *def)
{
	return get_rel_relkind(def->relid) != RELKIND_PARTITIONED_TABLE;
}

/* The statement, with before_name between INDEX and the name, and before_table. */
static char *
write_ddl(const AdvIndexDef *def, const char *before_name, const char *name,
		  const char *before_table)
{
	int			level = adv_portable_text_begin();
	char	   *table = relation_name(def->relid);
	char	   *schema = get_namespace_name(get_rel_namespace(def->relid));
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "CREATE %sINDEX%s", def->unique ? "UNIQUE " : "", before_name);
	if (name != NULL)
		appendStringInfo(&out, " %s", quote_identifier(name));
	appendStringInfo(&out, " ON %s%s", before_table, quote_qualified_identifier(schema, table));
	if (def->am != BTREE_AM_OID)
		appendStringInfo(&out, " USING %s", quote_identifier(get_am_name(def->am)));
	append_columns(&out, def);
	append_storage(&out, def);
	append_predicate(&out, def);

	AtEOXact_GUC(true, level);
	return out.data;
}

char *
adv_indexdef_ddl(const AdvIndexDef *def, const char *name, bool concurrently)
{
	return write_ddl(def, concurrently && adv_indexdef_ddl_concurrent(def) ? " CONCURRENTLY" : "",
					 name, "");
}

char *
adv_indexdef_ddl_only(const AdvIndexDef *def, const char *name)
{
	return write_ddl(def, "", name, "ONLY ");
}

/* ---------------------------------------------------------------------
 * Names
 * ---------------------------------------------------------------------
 */

static void
append_part(StringInfo out, const char *part)
{
	if (out->len > 0)
		appendStringInfoChar(out, '_');
	appendStringInfoString(out, part);
}

/* An expression: the function's name, and the columns that it is of. */
static void
append_expression_name(StringInfo out, const AdvIndexDef *def, Node *expr)
{
	char	   *function = IsA(expr, FuncExpr) ? get_func_name(((FuncExpr *) expr)->funcid) : NULL;
	Bitmapset  *attnums = NULL;
	int			member = -1;

	append_part(out, function ? function : "expr");
	pull_varattnos(expr, 1, &attnums);
	while ((member = bms_next_member(attnums, member)) >= 0)
	{
		AttrNumber	attnum = member + FirstLowInvalidHeapAttributeNumber;

		if (attnum > 0)
			append_part(out, column_name(def->relid, attnum));
	}
}

static char *
column_names(const AdvIndexDef *def)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < def->ncolumns; i++)
	{
		if (def->columns[i].attnum != 0)
			append_part(&out, column_name(def->relid, def->columns[i].attnum));
		else
			append_expression_name(&out, def, def->columns[i].expr);
	}
	return out.data;
}

char *
adv_indexdef_name(const AdvIndexDef *def, bool (*taken) (const char *name, void *arg),
				  void *arg)
{
	char	   *table = relation_name(def->relid);
	Oid			schema = get_rel_namespace(def->relid);
	char	   *columns = column_names(def);

	for (int n = 0;; n++)
	{
		char		label[32] = "idx";
		char	   *name;

		if (n > 0)
			snprintf(label, sizeof(label), "idx%d", n);
		name = makeObjectName(table, columns, label);
		if (!OidIsValid(get_relname_relid(name, schema)) &&
			(taken == NULL || !taken(name, arg)))
			return name;
		pfree(name);
	}
}

/* ---------------------------------------------------------------------
 * Redundancy
 * ---------------------------------------------------------------------
 */

/* Options of a scan in the opposite direction */
#define REVERSED(options) ((options) ^ (INDOPTION_DESC | INDOPTION_NULLS_FIRST))

/*
 * Do both sort alike?  varchar_ops is another name of text_ops: classes of one
 * family for the same type are one and the same.
 */
static bool
same_opclass(Oid a, Oid b)
{
	return a == b ||
		(get_opclass_family(a) == get_opclass_family(b) &&
		 get_opclass_input_type(a) == get_opclass_input_type(b));
}

static bool
same_column(const AdvIndexColumn *a, const AdvIndexColumn *b)
{
	return a->attnum == b->attnum && (a->attnum != 0 || equal(a->expr, b->expr)) &&
		same_opclass(a->opclass, b->opclass) && a->collation == b->collation;
}

/* Are def's keys the first ones of by? */
static bool
is_prefix(const AdvIndexDef *by, const AdvIndexDef *def)
{
	bool		forward = true;
	bool		backward = true;

	if (def->nkeys > by->nkeys)
		return false;
	for (int i = 0; i < def->nkeys; i++)
	{
		if (!same_column(&by->columns[i], &def->columns[i]))
			return false;
		forward &= by->columns[i].options == def->columns[i].options;
		backward &= REVERSED(by->columns[i].options) == def->columns[i].options;
	}
	return forward || backward;
}

/* Are all columns that def includes somewhere in by? */
static bool
has_included(const AdvIndexDef *by, const AdvIndexDef *def)
{
	for (int i = def->nkeys; i < def->ncolumns; i++)
	{
		bool		found = false;

		for (int j = 0; j < by->ncolumns && !found; j++)
			found = by->columns[j].attnum == def->columns[i].attnum;
		if (!found)
			return false;
	}
	return true;
}

bool
adv_indexdef_has_rows(const AdvIndexDef *by, const AdvIndexDef *def)
{
	return by->predicate == NIL || equal(by->predicate, def->predicate) ||
		(def->predicate != NIL &&
		 predicate_implied_by(by->predicate, def->predicate, false));
}

bool
adv_indexdef_covers(const AdvIndexDef *by, const AdvIndexDef *def)
{
	if (by->relid != def->relid || by->am != def->am)
		return false;
	/* one on more rows forbids more, and def's duplicates among it */
	if (def->unique && (!by->unique || by->nkeys != def->nkeys))
		return false;
	if (def->am != BTREE_AM_OID)
		return adv_indexdef_equal(by, def);
	return is_prefix(by, def) && has_included(by, def) && adv_indexdef_has_rows(by, def);
}

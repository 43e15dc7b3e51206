/*-------------------------------------------------------------------------
 *
 * indexdef.c
 *		What an index is made of, whether it exists or not.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/amapi.h"
#include "access/attmap.h"
#include "access/brin.h"
#include "access/htup_details.h"
#include "access/nbtree.h"
#include "access/relation.h"
#include "access/reloptions.h"
#include "access/sysattr.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_am.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opclass.h"
#include "commands/defrem.h"
#include "commands/tablespace.h"
#include "common/compat.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_utilcmd.h"
#include "parser/parser.h"
#include "storage/lmgr.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "whatif/indexdef.h"

AdvIndexDef *
adv_indexdef_make(Oid relid, Oid am)
{
	AdvIndexDef *def = palloc0(sizeof(AdvIndexDef));

	def->relid = relid;
	def->am = am;
	def->deduplicate = true;
	return def;
}

AdvIndexDef *
adv_indexdef_copy(const AdvIndexDef *def)
{
	AdvIndexDef *copy = palloc(sizeof(AdvIndexDef));

	*copy = *def;
	if (def->name)
		copy->name = pstrdup(def->name);
	for (int i = 0; i < def->ncolumns; i++)
		copy->columns[i].expr = copyObject(def->columns[i].expr);
	copy->predicate = copyObject(def->predicate);
	return copy;
}

/* Type, typmod and collation of an attribute or expression. */
static void
get_type(Oid relid, AttrNumber attnum, Node *expr,
		 Oid *type, int32 *typmod, Oid *collation)
{
	if (attnum != 0)
		get_atttypetypmodcoll(relid, attnum, type, typmod, collation);
	else
	{
		*type = exprType(expr);
		*typmod = exprTypmod(expr);
		*collation = exprCollation(expr);
	}
}

Oid
adv_indexdef_column_type(const AdvIndexDef *def, int column, int32 *typmod)
{
	const AdvIndexColumn *c = &def->columns[column];
	Oid			type;
	Oid			collation;

	get_type(def->relid, c->attnum, c->expr, &type, typmod, &collation);
	return type;
}

bool
adv_indexdef_add_key(AdvIndexDef *def, AttrNumber attnum, Node *expr,
					 Oid opclass, Oid collation, int16 options)
{
	AdvIndexColumn *column = &def->columns[def->nkeys];
	Oid			type;
	int32		typmod;
	Oid			own_collation;

	Assert(def->nkeys == def->ncolumns);
	if (def->nkeys == INDEX_MAX_KEYS)
		return false;

	get_type(def->relid, attnum, expr, &type, &typmod, &own_collation);
	if (!OidIsValid(opclass))
		opclass = GetDefaultOpClass(type, def->am);
	if (!OidIsValid(opclass))
		return false;

	column->attnum = attnum;
	column->expr = attnum == 0 ? copyObject(expr) : NULL;
	column->opclass = opclass;
	column->collation = OidIsValid(collation) ? collation : own_collation;
	column->options = options;
	def->nkeys = ++def->ncolumns;
	return true;
}

bool
adv_indexdef_add_included(AdvIndexDef *def, AttrNumber attnum)
{
	AdvIndexColumn *column = &def->columns[def->ncolumns];

	if (def->ncolumns == INDEX_MAX_KEYS)
		return false;
	memset(column, 0, sizeof(AdvIndexColumn));
	column->attnum = attnum;
	def->ncolumns++;
	return true;
}

bool
adv_indexdef_equal(const AdvIndexDef *a, const AdvIndexDef *b)
{
	if (a->relid != b->relid || a->am != b->am || a->nkeys != b->nkeys ||
		a->ncolumns != b->ncolumns || !equal(a->predicate, b->predicate))
		return false;
	for (int i = 0; i < a->ncolumns; i++)
	{
		const AdvIndexColumn *x = &a->columns[i];
		const AdvIndexColumn *y = &b->columns[i];

		if (x->attnum != y->attnum || x->opclass != y->opclass ||
			x->collation != y->collation || x->options != y->options ||
			!equal(x->expr, y->expr))
			return false;
	}
	return true;
}

AdvIndexDef *
adv_indexdef_for_child(const AdvIndexDef *def, Relation parent, Relation child)
{
	AdvIndexDef *mapped = adv_indexdef_copy(def);

	mapped->relid = RelationGetRelid(child);
	for (int i = 0; i < def->ncolumns; i++)
	{
		AdvIndexColumn *column = &mapped->columns[i];

		if (column->attnum > 0)
		{
			Form_pg_attribute att = TupleDescAttr(RelationGetDescr(parent),
												  column->attnum - 1);

			column->attnum = get_attnum(mapped->relid, NameStr(att->attname));
			if (column->attnum == InvalidAttrNumber)
				return NULL;
		}
		else if (column->expr)
			column->expr = linitial(map_partition_varattnos(list_make1(column->expr),
															1, child, parent));
	}
	mapped->predicate = map_partition_varattnos(mapped->predicate, 1, child, parent);
	return mapped;
}

/* The storage options that matter, from an option list that is known to be good. */
static void
set_storage(AdvIndexDef *def, List *options)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *option = lfirst_node(DefElem, lc);

		if (strcmp(option->defname, "fillfactor") == 0)
			def->fillfactor = pg_strtoint32(defGetString(option));
		else if (strcmp(option->defname, "deduplicate_items") == 0)
			def->deduplicate = defGetBoolean(option);
		else if (strcmp(option->defname, "pages_per_range") == 0)
			def->pages_per_range = pg_strtoint32(defGetString(option));
	}
}

AdvIndexDef *
adv_indexdef_of_index(Relation index)
{
	Form_pg_index form = index->rd_index;
	AdvIndexDef *def = adv_indexdef_make(form->indrelid, index->rd_rel->relam);
	List	   *expressions = RelationGetIndexExpressions(index);
	ListCell   *expression = list_head(expressions);
	HeapTuple	tuple;
	Datum		options;
	bool		isnull;

	def->nkeys = form->indnkeyatts;
	def->ncolumns = form->indnatts;
	for (int i = 0; i < def->ncolumns; i++)
	{
		AdvIndexColumn *column = &def->columns[i];

		column->attnum = form->indkey.values[i];
		if (column->attnum == 0)
		{
			column->expr = lfirst(expression);
			expression = lnext(expressions, expression);
		}
		if (i < def->nkeys)
		{
			column->collation = index->rd_indcollation[i];
			column->options = index->rd_indoption[i];
		}
	}
	def->predicate = RelationGetIndexPredicate(index);
	def->tablespace = index->rd_rel->reltablespace;
	def->unique = form->indisunique;

	/* the operator classes themselves are in the catalog only */
	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(RelationGetRelid(index)));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for index %u", RelationGetRelid(index));
	options = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indclass, &isnull);
	for (int i = 0; i < def->nkeys; i++)
		def->columns[i].opclass = ((oidvector *) DatumGetPointer(options))->values[i];
	ReleaseSysCache(tuple);

	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(RelationGetRelid(index)));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", RelationGetRelid(index));
	options = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &isnull);
	if (!isnull)
		set_storage(def, untransformRelOptions(options));
	ReleaseSysCache(tuple);
	return def;
}

/* The parse tree of a CREATE INDEX statement. */
static IndexStmt *
parse_statement(const char *statement)
{
	List	   *trees = pg_parse_query(statement);
	Node	   *tree;

	if (list_length(trees) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("an index definition must be one CREATE INDEX statement"),
				 errdetail("The text has %d statements.", list_length(trees))));
	tree = linitial_node(RawStmt, trees)->stmt;
	if (!IsA(tree, IndexStmt))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("not a CREATE INDEX statement: %s", statement),
				 errhint("Write each index as CREATE INDEX ON table (column, ...).")));
	return castNode(IndexStmt, tree);
}

/* The table of a definition, which must be one that can have indexes. */
static Oid
lock_table(RangeVar *name)
{
	Oid			relid = RangeVarGetRelid(name, AccessShareLock, false);
	char		relkind = get_rel_relkind(relid);
	AclResult	right;

	/* sizes tell of the data: they are for who may read it */
	right = pg_class_aclcheck(relid, GetUserId(), ACL_SELECT);
	if (right != ACLCHECK_OK)
		aclcheck_error(right, get_relkind_objtype(relkind), get_rel_name(relid));
	if (relkind != RELKIND_RELATION && relkind != RELKIND_MATVIEW &&
		relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("cannot create index on relation \"%s\"", get_rel_name(relid)),
				 errhint("Indexes are for tables and materialized views.")));
	return relid;
}

/* An expression or predicate as the catalog's readers get it. */
static Node *
simplify(Node *expr, bool is_predicate)
{
	Bitmapset  *columns = NULL;

	pull_varattnos(expr, 1, &columns);
	for (int i = FirstLowInvalidHeapAttributeNumber + 1; i < 0; i++)
		if (bms_is_member(i - FirstLowInvalidHeapAttributeNumber, columns))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("index creation on system columns is not supported")));
	expr = (Node *) expression_planner((Expr *) copyObject(expr));
	if (contain_mutable_functions(expr))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("functions in index %s must be marked IMMUTABLE",
						is_predicate ? "predicate" : "expression")));
	if (is_predicate)
		expr = (Node *) canonicalize_qual((Expr *) expr, false);
	return expr;
}

static int16
column_options(const IndexElem *element)
{
	int16		options = element->ordering == SORTBY_DESC ? INDOPTION_DESC : 0;

	if (element->nulls_ordering == SORTBY_NULLS_FIRST ||
		(element->nulls_ordering == SORTBY_NULLS_DEFAULT &&
		 element->ordering == SORTBY_DESC))
		options |= INDOPTION_NULLS_FIRST;
	return options;
}

/* Attribute or expression of a column: one of both. */
static void
resolve_column(Oid relid, const IndexElem *element, AttrNumber *attnum, Node **expr)
{
	*attnum = 0;
	*expr = element->expr;
	if (element->name != NULL)
	{
		*attnum = get_attnum(relid, element->name);
		if (*attnum == InvalidAttrNumber)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" does not exist", element->name)));
		if (*attnum < 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("index creation on system columns is not supported")));
		return;
	}
	while (IsA(*expr, CollateExpr))
		*expr = (Node *) ((CollateExpr *) *expr)->arg;
	if (IsA(*expr, Var) && ((Var *) *expr)->varattno > 0)
		*attnum = ((Var *) *expr)->varattno;
	else
		*expr = simplify(*expr, false);
}

static void
parse_key(AdvIndexDef *def, const IndexElem *element, const char *am_name,
		  bool can_order)
{
	AttrNumber	attnum;
	Node	   *expr;
	Oid			type;
	int32		typmod;
	Oid			collation;

	resolve_column(def->relid, element, &attnum, &expr);
	get_type(def->relid, attnum, expr, &type, &typmod, &collation);
	if (element->collation)
		collation = get_collation_oid(element->collation, false);
	else if (element->name == NULL)
		collation = exprCollation(element->expr);
	if (type_is_collatable(type) && !OidIsValid(collation))
		ereport(ERROR,
				(errcode(ERRCODE_INDETERMINATE_COLLATION),
				 errmsg("could not determine which collation to use for index expression"),
				 errhint("Use the COLLATE clause to set the collation explicitly.")));
	if (!can_order && (element->ordering != SORTBY_DEFAULT ||
					   element->nulls_ordering != SORTBY_NULLS_DEFAULT))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("access method \"%s\" does not support ordering options",
						am_name)));
	if (!adv_indexdef_add_key(def, attnum, expr,
							  ResolveOpClass(element->opclass, type, am_name, def->am),
							  collation, can_order ? column_options(element) : 0))
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("cannot use more than %d columns in an index", INDEX_MAX_KEYS)));
}

static void
parse_included(AdvIndexDef *def, const IndexElem *element)
{
	AttrNumber	attnum;
	Node	   *expr;

	/* expressions here have not been analysed */
	if (element->name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("expressions are not supported in included columns")));
	resolve_column(def->relid, element, &attnum, &expr);
	if (!adv_indexdef_add_included(def, attnum))
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("cannot use more than %d columns in an index", INDEX_MAX_KEYS)));
}

/* Can the access method do what the statement asks for? */
static void
check_method(const IndexStmt *stmt, IndexAmRoutine *routine)
{
	const char *missing = NULL;

	if (list_length(stmt->indexParams) > 1 && !routine->amcanmulticol)
		missing = "multicolumn indexes";
	else if (stmt->indexIncludingParams != NIL && !routine->amcaninclude)
		missing = "included columns";
	else if (stmt->unique && !routine->amcanunique)
		missing = "unique indexes";
	if (missing)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("access method \"%s\" does not support %s",
						stmt->accessMethod, missing)));
}

AdvIndexDef *
adv_indexdef_parse(const char *statement)
{
	IndexStmt  *stmt = parse_statement(statement);
	Oid			relid = lock_table(stmt->relation);
	Oid			am = get_index_am_oid(stmt->accessMethod, false);
	IndexAmRoutine *routine = GetIndexAmRoutineByAmId(am, false);
	AdvIndexDef *def = adv_indexdef_make(relid, am);
	ListCell   *lc;

	check_method(stmt, routine);
	stmt = transformIndexStmt(relid, stmt, statement);
	foreach(lc, stmt->indexParams)
		parse_key(def, lfirst_node(IndexElem, lc), stmt->accessMethod,
				  routine->amcanorder);
	foreach(lc, stmt->indexIncludingParams)
		parse_included(def, lfirst_node(IndexElem, lc));
	if (stmt->whereClause)
		def->predicate = make_ands_implicit((Expr *) simplify(stmt->whereClause, true));
	if (stmt->tableSpace)
		def->tablespace = get_tablespace_oid(stmt->tableSpace, false);
	(void) index_reloptions(routine->amoptions,
							transformRelOptions((Datum) 0, stmt->options, NULL,
												NULL, false, false),
							true);
	set_storage(def, stmt->options);
	def->unique = stmt->unique;
	def->name = stmt->idxname;
	return def;
}

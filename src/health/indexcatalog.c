/*-------------------------------------------------------------------------
 *
 * indexcatalog.c
 *		All indexes of this database as the catalogs describe them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "health/indexcatalog.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/prep.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/syscache.h"

static int
compare_indexes(const void *a, const void *b)
{
	const AdvCatalogIndex *x = a;
	const AdvCatalogIndex *y = b;

	if (x->relid != y->relid)
		return x->relid < y->relid ? -1 : 1;
	return x->indexid < y->indexid ? -1 : x->indexid > y->indexid;
}

AdvIndexCatalog *
adv_indexcatalog_read(void)
{
	AdvIndexCatalog *catalog = palloc0(sizeof(AdvIndexCatalog));
	int			room = 256;
	Relation	pg_index = table_open(IndexRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(pg_index, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;

	catalog->indexes = palloc(room * sizeof(AdvCatalogIndex));
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);
		AdvCatalogIndex *index;

		CHECK_FOR_INTERRUPTS();
		if (form->indrelid < FirstNormalObjectId)
			continue;
		if (catalog->n == room)
		{
			room *= 2;
			catalog->indexes = repalloc_huge(catalog->indexes, room * sizeof(AdvCatalogIndex));
		}
		index = &catalog->indexes[catalog->n++];
		memset(index, 0, sizeof(AdvCatalogIndex));
		index->relid = form->indrelid;
		index->indexid = form->indexrelid;
		index->tuple = heap_copytuple(tuple);
	}
	systable_endscan(scan);
	table_close(pg_index, AccessShareLock);
	qsort(catalog->indexes, catalog->n, sizeof(AdvCatalogIndex), compare_indexes);
	return catalog;
}

AdvCatalogIndex *
adv_indexcatalog_of_table(const AdvIndexCatalog *catalog, Oid relid, int *n)
{
	int			low = 0;
	int			high = catalog->n;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (catalog->indexes[middle].relid < relid)
			low = middle + 1;
		else
			high = middle;
	}
	for (*n = 0; low + *n < catalog->n && catalog->indexes[low + *n].relid == relid;)
		(*n)++;
	return &catalog->indexes[low];
}

static bool
is_users_function(Oid funcid, void *context)
{
	return funcid >= FirstNormalObjectId;
}

/* Might simplifying it run what a user has written? */
static bool
contains_users_code(Node *node, void *context)
{
	if (node == NULL)
		return false;
	/* a domain's constraints are looked up, and run, by name of their type */
	if (IsA(node, CoerceToDomain) || check_functions_in_node(node, is_users_function, NULL))
		return true;
	return expression_tree_walker(node, contains_users_code, context);
}

/* A list of trees in pg_index; NIL if the column is null. */
static List *
stored_trees(HeapTuple tuple, AttrNumber attnum, bool is_predicate)
{
	bool		isnull;
	Datum		stored = SysCacheGetAttr(INDEXRELID, tuple, attnum, &isnull);
	Node	   *tree;

	if (isnull)
		return NIL;
	tree = stringToNode(TextDatumGetCString(stored));
	fix_opfuncids(tree);
	if (!contains_users_code(tree, NULL))
		tree = eval_const_expressions(NULL, tree);
	if (!is_predicate)
		return (List *) tree;
	return make_ands_implicit(canonicalize_qual((Expr *) tree, false));
}

static oidvector *
oids_of(HeapTuple tuple, AttrNumber attnum)
{
	bool		isnull;

	return (oidvector *) DatumGetPointer(SysCacheGetAttr(INDEXRELID, tuple, attnum, &isnull));
}

static void
describe_columns(AdvCatalogIndex *index)
{
	Form_pg_index form = (Form_pg_index) GETSTRUCT(index->tuple);
	AdvIndexDef *def = index->def;
	bool		isnull;
	oidvector  *classes = oids_of(index->tuple, Anum_pg_index_indclass);
	oidvector  *collations = oids_of(index->tuple, Anum_pg_index_indcollation);
	int2vector *options = (int2vector *)
		DatumGetPointer(SysCacheGetAttr(INDEXRELID, index->tuple, Anum_pg_index_indoption, &isnull));
	List	   *expressions = stored_trees(index->tuple, Anum_pg_index_indexprs, false);
	ListCell   *expression = list_head(expressions);

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
			column->opclass = classes->values[i];
			column->collation = collations->values[i];
			column->options = options->values[i];
		}
	}
	def->predicate = stored_trees(index->tuple, Anum_pg_index_indpred, true);
	def->unique = form->indisunique;
}

bool
adv_indexcatalog_describe(AdvCatalogIndex *index)
{
	Form_pg_index form = (Form_pg_index) GETSTRUCT(index->tuple);
	HeapTuple	tuple;
	Form_pg_class class;
	Datum		options;
	bool		isnull;

	if (index->def != NULL)
		return true;
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index->indexid));
	if (!HeapTupleIsValid(tuple))
		return false;
	class = (Form_pg_class) GETSTRUCT(tuple);
	index->def = adv_indexdef_make(index->relid, class->relam);
	index->def->tablespace = class->reltablespace;
	index->partitioned = class->relkind == RELKIND_PARTITIONED_INDEX;
	index->attached = class->relispartition;
	options = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &isnull);
	if (!isnull)
		index->storage = untransformRelOptions(options);
	ReleaseSysCache(tuple);

	index->usable = form->indisvalid && form->indisready && form->indislive;
	index->immediate = form->indimmediate;
	index->nulls_not_distinct = form->indnullsnotdistinct;
	describe_columns(index);
	return true;
}

bool
adv_indexcatalog_is_table(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Form_pg_class class;
	bool		result;

	if (!HeapTupleIsValid(tuple))
		return false;
	class = (Form_pg_class) GETSTRUCT(tuple);
	result = (class->relkind == RELKIND_RELATION || class->relkind == RELKIND_MATVIEW ||
			  class->relkind == RELKIND_PARTITIONED_TABLE) &&
		class->relpersistence != RELPERSISTENCE_TEMP;
	ReleaseSysCache(tuple);
	return result;
}

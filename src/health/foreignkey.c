/*-------------------------------------------------------------------------
 *
 * foreignkey.c
 *		Foreign keys whose referencing rows no index finds.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "common/compat.h"
#include "health/foreignkey.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "whatif/indexddl.h"

/* A foreign key as its referencing table has it. */
typedef struct ForeignKey
{
	Oid			oid;
	Oid			relid;
	int			n;
	AttrNumber	attnums[INDEX_MAX_KEYS];
	Oid			operators[INDEX_MAX_KEYS];	/* referenced = referencing */
	Node	   *casts[INDEX_MAX_KEYS];	/* what lookups compare if not the column */
} ForeignKey;

/* The best that was seen of the indexes of a table. */
typedef struct Nearest
{
	Oid			index;
	AdvIndexLack lack;
} Nearest;

const char *
adv_index_lack_name(AdvIndexLack lack)
{
	static const char *const names[] = {NULL, "invalid", "partial", "operator", "partitions",
	"order", "include", "method", "columns", NULL};

	return names[lack];
}

/* ---------------------------------------------------------------------
 * Reading
 * ---------------------------------------------------------------------
 */

/* An array column of pg_constraint; its size, unless *n is 0, must be *n. */
static void *
array_of(HeapTuple tuple, AttrNumber attnum, Oid type, int *n)
{
	bool		isnull;
	Datum		datum = SysCacheGetAttr(CONSTROID, tuple, attnum, &isnull);
	ArrayType  *array = isnull ? NULL : DatumGetArrayTypeP(datum);

	if (array == NULL || ARR_NDIM(array) != 1 || ARR_HASNULL(array) ||
		ARR_ELEMTYPE(array) != type || (*n != 0 && ARR_DIMS(array)[0] != *n))
		return NULL;
	*n = ARR_DIMS(array)[0];
	return ARR_DATA_PTR(array);
}

static bool
read_key(HeapTuple tuple, ForeignKey *key)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	int16	   *attnums;
	Oid		   *operators;

	key->oid = form->oid;
	key->relid = form->conrelid;
	key->n = 0;
	attnums = array_of(tuple, Anum_pg_constraint_conkey, INT2OID, &key->n);
	operators = array_of(tuple, Anum_pg_constraint_conpfeqop, OIDOID, &key->n);
	if (attnums == NULL || operators == NULL || key->n > INDEX_MAX_KEYS)
		return false;
	memcpy(key->attnums, attnums, key->n * sizeof(int16));
	memcpy(key->operators, operators, key->n * sizeof(Oid));
	memset(key->casts, 0, sizeof(key->casts));
	return true;
}

static int
compare_keys(const void *a, const void *b)
{
	const ForeignKey *x = *(ForeignKey *const *) a;
	const ForeignKey *y = *(ForeignKey *const *) b;

	if (x->relid != y->relid)
		return x->relid < y->relid ? -1 : 1;
	return x->oid < y->oid ? -1 : x->oid > y->oid;
}

/* All foreign keys that are not a partition's share in another one, by table. */
static ForeignKey **
read_keys(int *n)
{
	int			room = 256;
	ForeignKey **keys = palloc(room * sizeof(ForeignKey *));
	Relation	pg_constraint = table_open(ConstraintRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(pg_constraint, InvalidOid, false, NULL, 0, NULL);
	ForeignKey	key;
	HeapTuple	tuple;

	*n = 0;
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);

		CHECK_FOR_INTERRUPTS();
		if (form->contype != CONSTRAINT_FOREIGN || OidIsValid(form->conparentid) ||
			!ADV_FOREIGN_KEY_BY_EQUALITY(form) || !read_key(tuple, &key))
			continue;
		if (*n == room)
		{
			room *= 2;
			keys = repalloc_huge(keys, room * sizeof(ForeignKey *));
		}
		keys[*n] = palloc(sizeof(ForeignKey));
		*keys[(*n)++] = key;
	}
	systable_endscan(scan);
	table_close(pg_constraint, AccessShareLock);
	qsort(keys, *n, sizeof(ForeignKey *), compare_keys);
	return keys;
}

/* ---------------------------------------------------------------------
 * Matching
 * ---------------------------------------------------------------------
 */

/* A column of the key; NULL if it is gone. */
static Node *
column_of(const ForeignKey *key, int i)
{
	HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(key->relid),
										Int16GetDatum(key->attnums[i]));
	Form_pg_attribute att;
	Node	   *column = NULL;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	att = (Form_pg_attribute) GETSTRUCT(tuple);
	if (!att->attisdropped)
		column = (Node *) makeVar(1, key->attnums[i], att->atttypid, att->atttypmod, att->attcollation, 0);
	ReleaseSysCache(tuple);
	return column;
}

/*
 * The server's lookups cast a column whose own type the equality does not take,
 * as an integer that refers to a numeric: then only an index on that cast is of use.
 */
static void
find_casts(ForeignKey *key)
{
	for (int i = 0; i < key->n; i++)
	{
		Node	   *column = column_of(key, i);
		Oid			type = column ? getBaseType(exprType(column)) : InvalidOid;
		Oid			left;
		Oid			right;

		key->casts[i] = NULL;
		op_input_types(key->operators[i], &left, &right);
		if (column != NULL && !IsPolymorphicType(right) && !IsBinaryCoercible(type, right))
			key->casts[i] = coerce_to_target_type(NULL, column, exprType(column), right, -1,
												  COERCION_IMPLICIT, COERCE_EXPLICIT_CAST, -1);
	}
}

static int
position_of(const ForeignKey *key, const AdvIndexColumn *column)
{
	for (int i = 0; i < key->n; i++)
		if (column->attnum != 0 ? key->attnums[i] == column->attnum :
			key->casts[i] != NULL && equal(key->casts[i], column->expr))
			return i;
	return -1;
}

/* Can a column of an index be searched as the server's lookups do it? */
static bool
has_equality(const ForeignKey *key, const AdvIndexDef *def, int column)
{
	const AdvIndexColumn *c = &def->columns[column];
	int			position = position_of(key, c);
	Oid			commutator = get_commutator(key->operators[position]);
	Oid			family = get_opclass_family(c->opclass);
	int			equality = def->am == HASH_AM_OID ? HTEqualStrategyNumber : BTEqualStrategyNumber;
	Node	   *searched = c->attnum != 0 ? column_of(key, position) : key->casts[position];

	return searched != NULL && OidIsValid(commutator) &&
		get_op_opfamily_strategy(commutator, family) == equality &&
		(!OidIsValid(c->collation) || c->collation == exprCollation(searched));
}

/* Is every row that references anything in the index? */
static bool
has_references(const ForeignKey *key, const AdvIndexDef *def)
{
	List	   *known = NIL;

	if (def->predicate == NIL)
		return true;
	for (int i = 0; i < key->n; i++)
	{
		NullTest   *test = makeNode(NullTest);

		test->arg = (Expr *) column_of(key, i);
		if (test->arg == NULL)
			return false;
		test->nulltesttype = IS_NOT_NULL;
		test->location = -1;
		known = lappend(known, test);
	}
	return predicate_implied_by(def->predicate, known, false);
}

/* How many of the key's columns are among those of the index from first on? */
static int
count_columns(const ForeignKey *key, const AdvIndexDef *def, int first, int end)
{
	int			n = 0;

	for (int i = 0; i < key->n; i++)
		for (int j = first; j < end; j++)
			if (position_of(key, &def->columns[j]) == i)
			{
				n++;
				break;
			}
	return n;
}

/* What is wrong with the columns; sets nused to how many keys would be searched. */
static AdvIndexLack
columns_lack(const ForeignKey *key, const AdvIndexDef *def, int *nused)
{
	*nused = key->n;
	if (def->am != BTREE_AM_OID && !(def->am == HASH_AM_OID && key->n == 1))
		return count_columns(key, def, 0, def->nkeys) == key->n ? ADV_LACK_METHOD : ADV_LACK_ALL;
	if (count_columns(key, def, 0, Min(key->n, def->nkeys)) == key->n)
		return ADV_LACK_NONE;

	/* one row at most is found by the columns of a unique index */
	if (def->unique && count_columns(key, def, 0, def->nkeys) == def->nkeys)
	{
		*nused = def->nkeys;
		return ADV_LACK_NONE;
	}
	if (count_columns(key, def, 0, def->nkeys) == key->n)
		return ADV_LACK_ORDER;
	if (count_columns(key, def, 0, def->ncolumns) == key->n)
		return ADV_LACK_KEY;
	return position_of(key, &def->columns[0]) >= 0 ? ADV_LACK_COLUMNS : ADV_LACK_ALL;
}

static AdvIndexLack
index_lack(const ForeignKey *key, const AdvCatalogIndex *index)
{
	const AdvIndexDef *def = index->def;
	int			nused;
	AdvIndexLack lack = columns_lack(key, def, &nused);

	if (lack != ADV_LACK_NONE)
		return lack;
	for (int i = 0; i < nused; i++)
		if (position_of(key, &def->columns[i]) < 0 || !has_equality(key, def, i))
			return ADV_LACK_OPERATOR;
	if (!has_references(key, def))
		return ADV_LACK_ROWS;
	return index->usable ? ADV_LACK_NONE : ADV_LACK_VALIDITY;
}

/* Has the index anything to do with the key?  Most have not, so ask that first. */
static bool
mentions(const AdvCatalogIndex *index, const ForeignKey *key)
{
	Form_pg_index form = (Form_pg_index) GETSTRUCT(index->tuple);

	for (int i = 0; i < form->indnatts; i++)
		for (int j = 0; j < key->n; j++)
			if (form->indkey.values[i] == key->attnums[j] ||
				(form->indkey.values[i] == 0 && key->casts[j] != NULL))
				return true;
	return false;
}

static Nearest
nearest_index(const AdvIndexCatalog *catalog, const ForeignKey *key)
{
	Nearest		best = {InvalidOid, ADV_LACK_ALL};
	int			n;
	AdvCatalogIndex *indexes = adv_indexcatalog_of_table(catalog, key->relid, &n);

	for (int i = 0; i < n && best.lack != ADV_LACK_NONE; i++)
	{
		AdvIndexLack lack;

		if (!mentions(&indexes[i], key) || !adv_indexcatalog_describe(&indexes[i]))
			continue;
		lack = index_lack(key, &indexes[i]);
		if (lack < best.lack)
		{
			best.lack = lack;
			best.index = indexes[i].indexid;
		}
	}
	return best;
}

/* ---------------------------------------------------------------------
 * Partitions
 * ---------------------------------------------------------------------
 */

/* The key as a partition has it, whose attributes may be numbered differently. */
static bool
key_of_child(const ForeignKey *key, Oid child, ForeignKey *mapped)
{
	*mapped = *key;
	mapped->relid = child;
	for (int i = 0; i < key->n; i++)
	{
		char	   *name = get_attname(key->relid, key->attnums[i], true);

		mapped->attnums[i] = name ? get_attnum(child, name) : InvalidAttrNumber;
		if (mapped->attnums[i] == InvalidAttrNumber)
			return false;
	}
	find_casts(mapped);
	return true;
}

/*
 * The index of a partitioned table may be missing where all partitions have one
 * of their own.  No lock: a partition that goes meanwhile has no indexes left.
 */
static Nearest
nearest_in_partitions(const AdvIndexCatalog *catalog, const ForeignKey *key)
{
	Nearest		some = {InvalidOid, ADV_LACK_ALL};
	int			nleaves = 0;
	int			nserved = 0;
	ListCell   *lc;

	foreach(lc, find_all_inheritors(key->relid, NoLock, NULL))
	{
		ForeignKey	mapped;
		Nearest		nearest;

		if (get_rel_relkind(lfirst_oid(lc)) != RELKIND_RELATION ||
			!key_of_child(key, lfirst_oid(lc), &mapped))
			continue;
		nleaves++;
		nearest = nearest_index(catalog, &mapped);
		if (nearest.lack != ADV_LACK_NONE)
			continue;
		nserved++;
		some.index = nearest.index;
	}
	if (nserved > 0)
		some.lack = nserved == nleaves ? ADV_LACK_NONE : ADV_LACK_PARTITIONS;
	return some;
}

static Nearest
nearest_of(const AdvIndexCatalog *catalog, const ForeignKey *key)
{
	Nearest		nearest = nearest_index(catalog, key);

	if (nearest.lack != ADV_LACK_NONE &&
		get_rel_relkind(key->relid) == RELKIND_PARTITIONED_TABLE)
	{
		Nearest		below = nearest_in_partitions(catalog, key);

		if (below.lack < nearest.lack)
			return below;
	}
	return nearest;
}

/* ---------------------------------------------------------------------
 * Results
 * ---------------------------------------------------------------------
 */

/* Names for indexes on a table, so that those on different columns differ. */
typedef struct GivenNames
{
	Oid			relid;
	List	   *columns;		/* of Bitmapset, one for each name */
	List	   *names;
} GivenNames;

static bool
is_given(const char *name, void *arg)
{
	ListCell   *lc;

	foreach(lc, ((GivenNames *) arg)->names)
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	return false;
}

/* The name of an index on these columns: the same for a second key on them. */
static const char *
give_name(const ForeignKey *key, const AdvIndexDef *def, GivenNames *given)
{
	Bitmapset  *columns = NULL;
	ListCell   *lc;
	ListCell   *name;

	if (given->relid != key->relid)
		*given = (GivenNames) {key->relid, NIL, NIL};
	for (int i = 0; i < key->n; i++)
		columns = bms_add_member(columns, key->attnums[i]);
	forboth(lc, given->columns, name, given->names)
		if (bms_equal(lfirst(lc), columns))
			return lfirst(name);
	given->columns = lappend(given->columns, columns);
	given->names = lappend(given->names, adv_indexdef_name(def, is_given, given));
	return llast(given->names);
}

static bool
write_ddl(const ForeignKey *key, GivenNames *given, AdvUnindexedKey *result)
{
	AdvIndexDef *def = adv_indexdef_make(key->relid, BTREE_AM_OID);
	const char *schema = get_namespace_name(get_rel_namespace(key->relid));
	const char *table = get_rel_name(key->relid);
	const char *concurrently = adv_indexdef_ddl_concurrent(def) ? "CONCURRENTLY " : "";
	const char *name;
	StringInfoData columns;

	if (schema == NULL || table == NULL)
		return false;
	initStringInfo(&columns);
	for (int i = 0; i < key->n; i++)
	{
		char	   *column = get_attname(key->relid, key->attnums[i], true);

		/* for the name, it does not matter what kind of column it is */
		if (column == NULL || !adv_indexdef_add_included(def, key->attnums[i]))
			return false;
		appendStringInfo(&columns, key->casts[i] ? "%s(%s::%s)" : "%s%s", i > 0 ? ", " : "",
						 quote_identifier(column),
						 key->casts[i] ? format_type_be_qualified(exprType(key->casts[i])) : "");
	}
	name = give_name(key, def, given);

	/* not adv_indexdef_ddl(): defaults need no care, and there may be thousands */
	result->ddl = psprintf("CREATE INDEX %s%s ON %s (%s);", concurrently, quote_identifier(name),
						   quote_qualified_identifier(schema, table), columns.data);
	result->undo = psprintf("DROP INDEX %sIF EXISTS %s;", concurrently,
							quote_qualified_identifier(schema, name));
	return true;
}

/* False if it has an index, or its table goes away. */
static bool
look_at(const AdvIndexCatalog *catalog, ForeignKey *key, GivenNames *given,
		AdvUnindexedKey *result)
{
	Nearest		nearest;

	if (!adv_indexcatalog_is_table(key->relid))
		return false;
	find_casts(key);
	nearest = nearest_of(catalog, key);
	result->constraint = key->oid;
	result->near = nearest.index;
	result->lack = nearest.lack;
	return nearest.lack != ADV_LACK_NONE && write_ddl(key, given, result);
}

void
adv_unindexed_keys_find(void (*found) (const AdvUnindexedKey *key, void *arg), void *arg)
{
	AdvIndexCatalog *catalog = adv_indexcatalog_read();
	GivenNames	given = {InvalidOid};
	int			n;
	ForeignKey **keys = read_keys(&n);

	for (int i = 0; i < n; i++)
	{
		AdvUnindexedKey result;
		/* so that it cannot be dropped meanwhile, unless that has begun */
		bool		locked = ConditionalLockRelationOid(keys[i]->relid, AccessShareLock);
		bool		unindexed = look_at(catalog, keys[i], &given, &result);

		if (locked)
			UnlockRelationOid(keys[i]->relid, AccessShareLock);
		CHECK_FOR_INTERRUPTS();
		if (unindexed)
			found(&result, arg);
	}
}

/*-------------------------------------------------------------------------
 *
 * redundancy.c
 *		Indexes that can do nothing that another one cannot do as well.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/reloptions.h"
#include "access/stratnum.h"
#include "catalog/pg_am.h"
#include "catalog/pg_attribute.h"
#include "health/redundancy.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "whatif/indexddl.h"

const char *
adv_redundancy_kind_name(AdvRedundancyKind kind)
{
	static const char *const names[] = {"exact", "prefix", "unique", "include", "partial", "hash"};

	return names[kind];
}

/* Options of an operator class, as a signature's length; NIL if there are none. */
static List *
opclass_options(Oid indexid, int column)
{
	HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(indexid),
										Int16GetDatum(column + 1));
	List	   *result = NIL;
	Datum		options;
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
		return NIL;
	options = SysCacheGetAttr(ATTNUM, tuple, Anum_pg_attribute_attoptions, &isnull);
	if (!isnull)
		result = untransformRelOptions(options);
	ReleaseSysCache(tuple);
	return result;
}

static bool
same_opclass_options(const AdvCatalogIndex *a, const AdvCatalogIndex *b)
{
	for (int i = 0; i < a->def->nkeys; i++)
		if (!equal(opclass_options(a->indexid, i), opclass_options(b->indexid, i)))
			return false;
	return true;
}

/*
 * Does by forbid all that index forbids?  A deferrable constraint forbids later
 * and serves no ON CONFLICT; one that takes nulls for distinct forbids less.
 */
static bool
enforces(const AdvCatalogIndex *by, const AdvCatalogIndex *index)
{
	if (!index->def->unique)
		return true;
	return by->def->unique && (by->immediate || !index->immediate) &&
		(by->nulls_not_distinct || !index->nulls_not_distinct);
}

/*
 * A hash index finds rows by equality of one thing; so does a btree that begins
 * with it, if it is the same equality.
 */
static bool
covers_hash(const AdvIndexDef *by, const AdvIndexDef *def)
{
	const AdvIndexColumn *x = &by->columns[0];
	const AdvIndexColumn *y = &def->columns[0];
	Oid			type = get_opclass_input_type(y->opclass);
	Oid			equality;

	if (by->am != BTREE_AM_OID || def->am != HASH_AM_OID || def->unique || def->nkeys != 1 ||
		x->attnum != y->attnum || !equal(x->expr, y->expr) || x->collation != y->collation)
		return false;
	equality = get_opfamily_member(get_opclass_family(y->opclass), type, type,
								   HTEqualStrategyNumber);
	return OidIsValid(equality) &&
		get_op_opfamily_strategy(equality, get_opclass_family(x->opclass)) == BTEqualStrategyNumber &&
		adv_indexdef_has_rows(by, def);
}

/* Can by do all that index does? */
static bool
covers(const AdvCatalogIndex *by, const AdvCatalogIndex *index)
{
	if (covers_hash(by->def, index->def))
		return true;
	return adv_indexdef_covers(by->def, index->def) && enforces(by, index) &&
		(by->def->am == BTREE_AM_OID || same_opclass_options(by, index));
}

static AdvRedundancyKind
kind_of(const AdvCatalogIndex *by, const AdvCatalogIndex *index)
{
	const AdvIndexDef *wide = by->def;
	const AdvIndexDef *narrow = index->def;

	if (wide->am != narrow->am)
		return ADV_REDUNDANT_HASH;
	if (covers(index, by))
		return ADV_REDUNDANT_EXACT;
	if (narrow->ncolumns > narrow->nkeys)
		return ADV_REDUNDANT_INCLUDE;
	if (wide->nkeys > narrow->nkeys)
		return ADV_REDUNDANT_PREFIX;
	if (wide->unique && !narrow->unique)
		return ADV_REDUNDANT_UNIQUE;
	if (wide->ncolumns > narrow->ncolumns)
		return ADV_REDUNDANT_INCLUDE;
	/* what is left: a stricter constraint, or fewer rows */
	return adv_indexdef_has_rows(narrow, wide) ? ADV_REDUNDANT_UNIQUE : ADV_REDUNDANT_PARTIAL;
}

static void
compare(const AdvCatalogIndex *by, const AdvCatalogIndex *index,
		void (*found) (const AdvRedundancy *redundancy, void *arg), void *arg)
{
	AdvRedundancy redundancy;

	if (!covers(by, index))
		return;
	redundancy.indexid = index->indexid;
	redundancy.covered_by = by->indexid;
	redundancy.kind = kind_of(by, index);
	redundancy.attached = index->attached;
	redundancy.same_rows = adv_indexdef_has_rows(index->def, by->def);
	redundancy.same_storage = by->def->tablespace == index->def->tablespace &&
		(by->def->am != index->def->am || equal(by->storage, index->storage));
	found(&redundancy, arg);
}

/* All pairs of indexes of a table. */
static void
compare_all(AdvCatalogIndex *indexes, int n,
			void (*found) (const AdvRedundancy *redundancy, void *arg), void *arg)
{
	/* what cannot be described is not usable, either */
	for (int i = 0; i < n; i++)
		(void) adv_indexcatalog_describe(&indexes[i]);
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++)
			if (i != j && indexes[i].usable && indexes[j].usable)
				compare(&indexes[i], &indexes[j], found, arg);
}

void
adv_redundancy_find(void (*found) (const AdvRedundancy *redundancy, void *arg), void *arg)
{
	AdvIndexCatalog *catalog = adv_indexcatalog_read();
	MemoryContext per_table = AllocSetContextCreate(CurrentMemoryContext,
													"advisor redundant indexes",
													ALLOCSET_DEFAULT_SIZES);
	int			n;

	for (int i = 0; i < catalog->n; i += n)
	{
		AdvCatalogIndex *indexes = &catalog->indexes[i];
		MemoryContext caller = MemoryContextSwitchTo(per_table);

		CHECK_FOR_INTERRUPTS();
		(void) adv_indexcatalog_of_table(catalog, indexes->relid, &n);
		if (n > 1 && adv_indexcatalog_is_table(indexes->relid))
			compare_all(indexes, n, found, arg);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(per_table);
	}
	MemoryContextDelete(per_table);
}

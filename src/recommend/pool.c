/*-------------------------------------------------------------------------
 *
 * pool.c
 *		All indexes that a run of recommend_indexes() thinks about.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/partition.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "recommend/pool.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "whatif/indexddl.h"

typedef struct PoolTable
{
	Oid			relid;			/* key */
	Bitmapset  *ids;
	Bitmapset  *tree_ids;		/* with those of all its partitions */
	bool		is_read;		/* are the existing ones known? */
	List	   *existing;		/* AdvExistingIndex */
} PoolTable;

struct AdvPool
{
	MemoryContext context;
	AdvHypoSet *hypos;
	HTAB	   *tables;
	int			room;
	AdvPoolEntry **entries;
	int			nfamilies;
};

AdvPool *
adv_pool_create(MemoryContext context)
{
	AdvPool    *pool = MemoryContextAllocZero(context, sizeof(AdvPool));
	HASHCTL		ctl = {0};

	pool->context = context;
	pool->hypos = adv_hypos_create(context);
	pool->room = 64;
	pool->entries = MemoryContextAlloc(context, pool->room * sizeof(AdvPoolEntry *));
	ctl.keysize = sizeof(Oid);
	ctl.entrysize = sizeof(PoolTable);
	ctl.hcxt = context;
	pool->tables = hash_create("advisor tables to index", 64, &ctl,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return pool;
}

const AdvHypoSet *
adv_pool_hypos(const AdvPool *pool)
{
	return pool->hypos;
}

int
adv_pool_count(const AdvPool *pool)
{
	return adv_hypos_count(pool->hypos);
}

AdvPoolEntry *
adv_pool_get(const AdvPool *pool, int id)
{
	Assert(id >= 0 && id < adv_pool_count(pool));
	return pool->entries[id];
}

static PoolTable *
get_table(AdvPool *pool, Oid relid)
{
	bool		found;
	PoolTable  *table = hash_search(pool->tables, &relid, HASH_ENTER, &found);

	if (!found)
	{
		table->ids = NULL;
		table->tree_ids = NULL;
		table->is_read = false;
		table->existing = NIL;
	}
	return table;
}

const Bitmapset *
adv_pool_on(const AdvPool *pool, Oid relid)
{
	PoolTable  *table = hash_search(pool->tables, &relid, HASH_FIND, NULL);

	return table ? table->ids : NULL;
}

/* What the planner could use of a table, and what of that has to stay. */
static List *
read_existing(Oid relid)
{
	Relation	table = table_open(relid, AccessShareLock);
	List	   *existing = NIL;
	ListCell   *lc;

	foreach(lc, RelationGetIndexList(table))
	{
		Relation	index = index_open(lfirst_oid(lc), AccessShareLock);

		if (index->rd_index->indisvalid && index->rd_index->indisready)
		{
			AdvExistingIndex *one = palloc0(sizeof(AdvExistingIndex));

			one->indexid = lfirst_oid(lc);
			one->def = adv_indexdef_of_index(index);
			/* a partition's part of its parent's index cannot go alone */
			one->is_constraint = index->rd_index->indisunique ||
				index->rd_rel->relispartition ||
				index->rd_index->indisreplident || index->rd_index->indisclustered ||
				OidIsValid(get_index_constraint(one->indexid));
			existing = lappend(existing, one);
		}
		index_close(index, NoLock);
	}
	table_close(table, NoLock);
	return existing;
}

List *
adv_pool_existing(AdvPool *pool, Oid relid)
{
	PoolTable  *table = get_table(pool, relid);

	if (!table->is_read)
	{
		MemoryContext old = MemoryContextSwitchTo(pool->context);

		table->existing = read_existing(relid);
		table->is_read = true;
		MemoryContextSwitchTo(old);
	}
	return table->existing;
}

bool
adv_pool_is_covered(AdvPool *pool, const AdvIndexDef *def)
{
	ListCell   *lc;

	foreach(lc, adv_pool_existing(pool, def->relid))
	{
		const AdvExistingIndex *existing = lfirst(lc);

		if (adv_indexdef_covers(existing->def, def))
			return true;
	}
	return false;
}

int
adv_pool_find(const AdvPool *pool, const AdvIndexDef *def)
{
	const Bitmapset *ids = adv_pool_on(pool, def->relid);
	int			id = -1;

	while ((id = bms_next_member(ids, id)) >= 0)
		if (adv_indexdef_equal(pool->entries[id]->index->def, def))
			return id;
	return -1;
}

/* The table at the top of the partitions that a table is one of, or itself. */
static Oid
topmost(Oid relid)
{
	List	   *ancestors = get_rel_relispartition(relid) ? get_partition_ancestors(relid) : NIL;

	return ancestors == NIL ? relid : llast_oid(ancestors);
}

/* Columns are compared by name, as partitions may number them otherwise. */
static bool
is_same_first_column(const AdvIndexDef *a, const AdvIndexDef *b)
{
	const AdvIndexColumn *x = &a->columns[0];
	const AdvIndexColumn *y = &b->columns[0];

	if (a->relid == b->relid)
		return x->attnum == y->attnum && equal(x->expr, y->expr);
	if (x->attnum == 0 || y->attnum == 0)
		return x->attnum == y->attnum;
	return strcmp(get_attname(a->relid, x->attnum, false),
				  get_attname(b->relid, y->attnum, false)) == 0;
}

/* Partial indexes of the same rows serve the same statements, whatever their keys. */
static bool
is_same_part(const AdvIndexDef *a, const AdvIndexDef *b)
{
	return a->predicate != NIL && a->relid == b->relid && equal(a->predicate, b->predicate);
}

/* Indexes that do for the same statements know each other: it is asked often. */
static void
join_families(AdvPool *pool, AdvPoolEntry *entry)
{
	const AdvIndexDef *def = entry->index->def;
	PoolTable  *tree = get_table(pool, topmost(def->relid));
	int			id = -1;

	entry->family = entry->part = -1;
	while ((id = bms_next_member(tree->tree_ids, id)) >= 0)
	{
		const AdvPoolEntry *other = pool->entries[id];

		if (entry->family < 0 && is_same_first_column(def, other->index->def))
			entry->family = other->family;
		if (entry->part < 0 && is_same_part(def, other->index->def))
			entry->part = other->part;
	}
	if (entry->family < 0)
		entry->family = pool->nfamilies++;
	if (entry->part < 0 && def->predicate != NIL)
		entry->part = pool->nfamilies++;
	tree->tree_ids = bms_add_member(tree->tree_ids, entry->index->id);
}

int
adv_pool_add(AdvPool *pool, const AdvIndexDef *def, uint32 reasons)
{
	int			id = adv_pool_find(pool, def);
	AdvPoolEntry *entry;
	PoolTable  *table;
	MemoryContext old;

	if (id >= 0)
	{
		pool->entries[id]->reasons |= reasons;
		return id;
	}
	if (adv_pool_is_covered(pool, def))
		return -1;

	old = MemoryContextSwitchTo(pool->context);
	if (adv_pool_count(pool) == pool->room)
	{
		pool->entries = repalloc(pool->entries, 2 * pool->room * sizeof(AdvPoolEntry *));
		pool->room *= 2;
	}
	entry = palloc0(sizeof(AdvPoolEntry));
	entry->reasons = reasons;
	entry->index = adv_hypos_add(pool->hypos, def, "");
	id = entry->index->id;
	join_families(pool, entry);
	pool->entries[id] = entry;
	table = get_table(pool, def->relid);
	table->ids = bms_add_member(table->ids, id);
	MemoryContextSwitchTo(old);
	return id;
}

Bitmapset *
adv_pool_related(const AdvPool *pool, const Bitmapset *set, const Bitmapset *others)
{
	Bitmapset  *families = NULL;
	Bitmapset  *related = NULL;
	int			id = -1;

	while ((id = bms_next_member(others, id)) >= 0)
	{
		families = bms_add_member(families, pool->entries[id]->family);
		if (pool->entries[id]->part >= 0)
			families = bms_add_member(families, pool->entries[id]->part);
	}
	for (id = -1; (id = bms_next_member(set, id)) >= 0;)
		if (bms_is_member(pool->entries[id]->family, families) ||
			(pool->entries[id]->part >= 0 &&
			 bms_is_member(pool->entries[id]->part, families)))
			related = bms_add_member(related, id);
	bms_free(families);
	return related;
}

bool
adv_pool_are_alike(const AdvPool *pool, int a, int b)
{
	return adv_pool_get(pool, a)->family == adv_pool_get(pool, b)->family;
}

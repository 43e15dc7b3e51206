/*-------------------------------------------------------------------------
 *
 * bloat.c
 *		How much smaller a relation would be if it were written anew.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/index.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "common/compat.h"
#include "health/bloat.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/rel.h"
#include "whatif/sample.h"

/* Of a small part that shares the sample with a large one, so many pages at least. */
#define FEWEST_PAGES	10

/* So many dead rows, of all, make it worth looking for them behind an index. */
#define SOME_DEAD		0.02

/* Lock and open, without waiting; NULL and a reason if that fails. */
static Relation
open_now(Oid relid, const char **reason)
{
	Relation	relation;

	if (!ConditionalLockRelationOid(relid, AccessShareLock))
	{
		*reason = "locked";
		return NULL;
	}
	relation = try_relation_open(relid, NoLock);
	if (relation == NULL)
	{
		UnlockRelationOid(relid, AccessShareLock);
		*reason = "dropped meanwhile";
	}
	return relation;
}

static void
measure_heap(Relation table, AdvBloatMethod method, int64 wanted, AdvBloatPart *part)
{
	part->pages = RelationGetNumberOfBlocks(table);
	if (table->rd_rel->relam != HEAP_TABLE_AM_OID)
		part->reason = "not known for this access method";
	else if (method == ADV_BLOAT_SAMPLE)
		adv_heap_bloat_sample(table, wanted, part);
	else if (method == ADV_BLOAT_EXACT)
		adv_heap_bloat_exact(table, part);
	else if (table->rd_rel->relkind == RELKIND_TOASTVALUE)
		part->reason = "a TOAST table has no statistics";
	else
		adv_heap_bloat_estimate(table, part);
}

/* ---------------------------------------------------------------------
 * Tables
 * ---------------------------------------------------------------------
 */

static BlockNumber
blocks_of(Oid relid)
{
	const char *reason;
	BlockNumber blocks = 0;
	Relation	relation = OidIsValid(relid) ? open_now(relid, &reason) : NULL;

	if (relation != NULL)
	{
		blocks = RelationGetNumberOfBlocks(relation);
		relation_close(relation, AccessShareLock);
	}
	return blocks;
}

static void
measure_toast(Oid relid, AdvBloatMethod method, int64 wanted, AdvBloat *bloat)
{
	Relation	toast = open_now(relid, &bloat->toast.reason);

	if (toast == NULL)
		return;
	measure_heap(toast, method, wanted, &bloat->toast);
	relation_close(toast, AccessShareLock);
}

/* The whole is its parts; if one is not known, no more than the other is said. */
static void
add_toast(AdvBloat *bloat)
{
	AdvBloatPart *all = &bloat->all;
	AdvBloatPart *toast = &bloat->toast;

	/* rows of which a rewrite does not need them any more, or not there */
	toast->needed = ceil(toast->needed * (1 - Min(all->returning, 1)) - 0.001);
	if (toast->reason != NULL)
	{
		if (all->reason == NULL)
		{
			all->reason = psprintf("without its TOAST table: %s", toast->reason);
			bloat->partly = true;
			all->needed += toast->pages;
		}
		all->pages += toast->pages;
		return;
	}
	all->pages += toast->pages;
	all->sampled += toast->sampled;
	all->needed += toast->needed;
	all->error = sqrt(all->error * all->error + toast->error * toast->error);
	all->dead += toast->dead;
	all->free += toast->free;
}

/* Heap and TOAST share the sample by size. */
static void
measure_table(Relation table, AdvBloatMethod method, int64 wanted, AdvBloat *bloat)
{
	Oid			toast = table->rd_rel->reltoastrelid;
	double		heap_pages = RelationGetNumberOfBlocks(table);
	double		toast_pages;
	int64		heap_wanted;

	/* one lock at a time */
	relation_close(table, AccessShareLock);
	toast_pages = blocks_of(toast);
	bloat->has_toast = toast_pages > 0;
	heap_wanted = (int64) ceil(wanted * heap_pages / Max(heap_pages + toast_pages, 1));
	if (bloat->has_toast)
		heap_wanted = Max(Min(heap_wanted, wanted - FEWEST_PAGES), Min(FEWEST_PAGES, wanted));

	table = open_now(bloat->relid, &bloat->all.reason);
	if (table == NULL)
		return;
	measure_heap(table, method, heap_wanted, &bloat->all);
	relation_close(table, AccessShareLock);
	if (!bloat->has_toast)
		return;
	measure_toast(toast, method, Max(wanted - heap_wanted, Min(FEWEST_PAGES, wanted)), bloat);
	add_toast(bloat);
}

/* ---------------------------------------------------------------------
 * Indexes
 * ---------------------------------------------------------------------
 */

/*
 * Dead rows by the counters, and what this session has not told them yet.  Counters
 * that began anew after a crash or a reset know nothing, which is no reason to
 * believe that there are none.
 */
static bool
has_dead_rows(Oid table)
{
	PgStat_StatTabEntry *stats = pgstat_fetch_stat_tabentry(table);
	PgStat_TableStatus *mine = find_tabstat_entry(table);

	if (mine != NULL && ADV_PENDING_DEAD_TUPLES(mine) > 0)
		return true;
	return stats == NULL || ADV_LIVE_TUPLES(stats) <= 0 ||
		ADV_DEAD_TUPLES(stats) > SOME_DEAD * ADV_LIVE_TUPLES(stats);
}

/*
 * The rows of a table, dead and alive if these are asked for; no pages if that
 * cannot be had now.  Returns the rows that CREATE INDEX expects, or a negative
 * number.
 */
static double
look_at_table(Oid table_oid, int64 wanted, bool dead, AdvBloatPart *heap)
{
	Relation	table = open_now(table_oid, &heap->reason);
	double		expected;

	if (table == NULL)
		return -1;
	if (dead && table->rd_rel->relam == HEAP_TABLE_AM_OID)
		adv_heap_bloat_sample(table, wanted, heap);
	expected = adv_table_tuples(table);
	relation_close(table, AccessShareLock);
	return expected;
}

static double
dead_share(const AdvBloatPart *heap)
{
	return heap->dead_entries / Max(heap->dead_entries + heap->rows, 1);
}

/*
 * Leave out the entries of dead rows.  What is left may be spread over all keys or
 * be all of some keys, so the truth is between two numbers.
 */
static void
leave_out_dead(const AdvBloatPart *heap, bool has_all_rows, AdvBloatPart *part)
{
	double		share = has_all_rows ? 1 - heap->rows / Max(part->rows, 1) : dead_share(heap);
	double		least;
	double		most;

	if (share < SOME_DEAD || part->rows < 1)
		return;
	least = Max(ceil(part->needed * (1 - share)), 1);
	most = Max(Min(ceil(least * part->spread), part->needed), least);
	part->dead += share * Max(part->pages * BLCKSZ - part->free - part->dead, 0);
	part->error = hypot(part->error * (1 - share),
						heap->needed > 0 ? least * heap->error / heap->needed : 0) +
		(most - least) / 2;
	/* what updates have left is all over the keys */
	part->needed = ceil(part->replaced > 0 ? most : (least + most) / 2);
}

/* Rows that are deleted have their entries until VACUUM comes. */
static void
sample_index(Relation index, int64 wanted, AdvBloatPart *part)
{
	Oid			table = index->rd_index->indrelid;
	bool		btree = index->rd_rel->relam == BTREE_AM_OID;
	bool		hash = index->rd_rel->relam == HASH_AM_OID;
	bool		dead = has_dead_rows(table);
	bool		has_all_rows = btree &&
		heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, NULL);
	double		expected = -1;
	AdvBloatPart heap = {0};

	/* one lock at a time */
	if (dead || hash)
	{
		Oid			relid = RelationGetRelid(index);

		relation_close(index, AccessShareLock);
		expected = look_at_table(table, wanted, dead, &heap);
		index = open_now(relid, &part->reason);
		if (index == NULL)
			return;
	}
	if (btree)
		adv_btree_bloat_sample(index, wanted, dead_share(&heap), heap.replaced > 0.5, part);
	else
		adv_other_bloat_sample(index, wanted, expected, part);
	relation_close(index, AccessShareLock);
	/* a hash index has its buckets however few rows there are */
	if (heap.pages > 0 && !hash)
		leave_out_dead(&heap, has_all_rows, part);
}

static void
estimate_index(Relation index, AdvBloatPart *part)
{
	Relation	table = open_now(index->rd_index->indrelid, &part->reason);

	if (table == NULL)
		return;
	adv_btree_bloat_estimate(index, table, part);
	relation_close(table, AccessShareLock);
}

static const char *
why_no_index(Oid am, AdvBloatMethod method)
{
	if (am == GIN_AM_OID)
		return "not known for gin";
	if (am == BRIN_AM_OID)
		return "not known for brin";
	if (am != BTREE_AM_OID && am != GIST_AM_OID && am != SPGIST_AM_OID && am != HASH_AM_OID)
		return "not known for this access method";
	if (method == ADV_BLOAT_ESTIMATE && am != BTREE_AM_OID)
		return "only btrees can be estimated from statistics";
	return NULL;
}

/*
 * Closes it.  pgstattuple knows nothing of entries that would be merged again, so
 * what they would take is found out here, from all pages.
 */
static void
measure_index(Relation index, AdvBloatMethod method, int64 wanted, AdvBloatPart *part)
{
	part->pages = RelationGetNumberOfBlocks(index);
	if (method == ADV_BLOAT_EXACT)
		adv_index_bloat_exact(index, part);
	else
		part->reason = why_no_index(index->rd_rel->relam, method);
	if (part->reason == NULL && method == ADV_BLOAT_ESTIMATE)
		estimate_index(index, part);
	if (part->reason != NULL || method == ADV_BLOAT_ESTIMATE)
		relation_close(index, AccessShareLock);
	else if (method == ADV_BLOAT_SAMPLE)
		sample_index(index, wanted, part);
	else
	{
		double		free = part->free;

		sample_index(index, MaxBlockNumber, part);
		part->free = free;
	}
}

/* ---------------------------------------------------------------------
 * All kinds
 * ---------------------------------------------------------------------
 */

static const char *
why_not(Relation relation)
{
	switch (relation->rd_rel->relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_MATVIEW:
		case RELKIND_TOASTVALUE:
		case RELKIND_INDEX:
			return RELATION_IS_OTHER_TEMP(relation) ?
				"temporary table of another session" : NULL;
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_PARTITIONED_INDEX:
			return "partitioned, has no storage of its own";
		case RELKIND_SEQUENCE:
			return "a sequence cannot bloat";
		default:
			return "has no storage";
	}
}

void
adv_bloat_measure(Oid relid, AdvBloatMethod method, int64 wanted, AdvBloat *bloat)
{
	Relation	relation;

	memset(bloat, 0, sizeof(AdvBloat));
	bloat->relid = relid;
	relation = open_now(relid, &bloat->all.reason);
	if (relation == NULL)
		return;
	bloat->all.reason = why_not(relation);
	if (bloat->all.reason != NULL)
		relation_close(relation, AccessShareLock);
	else if (relation->rd_rel->relkind == RELKIND_INDEX)
		measure_index(relation, method, wanted, &bloat->all);
	else
		measure_table(relation, method, wanted, bloat);
}

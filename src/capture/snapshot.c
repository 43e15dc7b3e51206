/*-------------------------------------------------------------------------
 *
 * snapshot.c
 *		Reading captured statements, those pending in slabs included.
 *
 * The copy of a partition is raw: what the store has, then what each slab has,
 * a key perhaps several times.  Sorting brings equal keys together, and
 * merging makes them one, all after the lock has been released.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/slab.h"
#include "capture/snapshot.h"
#include "miscadmin.h"

#define ADV_SNAPSHOT_START 64	/* entries, to begin with */

struct AdvSnapshot
{
	AdvEntryCopy *raw;			/* as copied */
	AdvEntryCopy **sorted;		/* into raw */
	AdvEntryCopy *merged;		/* the result */
	int			max;			/* room in each */
	AdvTextCopy *texts;
	int			max_texts;		/* room in texts */
	AdvLosses	losses;
};

/* Make room for max entries. */
static void
allocate(AdvSnapshot *snapshot, int max)
{
	snapshot->raw = palloc_extended(max * sizeof(AdvEntryCopy), MCXT_ALLOC_HUGE);
	snapshot->sorted = palloc_extended(max * sizeof(AdvEntryCopy *), MCXT_ALLOC_HUGE);
	snapshot->merged = palloc_extended(max * sizeof(AdvEntryCopy), MCXT_ALLOC_HUGE);
	snapshot->max = max;
}

AdvSnapshot *
adv_snapshot_begin(void)
{
	AdvSnapshot *snapshot = palloc0(sizeof(AdvSnapshot));

	allocate(snapshot, ADV_SNAPSHOT_START);
	return snapshot;
}

/*
 * Copy a partition under its lock.  Returns the number of copies, or -1 if
 * they need more room than there is.
 */
static int
copy_partition(AdvSnapshot *snapshot, int partition)
{
	int			stored;
	int			pending = -1;

	LWLockAcquire(adv_store_lock(partition), LW_SHARED);
	stored = adv_store_count(partition);
	if (stored <= snapshot->max)
	{
		adv_store_copy(partition, snapshot->raw);
		pending = adv_slab_copy(partition, snapshot->raw + stored,
								snapshot->max - stored);
	}
	if (pending >= 0)
		adv_store_add_losses(partition, &snapshot->losses);
	LWLockRelease(adv_store_lock(partition));

	return pending < 0 ? -1 : stored + pending;
}

#define COMPARE(a, b) do { \
	if ((a) != (b)) \
		return (a) < (b) ? -1 : 1; \
} while (0)

/* Order by statement, then plan, then error class. */
static int
compare_entries(const void *left, const void *right)
{
	const AdvKey *a = &(*(AdvEntryCopy *const *) left)->key;
	const AdvKey *b = &(*(AdvEntryCopy *const *) right)->key;

	COMPARE(a->queryid, b->queryid);
	COMPARE(a->dbid, b->dbid);
	COMPARE(a->userid, b->userid);
	COMPARE(a->toplevel, b->toplevel);
	COMPARE(a->planid, b->planid);
	COMPARE(a->sqlclass, b->sqlclass);
	return 0;
}

/* Merge n raw copies into one entry for each key; returns their number. */
static int
merge_copies(AdvSnapshot *snapshot, int n)
{
	int			nmerged = 0;

	for (int i = 0; i < n; i++)
		snapshot->sorted[i] = &snapshot->raw[i];
	qsort(snapshot->sorted, n, sizeof(AdvEntryCopy *), compare_entries);

	for (int i = 0; i < n; i++)
	{
		const AdvEntryCopy *from = snapshot->sorted[i];
		AdvEntryCopy *to = &snapshot->merged[nmerged];

		if (nmerged > 0 && adv_key_equal(&to[-1].key, &from->key))
		{
			to--;
			adv_counters_merge(&to->counters, &from->counters);
			for (int b = 0; b < ADV_HIST_BUCKETS; b++)
				to->hist[b] += from->hist[b];
		}
		else
		{
			*to = *from;
			nmerged++;
		}
	}
	return nmerged;
}

int
adv_snapshot_read(AdvSnapshot *snapshot, int partition, AdvEntryCopy **entries)
{
	int			n;

	while ((n = copy_partition(snapshot, partition)) < 0)
	{
		int			max = snapshot->max * 2;

		CHECK_FOR_INTERRUPTS();
		pfree(snapshot->raw);
		pfree(snapshot->sorted);
		pfree(snapshot->merged);
		allocate(snapshot, max);
	}
	*entries = snapshot->merged;
	return merge_copies(snapshot, n);
}

int
adv_snapshot_read_texts(AdvSnapshot *snapshot, int partition, AdvTextCopy **texts)
{
	for (;;)
	{
		int			n;

		LWLockAcquire(adv_store_lock(partition), LW_SHARED);
		n = adv_store_count_texts(partition);
		if (n <= snapshot->max_texts)
			adv_store_copy_texts(partition, snapshot->texts);
		LWLockRelease(adv_store_lock(partition));
		if (n <= snapshot->max_texts)
		{
			*texts = snapshot->texts;
			return n;
		}

		CHECK_FOR_INTERRUPTS();
		if (snapshot->texts)
			pfree(snapshot->texts);
		snapshot->texts = NULL;
		snapshot->max_texts = n + n / 4;
		snapshot->texts = palloc_extended(snapshot->max_texts * sizeof(AdvTextCopy),
										  MCXT_ALLOC_HUGE);
	}
}

const AdvLosses *
adv_snapshot_losses(const AdvSnapshot *snapshot)
{
	return &snapshot->losses;
}

int
adv_snapshot_group(const AdvEntryCopy *entries, int n)
{
	int			in_group = 1;

	while (in_group < n &&
		   adv_key_same_statement(&entries[0].key, &entries[in_group].key))
		in_group++;
	return in_group;
}

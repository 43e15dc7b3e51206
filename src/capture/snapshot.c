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
	AdvEntryCopy **entries;		/* sorted and merged, into raw */
	int			max;			/* room in both */
	AdvTextCopy *raw_texts;
	AdvTextCopy **texts;		/* sorted, into raw_texts */
	int			ntexts;
	int			max_texts;		/* room in both */
	AdvLosses	losses;
};

/* Make room for max entries. */
static void
allocate(AdvSnapshot *snapshot, int max)
{
	snapshot->raw = palloc_extended(max * sizeof(AdvEntryCopy), MCXT_ALLOC_HUGE);
	snapshot->entries = palloc_extended(max * sizeof(AdvEntryCopy *), MCXT_ALLOC_HUGE);
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
compare_keys(const AdvKey *a, const AdvKey *b)
{
	COMPARE(a->queryid, b->queryid);
	COMPARE(a->dbid, b->dbid);
	COMPARE(a->userid, b->userid);
	COMPARE(a->toplevel, b->toplevel);
	COMPARE(a->planid, b->planid);
	COMPARE(a->sqlclass, b->sqlclass);
	return 0;
}

static int
compare_entries(const void *left, const void *right)
{
	return compare_keys(&(*(AdvEntryCopy *const *) left)->key,
						&(*(AdvEntryCopy *const *) right)->key);
}

static int
compare_texts(const void *left, const void *right)
{
	return compare_keys(&(*(AdvTextCopy *const *) left)->key,
						&(*(AdvTextCopy *const *) right)->key);
}

/*
 * Take out entries that have counted nothing yet: their documents were faster.
 * Returns how many are left.
 */
static int
drop_empty(AdvEntryCopy **entries, int n)
{
	int			left = 0;

	for (int i = 0; i < n; i++)
	{
		if (entries[i]->counters.exec.count + entries[i]->counters.plan.count > 0)
			entries[left++] = entries[i];
	}
	return left;
}

/* Merge n raw copies into one entry for each key; returns their number. */
static int
merge_copies(AdvSnapshot *snapshot, int n)
{
	AdvEntryCopy **entries = snapshot->entries;
	int			nmerged = 0;

	for (int i = 0; i < n; i++)
		entries[i] = &snapshot->raw[i];
	qsort(entries, n, sizeof(AdvEntryCopy *), compare_entries);

	for (int i = 0; i < n; i++)
	{
		const AdvEntryCopy *from = entries[i];
		AdvEntryCopy *to = nmerged > 0 ? entries[nmerged - 1] : NULL;

		if (to == NULL || !adv_key_equal(&to->key, &from->key))
		{
			entries[nmerged++] = entries[i];
			continue;
		}
		adv_counters_merge(&to->counters, &from->counters);
		adv_counters_add_hist(to->hist, from->hist, &from->counters);
	}
	return drop_empty(entries, nmerged);
}

int
adv_snapshot_read(AdvSnapshot *snapshot, int partition, AdvEntryCopy ***entries)
{
	int			n;

	while ((n = copy_partition(snapshot, partition)) < 0)
	{
		int			max = snapshot->max * 2;

		CHECK_FOR_INTERRUPTS();
		pfree(snapshot->raw);
		pfree(snapshot->entries);
		allocate(snapshot, max);
	}
	*entries = snapshot->entries;
	return merge_copies(snapshot, n);
}

/* Copy the texts of a partition; false if there is not room enough for them. */
static bool
copy_texts(AdvSnapshot *snapshot, int partition)
{
	LWLockAcquire(adv_store_lock(partition), LW_SHARED);
	snapshot->ntexts = adv_store_count_texts(partition);
	if (snapshot->ntexts <= snapshot->max_texts)
		adv_store_copy_texts(partition, snapshot->raw_texts);
	LWLockRelease(adv_store_lock(partition));
	return snapshot->ntexts <= snapshot->max_texts;
}

int
adv_snapshot_read_texts(AdvSnapshot *snapshot, int partition,
						AdvTextCopy ***texts)
{
	while (!copy_texts(snapshot, partition))
	{
		int			max = snapshot->ntexts + snapshot->ntexts / 4;

		CHECK_FOR_INTERRUPTS();
		if (snapshot->raw_texts)
		{
			pfree(snapshot->raw_texts);
			pfree(snapshot->texts);
		}
		snapshot->raw_texts = palloc_extended(max * sizeof(AdvTextCopy), MCXT_ALLOC_HUGE);
		snapshot->texts = palloc_extended(max * sizeof(AdvTextCopy *), MCXT_ALLOC_HUGE);
		snapshot->max_texts = max;
	}

	for (int i = 0; i < snapshot->ntexts; i++)
		snapshot->texts[i] = &snapshot->raw_texts[i];
	qsort(snapshot->texts, snapshot->ntexts, sizeof(AdvTextCopy *), compare_texts);
	*texts = snapshot->texts;
	return snapshot->ntexts;
}

AdvTextCopy *
adv_snapshot_find_text(const AdvSnapshot *snapshot, const AdvKey *key)
{
	int			low = 0;
	int			high = snapshot->ntexts;

	while (low < high)
	{
		int			middle = (low + high) / 2;
		int			order = compare_keys(key, &snapshot->texts[middle]->key);

		if (order == 0)
			return snapshot->texts[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

int64
adv_snapshot_toplevel_ns(void)
{
	int64		sum = 0;

	for (int i = 0; i < adv_store_partitions(); i++)
	{
		LWLockAcquire(adv_store_lock(i), LW_SHARED);
		sum += adv_store_toplevel_ns(i) + adv_slab_toplevel_ns(i);
		LWLockRelease(adv_store_lock(i));
	}
	return sum;
}

const AdvLosses *
adv_snapshot_losses(const AdvSnapshot *snapshot)
{
	return &snapshot->losses;
}

int
adv_snapshot_group(AdvEntryCopy *const *entries, int n)
{
	int			in_group = 1;

	while (in_group < n &&
		   adv_key_same_statement(&entries[0]->key, &entries[in_group]->key))
		in_group++;
	return in_group;
}

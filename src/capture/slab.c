/*-------------------------------------------------------------------------
 *
 * slab.c
 *		Pending counts: what a backend has not handed over to the store yet.
 *
 * The protocol is in slab.h; what runs for every statement in slabentry.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "capture/baseline.h"
#include "capture/concurrency.h"
#include "capture/execution.h"
#include "capture/frame.h"
#include "capture/sampler.h"
#include "capture/slab.h"
#include "capture/slabentry.h"
#include "capture/waits.h"
#include "common/compat.h"
#include "common/guc.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/s_lock.h"
#include "storage/shmem.h"
#include "storage/sinvaladt.h"
#include "utils/timestamp.h"

#define ADV_WAYS			8	/* entries of a set */
#define ADV_MAX_PENDING		1024	/* upper bound of advisor.pending_entries */

/*
 * owner_pid is 0 while nobody owns the slab, and then no entry is in use.
 * Written by the owner alone; readers only skip what is not owned.
 *
 * The server numbers the transactions of a session, and each entry knows in
 * which one it was counted last: so nothing needs to be counted to know how
 * many there were.  taken is the number up to which they have been taken.
 */
typedef struct AdvSlab
{
	volatile int owner_pid;
	pg_atomic_uint32 taken;
	AdvSlabEntry entries[FLEXIBLE_ARRAY_MEMBER];
} AdvSlab;

/* Where the slabs are in this process; constant after start. */
static char *slabs = NULL;
static int	nslabs = 0;
static int	nsets = 0;

/* This backend's slab, and what only its owner needs to know about it. */
static struct
{
	AdvSlab    *slab;			/* NULL before the first statement */
	bool		exited;			/* the slab has been given back */
	AdvSlabEntry *recent[ADV_MAX_PENDING / ADV_WAYS];	/* entry used last, per
														 * set, or NULL */
	void		(*exit_callback) (void);
} my;

AdvSlabOwner adv_slab_owner;

/* ---------------------------------------------------------------------
 * Shared memory
 * ---------------------------------------------------------------------
 */

static Size
slab_size(void)
{
	return CACHELINEALIGN(add_size(offsetof(AdvSlab, entries),
								   mul_size(adv_pending_entries, sizeof(AdvSlabEntry))));
}

/* One for every process that may run statements: they come first in PGPROCs. */
Size
adv_slab_shmem_size(void)
{
	return mul_size(MaxBackends, slab_size());
}

void
adv_slab_shmem_request(void)
{
	RequestAddinShmemSpace(adv_slab_shmem_size());
}

void
adv_slab_shmem_init(void)
{
	bool		found;

	slabs = ShmemInitStruct("advisor slabs", adv_slab_shmem_size(), &found);
	nslabs = MaxBackends;
	nsets = adv_pending_entries / ADV_WAYS;
	if (found)
		return;
	memset(slabs, 0, adv_slab_shmem_size());
	for (int i = 0; i < nslabs; i++)
		pg_atomic_init_u32(&((AdvSlab *) (slabs + i * slab_size()))->taken, 0);
}

static inline AdvSlab *
slab_at(int i)
{
	return (AdvSlab *) (slabs + i * slab_size());
}

/* ---------------------------------------------------------------------
 * The owner's side
 * ---------------------------------------------------------------------
 */

/* Zero the counts, which from now on belong to the given epoch. */
static void
clear_counts(AdvSlabEntry *entry, uint32 epoch)
{
	memset(&entry->counters, 0, sizeof(entry->counters));
	memset(entry->hist, 0, sizeof(entry->hist));
	entry->epoch = epoch;
}

/*
 * Move the counts of an entry to the store, and empty the entry unless it
 * shall keep its key.  Without wait, returns false if the lock is taken.
 */
static bool
hand_over(AdvSlabEntry *entry, bool keep, bool wait)
{
	uint32		hash = adv_key_hash(&entry->key);
	LWLock	   *lock = adv_store_lock(adv_store_partition(hash));
	int64		hist[ADV_HIST_BUCKETS];

	if (wait)
		LWLockAcquire(lock, LW_EXCLUSIVE);
	else if (!LWLockConditionalAcquire(lock, LW_EXCLUSIVE))
		return false;

	if (entry->epoch == entry->reset_epoch &&
		entry->counters.exec.count + entry->counters.plan.count > 0)
	{
		for (int i = 0; i < ADV_HIST_BUCKETS; i++)
			hist[i] = entry->hist[i];
		adv_store_merge(&entry->key, hash, &entry->counters, hist);
	}
	adv_slabentry_begin_write(entry);
	clear_counts(entry, entry->reset_epoch);
	if (!keep)
	{
		memset(&entry->key, 0, sizeof(entry->key));
		entry->tag = 0;
		entry->transaction = InvalidLocalTransactionId;
	}
	adv_slabentry_end_write(entry);
	LWLockRelease(lock);
	return true;
}

/* Transactions of this session that nobody has taken yet, at its end. */
static uint32
take_the_rest(void)
{
	/* one number is lost by that, and nobody will miss it */
	LocalTransactionId next = GetNextLocalTransactionId();

	return next - 1 - pg_atomic_exchange_u32(&my.slab->taken, next - 1);
}

/* before_shmem_exit callback: leave nothing behind in the slab. */
static void
give_back(int code, Datum arg)
{
	if (my.exit_callback)
		my.exit_callback();

	for (int i = 0; i < adv_pending_entries; i++)
	{
		if (my.slab->entries[i].key.queryid != 0)
			(void) hand_over(&my.slab->entries[i], false, true);
	}
	adv_concurrency_end_session(take_the_rest());
	my.slab->owner_pid = 0;
	my.slab = NULL;
	my.exited = true;
	adv_slab_owner.last = NULL;
	memset(my.recent, 0, sizeof(my.recent));
}

/* The number of the transaction that the first statement is in. */
static LocalTransactionId
first_transaction(void)
{
	LocalTransactionId transaction = ADV_MY_LXID();

	return LocalTransactionIdIsValid(transaction) ? transaction : GetNextLocalTransactionId();
}

/*
 * Take the slab that belongs to our PGPROC.  False in processes that have
 * none, or have given it back.
 */
static bool
attach(void)
{
	int			procno;

	if (my.exited || slabs == NULL || MyProc == NULL)
		return false;
	procno = ADV_MY_PROCNO();
	if (procno < 0 || procno >= nslabs)
		return false;

	before_shmem_exit(give_back, (Datum) 0);
	my.slab = slab_at(procno);

	/* a worker that was terminated by a signal handler may have left these odd */
	for (int i = 0; i < adv_pending_entries; i++)
		my.slab->entries[i].changecount += my.slab->entries[i].changecount & 1;
	pg_atomic_write_u32(&my.slab->taken, first_transaction() - 1);
	my.slab->owner_pid = MyProcPid;
	adv_waits_note_backend();
	adv_baseline_note();
	return true;
}

/*
 * Empty one of the entries of a full set: the one unused for longest, or, if
 * somebody has its partition locked, any whose partition is not.
 */
static AdvSlabEntry *
make_room(int set)
{
	AdvSlabEntry *entries = &my.slab->entries[set * ADV_WAYS];
	AdvSlabEntry *oldest = &entries[0];

	for (int i = 1; i < ADV_WAYS; i++)
	{
		/* ages, not ticks, are compared: ticks wrap around */
		if (adv_slab_owner.tick - entries[i].last_used > adv_slab_owner.tick - oldest->last_used)
			oldest = &entries[i];
	}
	if (hand_over(oldest, false, false))
		return oldest;

	for (int i = 0; i < ADV_WAYS; i++)
	{
		if (hand_over(&entries[i], false, false))
			return &entries[i];
	}
	(void) hand_over(oldest, false, true);
	return oldest;
}

/* Give key an entry of its set. */
static AdvSlabEntry *
install_entry(const AdvKey *key, int set)
{
	AdvSlabEntry *entry = NULL;

	for (int i = set * ADV_WAYS; i < (set + 1) * ADV_WAYS && !entry; i++)
	{
		if (my.slab->entries[i].key.queryid == 0)
			entry = &my.slab->entries[i];
	}
	if (entry == NULL)
		entry = make_room(set);

	adv_slabentry_begin_write(entry);
	entry->key = *key;
	clear_counts(entry, entry->reset_epoch);
	adv_slabentry_end_write(entry);
	entry->transaction = InvalidLocalTransactionId;
	entry->repeated = 0;
	entry->looping = false;
	entry->last_used = adv_slab_owner.tick;
	if (entry == adv_slab_owner.last)
		adv_slab_owner.last = NULL;
	return entry;
}

/*
 * Entry of key if it is not the one of its set that was used last; NULL if
 * this process has no slab.
 */
static pg_noinline AdvSlabEntry *
search_entry(const AdvKey *key, int set)
{
	AdvSlabEntry *entry = NULL;

	if (my.slab == NULL && !attach())
		return NULL;

	for (int i = set * ADV_WAYS; i < (set + 1) * ADV_WAYS && !entry; i++)
	{
		if (adv_key_equal(&my.slab->entries[i].key, key))
			entry = &my.slab->entries[i];
	}
	if (entry == NULL)
		entry = install_entry(key, set);
	my.recent[set] = entry;
	return entry;
}

/* Entry of key, made if need be; NULL if this process has no slab. */
static inline AdvSlabEntry *
get_entry(const AdvKey *key)
{
	int			set = adv_key_hash(key) & (nsets - 1);
	AdvSlabEntry *entry = my.recent[set];

	if (unlikely(entry == NULL) || unlikely(!adv_key_equal(&entry->key, key)))
	{
		entry = search_entry(key, set);
		if (entry == NULL)
			return NULL;
	}
	return entry;
}

AdvSlabEntry *
adv_slab_entry(const AdvKey *key)
{
	return get_entry(key);
}

/* An entry has been reset: begin to count anew. */
void
adv_slabentry_begin_anew(AdvSlabEntry *entry, uint32 epoch)
{
	clear_counts(entry, epoch);
	adv_sampler_forget(&entry->key);
}

void
adv_slabentry_hand_over(AdvSlabEntry *entry, bool wait)
{
	(void) hand_over(entry, true, wait);
}

/*
 * Executions of one statement in a loop: N+1 queries, or rows inserted one by
 * one.  Called for every execution from the fifth on that is in the same
 * transaction as the one before, or follows it directly.
 */
void
adv_slabentry_note_repetition(AdvSlabEntry *entry)
{
	const AdvFrame *frame = adv_innermost;

	if (adv_slab_owner.in_row < ADV_LOOP_IN_ROW &&
		entry->repeated < ADV_LOOP_IN_TRANSACTION)
		return;

	entry->looping = true;
	entry->counters.loops++;
	entry->counters.loop_calls += entry->repeated;

	/* started by what it is nested in, or else by what came before it */
	while (frame != NULL && adv_frame_queryid(frame) == 0)
		frame = frame->outer;
	entry->counters.loop_parent = frame ? adv_frame_queryid(frame) : adv_slab_owner.before;
}

void
adv_slab_add_execution(const AdvKey *key, int64 ns, const AdvUsage *usage)
{
	AdvSlabEntry *entry = get_entry(key);

	if (entry == NULL)
		return;

	adv_slabentry_begin_count(entry);
	adv_slabentry_count_repetition(entry);
	adv_times_add(&entry->counters.exec, ns);
	adv_usage_add(&entry->counters.usage, usage);
	adv_slabentry_end_count(entry, ns);
}

void
adv_slab_add_span(const AdvKey *key, int64 ns, const AdvSpan *span, uint64 rows)
{
	AdvSlabEntry *entry = get_entry(key);

	if (entry != NULL)
		adv_slabentry_add_span(entry, ns, span, rows);
}

void
adv_slab_add_planning(const AdvKey *key, int64 ns)
{
	AdvSlabEntry *entry = get_entry(key);

	if (entry == NULL)
		return;

	adv_slabentry_begin_count(entry);
	adv_times_add(&entry->counters.plan, ns);
	adv_slabentry_end_write(entry);
}

void
adv_slab_set_exit_callback(void (*callback) (void))
{
	my.exit_callback = callback;
}

/* ---------------------------------------------------------------------
 * The others' side
 * ---------------------------------------------------------------------
 */

/* Copy an entry of any slab, consistent in itself. */
static void
read_entry(const AdvSlabEntry *entry, AdvSlabEntry *copy)
{
	for (int tries = 0;; tries++)
	{
		uint32		before = *(const volatile uint32 *) &entry->changecount;

		pg_read_barrier();
		memcpy(copy, entry, sizeof(AdvSlabEntry));
		pg_read_barrier();
		if ((before & 1) == 0 &&
			before == *(const volatile uint32 *) &entry->changecount)
			return;

		/*
		 * The owner is between two instructions of a short stretch of code:
		 * wait for it, and if it has lost its processor let it have ours.
		 */
		if (tries < 100)
			SPIN_DELAY();
		else
			pg_usleep(100L);
	}
}

static inline bool
is_of_partition(const AdvSlabEntry *entry, int partition)
{
	return entry->key.queryid != 0 &&
		adv_store_partition(adv_key_hash(&entry->key)) == partition;
}

/*
 * Call found() with a copy of every entry in use of a partition in any slab,
 * until it returns false.  The caller holds the partition's lock.
 */
static void
visit_entries(int partition, bool (*found) (AdvSlabEntry *entry,
											const AdvSlabEntry *copy, void *arg),
			  void *arg)
{
	int			npartitions = adv_store_partitions();

	for (int i = 0; i < nslabs; i++)
	{
		AdvSlab    *slab = slab_at(i);

		if (slab->owner_pid == 0)
			continue;

		/* the low bits of a hash give the partition as well as the set */
		for (int set = partition & (nsets - 1); set < nsets; set += npartitions)
		{
			for (int way = 0; way < ADV_WAYS; way++)
			{
				AdvSlabEntry *entry = &slab->entries[set * ADV_WAYS + way];
				AdvSlabEntry copy;

				if (!is_of_partition(entry, partition))
					continue;
				read_entry(entry, &copy);
				if (is_of_partition(&copy, partition) &&
					!found(entry, &copy, arg))
					return;
			}
		}
	}
}

typedef struct CopyTarget
{
	AdvEntryCopy *copies;
	int			n;
	int			max;
} CopyTarget;

static bool
copy_one(AdvSlabEntry *entry, const AdvSlabEntry *copy, void *arg)
{
	CopyTarget *target = (CopyTarget *) arg;
	AdvEntryCopy *to;

	if (copy->epoch != entry->reset_epoch ||
		copy->counters.exec.count + copy->counters.plan.count == 0)
		return true;
	if (target->n == target->max)
	{
		target->n = -1;
		return false;
	}
	to = &target->copies[target->n++];
	to->key = copy->key;
	to->counters = copy->counters;
	for (int i = 0; i < ADV_HIST_BUCKETS; i++)
		to->hist[i] = copy->hist[i];
	return true;
}

int
adv_slab_copy(int partition, AdvEntryCopy *copies, int max)
{
	CopyTarget	target = {copies, 0, max};

	visit_entries(partition, copy_one, &target);
	return target.n;
}

bool
adv_slab_find_at(int procno, TimestampTz when, AdvKey *key)
{
	AdvSlab    *slab = slab_at(procno);

	for (int i = 0; slab->owner_pid != 0 && i < adv_pending_entries; i++)
	{
		AdvSlabEntry *entry = &slab->entries[i];
		AdvSlabEntry copy;

		if (entry->key.queryid == 0 || entry->counters.last_seen != when)
			continue;
		read_entry(entry, &copy);
		if (copy.key.queryid != 0 && copy.key.toplevel &&
			copy.counters.last_seen == when && copy.epoch == entry->reset_epoch)
		{
			*key = copy.key;
			return true;
		}
	}
	return false;
}

uint32
adv_slab_take_transactions(int procno, int pid)
{
	AdvSlab    *slab = slab_at(procno);
	uint32		taken = pg_atomic_read_u32(&slab->taken);
	uint32		last = taken;

	pg_read_barrier();
	if (slab->owner_pid != pid)
		return 0;
	for (int i = 0; i < adv_pending_entries; i++)
	{
		LocalTransactionId transaction = *(volatile LocalTransactionId *) &slab->entries[i].transaction;

		/* they wrap around: the latest is that furthest ahead */
		if (LocalTransactionIdIsValid(transaction) && (int32) (transaction - last) > 0)
			last = transaction;
	}
	/* if the session has ended meanwhile, it has taken them itself */
	return pg_atomic_compare_exchange_u32(&slab->taken, &taken, last) ? last - taken : 0;
}

static bool
sum_one(AdvSlabEntry *entry, const AdvSlabEntry *copy, void *arg)
{
	if (copy->epoch == entry->reset_epoch && copy->key.toplevel)
		*(int64 *) arg += copy->counters.exec.total;
	return true;
}

int64
adv_slab_toplevel_ns(int partition)
{
	int64		sum = 0;

	visit_entries(partition, sum_one, &sum);
	return sum;
}

static bool
forget_one(AdvSlabEntry *entry, const AdvSlabEntry *copy, void *arg)
{
	const AdvKey *what = (const AdvKey *) arg;

	if (adv_key_matches(&copy->key, what->userid, what->dbid, what->queryid))
		entry->reset_epoch++;
	return true;
}

void
adv_slab_forget(int partition, Oid userid, Oid dbid, uint64 queryid)
{
	AdvKey		what = {.userid = userid,.dbid = dbid,.queryid = queryid};

	visit_entries(partition, forget_one, &what);
}

void
adv_slab_used(int64 *used, int64 *max)
{
	*used = 0;
	*max = (int64) nslabs * adv_pending_entries;
	for (int i = 0; i < nslabs; i++)
	{
		AdvSlab    *slab = slab_at(i);

		for (int j = 0; slab->owner_pid != 0 && j < adv_pending_entries; j++)
		{
			if (slab->entries[j].key.queryid != 0)
				(*used)++;
		}
	}
}

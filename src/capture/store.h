/*-------------------------------------------------------------------------
 *
 * store.h
 *		The shared store of captured statements, of fixed size.
 *
 * Statements are spread over partitions by the hash of their key.  A
 * statement holds the entries of its plans and error classes.
 *
 * Locking.  Everything that belongs to a partition, its statements, their
 * entries and its totals, is read under the partition's LWLock in shared mode
 * and written under it in exclusive mode.  Pending slabs (slab.h) hand their
 * counts over under the same lock, so whoever holds it, in either mode, sees
 * every count of the partition's statements exactly once, here or there.
 * Only the two lists of free slots are common to all partitions; a spinlock
 * guards them, taken while holding a partition's lock and for a few
 * instructions.  Nobody waits for a second partition lock while holding one,
 * and nothing under a partition lock allocates memory or raises an error.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_STORE_H
#define ADV_CAPTURE_STORE_H

#include "capture/counters.h"
#include "capture/texts.h"
#include "storage/lwlock.h"

/* An entry as a reader sees it, and as it goes to the file. */
typedef struct AdvEntryCopy
{
	AdvKey		key;
	AdvCounters counters;
	int64		hist[ADV_HIST_BUCKETS];
} AdvEntryCopy;

/* The text of a statement as a reader sees it. */
typedef struct AdvTextCopy
{
	AdvKey		key;			/* planid and sqlclass are 0 */
	int64		lock_wait_ns;	/* of the statement, see waits.h */
	int			encoding;
	int			len;
	char		text[ADV_TEXT_MAX];
} AdvTextCopy;

/* What left the store, or did not get in; kept per partition. */
typedef struct AdvLosses
{
	int64		evicted_entries;
	int64		evicted_calls;	/* completed executions */
	int64		evicted_ns;
	int64		dropped_calls;	/* completed executions that found no room */
	int64		dropped_ns;
	int64		toplevel_ns;	/* share of top-level statements in the time
								 * lost in both ways, aborted ones included */
	int64		evicted_documents;	/* plans, examples and the like that made room */
} AdvLosses;

/* Shared memory: size in bytes, and creation or attachment. */
extern Size adv_store_shmem_size(void);
extern void adv_store_shmem_request(void);
extern bool adv_store_shmem_init(void);

/* Number of partitions, a power of two, fixed at start. */
extern int	adv_store_partitions(void);

/* Partition of a hash made by adv_key_hash(), and its lock. */
extern int	adv_store_partition(uint32 hash);
extern LWLock *adv_store_lock(int partition);

/*
 * Add counts to the entry of key, making room for it if there is none yet.
 * The caller holds the partition's lock in exclusive mode.
 * Where no room can be made the counts are added to the partition's losses.
 */
extern void adv_store_merge(const AdvKey *key, uint32 hash,
							const AdvCounters *counters, const int64 *hist);

/*
 * Has the store the text of this statement?  And give it one.  They take the
 * partition's lock themselves.  Without room the statement has no text.
 */
extern bool adv_store_has_text(const AdvKey *key);
extern void adv_store_set_text(const AdvKey *key, const char *text, int len,
							   int encoding);

/*
 * Time that clients' statements waited for locks (waits.h), in ns.
 *
 * Of the statements with this database and query id, the owner is the user
 * whose statement a wait belongs to, given who logged in: that user if there
 * is such a statement, or else, as SET ROLE may have made it somebody else's,
 * the user of the one used last; or that user after all.
 * adv_store_lock_wait_owner() takes the locks of all partitions, one after the
 * other, unless there is a statement of that user.
 *
 * Adding makes room for a statement that is not there, as its counts may be
 * pending.  Both take the partition's lock themselves.
 */
extern Oid	adv_store_lock_wait_owner(Oid dbid, Oid userid, uint64 queryid);
extern void adv_store_add_lock_wait(Oid dbid, Oid userid, uint64 queryid,
									int64 ns);
extern int64 adv_store_lock_wait(const AdvKey *statement);

/*
 * The statement of a database that was last run when a client sent something
 * at this very time, if it is in the store.  Takes the locks of all partitions
 * in turn.
 */
extern bool adv_store_find_at(Oid dbid, TimestampTz when, AdvKey *key);

/*
 * Time in ns of the statements of a partition that clients sent, those lost
 * included; the caller holds the lock.
 */
extern int64 adv_store_toplevel_ns(int partition);

/* Numbers of entries and of texts of a partition; the caller holds its lock. */
extern int	adv_store_count(int partition);
extern int	adv_store_count_texts(int partition);

/*
 * Copy the entries of a partition to copies, which has room for
 * adv_store_count() of them; returns their number.  The caller holds the lock.
 */
extern int	adv_store_copy(int partition, AdvEntryCopy *copies);

/* The same with texts and adv_store_count_texts(). */
extern int	adv_store_copy_texts(int partition, AdvTextCopy *copies);

/*
 * Forget the statements of a partition that match; a zero matches everything.
 * The caller holds the lock in exclusive mode.  Forgetting everything clears
 * the partition's losses, too.  Unless texts are to go, too,
 * they stay while there is plenty of room.
 */
extern void adv_store_forget(int partition, Oid userid, Oid dbid,
							 uint64 queryid, bool texts);

/* Add a partition's losses to sum; the caller holds the lock. */
extern void adv_store_add_losses(int partition, AdvLosses *sum);

/* Give losses back to a partition, after a restart. */
extern void adv_store_set_losses(int partition, const AdvLosses *losses);

/*
 * Count executions that could not even be kept as pending.  Takes the lock of
 * a partition.
 */
extern void adv_store_drop(const AdvKey *key, const AdvCounters *counters);

/* When counting began, or everything was last forgotten. */
extern TimestampTz adv_store_since(void);
extern void adv_store_set_since(TimestampTz since);

#endif							/* ADV_CAPTURE_STORE_H */

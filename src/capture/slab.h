/*-------------------------------------------------------------------------
 *
 * slab.h
 *		Pending counts: what a backend has not handed over to the store yet.
 *
 * Each backend owns a slab of advisor.pending_entries entries in shared
 * memory, and only it adds to them, with plain stores: no lock, no atomic
 * operation.  When an entry has to make room for another, when it has counted
 * a second of work, and when the backend exits, its counts go to the store.
 *
 * An entry's place in the slab, its set, follows from the partition of its
 * key, so that a reader of one partition looks at few entries.
 *
 * Protocol of an entry, for all but reset_epoch:
 *
 * - The owner writes.  It makes changecount odd before and even after, with
 *   write barriers between, as utils/backend_status.h does.  A reader copies
 *   the entry and tries again unless changecount was even and the same before
 *   and after.
 * - Taking an entry's counts out of it (which the owner does, too, while it
 *   moves them to the store) needs the exclusive lock of the key's partition.
 *   Readers hold it shared.  So a reader sees each count once.
 *
 * reset_epoch is written by resetters, under the exclusive lock of the key's
 * partition, and by nobody else.  Counts belong to the epoch that the owner
 * noted when it began to count; unless that is reset_epoch they are void, and
 * the owner, seeing that, begins anew.  If an addition races with a reset, the
 * addition is void or not, as if it had happened before the reset or after;
 * no reset is ever undone and no other entry touched.  That is why nothing
 * stronger than a plain load is needed on the path of a statement.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_SLAB_H
#define ADV_CAPTURE_SLAB_H

#include "capture/counters.h"
#include "capture/store.h"

/* Shared memory: size in bytes, and creation or attachment. */
extern Size adv_slab_shmem_size(void);
extern void adv_slab_shmem_request(void);
extern void adv_slab_shmem_init(void);

/*
 * Count an execution: its duration in ns, what it used, and when its
 * transaction's current statement began.  Never raises an error; waits for a
 * partition's lock only if the entry is not at hand and another one has to
 * make room, or once in 65,535 executions that fall into one bucket.
 */
extern void adv_slab_add_execution(const AdvKey *key, int64 ns,
								   const AdvUsage *usage);

/*
 * The entry of a key, made if need be, for slabentry.h; NULL if this process
 * has no slab.  It is another key's once its tag is not what the caller set.
 */
extern struct AdvSlabEntry *adv_slab_entry(const AdvKey *key);

/* The same, of an execution that has just ended and used what span tells. */
extern void adv_slab_add_span(const AdvKey *key, int64 ns,
							  const AdvSpan *span, uint64 rows);

/* Count a planning of ns nanoseconds. */
extern void adv_slab_add_planning(const AdvKey *key, int64 ns);

/*
 * Called as often as advisor wants to know of the end of this backend before
 * its slab is flushed, from before_shmem_exit.
 */
extern void adv_slab_set_exit_callback(void (*callback) (void));

/*
 * Copy the entries of a partition in all slabs to copies, which has room for
 * max of them; returns their number, or -1 if there is not room enough.  The
 * caller holds the partition's lock.
 */
extern int	adv_slab_copy(int partition, AdvEntryCopy *copies, int max);

/*
 * Time in ns, in all slabs, of the statements of a partition that clients
 * sent.  The caller holds the partition's lock.
 */
extern int64 adv_slab_toplevel_ns(int partition);

/*
 * Make void what slabs hold of a partition's statements that match; a zero
 * matches everything.  The caller holds the partition's lock exclusively.
 */
extern void adv_slab_forget(int partition, Oid userid, Oid dbid,
							uint64 queryid);

/*
 * The statement that the process of a PGPROC last ran when its client sent
 * something at this very time, if that is still pending.  Needs no lock; what
 * moves to the store just now may be missed.
 */
extern bool adv_slab_find_at(int procno, TimestampTz when, AdvKey *key);

/*
 * How many transactions the session of a PGPROC, whose process has this pid,
 * has begun since it was asked last, up to that of the statement counted last.
 * Needs no lock.
 */
extern uint32 adv_slab_take_transactions(int procno, int pid);

/* Numbers of entries in use in all slabs, and of entries there are. */
extern void adv_slab_used(int64 *used, int64 *max);

#endif							/* ADV_CAPTURE_SLAB_H */

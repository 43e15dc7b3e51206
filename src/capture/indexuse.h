/*-------------------------------------------------------------------------
 *
 * indexuse.h
 *		How often each index was used by plans that were executed.
 *
 * The server's idx_scan tells something else: the planner's looks at the ends
 * of an index raise it, and every loop of a join does.  Here an execution whose
 * plan reached a node that scans the index counts as one.
 *
 * Each backend counts in a pending slab of its own, with plain stores, and the
 * counts go to a shared table when an index has to make room there, and at
 * exit.  Both are independent of statements and plans, so nothing is lost when
 * these are evicted.
 *
 * Locking: the table is guarded by one LWLock.  A pending count is written by
 * its owner alone, except for voided, which is written by whoever resets, under
 * the exclusive lock; counts move to the table under it, too.  A reader holds
 * it shared.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_INDEXUSE_H
#define ADV_CAPTURE_INDEXUSE_H

#include "access/xact.h"
#include "capture/examined.h"
#include "datatype/timestamp.h"
#include "nodes/execnodes.h"

/* Pending count of an index of the owner's database. */
typedef struct AdvIndexUse
{
	Oid			indexid;		/* 0 if it is not in use */
	int32		pins;			/* so many have a pointer to it */
	int64		executions;
	int64		voided;			/* how many of them have been forgotten */
	TimestampTz last_used;
} AdvIndexUse;

/* What a reader sees, and what goes to the file. */
typedef struct AdvIndexTotal
{
	Oid			dbid;
	Oid			indexid;
	int64		executions;
	TimestampTz last_used;
} AdvIndexTotal;

extern Size adv_indexuse_shmem_size(void);
extern void adv_indexuse_shmem_request(void);
extern void adv_indexuse_shmem_init(void);

/*
 * The pending count of an index, to stay where it is until it is unpinned as
 * often; NULL if there is no room for another one.
 */
extern AdvIndexUse *adv_indexuse_pin(Oid indexid);

static inline void
adv_indexuse_unpin(AdvIndexUse *use)
{
	use->pins--;
}

/* Count all index scans of a plan that were reached, or those of a list. */
extern void adv_indexuse_count_plan(PlanState *root);
extern void adv_indexuse_count_scans(const AdvScans *scans);

/* This process exits: hand all counts over. */
extern void adv_indexuse_flush(void);

/*
 * All totals, in the current memory context; returns their number.  An index
 * may come several times: the counts add up.
 */
extern int	adv_indexuse_read(AdvIndexTotal **totals);

/*
 * Is what is read of an index sure to be all?  False if there is no total of it
 * and its place is full, so that one may have had to make room.
 */
extern bool adv_indexuse_is_known(Oid dbid, Oid indexid);

/* Forget all counts; and give some back after a restart. */
extern void adv_indexuse_forget(void);
extern void adv_indexuse_restore(const AdvIndexTotal *total);

/* Count an execution at a time. */
static inline void
adv_indexuse_count(AdvIndexUse *use, TimestampTz when)
{
	use->executions++;
	use->last_used = when;
}

#endif							/* ADV_CAPTURE_INDEXUSE_H */

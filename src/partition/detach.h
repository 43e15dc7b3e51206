/*-------------------------------------------------------------------------
 *
 * detach.h
 *		DETACH PARTITION ... CONCURRENTLY, from within a function.
 *
 * It commits in the middle, so the server allows it only as a statement of its
 * own, never in a function.  A dynamic background worker runs it: logged in as
 * the owner of the table, with one ALTER TABLE made of two OIDs and nothing
 * else.  Before that, in a transaction of its own, it takes down in
 * advisor.retired_partitions what the table's policy wants to be done with the
 * partition: whoever asked may be gone when the partition is detached.
 *
 * What is left by one that was stopped halfway is a partition whose detach is
 * pending.  Nobody reads it through the parent, it can be finalized at any time,
 * and until then no other partition can be detached concurrently.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_PARTITION_DETACH_H
#define ADV_PARTITION_DETACH_H

/* How it ended */
typedef struct AdvDetachResult
{
	bool		done;
	bool		started;		/* false if there was no background worker to be had */
	int			sqlstate;		/* of the error, if not done */
	char	   *message;
} AdvDetachResult;

/*
 * Detach a partition and wait for the end.  Locks are waited for so many
 * milliseconds, and so are transactions that use the parent.
 *
 * Errors if the current role may not become the owner of the parent, or this
 * transaction has a lock on either table, for which the worker would wait while
 * we wait for it.  When the caller is cancelled or terminated, so is the worker;
 * it may have been quicker.  If the server process of the caller dies without
 * that, the server restarts all others, too.
 */
extern AdvDetachResult adv_detach_concurrently(Oid parent, Oid partition, int lock_timeout);

#endif							/* ADV_PARTITION_DETACH_H */

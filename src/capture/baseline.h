/*-------------------------------------------------------------------------
 *
 * baseline.h
 *		Where counters of the server stood when capture began.
 *
 * Transaction ids, multixact ids and the position in the WAL only grow, but
 * the server keeps no record of where they were.  Noted once after the server
 * has started, they give a rate without anything being scheduled.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_BASELINE_H
#define ADV_CAPTURE_BASELINE_H

#include "datatype/timestamp.h"

typedef struct AdvBaseline
{
	TimestampTz when;
	uint64		xid;			/* the next one, with its epoch */
	uint32		multixact;		/* the next one; it wraps around */
	uint64		wal_lsn;		/* written, or in recovery replayed, in bytes */
} AdvBaseline;

/* Shared memory: size in bytes, and creation or attachment. */
extern Size adv_baseline_shmem_size(void);
extern void adv_baseline_shmem_request(void);
extern void adv_baseline_shmem_init(void);

/*
 * Note them, unless somebody has; to be called by processes that may be the
 * first.  Takes locks of the server for an instant, only if it is.
 */
extern void adv_baseline_note(void);

/* What was noted; false if nothing was yet. */
extern bool adv_baseline_get(AdvBaseline *baseline);

#endif							/* ADV_CAPTURE_BASELINE_H */

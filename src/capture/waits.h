/*-------------------------------------------------------------------------
 *
 * waits.h
 *		Time that statements spend waiting for locks, seen from outside.
 *
 * The statements themselves do nothing for it: the server notes in each
 * PGPROC what its process waits for, and since when if that is a heavyweight
 * lock, and in each PgBackendStatus the query id of what the client sent.  A
 * background worker looks at them every advisor.wait_interval and charges the
 * time since it looked last, or since the wait began, to that statement.
 *
 * What is charged is never more than was waited, and a wait in progress is
 * visible from the first look at it.  A wait is charged up to the last look
 * before its end: of one longer than the interval between zero and one
 * interval is missing, half an interval on average.  One shorter than the
 * interval is seen with probability length / interval and then charged half
 * its length on average, so of waits of length l all together a share of
 * l / (2 * interval) is charged.  While nobody waits the looks grow rarer, up
 * to ten times the interval, but not beyond ADV_WAITS_MAX_PAUSE ms unless the
 * interval is longer: the first short waits after a quiet time are missed
 * more often, long ones lose nothing at their beginning.
 *
 * Waits that come before the query id is known, for the locks of parse
 * analysis, are kept by the worker and charged once it is, or once the
 * statement has been counted; they are not part of its execution time.  If the
 * session ends or goes on to something else before the next look, that works
 * for simple queries but not for the extended protocol: they are lost.  Those
 * of an SQL-level EXECUTE are charged to the EXECUTE, which has no row of its
 * own: its is the only query id that the server tells.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_WAITS_H
#define ADV_CAPTURE_WAITS_H

#include "common/compat.h"
#include "utils/backend_status.h"

/* ms between looks that no wait shall go beyond, lest one of 1 s be missed. */
#define ADV_WAITS_MAX_PAUSE 900

/* What is known of the sampling worker. */
typedef struct AdvWaitsInfo
{
	bool		running;		/* it has started and not ended */
	int64		looks;			/* since it started; in a quiet time this is
								 * brought up to date now and then only */
	int64		lost_ns;		/* waits whose statement could not be told */
} AdvWaitsInfo;

/* Shared memory: size in bytes, and creation or attachment. */
extern Size adv_waits_shmem_size(void);
extern void adv_waits_shmem_request(void);
extern void adv_waits_shmem_init(void);

/*
 * Register the worker.  To be called while shared_preload_libraries is
 * processed.
 */
extern void adv_waits_register(void);

/*
 * Tell the worker where the server keeps the status of processes.  To be
 * called once in each backend that runs statements; any one will do.
 */
extern void adv_waits_note_backend(void);

extern void adv_waits_info(AdvWaitsInfo *info);

/* That array of MaxBackends statuses; NULL as long as it is not known. */
extern PgBackendStatus *adv_waits_statuses(void);

/* Main function of the worker. */
extern PGDLLEXPORT void adv_waits_main(Datum arg);

#endif							/* ADV_CAPTURE_WAITS_H */

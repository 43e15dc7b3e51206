/*-------------------------------------------------------------------------
 *
 * concurrency.h
 *		How many connections are really used at once, by database and
 *		application: what a connection pool would have to hold.
 *
 * A pool that lends connections for a transaction needs as many as there are
 * transactions open at a time.  By Little's law that is, on average, the time
 * spent in transactions per unit of time.  The sum of the times is not taken
 * in the sessions: what they see begins with the execution, after parsing, and
 * ends before the commit is on disk.  The server itself publishes in each
 * PgBackendStatus whether a session is active, idle or idle in transaction,
 * from the first byte of a request to the answer.  The background worker that
 * samples lock waits looks at that several times a second and gives each look
 * the time since the one before: the expected value is the time average, for
 * transactions of any length, and statements pay nothing.
 *
 * One look sees L connections in use with a standard deviation of about
 * sqrt(L) at worst; a minute has 66 looks in a quiet time and 240 or more in
 * a busy one.  So a mean of L over one minute is right to some
 * sqrt(L) / 15, and one over an hour to sqrt(L) / 120; transactions longer
 * than the time between looks are seen better than that.
 *
 * Held: active or idle in a transaction.  Busy: active.
 *
 * Counted apart, and exactly: transactions and ended sessions.  A session's
 * transactions follow from the numbers that the server gives them; those of a
 * running session are brought up to date every few seconds.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_CONCURRENCY_H
#define ADV_CAPTURE_CONCURRENCY_H

#include "datatype/timestamp.h"

#define ADV_CONCURRENCY_WINDOW_NS (60 * INT64CONST(1000000000))	/* the busiest minute */
#define ADV_CONCURRENCY_PAUSE	250 /* ms between looks while anything is held */

/* Whose connections a row is about. */
typedef enum AdvConcurrencyKind
{
	ADV_CONCURRENCY_SERVER,		/* all */
	ADV_CONCURRENCY_OTHER,		/* applications there was no room for */
	ADV_CONCURRENCY_DATABASE,
	ADV_CONCURRENCY_APPLICATION
} AdvConcurrencyKind;

typedef struct AdvConcurrency
{
	AdvConcurrencyKind kind;
	Oid			dbid;
	char		application[NAMEDATALEN];
	TimestampTz since;			/* seen first */
	TimestampTz last_seen;		/* connected, at a look or when a session ended */
	int64		observed_ns;	/* time covered by looks since then */
	int64		client_ns;		/* connection-time in it: connected, */
	int64		held_ns;		/* in use, */
	int64		busy_ns;		/* active */
	int64		transactions;
	int64		sessions;		/* that have ended, */
	int64		session_us;		/* and how long they lasted all together */
	int			clients;		/* at the last look */
	int			max_clients;	/* at any look */
	int			max_held;
	double		peak_held;		/* mean number in the busiest minute; in what */
	double		peak_busy;		/* there is, as long as there is no minute */
	TimestampTz peak_at;		/* end of the minute with peak_held; 0 if none */
} AdvConcurrency;

/* Shared memory: size in bytes, and creation or attachment. */
extern Size adv_concurrency_shmem_size(void);
extern void adv_concurrency_shmem_request(void);
extern void adv_concurrency_shmem_init(void);

/* For the worker: begin, and look; is any connection in use? */
extern void adv_concurrency_start(void);
extern bool adv_concurrency_look(void);

/* This session of a client ends; so many of its transactions were not counted yet. */
extern void adv_concurrency_end_session(uint32 transactions);

/*
 * All rows there are, in palloc'd memory; returns their number.  The first one
 * is that of the server.
 */
extern int	adv_concurrency_read(AdvConcurrency **rows);

#endif							/* ADV_CAPTURE_CONCURRENCY_H */

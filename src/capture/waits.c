/*-------------------------------------------------------------------------
 *
 * waits.c
 *		Time that statements spend waiting for locks, seen from outside.
 *
 * waits.h says what is measured and how exactly.
 *
 * The array of PgBackendStatus cannot be named from here, and the functions
 * that read it copy all of it, texts included.  But each backend has a pointer
 * to its own entry and knows its index: the first one that counts a statement
 * notes where the array begins, and the worker reads the few members that it
 * needs, of waiting processes only, by the change count protocol of
 * utils/backend_status.h.
 *
 * The worker has no database connection and takes no lock but, to charge a
 * wait, that of a store's partition.  What it must remember between looks is
 * its own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/baseline.h"
#include "capture/concurrency.h"
#include "capture/slab.h"
#include "capture/store.h"
#include "capture/waits.h"
#include "common/compat.h"
#include "common/guc.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/backend_status.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#define ADV_WAIT_CLASS_MASK 0xFF000000
#define ADV_RESTART_SECONDS 10
#define ADV_QUIET_LOOKS		16	/* after which the pause grows by an interval */
#define ADV_MAX_INTERVALS	10	/* longest pause, in intervals */
#define ADV_PUBLISH_LOOKS	64	/* quiet looks between writes to shared memory */
#define ADV_READ_TRIES		16
#define ADV_NS_PER_US		1000

/*
 * statuses is written by whoever comes first, and by all the same; the rest
 * by the worker alone.
 */
typedef struct AdvWaitsShared
{
	PgBackendStatus *volatile statuses; /* NULL until it is known */
	volatile int worker_pid;	/* 0 while there is no worker */
	pg_atomic_uint64 looks;
	pg_atomic_uint64 lost_ns;
} AdvWaitsShared;

/* What a process is running, from its PgBackendStatus. */
typedef struct AdvRunning
{
	int			pid;
	Oid			dbid;
	Oid			userid;			/* who logged in */
	uint64		queryid;		/* 0 as long as it is not known */
	bool		active;
	TimestampTz message_start;	/* when the client's message came */
	uint32		text;			/* hash of what the client sent */
} AdvRunning;

/* What came of reading it. */
typedef enum AdvReadResult
{
	ADV_READ_DONE,
	ADV_READ_CHANGING,			/* being written just now: try again later */
	ADV_READ_GONE				/* there is no such process */
} AdvReadResult;

/* What the worker remembers of the process of a PGPROC. */
typedef struct AdvWait
{
	TimestampTz start;			/* tells a wait from the one before */
	TimestampTz charged;		/* the wait is charged up to here */
	Oid			owner;			/* whose statement it is, InvalidOid if it has
								 * not been looked for */
	int64		owed_ns;		/* waited before the query id was known */
	AdvRunning	owing;			/* by this */
} AdvWait;

static AdvWaitsShared *shared = NULL;

/* The worker's own: one for each PGPROC that may run statements. */
static AdvWait *waits = NULL;

/* ---------------------------------------------------------------------
 * Shared memory, and what others do
 * ---------------------------------------------------------------------
 */

Size
adv_waits_shmem_size(void)
{
	return CACHELINEALIGN(sizeof(AdvWaitsShared));
}

void
adv_waits_shmem_request(void)
{
	RequestAddinShmemSpace(adv_waits_shmem_size());
}

void
adv_waits_shmem_init(void)
{
	bool		found;

	shared = ShmemInitStruct("advisor waits", adv_waits_shmem_size(), &found);
	if (found)
		return;
	shared->statuses = NULL;
	shared->worker_pid = 0;
	pg_atomic_init_u64(&shared->looks, 0);
	pg_atomic_init_u64(&shared->lost_ns, 0);
}

/*
 * It runs on standbys, too: nothing but row locks is different there.  It is
 * registered even if advisor.wait_interval is 0, as a reload may change that.
 */
void
adv_waits_register(void)
{
	BackgroundWorker worker;

	memset(&worker, 0, sizeof(worker));
	strlcpy(worker.bgw_name, "advisor wait sampler", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "advisor wait sampler", BGW_MAXLEN);
	strlcpy(worker.bgw_library_name, "advisor", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "adv_waits_main", sizeof(worker.bgw_function_name));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS;
	worker.bgw_start_time = BgWorkerStart_ConsistentState;
	worker.bgw_restart_time = ADV_RESTART_SECONDS;
	RegisterBackgroundWorker(&worker);
}

void
adv_waits_note_backend(void)
{
	int			index;

	if (shared == NULL || shared->statuses != NULL || MyBEEntry == NULL)
		return;
	index = ADV_STATUS_INDEX(ADV_MY_PROCNO());
	if (index >= 0 && index < MaxBackends)
		shared->statuses = MyBEEntry - index;
}

void
adv_waits_info(AdvWaitsInfo *info)
{
	info->running = shared->worker_pid != 0;
	info->looks = (int64) pg_atomic_read_u64(&shared->looks);
	info->lost_ns = (int64) pg_atomic_read_u64(&shared->lost_ns);
}

PgBackendStatus *
adv_waits_statuses(void)
{
	return shared->statuses;
}

/* ---------------------------------------------------------------------
 * Reading what others publish
 * ---------------------------------------------------------------------
 */

/* Does the process of this PGPROC wait for a lock right now? */
static inline bool
is_waiting(const PGPROC *proc)
{
	uint32		wait_event = *(const volatile uint32 *) &proc->wait_event_info;

	return (wait_event & ADV_WAIT_CLASS_MASK) == PG_WAIT_LOCK;
}

static inline TimestampTz
wait_start(PGPROC *proc)
{
	return (TimestampTz) pg_atomic_read_u64(&proc->waitStart);
}

/* The waits of parallel workers are part of what their leader waits for. */
static inline bool
is_parallel_worker(const PGPROC *proc)
{
	const PGPROC *leader = *(PGPROC *const volatile *) &proc->lockGroupLeader;

	return leader != NULL && leader != proc;
}

static void
copy_status(volatile PgBackendStatus *status, AdvRunning *running)
{
	const char *text = (const char *) status->st_activity_raw;

	running->pid = status->st_procpid;
	running->dbid = status->st_databaseid;
	running->userid = status->st_userid;
	running->queryid = (uint64) status->st_query_id;
	running->active = status->st_state == STATE_RUNNING ||
		status->st_state == STATE_FASTPATH;
	running->message_start = status->st_activity_start_timestamp;
	running->text = hash_bytes((const unsigned char *) text,
							   strnlen(text, pgstat_track_activity_query_size));
}

/*
 * Read what the process of a PGPROC is running.  One that was taken off its
 * processor while it wrote keeps changing for as long as all the tries take,
 * however many; it must not pass for one that has gone.
 */
static AdvReadResult
read_running(int procno, AdvRunning *running)
{
	int			index = ADV_STATUS_INDEX(procno);
	volatile PgBackendStatus *status;

	if (index < 0 || index >= MaxBackends)
		return ADV_READ_GONE;

	status = &shared->statuses[index];
	for (int tries = 0; tries < ADV_READ_TRIES; tries++)
	{
		int			before;
		int			after;

		pgstat_begin_read_activity(status, before);
		if (status->st_procpid > 0)
			copy_status(status, running);
		else
			running->pid = 0;
		pgstat_end_read_activity(status, after);
		if (pgstat_read_activity_complete(before, after))
			return running->pid > 0 &&
				running->pid == ProcGlobal->allProcs[procno].pid ?
				ADV_READ_DONE : ADV_READ_GONE;
	}
	return ADV_READ_CHANGING;
}

/* ---------------------------------------------------------------------
 * Charging
 * ---------------------------------------------------------------------
 */

static void
charge(Oid *owner, const AdvRunning *running, int64 ns)
{
	if (!OidIsValid(*owner))
		*owner = adv_store_lock_wait_owner(running->dbid, running->userid,
										   running->queryid);
	adv_store_add_lock_wait(running->dbid, *owner, running->queryid, ns);
}

/*
 * Do both belong to one statement?  Where a client sends parse and bind
 * messages apart they begin anew with each, but the text stays.
 */
static bool
is_same_statement(const AdvRunning *a, const AdvRunning *b)
{
	return a->pid == b->pid &&
		(a->message_start == b->message_start || a->text == b->text);
}

/*
 * Charge what has been waited before the query id was known to the statement
 * that was counted since, if it tells by the time that it is the one.
 */
static bool
charge_counted(int procno, const AdvWait *wait)
{
	const AdvRunning *owing = &wait->owing;
	AdvKey		key;

	if (!(adv_slab_find_at(procno, owing->message_start, &key) &&
		  key.dbid == owing->dbid) &&
		!adv_store_find_at(owing->dbid, owing->message_start, &key))
		return false;
	adv_store_add_lock_wait(key.dbid, key.userid, key.queryid, wait->owed_ns);
	return true;
}

/*
 * What has been waited before the query id was known: charge it if now it is,
 * and give it up if it will not be any more.  running is NULL if the process
 * has gone.
 */
static void
settle_owed(int procno, const AdvRunning *running)
{
	AdvWait    *wait = &waits[procno];
	Oid			owner = InvalidOid;

	if (wait->owed_ns == 0)
		return;
	if (running && is_same_statement(&wait->owing, running) &&
		running->queryid == 0 && running->active)
		return;

	if (running && is_same_statement(&wait->owing, running) &&
		running->queryid != 0)
		charge(&owner, running, wait->owed_ns);
	else if (!charge_counted(procno, wait))
		pg_atomic_write_u64(&shared->lost_ns,
							pg_atomic_read_u64(&shared->lost_ns) +
							(uint64) wait->owed_ns);
	wait->owed_ns = 0;
}

/* Look at a process that waits. */
static void
look_at_waiting(int procno, TimestampTz now)
{
	PGPROC	   *proc = &ProcGlobal->allProcs[procno];
	AdvWait    *wait = &waits[procno];
	TimestampTz start;
	AdvRunning	running;
	int64		ns;

	pg_read_barrier();
	start = wait_start(proc);
	if (start == 0 || start > now || is_parallel_worker(proc) ||
		read_running(procno, &running) != ADV_READ_DONE)
		return;

	/* unless it still waits, what was read may be the next statement */
	pg_read_barrier();
	if (!is_waiting(proc) || wait_start(proc) != start)
		return;

	if (wait->start != start)
	{
		wait->start = start;
		wait->charged = start;
		wait->owner = InvalidOid;
	}
	settle_owed(procno, &running);
	ns = (now - wait->charged) * ADV_NS_PER_US;
	if (ns <= 0 || !OidIsValid(running.dbid) || !OidIsValid(running.userid))
		return;

	wait->charged = now;
	if (running.queryid != 0)
		charge(&wait->owner, &running, ns);
	else
	{
		wait->owing = running;
		wait->owed_ns += ns;
	}
}

/* Look at a process that does not wait, but did. */
static void
look_at_owing(int procno)
{
	AdvRunning	running;
	AdvReadResult result = read_running(procno, &running);

	if (result != ADV_READ_CHANGING)
		settle_owed(procno, result == ADV_READ_DONE ? &running : NULL);
}

/* Look at all processes; is there anything to be looked at soon again? */
static bool
look(void)
{
	TimestampTz now = GetCurrentTimestamp();
	bool		busy = false;

	if (shared->statuses == NULL)
		return false;

	for (int i = 0; i < MaxBackends; i++)
	{
		if (is_waiting(&ProcGlobal->allProcs[i]))
		{
			look_at_waiting(i, now);
			busy = true;
		}
		else if (unlikely(waits[i].owed_ns > 0))
		{
			look_at_owing(i);
			busy = true;
		}
	}
	return busy;
}

/* ---------------------------------------------------------------------
 * The worker
 * ---------------------------------------------------------------------
 */

/* before_shmem_exit callback */
static void
worker_gone(int code, Datum arg)
{
	shared->worker_pid = 0;
}

/*
 * ms until the next look, after so many that found nothing.  in_use: somebody
 * is doing something, though nobody waits.
 */
static long
next_pause(int quiet, bool in_use)
{
	long		intervals = Min(1 + quiet / ADV_QUIET_LOOKS, ADV_MAX_INTERVALS);
	long		pause = Min(intervals * adv_wait_interval, ADV_WAITS_MAX_PAUSE);

	if (in_use)
		pause = Min(pause, ADV_CONCURRENCY_PAUSE);
	return Max(pause, adv_wait_interval);
}

/* Look, and count the looks; returns how many found nothing since one did. */
static int
look_and_count(int quiet)
{
	static uint64 looks = 0;

	looks++;
	quiet = look() ? 0 : Min(quiet + 1, INT_MAX - 1);
	/* while nothing happens, nothing is written where others read */
	if (quiet == 0 || looks % ADV_PUBLISH_LOOKS == 1)
		pg_atomic_write_u64(&shared->looks, looks);
	return quiet;
}

static void
start_worker(void)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();

	waits = MemoryContextAllocZero(TopMemoryContext, MaxBackends * sizeof(AdvWait));
	before_shmem_exit(worker_gone, (Datum) 0);
	shared->worker_pid = MyProcPid;
	adv_baseline_note();
	adv_concurrency_start();
}

void
adv_waits_main(Datum arg)
{
	int			quiet = 0;
	bool		in_use = false;

	/*
	 * The server loads the library by its name, and that is another copy of it
	 * if the one preloaded was given with a directory of its own.
	 */
	if (shared == NULL)
	{
		ereport(LOG,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("advisor must be loaded via \"shared_preload_libraries\""),
				 errdetail("Waits for locks are not measured.")));
		proc_exit(0);
	}

	start_worker();
	while (!ShutdownRequestPending)
	{
		int			events = WL_LATCH_SET | WL_EXIT_ON_PM_DEATH;

		if (adv_wait_interval > 0)
			events |= WL_TIMEOUT;
		(void) WaitLatch(MyLatch, events, next_pause(quiet, in_use), PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);

		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
			quiet = 0;
		}
		if (adv_wait_interval > 0)
		{
			quiet = look_and_count(quiet);
			in_use = adv_concurrency_look();
		}
	}
	proc_exit(0);
}

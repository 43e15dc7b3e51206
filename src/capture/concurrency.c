/*-------------------------------------------------------------------------
 *
 * concurrency.c
 *		How many connections are really used at once, by database and
 *		application.
 *
 * A fixed table under one lock, which the worker takes for some microseconds
 * at each look and a session once, when it ends.  Applications with the least
 * time make room for new ones when the table is full; what they had is added
 * to "other".
 *
 * The worker remembers what it read of each PgBackendStatus; as long as its
 * change count stays the same nothing else of it is looked at.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/concurrency.h"
#include "capture/slab.h"
#include "capture/waits.h"
#include "common/compat.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/backend_status.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define ADV_CONCURRENCY_TRANCHE "advisor concurrency"
#define ADV_MAX_APPLICATIONS 128	/* rows, of all kinds */
#define ADV_SERVER_ROW		0
#define ADV_OTHER_ROW		1
#define ADV_FIRST_ROW		2	/* of databases and applications */

#define ADV_SHORTEST_LOOK_NS INT64CONST(100000000)	/* a look sooner is left out */
#define ADV_LONGEST_LOOK_NS (5 * INT64CONST(1000000000))	/* later, the worker had stopped */
#define ADV_TRANSACTIONS_NS (5 * INT64CONST(1000000000))	/* between countings */
#define ADV_READ_TRIES		16

typedef struct AdvRow
{
	AdvConcurrency sum;			/* observed_ns is that of the table at since */
	int			database;		/* its row, -1 if there was no room for one */
	double		window_held;	/* connection-ns in the current minute */
	double		window_busy;
} AdvRow;

typedef struct AdvConcurrencyShared
{
	int64		observed_ns;	/* all time covered by looks */
	int64		window_ns;		/* that in the current minute */
	int			nrows;
	AdvRow		rows[ADV_MAX_APPLICATIONS];
} AdvConcurrencyShared;

static AdvConcurrencyShared *shared = NULL;
static LWLock *table_lock = NULL;

/* What the worker read of a PgBackendStatus last. */
typedef struct AdvSeen
{
	int			changecount;
	int			pid;			/* 0 if it is not that of a client's session */
	Oid			dbid;
	int			row;			/* -1 if not looked up yet */
	bool		held;
	bool		busy;
	char		application[NAMEDATALEN];
} AdvSeen;

/* What a look found for each row. */
typedef struct AdvFound
{
	int			clients;
	int			held;
	int			busy;
} AdvFound;

/* The worker's own. */
static struct
{
	AdvSeen    *seen;
	int64		last_look_ns;
	int64		last_transactions_ns;
	bool		in_use;
} worker;

/* ---------------------------------------------------------------------
 * Shared memory
 * ---------------------------------------------------------------------
 */

Size
adv_concurrency_shmem_size(void)
{
	return CACHELINEALIGN(sizeof(AdvConcurrencyShared));
}

void
adv_concurrency_shmem_request(void)
{
	RequestAddinShmemSpace(adv_concurrency_shmem_size());
	RequestNamedLWLockTranche(ADV_CONCURRENCY_TRANCHE, 1);
}

void
adv_concurrency_shmem_init(void)
{
	bool		found;

	shared = ShmemInitStruct("advisor concurrency", adv_concurrency_shmem_size(), &found);
	table_lock = &GetNamedLWLockTranche(ADV_CONCURRENCY_TRANCHE)->lock;
	if (found)
		return;
	memset(shared, 0, sizeof(*shared));
	shared->nrows = ADV_FIRST_ROW;
	shared->rows[ADV_SERVER_ROW].sum.kind = ADV_CONCURRENCY_SERVER;
	shared->rows[ADV_OTHER_ROW].sum.kind = ADV_CONCURRENCY_OTHER;
	for (int i = 0; i < ADV_FIRST_ROW; i++)
	{
		shared->rows[i].sum.since = GetCurrentTimestamp();
		shared->rows[i].database = -1;
	}
}

/* ---------------------------------------------------------------------
 * Rows.  All with the lock held exclusively.
 * ---------------------------------------------------------------------
 */

static int
search_row(AdvConcurrencyKind kind, Oid dbid, const char *application)
{
	for (int i = ADV_FIRST_ROW; i < shared->nrows; i++)
	{
		const AdvConcurrency *sum = &shared->rows[i].sum;

		if (sum->dbid == dbid && sum->kind == kind && strcmp(sum->application, application) == 0)
			return i;
	}
	return -1;
}

/* The row of an application with least time that nobody uses now, -1 if none. */
static int
least_row(const AdvFound *found)
{
	int			least = -1;

	for (int i = ADV_FIRST_ROW; i < shared->nrows; i++)
	{
		const AdvConcurrency *sum = &shared->rows[i].sum;

		if (sum->kind == ADV_CONCURRENCY_APPLICATION && sum->clients == 0 &&
			found[i].clients == 0 &&
			(least < 0 || sum->held_ns < shared->rows[least].sum.held_ns))
			least = i;
	}
	return least;
}

/* Add what a row that makes room has to "other". */
static void
give_up_row(int row)
{
	AdvConcurrency *from = &shared->rows[row].sum;
	AdvConcurrency *to = &shared->rows[ADV_OTHER_ROW].sum;

	to->client_ns += from->client_ns;
	to->held_ns += from->held_ns;
	to->busy_ns += from->busy_ns;
	to->transactions += from->transactions;
	to->sessions += from->sessions;
	to->session_us += from->session_us;
	to->last_seen = Max(to->last_seen, from->last_seen);
	shared->rows[ADV_OTHER_ROW].window_held += shared->rows[row].window_held;
	shared->rows[ADV_OTHER_ROW].window_busy += shared->rows[row].window_busy;
}

/*
 * A free row, -1 if there is none.  Only the worker can tell which one may make
 * room, as it refers to them by number.
 */
static int
free_row(const AdvFound *found)
{
	int			row;

	if (shared->nrows < ADV_MAX_APPLICATIONS)
		return shared->nrows++;
	if (found == NULL)
		return -1;
	row = least_row(found);
	if (row >= 0)
		give_up_row(row);
	return row;
}

/* The row of a kind, made if need be; -1 if there is no room. */
static int
get_row(AdvConcurrencyKind kind, Oid dbid, const char *application, const AdvFound *found)
{
	int			i = search_row(kind, dbid, application);
	AdvRow	   *row;

	if (i >= 0)
		return i;
	i = free_row(found);
	if (i < 0)
		return -1;
	row = &shared->rows[i];
	memset(row, 0, sizeof(*row));
	row->sum.kind = kind;
	row->sum.dbid = dbid;
	strlcpy(row->sum.application, application, NAMEDATALEN);
	row->sum.since = row->sum.last_seen = GetCurrentTimestamp();
	row->sum.observed_ns = shared->observed_ns;
	row->database = -1;
	return i;
}

/* The row of an application of a database, with that of the database. */
static int
get_application(Oid dbid, const char *application, const AdvFound *found)
{
	int			database = get_row(ADV_CONCURRENCY_DATABASE, dbid, "", found);
	int			row = get_row(ADV_CONCURRENCY_APPLICATION, dbid, application, found);

	if (row < 0)
		return ADV_OTHER_ROW;
	shared->rows[row].database = database;
	return row;
}

/* Call add for a row and the rows that it is a part of. */
#define for_row_and_above(i, row) \
	for (int i = (row); i >= 0; i = (i == ADV_SERVER_ROW ? -1 : \
		shared->rows[i].database >= 0 ? shared->rows[i].database : ADV_SERVER_ROW))

/* ---------------------------------------------------------------------
 * The end of a session
 * ---------------------------------------------------------------------
 */

void
adv_concurrency_end_session(uint32 transactions)
{
	TimestampTz now = GetCurrentTimestamp();
	int			row;

	if (shared == NULL || MyBackendType != B_BACKEND || !OidIsValid(MyDatabaseId))
		return;

	LWLockAcquire(table_lock, LW_EXCLUSIVE);
	row = get_application(MyDatabaseId, application_name ? application_name : "", NULL);
	for_row_and_above(i, row)
	{
		AdvConcurrency *sum = &shared->rows[i].sum;

		sum->transactions += transactions;
		sum->sessions++;
		sum->session_us += Max(now - MyStartTimestamp, 0);
		sum->last_seen = now;
	}
	LWLockRelease(table_lock);
}

/* ---------------------------------------------------------------------
 * The worker
 * ---------------------------------------------------------------------
 */

void
adv_concurrency_start(void)
{
	worker.seen = MemoryContextAllocZero(TopMemoryContext, MaxBackends * sizeof(AdvSeen));
	for (int i = 0; i < MaxBackends; i++)
	{
		worker.seen[i].changecount = -1;	/* odd: it has not been read */
		worker.seen[i].row = -1;
	}
}

static void
copy_status(volatile PgBackendStatus *status, AdvSeen *seen)
{
	BackendState state = status->st_state;

	seen->pid = status->st_procpid > 0 && status->st_backendType == B_BACKEND ?
		status->st_procpid : 0;
	seen->dbid = status->st_databaseid;
	seen->busy = state == STATE_RUNNING || state == STATE_FASTPATH;
	seen->held = seen->busy || state == STATE_IDLEINTRANSACTION ||
		state == STATE_IDLEINTRANSACTION_ABORTED;
	memcpy(seen->application, (const char *) status->st_appname, NAMEDATALEN);
	seen->application[NAMEDATALEN - 1] = '\0';
}

/* Read a PgBackendStatus unless it is as it was. */
static void
read_status(volatile PgBackendStatus *status, AdvSeen *seen)
{
	if (status->st_changecount == seen->changecount && (seen->changecount & 1) == 0)
		return;

	for (int tries = 0; tries < ADV_READ_TRIES; tries++)
	{
		AdvSeen		now;
		int			before;
		int			after;

		pgstat_begin_read_activity(status, before);
		copy_status(status, &now);
		pgstat_end_read_activity(status, after);
		if (!pgstat_read_activity_complete(before, after))
			continue;
		now.changecount = before;
		/* the same application as before has its row already */
		now.row = now.pid != 0 && now.dbid == seen->dbid &&
			strcmp(now.application, seen->application) == 0 ? seen->row : -1;
		*seen = now;
		return;
	}
	/* it changes all the time; what was read last is as good as any */
}

/* Add up what was read, by row. */
static void
count_seen(AdvFound *found)
{
	for (int i = 0; i < MaxBackends; i++)
	{
		AdvSeen    *seen = &worker.seen[i];

		if (seen->pid == 0 || !OidIsValid(seen->dbid))
			continue;
		if (seen->row < 0 || seen->row == ADV_OTHER_ROW)
			seen->row = get_application(seen->dbid, seen->application, found);
		for_row_and_above(row, seen->row)
		{
			found[row].clients++;
			found[row].held += seen->held;
			found[row].busy += seen->busy;
		}
	}
}

/* Add what a look found, which stands for the ns since the look before. */
static void
add_found(const AdvFound *found, int64 ns)
{
	TimestampTz now = GetCurrentTimestamp();

	shared->observed_ns += ns;
	shared->window_ns += ns;
	for (int i = 0; i < shared->nrows; i++)
	{
		AdvConcurrency *sum = &shared->rows[i].sum;

		sum->clients = found[i].clients;
		if (found[i].clients == 0)
			continue;
		sum->client_ns += ns * found[i].clients;
		sum->held_ns += ns * found[i].held;
		sum->busy_ns += ns * found[i].busy;
		sum->max_clients = Max(sum->max_clients, found[i].clients);
		sum->max_held = Max(sum->max_held, found[i].held);
		sum->last_seen = now;
		shared->rows[i].window_held += (double) ns * found[i].held;
		shared->rows[i].window_busy += (double) ns * found[i].busy;
	}
}

/* A minute is over: is it the busiest one? */
static void
close_window(void)
{
	for (int i = 0; i < shared->nrows; i++)
	{
		AdvRow	   *row = &shared->rows[i];
		double		held = row->window_held / shared->window_ns;
		double		busy = row->window_busy / shared->window_ns;

		if (held > row->sum.peak_held)
		{
			row->sum.peak_held = held;
			row->sum.peak_at = GetCurrentTimestamp();
		}
		row->sum.peak_busy = Max(row->sum.peak_busy, busy);
		row->window_held = 0;
		row->window_busy = 0;
	}
	shared->window_ns = 0;
}

/* Count the transactions of sessions since they were counted last. */
static void
count_transactions(void)
{
	for (int procno = 0; procno < MaxBackends; procno++)
	{
		int			index = ADV_STATUS_INDEX(procno);
		const AdvSeen *seen;

		if (index < 0 || index >= MaxBackends)
			continue;
		seen = &worker.seen[index];
		if (seen->pid != 0 && seen->row >= 0)
		{
			uint32		n = adv_slab_take_transactions(procno, seen->pid);

			for_row_and_above(row, n > 0 ? seen->row : -1)
				shared->rows[row].sum.transactions += n;
		}
	}
}

bool
adv_concurrency_look(void)
{
	AdvFound	found[ADV_MAX_APPLICATIONS] = {{0}};
	int64		now = adv_clock_ns();
	int64		ns = now - worker.last_look_ns;
	PgBackendStatus *statuses = adv_waits_statuses();

	if (statuses == NULL || ns < ADV_SHORTEST_LOOK_NS)
		return worker.in_use;

	for (int i = 0; i < MaxBackends; i++)
		read_status(&statuses[i], &worker.seen[i]);
	worker.last_look_ns = now;

	LWLockAcquire(table_lock, LW_EXCLUSIVE);
	count_seen(found);
	if (now - worker.last_transactions_ns >= ADV_TRANSACTIONS_NS)
	{
		worker.last_transactions_ns = now;
		count_transactions();
	}
	/* a time that nobody looked at counts for nothing */
	if (ns <= ADV_LONGEST_LOOK_NS)
		add_found(found, ns);
	if (shared->window_ns >= ADV_CONCURRENCY_WINDOW_NS)
		close_window();
	LWLockRelease(table_lock);

	worker.in_use = found[ADV_SERVER_ROW].held > 0;
	return worker.in_use;
}

/* ---------------------------------------------------------------------
 * Reading
 * ---------------------------------------------------------------------
 */

/* As a reader wants it: how long observed, and a peak even before the first minute. */
static void
complete_row(const AdvRow *row, AdvConcurrency *sum)
{
	*sum = row->sum;
	sum->observed_ns = shared->observed_ns - row->sum.observed_ns;
	if (sum->peak_at == 0 && shared->window_ns > 0)
	{
		sum->peak_held = row->window_held / shared->window_ns;
		sum->peak_busy = Max(sum->peak_busy, row->window_busy / shared->window_ns);
	}
}

int
adv_concurrency_read(AdvConcurrency **rows)
{
	AdvConcurrency *result = palloc(ADV_MAX_APPLICATIONS * sizeof(AdvConcurrency));
	int			n;

	LWLockAcquire(table_lock, LW_SHARED);
	n = shared->nrows;
	for (int i = 0; i < n; i++)
		complete_row(&shared->rows[i], &result[i]);
	LWLockRelease(table_lock);
	*rows = result;
	return n;
}

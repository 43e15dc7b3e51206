/*-------------------------------------------------------------------------
 *
 * progress.c
 *		How far a search for indexes has got, for other sessions to see.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/access.h"
#include "common/compat.h"
#include "datatype/timestamp.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "recommend/progress.h"
#include "storage/ipc.h"
#include "storage/procarray.h"
#include "storage/shmem.h"
#include "storage/spin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

ADV_FUNCTION_INFO_V1(advisor_recommend_progress);

#define SLOTS				32
#define PROGRESS_COLUMNS	11

/* What is reported of a run. */
typedef struct Figures
{
	int			pid;			/* 0: the slot is free */
	Oid			dbid;
	Oid			userid;
	TimestampTz started_at;
	double		time_limit_ms;
	AdvProgressPhase phase;
	int			statements_total;
	int			statements_done;
	int			candidates;
	int64		plans;
	double		gain_percent;	/* NaN before anything is known */
} Figures;

/*
 * A slot is written by the backend that has it and read by others, both under
 * its spinlock: a few stores, or the copying of a hundred bytes.  Who takes a free
 * slot, or one whose backend is gone, looks at pid again under the lock.
 */
struct AdvProgress
{
	slock_t		mutex;
	Figures		figures;
};

static AdvProgress *slots = NULL;		/* SLOTS of them */
static AdvProgress *my_slot = NULL;

/* Saved hook values */
static shmem_request_hook_type prev_shmem_request = NULL;
static shmem_startup_hook_type prev_shmem_startup = NULL;

/* ---------------------------------------------------------------------
 * Shared memory
 * ---------------------------------------------------------------------
 */

static void
request_memory(void)
{
	if (prev_shmem_request)
		prev_shmem_request();
	RequestAddinShmemSpace(SLOTS * sizeof(AdvProgress));
}

static void
make_memory(void)
{
	bool		found;

	if (prev_shmem_startup)
		prev_shmem_startup();

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	slots = ShmemInitStruct("advisor progress", SLOTS * sizeof(AdvProgress), &found);
	if (!found)
	{
		memset(slots, 0, SLOTS * sizeof(AdvProgress));
		for (int i = 0; i < SLOTS; i++)
			SpinLockInit(&slots[i].mutex);
	}
	LWLockRelease(AddinShmemInitLock);
}

void
adv_progress_install(void)
{
	prev_shmem_request = shmem_request_hook;
	shmem_request_hook = request_memory;
	prev_shmem_startup = shmem_startup_hook;
	shmem_startup_hook = make_memory;
}

/* ---------------------------------------------------------------------
 * Reporting
 * ---------------------------------------------------------------------
 */

static void
read_slot(AdvProgress *slot, Figures *figures)
{
	SpinLockAcquire(&slot->mutex);
	*figures = slot->figures;
	SpinLockRelease(&slot->mutex);
}

/* Take a slot if its pid is still the one that was seen. */
static bool
take_slot(AdvProgress *slot, int seen_pid, const Figures *figures)
{
	bool		taken = false;

	SpinLockAcquire(&slot->mutex);
	if (slot->figures.pid == seen_pid)
	{
		slot->figures = *figures;
		taken = true;
	}
	SpinLockRelease(&slot->mutex);
	return taken;
}

static bool
is_running(const Figures *figures)
{
	return figures->pid != 0 && BackendPidGetProc(figures->pid) != NULL;
}

static void
end_at_exit(int code, Datum arg)
{
	adv_progress_end(my_slot);
}

AdvProgress *
adv_progress_begin(double time_limit_ms)
{
	static bool registered = false;
	Figures		figures = {
		.pid = MyProcPid,.dbid = MyDatabaseId,.userid = GetUserId(),
		.started_at = GetCurrentTimestamp(),.time_limit_ms = time_limit_ms,
		.phase = ADV_PHASE_WORKLOAD,.gain_percent = NAN
	};

	/* one inside another is not told of */
	if (slots == NULL || my_slot != NULL)
		return NULL;
	if (!registered)
	{
		before_shmem_exit(end_at_exit, (Datum) 0);
		registered = true;
	}
	for (int i = 0; i < SLOTS && my_slot == NULL; i++)
	{
		Figures		seen;

		read_slot(&slots[i], &seen);
		if (!is_running(&seen) && take_slot(&slots[i], seen.pid, &figures))
			my_slot = &slots[i];
	}
	return my_slot;
}

void
adv_progress_end(AdvProgress *progress)
{
	if (progress == NULL)
		return;
	SpinLockAcquire(&progress->mutex);
	progress->figures.pid = 0;
	SpinLockRelease(&progress->mutex);
	my_slot = NULL;
}

void
adv_progress_phase(AdvProgress *progress, AdvProgressPhase phase)
{
	if (progress == NULL)
		return;
	SpinLockAcquire(&progress->mutex);
	progress->figures.phase = phase;
	progress->figures.statements_done = 0;
	SpinLockRelease(&progress->mutex);
}

void
adv_progress_statements(AdvProgress *progress, int total)
{
	if (progress == NULL)
		return;
	SpinLockAcquire(&progress->mutex);
	progress->figures.statements_total = total;
	SpinLockRelease(&progress->mutex);
}

void
adv_progress_gain(AdvProgress *progress, double percent)
{
	if (progress == NULL)
		return;
	SpinLockAcquire(&progress->mutex);
	progress->figures.gain_percent = percent;
	SpinLockRelease(&progress->mutex);
}

void
adv_progress_count(AdvProgress *progress, int statements, int candidates, int64 plans)
{
	if (progress == NULL)
		return;
	SpinLockAcquire(&progress->mutex);
	progress->figures.statements_done = statements;
	progress->figures.candidates = candidates;
	progress->figures.plans = plans;
	SpinLockRelease(&progress->mutex);
}

/* ---------------------------------------------------------------------
 * Reading
 * ---------------------------------------------------------------------
 */

static const char *
phase_name(AdvProgressPhase phase)
{
	switch (phase)
	{
		case ADV_PHASE_WORKLOAD:
			return "reading workload";
		case ADV_PHASE_CANDIDATES:
			return "candidates";
		case ADV_PHASE_COSTS:
			return "costing";
		case ADV_PHASE_SEARCH:
			return "searching";
		case ADV_PHASE_VERIFY:
			return "verifying";
	}
	return "unknown";
}

static Interval *
interval_of_ms(double ms)
{
	Interval   *interval = palloc0(sizeof(Interval));

	interval->time = (TimeOffset) (Min(ms, 1e15) * 1000);
	return interval;
}

static void
fill_details(const Figures *figures, Datum *values, bool *nulls)
{
	values[2] = ObjectIdGetDatum(figures->userid);
	values[3] = TimestampTzGetDatum(figures->started_at);
	values[4] = CStringGetTextDatum(phase_name(figures->phase));
	values[5] = Int32GetDatum(figures->statements_total);
	values[6] = Int32GetDatum(figures->statements_done);
	values[7] = Int32GetDatum(figures->candidates);
	values[8] = Int64GetDatum(figures->plans);
	nulls[9] = isnan(figures->gain_percent);
	values[9] = Float8GetDatum(figures->gain_percent);
	nulls[10] = figures->time_limit_ms <= 0;
	if (!nulls[10])
		values[10] = IntervalPGetDatum(interval_of_ms(figures->time_limit_ms));
}

Datum
advisor_recommend_progress(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	bool		reads_all_stats = adv_reads_all_stats();

	adv_require_preloaded();
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < SLOTS; i++)
	{
		Figures		figures;
		Datum		values[PROGRESS_COLUMNS] = {0};
		bool		nulls[PROGRESS_COLUMNS] = {0};

		read_slot(&slots[i], &figures);
		if (!is_running(&figures))
			continue;
		values[0] = Int32GetDatum(figures.pid);
		values[1] = ObjectIdGetDatum(figures.dbid);
		if (adv_may_see(figures.userid, reads_all_stats))
			fill_details(&figures, values, nulls);
		else
			memset(&nulls[2], true, PROGRESS_COLUMNS - 2);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*-------------------------------------------------------------------------
 *
 * protect.c
 *		Doing work that may fail without a user's statement noticing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "capture/frame.h"
#include "capture/protect.h"
#include "miscadmin.h"
#include "utils/backend_status.h"
#include "common/guc.h"
#include "utils/elog.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

/* What the end of the work, good or bad, has to bring back. */
typedef struct Surroundings
{
	MemoryContext context;
	ResourceOwner owner;
	uint32		interrupts_held;
	uint32		cancels_held;
	int			client_messages;
	int			log_messages;
	int			track;
	ErrorContextCallback *error_context;
} Surroundings;

/*
 * Is a subtransaction possible?  The end of a failed one releases all
 * lightweight locks, of whatever level, so none may be held: whoever holds one
 * holds interrupts off.  Nor may it be us who fix the snapshot of a transaction
 * that has none yet.
 */
static bool
is_possible(void)
{
	return IsTransactionState() && !IsInParallelMode() && !IsParallelWorker() &&
		CritSectionCount == 0 && InterruptHoldoffCount == 0 &&
		(ActiveSnapshotSet() || FirstSnapshotSet);
}

static void
remember(Surroundings *before)
{
	before->context = CurrentMemoryContext;
	before->owner = CurrentResourceOwner;
	before->interrupts_held = InterruptHoldoffCount;
	before->cancels_held = QueryCancelHoldoffCount;
	before->client_messages = client_min_messages;
	before->log_messages = log_min_messages;
	before->error_context = error_context_stack;
	before->track = adv_track;
}

static void
restore(const Surroundings *before)
{
	MemoryContextSwitchTo(before->context);
	CurrentResourceOwner = before->owner;
	client_min_messages = before->client_messages;
	log_min_messages = before->log_messages;
	error_context_stack = before->error_context;
	adv_track = before->track;
	/* not counted back: see clean_up() */
	InterruptHoldoffCount = before->interrupts_held;
	QueryCancelHoldoffCount = before->cancels_held;
}

/* The work, in the subtransaction that has just begun. */
static void
do_work(void (*work) (void *arg), void *arg)
{
	int			guc_level = NewGUCNestLevel();
	bool		pushed = false;

	if (!ActiveSnapshotSet())
	{
		PushActiveSnapshot(GetTransactionSnapshot());
		pushed = true;
	}
	work(arg);
	if (pushed)
		PopActiveSnapshot();
	AtEOXact_GUC(true, guc_level);
}

/*
 * The subtransaction is rolled back in any case.  Committing one makes what the
 * statement around it has written visible to itself, and that may be DDL in the
 * middle of its changes to the catalogs, which a foreign key's query, say, must
 * not see yet.  Rolling back ends the report of progress of a command: that is
 * not ours, so it must not find one.
 */
static void
roll_back(void)
{
	bool		track_activities = pgstat_track_activities;

	pgstat_track_activities = false;
	RollbackAndReleaseCurrentSubTransaction();
	pgstat_track_activities = track_activities;
}

/*
 * The work has failed.  Interrupts were held off, but functions that it calls
 * may swallow errors themselves, and every error lets go of them: a request to
 * cancel that was met after that is made again.
 */
static void
clean_up(const Surroundings *before, bool begun)
{
	bool		canceled = geterrcode() == ERRCODE_QUERY_CANCELED;

	InterruptHoldoffCount = before->interrupts_held + 1;
	MemoryContextSwitchTo(before->context);
	FlushErrorState();
	if (begun)
		roll_back();
	if (canceled)
	{
		QueryCancelPending = true;
		InterruptPending = true;
	}
}

bool
adv_protect(void (*work) (void *arg), void *arg)
{
	Surroundings before;
	ErrorContextCallback shelter;
	volatile bool begun = false;
	volatile bool done = false;

	if (!is_possible())
		return false;

	remember(&before);
	adv_frame_shelter(&shelter);
	HOLD_INTERRUPTS();
	PG_TRY();
	{
		/* it is nobody's error but ours, nobody's notice, and no statement of theirs */
		error_context_stack = &shelter;
		adv_track = ADV_TRACK_NONE;
		client_min_messages = ERROR;
		log_min_messages = ERROR;

		BeginInternalSubTransaction(NULL);
		begun = true;
		MemoryContextSwitchTo(before.context);
		do_work(work, arg);
		begun = false;
		roll_back();
		done = true;
	}
	PG_CATCH();
	{
		clean_up(&before, begun);
	}
	PG_END_TRY();
	restore(&before);
	return done;
}

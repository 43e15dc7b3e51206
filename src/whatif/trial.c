/*-------------------------------------------------------------------------
 *
 * trial.c
 *		Doing something with another role's statement, safely.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <signal.h>

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/parallel.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_db_role_setting.h"
#include "common/confine.h"
#include "common/guc.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"
#include "whatif/trial.h"

/* Once the time is over the work is told again and again, in ms. */
#define REMINDER 10

/* What the end of the work, good or bad, has to bring back. */
typedef struct Surroundings
{
	MemoryContext context;
	ResourceOwner owner;
	int			client_messages;
	int			log_messages;
	int			track;
	CommandDest messages_to;
	struct sigaction on_cancel;
} Surroundings;

static TimeoutId time_over = MAX_TIMEOUTS;
static volatile sig_atomic_t expired = false;

/* Has somebody else asked to cancel, or statement_timeout? */
static volatile sig_atomic_t canceled = false;

/* Is a trial under way? */
static bool reminding = false;

/* Signal handler. */
static void
note_time_over(void)
{
	int			save_errno = errno;

	expired = true;
	QueryCancelPending = true;
	InterruptPending = true;
	SetLatch(MyLatch);
	errno = save_errno;
}

/*
 * Signal handler, in place of the server's: that forgets a request once an error
 * has been raised for it, and functions can catch that.  One of lock_timeout is
 * made by the same signal.
 */
static void
note_cancel(SIGNAL_ARGS)
{
	if (!get_timeout_indicator(LOCK_TIMEOUT, false) ||
		get_timeout_indicator(STATEMENT_TIMEOUT, false))
		canceled = true;
	StatementCancelHandler(postgres_signal_arg);
}

/*
 * A function that catches an error rolls back a subtransaction, and goes on
 * outside of the block that caught it: there it is told again.
 */
static void
remind(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB && reminding && (expired || canceled))
	{
		QueryCancelPending = true;
		InterruptPending = true;
	}
}

static void
start_clock(double limit)
{
	static bool registered = false;
	TimestampTz end;

	if (!registered)
		RegisterSubXactCallback(remind, NULL);
	registered = true;
	expired = canceled = false;
	reminding = true;
	pqsignal(SIGINT, note_cancel);
	if (limit <= 0)
		return;
	if (time_over == MAX_TIMEOUTS)
		time_over = RegisterTimeout(USER_TIMEOUT, note_time_over);
	end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), (int64) Max(limit, 1));

	/* a function may catch what cancels it, but hardly every time */
	enable_timeout_every(time_over, end, REMINDER);
}

/* Of requests to cancel that nobody has met yet our own is void. */
static void
stop_clock(const Surroundings *before)
{
	if (time_over != MAX_TIMEOUTS)
		disable_timeout(time_over, false);
	if (reminding)
		sigaction(SIGINT, &before->on_cancel, NULL);
	reminding = false;
	if (expired)
		QueryCancelPending = false;
}

/* One that has been met by the work, which ended otherwise, is made again. */
static void
pass_on_cancel(void)
{
	if (!canceled)
		return;
	canceled = false;
	QueryCancelPending = true;
	InterruptPending = true;
	CHECK_FOR_INTERRUPTS();
}

static void
remember(Surroundings *before)
{
	before->context = CurrentMemoryContext;
	before->owner = CurrentResourceOwner;
	before->client_messages = client_min_messages;
	before->log_messages = log_min_messages;
	before->track = adv_track;
	before->messages_to = whereToSendOutput;
	sigaction(SIGINT, NULL, &before->on_cancel);
}

static void
restore(const Surroundings *before)
{
	MemoryContextSwitchTo(before->context);
	CurrentResourceOwner = before->owner;
	client_min_messages = before->client_messages;
	log_min_messages = before->log_messages;
	adv_track = before->track;
	whereToSendOutput = before->messages_to;
	adv_confine_end();
}

/* For the subtransaction only. */
static void
set_local(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, DEBUG5, false);
}

/* Of the settings in "name=value" form, those of the planner. */
static void
apply_settings(ArrayType *array)
{
	Datum	   *settings;
	int			n;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &settings, NULL, &n);
	for (int i = 0; i < n; i++)
	{
		char	   *setting = TextDatumGetCString(settings[i]);
		char	   *name;
		char	   *value;

		/* what EXPLAIN (SETTINGS) shows is what plans depend on */
		ParseLongOption(setting, &name, &value);
		if (value != NULL && (GetConfigOptionFlags(name, true) & GUC_EXPLAIN) &&
			strcmp(name, "search_path") != 0)
			set_local(name, value);
	}
}

static void
apply_role_settings(Relation catalog, Oid dbid, Oid userid)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_db_role_setting_setdatabase, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(dbid));
	ScanKeyInit(&keys[1], Anum_pg_db_role_setting_setrole, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(userid));
	scan = systable_beginscan(catalog, DbRoleSettingDatidRolidIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		Datum		settings = heap_getattr(tuple, Anum_pg_db_role_setting_setconfig,
											RelationGetDescr(catalog), &isnull);

		if (!isnull)
			apply_settings(DatumGetArrayTypeP(settings));
	}
	systable_endscan(scan);
}

/* Be that role, with its settings, the more special ones last. */
static void
become(Oid userid)
{
	Relation	catalog = table_open(DbRoleSettingRelationId, AccessShareLock);

	apply_role_settings(catalog, MyDatabaseId, InvalidOid);
	apply_role_settings(catalog, InvalidOid, userid);
	apply_role_settings(catalog, MyDatabaseId, userid);
	table_close(catalog, AccessShareLock);
	/* examples are qualified */
	set_local("search_path", "pg_catalog, pg_temp");
}

/* Everything that is undone by rolling back; then the work. */
static void
do_work(const AdvTrial *trial, void (*work) (void *arg), void *arg)
{
	Oid			userid;
	int			sec_context;
	char		timeout[32];

	PushActiveSnapshot(GetTransactionSnapshot());
	if (trial->lock_timeout > 0)
	{
		snprintf(timeout, sizeof(timeout), "%d", trial->lock_timeout);
		set_local("lock_timeout", timeout);
	}
	GetUserIdAndSecContext(&userid, &sec_context);
	if (OidIsValid(trial->userid))
	{
		if (trial->userid != userid)
			become(trial->userid);
		userid = trial->userid;
	}
	SetUserIdAndSecContext(userid, sec_context | SECURITY_RESTRICTED_OPERATION);
	XactReadOnly = true;
	work(arg);
	PopActiveSnapshot();
}

/* Errors that are not those of the work. */
static bool
is_for_others(int sqlstate)
{
	return (sqlstate == ERRCODE_QUERY_CANCELED && (canceled || !expired)) ||
		sqlstate == ERRCODE_ADMIN_SHUTDOWN || sqlstate == ERRCODE_CRASH_SHUTDOWN ||
		sqlstate == ERRCODE_DATABASE_DROPPED;
}

/* The work has failed: take the error, and decide whose it is. */
static AdvTrialOutcome
end_badly(const Surroundings *before, bool begun, ErrorData **error)
{
	ErrorData  *caught;

	MemoryContextSwitchTo(before->context);
	caught = CopyErrorData();
	FlushErrorState();
	stop_clock(before);
	if (begun)
		RollbackAndReleaseCurrentSubTransaction();
	restore(before);
	/* where it goes was decided when nothing was to be heard */
	caught->output_to_client = whereToSendOutput == DestRemote;
	caught->output_to_server = log_min_messages <= ERROR;
	if (is_for_others(caught->sqlerrcode))
		ReThrowError(caught);
	if (expired && caught->sqlerrcode == ERRCODE_QUERY_CANCELED)
		return ADV_TRIAL_EXPIRED;
	if (error)
		*error = caught;
	return ADV_TRIAL_FAILED;
}

AdvTrialOutcome
adv_trial(const AdvTrial *trial, void (*work) (void *arg), void *arg,
		  ErrorData **error)
{
	Surroundings before;
	volatile bool begun = false;
	volatile AdvTrialOutcome outcome = ADV_TRIAL_DONE;

	/* the clock and all that is confined are those of the whole backend */
	if (adv_confined != ADV_CONFINED_NOT)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("advisor cannot be asked by what it runs itself")));
	if (IsInParallelMode())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("advisor cannot plan statements during a parallel operation")));
	if (error)
		*error = NULL;
	remember(&before);
	PG_TRY();
	{
		/* an error that is caught is not logged; what is less is noise here */
		client_min_messages = ERROR;
		log_min_messages = FATAL;
		/* INFO has no threshold, and functions can change that of others */
		whereToSendOutput = DestNone;
		adv_track = ADV_TRACK_NONE;

		BeginInternalSubTransaction(NULL);
		begun = true;
		MemoryContextSwitchTo(before.context);
		start_clock(trial->limit);
		adv_confine_begin(OidIsValid(trial->userid) ? ADV_CONFINED_STRANGE : ADV_CONFINED);
		do_work(trial, work, arg);
		adv_confine_end();
		stop_clock(&before);
		begun = false;
		RollbackAndReleaseCurrentSubTransaction();
		restore(&before);
	}
	PG_CATCH();
	{
		outcome = end_badly(&before, begun, error);
	}
	PG_END_TRY();
	pass_on_cancel();
	return outcome;
}

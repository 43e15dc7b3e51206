/*-------------------------------------------------------------------------
 *
 * detach.c
 *		DETACH PARTITION ... CONCURRENTLY, from within a function.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/compat.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "partition/detach.h"
#include "partition/owner.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "storage/lmgr.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"

#define MESSAGE_BYTES 1024

/*
 * What the caller and the worker share.  The worker writes its part once, right
 * before it ends, and the caller reads it after that: no lock is needed.
 */
typedef struct Task
{
	Oid			database;
	Oid			owner;
	Oid			parent;
	Oid			partition;
	int			lock_timeout;
	bool		done;
	int			sqlstate;		/* 0 if the worker did not get to its end */
	char		message[MESSAGE_BYTES];
} Task;

extern PGDLLEXPORT void adv_detach_main(Datum arg);

/* ---------------------------------------------------------------------------
 * The worker
 * ------------------------------------------------------------------------- */

static void
set_for_session(const char *name, const char *value)
{
	SetConfigOption(name, value, PGC_SUSET, PGC_S_SESSION);
}

/* The owner may have settings of his own that are not meant for this. */
static void
set_up_session(const Task *task)
{
	char		timeout[16];

	snprintf(timeout, sizeof(timeout), "%d", task->lock_timeout);
	set_for_session("search_path", "pg_catalog, pg_temp");
	set_for_session("lock_timeout", timeout);
	set_for_session("statement_timeout", "0");
	set_for_session("default_transaction_read_only", "off");
	set_for_session("default_transaction_isolation", "read committed");
	set_for_session("application_name", "advisor detach");
}

/* Take down what is to be done with the partition when it is detached. */
static void
note_retirement(const Task *task)
{
	Oid			types[] = {OIDOID, OIDOID};
	Datum		values[] = {ObjectIdGetDatum(task->parent), ObjectIdGetDatum(task->partition)};

	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute_with_args("SELECT advisor._retire_by_policy($1, $2)", 2, types, values, NULL, false, 0) < 0)
		elog(ERROR, "SPI_execute_with_args failed");
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
}

static char *
quoted_name(Oid relid)
{
	char	   *name = get_rel_name(relid);
	char	   *schema = name == NULL ? NULL : get_namespace_name(get_rel_namespace(relid));

	if (schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));
	return quote_qualified_identifier(schema, name);
}

/*
 * As a session runs a statement that came alone: the portal is what the two
 * transactions of the statement have in common.
 */
static void
detach(const Task *task)
{
	MemoryContext context;
	char	   *sql;
	PlannedStmt *plan;
	Portal		portal;

	StartTransactionCommand();
	portal = CreatePortal("", true, true);
	portal->visible = false;
	context = MemoryContextSwitchTo(portal->portalContext);
	sql = psprintf("ALTER TABLE %s DETACH PARTITION %s CONCURRENTLY", quoted_name(task->parent),
				   quoted_name(task->partition));
	pgstat_report_activity(STATE_RUNNING, sql);

	plan = makeNode(PlannedStmt);
	plan->commandType = CMD_UTILITY;
	plan->utilityStmt = linitial_node(RawStmt, pg_parse_query(sql))->stmt;
	PortalDefineQuery(portal, NULL, sql, CMDTAG_ALTER_TABLE, list_make1(plan), NULL);
	PortalStart(portal, NULL, 0, InvalidSnapshot);
	adv_portal_run_utility(portal);
	PortalDrop(portal, false);
	MemoryContextSwitchTo(context);
	CommitTransactionCommand();
}

/* All that can fail; what did is told to the caller. */
static void
work(Task *task)
{
	MemoryContext context = CurrentMemoryContext;

	PG_TRY();
	{
		note_retirement(task);
		detach(task);
		task->done = true;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		task->sqlstate = error->sqlerrcode;
		strlcpy(task->message, error->message, MESSAGE_BYTES);
		if (error->detail != NULL)
		{
			strlcat(task->message, ": ", MESSAGE_BYTES);
			strlcat(task->message, error->detail, MESSAGE_BYTES);
		}
		AbortCurrentTransaction();
	}
	PG_END_TRY();
}

/*
 * bgw_main_arg is the handle of the segment.  If the caller is gone, so may be
 * the segment, and there is nothing to do.
 */
void
adv_detach_main(Datum arg)
{
	dsm_segment *segment;
	Task	   *task;

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	CurrentResourceOwner = ResourceOwnerCreate(NULL, "advisor detach");
	segment = dsm_attach(DatumGetUInt32(arg));
	if (segment == NULL)
		proc_exit(0);
	/* transactions have resource owners of their own, which end with them */
	dsm_pin_mapping(segment);
	task = (Task *) dsm_segment_address(segment);

	BackgroundWorkerInitializeConnectionByOid(task->database, task->owner, ADV_BGWORKER_ANY_ROLE);
	set_up_session(task);
	work(task);
	proc_exit(0);
}

/* ---------------------------------------------------------------------------
 * The caller
 * ------------------------------------------------------------------------- */

static void
must_not_be_locked(Oid relid)
{
	if (CheckRelationOidLockedByMe(relid, AccessShareLock, true))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("cannot detach concurrently in a transaction that uses the table"),
				 errdetail("Table \"%s\" is locked by this transaction.", get_rel_name(relid)),
				 errhint("Detach partitions with CALL advisor.maintain_partitions(), not within another transaction.")));
}

static dsm_segment *
make_task(Oid owner, Oid parent, Oid partition, int lock_timeout)
{
	dsm_segment *segment = dsm_create(sizeof(Task), 0);
	Task	   *task = (Task *) dsm_segment_address(segment);

	memset(task, 0, sizeof(*task));
	task->database = MyDatabaseId;
	task->owner = owner;
	task->parent = parent;
	task->partition = partition;
	task->lock_timeout = lock_timeout;
	return segment;
}

static bool
start_worker(dsm_segment *segment, BackgroundWorkerHandle **handle)
{
	BackgroundWorker worker;

	memset(&worker, 0, sizeof(worker));
	strlcpy(worker.bgw_name, "advisor detach", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "advisor detach", BGW_MAXLEN);
	strlcpy(worker.bgw_library_name, "advisor", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "adv_detach_main", sizeof(worker.bgw_function_name));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	worker.bgw_main_arg = UInt32GetDatum(dsm_segment_handle(segment));
	worker.bgw_notify_pid = MyProcPid;
	return RegisterDynamicBackgroundWorker(&worker, handle);
}

/* On errors, cancels and the end of the session: nobody waits for it any more. */
static void
stop_worker(int code, Datum arg)
{
	TerminateBackgroundWorker((BackgroundWorkerHandle *) DatumGetPointer(arg));
}

static void
wait_for_worker(BackgroundWorkerHandle *handle)
{
	BgwHandleStatus status;

	PG_ENSURE_ERROR_CLEANUP(stop_worker, PointerGetDatum(handle));
	{
		status = WaitForBackgroundWorkerShutdown(handle);
	}
	PG_END_ENSURE_ERROR_CLEANUP(stop_worker, PointerGetDatum(handle));
	if (status == BGWH_POSTMASTER_DIED)
		ereport(FATAL,
				(errcode(ERRCODE_ADMIN_SHUTDOWN),
				 errmsg("postmaster exited while a partition was being detached")));
}

static AdvDetachResult
result_of(const Task *task)
{
	AdvDetachResult result = {task->done, true, task->sqlstate, NULL};

	if (task->done)
		return result;
	if (task->sqlstate == 0)
	{
		result.sqlstate = ERRCODE_ADMIN_SHUTDOWN;
		result.message = pstrdup("the background worker ended before it was done: see the server log");
	}
	else
		result.message = pstrdup(task->message);
	return result;
}

AdvDetachResult
adv_detach_concurrently(Oid parent, Oid partition, int lock_timeout)
{
	AdvDetachResult result = {false, false, ERRCODE_INSUFFICIENT_RESOURCES, "no background worker is free (max_worker_processes)"};
	Oid			owner = adv_owner_to_become(parent);
	BackgroundWorkerHandle *handle;
	dsm_segment *segment;

	/* the worker would not start, and be waited for */
	PreventCommandDuringRecovery("DETACH PARTITION");
	must_not_be_locked(parent);
	must_not_be_locked(partition);
	segment = make_task(owner, parent, partition, lock_timeout);
	if (start_worker(segment, &handle))
	{
		wait_for_worker(handle);
		result = result_of((Task *) dsm_segment_address(segment));
	}
	dsm_detach(segment);
	return result;
}

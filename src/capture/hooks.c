/*-------------------------------------------------------------------------
 *
 * hooks.c
 *		The way of a statement through capture.
 *
 * All hooks on planner, executor and utility statements are here, and nothing
 * else in advisor has any.  A statement is
 *
 *	planned		errors, and time if advisor.track_planning
 *	started		errors
 *	run			clock and counters are read before and after
 *	finished	the same, if there is anything to finish
 *
 * and then counted in this backend's pending slab (slab.h).  A plain SELECT
 * that is run once, to its end, is counted when that is done; others need a
 * record that lives as long as they do (execution.h).  A utility statement
 * does it all in one call.
 *
 * Each hook that can meet an error catches it, counts the statement as
 * aborted, and throws it on.  Nothing done here allocates memory in the usual
 * case, raises errors, or looks anything up in a catalog.
 *
 * The nesting level is the number of planners, executors and utility
 * statements that this code runs inside of.  Every hook that raises it puts it
 * back, on errors too, to what it was before, so a level cannot leak.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "capture/execution.h"
#include "capture/hooks.h"
#include "capture/planid.h"
#include "capture/slab.h"
#include "common/compat.h"
#include "common/guc.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "optimizer/planner.h"
#include "tcop/utility.h"
#include "utils/backend_status.h"

/* Saved hook values */
static planner_hook_type prev_planner = NULL;
static ExecutorStart_hook_type prev_ExecutorStart = NULL;
static ExecutorRun_hook_type prev_ExecutorRun = NULL;
static ExecutorFinish_hook_type prev_ExecutorFinish = NULL;
static ProcessUtility_hook_type prev_ProcessUtility = NULL;

/* See above; 0 while nothing runs. */
static int	nesting_level = 0;

/*
 * Something that is running, on the stack of the hook that runs it: a utility
 * statement, or a run of an execution, that is recorded or may contain what is.
 */
typedef struct Frame
{
	struct Frame *outer;
	AdvKey		key;			/* queryid is 0 if it is not recorded here */
	AdvExecution *execution;	/* or the record of the execution, if any */
	AdvSpan		span;
	int			level;			/* nesting level of what it contains */
	bool		is_utility;
	bool		explains;		/* plain EXPLAIN: plans, does not execute */
} Frame;

static Frame *innermost = NULL;

/* Is what happens at this nesting level to be recorded? */
static inline bool
is_tracked(int level)
{
	return (adv_track == ADV_TRACK_ALL ||
			(adv_track == ADV_TRACK_TOP && level == 0)) &&
		!IsParallelWorker();
}

/* Frames are pushed where the caller will come by to pop them, on errors too. */
static inline void
push_frame(Frame *frame)
{
	frame->outer = innermost;
	frame->level = ++nesting_level;
	innermost = frame;
}

static inline void
pop_frame(const Frame *frame)
{
	nesting_level = frame->level - 1;
	innermost = frame->outer;
}

/* A key at the present nesting level. */
static inline void
fill_key(AdvKey *key, uint64 queryid, Oid userid, uint64 planid)
{
	key->dbid = MyDatabaseId;
	key->userid = userid;
	key->queryid = queryid;
	key->planid = planid;
	key->toplevel = nesting_level == 0;
	key->sqlclass = 0;
}

/* Count something that came to nothing before it could be run. */
static void
count_failure(uint64 queryid, Oid userid, uint64 planid, int64 ns, int sqlerrcode)
{
	static const AdvUsage no_usage = {0};
	AdvKey		key;

	fill_key(&key, queryid, userid, planid);
	key.sqlclass = adv_error_class(sqlerrcode);
	adv_slab_add_execution(&key, ns, &no_usage);
}

/*
 * Count what ran in a frame, outside of any record; sqlerrcode is 0 if all
 * went well.
 */
static inline void
count_frame(Frame *frame, uint64 rows, int sqlerrcode)
{
	AdvUsage	usage = {.rows = rows};
	int64		ns = adv_span_end(&frame->span, &usage);

	if (sqlerrcode != 0)
		frame->key.sqlclass = adv_error_class(sqlerrcode);
	adv_slab_add_execution(&frame->key, ns, &usage);
}

/* ---------------------------------------------------------------------
 * Planner
 * ---------------------------------------------------------------------
 */

/*
 * Is this planning to be recorded?  Not if an EXPLAIN only explains: it leaves
 * no trace.
 */
static bool
is_planning_tracked(const Query *parse, int level)
{
	return parse->queryId != 0 && is_tracked(level) &&
		!(innermost && innermost->explains && innermost->level == level);
}

static void
count_planning(PlannedStmt *stmt, Oid userid, int64 start_ns)
{
	int64		ns = adv_clock_ns() - start_ns;
	AdvKey		key;

	fill_key(&key, stmt->queryId, userid, adv_planid_get(stmt));
	adv_slab_add_planning(&key, Max(ns, 0));
}

static inline PlannedStmt *
call_planner(Query *parse, const char *query_string, int cursorOptions,
			 ParamListInfo boundParams)
{
	if (prev_planner)
		return prev_planner(parse, query_string, cursorOptions, boundParams);
	return standard_planner(parse, query_string, cursorOptions, boundParams);
}

/*
 * Planning executes functions, to fold constants: what these contain is
 * nested.  The user is taken down first: an error may come out of a function
 * that runs as another one.
 */
static PlannedStmt *
adv_planner(Query *parse, const char *query_string, int cursorOptions,
			ParamListInfo boundParams)
{
	PlannedStmt *result;
	int			level = nesting_level;
	Oid			userid = GetUserId();
	volatile int64 start_ns = 0;

	if (unlikely(adv_track_planning) && is_planning_tracked(parse, level))
		start_ns = adv_clock_ns();

	nesting_level++;
	PG_TRY();
	{
		result = call_planner(parse, query_string, cursorOptions, boundParams);
	}
	PG_CATCH();
	{
		nesting_level = level;
		if (is_planning_tracked(parse, level))
			count_failure(parse->queryId, userid, 0,
						  start_ns != 0 ? Max(adv_clock_ns() - start_ns, 0) : 0,
						  geterrcode());
		PG_RE_THROW();
	}
	PG_END_TRY();
	nesting_level = level;

	adv_planid_planned(result);
	if (unlikely(start_ns != 0))
		count_planning(result, userid, start_ns);
	return result;
}

/* ---------------------------------------------------------------------
 * Executor
 * ---------------------------------------------------------------------
 */

/*
 * A query that a utility statement brings with it has no query id in some
 * versions (DECLARE CURSOR, CREATE TABLE AS, REFRESH MATERIALIZED VIEW): it is
 * recorded as nested under that of the utility statement, which only now can
 * be known.
 */
static void
record_nameless(QueryDesc *queryDesc)
{
	AdvKey		key;

	if (innermost == NULL || innermost->level != nesting_level ||
		innermost->key.queryid == 0 || !is_tracked(nesting_level))
		return;

	fill_key(&key, innermost->key.queryid, GetUserId(),
			 adv_planid_get(queryDesc->plannedstmt));
	(void) adv_execution_start(queryDesc, &key);
}

static inline void
call_ExecutorStart(QueryDesc *queryDesc, int eflags)
{
	if (prev_ExecutorStart)
		prev_ExecutorStart(queryDesc, eflags);
	else
		standard_ExecutorStart(queryDesc, eflags);
}

/* Permissions are checked here, and partitions pruned by calling functions. */
static void
adv_ExecutorStart(QueryDesc *queryDesc, int eflags)
{
	int			level = nesting_level;

	nesting_level++;
	PG_TRY();
	{
		call_ExecutorStart(queryDesc, eflags);
	}
	PG_CATCH();
	{
		nesting_level = level;
		if (queryDesc->plannedstmt->queryId != 0 && is_tracked(level) &&
			!(eflags & EXEC_FLAG_EXPLAIN_ONLY))
			count_failure(queryDesc->plannedstmt->queryId, GetUserId(),
						  adv_planid_get(queryDesc->plannedstmt), 0, geterrcode());
		PG_RE_THROW();
	}
	PG_END_TRY();
	nesting_level = level;

	if (unlikely(queryDesc->plannedstmt->queryId == 0) &&
		!(eflags & EXEC_FLAG_EXPLAIN_ONLY))
		record_nameless(queryDesc);
}

/*
 * Has ExecutorFinish nothing to do?  So it is with a SELECT that modifies
 * nothing: the executor knows that it will queue no triggers.
 */
static inline bool
is_nothing_to_finish(const EState *estate)
{
	return (estate->es_top_eflags & EXEC_FLAG_SKIP_TRIGGERS) != 0 &&
		estate->es_auxmodifytables == NIL;
}

/*
 * Is this run the first, and will it be the only one?  It is if it goes to the
 * end, and cannot be turned back as a scrollable cursor can.
 */
static inline bool
is_run_once(const QueryDesc *queryDesc, ScanDirection direction, uint64 count)
{
	const EState *estate = queryDesc->estate;

	return count == 0 && direction == ForwardScanDirection &&
		(estate->es_top_eflags & (EXEC_FLAG_REWIND | EXEC_FLAG_BACKWARD)) == 0 &&
		is_nothing_to_finish(estate);
}

/*
 * Decide how the first run of an execution is recorded: in the frame alone, if
 * it is the only run, or in a record.
 */
static inline void
begin_first_run(Frame *frame, QueryDesc *queryDesc, ScanDirection direction,
				uint64 count)
{
	PlannedStmt *stmt = queryDesc->plannedstmt;

	if (!is_tracked(nesting_level))
		return;
	if (unlikely(stmt->queryId == 0))
	{
		frame->execution = adv_execution_find(queryDesc);
		return;
	}

	fill_key(&frame->key, stmt->queryId, GetUserId(), adv_planid_get(stmt));
	if (is_run_once(queryDesc, direction, count))
		return;
	frame->execution = adv_execution_start(queryDesc, &frame->key);
	frame->key.queryid = 0;
}

/* Count a run: in its record, or, being the only one, as the execution. */
static inline void
end_run(Frame *frame, uint64 rows)
{
	if (frame->execution)
		adv_execution_run_end(frame->execution, rows);
	else if (frame->key.queryid != 0)
		count_frame(frame, rows, 0);
}

static void
abort_run(Frame *frame, int sqlerrcode)
{
	if (frame->execution)
		adv_execution_abort(frame->execution, sqlerrcode);
	else if (frame->key.queryid != 0)
		count_frame(frame, 0, sqlerrcode);
}

static void
adv_ExecutorRun(ADV_EXECUTOR_RUN_ARGS)
{
	Frame		frame;

	frame.key.queryid = 0;
	frame.execution = NULL;
	frame.is_utility = frame.explains = false;
	if (likely(!queryDesc->already_executed))
		begin_first_run(&frame, queryDesc, direction, count);
	else
		frame.execution = adv_execution_find(queryDesc);

	push_frame(&frame);
	if (frame.execution)
		adv_execution_run_begin(frame.execution, &frame.span);
	else
		adv_span_begin(&frame.span);

	PG_TRY();
	{
		if (prev_ExecutorRun)
			prev_ExecutorRun(ADV_EXECUTOR_RUN_PASS);
		else
			standard_ExecutorRun(ADV_EXECUTOR_RUN_PASS);
	}
	PG_CATCH();
	{
		pop_frame(&frame);
		abort_run(&frame, geterrcode());
		PG_RE_THROW();
	}
	PG_END_TRY();
	pop_frame(&frame);

	/* es_processed is of this run alone */
	end_run(&frame, queryDesc->estate->es_processed);
}

static inline void
call_ExecutorFinish(QueryDesc *queryDesc)
{
	if (prev_ExecutorFinish)
		prev_ExecutorFinish(queryDesc);
	else
		standard_ExecutorFinish(queryDesc);
}

/* AFTER triggers fire here, and foreign keys are checked: one more run. */
static void
finish_as_run(QueryDesc *queryDesc, AdvExecution *execution)
{
	Frame		frame;

	frame.key.queryid = 0;
	frame.execution = execution;
	frame.is_utility = frame.explains = false;
	push_frame(&frame);
	if (execution)
		adv_execution_run_begin(execution, &frame.span);

	PG_TRY();
	{
		call_ExecutorFinish(queryDesc);
	}
	PG_CATCH();
	{
		pop_frame(&frame);
		abort_run(&frame, geterrcode());
		PG_RE_THROW();
	}
	PG_END_TRY();
	pop_frame(&frame);
	end_run(&frame, 0);
}

/* After this an execution has all it will ever have: ExecutorEnd cleans up. */
static void
adv_ExecutorFinish(QueryDesc *queryDesc)
{
	AdvExecution *execution = adv_execution_find(queryDesc);

	if (is_nothing_to_finish(queryDesc->estate))
		call_ExecutorFinish(queryDesc);
	else
		finish_as_run(queryDesc, execution);

	if (execution)
		adv_execution_complete(execution);
}

/* ---------------------------------------------------------------------
 * Utility statements
 * ---------------------------------------------------------------------
 */

/*
 * What only prepares or names a statement does not count: with EXECUTE the
 * prepared statement does, at the level of the EXECUTE.
 */
static inline bool
is_transparent(const Node *parsetree)
{
	return IsA(parsetree, ExecuteStmt) || IsA(parsetree, PrepareStmt);
}

/* Value of a boolean option; one that is no boolean will raise an error later. */
static bool
is_on(const DefElem *option)
{
	Node	   *arg = option->arg;

	if (arg == NULL)
		return true;
	if (IsA(arg, Integer))
		return intVal(arg) != 0;
	if (IsA(arg, Boolean))
		return boolVal(arg);
	return IsA(arg, String) && pg_strcasecmp(strVal(arg), "off") != 0 &&
		pg_strcasecmp(strVal(arg), "false") != 0;
}

/* EXPLAIN that does not execute? */
static bool
is_plain_explain(const Node *parsetree)
{
	bool		analyze = false;
	ListCell   *lc;

	if (!IsA(parsetree, ExplainStmt))
		return false;
	foreach(lc, ((const ExplainStmt *) parsetree)->options)
	{
		const DefElem *option = (const DefElem *) lfirst(lc);

		/* the last one wins */
		if (strcmp(option->defname, "analyze") == 0)
			analyze = is_on(option);
	}
	return !analyze;
}

/*
 * Query id of a utility statement.  Another extension before us in the chain
 * may have zeroed it in pstmt (pg_stat_statements does, if it is named after
 * advisor in shared_preload_libraries); the backend has still reported it.
 */
static inline uint64
utility_queryid(const PlannedStmt *pstmt)
{
	if (pstmt->queryId != 0 || nesting_level > 0)
		return pstmt->queryId;
	return pgstat_get_my_query_id();
}

/* Rows of those utility statements that have any, by pg_stat_statements' rule. */
static uint64
utility_rows(const QueryCompletion *qc)
{
	if (qc == NULL)
		return 0;
	switch (qc->commandTag)
	{
		case CMDTAG_COPY:
		case CMDTAG_FETCH:
		case CMDTAG_SELECT:
		case CMDTAG_REFRESH_MATERIALIZED_VIEW:
			return qc->nprocessed;
		default:
			return 0;
	}
}

/*
 * Its id serves those of its queries that have none even where utility
 * statements themselves are not counted.
 */
static inline bool
is_utility_counted(const Frame *frame)
{
	return frame->key.queryid != 0 && adv_track_utility;
}

static inline void
call_ProcessUtility(PlannedStmt *pstmt, const char *queryString,
					bool readOnlyTree, ProcessUtilityContext context,
					ParamListInfo params, QueryEnvironment *queryEnv,
					DestReceiver *dest, QueryCompletion *qc)
{
	if (prev_ProcessUtility)
		prev_ProcessUtility(pstmt, queryString, readOnlyTree, context, params,
							queryEnv, dest, qc);
	else
		standard_ProcessUtility(pstmt, queryString, readOnlyTree, context,
								params, queryEnv, dest, qc);
}

/*
 * pstmt may be gone afterwards (ROLLBACK, CALL with a COMMIT in it), and so may
 * anything that lives in the transaction: all state is in the frame.
 */
static void
adv_ProcessUtility(PlannedStmt *pstmt, const char *queryString,
				   bool readOnlyTree, ProcessUtilityContext context,
				   ParamListInfo params, QueryEnvironment *queryEnv,
				   DestReceiver *dest, QueryCompletion *qc)
{
	Frame		frame;

	if (is_transparent(pstmt->utilityStmt))
	{
		call_ProcessUtility(pstmt, queryString, readOnlyTree, context, params,
							queryEnv, dest, qc);
		return;
	}

	frame.key.queryid = 0;
	frame.execution = NULL;
	frame.is_utility = true;
	frame.explains = is_plain_explain(pstmt->utilityStmt);
	if (is_tracked(nesting_level) && !frame.explains)
		fill_key(&frame.key, utility_queryid(pstmt), GetUserId(), 0);
	push_frame(&frame);
	adv_span_begin(&frame.span);

	PG_TRY();
	{
		call_ProcessUtility(pstmt, queryString, readOnlyTree, context, params,
							queryEnv, dest, qc);
	}
	PG_CATCH();
	{
		pop_frame(&frame);
		if (is_utility_counted(&frame))
			count_frame(&frame, 0, geterrcode());
		PG_RE_THROW();
	}
	PG_END_TRY();
	pop_frame(&frame);

	if (is_utility_counted(&frame))
		count_frame(&frame, utility_rows(qc), 0);
}

/* This backend exits, perhaps amid statements: count them as cut short. */
static void
abort_everything(void)
{
	for (; innermost != NULL; innermost = innermost->outer)
	{
		if (innermost->is_utility ? is_utility_counted(innermost) :
			innermost->key.queryid != 0)
			count_frame(innermost, 0, ERRCODE_ADMIN_SHUTDOWN);
	}
	adv_execution_abort_all();
}

void
adv_hooks_install(void)
{
	prev_planner = planner_hook;
	planner_hook = adv_planner;
	prev_ExecutorStart = ExecutorStart_hook;
	ExecutorStart_hook = adv_ExecutorStart;
	prev_ExecutorRun = ExecutorRun_hook;
	ExecutorRun_hook = adv_ExecutorRun;
	prev_ExecutorFinish = ExecutorFinish_hook;
	ExecutorFinish_hook = adv_ExecutorFinish;
	prev_ProcessUtility = ProcessUtility_hook;
	ProcessUtility_hook = adv_ProcessUtility;

	adv_slab_set_exit_callback(abort_everything);
}

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
 * Each step has a frame while it lasts (frame.h), by which what is nested in it
 * is known, and an error that ends it is counted.  Nothing done here allocates
 * memory in the usual case, raises errors, or looks anything up in a catalog.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/execution.h"
#include "capture/frame.h"
#include "capture/hooks.h"
#include "capture/planid.h"
#include "capture/slab.h"
#include "capture/texts.h"
#include "common/compat.h"
#include "common/guc.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "optimizer/planner.h"
#include "tcop/utility.h"

/* Saved hook values */
static planner_hook_type prev_planner = NULL;
static ExecutorStart_hook_type prev_ExecutorStart = NULL;
static ExecutorRun_hook_type prev_ExecutorRun = NULL;
static ExecutorFinish_hook_type prev_ExecutorFinish = NULL;
static ProcessUtility_hook_type prev_ProcessUtility = NULL;

/* The key of what is directly inside of outer, or, that being NULL, of nothing. */
static inline void
fill_key(AdvKey *key, uint64 queryid, uint64 planid, const AdvFrame *outer)
{
	key->dbid = MyDatabaseId;
	key->userid = GetUserId();
	key->queryid = queryid;
	key->planid = planid;
	key->toplevel = outer == NULL;
	key->sqlclass = 0;
}

/* Give the store the text of what the frame is about, if that is recorded. */
static pg_noinline void
note_text(const AdvFrame *frame, const char *source, int location, int len)
{
	const AdvFrame *outer = frame->outer;

	if (adv_frame_is_planning_tracked(outer))
		adv_text_note(frame->key.queryid, outer == NULL, source, location, len);
}

/* ---------------------------------------------------------------------
 * Planner
 * ---------------------------------------------------------------------
 */

/* Measure a planning, for advisor.track_planning. */
static pg_noinline void
begin_planning(AdvFrame *frame)
{
	adv_span_begin(&frame->span);
	frame->measured = true;
}

/* Count a planning that was measured; the frame has been popped. */
static pg_noinline void
count_planning(const AdvFrame *frame, PlannedStmt *stmt)
{
	int64		ns = adv_span_elapsed(&frame->span);
	AdvKey		key;

	if (stmt->queryId == 0 || !adv_frame_is_planning_tracked(adv_innermost))
		return;

	fill_key(&key, stmt->queryId, adv_planid_get(stmt), adv_innermost);
	adv_slab_add_planning(&key, ns);
}

static inline PlannedStmt *
call_planner(Query *parse, const char *query_string, int cursorOptions,
			 ParamListInfo boundParams)
{
	if (prev_planner)
		return prev_planner(parse, query_string, cursorOptions, boundParams);
	return standard_planner(parse, query_string, cursorOptions, boundParams);
}

/* Planning executes functions, to fold constants: what they do is nested. */
static PlannedStmt *
adv_planner(Query *parse, const char *query_string, int cursorOptions,
			ParamListInfo boundParams)
{
	AdvFrame   *frame = adv_frame_push(ADV_FRAME_PLAN);
	PlannedStmt *result;

	if (unlikely(frame == NULL))
		return call_planner(parse, query_string, cursorOptions, boundParams);

	frame->key.queryid = parse->queryId;
	frame->key.userid = GetUserId();
	if (unlikely(!adv_text_is_known(parse->queryId, frame->key.userid, frame->outer == NULL)))
		note_text(frame, query_string, parse->stmt_location, parse->stmt_len);
	if (unlikely(adv_track_planning))
		begin_planning(frame);

	result = call_planner(parse, query_string, cursorOptions, boundParams);
	adv_frame_pop(frame);

	adv_planid_planned(result);
	if (unlikely(frame->measured))
		count_planning(frame, result);
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
static pg_noinline void
record_nameless(QueryDesc *queryDesc)
{
	AdvKey		key;

	if (adv_innermost == NULL || adv_innermost->kind != ADV_FRAME_UTILITY ||
		adv_innermost->key.queryid == 0 || !adv_frame_is_tracked(adv_innermost))
		return;

	fill_key(&key, adv_innermost->key.queryid,
			 adv_planid_get(queryDesc->plannedstmt), adv_innermost);
	adv_text_note(key.queryid, false, queryDesc->sourceText,
				  queryDesc->plannedstmt->stmt_location,
				  queryDesc->plannedstmt->stmt_len);
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
	uint64		queryid = queryDesc->plannedstmt->queryId;
	AdvFrame   *frame = adv_frame_push(ADV_FRAME_START);

	if (unlikely(frame == NULL))
	{
		call_ExecutorStart(queryDesc, eflags);
		return;
	}

	frame->key.queryid = queryid;
	frame->key.userid = GetUserId();
	call_ExecutorStart(queryDesc, eflags);
	adv_frame_pop(frame);

	if (unlikely(queryid == 0) && !(eflags & EXEC_FLAG_EXPLAIN_ONLY))
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
 * Will this run, which is the first to move, be the only one?  It is if it goes
 * to the end and cannot be turned back as a scrollable cursor can, unless a
 * FETCH that did not move has begun a record.
 */
static inline bool
is_run_once(const QueryDesc *queryDesc, ScanDirection direction, uint64 count)
{
	const EState *estate = queryDesc->estate;

	return count == 0 && direction == ForwardScanDirection &&
		(estate->es_top_eflags & (EXEC_FLAG_REWIND | EXEC_FLAG_BACKWARD)) == 0 &&
		is_nothing_to_finish(estate) && adv_execution_find(queryDesc) == NULL;
}

/* Begin to record the first run of an execution that may have others. */
static pg_noinline void
begin_recorded_run(AdvFrame *frame, QueryDesc *queryDesc)
{
	AdvExecution *execution = adv_execution_find(queryDesc);

	if (execution == NULL)
		execution = adv_execution_start(queryDesc, &frame->key);
	frame->key.queryid = 0;
	if (execution)
		adv_execution_run_begin(execution, frame);
}

/* End a run of an execution that has a record. */
static pg_noinline void
end_recorded_run(AdvExecution *execution, uint64 rows)
{
	adv_execution_run_end(execution, rows);
}

/* Begin to record another run, or one that has a record already. */
static pg_noinline void
begin_other_run(AdvFrame *frame, QueryDesc *queryDesc)
{
	AdvExecution *execution = adv_execution_find(queryDesc);

	if (execution)
		adv_execution_run_begin(execution, frame);
}

static inline void
call_ExecutorRun(ADV_EXECUTOR_RUN_ARGS)
{
	if (prev_ExecutorRun)
		prev_ExecutorRun(ADV_EXECUTOR_RUN_PASS);
	else
		standard_ExecutorRun(ADV_EXECUTOR_RUN_PASS);
}

/*
 * The first run of an execution is recorded in the frame alone, if it is the
 * only one, else in a record.
 */
static void
adv_ExecutorRun(ADV_EXECUTOR_RUN_ARGS)
{
	PlannedStmt *stmt = queryDesc->plannedstmt;
	AdvFrame   *frame = adv_frame_push(ADV_FRAME_RUN);

	if (unlikely(frame == NULL))
	{
		call_ExecutorRun(ADV_EXECUTOR_RUN_PASS);
		return;
	}
	if (unlikely(queryDesc->already_executed) || unlikely(stmt->queryId == 0))
		begin_other_run(frame, queryDesc);
	else if (adv_frame_is_tracked(frame->outer))
	{
		fill_key(&frame->key, stmt->queryId, adv_planid_get(stmt), frame->outer);
		if (is_run_once(queryDesc, direction, count))
		{
			frame->measured = true;
			adv_span_begin(&frame->span);
		}
		else
			begin_recorded_run(frame, queryDesc);
	}

	call_ExecutorRun(ADV_EXECUTOR_RUN_PASS);
	adv_frame_pop(frame);

	/* es_processed is of this run alone */
	if (unlikely(frame->execution != NULL))
		end_recorded_run(frame->execution, queryDesc->estate->es_processed);
	else if (frame->key.queryid != 0)
		adv_slab_add_span(&frame->key, adv_span_elapsed(&frame->span), &frame->span,
						  queryDesc->estate->es_processed);
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
	AdvFrame   *frame = adv_frame_push(ADV_FRAME_RUN);

	if (unlikely(frame == NULL))
	{
		call_ExecutorFinish(queryDesc);
		return;
	}
	if (execution)
		adv_execution_run_begin(execution, frame);
	call_ExecutorFinish(queryDesc);
	adv_frame_pop(frame);
	if (frame->execution)
		adv_execution_run_end(frame->execution, 0);
}

/* Finish an execution that may have a record, or something to finish. */
static pg_noinline void
finish_execution(QueryDesc *queryDesc)
{
	AdvExecution *execution = adv_execution_find(queryDesc);

	if (is_nothing_to_finish(queryDesc->estate))
		call_ExecutorFinish(queryDesc);
	else
		finish_as_run(queryDesc, execution);

	if (execution)
		adv_execution_complete(execution);
}

/* After this an execution has all it will ever have: ExecutorEnd cleans up. */
static void
adv_ExecutorFinish(QueryDesc *queryDesc)
{
	if (likely(adv_executions == NULL) && is_nothing_to_finish(queryDesc->estate))
		call_ExecutorFinish(queryDesc);
	else
		finish_execution(queryDesc);
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
 *
 * The others get a copy of pstmt: pg_stat_statements zeroes the query id in it,
 * and the next time that a prepared statement is executed it would have none.
 */
static void
adv_ProcessUtility(PlannedStmt *pstmt, const char *queryString,
				   bool readOnlyTree, ProcessUtilityContext context,
				   ParamListInfo params, QueryEnvironment *queryEnv,
				   DestReceiver *dest, QueryCompletion *qc)
{
	bool		explains = is_plain_explain(pstmt->utilityStmt);
	PlannedStmt copy = *pstmt;
	AdvFrame   *frame = NULL;

	if (!is_transparent(pstmt->utilityStmt))
		frame = adv_frame_push(explains ? ADV_FRAME_EXPLAIN : ADV_FRAME_UTILITY);
	if (frame == NULL)
	{
		call_ProcessUtility(&copy, queryString, readOnlyTree, context, params,
							queryEnv, dest, qc);
		return;
	}

	if (!explains && adv_frame_is_tracked(frame->outer))
	{
		fill_key(&frame->key, pstmt->queryId, 0, frame->outer);
		if (!adv_text_is_known(frame->key.queryid, frame->key.userid, frame->outer == NULL))
			note_text(frame, queryString, pstmt->stmt_location, pstmt->stmt_len);
	}
	frame->measured = true;
	adv_span_begin(&frame->span);
	call_ProcessUtility(&copy, queryString, readOnlyTree, context, params,
						queryEnv, dest, qc);
	adv_frame_pop(frame);

	/* its id may have served a query inside even if it is not counted itself */
	if (frame->key.queryid != 0 && adv_track_utility)
		adv_slab_add_span(&frame->key, adv_span_elapsed(&frame->span), &frame->span,
						  utility_rows(qc));
}

/* This backend exits, perhaps amid statements. */
static void
count_the_rest(void)
{
	adv_frame_abort_all();
	adv_execution_complete_all();
}

void
adv_hooks_install(void)
{
	static bool installed = false;

	if (installed)
		return;
	installed = true;

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

	adv_slab_set_exit_callback(count_the_rest);
}

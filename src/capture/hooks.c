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
#include "capture/indexuse.h"
#include "capture/planid.h"
#include "capture/sampler.h"
#include "capture/slab.h"
#include "capture/slabentry.h"
#include "capture/texts.h"
#include "common/compat.h"
#include "common/confine.h"
#include "common/guc.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "optimizer/planner.h"
#include "tcop/utility.h"

/* Saved hook values; where there was no hook, the server's own function */
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

/* Fill in the rest of the key of a frame of a run. */
static inline void
complete_key(AdvFrame *frame)
{
	frame->key.dbid = MyDatabaseId;
	frame->key.toplevel = frame->outer == NULL;
	frame->key.sqlclass = 0;
}

/*
 * Give the store the text of what the frame is about, if that is recorded; true
 * if this backend has met it for the first time, or is to study it again.
 */
static pg_noinline bool
note_text(const AdvFrame *frame, const char *source, int location, int len)
{
	const AdvFrame *outer = frame->outer;

	return adv_frame_is_planning_tracked(outer) &&
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

/* Note what a statement's tree shows before the planner takes it to pieces. */
static pg_noinline void
study(AdvFrame *frame, Query *parse, ParamListInfo params)
{
	fill_key(&frame->key, parse->queryId, 0, frame->outer);
	adv_sampler_study(&frame->key, parse, params);
}

/* A statement that was studied has been planned; the frame has been popped. */
static pg_noinline void
keep_study(AdvFrame *frame, PlannedStmt *stmt)
{
	frame->key.planid = adv_planid_get(stmt);
	adv_sampler_planned(&frame->key);
}

/* Planning executes functions, to fold constants: what they do is nested. */
static PlannedStmt *
adv_planner(Query *parse, const char *query_string, int cursorOptions,
			ParamListInfo boundParams)
{
	AdvFrame   *frame = adv_frame_push(ADV_FRAME_PLAN);
	bool		studied = false;
	PlannedStmt *result;

	if (unlikely(frame == NULL))
		return prev_planner(parse, query_string, cursorOptions, boundParams);

	frame->key.queryid = parse->queryId;
	frame->key.userid = GetUserId();
	if (unlikely(!adv_text_is_known(parse->queryId, frame->key.userid, frame->outer == NULL)))
		studied = note_text(frame, query_string, parse->stmt_location, parse->stmt_len);
	if (unlikely(studied))
		study(frame, parse, boundParams);
	if (unlikely(adv_track_planning))
		begin_planning(frame);

	result = prev_planner(parse, query_string, cursorOptions, boundParams);
	adv_frame_pop(frame);

	adv_planid_planned(result);
	if (unlikely(studied))
		keep_study(frame, result);
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
 * recorded as nested under that of the utility statement, which is not known
 * before it is started.  False if it is not recorded.
 */
static pg_noinline bool
name_nameless(const AdvFrame *frame, const QueryDesc *queryDesc, AdvKey *key)
{
	const AdvFrame *utility = frame->outer;
	const PlannedStmt *stmt = queryDesc->plannedstmt;

	if (utility == NULL || utility->kind != ADV_FRAME_UTILITY ||
		utility->key.queryid == 0 || !adv_frame_is_tracked(utility))
		return false;

	fill_key(key, utility->key.queryid, adv_planid_get(queryDesc->plannedstmt), utility);
	adv_text_note(key->queryid, false, queryDesc->sourceText, stmt->stmt_location,
				  stmt->stmt_len);
	return true;
}

/* What was started last: usually it is what runs next. */
static struct
{
	const QueryDesc *queryDesc; /* compared, not followed */
	uint64		planid;
	uint64		tag;
	AdvPlanSlot *slot;			/* another plan's if its tag is not the same */
	Oid			userid;
	bool		toplevel;
}			started;

/* Look closely at an execution that is about to start: ADV_WANT_ bits. */
static pg_noinline int
choose(AdvFrame *frame, QueryDesc *queryDesc, AdvPlanSlot *slot, uint64 planid)
{
	fill_key(&frame->key, queryDesc->plannedstmt->queryId, planid, frame->outer);
	return adv_sampler_choose(slot, &frame->key, queryDesc);
}

/* Give an execution that was chosen its record. */
static pg_noinline void
record_chosen(const AdvFrame *frame, QueryDesc *queryDesc, int wants)
{
	AdvExecution *execution = adv_execution_start(queryDesc, &frame->key);

	if (execution == NULL)
		return;
	execution->wants = wants;
	adv_sampler_started(queryDesc, execution);
}

/* The same for one that has no query id of its own. */
static pg_noinline int
choose_nameless(const AdvKey *key, QueryDesc *queryDesc)
{
	AdvPlanSlot *slot = adv_plan_slot(adv_plan_tag(key->queryid, key->planid,
												   key->userid, false));

	if (slot != NULL && --slot->left > 0)
		return 0;
	return adv_sampler_choose(slot, key, queryDesc);
}

/* Slot of a plan that is about to run, opened if need be. */
static pg_noinline AdvPlanSlot *
open_slot(AdvFrame *frame, uint64 tag, const QueryDesc *queryDesc)
{
	AdvPlanSlot *slot = adv_plan_slot(tag);

	if (slot)
		return slot;
	complete_key(frame);
	return adv_sampler_open(tag, &frame->key, queryDesc);
}

/* What a slot says of an execution goes to its record. */
static inline void
describe_execution(AdvExecution *execution, const AdvPlanSlot *slot)
{
	execution->examine = slot->examine;
	execution->walk = slot->walk;
	execution->use = slot->use;
	execution->use_index = slot->use ? slot->use->indexid : InvalidOid;
}

/* Record an execution that has no query id of its own, whatever was chosen. */
static pg_noinline void
record_nameless(const AdvKey *key, QueryDesc *queryDesc, int wants)
{
	AdvExecution *execution = adv_execution_start(queryDesc, key);
	uint64		tag = adv_plan_tag(key->queryid, key->planid, key->userid, false);
	const AdvPlanSlot *slot = adv_plan_slot(tag);

	if (execution == NULL)
		return;
	execution->wants = wants;
	describe_execution(execution, slot ? slot : adv_sampler_open(tag, key, queryDesc));
	adv_sampler_started(queryDesc, execution);
}

/*
 * Permissions are checked here, and partitions pruned by calling functions.
 * Also the last moment to ask for the rows of the nodes to be counted.
 */
static void
adv_ExecutorStart(QueryDesc *queryDesc, int eflags)
{
	uint64		queryid = queryDesc->plannedstmt->queryId;
	AdvFrame   *frame = adv_frame_push(ADV_FRAME_START);
	AdvPlanSlot *slot = NULL;
	uint64		planid = 0;
	uint64		tag = 0;
	int			wants = 0;
	AdvKey		nameless;
	bool		is_nameless = false;

	if (unlikely(frame == NULL))
	{
		prev_ExecutorStart(queryDesc, eflags);
		started.queryDesc = NULL;
		return;
	}

	frame->key.queryid = queryid;
	frame->key.userid = GetUserId();
	if (likely(queryid != 0) && (eflags & EXEC_FLAG_EXPLAIN_ONLY) == 0 &&
		adv_frame_is_planning_tracked(frame->outer))
	{
		planid = adv_planid_get(queryDesc->plannedstmt);
		tag = adv_plan_tag(queryid, planid, frame->key.userid, frame->outer == NULL);
		slot = adv_plan_slot(tag);
		if (unlikely(slot == NULL) || unlikely(--slot->left <= 0))
			wants = choose(frame, queryDesc, slot, planid);
	}
	else if (unlikely(queryid == 0) && (eflags & EXEC_FLAG_EXPLAIN_ONLY) == 0)
	{
		is_nameless = name_nameless(frame, queryDesc, &nameless);
		if (is_nameless)
			wants = choose_nameless(&nameless, queryDesc);
	}

	prev_ExecutorStart(queryDesc, eflags);
	adv_frame_pop(frame);

	started.queryDesc = queryDesc;
	started.planid = planid;
	started.tag = tag;
	started.slot = slot;
	started.userid = frame->key.userid;
	started.toplevel = frame->outer == NULL;
	if (unlikely(is_nameless))
		record_nameless(&nameless, queryDesc, wants);
	else if (unlikely(wants != 0))
		record_chosen(frame, queryDesc, wants);
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
begin_recorded_run(AdvFrame *frame, QueryDesc *queryDesc, const AdvPlanSlot *slot)
{
	AdvExecution *execution = adv_execution_find(queryDesc);

	complete_key(frame);
	if (execution == NULL)
		execution = adv_execution_start(queryDesc, &frame->key);
	else if (!execution->was_run)
		execution->key = frame->key;
	frame->key.queryid = 0;
	if (execution == NULL)
		return;
	if (!execution->was_run)
		describe_execution(execution, slot);
	adv_execution_run_begin(execution, frame, queryDesc);
}

/*
 * End a run of an execution that has a record.  count is the number of rows that
 * were asked for: a cursor may never be finished.
 */
static pg_noinline void
end_recorded_run(AdvExecution *execution, QueryDesc *queryDesc, uint64 count)
{
	/* es_processed is of this run alone */
	adv_execution_run_end(execution, queryDesc->estate->es_processed);
	if (count != 0 && execution->wants != 0)
		adv_sampler_interrupted(queryDesc, execution);
}

/* Begin to record another run, or one that has a record already. */
static pg_noinline void
begin_other_run(AdvFrame *frame, QueryDesc *queryDesc)
{
	AdvExecution *execution = adv_execution_find(queryDesc);

	if (execution)
		adv_execution_run_begin(execution, frame, queryDesc);
}

/*
 * Find the slot of a plan that is about to run; *tag becomes its tag.  Fills in
 * as much of the frame's key as an error needs, and the plan id.  NULL if the
 * plan is not to be recorded.
 */
static inline AdvPlanSlot *
find_plan(AdvFrame *frame, QueryDesc *queryDesc, uint64 *tag)
{
	PlannedStmt *stmt = queryDesc->plannedstmt;

	frame->key.queryid = stmt->queryId;
	if (likely(started.queryDesc == queryDesc) && likely(started.slot != NULL) &&
		likely(started.slot->tag == started.tag) &&
		likely(started.toplevel == (frame->outer == NULL)))
	{
		/* then it has been found that it is tracked, too */
		frame->key.userid = started.userid;
		frame->key.planid = started.planid;
		*tag = started.tag;
		return started.slot;
	}
	if (!adv_frame_is_tracked(frame->outer))
	{
		frame->key.queryid = 0;
		return NULL;
	}
	frame->key.userid = GetUserId();
	frame->key.planid = adv_planid_get(stmt);
	*tag = adv_plan_tag(stmt->queryId, frame->key.planid, frame->key.userid,
						frame->outer == NULL);
	return open_slot(frame, *tag, queryDesc);
}

/* Look for the entry where a plan is counted, and remember it. */
static pg_noinline AdvSlabEntry *
find_entry(AdvFrame *frame, AdvPlanSlot *slot)
{
	AdvSlabEntry *entry;

	complete_key(frame);
	entry = adv_slab_entry(&frame->key);
	if (entry)
		entry->tag = slot->tag;
	slot->entry = entry;
	return entry;
}

/* Count which indexes an execution that was run once has used. */
static inline void
count_indexes(const AdvFrame *frame, const QueryDesc *queryDesc,
			  const AdvPlanSlot *slot, TimestampTz when)
{
	if (slot->use != NULL)
		adv_indexuse_count(slot->use, when);
	else if (slot->walk == ADV_WALK_SCANS && frame->scans.n <= ADV_MAX_SCANS)
		adv_indexuse_count_scans(&frame->scans);
	else if (slot->walk != ADV_WALK_NOTHING)
		adv_indexuse_count_plan(queryDesc->planstate);
}

/* Count an execution that was run once; its frame has been popped. */
static inline void
count_run(AdvFrame *frame, const QueryDesc *queryDesc, AdvPlanSlot *slot, uint64 tag)
{
	int64		ns = adv_span_elapsed(&frame->span);
	AdvSlabEntry *entry;

	adv_frame_end_rows(frame);
	if (unlikely(slot->tag != tag))
		slot = open_slot(frame, tag, queryDesc);	/* another plan, inside, has taken it */
	entry = slot->entry;
	if (unlikely(entry == NULL) || unlikely(entry->tag != tag))
	{
		entry = find_entry(frame, slot);
		if (entry == NULL)
			return;
	}
	adv_slabentry_add_span(entry, ns, &frame->span, queryDesc->estate->es_processed);
	count_indexes(frame, queryDesc, slot, entry->counters.last_seen);
	if (unlikely(ns >= adv_slow_ns))
		adv_sampler_note_slow(tag);
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
	AdvPlanSlot *slot = NULL;
	uint64		tag = 0;

	if (unlikely(frame == NULL))
	{
		prev_ExecutorRun(ADV_EXECUTOR_RUN_PASS);
		return;
	}
	if (unlikely(queryDesc->already_executed) || unlikely(stmt->queryId == 0))
		begin_other_run(frame, queryDesc);
	else if (likely((slot = find_plan(frame, queryDesc, &tag)) != NULL))
	{
		if (is_run_once(queryDesc, direction, count))
		{
			frame->measured = true;
			adv_span_begin(&frame->span);
			adv_frame_begin_rows(frame, queryDesc, slot->examine);
		}
		else
			begin_recorded_run(frame, queryDesc, slot);
	}

	prev_ExecutorRun(ADV_EXECUTOR_RUN_PASS);
	adv_frame_pop(frame);

	if (unlikely(frame->execution != NULL))
		end_recorded_run(frame->execution, queryDesc, count);
	else if (frame->key.queryid != 0)
		count_run(frame, queryDesc, slot, tag);
}

/* AFTER triggers fire here, and foreign keys are checked: one more run. */
static void
finish_as_run(QueryDesc *queryDesc, AdvExecution *execution)
{
	AdvFrame   *frame = adv_frame_push(ADV_FRAME_RUN);

	if (unlikely(frame == NULL))
	{
		prev_ExecutorFinish(queryDesc);
		return;
	}
	if (execution)
		adv_execution_run_begin(execution, frame, queryDesc);
	prev_ExecutorFinish(queryDesc);
	adv_frame_pop(frame);
	if (frame->execution)
		adv_execution_run_end(frame->execution, 0);
}

/* Count an execution that has a record, and look at it closely if it was chosen. */
static void
complete_execution(QueryDesc *queryDesc, AdvExecution *execution)
{
	adv_execution_complete(execution);
	if (!execution->was_run)
		return;
	if (execution->use != NULL && execution->use->indexid == execution->use_index)
		adv_indexuse_count(execution->use, GetCurrentStatementStartTimestamp());
	else if (execution->use != NULL || execution->walk != ADV_WALK_NOTHING)
		adv_indexuse_count_plan(queryDesc->planstate);
	if (execution->ns >= adv_slow_ns)
		adv_sampler_note_slow(adv_plan_tag(execution->key.queryid, execution->key.planid,
										   execution->key.userid,
										   execution->key.toplevel != 0));
	if (execution->wants != 0)
		adv_sampler_finish(queryDesc, execution);
}

/* Finish an execution that may have a record, or something to finish. */
static pg_noinline void
finish_execution(QueryDesc *queryDesc)
{
	AdvExecution *execution = adv_execution_find(queryDesc);

	if (is_nothing_to_finish(queryDesc->estate))
		prev_ExecutorFinish(queryDesc);
	else
		finish_as_run(queryDesc, execution);

	if (execution)
		complete_execution(queryDesc, execution);
}

/* After this an execution has all it will ever have: ExecutorEnd cleans up. */
static void
adv_ExecutorFinish(QueryDesc *queryDesc)
{
	if (likely(adv_executions == NULL) && is_nothing_to_finish(queryDesc->estate))
		prev_ExecutorFinish(queryDesc);
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

	adv_refuse_confined();
	if (!is_transparent(pstmt->utilityStmt))
		frame = adv_frame_push(explains ? ADV_FRAME_EXPLAIN : ADV_FRAME_UTILITY);
	if (frame == NULL)
	{
		prev_ProcessUtility(&copy, queryString, readOnlyTree, context, params,
							queryEnv, dest, qc);
		return;
	}

	if (!explains && adv_frame_is_tracked(frame->outer))
	{
		fill_key(&frame->key, pstmt->queryId, 0, frame->outer);
		if (!adv_text_is_known(frame->key.queryid, frame->key.userid, frame->outer == NULL))
			(void) note_text(frame, queryString, pstmt->stmt_location, pstmt->stmt_len);
	}
	frame->measured = true;
	adv_span_begin(&frame->span);
	frame->span.examined = ADV_UNKNOWN_ROWS;
	prev_ProcessUtility(&copy, queryString, readOnlyTree, context, params,
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
	adv_indexuse_flush();
}

void
adv_hooks_install(void)
{
	static bool installed = false;

	if (installed)
		return;
	installed = true;

	prev_planner = planner_hook ? planner_hook : standard_planner;
	planner_hook = adv_planner;
	prev_ExecutorStart = ExecutorStart_hook ? ExecutorStart_hook : standard_ExecutorStart;
	ExecutorStart_hook = adv_ExecutorStart;
	prev_ExecutorRun = ExecutorRun_hook ? ExecutorRun_hook : standard_ExecutorRun;
	ExecutorRun_hook = adv_ExecutorRun;
	prev_ExecutorFinish = ExecutorFinish_hook ? ExecutorFinish_hook : standard_ExecutorFinish;
	ExecutorFinish_hook = adv_ExecutorFinish;
	prev_ProcessUtility = ProcessUtility_hook ? ProcessUtility_hook : standard_ProcessUtility;
	ProcessUtility_hook = adv_ProcessUtility;

	adv_slab_set_exit_callback(count_the_rest);
}

/*-------------------------------------------------------------------------
 *
 * execution.h
 *		Executions under way in this backend.
 *
 * Each execution that is recorded has a record of its own, found by its
 * QueryDesc: cursors are run in pieces and interleave, so neither the nesting
 * level nor any "current query" would do.  A record is released when the
 * memory of its query is, whichever way that comes about, so none outlives its
 * QueryDesc.
 *
 * Records come from a free list that grows to the greatest number there ever
 * was under way; otherwise nothing is allocated on the path of a statement.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_EXECUTION_H
#define ADV_CAPTURE_EXECUTION_H

#include "capture/counters.h"
#include "capture/frame.h"
#include "executor/execdesc.h"

typedef struct AdvExecution
{
	const QueryDesc *queryDesc; /* compared, not followed */
	struct AdvExecution *prev;	/* neighbours in the list of those under way; */
	struct AdvExecution *next;	/* next also links the free list */
	MemoryContextCallback callback; /* of the query's memory */
	AdvKey		key;
	AdvFrame   *frame;			/* of ExecutorRun or ExecutorFinish while it is
								 * inside, else NULL */
	bool		was_run;
	bool		counted;		/* nothing more to do for it */
	uint8		wants;			/* ADV_WANT_ bits of sampler.h */
	uint8		examine;		/* an AdvExamine */
	uint8		walk;			/* how to count the indexes that it uses, */
	struct AdvIndexUse *use;	/* as in AdvPlanSlot; another index's if that is
								 * not the same */
	Oid			use_index;
	uint64		params_hash;	/* tells its parameters; 0 if that is not known */
	int64		ns;				/* spent in all runs so far */
	AdvUsage	usage;			/* in all runs so far */
} AdvExecution;

/* Those under way, the one started or found last in front; read only. */
extern AdvExecution *adv_executions;

/*
 * Begin to record an execution, between its ExecutorStart and its first run.
 * Where there is no memory for that the execution is counted as dropped, and
 * NULL returned.
 */
extern AdvExecution *adv_execution_start(QueryDesc *queryDesc, const AdvKey *key);

/* adv_execution_find() where the first one is not the one. */
extern AdvExecution *adv_execution_search(const QueryDesc *queryDesc);

/*
 * Count an execution that did not end by an error, unless it never ran, such
 * as a cursor from which nothing was fetched.  Further calls do nothing.
 */
extern void adv_execution_complete(AdvExecution *execution);

/*
 * Count an execution as aborted by an error with the given SQLSTATE.  If a run
 * is going on it ends here.
 */
extern void adv_execution_abort(AdvExecution *execution, int sqlerrcode);

/* This process exits: count what was run in pieces as far as it came. */
extern void adv_execution_complete_all(void);

/* The record of an execution, NULL if it is not recorded. */
static inline AdvExecution *
adv_execution_find(const QueryDesc *queryDesc)
{
	if (adv_executions == NULL || adv_executions->queryDesc == queryDesc)
		return adv_executions;
	return adv_execution_search(queryDesc);
}

/* One run of it, by ExecutorRun or ExecutorFinish: its beginning and its end. */
static inline void
adv_execution_run_begin(AdvExecution *execution, AdvFrame *frame,
						const QueryDesc *queryDesc)
{
	execution->frame = frame;
	frame->execution = execution;
	adv_span_begin(&frame->span);
	adv_frame_begin_rows(frame, queryDesc, execution->examine);
}

static inline void
adv_execution_run_end(AdvExecution *execution, uint64 rows)
{
	execution->ns += adv_span_elapsed(&execution->frame->span);
	if (execution->frame->queryDesc)
		adv_frame_end_rows(execution->frame);
	adv_span_add(&execution->frame->span, rows, &execution->usage);
	execution->usage.unexamined_calls = Min(execution->usage.unexamined_calls, 1);
	execution->frame->execution = NULL;
	execution->frame = NULL;
	execution->was_run = true;
}

/* queryid of what a frame is about, 0 if that is not recorded. */
static inline uint64
adv_frame_queryid(const AdvFrame *frame)
{
	return frame->execution ? frame->execution->key.queryid : frame->key.queryid;
}

#endif							/* ADV_CAPTURE_EXECUTION_H */

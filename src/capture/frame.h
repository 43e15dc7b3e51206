/*-------------------------------------------------------------------------
 *
 * frame.h
 *		What is running right now in this backend, innermost last.
 *
 * Each planning, executor start, run of an execution and utility statement
 * has a frame while it lasts.  Frames tell what is nested in what; and when an
 * error ends some of them, each statement that dies with it is counted under
 * the error's SQLSTATE class.
 *
 * The usual way to see errors pass is PG_TRY, at some 50 instructions a time,
 * and a SELECT goes through three of our hooks.  Frames are entries of
 * error_context_stack instead: the server calls each with every message that
 * is raised inside of it, which is when the frame takes down the SQLSTATE, and
 * whoever catches an error puts error_context_stack back to what it was.  So
 * the frames that can be reached from error_context_stack are those alive, and
 * the others have died of the error that passed last.  That is looked into as
 * soon as the transaction or subtransaction has been aborted, and whenever a
 * frame is pushed inside another one.
 *
 * A SQLSTATE is not quite certain: an error that is caught and thrown on later,
 * as by PL/pgSQL's RAISE without arguments, is not announced a second time, so
 * that of an error raised in between may stand in for it.
 *
 * Frames are allocated once for each depth ever reached and used again; they
 * cannot be on the C stack, where the dead are overwritten.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_FRAME_H
#define ADV_CAPTURE_FRAME_H

#include "access/parallel.h"
#include "capture/counters.h"
#include "capture/examined.h"
#include "common/guc.h"
#include "utils/elog.h"

struct AdvExecution;

typedef enum AdvFrameKind
{
	ADV_FRAME_PLAN,				/* planner */
	ADV_FRAME_START,			/* ExecutorStart */
	ADV_FRAME_RUN,				/* ExecutorRun or ExecutorFinish */
	ADV_FRAME_UTILITY,			/* ProcessUtility */
	ADV_FRAME_EXPLAIN			/* the same, of an EXPLAIN without ANALYZE */
} AdvFrameKind;

#define ADV_FRAME_KINDS (ADV_FRAME_EXPLAIN + 1)

typedef struct AdvFrame
{
	ErrorContextCallback context;
	struct AdvFrame *outer;		/* NULL if a client sent it */
	struct AdvFrame *inner;		/* unused, or NULL if not allocated yet */
	int32		kind;			/* an AdvFrameKind */
	int			sqlerrcode;		/* of the last message raised inside */
	uint8		examine;		/* an AdvExamine, if queryDesc is set */
	bool		measured;		/* span has been begun */
	struct AdvExecution *execution; /* record of what is run, if it has one */
	const QueryDesc *queryDesc; /* what is run, if its rows are counted */
	AdvScans	scans;			/* of what is run, if its kind needs them */
	AdvKey		key;			/* if not; queryid is 0 if it is not recorded */
	AdvSpan		span;
} AdvFrame;

/* The innermost frame, NULL if nothing runs, and that of the outermost level. */
extern AdvFrame *adv_innermost;
extern AdvFrame adv_outermost[ADV_FRAME_KINDS];	/* one of each kind */

/*
 * The frame to use inside the innermost one, not linked yet; NULL if there is
 * no memory for it.  Settles first, and makes the innermost one pause.
 */
extern AdvFrame *adv_frame_prepare(AdvFrameKind kind);

/* Count, and remove, the frames that have died of an error. */
extern void adv_frame_settle(void);

/*
 * Something begins inside of a frame whose rows are being counted, and has
 * ended: it is not part of them.
 */
extern void adv_frame_pause(AdvFrame *frame);
extern void adv_frame_resume(AdvFrame *frame);

/*
 * Fill an entry for error_context_stack behind which messages concern no frame,
 * nor anybody else that is on the stack, though all frames stay alive.
 */
extern void adv_frame_shelter(ErrorContextCallback *shelter);

/* This process exits: count all that is running as aborted by that. */
extern void adv_frame_abort_all(void);

/*
 * Is what a frame at this place contains to be recorded?  outer is what it is
 * directly inside of.
 */
static inline bool
adv_frame_is_tracked(const AdvFrame *outer)
{
	return (adv_track == ADV_TRACK_ALL ||
			(adv_track == ADV_TRACK_TOP && outer == NULL)) &&
		!IsParallelWorker();
}

/* The same of planning: an EXPLAIN that only explains leaves no trace of its. */
static inline bool
adv_frame_is_planning_tracked(const AdvFrame *outer)
{
	return adv_frame_is_tracked(outer) &&
		!(outer && outer->kind == ADV_FRAME_EXPLAIN);
}

/*
 * Push a frame.  The caller fills in key, span and execution as needed; of the
 * key, queryid and userid will do.  NULL if there is no memory for it, then
 * the caller does without.
 */
static inline AdvFrame *
adv_frame_push(AdvFrameKind kind)
{
	AdvFrame   *frame;

	/* most statements are not nested, and the first frames are always there */
	if (likely(adv_innermost == NULL))
		frame = &adv_outermost[kind];
	else
	{
		frame = adv_frame_prepare(kind);
		if (frame == NULL)
			return NULL;
	}

	/* of a run and a utility statement; the others never set these */
	if (kind != ADV_FRAME_PLAN && kind != ADV_FRAME_START)
	{
		frame->execution = NULL;
		frame->queryDesc = NULL;
	}
	frame->measured = false;
	frame->sqlerrcode = 0;
	frame->key.queryid = 0;
	frame->context.previous = error_context_stack;
	error_context_stack = &frame->context;
	adv_innermost = frame;
	return frame;
}

/*
 * Remove a frame that has come to its end.  Dead ones inside of it have been
 * settled with the subtransaction that they died in, unless somebody caught an
 * error without having one.
 */
static inline void
adv_frame_pop(AdvFrame *frame)
{
	if (unlikely(adv_innermost != frame))
		adv_frame_settle();
	error_context_stack = frame->context.previous;
	adv_innermost = frame->outer;
	if (unlikely(adv_innermost != NULL) && adv_innermost->queryDesc != NULL)
		adv_frame_resume(adv_innermost);
}

/* Begin and end to count the rows that what runs in a frame examines. */
static inline void
adv_frame_begin_rows(AdvFrame *frame, const QueryDesc *queryDesc, AdvExamine examine)
{
	frame->queryDesc = queryDesc;
	frame->examine = examine;
	frame->span.examined = 0;
	if (unlikely(adv_examine_needs_scans(examine)))
	{
		frame->scans.n = 0;
		adv_scans_collect(queryDesc->planstate, &frame->scans);
	}
	frame->span.examined_base = adv_examined_now(queryDesc, examine, &frame->scans);
}

static inline void
adv_frame_end_rows(AdvFrame *frame)
{
	int64		now = adv_examined_now(frame->queryDesc, frame->examine, &frame->scans);
	int64		rows = now - frame->span.examined_base;

	/* none of them may be negative */
	if (likely((frame->span.examined | frame->span.examined_base | now | rows) >= 0))
		frame->span.examined += rows;
	else
		frame->span.examined = ADV_UNKNOWN_ROWS;
}

#endif							/* ADV_CAPTURE_FRAME_H */

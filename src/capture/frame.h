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

typedef struct AdvFrame
{
	ErrorContextCallback context;
	struct AdvFrame *outer;		/* NULL if a client sent it */
	struct AdvFrame *inner;		/* unused, or NULL if not allocated yet */
	uint16		kind;			/* an AdvFrameKind */
	bool		measured;		/* span has been begun */
	int			sqlerrcode;		/* of the last message raised inside */
	struct AdvExecution *execution; /* record of what is run, if it has one */
	AdvKey		key;			/* if not; queryid is 0 if it is not recorded */
	AdvSpan		span;
} AdvFrame;

/* The innermost frame, NULL if nothing runs, and that of the outermost level. */
extern AdvFrame *adv_innermost;
extern AdvFrame adv_outermost;

/*
 * The frame to use inside the innermost one, not linked yet; NULL if there is
 * no memory for it.  Settles first.
 */
extern AdvFrame *adv_frame_prepare(void);

/* Count, and remove, the frames that have died of an error. */
extern void adv_frame_settle(void);

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

	/* most statements are not nested, and the first frame is always there */
	if (likely(adv_innermost == NULL))
		frame = &adv_outermost;
	else
	{
		frame = adv_frame_prepare();
		if (frame == NULL)
			return NULL;
	}

	frame->outer = adv_innermost;
	frame->kind = kind;
	frame->measured = false;
	frame->sqlerrcode = 0;
	frame->execution = NULL;
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
}

#endif							/* ADV_CAPTURE_FRAME_H */

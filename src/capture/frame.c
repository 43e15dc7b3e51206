/*-------------------------------------------------------------------------
 *
 * frame.c
 *		What is running right now in this backend, innermost last.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "capture/execution.h"
#include "capture/frame.h"
#include "capture/slab.h"
#include "miscadmin.h"
#include "utils/memutils.h"

static void note_error(void *arg);
static void note_nothing(void *arg);

#define OUTERMOST(number) { \
	.context = {.callback = note_error,.arg = &adv_outermost[number]},.kind = (number) \
}

AdvFrame	adv_outermost[ADV_FRAME_KINDS] = {
	OUTERMOST(ADV_FRAME_PLAN), OUTERMOST(ADV_FRAME_START), OUTERMOST(ADV_FRAME_RUN),
	OUTERMOST(ADV_FRAME_UTILITY), OUTERMOST(ADV_FRAME_EXPLAIN)
};
AdvFrame   *adv_innermost = NULL;

/* Have we asked to be told of aborts? */
static bool told_of_aborts = false;

/* ---------------------------------------------------------------------
 * The dead
 * ---------------------------------------------------------------------
 */

/* Is the failure of this frame that of a statement to be recorded? */
static bool
is_recorded(const AdvFrame *frame)
{
	if (frame->key.queryid == 0)
		return false;

	switch ((AdvFrameKind) frame->kind)
	{
		case ADV_FRAME_PLAN:
		case ADV_FRAME_START:
			return adv_frame_is_planning_tracked(frame->outer);
		case ADV_FRAME_RUN:
			return true;
		case ADV_FRAME_UTILITY:
			return adv_track_utility;
		case ADV_FRAME_EXPLAIN:
			break;
	}
	return false;
}

/* Count what died with a frame. */
static void
count_dead(AdvFrame *frame, int sqlerrcode)
{
	static const AdvUsage no_usage = {0};

	/* the relations may be gone */
	frame->queryDesc = NULL;
	frame->span.examined = ADV_UNKNOWN_ROWS;
	if (frame->execution)
	{
		adv_execution_abort(frame->execution, sqlerrcode);
		return;
	}
	if (!is_recorded(frame))
		return;

	frame->key.planid = 0;
	frame->key.dbid = MyDatabaseId;
	frame->key.toplevel = frame->outer == NULL;
	frame->key.sqlclass = adv_error_class(sqlerrcode);
	if (frame->measured)
		adv_slab_add_span(&frame->key, adv_span_elapsed(&frame->span), &frame->span,
						  0);
	else
		adv_slab_add_execution(&frame->key, 0, &no_usage);
}

/*
 * The error that a frame died of.  Messages of parallel workers are not raised
 * inside what the leader is doing just then, but inside what started them.
 */
static int
find_error(const AdvFrame *frame, int fallback)
{
	for (; frame != NULL; frame = frame->outer)
	{
		if (frame->sqlerrcode != 0)
			return frame->sqlerrcode;
	}
	return fallback;
}

/* The innermost frame that can be reached from error_context_stack. */
static AdvFrame *
innermost_alive(void)
{
	const ErrorContextCallback *context = error_context_stack;

	while (context && context->callback != note_error && context->callback != note_nothing)
		context = context->previous;
	return context ? (AdvFrame *) context->arg : NULL;
}

void
adv_frame_settle(void)
{
	AdvFrame   *alive = innermost_alive();

	if (adv_innermost == alive)
		return;
	while (adv_innermost != NULL && adv_innermost != alive)
	{
		AdvFrame   *dead = adv_innermost;

		adv_innermost = dead->outer;
		count_dead(dead, find_error(dead, ERRCODE_INTERNAL_ERROR));
	}
	if (alive != NULL && alive->queryDesc != NULL)
		adv_frame_resume(alive);
}

void
adv_frame_pause(AdvFrame *frame)
{
	adv_frame_end_rows(frame);
}

void
adv_frame_resume(AdvFrame *frame)
{
	frame->span.examined_base = adv_examined_now(frame->queryDesc, frame->examine,
												  &frame->scans);
}

void
adv_frame_abort_all(void)
{
	while (adv_innermost != NULL)
	{
		AdvFrame   *dead = adv_innermost;

		adv_innermost = dead->outer;
		count_dead(dead, find_error(dead, ERRCODE_ADMIN_SHUTDOWN));
	}
}

/* ---------------------------------------------------------------------
 * Being told
 * ---------------------------------------------------------------------
 */

static void
transaction_callback(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT)
		adv_frame_settle();
}

static void
subtransaction_callback(SubXactEvent event, SubTransactionId mySubid,
						SubTransactionId parentSubid, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		adv_frame_settle();
}

/*
 * Error context callback of every frame: a message is raised inside of it,
 * perhaps an error.  Only now is it worth being told of aborts, which costs
 * every transaction a little.
 */
static void
note_error(void *arg)
{
	AdvFrame   *frame = (AdvFrame *) arg;
	int			category = ERRCODE_TO_CATEGORY(geterrcode());

	/* what is no error must not hide one that is thrown on later */
	if (category == ERRCODE_SUCCESSFUL_COMPLETION)
		return;
	if (category != ERRCODE_WARNING || frame->sqlerrcode == 0)
		frame->sqlerrcode = geterrcode();

	/* no memory may be allocated in a critical section; it ends in a crash */
	if (!told_of_aborts && CritSectionCount == 0)
	{
		RegisterXactCallback(transaction_callback, NULL);
		RegisterSubXactCallback(subtransaction_callback, NULL);
		told_of_aborts = true;
	}
}

/* Error context callback of a shelter. */
static void
note_nothing(void *arg)
{
}

void
adv_frame_shelter(ErrorContextCallback *shelter)
{
	shelter->callback = note_nothing;
	shelter->arg = adv_innermost;
	shelter->previous = NULL;
}

/* ---------------------------------------------------------------------
 * Frames of nested statements
 * ---------------------------------------------------------------------
 */

AdvFrame *
adv_frame_prepare(AdvFrameKind kind)
{
	AdvFrame   *frame;

	if (innermost_alive() != adv_innermost)
		adv_frame_settle();
	if (adv_innermost == NULL)
		return &adv_outermost[kind];

	frame = adv_innermost->inner;
	if (frame == NULL)
	{
		frame = MemoryContextAllocExtended(TopMemoryContext, sizeof(AdvFrame),
										   MCXT_ALLOC_NO_OOM | MCXT_ALLOC_ZERO);
		if (frame == NULL)
			return NULL;
		frame->context.callback = note_error;
		frame->context.arg = frame;
		frame->outer = adv_innermost;
		adv_innermost->inner = frame;
	}
	frame->kind = kind;
	frame->execution = NULL;
	frame->queryDesc = NULL;
	if (adv_innermost->queryDesc != NULL)
		adv_frame_pause(adv_innermost);
	return frame;
}

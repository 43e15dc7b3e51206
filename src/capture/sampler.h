/*-------------------------------------------------------------------------
 *
 * sampler.h
 *		Which executions are looked at closely, and what is kept of them.
 *
 * Each backend remembers the plans that it executes, and of each how many
 * executions are left until the next one is looked at.  That is the first few
 * of a plan, then others at growing distances until they are
 * advisor.sample_rate of all, and every one of a plan that is known to be
 * slow.  So for nearly all executions the decision is a decrement.
 *
 * An execution that is looked at has a record (execution.h).  When it is over,
 * and has been counted, the plan's document is made if there is none yet, what
 * was measured in its nodes is added to the plan's sums, and the example that
 * was made when it was planned gets its duration.  Nothing of this can fail
 * for the user: it happens in a subtransaction of its own (protect.h).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_SAMPLER_H
#define ADV_CAPTURE_SAMPLER_H

#include "capture/counters.h"
#include "capture/execution.h"
#include "capture/examined.h"
#include "capture/indexuse.h"
#include "executor/execdesc.h"
#include "nodes/parsenodes.h"

/* How to find the indexes that an execution used. */
typedef enum AdvIndexWalk
{
	ADV_WALK_NOTHING,			/* it uses none, or AdvPlanSlot.use */
	ADV_WALK_SCANS,				/* the scans that were listed (examined.h) */
	ADV_WALK_PLAN				/* all nodes */
} AdvIndexWalk;

/* A plan that this backend executes. */
typedef struct AdvPlanSlot
{
	uint64		tag;			/* see adv_plan_tag(); 0 if it is not in use */
	int32		left;			/* executions until the next look */
	uint8		examine;		/* an AdvExamine */
	uint8		walk;			/* an AdvIndexWalk: where to look for indexes */
	AdvIndexUse *use;			/* if it uses one index, always */
	struct AdvSlabEntry *entry; /* where it is counted, if that has its tag */
} AdvPlanSlot;

#define ADV_PLAN_SETS 256		/* a power of two */
#define ADV_PLAN_WAYS 4

extern AdvPlanSlot adv_plan_slots[ADV_PLAN_SETS][ADV_PLAN_WAYS];

/* What is to be done with an execution that is looked at. */
#define ADV_WANT_PLAN	0x01	/* its plan has no document */
#define ADV_WANT_RUNS	0x02	/* rows of its nodes are being counted */
#define ADV_WANT_EXAMPLE 0x04	/* an example waits for its duration */

/*
 * Tells a plan from all others of the database, with a chance of 2^-64 that it
 * does not.
 */
static inline uint64
adv_plan_tag(uint64 queryid, uint64 planid, Oid userid, bool toplevel)
{
	return (queryid ^ ((planid << 32) | (planid >> 32))) +
		((uint64) userid << 1) + toplevel;
}

/* Slot of a plan, NULL if it has none. */
static inline AdvPlanSlot *
adv_plan_slot(uint64 tag)
{
	AdvPlanSlot *set = adv_plan_slots[tag & (ADV_PLAN_SETS - 1)];

	if (likely(set[0].tag == tag))
		return &set[0];
	for (int way = 1; way < ADV_PLAN_WAYS; way++)
	{
		if (set[way].tag == tag)
			return &set[way];
	}
	return NULL;
}

/*
 * Decide what to do with an execution that is about to start: returns
 * ADV_WANT_ bits, and asks for instrumentation if need be.  key is the plan's.
 */
extern int	adv_sampler_choose(AdvPlanSlot *slot, const AdvKey *key,
							   QueryDesc *queryDesc);

/* An execution that was chosen has started: note its parameters. */
extern void adv_sampler_started(const QueryDesc *queryDesc, AdvExecution *execution);

/* Give a plan a slot, when its execution has started. */
extern AdvPlanSlot *adv_sampler_open(uint64 tag, const AdvKey *key,
									 const QueryDesc *queryDesc);

/*
 * An execution of a plan took that long: if it is slow, look at the next one.
 */
extern void adv_sampler_note_slow(uint64 tag);

/* The store has lost what it knew of a plan of ours: look at it again. */
extern void adv_sampler_forget(const AdvKey *key);

/*
 * An execution has run for some rows, and may never be finished: make the plan's
 * document if that was chosen.
 */
extern void adv_sampler_interrupted(QueryDesc *queryDesc, AdvExecution *execution);

/* Do what was chosen, after an execution has been counted. */
extern void adv_sampler_finish(QueryDesc *queryDesc, AdvExecution *execution);

/*
 * A statement is planned by this backend for the first time, or an example of
 * it is due: note what its tree shows, and make an example.  key is without
 * plan id.
 */
extern void adv_sampler_study(const AdvKey *key, Query *query,
							  ParamListInfo params);

/* A statement that was studied has been planned: keep its example. */
extern void adv_sampler_planned(const AdvKey *key);

/* An example as a document: its text follows. */
typedef struct AdvExampleText
{
	int32		encoding;
	int32		truncated;		/* a boolean */
} AdvExampleText;

#endif							/* ADV_CAPTURE_SAMPLER_H */

/*-------------------------------------------------------------------------
 *
 * run.h
 *		A run of recommend_indexes(): what its steps share.
 *
 *	recommend	the run from beginning to end
 *	explore		asking the planner about one unit, in trials
 *	settle		choosing: the matrix, the search, and asking again around its answer
 *	simplify	leaving out what is hardly worth having
 *	advice		rows of what was chosen, and of what was not helped
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_RUN_H
#define ADV_RECOMMEND_RUN_H

#include "datatype/timestamp.h"
#include "recommend/progress.h"
#include "recommend/recommend.h"
#include "recommend/unit.h"
#include "recommend/writecost.h"

/* A condition that may become a predicate, and whose statements have it. */
typedef struct AdvSeenClause
{
	Oid			relid;
	Node	   *clause;			/* of varno 1 */
	Bitmapset  *units;			/* places in the array of units */
	Bitmapset  *items;			/* numbers of items of the workload */
} AdvSeenClause;

typedef struct AdvRun
{
	MemoryContext context;		/* of everything that the run keeps */
	const AdvRecommendOptions *options;
	AdvWorkload *workload;
	List	   *writes;			/* AdvTableWrites; NIL for texts */
	AdvPool    *pool;
	int			nunits;
	AdvUnit    *units;
	List	   *clauses;		/* AdvSeenClause */
	double		ms_per_cost;	/* over the whole workload; 1 for texts */
	int64		plans;			/* plans made */
	TimestampTz deadline;
	int			expired;		/* trials that took too long */
	bool		out_of_time;	/* has something been left out for want of time? */
	Bitmapset  *merged;			/* made of several winners */
	Bitmapset  *chosen;
	AdvProgress *progress;		/* NULL if nobody can watch */
} AdvRun;

/* ms that are left of the run's time, less a share of it, from 0 to 1. */
extern double adv_run_time_left(const AdvRun *run, double reserve);

/* Is the time over, up to this reserve?  Remembers that it was. */
extern bool adv_run_is_over(AdvRun *run, double reserve);

/* Each of these looks at one unit, in trials of its own. */

/* Its cost as things are, the tables it reads, its conditions. */
extern void adv_explore_base(AdvRun *run, AdvUnit *unit);

/* The indexes that might help it, and which of them are best of their kind. */
extern void adv_explore_candidates(AdvRun *run, AdvUnit *unit);

/* Add indexes made of others (AdvCandidate or defs), as the unit's role. */
extern void adv_explore_merged(AdvRun *run, AdvUnit *unit, List *defs);

/* What it does without the best ones; with at most so many plans. */
extern void adv_explore_alternatives(AdvRun *run, AdvUnit *unit,
									 const Bitmapset *available, int allowance);

/*
 * What it costs with a set, what single additions to it would bring, and what
 * could take the place of those it uses.
 */
extern void adv_explore_around(AdvRun *run, AdvUnit *unit, const Bitmapset *set);

/* What it costs with a set, -1 if that could not be found out. */
extern double adv_explore_cost(AdvRun *run, AdvUnit *unit, const Bitmapset *set);

/* Note in each unit what is known of it with run->chosen. */
extern void adv_run_note_settled(AdvRun *run);

/* Choose, into run->chosen. */
extern void adv_settle(AdvRun *run);

/*
 * Leave out of run->chosen what is hardly worth having, by min_gain: indexes,
 * and their last columns.  With min_gain 0 nothing is.
 */
extern void adv_simplify(AdvRun *run);

/* What an index of the pool costs, in ms a day; *hot_lost may be NULL. */
extern double adv_advice_upkeep(const AdvRun *run, int id, double *hot_lost);

/* The result, in the run's context. */
extern AdvAdvice *adv_advice_make(AdvRun *run);

#endif							/* ADV_RECOMMEND_RUN_H */

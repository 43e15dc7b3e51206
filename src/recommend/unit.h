/*-------------------------------------------------------------------------
 *
 * unit.h
 *		One text of the workload, and what it costs with which indexes.
 *
 * A statement of the workload has a unit for each of its examples.  What the
 * planner was asked of a unit, and answered, is kept: with the indexes A at
 * hand it used those of U, at this cost.  That answers for every set that has
 * all of U and nothing outside of A, since the plan is still possible and no
 * better one has become so.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_UNIT_H
#define ADV_RECOMMEND_UNIT_H

#include "nodes/nodes.h"
#include "recommend/pool.h"
#include "recommend/workload.h"
#include "whatif/plan.h"

typedef struct AdvAnswer
{
	Bitmapset  *available;
	Bitmapset  *used;
	double		cost;
} AdvAnswer;

typedef struct AdvUnit
{
	const AdvWorkItem *item;
	const char *text;
	double		weight;			/* ms a day for each unit of cost, or 1 */
	double		base;			/* cost as things are; -1: could not be planned */
	CmdType		operation;
	bool		has_parameters;
	bool		reads_tables;	/* itself, not in functions that it calls */
	char	   *failure;		/* why it could not be planned, or NULL */
	List	   *relations;		/* oids of the tables that indexes were sought for */
	Bitmapset  *own;			/* candidates found for it */
	Bitmapset  *winners;		/* of these and others: used in some plan of it */
	int			nanswers;
	int			room;
	AdvAnswer  *answers;
	int			settled;		/* place of the answer for what was chosen, -1 if
								 * there is none */
} AdvUnit;

/* What is asked while a unit is looked at, in one trial. */
typedef struct AdvInquiry
{
	AdvUnit    *unit;
	const AdvPool *pool;
	AdvPlannable *plannable;
	MemoryContext context;		/* of what is kept */
	int64	   *plans;			/* counts plans made */
} AdvInquiry;

/*
 * What does it cost with these indexes?  From what is known, or from the
 * planner.  The result stays as long as the run, but not longer than the next
 * question.
 */
extern const AdvAnswer *adv_unit_ask(AdvInquiry *inquiry, const Bitmapset *available);

/* What is known; NULL if the planner would have to be asked. */
extern const AdvAnswer *adv_unit_recall(const AdvUnit *unit, const Bitmapset *available);

/* The answer for what was chosen, NULL if there is none; valid as long as others. */
static inline const AdvAnswer *
adv_unit_settled(const AdvUnit *unit)
{
	return unit->settled < 0 ? NULL : &unit->answers[unit->settled];
}

/* The lowest cost that is known to be possible with these indexes. */
extern double adv_unit_bound(const AdvUnit *unit, const Bitmapset *available);

/*
 * Which indexes of a set may matter to it: those found for it, and those whose
 * first column, or predicate, is that of one of them.
 */
extern Bitmapset *adv_unit_relevant(const AdvUnit *unit, const AdvPool *pool,
									const Bitmapset *set);

#endif							/* ADV_RECOMMEND_UNIT_H */

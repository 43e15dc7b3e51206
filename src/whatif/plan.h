/*-------------------------------------------------------------------------
 *
 * plan.h
 *		What a statement would cost in a world with other indexes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_WHATIF_PLAN_H
#define ADV_WHATIF_PLAN_H

#include "nodes/parsenodes.h"
#include "whatif/inject.h"

/* A statement, analysed and rewritten: more than one query if it has rules. */
typedef struct AdvPlannable
{
	const char *text;
	CmdType		operation;		/* as written */
	List	   *queries;		/* of Query; none after INSTEAD NOTHING */
	bool		has_parameters; /* $n: planned without values */
} AdvPlannable;

/* What planning said. */
typedef struct AdvPlanned
{
	double		startup_cost;
	double		total_cost;
	double		rows;
	Bitmapset  *used;			/* ids of hypothetical indexes in the plan */
	List	   *real;			/* oids of real ones */
} AdvPlanned;

/*
 * Analyse a text as its current user, who gets the locks that EXPLAIN takes.
 * Unlike a statement that is executed, nobody's hooks hear of it and no query
 * id is made, so that nobody counts it.  Raises errors: for what is no single
 * statement with a plan, and all that the server finds.
 */
extern AdvPlannable *adv_plannable_make(const char *text);

/*
 * Plan it.  The result is in the current memory context, and everything that
 * planning allocates is freed.  Raises errors.
 */
extern void adv_plannable_plan(const AdvPlannable *plannable,
							   const AdvConfiguration *world, AdvPlanned *planned);

/*
 * The plan as EXPLAIN would show it, in a format of ExplainFormat, in the
 * current memory context.
 */
extern char *adv_plannable_explain(const AdvPlannable *plannable,
								   const AdvConfiguration *world, int format,
								   AdvPlanned *planned);

#endif							/* ADV_WHATIF_PLAN_H */

/*-------------------------------------------------------------------------
 *
 * dropimpact.h
 *		What would become of the captured statements without an index.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_DROPIMPACT_H
#define ADV_RECOMMEND_DROPIMPACT_H

#include "nodes/pg_list.h"

/* A statement that would have another plan, or of which that is not known. */
typedef struct AdvDropImpact
{
	uint64		queryid;
	Oid			userid;
	double		calls_per_day;
	double		ms_per_day;
	double		cost_before;	/* sums over its examples */
	double		cost_after;
	double		ms_after;		/* ms_per_day, scaled by the costs */
	const char *failure;		/* why it could not be planned, or NULL */
} AdvDropImpact;

/*
 * Plan every captured statement of the current database that the caller may see,
 * and that reads the index's table, with the index hidden, however little time it
 * takes: a proof must not leave anything out.  Those whose plan uses it, dearest first, and then those
 * that could not be planned.  A partitioned index goes with all its partitions.
 * Raises errors for what is no index.  What there was no time for is reported as
 * a failure.
 */
extern List *adv_drop_impact(Oid indexid, double time_limit);

#endif							/* ADV_RECOMMEND_DROPIMPACT_H */

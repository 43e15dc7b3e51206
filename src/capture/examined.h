/*-------------------------------------------------------------------------
 *
 * examined.h
 *		Rows examined by an execution, for next to nothing.
 *
 * The server counts the tuples that scans return and fetch, for each relation
 * and index, in counters that only this backend adds to.  What they have risen
 * by when an execution ends is what it examined, and there is no work per tuple.
 * Rows are counted where the server does: those of sequential and bitmap scans
 * with the table, those that an index scan fetched with the index, and so are
 * those that an index-only scan returned.
 *
 * What runs inside an execution (functions, triggers, planning) moves the same
 * counters.  While another frame is inside, the counting pauses (frame.h).
 *
 * Unknown is what parallel workers, foreign tables and extensions' scans read,
 * what plans read that use an index in different ways at once, and everything
 * while track_counts is off.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_EXAMINED_H
#define ADV_CAPTURE_EXAMINED_H

#include "common/compat.h"
#include "executor/execdesc.h"
#include "nodes/execnodes.h"
#include "pgstat.h"
#include "utils/rel.h"

/* How to tell what a plan examined. */
typedef enum AdvExamine
{
	ADV_EXAMINE_INDEX,			/* it is an index scan and nothing else */
	ADV_EXAMINE_TABLE,			/* it has one table and no index scan */
	ADV_EXAMINE_TABLES,			/* several, each once */
	ADV_EXAMINE_DISTINCT,		/* several, some of them repeatedly */
	ADV_EXAMINE_SCANS,			/* and index scans, each once */
	ADV_EXAMINE_DISTINCT_SCANS, /* and index scans, repeatedly perhaps */
	ADV_EXAMINE_UNKNOWN
} AdvExamine;

/* Of a relation or a sum of them; less than nothing: it is not known. */
#define ADV_UNKNOWN_ROWS (-1)

/* The index scans of a plan, index-only scans among them. */
#define ADV_MAX_SCANS 64
typedef struct AdvScans
{
	int			n;				/* more than ADV_MAX_SCANS: not all are here */
	PlanState  *states[ADV_MAX_SCANS];
} AdvScans;

/*
 * Which of them it is for a plan, after ExecutorStart; and for all plans of its
 * id, which may scan more partitions, or others (planshape.h).
 */
extern AdvExamine adv_examine_kind(const QueryDesc *queryDesc);

/* List the index scans of a plan. */
extern void adv_scans_collect(PlanState *state, AdvScans *scans);

/* adv_examined_now() where it takes more than a look. */
extern int64 adv_examined_sum(const QueryDesc *queryDesc, AdvExamine examine,
							  const AdvScans *scans);

/* Does this kind need the list of scans? */
static inline bool
adv_examine_needs_scans(AdvExamine examine)
{
	return examine == ADV_EXAMINE_SCANS || examine == ADV_EXAMINE_DISTINCT_SCANS;
}

/*
 * Rows that have been examined so far, by whomever in this backend, in the
 * relations of an execution, or ADV_UNKNOWN_ROWS.
 */
static inline int64
adv_examined_now(const QueryDesc *queryDesc, AdvExamine examine, const AdvScans *scans)
{
	Relation	relation = NULL;

	if (likely(examine == ADV_EXAMINE_INDEX) &&
		likely(IsA(queryDesc->planstate, IndexScanState)))
	{
		relation = ((const IndexScanState *) queryDesc->planstate)->iss_RelationDesc;
		if (likely(relation != NULL) && likely(relation->pgstat_info != NULL))
			return adv_tuples_fetched(relation->pgstat_info);
	}
	return adv_examined_sum(queryDesc, examine, scans);
}

#endif							/* ADV_CAPTURE_EXAMINED_H */

/*-------------------------------------------------------------------------
 *
 * planshape.h
 *		Plan id: a structural hash of a finished plan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_PLANSHAPE_H
#define ADV_CAPTURE_PLANSHAPE_H

#include "nodes/plannodes.h"

/*
 * Hash of the shape of a plan, never 0.
 *
 * Into it go: the nodes and how they are put together, join types and
 * strategies, relations and indexes by oid, scan directions, and all
 * conditions as operators over (relation, attribute).  Not into it go:
 * constants and parameters (all alike), costs, row counts, output columns and
 * numbers of workers.
 *
 * Partitions do not multiply plans: a partition, and a child of an inheritance
 * tree, stands for its topmost parent in the query, attributes included; its
 * indexes are known by the conditions they serve; and an Append over such
 * children counts as the set of their different shapes.  So it makes no
 * difference which partitions a plan touches, nor, when all are scanned in
 * the same way, how many.
 *
 * Pure: reads the plan and nothing else.  Raises no errors; branches too deep
 * for the stack are left out.
 */
static inline uint64 adv_plan_shape(const PlannedStmt *stmt);

/* Its parts: the hash of a plan tree, and those of subplans mixed to it. */
extern uint64 adv_plan_tree_hash(const PlannedStmt *stmt, const Plan *plan);
extern uint64 adv_plan_mix_subplans(const PlannedStmt *stmt, uint64 hash);

static inline uint64
adv_plan_shape(const PlannedStmt *stmt)
{
	uint64		hash = adv_plan_tree_hash(stmt, stmt->planTree);

	if (unlikely(stmt->subplans != NIL))
		hash = adv_plan_mix_subplans(stmt, hash);
	return hash + (hash == 0);
}

#endif							/* ADV_CAPTURE_PLANSHAPE_H */

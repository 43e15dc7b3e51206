/*-------------------------------------------------------------------------
 *
 * planid.h
 *		Finding the plan id of a plan that is about to be executed.
 *
 * From PostgreSQL 18 on the id travels in the plan.  Before, there is no place
 * for it, and a prepared statement is executed many times with no planning in
 * between: for cached plans the id is remembered here, by the address of the
 * plan, and forgotten when the memory context that the plan lives in goes, so
 * an address that is used again cannot be mistaken for the old plan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_PLANID_H
#define ADV_CAPTURE_PLANID_H

#include "nodes/plannodes.h"

/*
 * Tell of a plan fresh from the planner.  Executed from where it is it is
 * executed once, so it is not worth remembering: plan caches make copies.
 * Where plans carry ids, gives it one unless another extension has.
 */
extern void adv_planid_planned(PlannedStmt *stmt);

/* Plan id, never 0.  Raises no errors. */
extern uint64 adv_planid_get(PlannedStmt *stmt);

#endif							/* ADV_CAPTURE_PLANID_H */

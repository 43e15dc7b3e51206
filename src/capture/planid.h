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

#include "capture/planshape.h"
#include "common/compat.h"

/* The plan that came from the planner last; it may be gone, so compare only. */
extern const PlannedStmt *adv_last_planned;

/* adv_planid_get() of a plan that was not planned last. */
extern uint64 adv_planid_search(PlannedStmt *stmt);

/*
 * Tell of a plan fresh from the planner.  Executed from where it is it is
 * executed once, so it is not worth remembering: plan caches make copies.
 * Where plans carry ids, gives it one unless another extension has.
 */
static inline void
adv_planid_planned(PlannedStmt *stmt)
{
	adv_last_planned = stmt;
	if (ADV_PLAN_ID_TRAVELS && adv_planned_stmt_get_plan_id(stmt) == 0)
		adv_planned_stmt_set_plan_id(stmt, adv_plan_shape(stmt));
}

/* Plan id, never 0.  Raises no errors. */
static inline uint64
adv_planid_get(PlannedStmt *stmt)
{
	uint64		planid = adv_planned_stmt_get_plan_id(stmt);

	if (planid != 0)
		return planid;
	return stmt == adv_last_planned ? adv_plan_shape(stmt) : adv_planid_search(stmt);
}

#endif							/* ADV_CAPTURE_PLANID_H */

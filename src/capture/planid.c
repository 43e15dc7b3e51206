/*-------------------------------------------------------------------------
 *
 * planid.c
 *		Finding the plan id of a plan that is about to be executed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/planid.h"
#include "utils/memutils.h"

#define ADV_PLANID_SLOTS 1024	/* a power of two; 16 bytes each */

/*
 * Direct-mapped by the plan's address; private to the backend.  A slot that is
 * taken stays so until its plan goes: whoever comes second hashes each time,
 * which keeps the number of callbacks at one for each plan at the most.
 */
static struct
{
	const PlannedStmt *stmt;
	uint64		planid;
}			slots[ADV_PLANID_SLOTS];

const PlannedStmt *adv_last_planned = NULL;

/* Lives and dies with the plan. */
typedef struct PlanCallback
{
	MemoryContextCallback callback;
	int			slot;
} PlanCallback;

static void
forget_plan(void *arg)
{
	slots[((PlanCallback *) arg)->slot].stmt = NULL;
}

/* Remember the id of a cached plan, unless there is no room. */
static void
remember_plan(PlannedStmt *stmt, int slot, uint64 planid)
{
	MemoryContext context = GetMemoryChunkContext(stmt);
	PlanCallback *forget;

	forget = MemoryContextAllocExtended(context, sizeof(PlanCallback),
										MCXT_ALLOC_NO_OOM);
	if (forget == NULL)
		return;

	forget->callback.func = forget_plan;
	forget->callback.arg = forget;
	forget->slot = slot;
	MemoryContextRegisterResetCallback(context, &forget->callback);
	slots[slot].stmt = stmt;
	slots[slot].planid = planid;
}

uint64
adv_planid_search(PlannedStmt *stmt)
{
	int			slot = (((uintptr_t) stmt * UINT64CONST(0x9E3779B97F4A7C15)) >> 32) &
		(ADV_PLANID_SLOTS - 1);
	uint64		planid;

	if (slots[slot].stmt == stmt)
		return slots[slot].planid;

	planid = adv_plan_shape(stmt);
	if (slots[slot].stmt == NULL)
		remember_plan(stmt, slot, planid);
	return planid;
}

/*-------------------------------------------------------------------------
 *
 * plannodes.c
 *		The nodes of a plan in the order in which EXPLAIN prints them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/plannodes.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/bitmapset.h"

/* What the walk carries along. */
typedef struct Walk
{
	AdvNodeList *list;
	Bitmapset  *seen;			/* subplans, each of which is printed once */
} Walk;

static void visit(Walk *walk, PlanState *state, int parent);

static void
visit_array(Walk *walk, PlanState **states, int n, int parent)
{
	for (int i = 0; i < n; i++)
		visit(walk, states[i], parent);
}

static void
visit_subplans(Walk *walk, List *subplans, int parent)
{
	ListCell   *lc;

	foreach(lc, subplans)
	{
		SubPlanState *subplan = (SubPlanState *) lfirst(lc);
		int			id = subplan->subplan->plan_id;

		if (bms_is_member(id, walk->seen))
			continue;
		walk->seen = bms_add_member(walk->seen, id);
		visit(walk, subplan->planstate, parent);
	}
}

/* Children that are neither outer nor inner. */
static void
visit_members(Walk *walk, PlanState *state, int parent)
{
	ListCell   *lc;

	switch (nodeTag(state))
	{
		case T_AppendState:
			visit_array(walk, ((AppendState *) state)->appendplans,
						((AppendState *) state)->as_nplans, parent);
			break;
		case T_MergeAppendState:
			visit_array(walk, ((MergeAppendState *) state)->mergeplans,
						((MergeAppendState *) state)->ms_nplans, parent);
			break;
		case T_BitmapAndState:
			visit_array(walk, ((BitmapAndState *) state)->bitmapplans,
						((BitmapAndState *) state)->nplans, parent);
			break;
		case T_BitmapOrState:
			visit_array(walk, ((BitmapOrState *) state)->bitmapplans,
						((BitmapOrState *) state)->nplans, parent);
			break;
		case T_SubqueryScanState:
			visit(walk, ((SubqueryScanState *) state)->subplan, parent);
			break;
		case T_CustomScanState:
			foreach(lc, ((CustomScanState *) state)->custom_ps)
				visit(walk, (PlanState *) lfirst(lc), parent);
			break;
		default:
			break;
	}
}

static void
visit(Walk *walk, PlanState *state, int parent)
{
	AdvNodeList *list = walk->list;
	int			number = list->total;

	/* may be missing in a node made by an extension */
	if (state == NULL || stack_is_too_deep())
		return;

	list->total++;
	if (list->n < ADV_MAX_NODES)
	{
		AdvNodeRef *ref = &list->nodes[list->n++];

		ref->plan = state->plan;
		ref->state = state;
		ref->parent = parent;
	}
	visit_subplans(walk, state->initPlan, number);
	if (outerPlanState(state))
		visit(walk, outerPlanState(state), number);
	if (innerPlanState(state))
		visit(walk, innerPlanState(state), number);
	visit_members(walk, state, number);
	visit_subplans(walk, state->subPlan, number);
}

void
adv_plannodes_list(PlanState *root, AdvNodeList *list)
{
	Walk		walk = {list, NULL};

	list->n = 0;
	list->total = 0;

	/* one that debugging settings have added is not printed */
	if (IsA(root, GatherState) && ((const Gather *) root->plan)->invisible)
		root = outerPlanState(root);
	visit(&walk, root, -1);
	bms_free(walk.seen);
}

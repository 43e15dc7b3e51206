/*-------------------------------------------------------------------------
 *
 * unit.c
 *		One text of the workload, and what it costs with which indexes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "recommend/unit.h"
#include "utils/memutils.h"

static void
remember(AdvInquiry *inquiry, const Bitmapset *available, const AdvPlanned *planned)
{
	AdvUnit    *unit = inquiry->unit;
	MemoryContext old = MemoryContextSwitchTo(inquiry->context);
	AdvAnswer  *answer;

	if (unit->nanswers == unit->room)
	{
		unit->room = unit->room == 0 ? 8 : 2 * unit->room;
		unit->answers = unit->answers == NULL ?
			palloc(unit->room * sizeof(AdvAnswer)) :
			repalloc(unit->answers, unit->room * sizeof(AdvAnswer));
	}
	answer = &unit->answers[unit->nanswers];
	answer->available = bms_copy(available);
	answer->used = bms_copy(planned->used);
	answer->cost = planned->total_cost;
	unit->winners = bms_add_members(unit->winners, planned->used);
	unit->nanswers++;
	MemoryContextSwitchTo(old);
}

const AdvAnswer *
adv_unit_recall(const AdvUnit *unit, const Bitmapset *available)
{
	for (int i = 0; i < unit->nanswers; i++)
	{
		const AdvAnswer *answer = &unit->answers[i];

		if (bms_is_subset(answer->used, available) &&
			bms_is_subset(available, answer->available))
			return answer;
	}
	return NULL;
}

double
adv_unit_bound(const AdvUnit *unit, const Bitmapset *available)
{
	double		least = unit->base;

	for (int i = 0; i < unit->nanswers; i++)
		if (unit->answers[i].cost < least &&
			bms_is_subset(unit->answers[i].used, available))
			least = unit->answers[i].cost;
	return least;
}

const AdvAnswer *
adv_unit_ask(AdvInquiry *inquiry, const Bitmapset *available)
{
	const AdvAnswer *known = adv_unit_recall(inquiry->unit, available);
	AdvConfiguration world = {0};
	AdvPlanned	planned;

	if (known)
		return known;
	CHECK_FOR_INTERRUPTS();
	world.hypos = adv_pool_hypos(inquiry->pool);
	world.present = available;
	adv_plannable_plan(inquiry->plannable, &world, &planned);
	(*inquiry->plans)++;
	remember(inquiry, available, &planned);
	return &inquiry->unit->answers[inquiry->unit->nanswers - 1];
}

Bitmapset *
adv_unit_relevant(const AdvUnit *unit, const AdvPool *pool, const Bitmapset *set)
{
	return adv_pool_related(pool, set, unit->own);
}

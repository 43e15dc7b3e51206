/*-------------------------------------------------------------------------
 *
 * dropimpact.c
 *		What would become of the captured statements without an index.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/index.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "recommend/dropimpact.h"
#include "recommend/reads.h"
#include "recommend/workload.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "whatif/hidden.h"
#include "whatif/plan.h"
#include "whatif/trial.h"

/* A text is planned, and waits for locks, no longer than that, in ms. */
#define SLOWEST_PLANNING 10000.0
#define LOCK_TIMEOUT 200

/* What a trial works with. */
typedef struct Comparison
{
	Oid			indexid;
	List	   *tables;			/* its table, and partitions of that */
	const char *text;
	MemoryContext context;		/* of the result */
	AdvPlanned	before;
	AdvPlanned	after;
	bool		changes;
} Comparison;

static void
compare_plans(void *arg)
{
	Comparison *c = arg;
	AdvConfiguration today = {0};
	AdvConfiguration world = {0};
	AdvPlannable *plannable;

	/* most statements are about other tables, and need no planning */
	plannable = adv_plannable_make(c->text);
	c->changes = false;
	c->before.total_cost = c->after.total_cost = 0;
	if (!adv_reads_tables(plannable->queries, c->tables))
		return;

	adv_hidden_set(&world, list_make1_oid(c->indexid));
	adv_plannable_plan(plannable, &today, &c->before);
	for (int i = 0; i < world.nhidden; i++)
		if (list_member_oid(c->before.real, world.hidden[i]))
			c->changes = true;

	/* uniqueness matters to plans that do not read the index, too */
	adv_plannable_plan(plannable, &world, &c->after);
	if (c->after.total_cost != c->before.total_cost)
		c->changes = true;
}

/* Is it an index at all?  Of which tables?  In a trial, which lets go of the lock. */
static void
check_index(void *arg)
{
	Comparison *c = arg;
	AdvConfiguration world = {0};
	MemoryContext caller;

	adv_hidden_set(&world, list_make1_oid(c->indexid));
	caller = MemoryContextSwitchTo(c->context);
	c->tables = find_all_inheritors(IndexGetRelation(c->indexid, false), NoLock, NULL);
	MemoryContextSwitchTo(caller);
}

/* All texts of a statement; true if any would change its plan. */
static bool
compare_item(const AdvWorkItem *item, Comparison *c, TimestampTz deadline,
			 AdvDropImpact *impact)
{
	bool		changes = false;
	MemoryContext result = CurrentMemoryContext;
	ListCell   *lc;

	impact->failure = item->unusable;
	foreach(lc, item->texts)
	{
		double		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), deadline);
		AdvTrial	trial = {item->userid, Min(left, SLOWEST_PLANNING), LOCK_TIMEOUT};
		MemoryContext context;
		ErrorData  *error;
		AdvTrialOutcome outcome = ADV_TRIAL_EXPIRED;

		CHECK_FOR_INTERRUPTS();
		if (left > 0)
		{
			context = AllocSetContextCreate(result, "advisor drop impact", ALLOCSET_DEFAULT_SIZES);
			MemoryContextSwitchTo(context);
			c->text = lfirst(lc);
			outcome = adv_trial(&trial, compare_plans, c, &error);
			MemoryContextSwitchTo(result);
			if (outcome == ADV_TRIAL_FAILED)
				impact->failure = pstrdup(error->message);
			MemoryContextDelete(context);
		}
		if (outcome == ADV_TRIAL_EXPIRED)
			impact->failure = "there was no time to plan it: raise time_limit";
		if (outcome != ADV_TRIAL_DONE)
			continue;
		changes = changes || c->changes;
		impact->cost_before += c->before.total_cost;
		impact->cost_after += c->after.total_cost;
	}
	if (impact->cost_before > 0)
	{
		impact->failure = NULL;
		impact->ms_after = impact->ms_per_day * impact->cost_after / impact->cost_before;
	}
	return changes || impact->failure != NULL;
}

static int
compare_impacts(const ListCell *a, const ListCell *b)
{
	const AdvDropImpact *x = lfirst(a);
	const AdvDropImpact *y = lfirst(b);
	double		loss_x = x->ms_after - x->ms_per_day;
	double		loss_y = y->ms_after - y->ms_per_day;

	if ((x->failure == NULL) != (y->failure == NULL))
		return x->failure == NULL ? -1 : 1;
	if (loss_x != loss_y)
		return loss_x > loss_y ? -1 : 1;
	if (x->queryid != y->queryid)
		return x->queryid < y->queryid ? -1 : 1;
	return x->userid < y->userid ? -1 : x->userid > y->userid;
}

List *
adv_drop_impact(Oid indexid, double time_limit)
{
	List	   *impacts = NIL;
	Comparison	comparison = {.indexid = indexid,.context = CurrentMemoryContext};
	AdvTrial	trial = {InvalidOid, 0, 0};
	TimestampTz deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													   (int64) Min(time_limit, 1e9));
	ErrorData  *error;
	ListCell   *lc;

	if (adv_trial(&trial, check_index, &comparison, &error) == ADV_TRIAL_FAILED)
		ReThrowError(error);
	foreach(lc, adv_workload_captured(true)->items)
	{
		const AdvWorkItem *item = lfirst(lc);
		AdvDropImpact *impact = palloc0(sizeof(AdvDropImpact));

		impact->queryid = item->queryid;
		impact->userid = item->userid;
		impact->calls_per_day = item->calls_per_day;
		impact->ms_per_day = item->ms_per_day;
		if (compare_item(item, &comparison, deadline, impact))
			impacts = lappend(impacts, impact);
	}
	list_sort(impacts, compare_impacts);
	return impacts;
}

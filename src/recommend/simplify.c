/*-------------------------------------------------------------------------
 *
 * simplify.c
 *		Leaving out what is hardly worth having: whole indexes, and columns.
 *
 * The search takes whatever makes the sum smaller, and so ends with indexes
 * that save a statement, which another one has made fast already, the last
 * microseconds.  Nobody wants to own these.  So what remains must bring a
 * share of its statements' time, and either some part of the whole
 * workload's or so much of theirs that whoever waits for them notices.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "recommend/run.h"
#include "recommend/scanview.h"
#include "utils/memutils.h"

/*
 * Of the whole workload's time, this part of min_gain counts, and columns go if
 * that loses less than that part of what an index must bring.  Who gives a
 * budget has said what he is willing to spend; otherwise less is more.
 */
#define OF_WORKLOAD(run) (isinf((run)->options->budget) ? 0.04 : 0.02)
#define OF_INDEX(run) (isinf((run)->options->budget) ? 0.5 : 0.1)

/* A statement that is so much faster is worth an index however rare it is. */
#define NOTICEABLE 0.5

/* Of more keys than this, not all subsets are tried. */
#define MOST_KEYS 4

/* Costs this close are the same. */
#define NOISE 1e-9

/* Of the run's time, kept for what follows. */
#define RESERVE 0.05

/* What having less would cost. */
typedef struct Loss
{
	double		ms;				/* of statements */
	double		base_ms;		/* time of those that lose, as things are */
	double		upkeep_ms;		/* what is spared */
} Loss;

/* Time of a unit with a set. */
static double
unit_ms(AdvRun *run, AdvUnit *unit, const Bitmapset *set)
{
	double		cost = unit->base;

	if (unit->base < 0)
		return 0;
	if (!bms_is_empty(unit->own))
		cost = adv_explore_cost(run, unit, set);
	return unit->weight * (cost < 0 ? adv_unit_bound(unit, set) : cost);
}

/* Time of each unit with what was chosen. */
static double *
unit_times(AdvRun *run)
{
	double	   *times = palloc0(Max(run->nunits, 1) * sizeof(double));

	for (int i = 0; i < run->nunits; i++)
		times[i] = unit_ms(run, &run->units[i], run->chosen);
	adv_run_note_settled(run);
	return times;
}

/* May the unit lose if that index is taken away? */
static bool
may_lose(const AdvUnit *unit, int id)
{
	const AdvAnswer *answer = adv_unit_settled(unit);

	return unit->base >= 0 && !bms_is_empty(unit->own) &&
		(answer == NULL || bms_is_member(id, answer->used));
}

static double
upkeep_of(const AdvRun *run, const Bitmapset *set)
{
	double		upkeep = 0;
	int			id = -1;

	while ((id = bms_next_member(set, id)) >= 0)
		upkeep += adv_pool_get(run->pool, id)->upkeep;
	return upkeep;
}

/* With the set less in place of run->chosen, which has the index id and it has not. */
static Loss
loss_of(AdvRun *run, const double *times, int id, const Bitmapset *less)
{
	Loss		loss = {0, 0, upkeep_of(run, run->chosen) - upkeep_of(run, less)};

	for (int i = 0; i < run->nunits; i++)
	{
		double		after;

		if (!may_lose(&run->units[i], id))
			continue;
		after = unit_ms(run, &run->units[i], less);
		loss.ms += after - times[i];
		if (after > times[i] * (1 + NOISE))
			loss.base_ms += run->units[i].weight * run->units[i].base;
	}
	return loss;
}

static double
workload_ms(const AdvRun *run)
{
	double		ms = 0;

	for (int i = 0; i < run->nunits; i++)
		if (run->units[i].base >= 0)
			ms += run->units[i].weight * run->units[i].base;
	return ms;
}

static bool
is_worth(const AdvRun *run, const Loss *loss, double part)
{
	double		min_gain = part * run->options->min_gain;

	return loss->ms > loss->upkeep_ms && loss->ms > 0 &&
		loss->ms >= min_gain * loss->base_ms &&
		(loss->ms >= OF_WORKLOAD(run) * min_gain * workload_ms(run) ||
		 loss->ms >= NOTICEABLE * loss->base_ms);
}

static void
set_chosen(AdvRun *run, const Bitmapset *set)
{
	MemoryContext old = MemoryContextSwitchTo(run->context);

	run->chosen = bms_copy(set);
	MemoryContextSwitchTo(old);
}

/* Leave out an index, the one that is missed least; false if all are worth it. */
static bool
drop_one(AdvRun *run)
{
	double	   *times = unit_times(run);
	double		least = 0;
	int			worst = -1;
	int			id = -1;

	while ((id = bms_next_member(run->chosen, id)) >= 0)
	{
		Bitmapset  *less = bms_del_member(bms_copy(run->chosen), id);
		Loss		loss = loss_of(run, times, id, less);

		bms_free(less);
		if (!is_worth(run, &loss, 1) && (worst < 0 || loss.ms - loss.upkeep_ms < least))
		{
			worst = id;
			least = loss.ms - loss.upkeep_ms;
		}
	}
	pfree(times);
	if (worst < 0)
		return false;
	set_chosen(run, bms_del_member(bms_copy(run->chosen), worst));
	return true;
}

static void
drop_unworthy(AdvRun *run)
{
	while (!adv_run_is_over(run, RESERVE) && drop_one(run))
		CHECK_FOR_INTERRUPTS();
}

/* The same index with only those keys whose bits are set in a mask. */
static AdvIndexDef *
with_keys(const AdvIndexDef *def, uint32 mask)
{
	AdvIndexDef *fewer = adv_indexdef_copy(def);

	fewer->nkeys = 0;
	for (int i = 0; i < def->nkeys; i++)
		if (mask & (UINT32_C(1) << i))
			fewer->columns[fewer->nkeys++] = def->columns[i];
	fewer->ncolumns = fewer->nkeys;
	return fewer;
}

/*
 * The same index with fewer columns, of which the first stays: what an order
 * would do without it rests on the rows wanted being anywhere.
 */
static List *
narrower_definitions(const AdvIndexDef *def, int ncolumns)
{
	List	   *defs = NIL;
	uint32		all = (UINT32_C(1) << Min(def->nkeys, MOST_KEYS)) - 1;

	for (uint32 mask = 1; mask <= all; mask += 2)
		if (pg_popcount32(mask) == ncolumns)
			defs = lappend(defs, with_keys(def, mask));
	return defs;
}

/* A unit that may look at the table of an index. */
static AdvUnit *
unit_of(AdvRun *run, const AdvIndexDef *def)
{
	for (int i = 0; i < run->nunits; i++)
		if (list_member_oid(run->units[i].relations, def->relid))
			return &run->units[i];
	return NULL;
}

/*
 * The set with one of these definitions, the best of them, in the place of an
 * index; NULL if all of them do noticeably worse.
 */
static Bitmapset *
replace(AdvRun *run, int id, const List *defs, const double *times)
{
	Bitmapset  *best = NULL;
	double		least = 0;
	ListCell   *lc;

	foreach(lc, defs)
	{
		int			other = adv_pool_find(run->pool, lfirst(lc));
		AdvPoolEntry *entry;
		Bitmapset  *set;
		Loss		loss;

		if (other < 0 || adv_run_is_over(run, RESERVE))
			continue;
		entry = adv_pool_get(run->pool, other);
		if (run->workload->captured)
			entry->upkeep = adv_advice_upkeep(run, other, NULL);
		set = bms_add_member(bms_del_member(bms_copy(run->chosen), id), other);
		loss = loss_of(run, times, id, set);
		if (is_worth(run, &loss, OF_INDEX(run)) || (best != NULL && loss.ms - loss.upkeep_ms >= least))
			continue;
		least = loss.ms - loss.upkeep_ms;
		best = set;
		entry->reasons |= adv_pool_get(run->pool, id)->reasons & ~ADV_REASON_COVERING;
	}
	return best;
}

/* Replace an index by one with as few columns as do nearly as well. */
static void
narrow(AdvRun *run, int id)
{
	const AdvIndexDef *def = adv_pool_get(run->pool, id)->index->def;
	AdvUnit    *unit = unit_of(run, def);
	double	   *times;

	if (def->ncolumns == 1 || unit == NULL)
		return;
	times = unit_times(run);
	for (int n = 1; n < def->ncolumns && n <= def->nkeys; n++)
	{
		List	   *defs = narrower_definitions(def, n);
		Bitmapset  *set;

		adv_explore_merged(run, unit, defs);
		set = replace(run, id, defs, times);
		if (set != NULL)
		{
			set_chosen(run, set);
			break;
		}
	}
	pfree(times);
}

void
adv_simplify(AdvRun *run)
{
	MemoryContext context;
	MemoryContext old;
	Bitmapset  *before;
	int			id = -1;

	if (run->options->min_gain <= 0)
		return;
	context = AllocSetContextCreate(CurrentMemoryContext, "advisor simplification",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	drop_unworthy(run);
	before = bms_copy(run->chosen);
	while ((id = bms_next_member(before, id)) >= 0 && !adv_run_is_over(run, RESERVE))
		narrow(run, id);
	drop_unworthy(run);

	/* what is reported is what the planner says of this very set */
	(void) unit_times(run);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

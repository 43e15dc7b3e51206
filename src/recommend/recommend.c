/*-------------------------------------------------------------------------
 *
 * recommend.c
 *		A run of recommend_indexes() from beginning to end.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "recommend/candidates.h"
#include "recommend/run.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/*
 * Plans to spend on finding alternatives: so many in all, and no fewer and no
 * more than that for one unit.  By number, not by time: a faster machine has the
 * same answer.
 */
#define ALTERNATIVES 1200
#define FEWEST_ALTERNATIVES 8
#define MOST_ALTERNATIVES 40

/* Merged indexes made for a table. */
#define MERGED 40

/* Winners of others offered to a unit, besides its own. */
#define FOREIGN 40

/* Shares of the time that must be left to go on with each step. */
#define AFTER_BASES 0.7
#define AFTER_CANDIDATES 0.4
#define AFTER_ALTERNATIVES 0.3

double
adv_run_time_left(const AdvRun *run, double reserve)
{
	return TimestampDifferenceMilliseconds(GetCurrentTimestamp(), run->deadline) -
		reserve * run->options->time_limit;
}

bool
adv_run_is_over(AdvRun *run, double reserve)
{
	if (adv_run_time_left(run, reserve) > 0)
		return false;
	run->out_of_time = true;
	return true;
}

void
adv_run_note_settled(AdvRun *run)
{
	for (int i = 0; i < run->nunits; i++)
	{
		AdvUnit    *unit = &run->units[i];
		const AdvAnswer *answer = NULL;
		Bitmapset  *relevant;

		if (unit->base >= 0 && !bms_is_empty(unit->own))
		{
			relevant = adv_unit_relevant(unit, run->pool, run->chosen);
			answer = adv_unit_recall(unit, relevant);
			bms_free(relevant);
		}
		unit->settled = answer ? (int) (answer - unit->answers) : -1;
	}
}

/* A unit for each text. */
static void
make_units(AdvRun *run)
{
	ListCell   *lc;
	ListCell   *lt;
	int			n = 0;

	foreach(lc, run->workload->items)
		n += list_length(((AdvWorkItem *) lfirst(lc))->texts);
	run->units = palloc0(Max(n, 1) * sizeof(AdvUnit));
	foreach(lc, run->workload->items)
	{
		AdvWorkItem *item = lfirst(lc);

		foreach(lt, item->texts)
		{
			AdvUnit    *unit = &run->units[run->nunits++];

			unit->item = item;
			unit->text = lfirst(lt);
			unit->base = -1;
			unit->settled = -1;
		}
	}
}

static void
explore_bases(AdvRun *run)
{
	adv_progress_phase(run->progress, ADV_PHASE_CANDIDATES);
	for (int i = 0; i < run->nunits && !adv_run_is_over(run, AFTER_BASES); i++)
	{
		CHECK_FOR_INTERRUPTS();
		adv_explore_base(run, &run->units[i]);
	}
}

/*
 * Does its time count?  Not if it only calls functions, whose statements are counted by
 * themselves: asking for advice must not change it.
 */
static bool
counts(const AdvUnit *unit)
{
	return unit->base >= 0 && (unit->reads_tables || unit->operation != CMD_SELECT);
}

/*
 * How much a unit of cost weighs: the time that its statement takes, spread over
 * its examples as if each ran equally often.  Where no time was measured cost
 * is time.
 */
static void
weigh_units(AdvRun *run)
{
	double		ms = 0;
	double		cost = 0;

	for (int i = 0; i < run->nunits;)
	{
		const AdvWorkItem *item = run->units[i].item;
		double		sum = 0;
		int			counted = 0;
		int			next = i;

		for (; next < run->nunits && run->units[next].item == item; next++)
			if (counts(&run->units[next]))
			{
				sum += run->units[next].base;
				counted++;
			}
		for (; i < next; i++)
			run->units[i].weight = !run->workload->captured ? 1 :
				sum > 0 && counts(&run->units[i]) ? Max(item->ms_per_day, 0) / sum : 0;
		if (counted > 0 && run->workload->captured)
		{
			ms += item->ms_per_day;
			cost += item->calls_per_day * sum / counted;
		}
	}
	run->ms_per_cost = run->workload->captured && cost > 0 ? ms / cost : 1;
}

static void
explore_candidates(AdvRun *run)
{
	adv_progress_phase(run->progress, ADV_PHASE_COSTS);
	for (int i = 0; i < run->nunits && !adv_run_is_over(run, AFTER_CANDIDATES); i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (run->units[i].base >= 0)
			adv_explore_candidates(run, &run->units[i]);
		adv_progress_count(run->progress, i + 1, adv_pool_count(run->pool), run->plans);
	}
}

/* Indexes on a table that some unit used. */
static Bitmapset *
winners_on(const AdvRun *run, Oid relid)
{
	Bitmapset  *winners = NULL;

	for (int i = 0; i < run->nunits; i++)
		winners = bms_add_members(winners, run->units[i].winners);
	return bms_int_members(winners, adv_pool_on(run->pool, relid));
}

/* The first unit that reads a table. */
static AdvUnit *
reader_of(const AdvRun *run, Oid relid)
{
	AdvUnit    *unit = run->units;

	while (!list_member_oid(unit->relations, relid))
		unit++;
	return unit;
}

/* Make of the winners on each table such as could serve several statements. */
static void
merge_winners(AdvRun *run)
{
	List	   *relations = NIL;
	ListCell   *lc;

	for (int i = 0; i < run->nunits; i++)
		relations = list_concat_unique_oid(relations, run->units[i].relations);
	foreach(lc, relations)
	{
		AdvCandidateOptions options = adv_candidate_defaults();
		Bitmapset  *winners = winners_on(run, lfirst_oid(lc));
		List	   *defs = NIL;
		int			id = -1;

		options.max_columns = run->options->max_columns;
		while ((id = bms_next_member(winners, id)) >= 0)
			defs = lappend(defs, adv_pool_get(run->pool, id)->index->def);
		if (defs != NIL)
			adv_explore_merged(run, reader_of(run, lfirst_oid(lc)),
							   adv_candidates_merge(defs, &options, MERGED));
	}
}

/* Among what others use, and merged ones, what may be of use to a unit, too. */
static Bitmapset *
gather(const AdvRun *run, const AdvUnit *unit, const Bitmapset *popular)
{
	Bitmapset  *relevant = adv_unit_relevant(unit, run->pool, popular);
	Bitmapset  *set = bms_copy(unit->winners);
	int			foreign = 0;
	int			id = -1;

	while ((id = bms_next_member(relevant, id)) >= 0 && foreign < FOREIGN)
		if (!bms_is_member(id, set))
		{
			set = bms_add_member(set, id);
			foreign++;
		}
	return set;
}

static void
explore_alternatives(AdvRun *run)
{
	int			allowance = ALTERNATIVES / Max(run->nunits, 1);
	Bitmapset  *popular = bms_copy(run->merged);

	allowance = Min(Max(allowance, FEWEST_ALTERNATIVES), MOST_ALTERNATIVES);
	for (int i = 0; i < run->nunits; i++)
		popular = bms_add_members(popular, run->units[i].winners);
	for (int i = 0; i < run->nunits && !adv_run_is_over(run, AFTER_ALTERNATIVES); i++)
	{
		AdvUnit    *unit = &run->units[i];

		CHECK_FOR_INTERRUPTS();
		if (!bms_is_empty(unit->winners))
			adv_explore_alternatives(run, unit, gather(run, unit, popular), allowance);
		adv_progress_count(run->progress, i + 1, adv_pool_count(run->pool), run->plans);
	}
}

/* What having each index costs, in ms a day. */
static void
cost_upkeep(AdvRun *run)
{
	if (!run->workload->captured)
		return;
	for (int id = 0; id < adv_pool_count(run->pool); id++)
		adv_pool_get(run->pool, id)->upkeep = adv_advice_upkeep(run, id, NULL);
}

static void
run_steps(AdvRun *run)
{
	run->pool = adv_pool_create(run->context);
	make_units(run);
	adv_progress_statements(run->progress, run->nunits);
	explore_bases(run);
	weigh_units(run);
	explore_candidates(run);
	merge_winners(run);
	explore_alternatives(run);
	cost_upkeep(run);
	adv_settle(run);
}

AdvAdvice *
adv_recommend(const AdvRecommendOptions *options)
{
	AdvRun		run = {0};
	AdvAdvice  *volatile advice = NULL;

	run.context = CurrentMemoryContext;
	run.options = options;
	run.deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
											   (int64) options->time_limit);
	run.progress = adv_progress_begin(options->time_limit);
	PG_TRY();
	{
		run.workload = options->texts ? adv_workload_of_texts(options->texts) :
			adv_workload_captured(false);
		if (run.workload->captured)
			run.writes = adv_table_writes(run.workload->statements, run.workload->days);
		run_steps(&run);
		advice = adv_advice_make(&run);
	}
	PG_FINALLY();
	{
		adv_progress_end(run.progress);
	}
	PG_END_TRY();
	return advice;
}

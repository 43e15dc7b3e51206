/*-------------------------------------------------------------------------
 *
 * settle.c
 *		Choosing: the matrix, the search, and asking again around its answer.
 *
 * All answers of the planner make a matrix, in which the search finds the best
 * set within seconds that planning could not try in hours.  But the matrix knows
 * only what was asked, and takes the cost of what was not for higher than it
 * is.  So the planner is asked about the set found, and what lies around it,
 * and the search begins again, until it finds nothing new.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "recommend/run.h"
#include "recommend/search.h"
#include "utils/memutils.h"

/* Rounds of searching and asking. */
#define ROUNDS 8

/* Share of the budget left free, as sizes are estimates. */
#define MARGIN 0.015

/* How hard each of many searches tries; the next one begins where it ended. */
#define EFFORT 0.15

/* Searches in a round, each of which knows what the one before relied on. */
#define SEARCHES 6

/* Guesses from one answer for one of its indexes; and combinations of a unit. */
#define GUESSES 4
#define MOST_COMBOS 500

/* A cost this close is the same. */
#define NOISE 1e-4

/* Of the run's time, kept for what follows the search. */
#define RESERVE 0.1

/* The matrix and its numbering: only indexes that some plan uses are in it. */
typedef struct Matrix
{
	AdvSearchProblem problem;
	int		   *ids;			/* of each index of the problem */
	int		   *places;			/* of each id in it, -1 if it is not */
} Matrix;

/* The combinations of a unit while they are gathered. */
typedef struct Filling
{
	AdvRun	   *run;
	const Matrix *matrix;
	const Bitmapset *relevant;	/* indexes that may matter to the unit */
	int			n;
	int			room;
	AdvSearchCombo *combos;
} Filling;

static void
number_indexes(const AdvRun *run, Matrix *matrix)
{
	int			count = adv_pool_count(run->pool);
	double	   *bytes = palloc(Max(count, 1) * sizeof(double));
	double	   *upkeep = palloc(Max(count, 1) * sizeof(double));
	Bitmapset  *used = NULL;
	int			n = 0;

	for (int i = 0; i < run->nunits; i++)
		used = bms_add_members(used, run->units[i].winners);
	matrix->ids = palloc(Max(count, 1) * sizeof(int));
	matrix->places = palloc(Max(count, 1) * sizeof(int));
	for (int id = 0; id < count; id++)
	{
		const AdvPoolEntry *entry = adv_pool_get(run->pool, id);

		matrix->places[id] = -1;
		if (!bms_is_member(id, used))
			continue;
		bytes[n] = entry->index->bytes;
		upkeep[n] = entry->upkeep;
		matrix->ids[n] = id;
		matrix->places[id] = n++;
	}
	matrix->problem.nindexes = n;
	matrix->problem.bytes = bytes;
	matrix->problem.upkeep = upkeep;
}

static void
add_combo(Filling *filling, const Bitmapset *used, double cost)
{
	AdvSearchCombo *combo;
	int		   *members = palloc(bms_num_members(used) * sizeof(int));
	int			id = -1;

	if (filling->n == filling->room)
	{
		filling->room *= 2;
		filling->combos = repalloc(filling->combos, filling->room * sizeof(AdvSearchCombo));
	}
	combo = &filling->combos[filling->n++];
	combo->cost = cost;
	combo->members = members;
	combo->n = 0;
	while ((id = bms_next_member(used, id)) >= 0)
		members[combo->n++] = filling->matrix->places[id];
}

/*
 * What a unit costs at least with a set: with more at hand it did not cost less
 * than that.
 */
static double
least_cost(const AdvUnit *unit, const Bitmapset *set, double cost)
{
	for (int i = 0; i < unit->nanswers; i++)
		if (unit->answers[i].cost > cost &&
			bms_is_subset(set, unit->answers[i].available))
			cost = unit->answers[i].cost;
	return cost;
}

/*
 * Sets that were not asked about, in which another index with the same first
 * column stands for one of those used.  As long as nothing speaks against it
 * they are taken to be as good: if the search relies on that the planner will be
 * asked, and the next search knows better.
 */
static void
add_guesses(Filling *filling, const AdvUnit *unit, const AdvAnswer *answer)
{
	int			id = -1;

	while ((id = bms_next_member(answer->used, id)) >= 0)
	{
		int			guesses = 0;
		int			other = -1;

		while ((other = bms_next_member(filling->relevant, other)) >= 0 &&
			   guesses < GUESSES)
		{
			Bitmapset  *set;
			double		cost;

			if (bms_is_member(other, answer->used) ||
				!adv_pool_are_alike(filling->run->pool, id, other))
				continue;
			set = bms_add_member(bms_del_member(bms_copy(answer->used), id), other);
			cost = least_cost(unit, set, answer->cost);
			if (cost < adv_unit_bound(unit, set) * (1 - NOISE))
			{
				add_combo(filling, set, cost);
				guesses++;
			}
			bms_free(set);
		}
	}
}

/* The answers that say of a unit that it can be cheaper, and guesses from them. */
static void
fill_statement(AdvRun *run, const AdvUnit *unit, const Matrix *matrix,
			   const Bitmapset *popular, AdvSearchStatement *statement)
{
	Filling		filling = {run, matrix};

	filling.room = Max(unit->nanswers, 1);
	filling.combos = palloc(filling.room * sizeof(AdvSearchCombo));
	filling.relevant = adv_unit_relevant(unit, run->pool, popular);
	for (int i = 0; i < unit->nanswers; i++)
	{
		const AdvAnswer *answer = &unit->answers[i];

		if (answer->cost >= unit->base || bms_is_empty(answer->used))
			continue;
		add_combo(&filling, answer->used, answer->cost);
		if (filling.n < MOST_COMBOS)
			add_guesses(&filling, unit, answer);
	}
	statement->weight = unit->weight;
	statement->base = unit->base;
	statement->combos = filling.combos;
	statement->ncombos = filling.n;
}

static bool
search_is_over(void *arg)
{
	return adv_run_is_over(arg, RESERVE);
}

static void
fill_matrix(AdvRun *run, Matrix *matrix)
{
	AdvSearchProblem *problem = &matrix->problem;
	AdvSearchStatement *statements = palloc0(Max(run->nunits, 1) * sizeof(AdvSearchStatement));
	int		   *initial = palloc(Max(bms_num_members(run->chosen), 1) * sizeof(int));
	Bitmapset  *popular = NULL;
	int			id = -1;

	memset(matrix, 0, sizeof(Matrix));
	number_indexes(run, matrix);
	for (int i = 0; i < problem->nindexes; i++)
		popular = bms_add_member(popular, matrix->ids[i]);
	for (int i = 0; i < run->nunits; i++)
		if (run->units[i].base >= 0)
			fill_statement(run, &run->units[i], matrix, popular,
						   &statements[problem->nstatements++]);
	problem->statements = statements;
	problem->budget = run->options->budget * (1 - MARGIN);
	problem->max_indexes = run->options->max_indexes;
	problem->min_gain = run->options->min_gain;
	while ((id = bms_next_member(run->chosen, id)) >= 0)
		if (matrix->places[id] >= 0)
			initial[problem->ninitial++] = matrix->places[id];
	problem->initial = initial;
	problem->effort = EFFORT;
	problem->expired = search_is_over;
	problem->expired_arg = run;
}

/* Search once; into run->chosen.  Returns what the search takes it to cost. */
static double
choose(AdvRun *run)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "advisor search",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Matrix		matrix;
	AdvSearchResult *result;
	double		cost;

	fill_matrix(run, &matrix);
	result = adv_search_indexes(&matrix.problem);
	if (!result->complete)
		run->out_of_time = true;
	MemoryContextSwitchTo(run->context);
	run->chosen = NULL;
	for (int i = 0; i < result->n; i++)
		run->chosen = bms_add_member(run->chosen, matrix.ids[result->chosen[i]]);
	cost = result->cost;
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return cost;
}

/*
 * Ask about what was chosen, unit by unit.  Is any of it cheaper, with some
 * indexes, than the matrix had it?
 */
static bool
ask_around(AdvRun *run)
{
	bool		is_news = false;

	for (int i = 0; i < run->nunits && !adv_run_is_over(run, RESERVE); i++)
	{
		AdvUnit    *unit = &run->units[i];
		int			known = unit->nanswers;
		double	   *bounds;

		CHECK_FOR_INTERRUPTS();
		if (unit->base < 0 || bms_is_empty(unit->own))
			continue;
		adv_explore_around(run, unit, run->chosen);

		/* an answer is news if those before it did not have it as good */
		bounds = palloc(Max(unit->nanswers - known, 1) * sizeof(double));
		for (int j = known; j < unit->nanswers; j++)
		{
			int			n = unit->nanswers;

			unit->nanswers = known;
			bounds[j - known] = adv_unit_bound(unit, unit->answers[j].used);
			unit->nanswers = n;
			if (unit->answers[j].cost < bounds[j - known] * (1 - 1e-6))
				is_news = true;
		}
		pfree(bounds);
	}
	return is_news;
}

/*
 * What the whole workload costs with a set, by the planner where there is time.
 * Where there is none, it is what is known to be possible.
 */
static double
total_cost(AdvRun *run, const Bitmapset *set)
{
	double		total = 0;
	int			id = -1;

	for (int i = 0; i < run->nunits; i++)
	{
		AdvUnit    *unit = &run->units[i];
		double		cost;

		CHECK_FOR_INTERRUPTS();
		if (unit->base < 0)
			continue;
		cost = bms_is_empty(unit->own) ? unit->base : adv_explore_cost(run, unit, set);
		total += unit->weight * (cost < 0 ? adv_unit_bound(unit, set) : cost);
	}
	while ((id = bms_next_member(set, id)) >= 0)
		total += adv_pool_get(run->pool, id)->upkeep;
	return total;
}

/* The index that a statement which has become dearer uses, -1 if there is none. */
static int
find_harmful(AdvRun *run)
{
	for (int i = 0; i < run->nunits; i++)
	{
		AdvUnit    *unit = &run->units[i];
		const AdvAnswer *answer;
		Bitmapset  *relevant;

		if (unit->base < 0 || bms_is_empty(unit->own))
			continue;
		relevant = adv_unit_relevant(unit, run->pool, run->chosen);
		answer = adv_unit_recall(unit, relevant);
		if (answer != NULL && !bms_is_empty(answer->used) &&
			answer->cost > unit->base * (1 + run->options->max_regression))
			return bms_next_member(answer->used, -1);
	}
	return -1;
}

/* Leave out what makes statements dearer. */
static void
drop_harmful(AdvRun *run)
{
	int			id;

	while ((id = find_harmful(run)) >= 0)
		run->chosen = bms_del_member(run->chosen, id);
}

/* Keep what was chosen if it is the best so far. */
static void
note_best(AdvRun *run, double cost, double *best, Bitmapset **best_set)
{
	MemoryContext old;

	if (*best >= 0 && cost >= *best)
		return;
	old = MemoryContextSwitchTo(run->context);
	*best = cost;
	*best_set = bms_copy(run->chosen);
	MemoryContextSwitchTo(old);
}

/* Search, and ask what it costs really, until that is what the search said. */
static void
choose_repeatedly(AdvRun *run, double base, double *best, Bitmapset **best_set)
{
	for (int i = 0; i < SEARCHES; i++)
	{
		double		said = choose(run);
		double		cost = total_cost(run, run->chosen);

		note_best(run, cost, best, best_set);
		if (base > 0)
			adv_progress_gain(run->progress, 100 * (base - *best) / base);
		if (cost <= said * (1 + NOISE) || adv_run_is_over(run, RESERVE))
			break;
	}
	run->chosen = *best_set;
}

void
adv_settle(AdvRun *run)
{
	double		base = total_cost(run, NULL);
	double		best = -1;
	Bitmapset  *best_set = NULL;

	adv_progress_phase(run->progress, ADV_PHASE_SEARCH);
	for (int round = 0; round < ROUNDS; round++)
	{
		double		before = best;

		choose_repeatedly(run, base, &best, &best_set);
		if (adv_run_is_over(run, RESERVE) || !ask_around(run))
			break;
		if (round > 2 && best > before * (1 - 10 * NOISE))
			break;
	}
	run->chosen = best_set;
	adv_progress_phase(run->progress, ADV_PHASE_VERIFY);
	drop_harmful(run);
	adv_simplify(run);
}

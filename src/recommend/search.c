/*-------------------------------------------------------------------------
 *
 * search.c
 *		The selection of indexes: greedy starts, local search, a random walk.
 *
 * Everything happens to one set, the matrix's.  A move takes indexes in or out,
 * makes the set fit the budget again by dropping what is missed least, and fills
 * the room that is left with what helps most.  "Least" and "most" can be per
 * byte, in all, or something between; none of these rules is always right, so
 * all are used in turn.  Indexes that only help together are taken in together.
 *
 * Time is counted in work done, not read from a clock: the answer depends on
 * nothing but the problem.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "recommend/matrix.h"
#include "utils/memutils.h"

/* Work for effort 1, and how often to look at the clock */
#define WORK_LIMIT		INT64CONST(60000000)
#define WORK_BETWEEN	INT64CONST(100000)

/* The random walk ends after so many moves, even if there is time left */
#define WALK_MOVES		20000

/* Sets that look best, whose gain is then computed exactly */
#define SETS_TRIED		4

/* With many sets, not all are looked at before each index that is added */
#define SETS_AT_ONCE	2000

/* A share this close to min_gain is enough: it may be one that was rounded */
#define GAIN_NOISE		1e-9

/* Rounds of taking out what is not worth having, and using the room again */
#define PRUNE_ROUNDS	8

/* Gain or loss is divided by a power of the size: a rule of choice */
typedef enum Rule
{
	RULE_PER_BYTE,
	RULE_BETWEEN,
	RULE_IN_ALL,
	RULES
} Rule;

/* Indexes that are useful together: the members of one or more combos */
typedef struct IndexSet
{
	int			first;			/* of its combos in Search.set_combos */
	int			n;
} IndexSet;

/* A set to go back to */
typedef struct Saved
{
	bool	   *chosen;
	int64		cost;
	double		bytes;
} Saved;

typedef struct Search
{
	const AdvSearchProblem *problem;
	AdvMatrix  *matrix;
	int			max_indexes;
	double	   *factor[RULES];	/* of each index: its size to some power, inverted */
	int			nsets;
	IndexSet   *sets;
	int		   *set_combos;
	Saved		current;		/* where moves start from */
	Saved		best;
	bool	   *keep;			/* a move brought it, and must not drop it */
	bool	   *barred;			/* a move dropped it, and must not bring it */
	bool	   *banned;			/* not worth having, whatever it saves */
	bool		noisy;			/* choose with some randomness */
	uint64		random;
	int64		effort;			/* work that may be done in all */
	int64		limit;			/* of matrix->work, in the current part */
	int64		next_look;
	bool		expired;
} Search;

/* ---------------------------------------------------------------------
 * Time and chance
 * ---------------------------------------------------------------------
 */

static bool
is_expired(Search *search)
{
	if (search->matrix->work >= search->next_look)
	{
		CHECK_FOR_INTERRUPTS();
		search->next_look = search->matrix->work + WORK_BETWEEN;
		if (search->problem->expired && search->problem->expired(search->problem->expired_arg))
			search->expired = true;
	}
	return search->expired;
}

static bool
is_over(Search *search)
{
	return is_expired(search) || search->matrix->work >= search->limit;
}

/* A number from 0 to n - 1: xorshift64*, the same sequence in each search. */
static int
random_below(Search *search, int n)
{
	search->random ^= search->random >> 12;
	search->random ^= search->random << 25;
	search->random ^= search->random >> 27;
	return (int) (((search->random * UINT64CONST(2685821657736338717)) >> 33) % (uint64) n);
}

/* ---------------------------------------------------------------------
 * Sets that are remembered
 * ---------------------------------------------------------------------
 */

static void
save(const Search *search, Saved *saved)
{
	for (int i = 0; i < search->matrix->nindexes; i++)
		saved->chosen[i] = search->matrix->indexes[i].chosen;
	saved->cost = search->matrix->cost;
	saved->bytes = search->matrix->bytes;
}

static void
restore(Search *search, const Saved *saved)
{
	for (int i = 0; i < search->matrix->nindexes; i++)
		if (saved->chosen[i] != search->matrix->indexes[i].chosen)
			adv_matrix_toggle(search->matrix, i);
}

/* Cheaper, or as cheap and smaller */
static bool
is_better(const Search *search, const Saved *than)
{
	const AdvMatrix *matrix = search->matrix;

	return matrix->cost < than->cost ||
		(matrix->cost == than->cost && matrix->bytes < than->bytes);
}

static bool
is_feasible(const Search *search)
{
	return search->matrix->bytes <= search->problem->budget &&
		search->matrix->n <= search->max_indexes;
}

static void
clear(Search *search)
{
	for (int i = 0; i < search->matrix->nindexes; i++)
		if (search->matrix->indexes[i].chosen)
			adv_matrix_toggle(search->matrix, i);
}

/* ---------------------------------------------------------------------
 * Steps
 * ---------------------------------------------------------------------
 */

/* May the index come, if there is room? */
static bool
is_allowed(const Search *search, int i)
{
	return !search->barred[i] && !search->banned[i];
}

static double
with_noise(Search *search, double score)
{
	return search->noisy ? score * (0.75 + random_below(search, 1024) / 2048.0) : score;
}

/* The index that is best to add; -1 if none helps or fits. */
static int
best_addition(Search *search, Rule rule, double *score)
{
	const AdvMatrix *matrix = search->matrix;
	double		room = search->problem->budget - matrix->bytes;
	int			best = -1;

	search->matrix->work += matrix->nindexes / 4;
	*score = 0;
	if (matrix->n >= search->max_indexes)
		return -1;
	for (int i = 0; i < matrix->nindexes; i++)
	{
		const AdvMatrixIndex *index = &matrix->indexes[i];
		double		this_score;

		if (index->chosen || index->change <= index->upkeep || index->bytes > room ||
			!is_allowed(search, i))
			continue;
		this_score = with_noise(search, adv_matrix_net(index) * search->factor[rule][i]);
		if (best < 0 || this_score > *score ||
			(this_score == *score && index->bytes < matrix->indexes[best].bytes))
		{
			best = i;
			*score = this_score;
		}
	}
	return best;
}

/* The index that is missed least, except those to keep; -1 if there is none. */
static int
best_removal(const Search *search, Rule rule)
{
	const AdvMatrix *matrix = search->matrix;
	double		best_score = 0;
	int			best = -1;

	for (int i = 0; i < matrix->nindexes; i++)
	{
		const AdvMatrixIndex *index = &matrix->indexes[i];
		double		score;

		if (!index->chosen || search->keep[i])
			continue;
		score = adv_matrix_net(index) * search->factor[rule][i];
		if (best < 0 || score < best_score ||
			(score == best_score && index->bytes >= matrix->indexes[best].bytes))
		{
			best = i;
			best_score = score;
		}
	}
	return best;
}

/* Drop indexes until the rest fits; false if what is to be kept does not. */
static bool
make_fit(Search *search, Rule rule)
{
	while (!is_feasible(search))
	{
		int			i = best_removal(search, rule);

		if (i < 0)
			return false;
		adv_matrix_toggle(search->matrix, i);
	}
	return true;
}

/* Drop what costs more than it saves, those to keep as well. */
static void
drop_useless(Search *search)
{
	AdvMatrix  *matrix = search->matrix;

	for (;;)
	{
		int			worst = -1;

		for (int i = 0; i < matrix->nindexes; i++)
		{
			const AdvMatrixIndex *index = &matrix->indexes[i];

			if (!index->chosen || index->change > index->upkeep)
				continue;
			if (worst < 0 || adv_matrix_net(index) < adv_matrix_net(&matrix->indexes[worst]) ||
				(adv_matrix_net(index) == adv_matrix_net(&matrix->indexes[worst]) &&
				 index->bytes > matrix->indexes[worst].bytes))
				worst = i;
		}
		if (worst < 0)
			break;
		adv_matrix_toggle(matrix, worst);
	}
}

/* ---------------------------------------------------------------------
 * Indexes that help together
 * ---------------------------------------------------------------------
 */

static int
compare_members(const void *a, const void *b, void *arg)
{
	const AdvMatrix *matrix = arg;
	const AdvMatrixCombo *x = &matrix->combos[*(const int *) a];
	const AdvMatrixCombo *y = &matrix->combos[*(const int *) b];

	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	for (int i = 0; i < x->n; i++)
	{
		int			xm = matrix->members[x->first + i];
		int			ym = matrix->members[y->first + i];

		if (xm != ym)
			return xm < ym ? -1 : 1;
	}
	return 0;
}

static int
compare_set_combos(const void *a, const void *b, void *arg)
{
	int			result = compare_members(a, b, arg);

	if (result == 0)
		result = *(const int *) a < *(const int *) b ? -1 : 1;
	return result;
}

/* Find the sets of two members and more. */
static void
find_sets(Search *search)
{
	AdvMatrix  *matrix = search->matrix;
	int		   *combos = palloc_extended((matrix->ncombos + 1) * sizeof(int), MCXT_ALLOC_HUGE);
	int			n = 0;

	for (int c = 0; c < matrix->ncombos; c++)
		if (matrix->combos[c].n > 1)
			combos[n++] = c;
	qsort_arg(combos, n, sizeof(int), compare_set_combos, matrix);
	search->set_combos = combos;
	search->sets = palloc_extended((n + 1) * sizeof(IndexSet), MCXT_ALLOC_HUGE);
	for (int i = 0; i < n; i++)
	{
		if (i == 0 || compare_members(&combos[i - 1], &combos[i], matrix) != 0)
		{
			search->sets[search->nsets].first = i;
			search->sets[search->nsets++].n = 0;
		}
		search->sets[search->nsets - 1].n++;
	}
}

/* One of the set's combos: all have the same members, and miss the same ones. */
static const AdvMatrixCombo *
combo_of_set(const Search *search, int set)
{
	return &search->matrix->combos[search->set_combos[search->sets[set].first]];
}

/* How large are the set's missing members?  Negative if they may not come. */
static double
missing_bytes(const Search *search, int set)
{
	const AdvMatrix *matrix = search->matrix;
	const AdvMatrixCombo *combo = combo_of_set(search, set);
	double		bytes = 0;

	for (int m = combo->first; m < combo->first + combo->n; m++)
	{
		int			i = matrix->members[m];

		if (matrix->indexes[i].chosen)
			continue;
		if (!is_allowed(search, i))
			return -1;
		bytes += matrix->indexes[i].bytes;
	}
	return bytes;
}

static double
score_of(double gain, double bytes, Rule rule)
{
	switch (rule)
	{
		case RULE_PER_BYTE:
			return gain / Max(bytes, 1);
		case RULE_BETWEEN:
			return gain / sqrt(Max(bytes, 1));
		default:
			return gain;
	}
}

/* What the set saves by its own combos, without what its members do besides. */
static int64
direct_gain(Search *search, int set)
{
	AdvMatrix  *matrix = search->matrix;
	const IndexSet *s = &search->sets[set];
	int64		gain = 0;

	matrix->work += s->n;
	for (int i = s->first; i < s->first + s->n; i++)
	{
		const AdvMatrixCombo *combo = &matrix->combos[search->set_combos[i]];
		const AdvMatrixStatement *statement =
			&matrix->statements[matrix->pairs[matrix->member_pairs[combo->first]].statement];

		if (combo->cost < statement->cost)
			gain += statement->cost - combo->cost;
	}
	return gain;
}

/* Add what is missing of a set; returns how many, and their numbers. */
static int
add_set(Search *search, int set, int *added)
{
	AdvMatrix  *matrix = search->matrix;
	const AdvMatrixCombo *combo = combo_of_set(search, set);
	int			n = 0;

	for (int m = combo->first; m < combo->first + combo->n; m++)
	{
		int			i = matrix->members[m];

		if (matrix->indexes[i].chosen)
			continue;
		adv_matrix_toggle(matrix, i);
		added[n++] = i;
	}
	return n;
}

/* The set's score, exactly. */
static double
try_set(Search *search, int set, Rule rule)
{
	AdvMatrix  *matrix = search->matrix;
	int		   *added = palloc(combo_of_set(search, set)->n * sizeof(int));
	double		bytes = matrix->bytes;
	int64		cost = matrix->cost;
	int			n = add_set(search, set, added);
	double		score = score_of(cost - matrix->cost, matrix->bytes - bytes, rule);

	while (n > 0)
		adv_matrix_toggle(matrix, added[--n]);
	pfree(added);
	return score;
}

/* The set that is best to add, -1 if none is better than the score given. */
static int
best_set(Search *search, Rule rule, double score)
{
	AdvMatrix  *matrix = search->matrix;
	double		room = search->problem->budget - matrix->bytes;
	int			tried[SETS_TRIED];
	double		scores[SETS_TRIED];
	int			n = 0;
	int			best = -1;

	matrix->work += search->nsets;
	for (int set = 0; set < search->nsets; set++)
	{
		const AdvMatrixCombo *combo = combo_of_set(search, set);
		double		bytes;
		double		this_score;
		int			at;

		if (combo->missing < 2 || matrix->n + combo->missing > search->max_indexes)
			continue;
		bytes = missing_bytes(search, set);
		if (bytes < 0 || bytes > room)
			continue;
		this_score = score_of(direct_gain(search, set), bytes, rule);
		if (this_score <= 0 || (n == SETS_TRIED && this_score <= scores[n - 1]))
			continue;
		if (n < SETS_TRIED)
			n++;
		for (at = n - 1; at > 0 && this_score > scores[at - 1]; at--)
		{
			tried[at] = tried[at - 1];
			scores[at] = scores[at - 1];
		}
		tried[at] = set;
		scores[at] = this_score;
	}
	for (int i = 0; i < n; i++)
	{
		double		exact = with_noise(search, try_set(search, tried[i], rule));

		if (exact > score)
		{
			best = tried[i];
			score = exact;
		}
	}
	return best;
}

/* ---------------------------------------------------------------------
 * Moves
 * ---------------------------------------------------------------------
 */

/* Use the room that is left. */
static void
fill(Search *search, Rule rule, bool with_sets)
{
	int			step_of_sets = 1 + search->nsets / SETS_AT_ONCE;

	for (int step = 0; !is_expired(search); step++)
	{
		double		score;
		int			i = best_addition(search, rule, &score);
		int			set = -1;

		if (with_sets && search->nsets > 0 && (i < 0 || step % step_of_sets == 0))
			set = best_set(search, rule, score);
		if (set >= 0)
		{
			int		   *added = palloc(combo_of_set(search, set)->n * sizeof(int));

			add_set(search, set, added);
			pfree(added);
		}
		else if (i >= 0)
			adv_matrix_toggle(search->matrix, i);
		else
			break;
	}
}

/* The end of each move: a set that fits and has nothing useless. */
static bool
settle(Search *search, Rule rule, bool with_sets)
{
	if (!make_fit(search, rule))
		return false;
	fill(search, rule, with_sets);
	drop_useless(search);
	fill(search, rule, false);
	return true;
}

static void
remember_if_best(Search *search)
{
	if (is_better(search, &search->best))
		save(search, &search->best);
}

/* After a move: stay if it is better, or not worse by more than so much. */
static bool
accept_or_restore(Search *search, bool valid, int64 worse)
{
	bool		better = valid && is_better(search, &search->current);

	if (better || (valid && worse > 0 && search->matrix->cost <= search->current.cost + worse))
	{
		save(search, &search->current);
		remember_if_best(search);
	}
	else
		restore(search, &search->current);
	return better;
}

/* Bring an index in, whatever has to go for it. */
static bool
force_index(Search *search, int i, Rule rule, int64 worse)
{
	bool		valid;

	adv_matrix_toggle(search->matrix, i);
	search->keep[i] = true;
	valid = settle(search, rule, false);
	search->keep[i] = false;
	return accept_or_restore(search, valid, worse);
}

static bool
force_set(Search *search, int set, Rule rule, int64 worse)
{
	int		   *added = palloc(combo_of_set(search, set)->n * sizeof(int));
	int			n = add_set(search, set, added);
	bool		valid;

	for (int i = 0; i < n; i++)
		search->keep[added[i]] = true;
	valid = settle(search, rule, false);
	for (int i = 0; i < n; i++)
		search->keep[added[i]] = false;
	pfree(added);
	return accept_or_restore(search, valid, worse);
}

/* Do without up to two indexes (the second may be -1). */
static bool
do_without(Search *search, int i, int j, Rule rule, bool with_sets, int64 worse)
{
	bool		valid;

	adv_matrix_toggle(search->matrix, i);
	search->barred[i] = true;
	if (j >= 0)
	{
		adv_matrix_toggle(search->matrix, j);
		search->barred[j] = true;
	}
	valid = settle(search, rule, with_sets);
	search->barred[i] = false;
	if (j >= 0)
		search->barred[j] = false;
	return accept_or_restore(search, valid, worse);
}

/* ---------------------------------------------------------------------
 * Local search
 * ---------------------------------------------------------------------
 */

/* Can the index be brought in at all? */
static bool
can_force(const Search *search, int i)
{
	const AdvMatrixIndex *index = &search->matrix->indexes[i];

	return !index->chosen && index->change > index->upkeep && !search->banned[i];
}

static bool
pass_over_indexes(Search *search, Rule rule)
{
	bool		improved = false;

	for (int i = 0; i < search->matrix->nindexes && !is_over(search); i++)
	{
		if (can_force(search, i))
			improved |= force_index(search, i, rule, 0);
	}
	return improved;
}

static bool
pass_over_sets(Search *search, Rule rule)
{
	bool		improved = false;

	for (int set = 0; set < search->nsets && !is_over(search); set++)
	{
		if (combo_of_set(search, set)->missing > 1 && missing_bytes(search, set) >= 0 &&
			direct_gain(search, set) > 0)
			improved |= force_set(search, set, rule, 0);
	}
	return improved;
}

static bool
pass_over_chosen(Search *search, Rule rule, bool pairs)
{
	AdvMatrix  *matrix = search->matrix;
	bool		improved = false;

	for (int i = 0; i < matrix->nindexes; i++)
	{
		if (!matrix->indexes[i].chosen)
			continue;
		if (!pairs)
		{
			if (is_over(search))
				break;
			improved |= do_without(search, i, -1, rule, true, 0);
			continue;
		}
		for (int j = 0; j < i && !is_over(search); j++)
			if (matrix->indexes[j].chosen && matrix->indexes[i].chosen)
				improved |= do_without(search, i, j, rule, false, 0);
	}
	return improved;
}

/* Cheap moves until none helps; then pairs, until time is over. */
static void
climb(Search *search, bool pairs)
{
	bool		improved = true;

	while (improved && !is_over(search))
	{
		improved = false;
		for (Rule rule = 0; rule < RULES; rule++)
			improved |= pass_over_chosen(search, rule, false);
		improved |= pass_over_indexes(search, RULE_PER_BYTE);
		improved |= pass_over_indexes(search, RULE_IN_ALL);
		improved |= pass_over_sets(search, RULE_PER_BYTE);
		if (!improved && pairs)
			improved = pass_over_chosen(search, RULE_PER_BYTE, true) ||
				pass_over_chosen(search, RULE_IN_ALL, true);
	}
}

/* ---------------------------------------------------------------------
 * Random walk
 * ---------------------------------------------------------------------
 */

static int
random_chosen(Search *search)
{
	const AdvMatrix *matrix = search->matrix;
	int			skip;

	if (matrix->n == 0)
		return -1;
	skip = random_below(search, matrix->n);
	for (int i = 0;; i++)
		if (matrix->indexes[i].chosen && skip-- == 0)
			return i;
}

static void
random_move(Search *search, int64 worse)
{
	Rule		rule = random_below(search, RULES);
	int			kind = random_below(search, 4);
	int			i;

	search->noisy = random_below(search, 2) == 0;
	if (kind == 0 && search->nsets > 0)
	{
		int			set = random_below(search, search->nsets);

		if (combo_of_set(search, set)->missing > 1 && missing_bytes(search, set) >= 0)
			force_set(search, set, rule, worse);
	}
	else if (kind <= 2)
	{
		i = random_below(search, search->matrix->nindexes);
		if (can_force(search, i))
			force_index(search, i, rule, worse);
	}
	else if ((i = random_chosen(search)) >= 0)
	{
		int			j = random_chosen(search);

		do_without(search, i, j == i ? -1 : j, rule, random_below(search, 4) == 0, worse);
	}
	search->noisy = false;
}

/*
 * Moves at random, which may make it worse: by less and less the more of the
 * time is gone, so that it ends near a bottom.
 */
static void
walk(Search *search)
{
	int64		begin = search->matrix->work;
	int64		saved = 0;

	for (int s = 0; s < search->matrix->nstatements; s++)
		saved += search->matrix->statements[s].base;
	saved -= search->best.cost;
	for (int moves = 0; moves < WALK_MOVES && !is_over(search); moves++)
	{
		double		left = Min(1 - (double) moves / WALK_MOVES,
							   1 - (double) (search->matrix->work - begin) / Max(search->limit - begin, 1));

		random_move(search, (int64) (saved * 0.01 * left * left * random_below(search, 1024) / 1024));
	}
}

/* ---------------------------------------------------------------------
 * The whole search
 * ---------------------------------------------------------------------
 */

/* From the current state on, with part of the time. */
static void
search_from_here(Search *search)
{
	save(search, &search->current);
	remember_if_best(search);
	climb(search, false);
}

static void
search_from_initial(Search *search)
{
	AdvMatrix  *matrix = search->matrix;

	clear(search);
	for (int k = 0; k < search->problem->ninitial; k++)
		for (int i = 0; i < matrix->nindexes; i++)
			if (matrix->indexes[i].original == search->problem->initial[k] && !matrix->indexes[i].chosen)
				adv_matrix_toggle(matrix, i);
	if (settle(search, RULE_PER_BYTE, true))
		search_from_here(search);
}

/* Does each statement cost as little as it can? Then there is nothing to find. */
static bool
is_lowest(const Search *search)
{
	const AdvMatrix *matrix = search->matrix;
	int64		lowest = 0;

	for (int s = 0; s < matrix->nstatements; s++)
		lowest += matrix->combos[matrix->statements[s].first_combo].cost;
	return search->best.cost == lowest;
}

static void
search_all(Search *search)
{
	int64		begin = search->matrix->work;

	save(search, &search->best);
	if (search->problem->ninitial > 0)
	{
		search->limit = begin + search->effort / 10;
		search_from_initial(search);
	}
	for (Rule rule = 0; rule < RULES && !is_expired(search) && !is_lowest(search); rule++)
	{
		search->limit = begin + search->effort / 10 * (rule + 1);
		clear(search);
		if (settle(search, rule, true))
			search_from_here(search);
	}
	restore(search, &search->best);
	save(search, &search->current);
	if (is_lowest(search))
		return;

	search->limit = begin + search->effort / 10 * 8;
	walk(search);
	restore(search, &search->best);
	save(search, &search->current);
	search->limit = begin + search->effort;
	climb(search, true);
	restore(search, &search->best);
}

/* ---------------------------------------------------------------------
 * Is each index worth it?
 * ---------------------------------------------------------------------
 */

/* How far is a chosen index above what it must bring? Below 0: not enough. */
static double
margin(const Search *search, int i)
{
	const AdvMatrix *matrix = search->matrix;
	const AdvMatrixIndex *index = &matrix->indexes[i];
	double		base = 0;

	if (index->change <= index->upkeep)
		return -1;
	for (int k = index->first; k < index->first + index->n; k++)
	{
		const AdvMatrixPair *pair = &matrix->pairs[matrix->pair_of[k]];

		if (pair->change > 0)
			base += matrix->statements[pair->statement].base;
	}
	return index->change / base - search->problem->min_gain + GAIN_NOISE;
}

/* Take out what is not worth it, the worst first; false if nothing was. */
static bool
prune(Search *search)
{
	AdvMatrix  *matrix = search->matrix;
	bool		pruned = false;

	for (;;)
	{
		double		worst_margin = 0;
		int			worst = -1;

		for (int i = 0; i < matrix->nindexes; i++)
		{
			double		this_margin;

			if (!matrix->indexes[i].chosen)
				continue;
			this_margin = margin(search, i);
			if (this_margin < worst_margin)
			{
				worst_margin = this_margin;
				worst = i;
			}
		}
		if (worst < 0)
			return pruned;
		adv_matrix_toggle(matrix, worst);
		search->banned[worst] = true;
		pruned = true;
	}
}

static bool
all_worth_it(const Search *search)
{
	for (int i = 0; i < search->matrix->nindexes; i++)
		if (search->matrix->indexes[i].chosen && margin(search, i) < 0)
			return false;
	return true;
}

/*
 * What was pruned because of others that are gone as well may be worth it now:
 * take back what all can stay with.
 */
static void
take_back(Search *search)
{
	AdvMatrix  *matrix = search->matrix;
	double		score;
	int			i;

	memset(search->banned, 0, matrix->nindexes * sizeof(bool));
	while ((i = best_addition(search, RULE_IN_ALL, &score)) >= 0)
	{
		adv_matrix_toggle(matrix, i);
		if (!all_worth_it(search))
		{
			adv_matrix_toggle(matrix, i);
			search->banned[i] = true;
		}
	}
}

/*
 * Prune, and search for what else the room could be used for, until what is
 * found is worth it.  An index once pruned does not come back before the end.
 */
static void
prune_and_refill(Search *search)
{
	for (int round = 0; prune(search); round++)
	{
		save(search, &search->current);
		save(search, &search->best);
		if (round >= PRUNE_ROUNDS || is_expired(search))
			continue;			/* nothing more is brought in */
		search->limit = search->matrix->work + search->effort / 20;
		fill(search, RULE_PER_BYTE, true);
		search_from_here(search);
		restore(search, &search->best);
	}
	if (search->problem->min_gain > 0)
		take_back(search);
}

/* ---------------------------------------------------------------------
 * Result
 * ---------------------------------------------------------------------
 */

/* The chosen ones, by taking away what is missed least, again and again. */
static void
fill_result(Search *search, AdvSearchResult *result)
{
	AdvMatrix  *matrix = search->matrix;
	double	   *gain = palloc(matrix->nindexes * sizeof(double));

	result->cost -= adv_matrix_saved(matrix);
	for (int i = 0; i < matrix->nindexes; i++)
		if (matrix->indexes[i].chosen && search->problem->upkeep)
			result->cost += Max(search->problem->upkeep[matrix->indexes[i].original], 0);
	result->bytes = matrix->bytes;
	result->n = matrix->n;
	for (int i = 0; i < matrix->nindexes; i++)
		if (matrix->indexes[i].chosen)
			gain[i] = adv_matrix_gain(matrix, i);
	while (matrix->n > 0)
	{
		int			i = best_removal(search, RULE_IN_ALL);

		result->chosen[matrix->n - 1] = matrix->indexes[i].original;
		result->gain[matrix->n - 1] = gain[i];
		adv_matrix_toggle(matrix, i);
	}
}

static void
begin_search(Search *search, const AdvSearchProblem *problem, AdvMatrix *matrix)
{
	int			n = matrix->nindexes;

	search->problem = problem;
	search->matrix = matrix;
	search->max_indexes = problem->max_indexes > 0 ? problem->max_indexes : PG_INT32_MAX;
	for (Rule rule = 0; rule < RULES; rule++)
	{
		search->factor[rule] = palloc(n * sizeof(double));
		for (int i = 0; i < n; i++)
			search->factor[rule][i] = score_of(1, matrix->indexes[i].bytes, rule);
	}
	search->current.chosen = palloc0(n * sizeof(bool));
	search->best.chosen = palloc0(n * sizeof(bool));
	search->keep = palloc0(n * sizeof(bool));
	search->barred = palloc0(n * sizeof(bool));
	search->banned = palloc0(n * sizeof(bool));
	search->random = UINT64CONST(0x9E3779B97F4A7C15);
	search->effort = (int64) (WORK_LIMIT * (problem->effort > 0 ? Min(problem->effort, 1000) : 1));
	search->limit = search->effort;
	find_sets(search);
}

AdvSearchResult *
adv_search_indexes(const AdvSearchProblem *problem)
{
	AdvSearchResult *result = palloc0(sizeof(AdvSearchResult));
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "advisor index search",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old;
	AdvMatrix  *matrix;
	Search		search = {0};

	result->chosen = palloc((problem->nindexes + 1) * sizeof(int));
	result->gain = palloc((problem->nindexes + 1) * sizeof(double));
	result->cost = adv_matrix_cost_without(problem);
	old = MemoryContextSwitchTo(context);
	matrix = adv_matrix_make(problem);
	if (matrix)
	{
		begin_search(&search, problem, matrix);
		search_all(&search);
		prune_and_refill(&search);
		fill_result(&search, result);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	result->complete = !search.expired;
	return result;
}

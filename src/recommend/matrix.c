/*-------------------------------------------------------------------------
 *
 * matrix.c
 *		Cost of a set of indexes, kept up to date while the set changes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "recommend/matrix.h"

#define UNITS		1099511627776.0 /* 2^40, see matrix.h */

/* What a statement has while it is being taken over */
typedef struct RawCombo
{
	int64		cost;
	double		exact;
	int			n;
	int		   *members;		/* ascending, numbers of the problem */
	uint64		bits;			/* a bit for each member, several may share one */
	int			position;		/* to sort in the same way everywhere */
} RawCombo;

typedef struct Builder
{
	const AdvSearchProblem *problem;
	AdvMatrix  *matrix;
	RawCombo  **combos;			/* of each statement in the matrix */
	int		   *ncombos;
	int		   *number;			/* in the matrix, of each index, or -1 */
} Builder;

/* ---------------------------------------------------------------------
 * Taking over the problem
 * ---------------------------------------------------------------------
 */

static int
compare_ints(const void *a, const void *b)
{
	int			x = *(const int *) a;
	int			y = *(const int *) b;

	return (x > y) - (x < y);
}

static int
compare_combos(const void *a, const void *b)
{
	const RawCombo *x = a;
	const RawCombo *y = b;

	if (x->cost != y->cost)
		return x->cost < y->cost ? -1 : 1;
	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return compare_ints(&x->position, &y->position);
}

/* A cost in units, no less than 0 and no more than max. */
static int64
to_units(const Builder *builder, double cost, int64 max)
{
	double		units = rint(cost / builder->matrix->unit);

	if (!(units > 0))			/* NaN as well */
		return 0;
	return units < (double) max ? (int64) units : max;
}

static double
index_bytes(const AdvSearchProblem *problem, int index)
{
	return problem->bytes[index] > 0 ? problem->bytes[index] : 0;
}

/* Is there room for all of the combo's members if there is nothing else? */
static bool
has_room(const AdvSearchProblem *problem, const RawCombo *combo)
{
	double		bytes = 0;

	for (int i = 0; i < combo->n; i++)
		bytes += index_bytes(problem, combo->members[i]);
	return bytes <= problem->budget &&
		(problem->max_indexes <= 0 || combo->n <= problem->max_indexes);
}

/* Sorted members, each once.  False if one is no index of the problem. */
static bool
take_members(const AdvSearchProblem *problem, const AdvSearchCombo *from, RawCombo *combo)
{
	combo->members = palloc(Max(from->n, 1) * sizeof(int));
	combo->n = 0;
	combo->bits = 0;
	for (int i = 0; i < from->n; i++)
	{
		if (from->members[i] < 0 || from->members[i] >= problem->nindexes)
			return false;
		combo->members[i] = from->members[i];
	}
	qsort(combo->members, from->n, sizeof(int), compare_ints);
	for (int i = 0; i < from->n; i++)
	{
		if (combo->n > 0 && combo->members[combo->n - 1] == combo->members[i])
			continue;
		combo->members[combo->n++] = combo->members[i];
		combo->bits |= UINT64CONST(1) << (combo->members[i] % 64);
	}
	return true;
}

static bool
is_subset(const RawCombo *a, const RawCombo *of)
{
	int			found = 0;

	if (a->n > of->n || (a->bits & ~of->bits) != 0)
		return false;
	for (int i = 0; i < of->n && found < a->n; i++)
		found += of->members[i] == a->members[found];
	return found == a->n;
}

/*
 * The combos of a statement that can be of use, cheapest first: a combo is not
 * if another one needs no more and costs no more.  Returns how many.
 */
static int
take_combos(const Builder *builder, const AdvSearchStatement *statement, RawCombo *combos)
{
	const AdvSearchProblem *problem = builder->problem;
	int64		base = to_units(builder, statement->weight * statement->base, (int64) UNITS);
	int			n = 0;
	int			kept = 0;

	for (int i = 0; i < statement->ncombos; i++)
	{
		const AdvSearchCombo *from = &statement->combos[i];
		RawCombo   *combo = &combos[n];

		if (isnan(from->cost))
			continue;
		combo->exact = statement->weight * Max(from->cost, 0);
		combo->cost = to_units(builder, combo->exact, base);
		combo->position = i;
		if (combo->cost < base && from->n > 0 && take_members(problem, from, combo) &&
			has_room(problem, combo))
			n++;
	}
	qsort(combos, n, sizeof(RawCombo), compare_combos);
	for (int i = 0; i < n; i++)
	{
		bool		useful = true;

		for (int j = 0; j < kept && useful; j++)
			useful = !is_subset(&combos[j], &combos[i]);
		if (useful)
			combos[kept++] = combos[i];
	}
	return kept;
}

/* Weighted base cost, 0 if the statement has none that can be counted with. */
static double
weighted_base(const AdvSearchStatement *statement)
{
	double		cost = statement->weight * statement->base;

	return isfinite(cost) && cost > 0 && statement->weight > 0 ? cost : 0;
}

/* All statements with useful combos. */
static void
take_statements(Builder *builder)
{
	const AdvSearchProblem *problem = builder->problem;
	AdvMatrix  *matrix = builder->matrix;

	matrix->statements = palloc0((problem->nstatements + 1) * sizeof(AdvMatrixStatement));
	builder->combos = palloc((problem->nstatements + 1) * sizeof(RawCombo *));
	builder->ncombos = palloc((problem->nstatements + 1) * sizeof(int));
	for (int i = 0; i < problem->nstatements; i++)
	{
		const AdvSearchStatement *from = &problem->statements[i];
		RawCombo   *combos;
		int			n;

		CHECK_FOR_INTERRUPTS();
		if (weighted_base(from) <= 0 || from->ncombos <= 0)
			continue;
		combos = palloc(from->ncombos * sizeof(RawCombo));
		n = take_combos(builder, from, combos);
		if (n == 0)
			continue;
		builder->combos[matrix->nstatements] = combos;
		builder->ncombos[matrix->nstatements] = n;
		matrix->statements[matrix->nstatements].exact_base = weighted_base(from);
		matrix->statements[matrix->nstatements].base =
			to_units(builder, weighted_base(from), (int64) UNITS);
		matrix->nstatements++;
	}
}

/* Give numbers to the indexes that occur, in their order. */
static void
take_indexes(Builder *builder)
{
	const AdvSearchProblem *problem = builder->problem;
	AdvMatrix  *matrix = builder->matrix;

	builder->number = palloc0((problem->nindexes + 1) * sizeof(int));
	for (int s = 0; s < matrix->nstatements; s++)
		for (int c = 0; c < builder->ncombos[s]; c++)
			for (int i = 0; i < builder->combos[s][c].n; i++)
				builder->number[builder->combos[s][c].members[i]]++;

	matrix->indexes = palloc0((problem->nindexes + 1) * sizeof(AdvMatrixIndex));
	for (int i = 0; i < problem->nindexes; i++)
	{
		AdvMatrixIndex *index = &matrix->indexes[matrix->nindexes];

		if (builder->number[i] == 0)
			continue;
		index->original = i;
		index->bytes = index_bytes(problem, i);
		if (problem->upkeep)
			index->upkeep = to_units(builder, problem->upkeep[i], 2 * (int64) UNITS);
		builder->number[i] = matrix->nindexes++;
	}
}

/* ---------------------------------------------------------------------
 * Laying it out
 * ---------------------------------------------------------------------
 */

static void
lay_out_combos(Builder *builder)
{
	AdvMatrix  *matrix = builder->matrix;
	int			nmembers = 0;

	for (int s = 0; s < matrix->nstatements; s++)
	{
		matrix->ncombos += builder->ncombos[s];
		for (int c = 0; c < builder->ncombos[s]; c++)
			nmembers += builder->combos[s][c].n;
	}
	matrix->combos = palloc_extended((matrix->ncombos + 1) * sizeof(AdvMatrixCombo), MCXT_ALLOC_HUGE);
	matrix->members = palloc_extended((nmembers + 1) * sizeof(int), MCXT_ALLOC_HUGE);
	matrix->member_pairs = palloc_extended((nmembers + 1) * sizeof(int), MCXT_ALLOC_HUGE);
	matrix->entries = palloc_extended((nmembers + 1) * sizeof(int), MCXT_ALLOC_HUGE);

	/* no more pairs than members */
	matrix->pairs = palloc_extended((nmembers + 1) * sizeof(AdvMatrixPair), MCXT_ALLOC_HUGE);
	matrix->pair_of = palloc_extended((nmembers + 1) * sizeof(int), MCXT_ALLOC_HUGE);

	matrix->ncombos = nmembers = 0;
	for (int s = 0; s < matrix->nstatements; s++)
	{
		AdvMatrixStatement *statement = &matrix->statements[s];

		statement->first_combo = matrix->ncombos;
		for (int c = 0; c < builder->ncombos[s]; c++)
		{
			const RawCombo *from = &builder->combos[s][c];
			AdvMatrixCombo *combo = &matrix->combos[matrix->ncombos++];

			combo->cost = from->cost;
			combo->exact = from->exact;
			combo->first = nmembers;
			combo->n = combo->missing = from->n;
			for (int i = 0; i < from->n; i++)
				matrix->members[nmembers++] = builder->number[from->members[i]];
		}
		statement->end_combo = matrix->ncombos;
		statement->best = statement->end_combo;
		statement->cost = statement->base;
		matrix->cost += statement->base;
	}
}

/* Pairs and entries of a statement; seen, of each index, is all -1 between calls. */
static void
lay_out_pairs(AdvMatrix *matrix, int s, int *seen, int *nentries)
{
	AdvMatrixStatement *statement = &matrix->statements[s];
	int			first = matrix->combos[statement->first_combo].first;
	int			end = matrix->combos[statement->end_combo - 1].first +
		matrix->combos[statement->end_combo - 1].n;

	statement->first_pair = matrix->npairs;
	for (int i = first; i < end; i++)
	{
		int			index = matrix->members[i];

		if (seen[index] < 0)
		{
			AdvMatrixPair *pair = &matrix->pairs[matrix->npairs];

			pair->index = index;
			pair->statement = s;
			pair->n = 0;
			pair->change = 0;
			seen[index] = matrix->npairs++;
			matrix->indexes[index].n++;
		}
		matrix->member_pairs[i] = seen[index];
		matrix->pairs[seen[index]].n++;
	}
	statement->end_pair = matrix->npairs;

	for (int p = statement->first_pair; p < statement->end_pair; p++)
	{
		seen[matrix->pairs[p].index] = -1;
		matrix->pairs[p].first = *nentries;
		*nentries += matrix->pairs[p].n;
		matrix->pairs[p].n = 0;
	}
	for (int c = statement->first_combo; c < statement->end_combo; c++)
	{
		const AdvMatrixCombo *combo = &matrix->combos[c];

		for (int i = combo->first; i < combo->first + combo->n; i++)
		{
			AdvMatrixPair *pair = &matrix->pairs[matrix->member_pairs[i]];

			matrix->entries[pair->first + pair->n++] = c;
		}
	}
}

/* The pairs of each index. */
static void
lay_out_indexes(AdvMatrix *matrix)
{
	int			first = 0;

	for (int i = 0; i < matrix->nindexes; i++)
	{
		matrix->indexes[i].first = first;
		first += matrix->indexes[i].n;
		matrix->indexes[i].n = 0;
	}
	for (int p = 0; p < matrix->npairs; p++)
	{
		AdvMatrixIndex *index = &matrix->indexes[matrix->pairs[p].index];

		matrix->pair_of[index->first + index->n++] = p;
	}
}

/* ---------------------------------------------------------------------
 * The set
 * ---------------------------------------------------------------------
 */

static bool
has_member(const AdvMatrix *matrix, int combo, int index)
{
	const AdvMatrixCombo *c = &matrix->combos[combo];

	for (int i = c->first; i < c->first + c->n; i++)
		if (matrix->members[i] == index)
			return true;
	return false;
}

/* The statement's best combo if the index, which is in the set, were not. */
static int
best_without(const AdvMatrix *matrix, const AdvMatrixStatement *statement, int index)
{
	int			c = statement->best;

	if (c < statement->end_combo && has_member(matrix, c, index))
	{
		do
			c++;
		while (c < statement->end_combo &&
			   (matrix->combos[c].missing > 0 || has_member(matrix, c, index)));
	}
	return c;
}

/* What the statement costs more without the index, which is in the set. */
static int64
rise_without(AdvMatrix *matrix, const AdvMatrixStatement *statement, int index)
{
	int			c = best_without(matrix, statement, index);

	matrix->work += c - statement->best;
	return (c < statement->end_combo ? matrix->combos[c].cost : statement->base) - statement->cost;
}

/* What the statement costs less with the index, which is not in the set. */
static int64
fall_with(AdvMatrix *matrix, const AdvMatrixStatement *statement, const AdvMatrixPair *pair)
{
	for (int e = pair->first; e < pair->first + pair->n; e++)
	{
		int			c = matrix->entries[e];

		if (c >= statement->best)
			break;
		matrix->work++;
		if (matrix->combos[c].missing == 1)
			return statement->cost - matrix->combos[c].cost;
	}
	return 0;
}

static void
refresh_pair(AdvMatrix *matrix, int p)
{
	AdvMatrixPair *pair = &matrix->pairs[p];
	AdvMatrixIndex *index = &matrix->indexes[pair->index];
	const AdvMatrixStatement *statement = &matrix->statements[pair->statement];
	int64		change;

	matrix->work++;
	if (index->chosen)
		change = rise_without(matrix, statement, pair->index);
	else
		change = fall_with(matrix, statement, pair);
	index->change += change - pair->change;
	pair->change = change;
}

/*
 * Pairs come in the order of their cheapest combo.  What has none as cheap as
 * the statement's best one changes nothing; the caller gives the end, the
 * dearest combo that has been or is the best one.
 */
static void
refresh_statement(AdvMatrix *matrix, const AdvMatrixStatement *statement, int end)
{
	for (int p = statement->first_pair; p < statement->end_pair; p++)
	{
		if (matrix->entries[matrix->pairs[p].first] > end)
			break;
		refresh_pair(matrix, p);
	}
}

/*
 * An index that belongs to the pair has come (by = -1) or gone (by = 1): its
 * statement's combos and best one.
 */
static void
count_missing(AdvMatrix *matrix, AdvMatrixStatement *statement, const AdvMatrixPair *pair, int by)
{
	matrix->work += pair->n;
	for (int e = pair->first; e < pair->first + pair->n; e++)
	{
		int			c = matrix->entries[e];

		matrix->combos[c].missing += by;
		if (matrix->combos[c].missing == 0 && c < statement->best)
			statement->best = c;
	}
	while (statement->best < statement->end_combo && matrix->combos[statement->best].missing > 0)
	{
		statement->best++;
		matrix->work++;
	}
	if (statement->best < statement->end_combo)
		statement->cost = matrix->combos[statement->best].cost;
	else
		statement->cost = statement->base;
}

/*
 * Has what other indexes would change about the statement changed?  No, as long
 * as only combos of the one index alone, or dearer than the best one have.
 */
static bool
concerns_others(const AdvMatrix *matrix, const AdvMatrixStatement *statement, const AdvMatrixPair *pair)
{
	for (int e = pair->first; e < pair->first + pair->n; e++)
	{
		int			c = matrix->entries[e];

		if (c >= statement->best)
			break;
		if (matrix->combos[c].n > 1)
			return true;
	}
	return false;
}

void
adv_matrix_toggle(AdvMatrix *matrix, int i)
{
	AdvMatrixIndex *index = &matrix->indexes[i];
	int			by = index->chosen ? 1 : -1;

	index->chosen = !index->chosen;
	matrix->n -= by;
	matrix->bytes -= by * index->bytes;
	matrix->cost -= by * index->upkeep;

	for (int k = index->first; k < index->first + index->n; k++)
	{
		const AdvMatrixPair *pair = &matrix->pairs[matrix->pair_of[k]];
		AdvMatrixStatement *statement = &matrix->statements[pair->statement];
		int			best = statement->best;
		int64		cost = statement->cost;

		count_missing(matrix, statement, pair, by);
		matrix->cost += statement->cost - cost;
		if (best != statement->best || concerns_others(matrix, statement, pair))
			refresh_statement(matrix, statement, Max(best, statement->best));
		else
		{
			/* what is the next best thing may have changed */
			refresh_pair(matrix, matrix->pair_of[k]);
			if (best < statement->end_combo)
			{
				const AdvMatrixCombo *combo = &matrix->combos[best];

				for (int m = combo->first; m < combo->first + combo->n; m++)
					refresh_pair(matrix, matrix->member_pairs[m]);
			}
		}
	}
}

/* What the statement costs with a combo, or none for its end_combo. */
static double
exact_cost(const AdvMatrix *matrix, const AdvMatrixStatement *statement, int combo)
{
	return combo < statement->end_combo ? matrix->combos[combo].exact : statement->exact_base;
}

double
adv_matrix_saved(const AdvMatrix *matrix)
{
	double		saved = 0;

	for (int s = 0; s < matrix->nstatements; s++)
	{
		const AdvMatrixStatement *statement = &matrix->statements[s];

		saved += statement->exact_base - exact_cost(matrix, statement, statement->best);
	}
	return saved;
}

double
adv_matrix_gain(const AdvMatrix *matrix, int i)
{
	const AdvMatrixIndex *index = &matrix->indexes[i];
	double		gain = 0;

	for (int k = index->first; k < index->first + index->n; k++)
	{
		const AdvMatrixPair *pair = &matrix->pairs[matrix->pair_of[k]];
		const AdvMatrixStatement *statement = &matrix->statements[pair->statement];

		gain += exact_cost(matrix, statement, best_without(matrix, statement, i)) -
			exact_cost(matrix, statement, statement->best);
	}
	return gain;
}

double
adv_matrix_cost_without(const AdvSearchProblem *problem)
{
	double		cost = 0;

	for (int i = 0; i < problem->nstatements; i++)
		cost += weighted_base(&problem->statements[i]);
	return cost;
}

AdvMatrix *
adv_matrix_make(const AdvSearchProblem *problem)
{
	Builder		builder = {0};
	AdvMatrix  *matrix = palloc0(sizeof(AdvMatrix));
	double		total = adv_matrix_cost_without(problem);
	int			nentries = 0;
	int		   *seen;

	if (!(total > 0) || !isfinite(total))
		return NULL;
	matrix->unit = total / UNITS;
	builder.problem = problem;
	builder.matrix = matrix;
	take_statements(&builder);
	if (matrix->nstatements == 0)
		return NULL;
	take_indexes(&builder);
	lay_out_combos(&builder);

	seen = palloc((matrix->nindexes + 1) * sizeof(int));
	for (int i = 0; i < matrix->nindexes; i++)
		seen[i] = -1;
	for (int s = 0; s < matrix->nstatements; s++)
		lay_out_pairs(matrix, s, seen, &nentries);
	lay_out_indexes(matrix);
	for (int s = 0; s < matrix->nstatements; s++)
		refresh_statement(matrix, &matrix->statements[s], matrix->ncombos);
	return matrix;
}

/*-------------------------------------------------------------------------
 *
 * matrix.h
 *		A selection problem in a form in which sets of indexes can be compared
 *		quickly, and a set of indexes whose cost is always known.
 *
 * The set changes by one index at a time, adv_matrix_toggle(), and the matrix
 * then knows what it costs, and what adding or removing each single index would
 * change.  Only what the index has to do with is computed again.
 *
 * Costs are whole numbers, so that what is added and subtracted a million times
 * stays exact and does not depend on the order.  The unit is a 2^40th part of
 * what all statements cost without indexes: differences below that are noise.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_MATRIX_H
#define ADV_RECOMMEND_MATRIX_H

#include "recommend/search.h"

/* All members together bring a statement down to the cost. */
typedef struct AdvMatrixCombo
{
	int64		cost;
	double		exact;			/* the same before it was made a whole number */
	int			first;			/* of its members in the matrix's array */
	int			n;
	int			missing;		/* members that are not in the set */
} AdvMatrixCombo;

/* A statement's combos, cheapest first, and the pairs that they consist of. */
typedef struct AdvMatrixStatement
{
	int64		base;
	double		exact_base;
	int			first_combo;
	int			end_combo;
	int			first_pair;
	int			end_pair;
	int			best;			/* first combo of which nothing is missing, or
								 * end_combo */
	int64		cost;			/* with the set */
} AdvMatrixStatement;

/* An index and a statement that has combos with it. */
typedef struct AdvMatrixPair
{
	int			index;
	int			statement;
	int			first;			/* of its combos in the matrix's array "entries" */
	int			n;
	int64		change;			/* of the statement's cost, if the index were
								 * added, or removed if it is in the set; >= 0 */
} AdvMatrixPair;

typedef struct AdvMatrixIndex
{
	int			original;		/* its number in the problem */
	double		bytes;
	int64		upkeep;
	int			first;			/* of its pairs in the matrix's array "pair_of" */
	int			n;
	bool		chosen;			/* in the set */
	int64		change;			/* sum of its pairs */
} AdvMatrixIndex;

typedef struct AdvMatrix
{
	double		unit;			/* what a cost of 1 is */
	int			nindexes;		/* that can be of any use */
	AdvMatrixIndex *indexes;
	int			nstatements;
	AdvMatrixStatement *statements;
	int			ncombos;
	AdvMatrixCombo *combos;
	int		   *members;		/* indexes of combos */
	int		   *member_pairs;	/* the same members as pairs */
	int			npairs;
	AdvMatrixPair *pairs;		/* by statement */
	int		   *pair_of;		/* pairs by index */
	int		   *entries;		/* combos of pairs, cheapest first */

	/* The set */
	int			n;
	double		bytes;
	int64		cost;			/* statements and upkeep */

	int64		work;			/* a measure of the time spent so far */
} AdvMatrix;

/*
 * NULL if no combination is of any use within the budget.  The set is empty.
 */
extern AdvMatrix *adv_matrix_make(const AdvSearchProblem *problem);

/* Add an index to the set, or remove it. */
extern void adv_matrix_toggle(AdvMatrix *matrix, int index);

/*
 * What the statements cost less with the set than without any index, and what
 * they would cost more without an index of it: as they were given, not in units.
 */
extern double adv_matrix_saved(const AdvMatrix *matrix);
extern double adv_matrix_gain(const AdvMatrix *matrix, int index);

/* What the problem's statements cost without any index. */
extern double adv_matrix_cost_without(const AdvSearchProblem *problem);

/* What toggling it would save (add) or cost (remove), net of its upkeep. */
static inline int64
adv_matrix_net(const AdvMatrixIndex *index)
{
	return index->change - index->upkeep;
}

#endif							/* ADV_RECOMMEND_MATRIX_H */

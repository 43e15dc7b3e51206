/*-------------------------------------------------------------------------
 *
 * search.h
 *		Which of many possible indexes to have: the selection.
 *
 * The input is a matrix: for each statement, what it costs without any of the
 * indexes, and what it costs with certain sets of them.  The output is the set
 * with the lowest sum of costs within a budget of bytes.
 *
 * Pure: it knows no planner, no catalog, no setting, and the same problem has
 * the same answer, unless it is stopped by the caller's clock.  All memory is
 * taken from the current memory context, and freed with it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_SEARCH_H
#define ADV_RECOMMEND_SEARCH_H

/*
 * What a statement costs if all members exist, each the number of an index.
 * With more indexes than those it costs no more.  A combination is ignored if
 * it is no cheaper than the base cost.
 */
typedef struct AdvSearchCombo
{
	double		cost;
	int			n;
	const int  *members;
} AdvSearchCombo;

typedef struct AdvSearchStatement
{
	double		weight;			/* how often it runs, or 1 */
	double		base;			/* cost with none of the indexes */
	int			ncombos;
	const AdvSearchCombo *combos;
} AdvSearchStatement;

typedef struct AdvSearchProblem
{
	int			nindexes;
	const double *bytes;		/* of each index */
	const double *upkeep;		/* cost of having it, in units of weight * cost;
								 * NULL: none */
	int			nstatements;
	const AdvSearchStatement *statements;

	double		budget;			/* bytes; infinity if there is none */
	int			max_indexes;	/* 0: any number */

	/*
	 * What an index must bring: taking it away from the others raises the cost
	 * of some statements; that rise must be at least this share of what these
	 * statements cost without any index.
	 */
	double		min_gain;

	const int  *initial;		/* a set to start from as well, say the last answer */
	int			ninitial;

	/*
	 * How long to try to get better, in units of the default: a quarter of a
	 * second for most problems, half a second for a thousand statements.
	 * 0: the default.  A tenth is enough for a set that is hardly worse.
	 */
	double		effort;

	/*
	 * Is time over?  Asked every few hundred microseconds; may be NULL.  The
	 * answer is then the best set found so far.
	 */
	bool		(*expired) (void *arg);
	void	   *expired_arg;
} AdvSearchProblem;

typedef struct AdvSearchResult
{
	int			n;

	/*
	 * Best first: each beginning of the list is the previous one without the
	 * index that is missed least.
	 */
	int		   *chosen;
	double	   *gain;			/* of each, how much more all would cost without
								 * it, not counting its upkeep */
	double		cost;			/* of all statements, and upkeep of the chosen */
	double		bytes;
	bool		complete;		/* not stopped by expired() */
} AdvSearchResult;

extern AdvSearchResult *adv_search_indexes(const AdvSearchProblem *problem);

#endif							/* ADV_RECOMMEND_SEARCH_H */

/*-------------------------------------------------------------------------
 *
 * recommend.h
 *		Which indexes to create.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_RECOMMEND_H
#define ADV_RECOMMEND_RECOMMEND_H

#include "nodes/pg_list.h"
#include "utils/array.h"

typedef struct AdvRecommendOptions
{
	double		budget;			/* bytes; infinity if there is none */
	ArrayType  *texts;			/* text[]; NULL: what was captured */
	int			max_columns;	/* key columns of an index */
	int			max_indexes;	/* 0: any number */
	double		min_gain;		/* share of the statements' time that an index
								 * has to save */
	double		max_regression; /* share by which a statement may get dearer */
	double		time_limit;		/* ms */
} AdvRecommendOptions;

/* What a statement gains by an index. */
typedef struct AdvGain
{
	uint64		queryid;
	int			number;			/* of a text */
	double		cost_before;	/* sums over examples */
	double		cost_after;
	double		ms_before;		/* per day; cost for texts */
	double		ms_after;
} AdvGain;

/* An existing index that a new one makes superfluous. */
typedef struct AdvRedundant
{
	Oid			indexid;
	char	   *drop;
	char	   *undo;
} AdvRedundant;

typedef struct AdvRecommendation
{
	Oid			relid;
	char	   *ddl;
	char	   *undo;
	char	   *definition;		/* the bare statement, for advisor.explain() */
	double		bytes;
	double		ms_before;		/* of the workload without any of these indexes */
	double		ms_after;		/* with this one and those before it */
	double		gain_ms;		/* what it brings to those before it */
	double		marginal_ms;	/* what would be lost if it alone were left out */
	double		write_ms;		/* maintenance */
	double		hot_lost;		/* HOT updates a day that would not be any more */
	List	   *gains;			/* AdvGain, with this one and those before it
								 * against without this one, greatest first */
	List	   *redundant;		/* AdvRedundant */
	char	   *reason;
	List	   *warnings;		/* char * */
} AdvRecommendation;

/* A statement for which there is no advice, and why. */
typedef struct AdvUnadvised
{
	uint64		queryid;
	int			number;
	double		ms_per_day;
	double		cost;			/* -1 if it could not be planned */
	char	   *reason;
} AdvUnadvised;

typedef struct AdvAdvice
{
	bool		captured;		/* from what was captured: times are real */
	bool		complete;		/* was there time enough? */
	List	   *recommendations;	/* best first */
	List	   *unadvised;		/* AdvUnadvised, dearest first */
	char	   *nothing;		/* why there are no recommendations, else NULL */
	double		ms_before;
	double		ms_after;
	int64		plans;			/* plans made */
} AdvAdvice;

/*
 * Find indexes, in the current memory context.  Plans each statement as the role
 * that ran it (trial.h), texts as the current one.  Raises errors for texts that
 * are no statements; what else cannot be planned is left out, with the reason
 * in unadvised.
 */
extern AdvAdvice *adv_recommend(const AdvRecommendOptions *options);

#endif							/* ADV_RECOMMEND_RECOMMEND_H */

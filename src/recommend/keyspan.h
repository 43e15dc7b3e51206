/*-------------------------------------------------------------------------
 *
 * keyspan.h
 *		Values of columns as places on an axis, and how far they reach.
 *
 * What a range partition may have as its key is a time or a number.  Both are
 * places on an axis here: times in seconds since 2000, numbers as they are.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_KEYSPAN_H
#define ADV_RECOMMEND_KEYSPAN_H

#include "access/htup.h"

typedef enum AdvAxis
{
	ADV_AXIS_NONE,
	ADV_AXIS_TIME,
	ADV_AXIS_NUMBER
} AdvAxis;

/* What ANALYZE has found in a column; all of the table, with its children. */
typedef struct AdvKeySpan
{
	Oid			type;
	AdvAxis		axis;
	double		null_frac;
	double		ndistinct;		/* as in pg_statistic: negative is a share of the rows */
	double		top_share;		/* of the most frequent value */
	double		correlation;
	bool		known_ends;		/* these two: */
	double		lower;
	double		upper;
} AdvKeySpan;

/* The axis of a type, which may be a domain. */
extern AdvAxis adv_axis(Oid type);

/* The place of a value; false if it has none, or is infinite. */
extern bool adv_axis_place(Oid type, Datum value, double *place);

/* A value at a place, or next to it; false if the type has none there. */
extern bool adv_axis_value(Oid type, double place, Datum *value);

/*
 * False if there are no statistics.  No rights are asked for: ends are values,
 * the distance between them is not.
 */
extern bool adv_key_span(Oid relid, AttrNumber attnum, AdvKeySpan *span);

/*
 * What the planner would know of the column if the table had no values but those
 * between two places: as in pg_statistic, in the current memory context.  NULL
 * if that cannot be said.
 */
extern HeapTuple adv_key_statistics_between(Oid relid, AttrNumber attnum, double lower,
											double upper);

/*
 * May the current role read the values of a column?  Not if row security hides
 * some of them.
 */
extern bool adv_may_read_column(Oid relid, AttrNumber attnum);

#endif							/* ADV_RECOMMEND_KEYSPAN_H */

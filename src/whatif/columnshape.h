/*-------------------------------------------------------------------------
 *
 * columnshape.h
 *		What is known of the values in a column of an index: widths, nulls,
 *		how many are different.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_WHATIF_COLUMNSHAPE_H
#define ADV_WHATIF_COLUMNSHAPE_H

#include "utils/relcache.h"
#include "whatif/indexdef.h"
#include "whatif/sample.h"

/*
 * Number of rows that stand for all in sums of widths.  A prime, so that the
 * columns of a row can be drawn independently by multiplication.
 */
#define ADV_SHAPE_ROWS	241

typedef struct AdvColumnShape
{
	Node	   *expr;			/* a Var of varno 1 or an expression */
	double		null_fraction;
	int16		typlen;			/* as it is stored in the index */
	char		typalign;
	int			widths[ADV_SHAPE_ROWS]; /* of values, in no order that matters */
	double		distinct;		/* without null; 0: unknown */
	double		correlation;	/* of values and places in the table */
	int			ncommon;		/* most common values, and their share of rows */
	double	   *common;
} AdvColumnShape;

extern void adv_column_shape(const AdvIndexDef *def, int column, Relation table,
							 double tuples, AdvSampleCache *samples,
							 AdvColumnShape *shape);

/* Sizes of ADV_SHAPE_ROWS index tuples with the first columns, aligned. */
extern void adv_tuple_sizes(const AdvColumnShape *columns, int ncolumns, int *sizes);

/* Their average. */
extern double adv_tuple_size(const AdvColumnShape *columns, int ncolumns);

#endif							/* ADV_WHATIF_COLUMNSHAPE_H */

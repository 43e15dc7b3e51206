/*-------------------------------------------------------------------------
 *
 * columnshape.c
 *		What is known of the values in a column of an index: widths, nulls,
 *		how many are different.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/itup.h"
#include "access/tupmacs.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "whatif/columnshape.h"

/*
 * ANALYZE takes values of more than a kilobyte for different, and indexes
 * compress values that tables need not: wider ones are looked at in a sample.
 */
#define WIDE	400

/* Multiplying by it reorders the rows for a column: prime to ADV_SHAPE_ROWS. */
static const int orders[] = {1, 89, 37, 149, 53, 211, 17, 101, 7, 173, 61, 29};

/* The type that the index stores, which the operator class may choose. */
static Oid
stored_type(const AdvIndexDef *def, int column, Oid type)
{
	HeapTuple	tuple;
	Oid			stored = InvalidOid;

	if (column >= def->nkeys)
		return type;
	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(def->columns[column].opclass));
	if (HeapTupleIsValid(tuple))
	{
		stored = ((Form_pg_opclass) GETSTRUCT(tuple))->opckeytype;
		ReleaseSysCache(tuple);
	}
	/* a name is cut to what it needs; other conversions are for other methods */
	return stored == CSTRINGOID ? stored : type;
}

static void
set_widths(AdvColumnShape *shape, int width)
{
	for (int i = 0; i < ADV_SHAPE_ROWS; i++)
		shape->widths[i] = width;
}

/* Names look like strings of characters in statistics and in the index. */
static int
width_of(const AdvColumnShape *shape, Datum value)
{
	return adv_index_width(value, shape->typlen);
}

/* The average is of many more values than those widths are. */
static void
correct_widths(AdvColumnShape *shape, int average)
{
	double		mean = 0;
	double		factor;

	for (int i = 0; i < ADV_SHAPE_ROWS; i++)
		mean += (double) shape->widths[i] / ADV_SHAPE_ROWS;
	/* the average has been rounded down */
	factor = Min(Max(mean, average), average + 1) / mean;
	if (fabs(factor - 1) < 0.02)
		return;
	for (int i = 0; i < ADV_SHAPE_ROWS; i++)
		shape->widths[i] = Max((int) (shape->widths[i] * factor + 0.5), 1);
}

/*
 * Widths from the most common values, each as often as it is, and the bounds of
 * the histogram for all others.  If there are no bounds of very wide values, the
 * average has to do.
 */
static void
widths_from_stats(AdvColumnShape *shape, int average, const AttStatsSlot *common,
				  const AttStatsSlot *bounds)
{
	int			row = 0;
	double		due = 0;
	double		present = Max(1 - shape->null_fraction, 1e-9);

	for (int i = 0; i < common->nvalues; i++)
		for (due += common->numbers[i] / present * ADV_SHAPE_ROWS;
			 row < due - 0.5 && row < ADV_SHAPE_ROWS; row++)
			shape->widths[row] = width_of(shape, common->values[i]);
	if (row == 0 && bounds->nvalues == 0)
	{
		set_widths(shape, average);
		return;
	}
	for (int i = row; i < ADV_SHAPE_ROWS; i++)
	{
		if (bounds->nvalues > 0)
			shape->widths[i] = width_of(shape, bounds->values[(i - row) * bounds->nvalues /
															  (ADV_SHAPE_ROWS - row)]);
		else
			shape->widths[i] = common->nvalues > 0 && row > 0 ? shape->widths[i % row] : average;
	}
	if (shape->typlen == -1)
		correct_widths(shape, average);
}

static void
shape_from_stats(AdvColumnShape *shape, HeapTuple stats, double tuples)
{
	Form_pg_statistic form = (Form_pg_statistic) GETSTRUCT(stats);
	AttStatsSlot common = {0};
	AttStatsSlot bounds = {0};
	AttStatsSlot correlation = {0};

	shape->null_fraction = form->stanullfrac;
	shape->distinct = form->stadistinct >= 0 ? form->stadistinct :
		-form->stadistinct * tuples;
	(void) get_attstatsslot(&common, stats, STATISTIC_KIND_MCV, InvalidOid,
							ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS);
	(void) get_attstatsslot(&bounds, stats, STATISTIC_KIND_HISTOGRAM, InvalidOid,
							ATTSTATSSLOT_VALUES);
	if (shape->typlen < 0)
		widths_from_stats(shape, form->stawidth, &common, &bounds);
	shape->ncommon = common.nnumbers;
	shape->common = palloc(Max(common.nnumbers, 1) * sizeof(double));
	for (int i = 0; i < common.nnumbers; i++)
		shape->common[i] = common.numbers[i];
	if (get_attstatsslot(&correlation, stats, STATISTIC_KIND_CORRELATION, InvalidOid,
						 ATTSTATSSLOT_NUMBERS) && correlation.nnumbers == 1)
		shape->correlation = correlation.numbers[0];
	free_attstatsslot(&correlation);
	free_attstatsslot(&common);
	free_attstatsslot(&bounds);
}

static bool
shape_from_sample(AdvColumnShape *shape, Relation table, double tuples, AdvSampleCache *samples)
{
	AdvSampleGroups groups;
	int			nrows;
	const int32 *widths = adv_sample_widths(samples, table, shape->expr, &nrows);
	int			present = 0;
	int			row = 0;

	if (widths == NULL)
		return false;
	shape->ncommon = 0;
	for (int i = 0; i < nrows; i++)
		present += widths[i] >= 0;
	shape->null_fraction = 1 - (double) present / nrows;
	if (shape->typlen < 0 && present > 0)
	{
		/* every so many rows */
		for (int i = 0, seen = 0; i < nrows; i++)
			if (widths[i] >= 0 && seen++ >= (int64) row * present / ADV_SHAPE_ROWS)
				while (row < ADV_SHAPE_ROWS && seen > (int64) row * present / ADV_SHAPE_ROWS)
					shape->widths[row++] = widths[i];
	}
	if (adv_sample_groups(samples, table, list_make1(shape->expr), NIL, &groups))
		shape->distinct = Min(groups.distinct, tuples);
	return true;
}

static void
prepare_shape(AdvColumnShape *shape, const AdvIndexDef *def, int column)
{
	const AdvIndexColumn *c = &def->columns[column];
	int32		typmod;
	Oid			type = adv_indexdef_column_type(def, column, &typmod);
	bool		byval;
	Oid			stored = stored_type(def, column, type);

	memset(shape, 0, sizeof(AdvColumnShape));
	get_typlenbyvalalign(stored, &shape->typlen, &byval, &shape->typalign);
	if (c->attnum != 0)
	{
		Oid			vartype;
		int32		vartypmod;
		Oid			collation;

		get_atttypetypmodcoll(def->relid, c->attnum, &vartype, &vartypmod, &collation);
		shape->expr = (Node *) makeVar(1, c->attnum, vartype, vartypmod, collation, 0);
	}
	else
		shape->expr = c->expr;
	set_widths(shape, shape->typlen > 0 ? shape->typlen : get_typavgwidth(stored, typmod));
}

void
adv_column_shape(const AdvIndexDef *def, int column, Relation table, double tuples,
				 AdvSampleCache *samples, AdvColumnShape *shape)
{
	AttrNumber	attnum = def->columns[column].attnum;
	HeapTuple	stats = NULL;
	bool		wide = false;

	prepare_shape(shape, def, column);
	if (attnum != 0)
		stats = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(RelationGetRelid(table)),
								Int16GetDatum(attnum), BoolGetDatum(false));
	if (HeapTupleIsValid(stats))
	{
		shape_from_stats(shape, stats, tuples);
		wide = shape->typlen == -1 && ((Form_pg_statistic) GETSTRUCT(stats))->stawidth > WIDE;
		ReleaseSysCache(stats);
	}
	if (!HeapTupleIsValid(stats) || wide)
		(void) shape_from_sample(shape, table, tuples, samples);
}

/* Which of the rows that stand for all is the one of a column in a tuple? */
static int
reordered(int row, int column)
{
	return row * orders[column % lengthof(orders)] % ADV_SHAPE_ROWS;
}

static int
tuple_size(const AdvColumnShape *columns, int ncolumns, int row)
{
	int			size = 0;
	bool		has_null = false;

	for (int i = 0; i < ncolumns; i++)
	{
		const AdvColumnShape *c = &columns[i];
		int			width = c->widths[reordered(row, i)];

		if (reordered(row, i + 5) + 0.5 < c->null_fraction * ADV_SHAPE_ROWS)
		{
			has_null = true;
			continue;
		}
		if (c->typlen != -1 || width > VARATT_SHORT_MAX)
			size = att_align_nominal(size, c->typalign);
		size += width;
	}
	return MAXALIGN(IndexInfoFindDataOffset(has_null ? INDEX_NULL_MASK : 0) + size);
}

void
adv_tuple_sizes(const AdvColumnShape *columns, int ncolumns, int *sizes)
{
	for (int row = 0; row < ADV_SHAPE_ROWS; row++)
		sizes[row] = tuple_size(columns, ncolumns, row);
}

double
adv_tuple_size(const AdvColumnShape *columns, int ncolumns)
{
	double		sum = 0;

	for (int row = 0; row < ADV_SHAPE_ROWS; row++)
		sum += tuple_size(columns, ncolumns, row);
	return sum / ADV_SHAPE_ROWS;
}

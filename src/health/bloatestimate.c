/*-------------------------------------------------------------------------
 *
 * bloatestimate.c
 *		Bloat as far as the statistics of the catalog tell: no page is read.
 *
 * Where statistics are missing or older than most rows there is a reason instead
 * of a number.  They are read from the catalog itself: its view pg_stats shows
 * nobody but the readers of a table anything, and an estimate made of nothing
 * would find bloat everywhere.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/tupmacs.h"
#include "catalog/pg_am.h"
#include "catalog/pg_statistic.h"
#include "common/compat.h"
#include "health/bloat.h"
#include "health/heapfill.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "whatif/columnshape.h"
#include "whatif/indexdef.h"
#include "whatif/indexsize.h"

/* Statistics are used for row counts up to this share of changed rows. */
#define MOVING		0.1

/* Above it, rows have mostly been written after ANALYZE has seen the table. */
#define OUTDATED	1.0

/* Rows put into pages to see how many pages they fill, at most. */
#define ROWS_FILLED	(ADV_SHAPE_ROWS * 8)

/* A column with so many different values, of all rows, makes keys unique. */
#define NEARLY_UNIQUE	(-0.9)

/* Rows that are alive; or why that is not known. */
static double
live_rows(Relation table, const char **reason)
{
	PgStat_StatTabEntry *stats = pgstat_fetch_stat_tabentry(RelationGetRelid(table));
	double		known = table->rd_rel->reltuples;
	double		changed = stats ? ADV_MODIFIED_SINCE_ANALYZE(stats) : 0;
	double		live = stats ? ADV_LIVE_TUPLES(stats) : -1;

	if (stats && (known < 0 || changed > MOVING * Max(known, live)))
		known = live;
	if (known < 0)
		*reason = "never vacuumed or analyzed";
	else if (changed > OUTDATED * Max(known, 1))
		*reason = "most rows have changed since the last ANALYZE";
	return known;
}

/* A row of pg_statistic; false if there is none. */
static bool
get_statistics(Oid relid, AttrNumber attnum, double *distinct)
{
	HeapTuple	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relid),
										Int16GetDatum(attnum), BoolGetDatum(false));

	if (!HeapTupleIsValid(tuple))
		return false;
	*distinct = ((Form_pg_statistic) GETSTRUCT(tuple))->stadistinct;
	ReleaseSysCache(tuple);
	return true;
}

/* ---------------------------------------------------------------------
 * Tables
 * ---------------------------------------------------------------------
 */

/* Is there all to know the widths of a column?  What never varies needs nothing. */
static bool
is_known(Relation table, Form_pg_attribute attribute)
{
	double		distinct;

	return attribute->attisdropped || (attribute->attlen > 0 && attribute->attnotnull) ||
		get_statistics(RelationGetRelid(table), attribute->attnum, &distinct);
}

static AdvColumnShape *
column_shapes(Relation table, double rows)
{
	TupleDesc	desc = RelationGetDescr(table);
	AdvColumnShape *shapes = palloc0(Max(desc->natts, 1) * sizeof(AdvColumnShape));
	AdvIndexDef *def = adv_indexdef_make(RelationGetRelid(table), BTREE_AM_OID);

	/* as a column of INCLUDE: any type can be one */
	def->ncolumns = 1;
	for (int i = 0; i < desc->natts; i++)
	{
		if (TupleDescAttr(desc, i)->attisdropped)
			continue;
		def->columns[0].attnum = i + 1;
		adv_column_shape(def, 0, table, rows, NULL, &shapes[i]);
	}
	return shapes;
}

/* Multiplication by anything shuffles rows, as their number is a prime. */
static int
shuffled(int row, int way)
{
	return row * (1 + way % (ADV_SHAPE_ROWS - 1)) % ADV_SHAPE_ROWS;
}

/* Length of a tuple made of a row of each column: column by column, aligned. */
static int
tuple_length(TupleDesc desc, const AdvColumnShape *shapes, int row)
{
	int			size = 0;
	bool		has_nulls = false;
	int			header = SizeofHeapTupleHeader;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		const AdvColumnShape *c = &shapes[i];
		int			width;

		if (attribute->attisdropped ||
			shuffled(row, 7 * i + 3) + 0.5 < c->null_fraction * ADV_SHAPE_ROWS)
		{
			has_nulls = true;
			continue;
		}
		width = c->widths[shuffled(row, 13 * i)];
		/* a short header, or a pointer to TOAST, goes anywhere */
		if (attribute->attlen != -1 || width > VARATT_SHORT_MAX ||
			attribute->attstorage == TYPSTORAGE_PLAIN)
			size = att_align_nominal(size, attribute->attalign);
		size += width;
	}
	if (has_nulls)
		header += BITMAPLEN(desc->natts);
	return MAXALIGN(header) + size;
}

static double
pages_of(Relation table, double rows)
{
	TupleDesc	desc = RelationGetDescr(table);
	AdvColumnShape *shapes = column_shapes(table, rows);
	AdvHeapFilling filling = {0};
	int			lengths[ADV_SHAPE_ROWS];
	int			n = (int) Min(ceil(rows), (double) ROWS_FILLED);

	filling.spare = RelationGetTargetPageFreeSpace(table, HEAP_DEFAULT_FILLFACTOR);
	for (int i = 0; i < ADV_SHAPE_ROWS; i++)
		lengths[i] = Min(tuple_length(desc, shapes, i), (int) MaxHeapTupleSize);
	for (int i = 0; i < n; i++)
		(void) adv_heap_fill(&filling, lengths[i % ADV_SHAPE_ROWS]);
	return ceil(adv_heap_filled(&filling) * rows / n - 0.001);
}

void
adv_heap_bloat_estimate(Relation table, AdvBloatPart *part)
{
	TupleDesc	desc = RelationGetDescr(table);

	part->pages = RelationGetNumberOfBlocks(table);
	part->error = -1;
	if (part->pages == 0)
		return;
	part->rows = live_rows(table, &part->reason);
	for (int i = 0; i < desc->natts && part->reason == NULL; i++)
	{
		if (!is_known(table, TupleDescAttr(desc, i)))
			part->reason = psprintf("no statistics of column %s",
									NameStr(TupleDescAttr(desc, i)->attname));
	}
	if (part->reason == NULL && part->rows >= 1)
		part->needed = pages_of(table, part->rows);
}

/* ---------------------------------------------------------------------
 * Btrees
 * ---------------------------------------------------------------------
 */

/*
 * Why the size of a new index cannot be told without looking, or NULL.  How
 * often keys repeat matters most, as they share an entry then.
 */
static const char *
why_unknown(const AdvIndexDef *def)
{
	bool		repeats = def->deduplicate && !def->unique && def->ncolumns == def->nkeys;
	bool		nearly_unique = false;

	if (def->predicate != NIL)
		return "a partial index cannot be estimated from statistics";
	for (int i = 0; i < def->ncolumns; i++)
	{
		double		distinct;

		if (def->columns[i].attnum == 0)
			return "an index on expressions cannot be estimated from statistics";
		if (def->columns[i].attnum < 0 ||
			!get_statistics(def->relid, def->columns[i].attnum, &distinct))
			return "no statistics of its columns";
		nearly_unique = nearly_unique || (i < def->nkeys && distinct < NEARLY_UNIQUE);
	}
	if (repeats && def->nkeys > 1 && !nearly_unique)
		return "the number of different keys is not known from statistics";
	return NULL;
}

void
adv_btree_bloat_estimate(Relation index, Relation table, AdvBloatPart *part)
{
	AdvIndexDef *def = adv_indexdef_of_index(index);
	AdvIndexSize size = {0};
	double		assumed;

	part->pages = RelationGetNumberOfBlocks(index);
	part->error = -1;
	part->rows = live_rows(table, &part->reason);
	if (part->reason == NULL)
		part->reason = why_unknown(def);
	if (part->reason != NULL)
		return;
	/* the planner's number of rows grows with a bloated table */
	assumed = adv_table_tuples(table);
	adv_indexsize_estimate(def, table, NULL, &size);
	part->needed = part->rows < 1 || assumed < 1 ? 1 :
		1 + ceil((size.pages - 1) * part->rows / assumed);
}

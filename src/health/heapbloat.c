/*-------------------------------------------------------------------------
 *
 * heapbloat.c
 *		Bloat of a table, or of a TOAST table, from a sample of its pages.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/detoast.h"
#include "access/heapam.h"
#include "access/heaptoast.h"
#include "access/htup_details.h"
#include "common/compat.h"
#include "health/bloat.h"
#include "health/heapfill.h"
#include "health/pagesample.h"
#include "storage/bufmgr.h"
#include "storage/freespace.h"
#include "storage/procarray.h"
#include "utils/rel.h"

/* With more changes than this share of rows the catalog's row count is not trusted. */
#define FEW_CHANGES	0.02

/* Entries of the free space map that are looked at, at most. */
#define MOST_MAP_ENTRIES	10000

typedef struct HeapScan
{
	AdvPageSample sample;
	AdvHeapFilling filling;
	TransactionId oldest_xmin;
	TupleDesc	desc;
	bool		reformed;		/* does a rewrite change all rows? */
	int			toast_target;	/* rows with more are shortened, if there is a TOAST table */
	Datum	   *values;
	bool	   *nulls;
	int		   *sizes;
	double		outside;		/* bytes in TOAST of the rows seen */
	double		returning;		/* of these, what a rewrite leaves out or puts into rows */
	double		dead;
	double		free;
	double		rows;
	double		recent;			/* of these, dead but still to be seen by somebody */
	double		dead_entries;
	double		replaced;		/* dead ones of which there is a newer version elsewhere */
	double		ended;			/* and others whose end is known */
} HeapScan;

/*
 * Does a rewrite leave out columns that have been dropped, or write down values
 * that so far are a default of all rows that are older than the column?
 */
static bool
is_reformed(TupleDesc desc)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (attribute->attisdropped || attribute->atthasmissing)
			return true;
	}
	return false;
}

/* Bytes that a value has in TOAST; 0 if it is not there. */
static int
size_outside(Form_pg_attribute attribute, Datum value)
{
	struct varatt_external pointer;

	if (attribute->attlen != -1 || !VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(value)))
		return 0;
	VARATT_EXTERNAL_GET_POINTER(pointer, DatumGetPointer(value));
	return VARATT_EXTERNAL_GET_EXTSIZE(pointer);
}

/*
 * Move out values of some storage kinds, the largest first, until the row is short
 * enough.  Sizes of those that have moved become negative.
 */
static int
move_out(HeapScan *scan, int length, int most, bool main_storage)
{
	while (length > most)
	{
		int			largest = -1;

		for (int i = 0; i < scan->desc->natts; i++)
		{
			char		storage = TupleDescAttr(scan->desc, i)->attstorage;

			if (scan->sizes[i] > (int) MAXALIGN(TOAST_POINTER_SIZE) &&
				(main_storage ? storage == TYPSTORAGE_MAIN :
				 storage == TYPSTORAGE_EXTENDED || storage == TYPSTORAGE_EXTERNAL) &&
				(largest < 0 || scan->sizes[i] > scan->sizes[largest]))
				largest = i;
		}
		if (largest < 0)
			break;
		length -= scan->sizes[largest] - TOAST_POINTER_SIZE;
		scan->sizes[largest] = -scan->sizes[largest];
	}
	return length;
}

/*
 * A rewrite decides again which values of a row go to TOAST.  A row that has become
 * shorter, by an update or by a column that was dropped, takes its values back.
 * What is not compressed so far is taken for incompressible.
 */
static int
length_with_toast(HeapScan *scan, int length)
{
	TupleDesc	desc = scan->desc;

	for (int i = 0; i < desc->natts; i++)
	{
		int			outside = scan->nulls[i] ? 0 : size_outside(TupleDescAttr(desc, i), scan->values[i]);

		scan->sizes[i] = 0;
		if (scan->nulls[i] || TupleDescAttr(desc, i)->attlen != -1)
			continue;
		scan->sizes[i] = outside > 0 ? outside + VARHDRSZ :
			VARSIZE_ANY(DatumGetPointer(scan->values[i]));
		scan->outside += outside;
		scan->returning += outside;
		if (outside > 0)
			length += scan->sizes[i] - TOAST_POINTER_SIZE;
	}
	length = move_out(scan, length, scan->toast_target, false);
	length = move_out(scan, length, TOAST_TUPLE_TARGET_MAIN, true);
	for (int i = 0; i < desc->natts; i++)
	{
		if (scan->sizes[i] < 0)
			scan->returning -= -scan->sizes[i] - VARHDRSZ;
	}
	return length;
}

/* What a tuple's length will be. */
static int
length_anew(HeapScan *scan, HeapTuple tuple)
{
	TupleDesc	desc = scan->desc;
	bool		toasted = scan->toast_target > 0 &&
		(HeapTupleHasExternal(tuple) || tuple->t_len > TOAST_TUPLE_THRESHOLD);
	bool		has_nulls = false;
	Size		header = SizeofHeapTupleHeader;
	int			length;

	if (HeapTupleHeaderGetNatts(tuple->t_data) > desc->natts ||
		(!scan->reformed && !toasted))
		return tuple->t_len;
	heap_deform_tuple(tuple, desc, scan->values, scan->nulls);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (attribute->attisdropped && !scan->nulls[i])
		{
			int			outside = size_outside(attribute, scan->values[i]);

			scan->outside += outside;
			scan->returning += outside;
			scan->nulls[i] = true;
		}
		has_nulls = has_nulls || scan->nulls[i];
	}
	if (has_nulls)
		header += BITMAPLEN(desc->natts);
	length = MAXALIGN(header) + heap_compute_data_size(desc, scan->values, scan->nulls);
	if (scan->toast_target > 0 && length > TOAST_TUPLE_THRESHOLD)
		toasted = true;
	return toasted ? length_with_toast(scan, length) : length;
}

/* Bytes that an item needs, with its line pointer; 0 if a rewrite leaves it out. */
static int
look_at_tuple(HeapScan *scan, Buffer buffer, HeapTuple tuple)
{
	double		size = MAXALIGN(tuple->t_len) + sizeof(ItemIdData);

	switch (HeapTupleSatisfiesVacuum(tuple, scan->oldest_xmin, buffer))
	{
		case HEAPTUPLE_DEAD:
			scan->dead += size;
			/* others of its HOT chain may need the entry */
			if (!HeapTupleIsHeapOnly(tuple) && !HeapTupleIsHotUpdated(tuple))
			{
				scan->dead_entries++;
				if (ItemPointerEquals(&tuple->t_self, &tuple->t_data->t_ctid))
					scan->ended++;
				else
					scan->replaced++;
			}
			return 0;
		case HEAPTUPLE_RECENTLY_DEAD:
			/* somebody may still look at it, so a rewrite has to keep it */
			scan->dead += size;
			scan->recent++;
			break;
		default:
			break;
	}
	scan->rows++;
	return adv_heap_fill(&scan->filling, length_anew(scan, tuple));
}

static void
look_at_page(HeapScan *scan, Buffer buffer, BlockNumber block, double room)
{
	Page		page = BufferGetPage(buffer);
	OffsetNumber last;
	double		needed = 0;
	double		rows = scan->rows;

	if (!adv_page_is_sound(page, 0))
	{
		/* new, most likely */
		scan->free += BLCKSZ;
		adv_page_sample_note_heap(&scan->sample, 0, 0, room);
		return;
	}
	scan->free += PageGetExactFreeSpace(page);
	last = PageGetMaxOffsetNumber(page);
	for (OffsetNumber i = FirstOffsetNumber; i <= last; i++)
	{
		ItemId		item = PageGetItemId(page, i);
		HeapTupleData tuple;

		if (ItemIdIsDead(item))
		{
			scan->dead += sizeof(ItemIdData);
			scan->dead_entries++;
		}
		if (!ItemIdIsNormal(item) || !adv_item_is_sound(page, item, SizeofHeapTupleHeader))
			continue;
		tuple.t_data = (HeapTupleHeader) PageGetItem(page, item);
		tuple.t_len = ItemIdGetLength(item);
		tuple.t_tableOid = RelationGetRelid(scan->sample.relation);
		ItemPointerSet(&tuple.t_self, block, i);
		if (tuple.t_data->t_hoff <= tuple.t_len)
			needed += look_at_tuple(scan, buffer, &tuple);
	}
	adv_page_sample_note_heap(&scan->sample, needed, scan->rows - rows, room);
}

/*
 * Live rows as the catalog or the counters have them.  ANALYZE never comes to a
 * TOAST table, so that there only the counters are left.
 */
static double
count_rows(Relation table)
{
	PgStat_StatTabEntry *stats = pgstat_fetch_stat_tabentry(RelationGetRelid(table));
	double		known = table->rd_rel->reltuples;

	if (stats == NULL)
		return -1;
	if (known > 0 && ADV_MODIFIED_SINCE_ANALYZE(stats) <= FEW_CHANGES * known)
		return known;
	return ADV_LIVE_TUPLES(stats);
}

/*
 * What the free space map says of a page, on average.  VACUUM writes it, and inserts
 * into a page do; a part of all pages is enough to tell.
 */
static double
mean_room(Relation table, BlockNumber blocks)
{
	double		stride = Max((double) blocks / MOST_MAP_ENTRIES, 1);
	double		sum = 0;
	double		n = 0;

	for (double block = 0; block < blocks; block += stride)
	{
		sum += GetRecordedFreeSpace(table, (BlockNumber) block);
		n++;
		if ((int) n % 1000 == 0)
			CHECK_FOR_INTERRUPTS();
	}
	return n > 0 ? sum / n : -1;
}

/*
 * Pages of wide rows have few, and by chance more or less of them.  Somebody may know
 * better than a small sample does how many rows there are, or how full the pages.
 */
static void
correct_sample(const HeapScan *scan, AdvBloatPart *part)
{
	const AdvPageSample *sample = &scan->sample;
	AdvPageMeans means = {.rows = -1,.room = -1};
	double		error;
	double		factor;

	if (adv_page_sample_error(sample) > 0)
	{
		means.rows = count_rows(sample->relation) / sample->blocks;
		/* those that are dead but have to stay are counted as dead by everybody */
		if (scan->rows > scan->recent)
			means.rows *= scan->rows / (scan->rows - scan->recent);
		means.room = mean_room(sample->relation, sample->blocks);
	}
	factor = adv_page_sample_correction(sample, means, &error);
	part->needed = ceil(part->needed * factor - 0.001);
	part->rows *= factor;
	part->error = part->needed * error;
}

static void
sum_up(const HeapScan *scan, AdvBloatPart *part)
{
	double		scale = scan->sample.seen > 0 ?
		(double) scan->sample.blocks / scan->sample.seen : 0;

	part->pages = scan->sample.blocks;
	part->sampled = scan->sample.seen;
	part->needed = adv_heap_filled(&scan->filling) * scale;
	part->dead = scan->dead * scale;
	part->free = scan->free * scale;
	part->rows = scan->rows * scale;
	part->dead_entries = scan->dead_entries * scale;
	part->replaced = scan->replaced / Max(scan->replaced + scan->ended, 1);
	part->returning = scan->outside > 0 ? Max(scan->returning / scan->outside, 0) : 0;
	correct_sample(scan, part);
}

void
adv_heap_bloat_sample(Relation table, int64 wanted, AdvBloatPart *part)
{
	TupleDesc	desc = RelationGetDescr(table);
	HeapScan	scan = {{0}};
	BlockNumber block;
	Buffer		buffer;
	double		room;

	scan.filling.spare = RelationGetTargetPageFreeSpace(table, HEAP_DEFAULT_FILLFACTOR);
	scan.oldest_xmin = GetOldestNonRemovableTransactionId(table);
	scan.desc = desc;
	scan.reformed = is_reformed(desc);
	if (OidIsValid(table->rd_rel->reltoastrelid))
		scan.toast_target = RelationGetToastTupleTarget(table, TOAST_TUPLE_TARGET);
	scan.values = palloc(Max(desc->natts, 1) * sizeof(Datum));
	scan.nulls = palloc(Max(desc->natts, 1) * sizeof(bool));
	scan.sizes = palloc(Max(desc->natts, 1) * sizeof(int));
	adv_page_sample_begin(&scan.sample, table, 0, wanted);
	while ((buffer = adv_page_sample_next(&scan.sample, &block)) != InvalidBuffer)
	{
		/* the map is read without a lock on another page */
		LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
		room = GetRecordedFreeSpace(table, block);
		LockBuffer(buffer, BUFFER_LOCK_SHARE);
		look_at_page(&scan, buffer, block, room);
		UnlockReleaseBuffer(buffer);
	}
	adv_page_sample_end(&scan.sample);
	sum_up(&scan, part);
}

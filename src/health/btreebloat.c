/*-------------------------------------------------------------------------
 *
 * btreebloat.c
 *		Bloat of a btree, from a sample of its pages.
 *
 * Bytes in use do not tell how large the index would be: a page that splits cuts
 * posting lists in two, and rows added later are not merged into them before the
 * page is full.  So the entries of sampled pages are grouped by key again and put
 * into leaf pages as CREATE INDEX would do it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/nbtree.h"
#include "health/bloat.h"
#include "health/pagesample.h"
#include "utils/rel.h"
#include "whatif/btreesize.h"

/* An entry of the leaf level without its row addresses. */
typedef struct Entry
{
	IndexTuple	tuple;
	int			size;			/* as if it had one row */
	int			rows;
} Entry;

typedef struct BtreeScan
{
	AdvPageSample sample;
	AdvBtreeFilling filling;
	bool		deduplicate;
	AdvBtreeFilling thinned;	/* without dead rows, if they are spread evenly */
	double		alive;			/* share of rows that are put there */
	bool		replaced;		/* of each key a row at least is */
	double		owed;
	double		thinned_rows;
	double		carried_rows;	/* of keys that go on on the next page */
	int			carried_size;
	double		pivots;			/* high keys seen, and their bytes */
	double		pivot_bytes;
	double		rows;
	double		dead;
	double		free;
} BtreeScan;

/* False if this is no entry of a leaf. */
static bool
read_entry(Page page, ItemId item, Entry *entry)
{
	IndexTuple	tuple;
	Size		size;

	if (!adv_item_is_sound(page, item, sizeof(IndexTupleData)))
		return false;
	tuple = (IndexTuple) PageGetItem(page, item);
	size = IndexTupleSize(tuple);
	if (size < sizeof(IndexTupleData) || size > ItemIdGetLength(item) ||
		BTreeTupleIsPivot(tuple))
		return false;
	entry->tuple = tuple;
	entry->size = MAXALIGN(size);
	entry->rows = 1;
	if (BTreeTupleIsPosting(tuple))
	{
		entry->size = BTreeTupleGetPostingOffset(tuple);
		entry->rows = BTreeTupleGetNPosting(tuple);
		if (entry->size < sizeof(IndexTupleData) || entry->size != MAXALIGN(entry->size) ||
			entry->size + entry->rows * sizeof(ItemPointerData) > size)
			return false;
	}
	return true;
}

/*
 * Byte by byte: where duplicates may share an entry, equal keys look equal, bar
 * values that one row has compressed and another has not.
 */
static bool
same_key(const Entry *a, const Entry *b)
{
	return a->size == b->size &&
		(a->tuple->t_info & INDEX_NULL_MASK) == (b->tuple->t_info & INDEX_NULL_MASK) &&
		memcmp((char *) a->tuple + sizeof(IndexTupleData),
			   (char *) b->tuple + sizeof(IndexTupleData),
			   a->size - sizeof(IndexTupleData)) == 0;
}

/* What one key takes in a new index, in bytes, about. */
static double
cost_of(const BtreeScan *scan, double rows, int size)
{
	if (!scan->deduplicate || rows < 2)
		return rows * (size + sizeof(ItemIdData));
	return rows * sizeof(ItemPointerData) +
		ceil(rows / Max(adv_btree_posting_rows(size), 2)) * (size + sizeof(ItemIdData));
}

static void
put_carried(BtreeScan *scan, double at_least)
{
	double		rows;

	if (scan->carried_rows < at_least || scan->carried_rows < 1)
		return;
	rows = at_least > 0 ? floor(scan->carried_rows / at_least) * at_least : scan->carried_rows;
	adv_btree_fill(&scan->filling, rows, scan->carried_size, true);
	scan->carried_rows -= rows;
}

static void
put_thinned(BtreeScan *scan, const Entry *entry, double rows)
{
	if (scan->alive >= 1)
		return;
	scan->owed += rows * scan->alive;
	rows = floor(scan->owed);
	if (scan->replaced)
		rows = Max(rows, 1);
	scan->thinned_rows += Max(rows, 0);
	scan->owed -= rows;
	if (rows >= 1)
		adv_btree_fill(&scan->thinned, rows, entry->size, scan->deduplicate);
}

/*
 * All rows that a page has of a key.  If the key goes on on the next page, the
 * last posting list here will not be cut short there: what is left over of such
 * keys is gathered from page to page.
 */
static double
put_key(BtreeScan *scan, const Entry *entry, double rows, bool goes_on)
{
	scan->rows += rows;
	put_thinned(scan, entry, rows);
	if (!goes_on)
	{
		adv_btree_fill(&scan->filling, rows, entry->size, scan->deduplicate);
		return cost_of(scan, rows, entry->size);
	}
	if (scan->carried_size != entry->size)
		put_carried(scan, 0);
	scan->carried_size = entry->size;
	scan->carried_rows += rows;
	put_carried(scan, Max(adv_btree_posting_rows(entry->size), 2));
	return rows * (sizeof(ItemPointerData) + (entry->size + sizeof(ItemIdData)) /
				   Max(adv_btree_posting_rows(entry->size), 2));
}

/*
 * The high key keeps the address of a row if the key alone does not tell the
 * page from its right neighbour.
 */
static bool
look_at_high_key(BtreeScan *scan, Page page)
{
	ItemId		item = PageGetItemId(page, P_HIKEY);
	IndexTuple	tuple;

	if (!adv_item_is_sound(page, item, sizeof(IndexTupleData)))
		return false;
	tuple = (IndexTuple) PageGetItem(page, item);
	scan->pivots++;
	scan->pivot_bytes += ItemIdGetLength(item);
	return BTreeTupleIsPivot(tuple) &&
		(ItemPointerGetOffsetNumberNoCheck(&tuple->t_tid) & BT_PIVOT_HEAP_TID_ATTR) != 0;
}

static double
look_at_leaf(BtreeScan *scan, Page page, BTPageOpaque opaque)
{
	OffsetNumber last = PageGetMaxOffsetNumber(page);
	bool		goes_on = false;
	double		needed = 0;
	double		rows = 0;
	Entry		key = {0};

	if (!P_RIGHTMOST(opaque) && last >= P_HIKEY)
		goes_on = look_at_high_key(scan, page) && scan->deduplicate;
	for (OffsetNumber i = P_FIRSTDATAKEY(opaque); i <= last; i++)
	{
		ItemId		item = PageGetItemId(page, i);
		double		size = MAXALIGN(ItemIdGetLength(item)) + sizeof(ItemIdData);
		Entry		entry;

		if (ItemIdIsDead(item))
		{
			scan->dead += size;
			continue;
		}
		if (!read_entry(page, item, &entry))
			continue;
		if (rows > 0 && !(scan->deduplicate && same_key(&key, &entry)))
		{
			needed += put_key(scan, &key, rows, false);
			rows = 0;
		}
		/* without merging, a posting list still is as many entries */
		rows += entry.rows;
		key = entry;
	}
	if (rows > 0)
		needed += put_key(scan, &key, rows, goes_on);
	return needed;
}

static double
look_at_page(BtreeScan *scan, Page page)
{
	BTPageOpaque opaque;

	if (!adv_page_is_sound(page, MAXALIGN(sizeof(BTPageOpaqueData))))
	{
		scan->free += BLCKSZ;
		return 0;
	}
	opaque = BTPageGetOpaque(page);
	if (P_ISDELETED(opaque) || P_ISHALFDEAD(opaque))
	{
		scan->free += BLCKSZ;
		return 0;
	}
	scan->free += PageGetExactFreeSpace(page);
	if (P_ISMETA(opaque) || !P_ISLEAF(opaque))
		return 0;
	return look_at_leaf(scan, page, opaque);
}

static void
sum_up(BtreeScan *scan, AdvBloatPart *part)
{
	double		scale = scan->sample.seen > 0 ?
		(double) scan->sample.blocks / scan->sample.seen : 0;
	double		leaves;
	double		pivot = scan->pivots > 0 ? scan->pivot_bytes / scan->pivots :
		2 * MAXALIGN(sizeof(IndexTupleData));
	int			height;

	put_carried(scan, 0);
	part->spread = 1;
	/* where keys were changed, some have no row any more */
	part->replaced = scan->replaced && scan->thinned_rows < 1.05 * scan->alive * scan->rows;
	if (scan->alive < 1 && scan->rows > 0 && (part->replaced > 0 || !scan->replaced))
		part->spread = Max(adv_btree_filled(&scan->thinned) /
						   (adv_btree_filled(&scan->filling) * scan->alive), 1);
	leaves = ceil(adv_btree_filled(&scan->filling) * scale - 0.001);
	part->pages = scan->sample.blocks + 1.0;
	part->sampled = scan->sample.seen;
	/* and the metapage */
	part->needed = 1 + leaves + adv_btree_inner_pages(leaves, pivot, &height);
	part->error = leaves * adv_page_sample_error(&scan->sample);
	part->dead = scan->dead * scale;
	part->free = scan->free * scale;
	part->rows = scan->rows * scale;
}

void
adv_btree_bloat_sample(Relation index, int64 wanted, double dead, bool replaced,
					   AdvBloatPart *part)
{
	PGAlignedBlock page;
	BtreeScan	scan = {{0}};

	scan.thinned.spare = scan.filling.spare = BTGetTargetPageFreeSpace(index);
	scan.alive = 1 - dead;
	scan.replaced = replaced;
	scan.deduplicate = !index->rd_index->indisunique && BTGetDeduplicateItems(index) &&
		_bt_allequalimage(index, false);
	adv_page_sample_begin(&scan.sample, index, BTREE_METAPAGE + 1, wanted);
	while (adv_page_sample_copy(&scan.sample, page.data))
		adv_page_sample_note(&scan.sample, look_at_page(&scan, (Page) page.data));
	adv_page_sample_end(&scan.sample);
	sum_up(&scan, part);
}

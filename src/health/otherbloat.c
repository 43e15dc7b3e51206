/*-------------------------------------------------------------------------
 *
 * otherbloat.c
 *		Bloat of GiST, SP-GiST and hash indexes, from a sample of their pages.
 *
 * How full their pages are when they are new depends on the order of rows, so
 * that the answer is a range, and the error says so.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/gist.h"
#include "access/gist_private.h"
#include "access/hash.h"
#include "access/spgist_private.h"
#include "catalog/pg_am.h"
#include "health/bloat.h"
#include "health/pagesample.h"
#include "utils/rel.h"
#include "whatif/amsize.h"

/* How full pages are when rows came in any order: the least, mostly, at most. */
typedef struct Fill
{
	double		least;
	double		usual;
	double		most;
} Fill;

typedef struct OtherScan
{
	AdvPageSample sample;
	double		rows;
	double		dead;
	double		free;
	double		overflow;		/* hash: pages with entries that a bucket had no room for */
} OtherScan;

/* Has a page entries in it that count? */
static bool
has_entries(Oid am, Page page)
{
	Size		special = PageGetSpecialSize(page);

	switch (am)
	{
		case HASH_AM_OID:
			return special >= sizeof(HashPageOpaqueData) &&
				(HashPageGetOpaque(page)->hasho_flag & (LH_BUCKET_PAGE | LH_OVERFLOW_PAGE)) != 0;
		case GIST_AM_OID:
			return special >= sizeof(GISTPageOpaqueData) && !GistPageIsDeleted(page);
		default:
			return special >= sizeof(SpGistPageOpaqueData) &&
				!SpGistPageIsMeta(page) && !SpGistPageIsDeleted(page);
	}
}

/* SP-GiST leaves something in the place of entries that have moved or died. */
static bool
is_alive(Oid am, Item item)
{
	return am != SPGIST_AM_OID || ((SpGistDeadTuple) item)->tupstate == SPGIST_LIVE;
}

static double
look_at_page(OtherScan *scan, Page page)
{
	double		used = 0;
	OffsetNumber last;

	if (!adv_page_is_sound(page, MAXALIGN(1)) ||
		!has_entries(scan->sample.relation->rd_rel->relam, page))
	{
		scan->free += BLCKSZ;
		return 0;
	}
	scan->free += PageGetExactFreeSpace(page);
	last = PageGetMaxOffsetNumber(page);
	for (OffsetNumber i = FirstOffsetNumber; i <= last; i++)
	{
		ItemId		item = PageGetItemId(page, i);
		double		size = MAXALIGN(ItemIdGetLength(item)) + sizeof(ItemIdData);

		if (ItemIdIsDead(item))
			scan->dead += size;
		else if (adv_item_is_sound(page, item, sizeof(IndexTupleData)) &&
				 is_alive(scan->sample.relation->rd_rel->relam, PageGetItem(page, item)))
		{
			used += size;
			scan->rows++;
		}
	}
	if (used > 0 && scan->sample.relation->rd_rel->relam == HASH_AM_OID &&
		(HashPageGetOpaque(page)->hasho_flag & LH_OVERFLOW_PAGE) != 0)
		scan->overflow++;
	return used;
}

static Fill
fill_of(Relation index)
{
	/* rows that come in order leave half of each page empty */
	Fill		boxes = {0.44, 0.6, 0.85};
	Fill		points = {0.65, 0.75, 0.9};

	return index->rd_rel->relam == SPGIST_AM_OID ? points : boxes;
}

/*
 * So many buckets CREATE INDEX makes for the rows of a table, NULLs among them; if
 * the entries are more than these take, it goes on to the next step.
 */
static double
hash_buckets(Relation index, double rows, double entries)
{
	int			item = MAXALIGN(sizeof(IndexTupleData)) + MAXALIGN(sizeof(uint32)) +
		sizeof(ItemIdData);
	int			per_bucket = Max(HashGetTargetPageUsage(index) / item, 10);
	double		wanted = Max(floor(rows / per_bucket), ceil(entries / per_bucket));

	return wanted <= 2 ? 2 :
		_hash_get_totalbuckets(_hash_spareindex((uint32) Min(wanted, (double) 0x40000000)));
}

/* Those that there is room for in the file. */
static double
buckets_now(Relation index)
{
	Buffer		buffer = _hash_getbuf(index, HASH_METAPAGE, HASH_READ, LH_META_PAGE);
	uint32		buckets = HashPageGetMeta(BufferGetPage(buffer))->hashm_maxbucket + 1;

	_hash_relbuf(index, buffer);
	return _hash_get_totalbuckets(_hash_spareindex(buckets));
}

/*
 * The number of buckets goes in steps, so a few rows more or less can double it.
 * With as many buckets as there are, the same ones overflow.
 */
static void
set_hash_pages(const OtherScan *scan, double table_rows, double chance, AdvBloatPart *part)
{
	Relation	index = scan->sample.relation;
	bool		known = table_rows >= 0;
	double		rows = known ? table_rows : part->rows;
	double		entries = Min(part->rows, rows);
	double		buckets = hash_buckets(index, rows, entries);
	AdvSampleGroups groups = {.distinct = part->rows};
	double		overflow;

	if (buckets_now(index) == buckets)
		overflow = scan->overflow * scan->sample.blocks / Max(scan->sample.seen, 1);
	else
		overflow = Max(adv_hash_pages(entries, &groups) - 2 - hash_buckets(index, 0, entries), 0);
	/* metapage and bitmap */
	part->needed = buckets + overflow + 2;
	chance = known ? 0.02 : Max(chance, 0.02);
	part->error = (hash_buckets(index, rows * (1 + chance), entries * (1 + chance)) -
				   hash_buckets(index, rows * (1 - chance), entries * (1 - chance))) / 2 +
		0.5 * overflow + 0.03 * part->needed;
}

static void
sum_up(OtherScan *scan, double table_rows, AdvBloatPart *part)
{
	double		scale = scan->sample.seen > 0 ?
		(double) scan->sample.blocks / scan->sample.seen : 0;
	double		chance = adv_page_sample_error(&scan->sample);
	double		full = scan->sample.sum * scale / (BLCKSZ - SizeOfPageHeaderData - 16);

	part->spread = 1;
	part->pages = scan->sample.blocks;
	part->sampled = scan->sample.seen;
	part->dead = scan->dead * scale;
	part->free = scan->free * scale;
	part->rows = scan->rows * scale;
	if (scan->sample.relation->rd_rel->relam == HASH_AM_OID)
		set_hash_pages(scan, table_rows, chance, part);
	else
	{
		Fill		fill = fill_of(scan->sample.relation);

		part->needed = Max(ceil(full / fill.usual), 1);
		part->error = part->needed * chance +
			Max(full / fill.least - part->needed, part->needed - full / fill.most);
	}
}

void
adv_other_bloat_sample(Relation index, int64 wanted, double table_rows,
					   AdvBloatPart *part)
{
	PGAlignedBlock page;
	OtherScan	scan = {{0}};

	adv_page_sample_begin(&scan.sample, index, 0, wanted);
	while (adv_page_sample_copy(&scan.sample, page.data))
		adv_page_sample_note(&scan.sample, look_at_page(&scan, (Page) page.data));
	adv_page_sample_end(&scan.sample);
	sum_up(&scan, table_rows, part);
}

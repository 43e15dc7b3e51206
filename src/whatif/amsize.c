/*-------------------------------------------------------------------------
 *
 * amsize.c
 *		Pages of indexes that are no btrees, roughly.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/brin.h"
#include "access/brin_page.h"
#include "access/gin.h"
#include "access/gin_private.h"
#include "access/hash.h"
#include "access/htup_details.h"
#include "catalog/pg_am.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "whatif/amsize.h"

/* What a page has for items, in access methods without line pointers to spare. */
#define PAGE_ROOM	(BLCKSZ - SizeOfPageHeaderData - 16.0)

/* Tree pages are filled so far when rows came in any order. */
#define GIST_FILL	0.68
#define SPGIST_FILL	0.75

/* GIN's entry pages split in halves though keys come in order. */
#define GIN_ENTRY_FILL	0.55

/* By so much the address of a row differs from one on the next page, for GIN. */
#define POSITIONS_PER_PAGE	2048.0

/* Keys of a sample that are looked at, at most. */
#define GIN_KEYS	2000000

/* ---------------------------------------------------------------------
 * Hash
 * ---------------------------------------------------------------------
 */

/*
 * CREATE INDEX makes so many buckets at once that pages get three quarters full;
 * chance, and common keys, make some of them overflow.
 */
double
adv_hash_pages(double tuples, const AdvSampleGroups *groups)
{
	int			item = MAXALIGN(sizeof(IndexTupleData)) + MAXALIGN(sizeof(uint32)) +
		sizeof(ItemIdData);
	double		per_bucket = BLCKSZ * HASH_DEFAULT_FILLFACTOR / 100 / item;
	double		per_page = floor(PAGE_ROOM / item);
	/* one entry more than they take, and the next step comes at once */
	double		wanted = ceil(tuples / floor(per_bucket));
	double		buckets = wanted <= 2 ? 2 :
		_hash_get_totalbuckets(_hash_spareindex((uint32) Min(wanted, (double) 0x40000000)));
	double		common = groups->common_groups > 0 ?
		groups->common_fraction * tuples / groups->common_groups : 0;
	double		rest = (1 - groups->common_fraction) * tuples;
	double		duplicates = rest / Max(groups->distinct - groups->common_groups, 1);
	double		mean = rest / buckets;
	double		deviation = sqrt(mean * Max(duplicates, 1));
	double		overflow = 0;

	/* a bucket has another page each time it exceeds a whole number of them */
	for (int k = 1; k < 50; k++)
		overflow += buckets * 0.5 * erfc((k * per_page - mean) / Max(deviation, 1e-9) / sqrt(2));
	if (common + mean > per_page)
		overflow += Min(groups->common_groups, buckets) *
			Max(groups->common_groups / buckets, 1) * common / per_page;
	/* metapage and bitmap */
	return ceil(buckets + overflow) + 2;
}

/* ---------------------------------------------------------------------
 * BRIN
 * ---------------------------------------------------------------------
 */

double
adv_brin_pages(double blocks, int pages_per_range, double width, int ncolumns)
{
	double		ranges = ceil(blocks / (pages_per_range > 0 ? pages_per_range :
										BRIN_DEFAULT_PAGES_PER_RANGE));
	/* least and greatest value of each column, and a header alike */
	double		values = width - MAXALIGN(sizeof(IndexTupleData));
	double		item = MAXALIGN(8 + (int) (2 * values)) + sizeof(ItemIdData);

	return 1 + Max(ceil(ranges / REVMAP_PAGE_MAXITEMS), 1) +
		Max(ceil(ranges * item / PAGE_ROOM), 1);
}

/* ---------------------------------------------------------------------
 * GIN
 * ---------------------------------------------------------------------
 */

/* Keys found in the rows of a sample. */
typedef struct KeyCollection
{
	MemoryContext context;
	MemoryContext per_row;
	FmgrInfo	extract;
	Oid			collation;
	bool		byval;
	int16		typlen;
	double		rows;
	double		nulls;
	double		width;			/* sum */
	int			nkeys;
	int			room;
	AdvSampledKey *keys;
} KeyCollection;

static void
add_key(KeyCollection *c, Datum key, BlockNumber block)
{
	if (c->nkeys == c->room)
	{
		c->room *= 2;
		c->keys = repalloc_huge(c->keys, c->room * sizeof(AdvSampledKey));
	}
	c->keys[c->nkeys].hash = murmurhash32(datum_image_hash(key, c->byval, c->typlen));
	c->keys[c->nkeys].block = block;
	c->width += adv_index_width(key, c->typlen);
	c->nkeys++;
}

static void
extract_keys(Datum value, bool isnull, BlockNumber block, void *arg)
{
	KeyCollection *c = arg;
	MemoryContext old;
	int32		nkeys = 0;
	bool	   *nulls = NULL;
	Datum	   *keys;

	if (c->nkeys >= GIN_KEYS)
		return;
	c->rows++;
	if (isnull)
	{
		c->nulls++;
		return;
	}
	old = MemoryContextSwitchTo(c->per_row);
	keys = (Datum *) DatumGetPointer(FunctionCall3Coll(&c->extract, c->collation, value,
													   PointerGetDatum(&nkeys),
													   PointerGetDatum(&nulls)));
	MemoryContextSwitchTo(c->context);
	for (int i = 0; keys != NULL && i < nkeys; i++)
		if (nulls == NULL || !nulls[i])
			add_key(c, keys[i], block);
	MemoryContextSwitchTo(old);
	MemoryContextReset(c->per_row);
}

/* The type of keys, which an operator class for arrays leaves to the column. */
static Oid
key_type(Oid opclass, Oid type)
{
	HeapTuple	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass));
	Oid			key;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator class %u", opclass);
	key = ((Form_pg_opclass) GETSTRUCT(tuple))->opckeytype;
	ReleaseSysCache(tuple);
	if (key == ANYELEMENTOID)
		key = get_base_element_type(type);
	return OidIsValid(key) ? key : type;
}

/*
 * Bytes of a list of row addresses, which GIN stores as differences of seven
 * bits a byte: one while rows are on the same page, and more from page to page
 * the further they are apart, which differs from row to row.
 */
static double
posting_bytes(double rows, double blocks)
{
	double		hops = Min(rows, blocks);
	double		difference = POSITIONS_PER_PAGE * blocks / Max(hops, 1);
	double		bytes = 1;

	for (int bits = 7; bits < 43; bits += 7)
		bytes += exp(-ldexp(1, bits) / difference);
	return hops * bytes + (rows - hops);
}

/* Bytes of entries that have one key each, and rows addresses together. */
static double
entry_bytes(double entries, double rows, double width, double blocks, double *posting_pages)
{
	double		base = IndexInfoFindDataOffset(0) + width;
	double		posting = posting_bytes(rows / entries, blocks);

	if (base + posting > GinMaxItemSize)
	{
		/* leaves of posting trees are filled completely */
		double		leaves = ceil(posting / (PAGE_ROOM - 32));

		*posting_pages += entries * (leaves > 1 ? leaves + 1 : 1);
		posting = 0;
	}
	/* a byte or two go to aligning the list, and its header */
	return entries * (MAXALIGN((int) (base + posting + 8)) + sizeof(ItemIdData));
}

/* Sum of entries of all keys, after they have been counted and so sorted. */
static double
bytes_of_keys(KeyCollection *c, const AdvSampleGroups *groups, double scale, double blocks,
			  double *posting_pages)
{
	double		width = c->width / Max(c->nkeys, 1);
	double		bytes = 0;
	double		rare = c->nkeys;
	double		nrare = groups->distinct;
	int			often = Max(8, (int) (c->nkeys / Max(groups->distinct, 1)));

	for (int i = 0; i < c->nkeys;)
	{
		int			start = i;

		while (i < c->nkeys && c->keys[i].hash == c->keys[start].hash)
			i++;
		if (i - start >= often)
		{
			bytes += entry_bytes(1, (i - start) * scale, width, blocks, posting_pages);
			rare -= i - start;
			nrare--;
		}
	}
	if (rare > 0 && nrare >= 1)
		bytes += entry_bytes(nrare, Max(rare * scale, nrare), width, blocks, posting_pages);
	return bytes;
}

static bool
collect_keys(const AdvIndexDef *def, int column, const AdvColumnShape *shape,
			 Relation table, KeyCollection *c, double *share)
{
	const AdvIndexColumn *key = &def->columns[column];
	int32		typmod;
	Oid			type = adv_indexdef_column_type(def, column, &typmod);
	Oid			input = get_opclass_input_type(key->opclass);
	Oid			proc = get_opfamily_proc(get_opclass_family(key->opclass), input, input,
										 GIN_EXTRACTVALUE_PROC);

	memset(c, 0, sizeof(KeyCollection));
	if (!OidIsValid(proc))
		return false;
	c->context = CurrentMemoryContext;
	c->per_row = AllocSetContextCreate(CurrentMemoryContext, "advisor GIN keys of a row",
									   ALLOCSET_DEFAULT_SIZES);
	fmgr_info(proc, &c->extract);
	c->collation = OidIsValid(key->collation) ? key->collation : DEFAULT_COLLATION_OID;
	get_typlenbyval(key_type(key->opclass, type), &c->typlen, &c->byval);
	c->room = 4096;
	c->keys = palloc(c->room * sizeof(AdvSampledKey));
	*share = adv_sample_visit(table, shape->expr, extract_keys, c);
	return *share > 0 && c->rows > 0;
}

double
adv_gin_pages(const AdvIndexDef *def, const AdvColumnShape *columns, Relation table,
			  double table_tuples, double tuples)
{
	double		blocks = RelationGetNumberOfBlocks(table);
	double		part = table_tuples > 0 ? tuples / table_tuples : 1;
	double		posting_pages = 0;
	double		bytes = 0;

	for (int i = 0; i < def->nkeys; i++)
	{
		KeyCollection c;
		AdvSampleGroups groups = {0};
		double		share;

		if (!collect_keys(def, i, &columns[i], table, &c, &share))
		{
			/* eight keys a row, and each of them in eight rows */
			bytes += entry_bytes(Max(tuples, 1), 8 * Max(tuples, 1), 12, blocks,
								 &posting_pages);
			continue;
		}
		share = Min(share, c.rows / Max(table_tuples, c.rows));
		adv_count_groups(c.keys, c.nkeys, share, &groups);
		bytes += bytes_of_keys(&c, &groups, part * tuples / Max(part * c.rows, 1), blocks,
							   &posting_pages);
		/* rows without keys have an entry, too */
		bytes += posting_bytes(c.nulls / c.rows * tuples, blocks);
	}
	/* metapage, and inner pages */
	return 1 + Max(ceil(1.01 * bytes / GIN_ENTRY_FILL / PAGE_ROOM + 1.01 * posting_pages), 1);
}

/* ---------------------------------------------------------------------
 * GiST, SP-GiST
 * ---------------------------------------------------------------------
 */

/* What is stored instead of the value, if that has a fixed length. */
static double
stored_width(const AdvIndexDef *def, double width)
{
	double		stored = 0;

	for (int i = 0; i < def->nkeys; i++)
	{
		int32		typmod;
		Oid			type = adv_indexdef_column_type(def, i, &typmod);
		Oid			key = key_type(def->columns[i].opclass, type);
		int16		typlen = get_typlen(key);

		/* all trigrams of a text, or the like */
		if (typlen <= 0)
			return key == type ? width : 2.5 * width;
		stored += MAXALIGN(typlen);
	}
	if (def->ncolumns > def->nkeys)
		return Max(width, stored + sizeof(IndexTupleData));
	return stored + MAXALIGN(sizeof(IndexTupleData));
}

double
adv_tree_pages(const AdvIndexDef *def, double tuples, double width)
{
	double		fill = def->am == SPGIST_AM_OID ? SPGIST_FILL : GIST_FILL;
	double		item = (def->am == SPGIST_AM_OID ? width + MAXALIGN(4) :
						stored_width(def, width)) + sizeof(ItemIdData);
	double		leaves = ceil(tuples * item / fill / PAGE_ROOM);

	/* inner pages are few; SP-GiST has three pages before the first leaf */
	return Max(leaves * (1 + item / fill / PAGE_ROOM), 1) + (def->am == SPGIST_AM_OID ? 2 : 0);
}

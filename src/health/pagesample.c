/*-------------------------------------------------------------------------
 *
 * pagesample.c
 *		Some pages of a relation that stand for all of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "health/pagesample.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"

/* Two standard errors, nearly: 95 of 100 samples are closer to the truth. */
#define CONFIDENCE	1.96

/* A correction of the sample by so many times its error is beyond belief. */
#define CREDIBLE	1.3

/* What remains of the error of a sample at least. */
#define SHARE_OF_DOUBT	0.35

/* Smaller samples are not corrected. */
#define FEWEST_PAGES	10

void
adv_page_sample_begin(AdvPageSample *sample, Relation relation, BlockNumber first,
					  int64 wanted)
{
	BlockNumber all = RelationGetNumberOfBlocks(relation);
	uint32		seed;

	memset(sample, 0, sizeof(AdvPageSample));
	sample->relation = relation;
	sample->first = first;
	sample->blocks = all > first ? all - first : 0;
	sample->wanted = (BlockNumber) Min((int64) sample->blocks, Max(wanted, 1));
	seed = hash_combine(murmurhash32(RelationGetRelid(relation)), murmurhash32(all));
	sample->start = seed / 4294967296.0;
	sample->strategy = GetAccessStrategy(BAS_BULKREAD);
}

Buffer
adv_page_sample_next(AdvPageSample *sample, BlockNumber *block)
{
	Buffer		buffer;
	double		stride;

	CHECK_FOR_INTERRUPTS();
	if (sample->seen >= sample->wanted)
		return InvalidBuffer;
	stride = (double) sample->blocks / sample->wanted;
	*block = sample->first +
		(BlockNumber) Min((sample->seen + sample->start) * stride, sample->blocks - 1);
	sample->seen++;
	buffer = ReadBufferExtended(sample->relation, MAIN_FORKNUM, *block, RBM_NORMAL,
								sample->strategy);
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	return buffer;
}

bool
adv_page_sample_copy(AdvPageSample *sample, char *page)
{
	BlockNumber block;
	Buffer		buffer = adv_page_sample_next(sample, &block);

	if (!BufferIsValid(buffer))
		return false;
	memcpy(page, BufferGetPage(buffer), BLCKSZ);
	UnlockReleaseBuffer(buffer);
	return true;
}

void
adv_page_sample_note(AdvPageSample *sample, double value)
{
	sample->sum += value;
	sample->sum_of_squares += value * value;
}

static void
note_companion(AdvCompanion *companion, double x, double value)
{
	companion->sum += x;
	companion->sum_of_squares += x * x;
	companion->sum_of_products += x * value;
}

void
adv_page_sample_note_heap(AdvPageSample *sample, double value, double rows, double room)
{
	adv_page_sample_note(sample, value);
	note_companion(&sample->rows, rows, value);
	note_companion(&sample->room, room, value);
}

/* A guess at the mean, and the sum of squares of what it leaves unexplained. */
typedef struct Guess
{
	double		mean;
	double		residue;
} Guess;

/* Value per row, times the rows of a page. */
static Guess
guess_by_rows(const AdvPageSample *s, double mean)
{
	double		ratio = s->sum / s->rows.sum;
	Guess		g;

	g.mean = ratio * mean;
	g.residue = s->sum_of_squares - 2 * ratio * s->rows.sum_of_products +
		ratio * ratio * s->rows.sum_of_squares;
	return g;
}

/* The straight line through the pages.  An outdated map makes it a flat one. */
static Guess
guess_by_room(const AdvPageSample *s, double mean)
{
	double		n = s->seen;
	double		own = s->room.sum / n;
	double		xx = s->room.sum_of_squares - n * own * own;
	double		xy = s->room.sum_of_products - s->sum * own;
	double		yy = s->sum_of_squares - s->sum * s->sum / n;
	Guess		g = {s->sum / n, yy};

	if (xx > 1e-6 * s->room.sum_of_squares)
	{
		g.mean += xy / xx * (mean - own);
		g.residue = yy - xy * xy / xx;
	}
	return g;
}

double
adv_page_sample_correction(const AdvPageSample *s, AdvPageMeans means, double *error)
{
	double		n = s->seen;
	double		mean = n > 0 ? s->sum / n : 0;
	double		doubt = adv_page_sample_error(s);
	Guess		best = {mean, s->sum_of_squares - n * mean * mean};

	*error = doubt;
	if (doubt <= 0 || n < FEWEST_PAGES)
		return 1;
	for (int i = 0; i < 2; i++)
	{
		Guess		g = best;

		if (i == 0 && means.rows > 0 && s->rows.sum > 0)
			g = guess_by_rows(s, means.rows);
		else if (i == 1 && means.room >= 0)
			g = guess_by_room(s, means.room);
		/* what the sample as it is rules out is wrong itself */
		if (g.residue < best.residue && fabs(g.mean / mean - 1) <= CREDIBLE * doubt)
			best = g;
	}
	/* two numbers more were guessed from the same pages */
	*error = CONFIDENCE * sqrt(Max(best.residue, 0) / (n - 2) / n * (1 - n / s->blocks)) / best.mean;
	/* a few pages that fit nearly all too well do not prove that the others do */
	*error = Max(*error, doubt * SHARE_OF_DOUBT);
	return best.mean / mean;
}

double
adv_page_sample_error(const AdvPageSample *sample)
{
	double		n = sample->seen;
	double		mean = n > 0 ? sample->sum / n : 0;
	double		variance;

	if (sample->seen >= sample->blocks || mean <= 0)
		return 0;
	if (n < 2)
		return 1;
	variance = Max(sample->sum_of_squares - n * mean * mean, 0) / (n - 1);
	/* the more of all pages have been seen the less is left to chance */
	return CONFIDENCE * sqrt(variance / n * (1 - n / sample->blocks)) / mean;
}

void
adv_page_sample_end(AdvPageSample *sample)
{
	FreeAccessStrategy(sample->strategy);
}

bool
adv_page_is_sound(Page page, Size special)
{
	PageHeader	header = (PageHeader) page;

	return !PageIsNew(page) &&
		header->pd_lower >= SizeOfPageHeaderData &&
		header->pd_lower <= header->pd_upper &&
		header->pd_upper <= header->pd_special &&
		header->pd_special <= BLCKSZ &&
		header->pd_special == MAXALIGN(header->pd_special) &&
		BLCKSZ - header->pd_special >= special;
}

bool
adv_item_is_sound(Page page, ItemId item, Size least)
{
	Size		offset = ItemIdGetOffset(item);

	return ItemIdHasStorage(item) &&
		offset == MAXALIGN(offset) &&
		offset >= ((PageHeader) page)->pd_upper &&
		ItemIdGetLength(item) >= least &&
		offset + ItemIdGetLength(item) <= ((PageHeader) page)->pd_special;
}

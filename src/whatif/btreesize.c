/*-------------------------------------------------------------------------
 *
 * btreesize.c
 *		Pages and height of a btree that CREATE INDEX would build.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/itup.h"
#include "access/nbtree.h"
#include "whatif/btreesize.h"

/* What a page has for items besides the line pointer of its high key. */
#define PAGE_ROOM \
	((int) (BLCKSZ - SizeOfPageHeaderData - MAXALIGN(sizeof(BTPageOpaqueData)) - \
			sizeof(ItemIdData)))

/* Posting lists that CREATE INDEX makes are at most this long. */
#define MAX_POSTING \
	((int) (MAXALIGN_DOWN(BLCKSZ * 10 / 100) - sizeof(ItemIdData)))

/* So many groups of a class are followed; more are extrapolated from those. */
#define GROUPS_FOLLOWED		20000

/* Longer runs of equal items are computed. */
#define LONGEST_RUN			64

/* Between 0 and 1: the same numbers in each run. */
static double
next_random(AdvBtreeFilling *f)
{
	f->random = f->random * UINT64CONST(6364136223846793005) + UINT64CONST(1442695040888963407);
	return (f->random >> 11) / 9007199254740992.0;
}

/*
 * As nbtsort.c does it: a page is finished when the next item comes and the
 * page has less than its spare room, or not enough for the item.  Its last item
 * then moves on to the next page, and a copy without posting list stays behind
 * as high key, which fits into the spare room as a rule.
 */
static void
add_item(AdvBtreeFilling *f, int size, int posting)
{
	int			left = PAGE_ROOM - f->used - (int) sizeof(ItemIdData);

	if (f->items > 0 &&
		(left < size + (int) MAXALIGN(sizeof(ItemPointerData)) ||
		 (left + f->last_posting < f->spare && f->items > 1)))
	{
		f->pages++;
		f->used = f->last;
		f->items = 1;
	}
	f->last = size + sizeof(ItemIdData);
	f->last_posting = posting;
	f->used += f->last;
	f->items++;
}

/* How many items of one size a page keeps. */
static int
page_capacity(int spare, int size, int posting)
{
	int			item = size + sizeof(ItemIdData);
	int			soft = (PAGE_ROOM - (int) sizeof(ItemIdData) - spare + posting) / item;
	int			hard = (PAGE_ROOM - (int) MAXALIGN(sizeof(ItemPointerData))) / item - 1;

	return Max(Min(soft, hard), 1);
}

static void
add_run(AdvBtreeFilling *f, double count, int size, int posting)
{
	if (count > LONGEST_RUN)
	{
		double		whole = floor(count) - LONGEST_RUN / 2;

		f->pages += whole / page_capacity(f->spare, size, posting);
		count -= whole;
	}
	for (int i = 0; i < count; i++)
		add_item(f, size, posting);
}

double
adv_btree_posting_rows(int size)
{
	return (MAX_POSTING / MAXIMUM_ALIGNOF * MAXIMUM_ALIGNOF - size) /
		(int) sizeof(ItemPointerData);
}

void
adv_btree_fill(AdvBtreeFilling *f, double rows, int size, bool deduplicate)
{
	double		per_list = adv_btree_posting_rows(size);

	if (!deduplicate || per_list < 2)
	{
		add_run(f, rows, size, 0);
		return;
	}
	if (rows >= per_list)
	{
		int			posting = per_list * sizeof(ItemPointerData);

		add_run(f, floor(rows / per_list), MAXALIGN(size + posting), posting);
		rows = fmod(rows, per_list);
	}
	if (rows >= 2)
	{
		int			posting = rows * sizeof(ItemPointerData);

		add_item(f, MAXALIGN(size + posting), posting);
	}
	else if (rows >= 1)
		add_item(f, size, 0);
}

/* The parameter of a Poisson distribution that has this mean without its zeros. */
static double
poisson_parameter(double mean)
{
	double		lambda = mean;

	for (int i = 0; i < 30; i++)
		lambda = mean * (1 - exp(-lambda));
	return lambda;
}

static double
poisson(AdvBtreeFilling *f, double lambda)
{
	if (lambda < 30)
	{
		double		limit = exp(-lambda);
		double		product = 1;

		for (;;)
		{
			double		k = 0;

			for (product = next_random(f); product > limit; product *= next_random(f))
				k++;
			if (k > 0)
				return k;
		}
	}
	else
	{
		double		sum = -6;

		for (int i = 0; i < 12; i++)
			sum += next_random(f);
		return Max(1, floor(lambda + sqrt(lambda) * sum + 0.5));
	}
}

/*
 * Rows of one of several keys.  Nobody knows whether keys are all equally
 * frequent, as they are where a child has a fixed number of rows, or as dice
 * fall: one half each is wrong by little in either case.
 */
static double
draw_rows(AdvBtreeFilling *f, double mean, double lambda, bool dice)
{
	if (mean <= 1.0001)
		return 1;
	if (dice)
		return poisson(f, lambda);
	return floor(mean) + (next_random(f) < mean - floor(mean) ? 1 : 0);
}

double
adv_btree_filled(const AdvBtreeFilling *f)
{
	return f->pages + (double) f->used / (PAGE_ROOM - f->spare);
}

static double
class_pages(const AdvBtreeClass *class, bool deduplicate, int spare)
{
	AdvBtreeFilling f = {.spare = spare, .random = 42};
	double		groups = deduplicate ? Max(class->groups, 1) : Max(class->rows, 1);
	double		mean = Max(class->rows / groups, 1);
	double		lambda = mean > 1.0001 ? poisson_parameter(mean) : 1;
	int			followed = (int) Min(ceil(groups), GROUPS_FOLLOWED);
	double		rows = 0;

	if (class->rows < 0.5)
		return 0;
	if (deduplicate && groups < 1.5)
	{
		adv_btree_fill(&f, class->rows, class->sizes[0], true);
		return adv_btree_filled(&f);
	}
	for (int i = 0; i < followed; i++)
	{
		double		n = draw_rows(&f, mean, lambda, i % 2 == 0);

		adv_btree_fill(&f, n, class->sizes[(int) (next_random(&f) * class->nsizes)], deduplicate);
		rows += n;
	}
	return adv_btree_filled(&f) * class->rows / rows;
}

/*
 * Classes of single keys are filled into the same pages, one after the other;
 * that is how the most common values come.
 */
static double
leaf_pages(const AdvBtreeShape *shape, int spare)
{
	AdvBtreeFilling common = {.spare = spare, .random = 42};
	double		pages = 0;

	for (int i = 0; i < shape->nclasses; i++)
	{
		const AdvBtreeClass *class = &shape->classes[i];

		if (shape->deduplicate && class->groups == 1)
			adv_btree_fill(&common, floor(class->rows + 0.5), class->sizes[i % class->nsizes], true);
		else
			pages += class_pages(class, shape->deduplicate, spare);
	}
	return pages + adv_btree_filled(&common);
}

double
adv_btree_inner_pages(double leaves, double pivot_size, int *height)
{
	int			spare = BLCKSZ * (100 - BTREE_NONLEAF_FILLFACTOR) / 100;
	/* the first item of an inner page has no key */
	double		fanout = floor((PAGE_ROOM - sizeof(ItemIdData) - spare -
								sizeof(IndexTupleData) - sizeof(ItemIdData)) /
							   (pivot_size + sizeof(ItemIdData))) + 1;
	double		pages = 0;

	*height = 0;
	for (double level = leaves; level > 1; (*height)++)
	{
		level = ceil(level / Max(fanout, 2));
		pages += level;
	}
	return pages;
}

void
adv_btree_size(const AdvBtreeShape *shape, double *pages, int *height)
{
	int			fillfactor = shape->fillfactor > 0 ? shape->fillfactor : BTREE_DEFAULT_FILLFACTOR;
	double		leaves = leaf_pages(shape, BLCKSZ * (100 - fillfactor) / 100);

	leaves = leaves <= 0 ? 0 : ceil(leaves - 0.001);
	/* and the metapage */
	*pages = 1 + leaves + adv_btree_inner_pages(leaves, shape->pivot_size, height);
}

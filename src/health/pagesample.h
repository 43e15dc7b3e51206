/*-------------------------------------------------------------------------
 *
 * pagesample.h
 *		Some pages of a relation that stand for all of them.
 *
 * A systematic sample: a start that is as good as random and a fixed stride, so
 * that a table whose front and end differ is seen in the right proportion.  The
 * start follows from the relation and its size: asked twice, it is the same.
 *
 * The relation is locked by the caller.  That keeps VACUUM from truncating it, so
 * that a block counted at the beginning is there at the end.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_HEALTH_PAGESAMPLE_H
#define ADV_HEALTH_PAGESAMPLE_H

#include "storage/block.h"
#include "storage/buf.h"
#include "storage/bufpage.h"
#include "utils/relcache.h"

/*
 * Another number of each page that goes along with the one that is sought, and
 * whose mean over all pages is known otherwise.
 */
typedef struct AdvCompanion
{
	double		sum;
	double		sum_of_squares;
	double		sum_of_products;
} AdvCompanion;

typedef struct AdvPageSample
{
	Relation	relation;
	BufferAccessStrategy strategy;
	BlockNumber first;			/* block to begin with; those before are not looked at */
	BlockNumber blocks;			/* from there to the end */
	BlockNumber wanted;			/* of these; all if it is as many */
	BlockNumber seen;
	double		start;			/* within the first stride */
	double		sum;			/* of what was noted of pages */
	double		sum_of_squares;
	AdvCompanion rows;
	AdvCompanion room;
} AdvPageSample;

extern void adv_page_sample_begin(AdvPageSample *sample, Relation relation,
								  BlockNumber first, int64 wanted);

/*
 * The next page, pinned and share-locked; InvalidBuffer after the last one.  Pages
 * come in the order of the file.
 */
extern Buffer adv_page_sample_next(AdvPageSample *sample, BlockNumber *block);

/* The same, but a copy in page, which need not be let go of; false at the end. */
extern bool adv_page_sample_copy(AdvPageSample *sample, char *page);

/* What a page adds to the sum that is sought; once for each page. */
extern void adv_page_sample_note(AdvPageSample *sample, double value);

/* The same of a page of a table, with its rows and the room that its free space map has. */
extern void adv_page_sample_note_heap(AdvPageSample *sample, double value, double rows,
									  double room);

/* Means of companions over all pages; negative: not known. */
typedef struct AdvPageMeans
{
	double		rows;
	double		room;
} AdvPageMeans;

/*
 * By what factor the sum that follows from the sample is better multiplied as the
 * sample has by chance got pages with more or fewer rows, or more or less room, than
 * all have.  1 if that tells nothing.  error is as of adv_page_sample_error().
 */
extern double adv_page_sample_correction(const AdvPageSample *sample, AdvPageMeans means,
										 double *error);

/*
 * 1.96 standard errors of the sum over all pages as it follows from the sample,
 * relative to that sum.  0 if all were seen.
 */
extern double adv_page_sample_error(const AdvPageSample *sample);

extern void adv_page_sample_end(AdvPageSample *sample);

/* Can the line pointers be trusted to be line pointers?  special: its least size. */
extern bool adv_page_is_sound(Page page, Size special);

/* Does an item lie within its page and have at least so many bytes? */
extern bool adv_item_is_sound(Page page, ItemId item, Size least);

#endif							/* ADV_HEALTH_PAGESAMPLE_H */

/*-------------------------------------------------------------------------
 *
 * btreesize.h
 *		Pages and height of a btree that CREATE INDEX would build.
 *
 * Pure: no catalog, no settings, and the same answer for the same shape.  The
 * way a btree is filled is followed item by item rather than put into one
 * formula, because what rounds in it (alignment, posting lists that have a
 * greatest length, pages that hold a whole number of items) makes up tens of
 * per cent.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_WHATIF_BTREESIZE_H
#define ADV_WHATIF_BTREESIZE_H

/* Rows whose keys are equally frequent. */
typedef struct AdvBtreeClass
{
	double		groups;			/* different keys */
	double		rows;			/* with all of these keys together */
	const int  *sizes;			/* of index tuples, a sample; they are aligned */
	int			nsizes;
} AdvBtreeClass;

typedef struct AdvBtreeShape
{
	int			nclasses;
	const AdvBtreeClass *classes;
	bool		deduplicate;
	int			fillfactor;		/* per cent; 0: the default */
	double		pivot_size;		/* of tuples in inner pages, on the average */
} AdvBtreeShape;

/* Pages, with the metapage, and height (0: the root is a leaf). */
extern void adv_btree_size(const AdvBtreeShape *shape, double *pages, int *height);

/* The leaf page that is being filled; begins as {.spare = ...}. */
typedef struct AdvBtreeFilling
{
	int			spare;			/* bytes to be left free on each page */
	double		pages;			/* full ones */
	int			used;
	int			items;
	int			last;			/* size of the last item, with line pointer */
	int			last_posting;	/* and of the posting list in it */
	uint64		random;
} AdvBtreeFilling;

/* Add all rows of one key, whose index tuple has this size without a posting list. */
extern void adv_btree_fill(AdvBtreeFilling *filling, double rows, int size, bool deduplicate);

/* Leaf pages, in fractions, that are filled so far. */
extern double adv_btree_filled(const AdvBtreeFilling *filling);

/* Rows that CREATE INDEX puts into one posting list at most, of keys of a size. */
extern double adv_btree_posting_rows(int size);

/* Pages above so many leaves, and their levels. */
extern double adv_btree_inner_pages(double leaves, double pivot_size, int *height);

#endif							/* ADV_WHATIF_BTREESIZE_H */

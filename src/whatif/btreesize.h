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

#endif							/* ADV_WHATIF_BTREESIZE_H */

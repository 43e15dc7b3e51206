/*-------------------------------------------------------------------------
 *
 * heapfill.h
 *		Filling the pages of a table with rows, as a rewrite does it.
 *
 * Followed row by row: pages hold a whole number of rows, and with wide ones
 * that makes up tens of per cent.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_HEALTH_HEAPFILL_H
#define ADV_HEALTH_HEAPFILL_H

typedef struct AdvHeapFilling
{
	int			spare;			/* bytes that the fillfactor leaves free */
	double		pages;			/* full ones */
	double		bytes;			/* in all of them */
	int			used;			/* in the page that is being filled */
} AdvHeapFilling;

/* A tuple of this length; returns the bytes it takes with its line pointer. */
extern int	adv_heap_fill(AdvHeapFilling *filling, int length);

/* Pages filled, in fractions. */
extern double adv_heap_filled(const AdvHeapFilling *filling);

#endif							/* ADV_HEALTH_HEAPFILL_H */

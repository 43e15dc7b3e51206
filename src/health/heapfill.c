/*-------------------------------------------------------------------------
 *
 * heapfill.c
 *		Filling the pages of a table with rows, as a rewrite does it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "health/heapfill.h"
#include "storage/bufpage.h"

#define PAGE_ROOM	((int) (BLCKSZ - SizeOfPageHeaderData))

int
adv_heap_fill(AdvHeapFilling *f, int length)
{
	int			item = MAXALIGN(length) + sizeof(ItemIdData);

	/* a page takes one row at least, whatever the fillfactor */
	if (f->used > 0 && f->used + item + f->spare > PAGE_ROOM)
	{
		f->pages++;
		f->bytes += f->used;
		f->used = 0;
	}
	f->used += item;
	return item;
}

double
adv_heap_filled(const AdvHeapFilling *f)
{
	double		full = f->pages > 0 ? f->bytes / f->pages : PAGE_ROOM - f->spare;

	return f->pages + Min(f->used / full, 1);
}

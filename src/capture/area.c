/*-------------------------------------------------------------------------
 *
 * area.c
 *		A fixed amount of shared memory for things of any length.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/area.h"
#include "storage/shmem.h"
#include "storage/spin.h"

#define BLOCK_DATA 252
#define BLOCKS_AT_ONCE 32		/* walked over while holding the spinlock */

typedef struct AreaBlock
{
	int32		next;			/* in a chain, or in the free list; number + 1,
								 * 0 at the end */
	char		data[BLOCK_DATA];
} AreaBlock;

/* mutex guards the rest, and the links of free blocks; nblocks is constant. */
struct AdvArea
{
	slock_t		mutex;
	int32		first_free;		/* number + 1 */
	int32		nfree;
	int32		nblocks;
	int64		dropped;		/* what found no room */
	AreaBlock	blocks[FLEXIBLE_ARRAY_MEMBER];
};

static inline int
count_blocks(Size bytes)
{
	return (int) ((bytes + BLOCK_DATA - 1) / BLOCK_DATA);
}

Size
adv_area_shmem_size(Size bytes)
{
	return add_size(offsetof(AdvArea, blocks),
					mul_size(bytes / sizeof(AreaBlock), sizeof(AreaBlock)));
}

AdvArea *
adv_area_shmem_init(const char *name, Size bytes)
{
	bool		found;
	AdvArea    *area = ShmemInitStruct(name, adv_area_shmem_size(bytes), &found);

	if (found)
		return area;

	SpinLockInit(&area->mutex);
	area->nblocks = (int32) (bytes / sizeof(AreaBlock));
	area->nfree = area->nblocks;
	area->first_free = area->nblocks > 0 ? 1 : 0;
	area->dropped = 0;
	for (int i = 0; i < area->nblocks; i++)
		area->blocks[i].next = i + 1 < area->nblocks ? i + 2 : 0;
	return area;
}

static inline AreaBlock *
block(const AdvArea *area, int32 number)
{
	return unconstify(AreaBlock *, &area->blocks[number - 1]);
}

/* Put the blocks from first to last, n of them, into the free list. */
static void
give_blocks(AdvArea *area, int32 first, int32 last, int n)
{
	SpinLockAcquire(&area->mutex);
	block(area, last)->next = area->first_free;
	area->first_free = first;
	area->nfree += n;
	SpinLockRelease(&area->mutex);
}

/* Take n blocks, at most BLOCKS_AT_ONCE, as a chain; 0 if there are not so many. */
static int32
take_some(AdvArea *area, int n, int32 *last)
{
	int32		first = 0;

	SpinLockAcquire(&area->mutex);
	if (area->nfree >= n)
	{
		first = area->first_free;
		*last = first;
		for (int i = 1; i < n; i++)
			*last = block(area, *last)->next;
		area->first_free = block(area, *last)->next;
		block(area, *last)->next = 0;
		area->nfree -= n;
	}
	SpinLockRelease(&area->mutex);
	return first;
}

/* A chain of n blocks, or 0 if there are not enough. */
static int32
take_blocks(AdvArea *area, int n)
{
	int32		first = 0;
	int32		first_last = 0;
	int			taken = 0;

	while (taken < n)
	{
		int			some = Min(n - taken, BLOCKS_AT_ONCE);
		int32		last;
		int32		more = take_some(area, some, &last);

		if (more == 0)
		{
			if (first != 0)
				give_blocks(area, first, first_last, taken);
			SpinLockAcquire(&area->mutex);
			area->dropped++;
			SpinLockRelease(&area->mutex);
			return 0;
		}
		if (first == 0)
			first_last = last;
		else
			block(area, last)->next = first;
		first = more;
		taken += some;
	}
	return first;
}

void
adv_area_overwrite(AdvArea *area, const AdvChain *chain, const void *data)
{
	const char *from = (const char *) data;
	int			left = chain->len;

	for (int32 number = chain->first_block; left > 0; number = block(area, number)->next)
	{
		int			part = Min(left, BLOCK_DATA);

		memcpy(block(area, number)->data, from, part);
		from += part;
		left -= part;
	}
}

bool
adv_area_put(AdvArea *area, AdvChain *to, const void *data, int len)
{
	int32		first;

	Assert(len > 0 && adv_chain_is_empty(to));
	first = take_blocks(area, count_blocks(len));
	if (first == 0)
		return false;

	to->first_block = first;
	to->len = len;
	adv_area_overwrite(area, to, data);
	return true;
}

void
adv_area_get(const AdvArea *area, const AdvChain *chain, void *buffer)
{
	char	   *to = (char *) buffer;
	int			left = chain->len;

	for (int32 number = chain->first_block; left > 0; number = block(area, number)->next)
	{
		int			part = Min(left, BLOCK_DATA);

		memcpy(to, block(area, number)->data, part);
		to += part;
		left -= part;
	}
}

void
adv_area_free(AdvArea *area, AdvChain *chain)
{
	int32		last = chain->first_block;
	int			n = 1;

	if (last == 0)
		return;

	while (block(area, last)->next != 0)
	{
		last = block(area, last)->next;
		n++;
	}
	give_blocks(area, chain->first_block, last, n);
	chain->first_block = 0;
	chain->len = 0;
}

void
adv_area_used(AdvArea *area, int64 *used, int64 *max, int64 *dropped)
{
	SpinLockAcquire(&area->mutex);
	*used = (int64) (area->nblocks - area->nfree) * sizeof(AreaBlock);
	*dropped = area->dropped;
	SpinLockRelease(&area->mutex);
	*max = (int64) area->nblocks * sizeof(AreaBlock);
}

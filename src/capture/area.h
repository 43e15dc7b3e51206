/*-------------------------------------------------------------------------
 *
 * area.h
 *		A fixed amount of shared memory for things of any length.
 *
 * What is kept lies in chains of small blocks taken from one free list, so
 * memory does not fragment, and taking some cannot fail half way or raise an
 * error.  A chain belongs to whoever has its AdvChain, and is guarded by the
 * lock that guards that; the area's own spinlock guards the free list alone
 * and is held for a few blocks at a time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_AREA_H
#define ADV_CAPTURE_AREA_H

typedef struct AdvArea AdvArea;

/* Something kept in an area; zeroes are nothing. */
typedef struct AdvChain
{
	int32		first_block;	/* number + 1 */
	int32		len;			/* bytes */
} AdvChain;

/* Shared memory of an area for so many bytes; and its creation or attachment. */
extern Size adv_area_shmem_size(Size bytes);
extern AdvArea *adv_area_shmem_init(const char *name, Size bytes);

/* Keep len bytes, more than 0; false if there is no room. */
extern bool adv_area_put(AdvArea *area, AdvChain *to, const void *data, int len);

/* Read all of it to buffer, or write all of it anew. */
extern void adv_area_get(const AdvArea *area, const AdvChain *chain, void *buffer);
extern void adv_area_overwrite(AdvArea *area, const AdvChain *chain, const void *data);

/* Give up what is kept, if anything is. */
extern void adv_area_free(AdvArea *area, AdvChain *chain);

/* Bytes in use and in all, and how often something found no room. */
extern void adv_area_used(AdvArea *area, int64 *used, int64 *max, int64 *dropped);

static inline bool
adv_chain_is_empty(const AdvChain *chain)
{
	return chain->first_block == 0;
}

#endif							/* ADV_CAPTURE_AREA_H */

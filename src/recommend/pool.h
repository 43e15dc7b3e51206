/*-------------------------------------------------------------------------
 *
 * pool.h
 *		All indexes that a run of recommend_indexes() thinks about.
 *
 * Each has a number, that of the hypothetical index; sets of them are
 * bitmapsets of these numbers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_POOL_H
#define ADV_RECOMMEND_POOL_H

#include "nodes/bitmapset.h"
#include "whatif/hypo.h"

typedef struct AdvPoolEntry
{
	const AdvHypoIndex *index;
	uint32		reasons;		/* ADV_REASON_... of scanview.h */
	double		upkeep;			/* of having it, in ms a day */
	int			family;			/* all with the same first column have this number */
	int			part;			/* all with the same predicate; -1 without one */
} AdvPoolEntry;

typedef struct AdvPool AdvPool;

extern AdvPool *adv_pool_create(MemoryContext context);
extern const AdvHypoSet *adv_pool_hypos(const AdvPool *pool);
extern int	adv_pool_count(const AdvPool *pool);
extern AdvPoolEntry *adv_pool_get(const AdvPool *pool, int id);

/*
 * The number of an index like def, which is added to the pool if it is not in
 * it; -1 if an existing index does all that it could do.  Raises errors, after
 * which the pool is as before.
 */
extern int	adv_pool_add(AdvPool *pool, const AdvIndexDef *def, uint32 reasons);

/* The number of an index like def; -1 if it is not in the pool. */
extern int	adv_pool_find(const AdvPool *pool, const AdvIndexDef *def);

/* Numbers of the indexes on a table. */
extern const Bitmapset *adv_pool_on(const AdvPool *pool, Oid relid);

/* Definitions of the existing valid indexes of a table: AdvExistingIndex. */
typedef struct AdvExistingIndex
{
	Oid			indexid;
	AdvIndexDef *def;
	bool		is_constraint;	/* unique, behind a constraint or an identity, or
								 * a part of an index on a partitioned table */
} AdvExistingIndex;

extern List *adv_pool_existing(AdvPool *pool, Oid relid);

/* Does one of them do all that such an index could do? */
extern bool adv_pool_is_covered(AdvPool *pool, const AdvIndexDef *def);

/*
 * Those indexes of a set whose first column stands first in one of others, too, or
 * that have the same predicate as one of them.  A partitioned table and its partitions
 * count as one table.
 */
extern Bitmapset *adv_pool_related(const AdvPool *pool, const Bitmapset *set,
								   const Bitmapset *others);

/* Are both on the same table, with the same first column? */
extern bool adv_pool_are_alike(const AdvPool *pool, int a, int b);

#endif							/* ADV_RECOMMEND_POOL_H */

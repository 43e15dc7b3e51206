/*-------------------------------------------------------------------------
 *
 * mentions.h
 *		Which columns a query mentions where an index could help.
 *
 * The planner spends time on each index of a table, even if it can do nothing
 * with it.  What a query says tells of most indexes that no path would use them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_WHATIF_MENTIONS_H
#define ADV_WHATIF_MENTIONS_H

#include "nodes/bitmapset.h"
#include "nodes/pathnodes.h"
#include "whatif/indexdef.h"

typedef struct AdvMentions
{
	Bitmapset  *sought;			/* attributes in conditions and sort keys */
	Bitmapset  *used;			/* attributes anywhere, offset by
								 * FirstLowInvalidHeapAttributeNumber as is sought */
} AdvMentions;

/*
 * For a relation that is being added to the query, before its conditions have
 * been distributed.  In the current memory context.
 */
extern void adv_mentions_find(PlannerInfo *root, RelOptInfo *rel, AdvMentions *mentions);

/*
 * Could there be a path with this index?  If not, planning gives the same result
 * without it.  It errs on the side of yes.
 */
extern bool adv_mentions_matter(const AdvMentions *mentions, const AdvIndexDef *def);

#endif							/* ADV_WHATIF_MENTIONS_H */

/*-------------------------------------------------------------------------
 *
 * indexsize.h
 *		How large an index would be that does not exist.
 *
 * As CREATE INDEX would build it now: no bloat, and no room lost to pages that
 * split later.  From the statistics of the catalog, and a sample of the table
 * where those do not tell.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_WHATIF_INDEXSIZE_H
#define ADV_WHATIF_INDEXSIZE_H

#include "utils/relcache.h"
#include "whatif/indexdef.h"
#include "whatif/sample.h"

typedef struct AdvIndexSize
{
	double		tuples;			/* rows that are in the index */
	double		pages;
	int			tree_height;	/* of a btree, 0: its root is a leaf; others: -1 */
} AdvIndexSize;

/*
 * Estimate the size of an index on a table with rows of its own, the one of the
 * definition.  Raises errors of expressions that are computed for a sample.
 */
extern void adv_indexsize_estimate(const AdvIndexDef *def, Relation table,
								   AdvSampleCache *samples, AdvIndexSize *size);

#endif							/* ADV_WHATIF_INDEXSIZE_H */

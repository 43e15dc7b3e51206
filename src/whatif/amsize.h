/*-------------------------------------------------------------------------
 *
 * amsize.h
 *		Pages of indexes that are no btrees, roughly.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_WHATIF_AMSIZE_H
#define ADV_WHATIF_AMSIZE_H

#include "whatif/columnshape.h"
#include "whatif/indexdef.h"
#include "whatif/sample.h"

extern double adv_hash_pages(double tuples, const AdvSampleGroups *groups);

/* width: of a tuple with one value of each column */
extern double adv_brin_pages(double blocks, int pages_per_range, double width, int ncolumns);

/*
 * From the keys that the operator class finds in rows of a sample, or a guess if
 * there is none.
 */
extern double adv_gin_pages(const AdvIndexDef *def, const AdvColumnShape *columns,
							Relation table, double table_tuples, double tuples);

/* GiST, SP-GiST, and what is not known. */
extern double adv_tree_pages(const AdvIndexDef *def, double tuples, double width);

#endif							/* ADV_WHATIF_AMSIZE_H */

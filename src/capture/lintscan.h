/*-------------------------------------------------------------------------
 *
 * lintscan.h
 *		Facts about the conditions of scans and joins.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_LINTSCAN_H
#define ADV_CAPTURE_LINTSCAN_H

#include "capture/lintexpr.h"

/* The relation that a plan node scans by itself, 0 if there is none. */
extern Index adv_lint_scan_relation(const Plan *plan);

/* All conditions of such a scan, in base form, the index's included. */
extern List *adv_lint_scan_conditions(AdvLint *lint, const Plan *plan);

/* Facts about the filter of a scan, which is node number node. */
extern void adv_lint_scan(AdvLint *lint, const Plan *plan, int node);

/* Facts about an OR among the join conditions of a node. */
extern void adv_lint_join_or(AdvLint *lint, const Plan *plan, int node,
							 const List *conditions);

#endif							/* ADV_CAPTURE_LINTSCAN_H */

/*-------------------------------------------------------------------------
 *
 * keptrows.h
 *		Rows of dear functions, kept while the checks run.
 *
 * Each group of checks reads what was captured, and how large relations are.
 * To read it once for all of them takes a fraction of the time, and they agree
 * about what they saw.
 *
 * Rows are kept from adv_keptrows_begin to adv_keptrows_end, or to the end of the
 * (sub)transaction in which they were begun, whatever happens; for the same role
 * only, as functions hide from one what they tell another.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_COMMON_KEPTROWS_H
#define ADV_COMMON_KEPTROWS_H

#include "nodes/execnodes.h"

typedef enum AdvKeptRows
{
	ADV_KEPT_PLAN_NODES,
	ADV_KEPT_RELATION_SIZES,
	ADV_KEPT_FUNCTIONS
} AdvKeptRows;

extern void adv_keptrows_begin(void);
extern void adv_keptrows_end(void);

/* Put the rows that are kept into the (empty) result; false if there are none. */
extern bool adv_keptrows_get(AdvKeptRows function, ReturnSetInfo *result);

/* The result is complete: keep its rows, if it is the time and they are not too many. */
extern void adv_keptrows_put(AdvKeptRows function, ReturnSetInfo *result);

#endif							/* ADV_COMMON_KEPTROWS_H */

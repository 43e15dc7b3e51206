/*-------------------------------------------------------------------------
 *
 * hidden.h
 *		A world without certain indexes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_WHATIF_HIDDEN_H
#define ADV_WHATIF_HIDDEN_H

#include "whatif/inject.h"

/*
 * Hide existing indexes, given by a list of oids, and all their partitions, in
 * place of those hidden so far.  Errors for what is no index.  Locks them till
 * the end of the (sub)transaction; the array is in the current memory context.
 */
extern void adv_hidden_set(AdvConfiguration *world, List *indexes);

#endif							/* ADV_WHATIF_HIDDEN_H */

/*-------------------------------------------------------------------------
 *
 * planjson.h
 *		EXPLAIN's JSON, node by node.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_PLANJSON_H
#define ADV_CAPTURE_PLANJSON_H

#include "lib/stringinfo.h"

/*
 * Write the object of each node, without the nodes below it, to nodes[], in
 * the order in which they are printed; returns their number, of which the
 * first max are written.  json is EXPLAIN's own output.
 */
extern int	adv_planjson_split(const char *json, StringInfoData *nodes, int max);

#endif							/* ADV_CAPTURE_PLANJSON_H */

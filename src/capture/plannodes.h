/*-------------------------------------------------------------------------
 *
 * plannodes.h
 *		The nodes of a plan in the order in which EXPLAIN prints them.
 *
 * A node's place in that order is its number, by which what EXPLAIN says of it
 * in words, what is known of it, and what was measured in it come together.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_PLANNODES_H
#define ADV_CAPTURE_PLANNODES_H

#include "nodes/execnodes.h"

/* Of larger plans only so many nodes are kept. */
#define ADV_MAX_NODES 500

typedef struct AdvNodeRef
{
	const Plan *plan;
	PlanState  *state;
	int			parent;			/* number of the node above it, -1 at the root */
} AdvNodeRef;

typedef struct AdvNodeList
{
	int			n;				/* nodes kept */
	int			total;			/* nodes there are */
	AdvNodeRef	nodes[ADV_MAX_NODES];
} AdvNodeList;

/*
 * List the nodes of a plan being executed.  Allocates a little in the current
 * memory context if the plan has subplans.
 */
extern void adv_plannodes_list(PlanState *root, AdvNodeList *list);

#endif							/* ADV_CAPTURE_PLANNODES_H */

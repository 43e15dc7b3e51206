/*-------------------------------------------------------------------------
 *
 * inject.h
 *		Planning a query in a world with other indexes.
 *
 * The planner's hooks are in place, and do something, only in what
 * adv_inject_plan() plans itself: not in what functions plan that are called
 * meanwhile, and not when it has ended, however it did.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_WHATIF_INJECT_H
#define ADV_WHATIF_INJECT_H

#include "access/htup.h"
#include "nodes/bitmapset.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"
#include "whatif/hypo.h"

/* Sees each base relation when the planner is about to find paths for it. */
typedef void (*AdvPlanObserver) (PlannerInfo *root, RelOptInfo *rel, Index rti,
								 RangeTblEntry *rte, void *arg);

/*
 * A table of which only a part exists: as if the others were partitions that have
 * been left out.
 */
typedef struct AdvReducedTable
{
	Oid			relid;
	double		fraction;		/* of its rows and pages, and those of its indexes */
	AttrNumber	attnum;			/* the column that tells which, */
	HeapTuple	stats;			/* what is known of it in this part, */
	bool		may_read;		/* and whether who plans may know its values */
} AdvReducedTable;

/* A world to plan in. */
typedef struct AdvConfiguration
{
	const AdvHypoSet *hypos;	/* NULL if there are none */
	const Bitmapset *present;	/* ids of those that exist here */
	int			nhidden;
	const Oid  *hidden;			/* real indexes that do not, with those of their
								 * partitions */
	const AdvReducedTable *reduced; /* NULL if there is none */
	AdvPlanObserver observe;	/* may be NULL */
	void	   *observe_arg;
} AdvConfiguration;

/* Put the hooks in place, once, when the library is loaded. */
extern void adv_inject_install(void);

/*
 * Plan a query, which is scribbled on, in a world.  The text is for messages.
 * No other planner than PostgreSQL's own is asked.
 *
 * In every world, with indexes or without, the planner is kept from looking
 * into real btrees for the greatest and least value, which takes time, may wait
 * for the disk and counts as a scan of the index.
 */
extern PlannedStmt *adv_inject_plan(Query *query, const char *text,
									const AdvConfiguration *world);

/*
 * The same world for the length of an EXPLAIN: the names of its indexes.  To be
 * ended by adv_inject_show(NULL), in every case.
 */
extern void adv_inject_show(const AdvHypoSet *hypos);

#endif							/* ADV_WHATIF_INJECT_H */

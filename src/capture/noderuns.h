/*-------------------------------------------------------------------------
 *
 * noderuns.h
 *		What was measured in the nodes of a plan.
 *
 * Sums and extremes over the instrumented executions of a plan.  One record
 * holds those of all nodes; records merge by addition, so that of a single
 * execution has the same form as that of all.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_NODERUNS_H
#define ADV_CAPTURE_NODERUNS_H

#include "capture/document.h"
#include "capture/plannodes.h"
#include "executor/execdesc.h"

/* Different sets of parameters that are told apart. */
#define ADV_PARAM_SETS 4

/* A node.  Rows are summed over loops, and over parallel workers. */
typedef struct AdvNodeRuns
{
	int64		runs;			/* executions that reached the node */
	double		loops;
	double		rows;			/* returned */
	double		expected;		/* rows that the planner expected, over all loops */
	double		removed;		/* by the filter */
	double		removed_2;		/* by the join filter, or rechecked in vain */
	double		heap_fetches;	/* of an index-only scan */
	double		input_rows;		/* returned by its outer child */
	int64		same_rows_runs; /* executions that returned what they got */
	int64		spilled_runs;	/* executions that used the disk */
	int64		spill_kb;		/* most disk and memory in one execution */
	int64		memory_kb;
	int64		batches;		/* most of a hash */
	int64		exact_pages;	/* of a bitmap heap scan */
	int64		lossy_pages;
	int64		max_offset;		/* of a LIMIT; -1 if it was never known */
} AdvNodeRuns;

/* A plan. */
typedef struct AdvPlanRuns
{
	int64		runs;
	int64		ns;				/* time of these executions */
	int64		jit_runs;		/* executions that compiled expressions, */
	int64		jit_ns;			/* and the time that took */
	int64		sampled_reads;	/* executions whose parameters were compared */
	struct
	{
		uint64		hash;		/* 0 for none */
		int64		reads;
	}			sets[ADV_PARAM_SETS];
	AdvNodeRuns nodes[FLEXIBLE_ARRAY_MEMBER];
} AdvPlanRuns;

#define ADV_PLAN_RUNS_SIZE(nnodes) \
	(offsetof(AdvPlanRuns, nodes) + (nnodes) * sizeof(AdvNodeRuns))

StaticAssertDecl(ADV_PLAN_RUNS_SIZE(ADV_MAX_NODES) <= ADV_RUNS_MAX,
				 "document of what was measured is too long");

/* Nodes in a record of so many bytes. */
static inline int
adv_plan_runs_nodes(int len)
{
	return (len - offsetof(AdvPlanRuns, nodes)) / sizeof(AdvNodeRuns);
}

/*
 * Read what was measured in an execution that took ns nanoseconds and is over
 * but for ExecutorEnd.  Changes nothing in the executor's state: others may be
 * about to read it, too.  params_hash tells its parameters, 0 if that is not
 * known.
 */
extern void adv_noderuns_read(const QueryDesc *queryDesc, const AdvNodeList *list,
							  int64 ns, uint64 params_hash, AdvPlanRuns *runs);

/* Add an older record with as many nodes, or none, to one: for the store. */
extern void adv_noderuns_merge(void *runs, const void *older, int len);

/* How many of the executions compared had the most frequent parameters. */
extern int64 adv_noderuns_same_reads(const AdvPlanRuns *runs);

#endif							/* ADV_CAPTURE_NODERUNS_H */

/*-------------------------------------------------------------------------
 *
 * noderuns.c
 *		What was measured in the nodes of a plan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/noderuns.h"
#include "common/compat.h"
#include "executor/hashjoin.h"
#include "jit/jit.h"
#include "utils/tuplesort.h"

/* ---------------------------------------------------------------------
 * Reading the executor's state
 * ---------------------------------------------------------------------
 */

/* Note that so many kB of disk and memory were used. */
static void
note_space(AdvNodeRuns *node, int64 disk_kb, int64 memory_kb)
{
	if (disk_kb > 0)
		node->spilled_runs = 1;
	node->spill_kb = Max(node->spill_kb, disk_kb);
	node->memory_kb = Max(node->memory_kb, memory_kb);
}

static void
note_tuplesort(AdvNodeRuns *node, const TuplesortInstrumentation *stats)
{
	if (stats->spaceType == SORT_SPACE_TYPE_DISK)
		note_space(node, stats->spaceUsed, 0);
	else
		note_space(node, 0, stats->spaceUsed);
}

/* A sort, in the leader and in workers. */
static void
read_sort(AdvNodeRuns *node, SortState *state)
{
	if (state->sort_Done && state->tuplesortstate != NULL)
	{
		TuplesortInstrumentation stats;

		tuplesort_get_stats((Tuplesortstate *) state->tuplesortstate, &stats);
		note_tuplesort(node, &stats);
	}
	for (int i = 0; state->shared_info != NULL && i < state->shared_info->num_workers; i++)
	{
		const TuplesortInstrumentation *stats = &state->shared_info->sinstrument[i];

		if (stats->sortMethod != SORT_TYPE_STILL_IN_PROGRESS)
			note_tuplesort(node, stats);
	}
}

static void
read_incremental_sort(AdvNodeRuns *node, const IncrementalSortState *state)
{
	const IncrementalSortGroupInfo *full = &state->incsort_info.fullsortGroupInfo;
	const IncrementalSortGroupInfo *prefix = &state->incsort_info.prefixsortGroupInfo;

	note_space(node, full->maxDiskSpaceUsed, full->maxMemorySpaceUsed);
	note_space(node, prefix->maxDiskSpaceUsed, prefix->maxMemorySpaceUsed);
}

static void
note_hash(AdvNodeRuns *node, const HashInstrumentation *stats)
{
	int64		kb = (stats->space_peak + 1023) / 1024;

	if (stats->nbatch == 0)
		return;					/* not built */
	node->batches = Max(node->batches, stats->nbatch);

	/* what does not fit at once goes to files, batch by batch */
	note_space(node, stats->nbatch > 1 ? kb * (stats->nbatch - 1) : 0, kb);
}

static void
read_hash(AdvNodeRuns *node, const HashState *state)
{
	if (state->hinstrument)
		note_hash(node, state->hinstrument);
	for (int i = 0; state->shared_info != NULL && i < state->shared_info->num_workers; i++)
		note_hash(node, &state->shared_info->hinstrument[i]);
}

static void
read_agg(AdvNodeRuns *node, const AggState *state)
{
	const Agg  *agg = (const Agg *) state->ss.ps.plan;

	if (agg->aggstrategy != AGG_HASHED && agg->aggstrategy != AGG_MIXED)
		return;
	node->batches = state->hash_batches_used;
	note_space(node, state->hash_batches_used > 1 ? state->hash_disk_used : 0,
			   (state->hash_mem_peak + 1023) / 1024);
	for (int i = 0; state->shared_info != NULL && i < state->shared_info->num_workers; i++)
	{
		const AggregateInstrumentation *stats = &state->shared_info->sinstrument[i];

		node->batches = Max(node->batches, stats->hash_batches_used);
		note_space(node, stats->hash_batches_used > 1 ? stats->hash_disk_used : 0,
				   (stats->hash_mem_peak + 1023) / 1024);
	}
}

/* Have the sums an outer child to compare with? */
static void
read_input(AdvNodeRuns *node, const PlanState *state)
{
	const PlanState *outer = outerPlanState(state);

	if (outer == NULL || outer->instrument == NULL)
		return;
	node->input_rows = outer->instrument->ntuples + outer->instrument->tuplecount;
	if (node->input_rows == node->rows)
		node->same_rows_runs = 1;
}

/* What only nodes of some kinds have. */
static void
read_special(AdvNodeRuns *node, PlanState *state)
{
	switch (nodeTag(state))
	{
		case T_SortState:
			read_sort(node, (SortState *) state);
			break;
		case T_IncrementalSortState:
			read_incremental_sort(node, (IncrementalSortState *) state);
			break;
		case T_HashState:
			read_hash(node, (HashState *) state);
			break;
		case T_AggState:
			read_agg(node, (AggState *) state);
			break;
		case T_BitmapHeapScanState:
			node->exact_pages = ADV_EXACT_PAGES((BitmapHeapScanState *) state);
			node->lossy_pages = ADV_LOSSY_PAGES((BitmapHeapScanState *) state);
			break;
		case T_IndexOnlyScanState:
			node->heap_fetches = state->instrument->ntuples2;
			break;
		case T_LimitState:
			if (((LimitState *) state)->lstate != LIMIT_INITIAL)
				node->max_offset = ((LimitState *) state)->offset;
			break;
		default:
			break;
	}
}

/* A loop that has not been ended is counted as EXPLAIN would. */
static void
read_node(AdvNodeRuns *node, PlanState *state)
{
	const Instrumentation *instrument = state->instrument;

	memset(node, 0, sizeof(AdvNodeRuns));
	node->max_offset = -1;
	if (instrument == NULL)
		return;

	node->loops = instrument->nloops + (instrument->running ? 1 : 0);
	if (node->loops == 0)
		return;
	node->runs = 1;
	node->rows = instrument->ntuples + instrument->tuplecount;
	node->expected = state->plan->plan_rows * node->loops;
	node->removed = instrument->nfiltered1;
	node->removed_2 = instrument->nfiltered2;
	read_input(node, state);
	read_special(node, state);
}

static void
read_jit(AdvPlanRuns *runs, const EState *estate)
{
	JitInstrumentation sum = {0};

	if (estate->es_jit == NULL)
		return;
	InstrJitAgg(&sum, &estate->es_jit->instr);
	if (estate->es_jit_worker_instr)
		InstrJitAgg(&sum, estate->es_jit_worker_instr);
	if (sum.created_functions == 0)
		return;

	runs->jit_runs = 1;
	runs->jit_ns = adv_instr_time_ns(sum.generation_counter) +
		adv_instr_time_ns(sum.inlining_counter) +
		adv_instr_time_ns(sum.optimization_counter) +
		adv_instr_time_ns(sum.emission_counter);
}

void
adv_noderuns_read(const QueryDesc *queryDesc, const AdvNodeList *list,
				  int64 ns, uint64 params_hash, AdvPlanRuns *runs)
{
	memset(runs, 0, offsetof(AdvPlanRuns, nodes));
	runs->runs = 1;
	runs->ns = ns;
	if (params_hash != 0)
	{
		runs->sampled_reads = 1;
		runs->sets[0].hash = params_hash;
		runs->sets[0].reads = 1;
	}
	read_jit(runs, queryDesc->estate);
	for (int i = 0; i < list->n; i++)
		read_node(&runs->nodes[i], list->nodes[i].state);
}

/* ---------------------------------------------------------------------
 * Merging
 * ---------------------------------------------------------------------
 */

/*
 * Add how often a set of parameters was seen.  A new one takes the place of the
 * rarest, whose reads are lost: what is left can only be too few.
 */
static void
merge_set(AdvPlanRuns *to, uint64 hash, int64 reads)
{
	int			rarest = 0;

	for (int i = 0; i < ADV_PARAM_SETS; i++)
	{
		if (to->sets[i].hash == hash)
		{
			to->sets[i].reads += reads;
			return;
		}
		if (to->sets[i].reads < to->sets[rarest].reads)
			rarest = i;
	}
	if (reads < to->sets[rarest].reads)
		return;
	to->sets[rarest].hash = hash;
	to->sets[rarest].reads = reads;
}

/* By how many times one number is greater than the other. */
static double
times_off(double a, double b)
{
	a = Max(a, 1);
	b = Max(b, 1);
	return Max(a / b, b / a);
}

/*
 * Have older estimates been corrected since?  As many rows are returned as
 * before, but now they are expected: the statistics have become better, and what
 * was wrong with the old ones is of no interest any more.
 */
static bool
is_corrected(const AdvNodeRuns *newer, const AdvNodeRuns *older)
{
	double		rows;

	if (newer->loops <= 0 || older->loops <= 0)
		return false;
	rows = newer->rows / newer->loops;
	return times_off(newer->expected / newer->loops, rows) < 2 &&
		times_off(older->expected / older->loops, older->rows / older->loops) >= 5 &&
		times_off(rows, older->rows / older->loops) < 2;
}

static void
merge_node(AdvNodeRuns *to, const AdvNodeRuns *from)
{
	to->expected += is_corrected(to, from) ? from->rows : from->expected;
	to->runs += from->runs;
	to->loops += from->loops;
	to->rows += from->rows;
	to->removed += from->removed;
	to->removed_2 += from->removed_2;
	to->heap_fetches += from->heap_fetches;
	to->input_rows += from->input_rows;
	to->same_rows_runs += from->same_rows_runs;
	to->spilled_runs += from->spilled_runs;
	to->spill_kb = Max(to->spill_kb, from->spill_kb);
	to->memory_kb = Max(to->memory_kb, from->memory_kb);
	to->batches = Max(to->batches, from->batches);
	to->exact_pages += from->exact_pages;
	to->lossy_pages += from->lossy_pages;
	to->max_offset = Max(to->max_offset, from->max_offset);
}

void
adv_noderuns_merge(void *runs, const void *older, int len)
{
	AdvPlanRuns *to = (AdvPlanRuns *) runs;
	const AdvPlanRuns *from = (const AdvPlanRuns *) older;

	if (from == NULL)
		return;
	to->runs += from->runs;
	to->ns += from->ns;
	to->jit_runs += from->jit_runs;
	to->jit_ns += from->jit_ns;
	to->sampled_reads += from->sampled_reads;
	for (int i = 0; i < ADV_PARAM_SETS; i++)
	{
		if (from->sets[i].hash != 0)
			merge_set(to, from->sets[i].hash, from->sets[i].reads);
	}
	for (int i = 0; i < adv_plan_runs_nodes(len); i++)
		merge_node(&to->nodes[i], &from->nodes[i]);
}

int64
adv_noderuns_same_reads(const AdvPlanRuns *runs)
{
	int64		most = 0;

	for (int i = 0; i < ADV_PARAM_SETS; i++)
		most = Max(most, runs->sets[i].reads);
	return most;
}

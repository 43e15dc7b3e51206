/*-------------------------------------------------------------------------
 *
 * examined.c
 *		Rows examined by an execution, for next to nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/examined.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "parser/parsetree.h"

/* Of more relations, some of them the same, the rows are not told. */
#define ADV_MAX_DISTINCT 64

/* ---------------------------------------------------------------------
 * The kind of a plan
 * ---------------------------------------------------------------------
 */

/* What decides. */
typedef struct PlanTraits
{
	bool		unknown;
	bool		index;			/* there is an index scan, or may be in branches */
	bool		index_only;		/* pruned this time; the same */
} PlanTraits;

/* Callback of planstate_tree_walker(). */
static bool
find_traits(PlanState *state, void *context)
{
	PlanTraits *traits = (PlanTraits *) context;

	switch (nodeTag(state))
	{
		case T_GatherState:
		case T_GatherMergeState:
		case T_ForeignScanState:
		case T_CustomScanState:
		case T_TidScanState:	/* its fetches are not counted */
			traits->unknown = true;
			return true;
		case T_IndexScanState:
			traits->index = true;
			break;
		case T_IndexOnlyScanState:
			traits->index = traits->index_only = true;
			break;
		case T_AppendState:
			if (((AppendState *) state)->as_prune_state)
				traits->index = traits->index_only = true;
			break;
		case T_MergeAppendState:
			if (((MergeAppendState *) state)->ms_prune_state)
				traits->index = traits->index_only = true;
			break;
		default:
			break;
	}
	return planstate_tree_walker(state, find_traits, context);
}

/* Does a query name a relation more than once? */
static bool
repeats_relation(const PlannedStmt *stmt)
{
	List	   *relids = NIL;
	bool		repeats = false;
	ListCell   *lc;

	foreach(lc, stmt->rtable)
	{
		if (lfirst_node(RangeTblEntry, lc)->rtekind == RTE_RELATION)
			relids = lappend_oid(relids, lfirst_node(RangeTblEntry, lc)->relid);
	}
	list_sort(relids, list_oid_cmp);
	for (int i = 1; i < list_length(relids) && !repeats; i++)
		repeats = list_nth_oid(relids, i) == list_nth_oid(relids, i - 1);
	list_free(relids);
	return repeats;
}

AdvExamine
adv_examine_kind(const QueryDesc *queryDesc)
{
	const PlannedStmt *stmt = queryDesc->plannedstmt;
	PlanState  *root = queryDesc->planstate;
	PlanTraits	traits = {false, false, false};
	bool		repeats;

	(void) find_traits(root, &traits);
	repeats = repeats_relation(stmt);
	if (traits.unknown || (repeats && (traits.index_only ||
									   list_length(stmt->rtable) > ADV_MAX_DISTINCT)))
		return ADV_EXAMINE_UNKNOWN;
	if (IsA(root, IndexScanState) && root->initPlan == NIL && root->subPlan == NIL &&
		stmt->appendRelations == NIL)
		return ADV_EXAMINE_INDEX;
	if (traits.index)
		return repeats ? ADV_EXAMINE_DISTINCT_SCANS : ADV_EXAMINE_SCANS;
	if (repeats)
		return ADV_EXAMINE_DISTINCT;
	if (list_length(stmt->rtable) == 1 &&
		linitial_node(RangeTblEntry, stmt->rtable)->rtekind == RTE_RELATION)
		return ADV_EXAMINE_TABLE;
	return ADV_EXAMINE_TABLES;
}

/* ---------------------------------------------------------------------
 * Index scans
 * ---------------------------------------------------------------------
 */

/* Callback of planstate_tree_walker(). */
static bool
collect_any(PlanState *state, void *context)
{
	adv_scans_collect(state, (AdvScans *) context);
	return false;
}

/* Nodes without members or subplans, which are most, need no general walker. */
void
adv_scans_collect(PlanState *state, AdvScans *scans)
{
	for (; state != NULL; state = outerPlanState(state))
	{
		if (IsA(state, IndexScanState) || IsA(state, IndexOnlyScanState))
		{
			if (scans->n < ADV_MAX_SCANS)
				scans->states[scans->n] = state;
			scans->n++;
		}
		if (state->initPlan != NIL || state->subPlan != NIL ||
			IsA(state, AppendState) || IsA(state, MergeAppendState) ||
			IsA(state, SubqueryScanState) || IsA(state, CustomScanState))
		{
			if (!stack_is_too_deep())
				(void) planstate_tree_walker(state, collect_any, scans);
			else
				scans->n = ADV_MAX_SCANS + 1;
			return;
		}
		if (innerPlanState(state) != NULL)
			adv_scans_collect(innerPlanState(state), scans);
	}
}

/* ---------------------------------------------------------------------
 * Sums
 * ---------------------------------------------------------------------
 */

/*
 * The counters of a relation.  Where there are none yet they are asked for, as
 * the first tuple would: they may not begin at zero.  NULL if it has none.
 */
static inline PgStat_TableStatus *
get_counters(Relation relation)
{
	if (relation->pgstat_info == NULL && relation->pgstat_enabled)
		pgstat_assoc_relation(relation);
	return relation->pgstat_info;
}

/* Is relation number i of an execution one of those before it? */
static bool
is_repeated_table(const EState *estate, int i)
{
	for (int j = 0; j < i; j++)
	{
		if (estate->es_relations[j] == estate->es_relations[i])
			return true;
	}
	return false;
}

static inline Relation
index_of_scan(const PlanState *state)
{
	return IsA(state, IndexScanState) ?
		((const IndexScanState *) state)->iss_RelationDesc :
		((const IndexOnlyScanState *) state)->ioss_RelationDesc;
}

/* The same for the index of scan number i. */
static bool
is_repeated_index(const AdvScans *scans, int i)
{
	for (int j = 0; j < i; j++)
	{
		if (index_of_scan(scans->states[j]) == index_of_scan(scans->states[i]))
			return true;
	}
	return false;
}

/* Rows read in tables, by scans of them. */
static int64
sum_tables(const EState *estate, bool repeated)
{
	int64		sum = 0;

	for (int i = 0; i < estate->es_range_table_size; i++)
	{
		Relation	table = estate->es_relations[i];
		PgStat_TableStatus *counters;

		if (table == NULL || (repeated && is_repeated_table(estate, i)))
			continue;
		counters = get_counters(table);
		if (counters != NULL)
			sum += adv_tuples_returned(counters) + adv_tuples_fetched(counters);
		else if (RELKIND_HAS_STORAGE(table->rd_rel->relkind))
			return ADV_UNKNOWN_ROWS;
	}
	return sum;
}

/* Rows read by way of indexes. */
static int64
sum_scans(const AdvScans *scans, bool repeated)
{
	int64		sum = 0;

	if (scans->n > ADV_MAX_SCANS)
		return ADV_UNKNOWN_ROWS;
	for (int i = 0; i < scans->n; i++)
	{
		Relation	index = index_of_scan(scans->states[i]);
		PgStat_TableStatus *counters;

		if (index == NULL || (repeated && is_repeated_index(scans, i)))
			continue;
		counters = get_counters(index);
		if (counters == NULL)
			return ADV_UNKNOWN_ROWS;
		sum += IsA(scans->states[i], IndexScanState) ?
			adv_tuples_fetched(counters) : adv_tuples_returned(counters);
	}
	return sum;
}

int64
adv_examined_sum(const QueryDesc *queryDesc, AdvExamine examine, const AdvScans *scans)
{
	bool		repeated = examine == ADV_EXAMINE_DISTINCT ||
		examine == ADV_EXAMINE_DISTINCT_SCANS;
	int64		tables;
	int64		indexes = 0;

	if (examine == ADV_EXAMINE_UNKNOWN)
		return ADV_UNKNOWN_ROWS;
	if (examine == ADV_EXAMINE_INDEX)
	{
		const AdvScans one = {.n = 1,.states = {queryDesc->planstate}};

		/* not so if a table has got children since */
		return IsA(queryDesc->planstate, IndexScanState) ? sum_scans(&one, false) :
			ADV_UNKNOWN_ROWS;
	}
	tables = sum_tables(queryDesc->estate, repeated);
	if (adv_examine_needs_scans(examine))
		indexes = sum_scans(scans, repeated);
	return tables < 0 || indexes < 0 ? ADV_UNKNOWN_ROWS : tables + indexes;
}

/*-------------------------------------------------------------------------
 *
 * inject.c
 *		Planning a query in a world with other indexes.
 *
 * How do the hooks know that the planning which calls them is ours?  A function
 * that is called while a query is planned may plan, and run, queries of its own:
 * to show them an index that does not exist would end in a crash.  So our query
 * is planned with a list of no parameters that nobody else has: the planner
 * keeps it in PlannerGlobal, which all levels of a query share.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_am.h"
#include "commands/explain.h"
#include "common/compat.h"
#include "nodes/params.h"
#include "optimizer/paths.h"
#include "optimizer/plancat.h"
#include "optimizer/planner.h"
#include "utils/selfuncs.h"
#include "whatif/inject.h"
#include "whatif/mentions.h"

/* What is being planned right now, NULL most of the time. */
typedef struct Planning
{
	const AdvConfiguration *world;
	ParamListInfo tag;			/* by which its own planning is known */
} Planning;

static const Planning *current = NULL;
static const AdvHypoSet *shown = NULL;

/* Saved hook values */
static get_relation_info_hook_type prev_get_relation_info = NULL;
static get_index_stats_hook_type prev_get_index_stats = NULL;
static get_relation_stats_hook_type prev_get_relation_stats = NULL;
static set_rel_pathlist_hook_type prev_set_rel_pathlist = NULL;

/*
 * The hooks on relations and their paths are in place only while we plan, as they are
 * on the way of every statement.  A library that was loaded meanwhile may have
 * put its own before them; then they stay.
 */
static bool hooks_stay = false;
static explain_get_index_name_hook_type prev_explain_get_index_name = NULL;

static inline bool
is_ours(const PlannerInfo *root)
{
	return current != NULL && root->glob->boundParams == current->tag;
}

static bool
is_hidden(const AdvConfiguration *world, Oid indexid)
{
	for (int i = 0; i < world->nhidden; i++)
		if (world->hidden[i] == indexid)
			return true;
	return false;
}

/* Real indexes: some are hidden, and none is looked into. */
static void
change_real_indexes(const AdvConfiguration *world, RelOptInfo *rel)
{
	List	   *kept = NIL;
	ListCell   *lc;

	foreach(lc, rel->indexlist)
	{
		IndexOptInfo *info = lfirst_node(IndexOptInfo, lc);

		if (is_hidden(world, info->indexoid))
			continue;
		/* other access methods would go without their own figures, too */
		if (info->relam == BTREE_AM_OID)
			info->hypothetical = true;
		kept = lappend(kept, info);
	}
	rel->indexlist = kept;
}

static void
add_hypothetical_indexes(PlannerInfo *root, Oid relid, RelOptInfo *rel)
{
	const AdvConfiguration *world = current->world;
	AdvMentions mentions;
	List	   *leaves;
	ListCell   *lc;

	if (world->hypos == NULL || bms_is_empty(world->present))
		return;
	leaves = adv_hypos_on(world->hypos, relid);
	if (leaves == NIL)
		return;
	adv_mentions_find(root, rel, &mentions);
	foreach(lc, leaves)
	{
		const AdvHypoLeaf *leaf = lfirst(lc);

		/* in front, where the newest index of a table is, too */
		if (bms_is_member(leaf->id, world->present) &&
			adv_mentions_matter(&mentions, leaf->def))
			rel->indexlist = lcons(adv_hypo_index_info(leaf, rel), rel->indexlist);
	}
}

/* A part of the table is all there is. */
static void
reduce(const AdvReducedTable *reduced, RelOptInfo *rel)
{
	ListCell   *lc;

	rel->pages = (BlockNumber) ceil(rel->pages * reduced->fraction);
	rel->tuples = rel->tuples * reduced->fraction;
	foreach(lc, rel->indexlist)
	{
		IndexOptInfo *info = lfirst_node(IndexOptInfo, lc);

		info->pages = (BlockNumber) ceil(info->pages * reduced->fraction);
		info->tuples = info->tuples * reduced->fraction;
	}
}

static pg_noinline void
change_indexes(PlannerInfo *root, Oid relid, bool inhparent, RelOptInfo *rel)
{
	if (prev_get_relation_info)
		prev_get_relation_info(root, relid, inhparent, rel);
	if (!is_ours(root))
		return;
	change_real_indexes(current->world, rel);
	if (!inhparent)
		add_hypothetical_indexes(root, relid, rel);
	if (current->world->reduced && current->world->reduced->relid == relid)
		reduce(current->world->reduced, rel);
}

static void
adv_get_relation_info(PlannerInfo *root, Oid relid, bool inhparent, RelOptInfo *rel)
{
	if (unlikely(current != NULL))
		change_indexes(root, relid, inhparent, rel);
	else if (prev_get_relation_info)
		prev_get_relation_info(root, relid, inhparent, rel);
}

/* The tuple belongs to the set of indexes. */
static void
keep_statistics(HeapTuple tuple)
{
}

/* Statistics of a column of an index on the table that vardata is of. */
static HeapTuple
find_statistics(PlannerInfo *root, Oid indexid, AttrNumber attnum,
				const VariableStatData *vardata)
{
	const AdvHypoIndex *index;
	Oid			relid;

	if (current->world->hypos == NULL || vardata->rel == NULL)
		return NULL;
	index = adv_hypos_by_oid(current->world->hypos, indexid);
	if (index == NULL)
		return NULL;
	/* the server takes no statistics from partial indexes, either */
	if (index->def->predicate != NIL)
		return NULL;
	relid = root->simple_rte_array[vardata->rel->relid]->relid;
	for (int i = 0; i < index->nleaves; i++)
		if (index->leaves[i]->def->relid == relid)
			return index->leaves[i]->stats[attnum - 1];
	return NULL;
}

static bool
adv_get_index_stats(PlannerInfo *root, Oid indexid, AttrNumber attnum,
					VariableStatData *vardata)
{
	if (is_ours(root))
	{
		HeapTuple	tuple = find_statistics(root, indexid, attnum, vardata);

		if (tuple)
		{
			vardata->statsTuple = tuple;
			vardata->freefunc = keep_statistics;
			vardata->acl_ok = true;
			return true;
		}
	}
	return prev_get_index_stats &&
		prev_get_index_stats(root, indexid, attnum, vardata);
}

static bool
adv_get_relation_stats(PlannerInfo *root, RangeTblEntry *rte, AttrNumber attnum,
					   VariableStatData *vardata)
{
	if (is_ours(root) && current->world->reduced != NULL)
	{
		const AdvReducedTable *reduced = current->world->reduced;

		if (rte->relid == reduced->relid && attnum == reduced->attnum)
		{
			vardata->statsTuple = reduced->stats;
			vardata->freefunc = keep_statistics;
			vardata->acl_ok = reduced->may_read;
			return true;
		}
	}
	return prev_get_relation_stats && prev_get_relation_stats(root, rte, attnum, vardata);
}

static pg_noinline void
observe(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	if (prev_set_rel_pathlist)
		prev_set_rel_pathlist(root, rel, rti, rte);
	if (is_ours(root) && current->world->observe)
		current->world->observe(root, rel, rti, rte, current->world->observe_arg);
}

static void
adv_set_rel_pathlist(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	if (unlikely(current != NULL))
		observe(root, rel, rti, rte);
	else if (prev_set_rel_pathlist)
		prev_set_rel_pathlist(root, rel, rti, rte);
}

static const char *
adv_explain_get_index_name(Oid indexid)
{
	const AdvHypoIndex *index = shown ? adv_hypos_by_oid(shown, indexid) : NULL;

	if (index)
		return index->name;
	return prev_explain_get_index_name ? prev_explain_get_index_name(indexid) : NULL;
}

void
adv_inject_install(void)
{
	prev_get_index_stats = get_index_stats_hook;
	get_index_stats_hook = adv_get_index_stats;
	prev_explain_get_index_name = explain_get_index_name_hook;
	explain_get_index_name_hook = adv_explain_get_index_name;
}

static void
put_hooks(void)
{
	if (hooks_stay)
		return;
	prev_get_relation_info = get_relation_info_hook;
	get_relation_info_hook = adv_get_relation_info;
	prev_set_rel_pathlist = set_rel_pathlist_hook;
	set_rel_pathlist_hook = adv_set_rel_pathlist;
	prev_get_relation_stats = get_relation_stats_hook;
	get_relation_stats_hook = adv_get_relation_stats;
}

static void
take_hooks(void)
{
	if (hooks_stay)
		return;
	if (get_relation_info_hook == adv_get_relation_info &&
		set_rel_pathlist_hook == adv_set_rel_pathlist &&
		get_relation_stats_hook == adv_get_relation_stats)
	{
		get_relation_info_hook = prev_get_relation_info;
		set_rel_pathlist_hook = prev_set_rel_pathlist;
		get_relation_stats_hook = prev_get_relation_stats;
	}
	else
		hooks_stay = true;
}

PlannedStmt *
adv_inject_plan(Query *query, const char *text, const AdvConfiguration *world)
{
	const Planning *outer = current;
	Planning	planning = {world, makeParamList(0)};
	PlannedStmt *result;

	if (outer == NULL)
		put_hooks();
	current = &planning;
	PG_TRY();
	{
		result = standard_planner(query, text, CURSOR_OPT_PARALLEL_OK, planning.tag);
	}
	PG_FINALLY();
	{
		current = outer;
		if (outer == NULL)
			take_hooks();
	}
	PG_END_TRY();
	return result;
}

void
adv_inject_show(const AdvHypoSet *hypos)
{
	shown = hypos;
}

/*-------------------------------------------------------------------------
 *
 * advice.c
 *		What a run has found, in words and numbers that can be acted on.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_am.h"
#include "common/compat.h"
#include "miscadmin.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "pgstat.h"
#include "recommend/candidates.h"
#include "recommend/createscript.h"
#include "recommend/run.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"
#include "whatif/indexddl.h"
#include "whatif/trial.h"

/* Below so many pages a table is read as fast as an index. */
#define TINY_PAGES 8

/* Statistics are stale when so much of a table has changed since. */
#define STALE_SHARE 0.2

/* Statements that gain less than that are not said to. */
#define WORTH_SAYING 0.005

double
adv_advice_upkeep(const AdvRun *run, int id, double *hot_lost)
{
	const AdvHypoIndex *index = adv_pool_get(run->pool, id)->index;
	double		pages = index->bytes / BLCKSZ;
	AdvWriteCost cost;

	adv_write_cost(index->def, index->tuples, pages,
				   adv_table_writes_find(run->writes, index->def->relid), &cost);
	if (hot_lost)
		*hot_lost = cost.hot_updates_lost;

	/* vacuum, backup and a place in the cache are as much as a daily reading */
	return (cost.cost + cost.hot_cost + pages * seq_page_cost) * run->ms_per_cost;
}

/* Time of all statements with a set, as far as it is known. */
static double
workload_ms(const AdvRun *run, const Bitmapset *set)
{
	double		total = 0;

	CHECK_FOR_INTERRUPTS();
	for (int i = 0; i < run->nunits; i++)
		if (run->units[i].base >= 0)
			total += run->units[i].weight * adv_unit_bound(&run->units[i], set);
	return total;
}

/* An index, and what all statements take without it. */
typedef struct Ranked
{
	int			id;
	double		ms_without;
} Ranked;

static int
compare_ranked(const void *a, const void *b)
{
	const Ranked *x = a;
	const Ranked *y = b;

	if (x->ms_without != y->ms_without)
		return x->ms_without > y->ms_without ? -1 : 1;
	return x->id - y->id;
}

/* What is missed most comes first. */
static List *
rank(const AdvRun *run)
{
	Ranked	   *ranked = palloc(Max(bms_num_members(run->chosen), 1) * sizeof(Ranked));
	List	   *order = NIL;
	int			n = 0;
	int			id = -1;

	while ((id = bms_next_member(run->chosen, id)) >= 0)
	{
		Bitmapset  *without = bms_del_member(bms_copy(run->chosen), id);

		ranked[n].id = id;
		ranked[n++].ms_without = workload_ms(run, without) - adv_pool_get(run->pool, id)->upkeep;
		bms_free(without);
	}
	qsort(ranked, n, sizeof(Ranked), compare_ranked);
	for (int i = 0; i < n; i++)
		order = lappend_int(order, ranked[i].id);
	return order;
}

static int
compare_gains(const ListCell *a, const ListCell *b)
{
	const AdvGain *x = lfirst(a);
	const AdvGain *y = lfirst(b);
	double		gain_x = x->ms_before - x->ms_after;
	double		gain_y = y->ms_before - y->ms_after;

	if (gain_x != gain_y)
		return gain_x > gain_y ? -1 : 1;
	if (x->queryid != y->queryid)
		return x->queryid < y->queryid ? -1 : 1;
	return x->number - y->number;
}

/* The entry of a unit's statement, which is made if it is missing. */
static AdvGain *
gain_of(List **gains, const AdvWorkItem *item)
{
	AdvGain    *gain;
	ListCell   *lc;

	foreach(lc, *gains)
	{
		gain = lfirst(lc);
		if (gain->number == item->number)
			return gain;
	}
	gain = palloc0(sizeof(AdvGain));
	gain->queryid = item->queryid;
	gain->number = item->number;
	*gains = lappend(*gains, gain);
	return gain;
}

/* Statements whose plan has the index when all that was chosen exists. */
static List *
gains_of(const AdvRun *run, int id)
{
	Bitmapset  *rest = bms_del_member(bms_copy(run->chosen), id);
	List	   *gains = NIL;

	for (int i = 0; i < run->nunits; i++)
	{
		const AdvUnit *unit = &run->units[i];
		const AdvAnswer *answer;
		AdvGain    *gain;

		answer = adv_unit_settled(unit);
		/* one that would be as fast without it gains nothing by it */
		if (answer == NULL || !bms_is_member(id, answer->used) ||
			answer->cost >= adv_unit_bound(unit, rest))
			continue;
		gain = gain_of(&gains, unit->item);
		gain->cost_before += unit->base;
		gain->cost_after += answer->cost;
		gain->ms_before += unit->weight * unit->base;
		gain->ms_after += unit->weight * answer->cost;
	}
	list_sort(gains, compare_gains);
	return gains;
}

/* Existing indexes that nothing needs any more, constraints apart. */
static List *
redundant_beside(const AdvRun *run, const AdvIndexDef *def)
{
	List	   *redundant = NIL;
	ListCell   *lc;

	foreach(lc, adv_pool_existing(run->pool, def->relid))
	{
		const AdvExistingIndex *existing = lfirst(lc);
		AdvRedundant *one;

		if (existing->is_constraint || !adv_indexdef_covers(def, existing->def) ||
			!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(existing->indexid)))
			continue;
		one = palloc0(sizeof(AdvRedundant));
		one->indexid = existing->indexid;
		one->drop = psprintf("DROP INDEX%s %s;",
							 get_rel_relkind(existing->indexid) == RELKIND_INDEX ?
							 " CONCURRENTLY" : "",
							 quote_qualified_identifier(get_namespace_name(get_rel_namespace(existing->indexid)),
														get_rel_name(existing->indexid)));
		one->undo = psprintf("%s;", pg_get_indexdef_string(existing->indexid));
		redundant = lappend(redundant, one);
	}
	return redundant;
}

static char *
column_list(const AdvIndexDef *def, int from, int to)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = from; i < to; i++)
		appendStringInfo(&list, "%s%s", i > from ? ", " : "",
						 def->columns[i].attnum == 0 ? "an expression" :
						 get_attname(def->relid, def->columns[i].attnum, false));
	return list.data;
}

/* What the index does for the statements, in a sentence. */
static char *
explain_reason(const AdvPoolEntry *entry, const AdvRecommendation *r)
{
	const AdvIndexDef *def = entry->index->def;
	uint32		reasons = entry->reasons;
	double		before = 0;
	double		after = 0;
	StringInfoData text;
	ListCell   *lc;

	foreach(lc, r->gains)
	{
		before += ((AdvGain *) lfirst(lc))->ms_before;
		after += ((AdvGain *) lfirst(lc))->ms_after;
	}
	initStringInfo(&text);
	if (reasons & ADV_REASON_CONTAINMENT)
		appendStringInfo(&text, "Finds rows by what %s contains", column_list(def, 0, def->nkeys));
	else if (reasons & ADV_REASON_NEAREST)
		appendStringInfo(&text, "Returns the nearest rows by %s first", column_list(def, 0, def->nkeys));
	else if (reasons & (ADV_REASON_EQUALITY | ADV_REASON_RANGE | ADV_REASON_JOIN |
						ADV_REASON_PREFIX | ADV_REASON_NULL | ADV_REASON_ARM |
						ADV_REASON_WIDE | ADV_REASON_CORRELATED | ADV_REASON_MERGED))
		appendStringInfo(&text, "Finds rows by %s%s", column_list(def, 0, def->nkeys),
						 reasons & ADV_REASON_JOIN ? ", also for joins" : "");
	else if (reasons & (ADV_REASON_ORDER | ADV_REASON_GROUP | ADV_REASON_LIMIT))
		appendStringInfo(&text, "Returns rows in the order of %s", column_list(def, 0, def->nkeys));
	else
		appendStringInfo(&text, "Has %s at hand", column_list(def, 0, def->nkeys));
	if (def->ncolumns > def->nkeys)
		appendStringInfo(&text, ", with %s at hand to spare visits to the table",
						 column_list(def, def->nkeys, def->ncolumns));
	if (def->predicate != NIL)
		appendStringInfoString(&text, ", among the rows that its condition is true of");
	if (list_length(r->gains) > 0 && before > 0)
		appendStringInfo(&text, ": %d statement%s would take %.3g %% less time.",
						 list_length(r->gains), list_length(r->gains) == 1 ? "" : "s",
						 100 * (before - after) / before);
	else
		appendStringInfoString(&text, ".");
	return text.data;
}

/* How many of the statements that use it were planned without values? */
static int
count_generic(const AdvRun *run, int id)
{
	int			n = 0;

	for (int i = 0; i < run->nunits; i++)
	{
		const AdvAnswer *answer = adv_unit_settled(&run->units[i]);

		if (run->units[i].has_parameters && answer != NULL &&
			bms_is_member(id, answer->used))
			n++;
	}
	return n;
}

/* Are the statistics of a table, or of one of its partitions, missing or old? */
static void
warn_of_statistics(AdvRecommendation *r, const AdvHypoIndex *index)
{
	int			missing = 0;
	int			stale = 0;

	for (int i = 0; i < index->nleaves; i++)
	{
		PgStat_StatTabEntry *stat = pgstat_fetch_stat_tabentry(index->leaves[i]->def->relid);

		if (stat == NULL)
			continue;
		if (ADV_ANALYZE_COUNT(stat) == 0)
			missing++;
		else if (ADV_MODIFIED_SINCE_ANALYZE(stat) > STALE_SHARE * Max(ADV_LIVE_TUPLES(stat), 1))
			stale++;
	}
	if (missing > 0)
		r->warnings = lappend(r->warnings, "the table has not been analyzed since the statistics were reset: run ANALYZE first");
	else if (stale > 0)
		r->warnings = lappend(r->warnings, "much of the table has changed since it was analyzed: run ANALYZE first");
}

static void
add_warnings(const AdvRun *run, AdvRecommendation *r, int id)
{
	const AdvPoolEntry *entry = adv_pool_get(run->pool, id);
	const AdvHypoIndex *index = entry->index;
	const AdvIndexDef *def = index->def;
	double		pages = 0;
	int			generic = count_generic(run, id);

	for (int i = 0; i < index->nleaves; i++)
	{
		HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index->leaves[i]->def->relid));

		if (HeapTupleIsValid(tuple))
		{
			pages += ((Form_pg_class) GETSTRUCT(tuple))->relpages;
			ReleaseSysCache(tuple);
		}
	}
	warn_of_statistics(r, index);
	if (generic > 0)
		r->warnings = lappend(r->warnings, psprintf("%d of the texts it helps were planned without values for their parameters", generic));
	if (pages < TINY_PAGES * Max(index->nleaves, 1))
		r->warnings = lappend(r->warnings, "the table is tiny: the gain is in planner costs more than in time");
	if (r->hot_lost >= 1)
		r->warnings = lappend(r->warnings, psprintf("%.0f updates a day would not be HOT any more", r->hot_lost));
	if (r->marginal_ms > 0 && r->write_ms > 0.5 * r->marginal_ms)
		r->warnings = lappend(r->warnings, "more than half of the gain goes into keeping it up to date");
	for (int i = 0; i < def->nkeys; i++)
		if (def->columns[i].attnum == 0)
		{
			r->warnings = lappend(r->warnings, "run ANALYZE on the table afterwards: the index has an expression, which needs statistics");
			break;
		}
	if (run->out_of_time)
		r->warnings = lappend(r->warnings, "time_limit was reached: there may be better advice");
}

/* A row, but for what depends on its rank. */
static AdvRecommendation *
make_recommendation(AdvRun *run, int id, List **names)
{
	const AdvPoolEntry *entry = adv_pool_get(run->pool, id);
	const AdvIndexDef *def = entry->index->def;
	AdvRecommendation *r = palloc0(sizeof(AdvRecommendation));
	Bitmapset  *rest = bms_del_member(bms_copy(run->chosen), id);
	char	   *name = adv_indexdef_name(def, adv_name_is_taken, names);

	*names = lappend(*names, name);
	r->relid = def->relid;
	r->bytes = entry->index->bytes;
	r->definition = adv_indexdef_ddl(def, name, false);
	adv_create_script(entry->index, name, names, &r->ddl, &r->undo);
	r->write_ms = adv_advice_upkeep(run, id, &r->hot_lost);
	if (!run->workload->captured)
		r->write_ms = r->hot_lost = 0;
	r->marginal_ms = workload_ms(run, rest) - workload_ms(run, run->chosen);
	r->gains = gains_of(run, id);
	r->redundant = redundant_beside(run, def);
	r->reason = explain_reason(entry, r);
	add_warnings(run, r, id);
	return r;
}

/* What keeps a statement from being advised on; NULL if it is. */
static char *
why_not(const AdvRun *run, const AdvWorkItem *item, double *cost, double *ms)
{
	double		base = 0;
	double		final = 0;
	double		best = 0;
	bool		has_candidates = false;
	bool		is_planned = false;
	bool		reads_tables = false;
	const char *failure = item->unusable;

	for (int i = 0; i < run->nunits; i++)
	{
		const AdvUnit *unit = &run->units[i];

		if (unit->item != item)
			continue;
		if (unit->base < 0)
		{
			if (unit->failure)
				failure = psprintf(item->is_template && run->workload->captured ?
								   "there is no example of it, and its text without values could not be planned: %s" :
								   "it could not be planned: %s", unit->failure);
			continue;
		}
		is_planned = true;
		reads_tables = reads_tables || unit->reads_tables;
		has_candidates = has_candidates || !bms_is_empty(unit->own);
		base += unit->base;
		final += adv_unit_bound(unit, run->chosen);
		best += adv_unit_bound(unit, unit->winners);
	}
	*cost = is_planned ? base : -1;
	*ms = run->workload->captured ? item->ms_per_day : base;
	if (!is_planned)
		return pstrdup(failure ? failure : "there was no time to look at it: raise time_limit");
	if (final < base * (1 - WORTH_SAYING))
		return NULL;
	if (!reads_tables)
		return pstrdup("it searches no table itself; statements in functions that it calls are looked at by themselves");
	if (!has_candidates)
		return pstrdup("it has no condition, join or order for which an index is missing");
	if (best > base * (1 - WORTH_SAYING))
		return pstrdup("no index that was tried makes it cheaper");
	return psprintf("the best indexes for it would make it %.3g %% cheaper, which is too little to be worth having them, or does not fit what was asked for",
					100 * (base - best) / base);
}

static int
compare_unadvised(const ListCell *a, const ListCell *b)
{
	const AdvUnadvised *x = lfirst(a);
	const AdvUnadvised *y = lfirst(b);

	if (x->ms_per_day != y->ms_per_day)
		return x->ms_per_day > y->ms_per_day ? -1 : 1;
	if (x->queryid != y->queryid)
		return x->queryid < y->queryid ? -1 : 1;
	return x->number - y->number;
}

static List *
list_unadvised(const AdvRun *run)
{
	List	   *unadvised = NIL;
	ListCell   *lc;

	foreach(lc, run->workload->items)
	{
		const AdvWorkItem *item = lfirst(lc);
		AdvUnadvised *one = palloc0(sizeof(AdvUnadvised));

		one->queryid = item->queryid;
		one->number = item->number;
		one->reason = why_not(run, item, &one->cost, &one->ms_per_day);
		if (one->reason)
			unadvised = lappend(unadvised, one);
	}
	list_sort(unadvised, compare_unadvised);
	return unadvised;
}

/* Why is the list empty? */
static char *
explain_nothing(const AdvRun *run)
{
	bool		any = false;

	if (run->workload->items == NIL)
		return pstrdup(run->workload->captured ?
					   "no statements of this database have been captured that could be planned" :
					   "no statements were given");
	for (int i = 0; i < run->nunits; i++)
		any = any || run->units[i].base >= 0;
	if (run->out_of_time)
		return pstrdup("time_limit was reached before anything was found");
	if (!any)
		return pstrdup("none of the statements could be planned");
	if (adv_pool_count(run->pool) == 0)
		return pstrdup("no index is missing for any condition, join or order of the statements");
	return pstrdup("no index would bring enough for what it costs, within the limits given");
}

/* To be done in a trial: what reads catalogs of tables that may have gone. */
typedef struct Making
{
	AdvRun	   *run;
	AdvAdvice  *advice;
	List	   *order;
	int			next;
	List	   *made;			/* those of the order that have a row */
	List	   *names;
} Making;

static void
make_rows(void *arg)
{
	Making	   *making = arg;
	MemoryContext old = MemoryContextSwitchTo(making->run->context);

	while (making->next < list_length(making->order))
	{
		int			id = list_nth_int(making->order, making->next++);
		AdvRecommendation *r;

		LockRelationOid(adv_pool_get(making->run->pool, id)->index->def->relid, AccessShareLock);
		r = make_recommendation(making->run, id, &making->names);
		making->advice->recommendations = lappend(making->advice->recommendations, r);
		making->made = lappend_int(making->made, id);
	}
	MemoryContextSwitchTo(old);
}

/* What each row adds to those above it. */
static void
add_ranks(AdvRun *run, AdvAdvice *advice, List *order)
{
	Bitmapset  *set = NULL;
	double		ms = advice->ms_before;
	ListCell   *lc;
	int			i = 0;

	foreach(lc, advice->recommendations)
	{
		AdvRecommendation *r = lfirst(lc);

		set = bms_add_member(set, list_nth_int(order, i++));
		r->ms_before = advice->ms_before;
		r->ms_after = workload_ms(run, set);
		r->gain_ms = ms - r->ms_after;
		ms = r->ms_after;
	}
}

AdvAdvice *
adv_advice_make(AdvRun *run)
{
	AdvAdvice  *advice = palloc0(sizeof(AdvAdvice));
	AdvTrial	trial = {InvalidOid, 0, 1000};
	Making		making = {run, advice, rank(run)};

	adv_run_note_settled(run);
	advice->captured = run->workload->captured;
	advice->complete = !run->out_of_time;
	advice->plans = run->plans;
	advice->ms_before = workload_ms(run, NULL);
	advice->ms_after = workload_ms(run, run->chosen);
	while (making.next < list_length(making.order))
		if (adv_trial(&trial, make_rows, &making, NULL) == ADV_TRIAL_DONE)
			break;
	add_ranks(run, advice, making.made);
	advice->unadvised = list_unadvised(run);
	if (advice->recommendations == NIL)
		advice->nothing = explain_nothing(run);
	return advice;
}

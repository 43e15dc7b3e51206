/*-------------------------------------------------------------------------
 *
 * explore.c
 *		Asking the planner about one unit of the workload.
 *
 * Planning with few indexes at hand is fast, with hundreds it is not, and a plan
 * shows only the best.  So candidates compete within classes of about the same
 * size, a handful on each table at a time; and then the winners are taken away
 * again, one by one, to see what would be done without them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_am.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "recommend/candidates.h"
#include "recommend/run.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "whatif/trial.h"

/* Candidates that a table offers to one plan. */
#define AT_A_TIME 12

/* Additions, and replacements, tried around a set in one visit. */
#define AROUND 6

/* How many times the best additions are set aside to see the next best. */
#define LAYERS 4

/* A statement waits for a lock, and is planned, no longer than that, in ms. */
#define LOCK_TIMEOUT 200
#define SLOWEST_PLANNING 10000.0

/*
 * The part of the time left that one look at a statement may take, less with each
 * that took all of it: there may be many that never end.
 */
#define PATIENCE 16.0

/* A cost this close is the same. */
#define NOISE 1e-4

/* What a trial works with. */
typedef struct Visit
{
	AdvRun	   *run;
	AdvInquiry	inquiry;
	const Bitmapset *set;
	int			allowance;
	AdvCandidateSet *candidates;
	List	   *found;			/* AdvCandidate, or AdvIndexDef of merged ones */
	int			next;			/* the first of them not yet in the pool */
	double		cost;
} Visit;

static void
begin_visit(Visit *visit, AdvRun *run, AdvUnit *unit)
{
	memset(visit, 0, sizeof(Visit));
	visit->run = run;
	visit->inquiry.unit = unit;
	visit->inquiry.pool = run->pool;
	visit->inquiry.context = run->context;
	visit->inquiry.plans = &run->plans;
}

/*
 * Do something about the unit in a trial, whose memory goes with it.  One
 * statement gets no more than a fair part of the time: there are some that
 * would never end.
 */
static AdvTrialOutcome
try(Visit *visit, void (*work) (void *arg), char **failure)
{
	AdvRun	   *run = visit->run;
	AdvUnit    *unit = visit->inquiry.unit;
	double		left = adv_run_time_left(run, 0);
	AdvTrial	trial;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "advisor visit", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	AdvTrialOutcome outcome;
	ErrorData  *error;

	trial.userid = run->workload->captured ? unit->item->userid : InvalidOid;
	trial.limit = Max(Min(left / (PATIENCE * (1 + run->expired)), SLOWEST_PLANNING), 100);
	trial.lock_timeout = LOCK_TIMEOUT;
	outcome = adv_trial(&trial, work, visit, &error);
	MemoryContextSwitchTo(old);
	if (failure)
		*failure = outcome == ADV_TRIAL_DONE ? NULL :
			MemoryContextStrdup(run->context, outcome == ADV_TRIAL_FAILED ?
								error->message : "planning it took too long");
	MemoryContextDelete(context);
	if (outcome == ADV_TRIAL_EXPIRED)
	{
		run->expired++;
		run->out_of_time = true;
	}
	return outcome;
}

static void
prepare(Visit *visit)
{
	visit->inquiry.plannable = adv_plannable_make(visit->inquiry.unit->text);
}

/* Conditions are compared over all statements: some come again and again. */
static bool
note_clause(Oid relid, Node *clause, void *arg)
{
	Visit	   *visit = arg;
	AdvRun	   *run = visit->run;
	AdvSeenClause *seen = NULL;
	MemoryContext old;
	ListCell   *lc;

	foreach(lc, run->clauses)
	{
		seen = lfirst(lc);
		if (seen->relid == relid && equal(seen->clause, clause))
			break;
		seen = NULL;
	}
	old = MemoryContextSwitchTo(run->context);
	if (seen == NULL)
	{
		seen = palloc0(sizeof(AdvSeenClause));
		seen->relid = relid;
		seen->clause = copyObject(clause);
		run->clauses = lappend(run->clauses, seen);
	}
	seen->units = bms_add_member(seen->units, (int) (visit->inquiry.unit - run->units));
	seen->items = bms_add_member(seen->items, visit->inquiry.unit->item->number);
	MemoryContextSwitchTo(old);
	return false;
}

/*
 * Does the condition have the same constants every time?  It does if another
 * statement has it, too, or all examples of this one, and there are several.
 */
static bool
clause_recurs(Oid relid, Node *clause, void *arg)
{
	Visit	   *visit = arg;
	const AdvUnit *unit = visit->inquiry.unit;
	ListCell   *lc;

	foreach(lc, visit->run->clauses)
	{
		AdvSeenClause *seen = lfirst(lc);

		if (seen->relid == relid && equal(seen->clause, clause))
			return bms_num_members(seen->items) > 1 ||
				(list_length(unit->item->texts) > 1 &&
				 bms_num_members(seen->units) >= list_length(unit->item->texts));
	}
	return false;
}

/* A table of the user's, neither of the catalog's nor one of ours? */
static bool
is_table(const RangeTblEntry *rte)
{
	char	   *schema;

	if (rte->rtekind != RTE_RELATION || rte->relid < FirstNormalObjectId)
		return false;
	schema = get_namespace_name(get_rel_namespace(rte->relid));
	return schema != NULL && strcmp(schema, "advisor") != 0 &&
		strcmp(schema, "information_schema") != 0;
}

static void
observe(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte, void *arg)
{
	Visit	   *visit = arg;

	if (is_table(rte))
		visit->inquiry.unit->reads_tables = true;
	adv_candidates_observe(root, rel, rti, rte, visit->candidates);
}

static AdvCandidateSet *
make_candidate_set(Visit *visit, AdvRecurs recurs)
{
	AdvCandidateOptions options = adv_candidate_defaults();

	options.max_columns = visit->run->options->max_columns;
	options.recurs = recurs;
	options.arg = visit;
	return adv_candidates_create(CurrentMemoryContext, &options);
}

/* In a trial: the cost as things are. */
static void
plan_base(void *arg)
{
	Visit	   *visit = arg;
	AdvUnit    *unit = visit->inquiry.unit;
	AdvConfiguration world = {0};
	AdvPlanned	planned;

	prepare(visit);
	visit->candidates = make_candidate_set(visit, note_clause);
	world.observe = observe;
	world.observe_arg = visit;
	adv_plannable_plan(visit->inquiry.plannable, &world, &planned);
	visit->run->plans++;
	unit->base = planned.total_cost;
	unit->operation = visit->inquiry.plannable->operation;
	unit->has_parameters = visit->inquiry.plannable->has_parameters;
}

void
adv_explore_base(AdvRun *run, AdvUnit *unit)
{
	Visit		visit;

	begin_visit(&visit, run, unit);
	unit->base = -1;
	(void) try(&visit, plan_base, &unit->failure);
}

/* In a trial: what might help. */
static void
find_candidates(void *arg)
{
	Visit	   *visit = arg;
	AdvConfiguration world = {0};
	AdvPlanned	planned;
	MemoryContext old;

	prepare(visit);
	/* the list is wanted after the trial */
	old = MemoryContextSwitchTo(visit->inquiry.context);
	visit->candidates = make_candidate_set(visit, clause_recurs);
	MemoryContextSwitchTo(old);
	world.observe = observe;
	world.observe_arg = visit;
	adv_plannable_plan(visit->inquiry.plannable, &world, &planned);
	visit->run->plans++;
	old = MemoryContextSwitchTo(visit->inquiry.context);
	visit->found = adv_candidates_list(visit->candidates);
	MemoryContextSwitchTo(old);
}

/* In a trial: estimate the candidates' sizes, from where an error stopped it. */
static void
add_candidates(void *arg)
{
	Visit	   *visit = arg;
	AdvUnit    *unit = visit->inquiry.unit;

	while (visit->next < list_length(visit->found))
	{
		AdvCandidate *candidate = list_nth(visit->found, visit->next++);
		int			id = adv_pool_add(visit->run->pool, candidate->def, candidate->reasons);
		MemoryContext old;

		if (id < 0)
			continue;
		old = MemoryContextSwitchTo(visit->inquiry.context);
		unit->own = bms_add_member(unit->own, id);
		unit->relations = list_append_unique_oid(unit->relations, candidate->def->relid);
		MemoryContextSwitchTo(old);
	}
}

/* Indexes compete with those of about their size. */
static int
size_class(const AdvPoolEntry *entry)
{
	const AdvIndexDef *def = entry->index->def;

	if (def->predicate != NIL || def->am != BTREE_AM_OID)
		return 3;
	if (def->ncolumns > def->nkeys)
		return 2;
	return def->nkeys > 1 ? 1 : 0;
}

/*
 * The candidates of a class, in heats in which each table has a few.  They are
 * in the order of their promise, and so are the heats.
 */
static List *
draw_heats(AdvRun *run, const Bitmapset *candidates, int class)
{
	List	   *heats = NIL;
	int			id = -1;
	HTAB	   *counts;
	HASHCTL		ctl = {0};

	ctl.keysize = sizeof(Oid);
	ctl.entrysize = 2 * sizeof(Oid);
	ctl.hcxt = CurrentMemoryContext;
	counts = hash_create("advisor heats", 32, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	while ((id = bms_next_member(candidates, id)) >= 0)
	{
		AdvPoolEntry *entry = adv_pool_get(run->pool, id);
		uint32	   *count;
		bool		found;
		int			heat;

		if (size_class(entry) != class)
			continue;
		count = (uint32 *) hash_search(counts, &entry->index->def->relid,
									   HASH_ENTER, &found) + 1;
		if (!found)
			*count = 0;
		heat = (*count)++ / AT_A_TIME;
		if (heat == list_length(heats))
			heats = lappend(heats, NULL);
		list_nth_cell(heats, heat)->ptr_value =
			bms_add_member(list_nth(heats, heat), id);
	}
	hash_destroy(counts);
	return heats;
}

/* In a trial: let the candidates compete. */
static void
compete(void *arg)
{
	Visit	   *visit = arg;
	AdvUnit    *unit = visit->inquiry.unit;
	Bitmapset  *winners = NULL;
	ListCell   *lc;

	prepare(visit);
	for (int class = 0; class <= 3; class++)
		foreach(lc, draw_heats(visit->run, unit->own, class))
		{
			const AdvAnswer *answer = adv_unit_ask(&visit->inquiry, lfirst(lc));

			winners = bms_add_members(winners, answer->used);
		}
	(void) adv_unit_ask(&visit->inquiry, winners);
}

void
adv_explore_candidates(AdvRun *run, AdvUnit *unit)
{
	Visit		visit;

	begin_visit(&visit, run, unit);
	if (try(&visit, find_candidates, NULL) != ADV_TRIAL_DONE)
		return;

	/* one whose expression raises errors costs nobody but itself */
	while (visit.next < list_length(visit.found) && !adv_run_is_over(run, 0))
		if (try(&visit, add_candidates, NULL) == ADV_TRIAL_DONE)
			break;
	if (!bms_is_empty(unit->own))
		(void) try(&visit, compete, NULL);
}

/* In a trial: definitions that were made of others. */
static void
add_merged(void *arg)
{
	Visit	   *visit = arg;
	AdvRun	   *run = visit->run;

	while (visit->next < list_length(visit->found))
	{
		int			id = adv_pool_add(run->pool, list_nth(visit->found, visit->next++),
									  ADV_REASON_MERGED);
		MemoryContext old = MemoryContextSwitchTo(run->context);

		if (id >= 0)
			run->merged = bms_add_member(run->merged, id);
		MemoryContextSwitchTo(old);
	}
}

void
adv_explore_merged(AdvRun *run, AdvUnit *unit, List *defs)
{
	Visit		visit;

	begin_visit(&visit, run, unit);
	visit.found = defs;
	while (visit.next < list_length(defs) && !adv_run_is_over(run, 0))
		if (try(&visit, add_merged, NULL) == ADV_TRIAL_DONE)
			break;
}

/* The largest index in a set. */
static int
largest(const AdvPool *pool, const Bitmapset *set)
{
	double		most = -1;
	int			result = -1;
	int			id = -1;

	while ((id = bms_next_member(set, id)) >= 0)
	{
		double		bytes = adv_pool_get(pool, id)->index->bytes;

		if (bytes > most)
		{
			most = bytes;
			result = id;
		}
	}
	return result;
}

static bool
is_allowed(Visit *visit)
{
	return visit->inquiry.unit->nanswers < visit->allowance &&
		!adv_run_is_over(visit->run, 0);
}

static bool
is_helped(const AdvUnit *unit, const AdvAnswer *answer)
{
	return answer->cost < unit->base * (1 - NOISE) && !bms_is_empty(answer->used);
}

/* Take the largest index that is used away, until none is. */
static void
descend(Visit *visit)
{
	AdvUnit    *unit = visit->inquiry.unit;
	Bitmapset  *available = bms_copy(visit->set);

	while (is_allowed(visit))
	{
		const AdvAnswer *answer = adv_unit_ask(&visit->inquiry, available);

		if (!is_helped(unit, answer))
			break;
		available = bms_del_member(available, largest(visit->run->pool, answer->used));
	}
}

/* Each winner alone. */
static void
try_alone(Visit *visit, const Bitmapset *winners)
{
	int			id = -1;

	while ((id = bms_next_member(winners, id)) >= 0 && is_allowed(visit))
		(void) adv_unit_ask(&visit->inquiry, bms_make_singleton(id));
}

/*
 * Take each index that is used away in turn, and from what is left each in turn,
 * and so on, breadth first.
 */
static void
try_without(Visit *visit)
{
	AdvUnit    *unit = visit->inquiry.unit;
	List	   *queue = list_make1(bms_copy(visit->set));
	int			turns = 4 * visit->allowance;	/* many need no plan */

	while (queue != NIL && turns-- > 0 && is_allowed(visit))
	{
		Bitmapset  *available = linitial(queue);
		const AdvAnswer *answer = adv_unit_ask(&visit->inquiry, available);
		Bitmapset  *used = bms_copy(answer->used);
		int			id = -1;

		queue = list_delete_first(queue);
		if (!is_helped(unit, answer))
			continue;
		while ((id = bms_next_member(used, id)) >= 0)
			queue = lappend(queue, bms_del_member(bms_copy(available), id));
	}
}

/* In a trial. */
static void
find_alternatives(void *arg)
{
	Visit	   *visit = arg;
	Bitmapset  *winners;

	prepare(visit);
	winners = bms_copy(adv_unit_ask(&visit->inquiry, visit->set)->used);
	descend(visit);
	try_alone(visit, winners);
	try_without(visit);
}

void
adv_explore_alternatives(AdvRun *run, AdvUnit *unit, const Bitmapset *available,
						 int allowance)
{
	Visit		visit;

	begin_visit(&visit, run, unit);
	visit.set = available;
	visit.allowance = unit->nanswers + allowance;
	(void) try(&visit, find_alternatives, NULL);
}

/*
 * What could be added to a set, from the best on: those that the planner takes
 * with everything at hand, then those that it takes without these, and so on.
 * Each is tried alone.
 */
static void
try_additions(Visit *visit, const Bitmapset *everything)
{
	Bitmapset  *available = bms_copy(everything);
	double		cost = adv_unit_ask(&visit->inquiry, visit->set)->cost;

	for (int layer = 0; layer < LAYERS; layer++)
	{
		const AdvAnswer *answer = adv_unit_ask(&visit->inquiry, available);
		Bitmapset  *additions;
		int			id = -1;
		int			n = 0;

		if (answer->cost >= cost * (1 - NOISE))
			break;
		additions = bms_difference(answer->used, visit->set);
		available = bms_del_members(available, additions);
		while ((id = bms_next_member(additions, id)) >= 0 && n++ < AROUND)
			(void) adv_unit_ask(&visit->inquiry,
								bms_add_member(bms_copy(visit->set), id));
	}
}

/* In a trial. */
static void
look_around(void *arg)
{
	Visit	   *visit = arg;
	Bitmapset  *used;
	Bitmapset  *everything;
	int			id = -1;
	int			n = 0;

	prepare(visit);
	used = bms_copy(adv_unit_ask(&visit->inquiry, visit->set)->used);
	everything = bms_union(visit->set, visit->inquiry.unit->winners);
	try_additions(visit, everything);

	/* and what would take the place of one of those that are used? */
	while ((id = bms_next_member(used, id)) >= 0 && n++ < AROUND)
	{
		(void) adv_unit_ask(&visit->inquiry, bms_del_member(bms_copy(visit->set), id));
		(void) adv_unit_ask(&visit->inquiry, bms_del_member(bms_copy(everything), id));
	}
}

void
adv_explore_around(AdvRun *run, AdvUnit *unit, const Bitmapset *set)
{
	Visit		visit;

	begin_visit(&visit, run, unit);
	visit.set = adv_unit_relevant(unit, run->pool, set);
	(void) try(&visit, look_around, NULL);
	bms_free((Bitmapset *) visit.set);
}

/* In a trial. */
static void
plan_with_set(void *arg)
{
	Visit	   *visit = arg;

	prepare(visit);
	visit->cost = adv_unit_ask(&visit->inquiry, visit->set)->cost;
}

double
adv_explore_cost(AdvRun *run, AdvUnit *unit, const Bitmapset *set)
{
	Visit		visit;
	const AdvAnswer *known;

	begin_visit(&visit, run, unit);
	visit.set = adv_unit_relevant(unit, run->pool, set);
	known = adv_unit_recall(unit, visit.set);
	if (known)
		visit.cost = known->cost;
	else if (adv_run_is_over(run, 0) || try(&visit, plan_with_set, NULL) != ADV_TRIAL_DONE)
		visit.cost = -1;
	bms_free((Bitmapset *) visit.set);
	return visit.cost;
}

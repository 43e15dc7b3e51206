/*-------------------------------------------------------------------------
 *
 * sampler.c
 *		Which executions are looked at closely, and what is kept of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "capture/document.h"
#include "capture/example.h"
#include "capture/lint.h"
#include "capture/noderuns.h"
#include "capture/plandoc.h"
#include "capture/protect.h"
#include "capture/sampler.h"
#include "capture/texts.h"
#include "catalog/pg_type.h"
#include "common/guc.h"
#include "common/hashfn.h"
#include "common/pg_prng.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#define ADV_FIRST_RUNS		2	/* executions of a plan that are always measured */
#define ADV_WORK_MEMORY		(64 * 1024)	/* kept for this work by a session */
#define ADV_IDLE_DISTANCE	1000	/* executions between looks that change nothing */
#define ADV_PENDING_EXAMPLES 16 /* that wait for their execution */

/* A plan whose estimates have changed is documented anew after so long, in us. */
#define ADV_PLAN_AGE		(10 * USECS_PER_MINUTE)

/* Another example of a statement is taken after so long, in us: */
#define ADV_EXAMPLE_PAUSE	(1 * USECS_PER_SEC)		/* while there is room */
#define ADV_EXAMPLE_AGE		(10 * USECS_PER_MINUTE) /* when one has to go */

AdvPlanSlot adv_plan_slots[ADV_PLAN_SETS][ADV_PLAN_WAYS];

/* An example from when a statement was planned until it has been executed. */
typedef struct PendingExample
{
	uint64		tag;			/* adv_text_tag() of the statement; 0 for none */
	TimestampTz taken_at;
	AdvExample	example;		/* text is NULL when it has been stored */
} PendingExample;

/* Of what is made here, until it has been stored. */
static MemoryContext work_context = NULL;

/* A ring: the oldest makes room. */
static PendingExample pending_examples[ADV_PENDING_EXAMPLES];
static int	next_pending = 0;

/* ---------------------------------------------------------------------
 * Distances
 * ---------------------------------------------------------------------
 */

/* Are executions measured at all? */
static inline bool
is_measuring(void)
{
	return adv_sample_rate > 0 && adv_plan_memory > 0;
}

/* Executions until the next look, after so many runs were measured. */
static int32
distance(int32 runs)
{
	double		most = adv_sample_rate > 0 ? 1.0 / adv_sample_rate : 1e9;
	double		gap = ldexp(1.0, Min(runs, 30));

	if (!is_measuring())
		return ADV_IDLE_DISTANCE;
	if (runs < ADV_FIRST_RUNS)
		return 1;

	/* not at equal distances: they might fall in with a rhythm of the client */
	gap = Min(gap, Min(most, 1e9)) * (0.5 + pg_prng_double(&pg_global_prng_state));
	return Max((int32) gap, 1);
}

/* ---------------------------------------------------------------------
 * Slots
 * ---------------------------------------------------------------------
 */

/* The child that a node pulls from whenever it runs itself; NULL if none. */
static PlanState *
certain_child(PlanState *state)
{
	switch (nodeTag(state))
	{
		case T_SortState:
		case T_IncrementalSortState:
		case T_AggState:
		case T_GroupState:
		case T_UniqueState:
		case T_WindowAggState:
		case T_MaterialState:
		case T_LockRowsState:
		case T_ModifyTableState:
			return outerPlanState(state);
		default:
			return NULL;
	}
}

/*
 * The only index of a plan, if each execution is certain to reach it, by which
 * counting its use needs no look at the nodes.  Of partitions, plans of the same
 * id use others.
 */
static Oid
certain_index(const QueryDesc *queryDesc)
{
	PlanState  *state = queryDesc->planstate;

	if (queryDesc->plannedstmt->appendRelations != NIL)
		return InvalidOid;
	while (state != NULL && state->initPlan == NIL && state->subPlan == NIL)
	{
		if (IsA(state, IndexScanState))
			return ((const IndexScan *) state->plan)->indexid;
		if (IsA(state, IndexOnlyScanState))
			return ((const IndexOnlyScan *) state->plan)->indexid;
		if (IsA(state, BitmapHeapScanState) &&
			IsA(outerPlanState(state), BitmapIndexScanState))
			return ((const BitmapIndexScan *) outerPlanState(state)->plan)->indexid;
		state = certain_child(state);
	}
	return InvalidOid;
}

/*
 * Callback of planstate_tree_walker(): raises *context to how the indexes of a
 * plan can be found.
 */
static bool
find_walk(PlanState *state, void *context)
{
	AdvIndexWalk *walk = (AdvIndexWalk *) context;

	switch (nodeTag(state))
	{
		case T_IndexScanState:
		case T_IndexOnlyScanState:
			*walk = Max(*walk, ADV_WALK_SCANS);
			break;
		case T_BitmapIndexScanState:
		case T_GatherState:
		case T_GatherMergeState:
			*walk = ADV_WALK_PLAN;
			return true;
		case T_AppendState:		/* may have pruned them, this time */
			if (((AppendState *) state)->as_prune_state)
				*walk = ADV_WALK_PLAN;
			break;
		case T_MergeAppendState:
			if (((MergeAppendState *) state)->ms_prune_state)
				*walk = ADV_WALK_PLAN;
			break;
		default:
			break;
	}
	return planstate_tree_walker(state, find_walk, context);
}

/* How to find the indexes of a plan, whose rows are examined in that way. */
static AdvIndexWalk
choose_walk(PlanState *root, AdvExamine examine)
{
	AdvIndexWalk walk = ADV_WALK_NOTHING;

	(void) find_walk(root, &walk);
	if (walk == ADV_WALK_SCANS && !adv_examine_needs_scans(examine))
		return ADV_WALK_PLAN;
	return walk;
}

AdvPlanSlot *
adv_sampler_open(uint64 tag, const AdvKey *key, const QueryDesc *queryDesc)
{
	static uint32 hand = 0;
	AdvPlanState state;
	AdvPlanSlot *set = adv_plan_slots[tag & (ADV_PLAN_SETS - 1)];
	AdvPlanSlot *slot = NULL;
	Oid			indexid = certain_index(queryDesc);

	for (int way = 0; way < ADV_PLAN_WAYS && slot == NULL; way++)
	{
		if (set[way].tag == 0)
			slot = &set[way];
	}
	if (slot == NULL)
		slot = &set[hand++ % ADV_PLAN_WAYS];

	if (slot->tag != 0 && slot->use != NULL)
		adv_indexuse_unpin(slot->use);

	/* sessions may be many and short: each begins where the others are */
	adv_documents_state(key, &state);
	slot->tag = tag;
	slot->left = distance(state.runs);
	slot->entry = NULL;
	slot->examine = adv_examine_kind(queryDesc);
	slot->use = OidIsValid(indexid) ? adv_indexuse_pin(indexid) : NULL;
	slot->walk = slot->use ? ADV_WALK_NOTHING :
		choose_walk(queryDesc->planstate, slot->examine);
	return slot;
}

void
adv_sampler_note_slow(uint64 tag)
{
	AdvPlanSlot *slot = adv_plan_slot(tag);

	if (slot)
		slot->left = 1;
}

void
adv_sampler_forget(const AdvKey *key)
{
	adv_sampler_note_slow(adv_plan_tag(key->queryid, key->planid, key->userid,
									   key->toplevel != 0));
}

/* ---------------------------------------------------------------------
 * Choosing
 * ---------------------------------------------------------------------
 */

/* Is the plan one whose mean time is slow, or was its last execution slow? */
static bool
is_known_slow(const AdvPlanState *state)
{
	return state->calls > 0 && state->total_ns / state->calls >= adv_slow_ns;
}

/*
 * Was the plan documented long ago, and with other estimates?  They change with
 * statistics, and somebody may be waiting to see that they have.
 */
static bool
is_outdated(const AdvPlanState *state, Cost cost)
{
	Cost		change = fabs(cost - state->cost);

	return change > 0.1 * Max(cost, state->cost) &&
		GetCurrentTimestamp() - state->documented_at > ADV_PLAN_AGE;
}

/* Shall rows be counted in an execution whose turn it is? */
static bool
is_to_be_measured(const AdvPlanSlot *slot, const AdvPlanState *state)
{
	if (!is_measuring())
		return false;
	if (slot != NULL || !state->has_plan || state->runs < ADV_FIRST_RUNS ||
		is_known_slow(state))
		return true;

	/* for a session that is new to it, it is an execution like any other */
	return pg_prng_double(&pg_global_prng_state) < adv_sample_rate;
}

/* Hash of a parameter's value; false if equal values might differ in it. */
static bool
hash_value(const ParamExternData *param, uint64 *hash)
{
	HeapTuple	tuple;
	int16		typlen;
	bool		typbyval;
	const void *data;
	Size		size;

	if (param->isnull || !OidIsValid(param->ptype))
		return true;

	/* this is no place to raise errors, not even for a type that is gone */
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(param->ptype));
	if (!HeapTupleIsValid(tuple))
		return false;
	typlen = ((Form_pg_type) GETSTRUCT(tuple))->typlen;
	typbyval = ((Form_pg_type) GETSTRUCT(tuple))->typbyval;
	ReleaseSysCache(tuple);
	data = typbyval ? (const void *) &param->value : DatumGetPointer(param->value);
	if (typbyval)
		size = sizeof(Datum);
	else if (typlen == -1 && VARATT_IS_EXTERNAL(data))
		return false;
	else
		size = typlen == -1 ? VARSIZE_ANY(data) :
			typlen == -2 ? strlen(data) : (Size) typlen;
	*hash = hash_bytes_extended(data, (int) size, *hash);
	return true;
}

/*
 * Hash of what makes this execution of a statement differ from others: its
 * parameters, or, for literals, its text.  0 if it cannot be told.
 */
static uint64
hash_parameters(const QueryDesc *queryDesc)
{
	const PlannedStmt *stmt = queryDesc->plannedstmt;
	ParamListInfo params = queryDesc->params;
	uint64		hash = 1;

	if (params == NULL || params->numParams == 0)
	{
		const char *text = queryDesc->sourceText + Max(stmt->stmt_location, 0);

		hash = hash_bytes_extended((const unsigned char *) text,
								   stmt->stmt_len > 0 ? stmt->stmt_len : strlen(text), 0);
		return hash != 0 ? hash : 1;
	}
	for (int i = 0; i < params->numParams; i++)
	{
		ParamExternData space;
		const ParamExternData *param = &params->params[i];

		if (params->paramFetch)
			param = params->paramFetch(params, i + 1, true, &space);
		hash = hash * UINT64CONST(0x9E3779B97F4A7C15) + i;
		if (!hash_value(param, &hash))
			return 0;
	}
	return hash != 0 ? hash : 1;
}

/* The example that waits for a statement's execution, NULL if none does. */
static PendingExample *
find_pending(const AdvKey *key)
{
	uint64		tag = adv_text_tag(key->queryid, key->userid, key->toplevel != 0);

	for (int i = 0; i < ADV_PENDING_EXAMPLES; i++)
	{
		if (pending_examples[i].tag == tag)
			return &pending_examples[i];
	}
	return NULL;
}

/* Is another example of a statement welcome? */
static bool
is_example_due(const AdvPlanState *state)
{
	TimestampTz age = GetCurrentTimestamp() - state->last_example;

	return adv_track_examples && adv_examples_per_statement > 0 && adv_plan_memory > 0 &&
		age >= (state->nexamples < adv_examples_per_statement ?
				ADV_EXAMPLE_PAUSE : ADV_EXAMPLE_AGE);
}

int
adv_sampler_choose(AdvPlanSlot *slot, const AdvKey *key, QueryDesc *queryDesc)
{
	AdvPlanState state;
	int			wants = 0;

	adv_documents_state(key, &state);
	if (adv_plan_memory > 0 &&
		(!state.has_plan || is_outdated(&state, queryDesc->plannedstmt->planTree->total_cost)))
		wants |= ADV_WANT_PLAN;
	if (find_pending(key) != NULL)
		wants |= ADV_WANT_EXAMPLE;
	else if (is_example_due(&state))
		adv_text_forget_known(key->queryid, key->userid, key->toplevel != 0);

	/* new estimates are worth nothing without what they are compared with */
	if (is_to_be_measured(slot, &state) ||
		((wants & ADV_WANT_PLAN) && is_measuring()))
	{
		wants |= ADV_WANT_RUNS;
		queryDesc->instrument_options |= INSTRUMENT_ROWS;
		if (adv_sample_timing)
			queryDesc->instrument_options |= INSTRUMENT_TIMER;
	}
	if (slot)
		slot->left = distance(state.runs + ((wants & ADV_WANT_RUNS) ? 1 : 0));
	return wants;
}

/* ---------------------------------------------------------------------
 * Examples
 * ---------------------------------------------------------------------
 */

/* What work that is protected gets and gives. */
typedef struct StudyWork
{
	Query	   *query;
	ParamListInfo params;
	const PendingExample *template;
	AdvExample	example;
	StringInfoData facts;
	bool		done;
} StudyWork;

/*
 * Work in a context of our own, which keeps its first block: giving it back each
 * time would leave a hole in the heap, and everybody's allocations in the
 * backend would go on looking into that.
 */
static void
enter_context(void)
{
	if (work_context == NULL)
		work_context = AllocSetContextCreate(TopMemoryContext, "advisor sampler",
											 ADV_WORK_MEMORY, ADV_WORK_MEMORY,
											 ALLOCSET_DEFAULT_MAXSIZE);
	MemoryContextSwitchTo(work_context);
}

static inline void
leave_context(void)
{
	if (work_context)
		MemoryContextReset(work_context);
}

static void
make_facts(void *arg)
{
	StudyWork  *work = (StudyWork *) arg;

	enter_context();
	initStringInfo(&work->facts);
	adv_lint_query(&work->facts, work->query);
	if (work->facts.len == 0)
		appendStringInfoChar(&work->facts, '\n');	/* so we know that there are none */
	work->done = true;
}

static void
make_example(void *arg)
{
	StudyWork  *work = (StudyWork *) arg;

	enter_context();
	adv_example_make(work->query, work->params, &work->example);
	work->done = true;
}

static void
fill_example(void *arg)
{
	StudyWork  *work = (StudyWork *) arg;

	enter_context();
	work->done = adv_example_fill(work->template->example.text,
								  work->template->example.len, work->params,
								  &work->example);
}

static void
forget_pending(PendingExample *pending)
{
	if (pending->example.text)
		pfree(pending->example.text);
	memset(pending, 0, sizeof(PendingExample));
}

/* Keep an example until its statement has been planned and executed. */
static void
add_pending(const AdvKey *key, const AdvExample *example)
{
	PendingExample *pending = find_pending(key);

	if (pending == NULL)
		pending = &pending_examples[next_pending++ % ADV_PENDING_EXAMPLES];
	forget_pending(pending);
	pending->example = *example;
	pending->example.text = MemoryContextAllocExtended(TopMemoryContext,
													   Max(example->len, 1), MCXT_ALLOC_NO_OOM);
	if (pending->example.text == NULL)
		return;
	memcpy(pending->example.text, example->text, example->len);
	pending->tag = adv_text_tag(key->queryid, key->userid, key->toplevel != 0);
	pending->taken_at = GetCurrentTimestamp();
}

static void
store_example(const AdvKey *key, const AdvExample *example, TimestampTz taken_at)
{
	char		data[sizeof(AdvExampleText) + ADV_EXAMPLE_MAX];
	AdvExampleText header = {GetDatabaseEncoding(), example->truncated};
	int			len = Min(example->len, ADV_EXAMPLE_MAX);
	AdvDocument document = {
		.key = *key,.kind = ADV_DOCUMENT_EXAMPLE,
		.len = sizeof(header) + len,.taken_at = taken_at,.ns = -1
	};

	if (len <= 0)
		return;
	memcpy(data, &header, sizeof(header));
	memcpy(data + sizeof(header), example->text, len);
	adv_documents_put(&document, data);
}

void
adv_sampler_study(const AdvKey *key, Query *query, ParamListInfo params)
{
	AdvPlanState state;
	StudyWork	facts = {.query = query};
	StudyWork	example = {.query = query,.params = params};

	if (adv_plan_memory == 0)
		return;
	adv_documents_state(key, &state);
	if (!state.has_facts && adv_protect(make_facts, &facts) && facts.done)
	{
		AdvDocument document = {
			.key = *key,.kind = ADV_DOCUMENT_FACTS,.len = facts.facts.len
		};

		adv_documents_put(&document, facts.facts.data);
	}
	leave_context();

	if (is_example_due(&state) && adv_protect(make_example, &example) && example.done)
		add_pending(key, &example.example);
	leave_context();
}

void
adv_sampler_planned(const AdvKey *key)
{
	PendingExample *pending = find_pending(key);

	if (pending == NULL)
		return;
	if (!pending->example.is_template && pending->example.text != NULL)
	{
		store_example(key, &pending->example, pending->taken_at);
		pfree(pending->example.text);
		pending->example.text = NULL;
	}

	/* its execution is not to be missed */
	adv_sampler_note_slow(adv_plan_tag(key->queryid, key->planid, key->userid,
									   key->toplevel != 0));
}

/* A template, if one waits for this execution, gets its values. */
static void
fill_pending(const QueryDesc *queryDesc, const AdvExecution *execution)
{
	PendingExample *pending = find_pending(&execution->key);
	StudyWork	work = {.params = queryDesc->params,.template = pending};

	if (pending == NULL || pending->example.text == NULL || !adv_track_examples)
		return;
	if (adv_protect(fill_example, &work) && work.done)
		store_example(&execution->key, &work.example, pending->taken_at);
	leave_context();
}

/* Its execution is over: an example gets its duration. */
static void
finish_example(const AdvExecution *execution)
{
	PendingExample *pending = find_pending(&execution->key);

	if (pending == NULL)
		return;
	adv_documents_time_example(&execution->key, pending->taken_at, execution->ns);
	forget_pending(pending);
}

/* ---------------------------------------------------------------------
 * Plans
 * ---------------------------------------------------------------------
 */

typedef struct PlanWork
{
	QueryDesc  *queryDesc;
	const AdvExecution *execution;
	int			wants;			/* which of what is wanted is to be done */
} PlanWork;

static void
store_plan(PlanWork *work, const AdvNodeList *list)
{
	AdvDocument document = {
		.key = work->execution->key,.kind = ADV_DOCUMENT_PLAN,
		.taken_at = GetCurrentTimestamp(),
		.cost = work->queryDesc->plannedstmt->planTree->total_cost
	};
	const char *data = adv_plandoc_make(work->queryDesc, list, &document.len);

	adv_documents_put(&document, data);
}

static void
store_runs(PlanWork *work, const AdvNodeList *list)
{
	int			len = ADV_PLAN_RUNS_SIZE(list->n);
	AdvPlanRuns *runs = palloc(len);

	adv_noderuns_read(work->queryDesc, list, work->execution->ns,
					  work->execution->params_hash, runs);
	adv_documents_merge_runs(&work->execution->key, runs, len, adv_noderuns_merge);
}

static void
study_plan(void *arg)
{
	PlanWork   *work = (PlanWork *) arg;
	AdvNodeList *list;

	enter_context();
	list = palloc(sizeof(AdvNodeList));
	adv_plannodes_list(work->queryDesc->planstate, list);
	if (work->wants & ADV_WANT_PLAN)
		store_plan(work, list);
	if (work->wants & ADV_WANT_RUNS)
		store_runs(work, list);
}

/*
 * EXPLAIN ends the loop of each node that it shows, and one that goes on after
 * that would be counted a second time: put back, also after an error, what the
 * instrumentation was.
 */
static bool
save_instrumentation(PlanState *state, void *context)
{
	List	  **saved = (List **) context;

	if (state->instrument)
	{
		Instrumentation *copy = palloc(sizeof(Instrumentation));

		*copy = *state->instrument;
		*saved = lappend(lappend(*saved, state->instrument), copy);
	}
	return planstate_tree_walker(state, save_instrumentation, context);
}

static void
restore_instrumentation(const List *saved)
{
	for (int i = 0; i + 1 < list_length(saved); i += 2)
		*(Instrumentation *) list_nth(saved, i) =
			*(const Instrumentation *) list_nth(saved, i + 1);
}

/* study_plan() of an execution that goes on. */
static void
study_interrupted(void *arg)
{
	PlanWork   *work = (PlanWork *) arg;
	List	   *saved = NIL;

	enter_context();
	(void) save_instrumentation(work->queryDesc->planstate, &saved);
	PG_TRY();
	{
		study_plan(arg);
	}
	PG_FINALLY();
	{
		restore_instrumentation(saved);
	}
	PG_END_TRY();
}

/* Do those of these things that are wanted. */
static void
look_at_plan(QueryDesc *queryDesc, AdvExecution *execution, int what,
			 void (*study) (void *arg))
{
	PlanWork	work = {
		.queryDesc = queryDesc,.execution = execution,.wants = execution->wants & what
	};

	if (work.wants != 0)
		(void) adv_protect(study, &work);
	leave_context();
	execution->wants &= ~what;
}

void
adv_sampler_interrupted(QueryDesc *queryDesc, AdvExecution *execution)
{
	look_at_plan(queryDesc, execution, ADV_WANT_PLAN, study_interrupted);
}

void
adv_sampler_finish(QueryDesc *queryDesc, AdvExecution *execution)
{
	look_at_plan(queryDesc, execution, ADV_WANT_PLAN | ADV_WANT_RUNS, study_plan);
	if (execution->wants & ADV_WANT_EXAMPLE)
		finish_example(execution);
	execution->wants = 0;
}

/*
 * Values are looked at now: those of PL/pgSQL's variables are fetched when they
 * are asked for, and may be others when the execution is over.
 */
void
adv_sampler_started(const QueryDesc *queryDesc, AdvExecution *execution)
{
	if ((execution->wants & ADV_WANT_RUNS) && queryDesc->operation == CMD_SELECT)
		execution->params_hash = hash_parameters(queryDesc);
	if (execution->wants & ADV_WANT_EXAMPLE)
		fill_pending(queryDesc, execution);
}

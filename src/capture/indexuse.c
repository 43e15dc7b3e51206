/*-------------------------------------------------------------------------
 *
 * indexuse.c
 *		How often each index was used by plans that were executed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/indexuse.h"
#include "common/compat.h"
#include "common/guc.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "port/pg_bitutils.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/rel.h"

#define ADV_INDEX_TRANCHE	"advisor index use"
#define ADV_INDEX_WAYS		8	/* totals that may share a place */
#define ADV_PENDING_INDEXES 128 /* a power of two */
#define ADV_PENDING_TRIES	16	/* places looked at in the pending slab */

/* Totals, in buckets of ADV_INDEX_WAYS; indexid is 0 where there is none. */
static AdvIndexTotal *table = NULL;
static LWLock *table_lock = NULL;

/* Pending slabs, one for each PGPROC that may run statements; and ours. */
static AdvIndexUse *slabs = NULL;
static AdvIndexUse *my_slab = NULL;
static bool exited = false;

/* ---------------------------------------------------------------------
 * Shared memory
 * ---------------------------------------------------------------------
 */

static int
count_buckets(void)
{
	return pg_nextpower2_32(Max(adv_max_plans / 4, 16));
}

static Size
table_size(void)
{
	return mul_size(mul_size(count_buckets(), ADV_INDEX_WAYS), sizeof(AdvIndexTotal));
}

static Size
slabs_size(void)
{
	return mul_size(mul_size(MaxBackends, ADV_PENDING_INDEXES), sizeof(AdvIndexUse));
}

Size
adv_indexuse_shmem_size(void)
{
	return add_size(table_size(), slabs_size());
}

void
adv_indexuse_shmem_request(void)
{
	RequestAddinShmemSpace(adv_indexuse_shmem_size());
	RequestNamedLWLockTranche(ADV_INDEX_TRANCHE, 1);
}

void
adv_indexuse_shmem_init(void)
{
	bool		found;

	table = ShmemInitStruct("advisor index totals", table_size(), &found);
	if (!found)
		memset(table, 0, table_size());
	slabs = ShmemInitStruct("advisor index slabs", slabs_size(), &found);
	if (!found)
		memset(slabs, 0, slabs_size());
	table_lock = &GetNamedLWLockTranche(ADV_INDEX_TRANCHE)->lock;
}

/* ---------------------------------------------------------------------
 * Totals
 * ---------------------------------------------------------------------
 */

static AdvIndexTotal *
get_bucket(Oid dbid, Oid indexid)
{
	uint32		hash = hash_combine(murmurhash32(dbid), murmurhash32(indexid));

	return &table[(hash & (count_buckets() - 1)) * ADV_INDEX_WAYS];
}

/*
 * The place of an index in the table; where there is none left, that of the
 * one of its bucket that has not been used for longest.
 */
static AdvIndexTotal *
get_total(Oid dbid, Oid indexid)
{
	AdvIndexTotal *bucket = get_bucket(dbid, indexid);
	AdvIndexTotal *oldest = bucket;

	for (int i = 0; i < ADV_INDEX_WAYS; i++)
	{
		AdvIndexTotal *total = &bucket[i];

		if (total->indexid == indexid && total->dbid == dbid)
			return total;
		if (total->indexid == InvalidOid && oldest->indexid != InvalidOid)
			oldest = total;
		else if (oldest->indexid != InvalidOid && total->last_used < oldest->last_used)
			oldest = total;
	}
	memset(oldest, 0, sizeof(AdvIndexTotal));
	oldest->dbid = dbid;
	oldest->indexid = indexid;
	return oldest;
}

/* Add counts to the table, whose lock is held. */
static void
add_total(const AdvIndexTotal *more)
{
	AdvIndexTotal *total = get_total(more->dbid, more->indexid);

	total->executions += more->executions;
	total->last_used = Max(total->last_used, more->last_used);
}

void
adv_indexuse_restore(const AdvIndexTotal *total)
{
	add_total(total);
}

/* ---------------------------------------------------------------------
 * Pending counts
 * ---------------------------------------------------------------------
 */

/* Move a pending count to the table, whose lock is held. */
static void
hand_over(AdvIndexUse *use)
{
	AdvIndexTotal more = {
		.dbid = MyDatabaseId,.indexid = use->indexid,
		.executions = use->executions - use->voided,.last_used = use->last_used
	};

	if (use->indexid != InvalidOid && more.executions > 0)
		add_total(&more);
	use->executions = 0;
	use->voided = 0;
}

static bool
attach(void)
{
	int			procno;

	if (my_slab != NULL)
		return true;
	if (exited || slabs == NULL || MyProc == NULL)
		return false;
	procno = ADV_MY_PROCNO();
	if (procno < 0 || procno >= MaxBackends)
		return false;
	my_slab = &slabs[procno * ADV_PENDING_INDEXES];

	/* a process that was killed may have left something, of any database */
	LWLockAcquire(table_lock, LW_EXCLUSIVE);
	memset(my_slab, 0, ADV_PENDING_INDEXES * sizeof(AdvIndexUse));
	LWLockRelease(table_lock);
	return true;
}

void
adv_indexuse_flush(void)
{
	if (my_slab == NULL)
		return;

	LWLockAcquire(table_lock, LW_EXCLUSIVE);
	for (int i = 0; i < ADV_PENDING_INDEXES; i++)
		hand_over(&my_slab[i]);
	memset(my_slab, 0, ADV_PENDING_INDEXES * sizeof(AdvIndexUse));
	LWLockRelease(table_lock);
	my_slab = NULL;
	exited = true;
}

/*
 * Find or make the pending count of an index.  One that nobody points to has to
 * make room if need be; NULL if there is none of these.
 */
static AdvIndexUse *
get_pending(Oid indexid)
{
	uint32		place = murmurhash32(indexid);
	AdvIndexUse *victim = NULL;

	if (!attach())
		return NULL;
	for (int i = 0; i < ADV_PENDING_TRIES; i++)
	{
		AdvIndexUse *use = &my_slab[(place + i) & (ADV_PENDING_INDEXES - 1)];

		if (use->indexid == indexid)
			return use;
		if (victim != NULL && victim->indexid == InvalidOid)
			continue;
		if (use->indexid == InvalidOid || (victim == NULL && use->pins == 0))
			victim = use;
	}
	if (victim == NULL)
		return NULL;

	LWLockAcquire(table_lock, LW_EXCLUSIVE);
	hand_over(victim);
	victim->indexid = indexid;
	victim->pins = 0;
	LWLockRelease(table_lock);
	return victim;
}

AdvIndexUse *
adv_indexuse_pin(Oid indexid)
{
	AdvIndexUse *use = get_pending(indexid);

	if (use)
		use->pins++;
	return use;
}

static void
count_index(Oid indexid)
{
	AdvIndexUse *use = get_pending(indexid);
	AdvIndexTotal one = {
		.dbid = MyDatabaseId,.indexid = indexid,.executions = 1
	};

	if (use)
	{
		adv_indexuse_count(use, GetCurrentStatementStartTimestamp());
		return;
	}
	if (table == NULL || exited)
		return;
	one.last_used = GetCurrentStatementStartTimestamp();
	LWLockAcquire(table_lock, LW_EXCLUSIVE);
	add_total(&one);
	LWLockRelease(table_lock);
}

/* ---------------------------------------------------------------------
 * Plans
 * ---------------------------------------------------------------------
 */

/* Under a Gather the workers may have reached what the leader has not. */
typedef struct CountContext
{
	bool		in_parallel;
} CountContext;

/*
 * Was this node's scan of an index begun?  A bitmap index scan opens its index
 * at once, so it goes by the bitmap heap scan above it; see count_node().
 */
static Oid
reached_index(const PlanState *state, bool in_parallel)
{
	if (IsA(state, IndexScanState))
	{
		const IndexScanState *scan = (const IndexScanState *) state;

		if (scan->iss_ScanDesc != NULL || in_parallel)
			return ((const IndexScan *) state->plan)->indexid;
	}
	else if (IsA(state, IndexOnlyScanState))
	{
		const IndexOnlyScanState *scan = (const IndexOnlyScanState *) state;

		if (scan->ioss_ScanDesc != NULL || in_parallel)
			return ((const IndexOnlyScan *) state->plan)->indexid;
	}
	else if (IsA(state, BitmapIndexScanState))
		return ((const BitmapIndexScan *) state->plan)->indexid;
	return InvalidOid;
}

/* Callback of planstate_tree_walker(). */
static bool
count_node(PlanState *state, void *context)
{
	CountContext *count = (CountContext *) context;
	CountContext below = *count;
	Oid			indexid = reached_index(state, count->in_parallel);

	if (OidIsValid(indexid))
		count_index(indexid);
	if (IsA(state, BitmapHeapScanState) && !count->in_parallel &&
		!((const BitmapHeapScanState *) state)->initialized)
		return false;
	if (IsA(state, GatherState))
		below.in_parallel = ((const GatherState *) state)->initialized;
	else if (IsA(state, GatherMergeState))
		below.in_parallel = ((const GatherMergeState *) state)->initialized;
	return planstate_tree_walker(state, count_node, &below);
}

void
adv_indexuse_count_scans(const AdvScans *scans)
{
	for (int i = 0; i < scans->n; i++)
	{
		Oid			indexid = reached_index(scans->states[i], false);

		if (OidIsValid(indexid))
			count_index(indexid);
	}
}

void
adv_indexuse_count_plan(PlanState *root)
{
	CountContext count = {false};

	if (!stack_is_too_deep())
		(void) count_node(root, &count);
}

/* ---------------------------------------------------------------------
 * The others' side
 * ---------------------------------------------------------------------
 */

int
adv_indexuse_read(AdvIndexTotal **totals)
{
	int			ntable = count_buckets() * ADV_INDEX_WAYS;
	int			npending = MaxBackends * ADV_PENDING_INDEXES;
	AdvIndexTotal *result = palloc_extended((ntable + npending) * sizeof(AdvIndexTotal),
											MCXT_ALLOC_HUGE);
	int			n = 0;

	LWLockAcquire(table_lock, LW_SHARED);
	for (int i = 0; i < ntable; i++)
	{
		if (table[i].indexid != InvalidOid)
			result[n++] = table[i];
	}
	for (int i = 0; i < npending; i++)
	{
		const AdvIndexUse *use = &slabs[i];

		if (use->indexid == InvalidOid || use->executions == use->voided)
			continue;
		result[n].dbid = adv_proc_database(i / ADV_PENDING_INDEXES);
		result[n].indexid = use->indexid;
		result[n].executions = use->executions - use->voided;
		result[n].last_used = use->last_used;
		n++;
	}
	LWLockRelease(table_lock);
	*totals = result;
	return n;
}

bool
adv_indexuse_is_known(Oid dbid, Oid indexid)
{
	const AdvIndexTotal *bucket = get_bucket(dbid, indexid);
	bool		known = false;

	/* places are only taken, never given back, except all at once */
	LWLockAcquire(table_lock, LW_SHARED);
	for (int i = 0; i < ADV_INDEX_WAYS && !known; i++)
		known = bucket[i].indexid == InvalidOid ||
			(bucket[i].indexid == indexid && bucket[i].dbid == dbid);
	LWLockRelease(table_lock);
	return known;
}

void
adv_indexuse_forget(void)
{
	LWLockAcquire(table_lock, LW_EXCLUSIVE);
	memset(table, 0, table_size());
	for (int i = 0; i < MaxBackends * ADV_PENDING_INDEXES; i++)
		slabs[i].voided = slabs[i].executions;
	LWLockRelease(table_lock);
}

/*-------------------------------------------------------------------------
 *
 * keptrows.c
 *		Rows of dear functions, kept while the checks run.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/compat.h"
#include "common/keptrows.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

ADV_FUNCTION_INFO_V1(advisor_keep_rows);

/* What is larger is read again: better slow than short of memory. */
#define MAX_BYTES (64 * 1024 * 1024)

typedef struct Rows
{
	MinimalTuple *tuples;		/* NULL: not kept */
	int			n;
} Rows;

/* Lives in the context, which is NULL while nothing is to be kept. */
static MemoryContext context;
static Oid	userid;
static Rows rows[ADV_KEPT_FUNCTIONS];

static void
forget(void *arg)
{
	context = NULL;
}

void
adv_keptrows_begin(void)
{
	MemoryContextCallback *callback;

	adv_keptrows_end();
	/* goes with the subtransaction, whose abort nobody tells us of otherwise */
	context = AllocSetContextCreate(CurTransactionContext, "advisor kept rows", ALLOCSET_DEFAULT_SIZES);
	callback = MemoryContextAlloc(context, sizeof(MemoryContextCallback));
	callback->func = forget;
	callback->arg = NULL;
	MemoryContextRegisterResetCallback(context, callback);
	userid = GetUserId();
	memset(rows, 0, sizeof(rows));
}

void
adv_keptrows_end(void)
{
	if (context != NULL)
		MemoryContextDelete(context);
}

bool
adv_keptrows_get(AdvKeptRows function, ReturnSetInfo *result)
{
	TupleTableSlot *slot;

	if (context == NULL || userid != GetUserId() || rows[function].tuples == NULL)
		return false;
	slot = MakeSingleTupleTableSlot(result->setDesc, &TTSOpsMinimalTuple);
	for (int i = 0; i < rows[function].n; i++)
	{
		ExecStoreMinimalTuple(rows[function].tuples[i], slot, false);
		tuplestore_puttupleslot(result->setResult, slot);
	}
	ExecDropSingleTupleTableSlot(slot);
	return true;
}

void
adv_keptrows_put(AdvKeptRows function, ReturnSetInfo *result)
{
	TupleTableSlot *slot;
	MemoryContext caller;
	Rows		kept = {NULL, 0};
	int64		room = tuplestore_tuple_count(result->setResult);

	if (context == NULL || userid != GetUserId() ||
		room * sizeof(MinimalTuple) > MAX_BYTES)
		return;
	caller = MemoryContextSwitchTo(context);
	kept.tuples = palloc(Max(room, 1) * sizeof(MinimalTuple));
	slot = MakeSingleTupleTableSlot(result->setDesc, &TTSOpsMinimalTuple);
	while (MemoryContextMemAllocated(context, false) <= MAX_BYTES &&
		   tuplestore_gettupleslot(result->setResult, true, false, slot))
		kept.tuples[kept.n++] = ExecCopySlotMinimalTuple(slot);
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_rescan(result->setResult);
	if (kept.n == room)
		rows[function] = kept;
	MemoryContextSwitchTo(caller);
}

Datum
advisor_keep_rows(PG_FUNCTION_ARGS)
{
	if (PG_GETARG_BOOL(0))
		adv_keptrows_begin();
	else
		adv_keptrows_end();
	PG_RETURN_VOID();
}

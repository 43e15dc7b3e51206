/*-------------------------------------------------------------------------
 *
 * execution.c
 *		Executions under way in this backend.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/execution.h"
#include "capture/slab.h"
#include "capture/store.h"
#include "utils/memutils.h"

#define ADV_EXECUTIONS_STEP 16	/* records allocated at once */

AdvExecution *adv_executions = NULL;
static AdvExecution *free_list = NULL;

/* Add some records to the free list; without memory it stays empty. */
static void
grow_free_list(void)
{
	AdvExecution *fresh;

	fresh = MemoryContextAllocExtended(TopMemoryContext,
									   ADV_EXECUTIONS_STEP * sizeof(AdvExecution),
									   MCXT_ALLOC_NO_OOM);
	for (int i = 0; fresh != NULL && i < ADV_EXECUTIONS_STEP; i++)
	{
		fresh[i].next = free_list;
		free_list = &fresh[i];
	}
}

static inline void
link_first(AdvExecution *execution)
{
	execution->prev = NULL;
	execution->next = adv_executions;
	if (adv_executions)
		adv_executions->prev = execution;
	adv_executions = execution;
}

static inline void
unlink_execution(AdvExecution *execution)
{
	if (execution->prev)
		execution->prev->next = execution->next;
	else
		adv_executions = execution->next;
	if (execution->next)
		execution->next->prev = execution->prev;
}

void
adv_execution_complete(AdvExecution *execution)
{
	if (execution->was_run && !execution->counted)
		adv_slab_add_execution(&execution->key, execution->ns, &execution->usage);
	execution->counted = true;
}

/* Is it inside of ExecutorRun or ExecutorFinish?  Forgotten frames do not count. */
static inline bool
is_running(const AdvExecution *execution)
{
	return execution->frame != NULL && execution->frame->execution == execution;
}

void
adv_execution_abort(AdvExecution *execution, int sqlerrcode)
{
	if (is_running(execution))
	{
		/* what it read cannot be told any more: its state may be gone */
		execution->frame->queryDesc = NULL;
		execution->frame->span.examined = ADV_UNKNOWN_ROWS;
		adv_execution_run_end(execution, 0);
	}
	execution->key.planid = 0;
	execution->key.sqlclass = adv_error_class(sqlerrcode);
	adv_execution_complete(execution);
}

/*
 * Memory context callback: the query's memory goes.  Usually that is at its
 * end, and it has been counted.  If not, either it was running when an error
 * ended it, or it was a portal run in pieces, each of which went well, whose
 * transaction was rolled back for another reason: that counts like any other
 * statement of such a transaction.
 */
static void
release(void *arg)
{
	AdvExecution *execution = (AdvExecution *) arg;

	if (unlikely(is_running(execution)))
		adv_execution_abort(execution, execution->frame->sqlerrcode);
	else if (unlikely(!execution->counted))
		adv_execution_complete(execution);
	unlink_execution(execution);
	execution->next = free_list;
	free_list = execution;
}

AdvExecution *
adv_execution_start(QueryDesc *queryDesc, const AdvKey *key)
{
	AdvExecution *execution;

	if (unlikely(free_list == NULL))
		grow_free_list();
	if (unlikely(free_list == NULL))
	{
		AdvCounters one = {.exec = {.count = 1}};

		adv_store_drop(key, &one);
		return NULL;
	}

	execution = free_list;
	free_list = execution->next;

	execution->queryDesc = queryDesc;
	execution->key = *key;
	execution->frame = NULL;
	execution->was_run = false;
	execution->counted = false;
	execution->wants = 0;
	execution->examine = ADV_EXAMINE_UNKNOWN;
	execution->walk = 0;
	execution->use = NULL;
	execution->use_index = InvalidOid;
	execution->params_hash = 0;
	execution->ns = 0;
	memset(&execution->usage, 0, sizeof(execution->usage));
	link_first(execution);

	execution->callback.func = release;
	execution->callback.arg = execution;
	MemoryContextRegisterResetCallback(queryDesc->estate->es_query_cxt,
									   &execution->callback);
	return execution;
}

AdvExecution *
adv_execution_search(const QueryDesc *queryDesc)
{
	AdvExecution *execution;

	for (execution = adv_executions; execution; execution = execution->next)
	{
		if (execution->queryDesc == queryDesc)
		{
			/* it is likely to be asked for again soon */
			unlink_execution(execution);
			link_first(execution);
			return execution;
		}
	}
	return NULL;
}

void
adv_execution_complete_all(void)
{
	AdvExecution *execution;

	for (execution = adv_executions; execution; execution = execution->next)
		adv_execution_complete(execution);
}

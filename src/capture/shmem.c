/*-------------------------------------------------------------------------
 *
 * shmem.c
 *		Shared memory of capture: asked for, made, and filled at server start.
 *
 * After a crash the postmaster makes shared memory anew and everything starts
 * empty: what was counted may have been damaged with the rest.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/baseline.h"
#include "capture/concurrency.h"
#include "capture/connections.h"
#include "capture/hooks.h"
#include "capture/indexuse.h"
#include "capture/persist.h"
#include "capture/shmem.h"
#include "capture/slab.h"
#include "capture/store.h"
#include "capture/texts.h"
#include "capture/waits.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"

/* Saved hook values */
static shmem_request_hook_type prev_shmem_request = NULL;
static shmem_startup_hook_type prev_shmem_startup = NULL;

static void
adv_shmem_request(void)
{
	if (prev_shmem_request)
		prev_shmem_request();

	adv_store_shmem_request();
	adv_slab_shmem_request();
	adv_texts_shmem_request();
	adv_indexuse_shmem_request();
	adv_waits_shmem_request();
	adv_baseline_shmem_request();
	adv_connections_shmem_request();
	adv_concurrency_shmem_request();
}

static void
adv_shmem_startup(void)
{
	bool		created;

	if (prev_shmem_startup)
		prev_shmem_startup();

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	created = adv_store_shmem_init();
	adv_slab_shmem_init();
	adv_texts_shmem_init();
	adv_indexuse_shmem_init();
	adv_waits_shmem_init();
	adv_baseline_shmem_init();
	adv_connections_shmem_init();
	adv_concurrency_shmem_init();
	LWLockRelease(AddinShmemInitLock);

	/* By now all libraries have put theirs in place: ours go around them. */
	adv_hooks_install();
	adv_connections_install();

	/* Only the postmaster (or a single-user backend) loads and saves. */
	if (!IsUnderPostmaster && created)
		adv_persist_start();
}

void
adv_shmem_install(void)
{
	prev_shmem_request = shmem_request_hook;
	shmem_request_hook = adv_shmem_request;
	prev_shmem_startup = shmem_startup_hook;
	shmem_startup_hook = adv_shmem_startup;
}

int64
adv_shmem_size(void)
{
	return (int64) adv_store_shmem_size() + (int64) adv_slab_shmem_size() +
		(int64) adv_texts_shmem_size() + (int64) adv_indexuse_shmem_size() +
		(int64) adv_waits_shmem_size() + (int64) adv_baseline_shmem_size() +
		(int64) adv_connections_shmem_size() + (int64) adv_concurrency_shmem_size() +
		(int64) adv_store_partitions() * sizeof(LWLockPadded);
}

/*-------------------------------------------------------------------------
 *
 * advisor.c
 *		Entry point of the library.
 *
 * README.md says what advisor is for, src/README.md how it is built.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/shmem.h"
#include "capture/waits.h"
#include "common/access.h"
#include "common/compat.h"
#include "common/guc.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "recommend/lastadvice.h"
#include "recommend/progress.h"
#include "whatif/inject.h"

ADV_MODULE_MAGIC("advisor", ADVISOR_VERSION);

/*
 * Loaded in any other way than by shared_preload_libraries there is no shared
 * memory, and the SQL functions say so.
 */
void
_PG_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;

	adv_has_been_preloaded = true;
	EnableQueryId();
	adv_guc_init();
	adv_shmem_install();
	adv_progress_install();
	adv_lastadvice_install();
	adv_waits_register();
	adv_inject_install();
}

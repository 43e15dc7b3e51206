/*-------------------------------------------------------------------------
 *
 * baseline.c
 *		Where counters of the server stood when capture began.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/multixact.h"
#include "access/transam.h"
#include "access/xlog.h"
#include "access/xlogrecovery.h"
#include "capture/baseline.h"
#include "port/atomics.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

/* state: nothing, being written, there for good */
#define ADV_BASELINE_NONE	0
#define ADV_BASELINE_BEGUN	1
#define ADV_BASELINE_THERE	2

typedef struct AdvBaselineShared
{
	pg_atomic_uint32 state;
	AdvBaseline baseline;		/* written once, by who began */
} AdvBaselineShared;

static AdvBaselineShared *shared = NULL;

Size
adv_baseline_shmem_size(void)
{
	return CACHELINEALIGN(sizeof(AdvBaselineShared));
}

void
adv_baseline_shmem_request(void)
{
	RequestAddinShmemSpace(adv_baseline_shmem_size());
}

void
adv_baseline_shmem_init(void)
{
	bool		found;

	shared = ShmemInitStruct("advisor baseline", adv_baseline_shmem_size(), &found);
	if (found)
		return;
	memset(&shared->baseline, 0, sizeof(shared->baseline));
	pg_atomic_init_u32(&shared->state, ADV_BASELINE_NONE);
}

void
adv_baseline_note(void)
{
	uint32		expected = ADV_BASELINE_NONE;
	AdvBaseline *baseline;

	if (shared == NULL || pg_atomic_read_u32(&shared->state) != ADV_BASELINE_NONE ||
		!pg_atomic_compare_exchange_u32(&shared->state, &expected, ADV_BASELINE_BEGUN))
		return;

	baseline = &shared->baseline;
	baseline->when = GetCurrentTimestamp();
	baseline->xid = U64FromFullTransactionId(ReadNextFullTransactionId());
	baseline->multixact = ReadNextMultiXactId();
	baseline->wal_lsn = RecoveryInProgress() ? GetXLogReplayRecPtr(NULL) : GetXLogWriteRecPtr();
	pg_write_barrier();
	pg_atomic_write_u32(&shared->state, ADV_BASELINE_THERE);
}

bool
adv_baseline_get(AdvBaseline *baseline)
{
	if (shared == NULL || pg_atomic_read_u32(&shared->state) != ADV_BASELINE_THERE)
		return false;
	pg_read_barrier();
	*baseline = shared->baseline;
	return true;
}

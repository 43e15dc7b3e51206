/*-------------------------------------------------------------------------
 *
 * systemfunctions.c
 *		SQL functions on the machine, and on where the server's counters were.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "capture/baseline.h"
#include "catalog/pg_authid.h"
#include "common/compat.h"
#include "funcapi.h"
#include "health/system.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

ADV_FUNCTION_INFO_V1(advisor_system);
ADV_FUNCTION_INFO_V1(advisor_baseline);

#define ADV_SYSTEM_COLS 8

/* What the machine has is nobody's business who may not monitor the server. */
Datum
advisor_system(PG_FUNCTION_ARGS)
{
	int64		numbers[ADV_SYSTEM_COLS];
	Datum		values[ADV_SYSTEM_COLS] = {0};
	bool		nulls[ADV_SYSTEM_COLS];
	AdvSystem	system;
	TupleDesc	desc;
	int			n = 0;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	memset(nulls, true, sizeof(nulls));
	if (has_privs_of_role(GetUserId(), ROLE_PG_MONITOR))
	{
		adv_system_read(&system);
		numbers[n++] = system.memory_total;
		numbers[n++] = system.memory_limit;
		numbers[n++] = system.memory_available;
		numbers[n++] = system.cpus;
		numbers[n++] = system.data_disk_size;
		numbers[n++] = system.data_disk_free;
		numbers[n++] = system.wal_disk_size;
		numbers[n++] = system.wal_disk_free;
		Assert(n == ADV_SYSTEM_COLS);
		for (int i = 0; i < n; i++)
		{
			nulls[i] = numbers[i] < 0;
			/* one column is a number of processors, an integer */
			values[i] = i == 3 ? Int32GetDatum((int32) numbers[i]) : Int64GetDatum(numbers[i]);
		}
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

static Datum
uint64_to_numeric(uint64 number)
{
	/* there is no function for it; positions in the WAL stay below 2^63 */
	return NumericGetDatum(int64_to_numeric((int64) number));
}

static void
put_metric(ReturnSetInfo *rsinfo, const char *metric, uint64 value, TimestampTz when)
{
	Datum		values[3];
	bool		nulls[3] = {false};

	values[0] = CStringGetTextDatum(metric);
	values[1] = uint64_to_numeric(value);
	values[2] = TimestampTzGetDatum(when);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* No rows, rather than an error, where there is no shared memory. */
Datum
advisor_baseline(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AdvBaseline baseline;

	InitMaterializedSRF(fcinfo, 0);
	if (!adv_baseline_get(&baseline))
		return (Datum) 0;
	put_metric(rsinfo, "xid", baseline.xid, baseline.when);
	put_metric(rsinfo, "multixact", baseline.multixact, baseline.when);
	put_metric(rsinfo, "wal_lsn", baseline.wal_lsn, baseline.when);
	return (Datum) 0;
}

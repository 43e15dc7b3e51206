/*-------------------------------------------------------------------------
 *
 * detachfunctions.c
 *		SQL function that detaches a partition concurrently.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/compat.h"
#include "funcapi.h"
#include "partition/detach.h"
#include "utils/builtins.h"

ADV_FUNCTION_INFO_V1(advisor_detach_concurrently);

/* Status, and SQLSTATE and message if it is not done. */
Datum
advisor_detach_concurrently(PG_FUNCTION_ARGS)
{
	Datum		values[3] = {0};
	bool		nulls[3] = {false, true, true};
	AdvDetachResult result;
	TupleDesc	desc;

	if (PG_GETARG_INT32(2) <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lock_timeout must be positive"),
				 errhint("Without it, a detach could wait for ever behind a reader.")));
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	result = adv_detach_concurrently(PG_GETARG_OID(0), PG_GETARG_OID(1), PG_GETARG_INT32(2));
	values[0] = CStringGetTextDatum(result.done ? "done" : result.started ? "error" : "no_worker");
	if (!result.done)
	{
		nulls[1] = nulls[2] = false;
		values[1] = CStringGetTextDatum(unpack_sql_state(result.sqlstate));
		values[2] = CStringGetTextDatum(result.message);
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

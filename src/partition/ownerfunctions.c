/*-------------------------------------------------------------------------
 *
 * ownerfunctions.c
 *		SQL function that runs statements with the rights of a relation's owner.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/compat.h"
#include "funcapi.h"
#include "partition/owner.h"
#include "utils/builtins.h"

ADV_FUNCTION_INFO_V1(advisor_run_as_owner);

/* Rows of the last statement, and its first value. */
Datum
advisor_run_as_owner(PG_FUNCTION_ARGS)
{
	AdvOwnerResult result = adv_run_as_owner(PG_GETARG_OID(0), text_to_cstring(PG_GETARG_TEXT_PP(1)),
											 PG_GETARG_INT32(2), PG_GETARG_BOOL(3));
	Datum		values[2];
	bool		nulls[2] = {false};
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = Int64GetDatum(result.rows);
	nulls[1] = result.value == NULL;
	if (!nulls[1])
		values[1] = CStringGetTextDatum(result.value);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

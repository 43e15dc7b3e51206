/*-------------------------------------------------------------------------
 *
 * sequencefunctions.c
 *		SQL function on the state of sequences.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/compat.h"
#include "funcapi.h"
#include "health/sequence.h"

ADV_FUNCTION_INFO_V1(advisor_sequences);

#define SEQUENCES_COLUMNS 4

/* One row per sequence: its oid, last_value, is_called, visible. */
Datum
advisor_sequences(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, adv_sequences_read())
	{
		AdvSequence *sequence = lfirst(lc);
		Datum		values[SEQUENCES_COLUMNS];
		bool		nulls[SEQUENCES_COLUMNS] = {false};

		values[0] = ObjectIdGetDatum(sequence->seqid);
		values[1] = Int64GetDatum(sequence->last_value);
		values[2] = BoolGetDatum(sequence->is_called);
		values[3] = BoolGetDatum(sequence->visible);
		nulls[1] = nulls[2] = !sequence->known;
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	PG_RETURN_VOID();
}

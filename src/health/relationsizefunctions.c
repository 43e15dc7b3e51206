/*-------------------------------------------------------------------------
 *
 * relationsizefunctions.c
 *		SQL function on the sizes of all relations.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "common/compat.h"
#include "common/keptrows.h"
#include "funcapi.h"
#include "health/relationsize.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

ADV_FUNCTION_INFO_V1(advisor_relation_sizes);

static void
put_size(ReturnSetInfo *result, Form_pg_class class)
{
	Datum		values[2];
	bool		nulls[2] = {false};
	int64		size = adv_relation_size(class);

	if (size < 0)
		return;
	values[0] = ObjectIdGetDatum(class->oid);
	values[1] = Int64GetDatum(size);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
advisor_relation_sizes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Relation	classes;
	SysScanDesc scan;
	HeapTuple	tuple;
	MemoryContext per_row;
	MemoryContext caller;

	InitMaterializedSRF(fcinfo, 0);
	if (adv_keptrows_get(ADV_KEPT_RELATION_SIZES, result))
		return (Datum) 0;
	per_row = AllocSetContextCreate(CurrentMemoryContext, "advisor relation size", ALLOCSET_SMALL_SIZES);
	classes = table_open(RelationRelationId, AccessShareLock);
	scan = systable_beginscan(classes, InvalidOid, false, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		CHECK_FOR_INTERRUPTS();
		if (!RELKIND_HAS_STORAGE(form->relkind))
			continue;
		MemoryContextReset(per_row);
		caller = MemoryContextSwitchTo(per_row);
		put_size(result, form);
		MemoryContextSwitchTo(caller);
	}
	systable_endscan(scan);
	table_close(classes, AccessShareLock);
	MemoryContextDelete(per_row);
	adv_keptrows_put(ADV_KEPT_RELATION_SIZES, result);
	return (Datum) 0;
}

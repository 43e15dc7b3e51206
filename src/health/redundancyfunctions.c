/*-------------------------------------------------------------------------
 *
 * redundancyfunctions.c
 *		SQL functions on indexes too many and, for foreign keys, too few.
 *
 * What they tell is in the catalogs for everybody to read.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/index.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "common/compat.h"
#include "funcapi.h"
#include "health/foreignkey.h"
#include "health/redundancy.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"
#include "whatif/indexddl.h"

ADV_FUNCTION_INFO_V1(advisor_definition_of_index);
ADV_FUNCTION_INFO_V1(advisor_text_of_expression);
ADV_FUNCTION_INFO_V1(advisor_redundant_indexes);
ADV_FUNCTION_INFO_V1(advisor_unindexed_foreign_keys);

static void
put_redundancy(const AdvRedundancy *redundancy, void *arg)
{
	ReturnSetInfo *result = arg;
	Datum		values[6];
	bool		nulls[6] = {false};

	values[0] = ObjectIdGetDatum(redundancy->indexid);
	values[1] = ObjectIdGetDatum(redundancy->covered_by);
	values[2] = CStringGetTextDatum(adv_redundancy_kind_name(redundancy->kind));
	values[3] = BoolGetDatum(redundancy->attached);
	values[4] = BoolGetDatum(redundancy->same_rows);
	values[5] = BoolGetDatum(redundancy->same_storage);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
advisor_redundant_indexes(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	adv_redundancy_find(put_redundancy, fcinfo->resultinfo);
	return (Datum) 0;
}

static void
put_key(const AdvUnindexedKey *key, void *arg)
{
	ReturnSetInfo *result = arg;
	const char *lack = adv_index_lack_name(key->lack);
	Datum		values[5] = {0};
	bool		nulls[5] = {false};

	values[0] = ObjectIdGetDatum(key->constraint);
	nulls[1] = !OidIsValid(key->near);
	values[1] = ObjectIdGetDatum(key->near);
	nulls[2] = lack == NULL;
	if (lack != NULL)
		values[2] = CStringGetTextDatum(lack);
	values[3] = CStringGetTextDatum(key->ddl);
	values[4] = CStringGetTextDatum(key->undo);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
advisor_unindexed_foreign_keys(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	adv_unindexed_keys_find(put_key, fcinfo->resultinfo);
	return (Datum) 0;
}

/*
 * Is there anything in an index's definition that sessions might write in different
 * ways: names that are not built in, or constants?
 */
static bool
differs_by_session(Oid indexid)
{
	static const AttrNumber columns[] = {Anum_pg_index_indcollation, Anum_pg_index_indclass};
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(indexid));
	bool		result;
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
		return false;
	result = !heap_attisnull(tuple, Anum_pg_index_indexprs, NULL) ||
		!heap_attisnull(tuple, Anum_pg_index_indpred, NULL);
	for (int k = 0; k < lengthof(columns); k++)
	{
		oidvector  *oids = (oidvector *)
			DatumGetPointer(SysCacheGetAttr(INDEXRELID, tuple, columns[k], &isnull));

		for (int i = 0; i < oids->dim1; i++)
			result |= oids->values[i] >= FirstNormalObjectId;
	}
	ReleaseSysCache(tuple);
	return result;
}

/* What the server says of an index whose table is locked. */
static Datum
definition(Oid indexid, bool *isnull)
{
	LOCAL_FCINFO(call, 1);
	Datum		text;
	int			level = 0;

	*isnull = !SearchSysCacheExists1(RELOID, ObjectIdGetDatum(indexid));
	if (*isnull)
		return (Datum) 0;
	InitFunctionCallInfoData(*call, NULL, 1, InvalidOid, NULL, NULL);
	call->args[0].value = ObjectIdGetDatum(indexid);
	call->args[0].isnull = false;
	if (differs_by_session(indexid))
		level = adv_portable_text_begin();
	text = pg_get_indexdef(call);
	if (level > 0)
		AtEOXact_GUC(true, level);
	*isnull = call->isnull;
	return text;
}

/*
 * pg_get_indexdef() opens the table, and so waits for whoever has locked it.
 * NULL rather than that, or if the index is gone.  The text means the same in
 * every session.
 */
Datum
advisor_definition_of_index(PG_FUNCTION_ARGS)
{
	Oid			indexid = PG_GETARG_OID(0);
	Oid			relid = IndexGetRelation(indexid, true);
	bool		isnull;
	Datum		text;

	if (!OidIsValid(relid) || !ConditionalLockRelationOid(relid, AccessShareLock))
		PG_RETURN_NULL();
	text = definition(indexid, &isnull);
	UnlockRelationOid(relid, AccessShareLock);
	if (isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(text);
}

/* pg_get_expr() opens the table just so. */
Datum
advisor_text_of_expression(PG_FUNCTION_ARGS)
{
	Oid			relid = PG_GETARG_OID(1);
	LOCAL_FCINFO(call, 2);
	Datum		text;

	if (!ConditionalLockRelationOid(relid, AccessShareLock))
		PG_RETURN_NULL();
	InitFunctionCallInfoData(*call, NULL, 2, InvalidOid, NULL, NULL);
	call->args[0] = fcinfo->args[0];
	call->args[1] = fcinfo->args[1];
	text = pg_get_expr(call);
	UnlockRelationOid(relid, AccessShareLock);
	if (call->isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(text);
}

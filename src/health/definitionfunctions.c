/*-------------------------------------------------------------------------
 *
 * definitionfunctions.c
 *		SQL functions that show definitions as the server does, without waiting.
 *
 * The server's own open the table that an expression is of, even where it has
 * none, and so wait for whoever holds an AccessExclusiveLock.  A report on all
 * tables must not: it gets NULL instead, also if the thing is gone.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/index.h"
#include "catalog/pg_constraint.h"
#include "common/compat.h"
#include "storage/lmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/syscache.h"

ADV_FUNCTION_INFO_V1(advisor_definition_of_index_column);
ADV_FUNCTION_INFO_V1(advisor_definition_of_constraint);

/*
 * What a function of the server says, with a lock on the table that it opens;
 * none is needed if that is not valid.
 */
static Datum
call_locked(PGFunction function, Oid relid, const NullableDatum *arguments, int n, bool *isnull)
{
	LOCAL_FCINFO(call, 3);
	Datum		result;

	*isnull = true;
	if (OidIsValid(relid) && !ConditionalLockRelationOid(relid, AccessShareLock))
		return (Datum) 0;
	/* gone before it was locked? */
	if (OidIsValid(relid) && !SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid)))
	{
		UnlockRelationOid(relid, AccessShareLock);
		return (Datum) 0;
	}
	InitFunctionCallInfoData(*call, NULL, n, InvalidOid, NULL, NULL);
	memcpy(call->args, arguments, n * sizeof(NullableDatum));
	result = function(call);
	*isnull = call->isnull;
	if (OidIsValid(relid))
		UnlockRelationOid(relid, AccessShareLock);
	return result;
}

/* pg_get_indexdef(index, column, false) */
Datum
advisor_definition_of_index_column(PG_FUNCTION_ARGS)
{
	NullableDatum arguments[] = {{PG_GETARG_DATUM(0)}, {PG_GETARG_DATUM(1)}, {BoolGetDatum(false)}};
	Oid			relid = IndexGetRelation(PG_GETARG_OID(0), true);
	bool		isnull = true;
	Datum		result = (Datum) 0;

	if (OidIsValid(relid))
		result = call_locked(pg_get_indexdef_ext, relid, arguments, 3, &isnull);
	if (isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(result);
}

/* pg_get_constraintdef(constraint) */
Datum
advisor_definition_of_constraint(PG_FUNCTION_ARGS)
{
	NullableDatum arguments[] = {{PG_GETARG_DATUM(0)}};
	HeapTuple	tuple = SearchSysCache1(CONSTROID, PG_GETARG_DATUM(0));
	Oid			relid;
	bool		isnull;
	Datum		result;

	if (!HeapTupleIsValid(tuple))
		PG_RETURN_NULL();
	relid = ((Form_pg_constraint) GETSTRUCT(tuple))->conrelid;
	ReleaseSysCache(tuple);
	result = call_locked(pg_get_constraintdef, relid, arguments, 1, &isnull);
	if (isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(result);
}

/*-------------------------------------------------------------------------
 *
 * relationfunctions.c
 *		SQL functions that look up one thing of a relation.
 *
 * They are called for each partition and again in each transaction, where the
 * planner would spend more on a query, and the parser on a stored one, than the
 * answer costs in the system caches.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/partition.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "common/compat.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

ADV_FUNCTION_INFO_V1(advisor_owns);
ADV_FUNCTION_INFO_V1(advisor_quoted_name);
ADV_FUNCTION_INFO_V1(advisor_default_partition);

/* Has the current role the rights of the owner; if the relation is gone, of the database's? */
Datum
advisor_owns(PG_FUNCTION_ARGS)
{
	HeapTuple	tuple = PG_ARGISNULL(0) ? NULL : SearchSysCache1(RELOID, ObjectIdGetDatum(PG_GETARG_OID(0)));
	Oid			owner = ROLE_PG_DATABASE_OWNER;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
	}
	PG_RETURN_BOOL(has_privs_of_role(GetUserId(), owner));
}

/* Qualified and quoted; NULL if the relation is gone. */
Datum
advisor_quoted_name(PG_FUNCTION_ARGS)
{
	Oid			relid = PG_GETARG_OID(0);
	char	   *name = get_rel_name(relid);
	char	   *schema = name == NULL ? NULL : get_namespace_name(get_rel_namespace(relid));

	if (schema == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(quote_qualified_identifier(schema, name)));
}

/* NULL if there is none. */
Datum
advisor_default_partition(PG_FUNCTION_ARGS)
{
	Oid			partition = get_default_partition_oid(PG_GETARG_OID(0));

	if (!OidIsValid(partition))
		PG_RETURN_NULL();
	PG_RETURN_OID(partition);
}

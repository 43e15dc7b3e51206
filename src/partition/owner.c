/*-------------------------------------------------------------------------
 *
 * owner.c
 *		Running maintenance of a relation with the rights of its owner.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "common/compat.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "partition/owner.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static Oid
owner_of(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

Oid
adv_owner_to_become(Oid relid)
{
	Oid			owner = owner_of(relid);

	if (!adv_can_set_role(GetUserId(), owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of table %s", get_rel_name(relid)),
				 errhint("Its owner, members of that role and superusers can maintain its partitions.")));
	return owner;
}

/* A setting until the end of the GUC nest level */
static void
set_for_now(const char *name, const char *value)
{
	(void) set_config_option(name, value, superuser() ? PGC_SUSET : PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/* What the last statement of SPI gave, in the context of the caller */
static AdvOwnerResult
last_result(MemoryContext context)
{
	AdvOwnerResult result = {SPI_processed, NULL};

	if (SPI_tuptable != NULL && SPI_processed > 0 && SPI_tuptable->tupdesc->natts > 0)
	{
		char	   *value = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);

		if (value != NULL)
			result.value = MemoryContextStrdup(context, value);
	}
	return result;
}

/*
 * A cancel, and a failed assertion, are caught by no "EXCEPTION WHEN OTHERS", as
 * which maintenance of many tables goes on after an error of one.  So they must
 * not be what an owner's code raises; only who cancels cancels.
 */
static bool
is_faked_cancel(const ErrorData *error)
{
	if (error->sqlerrcode == ERRCODE_ASSERT_FAILURE)
		return true;
	return error->sqlerrcode == ERRCODE_QUERY_CANCELED &&
		(error->funcname == NULL || strcmp(error->funcname, "ProcessInterrupts") != 0);
}

static void
execute(const char *statements)
{
	MemoryContext context = CurrentMemoryContext;
	int			rc = 0;

	PG_TRY();
	{
		rc = SPI_execute(statements, false, 0);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (!is_faked_cancel(error))
			PG_RE_THROW();
		FlushErrorState();
		error->sqlerrcode = ERRCODE_RAISE_EXCEPTION;
		ReThrowError(error);
	}
	PG_END_TRY();
	if (rc < 0)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(rc));
}

/*
 * The end of the (sub)transaction takes back user id, settings and SPI after an
 * error.
 */
AdvOwnerResult
adv_run_as_owner(Oid relid, const char *statements, int lock_timeout, bool replica)
{
	MemoryContext context = CurrentMemoryContext;
	Oid			owner = adv_owner_to_become(relid);
	AdvOwnerResult result;
	Oid			save_userid;
	int			save_sec_context;
	int			nest_level;

	nest_level = NewGUCNestLevel();
	set_for_now("search_path", "pg_catalog, pg_temp");
	/* policies of tables of others would be run as this owner; nor may rows be overlooked */
	set_for_now("row_security", "off");
	set_for_now("lock_timeout", psprintf("%d", lock_timeout));
	if (replica)
		set_for_now("session_replication_role", "replica");

	GetUserIdAndSecContext(&save_userid, &save_sec_context);
	if (owner != save_userid)
		SetUserIdAndSecContext(owner, save_sec_context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	execute(statements);
	result = last_result(context);
	SPI_finish();

	SetUserIdAndSecContext(save_userid, save_sec_context);
	AtEOXact_GUC(false, nest_level);
	return result;
}

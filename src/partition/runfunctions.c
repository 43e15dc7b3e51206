/*-------------------------------------------------------------------------
 *
 * runfunctions.c
 *		SQL procedure that says whether its caller may commit.
 *
 * Maintenance commits after every action.  Where that is not possible, the first
 * COMMIT would fail, with a message that helps nobody, after work that is lost
 * then; so it is asked before.  Only the context of a CALL tells: a transaction
 * block can be seen otherwise, a function somewhere among the callers can not.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/compat.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"

ADV_FUNCTION_INFO_V1(advisor_assert_may_commit);

/* Error unless the caller, of which the name is the argument, may COMMIT. */
Datum
advisor_assert_may_commit(PG_FUNCTION_ARGS)
{
	CallContext *call = (CallContext *) fcinfo->context;

	if (call == NULL || !IsA(call, CallContext) || call->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("%s cannot run inside a transaction block or a function",
						PG_ARGISNULL(0) ? "this" : text_to_cstring(PG_GETARG_TEXT_PP(0))),
				 errdetail("It commits after every action, so that no lock is held for longer than one of them takes."),
				 errhint("Call it by itself. With dry_run it can run anywhere.")));
	PG_RETURN_VOID();
}

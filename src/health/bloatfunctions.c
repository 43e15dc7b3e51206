/*-------------------------------------------------------------------------
 *
 * bloatfunctions.c
 *		SQL function on bloat.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "capture/protect.h"
#include "catalog/index.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "common/access.h"
#include "common/compat.h"
#include "funcapi.h"
#include "health/bloat.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

ADV_FUNCTION_INFO_V1(advisor_bloat);

/* Columns of the result. */
enum
{
	METHOD, SIZE, PAGES, SAMPLED_PAGES, BLOAT_BYTES, BLOAT_PERCENT, ERROR_PERCENT,
	EXPECTED_BYTES, DEAD_BYTES, FREE_BYTES, TOAST_BYTES, TOAST_BLOAT_BYTES, REASON,
	COLUMNS
};

typedef struct Request
{
	Oid			relid;
	AdvBloatMethod method;
	int			wanted;
	bool		strict;
	AdvBloat	bloat;
} Request;

static AdvBloatMethod
parse_method(const char *name)
{
	if (strcmp(name, "sample") == 0)
		return ADV_BLOAT_SAMPLE;
	if (strcmp(name, "estimate") == 0)
		return ADV_BLOAT_ESTIMATE;
	if (strcmp(name, "exact") == 0)
		return ADV_BLOAT_EXACT;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown method \"%s\"", name),
			 errhint("Methods are estimate, sample and exact.")));
}

static Oid
table_of(Oid relid)
{
	return get_rel_relkind(relid) == RELKIND_INDEX ? IndexGetRelation(relid, true) : relid;
}

/* How full pages are is what pgstattuple tells: its readers may know it. */
static bool
is_allowed(Oid table)
{
	return pg_class_aclcheck(table, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
		has_privs_of_role(GetUserId(), ROLE_PG_STAT_SCAN_TABLES) ||
		adv_reads_all_stats();
}

static void
measure(void *arg)
{
	Request    *request = arg;

	if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(request->relid)))
		request->bloat.all.reason = "dropped meanwhile";
	else if (is_allowed(table_of(request->relid)))
		adv_bloat_measure(request->relid, request->method, request->wanted, &request->bloat);
	else if (request->strict)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for table %s", get_rel_name(table_of(request->relid))),
				 errhint("It takes SELECT on the table, or membership of pg_stat_scan_tables or pg_read_all_stats.")));
	else
		request->bloat.all.reason = "permission denied";
}

static const char *
method_name(const Request *request)
{
	switch (request->method)
	{
		case ADV_BLOAT_ESTIMATE:
			return "estimate";
		case ADV_BLOAT_SAMPLE:
			return "sample";
		default:
			return "exact";
	}
}

/* What would be saved, in bytes: nothing at worst. */
static int64
reclaimable(const AdvBloatPart *part)
{
	return (int64) (Max(part->pages - part->needed, 0) * BLCKSZ);
}

static void
set_numbers(const Request *request, Datum *values, bool *nulls)
{
	const AdvBloat *bloat = &request->bloat;
	const AdvBloatPart *all = &bloat->all;
	bool		known = all->reason == NULL || bloat->partly;

	values[SIZE] = Int64GetDatum((int64) (all->pages * BLCKSZ));
	values[PAGES] = Int64GetDatum((int64) all->pages);
	values[SAMPLED_PAGES] = Int64GetDatum((int64) all->sampled);
	values[BLOAT_BYTES] = Int64GetDatum(reclaimable(all));
	values[BLOAT_PERCENT] = Float8GetDatum(all->pages > 0 ?
										   Max(1 - all->needed / all->pages, 0) * 100 : 0);
	values[ERROR_PERCENT] = Float8GetDatum(all->pages > 0 ? Min(all->error / all->pages, 1) * 100 : 0);
	values[EXPECTED_BYTES] = Int64GetDatum((int64) (all->needed * BLCKSZ));
	values[DEAD_BYTES] = Int64GetDatum((int64) all->dead);
	values[FREE_BYTES] = Int64GetDatum((int64) all->free);
	values[TOAST_BYTES] = Int64GetDatum((int64) (bloat->toast.pages * BLCKSZ));
	values[TOAST_BLOAT_BYTES] = Int64GetDatum(reclaimable(&bloat->toast));
	for (int i = BLOAT_BYTES; i <= TOAST_BLOAT_BYTES; i++)
		nulls[i] = !known;
	nulls[ERROR_PERCENT] = !known || all->error < 0;
	/* an estimate has looked at nothing */
	nulls[DEAD_BYTES] = nulls[FREE_BYTES] = !known || request->method == ADV_BLOAT_ESTIMATE;
	nulls[TOAST_BYTES] = !bloat->has_toast;
	nulls[TOAST_BLOAT_BYTES] = !bloat->has_toast || bloat->toast.reason != NULL;
}

static void
check_arguments(FunctionCallInfo fcinfo, Request *request)
{
	request->relid = PG_GETARG_OID(0);
	request->method = parse_method(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	request->wanted = PG_GETARG_INT32(2);
	request->strict = PG_GETARG_BOOL(3);
	if (request->wanted < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of pages must be greater than zero")));
}

Datum
advisor_bloat(PG_FUNCTION_ARGS)
{
	Request		request = {0};
	TupleDesc	desc;
	Datum		values[COLUMNS] = {0};
	bool		nulls[COLUMNS] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	check_arguments(fcinfo, &request);
	/* one damaged page must not take away the view of all other relations */
	if (request.strict)
		measure(&request);
	else if (!adv_protect(measure, &request))
		request.bloat.all.reason = "could not be read";

	values[METHOD] = CStringGetTextDatum(method_name(&request));
	set_numbers(&request, values, nulls);
	if (request.bloat.all.reason)
		values[REASON] = CStringGetTextDatum(request.bloat.all.reason);
	else
		nulls[REASON] = true;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

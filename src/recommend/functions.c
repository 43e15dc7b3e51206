/*-------------------------------------------------------------------------
 *
 * functions.c
 *		SQL functions of advice on indexes: unpack, check, call, pack.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "capture/captured.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "common/access.h"
#include "common/compat.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "recommend/dropimpact.h"
#include "recommend/lastadvice.h"
#include "recommend/pool.h"
#include "recommend/recommend.h"
#include "recommend/workload.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "whatif/trial.h"

ADV_FUNCTION_INFO_V1(advisor_recommend_indexes);
ADV_FUNCTION_INFO_V1(advisor_last_advice);
ADV_FUNCTION_INFO_V1(advisor_unadvised);
ADV_FUNCTION_INFO_V1(advisor_drop_impact);

#define RECOMMENDATION_COLUMNS 18
#define UNADVISED_COLUMNS 6
#define IMPACT_COLUMNS 8

/* For who only wants a look, a run may take so long, in ms, */
#define QUICK 5000.0
/* and its result be so old, however little it was made of. */
#define FRESH 60000.0

static void
require_positive(const char *name, double value, bool zero_allowed)
{
	if (isnan(value) || value < 0 || (value == 0 && !zero_allowed))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must %s", name,
						zero_allowed ? "not be negative" : "be greater than zero")));
}

/* An interval in ms, a month having 30 days. */
static double
interval_ms(const Interval *interval)
{
	return (interval->time + (interval->day + interval->month * (double) DAYS_PER_MONTH) *
			USECS_PER_DAY) / 1000.0;
}

/* As declared in SQL. */
static void
default_options(AdvRecommendOptions *options)
{
	options->budget = get_float8_infinity();
	options->texts = NULL;
	options->max_columns = 4;
	options->max_indexes = 0;
	options->min_gain = 0.01;
	options->max_regression = 0.1;
	options->time_limit = 60000;
}

/*
 * Arguments from budget to time_limit; all may be null, which is their default
 * where that is a number.
 */
static void
read_options(FunctionCallInfo fcinfo, AdvRecommendOptions *options)
{
	default_options(options);
	if (!PG_ARGISNULL(0))
		options->budget = adv_parse_budget(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	if (!PG_ARGISNULL(1))
		options->texts = PG_GETARG_ARRAYTYPE_P(1);
	if (!PG_ARGISNULL(2))
		options->max_columns = PG_GETARG_INT32(2);
	if (!PG_ARGISNULL(3))
		options->max_indexes = PG_GETARG_INT32(3);
	if (!PG_ARGISNULL(4))
		options->min_gain = PG_GETARG_FLOAT8(4);
	if (!PG_ARGISNULL(5))
		options->max_regression = PG_GETARG_FLOAT8(5);
	if (!PG_ARGISNULL(6))
		options->time_limit = interval_ms(PG_GETARG_INTERVAL_P(6));

	require_positive("max_columns", options->max_columns, false);
	if (!PG_ARGISNULL(3))
		require_positive("max_indexes", options->max_indexes, false);
	require_positive("min_gain", options->min_gain, true);
	require_positive("max_regression", options->max_regression, true);
	require_positive("time_limit", options->time_limit, false);
	options->max_columns = Min(options->max_columns, INDEX_MAX_KEYS);
	options->time_limit = Min(options->time_limit, 1e9);
}

static Datum
jsonb_of(const char *json)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json));
}

/* Statements are named by query id, or, as texts, by their place. */
static Datum
queries_jsonb(const AdvRecommendation *r, bool captured)
{
	StringInfoData json;
	ListCell   *lc;

	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	foreach(lc, r->gains)
	{
		const AdvGain *gain = lfirst(lc);

		if (json.len > 1)
			appendStringInfoString(&json, ", ");
		if (captured)
			appendStringInfo(&json, "{\"queryid\": " INT64_FORMAT ", \"time_before\": %.6g, \"time_after\": %.6g",
							 (int64) gain->queryid, gain->ms_before, gain->ms_after);
		else
			appendStringInfo(&json, "{\"query\": %d", gain->number);
		appendStringInfo(&json, ", \"cost_before\": %.2f, \"cost_after\": %.2f}",
						 gain->cost_before, gain->cost_after);
	}
	appendStringInfoChar(&json, ']');
	return jsonb_of(json.data);
}

static Datum
redundant_jsonb(const AdvRecommendation *r)
{
	StringInfoData json;
	ListCell   *lc;

	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	foreach(lc, r->redundant)
	{
		const AdvRedundant *redundant = lfirst(lc);

		if (json.len > 1)
			appendStringInfoString(&json, ", ");
		appendStringInfo(&json, "{\"indexrelid\": %u, \"drop\": ", redundant->indexid);
		escape_json(&json, redundant->drop);
		appendStringInfoString(&json, ", \"undo\": ");
		escape_json(&json, redundant->undo);
		appendStringInfoChar(&json, '}');
	}
	appendStringInfoChar(&json, ']');
	return jsonb_of(json.data);
}

static Datum
warnings_array(const AdvRecommendation *r)
{
	Datum	   *elements = palloc(Max(list_length(r->warnings), 1) * sizeof(Datum));
	int			n = 0;
	ListCell   *lc;

	foreach(lc, r->warnings)
		elements[n++] = CStringGetTextDatum(lfirst(lc));
	return PointerGetDatum(construct_array(elements, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* The row type of recommend_indexes(). */
static TupleDesc
row_type(void)
{
	static const Oid types[RECOMMENDATION_COLUMNS] = {
		INT4OID, REGCLASSOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, FLOAT8OID, FLOAT8OID, FLOAT8OID,
		FLOAT8OID, FLOAT8OID, FLOAT8OID, FLOAT8OID, JSONBOID, JSONBOID, TEXTOID, TEXTARRAYOID, BOOLOID
	};
	TupleDesc	desc = CreateTemplateTupleDesc(RECOMMENDATION_COLUMNS);

	for (int i = 0; i < RECOMMENDATION_COLUMNS; i++)
		TupleDescInitEntry(desc, i + 1, NULL, types[i], -1, 0);
	return desc;
}

static HeapTuple
make_row(TupleDesc desc, const AdvAdvice *advice, const AdvRecommendation *r, int rank)
{
	Datum		values[RECOMMENDATION_COLUMNS];
	bool		nulls[RECOMMENDATION_COLUMNS] = {false};
	int			n = 0;

	values[n++] = Int32GetDatum(rank);
	values[n++] = ObjectIdGetDatum(r->relid);
	values[n++] = CStringGetTextDatum(r->ddl);
	values[n++] = CStringGetTextDatum(r->undo);
	values[n++] = CStringGetTextDatum(r->definition);
	values[n++] = Int64GetDatum((int64) r->bytes);
	values[n++] = Float8GetDatum(r->ms_before);
	values[n++] = Float8GetDatum(r->ms_after);
	values[n++] = Float8GetDatum(r->gain_ms);
	values[n++] = Float8GetDatum(r->ms_before > 0 ? 100 * r->gain_ms / r->ms_before : 0);
	values[n++] = Float8GetDatum(r->marginal_ms);
	values[n++] = Float8GetDatum(r->write_ms);
	values[n++] = Float8GetDatum(r->marginal_ms - r->write_ms);
	values[n++] = queries_jsonb(r, advice->captured);
	values[n++] = redundant_jsonb(r);
	values[n++] = CStringGetTextDatum(r->reason);
	values[n++] = warnings_array(r);
	values[n++] = BoolGetDatum(advice->complete);
	Assert(n == RECOMMENDATION_COLUMNS);
	return heap_form_tuple(desc, values, nulls);
}

static List *
make_rows(TupleDesc desc, const AdvAdvice *advice)
{
	List	   *rows = NIL;
	ListCell   *lc;
	int			rank = 1;

	foreach(lc, advice->recommendations)
		rows = lappend(rows, make_row(desc, advice, lfirst(lc), rank++));
	return rows;
}

/*
 * Rows of recommend_indexes(), and when they were made, if that is a column
 * as well.
 */
static void
put_rows(ReturnSetInfo *result, TupleDesc desc, const List *rows, TimestampTz made_at)
{
	ListCell   *lc;

	foreach(lc, rows)
	{
		Datum		values[RECOMMENDATION_COLUMNS + 1];
		bool		nulls[RECOMMENDATION_COLUMNS + 1] = {false};

		heap_deform_tuple(lfirst(lc), desc, values, nulls);
		values[RECOMMENDATION_COLUMNS] = TimestampTzGetDatum(made_at);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/* Texts that could not be planned: nobody else would say so. */
static void
tell_failures(const AdvAdvice *advice)
{
	ListCell   *lc;

	foreach(lc, advice->unadvised)
	{
		const AdvUnadvised *u = lfirst(lc);

		if (u->cost < 0)
			ereport(NOTICE,
					(errmsg("query %d has been left out: %s", u->number, u->reason)));
	}
}

/* An empty answer is one only with its reason. */
static void
tell_nothing(const AdvAdvice *advice)
{
	ereport(NOTICE,
			(errmsg("no index to recommend: %s", advice->nothing),
			 advice->captured ?
			 errhint("advisor.unadvised says for each statement why there is no advice.") : 0));
}

/* Is it what everybody would ask for, and no less carefully? */
static bool
is_default(const AdvRecommendOptions *options)
{
	AdvRecommendOptions defaults;

	default_options(&defaults);
	return isinf(options->budget) && options->texts == NULL &&
		options->max_columns == defaults.max_columns &&
		options->max_indexes == defaults.max_indexes &&
		options->min_gain == defaults.min_gain &&
		options->max_regression == defaults.max_regression &&
		options->time_limit >= defaults.time_limit;
}

/*
 * advisor.recommend_indexes(budget text, queries text[], max_columns int,
 * max_indexes int, min_gain float8, max_regression float8, time_limit interval)
 */
Datum
advisor_recommend_indexes(PG_FUNCTION_ARGS)
{
	TimestampTz now = GetCurrentTimestamp();
	TupleDesc	desc = row_type();
	AdvRecommendOptions options;
	AdvAdvice  *advice;
	List	   *rows;

	adv_require_preloaded();
	InitMaterializedSRF(fcinfo, 0);
	read_options(fcinfo, &options);
	advice = adv_recommend(&options);
	rows = make_rows(desc, advice);
	put_rows((ReturnSetInfo *) fcinfo->resultinfo, desc, rows, now);
	if (is_default(&options) && adv_reads_all_stats())
		adv_lastadvice_keep(rows, now);
	if (!advice->captured)
		tell_failures(advice);
	if (rows == NIL)
		tell_nothing(advice);
	return (Datum) 0;
}

/*
 * Advice is as old as what it was made of: soon after a reset that was little, and
 * when there is twice as much it should be looked at again.
 */
static bool
is_fresh(TimestampTz made_at, double max_age)
{
	double		observed = (made_at - adv_captured_since()) / 1000.0;
	double		age = (GetCurrentTimestamp() - made_at) / 1000.0;

	return observed >= 0 && age <= max_age && age <= Max(observed, FRESH);
}

/* Kept rows that are still true: the table is there, and such an index is not. */
typedef struct Checking
{
	AdvPool    *pool;
	Oid			relid;
	const char *definition;
	bool		is_missing;
} Checking;

/* In a trial. */
static void
check_missing(void *arg)
{
	Checking   *checking = arg;
	AdvIndexDef *def = adv_indexdef_parse(checking->definition);

	checking->is_missing = def->relid == checking->relid &&
		!adv_pool_is_covered(checking->pool, def);
}

static Oid
owner_of(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

/* Somebody who has the table locked does not make the advice wrong. */
static bool
is_still_missing(AdvPool *pool, TupleDesc desc, HeapTuple row)
{
	bool		isnull;
	AdvTrial	trial = {InvalidOid, 1000, 100};
	Checking	checking = {pool, InvalidOid, NULL, false};
	ErrorData  *error;

	checking.relid = DatumGetObjectId(heap_getattr(row, 2, desc, &isnull));
	checking.definition = TextDatumGetCString(heap_getattr(row, 5, desc, &isnull));
	/* who may see all statistics need not have rights on the table's schema */
	trial.userid = owner_of(checking.relid);
	if (!OidIsValid(trial.userid))
		return false;
	switch (adv_trial(&trial, check_missing, &checking, &error))
	{
		case ADV_TRIAL_DONE:
			return checking.is_missing;
		case ADV_TRIAL_FAILED:
			return error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE;
		case ADV_TRIAL_EXPIRED:
			return true;
	}
	return true;
}

static List *
still_missing(TupleDesc desc, List *rows)
{
	AdvPool    *pool = adv_pool_create(CurrentMemoryContext);
	List	   *missing = NIL;
	ListCell   *lc;

	foreach(lc, rows)
		if (is_still_missing(pool, desc, lfirst(lc)))
			missing = lappend(missing, lfirst(lc));
	return missing;
}

/* advisor._last_advice(max_age interval) */
Datum
advisor_last_advice(PG_FUNCTION_ARGS)
{
	TimestampTz made_at;
	TupleDesc	desc = row_type();
	bool		reads_all_stats = adv_reads_all_stats();
	double		max_age = interval_ms(PG_GETARG_INTERVAL_P(0));
	AdvRecommendOptions options;
	List	   *rows;

	adv_require_preloaded();
	InitMaterializedSRF(fcinfo, 0);
	/* it is made of statements of everybody */
	if (reads_all_stats && adv_lastadvice_get(&rows, &made_at) && is_fresh(made_at, max_age))
		rows = still_missing(desc, rows);
	else
	{
		made_at = GetCurrentTimestamp();
		default_options(&options);
		options.time_limit = QUICK;
		rows = make_rows(desc, adv_recommend(&options));
		if (reads_all_stats)
			adv_lastadvice_keep(rows, made_at);
	}
	put_rows((ReturnSetInfo *) fcinfo->resultinfo, desc, rows, made_at);
	return (Datum) 0;
}

/* advisor._unadvised(the same arguments) */
Datum
advisor_unadvised(PG_FUNCTION_ARGS)
{
	AdvRecommendOptions options;
	AdvAdvice  *advice;
	ListCell   *lc;

	adv_require_preloaded();
	InitMaterializedSRF(fcinfo, 0);
	read_options(fcinfo, &options);
	advice = adv_recommend(&options);
	foreach(lc, advice->unadvised)
	{
		const AdvUnadvised *u = lfirst(lc);
		ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
		Datum		values[UNADVISED_COLUMNS] = {0};
		bool		nulls[UNADVISED_COLUMNS] = {false};

		values[0] = Int64GetDatum((int64) u->queryid);
		nulls[0] = !advice->captured;
		values[1] = Int32GetDatum(u->number);
		values[2] = Float8GetDatum(u->ms_per_day);
		nulls[2] = !advice->captured;
		values[3] = Float8GetDatum(u->cost);
		nulls[3] = u->cost < 0;
		values[4] = CStringGetTextDatum(u->reason);
		values[5] = BoolGetDatum(advice->complete);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* advisor.drop_impact(index regclass, time_limit interval) */
Datum
advisor_drop_impact(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	double		time_limit = interval_ms(PG_GETARG_INTERVAL_P(1));
	List	   *impacts;
	ListCell   *lc;

	adv_require_preloaded();
	require_positive("time_limit", time_limit, false);
	InitMaterializedSRF(fcinfo, 0);
	impacts = adv_drop_impact(PG_GETARG_OID(0), time_limit);
	foreach(lc, impacts)
	{
		const AdvDropImpact *impact = lfirst(lc);
		Datum		values[IMPACT_COLUMNS] = {0};
		bool		nulls[IMPACT_COLUMNS] = {false};

		values[0] = Int64GetDatum((int64) impact->queryid);
		values[1] = ObjectIdGetDatum(impact->userid);
		values[2] = Float8GetDatum(impact->calls_per_day);
		values[3] = Float8GetDatum(impact->ms_per_day);
		values[4] = Float8GetDatum(impact->cost_before);
		values[5] = Float8GetDatum(impact->cost_after);
		values[6] = Float8GetDatum(impact->ms_after);
		nulls[4] = nulls[5] = nulls[6] = impact->failure != NULL;
		if (impact->failure)
			values[7] = CStringGetTextDatum(impact->failure);
		else
			nulls[7] = true;
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

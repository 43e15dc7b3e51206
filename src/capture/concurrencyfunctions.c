/*-------------------------------------------------------------------------
 *
 * concurrencyfunctions.c
 *		SQL functions on connections, and how many are used at once.
 *
 * Who may not read all statistics sees nothing: what other people's
 * applications do is none of his business.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "capture/concurrency.h"
#include "capture/connections.h"
#include "common/access.h"
#include "common/compat.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

ADV_FUNCTION_INFO_V1(advisor_connections);
ADV_FUNCTION_INFO_V1(advisor_concurrency);

#define ADV_CONNECTIONS_COLS 4
#define ADV_CONCURRENCY_COLS 18

Datum
advisor_connections(PG_FUNCTION_ARGS)
{
	Datum		values[ADV_CONNECTIONS_COLS] = {0};
	bool		nulls[ADV_CONNECTIONS_COLS] = {true, true, true, true};
	AdvConnections connections;
	TupleDesc	desc;

	adv_require_preloaded();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (adv_reads_all_stats())
	{
		memset(nulls, 0, sizeof(nulls));
		adv_connections_get(&connections);
		values[0] = Int32GetDatum(connections.connected);
		values[1] = Int32GetDatum(connections.high_water);
		values[2] = TimestampTzGetDatum(connections.high_water_at);
		nulls[2] = connections.high_water_at == 0;
		values[3] = TimestampTzGetDatum(connections.since);
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

static const char *
kind_name(AdvConcurrencyKind kind)
{
	switch (kind)
	{
		case ADV_CONCURRENCY_SERVER:
			return "server";
		case ADV_CONCURRENCY_OTHER:
			return "other";
		case ADV_CONCURRENCY_DATABASE:
			return "database";
		case ADV_CONCURRENCY_APPLICATION:
			return "application";
	}
	return NULL;				/* keep compiler quiet */
}

static void
put_concurrency(ReturnSetInfo *rsinfo, const AdvConcurrency *row)
{
	Datum		values[ADV_CONCURRENCY_COLS];
	bool		nulls[ADV_CONCURRENCY_COLS] = {false};
	double		ns = (double) row->observed_ns;
	bool		is_observed = row->observed_ns > 0;
	int			i = 0;

	values[i++] = CStringGetTextDatum(kind_name(row->kind));
	nulls[i] = !OidIsValid(row->dbid);
	values[i++] = ObjectIdGetDatum(row->dbid);
	nulls[i] = row->kind != ADV_CONCURRENCY_APPLICATION;
	values[i++] = CStringGetTextDatum(row->application);
	values[i++] = TimestampTzGetDatum(row->since);
	nulls[i] = row->last_seen == 0;
	values[i++] = TimestampTzGetDatum(row->last_seen);
	values[i++] = Float8GetDatum(ns / 1e9);
	values[i++] = Int32GetDatum(row->clients);
	values[i++] = Int32GetDatum(row->max_clients);
	for (int j = i; j < i + 3; j++)
		nulls[j] = !is_observed;
	values[i++] = Float8GetDatum(is_observed ? row->client_ns / ns : 0);
	values[i++] = Float8GetDatum(is_observed ? row->held_ns / ns : 0);
	values[i++] = Float8GetDatum(is_observed ? row->busy_ns / ns : 0);
	values[i++] = Int32GetDatum(row->max_held);
	values[i++] = Float8GetDatum(row->peak_held);
	values[i++] = Float8GetDatum(row->peak_busy);
	nulls[i] = row->peak_at == 0;
	values[i++] = TimestampTzGetDatum(row->peak_at);
	values[i++] = Int64GetDatum(row->transactions);
	values[i++] = Int64GetDatum(row->sessions);
	values[i++] = Float8GetDatum(row->session_us / 1000.0);
	Assert(i == ADV_CONCURRENCY_COLS);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

Datum
advisor_concurrency(PG_FUNCTION_ARGS)
{
	AdvConcurrency *rows;
	int			n;

	adv_require_preloaded();
	InitMaterializedSRF(fcinfo, 0);
	if (!adv_reads_all_stats())
		return (Datum) 0;
	n = adv_concurrency_read(&rows);
	for (int i = 0; i < n; i++)
	{
		if (rows[i].last_seen != 0 || rows[i].kind == ADV_CONCURRENCY_SERVER)
			put_concurrency((ReturnSetInfo *) fcinfo->resultinfo, &rows[i]);
	}
	return (Datum) 0;
}

/*-------------------------------------------------------------------------
 *
 * functions.c
 *		SQL functions on captured statements.
 *
 * They check that there is something to read, read it, decide what the caller
 * may see of it, and pack it into rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "capture/problems.h"
#include "capture/slab.h"
#include "capture/snapshot.h"
#include "capture/shmem.h"
#include "capture/statement.h"
#include "common/access.h"
#include "common/compat.h"
#include "common/guc.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

ADV_FUNCTION_INFO_V1(advisor_version);
ADV_FUNCTION_INFO_V1(advisor_info);
ADV_FUNCTION_INFO_V1(advisor_statements);
ADV_FUNCTION_INFO_V1(advisor_errors);
ADV_FUNCTION_INFO_V1(advisor_texts);
ADV_FUNCTION_INFO_V1(advisor_latency_histogram);
ADV_FUNCTION_INFO_V1(advisor_reset);
ADV_FUNCTION_INFO_V1(advisor_preloaded);
ADV_FUNCTION_INFO_V1(advisor_slow_threshold);

#define ADV_NS_PER_MS 1e6

/* Columns of _statements(): time_percent is filled in last. */
#define STATEMENTS_COLUMNS	40
#define STATEMENTS_TIME_PERCENT 15
#define ERRORS_COLUMNS		9
#define HISTOGRAM_COLUMNS	3
#define TEXTS_COLUMNS		4
#define INFO_COLUMNS		17

/* A row in the making. */
typedef struct RowBuilder
{
	Datum	   *values;
	bool	   *nulls;
	int			n;
} RowBuilder;

static inline void
add_datum(RowBuilder *row, Datum value)
{
	row->nulls[row->n] = false;
	row->values[row->n++] = value;
}

static inline void
add_null(RowBuilder *row)
{
	row->nulls[row->n] = true;
	row->values[row->n++] = (Datum) 0;
}

static inline void
add_int64(RowBuilder *row, int64 value)
{
	add_datum(row, Int64GetDatum(value));
}

static inline void
add_ms(RowBuilder *row, double ns)
{
	add_datum(row, Float8GetDatum(ns / ADV_NS_PER_MS));
}

/* Who and what; the query id only for those who may see it. */
static void
add_identity(RowBuilder *row, const AdvKey *key, bool reads_all_stats)
{
	add_datum(row, ObjectIdGetDatum(key->userid));
	add_datum(row, ObjectIdGetDatum(key->dbid));
	add_datum(row, BoolGetDatum(key->toplevel != 0));
	if (adv_may_see(key->userid, reads_all_stats))
		add_int64(row, (int64) key->queryid);
	else
		add_null(row);
}

/* Total, minimum, maximum, mean and standard deviation. */
static void
add_times(RowBuilder *row, const AdvTimes *times)
{
	add_ms(row, times->total);
	add_ms(row, times->min);
	add_ms(row, times->max);
	add_ms(row, adv_times_mean(times));
	add_ms(row, adv_times_stddev(times));
}

/* Percentiles, and how many executions were slow; NULL where there are none. */
static void
add_latencies(RowBuilder *row, const AdvStatementSum *sum)
{
	static const double fractions[] = {0.50, 0.95, 0.99};
	const AdvTimes *exec = &sum->completed.exec;

	for (int i = 0; i < lengthof(fractions); i++)
	{
		if (exec->count > 0)
			add_ms(row, adv_hist_percentile(sum->hist, fractions[i],
											exec->min, exec->max));
		else
			add_null(row);
	}
	add_int64(row, adv_hist_count_from(sum->hist, adv_slow_threshold * ADV_NS_PER_MS,
									   exec->min, exec->max));
}

static void
build_statement_row(RowBuilder *row, const AdvStatementSum *sum,
					bool reads_all_stats)
{
	const AdvUsage *usage = &sum->completed.usage;

	add_identity(row, &sum->key, reads_all_stats);
	add_int64(row, sum->completed.exec.count);
	add_int64(row, usage->rows);
	add_times(row, &sum->completed.exec);
	add_latencies(row, sum);
	Assert(row->n == STATEMENTS_TIME_PERCENT);
	add_null(row);
	add_int64(row, sum->completed.plan.count);
	add_times(row, &sum->completed.plan);
	for (int i = 0; i < ADV_NUM_BLKS; i++)
		add_int64(row, usage->blks[i]);
	add_ms(row, usage->blk_read_ns);
	add_ms(row, usage->blk_write_ns);
	add_datum(row, NumericGetDatum(int64_to_numeric(usage->wal_bytes)));
	add_datum(row, Int32GetDatum(sum->nplans));
	add_int64(row, sum->aborted.exec.count);
	add_ms(row, sum->aborted.exec.total);
	add_datum(row, TimestampTzGetDatum(adv_statement_first_seen(sum)));
	add_datum(row, TimestampTzGetDatum(adv_statement_last_seen(sum)));
	Assert(row->n == STATEMENTS_COLUMNS);
}

/* Rows of _statements() that wait for the sum of all. */
typedef struct StatementRow
{
	struct StatementRow *next;
	int64		total_ns;		/* completed and aborted */
	Datum		values[STATEMENTS_COLUMNS];
	bool		nulls[STATEMENTS_COLUMNS];
} StatementRow;

/* Turn the entries of a partition into rows, put before those in list. */
static StatementRow *
collect_statements(const AdvEntryCopy *entries, int n, bool reads_all_stats,
				   StatementRow *list, int64 *toplevel_ns)
{
	while (n > 0)
	{
		int			in_group = adv_snapshot_group(entries, n);
		StatementRow *statement = palloc(sizeof(StatementRow));
		RowBuilder	row = {statement->values, statement->nulls, 0};
		AdvStatementSum sum;

		adv_statement_sum(entries, in_group, &sum);
		build_statement_row(&row, &sum, reads_all_stats);
		statement->total_ns = sum.completed.exec.total + sum.aborted.exec.total;
		if (sum.key.toplevel)
			*toplevel_ns += statement->total_ns;
		statement->next = list;
		list = statement;

		entries += in_group;
		n -= in_group;
	}
	return list;
}

/*
 * A statement's share is that of its time in the time of all that clients
 * sent, so a nested one has a part of the share of those that contain it.
 */
Datum
advisor_statements(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	bool		reads_all_stats = adv_reads_all_stats();
	AdvSnapshot *snapshot;
	StatementRow *rows = NULL;
	int64		toplevel_ns = 0;

	adv_require_preloaded();
	InitMaterializedSRF(fcinfo, 0);

	snapshot = adv_snapshot_begin();
	for (int i = 0; i < adv_store_partitions(); i++)
	{
		AdvEntryCopy *entries;
		int			n = adv_snapshot_read(snapshot, i, &entries);

		CHECK_FOR_INTERRUPTS();
		rows = collect_statements(entries, n, reads_all_stats, rows, &toplevel_ns);
	}
	toplevel_ns += adv_snapshot_losses(snapshot)->toplevel_ns;

	for (; rows != NULL; rows = rows->next)
	{
		if (toplevel_ns > 0)
		{
			rows->nulls[STATEMENTS_TIME_PERCENT] = false;
			rows->values[STATEMENTS_TIME_PERCENT] =
				Float8GetDatum(100.0 * rows->total_ns / toplevel_ns);
		}
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc,
							 rows->values, rows->nulls);
	}
	return (Datum) 0;
}

/* The two characters of a SQLSTATE class. */
static text *
class_name(uint32 sqlclass)
{
	return cstring_to_text_with_len(unpack_sql_state(sqlclass), 2);
}

/* Per statement and error class, merged over plans. */
static void
put_errors(ReturnSetInfo *rsinfo, const AdvEntryCopy *entries, int n,
		   bool reads_all_stats)
{
	for (int i = 0; i < n; i++)
	{
		uint32		sqlclass = entries[i].key.sqlclass;
		AdvCounters sum = {{0}};
		bool		first = true;
		Datum		values[ERRORS_COLUMNS];
		bool		nulls[ERRORS_COLUMNS];
		RowBuilder	row = {values, nulls, 0};

		if (sqlclass == 0)
			continue;
		for (int j = 0; j < n; j++)
		{
			if (entries[j].key.sqlclass != sqlclass)
				continue;
			first = first && j >= i;
			adv_counters_merge(&sum, &entries[j].counters);
		}
		if (!first)
			continue;

		add_identity(&row, &entries[i].key, reads_all_stats);
		add_datum(&row, PointerGetDatum(class_name(sqlclass)));
		add_int64(&row, sum.exec.count);
		add_ms(&row, sum.exec.total);
		add_datum(&row, TimestampTzGetDatum(sum.first_seen));
		add_datum(&row, TimestampTzGetDatum(sum.last_seen));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

Datum
advisor_errors(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	bool		reads_all_stats = adv_reads_all_stats();
	AdvSnapshot *snapshot;

	adv_require_preloaded();
	InitMaterializedSRF(fcinfo, 0);

	snapshot = adv_snapshot_begin();
	for (int i = 0; i < adv_store_partitions(); i++)
	{
		AdvEntryCopy *entries;
		int			n = adv_snapshot_read(snapshot, i, &entries);

		CHECK_FOR_INTERRUPTS();
		while (n > 0)
		{
			int			in_group = adv_snapshot_group(entries, n);

			put_errors(rsinfo, entries, in_group, reads_all_stats);
			entries += in_group;
			n -= in_group;
		}
	}
	return (Datum) 0;
}

Datum
advisor_texts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	bool		reads_all_stats = adv_reads_all_stats();
	AdvSnapshot *snapshot;

	adv_require_preloaded();
	InitMaterializedSRF(fcinfo, 0);

	snapshot = adv_snapshot_begin();
	for (int i = 0; i < adv_store_partitions(); i++)
	{
		AdvTextCopy *texts;
		int			n = adv_snapshot_read_texts(snapshot, i, &texts);

		CHECK_FOR_INTERRUPTS();
		for (AdvTextCopy *text = texts; text < texts + n; text++)
		{
			Datum		values[TEXTS_COLUMNS];
			bool		nulls[TEXTS_COLUMNS];
			RowBuilder	row = {values, nulls, 0};
			char	   *converted;

			if (!adv_may_see(text->key.userid, reads_all_stats))
				continue;
			converted = pg_any_to_server(text->text, text->len, text->encoding);
			add_datum(&row, ObjectIdGetDatum(text->key.userid));
			add_datum(&row, ObjectIdGetDatum(text->key.dbid));
			add_int64(&row, (int64) text->key.queryid);
			add_datum(&row, PointerGetDatum(cstring_to_text_with_len(converted,
																	 converted == text->text ? text->len : strlen(converted))));
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
	}
	return (Datum) 0;
}

/* Buckets that count anything. */
static void
put_histogram(ReturnSetInfo *rsinfo, const int64 *hist)
{
	for (int i = 0; i < ADV_HIST_BUCKETS; i++)
	{
		Datum		values[HISTOGRAM_COLUMNS];
		bool		nulls[HISTOGRAM_COLUMNS];
		RowBuilder	row = {values, nulls, 0};

		if (hist[i] == 0)
			continue;
		add_ms(&row, adv_hist_lower_bound(i));
		if (i < ADV_HIST_BUCKETS - 1)
			add_ms(&row, adv_hist_lower_bound(i + 1));
		else
			add_datum(&row, Float8GetDatum(get_float8_infinity()));
		add_int64(&row, hist[i]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

Datum
advisor_latency_histogram(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	uint64		queryid = PG_ARGISNULL(0) ? 0 : (uint64) PG_GETARG_INT64(0);
	Oid			dbid = PG_ARGISNULL(1) ? InvalidOid : PG_GETARG_OID(1);
	Oid			userid = PG_ARGISNULL(2) ? InvalidOid : PG_GETARG_OID(2);
	bool		any_level = PG_ARGISNULL(3);
	bool		toplevel = !any_level && PG_GETARG_BOOL(3);
	bool		reads_all_stats = adv_reads_all_stats();
	int64		hist[ADV_HIST_BUCKETS] = {0};
	AdvSnapshot *snapshot;

	adv_require_preloaded();
	InitMaterializedSRF(fcinfo, 0);

	snapshot = adv_snapshot_begin();
	for (int i = 0; i < adv_store_partitions(); i++)
	{
		AdvEntryCopy *entries;
		int			n = adv_snapshot_read(snapshot, i, &entries);

		CHECK_FOR_INTERRUPTS();
		for (AdvEntryCopy *entry = entries; entry < entries + n; entry++)
		{
			if (!adv_key_matches(&entry->key, userid, dbid, queryid) ||
				entry->key.sqlclass != 0 ||
				!(any_level || toplevel == (entry->key.toplevel != 0)) ||
				!adv_may_see(entry->key.userid, reads_all_stats))
				continue;
			for (int b = 0; b < ADV_HIST_BUCKETS; b++)
				hist[b] += entry->hist[b];
		}
	}
	put_histogram(rsinfo, hist);
	return (Datum) 0;
}

Datum
advisor_reset(PG_FUNCTION_ARGS)
{
	Oid			userid = PG_ARGISNULL(0) ? InvalidOid : PG_GETARG_OID(0);
	Oid			dbid = PG_ARGISNULL(1) ? InvalidOid : PG_GETARG_OID(1);
	uint64		queryid = PG_ARGISNULL(2) ? 0 : (uint64) PG_GETARG_INT64(2);
	TimestampTz now = GetCurrentTimestamp();

	adv_require_preloaded();

	for (int i = 0; i < adv_store_partitions(); i++)
	{
		LWLockAcquire(adv_store_lock(i), LW_EXCLUSIVE);
		adv_store_forget(i, userid, dbid, queryid);
		adv_slab_forget(i, userid, dbid, queryid);
		LWLockRelease(adv_store_lock(i));
	}
	if (userid == InvalidOid && dbid == InvalidOid && queryid == 0)
		adv_store_set_since(now);

	PG_RETURN_TIMESTAMPTZ(now);
}

/* What there is to say of all partitions together. */
typedef struct Totals
{
	int64		statements;
	int64		entries;
	int64		toplevel_ns;	/* time of all that clients sent, lost or not */
} Totals;

static void
sum_up(AdvSnapshot *snapshot, Totals *totals)
{
	memset(totals, 0, sizeof(Totals));
	for (int i = 0; i < adv_store_partitions(); i++)
	{
		AdvEntryCopy *entries;
		int			n = adv_snapshot_read(snapshot, i, &entries);

		CHECK_FOR_INTERRUPTS();
		totals->entries += n;
		for (int j = 0; j < n; j++)
		{
			if (entries[j].key.toplevel)
				totals->toplevel_ns += entries[j].counters.exec.total;
			if (j == 0 || !adv_key_same_statement(&entries[j].key, &entries[j - 1].key))
				totals->statements++;
		}
	}
	totals->toplevel_ns += adv_snapshot_losses(snapshot)->toplevel_ns;
}

Datum
advisor_info(PG_FUNCTION_ARGS)
{
	TupleDesc	desc;
	Datum		values[INFO_COLUMNS];
	bool		nulls[INFO_COLUMNS];
	RowBuilder	row = {values, nulls, 0};
	AdvSnapshot *snapshot;
	const AdvLosses *losses;
	Totals		totals;
	int64		pending;
	int64		pending_max;
	int64		text_used;
	int64		text_max;
	int64		text_dropped;

	adv_require_preloaded();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	snapshot = adv_snapshot_begin();
	sum_up(snapshot, &totals);
	losses = adv_snapshot_losses(snapshot);
	adv_slab_used(&pending, &pending_max);
	adv_texts_used(&text_used, &text_max, &text_dropped);

	add_datum(&row, TimestampTzGetDatum(adv_store_since()));
	add_int64(&row, totals.statements);
	add_int64(&row, totals.entries);
	add_int64(&row, adv_max_plans);
	add_int64(&row, pending);
	add_int64(&row, pending_max);
	add_int64(&row, losses->evicted_entries);
	add_int64(&row, losses->evicted_calls);
	add_ms(&row, losses->evicted_ns);
	add_int64(&row, losses->dropped_calls);
	add_ms(&row, losses->dropped_ns);
	add_int64(&row, text_used);
	add_int64(&row, text_max);
	add_int64(&row, text_dropped);
	add_int64(&row, adv_shmem_size());
	add_ms(&row, totals.toplevel_ns);
	add_datum(&row, PointerGetDatum(adv_problems(losses)));

	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
													  values, nulls)));
}

Datum
advisor_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(ADVISOR_VERSION));
}

Datum
advisor_preloaded(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(adv_is_preloaded(text_to_cstring(PG_GETARG_TEXT_PP(0))));
}

Datum
advisor_slow_threshold(PG_FUNCTION_ARGS)
{
	adv_require_preloaded();
	PG_RETURN_FLOAT8(adv_slow_threshold);
}

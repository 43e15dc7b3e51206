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
#include "catalog/namespace.h"
#include "capture/problems.h"
#include "capture/slab.h"
#include "capture/snapshot.h"
#include "capture/shmem.h"
#include "capture/statement.h"
#include "commands/dbcommands.h"
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
ADV_FUNCTION_INFO_V1(advisor_latency_histogram);
ADV_FUNCTION_INFO_V1(advisor_reset);
ADV_FUNCTION_INFO_V1(advisor_has_pgss);
ADV_FUNCTION_INFO_V1(advisor_slow_threshold);

#define ADV_NS_PER_MS 1e6
#define ADV_RESULT_KB 32768		/* what a result may take before it goes to a file */

/* Numbers of columns */
#define STATEMENTS_COLUMNS	43
#define ERRORS_COLUMNS		12
#define HISTOGRAM_COLUMNS	3
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

/*
 * A text, which may come from a database with another encoding.  One that has
 * no equivalent in ours, or is invalid in its own as texts in SQL_ASCII may
 * be, keeps its ASCII: it must not make the whole report fail.
 */
static void
add_text(RowBuilder *row, AdvTextCopy *text)
{
	int			encoding = GetDatabaseEncoding();
	unsigned char converted[ADV_TEXT_MAX * MAX_CONVERSION_GROWTH + 1];
	Oid			conversion = InvalidOid;

	if (text == NULL)
	{
		add_null(row);
		return;
	}
	if (text->encoding != encoding && text->encoding != PG_SQL_ASCII &&
		encoding != PG_SQL_ASCII)
		conversion = FindDefaultConversionProc(text->encoding, encoding);
	if (OidIsValid(conversion) &&
		pg_do_encoding_conversion_buf(conversion, text->encoding, encoding,
									  (unsigned char *) text->text, text->len,
									  converted, sizeof(converted), true) == text->len)
	{
		add_datum(row, CStringGetTextDatum((char *) converted));
		return;
	}

	if (text->encoding != encoding ||
		!pg_verify_mbstr(encoding, text->text, text->len, true))
	{
		for (int i = 0; i < text->len; i++)
		{
			if (IS_HIGHBIT_SET(text->text[i]))
				text->text[i] = '?';
		}
	}
	add_datum(row, PointerGetDatum(cstring_to_text_with_len(text->text, text->len)));
}

/* Name of a role or database; they are few, and asked for again and again. */
typedef struct KnownName
{
	struct KnownName *next;
	Oid			oid;
	bool		is_role;
	text	   *name;			/* NULL if there is no such database any more */
} KnownName;

/* What a function that returns rows works with. */
typedef struct Report
{
	AdvSnapshot *snapshot;
	bool		reads_all_stats;
	MemoryContext context;		/* of what lasts as long as the report */
	KnownName  *names;
} Report;

static const text *
find_name(Report *report, Oid oid, bool is_role)
{
	KnownName  *known = report->names;
	MemoryContext caller;
	char	   *name;

	while (known && !(known->oid == oid && known->is_role == is_role))
		known = known->next;
	if (known)
		return known->name;

	name = is_role ? GetUserNameFromId(oid, true) : get_database_name(oid);
	/* as pg_get_userbyid() has it */
	if (name == NULL && is_role)
		name = psprintf("unknown (OID=%u)", oid);

	caller = MemoryContextSwitchTo(report->context);
	known = palloc(sizeof(KnownName));
	known->oid = oid;
	known->is_role = is_role;
	known->name = name ? cstring_to_text(name) : NULL;
	known->next = report->names;
	MemoryContextSwitchTo(caller);
	report->names = known;
	return known->name;
}

static void
add_name(RowBuilder *row, const text *name)
{
	if (name)
		add_datum(row, PointerGetDatum(name));
	else
		add_null(row);
}

/* Who and what; query id and own text only for those who may see them. */
static void
add_identity(RowBuilder *row, Report *report, const AdvKey *key)
{
	add_datum(row, ObjectIdGetDatum(key->userid));
	add_name(row, find_name(report, key->userid, true));
	add_datum(row, ObjectIdGetDatum(key->dbid));
	add_name(row, find_name(report, key->dbid, false));
	add_datum(row, BoolGetDatum(key->toplevel != 0));
	if (adv_may_see(key->userid, report->reads_all_stats))
	{
		AdvKey		statement = *key;

		statement.planid = 0;
		statement.sqlclass = 0;
		add_int64(row, (int64) key->queryid);
		add_text(row, adv_snapshot_find_text(report->snapshot, &statement));
	}
	else
	{
		add_null(row);
		add_null(row);
	}
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
	double		results[lengthof(fractions)];
	const AdvTimes *exec = &sum->completed.exec;

	adv_hist_percentiles(sum->hist, exec->count, exec->min, exec->max,
						 lengthof(fractions), fractions, results);
	for (int i = 0; i < lengthof(fractions); i++)
	{
		if (exec->count > 0)
			add_ms(row, results[i]);
		else
			add_null(row);
	}
	add_int64(row, adv_hist_count_from(sum->hist, adv_slow_threshold * ADV_NS_PER_MS,
									   exec->min, exec->max));
}

/*
 * A statement's share is that of its time in the time of all that clients
 * sent, so a nested one has a part of the share of those that contain it.
 */
static void
add_time_percent(RowBuilder *row, const AdvStatementSum *sum, int64 toplevel_ns)
{
	int64		ns = sum->completed.exec.total + sum->aborted.exec.total;

	if (toplevel_ns > 0)
		add_datum(row, Float8GetDatum(100.0 * ns / toplevel_ns));
	else
		add_null(row);
}

static void
put_statement(ReturnSetInfo *rsinfo, Report *report,
			  const AdvStatementSum *sum, int64 toplevel_ns)
{
	const AdvUsage *usage = &sum->completed.usage;
	Datum		values[STATEMENTS_COLUMNS];
	bool		nulls[STATEMENTS_COLUMNS];
	RowBuilder	row = {values, nulls, 0};

	add_identity(&row, report, &sum->key);
	add_int64(&row, sum->completed.exec.count);
	add_int64(&row, usage->rows);
	add_times(&row, &sum->completed.exec);
	add_latencies(&row, sum);
	add_time_percent(&row, sum, toplevel_ns);
	add_int64(&row, sum->completed.plan.count);
	add_times(&row, &sum->completed.plan);
	for (int i = 0; i < ADV_NUM_BLKS; i++)
		add_int64(&row, usage->blks[i]);
	add_ms(&row, usage->blk_read_ns);
	add_ms(&row, usage->blk_write_ns);
	add_datum(&row, NumericGetDatum(int64_to_numeric(usage->wal_bytes)));
	add_datum(&row, Int32GetDatum(sum->nplans));
	add_int64(&row, sum->aborted.exec.count);
	add_ms(&row, sum->aborted.exec.total);
	add_datum(&row, TimestampTzGetDatum(adv_statement_first_seen(sum)));
	add_datum(&row, TimestampTzGetDatum(adv_statement_last_seen(sum)));
	Assert(row.n == STATEMENTS_COLUMNS);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Read the next partition of a report; returns the number of its entries. */
static int
read_partition(Report *report, int partition, AdvEntryCopy ***entries)
{
	AdvTextCopy **texts;

	CHECK_FOR_INTERRUPTS();
	(void) adv_snapshot_read_texts(report->snapshot, partition, &texts);
	return adv_snapshot_read(report->snapshot, partition, entries);
}

/*
 * Some thousand rows of 1 kB need not go to a file for the sake of work_mem's
 * default.
 */
static void
enlarge_result(ReturnSetInfo *rsinfo)
{
	MemoryContext caller = MemoryContextSwitchTo(rsinfo->econtext->ecxt_per_query_memory);

	tuplestore_end(rsinfo->setResult);
	rsinfo->setResult =
		tuplestore_begin_heap((rsinfo->allowedModes & SFRM_Materialize_Random) != 0,
							  false, Max(work_mem, ADV_RESULT_KB));
	MemoryContextSwitchTo(caller);
}

/* What all functions that return rows begin with. */
static Report
begin_report(FunctionCallInfo fcinfo)
{
	Report		report = {0};

	adv_require_preloaded();
	InitMaterializedSRF(fcinfo, 0);
	enlarge_result((ReturnSetInfo *) fcinfo->resultinfo);
	report.context = CurrentMemoryContext;
	report.snapshot = adv_snapshot_begin();
	report.reads_all_stats = adv_reads_all_stats();
	return report;
}

Datum
advisor_statements(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Report		report = begin_report(fcinfo);
	int64		toplevel_ns = adv_snapshot_toplevel_ns();
	MemoryContext per_partition = AllocSetContextCreate(CurrentMemoryContext,
														"advisor rows",
														ALLOCSET_DEFAULT_SIZES);

	for (int i = 0; i < adv_store_partitions(); i++)
	{
		AdvEntryCopy **entries;
		int			n = read_partition(&report, i, &entries);
		MemoryContext caller = MemoryContextSwitchTo(per_partition);

		while (n > 0)
		{
			int			in_group = adv_snapshot_group(entries, n);
			AdvStatementSum sum;

			adv_statement_sum(entries, in_group, &sum);
			put_statement(rsinfo, &report, &sum, toplevel_ns);
			entries += in_group;
			n -= in_group;
		}
		MemoryContextSwitchTo(caller);
		MemoryContextReset(per_partition);
	}
	return (Datum) 0;
}

/* The two characters of a SQLSTATE class. */
static text *
class_name(uint32 sqlclass)
{
	return cstring_to_text_with_len(unpack_sql_state(sqlclass), 2);
}

/* The errors of one class among the n entries of a statement, over all plans. */
static void
put_error_class(ReturnSetInfo *rsinfo, Report *report,
				AdvEntryCopy *const *entries, int n, uint32 sqlclass)
{
	AdvCounters sum = {{0}};
	Datum		values[ERRORS_COLUMNS];
	bool		nulls[ERRORS_COLUMNS];
	RowBuilder	row = {values, nulls, 0};

	for (int i = 0; i < n; i++)
	{
		if (entries[i]->key.sqlclass == sqlclass)
			adv_counters_merge(&sum, &entries[i]->counters);
	}
	add_identity(&row, report, &entries[0]->key);
	add_datum(&row, PointerGetDatum(class_name(sqlclass)));
	add_int64(&row, sum.exec.count);
	add_ms(&row, sum.exec.total);
	add_datum(&row, TimestampTzGetDatum(sum.first_seen));
	add_datum(&row, TimestampTzGetDatum(sum.last_seen));
	Assert(row.n == ERRORS_COLUMNS);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Has one of the entries before i, of n, the same class of errors? */
static bool
is_class_done(AdvEntryCopy *const *entries, int i)
{
	for (int j = 0; j < i; j++)
	{
		if (entries[j]->key.sqlclass == entries[i]->key.sqlclass)
			return true;
	}
	return false;
}

Datum
advisor_errors(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Report		report = begin_report(fcinfo);

	for (int i = 0; i < adv_store_partitions(); i++)
	{
		AdvEntryCopy **entries;
		int			n = read_partition(&report, i, &entries);

		while (n > 0)
		{
			int			in_group = adv_snapshot_group(entries, n);

			for (int j = 0; j < in_group; j++)
			{
				if (entries[j]->key.sqlclass != 0 && !is_class_done(entries, j))
					put_error_class(rsinfo, &report, entries, in_group,
									entries[j]->key.sqlclass);
			}
			entries += in_group;
			n -= in_group;
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
	int64		hist[ADV_HIST_BUCKETS] = {0};
	Report		report = begin_report(fcinfo);

	for (int i = 0; i < adv_store_partitions(); i++)
	{
		AdvEntryCopy **entries;
		int			n = adv_snapshot_read(report.snapshot, i, &entries);

		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < n; j++)
		{
			const AdvEntryCopy *entry = entries[j];

			if (!adv_key_matches(&entry->key, userid, dbid, queryid) ||
				entry->key.sqlclass != 0 ||
				!(any_level || toplevel == (entry->key.toplevel != 0)) ||
				!adv_may_see(entry->key.userid, report.reads_all_stats))
				continue;
			adv_counters_add_hist(hist, entry->hist, &entry->counters);
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
		adv_store_forget(i, userid, dbid, queryid, false);
		adv_slab_forget(i, userid, dbid, queryid);
		LWLockRelease(adv_store_lock(i));
	}
	if (userid == InvalidOid && dbid == InvalidOid && queryid == 0)
		adv_store_set_since(now);

	PG_RETURN_TIMESTAMPTZ(now);
}

/* Count what there is in all partitions. */
static void
count_all(AdvSnapshot *snapshot, int64 *statements, int64 *entries)
{
	*statements = 0;
	*entries = 0;
	for (int i = 0; i < adv_store_partitions(); i++)
	{
		AdvEntryCopy **copies;
		int			n = adv_snapshot_read(snapshot, i, &copies);

		CHECK_FOR_INTERRUPTS();
		*entries += n;
		while (n > 0)
		{
			int			in_group = adv_snapshot_group(copies, n);

			(*statements)++;
			copies += in_group;
			n -= in_group;
		}
	}
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
	int64		statements;
	int64		entries;
	int64		pending;
	int64		pending_max;
	int64		text_used;
	int64		text_max;
	int64		text_dropped;

	adv_require_preloaded();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	snapshot = adv_snapshot_begin();
	count_all(snapshot, &statements, &entries);
	losses = adv_snapshot_losses(snapshot);
	adv_slab_used(&pending, &pending_max);
	adv_texts_used(&text_used, &text_max, &text_dropped);

	add_datum(&row, TimestampTzGetDatum(adv_store_since()));
	add_int64(&row, statements);
	add_int64(&row, entries);
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
	add_ms(&row, adv_snapshot_toplevel_ns());
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
advisor_has_pgss(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(adv_is_preloaded("pg_stat_statements"));
}

Datum
advisor_slow_threshold(PG_FUNCTION_ARGS)
{
	adv_require_preloaded();
	PG_RETURN_FLOAT8(adv_slow_threshold);
}

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
#include "capture/document.h"
#include "capture/indexuse.h"
#include "capture/problems.h"
#include "capture/report.h"
#include "capture/slab.h"
#include "capture/snapshot.h"
#include "capture/shmem.h"
#include "capture/statement.h"
#include "capture/waits.h"
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
ADV_FUNCTION_INFO_V1(advisor_is_preloaded);
ADV_FUNCTION_INFO_V1(advisor_slow_threshold);

/* Numbers of columns */
#define STATEMENTS_COLUMNS	49
#define ERRORS_COLUMNS		12
#define HISTOGRAM_COLUMNS	3
#define INFO_COLUMNS		20

/* The statement's text, NULL if the store has none. */
static const AdvTextCopy *
find_text(const AdvReport *report, const AdvKey *key)
{
	AdvKey		statement = *key;

	statement.planid = 0;
	statement.sqlclass = 0;
	return adv_snapshot_find_text(report->snapshot, &statement);
}

/* Who and what; query id and own text only for those who may see them. */
static void
add_identity(AdvRow *row, AdvReport *report, const AdvKey *key,
			 const AdvTextCopy *text)
{
	adv_row_add_names(row, report, key);
	adv_row_add_queryid(row, report, key);
	if (text && adv_report_may_see(report, key))
		adv_row_add_bytes(row, text->text, text->len, text->encoding);
	else
		adv_row_add_null(row);
}

/*
 * Only what clients send is looked at: of what it contains, and while nobody
 * looks, nothing is known.
 */
static void
add_lock_wait(AdvRow *row, const AdvKey *key, const AdvTextCopy *text)
{
	int64		ns = text ? text->lock_wait_ns : adv_store_lock_wait(key);
	AdvWaitsInfo info;

	adv_waits_info(&info);
	if (ns > 0 || (key->toplevel && adv_wait_interval > 0 && info.running))
		adv_row_add_ms(row, ns);
	else
		adv_row_add_null(row);
}

static void
put_statement(ReturnSetInfo *rsinfo, AdvReport *report,
			  const AdvStatementSum *sum, int64 toplevel_ns)
{
	const AdvUsage *usage = &sum->completed.usage;
	const AdvTextCopy *text = find_text(report, &sum->key);
	Datum		values[STATEMENTS_COLUMNS];
	bool		nulls[STATEMENTS_COLUMNS];
	AdvRow	row = {values, nulls, 0};

	add_identity(&row, report, &sum->key, text);
	adv_row_add_int64(&row, sum->completed.exec.count);
	adv_row_add_int64(&row, usage->rows);
	adv_row_add_times(&row, &sum->completed.exec);
	adv_row_add_latencies(&row, sum);
	adv_row_add_percent(&row, sum->completed.exec.total + sum->aborted.exec.total, toplevel_ns);
	adv_row_add_int64(&row, sum->completed.plan.count);
	adv_row_add_times(&row, &sum->completed.plan);
	for (int i = 0; i < ADV_NUM_BLKS; i++)
		adv_row_add_int64(&row, usage->blks[i]);
	adv_row_add_ms(&row, usage->blk_read_ns);
	adv_row_add_ms(&row, usage->blk_write_ns);
	adv_row_add(&row, NumericGetDatum(int64_to_numeric(usage->wal_bytes)));
	adv_row_add(&row, Int32GetDatum(sum->nplans));
	adv_row_add_int64(&row, sum->aborted.exec.count);
	adv_row_add_ms(&row, sum->aborted.exec.total);
	adv_row_add(&row, TimestampTzGetDatum(adv_statement_first_seen(sum)));
	adv_row_add(&row, TimestampTzGetDatum(adv_statement_last_seen(sum)));
	adv_row_add_examined(&row, sum);
	if (sum->examined_rows > 0)
		adv_row_add_float8(&row, (double) sum->examined / sum->examined_rows);
	else
		adv_row_add_null(&row);
	adv_row_add_int64(&row, sum->completed.loops);
	adv_row_add_int64(&row, sum->completed.loop_calls);
	if (sum->completed.loop_parent != 0 && adv_report_may_see(report, &sum->key))
		adv_row_add_int64(&row, (int64) sum->completed.loop_parent);
	else
		adv_row_add_null(&row);
	add_lock_wait(&row, &sum->key, text);
	Assert(row.n == STATEMENTS_COLUMNS);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

Datum
advisor_statements(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AdvReport		report = adv_report_begin(fcinfo);
	int64		toplevel_ns = adv_snapshot_toplevel_ns();
	MemoryContext per_partition = AllocSetContextCreate(CurrentMemoryContext,
														"advisor rows",
														ALLOCSET_DEFAULT_SIZES);

	for (int i = 0; i < adv_store_partitions(); i++)
	{
		AdvEntryCopy **entries;
		int			n = adv_report_read(&report, i, &entries);
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
put_error_class(ReturnSetInfo *rsinfo, AdvReport *report,
				AdvEntryCopy *const *entries, int n, uint32 sqlclass)
{
	AdvCounters sum = {{0}};
	Datum		values[ERRORS_COLUMNS];
	bool		nulls[ERRORS_COLUMNS];
	AdvRow	row = {values, nulls, 0};

	for (int i = 0; i < n; i++)
	{
		if (entries[i]->key.sqlclass == sqlclass)
			adv_counters_merge(&sum, &entries[i]->counters);
	}
	add_identity(&row, report, &entries[0]->key,
				 find_text(report, &entries[0]->key));
	adv_row_add(&row, PointerGetDatum(class_name(sqlclass)));
	adv_row_add_int64(&row, sum.exec.count);
	adv_row_add_ms(&row, sum.exec.total);
	adv_row_add(&row, TimestampTzGetDatum(sum.first_seen));
	adv_row_add(&row, TimestampTzGetDatum(sum.last_seen));
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
	AdvReport		report = adv_report_begin(fcinfo);

	for (int i = 0; i < adv_store_partitions(); i++)
	{
		AdvEntryCopy **entries;
		int			n = adv_report_read(&report, i, &entries);

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
		AdvRow	row = {values, nulls, 0};

		if (hist[i] == 0)
			continue;
		adv_row_add_ms(&row, adv_hist_lower_bound(i));
		if (i < ADV_HIST_BUCKETS - 1)
			adv_row_add_ms(&row, adv_hist_lower_bound(i + 1));
		else
			adv_row_add(&row, Float8GetDatum(get_float8_infinity()));
		adv_row_add_int64(&row, hist[i]);
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
	AdvReport		report = adv_report_begin(fcinfo);

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
	{
		adv_indexuse_forget();
		adv_store_set_since(now);
	}

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
	AdvRow	row = {values, nulls, 0};
	AdvSnapshot *snapshot;
	const AdvLosses *losses;
	int64		statements;
	int64		entries;
	int64		pending;
	int64		pending_max;
	int64		text_used;
	int64		text_max;
	int64		text_dropped;
	int64		plan_used;
	int64		plan_max;

	adv_require_preloaded();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	snapshot = adv_snapshot_begin();
	count_all(snapshot, &statements, &entries);
	losses = adv_snapshot_losses(snapshot);
	adv_slab_used(&pending, &pending_max);
	adv_texts_used(&text_used, &text_max, &text_dropped);
	adv_documents_used(&plan_used, &plan_max);

	adv_row_add(&row, TimestampTzGetDatum(adv_store_since()));
	adv_row_add_int64(&row, statements);
	adv_row_add_int64(&row, entries);
	adv_row_add_int64(&row, adv_max_plans);
	adv_row_add_int64(&row, pending);
	adv_row_add_int64(&row, pending_max);
	adv_row_add_int64(&row, losses->evicted_entries);
	adv_row_add_int64(&row, losses->evicted_calls);
	adv_row_add_ms(&row, losses->evicted_ns);
	adv_row_add_int64(&row, losses->dropped_calls);
	adv_row_add_ms(&row, losses->dropped_ns);
	adv_row_add_int64(&row, text_used);
	adv_row_add_int64(&row, text_max);
	adv_row_add_int64(&row, text_dropped);
	adv_row_add_int64(&row, plan_used);
	adv_row_add_int64(&row, plan_max);
	adv_row_add_int64(&row, losses->evicted_documents);
	adv_row_add_int64(&row, adv_shmem_size());
	adv_row_add_ms(&row, adv_snapshot_toplevel_ns());
	adv_row_add(&row, PointerGetDatum(adv_problems(losses)));

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
advisor_is_preloaded(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(adv_has_been_preloaded);
}

Datum
advisor_slow_threshold(PG_FUNCTION_ARGS)
{
	adv_require_preloaded();
	PG_RETURN_FLOAT8(adv_slow_threshold);
}

/*-------------------------------------------------------------------------
 *
 * report.c
 *		Rows for SQL functions that report what was captured.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/report.h"
#include "catalog/namespace.h"
#include "commands/dbcommands.h"
#include "common/access.h"
#include "common/guc.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#define ADV_RESULT_KB 32768		/* what a result may take before it goes to a file */

/* Convert a text to our encoding; NULL if that cannot be done. */
static char *
convert(const char *text, int len, int encoding)
{
	Oid			conversion = FindDefaultConversionProc(encoding, GetDatabaseEncoding());
	int			size = len * MAX_CONVERSION_GROWTH + 1;
	char	   *converted;

	if (!OidIsValid(conversion))
		return NULL;
	converted = palloc(size);
	if (pg_do_encoding_conversion_buf(conversion, encoding, GetDatabaseEncoding(),
									  (unsigned char *) unconstify(char *, text), len,
									  (unsigned char *) converted, size, true) == len)
		return converted;
	pfree(converted);
	return NULL;
}

void
adv_row_add_bytes(AdvRow *row, const char *text, int len, int encoding)
{
	int			ours = GetDatabaseEncoding();
	char	   *copy = NULL;

	if (encoding == ours && pg_verify_mbstr(ours, text, len, true))
	{
		adv_row_add(row, PointerGetDatum(cstring_to_text_with_len(text, len)));
		return;
	}
	if (encoding != ours && encoding != PG_SQL_ASCII && ours != PG_SQL_ASCII)
		copy = convert(text, len, encoding);
	if (copy != NULL)
	{
		adv_row_add(row, CStringGetTextDatum(copy));
		return;
	}

	copy = pnstrdup(text, len);
	for (int i = 0; i < len; i++)
	{
		if (IS_HIGHBIT_SET(copy[i]))
			copy[i] = '?';
	}
	adv_row_add(row, PointerGetDatum(cstring_to_text_with_len(copy, len)));
	pfree(copy);
}

/* Name of a role or database; they are few, and asked for again and again. */
typedef struct AdvKnownName
{
	struct AdvKnownName *next;
	Oid			oid;
	bool		is_role;
	text	   *name;			/* NULL if there is no such database any more */
} AdvKnownName;

static const text *
find_name(AdvReport *report, Oid oid, bool is_role)
{
	AdvKnownName  *known = report->names;
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
	known = palloc(sizeof(AdvKnownName));
	known->oid = oid;
	known->is_role = is_role;
	known->name = name ? cstring_to_text(name) : NULL;
	known->next = report->names;
	MemoryContextSwitchTo(caller);
	report->names = known;
	return known->name;
}

static void
add_name(AdvRow *row, const text *name)
{
	if (name)
		adv_row_add(row, PointerGetDatum(name));
	else
		adv_row_add_null(row);
}

bool
adv_report_may_see(const AdvReport *report, const AdvKey *key)
{
	return adv_may_see(key->userid, report->reads_all_stats);
}

void
adv_row_add_names(AdvRow *row, AdvReport *report, const AdvKey *key)
{
	adv_row_add(row, ObjectIdGetDatum(key->userid));
	add_name(row, find_name(report, key->userid, true));
	adv_row_add(row, ObjectIdGetDatum(key->dbid));
	add_name(row, find_name(report, key->dbid, false));
	adv_row_add(row, BoolGetDatum(key->toplevel != 0));
}

void
adv_row_add_queryid(AdvRow *row, const AdvReport *report, const AdvKey *key)
{
	if (adv_report_may_see(report, key))
		adv_row_add_int64(row, (int64) key->queryid);
	else
		adv_row_add_null(row);
}

void
adv_row_add_key(AdvRow *row, const AdvReport *report, const AdvKey *key)
{
	adv_row_add(row, ObjectIdGetDatum(key->userid));
	adv_row_add(row, ObjectIdGetDatum(key->dbid));
	adv_row_add(row, BoolGetDatum(key->toplevel != 0));
	adv_row_add_queryid(row, report, key);
}

int
adv_report_read(AdvReport *report, int partition, AdvEntryCopy ***entries)
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

AdvReport
adv_report_begin(FunctionCallInfo fcinfo)
{
	AdvReport		report = {0};

	adv_require_preloaded();
	InitMaterializedSRF(fcinfo, 0);
	enlarge_result((ReturnSetInfo *) fcinfo->resultinfo);
	report.context = CurrentMemoryContext;
	report.snapshot = adv_snapshot_begin();
	report.reads_all_stats = adv_reads_all_stats();
	return report;
}


void
adv_row_add_times(AdvRow *row, const AdvTimes *times)
{
	adv_row_add_ms(row, times->total);
	adv_row_add_ms(row, times->min);
	adv_row_add_ms(row, times->max);
	adv_row_add_ms(row, adv_times_mean(times));
	adv_row_add_ms(row, adv_times_stddev(times));
}

void
adv_row_add_latencies(AdvRow *row, const AdvStatementSum *sum)
{
	static const double fractions[] = {0.50, 0.95, 0.99};
	double		results[lengthof(fractions)];
	const AdvTimes *exec = &sum->completed.exec;

	adv_hist_percentiles(sum->hist, exec->count, exec->min, exec->max,
						 lengthof(fractions), fractions, results);
	for (int i = 0; i < lengthof(fractions); i++)
	{
		if (exec->count > 0)
			adv_row_add_ms(row, results[i]);
		else
			adv_row_add_null(row);
	}
	adv_row_add_int64(row, adv_hist_count_from(sum->hist, adv_slow_threshold * ADV_NS_PER_MS,
											   exec->min, exec->max));
}

void
adv_row_add_percent(AdvRow *row, int64 ns, int64 toplevel_ns)
{
	if (toplevel_ns > 0)
		adv_row_add_float8(row, 100.0 * ns / toplevel_ns);
	else
		adv_row_add_null(row);
}

void
adv_row_add_examined(AdvRow *row, const AdvStatementSum *sum)
{
	if (sum->completed.exec.count > 0 && sum->completed.usage.unexamined_calls == 0)
		adv_row_add_int64(row, sum->examined);
	else
		adv_row_add_null(row);
}

/*-------------------------------------------------------------------------
 *
 * predicatefunctions.c
 *		SQL functions that say how captured statements use tables: what advice
 *		on partitions is made of.
 *
 * No constant of a statement and no value of a column is in what they return,
 * but for the ends of columns that the reader may select from.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/relation.h"
#include "capture/captured.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_type.h"
#include "common/access.h"
#include "common/compat.h"
#include "common/hashfn.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "recommend/keyspan.h"
#include "recommend/predicates.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

ADV_FUNCTION_INFO_V1(advisor_scan_predicates);
ADV_FUNCTION_INFO_V1(advisor_pruned_costs);
ADV_FUNCTION_INFO_V1(advisor_table_writes);
ADV_FUNCTION_INFO_V1(advisor_key_spans);

#define PREDICATE_COLUMNS 23
#define COST_COLUMNS 4
#define WRITE_COLUMNS 8
#define SPAN_COLUMNS 10

static List *
oid_list(ArrayType *array)
{
	List	   *list = NIL;
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	deconstruct_array(array, OIDOID, sizeof(Oid), true, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
		if (!nulls[i])
			list = lappend_oid(list, DatumGetObjectId(elements[i]));
	return list;
}

static double
milliseconds(const Interval *interval)
{
	return interval->time / 1000.0 +
		(interval->day + interval->month * (double) DAYS_PER_MONTH) * SECS_PER_DAY * 1000.0;
}

/*
 * A statement, and a text of it, as numbers: their places in the workload may be
 * others the next time.
 */
static int64
item_key(const AdvWorkItem *item)
{
	uint64		key[3] = {item->userid, item->queryid, item->toplevel};

	return (int64) hash_bytes_extended((const unsigned char *) key, sizeof(key), 0);
}

static int64
text_key(const AdvTextScans *scans)
{
	const char *text = list_nth(scans->item->texts, scans->text - 1);

	return (int64) hash_bytes_extended((const unsigned char *) text, strlen(text), 0);
}

static const char *
operation_name(CmdType operation)
{
	switch (operation)
	{
		case CMD_SELECT:
			return "select";
		case CMD_INSERT:
			return "insert";
		case CMD_UPDATE:
			return "update";
		case CMD_DELETE:
			return "delete";
		case CMD_MERGE:
			return "merge";
		default:
			return "other";
	}
}

static const char *
compare_name(AdvCompare compare)
{
	static const char *const names[] = {"equal", "in", "range", "join"};

	return names[compare];
}

static const char *
method_name(AdvScanMethod method)
{
	static const char *const names[] = {"sequential", "index", "bitmap", "other"};

	return names[method];
}

/* ---------------------------------------------------------------------
 * advisor._scan_predicates(tables oid[], time_limit interval)
 * ---------------------------------------------------------------------
 */

typedef struct PredicateRow
{
	Datum		values[PREDICATE_COLUMNS];
	bool		nulls[PREDICATE_COLUMNS];
} PredicateRow;

/* The statement, of which each text has the same part. */
static void
set_statement(PredicateRow *row, const AdvTextScans *scans)
{
	const AdvWorkItem *item = scans->item;
	int			texts = list_length(item->texts);

	memset(row->nulls, true, sizeof(row->nulls));
	row->values[0] = Int64GetDatum(item_key(item));
	row->values[1] = ObjectIdGetDatum(item->userid);
	row->values[2] = Int64GetDatum((int64) item->queryid);
	row->values[3] = Int64GetDatum(text_key(scans));
	row->values[4] = CStringGetTextDatum(operation_name(scans->operation));
	row->values[5] = Float8GetDatum(item->calls_per_day / texts);
	row->values[6] = Float8GetDatum(item->ms_per_day / texts);
	row->values[7] = Float8GetDatum(scans->total_cost);
	memset(row->nulls, false, 8);
	if (scans->problem)
		row->values[22] = CStringGetTextDatum(scans->problem);
	row->nulls[22] = scans->problem == NULL;
}

static void
set_scan(PredicateRow *row, const AdvTextScans *scans, const AdvTableScan *scan, int number)
{
	const AdvWorkItem *item = scans->item;

	row->values[8] = Int32GetDatum(number);
	row->values[9] = ObjectIdGetDatum(scan->relid);
	row->values[10] = Float8GetDatum(scan->rows);
	row->values[11] = Float8GetDatum(scan->cost);
	row->values[12] = Float8GetDatum(scan->share * item->ms_per_day / list_length(item->texts));
	row->values[13] = CStringGetTextDatum(method_name(scan->method));
	row->values[14] = Int16GetDatum(scan->leading);
	memset(row->nulls + 8, false, 7);
}

static void
set_condition(PredicateRow *row, const AdvKeyCondition *condition)
{
	row->values[15] = Int16GetDatum(condition->attnum);
	row->values[16] = CStringGetTextDatum(compare_name(condition->compare));
	row->values[17] = BoolGetDatum(condition->has_lower);
	row->values[18] = BoolGetDatum(condition->has_upper);
	row->values[19] = BoolGetDatum(condition->known);
	row->values[20] = Float8GetDatum(condition->fraction);
	memset(row->nulls + 15, false, 6);
}

static void
put_scans(ReturnSetInfo *rsinfo, const AdvTextScans *scans)
{
	PredicateRow row = {0};
	int			number = 0;
	ListCell   *ls;
	ListCell   *lc;

	set_statement(&row, scans);
	if (scans->scans == NIL)
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row.values, row.nulls);
	foreach(ls, scans->scans)
	{
		const AdvTableScan *scan = lfirst(ls);

		/* a row for the scan itself, and one for each column of its conditions */
		set_statement(&row, scans);
		set_scan(&row, scans, scan, ++number);
		row.values[21] = Int32GetDatum(list_length(scan->conditions));
		row.nulls[21] = false;
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row.values, row.nulls);
		foreach(lc, scan->conditions)
		{
			set_condition(&row, lfirst(lc));
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row.values, row.nulls);
		}
	}
}

Datum
advisor_scan_predicates(PG_FUNCTION_ARGS)
{
	List	   *relids = oid_list(PG_GETARG_ARRAYTYPE_P(0));
	double		time_limit = milliseconds(PG_GETARG_INTERVAL_P(1));
	ListCell   *lc;

	adv_require_preloaded();
	InitMaterializedSRF(fcinfo, 0);
	if (relids == NIL)
		return (Datum) 0;
	foreach(lc, adv_find_predicates(adv_workload_captured(true), relids, NULL, time_limit))
		put_scans((ReturnSetInfo *) fcinfo->resultinfo, lfirst(lc));
	return (Datum) 0;
}

/* ---------------------------------------------------------------------
 * advisor._pruned_costs(relation oid, key smallint, width float8, items bigint[], time_limit interval)
 * ---------------------------------------------------------------------
 */

/* The captured workload, but only some statements of it. */
static AdvWorkload *
workload_of(ArrayType *items)
{
	AdvWorkload *workload = adv_workload_captured(true);
	List	   *kept = NIL;
	Datum	   *elements;
	bool	   *nulls;
	int			n;
	ListCell   *lc;

	deconstruct_array(items, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements, &nulls, &n);
	foreach(lc, workload->items)
	{
		int64		key = item_key(lfirst(lc));

		for (int i = 0; i < n; i++)
		{
			if (nulls[i] || DatumGetInt64(elements[i]) != key)
				continue;
			kept = lappend(kept, lfirst(lc));
			break;
		}
	}
	workload->items = kept;
	return workload;
}

Datum
advisor_pruned_costs(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AdvPartitioning p = {PG_GETARG_OID(0), PG_GETARG_INT16(1), PG_GETARG_FLOAT8(2)};
	double		time_limit = milliseconds(PG_GETARG_INTERVAL_P(4));
	AdvKeySpan	span;
	ListCell   *lc;

	adv_require_preloaded();
	InitMaterializedSRF(fcinfo, 0);
	/* ends of a column stay here; who may not read it sees costs of what he may see */
	if (!adv_key_span(p.relid, p.attnum, &span) || !span.known_ends || !(p.width > 0))
		return (Datum) 0;
	p.lower = span.lower;
	p.upper = span.upper;
	foreach(lc, adv_find_predicates(workload_of(PG_GETARG_ARRAYTYPE_P(3)), list_make1_oid(p.relid), &p, time_limit))
	{
		const AdvTextScans *scans = lfirst(lc);
		Datum		values[COST_COLUMNS];
		bool		nulls[COST_COLUMNS] = {0};

		if (scans->reduced_cost < 0)
			continue;
		values[0] = Int64GetDatum(item_key(scans->item));
		values[1] = Int64GetDatum(text_key(scans));
		values[2] = Float8GetDatum(scans->total_cost);
		values[3] = Float8GetDatum(scans->reduced_cost);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* ---------------------------------------------------------------------
 * advisor._table_writes(tables oid[])
 * ---------------------------------------------------------------------
 */

static Datum
attnum_array(const Bitmapset *attnums)
{
	Datum	   *elements = palloc(sizeof(Datum) * (bms_num_members(attnums) + 1));
	int			attnum = -1;
	int			n = 0;

	while ((attnum = bms_next_member(attnums, attnum)) >= 0)
		elements[n++] = Int16GetDatum(attnum);
	return PointerGetDatum(construct_array(elements, n, INT2OID, sizeof(int16), true, TYPALIGN_SHORT));
}

static void
put_write(ReturnSetInfo *rsinfo, const AdvCapturedStatement *statement,
		  const AdvCapturedWrite *write, double days)
{
	Datum		values[WRITE_COLUMNS];
	bool		nulls[WRITE_COLUMNS] = {0};

	values[0] = ObjectIdGetDatum(statement->userid);
	values[1] = Int64GetDatum((int64) statement->queryid);
	values[2] = ObjectIdGetDatum(write->relid);
	values[3] = CStringGetTextDatum(operation_name(write->operation));
	values[4] = Float8GetDatum(statement->calls / days);
	values[5] = Float8GetDatum(statement->total_ms / days);
	values[6] = Float8GetDatum(write->rows / days);
	values[7] = attnum_array(write->changed);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

Datum
advisor_table_writes(PG_FUNCTION_ARGS)
{
	List	   *relids = oid_list(PG_GETARG_ARRAYTYPE_P(0));
	double		days;
	ListCell   *lc;
	ListCell   *lw;

	adv_require_preloaded();
	InitMaterializedSRF(fcinfo, 0);
	if (relids == NIL)
		return (Datum) 0;
	days = adv_captured_days();
	foreach(lc, adv_captured_statements(MyDatabaseId))
	{
		const AdvCapturedStatement *statement = lfirst(lc);

		foreach(lw, statement->writes)
		{
			const AdvCapturedWrite *write = lfirst(lw);

			if (list_member_oid(relids, write->relid))
				put_write((ReturnSetInfo *) fcinfo->resultinfo, statement, write, days);
		}
	}
	return (Datum) 0;
}

/* ---------------------------------------------------------------------
 * advisor._key_spans(relation oid)
 * ---------------------------------------------------------------------
 */

static void
put_span(ReturnSetInfo *rsinfo, AttrNumber attnum, const AdvKeySpan *span, bool may_read)
{
	static const char *const axes[] = {NULL, "time", "number"};
	Datum		values[SPAN_COLUMNS];
	bool		nulls[SPAN_COLUMNS] = {0};
	double		age;

	values[0] = Int16GetDatum(attnum);
	nulls[1] = axes[span->axis] == NULL;
	values[1] = nulls[1] ? (Datum) 0 : CStringGetTextDatum(axes[span->axis]);
	values[2] = Float8GetDatum(span->null_frac);
	values[3] = Float8GetDatum(span->ndistinct);
	values[4] = Float8GetDatum(span->top_share);
	values[5] = Float8GetDatum(span->correlation);
	nulls[6] = !span->known_ends;
	values[6] = Float8GetDatum(span->upper - span->lower);
	/* how long ago the last one is: in days it is no value */
	nulls[7] = !span->known_ends || span->axis != ADV_AXIS_TIME;
	age = GetCurrentTransactionStartTimestamp() / (double) USECS_PER_SEC - span->upper;
	values[7] = Float8GetDatum(rint(age / SECS_PER_DAY) * SECS_PER_DAY);
	nulls[8] = nulls[9] = !span->known_ends || !may_read;
	values[8] = Float8GetDatum(span->lower);
	values[9] = Float8GetDatum(span->upper);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

Datum
advisor_key_spans(PG_FUNCTION_ARGS)
{
	Oid			relid = PG_GETARG_OID(0);
	bool		reads_all_stats = adv_reads_all_stats();
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	int			natts;

	InitMaterializedSRF(fcinfo, 0);
	if (!HeapTupleIsValid(tuple))
		return (Datum) 0;
	natts = ((Form_pg_class) GETSTRUCT(tuple))->relnatts;
	ReleaseSysCache(tuple);
	for (AttrNumber attnum = 1; attnum <= natts; attnum++)
	{
		AdvKeySpan	span;
		bool		may_read = adv_may_read_column(relid, attnum);

		if ((may_read || reads_all_stats) && adv_key_span(relid, attnum, &span))
			put_span((ReturnSetInfo *) fcinfo->resultinfo, attnum, &span, may_read);
	}
	return (Datum) 0;
}

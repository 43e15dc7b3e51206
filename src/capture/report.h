/*-------------------------------------------------------------------------
 *
 * report.h
 *		Rows for SQL functions that report what was captured.
 *
 * Who may see what of a row is decided here: numbers are for everybody, query
 * ids and all that comes from a statement's text for the role that ran it and
 * for members of pg_read_all_stats.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_REPORT_H
#define ADV_CAPTURE_REPORT_H

#include "capture/snapshot.h"
#include "capture/statement.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#define ADV_NS_PER_MS 1e6

/* A row in the making; values and nulls have room for all columns. */
typedef struct AdvRow
{
	Datum	   *values;
	bool	   *nulls;
	int			n;
} AdvRow;

static inline void
adv_row_add(AdvRow *row, Datum value)
{
	row->nulls[row->n] = false;
	row->values[row->n++] = value;
}

static inline void
adv_row_add_null(AdvRow *row)
{
	row->nulls[row->n] = true;
	row->values[row->n++] = (Datum) 0;
}

static inline void
adv_row_add_int64(AdvRow *row, int64 value)
{
	adv_row_add(row, Int64GetDatum(value));
}

static inline void
adv_row_add_float8(AdvRow *row, double value)
{
	adv_row_add(row, Float8GetDatum(value));
}

static inline void
adv_row_add_ms(AdvRow *row, double ns)
{
	adv_row_add(row, Float8GetDatum(ns / ADV_NS_PER_MS));
}

/* An oid, NULL if it is none. */
static inline void
adv_row_add_oid(AdvRow *row, Oid oid)
{
	if (OidIsValid(oid))
		adv_row_add(row, ObjectIdGetDatum(oid));
	else
		adv_row_add_null(row);
}

/*
 * A text of len bytes, which may come from a database with another encoding.
 * One that has no equivalent in ours, or is invalid in its own as texts in
 * SQL_ASCII may be, keeps its ASCII: it must not make the whole report fail.
 */
extern void adv_row_add_bytes(AdvRow *row, const char *text, int len, int encoding);

/* What a function that returns rows works with. */
typedef struct AdvReport
{
	AdvSnapshot *snapshot;
	bool		reads_all_stats;
	MemoryContext context;		/* of what lasts as long as the report */
	struct AdvKnownName *names;
} AdvReport;

/* What all functions that return rows begin with. */
extern AdvReport adv_report_begin(FunctionCallInfo fcinfo);

/* Read the next partition of a report; returns the number of its entries. */
extern int	adv_report_read(AdvReport *report, int partition, AdvEntryCopy ***entries);

/* May the caller see the text of a statement? */
extern bool adv_report_may_see(const AdvReport *report, const AdvKey *key);

/*
 * Who ran it where: oid and name of role and of database, and the level; and
 * then the query id, for those who may see it.
 */
extern void adv_row_add_names(AdvRow *row, AdvReport *report, const AdvKey *key);
extern void adv_row_add_queryid(AdvRow *row, const AdvReport *report, const AdvKey *key);

/* The same with oids only. */
extern void adv_row_add_key(AdvRow *row, const AdvReport *report, const AdvKey *key);

/* Total, minimum, maximum, mean and standard deviation. */
extern void adv_row_add_times(AdvRow *row, const AdvTimes *times);

/*
 * 50th, 95th and 99th percentile, NULL where nothing was completed, and how
 * many executions were slow.
 */
extern void adv_row_add_latencies(AdvRow *row, const AdvStatementSum *sum);

/*
 * Share in the time of all that clients sent, in per cent.  What is nested has a
 * part of the share of those that contain it.
 */
extern void adv_row_add_percent(AdvRow *row, int64 ns, int64 toplevel_ns);

/* Rows examined, NULL unless they are known of all executions. */
extern void adv_row_add_examined(AdvRow *row, const AdvStatementSum *sum);

#endif							/* ADV_CAPTURE_REPORT_H */

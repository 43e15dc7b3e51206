/*-------------------------------------------------------------------------
 *
 * captured.h
 *		What was captured, for advice: statements, examples, and what they
 *		wrote.
 *
 * The one way in which other folders read captured work.  Everything is copied
 * to the current memory context; the store's locks are held while it is copied
 * and not after that.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_CAPTURED_H
#define ADV_CAPTURE_CAPTURED_H

#include "datatype/timestamp.h"
#include "nodes/bitmapset.h"
#include "nodes/nodes.h"
#include "nodes/pg_list.h"

/* A text of a statement with the values of one of its executions. */
typedef struct AdvCapturedExample
{
	char	   *text;
	bool		truncated;		/* cut, or without values that were too long */
	bool		is_template;	/* has a $n */
	double		exec_ms;		/* how long it took, -1 if that is not known */
	uint64		planid;
} AdvCapturedExample;

/* A table that a statement writes to. */
typedef struct AdvCapturedWrite
{
	Oid			relid;			/* as in the plan: the partitioned table, or a
								 * partition that was named itself */
	CmdType		operation;		/* INSERT, UPDATE, DELETE or MERGE; UNKNOWN of
								 * what was captured by an older version */
	Bitmapset  *changed;		/* attribute numbers, as they are, that UPDATE, also
								 * in MERGE or ON CONFLICT, sets; triggers and
								 * generated columns may change others */
	bool		changes_more;	/* and there may be others */
	double		rows;			/* written by all executions of the statement */
} AdvCapturedWrite;

typedef struct AdvCapturedStatement
{
	Oid			userid;
	uint64		queryid;
	bool		toplevel;
	int64		calls;			/* completed executions, */
	double		total_ms;		/* their time, */
	int64		rows;			/* and the rows that they returned or wrote */
	char	   *text;			/* without constants, and names as the user wrote
								 * them; NULL if it has been lost */
	bool		text_cut;		/* it was too long to be kept */
	List	   *examples;		/* of AdvCapturedExample, slowest first */
	const char *why_no_example; /* a reason in words if there are none */
	bool		has_plan;		/* is it one that is planned? */
	List	   *writes;			/* of AdvCapturedWrite */
} AdvCapturedStatement;

/*
 * The statements completed in a database that the current role may see: its
 * own, or those of all as a member of pg_read_all_stats.  Slowest in total first.
 * Examples and texts are given if it is the current database.
 */
extern List *adv_captured_statements(Oid dbid);

/*
 * Is there a $n in a statement, outside of literals and quoted names?  Those in
 * comments and dollar quotes count.
 */
extern bool adv_text_has_parameter(const char *text);

/* When counting began: at the last reset, unless the server started empty since. */
extern TimestampTz adv_captured_since(void);

/*
 * Days since counting began, up to the beginning of the transaction, so that sums
 * can be given per day.
 */
extern double adv_captured_days(void);

#endif							/* ADV_CAPTURE_CAPTURED_H */

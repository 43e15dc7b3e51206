/*-------------------------------------------------------------------------
 *
 * statement.h
 *		What is said of a statement as a whole, from its entries.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_STATEMENT_H
#define ADV_CAPTURE_STATEMENT_H

#include "capture/store.h"

/* A statement, summed over its plans. */
typedef struct AdvStatementSum
{
	AdvKey		key;			/* planid and sqlclass are 0 */
	AdvCounters completed;
	AdvCounters aborted;
	int			nplans;			/* plan ids executed; 0 for utility statements */
	int64		examined;		/* rows, of the plans of which that is known of */
	int64		examined_rows;	/* all executions; and rows that they returned */
	const int64 *hist;			/* of completed executions */
	int64		hist_sum[ADV_HIST_BUCKETS]; /* what hist points to if these
											 * are of several entries */
} AdvStatementSum;

/* Sum the n entries of one statement, which must stay while sum is in use. */
extern void adv_statement_sum(AdvEntryCopy *const *entries, int n,
							  AdvStatementSum *sum);

/* The earlier (later) of two timestamps that are 0 where nothing was seen. */
extern TimestampTz adv_statement_first_seen(const AdvStatementSum *sum);
extern TimestampTz adv_statement_last_seen(const AdvStatementSum *sum);

#endif							/* ADV_CAPTURE_STATEMENT_H */

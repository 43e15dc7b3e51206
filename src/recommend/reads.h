/*-------------------------------------------------------------------------
 *
 * reads.h
 *		Which tables planning a query looks at.
 *
 * Most captured statements are about other tables than those in question, and
 * need no planning.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_READS_H
#define ADV_RECOMMEND_READS_H

#include "nodes/pg_list.h"

/*
 * Does one of the queries (trees as the parser makes them) read one of the
 * tables (a list of oids), by itself or, if only one is asked for, by what that
 * inherits from?  A call of an SQL function, which the planner may replace by a
 * query, counts as if it did.
 */
extern bool adv_reads_tables(List *queries, const List *tables);

#endif							/* ADV_RECOMMEND_READS_H */

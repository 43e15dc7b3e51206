/*-------------------------------------------------------------------------
 *
 * lastadvice.h
 *		The last advice for each database, kept for who only wants a look.
 *
 * Working out which indexes are missing takes seconds; a list of all that is wrong
 * should not.  So what recommend_indexes() said last, with its defaults and to
 * somebody who may see all statements, is kept in shared memory, for a few
 * databases.  It goes with the server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_LASTADVICE_H
#define ADV_RECOMMEND_LASTADVICE_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

/* Ask for shared memory, while libraries are preloaded. */
extern void adv_lastadvice_install(void);

/*
 * Keep rows (HeapTuple, best first) for the current database.  Of more than there
 * is room for, the last ones are left out.
 */
extern void adv_lastadvice_keep(const List *rows, TimestampTz made_at);

/*
 * The rows that are kept for the current database, in the current memory context;
 * false if there are none.
 */
extern bool adv_lastadvice_get(List **rows, TimestampTz *made_at);

#endif							/* ADV_RECOMMEND_LASTADVICE_H */

/*-------------------------------------------------------------------------
 *
 * sequence.h
 *		How far the sequences of this database have got.
 *
 * The server's own ways to ask (pg_sequences, pg_sequence_last_value) lock each
 * sequence as nextval() does, and wait for who changes it.  This only looks: one
 * sequence at a time is locked, as for reading, if that can be had at once, and
 * only as long as it takes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_HEALTH_SEQUENCE_H
#define ADV_HEALTH_SEQUENCE_H

#include "nodes/pg_list.h"

/* State of a sequence */
typedef struct AdvSequence
{
	Oid			seqid;
	bool		visible;		/* may the current role see it? */
	bool		known;			/* has it been read? */
	int64		last_value;		/* both only if it has */
	bool		is_called;		/* last_value has been given away */
} AdvSequence;

/*
 * All sequences of this database but temporary ones of other sessions, as a
 * list of AdvSequence in the current memory context.
 *
 * A role sees what it could select (USAGE or SELECT), and all as a member of
 * pg_read_all_stats: how often something was numbered is a statistic.  Not known
 * is one that may not be seen, is locked by somebody who changes or drops it, or
 * is unlogged on a standby, where it has no contents.  One that is gone in the
 * meantime is left out.
 */
extern List *adv_sequences_read(void);

#endif							/* ADV_HEALTH_SEQUENCE_H */

/*-------------------------------------------------------------------------
 *
 * slabentry.h
 *		Adding to an entry of this backend's own slab.
 *
 * This is the hottest code of advisor, run once for every statement of the
 * server, hence inline.  What the members are for, and who may write them
 * when, is in slab.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_SLABENTRY_H
#define ADV_CAPTURE_SLABENTRY_H

#include "access/xact.h"
#include "capture/counters.h"
#include "port/atomics.h"
#include "storage/lock.h"
#include "utils/timestamp.h"

#define ADV_LOOP_IN_ROW		5	/* executions that are a loop: in a row, */
#define ADV_LOOP_IN_TRANSACTION 10	/* or in one transaction */
#define ADV_HAND_OVER_NS	INT64CONST(1000000000)	/* a second of work */

/* In use if key.queryid is not 0; an entry that is not has no counts. */
typedef struct AdvSlabEntry
{
	uint32		changecount;
	uint32		epoch;
	volatile uint32 reset_epoch;

	/* for the owner alone: */
	uint32		last_used;		/* its tick then */
	uint64		tag;			/* adv_plan_tag() of who has a pointer to it */
	LocalTransactionId transaction; /* in which it was counted last */
	uint32		repeated;		/* executions in it, or without others between, */
	bool		looping;		/* until they are enough for a loop: then this */

	AdvKey		key;
	AdvCounters counters;
	uint16		hist[ADV_HIST_BUCKETS];
} AdvSlabEntry;

/* What the owner of a slab needs to know to count. */
typedef struct AdvSlabOwner
{
	AdvSlabEntry *last;			/* entry counted last, of all sets */
	uint64		before;			/* queryid of the one that came before it */
	uint32		in_row;			/* executions of last without others between */
	uint32		tick;			/* number of changes from one entry to another */
} AdvSlabOwner;

extern AdvSlabOwner adv_slab_owner;

/* What is done rarely: */
extern void adv_slabentry_begin_anew(AdvSlabEntry *entry, uint32 epoch);
extern void adv_slabentry_note_repetition(AdvSlabEntry *entry);
extern void adv_slabentry_hand_over(AdvSlabEntry *entry, bool wait);

static inline void
adv_slabentry_begin_write(AdvSlabEntry *entry)
{
	entry->changecount++;
	pg_write_barrier();
}

static inline void
adv_slabentry_end_write(AdvSlabEntry *entry)
{
	pg_write_barrier();
	entry->changecount++;
}

/* Note that an entry is used after another one. */
static inline void
adv_slabentry_change(AdvSlabEntry *entry)
{
	adv_slab_owner.before = adv_slab_owner.last ? adv_slab_owner.last->key.queryid : 0;
	adv_slab_owner.last = entry;
	adv_slab_owner.in_row = 0;
	entry->last_used = ++adv_slab_owner.tick;
}

/* Is this execution of an entry one of several? */
static inline void
adv_slabentry_count_repetition(AdvSlabEntry *entry)
{
	LocalTransactionId transaction = ADV_MY_LXID();

	if (entry != adv_slab_owner.last)
	{
		adv_slabentry_change(entry);
		if (entry->transaction != transaction)
		{
			entry->repeated = 0;
			entry->looping = false;
		}
	}
	entry->transaction = transaction;
	adv_slab_owner.in_row++;
	if (entry->looping)
		entry->counters.loop_calls++;
	else if (unlikely(++entry->repeated >= ADV_LOOP_IN_ROW))
		adv_slabentry_note_repetition(entry);
}

/* Start to change the counts of an entry. */
static inline void
adv_slabentry_begin_count(AdvSlabEntry *entry)
{
	uint32		reset_epoch = entry->reset_epoch;
	TimestampTz now = GetCurrentStatementStartTimestamp();

	if (unlikely(now == 0))
		now = GetCurrentTimestamp();	/* a worker that does not set it */

	adv_slabentry_begin_write(entry);
	if (unlikely(entry->epoch != reset_epoch))
		adv_slabentry_begin_anew(entry, reset_epoch);
	if (unlikely(entry->counters.first_seen == 0))
		entry->counters.first_seen = now;
	entry->counters.last_seen = now;
}

/*
 * Hand an entry over if it is time to, after an addition to it.
 *
 * The small counts of the histogram must not overflow.  And what cost time
 * must show in the store in time, where eviction weighs it; this can wait if
 * somebody reads.
 */
static inline void
adv_slabentry_end_count(AdvSlabEntry *entry, int64 ns)
{
	uint16		in_bucket = ++entry->hist[adv_hist_bucket(ns)];

	adv_slabentry_end_write(entry);
	if (unlikely(in_bucket == PG_UINT16_MAX))
		adv_slabentry_hand_over(entry, true);
	else if (unlikely(entry->counters.exec.total >= ADV_HAND_OVER_NS))
		adv_slabentry_hand_over(entry, false);
}

/* Count an execution of ns nanoseconds that used what span tells. */
static inline void
adv_slabentry_add_span(AdvSlabEntry *entry, int64 ns, const AdvSpan *span, uint64 rows)
{
	adv_slabentry_begin_count(entry);
	adv_slabentry_count_repetition(entry);
	adv_times_add(&entry->counters.exec, ns);
	adv_span_add(span, rows, &entry->counters.usage);
	adv_slabentry_end_count(entry, ns);
}

#endif							/* ADV_CAPTURE_SLABENTRY_H */

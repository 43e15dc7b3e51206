/*-------------------------------------------------------------------------
 *
 * counters.h
 *		What is counted of a plan of a statement, and under which key.
 *
 * Counters are plain numbers that merge by addition (or minimum and maximum),
 * so the same struct serves a backend's pending slab, the shared store, a
 * reader's copy and the file.  Pure functions: no state, no locks, no errors.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_COUNTERS_H
#define ADV_CAPTURE_COUNTERS_H

#include "capture/histogram.h"
#include "common/compat.h"
#include "datatype/timestamp.h"
#include "executor/instrument.h"
#include "storage/bufmgr.h"

/*
 * Identifies an entry: one plan of a statement, or what ended in one class of
 * errors.  Entries of errors count aborted executions only, the others
 * completed ones only.  All members but planid and sqlclass identify the
 * statement.  It goes to the file as a whole: it has no padding,
 * keep it so.
 */
typedef struct AdvKey
{
	Oid			dbid;
	Oid			userid;			/* the role that ran it */
	uint64		queryid;		/* not 0 in an entry that is in use */
	uint64		planid;			/* 0 for utility statements, for errors, and for
								 * several plans that had to be merged */
	uint32		toplevel;		/* 1 if sent by a client, 0 if nested */
	uint32		sqlclass;		/* ERRCODE_TO_CATEGORY() of the error, 0 for
								 * success */
} AdvKey;

/* Durations in ns. */
typedef struct AdvTimes
{
	int64		count;
	int64		total;
	int64		min;			/* meaningless while count is 0 */
	int64		max;
	double		sum_squares;	/* ns^2; a double's 53 bits leave a standard
								 * deviation of 1e-7 of the mean visible, far
								 * below the clock's own jitter, and unlike a
								 * running variance it merges by addition */
} AdvTimes;

/* The block counters of BufferUsage, in its order. */
#define ADV_NUM_BLKS 10
#define ADV_BLKS_TEMP_WRITTEN 9

/* What an execution used.  All members are int64, see adv_usage_add(). */
typedef struct AdvUsage
{
	int64		rows;
	int64		rows_examined;	/* read in relations, see examined.h */
	int64		unexamined_calls;	/* executions for which that is not known */
	int64		blks[ADV_NUM_BLKS];
	int64		wal_bytes;
	int64		blk_read_ns;
	int64		blk_write_ns;
} AdvUsage;

typedef struct AdvCounters
{
	AdvTimes	exec;
	AdvTimes	plan;
	AdvUsage	usage;			/* of executions, not of planning */
	int64		loops;			/* how often a session ran it in a loop, */
	int64		loop_calls;		/* and executions in these, see slab.c */
	uint64		loop_parent;	/* queryid of what started the last one */
	TimestampTz first_seen;
	TimestampTz last_seen;
} AdvCounters;

/*
 * A stretch of work being measured: clock and counters of this backend at its
 * beginning.
 */
typedef struct AdvSpan
{
	int64		start_ns;
	int64		blks[ADV_NUM_BLKS];
	int64		wal_bytes;
	int64		blk_read_ns;	/* this and the next only if timed_io */
	int64		blk_write_ns;
	bool		timed_io;		/* track_io_timing was on */
	int64		examined;		/* rows, ADV_UNKNOWN_ROWS if that is not known */
	int64		examined_base;	/* when it was looked at last, or the same */
} AdvSpan;

static inline bool
adv_key_equal(const AdvKey *a, const AdvKey *b)
{
	return a->queryid == b->queryid && a->planid == b->planid &&
		a->userid == b->userid && a->dbid == b->dbid &&
		a->toplevel == b->toplevel && a->sqlclass == b->sqlclass;
}

/* Do both belong to the same statement? */
static inline bool
adv_key_same_statement(const AdvKey *a, const AdvKey *b)
{
	return a->queryid == b->queryid && a->userid == b->userid &&
		a->dbid == b->dbid && a->toplevel == b->toplevel;
}

/* Is the key of this user, database and queryid?  Zero stands for any. */
static inline bool
adv_key_matches(const AdvKey *key, Oid userid, Oid dbid, uint64 queryid)
{
	return (userid == InvalidOid || key->userid == userid) &&
		(dbid == InvalidOid || key->dbid == dbid) &&
		(queryid == 0 || key->queryid == queryid);
}

/* Class of an error for AdvKey.sqlclass, in which 0 means that there was none. */
static inline uint32
adv_error_class(int sqlerrcode)
{
	uint32		category = ERRCODE_TO_CATEGORY(sqlerrcode);

	return category != 0 ? category : ERRCODE_TO_CATEGORY(ERRCODE_INTERNAL_ERROR);
}

/*
 * Hash of the statement part of a key, so that all plans of a statement fall
 * into one partition of the store and one set of a slab.
 */
static inline uint32
adv_key_hash(const AdvKey *key)
{
	uint64		h = key->queryid ^ (((uint64) key->userid << 32) | key->dbid);

	/* queryids are hashes already; one multiplication spreads the rest */
	h = (h + key->toplevel) * UINT64CONST(0x9E3779B97F4A7C15);
	return (uint32) (h >> 32);
}

static inline void
adv_times_add(AdvTimes *times, int64 ns)
{
	if (times->count++ == 0 || ns < times->min)
		times->min = ns;
	if (ns > times->max)
		times->max = ns;
	times->total += ns;
	times->sum_squares += (double) ns * (double) ns;
}

/* Add member by member: written as a loop over int64 for the vectoriser. */
static inline void
adv_usage_add(AdvUsage *sum, const AdvUsage *more)
{
	int64	   *restrict to = (int64 *) sum;
	const int64 *restrict from = (const int64 *) more;

	for (size_t i = 0; i < sizeof(AdvUsage) / sizeof(int64); i++)
		to[i] += from[i];
}

/* Begin to measure. */
static inline void
adv_span_begin(AdvSpan *span)
{
	memcpy(span->blks, &pgBufferUsage, sizeof(span->blks));
	span->wal_bytes = (int64) pgWalUsage.wal_bytes;
	span->timed_io = track_io_timing;
	if (span->timed_io)
	{
		span->blk_read_ns = adv_block_read_ns(&pgBufferUsage);
		span->blk_write_ns = adv_block_write_ns(&pgBufferUsage);
	}

	/* last, so that the rest does not count */
	span->start_ns = adv_clock_ns();
}

/* Time since the beginning in ns; a clock that goes back must not be seen. */
static inline int64
adv_span_elapsed(const AdvSpan *span)
{
	int64		elapsed = adv_clock_ns() - span->start_ns;

	return Max(elapsed, 0);
}

/* Has any block counter changed but the first, shared_blks_hit? */
static inline bool
adv_span_blks_changed(const int64 *now, const int64 *before)
{
	int64		changes = 0;

	/* without a branch in it, it takes two counters at a time */
	for (int i = 1; i < ADV_NUM_BLKS; i++)
		changes |= now[i] ^ before[i];
	return changes != 0;
}

/* Add to usage what was used since the beginning, and rows. */
static inline void
adv_span_add(const AdvSpan *span, uint64 rows, AdvUsage *usage)
{
	const int64 *restrict now = (const int64 *) &pgBufferUsage;
	const int64 *restrict before = span->blks;
	int64	   *restrict sum = usage->blks;

	usage->rows += (int64) rows;
	if (likely(span->examined >= 0))
		usage->rows_examined += span->examined;
	else
		usage->unexamined_calls++;
	sum[0] += now[0] - before[0];
	if (unlikely(adv_span_blks_changed(now, before)))
	{
		for (int i = 1; i < ADV_NUM_BLKS; i++)
			sum[i] += now[i] - before[i];
	}
	usage->wal_bytes += (int64) pgWalUsage.wal_bytes - span->wal_bytes;
	if (unlikely(span->timed_io))
	{
		usage->blk_read_ns += adv_block_read_ns(&pgBufferUsage) - span->blk_read_ns;
		usage->blk_write_ns += adv_block_write_ns(&pgBufferUsage) - span->blk_write_ns;
	}
}

/* Add the counts of from to those of to. */
extern void adv_counters_merge(AdvCounters *to, const AdvCounters *from);

/* Add the histogram of the executions counted in from to another one. */
extern void adv_counters_add_hist(int64 *to, const int64 *hist,
								  const AdvCounters *from);

/* Mean and standard deviation (of the population) in ns; 0 for no values. */
extern double adv_times_mean(const AdvTimes *times);
extern double adv_times_stddev(const AdvTimes *times);

#endif							/* ADV_CAPTURE_COUNTERS_H */

/*-------------------------------------------------------------------------
 *
 * counters.c
 *		What is counted of a plan of a statement, and under which key.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "capture/counters.h"

/* The counters are copied as one array: hold BufferUsage to that. */
StaticAssertDecl(offsetof(BufferUsage, shared_blks_hit) == 0 &&
				 offsetof(BufferUsage, temp_blks_written) ==
				 (ADV_NUM_BLKS - 1) * sizeof(int64),
				 "BufferUsage does not begin with the block counters");

static void
times_merge(AdvTimes *to, const AdvTimes *from)
{
	if (from->count == 0)
		return;
	if (to->count == 0 || from->min < to->min)
		to->min = from->min;
	if (from->max > to->max)
		to->max = from->max;
	to->count += from->count;
	to->total += from->total;
	to->sum_squares += from->sum_squares;
}

void
adv_counters_merge(AdvCounters *to, const AdvCounters *from)
{
	times_merge(&to->exec, &from->exec);
	times_merge(&to->plan, &from->plan);
	adv_usage_add(&to->usage, &from->usage);
	to->loops += from->loops;
	to->loop_calls += from->loop_calls;
	if (from->loop_parent != 0)
		to->loop_parent = from->loop_parent;
	if (to->first_seen == 0 ||
		(from->first_seen != 0 && from->first_seen < to->first_seen))
		to->first_seen = from->first_seen;
	if (from->last_seen > to->last_seen)
		to->last_seen = from->last_seen;
}

void
adv_counters_add_hist(int64 *to, const int64 *hist, const AdvCounters *from)
{
	int			last = adv_hist_bucket(from->exec.max);

	/* the extremes tell which buckets count anything: often only a few */
	if (from->exec.count == 0)
		return;
	for (int i = adv_hist_bucket(from->exec.min); i <= last; i++)
		to[i] += hist[i];
}

double
adv_times_mean(const AdvTimes *times)
{
	return times->count > 0 ? (double) times->total / times->count : 0;
}

double
adv_times_stddev(const AdvTimes *times)
{
	double		mean = adv_times_mean(times);
	double		variance;

	if (times->count < 2)
		return 0;

	/* rounding may leave a tiny negative number for equal values */
	variance = times->sum_squares / times->count - mean * mean;
	return variance > 0 ? sqrt(variance) : 0;
}

/*-------------------------------------------------------------------------
 *
 * histogram.h
 *		Latency histogram with logarithmic buckets.
 *
 * Bucket bounds are in nanoseconds.  Every octave (doubling) is cut into
 * ADV_HIST_SUB_BUCKETS equal parts, so a value is known to within 1/8 of
 * itself, and a percentile, interpolated inside its bucket and clamped to the
 * known extremes, to within about 6 per cent.  Bucket 0 also takes everything
 * below 2^ADV_HIST_MIN_BITS ns (0.5 us), the last one everything from 2^41 ns
 * (37 minutes) on.
 *
 * Histograms merge by addition.  Pure functions: no state, no errors.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_HISTOGRAM_H
#define ADV_CAPTURE_HISTOGRAM_H

#include "port/pg_bitutils.h"

#define ADV_HIST_MIN_BITS		9
#define ADV_HIST_SUB_BITS		3
#define ADV_HIST_SUB_BUCKETS	(1 << ADV_HIST_SUB_BITS)
#define ADV_HIST_OCTAVES		32
#define ADV_HIST_BUCKETS		(ADV_HIST_OCTAVES * ADV_HIST_SUB_BUCKETS)

/* Bucket of a duration in ns, which must not be negative. */
static inline int
adv_hist_bucket(int64 ns)
{
	int			shift;
	int			bucket;

	if (ns < (INT64CONST(1) << ADV_HIST_MIN_BITS))
		return 0;

	/*
	 * The position of the leading one gives the octave.  Shifted so that the
	 * sub-bucket's bits are left behind it, the value counts from
	 * ADV_HIST_SUB_BUCKETS on.
	 */
	shift = pg_leftmost_one_pos64((uint64) ns) - ADV_HIST_SUB_BITS;
	bucket = ((shift - (ADV_HIST_MIN_BITS - ADV_HIST_SUB_BITS) - 1) << ADV_HIST_SUB_BITS) +
		(int) (ns >> shift);
	return Min(bucket, ADV_HIST_BUCKETS - 1);
}

/*
 * Lower bound of a bucket in ns, inclusive; that of the next one is its upper
 * bound, exclusive.  Takes 0 to ADV_HIST_BUCKETS.
 */
extern int64 adv_hist_lower_bound(int bucket);

/*
 * Percentiles: for each of n fractions (0 to 1, ascending) the value in ns
 * below which that part of the counted values lies.  count, min and max tell
 * of these values; the results are 0 when nothing was counted.
 */
extern void adv_hist_percentiles(const int64 *buckets, int64 count,
								 int64 min, int64 max, int n,
								 const double *fractions, double *results);

/*
 * How many of the counted values, whose extremes are min and max, are at or
 * above threshold ns; exact at bucket bounds and where the extremes decide,
 * else interpolated.
 */
extern int64 adv_hist_count_from(const int64 *buckets, double threshold,
								 int64 min, int64 max);

#endif							/* ADV_CAPTURE_HISTOGRAM_H */

/*-------------------------------------------------------------------------
 *
 * histogram.c
 *		Latency histogram with logarithmic buckets.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "capture/histogram.h"

int64
adv_hist_lower_bound(int bucket)
{
	int			octave = bucket >> ADV_HIST_SUB_BITS;
	int64		part = bucket & (ADV_HIST_SUB_BUCKETS - 1);

	if (bucket == 0)
		return 0;

	return (ADV_HIST_SUB_BUCKETS + part) <<
		(ADV_HIST_MIN_BITS - ADV_HIST_SUB_BITS + octave);
}

/*
 * Bounds of the values that a bucket holds: its own, narrowed by the extremes.
 * The last bucket is open above, only the maximum closes it.
 */
static void
bucket_range(int bucket, int64 min, int64 max, double *lower, double *upper)
{
	*lower = Max(adv_hist_lower_bound(bucket), min);
	*upper = max;
	if (bucket < ADV_HIST_BUCKETS - 1)
		*upper = Min(adv_hist_lower_bound(bucket + 1), max);
	*upper = Max(*upper, *lower);
}

void
adv_hist_percentiles(const int64 *buckets, int64 count, int64 min, int64 max,
					 int n, const double *fractions, double *results)
{
	int			bucket = adv_hist_bucket(min);
	int			last = adv_hist_bucket(max);
	int64		below = 0;		/* values in the buckets before this one */

	for (int i = 0; i < n; i++)
	{
		double		rank = fractions[i] * count;
		double		lower;
		double		upper;

		while (bucket < last && below + buckets[bucket] < rank)
			below += buckets[bucket++];
		if (count == 0 || buckets[bucket] == 0)
		{
			results[i] = count == 0 ? 0 : max;
			continue;
		}
		bucket_range(bucket, min, max, &lower, &upper);
		results[i] = lower + (upper - lower) * (rank - below) / buckets[bucket];
		results[i] = Min(results[i], upper);
	}
}

int64
adv_hist_count_from(const int64 *buckets, double threshold,
					int64 min, int64 max)
{
	double		count = 0;

	for (int i = adv_hist_bucket(min); i <= adv_hist_bucket(max); i++)
	{
		double		lower;
		double		upper;

		if (buckets[i] == 0)
			continue;
		bucket_range(i, min, max, &lower, &upper);
		if (threshold <= lower)
			count += buckets[i];
		else if (threshold <= upper)
			count += buckets[i] * (upper - threshold) / Max(upper - lower, 1);
	}
	return (int64) rint(count);
}

/*-------------------------------------------------------------------------
 *
 * statement.c
 *		What is said of a statement as a whole, from its entries.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/statement.h"

/* Add the histogram of an entry; the first one is only pointed to. */
static void
add_histogram(AdvStatementSum *sum, const AdvEntryCopy *entry)
{
	if (sum->hist == NULL)
	{
		sum->hist = entry->hist;
		return;
	}
	if (sum->hist != sum->hist_sum)
	{
		memcpy(sum->hist_sum, sum->hist, sizeof(sum->hist_sum));
		sum->hist = sum->hist_sum;
	}
	adv_counters_add_hist(sum->hist_sum, entry->hist, &entry->counters);
}

void
adv_statement_sum(AdvEntryCopy *const *entries, int n, AdvStatementSum *sum)
{
	static const int64 no_hist[ADV_HIST_BUCKETS] = {0};

	memset(sum, 0, offsetof(AdvStatementSum, hist_sum));
	sum->key = entries[0]->key;
	sum->key.planid = 0;
	sum->key.sqlclass = 0;

	for (int i = 0; i < n; i++)
	{
		const AdvEntryCopy *entry = entries[i];

		if (entry->key.sqlclass != 0)
		{
			adv_counters_merge(&sum->aborted, &entry->counters);
			continue;
		}
		adv_counters_merge(&sum->completed, &entry->counters);
		add_histogram(sum, entry);
		if (entry->counters.usage.unexamined_calls == 0)
		{
			sum->examined += entry->counters.usage.rows_examined;
			sum->examined_rows += entry->counters.usage.rows;
		}
		if (entry->key.planid != 0 && entry->counters.exec.count > 0)
			sum->nplans++;
	}
	if (sum->hist == NULL)
		sum->hist = no_hist;
}

TimestampTz
adv_statement_first_seen(const AdvStatementSum *sum)
{
	TimestampTz completed = sum->completed.first_seen;
	TimestampTz aborted = sum->aborted.first_seen;

	if (completed == 0 || aborted == 0)
		return Max(completed, aborted);
	return Min(completed, aborted);
}

TimestampTz
adv_statement_last_seen(const AdvStatementSum *sum)
{
	return Max(sum->completed.last_seen, sum->aborted.last_seen);
}

/*-------------------------------------------------------------------------
 *
 * statement.c
 *		What is said of a statement as a whole, from its entries.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/statement.h"

void
adv_statement_sum(const AdvEntryCopy *entries, int n, AdvStatementSum *sum)
{
	memset(sum, 0, sizeof(AdvStatementSum));
	sum->key = entries[0].key;
	sum->key.planid = 0;
	sum->key.sqlclass = 0;

	for (int i = 0; i < n; i++)
	{
		const AdvEntryCopy *entry = &entries[i];

		if (entry->key.sqlclass != 0)
		{
			adv_counters_merge(&sum->aborted, &entry->counters);
			continue;
		}
		adv_counters_merge(&sum->completed, &entry->counters);
		for (int b = 0; b < ADV_HIST_BUCKETS; b++)
			sum->hist[b] += entry->hist[b];
		if (entry->key.planid != 0 && entry->counters.exec.count > 0)
			sum->nplans++;
	}
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

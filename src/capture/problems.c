/*-------------------------------------------------------------------------
 *
 * problems.c
 *		What keeps capture from working, in words.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/problems.h"
#include "capture/waits.h"
#include "catalog/pg_type.h"
#include "common/access.h"
#include "common/compat.h"
#include "common/guc.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/guc.h"

/* What to know of statements that are not captured. */
static List *
add_capture_problems(List *problems)
{
	if (!IsQueryIdEnabled())
		problems = lappend(problems,
						   "Nothing is captured: compute_query_id is off. Set it to auto or on.");
	if (adv_track == ADV_TRACK_NONE)
		problems = lappend(problems,
						   "Nothing is captured: advisor.track is none. Set it to all or top.");
	return problems;
}

/* What to know of texts that are missing. */
static List *
add_text_problems(List *problems)
{
	const char *track;

	/* with texts of our own there is one for every statement */
	if (adv_text_memory > 0)
		return problems;

	if (!adv_is_preloaded("pg_stat_statements"))
		return lappend(problems,
					   "Query texts are missing: pg_stat_statements is not in shared_preload_libraries.");

	track = GetConfigOption("pg_stat_statements.track", true, false);
	if (track != NULL && strcmp(track, "none") == 0)
		problems = lappend(problems,
						   "Query texts are missing: pg_stat_statements.track is none. Set it to all.");
	else if (track != NULL && strcmp(track, "top") == 0 &&
			 adv_track == ADV_TRACK_ALL)
		problems = lappend(problems,
						   "Texts of statements inside functions are missing: pg_stat_statements.track is top. Set it to all.");
	return problems;
}

/* What to know of waits that are not measured. */
static List *
add_wait_problems(List *problems)
{
	AdvWaitsInfo info;

	if (adv_wait_interval == 0)
		return problems;

	adv_waits_info(&info);
	if (!info.running)
		problems = lappend(problems,
						   psprintf("Waits for locks are not measured: the background worker is not running. Make room for it in max_worker_processes (now %d).",
									max_worker_processes));
	if (!pgstat_track_activities)
		problems = lappend(problems,
						   "Waits for locks are not measured: track_activities is off.");
	return problems;
}

/* What to know of statements that are forgotten. */
static List *
add_capacity_problems(List *problems, const AdvLosses *losses)
{
	if (losses->evicted_entries > 0)
		problems = lappend(problems,
						   psprintf("Statements are forgotten: " INT64_FORMAT
									" plans had to make room for others. Raise advisor.max_plans (now %d).",
									losses->evicted_entries, adv_max_plans));
	if (losses->dropped_calls > 0)
		problems = lappend(problems,
						   psprintf("Executions were not counted: " INT64_FORMAT
									" found no room. Raise advisor.max_plans (now %d).",
									losses->dropped_calls, adv_max_plans));
	return problems;
}

ArrayType *
adv_problems(const AdvLosses *losses)
{
	List	   *problems = NIL;
	Datum	   *texts;
	int			n = 0;
	ListCell   *lc;

	problems = add_capture_problems(problems);
	problems = add_text_problems(problems);
	problems = add_wait_problems(problems);
	problems = add_capacity_problems(problems, losses);

	texts = palloc((list_length(problems) + 1) * sizeof(Datum));
	foreach(lc, problems)
		texts[n++] = CStringGetTextDatum((const char *) lfirst(lc));
	return construct_array(texts, n, TEXTOID, -1, false, TYPALIGN_INT);
}

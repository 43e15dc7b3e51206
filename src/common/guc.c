/*-------------------------------------------------------------------------
 *
 * guc.c
 *		The configuration parameters of advisor.
 *
 * All of them are here, whichever folder they serve, so that a reader finds
 * names, defaults, bounds and rights in one list.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "common/guc.h"
#include "utils/guc.h"

#define ADV_MIN_WAIT_INTERVAL 10	/* ms */

int			adv_track = ADV_TRACK_ALL;
bool		adv_track_utility = true;
bool		adv_track_planning = false;
int			adv_max_plans = 5000;
int			adv_pending_entries = 64;
int			adv_text_memory = 4096;
double		adv_slow_threshold = 100.0;
int64		adv_slow_ns = INT64CONST(100000000);
int			adv_wait_interval = 50;
bool		adv_save = true;
int			adv_plan_memory = 8192;
double		adv_sample_rate = 0.001;
bool		adv_sample_timing = false;
bool		adv_track_examples = true;
int			adv_examples_per_statement = 3;

static const struct config_enum_entry track_options[] =
{
	{"none", ADV_TRACK_NONE, false},
	{"top", ADV_TRACK_TOP, false},
	{"all", ADV_TRACK_ALL, false},
	{NULL, 0, false}
};

/* The slots of a slab are found by masking, hence a power of two. */
static bool
check_pending_entries(int *newval, void **extra, GucSource source)
{
	if ((*newval & (*newval - 1)) == 0)
		return true;

	GUC_check_errdetail("\"%s\" must be a power of two.",
						"advisor.pending_entries");
	return false;
}

/* The server lets NaN pass as a number; nothing would ever be slow, or sampled. */
static bool
check_number(double *newval, void **extra, GucSource source)
{
	if (*newval >= 0)
		return true;

	GUC_check_errdetail("The value must be a number.");
	return false;
}

/* The clock counts in nanoseconds, and is asked about them often. */
static void
assign_slow_threshold(double newval, void *extra)
{
	adv_slow_ns = (int64) (newval * 1e6);
}

/* Looking at all processes more often than this would be felt. */
static bool
check_wait_interval(int *newval, void **extra, GucSource source)
{
	if (*newval == 0 || *newval >= ADV_MIN_WAIT_INTERVAL)
		return true;

	GUC_check_errdetail("\"%s\" must be 0 or at least %d ms.",
						"advisor.wait_interval", ADV_MIN_WAIT_INTERVAL);
	return false;
}

/* Parameters that size shared memory: fixed at server start. */
static void
define_sizes(void)
{
	DefineCustomIntVariable("advisor.max_plans",
							"Sets the maximum number of plans, over all statements, that are remembered.",
							"When it is reached, the statements that cost least time of late make room.",
							&adv_max_plans,
							5000, 100, INT_MAX / 4096,
							PGC_POSTMASTER, 0,
							NULL, NULL, NULL);

	DefineCustomIntVariable("advisor.pending_entries",
							"Sets how many plans a session counts before it must hand one over to the shared store.",
							"A power of two.  Each costs 768 bytes of shared memory for every process that may run statements.",
							&adv_pending_entries,
							64, 8, 1024,
							PGC_POSTMASTER, 0,
							check_pending_entries, NULL, NULL);

	DefineCustomIntVariable("advisor.text_memory",
							"Sets the amount of shared memory for the texts of statements.",
							"They serve where pg_stat_statements has no text.  0 keeps none.",
							&adv_text_memory,
							4096, 0, 1024 * 1024,
							PGC_POSTMASTER, GUC_UNIT_KB,
							NULL, NULL, NULL);

	DefineCustomIntVariable("advisor.plan_memory",
							"Sets the amount of shared memory for plans, what was measured in them, and examples.",
							"When it is full, those of the statements that cost least time of late make room.  0 keeps none.",
							&adv_plan_memory,
							8192, 0, 1024 * 1024,
							PGC_POSTMASTER, GUC_UNIT_KB,
							NULL, NULL, NULL);
}

/* Parameters that say what is recorded. */
static void
define_tracking(void)
{
	DefineCustomEnumVariable("advisor.track",
							 "Selects which statements are recorded.",
							 "\"top\" takes those that clients send, \"all\" also those inside functions.",
							 &adv_track,
							 ADV_TRACK_ALL, track_options,
							 PGC_SUSET, 0,
							 NULL, NULL, NULL);

	DefineCustomBoolVariable("advisor.track_utility",
							 "Enables recording of utility statements.",
							 "These are all but SELECT, INSERT, UPDATE, DELETE and MERGE.",
							 &adv_track_utility,
							 true,
							 PGC_SUSET, 0,
							 NULL, NULL, NULL);

	DefineCustomBoolVariable("advisor.track_planning",
							 "Enables recording of planning time.",
							 NULL,
							 &adv_track_planning,
							 false,
							 PGC_SUSET, 0,
							 NULL, NULL, NULL);
}

/* Parameters of instrumented executions and of examples. */
static void
define_sampling(void)
{
	DefineCustomRealVariable("advisor.sample_rate",
							 "Sets the share of executions in which the rows of each plan node are counted.",
							 "The first executions of a plan and statements known to be slow are always among them; 0 takes none at all.",
							 &adv_sample_rate,
							 0.001, 0.0, 1.0,
							 PGC_SUSET, 0,
							 check_number, NULL, NULL);

	DefineCustomBoolVariable("advisor.sample_timing",
							 "Enables measuring the time of each plan node, too, in these executions.",
							 "On many machines that makes them considerably slower.",
							 &adv_sample_timing,
							 false,
							 PGC_SUSET, 0,
							 NULL, NULL, NULL);

	DefineCustomBoolVariable("advisor.track_examples",
							 "Enables keeping runnable examples of statements, with their literals.",
							 "Without it no literal is kept anywhere, neither in plans.",
							 &adv_track_examples,
							 true,
							 PGC_SUSET, 0,
							 NULL, NULL, NULL);

	DefineCustomIntVariable("advisor.examples_per_statement",
							"Sets how many examples of a statement are kept.",
							NULL,
							&adv_examples_per_statement,
							3, 0, ADV_EXAMPLES_LIMIT,
							PGC_SIGHUP, 0,
							NULL, NULL, NULL);
}

void
adv_guc_init(void)
{
	define_sizes();
	define_tracking();
	define_sampling();

	DefineCustomRealVariable("advisor.slow_threshold",
							 "Sets the execution time from which a statement counts as slow.",
							 NULL,
							 &adv_slow_threshold,
							 100.0, 0.0, 86400000.0,
							 PGC_SUSET, GUC_UNIT_MS,
							 check_number, assign_slow_threshold, NULL);

	DefineCustomIntVariable("advisor.wait_interval",
							"Sets how often a background worker looks which statements wait for locks.",
							"Shorter waits are mostly missed.  0 measures none.",
							&adv_wait_interval,
							50, 0, 10000,
							PGC_SIGHUP, GUC_UNIT_MS,
							check_wait_interval, NULL, NULL);

	DefineCustomBoolVariable("advisor.save",
							 "Enables keeping the statistics over a clean restart of the server.",
							 NULL,
							 &adv_save,
							 true,
							 PGC_SIGHUP, 0,
							 NULL, NULL, NULL);

	MarkGUCPrefixReserved("advisor");
}

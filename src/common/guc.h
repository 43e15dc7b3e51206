/*-------------------------------------------------------------------------
 *
 * guc.h
 *		The configuration parameters of advisor.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_COMMON_GUC_H
#define ADV_COMMON_GUC_H

/* Values of advisor.track: which statements are recorded. */
typedef enum AdvTrackLevel
{
	ADV_TRACK_NONE,				/* none */
	ADV_TRACK_TOP,				/* those that clients send */
	ADV_TRACK_ALL				/* and those inside them, in functions */
} AdvTrackLevel;

extern int	adv_track;			/* an AdvTrackLevel */
extern bool adv_track_utility;
extern bool adv_track_planning;
extern int	adv_max_plans;
extern int	adv_pending_entries;
extern int	adv_text_memory;	/* kB */
extern double adv_slow_threshold;	/* ms */
extern int64 adv_slow_ns;		/* the same in ns */
extern int	adv_wait_interval;	/* ms, 0 if waits are not measured */
extern bool adv_save;
extern int	adv_plan_memory;	/* kB */
extern double adv_sample_rate;	/* 0 to 1 */
extern bool adv_sample_timing;
extern bool adv_track_examples;
extern int	adv_examples_per_statement;

/* Upper bound of advisor.examples_per_statement. */
#define ADV_EXAMPLES_LIMIT 5

/*
 * Define all parameters and reserve their prefix.  To be called while
 * shared_preload_libraries is processed, some can be set only then.
 */
extern void adv_guc_init(void);

#endif							/* ADV_COMMON_GUC_H */

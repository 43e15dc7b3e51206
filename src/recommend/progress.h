/*-------------------------------------------------------------------------
 *
 * progress.h
 *		How far a search for indexes has got, for other sessions to see.
 *
 * A run has a slot in shared memory, if there is one left, which its backend alone
 * writes to.  All of this is cheap enough to be called for every statement or
 * plan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_PROGRESS_H
#define ADV_RECOMMEND_PROGRESS_H

typedef enum AdvProgressPhase
{
	ADV_PHASE_WORKLOAD,			/* reading workload */
	ADV_PHASE_CANDIDATES,		/* thinking of indexes */
	ADV_PHASE_COSTS,			/* planning with them */
	ADV_PHASE_SEARCH,			/* choosing among them */
	ADV_PHASE_VERIFY			/* planning with those chosen */
} AdvProgressPhase;

/* Ask for shared memory, while libraries are preloaded. */
extern void adv_progress_install(void);

/* A run's slot; NULL if there is none left, and then all calls do nothing. */
typedef struct AdvProgress AdvProgress;

/*
 * A run begins, with a time limit in ms (0: none), by reading the workload.  It must
 * be ended also after errors; a backend that exits ends it.  A backend has one run
 * at a time.
 */
extern AdvProgress *adv_progress_begin(double time_limit_ms);
extern void adv_progress_end(AdvProgress *progress);

/* A new phase begins, with no statement done. */
extern void adv_progress_phase(AdvProgress *progress, AdvProgressPhase phase);

/* How many statements there are to look at, and the gain so far, in per cent. */
extern void adv_progress_statements(AdvProgress *progress, int total);
extern void adv_progress_gain(AdvProgress *progress, double percent);

/* What has been done: statements in this phase, the others since the beginning. */
extern void adv_progress_count(AdvProgress *progress, int statements,
							   int candidates, int64 plans);

#endif							/* ADV_RECOMMEND_PROGRESS_H */

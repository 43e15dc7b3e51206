/*-------------------------------------------------------------------------
 *
 * trial.h
 *		Doing something with another role's statement, safely.
 *
 * To plan a statement is to run code: functions of constants are called, and
 * index expressions.  Whoever asks for advice is often a superuser, and the
 * statement somebody else's.  So it is done
 *
 * - as the role that ran the statement, in a security-restricted operation: no
 *	 change of role, no temporary objects, no cursors that last;
 * - read-only, and without utility statements, which not all that a session
 *	 remembers is rolled back of;
 * - in a subtransaction that is rolled back in any case, and so lets go of all
 *	 locks and undoes every change to settings;
 * - with that role's settings of the planner, as ALTER ROLE and ALTER DATABASE
 *	 gave them, and nothing else of them;
 * - for so long, and waiting for locks for so long, as it is given;
 * - without a word to the client or the log, and without being counted.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_WHATIF_TRIAL_H
#define ADV_WHATIF_TRIAL_H

#include "utils/elog.h"

typedef struct AdvTrial
{
	Oid			userid;			/* who to be; InvalidOid for who we are */
	double		limit;			/* ms, all of it; 0: as long as it takes */
	int			lock_timeout;	/* ms to wait for a lock; 0: as set */
} AdvTrial;

typedef enum AdvTrialOutcome
{
	ADV_TRIAL_DONE,
	ADV_TRIAL_FAILED,			/* an error was raised */
	ADV_TRIAL_EXPIRED			/* the time was over */
} AdvTrialOutcome;

/*
 * Call work(arg) so.  It runs in the caller's memory context: what it leaves
 * there stays.  After ADV_TRIAL_FAILED *error, unless error is NULL, is a copy of
 * the error in that context.  A request to cancel or terminate, from outside or
 * by statement_timeout, is passed on.  Not in parallel mode.
 */
extern AdvTrialOutcome adv_trial(const AdvTrial *trial, void (*work) (void *arg),
								 void *arg, ErrorData **error);

#endif							/* ADV_WHATIF_TRIAL_H */

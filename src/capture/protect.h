/*-------------------------------------------------------------------------
 *
 * protect.h
 *		Doing work that may fail without a user's statement noticing.
 *
 * Deparsing and explaining raise errors where they meet what they do not
 * expect.  That is their right, and must be nobody's loss but ours.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_PROTECT_H
#define ADV_CAPTURE_PROTECT_H

/*
 * Call work(arg) in an internal subtransaction and swallow any error; false if
 * there was one, or if this is no moment for it: outside of a transaction or in
 * an aborted one, in parallel mode, with locks of the low kind held.  work runs
 * in the caller's memory context and with an active snapshot.  A request to
 * cancel or terminate that comes meanwhile waits until it is done: work should
 * be short, and must not wait for anything.  Afterwards memory context, resource
 * owner, settings and locks are what they were before: whatever work does to the
 * database is rolled back, what it leaves in memory is not.
 */
extern bool adv_protect(void (*work) (void *arg), void *arg);

#endif							/* ADV_CAPTURE_PROTECT_H */

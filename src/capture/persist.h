/*-------------------------------------------------------------------------
 *
 * persist.h
 *		Keeping captured statements over a clean restart.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_PERSIST_H
#define ADV_CAPTURE_PERSIST_H

/*
 * Load what the last clean shutdown left, if advisor.save, and arrange for the
 * next one to save.  Called by the postmaster when it has made shared memory.
 * A file that is damaged, or of another version, is ignored with a warning.
 */
extern void adv_persist_start(void);

#endif							/* ADV_CAPTURE_PERSIST_H */

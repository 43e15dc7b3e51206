/*-------------------------------------------------------------------------
 *
 * hooks.h
 *		The way of a statement through capture.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_HOOKS_H
#define ADV_CAPTURE_HOOKS_H

/*
 * Install the planner, executor and utility hooks, around those that there
 * are.  Done once; further calls, after a crash, do nothing.
 */
extern void adv_hooks_install(void);

#endif							/* ADV_CAPTURE_HOOKS_H */

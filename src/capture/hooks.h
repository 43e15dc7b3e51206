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
 * Install the planner, executor and utility hooks.  To be called once, while
 * shared_preload_libraries is processed.
 */
extern void adv_hooks_install(void);

#endif							/* ADV_CAPTURE_HOOKS_H */

/*-------------------------------------------------------------------------
 *
 * confine.h
 *		No utility statements for the time being.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_COMMON_CONFINE_H
#define ADV_COMMON_CONFINE_H

/*
 * Set while statements of other roles are planned: functions that this calls
 * must not prepare statements, open cursors, or do anything else that outlasts
 * them.  Whoever sets it sees to its being reset after errors.
 */
typedef enum AdvConfinement
{
	ADV_CONFINED_NOT,
	ADV_CONFINED,				/* a text of the current role */
	ADV_CONFINED_STRANGE		/* of whoever ran it: if that is a superuser,
								 * only functions of superusers are run */
} AdvConfinement;

extern AdvConfinement adv_confined;

/* Raise an error if it is set. */
extern void adv_refuse_confined(void);

/*
 * Begin and end it.  Ending is due after errors, too, and does no harm where nothing
 * was begun.
 */
extern void adv_confine_begin(AdvConfinement confinement);
extern void adv_confine_end(void);

#endif							/* ADV_COMMON_CONFINE_H */

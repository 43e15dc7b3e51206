/*-------------------------------------------------------------------------
 *
 * access.h
 *		Who may see what, and whether there is anything to see.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_COMMON_ACCESS_H
#define ADV_COMMON_ACCESS_H

/*
 * May the current role see identifiers and texts of what userid ran?  Its own
 * always, other roles' as a member of pg_read_all_stats.  Look the membership
 * up once per call of a function, with adv_reads_all_stats().
 */
extern bool adv_reads_all_stats(void);
extern bool adv_may_see(Oid userid, bool reads_all_stats);

/*
 * Is the library (given without directory and suffix) named in
 * shared_preload_libraries?
 */
extern bool adv_is_preloaded(const char *library);

/*
 * Has this very copy of the library been preloaded, so that it has shared
 * memory?  Set when it is loaded; a second copy under another path has none.
 */
extern bool adv_has_been_preloaded;

/*
 * Raise an error with a hint unless it has.  Every SQL function that reads or
 * changes shared state begins so.
 */
extern void adv_require_preloaded(void);

#endif							/* ADV_COMMON_ACCESS_H */

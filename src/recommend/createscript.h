/*-------------------------------------------------------------------------
 *
 * createscript.h
 *		The SQL that builds a recommended index without blocking writers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_CREATESCRIPT_H
#define ADV_RECOMMEND_CREATESCRIPT_H

#include "whatif/hypo.h"

/*
 * SQL to create the index under a name, and to take it away again.  One
 * statement, or, as a partitioned table has no concurrent way, several: the
 * index on the table alone, one on each partition concurrently, and attaching
 * these.  None may be run in a transaction.  The names of indexes on partitions
 * are none of those in the list, and are added to it: scripts of one run are
 * all to be run.
 */
extern void adv_create_script(const AdvHypoIndex *index, const char *name,
							  List **names, char **create, char **undo);

/* Is the name in a list of names?  As adv_indexdef_name() asks it, of a List **. */
extern bool adv_name_is_taken(const char *name, void *names);

#endif							/* ADV_RECOMMEND_CREATESCRIPT_H */

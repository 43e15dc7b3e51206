/*-------------------------------------------------------------------------
 *
 * indexcatalog.h
 *		All indexes of this database as the catalogs describe them.
 *
 * Nothing is locked but the catalogs themselves, so what is described may be
 * gone when it is looked at: functions say so instead of raising an error.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_HEALTH_INDEXCATALOG_H
#define ADV_HEALTH_INDEXCATALOG_H

#include "access/htup.h"
#include "whatif/indexdef.h"

/* An index, which is described when first asked for. */
typedef struct AdvCatalogIndex
{
	Oid			relid;
	Oid			indexid;
	HeapTuple	tuple;			/* its row of pg_index */

	AdvIndexDef *def;			/* NULL: not described yet, or dropped.
								 * Expressions and predicate are as stored,
								 * simplified as far as that runs no function of
								 * a user: who reads a report must not execute
								 * what a table's owner has written */
	List	   *storage;		/* its storage options */
	bool		partitioned;
	bool		attached;		/* part of a partitioned index */
	bool		usable;			/* valid, ready and live */
	bool		immediate;		/* uniqueness is not deferrable */
	bool		nulls_not_distinct;
} AdvCatalogIndex;

typedef struct AdvIndexCatalog
{
	AdvCatalogIndex *indexes;	/* by table, and by oid within it */
	int			n;
} AdvIndexCatalog;

/* The indexes of all tables that initdb has not made. */
extern AdvIndexCatalog *adv_indexcatalog_read(void);

/* The indexes of a table: the first of them, and how many. */
extern AdvCatalogIndex *adv_indexcatalog_of_table(const AdvIndexCatalog *catalog,
												  Oid relid, int *n);

/* Fill in what the catalogs say; false if the index is gone. */
extern bool adv_indexcatalog_describe(AdvCatalogIndex *index);

/* Is it a table or materialized view, not temporary, of somebody's own? */
extern bool adv_indexcatalog_is_table(Oid relid);

#endif							/* ADV_HEALTH_INDEXCATALOG_H */

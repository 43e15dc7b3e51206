/*-------------------------------------------------------------------------
 *
 * foreignkey.h
 *		Foreign keys whose referencing rows no index finds.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_HEALTH_FOREIGNKEY_H
#define ADV_HEALTH_FOREIGNKEY_H

#include "health/indexcatalog.h"

/* Why an index that has to do with the columns does not serve. */
typedef enum AdvIndexLack
{
	ADV_LACK_NONE,				/* it does */
	ADV_LACK_VALIDITY,			/* it is invalid or not ready */
	ADV_LACK_ROWS,				/* it is partial */
	ADV_LACK_OPERATOR,			/* other collation or equality */
	ADV_LACK_PARTITIONS,		/* only some partitions have one */
	ADV_LACK_ORDER,				/* other columns come before or in between */
	ADV_LACK_KEY,				/* some are only included */
	ADV_LACK_METHOD,			/* no btree, nor a hash index for one column */
	ADV_LACK_COLUMNS,			/* it begins with some of them and lacks the others */
	ADV_LACK_ALL				/* nothing to do with it */
} AdvIndexLack;

typedef struct AdvUnindexedKey
{
	Oid			constraint;
	Oid			near;			/* the index that comes nearest; InvalidOid: none */
	AdvIndexLack lack;			/* what it lacks */
	const char *ddl;			/* the index that would serve */
	const char *undo;
} AdvUnindexedKey;

/* In a word; NULL for ADV_LACK_ALL. */
extern const char *adv_index_lack_name(AdvIndexLack lack);

/*
 * Call found() for each foreign key that is enforced and not temporal, without an
 * index for the lookups that the server itself makes in the referencing table
 * when a referenced row is deleted or gets another key.  That is one whose first
 * keys are the columns, in any order, with the equality and collation of these
 * lookups, and with all rows that have no null in the columns; or one that is
 * unique on some of them, which finds one row at most.  Keys that partitions
 * have from their table are not looked at by themselves; all partitions may have
 * an index instead of their table.
 */
extern void adv_unindexed_keys_find(void (*found) (const AdvUnindexedKey *key, void *arg),
									void *arg);

#endif							/* ADV_HEALTH_FOREIGNKEY_H */

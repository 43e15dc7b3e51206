/*-------------------------------------------------------------------------
 *
 * owner.h
 *		Running maintenance of a relation with the rights of its owner.
 *
 * Maintenance is often run by a superuser for tables of everybody.  Moving rows
 * and attaching partitions runs code of the tables' owners: functions in CHECK
 * constraints, indexes, generated columns, triggers.  That code must not get the
 * rights of who does the maintenance, so all of it runs as the owner, in a
 * security-restricted operation, as autovacuum and REINDEX do it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_PARTITION_OWNER_H
#define ADV_PARTITION_OWNER_H

/* What statements gave */
typedef struct AdvOwnerResult
{
	uint64		rows;			/* that the last statement read or wrote, as in its command tag */
	char	   *value;			/* first column of its first row as text; NULL if it has none */
} AdvOwnerResult;

/*
 * Run statements, separated by semicolons, as the owner of a relation: with
 * search_path pg_catalog, and with lock_timeout in milliseconds (0 is none)
 * until they are done.  Row security that would apply is an error.  With replica, triggers do not fire and foreign keys are
 * not checked (session_replication_role); who may not set that gets an error.
 *
 * Errors if the current role may not become the owner, or the relation is gone.
 * The result is in the current memory context.
 */
extern AdvOwnerResult adv_run_as_owner(Oid relid, const char *statements, int lock_timeout, bool replica);

/*
 * The owner of a relation.  Errors if the relation is gone, or the current role
 * may not become its owner.
 */
extern Oid	adv_owner_to_become(Oid relid);

#endif							/* ADV_PARTITION_OWNER_H */

/*-------------------------------------------------------------------------
 *
 * relationsize.h
 *		How large relations are, without locking them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_HEALTH_RELATIONSIZE_H
#define ADV_HEALTH_RELATIONSIZE_H

#include "catalog/pg_class.h"

/*
 * Bytes of the main fork of a relation of this database, whose row of pg_class
 * this is, as the file system
 * says; -1 if it has no file: no storage, dropped meanwhile, or a temporary one
 * of another session.
 *
 * pg_relation_size() opens the relation, so it waits for whoever holds an
 * AccessExclusiveLock.  A report on all relations must not.
 */
extern int64 adv_relation_size(Form_pg_class class);

#endif							/* ADV_HEALTH_RELATIONSIZE_H */

/*-------------------------------------------------------------------------
 *
 * bounds.h
 *		The bounds of partitions, as the catalog has them.
 *
 * Names say nothing: partitions are renamed, made by hand, truncated to 63
 * bytes.  What a partition may hold is in pg_class.relpartbound, and only there.
 * No relation is locked: a parent that somebody changes right now is read as it
 * was before or as it is after.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_PARTITION_BOUNDS_H
#define ADV_PARTITION_BOUNDS_H

#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"

/* A partition and its bound */
typedef struct AdvPartition
{
	Oid			parent;
	Oid			partition;
	bool		detach_pending; /* DETACH CONCURRENTLY began and did not end */
	int			ordinal;		/* place among its siblings, from 1: ranges in the order of their bounds */
	bool		after_gap;		/* a range that begins later than the one before it ends */
	PartitionBoundSpec *bound;
} AdvPartition;

/*
 * Partitions of parent, or of every partitioned table of this database if it is
 * InvalidOid, as a list of AdvPartition in the current memory context.  Siblings
 * stand together in order: ranges by their lower bounds, other partitions by
 * name, the default last.  A relation that is no partitioned table has none.
 */
extern List *adv_partitions_read(Oid parent);

/*
 * Text of the first value of a bound of a range, by the output function of its
 * type; NULL if it is MINVALUE or MAXVALUE.
 */
extern char *adv_bound_first_value(List *datums);

/*
 * That value as a number of which order and distance are the same: of date,
 * timestamp and timestamptz the microseconds since 1970-01-01 (UTC for
 * timestamptz), of integers, numeric and oid themselves, of uuid its 128 bits.
 * MINVALUE and MAXVALUE are infinite, as are infinite times.  False if the type
 * is another.
 */
extern bool adv_bound_position(List *datums, Datum *position);

/* The same for any value of a type. */
extern bool adv_value_position(Datum value, Oid type, Datum *position);

#endif							/* ADV_PARTITION_BOUNDS_H */

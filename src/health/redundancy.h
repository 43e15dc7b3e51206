/*-------------------------------------------------------------------------
 *
 * redundancy.h
 *		Indexes that can do nothing that another one cannot do as well.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_HEALTH_REDUNDANCY_H
#define ADV_HEALTH_REDUNDANCY_H

#include "health/indexcatalog.h"

/* How one index does the work of another. */
typedef enum AdvRedundancyKind
{
	ADV_REDUNDANT_EXACT,		/* each could do the other's */
	ADV_REDUNDANT_PREFIX,		/* it has more keys behind */
	ADV_REDUNDANT_UNIQUE,		/* it is unique */
	ADV_REDUNDANT_INCLUDE,		/* it, or both, have included columns */
	ADV_REDUNDANT_PARTIAL,		/* it has more rows */
	ADV_REDUNDANT_HASH			/* it is a btree, the other a hash index */
} AdvRedundancyKind;

/* A pair of indexes of one table. */
typedef struct AdvRedundancy
{
	Oid			indexid;		/* what is superfluous */
	Oid			covered_by;		/* beside this one */
	AdvRedundancyKind kind;
	bool		attached;		/* indexid is part of a partitioned index */
	bool		same_rows;		/* neither has rows that the other lacks */
	bool		same_storage;	/* storage options and tablespace are the same */
} AdvRedundancy;

extern const char *adv_redundancy_kind_name(AdvRedundancyKind kind);

/*
 * Call found() for each such pair, exact ones in both directions: which of the
 * two should stay is not decided here.  Pairs are transitive, but for predicates
 * that are not recognized as implying each other.
 */
extern void adv_redundancy_find(void (*found) (const AdvRedundancy *redundancy, void *arg),
								void *arg);

#endif							/* ADV_HEALTH_REDUNDANCY_H */

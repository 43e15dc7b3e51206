/*-------------------------------------------------------------------------
 *
 * hypo.h
 *		Indexes that do not exist, as the planner would see them if they did.
 *
 * A set of hypothetical indexes belongs to one run of a function, in one
 * backend.  It is nothing but memory: no catalog, no other session and no plan
 * but our own ever hears of it (inject.h).
 *
 * An index on a partitioned table is one hypothetical index with a leaf for
 * each partition, with the partition's own column numbers and size; a leaf
 * index of any other table is the index itself.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_WHATIF_HYPO_H
#define ADV_WHATIF_HYPO_H

#include "access/htup.h"
#include "nodes/pathnodes.h"
#include "whatif/indexdef.h"
#include "whatif/indexsize.h"

/* The index on one table or partition. */
typedef struct AdvHypoLeaf
{
	int			id;				/* of its index in the set */
	AdvIndexDef *def;			/* numbered as the leaf's columns */
	AdvIndexSize size;
	IndexOptInfo info;			/* what planning needs, but for what belongs to
								 * one range table entry */
	Oid		   *types;			/* of all columns, for their Vars */
	int32	   *typmods;
	Oid		   *collations;
	HeapTuple  *stats;			/* of expression columns, NULL where unknown */
} AdvHypoLeaf;

typedef struct AdvHypoIndex
{
	int			id;				/* 0.. in the set */
	Oid			oid;			/* that of no relation; all leaves have it */
	AdvIndexDef *def;
	char	   *name;			/* shown in plans */
	double		bytes;			/* size of all leaves */
	double		tuples;
	int			nleaves;
	AdvHypoLeaf **leaves;
} AdvHypoIndex;

typedef struct AdvHypoSet AdvHypoSet;

/* An empty set, which lives in a context of its own below parent. */
extern AdvHypoSet *adv_hypos_create(MemoryContext parent);

/*
 * Add an index, and estimate its size.  Locks its table and all partitions till
 * the end of the (sub)transaction.  Raises errors, among others those of
 * expressions that are computed for a sample of rows, as the current user; then
 * nothing has been added.
 */
extern const AdvHypoIndex *adv_hypos_add(AdvHypoSet *set, const AdvIndexDef *def,
										 const char *name);

extern int	adv_hypos_count(const AdvHypoSet *set);
extern const AdvHypoIndex *adv_hypos_get(const AdvHypoSet *set, int id);

/* The one with this oid, NULL if none has. */
extern const AdvHypoIndex *adv_hypos_by_oid(const AdvHypoSet *set, Oid oid);

/* The leaves on a table or partition, a list of AdvHypoLeaf. */
extern List *adv_hypos_on(const AdvHypoSet *set, Oid relid);

/* What the planner needs of a leaf, for an entry of a range table. */
extern IndexOptInfo *adv_hypo_index_info(const AdvHypoLeaf *leaf, RelOptInfo *rel);

#endif							/* ADV_WHATIF_HYPO_H */

/*-------------------------------------------------------------------------
 *
 * writecost.h
 *		What keeping an index up to date costs per day.
 *
 * The planner knows no such costs: to it an UPDATE is as cheap with ten indexes
 * as with none.  Here they are, in the planner's units, from the rows that were
 * written while statements were captured.
 *
 * An index entry costs
 *
 *		cpu_index_tuple_cost								making it
 *		+ log2(tuples) * cpu_operator_cost					comparisons, and
 *		+ (height + 1) * 50 * cpu_operator_cost				pages on the way down,
 *															as btcostestimate() has them
 *		+ miss * random_page_cost							reading the leaf
 *		+ (bytes + 64) / BLCKSZ * seq_page_cost				writing WAL
 *
 * where miss is the part of the table and its indexes that effective_cache_size
 * has no room for; 0 for new rows whose first key is in the order of the table, as
 * they all go to the last page.  Other access methods: hash is without the
 * descent; gin has an entry for each element; gist compares with all tuples of a
 * page; brin only looks its range up.
 *
 * INSERT makes an entry for each row in the index.  A dead row costs its share of
 * the vacuum to come, which reads the whole index once.  UPDATE makes an entry
 * unless it is HOT, that is, changes no column of any index and finds room
 * on the page.  An index on a column that is updated makes HOT updates impossible
 * that were possible before: then all indexes of the table get an entry, and
 * that is the new one's fault.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_WRITECOST_H
#define ADV_RECOMMEND_WRITECOST_H

#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"
#include "whatif/indexdef.h"

/* Updates that set the same columns. */
typedef struct AdvTableUpdates
{
	Bitmapset  *changed;		/* attribute numbers as they are */
	bool		changes_more;	/* and there may be others */
	double		rows;			/* per day */
} AdvTableUpdates;

/* What is written to a table, partitions included, in rows per day. */
typedef struct AdvTableWrites
{
	Oid			relid;			/* of the topmost partitioned table */
	double		inserted;
	double		deleted;
	double		updated;		/* sum over updates */
	List	   *updates;		/* of AdvTableUpdates */

	/* of the table as it is */
	double		tuples;
	double		pages;			/* with its indexes */
	double		hot_share;		/* of updates that could be HOT, how many are */
	Bitmapset  *indexed;		/* attribute numbers that make HOT impossible */
	double		index_cost;		/* an entry in each of its indexes */
} AdvTableWrites;

typedef struct AdvWriteCost
{
	double		entries;		/* of the new index, per day */
	double		cost;			/* of these, per day, in planner units */
	double		hot_updates_lost;	/* per day */
	double		hot_cost;		/* of other indexes' entries for these, per day */
} AdvWriteCost;

/*
 * Sum up what statements (AdvCapturedStatement) wrote in so many days, by
 * table: a list of AdvTableWrites.  Tables that are gone, or that somebody has locked
 * exclusively at the moment, are left out.  No lock is kept.
 */
extern List *adv_table_writes(const List *statements, double days);

/* Those to a table, or to what a partition belongs to; NULL if there are none. */
extern const AdvTableWrites *adv_table_writes_find(const List *writes, Oid relid);

/*
 * What an index with so many tuples and pages would cost that table; everything
 * is 0 if writes is NULL.
 */
extern void adv_write_cost(const AdvIndexDef *def, double tuples, double pages,
						   const AdvTableWrites *writes, AdvWriteCost *cost);

#endif							/* ADV_RECOMMEND_WRITECOST_H */

/*-------------------------------------------------------------------------
 *
 * predicates.h
 *		By which columns captured statements choose rows of a table.
 *
 * An index serves many kinds of conditions; partitions are left out of a plan by
 * few: the column itself compared by an operator of its btree operator class
 * with something that is known when the plan is made or begun.  A column in a
 * function or a cast is of no use, and neither is a row comparison.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_PREDICATES_H
#define ADV_RECOMMEND_PREDICATES_H

#include "nodes/nodes.h"
#include "nodes/pg_list.h"
#include "recommend/workload.h"

typedef enum AdvCompare
{
	ADV_COMPARE_EQUAL,
	ADV_COMPARE_IN,
	ADV_COMPARE_RANGE,
	ADV_COMPARE_JOIN
} AdvCompare;

/* All conditions of a scan on one column. */
typedef struct AdvKeyCondition
{
	AttrNumber	attnum;
	AdvCompare	compare;
	bool		has_lower;
	bool		has_upper;
	bool		known;			/* the planner knows the values */
	double		fraction;		/* of the rows, by its statistics; 1 for joins */
	bool		bounded;		/* and these are their places: */
	double		lower;			/* on the column's axis, */
	double		upper;			/* infinite where there is no bound */
} AdvKeyCondition;

typedef enum AdvScanMethod
{
	ADV_SCAN_SEQUENTIAL,
	ADV_SCAN_INDEX,
	ADV_SCAN_BITMAP,
	ADV_SCAN_OTHER
} AdvScanMethod;

/* One scan of a table in the plan of one text. */
typedef struct AdvTableScan
{
	Oid			relid;
	double		rows;			/* that are left */
	double		cost;			/* of it, as often as it is done */
	double		share;			/* of the cost of the plan */
	AdvScanMethod method;
	AttrNumber	leading;		/* first column of its index; 0: none, or an expression */
	List	   *conditions;		/* AdvKeyCondition */
} AdvTableScan;

/* What one text of a statement does with the tables. */
typedef struct AdvTextScans
{
	const AdvWorkItem *item;
	int			text;			/* from 1 */
	CmdType		operation;
	double		total_cost;
	List	   *scans;			/* AdvTableScan; NIL if it does not read them */
	double		reduced_cost;	/* with the partitions that it needs; -1: not known */
	const char *problem;		/* why nothing is known of it, or NULL */
} AdvTextScans;

/* A table, if it was partitioned: all places are on the axis of the column. */
typedef struct AdvPartitioning
{
	Oid			relid;
	AttrNumber	attnum;
	double		width;			/* of a partition */
	double		lower;			/* the least and the greatest value */
	double		upper;
} AdvPartitioning;

/*
 * The scans of some tables by all texts of a workload, until the time (in ms) is over:
 * a list of AdvTextScans in the current memory context, those with scans or a
 * problem.  Each text is planned in a trial, as the role that ran it.
 *
 * With a partitioning of one of them (else NULL), texts that ask for known values of
 * its key are planned once more, as if the table had no other partitions than
 * those needed.
 */
extern List *adv_find_predicates(const AdvWorkload *workload, const List *relids,
								 const AdvPartitioning *partitioning, double time_limit);

#endif							/* ADV_RECOMMEND_PREDICATES_H */

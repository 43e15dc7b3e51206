/*-------------------------------------------------------------------------
 *
 * scanview.h
 *		What the scan of a table needs, as the planner sees it.
 *
 * Taken from the planner's own state when it has just made the paths of a
 * relation: views and sub-selects have been pulled up by then, constants
 * folded, equalities gathered into classes, and the orders known in which the
 * rows are wanted.  What is in a view is what an index could serve; which
 * indexes these are is for candidates.c to say.
 *
 * Everything is allocated in the current memory context.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_SCANVIEW_H
#define ADV_RECOMMEND_SCANVIEW_H

#include "nodes/pathnodes.h"
#include "whatif/indexdef.h"

/* Why an index is a candidate. */
#define ADV_REASON_EQUALITY		(1 << 0)
#define ADV_REASON_RANGE		(1 << 1)
#define ADV_REASON_JOIN			(1 << 2)
#define ADV_REASON_ORDER		(1 << 3)
#define ADV_REASON_GROUP		(1 << 4)	/* GROUP BY, DISTINCT, windows */
#define ADV_REASON_LIMIT		(1 << 5)	/* an order of which the first rows do */
#define ADV_REASON_COVERING		(1 << 6)
#define ADV_REASON_PARTIAL		(1 << 7)
#define ADV_REASON_EXPRESSION	(1 << 8)
#define ADV_REASON_PREFIX		(1 << 9)	/* LIKE 'x%' */
#define ADV_REASON_NULL			(1 << 10)	/* IS NULL, IS NOT NULL */
#define ADV_REASON_ARM			(1 << 11)	/* of an OR */
#define ADV_REASON_CONTAINMENT	(1 << 12)	/* an operator of GIN or GiST */
#define ADV_REASON_NEAREST		(1 << 13)	/* ORDER BY distance */
#define ADV_REASON_CORRELATED	(1 << 14)	/* BRIN */
#define ADV_REASON_WIDE			(1 << 15)	/* hash, of wide keys */
#define ADV_REASON_MERGED		(1 << 16)	/* made of others */
#define ADV_REASONS				17

/* A btree takes a third of a page; the average is to leave room for more. */
#define ADV_WIDEST_KEY 600

/* A column, or expression, that an index could have. */
typedef struct AdvScanKey
{
	AdvIndexColumn column;
	int32		width;			/* of a value, on average */
	double		ndistinct;
	double		correlation;	/* of values and their places; 0 if not known */
} AdvScanKey;

/* A condition that a btree can check. */
typedef struct AdvScanCondition
{
	AdvScanKey *key;
	bool		equality;		/* or a range */
	double		selectivity;	/* of one lookup */
	Relids		others;			/* what it is compared with; NULL: no relation */
	double		loops;			/* how many lookups, if there are others */
	uint32		reasons;
} AdvScanCondition;

/* An order in which rows are wanted: its first columns that are ours. */
typedef struct AdvScanOrder
{
	List	   *keys;			/* AdvScanKey */
	double		fraction;		/* of the rows that will be read */
	uint32		reasons;
} AdvScanOrder;

/* A condition or an order for an index of one column, of another kind. */
typedef struct AdvScanSpecial
{
	Oid			am;
	AdvScanKey *key;
	double		selectivity;
	uint32		reasons;
} AdvScanSpecial;

/* A condition that can be the predicate of an index. */
typedef struct AdvScanPredicate
{
	Node	   *clause;			/* as the catalog would have it: varno 1 */
	Bitmapset  *columns;		/* attribute numbers in it */
	double		selectivity;
} AdvScanPredicate;

typedef struct AdvScanView
{
	Oid			relid;
	double		tuples;
	double		pages;
	double		row_width;		/* bytes that a row takes in the table */
	bool		can_cover;		/* no system column, no whole row wanted */
	Bitmapset  *output;			/* attribute numbers that the scan returns */
	Bitmapset  *needed;			/* the same, and those of its conditions */
	List	   *equalities;		/* AdvScanCondition with constants; one for each
								 * key, those with most values first */
	List	   *ranges;			/* the same, most selective first */
	List	   *joins;			/* equalities with columns of other relations */
	List	   *arms;			/* lists of AdvScanCondition: arms of ORs */
	List	   *orders;			/* AdvScanOrder */
	List	   *specials;		/* AdvScanSpecial */
	List	   *predicates;		/* AdvScanPredicate */
} AdvScanView;

/* Does the clause on a table, of varno 1, have the same constants every time? */
typedef bool (*AdvRecurs) (Oid relid, Node *clause, void *arg);

/*
 * What the scan of a relation needs.  NULL if we do not advise on it, or there
 * is nothing to say: called with whatever set_rel_pathlist_hook gets.  Without
 * recurs no clause with a constant becomes a predicate.
 */
extern AdvScanView *adv_scan_view(PlannerInfo *root, RelOptInfo *rel, Index rti,
								  RangeTblEntry *rte, AdvRecurs recurs, void *arg);

/* A key for a column of the table alone, NULL if no btree can have it. */
extern AdvScanKey *adv_scan_column_key(Oid relid, AttrNumber attnum);

/* Average width of a column. */
extern int32 adv_scan_column_width(Oid relid, AttrNumber attnum);

#endif							/* ADV_RECOMMEND_SCANVIEW_H */

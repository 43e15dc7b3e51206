/*-------------------------------------------------------------------------
 *
 * lintexpr.h
 *		Looking at expressions, for lint.
 *
 * Expressions of a plan refer to columns in ways that depend on the node they
 * are in.  They are brought into base form first: a copy in which columns are
 * those of the relations, (range table index, attribute), as in a query.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_LINTEXPR_H
#define ADV_CAPTURE_LINTEXPR_H

#include "capture/fact.h"
#include "nodes/bitmapset.h"
#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"

/* What is looked at: a range table, of a query or of a plan. */
typedef struct AdvLint
{
	AdvFacts	facts;
	List	   *rtable;
	List	   *appendRelations;	/* AppendRelInfos of a plan */
	AppendRelInfo **parents;	/* of these, by child; made when needed */
} AdvLint;

/* An index of a table, as far as it matters here. */
typedef struct AdvIndex
{
	Oid			indexid;
	Oid			am;
	bool		partial;
	AttrNumber	attnum;			/* first key column, 0 for an expression */
	Oid			opclass;		/* of the first key column */
	Oid			collation;		/* likewise */
	List	   *expressions;	/* on Vars with varno 1 */
} AdvIndex;

/* Member sets of attributes are offset by this, to hold system columns. */
#define ADV_ATTNUM(member) ((member) + FirstLowInvalidHeapAttributeNumber)

/* The n-th relation of the range table; NULL if there is none of that number. */
extern RangeTblEntry *adv_lint_rte(const AdvLint *lint, int rti);

/* Base form of an expression in the given node of a plan. */
extern Node *adv_lint_base(AdvLint *lint, const Plan *plan, const Node *expr);

/* Base form of an expression of a query. */
extern Node *adv_lint_query_base(AdvLint *lint, const Node *expr);

/*
 * The partitioned table that relation rti is a partition of, at the top, with
 * *attnum changed to its numbering; rti itself if it is no partition.
 */
extern Index adv_lint_table(AdvLint *lint, Index rti, AttrNumber *attnum);

/*
 * Text of an expression in base form, constants hidden.  Columns get the name
 * of their relation in front of them if prefix is true; if casts is, an implicit
 * cast is shown even where it is the last thing done.
 */
extern char *adv_lint_text(const AdvLint *lint, const Node *expr, bool prefix,
						   bool casts);

/* Take off what changes the type and not the value. */
extern Node *adv_lint_strip(const Node *expr);

/* Attributes of relation rti that an expression in base form reads. */
extern Bitmapset *adv_lint_attributes(const Node *expr, Index rti);

/* Relations that an expression in base form reads. */
extern Bitmapset *adv_lint_relations(const Node *expr);

/* Is it a value that no row changes: a constant, or a parameter from outside? */
extern bool adv_lint_is_value(const Node *expr);

/* Can some index find rows by this operator? */
extern bool adv_lint_is_searchable(Oid opno);

/* Its valid indexes, as AdvIndex *. */
extern List *adv_lint_indexes(Oid relid);

/*
 * An index whose first key column is the given one, InvalidOid if there is
 * none: a B-tree on all rows rather than another one.
 */
extern Oid	adv_lint_index_on(const List *indexes, AttrNumber attnum);

/* The index of a partitioned table that this one is a part of, at the top. */
extern Oid	adv_lint_index_parent(Oid indexid);

/* Is one of the indexes on this expression, whose Vars have varno rti? */
extern bool adv_lint_has_expression(const List *indexes, const Node *expr,
									Index rti);

/* Does the planner know the number of values of this expression? */
extern bool adv_lint_has_statistics(Oid relid, const Node *expr, Index rti);

#endif							/* ADV_CAPTURE_LINTEXPR_H */

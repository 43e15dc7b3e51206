/*-------------------------------------------------------------------------
 *
 * sample.h
 *		Statistics that the catalog lacks, from a sample of a table.
 *
 * A sample is the rows of some hundred blocks, the same ones each time as long
 * as the table is the same.  It is read as the current user, and only if he may
 * read the columns and no row security keeps rows from him: otherwise there is
 * no sample, which every function here can say.  Expressions are computed, with
 * all that the functions in them do: the caller sees to it that they do no harm
 * (asrole.h), and their errors are his.
 *
 * Where a cache is asked for, NULL stands for reading nothing at all: then there
 * is never a sample.
 *
 * What is kept of a row is a hash and a width per column or expression.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_WHATIF_SAMPLE_H
#define ADV_WHATIF_SAMPLE_H

#include "access/htup.h"
#include "nodes/pg_list.h"
#include "storage/block.h"
#include "utils/relcache.h"

typedef struct AdvSampleCache AdvSampleCache;

/* A cache below parent.  Errors leave it as it was before the call. */
extern AdvSampleCache *adv_samples_create(MemoryContext parent);

/* Rows of the table, as the planner estimates them. */
extern double adv_table_tuples(Relation table);

/*
 * Forget what was read of a table if that is very much, of hundreds of predicates
 * mostly.  Not while arrays of adv_sample_widths() are in use.
 */
extern void adv_samples_trim(AdvSampleCache *cache, Oid relid);

/*
 * Statistics of an expression, its Vars of varno 1, in the form of a row of
 * pg_statistic, which lives as long as the cache.  NULL if there are none.
 */
extern HeapTuple adv_sample_expression_stats(AdvSampleCache *cache, Relation table,
											 Node *expr, Oid collation);

/* Groups of equal rows. */
typedef struct AdvSampleGroups
{
	double		sampled;		/* rows that the estimate is made of */
	double		fraction;		/* of all rows: those that satisfy the predicate */
	double		distinct;		/* groups in that part of the table */
	double		common_groups;	/* groups that are seen often, and their share of */
	double		common_fraction;	/* that part */
} AdvSampleGroups;

/* A row or something in it: what it equals is told by a hash. */
typedef struct AdvSampledKey
{
	uint64		hash;
	BlockNumber block;
} AdvSampledKey;

/*
 * Count groups of equal keys, which get sorted; share is that of the rows the
 * keys are from.  Everything but the fraction is set.
 */
extern void adv_count_groups(AdvSampledKey *keys, int n, double share,
							 AdvSampleGroups *groups);

/*
 * Groups that have the same values of some columns or expressions, among the
 * rows that satisfy a predicate, NIL if all do.  False if there is no sample.
 */
extern bool adv_sample_groups(AdvSampleCache *cache, Relation table, List *exprs,
							  List *predicate, AdvSampleGroups *groups);

/* Only the number of groups in the whole table; negative if it is unknown. */
extern double adv_sample_ndistinct(AdvSampleCache *cache, Relation table, List *exprs);

/*
 * Widths that values of a column or expression have in an index, -1 for null, as
 * an array that belongs to the cache; NULL if there is no sample or no row.
 */
extern const int32 *adv_sample_widths(AdvSampleCache *cache, Relation table,
									  Node *expr, int *nrows);

/*
 * Share of the rows that satisfy a predicate (implicitly ANDed, varno 1): as the
 * planner estimates it, or from the sample where that contradicts an estimate that
 * has no statistics to go by.  1 for an empty table.
 */
extern double adv_predicate_fraction(AdvSampleCache *cache, Relation table, List *predicate);

/* Calls back with the value of each row of a sample, null ones as well. */
typedef void (*AdvSampleVisitor) (Datum value, bool isnull, BlockNumber block, void *arg);

/*
 * Read a column or expression of the sample.  Returns the share of the table's
 * rows that the sample is; 0 if there is none.
 */
extern double adv_sample_visit(Relation table, Node *expr, AdvSampleVisitor visit, void *arg);

/*
 * Bytes a value takes in an index tuple, without alignment: values of any length
 * get a short header if they can, and long ones are compressed.
 */
extern int32 adv_index_width(Datum value, int16 typlen);

#endif							/* ADV_WHATIF_SAMPLE_H */

/*-------------------------------------------------------------------------
 *
 * bloat.h
 *		How much smaller a relation would be if it were written anew.
 *
 * Bloat is what VACUUM FULL or REINDEX would give back, with the storage options
 * that the relation has: room that a fillfactor leaves, padding between columns
 * and ends of pages too short for another row are none.
 *
 * There are three ways to find out, from cheap and rough to dear and exact:
 * statistics of the catalog, a sample of pages, the extension pgstattuple.
 *
 * Locks: AccessShare, on one relation after the other, never waited for.  Errors
 * are those of damaged pages.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_HEALTH_BLOAT_H
#define ADV_HEALTH_BLOAT_H

#include "utils/relcache.h"

typedef enum AdvBloatMethod
{
	ADV_BLOAT_ESTIMATE,
	ADV_BLOAT_SAMPLE,
	ADV_BLOAT_EXACT
} AdvBloatMethod;

/* A file with main fork: a table without its TOAST table, that, or an index. */
typedef struct AdvBloatPart
{
	double		pages;
	double		sampled;		/* pages read; never the metapage of a btree */
	double		needed;			/* pages if it were written anew */
	double		error;			/* of needed, in pages; negative: unknown */
	double		dead;			/* bytes in items that are dead already or soon */
	double		free;			/* bytes between items */
	double		rows;			/* table: rows that a rewrite would keep, index: its entries */
	double		dead_entries;	/* table: rows that are dead but still in indexes */
	double		replaced;		/* table: share of these that updates have left */
	double		spread;			/* index: see adv_btree_bloat_sample() */
	double		returning;		/* table: share of the bytes in TOAST that a rewrite leaves out or puts into rows */
	const char *reason;			/* why it is not known; else NULL */
} AdvBloatPart;

typedef struct AdvBloat
{
	Oid			relid;
	AdvBloatPart all;			/* with TOAST */
	AdvBloatPart toast;
	bool		has_toast;		/* a TOAST table that is not empty */
	bool		partly;			/* all.reason says what it is without */
} AdvBloat;

/*
 * Measure a relation of any kind.  wanted is the number of pages that a sample
 * may have.  May the current user know is not asked here.
 */
extern void adv_bloat_measure(Oid relid, AdvBloatMethod method, int64 wanted,
							  AdvBloat *bloat);

/* The parts, for bloat.c; all want a relation that is open and locked. */
extern void adv_heap_bloat_sample(Relation table, int64 wanted, AdvBloatPart *part);
extern void adv_heap_bloat_estimate(Relation table, AdvBloatPart *part);

/*
 * dead: the share of entries that are of dead rows, which the index does not tell.
 * If these are all over the keys, those that stay need not that share less, but
 * spread times as much: each key still has an entry.  replaced: they are what updates
 * left, so that of each key one row at least is alive.
 */
extern void adv_btree_bloat_sample(Relation index, int64 wanted, double dead, bool replaced,
								   AdvBloatPart *part);
extern void adv_btree_bloat_estimate(Relation index, Relation table, AdvBloatPart *part);
/* table_rows: what CREATE INDEX will take for the rows of the table; negative: not known. */
extern void adv_other_bloat_sample(Relation index, int64 wanted, double table_rows,
								   AdvBloatPart *part);
extern void adv_heap_bloat_exact(Relation table, AdvBloatPart *part);
/* Its free bytes, and whether that can be had: reason says why not. */
extern void adv_index_bloat_exact(Relation index, AdvBloatPart *part);

#endif							/* ADV_HEALTH_BLOAT_H */

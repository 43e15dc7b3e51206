/*-------------------------------------------------------------------------
 *
 * scankey.h
 *		Columns and expressions of a scan that an index could have.  Internal
 *		to scanview.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_SCANKEY_H
#define ADV_RECOMMEND_SCANKEY_H

#include "recommend/scanview.h"

typedef struct AdvScanBuilder
{
	PlannerInfo *root;
	RelOptInfo *rel;
	Index		rti;
	Oid			relid;
	Oid			owner;			/* of the table */
	AdvRecurs	recurs;
	void	   *arg;
	List	   *keys;			/* those made so far */
	AdvScanView *view;
} AdvScanBuilder;

/*
 * The key for one side of a condition, whose operator uses a collation; NULL if
 * it can't be in an index.  InvalidOid as operator class takes the default one
 * of btree.
 */
extern AdvScanKey *adv_scan_key(AdvScanBuilder *builder, Node *operand,
								Oid collation, Oid opclass);

/*
 * An expression as an index on the table would have it, NULL if it must not:
 * because it is of more than this table, may change its value, or calls
 * functions of somebody whom the table's owner need not trust.  Whoever writes
 * to the table runs the expressions of its indexes with the owner's rights.
 */
extern Node *adv_scan_expression(AdvScanBuilder *builder, Node *expr);

/* May it be compared with, while the table is scanned? */
extern bool adv_scan_is_comparand(AdvScanBuilder *builder, Node *expr);

/* Without what does not change the bits. */
extern Node *adv_scan_strip(Node *node);

/*
 * The operator and the two sides of "a op b" or "a op ANY (b)"; false if the
 * clause is neither.
 */
extern bool adv_scan_comparison(Expr *clause, List **args, Oid *operator);

/* Specials and LIKE prefixes (scanspecial.c). */
extern void adv_scan_add_specials(AdvScanBuilder *builder, Expr *clause,
								  double selectivity);
extern AdvScanCondition *adv_scan_prefix(AdvScanBuilder *builder, Expr *clause,
										 double selectivity);
extern void adv_scan_add_nearest(AdvScanBuilder *builder);

#endif							/* ADV_RECOMMEND_SCANKEY_H */

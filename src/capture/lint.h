/*-------------------------------------------------------------------------
 *
 * lint.h
 *		What can be said about a statement by looking at its query tree and at
 *		its plan, without having measured anything.
 *
 * What is found are facts, not advice: whether a fact matters is for those to
 * say who know how often the statement runs and how many rows pass.  A fact is
 * a JSON object on a line of its own; its member "fact" says what it is.
 * Facts about plans carry the number of a node.
 *
 * Values never get into facts: expressions are written with ? for constants.
 * (Kept are the names of what the language defines, such as the field of
 * date_trunc(), without which an expression cannot be told from others.)
 *
 * Both functions look up catalogs, and may raise errors; relations of the
 * statement must be locked.  They write at most ADV_MAX_FACTS facts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_LINT_H
#define ADV_CAPTURE_LINT_H

#include "capture/plandoc.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"

#define ADV_MAX_FACTS 50

/*
 * Append the facts about a query that is rewritten and not yet planned.  The
 * query is not changed.
 */
extern void adv_lint_query(StringInfo buf, Query *query);

/* Append the facts about a plan, whose nodes are numbered as in the array. */
extern void adv_lint_plan(StringInfo buf, PlannedStmt *stmt,
						  const AdvNodeRef *nodes, int nnodes);

#endif							/* ADV_CAPTURE_LINT_H */

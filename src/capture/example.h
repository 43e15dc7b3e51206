/*-------------------------------------------------------------------------
 *
 * example.h
 *		A text of a statement that can be run: with values for parameters.
 *
 * Made from the tree that the planner is about to get.  Names are qualified, so
 * it does not depend on search_path; what the rewriter put into the tree (views,
 * defaults, policies) is taken out again, because running the text puts it in
 * a second time.  Planned by the same role, it costs what the statement did.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_EXAMPLE_H
#define ADV_CAPTURE_EXAMPLE_H

#include "nodes/params.h"
#include "nodes/parsenodes.h"

/* Longest example kept, in bytes */
#define ADV_EXAMPLE_MAX 8192

typedef struct AdvExample
{
	char	   *text;
	int			len;
	bool		truncated;		/* cut, or a value too long for it is shown as
								 * its $n, or $0 for one that has no number */
	bool		is_template;	/* has $n that were not known */
} AdvExample;

/*
 * Write the query as text, with the values in params, which may be NULL, in
 * place of its external parameters.  The result is in the current memory
 * context, and so is what is needed to make it.  Errors are raised, also for
 * queries of which no text would be right: to be called by adv_protect().  The
 * query is not modified.
 */
extern void adv_example_make(const Query *query, ParamListInfo params,
							 AdvExample *example);

/*
 * Write the values in params in place of the $n of a template, in the same way;
 * false if one of them is not known.
 */
extern bool adv_example_fill(const char *template_text, int len,
							 ParamListInfo params, AdvExample *example);

#endif							/* ADV_CAPTURE_EXAMPLE_H */

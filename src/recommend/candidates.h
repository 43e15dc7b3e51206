/*-------------------------------------------------------------------------
 *
 * candidates.h
 *		Indexes that could help statements.
 *
 * A set of candidates is filled while statements are planned, without any of
 * them: it looks at each scan that the planner considers (scanview.h) and notes
 * the indexes that could serve it.  It is generous: whether an index does help
 * the planner says when it is offered, and whether it is worth its bytes the
 * search.  Indexes that exist are not left out.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_RECOMMEND_CANDIDATES_H
#define ADV_RECOMMEND_CANDIDATES_H

#include "recommend/scanview.h"
#include "utils/palloc.h"

typedef struct AdvCandidate
{
	AdvIndexDef *def;
	uint32		reasons;		/* ADV_REASON_... */
	double		strength;		/* cost that we guess it saves; to compare only */
} AdvCandidate;

typedef struct AdvCandidateOptions
{
	int			max_columns;	/* key columns */
	int			max_included;	/* columns of INCLUDE */
	int			limit;			/* candidates of one scan, those of one column
								 * not counted */
	double		brin_pages;		/* BRIN is for tables with so many pages */
	AdvRecurs	recurs;			/* which clauses have the same constants always;
								 * NULL: none */
	void	   *arg;
} AdvCandidateOptions;

/* What is usual: 4 key columns, 8 included ones. */
static inline AdvCandidateOptions
adv_candidate_defaults(void)
{
	AdvCandidateOptions options = {
		.max_columns = 4,
		.max_included = 8,
		.limit = 40,
		.brin_pages = 4096
	};

	return options;
}

typedef struct AdvCandidateSet AdvCandidateSet;

/* An empty set.  All that it ever keeps is in the context. */
extern AdvCandidateSet *adv_candidates_create(MemoryContext context,
											  const AdvCandidateOptions *options);

/*
 * Look at a scan: to be called from set_rel_pathlist_hook.  The last argument is
 * the set.
 */
extern void adv_candidates_observe(PlannerInfo *root, RelOptInfo *rel, Index rti,
								   RangeTblEntry *rte, void *set);

/*
 * List of AdvCandidate, the strongest first, each index once.  The same scans,
 * seen in the same order, give the same list.
 */
extern List *adv_candidates_list(const AdvCandidateSet *set);

/* Name of a reason, given the number of its bit. */
extern const char *adv_candidate_reason(int bit);

/*
 * Indexes that may do for several of those given (AdvIndexDef, of one table):
 * with the columns of one behind those of another, with all that is included by
 * indexes of the same keys, with fewer columns.  None of those given is
 * returned.  At most limit; those made of the first ones come first.
 */
extern List *adv_candidates_merge(const List *defs, const AdvCandidateOptions *options,
								  int limit);

#endif							/* ADV_RECOMMEND_CANDIDATES_H */

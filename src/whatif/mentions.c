/*-------------------------------------------------------------------------
 *
 * mentions.c
 *		Which columns a query mentions where an index could help.
 *
 * Every path with an index has a condition on one of its keys, or comes in the
 * order of one, or reads nothing but the index, or knows that the predicate of
 * a partial index holds.  Conditions and sort keys are all written in the query
 * by the time that its tables are looked up, those derived from others have the
 * same columns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/pg_am.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "whatif/mentions.h"

/* Conditions, of joins as well, and what is sorted or grouped by. */
static void
find_sought(PlannerInfo *root, Index varno, Bitmapset **sought)
{
	Query	   *query = root->parse;
	RangeTblEntry *rte = root->simple_rte_array[varno];
	ListCell   *lc;

	pull_varattnos((Node *) query->jointree, varno, sought);
	pull_varattnos((Node *) rte->securityQuals, varno, sought);

	/*
	 * Aggregates may want their arguments in order, and set operations all
	 * columns of their parts.
	 */
	if (query->hasAggs || root->parent_root != NULL)
		pull_varattnos((Node *) query->targetList, varno, sought);
	else
		foreach(lc, query->targetList)
		{
			TargetEntry *entry = lfirst_node(TargetEntry, lc);

			if (entry->ressortgroupref != 0)
				pull_varattnos((Node *) entry, varno, sought);
		}
}

static void
find_used(PlannerInfo *root, Index varno, const Bitmapset *sought, Bitmapset **used)
{
	*used = bms_add_members(*used, sought);
	pull_varattnos((Node *) root->parse->targetList, varno, used);
	pull_varattnos((Node *) root->parse->havingQual, varno, used);
}

/* What is said of the columns of a parent is said of the child's. */
static void
translate(const AppendRelInfo *appinfo, const Bitmapset *parent, Bitmapset **child)
{
	int			bit = -1;

	while ((bit = bms_next_member(parent, bit)) >= 0)
	{
		int			attnum = bit + FirstLowInvalidHeapAttributeNumber;

		if (attnum > 0 && attnum <= list_length(appinfo->translated_vars))
			pull_varattnos(list_nth(appinfo->translated_vars, attnum - 1),
						   appinfo->child_relid, child);
		else if (attnum <= 0)
			*child = bms_add_member(*child, bit);
	}
}

static void
find(PlannerInfo *root, Index varno, AdvMentions *mentions)
{
	const AppendRelInfo *appinfo = root->append_rel_array ? root->append_rel_array[varno] : NULL;
	AdvMentions parent;

	check_stack_depth();
	memset(mentions, 0, sizeof(AdvMentions));
	find_sought(root, varno, &mentions->sought);
	find_used(root, varno, mentions->sought, &mentions->used);
	if (appinfo == NULL)
		return;
	find(root, appinfo->parent_relid, &parent);
	translate(appinfo, parent.sought, &mentions->sought);
	translate(appinfo, parent.used, &mentions->used);
}

void
adv_mentions_find(PlannerInfo *root, RelOptInfo *rel, AdvMentions *mentions)
{
	find(root, rel->relid, mentions);
}

static bool
is_in(AttrNumber attnum, const Bitmapset *attributes)
{
	return bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber, attributes);
}

/* Is everything that is used in the index? */
static bool
covers(const AdvIndexDef *def, const Bitmapset *used)
{
	int			bit = -1;

	while ((bit = bms_next_member(used, bit)) >= 0)
	{
		int			i = 0;

		while (i < def->ncolumns &&
			   def->columns[i].attnum != bit + FirstLowInvalidHeapAttributeNumber)
			i++;
		if (i == def->ncolumns)
			return false;
	}
	return true;
}

bool
adv_mentions_matter(const AdvMentions *mentions, const AdvIndexDef *def)
{
	/* expressions have statistics, and how they are written does not tell */
	if (def->predicate != NIL)
		return true;
	for (int i = 0; i < def->nkeys; i++)
		if (def->columns[i].attnum == 0 ||
			is_in(def->columns[i].attnum, mentions->sought))
			return true;
	return covers(def, mentions->used);
}

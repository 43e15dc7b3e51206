/*-------------------------------------------------------------------------
 *
 * candidatemerge.c
 *		Indexes that may do for several.
 *
 * One index that serves two statements, each not quite as well as its own
 * would, takes less room than both.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_am.h"
#include "common/compat.h"
#include "miscadmin.h"
#include "recommend/candidates.h"
#include "utils/lsyscache.h"

typedef struct Merging
{
	const AdvCandidateOptions *options;
	const List *given;
	List	   *merged;			/* AdvIndexDef */
	int			limit;
} Merging;

static bool
is_member(const List *defs, const AdvIndexDef *def)
{
	ListCell   *lc;

	foreach(lc, defs)
	{
		if (adv_indexdef_equal(lfirst(lc), def))
			return true;
	}
	return false;
}

static bool
is_full(const Merging *merging)
{
	return list_length(merging->merged) >= merging->limit;
}

static void
add_merged(Merging *merging, AdvIndexDef *def)
{
	if (def->nkeys > 0 && !is_full(merging) && !is_member(merging->given, def) &&
		!is_member(merging->merged, def))
		merging->merged = lappend(merging->merged, def);
}

static bool
has_column(const AdvIndexDef *def, const AdvIndexColumn *column)
{
	for (int i = 0; i < def->ncolumns; i++)
	{
		if (def->columns[i].attnum == column->attnum &&
			equal(def->columns[i].expr, column->expr))
			return true;
	}
	return false;
}

/* Add the keys of another that there is room for. */
static void
append_keys(const Merging *merging, AdvIndexDef *def, const AdvIndexDef *from)
{
	for (int i = 0; i < from->nkeys; i++)
	{
		const AdvIndexColumn *column = &from->columns[i];

		if (def->nkeys < merging->options->max_columns && !has_column(def, column))
			(void) adv_indexdef_add_key(def, column->attnum, column->expr, column->opclass,
										column->collation, column->options);
	}
}

/* Include what another has; false if there is no room for all of it. */
static bool
append_included(const Merging *merging, AdvIndexDef *def, const AdvIndexDef *from)
{
	for (int i = 0; i < from->ncolumns; i++)
	{
		const AdvIndexColumn *column = &from->columns[i];

		if (column->attnum == 0 || has_column(def, column))
			continue;
		if (def->ncolumns - def->nkeys >= merging->options->max_included ||
			!adv_indexdef_add_included(def, column->attnum))
			return false;
	}
	return true;
}

/* The first n keys of an index, on the same rows. */
static AdvIndexDef *
first_keys(const AdvIndexDef *def, int n)
{
	AdvIndexDef *prefix = adv_indexdef_copy(def);

	prefix->ncolumns = prefix->nkeys = n;
	prefix->name = NULL;
	prefix->unique = false;
	return prefix;
}

/* One index made of another: with fewer columns, or for all rows. */
static void
reduce(Merging *merging, const AdvIndexDef *def)
{
	if (def->ncolumns > def->nkeys)
		add_merged(merging, first_keys(def, def->nkeys));
	for (int n = def->nkeys - 1; n > 0; n--)
		add_merged(merging, first_keys(def, n));
	if (def->predicate != NIL)
	{
		AdvIndexDef *whole = first_keys(def, def->nkeys);

		whole->predicate = NIL;
		(void) append_included(merging, whole, def);
		add_merged(merging, whole);
	}
}

/*
 * What is included as keys: entries that are equal are stored once then, which
 * may make the index a fraction of its size.
 */
static void
include_as_keys(Merging *merging, const AdvIndexDef *def)
{
	AdvIndexDef *wider = first_keys(def, def->nkeys);

	if (def->ncolumns == def->nkeys || def->ncolumns > merging->options->max_columns)
		return;
	for (int i = def->nkeys; i < def->ncolumns; i++)
	{
		AdvScanKey *key = adv_scan_column_key(def->relid, def->columns[i].attnum);

		if (key == NULL || !adv_indexdef_add_key(wider, key->column.attnum, NULL,
												 key->column.opclass, key->column.collation, 0))
			return;
	}
	add_merged(merging, wider);
}

/* The second behind the first: all that it can do, and some of the second's. */
static void
join_keys(Merging *merging, const AdvIndexDef *first, const AdvIndexDef *second)
{
	AdvIndexDef *keys = first_keys(first, first->nkeys);
	AdvIndexDef *all;

	append_keys(merging, keys, second);
	add_merged(merging, keys);

	/* covering what either covers */
	all = adv_indexdef_copy(keys);
	if (append_included(merging, all, first) && append_included(merging, all, second) &&
		all->ncolumns > all->nkeys)
		add_merged(merging, all);
}

static bool
can_be_merged(const AdvIndexDef *a, const AdvIndexDef *b)
{
	return a->relid == b->relid && a->am == BTREE_AM_OID && b->am == BTREE_AM_OID &&
		equal(a->predicate, b->predicate);
}

List *
adv_candidates_merge(const List *defs, const AdvCandidateOptions *options, int limit)
{
	Merging		merging = {options, defs, NIL, limit};
	int			n = list_length(defs);

	for (int i = 0; i < n && !is_full(&merging); i++)
	{
		const AdvIndexDef *def = list_nth(defs, i);

		CHECK_FOR_INTERRUPTS();
		if (def->am != BTREE_AM_OID)
			continue;
		for (int j = 0; j < i; j++)
		{
			const AdvIndexDef *other = list_nth(defs, j);

			if (can_be_merged(def, other))
			{
				join_keys(&merging, other, def);
				join_keys(&merging, def, other);
			}
		}
		include_as_keys(&merging, def);
		reduce(&merging, def);
	}
	return merging.merged;
}

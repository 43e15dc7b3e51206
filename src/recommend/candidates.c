/*-------------------------------------------------------------------------
 *
 * candidates.c
 *		Indexes that could help a scan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/itup.h"
#include "catalog/pg_am.h"
#include "commands/defrem.h"
#include "common/compat.h"
#include "common/hashfn.h"
#include "nodes/nodeFuncs.h"
#include "recommend/candidates.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "whatif/indexdef.h"

/* How many conditions of a kind are combined with others. */
#define COMBINED_EQUALITIES 5
#define COMBINED_RANGES 3
#define COMBINED_JOINS 6
#define COMBINED_ORDERS 4

/* An index instead of the table must be so much narrower. */
#define COVERING_SHARE 0.7

/* What hash is for: its entries are of 4 bytes, however wide the key. */
#define WIDE_FOR_HASH 64

/* Values without a limit that have so many bytes on average are not names or codes. */
#define PROSE 24

/* Rows are in the order of the column, more or less. */
#define BRIN_CORRELATION 0.9

#define BUCKETS 256

/* Candidates, each index once. */
typedef struct Table
{
	List	   *candidates;		/* AdvCandidate, in the order of discovery */
	List	   *buckets[BUCKETS];	/* the same by hash */
} Table;

struct AdvCandidateSet
{
	MemoryContext context;
	AdvCandidateOptions options;
	Table		table;
};

/* Making the candidates of one scan. */
typedef struct Maker
{
	const AdvCandidateOptions *options;
	const AdvScanView *view;
	const AdvScanPredicate *predicate;	/* of those being made, or NULL */
	Table		found;
} Maker;

/* ---------------------------------------------------------------------
 * The set
 * ---------------------------------------------------------------------
 */

static uint32
hash_definition(const AdvIndexDef *def)
{
	uint32		hash = hash_combine(murmurhash32(def->relid), def->am);

	for (int i = 0; i < def->ncolumns; i++)
	{
		const AdvIndexColumn *column = &def->columns[i];

		hash = hash_combine(hash, murmurhash32((uint16) column->attnum));
		hash = hash_combine(hash, column->opclass ^ (uint32) column->options << 24);
	}
	return hash_combine(hash, list_length(def->predicate));
}

/* The candidate for an index, or its empty place, to be filled at once. */
static AdvCandidate *
find_or_add(Table *table, const AdvIndexDef *def, bool *found)
{
	List	  **bucket = &table->buckets[hash_definition(def) % BUCKETS];
	AdvCandidate *candidate;
	ListCell   *lc;

	*found = true;
	foreach(lc, *bucket)
	{
		candidate = lfirst(lc);
		if (adv_indexdef_equal(candidate->def, def))
			return candidate;
	}
	*found = false;
	candidate = palloc0(sizeof(AdvCandidate));
	*bucket = lappend(*bucket, candidate);
	table->candidates = lappend(table->candidates, candidate);
	return candidate;
}

/* Keep a candidate: it is copied. */
static void
keep_candidate(AdvCandidateSet *set, const AdvCandidate *candidate)
{
	MemoryContext caller = MemoryContextSwitchTo(set->context);
	bool		found;
	AdvCandidate *kept = find_or_add(&set->table, candidate->def, &found);

	if (!found)
		kept->def = adv_indexdef_copy(candidate->def);
	kept->reasons |= candidate->reasons;
	kept->strength += candidate->strength;
	MemoryContextSwitchTo(caller);
}

AdvCandidateSet *
adv_candidates_create(MemoryContext context, const AdvCandidateOptions *options)
{
	AdvCandidateSet *set = MemoryContextAllocZero(context, sizeof(AdvCandidateSet));

	set->context = context;
	set->options = *options;
	return set;
}

static int
compare_strength(const ListCell *a, const ListCell *b)
{
	const AdvCandidate *left = lfirst(a);
	const AdvCandidate *right = lfirst(b);

	if (left->strength != right->strength)
		return left->strength > right->strength ? -1 : 1;
	return 0;
}

/* Sort in place; those of equal strength stay in their order. */
static void
sort_candidates(List *candidates)
{
	int			n = list_length(candidates);

	/* merge sort: list_sort() is not stable */
	if (n > 1)
	{
		ListCell   *cells = candidates->elements;
		ListCell   *sorted = palloc(sizeof(ListCell) * n);

		for (int width = 1; width < n; width *= 2)
		{
			for (int start = 0; start < n; start += 2 * width)
			{
				int			i = start;
				int			middle = Min(start + width, n);
				int			j = middle;
				int			end = Min(start + 2 * width, n);

				for (int k = start; k < end; k++)
				{
					if (i < middle && (j >= end || compare_strength(&cells[i], &cells[j]) <= 0))
						sorted[k] = cells[i++];
					else
						sorted[k] = cells[j++];
				}
			}
			memcpy(cells, sorted, sizeof(ListCell) * n);
		}
		pfree(sorted);
	}
}

List *
adv_candidates_list(const AdvCandidateSet *set)
{
	List	   *list = list_copy(set->table.candidates);

	sort_candidates(list);
	return list;
}

const char *
adv_candidate_reason(int bit)
{
	static const char *const names[] = {
		"equality", "range", "join", "order", "group", "limit", "covering", "partial",
		"expression", "prefix", "null", "arm of OR", "containment", "nearest", "correlated",
		"wide", "merged"
	};

	StaticAssertStmt(lengthof(names) == ADV_REASONS, "a reason without name");
	return names[bit];
}

/* ---------------------------------------------------------------------
 * Strength: a rough guess, to cut lists only
 * ---------------------------------------------------------------------
 */

/* Work of one scan, or of all lookups by which it is replaced. */
typedef struct Use
{
	double		selectivity;	/* of a lookup */
	double		loops;
	uint32		reasons;
} Use;

static double
index_pages(const Maker *maker, double width)
{
	double		tuples = maker->view->tuples;

	if (maker->predicate != NULL)
		tuples *= maker->predicate->selectivity;
	return Max(1, tuples * (sizeof(IndexTupleData) + sizeof(ItemIdData) + width) / (BLCKSZ * 0.9));
}

static double
guess_strength(const Maker *maker, const Use *use, double width, bool covers, int nkeys)
{
	const AdvScanView *view = maker->view;
	double		whole = view->pages + view->tuples * 0.0125;
	double		selectivity = use->selectivity;
	double		rows;
	double		lookup;
	double		saved;

	if (maker->predicate != NULL)
		selectivity *= maker->predicate->selectivity;
	rows = Max(1, view->tuples * selectivity);
	lookup = 1 + rows * 0.01 + index_pages(maker, width) * use->selectivity;
	if (!covers)
		lookup += 2 * Min(view->pages, rows);
	saved = whole - lookup * use->loops;
	/* it may pay for reasons that we do not see, a merge join or a sort less */
	saved = Max(saved, whole * 0.02 / (1 + width / 8));
	return saved * (1 - 0.01 * nkeys);
}

/* ---------------------------------------------------------------------
 * Definitions
 * ---------------------------------------------------------------------
 */

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

static void
add_found(Maker *maker, AdvIndexDef *def, double strength, uint32 reasons)
{
	bool		found;
	AdvCandidate *candidate = find_or_add(&maker->found, def, &found);

	candidate->def = def;
	candidate->strength = Max(candidate->strength, strength);
	candidate->reasons |= reasons;
}

/* Columns that the scan needs and the definition does not have. */
static List *
missing_columns(const Maker *maker, const AdvIndexDef *def)
{
	List	   *missing = NIL;
	int			attnum = -1;

	while ((attnum = bms_next_member(maker->view->needed, attnum)) > 0)
	{
		AdvIndexColumn column = {.attnum = attnum};

		/* a predicate need not be checked again */
		if (!has_column(def, &column) &&
			(maker->predicate == NULL || bms_is_member(attnum, maker->view->output) ||
			 !bms_is_member(attnum, maker->predicate->columns)))
			missing = lappend_int(missing, attnum);
	}
	return missing;
}

/*
 * The columns that are missing as keys: then equal ones are stored once, which
 * they are not if they are included, and others can search for them.
 */
static bool
append_as_keys(AdvIndexDef *def, const List *missing, const Maker *maker)
{
	ListCell   *lc;

	if (def->nkeys + list_length(missing) > maker->options->max_columns)
		return false;
	foreach(lc, missing)
	{
		AdvScanKey *key = adv_scan_column_key(def->relid, lfirst_int(lc));

		if (key == NULL || key->width > WIDE_FOR_HASH ||
			!adv_indexdef_add_key(def, key->column.attnum, NULL, key->column.opclass,
								  key->column.collation, 0))
			return false;
	}
	return true;
}

static bool
append_as_included(AdvIndexDef *def, const List *missing, const Maker *maker)
{
	ListCell   *lc;

	if (list_length(missing) > maker->options->max_included)
		return false;
	foreach(lc, missing)
	{
		if (!adv_indexdef_add_included(def, lfirst_int(lc)))
			return false;
	}
	return true;
}

/*
 * Might it be so long one day that its row fits into no index page, and INSERT
 * fails?  So much is not to be risked for a column that nothing searches by.
 */
static bool
may_be_prose(Oid relid, AttrNumber attnum)
{
	Oid			type;
	int32		typmod;
	Oid			collation;

	get_atttypetypmodcoll(relid, attnum, &type, &typmod, &collation);
	return get_typlen(type) < 0 && type_maximum_size(type, typmod) < 0 &&
		adv_scan_column_width(relid, attnum) > PROSE;
}

/* With all columns of the scan, if that is much less than the table. */
static void
add_covering(Maker *maker, const AdvIndexDef *def, const Use *use, double width,
			 const List *missing)
{
	AdvIndexDef *covering = adv_indexdef_copy(def);
	ListCell   *lc;

	foreach(lc, missing)
	{
		if (may_be_prose(def->relid, lfirst_int(lc)))
			return;
		width += adv_scan_column_width(def->relid, lfirst_int(lc));
	}
	if (width > ADV_WIDEST_KEY || width + sizeof(IndexTupleData) + sizeof(ItemIdData) >
		maker->view->row_width * COVERING_SHARE)
		return;
	if (!append_as_keys(covering, missing, maker))
	{
		covering = adv_indexdef_copy(def);
		if (!append_as_included(covering, missing, maker))
			return;
	}
	add_found(maker, covering, guess_strength(maker, use, width, true, covering->ncolumns),
			  use->reasons | ADV_REASON_COVERING);
}

/* A btree with these keys (AdvScanKey), and the same with all other columns. */
static void
add_index(Maker *maker, List *keys, const Use *use)
{
	AdvIndexDef *def = adv_indexdef_make(maker->view->relid, BTREE_AM_OID);
	Use			extended = *use;
	double		width = 0;
	bool		covers;
	List	   *missing;
	ListCell   *lc;

	foreach(lc, keys)
	{
		AdvScanKey *key = lfirst(lc);

		if (has_column(def, &key->column) ||
			(maker->predicate != NULL &&
			 bms_is_member(key->column.attnum, maker->predicate->columns)))
			continue;
		if (def->nkeys == maker->options->max_columns ||
			!adv_indexdef_add_key(def, key->column.attnum, key->column.expr, key->column.opclass,
								  key->column.collation, key->column.options))
			break;
		width += key->width;
		if (key->column.attnum == 0)
			extended.reasons |= ADV_REASON_EXPRESSION;
	}
	if (def->nkeys == 0 || width > ADV_WIDEST_KEY)
		return;
	if (maker->predicate != NULL)
	{
		def->predicate = list_make1(maker->predicate->clause);
		extended.reasons |= ADV_REASON_PARTIAL;
	}
	missing = maker->view->can_cover ? missing_columns(maker, def) : NIL;
	covers = maker->view->can_cover && missing == NIL;
	if (covers)
		extended.reasons |= ADV_REASON_COVERING;
	/* without purpose it would only be a narrower table */
	if (covers || extended.reasons != 0)
		add_found(maker, def, guess_strength(maker, &extended, width, covers, def->nkeys),
				  extended.reasons);
	if (missing != NIL)
		add_covering(maker, def, &extended, width, missing);
}

/* ---------------------------------------------------------------------
 * Combinations
 * ---------------------------------------------------------------------
 */

/* Something to make an index of: keys, and what they are good for. */
typedef struct Part
{
	List	   *keys;
	Use			use;
} Part;

static Part
empty_part(void)
{
	Part		part = {NIL, {1, 1, 0}};

	return part;
}

static Part
with_condition(Part part, const AdvScanCondition *condition)
{
	part.keys = lappend(list_copy(part.keys), condition->key);
	part.use.selectivity *= condition->selectivity;
	part.use.loops = Max(part.use.loops, condition->loops);
	part.use.reasons |= condition->reasons;
	return part;
}

static Part
with_part(Part part, Part other)
{
	part.keys = list_concat_copy(part.keys, other.keys);
	part.use.selectivity *= other.use.selectivity;
	part.use.loops = Max(part.use.loops, other.use.loops);
	part.use.reasons |= other.use.reasons;
	return part;
}

static Part
with_order(Part part, const AdvScanOrder *order)
{
	part.keys = list_concat_copy(part.keys, order->keys);
	part.use.selectivity *= order->fraction;
	part.use.reasons |= order->reasons;
	return part;
}

static void
add_part(Maker *maker, Part part)
{
	add_index(maker, part.keys, &part.use);
}

/* The first conditions of a list, all together. */
static Part
all_of(const List *conditions, int limit)
{
	Part		part = empty_part();
	ListCell   *lc;

	foreach(lc, conditions)
	{
		if (limit-- == 0)
			break;
		part = with_condition(part, lfirst(lc));
	}
	return part;
}

static List *
first_of(const List *list, int limit)
{
	return list_copy_head(list, Min(limit, list_length(list)));
}

/* Equalities alone, in pairs, together, and with a range. */
static void
combine_filters(Maker *maker, const List *equalities, const List *ranges)
{
	List	   *some = first_of(equalities, COMBINED_EQUALITIES);
	Part		all = all_of(equalities, maker->options->max_columns);
	ListCell   *lc;
	ListCell   *other;

	add_part(maker, all);
	foreach(lc, equalities)
		add_part(maker, with_condition(empty_part(), lfirst(lc)));
	foreach(lc, ranges)
		add_part(maker, with_condition(empty_part(), lfirst(lc)));

	foreach(lc, first_of(ranges, COMBINED_RANGES))
	{
		AdvScanCondition *range = lfirst(lc);
		Part		most = all_of(equalities, maker->options->max_columns - 1);

		add_part(maker, with_condition(most, range));
		foreach(other, some)
			add_part(maker, with_condition(with_condition(empty_part(), lfirst(other)), range));
		/* the index can check a second range, though not search for it */
		foreach(other, first_of(ranges, COMBINED_RANGES))
			add_part(maker, with_condition(with_condition(most, range), lfirst(other)));
	}
	for (int i = 0; i < list_length(some); i++)
	{
		Part		first = with_condition(empty_part(), list_nth(some, i));

		for (int j = i + 1; j < list_length(some); j++)
			add_part(maker, with_condition(first, list_nth(some, j)));
	}
}

/* All join columns that one other relation gives values for. */
static List *
joins_with(const List *joins, Relids others)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, joins)
	{
		AdvScanCondition *join = lfirst(lc);

		if (bms_equal(join->others, others))
			result = lappend(result, join);
	}
	return result;
}

/* Join columns (a part) with the filters, before and behind. */
static void
combine_join_with_filters(Maker *maker, Part join)
{
	const AdvScanView *view = maker->view;
	int			room = maker->options->max_columns - list_length(join.keys);
	Part		all = all_of(view->equalities, Max(room, 0));
	ListCell   *lc;

	add_part(maker, join);
	if (view->equalities != NIL)
	{
		add_part(maker, with_part(join, all));
		add_part(maker, with_part(all, join));
	}
	foreach(lc, first_of(view->equalities, COMBINED_EQUALITIES))
	{
		Part		one = with_condition(empty_part(), lfirst(lc));

		add_part(maker, with_part(join, one));
		add_part(maker, with_part(one, join));
	}
	foreach(lc, first_of(view->ranges, COMBINED_RANGES))
	{
		AdvScanCondition *range = lfirst(lc);

		add_part(maker, with_condition(join, range));
		/* the filter may find few rows, whose join column is then at hand */
		add_part(maker, with_part(with_condition(empty_part(), range), join));
		if (view->equalities != NIL)
			add_part(maker, with_condition(with_part(join, all), range));
	}
}

/* Two join columns, in both orders. */
static void
add_pair(Maker *maker, const AdvScanCondition *a, const AdvScanCondition *b)
{
	Part		pairs[] = {
		with_condition(with_condition(empty_part(), a), b),
		with_condition(with_condition(empty_part(), b), a)
	};

	for (int i = 0; i < lengthof(pairs); i++)
	{
		/* of two relations, each row of one is looked up with each of the other */
		if (!bms_equal(a->others, b->others))
			pairs[i].use.loops = a->loops * b->loops;
		add_part(maker, pairs[i]);
	}
}

static void
combine_joins(Maker *maker)
{
	const List *joins = maker->view->joins;
	List	   *some = first_of(joins, COMBINED_JOINS);
	ListCell   *lc;

	foreach(lc, joins)
	{
		AdvScanCondition *join = lfirst(lc);
		List	   *together = joins_with(joins, join->others);

		combine_join_with_filters(maker, with_condition(empty_part(), join));
		if (list_length(together) > 1)
		{
			Part		part = with_condition(empty_part(), join);

			/* this one first, then the others */
			part = with_part(part, all_of(together, maker->options->max_columns));
			part.keys = list_truncate(part.keys, maker->options->max_columns + 1);
			combine_join_with_filters(maker, part);
		}
	}
	for (int i = 0; i < list_length(some); i++)
	{
		for (int j = i + 1; j < list_length(some); j++)
			add_pair(maker, list_nth(some, i), list_nth(some, j));
	}
}

static void
combine_orders(Maker *maker, const List *equalities)
{
	Part		filter = all_of(equalities, maker->options->max_columns - 1);
	ListCell   *lc;
	ListCell   *other;

	foreach(lc, first_of(maker->view->orders, COMBINED_ORDERS))
	{
		AdvScanOrder *order = lfirst(lc);

		add_part(maker, with_order(empty_part(), order));
		if (list_length(order->keys) > 1)
		{
			/* the rest can be sorted in small pieces */
			AdvScanOrder first = {list_make1(linitial(order->keys)), 1, order->reasons};

			add_part(maker, with_order(empty_part(), &first));
		}
		if (equalities != NIL)
			add_part(maker, with_order(filter, order));
		foreach(other, first_of(equalities, COMBINED_EQUALITIES))
			add_part(maker, with_order(with_condition(empty_part(), lfirst(other)), order));
	}
}

/* Each arm of an OR is looked up by itself. */
static void
combine_arms(Maker *maker)
{
	ListCell   *lc;

	foreach(lc, maker->view->arms)
	{
		List	   *equalities = NIL;
		List	   *ranges = NIL;
		ListCell   *cell;

		foreach(cell, (List *) lfirst(lc))
		{
			AdvScanCondition *condition = lfirst(cell);

			if (condition->equality)
				equalities = lappend(equalities, condition);
			else
				ranges = lappend(ranges, condition);
		}
		combine_filters(maker, equalities, ranges);
	}
}

/* ---------------------------------------------------------------------
 * Other kinds
 * ---------------------------------------------------------------------
 */

/*
 * The narrowest column that a btree can have: for a scan that has no use for
 * any but to read less.
 */
static AdvScanKey *
narrowest_key(const Maker *maker, const Bitmapset *columns)
{
	AdvScanKey *narrowest = NULL;
	int			attnum = -1;

	while ((attnum = bms_next_member(columns, attnum)) > 0)
	{
		AdvScanKey *key = adv_scan_column_key(maker->view->relid, attnum);

		if (key != NULL && (narrowest == NULL || key->width < narrowest->width))
			narrowest = key;
	}
	return narrowest;
}

static bool
has_covering(const Maker *maker)
{
	ListCell   *lc;

	foreach(lc, maker->found.candidates)
	{
		if (((AdvCandidate *) lfirst(lc))->reasons & ADV_REASON_COVERING)
			return true;
	}
	return false;
}

/* A scan of all rows: the index as a narrower table. */
static void
add_whole(Maker *maker)
{
	const AdvScanView *view = maker->view;
	Bitmapset  *columns = bms_copy(view->needed);
	AdvScanKey *key;
	Use			use = {1, 1, 0};

	if (!view->can_cover || has_covering(maker))
		return;
	if (bms_is_empty(columns))
	{
		/* count(*): any column does */
		for (AttrNumber attnum = 1; get_attname(view->relid, attnum, true) != NULL; attnum++)
		{
			if (get_atttype(view->relid, attnum) != InvalidOid)
				columns = bms_add_member(columns, attnum);
		}
	}
	key = narrowest_key(maker, columns);
	if (key != NULL)
		add_index(maker, list_make1(key), &use);
}

/* An index of one column and another access method. */
static void
add_single(Maker *maker, Oid am, const AdvScanKey *key, Oid opclass, Oid collation,
		   const Use *use)
{
	AdvIndexDef *def = adv_indexdef_make(maker->view->relid, am);
	Use			extended = *use;

	if (key->column.attnum == 0)
		extended.reasons |= ADV_REASON_EXPRESSION;
	if (adv_indexdef_add_key(def, key->column.attnum, key->column.expr, opclass, collation, 0))
		add_found(maker, def, guess_strength(maker, &extended, key->width, false, 1),
				  extended.reasons);
}

static Oid
default_opclass(const Maker *maker, const AdvScanKey *key, Oid am)
{
	Oid			type = key->column.attnum == 0 ? exprType(key->column.expr) :
		get_atttype(maker->view->relid, key->column.attnum);

	return GetDefaultOpClass(type, am);
}

static void
add_hash(Maker *maker, const AdvScanCondition *condition)
{
	const AdvScanKey *key = condition->key;
	Use			use = {condition->selectivity, Max(condition->loops, 1),
	condition->reasons | ADV_REASON_WIDE};
	Oid			opclass;

	if (key->width <= WIDE_FOR_HASH || (condition->reasons & ADV_REASON_NULL) != 0)
		return;
	opclass = default_opclass(maker, key, HASH_AM_OID);
	if (OidIsValid(opclass))
		add_single(maker, HASH_AM_OID, key, opclass, key->column.collation, &use);
}

static void
add_brin(Maker *maker, const AdvScanCondition *condition)
{
	const AdvScanKey *key = condition->key;
	/* what is read is whole ranges of pages */
	Use			use = {Min(1, condition->selectivity * 2), 1,
	condition->reasons | ADV_REASON_CORRELATED};
	Oid			opclass;

	if (fabs(key->correlation) <= BRIN_CORRELATION || condition->others != NULL ||
		(condition->reasons & ADV_REASON_PREFIX) != 0 ||
		maker->view->pages < maker->options->brin_pages)
		return;
	opclass = default_opclass(maker, key, BRIN_AM_OID);
	if (OidIsValid(opclass))
		add_single(maker, BRIN_AM_OID, key, opclass, key->column.collation, &use);
}

static void
add_other_kinds(Maker *maker)
{
	const AdvScanView *view = maker->view;
	ListCell   *lc;

	foreach(lc, view->specials)
	{
		AdvScanSpecial *special = lfirst(lc);
		Use			use = {special->selectivity, 1, special->reasons};

		add_single(maker, special->am, special->key, special->key->column.opclass,
				   special->key->column.collation, &use);
	}
	foreach(lc, view->equalities)
	{
		add_hash(maker, lfirst(lc));
		add_brin(maker, lfirst(lc));
	}
	foreach(lc, view->joins)
		add_hash(maker, lfirst(lc));
	foreach(lc, view->ranges)
		add_brin(maker, lfirst(lc));
}

/* ---------------------------------------------------------------------
 * Partial indexes
 * ---------------------------------------------------------------------
 */

/* Those whose key is not in the predicate. */
static List *
without_predicate(const Maker *maker, const List *conditions)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, conditions)
	{
		AdvScanCondition *condition = lfirst(lc);

		if (!bms_is_member(condition->key->column.attnum, maker->predicate->columns))
			result = lappend(result, condition);
	}
	return result;
}

/* An index whose predicate finds the rows, whatever its key is. */
static void
add_keyed_by_any(Maker *maker, const AdvScanKey *key)
{
	AdvIndexDef *def = adv_indexdef_make(maker->view->relid, BTREE_AM_OID);
	bool		covers;

	if (!adv_indexdef_add_key(def, key->column.attnum, key->column.expr, key->column.opclass,
							  key->column.collation, key->column.options))
		return;
	def->predicate = list_make1(maker->predicate->clause);
	covers = maker->view->can_cover && missing_columns(maker, def) == NIL;
	add_found(maker, def,
			  guess_strength(maker, &(Use) {1, 1, 0}, key->width, covers, 1),
			  ADV_REASON_PARTIAL | (covers ? ADV_REASON_COVERING : 0));
}

static void
add_partial(Maker *maker, const AdvScanPredicate *predicate)
{
	const AdvScanView *view = maker->view;
	List	   *equalities;
	List	   *ranges;
	Part		all;
	ListCell   *lc;

	maker->predicate = predicate;
	equalities = without_predicate(maker, view->equalities);
	ranges = without_predicate(maker, view->ranges);
	all = all_of(equalities, maker->options->max_columns - 1);
	add_part(maker, all);
	foreach(lc, first_of(equalities, COMBINED_EQUALITIES))
		add_part(maker, with_condition(empty_part(), lfirst(lc)));
	foreach(lc, first_of(ranges, COMBINED_RANGES))
	{
		add_part(maker, with_condition(empty_part(), lfirst(lc)));
		add_part(maker, with_condition(all, lfirst(lc)));
	}
	foreach(lc, first_of(without_predicate(maker, view->joins), COMBINED_JOINS))
	{
		add_part(maker, with_condition(empty_part(), lfirst(lc)));
		add_part(maker, with_part(with_condition(empty_part(), lfirst(lc)), all));
	}
	combine_orders(maker, equalities);
	/* if there is nothing but the predicate, any key does; of a range, its own */
	if (equalities == NIL && ranges == NIL && view->ranges == NIL &&
		view->joins == NIL && view->orders == NIL)
	{
		AdvScanKey *key;
		Bitmapset  *others = bms_difference(view->needed, predicate->columns);

		key = narrowest_key(maker, others);
		if (key == NULL)
			key = narrowest_key(maker, predicate->columns);
		if (key != NULL)
			add_keyed_by_any(maker, key);
	}
	maker->predicate = NULL;
}

/* ---------------------------------------------------------------------
 * A scan
 * ---------------------------------------------------------------------
 */

static bool
is_simple(const AdvCandidate *candidate)
{
	return candidate->def->ncolumns == 1 && candidate->def->predicate == NIL;
}

/*
 * Keep the candidates of one column, and the strongest of the rest.  Those that
 * cover look the strongest, and are the largest: they may be half of it.
 */
static void
keep_strongest(AdvCandidateSet *set, List *found)
{
	int			room = set->options.limit;
	int			covering = set->options.limit / 2;
	ListCell   *lc;

	sort_candidates(found);
	foreach(lc, found)
	{
		AdvCandidate *candidate = lfirst(lc);
		bool		covers = (candidate->reasons & ADV_REASON_COVERING) != 0;

		if (!is_simple(candidate))
		{
			if (room == 0 || (covers && covering == 0))
				continue;
			room--;
			if (covers)
				covering--;
		}
		keep_candidate(set, candidate);
	}
}

static void
make_candidates(AdvCandidateSet *set, const AdvScanView *view)
{
	Maker		maker = {&set->options, view};
	ListCell   *lc;

	combine_filters(&maker, view->equalities, view->ranges);
	combine_joins(&maker);
	combine_orders(&maker, view->equalities);
	combine_arms(&maker);
	add_whole(&maker);
	add_other_kinds(&maker);
	foreach(lc, view->predicates)
		add_partial(&maker, lfirst(lc));
	keep_strongest(set, maker.found.candidates);
}

void
adv_candidates_observe(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte,
					   void *arg)
{
	AdvCandidateSet *set = arg;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "advisor candidates of a scan",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	AdvScanView *view = adv_scan_view(root, rel, rti, rte, set->options.recurs,
									  set->options.arg);

	if (view != NULL)
		make_candidates(set, view);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

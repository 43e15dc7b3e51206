/*-------------------------------------------------------------------------
 *
 * indexsize.c
 *		How large an index would be that does not exist.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/nbtree.h"
#include "catalog/pg_am.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_statistic_ext_data.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "statistics/extended_stats_internal.h"
#include "statistics/statistics.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "whatif/amsize.h"
#include "whatif/btreesize.h"
#include "whatif/columnshape.h"
#include "whatif/indexsize.h"

/* So many rows are in one item of a btree at most, about. */
#define MAX_POSTING_ROWS	130

/* Everything that is known of the index. */
typedef struct Estimation
{
	const AdvIndexDef *def;
	Relation	table;
	AdvSampleCache *samples;
	double		table_tuples;
	double		tuples;			/* in the index */
	AdvColumnShape *columns;
} Estimation;

/* ---------------------------------------------------------------------
 * Different keys
 * ---------------------------------------------------------------------
 */

/* Attribute numbers of the keys; NULL if one of them is an expression. */
static Bitmapset *
key_attributes(const AdvIndexDef *def)
{
	Bitmapset  *attributes = NULL;

	for (int i = 0; i < def->nkeys; i++)
	{
		if (def->columns[i].attnum <= 0)
			return NULL;
		attributes = bms_add_member(attributes, def->columns[i].attnum);
	}
	return attributes;
}

/* The number of groups of just these columns in statistics, 0 if it has none. */
static double
distinct_in(MVNDistinct *statistics, Bitmapset *attributes)
{
	for (int i = 0; i < statistics->nitems; i++)
	{
		MVNDistinctItem *item = &statistics->items[i];
		int			n = 0;

		while (n < item->nattributes && item->attributes[n] > 0 &&
			   bms_is_member(item->attributes[n], attributes))
			n++;
		if (n == item->nattributes && n == bms_num_members(attributes))
			return item->ndistinct;
	}
	return 0;
}

static double
distinct_from_extended_statistics(Relation table, Bitmapset *attributes)
{
	double		distinct = 0;
	ListCell   *lc;

	foreach(lc, RelationGetStatExtList(table))
	{
		HeapTuple	tuple = SearchSysCache2(STATEXTDATASTXOID, ObjectIdGetDatum(lfirst_oid(lc)),
											BoolGetDatum(false));
		bool		isnull;
		Datum		data;

		if (!HeapTupleIsValid(tuple))
			continue;
		data = SysCacheGetAttr(STATEXTDATASTXOID, tuple,
							   Anum_pg_statistic_ext_data_stxdndistinct, &isnull);
		if (!isnull && distinct == 0)
			distinct = distinct_in(statext_ndistinct_deserialize(DatumGetByteaPP(data)),
								   attributes);
		ReleaseSysCache(tuple);
	}
	return distinct;
}

/* Does a unique index say that no two rows have the same values of these? */
static bool
are_unique(Relation table, Bitmapset *attributes)
{
	bool		unique = false;
	ListCell   *lc;

	foreach(lc, RelationGetIndexList(table))
	{
		HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(lc)));
		Form_pg_index form;
		bool		covered;

		if (!HeapTupleIsValid(tuple))
			continue;
		form = (Form_pg_index) GETSTRUCT(tuple);
		covered = form->indisunique && form->indisvalid &&
			heap_attisnull(tuple, Anum_pg_index_indpred, NULL);
		for (int i = 0; covered && i < form->indnkeyatts; i++)
			covered = form->indkey.values[i] > 0 &&
				bms_is_member(form->indkey.values[i], attributes);
		unique = unique || covered;
		ReleaseSysCache(tuple);
	}
	return unique;
}

static List *
key_expressions(const Estimation *e)
{
	List	   *exprs = NIL;

	for (int i = 0; i < e->def->nkeys; i++)
		exprs = lappend(exprs, e->columns[i].expr);
	return exprs;
}

/* As if columns had nothing to do with each other. */
static double
product_of_distinct(const Estimation *e)
{
	double		product = 1;

	for (int i = 0; i < e->def->nkeys; i++)
	{
		double		distinct = e->columns[i].distinct;

		product *= Max(distinct > 0 ? distinct : 200, 1) + (e->columns[i].null_fraction > 0);
	}
	return product;
}

/* Different keys among some of the rows, if there are so many among all. */
static double
thin_out(double distinct, double all, double fraction)
{
	if (fraction >= 1 || distinct <= 0)
		return distinct;
	return distinct * (1 - pow(1 - fraction, all / distinct));
}

/* Is this clause about nothing but the only key of the index? */
static bool
is_about_key(const Estimation *e, Node *clause)
{
	Bitmapset  *attributes = NULL;
	int			attribute;

	if (e->def->nkeys > 1 || e->def->columns[0].attnum == 0)
		return false;
	pull_varattnos(clause, 1, &attributes);
	return bms_get_singleton_member(attributes, &attribute) &&
		attribute + FirstLowInvalidHeapAttributeNumber == e->def->columns[0].attnum;
}

/* Does the predicate say that the only key is not null, and nothing else? */
static bool
only_excludes_nulls(const Estimation *e)
{
	Node	   *clause;

	if (list_length(e->def->predicate) != 1)
		return false;
	clause = linitial(e->def->predicate);
	return IsA(clause, NullTest) && ((NullTest *) clause)->nulltesttype == IS_NOT_NULL &&
		is_about_key(e, clause);
}

/*
 * Groups of equal keys, in the part of the table that the index is of.  What
 * proves something is asked first, then what has seen more rows.
 */
static void
find_groups(const Estimation *e, AdvSampleGroups *groups)
{
	Bitmapset  *attributes = key_attributes(e->def);
	double		fraction = e->table_tuples > 0 ? e->tuples / e->table_tuples : 1;

	memset(groups, 0, sizeof(AdvSampleGroups));
	if (attributes && are_unique(e->table, attributes))
		groups->distinct = e->tuples;
	else if (attributes && e->def->predicate == NIL && e->def->nkeys > 1)
		groups->distinct = distinct_from_extended_statistics(e->table, attributes);
	if (groups->distinct > 0)
		return;
	if (adv_sample_groups(e->samples, e->table, key_expressions(e), e->def->predicate, groups))
		return;
	memset(groups, 0, sizeof(AdvSampleGroups));
	if (e->def->predicate != NIL && is_about_key(e, (Node *) e->def->predicate))
		groups->distinct = Max(1, product_of_distinct(e) * fraction);
	else
		groups->distinct = thin_out(Min(product_of_distinct(e), e->table_tuples),
									e->table_tuples, fraction);
}

/* ---------------------------------------------------------------------
 * Btrees
 * ---------------------------------------------------------------------
 */

/* Are equal keys stored once?  As the server decides it. */
static bool
can_deduplicate(const AdvIndexDef *def)
{
	if (!def->deduplicate || def->unique || def->ncolumns > def->nkeys)
		return false;
	for (int i = 0; i < def->nkeys; i++)
	{
		Oid			input = get_opclass_input_type(def->columns[i].opclass);
		Oid			proc = get_opfamily_proc(get_opclass_family(def->columns[i].opclass),
											 input, input, BTEQUALIMAGE_PROC);

		if (!OidIsValid(proc) ||
			!DatumGetBool(OidFunctionCall1Coll(proc, def->columns[i].collation,
											   ObjectIdGetDatum(input))))
			return false;
	}
	return true;
}

static void
add_class(AdvBtreeShape *shape, AdvBtreeClass *classes, double groups, double rows,
		  const int *sizes, int nsizes)
{
	AdvBtreeClass *class = &classes[shape->nclasses];

	if (rows < 0.5)
		return;
	class->groups = Min(Max(groups, 1), rows);
	class->rows = rows;
	class->sizes = sizes;
	class->nsizes = nsizes;
	shape->nclasses++;
}

/*
 * Different values of a column that the catalog has statistics of.  The more
 * skewed they are the more ANALYZE misses: those that occur once or twice are
 * many, and it sees few of them.  And where equal values lie together it sees
 * too many of them together.  The sample's estimate allows for both.
 */
static double
distinct_of_column(const Estimation *e)
{
	const AdvColumnShape *c = &e->columns[0];
	bool		skewed = c->ncommon > 0 && c->common[0] > 3 * c->common[c->ncommon - 1];
	bool		clustered = fabs(c->correlation) > 0.8 && c->distinct < 0.95 * e->table_tuples;
	double		rest = 1 - c->null_fraction;
	AdvSampleGroups groups;

	for (int i = 0; i < c->ncommon; i++)
		rest -= c->common[i];
	/* it does not matter if there are many rows of each */
	if ((!skewed && !clustered) ||
		rest * e->table_tuples > 50 * (c->distinct - c->ncommon) ||
		!adv_sample_groups(e->samples, e->table, list_make1(c->expr), NIL, &groups))
		return c->distinct;
	groups.distinct = Min(groups.distinct, e->table_tuples);
	return clustered ? groups.distinct : Max(c->distinct, groups.distinct);
}

/* One column of which the catalog has statistics: nulls, common values, others. */
static void
classes_of_column(const Estimation *e, AdvBtreeShape *shape, AdvBtreeClass *classes,
				  int *sizes)
{
	static const int null_size = MAXALIGN(sizeof(IndexTupleData)) +
		MAXALIGN(sizeof(IndexAttributeBitMapData));
	const AdvColumnShape *c = &e->columns[0];
	double		null_fraction = e->def->predicate == NIL ? c->null_fraction : 0;
	double		rest = 1 - null_fraction;
	double		whole = e->tuples / Max(e->def->predicate == NIL ? 1 : 1 - c->null_fraction, 1e-9);
	AdvColumnShape present = *c;

	/* nulls are a class of their own, so the others are the sizes of values */
	present.null_fraction = 0;
	adv_tuple_sizes(&present, 1, sizes);
	add_class(shape, classes, 1, null_fraction * e->tuples, &null_size, 1);
	for (int i = 0; i < c->ncommon; i++)
	{
		add_class(shape, classes, 1, c->common[i] * whole, sizes, ADV_SHAPE_ROWS);
		rest -= c->common[i] * whole / e->tuples;
	}
	add_class(shape, classes, distinct_of_column(e) - c->ncommon, rest * e->tuples, sizes,
			  ADV_SHAPE_ROWS);
}

/*
 * Inner pages keep as many keys as it takes to tell two neighbours apart, and
 * the row's address if that is not enough.
 */
static double
pivot_size(const Estimation *e, const AdvBtreeShape *shape)
{
	double		size = 0;
	double		told = 0;
	double		groups = 0;
	double		items = 0;

	for (int i = 0; i < shape->nclasses; i++)
	{
		const AdvBtreeClass *class = &shape->classes[i];
		double		rows = class->rows / class->groups;

		groups += class->groups;
		items += class->groups *
			(shape->deduplicate ? ceil(rows / MAX_POSTING_ROWS) : rows);
	}

	for (int i = 0; i < e->def->nkeys; i++)
	{
		double		share = (i == e->def->nkeys - 1 ? groups : e->columns[i].distinct) / items;

		share = Min(Max(share, told), 1);
		size += (share - told) * adv_tuple_size(e->columns, i + 1);
		told = share;
	}
	return size + (1 - told) * (adv_tuple_size(e->columns, e->def->nkeys) +
								MAXALIGN(sizeof(ItemPointerData)));
}

static void
estimate_btree(Estimation *e, AdvIndexSize *size)
{
	const AdvIndexDef *def = e->def;
	int		   *sizes = palloc(ADV_SHAPE_ROWS * sizeof(int));
	AdvBtreeClass *classes = palloc((e->columns[0].ncommon + 3) * sizeof(AdvBtreeClass));
	AdvBtreeShape shape = {0, classes, can_deduplicate(def), def->fillfactor};
	AdvSampleGroups groups = {.distinct = e->tuples};

	adv_tuple_sizes(e->columns, def->ncolumns, sizes);
	if (shape.deduplicate && def->nkeys == 1 && e->columns[0].distinct > 0 &&
		def->columns[0].attnum != 0 && (def->predicate == NIL || only_excludes_nulls(e)))
		classes_of_column(e, &shape, classes, sizes);
	else
	{
		if (shape.deduplicate)
			find_groups(e, &groups);
		add_class(&shape, classes, groups.common_groups,
				  groups.common_fraction * e->tuples, sizes, ADV_SHAPE_ROWS);
		add_class(&shape, classes, groups.distinct - groups.common_groups,
				  (1 - groups.common_fraction) * e->tuples, sizes, ADV_SHAPE_ROWS);
	}
	shape.pivot_size = pivot_size(e, &shape);
	adv_btree_size(&shape, &size->pages, &size->tree_height);
}

/* ---------------------------------------------------------------------
 * All access methods
 * ---------------------------------------------------------------------
 */

static void
estimate_other(Estimation *e, AdvIndexSize *size)
{
	double		width = adv_tuple_size(e->columns, e->def->ncolumns);
	AdvSampleGroups groups;

	size->tree_height = -1;
	switch (e->def->am)
	{
		case HASH_AM_OID:
			find_groups(e, &groups);
			size->pages = adv_hash_pages(e->tuples, &groups);
			break;
		case BRIN_AM_OID:
			size->pages = adv_brin_pages(RelationGetNumberOfBlocks(e->table),
										 e->def->pages_per_range, width, e->def->ncolumns);
			break;
		case GIN_AM_OID:
			size->pages = adv_gin_pages(e->def, e->columns, e->table, e->table_tuples,
										e->tuples);
			break;
		default:
			size->pages = adv_tree_pages(e->def, e->tuples, width);
	}
}

static void
estimate(const AdvIndexDef *def, Relation table, AdvSampleCache *samples, AdvIndexSize *size)
{
	Estimation	e = {def, table, samples};

	e.table_tuples = adv_table_tuples(table);
	e.columns = palloc(def->ncolumns * sizeof(AdvColumnShape));
	for (int i = 0; i < def->ncolumns; i++)
		adv_column_shape(def, i, table, e.table_tuples, samples, &e.columns[i]);
	e.tuples = e.table_tuples * adv_predicate_fraction(samples, table, def->predicate);
	e.tuples = e.table_tuples > 0 ? Max(floor(e.tuples + 0.5), 1) : 0;
	size->tuples = e.tuples;
	if (def->am != BTREE_AM_OID)
		estimate_other(&e, size);
	else if (e.tuples > 0)
		estimate_btree(&e, size);
	else
	{
		size->pages = 1;
		size->tree_height = 0;
	}
}

void
adv_indexsize_estimate(const AdvIndexDef *def, Relation table,
					   AdvSampleCache *samples, AdvIndexSize *size)
{
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "advisor index size",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(work);

	adv_samples_trim(samples, RelationGetRelid(table));
	estimate(def, table, samples, size);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
}

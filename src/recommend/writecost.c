/*-------------------------------------------------------------------------
 *
 * writecost.c
 *		What keeping an index up to date costs per day.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/amapi.h"
#include "access/relation.h"
#include "access/sysattr.h"
#include "capture/captured.h"
#include "catalog/partition.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_statistic.h"
#include "common/compat.h"
#include "miscadmin.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "pgstat.h"
#include "postmaster/autovacuum.h"
#include "recommend/writecost.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* Entries on an inner page of a tree, roughly */
#define FANOUT			250.0
/* Comparisons that a page on the way down is charged as, as in btcostestimate() */
#define PAGE_CPU		50.0
/* Of a gist page all tuples are compared, by a function */
#define GIST_FACTOR		4.0
/* Elements of a column in a gin index of which nothing is known */
#define GIN_ELEMENTS	10.0
/* WAL for an entry besides its data */
#define WAL_OVERHEAD	64.0
/* Rows whose correlation is higher come in order */
#define IN_ORDER		0.99

/* ---------------------------------------------------------------------
 * Cost of an entry
 * ---------------------------------------------------------------------
 */

/* An index, as far as it matters here. */
typedef struct Maintained
{
	Oid			am;
	double		tuples;
	double		pages;
	double		elements;		/* entries per row */
	bool		in_order;		/* new rows go to the end */
} Maintained;

/* Cost of finding the place of an entry, without reading it. */
static double
descent_cost(const Maintained *index)
{
	double		pages = Max(index->pages, 1);
	double		height = pages > 1 ? ceil(log(pages) / log(FANOUT)) : 0;
	double		cost = log2(Max(index->tuples, 2)) * cpu_operator_cost +
		(height + 1) * PAGE_CPU * cpu_operator_cost;

	switch (index->am)
	{
		case HASH_AM_OID:
			return 2 * PAGE_CPU * cpu_operator_cost;
		case BRIN_AM_OID:
			return PAGE_CPU * cpu_operator_cost;
		case GIST_AM_OID:
			return cost * GIST_FACTOR;
		default:
			return cost;
	}
}

/* Part of the pages that are not in memory. */
static double
miss_share(double table_pages, double index_pages)
{
	double		all = Max(table_pages + index_pages, 1);

	return Max(0, 1 - effective_cache_size / all);
}

/* Cost of the entries for one row. */
static double
row_cost(const Maintained *index, double miss)
{
	double		bytes = index->tuples > 0 ? index->pages * BLCKSZ / index->tuples : 0;
	double		wal = (Min(bytes, BLCKSZ) + WAL_OVERHEAD) / BLCKSZ * seq_page_cost;

	/* a range of pages is summarized once and then only compared with */
	if (index->am == BRIN_AM_OID)
		return cpu_index_tuple_cost + descent_cost(index);
	return index->elements * (cpu_index_tuple_cost + descent_cost(index) +
							  miss * random_page_cost + wal);
}

/* Share of a dead row in the next vacuum, which reads all of the index. */
static double
dead_row_cost(const Maintained *index, double table_tuples)
{
	double		rows = Max(autovacuum_vac_thresh + autovacuum_vac_scale * table_tuples, 1);

	if (index->am == BRIN_AM_OID)
		return 0;
	return index->pages * seq_page_cost / rows + cpu_index_tuple_cost * index->elements;
}

/* Elements in a column, from its statistics if it has any. */
static double
element_count(Oid relid, AttrNumber attnum)
{
	HeapTuple	tuple;
	AttStatsSlot slot;
	double		elements = GIN_ELEMENTS;

	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relid), Int16GetDatum(attnum),
							BoolGetDatum(get_rel_relkind(relid) == RELKIND_PARTITIONED_TABLE));
	if (!HeapTupleIsValid(tuple))
		return elements;
	/* the last number is the average of distinct elements */
	if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_DECHIST, InvalidOid,
						 ATTSTATSSLOT_NUMBERS))
	{
		if (slot.nnumbers > 0)
			elements = slot.numbers[slot.nnumbers - 1];
		free_attstatsslot(&slot);
	}
	ReleaseSysCache(tuple);
	return elements;
}

/* Are the values of a column in the order of the table's rows? */
static bool
is_in_order(Oid relid, AttrNumber attnum)
{
	HeapTuple	tuple;
	AttStatsSlot slot;
	bool		in_order = false;

	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relid), Int16GetDatum(attnum),
							BoolGetDatum(get_rel_relkind(relid) == RELKIND_PARTITIONED_TABLE));
	if (!HeapTupleIsValid(tuple))
		return false;
	if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_CORRELATION, InvalidOid,
						 ATTSTATSSLOT_NUMBERS))
	{
		in_order = slot.nnumbers == 1 && slot.numbers[0] > IN_ORDER;
		free_attstatsslot(&slot);
	}
	ReleaseSysCache(tuple);
	return in_order;
}

/* Fill in what columns tell; first is the first one, 0 if it is an expression. */
static void
describe_columns(Maintained *index, Oid relid, const AttrNumber *attnums, int n)
{
	index->elements = 1;
	if (index->am == BTREE_AM_OID)
		index->in_order = attnums[0] > 0 && is_in_order(relid, attnums[0]);
	if (index->am != GIN_AM_OID)
		return;
	index->elements = 0;
	for (int i = 0; i < n; i++)
		index->elements += attnums[i] > 0 ? element_count(relid, attnums[i]) : GIN_ELEMENTS;
}

/* ---------------------------------------------------------------------
 * The tables
 * ---------------------------------------------------------------------
 */

/* The topmost partitioned table that it belongs to, or itself. */
static Oid
root_of(Oid relid)
{
	List	   *ancestors;

	if (!get_rel_relispartition(relid))
		return relid;
	ancestors = get_partition_ancestors(relid);
	return ancestors == NIL ? relid : llast_oid(ancestors);
}

/* Attribute numbers of a partition as those of the topmost table. */
static Bitmapset *
attnums_of_root(const Bitmapset *attnums, Oid relid, Oid root)
{
	Bitmapset  *result = NULL;
	int			attnum = -1;

	if (relid == root)
		return bms_copy(attnums);
	while ((attnum = bms_next_member(attnums, attnum)) >= 0)
	{
		char	   *name = get_attname(relid, attnum, true);
		AttrNumber	of_root = name ? get_attnum(root, name) : InvalidAttrNumber;

		if (of_root > 0)
			result = bms_add_member(result, of_root);
	}
	return result;
}

static void
add_updates(AdvTableWrites *table, Bitmapset *changed, bool changes_more, double rows)
{
	AdvTableUpdates *updates;
	ListCell   *lc;

	table->updated += rows;
	foreach(lc, table->updates)
	{
		updates = lfirst(lc);
		if (updates->changes_more == changes_more && bms_equal(updates->changed, changed))
		{
			updates->rows += rows;
			return;
		}
	}
	updates = palloc(sizeof(AdvTableUpdates));
	updates->changed = changed;
	updates->changes_more = changes_more;
	updates->rows = rows;
	table->updates = lappend(table->updates, updates);
}

/*
 * Add rows to what they are.  Of what inserts or updates it is not known how
 * many it did of which: half and half.
 */
static void
add_rows(AdvTableWrites *table, const AdvCapturedWrite *write, double rows)
{
	Bitmapset  *changed = attnums_of_root(write->changed, write->relid, table->relid);

	switch (write->operation)
	{
		case CMD_INSERT:
			if (write->changed == NULL)
				table->inserted += rows;
			else
			{
				table->inserted += rows / 2;
				add_updates(table, changed, write->changes_more, rows / 2);
			}
			break;
		case CMD_DELETE:
			table->deleted += rows;
			break;
		case CMD_MERGE:
			table->inserted += rows / 2;
			add_updates(table, changed, write->changes_more, rows / 2);
			break;
		default:
			add_updates(table, changed, write->changes_more, rows);
			break;
	}
}

/* Updates of a table since statistics were reset, and those that were HOT. */
static void
add_update_counts(Oid relid, double *updated, double *hot)
{
	const PgStat_StatTabEntry *counts = pgstat_fetch_stat_tabentry(relid);

	if (counts == NULL)
		return;
	*updated += counts->tuples_updated;
	*hot += counts->tuples_hot_updated;
}

/* Is there a column among them that makes HOT impossible, as things are? */
static bool
is_indexed(const AdvTableWrites *table, const AdvTableUpdates *updates)
{
	return updates->changes_more || bms_overlap(updates->changed, table->indexed);
}

/*
 * Of the updates that could be HOT, how many are: the server counts them among
 * all, of which those that we have seen say how many could be.
 */
static double
hot_share(const AdvTableWrites *table, double updated, double hot)
{
	double		possible = 0;
	ListCell   *lc;

	foreach(lc, table->updates)
	{
		const AdvTableUpdates *updates = lfirst(lc);

		if (!is_indexed(table, updates))
			possible += updates->rows;
	}
	if (updated <= 0 || possible <= 0)
		return 1;
	return Min(1, hot / updated / (possible / table->updated));
}

/* An index of the table: what an entry costs, and its size. */
static void
add_index(AdvTableWrites *table, Oid indexid, double table_pages)
{
	Relation	index = try_relation_open(indexid, AccessShareLock);
	Maintained	maintained = {0};

	if (index == NULL)
		return;
	maintained.am = index->rd_rel->relam;
	maintained.tuples = Max(index->rd_rel->reltuples, 0);
	maintained.pages = index->rd_rel->relpages;
	describe_columns(&maintained, table->relid, index->rd_index->indkey.values,
					 index->rd_index->indnkeyatts);
	table->pages += maintained.pages;
	table->index_cost += row_cost(&maintained, maintained.in_order ? 0 :
								  miss_share(table_pages, maintained.pages));
	relation_close(index, AccessShareLock);
}

static Bitmapset *
indexed_attnums(Relation relation)
{
	Bitmapset  *attrs = RelationGetIndexAttrBitmap(relation, ADV_HOT_BLOCKING_ATTRS);
	Bitmapset  *result = NULL;
	int			member = -1;

	while ((member = bms_next_member(attrs, member)) >= 0)
	{
		int			attnum = member + FirstLowInvalidHeapAttributeNumber;

		if (attnum > 0)
			result = bms_add_member(result, attnum);
	}
	return result;
}

/* Sizes and counts of the table itself and of all its partitions. */
static void
add_sizes(AdvTableWrites *table, double *updated, double *hot)
{
	List	   *children = find_all_inheritors(table->relid, NoLock, NULL);
	ListCell   *lc;

	foreach(lc, children)
	{
		HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(lfirst_oid(lc)));
		Form_pg_class form;

		if (!HeapTupleIsValid(tuple))
			continue;
		form = (Form_pg_class) GETSTRUCT(tuple);

		/* a partitioned table's rows are those of its partitions */
		if (form->relkind != RELKIND_PARTITIONED_TABLE)
		{
			table->tuples += Max(form->reltuples, 0);
			table->pages += form->relpages;
			add_update_counts(lfirst_oid(lc), updated, hot);
		}
		ReleaseSysCache(tuple);
	}
}

/* Look at the table as it is; false if that cannot be done now. */
static bool
describe_table(AdvTableWrites *table)
{
	Relation	relation;
	double		updated = 0;
	double		hot = 0;
	double		table_pages;
	ListCell   *lc;

	if (!ConditionalLockRelationOid(table->relid, AccessShareLock))
		return false;
	relation = try_relation_open(table->relid, NoLock);
	if (relation == NULL)
	{
		UnlockRelationOid(table->relid, AccessShareLock);
		return false;
	}
	add_sizes(table, &updated, &hot);
	table_pages = table->pages;
	table->indexed = indexed_attnums(relation);
	foreach(lc, RelationGetIndexList(relation))
		add_index(table, lfirst_oid(lc), table_pages);
	table->hot_share = hot_share(table, updated, hot);
	relation_close(relation, AccessShareLock);
	return true;
}

static AdvTableWrites *
find_table(List *tables, Oid root)
{
	ListCell   *lc;

	foreach(lc, tables)
	{
		AdvTableWrites *table = lfirst(lc);

		if (table->relid == root)
			return table;
	}
	return NULL;
}

/* Has the relation rows of its own or of partitions, and is it still there? */
static bool
is_table(Oid relid)
{
	char		relkind = get_rel_relkind(relid);

	return relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE;
}

List *
adv_table_writes(const List *statements, double days)
{
	List	   *tables = NIL;
	ListCell   *ls;
	ListCell   *lw;

	foreach(ls, statements)
	{
		foreach(lw, ((const AdvCapturedStatement *) lfirst(ls))->writes)
		{
			const AdvCapturedWrite *write = lfirst(lw);
			Oid			root;
			AdvTableWrites *table;

			if (!is_table(write->relid))
				continue;
			root = root_of(write->relid);
			table = find_table(tables, root);
			if (table == NULL)
			{
				table = palloc0(sizeof(AdvTableWrites));
				table->relid = root;
				tables = lappend(tables, table);
			}
			add_rows(table, write, write->rows / days);
		}
	}
	foreach(ls, tables)
	{
		CHECK_FOR_INTERRUPTS();
		if (!describe_table(lfirst(ls)))
			tables = foreach_delete_current(tables, ls);
	}
	return tables;
}

const AdvTableWrites *
adv_table_writes_find(const List *writes, Oid relid)
{
	return find_table(unconstify(List *, writes), root_of(relid));
}

/* ---------------------------------------------------------------------
 * A new index
 * ---------------------------------------------------------------------
 */

/* Attribute numbers that a definition reads, numbered as the topmost table's. */
static Bitmapset *
definition_attnums(const AdvIndexDef *def, Oid root)
{
	Bitmapset  *attrs = NULL;
	Bitmapset  *attnums = NULL;
	int			member = -1;

	for (int i = 0; i < def->ncolumns; i++)
	{
		if (def->columns[i].attnum > 0)
			attnums = bms_add_member(attnums, def->columns[i].attnum);
		else
			pull_varattnos(def->columns[i].expr, 1, &attrs);
	}
	pull_varattnos((Node *) def->predicate, 1, &attrs);
	while ((member = bms_next_member(attrs, member)) >= 0)
	{
		int			attnum = member + FirstLowInvalidHeapAttributeNumber;

		if (attnum > 0)
			attnums = bms_add_member(attnums, attnum);
	}
	return attnums_of_root(attnums, def->relid, root);
}

static void
describe_new(Maintained *index, const AdvIndexDef *def, double tuples, double pages)
{
	AttrNumber	attnums[INDEX_MAX_KEYS];

	for (int i = 0; i < def->nkeys; i++)
		attnums[i] = def->columns[i].attnum;
	index->am = def->am;
	index->tuples = tuples;
	index->pages = pages;
	describe_columns(index, def->relid, attnums, def->nkeys);
}

/* Part of the table's rows that have entries. */
static double
indexed_share(const AdvIndexDef *def, double tuples, const AdvTableWrites *writes)
{
	if (def->predicate == NIL || writes->tuples <= 0)
		return 1;
	return Min(1, tuples / writes->tuples);
}

/*
 * What an update of each kind does: rows that get a new entry, and HOT updates that
 * are none any more.
 */
static void
count_updates(const AdvTableWrites *writes, const Bitmapset *attnums, bool blocks_hot,
			  double *entries, double *lost)
{
	ListCell   *lc;

	foreach(lc, writes->updates)
	{
		const AdvTableUpdates *updates = lfirst(lc);
		bool		touched = updates->changes_more || bms_overlap(updates->changed, attnums);

		if (is_indexed(writes, updates) || touched)
			*entries += updates->rows;
		else
			*entries += updates->rows * (1 - writes->hot_share);
		if (touched && blocks_hot && !is_indexed(writes, updates))
			*lost += updates->rows * writes->hot_share;
	}
}

void
adv_write_cost(const AdvIndexDef *def, double tuples, double pages,
			   const AdvTableWrites *writes, AdvWriteCost *cost)
{
	Maintained	index = {0};
	double		updates = 0;
	double		miss;
	double		share;

	memset(cost, 0, sizeof(AdvWriteCost));
	if (writes == NULL)
		return;
	describe_new(&index, def, tuples, pages);
	miss = miss_share(writes->pages, pages);
	share = indexed_share(def, tuples, writes);
	count_updates(writes, definition_attnums(def, writes->relid),
				  ADV_AM_BLOCKS_HOT(GetIndexAmRoutineByAmId(def->am, false)),
				  &updates, &cost->hot_updates_lost);

	cost->entries = share * (writes->inserted + updates);
	cost->cost = share *
		(writes->inserted * row_cost(&index, index.in_order ? 0 : miss) +
		 updates * row_cost(&index, miss) +
		 (writes->deleted + updates) * dead_row_cost(&index, writes->tuples));
	cost->hot_cost = cost->hot_updates_lost * writes->index_cost;
}

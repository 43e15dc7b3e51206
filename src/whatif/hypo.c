/*-------------------------------------------------------------------------
 *
 * hypo.c
 *		Indexes that do not exist, as the planner would see them if they did.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/amapi.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "common/compat.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rewriteManip.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "whatif/hypo.h"
#include "whatif/sample.h"

struct AdvHypoSet
{
	MemoryContext context;
	AdvSampleCache *samples;
	int			n;
	int			room;
	AdvHypoIndex **indexes;		/* by id */
	HTAB	   *leaves;			/* of LeavesOfTable */
	Oid			next_oid;
};

typedef struct LeavesOfTable
{
	Oid			relid;			/* key */
	List	   *leaves;
} LeavesOfTable;

AdvHypoSet *
adv_hypos_create(MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "advisor hypothetical indexes",
												  ALLOCSET_DEFAULT_SIZES);
	AdvHypoSet *set = MemoryContextAllocZero(context, sizeof(AdvHypoSet));
	HASHCTL		ctl = {0};

	set->context = context;
	set->samples = adv_samples_create(context);
	set->room = 16;
	set->indexes = MemoryContextAlloc(context, set->room * sizeof(AdvHypoIndex *));
	ctl.keysize = sizeof(Oid);
	ctl.entrysize = sizeof(LeavesOfTable);
	ctl.hcxt = context;
	set->leaves = hash_create("advisor hypothetical leaves", 64, &ctl,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	/* from the far end, where relations of an old cluster are least likely */
	set->next_oid = PG_UINT32_MAX;
	return set;
}

int
adv_hypos_count(const AdvHypoSet *set)
{
	return set->n;
}

const AdvHypoIndex *
adv_hypos_get(const AdvHypoSet *set, int id)
{
	Assert(id >= 0 && id < set->n);
	return set->indexes[id];
}

const AdvHypoIndex *
adv_hypos_by_oid(const AdvHypoSet *set, Oid oid)
{
	uint32		from_top = PG_UINT32_MAX - oid;

	/* oids descend from the highest, with few gaps or none */
	for (int id = from_top < set->n ? (int) from_top : set->n - 1; id >= 0; id--)
	{
		if (set->indexes[id]->oid == oid)
			return set->indexes[id];
		if (set->indexes[id]->oid > oid)
			break;
	}
	return NULL;
}

List *
adv_hypos_on(const AdvHypoSet *set, Oid relid)
{
	LeavesOfTable *entry = hash_search(set->leaves, &relid, HASH_FIND, NULL);

	return entry ? entry->leaves : NIL;
}

/* An oid that no relation has. */
static Oid
choose_oid(AdvHypoSet *set)
{
	while (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(set->next_oid)))
		set->next_oid--;
	return set->next_oid--;
}

/* What the planner reads of the access method. */
static void
describe_method(IndexOptInfo *info, Oid am, Relation table)
{
	IndexAmRoutine *routine = GetIndexAmRoutineByAmId(am, false);

	info->relam = am;
	info->amcanorderbyop = routine->amcanorderbyop;
	info->amoptionalkey = routine->amoptionalkey;
	info->amsearcharray = routine->amsearcharray;
	info->amsearchnulls = routine->amsearchnulls;
	info->amcanparallel = routine->amcanparallel;
	info->amhasgettuple = routine->amgettuple != NULL;
	info->amhasgetbitmap = routine->amgetbitmap != NULL && adv_table_has_bitmap_scan(table);
	info->amcanmarkpos = routine->ammarkpos != NULL && routine->amrestrpos != NULL;
	info->amcostestimate = routine->amcostestimate;
}

/* Order and null order, which btrees alone have. */
static void
describe_order(IndexOptInfo *info, const AdvIndexDef *def)
{
	if (def->am != BTREE_AM_OID)
		return;
	info->sortopfamily = info->opfamily;
	info->reverse_sort = palloc(sizeof(bool) * def->nkeys);
	info->nulls_first = palloc(sizeof(bool) * def->nkeys);
	for (int i = 0; i < def->nkeys; i++)
	{
		info->reverse_sort[i] = (def->columns[i].options & INDOPTION_DESC) != 0;
		info->nulls_first[i] = (def->columns[i].options & INDOPTION_NULLS_FIRST) != 0;
	}
}

static void
describe_columns(AdvHypoLeaf *leaf, const AdvIndexDef *def)
{
	IndexOptInfo *info = &leaf->info;

	info->ncolumns = def->ncolumns;
	info->nkeycolumns = def->nkeys;
	info->indexkeys = palloc(sizeof(int) * def->ncolumns);
	info->canreturn = palloc(sizeof(bool) * def->ncolumns);
	info->indexcollations = palloc(sizeof(Oid) * def->nkeys);
	info->opfamily = palloc(sizeof(Oid) * def->nkeys);
	info->opcintype = palloc(sizeof(Oid) * def->nkeys);
	info->opclassoptions = palloc0(sizeof(bytea *) * def->ncolumns);
	leaf->types = palloc(sizeof(Oid) * def->ncolumns);
	leaf->typmods = palloc(sizeof(int32) * def->ncolumns);
	leaf->collations = palloc0(sizeof(Oid) * def->ncolumns);
	for (int i = 0; i < def->ncolumns; i++)
	{
		const AdvIndexColumn *column = &def->columns[i];

		info->indexkeys[i] = column->attnum;
		/* others can for some operator classes: it is not claimed */
		info->canreturn[i] = def->am == BTREE_AM_OID;
		leaf->types[i] = adv_indexdef_column_type(def, i, &leaf->typmods[i]);
		if (column->attnum != 0)
			get_atttypetypmodcoll(def->relid, column->attnum, &leaf->types[i],
								  &leaf->typmods[i], &leaf->collations[i]);
		else
			info->indexprs = lappend(info->indexprs, copyObject(column->expr));
		if (i < def->nkeys)
		{
			info->indexcollations[i] = column->collation;
			info->opfamily[i] = get_opclass_family(column->opclass);
			info->opcintype[i] = get_opclass_input_type(column->opclass);
		}
	}
}

/*
 * Without statistics the planner takes one row in 200 for an equality with an
 * expression, whatever it is.  A real index would soon have statistics.
 */
static void
describe_statistics(AdvHypoSet *set, AdvHypoLeaf *leaf, Relation table)
{
	const AdvIndexDef *def = leaf->def;

	leaf->stats = palloc0(sizeof(HeapTuple) * def->ncolumns);
	for (int i = 0; i < def->nkeys; i++)
		if (def->columns[i].attnum == 0)
			leaf->stats[i] = adv_sample_expression_stats(set->samples, table,
														 def->columns[i].expr,
														 def->columns[i].collation);
}

/* Everything about an index on one table that has rows of its own. */
static AdvHypoLeaf *
make_leaf(AdvHypoSet *set, AdvIndexDef *def, Relation table)
{
	AdvHypoLeaf *leaf = palloc0(sizeof(AdvHypoLeaf));
	IndexOptInfo *info = &leaf->info;

	leaf->def = def;
	leaf->info.type = T_IndexOptInfo;
	describe_columns(leaf, def);
	describe_method(info, def->am, table);
	describe_order(info, def);
	describe_statistics(set, leaf, table);
	adv_indexsize_estimate(def, table, set->samples, &leaf->size);

	info->reltablespace = OidIsValid(def->tablespace) ? def->tablespace :
		table->rd_rel->reltablespace;
	info->indpred = copyObject(def->predicate);
	info->pages = (BlockNumber) Max(leaf->size.pages, 1);
	info->tuples = leaf->size.tuples;
	info->tree_height = leaf->size.tree_height;
	info->immediate = true;
	info->hypothetical = true;
	return leaf;
}

/* The leaves on all partitions of a partitioned table. */
static List *
make_partition_leaves(AdvHypoSet *set, const AdvIndexDef *def, Relation parent)
{
	List	   *leaves = NIL;
	ListCell   *lc;

	foreach(lc, find_all_inheritors(def->relid, AccessShareLock, NULL))
	{
		Relation	child = table_open(lfirst_oid(lc), NoLock);

		/* CREATE INDEX leaves foreign partitions out, or refuses for them */
		if (child->rd_rel->relkind == RELKIND_RELATION)
		{
			AdvIndexDef *mapped = adv_indexdef_for_child(def, parent, child);

			if (mapped)
				leaves = lappend(leaves, make_leaf(set, mapped, child));
		}
		table_close(child, NoLock);
	}
	return leaves;
}

/* Make the index findable: nothing here fails but for want of memory. */
static void
publish(AdvHypoSet *set, AdvHypoIndex *index)
{
	if (set->n == set->room)
	{
		set->indexes = repalloc(set->indexes, 2 * set->room * sizeof(AdvHypoIndex *));
		set->room *= 2;
	}
	for (int i = 0; i < index->nleaves; i++)
	{
		Oid			relid = index->leaves[i]->def->relid;
		bool		found;
		LeavesOfTable *entry = hash_search(set->leaves, &relid, HASH_ENTER, &found);

		if (!found)
			entry->leaves = NIL;
		entry->leaves = lappend(entry->leaves, index->leaves[i]);
	}
	set->indexes[set->n++] = index;
}

const AdvHypoIndex *
adv_hypos_add(AdvHypoSet *set, const AdvIndexDef *def, const char *name)
{
	MemoryContext old = MemoryContextSwitchTo(set->context);
	Relation	table = table_open(def->relid, AccessShareLock);
	AdvHypoIndex *index = palloc0(sizeof(AdvHypoIndex));
	List	   *leaves;

	index->def = adv_indexdef_copy(def);
	if (table->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		leaves = make_partition_leaves(set, index->def, table);
	else
		leaves = list_make1(make_leaf(set, index->def, table));

	index->id = set->n;
	index->oid = choose_oid(set);
	index->name = pstrdup(name);
	index->nleaves = list_length(leaves);
	index->leaves = palloc(index->nleaves * sizeof(AdvHypoLeaf *));
	for (int i = 0; i < index->nleaves; i++)
	{
		AdvHypoLeaf *leaf = list_nth(leaves, i);

		leaf->id = index->id;
		leaf->info.indexoid = index->oid;
		index->leaves[i] = leaf;
		index->bytes += leaf->size.pages * BLCKSZ;
		index->tuples += leaf->size.tuples;
	}
	publish(set, index);
	table_close(table, NoLock);
	MemoryContextSwitchTo(old);
	return index;
}

/* As the target list of a real index: its columns, as Vars of varno. */
static List *
make_target_list(const AdvHypoLeaf *leaf, const IndexOptInfo *info, Index varno)
{
	List	   *tlist = NIL;
	ListCell   *expression = list_head(info->indexprs);

	for (int i = 0; i < info->ncolumns; i++)
	{
		Expr	   *column;

		if (info->indexkeys[i] != 0)
			column = (Expr *) makeVar(varno, info->indexkeys[i], leaf->types[i],
									  leaf->typmods[i], leaf->collations[i], 0);
		else
		{
			column = lfirst(expression);
			expression = lnext(info->indexprs, expression);
		}
		tlist = lappend(tlist, makeTargetEntry(column, i + 1, NULL, false));
	}
	return tlist;
}

IndexOptInfo *
adv_hypo_index_info(const AdvHypoLeaf *leaf, RelOptInfo *rel)
{
	IndexOptInfo *info = makeNode(IndexOptInfo);

	*info = leaf->info;
	info->rel = rel;
	if (info->indexprs != NIL)
	{
		info->indexprs = copyObject(info->indexprs);
		ChangeVarNodes((Node *) info->indexprs, 1, rel->relid, 0);
	}
	if (info->indpred != NIL)
	{
		info->indpred = copyObject(info->indpred);
		ChangeVarNodes((Node *) info->indpred, 1, rel->relid, 0);
		info->tuples = Min(info->tuples, rel->tuples);
	}
	else
		info->tuples = rel->tuples;
	info->indextlist = make_target_list(leaf, info, rel->relid);
	return info;
}

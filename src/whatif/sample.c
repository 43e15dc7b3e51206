/*-------------------------------------------------------------------------
 *
 * sample.c
 *		Statistics that the catalog lacks, from a sample of a table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/detoast.h"
#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/toast_internals.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "commands/vacuum.h"
#include "common/compat.h"
#include "common/hashfn.h"
#include "executor/execdesc.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/plancat.h"
#include "optimizer/planner.h"
#include "optimizer/restrictinfo.h"
#include "parser/parse_relation.h"
#include "storage/bufmgr.h"
#include "tcop/dest.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/selfuncs.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "whatif/sample.h"

/* About so many rows are read, from a number of blocks between these. */
#define SAMPLE_ROWS			20000.0
#define MIN_BLOCKS			200.0
#define MAX_BLOCKS			1000.0

/* The seed of all samples, so that an answer can be had twice. */
#define SAMPLE_SEED			20.0

/* Groups in so many blocks of the sample are common ones. */
#define COMMON_BLOCKS		20

/* Columns and conditions kept of a sample: each is a few hundred kB. */
#define MOST_COLUMNS		200

/* Fewer rows than this say nothing about groups. */
#define FEWEST_ROWS			100

#define NULL_HASH			UINT64CONST(0x9E3779B97F4A7C15)

/* A column or expression of a sample: one element per row in each array. */
typedef struct SampleColumn
{
	Node	   *expr;
	uint64	   *hashes;
	int32	   *widths;			/* in an index; -1: null */
	bool	   *truths;			/* of booleans */
} SampleColumn;

typedef struct TableSample
{
	Oid			relid;
	MemoryContext context;		/* of the columns */
	int			nrows;
	ItemPointerData *tids;
	double		share;			/* of the table's rows */
	List	   *columns;		/* SampleColumn */
	List	   *counted;		/* CountedGroups */
} TableSample;

/* Groups that have been counted. */
typedef struct CountedGroups
{
	Bitmapset  *columns;		/* places in the list of columns */
	Bitmapset  *conditions;		/* the same, of the conditions of a predicate */
	AdvSampleGroups groups;
} CountedGroups;

typedef struct ExpressionStats
{
	Oid			relid;
	Node	   *expr;
	Oid			collation;
	HeapTuple	tuple;			/* may be NULL */
} ExpressionStats;

struct AdvSampleCache
{
	MemoryContext context;
	List	   *samples;
	List	   *expressions;
};

AdvSampleCache *
adv_samples_create(MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "advisor samples",
												  ALLOCSET_DEFAULT_SIZES);
	AdvSampleCache *cache = MemoryContextAllocZero(context, sizeof(AdvSampleCache));

	cache->context = context;
	return cache;
}

double
adv_table_tuples(Relation table)
{
	BlockNumber pages;
	double		tuples;
	double		visible;

	estimate_rel_size(table, NULL, &pages, &tuples, &visible);
	return tuples;
}

/* ---------------------------------------------------------------------
 * Reading
 * ---------------------------------------------------------------------
 */

/* Numbers of the attributes in expressions, as the planner's offset has them. */
static Bitmapset *
columns_of(List *exprs)
{
	Bitmapset  *columns = NULL;

	pull_varattnos((Node *) exprs, 1, &columns);
	return columns;
}

/*
 * May the current user read these columns of all rows?  Whether he may is asked
 * here, not found out by an error: the users of a view do without rights on its
 * tables, and their statements are to be planned all the same.
 */
static bool
may_read(Relation table, Bitmapset *columns)
{
	Oid			relid = RelationGetRelid(table);
	int			i = -1;

	if (check_enable_rls(relid, InvalidOid, true) == RLS_ENABLED)
		return false;
	if (pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK)
		return true;
	if (bms_is_empty(columns))
		return false;
	while ((i = bms_next_member(columns, i)) >= 0)
	{
		AttrNumber	attnum = i + FirstLowInvalidHeapAttributeNumber;

		if (attnum <= 0 ||
			pg_attribute_aclcheck(relid, attnum, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
			return false;
	}
	return true;
}

/* A query with the table, without its children, as only range table entry. */
static Query *
make_query(Relation table, Bitmapset *columns)
{
	ParseState *pstate = make_parsestate(NULL);
	RangeTblEntry *rte = addRangeTableEntryForRelation(pstate, table, AccessShareLock,
													   NULL, false, true)->p_rte;
	Query	   *query = makeNode(Query);
	RangeTblRef *ref = makeNode(RangeTblRef);

	*adv_selected_columns(pstate, rte) = columns;
	adv_query_set_range_table(query, pstate);
	ref->rtindex = 1;
	query->commandType = CMD_SELECT;
	query->querySource = QSRC_ORIGINAL;
	query->canSetTag = true;
	query->jointree = makeFromExpr(list_make1(ref), NULL);
	return query;
}

/* Which share of the blocks to read, in per cent. */
static double
choose_percentage(Relation table)
{
	double		pages = RelationGetNumberOfBlocks(table);
	double		per_page = pages > 0 ? adv_table_tuples(table) / pages : 0;
	double		blocks = SAMPLE_ROWS / Max(per_page, 1);

	blocks = Min(Max(blocks, MIN_BLOCKS), MAX_BLOCKS);
	return pages <= blocks ? 100 : 100 * blocks / pages;
}

static TableSampleClause *
make_clause(double percentage)
{
	TableSampleClause *clause = makeNode(TableSampleClause);

	clause->tsmhandler = F_SYSTEM;
	clause->args = list_make1(makeConst(FLOAT4OID, -1, InvalidOid, sizeof(float4),
										Float4GetDatum((float4) percentage), false, true));
	clause->repeatable = (Expr *) makeConst(FLOAT8OID, -1, InvalidOid, sizeof(float8),
											Float8GetDatum(SAMPLE_SEED), false,
											FLOAT8PASSBYVAL);
	return clause;
}

/* The first column is the row's tid, the others are those asked for. */
static Query *
make_sample_query(Relation table, List *exprs, Bitmapset *columns, double percentage)
{
	Query	   *query = make_query(table, columns);
	Expr	   *tid = (Expr *) makeVar(1, SelfItemPointerAttributeNumber, TIDOID, -1,
									   InvalidOid, 0);
	ListCell   *lc;

	if (percentage < 100)
		linitial_node(RangeTblEntry, query->rtable)->tablesample = make_clause(percentage);
	query->targetList = list_make1(makeTargetEntry(tid, 1, "ctid", false));
	foreach(lc, exprs)
		query->targetList = lappend(query->targetList,
									makeTargetEntry(copyObject(lfirst(lc)),
													foreach_current_index(lc) + 2,
													psprintf("c%d", foreach_current_index(lc)),
													false));
	return query;
}

/* Takes the rows of a sample, one by one. */
typedef void (*RowTaker) (TupleTableSlot *slot, void *arg);

typedef struct TakingReceiver
{
	DestReceiver pub;
	RowTaker	take;
	void	   *arg;
	MemoryContext per_row;
} TakingReceiver;

static bool
taking_receive(TupleTableSlot *slot, DestReceiver *self)
{
	TakingReceiver *receiver = (TakingReceiver *) self;
	MemoryContext old;

	CHECK_FOR_INTERRUPTS();
	slot_getallattrs(slot);
	old = MemoryContextSwitchTo(receiver->per_row);
	receiver->take(slot, receiver->arg);
	MemoryContextSwitchTo(old);
	MemoryContextReset(receiver->per_row);
	return true;
}

static void
taking_startup(DestReceiver *self, int operation, TupleDesc desc)
{
}

static void
taking_end(DestReceiver *self)
{
}

/*
 * Read a sample.  No hook of planner or executor is asked: nobody should count
 * or log what no user has written.  Returns the share of the table that has been
 * read, 0 if it may not be read.
 */
static double
read_sample(Relation table, List *exprs, RowTaker take, void *arg)
{
	Bitmapset  *columns = columns_of(exprs);
	double		percentage = choose_percentage(table);
	TakingReceiver receiver = {{taking_receive, taking_startup, taking_end, taking_end, DestNone}};
	PlannedStmt *plan;
	QueryDesc  *desc;

	if (!may_read(table, columns))
		return 0;
	receiver.take = take;
	receiver.arg = arg;
	receiver.per_row = AllocSetContextCreate(CurrentMemoryContext, "advisor sampled row",
											 ALLOCSET_DEFAULT_SIZES);
	plan = standard_planner(make_sample_query(table, exprs, columns, percentage),
							"", 0, NULL);
	desc = CreateQueryDesc(plan, "", GetActiveSnapshot(), InvalidSnapshot,
						   (DestReceiver *) &receiver, NULL, NULL, 0);
	standard_ExecutorStart(desc, 0);
	adv_standard_executor_run(desc);
	standard_ExecutorFinish(desc);
	standard_ExecutorEnd(desc);
	FreeQueryDesc(desc);
	MemoryContextDelete(receiver.per_row);
	return percentage / 100;
}

typedef struct Visit
{
	AdvSampleVisitor visit;
	void	   *arg;
	double		rows;
} Visit;

static void
visit_row(TupleTableSlot *slot, void *arg)
{
	Visit	   *visit = arg;

	visit->rows++;
	visit->visit(slot->tts_values[1], slot->tts_isnull[1],
				 ItemPointerGetBlockNumber((ItemPointer) DatumGetPointer(slot->tts_values[0])),
				 visit->arg);
}

/* What share of its rows has been read: known better afterwards than before. */
static double
share_of_rows(Relation table, double rows, double share)
{
	double		tuples;

	if (share >= 1 || rows <= 0)
		return share;
	tuples = adv_table_tuples(table);
	return tuples > rows ? rows / tuples : 1;
}

double
adv_sample_visit(Relation table, Node *expr, AdvSampleVisitor visit, void *arg)
{
	Visit		v = {visit, arg, 0};
	double		share = read_sample(table, list_make1(expr), visit_row, &v);

	return share_of_rows(table, v.rows, share);
}

/* ---------------------------------------------------------------------
 * Hashes and widths
 * ---------------------------------------------------------------------
 */

/* Width after compression, if that is what happens to a long value. */
static int32
compressed_width(Datum value)
{
	int32		plain = VARSIZE_ANY_EXHDR(DatumGetPointer(value)) + VARHDRSZ;
	Datum		compressed;
	int32		width = plain;

	if (plain <= MaxHeapTupleSize / 16)
		return plain;
	compressed = toast_compress_datum(value, default_toast_compression);
	if (DatumGetPointer(compressed) != NULL)
	{
		width = VARSIZE_ANY(DatumGetPointer(compressed));
		pfree(DatumGetPointer(compressed));
	}
	return width;
}

int32
adv_index_width(Datum value, int16 typlen)
{
	struct varlena *v;
	int32		exhdr;

	if (typlen > 0)
		return typlen;
	if (typlen == -2)
		return strlen(DatumGetCString(value)) + 1;
	v = (struct varlena *) DatumGetPointer(value);
	if (VARATT_IS_EXTERNAL(v))
		v = detoast_external_attr(v);
	if (VARATT_IS_COMPRESSED(v))
		return VARSIZE(v);
	exhdr = VARSIZE_ANY_EXHDR(v);
	if (exhdr + VARHDRSZ_SHORT <= VARATT_SHORT_MAX)
		return exhdr + VARHDRSZ_SHORT;
	/* a short header would be in the way of compression */
	return compressed_width(VARATT_IS_SHORT(v) ? PointerGetDatum(detoast_attr(v)) :
							PointerGetDatum(v));
}

/* Rows that come in. */
typedef struct Collection
{
	MemoryContext context;
	int			nrows;
	int			room;
	ItemPointerData *tids;
	int			ncolumns;
	SampleColumn *columns;
	bool	   *byval;
	int16	   *typlen;
	Oid		   *types;
} Collection;

static void
make_room(Collection *c)
{
	MemoryContext old = MemoryContextSwitchTo(c->context);

	c->room = c->room > 0 ? 2 * c->room : 1024;
	c->tids = c->nrows > 0 ? repalloc(c->tids, c->room * sizeof(ItemPointerData)) :
		palloc(c->room * sizeof(ItemPointerData));
	for (int i = 0; i < c->ncolumns; i++)
	{
		SampleColumn *column = &c->columns[i];

		if (c->nrows == 0)
		{
			column->hashes = palloc(c->room * sizeof(uint64));
			column->widths = palloc(c->room * sizeof(int32));
			column->truths = palloc(c->room * sizeof(bool));
		}
		else
		{
			column->hashes = repalloc(column->hashes, c->room * sizeof(uint64));
			column->widths = repalloc(column->widths, c->room * sizeof(int32));
			column->truths = repalloc(column->truths, c->room * sizeof(bool));
		}
	}
	MemoryContextSwitchTo(old);
}

static void
collect_row(TupleTableSlot *slot, void *arg)
{
	Collection *c = arg;

	if (c->nrows == c->room)
		make_room(c);
	c->tids[c->nrows] = *(ItemPointer) DatumGetPointer(slot->tts_values[0]);
	for (int i = 0; i < c->ncolumns; i++)
	{
		SampleColumn *column = &c->columns[i];
		Datum		value = slot->tts_values[i + 1];
		bool		isnull = slot->tts_isnull[i + 1];

		column->truths[c->nrows] = !isnull && c->types[i] == BOOLOID && DatumGetBool(value);
		column->widths[c->nrows] = isnull ? -1 :
			adv_index_width(value, c->types[i] == NAMEOID ? -2 : c->typlen[i]);
		column->hashes[c->nrows] = isnull ? NULL_HASH :
			hash_combine64(NULL_HASH, murmurhash32(datum_image_hash(value, c->byval[i],
																	c->typlen[i])));
	}
	c->nrows++;
}

/* Read columns of a table; false if it may not be read. */
static bool
collect(Relation table, List *exprs, Collection *c, double *share)
{
	ListCell   *lc;

	c->ncolumns = list_length(exprs);
	c->columns = palloc0(c->ncolumns * sizeof(SampleColumn));
	c->byval = palloc(c->ncolumns * sizeof(bool));
	c->typlen = palloc(c->ncolumns * sizeof(int16));
	c->types = palloc(c->ncolumns * sizeof(Oid));
	foreach(lc, exprs)
	{
		int			i = foreach_current_index(lc);

		c->columns[i].expr = lfirst(lc);
		c->types[i] = exprType(lfirst(lc));
		get_typlenbyval(c->types[i], &c->typlen[i], &c->byval[i]);
	}
	make_room(c);
	*share = read_sample(table, exprs, collect_row, c);
	if (*share == 0)
		return false;
	*share = share_of_rows(table, c->nrows, *share);
	return true;
}

static SampleColumn *
find_column(TableSample *sample, Node *expr)
{
	ListCell   *lc;

	foreach(lc, sample->columns)
	{
		SampleColumn *column = lfirst(lc);

		if (equal(column->expr, expr))
			return column;
	}
	return NULL;
}

static TableSample *
find_sample(AdvSampleCache *cache, Oid relid)
{
	TableSample *sample;
	ListCell   *lc;

	foreach(lc, cache->samples)
	{
		sample = lfirst(lc);
		if (sample->relid == relid)
			return sample;
	}
	sample = MemoryContextAllocZero(cache->context, sizeof(TableSample));
	sample->relid = relid;
	sample->context = AllocSetContextCreate(cache->context, "advisor sample of a table",
											ALLOCSET_DEFAULT_SIZES);
	{
		MemoryContext old = MemoryContextSwitchTo(cache->context);

		cache->samples = lappend(cache->samples, sample);
		MemoryContextSwitchTo(old);
	}
	return sample;
}

void
adv_samples_trim(AdvSampleCache *cache, Oid relid)
{
	TableSample *sample = cache ? find_sample(cache, relid) : NULL;

	if (sample == NULL || list_length(sample->columns) <= MOST_COLUMNS)
		return;
	sample->columns = NIL;
	sample->counted = NIL;
	MemoryContextReset(sample->context);
}

/* Add columns that have been read to a sample. */
static void
keep_columns(TableSample *sample, const Collection *c, double share)
{
	MemoryContext old = MemoryContextSwitchTo(sample->context);
	Size		n = Max(c->nrows, 1);

	if (sample->columns == NIL)
	{
		sample->tids = palloc(n * sizeof(ItemPointerData));
		memcpy(sample->tids, c->tids, c->nrows * sizeof(ItemPointerData));
		sample->nrows = c->nrows;
		sample->share = share;
	}
	for (int i = 0; i < c->ncolumns; i++)
	{
		SampleColumn *column = palloc0(sizeof(SampleColumn));

		column->expr = copyObject(c->columns[i].expr);
		column->hashes = palloc(n * sizeof(uint64));
		memcpy(column->hashes, c->columns[i].hashes, c->nrows * sizeof(uint64));
		column->widths = palloc(n * sizeof(int32));
		memcpy(column->widths, c->columns[i].widths, c->nrows * sizeof(int32));
		if (c->types[i] == BOOLOID)
		{
			column->truths = palloc(n * sizeof(bool));
			memcpy(column->truths, c->columns[i].truths, c->nrows * sizeof(bool));
		}
		sample->columns = lappend(sample->columns, column);
	}
	MemoryContextSwitchTo(old);
}

/* Have the same rows been read as before? */
static bool
same_rows(const TableSample *sample, const Collection *c)
{
	return sample->nrows == c->nrows &&
		memcmp(sample->tids, c->tids, c->nrows * sizeof(ItemPointerData)) == 0;
}

/*
 * See to it that a sample has all of these columns.  If the table has changed
 * since the others were read, they are of other rows, and have to go.
 */
static bool
load_columns(TableSample *sample, Relation table, List *exprs)
{
	List	   *missing = NIL;
	Collection	c = {.context = CurrentMemoryContext};
	double		share;
	ListCell   *lc;

	foreach(lc, exprs)
		if (find_column(sample, lfirst(lc)) == NULL)
			missing = list_append_unique(missing, lfirst(lc));
	if (missing == NIL)
		return true;
	if (!collect(table, missing, &c, &share))
		return false;
	if (sample->columns != NIL && !same_rows(sample, &c))
	{
		memset(&c, 0, sizeof(c));
		c.context = CurrentMemoryContext;
		if (!collect(table, exprs, &c, &share))
			return false;
		sample->columns = NIL;
		sample->counted = NIL;
		MemoryContextReset(sample->context);
	}
	keep_columns(sample, &c, share);
	return true;
}

/* A sample with these columns, NULL if there is none.  Leaves nothing else. */
static TableSample *
get_sample(AdvSampleCache *cache, Relation table, List *exprs)
{
	TableSample *sample;
	MemoryContext work;
	MemoryContext old;
	bool		loaded;

	if (cache == NULL)
		return NULL;
	sample = find_sample(cache, RelationGetRelid(table));
	work = AllocSetContextCreate(CurrentMemoryContext, "advisor sampling",
								 ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(work);
	loaded = load_columns(sample, table, exprs);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
	return loaded ? sample : NULL;
}

/* ---------------------------------------------------------------------
 * Groups
 * ---------------------------------------------------------------------
 */

/* Groups that are not common, in a sample. */
typedef struct RareGroups
{
	double		incidences;		/* of a group being in a block */
	double		distinct;
	double		singles;		/* groups in one block only */
	double		pairs;			/* sum of blocks * (blocks - 1) */
} RareGroups;

/*
 * How many there are in all rows.  The estimator "Duj2a" of Haas and Stokes:
 * what ANALYZE uses, with a correction for skew, after common groups have been
 * set aside.  Blocks are counted instead of rows: equal values lie together in
 * many tables, and with rows of whole blocks it would take each value for one
 * that occurs often.
 */
static double
estimate_distinct(const RareGroups *rare, double share)
{
	double		n = rare->incidences;
	double		unseen = rare->singles * (1 - share);
	double		smooth;
	double		skew;

	if (share >= 1 || n <= 0)
		return rare->distinct;
	smooth = rare->distinct / (1 - unseen / n);
	skew = Max(smooth / (n * n) * rare->pairs + smooth * share / n - 1, 0);
	return Min((rare->distinct - unseen * log(1 - share) / share * skew) / (1 - unseen / n),
			   n / share);
}

static inline int
compare_rows(const AdvSampledKey *x, const AdvSampledKey *y)
{
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->block < y->block ? -1 : x->block > y->block;
}

/* A sort with the comparison compiled into it: a run sorts thousands of samples. */
#define ST_SORT sort_rows
#define ST_ELEMENT_TYPE AdvSampledKey
#define ST_COMPARE(a, b) compare_rows(a, b)
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

void
adv_count_groups(AdvSampledKey *rows, int n, double share, AdvSampleGroups *groups)
{
	RareGroups	rare = {0};
	double		common_rows = 0;

	sort_rows(rows, n);
	for (int i = 0; i < n;)
	{
		int			start = i;
		int			blocks = 0;

		for (; i < n && rows[i].hash == rows[start].hash; i++)
			if (i == start || rows[i].block != rows[i - 1].block)
				blocks++;
		if (blocks >= COMMON_BLOCKS)
		{
			groups->common_groups++;
			common_rows += i - start;
			continue;
		}
		rare.distinct++;
		rare.incidences += blocks;
		rare.pairs += blocks * (blocks - 1);
		if (blocks == 1)
			rare.singles++;
	}
	groups->sampled = n;
	groups->common_fraction = n > 0 ? common_rows / n : 0;
	groups->distinct = groups->common_groups + estimate_distinct(&rare, share);
}

/* Places of columns or conditions in a sample that has them. */
static Bitmapset *
find_places(const TableSample *sample, List *exprs)
{
	Bitmapset  *places = NULL;
	ListCell   *lc;

	foreach(lc, exprs)
	{
		int			place = 0;

		while (!equal(((SampleColumn *) list_nth(sample->columns, place))->expr, lfirst(lc)))
			place++;
		places = bms_add_member(places, place);
	}
	return places;
}

/* Does a row satisfy all conditions? */
static bool
satisfies(const TableSample *sample, const Bitmapset *conditions, int row)
{
	int			place = -1;

	while ((place = bms_next_member(conditions, place)) >= 0)
		if (!((SampleColumn *) list_nth(sample->columns, place))->truths[row])
			return false;
	return true;
}

/* Count groups by the columns in these places among the rows that satisfy conditions. */
static void
count_groups_by(const TableSample *sample, const Bitmapset *columns,
				const Bitmapset *conditions, AdvSampleGroups *groups)
{
	AdvSampledKey *rows = palloc(Max(sample->nrows, 1) * sizeof(AdvSampledKey));
	int			n = 0;
	int			place = -1;

	for (int i = 0; i < sample->nrows; i++)
	{
		if (conditions != NULL && !satisfies(sample, conditions, i))
			continue;
		/* while it is not sorted, so that the hashes are found by row */
		rows[n].hash = 0;
		rows[n].block = (BlockNumber) i;
		n++;
	}
	while ((place = bms_next_member(columns, place)) >= 0)
	{
		const uint64 *hashes = ((SampleColumn *) list_nth(sample->columns, place))->hashes;

		for (int i = 0; i < n; i++)
			rows[i].hash = hash_combine64(rows[i].hash, hashes[rows[i].block]);
	}
	for (int i = 0; i < n; i++)
		rows[i].block = ItemPointerGetBlockNumber(&sample->tids[rows[i].block]);
	adv_count_groups(rows, n, sample->share, groups);
	groups->fraction = sample->nrows > 0 ? (double) n / sample->nrows : 1;
	pfree(rows);
}

/* What was counted before, as the order of columns does not matter. */
static CountedGroups *
find_counted(const TableSample *sample, const Bitmapset *columns, const Bitmapset *conditions)
{
	ListCell   *lc;

	foreach(lc, sample->counted)
	{
		CountedGroups *counted = lfirst(lc);

		if (bms_equal(counted->columns, columns) && bms_equal(counted->conditions, conditions))
			return counted;
	}
	return NULL;
}

bool
adv_sample_groups(AdvSampleCache *cache, Relation table, List *exprs,
				  List *predicate, AdvSampleGroups *groups)
{
	TableSample *sample = get_sample(cache, table,
									 list_concat_copy(exprs, predicate));
	Bitmapset  *columns;
	Bitmapset  *conditions;
	CountedGroups *counted;
	MemoryContext old;

	memset(groups, 0, sizeof(AdvSampleGroups));
	if (sample == NULL)
		return false;
	columns = find_places(sample, exprs);
	conditions = find_places(sample, predicate);
	counted = find_counted(sample, columns, conditions);
	if (counted == NULL)
	{
		count_groups_by(sample, columns, conditions, groups);
		old = MemoryContextSwitchTo(sample->context);
		counted = palloc(sizeof(CountedGroups));
		counted->columns = bms_copy(columns);
		counted->conditions = bms_copy(conditions);
		counted->groups = *groups;
		sample->counted = lappend(sample->counted, counted);
		MemoryContextSwitchTo(old);
	}
	*groups = counted->groups;
	return sample->share >= 1 || groups->sampled >= FEWEST_ROWS;
}

double
adv_sample_ndistinct(AdvSampleCache *cache, Relation table, List *exprs)
{
	AdvSampleGroups groups;

	if (!adv_sample_groups(cache, table, exprs, NIL, &groups))
		return -1;
	return groups.distinct;
}

const int32 *
adv_sample_widths(AdvSampleCache *cache, Relation table, Node *expr, int *nrows)
{
	TableSample *sample = get_sample(cache, table, list_make1(expr));

	if (sample == NULL || sample->nrows == 0)
		return NULL;
	*nrows = sample->nrows;
	return find_column(sample, expr)->widths;
}

/* ---------------------------------------------------------------------
 * Predicates
 * ---------------------------------------------------------------------
 */

/* The selectivity the planner gives to a predicate. */
static double
planner_fraction(Relation table, List *predicate)
{
	PlannerInfo *root = makeNode(PlannerInfo);
	RelOptInfo *rel;
	List	   *clauses = NIL;
	ListCell   *lc;

	root->parse = make_query(table, columns_of(predicate));
	root->glob = makeNode(PlannerGlobal);
	root->query_level = 1;
	root->wt_param_id = -1;
	root->planner_cxt = CurrentMemoryContext;
	setup_simple_rel_arrays(root);
	rel = build_simple_rel(root, 1, NULL);

	/* keeps it from looking for the greatest value in real indexes */
	foreach(lc, rel->indexlist)
		lfirst_node(IndexOptInfo, lc)->hypothetical = true;
	foreach(lc, predicate)
		clauses = lappend(clauses, make_simple_restrictinfo(root, copyObject(lfirst(lc))));
	return clauselist_selectivity(root, clauses, 0, JOIN_INNER, NULL);
}

/* Has the planner statistics for a condition: one column and constants? */
static bool
is_simple_condition(Node *clause)
{
	if (IsA(clause, NullTest))
		return IsA(((NullTest *) clause)->arg, Var);
	if (IsA(clause, Var))
		return true;
	if (IsA(clause, BooleanTest))
		return IsA(((BooleanTest *) clause)->arg, Var);
	if (is_notclause(clause))
		return is_simple_condition((Node *) get_notclausearg(clause));
	if (is_opclause(clause) && list_length(((OpExpr *) clause)->args) == 2)
	{
		Node	   *left = get_leftop(clause);
		Node	   *right = get_rightop(clause);

		if (IsA(left, RelabelType))
			left = (Node *) ((RelabelType *) left)->arg;
		return (IsA(left, Var) && IsA(right, Const)) ||
			(IsA(left, Const) && IsA(right, Var));
	}
	return false;
}

double
adv_predicate_fraction(AdvSampleCache *cache, Relation table, List *predicate)
{
	AdvSampleGroups groups;
	bool		simple = true;
	double		planned;
	ListCell   *lc;

	if (predicate == NIL || adv_table_tuples(table) <= 0)
		return 1;
	foreach(lc, predicate)
		simple = simple && is_simple_condition(lfirst(lc));
	planned = planner_fraction(table, predicate);
	if ((!simple || list_length(predicate) > 1) &&
		adv_sample_groups(cache, table, NIL, predicate, &groups) &&
		fabs(planned / groups.fraction - 1) > 3 / sqrt(groups.sampled))
		return groups.fraction;
	return planned;
}

/* ---------------------------------------------------------------------
 * Statistics of expressions
 * ---------------------------------------------------------------------
 */

typedef struct Values
{
	MemoryContext context;
	int			n;
	int			room;
	Datum	   *values;
	bool	   *nulls;
	BlockNumber *blocks;
	bool		byval;
	int16		typlen;
} Values;

static void
keep_value(Datum value, bool isnull, BlockNumber block, void *arg)
{
	Values	   *v = arg;
	MemoryContext old = MemoryContextSwitchTo(v->context);

	if (v->n == v->room)
	{
		v->room *= 2;
		v->values = repalloc(v->values, v->room * sizeof(Datum));
		v->nulls = repalloc(v->nulls, v->room * sizeof(bool));
		v->blocks = repalloc(v->blocks, v->room * sizeof(BlockNumber));
	}
	v->values[v->n] = isnull ? (Datum) 0 : datumCopy(value, v->byval, v->typlen);
	v->nulls[v->n] = isnull;
	v->blocks[v->n] = block;
	v->n++;
	MemoryContextSwitchTo(old);
}

static Datum
fetch_value(VacAttrStatsP stats, int row, bool *isnull)
{
	*isnull = stats->exprnulls[row];
	return stats->exprvals[row];
}

/* What ANALYZE would prepare for a column of an expression; NULL: no statistics. */
static VacAttrStats *
prepare_stats(Node *expr, Oid collation)
{
	VacAttrStats *stats = palloc0(sizeof(VacAttrStats));
	HeapTuple	type;
	bool		ok;

	stats->attrtypid = exprType(expr);
	stats->attrtypmod = exprTypmod(expr);
	stats->attrcollid = OidIsValid(collation) ? collation : exprCollation(expr);
	type = SearchSysCacheCopy1(TYPEOID, ObjectIdGetDatum(stats->attrtypid));
	if (!HeapTupleIsValid(type))
		elog(ERROR, "cache lookup failed for type %u", stats->attrtypid);
	stats->attrtype = (Form_pg_type) GETSTRUCT(type);
	stats->anl_context = CurrentMemoryContext;
	stats->tupattnum = 1;
	adv_vacattrstats_set_default_target(stats);
	for (int i = 0; i < STATISTIC_NUM_SLOTS; i++)
	{
		stats->statypid[i] = stats->attrtypid;
		stats->statyplen[i] = stats->attrtype->typlen;
		stats->statypbyval[i] = stats->attrtype->typbyval;
		stats->statypalign[i] = stats->attrtype->typalign;
	}
	if (OidIsValid(stats->attrtype->typanalyze))
		ok = DatumGetBool(OidFunctionCall1(stats->attrtype->typanalyze, PointerGetDatum(stats)));
	else
		ok = std_typanalyze(stats);
	return ok && stats->compute_stats != NULL ? stats : NULL;
}

/* As in the catalog: negative if the number grows with the table. */
static double
distinct_for_catalog(Values *v, double share, double tuples)
{
	AdvSampledKey *rows = palloc(Max(v->n, 1) * sizeof(AdvSampledKey));
	AdvSampleGroups groups = {0};
	int			n = 0;

	for (int i = 0; i < v->n; i++)
	{
		if (v->nulls[i])
			continue;
		rows[n].hash = datum_image_hash(v->values[i], v->byval, v->typlen);
		rows[n].block = v->blocks[i];
		n++;
	}
	adv_count_groups(rows, n, share, &groups);
	if (groups.distinct > 0.1 * tuples)
		return -Min(groups.distinct / tuples, 1);
	return floor(groups.distinct + 0.5);
}

static ArrayType *
make_numbers(const float4 *numbers, int n)
{
	Datum	   *datums = palloc(n * sizeof(Datum));

	for (int i = 0; i < n; i++)
		datums[i] = Float4GetDatum(numbers[i]);
	return construct_array(datums, n, FLOAT4OID, sizeof(float4), true, TYPALIGN_INT);
}

static HeapTuple
form_stats(const VacAttrStats *stats, Oid relid)
{
	Relation	catalog = table_open(StatisticRelationId, AccessShareLock);
	Datum		values[Natts_pg_statistic] = {0};
	bool		nulls[Natts_pg_statistic] = {0};
	HeapTuple	tuple;

	values[Anum_pg_statistic_starelid - 1] = ObjectIdGetDatum(relid);
	values[Anum_pg_statistic_staattnum - 1] = Int16GetDatum(1);
	values[Anum_pg_statistic_stainherit - 1] = BoolGetDatum(false);
	values[Anum_pg_statistic_stanullfrac - 1] = Float4GetDatum(stats->stanullfrac);
	values[Anum_pg_statistic_stawidth - 1] = Int32GetDatum(stats->stawidth);
	values[Anum_pg_statistic_stadistinct - 1] = Float4GetDatum(stats->stadistinct);
	for (int k = 0; k < STATISTIC_NUM_SLOTS; k++)
	{
		int			numbers = Anum_pg_statistic_stanumbers1 - 1 + k;
		int			vals = Anum_pg_statistic_stavalues1 - 1 + k;

		values[Anum_pg_statistic_stakind1 - 1 + k] = Int16GetDatum(stats->stakind[k]);
		values[Anum_pg_statistic_staop1 - 1 + k] = ObjectIdGetDatum(stats->staop[k]);
		values[Anum_pg_statistic_stacoll1 - 1 + k] = ObjectIdGetDatum(stats->stacoll[k]);
		nulls[numbers] = stats->numnumbers[k] <= 0;
		if (!nulls[numbers])
			values[numbers] = PointerGetDatum(make_numbers(stats->stanumbers[k],
														   stats->numnumbers[k]));
		nulls[vals] = stats->numvalues[k] <= 0;
		if (!nulls[vals])
			values[vals] = PointerGetDatum(construct_array(stats->stavalues[k],
														   stats->numvalues[k],
														   stats->statypid[k],
														   stats->statyplen[k],
														   stats->statypbyval[k],
														   stats->statypalign[k]));
	}
	tuple = heap_form_tuple(RelationGetDescr(catalog), values, nulls);
	table_close(catalog, AccessShareLock);
	return tuple;
}

static HeapTuple
compute_expression_stats(Relation table, Node *expr, Oid collation)
{
	VacAttrStats *stats = prepare_stats(expr, collation);
	Values		v = {.context = CurrentMemoryContext, .room = 1024};
	double		share;
	double		tuples = adv_table_tuples(table);

	if (stats == NULL)
		return NULL;
	v.values = palloc(v.room * sizeof(Datum));
	v.nulls = palloc(v.room * sizeof(bool));
	v.blocks = palloc(v.room * sizeof(BlockNumber));
	get_typlenbyval(stats->attrtypid, &v.typlen, &v.byval);
	share = adv_sample_visit(table, expr, keep_value, &v);
	if (share == 0 || v.n == 0)
		return NULL;

	stats->exprvals = v.values;
	stats->exprnulls = v.nulls;
	stats->rowstride = 1;
	stats->compute_stats(stats, fetch_value, v.n, Max(tuples, v.n));
	if (!stats->stats_valid)
		return NULL;
	/* all other figures may come from whole blocks, but not this one */
	if (stats->stadistinct != 0)
		stats->stadistinct = distinct_for_catalog(&v, share, Max(tuples, v.n));
	return form_stats(stats, RelationGetRelid(table));
}

HeapTuple
adv_sample_expression_stats(AdvSampleCache *cache, Relation table, Node *expr, Oid collation)
{
	MemoryContext work;
	MemoryContext old;
	ExpressionStats *entry;
	HeapTuple	tuple;
	ListCell   *lc;

	foreach(lc, cache->expressions)
	{
		entry = lfirst(lc);
		if (entry->relid == RelationGetRelid(table) && entry->collation == collation &&
			equal(entry->expr, expr))
			return entry->tuple;
	}
	work = AllocSetContextCreate(CurrentMemoryContext, "advisor expression",
								 ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(work);
	tuple = compute_expression_stats(table, expr, collation);

	MemoryContextSwitchTo(cache->context);
	entry = palloc(sizeof(ExpressionStats));
	entry->relid = RelationGetRelid(table);
	entry->expr = copyObject(expr);
	entry->collation = collation;
	entry->tuple = tuple ? heap_copytuple(tuple) : NULL;
	cache->expressions = lappend(cache->expressions, entry);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
	return entry->tuple;
}

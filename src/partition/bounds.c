/*-------------------------------------------------------------------------
 *
 * bounds.c
 *		The bounds of partitions, as the catalog has them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "nodes/nodes.h"
#include "partition/bounds.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"
#include "utils/uuid.h"

/* Microseconds from 1970-01-01 to 2000-01-01, where times of the server begin */
#define EPOCH_SHIFT_US ((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

/* ---------------------------------------------------------------------
 * Reading
 * ---------------------------------------------------------------------
 */

/* The bound in the relpartbound of a relation; NULL if it is no partition. */
static PartitionBoundSpec *
read_bound(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	PartitionBoundSpec *bound = NULL;
	Datum		datum;
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	datum = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_relpartbound, &isnull);
	if (!isnull)
		bound = castNode(PartitionBoundSpec, stringToNode(TextDatumGetCString(datum)));
	ReleaseSysCache(tuple);
	return bound;
}

/* All partitions of a parent, or of all, in no order */
static List *
read_children(Oid parent)
{
	List	   *children = NIL;
	Relation	inherits = table_open(InheritsRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_inherits_inhparent, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(parent));
	scan = systable_beginscan(inherits, InheritsParentIndexId, OidIsValid(parent), NULL, OidIsValid(parent) ? 1 : 0, &key);
	while ((tuple = systable_getnext(scan)) != NULL)
	{
		Form_pg_inherits form = (Form_pg_inherits) GETSTRUCT(tuple);
		PartitionBoundSpec *bound = read_bound(form->inhrelid);
		AdvPartition *partition;

		/* other inheritance, indexes, and what has gone in the meantime */
		if (bound == NULL)
			continue;
		partition = palloc0(sizeof(AdvPartition));
		partition->parent = form->inhparent;
		partition->partition = form->inhrelid;
		partition->detach_pending = form->inhdetachpending;
		partition->bound = bound;
		children = lappend(children, partition);
	}
	systable_endscan(scan);
	table_close(inherits, AccessShareLock);
	return children;
}

/* ---------------------------------------------------------------------
 * Order
 * ---------------------------------------------------------------------
 */

static int
compare_values(Const *a, Const *b)
{
	TypeCacheEntry *type = lookup_type_cache(a->consttype, TYPECACHE_CMP_PROC_FINFO);

	if (!OidIsValid(type->cmp_proc) || a->consttype != b->consttype || a->constisnull || b->constisnull)
		return 0;
	return DatumGetInt32(FunctionCall2Coll(&type->cmp_proc_finfo, a->constcollid, a->constvalue, b->constvalue));
}

/* Order of two bounds of ranges, column by column; beyond MINVALUE or MAXVALUE nothing counts. */
static int
compare_datums(List *a, List *b)
{
	ListCell   *la;
	ListCell   *lb;

	forboth(la, a, lb, b)
	{
		PartitionRangeDatum *da = lfirst_node(PartitionRangeDatum, la);
		PartitionRangeDatum *db = lfirst_node(PartitionRangeDatum, lb);
		int			order;

		if (da->kind != db->kind)
			return da->kind < db->kind ? -1 : 1;
		if (da->kind != PARTITION_RANGE_DATUM_VALUE)
			return 0;
		order = compare_values(castNode(Const, da->value), castNode(Const, db->value));
		if (order != 0)
			return order;
	}
	return 0;
}

static int
compare_names(Oid a, Oid b)
{
	char	   *name_a = get_rel_name(a);
	char	   *name_b = get_rel_name(b);

	return strcmp(name_a ? name_a : "", name_b ? name_b : "");
}

static int
compare_partitions(const ListCell *a, const ListCell *b)
{
	const AdvPartition *pa = lfirst(a);
	const AdvPartition *pb = lfirst(b);
	int			order = 0;

	if (pa->parent != pb->parent)
		return pa->parent < pb->parent ? -1 : 1;
	if (pa->bound->is_default != pb->bound->is_default)
		return pa->bound->is_default ? 1 : -1;
	if (pa->bound->strategy == PARTITION_STRATEGY_RANGE)
		order = compare_datums(pa->bound->lowerdatums, pb->bound->lowerdatums);
	else if (pa->bound->strategy == PARTITION_STRATEGY_HASH)
		order = pa->bound->remainder - pb->bound->remainder;
	return order != 0 ? order : compare_names(pa->partition, pb->partition);
}

/* Number siblings, and see where a range does not begin where the one before ends. */
static void
number_siblings(List *partitions)
{
	AdvPartition *before = NULL;
	ListCell   *lc;

	foreach(lc, partitions)
	{
		AdvPartition *partition = lfirst(lc);

		if (before != NULL && before->parent != partition->parent)
			before = NULL;
		partition->ordinal = before != NULL ? before->ordinal + 1 : 1;
		partition->after_gap = before != NULL && !partition->bound->is_default &&
			partition->bound->strategy == PARTITION_STRATEGY_RANGE &&
			compare_datums(before->bound->upperdatums, partition->bound->lowerdatums) < 0;
		before = partition;
	}
}

List *
adv_partitions_read(Oid parent)
{
	List	   *partitions = read_children(parent);

	list_sort(partitions, compare_partitions);
	number_siblings(partitions);
	return partitions;
}

/* ---------------------------------------------------------------------
 * Values
 * ---------------------------------------------------------------------
 */
char *
adv_bound_first_value(List *datums)
{
	PartitionRangeDatum *datum = linitial_node(PartitionRangeDatum, datums);
	Const	   *value;
	Oid			output;
	bool		is_varlena;

	if (datum->kind != PARTITION_RANGE_DATUM_VALUE)
		return NULL;
	value = castNode(Const, datum->value);
	getTypeOutputInfo(value->consttype, &output, &is_varlena);
	return OidOutputFunctionCall(output, value->constvalue);
}

static Datum
numeric_from_text(const char *text)
{
	return DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

/* The 128 bits of a uuid as a number */
static Datum
uuid_position(pg_uuid_t *uuid)
{
	/* 2^32, four digits of which make it */
	Numeric		base = int64_to_numeric(INT64CONST(1) << 32);
	Numeric		sum = int64_to_numeric(0);

	for (int i = 0; i < UUID_LEN; i += 4)
	{
		uint32		digit = ((uint32) uuid->data[i] << 24) | ((uint32) uuid->data[i + 1] << 16) |
			((uint32) uuid->data[i + 2] << 8) | uuid->data[i + 3];

		sum = numeric_add_opt_error(numeric_mul_opt_error(sum, base, NULL), int64_to_numeric(digit), NULL);
	}
	return NumericGetDatum(sum);
}

/* Microseconds since 1970, a sum that may be beyond 64 bits at the far end */
static Datum
time_position(int64 microseconds)
{
	return NumericGetDatum(numeric_add_opt_error(int64_to_numeric(microseconds), int64_to_numeric(EPOCH_SHIFT_US), NULL));
}

static Datum
date_position(DateADT date)
{
	if (DATE_IS_NOBEGIN(date))
		return numeric_from_text("-Infinity");
	if (DATE_IS_NOEND(date))
		return numeric_from_text("Infinity");
	return NumericGetDatum(numeric_mul_opt_error(int64_to_numeric((int64) date + (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE)),
												 int64_to_numeric(USECS_PER_DAY), NULL));
}

static Datum
timestamp_position(Timestamp timestamp)
{
	if (TIMESTAMP_IS_NOBEGIN(timestamp))
		return numeric_from_text("-Infinity");
	if (TIMESTAMP_IS_NOEND(timestamp))
		return numeric_from_text("Infinity");
	return time_position(timestamp);
}

bool
adv_value_position(Datum value, Oid type, Datum *position)
{
	switch (getBaseType(type))
	{
		case INT2OID:
			*position = NumericGetDatum(int64_to_numeric(DatumGetInt16(value)));
			return true;
		case INT4OID:
			*position = NumericGetDatum(int64_to_numeric(DatumGetInt32(value)));
			return true;
		case INT8OID:
			*position = NumericGetDatum(int64_to_numeric(DatumGetInt64(value)));
			return true;
		case OIDOID:
			*position = NumericGetDatum(int64_to_numeric(DatumGetObjectId(value)));
			return true;
		case NUMERICOID:
			*position = value;
			return true;
		case DATEOID:
			*position = date_position(DatumGetDateADT(value));
			return true;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			*position = timestamp_position(DatumGetTimestamp(value));
			return true;
		case UUIDOID:
			*position = uuid_position(DatumGetUUIDP(value));
			return true;
		default:
			return false;
	}
}

bool
adv_bound_position(List *datums, Datum *position)
{
	PartitionRangeDatum *datum = linitial_node(PartitionRangeDatum, datums);
	Const	   *value;

	if (datum->kind != PARTITION_RANGE_DATUM_VALUE)
	{
		*position = numeric_from_text(datum->kind == PARTITION_RANGE_DATUM_MINVALUE ? "-Infinity" : "Infinity");
		return true;
	}
	value = castNode(Const, datum->value);
	return adv_value_position(value->constvalue, value->consttype, position);
}

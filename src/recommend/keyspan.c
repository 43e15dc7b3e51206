/*-------------------------------------------------------------------------
 *
 * keyspan.c
 *		Values of columns as places on an axis, and how far they reach.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "recommend/keyspan.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

AdvAxis
adv_axis(Oid type)
{
	switch (getBaseType(type))
	{
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return ADV_AXIS_TIME;
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
			return ADV_AXIS_NUMBER;
		default:
			return ADV_AXIS_NONE;
	}
}

bool
adv_axis_place(Oid type, Datum value, double *place)
{
	switch (getBaseType(type))
	{
		case DATEOID:
			if (DATE_NOT_FINITE(DatumGetDateADT(value)))
				return false;
			*place = (double) DatumGetDateADT(value) * SECS_PER_DAY;
			return true;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			if (TIMESTAMP_NOT_FINITE(DatumGetTimestamp(value)))
				return false;
			*place = (double) DatumGetTimestamp(value) / USECS_PER_SEC;
			return true;
		case INT2OID:
			*place = DatumGetInt16(value);
			return true;
		case INT4OID:
			*place = DatumGetInt32(value);
			return true;
		case INT8OID:
			*place = (double) DatumGetInt64(value);
			return true;
		case NUMERICOID:
			/* what is too large becomes infinite, without an error */
			*place = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value));
			return isfinite(*place);
		default:
			return false;
	}
}

bool
adv_axis_value(Oid type, double place, Datum *value)
{
	switch (getBaseType(type))
	{
		case DATEOID:
			place = rint(place / SECS_PER_DAY);
			if (!IS_VALID_DATE(place))
				return false;
			*value = DateADTGetDatum((DateADT) place);
			return true;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			place = rint(place * USECS_PER_SEC);
			if (!IS_VALID_TIMESTAMP(place))
				return false;
			*value = TimestampGetDatum((Timestamp) place);
			return true;
		case INT2OID:
			*value = Int16GetDatum((int16) Max(Min(rint(place), PG_INT16_MAX), PG_INT16_MIN));
			return true;
		case INT4OID:
			*value = Int32GetDatum((int32) Max(Min(rint(place), PG_INT32_MAX), PG_INT32_MIN));
			return true;
		case INT8OID:
			if (fabs(place) > 9e18)
				return false;
			*value = Int64GetDatum((int64) rint(place));
			return true;
		case NUMERICOID:
			*value = DirectFunctionCall1(float8_numeric, Float8GetDatum(place));
			return true;
		default:
			return false;
	}
}

/* False if it is infinite, or the type has no axis. */
static bool
extend(AdvKeySpan *span, Datum value)
{
	double		place;

	if (!adv_axis_place(span->type, value, &place))
		return false;
	span->lower = span->known_ends ? Min(span->lower, place) : place;
	span->upper = span->known_ends ? Max(span->upper, place) : place;
	span->known_ends = true;
	return true;
}

/*
 * A row of 1970, or of the year 9999, is no reason for partitions that nobody needs:
 * ends that are ten bins and more from their neighbours are taken nearer to them.
 */
static void
draw_in(AdvKeySpan *span, const AttStatsSlot *slot)
{
	double		second;
	double		last_but_one;
	double		bin;

	if (slot->nvalues < 20 || !span->known_ends ||
		!adv_axis_place(span->type, slot->values[1], &second) ||
		!adv_axis_place(span->type, slot->values[slot->nvalues - 2], &last_but_one))
		return;
	bin = (last_but_one - second) / (slot->nvalues - 3);
	span->lower = Max(span->lower, second - 10 * bin);
	span->upper = Min(span->upper, last_but_one + 10 * bin);
}

/*
 * The first and the last finite value of the histogram.  Frequent values may lie
 * outside of it, but those that do are often not meant as what they say.
 */
static void
find_ends(HeapTuple tuple, AdvKeySpan *span)
{
	AttStatsSlot slot;
	bool		has_histogram;

	if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_HISTOGRAM, InvalidOid, ATTSTATSSLOT_VALUES))
	{
		for (int i = 0; i < slot.nvalues; i++)
			if (extend(span, slot.values[i]))
				break;
		for (int i = slot.nvalues - 1; i >= 0; i--)
			if (extend(span, slot.values[i]))
				break;
		draw_in(span, &slot);
		free_attstatsslot(&slot);
	}
	has_histogram = span->known_ends;
	if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_MCV, InvalidOid,
						 ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS))
	{
		for (int i = 0; i < slot.nvalues && !has_histogram; i++)
			(void) extend(span, slot.values[i]);
		if (slot.nnumbers > 0)
			span->top_share = slot.numbers[0];
		free_attstatsslot(&slot);
	}
}

static double
correlation(HeapTuple tuple)
{
	AttStatsSlot slot;
	double		result = 0;

	if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_CORRELATION, InvalidOid, ATTSTATSSLOT_NUMBERS))
	{
		if (slot.nnumbers == 1)
			result = slot.numbers[0];
		free_attstatsslot(&slot);
	}
	return result;
}

bool
adv_key_span(Oid relid, AttrNumber attnum, AdvKeySpan *span)
{
	HeapTuple	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relid),
										Int16GetDatum(attnum), BoolGetDatum(false));
	Form_pg_statistic stats;

	memset(span, 0, sizeof(AdvKeySpan));
	if (!HeapTupleIsValid(tuple) || !OidIsValid(get_atttype(relid, attnum)))
	{
		/* dropped columns keep their statistics until the next ANALYZE */
		if (HeapTupleIsValid(tuple))
			ReleaseSysCache(tuple);
		return false;
	}
	stats = (Form_pg_statistic) GETSTRUCT(tuple);
	span->type = get_atttype(relid, attnum);
	span->axis = adv_axis(span->type);
	span->null_frac = stats->stanullfrac;
	span->ndistinct = stats->stadistinct;
	span->correlation = correlation(tuple);
	find_ends(tuple, span);
	ReleaseSysCache(tuple);
	return true;
}

/* The two ends of a histogram; false if the type has no values there, or only one. */
static bool
make_histogram(Oid type, double lower, double upper, Datum *histogram)
{
	Datum		ends[2];
	TypeCacheEntry *cache = lookup_type_cache(getBaseType(type), TYPECACHE_CMP_PROC_FINFO);

	if (!adv_axis_value(type, lower, &ends[0]) || !adv_axis_value(type, upper, &ends[1]) ||
		!OidIsValid(cache->cmp_proc_finfo.fn_oid) ||
		DatumGetInt32(FunctionCall2(&cache->cmp_proc_finfo, ends[0], ends[1])) >= 0)
		return false;
	*histogram = PointerGetDatum(construct_array(ends, 2, cache->type_id, cache->typlen,
												 cache->typbyval, cache->typalign));
	return true;
}

HeapTuple
adv_key_statistics_between(Oid relid, AttrNumber attnum, double lower, double upper)
{
	HeapTuple	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relid),
										Int16GetDatum(attnum), BoolGetDatum(false));
	Datum		values[Natts_pg_statistic] = {0};
	bool		nulls[Natts_pg_statistic] = {0};
	bool		replace[Natts_pg_statistic] = {0};
	Oid			type = get_atttype(relid, attnum);
	Oid			less = lookup_type_cache(getBaseType(type), TYPECACHE_LT_OPR)->lt_opr;
	Relation	catalog;
	HeapTuple	result = NULL;
	Datum		number;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	for (int i = Anum_pg_statistic_stanullfrac - 1; i < Natts_pg_statistic; i++)
		replace[i] = i != Anum_pg_statistic_stawidth - 1 && i != Anum_pg_statistic_stadistinct - 1;
	values[Anum_pg_statistic_stanullfrac - 1] = Float4GetDatum(0);
	for (int k = 0; k < STATISTIC_NUM_SLOTS; k++)
	{
		values[Anum_pg_statistic_stakind1 - 1 + k] = Int16GetDatum(0);
		nulls[Anum_pg_statistic_stanumbers1 - 1 + k] = true;
		nulls[Anum_pg_statistic_stavalues1 - 1 + k] = true;
	}
	values[Anum_pg_statistic_stakind1 - 1] = Int16GetDatum(STATISTIC_KIND_HISTOGRAM);
	values[Anum_pg_statistic_staop1 - 1] = ObjectIdGetDatum(less);
	nulls[Anum_pg_statistic_stavalues1 - 1] = false;
	number = Float4GetDatum(correlation(tuple));
	values[Anum_pg_statistic_stakind2 - 1] = Int16GetDatum(STATISTIC_KIND_CORRELATION);
	values[Anum_pg_statistic_staop2 - 1] = ObjectIdGetDatum(less);
	values[Anum_pg_statistic_stanumbers2 - 1] =
		PointerGetDatum(construct_array(&number, 1, FLOAT4OID, sizeof(float4), true, TYPALIGN_INT));
	nulls[Anum_pg_statistic_stanumbers2 - 1] = false;

	catalog = table_open(StatisticRelationId, AccessShareLock);
	if (make_histogram(type, lower, upper, &values[Anum_pg_statistic_stavalues1 - 1]))
		result = heap_modify_tuple(tuple, RelationGetDescr(catalog), values, nulls, replace);
	table_close(catalog, AccessShareLock);
	ReleaseSysCache(tuple);
	return result;
}

bool
adv_may_read_column(Oid relid, AttrNumber attnum)
{
	bool		is_missing = false;

	if (pg_class_aclcheck_ext(relid, GetUserId(), ACL_SELECT, &is_missing) != ACLCHECK_OK &&
		pg_attribute_aclcheck_ext(relid, attnum, GetUserId(), ACL_SELECT, &is_missing) != ACLCHECK_OK)
		return false;
	if (is_missing)
		return false;
	return check_enable_rls(relid, InvalidOid, true) != RLS_ENABLED;
}

/*-------------------------------------------------------------------------
 *
 * boundsfunctions.c
 *		SQL functions on the bounds of partitions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/compat.h"
#include "funcapi.h"
#include "partition/bounds.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

ADV_FUNCTION_INFO_V1(advisor_partition_bounds);
ADV_FUNCTION_INFO_V1(advisor_key_position);

#define BOUNDS_COLUMNS 16

static const char *
method_name(char strategy)
{
	switch (strategy)
	{
		case PARTITION_STRATEGY_RANGE:
			return "range";
		case PARTITION_STRATEGY_LIST:
			return "list";
		default:
			return "hash";
	}
}

static void
put_text(Datum *values, bool *nulls, int column, const char *text)
{
	nulls[column] = text == NULL;
	if (text != NULL)
		values[column] = CStringGetTextDatum(text);
}

static void
put_range(const PartitionBoundSpec *bound, Datum *values, bool *nulls)
{
	put_text(values, nulls, 5, adv_bound_first_value(bound->lowerdatums));
	put_text(values, nulls, 6, adv_bound_first_value(bound->upperdatums));
	nulls[7] = !adv_bound_position(bound->lowerdatums, &values[7]);
	nulls[8] = !adv_bound_position(bound->upperdatums, &values[8]);
	put_text(values, nulls, 9, get_range_partbound_string(bound->lowerdatums));
	put_text(values, nulls, 10, get_range_partbound_string(bound->upperdatums));
}

static void
put_list(const PartitionBoundSpec *bound, Datum *values, bool *nulls)
{
	int			n = list_length(bound->listdatums);
	Datum	   *elements = palloc(sizeof(Datum) * n);
	bool	   *isnull = palloc(sizeof(bool) * n);
	int			lower = 1;
	ListCell   *lc;

	foreach(lc, bound->listdatums)
	{
		Const	   *value = lfirst_node(Const, lc);
		int			i = foreach_current_index(lc);
		Oid			output;
		bool		is_varlena;

		isnull[i] = value->constisnull;
		if (isnull[i])
			continue;
		getTypeOutputInfo(value->consttype, &output, &is_varlena);
		elements[i] = CStringGetTextDatum(OidOutputFunctionCall(output, value->constvalue));
	}
	values[11] = PointerGetDatum(construct_md_array(elements, isnull, 1, &n, &lower, TEXTOID, -1, false, TYPALIGN_INT));
	nulls[11] = false;
}

/* One row per partition: see adv_partitions_read(). */
Datum
advisor_partition_bounds(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, adv_partitions_read(PG_ARGISNULL(0) ? InvalidOid : PG_GETARG_OID(0)))
	{
		AdvPartition *partition = lfirst(lc);
		PartitionBoundSpec *bound = partition->bound;
		Datum		values[BOUNDS_COLUMNS];
		bool		nulls[BOUNDS_COLUMNS];

		memset(nulls, true, sizeof(nulls));
		memset(nulls, false, sizeof(bool) * 5);
		values[0] = ObjectIdGetDatum(partition->parent);
		values[1] = ObjectIdGetDatum(partition->partition);
		values[2] = Int32GetDatum(partition->ordinal);
		values[3] = CStringGetTextDatum(method_name(bound->strategy));
		values[4] = BoolGetDatum(bound->is_default);
		if (!bound->is_default && bound->strategy == PARTITION_STRATEGY_RANGE)
			put_range(bound, values, nulls);
		else if (!bound->is_default && bound->strategy == PARTITION_STRATEGY_LIST)
			put_list(bound, values, nulls);
		else if (!bound->is_default)
		{
			values[12] = Int32GetDatum(bound->modulus);
			values[13] = Int32GetDatum(bound->remainder);
			nulls[12] = nulls[13] = false;
		}
		values[14] = BoolGetDatum(partition->after_gap);
		values[15] = BoolGetDatum(partition->detach_pending);
		nulls[14] = nulls[15] = false;
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	PG_RETURN_VOID();
}

/* A value's place in order, or NULL if its type has none: see adv_value_position(). */
Datum
advisor_key_position(PG_FUNCTION_ARGS)
{
	Datum		position;

	if (!adv_value_position(PG_GETARG_DATUM(0), get_fn_expr_argtype(fcinfo->flinfo, 0), &position))
		PG_RETURN_NULL();
	return position;
}

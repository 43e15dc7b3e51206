/*-------------------------------------------------------------------------
 *
 * searchfunctions.c
 *		The selection as an SQL function, for its tests.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/compat.h"
#include "fmgr.h"
#include "funcapi.h"
#include "recommend/search.h"
#include "utils/array.h"
#include "utils/builtins.h"

ADV_FUNCTION_INFO_V1(advisor_select_indexes);

#define COLUMNS	5

/* Arguments */
enum
{
	ARG_BYTES, ARG_BASE, ARG_STATEMENT, ARG_COST, ARG_SIZE, ARG_MEMBER, ARG_BUDGET, ARG_UPKEEP,
	ARG_WEIGHT, ARG_MAX_INDEXES, ARG_MIN_GAIN, ARG_INITIAL, ARG_EFFORT, ARG_LOOKS
};

/* The elements of an array argument without NULLs; NULL for none. */
static void *
elements(FunctionCallInfo fcinfo, int arg, Oid type, int *n)
{
	ArrayType  *array;

	*n = 0;
	if (PG_ARGISNULL(arg))
		return NULL;
	array = PG_GETARG_ARRAYTYPE_P(arg);
	if (ARR_NDIM(array) > 1 || array_contains_nulls(array) || ARR_ELEMTYPE(array) != type)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("argument %d must be a one-dimensional array without nulls", arg + 1)));
	*n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	return ARR_DATA_PTR(array);
}

static void
check_length(const char *what, int n, int wanted)
{
	if (n != wanted)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("%s: %d elements instead of %d", what, n, wanted)));
}

/* Time is over after so many looks at the clock. */
static bool
is_expired(void *arg)
{
	int		   *looks = arg;

	return --*looks < 0;
}

/* Combinations are given in the order of their statements. */
static AdvSearchStatement *
get_statements(FunctionCallInfo fcinfo, int *nstatements)
{
	int			ncombos,
				n,
				nmembers,
				used = 0;
	const double *base = elements(fcinfo, ARG_BASE, FLOAT8OID, nstatements);
	const double *weight = elements(fcinfo, ARG_WEIGHT, FLOAT8OID, &n);
	const double *cost;
	const int  *statement;
	const int  *size;
	const int  *member;
	AdvSearchStatement *statements = palloc0((*nstatements + 1) * sizeof(AdvSearchStatement));
	AdvSearchCombo *combos;

	if (weight)
		check_length("weights", n, *nstatements);
	statement = elements(fcinfo, ARG_STATEMENT, INT4OID, &ncombos);
	cost = elements(fcinfo, ARG_COST, FLOAT8OID, &n);
	check_length("costs", n, ncombos);
	size = elements(fcinfo, ARG_SIZE, INT4OID, &n);
	check_length("sizes", n, ncombos);
	member = elements(fcinfo, ARG_MEMBER, INT4OID, &nmembers);

	for (int i = 0; i < *nstatements; i++)
	{
		statements[i].base = base[i];
		statements[i].weight = weight ? weight[i] : 1;
	}
	combos = palloc0((ncombos + 1) * sizeof(AdvSearchCombo));
	for (int i = 0; i < ncombos; i++)
	{
		AdvSearchStatement *to;

		if (statement[i] < 1 || statement[i] > *nstatements ||
			(i > 0 && statement[i] < statement[i - 1]) ||
			size[i] < 0 || size[i] > nmembers - used)
			ereport(ERROR,
					(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
					 errmsg("combination %d is out of order or out of range", i + 1)));
		to = &statements[statement[i] - 1];
		if (to->ncombos++ == 0)
			to->combos = &combos[i];
		combos[i].cost = cost[i];
		combos[i].n = size[i];
		combos[i].members = member + used;
		used += size[i];
	}
	return statements;
}

static ArrayType *
make_array(const AdvSearchResult *result, bool gains)
{
	Datum	   *datums = palloc((result->n + 1) * sizeof(Datum));

	for (int i = 0; i < result->n; i++)
		datums[i] = gains ? Float8GetDatum(result->gain[i]) : Int32GetDatum(result->chosen[i]);
	if (gains)
		return construct_array(datums, result->n, FLOAT8OID, sizeof(float8),
							   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
	return construct_array(datums, result->n, INT4OID, sizeof(int32), true, TYPALIGN_INT);
}

/*
 * Indexes are numbered from 0, statements from 1.
 */
Datum
advisor_select_indexes(PG_FUNCTION_ARGS)
{
	AdvSearchProblem problem = {0};
	AdvSearchResult *result;
	TupleDesc	tupdesc;
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS] = {0};
	int			looks;
	int			n;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	problem.bytes = elements(fcinfo, ARG_BYTES, FLOAT8OID, &problem.nindexes);
	problem.upkeep = elements(fcinfo, ARG_UPKEEP, FLOAT8OID, &n);
	if (problem.upkeep)
		check_length("upkeep", n, problem.nindexes);
	problem.statements = get_statements(fcinfo, &problem.nstatements);
	problem.budget = PG_ARGISNULL(ARG_BUDGET) ? INFINITY : PG_GETARG_FLOAT8(ARG_BUDGET);
	problem.max_indexes = PG_ARGISNULL(ARG_MAX_INDEXES) ? 0 : PG_GETARG_INT32(ARG_MAX_INDEXES);
	problem.min_gain = PG_ARGISNULL(ARG_MIN_GAIN) ? 0 : PG_GETARG_FLOAT8(ARG_MIN_GAIN);
	problem.initial = elements(fcinfo, ARG_INITIAL, INT4OID, &problem.ninitial);
	problem.effort = PG_ARGISNULL(ARG_EFFORT) ? 0 : PG_GETARG_FLOAT8(ARG_EFFORT);
	if (!PG_ARGISNULL(ARG_LOOKS))
	{
		looks = PG_GETARG_INT32(ARG_LOOKS);
		problem.expired = is_expired;
		problem.expired_arg = &looks;
	}

	result = adv_search_indexes(&problem);
	values[0] = PointerGetDatum(make_array(result, false));
	values[1] = PointerGetDatum(make_array(result, true));
	values[2] = Float8GetDatum(result->cost);
	values[3] = Float8GetDatum(result->bytes);
	values[4] = BoolGetDatum(result->complete);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}

/*-------------------------------------------------------------------------
 *
 * benchfunctions.c
 *		How fast what-if planning is, for test/bench/whatif.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/access.h"
#include "common/compat.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "optimizer/planner.h"
#include "portability/instr_time.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "whatif/plan.h"
#include "whatif/trial.h"

ADV_FUNCTION_INFO_V1(advisor_whatif_benchmark);

typedef struct Benchmark
{
	const char *query;
	Datum	   *definitions;	/* CREATE INDEX statements */
	int			ndefinitions;
	int			loops;
	bool		with_indexes;

	double		ms;
	double		lowest_cost;	/* of all plans made */
} Benchmark;

static AdvHypoSet *
create_indexes(const Benchmark *b)
{
	AdvHypoSet *hypos = adv_hypos_create(CurrentMemoryContext);

	for (int i = 0; i < b->ndefinitions; i++)
	{
		AdvIndexDef *def = adv_indexdef_parse(TextDatumGetCString(b->definitions[i]));

		adv_hypos_add(hypos, def, def->name ? def->name : "index");
	}
	return hypos;
}

/* Each time another one is left out. */
static double
plan_with_indexes(const AdvPlannable *plannable, const AdvHypoSet *hypos, int loops)
{
	int			n = adv_hypos_count(hypos);
	Bitmapset  *present = n > 0 ? bms_add_range(NULL, 0, n - 1) : NULL;
	double		lowest = -1;

	for (int i = 0; i < loops; i++)
	{
		AdvConfiguration world = {.hypos = hypos};
		AdvPlanned	planned;

		CHECK_FOR_INTERRUPTS();
		if (n > 0)
			present = bms_del_member(present, i % n);
		world.present = present;
		adv_plannable_plan(plannable, &world, &planned);
		if (n > 0)
			present = bms_add_member(present, i % n);
		if (lowest < 0 || planned.total_cost < lowest)
			lowest = planned.total_cost;
		bms_free(planned.used);
		list_free(planned.real);
	}
	return lowest;
}

/* The planner as it is, and nothing else. */
static double
plan_without(const AdvPlannable *plannable, int loops)
{
	Query	   *query = linitial_node(Query, plannable->queries);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "advisor benchmark",
												  ALLOCSET_DEFAULT_SIZES);
	double		lowest = -1;

	for (int i = 0; i < loops; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(context);
		PlannedStmt *stmt;

		CHECK_FOR_INTERRUPTS();
		stmt = standard_planner(copyObject(query), plannable->text,
								CURSOR_OPT_PARALLEL_OK, NULL);
		if (lowest < 0 || stmt->planTree->total_cost < lowest)
			lowest = stmt->planTree->total_cost;
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
	}
	MemoryContextDelete(context);
	return lowest;
}

/* To be done in a trial. */
static void
run_benchmark(void *arg)
{
	Benchmark  *b = arg;
	AdvHypoSet *hypos = create_indexes(b);
	AdvPlannable *plannable = adv_plannable_make(b->query);
	instr_time	start;
	instr_time	end;

	if (list_length(plannable->queries) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("rules made more or less than one query of the statement"),
				 errhint("Pass a statement on tables without rules.")));
	/* what the first planning puts into caches is not counted */
	plan_without(plannable, 1);
	INSTR_TIME_SET_CURRENT(start);
	b->lowest_cost = b->with_indexes ? plan_with_indexes(plannable, hypos, b->loops) :
		plan_without(plannable, b->loops);
	INSTR_TIME_SET_CURRENT(end);
	INSTR_TIME_SUBTRACT(end, start);
	b->ms = INSTR_TIME_GET_MILLISEC(end);
}

/*
 * advisor._whatif_benchmark(query text, create_indexes text[], loops int,
 * with_indexes bool): plan that often; the time it takes, and the lowest cost
 */
Datum
advisor_whatif_benchmark(PG_FUNCTION_ARGS)
{
	Benchmark	b = {0};
	AdvTrial	trial = {InvalidOid, 0, 0};
	ErrorData  *error;
	TupleDesc	tupdesc;
	Datum		values[2];
	bool		nulls[2] = {false};

	adv_require_preloaded();
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (array_contains_nulls(PG_GETARG_ARRAYTYPE_P(1)))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("lists of indexes must not contain null values")));
	b.query = text_to_cstring(PG_GETARG_TEXT_PP(0));
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT,
					  &b.definitions, NULL, &b.ndefinitions);
	b.loops = PG_GETARG_INT32(2);
	b.with_indexes = PG_GETARG_BOOL(3);

	if (adv_trial(&trial, run_benchmark, &b, &error) == ADV_TRIAL_FAILED)
		ReThrowError(error);
	values[0] = Float8GetDatum(b.ms);
	values[1] = Float8GetDatum(b.lowest_cost);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls));
}

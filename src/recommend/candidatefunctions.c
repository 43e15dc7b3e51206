/*-------------------------------------------------------------------------
 *
 * candidatefunctions.c
 *		SQL functions that show the candidates of a statement: for tests, and for
 *		whoever wonders why an index was never thought of.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/compat.h"
#include "funcapi.h"
#include "recommend/candidates.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "whatif/indexddl.h"
#include "whatif/plan.h"

ADV_FUNCTION_INFO_V1(advisor_index_candidates);
ADV_FUNCTION_INFO_V1(advisor_merged_indexes);

#define MERGED_LIMIT 1000

static Datum
reasons_array(uint32 reasons)
{
	Datum		names[ADV_REASONS];
	int			n = 0;

	for (int bit = 0; bit < ADV_REASONS; bit++)
	{
		if (reasons & (1 << bit))
			names[n++] = CStringGetTextDatum(adv_candidate_reason(bit));
	}
	return PointerGetDatum(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
}

static AdvCandidateOptions
options_of(FunctionCallInfo fcinfo)
{
	AdvCandidateOptions options = adv_candidate_defaults();

	options.max_columns = PG_GETARG_INT32(1);
	if (options.max_columns < 1 || options.max_columns > INDEX_MAX_KEYS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_columns must be between 1 and %d", INDEX_MAX_KEYS)));
	return options;
}

static bool
always_recurs(Oid relid, Node *clause, void *arg)
{
	return true;
}

/*
 * advisor._index_candidates(query text, max_columns int, constants_recur bool):
 * definition text, reasons text[], strength float8
 */
Datum
advisor_index_candidates(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AdvCandidateOptions options = options_of(fcinfo);
	AdvConfiguration world = {0};
	AdvPlanned	planned;
	AdvCandidateSet *set;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_GETARG_BOOL(2))
		options.recurs = always_recurs;
	set = adv_candidates_create(CurrentMemoryContext, &options);
	world.observe = adv_candidates_observe;
	world.observe_arg = set;
	adv_plannable_plan(adv_plannable_make(text_to_cstring(PG_GETARG_TEXT_PP(0))), &world,
					   &planned);
	foreach(lc, adv_candidates_list(set))
	{
		AdvCandidate *candidate = lfirst(lc);
		Datum		values[3];
		bool		nulls[3] = {false};

		values[0] = CStringGetTextDatum(adv_indexdef_ddl(candidate->def, NULL, false));
		values[1] = reasons_array(candidate->reasons);
		values[2] = Float8GetDatum(candidate->strength);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* advisor._merged_indexes(statements text[], max_columns int): definition text */
Datum
advisor_merged_indexes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AdvCandidateOptions options = options_of(fcinfo);
	List	   *defs = NIL;
	Datum	   *texts;
	bool	   *nulls;
	int			n;
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT,
					  &texts, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (!nulls[i])
			defs = lappend(defs, adv_indexdef_parse(TextDatumGetCString(texts[i])));
	}
	foreach(lc, adv_candidates_merge(defs, &options, MERGED_LIMIT))
	{
		Datum		value = CStringGetTextDatum(adv_indexdef_ddl(lfirst(lc), NULL, false));
		bool		isnull = false;

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, &value, &isnull);
	}
	return (Datum) 0;
}

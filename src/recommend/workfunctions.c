/*-------------------------------------------------------------------------
 *
 * workfunctions.c
 *		SQL functions on workloads and budgets, for tests.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/captured.h"
#include "common/compat.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "recommend/workload.h"
#include "recommend/writecost.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/tuplestore.h"

ADV_FUNCTION_INFO_V1(advisor_budget);
ADV_FUNCTION_INFO_V1(advisor_workload);
ADV_FUNCTION_INFO_V1(advisor_write_cost);

#define WORKLOAD_COLUMNS 8
#define WRITE_COST_COLUMNS 8

Datum
advisor_budget(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(adv_parse_budget(text_to_cstring(PG_GETARG_TEXT_PP(0))));
}

/* An item: text n of it, or that there is none. */
static void
put_item(ReturnSetInfo *rsinfo, const AdvWorkItem *item, const char *text)
{
	Datum		values[WORKLOAD_COLUMNS];
	bool		nulls[WORKLOAD_COLUMNS] = {0};

	values[0] = Int32GetDatum(item->number);
	values[1] = Int64GetDatum((int64) item->queryid);
	values[2] = ObjectIdGetDatum(item->userid);
	values[3] = Float8GetDatum(item->calls_per_day);
	values[4] = Float8GetDatum(item->mean_ms);
	values[5] = BoolGetDatum(item->is_template);
	nulls[6] = text == NULL;
	values[6] = text ? CStringGetTextDatum(text) : (Datum) 0;
	nulls[7] = item->unusable == NULL;
	values[7] = item->unusable ? CStringGetTextDatum(item->unusable) : (Datum) 0;
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

Datum
advisor_workload(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AdvWorkload *workload;
	ListCell   *lc;
	ListCell   *lt;

	InitMaterializedSRF(fcinfo, 0);
	workload = PG_ARGISNULL(0) ? adv_workload_captured(false) :
		adv_workload_of_texts(PG_GETARG_ARRAYTYPE_P(0));
	foreach(lc, workload->items)
	{
		const AdvWorkItem *item = lfirst(lc);

		foreach(lt, item->texts)
			put_item(rsinfo, item, lfirst(lt));
		if (item->texts == NIL)
			put_item(rsinfo, item, NULL);
	}
	return (Datum) 0;
}

/* What an index of a size would cost, by what was captured, as if in one day. */
Datum
advisor_write_cost(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AdvIndexDef *def = adv_indexdef_parse(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	List	   *writes = adv_table_writes(adv_captured_statements(MyDatabaseId), 1);
	const AdvTableWrites *table = adv_table_writes_find(writes, def->relid);
	AdvWriteCost cost;
	Datum		values[WRITE_COST_COLUMNS];
	bool		nulls[WRITE_COST_COLUMNS] = {0};

	InitMaterializedSRF(fcinfo, 0);
	if (table == NULL)
		return (Datum) 0;
	adv_write_cost(def, PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2), table, &cost);
	values[0] = Float8GetDatum(table->inserted);
	values[1] = Float8GetDatum(table->updated);
	values[2] = Float8GetDatum(table->deleted);
	values[3] = Float8GetDatum(table->hot_share);
	values[4] = Float8GetDatum(cost.entries);
	values[5] = Float8GetDatum(cost.cost);
	values[6] = Float8GetDatum(cost.hot_updates_lost);
	values[7] = Float8GetDatum(cost.hot_cost);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	return (Datum) 0;
}

/*-------------------------------------------------------------------------
 *
 * sizefunctions.c
 *		SQL function on the size of an index that does not exist: for tests.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "common/compat.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "whatif/indexdef.h"
#include "whatif/indexsize.h"
#include "whatif/sample.h"

ADV_FUNCTION_INFO_V1(advisor_index_size);

Datum
advisor_index_size(PG_FUNCTION_ARGS)
{
	AdvIndexDef *def = adv_indexdef_parse(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	Relation	table = table_open(def->relid, AccessShareLock);
	AdvIndexSize size = {0};
	TupleDesc	desc;
	Datum		values[3];
	bool		nulls[3] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (table->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is partitioned", RelationGetRelationName(table)),
				 errhint("Ask for the index on each of its partitions.")));
	adv_indexsize_estimate(def, table, adv_samples_create(CurrentMemoryContext), &size);
	table_close(table, NoLock);
	values[0] = Int64GetDatum((int64) size.pages);
	values[1] = Float8GetDatum(size.tuples);
	values[2] = Int32GetDatum(size.tree_height);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

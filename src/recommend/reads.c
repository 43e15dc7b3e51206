/*-------------------------------------------------------------------------
 *
 * reads.c
 *		Which tables planning a query looks at.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "nodes/nodeFuncs.h"
#include "recommend/reads.h"
#include "utils/syscache.h"

/* Could the planner put a query in the place of a call of it? */
static bool
is_sql_function(Oid funcid)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	bool		result;

	if (!HeapTupleIsValid(tuple))
		return false;
	result = ((Form_pg_proc) GETSTRUCT(tuple))->prolang == SQLlanguageId;
	ReleaseSysCache(tuple);
	return result;
}

/* Does planning it look at one of the tables? */
static bool
looks_at(const RangeTblEntry *rte, const List *tables)
{
	const RangeTblFunction *function;

	switch (rte->rtekind)
	{
		case RTE_RELATION:
			if (list_member_oid(tables, rte->relid))
				return true;
			return rte->inh && has_subclass(rte->relid) &&
				list_member_oid(find_all_inheritors(rte->relid, NoLock, NULL), linitial_oid(tables));
		case RTE_FUNCTION:
			function = linitial_node(RangeTblFunction, rte->functions);
			return IsA(function->funcexpr, FuncExpr) &&
				is_sql_function(((const FuncExpr *) function->funcexpr)->funcid);
		default:
			return false;
	}
}

static bool
look_for_tables(Node *node, void *tables)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
		return looks_at((const RangeTblEntry *) node, tables);
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, look_for_tables, tables, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, look_for_tables, tables);
}

bool
adv_reads_tables(List *queries, const List *tables)
{
	return look_for_tables((Node *) queries, (void *) tables);
}

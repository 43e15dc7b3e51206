/*-------------------------------------------------------------------------
 *
 * expressionfunctions.c
 *		SQL function for the expressions that a new partition takes over.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/compat.h"
#include "nodes/nodes.h"
#include "utils/builtins.h"
#include "utils/ruleutils.h"

ADV_FUNCTION_INFO_V1(advisor_expression_under_name);

/*
 * pg_get_expr(), but the relation goes by another name.  In a subquery of a
 * policy, columns of the table have its name before them, and on another table
 * of the same columns that must be the other's.
 */
Datum
advisor_expression_under_name(PG_FUNCTION_ARGS)
{
	Node	   *expression = stringToNode(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	List	   *context = deparse_context_for(text_to_cstring(PG_GETARG_TEXT_PP(2)), PG_GETARG_OID(1));

	PG_RETURN_TEXT_P(cstring_to_text(deparse_expression(expression, context, false, false)));
}

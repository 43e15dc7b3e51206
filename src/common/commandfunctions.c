/*-------------------------------------------------------------------------
 *
 * commandfunctions.c
 *		What a text of SQL consists of, by the server's own grammar.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/compat.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "parser/parser.h"
#include "utils/builtins.h"

ADV_FUNCTION_INFO_V1(advisor_count_statements);

/* Nothing is looked up: a statement may be of what is not there yet. */
Datum
advisor_count_statements(PG_FUNCTION_ARGS)
{
	char	   *commands = text_to_cstring(PG_GETARG_TEXT_PP(0));

	PG_RETURN_INT32(list_length(raw_parser(commands, RAW_PARSE_DEFAULT)));
}

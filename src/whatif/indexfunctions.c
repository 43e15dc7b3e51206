/*-------------------------------------------------------------------------
 *
 * indexfunctions.c
 *		SQL functions on index definitions, for tests.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/compat.h"
#include "utils/builtins.h"
#include "whatif/indexddl.h"

ADV_FUNCTION_INFO_V1(advisor_index_definition);
ADV_FUNCTION_INFO_V1(advisor_index_name);
ADV_FUNCTION_INFO_V1(advisor_index_covers);

/*
 * A CREATE INDEX statement the way advisor writes it, without a name; an error
 * if that does not mean the same.
 */
Datum
advisor_index_definition(PG_FUNCTION_ARGS)
{
	AdvIndexDef *def = adv_indexdef_parse(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	char	   *ddl = adv_indexdef_ddl(def, NULL, false);
	AdvIndexDef *again = adv_indexdef_parse(ddl);

	if (!adv_indexdef_equal(def, again) || strcmp(adv_indexdef_ddl(again, NULL, false), ddl) != 0)
		elog(ERROR, "\"%s\" does not mean the same", ddl);
	PG_RETURN_TEXT_P(cstring_to_text(ddl));
}

/* The nth name in turn for a definition, which is the argument to taken(). */
static bool
is_taken(const char *name, void *arg)
{
	return (*(int *) arg)-- > 1;
}

Datum
advisor_index_name(PG_FUNCTION_ARGS)
{
	AdvIndexDef *def = adv_indexdef_parse(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	int			nth = PG_GETARG_INT32(1);

	PG_RETURN_TEXT_P(cstring_to_text(adv_indexdef_name(def, is_taken, &nth)));
}

Datum
advisor_index_covers(PG_FUNCTION_ARGS)
{
	AdvIndexDef *by = adv_indexdef_parse(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	AdvIndexDef *def = adv_indexdef_parse(text_to_cstring(PG_GETARG_TEXT_PP(1)));

	PG_RETURN_BOOL(adv_indexdef_covers(by, def));
}

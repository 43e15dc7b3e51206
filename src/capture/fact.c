/*-------------------------------------------------------------------------
 *
 * fact.c
 *		Writing facts: JSON objects, one a line.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/fact.h"
#include "utils/json.h"

void
adv_facts_init(AdvFacts *facts, StringInfo out, int max)
{
	facts->out = out;
	facts->max = max;
	facts->count = 0;
	facts->fact = "";
	facts->kinds = NIL;
	facts->written = NIL;
	initStringInfo(&facts->line);
}

void
adv_fact_begin(AdvFacts *facts, const char *fact)
{
	facts->fact = fact;
	resetStringInfo(&facts->line);
	appendStringInfo(&facts->line, "{\"fact\":\"%s\"", fact);
}

void
adv_fact_int(AdvFacts *facts, const char *name, int64 value)
{
	appendStringInfo(&facts->line, ",\"%s\":" INT64_FORMAT, name, value);
}

void
adv_fact_bool(AdvFacts *facts, const char *name, bool value)
{
	appendStringInfo(&facts->line, ",\"%s\":%s", name, value ? "true" : "false");
}

/* escape_json(), whose strings may be NULL. */
static void
append_string(StringInfo line, const char *value)
{
	if (value == NULL)
		appendStringInfoString(line, "null");
	else
		escape_json(line, value);
}

void
adv_fact_string(AdvFacts *facts, const char *name, const char *value)
{
	appendStringInfo(&facts->line, ",\"%s\":", name);
	append_string(&facts->line, value);
}

void
adv_fact_ints(AdvFacts *facts, const char *name, const List *values)
{
	ListCell   *lc;
	const char *separator = "";

	appendStringInfo(&facts->line, ",\"%s\":[", name);
	foreach(lc, values)
	{
		appendStringInfo(&facts->line, "%s%d", separator, lfirst_int(lc));
		separator = ",";
	}
	appendStringInfoChar(&facts->line, ']');
}

void
adv_fact_strings(AdvFacts *facts, const char *name, const List *values)
{
	ListCell   *lc;
	const char *separator = "";

	appendStringInfo(&facts->line, ",\"%s\":[", name);
	foreach(lc, values)
	{
		appendStringInfoString(&facts->line, separator);
		append_string(&facts->line, (const char *) lfirst(lc));
		separator = ",";
	}
	appendStringInfoChar(&facts->line, ']');
}

/* Is there nothing to be gained from this one? */
static bool
is_superfluous(const AdvFacts *facts)
{
	ListCell   *lc;
	int			same = 0;

	foreach(lc, facts->kinds)
	{
		if (strcmp((const char *) lfirst(lc), facts->fact) == 0)
			same++;
	}
	if (adv_facts_full(facts) || same >= ADV_MAX_FACTS_OF_KIND)
		return true;
	foreach(lc, facts->written)
	{
		if (strcmp((const char *) lfirst(lc), facts->line.data) == 0)
			return true;
	}
	return false;
}

/* Write the fact that was begun, with something added to it. */
static void
write_fact(AdvFacts *facts, const char *more)
{
	if (is_superfluous(facts))
		return;
	facts->count++;
	facts->kinds = lappend(facts->kinds, unconstify(char *, facts->fact));
	facts->written = lappend(facts->written, pstrdup(facts->line.data));
	appendStringInfo(facts->out, "%s%s}\n", facts->line.data, more);
}

void
adv_fact_end(AdvFacts *facts)
{
	write_fact(facts, "");
}

void
adv_fact_end_node(AdvFacts *facts, int node, bool once)
{
	char		more[32];

	if (!once)
	{
		adv_fact_int(facts, "node", node);
		write_fact(facts, "");
		return;
	}
	snprintf(more, sizeof(more), ",\"node\":%d", node);
	write_fact(facts, more);
}

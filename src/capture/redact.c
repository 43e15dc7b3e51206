/*-------------------------------------------------------------------------
 *
 * redact.c
 *		Taking the literals out of what EXPLAIN says.
 *
 * Both formats have one property a line.  The value of a property, unless it
 * is known to be a name or a word of EXPLAIN's own, is an expression, which is
 * normalized by its tokens as the text of a statement is (normalize.h).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/normalize.h"
#include "capture/redact.h"
#include "utils/json.h"

/* Properties whose values are no expressions. */
static const char *const plain_properties[] = {
	"Alias", "Async Capable", "CTE Name", "Cache Mode", "Command",
	"Conflict Arbiter Indexes", "Conflict Resolution", "Custom Plan Provider",
	"Function Name", "Index Name", "Inner Unique", "Join Type", "Node Type",
	"Operation", "Parallel Aware", "Parent Relationship", "Partial Mode",
	"Relation Name", "Scan Direction", "Schema", "Single Copy", "Strategy",
	"Subplan Name", "Subplans Removed", "Table Function Name",
	"Tuplestore Name", "Workers Planned"
};

static bool
is_plain(const char *property, int len)
{
	for (int i = 0; i < lengthof(plain_properties); i++)
	{
		if (strlen(plain_properties[i]) == len &&
			strncmp(plain_properties[i], property, len) == 0)
			return true;
	}
	return false;
}

/* Append an expression without its literals. */
static void
append_normalized(StringInfo out, const char *expression, int len)
{
	int			max = len * 2 + 64; /* $n is longer than a short literal */
	char	   *normalized = palloc(max);
	int			written = adv_normalize(expression, 0, len, normalized, max);

	appendBinaryStringInfo(out, normalized, written);
	pfree(normalized);
}

/* Does a line of the text format, at its first letter, name a part of the plan? */
static bool
is_heading(const char *line)
{
	return strncmp(line, "->", 2) == 0 || strncmp(line, "InitPlan ", 9) == 0 ||
		strncmp(line, "SubPlan ", 8) == 0 || strncmp(line, "CTE ", 4) == 0;
}

/*
 * Append a line of the text format, of len bytes.  What is neither a heading
 * nor a property is the rest of a literal with a newline in it, and left out.
 */
static void
redact_text_line(StringInfo out, const char *line, int len)
{
	const char *colon = memchr(line, ':', len);
	int			indent = strspn(line, " ");

	if (is_heading(line + indent))
		appendBinaryStringInfo(out, line, len);
	else if (colon != NULL && colon + 2 < line + len && colon[1] == ' ' &&
			 line[indent] >= 'A' && line[indent] <= 'Z')
	{
		appendBinaryStringInfo(out, line, colon + 2 - line);
		if (is_plain(line + indent, colon - line - indent))
			appendBinaryStringInfo(out, colon + 2, len - (colon + 2 - line));
		else
			append_normalized(out, colon + 2, len - (colon + 2 - line));
	}
}

/*
 * Length of a line of the text format: a newline in quotes does not end it.
 * Quotes within quotes are doubled.
 */
static int
line_length(const char *text)
{
	const char *end = text;
	char		quote = '\0';

	for (; *end != '\0' && (*end != '\n' || quote != '\0'); end++)
	{
		if (quote == *end)
			quote = '\0';
		else if (quote == '\0' && (*end == '\'' || *end == '"'))
			quote = *end;
	}
	return end - text;
}

StringInfo
adv_redact_text(const char *text)
{
	StringInfo	out = makeStringInfo();

	while (*text != '\0')
	{
		int			len = line_length(text);

		/* the first line, and it alone, is a node without an arrow */
		if (out->len == 0)
			appendBinaryStringInfo(out, text, len);
		else
			redact_text_line(out, text, len);
		text += len;
		if (*text == '\n')
		{
			appendStringInfoChar(out, '\n');
			text++;
		}
	}
	return out;
}

/*
 * Read a JSON string that begins behind the quote at *json, and leave *json
 * behind its end.  EXPLAIN escapes what escape_json() does.
 */
static char *
read_string(const char **json)
{
	StringInfoData value;
	const char *c = *json;

	initStringInfo(&value);
	for (; *c != '"' && *c != '\0'; c++)
	{
		if (*c != '\\' || c[1] == '\0')
			appendStringInfoChar(&value, *c);
		else
		{
			c++;
			appendStringInfoChar(&value, *c == 'n' ? '\n' : *c == 't' ? '\t' :
								 *c == 'r' ? '\r' : *c == 'u' ? '?' : *c);
		}
	}
	*json = *c == '"' ? c + 1 : c;
	return value.data;
}

StringInfo
adv_redact_json(const char *json)
{
	StringInfo	out = makeStringInfo();
	StringInfo	value = makeStringInfo();
	bool		plain = false;

	while (*json != '\0')
	{
		const char *begin = json;
		char	   *string;

		if (*json != '"')
		{
			appendStringInfoChar(out, *json++);
			continue;
		}
		json++;
		string = read_string(&json);
		if (*json == ':')
			plain = is_plain(string, strlen(string));
		if (*json == ':' || plain)
		{
			appendBinaryStringInfo(out, begin, json - begin);
			continue;
		}
		resetStringInfo(value);
		append_normalized(value, string, strlen(string));
		escape_json(out, value->data);
	}
	return out;
}

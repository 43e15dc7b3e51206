/*-------------------------------------------------------------------------
 *
 * planjson.c
 *		EXPLAIN's JSON, node by node.
 *
 * Taken apart by its characters: an object of a node is copied as it is, and
 * where its member "Plans" begins the nodes below it follow.  A parser would
 * copy the lower parts of a plan once for each level.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/planjson.h"
#include "miscadmin.h"

/* Where we are, and what has been found. */
typedef struct Split
{
	const char *at;
	StringInfoData *nodes;
	int			n;
	int			max;
} Split;

/* End of the string whose opening quote is at c. */
static const char *
end_of_string(const char *c)
{
	for (c++; *c != '"' && *c != '\0'; c++)
	{
		if (*c == '\\' && c[1] != '\0')
			c++;
	}
	return *c == '"' ? c + 1 : c;
}

/* What there is between characters that mean something outside of strings. */
static const char *
skip_plain(const char *c)
{
	while (*c != '"' && *c != '{' && *c != '}' && *c != '[' && *c != ']' && *c != '\0')
		c++;
	return c;
}

/* What has been read since begin belongs to the node. */
static void
append(StringInfo out, const char *begin, const char *end)
{
	if (out)
		appendBinaryStringInfo(out, begin, end - begin);
}

/* Take what separates members off the end. */
static void
trim(StringInfo out)
{
	while (out && out->len > 0 && strchr(" \n,", out->data[out->len - 1]) != NULL)
		out->data[--out->len] = '\0';
}

static void split_node(Split *split);

/* The array of nodes that begins at split->at. */
static void
split_array(Split *split)
{
	while (*split->at != ']' && *split->at != '\0')
	{
		if (*split->at == '{')
			split_node(split);
		else
			split->at++;
	}
	if (*split->at == ']')
		split->at++;
}

/* The node whose brace is at split->at. */
static void
split_node(Split *split)
{
	static const char plans[] = "\"Plans\":";
	StringInfo	out = NULL;
	const char *begin = split->at;
	int			depth = 0;

	check_stack_depth();
	if (split->n < split->max)
	{
		out = &split->nodes[split->n];
		initStringInfo(out);
	}
	split->n++;

	while (*(split->at = skip_plain(split->at)) != '\0')
	{
		const char *from = split->at;

		if (*from == '"' && depth == 1 && strncmp(from, plans, strlen(plans)) == 0)
		{
			append(out, begin, from);
			trim(out);
			split->at += strlen(plans);
			split_array(split);
			begin = split->at;
			continue;
		}
		split->at = *from == '"' ? end_of_string(from) : from + 1;
		if (*from == '{' || *from == '[')
			depth++;
		else if ((*from == '}' || *from == ']') && --depth == 0)
			break;
	}
	append(out, begin, split->at);
}

int
adv_planjson_split(const char *json, StringInfoData *nodes, int max)
{
	Split		split = {.nodes = nodes,.max = max};

	split.at = strstr(json, "\"Plan\":");
	if (split.at != NULL)
		split.at = strchr(split.at, '{');
	if (split.at != NULL)
		split_node(&split);
	return split.n;
}

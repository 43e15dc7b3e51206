/*-------------------------------------------------------------------------
 *
 * normalize.c
 *		A statement's text without its constants.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "capture/normalize.h"
#include "mb/pg_wchar.h"
#include "parser/scanner.h"
#include "utils/memutils.h"

/*
 * Tokens of the core scanner that are literals or parameters.  Its grammar's
 * header is not installed in every version; as in PL/pgSQL's grammar, which
 * depends on it too, these come first there, in this order.
 */
enum
{
	TOKEN_IDENT = 258, TOKEN_UIDENT, TOKEN_FCONST, TOKEN_SCONST,
	TOKEN_USCONST, TOKEN_BCONST, TOKEN_XCONST, TOKEN_OP, TOKEN_ICONST,
	TOKEN_PARAM
};

/* Mark at the end of a text that has been cut. */
#define ELLIPSIS "..."

/* Of very long statements only so many bytes for each byte wanted are read. */
#define READ_AHEAD 4

/* Text being written. */
typedef struct Output
{
	char	   *data;
	int			len;
	int			max;			/* less the room for the ellipsis */
	bool		cut;			/* something did not fit */
} Output;

static void
append(Output *out, const char *text, int len)
{
	if (out->cut)
		return;
	if (out->len + len > out->max)
	{
		len = pg_mbcliplen(text, len, out->max - out->len);
		out->cut = true;
	}
	memcpy(out->data + out->len, text, len);
	out->len += len;
}

static bool
is_literal(int token)
{
	switch (token)
	{
		case TOKEN_FCONST:
		case TOKEN_SCONST:
		case TOKEN_USCONST:
		case TOKEN_BCONST:
		case TOKEN_XCONST:
		case TOKEN_ICONST:
			return true;
		default:
			return false;
	}
}

/*
 * Read all tokens of text, and append it with its literals numbered from
 * *next_param on; out may be NULL, then *next_param is only raised above the
 * parameters that there are.  Errors of the scanner are raised.
 */
static void
scan(const char *text, Output *out, int *next_param)
{
	core_yyscan_t scanner;
	core_yy_extra_type extra;
	core_YYSTYPE value;
	YYLTYPE		location;
	int			done = 0;
	int			token;

	scanner = scanner_init(text, &extra, &ScanKeywords, ScanKeywordTokens);
	extra.escape_string_warning = false;

	while ((token = core_yylex(&value, &location, scanner)) != 0 &&
		   !(out && out->cut))
	{
		char		param[16];

		if (token == TOKEN_PARAM && out == NULL)
			*next_param = Max(*next_param, value.ival + 1);
		if (out == NULL || !is_literal(token))
			continue;

		/* the scanner keeps a zero behind the token it has just read */
		append(out, text + done, location - done);
		append(out, param, snprintf(param, sizeof(param), "$%d", (*next_param)++));
		done = location + strlen(extra.scanbuf + location);
	}
	if (out)
		append(out, text + done, strlen(text + done));
	scanner_finish(scanner);
}

/*
 * As scan(), twice, with errors swallowed.  There is nothing to clean up after
 * the scanner but the memory context it ran in, so no subtransaction is needed.
 */
static void
scan_safely(const char *text, Output *out)
{
	MemoryContext caller = CurrentMemoryContext;
	int			next_param = 1;

	PG_TRY();
	{
		scan(text, NULL, &next_param);
		scan(text, out, &next_param);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		FlushErrorState();
		out->cut = true;
	}
	PG_END_TRY();
}

/* The statement in source as a string of its own, NULL without memory. */
static char *
copy_statement(const char *source, int location, int len, int max, bool *cut)
{
	char	   *text;

	if (location > 0)
		source += location;
	if (len <= 0 || location < 0)
		len = strlen(source);
	while (len > 0 && isspace((unsigned char) *source))
		source++, len--;
	while (len > 0 && (isspace((unsigned char) source[len - 1]) || source[len - 1] == ';'))
		len--;

	*cut = len > max;
	if (*cut)
		len = pg_mbcliplen(source, len, max);
	text = palloc_extended(len + 1, MCXT_ALLOC_NO_OOM);
	if (text)
	{
		memcpy(text, source, len);
		text[len] = '\0';
	}
	return text;
}

int
adv_normalize(const char *source, int location, int len, char *out, int max)
{
	Output		output = {.data = out,.max = max - (int) strlen(ELLIPSIS)};
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context;
	bool		cut;
	char	   *text;

	context = AllocSetContextCreate(caller, "advisor normalize",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	text = copy_statement(source, location, len, max * READ_AHEAD, &cut);
	if (text)
		scan_safely(text, &output);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);

	if (output.len > 0 && (cut || output.cut))
	{
		memcpy(out + output.len, ELLIPSIS, strlen(ELLIPSIS));
		output.len += strlen(ELLIPSIS);
	}
	return output.len;
}

/*-------------------------------------------------------------------------
 *
 * normalize.c
 *		A statement's text without its constants.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/normalize.h"
#include "mb/pg_wchar.h"
#include "parser/scanner.h"
#include "parser/scansup.h"
#include "parser/parser.h"
#include "utils/guc.h"
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

/* How far a text has been read. */
typedef struct Progress
{
	int			next_param;		/* number of the next literal */
	int			written;		/* what is before has been written */
	int			read;			/* end of the last token */
} Progress;

/*
 * Read all tokens of text.  Without out, only raise next_param above the
 * parameters that there are; else write the text with its literals numbered.
 * Errors of the scanner are raised.
 */
static void
scan(const char *text, bool backslash_escapes, Output *out, Progress *progress)
{
	core_yyscan_t scanner;
	core_yy_extra_type extra;
	core_YYSTYPE value;
	YYLTYPE		location;
	int			token;

	scanner = scanner_init(text, &extra, &ScanKeywords, ScanKeywordTokens);
	extra.escape_string_warning = false;
	extra.standard_conforming_strings = !backslash_escapes;

	while ((token = core_yylex(&value, &location, scanner)) != 0 &&
		   !(out && out->cut))
	{
		char		param[16];

		/* the scanner keeps a zero behind the token it has just read */
		progress->read = location + strlen(extra.scanbuf + location);
		if (token == TOKEN_PARAM && out == NULL)
			progress->next_param = Max(progress->next_param, value.ival + 1);
		if (out == NULL || !is_literal(token))
			continue;

		append(out, text + progress->written, location - progress->written);
		append(out, param, snprintf(param, sizeof(param), "$%d", progress->next_param++));
		progress->written = progress->read;
	}
	if (token == 0)
		progress->read = strlen(text);
	scanner_finish(scanner);
}

/*
 * scan() with errors swallowed; false if there was one.  There is nothing to
 * clean up after the scanner but the memory context it ran in, so no
 * subtransaction is needed.  Its notices, on names that are too long, the
 * client has had already.
 */
static bool
scan_safely(const char *text, bool backslash_escapes, Output *out,
			Progress *progress)
{
	MemoryContext caller = CurrentMemoryContext;
	int			client_messages = client_min_messages;
	int			log_messages = log_min_messages;
	volatile bool failed = false;

	client_min_messages = ERROR;
	log_min_messages = ERROR;

	PG_TRY();
	{
		/* it is nobody's error but ours */
		error_context_stack = NULL;
		scan(text, backslash_escapes, out, progress);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		FlushErrorState();
		failed = true;
	}
	PG_END_TRY();

	client_min_messages = client_messages;
	log_min_messages = log_messages;
	return !failed;
}

/* A memory context to work in; NULL without memory. */
static MemoryContext
create_context(void)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext volatile context = NULL;

	PG_TRY();
	{
		error_context_stack = NULL;
		context = AllocSetContextCreate(caller, "advisor normalize",
										ALLOCSET_DEFAULT_SIZES);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		FlushErrorState();
	}
	PG_END_TRY();
	return context;
}

/* The statement in source as a string of its own, NULL without memory. */
static char *
copy_statement(const char *source, int location, int len, int max, bool *cut)
{
	int			rest = (int) strlen(source);
	char	   *text;

	/* not every caller of the planner passes the text that the query is from */
	if (location > 0)
	{
		source += Min(location, rest);
		rest -= Min(location, rest);
	}
	if (len <= 0 || len > rest || location < 0)
		len = rest;
	while (len > 0 && scanner_isspace(*source))
		source++, len--;
	while (len > 0 && (scanner_isspace(source[len - 1]) || source[len - 1] == ';'))
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

/* Write the normalized text to out, read in one of two ways. */
static void
normalize_as(const char *text, bool backslash_escapes, Output *out)
{
	Progress	params = {.next_param = 1};
	Progress	progress = {0};
	bool		complete;

	/* where the first pass cannot go on, the second one will not either */
	(void) scan_safely(text, backslash_escapes, NULL, &params);
	progress.next_param = params.next_param;
	complete = scan_safely(text, backslash_escapes, out, &progress);
	append(out, text + progress.written, progress.read - progress.written);
	if (!complete)
		out->cut = true;
}

/*
 * Write the normalized text to out.  Where a literal with a backslash ends
 * depends on standard_conforming_strings when it was parsed, which may have
 * been long ago: if that makes a difference nothing is written, as it could
 * be a part of a literal.
 */
static void
normalize(const char *text, Output *out)
{
	Output		other = {.max = out->max};

	normalize_as(text, !standard_conforming_strings, out);
	if (strchr(text, '\\') == NULL)
		return;

	other.data = palloc_extended(out->max, MCXT_ALLOC_NO_OOM);
	if (other.data == NULL)
	{
		out->len = 0;
		return;
	}
	normalize_as(text, standard_conforming_strings, &other);
	if (other.len != out->len || memcmp(other.data, out->data, out->len) != 0)
		out->len = 0;
}

int
adv_normalize(const char *source, int location, int len, char *out, int max)
{
	Output		output = {.data = out,.max = max - (int) strlen(ELLIPSIS)};
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = create_context();
	bool		cut;
	char	   *text;

	if (context == NULL)
		return 0;
	MemoryContextSwitchTo(context);
	text = copy_statement(source, location, len, max * READ_AHEAD, &cut);
	if (text)
		normalize(text, &output);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);

	if (output.len > 0 && (cut || output.cut))
	{
		memcpy(out + output.len, ELLIPSIS, strlen(ELLIPSIS));
		output.len += strlen(ELLIPSIS);
	}
	return output.len;
}

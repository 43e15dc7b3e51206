/*-------------------------------------------------------------------------
 *
 * texts.c
 *		Texts in shared memory, of fixed total size.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/normalize.h"
#include "capture/store.h"
#include "capture/texts.h"
#include "common/guc.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"

static AdvArea *area = NULL;

uint64		adv_known_texts[ADV_KNOWN_SETS][ADV_KNOWN_WAYS];

/* ---------------------------------------------------------------------
 * Shared memory
 * ---------------------------------------------------------------------
 */

static inline Size
area_bytes(void)
{
	return mul_size(adv_text_memory, 1024);
}

Size
adv_texts_shmem_size(void)
{
	return adv_area_shmem_size(area_bytes());
}

void
adv_texts_shmem_request(void)
{
	RequestAddinShmemSpace(adv_texts_shmem_size());
}

void
adv_texts_shmem_init(void)
{
	area = adv_area_shmem_init("advisor texts", area_bytes());
}

/* ---------------------------------------------------------------------
 * Texts
 * ---------------------------------------------------------------------
 */

bool
adv_text_put(AdvText *to, const char *text, int len, int encoding)
{
	Assert(len <= ADV_TEXT_MAX);
	if (!adv_area_put(area, &to->chain, text, len))
		return false;

	to->encoding = encoding;
	return true;
}

void
adv_text_get(const AdvText *text, char *buffer)
{
	adv_area_get(area, &text->chain, buffer);
}

void
adv_text_free(AdvText *text)
{
	adv_area_free(area, &text->chain);
	text->encoding = 0;
}

void
adv_texts_used(int64 *used, int64 *max, int64 *dropped)
{
	adv_area_used(area, used, max, dropped);
}

bool
adv_texts_have_plenty(void)
{
	int64		used;
	int64		max;
	int64		dropped;

	adv_texts_used(&used, &max, &dropped);
	return used <= max / 2;
}

/* ---------------------------------------------------------------------
 * Noting statements
 * ---------------------------------------------------------------------
 */

/* Make a tag the first of its set; was it there already? */
static bool
bring_to_front(uint64 tag)
{
	uint64	   *set = adv_known_texts[tag & (ADV_KNOWN_SETS - 1)];
	int			way = 0;
	bool		known;

	while (way < ADV_KNOWN_WAYS - 1 && set[way] != tag)
		way++;
	known = set[way] == tag;
	for (; way > 0; way--)
		set[way] = set[way - 1];
	set[0] = tag;
	return known;
}

void
adv_text_forget_known(uint64 queryid, Oid userid, bool toplevel)
{
	uint64		tag = adv_text_tag(queryid, userid, toplevel);
	uint64	   *set = adv_known_texts[tag & (ADV_KNOWN_SETS - 1)];

	for (int way = 0; way < ADV_KNOWN_WAYS; way++)
	{
		if (set[way] == tag)
			set[way] = 0;
	}
}

bool
adv_text_note(uint64 queryid, bool toplevel, const char *source,
			  int location, int len)
{
	AdvKey		key = {
		.dbid = MyDatabaseId,.userid = GetUserId(),
		.queryid = queryid,.toplevel = toplevel
	};
	char		text[ADV_TEXT_MAX];
	int			written;

	if (queryid == 0 ||
		bring_to_front(adv_text_tag(queryid, key.userid, toplevel)))
		return false;
	if (source == NULL || adv_text_memory == 0 || adv_store_has_text(&key))
		return true;

	written = adv_normalize(source, location, len, text, sizeof(text));
	if (written > 0)
		adv_store_set_text(&key, text, written, GetDatabaseEncoding());
	return true;
}

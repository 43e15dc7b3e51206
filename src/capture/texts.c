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
#include "storage/spin.h"

#define BLOCK_DATA 252

typedef struct TextBlock
{
	int32		next;			/* in a text, or in the free list; number + 1,
								 * 0 at the end */
	char		data[BLOCK_DATA];
} TextBlock;

/* mutex guards the rest, and the links of free blocks. */
typedef struct TextArea
{
	slock_t		mutex;
	int32		first_free;		/* number + 1 */
	int32		nfree;
	int64		dropped;		/* texts that found no room */
	TextBlock	blocks[FLEXIBLE_ARRAY_MEMBER];
} TextArea;

static TextArea *area = NULL;

uint64		adv_known_texts[ADV_KNOWN_SETS][ADV_KNOWN_WAYS];

/* ---------------------------------------------------------------------
 * Shared memory
 * ---------------------------------------------------------------------
 */

static int
count_blocks(void)
{
	return (int) (adv_text_memory * INT64CONST(1024) / sizeof(TextBlock));
}

Size
adv_texts_shmem_size(void)
{
	return add_size(offsetof(TextArea, blocks),
					mul_size(count_blocks(), sizeof(TextBlock)));
}

void
adv_texts_shmem_request(void)
{
	RequestAddinShmemSpace(adv_texts_shmem_size());
}

void
adv_texts_shmem_init(void)
{
	bool		found;

	area = ShmemInitStruct("advisor texts", adv_texts_shmem_size(), &found);
	if (found)
		return;

	SpinLockInit(&area->mutex);
	area->nfree = count_blocks();
	area->first_free = area->nfree > 0 ? 1 : 0;
	area->dropped = 0;
	for (int i = 0; i < area->nfree; i++)
		area->blocks[i].next = i + 1 < area->nfree ? i + 2 : 0;
}

static inline TextBlock *
block(int32 number)
{
	return &area->blocks[number - 1];
}

/* ---------------------------------------------------------------------
 * Texts
 * ---------------------------------------------------------------------
 */

/* A chain of n blocks, or 0 if there are not enough; n is small. */
static int32
take_blocks(int n)
{
	int32		first = 0;

	SpinLockAcquire(&area->mutex);
	if (area->nfree >= n)
	{
		int32		last = area->first_free;

		first = last;
		for (int i = 1; i < n; i++)
			last = block(last)->next;
		area->first_free = block(last)->next;
		block(last)->next = 0;
		area->nfree -= n;
	}
	else
		area->dropped++;
	SpinLockRelease(&area->mutex);
	return first;
}

bool
adv_text_put(AdvText *to, const char *text, int len, int encoding)
{
	int32		number;

	Assert(len > 0 && len <= ADV_TEXT_MAX && to->first_block == 0);
	number = take_blocks((len + BLOCK_DATA - 1) / BLOCK_DATA);
	if (number == 0)
		return false;

	to->first_block = number;
	to->len = len;
	to->encoding = encoding;
	for (; number != 0; number = block(number)->next)
	{
		int			part = Min(len, BLOCK_DATA);

		memcpy(block(number)->data, text, part);
		text += part;
		len -= part;
	}
	return true;
}

void
adv_text_get(const AdvText *text, char *buffer)
{
	int			len = text->len;

	for (int32 number = text->first_block; len > 0; number = block(number)->next)
	{
		int			part = Min(len, BLOCK_DATA);

		memcpy(buffer, block(number)->data, part);
		buffer += part;
		len -= part;
	}
}

void
adv_text_free(AdvText *text)
{
	int32		last = text->first_block;
	int			n = 1;

	if (last == 0)
		return;

	while (block(last)->next != 0)
	{
		last = block(last)->next;
		n++;
	}
	SpinLockAcquire(&area->mutex);
	block(last)->next = area->first_free;
	area->first_free = text->first_block;
	area->nfree += n;
	SpinLockRelease(&area->mutex);
	memset(text, 0, sizeof(AdvText));
}

bool
adv_texts_have_plenty(void)
{
	bool		plenty;

	SpinLockAcquire(&area->mutex);
	plenty = area->nfree >= count_blocks() / 2;
	SpinLockRelease(&area->mutex);
	return plenty;
}

void
adv_texts_used(int64 *used, int64 *max, int64 *dropped)
{
	SpinLockAcquire(&area->mutex);
	*used = (int64) (count_blocks() - area->nfree) * sizeof(TextBlock);
	*dropped = area->dropped;
	SpinLockRelease(&area->mutex);
	*max = (int64) count_blocks() * sizeof(TextBlock);
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

/*
 * Is there room for a text of any length?  If not, it is not worth the trouble
 * of making one.
 */
static bool
has_room(void)
{
	bool		room;

	SpinLockAcquire(&area->mutex);
	room = area->nfree >= ADV_TEXT_MAX / BLOCK_DATA;
	if (!room)
		area->dropped++;
	SpinLockRelease(&area->mutex);
	return room;
}

void
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
		bring_to_front(adv_text_tag(queryid, key.userid, toplevel)) ||
		source == NULL || count_blocks() == 0 || adv_store_has_text(&key) || !has_room())
		return;

	written = adv_normalize(source, location, len, text, sizeof(text));
	if (written > 0)
		adv_store_set_text(&key, text, written, GetDatabaseEncoding());
}

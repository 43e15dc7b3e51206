/*-------------------------------------------------------------------------
 *
 * texts.h
 *		Texts in shared memory, of fixed total size.
 *
 * pg_stat_statements does not show the text of a statement that never
 * succeeded, of nested ones unless told to track them, and of what it has
 * evicted.  So each statement of the store keeps a text of its own, normalized
 * and bounded in length, in an area of their own (area.h).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_TEXTS_H
#define ADV_CAPTURE_TEXTS_H

#include "capture/area.h"

/* Longest text, in bytes. */
#define ADV_TEXT_MAX 4032

/* A text in shared memory; zeroes are no text. */
typedef struct AdvText
{
	AdvChain	chain;
	int32		encoding;
} AdvText;

/* Shared memory: size in bytes, and creation or attachment. */
extern Size adv_texts_shmem_size(void);
extern void adv_texts_shmem_request(void);
extern void adv_texts_shmem_init(void);

/*
 * Keep a text; false, and a count of it, if there is no room.  The AdvText is
 * the caller's to guard.
 */
extern bool adv_text_put(AdvText *to, const char *text, int len, int encoding);

/* Read a text into buffer, which has room for text->chain.len bytes. */
extern void adv_text_get(const AdvText *text, char *buffer);

/* Give a text up. */
extern void adv_text_free(AdvText *text);

/* Is at least half of the memory free? */
extern bool adv_texts_have_plenty(void);

/* Bytes in use and in all, and how often a text found no room. */
extern void adv_texts_used(int64 *used, int64 *max, int64 *dropped);

/*
 * Make sure that the store has the text of a statement that the current role
 * is about to plan or execute, unless this backend has done so before; true if
 * it had not.  location and len are those of PlannedStmt.  Raises no errors.
 */
extern bool adv_text_note(uint64 queryid, bool toplevel, const char *source,
						  int location, int len);

/*
 * Statements whose texts this backend has taken care of, by a tag made of what
 * tells them apart (all are of one database): sets by its low bits, the one
 * asked for last in front.
 */
#define ADV_KNOWN_SETS 256		/* a power of two */
#define ADV_KNOWN_WAYS 8
extern uint64 adv_known_texts[ADV_KNOWN_SETS][ADV_KNOWN_WAYS];

static inline uint64
adv_text_tag(uint64 queryid, Oid userid, bool toplevel)
{
	return (queryid ^ ((uint64) userid << 32)) + toplevel;
}

static inline bool
adv_text_is_known(uint64 queryid, Oid userid, bool toplevel)
{
	uint64		tag = adv_text_tag(queryid, userid, toplevel);

	return adv_known_texts[tag & (ADV_KNOWN_SETS - 1)][0] == tag;
}

/* The store has lost, or never had, the text of a statement of ours. */
extern void adv_text_forget_known(uint64 queryid, Oid userid, bool toplevel);

#endif							/* ADV_CAPTURE_TEXTS_H */

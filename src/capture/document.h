/*-------------------------------------------------------------------------
 *
 * document.h
 *		What the store keeps of statements and plans besides their counts.
 *
 * A document is a piece of bytes of a certain kind, whose maker alone knows
 * what is in it, that belongs to a statement or to one of its plans.  It goes
 * with them: documents are evicted and forgotten with the statement, copied for
 * readers, and saved over a restart, all without being looked into.
 *
 * Documents lie in an area of advisor.plan_memory (area.h) and are guarded by
 * the lock of the statement's partition.  Where the area is full, those of the
 * statement of the partition that cost least time of late make room, which is
 * counted as evicted documents.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_DOCUMENT_H
#define ADV_CAPTURE_DOCUMENT_H

#include "capture/counters.h"
#include "common/guc.h"
#include "storage/shmem.h"

typedef enum AdvDocumentKind
{
	ADV_DOCUMENT_FACTS,			/* of a statement: what its tree shows (lint.h) */
	ADV_DOCUMENT_EXAMPLE,		/* of a statement: a runnable text (sampler.h) */
	ADV_DOCUMENT_PLAN,			/* of a plan: how it is explained (plandoc.h) */
	ADV_DOCUMENT_RUNS,			/* of a plan: what was measured in it (noderuns.h) */
	ADV_DOCUMENT_WAITS			/* of a statement: ns that it waited for locks, an
								 * int64, which takes no room in the area */
} AdvDocumentKind;

#define ADV_ALL_DOCUMENTS 0x1F	/* a bit for each kind */

/* Longest document of what was measured. */
#define ADV_RUNS_MAX 65536

#define ADV_MAX_EXAMPLES ADV_EXAMPLES_LIMIT

/* A document as a reader sees it and as it goes to the file: len bytes follow. */
typedef struct AdvDocument
{
	AdvKey		key;			/* planid is that of an example's plan, too */
	int32		kind;
	int32		len;
	TimestampTz taken_at;		/* of plans and examples */
	int64		ns;				/* of examples: how long it took, -1 if that is
								 * not known; of runs: how many */
	double		cost;			/* of plans: the estimated total cost */
} AdvDocument;

#define ADV_DOCUMENT_SIZE(len) MAXALIGN(sizeof(AdvDocument) + (len))

static inline const void *
adv_document_data(const AdvDocument *document)
{
	return document + 1;
}

/* What is known of a plan when it is to be executed. */
typedef struct AdvPlanState
{
	bool		has_plan;		/* its document is kept, or was till lately */
	bool		has_facts;		/* the statement's are */
	int32		runs;			/* instrumented executions so far */
	TimestampTz documented_at;	/* when the plan's document was made, */
	double		cost;			/* and its estimated total cost then */
	int32		nexamples;		/* of the statement */
	TimestampTz last_example;	/* when the last one was taken, 0 if none was */
	int64		calls;			/* of the plan, as far as the store knows */
	int64		total_ns;
} AdvPlanState;

/* Memory for documents in bytes, as configured. */
static inline Size
adv_document_bytes(void)
{
	return mul_size(adv_plan_memory, 1024);
}

/* Memory used and in all, in bytes. */
extern void adv_documents_used(int64 *used, int64 *max);

/* All of the following take the partition's lock themselves. */

extern void adv_documents_state(const AdvKey *key, AdvPlanState *state);

/*
 * Keep a document in place of the one of its kind; an example in place of
 * another one if there are advisor.examples_per_statement of them.  Without
 * room there is none.
 */
extern void adv_documents_put(const AdvDocument *document, const void *data);

/* Note how long the execution took whose example was taken at that time. */
extern void adv_documents_time_example(const AdvKey *key, TimestampTz taken_at,
									   int64 ns);

/*
 * Change the document of what was measured in a plan.  merge() gets the old
 * one, or NULL, and makes it, of len bytes, the new one.  Its statement must
 * have a plan document.  One of another length than before, as of a plan of
 * more partitions, is not added.
 */
extern void adv_documents_merge_runs(const AdvKey *key, void *data, int len,
									 void (*merge) (void *data, const void *old, int len));

/*
 * Copy the documents of a partition whose kinds have their bit set to buffer,
 * each aligned; returns the size needed, and copies nothing unless that is at
 * most size.
 */
extern Size adv_documents_copy(int partition, uint32 kinds, char *buffer, Size size);

/* A reader's copy of the documents of a partition; begin with zeroes. */
typedef struct AdvDocumentSet
{
	char	   *buffer;
	Size		size;
	Size		used;
} AdvDocumentSet;

/*
 * Read the documents of a partition into a set, in place of what was in it: one
 * set will do for all partitions.  Its memory is of the context current when it is
 * used for the first time, or needs more.
 */
extern void adv_documents_read(AdvDocumentSet *set, int partition, uint32 kinds);

/* The document after the given one, the first for NULL; NULL at the end. */
extern const AdvDocument *adv_documents_next(const AdvDocumentSet *set,
											 const AdvDocument *document);

/* The document of a kind that belongs to a plan. */
extern const AdvDocument *adv_documents_find(const AdvDocumentSet *set, const AdvKey *key,
											 AdvDocumentKind kind);

#endif							/* ADV_CAPTURE_DOCUMENT_H */

/*-------------------------------------------------------------------------
 *
 * storeimpl.h
 *		What the store is made of, for the files that are the store.
 *
 * These are store.c (statements, entries, eviction), document.c and
 * storewaits.c, and no others: everybody else goes by store.h and document.h.
 * Which lock protects what is in store.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_STOREIMPL_H
#define ADV_CAPTURE_STOREIMPL_H

#include "capture/area.h"
#include "capture/document.h"
#include "capture/store.h"
#include "miscadmin.h"
#include "storage/s_lock.h"

#define ADV_USAGE_OF_NEW		1e6	/* ns, for a statement known by its text */
#define NONE					(-1)	/* end of a chain */

/* A runnable text of a statement; in use if its chain is not empty. */
typedef struct AdvStoredExample
{
	AdvChain	chain;
	uint64		planid;
	TimestampTz taken_at;
	int64		ns;				/* -1 if unknown */
} AdvStoredExample;

/* A statement.  Guarded by the lock of its partition, see store.h. */
typedef struct AdvStatement
{
	AdvKey		key;			/* planid and sqlclass are 0 */
	uint32		hash;			/* adv_key_hash() of its keys */
	int32		next;			/* in the chain, or in the free list */
	int32		first_entry;
	int32		nentries;
	double		usage;			/* ns spent of late, as of usage_at */
	TimestampTz usage_at;
	int64		lock_wait_ns;	/* of all executions, see waits.h */
	AdvText		text;
	AdvChain	facts;
	AdvStoredExample examples[ADV_MAX_EXAMPLES];
} AdvStatement;

/* A plan or an error class of a statement.  Guarded likewise. */
typedef struct AdvEntry
{
	int32		next;			/* of the same statement, or in the free list */
	uint32		sqlclass;
	uint64		planid;
	AdvChain	plan;
	AdvChain	runs;
	TimestampTz documented_at;	/* when plan was made, and its estimated cost */
	double		cost;
	int32		nruns;			/* instrumented executions */
	AdvCounters counters;
	int64		hist[ADV_HIST_BUCKETS];
} AdvEntry;

/* Guarded by the partition's lock. */
typedef struct AdvPartition
{
	int32		nentries;
	int32		ntexts;
	int32		hand;			/* chain where the next eviction begins to look */
	AdvLosses	losses;
} AdvPartition;

/* Guarded by mutex, all of it. */
typedef struct AdvStoreControl
{
	slock_t		mutex;
	int32		free_statement;
	int32		free_entry;
	TimestampTz since;
} AdvStoreControl;

/*
 * Where things are in this process; the same for all but for the addresses,
 * and constant after start.
 */
typedef struct AdvStore
{
	AdvStoreControl *control;
	AdvPartition *partitions;
	int32	   *heads;			/* nheads chains for each partition */
	AdvStatement *statements;
	AdvEntry   *entries;
	LWLockPadded *locks;
	AdvArea    *documents;
	int			npartitions;
	int			nheads;
} AdvStore;

extern AdvStore adv_store;

/* The postmaster loads the file before there is anybody to lock out. */
#define AssertLocked(partition, mode) \
	Assert(!IsUnderPostmaster || \
		   LWLockHeldByMeInMode(adv_store_lock(partition), mode))
#define AssertLockedAnyMode(partition) \
	Assert(!IsUnderPostmaster || LWLockHeldByMe(adv_store_lock(partition)))

/* The bits above those that choose the partition choose the chain. */
static inline int32 *
chain_head(uint32 hash)
{
	int			chain = (hash / adv_store.npartitions) & (adv_store.nheads - 1);

	return &adv_store.heads[adv_store_partition(hash) * adv_store.nheads + chain];
}

static inline int32
find_statement(const AdvKey *key, uint32 hash)
{
	int32		i = *chain_head(hash);

	while (i != NONE && !(adv_store.statements[i].hash == hash &&
						  adv_key_same_statement(key, &adv_store.statements[i].key)))
		i = adv_store.statements[i].next;
	return i;
}

/*
 * Going through the statements of a partition: begin with *chain at -1 and i at
 * NONE.  The one that i is may be removed once the next is known.
 */
static inline int32
next_statement(int partition, int *chain, int32 i)
{
	if (i != NONE)
		i = adv_store.statements[i].next;
	while (i == NONE && ++*chain < adv_store.nheads)
		i = adv_store.heads[partition * adv_store.nheads + *chain];
	return i;
}

static inline int32
find_entry(const AdvStatement *statement, uint64 planid, uint32 sqlclass)
{
	int32		i = statement->first_entry;

	while (i != NONE && !(adv_store.entries[i].planid == planid &&
						  adv_store.entries[i].sqlclass == sqlclass))
		i = adv_store.entries[i].next;
	return i;
}

/* Time that a statement cost of late, as of now, in ns. */
extern double adv_store_usage(const AdvStatement *statement, TimestampTz now);

/*
 * New statement, and new entry of a statement, after making room if need be;
 * NONE if there is none.  The caller holds the partition's lock exclusively.
 */
extern int32 adv_store_create_statement(const AdvKey *key, uint32 hash);
extern int32 adv_store_create_entry(int32 owner, const AdvKey *key);

/* Give up the documents of an entry; the examples of a statement, counted. */
extern void adv_document_free_entry(AdvEntry *entry);
extern int	adv_document_free_examples(AdvStatement *statement);

#endif							/* ADV_CAPTURE_STOREIMPL_H */

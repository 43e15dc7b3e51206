/*-------------------------------------------------------------------------
 *
 * document.c
 *		What the store keeps of statements and plans besides their counts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/storeimpl.h"
#include "common/guc.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#define ADV_DOCUMENT_TRIES		32	/* statements whose documents make room for one */
#define ADV_DOCUMENT_SHARE		4	/* at most this part of the memory for one */

/*
 * So long, in us, no other attempt is made to document a plan whose document
 * did not fit or had to go.
 */
#define ADV_DOCUMENT_PAUSE		(10 * USECS_PER_MINUTE)

/* ---------------------------------------------------------------------
 * Giving up
 * ---------------------------------------------------------------------
 */

/*
 * How often it was measured is still known, and when it was documented: were
 * they forgotten, each execution would be looked at again.
 */
void
adv_document_free_entry(AdvEntry *entry)
{
	adv_area_free(adv_store.documents, &entry->plan);
	adv_area_free(adv_store.documents, &entry->runs);
}

int
adv_document_free_examples(AdvStatement *statement)
{
	int			n = 0;

	for (int i = 0; i < ADV_MAX_EXAMPLES; i++)
	{
		n += adv_chain_is_empty(&statement->examples[i].chain) ? 0 : 1;
		adv_area_free(adv_store.documents, &statement->examples[i].chain);
	}
	return n;
}

void
adv_documents_used(int64 *used, int64 *max)
{
	int64		dropped;

	adv_area_used(adv_store.documents, used, max, &dropped);
}

/* Has a statement, or one of its entries, documents? */
static bool
has_documents(const AdvStatement *statement)
{
	if (!adv_chain_is_empty(&statement->facts))
		return true;
	for (int i = 0; i < ADV_MAX_EXAMPLES; i++)
	{
		if (!adv_chain_is_empty(&statement->examples[i].chain))
			return true;
	}
	for (int32 i = statement->first_entry; i != NONE; i = adv_store.entries[i].next)
	{
		if (!adv_chain_is_empty(&adv_store.entries[i].plan) ||
			!adv_chain_is_empty(&adv_store.entries[i].runs))
			return true;
	}
	return false;
}

/* Give up all documents of a statement; returns their number. */
static int
free_documents(AdvStatement *statement)
{
	int			n = adv_document_free_examples(statement);

	n += adv_chain_is_empty(&statement->facts) ? 0 : 1;
	adv_area_free(adv_store.documents, &statement->facts);
	for (int32 i = statement->first_entry; i != NONE; i = adv_store.entries[i].next)
	{
		AdvEntry   *entry = &adv_store.entries[i];

		n += adv_chain_is_empty(&entry->plan) ? 0 : 1;
		adv_document_free_entry(entry);
	}
	return n;
}

/*
 * Make room for documents by giving up those of the statement of a partition
 * that cost least of late, but not of keep.  False if none has any.
 */
static bool
evict_documents(int partition, int32 keep)
{
	TimestampTz now = GetCurrentTimestamp();
	int32		victim = NONE;
	double		least = 0;
	int			chain = -1;
	int32		i = NONE;

	AssertLocked(partition, LW_EXCLUSIVE);
	while ((i = next_statement(partition, &chain, i)) != NONE)
	{
		double		usage = adv_store_usage(&adv_store.statements[i], now);

		if (i == keep || (victim != NONE && usage >= least) ||
			!has_documents(&adv_store.statements[i]))
			continue;
		victim = i;
		least = usage;
	}
	if (victim == NONE)
		return false;

	adv_store.partitions[partition].losses.evicted_documents +=
		free_documents(&adv_store.statements[victim]);
	return true;
}

/* The same in any other partition that nobody has locked. */
static bool
evict_documents_elsewhere(int partition)
{
	for (int i = 1; i < adv_store.npartitions; i++)
	{
		int			other = (partition + i) & (adv_store.npartitions - 1);
		bool		evicted;

		if (IsUnderPostmaster &&
			!LWLockConditionalAcquire(adv_store_lock(other), LW_EXCLUSIVE))
			continue;
		evicted = evict_documents(other, NONE);
		if (IsUnderPostmaster)
			LWLockRelease(adv_store_lock(other));
		if (evicted)
			return true;
	}
	return false;
}

/* Put data into the area, making room for it if need be. */
static bool
put_data(AdvChain *to, const void *data, int len, int32 owner)
{
	int			partition = adv_store_partition(adv_store.statements[owner].hash);

	if (len <= 0 || (Size) len > adv_document_bytes() / ADV_DOCUMENT_SHARE)
		return false;
	for (int tries = 0; !adv_area_put(adv_store.documents, to, data, len); tries++)
	{
		if (tries >= ADV_DOCUMENT_TRIES ||
			!(evict_documents(partition, owner) || evict_documents_elsewhere(partition)))
			return false;
	}
	return true;
}

/*
 * Which of its examples is a statement to give up for another one of a plan?
 * One that is free, or else the oldest, but the slowest is kept.  -1 for none.
 */
static int
choose_example(const AdvStatement *statement)
{
	int			slowest = 0;
	int			oldest = -1;

	for (int i = 0; i < adv_examples_per_statement; i++)
	{
		if (adv_chain_is_empty(&statement->examples[i].chain))
			return i;
		if (statement->examples[i].ns > statement->examples[slowest].ns)
			slowest = i;
	}
	for (int i = 0; i < adv_examples_per_statement; i++)
	{
		if (adv_examples_per_statement > 1 && i == slowest)
			continue;
		if (oldest < 0 || statement->examples[i].taken_at < statement->examples[oldest].taken_at)
			oldest = i;
	}
	return oldest;
}

static void
put_example(int32 owner, const AdvDocument *document, const void *data)
{
	AdvStatement *statement = &adv_store.statements[owner];
	int			i = choose_example(statement);

	if (i < 0)
		return;
	adv_area_free(adv_store.documents, &statement->examples[i].chain);
	if (!put_data(&statement->examples[i].chain, data, document->len, owner))
		return;
	statement->examples[i].planid = document->key.planid;
	statement->examples[i].taken_at = document->taken_at;
	statement->examples[i].ns = document->ns;
}

/* Statement and, if it has a plan id, entry of a key, made if need be. */
static int32
get_owner(const AdvKey *key, uint32 hash, bool need_entry, int32 *entry)
{
	int32		owner = find_statement(key, hash);

	*entry = NONE;
	if (owner == NONE)
	{
		/* its counts are still pending: it must not go before they come */
		owner = adv_store_create_statement(key, hash);
		if (owner != NONE)
			adv_store.statements[owner].usage = ADV_USAGE_OF_NEW;
	}
	if (owner == NONE || !need_entry)
		return owner;
	*entry = find_entry(&adv_store.statements[owner], key->planid, 0);
	if (*entry == NONE)
		*entry = adv_store_create_entry(owner, key);
	return owner;
}

static void
put_document(const AdvDocument *document, const void *data)
{
	uint32		hash = adv_key_hash(&document->key);
	bool		of_plan = document->kind == ADV_DOCUMENT_PLAN ||
		document->kind == ADV_DOCUMENT_RUNS;
	int32		entry;
	int32		owner = get_owner(&document->key, hash, of_plan, &entry);
	AdvChain   *chain;

	if (owner == NONE || (of_plan && entry == NONE))
		return;
	switch ((AdvDocumentKind) document->kind)
	{
		case ADV_DOCUMENT_EXAMPLE:
			put_example(owner, document, data);
			return;
		case ADV_DOCUMENT_WAITS:
			memcpy(&adv_store.statements[owner].lock_wait_ns, data, sizeof(int64));
			return;
		case ADV_DOCUMENT_FACTS:
			chain = &adv_store.statements[owner].facts;
			break;
		case ADV_DOCUMENT_PLAN:
			/* what was measured has to do with the estimates of the old one */
			adv_area_free(adv_store.documents, &adv_store.entries[entry].runs);
			adv_store.entries[entry].nruns = 0;
			adv_store.entries[entry].documented_at = document->taken_at;
			adv_store.entries[entry].cost = document->cost;
			chain = &adv_store.entries[entry].plan;
			break;
		default:
			chain = &adv_store.entries[entry].runs;
			adv_store.entries[entry].nruns = (int32) document->ns;
			break;
	}
	adv_area_free(adv_store.documents, chain);
	(void) put_data(chain, data, document->len, owner);
}

void
adv_documents_put(const AdvDocument *document, const void *data)
{
	LWLock	   *lock = adv_store_lock(adv_store_partition(adv_key_hash(&document->key)));

	LWLockAcquire(lock, LW_EXCLUSIVE);
	put_document(document, data);
	LWLockRelease(lock);
}

void
adv_documents_state(const AdvKey *key, AdvPlanState *state)
{
	uint32		hash = adv_key_hash(key);
	LWLock	   *lock = adv_store_lock(adv_store_partition(hash));
	int32		owner;
	int32		entry = NONE;
	TimestampTz now = GetCurrentTimestamp();

	memset(state, 0, sizeof(AdvPlanState));
	LWLockAcquire(lock, LW_SHARED);
	owner = find_statement(key, hash);
	if (owner != NONE)
	{
		const AdvStatement *statement = &adv_store.statements[owner];

		entry = find_entry(statement, key->planid, 0);
		state->has_facts = !adv_chain_is_empty(&statement->facts);
		for (int i = 0; i < ADV_MAX_EXAMPLES; i++)
		{
			if (adv_chain_is_empty(&statement->examples[i].chain))
				continue;
			state->nexamples++;
			state->last_example = Max(state->last_example, statement->examples[i].taken_at);
		}
	}
	if (entry != NONE)
	{
		state->has_plan = !adv_chain_is_empty(&adv_store.entries[entry].plan) ||
			now - adv_store.entries[entry].documented_at < ADV_DOCUMENT_PAUSE;
		state->documented_at = adv_store.entries[entry].documented_at;
		state->cost = adv_store.entries[entry].cost;
		state->runs = adv_store.entries[entry].nruns;
		state->calls = adv_store.entries[entry].counters.exec.count;
		state->total_ns = adv_store.entries[entry].counters.exec.total;
	}
	LWLockRelease(lock);
}

void
adv_documents_time_example(const AdvKey *key, TimestampTz taken_at, int64 ns)
{
	uint32		hash = adv_key_hash(key);
	LWLock	   *lock = adv_store_lock(adv_store_partition(hash));
	int32		owner;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	owner = find_statement(key, hash);
	for (int i = 0; owner != NONE && i < ADV_MAX_EXAMPLES; i++)
	{
		AdvStoredExample *example = &adv_store.statements[owner].examples[i];

		if (!adv_chain_is_empty(&example->chain) && example->taken_at == taken_at)
		{
			example->planid = key->planid;
			example->ns = ns;
		}
	}
	LWLockRelease(lock);
}

void
adv_documents_merge_runs(const AdvKey *key, void *data, int len,
						 void (*merge) (void *data, const void *old, int len))
{
	uint32		hash = adv_key_hash(key);
	LWLock	   *lock = adv_store_lock(adv_store_partition(hash));
	char		old[ADV_RUNS_MAX];
	int32		owner;
	int32		entry = NONE;

	Assert(len <= ADV_RUNS_MAX);
	LWLockAcquire(lock, LW_EXCLUSIVE);
	owner = find_statement(key, hash);
	if (owner != NONE)
		entry = find_entry(&adv_store.statements[owner], key->planid, 0);
	if (entry != NONE && !adv_chain_is_empty(&adv_store.entries[entry].plan))
	{
		AdvChain   *runs = &adv_store.entries[entry].runs;

		if (!adv_chain_is_empty(runs) && runs->len == len)
		{
			adv_area_get(adv_store.documents, runs, old);
			merge(data, old, len);
			adv_area_overwrite(adv_store.documents, runs, data);
		}
		else if (adv_chain_is_empty(runs))
		{
			merge(data, NULL, len);
			(void) put_data(runs, data, len, owner);
		}
	}
	if (entry != NONE)
		adv_store.entries[entry].nruns++;
	LWLockRelease(lock);
}

/* Where the next document goes, as far as there is room. */
typedef struct DocumentTarget
{
	char	   *buffer;
	Size		size;
	Size		needed;
} DocumentTarget;

/* Room for the next one, of so many bytes, its header filled in; or NULL. */
static AdvDocument *
next_copy(DocumentTarget *target, const AdvStatement *statement,
		  AdvDocumentKind kind, int len)
{
	AdvDocument *copy = (AdvDocument *) (target->buffer + target->needed);

	target->needed += ADV_DOCUMENT_SIZE(len);
	if (target->needed > target->size)
		return NULL;

	memset(copy, 0, sizeof(AdvDocument));
	copy->key = statement->key;
	copy->kind = kind;
	copy->len = len;
	return copy;
}

static void
copy_document(DocumentTarget *target, const AdvStatement *statement,
			  uint64 planid, AdvDocumentKind kind, const AdvChain *chain,
			  TimestampTz taken_at, int64 ns, double cost)
{
	AdvDocument *copy;

	if (adv_chain_is_empty(chain))
		return;
	copy = next_copy(target, statement, kind, chain->len);
	if (copy == NULL)
		return;
	copy->key.planid = planid;
	copy->taken_at = taken_at;
	copy->ns = ns;
	copy->cost = cost;
	adv_area_get(adv_store.documents, chain, copy + 1);
}

static void
copy_waits(DocumentTarget *target, const AdvStatement *statement)
{
	AdvDocument *copy;

	if (statement->lock_wait_ns == 0)
		return;
	copy = next_copy(target, statement, ADV_DOCUMENT_WAITS, sizeof(int64));
	if (copy != NULL)
		memcpy(copy + 1, &statement->lock_wait_ns, sizeof(int64));
}

static void
copy_statement_documents(DocumentTarget *target, const AdvStatement *statement,
						 uint32 kinds)
{
	if (kinds & (1 << ADV_DOCUMENT_FACTS))
		copy_document(target, statement, 0, ADV_DOCUMENT_FACTS,
					  &statement->facts, 0, 0, 0);
	if (kinds & (1 << ADV_DOCUMENT_WAITS))
		copy_waits(target, statement);
	for (int i = 0; i < ADV_MAX_EXAMPLES && (kinds & (1 << ADV_DOCUMENT_EXAMPLE)); i++)
	{
		const AdvStoredExample *example = &statement->examples[i];

		copy_document(target, statement, example->planid, ADV_DOCUMENT_EXAMPLE,
					  &example->chain, example->taken_at, example->ns, 0);
	}
	for (int32 i = statement->first_entry; i != NONE; i = adv_store.entries[i].next)
	{
		const AdvEntry *entry = &adv_store.entries[i];

		if (kinds & (1 << ADV_DOCUMENT_PLAN))
			copy_document(target, statement, entry->planid, ADV_DOCUMENT_PLAN,
						  &entry->plan, entry->documented_at, 0, entry->cost);
		if (kinds & (1 << ADV_DOCUMENT_RUNS))
			copy_document(target, statement, entry->planid, ADV_DOCUMENT_RUNS,
						  &entry->runs, 0, entry->nruns, 0);
	}
}

Size
adv_documents_copy(int partition, uint32 kinds, char *buffer, Size size)
{
	DocumentTarget target = {buffer, size, 0};
	int			chain = -1;
	int32		i = NONE;

	LWLockAcquire(adv_store_lock(partition), LW_SHARED);
	while ((i = next_statement(partition, &chain, i)) != NONE)
		copy_statement_documents(&target, &adv_store.statements[i], kinds);
	LWLockRelease(adv_store_lock(partition));
	return target.needed;
}


/* ---------------------------------------------------------------------
 * Reading a partition
 * ---------------------------------------------------------------------
 */

void
adv_documents_read(AdvDocumentSet *set, int partition, uint32 kinds)
{
	CHECK_FOR_INTERRUPTS();
	for (;;)
	{
		set->used = adv_documents_copy(partition, kinds, set->buffer, set->size);
		if (set->used <= set->size)
			return;
		if (set->buffer)
			pfree(set->buffer);
		set->size = set->used + set->used / 4;
		set->buffer = palloc_extended(set->size, MCXT_ALLOC_HUGE);
	}
}

const AdvDocument *
adv_documents_next(const AdvDocumentSet *set, const AdvDocument *document)
{
	const char *next = set->buffer;

	if (document)
		next = (const char *) document + ADV_DOCUMENT_SIZE(document->len);
	return next != NULL && next < set->buffer + set->used ? (const AdvDocument *) next : NULL;
}

const AdvDocument *
adv_documents_find(const AdvDocumentSet *set, const AdvKey *key, AdvDocumentKind kind)
{
	const AdvDocument *document = NULL;

	while ((document = adv_documents_next(set, document)) != NULL)
	{
		if (document->kind == kind && document->key.planid == key->planid &&
			adv_key_same_statement(&document->key, key))
			return document;
	}
	return NULL;
}

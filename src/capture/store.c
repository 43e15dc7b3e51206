/*-------------------------------------------------------------------------
 *
 * store.c
 *		The shared store of captured statements, of fixed size.
 *
 * Statements and entries live in two arrays; a slot is either in the chains of
 * one partition or in a free list.  Chains and lists link by index, so the
 * memory may be mapped anywhere.
 *
 * Eviction.  When the last slot is taken, the newcomer's partition gives up
 * the statement that cost least time of late: its summed time, halved every
 * ADV_USAGE_HALF_LIFE.  A rare slow statement thus outlives a frequent cheap
 * one, and yesterday's migration goes in the end.  A statement goes as a
 * whole: were one of its plans to go alone, its sums would shrink.  What goes
 * is added to the losses of the partition, so the sum over everything stays
 * exact.
 *
 * A statement that keeps changing its plan could fill the store with plans;
 * beyond ADV_PLANS_PER_STATEMENT its cheapest ones are merged into one entry
 * with plan id 0.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "capture/storeimpl.h"
#include "common/guc.h"
#include "port/pg_bitutils.h"
#include "storage/shmem.h"
#include "storage/spin.h"
#include "utils/timestamp.h"

#define ADV_TRANCHE_NAME		"advisor"
#define ADV_MAX_PARTITIONS		128
#define ADV_PLANS_PER_PARTITION 32	/* aimed at, on average */
#define ADV_PLANS_PER_STATEMENT 64
#define ADV_EVICTION_TRIES		8
#define ADV_VICTIMS_SEEN		128 /* statements to choose the cheapest from */
#define ADV_USAGE_HALF_LIFE		(6.0 * USECS_PER_HOUR)

AdvStore	adv_store;

/* ---------------------------------------------------------------------
 * Shared memory
 * ---------------------------------------------------------------------
 */

/* Both numbers are powers of two that depend on advisor.max_plans alone. */
static int
count_partitions(void)
{
	int			wanted = pg_nextpower2_32(adv_max_plans / ADV_PLANS_PER_PARTITION);

	return Min(wanted, ADV_MAX_PARTITIONS);
}

static int
count_heads(void)
{
	return pg_nextpower2_32(adv_max_plans / count_partitions() + 1);
}

/* Sizes of the parts, each aligned; returns the sum. */
static Size
layout(Size *partitions, Size *heads, Size *statements, Size *entries)
{
	Size		size = CACHELINEALIGN(sizeof(AdvStoreControl));

	*partitions = size;
	size = add_size(size, CACHELINEALIGN(mul_size(count_partitions(), sizeof(AdvPartition))));
	*heads = size;
	size = add_size(size, CACHELINEALIGN(mul_size(mul_size(count_partitions(), count_heads()), sizeof(int32))));
	*statements = size;
	size = add_size(size, CACHELINEALIGN(mul_size(adv_max_plans, sizeof(AdvStatement))));
	*entries = size;
	return add_size(size, mul_size(adv_max_plans, sizeof(AdvEntry)));
}

Size
adv_store_shmem_size(void)
{
	Size		unused;

	return add_size(layout(&unused, &unused, &unused, &unused),
					adv_area_shmem_size(adv_document_bytes()));
}

void
adv_store_shmem_request(void)
{
	RequestAddinShmemSpace(adv_store_shmem_size());
	RequestNamedLWLockTranche(ADV_TRANCHE_NAME, count_partitions());
}

/* Empty chains, and all slots in the free lists. */
static void
initialize_store(void)
{
	memset(adv_store.partitions, 0, adv_store.npartitions * sizeof(AdvPartition));
	for (int i = 0; i < adv_store.npartitions * adv_store.nheads; i++)
		adv_store.heads[i] = NONE;
	for (int i = 0; i < adv_max_plans; i++)
	{
		adv_store.statements[i].next = i + 1 < adv_max_plans ? i + 1 : NONE;
		adv_store.entries[i].next = adv_store.statements[i].next;
	}
	SpinLockInit(&adv_store.control->mutex);
	adv_store.control->free_statement = 0;
	adv_store.control->free_entry = 0;
	adv_store.control->since = GetCurrentTimestamp();
}

/*
 * Create or attach to the store; true if it was created.  The caller holds
 * AddinShmemInitLock.
 */
bool
adv_store_shmem_init(void)
{
	Size		partitions;
	Size		heads;
	Size		statements;
	Size		entries;
	Size		size = layout(&partitions, &heads, &statements, &entries);
	bool		found;
	char	   *base = ShmemInitStruct("advisor store", size, &found);

	adv_store.control = (AdvStoreControl *) base;
	adv_store.partitions = (AdvPartition *) (base + partitions);
	adv_store.heads = (int32 *) (base + heads);
	adv_store.statements = (AdvStatement *) (base + statements);
	adv_store.entries = (AdvEntry *) (base + entries);
	adv_store.locks = GetNamedLWLockTranche(ADV_TRANCHE_NAME);
	adv_store.npartitions = count_partitions();
	adv_store.nheads = count_heads();
	adv_store.documents = adv_area_shmem_init("advisor documents", adv_document_bytes());
	if (!found)
		initialize_store();
	return !found;
}

/* ---------------------------------------------------------------------
 * Finding
 * ---------------------------------------------------------------------
 */

int
adv_store_partitions(void)
{
	return adv_store.npartitions;
}

int
adv_store_partition(uint32 hash)
{
	return hash & (adv_store.npartitions - 1);
}

LWLock *
adv_store_lock(int partition)
{
	return &adv_store.locks[partition].lock;
}

/* ---------------------------------------------------------------------
 * Slots
 * ---------------------------------------------------------------------
 */

static int32
pop_statement(void)
{
	int32		i;

	SpinLockAcquire(&adv_store.control->mutex);
	i = adv_store.control->free_statement;
	if (i != NONE)
		adv_store.control->free_statement = adv_store.statements[i].next;
	SpinLockRelease(&adv_store.control->mutex);
	return i;
}

static int32
pop_entry(void)
{
	int32		i;

	SpinLockAcquire(&adv_store.control->mutex);
	i = adv_store.control->free_entry;
	if (i != NONE)
		adv_store.control->free_entry = adv_store.entries[i].next;
	SpinLockRelease(&adv_store.control->mutex);
	return i;
}

static void
push_statement(int32 i)
{
	SpinLockAcquire(&adv_store.control->mutex);
	adv_store.statements[i].next = adv_store.control->free_statement;
	adv_store.control->free_statement = i;
	SpinLockRelease(&adv_store.control->mutex);
}

static void
push_entry(int32 i)
{
	SpinLockAcquire(&adv_store.control->mutex);
	adv_store.entries[i].next = adv_store.control->free_entry;
	adv_store.control->free_entry = i;
	SpinLockRelease(&adv_store.control->mutex);
}

/* ---------------------------------------------------------------------
 * Removing and evicting
 * ---------------------------------------------------------------------
 */

/* Give up an entry, which nobody links to any more, with its documents. */
static void
free_entry(int32 i)
{
	adv_document_free_entry(&adv_store.entries[i]);
	push_entry(i);
}

/* Free the entries of a statement, and all documents but its facts. */
static void
remove_entries(AdvStatement *statement)
{
	int32		entry = statement->first_entry;

	(void) adv_document_free_examples(statement);
	while (entry != NONE)
	{
		int32		next = adv_store.entries[entry].next;

		free_entry(entry);
		entry = next;
	}
	adv_store.partitions[adv_store_partition(statement->hash)].nentries -= statement->nentries;
	statement->first_entry = NONE;
	statement->nentries = 0;
	statement->usage = 0;
	statement->lock_wait_ns = 0;
}

/* Take a statement out of its chain and free it with its entries and text. */
static void
remove_statement(int32 victim)
{
	AdvStatement *statement = &adv_store.statements[victim];
	int32	   *link = chain_head(statement->hash);

	while (*link != victim)
		link = &adv_store.statements[*link].next;
	*link = statement->next;

	remove_entries(statement);
	if (!adv_chain_is_empty(&statement->text.chain))
		adv_store.partitions[adv_store_partition(statement->hash)].ntexts--;
	adv_text_free(&statement->text);
	adv_area_free(adv_store.documents, &statement->facts);
	push_statement(victim);
}

double
adv_store_usage(const AdvStatement *statement, TimestampTz now)
{
	double		age = Max(now - statement->usage_at, 0);

	return statement->usage * exp2(-age / ADV_USAGE_HALF_LIFE);
}

/* Note what is lost with a statement. */
static void
add_statement_losses(AdvLosses *losses, const AdvStatement *statement)
{
	for (int32 i = statement->first_entry; i != NONE; i = adv_store.entries[i].next)
	{
		const AdvEntry *entry = &adv_store.entries[i];

		losses->evicted_entries++;
		losses->evicted_ns += entry->counters.exec.total;
		if (entry->sqlclass == 0)
			losses->evicted_calls += entry->counters.exec.count;
		if (statement->key.toplevel)
			losses->toplevel_ns += entry->counters.exec.total;
	}
}

/*
 * The cheapest statement of a partition but keep, and not one without entries
 * if an entry is needed; NONE if there is none.  Partitions of a huge store
 * are large: some of their chains have to do, others the next time.
 */
static int32
find_victim(int partition, int32 keep, bool need_entry)
{
	TimestampTz now = GetCurrentTimestamp();
	int32	   *hand = &adv_store.partitions[partition].hand;
	double		least = 0;
	int32		victim = NONE;
	int			seen = 0;

	for (int n = 0; n < adv_store.nheads && (victim == NONE || seen < ADV_VICTIMS_SEEN); n++)
	{
		int32		i = adv_store.heads[partition * adv_store.nheads + *hand];

		for (; i != NONE; i = adv_store.statements[i].next)
		{
			double		usage = adv_store_usage(&adv_store.statements[i], now);

			seen++;
			if (i == keep || (need_entry && adv_store.statements[i].nentries == 0))
				continue;
			if (victim == NONE || usage < least)
			{
				victim = i;
				least = usage;
			}
		}
		*hand = (*hand + 1) & (adv_store.nheads - 1);
	}
	return victim;
}

/* Evict a statement of a partition, see find_victim(); false if there is none. */
static bool
evict_from(int partition, int32 keep, bool need_entry)
{
	int32		victim;

	AssertLocked(partition, LW_EXCLUSIVE);
	victim = find_victim(partition, keep, need_entry);
	if (victim == NONE)
		return false;

	add_statement_losses(&adv_store.partitions[partition].losses,
						 &adv_store.statements[victim]);
	remove_statement(victim);
	return true;
}

/*
 * Evict from any partition that nobody has locked.  Only for a partition that
 * has nothing to give itself.
 */
static bool
evict_elsewhere(int partition, bool need_entry)
{
	for (int i = 1; i < adv_store.npartitions; i++)
	{
		int			other = (partition + i) & (adv_store.npartitions - 1);
		bool		evicted;

		if (IsUnderPostmaster &&
			!LWLockConditionalAcquire(adv_store_lock(other), LW_EXCLUSIVE))
			continue;
		evicted = evict_from(other, NONE, need_entry);
		if (IsUnderPostmaster)
			LWLockRelease(adv_store_lock(other));
		if (evicted)
			return true;
	}
	return false;
}

static void
merge_entry(AdvEntry *to, const AdvCounters *counters, const int64 *hist)
{
	adv_counters_merge(&to->counters, counters);
	adv_counters_add_hist(to->hist, hist, counters);
}

/*
 * Merge the cheapest plan of a statement into its entry with plan id 0, which
 * the first one merged becomes.  True if that freed an entry.
 */
static bool
merge_cheapest_plan(AdvStatement *statement)
{
	int32		others = find_entry(statement, 0, 0);
	int32	   *link = &statement->first_entry;
	int32	   *cheapest = NULL;
	int32		victim;
	int			nplans = 0;

	for (; *link != NONE; link = &adv_store.entries[*link].next)
	{
		const AdvEntry *entry = &adv_store.entries[*link];

		if (entry->sqlclass != 0)
			continue;
		nplans++;
		if (entry->planid != 0 &&
			(cheapest == NULL || entry->counters.exec.total <
			 adv_store.entries[*cheapest].counters.exec.total))
			cheapest = link;
	}
	if (nplans < 2 || cheapest == NULL)
		return false;

	victim = *cheapest;
	if (others == NONE)
	{
		adv_store.entries[victim].planid = 0;
		adv_document_free_entry(&adv_store.entries[victim]);
		return merge_cheapest_plan(statement);
	}
	merge_entry(&adv_store.entries[others], &adv_store.entries[victim].counters,
				adv_store.entries[victim].hist);
	*cheapest = adv_store.entries[victim].next;
	statement->nentries--;
	adv_store.partitions[adv_store_partition(statement->hash)].nentries--;
	free_entry(victim);
	return true;
}

/* ---------------------------------------------------------------------
 * Adding
 * ---------------------------------------------------------------------
 */

/* Make room for a statement. */
static bool
make_room_for_statement(int partition)
{
	return evict_from(partition, NONE, false) || evict_elsewhere(partition, false);
}

/* Make room for an entry of statement owner. */
static bool
make_room_for_entry(int partition, int32 owner)
{
	return evict_from(partition, owner, true) ||
		merge_cheapest_plan(&adv_store.statements[owner]) ||
		evict_elsewhere(partition, true);
}

/* New statement at the head of its chain; NONE if there is no room. */
int32
adv_store_create_statement(const AdvKey *key, uint32 hash)
{
	int32		i = pop_statement();
	int32	   *head = chain_head(hash);
	AdvStatement *statement;

	/* somebody in another partition may be faster to take what is evicted */
	for (int tries = 0; i == NONE && tries < ADV_EVICTION_TRIES; tries++)
	{
		if (!make_room_for_statement(adv_store_partition(hash)))
			break;
		i = pop_statement();
	}
	if (i == NONE)
		return NONE;

	statement = &adv_store.statements[i];
	memset(statement, 0, sizeof(AdvStatement));
	statement->key = *key;
	statement->key.planid = 0;
	statement->key.sqlclass = 0;
	statement->hash = hash;
	statement->first_entry = NONE;
	statement->usage_at = GetCurrentTimestamp();
	statement->next = *head;
	*head = i;
	return i;
}

/* New entry of a statement; NONE if there is no room. */
int32
adv_store_create_entry(int32 owner, const AdvKey *key)
{
	AdvStatement *statement = &adv_store.statements[owner];
	int			partition = adv_store_partition(statement->hash);
	AdvEntry   *entry;
	int32		i;

	if (statement->nentries >= ADV_PLANS_PER_STATEMENT)
		(void) merge_cheapest_plan(statement);
	i = pop_entry();
	for (int tries = 0; i == NONE && tries < ADV_EVICTION_TRIES; tries++)
	{
		if (!make_room_for_entry(partition, owner))
			break;
		i = pop_entry();
	}
	if (i == NONE)
		return NONE;

	entry = &adv_store.entries[i];
	memset(entry, 0, sizeof(AdvEntry));
	entry->planid = key->planid;
	entry->sqlclass = key->sqlclass;
	entry->next = statement->first_entry;
	statement->first_entry = i;
	statement->nentries++;
	adv_store.partitions[partition].nentries++;
	return i;
}

static void
add_dropped(AdvLosses *losses, const AdvKey *key, const AdvCounters *counters)
{
	losses->dropped_ns += counters->exec.total;
	if (key->sqlclass == 0)
		losses->dropped_calls += counters->exec.count;
	if (key->toplevel)
		losses->toplevel_ns += counters->exec.total;
}

void
adv_store_merge(const AdvKey *key, uint32 hash,
				const AdvCounters *counters, const int64 *hist)
{
	int			partition = adv_store_partition(hash);
	int32		owner = find_statement(key, hash);
	int32		entry = NONE;
	AdvStatement *statement;
	TimestampTz now = GetCurrentTimestamp();

	AssertLocked(partition, LW_EXCLUSIVE);
	if (owner == NONE)
		owner = adv_store_create_statement(key, hash);
	if (owner != NONE)
	{
		entry = find_entry(&adv_store.statements[owner], key->planid, key->sqlclass);
		if (entry == NONE)
			entry = adv_store_create_entry(owner, key);
	}
	if (entry == NONE)
	{
		add_dropped(&adv_store.partitions[partition].losses, key, counters);
		if (owner != NONE && adv_store.statements[owner].nentries == 0 &&
			adv_chain_is_empty(&adv_store.statements[owner].text.chain))
			remove_statement(owner);
		return;
	}
	if (adv_chain_is_empty(&adv_store.statements[owner].text.chain))
		adv_text_forget_known(key->queryid, key->userid, key->toplevel != 0);

	merge_entry(&adv_store.entries[entry], counters, hist);
	statement = &adv_store.statements[owner];
	statement->usage = adv_store_usage(statement, now) +
		counters->exec.total + counters->plan.total;
	statement->usage_at = now;
}

void
adv_store_drop(const AdvKey *key, const AdvCounters *counters)
{
	int			partition = adv_store_partition(adv_key_hash(key));

	LWLockAcquire(adv_store_lock(partition), LW_EXCLUSIVE);
	add_dropped(&adv_store.partitions[partition].losses, key, counters);
	LWLockRelease(adv_store_lock(partition));
}

/* ---------------------------------------------------------------------
 * Texts
 * ---------------------------------------------------------------------
 */

bool
adv_store_has_text(const AdvKey *key)
{
	uint32		hash = adv_key_hash(key);
	LWLock	   *lock = adv_store_lock(adv_store_partition(hash));
	int32		i;
	bool		has_text;

	LWLockAcquire(lock, LW_SHARED);
	i = find_statement(key, hash);
	has_text = i != NONE && !adv_chain_is_empty(&adv_store.statements[i].text.chain);
	LWLockRelease(lock);
	return has_text;
}

void
adv_store_set_text(const AdvKey *key, const char *text, int len, int encoding)
{
	uint32		hash = adv_key_hash(key);
	int			partition = adv_store_partition(hash);
	int32		i;

	LWLockAcquire(adv_store_lock(partition), LW_EXCLUSIVE);
	i = find_statement(key, hash);
	if (i == NONE)
	{
		/* its counts are still pending: it must not go before they come */
		i = adv_store_create_statement(key, hash);
		if (i != NONE)
			adv_store.statements[i].usage = ADV_USAGE_OF_NEW;
	}
	if (i != NONE && adv_chain_is_empty(&adv_store.statements[i].text.chain) &&
		adv_text_put(&adv_store.statements[i].text, text, len, encoding))
		adv_store.partitions[partition].ntexts++;
	LWLockRelease(adv_store_lock(partition));
}

/* ---------------------------------------------------------------------
 * Reading and forgetting
 * ---------------------------------------------------------------------
 */

int
adv_store_count_texts(int partition)
{
	AssertLockedAnyMode(partition);
	return adv_store.partitions[partition].ntexts;
}

int
adv_store_copy_texts(int partition, AdvTextCopy *copies)
{
	int			n = 0;
	int			chain = -1;
	int32		i = NONE;

	AssertLockedAnyMode(partition);
	while ((i = next_statement(partition, &chain, i)) != NONE)
	{
		const AdvStatement *statement = &adv_store.statements[i];
		AdvTextCopy *copy = &copies[n];

		if (adv_chain_is_empty(&statement->text.chain))
			continue;
		copy->key = statement->key;
		copy->lock_wait_ns = statement->lock_wait_ns;
		copy->encoding = statement->text.encoding;
		copy->len = statement->text.chain.len;
		adv_text_get(&statement->text, copy->text);
		n++;
	}
	return n;
}

int64
adv_store_toplevel_ns(int partition)
{
	int64		sum = adv_store.partitions[partition].losses.toplevel_ns;
	int			chain = -1;
	int32		i = NONE;

	AssertLockedAnyMode(partition);
	while ((i = next_statement(partition, &chain, i)) != NONE)
	{
		int32		entry = adv_store.statements[i].first_entry;

		if (!adv_store.statements[i].key.toplevel)
			continue;
		for (; entry != NONE; entry = adv_store.entries[entry].next)
			sum += adv_store.entries[entry].counters.exec.total;
	}
	return sum;
}

int
adv_store_count(int partition)
{
	AssertLockedAnyMode(partition);
	return adv_store.partitions[partition].nentries;
}

/* Copy the entries of one statement; returns their number. */
static int
copy_statement(const AdvStatement *statement, AdvEntryCopy *copies)
{
	int			n = 0;

	for (int32 i = statement->first_entry; i != NONE; i = adv_store.entries[i].next)
	{
		const AdvEntry *entry = &adv_store.entries[i];
		AdvEntryCopy *copy = &copies[n++];

		copy->key = statement->key;
		copy->key.planid = entry->planid;
		copy->key.sqlclass = entry->sqlclass;
		copy->counters = entry->counters;
		memset(copy->hist, 0, sizeof(copy->hist));
		adv_counters_add_hist(copy->hist, entry->hist, &entry->counters);
	}
	return n;
}

int
adv_store_copy(int partition, AdvEntryCopy *copies)
{
	int			n = 0;
	int			chain = -1;
	int32		i = NONE;

	AssertLockedAnyMode(partition);
	while ((i = next_statement(partition, &chain, i)) != NONE)
		n += copy_statement(&adv_store.statements[i], &copies[n]);
	return n;
}

/*
 * Backends believe that texts once given are here, and these tell nothing, so
 * they stay while they need not make room for others.
 */
void
adv_store_forget(int partition, Oid userid, Oid dbid, uint64 queryid, bool texts)
{
	bool		keep_texts = !texts && adv_texts_have_plenty();
	int			chain = -1;
	int32		i;
	int32		next;

	AssertLocked(partition, LW_EXCLUSIVE);
	for (i = next_statement(partition, &chain, NONE); i != NONE; i = next)
	{
		AdvStatement *statement = &adv_store.statements[i];

		next = next_statement(partition, &chain, i);
		if (!adv_key_matches(&statement->key, userid, dbid, queryid))
			continue;
		if (!adv_chain_is_empty(&statement->text.chain) && keep_texts)
			remove_entries(statement);
		else
			remove_statement(i);
	}
	if (userid == InvalidOid && dbid == InvalidOid && queryid == 0)
		memset(&adv_store.partitions[partition].losses, 0, sizeof(AdvLosses));
}

void
adv_store_add_losses(int partition, AdvLosses *sum)
{
	const AdvLosses *losses = &adv_store.partitions[partition].losses;

	AssertLockedAnyMode(partition);
	sum->evicted_entries += losses->evicted_entries;
	sum->evicted_calls += losses->evicted_calls;
	sum->evicted_ns += losses->evicted_ns;
	sum->dropped_calls += losses->dropped_calls;
	sum->dropped_ns += losses->dropped_ns;
	sum->toplevel_ns += losses->toplevel_ns;
	sum->evicted_documents += losses->evicted_documents;
}

void
adv_store_set_losses(int partition, const AdvLosses *losses)
{
	AssertLocked(partition, LW_EXCLUSIVE);
	adv_store.partitions[partition].losses = *losses;
}

TimestampTz
adv_store_since(void)
{
	TimestampTz since;

	SpinLockAcquire(&adv_store.control->mutex);
	since = adv_store.control->since;
	SpinLockRelease(&adv_store.control->mutex);
	return since;
}

void
adv_store_set_since(TimestampTz since)
{
	SpinLockAcquire(&adv_store.control->mutex);
	adv_store.control->since = since;
	SpinLockRelease(&adv_store.control->mutex);
}

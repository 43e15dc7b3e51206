/*-------------------------------------------------------------------------
 *
 * storewaits.c
 *		Time that statements waited for locks, as far as the store has part in it.
 *
 * The waits are seen by a background worker (waits.h), which knows a statement
 * by its query id alone and comes here to find whose it is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/storeimpl.h"

/* The key of a statement that a client sent. */
static AdvKey
toplevel_key(Oid dbid, Oid userid, uint64 queryid)
{
	AdvKey		key = {0};

	key.dbid = dbid;
	key.userid = userid;
	key.queryid = queryid;
	key.toplevel = 1;
	return key;
}

/* Is there more of it than a wait that was charged to it? */
static bool
has_been_seen(const AdvStatement *statement)
{
	return statement->nentries > 0 || !adv_chain_is_empty(&statement->text.chain);
}

static bool
is_statement_of(const AdvKey *key)
{
	uint32		hash = adv_key_hash(key);
	LWLock	   *lock = adv_store_lock(adv_store_partition(hash));
	int32		i;
	bool		seen;

	LWLockAcquire(lock, LW_SHARED);
	i = find_statement(key, hash);
	seen = i != NONE && has_been_seen(&adv_store.statements[i]);
	LWLockRelease(lock);
	return seen;
}

/*
 * Look in a partition for the statement of any user that was used last, if
 * that is after *last.
 */
static void
find_owner(int partition, Oid dbid, uint64 queryid, TimestampTz *last, Oid *owner)
{
	int			chain = -1;
	int32		i = NONE;

	LWLockAcquire(adv_store_lock(partition), LW_SHARED);
	while ((i = next_statement(partition, &chain, i)) != NONE)
	{
		const AdvStatement *statement = &adv_store.statements[i];

		if (statement->key.toplevel && has_been_seen(statement) &&
			adv_key_matches(&statement->key, InvalidOid, dbid, queryid) &&
			statement->usage_at > *last)
		{
			*last = statement->usage_at;
			*owner = statement->key.userid;
		}
	}
	LWLockRelease(adv_store_lock(partition));
}

Oid
adv_store_lock_wait_owner(Oid dbid, Oid userid, uint64 queryid)
{
	AdvKey		key = toplevel_key(dbid, userid, queryid);
	TimestampTz last = 0;
	Oid			owner = userid;

	if (is_statement_of(&key))
		return userid;
	for (int i = 0; i < adv_store.npartitions; i++)
		find_owner(i, dbid, queryid, &last, &owner);
	return owner;
}

/* Was a statement, or an error that ended it, last seen at this very time? */
static bool
was_seen_at(const AdvStatement *statement, TimestampTz when)
{
	int32		i = statement->first_entry;

	while (i != NONE && adv_store.entries[i].counters.last_seen != when)
		i = adv_store.entries[i].next;
	return i != NONE;
}

bool
adv_store_find_at(Oid dbid, TimestampTz when, AdvKey *key)
{
	bool		found = false;

	for (int partition = 0; partition < adv_store.npartitions && !found; partition++)
	{
		int			chain = -1;
		int32		i = NONE;

		LWLockAcquire(adv_store_lock(partition), LW_SHARED);
		while (!found && (i = next_statement(partition, &chain, i)) != NONE)
		{
			const AdvStatement *statement = &adv_store.statements[i];

			found = statement->key.toplevel && statement->key.dbid == dbid &&
				was_seen_at(statement, when);
			if (found)
				*key = statement->key;
		}
		LWLockRelease(adv_store_lock(partition));
	}
	return found;
}

void
adv_store_add_lock_wait(Oid dbid, Oid userid, uint64 queryid, int64 ns)
{
	AdvKey		key = toplevel_key(dbid, userid, queryid);
	uint32		hash = adv_key_hash(&key);
	LWLock	   *lock = adv_store_lock(adv_store_partition(hash));
	int32		i;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	i = find_statement(&key, hash);
	if (i == NONE)
	{
		i = adv_store_create_statement(&key, hash);
		if (i != NONE)
			adv_store.statements[i].usage = ADV_USAGE_OF_NEW;
	}
	if (i != NONE)
		adv_store.statements[i].lock_wait_ns += ns;
	LWLockRelease(lock);
}

int64
adv_store_lock_wait(const AdvKey *statement)
{
	uint32		hash = adv_key_hash(statement);
	LWLock	   *lock = adv_store_lock(adv_store_partition(hash));
	int64		ns;
	int32		i;

	LWLockAcquire(lock, LW_SHARED);
	i = find_statement(statement, hash);
	ns = i == NONE ? 0 : adv_store.statements[i].lock_wait_ns;
	LWLockRelease(lock);
	return ns;
}


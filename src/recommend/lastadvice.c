/*-------------------------------------------------------------------------
 *
 * lastadvice.c
 *		The last advice for each database, kept for who only wants a look.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "miscadmin.h"
#include "recommend/lastadvice.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

/* Databases, and bytes of rows for each. */
#define SLOTS		4
#define ROOM		(48 * 1024)

#define TRANCHE		"advisor advice"

/*
 * Rows lie one behind the other, each behind its length, at aligned places.  They
 * are tuples of a row type that only this library knows, so that what is read is
 * what this library wrote.
 */
typedef struct Slot
{
	Oid			dbid;			/* InvalidOid: the slot is free */
	TimestampTz made_at;
	Size		length;
	char		rows[ROOM];
} Slot;

static Slot *slots = NULL;		/* SLOTS of them, all under one lock */
static LWLock *lock = NULL;

/* Saved hook values */
static shmem_request_hook_type prev_shmem_request = NULL;
static shmem_startup_hook_type prev_shmem_startup = NULL;

static void
request_memory(void)
{
	if (prev_shmem_request)
		prev_shmem_request();
	RequestAddinShmemSpace(SLOTS * sizeof(Slot));
	RequestNamedLWLockTranche(TRANCHE, 1);
}

static void
make_memory(void)
{
	bool		found;

	if (prev_shmem_startup)
		prev_shmem_startup();

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	slots = ShmemInitStruct("advisor advice", SLOTS * sizeof(Slot), &found);
	if (!found)
		memset(slots, 0, SLOTS * sizeof(Slot));
	lock = &GetNamedLWLockTranche(TRANCHE)->lock;
	LWLockRelease(AddinShmemInitLock);
}

void
adv_lastadvice_install(void)
{
	prev_shmem_request = shmem_request_hook;
	shmem_request_hook = request_memory;
	prev_shmem_startup = shmem_startup_hook;
	shmem_startup_hook = make_memory;
}

/* This database's, or else a free one, or else the oldest. */
static Slot *
slot_to_use(void)
{
	Slot	   *slot = &slots[0];

	for (int i = 0; i < SLOTS; i++)
	{
		if (slots[i].dbid == MyDatabaseId)
			return &slots[i];
		if (OidIsValid(slot->dbid) &&
			(!OidIsValid(slots[i].dbid) || slots[i].made_at < slot->made_at))
			slot = &slots[i];
	}
	return slot;
}

void
adv_lastadvice_keep(const List *rows, TimestampTz made_at)
{
	Slot	   *slot;
	ListCell   *lc;

	if (slots == NULL)
		return;
	LWLockAcquire(lock, LW_EXCLUSIVE);
	slot = slot_to_use();
	slot->dbid = MyDatabaseId;
	slot->made_at = made_at;
	slot->length = 0;
	foreach(lc, rows)
	{
		HeapTuple	row = lfirst(lc);
		uint32		length = row->t_len;
		Size		all = MAXALIGN(sizeof(length)) + MAXALIGN(length);

		if (slot->length + all > ROOM)
			break;
		memcpy(&slot->rows[slot->length], &length, sizeof(length));
		memcpy(&slot->rows[slot->length + MAXALIGN(sizeof(length))], row->t_data, length);
		slot->length += all;
	}
	LWLockRelease(lock);
}

/* A copy of the slot's bytes; NULL if there is none. */
static char *
copy_slot(Size *length, TimestampTz *made_at)
{
	char	   *bytes = palloc(ROOM);
	bool		found = false;

	LWLockAcquire(lock, LW_SHARED);
	for (int i = 0; i < SLOTS && !found; i++)
	{
		const Slot *slot = &slots[i];

		if (slot->dbid != MyDatabaseId)
			continue;
		memcpy(bytes, slot->rows, slot->length);
		*length = slot->length;
		*made_at = slot->made_at;
		found = true;
	}
	LWLockRelease(lock);
	return found ? bytes : NULL;
}

bool
adv_lastadvice_get(List **rows, TimestampTz *made_at)
{
	Size		length;
	char	   *bytes = slots ? copy_slot(&length, made_at) : NULL;
	Size		at = 0;

	if (bytes == NULL)
		return false;
	*rows = NIL;
	while (at < length)
	{
		HeapTuple	row = palloc0(HEAPTUPLESIZE);
		uint32		row_length;

		memcpy(&row_length, bytes + at, sizeof(row_length));
		at += MAXALIGN(sizeof(row_length));
		row->t_len = row_length;
		row->t_data = (HeapTupleHeader) (bytes + at);
		*rows = lappend(*rows, row);
		at += MAXALIGN(row_length);
	}
	return true;
}

/*-------------------------------------------------------------------------
 *
 * connections.c
 *		How many client connections there are, and the most there ever were.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "capture/connections.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "replication/walsender.h"
#include "storage/ipc.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

/*
 * No lock protects it: each session counts itself at login and at its end.
 * since is written once, at the start of the server.
 */
typedef struct AdvConnectionsShared
{
	pg_atomic_uint32 connected;
	pg_atomic_uint32 high_water;
	pg_atomic_uint64 high_water_at;
	TimestampTz since;
} AdvConnectionsShared;

static AdvConnectionsShared *shared = NULL;

/*
 * As libpq/auth.h has it, which needs headers of Kerberos that are not
 * installed with those of the server.
 */
extern PGDLLIMPORT void (*ClientAuthentication_hook) (struct Port *port, int status);

static void (*prev_ClientAuthentication) (struct Port *port, int status) = NULL;

Size
adv_connections_shmem_size(void)
{
	return CACHELINEALIGN(sizeof(AdvConnectionsShared));
}

void
adv_connections_shmem_request(void)
{
	RequestAddinShmemSpace(adv_connections_shmem_size());
}

void
adv_connections_shmem_init(void)
{
	bool		found;

	shared = ShmemInitStruct("advisor connections", adv_connections_shmem_size(), &found);
	if (found)
		return;
	pg_atomic_init_u32(&shared->connected, 0);
	pg_atomic_init_u32(&shared->high_water, 0);
	pg_atomic_init_u64(&shared->high_water_at, 0);
	shared->since = GetCurrentTimestamp();
}

/* on_shmem_exit callback; the place in shared memory is given up after it. */
static void
disconnect(int code, Datum arg)
{
	pg_atomic_fetch_sub_u32(&shared->connected, 1);
}

static void
connect_client(void)
{
	uint32		now = pg_atomic_add_fetch_u32(&shared->connected, 1);
	uint32		most = pg_atomic_read_u32(&shared->high_water);

	on_shmem_exit(disconnect, (Datum) 0);
	while (now > most)
	{
		if (pg_atomic_compare_exchange_u32(&shared->high_water, &most, now))
		{
			pg_atomic_write_u64(&shared->high_water_at, (uint64) GetCurrentTimestamp());
			break;
		}
	}
}

static void
adv_ClientAuthentication(struct Port *port, int status)
{
	if (prev_ClientAuthentication)
		prev_ClientAuthentication(port, status);
	if (status == STATUS_OK && !am_walsender)
		connect_client();
}

void
adv_connections_install(void)
{
	static bool installed = false;

	if (installed)
		return;
	installed = true;
	prev_ClientAuthentication = ClientAuthentication_hook;
	ClientAuthentication_hook = adv_ClientAuthentication;
}

void
adv_connections_get(AdvConnections *connections)
{
	connections->connected = (int) pg_atomic_read_u32(&shared->connected);
	connections->high_water = (int) pg_atomic_read_u32(&shared->high_water);
	connections->high_water_at = (TimestampTz) pg_atomic_read_u64(&shared->high_water_at);
	connections->since = shared->since;
}

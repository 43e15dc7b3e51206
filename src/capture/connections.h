/*-------------------------------------------------------------------------
 *
 * connections.h
 *		How many client connections there are, and the most there ever were.
 *
 * Each is counted when it has been authenticated, and no more when it gives
 * up its place in shared memory: so the high-water mark is exact, not sampled,
 * and never above max_connections.  Connections that are refused after that,
 * say because the database does not exist, took a place for an instant and
 * count; those that replicate have places of their own and do not.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_CONNECTIONS_H
#define ADV_CAPTURE_CONNECTIONS_H

#include "datatype/timestamp.h"

typedef struct AdvConnections
{
	int			connected;		/* now */
	int			high_water;		/* at most at once, since shared memory was made */
	TimestampTz high_water_at;	/* when that was first so */
	TimestampTz since;
} AdvConnections;

/* Shared memory: size in bytes, and creation or attachment. */
extern Size adv_connections_shmem_size(void);
extern void adv_connections_shmem_request(void);
extern void adv_connections_shmem_init(void);

/* Put the hook in place that counts.  Once in each process that has it. */
extern void adv_connections_install(void);

extern void adv_connections_get(AdvConnections *connections);

#endif							/* ADV_CAPTURE_CONNECTIONS_H */

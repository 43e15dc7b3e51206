/*-------------------------------------------------------------------------
 *
 * system.h
 *		The machine that the server runs on, as far as this process may use it.
 *
 * Memory and processors are those that the operating system and the control
 * groups of this process allow, disks those of the file systems of the data
 * directory and of pg_wal.  Everything is read anew each time; nothing raises
 * an error, and nothing needs shared memory.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_HEALTH_SYSTEM_H
#define ADV_HEALTH_SYSTEM_H

#define ADV_SYSTEM_UNKNOWN	(-1)	/* the system does not tell */

/* Sizes are in bytes; all members may be ADV_SYSTEM_UNKNOWN. */
typedef struct AdvSystem
{
	int64		memory_total;	/* of the machine */
	int64		memory_limit;	/* of the control groups; unknown if none */
	int64		memory_available;	/* without swapping, within the limit */
	int64		cpus;			/* that the process may use, quotas rounded up */
	int64		data_disk_size;
	int64		data_disk_free; /* for the server's user */
	int64		wal_disk_size;
	int64		wal_disk_free;
} AdvSystem;

extern void adv_system_read(AdvSystem *system);

#endif							/* ADV_HEALTH_SYSTEM_H */

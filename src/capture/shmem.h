/*-------------------------------------------------------------------------
 *
 * shmem.h
 *		Shared memory of capture: asked for, made, and filled at server start.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_SHMEM_H
#define ADV_CAPTURE_SHMEM_H

/*
 * Install the hooks that ask for the memory and set it up.  To be called while
 * shared_preload_libraries is processed.
 */
extern void adv_shmem_install(void);

/* Shared memory of advisor in bytes, locks included. */
extern int64 adv_shmem_size(void);

#endif							/* ADV_CAPTURE_SHMEM_H */

/*-------------------------------------------------------------------------
 *
 * snapshot.h
 *		Reading captured statements, those pending in slabs included.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_SNAPSHOT_H
#define ADV_CAPTURE_SNAPSHOT_H

#include "capture/store.h"

/* A reader's buffers, in the memory context it was begun in. */
typedef struct AdvSnapshot AdvSnapshot;

extern AdvSnapshot *adv_snapshot_begin(void);

/*
 * Read one partition (0 to adv_store_partitions() - 1).  Afterwards *entries
 * points to an array of merged entries, one for each key, those of a statement
 * side by side; returns their number.  They stay until the next call.
 *
 * The partition's lock is held shared while memory is copied, and nothing else
 * is done under it.  Each partition is consistent in itself.
 */
extern int	adv_snapshot_read(AdvSnapshot *snapshot, int partition,
							  AdvEntryCopy ***entries);

/*
 * The same for the texts of a partition's statements; and the text of one of
 * them, NULL if it has none, from the partition read last.
 */
extern int	adv_snapshot_read_texts(AdvSnapshot *snapshot, int partition,
									AdvTextCopy ***texts);
extern AdvTextCopy *adv_snapshot_find_text(const AdvSnapshot *snapshot,
										   const AdvKey *key);

/*
 * Time in ns of all statements that clients sent to the server, completed,
 * aborted, and lost from the store alike.
 */
extern int64 adv_snapshot_toplevel_ns(void);

/* Losses of the partitions read so far. */
extern const AdvLosses *adv_snapshot_losses(const AdvSnapshot *snapshot);

/* Number of entries, beginning with the first, that belong to its statement. */
extern int	adv_snapshot_group(AdvEntryCopy *const *entries, int n);

#endif							/* ADV_CAPTURE_SNAPSHOT_H */

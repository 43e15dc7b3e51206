/*-------------------------------------------------------------------------
 *
 * collation.h
 *		What a collation is like.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_COMMON_COLLATION_H
#define ADV_COMMON_COLLATION_H

/*
 * Does it compare by bytes?  The server could be asked, but its header needs
 * those of ICU.
 */
extern bool adv_collation_is_c(Oid collation);

#endif							/* ADV_COMMON_COLLATION_H */

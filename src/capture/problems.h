/*-------------------------------------------------------------------------
 *
 * problems.h
 *		What keeps capture from working, in words.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_PROBLEMS_H
#define ADV_CAPTURE_PROBLEMS_H

#include "capture/store.h"
#include "utils/array.h"

/*
 * Array of text, a sentence for each problem, empty if there is none; as the
 * settings of the calling session have it.
 */
extern ArrayType *adv_problems(const AdvLosses *losses);

#endif							/* ADV_CAPTURE_PROBLEMS_H */

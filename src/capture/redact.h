/*-------------------------------------------------------------------------
 *
 * redact.h
 *		Taking the literals out of what EXPLAIN says.
 *
 * With advisor.track_examples off no literal may be kept anywhere, and the
 * conditions in a plan are full of them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_REDACT_H
#define ADV_CAPTURE_REDACT_H

#include "lib/stringinfo.h"

/*
 * EXPLAIN's output in text format, and in JSON, with $n for the literals in
 * all conditions and expressions.  In the current memory context.
 */
extern StringInfo adv_redact_text(const char *text);
extern StringInfo adv_redact_json(const char *json);

#endif							/* ADV_CAPTURE_REDACT_H */

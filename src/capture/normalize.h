/*-------------------------------------------------------------------------
 *
 * normalize.h
 *		A statement's text without its constants.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_NORMALIZE_H
#define ADV_CAPTURE_NORMALIZE_H

/*
 * Write the statement that begins at location in source and is len bytes long
 * (-1 and 0 for all of source, as in PlannedStmt) to out, with $n for each
 * literal and without surrounding white space.  At most max bytes are written;
 * a longer text is cut at a character's end and "..." appended.  Returns the
 * number of bytes, without a terminating zero; 0 if there is nothing to show.
 *
 * Goes by tokens, not by the parse tree, so every literal is replaced, those
 * of utility statements included: passwords are among these.  Raises no errors;
 * what follows a token that cannot be read is left out.
 */
extern int	adv_normalize(const char *source, int location, int len,
						  char *out, int max);

#endif							/* ADV_CAPTURE_NORMALIZE_H */

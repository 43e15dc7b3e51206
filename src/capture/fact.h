/*-------------------------------------------------------------------------
 *
 * fact.h
 *		Writing facts: JSON objects, one a line.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_CAPTURE_FACT_H
#define ADV_CAPTURE_FACT_H

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

/* So many facts of one kind are enough to know that there are many. */
#define ADV_MAX_FACTS_OF_KIND 10

typedef struct AdvFacts
{
	StringInfo	out;			/* where finished facts go */
	int			max;			/* so many may be written */
	int			count;			/* so many were */
	const char *fact;			/* the fact that is being written: what it is */
	StringInfoData line;		/* and its members */
	List	   *kinds;			/* what the facts so far are */
	List	   *written;		/* the facts so far, without their nodes */
} AdvFacts;

extern void adv_facts_init(AdvFacts *facts, StringInfo out, int max);

/* Is there no room for more? */
static inline bool
adv_facts_full(const AdvFacts *facts)
{
	return facts->count >= facts->max;
}

/*
 * Begin a fact, and give it members.  A string that is NULL becomes null; what
 * the fact is must be a constant.
 */
extern void adv_fact_begin(AdvFacts *facts, const char *fact);
extern void adv_fact_int(AdvFacts *facts, const char *name, int64 value);
extern void adv_fact_bool(AdvFacts *facts, const char *name, bool value);
extern void adv_fact_string(AdvFacts *facts, const char *name, const char *value);

/* Members that are arrays, of a list of integers or of char *. */
extern void adv_fact_ints(AdvFacts *facts, const char *name, const List *values);
extern void adv_fact_strings(AdvFacts *facts, const char *name, const List *values);

/*
 * End a fact: write it unless there is no room for it, there are enough of its
 * kind, or the same has been written already.  The latter is for what is found
 * once for each partition.
 */
extern void adv_fact_end(AdvFacts *facts);

/*
 * The same for a fact about a node of a plan.  If it is "once", the node does
 * not count in deciding whether the same has been written.
 */
extern void adv_fact_end_node(AdvFacts *facts, int node, bool once);

#endif							/* ADV_CAPTURE_FACT_H */

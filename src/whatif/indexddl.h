/*-------------------------------------------------------------------------
 *
 * indexddl.h
 *		An index definition as people see it: its DDL, its name, and what it
 *		makes superfluous.
 *
 * Looks things up in catalogs and takes no locks; the caller holds one on the
 * table.  Raises the server's errors if something has been dropped meanwhile.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_WHATIF_INDEXDDL_H
#define ADV_WHATIF_INDEXDDL_H

#include "whatif/indexdef.h"

/*
 * From here on the server deparses definitions that every session reads alike:
 * names qualified unless they are in pg_catalog, constants in ISO style.  The
 * result goes to AtEOXact_GUC(true, ...), which ends it.
 */
extern int	adv_portable_text_begin(void);

/*
 * CREATE INDEX as text, without a semicolon.  Everything that is not in
 * pg_catalog is qualified, whatever the search_path, so it means the same in
 * each session; adv_indexdef_parse() makes the same definition of it.  What is a
 * default is left out.  Without a name (NULL) the server chooses one.
 *
 * An index on a partitioned table cannot be made concurrently: then the word is
 * left out, see adv_indexdef_ddl_concurrent().
 *
 * search_path and the like are changed for the time of the call; an error must be followed by
 * the abort of the (sub)transaction, as always.
 */
extern char *adv_indexdef_ddl(const AdvIndexDef *def, const char *name,
							  bool concurrently);

/* The same for a partitioned table without its partitions: ON ONLY. */
extern char *adv_indexdef_ddl_only(const AdvIndexDef *def, const char *name);

/* Can the index be made concurrently with one statement? */
extern bool adv_indexdef_ddl_concurrent(const AdvIndexDef *def);

/*
 * A name of at most NAMEDATALEN - 1 bytes, like the server's own:
 * table_column_column_idx, clipped at characters, with a number if there is
 * a relation of that name in the table's schema or taken() (may be NULL) says
 * so.  The same for the same definition and catalog.
 */
extern char *adv_indexdef_name(const AdvIndexDef *def,
							   bool (*taken) (const char *name, void *arg),
							   void *arg);

/*
 * Is an index like def of no use where there is one like by?  That is, has by
 * def's keys in front, in the same direction or all in the opposite one, and
 * all rows and columns of def?  Only btrees can be longer, others have to be
 * equal.  A unique index is superfluous only beside a unique one on the same.
 *
 * This is about what an index can do, not about costs: by may be much larger.
 */
extern bool adv_indexdef_covers(const AdvIndexDef *by, const AdvIndexDef *def);

/*
 * Are all rows that def has known to be in by?  Both are of the same table; only
 * the predicates count.
 */
extern bool adv_indexdef_has_rows(const AdvIndexDef *by, const AdvIndexDef *def);

#endif							/* ADV_WHATIF_INDEXDDL_H */

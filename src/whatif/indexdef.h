/*-------------------------------------------------------------------------
 *
 * indexdef.h
 *		What an index is made of, whether it exists or not.
 *
 * A definition is what CREATE INDEX says: a table, an access method, columns,
 * a predicate, storage options.  It knows nothing of sizes (indexsize.h) nor of
 * the planner (hypo.h).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ADV_WHATIF_INDEXDEF_H
#define ADV_WHATIF_INDEXDEF_H

#include "access/attnum.h"
#include "nodes/pg_list.h"
#include "nodes/nodes.h"
#include "utils/relcache.h"

typedef struct AdvIndexColumn
{
	AttrNumber	attnum;			/* 0: an expression */
	Node	   *expr;			/* if attnum is 0: simplified as in the catalog's
								 * copy of an index, its Vars of varno 1 */
	Oid			opclass;		/* InvalidOid for included columns */
	Oid			collation;		/* InvalidOid if there is none, and for those */
	int16		options;		/* INDOPTION_DESC | INDOPTION_NULLS_FIRST */
} AdvIndexColumn;

typedef struct AdvIndexDef
{
	Oid			relid;			/* table, or partitioned table */
	Oid			am;				/* access method */
	char	   *name;			/* as given in a statement, else NULL */
	int			nkeys;			/* key columns, which come first */
	int			ncolumns;		/* all, those of INCLUDE as well */
	AdvIndexColumn columns[INDEX_MAX_KEYS];
	List	   *predicate;		/* of a partial index: implicitly ANDed, varno 1 */
	Oid			tablespace;		/* InvalidOid: the table's */
	int			fillfactor;		/* per cent; 0: the access method's default */
	bool		deduplicate;	/* btree: deduplicate_items */
	int			pages_per_range;	/* brin; 0: the default */
	bool		unique;			/* of an existing index or a parsed statement;
								 * never assumed in planning */
} AdvIndexDef;

/* A definition without columns, with the access method's defaults. */
extern AdvIndexDef *adv_indexdef_make(Oid relid, Oid am);

/*
 * Append a key column: the attribute attnum of the table, or, if that is 0,
 * expr.  InvalidOid takes the default operator class of the type for the access
 * method, and the column's collation.  False, and nothing appended, if there is
 * no such operator class or no room.
 */
extern bool adv_indexdef_add_key(AdvIndexDef *def, AttrNumber attnum, Node *expr,
								 Oid opclass, Oid collation, int16 options);

/* Append an included column; false if there is no room. */
extern bool adv_indexdef_add_included(AdvIndexDef *def, AttrNumber attnum);

/*
 * The definition in a CREATE INDEX statement, in every form that the server
 * takes; whether an index of its name exists already does not
 * matter.  Errors as the server's, and of others for what is no CREATE INDEX.
 * Locks the table as EXPLAIN would.
 */
extern AdvIndexDef *adv_indexdef_parse(const char *statement);

/* The definition of an existing index, which is locked by the caller. */
extern AdvIndexDef *adv_indexdef_of_index(Relation index);

extern AdvIndexDef *adv_indexdef_copy(const AdvIndexDef *def);

/* Do both describe the same index?  Uniqueness and storage do not count. */
extern bool adv_indexdef_equal(const AdvIndexDef *a, const AdvIndexDef *b);

/*
 * The definition as it would be of a partition or inheritance child, whose
 * attributes may be numbered differently.  NULL if it lacks one.
 */
extern AdvIndexDef *adv_indexdef_for_child(const AdvIndexDef *def,
										   Relation parent, Relation child);

/* Type and typmod of a column. */
extern Oid	adv_indexdef_column_type(const AdvIndexDef *def, int column, int32 *typmod);

#endif							/* ADV_WHATIF_INDEXDEF_H */

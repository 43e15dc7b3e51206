/*-------------------------------------------------------------------------
 *
 * createscript.c
 *		The SQL that builds a recommended index without blocking writers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/partition.h"
#include "nodes/pg_list.h"
#include "recommend/createscript.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "whatif/indexddl.h"

static char *
qualify(Oid relid, const char *name)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), name);
}

bool
adv_name_is_taken(const char *name, void *names)
{
	ListCell   *lc;

	foreach(lc, *(List **) names)
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	return false;
}

/*
 * The index on one table of the hierarchy; and its name, to which that of its
 * parent's is attached.
 */
static char *
script_one(StringInfo script, const AdvHypoIndex *index, Relation root, Oid relid,
		   List **names)
{
	Relation	table = table_open(relid, AccessShareLock);
	AdvIndexDef *def = adv_indexdef_for_child(index->def, root, table);
	char	   *name = NULL;

	if (def != NULL)
	{
		name = adv_indexdef_name(def, adv_name_is_taken, names);
		*names = lappend(*names, name);
		appendStringInfo(script, "%s;\n",
						 table->rd_rel->relkind == RELKIND_PARTITIONED_TABLE ?
						 adv_indexdef_ddl_only(def, name) :
						 adv_indexdef_ddl(def, name, true));
	}
	table_close(table, NoLock);
	return name;
}

/* The indexes on the partitions of relid, below its index of that name. */
static void
script_partitions(StringInfo script, const AdvHypoIndex *index, Relation root,
				  Oid relid, const char *parent_name, List **names)
{
	ListCell   *lc;

	foreach(lc, find_inheritance_children(relid, AccessShareLock))
	{
		Oid			child = lfirst_oid(lc);
		char		relkind = get_rel_relkind(child);
		char	   *name;

		if (relkind != RELKIND_RELATION && relkind != RELKIND_PARTITIONED_TABLE)
			continue;
		name = script_one(script, index, root, child, names);
		if (name == NULL)
			continue;
		if (relkind == RELKIND_PARTITIONED_TABLE)
			script_partitions(script, index, root, child, name, names);
		appendStringInfo(script, "ALTER INDEX %s ATTACH PARTITION %s;\n",
						 qualify(relid, parent_name), qualify(child, name));
	}
}

void
adv_create_script(const AdvHypoIndex *index, const char *name, List **names,
				  char **create, char **undo)
{
	const AdvIndexDef *def = index->def;
	StringInfoData script;
	Relation	root;

	if (adv_indexdef_ddl_concurrent(def))
	{
		*create = psprintf("%s;", adv_indexdef_ddl(def, name, true));
		*undo = psprintf("DROP INDEX CONCURRENTLY IF EXISTS %s;", qualify(def->relid, name));
		return;
	}
	root = table_open(def->relid, AccessShareLock);
	initStringInfo(&script);
	appendStringInfo(&script, "%s;\n", adv_indexdef_ddl_only(def, name));
	script_partitions(&script, index, root, def->relid, name, names);
	table_close(root, NoLock);
	script.data[--script.len] = '\0';
	*create = script.data;
	*undo = psprintf("DROP INDEX IF EXISTS %s;", qualify(def->relid, name));
}

/*-------------------------------------------------------------------------
 *
 * hidden.c
 *		A world without certain indexes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "whatif/hidden.h"

/* The index and what it has on partitions. */
static List *
index_family(Oid indexid)
{
	char		relkind;

	LockRelationOid(indexid, AccessShareLock);
	relkind = get_rel_relkind(indexid);
	if (relkind == RELKIND_PARTITIONED_INDEX)
		return find_all_inheritors(indexid, AccessShareLock, NULL);
	if (relkind == RELKIND_INDEX)
		return list_make1_oid(indexid);
	if (relkind == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("index with OID %u does not exist", indexid)));
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("\"%s\" is not an index", get_rel_name(indexid))));
}

void
adv_hidden_set(AdvConfiguration *world, List *indexes)
{
	List	   *all = NIL;
	Oid		   *hidden;
	ListCell   *lc;

	foreach(lc, indexes)
		all = list_concat_unique_oid(all, index_family(lfirst_oid(lc)));
	hidden = palloc(Max(list_length(all), 1) * sizeof(Oid));
	world->nhidden = 0;
	foreach(lc, all)
		hidden[world->nhidden++] = lfirst_oid(lc);
	world->hidden = hidden;
}

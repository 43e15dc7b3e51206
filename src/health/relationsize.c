/*-------------------------------------------------------------------------
 *
 * relationsize.c
 *		How large relations are, without locking them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/stat.h>

#include "catalog/pg_tablespace_d.h"
#include "common/relpath.h"
#include "health/relationsize.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

/* The server's own path of the relation: it asks catalogs and takes no lock. */
static bool
server_path(Oid relid, char *path, Size size)
{
	LOCAL_FCINFO(fcinfo, 1);
	Datum		result;
	char	   *name;

	InitFunctionCallInfoData(*fcinfo, NULL, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = ObjectIdGetDatum(relid);
	fcinfo->args[0].isnull = false;
	result = pg_relation_filepath(fcinfo);
	if (fcinfo->isnull)
		return false;
	name = text_to_cstring(DatumGetTextPP(result));
	strlcpy(path, name, size);
	pfree(name);
	return true;
}

/*
 * Of most relations the row of pg_class says it all, and looking them up one by
 * one in caches would fill these; mapped and temporary ones it does not know.
 */
static bool
relation_path(Form_pg_class class, char *path, Size size)
{
	if (class->relfilenode == 0 || class->relpersistence == RELPERSISTENCE_TEMP ||
		class->reltablespace == GLOBALTABLESPACE_OID)
		return server_path(class->oid, path, size);
	if (!OidIsValid(class->reltablespace) || class->reltablespace == MyDatabaseTableSpace)
		snprintf(path, size, "%s/%u", DatabasePath, class->relfilenode);
	else if (class->reltablespace == DEFAULTTABLESPACE_OID)
		snprintf(path, size, "base/%u/%u", MyDatabaseId, class->relfilenode);
	else
		snprintf(path, size, "pg_tblspc/%u/%s/%u/%u", class->reltablespace,
				 TABLESPACE_VERSION_DIRECTORY, MyDatabaseId, class->relfilenode);
	return true;
}

int64
adv_relation_size(Form_pg_class class)
{
	const int64 full_segment = (int64) RELSEG_SIZE * BLCKSZ;
	char		path[MAXPGPATH];
	char		segment_path[MAXPGPATH + 16];
	struct stat status;
	int64		size;

	if (!relation_path(class, path, sizeof(path)) || stat(path, &status) != 0)
		return -1;
	size = status.st_size;
	for (int segment = 1; status.st_size == full_segment; segment++)
	{
		snprintf(segment_path, sizeof(segment_path), "%s.%d", path, segment);
		if (stat(segment_path, &status) != 0)
			break;
		size += status.st_size;
	}
	return size;
}

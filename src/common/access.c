/*-------------------------------------------------------------------------
 *
 * access.c
 *		Who may see what, and whether there is anything to see.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "common/access.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

bool		adv_has_been_preloaded = false;

bool
adv_reads_all_stats(void)
{
	return has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);
}

bool
adv_may_see(Oid userid, bool reads_all_stats)
{
	return reads_all_stats || userid == GetUserId();
}

/* Does path name the library, whatever its directory and suffix? */
static bool
names_library(const char *path, const char *library)
{
	const char *base = last_dir_separator(path);
	size_t		len = strlen(library);

	base = base ? base + 1 : path;
	return strncmp(base, library, len) == 0 &&
		(base[len] == '\0' || strcmp(base + len, DLSUFFIX) == 0);
}

bool
adv_is_preloaded(const char *library)
{
	List	   *paths;
	ListCell   *lc;
	char	   *copy;

	if (shared_preload_libraries_string == NULL)
		return false;

	copy = pstrdup(shared_preload_libraries_string);
	if (!SplitDirectoriesString(copy, ',', &paths))
		return false;

	foreach(lc, paths)
	{
		if (names_library((const char *) lfirst(lc), library))
			return true;
	}
	return false;
}

void
adv_require_preloaded(void)
{
	if (adv_has_been_preloaded)
		return;

	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("advisor must be loaded via \"shared_preload_libraries\""),
			 errhint("Add pg_stat_statements and advisor to \"shared_preload_libraries\" and restart the server.")));
}

/*-------------------------------------------------------------------------
 *
 * collation.c
 *		What a collation is like.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_database.h"
#include "common/collation.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

/* Does a locale compare by bytes? */
static bool
locale_is_c(char provider, Datum name, bool isnull)
{
	char	   *locale;

	/* the locales of the server itself, from version 17 on, all do */
	if (provider == 'b')
		return true;
	if (provider != COLLPROVIDER_LIBC || isnull)
		return false;
	locale = TextDatumGetCString(name);
	return strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0;
}

bool
adv_collation_is_c(Oid collation)
{
	bool		is_default = collation == DEFAULT_COLLATION_OID;
	HeapTuple	tuple;
	Datum		name;
	bool		isnull;
	bool		result;

	if (!OidIsValid(collation))
		return false;
	tuple = is_default ? SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId)) :
		SearchSysCache1(COLLOID, ObjectIdGetDatum(collation));
	if (!HeapTupleIsValid(tuple))
		return false;
	if (is_default)
	{
		name = SysCacheGetAttr(DATABASEOID, tuple, Anum_pg_database_datcollate, &isnull);
		result = locale_is_c(((Form_pg_database) GETSTRUCT(tuple))->datlocprovider,
							 name, isnull);
	}
	else
	{
		name = SysCacheGetAttr(COLLOID, tuple, Anum_pg_collation_collcollate, &isnull);
		result = locale_is_c(((Form_pg_collation) GETSTRUCT(tuple))->collprovider,
							 name, isnull);
	}
	ReleaseSysCache(tuple);
	return result;
}

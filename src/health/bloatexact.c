/*-------------------------------------------------------------------------
 *
 * bloatexact.c
 *		Bloat as the extension pgstattuple measures it, reading every page.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/nbtree.h"
#include "catalog/pg_am.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "health/bloat.h"
#include "storage/bufpage.h"
#include "utils/builtins.h"
#include "utils/rel.h"

/* Pages looked at to know how much room rows take. */
#define PAGES_FOR_ROWS	200

#define MOST_COLUMNS	6

static void
check_available(void)
{
	if (!OidIsValid(get_extension_oid("pgstattuple", true)))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension \"pgstattuple\" is not installed in this database"),
				 errhint("CREATE EXTENSION pgstattuple, or ask for the method 'sample'.")));
}

/* Its schema, quoted. */
static char *
find_schema(void)
{
	char	   *schema = NULL;

	check_available();
	if (SPI_execute("SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension e"
					" JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace"
					" WHERE e.extname OPERATOR(pg_catalog.=) 'pgstattuple'", true, 1) == SPI_OK_SELECT &&
		SPI_processed == 1)
		schema = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	if (schema == NULL)
		elog(ERROR, "schema of extension pgstattuple not found");
	return schema;
}

static void
check_right(const char *function)
{
	bool		isnull;
	char	   *query = psprintf("SELECT pg_catalog.has_function_privilege(%s, 'EXECUTE')",
								 quote_literal_cstr(psprintf("%s(regclass)", function)));

	if (SPI_execute(query, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "rights on function %s cannot be told", function);
	if (!DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull)))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for function %s", function),
				 errhint("Members of pg_stat_scan_tables may execute it.")));
}

/*
 * Call a function of pgstattuple for a relation, and read columns of its one row.
 * It runs with the rights of the user, and the lock it wants is held already.
 */
static void
call(const char *name, Oid relid, const char *columns, double *values, int n)
{
	char	   *function;
	char	   *query;

	SPI_connect();
	function = psprintf("%s.%s", find_schema(), name);
	check_right(function);
	query = psprintf("SELECT %s FROM %s(%u::pg_catalog.oid::pg_catalog.regclass)", columns,
					 function, relid);
	if (SPI_execute(query, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "function %s gave no row", function);
	for (int i = 0; i < n; i++)
	{
		char	   *value = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1);

		values[i] = value ? strtod(value, NULL) : 0;
		if (isnan(values[i]))
			values[i] = 0;
	}
	SPI_finish();
}

/*
 * It adds up lengths of rows without alignment and line pointers, so a sample has
 * to tell how many rows a page takes.
 */
void
adv_heap_bloat_exact(Relation table, AdvBloatPart *part)
{
	AdvBloatPart sample = {0};
	double		v[MOST_COLUMNS];

	call("pgstattuple", RelationGetRelid(table),
		 "table_len, tuple_count, dead_tuple_count, dead_tuple_len, free_space", v, 5);
	part->pages = v[0] / BLCKSZ;
	part->sampled = part->pages;
	part->rows = v[1];
	part->dead = v[3] + v[2] * sizeof(ItemIdData);
	part->free = v[4];
	if (v[1] < 1)
		return;
	adv_heap_bloat_sample(table, PAGES_FOR_ROWS, &sample);
	if (sample.rows < 1)
		adv_heap_bloat_sample(table, (int64) part->pages, &sample);
	part->needed = sample.rows < 1 ? part->pages :
		ceil(v[1] * sample.needed / sample.rows - 0.001);
}

void
adv_index_bloat_exact(Relation index, AdvBloatPart *part)
{
	double		v[MOST_COLUMNS];
	double		room = BLCKSZ - SizeOfPageHeaderData - MAXALIGN(sizeof(BTPageOpaqueData));

	if (index->rd_rel->relam != BTREE_AM_OID)
	{
		/* errors are the same for all kinds of indexes */
		check_available();
		part->reason = "pgstattuple does not tell how large it would be anew";
		return;
	}
	call("pgstatindex", RelationGetRelid(index),
		 "index_size, internal_pages, leaf_pages, avg_leaf_density", v, 4);
	part->pages = v[0] / BLCKSZ;
	/* metapage and inner pages apart, what is no leaf is free */
	part->free = v[2] * room * (1 - v[3] / 100) + Max(part->pages - v[1] - v[2] - 1, 0) * BLCKSZ;
}

/*
 * 90_grants: all rights, in one place, last.  What a row may show of another
 * role is decided in C, per row.
 */
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA advisor FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA advisor FROM PUBLIC;

GRANT USAGE ON SCHEMA advisor TO PUBLIC;

-- Functions in a view run with the rights of its reader, so everybody needs
-- those that the public views are made of.
GRANT EXECUTE ON FUNCTION
	advisor.version(),
	advisor._info(),
	advisor._statements(),
	advisor._errors(),
	advisor._has_pgss(),
	advisor._query_texts(),
	advisor._slow_threshold(),
	advisor.latency_histogram(bigint, oid, oid, boolean)
	TO PUBLIC;
GRANT SELECT ON
	advisor.statements,
	advisor.slow_queries,
	advisor.errors,
	advisor.info
	TO PUBLIC;

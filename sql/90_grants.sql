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
	advisor.latency_histogram(bigint, oid, oid, boolean),
	advisor._plans(),
	advisor._plan_nodes(),
	advisor._query_findings(),
	advisor._facts(),
	advisor._examples(),
	advisor._index_uses(),
	advisor._relations(),
	advisor._current_database(),
	advisor._column_names(oid, int2[]),
	advisor._finding_key(text, text[]),
	advisor._severity(float8, float8),
	advisor._severity_rank(text),
	advisor._severity_name(integer),
	advisor._count(float8),
	advisor._duration(float8),
	advisor._work_mem(float8),
	advisor._cut(text, integer),
	advisor._marked_plan(text, text[]),
	advisor.explain(text, text[], regclass[], text),
	advisor.recommend_indexes(text, text[], int, int, float8, float8, interval),
	advisor._unadvised(text, text[], int, int, float8, float8, interval),
	advisor.drop_impact(regclass, interval),
	advisor.why(bigint),
	advisor._recommend_progress(),
	advisor._last_advice(interval)
	TO PUBLIC;
GRANT SELECT ON
	advisor.statements,
	advisor.slow_queries,
	advisor.errors,
	advisor.info,
	advisor.plans,
	advisor.plan_nodes,
	advisor.examples,
	advisor.index_usage,
	advisor.query_findings,
	advisor.index_findings,
	advisor.findings,
	advisor.missing_indexes,
	advisor.unadvised,
	advisor.recommend_progress,
	advisor.suppressions
	TO PUBLIC;

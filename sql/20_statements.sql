/*
 * 20_statements: the reports on captured statements.  Needs 10_capture.
 *
 * Times are in milliseconds, sizes in bytes or blocks, as in
 * pg_stat_statements.  A row of another user keeps its numbers but loses its
 * queryid and text, unless the reader is a member of pg_read_all_stats.
 */

-- pg_stat_statements may live in any schema, and PostgreSQL 15 has no
-- @extschema:name@, so its schema is looked up once, here.  Where its library
-- is not preloaded its function only fails: the one-time filter above the
-- function scan keeps it from being called, and OFFSET 0 keeps the filter there,
-- where it would become a condition of the join otherwise.  The two conditions
-- that are always true make the planner expect few rows, and so hash them; it
-- would sort these and all statements otherwise.
--
-- It is a function with a body of text, every name in it qualified, and not a
-- view: that would depend on theirs, and ALTER EXTENSION pg_stat_statements
-- UPDATE would fail.
DO $$
DECLARE
	pgss_schema name;
BEGIN
	SELECT n.nspname INTO STRICT pgss_schema
	FROM pg_extension e
		JOIN pg_namespace n ON n.oid = e.extnamespace
	WHERE e.extname = 'pg_stat_statements';

	IF NOT EXISTS (SELECT FROM pg_proc p
			WHERE p.pronamespace = quote_ident(pgss_schema)::regnamespace
				AND p.proname = 'pg_stat_statements' AND 'toplevel' = ANY (p.proargnames))
	THEN
		RAISE EXCEPTION USING
			ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = 'extension "pg_stat_statements" is too old',
			HINT = 'Run ALTER EXTENSION pg_stat_statements UPDATE, then create the extension again.';
	END IF;

	EXECUTE format($create$
		CREATE FUNCTION advisor._query_texts(
			OUT userid oid, OUT dbid oid, OUT toplevel boolean, OUT queryid bigint, OUT query text)
			RETURNS SETOF record
			LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000
			AS $body$
				SELECT s.userid, s.dbid, s.toplevel, s.queryid, s.query
				FROM %I.pg_stat_statements(true) s
				WHERE advisor._has_pgss()
					AND s.calls OPERATOR(pg_catalog.>=) 0 AND s.rows OPERATOR(pg_catalog.>=) 0
				OFFSET 0
			$body$ $create$, pgss_schema);
END
$$;
COMMENT ON FUNCTION advisor._query_texts() IS
	'normalised texts that pg_stat_statements has and the reader may see';

CREATE VIEW advisor.statements AS
SELECT
	s.userid,
	s.usename,
	s.dbid,
	s.datname,
	s.toplevel,
	s.queryid,
	CASE WHEN s.queryid IS NULL THEN '<insufficient privilege>' ELSE coalesce(t.query, s.own_query) END AS query,
	s.calls,
	s.rows,
	s.total_exec_time,
	s.time_percent,
	s.min_exec_time,
	s.max_exec_time,
	s.mean_exec_time,
	s.stddev_exec_time,
	s.p50_exec_time,
	s.p95_exec_time,
	s.p99_exec_time,
	s.slow_calls,
	s.plans,
	s.total_plan_time,
	s.min_plan_time,
	s.max_plan_time,
	s.mean_plan_time,
	s.stddev_plan_time,
	s.shared_blks_hit,
	s.shared_blks_read,
	s.shared_blks_dirtied,
	s.shared_blks_written,
	s.local_blks_hit,
	s.local_blks_read,
	s.local_blks_dirtied,
	s.local_blks_written,
	s.temp_blks_read,
	s.temp_blks_written,
	s.blk_read_time,
	s.blk_write_time,
	s.wal_bytes,
	s.distinct_plans,
	s.errors,
	s.error_time,
	s.first_seen,
	s.last_seen,
	s.rows_examined,
	s.examined_per_row,
	s.loops,
	s.loop_calls,
	s.loop_parent,
	s.lock_wait_time
FROM advisor._statements() s
	-- the queryid alone is nearly unique: the others need not be hashed
	LEFT JOIN advisor._query_texts() t ON t.queryid = s.queryid
		AND (t.userid, t.dbid, t.toplevel) IS NOT DISTINCT FROM (s.userid, s.dbid, s.toplevel);
COMMENT ON VIEW advisor.statements IS
	'captured statements of the server: one row per user, database, toplevel and queryid, times in ms';

CREATE VIEW advisor.slow_queries AS
SELECT
	s.queryid,
	s.query,
	s.usename,
	s.toplevel,
	s.calls,
	s.total_exec_time,
	s.time_percent,
	s.mean_exec_time,
	s.p50_exec_time,
	s.p95_exec_time,
	s.p99_exec_time,
	s.max_exec_time,
	s.slow_calls,
	s.rows / NULLIF(s.calls, 0)::float8 AS rows_per_call,
	(s.shared_blks_hit + s.shared_blks_read) / NULLIF(s.calls, 0)::float8
		AS shared_blks_per_call,
	(s.temp_blks_read + s.temp_blks_written) / NULLIF(s.calls, 0)::float8
		AS temp_blks_per_call,
	s.distinct_plans,
	s.errors,
	s.first_seen,
	s.last_seen
FROM advisor.statements s
WHERE s.dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
	AND GREATEST(s.mean_exec_time, s.p95_exec_time) OPERATOR(>=)
		advisor._slow_threshold()
ORDER BY s.total_exec_time DESC;
COMMENT ON VIEW advisor.slow_queries IS
	'statements of this database whose mean or 95th percentile reaches advisor.slow_threshold, most total time first';

CREATE VIEW advisor.errors AS
SELECT
	e.userid,
	e.usename,
	e.dbid,
	e.datname,
	e.toplevel,
	e.queryid,
	CASE WHEN e.queryid IS NULL THEN '<insufficient privilege>' ELSE coalesce(t.query, e.own_query) END AS query,
	e.sqlstate_class,
	c.condition,
	e.errors,
	e.error_time,
	e.first_seen,
	e.last_seen
FROM advisor._errors() e
	LEFT JOIN advisor._query_texts() t USING (userid, dbid, toplevel, queryid)
	-- the class names of the manual's appendix of error codes
	LEFT JOIN (VALUES
		('08', 'connection exception'),
		('0A', 'feature not supported'),
		('21', 'cardinality violation'),
		('22', 'data exception'),
		('23', 'integrity constraint violation'),
		('24', 'invalid cursor state'),
		('25', 'invalid transaction state'),
		('26', 'invalid SQL statement name'),
		('27', 'triggered data change violation'),
		('28', 'invalid authorization specification'),
		('2B', 'dependent privilege descriptors still exist'),
		('2D', 'invalid transaction termination'),
		('2F', 'SQL routine exception'),
		('34', 'invalid cursor name'),
		('38', 'external routine exception'),
		('39', 'external routine invocation exception'),
		('3B', 'savepoint exception'),
		('3D', 'invalid catalog name'),
		('3F', 'invalid schema name'),
		('40', 'transaction rollback (serialization failure or deadlock)'),
		('42', 'syntax error or access rule violation'),
		('44', 'WITH CHECK OPTION violation'),
		('53', 'insufficient resources'),
		('54', 'program limit exceeded'),
		('55', 'object not in prerequisite state (lock timeout among them)'),
		('57', 'operator intervention (cancel, statement timeout or shutdown)'),
		('58', 'system error'),
		('F0', 'configuration file error'),
		('HV', 'foreign data wrapper error'),
		('P0', 'PL/pgSQL error or RAISE'),
		('XX', 'internal error')
	) AS c(sqlstate_class, condition) USING (sqlstate_class);
COMMENT ON VIEW advisor.errors IS
	'aborted statements of the server: one row per statement and SQLSTATE class, times in ms';

CREATE VIEW advisor.info AS
SELECT
	advisor.version() AS version,
	i.problems,
	i.stats_since,
	i.statements,
	i.entries,
	i.entries_max,
	i.pending_entries,
	i.pending_entries_max,
	i.evicted_entries,
	i.evicted_calls,
	i.evicted_exec_time,
	i.dropped_calls,
	i.dropped_exec_time,
	i.total_exec_time,
	i.text_memory,
	i.text_memory_max,
	i.dropped_texts,
	i.plan_memory,
	i.plan_memory_max,
	i.evicted_documents,
	i.shared_memory
FROM advisor._info() i;
COMMENT ON VIEW advisor.info IS
	'state of the capture engine in one row; problems says in words what keeps it from working';

/*
 * demo.sql: the reports a DBA would look at first.  For psql, in a database
 * with advisor:
 *
 *	psql -X -f test/demo.sql shop
 */
\set ON_ERROR_STOP on
\set QUIET on
\pset pager off
\pset footer off
\pset linestyle ascii
\pset border 1
\pset null '-'
SET TimeZone = 'UTC';

-- a text on one line of a terminal
CREATE FUNCTION pg_temp.line(query text, width int) RETURNS text
	IMMUTABLE LANGUAGE sql
	RETURN CASE WHEN length(query) <= width THEN query
		ELSE left(query, width - 3) || '...' END;
CREATE FUNCTION pg_temp.short(query text, width int DEFAULT 62) RETURNS text
	IMMUTABLE LANGUAGE sql
	RETURN pg_temp.line(trim(regexp_replace(query, '\s+', ' ', 'g')), width);

\echo
\echo '1. Does advisor see everything?  problems must be {}, and nothing dropped.'
\echo
\pset expanded on
SELECT
	version, problems,
	stats_since::timestamptz(0), statements,
	format('%s of %s', entries, entries_max) AS entries,
	format('%s of %s', pending_entries, pending_entries_max) AS pending_entries,
	evicted_entries, evicted_calls, dropped_calls,
	round(total_exec_time::numeric / 1000, 1) AS total_exec_seconds,
	pg_size_pretty(shared_memory) AS shared_memory
FROM advisor.info;
\pset expanded off

\echo '2. Where does the time go?  Begin at the top; lines with > ran inside another statement, whose time includes them.'
\echo
SELECT
	round(time_percent::numeric, 1) AS "%",
	calls,
	round(total_exec_time::numeric) AS total_ms,
	round(p50_exec_time::numeric, 2) AS p50,
	round(p95_exec_time::numeric, 2) AS p95,
	round(p99_exec_time::numeric, 2) AS p99,
	CASE WHEN NOT toplevel THEN '> ' ELSE '' END || pg_temp.short(query) AS query
FROM advisor.statements
WHERE datname = current_database()
ORDER BY total_exec_time DESC
LIMIT 12;

\echo
\echo '3. What do users wait for?  Slow statements; many plans or blocks a call hint at the reason.'
\echo
SELECT
	calls, slow_calls AS slow,
	round(mean_exec_time::numeric, 1) AS mean,
	round(p95_exec_time::numeric, 1) AS p95,
	round(max_exec_time::numeric, 1) AS max,
	round(rows_per_call::numeric, 1) AS "rows/call",
	round(shared_blks_per_call::numeric) AS "blks/call",
	distinct_plans AS plans,
	pg_temp.short(query, 50) AS query
FROM advisor.slow_queries
LIMIT 10;

\echo
\echo '4. What fails, and how much time went into it?'
\echo
SELECT
	errors, round(error_time::numeric, 1) AS ms,
	sqlstate_class AS class,
	pg_temp.line(condition, 34) AS condition,
	pg_temp.short(query, 48) AS query
FROM advisor.errors
WHERE datname = current_database()
ORDER BY errors DESC, error_time DESC
LIMIT 10;

\echo
\echo '5. Is the most expensive statement always slow, or only sometimes?  Two humps are two cases to tell apart.'
\echo
SELECT queryid AS slowest, pg_temp.short(query, 100) AS query
FROM advisor.statements
WHERE datname = current_database() AND queryid IS NOT NULL AND calls > 0
ORDER BY total_exec_time DESC
LIMIT 1
\gset
\echo :query
\echo
SELECT
	round(lower_bound::numeric, 3) AS "from ms",
	round(upper_bound::numeric, 3) AS "to ms",
	calls,
	repeat('#', ceil(40.0 * calls / max(calls) OVER ())::int) AS " "
FROM advisor.latency_histogram(:slowest)
ORDER BY lower_bound;
\echo

\echo '6. How healthy is it?  100 is best; a critical finding allows 39 at most, a high one 69.'
\echo
\pset expanded on
SELECT score, cap AS at_most, coverage_percent || ' %' AS could_be_checked,
	format('%s critical, %s high, %s medium, %s low, %s info', critical, high, medium, low, info) AS findings,
	format('%s, of which %s could not run', s.checks, skipped) AS checks,
	(SELECT string_agg(format('%s %s', p.key, p.value), ', ' ORDER BY p.value::float8 DESC, p.key) FROM jsonb_each_text(s.penalties) p) AS points_lost
FROM advisor.health_score s;
\pset expanded off

\echo '7. What is to be done this morning?  The worst two findings of each category; remedy_sql and undo_sql are in advisor.findings.'
\echo
\pset tuples_only on
\pset format unaligned
SELECT format(E' %s%s%s\n %s-> %s', rpad(severity, 10), rpad(category, 15), pg_temp.short(title, 100), repeat(' ', 25), pg_temp.short(remedy, 97))
FROM (
	SELECT *, row_number() OVER (PARTITION BY category ORDER BY nth) AS of_category
	FROM (SELECT *, row_number() OVER () AS nth FROM advisor.findings) f) f
WHERE of_category <= 2 AND severity <> 'info'
ORDER BY nth
LIMIT 10;
\pset format aligned
\pset tuples_only off

\echo
\echo '8. What is wrong with the statements, and what is to be done?  Worst first; each has its evidence in advisor.findings.'
\echo
SELECT
	severity,
	round(impact_percent::numeric, 1) AS "%",
	check_id,
	pg_temp.line(title, 100) AS title,
	pg_temp.short(coalesce(remedy_sql, remedy), 90) AS remedy
FROM advisor.findings
WHERE category = 'query'
LIMIT 15;

\echo
\echo '9. The whole story of the statement behind the first finding that has SQL to mend it.'
\echo
SELECT queryid AS mendable
FROM advisor.findings
WHERE remedy_sql IS NOT NULL AND queryid IS NOT NULL
LIMIT 1
\gset
\pset tuples_only on
\pset format unaligned
SELECT advisor.why(:mendable);
\pset format aligned
\pset tuples_only off

\echo
\echo '10. Which indexes are missing?  Chosen together, proved by the planner; ddl, undo_ddl and more are in advisor.missing_indexes.'
\echo
SELECT
	rank,
	pg_temp.short(regexp_replace(definition, '^CREATE INDEX \S+ ON ', ''), 80) AS index,
	pg_size_pretty(size) AS size,
	round(gain_percent::numeric, 1) AS "gain %",
	jsonb_array_length(gaining_queries) AS queries,
	pg_temp.short(reason, 110) AS reason
FROM advisor.missing_indexes
ORDER BY rank
LIMIT 15;

\echo
\echo '11. And why is there none for these?'
\echo
SELECT round((time_per_day / sum(time_per_day) OVER () * 100)::numeric) AS "%",
	pg_temp.short(query, 60) AS query, pg_temp.short(reason, 110) AS reason
FROM advisor.unadvised
-- not the reports themselves
WHERE query NOT LIKE '%advisor.%'
LIMIT 6;

\echo
\echo '12. Which indexes do executed plans use?  Those used least; 0 executions is no proof of uselessness, constraints need theirs.'
\echo
SELECT
	pg_temp.line(format('%s.%s', relname, indexrelname), 50) AS index,
	usage_level AS usage, executions, statements, round(rows_fetched::numeric) AS rows_fetched, idx_scan
FROM advisor.index_usage
WHERE schemaname = 'shop'
ORDER BY executions, relname, indexrelname
LIMIT 12;
\echo
\echo '13. Which indexes are superfluous?  Nothing is called unused before 30 days are over; verdict says what stands against dropping it.'
\echo
SELECT format('%s.%s', relname, indexrelname) AS index, kind, pg_size_pretty(size) AS size, verdict, pg_temp.short(reason, 70) AS reason
FROM advisor.duplicate_indexes d
WHERE schemaname = 'shop'
ORDER BY d.size DESC, index
LIMIT 10;
\echo
SELECT format('%s.%s', relname, indexrelname) AS index, use, pg_size_pretty(size) AS size, round(writes_per_day) AS "writes/day", verdict, pg_temp.short(reason, 70) AS reason
FROM advisor.unused_indexes u
WHERE schemaname = 'shop' AND verdict <> 'keep'
ORDER BY u.size DESC, index
LIMIT 10;

\echo
\echo '14. Which tables and indexes are larger than their content?  Measured on a sample of pages; what is small is not worth a finding.'
\echo
SELECT name, pg_size_pretty(size) AS size, pg_size_pretty(bloat_bytes) AS bloat,
	round(bloat_percent::numeric) AS "%", round(error_percent::numeric) AS "+- %", method, remedy
FROM (
	SELECT format('%s.%s', schemaname, relname) AS name, size, bloat_bytes, bloat_percent, error_percent, method, remedy FROM advisor.table_bloat
	UNION ALL
	SELECT format('%s.%s', schemaname, indexrelname), size, bloat_bytes, bloat_percent, error_percent, method, remedy FROM advisor.index_bloat) b
WHERE bloat_bytes > 0
ORDER BY bloat_bytes DESC
LIMIT 5;

\echo
\echo '15. Which keys run out of numbers?  With observations (advisor.observe()) there is a date as well.'
\echo
SELECT sequence, last_value, limit_value, round(used_percent::numeric, 1) AS "used %", limited_by, forecast_date
FROM advisor.key_exhaustion
ORDER BY used_percent DESC NULLS LAST, sequence
LIMIT 5;

\echo
\echo '16. How large a pool of connections would do?  pgbouncer_ini has the lines to copy; after ten minutes it is a finding.'
\echo
SELECT datname, max_clients AS clients, round(peak_active::numeric, 1) AS "active, peak", cpus, pool_mode,
	default_pool_size AS size, transaction_pool_size AS "size, transaction", array_to_string(session_features, ', ') AS "needs a session for"
FROM advisor.pool_advice
WHERE application_name IS NULL
ORDER BY max_clients DESC, datname
LIMIT 5;
\echo

\echo
\echo '17. Which tables should be partitioned?  By default only large ones are named; here the limits are those of a shop.'
\echo
SELECT table_name AS "table", advice, key, method, step, partitions, round(net_gain::numeric, 1) AS "s a day",
	jsonb_array_length(faster_queries) AS faster, jsonb_array_length(slower_queries) AS slower
FROM advisor.partition_advice(min_size => 10000000, partition_size => 1000000)
ORDER BY net_gain DESC
LIMIT 5;

/*
 * 87_caching: statements whose results could be kept, and for how long.  Needs
 * 30_plans, 41_settings and 42_observations.
 *
 * What counts as the same: executions that were instrumented are compared by
 * the values of all their parameters (or by the text with its literals); the
 * most frequent set of values makes up the share that is "the same".  That the
 * rows were the same is not compared: the writes to the tables that were read
 * say how long they can have been.
 *
 * How long a result may be kept: writes come at a mean rate w, independent of
 * each other.  A result kept for a time T is out of date for a part of
 * 1 - (1 - exp(-w T)) / (w T) of that time on average, about w T / 2 while that
 * is small.  So the part P that may be out of date allows T = 2 P / w.  Of
 * calls at a rate c, all but the first of each T are answered from the cache:
 * c T / (1 + c T) of them.  Where no write was seen at all, less than three
 * must be expected in as long a time again (95 %, the rule of three): w is
 * three per that time.
 */

INSERT INTO advisor.settings (name, value, unit, minimum, maximum, description) VALUES
	('cache_same_percent', 50, '%', 1, 100, 'part of the sampled executions of a statement that have the same parameters from which its result is worth keeping'),
	('cache_stale_percent', 10, '%', 0.1, 100, 'part of the time that a kept result may be out of date; how long it is kept follows from it'),
	('cache_time_percent', 0.5, '%', 0.01, 100, 'part of the time of all statements that keeping a result must save');

CREATE FUNCTION advisor._cache_ttl(writes_per_hour float8, window_hours float8, stale_percent float8) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT LEAST(86400, 3600 * 2 * stale_percent / 100
		/ CASE WHEN writes_per_hour > 0 THEN writes_per_hour ELSE 3 / window_hours END);
END;
COMMENT ON FUNCTION advisor._cache_ttl(float8, float8, float8) IS
	'seconds that a result may be kept so that it is out of date for that part of the time; a day at most';

CREATE FUNCTION advisor._cache_stale_percent(writes_per_hour float8, ttl float8) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN x.wt > 1e-6 THEN 100 * (1 - (1 - exp(-LEAST(x.wt, 500))) / x.wt) ELSE 0 END
	FROM (SELECT writes_per_hour / 3600 * ttl AS wt) x;
END;
COMMENT ON FUNCTION advisor._cache_stale_percent(float8, float8) IS
	'part of the time that a result kept for so many seconds is out of date';

CREATE FUNCTION advisor._cache_hit_share(calls_per_hour float8, ttl float8) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT x.ct / (1 + x.ct) FROM (SELECT calls_per_hour / 3600 * ttl AS ct) x;
END;
COMMENT ON FUNCTION advisor._cache_hit_share(float8, float8) IS
	'part of the calls that a cache answers which keeps results for so many seconds';

CREATE FUNCTION advisor._round_interval(seconds float8) RETURNS interval
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT max(r.step)
	FROM (VALUES (interval '1 second'), ('2 seconds'), ('5 seconds'), ('10 seconds'), ('30 seconds'), ('1 minute'), ('2 minutes'), ('5 minutes'),
		('10 minutes'), ('15 minutes'), ('30 minutes'), ('1 hour'), ('2 hours'), ('4 hours'), ('6 hours'), ('12 hours'), ('24 hours')) r(step)
	WHERE EXTRACT(epoch FROM r.step)::float8 <= seconds;
END;
COMMENT ON FUNCTION advisor._round_interval(float8) IS
	'the next shorter time that one would choose; NULL below a second';

CREATE FUNCTION advisor._interval_text(t interval) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN x.s < 60 THEN x.s || ' s' WHEN x.s < 3600 THEN x.s / 60 || ' min' ELSE x.s / 3600 || ' h' END
	FROM (SELECT EXTRACT(epoch FROM t)::integer AS s) x;
END;
COMMENT ON FUNCTION advisor._interval_text(interval) IS
	'such a time in a sentence';

CREATE FUNCTION advisor._cron_schedule(every interval) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN x.minutes < 60 THEN format('*/%s * * * *', GREATEST(x.minutes, 1))
		WHEN x.minutes < 1440 THEN format('0 */%s * * *', x.minutes / 60)
		ELSE '0 3 * * *'
	END
	FROM (SELECT floor(EXTRACT(epoch FROM every) / 60)::integer AS minutes) x;
END;
COMMENT ON FUNCTION advisor._cron_schedule(interval) IS
	'a time as cron has it, in whole minutes';

-- Statements that read the same again and again, whether that can be used or
-- not.  The planner would take nested loops over what C functions return.
CREATE FUNCTION advisor._repeated_reads(
	OUT queryid bigint,
	OUT planid bigint,
	OUT calls float8,
	OUT calls_per_hour float8,
	OUT mean_time float8,
	OUT time_percent float8,
	OUT rows_per_call float8,
	OUT examined_per_call float8,
	OUT aggregates boolean,
	OUT sampled float8,
	OUT same float8,
	OUT tables text[],
	OUT home text,
	OUT tuples_per_hour float8,
	OUT writes_per_hour float8,
	OUT window_hours float8,
	OUT since timestamptz)
	RETURNS SETOF record
	LANGUAGE sql VOLATILE PARALLEL SAFE COST 100000 ROWS 20
	SET search_path = pg_catalog, pg_temp
	SET enable_nestloop = off
	SET enable_hashjoin = on
	SET jit = off
BEGIN ATOMIC
WITH observed AS MATERIALIZED (
	SELECT my.dbid, i.stats_since,
		coalesce(pg_stat_get_db_stat_reset_time(my.dbid), LEAST(w.stats_reset, b.stats_reset, a.stats_reset)) AS counted_since
	FROM advisor._current_database() my
		CROSS JOIN advisor._info() i
		-- counters of a database cannot be older than the oldest of all
		CROSS JOIN pg_stat_wal w
		CROSS JOIN pg_stat_bgwriter b
		CROSS JOIN pg_stat_archiver a
), statements AS MATERIALIZED (
	SELECT s.queryid, sum(s.calls)::float8 AS calls, sum(s.total_exec_time) AS total_time, sum(s.time_percent) AS time_percent,
		sum(s.rows)::float8 AS rows, sum(s.rows_examined)::float8 AS examined, min(s.first_seen) AS first_seen,
		GREATEST(EXTRACT(epoch FROM now() - GREATEST(o.stats_since, min(s.first_seen)))::float8 / 3600, 1) AS hours
	FROM advisor._statements() s
		JOIN observed o ON o.dbid = s.dbid
	WHERE s.queryid IS NOT NULL AND s.queryid <> 0
	GROUP BY s.queryid, o.stats_since
	-- what only functions run, no client can keep
	HAVING bool_or(s.toplevel)
), plans AS MATERIALIZED (
	SELECT p.queryid, p.planid, sum(p.sampled_reads)::float8 AS sampled, sum(p.same_reads)::float8 AS same, sum(p.calls)::float8 AS calls,
		sum(p.rows)::float8 AS rows
	FROM advisor._plans(with_texts => false) p
		JOIN observed o ON o.dbid = p.dbid
	WHERE p.queryid IS NOT NULL AND p.planid <> 0
	GROUP BY p.queryid, p.planid
), sampled AS MATERIALIZED (
	-- the plan that most is known of
	SELECT DISTINCT ON (p.queryid) p.queryid, p.planid, p.sampled, p.same
	FROM plans p
	WHERE p.sampled >= 10 AND p.same >= 0.01 * (SELECT advisor._setting('cache_same_percent')) * p.sampled
	ORDER BY p.queryid, p.sampled DESC, p.planid
), nodes AS MATERIALIZED (
	SELECT DISTINCT n.queryid, n.planid, n.relid, d."Node Type" AS type, d."Operation" AS operation
	FROM advisor._plan_nodes() n
		JOIN observed o ON o.dbid = n.dbid
		CROSS JOIN LATERAL json_to_record(n.details) AS d("Node Type" text, "Operation" text)
	WHERE n.queryid IS NOT NULL
		-- nodes are worth reading only then
		AND EXISTS (SELECT FROM sampled)
), kinds AS MATERIALIZED (
	SELECT n.queryid,
		bool_or(n.operation IS NOT NULL OR n.type IN ('ModifyTable', 'LockRows', 'Foreign Scan', 'Custom Scan')) AS unfit,
		bool_or(n.type IN ('Aggregate', 'Group', 'Unique', 'WindowAgg')) AS aggregates
	FROM nodes n
	GROUP BY n.queryid
), volatile AS MATERIALIZED (
	SELECT DISTINCT f.queryid
	FROM advisor._facts() f
		JOIN observed o ON o.dbid = f.dbid
	WHERE EXISTS (SELECT FROM sampled)
		AND f.fact ->> 'fact' IN ('volatile_function', 'order_by_random', 'row_lock')
), written AS MATERIALIZED (
	-- captured statements that change a table: how many rows each call changes
	SELECT n.relid, sum(p.calls) AS calls, sum(p.rows) AS rows
	FROM nodes n
		JOIN plans p ON p.queryid = n.queryid AND p.planid = n.planid
	WHERE n.operation IN ('Insert', 'Update', 'Delete', 'Merge') AND n.relid <> 0
	GROUP BY n.relid
), read AS MATERIALIZED (
	SELECT DISTINCT s.queryid, s.planid, n.relid
	FROM sampled s
		JOIN nodes n ON n.queryid = s.queryid AND n.planid = s.planid
	WHERE n.relid <> 0 AND n.type LIKE '%Scan'
), relations AS MATERIALIZED (
	SELECT r.relid, c.relpersistence, c.relkind, c.relnamespace,
		quote_ident(ns.nspname) || '.' || quote_ident(rc.relname) AS name, ns.nspname, rc.relname,
		c.reltuples,
		t.tuples, t.analyzed_at, t.recent,
		-- since the last ANALYZE, if that was long enough ago, so that the load of
		-- a table before it is not taken for its daily bread
		CASE WHEN t.analyzed_at <= now() - interval '1 hour'
			THEN t.recent / (EXTRACT(epoch FROM now() - t.analyzed_at)::float8 / 3600)
			ELSE t.tuples / GREATEST(EXTRACT(epoch FROM now() - o.counted_since)::float8 / 3600, 1) END AS tuples_per_hour,
		CASE WHEN t.analyzed_at <= now() - interval '1 hour' THEN EXTRACT(epoch FROM now() - t.analyzed_at)::float8 / 3600
			ELSE GREATEST(EXTRACT(epoch FROM now() - o.counted_since)::float8 / 3600, 1) END AS window_hours
	FROM (SELECT DISTINCT r.relid FROM read r) r
		JOIN pg_class c ON c.oid = r.relid
		-- what is true of several partitions is said of their root
		JOIN pg_class rc ON rc.oid = coalesce(pg_partition_root(r.relid), r.relid)
		JOIN pg_namespace ns ON ns.oid = rc.relnamespace
		CROSS JOIN observed o
		CROSS JOIN LATERAL (SELECT
			(pg_stat_get_tuples_inserted(r.relid) + pg_stat_get_tuples_updated(r.relid) + pg_stat_get_tuples_deleted(r.relid))::float8 AS tuples,
			GREATEST(pg_stat_get_last_analyze_time(r.relid), pg_stat_get_last_autoanalyze_time(r.relid)) AS analyzed_at,
			pg_stat_get_mod_since_analyze(r.relid)::float8 AS recent) t
), totals AS MATERIALIZED (
	SELECT r.queryid, r.planid,
		array_agg(DISTINCT t.name ORDER BY t.name) AS tables,
		(array_agg(t.nspname ORDER BY t.reltuples DESC, t.name))[1] AS home,
		sum(t.tuples_per_hour) AS tuples_per_hour,
		-- a statement that changes a thousand rows is one reason to renew a result
		sum(t.tuples_per_hour * CASE WHEN w.rows > w.calls THEN w.calls / w.rows ELSE 1 END) AS writes_per_hour,
		min(t.window_hours) AS window_hours,
		bool_or(t.relpersistence = 't' OR t.relkind = 'f' OR t.relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)) AS unfit
	FROM read r
		LEFT JOIN relations t ON t.relid = r.relid
		LEFT JOIN written w ON w.relid = r.relid
	GROUP BY r.queryid, r.planid
	-- a table that is gone tells nothing
	HAVING count(t.relid) = count(*)
)
SELECT s.queryid, s.planid, st.calls, st.calls / st.hours, st.total_time / NULLIF(st.calls, 0), st.time_percent,
	st.rows / NULLIF(st.calls, 0), st.examined / NULLIF(st.calls, 0), k.aggregates,
	s.sampled, s.same, t.tables, t.home, t.tuples_per_hour, t.writes_per_hour, t.window_hours, GREATEST(o.stats_since, st.first_seen)
FROM sampled s
	JOIN statements st ON st.queryid = s.queryid
	JOIN kinds k ON k.queryid = s.queryid AND NOT k.unfit
	JOIN totals t ON t.queryid = s.queryid AND t.planid = s.planid AND NOT t.unfit
	LEFT JOIN volatile v ON v.queryid = s.queryid
	CROSS JOIN observed o
WHERE v.queryid IS NULL AND st.calls >= 100;
END;
COMMENT ON FUNCTION advisor._repeated_reads() IS
	'statements of this database that only read, of which many executions have the same parameters, and how often the tables that they read change';

CREATE VIEW advisor.cache_candidates AS
WITH reads AS MATERIALIZED (
	SELECT * FROM advisor._repeated_reads()
), kept AS (
	SELECT r.*, r.same / r.sampled AS same_share, advisor._round_interval(advisor._cache_ttl(r.writes_per_hour, r.window_hours,
			(SELECT advisor._setting('cache_stale_percent')))) AS ttl
	FROM reads r
), counted AS (
	SELECT k.*, k.same_share * advisor._cache_hit_share(k.calls_per_hour * k.same_share, EXTRACT(epoch FROM k.ttl)::float8) AS saved_share
	FROM kept k
	WHERE k.ttl IS NOT NULL
)
SELECT
	c.queryid,
	t.query,
	c.calls,
	c.calls_per_hour,
	c.mean_time,
	c.time_percent,
	c.rows_per_call,
	100 * c.same_share AS same_percent,
	c.sampled,
	c.tables,
	c.writes_per_hour,
	c.tuples_per_hour,
	c.window_hours,
	c.ttl,
	advisor._cache_stale_percent(CASE WHEN c.writes_per_hour > 0 THEN c.writes_per_hour ELSE 3 / c.window_hours END,
		EXTRACT(epoch FROM c.ttl)::float8) AS stale_percent,
	100 * c.saved_share AS saved_percent,
	c.mean_time * c.calls_per_hour * 24 * c.saved_share AS ms_saved_per_day,
	c.time_percent * c.saved_share AS time_percent_saved,
	c.since
FROM counted c
	LEFT JOIN (SELECT DISTINCT ON (t.queryid) t.queryid, t.query FROM advisor._query_texts() t ORDER BY t.queryid) t ON t.queryid = c.queryid
WHERE c.saved_share >= 0.2;
COMMENT ON VIEW advisor.cache_candidates IS
	'statements that read the same again and again, how long their results could be kept, and what that would save';
COMMENT ON COLUMN advisor.cache_candidates.queryid IS 'the statement';
COMMENT ON COLUMN advisor.cache_candidates.query IS 'its text, if pg_stat_statements has it';
COMMENT ON COLUMN advisor.cache_candidates.calls IS 'its calls since it was first seen';
COMMENT ON COLUMN advisor.cache_candidates.calls_per_hour IS 'calls per hour; less than an hour is taken for an hour';
COMMENT ON COLUMN advisor.cache_candidates.mean_time IS 'ms per call';
COMMENT ON COLUMN advisor.cache_candidates.time_percent IS 'part of the time of all statements';
COMMENT ON COLUMN advisor.cache_candidates.rows_per_call IS 'rows that a call returns: what would have to be kept';
COMMENT ON COLUMN advisor.cache_candidates.same_percent IS 'part of the sampled executions that had the most frequent parameters';
COMMENT ON COLUMN advisor.cache_candidates.sampled IS 'executions whose parameters were compared';
COMMENT ON COLUMN advisor.cache_candidates.tables IS 'tables that it reads; partitions by their root';
COMMENT ON COLUMN advisor.cache_candidates.writes_per_hour IS 'how often these are changed per hour: rows changed, divided by those that a captured statement changes at once';
COMMENT ON COLUMN advisor.cache_candidates.tuples_per_hour IS 'rows changed in them per hour';
COMMENT ON COLUMN advisor.cache_candidates.window_hours IS 'hours that the changes were counted in';
COMMENT ON COLUMN advisor.cache_candidates.ttl IS 'how long a result may be kept, by the setting cache_stale_percent';
COMMENT ON COLUMN advisor.cache_candidates.stale_percent IS 'part of the time that it will be out of date then';
COMMENT ON COLUMN advisor.cache_candidates.saved_percent IS 'part of the calls that need not be executed';
COMMENT ON COLUMN advisor.cache_candidates.ms_saved_per_day IS 'ms of execution saved per day';
COMMENT ON COLUMN advisor.cache_candidates.time_percent_saved IS 'part of the time of all statements saved';
COMMENT ON COLUMN advisor.cache_candidates.since IS 'since when its calls are counted';

CREATE VIEW advisor.materialized_view_candidates AS
WITH reads AS MATERIALIZED (
	SELECT r.*, advisor._round_interval(advisor._cache_ttl(r.writes_per_hour, r.window_hours, (SELECT advisor._setting('cache_stale_percent')))) AS every
	FROM advisor._repeated_reads() r
	-- A materialized view has no parameters.  It is for what is made of many
	-- rows; what finds few by an index would find them no faster in it.
	WHERE r.aggregates AND r.same >= 0.9 * r.sampled
		AND r.examined_per_call >= 1000 AND r.examined_per_call >= 20 * GREATEST(r.rows_per_call, 1)
), examples AS MATERIALIZED (
	SELECT DISTINCT ON (e.queryid) e.queryid, e.usename, regexp_replace(e.query, '[\s;]+$', '') AS query
	FROM advisor._examples() e
		JOIN advisor._current_database() my ON my.dbid = e.dbid
	WHERE e.queryid IS NOT NULL AND NOT e.truncated
	ORDER BY e.queryid, e.taken_at DESC
), keys AS MATERIALIZED (
	SELECT DISTINCT ON (n.queryid, n.planid) n.queryid, n.planid, d."Group Key" AS group_key
	FROM advisor._plan_nodes() n
		JOIN advisor._current_database() my ON my.dbid = n.dbid
		CROSS JOIN LATERAL json_to_record(n.details) AS d("Group Key" text[])
	WHERE d."Group Key" IS NOT NULL
	ORDER BY n.queryid, n.planid, n.depth, n.node
), named AS (
	SELECT r.*, e.query, e.usename,
		-- what is said in a comment must not end it
		regexp_replace(array_to_string(k.group_key, ', '), '[\n\r]+', ' ', 'g') AS group_key,
		quote_ident(r.home) || '.' || quote_ident('mv_' || substr(md5(r.queryid::text), 1, 12)) AS view_name,
		r.calls_per_hour * 24 * r.mean_time - 86400 / EXTRACT(epoch FROM r.every)::float8 * r.mean_time AS net
	FROM reads r
		LEFT JOIN examples e ON e.queryid = r.queryid
		LEFT JOIN keys k ON k.queryid = r.queryid AND k.planid = r.planid
)
SELECT
	n.queryid,
	n.query,
	n.calls_per_hour,
	n.mean_time,
	n.time_percent,
	n.examined_per_call,
	n.rows_per_call,
	100 * n.same / n.sampled AS same_percent,
	n.tables,
	n.writes_per_hour,
	n.window_hours,
	n.every AS refresh_interval,
	advisor._cache_stale_percent(CASE WHEN n.writes_per_hour > 0 THEN n.writes_per_hour ELSE 3 / n.window_hours END,
		EXTRACT(epoch FROM n.every)::float8) AS stale_percent,
	n.net AS ms_saved_per_day,
	n.time_percent * n.net / NULLIF(n.calls_per_hour * 24 * n.mean_time, 0) AS time_percent_saved,
	n.view_name,
	-- The statement calls whatever functions its author likes.  They run as the
	-- owner of the view, so that must be who ran them before, not who takes the advice.
	CASE WHEN n.query IS NOT NULL AND n.usename IS NOT NULL THEN
		format(E'CREATE MATERIALIZED VIEW %1$s AS\n%2$s\nWITH NO DATA;\nALTER MATERIALIZED VIEW %1$s OWNER TO %3$I;\nREFRESH MATERIALIZED VIEW %1$s;',
			n.view_name, n.query, n.usename) END AS create_sql,
	CASE
		WHEN n.group_key IS NOT NULL THEN format('-- for REFRESH ... CONCURRENTLY, on the columns of the result that are: %s'
			|| E'\n-- CREATE UNIQUE INDEX ON %s (...);', n.group_key, n.comment_name)
		WHEN n.rows_per_call <= 1 THEN '-- one row: a plain REFRESH is as good as one CONCURRENTLY, and it locks readers out only while the statement runs'
		ELSE format('-- for REFRESH ... CONCURRENTLY, on the columns that identify a row:' || E'\n-- CREATE UNIQUE INDEX ON %s (...);', n.comment_name)
	END AS index_sql,
	format('REFRESH MATERIALIZED VIEW %s;', n.view_name) AS refresh_sql,
	format('SELECT cron.schedule(%L, %L, %L);', 'refresh ' || n.view_name, advisor._cron_schedule(n.every), 'REFRESH MATERIALIZED VIEW ' || n.view_name) AS cron_sql,
	format('DROP MATERIALIZED VIEW %s;', n.view_name) AS undo_sql,
	n.since
FROM (SELECT n.*, regexp_replace(n.view_name, '[\n\r]+', ' ', 'g') AS comment_name FROM named n) n
-- cron knows no less than a minute; to refresh it costs as much as one call
WHERE n.every >= interval '1 minute' AND n.net >= 0.5 * n.calls_per_hour * 24 * n.mean_time;
COMMENT ON VIEW advisor.materialized_view_candidates IS
	'statements without changing parameters that make few rows of many, again and again, while the tables change rarely';
COMMENT ON COLUMN advisor.materialized_view_candidates.queryid IS 'the statement';
COMMENT ON COLUMN advisor.materialized_view_candidates.query IS 'an example of it with its literals, if there is one and the reader may see it';
COMMENT ON COLUMN advisor.materialized_view_candidates.calls_per_hour IS 'calls per hour; less than an hour is taken for an hour';
COMMENT ON COLUMN advisor.materialized_view_candidates.mean_time IS 'ms per call, which a refresh will take as well';
COMMENT ON COLUMN advisor.materialized_view_candidates.time_percent IS 'part of the time of all statements';
COMMENT ON COLUMN advisor.materialized_view_candidates.examined_per_call IS 'rows that a call reads';
COMMENT ON COLUMN advisor.materialized_view_candidates.rows_per_call IS 'rows that it returns';
COMMENT ON COLUMN advisor.materialized_view_candidates.same_percent IS 'part of the sampled executions with the same parameters or literals';
COMMENT ON COLUMN advisor.materialized_view_candidates.tables IS 'tables that it reads; partitions by their root';
COMMENT ON COLUMN advisor.materialized_view_candidates.writes_per_hour IS 'how often these are changed per hour';
COMMENT ON COLUMN advisor.materialized_view_candidates.window_hours IS 'hours that the changes were counted in';
COMMENT ON COLUMN advisor.materialized_view_candidates.refresh_interval IS 'how often to refresh it, by the setting cache_stale_percent';
COMMENT ON COLUMN advisor.materialized_view_candidates.stale_percent IS 'part of the time that it will be out of date then';
COMMENT ON COLUMN advisor.materialized_view_candidates.ms_saved_per_day IS 'ms of execution saved per day, less the refreshes';
COMMENT ON COLUMN advisor.materialized_view_candidates.time_percent_saved IS 'part of the time of all statements saved';
COMMENT ON COLUMN advisor.materialized_view_candidates.view_name IS 'a name for it, in the schema of the biggest table; choose a better one';
COMMENT ON COLUMN advisor.materialized_view_candidates.create_sql IS 'the SQL that makes it, owned by the role that ran the statement, as its functions run with the owner''s rights; tables without a schema are those of the search_path of who ran the statement';
COMMENT ON COLUMN advisor.materialized_view_candidates.index_sql IS 'what REFRESH ... CONCURRENTLY needs';
COMMENT ON COLUMN advisor.materialized_view_candidates.refresh_sql IS 'the SQL that refreshes it';
COMMENT ON COLUMN advisor.materialized_view_candidates.cron_sql IS 'the same every refresh_interval, for who has pg_cron';
COMMENT ON COLUMN advisor.materialized_view_candidates.undo_sql IS 'the SQL that removes it';
COMMENT ON COLUMN advisor.materialized_view_candidates.since IS 'since when its calls are counted';

CREATE VIEW advisor.caching_findings AS
WITH views AS MATERIALIZED (
	SELECT * FROM advisor.materialized_view_candidates
)
SELECT f.*
FROM views v
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'materialized_view_candidate',
		category => 'query',
		parts => ARRAY[v.queryid::text],
		-- less than a minute a day is nothing, whatever the share
		severity => CASE WHEN v.ms_saved_per_day < 60000 THEN 'info' WHEN v.time_percent_saved >= 10 THEN 'medium' WHEN v.time_percent_saved >= 1 THEN 'low' ELSE 'info' END,
		object => 'query ' || v.queryid,
		title => format('A materialized view would save %s a day: %s made of %s, %s times an hour', advisor._duration(v.ms_saved_per_day),
			CASE WHEN v.rows_per_call <= 1 THEN 'one row is' ELSE advisor._count(v.rows_per_call) || ' rows are' END, advisor._count(v.examined_per_call), advisor._count(v.calls_per_hour)),
		detail => format('%s %% of the sampled executions since %s were the same statement to the letter; each takes %s. %s change %s times an hour (counted over %s hours), '
			|| 'so a refresh every %s is out of date for %s %% of the time. That the rows were the same each time was not compared.',
			advisor._count(v.same_percent), to_char(v.since, 'YYYY-MM-DD HH24:MI'), advisor._duration(v.mean_time), array_to_string(v.tables, ', '),
			advisor._count(v.writes_per_hour), advisor._count(v.window_hours), advisor._interval_text(v.refresh_interval), advisor._count(v.stale_percent)),
		evidence => jsonb_build_object('calls_per_hour', v.calls_per_hour, 'mean_time', v.mean_time, 'examined_per_call', v.examined_per_call,
			'rows_per_call', v.rows_per_call, 'same_percent', v.same_percent, 'tables', to_jsonb(v.tables), 'writes_per_hour', v.writes_per_hour,
			'window_hours', v.window_hours, 'refresh_seconds', EXTRACT(epoch FROM v.refresh_interval), 'stale_percent', v.stale_percent, 'since', v.since),
		remedy => format('Make a materialized view of it, refresh it every %s, and read that instead; or keep the result in the application for as long.', advisor._interval_text(v.refresh_interval))
			|| CASE WHEN v.create_sql IS NULL THEN ' There is no example of the statement that could be shown.' ELSE '' END,
		remedy_sql => CASE WHEN v.create_sql IS NOT NULL THEN v.create_sql || E'\n' || v.index_sql || E'\n' || regexp_replace(v.cron_sql, '^', '-- ', 'gn') END,
		undo_sql => CASE WHEN v.create_sql IS NOT NULL THEN v.undo_sql END,
		impact_ms_per_day => v.ms_saved_per_day,
		impact_percent => v.time_percent_saved,
		confidence => 50,
		queryid => v.queryid) f
WHERE v.time_percent_saved >= (SELECT advisor._setting('cache_time_percent'))
UNION ALL
SELECT f.*
FROM advisor.cache_candidates c
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'cache_candidate',
		category => 'query',
		parts => ARRAY[c.queryid::text],
		severity => CASE WHEN c.ms_saved_per_day < 60000 THEN 'info' WHEN c.time_percent_saved >= 10 THEN 'medium' WHEN c.time_percent_saved >= 1 THEN 'low' ELSE 'info' END,
		object => 'query ' || c.queryid,
		title => format('Reads the same again and again: %s %% of %s samples had the same parameters', advisor._count(floor(c.same_percent)), advisor._count(c.sampled)),
		detail => format('%s calls an hour since %s, %s each, read %s, which change %s times an hour (counted over %s hours). A result kept for %s would save %s %% of the calls, '
			|| '%s a day, and be out of date for %s %% of the time. That the rows were the same each time was not compared.',
			advisor._count(c.calls_per_hour), to_char(c.since, 'YYYY-MM-DD HH24:MI'), advisor._duration(c.mean_time), array_to_string(c.tables, ', '),
			advisor._count(c.writes_per_hour), advisor._count(c.window_hours), advisor._interval_text(c.ttl), advisor._count(c.saved_percent), advisor._duration(c.ms_saved_per_day),
			advisor._count(c.stale_percent)),
		evidence => jsonb_build_object('sampled', c.sampled, 'same_percent', c.same_percent, 'calls_per_hour', c.calls_per_hour, 'mean_time', c.mean_time,
			'rows_per_call', c.rows_per_call, 'tables', to_jsonb(c.tables), 'writes_per_hour', c.writes_per_hour, 'tuples_per_hour', c.tuples_per_hour,
			'window_hours', c.window_hours, 'ttl_seconds', EXTRACT(epoch FROM c.ttl), 'stale_percent', c.stale_percent, 'saved_percent', c.saved_percent, 'since', c.since),
		remedy => format('Keep the result in the application, by its parameters, for %s; or until %s change.', advisor._interval_text(c.ttl), array_to_string(c.tables, ', ')),
		impact_ms_per_day => c.ms_saved_per_day,
		impact_percent => c.time_percent_saved,
		confidence => 60,
		queryid => c.queryid) f
WHERE c.time_percent_saved >= (SELECT advisor._setting('cache_time_percent'))
	AND NOT EXISTS (SELECT FROM views v WHERE v.queryid = c.queryid);
COMMENT ON VIEW advisor.caching_findings IS
	'results that could be kept, as rows of type advisor.finding';

CREATE FUNCTION advisor._caching_checks() RETURNS TABLE (
	check_id text, category text, title text, looks_at text, settings text[], needs text, page text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100 ROWS 2
BEGIN ATOMIC
	SELECT * FROM (VALUES
		('cache_candidate', 'query', 'The same result is computed again and again',
			'Statements that only read, of which many executions have the same parameters, and how often their tables change.',
			'{cache_same_percent,cache_stale_percent,cache_time_percent}'::text[], 'pg_read_all_stats', $page$What it looks at
  The parameters of instrumented executions (sampled_reads and same_reads), the calls
  and the time of these statements, and the rows inserted, updated and deleted in the
  tables that they read. See advisor.cache_candidates.

Why it matters
  The fastest statement is the one that is not sent. Settings, menus and lists are often
  read thousands of times between two changes.

How it decides
  At least 10 samples, cache_same_percent of them with the same values; no writes,
  locks, volatile functions, temporary, foreign or system tables. Writes come w times an
  hour: rows changed since the last ANALYZE (or all that were counted), divided by the
  rows that a captured statement changes at once; if there were none, 3 per time of
  counting. A result kept for T is out of date for about w T / 2 of the time, so
  cache_stale_percent gives T. Calls of the same parameters, c an hour, are answered for
  c T / (1 + c T). Reported if that saves cache_time_percent of the time of all
  statements.

When it is wrong
  The rows were not compared, only parameters and writes. Functions such as now() change
  results without a write. Writes by COPY are counted as rows, which makes T shorter
  than need be.

What to do
  Keep the result in the application, by its parameters, for the time that is told.
  Nothing is changed in the database, so there is nothing to undo.$page$),
		('materialized_view_candidate', 'query', 'A statement makes few rows of many, again and again',
			'Statements without changing parameters that aggregate many rows of tables that change rarely.',
			'{cache_stale_percent,cache_time_percent}'::text[], 'pg_read_all_stats', $page$What it looks at
  What cache_candidate looks at, of statements that aggregate at least 1,000 rows, 20
  times as many as they return, with the same parameters in nine of ten samples. See
  advisor.materialized_view_candidates.

Why it matters
  A materialized view computes it once for all, and once more for each refresh.

How it decides
  The time between refreshes is that of cache_candidate, a minute at least. A refresh
  costs as much as one call: reported if at least half of the time is saved, and
  cache_time_percent of the time of all statements. Where parameters differ it cannot be
  a materialized view, and cache_candidate speaks.

When it is wrong
  The example is the text as a client sent it: names without a schema are those of its
  search_path, and two columns of the same name must be given others. Functions such as
  now() would be frozen.

What to do
  CREATE MATERIALIZED VIEW as told, with a better name; no lock on the tables but
  AccessShareLock. REFRESH locks readers out unless it is CONCURRENTLY, which takes a
  unique index. DROP MATERIALIZED VIEW takes it back.$page$)
	) c;
END;
COMMENT ON FUNCTION advisor._caching_checks() IS
	'the checks of advisor.caching_findings';

CREATE FUNCTION advisor._caching_skips() RETURNS TABLE (check_id text, reason text)
	LANGUAGE sql VOLATILE PARALLEL SAFE COST 1000 ROWS 4
BEGIN ATOMIC
	SELECT c.check_id, s.reason
	FROM unnest('{cache_candidate,materialized_view_candidate}'::text[]) c(check_id)
		CROSS JOIN LATERAL (
			SELECT 'statements of other roles cannot be seen: they are for members of pg_read_all_stats' AS reason
			WHERE NOT pg_has_role('pg_read_all_stats', 'USAGE')
			UNION ALL
			SELECT 'track_counts is off, so how often tables change is not known'
			WHERE current_setting('track_counts') = 'off') s;
END;
COMMENT ON FUNCTION advisor._caching_skips() IS
	'which checks of advisor.caching_findings could not run, and why';

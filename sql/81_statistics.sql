/*
 * 81_statistics: what the planner believes of tables, and how tables are read.
 * Needs 30_plans, 40_findings to 42_observations and 80_vacuum.
 *
 * That statistics are old harms nobody; that the planner goes wrong does.
 * Where plans were measured, what they prove stands beside what counters say.
 */

INSERT INTO advisor.settings (name, value, unit, minimum, maximum, description) VALUES
	('statistics_min_rows', 1000, 'rows', 0, 1e12, 'statistics of smaller tables are not reported'),
	('stale_statistics_percent', 20, '%', 0, 100000, 'statistics are stale if so many of the rows, or more, have changed since'),
	('estimate_error_factor', 10, 'times', 2, 1e9, 'estimates of rows that are wrong by less are taken for right'),
	('sequential_scan_mb', 100, 'MB', 0, 1e9, 'smaller tables may be read from end to end'),
	('sequential_scan_percent', 50, '%', 0, 100, 'tables that are read less by sequential scans are not reported'),
	('cache_hit_percent', 95, '%', 0, 100, 'databases that find at least so many blocks in shared buffers are not reported'),
	('cache_hit_min_mb', 1024, 'MB', 0, 1e12, 'databases that have read less than that from outside of shared buffers are not reported'),
	('never_read_mb', 10, 'MB', 0, 1e9, 'smaller tables may lie unread'),
	('never_read_days', 30, 'days', 0, 3650, 'tables that have been watched for a shorter time are not called unread');

-- What was measured.

CREATE VIEW advisor._measured_nodes AS
SELECT n.queryid, n.planid, n.userid, n.node, n.path, n.depth, n.relid, n.filter_attnums,
	d."Node Type" AS node_type,
	d."Strategy" AS strategy,
	d."Alias" AS alias,
	d."Group Key" AS group_key,
	n.plan_rows,
	n.runs,
	n.rows_removed / NULLIF(n.runs, 0) AS removed,
	n.rows / NULLIF(n.runs, 0) AS rows,
	n.rows / NULLIF(n.loops, 0) AS rows_per_loop,
	GREATEST(n.rows / NULLIF(n.loops, 0), 1) > GREATEST(n.plan_rows, 1) AS too_low,
	GREATEST(GREATEST(n.rows / NULLIF(n.loops, 0), 1) / GREATEST(n.plan_rows, 1),
		GREATEST(n.plan_rows, 1) / GREATEST(n.rows / NULLIF(n.loops, 0), 1)) AS factor
FROM advisor._plan_nodes() n
	JOIN advisor._current_database() my USING (dbid)
	LEFT JOIN LATERAL json_to_record(n.details) AS d("Node Type" text, "Strategy" text, "Alias" text, "Group Key" text[]) ON true
WHERE advisor._is_preloaded();
COMMENT ON VIEW advisor._measured_nodes IS
	'nodes of plans of this database with what was expected and what came';

CREATE VIEW advisor._measured_scans AS
SELECT n.*
FROM advisor._measured_nodes n
WHERE n.relid <> 0 AND n.node_type IN ('Seq Scan', 'Index Scan', 'Index Only Scan', 'Bitmap Heap Scan');
COMMENT ON VIEW advisor._measured_scans IS
	'those of them that read a table';

CREATE VIEW advisor._planned_calls AS
SELECT p.queryid, p.planid, p.userid, sum(p.calls)::float8 AS calls, sum(p.total_exec_time) AS total_exec_time,
	coalesce(bool_or(p.generic), false) AS generic
FROM advisor._plans(with_texts => false) p
	JOIN advisor._current_database() my USING (dbid)
WHERE p.queryid IS NOT NULL AND advisor._is_preloaded()
GROUP BY p.queryid, p.planid, p.userid;
COMMENT ON VIEW advisor._planned_calls IS
	'how often each plan of this database was executed';

-- Tables, indexes and statistics objects of which the planner knows too little.

CREATE VIEW advisor.stale_statistics AS
WITH known AS MATERIALIZED (
	-- that there are statistics is no secret, what they say is
	SELECT s.starelid, bool_or(NOT s.stainherit) AS own, bool_or(s.stainherit) AS inherited
	FROM pg_statistic s
	GROUP BY s.starelid
), server AS MATERIALIZED (
	SELECT current_setting('autovacuum_analyze_threshold')::float8 AS analyze_threshold,
		current_setting('autovacuum_analyze_scale_factor')::float8 AS analyze_scale_factor,
		advisor._setting('stale_statistics_percent') AS stale_percent,
		advisor._setting('estimate_error_factor') AS error_factor
), sizes AS MATERIALIZED (
	SELECT s.relid, s.bytes FROM advisor._relation_sizes() s
), errors AS MATERIALIZED (
	-- too high an estimate may be one of a scan that was stopped, so it proves nothing
	SELECT m.relid, max(m.factor) AS factor, count(DISTINCT m.queryid) AS statements,
		(array_agg(m.queryid ORDER BY m.factor DESC))[1] AS queryid
	FROM advisor._measured_scans m
		CROSS JOIN server g
	WHERE m.runs > 0 AND m.too_low AND m.factor >= g.error_factor AND m.rows_per_loop >= 100
	GROUP BY m.relid
), tables AS MATERIALIZED (
	SELECT t.relid, t.relkind, t.schemaname, t.relname, t.name, t.family_oid,
		t.reltuples,
		GREATEST(t.reltuples, pg_stat_get_live_tuples(t.relid))::float8 AS rows,
		pg_stat_get_mod_since_analyze(t.relid) AS modified,
		GREATEST(pg_stat_get_last_analyze_time(t.relid), pg_stat_get_last_autoanalyze_time(t.relid)) AS analyzed,
		advisor._vacuum_trigger(coalesce(o.analyze_threshold, g.analyze_threshold), coalesce(o.analyze_scale_factor, g.analyze_scale_factor), t.reltuples)
			AS analyze_trigger,
		coalesce(o.enabled, true) AS enabled,
		coalesce(k.own, false) AS known,
		-- A session tells the counters of its inserts later than of its ANALYZE, so
		-- that they count as changes since.  A table that never had room inside, and
		-- is as long as it was at ANALYZE, has no rows more.
		pg_stat_get_tuples_updated(t.relid) + pg_stat_get_tuples_deleted(t.relid) = 0
			AND t.relpages > 1 AND z.bytes = t.relpages::float8 * current_setting('block_size')::integer
			-- and VACUUM and CREATE INDEX, which look at its length as well, have not counted them
			AND pg_stat_get_live_tuples(t.relid) >= t.reltuples + 0.9 * pg_stat_get_mod_since_analyze(t.relid) AS unchanged
	FROM advisor._vacuum_tables t
		CROSS JOIN server g
		LEFT JOIN advisor._vacuum_options o ON o.relid = t.relid
		LEFT JOIN known k ON k.starelid = t.relid
		LEFT JOIN sizes z ON z.relid = t.relid
	WHERE t.relkind <> 't' AND NOT t.is_catalog
), parents AS (
	-- nobody analyzes a partitioned table by itself, in no version up to 18
	SELECT c.oid AS relid, n.nspname AS schemaname, c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name,
		c.reltuples::float8 AS reltuples, coalesce(k.inherited, false) AS known,
		GREATEST(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)) AS analyzed,
		p.rows
	FROM pg_class c
		JOIN pg_namespace n ON n.oid = c.relnamespace
		JOIN (SELECT t.family_oid, sum(t.rows) AS rows FROM tables t GROUP BY t.family_oid) p ON p.family_oid = c.oid
		LEFT JOIN known k ON k.starelid = c.oid
	WHERE c.relkind = 'p' AND NOT c.relispartition
), found AS (
	SELECT t.relid, t.schemaname, t.relname, t.name, t.family_oid, NULL::text AS object,
		CASE WHEN NOT t.known THEN 'never analyzed' ELSE 'stale' END AS problem,
		t.rows, t.modified, t.analyze_trigger, t.analyzed, t.enabled, 'ANALYZE ' || t.name || ';' AS remedy_sql
	FROM tables t
		CROSS JOIN server g
	WHERE NOT t.known AND t.rows > 0
		-- a table without columns, or with such as nobody can sort, has none ever
		AND t.analyzed IS NULL
		OR t.known AND t.modified > t.analyze_trigger AND t.modified >= t.rows * g.stale_percent / 100
			AND t.unchanged IS NOT TRUE
	UNION ALL
	SELECT p.relid, p.schemaname, p.relname, p.name, p.relid, NULL,
		CASE WHEN p.known THEN 'stale partitioned table' ELSE 'partitioned table never analyzed' END,
		p.rows, abs(p.rows - GREATEST(p.reltuples, 0))::bigint, NULL, p.analyzed, true,
		-- 18 can do without the partitions, which autovacuum analyzes
		CASE WHEN current_setting('server_version_num')::integer >= 180000 THEN 'ANALYZE ONLY ' ELSE 'ANALYZE ' END || p.name || ';'
	FROM parents p
		CROSS JOIN server g
	WHERE p.rows > 0
		AND (NOT p.known AND p.analyzed IS NULL
			OR p.known AND p.reltuples >= 0 AND abs(p.rows - p.reltuples) > GREATEST(p.reltuples * g.stale_percent / 100, 50))
	UNION ALL
	SELECT t.relid, t.schemaname, t.relname, t.name, t.family_oid, x.relname, 'expression index without statistics',
		t.rows, t.modified, t.analyze_trigger, t.analyzed, t.enabled, 'ANALYZE ' || t.name || ';'
	FROM pg_index i
		JOIN tables t ON t.relid = i.indrelid
		JOIN pg_class x ON x.oid = i.indexrelid
		LEFT JOIN known k ON k.starelid = i.indexrelid
	WHERE i.indexprs IS NOT NULL AND i.indisvalid AND k.starelid IS NULL AND t.known
	UNION ALL
	SELECT c.oid, n.nspname, c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.oid, s.stxname,
		'extended statistics never built',
		coalesce(t.rows, p.rows), t.modified, t.analyze_trigger, coalesce(t.analyzed, p.analyzed), coalesce(t.enabled, true),
		'ANALYZE ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ';'
	FROM pg_statistic_ext s
		JOIN pg_class c ON c.oid = s.stxrelid
		JOIN pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN tables t ON t.relid = c.oid
		LEFT JOIN parents p ON p.relid = c.oid
	WHERE (t.known OR p.known)
		AND NOT EXISTS (SELECT FROM pg_statistic_ext_data d WHERE d.stxoid = s.oid)
)
SELECT
	f.schemaname,
	f.relname,
	f.object,
	f.relid,
	coalesce(r.name, f.name) AS root,
	f.problem,
	f.rows,
	f.modified AS n_mod_since_analyze,
	100 * f.modified / NULLIF(f.rows, 0) AS modified_percent,
	f.analyze_trigger,
	CASE WHEN f.analyze_trigger IS NOT NULL THEN f.modified / GREATEST(f.analyze_trigger, 1) END AS analyze_factor,
	f.analyzed AS last_analyzed,
	f.enabled AS autovacuum_enabled,
	e.factor AS estimate_error,
	coalesce(e.statements, 0) AS misestimated_statements,
	e.queryid,
	f.remedy_sql
FROM found f
	LEFT JOIN advisor._vacuum_roots r ON r.relid = f.family_oid
	LEFT JOIN errors e ON e.relid = f.relid;
COMMENT ON VIEW advisor.stale_statistics IS
	'tables, expression indexes and extended statistics of which the planner has no statistics or old ones, with the errors that were measured in plans';
COMMENT ON COLUMN advisor.stale_statistics.schemaname IS 'schema of the table';
COMMENT ON COLUMN advisor.stale_statistics.relname IS 'the table';
COMMENT ON COLUMN advisor.stale_statistics.object IS 'the index or extended statistics, if it is about one';
COMMENT ON COLUMN advisor.stale_statistics.relid IS 'oid of the table';
COMMENT ON COLUMN advisor.stale_statistics.root IS 'qualified and quoted name of the table, or of the partitioned table that it is a partition of';
COMMENT ON COLUMN advisor.stale_statistics.problem IS 'never analyzed, stale, partitioned table never analyzed, stale partitioned table, expression index without statistics, extended statistics never built';
COMMENT ON COLUMN advisor.stale_statistics.rows IS 'rows that it has';
COMMENT ON COLUMN advisor.stale_statistics.n_mod_since_analyze IS 'rows changed since it was analyzed; for partitioned tables, by how many its number of rows is wrong';
COMMENT ON COLUMN advisor.stale_statistics.modified_percent IS 'the same in percent of rows';
COMMENT ON COLUMN advisor.stale_statistics.analyze_trigger IS 'autovacuum analyzes it with more changed rows than that; null for partitioned tables, which it leaves alone';
COMMENT ON COLUMN advisor.stale_statistics.analyze_factor IS 'changed rows divided by analyze_trigger';
COMMENT ON COLUMN advisor.stale_statistics.last_analyzed IS 'when it was analyzed last, by hand or by autovacuum';
COMMENT ON COLUMN advisor.stale_statistics.autovacuum_enabled IS 'its storage parameter autovacuum_enabled';
COMMENT ON COLUMN advisor.stale_statistics.estimate_error IS 'by how much scans of it gave more rows than expected in measured plans, at worst; null if none was wrong';
COMMENT ON COLUMN advisor.stale_statistics.misestimated_statements IS 'number of statements with such a scan';
COMMENT ON COLUMN advisor.stale_statistics.queryid IS 'the statement with the worst; null if none, or not to be seen';
COMMENT ON COLUMN advisor.stale_statistics.remedy_sql IS 'takes new statistics';

-- Columns that belong together.

CREATE VIEW advisor.extended_statistics AS
WITH server AS MATERIALIZED (
	SELECT advisor._setting('estimate_error_factor') AS error_factor
), nodes AS MATERIALIZED (
	SELECT n.* FROM advisor._measured_nodes n WHERE n.runs > 0 AND n.queryid IS NOT NULL
), calls AS MATERIALIZED (
	SELECT p.* FROM advisor._planned_calls p
), filters AS (
	SELECT n.relid, n.filter_attnums AS attnums, 'filter' AS kind, n.queryid, n.planid, n.userid, n.factor, n.plan_rows, n.rows_per_loop, n.too_low
	FROM nodes n
		CROSS JOIN server g
	WHERE n.relid <> 0 AND n.node_type IN ('Seq Scan', 'Index Scan', 'Index Only Scan', 'Bitmap Heap Scan')
		AND cardinality(n.filter_attnums) BETWEEN 2 AND 8
		AND n.too_low AND n.factor >= g.error_factor AND n.rows_per_loop >= 100
), groups AS (
	-- of one table, whose columns the keys are
	SELECT s.relid, array_agg(DISTINCT a.attnum ORDER BY a.attnum) AS attnums, 'group' AS kind, n.queryid, n.planid, n.userid, n.factor,
		n.plan_rows, n.rows_per_loop, n.too_low, cardinality(n.group_key) AS keys
	FROM nodes n
		CROSS JOIN server g
		JOIN nodes s ON s.queryid = n.queryid AND s.planid = n.planid AND s.userid = n.userid AND s.relid <> 0 AND starts_with(s.path, n.path || '.')
		CROSS JOIN LATERAL unnest(n.group_key) k(key)
		JOIN pg_attribute a ON a.attrelid = s.relid AND a.attnum > 0 AND NOT a.attisdropped
			AND (quote_ident(a.attname) = k.key OR quote_ident(s.alias) || '.' || quote_ident(a.attname) = k.key)
	WHERE n.node_type IN ('Aggregate', 'Group') AND cardinality(n.group_key) BETWEEN 2 AND 8
		AND n.factor >= g.error_factor AND GREATEST(n.plan_rows, n.rows_per_loop) >= 1000
		-- what was stopped before its end has fewer groups
		AND (n.too_low OR n.strategy = 'Hashed')
	GROUP BY s.relid, s.node, n.queryid, n.planid, n.userid, n.node, n.factor, n.plan_rows, n.rows_per_loop, n.too_low, n.group_key
), wrong AS (
	SELECT * FROM filters
	UNION ALL
	SELECT g.relid, g.attnums, g.kind, g.queryid, g.planid, g.userid, g.factor, g.plan_rows, g.rows_per_loop, g.too_low
	FROM groups g
	WHERE cardinality(g.attnums) = g.keys
), columns AS (
	SELECT w.relid, w.kind, a.attnums,
		count(DISTINCT w.queryid) AS statements,
		array_agg(DISTINCT w.queryid ORDER BY w.queryid) AS queryids,
		max(w.factor) AS factor,
		(array_agg(w.plan_rows ORDER BY w.factor DESC))[1] AS estimated,
		(array_agg(w.rows_per_loop ORDER BY w.factor DESC))[1] AS found,
		sum(c.calls) AS calls,
		sum(c.total_exec_time) AS total_exec_time
	FROM wrong w
		JOIN calls c ON c.queryid = w.queryid AND c.planid = w.planid AND c.userid = w.userid
		-- extended statistics are for columns of types that sort
		CROSS JOIN LATERAL (SELECT array_agg(a.attnum ORDER BY a.attnum) AS attnums
			FROM pg_attribute a
			WHERE a.attrelid = w.relid AND a.attnum = ANY (w.attnums) AND a.attnum > 0 AND NOT a.attisdropped
				AND EXISTS (SELECT FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod JOIN pg_type y ON y.oid = a.atttypid
					WHERE m.amname = 'btree' AND o.opcdefault
						AND o.opcintype IN (a.atttypid, CASE WHEN y.typtype = 'd' THEN y.typbasetype END,
							CASE y.typcategory WHEN 'A' THEN 'anyarray'::regtype WHEN 'E' THEN 'anyenum'::regtype WHEN 'R' THEN 'anyrange'::regtype
								WHEN 'S' THEN 'text'::regtype WHEN 'I' THEN 'inet'::regtype END))) a
	-- without values the planner can only take the mean
	WHERE NOT c.generic AND cardinality(a.attnums) >= 2
		-- what is unique by itself depends on nothing, and no value of it is common
		AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = w.relid AND i.indisunique AND i.indnkeyatts = 1 AND i.indkey[0] = ANY (a.attnums))
	GROUP BY w.relid, w.kind, a.attnums
)
SELECT
	n.nspname AS schemaname,
	t.relname,
	(SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.relid AND a.attnum = ANY (c.attnums)) AS columns,
	c.relid,
	c.kind AS used_for,
	CASE c.kind WHEN 'group' THEN ARRAY['ndistinct'] ELSE ARRAY['dependencies', 'mcv'] END AS kinds,
	c.factor AS estimate_error,
	c.estimated AS estimated_rows,
	c.found AS found_rows,
	c.statements,
	c.queryids,
	c.calls,
	c.total_exec_time,
	-- of other times' statistics nothing is to be learnt
	t.reltuples < 0 OR pg_stat_get_mod_since_analyze(c.relid) > 50 + 0.1 * GREATEST(pg_stat_get_live_tuples(c.relid), t.reltuples) AS stale,
	(SELECT min(quote_ident(xn.nspname) || '.' || quote_ident(x.stxname))
		FROM pg_statistic_ext x JOIN pg_namespace xn ON xn.oid = x.stxnamespace
		WHERE x.stxrelid = c.relid AND x.stxkeys::int2[] @> c.attnums
			AND x.stxkind && CASE c.kind WHEN 'group' THEN ARRAY['d'::"char"] ELSE ARRAY['f'::"char", 'm'] END) AS covered_by,
	format('CREATE STATISTICS %s (%s) ON %s FROM %I.%I;', x.name, CASE c.kind WHEN 'group' THEN 'ndistinct' ELSE 'dependencies, mcv' END,
		advisor._column_names(c.relid, c.attnums), n.nspname, t.relname) || format(E'\nANALYZE %I.%I;', n.nspname, t.relname) AS remedy_sql,
	format('DROP STATISTICS %s;', x.name) AS undo_sql
FROM columns c
	JOIN pg_class t ON t.oid = c.relid
	JOIN pg_namespace n ON n.oid = t.relnamespace
	-- the name of the same columns is the same each time, and no longer than a name may be
	CROSS JOIN LATERAL (SELECT format('%I.%I', n.nspname, left(t.relname, CASE WHEN octet_length(t.relname::text) = length(t.relname::text) THEN 30 ELSE 12 END) || '_' || left(md5(c.kind || c.attnums::text), 8) || '_stat') AS name) x
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema');
COMMENT ON VIEW advisor.extended_statistics IS
	'sets of columns that the planner takes for independent and that are not, by errors measured in plans, with the extended statistics that would tell it';
COMMENT ON COLUMN advisor.extended_statistics.schemaname IS 'schema of the table';
COMMENT ON COLUMN advisor.extended_statistics.relname IS 'the table';
COMMENT ON COLUMN advisor.extended_statistics.columns IS 'the columns';
COMMENT ON COLUMN advisor.extended_statistics.relid IS 'oid of the table';
COMMENT ON COLUMN advisor.extended_statistics.used_for IS 'filter: conditions on all of them; group: GROUP BY or DISTINCT';
COMMENT ON COLUMN advisor.extended_statistics.kinds IS 'kinds of extended statistics that help';
COMMENT ON COLUMN advisor.extended_statistics.estimate_error IS 'the worst factor between expected and found rows';
COMMENT ON COLUMN advisor.extended_statistics.estimated_rows IS 'rows expected there';
COMMENT ON COLUMN advisor.extended_statistics.found_rows IS 'rows found there';
COMMENT ON COLUMN advisor.extended_statistics.statements IS 'number of statements concerned';
COMMENT ON COLUMN advisor.extended_statistics.queryids IS 'those statements';
COMMENT ON COLUMN advisor.extended_statistics.calls IS 'their executions with such a plan';
COMMENT ON COLUMN advisor.extended_statistics.total_exec_time IS 'time of those in ms';
COMMENT ON COLUMN advisor.extended_statistics.stale IS 'are the statistics of the table stale? Then analyze it first';
COMMENT ON COLUMN advisor.extended_statistics.covered_by IS 'extended statistics that are there for these columns; null if there are none';
COMMENT ON COLUMN advisor.extended_statistics.remedy_sql IS 'creates them';
COMMENT ON COLUMN advisor.extended_statistics.undo_sql IS 'drops them again';

-- How tables are read and written.

DO $$
BEGIN
	IF current_setting('server_version_num')::int >= 160000 THEN
		CREATE VIEW advisor._last_scans AS
		SELECT c.oid AS relid, pg_stat_get_lastscan(c.oid) AS last_scan
		FROM pg_class c
		WHERE c.relkind IN ('r', 'm', 'i');
	ELSE
		CREATE VIEW advisor._last_scans AS
		SELECT c.oid AS relid, NULL::timestamptz AS last_scan
		FROM pg_class c
		WHERE false;
	END IF;
END
$$;
COMMENT ON VIEW advisor._last_scans IS
	'when a table was read sequentially, or an index was scanned, last; the server tells from 16 on';

CREATE VIEW advisor.table_usage AS
WITH since AS MATERIALIZED (
	SELECT advisor._counted_since() AS counted_since
), sizes AS MATERIALIZED (
	SELECT s.relid, s.bytes FROM advisor._relation_sizes() s
), scans AS MATERIALIZED (
	SELECT l.relid, l.last_scan FROM advisor._last_scans l WHERE l.last_scan IS NOT NULL
), indexes AS MATERIALIZED (
	SELECT i.indrelid AS relid,
		sum(pg_stat_get_numscans(i.indexrelid))::bigint AS scans,
		sum(pg_stat_get_tuples_fetched(i.indexrelid))::bigint AS fetched,
		sum(pg_stat_get_blocks_fetched(i.indexrelid))::bigint AS fetched_blocks,
		sum(pg_stat_get_blocks_hit(i.indexrelid))::bigint AS hit_blocks,
		sum(s.bytes)::bigint AS bytes,
		max(l.last_scan) AS last_scan
	FROM pg_index i
		LEFT JOIN sizes s ON s.relid = i.indexrelid
		LEFT JOIN scans l ON l.relid = i.indexrelid
	GROUP BY i.indrelid
), plans AS MATERIALIZED (
	SELECT m.relid, m.queryid, m.planid, m.userid,
		sum(m.removed) FILTER (WHERE m.node_type = 'Seq Scan' AND m.runs > 0) AS seq_removed,
		sum(m.rows) FILTER (WHERE m.node_type = 'Seq Scan' AND m.runs > 0) AS seq_rows
	FROM advisor._measured_scans m
	GROUP BY m.relid, m.queryid, m.planid, m.userid
), calls AS MATERIALIZED (
	SELECT p.*, sum(p.total_exec_time) OVER () AS all_time FROM advisor._planned_calls p
), captured AS MATERIALIZED (
	SELECT p.relid,
		count(DISTINCT p.queryid) AS statements,
		sum(c.calls) AS executions,
		100 * sum(c.total_exec_time) / NULLIF(max(c.all_time), 0) AS time_percent,
		sum(c.calls * p.seq_removed) AS seq_removed,
		sum(c.calls * p.seq_rows) AS seq_rows
	FROM plans p
		JOIN calls c ON c.queryid = p.queryid AND c.planid = p.planid AND c.userid = p.userid
	GROUP BY p.relid
), counted AS (
	SELECT t.relid, t.schemaname, t.relname, t.name, t.family_oid,
		GREATEST(t.reltuples, 0)::float8 AS reltuples,
		pg_stat_get_numscans(t.relid) AS seq_scan,
		pg_stat_get_tuples_returned(t.relid) AS seq_tup_read,
		coalesce(i.scans, 0) AS idx_scan,
		coalesce(i.fetched, 0) + pg_stat_get_tuples_fetched(t.relid) AS idx_tup_fetch,
		pg_stat_get_tuples_inserted(t.relid) AS n_tup_ins,
		pg_stat_get_tuples_updated(t.relid) AS n_tup_upd,
		pg_stat_get_tuples_deleted(t.relid) AS n_tup_del,
		pg_stat_get_tuples_hot_updated(t.relid) AS n_tup_hot_upd,
		pg_stat_get_blocks_fetched(t.relid) AS fetched_blocks,
		pg_stat_get_blocks_hit(t.relid) AS hit_blocks,
		coalesce(i.fetched_blocks, 0) AS idx_fetched_blocks,
		coalesce(i.hit_blocks, 0) AS idx_hit_blocks,
		s.bytes,
		coalesce(i.bytes, 0) AS index_bytes,
		l.last_scan AS last_seq_scan,
		i.last_scan AS last_idx_scan,
		coalesce(c.statements, 0) AS statements,
		coalesce(c.executions, 0) AS executions,
		c.time_percent,
		c.seq_removed,
		c.seq_rows,
		-- at least an hour, so that a few seconds are not made a day of
		GREATEST(EXTRACT(epoch FROM now() - n.counted_since)::float8 / 86400, 1 / 24.0::float8) AS days,
		n.counted_since
	FROM advisor._vacuum_tables t
		CROSS JOIN since n
		LEFT JOIN indexes i ON i.relid = t.relid
		LEFT JOIN sizes s ON s.relid = t.relid
		LEFT JOIN scans l ON l.relid = t.relid
		LEFT JOIN captured c ON c.relid = t.relid
	WHERE t.relkind <> 't' AND NOT t.is_catalog
)
SELECT
	c.schemaname,
	c.relname,
	c.relid,
	coalesce(r.name, c.name) AS root,
	CASE
		WHEN c.seq_scan + c.idx_scan = 0 AND c.executions = 0 THEN 'unused'
		WHEN c.counted_since IS NULL THEN NULL
		WHEN (c.seq_scan + c.idx_scan) / c.days < 10 THEN 'low'
		WHEN (c.seq_scan + c.idx_scan) / c.days >= 100 AND c.seq_scan + c.idx_scan >= 0.1 * max(c.seq_scan + c.idx_scan) OVER () THEN 'high'
		ELSE 'medium'
	END AS usage_level,
	c.seq_scan,
	c.seq_tup_read,
	c.seq_tup_read / NULLIF(c.seq_scan, 0)::float8 AS rows_per_seq_scan,
	c.idx_scan,
	c.idx_tup_fetch,
	100 * c.seq_scan / NULLIF(c.seq_scan + c.idx_scan, 0)::float8 AS sequential_scan_percent,
	c.n_tup_ins,
	c.n_tup_upd,
	c.n_tup_del,
	100 * c.n_tup_hot_upd / NULLIF(c.n_tup_upd, 0)::float8 AS hot_percent,
	c.fetched_blocks - c.hit_blocks AS heap_blks_read,
	c.hit_blocks AS heap_blks_hit,
	c.idx_fetched_blocks - c.idx_hit_blocks AS idx_blks_read,
	c.idx_hit_blocks AS idx_blks_hit,
	100 * (c.hit_blocks + c.idx_hit_blocks) / NULLIF(c.fetched_blocks + c.idx_fetched_blocks, 0)::float8 AS cache_hit_percent,
	c.reltuples,
	c.bytes,
	c.index_bytes,
	c.last_seq_scan,
	c.last_idx_scan,
	c.statements,
	c.executions,
	c.time_percent,
	100 * c.seq_removed / NULLIF(c.seq_removed + c.seq_rows, 0) AS seq_removed_percent,
	c.counted_since
FROM counted c
	LEFT JOIN advisor._vacuum_roots r ON r.relid = c.family_oid;
COMMENT ON VIEW advisor.table_usage IS
	'how each table is read and written, by the server''s counters and by captured statements';
COMMENT ON COLUMN advisor.table_usage.schemaname IS 'schema of the table';
COMMENT ON COLUMN advisor.table_usage.relname IS 'the table';
COMMENT ON COLUMN advisor.table_usage.relid IS 'oid of the table';
COMMENT ON COLUMN advisor.table_usage.root IS 'qualified and quoted name of the table, or of the partitioned table that it is a partition of';
COMMENT ON COLUMN advisor.table_usage.usage_level IS 'unused: never read; low: fewer than 10 scans a day; high: at least 100 a day and a tenth of those of the busiest table; medium: all others; null if not known for how long it was counted';
COMMENT ON COLUMN advisor.table_usage.seq_scan IS 'sequential scans; building an index is one as well';
COMMENT ON COLUMN advisor.table_usage.seq_tup_read IS 'rows that they read';
COMMENT ON COLUMN advisor.table_usage.rows_per_seq_scan IS 'rows per sequential scan';
COMMENT ON COLUMN advisor.table_usage.idx_scan IS 'index scans';
COMMENT ON COLUMN advisor.table_usage.idx_tup_fetch IS 'rows that they fetched';
COMMENT ON COLUMN advisor.table_usage.sequential_scan_percent IS 'sequential scans in percent of all';
COMMENT ON COLUMN advisor.table_usage.n_tup_ins IS 'rows inserted';
COMMENT ON COLUMN advisor.table_usage.n_tup_upd IS 'rows updated';
COMMENT ON COLUMN advisor.table_usage.n_tup_del IS 'rows deleted';
COMMENT ON COLUMN advisor.table_usage.hot_percent IS 'updates that had to change no index, in percent';
COMMENT ON COLUMN advisor.table_usage.heap_blks_read IS 'blocks of the table that were not in shared buffers';
COMMENT ON COLUMN advisor.table_usage.heap_blks_hit IS 'those that were';
COMMENT ON COLUMN advisor.table_usage.idx_blks_read IS 'the same of its indexes';
COMMENT ON COLUMN advisor.table_usage.idx_blks_hit IS 'the same of its indexes';
COMMENT ON COLUMN advisor.table_usage.cache_hit_percent IS 'blocks of table and indexes that were in shared buffers, in percent';
COMMENT ON COLUMN advisor.table_usage.reltuples IS 'rows, as of the last vacuum or analyze';
COMMENT ON COLUMN advisor.table_usage.bytes IS 'size without indexes and TOAST';
COMMENT ON COLUMN advisor.table_usage.index_bytes IS 'size of its indexes';
COMMENT ON COLUMN advisor.table_usage.last_seq_scan IS 'when it was read sequentially last; null before 16';
COMMENT ON COLUMN advisor.table_usage.last_idx_scan IS 'when it was read by an index last; null before 16';
COMMENT ON COLUMN advisor.table_usage.statements IS 'captured statements that read it';
COMMENT ON COLUMN advisor.table_usage.executions IS 'executions of these';
COMMENT ON COLUMN advisor.table_usage.time_percent IS 'their part of the time of all captured statements of this database; a statement counts for each of its tables';
COMMENT ON COLUMN advisor.table_usage.seq_removed_percent IS 'rows that their sequential scans threw away, in percent; null if none was measured';
COMMENT ON COLUMN advisor.table_usage.counted_since IS 'since when all that is counted; executions since captured statements are kept';

-- The checks.

-- See _vacuum_findings for why it is a function.
CREATE FUNCTION advisor._statistics_findings() RETURNS SETOF advisor.finding
	LANGUAGE sql VOLATILE PARALLEL SAFE COST 100000 ROWS 100
	SET search_path = pg_catalog, pg_temp
	SET enable_nestloop = off
	SET enable_hashjoin = on
	SET jit = off
BEGIN ATOMIC
WITH server AS MATERIALIZED (
	SELECT advisor._setting('statistics_min_rows') AS min_rows,
		advisor._setting('estimate_error_factor') AS error_factor,
		advisor._setting('autovacuum_lag_factor') AS lag_factor,
		advisor._setting('sequential_scan_mb') * 1048576 AS scan_bytes,
		advisor._setting('sequential_scan_percent') AS scan_percent,
		advisor._setting('never_read_mb') * 1048576 AS unread_bytes,
		advisor._setting('never_read_days') AS unread_days,
		current_setting('autovacuum')::boolean AND current_setting('track_counts')::boolean AS autovacuum,
		current_setting('autovacuum_naptime') AS naptime,
		(SELECT count(*) FROM pg_stat_replication) AS standbys
), stale AS MATERIALIZED (
	SELECT CASE WHEN s.problem LIKE 'stale%' THEN 'stale_statistics' ELSE 'missing_statistics' END AS check_id, s.root, s.problem, s.object,
		count(*) AS tables,
		sum(s.rows) AS rows,
		sum(s.n_mod_since_analyze)::float8 AS modified,
		max(s.estimate_error) AS estimate_error,
		(array_agg(s.queryid ORDER BY s.estimate_error DESC NULLS LAST))[1] AS queryid,
		max(s.misestimated_statements) AS statements,
		min(s.last_analyzed) AS last_analyzed,
		max(s.analyze_factor) AS factor,
		max(s.analyze_trigger) AS analyze_trigger,
		bool_and(s.autovacuum_enabled) AS enabled,
		string_agg(s.remedy_sql, E'\n' ORDER BY s.relname COLLATE "C") AS remedy_sql
	FROM advisor.stale_statistics s
		CROSS JOIN server g
	WHERE s.rows >= g.min_rows
		AND (s.problem <> 'stale' OR s.analyze_factor >= g.lag_factor)
		-- as long as nothing was seen of it, that is told by autovacuum_off
		AND (s.problem <> 'stale' OR s.autovacuum_enabled OR s.estimate_error IS NOT NULL)
	GROUP BY 1, s.root, s.problem, s.object
), usage AS MATERIALIZED (
	SELECT u.* FROM advisor.table_usage u
)
SELECT f.*
FROM stale s
	CROSS JOIN server g
	CROSS JOIN LATERAL advisor._finding(
		check_id => s.check_id, category => 'statistics', parts => array_remove(ARRAY[s.root, replace(s.problem, ' ', '_'), s.object], NULL),
		severity => CASE WHEN s.estimate_error >= g.error_factor THEN 'medium' ELSE 'low' END,
		object => s.root,
		title => CASE s.problem
			WHEN 'stale' THEN format(CASE WHEN s.modified > s.rows THEN 'Statistics of %s are stale: %s changes of rows since, and it has %s rows'
				ELSE 'Statistics of %s are stale: %s rows of %s have changed' END, s.root, advisor._count(s.modified), advisor._count(s.rows))
			WHEN 'stale partitioned table' THEN format('Statistics of the partitioned table %s are stale: it has %s rows now', s.root, advisor._count(s.rows))
			WHEN 'never analyzed' THEN format('%s was never analyzed and has %s rows', s.root, advisor._count(s.rows))
			WHEN 'partitioned table never analyzed' THEN format('The partitioned table %s was never analyzed as a whole and has %s rows', s.root, advisor._count(s.rows))
			WHEN 'expression index without statistics' THEN format('Nothing is known of the expressions of index %s of %s', quote_ident(s.object), s.root)
			ELSE format('Extended statistics %s on %s were never built', quote_ident(s.object), s.root) END,
		detail => concat_ws(' ',
			CASE WHEN s.tables > 1 THEN format('%s of its partitions are concerned.', s.tables) END,
			'Last analyzed: ' || coalesce(to_char(s.last_analyzed, 'YYYY-MM-DD HH24:MI'), 'never') || '.',
			CASE WHEN s.factor IS NOT NULL THEN format('%s rows have changed since; autovacuum comes at %s.', advisor._count(s.modified), advisor._count(s.analyze_trigger)) END,
			CASE WHEN NOT s.enabled THEN 'Autovacuum is off for it.'
				WHEN NOT g.autovacuum THEN 'Autovacuum is off.'
				-- when a table was made is not known
				WHEN s.problem = 'never analyzed' AND s.factor > 1 THEN format('Autovacuum looks for such tables every %s: if the rows came in just now, it has not had its turn.', g.naptime) END,
			CASE WHEN s.problem LIKE '%partitioned%' THEN 'Autovacuum analyzes partitions only, never the partitioned table: what joins or groups it as a whole is planned by guesses.' END,
			CASE WHEN s.estimate_error IS NOT NULL THEN format('In %s its scans gave up to %s times more rows than expected.',
					CASE s.statements WHEN 1 THEN 'a captured statement' ELSE s.statements || ' captured statements' END, advisor._count(s.estimate_error))
				ELSE 'No wrong estimate was measured in captured plans so far.' END),
		evidence => jsonb_build_object('problem', s.problem, 'object', s.object, 'rows', s.rows, 'modified', s.modified, 'analyze_trigger', s.analyze_trigger,
			'last_analyzed', s.last_analyzed, 'tables', s.tables, 'estimate_error', s.estimate_error, 'statements', s.statements,
			'autovacuum_enabled', s.enabled),
		remedy => CASE WHEN s.problem LIKE '%partitioned%' THEN 'Analyze it, and schedule that. New statistics cannot be taken back, and need not.'
			ELSE 'Analyze it. New statistics cannot be taken back, and need not.' END,
		remedy_sql => s.remedy_sql,
		remedy_lock => 'ShareUpdateExclusiveLock',
		queryid => s.queryid,
		confidence => CASE WHEN s.estimate_error IS NOT NULL THEN 95 ELSE 75 END) f

UNION ALL
-- A condition of one statement alone is told by row_estimate.
SELECT f.*
FROM advisor.extended_statistics x
	CROSS JOIN LATERAL (SELECT quote_ident(x.schemaname) || '.' || quote_ident(x.relname) AS name,
		(SELECT string_agg(quote_ident(c), ', ' ORDER BY p) FROM unnest(x.columns) WITH ORDINALITY u(c, p)) AS columns) n
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'extended_statistics', category => 'statistics', parts => ARRAY[x.schemaname, x.relname, x.used_for] || x.columns,
		severity => 'low', object => n.name,
		title => format('%s misplanned, as columns %s of %s depend on each other: up to %s times wrong',
			CASE x.statements WHEN 1 THEN '1 statement is' ELSE x.statements || ' statements are' END, n.columns, n.name,
			advisor._count(x.estimate_error)),
		detail => format('%s %s rows were expected and %s found, at worst, with fresh statistics. %s executions had such a plan.',
			CASE x.used_for WHEN 'group' THEN 'They are grouped by together:' ELSE 'Conditions are on all of them:' END,
			advisor._count(x.estimated_rows), advisor._count(x.found_rows), advisor._count(x.calls)),
		evidence => jsonb_build_object('columns', x.columns, 'used_for', x.used_for, 'kinds', x.kinds, 'estimated', x.estimated_rows, 'found', x.found_rows,
			'factor', x.estimate_error, 'statements', x.statements, 'queryids', x.queryids, 'calls', x.calls, 'total_exec_time', x.total_exec_time),
		remedy => 'Let ANALYZE collect statistics on them together. That row estimates become better is sure, that plans do is not.',
		remedy_sql => x.remedy_sql, undo_sql => x.undo_sql, remedy_lock => 'ShareUpdateExclusiveLock',
		queryid => x.queryids[1],
		confidence => 75) f
WHERE x.covered_by IS NULL AND NOT x.stale
	AND (x.statements >= 2 OR x.used_for = 'group')

UNION ALL
SELECT f.*
FROM (
	SELECT u.root, sum(u.seq_scan) AS seq_scan, sum(u.idx_scan) AS idx_scan, sum(u.seq_tup_read) AS seq_tup_read, sum(u.bytes)::bigint AS bytes,
		max(u.counted_since) AS since, max(u.statements) AS statements,
		sum(u.seq_removed_percent * u.executions) / NULLIF(sum(u.executions) FILTER (WHERE u.seq_removed_percent IS NOT NULL), 0) AS removed,
		count(*) AS tables
	FROM usage u
	GROUP BY u.root
	) u
	CROSS JOIN server g
	CROSS JOIN LATERAL (SELECT 100 * u.seq_scan / NULLIF(u.seq_scan + u.idx_scan, 0)::float8 AS percent) p
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'sequential_scans', category => 'table', parts => ARRAY[u.root],
		severity => CASE WHEN u.removed BETWEEN 50 AND 90 THEN 'low' ELSE 'info' END, object => u.root,
		title => format('%s (%s) is read from end to end in %s %% of its scans', u.root, pg_size_pretty(u.bytes), advisor._count(floor(p.percent))),
		detail => format('%s sequential scans read %s rows; %s scans went by an index. Counted since %s. ', advisor._count(u.seq_scan), advisor._count(u.seq_tup_read),
				advisor._count(u.idx_scan), coalesce(to_char(u.since, 'YYYY-MM-DD HH24:MI'), 'the database was made'))
			|| CASE WHEN u.removed IS NULL THEN 'No captured plan shows what becomes of these rows, so this may be as it should.'
				WHEN u.removed > 90 THEN format('Captured plans throw %s %% of the rows away: see the findings of seq_scan_filter and missing_index.', advisor._count(floor(u.removed)))
				ELSE format('Captured plans throw %s %% of the rows away.', advisor._count(floor(u.removed))) END,
		evidence => jsonb_build_object('seq_scan', u.seq_scan, 'idx_scan', u.idx_scan, 'seq_tup_read', u.seq_tup_read, 'sequential_scan_percent', p.percent,
			'bytes', u.bytes, 'removed_percent', u.removed, 'statements', u.statements, 'counted_since', u.since),
		remedy => 'Look at the statements that read it (advisor.plan_nodes); an index, a partial index or a smaller table helps those that need a part of the rows.',
		confidence => CASE WHEN u.removed IS NULL THEN 30 ELSE 60 END) f
WHERE u.bytes >= g.scan_bytes
	AND p.percent >= g.scan_percent
	-- a report and the building of indexes are not worth a word
	AND u.seq_scan >= 10 * u.tables
	-- who needs all rows reads all
	AND (u.removed IS NULL OR u.removed >= 50)

UNION ALL
SELECT f.*
FROM (
	-- that old partitions are not read is what they are for
	SELECT u.root, count(*) AS tables, sum(u.bytes)::bigint AS bytes, sum(u.index_bytes)::bigint AS index_bytes, max(u.counted_since) AS since,
		sum(u.n_tup_ins) AS inserted, sum(u.n_tup_upd) AS updated, sum(u.n_tup_del) AS deleted
	FROM usage u
	GROUP BY u.root
	HAVING bool_and(u.usage_level = 'unused')
	) u
	CROSS JOIN server g
	CROSS JOIN LATERAL (SELECT u.inserted + u.updated + u.deleted AS writes) w
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'never_read_table', category => 'table', parts => ARRAY[u.root],
		severity => CASE WHEN w.writes > 0 THEN 'low' ELSE 'info' END, object => u.root,
		title => format('%s (%s) has not been read since %s', u.root, pg_size_pretty(u.bytes + u.index_bytes), to_char(u.since, 'YYYY-MM-DD')),
		detail => format('Neither a sequential nor an index scan was counted since %s%s. %s rows were written to it meanwhile. A backup by pg_dump would have read it.%s',
			to_char(u.since, 'YYYY-MM-DD HH24:MI'), CASE WHEN advisor._is_preloaded() THEN ', and no captured statement reads it' ELSE '' END, advisor._count(w.writes),
			CASE WHEN g.standbys > 0 THEN ' It may be read on a standby.' ELSE '' END),
		evidence => jsonb_build_object('bytes', u.bytes, 'index_bytes', u.index_bytes, 'counted_since', u.since, 'inserted', u.inserted, 'updated', u.updated,
			'deleted', u.deleted, 'standbys', g.standbys, 'tables', u.tables),
		remedy => 'Ask whose it is: rows that nobody reads need not be written, or belong into an archive. There is no SQL for that here: a dropped table does not come back.',
		impact_bytes => u.bytes + u.index_bytes,
		confidence => CASE WHEN g.standbys > 0 THEN 30 ELSE 70 END) f
WHERE u.bytes >= g.unread_bytes
	AND u.since <= now() - g.unread_days * interval '1 day';
END;
COMMENT ON FUNCTION advisor._statistics_findings() IS
	'what view advisor.statistics_findings shows, but for what needs observations, which are not for everybody';

CREATE VIEW advisor.statistics_findings AS
SELECT f.* FROM advisor._statistics_findings() f
UNION ALL
SELECT f.*
FROM (SELECT advisor._setting('cache_hit_percent') AS hit_percent,
		advisor._setting('cache_hit_min_mb') * 1048576 AS hit_bytes,
		current_setting('block_size')::float8 AS block_size) g
	JOIN pg_stat_database d ON d.datname = current_database()
	CROSS JOIN (SELECT advisor._counted_since() AS counted_since) n
	LEFT JOIN LATERAL (
		SELECT max(o.value) FILTER (WHERE o.metric = 'blks_hit')::float8 AS hit, max(o.value) FILTER (WHERE o.metric = 'blks_read')::float8 AS read,
			max(o.observed_at) AS since
		FROM advisor._first_observations o
		WHERE o.metric IN ('blks_hit', 'blks_read') AND o.object = quote_ident(current_database()) AND o.observed_at <= now() - interval '1 hour'
		HAVING count(DISTINCT o.observed_at) = 1 AND count(*) = 2) o ON true
	CROSS JOIN LATERAL (SELECT d.blks_hit - coalesce(o.hit, 0) AS hit, d.blks_read - coalesce(o.read, 0) AS read, coalesce(o.since, n.counted_since) AS since,
		d.blk_read_time / NULLIF(d.blks_read, 0) AS latency, 100 * d.blk_read_time / NULLIF(d.active_time, 0) AS time_percent) c
	CROSS JOIN LATERAL (SELECT 100 * c.hit / NULLIF(c.hit + c.read, 0) AS percent) p
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'cache_hit_ratio', category => 'server', parts => ARRAY[current_database()::text],
		-- blocks that the operating system has in memory cost little
		severity => CASE WHEN d.blk_read_time > 0 AND c.latency >= 0.2 AND c.time_percent >= 10 THEN 'low' ELSE 'info' END,
		object => 'database ' || quote_ident(current_database()),
		title => format('%s %% of the blocks that database %s reads are in shared buffers', trunc(p.percent::numeric, 1), quote_ident(current_database())),
		detail => format('%s were found there and %s were not, since %s. ', advisor._count(c.hit), advisor._count(c.read),
				coalesce(to_char(c.since, 'YYYY-MM-DD HH24:MI'), 'the database was made'))
			|| CASE WHEN d.blk_read_time > 0 THEN format('A block that is not takes %s on average%s', advisor._duration(c.latency),
					CASE WHEN c.latency < 0.2 THEN ', so most come from the cache of the operating system or were read ahead.'
						ELSE format(', %s %% of the time of sessions.', trunc(c.time_percent::numeric, 1)) END)
				ELSE 'How long reads take is not known: track_io_timing is off. They may come from the cache of the operating system.' END,
		evidence => jsonb_build_object('blks_hit', c.hit, 'blks_read', c.read, 'percent', p.percent, 'since', c.since, 'read_ms', CASE WHEN d.blk_read_time > 0 THEN c.latency END,
			'read_time_percent', CASE WHEN d.blk_read_time > 0 THEN c.time_percent END, 'shared_buffers', current_setting('shared_buffers')),
		remedy => 'Look for the tables with the most reads in advisor.table_usage and for the statements that read them; larger shared_buffers come last.',
		confidence => 50) f
WHERE c.read * g.block_size >= g.hit_bytes
	AND p.percent < g.hit_percent;
COMMENT ON VIEW advisor.statistics_findings IS
	'what the planner does not know of tables, and tables that are read in vain or not at all; rows are of type advisor.finding';

CREATE FUNCTION advisor._statistics_checks() RETURNS TABLE (
	check_id text, category text, title text, looks_at text, settings text[], needs text, page text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100 ROWS 10
BEGIN ATOMIC
	SELECT * FROM (VALUES
('stale_statistics', 'statistics', 'Statistics of a table are stale',
'Rows changed since a table was analyzed, and the estimates that went wrong since.',
ARRAY['stale_statistics_percent', 'autovacuum_lag_factor', 'statistics_min_rows', 'estimate_error_factor'],
'pg_read_all_stats, to see errors in the plans of others', $page$What it looks at
  n_mod_since_analyze against what makes autovacuum analyze (threshold + scale factor * reltuples,
  with the table's own parameters), and the rows of partitioned tables against those that they had
  when they were analyzed. In measured plans, the rows that scans were expected to give and gave.

Why it matters
  The planner multiplies its errors: a scan that gives 10,000 rows in place of one becomes a nested
  loop of 10,000 rounds.

How it decides
  A table of at least statistics_min_rows is stale if stale_statistics_percent of its rows have
  changed since and autovacuum_lag_factor times what makes autovacuum come. A partitioned table is
  if it has that many rows more or less. It is medium if a scan gave estimate_error_factor times
  more rows than expected, low if nothing went wrong so far. Age alone is no finding. Of a table
  whose own parameters turn autovacuum off, autovacuum_off tells as long as nothing went wrong.

When it is wrong
  Changes that leave the distribution of values as it was do no harm. Estimates that were too high
  are not counted: the scan may just have been stopped by a LIMIT.

What to do
  ANALYZE (ShareUpdateExclusiveLock; it reads a sample). See advisor.autovacuum_lag for why
  autovacuum did not. Partitioned tables are never analyzed by autovacuum: schedule it, from 18 on
  as ANALYZE ONLY, which leaves the partitions alone. There is no undo, and no need for one.$page$),
('missing_statistics', 'statistics', 'There are no statistics',
'Tables, partitioned tables, expression indexes and extended statistics that were never analyzed.',
ARRAY['statistics_min_rows', 'estimate_error_factor'], 'nothing', $page$What it looks at
  Tables without a row in pg_statistic; partitioned tables without statistics of the whole
  (stainherit); indexes on expressions without statistics of the expression; extended statistics
  without data.

Why it matters
  Without statistics the planner takes fixed shares, such as 0.5 % for an equality on an expression
  and 200 different values. Autovacuum analyzes partitions but never the partitioned table, in no
  version up to 18, so joins and groups over the whole of it are planned by guesses.

How it decides
  The table has at least statistics_min_rows, by pg_class or the counters. It is medium if a scan
  in a measured plan gave estimate_error_factor times more rows than expected, else low.

When it is wrong
  A table that was loaded a minute ago: autovacuum comes within autovacuum_naptime. A partitioned
  table of which only single partitions are ever read.

What to do
  ANALYZE the table (ShareUpdateExclusiveLock). For a partitioned table that reads a sample of all
  partitions and analyzes each of them; from 18 on ANALYZE ONLY leaves that out. Schedule it
  after the partitions have changed a lot. There is no undo, and no need for one.$page$),
('extended_statistics', 'statistics', 'Columns depend on each other and the planner does not know',
'Conditions on several columns, and groups by several, whose rows were expected wrong in measured plans.',
ARRAY['estimate_error_factor'], 'pg_read_all_stats, to see the plans of others', $page$What it looks at
  Nodes of measured plans: scans with conditions on two to eight columns of a table, and GROUP BY
  or DISTINCT over as many columns of one table. The view advisor.extended_statistics has them all.

Why it matters
  The planner multiplies the shares of single conditions. City and zip code are not independent, so
  it expects too few rows, and too many groups.

How it decides
  Rows were expected wrong by estimate_error_factor, the statistics of the table are fresh, plans
  had values (no generic plan), no column is unique by itself, and no extended statistics cover the
  columns. For a condition, two statements must be concerned: what one has is told with the
  statement, as row_estimate. For groups one is enough.

When it is wrong
  A single value that is missing from the most common ones causes such an error as well; a larger
  statistics target helps then, extended statistics may not.

What to do
  CREATE STATISTICS and ANALYZE (ShareUpdateExclusiveLock each); DROP STATISTICS takes it back.
  Dependencies and mcv are for conditions, ndistinct for groups. Analyze takes a little longer.$page$),
('sequential_scans', 'table', 'A large table is mostly read from end to end',
'Counters of sequential and index scans of large tables, with what measured plans threw away.',
ARRAY['sequential_scan_mb', 'sequential_scan_percent'], 'nothing', $page$What it looks at
  seq_scan and idx_scan of tables of at least sequential_scan_mb, partitions taken together, and
  in measured plans the rows that sequential scans threw away. The view advisor.table_usage has all.

Why it matters
  A sequential scan reads everything, whatever it is looking for.

How it decides
  At least sequential_scan_percent of the scans, and ten, are sequential. low if captured plans
  throw away between 50 and 90 % of the rows. If it is more, the checks seq_scan_filter and
  missing_index say it with the statement and the index, and this one is info. Without a captured
  plan it is info as well: counters do not say whether the rows were needed. If they were, it is no
  finding.

When it is wrong
  Reports that need all rows. The building of an index counts as a sequential scan, and pg_dump.

What to do
  Look at the statements: advisor.plan_nodes by relation, advisor.recommend_indexes(). The check
  itself has no SQL for it.$page$),
('cache_hit_ratio', 'server', 'Many blocks are not found in shared buffers',
'Blocks of this database that were found in shared buffers and that were not.',
ARRAY['cache_hit_percent', 'cache_hit_min_mb'], 'track_io_timing, to know what reads cost', $page$What it looks at
  blks_hit and blks_read in pg_stat_database, since the oldest observation (advisor.observe()),
  else since the counters began. With track_io_timing the time of a read.

Why it matters
  It may not: blocks that the operating system has in memory come in hundredths of a
  millisecond. Only the time of reads tells.

How it decides
  Less than cache_hit_percent found, with at least cache_hit_min_mb read from outside. low if a
  read takes 0.2 ms on average and reads take 10 % of the time of sessions; else info. Never
  more: a hit ratio is no illness, and large reports lower it for good reason.

When it is wrong
  After a restart, a dump or a large load.

What to do
  See advisor.table_usage for the tables that are read most, and mend their statements first;
  then look at what settings are advised for shared_buffers.$page$),
('never_read_table', 'table', 'A table is not read by anybody',
'Tables without a single scan since the counters began.',
ARRAY['never_read_mb', 'never_read_days'], 'nothing', $page$What it looks at
  seq_scan and idx_scan of tables, and the captured statements that read them. Partitions count
  together: that old ones are not read is what they are for.

Why it matters
  Rows that nobody reads are written, vacuumed and backed up all the same.

How it decides
  No scan at all since the counters began, which is at least never_read_days ago, no captured
  statement, and at least never_read_mb. low if rows are still written to it, else info.

When it is wrong
  What is read once a year; audit logs; what is read on a standby only, whose scans are counted
  there; a table that is younger than the counters. Backups by pg_dump count as a read, so a table
  that is dumped is never found.

What to do
  Ask its owner. Move it to an archive, or write less. A dropped table does not come back, so there
  is no SQL for that here.$page$)
	) v(check_id, category, title, looks_at, settings, needs, page);
END;
COMMENT ON FUNCTION advisor._statistics_checks() IS
	'the checks of the group statistics; see view advisor.checks';

CREATE FUNCTION advisor._statistics_skips() RETURNS TABLE (check_id text, reason text)
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 5
BEGIN ATOMIC
	SELECT c.check_id, 'track_counts is off, so nobody counts scans and changes'
	FROM (VALUES ('stale_statistics'), ('sequential_scans'), ('cache_hit_ratio'), ('never_read_table')) c(check_id)
	WHERE NOT current_setting('track_counts')::boolean
	UNION ALL
	SELECT 'stale_statistics', 'the server is in recovery: changes are counted on its primary only'
	WHERE pg_is_in_recovery()
	UNION ALL
	SELECT 'never_read_table', format('scans are counted since %s, which is less than never_read_days',
		coalesce(to_char(n.counted_since, 'YYYY-MM-DD HH24:MI'), 'a time unknown'))
	FROM (SELECT advisor._counted_since() AS counted_since) n
	WHERE (n.counted_since <= now() - (SELECT advisor._setting('never_read_days')) * interval '1 day') IS NOT TRUE
	UNION ALL
	SELECT 'extended_statistics', 'plans are not captured: advisor is not in shared_preload_libraries'
	WHERE NOT advisor._is_preloaded()
	UNION ALL
	SELECT 'extended_statistics', 'plans of other users are visible to members of pg_read_all_stats (pg_monitor) only'
	WHERE NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE');
END;
COMMENT ON FUNCTION advisor._statistics_skips() IS
	'the checks of the group statistics that cannot run, or not see everything, and why';

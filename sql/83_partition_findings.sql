/*
 * 83_partition_findings: what is wrong with partitions: none for what comes next,
 * rows where they should not be, sets that are not complete, maintenance that does
 * not run or does not succeed.  Needs 82_partition_views.
 *
 * Who has many partitions has the same problem many times: a finding is about the
 * table at the top, and says how many below it are concerned.
 */

INSERT INTO advisor.settings (name, value, unit, minimum, maximum, description) VALUES
	('partition_default_rows', 1, 'rows', 1, 1e12, 'default partitions with fewer rows are not reported'),
	('partition_overdue_hours', 26, 'hours', 1, 1e6, 'maintenance of partitions should run that often'),
	('partition_max_leaves', 1000, '', 1, 1e6, 'tables with up to so many partitions, of all levels, are not reported');

-- What a policy's retention makes of a moment, as a position in the key.  Nonsense
-- in one policy must not keep others from being looked at.
CREATE FUNCTION advisor._retention_border(policy advisor.partition_policies, as_of timestamptz) RETURNS numeric
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE COST 10000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	grid advisor._partition_grid;
BEGIN
	-- not above: what fails there is not caught
	grid := advisor._grid(policy);
	RETURN advisor._grid_position(grid, advisor._shift(grid, advisor._grid_now(grid, as_of), policy.retention, -1));
EXCEPTION WHEN OTHERS THEN
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION advisor._retention_border(advisor.partition_policies, timestamptz) IS
	'the position in the key below which partitions are past the retention of a policy at a moment; NULL if the key is no time';

CREATE VIEW advisor._partition_roots AS
SELECT t.relid AS root, t.nspname, t.relname, t.name,
	-- who sees no policy cannot say that there is none
	pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') OR advisor._owns(t.relid) AS policies_visible
FROM advisor._partition_tree t
WHERE t.level = 0 AND t.relpersistence <> 't'
	AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = t.relid AND d.deptype = 'e');
COMMENT ON VIEW advisor._partition_roots IS
	'partitioned tables that are no partitions, temporary ones and those of extensions left out';

-- Rows in default partitions, which may be partitioned themselves.
CREATE VIEW advisor._default_partition_rows AS
WITH RECURSIVE bounds AS MATERIALIZED (
	SELECT b.parent, b.partition, b.method, b.is_default, coalesce(b.lower, b.upper) AS bound FROM advisor._partition_bounds() b
), below AS (
	SELECT b.parent, b.method, b.partition, b.partition AS relid FROM bounds b WHERE b.is_default
	UNION ALL
	SELECT b.parent, b.method, b.partition, i.inhrelid
	FROM below b
		JOIN pg_inherits i ON i.inhparent = b.relid
), counted AS (
	SELECT b.parent, b.method, b.partition,
		sum(CASE WHEN coalesce(c.last_vacuum, c.last_autovacuum, c.last_analyze, c.last_autoanalyze) IS NULL
			THEN GREATEST(c.live, c.reltuples) ELSE c.live END)::bigint AS rows
	FROM below b
		JOIN advisor._partition_counters c ON c.relid = b.relid
	GROUP BY b.parent, b.method, b.partition
)
SELECT c.parent, c.method, c.partition, c.rows,
	c.method = 'range' AND (p.step IS NOT NULL OR advisor._key_kind(k.type::regtype,
		(SELECT max(b.bound) FROM bounds b WHERE b.parent = c.parent)) <> 'uuid') AS drainable
FROM counted c
	JOIN advisor._partition_keys k ON k.relid = c.parent
	LEFT JOIN advisor._visible_policies p ON p.parent = c.parent;
COMMENT ON VIEW advisor._default_partition_rows IS
	'default partitions with the rows that the counters know; is there a grid that says where they belong?';

-- The problems of the last run of maintenance of each policy.
CREATE VIEW advisor._failed_partition_runs AS
SELECT p.parent, p.enabled, r.logged_at, r.status, e.problems, e.errors, e.action, e.partition, e.detail, e.sqlstate
FROM advisor._visible_policies p
	CROSS JOIN LATERAL (
		SELECT l.logged_at, l.run_started, l.status
		FROM advisor.partition_log l
		WHERE l.parent = p.parent AND l.action = 'run' AND l.status <> 'skipped'
		ORDER BY l.logged_at DESC, l.log_id DESC
		LIMIT 1
	) r
	CROSS JOIN LATERAL (
		SELECT count(*) AS problems, count(*) FILTER (WHERE l.status = 'error') AS errors,
			(array_agg(l.action ORDER BY l.status <> 'error', l.log_id))[1] AS action,
			(array_agg(l.partition ORDER BY l.status <> 'error', l.log_id))[1] AS partition,
			(array_agg(l.detail ORDER BY l.status <> 'error', l.log_id))[1] AS detail,
			(array_agg(l.sqlstate ORDER BY l.status <> 'error', l.log_id))[1] AS sqlstate
		FROM advisor.partition_log l
		-- the run has its own row, last
		WHERE l.parent = p.parent AND l.run_started = r.run_started AND l.logged_at BETWEEN r.run_started AND r.logged_at
			AND (l.status IN ('error', 'lock_timeout', 'blocked') OR l.action = 'run' AND l.status = 'failed')
	) e
WHERE e.problems > 0;
COMMENT ON VIEW advisor._failed_partition_runs IS
	'policies whose last run of maintenance had errors, locks that it did not get, or actions that were blocked';

-- Without the library nothing was captured that advice could rest on.  And a
-- list that is read every minute must not wait for it long.
CREATE FUNCTION advisor._partition_candidates() RETURNS SETOF advisor.partition_candidates
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000 ROWS 5
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF advisor._is_preloaded() THEN
		RETURN QUERY SELECT a.* FROM advisor.partition_advice(time_limit => '1 s') a WHERE a.advice IN ('recommended', 'consider');
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._partition_candidates() IS
	'tables that should be partitioned; none if nothing is captured';

-- A barrier: what a backup failed with may be a row.
CREATE VIEW advisor._stuck_partitions WITH (security_barrier) AS
SELECT r.*
FROM advisor.retired_partitions r
WHERE r.last_error IS NOT NULL
	AND (pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') OR advisor._owns(r.partition));
COMMENT ON VIEW advisor._stuck_partitions IS
	'retired partitions whose backup, archive or drop failed, that the reader may know of';

CREATE VIEW advisor.partitions_findings AS
WITH settings AS MATERIALIZED (
	SELECT advisor._setting('partition_health_percent') AS health_percent,
		advisor._setting('partition_health_min_dead') AS health_min_dead,
		advisor._setting('partition_runway_days') AS runway_days,
		advisor._setting('partition_default_rows') AS default_rows,
		advisor._setting('partition_overdue_hours') AS overdue_hours,
		advisor._setting('partition_max_leaves') AS max_leaves
), roots AS MATERIALIZED (
	SELECT * FROM advisor._partition_roots
), tables AS MATERIALIZED (
	SELECT t.* FROM advisor.partitioned_tables t
), server AS MATERIALIZED (
	SELECT advisor._counted_since() AS counted_since,
		EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'pg_partman') AS has_partman
	WHERE EXISTS (SELECT FROM roots)
), runway AS MATERIALIZED (
	SELECT r.*,
		row_number() OVER (PARTITION BY r.root ORDER BY r.rank NULLS LAST, r.days_left NULLS LAST, r.name) AS place,
		row_number() OVER (PARTITION BY r.root, r.has_policy, r.axis ORDER BY r.days_left, r.name) AS place_alike
	FROM (
		SELECT r.*, advisor._quoted_name(r.parent) AS name,
			advisor._severity_rank(CASE r.level
				WHEN 'out' THEN CASE WHEN r.default_partition IS NULL THEN 'critical' ELSE 'medium' END
				WHEN 'low' THEN CASE WHEN r.default_partition IS NULL THEN 'high' ELSE 'medium' END END) AS rank
		FROM advisor.partition_runway r
		WHERE r.level IS NOT NULL AND r.level <> 'closed'
	) r
), bounds AS MATERIALIZED (
	SELECT b.parent, b.partition, b.method, b.is_default, b.ordinal, b.upper, b.upper_position, b.detach_pending
	FROM advisor._partition_bounds() b
), short AS MATERIALIZED (
	SELECT r.root::oid AS root, count(*) AS tables,
		string_agg(CASE
			WHEN NOT r.has_policy THEN format(E'SELECT advisor.register_partition_policy(%L);\nCALL advisor.maintain_partitions(%L);', r.name, r.name)
			WHEN NOT r.policy_enabled THEN format(E'UPDATE advisor.partition_policies SET enabled = true WHERE parent = %L::regclass;\nCALL advisor.maintain_partitions(%L);', r.name, r.name)
			ELSE format('CALL advisor.maintain_partitions(%L);', r.name) END, E'\n' ORDER BY r.name) AS remedy_sql,
		string_agg(CASE
			WHEN NOT r.has_policy THEN format('SELECT advisor.unregister_partition_policy(%L);', r.name)
			WHEN NOT r.policy_enabled THEN format('UPDATE advisor.partition_policies SET enabled = false WHERE parent = %L::regclass;', r.name) END, E'\n' ORDER BY r.name) AS undo_sql
	FROM runway r
	WHERE r.level IN ('out', 'low')
	GROUP BY r.root
), strays AS MATERIALIZED (
	SELECT t.root, count(*) AS defaults, sum(d.rows)::bigint AS rows, bool_or(d.method = 'range') AS is_range,
		(array_agg(advisor._quoted_name(d.partition) ORDER BY d.rows DESC, d.partition))[1] AS partition,
		string_agg(format('CALL advisor.drain_default(%L);', t.name), E'\n' ORDER BY t.name) FILTER (WHERE d.drainable) AS remedy_sql
	FROM advisor._default_partition_rows d
		JOIN advisor._partition_tree t ON t.relid = d.parent
		CROSS JOIN settings s
	WHERE d.rows >= s.default_rows
	GROUP BY t.root
), gaps AS MATERIALIZED (
	SELECT g.root::oid AS root, g.method, count(*) AS gaps, count(DISTINCT g.parent) AS tables, sum(g.cells)::bigint AS cells,
		bool_or(g.default_partition IS NULL) AS refused,
		(array_agg(g ORDER BY g.schemaname, g.relname, g.lower))[1] AS first,
		(SELECT string_agg(DISTINCT q.sql, E'\n') FROM unnest(array_agg(g.remedy_sql)) q(sql)) AS remedy_sql
	FROM advisor.partition_gaps g
	GROUP BY g.root, g.method
), unhealthy AS MATERIALIZED (
	SELECT h.root::oid AS root, count(*) AS partitions, sum(h.n_dead_tup)::bigint AS dead, sum(h.n_live_tup)::bigint AS live,
		(array_agg(h ORDER BY h.health, h.partition))[1] AS worst,
		string_agg(h.remedy_sql, E'\n' ORDER BY h.health, h.schemaname, h.relname) AS remedy_sql
	FROM advisor.partition_health h
	WHERE h.warning
	GROUP BY h.root
), failed AS MATERIALIZED (
	SELECT f.*, advisor._quoted_name(f.parent) AS name FROM advisor._failed_partition_runs f
), overdue AS MATERIALIZED (
	SELECT count(*) AS tables, max(t.last_run) AS last_run, count(*) FILTER (WHERE t.last_run IS NULL) AS never,
		(array_agg(advisor._quoted_name(t.parent) ORDER BY t.last_run NULLS FIRST, t.parent::text))[1:20] AS names
	FROM tables t
		CROSS JOIN settings s
	WHERE t.enabled AND coalesce(t.last_run, t.policy_created_at) < now() - s.overdue_hours * interval '1 hour'
), retained AS MATERIALIZED (
	SELECT p.parent, p.retention, p.retention_action, p.min_keep, advisor._quoted_name(p.parent) AS name,
		advisor._retention_border(p.policy, now() - s.overdue_hours * interval '1 hour') AS border
	FROM advisor._visible_policies p
		CROSS JOIN settings s
	WHERE p.retention IS NOT NULL AND p.enabled
), kept AS MATERIALIZED (
	SELECT r.parent, r.name, r.retention, r.retention_action, count(*) AS partitions,
		min(b.upper) AS upper, (array_agg(advisor._quoted_name(b.partition) ORDER BY b.ordinal))[1] AS oldest
	FROM retained r
		JOIN (SELECT b.*, count(*) OVER (PARTITION BY b.parent) AS siblings FROM bounds b WHERE b.method = 'range' AND NOT b.is_default) b
			ON b.parent = r.parent
	WHERE b.upper_position <= r.border AND b.ordinal <= b.siblings - r.min_keep
	GROUP BY r.parent, r.name, r.retention, r.retention_action
), unmaintained AS MATERIALIZED (
	SELECT r.root::oid AS root, count(*) AS tables,
		string_agg(format('SELECT advisor.register_partition_policy(%L);', r.name), E'\n' ORDER BY r.name) AS remedy_sql,
		string_agg(format('SELECT advisor.unregister_partition_policy(%L);', r.name), E'\n' ORDER BY r.name) AS undo_sql
	FROM runway r
	-- what has no end needs no next partition
	WHERE NOT r.has_policy AND r.axis = 'time' AND r.days_left < 'Infinity'
	GROUP BY r.root
)
SELECT f.*
FROM short x
	JOIN roots o ON o.root = x.root
	JOIN runway w ON w.root = x.root AND w.place = 1
	-- rows of the default are in the way of their partitions
	LEFT JOIN strays y ON y.root = x.root AND y.is_range
	CROSS JOIN settings s
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'partition_runway', category => 'partition', parts => ARRAY[o.nspname, o.relname],
		severity => advisor._severity_name(w.rank), object => o.name,
		title => CASE w.level
			WHEN 'out' THEN format('Table %s has no partition for %s %s', w.name, CASE w.axis WHEN 'time' THEN 'now,' ELSE 'the next value' END, w.current_value)
			ELSE format('The partitions of table %s end at %s%s', w.name, w.covered_until,
				CASE WHEN w.days_left IS NOT NULL THEN format(', in %s days', advisor._count(w.days_left)) ELSE '' END) END,
		detail => concat_ws(' ',
			CASE WHEN w.default_partition IS NULL THEN
				CASE w.level WHEN 'out' THEN 'Rows of now are refused: there is no default partition.' ELSE 'Rows that come later will be refused: there is no default partition.' END
				ELSE format('Such rows go to the default partition %s, which makes it large and new partitions slow to make.', w.default_partition) END,
			CASE WHEN w.covered_until IS NOT NULL THEN format('Its partitions reach up to %s; %s are ahead of %s.', w.covered_until, w.ahead,
				CASE w.axis WHEN 'time' THEN 'now' ELSE 'the sequence' END) END,
			CASE WHEN w.has_policy THEN format('Its policy asks for %s ahead, and maintenance ran last %s.', w.premake,
				coalesce('at ' || to_char(w.last_run, 'YYYY-MM-DD HH24:MI'), 'never')) ELSE 'It has no policy that could be seen.' END,
			CASE WHEN x.tables > 1 THEN format('It is so with %s partitioned tables of %s.', x.tables, o.name) END),
		evidence => jsonb_build_object('table', w.name, 'axis', w.axis, 'current_value', w.current_value, 'covered_until', w.covered_until,
			'days_left', round(w.days_left::numeric, 2), 'rows_left', w.rows_left, 'ahead', w.ahead, 'premake', w.premake,
			'default_partition', w.default_partition::text, 'last_run', w.last_run, 'tables', x.tables),
		remedy => 'Let the next partitions be made, now and from now on regularly. Nobody waits for it for longer than lock_timeout of the policy.',
		remedy_sql => concat_ws(E'\n', y.remedy_sql, x.remedy_sql),
		undo_sql => x.undo_sql,
		remedy_lock => CASE WHEN y.remedy_sql IS NULL THEN 'ShareUpdateExclusiveLock' ELSE 'AccessExclusiveLock' END,
		confidence => CASE WHEN w.has_policy THEN 95 ELSE 80 END) f

UNION ALL
SELECT f.*
FROM strays x
	JOIN roots o ON o.root = x.root
	CROSS JOIN server g
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'default_partition_rows', category => 'partition', parts => ARRAY[o.nspname, o.relname],
		severity => CASE WHEN x.is_range THEN 'medium' ELSE 'info' END, object => o.name,
		title => CASE WHEN x.defaults = 1 THEN format('Default partition %s of table %s has about %s rows', x.partition, o.name, advisor._count(x.rows))
			ELSE format('%s default partitions of table %s have about %s rows', x.defaults, o.name, advisor._count(x.rows)) END,
		detail => format('They found no partition of their own. To make one for them, the default has to be read from end to end under a lock that keeps all others out, and %s. The number is the server''s counter (since %s), not a count.',
			CASE WHEN x.is_range THEN 'it fails as long as they are there' ELSE 'it fails as long as rows of the same value are there' END,
			to_char(g.counted_since, 'YYYY-MM-DD HH24:MI')),
		evidence => jsonb_build_object('rows', x.rows, 'default_partitions', x.defaults, 'largest', x.partition, 'counted_since', g.counted_since),
		remedy => CASE WHEN x.remedy_sql IS NOT NULL
			THEN 'Move them to partitions of their own, in batches. There is no undo, as nothing is lost: they are in the same table.'
			ELSE 'See which values they have, and make partitions for those that there are many of.' END,
		remedy_sql => coalesce(x.remedy_sql, format('SELECT * FROM %s LIMIT 100;', x.partition)),
		remedy_lock => CASE WHEN x.remedy_sql IS NOT NULL THEN 'AccessExclusiveLock' END,
		confidence => CASE WHEN x.is_range THEN 90 ELSE 60 END) f

UNION ALL
SELECT f.*
FROM gaps x
	JOIN roots o ON o.root = x.root
	LEFT JOIN strays y ON y.root = x.root AND y.is_range
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'partition_gap', category => 'partition', parts => ARRAY[o.nspname, o.relname],
		severity => CASE WHEN x.refused THEN 'medium' ELSE 'low' END, object => o.name,
		title => CASE WHEN x.gaps = 1 THEN format('Table %s has no partition from %s to %s', advisor._quoted_name((x.first).parent), (x.first).lower, (x.first).upper)
			ELSE format('The partitions of table %s have %s gaps, the first from %s to %s', o.name, x.gaps, (x.first).lower, (x.first).upper) END,
		detail => concat_ws(' ',
			CASE WHEN x.refused THEN 'Rows of these ranges are refused.' ELSE 'Rows of these ranges go to the default partition.' END,
			format('The first lies between partitions %s and %s.', (x.first).after_partition, (x.first).before_partition),
			CASE WHEN x.cells IS NOT NULL THEN format('It takes %s partitions to fill them.', x.cells) END,
			CASE WHEN x.tables > 1 THEN format('%s partitioned tables of %s have some.', x.tables, o.name) END),
		evidence => jsonb_build_object('gaps', x.gaps, 'partitions_missing', x.cells, 'table', (x.first).parent::text, 'lower', (x.first).lower, 'upper', (x.first).upper,
			'default_partition', (x.first).default_partition::text, 'tables', x.tables),
		remedy => concat_ws(' ', CASE WHEN y.remedy_sql IS NOT NULL THEN 'Move the rows of the default partition to partitions of their own.' END,
			'Fill the gaps, unless no row will ever be of them. Partitions that are empty can be dropped again.'),
		remedy_sql => concat_ws(E'\n', y.remedy_sql, x.remedy_sql),
		remedy_lock => CASE WHEN y.remedy_sql IS NULL THEN 'ShareUpdateExclusiveLock' ELSE 'AccessExclusiveLock' END,
		confidence => 70) f
WHERE x.method = 'range'

UNION ALL
SELECT f.*
FROM gaps x
	JOIN roots o ON o.root = x.root
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'incomplete_hash_partitions', category => 'partition', parts => ARRAY[o.nspname, o.relname],
		severity => 'high', object => o.name,
		title => format('%s of %s hash partitions of table %s are missing', (x.first).cells, (x.first).modulus, advisor._quoted_name((x.first).parent)),
		detail => concat_ws(' ',
			format('Rows whose key has one of the remainders without partition are refused, which are %s of 100; a table that is partitioned by hash cannot have a default.',
				advisor._count(100.0::float8 * (x.first).cells / (x.first).modulus)),
			CASE WHEN (x.first).missing_remainders IS NOT NULL THEN format('Missing remainders of %s: %s%s.', (x.first).modulus,
				array_to_string(((x.first).missing_remainders)[1:20], ', '), CASE WHEN (x.first).cells > 20 THEN ' and more' ELSE '' END) END,
			CASE WHEN x.tables > 1 THEN format('It is so with %s partitioned tables of %s.', x.tables, o.name) END),
		evidence => jsonb_build_object('table', (x.first).parent::text, 'modulus', (x.first).modulus, 'missing', (x.first).cells,
			'remainders', ((x.first).missing_remainders)[1:100], 'tables', x.tables),
		remedy => 'Make the missing partitions.',
		remedy_sql => x.remedy_sql,
		remedy_lock => 'ShareUpdateExclusiveLock',
		confidence => 95) f
WHERE x.method = 'hash'

UNION ALL
SELECT f.*
FROM unhealthy x
	JOIN roots o ON o.root = x.root
	CROSS JOIN settings s
	CROSS JOIN server g
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'unhealthy_partition', category => 'partition', parts => ARRAY[o.nspname, o.relname],
		severity => CASE WHEN (x.worst).health < 0.5 AND x.dead >= 100000 THEN 'medium' ELSE 'low' END, object => o.name,
		title => CASE WHEN x.partitions = 1 THEN format('Only %s %% of the rows of partition %s are live', round(100 * (x.worst).health), advisor._quoted_name((x.worst).partition))
			ELSE format('%s partitions of table %s have too few live rows, the worst %s %%', x.partitions, o.name, round(100 * (x.worst).health)) END,
		detail => concat_ws(' ',
			format('Partition %s has %s live and %s dead rows; less than %s %% live is too few. Scans read dead rows as well. Counted since %s.',
				advisor._quoted_name((x.worst).partition), advisor._count((x.worst).n_live_tup), advisor._count((x.worst).n_dead_tup), s.health_percent,
				to_char(g.counted_since, 'YYYY-MM-DD HH24:MI')),
			CASE WHEN (x.worst).why IS NOT NULL THEN format('Why: %s.', (x.worst).why) END),
		evidence => jsonb_build_object('partitions', x.partitions, 'live', x.live, 'dead', x.dead, 'worst', (x.worst).partition::text,
			'health', round((x.worst).health::numeric, 3), 'stats_stale', (x.worst).stats_stale, 'why', (x.worst).why, 'counted_since', g.counted_since),
		remedy => 'Vacuum them. Their space is used again by new rows, and not given back.',
		remedy_sql => x.remedy_sql,
		remedy_lock => 'ShareUpdateExclusiveLock',
		confidence => CASE WHEN (x.worst).stats_stale THEN 60 ELSE 85 END) f

UNION ALL
SELECT f.*
FROM failed x
	JOIN pg_class c ON c.oid = x.parent
	JOIN pg_namespace n ON n.oid = c.relnamespace
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'partition_policy_failing', category => 'partition', parts => ARRAY[n.nspname, c.relname],
		severity => CASE WHEN x.errors > 0 OR x.status = 'failed' THEN 'high' ELSE 'medium' END, object => x.name,
		title => format('The last maintenance of the partitions of table %s %s', x.name, CASE x.status WHEN 'failed' THEN 'failed' ELSE 'was not complete' END),
		detail => concat_ws(' ',
			format('At %s, %s actions did not succeed.', to_char(x.logged_at, 'YYYY-MM-DD HH24:MI'), x.problems),
			format('The first is %s%s: %s.', x.action, coalesce(' of ' || x.partition, ''), rtrim(coalesce(x.detail, x.sqlstate, '?'), '.')),
			'advisor.partition_log has all of them, with their SQL.'),
		evidence => jsonb_build_object('run_at', x.logged_at, 'status', x.status, 'problems', x.problems, 'errors', x.errors, 'action', x.action,
			'partition', x.partition, 'sqlstate', x.sqlstate, 'error', x.detail),
		remedy => 'Take away what is in the way, and run it again. This shows what will be done.',
		remedy_sql => format('CALL advisor.maintain_partitions(%L, dry_run => true);', x.name),
		confidence => 95) f
WHERE x.enabled

UNION ALL
SELECT f.*
FROM overdue x
	CROSS JOIN settings s
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'partition_maintenance_overdue', category => 'partition', parts => ARRAY['database'],
		severity => 'medium', object => 'database ' || quote_ident(current_database()),
		title => format('Maintenance of partitions is overdue for %s tables', x.tables),
		detail => concat_ws(' ',
			format('They have policies, and no run of the last %s hours is in advisor.partition_log.', s.overdue_hours),
			CASE WHEN x.last_run IS NOT NULL THEN format('The last was at %s.', to_char(x.last_run, 'YYYY-MM-DD HH24:MI')) END,
			CASE WHEN x.never > 0 THEN format('%s were never maintained.', x.never) END,
			format('Tables: %s%s.', array_to_string(x.names, ', '), CASE WHEN x.tables > 20 THEN ' and others' ELSE '' END)),
		evidence => jsonb_build_object('tables', x.tables, 'never', x.never, 'last_run', x.last_run, 'names', to_jsonb(x.names)),
		remedy => 'Run it, and let it run every day: without it partitions run out, or are not retired.',
		remedy_sql => E'CALL advisor.maintain_partitions();\nSELECT * FROM advisor.schedule(''partitions'');',
		undo_sql => 'SELECT * FROM advisor.unschedule(''partitions'');',
		remedy_lock => 'ShareUpdateExclusiveLock',
		confidence => 90) f
WHERE x.tables > 0

UNION ALL
SELECT f.*
FROM bounds x
	JOIN advisor._partition_tree t ON t.relid = x.partition
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'detach_pending', category => 'partition', parts => ARRAY[t.nspname, t.relname],
		severity => 'medium', object => t.name,
		title => format('Partition %s of table %s is half detached', t.name, advisor._quoted_name(x.parent)),
		detail => 'An ALTER TABLE ... DETACH PARTITION ... CONCURRENTLY was interrupted after its first transaction. New queries do not see its rows any more, and no other partition can be detached or finalized before it.',
		evidence => jsonb_build_object('parent', advisor._quoted_name(x.parent), 'partition', t.name),
		remedy => 'Finish it: it then is a table of its own. ATTACH PARTITION takes it back.',
		remedy_sql => format('ALTER TABLE %s DETACH PARTITION %s FINALIZE;', advisor._quoted_name(x.parent), t.name),
		undo_sql => NULL,
		remedy_lock => 'ShareUpdateExclusiveLock',
		confidence => 95) f
WHERE x.detach_pending
	-- whoever is at it holds this on the parent
	AND NOT EXISTS (SELECT FROM pg_locks l
		WHERE l.locktype = 'relation' AND l.relation = x.parent AND l.mode IN ('ShareUpdateExclusiveLock', 'AccessExclusiveLock')
			AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))

UNION ALL
SELECT f.*
FROM advisor._stuck_partitions x
	JOIN pg_class c ON c.oid = x.partition
	JOIN pg_namespace n ON n.oid = c.relnamespace
	LEFT JOIN advisor._visible_policies p ON p.parent = x.parent
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'retired_partition_stuck', category => 'partition', parts => ARRAY[n.nspname, c.relname],
		severity => 'medium', object => quote_ident(n.nspname) || '.' || quote_ident(c.relname),
		title => format('Table %I.%I, a partition of %s before, cannot be %s', n.nspname, c.relname, x.parent_name, CASE x.action WHEN 'drop' THEN 'dropped' ELSE 'archived' END),
		detail => concat_ws(' ',
			format('It was detached at %s, and what is to be done with it fails: %s.', to_char(x.retired_at, 'YYYY-MM-DD HH24:MI'), rtrim(x.last_error, '.')),
			CASE WHEN x.backed_up_at IS NOT NULL THEN format('Its backup was verified at %s.', to_char(x.backed_up_at, 'YYYY-MM-DD HH24:MI'))
				WHEN x.backup <> 'none' THEN 'It has no backup yet, and stays until it has one.' END),
		evidence => jsonb_build_object('parent', x.parent_name, 'retired_at', x.retired_at, 'action', x.action,
			'backup', split_part(x.backup, ':', 1), 'backed_up_at', x.backed_up_at, 'error', x.last_error),
		remedy => CASE WHEN p.parent IS NOT NULL THEN 'Take away what is in the way, or register a policy with another backup: the next maintenance goes on with it.'
			ELSE 'Nobody maintains its table any more: decide yourself what becomes of it, and delete its row from advisor.retired_partitions.' END,
		remedy_sql => CASE WHEN p.parent IS NOT NULL THEN format('CALL advisor.maintain_partitions(%L);', advisor._quoted_name(x.parent)) END,
		remedy_lock => CASE WHEN p.parent IS NOT NULL THEN 'AccessExclusiveLock' END,
		confidence => 95) f

UNION ALL
SELECT f.*
FROM unmaintained x
	JOIN roots o ON o.root = x.root AND o.policies_visible
	JOIN runway w ON w.root = x.root AND NOT w.has_policy AND w.axis = 'time' AND w.place_alike = 1
	CROSS JOIN server g
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'unmaintained_partitions', category => 'partition', parts => ARRAY[o.nspname, o.relname],
		severity => CASE WHEN g.has_partman OR w.ahead > 0 THEN 'info' ELSE 'low' END, object => o.name,
		title => format('Nobody is known to make the next partitions of table %s', o.name),
		detail => concat_ws(' ',
			format('The partitions of %s go on with time and reach up to %s, %s of them ahead of now. No policy of advisor says that more are to be made.',
				w.name, w.covered_until, w.ahead),
			CASE WHEN g.has_partman THEN 'pg_partman is installed here, and may do it.' END,
			CASE WHEN x.tables > 1 THEN format('It is so with %s partitioned tables of %s.', x.tables, o.name) END),
		evidence => jsonb_build_object('table', w.name, 'covered_until', w.covered_until, 'ahead', w.ahead,
			'days_left', round(w.days_left::numeric, 2), 'pg_partman', g.has_partman, 'tables', x.tables),
		remedy => 'Register a policy, for which width and place are taken from the partitions there are, unless something else makes them.',
		remedy_sql => x.remedy_sql,
		undo_sql => x.undo_sql,
		confidence => CASE WHEN g.has_partman OR w.ahead > 0 THEN 50 ELSE 75 END) f

UNION ALL
SELECT f.*
FROM kept x
	JOIN pg_class c ON c.oid = x.parent
	JOIN pg_namespace n ON n.oid = c.relnamespace
	CROSS JOIN settings s
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'partition_retention_overdue', category => 'partition', parts => ARRAY[n.nspname, c.relname],
		severity => 'low', object => x.name,
		title => format('%s partitions of table %s are older than the %s that are kept', x.partitions, x.name, x.retention),
		detail => format('The oldest is %s. They have been past it for more than %s hours, and are still attached; the policy says %s. Why is in advisor.partition_log, if maintenance has run.',
			x.oldest, s.overdue_hours, x.retention_action),
		evidence => jsonb_build_object('partitions', x.partitions, 'oldest', x.oldest, 'retention', x.retention, 'retention_action', x.retention_action),
		remedy => 'Run maintenance. What it drops cannot be brought back, unless the policy has a backup: see what it would do first.',
		remedy_sql => format(E'CALL advisor.maintain_partitions(%L, dry_run => true);', x.name),
		confidence => 90) f

UNION ALL
SELECT f.*
FROM tables x
	JOIN roots o ON o.root = x.parent
	CROSS JOIN settings s
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'too_many_partitions', category => 'partition', parts => ARRAY[o.nspname, o.relname],
		severity => CASE WHEN x.leaves > 5 * s.max_leaves THEN 'low' ELSE 'info' END, object => o.name,
		title => format('Table %s has %s partitions', o.name, advisor._count(x.leaves)),
		detail => 'Planning a query that cannot be limited to some of them takes time and memory for each, in every session, and so do its locks: more than 16 relations do not fit into the fast path (from 18 on max_locks_per_transaction).',
		evidence => jsonb_build_object('partitions', x.leaves, 'max_locks_per_transaction', current_setting('max_locks_per_transaction')::integer),
		remedy => 'Make wider partitions from now on (a greater step in the policy), and keep fewer. Queries should have the partition key in their WHERE.',
		confidence => 60) f
WHERE x.level = 0 AND x.leaves > s.max_leaves
UNION ALL
SELECT f.*
FROM advisor._partition_candidates() x
	JOIN pg_class c ON c.oid = x.table_name
	JOIN pg_namespace n ON n.oid = c.relnamespace
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'partition_candidate', category => 'partition', parts => ARRAY[n.nspname, c.relname],
		severity => CASE x.advice WHEN 'recommended' THEN 'low' ELSE 'info' END, object => format('%I.%I', n.nspname, c.relname),
		title => format('Table %I.%I should be partitioned by %s of %I%s', n.nspname, c.relname, x.method, x.key, ', ' || x.step),
		detail => concat_ws(' ', x.reason, nullif(array_to_string(x.warnings, ' '), '')),
		evidence => jsonb_build_object('size', x.size, 'partitions', x.partitions, 'gain_s_per_day', x.gain, 'penalty_s_per_day', x.penalty,
			'gain_percent', x.gain_percent, 'faster', jsonb_array_length(x.faster_queries), 'slower', jsonb_array_length(x.slower_queries)),
		remedy => 'Read advisor.partition_candidates: it names the statements that get slower. The script that it calls converts the table while it is used.',
		remedy_sql => x.script, impact_ms_per_day => x.net_gain * 1000, confidence => x.confidence) f;
COMMENT ON VIEW advisor.partitions_findings IS
	'partitions that are missing, ill or not maintained; rows are of type advisor.finding';

CREATE FUNCTION advisor._partitions_checks() RETURNS TABLE (
	check_id text, category text, title text, looks_at text, settings text[], needs text, page text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100 ROWS 12
BEGIN ATOMIC
	SELECT * FROM (VALUES
('partition_runway', 'partition', 'Partitions run out',
'How far the partitions of each table reach that is partitioned by time or by a number from a sequence.',
ARRAY['partition_runway_days'], 'nothing', $page$What it looks at
  The bounds of range partitions, the clock, and the sequence of the key if it is a number. The
  view advisor.partition_runway has every table.

Why it matters
  A row without a partition is refused: the application fails at midnight of the first day that
  nobody has made a partition for. With a default partition it goes there, and is in the way of the
  partition that is made later.

How it decides
  out is a clock (in the time zone of the policy for keys without time zone) or a next value that
  lies in no partition: critical without a default partition, medium with one. low is less than
  partition_runway_days, and less than half of what the policy wants ahead: high without a default,
  medium with one. Days for numbers are by advisor.observations; without them, low is less than a
  tenth of a partition.
  Without a policy, a table counts as going on if the clock lies between its first and its last
  bound, if rows were inserted into its default, or if it ended less than two widths of a partition
  ago with rows in the last one. All others ended by design.

When it is wrong
  Where rows are always of yesterday, there is a day more. A set that ended by design a short
  while ago looks like one that was forgotten. Numbers that no sequence gives are not seen.

What to do
  advisor.register_partition_policy() and CALL advisor.maintain_partitions(), regularly: see
  advisor.schedule('partitions'). New partitions take a ShareUpdateExclusiveLock on the table, and
  an AccessExclusiveLock on its default if it has one. unregister_partition_policy() takes it back.$page$),
('default_partition_rows', 'partition', 'Default partition has rows',
'The counted rows of default partitions.',
ARRAY['partition_default_rows'], 'track_counts', $page$What it looks at
  The counter of live rows of each default partition, or pg_class.reltuples where the counters
  began anew and nobody has analyzed it since.

Why it matters
  A partition cannot be made for a range of which the default has rows. If it has none, it still is
  read from end to end for each new partition, under an AccessExclusiveLock, unless a constraint
  tells that it has none. What is in it is not retired with its time either.

How it decides
  At least partition_default_rows rows. For lists, where a default for all the rest is a common
  design, it is no more than info.

When it is wrong
  Counters are estimates: after a crash they may miss what is there, and after a rolled back
  transaction they are right only after the next ANALYZE. Rows of times far away (1970, infinity)
  may well stay in a default.

What to do
  CALL advisor.drain_default(table) moves the rows to partitions of their own, in batches, or
  adopts the whole default as a partition (method => 'adopt'). default_action in the policy does it
  with every maintenance.$page$),
('partition_gap', 'partition', 'Ranges between partitions are missing',
'Bounds of neighbours in sets of range partitions.',
ARRAY[]::text[], 'nothing', $page$What it looks at
  Where one range partition ends and the next begins. The view advisor.partition_gaps has all of
  them, with the number of partitions that fill them.

Why it matters
  Rows of the range are refused, or go to the default partition. A gap in the time to come shows
  only when the time has come.

How it decides
  Every gap is a finding: medium if rows are refused, low with a default partition. A table of
  partitions with the same gaps is one finding for the table at the top.

When it is wrong
  Where somebody has dropped partitions of the middle on purpose, and no row will come any more.
  Suppress it then.

What to do
  SELECT * FROM advisor.fill_partition_gaps(table) makes them with the usual step
  (ShareUpdateExclusiveLock). Empty partitions can be dropped again.$page$),
('incomplete_hash_partitions', 'partition', 'Hash partitions are missing',
'Remainders of sets of hash partitions.',
ARRAY[]::text[], 'nothing', $page$What it looks at
  Modulus and remainder of all hash partitions of a table.

Why it matters
  A row whose remainder has no partition is refused, and there can be no default for it: a fixed
  share of all inserts fails.

How it decides
  A partition of modulus m takes 1/m of all rows. If that does not add up to 1, some are missing.

When it is wrong
  While a set is being made. It is no matter of taste otherwise.

What to do
  SELECT * FROM advisor.create_hash_partitions(table, modulus) makes those that are missing
  (ShareUpdateExclusiveLock). To undo it, drop them while they are empty.$page$),
('unhealthy_partition', 'partition', 'Partition has too few live rows',
'The share of live rows of each partition.',
ARRAY['partition_health_percent', 'partition_health_min_dead', 'xmin_horizon_xids'], 'track_counts', $page$What it looks at
  n_live_tup and n_dead_tup of each partition. The view advisor.partition_health has all of them.

Why it matters
  Scans read dead rows as well. In one partition of many they are easily overlooked, since the
  numbers of the whole table are good.

How it decides
  health is live / (live + dead), and 1 without any row. It is a finding below
  partition_health_percent (exactly that is healthy) if at least partition_health_min_dead rows are
  dead. medium from 100,000 dead rows on with a health below 0.5, else low.
  After a crash or a reset, rows are those of pg_class.reltuples, and stats_stale says so.

When it is wrong
  Right after a delete, autovacuum just has not come yet. Both numbers are estimates. What was dead
  before a crash is not known.

What to do
  VACUUM (ANALYZE) (ShareUpdateExclusiveLock: reads and writes go on), after what "why" says has
  been dealt with: an old snapshot keeps dead rows, and a partition with autovacuum off gets no
  vacuum by itself.$page$),
('partition_policy_failing', 'partition', 'Maintenance of partitions fails',
'The last run of maintenance of each table with a policy, in advisor.partition_log.',
ARRAY[]::text[], 'pg_read_all_stats, to see tables of others', $page$What it looks at
  The rows of the last run of advisor.maintain_partitions() for each policy that is enabled.

Why it matters
  What was not made or retired this time is tried again, but what failed once tends to fail again,
  and nobody reads the log of a job.

How it decides
  An error is high. Locks that were not got after all attempts, and partitions that could not be
  made because the default has rows for them, are medium.

When it is wrong
  If the cause has been taken away and the next run is still to come.

What to do
  See advisor.partition_log for the error and the SQL; take away the cause; run
  CALL advisor.maintain_partitions(table). The remedy shows with dry_run what it will do.$page$),
('partition_maintenance_overdue', 'partition', 'Partitions are not maintained',
'When each table with a policy was last maintained.',
ARRAY['partition_overdue_hours'], 'pg_read_all_stats, to see tables of others', $page$What it looks at
  Policies that are enabled, and the last run for each in advisor.partition_log.

Why it matters
  A policy does nothing by itself. If the job that calls advisor.maintain_partitions() is gone,
  disabled, or in another database, partitions run out some time later.

How it decides
  No run within partition_overdue_hours, which leaves a daily job two hours of patience. Runs that
  failed count: see partition_policy_failing.

When it is wrong
  A policy that was registered a moment ago has no run yet. If maintenance is to run once a week,
  raise the setting. A log that somebody has emptied knows nothing.

What to do
  CALL advisor.maintain_partitions(), and SELECT * FROM advisor.schedule('partitions') so that
  pg_cron does it; where there is none, it says what to do instead. advisor.schedule_status shows
  what is scheduled, advisor.unschedule('partitions') takes it back.$page$),
('detach_pending', 'partition', 'Partition is half detached',
'Partitions whose DETACH CONCURRENTLY was interrupted.',
ARRAY[]::text[], 'nothing', $page$What it looks at
  pg_inherits.inhdetachpending, without a session that holds a lock of DETACH on the parent.

Why it matters
  DETACH PARTITION ... CONCURRENTLY takes two transactions. If it is cancelled in between, queries
  do not see the rows, the partition still keeps its old range from being used by another, and
  neither can another one be detached concurrently.

How it decides
  Every one is a finding, unless somebody is at it now.

When it is wrong
  In the moment between the two transactions of a DETACH that runs.

What to do
  ALTER TABLE ... DETACH PARTITION ... FINALIZE (ShareUpdateExclusiveLock on the parent,
  AccessExclusiveLock on the partition). ATTACH PARTITION takes the table back in.
  advisor.maintain_partitions() does it by itself for tables with a policy.$page$),
('retired_partition_stuck', 'partition', 'Detached partition cannot be archived or dropped',
'Partitions in advisor.retired_partitions whose last attempt failed.',
ARRAY[]::text[], 'pg_read_all_stats, to see tables of others', $page$What it looks at
  advisor.retired_partitions: what was detached and waits for its backup, its archive or its end.

Why it matters
  The space is not freed, and the backup that somebody relies on is not there. Nothing is lost: the
  table is dropped only when its backup has been verified.

How it decides
  A row with an error is a finding.

When it is wrong
  If the cause has been taken away and the next run is still to come.

What to do
  See the error: a directory that is not writable, a program that fails, a schema without the right
  to create in it. CALL advisor.maintain_partitions(table) goes on with it.$page$),
('unmaintained_partitions', 'partition', 'Nobody makes the next partitions',
'Tables whose partitions go on with time, and that have no policy.',
ARRAY['partition_runway_days'], 'pg_read_all_stats, to see tables of others', $page$What it looks at
  Tables partitioned by time of which partition_runway says that they go on, and policies.

Why it matters
  Somebody makes the partitions by hand, or something else does, or nobody: then they end some day.

How it decides
  Every such table without policy is a finding: low if no partition is ahead, else info. Sets that
  ended and sets without end (MAXVALUE) are left out. How near the end is, partition_runway says.

When it is wrong
  If pg_partman or a job of the application makes them. Suppress it then; the runway is still
  watched.

What to do
  SELECT advisor.register_partition_policy(table) takes step and place of the partitions that there
  are, whatever their names, and takes no lock that matters. Nothing is retired unless you say so.
  advisor.unregister_partition_policy(table) takes it back.$page$),
('partition_retention_overdue', 'partition', 'Old partitions are still attached',
'Partitions older than the retention of the policy.',
ARRAY['partition_overdue_hours'], 'pg_read_all_stats, to see tables of others', $page$What it looks at
  The upper bounds of partitions of tables by time, and retention and min_keep of their policies.

Why it matters
  They take space, and where the law says that data must go, they have to.

How it decides
  The upper bound of a partition was past the retention partition_overdue_hours ago already, and it
  is not one of the newest min_keep. A partition that reaches into what is kept is kept whole.

When it is wrong
  Where rows of another table reference those of the partition, it has to stay: maintenance says so
  in its log. Retention of numbers is not looked at.

What to do
  CALL advisor.maintain_partitions(table, dry_run => true) shows what would be done; then run it. A
  dropped partition comes back only from a backup; one that was detached or archived can be
  attached again. Detaching takes an AccessExclusiveLock, or less with detach_concurrently.$page$),
('too_many_partitions', 'partition', 'Table has very many partitions',
'The number of partitions of all levels.',
ARRAY['partition_max_leaves'], 'nothing', $page$What it looks at
  The number of partitions below each partitioned table that have rows of their own.

Why it matters
  A query that does not say enough of the key is planned for every partition, at some 10 us each,
  and its locks fill the lock table. Every session keeps what it knows of them in its memory.

How it decides
  More than partition_max_leaves is info, more than five times that low.

When it is wrong
  Where every query has the key in its WHERE, partitions that are pruned in the planner cost next
  to nothing.

What to do
  Wider partitions: a greater step in the policy for those to come, and a shorter retention. Old
  ones can be merged by hand. There is no statement for it.$page$),
('partition_candidate', 'partition', 'Table should be partitioned',
'Conditions and deletes of captured statements, by column, against sizes and statistics.',
ARRAY['partition_min_size', 'partition_large_size', 'partition_floor_size', 'partition_least_size', 'partition_most_size',
	'partition_min_gain_percent', 'partition_plan_cost', 'partition_execution_cost'],
'the library preloaded; pg_read_all_stats for statements of others', $page$What it looks at
  By which columns captured statements choose rows of large tables, how much of the table that is,
  what their scans cost, and which DELETEs take whole ranges of a column away.

Why it matters
  A query that needs one month reads one partition in place of the table, and dropping a
  partition replaces millions of deletes, and the vacuum after them.

How it decides
  A step that makes partitions of partition_least_size to partition_most_size. Gain: the time of
  scans that could be limited, in proportion to what they would still read, and no more than the
  planner finds for the same statements on that part of the table. Penalty: partition_plan_cost
  and partition_execution_cost for each partition and call of what cannot be limited. Told if the
  net gain is partition_min_gain_percent of the table's time, or old rows are deleted by range.
  Tables below partition_min_size (partition_floor_size with such deletes) are left alone.

When it is wrong
  What ran is taken for what will run. An index or BRIN may do as well: the warnings say so.

What to do
  See the statements that get slower in advisor.partition_candidates. The script works in steps
  with short locks, and says the way back; primary keys have to take in the column.$page$)
	) v(check_id, category, title, looks_at, settings, needs, page);
END;
COMMENT ON FUNCTION advisor._partitions_checks() IS
	'the checks of the group partitions; see view advisor.checks';

CREATE FUNCTION advisor._partitions_skips() RETURNS TABLE (check_id text, reason text)
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 5
BEGIN ATOMIC
	SELECT c.check_id, 'policies and logs of tables of others are for members of pg_read_all_stats (pg_monitor)'
	FROM (VALUES ('partition_policy_failing'), ('partition_maintenance_overdue'), ('retired_partition_stuck'),
		('unmaintained_partitions'), ('partition_retention_overdue')) c(check_id)
	WHERE NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
	UNION ALL
	SELECT c.check_id, 'track_counts is off, so nobody counts rows'
	FROM (VALUES ('unhealthy_partition'), ('default_partition_rows')) c(check_id)
	WHERE NOT current_setting('track_counts')::boolean
	UNION ALL
	SELECT c.check_id, 'the server is in recovery: the counters are on its primary'
	FROM (VALUES ('unhealthy_partition'), ('default_partition_rows')) c(check_id)
	WHERE pg_is_in_recovery()
	UNION ALL
	SELECT 'unhealthy_partition', format('dead rows are counted since %s only (a crash, a reset or a new server): what was dead before is not known',
		to_char(n.counted_since, 'YYYY-MM-DD HH24:MI'))
	FROM (SELECT advisor._counted_since() AS counted_since) n
	WHERE n.counted_since > now() - interval '1 hour'
	UNION ALL
	SELECT 'partition_candidate', 'the library is not in shared_preload_libraries: nothing is captured'
	WHERE NOT advisor._is_preloaded()
	UNION ALL
	SELECT 'partition_candidate', 'statements of others are for members of pg_read_all_stats'
	WHERE advisor._is_preloaded() AND NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE');
END;
COMMENT ON FUNCTION advisor._partitions_skips() IS
	'the checks of the group partitions that cannot run, or not see everything, and why';

/*
 * 80_vacuum: what vacuum has not done, and why.  Needs 40_findings to
 * 42_observations.
 *
 * Autovacuum's own arithmetic decides what is due (relation_needs_vacanalyze in
 * autovacuum.c): a static table that nobody has vacuumed for a year is well.
 */

INSERT INTO advisor.settings (name, value, unit, minimum, maximum, description) VALUES
	('autovacuum_lag_factor', 2, 'times', 1, 1000, 'tables past less than so many times what makes autovacuum come are not reported'),
	('dead_tuples_percent', 20, '%', 0, 100, 'tables with a smaller share of dead rows are not reported'),
	('dead_tuples_mb', 10, 'MB', 0, 1e9, 'less than that in dead rows is not reported'),
	('vacuum_large_table_mb', 10240, 'MB', 0, 1e12, 'tables smaller than that may wait for a share of their rows to die'),
	('vacuum_running_hours', 4, 'hours', 0, 1e6, 'a vacuum that takes longer is held to be slowed down'),
	('wraparound_percent', 50, '%', 5, 100, 'transaction ids or multixacts used up that are a matter of severity high'),
	('wraparound_critical_percent', 80, '%', 5, 100, 'the same for critical'),
	('xmin_horizon_hours', 1, 'hours', 0, 1e6, 'what holds back vacuum for a shorter time is not reported, unless by its age in transactions'),
	('xmin_horizon_xids', 1000000, 'transactions', 1, 2e9, 'what holds back vacuum by fewer transactions is not reported, unless by its age in time');

-- Arithmetic.

CREATE FUNCTION advisor._wraparound_limit() RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	-- half of 2^32, less the 3 million that the server keeps for repairs (SetTransactionIdLimit, SetMultiXactIdLimit)
	SELECT (2147483647 - 3000000)::float8;
END;
COMMENT ON FUNCTION advisor._wraparound_limit() IS
	'the age of a transaction id or multixact at which the server stops giving out new ones';

CREATE FUNCTION advisor._wraparound_forecast(age float8, per_day float8, at timestamptz)
	RETURNS TABLE (used_percent float8, days_left float8, forecast_date timestamptz)
	LANGUAGE sql STABLE PARALLEL SAFE COST 2 ROWS 1
BEGIN ATOMIC
	SELECT 100 * age / advisor._wraparound_limit(), d.days,
		-- nobody needs to know of more than a century, and dates have an end
		CASE WHEN d.days < 36500 THEN at + d.days * interval '1 day' END
	FROM (SELECT GREATEST(advisor._wraparound_limit() - age, 0) / NULLIF(GREATEST(per_day, 0), 0) AS days) d;
END;
COMMENT ON FUNCTION advisor._wraparound_forecast(float8, float8, timestamptz) IS
	'percent of the limit used at an age, and when the rest is used up at that many a day if nothing is frozen';

CREATE FUNCTION advisor._wraparound_severity(used_percent float8, days_left float8, over_freeze float8, high_percent float8, critical_percent float8)
	RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN used_percent >= critical_percent THEN 'critical'
		-- it should have been frozen long ago, and time runs out
		WHEN over_freeze >= 1.25 AND days_left <= 7 THEN 'critical'
		WHEN used_percent >= high_percent OR over_freeze >= 1.25 AND days_left <= 30 THEN 'high'
		WHEN over_freeze >= 1.25 THEN 'medium'
	END;
END;
COMMENT ON FUNCTION advisor._wraparound_severity(float8, float8, float8, float8, float8) IS
	'severity of an age that is over_freeze times the one at which autovacuum freezes; NULL if vacuum keeps up';

CREATE FUNCTION advisor._vacuum_trigger(threshold float8, scale_factor float8, tuples float8, max_threshold float8 DEFAULT NULL)
	RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	-- a threshold of -1 turns off vacuum for inserts, a maximum of -1 is none
	SELECT CASE WHEN threshold >= 0 THEN
		LEAST(threshold + scale_factor * GREATEST(tuples, 0), CASE WHEN max_threshold >= 0 THEN max_threshold END) END;
END;
COMMENT ON FUNCTION advisor._vacuum_trigger(float8, float8, float8, float8) IS
	'rows that must have changed before autovacuum comes; NULL if it does not come for them';

CREATE FUNCTION advisor._vacuum_scale_factor(bytes float8, dead_bytes float8) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT GREATEST(trim_scale(round(LEAST(dead_bytes / NULLIF(bytes, 0), 0.2)::numeric, 3)), 0.001)::float8;
END;
COMMENT ON FUNCTION advisor._vacuum_scale_factor(float8, float8) IS
	'the share of a table of so many bytes that dead_bytes are, as a scale factor';

-- Since when the counters of tables have been counting: a crash resets them,
-- and those of WAL with them.
CREATE FUNCTION advisor._counted_since() RETURNS timestamptz
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT GREATEST(d.stats_reset, w.stats_reset)
	FROM pg_stat_wal w
		LEFT JOIN pg_stat_database d ON d.datname = current_database();
END;
COMMENT ON FUNCTION advisor._counted_since() IS
	'the time from which on the counters of tables of this database are complete';

-- Who keeps vacuum from removing dead rows.

CREATE VIEW advisor.xmin_horizon AS
WITH vacuums AS MATERIALIZED (
	SELECT p.pid FROM pg_stat_progress_vacuum p
), slots AS MATERIALIZED (
	-- 17 tells since when nobody reads it
	SELECT s.slot_name, s.slot_type, s.database, s.active, s.active_pid, s.xmin, s.catalog_xmin,
		(to_jsonb(s) ->> 'inactive_since')::timestamptz AS inactive_since
	FROM pg_replication_slots s
	-- what is lost holds nothing any more
	WHERE s.wal_status IS DISTINCT FROM 'lost'
), holders AS (
	-- A session holds its snapshot, or the transaction id that it is writing
	-- with; a vacuum holds back no other.
	SELECT 'backend' AS holder, a.pid::text AS name, a.pid, a.datname::text AS datname, a.usename::text AS usename,
		a.application_name, a.state, a.query,
		CASE WHEN a.backend_xmin IS NULL OR age(a.backend_xid) > age(a.backend_xmin) THEN a.backend_xid ELSE a.backend_xmin END AS xmin,
		a.xact_start AS since, true AS rows,
		format('SELECT pg_terminate_backend(%s);', a.pid) AS remedy_sql
	FROM pg_stat_activity a
	WHERE (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
		AND a.pid <> pg_backend_pid()
		AND a.backend_type IS DISTINCT FROM 'walsender'
		AND NOT EXISTS (SELECT FROM vacuums v WHERE v.pid = a.pid)
		-- not everybody may see the type of a process
		AND NOT EXISTS (SELECT FROM pg_stat_replication r WHERE r.pid = a.pid)
	UNION ALL
	SELECT 'prepared transaction', p.gid, NULL, p.database::text, p.owner::text, NULL, 'prepared', NULL,
		p.transaction, p.prepared, true,
		format('ROLLBACK PREPARED %L;', p.gid)
	FROM pg_prepared_xacts p
	UNION ALL
	SELECT 'replication slot', s.slot_name::text, s.active_pid, NULL, NULL, NULL, CASE WHEN s.active THEN 'active' ELSE 'inactive' END, NULL,
		s.xmin, s.inactive_since, true,
		format('SELECT pg_drop_replication_slot(%L);', s.slot_name)
	FROM slots s
	WHERE s.xmin IS NOT NULL
	UNION ALL
	SELECT 'replication slot (catalogs)', s.slot_name::text, s.active_pid, NULL, NULL, NULL, CASE WHEN s.active THEN 'active' ELSE 'inactive' END, NULL,
		s.catalog_xmin, s.inactive_since, false,
		format('SELECT pg_drop_replication_slot(%L);', s.slot_name)
	FROM slots s
	WHERE s.catalog_xmin IS NOT NULL
	UNION ALL
	-- with a slot, it is the slot that holds
	SELECT 'standby feedback', coalesce(NULLIF(r.application_name, ''), r.pid::text), r.pid, NULL, r.usename::text, r.application_name, r.state, NULL,
		r.backend_xmin, NULL, true, NULL
	FROM pg_stat_replication r
	WHERE r.backend_xmin IS NOT NULL
		AND NOT EXISTS (SELECT FROM slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
), judged AS (
	SELECT h.*,
		age(h.xmin) AS xmin_age,
		CASE WHEN NOT h.rows THEN 'catalogs'
			WHEN h.datname IS NULL OR h.datname = current_database() THEN 'tables'
			ELSE 'shared catalogs' END AS holds
	FROM holders h
)
SELECT
	j.holder,
	j.name,
	j.pid,
	j.datname,
	j.usename,
	j.application_name,
	j.state,
	j.query,
	j.xmin,
	j.xmin_age,
	j.since,
	now() - j.since AS duration,
	j.holds,
	rank() OVER (PARTITION BY j.holds ORDER BY j.xmin_age DESC) = 1 AS is_oldest,
	-- of all ages: how many of them died since xmin is not known
	CASE WHEN j.holds = 'tables' THEN (SELECT sum(pg_stat_get_dead_tuples(c.oid)) FROM pg_class c WHERE c.relkind IN ('r', 'm', 't'))::bigint END AS dead_rows,
	j.remedy_sql
FROM judged j;
COMMENT ON VIEW advisor.xmin_horizon IS
	'what keeps vacuum from removing rows that are dead: sessions, prepared transactions, replication slots and standbys; what sessions of others do only for members of pg_read_all_stats';
COMMENT ON COLUMN advisor.xmin_horizon.holder IS 'kind: backend, prepared transaction, replication slot, replication slot (catalogs), standby feedback';
COMMENT ON COLUMN advisor.xmin_horizon.name IS 'pid, identifier of the prepared transaction, name of the slot or of the standby';
COMMENT ON COLUMN advisor.xmin_horizon.pid IS 'its server process, null if it has none now';
COMMENT ON COLUMN advisor.xmin_horizon.datname IS 'the database in which it holds; null for all of them';
COMMENT ON COLUMN advisor.xmin_horizon.usename IS 'whose it is';
COMMENT ON COLUMN advisor.xmin_horizon.application_name IS 'what it says to be';
COMMENT ON COLUMN advisor.xmin_horizon.state IS 'of the session, as in pg_stat_activity; prepared; active or inactive for slots';
COMMENT ON COLUMN advisor.xmin_horizon.query IS 'its last statement, as pg_stat_activity shows it to the reader';
COMMENT ON COLUMN advisor.xmin_horizon.xmin IS 'rows that were deleted by this transaction or a later one stay';
COMMENT ON COLUMN advisor.xmin_horizon.xmin_age IS 'number of transactions since xmin';
COMMENT ON COLUMN advisor.xmin_horizon.since IS 'when its transaction began or was prepared, or the slot was left (from 17 on); null if the server does not tell';
COMMENT ON COLUMN advisor.xmin_horizon.duration IS 'how long that is ago';
COMMENT ON COLUMN advisor.xmin_horizon.holds IS 'what it holds in this database: tables (and catalogs), catalogs alone, or shared catalogs alone';
COMMENT ON COLUMN advisor.xmin_horizon.is_oldest IS 'is it the one that decides, with nobody older that holds the same?';
COMMENT ON COLUMN advisor.xmin_horizon.dead_rows IS 'dead rows in this database, of which those that died after xmin cannot be removed; null if it does not hold tables';
COMMENT ON COLUMN advisor.xmin_horizon.remedy_sql IS 'ends it, which cannot be undone; null for a standby, where its query must end';

-- Tables with what autovacuum knows of them.

CREATE VIEW advisor._vacuum_options AS
SELECT c.oid AS relid,
	coalesce(max(o.option_value) FILTER (WHERE o.option_name = 'autovacuum_enabled'), 'on')::boolean AS enabled,
	max(o.option_value::float8) FILTER (WHERE o.option_name = 'autovacuum_vacuum_threshold') AS vacuum_threshold,
	max(o.option_value::float8) FILTER (WHERE o.option_name = 'autovacuum_vacuum_max_threshold') AS vacuum_max_threshold,
	max(o.option_value::float8) FILTER (WHERE o.option_name = 'autovacuum_vacuum_scale_factor') AS vacuum_scale_factor,
	max(o.option_value::float8) FILTER (WHERE o.option_name = 'autovacuum_vacuum_insert_threshold') AS insert_threshold,
	max(o.option_value::float8) FILTER (WHERE o.option_name = 'autovacuum_vacuum_insert_scale_factor') AS insert_scale_factor,
	max(o.option_value::float8) FILTER (WHERE o.option_name = 'autovacuum_analyze_threshold') AS analyze_threshold,
	max(o.option_value::float8) FILTER (WHERE o.option_name = 'autovacuum_analyze_scale_factor') AS analyze_scale_factor,
	max(o.option_value::integer) FILTER (WHERE o.option_name = 'autovacuum_vacuum_cost_limit') AS cost_limit,
	max(o.option_value) FILTER (WHERE o.option_name = 'autovacuum_vacuum_cost_delay') || 'ms' AS cost_delay,
	max(o.option_value::float8) FILTER (WHERE o.option_name = 'autovacuum_freeze_max_age') AS freeze_max_age,
	max(o.option_value::float8) FILTER (WHERE o.option_name = 'autovacuum_multixact_freeze_max_age') AS multixact_freeze_max_age
FROM pg_class c
	CROSS JOIN LATERAL pg_options_to_table(c.reloptions) o
WHERE c.reloptions IS NOT NULL AND c.relkind IN ('r', 't', 'm', 'p')
	AND o.option_name LIKE 'autovacuum\_%'
GROUP BY c.oid;
COMMENT ON VIEW advisor._vacuum_options IS
	'storage parameters of tables that are about autovacuum; NULL if not set';

-- 18 counts the pages that are frozen, which need no vacuum for inserts.
DO $$
BEGIN
	IF current_setting('server_version_num')::int >= 180000 THEN
		CREATE VIEW advisor._unfrozen AS
		SELECT c.oid AS relid, 1 - LEAST(c.relallfrozen, c.relpages)::float8 / c.relpages AS part
		FROM pg_class c
		WHERE c.relallfrozen > 0 AND c.relpages > 0;
	ELSE
		CREATE VIEW advisor._unfrozen AS
		SELECT c.oid AS relid, 1::float8 AS part
		FROM pg_class c
		WHERE false;
	END IF;
END
$$;
COMMENT ON VIEW advisor._unfrozen IS
	'the part of the pages of tables that is not frozen, where the server counts it';

CREATE VIEW advisor._vacuum_tables AS
SELECT c.oid AS relid,
	c.relkind,
	-- the table it is about: a TOAST table belongs to one
	coalesce(m.oid, c.oid) AS table_oid,
	CASE WHEN coalesce(m.relispartition, c.relispartition) THEN pg_partition_root(coalesce(m.oid, c.oid)) ELSE coalesce(m.oid, c.oid) END AS family_oid,
	coalesce(mn.nspname, n.nspname) AS schemaname,
	coalesce(m.relname, c.relname) AS relname,
	quote_ident(coalesce(mn.nspname, n.nspname)) || '.' || quote_ident(coalesce(m.relname, c.relname)) AS name,
	coalesce(mn.nspname, n.nspname) IN ('pg_catalog', 'information_schema') AS is_catalog,
	c.relpersistence,
	c.reltuples,
	c.relpages,
	c.relfrozenxid,
	c.relminmxid,
	-- a TOAST table without any option of its own goes by those of its table
	CASE WHEN c.relkind = 't' AND c.reloptions IS NULL THEN m.oid ELSE c.oid END AS options_of
FROM pg_class c
	JOIN pg_namespace n ON n.oid = c.relnamespace
	LEFT JOIN pg_class m ON m.reltoastrelid = c.oid AND c.relkind = 't'
	LEFT JOIN pg_namespace mn ON mn.oid = m.relnamespace
WHERE c.relkind IN ('r', 'm', 't')
	-- autovacuum leaves them to their sessions
	AND c.relpersistence <> 't';
COMMENT ON VIEW advisor._vacuum_tables IS
	'tables that autovacuum looks at, TOAST tables under the names of theirs';

CREATE VIEW advisor._vacuum_roots AS
SELECT c.oid AS relid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
FROM pg_class c
	JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'p' AND NOT c.relispartition;
COMMENT ON VIEW advisor._vacuum_roots IS
	'partitioned tables that are no partition themselves, with their qualified and quoted names';

CREATE VIEW advisor.autovacuum_lag AS
WITH server AS MATERIALIZED (
	SELECT
		current_setting('autovacuum')::boolean AS autovacuum,
		current_setting('track_counts')::boolean AS track_counts,
		current_setting('autovacuum_vacuum_threshold')::float8 AS vacuum_threshold,
		current_setting('autovacuum_vacuum_max_threshold', true)::float8 AS vacuum_max_threshold,
		current_setting('autovacuum_vacuum_scale_factor')::float8 AS vacuum_scale_factor,
		current_setting('autovacuum_vacuum_insert_threshold')::float8 AS insert_threshold,
		current_setting('autovacuum_vacuum_insert_scale_factor')::float8 AS insert_scale_factor,
		current_setting('autovacuum_analyze_threshold')::float8 AS analyze_threshold,
		current_setting('autovacuum_analyze_scale_factor')::float8 AS analyze_scale_factor,
		current_setting('autovacuum_max_workers')::integer AS max_workers,
		-- from 18 on, and then it takes no restart to have as many workers
		current_setting('autovacuum_worker_slots', true)::integer AS worker_slots,
		-- an option that is not set, or -1, is vacuum_cost_limit
		COALESCE(NULLIF(current_setting('autovacuum_vacuum_cost_limit')::integer, -1), current_setting('vacuum_cost_limit')::integer) AS cost_limit,
		current_setting('autovacuum_vacuum_cost_delay') AS cost_delay,
		(SELECT count(*) FROM pg_stat_activity a WHERE a.backend_type = 'autovacuum worker') AS workers,
		advisor._setting('autovacuum_lag_factor') AS lag_factor,
		advisor._setting('vacuum_running_hours') AS running_hours,
		advisor._setting('xmin_horizon_xids') AS horizon_xids,
		advisor._setting('dead_tuples_mb') * 1048576 AS dead_bytes,
		advisor._setting('dead_tuples_percent') AS dead_percent,
		advisor._setting('vacuum_large_table_mb') * 1048576 AS large_bytes
), horizon AS MATERIALIZED (
	SELECT h.*
	FROM advisor.xmin_horizon h
	WHERE h.holds = 'tables' AND h.is_oldest
	LIMIT 1
), running AS MATERIALIZED (
	SELECT p.relid, p.pid, p.phase, p.heap_blks_scanned, p.heap_blks_total, p.index_vacuum_count,
		a.query_start AS started
	FROM pg_stat_progress_vacuum p
		LEFT JOIN pg_stat_activity a ON a.pid = p.pid
	WHERE p.datname = current_database() AND p.relid IS NOT NULL
), locked AS MATERIALIZED (
	-- who lets no vacuum in, which would have to wait for its transaction
	SELECT l.relation AS relid, min(l.pid) AS pid, min(l.mode) AS mode
	FROM pg_locks l
	WHERE l.locktype = 'relation' AND l.granted
		AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
		AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
		AND l.pid <> pg_backend_pid()
		AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum p WHERE p.pid = l.pid)
	GROUP BY l.relation
), sizes AS MATERIALIZED (
	SELECT s.relid, s.bytes FROM advisor._relation_sizes() s
), counted AS (
	SELECT t.relid, t.relkind, t.family_oid, t.schemaname, t.relname, t.name, t.is_catalog,
		CASE WHEN t.options_of = t.relid AND t.relkind = 't' THEN 'toast.' ELSE '' END AS options_prefix,
		GREATEST(t.reltuples, 0)::float8 AS reltuples,
		s.bytes,
		coalesce(o.enabled, true) AS enabled,
		pg_stat_get_live_tuples(t.relid) AS live,
		pg_stat_get_dead_tuples(t.relid) AS dead,
		pg_stat_get_ins_since_vacuum(t.relid) AS inserted,
		-- ANALYZE takes no TOAST table, nor its own
		CASE WHEN t.relkind <> 't' AND t.relid <> 'pg_catalog.pg_statistic'::regclass THEN pg_stat_get_mod_since_analyze(t.relid) END AS modified,
		pg_stat_get_last_vacuum_time(t.relid) AS last_vacuum,
		pg_stat_get_last_autovacuum_time(t.relid) AS last_autovacuum,
		pg_stat_get_last_analyze_time(t.relid) AS last_analyze,
		pg_stat_get_last_autoanalyze_time(t.relid) AS last_autoanalyze,
		pg_stat_get_autovacuum_count(t.relid) AS autovacuum_count,
		coalesce(o.vacuum_scale_factor, g.vacuum_scale_factor) AS vacuum_scale_factor,
		o.vacuum_scale_factor AS own_scale_factor,
		o.vacuum_threshold AS own_threshold,
		NULLIF(o.cost_limit, 0) AS own_cost_limit,
		o.cost_delay AS own_cost_delay,
		advisor._vacuum_trigger(coalesce(o.vacuum_threshold, g.vacuum_threshold), coalesce(o.vacuum_scale_factor, g.vacuum_scale_factor),
			t.reltuples, coalesce(o.vacuum_max_threshold, g.vacuum_max_threshold)) AS vacuum_trigger,
		advisor._vacuum_trigger(coalesce(o.insert_threshold, g.insert_threshold),
			coalesce(o.insert_scale_factor, g.insert_scale_factor) * coalesce(u.part, 1), t.reltuples) AS insert_trigger,
		CASE WHEN t.relkind <> 't' THEN
			advisor._vacuum_trigger(coalesce(o.analyze_threshold, g.analyze_threshold), coalesce(o.analyze_scale_factor, g.analyze_scale_factor),
				t.reltuples) END AS analyze_trigger
	FROM advisor._vacuum_tables t
		CROSS JOIN server g
		LEFT JOIN sizes s ON s.relid = t.relid
		LEFT JOIN advisor._vacuum_options o ON o.relid = t.options_of
		LEFT JOIN advisor._unfrozen u ON u.relid = t.relid
), measured AS (
	SELECT c.*,
		CASE WHEN c.vacuum_trigger IS NOT NULL THEN c.dead / GREATEST(c.vacuum_trigger, 1) END AS vacuum_factor,
		CASE WHEN c.insert_trigger IS NOT NULL THEN c.inserted / GREATEST(c.insert_trigger, 1) END AS insert_factor,
		CASE WHEN c.analyze_trigger IS NOT NULL THEN c.modified / GREATEST(c.analyze_trigger, 1) END AS analyze_factor,
		100.0::float8 * c.dead / NULLIF(c.dead + v.live, 0) AS dead_percent,
		(c.bytes::float8 * c.dead / NULLIF(c.dead + v.live, 0))::bigint AS dead_bytes,
		GREATEST(c.last_vacuum, c.last_autovacuum) AS vacuumed
	FROM counted c
		-- vacuum and analyze count the rows; where neither was there, those that
		-- are older than the counters are missing
		CROSS JOIN LATERAL (SELECT CASE WHEN coalesce(c.last_vacuum, c.last_autovacuum, c.last_analyze, c.last_autoanalyze) IS NULL
			THEN GREATEST(c.live, c.reltuples) ELSE c.live END AS live) v
), due AS (
	SELECT m.*,
		m.dead > m.vacuum_trigger OR coalesce(m.inserted > m.insert_trigger, false) AS vacuum_due,
		coalesce(m.modified > m.analyze_trigger, false) AS analyze_due,
		GREATEST(CASE WHEN m.dead > m.vacuum_trigger THEN m.vacuum_factor END,
			CASE WHEN m.inserted > m.insert_trigger THEN m.insert_factor END,
			CASE WHEN m.modified > m.analyze_trigger THEN m.analyze_factor END) AS factor
	FROM measured m
), explained AS (
	SELECT d.*, g.max_workers, g.worker_slots, g.workers,
		coalesce(d.own_cost_limit, g.cost_limit) AS cost_limit,
		coalesce(d.own_cost_delay, g.cost_delay) AS cost_delay,
		r.pid AS vacuum_pid,
		r.phase AS vacuum_phase,
		100 * r.heap_blks_scanned::float8 / NULLIF(r.heap_blks_total, 0) AS vacuum_progress,
		r.index_vacuum_count,
		r.started,
		k.pid AS lock_pid, k.mode AS lock_mode,
		h.holder, h.name AS holder_name, h.xmin_age, h.since AS held_since, h.remedy_sql AS holder_sql,
		-- what a target of dead_tuples_mb would take
		advisor._vacuum_scale_factor(d.bytes, g.dead_bytes) AS target_scale_factor,
		CASE
			WHEN d.vacuum_due OR d.analyze_due THEN
				CASE
					WHEN NOT g.track_counts THEN 'track_counts off'
					WHEN NOT d.enabled THEN 'autovacuum off for the table'
					WHEN NOT g.autovacuum THEN 'autovacuum off'
					WHEN r.pid IS NOT NULL AND now() - r.started > g.running_hours * interval '1 hour' THEN 'cost limit'
					WHEN r.pid IS NOT NULL THEN 'running'
					WHEN k.pid IS NOT NULL THEN 'locked'
					-- a vacuum has been there since, and left them
					WHEN d.dead > d.vacuum_trigger AND coalesce(h.since < d.vacuumed, d.vacuumed IS NOT NULL AND h.xmin_age >= g.horizon_xids)
						THEN 'xmin horizon'
					WHEN g.workers >= LEAST(g.max_workers, g.worker_slots) THEN 'no free worker'
					WHEN d.factor < g.lag_factor THEN 'just due'
					ELSE 'unknown'
				END
			WHEN d.dead_bytes >= g.dead_bytes AND (d.dead_percent >= g.dead_percent OR d.bytes >= g.large_bytes)
				THEN 'threshold'
		END AS reason
	FROM due d
		CROSS JOIN server g
		LEFT JOIN running r ON r.relid = d.relid
		LEFT JOIN locked k ON k.relid = d.relid
		LEFT JOIN horizon h ON true
)
SELECT
	e.schemaname,
	e.relname,
	e.relkind = 't' AS is_toast,
	coalesce(p.name, e.name) AS root,
	e.relid,
	e.bytes,
	e.reltuples,
	e.live AS n_live_tup,
	e.dead AS n_dead_tup,
	e.dead_percent,
	e.dead_bytes,
	e.vacuum_trigger,
	e.vacuum_factor,
	e.inserted AS n_ins_since_vacuum,
	e.insert_trigger,
	e.insert_factor,
	e.modified AS n_mod_since_analyze,
	e.analyze_trigger,
	e.analyze_factor,
	e.vacuum_scale_factor,
	e.enabled AS autovacuum_enabled,
	e.vacuum_due,
	e.analyze_due,
	e.factor,
	e.reason,
	CASE e.reason
		WHEN 'track_counts off' THEN 'Without track_counts nobody counts what is dead, so autovacuum does not work.'
		WHEN 'autovacuum off' THEN 'Autovacuum is turned off for the whole server.'
		WHEN 'autovacuum off for the table' THEN 'Autovacuum is turned off by a storage parameter of the table.'
		WHEN 'cost limit' THEN format('A vacuum (process %s) has been at it since %s: %s, %s %% of the heap scanned, %s passes over the indexes. With a cost limit of %s it sleeps %s again and again, unless it waits for something else.',
			e.vacuum_pid, to_char(e.started, 'YYYY-MM-DD HH24:MI'), e.vacuum_phase, coalesce(floor(e.vacuum_progress)::text, '?'), e.index_vacuum_count, e.cost_limit, e.cost_delay)
		WHEN 'running' THEN format('A vacuum (process %s) is at it: %s, %s %% of the heap scanned.', e.vacuum_pid, e.vacuum_phase, coalesce(floor(e.vacuum_progress)::text, '?'))
		WHEN 'locked' THEN format('Process %s holds %s on it, which lets no vacuum in; autovacuum passes it over, or was cancelled in its favour.', e.lock_pid, e.lock_mode)
		WHEN 'xmin horizon' THEN format('It was vacuumed at %s, but the rows could not be removed: %s %s is %s transactions old%s.', to_char(e.vacuumed, 'YYYY-MM-DD HH24:MI'),
			e.holder, e.holder_name, advisor._count(e.xmin_age), ' and has been there since ' || to_char(e.held_since, 'YYYY-MM-DD HH24:MI'))
		WHEN 'no free worker' THEN format('All %s autovacuum workers are busy with other tables.', e.max_workers)
		WHEN 'just due' THEN 'It has become due and autovacuum is expected within a few autovacuum_naptime.'
		WHEN 'unknown' THEN 'Nothing that keeps autovacuum from it can be seen now. Where a lock was taken while it ran, it was cancelled; the server''s log has "canceling autovacuum task" then.'
		WHEN 'threshold' THEN format('It is not due: autovacuum comes at %s dead rows.', advisor._count(e.vacuum_trigger))
	END AS reason_detail,
	e.last_vacuum,
	e.last_autovacuum,
	e.last_analyze,
	e.last_autoanalyze,
	e.autovacuum_count,
	e.vacuum_pid,
	e.vacuum_phase,
	e.vacuum_progress,
	x.remedy_sql,
	x.undo_sql
FROM explained e
	LEFT JOIN advisor._vacuum_roots p ON p.relid = e.family_oid
	CROSS JOIN LATERAL (SELECT
		-- VACUUM takes the TOAST table along
		CASE WHEN e.vacuum_due AND e.analyze_due THEN 'VACUUM (ANALYZE) ' WHEN e.analyze_due THEN 'ANALYZE ' ELSE 'VACUUM ' END || e.name || ';' AS now_sql,
		CASE WHEN e.relkind = 't' THEN 'toast.' ELSE '' END AS prefix) n
	CROSS JOIN LATERAL (SELECT
		CASE e.reason
			WHEN 'track_counts off' THEN E'ALTER SYSTEM SET track_counts = on;\nALTER SYSTEM SET autovacuum = on;\nSELECT pg_reload_conf();'
			WHEN 'autovacuum off' THEN E'ALTER SYSTEM SET autovacuum = on;\nSELECT pg_reload_conf();'
			WHEN 'autovacuum off for the table' THEN format(E'ALTER TABLE %s RESET (%sautovacuum_enabled);\n%s', e.name, e.options_prefix, n.now_sql)
			WHEN 'cost limit' THEN CASE
				WHEN e.own_cost_limit IS NULL THEN format(E'ALTER SYSTEM SET autovacuum_vacuum_cost_limit = %s;\nSELECT pg_reload_conf();', LEAST(10000, 5 * e.cost_limit))
				-- it has to wait for the vacuum that runs, or to end it
				ELSE format('ALTER TABLE %s SET (%sautovacuum_vacuum_cost_limit = %s);', e.name, e.options_prefix, LEAST(10000, 5 * e.cost_limit)) END
			WHEN 'locked' THEN format(E'SELECT pg_terminate_backend(%s);\n%s', e.lock_pid, n.now_sql)
			WHEN 'xmin horizon' THEN concat_ws(E'\n', e.holder_sql, n.now_sql)
			WHEN 'no free worker' THEN concat_ws(E'\n',
				CASE WHEN e.worker_slots <= e.max_workers THEN format('ALTER SYSTEM SET autovacuum_worker_slots = %s;', 2 * e.max_workers) END,
				format(E'ALTER SYSTEM SET autovacuum_max_workers = %s;\nALTER SYSTEM SET autovacuum_vacuum_cost_limit = %s;',
					LEAST(2 * e.max_workers, CASE WHEN e.worker_slots > e.max_workers THEN e.worker_slots END), LEAST(10000, 2 * e.cost_limit)),
				CASE WHEN e.worker_slots > e.max_workers THEN 'SELECT pg_reload_conf();' END)
			WHEN 'unknown' THEN n.now_sql
			-- catalogs take no options
			WHEN 'threshold' THEN CASE WHEN e.is_catalog THEN n.now_sql ELSE format(E'ALTER TABLE %s SET (%sautovacuum_vacuum_scale_factor = %s, %sautovacuum_vacuum_threshold = 1000);\n%s', e.name,
				n.prefix, e.target_scale_factor, n.prefix, n.now_sql) END
		END AS remedy_sql,
		CASE e.reason
			WHEN 'track_counts off' THEN E'ALTER SYSTEM SET track_counts = off;\nSELECT pg_reload_conf();'
			WHEN 'autovacuum off' THEN E'ALTER SYSTEM SET autovacuum = off;\nSELECT pg_reload_conf();'
			WHEN 'autovacuum off for the table' THEN format('ALTER TABLE %s SET (%sautovacuum_enabled = off);', e.name, e.options_prefix)
			WHEN 'cost limit' THEN CASE
				WHEN e.own_cost_limit IS NULL THEN format(E'ALTER SYSTEM SET autovacuum_vacuum_cost_limit = %s;\nSELECT pg_reload_conf();', e.cost_limit)
				ELSE format('ALTER TABLE %s SET (%sautovacuum_vacuum_cost_limit = %s);', e.name, e.options_prefix, e.cost_limit) END
			WHEN 'no free worker' THEN concat_ws(E'\n',
				CASE WHEN e.worker_slots <= e.max_workers THEN format('ALTER SYSTEM SET autovacuum_worker_slots = %s;', e.worker_slots) END,
				format(E'ALTER SYSTEM SET autovacuum_max_workers = %s;\nALTER SYSTEM SET autovacuum_vacuum_cost_limit = %s;', e.max_workers, e.cost_limit),
				CASE WHEN e.worker_slots > e.max_workers THEN 'SELECT pg_reload_conf();' END)
			WHEN 'threshold' THEN CASE WHEN NOT e.is_catalog THEN concat_ws(E'\n',
				CASE WHEN e.own_scale_factor IS NULL THEN format('ALTER TABLE %s RESET (%sautovacuum_vacuum_scale_factor);', e.name, n.prefix)
					ELSE format('ALTER TABLE %s SET (%sautovacuum_vacuum_scale_factor = %s);', e.name, n.prefix, e.own_scale_factor) END,
				CASE WHEN e.own_threshold IS NULL THEN format('ALTER TABLE %s RESET (%sautovacuum_vacuum_threshold);', e.name, n.prefix)
					ELSE format('ALTER TABLE %s SET (%sautovacuum_vacuum_threshold = %s);', e.name, n.prefix, e.own_threshold) END) END
		END AS undo_sql) x;
COMMENT ON VIEW advisor.autovacuum_lag IS
	'what makes autovacuum come for each table, how far it is past that, and why autovacuum has not been there';
COMMENT ON COLUMN advisor.autovacuum_lag.schemaname IS 'schema of the table';
COMMENT ON COLUMN advisor.autovacuum_lag.relname IS 'the table, also where the row is about its TOAST table';
COMMENT ON COLUMN advisor.autovacuum_lag.is_toast IS 'is the row about its TOAST table?';
COMMENT ON COLUMN advisor.autovacuum_lag.root IS 'qualified and quoted name of the table, or of the partitioned table that it is a partition of';
COMMENT ON COLUMN advisor.autovacuum_lag.relid IS 'oid of what the row is about';
COMMENT ON COLUMN advisor.autovacuum_lag.bytes IS 'size without indexes and TOAST';
COMMENT ON COLUMN advisor.autovacuum_lag.reltuples IS 'rows that scale factors apply to, as of the last vacuum or analyze';
COMMENT ON COLUMN advisor.autovacuum_lag.n_live_tup IS 'live rows by the counters';
COMMENT ON COLUMN advisor.autovacuum_lag.n_dead_tup IS 'dead rows by the counters, which begin anew after a reset or a crash';
COMMENT ON COLUMN advisor.autovacuum_lag.dead_percent IS 'dead rows in percent of all';
COMMENT ON COLUMN advisor.autovacuum_lag.dead_bytes IS 'the same share of the size';
COMMENT ON COLUMN advisor.autovacuum_lag.vacuum_trigger IS 'vacuum is due with more dead rows than that';
COMMENT ON COLUMN advisor.autovacuum_lag.vacuum_factor IS 'dead rows divided by vacuum_trigger';
COMMENT ON COLUMN advisor.autovacuum_lag.n_ins_since_vacuum IS 'rows inserted since it was vacuumed';
COMMENT ON COLUMN advisor.autovacuum_lag.insert_trigger IS 'vacuum is due with more inserted rows than that; null if inserts do not count';
COMMENT ON COLUMN advisor.autovacuum_lag.insert_factor IS 'inserted rows divided by insert_trigger';
COMMENT ON COLUMN advisor.autovacuum_lag.n_mod_since_analyze IS 'rows changed since it was analyzed';
COMMENT ON COLUMN advisor.autovacuum_lag.analyze_trigger IS 'analyze is due with more changed rows than that';
COMMENT ON COLUMN advisor.autovacuum_lag.analyze_factor IS 'changed rows divided by analyze_trigger';
COMMENT ON COLUMN advisor.autovacuum_lag.vacuum_scale_factor IS 'scale factor in force for it';
COMMENT ON COLUMN advisor.autovacuum_lag.autovacuum_enabled IS 'its storage parameter autovacuum_enabled';
COMMENT ON COLUMN advisor.autovacuum_lag.vacuum_due IS 'is vacuum due?';
COMMENT ON COLUMN advisor.autovacuum_lag.analyze_due IS 'is analyze due?';
COMMENT ON COLUMN advisor.autovacuum_lag.factor IS 'the largest of the three factors that are past their trigger; null if nothing is due';
COMMENT ON COLUMN advisor.autovacuum_lag.reason IS 'why autovacuum has not done it: autovacuum off, autovacuum off for the table, track_counts off, locked, xmin horizon, no free worker, cost limit, running, just due, unknown; threshold if much is dead and nothing is due; null if all is well';
COMMENT ON COLUMN advisor.autovacuum_lag.reason_detail IS 'the reason in a sentence';
COMMENT ON COLUMN advisor.autovacuum_lag.last_vacuum IS 'last VACUUM by hand';
COMMENT ON COLUMN advisor.autovacuum_lag.last_autovacuum IS 'last vacuum by autovacuum';
COMMENT ON COLUMN advisor.autovacuum_lag.last_analyze IS 'last ANALYZE by hand';
COMMENT ON COLUMN advisor.autovacuum_lag.last_autoanalyze IS 'last analyze by autovacuum';
COMMENT ON COLUMN advisor.autovacuum_lag.autovacuum_count IS 'times that autovacuum has vacuumed it';
COMMENT ON COLUMN advisor.autovacuum_lag.vacuum_pid IS 'process that vacuums it now; those of others only for members of pg_read_all_stats';
COMMENT ON COLUMN advisor.autovacuum_lag.vacuum_phase IS 'what that is doing';
COMMENT ON COLUMN advisor.autovacuum_lag.vacuum_progress IS 'percent of the heap that it has scanned';
COMMENT ON COLUMN advisor.autovacuum_lag.remedy_sql IS 'what removes the reason, or else vacuums';
COMMENT ON COLUMN advisor.autovacuum_lag.undo_sql IS 'takes that back; null if it cannot be';

-- How far each database and table is from the end of the numbers.

CREATE VIEW advisor.wraparound AS
WITH server AS MATERIALIZED (
	SELECT
		current_setting('autovacuum_freeze_max_age')::float8 AS freeze_max_age,
		current_setting('autovacuum_multixact_freeze_max_age')::float8 AS multixact_freeze_max_age,
		current_setting('vacuum_failsafe_age')::float8 AS failsafe_age,
		pg_snapshot_xmax(pg_current_snapshot())::text::float8 AS xid_now,
		(SELECT c.next_multixact_id::text::float8 FROM pg_control_checkpoint() c) AS multixact_now
), rates AS MATERIALIZED (
	-- less than an hour says nothing of a day
	SELECT max(r.per_day) FILTER (WHERE r.metric = 'xid') AS xids,
		max(r.per_day) FILTER (WHERE r.metric = 'multixact') AS multixacts
	FROM (
		SELECT o.metric,
			(CASE o.metric WHEN 'xid' THEN g.xid_now ELSE g.multixact_now END - o.value::float8) * 86400 / EXTRACT(epoch FROM now() - o.observed_at)::float8 AS per_day
		FROM advisor._first_observations o
			CROSS JOIN server g
		WHERE o.metric IN ('xid', 'multixact') AND o.object = '' AND o.observed_at <= now() - interval '1 hour'
	) r
), holders AS MATERIALIZED (
	SELECT h.holder, h.name, h.datname, h.xmin_age, h.holds FROM advisor.xmin_horizon h
), vacuums AS MATERIALIZED (
	SELECT p.relid, p.pid FROM pg_stat_progress_vacuum p WHERE p.datname = current_database()
), ages AS (
	SELECT 'database' AS kind, d.datname::text AS datname, NULL::text AS schemaname, NULL::text AS relname, NULL::oid AS relid, NULL::boolean AS is_toast,
		NULL::text AS name, d.datname = current_database() AS is_current,
		age(d.datfrozenxid) AS xid_age, mxid_age(d.datminmxid) AS multixact_age,
		g.freeze_max_age, g.multixact_freeze_max_age, NULL::integer AS vacuum_pid
	FROM pg_database d
		CROSS JOIN server g
	UNION ALL
	SELECT 'table', current_database()::text, t.schemaname, t.relname, t.relid, t.relkind = 't', t.name, true,
		age(t.relfrozenxid), mxid_age(t.relminmxid),
		LEAST(o.freeze_max_age, g.freeze_max_age), LEAST(o.multixact_freeze_max_age, g.multixact_freeze_max_age), v.pid
	FROM advisor._vacuum_tables t
		CROSS JOIN server g
		LEFT JOIN advisor._vacuum_options o ON o.relid = t.options_of
		LEFT JOIN vacuums v ON v.relid = t.relid
	WHERE t.relfrozenxid <> '0'::xid
)
SELECT
	a.kind,
	a.datname,
	a.schemaname,
	a.relname,
	a.is_toast,
	a.relid,
	a.xid_age,
	x.used_percent AS xid_percent,
	a.freeze_max_age,
	a.xid_age / GREATEST(a.freeze_max_age, 1) AS freeze_factor,
	g.failsafe_age,
	r.xids AS xids_per_day,
	x.days_left AS xid_days_left,
	x.forecast_date AS xid_forecast_date,
	a.multixact_age,
	m.used_percent AS multixact_percent,
	a.multixact_freeze_max_age,
	a.multixact_age / GREATEST(a.multixact_freeze_max_age, 1) AS multixact_freeze_factor,
	r.multixacts AS multixacts_per_day,
	m.days_left AS multixact_days_left,
	m.forecast_date AS multixact_forecast_date,
	LEAST(x.forecast_date, m.forecast_date) AS forecast_date,
	(SELECT h.holder || ' ' || h.name FROM holders h
		WHERE (h.datname IS NULL OR h.datname = a.datname) AND h.xmin_age > 0.5 * a.xid_age
			-- what holds catalogs alone holds the database, too
			AND (h.holds <> 'catalogs' OR a.kind = 'database' OR a.schemaname = 'pg_catalog')
		ORDER BY h.xmin_age DESC LIMIT 1) AS blocked_by,
	a.vacuum_pid,
	CASE WHEN a.kind = 'table' THEN 'VACUUM (FREEZE) ' || a.name || ';' END AS remedy_sql
FROM ages a
	CROSS JOIN server g
	CROSS JOIN rates r
	CROSS JOIN LATERAL advisor._wraparound_forecast(a.xid_age, r.xids, now()) x
	CROSS JOIN LATERAL advisor._wraparound_forecast(a.multixact_age, r.multixacts, now()) m;
COMMENT ON VIEW advisor.wraparound IS
	'ages of all databases, and of the tables of this one, against the end of transaction ids and multixacts, with the date of it';
COMMENT ON COLUMN advisor.wraparound.kind IS 'database or table';
COMMENT ON COLUMN advisor.wraparound.datname IS 'the database';
COMMENT ON COLUMN advisor.wraparound.schemaname IS 'schema of the table; null for databases';
COMMENT ON COLUMN advisor.wraparound.relname IS 'the table, also where the row is about its TOAST table; null for databases';
COMMENT ON COLUMN advisor.wraparound.is_toast IS 'is the row about its TOAST table?';
COMMENT ON COLUMN advisor.wraparound.relid IS 'oid of the table or TOAST table';
COMMENT ON COLUMN advisor.wraparound.xid_age IS 'transactions since the oldest that is not frozen';
COMMENT ON COLUMN advisor.wraparound.xid_percent IS 'the same in percent of the 2,144,483,647 at which the server gives out no more';
COMMENT ON COLUMN advisor.wraparound.freeze_max_age IS 'the age at which autovacuum comes to freeze, even if it is turned off';
COMMENT ON COLUMN advisor.wraparound.freeze_factor IS 'xid_age divided by freeze_max_age; more than 1 says that it does not get through or is at it';
COMMENT ON COLUMN advisor.wraparound.failsafe_age IS 'the age at which vacuum leaves out everything else';
COMMENT ON COLUMN advisor.wraparound.xids_per_day IS 'transaction ids used a day, by advisor.observations; null if not known';
COMMENT ON COLUMN advisor.wraparound.xid_days_left IS 'days until none is left if nothing is frozen';
COMMENT ON COLUMN advisor.wraparound.xid_forecast_date IS 'the date of that, if within a century';
COMMENT ON COLUMN advisor.wraparound.multixact_age IS 'multixacts since the oldest that is needed';
COMMENT ON COLUMN advisor.wraparound.multixact_percent IS 'the same in percent of the limit';
COMMENT ON COLUMN advisor.wraparound.multixact_freeze_max_age IS 'the age at which autovacuum comes to remove multixacts';
COMMENT ON COLUMN advisor.wraparound.multixact_freeze_factor IS 'multixact_age divided by multixact_freeze_max_age';
COMMENT ON COLUMN advisor.wraparound.multixacts_per_day IS 'multixacts used a day; null if not known';
COMMENT ON COLUMN advisor.wraparound.multixact_days_left IS 'days until none is left if nothing is removed';
COMMENT ON COLUMN advisor.wraparound.multixact_forecast_date IS 'the date of that, if within a century';
COMMENT ON COLUMN advisor.wraparound.forecast_date IS 'the earlier one of both dates';
COMMENT ON COLUMN advisor.wraparound.blocked_by IS 'the oldest holder of the xmin horizon that keeps it from becoming much younger; see advisor.xmin_horizon';
COMMENT ON COLUMN advisor.wraparound.vacuum_pid IS 'process that vacuums the table now';
COMMENT ON COLUMN advisor.wraparound.remedy_sql IS 'freezes the table; null for databases';

-- The checks.

-- The planner knows nothing of how much is past its trigger, and would take
-- nested loops over thousands of tables: hence a function, which can forbid them.
CREATE FUNCTION advisor._vacuum_findings() RETURNS SETOF advisor.finding
	LANGUAGE sql VOLATILE PARALLEL SAFE COST 100000 ROWS 100
	SET search_path = pg_catalog, pg_temp
	SET enable_nestloop = off
	SET enable_hashjoin = on
	SET jit = off
BEGIN ATOMIC
WITH server AS MATERIALIZED (
	SELECT advisor._setting('autovacuum_lag_factor') AS lag_factor,
		advisor._setting('dead_tuples_mb') * 1048576 AS dead_bytes,
		advisor._setting('dead_tuples_percent') AS dead_percent,
		advisor._setting('wraparound_percent') AS high_percent,
		advisor._setting('wraparound_critical_percent') AS critical_percent,
		advisor._setting('xmin_horizon_hours') AS horizon_hours,
		advisor._setting('xmin_horizon_xids') AS horizon_xids,
		current_setting('autovacuum')::boolean AS autovacuum,
		current_setting('track_counts')::boolean AS track_counts,
		current_setting('autovacuum_max_workers')::integer AS max_workers,
		current_setting('autovacuum_worker_slots', true)::integer AS worker_slots,
		(SELECT count(*) FROM pg_stat_activity a WHERE a.backend_type = 'autovacuum worker') AS workers,
		advisor._counted_since() AS counted_since
), lag AS MATERIALIZED (
	SELECT l.*,
		CASE
			WHEN NOT l.autovacuum_enabled AND l.factor >= 1 THEN 'autovacuum_off'
			-- told once, as a matter of the server
			WHEN l.reason IN ('xmin horizon', 'no free worker', 'running', 'just due') THEN NULL
			WHEN l.reason IN ('locked', 'cost limit', 'unknown') AND l.vacuum_due AND GREATEST(l.vacuum_factor, l.insert_factor) >= g.lag_factor AND l.bytes >= g.dead_bytes
				THEN 'autovacuum_lag'
			WHEN l.dead_bytes < g.dead_bytes THEN NULL
			WHEN l.dead_percent >= g.dead_percent THEN 'dead_tuples'
			WHEN l.reason = 'threshold' THEN 'vacuum_scale_factor'
		END AS check_id
	FROM advisor.autovacuum_lag l
		CROSS JOIN server g
	WHERE l.reason IS NOT NULL
), families AS (
	-- a TOAST table and partitions are told together with what they belong to
	SELECT l.check_id, l.root,
		count(*) AS tables,
		sum(l.dead_bytes)::bigint AS dead_bytes,
		sum(l.bytes)::bigint AS bytes,
		sum(l.n_dead_tup)::bigint AS dead,
		max(l.factor) AS factor,
		(array_agg(l.relid ORDER BY l.factor DESC NULLS LAST, l.dead_bytes DESC, l.relname COLLATE "C"))[1] AS worst,
		string_agg(l.remedy_sql, E'\n' ORDER BY l.factor DESC NULLS LAST, l.relname COLLATE "C", l.is_toast) AS remedy_sql,
		string_agg(l.undo_sql, E'\n' ORDER BY l.factor DESC NULLS LAST, l.relname COLLATE "C", l.is_toast) AS undo_sql
	FROM lag l
	WHERE l.check_id IS NOT NULL
	GROUP BY l.check_id, l.root
), told AS (
	SELECT f.*, l.n_dead_tup, l.vacuum_trigger, l.vacuum_factor, l.n_ins_since_vacuum, l.insert_trigger, l.insert_factor,
		l.n_mod_since_analyze, l.analyze_trigger, l.analyze_factor, l.dead_percent, l.vacuum_scale_factor, l.reltuples,
		CASE WHEN l.is_toast THEN 'the TOAST table of ' ELSE '' END || f.root AS name,
		l.reason, l.reason_detail,
		coalesce(to_char(GREATEST(l.last_vacuum, l.last_autovacuum), 'YYYY-MM-DD HH24:MI'), 'never') AS vacuumed,
		jsonb_build_object('dead_rows', l.n_dead_tup, 'vacuum_trigger', l.vacuum_trigger, 'inserted_rows', l.n_ins_since_vacuum,
			'insert_trigger', l.insert_trigger, 'modified_rows', l.n_mod_since_analyze, 'analyze_trigger', l.analyze_trigger,
			'factor', l.factor, 'dead_percent', l.dead_percent, 'dead_bytes', f.dead_bytes, 'bytes', f.bytes, 'tables', f.tables,
			'reason', l.reason, 'scale_factor', l.vacuum_scale_factor, 'autovacuum_count', l.autovacuum_count,
			'last_vacuum', l.last_vacuum, 'last_autovacuum', l.last_autovacuum,
			'last_analyze', l.last_analyze, 'last_autoanalyze', l.last_autoanalyze, 'counted_since', g.counted_since) AS evidence,
		-- what is past its trigger, in words
		concat_ws('; ',
			CASE WHEN l.n_dead_tup > 0 THEN format('%s dead rows (%s %%), autovacuum comes at %s', advisor._count(l.n_dead_tup),
				advisor._count(floor(l.dead_percent)), advisor._count(l.vacuum_trigger)) END,
			CASE WHEN l.n_ins_since_vacuum > l.insert_trigger THEN format('%s rows inserted since it was vacuumed, of %s', advisor._count(l.n_ins_since_vacuum),
				advisor._count(l.insert_trigger)) END,
			CASE WHEN l.n_mod_since_analyze > l.analyze_trigger THEN format('%s rows changed since it was analyzed, of %s', advisor._count(l.n_mod_since_analyze),
				advisor._count(l.analyze_trigger)) END)
			|| CASE WHEN f.tables > 1 THEN format('. That is the worst of %s partitions or TOAST tables', f.tables) ELSE '' END AS numbers,
		'Counted since ' || coalesce(to_char(g.counted_since, 'YYYY-MM-DD HH24:MI'), 'the database was made') || '.' AS since
	FROM families f
		JOIN lag l ON l.relid = f.worst
		CROSS JOIN server g
		-- a session tells the counters of its deletes later than of its VACUUM, so
		-- that some of these are gone already: pages know better
		CROSS JOIN LATERAL (SELECT CASE WHEN f.check_id IN ('dead_tuples', 'vacuum_scale_factor') THEN l.relid END AS doubtful) c
		LEFT JOIN LATERAL advisor._bloat(c.doubtful, 'sample', 30) b ON true
	WHERE b.dead_bytes IS NULL OR b.reason IS NOT NULL OR b.dead_bytes >= 0.25 * l.dead_bytes
), ages AS MATERIALIZED (
	SELECT w.*,
		advisor._wraparound_severity(w.xid_percent, w.xid_days_left, w.freeze_factor, g.high_percent, g.critical_percent) AS xid_severity,
		advisor._wraparound_severity(w.multixact_percent, w.multixact_days_left, w.multixact_freeze_factor, g.high_percent, g.critical_percent)
			AS multixact_severity
	FROM advisor.wraparound w
		CROSS JOIN server g
), held AS (
	SELECT DISTINCT ON (h.holder, h.who) h.*, x.tables, x.dead_bytes, g.horizon_hours, g.horizon_xids
	FROM (SELECT h.*,
			-- the same tomorrow; a process number is not
			CASE WHEN h.holder = 'backend' THEN concat_ws(' ', h.datname, h.usename, NULLIF(h.application_name, '')) ELSE h.name END AS who
		FROM advisor.xmin_horizon h) h
		CROSS JOIN server g
		CROSS JOIN LATERAL (SELECT count(*) AS tables, sum(l.dead_bytes)::bigint AS dead_bytes
			FROM lag l WHERE l.reason = 'xmin horizon' AND h.holds = 'tables' AND h.is_oldest) x
	WHERE h.xmin_age >= g.horizon_xids
		-- for a moment, everybody holds back something
		OR h.duration >= g.horizon_hours * interval '1 hour' AND h.xmin_age > 1000
		OR x.dead_bytes >= g.dead_bytes
	ORDER BY h.holder, h.who, h.xmin_age DESC
)
SELECT f.*
FROM server g
	CROSS JOIN (SELECT count(*) AS tables, sum(l.dead_bytes)::bigint AS dead_bytes, string_agg(l.root, ', ' ORDER BY l.factor DESC) FILTER (WHERE l.place <= 5) AS names
		-- a table and its TOAST table, and partitions, are one
		FROM (SELECT l.root, sum(l.dead_bytes) AS dead_bytes, max(l.factor) AS factor, row_number() OVER (ORDER BY max(l.factor) DESC, l.root COLLATE "C") AS place
			FROM lag l WHERE l.reason IN ('autovacuum off', 'track_counts off') GROUP BY l.root) l) x
	CROSS JOIN LATERAL (SELECT CASE WHEN g.track_counts THEN 'autovacuum' ELSE 'track_counts' END AS name) s
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'autovacuum_off', category => 'vacuum', parts => ARRAY['server'], severity => 'high', object => 'server',
		title => format('%s is off: %s tables of this database are due for vacuum or analyze', s.name, x.tables),
		detail => format('With %s = off nothing is vacuumed or analyzed but by hand, until ids run out and the server does so by force. Dead rows take %s here; the tables furthest behind: %s.',
			s.name, pg_size_pretty(coalesce(x.dead_bytes, 0)), coalesce(x.names, 'none')),
		evidence => jsonb_build_object('autovacuum', g.autovacuum, 'track_counts', g.track_counts, 'tables_due', x.tables, 'dead_bytes', x.dead_bytes,
			'counted_since', g.counted_since),
		remedy => format('Turn %s on.', s.name),
		remedy_sql => format(E'ALTER SYSTEM SET %s = on;\nSELECT pg_reload_conf();', s.name),
		undo_sql => format(E'ALTER SYSTEM SET %s = off;\nSELECT pg_reload_conf();', s.name),
		impact_bytes => x.dead_bytes) f
WHERE NOT g.autovacuum OR NOT g.track_counts

UNION ALL
SELECT f.*
FROM told t
	CROSS JOIN server g
	CROSS JOIN LATERAL advisor._finding(
		check_id => t.check_id, category => 'vacuum', parts => ARRAY[t.root],
		severity => CASE WHEN t.dead_bytes >= 100 * g.dead_bytes OR t.check_id = 'autovacuum_off' AND t.factor >= 10 THEN 'medium' ELSE 'low' END,
		object => t.root,
		title => CASE t.check_id
			WHEN 'autovacuum_off' THEN format('Autovacuum is off for %s, which is %s times past what it takes', t.root, advisor._count(t.factor))
			WHEN 'autovacuum_lag' THEN format('%s is %s times past what makes autovacuum come: %s', t.root, advisor._count(t.factor), t.reason)
			WHEN 'dead_tuples' THEN format('%s %% of the rows of %s are dead: %s', advisor._count(floor(t.dead_percent)), t.name, pg_size_pretty(t.dead_bytes))
			ELSE format('%s has %s of dead rows, and autovacuum comes at %s %% of its rows only', t.root, pg_size_pretty(t.dead_bytes),
				advisor._count(100 * t.vacuum_scale_factor)) END,
		detail => format('%s: %s. Last vacuumed: %s. %s %s', CASE WHEN t.name = t.root THEN t.name ELSE 'T' || substr(t.name, 2) END, t.numbers, t.vacuumed, t.reason_detail, t.since),
		evidence => t.evidence,
		remedy => CASE t.check_id
			WHEN 'autovacuum_off' THEN 'Let autovacuum do its work again, and vacuum once by hand. (To vacuum by hand cannot be undone, and need not.)'
			WHEN 'autovacuum_lag' THEN CASE t.reason
				WHEN 'locked' THEN 'End the transaction that holds the lock if it is not wanted, which cannot be undone; then vacuum by hand.'
				WHEN 'cost limit' THEN 'Let vacuum work more before it sleeps.'
				ELSE 'Vacuum by hand, and look into the log for what cancelled autovacuum.' END
			ELSE CASE WHEN t.reason = 'threshold' THEN 'Let autovacuum come earlier to this table, and vacuum once by hand.' ELSE 'Vacuum it.' END END,
		remedy_sql => CASE WHEN t.check_id = 'dead_tuples' AND t.reason <> 'threshold' THEN 'VACUUM (ANALYZE) ' || t.root || ';' ELSE t.remedy_sql END,
		undo_sql => CASE WHEN t.check_id <> 'dead_tuples' OR t.reason = 'threshold' THEN t.undo_sql END,
		remedy_lock => CASE WHEN t.reason <> 'cost limit' THEN 'ShareUpdateExclusiveLock' END,
		impact_bytes => t.dead_bytes,
		confidence => CASE WHEN t.reason = 'unknown' THEN 70 ELSE 90 END) f

UNION ALL
-- For databases: what counts is the oldest table in each.
SELECT f.*
FROM (
	SELECT 'wraparound' AS check_id, 'transaction ids' AS what, a.xid_severity AS severity, a.xid_age AS age, a.xid_percent AS percent, a.freeze_max_age AS freeze_age,
		a.xids_per_day AS per_day, a.xid_forecast_date AS forecast, a.failsafe_age, a.datname, a.blocked_by,
		(SELECT string_agg(o.remedy_sql, E'\n' ORDER BY o.xid_age DESC) FROM (SELECT t.remedy_sql, t.xid_age FROM ages t
			WHERE t.kind = 'table' AND a.datname = current_database() AND t.xid_age > 0.8 * a.xid_age ORDER BY t.xid_age DESC, t.relid LIMIT 10) o) AS remedy_sql
	FROM ages a
	WHERE a.kind = 'database' AND a.xid_severity IS NOT NULL
	UNION ALL
	SELECT 'multixact_wraparound', 'multixacts', a.multixact_severity, a.multixact_age, a.multixact_percent, a.multixact_freeze_max_age,
		a.multixacts_per_day, a.multixact_forecast_date, a.failsafe_age, a.datname, a.blocked_by,
		(SELECT string_agg(o.remedy_sql, E'\n' ORDER BY o.multixact_age DESC) FROM (SELECT t.remedy_sql, t.multixact_age FROM ages t
			WHERE t.kind = 'table' AND a.datname = current_database() AND t.multixact_age > 0.8 * a.multixact_age ORDER BY t.multixact_age DESC, t.relid LIMIT 10) o)
	FROM ages a
	WHERE a.kind = 'database' AND a.multixact_severity IS NOT NULL
	) w0
	CROSS JOIN LATERAL (SELECT w0.*, d.datallowconn FROM pg_database d WHERE d.datname = w0.datname) w
	CROSS JOIN LATERAL advisor._finding(
		check_id => w.check_id, category => 'vacuum', parts => ARRAY[w.datname], severity => w.severity, object => 'database ' || quote_ident(w.datname),
		title => format('Database %s has used %s %% of its %s', quote_ident(w.datname), advisor._count(floor(w.percent)), w.what),
		detail => format('Its oldest ones are %s old. Autovacuum should have frozen them at %s; at %s the server takes no more writes. %s%s', advisor._count(w.age),
			advisor._count(w.freeze_age), advisor._count(advisor._wraparound_limit()),
			CASE WHEN w.per_day IS NULL THEN 'How fast they are used is not known: schedule SELECT advisor.observe().'
				ELSE format('At %s a day that is on %s.', advisor._count(w.per_day), coalesce(to_char(w.forecast, 'YYYY-MM-DD'), 'no day of this century')) END,
			' Freezing is held back by ' || w.blocked_by || '; see advisor.xmin_horizon.'),
		evidence => jsonb_build_object('age', w.age, 'percent', w.percent, 'freeze_max_age', w.freeze_age, 'limit', advisor._wraparound_limit(),
			'failsafe_age', w.failsafe_age, 'per_day', w.per_day, 'forecast_date', w.forecast, 'blocked_by', w.blocked_by),
		remedy => CASE WHEN w.blocked_by IS NOT NULL THEN 'End what holds it back first. ' ELSE '' END
			|| CASE
				-- template0 is the usual one: autovacuum freezes it without asking
				WHEN w.remedy_sql IS NULL AND NOT w.datallowconn THEN format('Nobody may connect to database %s, and autovacuum alone takes care of it: see whether it runs. Else allow connections while it is vacuumed: ALTER DATABASE ... ALLOW_CONNECTIONS true, and false again.', quote_ident(w.datname))
				WHEN w.remedy_sql IS NULL THEN format('Connect to database %s and vacuum its oldest tables; the view advisor.wraparound, or pg_class, shows them.', quote_ident(w.datname))
				ELSE 'Freeze the oldest tables. Freezing cannot be undone, and need not.' END,
		remedy_sql => w.remedy_sql,
		remedy_lock => CASE WHEN w.remedy_sql IS NOT NULL THEN 'ShareUpdateExclusiveLock' END,
		confidence => 99) f

UNION ALL
SELECT f.*
FROM held h
	CROSS JOIN server g
	CROSS JOIN LATERAL (SELECT current_setting('autovacuum_freeze_max_age')::float8 AS freeze_max_age) s
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'xmin_horizon', category => 'vacuum', parts => ARRAY[h.holder, h.who],
		severity => CASE
			WHEN h.xmin_age >= advisor._wraparound_limit() * g.high_percent / 100 THEN 'critical'
			WHEN h.xmin_age >= 0.8 * s.freeze_max_age THEN 'high'
			WHEN h.xmin_age >= 0.1 * s.freeze_max_age OR h.dead_bytes >= 100 * g.dead_bytes THEN 'medium'
			ELSE 'low' END,
		object => CASE WHEN h.datname IS NOT NULL THEN 'database ' || quote_ident(h.datname) ELSE 'server' END,
		title => format('%s %s keeps what died in the last %s transactions from being removed', upper(left(h.holder, 1)) || substr(h.holder, 2),
			CASE WHEN h.holder = 'backend' THEN h.who ELSE h.name END, advisor._count(h.xmin_age)),
		detail => concat_ws(' ',
			format('It holds %s of %s%s.', h.holds, CASE WHEN h.datname IS NULL THEN 'all databases' ELSE 'database ' || quote_ident(h.datname) END,
				coalesce(', since ' || to_char(h.since, 'YYYY-MM-DD HH24:MI'), '')),
			'Its state: ' || h.state || '.',
			CASE WHEN h.is_oldest THEN 'It is the oldest, so it alone decides.' ELSE 'It is not the oldest: to end it helps only together with the older ones.' END,
			CASE WHEN h.tables > 0 THEN format('%s tables here were vacuumed since without getting rid of their dead rows, %s.', h.tables, pg_size_pretty(h.dead_bytes)) END),
		evidence => jsonb_build_object('holder', h.holder, 'name', h.name, 'pid', h.pid, 'xmin_age', h.xmin_age, 'since', h.since, 'state', h.state,
			'holds', h.holds, 'is_oldest', h.is_oldest, 'tables_behind', h.tables, 'dead_bytes', h.dead_bytes, 'dead_rows', h.dead_rows),
		remedy => CASE h.holder
			WHEN 'backend' THEN 'End the session if nobody needs it: what it has not committed is lost. There is no undo.'
			WHEN 'prepared transaction' THEN 'Ask its transaction manager; else roll it back (or COMMIT PREPARED), which loses its changes. There is no undo.'
			WHEN 'standby feedback' THEN 'End the long query on the standby, or set hot_standby_feedback = off there, at the price of cancelled queries.'
			ELSE 'Let its consumer go on, or drop the slot if there is none any more: the consumer must be built anew then. There is no undo.' END,
		remedy_sql => h.remedy_sql,
		impact_bytes => h.dead_bytes,
		confidence => 95) f

UNION ALL
SELECT f.*
FROM server g
	CROSS JOIN (SELECT count(*) AS tables, max(l.factor) AS factor, sum(l.dead_bytes)::bigint AS dead_bytes FROM lag l WHERE l.reason = 'no free worker') x
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'autovacuum_workers_busy', category => 'vacuum', parts => ARRAY['server'],
		severity => CASE WHEN x.tables >= 10 THEN 'medium' ELSE 'low' END, object => 'server',
		title => format('All %s autovacuum workers are busy, and %s tables of this database wait', g.max_workers, x.tables),
		detail => format('The one furthest behind is %s times past what makes autovacuum come. This is of one moment: it matters if it is so most of the time.', advisor._count(x.factor)),
		evidence => jsonb_build_object('workers', g.workers, 'max_workers', g.max_workers, 'tables_waiting', x.tables, 'factor', x.factor),
		remedy => 'More workers, and a cost limit raised with them: all workers share one.',
		remedy_sql => (SELECT l.remedy_sql FROM lag l WHERE l.reason = 'no free worker' LIMIT 1),
		undo_sql => (SELECT l.undo_sql FROM lag l WHERE l.reason = 'no free worker' LIMIT 1),
		needs_restart => coalesce(g.worker_slots <= g.max_workers, true),
		impact_bytes => x.dead_bytes,
		confidence => 60) f
WHERE g.workers >= LEAST(g.max_workers, g.worker_slots) AND x.tables > 0;
END;
COMMENT ON FUNCTION advisor._vacuum_findings() IS
	'what view advisor.vacuum_findings shows';

CREATE VIEW advisor.vacuum_findings AS
SELECT f.* FROM advisor._vacuum_findings() f;
COMMENT ON VIEW advisor.vacuum_findings IS
	'tables and databases that vacuum does not keep up with, and why; rows are of type advisor.finding';

CREATE FUNCTION advisor._vacuum_checks() RETURNS TABLE (
	check_id text, category text, title text, looks_at text, settings text[], needs text, page text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100 ROWS 10
BEGIN ATOMIC
	SELECT * FROM (VALUES
('autovacuum_off', 'vacuum', 'Autovacuum is off',
'Settings autovacuum and track_counts, and the storage parameter autovacuum_enabled of tables that are due.',
ARRAY['dead_tuples_mb'], 'nothing', $page$What it looks at
  The settings autovacuum and track_counts, and the storage parameters autovacuum_enabled and
  toast.autovacuum_enabled of every table. The counters that autovacuum itself goes by.

Why it matters
  Nothing removes dead rows, refreshes statistics or freezes old rows but VACUUM and ANALYZE by
  hand. At autovacuum_freeze_max_age the server starts to freeze by force, all at once.

How it decides
  Off for the whole server is always a finding. Off for one table is one only if vacuum or analyze
  is due there: more dead, inserted or changed rows than threshold + scale factor * reltuples
  (relation_needs_vacanalyze in PostgreSQL's autovacuum.c), with the table's own parameters. It is
  medium from 10 times that on, or from 100 * dead_tuples_mb of dead rows.

When it is wrong
  Where a job vacuums the table by night, it is only due in between. Suppress it then. Counters
  begin anew after a crash or a reset, so a table may be worse than they say.

What to do
  Turn it on again: ALTER SYSTEM SET autovacuum = on and a reload, or ALTER TABLE ... RESET
  (autovacuum_enabled), which takes a ShareUpdateExclusiveLock and blocks neither reads nor writes.
  SET (autovacuum_enabled = off) is the way back. Vacuum by hand once.$page$),
('autovacuum_lag', 'vacuum', 'Autovacuum does not keep up with a table',
'Tables past what makes autovacuum come, and what keeps it from them now.',
ARRAY['autovacuum_lag_factor', 'dead_tuples_mb', 'vacuum_running_hours'], 'pg_monitor, to see running vacuums', $page$What it looks at
  Dead rows, rows inserted since the last vacuum, and their triggers: threshold + scale factor *
  reltuples, by the table's parameters or else the settings, TOAST tables included. What runs, who
  holds locks, who holds the xmin horizon. The view advisor.autovacuum_lag has every table.

Why it matters
  Dead rows make scans longer and are not reused until vacuum has been there; the space they take
  does not come back by itself.

How it decides
  A finding is a table of at least dead_tuples_mb that is autovacuum_lag_factor times past its
  trigger, and the reason is: locked (somebody holds a lock that lets no vacuum in), cost limit (a
  vacuum has run for vacuum_running_hours) or unknown. Other reasons have checks of their own:
  autovacuum_off, xmin_horizon, autovacuum_workers_busy.

When it is wrong
  A table that was just changed a lot is due until autovacuum_naptime is over. That a vacuum was
  cancelled is only in the server's log ("canceling autovacuum task"), so "unknown" may be that.

What to do
  Vacuum by hand (ShareUpdateExclusiveLock: reads and writes go on). End the session that holds the
  lock; or raise autovacuum_vacuum_cost_limit, which a reload makes known to running vacuums.$page$),
('dead_tuples', 'vacuum', 'Many rows of a table are dead',
'The share and size of dead rows in tables.',
ARRAY['dead_tuples_percent', 'dead_tuples_mb'], 'nothing', $page$What it looks at
  n_dead_tup and n_live_tup of each table, and its size.

Why it matters
  Every scan of the table reads the dead rows as well, and every index on it points to them.

How it decides
  dead / (dead + live) * 100 is at least dead_tuples_percent, and that share of the table's size at
  least dead_tuples_mb. It is medium from 100 times that on. Tables of which autovacuum_off or
  autovacuum_lag speak already are left out, and those whose vacuum is running or has just become
  due.

When it is wrong
  Both counters are estimates, and a delete that was counted after a vacuum leaves n_live_tup too
  low. Sizes of rows differ: the dead ones may be smaller ones. After a crash or a reset counters
  begin at 0, so what was dead before is not seen: the check says that it was skipped then.

What to do
  VACUUM (ShareUpdateExclusiveLock). Where the table's own threshold or scale factor is so high
  that autovacuum does not come, the remedy lowers it for this table; undo_sql sets what was.
  VACUUM makes the space usable again; only VACUUM FULL or pg_repack give it back to the system.$page$),
('vacuum_scale_factor', 'vacuum', 'A large table waits too long for autovacuum',
'Large tables whose trigger lets much space die before autovacuum comes.',
ARRAY['vacuum_large_table_mb', 'dead_tuples_mb', 'dead_tuples_percent'], 'nothing', $page$What it looks at
  Tables of at least vacuum_large_table_mb, what is dead in them, and the trigger of autovacuum.

Why it matters
  The default scale factor of 0.2 lets a fifth of a table die before anything happens. With 1 TB
  that is 200 GB, and the vacuum that comes then takes hours. (From 18 on,
  autovacuum_vacuum_max_threshold limits it to 100 million rows.)

How it decides
  At least dead_tuples_mb are dead now, less than dead_tuples_percent of the table, and autovacuum
  is not due. The proposed scale factor is the one at which about dead_tuples_mb are dead, at least
  0.001.

When it is wrong
  Each vacuum reads the pages that are not all visible, and all indexes. For a table that is
  changed in every place, a vacuum for little costs more than it gives.

What to do
  ALTER TABLE ... SET (autovacuum_vacuum_scale_factor = ..., autovacuum_vacuum_threshold = ...)
  takes a ShareUpdateExclusiveLock for a moment; undo_sql restores what was set before.$page$),
('wraparound', 'vacuum', 'Transaction ids run out',
'The age of the oldest transaction id that is not frozen, in each database of the server.',
ARRAY['wraparound_percent', 'wraparound_critical_percent'], 'pg_read_all_stats, to see who holds it back', $page$What it looks at
  age(datfrozenxid) of all databases and age(relfrozenxid) of the tables of this one, TOAST tables
  and catalogs included. The view advisor.wraparound has them all, with the date of the end.

Why it matters
  There are 2^32 transaction ids, and half of them are the future. The server gives out no more,
  and so takes no writes, when the oldest is 2^31 - 1 - 3,000,000 = 2,144,483,647 old.

How it decides
  Up to autovacuum_freeze_max_age is normal: autovacuum comes then, even if it is off. 1.25 times
  that says that it does not get through: medium, high if the forecast is less than 30 days,
  critical below 7. high from wraparound_percent of the limit on, critical from
  wraparound_critical_percent. The forecast is what is left divided by the transactions a day since
  the oldest observation (advisor.observe()), if nothing is frozen until then.

When it is wrong
  With autovacuum_freeze_max_age near 2 billion, high is what was asked for.

What to do
  End what holds back the xmin horizon first (advisor.xmin_horizon): vacuum cannot freeze past it.
  Then VACUUM (FREEZE) the oldest tables, one by one; it takes a ShareUpdateExclusiveLock. Do not
  use VACUUM FULL, nor single-user mode.$page$),
('multixact_wraparound', 'vacuum', 'Multixacts run out',
'The age of the oldest multixact that is needed, in each database of the server.',
ARRAY['wraparound_percent', 'wraparound_critical_percent'], 'pg_read_all_stats, to see who holds it back', $page$What it looks at
  mxid_age(datminmxid) of all databases and mxid_age(relminmxid) of the tables of this one.

Why it matters
  A multixact is made where several transactions lock the same row: by foreign keys, by SELECT ...
  FOR SHARE, by savepoints after FOR UPDATE. There are as many as transaction ids, and the end is
  the same.

How it decides
  As wraparound does, with autovacuum_multixact_freeze_max_age.

When it is wrong
  What members of multixacts take in pg_multixact/members has a limit of its own, about 4 billion.
  Long lists of lockers reach it first, and it is not seen here. The server then freezes earlier
  than autovacuum_multixact_freeze_max_age by itself.

What to do
  End long transactions, then VACUUM (FREEZE) the oldest tables (ShareUpdateExclusiveLock). See
  whether that many row locks are needed.$page$),
('xmin_horizon', 'vacuum', 'Something keeps dead rows from being removed',
'Sessions, prepared transactions, replication slots and standbys that hold an old snapshot.',
ARRAY['xmin_horizon_hours', 'xmin_horizon_xids', 'dead_tuples_mb', 'wraparound_percent'], 'pg_read_all_stats', $page$What it looks at
  backend_xmin and backend_xid of sessions, prepared transactions, xmin and catalog_xmin of
  replication slots, backend_xmin of standbys with hot_standby_feedback but without a slot.

Why it matters
  Vacuum removes no row that the oldest of them might still see, in any table of the database, nor
  does it freeze: tables grow, and transaction ids are used up.

How it decides
  A finding is what is xmin_horizon_xids transactions old, or has been there for xmin_horizon_hours
  and 1,000 transactions, or what tables were vacuumed under in vain that have dead_tuples_mb of
  dead rows. medium from 10 % of autovacuum_freeze_max_age on, high from 80 %, critical from
  wraparound_percent of all transaction ids.

When it is wrong
  A dump or a long report is what it is. To end one holder helps only if no other is as old: see
  is_oldest in advisor.xmin_horizon. A catalog_xmin holds back catalogs alone.

What to do
  pg_terminate_backend(), ROLLBACK PREPARED or pg_drop_replication_slot(), none of which can be
  undone: uncommitted work is lost, and a consumer without its slot must be built anew. For next
  time: idle_in_transaction_session_timeout; max_slot_wal_keep_size for slots.$page$),
('autovacuum_workers_busy', 'vacuum', 'All autovacuum workers are busy',
'The number of autovacuum workers against autovacuum_max_workers, and the tables that wait.',
ARRAY['autovacuum_lag_factor'], 'pg_monitor', $page$What it looks at
  Sessions of type "autovacuum worker" and tables of this database that are due.

Why it matters
  With all workers at large tables, small and busy ones wait for hours.

How it decides
  As many workers as autovacuum_max_workers at this moment, and at least one table that is due and
  has none; medium from 10 of them on.

When it is wrong
  It is one moment. Look several times. Tables of other databases that wait are not seen.

What to do
  Raise autovacuum_max_workers (a restart; from 18 on a reload, up to autovacuum_worker_slots) and
  autovacuum_vacuum_cost_limit with it: the limit is shared, so more workers alone are slower ones.
  ALTER SYSTEM with the old numbers takes it back.$page$)
	) v(check_id, category, title, looks_at, settings, needs, page);
END;
COMMENT ON FUNCTION advisor._vacuum_checks() IS
	'the checks of the group vacuum; see view advisor.checks';

CREATE FUNCTION advisor._vacuum_skips() RETURNS TABLE (check_id text, reason text)
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 5
BEGIN ATOMIC
	SELECT c.check_id, 'track_counts is off, so nobody counts dead rows'
	FROM (VALUES ('autovacuum_lag'), ('dead_tuples'), ('vacuum_scale_factor'), ('autovacuum_workers_busy')) c(check_id)
	WHERE NOT current_setting('track_counts')::boolean
	UNION ALL
	SELECT c.check_id, format('dead rows are counted since %s only (a crash, a reset or a new server): what was dead before is not known',
		to_char(n.counted_since, 'YYYY-MM-DD HH24:MI'))
	FROM (VALUES ('autovacuum_lag'), ('dead_tuples'), ('vacuum_scale_factor')) c(check_id)
		CROSS JOIN (SELECT advisor._counted_since() AS counted_since) n
	WHERE n.counted_since > now() - interval '1 hour'
	UNION ALL
	SELECT c.check_id, 'the server is in recovery: vacuum is the business of its primary, whose counters are not here'
	FROM (VALUES ('autovacuum_lag'), ('dead_tuples'), ('vacuum_scale_factor'), ('autovacuum_workers_busy')) c(check_id)
	WHERE pg_is_in_recovery()
	UNION ALL
	SELECT c.check_id, 'sessions of other users are visible to members of pg_read_all_stats (pg_monitor) only'
	FROM (VALUES ('xmin_horizon'), ('autovacuum_workers_busy')) c(check_id)
	WHERE NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE');
END;
COMMENT ON FUNCTION advisor._vacuum_skips() IS
	'the checks of the group vacuum that cannot run, or not see everything, and why';

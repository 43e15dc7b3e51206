/*
 * 82_partition_views: the partitions that there are, what they are used for, how
 * they are, where some are missing, and how long those will do that are there
 * already.  Needs 42_observations, 45 to 49, 76 (texts of expressions), 77 (times
 * of scans) and 80 (who holds back vacuum).
 *
 * Nothing here reads a user's table or waits for a lock: bounds, sizes and
 * counters tell everything.  Policies and logs are shown as row security shows
 * them, which does not hold in views.
 */

INSERT INTO advisor.settings (name, value, unit, minimum, maximum, description) VALUES
	('partition_health_percent', 80, '%', 0, 100, 'partitions with a smaller share of live rows are unhealthy'),
	('partition_health_min_dead', 50, 'rows', 0, 1e12, 'partitions with fewer dead rows are healthy'),
	('partition_runway_days', 7, 'days', 0, 36500, 'partitions should reach so far ahead');

CREATE VIEW advisor._visible_policies WITH (security_barrier) AS
SELECT p.*, p AS policy
FROM advisor.partition_policies p
WHERE pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') OR advisor._owns(p.parent);
COMMENT ON VIEW advisor._visible_policies IS
	'policies that the reader may know of: of his own tables, all for members of pg_read_all_stats';

-- Everything below partitioned tables, and they themselves.
CREATE VIEW advisor._partition_tree AS
WITH RECURSIVE tree AS (
	SELECT c.oid AS relid, NULL::oid AS parent, c.oid AS root, 0 AS level, ARRAY[c.oid] AS path
	FROM pg_class c
	WHERE c.relkind = 'p' AND NOT c.relispartition
	UNION ALL
	SELECT i.inhrelid, i.inhparent, t.root, t.level + 1, t.path || i.inhrelid
	FROM tree t
		JOIN pg_inherits i ON i.inhparent = t.relid
)
SELECT t.relid, t.parent, t.root, t.level, t.path, c.relkind, n.nspname, c.relname,
	quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name,
	c.relpersistence, c.reltuples, c.relpages, c.relfrozenxid, c.reltoastrelid
FROM tree t
	JOIN pg_class c ON c.oid = t.relid
	JOIN pg_namespace n ON n.oid = c.relnamespace;
COMMENT ON VIEW advisor._partition_tree IS
	'partitioned tables (level 0) and all that is below them';

-- Keys with expressions have no column to tell the type; it shows in what bounds
-- look like.
CREATE VIEW advisor._partition_keys AS
SELECT p.partrelid AS relid, k.columns, k.attnum, k.key,
	CASE p.partstrat WHEN 'r' THEN 'range' WHEN 'l' THEN 'list' ELSE 'hash' END AS method,
	CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END AS type
FROM pg_partitioned_table p
	CROSS JOIN LATERAL (
		SELECT p.partnatts::integer AS columns, p.partattrs[0] AS attnum,
			string_agg(coalesce(quote_ident(a.attname), '(' || coalesce(advisor._text_of_expression(p.partexprs, p.partrelid), '...') || ')'), ', '
				ORDER BY k.n) AS key
		FROM unnest(p.partattrs::int2[]) WITH ORDINALITY k(attnum, n)
			LEFT JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.attnum AND k.attnum <> 0
	) k
	LEFT JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.attnum AND k.attnum <> 0
	LEFT JOIN pg_type t ON t.oid = a.atttypid;
COMMENT ON VIEW advisor._partition_keys IS
	'by what tables are partitioned; attnum and type of the first column, 0 and NULL if it is an expression';

CREATE FUNCTION advisor._partition_bound_text(method text, is_default boolean, lower_bound text, upper_bound text,
	list_values text[], modulus integer, remainder integer) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN is_default THEN 'DEFAULT'
		WHEN method = 'range' THEN format('FOR VALUES FROM %s TO %s', lower_bound, upper_bound)
		WHEN method = 'list' THEN format('FOR VALUES IN (%s)',
			(SELECT string_agg(quote_nullable(v.value), ', ' ORDER BY v.n) FROM unnest(list_values) WITH ORDINALITY v(value, n)))
		ELSE format('FOR VALUES WITH (modulus %s, remainder %s)', modulus, remainder)
	END;
END;
COMMENT ON FUNCTION advisor._partition_bound_text(text, boolean, text, text, text[], integer, integer) IS
	'a bound as CREATE TABLE and ATTACH PARTITION take it';

CREATE VIEW advisor.partitions AS
SELECT
	b.parent::regclass AS parent,
	t.root::regclass AS root,
	t.level,
	b.partition::regclass AS partition,
	t.nspname AS schemaname,
	t.relname,
	b.ordinal,
	b.method,
	k.key,
	b.lower,
	b.upper,
	advisor._partition_bound_text(b.method, b.is_default, b.lower_bound, b.upper_bound, b.list_values, b.modulus, b.remainder) AS bound,
	b.list_values,
	b.modulus,
	b.remainder,
	b.is_default,
	t.relkind <> 'p' AS is_leaf,
	b.after_gap,
	b.detach_pending,
	p.enabled AS policy_enabled
FROM advisor._partition_bounds() b
	JOIN advisor._partition_tree t ON t.relid = b.partition
	JOIN advisor._partition_keys k ON k.relid = b.parent
	LEFT JOIN advisor._visible_policies p ON p.parent = b.parent;
COMMENT ON VIEW advisor.partitions IS
	'all partitions of all partitioned tables, of every level, with their bounds as the catalog has them';
COMMENT ON COLUMN advisor.partitions.parent IS 'the table that it is a partition of';
COMMENT ON COLUMN advisor.partitions.root IS 'the table that is at the top';
COMMENT ON COLUMN advisor.partitions.level IS '1 for partitions of the root, 2 for partitions of those, and so on';
COMMENT ON COLUMN advisor.partitions.partition IS 'the partition';
COMMENT ON COLUMN advisor.partitions.schemaname IS 'its schema';
COMMENT ON COLUMN advisor.partitions.relname IS 'its name';
COMMENT ON COLUMN advisor.partitions.ordinal IS 'place among its siblings: ranges in the order of their bounds, others by remainder or name, the default last';
COMMENT ON COLUMN advisor.partitions.method IS 'how the parent is partitioned: range, list or hash';
COMMENT ON COLUMN advisor.partitions.key IS 'by what the parent is partitioned; ... for an expression that is locked now';
COMMENT ON COLUMN advisor.partitions.lower IS 'lower bound of a range, which belongs to it, of the first column (times in UTC); null if there is none';
COMMENT ON COLUMN advisor.partitions.upper IS 'upper bound of a range, which does not belong to it, of the first column; null if there is none';
COMMENT ON COLUMN advisor.partitions.bound IS 'the whole bound, as ATTACH PARTITION takes it with TimeZone UTC';
COMMENT ON COLUMN advisor.partitions.list_values IS 'values of a list partition';
COMMENT ON COLUMN advisor.partitions.modulus IS 'modulus of a hash partition';
COMMENT ON COLUMN advisor.partitions.remainder IS 'remainder of a hash partition';
COMMENT ON COLUMN advisor.partitions.is_default IS 'does it take what no other takes?';
COMMENT ON COLUMN advisor.partitions.is_leaf IS 'false if it is partitioned itself';
COMMENT ON COLUMN advisor.partitions.after_gap IS 'does it begin later than the one before it ends?';
COMMENT ON COLUMN advisor.partitions.detach_pending IS 'a DETACH CONCURRENTLY began and did not end';
COMMENT ON COLUMN advisor.partitions.policy_enabled IS 'is the policy of its parent enabled? null if it has none, or none that the reader may know of';

-- What the counters say of each leaf.
CREATE VIEW advisor._partition_counters AS
SELECT t.relid, t.parent, t.root, t.level, t.path, t.nspname, t.relname, t.name, t.reltuples, t.relpages, t.relfrozenxid, t.reltoastrelid,
	coalesce(pg_stat_get_tuples_inserted(t.relid), 0) AS inserted,
	coalesce(pg_stat_get_tuples_updated(t.relid), 0) AS updated,
	coalesce(pg_stat_get_tuples_hot_updated(t.relid), 0) AS hot_updated,
	coalesce(pg_stat_get_tuples_deleted(t.relid), 0) AS deleted,
	coalesce(pg_stat_get_live_tuples(t.relid), 0) AS live,
	coalesce(pg_stat_get_dead_tuples(t.relid), 0) AS dead,
	coalesce(pg_stat_get_numscans(t.relid), 0) AS seq_scan,
	advisor._last_scan(t.relid) AS last_seq_scan,
	pg_stat_get_last_vacuum_time(t.relid) AS last_vacuum,
	pg_stat_get_last_autovacuum_time(t.relid) AS last_autovacuum,
	pg_stat_get_last_analyze_time(t.relid) AS last_analyze,
	pg_stat_get_last_autoanalyze_time(t.relid) AS last_autoanalyze
FROM advisor._partition_tree t
WHERE t.relkind = 'r';
COMMENT ON VIEW advisor._partition_counters IS
	'counters of partitions that have rows of their own';

CREATE VIEW advisor.partition_usage AS
WITH counters AS MATERIALIZED (
	SELECT * FROM advisor._partition_counters
), parts AS MATERIALIZED (
	SELECT c.relid, c.relid AS part, 'table' AS kind FROM counters c
	UNION ALL
	SELECT c.relid, i.indexrelid, 'index' FROM counters c JOIN pg_index i ON i.indrelid = c.relid
	UNION ALL
	SELECT c.relid, c.reltoastrelid, 'toast' FROM counters c WHERE c.reltoastrelid <> 0
	UNION ALL
	SELECT c.relid, i.indexrelid, 'toast' FROM counters c JOIN pg_index i ON i.indrelid = c.reltoastrelid
), leaves AS (
	SELECT c.*, p.*, c.inserted + c.updated + c.deleted AS writes
	FROM counters c
		JOIN (
			SELECT p.relid AS table_oid,
				sum(s.bytes) FILTER (WHERE p.kind = 'table') AS table_bytes,
				sum(s.bytes) FILTER (WHERE p.kind = 'index') AS index_bytes,
				sum(s.bytes) FILTER (WHERE p.kind = 'toast') AS toast_bytes,
				coalesce(sum(pg_stat_get_numscans(p.part)) FILTER (WHERE p.kind = 'index'), 0) AS idx_scan,
				max(advisor._last_scan(p.part)) FILTER (WHERE p.kind = 'index') AS last_idx_scan
			FROM parts p
				LEFT JOIN advisor._relation_sizes() s ON s.relid = p.part
			GROUP BY p.relid
		) p ON p.table_oid = c.relid
), summed AS (
	-- each leaf counts for itself, and for all that it is below of
	SELECT u.relid, count(*) AS leaves,
		sum(l.table_bytes) AS table_bytes, sum(l.index_bytes) AS index_bytes, sum(l.toast_bytes) AS toast_bytes,
		sum(l.inserted) AS inserted, sum(l.updated) AS updated, sum(l.hot_updated) AS hot_updated, sum(l.deleted) AS deleted,
		sum(l.writes) AS writes, sum(l.live) AS live, sum(l.dead) AS dead, sum(l.seq_scan) AS seq_scan, sum(l.idx_scan) AS idx_scan,
		max(l.last_seq_scan) AS last_seq_scan, max(l.last_idx_scan) AS last_idx_scan,
		max(l.last_vacuum) AS last_vacuum, max(l.last_autovacuum) AS last_autovacuum,
		max(l.last_analyze) AS last_analyze, max(l.last_autoanalyze) AS last_autoanalyze,
		max(age(l.relfrozenxid)) AS xid_age
	FROM leaves l
		CROSS JOIN LATERAL unnest(l.path) u(relid)
	GROUP BY u.relid
)
SELECT
	t.root::regclass AS root,
	t.parent::regclass AS parent,
	t.relid::regclass AS partition,
	t.nspname AS schemaname,
	t.relname,
	t.level,
	t.relkind <> 'p' AS is_leaf,
	coalesce(s.leaves, 0) AS leaves,
	(coalesce(s.table_bytes, 0) + coalesce(s.index_bytes, 0) + coalesce(s.toast_bytes, 0))::bigint AS total_bytes,
	coalesce(s.table_bytes, 0)::bigint AS table_bytes,
	coalesce(s.index_bytes, 0)::bigint AS index_bytes,
	coalesce(s.toast_bytes, 0)::bigint AS toast_bytes,
	coalesce(s.inserted, 0)::bigint AS n_tup_ins,
	coalesce(s.updated, 0)::bigint AS n_tup_upd,
	coalesce(s.hot_updated, 0)::bigint AS n_tup_hot_upd,
	coalesce(s.deleted, 0)::bigint AS n_tup_del,
	coalesce(s.live, 0)::bigint AS n_live_tup,
	coalesce(s.dead, 0)::bigint AS n_dead_tup,
	coalesce(s.seq_scan, 0)::bigint AS seq_scan,
	coalesce(s.idx_scan, 0)::bigint AS idx_scan,
	s.last_seq_scan,
	s.last_idx_scan,
	s.last_vacuum,
	s.last_autovacuum,
	s.last_analyze,
	s.last_autoanalyze,
	s.xid_age,
	(100.0 * s.writes / NULLIF(max(s.writes) OVER (PARTITION BY t.root), 0))::float8 AS write_percent,
	-- when the last row was written is not counted, so it must be that none was
	CASE WHEN s.writes = 0 AND (s.seq_scan + s.idx_scan = 0 OR coalesce(s.last_seq_scan, s.last_idx_scan) IS NOT NULL)
		THEN GREATEST(g.counted_since, s.last_seq_scan, s.last_idx_scan) END AS cold_since
FROM advisor._partition_tree t
	LEFT JOIN summed s ON s.relid = t.relid
	CROSS JOIN (SELECT advisor._counted_since() AS counted_since) g;
COMMENT ON VIEW advisor.partition_usage IS
	'size and use of partitions, of partitions of partitions together, and of whole partitioned tables; counters since the last reset or crash';
COMMENT ON COLUMN advisor.partition_usage.root IS 'the table at the top';
COMMENT ON COLUMN advisor.partition_usage.parent IS 'the table that it is a partition of; null for the root itself';
COMMENT ON COLUMN advisor.partition_usage.partition IS 'the partition, or a partitioned table with the numbers of all that is below it';
COMMENT ON COLUMN advisor.partition_usage.schemaname IS 'its schema';
COMMENT ON COLUMN advisor.partition_usage.relname IS 'its name';
COMMENT ON COLUMN advisor.partition_usage.level IS '0 for the root, 1 for its partitions, and so on';
COMMENT ON COLUMN advisor.partition_usage.is_leaf IS 'true for a partition with rows of its own, false where the numbers are sums';
COMMENT ON COLUMN advisor.partition_usage.leaves IS 'number of partitions with rows of their own, foreign tables not counted';
COMMENT ON COLUMN advisor.partition_usage.total_bytes IS 'table, indexes and TOAST';
COMMENT ON COLUMN advisor.partition_usage.table_bytes IS 'bytes of the table';
COMMENT ON COLUMN advisor.partition_usage.index_bytes IS 'bytes of its indexes';
COMMENT ON COLUMN advisor.partition_usage.toast_bytes IS 'bytes of TOAST with its index';
COMMENT ON COLUMN advisor.partition_usage.n_tup_ins IS 'rows inserted';
COMMENT ON COLUMN advisor.partition_usage.n_tup_upd IS 'rows updated';
COMMENT ON COLUMN advisor.partition_usage.n_tup_hot_upd IS 'rows updated without new index entries';
COMMENT ON COLUMN advisor.partition_usage.n_tup_del IS 'rows deleted';
COMMENT ON COLUMN advisor.partition_usage.n_live_tup IS 'live rows';
COMMENT ON COLUMN advisor.partition_usage.n_dead_tup IS 'dead rows';
COMMENT ON COLUMN advisor.partition_usage.seq_scan IS 'sequential scans';
COMMENT ON COLUMN advisor.partition_usage.idx_scan IS 'scans of its indexes';
COMMENT ON COLUMN advisor.partition_usage.last_seq_scan IS 'last sequential scan; null before version 16';
COMMENT ON COLUMN advisor.partition_usage.last_idx_scan IS 'last scan of one of its indexes; null before version 16';
COMMENT ON COLUMN advisor.partition_usage.last_vacuum IS 'last VACUUM by hand';
COMMENT ON COLUMN advisor.partition_usage.last_autovacuum IS 'last by autovacuum';
COMMENT ON COLUMN advisor.partition_usage.last_analyze IS 'last ANALYZE by hand';
COMMENT ON COLUMN advisor.partition_usage.last_autoanalyze IS 'last by autovacuum';
COMMENT ON COLUMN advisor.partition_usage.xid_age IS 'transactions since all older rows were frozen; the most of all where it is a sum';
COMMENT ON COLUMN advisor.partition_usage.write_percent IS 'its share of rows written of all of the root; null if none were';
COMMENT ON COLUMN advisor.partition_usage.cold_since IS 'since then it has neither been read nor written, as far as it exists that long; null if it was, or if that cannot be told';

CREATE VIEW advisor.partition_health AS
WITH server AS MATERIALIZED (
	SELECT current_setting('autovacuum')::boolean AS autovacuum,
		current_setting('track_counts')::boolean AS track_counts,
		current_setting('autovacuum_vacuum_threshold')::float8 AS threshold,
		current_setting('autovacuum_vacuum_max_threshold', true)::float8 AS max_threshold,
		current_setting('autovacuum_vacuum_scale_factor')::float8 AS scale_factor,
		advisor._setting('partition_health_percent')::numeric AS percent,
		advisor._setting('partition_health_min_dead') AS min_dead,
		advisor._setting('xmin_horizon_xids') AS horizon_xids,
		to_char(advisor._counted_since(), 'YYYY-MM-DD HH24:MI') AS counted_since
), horizon AS MATERIALIZED (
	SELECT h.holder, h.name, h.since, h.xmin_age
	FROM advisor.xmin_horizon h
	WHERE h.holds = 'tables' AND h.is_oldest
	LIMIT 1
), counters AS MATERIALIZED (
	SELECT c.*, coalesce(c.last_vacuum, c.last_autovacuum, c.last_analyze, c.last_autoanalyze) IS NULL AS unseen
	FROM advisor._partition_counters c
), sizes AS MATERIALIZED (
	-- where neither counters nor catalog know a row, the file tells whether there are any
	SELECT s.relid FROM advisor._relation_sizes() s
	WHERE s.bytes > 0 AND EXISTS (SELECT FROM counters c WHERE c.unseen AND c.live + c.dead = 0 AND c.reltuples < 0)
), counted AS (
	SELECT c.*,
		c.unseen AND (c.reltuples > c.live OR c.live + c.dead = 0 AND c.reltuples < 0 AND s.relid IS NOT NULL) AS stale,
		CASE WHEN c.unseen AND c.reltuples > c.live THEN c.reltuples::bigint
			WHEN c.unseen AND c.live + c.dead = 0 AND c.reltuples < 0 AND s.relid IS NOT NULL THEN NULL
			ELSE c.live END AS rows,
		GREATEST(c.last_vacuum, c.last_autovacuum) AS vacuumed
	FROM counters c
		LEFT JOIN sizes s ON s.relid = c.relid
), judged AS (
	SELECT c.*, g.counted_since,
		CASE WHEN c.rows + c.dead = 0 THEN 1 ELSE c.rows::numeric / (c.rows + c.dead) END AS health,
		-- multiplied, so that exactly 80 % is 80 %
		coalesce(c.dead >= g.min_dead AND 100 * c.rows::numeric < g.percent * (c.rows + c.dead), false) AS warning
	FROM counted c
		CROSS JOIN server g
)
SELECT
	j.root::regclass AS root,
	j.parent::regclass AS parent,
	j.relid::regclass AS partition,
	j.nspname AS schemaname,
	j.relname,
	j.rows AS n_live_tup,
	j.dead AS n_dead_tup,
	j.health::float8 AS health,
	j.warning,
	j.stale AS stats_stale,
	NULLIF(concat_ws('; ',
		CASE WHEN j.stale THEN format('counters began anew at %s: %s', j.counted_since,
			CASE WHEN j.rows IS NULL THEN 'what is in it is not known' ELSE 'live rows are those of pg_class.reltuples, and rows that were dead before are missing' END) END,
		CASE WHEN j.warning THEN w.reason END), '') AS why,
	j.vacuumed AS last_vacuumed,
	'VACUUM (ANALYZE) ' || j.name || ';' AS remedy_sql
FROM judged j
	CROSS JOIN server g
	LEFT JOIN horizon h ON true
	LEFT JOIN advisor._vacuum_options o ON o.relid = j.relid
	CROSS JOIN LATERAL (SELECT advisor._vacuum_trigger(coalesce(o.vacuum_threshold, g.threshold), coalesce(o.vacuum_scale_factor, g.scale_factor),
		j.reltuples, coalesce(o.vacuum_max_threshold, g.max_threshold)) AS trigger) v
	CROSS JOIN LATERAL (SELECT CASE
		WHEN NOT g.track_counts THEN 'track_counts is off, so autovacuum does not come'
		WHEN NOT coalesce(o.enabled, true) THEN 'autovacuum is off for it'
		WHEN NOT g.autovacuum THEN 'autovacuum is off for the server'
		-- a vacuum has been there since, and left them
		WHEN coalesce(h.since < j.vacuumed, j.vacuumed IS NOT NULL AND h.xmin_age >= g.horizon_xids)
			THEN format('vacuum cannot remove what %s %s may still see', h.holder, h.name)
		WHEN j.dead <= v.trigger THEN format('autovacuum comes at more than %s dead rows only', advisor._count(v.trigger))
		WHEN j.vacuumed IS NULL THEN format('never vacuumed since %s', j.counted_since)
	END AS reason) w;
COMMENT ON VIEW advisor.partition_health IS
	'share of live rows in each partition, by the counters, with a warning below partition_health_percent if at least partition_health_min_dead rows are dead';
COMMENT ON COLUMN advisor.partition_health.root IS 'the table at the top';
COMMENT ON COLUMN advisor.partition_health.parent IS 'the table that it is a partition of';
COMMENT ON COLUMN advisor.partition_health.partition IS 'the partition';
COMMENT ON COLUMN advisor.partition_health.schemaname IS 'its schema';
COMMENT ON COLUMN advisor.partition_health.relname IS 'its name';
COMMENT ON COLUMN advisor.partition_health.n_live_tup IS 'live rows: as counted, or pg_class.reltuples if stats_stale; null if nothing is known';
COMMENT ON COLUMN advisor.partition_health.n_dead_tup IS 'dead rows, as counted';
COMMENT ON COLUMN advisor.partition_health.health IS 'live / (live + dead), 1 without any row; null if nothing is known';
COMMENT ON COLUMN advisor.partition_health.warning IS 'is health below the setting partition_health_percent, and are partition_health_min_dead rows dead?';
COMMENT ON COLUMN advisor.partition_health.stats_stale IS 'the counters began anew after a reset or a crash, and do not know all rows';
COMMENT ON COLUMN advisor.partition_health.why IS 'what keeps autovacuum from it, as far as known, and what the counters do not know; else null';
COMMENT ON COLUMN advisor.partition_health.last_vacuumed IS 'last vacuum, by hand or by autovacuum, since the counters began';
COMMENT ON COLUMN advisor.partition_health.remedy_sql IS 'removes dead rows (ShareUpdateExclusiveLock: reads and writes go on)';

-- A grid that cannot be known, or a policy that somebody wrote nonsense into, must
-- not keep others from seeing their gaps.
CREATE FUNCTION advisor._gap_cells(policy advisor.partition_policies, parent regclass, lower text, upper text) RETURNS bigint
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE COST 10000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	grid advisor._partition_grid;
BEGIN
	IF policy.step IS NULL THEN
		policy := advisor._policy(parent);
	END IF;
	-- between values of the second column there is no step
	IF policy.step IS NULL OR lower = upper THEN
		RETURN NULL;
	END IF;
	grid := advisor._grid(policy);
	-- the first and the last cell may be cut by partitions off the grid
	RETURN CASE WHEN advisor._grid_value(grid, advisor._grid_index(grid, upper)) = upper THEN 0 ELSE 1 END
		+ advisor._grid_index(grid, upper) - advisor._grid_index(grid, lower);
EXCEPTION WHEN OTHERS THEN
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION advisor._gap_cells(advisor.partition_policies, regclass, text, text) IS
	'how many partitions of the usual step a gap is; NULL if the step is not known';

CREATE VIEW advisor.partition_gaps AS
WITH bounds AS MATERIALIZED (
	SELECT b.*,
		lag(b.partition) OVER siblings AS before,
		lag(b.upper) OVER siblings AS upper_before,
		lag(b.upper_bound) OVER siblings AS upper_bound_before,
		max(CASE WHEN b.is_default THEN b.partition END) OVER (PARTITION BY b.parent) AS default_partition
	FROM advisor._partition_bounds() b
	WINDOW siblings AS (PARTITION BY b.parent ORDER BY b.ordinal)
), moduli AS (
	SELECT b.parent, max(b.modulus) AS modulus, min(b.modulus) <> max(b.modulus) AS mixed, sum(1::numeric / b.modulus) AS share
	FROM bounds b
	WHERE b.method = 'hash'
	GROUP BY b.parent
), covered AS (
	-- moduli are factors of one another, so remainders of the largest tell all
	SELECT b.parent, g.remainder
	FROM bounds b
		JOIN moduli m ON m.parent = b.parent AND m.share < 1 AND m.modulus <= 10000
		CROSS JOIN LATERAL generate_series(b.remainder, m.modulus - 1, b.modulus) g(remainder)
), remainders AS (
	SELECT u.parent, array_agg(u.remainder ORDER BY u.remainder) AS remainders
	FROM (
		SELECT m.parent, g.remainder
		FROM moduli m
			CROSS JOIN LATERAL generate_series(0, m.modulus - 1) g(remainder)
		WHERE m.share < 1 AND m.modulus <= 10000
		EXCEPT
		SELECT c.parent, c.remainder FROM covered c
	) u
	GROUP BY u.parent
), incomplete AS (
	SELECT m.parent, m.modulus, m.mixed, round((1 - m.share) * m.modulus)::bigint AS missing, r.remainders
	FROM moduli m
		LEFT JOIN remainders r ON r.parent = m.parent
	WHERE round((1 - m.share) * m.modulus) > 0
), gaps AS (
	SELECT b.parent, 'range' AS method, b.before, b.partition AS after, b.upper_before AS lower, b.lower AS upper,
		b.upper_bound_before AS lower_bound, b.lower_bound AS upper_bound,
		NULL::integer AS modulus, NULL::boolean AS mixed, NULL::integer[] AS remainders, NULL::bigint AS missing, b.default_partition
	FROM bounds b
	WHERE b.after_gap
	UNION ALL
	SELECT i.parent, 'hash', NULL, NULL, NULL, NULL, NULL, NULL, i.modulus, i.mixed, i.remainders, i.missing, NULL
	FROM incomplete i
)
SELECT
	g.parent::regclass AS parent,
	t.root::regclass AS root,
	t.nspname AS schemaname,
	t.relname,
	t.level,
	g.method,
	g.before::regclass AS after_partition,
	g.after::regclass AS before_partition,
	g.lower,
	g.upper,
	g.lower_bound,
	g.upper_bound,
	CASE WHEN g.method = 'range' THEN advisor._gap_cells(p.policy, g.parent::regclass, g.lower, g.upper) ELSE g.missing END AS cells,
	g.modulus,
	g.remainders AS missing_remainders,
	g.default_partition::regclass AS default_partition,
	CASE
		WHEN g.method = 'range' THEN format('SELECT * FROM advisor.fill_partition_gaps(%L);', t.name)
		-- those of a set that is being made larger
		WHEN g.mixed THEN (
			SELECT string_agg(format(E'CREATE TABLE %1$s (LIKE %2$s INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE);\n'
				'ALTER TABLE %2$s ATTACH PARTITION %1$s FOR VALUES WITH (MODULUS %3$s, REMAINDER %4$s);',
				quote_ident(t.nspname) || '.' || quote_ident(advisor._partition_name(g.parent::regclass, format('h%s_%s', g.modulus, r.remainder), t.nspname)),
				t.name, g.modulus, r.remainder), E'\n' ORDER BY r.remainder)
			FROM unnest(g.remainders) r(remainder))
		ELSE format('SELECT * FROM advisor.create_hash_partitions(%L, %s);', t.name, g.modulus) END AS remedy_sql
FROM gaps g
	JOIN advisor._partition_tree t ON t.relid = g.parent
	LEFT JOIN advisor._visible_policies p ON p.parent = g.parent;
COMMENT ON VIEW advisor.partition_gaps IS
	'ranges between partitions that no partition covers, and remainders that sets of hash partitions lack; rows of which there is no partition are refused, unless there is a default';
COMMENT ON COLUMN advisor.partition_gaps.parent IS 'the partitioned table';
COMMENT ON COLUMN advisor.partition_gaps.root IS 'the table at the top';
COMMENT ON COLUMN advisor.partition_gaps.schemaname IS 'schema of the partitioned table';
COMMENT ON COLUMN advisor.partition_gaps.relname IS 'name of the partitioned table';
COMMENT ON COLUMN advisor.partition_gaps.level IS '0 for the root';
COMMENT ON COLUMN advisor.partition_gaps.method IS 'range or hash';
COMMENT ON COLUMN advisor.partition_gaps.after_partition IS 'the partition below the gap';
COMMENT ON COLUMN advisor.partition_gaps.before_partition IS 'the partition above the gap';
COMMENT ON COLUMN advisor.partition_gaps.lower IS 'where the gap begins, in the first column (times in UTC)';
COMMENT ON COLUMN advisor.partition_gaps.upper IS 'where it ends, which does not belong to it';
COMMENT ON COLUMN advisor.partition_gaps.lower_bound IS 'where it begins, all columns';
COMMENT ON COLUMN advisor.partition_gaps.upper_bound IS 'where it ends, all columns';
COMMENT ON COLUMN advisor.partition_gaps.cells IS 'number of partitions that are missing, by the step of the policy or else of the partitions there are; null if not known';
COMMENT ON COLUMN advisor.partition_gaps.modulus IS 'largest modulus of the hash partitions';
COMMENT ON COLUMN advisor.partition_gaps.missing_remainders IS 'remainders of modulus without partition; null for ranges, and for moduli above 10,000';
COMMENT ON COLUMN advisor.partition_gaps.default_partition IS 'where rows of the gap go; null if they are refused';
COMMENT ON COLUMN advisor.partition_gaps.remedy_sql IS 'makes the partitions';

-- Partitioned tables, with what is to be done with them and what was.

CREATE VIEW advisor.partitioned_tables AS
WITH policies AS MATERIALIZED (
	SELECT p.*, l.logged_at AS last_run, l.status AS last_status, l.detail AS last_detail
	FROM advisor._visible_policies p
		LEFT JOIN LATERAL (
			SELECT l.logged_at, l.status, l.detail
			FROM advisor.partition_log l
			WHERE l.parent = p.parent AND l.action = 'run' AND l.status <> 'skipped'
			ORDER BY l.logged_at DESC, l.log_id DESC
			LIMIT 1
		) l ON true
), leaves AS MATERIALIZED (
	SELECT t.root, count(*) AS leaves FROM advisor._partition_tree t WHERE t.relkind <> 'p' GROUP BY t.root
), owned AS MATERIALIZED (
	-- the sequence that a number is taken from
	SELECT k.relid, min(d.objid) AS seqid
	FROM advisor._partition_keys k
		JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
			AND d.refobjid = k.relid AND d.refobjsubid = k.attnum AND d.deptype IN ('a', 'i')
		JOIN pg_sequence q ON q.seqrelid = d.objid AND q.seqincrement > 0
	WHERE k.method = 'range' AND k.attnum > 0
	GROUP BY k.relid
), sequences AS MATERIALIZED (
	SELECT o.relid, s.last_value,
		CASE WHEN pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AND now() - f.observed_at >= interval '1 hour'
			THEN (s.last_value - f.value)::float8 / (extract(epoch FROM now() - f.observed_at)::float8 / 86400) END AS per_day
	FROM owned o
		JOIN advisor._sequences() s ON s.seqid = o.seqid
		LEFT JOIN advisor._first_observations f ON f.metric = 'sequence' AND f.object = advisor._quoted_name(o.seqid)
	WHERE EXISTS (SELECT FROM owned)
)
SELECT
	t.relid::regclass AS parent,
	t.parent::regclass AS partition_of,
	t.root::regclass AS root,
	t.nspname AS schemaname,
	t.relname,
	t.level,
	k.method,
	k.key,
	k.type::regtype AS key_type,
	CASE WHEN t.level = 0 THEN coalesce(l.leaves, 0) END AS leaves,
	p.parent IS NOT NULL AS has_policy,
	p.enabled,
	p.step,
	p.key_unit,
	p.time_zone,
	p.premake,
	p.retention,
	p.retention_action,
	p.min_keep,
	p.created_at AS policy_created_at,
	p.last_run,
	p.last_status,
	p.last_detail,
	s.last_value AS sequence_value,
	s.per_day AS sequence_per_day
FROM advisor._partition_tree t
	JOIN advisor._partition_keys k ON k.relid = t.relid
	LEFT JOIN leaves l ON l.root = t.relid
	LEFT JOIN policies p ON p.parent = t.relid
	LEFT JOIN sequences s ON s.relid = t.relid
WHERE t.relkind = 'p';
COMMENT ON VIEW advisor.partitioned_tables IS
	'partitioned tables, also those that are partitions, with their policies and the last runs of maintenance as far as the reader may know of them: owners and members of pg_read_all_stats';
COMMENT ON COLUMN advisor.partitioned_tables.parent IS 'the partitioned table';
COMMENT ON COLUMN advisor.partitioned_tables.partition_of IS 'the table that it is a partition of, null if it is none';
COMMENT ON COLUMN advisor.partitioned_tables.root IS 'the table at the top';
COMMENT ON COLUMN advisor.partitioned_tables.schemaname IS 'schema of the table';
COMMENT ON COLUMN advisor.partitioned_tables.relname IS 'its name';
COMMENT ON COLUMN advisor.partitioned_tables.level IS '0 for the root';
COMMENT ON COLUMN advisor.partitioned_tables.method IS 'range, list or hash';
COMMENT ON COLUMN advisor.partitioned_tables.key IS 'by what it is partitioned; ... for an expression that is locked now';
COMMENT ON COLUMN advisor.partitioned_tables.key_type IS 'type of the first column of the key; null for an expression';
COMMENT ON COLUMN advisor.partitioned_tables.leaves IS 'number of partitions that are not partitioned themselves, of all levels; null below the root';
COMMENT ON COLUMN advisor.partitioned_tables.has_policy IS 'is there a policy that the reader may know of?';
COMMENT ON COLUMN advisor.partitioned_tables.enabled IS 'policy: false leaves it alone';
COMMENT ON COLUMN advisor.partitioned_tables.step IS 'policy: width of a partition';
COMMENT ON COLUMN advisor.partitioned_tables.key_unit IS 'policy: what the key means';
COMMENT ON COLUMN advisor.partitioned_tables.time_zone IS 'policy: zone of days and months';
COMMENT ON COLUMN advisor.partitioned_tables.premake IS 'policy: number of partitions after the current one';
COMMENT ON COLUMN advisor.partitioned_tables.retention IS 'policy: how much is kept';
COMMENT ON COLUMN advisor.partitioned_tables.retention_action IS 'policy: what becomes of older partitions';
COMMENT ON COLUMN advisor.partitioned_tables.min_keep IS 'policy: number of partitions that are kept however old they are';
COMMENT ON COLUMN advisor.partitioned_tables.policy_created_at IS 'since when it has a policy';
COMMENT ON COLUMN advisor.partitioned_tables.last_run IS 'end of the last run of maintenance; null if none is in advisor.partition_log';
COMMENT ON COLUMN advisor.partitioned_tables.last_status IS 'what came of it';
COMMENT ON COLUMN advisor.partitioned_tables.last_detail IS 'what it had to say';
COMMENT ON COLUMN advisor.partitioned_tables.sequence_value IS 'last value of the sequence of the first column of the key, if it is a number with one that the reader may see';
COMMENT ON COLUMN advisor.partitioned_tables.sequence_per_day IS 'how much it grows a day, by advisor.observations; for members of pg_read_all_stats';

-- Times are compared as microseconds since 1970: absolute ones for timestamptz and
-- numbers that mean times, local ones for date and timestamp.
CREATE FUNCTION advisor._clock_microseconds(as_of timestamptz, zone text, local boolean) RETURNS numeric
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE COST 100
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN extract(epoch FROM CASE WHEN local THEN as_of AT TIME ZONE zone ELSE as_of AT TIME ZONE 'UTC' END) * 1000000;
EXCEPTION WHEN invalid_parameter_value THEN
	-- no such time zone: somebody wrote nonsense into a policy
	RETURN extract(epoch FROM as_of) * 1000000;
END
$$;
COMMENT ON FUNCTION advisor._clock_microseconds(timestamptz, text, boolean) IS
	'a moment in microseconds since 1970, of the clock on the wall in a time zone if local';

CREATE FUNCTION advisor._key_kind(type regtype, bound text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN type IN ('timestamptz', 'timestamp', 'date') THEN format_type(type, NULL)
		WHEN type = 'uuid'::regtype THEN 'uuid'
		WHEN type IN ('int2', 'int4', 'int8', 'numeric') THEN 'number'
		WHEN type IS NOT NULL THEN NULL
		-- an expression, told by what its bounds look like
		WHEN bound ~ '^\d{4,}-\d\d-\d\d( BC)?$' THEN 'date'
		WHEN bound ~ '^\d{4,}-\d\d-\d\d [0-9:.]+( BC)?$' THEN 'timestamp without time zone'
		WHEN bound ~ '^\d{4,}-\d\d-\d\d [0-9:.]+\+00( BC)?$' THEN 'timestamp with time zone'
		WHEN bound ~ '^-?\d+(\.\d+)?$' THEN 'number'
	END;
END;
COMMENT ON FUNCTION advisor._key_kind(regtype, text) IS
	'type of a key by which time or numbers go on: a type of time, number, uuid, or NULL; of expressions by a bound';

CREATE FUNCTION advisor._key_microseconds(place numeric, kind text, unit text) RETURNS numeric
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN kind IN ('date', 'timestamp without time zone', 'timestamp with time zone') THEN place
		WHEN kind = 'number' THEN CASE unit
			WHEN 'seconds' THEN place * 1000000
			WHEN 'milliseconds' THEN place * 1000
			WHEN 'microseconds' THEN place
			WHEN 'nanoseconds' THEN place / 1000 END
		-- the first 48 of 128 bits are milliseconds
		WHEN kind = 'uuid' AND unit = 'uuidv7' THEN place / 1208925819614629174706176 * 1000
	END;
END;
COMMENT ON FUNCTION advisor._key_microseconds(numeric, text, text) IS
	'the position of a key as microseconds since 1970; NULL if it is no time';

CREATE FUNCTION advisor._moment(microseconds numeric, zone text, local boolean) RETURNS timestamptz
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE COST 100
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- the year 10000 is as good as never
	IF microseconds >= 253402300800000000 THEN
		RETURN 'infinity';
	ELSIF microseconds < -62135596800000000 THEN
		RETURN '-infinity';
	END IF;
	RETURN (timestamp '1970-01-01' + (microseconds / 1000000)::float8 * interval '1 second') AT TIME ZONE CASE WHEN local THEN zone ELSE 'UTC' END;
EXCEPTION WHEN invalid_parameter_value THEN
	RETURN to_timestamp((microseconds / 1000000)::float8);
END
$$;
COMMENT ON FUNCTION advisor._moment(numeric, text, boolean) IS
	'takes _clock_microseconds() back; infinite outside of the years 1 to 9999';

-- How far the partitions of each set reach, seen from a moment.  It runs with the
-- reader's rights, so all that it reads is public.
CREATE FUNCTION advisor._runway_at(
	as_of timestamptz,
	OUT parent oid,
	OUT axis text,
	OUT inferred boolean,
	OUT current_value text,
	OUT current_partition oid,
	OUT partitions bigint,
	OUT ahead bigint,
	OUT covered_until text,
	OUT covered_until_at timestamptz,
	OUT days_left float8,
	OUT rows_left numeric,
	OUT default_partition oid,
	OUT default_rows bigint,
	OUT level text)
	RETURNS SETOF record
	LANGUAGE sql STABLE PARALLEL UNSAFE COST 100000 ROWS 100
	SET DateStyle = 'ISO, YMD'
BEGIN ATOMIC
	WITH RECURSIVE bounds AS MATERIALIZED (
		SELECT b.* FROM advisor._partition_bounds() b WHERE b.method = 'range'
	), samples AS (
		SELECT b.parent, max(coalesce(b.lower, b.upper)) AS bound FROM bounds b GROUP BY b.parent
	), tables AS MATERIALIZED (
		SELECT t.*, k.kind, k.kind IN ('date', 'timestamp without time zone') AS local,
			coalesce(t.time_zone, current_setting('TimeZone')) AS zone,
			u.unit,
			coalesce(t.enabled, false) AS told,
			CASE
				WHEN k.kind IN ('date', 'timestamp without time zone', 'timestamp with time zone') THEN 'time'
				WHEN k.kind = 'number' THEN CASE WHEN u.unit IN ('seconds', 'milliseconds', 'microseconds', 'nanoseconds') THEN 'time' ELSE 'number' END
				WHEN k.kind = 'uuid' AND u.unit = 'uuidv7' THEN 'time'
			END AS axis
		FROM advisor.partitioned_tables t
			LEFT JOIN samples s ON s.parent = t.parent
			CROSS JOIN LATERAL (SELECT advisor._key_kind(t.key_type, s.bound) AS kind) k
			-- numbers that would be times of our days are
			CROSS JOIN LATERAL (SELECT coalesce(t.key_unit, CASE WHEN k.kind IN ('number', 'uuid') THEN advisor._common_unit(t.parent, k.kind) END) AS unit OFFSET 0) u
		WHERE t.method = 'range'
	), below_time AS (
		-- time goes on at the top: below it, all ends by design
		SELECT t.parent FROM tables t WHERE t.axis = 'time'
		UNION ALL
		SELECT i.inhrelid
		FROM below_time u
			JOIN pg_inherits i ON i.inhparent = u.parent
			JOIN pg_class c ON c.oid = i.inhrelid AND c.relkind = 'p'
	), nested AS MATERIALIZED (
		SELECT u.parent FROM below_time u GROUP BY u.parent HAVING count(*) > 1
	), confined AS MATERIALIZED (
		-- the range that it is in itself ends
		SELECT DISTINCT t.parent
		FROM tables t
			CROSS JOIN LATERAL pg_partition_ancestors(t.parent) a
			JOIN bounds b ON b.partition = a.relid AND b.upper_position < 'Infinity'
			JOIN tables u ON u.parent = b.parent AND u.key = t.key
	), sets AS MATERIALIZED (
		SELECT t.*, CASE t.axis WHEN 'time' THEN advisor._clock_microseconds(_runway_at.as_of, t.zone, t.local)
			-- what comes next
			ELSE t.sequence_value::numeric + 1 END AS clock
		FROM tables t
			LEFT JOIN nested n ON n.parent = t.parent
		WHERE t.axis IS NOT NULL AND (t.axis = 'number' OR n.parent IS NULL)
			AND NOT EXISTS (SELECT FROM confined x WHERE x.parent = t.parent)
	), ranges AS MATERIALIZED (
		SELECT b.parent, b.partition, b.ordinal, b.upper, s.clock, r.lo, r.hi,
			count(*) FILTER (WHERE b.after_gap) OVER (PARTITION BY b.parent ORDER BY b.ordinal) AS island
		FROM bounds b
			JOIN sets s ON s.parent = b.parent
			CROSS JOIN LATERAL (SELECT
				CASE s.axis WHEN 'time' THEN advisor._key_microseconds(b.lower_position, s.kind, s.unit) ELSE b.lower_position END AS lo,
				CASE s.axis WHEN 'time' THEN advisor._key_microseconds(b.upper_position, s.kind, s.unit) ELSE b.upper_position END AS hi) r
		WHERE NOT b.is_default
	), islands AS (
		SELECT r.parent, r.island, max(r.hi) AS hi, (array_agg(r.upper ORDER BY r.ordinal DESC))[1] AS upper,
			bool_or(r.lo <= r.clock AND r.clock < r.hi) AS current,
			-- with a key of several columns, the first may be the same in many
			count(DISTINCT r.lo) FILTER (WHERE r.lo > r.clock) AS ahead
		FROM ranges r
		GROUP BY r.parent, r.island
	), reach AS MATERIALIZED (
		SELECT r.parent, count(*) AS partitions, min(r.lo) AS lo, max(r.hi) AS hi,
			(array_agg(r.partition ORDER BY r.ordinal) FILTER (WHERE r.lo <= r.clock AND r.clock < r.hi))[1] AS current,
			(array_agg(r.partition ORDER BY r.ordinal DESC))[1] AS last,
			(array_agg(r.upper ORDER BY r.ordinal DESC))[1] AS upper,
			(array_agg(r.hi - r.lo ORDER BY r.ordinal DESC) FILTER (WHERE r.lo > '-Infinity' AND r.hi < 'Infinity'))[1] AS width
		FROM ranges r
		GROUP BY r.parent
	), heads AS (
		SELECT b.parent, b.partition AS head, b.partition AS relid
		FROM bounds b
			JOIN sets s ON s.parent = b.parent
			LEFT JOIN reach r ON r.parent = b.parent
		WHERE b.is_default OR b.partition = r.last
		UNION ALL
		SELECT h.parent, h.head, i.inhrelid
		FROM heads h
			JOIN pg_inherits i ON i.inhparent = h.relid
	), contents AS MATERIALIZED (
		SELECT h.head,
			-- nobody has vacuumed or analyzed it since the counters began: the catalog knows what was before
			sum(CASE WHEN coalesce(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid),
					pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)) IS NULL
				THEN GREATEST(pg_stat_get_live_tuples(c.oid), c.reltuples::bigint, 0) ELSE pg_stat_get_live_tuples(c.oid) END)::bigint AS rows,
			sum(pg_stat_get_tuples_inserted(c.oid)) AS inserted
		FROM heads h
			JOIN pg_class c ON c.oid = h.relid AND c.relkind = 'r'
		GROUP BY h.head
	), seen AS (
		SELECT s.*, coalesce(r.partitions, 0) AS partitions, r.lo, r.hi, r.width, r.current,
			i.hi AS until, r.upper,
			i.upper AS until_text, coalesce(i.ahead, 0) AS ahead,
			d.partition AS default_partition, coalesce(dc.rows, 0) AS default_rows,
			CASE
				-- it is told to go on
				WHEN s.told THEN true
				WHEN s.clock IS NULL THEN false
				WHEN s.clock >= r.lo AND s.clock < r.hi THEN true
				-- what ended long ago ended by design, unless rows still come
				WHEN s.clock >= r.hi THEN coalesce(dc.inserted > 0, false) OR coalesce(lc.rows > 0 AND s.clock - r.hi <= 2 * r.width, false)
				ELSE false
			END AS running
		FROM sets s
			LEFT JOIN reach r ON r.parent = s.parent
			LEFT JOIN islands i ON i.parent = s.parent AND i.current
			LEFT JOIN bounds d ON d.parent = s.parent AND d.is_default
			LEFT JOIN contents dc ON dc.head = d.partition
			LEFT JOIN contents lc ON lc.head = r.last
	), timed AS (
		SELECT s.*,
			CASE WHEN s.clock IS NULL THEN NULL
				WHEN s.until IS NULL THEN 0::float8
				WHEN s.axis = 'time' THEN ((s.until - s.clock) / 86400000000)::float8
				ELSE (s.until - s.clock)::float8 / NULLIF(GREATEST(s.sequence_per_day, 0), 0) END AS days_left
		FROM seen s
	)
	SELECT t.parent::oid, t.axis, NOT t.told,
		CASE t.axis WHEN 'time' THEN to_char(_runway_at.as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || '+00' ELSE t.clock::text END,
		t.current, t.partitions, t.ahead,
		CASE WHEN t.clock >= t.hi THEN t.upper ELSE t.until_text END,
		CASE WHEN t.axis = 'time' THEN advisor._moment(CASE WHEN t.clock >= t.hi THEN t.hi ELSE t.until END, t.zone, t.local) END,
		t.days_left,
		CASE WHEN t.axis = 'number' THEN coalesce(t.until - t.clock, CASE WHEN t.clock IS NOT NULL THEN 0 END) END,
		t.default_partition, CASE WHEN t.default_partition IS NOT NULL THEN t.default_rows END,
		CASE
			WHEN t.clock IS NULL THEN NULL
			WHEN NOT t.running THEN 'closed'
			WHEN t.current IS NULL THEN 'out'
			WHEN t.told AND t.ahead >= (t.premake + 1) / 2 THEN 'ok'
			WHEN t.days_left < advisor._setting('partition_runway_days') THEN 'low'
			-- how fast numbers grow is not known
			WHEN t.days_left IS NULL AND t.until - t.clock < t.width / 10 THEN 'low'
			ELSE 'ok'
		END
	FROM timed t;
END;
COMMENT ON FUNCTION advisor._runway_at(timestamptz) IS
	'what view advisor.partition_runway shows, at a moment';

CREATE VIEW advisor.partition_runway AS
SELECT
	r.parent::regclass AS parent,
	t.root,
	t.schemaname,
	t.relname,
	t.key,
	r.axis,
	t.has_policy,
	t.enabled AS policy_enabled,
	r.current_value,
	r.current_partition::regclass AS current_partition,
	r.partitions,
	r.ahead,
	t.premake,
	r.covered_until,
	r.covered_until_at,
	r.days_left,
	r.rows_left,
	t.sequence_per_day AS rows_per_day,
	r.default_partition::regclass AS default_partition,
	r.default_rows,
	r.level,
	t.last_run,
	t.last_status
FROM advisor._runway_at(now()) r
	JOIN advisor.partitioned_tables t ON t.parent = r.parent;
COMMENT ON VIEW advisor.partition_runway IS
	'how far the partitions reach of tables that are partitioned by ranges of times or numbers, from now on or from where the sequence of the key is';
COMMENT ON COLUMN advisor.partition_runway.parent IS 'the partitioned table';
COMMENT ON COLUMN advisor.partition_runway.root IS 'the table at the top';
COMMENT ON COLUMN advisor.partition_runway.schemaname IS 'schema of the partitioned table';
COMMENT ON COLUMN advisor.partition_runway.relname IS 'name of the partitioned table';
COMMENT ON COLUMN advisor.partition_runway.key IS 'by what it is partitioned';
COMMENT ON COLUMN advisor.partition_runway.axis IS 'time or number';
COMMENT ON COLUMN advisor.partition_runway.has_policy IS 'is there a policy that the reader may know of?';
COMMENT ON COLUMN advisor.partition_runway.policy_enabled IS 'is it enabled? null without one';
COMMENT ON COLUMN advisor.partition_runway.current_value IS 'from where the distance is measured: now, or the next value of the sequence; null if there is none';
COMMENT ON COLUMN advisor.partition_runway.current_partition IS 'the partition of that; null if there is none';
COMMENT ON COLUMN advisor.partition_runway.partitions IS 'number of partitions, the default not counted';
COMMENT ON COLUMN advisor.partition_runway.ahead IS 'number of partitions after the current one without a gap between';
COMMENT ON COLUMN advisor.partition_runway.premake IS 'number that the policy asks for';
COMMENT ON COLUMN advisor.partition_runway.covered_until IS 'end of the last of those; if all partitions have ended, of the last; null if now lies in a gap or before all';
COMMENT ON COLUMN advisor.partition_runway.covered_until_at IS 'the same as a moment, if the key is a time; infinity beyond the year 9999';
COMMENT ON COLUMN advisor.partition_runway.days_left IS 'days until then; for numbers by rows_per_day, null if that is not known';
COMMENT ON COLUMN advisor.partition_runway.rows_left IS 'how many numbers are left until then';
COMMENT ON COLUMN advisor.partition_runway.rows_per_day IS 'how much the sequence grows a day, by advisor.observations';
COMMENT ON COLUMN advisor.partition_runway.default_partition IS 'the default partition';
COMMENT ON COLUMN advisor.partition_runway.default_rows IS 'rows in it, by the counters';
COMMENT ON COLUMN advisor.partition_runway.level IS 'ok, low (less than partition_runway_days and than the policy asks for), out (now has no partition), closed (a set that ended, or has not begun, and has no policy); null if the current value is not known';
COMMENT ON COLUMN advisor.partition_runway.last_run IS 'last run of maintenance';
COMMENT ON COLUMN advisor.partition_runway.last_status IS 'what came of it';

/*
 * 73_partition_advice: which tables should be partitioned, by what, and what
 * that brings.  Needs 42_observations, 45_partitions and 62_workload.
 *
 * Partitions pay in two ways.  Old rows go by dropping a partition, where a
 * DELETE writes as much again and leaves work for vacuum; and scans leave
 * partitions out, if they ask for a part of the key's values.  They cost as well:
 * every statement that does not say which partitions it wants looks into all.
 * The first is why most tables are partitioned, the last is why some should not
 * be, so both are counted from what was captured.
 */

INSERT INTO advisor.settings (name, value, unit, minimum, maximum, description) VALUES
	('partition_min_size', 10240, 'MB', 0, 1e12, 'smaller tables are not advised to be partitioned, unless old rows are deleted from them'),
	('partition_large_size', 102400, 'MB', 0, 1e12, 'smaller tables are only suggested for partitioning, larger ones recommended'),
	('partition_floor_size', 1024, 'MB', 0, 1e12, 'smaller tables are never advised to be partitioned'),
	('partition_least_size', 1024, 'MB', 0, 1e12, 'partitions should not be smaller'),
	('partition_most_size', 20480, 'MB', 0, 1e12, 'partitions should not be larger'),
	('partition_min_gain_percent', 10, '%', 0, 100, 'partitions must save such a part of the time spent on the table, unless old rows are deleted from it'),
	-- Measured with 365 partitions, of which a statement without the key reads each: 8.6 ms instead of 0.1,
	-- 3.6 of them in the planner.
	('partition_plan_cost', 10, 'us', 0, 1e6, 'time to plan for one partition more'),
	('partition_execution_cost', 14, 'us', 0, 1e6, 'time to look into one partition more');

-- What the captured statements do.

CREATE FUNCTION advisor._scan_predicates(
	tables oid[],
	time_limit interval DEFAULT '10 s',
	OUT item bigint,
	OUT userid oid,
	OUT queryid bigint,
	OUT text bigint,
	OUT operation text,
	OUT calls_per_day float8,
	OUT ms_per_day float8,
	OUT cost float8,
	OUT scan integer,
	OUT relid oid,
	OUT scan_rows float8,
	OUT scan_cost float8,
	OUT scan_ms_per_day float8,
	OUT method text,
	OUT leading_attnum smallint,
	OUT attnum smallint,
	OUT comparison text,
	OUT has_lower boolean,
	OUT has_upper boolean,
	OUT known boolean,
	OUT fraction float8,
	OUT conditions integer,
	OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_scan_predicates'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000000 ROWS 1000;
COMMENT ON FUNCTION advisor._scan_predicates(oid[], interval) IS
	'how captured statements, of those that the reader may see, scan some tables: a row for each scan, with attnum NULL, and one for each column that it has conditions on of which partitions can be left out; each example of a statement has an equal part of its calls and time (ms a day); a row without scan says why a statement could not be looked at';

-- The planner's word on the gain: only statements of which it knows what they ask
-- for, and that read the table once.
CREATE FUNCTION advisor._pruned_costs(
	relation oid,
	key smallint,
	width float8,
	items bigint[],
	time_limit interval DEFAULT '10 s',
	OUT item bigint,
	OUT text bigint,
	OUT cost_before float8,
	OUT cost_after float8)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_pruned_costs'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000000 ROWS 100;
COMMENT ON FUNCTION advisor._pruned_costs(oid, smallint, float8, bigint[], interval) IS
	'planner costs of some captured statements, of those that the reader may see, as things are, and if a table had no other partitions by ranges of that width (seconds for times) than those that the statement needs; items and texts as in _scan_predicates()';

CREATE FUNCTION advisor._table_writes(
	tables oid[],
	OUT userid oid,
	OUT queryid bigint,
	OUT relid oid,
	OUT operation text,
	OUT calls_per_day float8,
	OUT ms_per_day float8,
	OUT rows_per_day float8,
	OUT changed smallint[])
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_table_writes'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 10000 ROWS 100;
COMMENT ON FUNCTION advisor._table_writes(oid[]) IS
	'captured statements, of those that the reader may see, that write to some tables, with the columns that an UPDATE sets';

CREATE FUNCTION advisor._key_spans(
	relation oid,
	OUT attnum smallint,
	OUT axis text,
	OUT null_frac float8,
	OUT n_distinct float8,
	OUT top_share float8,
	OUT correlation float8,
	OUT span float8,
	OUT newest_age float8,
	OUT lower float8,
	OUT upper float8)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_key_spans'
	LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 10;
COMMENT ON FUNCTION advisor._key_spans(oid) IS
	'what the planner knows of the columns of a table: axis is time (seconds since 2000), number or NULL, span the distance between the least and the greatest value; these themselves only for who may select from the column, all else for members of pg_read_all_stats, too';

-- Tables.

CREATE FUNCTION advisor._partitionable_tables(min_bytes float8, floor_bytes float8, relation oid DEFAULT NULL)
	RETURNS TABLE (relid oid, bytes float8, index_bytes float8, tuples float8, has_statistics boolean,
		inserted bigint, updated bigint, deleted bigint, dead bigint, last_vacuum timestamptz, xid_age integer,
		counted_days float8, refusal text)
	LANGUAGE sql VOLATILE PARALLEL SAFE COST 100000 ROWS 10
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $$
	WITH sizes AS MATERIALIZED (
		SELECT s.relid, s.bytes::float8 AS bytes FROM advisor._relation_sizes() s
	), index_sizes AS MATERIALIZED (
		SELECT i.indrelid, sum(s.bytes) AS bytes
		FROM pg_index i
			JOIN sizes s ON s.relid = i.indexrelid
		GROUP BY i.indrelid
	), tables AS (
		SELECT c.oid, c.relkind, c.relispartition, c.relpersistence, c.reltuples, c.relfrozenxid,
			s.bytes + coalesce(t.bytes, 0) AS bytes, coalesce(i.bytes, 0) AS index_bytes, n.nspname,
			EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') AS of_extension
		FROM pg_class c
			JOIN pg_namespace n ON n.oid = c.relnamespace
			LEFT JOIN sizes s ON s.relid = c.oid
			LEFT JOIN sizes t ON t.relid = c.reltoastrelid
			LEFT JOIN index_sizes i ON i.indrelid = c.oid
		WHERE CASE WHEN relation IS NULL THEN c.relkind = 'r' AND NOT c.relispartition AND c.relpersistence <> 't'
				AND s.bytes + coalesce(t.bytes, 0) >= floor_bytes
			ELSE c.oid = relation END
	), judged AS (
		SELECT t.*, st.n_tup_ins, st.n_tup_upd, st.n_tup_del, st.n_dead_tup, GREATEST(st.last_vacuum, st.last_autovacuum) AS vacuumed,
			CASE
				WHEN t.relkind = 'p' THEN 'it is partitioned already'
				WHEN t.relispartition THEN 'it is a partition'
				WHEN t.relkind <> 'r' THEN 'it is no table'
				WHEN t.relpersistence = 't' THEN 'it is temporary'
				WHEN t.nspname IN ('pg_catalog', 'information_schema', 'pg_toast', 'advisor') THEN 'it belongs to the system'
				WHEN t.of_extension THEN 'it belongs to an extension'
				WHEN t.bytes IS NULL OR t.bytes < floor_bytes THEN 'it is too small'
				WHEN t.bytes < min_bytes AND coalesce(st.n_tup_del, 0) = 0 THEN 'it is too small for what is not deleted from'
				WHEN t.reltuples < 0 THEN 'it was never analyzed'
			END AS refusal
		FROM tables t
			LEFT JOIN pg_stat_all_tables st ON st.relid = t.oid
	)
	SELECT j.oid, j.bytes, j.index_bytes, j.reltuples::float8, j.reltuples >= 0, j.n_tup_ins, j.n_tup_upd, j.n_tup_del, j.n_dead_tup,
		j.vacuumed, CASE WHEN j.relfrozenxid <> '0' THEN age(j.relfrozenxid) END,
		GREATEST(extract(epoch FROM now() - advisor._counted_since())::float8 / 86400, 1 / 24.0::float8), j.refusal
	FROM judged j
	WHERE j.refusal IS NULL OR relation IS NOT NULL;
$$;
COMMENT ON FUNCTION advisor._partitionable_tables(float8, float8, oid) IS
	'tables that are large enough to be partitioned; of one relation a row in any case, with the reason if it is not';

-- What stands against it.  A key that cannot be is hard, a change that the
-- application may notice is not.
CREATE FUNCTION advisor._partition_blockers(relation oid, key smallint, null_frac float8 DEFAULT 0)
	RETURNS TABLE (hard boolean, problem text)
	LANGUAGE sql STABLE PARALLEL SAFE COST 10000 ROWS 5
	SET search_path = pg_catalog, pg_temp
AS $$
	WITH k AS (
		SELECT a.attname, a.attnotnull, a.attgenerated, a.attnum, current_setting('server_version_num')::int AS version
		FROM pg_attribute a
		WHERE a.attrelid = relation AND a.attnum = key AND NOT a.attisdropped
	), uniques AS (
		SELECT i.indisprimary, c.relname,
			(SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY u.n)
				FROM unnest(i.indkey::int2[]) WITH ORDINALITY u(attnum, n)
					JOIN pg_attribute a ON a.attrelid = relation AND a.attnum = u.attnum
				WHERE u.n <= i.indnkeyatts) AS columns
		FROM pg_index i
			JOIN pg_class c ON c.oid = i.indexrelid
		WHERE i.indrelid = relation AND i.indisunique
			AND NOT key = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
	)
	SELECT false, format('primary key %I (%s) becomes (%s, %I): %2$s alone is not kept unique any more', u.relname, u.columns, u.columns, k.attname)
	FROM uniques u CROSS JOIN k
	WHERE u.indisprimary
	UNION ALL
	SELECT true, format('primary key %I would have %I, which is null in some rows', u.relname, k.attname)
	FROM uniques u CROSS JOIN k
	WHERE u.indisprimary AND null_frac > 0
	UNION ALL
	SELECT true, format('unique index %I lacks %I, and could not be kept over all partitions', u.relname, k.attname)
	FROM uniques u CROSS JOIN k
	WHERE NOT u.indisprimary
	UNION ALL
	SELECT true, format('foreign key %I of %s refers to it without %I', f.conname, f.conrelid::regclass, k.attname)
	FROM pg_constraint f CROSS JOIN k
	WHERE f.contype = 'f' AND f.confrelid = relation AND NOT key = ANY (f.confkey)
	UNION ALL
	SELECT true, format('exclusion constraint %I cannot be kept over all partitions', x.conname)
	FROM pg_constraint x CROSS JOIN k
	WHERE x.contype = 'x' AND x.conrelid = relation AND (k.version < 170000 OR NOT key = ANY (x.conkey))
	UNION ALL
	SELECT true, format('%I is a generated column', k.attname)
	FROM k
	WHERE k.attgenerated <> ''
	UNION ALL
	SELECT true, 'other tables inherit from it, or it inherits from others'
	FROM k
	WHERE EXISTS (SELECT FROM pg_inherits i WHERE relation IN (i.inhrelid, i.inhparent))
	UNION ALL
	SELECT true, 'it is a typed table'
	FROM pg_class c
	WHERE c.oid = relation AND c.reloftype <> 0
	UNION ALL
	SELECT true, format('trigger %I has transition tables for each row', t.tgname)
	FROM pg_trigger t
	WHERE t.tgrelid = relation AND NOT t.tgisinternal AND t.tgtype & 1 = 1 AND (t.tgoldtable IS NOT NULL OR t.tgnewtable IS NOT NULL)
	UNION ALL
	SELECT false, format('%I may be null: such rows would go to the default partition', k.attname)
	FROM k
	WHERE NOT k.attnotnull
	UNION ALL
	SELECT false, format('identity of %I becomes a default, as partitioned tables have none before PostgreSQL 17', a.attname)
	FROM pg_attribute a CROSS JOIN k
	WHERE a.attrelid = relation AND a.attidentity <> '' AND NOT a.attisdropped AND k.version < 170000
	UNION ALL
	SELECT false, 'it has row security: whoever reads partitions by themselves is subject to theirs, not to its policies'
	FROM pg_class c
	WHERE c.oid = relation AND c.relrowsecurity
	UNION ALL
	SELECT false, 'its replica identity must be set for each partition'
	FROM pg_class c
	WHERE c.oid = relation AND c.relreplident NOT IN ('d', 'n')
	UNION ALL
	SELECT false, format('publication %I publishes it: subscribers see partitions, unless publish_via_partition_root is set', p.pubname)
	FROM pg_publication_rel r
		JOIN pg_publication p ON p.oid = r.prpubid
	WHERE r.prrelid = relation
	UNION ALL
	SELECT false, format('view %s reads it, and has to be made again', v.ev_class::regclass)
	FROM (SELECT DISTINCT r.ev_class
		FROM pg_depend d
			JOIN pg_rewrite r ON r.oid = d.objid
		WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = relation
			AND d.deptype = 'n' AND r.ev_class <> relation) v
	UNION ALL
	SELECT false, 'it has rules, which would have to be made again'
	FROM pg_class c
	WHERE c.oid = relation AND c.relhasrules AND EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid)
	UNION ALL
	SELECT false, 'it is unlogged, which each partition must be by itself'
	FROM pg_class c
	WHERE c.oid = relation AND c.relpersistence = 'u'
	ORDER BY 1 DESC, 2;
$$;
COMMENT ON FUNCTION advisor._partition_blockers(oid, smallint, float8) IS
	'what stands against partitioning a table by a column: hard is what makes it impossible as things are';

-- How wide partitions are to be.  Sizes and numbers come first; then what is
-- wanted, and then as few as possible.
CREATE FUNCTION advisor._partition_step(axis text, span float8, bytes float8, wanted float8, least_bytes float8, most_bytes float8)
	RETURNS TABLE (step text, width float8, partitions integer, partition_bytes float8)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100 ROWS 1
	SET search_path = pg_catalog, pg_temp
AS $$
	WITH steps (step, width) AS (
		SELECT t.step, t.width
		FROM (VALUES ('1 day', 86400::float8), ('1 week', 604800), ('1 month', 2629746), ('3 months', 7889238), ('1 year', 31556952)) t(step, width)
		WHERE axis = 'time'
		UNION ALL
		SELECT ((10::numeric ^ e)::numeric(20) * m)::text, (10::float8 ^ e) * m
		FROM generate_series(0, 18) e, unnest(ARRAY[1, 2, 5]) m
		WHERE axis = 'number'
	), sized AS (
		-- four are made ahead
		SELECT s.step, s.width, LEAST(ceil(span / s.width) + 4, 1e9) AS n, GREATEST(bytes * LEAST(s.width / span, 1), 1) AS size
		FROM steps s
		WHERE span > 0
	)
	SELECT s.step, s.width, s.n::integer, s.size
	FROM sized s
	ORDER BY round((GREATEST(0, ln(12 / s.n), 2 * ln(s.n / 500)) + GREATEST(0, ln(GREATEST(least_bytes, 1) / s.size), ln(s.size / GREATEST(most_bytes, 1))))::numeric, 6),
		CASE WHEN wanted > 0 THEN abs(ln(s.width / wanted)) END,
		s.n
	LIMIT 1;
$$;
COMMENT ON FUNCTION advisor._partition_step(text, float8, float8, float8, float8, float8) IS
	'the width of range partitions of a table whose key spans so much: 12 to 500 of them, of so many bytes at least and at most, as near as possible to what is wanted';

-- Uses of columns, one row for each scan and each column that may be a key.
-- A scan by an index that costs less than POINT reads a handful of pages, of
-- which partitions spare none.
CREATE FUNCTION advisor._key_scans(tables oid[], time_limit interval)
	RETURNS TABLE (item bigint, text bigint, relid oid, attnum smallint, queryid bigint, operation text, calls_per_day float8, ms_per_day float8,
		scan_ms float8, is_point boolean, by_key boolean, is_sequential boolean, comparison text, has_upper boolean, known boolean, fraction float8)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE COST 1000000 ROWS 1000
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $$
	WITH p AS MATERIALIZED (
		SELECT * FROM advisor._scan_predicates(tables, time_limit)
	), keys AS (
		SELECT DISTINCT p.relid, p.attnum
		FROM p
		WHERE p.attnum IS NOT NULL AND p.comparison <> 'join'
	)
	SELECT s.item, s.text, s.relid, k.attnum, s.queryid, s.operation, s.calls_per_day, s.ms_per_day, s.scan_ms_per_day,
		s.method <> 'sequential' AND s.scan_cost < 100, s.method IN ('index', 'bitmap') AND s.leading_attnum = k.attnum, s.method = 'sequential',
		c.comparison, c.has_upper, c.known, c.fraction
	FROM p s
		JOIN keys k ON k.relid = s.relid
		LEFT JOIN p c ON (c.item, c.text, c.scan, c.attnum) = (s.item, s.text, s.scan, k.attnum)
	WHERE s.relid IS NOT NULL AND s.attnum IS NULL
	UNION ALL
	SELECT NULL, NULL, NULL, NULL, p.queryid, p.operation, p.calls_per_day, p.ms_per_day, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
	FROM p
	WHERE p.problem IS NOT NULL;
$$;
COMMENT ON FUNCTION advisor._key_scans(oid[], interval) IS
	'scans of tables by captured statements, for each column that any of them has conditions on, with the condition if this scan has one; without table what could not be looked at';

CREATE FUNCTION advisor._partition_keys(min_bytes float8, floor_bytes float8, relation oid, least_bytes float8, most_bytes float8, time_limit interval)
	RETURNS TABLE (relid oid, bytes float8, refusal text, attnum smallint, method text, step text, partitions integer, partition_bytes float8,
		table_ms float8, gain_ms float8, retention_ms float8, penalty_ms float8, vacuum_evidence boolean, key_ms float8, unseen_ms float8, known boolean,
		null_frac float8, correlation float8, arrival boolean, has_index boolean, moved_rows float8, upserts boolean, faster jsonb, slower jsonb, evidence jsonb)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE COST 1000000 ROWS 10
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $$
	WITH tables AS MATERIALIZED (
		SELECT * FROM advisor._partitionable_tables(min_bytes, floor_bytes, relation)
	), ids AS MATERIALIZED (
		SELECT coalesce(array_agg(t.relid), '{}') AS relids FROM tables t WHERE t.refusal IS NULL
	), writes AS MATERIALIZED (
		SELECT w.* FROM ids, advisor._table_writes(ids.relids) w
	), scans AS MATERIALIZED (
		SELECT row_number() OVER () AS scan_number, s.* FROM ids, advisor._key_scans(ids.relids, time_limit) s
	), unseen AS (
		SELECT coalesce(sum(s.ms_per_day), 0) AS ms FROM scans s WHERE s.relid IS NULL
	), spent AS (
		-- what a statement that writes to the table takes, it takes for the table
		SELECT t.relid,
			coalesce((SELECT sum(w.ms_per_day) FROM writes w WHERE w.relid = t.relid), 0)
			+ coalesce((SELECT sum(x.ms) FROM (
				SELECT max(s.scan_ms) AS ms
				FROM (SELECT s.attnum, s.queryid, sum(s.scan_ms) AS scan_ms FROM scans s WHERE s.relid = t.relid GROUP BY s.attnum, s.queryid) s
				WHERE NOT EXISTS (SELECT FROM writes w WHERE w.relid = t.relid AND w.queryid = s.queryid)
				GROUP BY s.queryid) x), 0) AS ms
		FROM tables t
	), retention AS MATERIALIZED (
		-- DELETE of what is older: whoever does it, whatever else it asks for
		SELECT d.relid, d.attnum, sum(w.calls_per_day) AS calls, sum(w.ms_per_day) AS ms, sum(w.rows_per_day) AS rows,
			array_agg(DISTINCT w.queryid ORDER BY w.queryid) AS queryids
		FROM (SELECT DISTINCT s.relid, s.attnum, s.queryid FROM scans s
				WHERE s.operation = 'delete' AND s.comparison = 'range' AND s.has_upper) d
			JOIN writes w ON w.relid = d.relid AND w.queryid = d.queryid AND w.operation = 'delete'
		GROUP BY d.relid, d.attnum
	), keys AS MATERIALIZED (
		SELECT t.relid, t.bytes, t.tuples, u.attnum, k.axis, k.null_frac, k.n_distinct, k.top_share, k.correlation, k.span, k.newest_age,
			CASE WHEN k.n_distinct < 0 THEN -k.n_distinct * t.tuples ELSE k.n_distinct END AS distinct_values,
			u.has_range, u.has_equal, u.known, u.width * k.span AS query_width, u.ms AS key_ms,
			r.calls AS retention_calls, r.ms AS retention_ms, r.rows AS retention_rows, r.queryids AS retention_queryids,
			CASE WHEN r.rows > 0 THEN k.span * LEAST(r.rows / r.calls / NULLIF(t.tuples, 0), 1) END AS retention_width
		FROM tables t
			CROSS JOIN LATERAL (
				SELECT s.attnum, bool_or(s.comparison = 'range') AS has_range, bool_or(s.comparison IN ('equal', 'in')) AS has_equal,
					coalesce(bool_and(s.known) FILTER (WHERE s.comparison <> 'join'), true) AS known,
					sum(s.fraction * s.scan_ms) FILTER (WHERE s.comparison <> 'join')
						/ NULLIF(sum(s.scan_ms) FILTER (WHERE s.comparison <> 'join'), 0) AS width,
					sum(s.scan_ms) FILTER (WHERE s.comparison <> 'join') AS ms
				FROM scans s
				WHERE s.relid = t.relid
				GROUP BY s.attnum) u
			CROSS JOIN LATERAL advisor._key_spans(t.relid) k
			LEFT JOIN retention r ON r.relid = t.relid AND r.attnum = u.attnum
		WHERE k.attnum = u.attnum
	), methods AS MATERIALIZED (
		SELECT k.*,
			CASE WHEN k.axis = 'time' AND k.span > 0 THEN 'range'
				WHEN k.has_equal AND k.distinct_values BETWEEN 2 AND 50 THEN 'list'
				-- so many that each partition has several
				WHEN k.axis = 'number' AND k.has_range AND k.span > 0 AND k.distinct_values >= 500 THEN 'range'
				WHEN k.has_equal THEN 'hash'
			END AS method
		FROM keys k
	), sized AS MATERIALIZED (
		SELECT m.*, s.step, s.width,
			CASE m.method WHEN 'range' THEN s.partitions
				WHEN 'list' THEN m.distinct_values::integer
				WHEN 'hash' THEN LEAST(64, GREATEST(4, 2 ^ ceil(log(2, GREATEST(2 * m.bytes / most_bytes, 1)::numeric))::integer))::integer
			END AS partitions,
			CASE m.method WHEN 'range' THEN s.partition_bytes
				WHEN 'list' THEN m.bytes * GREATEST(m.top_share, 1 / m.distinct_values)
				WHEN 'hash' THEN m.bytes / LEAST(64, GREATEST(4, 2 ^ ceil(log(2, GREATEST(2 * m.bytes / most_bytes, 1)::numeric))::integer))
			END AS partition_bytes
		FROM methods m
			LEFT JOIN LATERAL advisor._partition_step(m.axis, m.span, m.bytes, coalesce(m.retention_width, m.query_width), least_bytes, most_bytes) s ON m.method = 'range'
		WHERE m.method IS NOT NULL
	), planned AS MATERIALIZED (
		SELECT z.relid, z.attnum, c.item, c.text, GREATEST(1 - c.cost_after / NULLIF(c.cost_before, 0), 0) AS gain
		FROM sized z
			-- the dearest are enough to know
			CROSS JOIN LATERAL (
				SELECT coalesce(array_agg(d.item), '{}') AS items
				FROM (SELECT s.item FROM scans s
					WHERE s.relid = z.relid AND s.attnum = z.attnum AND s.comparison IN ('equal', 'range') AND NOT s.is_point AND s.operation <> 'delete'
					GROUP BY s.item ORDER BY sum(s.scan_ms) DESC LIMIT 50) d) i
			CROSS JOIN LATERAL advisor._pruned_costs(z.relid, z.attnum, z.width, i.items, time_limit) c
		WHERE z.method = 'range'
	), priced AS MATERIALIZED (
		SELECT z.relid, z.attnum, s.queryid, bool_and(c.gain IS NOT NULL) AS verified,
			sum(CASE
				WHEN s.comparison IS NULL OR s.comparison = 'join' OR s.is_point OR s.queryid = ANY (z.retention_queryids) THEN 0
				WHEN z.method = 'hash' AND s.comparison = 'range' OR z.method = 'list' AND s.comparison = 'range' THEN 0
				-- an index on the key itself reads no more than there is to read, if the rows are in its order
				WHEN s.by_key AND abs(z.correlation) >= 0.5 AND c.gain IS NULL THEN 0
				-- the rule says what is not read any more, the planner what that is worth: the smaller is true
				ELSE GREATEST(0, LEAST(c.gain * s.ms_per_day, s.scan_ms * (1 - LEAST(1, CASE z.method
					WHEN 'range' THEN s.fraction + z.width / z.span
					WHEN 'list' THEN GREATEST(s.fraction, 1 / z.distinct_values)
					ELSE 1.0::float8 / z.partitions END)))
					- s.calls_per_day * probe.ms * CASE z.method WHEN 'range' THEN s.fraction * z.span / z.width + 1 ELSE 1 END) END) AS gain,
			sum(CASE WHEN s.comparison IS NULL OR s.comparison = 'join' OR z.method <> 'range' AND s.comparison = 'range'
				THEN s.calls_per_day * z.partitions * probe.ms
				ELSE 0 END) AS penalty
		FROM sized z
			JOIN scans s ON s.relid = z.relid AND s.attnum = z.attnum
			CROSS JOIN (SELECT (advisor._setting('partition_plan_cost') + advisor._setting('partition_execution_cost')) / 1000 AS ms) probe
			LEFT JOIN planned c ON (c.relid, c.attnum, c.item, c.text) = (s.relid, s.attnum, s.item, s.text)
		GROUP BY z.relid, z.attnum, s.queryid
	), sums AS MATERIALIZED (
		SELECT p.relid, p.attnum, sum(p.gain) AS gain, sum(p.penalty) AS penalty,
			jsonb_agg(jsonb_build_object('queryid', p.queryid, 'ms_per_day', round(p.gain::numeric, 3), 'verified', p.verified) ORDER BY p.gain DESC, p.queryid)
				FILTER (WHERE p.gain > p.penalty) AS faster,
			jsonb_agg(jsonb_build_object('queryid', p.queryid, 'ms_per_day', round(p.penalty::numeric, 3)) ORDER BY p.penalty DESC, p.queryid)
				FILTER (WHERE p.penalty > p.gain) AS slower
		FROM priced p
		GROUP BY p.relid, p.attnum
	), memory AS MATERIALIZED (
		SELECT LEAST(m.memory_total, m.memory_limit)::float8 AS bytes FROM advisor._system() m
	), moves AS (
		SELECT w.relid, u.attnum, sum(w.rows_per_day) AS rows
		FROM writes w CROSS JOIN LATERAL unnest(w.changed) u(attnum)
		WHERE w.operation <> 'insert'
		GROUP BY w.relid, u.attnum
	)
	SELECT t.relid, t.bytes, t.refusal, z.attnum, z.method, z.step, z.partitions, z.partition_bytes,
		sp.ms, s.gain, coalesce(z.retention_ms, 0), s.penalty,
		z.method = 'range' AND (coalesce(t.index_bytes > m.bytes, false)
			OR coalesce(t.xid_age > 1.25 * current_setting('autovacuum_freeze_max_age')::float8, false)),
		coalesce(z.key_ms, 0), un.ms, z.known, z.null_frac, z.correlation,
		z.axis = 'time' AND z.correlation >= 0.9 AND z.newest_age BETWEEN -86400 AND GREATEST(z.span / 20, 86400),
		EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.relid AND i.indisvalid AND i.indpred IS NULL AND i.indkey[0] = z.attnum),
		coalesce(mv.rows, 0),
		EXISTS (SELECT FROM writes w WHERE w.relid = t.relid AND w.operation = 'insert' AND w.changed <> '{}'),
		coalesce(s.faster, '[]'), coalesce(s.slower, '[]'),
		jsonb_build_object(
			'table', jsonb_build_object('bytes', t.bytes, 'index_bytes', t.index_bytes, 'rows', t.tuples, 'memory_bytes', m.bytes,
				'ms_per_day', round(sp.ms::numeric, 3),
				'growth_rows_per_day', round(((t.inserted - t.deleted) / t.counted_days)::numeric),
				'growth_bytes_per_day', round(((t.inserted - t.deleted) / t.counted_days * t.bytes / NULLIF(t.tuples, 0))::numeric),
				'counted_days', round(t.counted_days::numeric, 2)),
			'writes', jsonb_build_object('inserted', t.inserted, 'updated', t.updated, 'deleted', t.deleted, 'key_updates_per_day', round(coalesce(mv.rows, 0)::numeric, 1)),
			'vacuum', jsonb_build_object('dead_rows', t.dead, 'xid_age', t.xid_age, 'last_vacuum', t.last_vacuum))
		|| CASE WHEN z.attnum IS NULL THEN '{}' ELSE jsonb_build_object(
			'key', jsonb_build_object('axis', z.axis, 'null_frac', z.null_frac, 'n_distinct', z.n_distinct, 'correlation', z.correlation,
				'span', CASE WHEN z.axis = 'time' THEN round((z.span / 86400)::numeric, 1) ELSE z.span::numeric END,
				'span_unit', CASE z.axis WHEN 'time' THEN 'days' WHEN 'number' THEN 'values' END,
				'newest_age_days', round((z.newest_age / 86400)::numeric, 1), 'condition_ms_per_day', round(coalesce(z.key_ms, 0)::numeric, 3)),
			'reads', jsonb_build_object('gain_ms_per_day', round(s.gain::numeric, 3), 'penalty_ms_per_day', round(s.penalty::numeric, 3),
				'unseen_ms_per_day', round(un.ms::numeric, 3), 'typical_width', round((z.query_width / CASE z.axis WHEN 'time' THEN 86400 ELSE 1 END)::numeric, 2))) END
		|| CASE WHEN z.retention_queryids IS NULL THEN '{}' ELSE jsonb_build_object(
			'retention', jsonb_build_object('queryids', z.retention_queryids, 'ms_per_day', round(z.retention_ms::numeric, 3),
				'calls_per_day', round(z.retention_calls::numeric, 3), 'rows_per_day', round(z.retention_rows::numeric),
				'width', round((z.retention_width / CASE z.axis WHEN 'time' THEN 86400 ELSE 1 END)::numeric, 2))) END
	FROM tables t
		CROSS JOIN unseen un
		CROSS JOIN memory m
		JOIN spent sp ON sp.relid = t.relid
		LEFT JOIN sized z ON z.relid = t.relid
		LEFT JOIN sums s ON s.relid = z.relid AND s.attnum = z.attnum
		LEFT JOIN moves mv ON mv.relid = z.relid AND mv.attnum = z.attnum;
$$;
COMMENT ON FUNCTION advisor._partition_keys(float8, float8, oid, float8, float8, interval) IS
	'for each table that is large enough and each column that it could be partitioned by: how, and what that saves and costs in ms a day';

-- What is advised.

CREATE FUNCTION advisor._partition_verdicts(min_size bigint, relation regclass, partition_size bigint, time_limit interval)
	RETURNS TABLE (relid oid, bytes float8, refusal text, attnum smallint, method text, step text, partitions integer, partition_bytes float8,
		table_ms float8, gain_ms float8, retention_ms float8, penalty_ms float8, net_ms float8, has_retention boolean, verdict text,
		hard text[], soft text[], unseen_ms float8, known boolean, correlation float8, arrival boolean, has_index boolean, moved_rows float8,
		upserts boolean, faster jsonb, slower jsonb, evidence jsonb, place bigint, considered jsonb)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE COST 1000000 ROWS 10
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $$
	WITH limits AS MATERIALIZED (
		SELECT coalesce(min_size, 1048576 * advisor._setting('partition_min_size')) AS min_bytes,
			LEAST(min_size, 1048576 * advisor._setting('partition_floor_size')) AS floor_bytes,
			coalesce(10 * min_size::float8, 1048576 * advisor._setting('partition_large_size')) AS large_bytes,
			coalesce(partition_size, 1048576 * advisor._setting('partition_least_size')) AS least_bytes,
			coalesce(20 * partition_size::float8, 1048576 * advisor._setting('partition_most_size')) AS most_bytes,
			advisor._setting('partition_min_gain_percent') / 100 AS min_gain
	), keys AS MATERIALIZED (
		SELECT k.*, k.gain_ms + k.retention_ms - k.penalty_ms AS net_ms, k.evidence ? 'retention' AS has_retention,
			l.min_bytes, l.large_bytes,
			k.gain_ms > 0 AND k.gain_ms + k.retention_ms - k.penalty_ms >= l.min_gain * k.table_ms AS pays
		FROM limits l
			CROSS JOIN LATERAL advisor._partition_keys(l.min_bytes, l.floor_bytes, relation, l.least_bytes, l.most_bytes, time_limit) k
	), blocked AS MATERIALIZED (
		SELECT k.*,
			coalesce((SELECT array_agg(b.problem ORDER BY b.problem) FROM advisor._partition_blockers(k.relid, k.attnum, k.null_frac) b WHERE b.hard), '{}') AS hard,
			coalesce((SELECT array_agg(b.problem ORDER BY b.problem) FROM advisor._partition_blockers(k.relid, k.attnum, k.null_frac) b WHERE NOT b.hard), '{}') AS soft,
			-- what looks for one value needs an index first
			k.method = 'hash' AND (NOT k.has_index OR k.key_ms < 0.9 * k.table_ms
				OR EXISTS (SELECT FROM keys o WHERE o.relid = k.relid AND o.method = 'range' AND (o.pays OR o.has_retention))) AS poor_hash
		FROM keys k
	), judged AS (
		SELECT b.*,
			CASE WHEN b.refusal IS NOT NULL OR b.attnum IS NULL OR b.poor_hash
					OR NOT (b.pays OR b.has_retention OR b.vacuum_evidence AND b.arrival AND b.net_ms >= 0)
					OR b.bytes < b.min_bytes AND NOT b.has_retention THEN 'none'
				WHEN b.hard <> '{}' THEN 'blocked'
				WHEN b.has_retention AND b.net_ms > 0 THEN 'recommended'
				WHEN b.has_retention THEN 'consider'
				WHEN b.vacuum_evidence OR b.bytes >= b.large_bytes THEN 'recommended'
				ELSE 'consider'
			END AS verdict
		FROM blocked b
	)
	SELECT j.relid, j.bytes, j.refusal, j.attnum, j.method, j.step, j.partitions, j.partition_bytes, j.table_ms, j.gain_ms, j.retention_ms,
		j.penalty_ms, j.net_ms, j.has_retention, j.verdict, j.hard, j.soft, j.unseen_ms, j.known, j.correlation, j.arrival, j.has_index,
		j.moved_rows, j.upserts, j.faster, j.slower, j.evidence,
		row_number() OVER best,
		jsonb_agg(jsonb_build_object('key', (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = j.relid AND a.attnum = j.attnum),
			'method', j.method, 'net_ms_per_day', round(j.net_ms::numeric, 3), 'advice', j.verdict)) OVER (best ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
	FROM judged j
	WINDOW best AS (PARTITION BY j.relid ORDER BY array_position(ARRAY['recommended', 'consider', 'blocked', 'none'], j.verdict),
		j.has_retention DESC, j.net_ms DESC NULLS LAST, array_position(ARRAY['range', 'list', 'hash'], j.method), j.attnum);
$$;
COMMENT ON FUNCTION advisor._partition_verdicts(bigint, regclass, bigint, interval) IS
	'what becomes of each column that a table could be partitioned by; the best of a table has place 1';

CREATE FUNCTION advisor._partition_reason(key name, method text, step text, partitions integer, partition_bytes float8, has_retention boolean,
	retention_ms float8, gain_ms float8, penalty_ms float8, arrival boolean)
	RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('Partition by %s of %I%s, about %s partitions%s: ', method, key,
			CASE WHEN method = 'range' THEN format(' (%s each)', step) ELSE '' END, partitions,
			CASE WHEN partition_bytes IS NULL THEN '' ELSE format(' of %s%s', CASE method WHEN 'list' THEN 'at most ' ELSE '' END, pg_size_pretty(partition_bytes::bigint)) END)
		|| concat_ws('; ',
			CASE WHEN has_retention THEN format('old rows go by dropping partitions instead of DELETEs of %s a day', advisor._duration(retention_ms)) END,
			CASE WHEN gain_ms > 0 THEN format('reads save about %s a day', advisor._duration(gain_ms)) END,
			CASE WHEN penalty_ms > 0 THEN format('statements that do not say %I lose about %s a day', key, advisor._duration(penalty_ms)) END,
			CASE WHEN arrival THEN 'rows come in its order, so only the newest partitions change' END)
		|| '.';
$$;
COMMENT ON FUNCTION advisor._partition_reason(name, text, text, integer, float8, boolean, float8, float8, float8, boolean) IS
	'advice on partitions in a sentence';

CREATE FUNCTION advisor._partition_warnings(key name, method text, has_retention boolean, has_index boolean, correlation float8, known boolean, moved_rows float8, upserts boolean)
	RETURNS text[]
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT array_remove(ARRAY[
		CASE WHEN NOT has_retention AND NOT has_index AND abs(correlation) < 0.9 THEN format('an index on %I may bring as much: see advisor.missing_indexes first', key) END,
		CASE WHEN NOT has_retention AND NOT has_index AND abs(correlation) >= 0.9 THEN format('a BRIN index on %I is small and may bring as much: try it first', key) END,
		CASE WHEN method = 'range' AND abs(correlation) < 0.5 THEN format('rows do not come in the order of %I: all partitions are written to', key) END,
		CASE WHEN moved_rows > 0 THEN format('UPDATEs set %I in about %s rows a day, which may move them to another partition', key, advisor._count(moved_rows)) END,
		CASE WHEN upserts THEN format('INSERT ... ON CONFLICT is used: what it names has to contain %I', key) END,
		CASE WHEN NOT known THEN 'some statements have parameters: what they choose is the planner''s guess' END,
		CASE WHEN method = 'list' THEN 'new values need a partition of their own, or a default partition' END,
		CASE WHEN method = 'hash' THEN 'the number of partitions can only be multiplied later, and none can be dropped' END], NULL);
$$;
COMMENT ON FUNCTION advisor._partition_warnings(name, text, boolean, boolean, float8, boolean, float8, boolean) IS
	'what to think of before partitioning';

CREATE FUNCTION advisor._partition_confidence(days float8, unseen_ms float8, table_ms float8, known boolean, has_retention boolean)
	RETURNS integer
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	-- a week has a weekend; what could not be looked at may be about this table, too
	SELECT round(95
		- CASE WHEN has_retention THEN 20 ELSE 40 END * (1 - LEAST(GREATEST(days, 0) / 7, 1))
		- 20 * coalesce(unseen_ms / NULLIF(unseen_ms + table_ms, 0), 0)
		- CASE WHEN known THEN 0 ELSE 15 END)::integer;
END;
COMMENT ON FUNCTION advisor._partition_confidence(float8, float8, float8, boolean, boolean) IS
	'how sure advice on partitions is, in per cent, after so many days of capture';

CREATE FUNCTION advisor.partition_advice(
	min_size bigint DEFAULT NULL,
	relation regclass DEFAULT NULL,
	partition_size bigint DEFAULT NULL,
	time_limit interval DEFAULT '10 s')
	RETURNS TABLE (
		table_name regclass,
		size bigint,
		advice text,
		key name,
		method text,
		step text,
		partitions integer,
		bytes_per_partition bigint,
		gain float8,
		penalty float8,
		net_gain float8,
		gain_percent float8,
		faster_queries jsonb,
		slower_queries jsonb,
		blockers text[],
		warnings text[],
		evidence jsonb,
		confidence integer,
		reason text,
		script text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000000 ROWS 10
	SET search_path = pg_catalog, pg_temp
	SET jit = off
AS $$
#variable_conflict use_column
BEGIN
	IF min_size < 0 THEN
		RAISE EXCEPTION 'min_size must not be negative'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a size in bytes, as pg_size_bytes(''10 GB'') makes it, or NULL for the setting partition_min_size.';
	ELSIF partition_size <= 0 THEN
		RAISE EXCEPTION 'partition_size must be greater than 0'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the least size of a partition in bytes, or NULL for the setting partition_least_size.';
	ELSIF time_limit IS NULL OR time_limit <= interval '0' THEN
		RAISE EXCEPTION 'time_limit must be greater than 0'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'It is how long captured statements are planned for at most, for instance ''10 s''.';
	END IF;
	RETURN QUERY
		SELECT v.relid::regclass, v.bytes::bigint, v.verdict, a.attname, v.method, v.step, v.partitions, v.partition_bytes::bigint,
			(v.gain_ms + v.retention_ms) / 1000, v.penalty_ms / 1000, v.net_ms / 1000, 100 * v.net_ms / NULLIF(v.table_ms, 0),
			v.faster, v.slower,
			-- what stands against it is of no interest if nothing speaks for it
			CASE WHEN v.verdict = 'none' THEN '{}' ELSE v.hard END,
			CASE WHEN v.verdict = 'none' THEN '{}' ELSE v.soft
				|| advisor._partition_warnings(a.attname, v.method, v.has_retention, v.has_index, v.correlation, v.known, v.moved_rows, v.upserts) END,
			v.evidence || jsonb_build_object('considered', v.considered, 'arrival', v.arrival),
			advisor._partition_confidence(c.days, v.unseen_ms, v.table_ms, v.known, v.has_retention),
			CASE
				WHEN v.refusal IS NOT NULL THEN format('No advice: %s.', v.refusal)
				WHEN v.attnum IS NULL THEN 'No advice: no captured statement chooses rows by a column that partitions could have as key.'
				WHEN v.verdict = 'none' THEN format('Better not: partitions by %I would save %s and cost %s a day, of %s spent on the table.', a.attname,
					advisor._duration(v.gain_ms + v.retention_ms), advisor._duration(v.penalty_ms), advisor._duration(v.table_ms))
				ELSE advisor._partition_reason(a.attname, v.method, v.step, v.partitions, v.partition_bytes, v.has_retention, v.retention_ms, v.gain_ms, v.penalty_ms, v.arrival)
					|| CASE WHEN v.verdict = 'blocked' THEN format(' But %s.', array_to_string(v.hard, '; ')) ELSE '' END
			END,
			CASE WHEN v.verdict IN ('recommended', 'consider') AND v.method = 'range' THEN
				format('SELECT advisor.partition_conversion_script(%L, %L, %L);', v.relid::regclass, a.attname, v.step) END
		FROM advisor._partition_verdicts(partition_advice.min_size, partition_advice.relation, partition_advice.partition_size, partition_advice.time_limit) v
			CROSS JOIN (SELECT extract(epoch FROM now() - i.stats_since)::float8 / 86400 AS days FROM advisor._info() i) c
			LEFT JOIN pg_attribute a ON a.attrelid = v.relid AND a.attnum = v.attnum
		WHERE v.place = 1 AND (v.verdict <> 'none' OR partition_advice.relation IS NOT NULL)
		ORDER BY array_position(ARRAY['recommended', 'consider', 'blocked', 'none'], v.verdict), v.net_ms DESC NULLS LAST, v.relid::regclass::text;
END
$$;
COMMENT ON FUNCTION advisor.partition_advice(bigint, regclass, bigint, interval) IS
	'tables that should be partitioned, by which column and how, with what that saves and costs by the captured statements, in seconds a day; min_size (bytes) stands in for the settings of that name, partition_size for the least size of a partition; of one relation a row in any case';

CREATE VIEW advisor.partition_candidates AS
SELECT a.table_name, a.size, a.advice, a.key, a.method, a.step, a.partitions, a.bytes_per_partition, a.gain, a.penalty, a.net_gain, a.gain_percent,
	a.faster_queries, a.slower_queries, a.blockers, a.warnings, a.evidence, a.confidence, a.reason, a.script
FROM advisor.partition_advice() a;
COMMENT ON VIEW advisor.partition_candidates IS
	'tables that should be partitioned: advisor.partition_advice() with its defaults, worked out anew each time';
COMMENT ON COLUMN advisor.partition_candidates.table_name IS 'the table';
COMMENT ON COLUMN advisor.partition_candidates.size IS 'its size in bytes, without indexes';
COMMENT ON COLUMN advisor.partition_candidates.advice IS 'recommended, consider, blocked (it would pay, but see blockers); none only if it was asked for';
COMMENT ON COLUMN advisor.partition_candidates.key IS 'column to partition by';
COMMENT ON COLUMN advisor.partition_candidates.method IS 'range, list or hash';
COMMENT ON COLUMN advisor.partition_candidates.step IS 'width of a range partition';
COMMENT ON COLUMN advisor.partition_candidates.partitions IS 'how many there would be, with those made ahead';
COMMENT ON COLUMN advisor.partition_candidates.bytes_per_partition IS 'size of a partition; of lists, the largest';
COMMENT ON COLUMN advisor.partition_candidates.gain IS 'seconds a day saved: by scans of fewer partitions, and by dropping them instead of deleting rows';
COMMENT ON COLUMN advisor.partition_candidates.penalty IS 'seconds a day lost by statements that do not say which partitions they want';
COMMENT ON COLUMN advisor.partition_candidates.net_gain IS 'gain less penalty';
COMMENT ON COLUMN advisor.partition_candidates.gain_percent IS 'net gain in per cent of the time spent on the table';
COMMENT ON COLUMN advisor.partition_candidates.faster_queries IS 'statements that would gain: queryid and ms a day';
COMMENT ON COLUMN advisor.partition_candidates.slower_queries IS 'statements that would lose: queryid and ms a day';
COMMENT ON COLUMN advisor.partition_candidates.blockers IS 'what has to be changed first';
COMMENT ON COLUMN advisor.partition_candidates.warnings IS 'what to think of before';
COMMENT ON COLUMN advisor.partition_candidates.evidence IS 'the numbers behind it';
COMMENT ON COLUMN advisor.partition_candidates.confidence IS 'how sure that is, in per cent';
COMMENT ON COLUMN advisor.partition_candidates.reason IS 'the advice in a sentence';
COMMENT ON COLUMN advisor.partition_candidates.script IS 'SQL that returns a script of the conversion';

/*
 * 77_index_use: indexes that cost more than they give: unused, rarely used, invalid,
 * on columns of few values, in the way of HOT updates; and indexes whose order
 * may be wrong, as the collation has changed.  Needs 40 to 42.
 *
 * To say that an index may go takes more than a count of 0.  "keep" below are reasons
 * that are true whatever is counted; "observe" are reasons why the count
 * proves nothing yet.  Only an index without either is to be dropped.
 */

INSERT INTO advisor.settings (name, value, unit, minimum, maximum, description) VALUES
	('unused_index_days', 30, 'days', 0, 3650,
		'an index is called unused or rarely used only after so long; it should cover the end of a month'),
	('unused_index_standbys', 0, '', 0, 1,
		'1 if the use of indexes on standbys has been looked into, so that having standbys is no reason to keep them'),
	('low_selectivity_percent', 10, '%', 1, 100,
		'an index whose scans all return more than this part of the table is not selective'),
	('hot_percent', 50, '%', 1, 100,
		'tables with a greater share of HOT updates are not reported'),
	('hot_updates', 1000, 'rows', 1, 1e12,
		'tables with fewer updates than this in the server''s counters are not reported');

CREATE FUNCTION advisor._index_use_is_known(index oid) RETURNS boolean
	AS 'MODULE_PATHNAME', 'advisor_index_use_is_known'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION advisor._index_use_is_known(oid) IS
	'is the number of executions of this index sure to be complete? false if it may have been forgotten for want of room';

-- 16 tells when an index was last scanned, and which updates found no room.
DO $$
BEGIN
	IF current_setting('server_version_num')::int >= 160000 THEN
		CREATE FUNCTION advisor._last_scan(index oid) RETURNS timestamptz
			LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED
			RETURN pg_stat_get_lastscan(index);
		CREATE FUNCTION advisor._newpage_updates(relid oid) RETURNS bigint
			LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED
			RETURN pg_stat_get_tuples_newpage_updated(relid);
	ELSE
		CREATE FUNCTION advisor._last_scan(index oid) RETURNS timestamptz
			LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED
			RETURN NULL::timestamptz;
		CREATE FUNCTION advisor._newpage_updates(relid oid) RETURNS bigint
			LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED
			RETURN NULL::bigint;
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._last_scan(oid) IS
	'when the server last counted a scan of the index; NULL before version 16';
COMMENT ON FUNCTION advisor._newpage_updates(oid) IS
	'updates whose new row went to another page, as the server counts them; NULL before version 16';

CREATE FUNCTION advisor._qualified_name(relid oid) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 100
BEGIN ATOMIC
	SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.oid = relid;
END;
COMMENT ON FUNCTION advisor._qualified_name(oid) IS
	'qualified and quoted name of a relation';

-- The server says CREATE INDEX name ON [ONLY] table USING ...; what comes behind
-- the table's name is true of every table that has the columns.
CREATE FUNCTION advisor._index_tail(index oid) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT substr(advisor._definition_of_index(i.indexrelid), length(concat('CREATE ', CASE WHEN i.indisunique THEN 'UNIQUE ' END, 'INDEX ',
		quote_ident(c.relname), ' ON ', CASE WHEN c.relkind = 'I' THEN 'ONLY ' END, advisor._qualified_name(i.indrelid), ' ')) + 1)
	FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
	WHERE i.indexrelid = index;
END;
COMMENT ON FUNCTION advisor._index_tail(oid) IS
	'the definition of an index from USING on; null if its table is locked';

-- From 16 on, a column that only BRIN indexes have does not prevent HOT.
CREATE VIEW advisor._hot_columns AS
SELECT i.indexrelid, i.indrelid, d.refobjsubid::int2 AS attnum
FROM pg_index i
	JOIN pg_class c ON c.oid = i.indexrelid
	JOIN pg_am m ON m.oid = c.relam
	-- also the columns of expressions and predicates
	JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
		AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid > 0
WHERE (m.amname <> 'brin' OR current_setting('server_version_num')::int < 160000)
UNION
-- those of a constraint's index depend on the constraint
SELECT i.indexrelid, i.indrelid, k.attnum
FROM pg_index i
	JOIN pg_class c ON c.oid = i.indexrelid
	JOIN pg_am m ON m.oid = c.relam
	CROSS JOIN LATERAL unnest(i.indkey::int2[]) k(attnum)
WHERE k.attnum > 0 AND (m.amname <> 'brin' OR current_setting('server_version_num')::int < 160000);
COMMENT ON VIEW advisor._hot_columns IS
	'the columns of which no update can be HOT, by index';

-- Everything known of the indexes of this database.  One row per index; numbers of
-- a partitioned index are those of all its partitions.
CREATE VIEW advisor._index_state AS
WITH observed AS MATERIALIZED (
	SELECT my.dbid, i.stats_since, i.problems,
		GREATEST(EXTRACT(epoch FROM now() - i.stats_since)::float8 / 86400, 1 / 24.0::float8) AS days,
		-- nobody resets counters before initdb, whose time the identifier tells; what was
		-- loaded today is not loaded every day
		GREATEST(EXTRACT(epoch FROM now() - coalesce(pg_stat_get_db_stat_reset_time(my.dbid),
			to_timestamp((c.system_identifier >> 32) & 4294967295)))::float8 / 86400, 1) AS counter_days,
		pg_stat_get_db_stat_reset_time(my.dbid) AS stats_reset,
		pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next_xid
	FROM advisor._current_database() my
		CROSS JOIN advisor._capture_state i
		CROSS JOIN pg_control_system() c
), xids AS MATERIALIZED (
	-- when an index was there already; in the order of time
	SELECT array_agg(x.value::float8 ORDER BY x.value, x.observed_at) AS values, array_agg(x.observed_at ORDER BY x.value, x.observed_at) AS times
	FROM (
		SELECT o.value, o.observed_at FROM advisor.observations o
		WHERE o.metric = 'xid' AND o.object = ''
			AND o.observed_at >= (SELECT f.observed_at FROM advisor._first_observations f WHERE f.metric = 'xid' AND f.object = '')
		UNION ALL
		SELECT b.value, b.observed_at FROM advisor._baseline() b WHERE b.metric = 'xid'
	) x
), uses AS MATERIALIZED (
	SELECT u.indexid, sum(u.executions)::bigint AS executions, max(u.last_used) AS last_used
	FROM advisor._index_uses() u
		JOIN observed o USING (dbid)
	WHERE advisor._is_preloaded()
	GROUP BY u.indexid
), plans AS MATERIALIZED (
	SELECT p.userid, p.toplevel, coalesce(p.queryid, 0) AS queryid, p.planid, p.calls, p.rows, p.total_exec_time, p.total_cost
	FROM advisor._plans(with_texts => false) p
		JOIN observed o USING (dbid)
	WHERE advisor._is_preloaded()
), nodes AS MATERIALIZED (
	-- the JSON is taken apart only where it can have something
	SELECT n.userid, n.toplevel, coalesce(n.queryid, 0) AS queryid, n.planid, n.parent, n.relid, n.indexid, n.changed_attnums, n.details,
		n.runs, n.loops, n.rows, n.rows_removed, n.rows_removed_2, n.input_rows,
		CASE WHEN n.relid IS NOT NULL AND n.indexid IS NULL THEN n.details ->> 'Operation' END AS operation,
		CASE WHEN n.indexid IS NOT NULL THEN n.details ->> 'Index Cond' IS NOT NULL END AS has_condition
	FROM advisor._plan_nodes() n
		JOIN observed o USING (dbid)
	WHERE advisor._is_preloaded()
), price AS MATERIALIZED (
	SELECT sum(p.total_exec_time) / NULLIF(sum(p.calls * p.total_cost), 0) AS ms_per_cost
	FROM plans p
	WHERE p.total_cost IS NOT NULL
), written AS MATERIALIZED (
	-- of other roles' plans only the columns are told
	SELECT n.relid, n.queryid, n.changed_attnums, coalesce(n.operation, 'Update') AS operation,
		sum(CASE WHEN n.parent IS NULL THEN p.rows ELSE n.input_rows / NULLIF(n.runs, 0) * p.calls END) / max(o.days) AS per_day,
		sum(p.calls) AS calls
	FROM nodes n
		JOIN plans p ON p.userid = n.userid AND p.toplevel = n.toplevel AND p.queryid = n.queryid AND p.planid = n.planid
		CROSS JOIN observed o
	WHERE n.operation IN ('Insert', 'Update') OR n.operation IS NULL AND cardinality(n.changed_attnums) > 0
	GROUP BY n.relid, n.queryid, n.changed_attnums, coalesce(n.operation, 'Update')
), captured_writes AS MATERIALIZED (
	SELECT w.relid, sum(w.per_day * h.entries) AS per_day,
		-- what ran a few times only was loading the table, not working with it
		sum(w.per_day * h.entries) FILTER (WHERE w.calls >= 10) AS steady_per_day
	FROM written w
		CROSS JOIN LATERAL (SELECT CASE w.operation WHEN 'Update'
			THEN 1 - coalesce(pg_stat_get_tuples_hot_updated(w.relid)::float8 / NULLIF(pg_stat_get_tuples_updated(w.relid), 0), 0) ELSE 1 END AS entries) h
	GROUP BY w.relid
), updates AS MATERIALIZED (
	SELECT * FROM written w WHERE w.operation = 'Update' AND cardinality(w.changed_attnums) > 0
), scans AS MATERIALIZED (
	-- of a bitmap the index says how many rows there are, of others what is left and what was removed
	SELECT n.indexid, count(*) AS scans,
		count(*) FILTER (WHERE n.runs > 0 AND n.loops > 0) AS measured,
		count(*) FILTER (WHERE NOT n.has_condition) AS unconditional,
		min((n.rows + coalesce(n.rows_removed, 0) + coalesce(n.rows_removed_2, 0)) / NULLIF(n.loops, 0)) AS least,
		max((n.rows + coalesce(n.rows_removed, 0) + coalesce(n.rows_removed_2, 0)) / NULLIF(n.loops, 0)) AS most,
		array_agg(DISTINCT n.queryid) FILTER (WHERE n.queryid <> 0) AS queryids
	FROM nodes n
	WHERE n.indexid IS NOT NULL
	GROUP BY n.indexid
), indexes AS MATERIALIZED (
	SELECT i.indexrelid, i.indrelid, n.nspname, t.relname, c.relname AS indexrelname, m.amname, c.relkind, c.relispartition,
		CASE WHEN c.relispartition THEN pg_partition_root(c.oid)::oid ELSE c.oid END AS root,
		CASE WHEN t.relispartition THEN pg_partition_root(t.oid)::oid ELSE t.oid END AS root_table,
		i.indisunique, i.indisvalid, i.indisready, i.indislive, i.indisreplident, i.indisclustered, i.indnkeyatts,
		i.indkey::int2[] AS keys, i.indclass::oid[] AS classes, i.indcollation::oid[] AS collations,
		i.indexprs, i.indpred,
		GREATEST(c.reltuples, 0)::float8 AS tuples, c.relpages AS pages,
		GREATEST(t.reltuples, 0)::float8 AS table_tuples, t.relpages AS table_pages,
		t.relpages + sum(c.relpages) OVER (PARTITION BY i.indrelid) AS all_pages,
		lag(1) OVER (PARTITION BY i.indrelid ORDER BY i.indexrelid) IS NULL AS is_first,
		-- the older of two rows that were there when the index was made
		GREATEST(age(c.xmin), age(i.xmin)) AS xid_age,
		pg_stat_get_numscans(i.indexrelid) AS idx_scan,
		advisor._last_scan(i.indexrelid) AS last_idx_scan
	FROM pg_index i
		JOIN pg_class c ON c.oid = i.indexrelid
		JOIN pg_class t ON t.oid = i.indrelid
		JOIN pg_namespace n ON n.oid = t.relnamespace
		JOIN pg_am m ON m.oid = c.relam
	WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
		AND n.nspname !~ '^pg_(toast|temp_)'
		AND t.relpersistence <> 't'
		AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype = 'e')
), tables AS MATERIALIZED (
	SELECT t.oid AS relid, t.inserted, t.updated, t.deleted, t.hot_updated,
		(t.inserted + t.updated - t.hot_updated) / o.counter_days AS entries_per_day,
		(t.deleted + t.updated - t.hot_updated) / o.counter_days AS dead_per_day
	FROM (
		SELECT t.oid, pg_stat_get_tuples_inserted(t.oid) AS inserted, pg_stat_get_tuples_updated(t.oid) AS updated,
			pg_stat_get_tuples_deleted(t.oid) AS deleted, pg_stat_get_tuples_hot_updated(t.oid) AS hot_updated
		FROM (SELECT DISTINCT i.indrelid AS oid FROM indexes i) t
	) t
		CROSS JOIN observed o
), prices AS MATERIALIZED (
	SELECT current_setting('cpu_index_tuple_cost')::float8 AS entry,
		current_setting('cpu_operator_cost')::float8 AS operator,
		current_setting('cpu_tuple_cost')::float8 AS row,
		current_setting('seq_page_cost')::float8 AS page,
		current_setting('random_page_cost')::float8 AS random_page,
		current_setting('block_size')::float8 AS block,
		pg_size_bytes(current_setting('effective_cache_size'))::float8 / current_setting('block_size')::float8 AS cached,
		current_setting('autovacuum_vacuum_threshold')::float8 AS vacuum_threshold,
		current_setting('autovacuum_vacuum_scale_factor')::float8 AS vacuum_scale
), costs AS MATERIALIZED (
	-- as for indexes that are proposed: making the entry, comparing on the way down, WAL
	SELECT i.indexrelid,
		(CASE i.amname WHEN 'gin' THEN 10 ELSE 1 END) * (e.entry + e.descent * CASE i.amname WHEN 'gist' THEN 4 ELSE 1 END
			+ CASE WHEN i.amname = 'brin' THEN 0 ELSE (LEAST(coalesce(i.pages * e.block / NULLIF(i.tuples, 0), 0), e.block) + 64) / e.block * e.page
				+ GREATEST(0, 1 - e.cached / GREATEST(i.all_pages, 1)) * e.random_page END) AS row_cost,
		CASE WHEN i.amname = 'brin' THEN 0 ELSE i.pages * e.page / GREATEST(e.vacuum_threshold + e.vacuum_scale * i.table_tuples, 1) + e.entry END AS dead_cost,
		CASE WHEN i.indpred IS NULL OR i.table_tuples = 0 THEN 1 ELSE LEAST(1, i.tuples / i.table_tuples) END AS share
	FROM indexes i
		CROSS JOIN LATERAL (
			SELECT s.*,
				CASE i.amname WHEN 'hash' THEN 100 * s.operator WHEN 'brin' THEN 50 * s.operator
					ELSE ln(GREATEST(i.tuples, 2)) / ln(2::float8) * s.operator
						+ (CASE WHEN i.pages > 1 THEN ceil(ln(i.pages::float8) / ln(250::float8)) ELSE 0 END + 1) * 50 * s.operator END AS descent
			FROM prices s
		) e
), own AS MATERIALIZED (
	-- the planner knows nothing of the columns of WITH; DISTINCT tells it what is unique, or
	-- it would expect millions of rows
	SELECT i.indexrelid, i.root,
		coalesce(u.executions, 0) AS executions,
		u.last_used,
		coalesce(i.idx_scan, 0) AS idx_scan,
		i.last_idx_scan,
		s.bytes,
		CASE WHEN advisor._is_preloaded() THEN i.relkind = 'I' OR u.indexid IS NOT NULL OR advisor._index_use_is_known(i.indexrelid) ELSE true END AS is_known,
		c.share * t.entries_per_day AS entries,
		c.share * t.entries_per_day * c.row_cost + c.share * t.dead_per_day * c.dead_cost AS upkeep,
		i.table_pages,
		-- what an execution would cost at most without it
		i.table_pages * e.page + i.table_tuples * e.row AS scan_cost
	FROM indexes i
		JOIN (SELECT DISTINCT ON (c.indexrelid) c.* FROM costs c) c ON c.indexrelid = i.indexrelid
		JOIN (SELECT DISTINCT ON (t.relid) t.* FROM tables t) t ON t.relid = i.indrelid
		CROSS JOIN prices e
		LEFT JOIN (SELECT DISTINCT ON (u.indexid) u.* FROM uses u) u ON u.indexid = i.indexrelid
		LEFT JOIN (SELECT DISTINCT ON (s.relid) s.* FROM advisor._relation_sizes() s) s ON s.relid = i.indexrelid
), numbers AS MATERIALIZED (
	-- of the whole; and a partition's own
	SELECT w.root AS indexrelid, sum(w.executions)::bigint AS executions, max(w.last_used) AS last_used, sum(w.idx_scan)::bigint AS idx_scan,
		max(w.last_idx_scan) AS last_idx_scan, sum(w.bytes)::bigint AS bytes, bool_and(w.is_known) AS is_known,
		sum(w.entries) AS entries, sum(w.upkeep) AS upkeep, sum(w.table_pages) AS table_pages, sum(w.scan_cost) AS scan_cost,
		count(*) - 1 AS partitions
	FROM own w
	GROUP BY w.root
	UNION ALL
	SELECT w.indexrelid, w.executions, w.last_used, w.idx_scan, w.last_idx_scan, w.bytes, w.is_known, w.entries, w.upkeep,
		w.table_pages, w.scan_cost, 0
	FROM own w
	WHERE w.indexrelid <> w.root
), enforced AS MATERIALIZED (
	SELECT k.conindid AS indexrelid,
		-- of a foreign key it is the index that it refers to
		min(k.contype) FILTER (WHERE k.contype IN ('p', 'u', 'x')) AS contype,
		min(k.conname::text) FILTER (WHERE k.contype IN ('p', 'u', 'x')) AS conname,
		count(*) FILTER (WHERE k.contype = 'f') AS referring,
		min(format('%I of %s', k.conname, k.conrelid::regclass)) FILTER (WHERE k.contype = 'f') AS referring_name
	FROM pg_constraint k
	WHERE k.conindid <> 0
	GROUP BY k.conindid
), supporting AS MATERIALIZED (
	-- of those that find the rows of a foreign key, the one that must stay
	SELECT DISTINCT ON (k.oid) k.oid, i.indexrelid, k.conname, k.confrelid,
		pg_stat_get_tuples_deleted(k.confrelid) AS deleted, pg_stat_get_tuples_updated(k.confrelid) AS updated
	FROM pg_constraint k
		JOIN indexes i ON i.indrelid = k.conrelid
		JOIN (SELECT DISTINCT ON (w.indexrelid) w.* FROM own w) w ON w.indexrelid = i.indexrelid
		LEFT JOIN (SELECT DISTINCT ON (e.indexrelid) e.* FROM enforced e) e ON e.indexrelid = i.indexrelid
	WHERE k.contype = 'f'
		AND i.indisvalid
		AND cardinality(k.conkey) <= i.indnkeyatts
		AND i.keys[0:cardinality(k.conkey) - 1] @> k.conkey
		-- below that many pages reading the table is as good
		AND (i.table_pages >= 10 OR i.relkind = 'I' OR pg_stat_get_tuples_deleted(k.confrelid) + pg_stat_get_tuples_updated(k.confrelid) > 0)
	ORDER BY k.oid, i.indpred IS NOT NULL, e.contype IS NULL, NOT i.indisunique, w.executions = 0, i.indexrelid
), supports AS MATERIALIZED (
	SELECT s.indexrelid, min(s.conname::text) AS conname, min(s.confrelid::regclass::text) AS parent,
		sum(s.deleted)::bigint AS deleted, sum(s.updated)::bigint AS updated
	FROM supporting s
	GROUP BY s.indexrelid
), covers AS MATERIALIZED (
	-- what a covers, so that a may be what makes it redundant
	SELECT a.indexrelid, string_agg(quote_ident(b.indexrelname), ', ' ORDER BY b.indexrelname) AS others
	FROM (SELECT DISTINCT r.covered_by, r.indexrelid FROM advisor._redundant_indexes() r WHERE r.same_rows) r
		JOIN indexes a ON a.indexrelid = r.covered_by
		JOIN indexes b ON b.indexrelid = r.indexrelid
		LEFT JOIN enforced e ON e.indexrelid = b.indexrelid
	WHERE NOT b.indisunique AND e.contype IS NULL
	GROUP BY a.indexrelid
), cast_columns AS MATERIALIZED (
	SELECT (f.fact ->> 'relid')::oid AS relid, (f.fact ->> 'attnum')::int2 AS attnum, min(f.fact ->> 'to_type') AS to_type
	FROM advisor._facts() f
		JOIN observed o USING (dbid)
	WHERE advisor._is_preloaded() AND f.fact ->> 'fact' = 'wrapped_column' AND f.fact ->> 'kind' = 'cast'
	GROUP BY 1, 2
), low_hot AS MATERIALIZED (
	SELECT t.relid, c.n_tup_upd, c.n_tup_hot_upd
	FROM (SELECT DISTINCT u.relid FROM updates u) t
		CROSS JOIN LATERAL (
			-- with its partitions, which have the rows
			WITH RECURSIVE tree AS (
				SELECT t.relid AS oid
				UNION ALL
				SELECT h.inhrelid FROM tree r JOIN pg_inherits h ON h.inhparent = r.oid
			)
			SELECT sum(pg_stat_get_tuples_updated(r.oid))::bigint AS n_tup_upd, sum(pg_stat_get_tuples_hot_updated(r.oid))::bigint AS n_tup_hot_upd
			FROM tree r
		) c
	WHERE c.n_tup_upd >= (SELECT advisor._setting('hot_updates'))
		AND 100.0 * c.n_tup_hot_upd < c.n_tup_upd * (SELECT advisor._setting('hot_percent'))
), hot_columns AS MATERIALIZED (
	SELECT h.indexrelid, h.indrelid, array_agg(h.attnum ORDER BY h.attnum) AS attnums
	FROM advisor._hot_columns h
	WHERE h.indrelid IN (SELECT l.relid FROM low_hot l)
	GROUP BY h.indexrelid, h.indrelid
), blocking AS MATERIALIZED (
	SELECT c.indexrelid, l.n_tup_upd, l.n_tup_hot_upd,
		(SELECT array_agg(k ORDER BY k) FROM unnest(c.attnums) k
			WHERE k = ANY (string_to_array(string_agg(array_to_string(u.changed_attnums, ','), ','), ',')::int2[])) AS changed,
		array_agg(DISTINCT u.queryid) FILTER (WHERE u.queryid <> 0) AS queryids,
		count(DISTINCT u.queryid) AS statements,
		sum(u.per_day) AS per_day,
		-- updates that this index alone keeps from being HOT
		coalesce(sum(u.per_day) FILTER (WHERE NOT EXISTS (SELECT FROM hot_columns o
			WHERE o.indrelid = c.indrelid AND o.indexrelid <> c.indexrelid AND o.attnums && u.changed_attnums)), 0) AS alone_per_day,
		(SELECT count(*) FROM pg_index i WHERE i.indrelid = c.indrelid AND i.indexrelid <> c.indexrelid) AS other_indexes
	FROM hot_columns c
		JOIN low_hot l ON l.relid = c.indrelid
		JOIN updates u ON u.relid = c.indrelid AND u.changed_attnums && c.attnums
	GROUP BY c.indexrelid, c.indrelid, c.attnums, l.n_tup_upd, l.n_tup_hot_upd
), free AS MATERIALIZED (
	SELECT l.relid, sum(u.per_day) AS per_day,
		coalesce(sum(u.per_day) FILTER (WHERE NOT EXISTS (SELECT FROM hot_columns o
			WHERE o.indrelid = l.relid AND o.attnums && u.changed_attnums)), 0) / NULLIF(sum(u.per_day), 0) AS share
	FROM low_hot l
		JOIN updates u ON u.relid = l.relid
	GROUP BY l.relid
), expressions AS MATERIALIZED (
	SELECT i.indexrelid, i.indrelid, i.relkind,
		array_remove(regexp_split_to_array(regexp_replace(e.expr, '''[^'']*''', '', 'g'), '\W+'), '') AS words
	FROM indexes i
		JOIN (SELECT DISTINCT ON (w.indexrelid) w.* FROM numbers w) w ON w.indexrelid = i.indexrelid
		CROSS JOIN LATERAL (SELECT advisor._text_of_expression(i.indexprs, i.indrelid) AS expr) e
	WHERE i.indexprs IS NOT NULL AND w.executions = 0 AND NOT i.relispartition AND NOT i.indisunique
		AND NOT EXISTS (SELECT FROM pg_statistic_ext x
			WHERE x.stxrelid = i.indrelid AND position(e.expr IN advisor._text_of_expression(x.stxexprs, x.stxrelid)) > 0)
), readers AS MATERIALIZED (
	-- all that plans say which read those tables, as words
	SELECT array_agg(n.relid) AS relids, regexp_split_to_array(string_agg(n.details::text, ' '), '\W+') AS words
	FROM nodes n
	WHERE EXISTS (SELECT FROM expressions)
	GROUP BY n.userid, n.toplevel, n.queryid, n.planid
	HAVING array_agg(n.relid) && (SELECT array_agg(e.indrelid) FROM expressions e)
), described AS MATERIALIZED (
	-- the planner takes the statistics of an expression from an index that it need not use
	SELECT x.indexrelid, x.words IS NULL AS is_locked
	FROM expressions x
	WHERE x.relkind = 'I' OR x.words IS NULL OR EXISTS (SELECT FROM readers r WHERE r.relids @> ARRAY[x.indrelid] AND r.words @> x.words)
), standbys AS MATERIALIZED (
	-- what a logical slot feeds is no standby
	SELECT count(*) AS standbys
	FROM (
		SELECT r.pid FROM pg_stat_replication r
		WHERE r.state IS DISTINCT FROM 'backup'
			AND NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
		UNION
		SELECT -row_number() OVER () FROM pg_replication_slots s WHERE s.slot_type = 'physical' AND NOT s.active
	) r
), general AS MATERIALIZED (
	-- what is true of all indexes
	SELECT array_remove(ARRAY[
		CASE WHEN NOT advisor._is_preloaded() THEN
			'what statements use is not captured: advisor is not in shared_preload_libraries'
			WHEN current_setting('advisor.track', true) IS DISTINCT FROM 'all' THEN
			format('what statements inside of functions and foreign keys use is not captured: advisor.track is %s', coalesce(current_setting('advisor.track', true), 'unknown')) END,
		CASE WHEN EXISTS (SELECT FROM unnest(o.problems) m WHERE m ~ '^(Nothing is captured|Executions were not counted)') THEN
			'capture has problems: see advisor.info' END,
		CASE WHEN NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') THEN
			'what other roles'' statements ask for cannot be seen: that is for members of pg_read_all_stats' END,
		CASE WHEN (SELECT advisor._setting('unused_index_standbys')) < 1 THEN
			CASE WHEN pg_is_in_recovery() THEN 'this is a standby, which does not see what the primary uses'
				WHEN r.standbys > 0 THEN format('there are %s standbys, and what they use is not seen here', r.standbys) END END
	], NULL) AS reasons
	FROM observed o
		CROSS JOIN standbys r
)
SELECT i.indexrelid, i.indrelid, i.root, i.root_table, i.nspname AS schemaname, i.relname, i.indexrelname, i.amname, i.relkind, i.relispartition,
	i.indisvalid, i.indisunique, i.indnkeyatts, i.keys, i.indexprs, i.indpred, i.tuples, i.table_tuples,
	w.bytes,
	w.executions,
	w.last_used,
	w.idx_scan,
	w.last_idx_scan,
	since.observed_since,
	since.observed_days,
	GREATEST(w.entries, c.share * g.per_day) AS writes_per_day,
	c.row_cost * p.ms_per_cost AS entry_ms,
	-- what was captured may be more recent than what the counters are an average of
	CASE WHEN w.entries > 0 THEN GREATEST(w.upkeep, w.upkeep / w.entries * c.share * g.per_day)
		ELSE coalesce(c.share * g.per_day, 0) * c.row_cost END * p.ms_per_cost AS write_cost,
	-- both of the time since capture began
	w.executions / o.days * w.scan_cost * p.ms_per_cost AS served,
	c.share * g.steady_per_day * c.row_cost * p.ms_per_cost AS captured_cost,
	o.stats_since,
	o.stats_reset,
	w.partitions,
	array_remove(ARRAY[
		CASE WHEN i.relispartition THEN format('it belongs to the partitioned index %s, with which it goes', advisor._qualified_name(i.root)) END,
		CASE e.contype WHEN 'p' THEN format('it enforces the primary key %I', e.conname)
			WHEN 'u' THEN format('it enforces the unique constraint %I', e.conname)
			WHEN 'x' THEN format('it enforces the exclusion constraint %I', e.conname) END,
		CASE WHEN i.indisunique AND e.contype IS NULL THEN 'it is unique, which it enforces whether it is scanned or not' END,
		CASE WHEN e.referring > 0 THEN CASE e.referring WHEN 1 THEN format('foreign key %s refers to it', e.referring_name)
			ELSE format('%s foreign keys refer to it, %s among them', e.referring, e.referring_name) END END,
		CASE WHEN i.indisreplident THEN 'it is the replica identity of its table' END,
		CASE WHEN i.indisclustered THEN 'the table is clustered by it' END,
		CASE WHEN s.indexrelid IS NOT NULL THEN format(
			'it is what finds the rows of foreign key %I when %s is deleted from or its key is updated (%s deletes, %s updates counted so far)',
			s.conname, s.parent, advisor._count(s.deleted), advisor._count(s.updated)) END,
		CASE WHEN x.objid IS NOT NULL THEN 'it belongs to an extension' END,
		CASE WHEN NOT y.is_locked THEN format('it gives the planner statistics of an expression that statements use; before it goes: CREATE STATISTICS %I.%I ON %s FROM %s; ANALYZE %s',
			i.nspname, left(i.indexrelname, 57) || '_stats',
			coalesce((SELECT string_agg('(' || advisor._definition_of_index_column(i.indexrelid, k) || ')', ', ')
				FROM generate_series(1, i.indnkeyatts) k WHERE i.keys[k - 1] = 0), '(...)'),
			advisor._qualified_name(i.indrelid), advisor._qualified_name(i.indrelid)) END
	], NULL) AS keep,
	array_remove(ARRAY[
		CASE WHEN y.is_locked THEN 'its table is locked at the moment, so its expression, whose statistics may be of use, cannot be read' END,
		CASE WHEN NOT i.indisvalid THEN 'it is not valid: it is being built, or see advisor.invalid_indexes' END,
		CASE WHEN (SELECT advisor._setting('unused_index_days')) = 0 THEN NULL
			WHEN since.observed_since IS NULL THEN
				'when it was made is not known, so it may be new: schedule SELECT advisor.observe()'
			-- the oldest observation that is kept is nearly so old
			WHEN since.observed_days + 1 < (SELECT advisor._setting('unused_index_days')) THEN
				format('it has been observed for %s days only, since %s, of the %s that are wanted', advisor._count(since.observed_days),
					to_char(since.observed_since, 'YYYY-MM-DD HH24:MI'), advisor._count((SELECT advisor._setting('unused_index_days')))) END,
		-- an exclusion constraint looks for conflicts in it
		CASE WHEN w.executions = 0 AND w.idx_scan > 0 AND e.contype IS DISTINCT FROM 'x' THEN format(
			'the server counts %s scans of it: the planner looked up an end of it, or something used it that is not captured%s',
			advisor._count(w.idx_scan),
			CASE WHEN o.stats_reset >= o.stats_since THEN ''
				ELSE ', or it was used before capture began; reset that with pg_stat_reset_single_table_counters() and observe' END) END,
		CASE WHEN NOT w.is_known THEN 'its use may have been forgotten, as too many indexes are in use: raise advisor.max_plans' END,
		CASE WHEN i.amname NOT IN ('btree', 'hash', 'gist', 'gin', 'brin', 'spgist') THEN
			format('whether it is used is not known, as its access method %s need not say so', quote_ident(i.amname)) END,
		CASE WHEN v.others IS NOT NULL THEN
			format('it begins like %s, so that one makes the other redundant: advisor.duplicate_indexes says which', v.others) END,
		CASE WHEN q.relid IS NOT NULL THEN
			format('a statement compares its first column as %s, and could use it if written otherwise: see the finding implicit_cast or function_on_column', q.to_type) END
	], NULL) || r.reasons AS observe,
	v.others,
	z.scans, z.measured AS measured_scans, z.unconditional AS unconditional_scans, z.least AS least_rows, z.most AS most_rows, z.queryids AS scan_queryids,
	b.indexrelid IS NOT NULL AS is_hot_blocking,
	b.n_tup_upd, b.n_tup_hot_upd, b.changed, b.queryids AS update_queryids, b.statements AS update_statements,
	b.per_day AS updates_per_day, b.alone_per_day AS freed_updates_per_day, b.other_indexes,
	f.per_day AS table_updates_per_day, f.share AS free_share,
	i.is_first
FROM indexes i
	CROSS JOIN observed o
	CROSS JOIN xids h
	CROSS JOIN price p
	CROSS JOIN general r
	JOIN (SELECT DISTINCT ON (c.indexrelid) c.* FROM costs c) c ON c.indexrelid = i.indexrelid
	JOIN (SELECT DISTINCT ON (w.indexrelid) w.* FROM numbers w) w ON w.indexrelid = i.indexrelid
	CROSS JOIN LATERAL (
		SELECT t.observed_since, EXTRACT(epoch FROM now() - t.observed_since)::float8 / 86400 AS observed_days
		FROM (
			SELECT CASE WHEN x.there_at IS NOT NULL THEN GREATEST(o.stats_since, x.there_at) END AS observed_since
			FROM (SELECT h.times[width_bucket((o.next_xid - i.xid_age)::float8, h.values) + 1] AS there_at) x
		) t
	) since
	LEFT JOIN (SELECT DISTINCT ON (g.relid) g.* FROM captured_writes g) g ON g.relid = i.indrelid
	LEFT JOIN (SELECT DISTINCT ON (z.indexid) z.* FROM scans z) z ON z.indexid = i.indexrelid
	LEFT JOIN (SELECT DISTINCT ON (f.relid) f.* FROM free f) f ON f.relid = i.indrelid
	LEFT JOIN (SELECT DISTINCT ON (b.indexrelid) b.* FROM blocking b) b ON b.indexrelid = i.indexrelid
	LEFT JOIN (SELECT DISTINCT ON (y.indexrelid) y.* FROM described y) y ON y.indexrelid = i.indexrelid
	LEFT JOIN (SELECT DISTINCT ON (e.indexrelid) e.* FROM enforced e) e ON e.indexrelid = i.indexrelid
	LEFT JOIN (SELECT DISTINCT ON (s.indexrelid) s.* FROM supports s) s ON s.indexrelid = i.indexrelid
	LEFT JOIN (SELECT DISTINCT ON (v.indexrelid) v.* FROM covers v) v ON v.indexrelid = i.indexrelid
	LEFT JOIN cast_columns q ON q.relid = i.root_table AND q.attnum = i.keys[0]
	LEFT JOIN pg_depend x ON x.classid = 'pg_class'::regclass AND x.objid = i.indexrelid AND x.deptype = 'e';
COMMENT ON VIEW advisor._index_state IS
	'all that is known of the use, the upkeep and the duties of each index of this database';

CREATE VIEW advisor._index_verdicts AS
SELECT s.*,
	s.executions = 0 OR s.captured_cost > s.served AND s.keep = '{}' AS is_unused,
	CASE WHEN s.keep <> '{}' THEN 'keep' WHEN s.observe <> '{}' THEN 'observe' ELSE 'drop' END AS verdict,
	x.attname, x.stanullfrac, x.mcv_top_freq, x.distinct_values, x.rarest,
	-- a scan without condition gives an order, or counts: that is another matter
	s.keep = '{}' AND x.attname IS NOT NULL
		AND CASE WHEN s.executions = 0 THEN s.scans IS NULL AND x.rarest * 100 > (SELECT advisor._setting('low_selectivity_percent'))
			ELSE s.scans = s.measured_scans AND s.unconditional_scans = 0
				AND 100 * s.least_rows > s.table_tuples * (SELECT advisor._setting('low_selectivity_percent')) END AS is_low
FROM advisor._index_state s
	LEFT JOIN LATERAL (
		SELECT a.attname, c.stanullfrac, c.mcv_top_freq,
			CASE WHEN c.stadistinct < 0 THEN -c.stadistinct * s.table_tuples ELSE c.stadistinct END AS distinct_values,
			-- of two values the statistics tell the rarer; of more only that all are counted
			CASE WHEN c.mcv_count = c.stadistinct AND c.mcv_count = 2 THEN c.mcv_total_freq - c.mcv_top_freq
				WHEN c.mcv_count = c.stadistinct AND c.mcv_count = 1 THEN c.mcv_top_freq END AS rarest
		FROM pg_attribute a
			JOIN advisor._column_statistics c ON c.starelid = a.attrelid AND c.staattnum = a.attnum AND NOT c.stainherit
		WHERE a.attrelid = s.indrelid AND a.attnum = s.keys[0]
		OFFSET 0
	) x ON s.relkind = 'i' AND NOT s.relispartition AND s.indisvalid AND s.indpred IS NULL
		AND s.amname IN ('btree', 'hash') AND s.indnkeyatts = 1 AND s.table_tuples >= 1000 AND s.keep = '{}'
		AND (s.executions = 0 OR 100 * s.least_rows > s.table_tuples * (SELECT advisor._setting('low_selectivity_percent')));
COMMENT ON VIEW advisor._index_verdicts IS
	'which indexes may go, cannot be selective or prevent HOT updates: what the public views, and the findings, are made of';

CREATE FUNCTION advisor._as_unused(v advisor._index_verdicts) RETURNS TABLE (
	schemaname name, relname name, indexrelname name, indexrelid oid, use text, size bigint, executions bigint, last_used timestamptz, idx_scan bigint, last_idx_scan timestamptz, observed_since timestamptz, observed_days float8, writes_per_day float8, write_cost float8, blockers text[], verdict text, reason text, drop_ddl text, undo_ddl text, proof text, redundant_with text)
	LANGUAGE sql STABLE PARALLEL RESTRICTED COST 100 ROWS 1
BEGIN ATOMIC
	SELECT
		j.schemaname,
		j.relname,
		j.indexrelname,
		j.indexrelid,
		CASE WHEN j.executions = 0 THEN 'unused' ELSE 'rarely used' END AS use,
		j.bytes AS size,
		j.executions,
		j.last_used,
		j.idx_scan,
		j.last_idx_scan,
		j.observed_since,
		j.observed_days,
		j.writes_per_day,
		j.write_cost,
		j.keep || j.observe AS blockers,
		j.verdict,
		CASE j.verdict
			WHEN 'keep' THEN upper(left(j.keep[1], 1)) || substr(j.keep[1], 2) || '.'
			WHEN 'observe' THEN upper(left(j.observe[1], 1)) || substr(j.observe[1], 2) || '.'
			ELSE format('%s %s, nothing depends on it, and keeping it takes %s%s.',
				CASE WHEN j.executions = 0 THEN 'No captured statement executed it'
					ELSE format('%s captured executions used it, which would take at most %s a day without it,', advisor._count(j.executions), advisor._duration(j.served)) END,
				CASE WHEN j.observed_days IS NULL THEN 'since capture began' ELSE format('in %s days', advisor._count(j.observed_days)) END, pg_size_pretty(j.bytes),
				CASE WHEN j.write_cost > 0 THEN format(' and about %s a day', advisor._duration(j.write_cost)) ELSE '' END)
		END AS reason,
		CASE WHEN j.verdict <> 'keep' THEN format('DROP INDEX %s%I.%I;', CASE WHEN j.relkind = 'i' THEN 'CONCURRENTLY ' END, j.schemaname, j.indexrelname) END AS drop_ddl,
		CASE WHEN j.verdict <> 'keep' THEN advisor._index_script(j.indexrelid) END AS undo_ddl,
		format('SELECT * FROM advisor.drop_impact(%L);', format('%I.%I', j.schemaname, j.indexrelname)) AS proof,
		j.others AS redundant_with
	FROM (SELECT (v).*) j
	WHERE j.is_unused;
END;
COMMENT ON FUNCTION advisor._as_unused(advisor._index_verdicts) IS
	'the row of advisor.unused_indexes, if it is one';

CREATE VIEW advisor.unused_indexes AS
SELECT r.*
FROM advisor._index_verdicts v
	CROSS JOIN LATERAL advisor._as_unused(v) r;
COMMENT ON VIEW advisor.unused_indexes IS
	'indexes that no captured statement executed, or that cost more than they can save: every reason against dropping each, a verdict, and the SQL to drop it, to prove that and to take it back';
COMMENT ON COLUMN advisor.unused_indexes.schemaname IS 'schema of the table and the index';
COMMENT ON COLUMN advisor.unused_indexes.relname IS 'the table';
COMMENT ON COLUMN advisor.unused_indexes.indexrelname IS 'the index';
COMMENT ON COLUMN advisor.unused_indexes.indexrelid IS 'oid of the index';
COMMENT ON COLUMN advisor.unused_indexes.use IS 'unused, or rarely used if its upkeep costs more than reading the table instead would at each use';
COMMENT ON COLUMN advisor.unused_indexes.size IS 'bytes; of a partitioned index, of all partitions';
COMMENT ON COLUMN advisor.unused_indexes.executions IS 'captured executions that used it, on all partitions';
COMMENT ON COLUMN advisor.unused_indexes.last_used IS 'when the last one was';
COMMENT ON COLUMN advisor.unused_indexes.idx_scan IS 'scans as the server counts them, probes of the planner among them';
COMMENT ON COLUMN advisor.unused_indexes.last_idx_scan IS 'when the last of these was; null before version 16';
COMMENT ON COLUMN advisor.unused_indexes.observed_since IS 'since when uses are counted and the index is known to have been there; null if it may have been made just now';
COMMENT ON COLUMN advisor.unused_indexes.observed_days IS 'days since then';
COMMENT ON COLUMN advisor.unused_indexes.writes_per_day IS 'entries made in it a day: rows inserted, and updates that are not HOT';
COMMENT ON COLUMN advisor.unused_indexes.write_cost IS 'estimated ms a day that its upkeep takes';
COMMENT ON COLUMN advisor.unused_indexes.blockers IS 'every reason against dropping it, those for keeping it first';
COMMENT ON COLUMN advisor.unused_indexes.verdict IS 'keep whatever is counted; observe as the counts prove nothing yet; drop';
COMMENT ON COLUMN advisor.unused_indexes.reason IS 'why, in one sentence';
COMMENT ON COLUMN advisor.unused_indexes.drop_ddl IS 'drops it; null if it must be kept';
COMMENT ON COLUMN advisor.unused_indexes.undo_ddl IS 'creates it again, exactly; null if it must be kept, or while its table is locked';
COMMENT ON COLUMN advisor.unused_indexes.proof IS 'plans the captured statements without it';
COMMENT ON COLUMN advisor.unused_indexes.redundant_with IS 'indexes that begin like it';

-- What is being built is no rest of anything.  Of other roles' work it is only known
-- which locks it holds.
CREATE VIEW advisor.invalid_indexes AS
WITH building AS MATERIALIZED (
	SELECT p.pid, p.relid FROM pg_stat_progress_create_index p WHERE p.relid IS NOT NULL AND p.datname = current_database()
	UNION
	SELECT p.pid, l.relation
	FROM pg_stat_progress_create_index p
		JOIN pg_locks l ON l.pid = p.pid AND l.locktype = 'relation' AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock')
	WHERE p.relid IS NULL AND p.datname = current_database()
), broken AS (
	SELECT i.indexrelid, i.indrelid, i.indisunique, i.indisready, i.indislive, c.relkind, n.nspname, t.relname, c.relname AS indexrelname,
		k.conname, s.bytes, tn.nspname AS table_schema,
		c.relname ~ '_ccnew\d*$' AS is_new, c.relname ~ '_ccold\d*$' AS is_old,
		-- another one that does what it should do
		(SELECT min(format('%I', o.relname)) FROM pg_index v JOIN pg_class o ON o.oid = v.indexrelid
			WHERE v.indrelid = i.indrelid AND v.indexrelid <> i.indexrelid AND v.indisvalid AND o.relam = c.relam
				AND v.indkey = i.indkey AND v.indclass = i.indclass AND v.indcollation = i.indcollation AND v.indoption = i.indoption
				AND v.indisunique = i.indisunique AND v.indnullsnotdistinct = i.indnullsnotdistinct
				-- null of a table that is locked: then it is not known
				AND (v.indexprs IS NULL AND i.indexprs IS NULL
					OR advisor._text_of_expression(v.indexprs, v.indrelid) = advisor._text_of_expression(i.indexprs, i.indrelid))
				AND (v.indpred IS NULL AND i.indpred IS NULL
					OR advisor._text_of_expression(v.indpred, v.indrelid) = advisor._text_of_expression(i.indpred, i.indrelid))) AS twin
	FROM pg_index i
		JOIN pg_class c ON c.oid = i.indexrelid
		JOIN pg_class t ON t.oid = i.indrelid
		JOIN pg_namespace n ON n.oid = c.relnamespace
		JOIN pg_namespace tn ON tn.oid = t.relnamespace
		LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
		LEFT JOIN advisor._relation_sizes() s ON s.relid = i.indexrelid
	WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
		AND n.nspname NOT IN ('pg_catalog', 'information_schema')
		AND n.nspname !~ '^pg_(toast_)?temp_'
		AND i.indrelid NOT IN (SELECT b.relid FROM building b)
), lacking AS (
	-- partitions in which nothing valid is attached
	SELECT b.indexrelid, string_agg(advisor._qualified_name(h.inhrelid), ', ' ORDER BY advisor._qualified_name(h.inhrelid)) AS partitions,
		string_agg(
			CASE WHEN a.indexrelid IS NOT NULL THEN format('REINDEX INDEX %s%s;', CASE WHEN a.relkind = 'i' THEN 'CONCURRENTLY ' END, advisor._qualified_name(a.indexrelid))
				ELSE format(E'CREATE %sINDEX %s%I ON %s%s %s;\nALTER INDEX %I.%I ATTACH PARTITION %I.%I;',
					CASE WHEN b.indisunique THEN 'UNIQUE ' END, CASE WHEN p.relkind <> 'p' THEN 'CONCURRENTLY ' END, made.name,
					CASE WHEN p.relkind = 'p' THEN 'ONLY ' END, advisor._qualified_name(p.oid), advisor._index_tail(b.indexrelid),
					b.nspname, b.indexrelname, pn.nspname, made.name) END,
			E'\n' ORDER BY advisor._qualified_name(h.inhrelid)) AS script,
		advisor._index_tail(b.indexrelid) IS NULL AS is_locked,
		string_agg(format('DROP INDEX CONCURRENTLY %I.%I;', pn.nspname, made.name), E'\n' ORDER BY advisor._qualified_name(h.inhrelid)) FILTER (WHERE a.indexrelid IS NULL) AS undo
	FROM broken b
		JOIN pg_inherits h ON h.inhparent = b.indrelid
		JOIN pg_class p ON p.oid = h.inhrelid
		JOIN pg_namespace pn ON pn.oid = p.relnamespace
		CROSS JOIN LATERAL (SELECT left(p.relname || '_' || b.indexrelname, 63) AS name) made
		LEFT JOIN LATERAL (
			SELECT x.indexrelid, x.indisvalid, c.relkind
			FROM pg_inherits g
				JOIN pg_index x ON x.indexrelid = g.inhrelid
				JOIN pg_class c ON c.oid = x.indexrelid
			WHERE g.inhparent = b.indexrelid AND x.indrelid = h.inhrelid
		) a ON true
	WHERE b.relkind = 'I' AND a.indisvalid IS NOT TRUE
	GROUP BY b.indexrelid
)
SELECT
	b.table_schema AS schemaname,
	b.relname,
	b.indexrelname,
	b.indexrelid,
	coalesce(b.bytes, 0) AS size,
	k.problem,
	b.conname AS constraint_name,
	l.partitions AS missing_in,
	CASE k.problem
		WHEN 'partition lacks it' THEN format('Partitions without a valid index of their own attached: %s.', l.partitions)
		WHEN 'leftover' THEN format('REINDEX CONCURRENTLY left it behind when it %s.',
			CASE WHEN b.is_old THEN 'could not drop what it had replaced' ELSE 'failed' END)
		WHEN 'not live' THEN 'DROP INDEX CONCURRENTLY did not come to its end.'
		WHEN 'not ready' THEN 'CREATE INDEX CONCURRENTLY failed early: new rows are not entered.'
		ELSE 'CREATE INDEX or REINDEX CONCURRENTLY failed: new rows are entered at the usual price, and no statement reads it.'
	END || CASE WHEN b.indisunique AND NOT b.is_old THEN ' It is unique: duplicates may exist, and building it fails until they are gone.' ELSE '' END AS detail,
	CASE
		WHEN k.problem = 'partition lacks it' THEN 'Build and attach what is missing; with the last one it becomes valid.'
		WHEN k.drops THEN 'Drop it' || coalesce(': ' || b.twin || ' does the same.', '.')
		ELSE format('Build it again%s.', CASE WHEN b.conname IS NULL THEN ', or drop it if nobody wants it' ELSE format(': constraint %I needs it', b.conname) END)
	END AS remedy,
	CASE
		WHEN k.problem = 'partition lacks it' THEN CASE WHEN NOT l.is_locked THEN l.script END
		WHEN k.drops THEN format('DROP INDEX CONCURRENTLY %I.%I;', b.nspname, b.indexrelname)
		ELSE format('REINDEX INDEX CONCURRENTLY %I.%I;', b.nspname, b.indexrelname)
	END AS remedy_sql,
	CASE WHEN k.problem = 'partition lacks it' THEN l.undo END AS undo_sql
FROM broken b
	LEFT JOIN lacking l ON l.indexrelid = b.indexrelid
	CROSS JOIN LATERAL (
		SELECT
			CASE WHEN b.relkind = 'I' THEN 'partition lacks it' WHEN b.is_new OR b.is_old THEN 'leftover' WHEN NOT b.indislive THEN 'not live'
				WHEN NOT b.indisready THEN 'not ready' ELSE 'not valid' END AS problem,
			b.conname IS NULL AND (b.is_new OR b.is_old OR NOT b.indislive OR b.twin IS NOT NULL) AS drops
	) k
-- one whose partitions all have it becomes valid by attaching; what remains is nobody's fault
WHERE b.relkind = 'i' OR l.indexrelid IS NOT NULL;
COMMENT ON VIEW advisor.invalid_indexes IS
	'indexes that no statement can use: what failed builds left behind, and partitioned ones that a partition lacks; without those being built now';
COMMENT ON COLUMN advisor.invalid_indexes.schemaname IS 'schema of the table and the index';
COMMENT ON COLUMN advisor.invalid_indexes.relname IS 'the table';
COMMENT ON COLUMN advisor.invalid_indexes.indexrelname IS 'the index';
COMMENT ON COLUMN advisor.invalid_indexes.indexrelid IS 'oid of the index';
COMMENT ON COLUMN advisor.invalid_indexes.size IS 'bytes';
COMMENT ON COLUMN advisor.invalid_indexes.problem IS 'leftover (of REINDEX CONCURRENTLY), not live, not ready, not valid, or partition lacks it';
COMMENT ON COLUMN advisor.invalid_indexes.constraint_name IS 'the constraint that it belongs to, if any';
COMMENT ON COLUMN advisor.invalid_indexes.missing_in IS 'partitions that lack it';
COMMENT ON COLUMN advisor.invalid_indexes.detail IS 'what that means';
COMMENT ON COLUMN advisor.invalid_indexes.remedy IS 'what to do';
COMMENT ON COLUMN advisor.invalid_indexes.remedy_sql IS 'the SQL for it; null while the table is locked, if it takes a definition';
COMMENT ON COLUMN advisor.invalid_indexes.undo_sql IS 'takes it back; null where there is nothing to take back, as no statement could use it';

-- A column of few values is no fault: an index that finds the rare one of two values
-- is excellent.  What scans really returned decides.
CREATE FUNCTION advisor._as_low(v advisor._index_verdicts) RETURNS TABLE (
	schemaname name, relname name, indexrelname name, indexrelid oid, "column" name, size bigint, distinct_values float8, most_common_share float4, null_share float4, executions bigint, observed_since timestamptz, least_percent float8, most_percent float8, write_cost float8, queryids bigint[], partial_index text, reason text)
	LANGUAGE sql STABLE PARALLEL RESTRICTED COST 100 ROWS 1
BEGIN ATOMIC
	SELECT
		c.schemaname,
		c.relname,
		c.indexrelname,
		c.indexrelid,
		c.attname AS "column",
		c.bytes AS size,
		c.distinct_values,
		c.mcv_top_freq AS most_common_share,
		c.stanullfrac AS null_share,
		c.executions,
		c.observed_since,
		100 * c.least_rows / NULLIF(c.table_tuples, 0) AS least_percent,
		100 * c.most_rows / NULLIF(c.table_tuples, 0) AS most_percent,
		c.write_cost,
		c.scan_queryids AS queryids,
		-- nulls are in the index, too, and seldom asked for
		CASE WHEN c.stanullfrac >= 0.5 THEN
			format('CREATE INDEX CONCURRENTLY ON %I.%I (%I) WHERE %I IS NOT NULL;', c.schemaname, c.relname, c.attname, c.attname) END AS partial_index,
		CASE WHEN c.executions = 0 THEN format('Each value of %I is in %s of 100 rows or more, so the planner does not take it.', c.attname, advisor._count(100 * c.rarest))
			ELSE format('Its scans return %s to %s of 100 rows of the table, which reading the table does as well.',
				advisor._count(100 * c.least_rows / NULLIF(c.table_tuples, 0)), advisor._count(100 * c.most_rows / NULLIF(c.table_tuples, 0))) END AS reason
	FROM (SELECT (v).*) c
	WHERE c.is_low;
END;
COMMENT ON FUNCTION advisor._as_low(advisor._index_verdicts) IS
	'the row of advisor.low_selectivity_indexes, if it is one';

CREATE VIEW advisor.low_selectivity_indexes AS
SELECT r.*
FROM advisor._index_verdicts v
	CROSS JOIN LATERAL advisor._as_low(v) r;
COMMENT ON VIEW advisor.low_selectivity_indexes IS
	'indexes of one column that cannot be selective: unused as each value is frequent, or whose measured scans all return a great part of the table';
COMMENT ON COLUMN advisor.low_selectivity_indexes.schemaname IS 'schema of the table and the index';
COMMENT ON COLUMN advisor.low_selectivity_indexes.relname IS 'the table';
COMMENT ON COLUMN advisor.low_selectivity_indexes.indexrelname IS 'the index';
COMMENT ON COLUMN advisor.low_selectivity_indexes.indexrelid IS 'oid of the index';
COMMENT ON COLUMN advisor.low_selectivity_indexes."column" IS 'its column';
COMMENT ON COLUMN advisor.low_selectivity_indexes.size IS 'bytes';
COMMENT ON COLUMN advisor.low_selectivity_indexes.distinct_values IS 'estimated number of values';
COMMENT ON COLUMN advisor.low_selectivity_indexes.most_common_share IS 'share of the rows that has the most common value';
COMMENT ON COLUMN advisor.low_selectivity_indexes.null_share IS 'share of the rows that has none';
COMMENT ON COLUMN advisor.low_selectivity_indexes.executions IS 'captured executions that used the index';
COMMENT ON COLUMN advisor.low_selectivity_indexes.observed_since IS 'since when these are counted';
COMMENT ON COLUMN advisor.low_selectivity_indexes.least_percent IS 'part of the table that its most selective captured scan returned';
COMMENT ON COLUMN advisor.low_selectivity_indexes.most_percent IS 'part of the table that its least selective captured scan returned';
COMMENT ON COLUMN advisor.low_selectivity_indexes.write_cost IS 'estimated ms a day that its upkeep takes';
COMMENT ON COLUMN advisor.low_selectivity_indexes.queryids IS 'statements that scan it, those that the reader may see';
COMMENT ON COLUMN advisor.low_selectivity_indexes.partial_index IS 'a smaller one that serves the same conditions, if there is one';
COMMENT ON COLUMN advisor.low_selectivity_indexes.reason IS 'why it is not selective';

CREATE FUNCTION advisor._as_hot(v advisor._index_verdicts) RETURNS TABLE (
	schemaname name, relname name, indexrelname name, indexrelid oid, columns text, size bigint, statements bigint, queryids bigint[], updates_per_day float8, freed_updates_per_day float8, n_tup_upd bigint, n_tup_hot_upd bigint, hot_percent numeric, counted_since timestamptz, executions bigint, last_used timestamptz, observed_since timestamptz, cost float8, verdict text, reason text, blockers text[])
	LANGUAGE sql STABLE PARALLEL RESTRICTED COST 100 ROWS 1
BEGIN ATOMIC
	SELECT
		s.schemaname,
		s.relname,
		s.indexrelname,
		s.indexrelid,
		advisor._column_names(s.indrelid, s.changed) AS columns,
		s.bytes AS size,
		s.update_statements AS statements,
		s.update_queryids AS queryids,
		s.updates_per_day,
		s.freed_updates_per_day,
		s.n_tup_upd,
		s.n_tup_hot_upd,
		100.0 * s.n_tup_hot_upd / s.n_tup_upd AS hot_percent,
		s.stats_reset AS counted_since,
		s.executions,
		s.last_used,
		s.observed_since,
		-- an entry in this index for each update, and in all others where it alone is in the way
		(s.updates_per_day + s.freed_updates_per_day * s.other_indexes) * s.entry_ms AS cost,
		CASE WHEN s.executions > 0 OR s.keep <> '{}' THEN 'keep' ELSE s.verdict END AS verdict,
		CASE WHEN s.executions > 0 THEN format('%s captured executions used it: weigh that against the updates.', advisor._count(s.executions))
			WHEN s.keep <> '{}' THEN upper(left(s.keep[1], 1)) || substr(s.keep[1], 2) || '.'
			WHEN s.observe <> '{}' THEN upper(left(s.observe[1], 1)) || substr(s.observe[1], 2) || '.'
			ELSE format('No captured statement executed it %s, and nothing depends on it.', CASE WHEN s.observed_days IS NULL THEN 'since capture began' ELSE format('in %s days', advisor._count(s.observed_days)) END) END AS reason,
		s.keep || s.observe AS blockers
	FROM (SELECT (v).*) s
	WHERE s.is_hot_blocking AND s.indisvalid;
END;
COMMENT ON FUNCTION advisor._as_hot(advisor._index_verdicts) IS
	'the row of advisor.hot_blocking_indexes, if it is one';

CREATE VIEW advisor.hot_blocking_indexes AS
SELECT r.*
FROM advisor._index_verdicts v
	CROSS JOIN LATERAL advisor._as_hot(v) r;
COMMENT ON VIEW advisor.hot_blocking_indexes IS
	'indexes with columns that captured UPDATE statements set, on tables few of whose updates are HOT: what they keep from being so, and what use they are';
COMMENT ON COLUMN advisor.hot_blocking_indexes.schemaname IS 'schema of the table and the index';
COMMENT ON COLUMN advisor.hot_blocking_indexes.relname IS 'the table';
COMMENT ON COLUMN advisor.hot_blocking_indexes.indexrelname IS 'the index';
COMMENT ON COLUMN advisor.hot_blocking_indexes.indexrelid IS 'oid of the index';
COMMENT ON COLUMN advisor.hot_blocking_indexes.columns IS 'its columns, also in expressions and predicate, that statements set';
COMMENT ON COLUMN advisor.hot_blocking_indexes.size IS 'bytes';
COMMENT ON COLUMN advisor.hot_blocking_indexes.statements IS 'captured statements that set them';
COMMENT ON COLUMN advisor.hot_blocking_indexes.queryids IS 'their query ids, those that the reader may see';
COMMENT ON COLUMN advisor.hot_blocking_indexes.updates_per_day IS 'rows that these updated a day since capture began';
COMMENT ON COLUMN advisor.hot_blocking_indexes.freed_updates_per_day IS 'those of them that no other index keeps from being HOT';
COMMENT ON COLUMN advisor.hot_blocking_indexes.n_tup_upd IS 'updates of the table that the server counts';
COMMENT ON COLUMN advisor.hot_blocking_indexes.n_tup_hot_upd IS 'those of them that were HOT';
COMMENT ON COLUMN advisor.hot_blocking_indexes.hot_percent IS 'part of them that was HOT';
COMMENT ON COLUMN advisor.hot_blocking_indexes.counted_since IS 'since when the server counts; null if that was never reset';
COMMENT ON COLUMN advisor.hot_blocking_indexes.executions IS 'captured executions that used the index';
COMMENT ON COLUMN advisor.hot_blocking_indexes.last_used IS 'when the last one was';
COMMENT ON COLUMN advisor.hot_blocking_indexes.observed_since IS 'since when these are counted and the index is known to have been there';
COMMENT ON COLUMN advisor.hot_blocking_indexes.cost IS 'estimated ms a day that its entries, and those of other indexes that it makes necessary, take';
COMMENT ON COLUMN advisor.hot_blocking_indexes.verdict IS 'drop, keep if something uses or needs it, or observe';
COMMENT ON COLUMN advisor.hot_blocking_indexes.reason IS 'why, in one sentence';
COMMENT ON COLUMN advisor.hot_blocking_indexes.blockers IS 'every reason against dropping it';

-- Updates that could be HOT as far as indexes go, and are not for want of room.
-- Without an index there is nothing to be gained, so a row of an index tells.
CREATE FUNCTION advisor._as_crowded(v advisor._index_verdicts) RETURNS TABLE (
	schemaname name, relname name, relid oid, updates_per_day float8, n_tup_upd bigint, n_tup_hot_upd bigint, free_share float8,
	n_tup_newpage_upd bigint, fillfactor integer, proposed integer, stats_since timestamptz)
	LANGUAGE sql STABLE PARALLEL RESTRICTED COST 100 ROWS 1
BEGIN ATOMIC
	SELECT t.schemaname, t.relname, t.indrelid, t.table_updates_per_day, u.upd, u.hot, t.free_share, u.newpage, f.fillfactor,
		-- room for two new versions of a row at a time, and some more where rows are short
		LEAST(f.fillfactor - 5, GREATEST(70, LEAST(90, floor((100 - 200 * w.row_bytes / current_setting('block_size')::float8) / 5) * 5)))::int,
		t.stats_since
	FROM (SELECT (v).*) t
		CROSS JOIN LATERAL (SELECT pg_stat_get_tuples_updated(t.indrelid) AS upd, pg_stat_get_tuples_hot_updated(t.indrelid) AS hot,
			advisor._newpage_updates(t.indrelid) AS newpage) u
		CROSS JOIN LATERAL (SELECT coalesce((SELECT (regexp_match(o, '^fillfactor=([0-9]+)'))[1]::int
			FROM pg_class r, unnest(r.reloptions) o WHERE r.oid = t.indrelid AND o LIKE 'fillfactor=%'), 100) AS fillfactor) f
		-- at the most: pages may be half empty
		CROSS JOIN LATERAL (SELECT r.relpages * current_setting('block_size')::float8 / NULLIF(GREATEST(r.reltuples, 0), 0) AS row_bytes
			FROM pg_class r WHERE r.oid = t.indrelid) w
	WHERE t.is_first AND t.relkind = 'i'
		AND t.free_share > 0
		AND 100.0 * u.hot < u.upd * t.free_share * (SELECT advisor._setting('hot_percent'))
		-- 16 says so; before that it is what is left
		AND (u.newpage IS NULL OR 2 * u.newpage >= u.upd - u.hot)
		AND f.fillfactor > 70;
END;
COMMENT ON FUNCTION advisor._as_crowded(advisor._index_verdicts) IS
	'the table of an index, if its updates set no indexed column and yet are not HOT';

CREATE FUNCTION advisor._collation_name(collation_oid oid) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 100
BEGIN ATOMIC
	SELECT quote_ident(n.nspname) || '.' || quote_ident(c.collname)
	FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
	WHERE c.oid = collation_oid;
END;
COMMENT ON FUNCTION advisor._collation_name(oid) IS
	'qualified and quoted name of a collation';

CREATE VIEW advisor._changed_collations AS
WITH changed AS MATERIALIZED (
	SELECT c.oid, advisor._collation_name(c.oid) AS name, 'COLLATION ' || advisor._collation_name(c.oid) AS object, c.collversion AS recorded, v.version AS actual
	FROM pg_collation c
		CROSS JOIN LATERAL (SELECT pg_collation_actual_version(c.oid) AS version) v
	WHERE c.oid IN (SELECT unnest(i.indcollation::oid[]) FROM pg_index i)
		AND c.collversion IS NOT NULL AND v.version IS NOT NULL AND c.collversion <> v.version
	UNION ALL
	-- the default collation is the database's
	SELECT 100::oid, d.datcollate, format('DATABASE %I', d.datname), d.datcollversion, v.version
	FROM pg_database d
		CROSS JOIN LATERAL (SELECT pg_database_collation_actual_version(d.oid) AS version) v
	WHERE d.datname = current_database() AND d.datcollversion IS NOT NULL AND v.version IS NOT NULL AND d.datcollversion <> v.version
)
SELECT k.oid, k.name, k.object, k.recorded, k.actual, u.indexes, u.unique_indexes, u.bytes, u.ddl
FROM changed k
	CROSS JOIN LATERAL (
		SELECT count(*) AS indexes, count(*) FILTER (WHERE i.indisunique) AS unique_indexes, sum(s.bytes)::bigint AS bytes,
			string_agg(format('REINDEX INDEX CONCURRENTLY %I.%I;', n.nspname, c.relname), E'\n' ORDER BY n.nspname, c.relname) AS ddl
		FROM pg_index i
			JOIN pg_class c ON c.oid = i.indexrelid
			JOIN pg_namespace n ON n.oid = c.relnamespace
			LEFT JOIN advisor._relation_sizes() s ON s.relid = i.indexrelid
		WHERE c.relkind = 'i' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
			AND k.oid = ANY (i.indcollation::oid[])
	) u
WHERE u.indexes > 0;
COMMENT ON VIEW advisor._changed_collations IS
	'collations that sort differently, perhaps, from when indexes were made by them';

CREATE VIEW advisor.index_use_findings AS
WITH verdicts AS MATERIALIZED (
	-- looked at once for all that is made of it
	SELECT v AS v FROM advisor._index_verdicts v
	WHERE v.is_unused AND v.verdict = 'drop' OR v.is_low OR v.is_hot_blocking OR v.free_share > 0
), unused AS MATERIALIZED (
	SELECT u.* FROM verdicts CROSS JOIN LATERAL advisor._as_unused(verdicts.v) u
	WHERE u.verdict = 'drop'
), hot AS MATERIALIZED (
	SELECT h.* FROM verdicts CROSS JOIN LATERAL advisor._as_hot(verdicts.v) h
	-- the update of a key is what it is
	WHERE h.verdict <> 'keep' OR h.executions > 0
)
SELECT f.*
FROM unused u
	CROSS JOIN LATERAL (SELECT format('%I.%I', u.schemaname, u.indexrelname) AS index, format('%I.%I', u.schemaname, u.relname) AS table) n
	CROSS JOIN LATERAL advisor._finding(
		check_id => CASE u.use WHEN 'unused' THEN 'unused_index' ELSE 'rarely_used_index' END,
		category => 'index',
		parts => ARRAY[u.schemaname, u.indexrelname],
		severity => CASE WHEN u.size >= 1073741824 OR u.write_cost >= 60000 THEN 'medium' ELSE 'low' END,
		object => n.index,
		title => CASE u.use WHEN 'unused' THEN format('Index %s of %s is not used and takes %s', n.index, n.table, pg_size_pretty(u.size))
			ELSE format('Index %s costs %s a day and is hardly used', n.index, advisor._duration(u.write_cost)) END,
		detail => format('%s captured executions used it since %s, and the server counts %s scans. About %s entries are made in it a day, which takes about %s. '
			'Nothing known speaks against dropping it: it enforces nothing, no foreign key needs it, and no standby is connected. Jobs that run more rarely than that have not been seen.',
			advisor._count(u.executions), coalesce(to_char(u.observed_since, 'YYYY-MM-DD HH24:MI'), 'capture began') || coalesce(' (' || round(u.observed_days::numeric, 1) || ' days)', ''), advisor._count(u.idx_scan),
			advisor._count(u.writes_per_day), advisor._duration(u.write_cost)),
		evidence => jsonb_build_object('table', n.table, 'executions', u.executions, 'last_used', u.last_used, 'idx_scan', u.idx_scan, 'last_idx_scan', u.last_idx_scan,
			'observed_since', u.observed_since, 'observed_days', u.observed_days, 'writes_per_day', u.writes_per_day, 'write_cost', u.write_cost, 'size', u.size),
		remedy => format('See that %s returns no statement that loses (rows with a problem are statements that could not be planned), then drop it.', rtrim(u.proof, ';')),
		-- what cannot be undone is not advised
		remedy_sql => CASE WHEN u.undo_ddl IS NOT NULL THEN u.drop_ddl END,
		undo_sql => u.undo_ddl,
		remedy_lock => CASE WHEN u.drop_ddl LIKE 'DROP INDEX CONCURRENTLY%' THEN 'ShareUpdateExclusiveLock' ELSE 'AccessExclusiveLock' END,
		impact_bytes => u.size,
		impact_ms_per_day => u.write_cost,
		confidence => CASE u.use WHEN 'unused' THEN 85 ELSE 60 END) f
WHERE NOT EXISTS (SELECT FROM hot h WHERE h.indexrelid = u.indexrelid)

UNION ALL
SELECT f.*
FROM advisor.invalid_indexes i
	CROSS JOIN LATERAL (SELECT advisor._qualified_name(i.indexrelid) AS index, format('%I.%I', i.schemaname, i.relname) AS table) n
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'invalid_index',
		category => 'index',
		parts => ARRAY[i.schemaname, i.indexrelname],
		severity => CASE WHEN i.constraint_name IS NOT NULL THEN 'high' WHEN i.problem IN ('not ready', 'partition lacks it') THEN 'low' ELSE 'medium' END,
		object => n.index,
		title => CASE i.problem WHEN 'partition lacks it' THEN format('Partitioned index %s is not valid: a partition lacks it', n.index)
			ELSE format('Index %s of %s is not valid%s and takes %s', n.index, n.table, ' (' || NULLIF(i.problem, 'not valid') || ')', pg_size_pretty(i.size)) END,
		detail => i.detail || ' It is not being built now.',
		evidence => jsonb_build_object('table', n.table, 'problem', i.problem, 'size', i.size, 'constraint', i.constraint_name, 'missing_in', i.missing_in),
		remedy => i.remedy || ' Not to be run in a transaction.' || CASE WHEN i.undo_sql IS NULL THEN ' There is nothing to take back.' ELSE '' END,
		remedy_sql => i.remedy_sql,
		undo_sql => i.undo_sql,
		remedy_lock => 'ShareUpdateExclusiveLock',
		impact_bytes => CASE WHEN i.remedy_sql LIKE 'DROP%' THEN i.size END,
		confidence => 95) f

UNION ALL
SELECT f.*
FROM verdicts
	CROSS JOIN LATERAL advisor._as_low(verdicts.v) l
	CROSS JOIN LATERAL (SELECT format('%I.%I', l.schemaname, l.indexrelname) AS index, format('%I.%I', l.schemaname, l.relname) AS table) n
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'low_selectivity_index',
		category => 'index',
		parts => ARRAY[l.schemaname, l.indexrelname],
		severity => 'info',
		object => n.index,
		title => format('Index %s on %I finds nothing that is rare', n.index, l."column"),
		detail => format('%s The column has %s values, the most common one in %s of 100 rows. %s captured executions used the index since %s. It takes %s.',
			l.reason, advisor._count(l.distinct_values), advisor._count(100 * l.most_common_share), advisor._count(l.executions),
			coalesce(to_char(l.observed_since, 'YYYY-MM-DD HH24:MI'), 'an unknown time'), pg_size_pretty(l.size)),
		evidence => jsonb_build_object('table', n.table, 'column', l."column", 'distinct_values', l.distinct_values, 'most_common_share', l.most_common_share,
			'null_share', l.null_share, 'executions', l.executions, 'observed_since', l.observed_since, 'least_percent', l.least_percent, 'most_percent', l.most_percent,
			'queryids', l.queryids, 'partial_index', l.partial_index, 'size', l.size),
		remedy => format('See what the statements lose without it: SELECT * FROM advisor.drop_impact(%L).', n.index)
			|| coalesce(' A partial index is smaller and serves conditions that exclude nulls: ' || l.partial_index, ''),
		impact_ms_per_day => l.write_cost,
		impact_bytes => l.size,
		confidence => 60) f
WHERE NOT EXISTS (SELECT FROM unused u WHERE u.indexrelid = l.indexrelid)
	AND NOT EXISTS (SELECT FROM hot h WHERE h.indexrelid = l.indexrelid)

UNION ALL
SELECT f.*
FROM hot h
	CROSS JOIN LATERAL (SELECT format('%I.%I', h.schemaname, h.indexrelname) AS index, format('%I.%I', h.schemaname, h.relname) AS table) n
	LEFT JOIN unused u ON u.indexrelid = h.indexrelid AND u.use = 'unused'
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'hot_blocking_index',
		category => 'index',
		parts => ARRAY[h.schemaname, h.indexrelname],
		severity => CASE WHEN u.indexrelid IS NULL THEN 'info' WHEN h.cost >= 60000 OR h.hot_percent < 10 THEN 'medium' ELSE 'low' END,
		object => n.index,
		title => format('Index %s keeps updates of %s from being HOT: %s %% of those of %s are', n.index, h.columns, advisor._count(h.hot_percent), n.table),
		detail => format('%s set %s, about %s rows a day. Of %s updates of %s that the server counts since %s, %s %% were HOT. '
			'Each of the others makes an entry in every index of the table%s%s. %s',
			CASE h.statements WHEN 1 THEN 'A captured statement has' ELSE advisor._count(h.statements) || ' captured statements' END, h.columns, advisor._count(h.updates_per_day), advisor._count(h.n_tup_upd), n.table,
			coalesce(to_char(h.counted_since, 'YYYY-MM-DD HH24:MI'), 'its counters began'), advisor._count(h.hot_percent),
			CASE WHEN h.freed_updates_per_day < h.updates_per_day THEN format('; %s updates a day are held up by other indexes as well', advisor._count(h.updates_per_day - h.freed_updates_per_day)) ELSE '' END,
			coalesce(format(', which takes about %s a day', advisor._duration(h.cost)), ''), h.reason),
		evidence => jsonb_build_object('table', n.table, 'columns', h.columns, 'statements', h.statements, 'queryids', h.queryids, 'updates_per_day', h.updates_per_day,
			'freed_updates_per_day', h.freed_updates_per_day, 'n_tup_upd', h.n_tup_upd, 'n_tup_hot_upd', h.n_tup_hot_upd, 'hot_percent', h.hot_percent,
			'counted_since', h.counted_since, 'executions', h.executions, 'observed_since', h.observed_since, 'cost', h.cost, 'size', h.size),
		remedy => CASE WHEN u.indexrelid IS NOT NULL THEN format('See that %s returns no statement that loses (rows with a problem are statements that could not be planned), then drop it.', rtrim(u.proof, ';'))
			WHEN h.executions > 0 THEN 'Weigh its use against its price; perhaps the column can be written less often, or moved to a table of its own.'
			ELSE 'Observe its use for longer; then drop it if it has none.' END,
		-- what cannot be undone is not advised
		remedy_sql => CASE WHEN u.undo_ddl IS NOT NULL THEN u.drop_ddl END,
		undo_sql => u.undo_ddl,
		remedy_lock => CASE WHEN u.drop_ddl LIKE 'DROP INDEX CONCURRENTLY%' THEN 'ShareUpdateExclusiveLock' WHEN u.drop_ddl IS NOT NULL THEN 'AccessExclusiveLock' END,
		impact_bytes => CASE WHEN u.indexrelid IS NOT NULL THEN h.size END,
		impact_ms_per_day => h.cost,
		confidence => CASE WHEN u.indexrelid IS NOT NULL THEN 85 ELSE 60 END) f

UNION ALL
SELECT f.*
FROM verdicts
	CROSS JOIN LATERAL advisor._as_crowded(verdicts.v) t
	CROSS JOIN LATERAL (SELECT format('%I.%I', t.schemaname, t.relname) AS name) n
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'fillfactor_hot',
		category => 'table',
		parts => ARRAY[t.schemaname, t.relname],
		severity => 'low',
		object => n.name,
		title => format('Updates of %s are not HOT for want of room in its pages: %s %%', n.name, advisor._count(100.0 * t.n_tup_hot_upd / t.n_tup_upd)),
		detail => format('Of %s updates that the server counts, %s were HOT, though %s %% of the updated rows since %s had no indexed column set (about %s rows a day). %s '
			'Long transactions have the same effect, as they keep old rows in the pages.',
			advisor._count(t.n_tup_upd), advisor._count(t.n_tup_hot_upd), advisor._count(100 * t.free_share), to_char(t.stats_since, 'YYYY-MM-DD HH24:MI'),
			advisor._count(t.updates_per_day),
			CASE WHEN t.n_tup_newpage_upd IS NULL THEN 'That they found no room is inferred.' ELSE format('The new row of %s went to another page.', advisor._count(t.n_tup_newpage_upd)) END),
		evidence => jsonb_build_object('n_tup_upd', t.n_tup_upd, 'n_tup_hot_upd', t.n_tup_hot_upd, 'n_tup_newpage_upd', t.n_tup_newpage_upd, 'possible_share', t.free_share,
			'fillfactor', t.fillfactor, 'observed_since', t.stats_since),
		remedy => format('Leave room: fillfactor %s instead of %s. It holds for pages filled from now on; VACUUM FULL would rewrite the others.',
			t.proposed, t.fillfactor),
		remedy_sql => format('ALTER TABLE %s SET (fillfactor = %s);', n.name, t.proposed),
		undo_sql => CASE t.fillfactor WHEN 100 THEN format('ALTER TABLE %s RESET (fillfactor);', n.name)
			ELSE format('ALTER TABLE %s SET (fillfactor = %s);', n.name, t.fillfactor) END,
		remedy_lock => 'ShareUpdateExclusiveLock',
		confidence => CASE WHEN t.n_tup_newpage_upd IS NULL THEN 50 ELSE 75 END) f

UNION ALL
SELECT f.*
FROM advisor._changed_collations c
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'collation_version_mismatch',
		category => 'index',
		parts => ARRAY[c.object],
		severity => CASE WHEN c.unique_indexes > 0 THEN 'critical' ELSE 'high' END,
		object => lower(split_part(c.object, ' ', 1)) || substr(c.object, length(split_part(c.object, ' ', 1)) + 1),
		title => format('%s indexes may be in a wrong order: %s has changed from version %s to %s', c.indexes, c.name, c.recorded, c.actual),
		detail => format('%s indexes, %s of them unique, depend on %s. They were made when the operating system, or ICU, sorted by version %s; now it is %s. '
			'If their order differs for any value, searches miss rows and unique indexes let duplicates in. Whether it does has not been tested.',
			c.indexes, c.unique_indexes, c.object, c.recorded, c.actual),
		evidence => jsonb_build_object('collation', c.name, 'recorded_version', c.recorded, 'actual_version', c.actual, 'indexes', c.indexes, 'unique_indexes', c.unique_indexes, 'size', c.bytes),
		remedy => 'Rebuild the indexes, then record the new version. Unique ones fail if duplicates have got in: these must go first. Partitions by ranges of text, and constraints that compare texts, are to be checked, too. It cannot be taken back.',
		remedy_sql => c.ddl || E'\n' || format('ALTER %s REFRESH %sVERSION;', c.object, CASE WHEN c.object LIKE 'DATABASE %' THEN 'COLLATION ' ELSE '' END),
		remedy_lock => 'ShareUpdateExclusiveLock',
		confidence => 80) f;
COMMENT ON VIEW advisor.index_use_findings IS
	'indexes that cost more than they give, or cannot be trusted; rows are of type advisor.finding';

CREATE FUNCTION advisor._index_use_checks() RETURNS TABLE (
	check_id text, category text, title text, looks_at text, settings text[], needs text, page text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100 ROWS 8
BEGIN ATOMIC
	SELECT * FROM (VALUES
		('unused_index', 'index', 'An index is not used', 'Indexes that no captured statement executed, and every reason for keeping them all the same.',
			ARRAY['unused_index_days', 'unused_index_standbys'], 'pg_read_all_stats',
$$What it looks at
Indexes that no execution of a captured statement reached, on any of their partitions.
Executions are counted in plan nodes, not by idx_scan: that also rises when the planner looks up
the end of an index, and does not when a unique index stops a duplicate. The counts survive
clean restarts.

Why it matters
Each index takes disk and memory, makes every INSERT and every UPDATE that is not HOT slower,
writes WAL, is read by each vacuum, and may keep updates from being HOT.

How it decides
advisor.unused_indexes lists every reason against dropping. "keep": it enforces a constraint or
uniqueness, is the replica identity, what the table is clustered by, what a foreign key refers
to or the only index that finds its rows, belongs to a partitioned index or an extension, or
gives the planner statistics of an expression that statements use. "observe": less than
unused_index_days since capture began or since the index is known to exist, scans that cannot be
explained, standbys whose use is not seen here, statements that are not captured or not visible,
or another index that begins like it. A finding is made only if there is neither. Upkeep is
reckoned as advisor.recommend_indexes() does for new indexes: rows inserted and non-HOT updates,
times the planner's cost of an entry, times the ms that a unit of cost took in captured
statements.

When it is wrong
A job that runs once a year is not seen in a month. A server that was promoted lately knows only
what it did since. How old an index is is known from advisor.observe(): schedule it.

What to do
SELECT * FROM advisor.drop_impact('schema.index') plans all captured statements of the table
without the index. It must return no statement that loses; rows with a problem are statements
that could not be planned, which somebody must look at. Then run the remedy: DROP INDEX
CONCURRENTLY waits for running transactions and takes a ShareUpdateExclusiveLock; a partitioned
index can only be dropped with an AccessExclusiveLock. The undo creates the same index again,
with tablespace, statistics targets and comment. If standbys have been looked at, set
unused_index_standbys to 1.$$),
		('rarely_used_index', 'index', 'An index costs more than it saves', 'Indexes whose upkeep takes more time than their uses could save.',
			ARRAY['unused_index_days', 'unused_index_standbys'], 'pg_read_all_stats',
$$What it looks at
Indexes that statements executed, so rarely that keeping them up to date costs more than that.

Why it matters
The statements that write pay each time, and nobody attributes that to the index.

How it decides
A use saves at most what reading the whole table would cost: its pages and rows at the planner's
prices. That, times the executions a day, is compared with the rows inserted and the updates
that are not HOT, by statements that ran ten times or more, times the planner's cost of an
entry. Both are made ms by what a unit of cost took in captured statements. All reasons of
unused_index against dropping count here, too.

When it is wrong
If the few uses are urgent: an answer in 1 ms instead of 100 ms may be worth any upkeep.
Averages of counters that were never reset may be of other times.

What to do
SELECT * FROM advisor.drop_impact('schema.index') tells which statements would lose how much.
Drop the index if they can bear it (ShareUpdateExclusiveLock); the undo creates it again.$$),
		('invalid_index', 'index', 'An index is not valid', 'Indexes that no statement can use, left by failed builds, and partitioned ones that a partition lacks.',
			'{}', 'nothing',
$$What it looks at
Indexes that are not valid, not ready or not live, except those being built right now
(pg_stat_progress_create_index), also of TOAST tables. Of partitioned indexes, the partitions
that have no valid index of their own attached.

Why it matters
An invalid index is written by every INSERT and vacuumed, and no statement reads it. If it is
unique it may be thought to enforce what it does not. A partitioned index that is not valid
serves only the partitions that have it, and cannot be the target of a foreign key.

How it decides
From pg_index. A name that ends in _ccnew or _ccold is taken for a rest of REINDEX CONCURRENTLY.
There is no threshold.

When it is wrong
Somebody may be about to attach the missing partitions, one after the other. Who is no member of
pg_read_all_stats sees of other roles' builds only their locks, and it decides by these.

What to do
Leftovers, and what has a valid twin, are to be dropped; others are built again with REINDEX
INDEX CONCURRENTLY, which fails as before while duplicates exist. Missing partitions are built
CONCURRENTLY and attached. All take a ShareUpdateExclusiveLock. There is nothing to undo, as
nothing could use the index.$$),
		('low_selectivity_index', 'index', 'An index finds nothing that is rare', 'Indexes of one column whose scans all return a great part of the table, or cannot return less.',
			ARRAY['low_selectivity_percent'], 'pg_read_all_stats',
$$What it looks at
B-tree and hash indexes of one column, without predicate and without duty, on tables of 1,000
rows or more: what part of the table each captured scan returned.

Why it matters
Beyond some per cent of the rows, reading the table is as fast, so the index costs writes and
disk for nothing.

How it decides
Measured rows of all captured scans with a condition, divided by the rows of the table: even the
best must be above low_selectivity_percent. Scans without a condition, which count or give an
order, are another matter, and one scan that has not been measured is enough to say nothing. An
index that nothing used is reported if its column has one or two values and the rarer one is
above that, too. That a column has few values is no fault: an index that finds the rare one of
two is excellent.

When it is wrong
Rows that lie together make even such scans cheap. Averages over loops hide single ones that are
rare.

What to do
See advisor.drop_impact(). If the statements ask for a rare value or exclude nulls, a partial
index serves them and is smaller. Nothing is to be run without that, so there is no remedy as
SQL.$$),
		('hot_blocking_index', 'index', 'An index keeps updates from being HOT', 'Indexes on columns that captured UPDATE statements set, on tables few of whose updates are HOT.',
			ARRAY['hot_percent', 'hot_updates', 'unused_index_days', 'unused_index_standbys'], 'pg_read_all_stats',
$$What it looks at
The columns that captured UPDATE statements set, and the columns of each index, of its
expressions and of its predicate. From PostgreSQL 16 on BRIN does not count.

Why it matters
An update that changes no indexed column is HOT if its page has room: no index is written, and
the old row goes without a vacuum. One index on such a column makes each update write all
indexes.

How it decides
n_tup_hot_upd / n_tup_upd below hot_percent on tables with hot_updates updates or more in the
server's counters, and a captured statement that sets a column of the index. What it costs is
reckoned from the rows these statements updated and the planner's cost of an entry in this
index, and in all others where no other index is in the way.

When it is wrong
A statement that sets a column to the value that it has does not prevent HOT, and is counted
here. The counters reach back to their last reset.

What to do
If nothing uses the index and nothing depends on it, drop it: see unused_index for the proof,
the lock and the undo; a fillfactor below 100 helps afterwards. If it is used this is a remark
on its price (info). Perhaps the column can be written less often, or kept in a table of its
own.$$),
		('fillfactor_hot', 'table', 'Updates find no room in their pages', 'Tables whose updates set no indexed column and still are not HOT.',
			ARRAY['hot_percent', 'hot_updates'], 'pg_read_all_stats',
$$What it looks at
Captured UPDATE statements that set no column of any index, and the server's counts of updates,
HOT updates and, from PostgreSQL 16 on, updates whose new row went to another page.

Why it matters
A HOT update needs room for the new row in the page of the old one. A table filled to 100 % has
none until something is pruned, so the new row goes elsewhere and all indexes are written.

How it decides
Of the updates that could be HOT as far as indexes go, fewer than hot_percent are: n_tup_hot_upd
/ (n_tup_upd * share of captured updates that set no indexed column). From 16 on at least half
of the others must have gone to another page (n_tup_newpage_upd). At least hot_updates updates.
The fillfactor proposed leaves room for two more versions of a row, between 70 and 90.

When it is wrong
Long transactions keep old rows, and so take the room. Before 16 that pages are full is
inferred. The counters may be older than what was captured.

What to do
ALTER TABLE ... SET (fillfactor = n), with a ShareUpdateExclusiveLock. It holds for pages filled
from now on. The undo resets it.$$),
		('collation_version_mismatch', 'index', 'A collation has changed under its indexes', 'Indexes made by a version of a collation that is not the one in use now.',
			'{}', 'nothing',
$$What it looks at
The versions that the database and its collations were made with (datcollversion, collversion),
and those that the operating system and ICU have now; and which indexes depend on them.

Why it matters
An index on text is in the order of its collation. When an upgrade of the system changes that
order, searches in old indexes miss rows, and unique indexes let duplicates in.

How it decides
Versions are compared as texts. Collations that know no version, as C, cannot change. It is
critical if a unique index depends on it. There is no threshold.

When it is wrong
The order may be the same for all values that there are: amcheck's bt_index_check() can tell.

What to do
Rebuild the indexes (REINDEX CONCURRENTLY, ShareUpdateExclusiveLock), remove duplicates where it
fails, then ALTER COLLATION or ALTER DATABASE ... REFRESH, which only records the version. Check
partitions by ranges of text as well. There is no undo.$$)
	) c;
END;
COMMENT ON FUNCTION advisor._index_use_checks() IS
	'the checks of advisor.index_use_findings';

CREATE FUNCTION advisor._index_use_skips() RETURNS TABLE (check_id text, reason text)
	LANGUAGE sql VOLATILE PARALLEL SAFE COST 1000 ROWS 10
BEGIN ATOMIC
	SELECT c.check_id, r.reason
	FROM (VALUES ('unused_index'), ('rarely_used_index')) c(check_id)
		CROSS JOIN LATERAL (
			SELECT 'the use of indexes is not captured: advisor is not in shared_preload_libraries'
			WHERE NOT advisor._is_preloaded()
			UNION ALL
			SELECT format('the use of indexes has been observed since %s only, and %s days are wanted',
				to_char(i.stats_since, 'YYYY-MM-DD HH24:MI'), advisor._count((SELECT advisor._setting('unused_index_days'))))
			FROM advisor._info() i
			WHERE advisor._is_preloaded() AND EXTRACT(epoch FROM now() - i.stats_since)::float8 / 86400 + 1 < (SELECT advisor._setting('unused_index_days'))
			UNION ALL
			SELECT 'use inside of functions and foreign keys is not captured: advisor.track is not all'
			WHERE advisor._is_preloaded() AND current_setting('advisor.track', true) IS DISTINCT FROM 'all'
			UNION ALL
			SELECT 'on a standby the use of indexes on the primary is not known'
			WHERE pg_is_in_recovery()
		) r(reason)
	UNION ALL
	SELECT c.check_id, 'statements of other roles cannot be seen: they are for members of pg_read_all_stats'
	FROM (VALUES ('unused_index'), ('rarely_used_index'), ('low_selectivity_index'), ('hot_blocking_index'), ('fillfactor_hot')) c(check_id)
	WHERE NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
	UNION ALL
	SELECT c.check_id, 'statements are not captured: advisor is not in shared_preload_libraries'
	FROM (VALUES ('low_selectivity_index'), ('hot_blocking_index'), ('fillfactor_hot')) c(check_id)
	WHERE NOT advisor._is_preloaded()
	UNION ALL
	SELECT c.check_id, 'updates are not counted: track_counts is off'
	FROM (VALUES ('hot_blocking_index'), ('fillfactor_hot')) c(check_id)
	WHERE NOT current_setting('track_counts')::boolean;
END;
COMMENT ON FUNCTION advisor._index_use_skips() IS
	'which checks of advisor.index_use_findings could not run, and why';

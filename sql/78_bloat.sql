/*
 * 78_bloat: tables and indexes that would be smaller if they were written anew.
 * Needs 40_findings to 42_observations.
 *
 * Bloat is what VACUUM FULL or REINDEX would give back with the options that the
 * relation has.  Views sample pages as far as a budget lasts and estimate the
 * rest from statistics; src/health/bloat.h has the methods.
 */
INSERT INTO advisor.settings (name, value, unit, minimum, maximum, description) VALUES
	('bloat_percent', 30, '%', 1, 100, 'tables and indexes with less bloat are not reported'),
	('bloat_size', 20, 'MB', 0, 1e9, 'less bloat than that in a table or an index is not reported'),
	('bloat_sample_pages', 100, 'pages', 2, 1e6, 'pages read of a table or an index to measure its bloat'),
	('bloat_sample_budget', 10000, 'pages', 0, 1e8, 'pages read in all by table_bloat, and by index_bloat; opening one counts as ten'),
	('bloat_estimate_size', 1, 'MB', 0, 1e9, 'smaller tables and indexes are left out when the budget is spent');

CREATE FUNCTION advisor._bloat(
		relation oid,
		method text,
		sample_pages int,
		strict boolean DEFAULT false,
		OUT method_used text,
		OUT size bigint,
		OUT pages bigint,
		OUT sampled_pages bigint,
		OUT bloat_bytes bigint,
		OUT bloat_percent float8,
		OUT error_percent float8,
		OUT expected_bytes bigint,
		OUT dead_bytes bigint,
		OUT free_bytes bigint,
		OUT toast_bytes bigint,
		OUT toast_bloat_bytes bigint,
		OUT reason text)
	RETURNS record
	AS 'MODULE_PATHNAME', 'advisor_bloat'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION advisor._bloat(oid, text, int, boolean) IS
	'bloat of one relation with storage of its own; a reason instead of an error unless strict';

CREATE FUNCTION advisor.bloat(
		relation regclass,
		INOUT method text DEFAULT 'sample',
		pages int DEFAULT 100,
		OUT size bigint,
		OUT total_pages bigint,
		OUT sampled_pages bigint,
		OUT bloat_bytes bigint,
		OUT bloat_percent float8,
		OUT error_percent float8,
		OUT expected_bytes bigint,
		OUT dead_bytes bigint,
		OUT free_bytes bigint,
		OUT toast_bytes bigint,
		OUT toast_bloat_bytes bigint,
		OUT reason text)
	RETURNS record
	LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
BEGIN ATOMIC
	WITH RECURSIVE parts AS (
		SELECT bloat.relation::oid AS part
		UNION
		SELECT i.inhrelid
		FROM parts p
			JOIN pg_catalog.pg_inherits i ON i.inhparent = p.part
			JOIN pg_catalog.pg_class c ON c.oid = i.inhparent AND c.relkind IN ('p', 'I')
	), leaves AS (
		SELECT p.part
		FROM parts p
			JOIN pg_catalog.pg_class c ON c.oid = p.part
		WHERE c.relkind NOT IN ('p', 'I')
	), measured AS MATERIALIZED (
		SELECT b.*
		FROM leaves l
			CROSS JOIN LATERAL advisor._bloat(l.part, bloat.method, bloat.pages, true) b
	)
	SELECT coalesce(max(m.method_used), bloat.method),
		sum(m.size)::bigint,
		sum(m.pages)::bigint,
		sum(m.sampled_pages)::bigint,
		sum(m.bloat_bytes)::bigint,
		-- of those of which it is known
		CASE WHEN count(m.bloat_bytes) = 0 THEN NULL
			ELSE coalesce(100.0 * sum(m.bloat_bytes) / NULLIF(sum(m.size) FILTER (WHERE m.bloat_bytes IS NOT NULL), 0), 0) END::float8,
		CASE WHEN count(m.error_percent) < count(m.bloat_bytes) OR count(m.bloat_bytes) = 0 THEN NULL
			ELSE coalesce(sqrt(sum((m.error_percent * m.size) ^ 2)) / NULLIF(sum(m.size), 0), 0) END::float8,
		sum(m.expected_bytes)::bigint,
		sum(m.dead_bytes)::bigint,
		sum(m.free_bytes)::bigint,
		sum(m.toast_bytes)::bigint,
		sum(m.toast_bloat_bytes)::bigint,
		CASE WHEN count(*) = 0 THEN CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = bloat.relation::oid)
				THEN 'partitioned, without partitions' ELSE 'it does not exist' END
			WHEN count(*) = 1 THEN min(m.reason)
			WHEN count(m.reason) > 0 THEN count(m.reason) || ' of ' || count(*) || ' partitions: ' || min(m.reason) END
	FROM measured m;
END;
COMMENT ON FUNCTION advisor.bloat(regclass, text, int) IS
	'what a rewrite of a table or REINDEX of an index would give back: as estimate (nothing is read), sample (of so many pages) or exact (by pgstattuple)';

-- An option of a relation; NULL if it is not set.
CREATE FUNCTION advisor._reloption(options text[], name text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT substr(o, length(_reloption.name) + 2) FROM unnest(_reloption.options) o
	WHERE starts_with(o, _reloption.name || '=');
END;
COMMENT ON FUNCTION advisor._reloption(text[], text) IS
	'a storage option of a relation; NULL if it is not set';

/*
 * Large ones come first, and those that have seen updates or deletes: what is only
 * inserted into hardly bloats.  Opening a relation costs about as much as ten
 * pages.  A NULL argument makes the function return a row of nulls unasked.
 */
CREATE VIEW advisor.table_bloat AS
WITH settings AS MATERIALIZED (
	SELECT advisor._setting('bloat_sample_pages')::int AS sample_pages,
		advisor._setting('bloat_sample_budget') AS budget,
		advisor._setting('bloat_estimate_size') * 1048576 AS estimate_size,
		advisor._setting('bloat_percent') AS percent,
		advisor._setting('bloat_size') * 1048576 AS size,
		current_setting('block_size')::int AS block,
		EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'pg_repack') AS can_repack
), sizes AS MATERIALIZED (
	SELECT s.relid, s.bytes FROM advisor._relation_sizes() s
), candidates AS MATERIALIZED (
	SELECT c.oid, n.nspname, c.relname, c.reloptions, s.bytes + coalesce(t.bytes, 0) AS bytes,
		(s.bytes + coalesce(t.bytes, 0)) * CASE WHEN pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid)
			> 0.1 * pg_stat_get_live_tuples(c.oid) THEN 4 ELSE 1 END AS suspicion
	FROM pg_class c
		JOIN pg_namespace n ON n.oid = c.relnamespace
		JOIN sizes s ON s.relid = c.oid
		LEFT JOIN sizes t ON t.relid = c.reltoastrelid
	WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
		AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
), ranked AS (
	SELECT c.*, sum(LEAST(s.sample_pages, ceil(c.bytes / s.block::float8)) + 10)
		OVER (ORDER BY c.suspicion DESC, c.oid ROWS UNBOUNDED PRECEDING) <= s.budget AS is_sampled
	FROM candidates c CROSS JOIN settings s
), measured AS MATERIALIZED (
	SELECT r.nspname, r.relname, r.oid, r.reloptions, r.bytes, b.*
	FROM ranked r
		CROSS JOIN settings s
		CROSS JOIN LATERAL advisor._bloat(CASE WHEN r.is_sampled OR r.bytes >= s.estimate_size THEN r.oid END,
			CASE WHEN r.is_sampled THEN 'sample' ELSE 'estimate' END, s.sample_pages) b
)
SELECT m.nspname AS schemaname,
	m.relname,
	m.oid AS relid,
	coalesce(NULLIF(m.size, 0), m.bytes) AS size,
	m.bloat_bytes,
	m.bloat_percent,
	m.error_percent,
	m.expected_bytes,
	m.method_used AS method,
	m.sampled_pages,
	m.dead_bytes,
	m.free_bytes,
	m.toast_bytes,
	m.toast_bloat_bytes,
	coalesce(advisor._reloption(m.reloptions, 'fillfactor')::int, 100) AS fillfactor,
	CASE WHEN m.bloat_bytes IS NULL THEN NULL
		WHEN m.bloat_percent < s.percent OR m.bloat_bytes < s.size THEN 'none'
		WHEN m.dead_bytes >= 0.5 * m.bloat_bytes THEN 'vacuum'
		WHEN s.can_repack THEN 'pg_repack'
		ELSE 'vacuum full' END AS remedy,
	CASE WHEN m.method_used IS NULL THEN 'small, and the pages that may be read are spent' ELSE m.reason END AS reason
FROM measured m CROSS JOIN settings s;
COMMENT ON VIEW advisor.table_bloat IS
	'what a rewrite of each table or materialized view would give back, sampled as far as bloat_sample_budget lasts';
COMMENT ON COLUMN advisor.table_bloat.schemaname IS 'schema';
COMMENT ON COLUMN advisor.table_bloat.relname IS 'table, partition or materialized view';
COMMENT ON COLUMN advisor.table_bloat.relid IS 'its OID';
COMMENT ON COLUMN advisor.table_bloat.size IS 'bytes of the table and its TOAST table';
COMMENT ON COLUMN advisor.table_bloat.bloat_bytes IS 'bytes that a rewrite with the same options would give back; NULL if not known';
COMMENT ON COLUMN advisor.table_bloat.bloat_percent IS 'the same in per cent of size';
COMMENT ON COLUMN advisor.table_bloat.error_percent IS 'so far off, in points, bloat_percent may be: 1.96 standard errors of the sample, 0 if all pages were read; NULL of an estimate';
COMMENT ON COLUMN advisor.table_bloat.expected_bytes IS 'size after a rewrite';
COMMENT ON COLUMN advisor.table_bloat.method IS 'sample: pages were read; estimate: from statistics';
COMMENT ON COLUMN advisor.table_bloat.sampled_pages IS 'pages read';
COMMENT ON COLUMN advisor.table_bloat.dead_bytes IS 'bytes of dead rows that VACUUM has not removed, those that it may not remove yet as well';
COMMENT ON COLUMN advisor.table_bloat.free_bytes IS 'bytes free in the pages, for new rows; with what the fillfactor keeps free';
COMMENT ON COLUMN advisor.table_bloat.toast_bytes IS 'bytes of the TOAST table; NULL if it has none or an empty one';
COMMENT ON COLUMN advisor.table_bloat.toast_bloat_bytes IS 'bytes of it that a rewrite would give back';
COMMENT ON COLUMN advisor.table_bloat.fillfactor IS 'fillfactor; what it keeps free is no bloat';
COMMENT ON COLUMN advisor.table_bloat.remedy IS 'none (below bloat_percent or bloat_size), vacuum (dead rows wait for it), pg_repack (if that extension is here), vacuum full';
COMMENT ON COLUMN advisor.table_bloat.reason IS 'why it is not known, or not of all of it';

CREATE VIEW advisor.index_bloat AS
WITH settings AS MATERIALIZED (
	SELECT advisor._setting('bloat_sample_pages')::int AS sample_pages,
		advisor._setting('bloat_sample_budget') AS budget,
		advisor._setting('bloat_estimate_size') * 1048576 AS estimate_size,
		advisor._setting('bloat_percent') AS percent,
		advisor._setting('bloat_size') * 1048576 AS size,
		current_setting('block_size')::int AS block
), sizes AS MATERIALIZED (
	SELECT s.relid, s.bytes FROM advisor._relation_sizes() s
), candidates AS MATERIALIZED (
	SELECT c.oid, n.nspname, c.relname, t.relname AS tablename, a.amname, c.reloptions, s.bytes,
		s.bytes * CASE WHEN pg_stat_get_tuples_updated(t.oid) + pg_stat_get_tuples_deleted(t.oid)
			> 0.1 * pg_stat_get_live_tuples(t.oid) THEN 4 ELSE 1 END AS suspicion
	FROM pg_index i
		JOIN pg_class c ON c.oid = i.indexrelid
		JOIN pg_class t ON t.oid = i.indrelid
		JOIN pg_am a ON a.oid = c.relam
		JOIN pg_namespace n ON n.oid = c.relnamespace
		JOIN sizes s ON s.relid = c.oid
	WHERE c.relkind = 'i' AND c.relpersistence <> 't' AND i.indisvalid
		AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
), ranked AS (
	SELECT c.*, sum(LEAST(s.sample_pages, ceil(c.bytes / s.block::float8)) + 10)
		OVER (ORDER BY c.suspicion DESC, c.oid ROWS UNBOUNDED PRECEDING) <= s.budget AS is_sampled
	FROM candidates c CROSS JOIN settings s
), measured AS MATERIALIZED (
	SELECT r.nspname, r.relname, r.tablename, r.amname, r.oid, r.reloptions, r.bytes, b.*
	FROM ranked r
		CROSS JOIN settings s
		CROSS JOIN LATERAL advisor._bloat(CASE WHEN r.is_sampled OR r.bytes >= s.estimate_size THEN r.oid END,
			CASE WHEN r.is_sampled THEN 'sample' ELSE 'estimate' END, s.sample_pages) b
)
SELECT m.nspname AS schemaname,
	m.tablename AS relname,
	m.relname AS indexrelname,
	m.oid AS indexrelid,
	m.amname AS access_method,
	coalesce(NULLIF(m.size, 0), m.bytes) AS size,
	m.bloat_bytes,
	m.bloat_percent,
	m.error_percent,
	m.expected_bytes,
	m.method_used AS method,
	m.sampled_pages,
	m.dead_bytes,
	m.free_bytes,
	coalesce(advisor._reloption(m.reloptions, 'fillfactor')::int,
		CASE m.amname WHEN 'btree' THEN 90 WHEN 'gist' THEN 90 WHEN 'spgist' THEN 80 WHEN 'hash' THEN 75 END) AS fillfactor,
	CASE WHEN m.bloat_bytes IS NULL THEN NULL
		WHEN m.bloat_percent < s.percent OR m.bloat_bytes < s.size THEN 'none'
		WHEN m.dead_bytes >= 0.5 * m.bloat_bytes THEN 'vacuum'
		ELSE 'reindex' END AS remedy,
	CASE WHEN m.method_used IS NULL THEN 'small, and the pages that may be read are spent' ELSE m.reason END AS reason
FROM measured m CROSS JOIN settings s;
COMMENT ON VIEW advisor.index_bloat IS
	'what REINDEX of each valid index would give back, sampled as far as bloat_sample_budget lasts';
COMMENT ON COLUMN advisor.index_bloat.schemaname IS 'schema';
COMMENT ON COLUMN advisor.index_bloat.relname IS 'table, partition or materialized view';
COMMENT ON COLUMN advisor.index_bloat.indexrelname IS 'index';
COMMENT ON COLUMN advisor.index_bloat.indexrelid IS 'its OID';
COMMENT ON COLUMN advisor.index_bloat.access_method IS 'btree, gist, ...; nothing is known of gin and brin';
COMMENT ON COLUMN advisor.index_bloat.size IS 'bytes of the index';
COMMENT ON COLUMN advisor.index_bloat.bloat_bytes IS 'bytes that REINDEX would give back; NULL if not known';
COMMENT ON COLUMN advisor.index_bloat.bloat_percent IS 'the same in per cent of size';
COMMENT ON COLUMN advisor.index_bloat.error_percent IS 'so far off, in points, bloat_percent may be; NULL of an estimate';
COMMENT ON COLUMN advisor.index_bloat.expected_bytes IS 'size after REINDEX';
COMMENT ON COLUMN advisor.index_bloat.method IS 'sample: pages were read; estimate: from statistics';
COMMENT ON COLUMN advisor.index_bloat.sampled_pages IS 'pages of the index read; never the metapage of a btree';
COMMENT ON COLUMN advisor.index_bloat.dead_bytes IS 'bytes of entries of dead rows that VACUUM has not removed';
COMMENT ON COLUMN advisor.index_bloat.free_bytes IS 'bytes free in the pages; with what the fillfactor keeps free';
COMMENT ON COLUMN advisor.index_bloat.fillfactor IS 'fillfactor in force, the access method''s default if none is set';
COMMENT ON COLUMN advisor.index_bloat.remedy IS 'none (below bloat_percent or bloat_size), vacuum (dead entries wait for it), reindex';
COMMENT ON COLUMN advisor.index_bloat.reason IS 'why it is not known';

-- How large the bloat is, how sure that is, and what was looked at.
CREATE FUNCTION advisor._bloat_sentence(method text, size bigint, bloat_bytes bigint, bloat_percent float8,
		error_percent float8, sampled_pages bigint, dead_bytes bigint) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT 'Of ' || pg_size_pretty(size) || ', ' || pg_size_pretty(bloat_bytes) || ' (' || round(bloat_percent::numeric) || ' %'
		|| CASE WHEN error_percent > 0 THEN ', give or take ' || trim_scale(round(error_percent::numeric, 1)) || ' points' ELSE '' END
		|| ') would be given back by writing it anew, '
		|| CASE WHEN method = 'estimate' THEN 'as the statistics of its columns have it; no page was read, advisor.bloat() reads some.'
			ELSE 'as a sample of ' || advisor._count(sampled_pages) || ' pages has it.' END
		|| CASE WHEN dead_bytes > 0 THEN ' ' || pg_size_pretty(dead_bytes) || ' are dead and wait for VACUUM.' ELSE '' END;
END;
COMMENT ON FUNCTION advisor._bloat_sentence(text, bigint, bigint, float8, float8, bigint, bigint) IS
	'bloat in words';

-- Much in bytes and per cent is worth a hurry; free space in the pages gets used again.
CREATE FUNCTION advisor._bloat_severity(bloat_bytes bigint, bloat_percent float8) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN bloat_bytes >= 10 * 1073741824.0 AND bloat_percent >= 50 THEN 'high'
		WHEN bloat_bytes >= 1073741824.0 OR (bloat_percent >= 70 AND bloat_bytes >= 100 * 1048576.0) THEN 'medium'
		ELSE 'low' END;
END;
COMMENT ON FUNCTION advisor._bloat_severity(bigint, float8) IS
	'severity of so much bloat';

-- An error bar that reaches below the threshold makes it doubtful.
CREATE FUNCTION advisor._bloat_confidence(method text, bloat_percent float8, error_percent float8, threshold float8) RETURNS integer
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN method = 'estimate' THEN 50 WHEN bloat_percent - error_percent >= threshold THEN 95 ELSE 70 END;
END;
COMMENT ON FUNCTION advisor._bloat_confidence(text, float8, float8, float8) IS
	'how sure it is that bloat is above a threshold, in per cent';

CREATE VIEW advisor.bloat_findings AS
SELECT f.*
FROM (
	SELECT b.*, quote_ident(b.schemaname) || '.' || quote_ident(b.relname) AS name,
		c.relkind, c.reloptions,
		coalesce(advisor._reloption(c.reloptions, 'autovacuum_vacuum_scale_factor')::float8,
			current_setting('autovacuum_vacuum_scale_factor')::float8) > 0.05
			AND c.relkind = 'r' AND pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid) > 0 AS prevent,
		b.expected_bytes + (SELECT coalesce(sum(i.relpages), 0)::bigint * current_setting('block_size')::int
			FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = b.relid) AS disk_needed,
		pg_stat_get_dead_tuples(b.relid) AS dead_rows,
		GREATEST(pg_stat_get_last_vacuum_time(b.relid), pg_stat_get_last_autovacuum_time(b.relid)) AS last_vacuum
	FROM advisor.table_bloat b
		JOIN pg_class c ON c.oid = b.relid
	WHERE b.remedy <> 'none'
) b
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'table_bloat',
		category => 'table',
		parts => ARRAY[b.schemaname::text, b.relname::text],
		severity => advisor._bloat_severity(b.bloat_bytes, b.bloat_percent),
		object => b.name,
		title => b.name || ' could be ' || round(b.bloat_percent::numeric) || ' % smaller, by ' || pg_size_pretty(b.bloat_bytes),
		detail => advisor._bloat_sentence(b.method, b.size, b.bloat_bytes, b.bloat_percent, b.error_percent, b.sampled_pages, b.dead_bytes)
			|| CASE WHEN b.toast_bloat_bytes > 0 THEN ' ' || pg_size_pretty(b.toast_bloat_bytes) || ' of that are in its TOAST table.' ELSE '' END
			|| coalesce(' Last vacuumed at ' || date_trunc('second', b.last_vacuum) || '.', ' It has not been vacuumed since its statistics began.')
			|| ' Scans read the empty room, and it takes memory as well. New rows will use it: if the table will soon be that large again, leave it.'
			|| coalesce(' Not seen: ' || b.reason || '.', ''),
		evidence => jsonb_build_object('size', b.size, 'bloat_bytes', b.bloat_bytes, 'bloat_percent', round(b.bloat_percent::numeric, 1),
			'error_percent', round(b.error_percent::numeric, 1), 'method', b.method, 'sampled_pages', b.sampled_pages,
			'dead_bytes', b.dead_bytes, 'dead_rows', b.dead_rows, 'free_bytes', b.free_bytes, 'expected_bytes', b.expected_bytes,
			'toast_bytes', b.toast_bytes, 'toast_bloat_bytes', b.toast_bloat_bytes, 'fillfactor', b.fillfactor,
			'last_vacuum', b.last_vacuum, 'disk_needed', b.disk_needed),
		remedy => CASE b.remedy
			WHEN 'vacuum' THEN 'VACUUM first, so that new rows can use the room of dead ones; if VACUUM does not remove them, an old transaction or replication slot holds them.'
			WHEN 'pg_repack' THEN 'Rewrite it with pg_repack (pg_repack --table=' || b.name || '), which locks it for moments only and takes '
				|| pg_size_pretty(b.disk_needed) || ' of free disk meanwhile.'
			ELSE 'Rewrite it with VACUUM FULL in a maintenance window: nobody can read or write it meanwhile, and it takes '
				|| pg_size_pretty(b.disk_needed) || ' of free disk. pg_repack does the same with short locks.' END
			|| CASE WHEN b.prevent THEN ' Vacuuming it earlier keeps it from growing like that again.' ELSE '' END
			|| CASE WHEN b.remedy <> 'pg_repack' THEN ' Not to be run in a transaction.' ELSE '' END,
		remedy_sql => NULLIF(concat_ws(E'\n',
			CASE b.remedy WHEN 'vacuum' THEN 'VACUUM (ANALYZE) ' || b.name || ';'
				WHEN 'vacuum full' THEN 'VACUUM (FULL, ANALYZE) ' || b.name || ';' END,
			CASE WHEN b.prevent THEN 'ALTER TABLE ' || b.name || ' SET (autovacuum_vacuum_scale_factor = 0.05);' END), ''),
		undo_sql => CASE WHEN b.prevent THEN 'ALTER TABLE ' || b.name
			|| coalesce(' SET (autovacuum_vacuum_scale_factor = ' || advisor._reloption(b.reloptions, 'autovacuum_vacuum_scale_factor') || ');',
				' RESET (autovacuum_vacuum_scale_factor);') END,
		remedy_lock => CASE b.remedy WHEN 'vacuum full' THEN 'AccessExclusiveLock' ELSE 'ShareUpdateExclusiveLock' END,
		impact_bytes => b.bloat_bytes,
		confidence => advisor._bloat_confidence(b.method, b.bloat_percent, b.error_percent, (SELECT advisor._setting('bloat_percent')))) f
UNION ALL
SELECT f.*
FROM (
	SELECT b.*, quote_ident(b.schemaname) || '.' || quote_ident(b.indexrelname) AS name,
		quote_ident(b.schemaname) || '.' || quote_ident(b.relname) AS table_name,
		i.indisexclusion
	FROM advisor.index_bloat b
		JOIN pg_index i ON i.indexrelid = b.indexrelid
	WHERE b.remedy <> 'none'
) b
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'index_bloat',
		category => 'index',
		parts => ARRAY[b.schemaname::text, b.indexrelname::text],
		severity => advisor._bloat_severity(b.bloat_bytes, b.bloat_percent),
		object => b.name,
		title => b.name || ' could be ' || round(b.bloat_percent::numeric) || ' % smaller, by ' || pg_size_pretty(b.bloat_bytes),
		detail => advisor._bloat_sentence(b.method, b.size, b.bloat_bytes, b.bloat_percent, b.error_percent, b.sampled_pages, b.dead_bytes)
			|| ' It is on ' || b.table_name || '. Pages of an index become free for others only when they are empty altogether;'
			|| ' a larger index takes more memory and more reading. Rewriting the table as a whole rebuilds it as well.',
		evidence => jsonb_build_object('table', b.table_name, 'access_method', b.access_method, 'size', b.size,
			'bloat_bytes', b.bloat_bytes, 'bloat_percent', round(b.bloat_percent::numeric, 1),
			'error_percent', round(b.error_percent::numeric, 1), 'method', b.method, 'sampled_pages', b.sampled_pages,
			'dead_bytes', b.dead_bytes, 'free_bytes', b.free_bytes, 'expected_bytes', b.expected_bytes, 'fillfactor', b.fillfactor),
		remedy => CASE WHEN b.remedy = 'vacuum'
			THEN 'VACUUM the table first: most of it are entries of dead rows. If they stay, an old transaction or replication slot holds them.'
			ELSE 'Rebuild it, which takes ' || pg_size_pretty(b.expected_bytes) || ' of free disk meanwhile'
				|| CASE WHEN b.indisexclusion THEN '. An index of an exclusion constraint cannot be rebuilt concurrently: the table cannot be written meanwhile.'
					ELSE '. If that fails half-way, an invalid index with _ccnew in its name is left, to be dropped.' END END
			|| ' Not to be run in a transaction. There is nothing to take back.',
		remedy_sql => CASE WHEN b.remedy = 'vacuum' THEN 'VACUUM ' || b.table_name || ';'
			WHEN b.indisexclusion THEN 'REINDEX INDEX ' || b.name || ';'
			ELSE 'REINDEX INDEX CONCURRENTLY ' || b.name || ';' END,
		remedy_lock => CASE WHEN b.remedy <> 'vacuum' AND b.indisexclusion THEN 'AccessExclusiveLock' ELSE 'ShareUpdateExclusiveLock' END,
		impact_bytes => b.bloat_bytes,
		confidence => advisor._bloat_confidence(b.method, b.bloat_percent, b.error_percent, (SELECT advisor._setting('bloat_percent')))) f;
COMMENT ON VIEW advisor.bloat_findings IS
	'tables and indexes with more bloat than bloat_percent and bloat_size; rows are of type advisor.finding';

CREATE FUNCTION advisor._bloat_checks() RETURNS TABLE (
	check_id text, category text, title text, looks_at text, settings text[], needs text, page text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10 ROWS 2
BEGIN ATOMIC
	SELECT * FROM (VALUES
	('table_bloat', 'table', 'A table is larger than its rows need',
		'what a rewrite of each table and its TOAST table would give back, from a sample of their pages',
		ARRAY['bloat_percent', 'bloat_size', 'bloat_sample_pages', 'bloat_sample_budget', 'bloat_estimate_size'],
		'SELECT on the tables, or pg_monitor', $page$
What it looks at
Up to bloat_sample_pages pages of each table and its TOAST table, evenly spread from a random
start. Rows that a rewrite would keep are put into pages one by one, as VACUUM FULL does it, so
that padding, fillfactor and ends of pages too short for a wide row are no bloat. Tables that
updates and deletes have changed come first, then large ones. When bloat_sample_budget pages
have been read, tables of bloat_estimate_size and more are estimated from the statistics of
their columns, with no number at all if these are missing or older than most of the rows.

Why it matters
Sequential scans read all pages, and caches hold them, however empty they are. Backups and
base copies of replicas grow, too.

How it decides
Both bloat_percent and bloat_size must be reached. The error bar is 1.96 standard errors of the
sample, with the correction for a finite number of pages; where it reaches below bloat_percent,
or the number is an estimate, confidence is lower. Dead rows count as bloat as soon as no
transaction can see them, whether VACUUM has been there or not.

When it is wrong
A table that is filled and emptied again and again, a queue for example, needs its room: what
matters is whether it grows. Columns whose values the rewrite stores differently, after a change
of compression or of the storage of a column, are counted as they are stored now.

What to do
If most of it are dead rows: VACUUM (ShareUpdateExclusiveLock), and find out what keeps
autovacuum away. Otherwise the room inside the table is free for new rows; to give it back,
VACUUM FULL (AccessExclusiveLock all the time) or pg_repack (for moments), each with free disk
for a copy of the table and its indexes. ALTER TABLE ... SET (autovacuum_vacuum_scale_factor)
makes autovacuum come earlier; ALTER TABLE ... RESET takes that back. A rewrite cannot be, and
need not be, taken back.
$page$),
	('index_bloat', 'index', 'An index is larger than its entries need',
		'what REINDEX of each index would give back, from a sample of its pages',
		ARRAY['bloat_percent', 'bloat_size', 'bloat_sample_pages', 'bloat_sample_budget', 'bloat_estimate_size'],
		'SELECT on the tables, or pg_monitor', $page$
What it looks at
Up to bloat_sample_pages pages of each valid index. Of a btree, entries of the sampled leaf pages
are grouped by key again and put into new pages as CREATE INDEX does it, duplicates merged, with
the index's fillfactor. If the table has dead rows, a sample of the table tells which share of
the entries is of these. For GiST, SP-GiST and hash the number of bytes in use is compared with
what new pages usually hold, which is a wide range, and the error says so. Nothing is known
of GIN and BRIN. When bloat_sample_budget pages have been read, btrees of bloat_estimate_size
and more are estimated from the statistics of their columns, if these tell.

Why it matters
A page of an index is used for other keys only once it is empty altogether, so deletes all over
an index leave room that may never be filled. Caches hold it, and range scans read it.

How it decides
Both bloat_percent and bloat_size must be reached. The error bar is 1.96 standard errors of the
sample; where it reaches below bloat_percent, or the number is an estimate, confidence is lower.

When it is wrong
A btree that is written in random order is about two thirds full after a while, and gets there
again after every rebuild: a third of bloat in such an index is its normal state. Raise
bloat_percent if that is reported.

What to do
REINDEX INDEX CONCURRENTLY (ShareUpdateExclusiveLock), with free disk for the new index; it waits
for all older transactions. An index of an exclusion constraint can only be rebuilt with
AccessExclusiveLock. If most of it are entries of dead rows, VACUUM first. There is
nothing to take back.
$page$)) AS v(check_id, category, title, looks_at, settings, needs, page);
END;
COMMENT ON FUNCTION advisor._bloat_checks() IS
	'the checks of bloat';

CREATE FUNCTION advisor._bloat_skips() RETURNS TABLE (check_id text, reason text)
	LANGUAGE sql STABLE PARALLEL SAFE COST 10 ROWS 2
BEGIN ATOMIC
	SELECT c.check_id, 'tables that you have no SELECT on were not looked at: it takes membership of pg_monitor'
	FROM (VALUES ('table_bloat'), ('index_bloat')) c(check_id)
	WHERE NOT pg_has_role('pg_read_all_stats', 'USAGE') AND NOT pg_has_role('pg_stat_scan_tables', 'USAGE');
END;
COMMENT ON FUNCTION advisor._bloat_skips() IS
	'checks of bloat that cannot see everything now, and why';

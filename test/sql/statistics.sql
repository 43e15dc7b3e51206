-- What the planner does not know of tables, and how they are read.
SELECT advisor.reset() IS NOT NULL AS reset;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET enable_bitmapscan = off;
CREATE SCHEMA st;
-- never: never analyzed; stale: changed a lot since; changed: a little; fresh: well
CREATE TABLE st.never (id int, kind int) WITH (autovacuum_enabled = off);
CREATE TABLE st.small (id int);
CREATE TABLE st.empty (id int);
CREATE TABLE st.stale (id int PRIMARY KEY, kind int);
CREATE TABLE st.changed (id int, kind int);
CREATE TABLE st.fresh (id int, kind int, shop int, town int, note text, more text);
CREATE TABLE st.parted (id int, kind int) PARTITION BY RANGE (id);
CREATE TABLE st.parted_1 PARTITION OF st.parted FOR VALUES FROM (1) TO (10001);
CREATE TABLE st.parted_2 PARTITION OF st.parted FOR VALUES FROM (10001) TO (100001);
CREATE TABLE st.whole (id int, kind int) PARTITION BY RANGE (id);
CREATE TABLE st.whole_1 PARTITION OF st.whole FOR VALUES FROM (1) TO (10001);
CREATE TABLE st."Gelb's" (id int);
INSERT INTO st.never SELECT g, g % 10 FROM generate_series(1, 10000) g;
INSERT INTO st.small SELECT generate_series(1, 100);
INSERT INTO st.stale SELECT g, 1 FROM generate_series(1, 2000) g;
INSERT INTO st.changed SELECT g, 1 FROM generate_series(1, 20000) g;
INSERT INTO st.fresh SELECT g, g % 100, g % 100, g % 100, md5(g::text), repeat('x', 200) FROM generate_series(1, 40000) g;
INSERT INTO st.parted SELECT g, g % 10 FROM generate_series(1, 20000) g;
INSERT INTO st.whole SELECT g, g % 10 FROM generate_series(1, 10000) g;
INSERT INTO st."Gelb's" SELECT generate_series(1, 2000);
SELECT pg_stat_force_next_flush();
VACUUM (ANALYZE) st.stale, st.changed, st.fresh, st.parted_1, st.parted_2, st.whole;
CREATE INDEX fresh_note ON st.fresh (upper(note));
CREATE STATISTICS st.fresh_kind ON kind, note FROM st.fresh;
INSERT INTO st.stale SELECT g, 7 FROM generate_series(2001, 30000) g;
UPDATE st.changed SET kind = 2 WHERE id <= 3000;
SELECT pg_stat_force_next_flush();

-- (from 18 on partitioned tables are analyzed with ONLY)
SELECT relname, object, root, problem, rows, n_mod_since_analyze AS modified, analyze_trigger, autovacuum_enabled, estimate_error, replace(remedy_sql, 'ONLY ', '') AS remedy_sql
	FROM advisor.stale_statistics WHERE schemaname = 'st' ORDER BY relname COLLATE "C", problem;
CREATE TEMP VIEW st_findings AS
	SELECT f.* FROM advisor.statistics_findings f WHERE f.object ~ '^st\.';
SELECT finding_key, severity, title, confidence FROM st_findings ORDER BY finding_key COLLATE "C";

-- a plan proves that it matters
SELECT count(*) FROM st.stale WHERE kind = 7;
SELECT count(*) FROM st.stale WHERE kind = 7;
SELECT round(estimate_error) > 100 AS wrong, misestimated_statements AS statements, queryid IS NOT NULL AS known
	FROM advisor.stale_statistics WHERE relname = 'stale';
SELECT finding_key, severity, confidence, regexp_replace(detail, '\d{4}-\d\d-\d\d \d\d:\d\d', 'T') AS detail, replace(remedy_sql, 'ONLY ', '') AS remedy_sql, undo_sql, remedy_lock
	FROM st_findings WHERE object IN ('st.stale', 'st.parted') ORDER BY finding_key COLLATE "C";

-- Columns that depend on each other: two statements have a condition on both
-- (of one alone row_estimate tells), and one groups by three.
SELECT count(*) FROM st.fresh WHERE kind = 7 AND shop = 7;
SELECT count(*) FROM st.fresh WHERE kind = 8 AND shop = 8;
SELECT finding_key FROM st_findings WHERE check_id = 'extended_statistics';
SELECT min(id) FROM st.fresh WHERE kind = 7 AND shop = 7;
SELECT min(id) FROM st.fresh WHERE kind = 8 AND shop = 8;
SELECT count(*) FROM (SELECT kind, shop, town FROM st.fresh GROUP BY kind, shop, town) x;
SELECT count(*) FROM (SELECT kind, shop, town FROM st.fresh GROUP BY kind, shop, town) x;
SELECT columns, used_for, kinds, estimate_error >= 10 AS wrong, round(estimated_rows) AS estimated, found_rows, statements, calls, stale, covered_by,
		regexp_replace(remedy_sql, '_[0-9a-f]{8}_', '_H_') AS remedy_sql, regexp_replace(undo_sql, '_[0-9a-f]{8}_', '_H_') AS undo_sql
	FROM advisor.extended_statistics WHERE schemaname = 'st' AND relname = 'fresh' ORDER BY used_for;
SELECT finding_key, severity, regexp_replace(title, ' [\d,]+ times', ' N times') AS title FROM st_findings WHERE check_id = 'extended_statistics'
	ORDER BY finding_key COLLATE "C";

-- what is advised helps
SELECT line FROM (SELECT DISTINCT replace(line, 'ONLY ', '') AS line FROM st_findings f, string_to_table(f.remedy_sql, E'\n') line
	WHERE f.check_id <> 'extended_statistics') x ORDER BY line COLLATE "C" \gexec
SELECT line FROM st_findings f, string_to_table(f.remedy_sql, E'\n') WITH ORDINALITY l(line, n)
	WHERE f.check_id = 'extended_statistics' ORDER BY f.finding_key COLLATE "C", n \gexec
SELECT pg_stat_force_next_flush();
SELECT finding_key FROM st_findings ORDER BY finding_key COLLATE "C";
SELECT problem FROM advisor.stale_statistics WHERE schemaname = 'st' AND relname NOT IN ('small', 'changed');
SELECT used_for, covered_by IS NOT NULL AS covered FROM advisor.extended_statistics WHERE schemaname = 'st' AND relname = 'fresh' ORDER BY used_for;
-- a partitioned table that has grown since
INSERT INTO st.parted SELECT g, 1 FROM generate_series(20001, 40000) g;
SELECT pg_stat_force_next_flush();
VACUUM (ANALYZE) st.parted_2;
SELECT relname, problem, rows, n_mod_since_analyze FROM advisor.stale_statistics WHERE schemaname = 'st' AND root = 'st.parted';
SELECT finding_key, title FROM st_findings WHERE object = 'st.parted';

-- How tables are read.
CREATE TABLE st.lookup (id int PRIMARY KEY);
INSERT INTO st.lookup SELECT generate_series(1, 10);
CREATE TABLE st.unread (id int, note text);
INSERT INTO st.unread SELECT g, 'x' FROM generate_series(1, 20000) g;
VACUUM (ANALYZE) st.lookup, st.unread;
DO $$ BEGIN FOR i IN 1 .. 20 LOOP PERFORM count(*) FROM st.fresh WHERE kind < 30; PERFORM count(*) FROM st.lookup WHERE id = 3;
	PERFORM id FROM st.stale WHERE id = 3; END LOOP; END $$;
SELECT pg_stat_force_next_flush();
SELECT relname, usage_level <> 'unused' AS used, seq_scan >= 20 AS scanned, round(sequential_scan_percent) AS sequential, statements > 0 AS statements,
		executions > 0 AS executed, cache_hit_percent BETWEEN 0 AND 100 AS cached, round(seq_removed_percent) AS removed, bytes > 0 AS bytes, index_bytes > 0 AS indexes,
		time_percent BETWEEN 0 AND 100 AS timed
	FROM advisor.table_usage WHERE schemaname = 'st' AND relname IN ('fresh', 'unread', 'lookup', 'stale', 'empty') ORDER BY relname;
SELECT check_id FROM st_findings WHERE check_id IN ('sequential_scans', 'never_read_table');
BEGIN;
UPDATE advisor.settings SET value = 1 WHERE name = 'sequential_scan_mb';
UPDATE advisor.settings SET value = 0.1 WHERE name = 'never_read_mb';
UPDATE advisor.settings SET value = 0 WHERE name = 'never_read_days';
SELECT finding_key, severity, regexp_replace(title, '\([^()]*\)|\d[\d.-]*', 'N', 'g') AS title, confidence, remedy_sql
	FROM st_findings WHERE check_id IN ('sequential_scans', 'never_read_table') ORDER BY finding_key COLLATE "C";
ROLLBACK;
SELECT count(*) FROM advisor.statistics_findings WHERE check_id = 'cache_hit_ratio' AND severity NOT IN ('low', 'info');
BEGIN;
UPDATE advisor.settings SET value = 0 WHERE name = 'cache_hit_min_mb';
UPDATE advisor.settings SET value = 100 WHERE name = 'cache_hit_percent';
SELECT finding_key = 'cache_hit_ratio:' || current_database() AS key, severity, object = 'database ' || quote_ident(current_database()) AS object,
		(evidence -> 'percent')::float8 BETWEEN 0 AND 100 AS percent, evidence -> 'since' <> 'null' AS since
	FROM advisor.statistics_findings WHERE check_id = 'cache_hit_ratio';
-- by observations, if there are any
DELETE FROM advisor.observations;
INSERT INTO advisor.observations (observed_at, metric, object, value)
	SELECT now() - interval '2 hours', v.metric, quote_ident(current_database()), v.value
	FROM pg_stat_database d, LATERAL (VALUES ('blks_hit', d.blks_hit - 99), ('blks_read', d.blks_read - 1)) v(metric, value)
	WHERE d.datname = current_database();
SELECT regexp_replace(title, 'database \S+', 'database D') AS title, evidence -> 'blks_hit' AS hit, evidence -> 'blks_read' AS read
	FROM advisor.statistics_findings WHERE check_id = 'cache_hit_ratio';
ROLLBACK;

SELECT c.check_id, c.category, length(c.page) > 500 AND c.page !~ '[^\n]{101}' AS page,
		(SELECT count(*) FROM advisor.settings s WHERE s.name = ANY (c.settings)) = cardinality(c.settings) AS settings
	FROM advisor._statistics_checks() c ORDER BY 1;

-- A session tells the counters of its inserts after its ANALYZE: nothing is stale.
CREATE TABLE st.raced (id int) WITH (autovacuum_enabled = off);
SELECT pg_stat_force_next_flush();
INSERT INTO st.raced SELECT generate_series(1, 10000);
ANALYZE st.raced;
SELECT pg_stat_force_next_flush();
SELECT count(*) AS stale FROM advisor.stale_statistics WHERE relname = 'raced';
INSERT INTO st.raced SELECT generate_series(1, 10000);
SELECT pg_stat_force_next_flush();
SELECT count(*) AS stale FROM advisor.stale_statistics WHERE relname = 'raced';

-- Those without rights see less, and no error.
CREATE ROLE regress_st_nobody;
CREATE ROLE regress_st_monitor IN ROLE pg_monitor;
SET ROLE regress_st_nobody;
SELECT count(*) > 0 AS some FROM advisor.stale_statistics WHERE schemaname = 'st';
SELECT count(*) FROM advisor.extended_statistics WHERE schemaname = 'st';
SELECT count(*) > 0 AS some FROM advisor.table_usage WHERE schemaname = 'st';
SELECT count(*) > 0 AS some FROM advisor.statistics_findings WHERE object ~ '^st\.';
SELECT check_id FROM advisor._statistics_skips() WHERE reason ~ 'pg_read_all_stats' ORDER BY 1;
SET ROLE regress_st_monitor;
SELECT count(*) FROM advisor.extended_statistics WHERE schemaname = 'st' AND relname = 'fresh';
SELECT count(*) > 0 AS some FROM advisor.statistics_findings WHERE object ~ '^st\.';
SELECT check_id FROM advisor._statistics_skips() WHERE reason ~ 'pg_read_all_stats' ORDER BY 1;
RESET ROLE;
DROP ROLE regress_st_nobody, regress_st_monitor;
SET client_min_messages = warning;
DROP SCHEMA st CASCADE;
SELECT advisor.reset() IS NOT NULL AS reset;

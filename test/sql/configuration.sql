-- Settings against which counters speak.

-- The rules, each with numbers that speak for it and numbers that do not.
SELECT name, advisor._setting_number(setting, unit) FROM (VALUES
	('work_mem', '4096', 'kB'), ('shared_buffers', '16384', '8kB'), ('max_wal_size', '1024', 'MB'), ('checkpoint_timeout', '300', 's'),
	('statement_timeout', '0', 'ms'), ('log_temp_files', '-1', 'kB'), ('random_page_cost', '1.1', NULL), ('fsync', 'on', NULL),
	('log_rotation_age', '2', 'min')) s(name, setting, unit);
SELECT advisor._size_setting(4096 * 1024), advisor._size_setting(1536 * 1048576::float8), advisor._size_setting(2e9 + 147483648), advisor._size_setting(64 * 1024);
SELECT advisor._size_setting(advisor._round_size(b)) FROM unnest('{1e6,1e8,1e9,1.1e10}'::float8[]) b;
-- a sort of 10 MB of files, a hash of 4 batches of 1 MB, an aggregate, and one whose type may not be seen
SELECT advisor._spill_memory('Sort', 10240, 4096, 0) AS sort, advisor._spill_memory('Hash', 0, 1024, 4) AS hash,
	advisor._spill_memory('Aggregate', 2048, 4096, 5) AS aggregate, advisor._spill_memory(NULL, 10240, 4096, 0) AS unknown;
-- 8 GB, 2 GB of shared_buffers, 10 sessions of 2 nodes: 3 GB for 20 nodes
SELECT advisor._work_mem_bound(8589934592, 2147483648, 10, 2, 50) AS bound, advisor._work_mem_bound(NULL, 2147483648, 10, 2, 50) AS unknown,
	advisor._work_mem_bound(1073741824, 2147483648, 10, 2, 50) AS hardly_any;
SELECT advisor._advised_work_mem('{8,32,128}', 4, 100) AS all_can, advisor._advised_work_mem('{8,32,128}', 4, NULL) AS memory_unknown,
	advisor._advised_work_mem('{8,32}', 32, 100) AS enough, advisor._advised_work_mem('{512}', 4, 100) AS too_much;
SELECT advisor._advised_hash_mem_multiplier(12000, 4096, 2) AS three, advisor._advised_hash_mem_multiplier(7000, 4096, 2) AS fits,
	advisor._advised_hash_mem_multiplier(100000, 4096, 2) AS too_much;
SELECT advisor._size_setting(advisor._advised_shared_buffers(m, sb, d, miss, 5)) AS advised, why FROM (VALUES
	(16 * 2^30, 128 * 2^20, 50 * 2^30, 20, 'small, misses'), (16 * 2^30, 128 * 2^20, 50 * 2^30, 1, 'no misses'),
	(16 * 2^30, 128 * 2^20, 2^30, 20, 'small data'), (16 * 2^30, 4 * 2^30, 50 * 2^30, 20, 'a quarter'),
	(16 * 2^30, 12 * 2^30, 50 * 2^30, 20, 'most of the memory'), (NULL, 128 * 2^20, 50 * 2^30, 20, 'memory unknown')) c(m, sb, d, miss, why);
SELECT advisor._size_setting(advisor._advised_effective_cache_size(m, e, d)) AS advised, why FROM (VALUES
	(64 * 2^30, 4 * 2^30, 200 * 2^30, 'default on a big machine'), (64 * 2^30, 4 * 2^30, 2^30, 'small data'), (64 * 2^30, 40 * 2^30, 200 * 2^30, 'well'),
	(2 * 2^30, 4 * 2^30, 200 * 2^30, 'more than the memory'), (NULL, 4 * 2^30, 200 * 2^30, 'memory unknown')) c(m, e, d, why);
-- 20 GB of WAL, a checkpoint each 1 GB / 1.9; and commands
SELECT advisor._checkpoints_by_wal(30, 20 * 2^30, 2^30, 0.9) AS all_of_them, advisor._checkpoints_by_wal(30, 2^30, 2^30, 0.9) AS one;
SELECT advisor._size_setting(advisor._advised_max_wal_size(timed, by_wal, rate, 300000, 0.9, 2^30, 10, free)) AS advised, why FROM (VALUES
	(10, 30, 10 * 2^20, 1e12, '10 MB/s'), (10, 30, 10000, 1e12, 'in bursts'), (1000, 30, 10 * 2^20, 1e12, 'rare'), (10, 30, 10 * 2^20, 2 * 2^30, 'disk is full'),
	(0, 1, 10 * 2^20, 1e12, 'one'), (10, 30, 10 * 2^20, NULL, 'disk unknown')) c(timed, by_wal, rate, free, why);
SELECT advisor._full_page_percent(100, 8192 * 100, 8192) AS all_but_the_middle, advisor._full_page_percent(10, 8192 * 100, 8192) AS few, advisor._full_page_percent(0, 0, 8192);
SELECT advisor._advised_random_page_cost(r, s, cost, 1, cached) AS advised, why FROM (VALUES
	(0.1::float8, 0.09::float8, 4::float8, false, 'as fast'), (8, 0.1, 4, false, 'a disk'), (0.2, 0.1, 2.2, false, 'as measured'), (8, 0.1, 1.1, false, 'a disk taken for memory'), (0.5, 0.05, 1.1, false, 'read ahead'),
	(NULL, NULL, 4, true, 'cached'), (NULL, NULL, 4, false, 'unknown'), (NULL, NULL, 1.1, true, 'cached and known')) c(r, s, cost, cached, why);
SELECT advisor._advised_jit_above_cost(5, 40, 150000, 3, 20) AS above, advisor._advised_jit_above_cost(5, 40, 5e8, 3, 20) AS off,
	advisor._advised_jit_above_cost(2, 40, 150000, 3, 20) AS few, advisor._advised_jit_above_cost(5, 10, 150000, 3, 20) AS pays;
SELECT advisor._advised_autovacuum(50, 3, 3, 2) AS slow, advisor._advised_autovacuum(50, 3, 3, 0) AS few, advisor._advised_autovacuum(50, 2, 3, 2) AS idle,
	advisor._advised_autovacuum(3, 3, 3, 3) AS keeps_up, advisor._advised_autovacuum(NULL, 3, 3, 0) AS unknown;
SELECT advisor._size_setting(advisor._advised_maintenance_work_mem(3, 64 * 2^20)) AS three_passes, advisor._advised_maintenance_work_mem(1, 64 * 2^20) AS one,
	advisor._advised_maintenance_work_mem(5, 2^30) AS most, advisor._advised_maintenance_work_mem(NULL, 2^30) AS none;
SELECT advisor._advised_bgwriter(50, 10000, 3600, 200, 100, 30) AS stops, advisor._advised_bgwriter(10, 10000, 3600, 200, 100, 30) AS few_writes,
	advisor._advised_bgwriter(50, 3, 3600, 200, 100, 30) AS never_stops, advisor._advised_bgwriter(50, 10000, 3600, 200, 1000, 30) AS most;
SELECT advisor._advised_parallel_workers(1000, 500, 8, 32) AS half, advisor._advised_parallel_workers(1000, 990, 8, 32) AS nearly_all,
	advisor._advised_parallel_workers(1000, 500, 8, 8) AS no_more, advisor._advised_parallel_workers(NULL, NULL, 8, 32) AS unknown;

-- What tests run with is dangerous; a session's own settings are not looked at.
SET enable_tidscan = off;
SET work_mem = '1GB';
CREATE TEMP VIEW cf_advice AS SELECT * FROM advisor.configuration_advice WHERE check_id = 'dangerous_setting' AND name <> 'data_checksums';
SELECT name, current, source, recommended, scope, alter_system, undo, needs_restart, evidence, confidence, severity FROM cf_advice ORDER BY name;
SELECT current FROM advisor._server_settings WHERE name = 'work_mem';
RESET ALL;
-- but those of a database are
SELECT current_database() AS db \gset
ALTER DATABASE :"db" SET enable_hashjoin = off;
ALTER DATABASE :"db" SET synchronous_commit = off;
\c -
SELECT name, current, source, recommended, scope, alter_system, undo, severity FROM advisor.configuration_advice WHERE source = 'database' ORDER BY name;
SELECT finding_key, object, title, severity, remedy FROM advisor.configuration_findings WHERE object = 'database ' || quote_ident(current_database()) ORDER BY 1;
SELECT alter_system FROM advisor.configuration_advice WHERE source = 'database' \gexec
\c -
SELECT count(*) FROM advisor.configuration_advice WHERE source = 'database';

-- one row and one finding for a setting, with all that is asked of a finding
SELECT count(*) - count(DISTINCT name) AS twice FROM advisor.configuration_advice;
SELECT count(*) - count(DISTINCT finding_key) AS twice,
	bool_and(category = 'configuration' AND severity IN ('critical', 'high', 'medium', 'low', 'info') AND title <> '' AND detail <> '' AND remedy <> ''
		AND evidence <> '{}' AND confidence BETWEEN 1 AND 100 AND needs_restart IS NOT NULL AND finding_key LIKE check_id || ':_%') AS whole
FROM advisor.configuration_findings;
SELECT finding_key, severity, object, title, remedy_sql, undo_sql FROM advisor.configuration_findings WHERE finding_key IN ('dangerous_setting:fsync', 'dangerous_setting:autovacuum') ORDER BY 1;

-- the views of counters
SELECT timed >= 0 AND requested >= 0 AND since < now() AND source = 'counters' AND wal_bytes > 0 AND wal_since < now() AND full_page_percent BETWEEN 0 AND 100
	AND buffers_checkpoint >= 0 AND buffers_clean >= 0 AND buffers_backend >= 0 AND buffers_since < now() AS whole FROM advisor.checkpoints;
-- compared with an observation
INSERT INTO advisor.observations
	SELECT now() - interval '2 hours', metric, '', CASE metric WHEN 'wal_bytes' THEN value - 72000 ELSE 0 END
	FROM advisor._observables WHERE metric IN ('checkpoints_timed', 'checkpoints_requested', 'wal_fpi', 'wal_bytes') AND object = '';
SELECT source, now() - since < interval '121 minutes' AS since, wal_bytes BETWEEN 72000 AND 1e7 AS wal, wal_bytes_per_hour BETWEEN 35000 AND 5e6 AS wal_rate FROM advisor.checkpoints;
DELETE FROM advisor.observations;
-- temporary files and who wrote them
SELECT advisor.reset() IS NOT NULL AS reset;
SET work_mem = '64kB';
SELECT count(*) FROM (SELECT g AS cf_sorted FROM generate_series(1, 20000) g ORDER BY g % 1000 OFFSET 0) x;
RESET work_mem;
SELECT pg_stat_force_next_flush();
SELECT temp_files > 0 AS files, temp_bytes > 100000 AS bytes, since < now() AS since, bytes_per_day > 0 AS rate, statements, captured_bytes > 100000 AS captured,
	(SELECT query FROM advisor.statements s WHERE s.queryid = (worst_statements -> 0 ->> 'queryid')::bigint LIMIT 1) ~ 'cf_sorted' AS worst
FROM advisor.temp_files WHERE datname = current_database();
SELECT count(*) FROM advisor.configuration_findings WHERE check_id = 'temp_files';
UPDATE advisor.settings SET value = minimum WHERE name = 'temp_gb_per_day';
SELECT count(*) FROM advisor.configuration_findings WHERE finding_key = 'temp_files:' || current_database();
UPDATE advisor.settings SET value = default_value WHERE name = 'temp_gb_per_day';

-- who may see less is told so
CREATE ROLE regress_cf_nobody;
SET ROLE regress_cf_nobody;
SELECT name, undo FROM advisor.configuration_advice WHERE name IN ('fsync', 'autovacuum') ORDER BY name;
SELECT count(*) > 0 AS found FROM advisor.configuration_findings;
SELECT count(*) FROM advisor.checkpoints;
SELECT count(*) FILTER (WHERE worst_statements @? '$[*].queryid ? (@ != null)') AS seen FROM advisor.temp_files;
SELECT * FROM advisor._configuration_skips() WHERE check_id <> 'parallel_workers' AND reason NOT LIKE 'checkpoints are%' ORDER BY 1, 2;
RESET ROLE;
SET ROLE pg_monitor;
SELECT name, undo IS NOT NULL AS undo FROM advisor.configuration_advice WHERE name IN ('fsync', 'autovacuum') ORDER BY name;
SELECT * FROM advisor._configuration_skips() WHERE check_id <> 'parallel_workers' AND reason NOT LIKE 'checkpoints are%' ORDER BY 1, 2;
RESET ROLE;
DROP ROLE regress_cf_nobody;
SELECT advisor.reset() IS NOT NULL AS reset;

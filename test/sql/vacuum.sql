-- What vacuum has not done and why, as far as it can be seen with autovacuum off
-- for the whole server; test/t/025_vacuum.pl has the rest.

-- Arithmetic: the end is 2^31 - 1 - 3,000,000.
SELECT advisor._wraparound_limit();
SELECT round(used_percent::numeric, 3) AS used_percent, days_left, forecast_date
	FROM advisor._wraparound_forecast(1144483647, 100000000, '2030-01-01 00:00:00+00');
SELECT used_percent, days_left, forecast_date = '2030-01-01' AS today FROM advisor._wraparound_forecast(2144483647, 1000, '2030-01-01');
SELECT used_percent, days_left, forecast_date FROM advisor._wraparound_forecast(0, NULL, '2030-01-01');
SELECT used_percent, days_left, forecast_date FROM advisor._wraparound_forecast(0, 0, '2030-01-01');
SELECT used_percent, days_left > 1e9 AS long, forecast_date FROM advisor._wraparound_forecast(0, 1, '2030-01-01');
SELECT what, advisor._wraparound_severity(used_percent, days_left, over, 50, 80) FROM (VALUES
	(1, 'normal', 9, NULL::float8, 0.9),
	(2, 'autovacuum is at it', 10, 8, 1.1),
	(3, 'it does not get through', 12, NULL, 1.25),
	(4, 'and time gets short', 12, 30, 1.25),
	(5, 'and is over', 12, 7, 1.25),
	(6, 'half', 50, NULL, 1),
	(7, 'most', 80, NULL, 1)) v(n, what, used_percent, days_left, over) ORDER BY n;
-- autovacuum's own, with a limit from 18 on
SELECT advisor._vacuum_trigger(50, 0.2, 1000) AS plain, advisor._vacuum_trigger(50, 0.2, -1) AS unknown,
	advisor._vacuum_trigger(50, 0.2, 1e9, 1e8) AS limited, advisor._vacuum_trigger(50, 0.2, 1e9, -1) AS unlimited,
	advisor._vacuum_trigger(-1, 0.2, 1000) AS never;
SELECT advisor._vacuum_scale_factor(1e12, 1e8) AS least, advisor._vacuum_scale_factor(1e10, 1e8) AS some, advisor._vacuum_scale_factor(1e6, 1e8) AS most;

CREATE SCHEMA va;
-- each of these is ill in its own way, static is well
CREATE TABLE va.off (id int, note text) WITH (autovacuum_enabled = off);
CREATE TABLE va.off_static (id int, note text) WITH (autovacuum_enabled = off);
CREATE TABLE va.static (id int, note text);
CREATE TABLE va.late (id int, note text) WITH (autovacuum_vacuum_threshold = 1000000);
CREATE TABLE va.large (id int, note text) WITH (autovacuum_vacuum_scale_factor = 0.5);
CREATE TABLE va."Wäre's" (id int, note text) WITH (autovacuum_enabled = off);
CREATE TABLE va.parted (id int, note text) PARTITION BY RANGE (id);
CREATE TABLE va.parted_1 PARTITION OF va.parted FOR VALUES FROM (1) TO (10001) WITH (autovacuum_enabled = off);
CREATE TABLE va.parted_2 PARTITION OF va.parted FOR VALUES FROM (10001) TO (20001) WITH (autovacuum_enabled = off);
CREATE TABLE va.toasted (id int, note text) WITH (toast.autovacuum_enabled = off);
ALTER TABLE va.toasted ALTER note SET STORAGE EXTERNAL;
INSERT INTO va.off SELECT g, repeat('x', 100) FROM generate_series(1, 20000) g;
INSERT INTO va.off_static SELECT * FROM va.off;
INSERT INTO va.static SELECT * FROM va.off;
INSERT INTO va.late SELECT * FROM va.off;
INSERT INTO va.large SELECT * FROM va.off;
INSERT INTO va."Wäre's" SELECT * FROM va.off;
INSERT INTO va.parted SELECT * FROM va.off;
INSERT INTO va.toasted SELECT g, repeat('x', 3000) FROM generate_series(1, 500) g;
SELECT pg_stat_force_next_flush();
VACUUM (ANALYZE) va.off, va.off_static, va.static, va.late, va.large, va."Wäre's", va.parted, va.toasted;

CREATE TEMP VIEW va_findings AS
	SELECT f.* FROM advisor.vacuum_findings f WHERE f.object ~ '^va\.';
BEGIN;
UPDATE advisor.settings SET value = 0.1 WHERE name = 'dead_tuples_mb';
UPDATE advisor.settings SET value = 1 WHERE name = 'vacuum_large_table_mb';
-- nobody has changed anything since
SELECT finding_key FROM va_findings ORDER BY finding_key COLLATE "C";
COMMIT;

UPDATE va.off SET note = note || 'y' WHERE id <= 10000;
UPDATE va."Wäre's" SET note = note || 'y' WHERE id <= 10000;
UPDATE va.parted SET note = note || 'y' WHERE id BETWEEN 5001 AND 15000;
DELETE FROM va.toasted WHERE id <= 250;
DELETE FROM va.late WHERE id <= 10000;
DELETE FROM va.large WHERE id <= 2000;
SELECT pg_stat_force_next_flush();
SELECT relname, is_toast, root, n_dead_tup, vacuum_trigger, round(vacuum_factor::numeric, 1) AS vacuum_factor, insert_trigger BETWEEN 1000 AND 5000 AS inserts, analyze_trigger,
		autovacuum_enabled AS enabled, vacuum_due, reason
	FROM advisor.autovacuum_lag WHERE schemaname = 'va' AND (NOT is_toast OR n_dead_tup > 0) ORDER BY relname COLLATE "C", is_toast;
SELECT finding_key, severity, title, category, remedy_lock, impact_bytes > 100000 AS bytes, confidence
	FROM va_findings ORDER BY finding_key COLLATE "C";
SELECT regexp_replace(detail, '\d{4}-\d\d-\d\d \d\d:\d\d', 'T', 'g') AS detail, evidence -> 'factor' IS NOT NULL AS proven
	FROM va_findings WHERE check_id IN ('dead_tuples', 'vacuum_scale_factor') OR object = 'va.parted' ORDER BY finding_key COLLATE "C";
SELECT object, remedy_sql, undo_sql FROM va_findings ORDER BY finding_key COLLATE "C";
-- the whole server
SELECT finding_key, severity, remedy_sql, undo_sql FROM advisor.vacuum_findings WHERE object = 'server' AND check_id = 'autovacuum_off';
-- what is advised helps, and can be taken back
CREATE TEMP TABLE va_undo AS SELECT undo_sql FROM va_findings WHERE undo_sql IS NOT NULL;
SELECT line FROM va_findings f, string_to_table(f.remedy_sql, E'\n') WITH ORDINALITY l(line, n) ORDER BY f.finding_key COLLATE "C", n \gexec
SELECT pg_stat_force_next_flush();
SELECT finding_key FROM va_findings ORDER BY finding_key COLLATE "C";
SELECT line FROM va_undo u, string_to_table(u.undo_sql, E'\n') line ORDER BY line COLLATE "C" \gexec
SELECT relname AS off_again, reloptions FROM pg_class WHERE relnamespace = 'va'::regnamespace AND reloptions IS NOT NULL ORDER BY relname COLLATE "C";

-- A transaction that was prepared and forgotten holds back everything.
CREATE TABLE va.held (id int);
BEGIN;
INSERT INTO va.held VALUES (1);
PREPARE TRANSACTION 'va ''forgotten''';
DO $$ BEGIN FOR i IN 1 .. 20 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$;
SELECT holder, name, datname = current_database() AS here, state, xmin_age >= 20 AS old, since < now() AS before, holds, is_oldest, dead_rows >= 0 AS rows, remedy_sql
	FROM advisor.xmin_horizon WHERE name = 'va ''forgotten''';
SELECT count(*) FROM advisor.vacuum_findings WHERE check_id = 'xmin_horizon';
BEGIN;
UPDATE advisor.settings SET value = 20 WHERE name = 'xmin_horizon_xids';
SELECT finding_key, severity, regexp_replace(title, '\d+', 'N') AS title, object = 'database ' || quote_ident(current_database()) AS here, remedy_sql, undo_sql, remedy
	FROM advisor.vacuum_findings WHERE check_id = 'xmin_horizon';
ROLLBACK;
SELECT bool_and(blocked_by = 'prepared transaction va ''forgotten''') AS blocked FROM advisor.wraparound WHERE relid = 'va.held'::regclass;
ROLLBACK PREPARED 'va ''forgotten''';
SELECT count(*) FROM advisor.xmin_horizon WHERE holder = 'prepared transaction';

-- Ages: databases, and tables with their TOAST tables.
SELECT kind, relname, is_toast, xid_age > 0 AND xid_percent < 1 AS young, freeze_max_age, freeze_factor < 1 AS fresh, multixact_age >= 0 AS multixacts, remedy_sql
	FROM advisor.wraparound WHERE schemaname = 'va' AND relname IN ('toasted', 'held') ORDER BY relname, is_toast;
SELECT count(*) = (SELECT count(*) FROM pg_database) AS all_databases FROM advisor.wraparound WHERE kind = 'database';
ALTER TABLE va.held SET (autovacuum_freeze_max_age = 100000, autovacuum_multixact_freeze_max_age = 10000);
SELECT freeze_max_age, multixact_freeze_max_age FROM advisor.wraparound WHERE relid = 'va.held'::regclass;
-- with a rate there is a date
BEGIN;
DELETE FROM advisor.observations;
INSERT INTO advisor.observations (observed_at, metric, object, value)
	SELECT now() - interval '10 days', 'xid', '', pg_snapshot_xmax(pg_current_snapshot())::text::numeric - 1e9;
SELECT round((xids_per_day / 1e8)::numeric) AS per_day, forecast_date BETWEEN now() + interval '20 days' AND now() + interval '22 days' AS soon
	FROM advisor.wraparound WHERE relid = 'va.held'::regclass;
ROLLBACK;

-- Every check has a page, settings that exist and an arm that names it.
SELECT c.check_id, c.category, length(c.page) > 500 AND c.page !~ '[^\n]{100}' AS page,
		(SELECT count(*) FROM advisor.settings s WHERE s.name = ANY (c.settings)) = cardinality(c.settings) AS settings
	FROM advisor._vacuum_checks() c ORDER BY 1;

-- A session tells the counters of its deletes after its VACUUM: nothing is dead then.
CREATE TABLE va.raced (id int) WITH (autovacuum_enabled = on);
CREATE TABLE va.unraced (id int);
SELECT pg_stat_force_next_flush();
INSERT INTO va.raced SELECT generate_series(1, 100000);
INSERT INTO va.unraced SELECT generate_series(1, 100000);
DELETE FROM va.raced WHERE id % 3 = 0;
DELETE FROM va.unraced WHERE id % 3 = 0;
VACUUM va.raced;
UPDATE advisor.settings SET value = 0.1 WHERE name = 'dead_tuples_mb';
SELECT pg_stat_force_next_flush();
SELECT object, remedy_sql FROM advisor.vacuum_findings WHERE check_id = 'dead_tuples' AND object ~ 'raced' ORDER BY 1;

-- Those without rights see less, and no error.
CREATE ROLE regress_va_nobody;
CREATE ROLE regress_va_monitor IN ROLE pg_monitor;
SET ROLE regress_va_nobody;
SELECT count(*) > 0 AS some FROM advisor.autovacuum_lag WHERE schemaname = 'va';
SELECT count(*) > 0 AS some FROM advisor.wraparound;
SELECT count(*) FROM advisor.xmin_horizon WHERE query IS NOT NULL;
SELECT count(*) FROM advisor.vacuum_findings WHERE object = 'server';
SELECT check_id FROM advisor._vacuum_skips() WHERE reason ~ 'pg_read_all_stats' ORDER BY 1;
SET ROLE regress_va_monitor;
SELECT count(*) > 0 AS some FROM advisor.autovacuum_lag WHERE schemaname = 'va';
SELECT count(*) FROM advisor.vacuum_findings WHERE object = 'server';
SELECT check_id FROM advisor._vacuum_skips() WHERE reason ~ 'pg_read_all_stats' ORDER BY 1;
RESET ROLE;
DROP ROLE regress_va_nobody, regress_va_monitor;
UPDATE advisor.settings SET value = default_value WHERE value <> default_value;
SET client_min_messages = warning;
DROP SCHEMA va CASCADE;

-- What is wrong with partitions: every check finds its case, and not the healthy twin.
SET client_min_messages = warning;
SET TimeZone = 'UTC';
CREATE SCHEMA pf;
CREATE TEMP VIEW pf_findings AS SELECT f.* FROM advisor.partitions_findings f WHERE f.object ~ '^pf\.' OR f.object ~ '^database';
CREATE FUNCTION pf.days(parent text, first integer, last integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	zero timestamptz := date_trunc('day', now(), 'UTC');
BEGIN
	-- partition i is the day i days from now
	FOR i IN first .. last LOOP
		EXECUTE format('CREATE TABLE pf.%I PARTITION OF pf.%I FOR VALUES FROM (%L) TO (%L)', parent || '_' || i, parent,
			zero + i * interval '1 day', zero + (i + 1) * interval '1 day');
	END LOOP;
END
$$;

-- the runway: out, short, out with a default, long enough, and ended long ago
CREATE TABLE pf."out's" (at timestamptz, v int) PARTITION BY RANGE (at);
SELECT pf.days('out''s', -10, -2);
INSERT INTO pf."out's" SELECT now() - interval '2 days';
CREATE TABLE pf.short (at timestamptz, v int) PARTITION BY RANGE (at);
SELECT pf.days('short', -3, 2);
CREATE TABLE pf.caught (at timestamptz, v int) PARTITION BY RANGE (at);
SELECT pf.days('caught', -10, -2);
CREATE TABLE pf.caught_d PARTITION OF pf.caught DEFAULT;
INSERT INTO pf.caught SELECT now() FROM generate_series(1, 7);
CREATE TABLE pf.long (at timestamptz, v int) PARTITION BY RANGE (at);
SELECT pf.days('long', -3, 20);
CREATE TABLE pf.long_d PARTITION OF pf.long DEFAULT;
CREATE TABLE pf.ended (at timestamptz, v int) PARTITION BY RANGE (at);
SELECT pf.days('ended', -40, -30);
INSERT INTO pf.ended SELECT now() - interval '30 days';
-- regions with days: said once
CREATE TABLE pf.regions (region text, at timestamptz) PARTITION BY LIST (region);
CREATE TABLE pf.eu PARTITION OF pf.regions FOR VALUES IN ('EU') PARTITION BY RANGE (at);
CREATE TABLE pf.us PARTITION OF pf.regions FOR VALUES IN ('US') PARTITION BY RANGE (at);
SELECT pf.days('eu', -1, 1), pf.days('us', -1, 3);
-- a list's default is there for the rest
CREATE TABLE pf.list (region text) PARTITION BY LIST (region);
CREATE TABLE pf.list_eu PARTITION OF pf.list FOR VALUES IN ('EU');
CREATE TABLE pf.list_d PARTITION OF pf.list DEFAULT;
INSERT INTO pf.list VALUES ('US'), ('CA');
-- gaps
CREATE TABLE pf.gaps (id int) PARTITION BY RANGE (id);
CREATE TABLE pf.gaps_1 PARTITION OF pf.gaps FOR VALUES FROM (0) TO (10);
CREATE TABLE pf.gaps_3 PARTITION OF pf.gaps FOR VALUES FROM (20) TO (30);
CREATE TABLE pf.gaps_6 PARTITION OF pf.gaps FOR VALUES FROM (50) TO (60);
CREATE TABLE pf.hash (id int) PARTITION BY HASH (id);
CREATE TABLE pf.hash_0 PARTITION OF pf.hash FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE pf.hash_2 PARTITION OF pf.hash FOR VALUES WITH (MODULUS 3, REMAINDER 2);
CREATE TABLE pf.whole (id int) PARTITION BY HASH (id);
CREATE TABLE pf.whole_0 PARTITION OF pf.whole FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE pf.whole_1 PARTITION OF pf.whole FOR VALUES WITH (MODULUS 2, REMAINDER 1);
-- health: 300 of 1000, and 900 of 1000
CREATE TABLE pf.ill (id int) PARTITION BY RANGE (id);
CREATE TABLE pf.ill_1 PARTITION OF pf.ill FOR VALUES FROM (0) TO (1000) WITH (autovacuum_enabled = off);
CREATE TABLE pf.ill_2 PARTITION OF pf.ill FOR VALUES FROM (1000) TO (2000) WITH (autovacuum_enabled = off);
INSERT INTO pf.ill SELECT g FROM generate_series(0, 1999) g;
DELETE FROM pf.ill WHERE id < 700 OR id BETWEEN 1000 AND 1099;
SELECT pg_stat_force_next_flush();

SELECT finding_key, severity, title FROM (
	SELECT finding_key, severity, regexp_replace(title, '\d{4}-\d\d-\d\d( [0-9:]+\+00)?|[0-9.]+ days', 'T', 'g') AS title FROM pf_findings) f
	ORDER BY finding_key COLLATE "C";
SELECT finding_key, remedy_sql, undo_sql, remedy_lock FROM pf_findings ORDER BY finding_key COLLATE "C";
SELECT finding_key, regexp_replace(detail, '\d{4}-\d\d-\d\d( [0-9:]+(\+00)?)?|[0-9.]+ days', 'T', 'g') AS detail FROM pf_findings ORDER BY finding_key COLLATE "C";

-- with policies: nothing is unmaintained, but maintenance has never run, which is overdue from the second day on
SELECT advisor.register_partition_policy('pf.long', premake => 4, retention => '10 days');
SELECT advisor.register_partition_policy('pf."out''s"', retention => '5 days', retention_action => 'drop');
SELECT finding_key FROM pf_findings WHERE check_id = 'partition_maintenance_overdue';
UPDATE advisor.partition_policies SET created_at = created_at - interval '27 hours' WHERE parent IN ('pf.long'::regclass, 'pf."out''s"'::regclass);
SELECT finding_key, severity, title, evidence -> 'never' AS never, remedy_sql FROM pf_findings WHERE check_id = 'partition_maintenance_overdue';
-- the four oldest of ten days of history ended before five days and a day of patience
UPDATE advisor.settings SET value = 24 WHERE name = 'partition_overdue_hours';
SELECT finding_key, severity, title, evidence ->> 'oldest' AS oldest, evidence -> 'partitions' AS partitions, remedy_sql
	FROM pf_findings WHERE check_id = 'partition_retention_overdue';
SELECT finding_key FROM pf_findings WHERE check_id = 'unmaintained_partitions' ORDER BY 1;
SELECT remedy_sql, undo_sql, confidence FROM pf_findings WHERE finding_key = 'partition_runway:pf:out''s';
UPDATE advisor.partition_policies SET enabled = false WHERE parent = 'pf."out''s"'::regclass;
-- what the policy leaves alone is nobody's business, but it goes on
SELECT finding_key, remedy_sql, undo_sql FROM pf_findings WHERE check_id IN ('partition_retention_overdue', 'partition_runway') AND object ~ 'out' ORDER BY 1;
UPDATE advisor.partition_policies SET enabled = true WHERE parent = 'pf."out''s"'::regclass;
-- as many of the newest are kept
UPDATE advisor.partition_policies SET min_keep = 9 WHERE parent = 'pf."out''s"'::regclass;
SELECT count(*) AS overdue FROM pf_findings WHERE check_id = 'partition_retention_overdue';
UPDATE advisor.partition_policies SET min_keep = 1 WHERE parent = 'pf."out''s"'::regclass;

-- runs: a good one a while ago, a good one just now, one with errors
CREATE FUNCTION pf.log(parent regclass, ago interval, action text, status text, detail text DEFAULT NULL, partition text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
	INSERT INTO advisor.partition_log (logged_at, run_started, parent, parent_name, action, status, detail, partition)
	VALUES (now() - ago, now() - ago, parent, parent::text, action, status, detail, partition) $$;
SELECT pf.log('pf.long', '25 hours', 'run', 'ok'), pf.log('pf."out''s"', '1 hour', 'run', 'ok');
SELECT finding_key, title, evidence -> 'names' AS names FROM pf_findings WHERE check_id = 'partition_maintenance_overdue';
SELECT pf.log('pf.long', '23 hours', 'run', 'ok');
SELECT finding_key FROM pf_findings WHERE check_id IN ('partition_maintenance_overdue', 'partition_policy_failing');
SELECT pf.log('pf.long', '1 hour', 'create', 'blocked', 'the default has rows', 'pf.long_30'), pf.log('pf.long', '1 hour', 'run', 'partial', 'some');
SELECT pf.log('pf."out''s"', '10 minutes', 'create', 'done', NULL, 'pf.x'), pf.log('pf."out''s"', '10 minutes', 'create', 'error', 'no room.', 'pf.y'), pf.log('pf."out''s"', '10 minutes', 'run', 'partial', 'one error');
SELECT finding_key, severity, title, regexp_replace(detail, '\d{4}-\d\d-\d\d \d\d:\d\d', 'T') AS detail, evidence - 'run_at' AS evidence, remedy_sql
	FROM pf_findings WHERE check_id = 'partition_policy_failing' ORDER BY 1;
-- another session was at it: that is no failure, and no run either
SELECT pf.log('pf.long', '0', 'run', 'ok'), pf.log('pf."out''s"', '0', 'run', 'skipped');
SELECT finding_key FROM pf_findings WHERE check_id IN ('partition_maintenance_overdue', 'partition_policy_failing');

UPDATE advisor.settings SET value = default_value WHERE name = 'partition_overdue_hours';

-- retired, and stuck
CREATE TABLE pf.retired (id int);
CREATE TABLE pf."Waiting" (id int);
INSERT INTO advisor.retired_partitions (partition, parent, parent_name, action, backup, last_error) VALUES
	('pf.retired', 'pf.long'::regclass, 'pf.long', 'drop', 'csv:/nowhere', 'could not open file.'),
	('pf."Waiting"', 'pf.long'::regclass, 'pf.long', 'drop', 'none', NULL);
SELECT finding_key, severity, title, regexp_replace(detail, '\d{4}-\d\d-\d\d \d\d:\d\d', 'T') AS detail, evidence - 'retired_at' AS evidence, remedy_sql
	FROM pf_findings WHERE check_id = 'retired_partition_stuck';
DELETE FROM advisor.partition_policies WHERE parent = 'pf.long'::regclass;
SELECT remedy_sql IS NULL AS left_alone FROM pf_findings WHERE check_id = 'retired_partition_stuck';
DELETE FROM advisor.retired_partitions WHERE parent = 'pf.long'::regclass;

-- half detached: a statement that is cancelled between its two transactions leaves this
UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'pf.whole_1'::regclass;
SELECT finding_key, severity, title, remedy_sql FROM pf_findings WHERE check_id = 'detach_pending';
BEGIN;
LOCK TABLE pf.whole IN SHARE UPDATE EXCLUSIVE MODE;
SELECT count(*) AS at_it FROM pf_findings WHERE check_id = 'detach_pending';
COMMIT;
SELECT remedy_sql FROM pf_findings WHERE check_id = 'detach_pending' \gexec
SELECT count(*) AS pending FROM pf_findings WHERE check_id = 'detach_pending';

-- many, if that is many
BEGIN;
UPDATE advisor.settings SET value = 23 WHERE name = 'partition_max_leaves';
SELECT finding_key, severity, title FROM pf_findings WHERE check_id = 'too_many_partitions';
UPDATE advisor.settings SET value = 4 WHERE name = 'partition_max_leaves';
SELECT finding_key, severity FROM pf_findings WHERE check_id = 'too_many_partitions' ORDER BY 1;
-- the other settings
UPDATE advisor.settings SET value = 2 WHERE name = 'partition_runway_days';
UPDATE advisor.settings SET value = 8 WHERE name = 'partition_default_rows';
UPDATE advisor.settings SET value = 30 WHERE name = 'partition_health_percent';
SELECT finding_key FROM pf_findings WHERE check_id IN ('partition_runway', 'default_partition_rows', 'unhealthy_partition') ORDER BY 1;
ROLLBACK;

-- what is advised helps
SELECT line FROM pf_findings f, string_to_table(f.remedy_sql, E'\n') WITH ORDINALITY l(line, n)
	WHERE f.check_id = 'unhealthy_partition' ORDER BY f.finding_key, n \gexec
SELECT finding_key FROM pf_findings WHERE check_id = 'unhealthy_partition';
\o /dev/null
SELECT line FROM pf_findings f, string_to_table(f.remedy_sql, E'\n') WITH ORDINALITY l(line, n)
	WHERE f.check_id IN ('incomplete_hash_partitions', 'partition_gap', 'partition_runway', 'default_partition_rows', 'unmaintained_partitions') AND f.object <> 'pf.list'
	ORDER BY f.check_id, f.finding_key COLLATE "C", n \gexec
\o
SELECT pg_stat_force_next_flush();
SELECT finding_key, title FROM pf_findings WHERE check_id NOT IN ('unmaintained_partitions') ORDER BY finding_key COLLATE "C";
SELECT finding_key FROM pf_findings WHERE check_id = 'unmaintained_partitions' ORDER BY 1;

-- who may see less is told so
CREATE ROLE regress_pf_nobody;
CREATE ROLE regress_pf_monitor IN ROLE pg_monitor;
SELECT pf.log('pf."out''s"', '-1 second', 'run', 'failed', 'secret');
SET ROLE regress_pf_nobody;
SELECT check_id FROM advisor.partitions_findings WHERE check_id IN ('partition_policy_failing', 'unmaintained_partitions', 'retired_partition_stuck')
	AND object ~ '^pf\.';
SELECT count(*) AS secrets FROM advisor.partitions_findings f WHERE f::text ~ 'secret';
SELECT check_id, reason FROM advisor._partitions_skips() WHERE reason ~ 'members' ORDER BY 1;
SET ROLE regress_pf_monitor;
SELECT check_id, object FROM advisor.partitions_findings WHERE check_id = 'partition_policy_failing' AND object ~ '^pf\.';
SELECT count(*) AS told FROM advisor._partitions_skips() WHERE reason ~ 'members';
RESET ROLE;

SELECT check_id, category, length(page) > 500 AS page, settings FROM advisor._partitions_checks() ORDER BY 1;

DELETE FROM advisor.partition_policies WHERE parent IN (SELECT oid FROM pg_class WHERE relnamespace = 'pf'::regnamespace);
DELETE FROM advisor.partition_log WHERE parent IN (SELECT oid FROM pg_class WHERE relnamespace = 'pf'::regnamespace);
DROP SCHEMA pf CASCADE;
DROP ROLE regress_pf_nobody, regress_pf_monitor;

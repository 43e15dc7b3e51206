-- The views on partitions: bounds, gaps, use, health and runway.
SET client_min_messages = warning;
SET TimeZone = 'Europe/Berlin';
CREATE SCHEMA pv;

-- a month is missing; times are told in UTC whatever the session's zone
CREATE TABLE pv.months (id bigint, at timestamptz NOT NULL, note text) PARTITION BY RANGE (at);
CREATE TABLE pv.months_1 PARTITION OF pv.months FOR VALUES FROM (MINVALUE) TO ('2026-02-01 00:00+00');
CREATE TABLE pv.months_2 PARTITION OF pv.months FOR VALUES FROM ('2026-02-01 00:00+00') TO ('2026-03-01 00:00+00');
CREATE TABLE pv.months_4 PARTITION OF pv.months FOR VALUES FROM ('2026-04-01 00:00+00') TO ('2026-05-01 00:00+00');
CREATE TABLE pv.months_5 PARTITION OF pv.months FOR VALUES FROM ('2026-05-01 00:00+00') TO ('2026-06-01 00:00+00');
-- complete, with moduli of two sizes; and not
CREATE TABLE pv.hash (id int) PARTITION BY HASH (id);
CREATE TABLE pv.hash_0 PARTITION OF pv.hash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE pv.hash_1 PARTITION OF pv.hash FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE pv.hash_3 PARTITION OF pv.hash FOR VALUES WITH (MODULUS 4, REMAINDER 3);
CREATE TABLE pv."Hash'd" (id int) PARTITION BY HASH (id);
CREATE TABLE pv.hashd_0 PARTITION OF pv."Hash'd" FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE pv.hashd_1 PARTITION OF pv."Hash'd" FOR VALUES WITH (MODULUS 8, REMAINDER 1);
-- lists of ranges
CREATE TABLE pv.lists (region text, day date, amount int) PARTITION BY LIST (region);
CREATE TABLE pv.lists_eu PARTITION OF pv.lists FOR VALUES IN ('EU''s', NULL) PARTITION BY RANGE (day, amount);
CREATE TABLE pv.lists_eu_1 PARTITION OF pv.lists_eu FOR VALUES FROM ('2026-01-01', MINVALUE) TO ('2026-02-01', 10);
CREATE TABLE pv.lists_eu_2 PARTITION OF pv.lists_eu FOR VALUES FROM ('2026-02-01', 20) TO ('2026-03-01', MAXVALUE);
CREATE TABLE pv.lists_eu_d PARTITION OF pv.lists_eu DEFAULT;
CREATE TABLE pv.lists_us PARTITION OF pv.lists FOR VALUES IN ('US');
CREATE TABLE pv.lists_d PARTITION OF pv.lists DEFAULT;
-- numbers, a key that is an expression, times in numbers and in uuids
CREATE TABLE pv.numbers (id bigint GENERATED ALWAYS AS IDENTITY, v int) PARTITION BY RANGE (id);
CREATE TABLE pv.numbers_1 PARTITION OF pv.numbers FOR VALUES FROM (1) TO (101);
CREATE TABLE pv.numbers_2 PARTITION OF pv.numbers FOR VALUES FROM (101) TO (201);
CREATE TABLE pv.words (at timestamp, "Ünique" text) PARTITION BY RANGE (date_trunc('day', at), "Ünique");
CREATE TABLE pv.words_1 PARTITION OF pv.words FOR VALUES FROM ('2026-03-01', 'a') TO ('2026-04-01', 'b');
CREATE TABLE pv.epoch (at bigint) PARTITION BY RANGE (at);
CREATE TABLE pv.epoch_1 PARTITION OF pv.epoch FOR VALUES FROM (1772323200) TO (1775001600);
CREATE TABLE pv.uuids (id uuid) PARTITION BY RANGE (id);
CREATE TABLE pv.uuids_1 PARTITION OF pv.uuids FOR VALUES FROM ('019ca6c4-5800-0000-0000-000000000000') TO ('019d4669-c000-0000-0000-000000000000');
-- nothing in it yet
CREATE TABLE pv.empty (at timestamptz) PARTITION BY RANGE (at);

SELECT parent, root, level, partition, method, key, lower, upper, is_default AS d, is_leaf AS leaf, after_gap AS gap
	FROM advisor.partitions WHERE schemaname = 'pv' ORDER BY root::text COLLATE "C", parent::text COLLATE "C", ordinal;
SELECT partition, bound, list_values, modulus, remainder
	FROM advisor.partitions WHERE schemaname = 'pv' ORDER BY partition::text COLLATE "C";
-- the bound is one that ATTACH takes
SET TimeZone = 'UTC';
CREATE TEMP TABLE pv_bounds AS SELECT parent, partition, bound FROM advisor.partitions WHERE schemaname = 'pv' AND is_leaf;
BEGIN;
SELECT format('ALTER TABLE %s DETACH PARTITION %s', parent, partition) FROM pv_bounds ORDER BY partition::text COLLATE "C" \gexec
SELECT format('ALTER TABLE %s ATTACH PARTITION %s %s', parent, partition, bound) FROM pv_bounds ORDER BY partition::text COLLATE "C" \gexec
SELECT count(*) AS differ FROM pv_bounds FULL JOIN (SELECT partition, bound FROM advisor.partitions WHERE schemaname = 'pv' AND is_leaf) p USING (partition, bound)
	WHERE pv_bounds.parent IS NULL OR p.partition IS NULL;
ROLLBACK;

-- gaps and missing remainders
SELECT parent, method, after_partition, before_partition, lower, upper, cells, modulus, missing_remainders AS missing, default_partition
	FROM advisor.partition_gaps WHERE schemaname = 'pv' ORDER BY parent::text COLLATE "C";
SELECT lower_bound, upper_bound, remedy_sql FROM advisor.partition_gaps WHERE schemaname = 'pv' ORDER BY parent::text COLLATE "C";
-- what they advise fills them
CREATE TABLE pv.hash3 (id int) PARTITION BY HASH (id);
CREATE TABLE pv.hash3_1 PARTITION OF pv.hash3 FOR VALUES WITH (MODULUS 3, REMAINDER 1);
\o /dev/null
SELECT line FROM advisor.partition_gaps, string_to_table(remedy_sql, E'\n') WITH ORDINALITY l(line, n)
	WHERE parent IN ('pv.months'::regclass, 'pv.hash3'::regclass, 'pv."Hash''d"'::regclass) ORDER BY parent::text COLLATE "C", n \gexec
\o
SELECT parent FROM advisor.partition_gaps WHERE schemaname = 'pv' ORDER BY parent::text COLLATE "C";
SELECT partition, lower, upper FROM advisor.partitions WHERE parent = 'pv.months'::regclass ORDER BY ordinal;

-- usage: what the leaves have, and those above them together
INSERT INTO pv.lists SELECT 'EU''s', '2026-01-10', g FROM generate_series(1, 30) g;
INSERT INTO pv.lists SELECT 'EU''s', '2026-02-10', g FROM generate_series(1, 20) g;
INSERT INTO pv.lists SELECT 'US', '2026-02-10', g FROM generate_series(1, 40) g;
INSERT INTO pv.lists VALUES ('?', NULL, 1), (NULL, NULL, NULL);
UPDATE pv.lists SET amount = amount + 1 WHERE region = 'US' AND amount <= 8;
DELETE FROM pv.lists WHERE region = 'EU''s' AND day < '2026-02-01' AND amount <= 5;
CREATE INDEX ON pv.lists (amount);
SELECT pg_stat_force_next_flush();
SELECT partition, parent, level, is_leaf, leaves, n_tup_ins AS ins, n_tup_upd AS upd, n_tup_hot_upd AS hot, n_tup_del AS del, n_live_tup AS live, n_dead_tup AS dead,
		round(write_percent::numeric, 1) AS write_percent, cold_since IS NOT NULL AS cold, xid_age >= 0 AS aged
	FROM advisor.partition_usage WHERE root = 'pv.lists'::regclass ORDER BY partition::text COLLATE "C";
SELECT count(*) AS wrong FROM advisor.partition_usage u
	WHERE u.schemaname = 'pv' AND (u.total_bytes <> u.table_bytes + u.index_bytes + u.toast_bytes
		-- the main forks, without maps of free space
		OR u.is_leaf AND u.table_bytes + u.index_bytes <> pg_relation_size(u.partition)
			+ (SELECT coalesce(sum(pg_relation_size(i.indexrelid)), 0) FROM pg_index i WHERE i.indrelid = u.partition)
		OR u.total_bytes <> (SELECT sum(l.total_bytes) FROM advisor.partition_usage l WHERE l.is_leaf
			AND l.partition IN (SELECT t.relid FROM pg_partition_tree(u.partition) t)) AND u.leaves > 0);
SELECT total_bytes > 0 AS sized, index_bytes > 0 AS indexed, toast_bytes > 0 AS toasted FROM advisor.partition_usage WHERE partition = 'pv.lists'::regclass;
-- an empty table has no leaves
SELECT partition, leaves, total_bytes, n_live_tup, write_percent, cold_since FROM advisor.partition_usage WHERE root = 'pv.empty'::regclass;

-- health: exactly 80 % is healthy, less is not, nor are few dead rows or none at all
CREATE TABLE pv.health (id int, v int) PARTITION BY RANGE (id);
CREATE TABLE pv.health_border PARTITION OF pv.health FOR VALUES FROM (0) TO (1000) WITH (autovacuum_enabled = off);
CREATE TABLE pv.health_below PARTITION OF pv.health FOR VALUES FROM (1000) TO (2000) WITH (autovacuum_enabled = off);
CREATE TABLE pv.health_few PARTITION OF pv.health FOR VALUES FROM (2000) TO (3000) WITH (autovacuum_enabled = off);
CREATE TABLE pv.health_none PARTITION OF pv.health FOR VALUES FROM (3000) TO (4000) WITH (autovacuum_enabled = off);
CREATE TABLE pv.health_gone PARTITION OF pv.health FOR VALUES FROM (4000) TO (5000) WITH (autovacuum_enabled = off);
CREATE TABLE pv.health_old PARTITION OF pv.health FOR VALUES FROM (5000) TO (6000);
CREATE TABLE pv.health_unknown PARTITION OF pv.health FOR VALUES FROM (6000) TO (7000);
INSERT INTO pv.health SELECT g FROM generate_series(0, 499) g;
INSERT INTO pv.health SELECT g FROM generate_series(1000, 1499) g;
INSERT INTO pv.health SELECT g FROM generate_series(2000, 2099) g;
INSERT INTO pv.health SELECT g FROM generate_series(4000, 4099) g;
INSERT INTO pv.health SELECT g FROM generate_series(5000, 5199) g;
INSERT INTO pv.health SELECT g FROM generate_series(6000, 6099) g;
SELECT pg_stat_force_next_flush();
VACUUM ANALYZE pv.health_old;
DELETE FROM pv.health WHERE id < 100;
DELETE FROM pv.health WHERE id BETWEEN 1000 AND 1100;
DELETE FROM pv.health WHERE id BETWEEN 2000 AND 2048;
DELETE FROM pv.health WHERE id BETWEEN 4000 AND 4999;
SELECT pg_stat_force_next_flush();
SELECT partition, n_live_tup AS live, n_dead_tup AS dead, round(health::numeric, 3) AS health, warning, stats_stale AS stale, why, remedy_sql
	FROM advisor.partition_health WHERE parent = 'pv.health'::regclass ORDER BY partition::text COLLATE "C";
BEGIN;
UPDATE advisor.settings SET value = 0 WHERE name = 'partition_health_min_dead';
UPDATE advisor.settings SET value = 81 WHERE name = 'partition_health_percent';
SELECT partition FROM advisor.partition_health WHERE parent = 'pv.health'::regclass AND warning ORDER BY partition::text COLLATE "C";
ROLLBACK;
-- counters that began anew: the catalog knows how many there were, or only that there are some
SELECT pg_stat_reset_single_table_counters(relid) FROM pg_partition_tree('pv.health') WHERE isleaf;
DELETE FROM pv.health WHERE id BETWEEN 5000 AND 5099;
SELECT pg_stat_force_next_flush();
SELECT partition, n_live_tup AS live, n_dead_tup AS dead, round(health::numeric, 3) AS health, warning, stats_stale AS stale,
		regexp_replace(why, '\d{4}-\d\d-\d\d \d\d:\d\d', 'T', 'g') AS why
	FROM advisor.partition_health WHERE parent = 'pv.health'::regclass AND partition::text ~ 'old|unknown|none' ORDER BY partition::text COLLATE "C";
-- the remedy helps
SELECT remedy_sql FROM advisor.partition_health WHERE partition IN ('pv.health_old'::regclass, 'pv.health_unknown'::regclass) ORDER BY partition::text COLLATE "C" \gexec
SELECT partition, n_live_tup AS live, n_dead_tup AS dead, health, stats_stale AS stale, why FROM advisor.partition_health
	WHERE partition IN ('pv.health_old'::regclass, 'pv.health_unknown'::regclass) ORDER BY partition::text COLLATE "C";

-- runway, at moments
CREATE FUNCTION pv.runway(as_of timestamptz) RETURNS TABLE (parent regclass, axis text, current regclass, partitions bigint, ahead bigint,
		covered_until text, days_left numeric, rows_left numeric, default_rows bigint, level text)
	LANGUAGE sql BEGIN ATOMIC
	SELECT r.parent::regclass, r.axis, r.current_partition::regclass, r.partitions, r.ahead, r.covered_until, round(r.days_left::numeric, 2), r.rows_left, r.default_rows, r.level
	FROM advisor._runway_at(as_of) r
	WHERE r.parent IN (SELECT oid FROM pg_class WHERE relnamespace = 'pv'::regnamespace)
	ORDER BY r.parent::regclass::text COLLATE "C";
	END;
INSERT INTO pv.numbers (v) SELECT 1 FROM generate_series(1, 150);
SELECT * FROM pv.runway('2026-03-15 12:00+00');
-- near the end, at it, a little later, and when nobody expects more
INSERT INTO pv.months VALUES (1, '2026-05-05');
SELECT pg_stat_force_next_flush();
SELECT at, r.ahead, r.days_left, r.covered_until, r.level
	FROM unnest(ARRAY['2026-05-24 23:59:59+00', '2026-05-25 00:00:01+00', '2026-05-31 23:59:59.999999+00', '2026-06-01 00:00+00', '2026-07-31 00:00+00', '2026-09-01 00:00+00']::timestamptz[]) at,
		pv.runway(at) r
	WHERE r.parent = 'pv.months'::regclass ORDER BY at;
-- a policy says that it goes on, whatever it looks like; and in which zone a day without zone begins
CREATE TABLE pv.days (day date) PARTITION BY RANGE (day);
CREATE TABLE pv.days_1 PARTITION OF pv.days FOR VALUES FROM ('2026-03-01') TO ('2026-03-02');
SELECT level FROM pv.runway('2026-03-20 00:00+00') WHERE parent = 'pv.days'::regclass;
INSERT INTO advisor.partition_policies (parent, step, premake, time_zone) VALUES ('pv.days', '1 day', 1, 'Asia/Kolkata');
SELECT at, r.current, r.ahead, r.days_left, r.level
	FROM unnest(ARRAY['2026-02-28 18:29:59+00', '2026-02-28 18:30+00', '2026-03-01 18:29:59+00', '2026-03-01 18:30+00', '2026-03-20 00:00+00']::timestamptz[]) at, pv.runway(at) r
	WHERE r.parent = 'pv.days'::regclass ORDER BY at;
-- what is made as told is enough
CREATE TABLE pv.days_2 PARTITION OF pv.days FOR VALUES FROM ('2026-03-02') TO ('2026-03-03');
SELECT ahead, days_left, level FROM pv.runway('2026-03-01 12:00+00') WHERE parent = 'pv.days'::regclass;
UPDATE advisor.partition_policies SET premake = 4 WHERE parent = 'pv.days'::regclass;
SELECT ahead, days_left, level FROM pv.runway('2026-03-01 12:00+00') WHERE parent = 'pv.days'::regclass;
-- nonsense in a policy is nobody else's problem
UPDATE advisor.partition_policies SET time_zone = 'Nowhere', step = 'never' WHERE parent = 'pv.days'::regclass;
SELECT current, level FROM pv.runway('2026-03-01 12:00+00') WHERE parent = 'pv.days'::regclass;
-- without any partition
INSERT INTO advisor.partition_policies (parent, step) VALUES ('pv.empty', '1 day');
SELECT * FROM pv.runway('2026-03-01 12:00+00') WHERE parent = 'pv.empty'::regclass;
-- rows that go to the default partition
SELECT parent, default_partition, default_rows, level FROM advisor.partition_runway WHERE schemaname = 'pv' AND default_partition IS NOT NULL;
-- numbers: how fast, if that has been observed
SELECT parent, current_value, current_partition, ahead, covered_until, rows_left, rows_per_day, days_left, level
	FROM advisor.partition_runway WHERE parent = 'pv.numbers'::regclass;
INSERT INTO advisor.observations SELECT now() - interval '2 days', 'sequence', 'pv.numbers_id_seq', 50;
SELECT round(rows_per_day::numeric, 1) AS rows_per_day, round(days_left::numeric, 1) AS days_left, level FROM advisor.partition_runway WHERE parent = 'pv.numbers'::regclass;
-- seen from a table of times: what is below ends by design
CREATE TABLE pv.years (at timestamptz) PARTITION BY RANGE (at);
CREATE TABLE pv.years_1 PARTITION OF pv.years FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY RANGE (at);
CREATE TABLE pv.years_1_1 PARTITION OF pv.years_1 FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
SELECT parent, level FROM pv.runway('2026-06-30 12:00+00') WHERE parent::text ~ 'years';

-- what others may see: bounds, sizes and counters; of policies only those of their own tables
SELECT parent, has_policy, enabled, step, premake, last_run FROM advisor.partitioned_tables WHERE schemaname = 'pv' AND has_policy ORDER BY parent::text COLLATE "C";
CREATE ROLE regress_pv_nobody;
CREATE ROLE regress_pv_owner;
CREATE ROLE regress_pv_monitor IN ROLE pg_monitor;
ALTER TABLE pv.days OWNER TO regress_pv_owner;
SET ROLE regress_pv_nobody;
SELECT count(*) AS policies FROM advisor.partitioned_tables WHERE schemaname = 'pv' AND has_policy;
SELECT count(*) AS policies FROM advisor.partitions WHERE schemaname = 'pv' AND policy_enabled IS NOT NULL;
SELECT count(*) > 10 AS bounds FROM advisor.partitions WHERE schemaname = 'pv';
SELECT count(*) > 10 AS usage FROM advisor.partition_usage WHERE schemaname = 'pv';
SELECT count(*) > 10 AS health FROM advisor.partition_health WHERE schemaname = 'pv';
SELECT count(*) > 0 AS gaps FROM advisor.partition_gaps WHERE schemaname = 'pv';
SELECT current_value IS NULL AS hidden, level FROM advisor.partition_runway WHERE schemaname = 'pv' AND relname = 'numbers';
SET ROLE regress_pv_owner;
SELECT parent FROM advisor.partitioned_tables WHERE schemaname = 'pv' AND has_policy;
SET ROLE regress_pv_monitor;
SELECT parent FROM advisor.partitioned_tables WHERE schemaname = 'pv' AND has_policy ORDER BY parent::text COLLATE "C";
RESET ROLE;

DELETE FROM advisor.observations WHERE object = 'pv.numbers_id_seq';
DELETE FROM advisor.partition_log WHERE parent IN (SELECT oid FROM pg_class WHERE relnamespace = 'pv'::regnamespace);
DELETE FROM advisor.partition_policies WHERE parent IN (SELECT oid FROM pg_class WHERE relnamespace = 'pv'::regnamespace);
DROP SCHEMA pv CASCADE;
DROP ROLE regress_pv_nobody, regress_pv_owner, regress_pv_monitor;

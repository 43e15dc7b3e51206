-- Partitions are made: ahead of a clock, in gaps, by hand; and what is refused.
CREATE ROLE regress_pcreate_owner;
CREATE ROLE regress_pcreate_other;
CREATE SCHEMA partition_creation;
GRANT ALL ON SCHEMA partition_creation TO PUBLIC;
SET search_path = partition_creation;
\set SHOW_CONTEXT never
SET TimeZone = 'Asia/Kolkata';
SET client_min_messages = warning;
CREATE FUNCTION maintain(parent regclass, as_of timestamptz)
	RETURNS TABLE (partition text, lower text, upper text, action text, status text, detail text) LANGUAGE sql AS $$
	SELECT a.partition, a.lower, a.upper, a.action, a.status, a.detail
	FROM advisor._perform_plan(advisor._policy(parent), ARRAY(SELECT p FROM advisor._plan_creation(advisor._policy(parent), as_of) p), false, true) a $$;

-- Ahead of the clock, four kinds of step.  The second run has nothing to do.
CREATE TABLE ahead (at timestamptz NOT NULL) PARTITION BY RANGE (at);
SELECT advisor.register_partition_policy('ahead', '1 month', 2, time_zone => 'Europe/Berlin');
SELECT * FROM maintain('ahead', '2026-11-21 12:00+00');
SELECT * FROM maintain('ahead', '2026-11-21 12:00+00');
-- one more, fewer, and months that nobody made
SELECT advisor.register_partition_policy('ahead', '1 month', 3, time_zone => 'Europe/Berlin');
SELECT * FROM maintain('ahead', '2026-11-21 12:00+00');
SELECT advisor.register_partition_policy('ahead', '1 month', 1, time_zone => 'Europe/Berlin');
SELECT * FROM maintain('ahead', '2026-11-21 12:00+00');
SELECT * FROM maintain('ahead', '2027-05-02 12:00+00');
-- a partition is dropped
DROP TABLE ahead_p20270101, ahead_p20270401;
SELECT * FROM maintain('ahead', '2027-05-02 12:00+00');
-- but what retention takes away is not made again
DROP TABLE ahead_p20261201, ahead_p20270301;
SELECT advisor.register_partition_policy('ahead', '1 month', 1, '2 months', time_zone => 'Europe/Berlin');
SELECT * FROM maintain('ahead', '2027-05-02 12:00+00');
-- the names say nothing
ALTER TABLE ahead_p20270601 RENAME TO ahead_p20270701;
SELECT * FROM maintain('ahead', '2027-06-02 12:00+00');
CREATE TABLE weekly (at date NOT NULL) PARTITION BY RANGE (at);
SELECT advisor.register_partition_policy('weekly', '7 days', 1, time_zone => 'UTC');
SELECT * FROM maintain('weekly', '2026-11-21 12:00+00');
CREATE TABLE hourly (at timestamptz NOT NULL) PARTITION BY RANGE (at);
SELECT advisor.register_partition_policy('hourly', '1 hour', 2, time_zone => 'Europe/Berlin');
SELECT * FROM maintain('hourly', '2026-10-25 00:30+00');

-- nor has it if the clocks changed; one hour is missing in spring
SELECT count(*) FROM maintain('hourly', '2026-10-25 00:30+00');
SELECT count(*) FROM maintain('weekly', '2026-11-21 12:00+00');
CREATE TABLE spring (at timestamptz NOT NULL) PARTITION BY RANGE (at);
SELECT advisor.register_partition_policy('spring', '1 hour', 2, time_zone => 'Europe/Berlin');
SELECT * FROM maintain('spring', '2026-03-29 00:30+00');
CREATE TABLE daily (at timestamptz NOT NULL) PARTITION BY RANGE (at);
SELECT advisor.register_partition_policy('daily', '1 day', 2, time_zone => 'Europe/Berlin');
SELECT * FROM maintain('daily', '2026-03-28 22:59:59+00');
SELECT * FROM maintain('daily', '2026-03-28 23:00+00');
SELECT * FROM maintain('daily', '2026-03-28 23:00+00');

-- Times in numbers and in uuids; numbers up to the end of their type.
CREATE TABLE seconds (at integer NOT NULL) PARTITION BY RANGE (at);
SELECT advisor.register_partition_policy('seconds', '1 month', 1, key_unit => 'seconds', time_zone => 'UTC');
SELECT * FROM maintain('seconds', '2026-11-21 12:00+00');
CREATE TABLE millis (at bigint NOT NULL) PARTITION BY RANGE (at);
SELECT advisor.register_partition_policy('millis', '1 month', 1, key_unit => 'milliseconds', time_zone => 'UTC');
SELECT * FROM maintain('millis', '2026-11-21 12:00+00');
CREATE TABLE uuids (id uuid NOT NULL) PARTITION BY RANGE (id);
SELECT advisor.register_partition_policy('uuids', '1 month', 1, key_unit => 'uuidv7', time_zone => 'UTC');
SELECT * FROM maintain('uuids', '2026-11-21 12:00+00');
-- the last of November, and the first of December
INSERT INTO uuids SELECT (lpad(to_hex(ms), 12, '0') || rest)::uuid FROM (VALUES (1796083199999, '7fffbfffffffffffffff'), (1796083200000, '70008000000000000000')) v(ms, rest);
SELECT tableoid::regclass, id FROM uuids ORDER BY id;
CREATE TABLE tenths (n numeric(4,1) NOT NULL) PARTITION BY RANGE (n);
SELECT advisor.register_partition_policy('tenths', '0.5', 5, anchor => '997.0');
SELECT * FROM maintain('tenths', NULL);
SELECT count(*) FROM maintain('tenths', NULL);

-- The same bounds whatever the zone of the session.
CREATE FUNCTION bounds_in(session text, key text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('TimeZone', session, true);
	EXECUTE format('CREATE TABLE zoned (at %s) PARTITION BY RANGE (at)', key);
	PERFORM advisor.register_partition_policy('zoned', '1 month', time_zone => 'Europe/Berlin');
	-- in Berlin it is November already
	PERFORM advisor.create_monthly_partitions('zoned', 1, as_of => '2026-10-31 23:30+00');
	PERFORM advisor.create_range_partitions('zoned', '1 month', '2027-03-01', '2027-05-01');
	PERFORM maintain('zoned', '2026-12-31 23:30+00');
	PERFORM set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO', true);
	RETURN (SELECT string_agg(b, ' ' ORDER BY b) FROM (SELECT substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM (.*)') AS b
		FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid WHERE i.inhparent = 'zoned'::regclass) x);
END
$$;
CREATE TABLE zones (key text, session text, bounds text);
SELECT format('INSERT INTO zones SELECT %1$L, %2$L, bounds_in(%2$L, %1$L)', key, session), 'DROP TABLE zoned'
	FROM unnest('{date,timestamp,timestamptz}'::text[]) key, unnest('{UTC,Europe/Berlin,Asia/Kolkata}'::text[]) session \gexec
SET TimeZone = 'Asia/Kolkata';
SELECT key, count(*) AS sessions, count(DISTINCT bounds) AS different, min(bounds) AS bounds FROM zones GROUP BY key ORDER BY key;

-- Misaligned and open partitions are taken as they are.
CREATE TABLE odd (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE odd_old PARTITION OF odd FOR VALUES FROM (MINVALUE) TO ('2026-01-11');
CREATE TABLE odd_mid PARTITION OF odd FOR VALUES FROM ('2026-03-05') TO ('2026-03-10');
CREATE TABLE odd_end PARTITION OF odd FOR VALUES FROM ('2026-03-20') TO ('2026-05-01');
SELECT advisor.register_partition_policy('odd', '1 month', 1, time_zone => 'UTC', accept => true);
SELECT partition, lower, upper, status, detail FROM advisor.fill_partition_gaps('odd', true);
SELECT partition, lower, upper, status, detail FROM advisor.fill_partition_gaps('odd');
SELECT partition, lower, upper, status, detail FROM advisor.fill_partition_gaps('odd');
SELECT * FROM maintain('odd', '2026-04-15');
SELECT partition, lower, upper, status, detail FROM advisor.create_monthly_partitions('odd', 1, '2025-12-31', as_of => '2026-02-01');
-- a gap that is a mistake
CREATE TABLE odd_far PARTITION OF odd FOR VALUES FROM ('2999-01-01') TO ('2999-02-01');
SELECT * FROM maintain('odd', '2026-05-15');
-- two columns: the next begins where the last one ends, in both
CREATE TABLE two (a int NOT NULL, b int NOT NULL) PARTITION BY RANGE (a, b);
CREATE TABLE two_1 PARTITION OF two FOR VALUES FROM (0, 5) TO (10, 7);
SELECT partition, lower, upper, status, detail FROM advisor.create_range_partitions('two', '10', '0', '30');
SELECT relname, pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname ~ '^two_' ORDER BY 1;

-- Numbers follow the data.
CREATE TABLE ids (id bigint GENERATED ALWAYS AS IDENTITY (START 3000000000), v text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
SELECT advisor.register_partition_policy('ids', '10', 1);
SELECT * FROM maintain('ids', NULL);
INSERT INTO ids (v) SELECT 'x' FROM generate_series(1, 12);
SELECT * FROM maintain('ids', NULL);
-- where the sequence is ahead
SELECT setval('ids_id_seq', 3000000037);
SELECT * FROM maintain('ids', NULL);
CREATE TABLE small (id smallint NOT NULL) PARTITION BY RANGE (id);
SELECT advisor.register_partition_policy('small', '1000', 5, anchor => '30000');
SELECT * FROM maintain('small', NULL);
INSERT INTO small VALUES (32767);
SELECT * FROM maintain('small', NULL);
SELECT partition, lower, upper, status FROM advisor.create_range_partitions('small', '10000', '-30000', '32767');

-- Names of any kind, and two that are the same in the first 60 bytes.
CREATE TABLE "long name of sixty three bytes, which is as many as there can B" (id int) PARTITION BY RANGE (id);
CREATE TABLE "long name of sixty three bytes, which is as many as there can b" (id int) PARTITION BY RANGE (id);
CREATE TABLE "Q""uote's.dot %s ü" (id int) PARTITION BY RANGE (id);
CREATE TABLE ümlautümlautümlautümlautümlautümlautümlautümlaut (id int) PARTITION BY RANGE (id);
SELECT a.status, a.partition
	FROM pg_class c, LATERAL advisor.create_range_partitions(c.oid, '1000000', '0', '2000000') a
	WHERE c.relnamespace = 'partition_creation'::regnamespace AND c.relkind = 'p' AND c.relname ~ '^long|^Q|^ü' ORDER BY c.relname COLLATE "C", a.lower::int;
SELECT count(*) AS attached, max(octet_length(c.relname)) AS bytes FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
	WHERE c.relnamespace = 'partition_creation'::regnamespace AND c.relname ~ '^long|^Q|^ü';
-- the name is taken, by what is no partition
CREATE VIEW two_p30 AS SELECT 1 AS one;
SELECT partition, status FROM advisor.create_range_partitions('two', '10', '30', '40');

-- Any search_path will do.
CREATE FUNCTION now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT '2099-01-01'::timestamptz $$;
SET search_path = partition_creation, pg_catalog;
SELECT count(*), min(upper) < '2090' AS real_clock FROM advisor.create_monthly_partitions('daily', 1, dry_run => true);
DROP FUNCTION partition_creation.now();
SET search_path = '';
SELECT partition, status FROM advisor.create_range_partitions('partition_creation.two', '10', '40', '50');
SELECT partition, status FROM advisor.create_default_partition('partition_creation.two');
DROP TABLE partition_creation.odd_far, partition_creation.odd_mid;
SELECT partition, status FROM advisor.fill_partition_gaps('partition_creation.odd');
SELECT partition, status FROM advisor.drop_old_partitions('partition_creation.ahead', 1, as_of => '2027-07-02 12:00+00');
SET search_path = partition_creation;

-- Rows in the default stand in the way of their own partition only.
CREATE TABLE busy (id int, v text, n int) PARTITION BY RANGE (id);
SELECT partition, status, detail FROM advisor.create_default_partition('busy');
SELECT partition, status, detail FROM advisor.create_default_partition('busy');
INSERT INTO busy VALUES (15, 'x'), (-1000000, 'y'), (NULL, 'z');
SELECT partition, lower, upper, status, detail FROM advisor.create_range_partitions('busy', '10', '0', '30');
SELECT tableoid::regclass, id FROM busy ORDER BY id;

-- A large default is fenced in, where nobody writes yet.
CREATE TABLE fenced (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE fenced_default PARTITION OF fenced DEFAULT;
SELECT advisor.register_partition_policy('fenced', '1 month', 2, time_zone => 'UTC');
SELECT p.partition, p.action, p.sql FROM advisor._fenced(advisor._policy('fenced'),
	ARRAY(SELECT a FROM advisor._plan_creation(advisor._policy('fenced'), '2026-05-15') a),
	advisor._grid(advisor._policy('fenced')), advisor._grid_position(advisor._grid(advisor._policy('fenced')), '2026-05-15')) p
	WHERE action <> 'create';
-- killed in between
ALTER TABLE fenced_default ADD CONSTRAINT advisor_fence CHECK (NOT (at >= '2026-06-01' AND at < '2026-07-01') AND NOT (at >= '2026-07-01' AND at < '2026-08-01')) NOT VALID;
SELECT partition, action, sql FROM advisor._plan_creation(advisor._policy('fenced'), '2026-05-15') WHERE action <> 'create';
ALTER TABLE fenced_default VALIDATE CONSTRAINT advisor_fence;
-- the proof that ATTACH finds
CREATE TABLE fenced_1 (LIKE fenced);
SET client_min_messages = debug1;
ALTER TABLE fenced ATTACH PARTITION fenced_1 FOR VALUES FROM ('2026-06-01') TO ('2026-07-01');
RESET client_min_messages;
SET client_min_messages = warning;

-- Lists.
CREATE TYPE kind AS ENUM ('a', 'b', 'c d', '%I');
CREATE TABLE list (k kind) PARTITION BY LIST (k);
SELECT partition, status FROM advisor.create_list_partition('list', '{a,NULL}');
SELECT partition, status FROM advisor.create_list_partition('list', '{NULL,a}');
SELECT partition, status FROM advisor.create_list_partition('list', '{b,a}');
SELECT partition, status FROM advisor.create_list_partition('list', '{nope}');
SELECT partition, status FROM advisor.create_list_partition('list', '{}');
SELECT partition, status FROM advisor.create_list_partition('list', '{"%I"}', 'Ödd "name.%s');
SELECT partition, status FROM advisor.create_list_partition('list', '{b}', 'list');
SELECT partition, status FROM advisor.create_default_partition('list');
INSERT INTO list VALUES ('b'), (NULL), ('%I');
SELECT partition, status, detail FROM advisor.create_list_partition('list', '{b}');
SELECT partition, status FROM advisor.create_list_partition('list', '{c d}', dry_run => true);
SELECT tableoid::regclass, k FROM list ORDER BY k;

-- Hash.
CREATE TABLE hash (id int, v text) PARTITION BY HASH (id);
SELECT partition, status FROM advisor.create_hash_partitions('hash', 3);
DROP TABLE hash_h1;
SELECT partition, status FROM advisor.create_hash_partitions('hash', 3);
SELECT partition, status FROM advisor.create_hash_partitions('hash', 6);
SELECT partition, status FROM advisor.create_hash_partitions('hash', 0);
SELECT partition, status FROM advisor.create_default_partition('hash');

-- Partitions of partitions: as the policy says, or as the newest one has them.
CREATE TABLE multi (at date NOT NULL, id int NOT NULL, PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
SELECT advisor.set_subpartitions('multi', 'hash (id)', advisor.hash_subpartitions(2));
SELECT advisor.register_partition_policy('multi', '1 month', 1, time_zone => 'UTC');
SELECT advisor.set_subpartitions('multi', 'hash (nope)', advisor.hash_subpartitions(2));
SELECT advisor.set_subpartitions('multi', 'hash (id)', '{}');
SELECT advisor.set_subpartitions('multi', 'hash (id)', advisor.hash_subpartitions(2));
SELECT count(*) FROM maintain('multi', '2026-05-15');
UPDATE advisor.partition_policies SET subpartition_by = NULL, subpartition_bounds = NULL WHERE parent = 'multi'::regclass;
SELECT count(*) FROM maintain('multi', '2026-06-15');
INSERT INTO multi SELECT '2026-07-07', i FROM generate_series(1, 20) i;
SELECT relid, level, pg_get_expr(relpartbound, oid) FROM pg_partition_tree('multi') JOIN pg_class ON oid = relid ORDER BY relid::text COLLATE "C";
CREATE TABLE regions (at date NOT NULL, region text) PARTITION BY RANGE (at);
CREATE TABLE regions_1 PARTITION OF regions FOR VALUES FROM ('2026-01-01') TO ('2026-02-01') PARTITION BY LIST (region);
CREATE TABLE regions_1_eu PARTITION OF regions_1 FOR VALUES IN ('de', 'it''s');
CREATE TABLE regions_1_rest PARTITION OF regions_1 DEFAULT;
SELECT partition, status FROM advisor.create_range_partitions('regions', '1 month', '2026-02-01', '2026-03-01');
SELECT relid, pg_get_expr(relpartbound, oid) FROM pg_partition_tree('regions') JOIN pg_class ON oid = relid WHERE level = 2 ORDER BY relid::text COLLATE "C";
SELECT partition, status FROM advisor.create_default_partition('regions');

-- A dry run changes nothing, and the log has what was done.
CREATE FUNCTION catalog() RETURNS text LANGUAGE sql AS $$
	SELECT md5(concat(
		(SELECT string_agg(c::text, '' ORDER BY c.oid) FROM pg_catalog.pg_class c WHERE c.relnamespace = 'partition_creation'::regnamespace),
		(SELECT string_agg(i::text, '' ORDER BY i.inhrelid) FROM pg_catalog.pg_inherits i),
		(SELECT string_agg(c::text, '' ORDER BY c.oid) FROM pg_catalog.pg_constraint c),
		(SELECT string_agg(p::text, '' ORDER BY p.parent) FROM advisor.partition_policies p),
		(SELECT string_agg(r::text, '' ORDER BY r.partition) FROM advisor.retired_partitions r),
		(SELECT string_agg(l::text, '' ORDER BY l.log_id) FROM advisor.partition_log l)))
$$;
CREATE TABLE hash_later (id int) PARTITION BY HASH (id);
SELECT catalog() AS before \gset
SELECT DISTINCT status FROM advisor.create_monthly_partitions('ahead', 40, dry_run => true, as_of => '2027-05-05') ORDER BY 1;
SELECT DISTINCT status FROM advisor.create_range_partitions('ids', '10', '4000000000', '4000000100', dry_run => true) ORDER BY 1;
SELECT DISTINCT status FROM advisor.create_hash_partitions('hash_later', 4, dry_run => true) ORDER BY 1;
SELECT DISTINCT status FROM advisor.create_list_partition('list', '{c d}', dry_run => true) ORDER BY 1;
SELECT DISTINCT status FROM advisor.create_default_partition('ids', dry_run => true) ORDER BY 1;
SELECT DISTINCT status FROM advisor.drop_old_partitions('hourly', 0, dry_run => true, as_of => '2027-05-05') ORDER BY 1;
SELECT catalog() = :'before' AS unchanged;
SELECT partition, status, sql IS NOT NULL AS sql FROM advisor.create_range_partitions('busy', '10', '100', '110', true);
SELECT to_regclass('busy_p100');
SELECT partition, lower, upper, action, status, sql IS NOT NULL AS sql FROM advisor.partition_log
	WHERE parent_name = 'partition_creation.busy' ORDER BY log_id;

-- Refused, with a hint.
CREATE TABLE plain (id int);
SELECT * FROM advisor.create_monthly_partitions('plain');
SELECT * FROM advisor.create_monthly_partitions('hash');
SELECT * FROM advisor.create_monthly_partitions('ids');
SELECT * FROM advisor.create_monthly_partitions('weekly', 0);
SELECT * FROM advisor.create_monthly_partitions('weekly', -1);
SELECT * FROM advisor.create_range_partitions('ids', '15', '4000000000', '4000000100');
SELECT * FROM advisor.create_range_partitions('ids', '10', '4000000005', '4000000100');
SELECT * FROM advisor.create_range_partitions('ids', '0', '0', '10');
SELECT * FROM advisor.create_range_partitions('ids', 'ten', '0', '10');
SELECT * FROM advisor.create_range_partitions('ids', '10', '10', '10');
SELECT * FROM advisor.create_range_partitions('ids', '10', 'x', '10');
SELECT * FROM advisor.create_range_partitions('hourly', '1 fortnight', '2026-01-01', '2026-02-01');
SELECT * FROM advisor.create_range_partitions('hourly', '90 minutes', '2026-01-01', '2026-02-01');
SELECT * FROM advisor.create_range_partitions('hourly', '1 hour', '2026-01-01', 'infinity');
SELECT * FROM advisor.fill_partition_gaps('busy') WHERE false;
SELECT * FROM advisor.create_monthly_partitions('daily', NULL);
SELECT * FROM advisor.create_monthly_partitions('daily', start_at => 'infinity');
SELECT * FROM advisor.create_monthly_partitions('daily', as_of => '-infinity');
CREATE TABLE stepless (id int) PARTITION BY RANGE (id);
SELECT * FROM advisor.create_range_partitions('stepless', NULL, '0', '100');
SELECT * FROM advisor.create_range_partitions('ids', '10', NULL, '4000000100');
SELECT * FROM advisor.create_range_partitions(NULL, '10', '0', '10');
SELECT * FROM advisor.create_hash_partitions('hash', NULL);
SELECT * FROM advisor.create_list_partition('list', NULL);
SET ROLE regress_pcreate_other;
SELECT * FROM advisor.create_range_partitions('busy', '10', '100', '110');
RESET ROLE;
-- one partition cannot be made, the others are
CREATE TABLE clash (id int, v int) PARTITION BY RANGE (id);
ALTER TABLE clash OWNER TO regress_pcreate_owner;
SET ROLE regress_pcreate_owner;
CREATE TABLE clash_p10 ();
SELECT partition, status, sqlstate FROM advisor.create_range_partitions('clash', '10', '0', '30');
RESET ROLE;

-- one that fails takes none of the others with it, and each is logged once
CREATE TABLE third (id int) PARTITION BY RANGE (id);
CREATE FUNCTION not_the_third() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
	IF to_regclass('partition_creation.third_p20') IS NOT NULL THEN
		RAISE 'not the third';
	END IF;
END
$$;
CREATE EVENT TRIGGER regress_pcreate_third ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION not_the_third();
SELECT partition, status, detail FROM advisor.create_range_partitions('third', '10', '0', '40');
DROP EVENT TRIGGER regress_pcreate_third;
SELECT partition, status FROM advisor.partition_log WHERE parent = 'third'::regclass ORDER BY log_id;

DELETE FROM advisor.partition_log WHERE parent_name LIKE 'partition\_creation.%';
DELETE FROM advisor.partition_policies p USING pg_class c WHERE c.oid = p.parent AND c.relnamespace = 'partition_creation'::regnamespace;
SET client_min_messages = error;
DROP SCHEMA partition_creation CASCADE;
DROP ROLE regress_pcreate_owner, regress_pcreate_other;

-- What advisor.maintain_partitions() does, and in which order; the clock is told.
CREATE SCHEMA maintain_partitions;
SET search_path = maintain_partitions;
SET TimeZone = 'Asia/Kolkata';
SET client_min_messages = warning;
\set SHOW_CONTEXT never
CREATE VIEW log AS
	SELECT replace(parent_name, 'maintain_partitions.', '') AS parent, action, replace(partition, 'maintain_partitions.', '') AS partition,
		lower, upper, status, rows, sqlstate, detail, sql, log_id
	FROM advisor.partition_log;
CREATE VIEW bounds AS
	SELECT b.parent::regclass AS parent, string_agg(b.lower || ' - ' || b.upper, E'\n' ORDER BY b.ordinal) AS bounds
	FROM advisor._partition_bounds() b JOIN pg_class c ON c.oid = b.parent
	WHERE c.relnamespace = 'maintain_partitions'::regnamespace AND NOT b.is_default GROUP BY 1;

-- created ahead of the clock, once
CREATE TABLE monthly (at timestamptz NOT NULL, n int) PARTITION BY RANGE (at);
INSERT INTO advisor.partition_policies (parent, step, time_zone, premake) VALUES ('monthly', '1 month', 'UTC', 3);
CALL advisor.maintain_partitions('monthly', as_of => '2026-05-15 12:00+00');
SELECT parent, action, partition, lower, upper, status, rows, sqlstate, detail FROM log ORDER BY log_id;
CALL advisor.maintain_partitions('monthly', as_of => '2026-05-15 12:00+00');
SELECT count(*), (array_agg(detail ORDER BY log_id DESC))[1] AS last FROM log;
-- what was logged as SQL is what was done
SELECT sql ~ '^CREATE TABLE|ATTACH PARTITION' AS complete FROM log WHERE action = 'create' ORDER BY log_id LIMIT 1;

-- more, or fewer
UPDATE advisor.partition_policies SET premake = 4 WHERE parent = 'monthly'::regclass;
CALL advisor.maintain_partitions('monthly', as_of => '2026-05-15 12:00+00');
UPDATE advisor.partition_policies SET premake = 1 WHERE parent = 'monthly'::regclass;
CALL advisor.maintain_partitions('monthly', as_of => '2026-05-15 12:00+00');
SELECT bounds FROM bounds WHERE parent = 'monthly'::regclass;
-- what was missed, or is gone, comes back
DROP TABLE monthly_p20260701;
CALL advisor.maintain_partitions('monthly', as_of => '2026-11-15 12:00+00');
SELECT bounds FROM bounds WHERE parent = 'monthly'::regclass;

-- a dry run tells, and changes nothing
UPDATE advisor.partition_policies SET retention = '5 months', premake = 2 WHERE parent = 'monthly'::regclass;
CREATE FUNCTION catalog() RETURNS text LANGUAGE sql AS $$
	SELECT md5(concat(
		(SELECT string_agg(c::text, '' ORDER BY c.oid) FROM pg_catalog.pg_class c WHERE c.relnamespace = 'maintain_partitions'::regnamespace),
		(SELECT string_agg(i::text, '' ORDER BY i.inhrelid) FROM pg_catalog.pg_inherits i),
		(SELECT string_agg(c::text, '' ORDER BY c.oid) FROM pg_catalog.pg_constraint c),
		(SELECT string_agg(p::text, '' ORDER BY p.parent) FROM advisor.partition_policies p),
		(SELECT string_agg(r::text, '' ORDER BY r.partition) FROM advisor.retired_partitions r),
		(SELECT string_agg(l::text, '' ORDER BY l.log_id) FROM advisor.partition_log l)))
$$;
SELECT catalog() AS before \gset
\set VERBOSITY terse
CALL advisor.maintain_partitions('monthly', dry_run => true, as_of => '2026-12-15 12:00+00');
SELECT catalog() = :'before' AS unchanged;
-- anywhere
BEGIN;
CALL advisor.maintain_partitions('monthly', dry_run => true, as_of => '2026-12-15 12:00+00');
SELECT count(*) FROM advisor.planned_partition_actions('monthly', '2026-12-15 12:00+00') WHERE status = 'planned';
SHOW lock_timeout;
ROLLBACK;
\set VERBOSITY default
SELECT catalog() = :'before' AS unchanged;
-- but it cannot be done everywhere
BEGIN;
CALL advisor.maintain_partitions('monthly', as_of => '2026-12-15 12:00+00');
ROLLBACK;
CREATE FUNCTION calls() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CALL advisor.maintain_partitions('maintain_partitions.monthly'); END $$;
SELECT calls();
SELECT catalog() = :'before' AS unchanged;
-- in a procedure and a DO it can; what is to be done is what was told
SELECT string_agg(concat_ws(' ', action, partition), E'\n' ORDER BY action, partition) AS plan
	FROM advisor.planned_partition_actions('monthly', '2026-12-15 12:00+00') WHERE status = 'planned' \gset
SELECT max(log_id) AS before FROM log \gset
DO $$ BEGIN CALL advisor.maintain_partitions('maintain_partitions.monthly', as_of => '2026-12-15 12:00+00'); END $$;
SELECT string_agg(concat_ws(' ', l.action, l.partition), E'\n' ORDER BY l.action, l.partition) = :'plan' AS same
	FROM advisor.partition_log l WHERE l.log_id > :before AND l.action <> 'run';
SELECT parent, action, partition, status FROM log WHERE log_id > :before ORDER BY log_id;

-- an empty search_path, and a hostile one
SELECT count(*) AS partitions FROM pg_inherits WHERE inhparent = 'monthly'::regclass;
SET search_path = '';
CALL advisor.maintain_partitions(as_of => '2027-01-15 12:00+00');
SET search_path = maintain_partitions;
CREATE FUNCTION wrong(regclass, oid) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR = (LEFTARG = regclass, RIGHTARG = oid, FUNCTION = wrong);
CREATE FUNCTION wrong(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR = (LEFTARG = oid, RIGHTARG = oid, FUNCTION = wrong);
CREATE FUNCTION wrong(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR = (LEFTARG = text, RIGHTARG = text, FUNCTION = wrong);
CREATE FUNCTION wrong(int, int) RETURNS int LANGUAGE sql AS 'SELECT 7';
CREATE OPERATOR + (LEFTARG = int, RIGHTARG = int, FUNCTION = wrong);
CREATE FUNCTION now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT '2099-01-01'::timestamptz $$;
CREATE DOMAIN text AS pg_catalog.text CHECK (VALUE = 'never');
SET search_path = maintain_partitions, pg_catalog;
CALL advisor.maintain_partitions(as_of => '2027-02-15 12:00+00');
SET search_path = maintain_partitions;
DROP OPERATOR maintain_partitions.= (regclass, oid), maintain_partitions.= (oid, oid), maintain_partitions.= (text, text), maintain_partitions.+ (int, int);
DROP DOMAIN maintain_partitions.text;
DROP FUNCTION maintain_partitions.now();
SELECT bounds FROM bounds WHERE parent = 'monthly'::regclass;

-- a table's troubles are its own: a wrong zone, a table that is not partitioned,
-- a policy that does not fit; the others are maintained
TRUNCATE advisor.partition_log;
CREATE TABLE "a wrong zone" (at timestamptz NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE "b plain" (at timestamptz NOT NULL);
CREATE TABLE "c wrong step" (id bigint NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE "d good" (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE "e without default" (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE "e taken" PARTITION OF "e without default" DEFAULT;
INSERT INTO "e without default" VALUES ('2026-05-03');
INSERT INTO advisor.partition_policies (parent, step, time_zone, premake) VALUES
	('"a wrong zone"', '1 day', 'Mars/Olympus', 1), ('"b plain"', '1 day', 'UTC', 1), ('"c wrong step"', '1 day', 'UTC', 1),
	('"d good"', '1 day', 'UTC', 1), ('"e without default"', '1 day', 'UTC', 2);
UPDATE advisor.partition_policies SET enabled = false WHERE parent = 'monthly'::regclass;
SET client_min_messages = error;
CALL advisor.maintain_partitions(as_of => '2026-05-01 12:00+00');
SET client_min_messages = warning;
SELECT parent, action, partition, status, sqlstate FROM log ORDER BY log_id;
SELECT detail <> '' AS said FROM log WHERE action = 'run' AND status <> 'ok';
DROP TABLE "a wrong zone", "b plain", "c wrong step";

-- rows that were in the way are moved if the policy wants it
TRUNCATE advisor.partition_log;
UPDATE advisor.partition_policies SET default_action = 'move' WHERE parent = '"e without default"'::regclass;
CALL advisor.maintain_partitions('"e without default"', as_of => '2026-05-01 12:00+00');
SELECT parent, action, partition, status, rows FROM log ORDER BY log_id;
SELECT tableoid::regclass, * FROM "e without default";

-- tables that are gone are no matter
TRUNCATE advisor.partition_log;
DROP TABLE "d good", "e without default";
CALL advisor.maintain_partitions(as_of => '2026-05-01 12:00+00');
SELECT (SELECT count(*) FROM advisor.partition_policies p LEFT JOIN pg_class c ON c.oid = p.parent WHERE c.oid IS NULL) AS policies,
	(SELECT count(*) FROM log) AS log;

-- order: as told, then what references before what it references, then tables
-- before their partitions
CREATE TABLE a_customers (id bigint PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE b_orders (id bigint PRIMARY KEY, customer bigint REFERENCES a_customers) PARTITION BY RANGE (id);
CREATE TABLE c_items (id bigint PRIMARY KEY, "order" bigint REFERENCES b_orders) PARTITION BY RANGE (id);
CREATE TABLE aa_part PARTITION OF c_items FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (id);
CREATE TABLE d_first (id bigint) PARTITION BY RANGE (id);
CREATE TABLE e_other (id bigint) PARTITION BY RANGE (id);
INSERT INTO advisor.partition_policies (parent, step, run_order) VALUES ('a_customers', '10', 0), ('b_orders', '10', 0), ('c_items', '10', 0),
	('aa_part', '10', 0), ('d_first', '10', -1), ('e_other', '10', 0);
SELECT m::regclass FROM advisor._maintained_parents() WITH ORDINALITY p(m, place) ORDER BY place;
-- a circle has none, and no end would be worse
ALTER TABLE a_customers ADD item bigint REFERENCES c_items;
SELECT count(*) FROM advisor._maintained_parents();

-- bad arguments
CALL advisor.maintain_partitions('log');
CALL advisor.maintain_partitions('pg_class');
CALL advisor.maintain_partitions(4000000000::regclass);
SET client_min_messages = notice;
CALL advisor.maintain_partitions('monthly');
-- owners
CREATE ROLE regress_maintain;
GRANT USAGE ON SCHEMA maintain_partitions TO regress_maintain;
SET ROLE regress_maintain;
CALL advisor.maintain_partitions('maintain_partitions.monthly');
CALL advisor.maintain_partitions();
SELECT count(*) FROM advisor.planned_partition_actions();
SELECT count(*) FROM advisor.partition_log;
RESET ROLE;

-- the log is pruned
TRUNCATE advisor.partition_log;
INSERT INTO advisor.partition_log (logged_at, run_started, parent, parent_name, action, status)
	SELECT clock_timestamp() - make_interval(days => d), clock_timestamp(), 0, 'x', 'run', 'ok' FROM (VALUES (5), (89), (91)) v(d);
DELETE FROM advisor.partition_policies WHERE parent::text ~ '^(maintain_partitions\.)?[abcde]';
CALL advisor.maintain_partitions();
SELECT count(*) FROM advisor.partition_log;
UPDATE advisor.settings SET value = 10 WHERE name = 'partition_log_days';
CALL advisor.maintain_partitions();
SELECT count(*) FROM advisor.partition_log;
UPDATE advisor.settings SET value = default_value WHERE name = 'partition_log_days';

SET client_min_messages = warning;
DROP SCHEMA maintain_partitions CASCADE;
DROP ROLE regress_maintain;
CALL advisor.maintain_partitions();
TRUNCATE advisor.partition_log;

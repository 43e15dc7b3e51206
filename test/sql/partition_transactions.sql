-- Maintenance of partitions in a transaction block: all of it, or nothing.
CREATE SCHEMA partition_transactions;
SET search_path = partition_transactions;
SET TimeZone = 'UTC';
SET client_min_messages = warning;
\set SHOW_CONTEXT never
CREATE VIEW bounds AS
	SELECT b.parent::regclass AS parent, string_agg(coalesce(b.lower || ' - ' || b.upper, 'default'), ', ' ORDER BY b.ordinal) AS bounds
	FROM advisor._partition_bounds() b JOIN pg_class c ON c.oid = b.parent
	WHERE c.relnamespace = 'partition_transactions'::regnamespace GROUP BY 1;

CREATE TABLE daily (at date NOT NULL, n int) PARTITION BY RANGE (at);
SELECT advisor.register_partition_policy('daily', '1 day', premake => 2, retention => '2 days', retention_action => 'drop');

-- create, fill, drain, retire, and forget it all
BEGIN;
SELECT partition, lower, upper, action, status FROM advisor.create_partitions_ahead('daily', as_of => '2026-05-15 12:00+00');
SELECT partition, status FROM advisor.create_partitions_ahead('daily', as_of => '2026-05-15 12:00+00');
SELECT partition, status FROM advisor.create_default_partition('daily');
INSERT INTO daily SELECT '2026-05-15'::date + g / 2, g FROM generate_series(0, 9) g;
-- what is in the default is in the way, and says so
SELECT partition, lower, status, detail FROM advisor.create_partitions_ahead('daily', as_of => '2026-05-16 12:00+00');
SELECT partition, lower, upper, action, status, rows FROM advisor.move_default_rows('daily', dry_run => true, as_of => '2026-05-16 12:00+00');
SELECT count(*) FROM ONLY daily_default;
SELECT partition, lower, upper, action, status, rows FROM advisor.move_default_rows('daily', max_rows => 2, as_of => '2026-05-16 12:00+00');
SELECT partition, lower, upper, action, status, rows FROM advisor.move_default_rows('daily', as_of => '2026-05-16 12:00+00');
SELECT action, status FROM advisor.move_default_rows('daily', as_of => '2026-05-16 12:00+00');
SELECT tableoid::regclass AS partition, string_agg(n::text, ' ' ORDER BY n) AS n FROM daily GROUP BY 1 ORDER BY 1;
SELECT partition, lower, upper, action, status FROM advisor.retire_partitions('daily', dry_run => true, as_of => '2026-05-19 12:00+00');
SELECT bounds FROM bounds WHERE parent = 'daily'::regclass;
SELECT partition, lower, upper, action, status FROM advisor.retire_partitions('daily', as_of => '2026-05-19 12:00+00');
SELECT partition, action, status FROM advisor.retire_partitions('daily', as_of => '2026-05-19 12:00+00');
SELECT bounds FROM bounds WHERE parent = 'daily'::regclass;
SELECT action, status, count(*) FROM advisor.partition_log WHERE parent = 'daily'::regclass GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) FROM advisor.retired_partitions WHERE parent = 'daily'::regclass;
ROLLBACK;
SELECT bounds FROM bounds;
SELECT count(*) FROM advisor.partition_log WHERE parent = 'daily'::regclass;

-- a part of a range, and the rest of it later
BEGIN;
CREATE TABLE numbers (n int NOT NULL) PARTITION BY RANGE (n);
SELECT advisor.register_partition_policy('numbers', '100');
CREATE TABLE numbers_default PARTITION OF numbers DEFAULT;
INSERT INTO numbers SELECT generate_series(1, 250);
SELECT partition, lower, upper, status, rows FROM advisor.move_default_rows('numbers', max_rows => 60);
SELECT partition, lower, upper, status, rows FROM advisor.move_default_rows('numbers');
SELECT bounds FROM bounds WHERE parent = 'numbers'::regclass;
SELECT count(*), count(DISTINCT n) FROM numbers;
ROLLBACK;

-- old and to be kept, archived, referenced; never concurrently
CREATE SCHEMA partition_transactions_old;
CREATE TABLE archived (at timestamptz PRIMARY KEY) PARTITION BY RANGE (at);
SELECT advisor.register_partition_policy('archived', '1 month', retention => '1 month', retention_action => 'archive',
	archive_schema => 'partition_transactions_old', detach_concurrently => true, time_zone => 'UTC');
SELECT status, count(*) FROM advisor.create_range_partitions('archived', NULL, '2026-01-15 10:00', '2026-05-15') GROUP BY 1;
SELECT bounds FROM bounds WHERE parent = 'archived'::regclass;
CREATE TABLE referencing (at timestamptz REFERENCES archived);
INSERT INTO archived VALUES ('2026-02-10');
INSERT INTO referencing VALUES ('2026-02-10');
SELECT partition, action, status, detail, sql FROM advisor.retire_partitions('archived', as_of => '2026-05-15');
SELECT oid::regclass FROM pg_class WHERE relnamespace = 'partition_transactions_old'::regnamespace AND relkind = 'r' ORDER BY 1;

-- an error is that of one table
CREATE TABLE other (at timestamptz NOT NULL) PARTITION BY RANGE (at);
SELECT advisor.register_partition_policy('other', '1 month', premake => 0, time_zone => 'UTC', run_order => 1);
UPDATE advisor.partition_policies SET step = '1 lightyear' WHERE parent = 'daily'::regclass;
SELECT parent, partition, action, status, sqlstate FROM advisor.create_partitions_ahead(as_of => '2026-05-15')
	WHERE parent IN ('daily'::regclass, 'other'::regclass);
UPDATE advisor.partition_policies SET step = '1 day' WHERE parent = 'daily'::regclass;
-- one that is in the way of another takes that along only
BEGIN;
CREATE FUNCTION no_drop() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN
	IF EXISTS (SELECT FROM pg_event_trigger_dropped_objects() WHERE object_name = 'daily_p20260502') THEN RAISE 'not this one'; END IF; END$$;
CREATE EVENT TRIGGER partition_transactions_no_drop ON sql_drop EXECUTE FUNCTION no_drop();
SELECT count(*) FROM advisor.create_range_partitions('daily', NULL, '2026-05-01', '2026-05-06');
SELECT partition, action, status, detail FROM advisor.retire_partitions('daily', as_of => '2026-05-06');
SELECT partition, action, last_error FROM advisor.retired_partitions WHERE parent = 'daily'::regclass;
DROP EVENT TRIGGER partition_transactions_no_drop;
SELECT partition, action, status, detail FROM advisor.retire_partitions('daily', as_of => '2026-05-06');
ROLLBACK;
-- rows are moved only where others cannot miss them
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT partition, status FROM advisor.create_default_partition('other');
INSERT INTO other VALUES ('2026-07-07');
SELECT partition, action, status, detail FROM advisor.move_default_rows('other', as_of => '2026-05-15');
ROLLBACK;

-- ranges of the grid that there is
BEGIN;
SELECT lower, upper, status FROM advisor.create_range_partitions('other', NULL, '2026-02-10 03:00', '2026-04-01');
SELECT lower, upper, status FROM advisor.create_range_partitions('other', NULL, '2026-02-10 03:00', '2026-04-01 00:00:01');
ROLLBACK;
CREATE TABLE unknown (n int) PARTITION BY RANGE (n);
SELECT * FROM advisor.create_range_partitions('unknown', NULL, '0', '100');

-- who may not
CREATE ROLE regress_partition_owner;
CREATE ROLE regress_partition_reader;
SELECT 'daily'::regclass::oid AS daily \gset
SET ROLE regress_partition_owner;
SELECT count(*) FROM advisor.create_partitions_ahead();
SELECT * FROM advisor.create_partitions_ahead(:daily);
SELECT * FROM advisor.retire_partitions(:daily);
SELECT * FROM advisor.move_default_rows(:daily);
SELECT * FROM advisor.sync_partition_privileges(:daily);
RESET ROLE;
SELECT * FROM advisor.create_partitions_ahead('unknown');
SELECT * FROM advisor.move_default_rows('daily');
SELECT * FROM advisor.move_default_rows('referencing');
SELECT * FROM advisor.sync_partition_privileges('referencing');

-- an owner who is not let in
CREATE VIEW grants AS
	SELECT g.relname, g.attname, coalesce(nullif(g.grantee, 0)::regrole::text, 'PUBLIC') AS grantee,
		string_agg(g.privilege_type || CASE WHEN g.is_grantable THEN '*' ELSE '' END, ' ' ORDER BY g.privilege_type) AS privileges
	FROM (SELECT c.relname, NULL AS attname, c.relowner, x.* FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) x
		UNION ALL
		SELECT c.relname, a.attname, c.relowner, x.* FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid CROSS JOIN LATERAL aclexplode(a.attacl) x) g
	WHERE g.relname ~ '^given' AND g.grantee <> g.relowner GROUP BY 1, 2, 3 ORDER BY 1, 2 NULLS FIRST, 3;
GRANT SELECT ON grants TO PUBLIC;
CREATE TABLE given (at timestamptz NOT NULL, "secret %" int) PARTITION BY RANGE (at);
ALTER TABLE given OWNER TO regress_partition_owner;
SELECT advisor.register_partition_policy('given', '1 month');
GRANT USAGE ON SCHEMA partition_transactions TO regress_partition_owner;
SELECT * FROM advisor.create_monthly_partitions('given');
GRANT CREATE ON SCHEMA partition_transactions TO regress_partition_owner;
SELECT advisor.register_partition_policy('given', '1 month', time_zone => 'UTC', premake => 1, subpartition_by => '');
SET ROLE regress_partition_owner;
SELECT partition, status FROM advisor.create_partitions_ahead('given', as_of => '2026-05-15');
-- privileges: new partitions have them, old ones get them
GRANT SELECT, INSERT ON given TO regress_partition_reader WITH GRANT OPTION;
GRANT UPDATE ("secret %") ON given TO PUBLIC;
SELECT partition, status, sql FROM advisor.sync_partition_privileges('given', dry_run => true);
SELECT * FROM grants WHERE relname = 'given_p20260501';
SELECT partition, action, status FROM advisor.sync_partition_privileges('given');
SELECT * FROM grants;
SELECT partition, status FROM advisor.sync_partition_privileges('given');
REVOKE ALL ON given FROM regress_partition_reader, PUBLIC;
REVOKE UPDATE ("secret %") ON given FROM PUBLIC;
GRANT DELETE ON given_p20260501 TO regress_partition_reader;
SELECT partition, status, sql FROM advisor.sync_partition_privileges('given');
SELECT * FROM grants;
RESET ROLE;
ALTER TABLE given_p20260501 OWNER TO CURRENT_USER;
SELECT partition, status, detail FROM advisor.sync_partition_privileges('given');

DELETE FROM advisor.partition_policies WHERE parent IN ('daily'::regclass, 'archived'::regclass, 'other'::regclass, 'given'::regclass);
DELETE FROM advisor.partition_log WHERE parent_name LIKE 'partition_transactions.%';
DELETE FROM advisor.retired_partitions WHERE parent_name LIKE 'partition_transactions.%';
SET client_min_messages = error;
DROP SCHEMA partition_transactions, partition_transactions_old CASCADE;
DROP ROLE regress_partition_owner, regress_partition_reader;

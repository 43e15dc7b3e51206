-- What random tables, policies and sessions have found: gaps beside partitions
-- without an end, large numbers, pieces of steps, and settings of sessions.
\set VERBOSITY terse
SET client_min_messages = warning;
SET TimeZone = 'UTC';
CREATE ROLE regress_edges;
CREATE SCHEMA partition_edges AUTHORIZATION regress_edges;
SET search_path = partition_edges;
CREATE FUNCTION bounds(regclass) RETURNS TABLE (partition text, lower text, upper text)
	LANGUAGE sql AS $$ SELECT partition::regclass::text, lower, upper FROM advisor._partition_bounds($1) WHERE NOT is_default ORDER BY ordinal $$;
CREATE FUNCTION again(regclass, timestamptz DEFAULT NULL) RETURNS bigint
	LANGUAGE sql AS $$ SELECT count(*) FROM advisor.planned_partition_actions($1, $2) WHERE status IN ('planned', 'error') $$;

-- numbers of steps that are no integers
CREATE TABLE snowflakes (id bigint) PARTITION BY RANGE (id);
CREATE TABLE snowflakes_0 PARTITION OF snowflakes FOR VALUES FROM (1900000000000000000) TO (1900000000000100000);
INSERT INTO snowflakes VALUES (1900000000000000000);
SELECT advisor.register_partition_policy('snowflakes', '100000', 2);
CALL advisor.maintain_partitions('snowflakes');
SELECT * FROM bounds('snowflakes');
SELECT partition, status FROM advisor.create_range_partitions('snowflakes', '100000', '1900000000000300000', '1900000000000500000');

-- beside a partition without a lower bound, and one without an upper
CREATE TABLE ends (at date) PARTITION BY RANGE (at);
CREATE TABLE ends_old PARTITION OF ends FOR VALUES FROM (MINVALUE) TO ('2025-11-10');
CREATE TABLE ends_1 PARTITION OF ends FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE ends_new PARTITION OF ends FOR VALUES FROM ('2026-04-20') TO (MAXVALUE);
SELECT advisor.register_partition_policy('ends', '1 month', 0, time_zone => 'UTC');
CALL advisor.maintain_partitions('ends', as_of => '2026-01-15');
SELECT * FROM bounds('ends');
SELECT again('ends', '2026-01-15');

-- in an empty table of numbers there is nothing too old
CREATE TABLE numbers (id integer GENERATED ALWAYS AS IDENTITY (START 35)) PARTITION BY RANGE (id);
CREATE TABLE numbers_0 PARTITION OF numbers FOR VALUES FROM (0) TO (10);
CREATE TABLE numbers_2 PARTITION OF numbers FOR VALUES FROM (20) TO (30);
SELECT advisor.register_partition_policy('numbers', '10', 0, retention => '10');
CALL advisor.maintain_partitions('numbers');
SELECT * FROM bounds('numbers');

-- of the step that the cut-off is in, one piece is too old and not made again
CREATE TABLE pieces (at timestamptz) PARTITION BY RANGE (at);
CREATE TABLE pieces_mis PARTITION OF pieces FOR VALUES FROM ('2026-01-10 16:00+00') TO ('2026-01-11 00:00+00');
SELECT advisor.register_partition_policy('pieces', '1 day', 0, retention => '1 day', retention_action => 'drop', time_zone => 'UTC', anchor => '2026-01-01', accept => true);
CALL advisor.maintain_partitions('pieces', as_of => '2026-01-11 09:00+00');
SELECT * FROM bounds('pieces');
CALL advisor.maintain_partitions('pieces', as_of => '2026-01-11 18:00+00');
SELECT * FROM bounds('pieces');
SELECT again('pieces', '2026-01-11 18:00+00');
CALL advisor.maintain_partitions('pieces', as_of => '2026-01-11 18:00+00');
SELECT action, count(*) FROM advisor.partition_log WHERE parent = 'pieces'::regclass AND status = 'done' AND action IN ('create', 'drop') GROUP BY 1 ORDER BY 1;

-- what came out of the default leaves no gap, and moves numbers on, in the same run
CREATE TABLE drained (id integer) PARTITION BY RANGE (id);
CREATE TABLE drained_0 PARTITION OF drained FOR VALUES FROM (0) TO (10);
CREATE TABLE drained_default PARTITION OF drained DEFAULT;
INSERT INTO drained VALUES (5), (41);
SELECT advisor.register_partition_policy('drained', '10', 4, default_action => 'move');
CALL advisor.maintain_partitions('drained');
SELECT * FROM bounds('drained');
SELECT again('drained');

-- one number far ahead does not make all others old
CREATE TABLE outlier (id bigint) PARTITION BY RANGE (id);
CREATE TABLE outlier_0 PARTITION OF outlier FOR VALUES FROM (0) TO (10);
CREATE TABLE outlier_1 PARTITION OF outlier FOR VALUES FROM (10) TO (20);
CREATE TABLE outlier_default PARTITION OF outlier DEFAULT;
INSERT INTO outlier VALUES (1), (15), (27), (38), (1000000);
SELECT advisor.register_partition_policy('outlier', '10', 0, retention => '20', retention_action => 'drop', default_action => 'move');
CALL advisor.maintain_partitions('outlier');
SELECT tableoid::regclass, id FROM outlier ORDER BY id;
SELECT lower, status, detail FROM advisor.planned_partition_actions('outlier');
SET client_min_messages = error;
CALL advisor.drain_default('outlier');
SET client_min_messages = warning;
SELECT tableoid::regclass, id FROM outlier ORDER BY id;

-- schemas of any name
CREATE SCHEMA "partition_edges.Odd ""1";
SET search_path = "partition_edges.Odd ""1", partition_edges;
CREATE TABLE h (id int) PARTITION BY HASH (id);
CREATE TABLE l (id int) PARTITION BY LIST (id);
CREATE TABLE r (id int) PARTITION BY RANGE (id);
SELECT partition, status FROM advisor.create_hash_partitions('h', 2);
SELECT partition, status FROM advisor.create_list_partition('l', '{1}');
SELECT partition, status FROM advisor.create_default_partition('l');
SELECT advisor.register_partition_policy('r', '10', 0);
SELECT advisor.set_subpartitions('r', 'hash (id)', advisor.hash_subpartitions(2));
DELETE FROM advisor.partition_log WHERE parent_name LIKE '"partition\_edges.%';
DELETE FROM advisor.partition_policies WHERE parent = 'r'::regclass;
SET search_path = partition_edges;
DROP SCHEMA "partition_edges.Odd ""1" CASCADE;

-- sessions where a backslash in a string is none
CREATE TABLE escapes (at timestamptz) PARTITION BY RANGE (at);
CREATE TABLE escapes_0 PARTITION OF escapes FOR VALUES FROM ('2026-01-04 23:00+00') TO ('2026-01-05 23:00+00');
\c -
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET search_path = partition_edges;
SET standard_conforming_strings = off;
SELECT advisor.register_partition_policy('escapes', '1 day', 1, retention => '1 day', time_zone => 'Europe/Berlin', anchor => '2026-01-01');
CALL advisor.maintain_partitions('escapes', as_of => '2026-01-05 12:00+00');
SELECT * FROM bounds('escapes');
RESET standard_conforming_strings;

-- sessions that are not to be told less than there is
CREATE TABLE secured (at date) PARTITION BY RANGE (at);
ALTER TABLE secured OWNER TO regress_edges;
GRANT USAGE ON SCHEMA partition_edges TO PUBLIC;
SET ROLE regress_edges;
SET row_security = off;
SELECT advisor.register_partition_policy('secured', '1 month', 0, time_zone => 'UTC');
SELECT again('secured', '2026-01-15');
CALL advisor.maintain_partitions('secured', as_of => '2026-01-15');
SELECT * FROM bounds('secured');
SELECT partition, status FROM advisor.create_range_partitions('secured', '1 month', '2026-02-01', '2026-03-01');
SELECT action, status FROM advisor.drop_old_partitions('secured', 0, as_of => '2026-02-15');
SELECT advisor.unregister_partition_policy('secured');
RESET row_security;
RESET ROLE;

DELETE FROM advisor.partition_log WHERE parent_name LIKE 'partition\_edges.%';
DELETE FROM advisor.partition_policies p USING pg_class c WHERE c.oid = p.parent AND c.relnamespace = 'partition_edges'::regnamespace;
SET client_min_messages = error;
DROP SCHEMA partition_edges CASCADE;
DROP ROLE regress_edges;

-- Partitions that are partitioned by range themselves: which they get, by which
-- policy, and what maintenance does with them.
CREATE ROLE regress_sub_owner;
CREATE SCHEMA subpartitions AUTHORIZATION regress_sub_owner;
SET search_path = subpartitions;
SET TimeZone = 'UTC';
SET client_min_messages = warning;
\set SHOW_CONTEXT never
SET ROLE regress_sub_owner;
CREATE VIEW tree AS
	SELECT p.relname AS parent, count(*) AS partitions, min(b.lower) AS first, max(b.upper) AS last,
		count(*) FILTER (WHERE b.after_gap) AS gaps, count(*) FILTER (WHERE b.is_default) AS defaults,
		string_agg(DISTINCT b.method, ',') AS method, x.step, x.premake, x.retention, x.time_zone
	FROM advisor._partition_bounds() b JOIN pg_class p ON p.oid = b.parent
		LEFT JOIN advisor.partition_policies x ON x.parent = b.parent
	WHERE p.relnamespace = 'subpartitions'::regnamespace
	GROUP BY p.oid, p.relname, x.step, x.premake, x.retention, x.time_zone
	ORDER BY p.relname COLLATE "C";
CREATE FUNCTION plan(parent regclass, as_of timestamptz)
	RETURNS TABLE (partition text, lower text, upper text, action text, status text, detail text) LANGUAGE sql AS $$
	SELECT a.partition, a.lower, a.upper, a.action, a.status, a.detail FROM advisor.planned_partition_actions(parent, as_of) a $$;

-- Months of days, by the same column: each new month has its own days, all, and
-- a policy like that of the newest one.
CREATE TABLE md (at timestamptz NOT NULL, id int, PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
CREATE TABLE md_jan PARTITION OF md FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-02-01 00:00+00') PARTITION BY RANGE (at);
CREATE TABLE md_jan_1 PARTITION OF md_jan FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-01-02 00:00+00');
CREATE TABLE md_jan_2 PARTITION OF md_jan FOR VALUES FROM ('2026-01-02 00:00+00') TO ('2026-01-03 00:00+00');
SELECT advisor.register_partition_policy('md', '1 month', 1, '3 months', 'drop', time_zone => 'UTC', analyze_parent => false);
-- without a policy they are divided all the same
SELECT partition, status, length(sql) - length(replace(sql, 'CREATE TABLE', 'CREATE TABL')) AS tables, sql ~ 'INSERT' AS policy
	FROM advisor.planned_partition_actions('md', '2026-01-15 12:00+00');
SELECT advisor.register_partition_policy('md_jan', '1 day', 2, '20 days', time_zone => 'UTC', min_keep => 3, analyze_parent => false, lock_timeout => 1500);
CALL advisor.maintain_partitions('md', as_of => '2026-01-15 12:00+00');
SELECT * FROM tree;
-- both were in the plan of one call; what was just made needs nothing
CALL advisor.maintain_partitions(as_of => '2026-01-15 12:00+00');
SELECT * FROM tree;
SELECT * FROM plan(NULL, '2026-01-15 12:00+00') WHERE status NOT IN ('exists', 'kept');
SELECT n, s FROM advisor.partition_log l, regexp_split_to_table(l.sql, E';\n') WITH ORDINALITY x(s, n)
	WHERE l.action = 'create' AND l.partition = 'subpartitions.md_p20260201' AND l.status = 'done' AND (n <= 6 OR n > 59) ORDER BY n;
INSERT INTO md SELECT t, 1 FROM generate_series(timestamptz '2026-01-16 00:00+00', '2026-02-28 23:00+00', '1 day') t;
SELECT count(DISTINCT tableoid) FROM md;
-- after three months: those missed are made, whole; what is too old goes with all that is in it
CALL advisor.maintain_partitions(as_of => '2026-05-15 12:00+00');
SELECT * FROM tree;
SELECT * FROM plan(NULL, '2026-05-15 12:00+00') WHERE status NOT IN ('exists', 'kept');
SELECT partition, action, status FROM advisor.partition_log WHERE parent_name = 'subpartitions.md' AND action IN ('detach', 'drop') ORDER BY log_id;
CALL advisor.maintain_partitions(as_of => '2026-05-15 12:00+00');
SELECT * FROM plan(NULL, '2026-05-15 12:00+00') WHERE status NOT IN ('exists', 'kept');
SELECT count(*) FROM advisor.partition_policies WHERE parent NOT IN (SELECT oid FROM pg_class);
-- a retired one that stays is left alone
SELECT advisor.register_partition_policy('md', '1 month', 1, '1 month', 'detach', time_zone => 'UTC', analyze_parent => false);
CALL advisor.maintain_partitions(as_of => '2026-05-15 12:00+00');
SELECT * FROM tree;
CALL advisor.maintain_partitions(as_of => '2026-05-15 12:00+00');
SELECT * FROM plan(NULL, '2026-05-15 12:00+00') WHERE status NOT IN ('exists', 'kept');
-- a hole in a month, and nothing outside of it
DROP TABLE md_p20260601_p20260630, md_p20260601_p20260603;
SELECT * FROM plan('md_p20260601', '2026-05-15 12:00+00') WHERE status = 'planned' ORDER BY lower;
SELECT action, min(lower), max(upper), count(*) FROM plan('md_p20260601', '2026-09-15 12:00+00') WHERE status = 'planned' GROUP BY 1;
CALL advisor.maintain_partitions('md_p20260601', as_of => '2026-05-15 12:00+00');
SELECT partition, lower, upper, status FROM advisor.create_range_partitions('md_p20260601', '1 day', '2026-06-29', '2026-07-03');
SELECT count(*) FROM plan('md_p20260601', '2026-05-15 12:00+00') WHERE status = 'planned';
DROP TABLE md, md_p20260201, md_p20260301;

-- Told by the policy: weeks that are cut at the ends of the month, in a zone.
CREATE TABLE told (id bigint NOT NULL, at date NOT NULL, UNIQUE (id, at)) PARTITION BY RANGE (at);
SELECT advisor.set_subpartitions('told', 'RANGE (at)', step => '7 days');
SELECT advisor.register_partition_policy('told', '1 month', 0, time_zone => 'Europe/Berlin', analyze_parent => false);
SELECT advisor.set_subpartitions('told', 'RANGE (at)', step => '7 days', premake => 1);
SELECT subpartition_by, subpartition_bounds, subpartition_step, subpartition_premake FROM advisor.partition_policies WHERE parent = 'told'::regclass;
CALL advisor.maintain_partitions('told', as_of => '2026-02-15 12:00+00');
SELECT relname, pg_get_expr(relpartbound, oid) FROM pg_class JOIN pg_inherits ON inhrelid = oid WHERE inhparent = 'told_p20260201'::regclass ORDER BY 1;
SELECT * FROM tree;
SELECT * FROM plan(NULL, '2026-02-15 12:00+00') WHERE status NOT IN ('exists', 'kept');
-- rows in the default go to the right week
CREATE TABLE told_default PARTITION OF told DEFAULT;
INSERT INTO told SELECT i, date '2026-03-01' + i FROM generate_series(0, 30) i;
CALL advisor.drain_default('told', as_of => '2026-02-15 12:00+00');
SELECT tableoid::regclass, min(at), max(at), count(*) FROM told GROUP BY 1 ORDER BY 2;
-- in small pieces
INSERT INTO told SELECT i, date '2026-04-01' + i % 20 FROM generate_series(0, 99) i;
UPDATE advisor.partition_policies SET default_action = 'move', batch_rows = 30 WHERE parent = 'told'::regclass;
CALL advisor.maintain_partitions('told', as_of => '2026-02-15 12:00+00');
SELECT tableoid::regclass, min(at), max(at), count(*) FROM told WHERE at >= '2026-04-01' GROUP BY 1 ORDER BY 2;
SELECT * FROM tree;
SELECT * FROM plan(NULL, '2026-02-15 12:00+00') WHERE status NOT IN ('exists', 'kept');
INSERT INTO told VALUES (1000, '2026-05-05');
CALL advisor.drain_default('told', 'adopt', as_of => '2026-02-15 12:00+00');
SELECT relid, isleaf FROM pg_partition_tree('told') WHERE level = 1 ORDER BY relid::text COLLATE "C";
DROP TABLE told;

-- Numbers of times, by another column: from the clock on.
CREATE TABLE ids (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL) PARTITION BY RANGE (id);
SELECT advisor.register_partition_policy('ids', '1000', 1, time_zone => 'UTC', analyze_parent => false);
SELECT advisor.set_subpartitions('ids', 'RANGE (at)', ARRAY['DEFAULT'], '1 month', 2);
CALL advisor.maintain_partitions(as_of => '2026-02-15 12:00+00');
SELECT * FROM tree;
SELECT * FROM plan(NULL, '2026-02-15 12:00+00') WHERE status NOT IN ('exists', 'kept');
INSERT INTO ids (at) SELECT '2026-03-01 00:00+00' FROM generate_series(1, 1500);
CALL advisor.maintain_partitions(as_of => '2026-03-15 12:00+00');
SELECT * FROM tree;
SELECT * FROM plan(NULL, '2026-03-15 12:00+00') WHERE status NOT IN ('exists', 'kept');
DROP TABLE ids;

-- Days of hashes in a month: not more than two levels.
CREATE TABLE three (at date NOT NULL, id int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE three_1 PARTITION OF three FOR VALUES FROM ('2026-01-01') TO ('2026-02-01') PARTITION BY RANGE (at);
CREATE TABLE three_1_1 PARTITION OF three_1 FOR VALUES FROM ('2026-01-01') TO ('2026-01-16') PARTITION BY HASH (id);
SELECT partition, status, detail FROM advisor.create_monthly_partitions('three', 1, '2026-02-01', as_of => '2026-01-01');
DROP TABLE three;

-- Hashes between two levels of the same key: days of the month, not of all times.
CREATE TABLE mhd (at date NOT NULL, id int NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE mhd_jan PARTITION OF mhd FOR VALUES FROM ('2026-01-01') TO ('2026-02-01') PARTITION BY LIST (id);
CREATE TABLE mhd_jan_1 PARTITION OF mhd_jan FOR VALUES IN (1) PARTITION BY RANGE (at);
SELECT advisor.register_partition_policy('mhd_jan_1', '10 days', 0, time_zone => 'UTC', analyze_parent => false);
SELECT partition, lower, upper, status, detail FROM plan('mhd_jan_1', '2026-05-15');
CALL advisor.maintain_partitions('mhd_jan_1', as_of => '2026-05-15');
SELECT partition, status FROM advisor.create_list_partition('mhd_jan', '{2}');
SELECT * FROM tree;
DROP TABLE mhd;

-- Open ends: from the clock on, up to the end there is.
CREATE TABLE open (at date NOT NULL, id int) PARTITION BY RANGE (at, id);
CREATE TABLE open_old PARTITION OF open FOR VALUES FROM (MINVALUE, MINVALUE) TO ('2026-01-11', MINVALUE) PARTITION BY RANGE (at);
CREATE TABLE open_new PARTITION OF open FOR VALUES FROM ('2026-01-11', MINVALUE) TO (MAXVALUE, MAXVALUE) PARTITION BY RANGE (at);
SELECT advisor.register_partition_policy('open_old', '7 days', 3, time_zone => 'UTC', analyze_parent => false);
SELECT advisor.register_partition_policy('open_new', '7 days', 1, time_zone => 'UTC', analyze_parent => false);
CALL advisor.maintain_partitions(as_of => '2026-01-08');
SELECT * FROM tree;
CALL advisor.maintain_partitions(as_of => '2026-02-08');
SELECT * FROM tree;
SELECT * FROM plan(NULL, '2026-02-08') WHERE status NOT IN ('exists', 'kept');
DROP TABLE open;

-- Lists of times, and times of numbers of a sequence.
CREATE TABLE lists (k text NOT NULL, at timestamp NOT NULL) PARTITION BY LIST (k);
SELECT advisor.register_partition_policy('lists', analyze_parent => false);
SELECT advisor.set_subpartitions('lists', 'RANGE (at)', step => '1 month');
SELECT partition, status FROM advisor.create_list_partition('lists', '{it''s}');
SELECT count(*) FROM pg_partition_tree('lists') WHERE level = 2;
SELECT step, premake FROM advisor.partition_policies WHERE parent = 'lists_it''s'::regclass;
-- like the newest one
UPDATE advisor.partition_policies SET subpartition_by = NULL, subpartition_step = NULL WHERE parent = 'lists'::regclass;
UPDATE advisor.partition_policies SET premake = 1, retention = '1 year' WHERE parent = 'lists_it''s'::regclass;
SELECT partition, status FROM advisor.create_list_partition('lists', '{b}');
SELECT count(*) FROM pg_partition_tree('lists_b') WHERE level = 1;
SELECT step, premake, retention FROM advisor.partition_policies WHERE parent = 'lists_b'::regclass;
DROP TABLE lists;
CREATE TABLE tn (at date NOT NULL, id int GENERATED ALWAYS AS IDENTITY) PARTITION BY RANGE (at);
SELECT advisor.register_partition_policy('tn', '1 month', 0, time_zone => 'UTC', analyze_parent => false);
SELECT advisor.set_subpartitions('tn', 'RANGE (id)', step => '100', premake => 1);
CALL advisor.maintain_partitions(as_of => '2026-02-15 12:00+00');
INSERT INTO tn (at) SELECT '2026-02-15' FROM generate_series(1, 199);
CALL advisor.maintain_partitions(as_of => '2026-03-15 12:00+00');
SELECT * FROM tree;
DROP TABLE tn;

-- Times of hashes; numbers of numbers; an expression.
CREATE TABLE th (at date NOT NULL, id int NOT NULL) PARTITION BY RANGE (at);
SELECT advisor.register_partition_policy('th', '1 month', 0, time_zone => 'UTC', analyze_parent => false);
SELECT advisor.set_subpartitions('th', 'HASH (id)', advisor.hash_subpartitions(3));
CALL advisor.maintain_partitions(as_of => '2026-02-15 12:00+00');
SELECT * FROM tree;
DROP TABLE th;
CREATE TABLE nn (id int GENERATED ALWAYS AS IDENTITY) PARTITION BY RANGE (id);
SELECT advisor.register_partition_policy('nn', '100', 1, anchor => '50', analyze_parent => false);
SELECT advisor.set_subpartitions('nn', 'RANGE (id)', step => '30');
CALL advisor.maintain_partitions();
SELECT relid, pg_get_expr(relpartbound, relid) FROM pg_partition_tree('nn') JOIN pg_class ON oid = relid WHERE level > 0 ORDER BY relid::text COLLATE "C";
INSERT INTO nn OVERRIDING SYSTEM VALUE VALUES (249);
SELECT setval('nn_id_seq', 249);
CALL advisor.maintain_partitions();
SELECT * FROM tree;
SELECT parent, level FROM advisor.partition_runway WHERE schemaname = 'subpartitions' ORDER BY 1;
SELECT check_id, object FROM advisor.partitions_findings WHERE object ~ 'subpartitions' ORDER BY 1, 2;
DROP TABLE nn;
CREATE TABLE ex (at timestamp NOT NULL) PARTITION BY RANGE (date_trunc('day', at));
SELECT advisor.register_partition_policy('ex', '1 month', 0, time_zone => 'UTC', analyze_parent => false);
SELECT advisor.set_subpartitions('ex', 'range (date_trunc(''day'', at))', step => '10 days');
CALL advisor.maintain_partitions(as_of => '2026-02-15 12:00+00');
SELECT * FROM tree;
SELECT * FROM plan(NULL, '2026-02-15 12:00+00') WHERE status NOT IN ('exists', 'kept');
DROP TABLE ex;

-- Names as long as they can be, with everything in them.
CREATE TABLE "Sehr ""lange"" Namen %s, mit ä und $1 und noch etwas mehr, 61" ("wänn %I" timestamptz NOT NULL) PARTITION BY RANGE ("wänn %I");
SELECT advisor.register_partition_policy('"Sehr ""lange"" Namen %s, mit ä und $1 und noch etwas mehr, 61"', '1 day', 1, time_zone => 'UTC', analyze_parent => false);
SELECT advisor.set_subpartitions('"Sehr ""lange"" Namen %s, mit ä und $1 und noch etwas mehr, 61"', 'RANGE ("wänn %I")', step => '12 hours');
CALL advisor.maintain_partitions(as_of => '2026-02-15 12:00+00');
SELECT relid, level FROM pg_partition_tree('"Sehr ""lange"" Namen %s, mit ä und $1 und noch etwas mehr, 61"') ORDER BY level, relid::text COLLATE "C";
SELECT count(*) FROM plan(NULL, '2026-02-15 12:00+00') WHERE status NOT IN ('exists', 'kept');
DROP TABLE "Sehr ""lange"" Namen %s, mit ä und $1 und noch etwas mehr, 61";

-- Refused, with a hint.
CREATE TABLE bad (at date NOT NULL, id int NOT NULL, k text, UNIQUE (at)) PARTITION BY RANGE (at);
SELECT advisor.register_partition_policy('bad', '1 month', 0, time_zone => 'UTC');
SELECT advisor.set_subpartitions('bad', 'RANGE (id)', step => '1000');
SELECT advisor.set_subpartitions('bad', 'HASH (id)', advisor.hash_subpartitions(2));
ALTER TABLE bad DROP CONSTRAINT bad_at_key;
SELECT advisor.set_subpartitions('bad', 'RANGE (nope)', step => '1000');
SELECT advisor.set_subpartitions('bad', 'RANGE (id)');
SELECT advisor.set_subpartitions('bad', 'RANGE (id)', step => '1 day');
SELECT advisor.set_subpartitions('bad', 'RANGE (at)', step => '12 hours');
SELECT advisor.set_subpartitions('bad', 'RANGE (at)', step => '1 month');
SELECT advisor.set_subpartitions('bad', 'RANGE (at)', step => '-1 day');
SELECT advisor.set_subpartitions('bad', 'RANGE (k)', step => '1');
SELECT advisor.set_subpartitions('bad', 'RANGE (id, at)', step => '1');
SELECT advisor.set_subpartitions('bad', 'HASH (id)', step => '1');
SELECT advisor.set_subpartitions('bad', NULL, step => '1');
SELECT advisor.set_subpartitions('bad', 'RANGE (id)', ARRAY['FOR VALUES FROM (1) TO (2)'], '1');
SELECT advisor.set_subpartitions('bad', 'RANGE (id)', step => '1', premake => -1);
SELECT subpartition_by, subpartition_step FROM advisor.partition_policies WHERE parent = 'bad'::regclass;

RESET ROLE;
DROP SCHEMA subpartitions CASCADE;
DELETE FROM advisor.partition_policies WHERE parent NOT IN (SELECT oid FROM pg_class);
DELETE FROM advisor.partition_log WHERE parent_name LIKE 'subpartitions.%';
DROP ROLE regress_sub_owner;

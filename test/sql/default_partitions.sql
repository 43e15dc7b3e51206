-- Default partitions: what is in them, and how it gets out.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA default_partitions;
SET search_path = default_partitions;
SET TimeZone = 'Asia/Kolkata';
SET DateStyle = 'SQL, DMY';
RESET client_min_messages;
CREATE FUNCTION plan(parent regclass, method text, as_of timestamptz DEFAULT '2026-06-15 12:00+00', batch integer DEFAULT 1000)
	RETURNS TABLE (partition text, lower text, upper text, action text, status text, rows bigint, detail text)
	LANGUAGE plpgsql AS $$
DECLARE
	p advisor.partition_policies := advisor._policy(parent);
BEGIN
	p.default_action := method;
	p.batch_rows := batch;
	RETURN QUERY SELECT a.partition, a.lower, a.upper, a.action, a.status, a.rows, a.detail
		FROM advisor._plan_default(p, as_of) a;
END
$$;
CREATE VIEW log AS
	SELECT l.partition, l.lower, l.upper, l.action, l.status, l.rows, l.detail
	FROM advisor.partition_log l WHERE l.parent_name LIKE 'default\_partitions.%' ORDER BY l.log_id;
CREATE FUNCTION forget() RETURNS void LANGUAGE sql AS
	$$ DELETE FROM advisor.partition_log WHERE parent_name LIKE 'default\_partitions.%' $$;

-- outliers stay, everything else is reported, batches are cut where keys differ
CREATE TABLE t (id integer, "At" timestamptz, note text) PARTITION BY RANGE ("At");
CREATE TABLE t_default (note text, gone integer, "At" timestamptz, id integer);
ALTER TABLE t_default DROP COLUMN gone;
ALTER TABLE t ATTACH PARTITION t_default DEFAULT;
CREATE TABLE t_march PARTITION OF t FOR VALUES FROM ('2026-03-01 00:00+00') TO ('2026-04-01 00:00+00');
INSERT INTO t SELECT i, '2026-01-15 00:00+00'::timestamptz + i * interval '12 hours', 'n' || i FROM generate_series(0, 199) i;
INSERT INTO t VALUES (-1, NULL), (-2, 'infinity'), (-3, '-infinity'), (-4, '1970-01-01 00:00+00'), (-5, '2031-01-01 00:00+00'), (-6, '2060-01-01 00:00+00');
SELECT advisor.register_partition_policy('t', '1 month', time_zone => 'UTC');
UPDATE advisor.partition_policies SET max_past = '1 year', max_future = '3 years' WHERE parent = 't'::regclass;
SELECT * FROM plan('t', 'report');
SELECT * FROM plan('t', 'move', batch => 20);
-- adopting would take the outliers along
SELECT status, detail FROM plan('t', 'adopt') LIMIT 1;
-- limits are the clock's
SELECT lower, upper, status, rows FROM plan('t', 'move', '2029-06-15') WHERE rows = 1 ORDER BY 1;
SELECT advisor._default_has(p, '2026-01-01+00', '2026-01-15 00:00+00'), advisor._default_has(p, '2026-01-15 00:00+00', NULL),
	advisor._default_has(p, '2026-03-01+00', '2026-04-01+00'), advisor._default_has(p, NULL, NULL)
	FROM advisor.partition_policies p WHERE p.parent = 't'::regclass;

-- moved: as many as are wanted, then the rest, and the partition that was begun grows
UPDATE advisor.partition_policies SET batch_rows = 20 WHERE parent = 't'::regclass;
CREATE TEMP TABLE before AS SELECT id, "At", note FROM t;
SET client_min_messages = warning;
CALL advisor.drain_default('t', max_rows => 10, as_of => '2026-06-15');
SELECT tableoid::regclass, count(*) FROM t GROUP BY 1 ORDER BY 1;
SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname LIKE 'advisor%';
CALL advisor.drain_default('t', as_of => '2026-06-15');
RESET client_min_messages;
SELECT * FROM log;
SELECT partition::regclass, lower, upper FROM advisor._partition_bounds('t'::regclass);
SELECT conname FROM pg_constraint WHERE conname LIKE 'advisor%';
SELECT count(*) FROM (SELECT id, "At", note FROM t EXCEPT ALL TABLE before UNION ALL (TABLE before EXCEPT ALL SELECT id, "At", note FROM t)) d;
SELECT id, "At" FROM t_default ORDER BY id;
-- again: nothing to do
SELECT forget();
SET client_min_messages = warning;
CALL advisor.drain_default('t', as_of => '2026-06-15');
RESET client_min_messages;
SELECT * FROM log;

-- begun, and the rest of the range has gone: it is completed
INSERT INTO t SELECT i, '2027-01-15 00:00+00'::timestamptz + i * interval '1 hour' FROM generate_series(0, 99) i;
SET client_min_messages = warning;
CALL advisor.drain_default('t', max_rows => 10, as_of => '2026-06-15');
DELETE FROM t_default WHERE id >= 0;
CALL advisor.drain_default('t', as_of => '2026-06-15');
RESET client_min_messages;
SELECT lower, upper, rows, status FROM log;
SELECT partition::regclass, lower, upper FROM advisor._partition_bounds('t'::regclass) WHERE lower > '2026-12';
SELECT conname FROM pg_constraint WHERE conname LIKE 'advisor%';
SELECT forget();

-- parts of a cell that other partitions leave; numbers, up to the end of the type
CREATE TABLE n (k smallint, v integer GENERATED ALWAYS AS (k * 2) STORED, id integer GENERATED ALWAYS AS IDENTITY) PARTITION BY RANGE (k);
CREATE TABLE n_middle PARTITION OF n FOR VALUES FROM (40) TO (60);
CREATE TABLE "n Default" PARTITION OF n DEFAULT;
INSERT INTO n (k) VALUES (-5), (0), (39), (60), (61), (32767), (-32768), (NULL);
SELECT advisor.register_partition_policy('n', '100', accept => true);
SELECT * FROM plan('n', 'move');
SET client_min_messages = warning;
CALL advisor.drain_default('n');
RESET client_min_messages;
SELECT tableoid::regclass, * FROM n ORDER BY k;
SELECT partition::regclass, lower, upper FROM advisor._partition_bounds('n'::regclass);
SELECT forget();

-- adopted: the rows stay where they are
CREATE TABLE a (at date, note text, PRIMARY KEY (at, note)) PARTITION BY RANGE (at);
CREATE TABLE a_2 PARTITION OF a FOR VALUES FROM ('2026-06-01') TO ('2026-07-01');
CREATE TABLE a_rest PARTITION OF a DEFAULT;
INSERT INTO a SELECT '2026-01-31'::date + i, i::text FROM generate_series(0, 49) i;
SELECT advisor.register_partition_policy('a', '1 month');
SELECT pg_relation_filenode('a_rest') AS filenode \gset
SELECT * FROM plan('a', 'adopt');
SELECT * FROM plan('a', 'adopt', batch => 10);
UPDATE advisor.partition_policies SET batch_rows = 10 WHERE parent = 'a'::regclass;
CALL advisor.drain_default('a', 'adopt');
SELECT partition::regclass, lower, upper, pg_relation_filenode(partition) = :filenode AS same FROM advisor._partition_bounds('a'::regclass);
SELECT action, status, detail FROM log;
SELECT conname FROM pg_constraint WHERE conname LIKE 'advisor%';
SELECT count(*), count(DISTINCT note) FROM a;
SELECT forget();
-- not around another partition; and a check that was left is taken away
INSERT INTO a VALUES ('2026-05-05', 'before'), ('2026-07-07', 'after');
ALTER TABLE a_rest ADD CONSTRAINT advisor_adopt CHECK (at > '2020-01-01');
SELECT action, status, detail FROM plan('a', 'adopt');

-- rows of others that refer to rows that move
CREATE TABLE r (id integer, at timestamptz, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE r_default PARTITION OF r DEFAULT;
CREATE TABLE refers (id integer, at timestamptz, FOREIGN KEY (id, at) REFERENCES r ON DELETE CASCADE);
INSERT INTO r SELECT i, '2026-01-01 00:00+00'::timestamptz + i * interval '1 day' FROM generate_series(0, 40) i;
INSERT INTO refers SELECT id, at FROM r WHERE id % 10 = 0;
SELECT advisor.register_partition_policy('r', '1 month', time_zone => 'UTC');
-- nor can a partition that is referred to be detached: no batches
SELECT lower, upper, rows, detail FROM plan('r', 'move', batch => 5);
CREATE ROLE regress_default_owner;
GRANT CREATE, USAGE ON SCHEMA default_partitions TO regress_default_owner;
ALTER TABLE r OWNER TO regress_default_owner;
ALTER TABLE r_default OWNER TO regress_default_owner;
SET ROLE regress_default_owner;
SELECT status, detail FROM plan('r', 'move') LIMIT 1;
CALL advisor.drain_default('r', 'adopt');
RESET ROLE;
SELECT forget();
-- who may leave out triggers does not call an owner's functions without them
CREATE FUNCTION hostile(integer) RETURNS boolean LANGUAGE sql AS 'SELECT true';
ALTER TABLE r ADD CONSTRAINT c CHECK (default_partitions.hostile(id));
SELECT status, detail FROM plan('r', 'move') LIMIT 1;
ALTER TABLE r DROP CONSTRAINT c;
CALL advisor.drain_default('r');
SELECT tableoid::regclass, count(*) FROM r GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM refers JOIN r USING (id, at);
-- and they are bound to their new place
DELETE FROM r WHERE id = 40;
SELECT count(*) FROM refers;
SELECT forget();

-- triggers see nothing; those that always fire are an obstacle
CREATE TABLE w (id integer, k integer) PARTITION BY RANGE (k);
CREATE TABLE w_default PARTITION OF w DEFAULT;
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '% of %', TG_OP, TG_TABLE_NAME; RETURN OLD; END $$;
CREATE TRIGGER told AFTER DELETE ON w FOR EACH ROW EXECUTE FUNCTION tell();
INSERT INTO w VALUES (1, 1);
SELECT advisor.register_partition_policy('w', '10');
ALTER TABLE w_default ENABLE ALWAYS TRIGGER told;
SELECT status, detail FROM plan('w', 'move');
ALTER TABLE w_default ENABLE TRIGGER told;
CALL advisor.drain_default('w');
SELECT tableoid::regclass, * FROM w;
DELETE FROM w;
SELECT forget();

-- identities (of partitions, too, from 17 on), generated columns (virtual in 18), checks that are not enforced (18)
SELECT current_setting('server_version_num')::int >= 180000 AS is_18 \gset
SELECT CASE WHEN :'is_18' THEN 'VIRTUAL' ELSE 'STORED' END AS kept \gset
CREATE TABLE i (id bigint GENERATED ALWAYS AS IDENTITY, k integer NOT NULL, three integer GENERATED ALWAYS AS (k * 3) :kept) PARTITION BY RANGE (k);
CREATE TABLE i_default PARTITION OF i DEFAULT;
DO $$ BEGIN
	IF current_setting('server_version_num')::int >= 180000 THEN
		EXECUTE 'ALTER TABLE i ADD CONSTRAINT lax CHECK (k < 0) NOT ENFORCED';
	END IF;
END $$;
INSERT INTO i (k) SELECT generate_series(0, 39);
SELECT advisor.register_partition_policy('i', '20');
UPDATE advisor.partition_policies SET batch_rows = 10 WHERE parent = 'i'::regclass;
CALL advisor.drain_default('i');
SELECT tableoid::regclass, count(*), min(id), max(id), sum(three) FROM i GROUP BY 1 ORDER BY 1;
INSERT INTO i (k) VALUES (5), (25), (45) RETURNING tableoid::regclass, id, three;
CALL advisor.drain_default('i', 'adopt');
INSERT INTO i (k) VALUES (46), (66) RETURNING tableoid::regclass, id, three;
SELECT partition, action, status, rows FROM log;
SELECT forget();

-- lists: suggestions
CREATE TABLE l (kind text, n integer) PARTITION BY LIST (kind);
CREATE TABLE l_default PARTITION OF l DEFAULT;
INSERT INTO l SELECT CASE WHEN i % 3 = 0 THEN 'it''s' WHEN i % 3 = 1 THEN 'b' END, i FROM generate_series(1, 10) i;
SELECT lower, status, rows, detail FROM plan('l', 'move');
SELECT sql FROM advisor._policy('l') p, advisor._plan_default(p);

-- refusals, before anything is done
CALL advisor.drain_default('t', 'throw away');
CALL advisor.drain_default('t', NULL);
CALL advisor.drain_default('t', max_rows => 0);
CALL advisor.drain_default(NULL);
CALL advisor.drain_default('log');
CALL advisor.drain_default('t_march');
DROP TABLE w_default;
CALL advisor.drain_default('w');
BEGIN;
CALL advisor.drain_default('t');
ROLLBACK;
CREATE ROLE regress_default_other;
GRANT USAGE ON SCHEMA default_partitions TO regress_default_other;
SET ROLE regress_default_other;
CALL advisor.drain_default('t');
RESET ROLE;
-- a dry run changes nothing
INSERT INTO t VALUES (1, '2027-05-05 00:00+00');
\set VERBOSITY terse
CALL advisor.drain_default('t', dry_run => true, as_of => '2026-06-15');
SELECT count(*) FROM log;

DELETE FROM advisor.partition_policies WHERE parent IN (SELECT oid FROM pg_class WHERE relnamespace = 'default_partitions'::regnamespace);
SELECT forget();
SET client_min_messages = warning;
DROP SCHEMA default_partitions CASCADE;
DROP ROLE regress_default_owner, regress_default_other;

-- What retention takes for old: the real upper bounds, by a clock that is given.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA partition_retention;
SET search_path = partition_retention;
SET TimeZone = 'America/New_York';

-- monthly in Berlin, with a wide one made by hand and an open one before it
CREATE TABLE sale (at timestamptz NOT NULL, id int) PARTITION BY RANGE (at);
CREATE TABLE sale_ancient PARTITION OF sale FOR VALUES FROM (MINVALUE) TO ('2025-01-01 Europe/Berlin');
CREATE TABLE sale_wide PARTITION OF sale FOR VALUES FROM ('2025-01-01 Europe/Berlin') TO ('2026-03-01 Europe/Berlin');
CREATE TABLE sale_march PARTITION OF sale FOR VALUES FROM ('2026-03-01 Europe/Berlin') TO ('2026-04-01 Europe/Berlin');
CREATE TABLE "Sale ""april"".x" PARTITION OF sale FOR VALUES FROM ('2026-04-01 Europe/Berlin') TO ('2026-05-01 Europe/Berlin');
CREATE TABLE sale_open PARTITION OF sale FOR VALUES FROM ('2026-05-01 Europe/Berlin') TO (MAXVALUE);
INSERT INTO advisor.partition_policies (parent, step, time_zone, retention, retention_action)
	VALUES ('sale', '1 month', 'Europe/Berlin', '2 months', 'drop');

-- what the policy of a table plans at a time
CREATE FUNCTION planned(parent regclass, as_of timestamptz) RETURNS TABLE(partition text, action text, status text, detail text)
	LANGUAGE sql AS $$
	SELECT a.partition, a.action, a.status, a.detail
	FROM advisor.partition_policies p, advisor._plan_retention(p, as_of) a WHERE p.parent = planned.parent
$$;

-- the wide one holds rows of February until it is two months old as a whole
SELECT * FROM planned('sale', '2026-04-30 23:59:59 Europe/Berlin');
SELECT * FROM planned('sale', '2026-05-01 00:00 Europe/Berlin');
-- the session's zone has no say: in New York April lasts six hours longer
SET TimeZone = 'Asia/Kolkata';
SELECT count(*) FROM planned('sale', '2026-04-30 23:59:59 Europe/Berlin');
SELECT count(*) FROM planned('sale', '2026-05-01 00:00 Europe/Berlin');
SET TimeZone = 'UTC';
-- the newest are kept however late it is, and what is open is never old
UPDATE advisor.partition_policies SET min_keep = 3 WHERE parent = 'sale'::regclass;
SELECT * FROM planned('sale', '2100-01-01 UTC');
UPDATE advisor.partition_policies SET min_keep = 1 WHERE parent = 'sale'::regclass;
SELECT partition, action, status FROM planned('sale', '2100-01-01 UTC');
-- planning changes nothing
SELECT count(*) FROM pg_inherits WHERE inhparent = 'sale'::regclass;
SELECT count(*) FROM advisor.retired_partitions;

-- the default partition is none of them, and rules out the concurrent way
CREATE TABLE d (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE d_default PARTITION OF d DEFAULT;
CREATE TABLE d_1 PARTITION OF d FOR VALUES FROM ('2026-01-01') TO ('2026-01-08');
CREATE TABLE d_2 PARTITION OF d FOR VALUES FROM ('2026-01-08') TO ('2026-01-15');
CREATE TABLE d_3 PARTITION OF d FOR VALUES FROM ('2026-01-15') TO ('2026-01-22');
INSERT INTO advisor.partition_policies (parent, step, anchor, time_zone, retention, detach_concurrently)
	VALUES ('d', '7 days', '2026-01-01', 'Asia/Kolkata', '7 days', true);
-- the 15th in Kolkata is still the 14th here
SELECT * FROM planned('d', '2026-01-14 18:29 UTC');
SELECT * FROM planned('d', '2026-01-14 18:30 UTC');
DROP TABLE d_default;
SELECT * FROM planned('d', '2026-01-22 18:30 UTC');

-- epoch, in milliseconds
CREATE TABLE e (ms bigint NOT NULL) PARTITION BY RANGE (ms);
CREATE TABLE e_1 PARTITION OF e FOR VALUES FROM (1767225600000) TO (1769904000000);
CREATE TABLE e_2 PARTITION OF e FOR VALUES FROM (1769904000000) TO (1772323200000);
CREATE TABLE e_3 PARTITION OF e FOR VALUES FROM (1772323200000) TO (1775001600000);
INSERT INTO advisor.partition_policies (parent, step, key_unit, retention) VALUES ('e', '1 month', 'milliseconds', '1 month');
SELECT * FROM planned('e', '2026-03-01 UTC');
SELECT * FROM planned('e', '2026-02-28 23:59:59.999 UTC');

-- uuidv7
CREATE TABLE u (id uuid NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE u_1 PARTITION OF u FOR VALUES FROM ('019b76da-a800-0000-0000-000000000000') TO ('019c167f-0800-0000-0000-000000000000');
CREATE TABLE u_2 PARTITION OF u FOR VALUES FROM ('019c167f-0800-0000-0000-000000000000') TO ('019ca6b1-8400-0000-0000-000000000000');
INSERT INTO advisor.partition_policies (parent, step, key_unit, retention) VALUES ('u', '1 month', 'uuidv7', '1 month');
SELECT * FROM planned('u', '2026-03-01 UTC');
SELECT * FROM planned('u', '2026-02-28 23:59:59 UTC');

-- numbers: the greatest key counts, but not one in the default partition
CREATE TABLE n (id bigint NOT NULL, v int) PARTITION BY RANGE (id);
CREATE TABLE n_0 PARTITION OF n FOR VALUES FROM (0) TO (10);
CREATE TABLE n_1 PARTITION OF n FOR VALUES FROM (10) TO (20);
CREATE TABLE n_2 PARTITION OF n FOR VALUES FROM (20) TO (30);
CREATE TABLE n_3 PARTITION OF n FOR VALUES FROM (30) TO (40);
CREATE TABLE n_default PARTITION OF n DEFAULT;
INSERT INTO advisor.partition_policies (parent, step, retention) VALUES ('n', '10', '10');
SELECT * FROM planned('n', NULL);
INSERT INTO n VALUES (5), (19), (1000000);
SELECT * FROM planned('n', NULL);
INSERT INTO n VALUES (20);
SELECT * FROM planned('n', NULL);
INSERT INTO n VALUES (29);
SELECT * FROM planned('n', NULL);
INSERT INTO n VALUES (30);
SELECT * FROM planned('n', NULL);

-- with a second column the bound of the first is in the partition
CREATE TABLE two (id int, part int) PARTITION BY RANGE (id, part);
CREATE TABLE two_1 PARTITION OF two FOR VALUES FROM (0, 0) TO (10, 5);
CREATE TABLE two_2 PARTITION OF two FOR VALUES FROM (10, 5) TO (20, 5);
INSERT INTO advisor.partition_policies (parent, step, retention) VALUES ('two', '10', '5');
INSERT INTO two VALUES (15, 0);
SELECT * FROM planned('two', NULL);
INSERT INTO two VALUES (16, 0);
SELECT * FROM planned('two', NULL);

-- lists and hashes never get old
CREATE TABLE l (k text) PARTITION BY LIST (k);
CREATE TABLE l_a PARTITION OF l FOR VALUES IN ('a');
INSERT INTO advisor.partition_policies (parent, retention) VALUES ('l', '1 month');
SELECT * FROM planned('l', NULL);

-- by hand: months before the current one
SELECT partition, action, status, sql FROM advisor.drop_old_partitions('sale', 2, dry_run => true, as_of => '2026-05-31 UTC');
SELECT partition, action, status FROM advisor.drop_old_partitions('sale', 0, dry_run => true, as_of => '2026-05-31 21:59 UTC');
SELECT partition, action, status FROM advisor.drop_old_partitions('sale', 1, dry_run => true, as_of => '2026-05-31 22:00 UTC');
SELECT count(*) FROM pg_inherits WHERE inhparent = 'sale'::regclass;
SELECT count(*) FROM advisor.partition_log WHERE parent = 'sale'::regclass;

-- rows of another table reference one of them
ALTER TABLE sale ADD UNIQUE (id, at);
CREATE TABLE item (id int, at timestamptz, FOREIGN KEY (id, at) REFERENCES sale (id, at) ON DELETE CASCADE);
INSERT INTO sale VALUES ('2026-02-03 UTC', 1), ('2026-03-03 UTC', 2), ('2026-04-03 UTC', 3);
INSERT INTO item VALUES (2, '2026-03-03 UTC');
SELECT partition, lower, upper, action, status, detail FROM advisor.drop_old_partitions('sale', 0, as_of => '2026-05-15 UTC');
SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'sale'::regclass ORDER BY 1;
SELECT count(*) FROM item;
SELECT count(*) FROM advisor.retired_partitions;
SELECT partition, action, status, sql FROM advisor.partition_log WHERE parent = 'sale'::regclass ORDER BY log_id;
-- the server has the last word, if the rows come after the plan
SELECT x.status, x.sqlstate FROM advisor.partition_policies p, advisor._perform_retirement(ROW('sale'::regclass, 'partition_retention.sale_march', '2026-02-28 23:00:00+00', '2026-03-31 22:00:00+00',
	'detach', 'planned', NULL, NULL, NULL, 'ALTER TABLE partition_retention.sale DETACH PARTITION partition_retention.sale_march')::advisor.partition_action, p) x
	WHERE p.parent = 'sale'::regclass;
-- and what is not what was planned is not detached
SELECT x.status, x.detail FROM advisor.partition_policies p, advisor._perform_retirement(ROW('sale'::regclass, 'partition_retention.sale_march', '2026-02-28 23:00:00+00', '2026-03-31 21:00:00+00',
	'detach', 'planned', NULL, NULL, NULL, 'ALTER TABLE partition_retention.sale DETACH PARTITION partition_retention.sale_march')::advisor.partition_action, p) x
	WHERE p.parent = 'sale'::regclass;

-- detached, or archived under another name where that is taken
CREATE TABLE p (at timestamp NOT NULL, id serial, PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE p_2 PARTITION OF p FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY LIST (id);
CREATE TABLE p_2_a PARTITION OF p_2 FOR VALUES IN (1, 2, 3);
CREATE TABLE p_2_b PARTITION OF p_2 DEFAULT;
CREATE TABLE p_3 PARTITION OF p FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
CREATE TABLE p_4 PARTITION OF p FOR VALUES FROM ('2026-04-01') TO ('2026-05-01');
INSERT INTO p SELECT '2026-01-01'::timestamp + i * interval '1 week' FROM generate_series(0, 15) i;
CREATE SCHEMA "Partition retention archive";
CREATE TABLE "Partition retention archive".p_2_a (id int CONSTRAINT p_2_pkey PRIMARY KEY);
SELECT partition, action, status FROM advisor.drop_old_partitions('p', 2, action => 'detach', as_of => '2026-04-15 UTC');
SELECT count(*) FROM p_1;
SELECT partition, action, status, detail, sql FROM advisor.drop_old_partitions('p', 1, backup => 'schema:Partition retention archive', as_of => '2026-04-15 UTC');
SELECT c.relname, c.relkind FROM pg_class c WHERE relnamespace = '"Partition retention archive"'::regnamespace ORDER BY relname COLLATE "C";
SELECT count(*) FROM "Partition retention archive".p_2;
-- a schema that is not there is made
SELECT partition, action, status FROM advisor.drop_old_partitions('p', 0, 'schema:partition_retention_new', as_of => '2026-04-15 UTC');
SELECT count(*) FROM partition_retention_new.p_3;
-- again: nothing
SELECT * FROM advisor.drop_old_partitions('p', 0, as_of => '2026-04-15 UTC');
-- the last one is kept
SELECT partition, action, status, detail FROM advisor.drop_old_partitions('p', 0, as_of => '2027-04-15 UTC');

-- what names of files are made of
CREATE TABLE "../""a' $(b)/ä" ();
SELECT replace(advisor._file_name('"../""a'' $(b)/ä"'::regclass), '"../""a'' $(b)/ä"'::regclass::oid::text, 'OID'),
	replace(advisor._backup_location('"../""a'' $(b)/ä"'::regclass, 'program:x %p "%p"'), '"../""a'' $(b)/ä"'::regclass::oid::text, 'OID');

-- bad arguments
SELECT * FROM advisor.drop_old_partitions('p', -1);
SELECT * FROM advisor.drop_old_partitions('p', NULL);
SELECT * FROM advisor.drop_old_partitions(NULL, 1);
SELECT * FROM advisor.drop_old_partitions('p', 1, 'tape:1');
SELECT * FROM advisor.drop_old_partitions('p', 1, action => 'burn');
SELECT * FROM advisor.drop_old_partitions('p', 1, action => 'archive');
SELECT * FROM advisor.drop_old_partitions('n', 1);
SELECT * FROM advisor.drop_old_partitions('l', 1);
SELECT * FROM advisor.drop_old_partitions('p_1', 1);
CREATE ROLE regress_retention;
GRANT USAGE ON SCHEMA partition_retention TO regress_retention;
SET ROLE regress_retention;
SELECT * FROM advisor.drop_old_partitions('partition_retention.p', 1);
RESET ROLE;

-- the owner needs nobody; that his rows have policies is no reason to lose them
CREATE TABLE own (at date NOT NULL, v int) PARTITION BY RANGE (at);
CREATE TABLE own_1 PARTITION OF own FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE own_2 PARTITION OF own FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE own_3 PARTITION OF own FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
INSERT INTO own VALUES ('2026-01-05', 1), ('2026-01-06', 2);
ALTER TABLE own OWNER TO regress_retention;
ALTER TABLE own_1 OWNER TO regress_retention;
ALTER TABLE own_2 OWNER TO regress_retention;
ALTER TABLE own_1 ENABLE ROW LEVEL SECURITY;
ALTER TABLE own_1 FORCE ROW LEVEL SECURITY;
CREATE POLICY one ON own_1 USING (v = 1);
CREATE FUNCTION saved(regclass) RETURNS boolean LANGUAGE sql AS 'SELECT true';
SET ROLE regress_retention;
SELECT partition, action, status, sqlstate, detail FROM advisor.drop_old_partitions('own', 1, 'hook:partition_retention.saved', as_of => '2026-03-15 UTC');
SELECT partition, action, backed_up_at, last_error FROM advisor.retired_partitions;
ALTER TABLE own_1 NO FORCE ROW LEVEL SECURITY;
SELECT partition, action, status, rows, detail FROM advisor.drop_old_partitions('own', 1, 'hook:partition_retention.saved', as_of => '2026-03-15 UTC');
SELECT partition, action, status FROM advisor.drop_old_partitions('own', 0, as_of => '2026-03-15 UTC');
SELECT count(*) FROM advisor.retired_partitions;
RESET ROLE;

-- a backup that fails is made another way by another policy, but not left out
CREATE FUNCTION unsaved(regclass) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE TABLE late (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE late_1 PARTITION OF late FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE late_2 PARTITION OF late FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
SELECT partition, action, status FROM advisor.drop_old_partitions('late', 0, 'hook:partition_retention.unsaved', as_of => '2026-02-15 UTC');
SELECT advisor.register_partition_policy('late', retention => '1 month', retention_action => 'drop');
SELECT backup FROM advisor.retired_partitions WHERE partition = 'late_1'::regclass;
SELECT advisor.register_partition_policy('late', retention => '1 month', retention_action => 'drop', backup => 'hook:partition_retention.saved');
SELECT backup FROM advisor.retired_partitions WHERE partition = 'late_1'::regclass;
SELECT partition, action, status FROM advisor.partition_policies p, advisor._plan_retired(p) WHERE p.parent = 'late'::regclass;
DELETE FROM advisor.retired_partitions WHERE partition = 'late_1'::regclass;
DELETE FROM advisor.partition_policies WHERE parent = 'late'::regclass;

DELETE FROM advisor.partition_policies WHERE parent IN ('sale'::regclass, 'd'::regclass, 'e'::regclass, 'u'::regclass, 'n'::regclass, 'two'::regclass, 'l'::regclass);
DELETE FROM advisor.partition_log WHERE parent_name LIKE 'partition_retention.%';
DROP SCHEMA partition_retention, partition_retention_new, "Partition retention archive" CASCADE;
DROP ROLE regress_retention;

-- Indexes that another one makes superfluous: each table is a case.  Its comment
-- says what must be seen in it: nothing, if it is a trap.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS intarray;
CREATE SCHEMA "Dup";
SET search_path = "Dup", public;

CREATE FUNCTION expect(table_name text, expected text, VARIADIC ddl text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	statement text;
BEGIN
	EXECUTE format('CREATE TABLE %I (a int NOT NULL, b int, c text, d timestamptz, v varchar(20), i int[], p point, r int4range, j jsonb)', table_name);
	EXECUTE format('COMMENT ON TABLE %I IS %L', table_name, expected);
	FOREACH statement IN ARRAY ddl LOOP
		EXECUTE replace(statement, '$', quote_ident(table_name));
	END LOOP;
END $$;
CREATE COLLATION own FROM "C";
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';

-- Which of exact twins goes is a matter of their size, use and age.
SELECT FROM expect('t01 exact', 't01b exact t01a drop', 'CREATE INDEX t01a ON $ (a)', 'CREATE INDEX t01b ON $ (a)');
SELECT FROM expect('t02 three', 't02b exact t02a drop, t02c exact t02a drop', 'CREATE INDEX t02a ON $ (a, b)', 'CREATE INDEX t02b ON $ (a, b)', 'CREATE INDEX t02c ON $ (a, b)');
SELECT FROM expect('t03 prefix', 't03a prefix t03b drop', 'CREATE INDEX t03a ON $ (a)', 'CREATE INDEX t03b ON $ (a, b)');
SELECT FROM expect('t04 chain', 't04a prefix t04c drop, t04b prefix t04c drop', 'CREATE INDEX t04a ON $ (a)', 'CREATE INDEX t04b ON $ (a, b)', 'CREATE INDEX t04c ON $ (a, b, c)');
SELECT FROM expect('t05 unique', 't05b unique t05a drop', 'CREATE UNIQUE INDEX t05a ON $ (b)', 'CREATE INDEX t05b ON $ (b)');
SELECT FROM expect('t06 prefix of unique', 't06b prefix t06a drop', 'CREATE UNIQUE INDEX t06a ON $ (b, c)', 'CREATE INDEX t06b ON $ (b)');
SELECT FROM expect('t07 primary key', 't07b unique t07a drop', 'ALTER TABLE $ ADD CONSTRAINT t07a PRIMARY KEY (a)', 'CREATE INDEX t07b ON $ (a)');
SELECT FROM expect('t08 prefix of primary key', 't08b prefix t08a drop', 'ALTER TABLE $ ADD CONSTRAINT t08a PRIMARY KEY (a, b)', 'CREATE INDEX t08b ON $ (a)');
SELECT FROM expect('t09 expression', 't09bb_longer_name exact t09a drop', 'CREATE INDEX t09a ON $ (lower(c))', 'CREATE INDEX   t09bb_longer_name   ON   $   (  lower(  c  )  )');
SELECT FROM expect('t10 expression prefix', 't10a prefix t10b drop', 'CREATE INDEX t10a ON $ (lower(c))', 'CREATE INDEX t10b ON $ (lower(c), a)');
SELECT FROM expect('t11 include', 't11a include t11b drop', 'CREATE INDEX t11a ON $ (a)', 'CREATE INDEX t11b ON $ (a) INCLUDE (b)');
SELECT FROM expect('t12 include in keys', 't12a include t12b drop', 'CREATE INDEX t12a ON $ (a) INCLUDE (b)', 'CREATE INDEX t12b ON $ (a, b)');
SELECT FROM expect('t13 include subset', 't13a include t13b drop', 'CREATE INDEX t13a ON $ (a) INCLUDE (b)', 'CREATE INDEX t13b ON $ (a) INCLUDE (c, b)');
SELECT FROM expect('t14 include permuted', 't14b exact t14a drop', 'CREATE INDEX t14a ON $ (a) INCLUDE (b, c)', 'CREATE INDEX t14b ON $ (a) INCLUDE (c, b)');
SELECT FROM expect('t15 nulls not distinct', 't15b unique t15a drop', 'CREATE UNIQUE INDEX t15a ON $ (b) NULLS NOT DISTINCT', 'CREATE INDEX t15b ON $ (b)');
SELECT FROM expect('t16 nulls not distinct forbids more', 't16b unique t16a drop', 'CREATE UNIQUE INDEX t16a ON $ (b) NULLS NOT DISTINCT', 'CREATE UNIQUE INDEX t16b ON $ (b)');
SELECT FROM expect('t17 backwards', 't17b exact t17a drop', 'CREATE INDEX t17a ON $ (a)', 'CREATE INDEX t17b ON $ (a DESC)');
SELECT FROM expect('t18 all backwards', 't18b exact t18a drop', 'CREATE INDEX t18a ON $ (a, b DESC)', 'CREATE INDEX t18b ON $ (a DESC, b)');
SELECT FROM expect('t19 prefix backwards', 't19a prefix t19b drop', 'CREATE INDEX t19a ON $ (a)', 'CREATE INDEX t19b ON $ (a DESC, b)');
SELECT FROM expect('t20 same predicate', 't20b exact t20a drop', 'CREATE INDEX t20a ON $ (a) WHERE b > 5', 'CREATE INDEX t20b ON $ (a) WHERE (b > 5)');
SELECT FROM expect('t21 equivalent predicate', 't21b exact t21a drop', 'CREATE INDEX t21a ON $ (a) WHERE b > 5 AND c = ''x''', 'CREATE INDEX t21b ON $ (a) WHERE c = ''x'' AND b > 5');
SELECT FROM expect('t22 partial prefix', 't22a prefix t22b drop', 'CREATE INDEX t22a ON $ (a) WHERE b IS NULL', 'CREATE INDEX t22b ON $ (a, c) WHERE b IS NULL');
SELECT FROM expect('t23 partial beside whole', 't23a partial t23b observe', 'CREATE INDEX t23a ON $ (a) WHERE b IS NULL', 'CREATE INDEX t23b ON $ (a)');
SELECT FROM expect('t24 implied predicate', 't24a partial t24b observe', 'CREATE INDEX t24a ON $ (a) WHERE b > 10', 'CREATE INDEX t24b ON $ (a) WHERE b > 5');
SELECT FROM expect('t25 varchar_ops is text_ops', 't25b exact t25a drop', 'CREATE INDEX t25a ON $ (v)', 'CREATE INDEX t25b ON $ (v varchar_ops)');
SELECT FROM expect('t26 hash twins', 't26b exact t26a drop', 'CREATE INDEX t26a ON $ USING hash (c)', 'CREATE INDEX t26b ON $ USING hash (c)');
SELECT FROM expect('t27 gin twins', 't27b exact t27a drop', 'CREATE INDEX t27a ON $ USING gin (j jsonb_path_ops)', 'CREATE INDEX t27b ON $ USING gin (j jsonb_path_ops)');
SELECT FROM expect('t28 gist twins', 't28b exact t28a drop', 'CREATE INDEX t28a ON $ USING gist (p)', 'CREATE INDEX t28b ON $ USING gist (p)');
SELECT FROM expect('t29 brin twins', 't29b exact t29a drop', 'CREATE INDEX t29a ON $ USING brin (d)', 'CREATE INDEX t29b ON $ USING brin (d)');
SELECT FROM expect('t30 hash beside btree', 't30a hash t30b observe', 'CREATE INDEX t30a ON $ USING hash (a)', 'CREATE INDEX t30b ON $ (a, d)');
SELECT FROM expect('t31 exclusion constraint', 't31b exact t31a drop', 'ALTER TABLE $ ADD CONSTRAINT t31a EXCLUDE USING gist (r WITH &&)', 'CREATE INDEX t31b ON $ USING gist (r)');
SELECT FROM expect('t32 unique constraint beside key', 't32b exact t32a observe', 'ALTER TABLE $ ADD CONSTRAINT t32a PRIMARY KEY (a)', 'ALTER TABLE $ ADD CONSTRAINT t32b UNIQUE (a)');
SELECT FROM expect('t33 two unique indexes', 't33b exact t33a drop', 'CREATE UNIQUE INDEX t33a ON $ (b, c)', 'CREATE UNIQUE INDEX t33b ON $ (b, c)');
SELECT FROM expect('t34 fillfactor', 't34b exact t34a observe', 'CREATE INDEX t34a ON $ (a)', 'CREATE INDEX t34b ON $ (a) WITH (fillfactor = 50)');
SELECT FROM expect('t35 replica identity is the twin', 't35a unique t35b drop', 'CREATE INDEX t35a ON $ (a)', 'CREATE UNIQUE INDEX t35b ON $ (a)', 'ALTER TABLE $ REPLICA IDENTITY USING INDEX t35b');
SELECT FROM expect('t36 clustered twin stays', 't36a exact t36b drop', 'CREATE INDEX t36a ON $ (a)', 'CREATE INDEX t36b ON $ (a)', 'ALTER TABLE $ CLUSTER ON t36b');
SELECT FROM expect('t37 constraint twin stays', 't37a exact t37b drop', 'CREATE UNIQUE INDEX t37a ON $ (b)', 'ALTER TABLE $ ADD CONSTRAINT t37b UNIQUE (b)');
SELECT FROM expect('t38 deferrable is unique', 't38b unique t38a drop', 'ALTER TABLE $ ADD CONSTRAINT t38a UNIQUE (b) DEFERRABLE', 'CREATE INDEX t38b ON $ (b)');
SELECT FROM expect('t39 unique over more', 't39a include t39b drop', 'CREATE UNIQUE INDEX t39a ON $ (b)', 'CREATE UNIQUE INDEX t39b ON $ (b) INCLUDE (c)');
SELECT FROM expect('t40 "Quoted, näme"', '"T40, Ä" exact t40a drop', 'CREATE INDEX t40a ON $ (a)', 'CREATE INDEX "T40, Ä" ON $ (a)');
SELECT FROM expect('t41 chain over twins', 't41a prefix t41b drop, t41c exact t41b drop', 'CREATE INDEX t41a ON $ (a)', 'CREATE INDEX t41b ON $ (a, b)', 'CREATE INDEX t41c ON $ (a, b)');
SELECT FROM expect('t42 what covers must stay', 't42b prefix t42c drop, t42a exact t42b keep', 'CREATE UNIQUE INDEX t42a ON $ (a)', 'CREATE INDEX t42b ON $ (b)', 'CREATE INDEX t42c ON $ (b, a)');
COMMENT ON TABLE "t42 what covers must stay" IS 't42b prefix t42c drop';
SELECT FROM expect('t43 clustered prefix', 't43a prefix t43b keep', 'CREATE INDEX t43a ON $ (a)', 'CREATE INDEX t43b ON $ (a, b)', 'ALTER TABLE $ CLUSTER ON t43a');
SELECT FROM expect('t44 users function', 't44b exact t44a drop', 'CREATE INDEX t44a ON $ (twice(a)) WHERE twice(a) > 5', 'CREATE INDEX t44b ON $ (twice(a)) WHERE twice(a) > 5');
SELECT FROM expect('t45 pattern prefix', 't45a prefix t45b drop', 'CREATE INDEX t45a ON $ (c text_pattern_ops)', 'CREATE INDEX t45b ON $ (c text_pattern_ops, a)');

-- Names of what is not built in, for whom it may be hidden.
SELECT FROM expect('t47 names and constants', 't47a prefix t47b drop', 'CREATE INDEX t47a ON $ (twice(b), c COLLATE "Dup".own) WHERE d > ''2020-02-01 UTC''', 'CREATE INDEX t47b ON $ (twice(b), c COLLATE "Dup".own, a) WHERE d > ''2020-02-01 UTC''');

-- A foreign key's target stays, also beside the primary key.
SELECT FROM expect('t46 foreign key target', 't46b exact t46a keep', 'ALTER TABLE $ ADD CONSTRAINT t46b UNIQUE (a)');
CREATE TABLE t46_child (a int CONSTRAINT t46_fk REFERENCES "t46 foreign key target" (a));
ALTER TABLE "t46 foreign key target" ADD CONSTRAINT t46a PRIMARY KEY (a);

-- Traps.
SELECT FROM expect('x01 other columns', '', 'CREATE INDEX x01a ON $ (a)', 'CREATE INDEX x01b ON $ (b)');
SELECT FROM expect('x02 order', '', 'CREATE INDEX x02a ON $ (a, b)', 'CREATE INDEX x02b ON $ (b, a)');
SELECT FROM expect('x03 not leading', '', 'CREATE INDEX x03a ON $ (b)', 'CREATE INDEX x03b ON $ (a, b)');
SELECT FROM expect('x04 operator class', '', 'CREATE INDEX x04a ON $ (c)', 'CREATE INDEX x04b ON $ (c text_pattern_ops)');
SELECT FROM expect('x05 collation', '', 'CREATE INDEX x05a ON $ (c)', 'CREATE INDEX x05b ON $ (c COLLATE "POSIX")');
SELECT FROM expect('x06 direction', '', 'CREATE INDEX x06a ON $ (a, b)', 'CREATE INDEX x06b ON $ (a, b DESC)');
SELECT FROM expect('x07 nulls', '', 'CREATE INDEX x07a ON $ (b)', 'CREATE INDEX x07b ON $ (b NULLS FIRST)');
SELECT FROM expect('x08 predicate', '', 'CREATE INDEX x08a ON $ (a) WHERE b = 1', 'CREATE INDEX x08b ON $ (a) WHERE b = 2');
SELECT FROM expect('x09 whole beside partial', '', 'CREATE INDEX x09a ON $ (a)', 'CREATE INDEX x09b ON $ (a, b) WHERE c IS NULL');
SELECT FROM expect('x10 unique beside longer', '', 'CREATE UNIQUE INDEX x10a ON $ (a)', 'CREATE INDEX x10b ON $ (a, b)');
SELECT FROM expect('x11 unique beside longer unique', '', 'CREATE UNIQUE INDEX x11a ON $ (a)', 'CREATE UNIQUE INDEX x11b ON $ (a, b)');
SELECT FROM expect('x12 nulls not distinct', '', 'CREATE UNIQUE INDEX x12a ON $ (b) NULLS NOT DISTINCT', 'CREATE INDEX x12b ON $ (b, a)');
SELECT FROM expect('x13 included are not keys', '', 'CREATE INDEX x13a ON $ (a, b)', 'CREATE INDEX x13b ON $ (a) INCLUDE (b, c)');
SELECT FROM expect('x14 included elsewhere', '', 'CREATE INDEX x14a ON $ (a) INCLUDE (b)', 'CREATE INDEX x14b ON $ (a) INCLUDE (c)');
SELECT FROM expect('x15 expression', '', 'CREATE INDEX x15a ON $ (lower(c))', 'CREATE INDEX x15b ON $ (upper(c))');
SELECT FROM expect('x16 expression beside column', '', 'CREATE INDEX x16a ON $ (c)', 'CREATE INDEX x16b ON $ (lower(c))');
SELECT FROM expect('x17 gin operator class', '', 'CREATE INDEX x17a ON $ USING gin (j)', 'CREATE INDEX x17b ON $ USING gin (j jsonb_path_ops)');
SELECT FROM expect('x18 gin beside btree', '', 'CREATE INDEX x18a ON $ USING gin (i)', 'CREATE INDEX x18b ON $ (i)');
SELECT FROM expect('x19 brin beside btree', '', 'CREATE INDEX x19a ON $ USING brin (d)', 'CREATE INDEX x19b ON $ (d)');
SELECT FROM expect('x20 gist columns', '', 'CREATE INDEX x20a ON $ USING gist (p)', 'CREATE INDEX x20b ON $ USING gist (p, r)');
SELECT FROM expect('x21 gist options', '', 'CREATE INDEX x21a ON $ USING gist (i gist__int_ops (numranges = 100))', 'CREATE INDEX x21b ON $ USING gist (i gist__int_ops (numranges = 50))');
SELECT FROM expect('x22 exclusion constraint', '', 'CREATE INDEX x22a ON $ USING gist (r, a)', 'ALTER TABLE $ ADD CONSTRAINT x22b EXCLUDE USING gist (r WITH &&)');
SELECT FROM expect('x23 invalid', '', 'CREATE INDEX x23a ON $ (a)', 'CREATE INDEX x23b ON $ (a)', 'UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''x23b''::regclass');
SELECT FROM expect('x24 invalid longer', '', 'CREATE INDEX x24a ON $ (a)', 'CREATE INDEX x24b ON $ (a, b)', 'UPDATE pg_index SET indisready = false, indisvalid = false WHERE indexrelid = ''x24b''::regclass');
SELECT FROM expect('x25 deferrable', '', 'ALTER TABLE $ ADD CONSTRAINT x25a UNIQUE (b) DEFERRABLE', 'CREATE INDEX x25b ON $ (b, a)');
SELECT FROM expect('x26 names that contain each other', '', 'ALTER TABLE $ ADD ab int', 'CREATE INDEX x26a ON $ (a)', 'CREATE INDEX x26b ON $ (ab)');
SELECT FROM expect('x27 hash of another column', '', 'CREATE INDEX x27a ON $ USING hash (b)', 'CREATE INDEX x27b ON $ (a, b)');
SELECT FROM expect('x28 hash beside partial btree', '', 'CREATE INDEX x28a ON $ USING hash (a)', 'CREATE INDEX x28b ON $ (a) WHERE b IS NULL');
SELECT FROM expect('x29 users predicate', '', 'CREATE INDEX x29a ON $ (a) WHERE twice(b) > 5', 'CREATE INDEX x29b ON $ (a) WHERE twice(b) > 4 + 2');
SELECT FROM expect('x30 unique for fewer rows', '', 'CREATE UNIQUE INDEX x30a ON $ (a)', 'CREATE UNIQUE INDEX x30b ON $ (a, b) WHERE c IS NULL');
SELECT FROM expect('x31 primary key beside longer', '', 'ALTER TABLE $ ADD CONSTRAINT x31a PRIMARY KEY (a)', 'CREATE INDEX x31b ON $ (a, b)');
SELECT FROM expect('x32 primary key beside unique that includes', '', 'ALTER TABLE $ ADD CONSTRAINT x32a PRIMARY KEY (a)', 'CREATE UNIQUE INDEX x32b ON $ (a) INCLUDE (b)');
SELECT FROM expect('x33 hash collation', '', 'CREATE INDEX x33a ON $ USING hash (c COLLATE "POSIX")', 'CREATE INDEX x33b ON $ (c)');
SELECT FROM expect('x34 implied the other way', '', 'CREATE INDEX x34a ON $ (a, b) WHERE b > 10', 'CREATE INDEX x34b ON $ (a) WHERE b > 5');
CREATE TEMP TABLE x35 (a int);
CREATE INDEX x35a ON x35 (a);
CREATE INDEX x35b ON x35 (a);

-- Partitions: said of the parent once; of a partition only what is its own.
CREATE TABLE parts (a int, b int, c int) PARTITION BY RANGE (a);
COMMENT ON TABLE parts IS 'parts_a prefix parts_ab drop';
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
CREATE INDEX parts_a ON parts (a);
CREATE INDEX parts_ab ON parts (a, b);
CREATE INDEX parts_c ON parts (c);
COMMENT ON TABLE parts_1 IS 'own_a prefix parts_1_a_b_idx drop, own_c exact parts_1_c_idx drop';
CREATE INDEX own_a ON parts_1 (a);
CREATE INDEX own_c ON parts_1 (c);
COMMENT ON TABLE parts_2 IS '';
CREATE INDEX own_ca ON parts_2 (c, a);
-- the partitioned index is not whole, so it does not count
CREATE INDEX parts_b ON ONLY parts (b);
CREATE INDEX parts_bc ON ONLY parts (b, c);

CREATE VIEW seen AS
SELECT relname, string_agg(format('%I %s %I %s', indexrelname, kind, covered_by, verdict), ', ' ORDER BY indexrelname) AS seen
FROM advisor.duplicate_indexes
WHERE schemaname = 'Dup'
GROUP BY relname;

SELECT c.relname, s.seen, CASE WHEN coalesce(s.seen, '') <> obj_description(c.oid, 'pg_class') THEN 'expected: ' || obj_description(c.oid, 'pg_class') END AS wrong
FROM pg_class c LEFT JOIN seen s USING (relname)
WHERE c.relnamespace = '"Dup"'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 't46_child'
ORDER BY c.relname COLLATE "C";

-- Never both of a pair, and what covers stays itself.
SELECT count(*) FROM advisor.duplicate_indexes d JOIN advisor.duplicate_indexes b ON b.indexrelid = d.covered_by_indexrelid
WHERE b.verdict <> 'keep';
SELECT count(*) FROM advisor.duplicate_indexes WHERE relname = 'x35';

-- As findings: one for each pair, whichever goes.
SELECT f.check_id, f.severity, f.finding_key, f.object, regexp_replace(f.title, '[0-9]+ (bytes|kB)', 'N') AS title, f.remedy_sql, f.undo_sql, f.remedy_lock, f.confidence
FROM advisor.redundancy_findings f
WHERE f.evidence ->> 'covered_by' IN ('t01a', 't03b', 't07a', 't23b', 't30b', 't32a', 't34a')
	AND f.object LIKE '"Dup".%'
ORDER BY f.finding_key COLLATE "C";
SELECT d.indexrelname, d.reason, d.blockers FROM advisor.duplicate_indexes d
WHERE d.schemaname = 'Dup' AND (d.blockers <> '{}' OR d.indexrelname IN ('parts_a', 't05b', 't12a'))
ORDER BY d.indexrelname COLLATE "C";

-- A short index that is read stays if the one that covers it is large.
INSERT INTO "t08 prefix of primary key" (a, b) SELECT 1, i FROM generate_series(1, 20000) i;
VACUUM ANALYZE "t08 prefix of primary key";
SET enable_seqscan = off;
SELECT count(*) FROM "t08 prefix of primary key" WHERE a = 2;
RESET enable_seqscan;
UPDATE advisor.settings SET value = 2 WHERE name = 'redundant_index_ratio';
SELECT d.verdict, regexp_replace(d.blockers::text, '[0-9]+', 'N', 'g') AS blockers FROM advisor.duplicate_indexes d WHERE d.indexrelname = 't08b';
UPDATE advisor.settings SET value = default_value WHERE name = 'redundant_index_ratio';

-- Dropping all that may go leaves nothing to say, and undoing makes all of it again.
ALTER INDEX t09bb_longer_name ALTER COLUMN 1 SET STATISTICS 500;
COMMENT ON INDEX t09bb_longer_name IS 'it''s "mine"';
ALTER INDEX t10a DEPENDS ON EXTENSION intarray;
ALTER INDEX parts_1_a_idx RENAME TO "Parts 1";
COMMENT ON INDEX "Parts 1" IS 'of one partition';
ALTER INDEX parts_2_a_idx SET (fillfactor = 60);
COMMENT ON CONSTRAINT t32b ON "t32 unique constraint beside key" IS 'of old';
CREATE VIEW definitions AS
SELECT c.relname, pg_get_indexdef(c.oid) AS definition, obj_description(c.oid, 'pg_class') AS comment,
	con.contype, pg_get_constraintdef(con.oid) AS constraint_definition, obj_description(con.oid, 'pg_constraint') AS constraint_comment,
	(SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = c.oid) AS part_of,
	(SELECT count(*) FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'x') AS depends,
	(SELECT array_agg(NULLIF(to_jsonb(a) ->> 'attstattarget', '-1') ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid) AS targets
FROM pg_class c LEFT JOIN pg_constraint con ON con.conindid = c.oid AND con.contype <> 'f'
WHERE c.relnamespace = '"Dup"'::regnamespace AND c.relkind IN ('i', 'I');
CREATE TABLE before AS SELECT * FROM definitions;
CREATE TABLE scripts AS
SELECT d.indexrelname, d.drop_ddl, d.undo_ddl FROM advisor.duplicate_indexes d WHERE d.schemaname = 'Dup' AND d.verdict <> 'keep';
\o /dev/null
RESET search_path;
SELECT s.drop_ddl FROM "Dup".scripts s ORDER BY s.indexrelname COLLATE "C" \gexec
\o
SELECT count(*) AS dropped FROM "Dup".before b WHERE NOT EXISTS (SELECT FROM "Dup".definitions d WHERE d.relname = b.relname);
SELECT d.indexrelname, d.covered_by, d.verdict FROM advisor.duplicate_indexes d WHERE d.schemaname = 'Dup' ORDER BY d.indexrelname;
\o /dev/null
SELECT statement FROM "Dup".scripts s, regexp_split_to_table(s.undo_ddl, E'\n') WITH ORDINALITY u(statement, n)
ORDER BY s.indexrelname COLLATE "C", n \gexec
\o
SET search_path = "Dup", public;
(TABLE "Dup".before EXCEPT TABLE "Dup".definitions) UNION ALL (TABLE "Dup".definitions EXCEPT TABLE "Dup".before) ORDER BY relname;

-- A definition is the same for whoever reads it.
SET DateStyle = 'SQL, DMY';
SELECT d.definition, d.undo_ddl FROM advisor.duplicate_indexes d WHERE d.indexrelname = 't47a';
RESET DateStyle;

-- Somebody without rights sees the same.
CREATE ROLE regress_nobody;
SET ROLE regress_nobody;
SELECT verdict, count(*) FROM advisor.duplicate_indexes d WHERE d.schemaname = 'Dup' GROUP BY verdict ORDER BY verdict;
SELECT count(*) > 0 AS findings FROM advisor.redundancy_findings;
SELECT check_id, reason FROM advisor._redundancy_skips();
RESET ROLE;
SELECT check_id, reason FROM advisor._redundancy_skips();
DROP ROLE regress_nobody;
SELECT check_id, category, length(page) > 500 AS page, settings, (SELECT max(length(l)) FROM regexp_split_to_table(page, E'\n') l) < 100 AS narrow
FROM advisor._redundancy_checks() ORDER BY check_id;
DROP SCHEMA "Dup" CASCADE;
DROP EXTENSION btree_gist, intarray;

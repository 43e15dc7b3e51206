-- Foreign keys without an index: each table is a case.  Its comment says what
-- must be seen in it: nothing, if it is a trap.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE SCHEMA "Key";
SET search_path = "Key", public;

CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE parent2 (x int, y int, PRIMARY KEY (x, y));
CREATE TABLE parent_text (code text PRIMARY KEY);
CREATE TABLE parent_big (id bigint PRIMARY KEY);
CREATE TABLE parent_numeric (id numeric PRIMARY KEY);
CREATE FUNCTION expect(table_name text, expected text, VARIADIC ddl text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	statement text;
BEGIN
	EXECUTE format('CREATE TABLE %I (a int, b int, c text, d int)', table_name);
	EXECUTE format('COMMENT ON TABLE %I IS %L', table_name, expected);
	FOREACH statement IN ARRAY ddl LOOP
		statement := replace(statement, '$1', 'ALTER TABLE $ ADD FOREIGN KEY (a) REFERENCES parent');
		statement := replace(statement, '$2', 'ALTER TABLE $ ADD FOREIGN KEY (a, b) REFERENCES parent2');
		statement := replace(statement, '$c', 'ALTER TABLE $ ADD FOREIGN KEY (c) REFERENCES parent_text');
		EXECUTE replace(statement, '$', quote_ident(table_name));
	END LOOP;
END $$;

SELECT FROM expect('f01 none', 'a: nothing', '$1');
SELECT FROM expect('f02 wrong order', 'a: order (f02)', '$1', 'CREATE INDEX f02 ON $ (b, a)');
SELECT FROM expect('f03 partial', 'a: partial (f03)', '$1', 'CREATE INDEX f03 ON $ (a) WHERE b > 0');
SELECT FROM expect('f04 invalid', 'a: invalid (f04)', '$1', 'CREATE INDEX f04 ON $ (a)', 'UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''f04''::regclass');
SELECT FROM expect('f05 included', 'a: include (f05)', '$1', 'CREATE INDEX f05 ON $ (b) INCLUDE (a)');
SELECT FROM expect('f06 collation', 'c: operator (f06)', '$c', 'CREATE INDEX f06 ON $ (c COLLATE "POSIX")');
SELECT FROM expect('f07 first of two', 'a, b: columns (f07)', '$2', 'CREATE INDEX f07 ON $ (a)');
SELECT FROM expect('f08 second of two', 'a, b: columns (f08)', '$2', 'CREATE INDEX f08 ON $ (b)');
SELECT FROM expect('f09 column between', 'a, b: order (f09)', '$2', 'CREATE INDEX f09 ON $ (a, d, b)');
SELECT FROM expect('f10 second included', 'a, b: include (f10)', '$2', 'CREATE INDEX f10 ON $ (a) INCLUDE (b)');
SELECT FROM expect('f11 expression', 'a: nothing', '$1', 'CREATE INDEX f11 ON $ ((a + 0))');
SELECT FROM expect('f12 brin', 'a: method (f12)', '$1', 'CREATE INDEX f12 ON $ USING brin (a)');
SELECT FROM expect('f13 gist', 'a: method (f13)', '$1', 'CREATE INDEX f13 ON $ USING gist (a)');
SELECT FROM expect('f14 not null of another column', 'a: partial (f14)', '$1', 'CREATE INDEX f14 ON $ (a) WHERE b IS NOT NULL');
SELECT FROM expect('f15 one of two', 'b: nothing', '$1', 'ALTER TABLE $ ADD FOREIGN KEY (b) REFERENCES parent', 'CREATE INDEX f15 ON $ (a)');
SELECT FROM expect('f16 primary key order', 'b: order (f16)', 'ALTER TABLE $ ADD CONSTRAINT f16 PRIMARY KEY (a, b)', 'ALTER TABLE $ ADD FOREIGN KEY (b) REFERENCES parent');
SELECT FROM expect('f17 "Quöted', 'a: nothing', '$1');
SELECT FROM expect('f18 two keys', 'a: nothing, b: nothing', '$1', 'ALTER TABLE $ ADD FOREIGN KEY (b) REFERENCES parent');
SELECT FROM expect('f19 itself', 'b: nothing', 'ALTER TABLE $ ADD PRIMARY KEY (a)', 'ALTER TABLE $ ADD FOREIGN KEY (b) REFERENCES $');
SELECT FROM expect('f20 is null', 'a: partial (f20)', '$1', 'CREATE INDEX f20 ON $ (a) WHERE a IS NULL');

SELECT FROM expect('x01 index', '', '$1', 'CREATE INDEX ON $ (a)');
SELECT FROM expect('x02 longer index', '', '$1', 'CREATE INDEX ON $ (a, b, c)');
SELECT FROM expect('x03 other order', '', '$2', 'CREATE INDEX ON $ (b, a)');
SELECT FROM expect('x04 other order and more', '', '$2', 'CREATE INDEX ON $ (b, a, c)');
SELECT FROM expect('x05 hash', '', '$1', 'CREATE INDEX ON $ USING hash (a)');
SELECT FROM expect('x06 not null', '', '$1', 'CREATE INDEX ON $ (a) WHERE a IS NOT NULL');
SELECT FROM expect('x07 both not null', '', '$2', 'CREATE INDEX ON $ (a, b) WHERE a IS NOT NULL AND b IS NOT NULL');
SELECT FROM expect('x08 primary key', '', 'ALTER TABLE $ ADD PRIMARY KEY (a, d)', '$1');
SELECT FROM expect('x09 unique', '', '$1', 'ALTER TABLE $ ADD UNIQUE (a)');
SELECT FROM expect('x10 descending', '', '$1', 'CREATE INDEX ON $ (a DESC NULLS LAST, b)');
SELECT FROM expect('x11 pattern operators', '', '$c', 'CREATE INDEX ON $ (c text_pattern_ops)');
SELECT FROM expect('x12 other width', '', 'ALTER TABLE $ ADD FOREIGN KEY (a) REFERENCES parent_big', 'CREATE INDEX ON $ (a)');
SELECT FROM expect('x13 unique on one of two', '', '$2', 'ALTER TABLE $ ADD UNIQUE (b)');
SELECT FROM expect('x14 includes more', '', '$1', 'CREATE INDEX ON $ (a) INCLUDE (b)');
SELECT FROM expect('x15 one of several', '', '$1', 'CREATE INDEX ON $ (b, a)', 'CREATE INDEX ON $ (a) WHERE b > 0', 'CREATE INDEX ON $ (a)');
SELECT FROM expect('x16 no key', '', 'CREATE INDEX ON $ (b)');
-- a column that the lookup casts is not found by an index on the column
SELECT FROM expect('x18 cast', '', 'ALTER TABLE $ ADD FOREIGN KEY (a) REFERENCES parent_numeric', 'CREATE INDEX ON $ (a)', 'CREATE INDEX ON $ ((a::numeric))');
SELECT FROM expect('x19 other cast', 'a: nothing', 'ALTER TABLE $ ADD FOREIGN KEY (a) REFERENCES parent_numeric', 'CREATE INDEX ON $ ((a::numeric + 1))');
SELECT FROM expect('f21 cast', 'a: operator (f21)', 'ALTER TABLE $ ADD FOREIGN KEY (a) REFERENCES parent_numeric', 'CREATE INDEX f21 ON $ (a)');
SELECT FROM expect('x17 or', '', '$1', 'CREATE INDEX ON $ (a) WHERE a IS NOT NULL OR b = 3');

-- Partitions: said of the table once; all of them may have one instead of it.
CREATE TABLE p1 (a int, b int, d int) PARTITION BY RANGE (d);
COMMENT ON TABLE p1 IS 'a: nothing';
CREATE TABLE p1_1 PARTITION OF p1 FOR VALUES FROM (0) TO (10);
CREATE TABLE p1_2 (x int, d int, b int, a int);
ALTER TABLE p1_2 DROP COLUMN x;
ALTER TABLE p1 ATTACH PARTITION p1_2 FOR VALUES FROM (10) TO (20);
ALTER TABLE p1 ADD FOREIGN KEY (a) REFERENCES parent;
ALTER TABLE p1 ADD FOREIGN KEY (b) REFERENCES parent;
CREATE INDEX ON p1_1 (b);
CREATE INDEX ON p1_2 (b);
CREATE TABLE p2 (a int, d int) PARTITION BY RANGE (d);
COMMENT ON TABLE p2 IS 'a: partitions (p2_1_a_idx)';
CREATE TABLE p2_1 PARTITION OF p2 FOR VALUES FROM (0) TO (10);
CREATE TABLE p2_2 PARTITION OF p2 FOR VALUES FROM (10) TO (20);
ALTER TABLE p2 ADD FOREIGN KEY (a) REFERENCES parent;
CREATE INDEX ON p2_1 (a);
CREATE TABLE p3 (a int, d int) PARTITION BY RANGE (d);
COMMENT ON TABLE p3 IS '';
CREATE TABLE p3_1 PARTITION OF p3 FOR VALUES FROM (0) TO (10);
ALTER TABLE p3 ADD FOREIGN KEY (a) REFERENCES parent;
CREATE INDEX ON p3 (a);
-- one of its own
ALTER TABLE p3_1 ADD FOREIGN KEY (d) REFERENCES parent;
COMMENT ON TABLE p3_1 IS 'd: nothing';
-- a partitioned table that is referred to
CREATE TABLE p4 (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE p4_1 PARTITION OF p4 FOR VALUES FROM (0) TO (10);
CREATE TABLE p4_child (id int REFERENCES p4);
COMMENT ON TABLE p4_child IS 'id: nothing';

-- the first word of the reasons, to read the table more easily
CREATE VIEW seen AS
SELECT relid, string_agg(columns || ': ' || CASE
		WHEN partial_match IS NULL THEN 'nothing'
		WHEN partial_match_reason LIKE 'it is not valid%' THEN 'invalid'
		WHEN partial_match_reason LIKE 'it is partial%' THEN 'partial'
		WHEN partial_match_reason LIKE 'its collation%' THEN 'operator'
		WHEN partial_match_reason LIKE 'it is on one%' THEN 'partitions'
		WHEN partial_match_reason LIKE 'other columns%' THEN 'order'
		WHEN partial_match_reason LIKE '%included%' THEN 'include'
		WHEN partial_match_reason LIKE 'it is neither%' THEN 'method'
		WHEN partial_match_reason LIKE 'it has only some%' THEN 'columns' END
	|| coalesce(' (' || replace(partial_match, '"Key".', '') || ')', ''), ', ' ORDER BY columns) AS seen
FROM advisor.unindexed_foreign_keys
WHERE schemaname = 'Key'
GROUP BY relid;

SELECT c.relname, s.seen, CASE WHEN coalesce(s.seen, '') <> obj_description(c.oid, 'pg_class') THEN 'expected: ' || obj_description(c.oid, 'pg_class') END AS wrong
FROM pg_class c LEFT JOIN seen s ON s.relid = c.oid
WHERE c.relnamespace = '"Key"'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname !~ '^parent'
ORDER BY c.relname COLLATE "C";

-- What was seen decides: nothing is said of small tables, nor of those whose
-- referenced rows stay and whose columns nobody asks for.
CREATE TABLE parent_a (id int PRIMARY KEY);
CREATE TABLE parent_b (id int PRIMARY KEY);
CREATE TABLE parent_c (id int PRIMARY KEY);
INSERT INTO parent_a SELECT generate_series(1, 100);
INSERT INTO parent_b SELECT generate_series(1, 100);
INSERT INTO parent_c SELECT generate_series(1, 100);
CREATE TABLE seen_big (id int PRIMARY KEY,
	a int CONSTRAINT seen_a REFERENCES parent_a ON DELETE CASCADE,
	"B" int CONSTRAINT seen_b REFERENCES parent_b,
	c int CONSTRAINT seen_c REFERENCES parent_c);
INSERT INTO seen_big SELECT i, 2 + i % 99, 2 + i % 99, 2 + i % 99 FROM generate_series(1, 40000) i;
CREATE TABLE seen_small (a int REFERENCES parent_a);
CREATE TABLE seen_parts (id int, a int CONSTRAINT seen_parts_a REFERENCES parent_a) PARTITION BY RANGE (id);
CREATE TABLE seen_parts_1 (a int, id int);
ALTER TABLE seen_parts ATTACH PARTITION seen_parts_1 FOR VALUES FROM (0) TO (100000);
INSERT INTO seen_parts SELECT i, 2 + i % 99 FROM generate_series(1, 40000) i;
ANALYZE seen_big, seen_parts;
CREATE VIEW cases AS
SELECT u.relname, u.columns, u.on_delete, u.referenced_deletes, u.lookups, u.lookup_time > 0 AS lookup_time, u.searches, u.search_time > 0 AS search_time,
	cardinality(u.queryids) AS queries, u.verdict, u.severity IS NOT NULL AS severity
FROM advisor.unindexed_foreign_keys u
WHERE u.schemaname = 'Key' AND u.relname LIKE 'seen%'
ORDER BY u.relname, u.columns;
TABLE cases;
SELECT advisor.reset() IS NOT NULL AS reset;
DELETE FROM parent_a WHERE id = 1;
SELECT count(*) FROM seen_big WHERE "B" = 1;
SELECT pg_stat_force_next_flush();
TABLE cases;
SELECT f.check_id, f.finding_key, f.object, f.title, f.remedy_sql, f.undo_sql, f.remedy_lock, f.impact_ms_per_day > 0 AS impact, f.confidence,
	f.queryid IS NOT NULL AS queryid
FROM advisor.redundancy_findings f
WHERE f.check_id = 'unindexed_foreign_key' AND f.object LIKE '"Key".%'
ORDER BY f.finding_key COLLATE "C";
SELECT regexp_replace(f.detail, '[0-9.,]+ (ms|s|kB|MB)\M|( since [0-9-]+ [0-9:]+)?: (?=\d+ rows)', 'N', 'g') AS detail
FROM advisor.redundancy_findings f
WHERE f.check_id = 'unindexed_foreign_key' AND f.object LIKE '"Key".%'
ORDER BY f.finding_key COLLATE "C";
SELECT u.verdict, regexp_replace(u.reason, '[0-9.,]+ (ms|s|kB|MB)\M|( since [0-9-]+ [0-9:]+)?: (?=\d+ rows)', 'N', 'g') AS reason
FROM advisor.unindexed_foreign_keys u WHERE u.relname IN ('seen_big', 'seen_small') AND u.columns IN ('c', 'a') ORDER BY u.relname, u.columns;
-- a threshold that hides them all
UPDATE advisor.settings SET value = 1000 WHERE name = 'foreign_key_min_mb';
SELECT DISTINCT verdict FROM cases;
UPDATE advisor.settings SET value = default_value WHERE name = 'foreign_key_min_mb';

-- What is proposed serves, and taking it back leaves nothing.
SELECT ddl FROM advisor.unindexed_foreign_keys WHERE schemaname = 'Key' ORDER BY ddl COLLATE "C";
CREATE VIEW indexes AS
SELECT c.relname, pg_get_indexdef(c.oid) AS definition, c.relispartition FROM pg_class c
WHERE c.relnamespace = '"Key"'::regnamespace AND c.relkind IN ('i', 'I');
CREATE TABLE before AS SELECT * FROM indexes;
CREATE TABLE undo AS SELECT DISTINCT undo_ddl FROM advisor.unindexed_foreign_keys WHERE schemaname = 'Key';
SELECT DISTINCT ddl FROM advisor.unindexed_foreign_keys WHERE schemaname = 'Key' ORDER BY 1
\gexec
SELECT count(*) FROM advisor.unindexed_foreign_keys WHERE schemaname = 'Key';
SELECT statement FROM undo, regexp_split_to_table(undo_ddl, E'\n') WITH ORDINALITY u(statement, n) ORDER BY undo_ddl COLLATE "C", n
\gexec
SELECT count(*) FROM advisor.unindexed_foreign_keys WHERE schemaname = 'Key';
-- also what had been of a partition itself, and became part of the proposed index
(TABLE before EXCEPT TABLE indexes) UNION ALL (TABLE indexes EXCEPT TABLE before);

-- Odd foreign keys.
CREATE DOMAIN "Key".number AS int;
CREATE DOMAIN "Key".longer AS bigint;
CREATE TABLE parent_varchar (id varchar(10) PRIMARY KEY);
CREATE TABLE odd (
	a int CONSTRAINT odd_1 REFERENCES parent_a CONSTRAINT odd_2 REFERENCES parent_a CONSTRAINT odd_3 REFERENCES parent_a ON DELETE CASCADE,
	b int CONSTRAINT trap_other_column REFERENCES parent_a,
	x int, y int, x2 int, y2 int,
	CONSTRAINT odd_4 FOREIGN KEY (x, y) REFERENCES parent2 (x, y),
	CONSTRAINT odd_5 FOREIGN KEY (y, x) REFERENCES parent2 (y, x),
	CONSTRAINT trap_other_columns FOREIGN KEY (x2, y2) REFERENCES parent2 (x, y),
	CONSTRAINT trap_crossed FOREIGN KEY (y2, x2) REFERENCES parent2 (x, y),
	narrow int CONSTRAINT odd_narrow REFERENCES parent_big,
	wide bigint CONSTRAINT odd_wide REFERENCES parent_a,
	small smallint CONSTRAINT odd_small REFERENCES parent_a,
	whole int CONSTRAINT odd_whole REFERENCES parent_numeric,
	longer longer CONSTRAINT odd_domain REFERENCES parent_a,
	trap_domain number CONSTRAINT trap_domain REFERENCES parent_a,
	trap_text text CONSTRAINT trap_text REFERENCES parent_varchar,
	trap_length varchar(20) CONSTRAINT trap_length REFERENCES parent_varchar);
SELECT f.check_id, f.severity, f.finding_key, f.title, f.remedy_sql, f.undo_sql
FROM advisor.redundancy_findings f
WHERE f.check_id IN ('duplicate_foreign_key', 'foreign_key_type_mismatch') AND f.object LIKE '"Key".odd%'
ORDER BY f.finding_key COLLATE "C";
DROP SCHEMA "Key" CASCADE;
DROP EXTENSION btree_gist;

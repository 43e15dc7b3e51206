-- Indexes that cost more than they give, and every reason for keeping one all the same.
SET client_min_messages = warning;
SET jit = off;
CREATE SCHEMA iu;
SELECT advisor.reset() IS NOT NULL AS reset;
UPDATE advisor.settings SET value = 0 WHERE name = 'unused_index_days';

CREATE TABLE iu.parent (id int PRIMARY KEY, ref int UNIQUE);
CREATE TABLE iu.t (id int PRIMARY KEY, u int, x int, a int, b int, c int, d text, e text, f text, code char(8), flag boolean,
	parent_id int REFERENCES iu.parent, ref int REFERENCES iu.parent (ref), r int4range, EXCLUDE USING gist (r WITH &&));
INSERT INTO iu.parent SELECT g, g FROM generate_series(1, 100) g;
INSERT INTO iu.t SELECT g, g, g, g, g % 7, g, 'd' || g, 'e' || g, 'f' || g, 'c' || g, g % 2 = 0, g % 100 + 1, g % 100 + 1, int4range(g, g + 1)
	FROM generate_series(1, 5000) g;
ALTER TABLE iu.t ALTER u SET NOT NULL, ALTER x SET NOT NULL;
CREATE UNIQUE INDEX t_unique ON iu.t (u);
CREATE UNIQUE INDEX t_identity ON iu.t (x);
ALTER TABLE iu.t REPLICA IDENTITY USING INDEX t_identity;
CREATE INDEX t_clustered ON iu.t (c);
ALTER TABLE iu.t CLUSTER ON t_clustered;
CREATE INDEX t_parent ON iu.t (parent_id);
CREATE INDEX t_ref1 ON iu.t (ref, a);
CREATE INDEX t_ref2 ON iu.t (ref, b);
CREATE INDEX t_lower ON iu.t (lower(d));
CREATE INDEX t_upper ON iu.t (upper(e));
CREATE INDEX t_initcap ON iu.t (initcap(e));
CREATE INDEX t_code ON iu.t (code);
CREATE INDEX t_used ON iu.t (a);
CREATE INDEX t_short ON iu.t (f);
CREATE INDEX t_long ON iu.t (f, b);
CREATE INDEX t_flag ON iu.t (flag);
CREATE INDEX "t Drop""me" ON iu.t (c, d) INCLUDE (a) WITH (fillfactor = 80) WHERE id > 10;
COMMENT ON INDEX iu."t Drop""me" IS 'it''s mine';
CREATE INDEX t_targets ON iu.t ((a + b));
ALTER INDEX iu.t_targets ALTER COLUMN 1 SET STATISTICS 77;
CREATE STATISTICS iu.t_sum ON (a + b) FROM iu.t;
CREATE TABLE iu.target (id int, key int NOT NULL);
CREATE UNIQUE INDEX target_key ON iu.target (key);
CREATE TABLE iu.source (key int REFERENCES iu.target (key));
CREATE ACCESS METHOD regress_tree TYPE INDEX HANDLER gisthandler;
CREATE OPERATOR CLASS iu.regress_ops DEFAULT FOR TYPE box USING regress_tree AS
	OPERATOR 3 &&, FUNCTION 1 gist_box_consistent(internal, box, smallint, oid, internal), FUNCTION 2 gist_box_union(internal, internal),
	FUNCTION 5 gist_box_penalty(internal, internal, internal), FUNCTION 6 gist_box_picksplit(internal, internal),
	FUNCTION 7 gist_box_same(box, box, internal);
CREATE TABLE iu.boxes (b box);
CREATE INDEX boxes_b ON iu.boxes USING regress_tree (b);
CREATE TABLE iu.p (id int, v int, w int) PARTITION BY RANGE (id);
CREATE TABLE iu.p1 PARTITION OF iu.p FOR VALUES FROM (0) TO (1000);
CREATE TABLE iu.p2 PARTITION OF iu.p FOR VALUES FROM (1000) TO (2000);
CREATE INDEX p_v ON iu.p (v);
CREATE INDEX p_w ON iu.p (w);
INSERT INTO iu.p SELECT g, g, g FROM generate_series(0, 1999) g;
ANALYZE iu.parent, iu.t, iu.p;

-- what is used
SELECT a FROM iu.t WHERE a = 5;
-- of one partition is of all
SELECT v FROM iu.p1 WHERE v = 5;
-- statistics of an expression, without the index
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SELECT count(*) FROM iu.t WHERE lower(d) = 'd7';
RESET enable_indexscan;
RESET enable_bitmapscan;
-- what could be used if it was written differently
SELECT count(*) FROM iu.t WHERE code = 'c5'::text;

CREATE FUNCTION iu.in_words(reasons text[]) RETURNS text LANGUAGE sql AS
	$$ SELECT string_agg(regexp_replace(r, '(counts) [0-9,]+ scans', '\1 n scans'), '; ') FROM unnest(reasons) r $$;

SELECT pg_stat_force_next_flush();
SELECT indexrelname, use, verdict, iu.in_words(blockers) AS blockers
FROM advisor.unused_indexes
WHERE schemaname = 'iu'
ORDER BY verdict, indexrelname COLLATE "C";
SELECT undo_ddl, drop_ddl, proof FROM advisor.unused_indexes WHERE schemaname = 'iu' AND verdict = 'drop' ORDER BY indexrelname COLLATE "C";
-- the undo is exact
CREATE TEMP TABLE before AS SELECT pg_get_indexdef(indexrelid) AS def, indexrelname, undo_ddl, drop_ddl
	FROM advisor.unused_indexes WHERE schemaname = 'iu' AND verdict = 'drop';
SELECT replace(drop_ddl, 'CONCURRENTLY ', '') FROM before ORDER BY indexrelname COLLATE "C" \gexec
SELECT replace(undo_ddl, 'CONCURRENTLY ', '') FROM before ORDER BY indexrelname COLLATE "C" \gexec
SELECT count(*) AS differ FROM before b JOIN pg_class c ON c.relname = b.indexrelname
	WHERE pg_get_indexdef(c.oid) <> b.def;
SELECT i.indisvalid, (SELECT count(*) FROM pg_inherits h WHERE h.inhparent = i.indexrelid) AS attached
	FROM pg_index i WHERE i.indexrelid = 'iu.p_w'::regclass;
SELECT obj_description('iu."t Drop""me"'::regclass, 'pg_class'),
	(SELECT attstattarget FROM pg_attribute WHERE attrelid = 'iu.t_targets'::regclass AND attnum = 1);

SELECT check_id, severity, object, title ~ 'takes' AS sized, remedy_sql, remedy_lock, confidence
FROM advisor.index_use_findings
WHERE object LIKE 'iu.%'
ORDER BY finding_key COLLATE "C";

-- Too short an observation.
UPDATE advisor.settings SET value = 30 WHERE name = 'unused_index_days';
SELECT indexrelname, verdict, observed_since IS NULL AS may_be_new, iu.in_words(blockers) AS blockers
FROM advisor.unused_indexes WHERE schemaname = 'iu' AND indexrelname = 't_short';
SELECT check_id, severity, object, remedy_sql FROM advisor.index_use_findings WHERE object LIKE 'iu.%';
-- once it has been seen to exist
SELECT advisor.observe() > 0 AS observed;
SELECT verdict, observed_since IS NOT NULL AS known, regexp_replace(blockers[1], 'for .* days only, since .*,', 'for n days only,') AS blocker
FROM advisor.unused_indexes WHERE schemaname = 'iu' AND indexrelname = 't_upper';
SELECT check_id, reason ~ '^the use of indexes has been observed since .* only, and 30 days are wanted$' AS short
FROM advisor._index_use_skips() ORDER BY 1;
UPDATE advisor.settings SET value = 0 WHERE name = 'unused_index_days';
DELETE FROM advisor.observations;

-- Scans that nothing captured explains.
SET advisor.track = 'none';
SELECT count(*) FROM iu.t WHERE upper(e) = 'E7';
SELECT iu.in_words(blockers) AS blockers FROM advisor.unused_indexes WHERE schemaname = 'iu' AND indexrelname = 't_upper';
SET advisor.track = 'top';
SELECT iu.in_words(blockers) AS blockers FROM advisor.unused_indexes WHERE schemaname = 'iu' AND indexrelname = 't_initcap';
RESET advisor.track;
SELECT pg_stat_force_next_flush();
SELECT verdict, iu.in_words(blockers) AS blockers FROM advisor.unused_indexes WHERE schemaname = 'iu' AND indexrelname = 't_upper';

-- Few values: the rare one of two is worth an index, and half of the rows are not.
CREATE TABLE iu.few (id int, rare boolean, half boolean, gone boolean, pad text);
INSERT INTO iu.few SELECT g, g % 1000 = 0, g % 2 = 0, g % 2 = 0, repeat('x', 100) FROM generate_series(1, 20000) g;
CREATE INDEX few_rare ON iu.few (rare);
CREATE INDEX few_half ON iu.few (half);
ANALYZE iu.few;
SET enable_seqscan = off;
SELECT count(pad) FROM iu.few WHERE rare;
SELECT count(pad) FROM iu.few WHERE half;
RESET enable_seqscan;
SELECT indexrelname, "column", distinct_values, executions, round(least_percent::numeric) AS least, round(most_percent::numeric) AS most, partial_index, reason
FROM advisor.low_selectivity_indexes WHERE schemaname = 'iu' ORDER BY indexrelname;
SELECT check_id, severity, object, title, remedy_sql FROM advisor.index_use_findings WHERE object LIKE 'iu.few%' ORDER BY 1, 3;

-- Rarely used, and written all the time.
CREATE TABLE iu.busy (id int, a int);
CREATE INDEX busy_a ON iu.busy (a);
INSERT INTO iu.busy SELECT g, g FROM generate_series(1, 10) g;
ANALYZE iu.busy;
SET enable_seqscan = off;
SELECT id FROM iu.busy WHERE a = 5;
RESET enable_seqscan;
DO $$ BEGIN FOR i IN 1..20 LOOP INSERT INTO iu.busy SELECT 1, g FROM generate_series(1, 1000) g; END LOOP; END $$;
DELETE FROM iu.busy;
SELECT indexrelname, use, verdict, executions FROM advisor.unused_indexes WHERE schemaname = 'iu' AND relname = 'busy';
SELECT check_id, object FROM advisor.index_use_findings WHERE object LIKE 'iu.busy%';

-- Invalid ones.
CREATE TABLE iu.broken (a int, b int, c int, d int UNIQUE);
CREATE INDEX broken_a ON iu.broken (a);
CREATE INDEX broken_b_ccnew ON iu.broken (b);
CREATE INDEX broken_c ON iu.broken (c);
CREATE INDEX broken_c2 ON iu.broken (c);
CREATE INDEX broken_ok ON iu.broken (a, b);
UPDATE pg_index SET indisvalid = false WHERE indexrelid::regclass::text IN ('iu.broken_a', 'iu.broken_b_ccnew', 'iu.broken_c2', 'iu.broken_d_key');
CREATE INDEX p_id ON ONLY iu.p (id);
SELECT relname, indexrelname, problem, constraint_name, missing_in, detail, remedy, remedy_sql, undo_sql
FROM advisor.invalid_indexes WHERE schemaname = 'iu' ORDER BY indexrelname;
SELECT check_id, severity, object FROM advisor.index_use_findings WHERE check_id = 'invalid_index' AND object LIKE 'iu.%' ORDER BY 3;
SELECT replace(remedy_sql, 'CONCURRENTLY ', '') FROM advisor.invalid_indexes WHERE indexrelname = 'p_id' \gexec
SELECT count(*) AS invalid FROM advisor.invalid_indexes WHERE indexrelname = 'p_id';

-- HOT: one index in the way and unused, one in the way and used, one not.
CREATE TABLE iu.hot (id int PRIMARY KEY, hits int, seen int, other int, code text) WITH (fillfactor = 50);
INSERT INTO iu.hot SELECT g, g, g, g, 'x' || g FROM generate_series(1, 2000) g;
CREATE INDEX hot_hits ON iu.hot (abs(hits)) WHERE code > 'a';
CREATE INDEX hot_seen ON iu.hot (seen);
CREATE INDEX hot_other ON iu.hot (other);
ANALYZE iu.hot;
SET enable_seqscan = off;
SELECT id FROM iu.hot WHERE seen = 5;
SELECT id FROM iu.hot WHERE other = 5;
RESET enable_seqscan;
UPDATE iu.hot SET hits = hits + 1;
UPDATE iu.hot SET seen = seen + 1 WHERE id <= 200;
SELECT pg_stat_force_next_flush();
SELECT indexrelname, columns, statements, n_tup_upd, n_tup_hot_upd, executions, verdict, reason
FROM advisor.hot_blocking_indexes WHERE schemaname = 'iu' ORDER BY 1;
SELECT check_id, severity, object, title, remedy_sql FROM advisor.index_use_findings WHERE object LIKE 'iu.hot%' ORDER BY 3;

-- No index is in the way, and pages are full; the twin has room.
CREATE TABLE iu.full_pages (id int PRIMARY KEY, n int, pad text);
CREATE TABLE iu.room (id int PRIMARY KEY, n int, pad text) WITH (fillfactor = 40);
INSERT INTO iu.full_pages SELECT g, 0, repeat('x', 100) FROM generate_series(1, 3000) g;
INSERT INTO iu.room SELECT g, 0, repeat('x', 100) FROM generate_series(1, 3000) g;
ANALYZE iu.full_pages, iu.room;
UPDATE iu.full_pages SET n = n + 1;
UPDATE iu.room SET n = n + 1;
SELECT pg_stat_force_next_flush();
SELECT check_id, severity, object, remedy_sql, undo_sql FROM advisor.index_use_findings
WHERE object IN ('iu.full_pages', 'iu.room');

-- A collation that is not what it was.
CREATE COLLATION iu."Old" (provider = icu, locale = 'und', deterministic = false);
CREATE COLLATION iu.same (provider = icu, locale = 'und');
CREATE TABLE iu.texts (a text COLLATE iu."Old" PRIMARY KEY, b text COLLATE iu.same UNIQUE);
SELECT count(*) AS findings FROM advisor.index_use_findings WHERE check_id = 'collation_version_mismatch' AND object LIKE '%iu.%';
UPDATE pg_collation SET collversion = '0' WHERE collname = 'Old';
SELECT severity, object, finding_key, evidence ->> 'indexes' AS indexes, remedy_sql
FROM advisor.index_use_findings WHERE check_id = 'collation_version_mismatch' AND object LIKE '%iu.%';
SELECT remedy_sql FROM advisor.index_use_findings WHERE object LIKE 'collation iu.%' \gset
\set ECHO none
SELECT line FROM regexp_split_to_table(:'remedy_sql', E'\n') line \gexec
\set ECHO all
SELECT count(*) AS findings FROM advisor.index_use_findings WHERE check_id = 'collation_version_mismatch' AND object LIKE '%iu.%';

-- Everybody may look.
CREATE ROLE regress_index_use;
SET ROLE regress_index_use;
SELECT iu_seen.verdict, 'what other roles'' statements ask for cannot be seen: that is for members of pg_read_all_stats' = ANY (blockers) AS told
FROM advisor.unused_indexes iu_seen WHERE schemaname = 'iu' AND indexrelname = 't_initcap';
SELECT count(*) AS findings FROM advisor.index_use_findings WHERE check_id = 'unused_index';
SELECT count(*) > 0 AS invalid FROM advisor.invalid_indexes WHERE schemaname = 'iu';
SELECT DISTINCT check_id FROM advisor._index_use_skips() ORDER BY 1;
RESET ROLE;
DROP ROLE regress_index_use;

-- Each check has a page.
SELECT check_id, category, length(page) > 500 AS page, settings FROM advisor._index_use_checks() ORDER BY 1;

UPDATE advisor.settings SET value = default_value;
DROP SCHEMA iu CASCADE;
DROP ACCESS METHOD regress_tree;

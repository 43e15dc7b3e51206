-- What a rewrite would give back: who may ask, what for, and what is said of it.
-- Numbers are rounded to tens; test/t/024_bloat.pl has how exact they are.
CREATE SCHEMA bloat_test;
SET search_path = bloat_test, public;
CREATE FUNCTION tens(float8) RETURNS int LANGUAGE sql AS 'SELECT (round($1 / 10) * 10)::int';

CREATE TABLE healthy (id int PRIMARY KEY, note text) WITH (autovacuum_enabled = off);
CREATE TABLE bloated (LIKE healthy INCLUDING ALL) WITH (autovacuum_enabled = off);
CREATE TABLE roomy (id int, note text) WITH (fillfactor = 50, autovacuum_enabled = off);
CREATE TABLE waiting (id int PRIMARY KEY, note text) WITH (autovacuum_enabled = off);
CREATE TABLE "Mixed ""case" (id int PRIMARY KEY, note text) WITH (autovacuum_enabled = off, autovacuum_vacuum_scale_factor = 0.3);
INSERT INTO healthy SELECT i, md5(i::text) FROM generate_series(1, 20000) i;
INSERT INTO bloated SELECT * FROM healthy;
INSERT INTO roomy SELECT * FROM healthy;
INSERT INTO waiting SELECT * FROM healthy;
INSERT INTO "Mixed ""case" SELECT * FROM healthy;
SELECT pg_stat_force_next_flush();
VACUUM ANALYZE healthy, bloated, roomy, waiting, "Mixed ""case";
DELETE FROM bloated WHERE id % 4 <> 0;
DELETE FROM "Mixed ""case" WHERE id % 4 <> 0;
DELETE FROM waiting WHERE id % 4 <> 0;
SELECT pg_stat_force_next_flush();
VACUUM ANALYZE bloated, "Mixed ""case";

-- the three methods
SELECT r, m, b.method = m AS as_asked, tens(b.bloat_percent) AS percent, b.error_percent IS NULL AS no_error,
	b.size = pg_relation_size(r) AS whole, b.total_pages = b.size / current_setting('block_size')::int AS pages,
	b.sampled_pages, b.bloat_bytes = greatest(b.size - b.expected_bytes, 0) AS sums_up, b.dead_bytes > 0 AS dead, b.free_bytes > 0 AS free, b.reason
FROM unnest('{healthy,bloated,roomy,waiting,bloated_pkey,waiting_pkey}'::regclass[]) r, unnest('{estimate,sample}'::text[]) m,
	LATERAL advisor.bloat(r, m) b
ORDER BY r::text, m;
SELECT error_percent, sampled_pages = total_pages AS all_pages FROM advisor.bloat('bloated', pages => 100000);
SELECT sampled_pages FROM advisor.bloat('bloated', pages => 7);

-- what has no pages, or no statistics
CREATE TABLE nothing (a int);
CREATE INDEX nothing_a ON nothing (a);
CREATE TABLE unknown (a int, b text) WITH (autovacuum_enabled = off);
INSERT INTO unknown SELECT i, 'x' FROM generate_series(1, 1000) i;
CREATE INDEX unknown_a ON unknown (a);
CREATE INDEX unknown_gin ON unknown USING gin (to_tsvector('simple', b));
CREATE INDEX unknown_brin ON unknown USING brin (a);
CREATE INDEX unknown_hash ON unknown USING hash (a);
CREATE VIEW just_a_view AS SELECT 1 AS a;
CREATE SEQUENCE just_a_sequence;
CREATE TABLE parts (a int, b text) PARTITION BY RANGE (a);
CREATE INDEX parts_a ON parts (a);
SELECT reason FROM advisor.bloat('parts');
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10000);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10000) TO (20000) PARTITION BY RANGE (a);
CREATE TABLE parts_3 PARTITION OF parts_2 FOR VALUES FROM (10000) TO (20000);
INSERT INTO parts SELECT i, 'part' FROM generate_series(1, 19999) i;
SELECT r, m, b.size IS NULL AS no_size, b.bloat_bytes, b.bloat_percent, b.error_percent, b.reason
FROM unnest('{nothing,nothing_a,unknown,unknown_a,unknown_gin,unknown_brin,unknown_hash,just_a_view,just_a_sequence}'::regclass[]) r,
	unnest('{estimate,sample}'::text[]) m, LATERAL advisor.bloat(r, m) b
WHERE r <> 'unknown_hash'::regclass OR m = 'estimate'
ORDER BY r::text, m;
SELECT b.size = sum(pg_relation_size(t.relid)) AS whole, b.bloat_percent, b.error_percent, b.reason
FROM unnest('{parts,parts_a}'::regclass[]) r, LATERAL advisor.bloat(r, pages => 1000) b, pg_partition_tree(r) t
GROUP BY r, b.size, b.bloat_percent, b.error_percent, b.reason ORDER BY r::text;

-- columns that a rewrite would leave out; from 16 on the table was made longer than it had to be, too
CREATE TABLE dropped AS SELECT i AS a, repeat(md5(i::text), 4) AS b FROM generate_series(1, 2000) i;
ALTER TABLE dropped DROP COLUMN b, ADD c int DEFAULT 1;
SELECT bloat_percent BETWEEN 75 AND 90 AS most FROM advisor.bloat('dropped');

-- errors
SELECT advisor.bloat('bloated', 'guess');
SELECT advisor.bloat('bloated', pages => 0);
SELECT advisor.bloat('bloated', 'exact');
SELECT advisor.bloat('no_such_table');
SELECT advisor.bloat(NULL);
SELECT method_used, reason FROM advisor._bloat(1, 'sample', 100);
SELECT method_used, reason FROM advisor._bloat(NULL, 'sample', 100);

-- rights
CREATE ROLE regress_bloat_none;
CREATE ROLE regress_bloat_reader;
CREATE ROLE regress_bloat_monitor IN ROLE pg_monitor;
GRANT USAGE ON SCHEMA bloat_test TO regress_bloat_none, regress_bloat_reader, regress_bloat_monitor;
GRANT SELECT ON bloated TO regress_bloat_reader;
SET ROLE regress_bloat_none;
SELECT advisor.bloat('bloated');
SELECT advisor.bloat('bloated_pkey');
SELECT relname, bloat_percent, reason FROM advisor.table_bloat WHERE schemaname = 'bloat_test' AND relname IN ('bloated', 'healthy') ORDER BY relname;
SELECT indexrelname, bloat_percent, reason FROM advisor.index_bloat WHERE schemaname = 'bloat_test' AND relname = 'bloated';
SELECT count(*) FROM advisor.bloat_findings;
SELECT * FROM advisor._bloat_skips() ORDER BY check_id;
SET ROLE regress_bloat_reader;
SELECT tens(bloat_percent) FROM advisor.bloat('bloated');
SELECT relname, tens(bloat_percent), reason FROM advisor.table_bloat WHERE schemaname = 'bloat_test' AND relname IN ('bloated', 'healthy') ORDER BY relname;
SET ROLE regress_bloat_monitor;
SELECT tens(bloat_percent) FROM advisor.bloat('bloated_pkey');
SELECT tens(bloat_percent), tens((SELECT bloat_percent FROM advisor.bloat('bloated', 'estimate'))) AS estimate FROM advisor.bloat('bloated');
SELECT * FROM advisor._bloat_skips();
RESET ROLE;

-- views and findings
SELECT relname, tens(bloat_percent) AS percent, method, fillfactor, remedy, toast_bytes, reason
FROM advisor.table_bloat WHERE schemaname = 'bloat_test' AND relname !~ '^(parts|unknown|dropped)' ORDER BY relname COLLATE "C";
SELECT relname, indexrelname, access_method, tens(bloat_percent) AS percent, method, fillfactor, remedy, reason
FROM advisor.index_bloat WHERE schemaname = 'bloat_test' AND relname !~ '^(parts|dropped)' AND access_method <> 'hash' ORDER BY indexrelname COLLATE "C";
SELECT count(*) FROM advisor.bloat_findings WHERE object ~ 'bloat_test';
UPDATE advisor.settings SET value = 0.1 WHERE name = 'bloat_size';
CREATE VIEW found AS
SELECT check_id, finding_key, category, severity, object, regexp_replace(title, '\d+', 'N', 'g') AS title,
	remedy_sql, undo_sql, remedy_lock, needs_restart, impact_bytes = (evidence ->> 'bloat_bytes')::bigint AS has_impact, confidence
FROM advisor.bloat_findings WHERE object ~ 'bloat_test' AND object !~ 'dropped';
\x on
SELECT * FROM found ORDER BY finding_key COLLATE "C";
\x off
-- what they say to do does it, and can be taken back
SELECT line FROM advisor.bloat_findings, regexp_split_to_table(remedy_sql, '\n') line
WHERE object ~ 'bloat_test' AND remedy_sql ~ 'REINDEX|FULL' AND object !~ 'dropped' ORDER BY finding_key, line DESC \gexec
VACUUM waiting;
SELECT object, remedy_sql FROM found ORDER BY object COLLATE "C";
SELECT reloptions FROM pg_class WHERE oid = '"Mixed ""case"'::regclass;

-- values in TOAST of a column that is dropped are bloat, and so are those of rows
-- that have become short enough to take them back
CREATE TABLE toasted (id int, kept text, gone text) WITH (autovacuum_enabled = off);
ALTER TABLE toasted ALTER kept SET STORAGE EXTERNAL, ALTER gone SET STORAGE EXTERNAL;
INSERT INTO toasted SELECT i, repeat('k', 2500), repeat('g', 7500) FROM generate_series(1, 400) i;
ALTER TABLE toasted DROP COLUMN gone;
CREATE TABLE shortened (id int, kept text, gone text) WITH (autovacuum_enabled = off);
ALTER TABLE shortened ALTER kept SET STORAGE EXTERNAL;
INSERT INTO shortened SELECT i, repeat('k', 1200), (SELECT string_agg(md5((i * j)::text), '') FROM generate_series(1, 40) j) FROM generate_series(1, 1000) i;
UPDATE shortened SET gone = NULL;
SELECT pg_stat_force_next_flush();
VACUUM toasted, shortened;
SELECT r, tens(b.bloat_percent) AS percent, b.toast_bloat_bytes > 0.7 * b.toast_bytes AS toast FROM unnest('{toasted,shortened}'::regclass[]) r, advisor.bloat(r) b;
CREATE TEMP TABLE told AS SELECT r, b.expected_bytes, b.size FROM unnest('{toasted,shortened}'::regclass[]) r, advisor.bloat(r) b;
VACUUM FULL toasted;
VACUUM FULL shortened;
-- as large as was told
SELECT r, abs(t.expected_bytes - b.size) < 0.05 * t.size AS well FROM told t, advisor.bloat(r) b;

-- the map of free space tells what a sample of few and large rows cannot
CREATE TABLE ragged (id int, note text) WITH (autovacuum_enabled = off);
ALTER TABLE ragged ALTER note SET STORAGE EXTERNAL;
INSERT INTO ragged SELECT i, repeat('x', 3000 + i * 7919 % 20000) FROM generate_series(1, 1500) i;
DELETE FROM ragged WHERE (id * 7907) % 1009 < 500;
SELECT pg_stat_force_next_flush();
VACUUM ragged;
CREATE TEMP TABLE ragged_told AS SELECT * FROM advisor.bloat('ragged');
VACUUM FULL ragged;
SELECT abs(t.expected_bytes - b.size) * 100.0 / t.size < 2 AS well, t.error_percent BETWEEN 0.1 AND 6 AS error FROM ragged_told t, advisor.bloat('ragged') b;

-- a hash index has buckets for rows whose key is null, and chains for those that have
-- the same; entries of dead rows count where counters know nothing of them
CREATE TABLE odd (id int, nothing int, few int, place point) WITH (autovacuum_enabled = off);
INSERT INTO odd SELECT i, CASE WHEN i % 20 = 0 THEN i END, i / 500, point(i * 7919 % 20011, i) FROM generate_series(1, 40000) i;
ANALYZE odd;
CREATE INDEX odd_nothing ON odd USING hash (nothing);
CREATE INDEX odd_few ON odd USING hash (few);
CREATE INDEX odd_id ON odd (id);
CREATE INDEX odd_place ON odd USING gist (place);
SELECT x, b.bloat_percent <= 5 AS well FROM unnest('{odd_nothing,odd_few}'::regclass[]) x, advisor.bloat(x) b;
DELETE FROM odd WHERE id % 5 <> 0;
SELECT tens(bloat_percent) AS percent FROM advisor.bloat('odd_id');
SELECT bloat_percent > 60 AS much FROM advisor.bloat('odd_place');
SELECT pg_stat_force_next_flush();
SELECT pg_stat_reset_single_table_counters('odd'::regclass);
SELECT tens(bloat_percent) AS percent FROM advisor.bloat('odd_id');

-- what updates leave is all over the keys: each has one entry still
CREATE TABLE renewed (id int, code text, note text) WITH (autovacuum_enabled = off);
INSERT INTO renewed SELECT i, md5(i::text), 'x' FROM generate_series(1, 20000) i;
CREATE INDEX renewed_code ON renewed (code);
CREATE INDEX renewed_note ON renewed (note);
UPDATE renewed SET note = 'y' WHERE id <= 16000;
CREATE TEMP TABLE renewed_told AS SELECT b.* FROM advisor.bloat('renewed_code') b;
REINDEX INDEX renewed_code;
SELECT abs(t.expected_bytes - b.size) < 0.08 * t.size AS well FROM renewed_told t, advisor.bloat('renewed_code') b;

-- when the budget is spent
UPDATE advisor.settings SET value = 0 WHERE name = 'bloat_sample_budget';
SELECT relname, method, size > 0 AS has_size, reason FROM advisor.table_bloat WHERE schemaname = 'bloat_test' AND relname IN ('healthy', 'nothing') ORDER BY 1;
UPDATE advisor.settings SET value = 0.01 WHERE name = 'bloat_estimate_size';
SELECT relname, method, tens(bloat_percent), error_percent, sampled_pages FROM advisor.table_bloat
WHERE schemaname = 'bloat_test' AND relname IN ('healthy', 'waiting') ORDER BY 1;
SELECT indexrelname, method, tens(bloat_percent), error_percent, sampled_pages FROM advisor.index_bloat
WHERE schemaname = 'bloat_test' AND relname IN ('healthy', 'waiting') ORDER BY 1;
UPDATE advisor.settings SET value = default_value WHERE name LIKE 'bloat%';

-- each check has its page
SELECT check_id, category, length(page) > 1000 AS has_page, settings <@ (SELECT array_agg(name) FROM advisor.settings) AS settings_exist
FROM advisor._bloat_checks() ORDER BY check_id;

RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA bloat_test CASCADE;
DROP ROLE regress_bloat_none, regress_bloat_reader, regress_bloat_monitor;

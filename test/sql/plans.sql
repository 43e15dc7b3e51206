-- Plans of a statement are told apart by their shape: other constants or other
-- partitions do not make another plan, an index that is used does.
SELECT advisor.reset() IS NOT NULL AS reset;
CREATE TABLE pl_item (id int, v int, w text) WITH (autovacuum_enabled = off);
INSERT INTO pl_item SELECT g, g % 1000, repeat('x', 50) FROM generate_series(1, 10000) g;
ANALYZE pl_item;
CREATE TEMP VIEW seen AS
	SELECT query, toplevel, calls, distinct_plans
	FROM advisor.statements
	WHERE datname = current_database()
		AND query LIKE '%pl\_%' AND query ~ '^(SELECT|UPDATE|PREPARE)' AND query !~ '(advisor|^SELECT format)';

-- constants make no difference, an index does, its removal brings the old plan back
SELECT count(w) FROM pl_item WHERE id = 1;
SELECT count(w) FROM pl_item WHERE id = 2;
SELECT count(w) FROM pl_item WHERE id = -3;
SELECT calls, distinct_plans FROM seen WHERE query LIKE 'SELECT count(w) FROM pl\_item%';
CREATE INDEX pl_index ON pl_item (id);
SELECT count(w) FROM pl_item WHERE id = 4;
SELECT calls, distinct_plans FROM seen WHERE query LIKE 'SELECT count(w) FROM pl\_item%';
SELECT count(w) FROM pl_item WHERE id = 5;
DROP INDEX pl_index;
SELECT count(w) FROM pl_item WHERE id = 6;
SELECT calls, distinct_plans FROM seen WHERE query LIKE 'SELECT count(w) FROM pl\_item%';

-- join methods, and an update
CREATE INDEX pl_index ON pl_item (id);
SELECT count(*) FROM pl_item a JOIN pl_item b USING (id) WHERE a.v = 7;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT count(*) FROM pl_item a JOIN pl_item b USING (id) WHERE a.v = 8;
RESET enable_hashjoin;
RESET enable_mergejoin;
SELECT calls, distinct_plans BETWEEN 1 AND 2 AS plans FROM seen WHERE query LIKE '%JOIN pl\_item b%';
UPDATE pl_item SET w = 'y' WHERE id = 7;
UPDATE pl_item SET w = 'z' WHERE id = 8;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
UPDATE pl_item SET w = 'z' WHERE id = 9;
RESET enable_indexscan;
RESET enable_bitmapscan;
SELECT calls, distinct_plans FROM seen WHERE query LIKE 'UPDATE pl\_item%';

-- a generic plan of the same shape as the custom ones is the same
PREPARE pl_prepared(int) AS SELECT w FROM pl_item WHERE id = $1;
SET plan_cache_mode = force_custom_plan;
EXECUTE pl_prepared(10);
EXECUTE pl_prepared(11);
SET plan_cache_mode = force_generic_plan;
EXECUTE pl_prepared(12);
EXECUTE pl_prepared(13);
RESET plan_cache_mode;
SELECT calls, distinct_plans FROM seen WHERE query LIKE 'PREPARE pl\_prepared%';
SET plan_cache_mode = force_custom_plan;
DROP INDEX pl_index;
EXECUTE pl_prepared(14);
RESET plan_cache_mode;
SELECT calls, distinct_plans FROM seen WHERE query LIKE 'PREPARE pl\_prepared%';
DEALLOCATE pl_prepared;

-- partitions do not multiply plans, whether one or several are read
CREATE TABLE pl_parted (day int, v int) PARTITION BY RANGE (day);
SELECT format('CREATE TABLE pl_parted_%s PARTITION OF pl_parted FOR VALUES FROM (%s) TO (%s)', g, g * 10, g * 10 + 10)
	FROM generate_series(0, 9) g \gexec
INSERT INTO pl_parted SELECT g % 100, g FROM generate_series(1, 1000) g;
ANALYZE pl_parted;
SELECT count(*) FROM pl_parted WHERE day = 5;
SELECT count(*) FROM pl_parted WHERE day = 55;
SELECT sum(v) FROM pl_parted WHERE day BETWEEN 1 AND 3;
SELECT sum(v) FROM pl_parted WHERE day BETWEEN 61 AND 63;
SELECT sum(v) FROM pl_parted WHERE day BETWEEN 5 AND 15;
SELECT sum(v) FROM pl_parted WHERE day BETWEEN 5 AND 95;
SELECT query, calls, distinct_plans FROM seen WHERE query LIKE '%pl\_parted WHERE%' ORDER BY query COLLATE "C";
-- but an index that only one of them has does make a difference
CREATE INDEX pl_parted_index ON pl_parted_1 (day);
ANALYZE pl_parted_1;
SET enable_seqscan = off;
SELECT sum(v) FROM pl_parted WHERE day BETWEEN 11 AND 12;
RESET enable_seqscan;
SELECT query, calls, distinct_plans FROM seen WHERE query LIKE 'SELECT sum(v) FROM pl\_parted WHERE%';

-- a utility statement has no plan, a failed one counts none
SELECT distinct_plans FROM advisor.statements WHERE query = 'DROP INDEX pl_index' AND toplevel;
\set VERBOSITY sqlstate
SELECT 1 / (id - 1), w FROM pl_item;
\set VERBOSITY default
SELECT calls, distinct_plans, errors FROM advisor.statements WHERE query LIKE 'SELECT $1 / (id - $2), w FROM pl\_item';

DROP VIEW seen;
DROP TABLE pl_item, pl_parted;

-- Utility statements are counted like others, with the rows of those that have
-- any; advisor.track_utility turns that off.  What an EXPLAIN only explains
-- leaves no trace.
SELECT advisor.reset() IS NOT NULL AS reset;
CREATE TABLE ut_item (id int PRIMARY KEY, v int);
INSERT INTO ut_item SELECT g, g FROM generate_series(1, 20) g;
CREATE TEMP VIEW seen AS
	SELECT query, toplevel, calls, rows, errors
	FROM advisor.statements
	WHERE datname = current_database()
		AND query LIKE '%ut\_%' AND query !~ '(advisor|^INSERT)';

-- rows
COPY ut_item TO stdout;
COPY ut_item FROM stdin;
101	1
102	2
103	3
\.
CREATE TABLE ut_as AS SELECT id FROM ut_item WHERE v <= 10;
SELECT id INTO ut_into FROM ut_item WHERE v <= 8;
CREATE MATERIALIZED VIEW ut_matview AS SELECT id, v FROM ut_item WHERE v <= 7;
REFRESH MATERIALIZED VIEW ut_matview;
BEGIN;
DECLARE ut_cursor CURSOR FOR SELECT * FROM ut_item;
FETCH 4 FROM ut_cursor;
MOVE 2 FROM ut_cursor;
COMMIT;
CREATE INDEX ut_index ON ut_item (v);
ALTER TABLE ut_item ALTER v SET DEFAULT 0;
VACUUM ut_item;
TRUNCATE ut_as;
SELECT (regexp_match(query, '^(COPY \w+ \w+|\w+)'))[1] COLLATE "C" AS statement, sum(calls) AS calls, sum(rows) AS rows
	FROM seen
	WHERE toplevel AND query !~ '^(SELECT|CREATE TEMP)' AND query !~ 'CREATE TABLE ut_item'
	GROUP BY 1 ORDER BY 1;
-- the queries inside them are nested, under an id of their own or under that of
-- what contains them, as the version goes
SELECT toplevel, sum(rows) AS rows FROM seen
	WHERE query LIKE '%v <= %' GROUP BY 1 ORDER BY 1;

-- transactions
SELECT advisor.reset() IS NOT NULL AS reset;
BEGIN;
COMMIT;
BEGIN;
ROLLBACK;
SELECT upper(query) COLLATE "C" AS query, sum(calls) AS calls FROM advisor.statements
	WHERE upper(query) IN ('BEGIN', 'COMMIT', 'ROLLBACK') GROUP BY 1 ORDER BY 1;

-- EXPLAIN
CREATE VIEW ut_explained AS SELECT * FROM ut_item;
CREATE VIEW ut_analyzed AS SELECT * FROM ut_item;
CREATE FUNCTION ut_function(i int) RETURNS bigint IMMUTABLE LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT count(*) FROM ut_analyzed WHERE id > i); END $$;
EXPLAIN SELECT v + 1 FROM ut_explained WHERE id > 1 \g /dev/null
EXPLAIN (COSTS OFF) DELETE FROM ut_explained WHERE id > 1 \g /dev/null
EXPLAIN (ANALYZE OFF, COSTS OFF) SELECT v + 1 FROM ut_explained WHERE id > 1 \g /dev/null
EXPLAIN (ANALYZE, ANALYZE false) SELECT v + 1 FROM ut_explained WHERE id > 1 \g /dev/null
PREPARE ut_prepared AS SELECT 1 FROM ut_explained;
EXPLAIN EXECUTE ut_prepared \g /dev/null
SET advisor.track_planning = on;
EXPLAIN SELECT v + 1 FROM ut_explained WHERE id > 2 \g /dev/null
RESET advisor.track_planning;
SELECT count(*) FROM seen WHERE query LIKE '%ut\_explained%' AND query NOT LIKE 'CREATE%';
EXPLAIN ANALYZE SELECT v + 1 FROM ut_analyzed WHERE id > 1 \g /dev/null
EXPLAIN (ANALYZE true, COSTS OFF) SELECT v + 1 FROM ut_analyzed WHERE id > 2 \g /dev/null
SELECT toplevel, sum(calls) AS calls FROM seen
	WHERE query LIKE '%v + % FROM ut\_analyzed%' GROUP BY 1 ORDER BY 1;

-- inside functions they are nested, inside DO, too
DO $$ BEGIN EXECUTE 'CREATE TABLE ut_dynamic (id int)'; DROP TABLE ut_dynamic; END $$;
SELECT query, toplevel, calls FROM seen
	WHERE query ~ '^(DO|CREATE TABLE|DROP TABLE)' AND query LIKE '%ut\_dynamic%' ORDER BY query COLLATE "C";

-- off
SET advisor.track_utility = off;
SELECT advisor.reset() IS NOT NULL AS reset;
COPY ut_item TO stdout \g /dev/null
CREATE TABLE ut_off (id int);
DROP TABLE ut_off;
DO $$ BEGIN PERFORM count(*) FROM ut_analyzed; END $$;
SELECT query, toplevel, calls FROM seen WHERE query LIKE 'SELECT count(*) FROM ut\_analyzed';
SELECT count(*) FROM seen WHERE query ~ '^(COPY|CREATE|DROP|DO)';
-- a prepared statement is no utility statement
PREPARE ut_prepared_too(int) AS SELECT v FROM ut_analyzed WHERE id = $1;
EXECUTE ut_prepared_too(1);
EXECUTE ut_prepared_too(2);
SELECT toplevel, calls, rows FROM seen WHERE query LIKE '%SELECT v FROM ut\_analyzed WHERE id = $1';
RESET advisor.track_utility;

DEALLOCATE ut_prepared;
DEALLOCATE ut_prepared_too;
SET client_min_messages = warning;
DROP VIEW seen;
DROP FUNCTION ut_function;
DROP MATERIALIZED VIEW ut_matview;
DROP TABLE ut_as, ut_into;
DROP TABLE ut_item CASCADE;
RESET client_min_messages;

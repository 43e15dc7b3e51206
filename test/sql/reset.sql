-- advisor.reset() forgets what matches user, database and query id, and
-- nothing else; without arguments it begins from nothing.
SELECT advisor.reset() IS NOT NULL AS reset;
CREATE ROLE regress_re_user;
CREATE TABLE re_item (id int PRIMARY KEY, v int);
INSERT INTO re_item SELECT g, g FROM generate_series(1, 10) g;
GRANT SELECT ON re_item TO regress_re_user;
CREATE TEMP VIEW seen AS
	SELECT usename, query, calls, errors, queryid FROM advisor.statements
	WHERE datname = current_database() AND query LIKE 'SELECT % FROM re\_item%';
-- two statements of one user, one of them also of another
\set fill 'SELECT v FROM re_item WHERE id = 1; SELECT v, v FROM re_item WHERE id = 1; SET ROLE regress_re_user; SELECT v FROM re_item WHERE id = 2; RESET ROLE;'
\set show 'SELECT CASE usename WHEN current_user THEN 1 ELSE 2 END AS who, query, calls FROM seen ORDER BY 1, query COLLATE "C";'
:fill
:show

-- by user
SELECT advisor.reset(userid => 'regress_re_user'::regrole) IS NOT NULL AS reset;
:show
:fill
:show
-- by database: another one, then this one
SELECT advisor.reset(dbid => (SELECT oid FROM pg_database WHERE datname = 'template1')) IS NOT NULL AS reset;
:show
SELECT advisor.reset(dbid => (SELECT oid FROM pg_database WHERE datname = current_database())) IS NOT NULL AS reset;
SELECT count(*) FROM seen;
:fill
-- by query id
SELECT queryid AS id FROM seen WHERE query LIKE 'SELECT v, v %' \gset
SELECT advisor.reset(queryid => :id) IS NOT NULL AS reset;
:show
-- all three at once, one of which does not match
SELECT DISTINCT queryid AS id FROM seen WHERE query LIKE 'SELECT v FROM %' \gset
SELECT advisor.reset('regress_re_user'::regrole, (SELECT oid FROM pg_database WHERE datname = 'template1'), :id) IS NOT NULL AS reset;
:show
SELECT advisor.reset('regress_re_user'::regrole, (SELECT oid FROM pg_database WHERE datname = current_database()), :id) IS NOT NULL AS reset;
:show
-- zero stands for any, like NULL
SELECT advisor.reset(0, 0, 0) IS NOT NULL AS reset;
SELECT count(*) FROM seen;
:fill
:show

-- with errors and planning times
\set VERBOSITY sqlstate
SET advisor.track_planning = on;
SELECT 1 / (id - 1) FROM re_item;
SELECT v FROM re_item WHERE id = 3;
RESET advisor.track_planning;
\set VERBOSITY default
SELECT advisor.reset() IS NOT NULL AS reset;
SELECT count(*) FROM advisor.errors;
SELECT v FROM re_item WHERE id = 4;
SELECT calls, plans, total_plan_time, errors FROM advisor.statements WHERE query LIKE 'SELECT v FROM re\_item%';

-- a statement that runs counts after the reset that happens inside it
SELECT advisor.reset() IS NOT NULL AS reset FROM re_item WHERE id = 1;
SELECT calls FROM advisor.statements WHERE query LIKE 'SELECT advisor.reset() % FROM re\_item%';

-- a cursor that was opened before and is closed after it counts once, after it
BEGIN;
DECLARE c CURSOR FOR SELECT v + 1 FROM re_item ORDER BY id;
FETCH 2 FROM c;
SELECT advisor.reset() IS NOT NULL AS reset;
FETCH 1 FROM c;
CLOSE c;
COMMIT;
SELECT sum(calls) AS calls, sum(rows) AS rows FROM advisor.statements
	WHERE query LIKE '%SELECT v + % FROM re\_item%' AND NOT toplevel;

-- when, and what the counters of the whole say
SELECT advisor.reset() AS at \gset
SELECT stats_since = :'at' AS since, evicted_entries, evicted_calls, dropped_calls, total_exec_time < 60000 AS time
	FROM advisor.info;
SELECT advisor.reset(queryid => 1) > :'at' AS later;
SELECT stats_since = :'at' AS since FROM advisor.info;

DROP VIEW seen;
DROP TABLE re_item;
DROP ROLE regress_re_user;

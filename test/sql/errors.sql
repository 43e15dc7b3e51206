-- An aborted statement is counted under its query id with the class of its
-- error, apart from the completed ones; one that is caught inside a function
-- counts for the inner statement alone.
SELECT advisor.reset() IS NOT NULL AS reset;
CREATE TABLE er_item (id int PRIMARY KEY, v int);
INSERT INTO er_item SELECT g, g FROM generate_series(1, 10) g;
-- a view for each case makes its query known
SELECT format('CREATE VIEW er_case_%s AS SELECT * FROM er_item', name)
	FROM unnest(ARRAY['plan', 'run', 'unique', 'permission', 'lock', 'nowait', 'inner', 'caught', 'cursor',
		'explained', 'mixed', 'mixed_too']) name \gexec
SELECT format('CREATE VIEW er_case_%s AS SELECT 1 AS one', name)
	FROM unnest(ARRAY['cancel', 'timeout', 'outer', 'catcher', 'raise']) name \gexec
CREATE TABLE er_case_foreign (id int REFERENCES er_item DEFERRABLE);
CREATE TABLE er_unique (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);
CREATE TEMP VIEW seen AS
	SELECT (regexp_match(query, '[ (](er\_case\_[a-z_]+)'))[1] AS "case",
		toplevel, sqlstate_class, sum(errors) AS errors,
		min(condition) IS NOT NULL AS has_name
	FROM advisor.errors
	WHERE datname = current_database() AND query LIKE '%er\_case\_%'
		AND query !~ '(advisor|CREATE)'
	GROUP BY 1, 2, 3;
\set VERBOSITY sqlstate

-- data, constraints, rights
SELECT 1 / 0 FROM er_case_plan;
SELECT 1 / 0 FROM er_case_plan;
SELECT 1 / (id - 1) FROM er_case_run;
INSERT INTO er_case_unique VALUES (1, 1);
INSERT INTO er_case_foreign VALUES (100);
UPDATE er_unique SET id = 1;
BEGIN;
INSERT INTO er_unique VALUES (1), (1);
SET CONSTRAINTS er_unique_id_key IMMEDIATE;
ROLLBACK;
SELECT sqlstate_class, toplevel, errors FROM advisor.errors
	WHERE query LIKE 'SET CONSTRAINTS er\_unique%';
CREATE ROLE regress_er_nobody;
SET ROLE regress_er_nobody;
SELECT id + 1 FROM er_case_permission;
RESET ROLE;

-- intervention, and what it waited for
SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(100) FROM er_case_cancel;
SET statement_timeout = '20ms';
SELECT pg_sleep(100) FROM er_case_timeout;
RESET statement_timeout;
BEGIN;
UPDATE er_item SET v = 0 WHERE id = 1;
PREPARE TRANSACTION 'er_holder';
SET lock_timeout = '20ms';
UPDATE er_case_lock SET v = 0 WHERE id = 1;
SELECT id FROM er_case_nowait WHERE id = 1 FOR UPDATE NOWAIT;
RESET lock_timeout;
ROLLBACK PREPARED 'er_holder';

-- in functions: both the inner statement and those around it are aborted...
CREATE FUNCTION er_fail() RETURNS int LANGUAGE plpgsql AS
$$ BEGIN PERFORM 1 / (id - 1) FROM er_case_inner; RETURN 1; END $$;
SELECT er_fail() FROM er_case_outer;
DO $$ /* er_case_do */ BEGIN PERFORM 1 / (id - 1) FROM er_case_inner; END $$;
-- ... and if it is caught, only those that were
CREATE FUNCTION er_catch() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO er_case_caught VALUES (2, 2);
	RETURN 'inserted';
EXCEPTION WHEN unique_violation THEN
	RETURN 'caught';
END $$;
SELECT er_catch(), 1 AS n FROM er_case_catcher;
SELECT er_catch(), 2 AS n FROM er_case_catcher;
-- raised by the function itself, not by a statement in it
CREATE FUNCTION er_raise(code text) RETURNS int LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING ERRCODE = code; END $$;
SELECT er_raise('P0001') FROM er_case_raise;
SELECT er_raise('53200') FROM er_case_raise;
SELECT er_raise('UE123') FROM er_case_raise;
SELECT er_raise('02000') FROM er_case_raise;

-- in a cursor that has been run before
BEGIN;
DECLARE er_cursor CURSOR FOR SELECT 1 / (id - 3) FROM er_case_cursor ORDER BY id;
FETCH 2 FROM er_cursor;
FETCH 2 FROM er_cursor;
ROLLBACK;
SELECT toplevel, sqlstate_class, sum(errors) AS errors FROM advisor.errors
	WHERE query LIKE 'FETCH % er\_cursor' GROUP BY 1, 2;

-- utility statements
COPY er_item FROM stdin /* er_case_copy */;
a	b
\.
CREATE TABLE er_case_as AS SELECT 1 / (id - 1) AS v FROM er_item;
SELECT toplevel, sqlstate_class, sum(errors) AS errors FROM advisor.errors
	WHERE query LIKE '%1 / (id - %) AS v FROM er\_item' OR query LIKE 'COPY er\_item%'
	GROUP BY 1, 2 ORDER BY 1, 2;
EXPLAIN SELECT 1 / 0 FROM er_case_explained;
\set VERBOSITY default
SELECT * FROM seen WHERE "case" <> 'er_case_as' ORDER BY "case" COLLATE "C", toplevel, sqlstate_class COLLATE "C";

-- Completed and aborted executions of a statement stay apart, rows and time of
-- the aborted ones do not count.
\set VERBOSITY sqlstate
SELECT 1 / id FROM er_case_mixed WHERE id > 5;
SELECT 1 / id FROM er_case_mixed WHERE id > 6;
SELECT 1 / (id - 8) FROM er_case_mixed_too WHERE id > 5 ORDER BY id;
\set VERBOSITY default
SELECT query LIKE '%mixed\_too%' AS failed, calls, rows, errors, total_exec_time > 0 AS time, error_time > 0 AS error_time,
	p50_exec_time IS NULL AS no_percentiles
	FROM advisor.statements WHERE query LIKE 'SELECT %er\_case\_mixed%' AND query NOT LIKE '%advisor%'
	ORDER BY 1;
-- the two views agree
SELECT sum(errors) = (SELECT sum(errors) FROM advisor.errors) AS agree FROM advisor.statements;

SET client_min_messages = warning;
DROP VIEW seen;
DROP FUNCTION er_fail, er_catch, er_raise;
DROP TABLE er_case_foreign, er_item, er_unique CASCADE;
DROP VIEW er_case_cancel, er_case_timeout, er_case_outer, er_case_catcher, er_case_raise;
DROP ROLE regress_er_nobody;
RESET client_min_messages;

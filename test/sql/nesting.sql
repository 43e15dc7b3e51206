-- Statements inside functions, triggers and utility statements are nested:
-- toplevel is what clients sent.  advisor.track chooses what is recorded, and
-- whatever error a statement ends in, the next one is top-level again.
SELECT advisor.reset() IS NOT NULL AS reset;
CREATE TABLE ne_item (id int PRIMARY KEY, v int);
INSERT INTO ne_item SELECT g, g FROM generate_series(1, 10) g;
CREATE TABLE ne_log (id int, what text);
CREATE FUNCTION ne_plpgsql(i int) RETURNS int LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT v AS plpgsql FROM ne_item WHERE id = i AND v > 0); END $$;
CREATE FUNCTION ne_sql(int) RETURNS bigint LANGUAGE sql AS
$$ SELECT sum(v) AS sql FROM ne_item WHERE id <= $1 AND v > 0 $$;
CREATE FUNCTION ne_deep(i int) RETURNS int LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT ne_plpgsql(id) + 1 AS deep FROM ne_item WHERE id = i); END $$;
CREATE FUNCTION ne_trigger() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO ne_log VALUES (NEW.id, 'triggered'); RETURN NULL; END $$;
CREATE TRIGGER ne_trigger AFTER UPDATE ON ne_item FOR EACH ROW EXECUTE FUNCTION ne_trigger();
CREATE TEMP VIEW seen AS
	SELECT CASE
			WHEN query LIKE '% AS plpgsql %' THEN 'inside plpgsql'
			WHEN query LIKE '% AS sql %' THEN 'inside SQL'
			WHEN query LIKE '% AS deep %' THEN 'deep inside'
			WHEN query LIKE '%INTO ne\_log%' THEN 'inside trigger'
			WHEN query LIKE '%UPDATE ne\_item%' THEN 'update'
			WHEN query LIKE 'DO %' THEN 'do'
			WHEN query ~ '^SELECT ne_[a-z]+\([^)]*\)( AS |$)' THEN 'outer'
		END AS what,
		toplevel, sum(calls) AS calls, sum(rows) AS rows, sum(errors) AS errors
	FROM advisor.statements
	WHERE datname = current_database() AND query LIKE '%ne\_%'
		AND query !~ '(advisor|CREATE)'
	GROUP BY 1, 2;

-- top-level and nested, as recorded by each setting
CREATE PROCEDURE ne_work() LANGUAGE plpgsql AS
$$ BEGIN PERFORM ne_plpgsql(4); END $$;
SELECT advisor.reset() IS NOT NULL AS reset;
SELECT ne_plpgsql(1) AS outer;
SELECT ne_sql(3) AS outer2;
SELECT ne_deep(2) AS outer3;
UPDATE ne_item SET v = v + 1 WHERE id <= 4;
DO $$ BEGIN PERFORM ne_plpgsql(3); END $$;
SELECT * FROM seen WHERE what IS NOT NULL ORDER BY what COLLATE "C", toplevel;

SET advisor.track = 'top';
SELECT advisor.reset() IS NOT NULL AS reset;
SELECT ne_plpgsql(1) AS outer;
SELECT ne_sql(3) AS outer2;
SELECT ne_deep(2) AS outer3;
UPDATE ne_item SET v = v + 1 WHERE id <= 4;
DO $$ BEGIN PERFORM ne_plpgsql(3); END $$;
SELECT * FROM seen WHERE what IS NOT NULL ORDER BY what COLLATE "C", toplevel;

SET advisor.track = 'none';
SELECT advisor.reset() IS NOT NULL AS reset;
SELECT ne_plpgsql(1) AS outer;
UPDATE ne_item SET v = v + 1 WHERE id <= 4;
DO $$ BEGIN PERFORM ne_plpgsql(3); END $$;
SELECT * FROM seen WHERE what IS NOT NULL ORDER BY what COLLATE "C", toplevel;
RESET advisor.track;

-- a change of the setting in the middle of a statement
CREATE FUNCTION ne_switch() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ne_plpgsql(1);
	SET LOCAL advisor.track = 'none';
	PERFORM ne_plpgsql(2);
	SET LOCAL advisor.track = 'all';
	RETURN ne_plpgsql(3);
END $$;
SELECT advisor.reset() IS NOT NULL AS reset;
SELECT ne_switch() AS outer;
SELECT * FROM seen WHERE what IN ('inside plpgsql', 'outer') ORDER BY what COLLATE "C", toplevel;
RESET advisor.track;

-- No error leaves a level behind: after each kind of it the probe, which must
-- be top-level every time.
CREATE TABLE ne_child (id int REFERENCES ne_item DEFERRABLE);
CREATE TABLE ne_deferred (id int REFERENCES ne_item DEFERRABLE INITIALLY DEFERRED);
CREATE FUNCTION ne_fail() RETURNS int LANGUAGE plpgsql AS
$$ BEGIN PERFORM 1 / (id - 1) FROM ne_item WHERE id = 1; RETURN 1; END $$;
CREATE FUNCTION ne_immutable_fail() RETURNS int IMMUTABLE LANGUAGE plpgsql AS
$$ BEGIN RETURN ne_fail(); END $$;
CREATE FUNCTION ne_deep_fail() RETURNS int LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT ne_fail() FROM ne_item WHERE id = 1); END $$;
CREATE FUNCTION ne_fail_trigger() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM ne_fail(); RETURN NULL; END $$;
CREATE TRIGGER ne_fail_trigger AFTER UPDATE ON ne_log FOR EACH STATEMENT EXECUTE FUNCTION ne_fail_trigger();
CREATE FUNCTION ne_caught() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		PERFORM ne_deep_fail();
	EXCEPTION WHEN division_by_zero THEN
		BEGIN
			PERFORM 1 / 0 FROM ne_item;
		EXCEPTION WHEN division_by_zero THEN
			RETURN (SELECT 'caught' AS after_caught FROM ne_item WHERE id = 1);
		END;
	END;
END $$;
CREATE PROCEDURE ne_fail_procedure() LANGUAGE plpgsql AS
$$ BEGIN COMMIT; PERFORM ne_fail(); END $$;
PREPARE ne_prepared(int) AS SELECT 1 / $1 FROM ne_item;
CREATE ROLE regress_ne_nobody;
SELECT advisor.reset() IS NOT NULL AS reset;
\set VERBOSITY sqlstate
\set probe 'SELECT v IS NOT NULL AS probe FROM ne_item WHERE id = 5;'

-- planner; planner inside a function that it executes
SELECT 1 / 0 FROM ne_item;
:probe
SELECT ne_immutable_fail() FROM ne_item;
:probe
-- executor start
SET ROLE regress_ne_nobody;
SELECT count(*) FROM ne_item;
RESET ROLE;
:probe
-- executor run, direct and in functions
SELECT 1 / (id - 1) FROM ne_item;
:probe
SELECT ne_fail();
:probe
SELECT ne_deep_fail();
:probe
INSERT INTO ne_item VALUES (1, 1);
:probe
-- executor finish
INSERT INTO ne_child VALUES (-1);
:probe
UPDATE ne_log SET id = 1;
:probe
-- utility statements
CREATE TABLE ne_item (id int);
:probe
COPY ne_item FROM stdin;
a	b
\.
:probe
DO $$ BEGIN PERFORM ne_fail(); END $$;
:probe
CALL ne_fail_procedure();
:probe
EXPLAIN SELECT 1 / 0 FROM ne_item;
:probe
EXPLAIN ANALYZE SELECT ne_fail();
:probe
CREATE TABLE ne_as AS SELECT 1 / (id - 1) FROM ne_item;
:probe
EXECUTE ne_prepared(0);
:probe
-- cursors
BEGIN;
DECLARE ne_cursor CURSOR FOR SELECT ne_fail() FROM ne_item;
FETCH ne_cursor;
ROLLBACK;
:probe
BEGIN;
DECLARE ne_cursor CURSOR WITH HOLD FOR SELECT ne_fail() FROM ne_item;
COMMIT;
:probe
-- deferred, at COMMIT and before
BEGIN;
INSERT INTO ne_deferred VALUES (-1);
COMMIT;
:probe
BEGIN;
INSERT INTO ne_deferred VALUES (-1);
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK;
:probe
-- subtransactions
BEGIN;
SAVEPOINT ne_savepoint;
SELECT ne_deep_fail();
ROLLBACK TO ne_savepoint;
:probe
COMMIT;
:probe
SELECT ne_caught();
:probe
-- intervention
SET statement_timeout = '20ms';
SELECT pg_sleep(100) FROM ne_item;
RESET statement_timeout;
:probe
SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(100) FROM ne_item;
:probe
-- what is no statement at all
SELECT no_such_column FROM ne_item;
SELECT no syntax FROM;
:probe
\set VERBOSITY default
SELECT toplevel, calls FROM advisor.statements
	WHERE query LIKE '% AS probe FROM ne\_item%' AND query NOT LIKE '%advisor%';
SELECT toplevel, calls FROM advisor.statements
	WHERE query LIKE '% AS after\_caught FROM ne\_item%' AND query NOT LIKE '%advisor%';

-- A plan that is seen for the first time is studied in a subtransaction that is
-- rolled back, of which a session that has had errors is told: what is around
-- it is not dead.
CREATE FUNCTION ne_studied(int) RETURNS bigint LANGUAGE sql AS
$$ SELECT count(*) AS studied FROM ne_item WHERE v > $1 $$;
SELECT max(ne_studied(id)) AS studying FROM ne_item;
SELECT toplevel, calls, errors FROM advisor.statements
	WHERE query ~ ' AS stud(ied|ying) FROM ne_item' AND query NOT LIKE 'CREATE%' ORDER BY toplevel;

-- What a deferred trigger does at COMMIT happens outside of any statement, so
-- nothing tells it from what a client sends.
CREATE FUNCTION ne_deferred_trigger() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO ne_log VALUES (NEW.id, 'deferred'); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER ne_deferred_trigger AFTER INSERT ON ne_deferred
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ne_deferred_trigger();
SELECT advisor.reset() IS NOT NULL AS reset;
BEGIN;
INSERT INTO ne_deferred VALUES (1);
COMMIT;
SELECT * FROM seen WHERE what = 'inside trigger' ORDER BY toplevel;

DEALLOCATE ne_prepared;
DROP VIEW seen;
DROP FUNCTION ne_plpgsql, ne_sql, ne_studied, ne_deep, ne_fail, ne_deep_fail, ne_immutable_fail, ne_caught, ne_switch;
DROP PROCEDURE ne_work, ne_fail_procedure;
DROP TABLE ne_child, ne_deferred, ne_item, ne_log;
DROP FUNCTION ne_trigger, ne_fail_trigger, ne_deferred_trigger;
DROP ROLE regress_ne_nobody;

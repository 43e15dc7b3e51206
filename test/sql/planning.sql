-- Planning is counted only if advisor.track_planning is on, and then once for
-- each time that the planner ran.
SELECT advisor.reset() IS NOT NULL AS reset;
CREATE TABLE pn_item (id int PRIMARY KEY, v int);
INSERT INTO pn_item SELECT g, g FROM generate_series(1, 10) g;
CREATE TEMP VIEW seen AS
	SELECT query, toplevel, calls, plans, total_plan_time > 0 AS time,
		min_plan_time <= mean_plan_time AND mean_plan_time <= max_plan_time AS times
	FROM advisor.statements
	WHERE datname = current_database()
		AND query LIKE '%pn\_item%' AND query !~ '(advisor|CREATE|generate_series)';
SHOW advisor.track_planning;
SELECT v FROM pn_item WHERE id = 1;
SELECT query, calls, plans, time FROM seen;
SET advisor.track_planning = on;
SELECT v FROM pn_item WHERE id = 2;
SELECT v FROM pn_item WHERE id = 3;
SELECT query, calls, plans, time, times FROM seen;

-- a plan that is kept is planned once
PREPARE pn_prepared(int) AS SELECT v + 1 FROM pn_item WHERE id = $1;
SET plan_cache_mode = force_generic_plan;
EXECUTE pn_prepared(1);
EXECUTE pn_prepared(2);
EXECUTE pn_prepared(3);
SET plan_cache_mode = force_custom_plan;
EXECUTE pn_prepared(4);
EXECUTE pn_prepared(5);
RESET plan_cache_mode;
SELECT calls, plans, time FROM seen WHERE query LIKE 'PREPARE%';
DEALLOCATE pn_prepared;

-- nested
CREATE FUNCTION pn_function(i int) RETURNS int LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT max(v) FROM pn_item WHERE id = i); END $$;
SELECT pn_function(1);
SELECT toplevel, calls, plans FROM seen WHERE query LIKE '%max(v) FROM pn\_item%';
-- planned, but never run
BEGIN;
DECLARE c CURSOR FOR SELECT v FROM pn_item WHERE id = 4;
COMMIT;
SELECT calls, plans FROM seen WHERE query = 'SELECT v FROM pn_item WHERE id = $1' AND toplevel;

DROP VIEW seen;
DROP FUNCTION pn_function;
DROP TABLE pn_item;
RESET advisor.track_planning;

-- What advice is made for: budgets, texts, and what was captured and written.
\set VERBOSITY terse

--
-- Budgets
--
SELECT budget, advisor._budget(budget) FROM unnest(array['500MB', '2 GB', '10gb', '1.5GB', '1000', ' 1000 bytes ',
	'1e3', '5kB', '1TB', '+3']) budget;
SELECT round((advisor._budget('10 %') / pg_database_size(current_database()))::numeric, 3) AS part;
\set VERBOSITY default
SELECT advisor._budget('lots');
\set VERBOSITY terse
SELECT advisor._budget('');
SELECT advisor._budget('0');
SELECT advisor._budget('-5GB');
SELECT advisor._budget('-5%');
SELECT advisor._budget('NaN');
SELECT advisor._budget('infinity');
SELECT advisor._budget('0x10');
SELECT advisor._budget('10 QB');
SELECT advisor._budget('10000PB');
SELECT advisor._budget('1e400');
SELECT advisor._budget('%');
SELECT advisor._budget('nan%');

--
-- Texts
--
SELECT number, is_template, query, unusable FROM advisor._workload(array['SELECT 1;', 'VALUES (1)', 'SELECT $1::int',
	'UPDATE nothing SET a = ''$1''', 'WITH x AS (SELECT 1) TABLE x']);
SELECT count(*) FROM advisor._workload('{}');
\set VERBOSITY default
SELECT * FROM advisor._workload(array['SELECT 1', 'SELECT FROM WHERE']);
SELECT * FROM advisor._workload(array['SELECT 1; SELECT 2']);
SELECT * FROM advisor._workload(array['']);
SELECT * FROM advisor._workload(array['SELECT 1', NULL]);
SELECT * FROM advisor._workload(array['EXPLAIN SELECT 1']);
SELECT * FROM advisor._workload(array['CREATE INDEX ON t (a)']);
SELECT * FROM advisor._workload(array['SELECT 1 INTO t']);
SELECT * FROM advisor._workload(array['CREATE TABLE t AS SELECT 1']);
SELECT * FROM advisor._workload(array['PREPARE p AS SELECT 1']);
\set VERBOSITY terse

--
-- What was captured
--
CREATE TABLE work (id integer PRIMARY KEY, a integer, b text, c integer, tags text[]) WITH (autovacuum_enabled = off);
CREATE INDEX ON work (b);
CREATE TABLE log (id integer, x integer);
CREATE TABLE parted (k integer, v integer, gone integer) PARTITION BY RANGE (k);
-- numbered in another way than its parent
CREATE TABLE parted_1 (gone integer, k integer, v integer);
ALTER TABLE parted ATTACH PARTITION parted_1 FOR VALUES FROM (0) TO (1000);
INSERT INTO work SELECT g, g % 10, 'x' || g, 0 FROM generate_series(1, 1000) g;
INSERT INTO parted SELECT g, g FROM generate_series(1, 100) g;
SELECT advisor.reset() IS NOT NULL AS reset;

SELECT count(*) FROM work WHERE a = 3;
UPDATE work SET c = c + 1 WHERE id <= 50;
UPDATE work SET b = 'y', c = 3 WHERE id = 7;
DELETE FROM work WHERE id > 990;
INSERT INTO work (id, a) SELECT g, 1 FROM generate_series(5001, 5100) g;
INSERT INTO work VALUES (5001, 1, 'z', 1) ON CONFLICT (id) DO UPDATE SET c = excluded.c;
WITH gone AS (DELETE FROM work WHERE id BETWEEN 901 AND 920 RETURNING *) INSERT INTO log SELECT id, a FROM gone;
MERGE INTO work USING (VALUES (1), (99999)) v(x) ON work.id = v.x
	WHEN MATCHED THEN UPDATE SET tags = '{a}' WHEN NOT MATCHED THEN INSERT (id) VALUES (x);
UPDATE parted_1 SET v = 1 WHERE k <= 10;
UPDATE parted SET v = 2 WHERE k <= 20;
INSERT INTO parted VALUES (3, 4);
COPY (SELECT 1) TO STDOUT;
BEGIN;
DECLARE "for x" NO SCROLL CURSOR FOR SELECT id FROM log WHERE x > 100;
FETCH "for x";
COMMIT;
-- the server is to know how many updates were HOT
SELECT pg_stat_force_next_flush();
SELECT is_template, calls_per_day > 0 AS calls, mean_time > 0 AS time, split_part(query, ' ', 1) AS begins_with, count(*)
	FROM advisor._workload(NULL) WHERE query !~ 'reset|flush' GROUP BY 1, 2, 3, 4 ORDER BY begins_with COLLATE "C";

-- the rows, and what an index costs with them
CREATE FUNCTION cost(definition text) RETURNS TABLE (inserted float8, updated float8, deleted float8,
	costs boolean, hot_lost numeric, hot_costs boolean) LANGUAGE sql AS $$
	-- as if all updates that could be HOT were
	SELECT c.inserted, c.updated, c.deleted,
		c.cost > 0, round((c.hot_updates_lost / c.hot_share)::numeric, 1), c.hot_cost > 0
	FROM advisor._write_cost('CREATE INDEX ON ' || definition, 1000, 5) c
$$;
SELECT 'work' AS "table", inserted, updated, deleted FROM cost('work (a)')
UNION ALL SELECT 'log', inserted, updated, deleted FROM cost('log (x)')
UNION ALL SELECT 'parted', inserted, updated, deleted FROM cost('parted (v)')
UNION ALL SELECT 'parted_1', inserted, updated, deleted FROM cost('parted_1 (v)');
SELECT definition, costs, hot_lost, hot_costs FROM unnest(array['work (a)', 'work (c)', 'work (a) INCLUDE (c)', 'work (a) WHERE c > 0',
	'work ((c + 1))', 'work (b)', 'work (b, c)', 'work USING gin (tags)', 'log (x)', 'parted (v)', 'parted_1 (v)', 'parted_1 (k)']) definition, cost(definition);
-- of a cursor it is the query (which has examples since 18)
SELECT count(*) AS cursors FROM advisor._workload(NULL) WHERE query ~ '^\s*SELECT id\s+FROM \S*log\s+WHERE';
-- nothing is written there
CREATE TABLE quiet (a integer);
SELECT count(*) FROM cost('quiet (a)');

-- what is gone is left out
DROP TABLE log;
SELECT costs, hot_lost FROM cost('work (c)');

-- of others one sees nothing
CREATE ROLE regress_worker;
GRANT SELECT ON work TO regress_worker;
GRANT EXECUTE ON FUNCTION advisor._workload(text[]) TO regress_worker;
SET ROLE regress_worker;
SELECT count(*) FROM work WHERE a = 5;
SELECT regexp_replace(query, '\s+', ' ', 'g') AS query FROM advisor._workload(NULL);
SELECT * FROM advisor._budget('1');
RESET ROLE;
DROP FUNCTION cost(text);
DROP TABLE work, parted, quiet;
REVOKE ALL ON FUNCTION advisor._workload(text[]) FROM regress_worker;
DROP ROLE regress_worker;

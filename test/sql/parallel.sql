-- A parallel query is one execution of the leader: workers record nothing,
-- their rows and blocks are the leader's.
SELECT advisor.reset() IS NOT NULL AS reset;
CREATE TABLE pa_item (id int, v int) WITH (autovacuum_enabled = off);
INSERT INTO pa_item SELECT g, g FROM generate_series(1, 20000) g;
ANALYZE pa_item;
CREATE FUNCTION pa_sql(int) RETURNS bigint STABLE PARALLEL SAFE LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT count(*) FROM pa_item WHERE id = $1); END $$;
CREATE TEMP VIEW seen AS
	SELECT query, toplevel, calls, rows, errors, shared_blks_hit + shared_blks_read AS blocks
	FROM advisor.statements
	WHERE datname = current_database() AND query LIKE 'SELECT %pa\_%' AND query !~ '(advisor|CREATE)';
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT sum(v) FROM pa_item;
SELECT sum(v) FROM pa_item;
SELECT query, toplevel, calls, rows, errors,
	blocks >= 2 * pg_relation_size('pa_item') / current_setting('block_size')::int AS all_blocks
	FROM seen WHERE query LIKE 'SELECT sum(v)%' ;
-- statements inside functions that workers execute are theirs, and not recorded
-- but by the leader
SELECT count(pa_sql(id)) FROM pa_item WHERE v <= 4;
SELECT toplevel, calls BETWEEN 0 AND 4 AS calls FROM seen WHERE query LIKE 'SELECT count(pa\_sql(id))%';
SELECT count(*) FROM seen WHERE query LIKE '%WHERE id = $1%' AND (toplevel OR calls > 4);

-- an error in a worker is one of the statement
\set VERBOSITY sqlstate
SELECT sum(1 / (v - 5)) FROM pa_item;
\set VERBOSITY default
SELECT toplevel, calls, errors FROM seen WHERE query LIKE 'SELECT sum($1 / (v - $2))%';

-- everything in a worker
SELECT CASE WHEN current_setting('server_version_num')::int >= 160000
	THEN 'debug_parallel_query' ELSE 'force_parallel_mode' END AS debug_parallel \gset
SET :debug_parallel = on;
SELECT max(v) FROM pa_item WHERE id < 10;
SELECT max(v) FROM pa_item WHERE id < 11;
SELECT pa_sql(3);
RESET :debug_parallel;
SELECT toplevel, calls, rows FROM seen WHERE query LIKE 'SELECT max(v)%';
SELECT toplevel, calls, rows FROM seen WHERE query LIKE 'SELECT pa\_sql(%';
-- the reports themselves, read by a worker
SET :debug_parallel = on;
SELECT count(*) > 0 AS statements FROM advisor.statements;
SELECT count(*) >= 0 AS errors FROM advisor.errors;
SELECT count(*) AS info FROM advisor.info;
RESET :debug_parallel;

DROP VIEW seen;
DROP FUNCTION pa_sql;
DROP TABLE pa_item;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;

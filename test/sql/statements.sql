-- A completed statement is counted once, and at once, under its user,
-- database and query, the constants replaced.  Prepared statements are counted
-- as what they prepare, statements of any length are counted, temporary
-- settings of the server such as JIT make no difference.
SELECT advisor.reset() IS NOT NULL AS reset;
CREATE TABLE st_item (id int PRIMARY KEY, v int);
CREATE TEMP VIEW seen AS
	SELECT query, toplevel, calls, rows, errors
	FROM advisor.statements
	WHERE datname = current_database()
		AND query LIKE '%st\_item%' AND query NOT LIKE '%advisor%';

-- every kind of statement, with its rows
INSERT INTO st_item SELECT g, g FROM generate_series(1, 100) g;
SELECT v FROM st_item WHERE id = 1;
SELECT v FROM st_item WHERE id = 2;
SELECT v FROM st_item WHERE id = -1;
UPDATE st_item SET v = v + 1 WHERE id <= 10;
UPDATE st_item SET v = v + 1 WHERE id <= 20;
DELETE FROM st_item WHERE id > 95;
INSERT INTO st_item VALUES (96, 1), (97, 2) RETURNING id;
MERGE INTO st_item t USING (VALUES (97), (98)) s(id) ON t.id = s.id
	WHEN MATCHED THEN UPDATE SET v = 0
	WHEN NOT MATCHED THEN INSERT VALUES (s.id, 7);
SELECT query, toplevel, calls, rows, errors FROM seen
	WHERE query !~ '^(CREATE|MERGE)' ORDER BY query COLLATE "C";
SELECT calls, rows FROM seen WHERE query LIKE 'MERGE%';

-- at once: the last statement of this session itself is there
SELECT count(*) FROM st_item WHERE v = 7 AND id = 98;
SELECT calls, rows FROM seen WHERE query LIKE 'SELECT count(*) FROM st%';

-- several statements in one message
SELECT 1 AS one FROM st_item WHERE id = 3\; SELECT 2 AS two, v FROM st_item WHERE id = 4\; SELECT 1 AS one FROM st_item WHERE id = 5;
SELECT query, toplevel, calls, rows FROM seen
	WHERE query ~ '^SELECT [$0-9]+ AS (one|two)' ORDER BY query COLLATE "C";

-- prepared: whatever is executed is the statement that was prepared
PREPARE st_prepared(int) AS SELECT v + 1 AS prepared FROM st_item WHERE id = $1;
EXECUTE st_prepared(50);
EXECUTE st_prepared(51);
EXECUTE st_prepared(-50);
DEALLOCATE st_prepared;
SELECT toplevel, sum(calls) AS calls, sum(rows) AS rows FROM seen
	WHERE query LIKE '%AS prepared%' GROUP BY toplevel;
SELECT count(*) FROM seen WHERE query LIKE 'EXECUTE%';

-- a data-modifying CTE is one statement; its rows are those of its main query
WITH gone AS (DELETE FROM st_item WHERE id > 96 RETURNING id)
SELECT count(*) AS deleted FROM gone;
SELECT calls, rows FROM seen WHERE query LIKE 'WITH gone%';

-- a megabyte of text, in a constant and outside of any
SELECT repeat('x', 1048576) AS megabyte, '/* ' || repeat('x', 1048576) || ' */' AS comment \gset
SELECT length(:'megabyte') AS length FROM st_item WHERE id = 1;
SELECT length(:'megabyte') AS length FROM st_item WHERE id = 2;
SELECT v AS long, v FROM st_item WHERE id = 20 :comment;
SELECT v AS long, v FROM st_item WHERE id = 21 :comment;
SELECT left(query, 41) AS query, calls, rows FROM seen
	WHERE query ~ '^SELECT (length|v AS long)' ORDER BY query COLLATE "C";

-- JIT
SET jit = on;
SET jit_above_cost = 0;
SELECT sum(v) > 0 AS jit FROM st_item WHERE v > 0;
SELECT sum(v) > 0 AS jit FROM st_item WHERE v > 1;
RESET jit_above_cost;
RESET jit;
SELECT calls, rows FROM seen WHERE query LIKE '% AS jit %';

-- another role's statements are counted apart
CREATE ROLE regress_st_other;
GRANT SELECT ON st_item TO regress_st_other;
SET ROLE regress_st_other;
SELECT v FROM st_item WHERE id = 30;
RESET ROLE;
SELECT s.usename = current_user AS mine, s.calls
	FROM advisor.statements s
	WHERE s.query LIKE 'SELECT v FROM st\_item WHERE id = $1'
	ORDER BY 1 DESC;

-- what a row says of itself adds up
SELECT count(*) > 10 AS rows,
	bool_and(calls = 0 OR min_exec_time <= mean_exec_time
		AND mean_exec_time <= max_exec_time
		AND abs(total_exec_time - calls * mean_exec_time) <= 1e-9 * total_exec_time) AS times,
	bool_and(calls = 0 OR stddev_exec_time BETWEEN 0 AND max_exec_time) AS deviation,
	bool_and(first_seen <= last_seen AND last_seen <= clock_timestamp()) AS seen,
	bool_and(time_percent BETWEEN 0 AND 100) AS shares,
	abs(sum(time_percent) FILTER (WHERE toplevel) - 100) < 0.01 AS shares_sum
	FROM advisor.statements;

-- buffers and WAL are those of the statement
SELECT v AS blocks, v, v FROM st_item WHERE id = 40;
UPDATE st_item SET v = -41 WHERE id = 41;
SELECT shared_blks_hit + shared_blks_read BETWEEN 1 AND 20 AS reads, wal_bytes < 10000 AS few_wal
	FROM advisor.statements WHERE query LIKE '% AS blocks%' AND query NOT LIKE '%advisor%';
SELECT shared_blks_hit > 0 AS hits, wal_bytes BETWEEN 10 AND 20000 AS wal
	FROM advisor.statements WHERE query LIKE 'UPDATE st\_item SET v = $1 %';

-- reading a text once more to take its constants out is not told to the client
SELECT 1 AS st_a_name_of_more_than_sixty_three_bytes_is_cut_and_the_client_is_told;

SET client_min_messages = warning;
DROP TABLE st_item CASCADE;
DROP VIEW seen;
DROP ROLE regress_st_other;
RESET client_min_messages;

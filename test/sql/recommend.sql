-- advisor.recommend_indexes(): what it recommends, says, and refuses.
\set SHOW_CONTEXT never
CREATE SCHEMA "Odd ""S";
SET search_path = "Odd ""S", public;
CREATE TABLE orders (id int PRIMARY KEY, customer int, state text, note text);
INSERT INTO orders SELECT i, i % 2000, 'state ' || i % 4, md5(i::text) FROM generate_series(1, 20000) i;
CREATE TABLE "Table" ("Select" int, "a ""b" int);
INSERT INTO "Table" SELECT i, i % 3000 FROM generate_series(1, 20000) i;
CREATE TABLE events (at date, kind int, note text) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2 (note text, gone int, kind int, at date);
ALTER TABLE events_2 DROP COLUMN gone;
ALTER TABLE events ATTACH PARTITION events_2 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO events SELECT date '2024-01-01' + i % 700, i % 3000, md5(i::text) FROM generate_series(1, 40000) i;
ANALYZE orders, "Table", events;

-- one index, and how it is said
SELECT rank, relation, ddl, undo_ddl, definition, size > 0 AS size, gain_percent > 50 AS gain,
	jsonb_path_query_array(gaining_queries, '$[*].query') AS queries, redundant_indexes, complete
	FROM advisor.recommend_indexes(queries => ARRAY['SELECT * FROM orders WHERE customer = 7', 'SELECT 1']);
-- names that need quotes
SELECT ddl, undo_ddl FROM advisor.recommend_indexes(queries => ARRAY['SELECT * FROM "Table" WHERE "a ""b" = 7']);
-- partitions, with columns in another order
SELECT ddl, undo_ddl FROM advisor.recommend_indexes(queries => ARRAY['SELECT * FROM events WHERE kind = 7']);
-- names of partitions' indexes are given once
SELECT count(*) - count(DISTINCT name) AS taken_twice
	FROM advisor.recommend_indexes(queries => ARRAY[
			'SELECT * FROM events WHERE kind = 7', 'SELECT * FROM events WHERE kind = 9 AND note IS NULL',
			'SELECT * FROM events WHERE kind < 9 AND note IS NULL']) r,
		regexp_matches(r.ddl, 'CREATE INDEX (?:CONCURRENTLY )?(\S+)', 'g') m(name);
-- an index that would have no use any more
CREATE INDEX orders_state ON orders (state);
SELECT definition, r ->> 'drop' AS drop, r ->> 'undo' AS undo
	FROM advisor.recommend_indexes(queries => ARRAY[
			'SELECT * FROM orders WHERE state = ''state 1'' ORDER BY note LIMIT 5']),
		jsonb_array_elements(redundant_indexes) r;
DROP INDEX orders_state;
-- but a part of an index on a partitioned table cannot go alone
CREATE INDEX ON events (at);
SELECT definition, redundant_indexes FROM advisor.recommend_indexes(queries => ARRAY[
		'SELECT * FROM events_2 WHERE at = ''2025-03-04'' ORDER BY note LIMIT 1']);
DROP INDEX events_at_idx;
-- an index on a partitioned table does for those who ask its partitions
SELECT definition FROM advisor.recommend_indexes(queries => ARRAY[
		'SELECT * FROM events WHERE kind = 7', 'SELECT * FROM events_2 WHERE kind = 8']);
-- the same answer twice
SELECT (SELECT jsonb_agg(to_jsonb(r)) FROM advisor.recommend_indexes(queries => q) r) =
	(SELECT jsonb_agg(to_jsonb(r)) FROM advisor.recommend_indexes(queries => q) r) AS same
	FROM (VALUES (ARRAY['SELECT * FROM orders WHERE customer = 7 AND upper(state) = ''X''',
		'SELECT * FROM orders JOIN "Table" ON id = "a ""b" WHERE customer < 5'])) v(q);
-- no lock is left
BEGIN;
SELECT count(*) FROM advisor.recommend_indexes(queries => ARRAY['UPDATE orders SET note = '''' WHERE customer = 7']);
SELECT relation::regclass, mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'orders'::regclass;
COMMIT;

-- nothing to say, and why
SELECT ddl FROM advisor.recommend_indexes(queries => '{}');
SELECT ddl FROM advisor.recommend_indexes(queries => ARRAY['SELECT * FROM orders WHERE id = 7']);
SELECT ddl FROM advisor.recommend_indexes(queries => ARRAY['SELECT * FROM orders WHERE customer = 7'], budget => '1 kB');
SELECT ddl FROM advisor.recommend_indexes(queries => ARRAY['SELECT * FROM missing', 'SELECT 1 / 0']);
SELECT number, cost IS NULL AS failed, reason
	FROM advisor._unadvised(queries => ARRAY['SELECT * FROM missing', 'SELECT 1 / 0', 'SELECT 1', 'SELECT $0',
			'SELECT * FROM orders WHERE id = 7']) ORDER BY number;
SELECT definition FROM advisor.recommend_indexes(queries => ARRAY['SELECT * FROM orders WHERE customer = $1', 'SELECT missing']);

-- bad input
SELECT * FROM advisor.recommend_indexes(queries => ARRAY[NULL]);
SELECT * FROM advisor.recommend_indexes(queries => ARRAY['SELECT 1', '']);
SELECT * FROM advisor.recommend_indexes(queries => ARRAY['SELECT 1; SELECT 2']);
SELECT * FROM advisor.recommend_indexes(queries => ARRAY['SELECT 1', 'SELECTT 1']);
SELECT * FROM advisor.recommend_indexes(queries => ARRAY['EXPLAIN SELECT 1']);
SELECT * FROM advisor.recommend_indexes(queries => ARRAY['SELECT 1 INTO x']);
SELECT * FROM advisor.recommend_indexes(budget => 'much', queries => '{}');
SELECT * FROM advisor.recommend_indexes(budget => '0', queries => '{}');
SELECT * FROM advisor.recommend_indexes(budget => '0x10%', queries => '{}');
SELECT * FROM advisor.recommend_indexes(max_columns => 0, queries => '{}');
SELECT * FROM advisor.recommend_indexes(max_indexes => 0, queries => '{}');
SELECT * FROM advisor.recommend_indexes(min_gain => 'NaN', queries => '{}');
SELECT * FROM advisor.recommend_indexes(max_regression => -1, queries => '{}');
SELECT * FROM advisor.recommend_indexes(time_limit => '-1 s', queries => '{}');

-- an expression that raises errors, and one that takes long
CREATE FUNCTION raises(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
	'BEGIN IF $1 > 100 THEN RAISE ''%'', $1; END IF; RETURN $1; END';
CREATE FUNCTION lasts(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
	'BEGIN PERFORM pg_sleep(0.01); RETURN $1; END';
SELECT definition FROM advisor.recommend_indexes(queries => ARRAY[
		'SELECT * FROM orders WHERE raises(id) = 5', 'SELECT * FROM orders WHERE customer = 7']);
SELECT clock_timestamp() AS started \gset
SELECT definition, complete FROM advisor.recommend_indexes(time_limit => '1 s', queries => ARRAY[
		'SELECT * FROM orders WHERE lasts(id) = 5', 'SELECT * FROM orders WHERE customer = 7']);
SELECT clock_timestamp() - :'started' < '20 s' AS in_time;

SET client_min_messages = warning;
DROP SCHEMA "Odd ""S" CASCADE;

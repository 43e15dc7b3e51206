-- A cursor is run in pieces and counted as one execution, with the rows of all
-- of them, whichever way it ends and however cursors interleave.
SELECT advisor.reset() IS NOT NULL AS reset;
CREATE TABLE cu_item (id int PRIMARY KEY, v int);
INSERT INTO cu_item SELECT g, g FROM generate_series(1, 200) g;
-- a view for each case makes its query known
SELECT format('CREATE VIEW cu_%s AS SELECT * FROM cu_item', name)
	FROM unnest(ARRAY['pieces', 'all', 'untouched', 'inter_a', 'inter_b', 'open', 'scroll', 'hold',
		'rollback', 'loop_all', 'loop_outer', 'loop_inner', 'update']) name \gexec
-- The query of a cursor has an id of its own or that of its DECLARE, as the
-- version goes; it is nested, DECLARE is not.
CREATE TEMP VIEW seen AS
	SELECT (regexp_match(query, ' FROM (cu_[a-z_]+)'))[1] AS "cursor",
		sum(calls) FILTER (WHERE NOT toplevel) AS calls,
		sum(rows) FILTER (WHERE NOT toplevel) AS rows,
		sum(calls) FILTER (WHERE toplevel) AS declared,
		sum(errors) AS errors
	FROM advisor.statements
	WHERE datname = current_database() AND query LIKE '% FROM cu\_%'
		AND query !~ '(advisor|CREATE)'
	GROUP BY 1;

-- pieces
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM cu_pieces WHERE id <= 10 ORDER BY id;
FETCH 3 FROM c;
FETCH 3 FROM c;
CLOSE c;
COMMIT;
SELECT * FROM seen WHERE cursor = 'cu_pieces';

-- to the end and beyond, twice
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM cu_all WHERE id <= 4 ORDER BY id;
FETCH ALL FROM c;
FETCH 1 FROM c;
COMMIT;
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM cu_all WHERE id <= 4 ORDER BY id;
FETCH 2 FROM c;
COMMIT;
SELECT * FROM seen WHERE cursor = 'cu_all';

-- nothing fetched: nothing was run
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM cu_untouched WHERE id <= 4 ORDER BY id;
COMMIT;
SELECT * FROM seen WHERE cursor = 'cu_untouched';

-- interleaved, also with other statements, and closed in another order
BEGIN;
DECLARE a CURSOR FOR SELECT id FROM cu_inter_a WHERE id <= 10 ORDER BY id;
DECLARE b CURSOR FOR SELECT id FROM cu_inter_b WHERE id >= 10 ORDER BY id;
FETCH 1 FROM a;
FETCH 2 FROM b;
SELECT count(*) FROM cu_item;
FETCH 2 FROM a;
FETCH 3 FROM b;
CLOSE a;
FETCH 1 FROM b;
CLOSE b;
COMMIT;
SELECT * FROM seen WHERE cursor LIKE 'cu_inter%' ORDER BY cursor COLLATE "C";

-- while it is open it is not counted, but then at once
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM cu_open WHERE id <= 4 ORDER BY id;
FETCH 2 FROM c;
SELECT * FROM seen WHERE cursor = 'cu_open';
CLOSE c;
SELECT * FROM seen WHERE cursor = 'cu_open';
COMMIT;

-- backwards: every row that was fetched
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT id FROM cu_scroll WHERE id <= 10 ORDER BY id;
FETCH 5 FROM c;
FETCH BACKWARD 3 FROM c;
FETCH FIRST FROM c;
CLOSE c;
COMMIT;
SELECT cursor, calls, rows BETWEEN 8 AND 9 AS rows, declared, errors FROM seen WHERE cursor = 'cu_scroll';

-- held over the end of its transaction: run once, there
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT id FROM cu_hold WHERE id <= 10 ORDER BY id;
FETCH 2 FROM c;
COMMIT;
SELECT cursor, calls, rows >= 10 AS rows, declared, errors FROM seen WHERE cursor = 'cu_hold';
FETCH 2 FROM c;
CLOSE c;
SELECT cursor, calls, rows >= 10 AS rows, declared, errors FROM seen WHERE cursor = 'cu_hold';

-- cut off by the rollback of its transaction, the pieces having gone well
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM cu_rollback WHERE id <= 10 ORDER BY id;
FETCH 2 FROM c;
ROLLBACK;
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM cu_rollback WHERE id <= 10 ORDER BY id;
FETCH 3 FROM c;
SELECT 1 / 0;
ROLLBACK;
BEGIN;
SAVEPOINT s;
DECLARE c CURSOR FOR SELECT id FROM cu_rollback WHERE id <= 10 ORDER BY id;
FETCH 1 FROM c;
ROLLBACK TO s;
COMMIT;
SELECT * FROM seen WHERE cursor = 'cu_rollback';

-- a fetch that does not move begins the same execution as those that do
DO $$
DECLARE
	c refcursor;
	r record;
BEGIN
	OPEN c SCROLL FOR SELECT id AS cu_unmoved FROM cu_item ORDER BY id;
	FETCH PRIOR FROM c INTO r;
	FETCH NEXT FROM c INTO r;
	FETCH NEXT FROM c INTO r;
	CLOSE c;
	OPEN c NO SCROLL FOR SELECT id AS cu_unmoved FROM cu_item ORDER BY id;
	MOVE RELATIVE 0 FROM c;
	MOVE FORWARD ALL FROM c;
	CLOSE c;
END $$;
SELECT calls, rows FROM advisor.statements WHERE query LIKE 'SELECT id AS cu\_unmoved %';

-- loops of plpgsql fetch 10 rows, then 50 a time
CREATE FUNCTION cu_loop(up_to int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	n int := 0;
	r record;
BEGIN
	FOR r IN SELECT id FROM cu_loop_all WHERE id > 0 ORDER BY id LOOP
		n := n + 1;
		EXIT WHEN n = up_to;
	END LOOP;
	RETURN n;
END $$;
SELECT cu_loop(200);
SELECT * FROM seen WHERE cursor = 'cu_loop_all';
SELECT cu_loop(5);
SELECT * FROM seen WHERE cursor = 'cu_loop_all';
-- one loop inside another, over the same query
CREATE FUNCTION cu_nested_loops() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	n int := 0;
	r record;
	s record;
BEGIN
	FOR r IN SELECT id FROM cu_loop_outer WHERE id <= 20 ORDER BY id LOOP
		FOR s IN SELECT id FROM cu_loop_inner WHERE id <= 15 ORDER BY id LOOP
			n := n + 1;
		END LOOP;
	END LOOP;
	RETURN n;
END $$;
SELECT cu_nested_loops();
SELECT * FROM seen WHERE cursor LIKE 'cu_loop_%er' ORDER BY cursor COLLATE "C";

-- WHERE CURRENT OF, and FOR UPDATE
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM cu_update WHERE id <= 3 FOR UPDATE;
FETCH 1 FROM c;
UPDATE cu_item SET v = v + 1 WHERE CURRENT OF c;
COMMIT;
SELECT * FROM seen WHERE cursor = 'cu_update';
SELECT calls, rows FROM advisor.statements WHERE query LIKE 'UPDATE cu\_item % CURRENT OF c';

-- FETCH is a utility statement, with rows
SELECT toplevel, sum(rows) AS rows FROM advisor.statements
	WHERE query LIKE 'FETCH % FROM a' GROUP BY 1;

SET client_min_messages = warning;
DROP VIEW seen;
DROP FUNCTION cu_loop, cu_nested_loops;
DROP TABLE cu_item CASCADE;
RESET client_min_messages;

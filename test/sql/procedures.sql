-- Procedures that end transactions in the middle, and DO: one call each,
-- whatever becomes of the transactions in them.
SELECT advisor.reset() IS NOT NULL AS reset;
CREATE TABLE pc_item (id int);
CREATE PROCEDURE pc_commits(n int) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1..n LOOP
		INSERT INTO pc_item VALUES (i);
		IF i % 2 = 0 THEN
			COMMIT;
		ELSE
			ROLLBACK;
		END IF;
	END LOOP;
END $$;
CREATE PROCEDURE pc_outer() LANGUAGE plpgsql AS $$
DECLARE
	r record;
BEGIN
	CALL pc_commits(2);
	-- the cursor of a loop is held over the end of the transaction
	FOR r IN SELECT id FROM pc_item ORDER BY id LOOP
		UPDATE pc_item SET id = id + 100 WHERE id = r.id;
		COMMIT;
	END LOOP;
END $$;
CREATE PROCEDURE pc_fails() LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO pc_item VALUES (1000);
	COMMIT;
	PERFORM 1 / (id - 1000) FROM pc_item;
END $$;
CREATE TEMP VIEW seen AS
	SELECT (regexp_match(query, '^(CALL \w+|SELECT count|\w+)'))[1] COLLATE "C" AS statement,
		toplevel, sum(calls) AS calls, sum(rows) AS rows, sum(errors) AS errors
	FROM advisor.statements
	WHERE datname = current_database()
		AND query ~ '(pc_|^DO|^COMMIT|^ROLLBACK)' AND query !~ '(advisor|CREATE)'
	GROUP BY 1, 2;
CALL pc_commits(5);
SELECT * FROM seen ORDER BY 1, 2;
CALL pc_outer();
SELECT count(*) FROM pc_item WHERE id > 100;
SELECT * FROM seen WHERE statement ~ '^(CALL|UPDATE|SELECT$)' ORDER BY 1, 2;
\set VERBOSITY sqlstate
CALL pc_fails();
\set VERBOSITY default
SELECT * FROM seen WHERE statement = 'CALL pc_fails' ORDER BY 1, 2;
-- after all of that a statement is top-level
SELECT count(*) FROM pc_item WHERE id = 1000;
SELECT toplevel, calls FROM seen WHERE statement = 'SELECT count';
-- in a DO block, too
DO $$
BEGIN
	INSERT INTO pc_item VALUES (2000);
	COMMIT;
	INSERT INTO pc_item VALUES (2001);
	ROLLBACK;
END $$;
SELECT count(*) FROM pc_item WHERE id >= 2000;
SELECT toplevel, calls, errors FROM seen WHERE statement = 'DO';

DROP VIEW seen;
DROP PROCEDURE pc_commits, pc_outer, pc_fails;
DROP TABLE pc_item;

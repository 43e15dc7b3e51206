-- Who may see and do what.  A reader without rights sees the numbers of all,
-- but query ids and texts only of what it ran itself.
SELECT advisor.reset() IS NOT NULL AS reset;
CREATE ROLE regress_pr_reader;
CREATE ROLE regress_pr_stats IN ROLE pg_read_all_stats;
CREATE ROLE regress_pr_monitor IN ROLE pg_monitor;
CREATE ROLE regress_pr_noinherit NOINHERIT IN ROLE pg_read_all_stats;
CREATE TABLE pr_item (id int, secret text);
GRANT ALL ON pr_item TO regress_pr_reader;
INSERT INTO pr_item VALUES (1, 'secret');
SELECT secret FROM pr_item WHERE secret = 'secret';
\set VERBOSITY sqlstate
SELECT 1 / (id - 1) FROM pr_item;
\set VERBOSITY default

SET ROLE regress_pr_reader;
SELECT id FROM pr_item WHERE id = 1;
\set VERBOSITY sqlstate
SELECT id / (id - 1) FROM pr_item;
\set VERBOSITY default
SELECT query, calls, errors FROM advisor.statements WHERE query LIKE '%pr\_item%' AND query NOT LIKE '%advisor%'
	ORDER BY query COLLATE "C";
SELECT count(*) > 0 AS others, bool_and(queryid IS NULL) AS no_id, bool_and(query = '<insufficient privilege>') AS no_text,
	sum(calls) > 0 AS numbers
	FROM advisor.statements WHERE usename <> current_user;
SELECT bool_and(queryid IS NOT NULL) AS own_id FROM advisor.statements WHERE usename = current_user;
SELECT usename = current_user AS own, bool_and(queryid IS NULL) AS no_id,
	bool_and(query = '<insufficient privilege>') AS no_text, sum(errors) AS errors
	FROM advisor.errors WHERE sqlstate_class = '22' GROUP BY 1 ORDER BY 1;
SELECT count(*) AS leaks FROM advisor.slow_queries WHERE usename <> current_user
	AND (queryid IS NOT NULL OR query <> '<insufficient privilege>');
-- the histogram is that of its own statements
SELECT sum(h.calls) = (SELECT sum(s.calls) FROM advisor.statements s WHERE s.usename = current_user) AS own_calls
	FROM advisor.latency_histogram(NULL) h;
SELECT (SELECT sum(calls) FROM advisor.statements) > sum(h.calls) AS not_all FROM advisor.latency_histogram(NULL) h;
-- what it may not do
\set VERBOSITY sqlstate
SELECT advisor.reset();
SELECT advisor.reset(userid => 'regress_pr_reader'::regrole);
CREATE TABLE advisor.pr_mine (id int);
CREATE FUNCTION advisor.pr_mine() RETURNS int LANGUAGE sql AS 'SELECT 1';
\set VERBOSITY default
-- nor does it learn a text in another way
SELECT count(*) FROM advisor.statements WHERE usename <> current_user AND query LIKE '%pr\_item%';
SELECT count(*) AS leaks FROM advisor._statements() s
	WHERE s.userid <> current_user::regrole AND (s.queryid IS NOT NULL OR s::text LIKE '%pr\_item%');
SELECT count(*) AS leaks FROM advisor._errors() e
	WHERE e.userid <> current_user::regrole AND (e.queryid IS NOT NULL OR e::text LIKE '%pr\_item%');
SELECT version IS NOT NULL AS version, stats_since IS NOT NULL AS since FROM advisor.info;
RESET ROLE;

-- members of pg_read_all_stats, directly or not, see everything
SET ROLE regress_pr_stats;
SELECT query, calls FROM advisor.statements WHERE query LIKE 'SELECT secret FROM pr\_item%';
SELECT bool_and(queryid IS NOT NULL) AS ids FROM advisor.statements;
\set VERBOSITY sqlstate
SELECT advisor.reset();
\set VERBOSITY default
RESET ROLE;
SET ROLE regress_pr_monitor;
SELECT query, calls FROM advisor.statements WHERE query LIKE 'SELECT secret FROM pr\_item%';
RESET ROLE;
-- unless they do not inherit it
SET ROLE regress_pr_noinherit;
SELECT bool_and(queryid IS NULL) AS no_ids FROM advisor.statements WHERE usename <> current_user;
RESET ROLE;

-- the right to reset can be given
GRANT EXECUTE ON FUNCTION advisor.reset(oid, oid, bigint) TO regress_pr_reader;
SET ROLE regress_pr_reader;
SELECT advisor.reset(queryid => 1) IS NOT NULL AS reset;
RESET ROLE;
REVOKE EXECUTE ON FUNCTION advisor.reset(oid, oid, bigint) FROM regress_pr_reader;

-- SECURITY DEFINER and SET ROLE: the role that runs a statement counts
CREATE FUNCTION pr_definer() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS
$$ BEGIN RETURN (SELECT count(*) FROM pr_item WHERE secret = 'other'); END $$;
SET ROLE regress_pr_reader;
SELECT pr_definer();
RESET ROLE;
SELECT usename = current_user AS mine, toplevel, calls FROM advisor.statements
	WHERE query LIKE '%count(*) FROM pr\_item WHERE secret%' AND query NOT LIKE '%advisor%' ORDER BY toplevel;
SELECT usename, toplevel, calls FROM advisor.statements WHERE query = 'SELECT pr_definer()';
-- a role that is gone
SELECT 'dropped' AS was FROM pr_item;
SELECT advisor.reset() IS NOT NULL AS reset;
CREATE ROLE regress_pr_gone;
GRANT SELECT ON pr_item TO regress_pr_gone;
SET ROLE regress_pr_gone;
SELECT id, id FROM pr_item;
RESET ROLE;
DROP OWNED BY regress_pr_gone;
DROP ROLE regress_pr_gone;
SELECT usename ~ '^unknown' AS unknown, calls FROM advisor.statements WHERE query LIKE 'SELECT id, id FROM pr\_item';

DROP FUNCTION pr_definer;
DROP TABLE pr_item;
DROP ROLE regress_pr_reader, regress_pr_stats, regress_pr_monitor, regress_pr_noinherit;

-- What is found in statements, who sees it, and how it is suppressed.  Plans
-- are fixed by settings, and numbers are hidden where they are estimates,
-- times or sizes.
SELECT advisor.reset() IS NOT NULL AS reset;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET enable_bitmapscan = off;
CREATE TABLE fi_order (id int PRIMARY KEY, customer int, kind int, shop int, note text, code char(8));
INSERT INTO fi_order SELECT g, g / 10, g % 100, g % 100, 'note ' || md5(g::text), 'c' || g % 100 FROM generate_series(1, 100000) g;
CREATE TABLE fi_refused (customer int);
INSERT INTO fi_refused VALUES (1), (NULL);
CREATE TABLE fi_wide (id int PRIMARY KEY, a text, b text, c text, d text, e text, f text, g text);
INSERT INTO fi_wide SELECT i, t, t, t, t, t, t, t FROM generate_series(1, 100) i, repeat('x', 100) t;
-- or the rows would be counted as changed after they were analyzed
SELECT pg_stat_force_next_flush();
VACUUM ANALYZE fi_order, fi_refused, fi_wide;
CREATE FUNCTION fi_static() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. 100 LOOP
		PERFORM code FROM fi_order WHERE id = i;
	END LOOP;
END $$;
CREATE FUNCTION fi_dynamic() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	c text;
BEGIN
	FOR i IN 1 .. 100 LOOP
		EXECUTE 'SELECT note FROM fi_order WHERE id = ' || i INTO c;
	END LOOP;
END $$;

CREATE TEMP VIEW fi_found AS
	SELECT f.*, s.query
	FROM advisor.findings f
		LEFT JOIN (SELECT DISTINCT queryid, query FROM advisor.statements) s USING (queryid)
	WHERE s.query LIKE '%fi\_%' AND s.query !~ '(advisor|^(CREATE|VACUUM|INSERT))';
CREATE TEMP VIEW fi_shown AS
	SELECT check_id, regexp_replace(object, '-?\d+', 'N') AS object, confidence BETWEEN 1 AND 100 AS sure,
		category = 'query' AND severity IN ('critical', 'high', 'medium', 'low', 'info') AND impact_ms_per_day >= 0
			AND impact_percent >= 0 AND evidence ? 'calls' AND detail <> '' AND remedy <> '' AND NOT needs_restart AS whole,
		regexp_replace(title, '\d[\d.,]*', 'N', 'g') AS title
	FROM fi_found;

SELECT count(*) FROM fi_found;

-- Each of these is bad in a way of its own, and runs as often as its plan is
-- measured at first.
SELECT id FROM fi_order WHERE customer = 700;
SELECT id FROM fi_order WHERE customer = 800;
SELECT customer FROM fi_order WHERE id = 5::numeric;
SELECT customer FROM fi_order WHERE id = 6::numeric;
SELECT id FROM fi_order WHERE upper(note) = 'A';
SELECT id FROM fi_order WHERE upper(note) = 'B';
SELECT count(*) FROM fi_order WHERE note LIKE '%xyz%';
SELECT count(*) FROM fi_order WHERE note LIKE '%yzx%';
SELECT count(*) FROM fi_order WHERE kind = 7 AND shop = 7;
SELECT count(*) FROM fi_order WHERE kind = 8 AND shop = 8;
SELECT count(*) FROM fi_order WHERE customer NOT IN (SELECT customer FROM fi_refused);
SELECT id FROM fi_order ORDER BY id OFFSET 70000 LIMIT 1;
SELECT id FROM fi_order ORDER BY id OFFSET 80000 LIMIT 1;
SET work_mem = '64kB';
SELECT count(*) FROM (SELECT id FROM fi_order ORDER BY note OFFSET 0) x;
RESET work_mem;
SELECT id, (SELECT count(*) FROM fi_order o WHERE o.customer = w.id) AS orders FROM fi_wide w WHERE id <= 3;
\o /dev/null
SELECT * FROM fi_wide WHERE id = 1;
\o
SELECT fi_static() FROM generate_series(1, 3);
SELECT fi_dynamic();
SELECT fi_dynamic();

SELECT * FROM fi_shown ORDER BY check_id, object COLLATE "C", title COLLATE "C";
-- the columns whose statistics are at fault
SELECT remedy_sql, undo_sql, remedy_lock FROM fi_found WHERE check_id = 'row_estimate' ORDER BY 1;
-- how to write it
SELECT check_id, remedy FROM fi_found
	WHERE check_id IN ('implicit_cast', 'function_on_column', 'deep_offset', 'not_in_subquery') ORDER BY 1;
-- keys are of one finding each, and the same each time
SELECT count(*) = count(DISTINCT finding_key) AS unique_keys FROM advisor.findings;
CREATE TEMP TABLE fi_keys AS SELECT finding_key FROM fi_found;
SELECT count(*) FROM fi_keys FULL JOIN fi_found USING (finding_key) WHERE fi_keys IS NULL OR fi_found.check_id IS NULL;

-- The whole story of a statement, and of one that does not exist.
SELECT regexp_replace(regexp_replace(line, '\((critical|high|medium|low|info), ', '('), '[78]00', 'N') AS line
	FROM (SELECT max(queryid) AS queryid FROM fi_found WHERE check_id = 'seq_scan_filter' AND object = 'public.fi_order' AND query LIKE 'SELECT id FROM%') f,
		string_to_table(advisor.why(f.queryid), E'\n') line
	WHERE line ~ '(^SELECT|customer|^\* )' AND line !~ '(cost=)';
SELECT advisor.why(0) IS NULL AS unknown, advisor.why(NULL) IS NULL AS none;
-- what a LIMIT has stopped is not taken for an error of the planner
SELECT advisor.why(queryid) ~ 'BADLY ESTIMATED' AS blamed FROM fi_found WHERE check_id = 'deep_offset';

-- Suppressed by key
SELECT advisor.suppress('is fast enough', finding_key => finding_key) FROM fi_found WHERE check_id = 'deep_offset';
SELECT count(*) FROM fi_found WHERE check_id = 'deep_offset';
SELECT count(*) FROM advisor.query_findings WHERE check_id = 'deep_offset';
SELECT advisor.suppress('is read once a year', finding_key => finding_key) FROM advisor.query_findings WHERE check_id = 'deep_offset';
SELECT reason, check_id, object, expires_at, created_by = session_user AS mine FROM advisor.suppressions;
SELECT advisor.unsuppress(finding_key => finding_key), advisor.unsuppress(finding_key => 'deep_offset') FROM advisor.suppressions;
SELECT count(*) FROM fi_found WHERE check_id = 'deep_offset';
-- by check, of some objects, until some time
SELECT advisor.suppress('wide on purpose', check_id => 'select_star', object => 'public.fi\_%');
SELECT advisor.suppress('others', check_id => 'sort_spill', object => 'public.%');
SELECT check_id, count(*) FROM fi_found WHERE check_id IN ('select_star', 'sort_spill') GROUP BY 1;
SELECT advisor.suppress('all', check_id => 'sort_spill');
SELECT check_id, count(*) FROM fi_found WHERE check_id IN ('select_star', 'sort_spill') GROUP BY 1;
SELECT advisor.suppress('for now', check_id => 'sort_spill', expires_at => now() + interval '1 day'),
	advisor.suppress('until lately', check_id => 'select_star', object => 'public.fi\_%', expires_at => now() - interval '1 second');
SELECT check_id, count(*) FROM fi_found WHERE check_id IN ('select_star', 'sort_spill') GROUP BY 1;
SELECT reason, check_id, object, expires_at > now() AS holds FROM advisor.suppressions ORDER BY reason;
SELECT advisor.unsuppress(check_id => 'sort_spill'), advisor.unsuppress(check_id => 'sort_spill');
SELECT count(*) FROM fi_found WHERE check_id = 'sort_spill';
-- not without a reason, nor both or nothing
\set VERBOSITY sqlstate
SELECT advisor.suppress('', check_id => 'sort_spill');
SELECT advisor.suppress('r', check_id => 'sort_spill', finding_key => 'k');
SELECT advisor.suppress('r', object => 'public.fi\_%');
\set VERBOSITY default
DELETE FROM advisor.suppressions;

-- Others see what is wrong with their own statements alone, and suppress nothing.
CREATE ROLE regress_fi_reader;
CREATE ROLE regress_fi_stats IN ROLE pg_read_all_stats;
CREATE TABLE fi_own (id int, v int, w text);
INSERT INTO fi_own SELECT g, g, repeat('x', 100) FROM generate_series(1, 50000) g;
GRANT SELECT ON fi_own TO regress_fi_reader;
SELECT coalesce(max(queryid), 0) AS foreign_id FROM fi_found WHERE check_id = 'sort_spill' \gset
SET ROLE regress_fi_reader;
SELECT count(*) FROM advisor.findings WHERE queryid IS NOT NULL;
SELECT id FROM fi_own WHERE v = 1;
SELECT id FROM fi_own WHERE v = 2;
SELECT check_id, object FROM advisor.findings WHERE category = 'query' AND object LIKE '%fi\_%' OR check_id = 'missing_index';
SELECT count(*) AS leaks FROM advisor.findings f WHERE queryid IS NOT NULL AND f::text LIKE '%fi\_order%';
SELECT advisor.why(queryid) LIKE '%fi_own%' AS why FROM advisor.findings WHERE queryid IS NOT NULL AND object = 'public.fi_own';
SELECT advisor.why(:foreign_id) IS NULL AS hidden;
\set VERBOSITY sqlstate
SELECT advisor.suppress('mine', check_id => 'seq_scan_filter');
SELECT advisor.unsuppress(check_id => 'seq_scan_filter');
INSERT INTO advisor.suppressions (check_id, reason) VALUES ('seq_scan_filter', 'mine');
\set VERBOSITY default
RESET ROLE;
SET ROLE regress_fi_stats;
SELECT count(*) > 10 AS others FROM advisor.findings WHERE queryid IS NOT NULL;
SELECT advisor.why(:foreign_id) LIKE '%fi_order%' AS why;
RESET ROLE;

-- What is gone is no longer complained about, and nothing fails.
DROP TABLE fi_order, fi_refused, fi_wide, fi_own;
DROP FUNCTION fi_static, fi_dynamic;
SELECT count(*) FROM fi_found WHERE check_id IN ('seq_scan_filter', 'function_on_column', 'implicit_cast', 'leading_wildcard');
SELECT advisor.why(:foreign_id) ~ 'fi_order' AS why;
DROP VIEW fi_shown, fi_found;
DROP ROLE regress_fi_reader, regress_fi_stats;

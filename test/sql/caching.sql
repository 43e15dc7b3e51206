-- Results that could be kept, and for how long.

-- the formulas
SELECT advisor._cache_ttl(1, 24, 10) AS once_an_hour, advisor._cache_ttl(0.001, 24, 10) AS at_most_a_day,
	advisor._cache_ttl(0, 10, 10) AS never_seen, advisor._cache_ttl(36000, 1, 10) AS ten_a_second, advisor._cache_ttl(1, 1, 50) AS half;
-- the approximation that the time rests on errs on the safe side
SELECT w, round(advisor._cache_stale_percent(w, advisor._cache_ttl(w, 1, p))::numeric, 2) AS stale, p AS allowed
FROM unnest(ARRAY[1, 60, 3600]) w, unnest(ARRAY[1, 10]) p ORDER BY w, p;
SELECT advisor._cache_stale_percent(0, 3600), round(advisor._cache_stale_percent(1e9, 86400)::numeric, 3) AS always;
SELECT advisor._cache_hit_share(3600, 9) AS nine_of_ten, advisor._cache_hit_share(0, 9) AS none;
SELECT s, extract(epoch FROM advisor._round_interval(s))::int AS seconds, advisor._interval_text(advisor._round_interval(s)) AS in_words,
	advisor._cron_schedule(advisor._round_interval(s))
FROM unnest('{0.5,1,59,60,720,3600,80000,90000}'::float8[]) s;

-- what reads the same again and again
SELECT advisor.reset() IS NOT NULL AS reset;
SET advisor.sample_rate = 1;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
CREATE SCHEMA ca;
CREATE TABLE ca.item (id int PRIMARY KEY, kind int, price int, note text);
CREATE TABLE ca.busy (id int PRIMARY KEY, n int);
INSERT INTO ca.item SELECT g, g % 10, g, 'note' FROM generate_series(1, 20000) g;
INSERT INTO ca.busy SELECT g, 0 FROM generate_series(1, 5000) g;
SELECT pg_stat_force_next_flush();
VACUUM ANALYZE ca.item, ca.busy;
CREATE FUNCTION ca.item_count() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$ BEGIN RETURN (SELECT count(*) FROM ca.item); END $$;
-- each of them a hundred times: an aggregate, the same with another literal each
-- time, the same rows without an aggregate, a busy table, a lock, a function that may write
SELECT q.query
FROM generate_series(1, 100) g,
	LATERAL (VALUES
		(1, 'SELECT kind, count(*) AS rows, sum(price) AS sum FROM ca.item GROUP BY kind'),
		(2, format('SELECT sum(price) AS turnover FROM ca.item WHERE kind = %s AND price > 0', CASE WHEN g % 10 < 7 THEN 1 ELSE g END)),
		(3, format('SELECT max(price) AS dearest FROM ca.item WHERE kind = %s', g)),
		(4, 'SELECT id, note FROM ca.item WHERE kind = 3 AND price < 1000'),
		(5, format('UPDATE ca.busy SET n = n + 1 WHERE id = %s', g)),
		(6, 'SELECT sum(n) AS busy FROM ca.busy'),
		(7, 'SELECT price FROM ca.item WHERE id = 5 FOR SHARE'),
		(8, 'SELECT id, ca.item_count() FROM ca.item WHERE id < 3')) q(position, query)
ORDER BY g, q.position
\set ECHO none
\o /dev/null
\gexec
\o
\set ECHO all

CREATE TEMP VIEW ca_cached AS
	SELECT substring(s.query FROM 'AS (\w+)') AS result, c.*
	FROM advisor.cache_candidates c
		JOIN (SELECT DISTINCT queryid, query FROM advisor.statements) s USING (queryid)
	WHERE s.query LIKE '%ca.%' AND s.query !~ '(advisor|\$\d+, \$\d+\))';
-- once, each table was loaded, by a statement; item has not changed since
SELECT coalesce(result, 'notes') AS result, tables, round(same_percent::numeric) AS same, writes_per_hour AS writes, tuples_per_hour AS tuples, window_hours AS hours,
	advisor._interval_text(ttl) AS ttl, round(stale_percent::numeric) AS stale, round(saved_percent::numeric) AS saved,
	ms_saved_per_day BETWEEN 0.1 * mean_time * calls_per_hour * 24 AND mean_time * calls_per_hour * 24 AS plausible
FROM ca_cached ORDER BY 1;
SELECT substring(m.query FROM 'AS (\w+)') AS result, tables, same_percent, rows_per_call, examined_per_call, advisor._interval_text(refresh_interval) AS every,
	view_name ~ '^ca\.mv_[0-9a-f]{12}$' AS named, create_sql ~ '^CREATE MATERIALIZED VIEW ca\.mv_\w+ AS\n.*GROUP BY kind\nWITH NO DATA;\nALTER MATERIALIZED VIEW ca\.mv_\w+ OWNER TO .*;\nREFRESH MATERIALIZED VIEW ca\.mv_\w+;$' AS created,
	split_part(index_sql, E'\n', 1) AS keys, regexp_replace(refresh_sql, 'mv_\w+', 'mv') AS refresh, regexp_replace(cron_sql, 'mv_\w+', 'mv', 'g') AS cron
FROM advisor.materialized_view_candidates m WHERE m.tables && '{ca.item,ca.busy}' ORDER BY 1;

-- what it is about is said of each once
CREATE TEMP VIEW ca_found AS
	SELECT f.* FROM advisor.caching_findings f
	WHERE f.queryid IN (SELECT queryid FROM advisor.statements WHERE query LIKE '%ca.%');
SELECT f.check_id, f.category, count(*), count(DISTINCT f.finding_key) AS keys,
	bool_and(f.finding_key = f.check_id || ':' || f.queryid AND f.object = 'query ' || f.queryid AND f.severity IN ('info', 'low', 'medium')
		AND f.impact_ms_per_day > 0 AND f.impact_percent > 0 AND f.confidence BETWEEN 1 AND 100 AND f.evidence ? 'writes_per_hour'
		AND f.evidence ? 'since' AND f.detail <> '' AND f.remedy <> '' AND NOT f.needs_restart) AS whole
FROM ca_found f
	JOIN ca_cached c USING (queryid) GROUP BY 1, 2 ORDER BY 1;
SELECT regexp_replace(regexp_replace(f.title, 'save [0-9,]+ m?s', 'save N'), '[\d,]+ times an hour', 'N times an hour') AS title FROM ca_found f JOIN ca_cached c USING (queryid) WHERE check_id LIKE 'mat%' ORDER BY 1;
SELECT f.title, f.remedy, f.remedy_sql FROM ca_found f JOIN ca_cached c USING (queryid) WHERE c.result = 'turnover';
-- the SQL runs, and its undo removes all of it
SELECT f.remedy_sql FROM ca_found f JOIN ca_cached c USING (queryid) WHERE check_id LIKE 'mat%'
\set ECHO none
\gexec
\set ECHO all
SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) AS columns, c.relispopulated FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
	WHERE c.relnamespace = 'ca'::regnamespace AND c.relkind = 'm' GROUP BY c.oid;
SELECT f.undo_sql FROM ca_found f JOIN ca_cached c USING (queryid) WHERE check_id LIKE 'mat%'
\set ECHO none
\gexec
\set ECHO all
SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'ca'::regnamespace AND c.relkind = 'm';

-- who may see it
SELECT * FROM advisor._caching_skips();
SET ROLE pg_monitor;
SELECT count(*) > 0 AS seen FROM advisor.cache_candidates WHERE tables && '{ca.item}';
SELECT * FROM advisor._caching_skips();
RESET ROLE;
CREATE ROLE regress_ca_nobody;
SET ROLE regress_ca_nobody;
SELECT count(*) FROM advisor.cache_candidates;
SELECT count(*) FROM advisor.materialized_view_candidates;
SELECT count(*) FROM advisor.caching_findings;
SELECT * FROM advisor._caching_skips();
RESET ROLE;
DROP ROLE regress_ca_nobody;

-- rows that are changed one by one are reasons to renew it one by one
INSERT INTO ca.item SELECT g, 3, 1, 'more' FROM generate_series(20001, 20000 + 1000) g;
SELECT 'DELETE FROM ca.item WHERE id = ' || g FROM generate_series(20001, 20200) g
\set ECHO none
\gexec
\set ECHO all
SELECT pg_stat_force_next_flush();
SELECT coalesce(result, 'notes') AS result, round(writes_per_hour) AS writes, tuples_per_hour AS tuples, advisor._interval_text(ttl) AS ttl FROM ca_cached ORDER BY 1;
-- the thresholds count
UPDATE advisor.settings SET value = 100 WHERE name IN ('cache_same_percent', 'cache_stale_percent');
SELECT coalesce(result, 'notes') AS result, advisor._interval_text(ttl) AS ttl FROM ca_cached ORDER BY 1;
UPDATE advisor.settings SET value = default_value WHERE name LIKE 'cache%';

SET client_min_messages = warning;
DROP SCHEMA ca CASCADE;
SELECT advisor.reset() IS NOT NULL AS reset;

-- The findings of missing indexes, and the advice that is kept for them.
SET client_min_messages = notice;
CREATE ROLE regress_la_reader;
CREATE ROLE regress_la_monitor IN ROLE pg_read_all_stats;
CREATE SCHEMA la_s;
SET search_path = la_s, public;
CREATE TABLE la (id int PRIMARY KEY, a int, b text);
INSERT INTO la SELECT g, g % 1000, repeat('x', 100) FROM generate_series(1, 50000) g;
VACUUM ANALYZE la;
SELECT advisor.reset() IS NOT NULL AS reset;
SELECT * FROM la WHERE a = -1;

-- made now, and the same a moment later
CREATE TEMP TABLE first AS SELECT * FROM advisor._last_advice();
SELECT rank, relation, definition, ddl, undo_ddl FROM first WHERE relation = 'la'::regclass;
SELECT count(*) AS made_again FROM advisor._last_advice() l JOIN first f USING (definition) WHERE l.made_at <> f.made_at;
SELECT bool_and(l.made_at > f.made_at) AS made_again FROM advisor._last_advice('0') l JOIN first f USING (definition);
SELECT bool_and(l.made_at < now()) AS kept FROM advisor._last_advice() l;
-- other arguments are another question, the same ones renew it
SELECT count(*) > 0 AS found FROM advisor.recommend_indexes(max_columns => 1);
SELECT bool_and(l.made_at < now()) AS kept FROM advisor._last_advice() l;
BEGIN;
SELECT count(*) > 0 AS found FROM advisor.recommend_indexes();
SELECT bool_and(l.made_at > now()) AS renewed FROM advisor._last_advice() l;
COMMIT;

SELECT finding_key, check_id, category, severity IS NOT NULL AS has_severity, object, title, impact_bytes < 0 AS takes_room, confidence,
	remedy, remedy_sql, undo_sql, remedy_lock, needs_restart, queryid IS NOT NULL AS has_queryid
FROM advisor.findings WHERE check_id = 'missing_index' AND object = 'la_s.la';
SELECT detail ~ '^Finds rows by a: 1 statement would take [0-9.]+ % less time\. All in all, it would save .* a day net of its upkeep and take \d+ kB\.$' AS detail,
	impact_ms_per_day > 0 AS gains, impact_percent BETWEEN 0 AND 100 AS part,
	jsonb_object_keys(evidence) COLLATE "C" AS evidence
FROM advisor.index_findings WHERE object = 'la_s.la' ORDER BY 4;
SELECT advisor.suppress('wanted so', check_id => 'missing_index', object => 'la_s.la');
SELECT count(*) FROM advisor.findings WHERE check_id = 'missing_index' AND object = 'la_s.la';
SELECT advisor.unsuppress(check_id => 'missing_index', object => 'la_s.la');

-- who may see all statements sees it, whatever rights he has on tables
SET ROLE regress_la_monitor;
SELECT count(*) FROM advisor.findings WHERE check_id = 'missing_index' AND object = 'la_s.la';
-- nobody else does: only what is missing for his own
SET ROLE regress_la_reader;
SELECT count(*) FROM advisor._last_advice();
SELECT count(*) FROM advisor.findings WHERE check_id = 'missing_index';
RESET ROLE;
GRANT USAGE ON SCHEMA la_s TO regress_la_reader;
GRANT SELECT ON la TO regress_la_reader;
SET ROLE regress_la_reader;
SELECT * FROM la WHERE a = -2;
SELECT relation, jsonb_array_length(gaining_queries) AS queries FROM advisor._last_advice();
RESET ROLE;
SELECT count(*) FROM advisor._last_advice() WHERE relation = 'la'::regclass;

-- nothing is written
BEGIN READ ONLY;
SELECT count(*) FROM advisor.findings WHERE check_id = 'missing_index' AND object = 'la_s.la';
SELECT count(*) > 0 AS made FROM advisor._last_advice('0');
COMMIT;

-- what has been done, or cannot be any more, is left out
CREATE INDEX la_a_b ON la (a, b);
SELECT count(*) FROM advisor._last_advice() WHERE relation = 'la'::regclass;
DROP INDEX la_a_b;
SELECT count(*) FROM advisor._last_advice() WHERE relation = 'la'::regclass;
ALTER TABLE la RENAME a TO c;
SELECT count(*) FROM advisor._last_advice() WHERE relation = 'la'::regclass;
ALTER TABLE la RENAME c TO a;
ALTER TABLE la ALTER a TYPE box USING NULL;
SELECT count(*) FROM advisor._last_advice() WHERE relation = 'la'::regclass;
DROP TABLE la;
SELECT count(*) FROM advisor.findings WHERE object = 'la_s.la';

-- a reset makes it void
SELECT advisor.reset() IS NOT NULL AS reset;
SELECT count(*) FROM advisor._last_advice() l JOIN first f USING (made_at);

DROP SCHEMA la_s;
RESET search_path;
DROP ROLE regress_la_reader, regress_la_monitor;

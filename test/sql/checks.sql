-- What is true of all checks, and of what unites them.
\set SHOW_CONTEXT never

-- every group has what the driver and the catalog ask for
SELECT g.check_group AS incomplete FROM advisor._check_groups() g
WHERE to_regclass('advisor.' || g.check_group || '_findings') IS NULL
	OR to_regproc('advisor._' || g.check_group || '_checks') IS NULL
	OR to_regproc('advisor._' || g.check_group || '_skips') IS NULL
	OR NOT EXISTS (SELECT FROM advisor._check_catalog() c WHERE c.check_group = g.check_group);
-- and its findings are of the one type
SELECT g.check_group AS other_columns FROM advisor._check_groups() g
WHERE (SELECT array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) FROM pg_attribute a
		WHERE a.attrelid = to_regclass('advisor.' || g.check_group || '_findings') AND a.attnum > 0)
	IS DISTINCT FROM (SELECT array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) FROM pg_attribute a
		WHERE a.attrelid = 'advisor.finding'::regclass AND a.attnum > 0);

-- every check is described once, in a known category, with a page of text
SELECT c.check_id AS twice FROM advisor._check_catalog() c GROUP BY c.check_id HAVING count(*) > 1 ORDER BY 1;
SELECT c.check_id AS undescribed FROM advisor._check_catalog() c
WHERE c.title = '' OR c.looks_at = '' OR c.needs = ''
	OR c.category NOT IN ('index', 'table', 'statistics', 'vacuum', 'schema', 'activity', 'replication', 'server', 'configuration', 'query', 'capture', 'partition')
	OR array_length(string_to_array(c.page, E'\n'), 1) < 12 OR c.page !~ 'When it is wrong' OR c.page !~ 'What to do'
ORDER BY 1;
SELECT c.check_id AS wide_page FROM advisor._check_catalog() c, unnest(string_to_array(c.page, E'\n')) line WHERE length(line) > 100;
-- what is found is of a known check and in its category
SELECT DISTINCT f.check_id AS unknown FROM advisor.findings f
WHERE NOT EXISTS (SELECT FROM advisor._check_catalog() c WHERE c.check_id = f.check_id AND c.category = f.category);

-- every setting belongs to a check, and every one that is named exists
SELECT s.name AS unused FROM advisor.settings s
WHERE NOT EXISTS (SELECT FROM advisor._check_catalog() c WHERE s.name = ANY (c.settings)) AND s.name NOT IN ('history_days', 'partition_log_days') ORDER BY 1;
SELECT c.check_id, u.name AS missing FROM advisor._check_catalog() c, unnest(c.settings) u(name)
WHERE NOT EXISTS (SELECT FROM advisor.settings s WHERE s.name = u.name) ORDER BY 1;
SELECT DISTINCT m.name[1] AS missing
FROM (SELECT pg_get_viewdef(c.oid) AS body FROM pg_class c WHERE c.relnamespace = 'advisor'::regnamespace AND c.relkind = 'v'
	UNION ALL
	SELECT pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.pronamespace = 'advisor'::regnamespace AND p.prokind = 'f') b,
	regexp_matches(b.body, 'advisor\._setting\(''([a-z_0-9]+)''', 'g') m(name)
WHERE NOT EXISTS (SELECT FROM advisor.settings s WHERE s.name = m.name[1]) ORDER BY 1;
SELECT s.name AS odd FROM advisor.settings s
WHERE s.value <> s.default_value OR NOT s.default_value BETWEEN s.minimum AND s.maximum OR s.description = '' ORDER BY 1;

-- thresholds: only values change, and within their range
UPDATE advisor.settings SET value = 14 WHERE name = 'history_days' RETURNING name, value, default_value;
SELECT advisor._setting('history_days');
UPDATE advisor.settings SET value = 0 WHERE name = 'history_days';
UPDATE advisor.settings SET value = NULL WHERE name = 'history_days';
UPDATE advisor.settings SET value = 'NaN' WHERE name = 'history_days';
UPDATE advisor.settings SET maximum = 1e9 WHERE name = 'history_days';
-- as a restored dump has it
INSERT INTO advisor.settings VALUES ('history_days', 21, 7, 'weeks', 0, 1e9, 'as an earlier version had it');
SELECT * FROM advisor.settings WHERE name = 'history_days';
UPDATE advisor.settings SET value = default_value WHERE value <> default_value RETURNING name, value;

-- the score: the worst finding caps it, many small ones do not sink it
SELECT * FROM advisor._score('{}', '{}');
SELECT * FROM advisor._score('{vacuum}', '{critical}');
SELECT * FROM advisor._score('{index,index}', '{low,high}');
SELECT * FROM advisor._score('{index,schema}', '{medium,info}');
SELECT score, cap FROM advisor._score(array_fill('schema'::text, ARRAY[500]), array_fill('low'::text, ARRAY[500]));
SELECT score, cap FROM advisor._score(
	ARRAY['index', 'table', 'vacuum', 'schema', 'server', 'query'], array_fill('critical'::text, ARRAY[6]));

-- a page for who wants to know
SELECT advisor.explain_check('no_such_check');
SELECT advisor.explain_check(NULL);
SELECT c.check_id AS speechless FROM advisor._check_catalog() c WHERE advisor.explain_check(c.check_id) NOT LIKE c.check_id || ': %';

-- observations: written down, kept as long as the setting says, and good for a
-- rate as far back as the counter has only grown
SELECT advisor.observe() > 10 AS observed;
SELECT metric FROM advisor.observations WHERE object = '' GROUP BY metric ORDER BY metric COLLATE "C";
INSERT INTO advisor.observations VALUES
	(now() - interval '31 days', 'test', 'x', 5), (now() - interval '9 days', 'test', 'x', 100),
	(now() - interval '8 days', 'test', 'x', 10), (now() - interval '2 days', 'test', 'x', 30), (now() - interval '8 days', 'test', 'y', 1);
SELECT object, value, extract(day FROM now() - observed_at) AS days FROM advisor._first_observations WHERE metric = 'test' ORDER BY object;
SELECT advisor.observe() > 10 AS observed;
SELECT count(*) AS kept FROM advisor.observations WHERE metric = 'test';
DELETE FROM advisor.observations;

-- a check counts as many findings as there are, and as many as are hidden
SELECT count(*) AS miscounted FROM advisor.checks c
	FULL JOIN (SELECT f.check_id, count(*) AS findings FROM advisor.findings f GROUP BY f.check_id) f USING (check_id)
WHERE c.check_id IS NULL OR (c.status = 'finding') <> (c.findings > 0) OR c.status = 'skipped' AND c.reason IS NULL;

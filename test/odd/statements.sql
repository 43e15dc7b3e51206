-- Odd statements, each once. Those in transactions leave nothing behind.
SET search_path = odd, public;

-- values of all types, compared with columns
SELECT id FROM things WHERE name = 'name 17';
SELECT id FROM things WHERE name = 'it''s \ a "test" $1 -- no comment';
SELECT id FROM things WHERE name = E'tab\there';
SELECT id FROM things WHERE name = $$dollar 'quoted'$$;
SELECT id FROM things WHERE kind = 'kind 3' AND flag;
SELECT id FROM things WHERE kind = 'kind 3'::varchar(20);
SELECT id FROM things WHERE fixed = 'f17';
SELECT id FROM things WHERE fixed = 'f18'::char(8);
SELECT id FROM things WHERE fixed = 'f19     '::bpchar(3);
SELECT id FROM things WHERE price = 3.14;
SELECT id FROM things WHERE price > -3;
SELECT id FROM things WHERE price = '100'::numeric(10, 2);
SELECT id FROM things WHERE price = 'NaN';
SELECT id FROM things WHERE weight = 1e10;
SELECT id FROM things WHERE weight < 0.1::float8 + 0.2;
SELECT id FROM things WHERE weight = '-Infinity';
SELECT id FROM things WHERE weight < 33.333333333333336::float8;
SELECT id FROM things WHERE tiny = 5::smallint;
SELECT id FROM things WHERE tiny = -5;
SELECT id FROM things WHERE big > 3000000000;
SELECT id FROM things WHERE big = -9223372036854775808;
SELECT id FROM things WHERE id = -2147483648;
SELECT id FROM things WHERE at > '2024-02-01 12:34:56.789+02';
SELECT id FROM things WHERE at = 'infinity';
SELECT id FROM things WHERE at < timestamp with time zone '2024-02-01' AT TIME ZONE 'UTC';
SELECT id FROM things WHERE day = date '2024-02-29';
SELECT id FROM things WHERE day BETWEEN '2024-02-01' AND '2024-03-01';
SELECT id FROM things WHERE span > '1 year 2 mons -3 days +04:05:06.7';
SELECT id FROM things WHERE span < interval '90' minute;
SELECT id FROM things WHERE span < interval(0) '1.5 seconds';
SELECT id FROM things WHERE flag IS NOT TRUE;
SELECT id FROM things WHERE NOT flag AND flag IS DISTINCT FROM NULL;
SELECT id FROM things WHERE feeling = 'happy';
SELECT id FROM things WHERE feeling > 'sad'::mood;
SELECT id FROM things WHERE tags @> ARRAY['t1', NULL, 'a,"b'];
SELECT id FROM things WHERE tags[1] = 't1' AND numbers[1:2] = '{5,5}';
SELECT id FROM things WHERE 't3' = ANY (tags);
SELECT id FROM things WHERE id = ANY ('{1,2,3}');
SELECT id FROM things WHERE id IN (1, 2, 3, 4, 5);
SELECT id FROM things WHERE id <> ALL (ARRAY[1, 2]);
SELECT id FROM things WHERE name NOT IN ('name 1', 'name 2');
SELECT id FROM things WHERE data @> '{"a": 3}';
SELECT id FROM things WHERE data -> 'a' = '5' AND data ->> 'b' LIKE 'x%';
SELECT id FROM things WHERE data @? '$.a ? (@ > 15)';
SELECT id FROM things WHERE data['a'] = '7';
SELECT id FROM things WHERE bits = B'00000101';
SELECT id FROM things WHERE vbits = X'F'::varbit;
SELECT id FROM things WHERE cash > '$50.00';
SELECT id FROM things WHERE during @> '2024-01-15 12:00'::timestamp;
SELECT id FROM things WHERE inside && '[10,20)';
SELECT id FROM things WHERE inside = 'empty';
SELECT id FROM things WHERE address << '10.0.1.0/24';
SELECT id FROM things WHERE place <@ box '((0,0),(10,10))';
SELECT id FROM things WHERE uid = 'c4ca4238-a0b9-2382-0dcc-509a6f75849b';
SELECT id FROM things WHERE raw = '\xc4ca4238a0b923820dcc509a6f75849b';
SELECT id FROM things WHERE part = ROW(5, 'y')::pair;
SELECT id FROM things WHERE (part).x < 10 AND (part <+> ROW(1, 'z')::pair) IS NOT NULL;
SELECT id FROM things WHERE level = 3::positive;
SELECT id FROM things WHERE label = 'code 7'::code;
SELECT id FROM things WHERE name LIKE 'name 1_\%%' ESCAPE '\';
SELECT id FROM things WHERE name ILIKE '%E 99%' OR name ~ '^name 1[0-3]$';
SELECT id FROM things WHERE name SIMILAR TO 'name (1|2)' AND name NOT LIKE 'x%';
SELECT id FROM things WHERE lower(name) = 'name 5';
SELECT id FROM things WHERE (id, name) < (5, 'name 9');
SELECT id FROM things WHERE (id, name) IN ((1, 'name 1'), (2, 'name 3'));
SELECT id FROM things WHERE ROW(id, name) IS DISTINCT FROM ROW(1, NULL);
SELECT id FROM things WHERE name = NULL OR name IS NULL;
SELECT id FROM things WHERE extract(year FROM at) = 2024 AND date_trunc('month', at) = '2024-02-01';
SELECT id FROM things WHERE (at, at + span) OVERLAPS ('2024-01-02', interval '1 day');
SELECT id FROM things WHERE position('7' IN name) > 5 AND substring(name FROM 6 FOR 1) = '1' AND trim(BOTH 'n' FROM name) <> '';
SELECT c FROM collated WHERE c > '5' COLLATE "C" ORDER BY p COLLATE "C" DESC;
SELECT count(*) FROM pg_class WHERE oid = 'odd.things'::regclass OR relname = 'x'::name;
SELECT 'odd.mood'::regtype, 'odd.few(int)'::regprocedure, 'clerk'::regrole, 'simple'::regconfig;
SELECT CAST(id AS bigint), id::text::varchar(3), price::int, name::char(3), NULL, NULL::text, 'untyped' FROM things WHERE id = 7;

-- names
SELECT "Id", "select", "a ""quoted"" one", "Straße", x$1 FROM "Mixed Case" WHERE "Id" = 7 AND x$1 = 0;
SELECT m."Id" AS "select", "T".id AS "from" FROM "Mixed Case" m JOIN things AS "T" ON "T".id = m."Id" WHERE "T".id < 50;
SELECT things.id FROM things, lines AS things_1 WHERE things.id = things_1.thing AND things_1.line = 2;
SELECT t FROM things t WHERE t.id = 5;
SELECT t.*, t.ctid, t.tableoid::regclass, t.xmin FROM things t WHERE id = 6;
SELECT row_to_json(t) FROM things t WHERE ctid = '(0,1)';
SELECT count(t), count(t.*) FROM things t WHERE t IS NOT NULL;
SELECT x.a FROM (SELECT id, name FROM things) AS x (a, b) WHERE x.b = 'name 5';
SELECT a.id FROM things a, things b WHERE a.parent = b.id AND b.name = 'name 30';

-- joins
SELECT id, amount FROM things JOIN lines ON id = thing WHERE id BETWEEN 10 AND 20;
SELECT * FROM lines JOIN (SELECT id AS thing, name FROM things) t USING (thing) WHERE thing = 9;
SELECT j.thing FROM (lines JOIN (SELECT id AS thing FROM things) t USING (thing)) AS j WHERE j.line = 1 AND j.amount = 17;
SELECT thing, u.thing FROM lines JOIN (SELECT id AS thing FROM things) t USING (thing) AS u WHERE u.thing = 12;
SELECT a.id, b.id FROM things a LEFT JOIN things b ON a.id = b.parent AND b.flag WHERE a.id < 5;
SELECT a.id, b.id FROM things a RIGHT JOIN things b ON a.id = b.parent WHERE b.id < 5;
SELECT count(*) FROM things a FULL JOIN lines b ON a.id = b.thing WHERE a.id IS NULL OR b.line = 1;
SELECT count(*) FROM collated a CROSS JOIN collated b;
SELECT * FROM base NATURAL JOIN derived;
SELECT id, l.amount FROM things, LATERAL (SELECT amount FROM lines WHERE thing = id ORDER BY amount DESC LIMIT 1) l WHERE id < 20;
SELECT id, l.amount FROM things LEFT JOIN LATERAL (SELECT max(amount) AS amount FROM lines WHERE thing = id) l ON true WHERE id < 3;
SELECT count(*) FROM (things a JOIN lines b ON a.id = b.thing) LEFT JOIN ("Mixed Case" c JOIN collated d ON c."select" = d.c) ON c."Id" = a.id;

-- sub-selects
SELECT id FROM things t WHERE EXISTS (SELECT FROM lines WHERE thing = t.id AND amount > 4000);
SELECT id FROM things WHERE id IN (SELECT thing FROM lines WHERE line = 3 AND amount < 100);
SELECT id FROM things WHERE id NOT IN (SELECT thing FROM lines WHERE thing IS NOT NULL);
SELECT id, (SELECT sum(amount) FROM lines WHERE thing = t.id) FROM things t WHERE id < 10;
SELECT id FROM things WHERE (id, id % 5) = (SELECT max(thing), 0 FROM lines);
SELECT id FROM things WHERE price > ALL (SELECT amount FROM lines WHERE line = 5 AND thing < 10);
SELECT ARRAY(SELECT id FROM things WHERE id < 5 ORDER BY id), ARRAY[[1, 2], [3, 4]];
SELECT id FROM (SELECT id, name FROM things ORDER BY name LIMIT 10 OFFSET 5) s WHERE id > 3;

-- grouping, sorting, limits
SELECT kind, count(*), sum(price) FILTER (WHERE flag), string_agg(name, ',' ORDER BY name DESC) FROM things GROUP BY kind HAVING count(*) > 5 ORDER BY 2 DESC, kind;
SELECT kind, feeling, count(DISTINCT day) FROM things GROUP BY GROUPING SETS ((kind), (feeling), (kind, feeling), ());
SELECT kind, flag, grouping(kind, flag), avg(price) FROM things GROUP BY ROLLUP (kind, flag);
SELECT kind, flag, max(price) FROM things GROUP BY CUBE (kind, flag) ORDER BY kind NULLS FIRST;
SELECT lower(name) || 'x' AS n, count(*) FROM things GROUP BY n ORDER BY count(*) LIMIT 5;
SELECT id % 10 AS name, max(name) FROM things GROUP BY id % 10 ORDER BY 1;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY price), mode() WITHIN GROUP (ORDER BY kind), longest(kind) FROM things;
SELECT DISTINCT kind FROM things WHERE price < 50;
SELECT DISTINCT ON (kind) kind, name FROM things ORDER BY kind, price DESC;
SELECT id FROM things ORDER BY price DESC NULLS LAST, name USING > LIMIT 7 OFFSET 3;
SELECT id FROM things ORDER BY id LIMIT NULL OFFSET NULL;
SELECT id FROM things ORDER BY id LIMIT ALL;
SELECT id, tiny FROM things ORDER BY tiny FETCH FIRST 3 ROWS WITH TIES;
SELECT id FROM things ORDER BY random() LIMIT (SELECT 3);

-- window functions
SELECT id, row_number() OVER (PARTITION BY kind ORDER BY price DESC), lag(name, 2, 'none') OVER w FROM things WHERE id < 200 WINDOW w AS (ORDER BY id);
SELECT id, sum(price) OVER (ORDER BY at RANGE BETWEEN interval '1 day' PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM things WHERE id < 100;
SELECT kind, rank() OVER (ORDER BY sum(price)) FROM things GROUP BY kind;
SELECT id, avg(price) OVER w2 FROM things WHERE id < 50 WINDOW w AS (PARTITION BY kind), w2 AS (w ORDER BY id ROWS 3 PRECEDING);

-- set operations, VALUES
SELECT id FROM things WHERE id < 5 UNION SELECT thing FROM lines WHERE amount < 9 ORDER BY 1 LIMIT 10;
SELECT id, 'a' FROM things WHERE id < 5 UNION ALL (SELECT thing, NULL FROM lines WHERE amount < 9 LIMIT 3) UNION ALL SELECT 1, 'b';
(SELECT id FROM things EXCEPT SELECT thing FROM lines) INTERSECT ALL SELECT "Id" + 1000 FROM "Mixed Case";
VALUES (1, 'a'), (2, NULL), (3, 'c') ORDER BY column1 DESC;
SELECT v.a, t.name FROM (VALUES (1, 'x'), (2, 'y')) AS v (a, b) JOIN things t ON t.id = v.a;
SELECT FROM things WHERE id = 4;
SELECT 1;
SELECT now(), current_user, current_date - 7, localtimestamp, session_user, current_schema;

-- common table expressions
WITH c AS (SELECT id, name FROM things WHERE id < 100) SELECT a.id FROM c a JOIN c b ON a.id = b.id + 1;
WITH c AS MATERIALIZED (SELECT id FROM things WHERE flag) SELECT count(*) FROM c WHERE id < 50;
WITH c AS NOT MATERIALIZED (SELECT id FROM things WHERE flag) SELECT count(*) FROM c a, c b WHERE a.id = 5 AND b.id = 6;
WITH things AS (SELECT 1 AS id) SELECT things.id, t.id FROM things, odd.things t WHERE t.id = things.id;
WITH RECURSIVE up (id, parent, depth) AS (SELECT id, parent, 0 FROM things WHERE id = 2999 UNION ALL SELECT t.id, t.parent, depth + 1 FROM up JOIN things t ON t.id = up.parent) SELECT * FROM up;
WITH RECURSIVE n AS (VALUES (1) UNION SELECT column1 + 1 FROM n WHERE column1 < 10) SELECT sum(column1) FROM n;
WITH RECURSIVE down AS (SELECT id, parent FROM things WHERE id = 1 UNION ALL SELECT t.id, t.parent FROM down d JOIN things t ON t.parent = d.id) SEARCH DEPTH FIRST BY id SET ord SELECT id FROM down ORDER BY ord;
WITH RECURSIVE down AS (SELECT id, parent FROM things WHERE id = 2 UNION ALL SELECT t.id, t.parent FROM down d JOIN things t ON t.parent = d.id) CYCLE id SET looped USING path SELECT id, looped FROM down;
WITH a AS (SELECT 1 AS x), b AS (WITH a AS (SELECT 2 AS x) SELECT x FROM a) SELECT a.x, b.x FROM a, b;

-- functions in FROM
SELECT id FROM few(10) WHERE flag;
SELECT f.a, f.b FROM anything(5) AS f (a int, b text) WHERE a > 1;
SELECT n, g FROM generate_series(1, 10, 3) WITH ORDINALITY AS g (g, n);
SELECT * FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY['a', 'b'])) WITH ORDINALITY AS r (a, b, c);
SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b', 'c']) AS u (x, y);
SELECT id, unnest(tags), generate_series(1, 2) FROM things WHERE id < 3;
SELECT * FROM jsonb_to_recordset('[{"a": 1, "b": "x"}]') AS j (a int, b text);
SELECT id, key, value FROM things, jsonb_each(data) WHERE id = 3;
SELECT * FROM json_populate_record(NULL::pair, '{"x": 1}');
SELECT * FROM xmltable('/a/b' PASSING xml '<a><b c="1">x</b></a>' COLUMNS c int PATH '@c', t text PATH '.' DEFAULT 'none', n FOR ORDINALITY);
SELECT xmlelement(NAME a, xmlattributes(1 AS b), 'c'), xmlforest(1 AS x), coalesce(NULL, 1), greatest(1, 2), nullif(1, 2);
SELECT id FROM things TABLESAMPLE BERNOULLI (10) REPEATABLE (7) WHERE id < 100;
SELECT count(*) FROM things TABLESAMPLE SYSTEM (50);
SELECT format('%s-%I', VARIADIC ARRAY['a', 'B c']), make_interval(days => 3), CASE WHEN 1 = 2 THEN 'a' ELSE 'b' END, CASE 3 WHEN 3 THEN 1 END;
SELECT (few(3)).name, (ROW(1, 'a')::pair).*;

-- views, policies, partitions, inheritance
SELECT * FROM cheap WHERE name = 'name 50';
SELECT c.title FROM cheap_names c WHERE number < 10;
SELECT v.* FROM cheap_names AS v (a, b) WHERE v.a = 7;
SELECT * FROM shut WHERE name = 'name 500';
SELECT count(*) FROM shut_again WHERE name LIKE 'name 1%';
SELECT cheap FROM cheap WHERE id = 3;
SELECT a.id FROM cheap a JOIN shut b USING (id) WHERE b.flag;
SELECT rolname FROM pg_roles WHERE rolname = 'clerk';
SELECT n FROM summary WHERE kind = 'kind 1';
SELECT * FROM measures WHERE at = '2024-01-15';
SELECT count(*) FROM measures WHERE at >= '2024-02-10' AND v > 100;
SELECT count(*) FROM ONLY measures;
SELECT * FROM base;
SELECT * FROM ONLY base WHERE a = 1;
SELECT tableoid::regclass, a FROM base* WHERE a > 0;
SET ROLE clerk;
SELECT note FROM secret WHERE level < 50;
SELECT id FROM for_clerk WHERE name = 'name 9';
BEGIN;
UPDATE secret SET note = 'changed' WHERE level = 10;
INSERT INTO secret VALUES ('clerk', 'new', 3);
DELETE FROM secret WHERE level = 12;
ROLLBACK;
RESET ROLE;

-- locks
BEGIN;
SELECT id FROM target WHERE id = 1 FOR UPDATE;
SELECT id FROM target WHERE id = 2 FOR NO KEY UPDATE NOWAIT;
SELECT id FROM target ORDER BY id LIMIT 2 FOR SHARE SKIP LOCKED;
SELECT t.id FROM target t JOIN lines l ON l.thing = t.id WHERE t.id = 3 AND l.line = 1 FOR KEY SHARE OF t;
SELECT title FROM open WHERE id = 5 FOR UPDATE;
SELECT id FROM (SELECT id FROM target WHERE id < 3 FOR UPDATE) s;
ROLLBACK;

-- INSERT
BEGIN;
INSERT INTO target VALUES (101);
INSERT INTO target (name, id) VALUES ('a', 102);
INSERT INTO target (id, name, amount) VALUES (103, DEFAULT, 5), (104, 'x', DEFAULT), (105, NULL, 7);
INSERT INTO target (amount, id, kind) SELECT 3, id + 200, 'sel' FROM target WHERE id < 3;
INSERT INTO target (kind, id) SELECT 'new', 301;
INSERT INTO target (changed, id, name, flag) SELECT '2024-3-1', 302, 'x', 'f';
INSERT INTO target (name, id) SELECT name, id FROM things WHERE id = 400 RETURNING id, name AS n;
INSERT INTO target (id, part.x, part.y) VALUES (106, 1, 'y');
INSERT INTO target (id, numbers[1], numbers[2]) VALUES (107, 1, 2), (108, 3, 4);
INSERT INTO target (id, numbers[1]) SELECT 109, 5;
INSERT INTO target (id, level) VALUES (110, 3) RETURNING *;
INSERT INTO target (id, name) VALUES (1, 'again') ON CONFLICT DO NOTHING;
INSERT INTO target AS t (id, name) VALUES (2, 'again') ON CONFLICT (id) DO UPDATE SET name = excluded.name || t.name, amount = DEFAULT WHERE t.flag IS NOT NULL;
INSERT INTO target (id, name) VALUES (3, 'a'), (4, 'b') ON CONFLICT ON CONSTRAINT target_pkey DO UPDATE SET (amount, name) = (SELECT 1, excluded.name);
WITH n AS (SELECT 112 AS id) INSERT INTO target (id) SELECT id FROM n;
INSERT INTO always (a) VALUES (1);
INSERT INTO always DEFAULT VALUES;
INSERT INTO always (id, a) VALUES (DEFAULT, 2), (DEFAULT, 3);
INSERT INTO always (id, a, twice) OVERRIDING SYSTEM VALUE VALUES (1001, 4, DEFAULT);
INSERT INTO always (id, a) OVERRIDING USER VALUE SELECT 7, 8;
INSERT INTO always (a) SELECT id FROM target WHERE id = 1 RETURNING id, twice;
INSERT INTO by_default VALUES (DEFAULT, DEFAULT), (5, 6);
INSERT INTO by_default (id, a) SELECT 7, 'new';
INSERT INTO by_default DEFAULT VALUES RETURNING serial;
INSERT INTO measures VALUES ('2024-01-03', 1), ('2024-02-03', 2);
INSERT INTO open (id, title) VALUES (120, 'through a view');
INSERT INTO open (id, title) VALUES (5, 'x') ON CONFLICT (id) DO UPDATE SET title = excluded.title;
INSERT INTO triggered VALUES (121, 'x');
ROLLBACK;

-- UPDATE
BEGIN;
UPDATE target SET name = 'x', amount = amount + 1 WHERE id = 3;
UPDATE target t SET amount = l.amount FROM lines l WHERE l.thing = t.id AND l.line = 1 AND t.id < 5;
UPDATE target SET (amount, name) = (SELECT sum(l.amount), 'sum' FROM lines l WHERE l.thing = target.id) WHERE id = 4;
UPDATE target SET (name, amount) = ('b', 2), flag = NOT flag WHERE id = 5 RETURNING id, name;
UPDATE target SET (kind, name) = (SELECT 'k', 'n'), amount = 3 WHERE id = 6;
UPDATE target SET name = DEFAULT, changed = DEFAULT WHERE id = 7;
UPDATE target SET numbers[1] = 5, numbers[2] = 6, part.x = 7, part.y = 'z' WHERE id = 8;
UPDATE target SET level = 4 WHERE id = 9;
UPDATE ONLY base SET b = 'x' WHERE a = 1;
UPDATE always SET id = DEFAULT, a = 5 WHERE id = 2;
UPDATE measures SET at = '2024-02-20' WHERE at = '2024-01-05' AND v = 4;
UPDATE open SET title = 'new' WHERE id = 10;
UPDATE triggered SET name = 'new' WHERE id = 11 RETURNING name;
WITH moved AS (DELETE FROM target WHERE id = 12 RETURNING *) UPDATE target SET amount = moved.amount FROM moved WHERE target.id = 13;
ROLLBACK;

-- DELETE, MERGE
BEGIN;
DELETE FROM target WHERE id = 14;
DELETE FROM target t USING lines l WHERE l.thing = t.id AND l.amount = 15 RETURNING t.id, l.line;
DELETE FROM target WHERE id IN (SELECT "Id" FROM "Mixed Case" WHERE x$1 = 3);
DELETE FROM open WHERE title = 'n16';
DELETE FROM triggered WHERE id = 17;
DELETE FROM measures WHERE at < '2024-01-02';
WITH gone AS (DELETE FROM target WHERE id = 18 RETURNING id), logged AS (INSERT INTO always (a) SELECT id FROM gone RETURNING id) SELECT count(*) FROM logged;
MERGE INTO target t USING things s ON t.id = s.id AND s.id < 30 WHEN MATCHED AND t.flag THEN DELETE WHEN MATCHED THEN UPDATE SET name = s.name, amount = DEFAULT WHEN NOT MATCHED AND s.id < 25 THEN INSERT (name, id) VALUES (s.name, s.id) WHEN NOT MATCHED THEN DO NOTHING;
MERGE INTO always a USING (VALUES (1, 5), (2000, 6)) AS v (id, a) ON a.id = v.id WHEN MATCHED THEN UPDATE SET a = v.a WHEN NOT MATCHED THEN INSERT (a) VALUES (v.a);
ROLLBACK;

-- temporary tables, cursors, tables from queries, copies
CREATE TEMP TABLE scratch AS SELECT id, name FROM things WHERE id < 20;
ANALYZE scratch;
SELECT s.id FROM scratch s JOIN things USING (id) WHERE s.name = 'name 3';
UPDATE scratch SET name = 'x' WHERE id = 4;
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM things WHERE id > 2000 ORDER BY id;
FETCH 2 FROM c;
ROLLBACK;
COPY (SELECT id FROM things WHERE id < 3) TO '/dev/null';
CREATE TEMP TABLE copied AS TABLE summary;

-- prepared, functions
PREPARE by_id (int) AS SELECT name FROM things WHERE id = $1;
EXECUTE by_id (77);
PREPARE by_values (text, mood, numeric, timestamptz, int[], jsonb, positive) AS SELECT id FROM things WHERE name = $1 AND feeling = $2 AND price < $3 AND at > $4 AND id = ANY ($5) AND data @> $6 AND level = $7;
EXECUTE by_values ('name 8', 'happy', 10.5, '2024-01-01', '{8,9}', '{"a": 8}', 9);
PREPARE with_nulls (text, int) AS SELECT id FROM things WHERE name = $1 OR id = $2 LIMIT $2;
EXECUTE with_nulls (NULL, NULL);
PREPARE untyped AS SELECT id FROM things WHERE name = $1 AND day > $2 LIMIT $3 OFFSET $4;
EXECUTE untyped ('name 5', '2024-01-01', 5, 0);
PREPARE inserts AS INSERT INTO target (id, name, amount) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET name = $2;
BEGIN;
EXECUTE inserts (130, 'it''s', 1.5);
ROLLBACK;
PREPARE nested AS WITH c AS (SELECT id FROM things WHERE id < $1) SELECT (SELECT max(id) FROM c) FROM lines WHERE thing = $2 AND line IN ($1, $3);
EXECUTE nested (5, 6, 2);
SELECT variables(50, 'it''s', 'happy', 3);
SELECT in_sql(100, 'name 2');
SELECT atomic(900);
SELECT cursors();
DO $$ DECLARE i int := 5; BEGIN PERFORM name FROM odd.things WHERE parent = i; END $$;

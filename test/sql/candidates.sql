--
-- Which indexes are candidates for a statement.
--
CREATE SCHEMA candidates;
SET search_path = candidates, public;
CREATE EXTENSION pg_trgm SCHEMA candidates;

-- a wide filler, so that an index is much narrower than the table
CREATE TABLE customer (
	id int NOT NULL, email text COLLATE "und-x-icu", city int, kind varchar(10) COLLATE "und-x-icu", born date,
	deleted timestamptz, active boolean, data jsonb, tags text[], score numeric, filler text);
INSERT INTO customer
SELECT i, 'user' || i || '@example.com', i % 100, 'k' || i % 10, date '1950-01-01' + i % 10000,
	CASE WHEN i % 20 <> 0 THEN '2020-01-01'::timestamptz END, i % 50 <> 0, jsonb_build_object('k', i % 500, 'x', i),
	ARRAY['t' || i % 30, 'u' || i % 40], i % 7, repeat('f', 200)
FROM generate_series(1, 5000) i;
CREATE TABLE purchase (id int, customer int, product int, placed timestamptz, state text COLLATE "C", amount int, filler text);
INSERT INTO purchase
SELECT i, (i * 7919) % 5000, i % 300, timestamptz '2020-01-01 00:00Z' + i * interval '1 minute',
	CASE WHEN i % 100 = 0 THEN 'open' ELSE 'done' END, i % 1000, repeat('f', 100)
FROM generate_series(1, 20000) i;
CREATE TABLE product (id int, maker int, label text, filler text);
INSERT INTO product SELECT i, i % 20, 'p' || i, repeat('f', 300) FROM generate_series(1, 300) i;
VACUUM ANALYZE customer, purchase, product;

CREATE FUNCTION candidates(query text, max_columns int DEFAULT 4, recur boolean DEFAULT false)
	RETURNS TABLE (definition text, reasons text)
	LANGUAGE sql
	AS $$
		SELECT replace(regexp_replace(c.definition, '^CREATE INDEX ON ', ''), 'candidates.', ''), array_to_string(c.reasons, ', ')
		FROM advisor._index_candidates(query, max_columns, recur) c
		ORDER BY c.definition COLLATE "C"
	$$;

-- equalities, those of most values first, and a range behind
SELECT * FROM candidates('SELECT * FROM customer WHERE city = 3');
SELECT * FROM candidates($$SELECT * FROM customer WHERE city = 3 AND id = 7 AND born > '1975-01-01'$$);
SELECT * FROM candidates('SELECT * FROM customer WHERE city = $1 AND kind = $2');
SELECT * FROM candidates('SELECT * FROM customer WHERE city = ANY (ARRAY[1, 2]) AND kind IN (''a'', ''b'')');
SELECT * FROM candidates('SELECT * FROM customer WHERE (city, id) > (3, 100)');
-- no more columns than wanted
SELECT * FROM candidates($$SELECT * FROM customer WHERE city = 3 AND id = 7 AND born > '1975-01-01'$$, 1);

-- what no index can be asked for
SELECT * FROM candidates('SELECT * FROM customer WHERE city = 3.5::numeric');
SELECT * FROM candidates('SELECT * FROM customer WHERE id = random()::int');
SELECT * FROM candidates('SELECT * FROM customer WHERE id <> 3');
SELECT * FROM candidates('SELECT * FROM customer WHERE id + city = id');
SELECT * FROM candidates('SELECT * FROM pg_class WHERE relpages = 3');
SELECT * FROM candidates('SELECT * FROM customer TABLESAMPLE SYSTEM (10) WHERE id = 3');
SELECT * FROM candidates('SELECT * FROM customer WHERE id = 3 AND false');

-- a collation other than the column's
SELECT * FROM candidates('SELECT * FROM customer WHERE email COLLATE "C" = ''x''');

-- booleans and nulls
SELECT * FROM candidates('SELECT * FROM customer WHERE NOT active');
SELECT * FROM candidates('SELECT id FROM customer WHERE deleted IS NULL AND city = 3');

-- joins: both sides, with filters before and behind
SELECT * FROM candidates($$SELECT c.*, p.* FROM customer c JOIN purchase p ON p.customer = c.id WHERE c.city = 3 AND p.state = 'open'$$, 2);
SELECT * FROM candidates('SELECT c.*, p.* FROM customer c LEFT JOIN purchase p ON p.customer = c.id AND p.product = c.city', 2);
SELECT * FROM candidates('SELECT * FROM customer c WHERE EXISTS (SELECT FROM purchase p WHERE p.customer = c.id AND p.amount > c.city)', 2);
SELECT * FROM candidates('SELECT c.*, (SELECT max(amount) FROM purchase p WHERE p.customer = c.id) FROM customer c', 2);
SELECT * FROM candidates('WITH w AS MATERIALIZED (SELECT * FROM purchase WHERE product = 3) SELECT w.*, c.* FROM w, LATERAL (SELECT * FROM customer c WHERE c.id = w.customer ORDER BY born DESC LIMIT 1) c', 2);

-- orders
SELECT * FROM candidates('SELECT * FROM customer WHERE city = 3 ORDER BY born DESC, id LIMIT 10');
SELECT * FROM candidates('SELECT * FROM customer ORDER BY born DESC NULLS LAST LIMIT 10');
SELECT * FROM candidates('SELECT city, kind, count(*) FROM customer GROUP BY city, kind', 3);
SELECT * FROM candidates('SELECT DISTINCT city FROM customer');
SELECT * FROM candidates('SELECT city, rank() OVER (PARTITION BY city ORDER BY id) FROM customer');
SELECT * FROM candidates('SELECT max(amount) FROM purchase WHERE customer = 3');

-- covering: as keys if there is room, else included; not if that is most of the table
SELECT * FROM candidates('SELECT id, born, score FROM customer WHERE city = 3', 2);
SELECT * FROM candidates('SELECT count(*) FROM customer');
SELECT * FROM candidates('SELECT sum(score) FROM customer WHERE born + 1 > now()');
SELECT * FROM candidates('SELECT id, filler FROM customer WHERE city = 3');
SELECT * FROM candidates('UPDATE customer SET score = 1 WHERE city = 3');
SELECT * FROM candidates('DELETE FROM customer WHERE city = 3');

-- predicates: of constants only if these are always the same
SELECT * FROM candidates($$SELECT * FROM purchase WHERE state = 'open' AND customer = 3$$, 2, true) WHERE definition ~ 'WHERE';
SELECT * FROM candidates($$SELECT * FROM purchase WHERE state = 'open' AND customer = 3$$, 2, false) WHERE definition ~ 'WHERE';
SELECT * FROM candidates($$SELECT state FROM purchase WHERE state = 'open' ORDER BY placed$$, 2, true) WHERE definition ~ 'WHERE';
SELECT * FROM candidates('SELECT * FROM purchase WHERE state = $1 AND customer = 3', 2, true) WHERE definition ~ 'WHERE';

-- expressions, as written
SELECT * FROM candidates($$SELECT * FROM customer WHERE lower(email) = 'x'$$);
SELECT * FROM candidates($$SELECT * FROM customer WHERE data ->> 'k' = '3'$$);
SELECT * FROM candidates($$SELECT * FROM purchase WHERE date_trunc('day', placed) = '2020-01-05'$$);
SELECT * FROM candidates($$SELECT * FROM purchase WHERE date_trunc('day', placed AT TIME ZONE 'UTC') = '2020-01-05'$$);
SELECT * FROM candidates('SELECT lower(kind), count(*) FROM customer GROUP BY 1') WHERE definition ~ 'lower';

-- whoever writes to a table calls the functions of its indexes: no stranger's
CREATE ROLE regress_stranger;
CREATE FUNCTION mine(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END';
SELECT * FROM candidates('SELECT * FROM customer WHERE mine(id) = 3');
ALTER FUNCTION mine(int) OWNER TO regress_stranger;
SELECT * FROM candidates('SELECT * FROM customer WHERE mine(id) = 3');
DROP FUNCTION mine(int);
DROP ROLE regress_stranger;

-- patterns
SELECT * FROM candidates($$SELECT * FROM customer WHERE email LIKE 'user1%'$$);
SELECT * FROM candidates($$SELECT * FROM customer WHERE kind LIKE 'k1%'$$);
SELECT * FROM candidates($$SELECT * FROM purchase WHERE state LIKE 'op%'$$);
SELECT * FROM candidates($$SELECT * FROM customer WHERE email ~ '^user1'$$);
SELECT * FROM candidates($$SELECT * FROM customer WHERE email LIKE '%user1%'$$);
SELECT * FROM candidates($$SELECT * FROM customer WHERE email ILIKE '%user1%'$$);
SELECT * FROM candidates($$SELECT * FROM customer WHERE email LIKE '%u%'$$);
SELECT * FROM candidates($$SELECT * FROM customer WHERE email ^@ 'user1'$$);

-- other access methods
SELECT * FROM candidates($$SELECT * FROM customer WHERE data @> '{"k": 3}'$$);
SELECT * FROM candidates($$SELECT * FROM customer WHERE data ? 'k'$$);
SELECT * FROM candidates($$SELECT * FROM customer WHERE data @@ '$.k == 3'$$);
SELECT * FROM candidates($$SELECT * FROM customer WHERE tags @> '{t3}'$$);
SELECT * FROM candidates($$SELECT * FROM customer WHERE '{t3}' <@ tags$$);
SELECT * FROM candidates($$SELECT * FROM customer WHERE to_tsvector('english', email) @@ to_tsquery('english', 'x')$$);
CREATE TABLE place (at point, during int4range, address inet, filler text);
INSERT INTO place SELECT point(i, i), int4range(i, i + 5), '10.0.0.1', repeat('f', 100) FROM generate_series(1, 500) i;
ANALYZE place;
SELECT * FROM candidates('SELECT * FROM place WHERE during && int4range(3, 7)');
SELECT * FROM candidates($$SELECT * FROM place WHERE at <@ box '((0,0),(1,1))'$$);
SELECT * FROM candidates($$SELECT * FROM place WHERE address << '10.0.0.0/8'$$);
SELECT * FROM candidates('SELECT * FROM place ORDER BY at <-> point(3, 3) LIMIT 3');
SELECT * FROM candidates('SELECT * FROM place a JOIN place b ON a.during @> lower(b.during)');
CREATE TABLE long (code text, at int, filler text) WITH (fillfactor = 10);
ALTER TABLE long ALTER filler SET STORAGE plain;
INSERT INTO long SELECT repeat(md5(i::text), 3), i, repeat('f', 1500) FROM generate_series(1, 4500) i;
ANALYZE long;
SELECT * FROM candidates('SELECT * FROM long WHERE at BETWEEN 3 AND 7');
SELECT * FROM candidates($$SELECT * FROM long WHERE code = 'x'$$);

-- OR: an index for each arm
SELECT * FROM candidates('SELECT * FROM purchase WHERE customer = 3 OR (product = 4 AND amount > 900)');

-- views, partitions, UNION ALL
CREATE VIEW living AS SELECT * FROM customer WHERE deleted IS NULL;
SELECT * FROM candidates('SELECT * FROM living WHERE city = 3', 1);
CREATE TABLE measure (place int, at date, value int, filler text) PARTITION BY RANGE (at);
CREATE TABLE measure_1 PARTITION OF measure FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE measure_2 PARTITION OF measure FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
INSERT INTO measure SELECT i % 50, date '2020-01-01' + i % 700, i, repeat('f', 50) FROM generate_series(1, 5000) i;
ANALYZE measure;
SELECT * FROM candidates('SELECT * FROM measure WHERE place = 3 AND value > 4900');
SELECT * FROM candidates('SELECT * FROM (SELECT id, customer FROM purchase UNION ALL SELECT id, city FROM customer) u (a, b) WHERE a = 3', 1);
SELECT * FROM candidates('SELECT * FROM (SELECT id, filler FROM purchase UNION ALL SELECT id, filler FROM customer) u JOIN product p ON p.maker = u.id', 1);
CREATE TABLE parent (id int, filler text);
CREATE TABLE child (filler text, other int, id int, extra int);
ALTER TABLE child INHERIT parent;
INSERT INTO child SELECT repeat('f', 100), i, i, i FROM generate_series(1, 1000) i;
ANALYZE parent, child;
INSERT INTO parent SELECT * FROM ONLY parent UNION ALL SELECT id, filler FROM child;
SELECT * FROM candidates('SELECT * FROM parent WHERE id = 3');
SELECT * FROM candidates('SELECT * FROM parent ORDER BY id LIMIT 3');
SELECT * FROM candidates('SELECT p.* FROM product p JOIN parent c ON c.id = p.maker', 1);
SELECT * FROM candidates('SELECT p.* FROM product p JOIN measure m ON m.place = p.maker ORDER BY m.at', 1);
CREATE TEMP TABLE gone AS SELECT * FROM purchase;
SELECT * FROM candidates('SELECT * FROM gone WHERE id = 3');

-- several indexes in one
SELECT regexp_replace(definition, '^CREATE INDEX ON ', '') AS merged
FROM advisor._merged_indexes(ARRAY[
	'CREATE INDEX ON purchase (customer, product)',
	'CREATE INDEX ON purchase (customer, placed) INCLUDE (amount)',
	'CREATE INDEX ON purchase (id) WHERE state = ''open''']);

-- errors
SELECT advisor._index_candidates('SELECT 1', 0);
SELECT advisor._index_candidates('SELEC');
SELECT * FROM candidates('SELECT 1');

SET client_min_messages = warning;
DROP SCHEMA candidates CASCADE;
RESET client_min_messages;
RESET search_path;

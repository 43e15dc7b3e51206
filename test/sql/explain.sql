-- advisor.explain(): plans with indexes that do not exist, and without such that do.
-- What it shows of a plan here is the scans and the indexes, which are the same everywhere.
SET client_min_messages = warning;
SELECT advisor.reset() IS NOT NULL AS reset;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
CREATE SCHEMA ex_other;
CREATE TABLE ex_item (id int, owner int, state text, name text, at date, price numeric, tags int[], doc jsonb,
	words tsvector, place point, span int4range, "Odd name" int, pad text) WITH (autovacuum_enabled = off);
INSERT INTO ex_item SELECT g, g % 500, CASE WHEN g % 100 = 0 THEN 'open' ELSE 'done' END, 'name ' || md5(g::text), '2020-01-01'::date + g / 20,
	g / 7.0, ARRAY[g % 700, g % 900], jsonb_build_object('k', g % 800, 'v', g),
	to_tsvector('simple', 'word' || g % 1000 || ' all'), point(g % 100, g / 100), int4range(g, g + 5), g % 1000, repeat('x', 100)
	FROM generate_series(1, 20000) g;
CREATE TABLE ex_owner (id int PRIMARY KEY, mail text, "group" int) WITH (autovacuum_enabled = off);
INSERT INTO ex_owner SELECT g, 'Mail' || g || '@example.org', g % 10 FROM generate_series(1, 5000) g;
CREATE TABLE ex_other."Thing" (a int, b int);
INSERT INTO ex_other."Thing" SELECT g, g FROM generate_series(1, 10000) g;
ALTER TABLE ex_item ALTER words SET STATISTICS 10;
VACUUM ANALYZE ex_item, ex_owner, ex_other."Thing";

-- Scans of a plan from top to bottom, as "node: index on table", the new indexes that it
-- uses, and whether it is cheaper than what there is now.
CREATE FUNCTION scans(query text, create_indexes text[] DEFAULT '{}', drop_indexes regclass[] DEFAULT '{}')
	RETURNS TABLE (scans text, used text[], cheaper boolean) LANGUAGE sql AS $$
	SELECT (SELECT string_agg(concat(n ->> 'Node Type', ': ' || (n ->> 'Index Name'), ' on ' || (n ->> 'Relation Name')), '; ' ORDER BY i)
			FROM jsonb_path_query(plan::jsonb, 'strict $.** ? (@."Node Type" like_regex "Scan$")') WITH ORDINALITY p(n, i)),
		used_indexes, cost_after < cost_before
	FROM advisor.explain(query, create_indexes, drop_indexes, 'json') $$;

-- --- what it returns
SELECT plan, used_indexes, cost_before = cost_after AS same FROM advisor.explain('SELECT 1');
SELECT regexp_replace(plan, '\(cost.*?\)', '', 'g') AS plan, cost_before > 10 * cost_after AS cheaper, used_indexes
	FROM advisor.explain('SELECT * FROM ex_item WHERE id = 7', ARRAY['CREATE INDEX ON ex_item (id)', 'CREATE INDEX unused ON ex_item (price)']);
SELECT cost_before = cost_after AS same, used_indexes FROM advisor.explain('SELECT * FROM ex_item WHERE id = 7', '{}', '{}');
SELECT f, left(plan, 12) AS starts FROM unnest('{text,json,xml,yaml,JSON}'::text[]) f,
	advisor.explain('SELECT * FROM ex_owner', format => f);
SELECT plan::json -> 0 -> 'Plan' ->> 'Node Type' AS json FROM advisor.explain('SELECT * FROM ex_owner', format => 'json');
SELECT advisor.explain(NULL) IS NULL AS of_null;
-- the cost is that which EXPLAIN would show
CREATE FUNCTION top_cost(query text) RETURNS float8 LANGUAGE plpgsql AS $$
	DECLARE j json; BEGIN EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO j; RETURN j -> 0 -> 'Plan' ->> 'Total Cost'; END $$;
SELECT q, abs(cost_before - top_cost(q)) < 0.006 AS as_explain FROM unnest(ARRAY['SELECT * FROM ex_item WHERE price < 3',
	'SELECT * FROM ex_owner WHERE id = 3', 'SELECT count(*) FROM ex_item JOIN ex_owner o ON o.id = owner']) q, advisor.explain(q);
-- as if the index were there
CREATE INDEX ex_real ON ex_item (owner, at);
SELECT round(abs(e.cost_before - x.cost_after)::numeric / e.cost_before::numeric, 2) < 0.02 AS close FROM advisor.explain('SELECT * FROM ex_item WHERE owner = 5 AND at < ''2021-01-01''') e,
	advisor.explain('SELECT * FROM ex_item WHERE owner = 5 AND at < ''2021-01-01''', '{CREATE INDEX ON ex_item (owner\, at)}', '{ex_real}') x;
DROP INDEX ex_real;

-- --- btrees
SELECT * FROM scans('SELECT * FROM ex_item WHERE owner = 5 AND id < 2000', '{CREATE INDEX ON ex_item (owner\, id)}');
SELECT * FROM scans('SELECT id FROM ex_item ORDER BY id DESC NULLS LAST, owner LIMIT 5', '{CREATE INDEX ON ex_item (id DESC NULLS LAST\, owner)}');
SELECT * FROM scans('SELECT id FROM ex_item ORDER BY id DESC, owner DESC LIMIT 5', '{CREATE INDEX ON ex_item (id\, owner)}');
SELECT * FROM scans('SELECT id FROM ex_item ORDER BY id NULLS FIRST LIMIT 5', '{CREATE INDEX ON ex_item (id)}');
SELECT * FROM scans('SELECT id FROM ex_item ORDER BY id NULLS FIRST LIMIT 5', '{CREATE INDEX ON ex_item (id NULLS FIRST)}');
SELECT * FROM scans('SELECT id, at FROM ex_item WHERE id < 100', '{CREATE INDEX ON ex_item (id) INCLUDE (at)}');
SELECT * FROM scans('SELECT count(*) FROM ex_item WHERE id < 100', '{CREATE UNIQUE INDEX ON ex_item (id)}');
SELECT * FROM scans('SELECT id FROM ex_item WHERE name LIKE ''name abc%''', '{CREATE INDEX ON ex_item (name text_pattern_ops)}');
SELECT * FROM scans('SELECT id FROM ex_item WHERE name = ''x'' COLLATE "C"', '{CREATE INDEX ON ex_item (name)}');
SELECT * FROM scans('SELECT id FROM ex_item WHERE name = ''x'' COLLATE "C"', ARRAY['CREATE INDEX c_name ON ex_item (name COLLATE "C")']);
SELECT * FROM scans('SELECT id FROM ex_item WHERE id = 3', '{CREATE INDEX CONCURRENTLY IF NOT EXISTS ex_by_id ON public.ex_item USING btree (id) WITH (fillfactor = 50\, deduplicate_items = off) TABLESPACE pg_default}');
SELECT * FROM scans('SELECT "Odd name" FROM ex_item WHERE "Odd name" = 3', '{"create index \"An Index\" on ex_item (\"Odd name\")"}');
SELECT * FROM scans('SELECT "Odd name" FROM ex_item WHERE "Odd name" = 3', '{"create index on ex_item (\"Odd name\");"}');
SELECT * FROM scans('SELECT b FROM ex_other."Thing" WHERE a = 3', '{"CREATE INDEX ON ex_other.\"Thing\" (a, b)"}');
SELECT * FROM scans('SELECT b FROM ex_other."Thing" WHERE a = 3', '{"-- a comment
	CREATE INDEX ON ONLY ex_other.\"Thing\" (a) /* another */"}');
-- a page takes fewer entries
SELECT a.cost_after < b.cost_after AS fuller_is_cheaper FROM
	advisor.explain('SELECT count(id) FROM ex_item WHERE id > 0', '{CREATE INDEX ON ex_item (id)}') a,
	advisor.explain('SELECT count(id) FROM ex_item WHERE id > 0', '{CREATE INDEX ON ex_item (id) WITH (fillfactor = 20)}') b;
-- the best of many, or several at once
SELECT * FROM scans('SELECT * FROM ex_item WHERE owner = 5 AND id < 2000', '{CREATE INDEX i1 ON ex_item (owner),CREATE INDEX i2 ON ex_item (id),CREATE INDEX i3 ON ex_item (owner\, id),CREATE INDEX i4 ON ex_item (pad)}');
SELECT scans, (SELECT array_agg(u ORDER BY u) FROM unnest(used) u) AS used FROM scans('SELECT * FROM ex_item i JOIN ex_owner o ON o.id = i.owner WHERE o.mail = ''x'' AND o."group" = 2',
	'{CREATE INDEX i1 ON ex_item (owner),CREATE INDEX i2 ON ex_owner (mail)}');

-- --- predicates and expressions, also of a table that is not the first of the query
SELECT * FROM scans('SELECT id FROM ex_item WHERE state = ''open'' AND id < 9000', '{CREATE INDEX ON ex_item (id) WHERE state = ''open''}');
SELECT * FROM scans('SELECT id FROM ex_item WHERE state = ''done'' AND id < 9000', '{CREATE INDEX ON ex_item (id) WHERE state = ''open''}');
SELECT * FROM scans('SELECT o.mail, i.id FROM ex_owner o, ex_item i WHERE i.owner = o.id AND i.state = ''open'' AND o.id = 100', '{CREATE INDEX ON ex_item (owner) WHERE state = ''open''}');
SELECT * FROM scans('SELECT o.mail, i.id FROM ex_item i, ex_owner o WHERE i.owner = o.id AND lower(o.mail) = ''mail7@example.org'' AND i.id = 7', '{CREATE INDEX ON ex_owner (lower(mail)),CREATE INDEX i2 ON ex_item (id)}', '{ex_owner_pkey}');
SELECT * FROM scans('SELECT a.id FROM ex_item a, ex_item b, ex_item c WHERE a.id = b.id + 1 AND c.id = a.id AND (b.owner + 1) * 2 = 8 AND b.price IS NOT NULL AND b.id < 50',
	'{CREATE INDEX e ON ex_item (((owner + 1) * 2)\, id) WHERE price IS NOT NULL,CREATE INDEX i ON ex_item (id)}');
-- the expression has statistics: about 1 of 20000 rows, not 1 of 200
SELECT (plan::json #>> '{0,Plan,Plan Rows}')::int < 20 AS few FROM advisor.explain('SELECT id FROM ex_item WHERE md5(name) = ''abc''', '{CREATE INDEX ON ex_item (md5(name))}', format => 'json');

-- --- other access methods
SELECT * FROM scans('SELECT * FROM ex_item WHERE name = ''x''', '{CREATE INDEX ON ex_item USING hash (name)}');
SELECT * FROM scans('SELECT * FROM ex_item WHERE name < ''x''', '{CREATE INDEX ON ex_item USING hash (name)}');
SELECT * FROM scans('SELECT * FROM ex_item WHERE id BETWEEN 100 AND 200', '{CREATE INDEX ON ex_item USING brin (id) WITH (pages_per_range = 8)}');
SELECT * FROM scans('SELECT * FROM ex_item WHERE doc @> ''{"k": 5, "v": 5}''', '{CREATE INDEX ON ex_item USING gin (doc)}');
SELECT * FROM scans('SELECT * FROM ex_item WHERE doc ? ''nothing''', '{CREATE INDEX ON ex_item USING gin (doc)}');
SELECT * FROM scans('SELECT * FROM ex_item WHERE doc @> ''{"k": 5, "v": 5}''', '{CREATE INDEX ON ex_item USING gin (doc jsonb_path_ops)}');
SELECT * FROM scans('SELECT * FROM ex_item WHERE doc ? ''nothing''', '{CREATE INDEX ON ex_item USING gin (doc jsonb_path_ops)}');
SELECT * FROM scans('SELECT * FROM ex_item WHERE tags @> ARRAY[5, 6]', '{CREATE INDEX ON ex_item USING gin (tags) WITH (fastupdate = off)}');
SELECT * FROM scans('SELECT * FROM ex_item WHERE words @@ to_tsquery(''simple'', ''word5'')', '{CREATE INDEX ON ex_item USING gin (words)}');
SELECT * FROM scans('SELECT * FROM ex_item WHERE words @@ to_tsquery(''simple'', ''word5'')', '{CREATE INDEX ON ex_item USING gist (words)}');
SELECT * FROM scans('SELECT * FROM ex_item WHERE span @> 77', '{CREATE INDEX ON ex_item USING gist (span)}');
SELECT * FROM scans('SELECT * FROM ex_item ORDER BY place <-> point(1, 1) LIMIT 3', '{CREATE INDEX ON ex_item USING gist (place)}');
SELECT * FROM scans('SELECT * FROM ex_item WHERE place <@ box ''(1,1),(2,2)''', '{CREATE INDEX ON ex_item USING spgist (place)}');

-- --- partitions in which columns are numbered differently, and partitions of them
CREATE TABLE ex_part (k int, v int, w text) PARTITION BY RANGE (k);
CREATE TABLE ex_part_1 PARTITION OF ex_part FOR VALUES FROM (0) TO (10000);
CREATE TABLE ex_part_2 (w text, gone int, v int, k int);
ALTER TABLE ex_part_2 DROP gone;
ALTER TABLE ex_part ATTACH PARTITION ex_part_2 FOR VALUES FROM (10000) TO (20000);
CREATE TABLE ex_part_3 (gone int, v int, k int, w text) PARTITION BY RANGE (v);
ALTER TABLE ex_part_3 DROP gone;
ALTER TABLE ex_part ATTACH PARTITION ex_part_3 FOR VALUES FROM (20000) TO (40000);
CREATE TABLE ex_part_3a PARTITION OF ex_part_3 FOR VALUES FROM (0) TO (500);
CREATE TABLE ex_part_3b (w text, k int, v int);
ALTER TABLE ex_part_3 ATTACH PARTITION ex_part_3b DEFAULT;
INSERT INTO ex_part SELECT g, g % 1000, 'w' || g FROM generate_series(0, 39999) g;
VACUUM ANALYZE ex_part;
SELECT * FROM scans('SELECT k FROM ex_part WHERE v = 7', '{CREATE INDEX ON ex_part (v)}');
SELECT * FROM scans('SELECT k, v FROM ex_part WHERE v = 700 AND w <> ''''', '{CREATE INDEX p ON ex_part (v\, k) INCLUDE (w)}');
SELECT * FROM scans('SELECT k FROM ex_part WHERE upper(w) = ''W7'' AND k < 15000', '{CREATE INDEX p ON ex_part (upper(w)) WHERE v < 100}');
SELECT * FROM scans('SELECT k FROM ex_part WHERE upper(w) = ''W7'' AND k < 15000 AND v < 50', '{CREATE INDEX p ON ex_part (upper(w)) WHERE v < 100}');
SELECT * FROM scans('SELECT * FROM ex_part ORDER BY k LIMIT 3', '{CREATE INDEX p ON ex_part (k)}');
SELECT * FROM scans('SELECT o.id FROM ex_owner o JOIN ex_part p ON p.v = o.id WHERE o.id = 900 AND w LIKE ''w1%''', '{CREATE INDEX p ON ex_part (v\, w text_pattern_ops)}');
SELECT * FROM scans('SELECT v FROM ex_part WHERE v = 7 AND k = 10007', '{CREATE INDEX p ON ex_part_2 (v)}');
SELECT * FROM scans('SELECT v FROM ex_part_3 WHERE v = 7', '{CREATE INDEX p ON ex_part_3 (v)}');
-- inheritance: an index is that of one table
CREATE TABLE ex_parent (a int, b int);
CREATE TABLE ex_child (c int) INHERITS (ex_parent);
INSERT INTO ex_parent SELECT g, g FROM generate_series(1, 10000) g;
INSERT INTO ex_child SELECT g, g, g FROM generate_series(1, 10000) g;
VACUUM ANALYZE ex_parent, ex_child;
SELECT * FROM scans('SELECT b FROM ex_parent WHERE a = 7', '{CREATE INDEX i ON ex_parent (a)}');
SELECT * FROM scans('SELECT b FROM ex_parent WHERE a = 7', '{CREATE INDEX i ON ex_child (a)}');
CREATE MATERIALIZED VIEW ex_matview AS SELECT * FROM ex_parent;
VACUUM ANALYZE ex_matview;
SELECT * FROM scans('SELECT b FROM ex_matview WHERE a = 7', '{CREATE INDEX i ON ex_matview (a)}');

-- --- without indexes that exist
CREATE INDEX ex_item_id ON ex_item (id);
CREATE INDEX ex_part_v ON ex_part (v);
SELECT * FROM scans('SELECT name FROM ex_item WHERE id = 3');
SELECT * FROM scans('SELECT name FROM ex_item WHERE id = 3', drop_indexes => '{ex_item_id}');
SELECT * FROM scans('SELECT name FROM ex_item WHERE id = 3', '{CREATE INDEX instead ON ex_item (id\, owner)}', '{ex_item_id,ex_item_id}');
SELECT * FROM scans('SELECT * FROM ex_owner WHERE id = 3', drop_indexes => '{ex_owner_pkey}');
SELECT * FROM scans('SELECT k FROM ex_part WHERE v = 700', drop_indexes => '{ex_part_v}');
SELECT * FROM scans('SELECT k FROM ex_part WHERE v = 700', drop_indexes => '{ex_part_1_v_idx,ex_part_3_v_idx}');
-- a unique index tells that a join finds one row at most, also where it is not read
SELECT scans FROM scans('SELECT i.id FROM ex_item i LEFT JOIN ex_owner o ON o.id = i.owner');
SELECT scans FROM scans('SELECT i.id FROM ex_item i LEFT JOIN ex_owner o ON o.id = i.owner', drop_indexes => '{ex_owner_pkey}');
DROP INDEX ex_item_id, ex_part_v;

-- --- statements of all kinds
SELECT * FROM scans('SELECT name FROM ex_item WHERE id = $1 AND state = $2', '{CREATE INDEX i ON ex_item (id)}');
SELECT scans <> '' AS planned, used FROM scans('SELECT w FROM ex_part WHERE k = $1 AND v = $2', '{CREATE INDEX i ON ex_part (v)}');
SELECT * FROM scans('UPDATE ex_item SET price = 3 WHERE id = 3', '{CREATE INDEX i ON ex_item (id)}');
SELECT * FROM scans('DELETE FROM ex_item USING ex_owner o WHERE o.id = owner AND o.id = 4', '{CREATE INDEX i ON ex_item (owner)}');
SELECT * FROM scans('INSERT INTO ex_owner SELECT id, name FROM ex_item WHERE id = 4 ON CONFLICT (id) DO UPDATE SET mail = ''x''', '{CREATE INDEX i ON ex_item (id)}');
SELECT * FROM scans('MERGE INTO ex_item i USING (VALUES (1), (2)) v(x) ON i.id = v.x WHEN MATCHED THEN DELETE', '{CREATE INDEX i ON ex_item (id)}');
SELECT * FROM scans('WITH d AS (DELETE FROM ex_item WHERE id = 3 RETURNING owner) SELECT mail FROM d JOIN ex_owner o ON o.id = d.owner', '{CREATE INDEX i ON ex_item (id)}');
SELECT * FROM scans('SELECT (SELECT max(id) FROM ex_item i WHERE i.owner = o.id) FROM ex_owner o', '{CREATE INDEX i ON ex_item (owner\, id)}');
SELECT * FROM scans('SELECT id FROM ex_item WHERE id = 3 UNION ALL SELECT id FROM ex_owner WHERE mail = ''x''', '{CREATE INDEX i ON ex_item (id),CREATE INDEX j ON ex_owner (mail)}');
SELECT * FROM scans('SELECT id FROM ex_item WHERE id = 3 FOR UPDATE', '{CREATE INDEX i ON ex_item (id)}');
SELECT * FROM scans('TABLE ex_owner;');
SELECT * FROM scans('VALUES (1), (2)');
CREATE VIEW ex_view AS SELECT id, upper(name) AS big FROM ex_item WHERE state = 'open';
SELECT * FROM scans('SELECT * FROM ex_view WHERE big = ''X''', '{CREATE INDEX i ON ex_item (upper(name)) WHERE state = ''open''}');
CREATE TABLE ex_ruled (a int);
CREATE RULE r AS ON INSERT TO ex_ruled DO ALSO DELETE FROM ex_item WHERE id = NEW.a;
CREATE RULE n AS ON DELETE TO ex_ruled DO INSTEAD NOTHING;
SELECT * FROM scans('INSERT INTO ex_ruled VALUES (3)', '{CREATE INDEX i ON ex_item (id)}');
SELECT scans, used, cheaper FROM scans('DELETE FROM ex_ruled');
CREATE TEMP TABLE ex_temp AS SELECT g AS a FROM generate_series(1, 10000) g;
ANALYZE ex_temp;
SELECT * FROM scans('SELECT * FROM ex_temp WHERE a = 3', '{CREATE INDEX i ON ex_temp (a)}');

-- --- bad input
\set VERBOSITY terse
SELECT advisor.explain('');
SELECT advisor.explain('SELEC 1');
SELECT advisor.explain('SELECT 1; SELECT 2');
SELECT advisor.explain('VACUUM ex_item');
SELECT advisor.explain('EXPLAIN SELECT 1');
SELECT advisor.explain('CREATE TABLE x AS SELECT 1');
SELECT advisor.explain('SELECT 1 INTO x');
SELECT advisor.explain('SELECT * FROM nowhere');
SELECT advisor.explain('SELECT nothing FROM ex_item');
SELECT advisor.explain('SELECT 1/0');
SELECT advisor.explain('SELECT 1', format => 'html');
SELECT advisor.explain('SELECT 1', ARRAY[NULL]);
SELECT advisor.explain('SELECT 1', drop_indexes => ARRAY[NULL::regclass]);
SELECT advisor.explain('SELECT 1', drop_indexes => '{ex_item}');
SELECT advisor.explain('SELECT 1', drop_indexes => '{nothing}');
SELECT advisor.explain('SELECT 1', drop_indexes => '{1}');
SELECT advisor.explain('SELECT 1', '{""}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX}');
SELECT advisor.explain('SELECT 1', '{SELECT 1}');
SELECT advisor.explain('SELECT 1', '{DROP TABLE ex_item}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item (id); CREATE INDEX ON ex_item (id)}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON nowhere (id)}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item (nothing)}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item (id) INCLUDE (nothing)}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item (ctid)}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item ((tableoid::int))}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item (id text_ops)}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item (id no_ops)}');
SELECT advisor.explain('SELECT 1', ARRAY['CREATE INDEX ON ex_item (id COLLATE "C")']);
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item (name COLLATE nowhere)}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item USING nothing (id)}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item USING hash (id\, owner)}');
SELECT advisor.explain('SELECT 1', '{CREATE UNIQUE INDEX ON ex_item USING brin (id)}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item USING gin (id)}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item USING gin (doc DESC)}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item (id) INCLUDE ((id + 1))}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item (place)}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item ((random()))}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item (id) WHERE at > now()}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item (id) WHERE id}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item (id) WHERE id IN (SELECT 1)}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item ((max(id)))}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item ((1 / (id - 1)))}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item (id) WITH (fillfactor = 5)}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item (id) WITH (colour = 5)}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item (id) TABLESPACE nowhere}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_view (id)}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_owner_pkey (id)}');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON pg_temp.ex_nothing (id)}');
SELECT advisor.explain('SELECT 1', ARRAY['CREATE INDEX ON ex_item (' || (SELECT string_agg('id', ', ') FROM generate_series(1, 33)) || ')']);
-- points into the text that it is about
\set VERBOSITY default
SELECT advisor.explain('SELECT * FROM ex_item WHERE idd = 3');
SELECT advisor.explain('SELECT 1', '{CREATE INDEX ON ex_item (idd + )}');
-- and all works as before
SELECT * FROM scans('SELECT * FROM ex_item WHERE id = 3', '{CREATE INDEX i ON ex_item (id)}');

-- --- nobody else sees any of it
SET plan_cache_mode = force_generic_plan;
PREPARE ex_prepared(int) AS SELECT name FROM ex_item WHERE id = $1;
EXECUTE ex_prepared(-1);
SELECT scans FROM scans('SELECT name FROM ex_item WHERE id = $1', '{CREATE INDEX i ON ex_item (id)}');
EXPLAIN (COSTS OFF) EXECUTE ex_prepared(-1);
EXECUTE ex_prepared(-1);
DEALLOCATE ex_prepared;
PREPARE ex_prepared(int) AS SELECT name FROM ex_item WHERE id = $1;
EXPLAIN (COSTS OFF) EXECUTE ex_prepared(-1);
EXECUTE ex_prepared(-1);
RESET plan_cache_mode;
EXPLAIN (COSTS OFF) SELECT name FROM ex_item WHERE id = 3;
-- not while it plans either: functions that are called then may not look, but run queries
CREATE FUNCTION ex_looks() RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'EXPLAIN SELECT * FROM ex_item WHERE id = 4'; RETURN 1; END $$;
CREATE FUNCTION ex_nested() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN ex_looks(); END $$;
SELECT * FROM scans('SELECT name FROM ex_item WHERE id = 3 AND owner > 2 - ex_nested()', '{CREATE INDEX i ON ex_item (id)}');
CREATE OR REPLACE FUNCTION ex_nested() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
	BEGIN RETURN (SELECT count(*) FROM ex_item WHERE id = 3); END $$;
SELECT * FROM scans('SELECT name FROM ex_item WHERE id = 3 AND owner > 2 - ex_nested()', '{CREATE INDEX i ON ex_item (id)}');
-- after an error, and after a cancel in the middle
CREATE FUNCTION ex_fails() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'failed on purpose'; END $$;
CREATE FUNCTION ex_sleeps() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN LOOP END LOOP; END $$;
\set VERBOSITY terse
SELECT advisor.explain('SELECT name FROM ex_item WHERE id = ex_fails()', '{CREATE INDEX i ON ex_item (id)}');
EXPLAIN (COSTS OFF) SELECT name FROM ex_item WHERE id = 3;
SET statement_timeout = '100ms';
SELECT advisor.explain('SELECT name FROM ex_item WHERE id = ex_sleeps()', '{CREATE INDEX i ON ex_item (id)}');
RESET statement_timeout;
EXPLAIN (COSTS OFF) SELECT name FROM ex_item WHERE id = 3;
SELECT * FROM scans('SELECT name FROM ex_item WHERE id = 3', '{CREATE INDEX i ON ex_item (id)}');
-- nor in a transaction that it is called in
BEGIN;
SAVEPOINT s;
SELECT advisor.explain('SELECT name FROM ex_item WHERE id = ex_fails()', '{CREATE INDEX i ON ex_item (id)}');
ROLLBACK TO s;
SELECT scans FROM scans('DELETE FROM ex_item WHERE id = 3', '{CREATE INDEX i ON ex_item (id)}');
EXPLAIN (COSTS OFF) SELECT name FROM ex_item WHERE id = 3;
INSERT INTO ex_owner VALUES (-1, 'still writable');
SHOW transaction_read_only;
SELECT relation::regclass FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'ex_part'::regclass;
SELECT scans IS NOT NULL AS planned FROM scans('SELECT * FROM ex_part', '{CREATE INDEX i ON ex_part (v)}');
SELECT relation::regclass FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'ex_part'::regclass;
COMMIT;
SELECT mail FROM ex_owner WHERE id = -1;

-- --- nothing is counted
CREATE INDEX ex_item_id ON ex_item (id);
SELECT pg_stat_force_next_flush();
SELECT idx_scan, idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'ex_item_id';
SELECT scans FROM scans('SELECT name FROM ex_item WHERE id > 19990', '{CREATE INDEX i ON ex_item (owner)}');
SELECT scans FROM scans('SELECT i.name FROM ex_item i JOIN ex_item j USING (id) WHERE i.price < 3');
SELECT pg_stat_force_next_flush();
SELECT idx_scan, idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'ex_item_id';
SELECT pg_stat_statements_reset() IS NOT NULL AS reset;
SELECT advisor.reset() IS NOT NULL AS reset;
SELECT scans FROM scans('SELECT /* not counted */ price FROM ex_item WHERE price > 4711', '{CREATE INDEX i ON ex_item ((price + 1))}');
SELECT count(*) FROM pg_stat_statements WHERE query LIKE '%not counted%' AND query LIKE '%price >%' AND query NOT LIKE '%scans%';
SELECT count(*) FROM advisor.statements WHERE query LIKE '%price >%' AND query NOT LIKE '%scans%' AND query NOT LIKE '%pg\_stat\_statements%';
SELECT count(*) FROM advisor.statements WHERE query LIKE '%TABLESAMPLE%';

DROP SCHEMA ex_other CASCADE;
DROP VIEW ex_view;
DROP MATERIALIZED VIEW ex_matview;
DROP TABLE ex_item, ex_owner, ex_part, ex_child, ex_parent, ex_ruled, ex_temp;
DROP FUNCTION scans, top_cost, ex_nested, ex_looks, ex_fails, ex_sleeps;

--
-- What advisor reads in CREATE INDEX and writes itself.  _index_definition() fails unless
-- it reads what it wrote as the same.
--
\set VERBOSITY terse
SET client_min_messages = error;
CREATE SCHEMA "Own things";
SET search_path = "Own things", pg_catalog;

CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE COLLATION "by code" (provider = libc, locale = 'C');
CREATE FUNCTION half(integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN $1 / 2;
CREATE FUNCTION same(integer, integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 = $2; END';
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = same);
CREATE OPERATOR CLASS int_by_half FOR TYPE integer USING btree AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(integer, integer);
CREATE TABLE "T" (id integer, "Name" text, nick varchar(20) COLLATE "by code", at timestamp, day date,
	state mood, tags text[], doc jsonb, words tsvector, place point, span int4range, amount numeric(10, 2));
CREATE TABLE p (k integer, v text) PARTITION BY RANGE (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);

-- the test must not depend on what is found under which name
RESET search_path;
CREATE TABLE definitions (n integer, statement text);
COPY definitions FROM STDIN WITH (DELIMITER ';');
1;CREATE INDEX ON "Own things"."T" (id)
2;create index concurrently if not exists "X y" on "Own things"."T" using btree (id desc nulls last, "Name" asc nulls first, day desc, at)
3;CREATE UNIQUE INDEX u ON "Own things"."T" (id) INCLUDE ("Name", day)
4;CREATE INDEX ON "Own things"."T" ("Name" text_pattern_ops, nick varchar_pattern_ops)
5;CREATE INDEX ON "Own things"."T" ("Name" COLLATE "C", nick COLLATE "Own things"."by code", nick COLLATE "C")
6;CREATE INDEX ON "Own things"."T" (id "Own things".int_by_half)
7;CREATE INDEX ON "Own things"."T" (lower("Name"), (id + 1), ("Own things".half(id)), coalesce("Name", nick), (repeat(nick, 2)) COLLATE "C")
8;CREATE INDEX ON "Own things"."T" ((at::date), (amount * 2), (doc ->> 'a'), (extract(year FROM at)))
9;CREATE INDEX ON "Own things"."T" ((id OPERATOR("Own things".===) 3), (state = 'ok'))
10;CREATE INDEX ON "Own things"."T" (id) WHERE state = 'happy' AND nick IN ('a', 'b') AND day IS NOT NULL
11;CREATE INDEX ON "Own things"."T" (id) WITH (fillfactor = 70, deduplicate_items = off) WHERE id OPERATOR("Own things".===) 3
12;CREATE INDEX ON "Own things"."T" USING hash ("Name")
13;CREATE INDEX ON "Own things"."T" USING hash (lower("Name")) WITH (fillfactor = 50)
14;CREATE INDEX ON "Own things"."T" USING brin (at, id int4_minmax_multi_ops) WITH (pages_per_range = 16)
15;CREATE INDEX ON "Own things"."T" USING gin (doc jsonb_path_ops, tags, words)
16;CREATE INDEX ON "Own things"."T" USING gin (to_tsvector('english', "Name"))
17;CREATE INDEX ON "Own things"."T" USING gist (place, span) INCLUDE (id)
18;CREATE INDEX ON "Own things"."T" USING spgist (place kd_point_ops)
19;CREATE INDEX ON "Own things".p (k, v)
20;CREATE INDEX ON "Own things"."T" (id) WHERE amount > 1.5 AND NOT (id < 3 OR "Name" LIKE 'x%')
21;CREATE INDEX ON "Own things"."T" ((CASE WHEN id > 3 THEN 'a' ELSE nick END), (ROW(id, id) < ROW(1, 2)))
22;CREATE INDEX ON "Own things"."T" (("Name" || '(''' || E'\\\\''"')) WHERE ((id = 1) OR ("Name" = ')'))
23;CREATE INDEX ON "Own things"."T" (id) WHERE day > '2024-03-02' AND at < '2024-12-31 23:59:59.5'
24;CREATE INDEX ON "Own things".p (k) TABLESPACE pg_default
\.
SET datestyle = 'SQL, DMY';
SELECT n, advisor._index_definition(statement) FROM definitions ORDER BY n;

-- the server takes what was written, and prints it in its own way
CREATE FUNCTION printed(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	index oid;
	result text;
BEGIN
	EXECUTE statement;
	SELECT max(i.indexrelid::bigint)::oid INTO index FROM pg_index i
		WHERE NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid);
	result := pg_get_indexdef(index);
	EXECUTE 'DROP INDEX ' || index::regclass;
	RETURN result;
END
$$;
SELECT n FROM definitions WHERE n NOT IN (2, 19, 24)
	AND advisor._index_definition(statement) IS DISTINCT FROM
		advisor._index_definition(printed(advisor._index_definition(statement)));

--
-- Names
--
CREATE TABLE names (n integer, statement text);
COPY names FROM STDIN WITH (DELIMITER '|');
1|CREATE INDEX ON "Own things"."T" (id, "Name") INCLUDE (day)
2|CREATE INDEX ON "Own things"."T" (lower("Name"), (id + 1))
3|CREATE INDEX ON "Own things"."T" (half(id))
\.
SET search_path = "Own things", public, pg_catalog;
SELECT n, nth, advisor._index_name(statement, nth) FROM names, generate_series(1, 3) nth ORDER BY n, nth;
CREATE INDEX "T_id_Name_day_idx1" ON "T" (id);
SELECT n, nth, advisor._index_name(statement, nth) FROM names, generate_series(1, 3) nth WHERE n = 1 ORDER BY nth;
DROP INDEX "T_id_Name_day_idx1";
CREATE TABLE "ein_ziemlich_langer_Tabellenname_mit_Umlauten_äöüäöüäöü" ("spalte_mit_ähnlich_langem_Namen_ääääääääääääääää" integer, b integer);
SELECT name, octet_length(name) <= 63 AS fits FROM
	advisor._index_name('CREATE INDEX ON "ein_ziemlich_langer_Tabellenname_mit_Umlauten_äöüäöüäöü" ("spalte_mit_ähnlich_langem_Namen_ääääääääääääääää", b)', 12) name;

--
-- Redundancy: of each pair, whether the first makes the second superfluous, and the reverse
--
CREATE TABLE pairs (n integer, by text, def text);
COPY pairs FROM STDIN WITH (DELIMITER '|', NULL '');
1|"T" (id, "Name")|"T" (id)
2|"T" (id, "Name")|"T" ("Name")
3|"T" (id)|"T" (id DESC)
4|"T" (id, day DESC)|"T" (id, day)
5|"T" (id, day DESC)|"T" (id DESC, day)
6|"T" (id NULLS FIRST)|"T" (id)
7|"T" ("Name" text_pattern_ops)|"T" ("Name")
8|"T" ("Name" COLLATE "C")|"T" ("Name")
9|"T" (id) INCLUDE (day)|"T" (id)
10|"T" (id, day)|"T" (id) INCLUDE (day)
11|"T" (lower("Name"), id)|"T" (lower("Name"))
12|"T" (id)|"T" (id) WHERE day IS NOT NULL
13|"T" (id) WHERE amount > 1|"T" (id) WHERE amount > 5 AND day IS NOT NULL
14|"T" USING hash (id)|"T" USING hash (id)
15|"T" USING gin (tags, doc)|"T" USING gin (tags)
16|"T" USING hash (id)|"T" (id)
17|p (k)|p1 (k)
\.
SELECT n, by, def,
	advisor._index_covers('CREATE INDEX ON ' || by, 'CREATE INDEX ON ' || def) AS covers,
	advisor._index_covers('CREATE INDEX ON ' || def, 'CREATE INDEX ON ' || by) AS reverse
FROM pairs ORDER BY n;
-- unique ones
SELECT advisor._index_covers('CREATE INDEX ON "T" (id)', 'CREATE UNIQUE INDEX ON "T" (id)') AS plain_unique,
	advisor._index_covers('CREATE UNIQUE INDEX ON "T" (id)', 'CREATE INDEX ON "T" (id)') AS unique_plain,
	advisor._index_covers('CREATE UNIQUE INDEX ON "T" (id, day)', 'CREATE UNIQUE INDEX ON "T" (id)') AS longer,
	advisor._index_covers('CREATE UNIQUE INDEX ON "T" (id)', 'CREATE UNIQUE INDEX ON "T" (id) WHERE day IS NULL') AS all_rows,
	advisor._index_covers('CREATE UNIQUE INDEX ON "T" (id) WHERE day IS NULL', 'CREATE UNIQUE INDEX ON "T" (id)') AS some_rows;

RESET search_path;
RESET datestyle;
DROP FUNCTION printed(text);
DROP TABLE definitions, names, "Own things".pairs;
DROP SCHEMA "Own things" CASCADE;

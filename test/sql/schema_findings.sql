-- Mistakes in definitions, and keys that run out: each check fires on the case
-- made for it, and not on the healthy one beside it.
SET client_min_messages = warning;
SET TimeZone = 'UTC';
CREATE SCHEMA sick;
CREATE SCHEMA "Sick 2";
-- what was found in these schemas
CREATE TEMP VIEW found AS
	SELECT f.* FROM advisor.schema_findings f
	WHERE f.object ~ '(sick|"Sick 2"|regress_schema)' OR f.finding_key ~ '(sick|Sick 2)';

-- no database is healthier than an empty one
SELECT check_id, object FROM found;

---- keys that run out
CREATE TABLE sick.k_healthy (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
CREATE TABLE sick.k_half (id serial PRIMARY KEY);
SELECT setval('sick.k_half_id_seq', 1000000000) AS half;
CREATE TABLE sick.k_identity (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
SELECT setval('sick.k_identity_id_seq', 2147483647) AS gone;
CREATE TABLE "Sick 2"."K ""Zwölf" ("Öl" serial PRIMARY KEY);
SELECT setval('"Sick 2"."K ""Zwölf_Öl_seq"', 1900000000) AS quoted;
-- bigint, and its sequence, but whoever refers to it has smaller numbers
CREATE TABLE sick.k_parent (id bigserial PRIMARY KEY);
CREATE TABLE sick.k_child (parent_id bigint PRIMARY KEY REFERENCES sick.k_parent);
CREATE TABLE sick.k_grandchild (id bigserial PRIMARY KEY, child_id smallint REFERENCES sick.k_child);
SELECT setval('sick.k_parent_id_seq', 25000) AS narrow_child;
-- only used in a default, of a column whose type is wider than its own range
CREATE SEQUENCE sick.k_range MINVALUE 1000 MAXVALUE 1999;
CREATE TABLE sick.k_default (id bigint PRIMARY KEY DEFAULT nextval('sick.k_range'));
SELECT setval('sick.k_range', 1960) AS own_limit;
-- downwards
CREATE TABLE sick.k_down (id smallint PRIMARY KEY);
CREATE SEQUENCE sick.k_down_seq INCREMENT -10 OWNED BY sick.k_down.id;
SELECT setval('sick.k_down_seq', -30000) AS down;
-- a range that begins far below zero is not half used at 1, nor is one at its start below zero
CREATE SEQUENCE sick.k_wide_seq AS integer MINVALUE -2147483648 START 1;
CREATE TABLE sick.k_wide (id integer PRIMARY KEY DEFAULT nextval('sick.k_wide_seq'));
SELECT nextval('sick.k_wide_seq') AS wide;
-- only the sequence is in the way, so that the column stays integer
CREATE SEQUENCE sick.k_capped_seq MAXVALUE 1000;
CREATE TABLE sick.k_capped (id integer PRIMARY KEY DEFAULT nextval('sick.k_capped_seq'));
SELECT setval('sick.k_capped_seq', 990) AS capped;
-- no SQL that would fail: a view is in the way, or partitions go by the column
CREATE TABLE sick.k_viewed (id serial PRIMARY KEY);
CREATE VIEW sick.k_viewed_view AS SELECT id FROM sick.k_viewed;
SELECT setval('sick.k_viewed_id_seq', 2000000000) AS viewed;
CREATE TABLE sick.k_parted (id serial PRIMARY KEY) PARTITION BY RANGE (id);
SELECT setval('sick.k_parted_id_seq', 2000000000) AS parted;
-- the last numbers of all
CREATE SEQUENCE sick.k_last;
SELECT setval('sick.k_last', 9123372036854775807) AS last;
-- a cycle into a key, and one that hurts nobody
CREATE SEQUENCE sick.k_cycle_seq MAXVALUE 100 CYCLE;
CREATE TABLE sick.k_cycle (id bigint PRIMARY KEY DEFAULT nextval('sick.k_cycle_seq'));
CREATE SEQUENCE sick.k_round MAXVALUE 100 CYCLE;
SELECT setval('sick.k_cycle_seq', 99) AS cycles, setval('sick.k_round', 99) AS round;
-- partitions: the root's, once
CREATE TABLE sick.k_parts (id serial, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE sick.k_parts_1 PARTITION OF sick.k_parts FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE sick.k_parts_2 PARTITION OF sick.k_parts FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
SELECT setval('sick.k_parts_id_seq', 2100000000) AS partitioned;
-- a view in the way, a domain, a sequence narrower than its column
CREATE VIEW sick.k_view AS SELECT id AS number FROM sick.k_identity;
CREATE DOMAIN sick.positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN sick.very_positive AS sick.positive;
CREATE SEQUENCE sick.k_domain_seq;
CREATE TABLE sick.k_domain (id sick.very_positive PRIMARY KEY DEFAULT nextval('sick.k_domain_seq'));
SELECT setval('sick.k_domain_seq', 2000000000) AS domain;
CREATE TABLE sick.k_narrow (id smallserial PRIMARY KEY);
SELECT setval('sick.k_narrow_id_seq', 30000) AS narrow;
ALTER TABLE sick.k_narrow ALTER COLUMN id TYPE bigint;
CREATE TEMP TABLE k_temp (id smallserial);
SELECT setval('k_temp_id_seq', 32767) AS temporary;

SELECT sequence, "column", limit_value, limiting_factor, limited_by, used_percent, values_left, per_day, is_unique, views
	FROM advisor.key_exhaustion WHERE schemaname ~* '^sick' ORDER BY sequence COLLATE "C";
SELECT ddl, undo_ddl FROM advisor.key_exhaustion
	WHERE schemaname ~* '^sick' AND used_percent > 50 ORDER BY sequence COLLATE "C";
SELECT severity, finding_key, title, remedy_lock, confidence FROM found WHERE check_id = 'key_exhaustion' ORDER BY finding_key COLLATE "C";
SELECT finding_key, remedy, remedy_sql, undo_sql FROM found
	WHERE finding_key ~ 'k_(capped|viewed|parted|last)' AND check_id = 'key_exhaustion' ORDER BY finding_key COLLATE "C";
SELECT substring(detail FROM 'limit is .* left') AS large FROM found WHERE finding_key ~ 'k_last';
SELECT detail FROM found WHERE object = 'sick.k_grandchild.child_id' OR object = 'sick.k_parent.id';
-- the SQL of all of them runs, mends, and is undone
DROP VIEW sick.k_view, sick.k_viewed_view;
CREATE TEMP TABLE mended AS SELECT finding_key, remedy_sql, undo_sql FROM found
	WHERE check_id = 'key_exhaustion' AND remedy_sql IS NOT NULL;
DO $$ DECLARE r record; BEGIN FOR r IN SELECT remedy_sql FROM mended LOOP EXECUTE r.remedy_sql; END LOOP; END $$;
SELECT finding_key FROM found WHERE check_id = 'key_exhaustion' ORDER BY finding_key COLLATE "C";
DO $$ DECLARE r record; BEGIN FOR r IN SELECT undo_sql FROM mended LOOP EXECUTE r.undo_sql; END LOOP; END $$;
SELECT count(*) = (SELECT count(*) FROM mended) AS undone
	FROM found f JOIN mended m USING (finding_key) WHERE f.remedy_sql = m.remedy_sql;
-- a forecast takes a rate: 2 % used, and the rest in 100 days; downwards; one that was set back
SELECT setval('sick.k_half_id_seq', 42949672) AS two_percent, setval('sick.k_down_seq', -10000) AS third;
INSERT INTO advisor.observations (observed_at, metric, object, value) VALUES
	(now() - interval '2 days', 'sequence', 'sick.k_half_id_seq', 42949672 - 2 * 21045339),
	(now() - interval '4 days', 'sequence', 'sick.k_down_seq', 9000),
	(now() - interval '4 days', 'sequence', 'sick.k_healthy_id_seq', 1000);
SELECT sequence, used_percent, ltrim(to_char(per_day, '9.9EEEE')) AS per_day, rate_source, round(days_left::numeric) AS days_left,
	round(extract(epoch FROM forecast_date - now()) / 86400) AS forecast
	FROM advisor.key_exhaustion WHERE sequence IN ('sick.k_half_id_seq', 'sick.k_down_seq', 'sick.k_healthy_id_seq') ORDER BY 1;
SELECT severity, finding_key, title FROM found WHERE finding_key ~ '(k_half|k_down|k_healthy)' ORDER BY finding_key;
-- an hour's rate is worth less
UPDATE advisor.observations SET observed_at = now() - interval '90 minutes', value = 0 WHERE object = 'sick.k_half_id_seq';
SELECT severity, confidence FROM found WHERE finding_key ~ 'k_half';
DELETE FROM advisor.observations WHERE object ~ '^sick';
SELECT advisor.observe() > 0 AS observed;
SELECT object, value FROM advisor.observations WHERE metric = 'sequence' AND object IN ('sick.k_down_seq', 'sick.k_half_id_seq') ORDER BY object;
DELETE FROM advisor.observations;
-- thresholds
UPDATE advisor.settings SET value = 1 WHERE name = 'key_percent';
SELECT severity, finding_key FROM found WHERE finding_key ~ 'k_half';
UPDATE advisor.settings SET value = default_value WHERE name = 'key_percent';

---- tables without a key
CREATE TABLE sick.p_none (a int, b text);
INSERT INTO sick.p_none VALUES (1, 'x');
CREATE TABLE sick.p_index (a int NOT NULL, b text);
CREATE UNIQUE INDEX p_index_a ON sick.p_index (a);
INSERT INTO sick.p_index VALUES (1, 'x');
CREATE TABLE sick.p_constraint (a int NOT NULL UNIQUE, b text);
-- none of these can be a key
CREATE TABLE sick.p_not (a int, b int NOT NULL, c text COLLATE "C" NOT NULL);
CREATE UNIQUE INDEX ON sick.p_not (a);
CREATE UNIQUE INDEX ON sick.p_not (b) WHERE b > 0;
CREATE UNIQUE INDEX ON sick.p_not ((b + 1));
CREATE UNIQUE INDEX ON sick.p_not (b DESC);
CREATE UNIQUE INDEX ON sick.p_not (c COLLATE "POSIX");
CREATE TABLE sick.p_serial (id bigserial, b text);
INSERT INTO sick.p_serial (b) VALUES ('x');
CREATE TABLE sick.p_has (id int PRIMARY KEY);
CREATE TABLE sick.p_parts (a int, b int NOT NULL) PARTITION BY LIST (a);
CREATE TABLE sick.p_parts_1 PARTITION OF sick.p_parts FOR VALUES IN (1);
CREATE TABLE sick.p_parts_2 PARTITION OF sick.p_parts FOR VALUES IN (2);
CREATE TABLE sick.p_own (a int, b int NOT NULL) PARTITION BY LIST (a);
CREATE TABLE sick.p_own_1 PARTITION OF sick.p_own (PRIMARY KEY (b)) FOR VALUES IN (1);
CREATE TEMP TABLE p_temp (a int);
ANALYZE sick.p_none, sick.p_index, sick.p_serial;
SELECT "table", rows, partitions, partitions_with_key, replica_identity, writes_fail, candidate, candidate_columns, ddl
	FROM advisor.tables_without_primary_key WHERE schemaname = 'sick' ORDER BY "table";
SELECT severity, finding_key, remedy_lock FROM found WHERE check_id = 'no_primary_key' ORDER BY finding_key;
-- published
SET client_min_messages = error;
CREATE PUBLICATION regress_schema_1 FOR TABLE sick.p_none, sick.p_index, sick.p_parts;
CREATE PUBLICATION regress_schema_2 FOR TABLE sick.p_serial WITH (publish = 'insert');
SET client_min_messages = warning;
ALTER TABLE sick.p_index REPLICA IDENTITY FULL;
SELECT severity, finding_key, title FROM found WHERE check_id = 'no_primary_key' AND object IN ('sick.p_none', 'sick.p_index', 'sick.p_serial', 'sick.p_parts') ORDER BY finding_key;
DROP PUBLICATION regress_schema_1, regress_schema_2;
-- the SQL runs and is undone
SELECT remedy_sql, undo_sql FROM found WHERE finding_key = 'no_primary_key:sick:p_index' \gset
:remedy_sql
SELECT count(*) AS mended FROM found WHERE finding_key = 'no_primary_key:sick:p_index';
:undo_sql
SELECT remedy_sql = :'remedy_sql' AS undone FROM found WHERE finding_key = 'no_primary_key:sick:p_index';

---- types
CREATE TABLE sick.t_types (
	id bigint PRIMARY KEY,
	country char(2), code char(12) DEFAULT 'x', flag char,
	local_time timestamp, moment timestamptz,
	at_time timetz, price money, "Total_amount" double precision, distance double precision,
	doc json, looked_into json, doc_b jsonb,
	number_text text, plain text, limited varchar(20),
	uuid_1 text, uuid_2 char(36), ref varchar(36), really uuid,
	func regprocedure, funcs regproc[], klass regclass);
INSERT INTO sick.t_types SELECT g, 'de', 'c' || g, 'x', now(), now(), '10:00', 1.5, 0.5, g, '{}', '{"a": 1}', '{}', g::text, 'p' || g, 'l' || g,
	md5(g::text)::uuid::text, md5(g::text)::uuid::text, md5(g::text)::uuid::text, md5(g::text)::uuid, 'now()', NULL, 'pg_class' FROM generate_series(1, 3000) g;
CREATE TABLE sick.t_clean (id bigint PRIMARY KEY, country char(2), a timestamptz, b numeric, c jsonb, d varchar(10), e uuid, f text, total_time float8);
INSERT INTO sick.t_clean SELECT g, 'de', now(), g, '{}', g::text, md5(g::text)::uuid, g::text, g FROM generate_series(1, 3000) g;
CREATE TABLE sick.t_referring (code char(12) PRIMARY KEY);
CREATE TABLE sick.t_referred (code char(12) REFERENCES sick.t_referring);
ANALYZE sick.t_types, sick.t_clean;
SELECT count(*) FROM sick.t_types WHERE number_text::integer = 5;
SELECT count(*) FROM sick.t_types WHERE looked_into ->> 'a' = '5';
SELECT count(*) FROM sick.t_types WHERE distance = 5;
SELECT count(*) FROM sick.t_types WHERE plain = 'p5';
-- a generated column takes no default, and no USING
CREATE TABLE sick.t_generated (id int PRIMARY KEY, padded char(12) GENERATED ALWAYS AS (id::text) STORED);
SELECT problem, suggested_type, ddl, undo_ddl FROM advisor.column_types WHERE relname = 't_generated';
DROP TABLE sick.t_generated;
CREATE VIEW sick.t_view AS SELECT price FROM sick.t_types;
SELECT "column", column_type, problem, suggested_type, severity, views, ddl, undo_ddl
	FROM advisor.column_types WHERE schemaname = 'sick' ORDER BY relid, attnum;
SELECT severity, title, remedy_lock FROM found WHERE check_id = 'column_type' ORDER BY finding_key COLLATE "C";
DROP VIEW sick.t_view;
DO $$ DECLARE r record; BEGIN FOR r IN SELECT remedy_sql FROM found WHERE check_id = 'column_type' AND remedy_sql IS NOT NULL LOOP EXECUTE r.remedy_sql; END LOOP; END $$;
SELECT title FROM found WHERE check_id = 'column_type' ORDER BY finding_key COLLATE "C";

---- columns without values
CREATE TABLE sick.u_columns (id int PRIMARY KEY, used text, "Never" text, in_index text, in_view text, in_check int CHECK (in_check > 0),
	gen int GENERATED ALWAYS AS (in_gen) STORED, in_gen int, same int DEFAULT 1);
CREATE INDEX ON sick.u_columns (in_index);
CREATE VIEW sick.u_view AS SELECT in_view FROM sick.u_columns;
INSERT INTO sick.u_columns (id, used) SELECT g, g::text FROM generate_series(1, 1000) g;
CREATE TABLE sick.u_large (id int PRIMARY KEY, maybe text, small text);
ALTER TABLE sick.u_large ALTER small SET STATISTICS 1, ALTER id SET STATISTICS 1, ALTER maybe SET STATISTICS 1;
INSERT INTO sick.u_large (id) SELECT generate_series(1, 1000);
CREATE TABLE sick.u_few (id int PRIMARY KEY, never text);
INSERT INTO sick.u_few VALUES (1);
-- what is counted after ANALYZE counts as changed since
SELECT pg_stat_force_next_flush();
ANALYZE sick.u_columns, sick.u_large, sick.u_few;
SELECT pg_stat_force_next_flush();
SELECT "column", kind, is_proved, regexp_replace(proof, ' at .* read', ' read') AS proof, used_by
	FROM advisor.unused_columns WHERE schemaname = 'sick' AND relname ~ '^u_' ORDER BY relid, attnum;
SELECT severity, title, remedy_sql, undo_sql, remedy_lock FROM found WHERE check_id = 'unused_column' ORDER BY finding_key COLLATE "C";
SELECT remedy_sql FROM found WHERE finding_key = 'unused_column:sick:u_columns:Never' \gset
-- a change undoes the proof, and the SQL looks
UPDATE sick.u_columns SET "Never" = 'now' WHERE id = 1;
SELECT pg_stat_force_next_flush();
SELECT is_proved, regexp_replace(proof, ' at .* read', ' read') AS proof FROM advisor.unused_columns WHERE "column" = 'sick.u_columns."Never"';
:remedy_sql
UPDATE sick.u_columns SET "Never" = NULL WHERE id = 1;
:remedy_sql
SELECT count(*) FROM pg_attribute WHERE attrelid = 'sick.u_columns'::regclass AND attname = 'Never';

---- the others
CREATE TABLE sick.o_parent (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE sick.o_child (id int PRIMARY KEY, a int NOT NULL, b int, c int CONSTRAINT o_valid CHECK (c > 0),
	CONSTRAINT o_hole FOREIGN KEY (a, b) REFERENCES sick.o_parent);
CREATE TABLE sick.o_full (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES sick.o_parent MATCH FULL);
ALTER TABLE sick.o_child ADD CONSTRAINT "o Not valid" CHECK (id > 0) NOT VALID;
CREATE FUNCTION sick.o_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER o_off BEFORE INSERT ON sick.o_child FOR EACH ROW EXECUTE FUNCTION sick.o_trigger();
CREATE TRIGGER o_on BEFORE INSERT ON sick.o_child FOR EACH ROW EXECUTE FUNCTION sick.o_trigger();
CREATE TRIGGER o_replica BEFORE INSERT ON sick.o_child FOR EACH ROW EXECUTE FUNCTION sick.o_trigger();
ALTER TABLE sick.o_child DISABLE TRIGGER o_off, ENABLE REPLICA TRIGGER o_replica;
ALTER TABLE sick.o_full DISABLE TRIGGER ALL;
CREATE UNLOGGED TABLE sick.o_unlogged (id int PRIMARY KEY);
CREATE FUNCTION sick.o_definer(a int, "B" text) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
CREATE PROCEDURE sick.o_definer_proc() LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN END';
CREATE FUNCTION sick.o_pinned() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT 1';
CREATE FUNCTION sick.o_atomic() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1;
CREATE FUNCTION sick.o_invoker() RETURNS int LANGUAGE sql AS 'SELECT 1';
GRANT CREATE ON SCHEMA "Sick 2" TO PUBLIC;
SELECT severity, finding_key, object, title, confidence FROM found
	WHERE check_id NOT IN ('key_exhaustion', 'no_primary_key', 'column_type', 'unused_column')
	ORDER BY regexp_replace(finding_key, '\d{4,}', '') COLLATE "C";
SELECT check_id, remedy_lock, regexp_replace(remedy_sql, '_\d+"', '_N"', 'g') AS remedy_sql, regexp_replace(undo_sql, '_\d+"', '_N"', 'g') AS undo_sql FROM found
	WHERE check_id NOT IN ('key_exhaustion', 'no_primary_key', 'column_type', 'unused_column')
	ORDER BY finding_key COLLATE "C";
CREATE TEMP TABLE others AS SELECT * FROM found
	WHERE check_id NOT IN ('key_exhaustion', 'no_primary_key', 'column_type', 'unused_column');
DO $$ DECLARE r record; BEGIN FOR r IN SELECT remedy_sql FROM others LOOP EXECUTE r.remedy_sql; END LOOP; END $$;
SELECT finding_key FROM found
	WHERE check_id NOT IN ('key_exhaustion', 'no_primary_key', 'column_type', 'unused_column') ORDER BY 1;
DO $$ DECLARE r record; BEGIN FOR r IN SELECT undo_sql FROM others WHERE undo_sql IS NOT NULL LOOP EXECUTE r.undo_sql; END LOOP; END $$;
SELECT count(*) = (SELECT count(*) FROM others) AS undone
	FROM found f JOIN others o USING (finding_key) WHERE f.remedy_sql = o.remedy_sql;
-- an extension that the server has a newer version of
BEGIN;
UPDATE pg_extension SET extversion = '1.0' WHERE extname = 'pg_stat_statements';
SELECT severity, finding_key, remedy_sql FROM advisor.schema_findings WHERE check_id = 'extension_update' AND object ~ 'pg_stat_statements';
ROLLBACK;
SELECT count(*) FROM advisor.schema_findings WHERE check_id = 'extension_update' AND object ~ 'pg_stat_statements';

---- what holds for all
SELECT f.check_id FROM advisor.schema_findings f
	WHERE f.severity IS NULL OR f.title IS NULL OR f.detail IS NULL OR f.evidence IS NULL OR f.object IS NULL OR f.finding_key IS NULL OR f.remedy IS NULL;
SELECT finding_key FROM advisor.schema_findings GROUP BY 1 HAVING count(*) > 1;
-- each check is described, and each fired above
SELECT c.check_id, c.settings, c.needs, (SELECT bool_and(EXISTS (SELECT FROM advisor.settings s WHERE s.name = t)) FROM unnest(c.settings) t) AS settings_exist,
	c.page ~ 'What it looks at.*Why it matters.*How it decides.*When it is wrong.*What to do' AS complete
	FROM advisor._schema_checks() c ORDER BY 1;
-- without rights: less, but no error
CREATE ROLE regress_schema_nobody;
SET ROLE regress_schema_nobody;
SELECT count(*) FROM advisor.key_exhaustion WHERE last_value IS NOT NULL AND schemaname = 'sick';
SELECT count(*) > 0 AS some FROM advisor.schema_findings;
SELECT check_id FROM advisor._schema_skips() ORDER BY 1;
RESET ROLE;
DROP ROLE regress_schema_nobody;
DROP VIEW found;
DROP TABLE others, mended;
DROP SCHEMA sick, "Sick 2" CASCADE;

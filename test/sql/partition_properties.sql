-- What a new partition takes over, seen in the catalog.
CREATE ROLE regress_pprop_owner;
CREATE ROLE regress_pprop_reader;
CREATE ROLE regress_pprop_writer;
CREATE SCHEMA partition_properties AUTHORIZATION regress_pprop_owner;
SET search_path = partition_properties;
SET TimeZone = 'UTC';
SET client_min_messages = warning;
-- the wide permissions that new tables of this owner get are not the parent's
ALTER DEFAULT PRIVILEGES FOR ROLE regress_pprop_owner IN SCHEMA partition_properties GRANT ALL ON TABLES TO PUBLIC;
SET ROLE regress_pprop_owner;
CREATE TABLE members (tenant int, usr name);
CREATE SEQUENCE gen;
CREATE TABLE "P%t" (
	gone int,
	id bigint GENERATED ALWAYS AS IDENTITY,
	"At" timestamptz NOT NULL DEFAULT '2026-01-01 UTC',
	tenant int CHECK (tenant > 0),
	n bigint DEFAULT nextval('gen'),
	double_n bigint GENERATED ALWAYS AS (n * 2) STORED,
	txt text COMPRESSION pglz,
	PRIMARY KEY (id, "At")
) PARTITION BY RANGE ("At");
ALTER TABLE "P%t" DROP COLUMN gone;
ALTER TABLE "P%t" ALTER txt SET STORAGE external, ALTER tenant SET STATISTICS 777, ALTER n SET (n_distinct = -0.25, n_distinct_inherited = 9);
COMMENT ON TABLE "P%t" IS E'it''s 100% \\ ours';
COMMENT ON COLUMN "P%t".txt IS 'the text';
REVOKE ALL ON "P%t" FROM PUBLIC;
REVOKE TRUNCATE ON "P%t" FROM regress_pprop_owner;
GRANT SELECT ON "P%t" TO PUBLIC;
GRANT INSERT, UPDATE ON "P%t" TO regress_pprop_writer WITH GRANT OPTION;
GRANT DELETE ON "P%t" TO regress_pprop_writer;
GRANT UPDATE ("At", txt) ON "P%t" TO regress_pprop_reader WITH GRANT OPTION;
GRANT INSERT (txt) ON "P%t" TO PUBLIC;
CREATE INDEX ON "P%t" (tenant);
CREATE UNIQUE INDEX "identity!" ON "P%t" ("At", id);
ALTER TABLE "P%t" REPLICA IDENTITY USING INDEX "identity!";
CREATE STATISTICS tenant_n ON tenant, n FROM "P%t";
ALTER TABLE "P%t" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
-- the name of the table is in it
CREATE POLICY "mine %s" ON "P%t" TO regress_pprop_reader, regress_pprop_writer
	USING (EXISTS (SELECT FROM members m WHERE m.tenant = "P%t".tenant AND m.usr = CURRENT_USER));
CREATE POLICY upd ON "P%t" AS RESTRICTIVE FOR UPDATE USING (tenant < 100) WITH CHECK (txt <> '%' AND txt <> 'x''y');
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER noted BEFORE INSERT ON "P%t" FOR EACH ROW EXECUTE FUNCTION noted();
RESET ROLE;

SELECT partition, lower, status, sqlstate, detail
	FROM advisor.create_range_partitions('"P%t"', '1 month', '2026-01-01 00:00+00', '2026-02-01 00:00+00');
CREATE VIEW children AS SELECT c.* FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
	WHERE i.inhparent = '"P%t"'::regclass;
SELECT relname, pg_get_userbyid(relowner) AS owner, relpersistence, relrowsecurity, relforcerowsecurity, relreplident,
	obj_description(oid) AS comment FROM children;
-- privileges: none differ
CREATE FUNCTION grants(rel regclass) RETURNS TABLE (att name, grantee text, privilege text, grantable boolean) LANGUAGE sql AS $$
	SELECT '', x.grantee::regrole::text, x.privilege_type, x.is_grantable FROM pg_class c, aclexplode(c.relacl) x WHERE c.oid = rel
	UNION
	SELECT a.attname, x.grantee::regrole::text, x.privilege_type, x.is_grantable
	FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = rel $$;
SELECT count(*) > 8 AS any FROM children c, grants(c.oid);
(SELECT 'more' AS what, g.* FROM children c, grants(c.oid) g EXCEPT SELECT 'more', g.* FROM grants('"P%t"') g)
UNION ALL
(SELECT 'less', g.* FROM grants('"P%t"') g EXCEPT SELECT 'less', g.* FROM children c, grants(c.oid) g);
SELECT polname, polpermissive, polcmd, ARRAY(SELECT r::regrole::text FROM unnest(polroles) r ORDER BY 1) AS roles,
	pg_get_expr(polqual, polrelid) AS qual, pg_get_expr(polwithcheck, polrelid) AS with_check
	FROM pg_policy JOIN children c ON c.oid = polrelid ORDER BY 1;
SELECT a.attname, a.attnotnull, a.attgenerated, a.attstorage, a.attcompression,
	nullif(a.attstattarget, -1) AS stattarget,
	ARRAY(SELECT o FROM unnest(a.attoptions) o WHERE o ~ 'n_distinct' ORDER BY 1) AS options,
	pg_get_expr(d.adbin, d.adrelid) AS default, col_description(a.attrelid, a.attnum) AS comment
	FROM children c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
		LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum ORDER BY a.attnum;
-- an identity is a partition's, too, from 17 on
SELECT a.attname, a.attidentity = CASE WHEN current_setting('server_version_num')::int >= 170000 THEN p.attidentity ELSE '' END AS same_identity
	FROM children c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_attribute p ON p.attrelid = '"P%t"'::regclass AND p.attname = a.attname
	WHERE p.attidentity <> '';
SELECT i.indisunique, i.indisprimary, i.indisreplident, pg_get_indexdef(i.indexrelid, 1, false) AS first
	FROM children c JOIN pg_index i ON i.indrelid = c.oid ORDER BY 1, 2, 3;
SELECT count(*) FILTER (WHERE tgparentid <> 0) AS triggers FROM children c JOIN pg_trigger t ON t.tgrelid = c.oid;
SELECT stxkeys IS NOT NULL AS statistics FROM children c JOIN pg_statistic_ext s ON s.stxrelid = c.oid;
-- through the parent and, as the reader, neither
INSERT INTO members VALUES (1, 'regress_pprop_reader');
INSERT INTO "P%t" (tenant, txt) VALUES (1, 'a'), (2, 'b');
SELECT id, tenant, n, double_n, txt FROM "P%t" ORDER BY id;
GRANT USAGE ON SCHEMA partition_properties TO regress_pprop_reader;
GRANT SELECT ON members TO regress_pprop_reader;
SET ROLE regress_pprop_reader;
SELECT tenant FROM "P%t_p20260101";
RESET ROLE;

-- From the newest partition: how it is stored.
CREATE TABLE leaf (id bigint, k int NOT NULL, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE INDEX leaf_k ON leaf (k, id);
SELECT partition, status FROM advisor.create_range_partitions('leaf', '10', '0', '10');
ALTER TABLE leaf_p0 SET UNLOGGED;
ALTER TABLE leaf_p0 SET (fillfactor = 70, autovacuum_enabled = off);
ALTER TABLE leaf ADD COLUMN t text;
ALTER TABLE leaf_p0 SET (toast.autovacuum_vacuum_threshold = 99);
ALTER TABLE leaf_p0 CLUSTER ON leaf_p0_k_id_idx;
ALTER TABLE leaf_p0 REPLICA IDENTITY FULL;
SELECT partition, status, detail FROM advisor.create_range_partitions('leaf', '10', '10', '20');
SELECT c.relname, c.relpersistence, c.reloptions, t.reloptions AS toast, c.relreplident,
	(SELECT pg_get_indexdef(indexrelid, 1, false) FROM pg_index WHERE indrelid = c.oid AND indisclustered) AS clustered_on
	FROM pg_class c LEFT JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.relname ~ '^leaf_p\d+$' ORDER BY 1;

-- Tablespaces: the parent's, which says where its partitions go, or the newest one's.
SET allow_in_place_tablespaces = on;
CREATE TABLESPACE regress_pprop_one LOCATION '';
CREATE TABLESPACE regress_pprop_two LOCATION '';
CREATE TABLE placed (id int PRIMARY KEY) PARTITION BY RANGE (id);
SELECT partition, status FROM advisor.create_range_partitions('placed', '10', '0', '10');
ALTER TABLE placed_p0 SET TABLESPACE regress_pprop_one;
SELECT partition, status FROM advisor.create_range_partitions('placed', '10', '10', '20');
ALTER TABLE placed SET TABLESPACE regress_pprop_two;
SET default_tablespace = regress_pprop_one;
SELECT partition, status FROM advisor.create_range_partitions('placed', '10', '20', '30');
SELECT c.relname, t.spcname FROM pg_class c LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace WHERE c.relname ~ '^placed_p\d+$' ORDER BY 1;
ALTER TABLE placed SET TABLESPACE pg_default;
ALTER TABLE placed_p20 SET TABLESPACE pg_default;
SELECT partition, status FROM advisor.create_range_partitions('placed', '10', '30', '40');
RESET default_tablespace;
SELECT c.relname, t.spcname FROM pg_class c LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace WHERE c.relname ~ '^placed_p\d+$' ORDER BY 1;
DROP TABLE placed;
DROP TABLESPACE regress_pprop_one;
DROP TABLESPACE regress_pprop_two;

-- From a template that is no partition: also its indexes.
CREATE TABLE template (id bigint PRIMARY KEY, at date, code text) WITH (fillfactor = 55);
CREATE UNIQUE INDEX ON template (code);
CREATE TABLE made (id bigint, at date NOT NULL, code text) PARTITION BY RANGE (at);
CREATE INDEX ON made (code);
SELECT advisor.register_partition_policy('made', '1 day', 1, template => 'template', time_zone => 'UTC');
SELECT partition, status, sqlstate, detail FROM advisor._plan_creation(advisor._policy('made'), '2026-05-05 12:00+00') WITH ORDINALITY;
SELECT a.partition, a.status, a.detail FROM advisor._plan_creation(advisor._policy('made'), '2026-05-05 12:00+00') p,
	LATERAL advisor._perform(p) a;
SELECT c.relname, c.reloptions, string_agg(concat(CASE WHEN indisprimary THEN 'primary ' WHEN indisunique THEN 'unique ' END,
	pg_get_indexdef(indexrelid, 1, false)), ', ' ORDER BY indisprimary, indisunique) AS indexes
	FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid WHERE c.relname ~ '^made_p' GROUP BY 1, 2 ORDER BY 1;

-- Published by themselves, with columns and rows.
CREATE TABLE pub (id int NOT NULL, v text, w text) PARTITION BY RANGE (id);
SELECT partition, status FROM advisor.create_range_partitions('pub', '10', '0', '10');
SET client_min_messages = error;
CREATE PUBLICATION regress_pprop_mine FOR TABLE pub_p0 (id, v) WHERE (id > 3);
CREATE PUBLICATION regress_pprop_other FOR TABLE pub_p0;
SET client_min_messages = warning;
ALTER TABLE pub OWNER TO regress_pprop_owner;
ALTER TABLE pub_p0 OWNER TO regress_pprop_owner;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_pprop_owner', current_database()); END $$;
ALTER PUBLICATION regress_pprop_mine OWNER TO regress_pprop_owner;
SELECT partition, status, detail FROM advisor.create_range_partitions('pub', '10', '10', '20');
SELECT pubname, tablename, attnames, rowfilter FROM pg_publication_tables WHERE pubname ~ '^regress_pprop' ORDER BY 1, 2;

-- From 17 on the parent may say how partitions are stored; those that are partitioned pass it on.
CREATE ACCESS METHOD regress_pprop_heap TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE am (id int, k int) PARTITION BY RANGE (id);
DO $$ BEGIN
	IF current_setting('server_version_num')::int >= 170000 THEN
		EXECUTE 'ALTER TABLE am SET ACCESS METHOD regress_pprop_heap';
	END IF;
END $$;
SELECT advisor.register_partition_policy('am', '10', 1);
SELECT advisor.set_subpartitions('am', 'HASH (k)', ARRAY['FOR VALUES WITH (MODULUS 1, REMAINDER 0)']);
SELECT partition, status, detail FROM advisor.create_range_partitions('am', '10', '0', '10');
SELECT c.relname, coalesce(a.amname = 'regress_pprop_heap', false) = (current_setting('server_version_num')::int >= 170000) AS as_parent
	FROM pg_class c LEFT JOIN pg_am a ON a.oid = c.relam WHERE c.relname ~ '^am' AND c.relnamespace = 'partition_properties'::regnamespace ORDER BY 1;

-- Nothing to take over, nothing to say.
CREATE TABLE bare (id int) PARTITION BY RANGE (id);
SELECT regexp_replace(sql, 'INCLUDING .*STATISTICS', '...') AS sql FROM advisor.create_range_partitions('bare', '10', '0', '10');

SET client_min_messages = error;
DROP PUBLICATION regress_pprop_mine, regress_pprop_other;
DELETE FROM advisor.partition_policies WHERE parent IN ('made'::regclass, 'am'::regclass);
DELETE FROM advisor.partition_log WHERE parent_name LIKE 'partition\_properties.%';
DROP SCHEMA partition_properties CASCADE;
DROP ACCESS METHOD regress_pprop_heap;
DROP OWNED BY regress_pprop_owner;
DROP ROLE regress_pprop_owner, regress_pprop_reader, regress_pprop_writer;

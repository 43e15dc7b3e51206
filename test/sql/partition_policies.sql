-- How partitioned tables are to be maintained: written down, or read off the
-- partitions that there are.
SET client_min_messages = warning;
CREATE SCHEMA partition_policies;
SET search_path = partition_policies, pg_catalog;
\set SHOW_CONTEXT never
\set VERBOSITY default
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
SET IntervalStyle = postgres;
CREATE ROLE regress_partition_owner;
CREATE ROLE regress_partition_other;
GRANT ALL ON SCHEMA partition_policies TO regress_partition_owner, regress_partition_other;

-- the defaults are the same in all places: table, function, what is made up for tables without policy
SELECT c.column_name, c.column_default AS of_table, d.value AS of_policy
	FROM information_schema.columns c
		JOIN (SELECT * FROM jsonb_each_text(to_jsonb(advisor._default_policy('pg_class')))) d ON d.key = c.column_name
	WHERE c.table_schema = 'advisor' AND c.table_name = 'partition_policies' AND c.column_name <> 'parent'
		AND trim('''' FROM split_part(c.column_default, '::', 1)) IS DISTINCT FROM d.value AND c.column_name <> 'created_at';
CREATE TABLE plain (k date);
CREATE TABLE t (k date, v text) PARTITION BY RANGE (k);
SELECT advisor.register_partition_policy('t', '1 month');
SELECT (SELECT jsonb_object_agg(a.key, a.value) FROM jsonb_each(to_jsonb(p) - 'created_at') a
			WHERE a.value IS DISTINCT FROM to_jsonb(advisor._default_policy('t')) -> a.key) AS differs
	FROM advisor.partition_policies p WHERE parent = 't'::regclass;
-- written again, it takes the place of the first
SELECT advisor.register_partition_policy('t', '1 week', premake => 8, retention => '90 days', retention_action => 'drop', min_keep => 3, time_zone => 'Europe/Berlin');
SELECT step, time_zone, premake, retention, retention_action, min_keep FROM advisor.partition_policies WHERE parent = 't'::regclass;
SELECT step, premake FROM advisor._policy('t');

-- what cannot be, with a hint, and nothing is written
SELECT advisor.register_partition_policy('plain', '1 month');
SELECT advisor.register_partition_policy('t', 'fortnight');
SELECT advisor.register_partition_policy('t', '0');
SELECT advisor.register_partition_policy('t', '-1 day');
SELECT advisor.register_partition_policy('t', '1 month 12 hours');
SELECT advisor.register_partition_policy('t', '1 hour');
SELECT advisor.register_partition_policy('t', '100');
SELECT advisor.register_partition_policy('t', '1 day', time_zone => 'Mars/Olympus');
SELECT advisor.register_partition_policy('t', '1 day', anchor => 'yesterday');
SELECT advisor.register_partition_policy('t', '1 day', key_unit => 'seconds');
SELECT advisor.register_partition_policy('t', '1 day', key_unit => 'hours');
SELECT advisor.register_partition_policy('t', '1 day', premake => -1);
SELECT advisor.register_partition_policy('t', '1 day', premake => 10001);
SELECT advisor.register_partition_policy('t', '1 day', premake => NULL);
SELECT advisor.register_partition_policy('t', '1 day', min_keep => -1);
SELECT advisor.register_partition_policy('t', '1 day', batch_rows => 0);
SELECT advisor.register_partition_policy('t', '1 day', lock_timeout => 0);
SELECT advisor.register_partition_policy('t', '1 day', lock_attempts => 0);
SELECT advisor.register_partition_policy('t', '1 day', max_future => '-1 year');
SELECT advisor.register_partition_policy('t', '1 day', retention => 'a while');
SELECT advisor.register_partition_policy('t', '1 day', retention => '100');
SELECT advisor.register_partition_policy('t', '1 month', retention => '1 week');
SELECT advisor.register_partition_policy('t', '1 day', retention => '-1 week');
SELECT advisor.register_partition_policy('t', '1 day', retention_action => 'burn');
SELECT advisor.register_partition_policy('t', '1 day', retention_action => 'archive');
SELECT advisor.register_partition_policy('t', '1 day', retention_action => 'archive', archive_schema => 'Nowhere "at" all');
SELECT advisor.register_partition_policy('t', '1 day', backup => 'tape:1');
SELECT advisor.register_partition_policy('t', '1 day', backup => 'csv:');
SELECT advisor.register_partition_policy('t', '1 day', backup => 'csv:backups');
SELECT advisor.register_partition_policy('t', '1 day', backup => 'schema:nowhere');
SELECT advisor.register_partition_policy('t', '1 day', backup => 'hook:partition_policies.no_such_hook');
SELECT advisor.register_partition_policy('t', '1 day', backup => 'hook:partition_policies.no_such_hook(text)');
SELECT advisor.register_partition_policy('t', '1 day', default_action => 'ignore');
CREATE VIEW no_template AS SELECT * FROM t;
CREATE TABLE short_template (k date, w integer);
SELECT advisor.register_partition_policy('t', '1 day', template => 'no_template');
SELECT advisor.register_partition_policy('t', '1 day', template => 'short_template');
SELECT advisor.register_partition_policy('t', '1 day', subpartition_by => 'moon (phase)');
SELECT advisor.register_partition_policy('t', '1 day', subpartition_by => 'hash (v)', subpartition_bounds => '{IN (1)}');
SELECT advisor.register_partition_policy(NULL, '1 day');
SELECT advisor.register_partition_policy('t', '1 day', retention_action => NULL);
SELECT advisor.register_partition_policy('t', '1 day', backup => NULL);
SELECT advisor.register_partition_policy('t', '1 day', default_action => NULL);
SELECT advisor.register_partition_policy('t', '1 day', max_future => NULL);
SELECT advisor.register_partition_policy('t', '1 day', detach_concurrently => NULL);
SELECT advisor.register_partition_policy('t', '1 day', analyze_parent => NULL);
SELECT advisor.register_partition_policy('t', '1 day', enabled => NULL);
SELECT advisor.register_partition_policy('t', '1 day', run_order => NULL);
SELECT advisor.adopt_partitions(NULL);
SELECT advisor.unregister_partition_policy(NULL);
SELECT advisor.register_partition_policy(0, '1 day');
SELECT step, premake, retention FROM advisor.partition_policies WHERE parent = 't'::regclass;
-- and what can
CREATE TABLE template (v text, k date);
CREATE FUNCTION hook(regclass) RETURNS bigint LANGUAGE sql RETURN 1;
SELECT advisor.register_partition_policy('t', '1 day', retention => '1 year 2 months 3 days', retention_action => 'archive', archive_schema => 'partition_policies',
	backup => 'hook:partition_policies.hook', template => 'template', subpartition_by => 'HASH (v)',
	subpartition_bounds => '{"FOR VALUES WITH (MODULUS 2, REMAINDER 0)","FOR VALUES WITH (MODULUS 2, REMAINDER 1)"}');
SELECT retention_action, archive_schema, backup, template, subpartition_by, subpartition_bounds FROM advisor.partition_policies WHERE parent = 't'::regclass;
SELECT advisor.unregister_partition_policy('t') AS was, advisor.unregister_partition_policy('t') AS again;
-- without partitions there is nothing to tell a step by
SELECT advisor.register_partition_policy('t');
SELECT advisor.adopt_partitions('t');

-- sets made by hand, whatever their names
CREATE FUNCTION make(parent regclass, VARIADIC bounds text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 2 .. cardinality(bounds) LOOP
		EXECUTE format('CREATE TABLE %I PARTITION OF %s FOR VALUES FROM (%s) TO (%s)', format('Part "%s" of %s.', i, parent), parent, bounds[i - 1], bounds[i]);
	END LOOP;
END
$$;
CREATE FUNCTION look(parent regclass) RETURNS TABLE (step text, key_unit text, anchor text, time_zone text) LANGUAGE sql AS $$
	SELECT p.step, p.key_unit, p.anchor, p.time_zone FROM advisor._policy(parent) p
$$;
CREATE TABLE monthly (k timestamptz) PARTITION BY RANGE (k);
SET TimeZone = 'Europe/Berlin';
SELECT make('monthly', 'MINVALUE', '''2026-01-01''', '''2026-02-01''', '''2026-03-01''', '''2026-04-01''', '''2026-05-01''', '''2026-05-20''', 'MAXVALUE');
SELECT * FROM look('monthly');
SET TimeZone = 'UTC';
CREATE TABLE weekly (k date) PARTITION BY RANGE (k);
SELECT make('weekly', '''2026-01-04''', '''2026-01-11''', '''2026-01-18''', '''2026-01-25''');
CREATE TABLE last_days (k timestamp) PARTITION BY RANGE (k);
SELECT make('last_days', '''2026-01-31''', '''2026-02-28''', '''2026-03-31''', '''2026-04-30''');
CREATE TABLE days (k date, l integer) PARTITION BY RANGE (k, l);
SELECT make('days', '''2026-01-01'', 0', '''2026-01-02'', 0', '''2026-01-03'', 0');
CREATE TABLE hours (k timestamptz) PARTITION BY RANGE (k);
SELECT make('hours', '''2026-01-01 00:00''', '''2026-01-01 01:00''', '''2026-01-01 02:00''');
CREATE TABLE quarters (k timestamp) PARTITION BY RANGE (k);
SELECT make('quarters', '''2025-10-01''', '''2026-01-01''', '''2026-04-01''');
CREATE TABLE years (k date) PARTITION BY RANGE (k);
SELECT make('years', '''2025-04-01''', '''2026-04-01''', '''2027-04-01''');
CREATE TABLE ids (k bigint) PARTITION BY RANGE (k);
SELECT make('ids', '3000000000', '3000000010', '3000000020', '3000000030');
CREATE TABLE odd_ids (k bigint) PARTITION BY RANGE (k);
SELECT make('odd_ids', '-993', '7', '1007', '5007');
CREATE TABLE fractions (k numeric) PARTITION BY RANGE (k);
SELECT make('fractions', '0.50', '1.00', '1.50');
CREATE TABLE seconds (k integer) PARTITION BY RANGE (k);
SELECT make('seconds', '1767225600', '1769904000', '1772323200', '1775001600');
CREATE TABLE millis (k bigint) PARTITION BY RANGE (k);
SELECT make('millis', '1767225600000', '1767312000000', '1767398400000');
CREATE TABLE nanos (k numeric) PARTITION BY RANGE (k);
SELECT make('nanos', '1767225600000000000', '1767229200000000000', '1767232800000000000');
CREATE TABLE uuids (k uuid) PARTITION BY RANGE (k);
SELECT make('uuids', '''019b76da-a800-0000-0000-000000000000''', '''019c167f-cc00-0000-0000-000000000000''', '''019ca6b1-dc00-0000-0000-000000000000''');
CREATE TABLE spread (k uuid) PARTITION BY RANGE (k);
SELECT make('spread', '''00000000-0000-0000-0000-000000000000''', '''40000000-0000-0000-0000-000000000000''', '''80000000-0000-0000-0000-000000000000''');
CREATE TABLE lists (k text) PARTITION BY LIST (k);
CREATE TABLE hashes (k text) PARTITION BY HASH (k);
CREATE TABLE texts (k text) PARTITION BY RANGE (k);
SELECT t, l.* FROM unnest('{weekly,last_days,days,hours,quarters,years,ids,odd_ids,fractions,seconds,millis,nanos,uuids,spread,lists,hashes,texts}'::text[]) WITH ORDINALITY t(t, o),
	look(t::regclass) l ORDER BY o;
-- looking has written nothing
SELECT count(*) FROM advisor.partition_policies p JOIN pg_class c ON c.oid = p.parent WHERE c.relnamespace = 'partition_policies'::regnamespace;

-- adopted, they go on where they are
SET TimeZone = 'Europe/Berlin';
SELECT step, anchor, time_zone FROM advisor.adopt_partitions('monthly');
SET TimeZone = 'UTC';
SELECT step, anchor FROM advisor.adopt_partitions('weekly');
SELECT step, key_unit FROM advisor.adopt_partitions('millis');
SELECT step, key_unit FROM advisor.adopt_partitions('lists');
SELECT p.parent, advisor._grid_value(g, n), advisor._grid_suffix(g, n) FROM advisor.partition_policies p,
		advisor._grid(p) g, advisor._grid_index_at(g, '2026-03-15') n
	WHERE p.parent IN ('monthly'::regclass, 'weekly', 'millis') ORDER BY p.parent::text;
-- adopted again, the rest stays
UPDATE advisor.partition_policies SET premake = 9, step = '1 day', anchor = '2000-01-01' WHERE parent = 'weekly'::regclass;
SELECT step, anchor, premake FROM advisor.adopt_partitions('weekly');

-- a step must divide what there is
SELECT advisor.register_partition_policy('weekly', '1 month');
SELECT advisor.register_partition_policy('weekly', '14 days');
SELECT advisor.register_partition_policy('weekly', '1 week', anchor => '2026-01-05');
SELECT advisor.register_partition_policy('weekly', '1 week', anchor => '2025-12-07');
SELECT advisor.register_partition_policy('weekly', '1 day');
SELECT advisor.register_partition_policy('weekly', '1 month', accept => true);
SELECT step, anchor FROM advisor.partition_policies WHERE parent = 'weekly'::regclass;
SELECT advisor.register_partition_policy('weekly');
SELECT step, anchor FROM advisor.partition_policies WHERE parent = 'weekly'::regclass;
SELECT advisor.register_partition_policy('ids', '100');
SELECT advisor.register_partition_policy('ids', '5');
SELECT advisor.register_partition_policy('ids', '10', retention => '5');
SELECT advisor.register_partition_policy('ids', '10', retention => '1 month');
SELECT advisor.register_partition_policy('ids', '10', retention => '1000');
SELECT advisor.register_partition_policy('monthly', '1 month', time_zone => 'Europe/Berlin', retention => '30 days');
SELECT advisor.register_partition_policy('seconds', '1 month', retention => '1 year');
SELECT advisor.register_partition_policy('lists', '1 month');
SELECT advisor.register_partition_policy('lists', retention => '1 month');
SELECT advisor.register_partition_policy('hashes');
CREATE TABLE new_uuids (k uuid) PARTITION BY RANGE (k);
SELECT advisor.register_partition_policy('new_uuids', '1 week');
SELECT p.parent, p.step, p.key_unit, p.anchor, p.time_zone, p.retention FROM advisor.partition_policies p JOIN pg_class c ON c.oid = p.parent
	WHERE c.relnamespace = 'partition_policies'::regnamespace ORDER BY c.relname COLLATE "C";

-- names of any kind
CREATE SCHEMA "Über.""q""";
CREATE TABLE "Über.""q"""."näme "" with.dot and 'q' of sixty three bytes ööööööööööööö" (k date) PARTITION BY RANGE (k);
SELECT advisor.register_partition_policy('"Über.""q"""."näme "" with.dot and ''q'' of sixty three bytes ööööööööööööö"', '0 days');
SELECT advisor.register_partition_policy('"Über.""q"""."näme "" with.dot and ''q'' of sixty three bytes ööööööööööööö"', '1 day');
SELECT step FROM advisor._policy('"Über.""q"""."näme "" with.dot and ''q'' of sixty three bytes ööööööööööööö"');
SELECT advisor.unregister_partition_policy('"Über.""q"""."näme "" with.dot and ''q'' of sixty three bytes ööööööööööööö"');

-- a set made in another zone: what fits it is told
SET TimeZone = 'Europe/Berlin';
SELECT advisor.register_partition_policy('monthly', '1 month', time_zone => 'Asia/Kolkata');
SET TimeZone = 'UTC';
SELECT advisor.register_partition_policy('monthly', '1 month', time_zone => 'Europe/Berlin');

-- owners do it themselves, others not
SET ROLE regress_partition_owner;
CREATE TABLE owned (k date) PARTITION BY RANGE (k);
SELECT advisor.register_partition_policy('owned', '1 month', retention => '1 year');
SELECT step FROM advisor.adopt_partitions('owned');
SELECT advisor.register_partition_policy('t', '1 month');
SELECT advisor.register_partition_policy('owned', '1 month', retention_action => 'archive', archive_schema => 'Über."q"');
SELECT parent, step FROM advisor.partition_policies;
SET ROLE regress_partition_other;
SELECT advisor.register_partition_policy('owned', '1 day');
SELECT advisor.adopt_partitions('owned');
SELECT advisor.unregister_partition_policy('owned');
INSERT INTO advisor.partition_policies (parent) VALUES ('owned');
UPDATE advisor.partition_policies SET step = '1 year';
SELECT parent, step FROM advisor.partition_policies;
-- what can be seen in the catalog anybody may infer
SELECT * FROM look('ids');
SET ROLE regress_partition_owner;
SELECT advisor.unregister_partition_policy('owned');
RESET ROLE;

DELETE FROM advisor.partition_policies p USING pg_class c WHERE c.oid = p.parent AND c.relnamespace = 'partition_policies'::regnamespace;
DROP SCHEMA partition_policies, "Über.""q""" CASCADE;
DROP OWNED BY regress_partition_owner, regress_partition_other;
DROP ROLE regress_partition_owner, regress_partition_other;

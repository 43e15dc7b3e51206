-- advisor.partition_advice(): what it advises, says, and refuses.
\set SHOW_CONTEXT never
SET timezone = 'UTC';
SET max_parallel_workers_per_gather = 0;
SET jit = off;
CREATE SCHEMA part_advice;
SET search_path = part_advice, public;

-- so few rows that ANALYZE looks at all of them
CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz NOT NULL, account int, payload text);
INSERT INTO events SELECT i, timestamptz '2024-01-01' + i * interval '42 min', i % 100, repeat('x', 300) FROM generate_series(1, 25000) i;
-- the same, read by id; read through an index; out of order; with an end of now
CREATE TABLE twin (LIKE events INCLUDING ALL);
CREATE TABLE indexed (LIKE events INCLUDING ALL);
CREATE TABLE scattered (LIKE events INCLUDING ALL);
CREATE TABLE arriving (LIKE events INCLUDING ALL);
INSERT INTO twin SELECT * FROM events;
INSERT INTO indexed SELECT * FROM events;
CREATE INDEX ON indexed (at);
INSERT INTO scattered SELECT * FROM events ORDER BY md5(id::text);
INSERT INTO arriving SELECT id, now() - (25000 - id) * interval '42 min', account, payload FROM events;
-- lists, hashes and numbers
CREATE TABLE states (id bigint PRIMARY KEY, state text NOT NULL, payload text);
INSERT INTO states SELECT i, 'state ' || i % 5, repeat('x', 300) FROM generate_series(1, 25000) i;
CREATE TABLE buckets (tenant int NOT NULL, payload text);
INSERT INTO buckets SELECT i % 100, repeat('x', 300) FROM generate_series(1, 25000) i;
CREATE TABLE no_index AS SELECT * FROM buckets;
CREATE INDEX ON buckets (tenant);
CREATE TABLE ticks (tick bigint NOT NULL, payload text);
INSERT INTO ticks SELECT i * 10, repeat('x', 300) FROM generate_series(1, 25000) i;
VACUUM ANALYZE events, twin, indexed, scattered, arriving, states, buckets, no_index, ticks;

SELECT FROM advisor.reset();
-- reads of a month, one after the other, and an index lookup
SELECT count(*) FROM events WHERE at >= '2024-06-01' AND at < '2024-07-01';
SELECT count(*) FROM events WHERE at >= '2024-07-15' AND at < '2024-08-15' AND account < 50;
SELECT sum(account) FROM events WHERE at >= '2024-08-01' AND at < '2024-09-01';
SELECT account FROM events WHERE id = 5000;
-- and the oldest month goes
DELETE FROM events WHERE at < '2024-02-01';
SELECT account FROM twin WHERE id = 5000;
DELETE FROM twin WHERE id = 6000;
SELECT count(*) FROM indexed WHERE at >= '2024-06-01' AND at < '2024-07-01';
SELECT count(*) FROM scattered WHERE at >= '2024-06-01' AND at < '2024-07-01';
SELECT sum(account) FROM arriving WHERE at >= now() - interval '7 days';
-- old rows go in batches, found by time, deleted by key
DELETE FROM arriving WHERE id IN (SELECT id FROM arriving WHERE at < now() - interval '28 days' LIMIT 10);
UPDATE arriving SET at = at + interval '1 s' WHERE id = 24000;
INSERT INTO scattered VALUES (5000, '2024-06-01', 0, '') ON CONFLICT (id) DO UPDATE SET account = 1;
SELECT count(*) FROM states WHERE state = 'state 3';
SELECT count(*) FROM states WHERE state IN ('state 3', 'state 4');
SELECT count(payload) FROM buckets WHERE tenant = 7;
SELECT count(payload) FROM no_index WHERE tenant = 7;
SELECT count(*) FROM ticks WHERE tick BETWEEN 100000 AND 110000;
SELECT count(*) FROM ticks WHERE tick >= 200000 AND tick < 210000;

CREATE VIEW short AS
	SELECT a.table_name, a.advice, a.key, a.method, a.step, a.partitions, a.gain > 0 AS gains, a.penalty > 0 AS loses,
		a.evidence ? 'retention' AS retention, a.evidence -> 'arrival' AS arrival, a.script IS NOT NULL AS script
	FROM advisor.partition_advice(min_size => 1000000, partition_size => 100000) a
	WHERE a.table_name IN (SELECT oid FROM pg_class WHERE relnamespace = 'part_advice'::regnamespace);
SELECT * FROM short ORDER BY table_name::text;

-- in full
SELECT a.bytes_per_partition BETWEEN 100000 AND 2000000 AS bytes, abs(a.net_gain - a.gain + a.penalty) < 1e-6 AS net, a.blockers, a.warnings, a.script,
	regexp_replace(a.reason, '[0-9,.]+ (ms|s|min|kB)', 'N \1', 'g') ~ '^Partition by range of at \(1 month each\), about 28 partitions of N kB: old rows go by dropping partitions instead of DELETEs of N .* a day; reads save about N .* a day; statements that do not say at lose about N .* a day\.$' AS reason,
	a.confidence BETWEEN 50 AND 95 AS confidence
	FROM advisor.partition_advice(min_size => 1000000, partition_size => 100000, relation => 'events') a;
SELECT q.query, f ->> 'verified' AS verified
	FROM advisor.partition_advice(min_size => 1000000, partition_size => 100000, relation => 'events') a,
		jsonb_array_elements(a.faster_queries) f
		JOIN advisor.statements q ON q.queryid = (f ->> 'queryid')::bigint
	ORDER BY q.query COLLATE "C";
SELECT q.query
	FROM advisor.partition_advice(min_size => 1000000, partition_size => 100000, relation => 'events') a,
		jsonb_array_elements(a.slower_queries) f
		JOIN advisor.statements q ON q.queryid = (f ->> 'queryid')::bigint
	ORDER BY q.query COLLATE "C";
SELECT a.evidence #>> '{retention,width}' AS days_a_delete, a.evidence #>> '{key,span}' AS days, a.evidence #>> '{table,rows}' AS rows,
	jsonb_path_query_array(a.evidence, '$.considered[*].key') AS considered
	FROM advisor.partition_advice(min_size => 1000000, partition_size => 100000, relation => 'events') a;
-- warnings
SELECT a.table_name, regexp_replace(w, '[0-9,]+ rows a day', 'N rows a day') AS warning FROM advisor.partition_advice(min_size => 1000000, partition_size => 100000) a, unnest(a.warnings) w
	WHERE a.table_name IN (SELECT oid FROM pg_class WHERE relnamespace = 'part_advice'::regnamespace) AND a.table_name <> 'events'::regclass
	ORDER BY a.table_name::text, 2;

-- one that is better left alone, and why
SELECT a.table_name, a.advice, a.gain > 0 AS gains, a.blockers, a.warnings, a.script, left(a.reason, 10) AS reason
	FROM unnest(ARRAY['twin', 'indexed', 'no_index']::regclass[]) t,
		advisor.partition_advice(min_size => 1000000, partition_size => 100000, relation => t) a
	ORDER BY 1::text;
-- nothing at all
CREATE TABLE parted (at date) PARTITION BY RANGE (at);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TEMP TABLE passing (at date);
CREATE TABLE never_analyzed AS SELECT now() AS at, repeat('x', 300) FROM generate_series(1, 10000);
SELECT t AS table_name, a.advice, a.reason
	FROM unnest(ARRAY['events', 'parted', 'parted_1', 'passing', 'never_analyzed', 'short', 'events_pkey', 'pg_catalog.pg_proc', 'advisor.settings']) t,
		advisor.partition_advice(relation => t::regclass, min_size => CASE WHEN t <> 'events' THEN 1000000 END) a
	ORDER BY t COLLATE "C";
SELECT count(*) FROM advisor.partition_candidates;

-- What the planner makes of partitions that are not there, beside what it makes of
-- them when they are.
CREATE TABLE real (LIKE arriving) PARTITION BY RANGE (at);
CREATE TABLE real_old PARTITION OF real FOR VALUES FROM (MINVALUE) TO ('2024-02-01');
SELECT format('CREATE TABLE real_%s PARTITION OF real FOR VALUES FROM (%L) TO (%L)', to_char(m, 'YYYYMM'), m, m + interval '1 month')
	FROM generate_series(timestamptz '2024-02-01', '2025-12-01', '1 month') m \gexec
CREATE TABLE real_new PARTITION OF real FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);
INSERT INTO real SELECT * FROM events;
VACUUM ANALYZE events, real;
CREATE FUNCTION cost_of(query text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
	RETURN plan -> 0 -> 'Plan' ->> 'Total Cost';
END
$$;
WITH items AS (
	SELECT DISTINCT p.item, p.queryid FROM advisor._scan_predicates(ARRAY['events'::regclass]) p WHERE p.attnum = 2 AND p.operation = 'select'
), examples AS (
	SELECT DISTINCT ON (e.queryid) e.queryid, e.query FROM advisor.examples e ORDER BY e.queryid, e.query
)
-- a month may lie in two partitions, and is taken to do so even if it does not
SELECT x.query ~ 'account <' AS in_two, c.cost_after < 0.15 * c.cost_before AS much_less,
	round((c.cost_after / cost_of(replace(x.query, 'events', 'real')))::numeric, 1) AS of_true
	FROM advisor._pruned_costs('events'::regclass, 2::int2, 2629746, (SELECT array_agg(item) FROM items)) c
		JOIN items i USING (item)
		JOIN examples x USING (queryid)
	ORDER BY 1, 3;

-- blockers
CREATE TABLE blocked (LIKE events INCLUDING ALL);
INSERT INTO blocked SELECT * FROM events;
CREATE TABLE "Re""fers" (id bigint REFERENCES blocked);
ALTER TABLE blocked ADD UNIQUE (payload, id), ALTER at DROP NOT NULL, ENABLE ROW LEVEL SECURITY, REPLICA IDENTITY FULL,
	ADD EXCLUDE USING btree (id WITH =), ADD part bigint GENERATED ALWAYS AS (id / 1000) STORED;
CREATE VIEW reads AS SELECT id FROM blocked;
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER each_row AFTER UPDATE ON blocked REFERENCING OLD TABLE AS o FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE TABLE heirs () INHERITS (blocked);
SET client_min_messages = error;
CREATE PUBLICATION regress_part_advice FOR TABLE blocked;
RESET client_min_messages;
SELECT * FROM advisor._partition_blockers('blocked'::regclass, 2::int2, 0.1) ORDER BY hard DESC, problem COLLATE "C";
SELECT problem FROM advisor._partition_blockers('blocked'::regclass, 5::int2) WHERE problem ~ 'generated';
SELECT * FROM advisor._partition_blockers('ticks'::regclass, 1::int2);

-- widths: wanted, large enough, not too many, as few as possible
SELECT v.*, s.step, s.partitions, pg_size_pretty(s.partition_bytes::bigint) AS size
	FROM (VALUES
		(1, 'time', 730, 200, NULL), (2, 'time', 730, 200, 1), (3, 'time', 730, 200, 30), (4, 'time', 90, 50, 1), (5, 'time', 30, 100, NULL),
		(6, 'time', 3650, 1000, 7), (7, 'time', 7300, 20, NULL), (8, 'time', 3, 20, NULL), (9, 'time', 730, 20000, NULL), (10, 'time', 0, 10, NULL),
		(11, 'number', 1e6, 200, NULL), (12, 'number', 3e9, 200, 1e6), (13, 'number', 999, 200, 10)) v(n, axis, span, gb, wanted)
		LEFT JOIN LATERAL advisor._partition_step(v.axis, v.span * CASE v.axis WHEN 'time' THEN 86400 ELSE 1 END, v.gb * 1024::float8 ^ 3,
			v.wanted * CASE v.axis WHEN 'time' THEN 86400 ELSE 1 END, 1024::float8 ^ 3, 20 * 1024::float8 ^ 3) s ON true
	ORDER BY v.n;

-- ends: what is infinite, or far from all others, is none
CREATE TABLE outliers AS SELECT timestamptz '2024-01-01' + i * interval '1 h' AS at, CASE WHEN i % 10 = 0 THEN date '9999-12-31' ELSE date '2024-01-01' + i / 24 END AS until,
	i::numeric AS n FROM generate_series(1, 5000) i;
INSERT INTO outliers VALUES ('infinity', 'infinity', 'NaN'), ('-infinity', '-infinity', -1e30), ('1970-01-01', '1970-01-01', 1e300), ('2999-01-01', '2999-01-01', 5001);
ANALYZE outliers;
SELECT attnum, axis, round((span / CASE axis WHEN 'time' THEN 86400 ELSE 1 END)::numeric, -1) AS span FROM advisor._key_spans('outliers'::regclass) ORDER BY attnum;

-- who may see what
CREATE ROLE regress_part_reader;
CREATE ROLE regress_part_stats IN ROLE pg_read_all_stats;
GRANT USAGE ON SCHEMA part_advice TO regress_part_reader, regress_part_stats;
GRANT SELECT (id, at) ON twin TO regress_part_reader;
CREATE FUNCTION seen() RETURNS TABLE (tables bigint, scans bigint, writes bigint, costs bigint, spans bigint, ends bigint)
	LANGUAGE sql AS $$
	SELECT (SELECT count(*) FROM advisor.partition_advice(min_size => 1000000, partition_size => 100000) WHERE table_name = 'events'::regclass),
		(SELECT count(*) FROM advisor._scan_predicates(ARRAY['events'::regclass]) WHERE relid IS NOT NULL),
		(SELECT count(*) FROM advisor._table_writes(ARRAY['events'::regclass])),
		(SELECT count(*) FROM advisor._pruned_costs('events'::regclass, 2::int2, 1e6, ARRAY[1])),
		(SELECT count(*) FROM advisor._key_spans('events'::regclass)) + (SELECT count(*) FROM advisor._key_spans('twin'::regclass)),
		(SELECT count(upper) FROM advisor._key_spans('events'::regclass)) + (SELECT count(upper) FROM advisor._key_spans('twin'::regclass));
$$;
SET ROLE regress_part_reader;
SELECT * FROM seen();
-- its own
SELECT count(id) FROM twin WHERE at >= '2024-06-01' AND at < '2024-07-01';
SELECT count(*) FROM advisor._scan_predicates(ARRAY['twin'::regclass]) WHERE attnum = 2;
SET ROLE regress_part_stats;
SELECT tables, scans > 5 AS scans, writes, costs, spans, ends FROM seen();
RESET ROLE;
ALTER TABLE twin ENABLE ROW LEVEL SECURITY;
SET ROLE regress_part_reader;
SELECT count(*) FROM advisor._key_spans('twin'::regclass);
RESET ROLE;

-- bad input
SELECT advisor.partition_advice(min_size => -1);
SELECT advisor.partition_advice(partition_size => 0);
SELECT advisor.partition_advice(time_limit => '0');
SELECT advisor.partition_advice(time_limit => NULL);
SELECT advisor.partition_advice(relation => 'no_such_table');
SELECT count(*) FROM advisor._scan_predicates('{}');
SELECT count(*) FROM advisor._scan_predicates(ARRAY[NULL, 0]::oid[]) WHERE relid IS NOT NULL;
SELECT count(*) FROM advisor._key_spans(0);
SELECT count(*) FROM advisor._pruned_costs('events'::regclass, 99::int2, 1, '{}') UNION ALL
	SELECT count(*) FROM advisor._pruned_costs(0, 1::int2, -1, '{1}');

-- no lock is left on a table, and nothing in the catalog
BEGIN;
SELECT count(*) FROM advisor.partition_advice(min_size => 1000000, partition_size => 100000, relation => 'events');
SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'events'::regclass;
COMMIT;

-- it would pay, but cannot be
VACUUM ANALYZE blocked;
SELECT FROM advisor.reset();
SELECT count(*) FROM blocked WHERE at >= '2024-06-01' AND at < '2024-07-01';
SELECT a.advice, cardinality(a.blockers) AS blockers, a.script, a.reason ~ ' But .*exclusion constraint' AS reason
	FROM advisor.partition_advice(min_size => 1000000, partition_size => 100000, relation => 'blocked') a;

SET client_min_messages = error;
DROP SCHEMA part_advice CASCADE;
DROP PUBLICATION regress_part_advice;
DROP ROLE regress_part_reader, regress_part_stats;

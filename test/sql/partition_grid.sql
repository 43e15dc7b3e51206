-- Where the borders between partitions are.
CREATE SCHEMA partition_grid;
SET search_path = partition_grid, pg_catalog;
\set SHOW_CONTEXT never
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';

CREATE DOMAIN days AS date;
CREATE TABLE tz (k timestamptz) PARTITION BY RANGE (k);
CREATE TABLE ts (k timestamp) PARTITION BY RANGE (k);
CREATE TABLE d (k date) PARTITION BY RANGE (k);
CREATE TABLE dom (k days) PARTITION BY RANGE (k);
CREATE TABLE i2 (k smallint) PARTITION BY RANGE (k);
CREATE TABLE i4 (k integer) PARTITION BY RANGE (k);
CREATE TABLE i8 (k bigint) PARTITION BY RANGE (k);
CREATE TABLE num (k numeric(8, 2)) PARTITION BY RANGE (k);
CREATE TABLE anynum (k numeric) PARTITION BY RANGE (k);
CREATE TABLE u (k uuid) PARTITION BY RANGE (k);
CREATE TABLE two (k date, l text) PARTITION BY RANGE (k, l);
CREATE TABLE expr (k timestamp) PARTITION BY RANGE ((k::date));
CREATE TABLE txt (k text) PARTITION BY RANGE (k);
CREATE TABLE lst (k date) PARTITION BY LIST (k);
CREATE TABLE hsh (k bigint) PARTITION BY HASH (k);

CREATE FUNCTION grid(parent regclass, step text DEFAULT NULL, zone text DEFAULT 'UTC', anchor text DEFAULT NULL, unit text DEFAULT 'value')
	RETURNS advisor._partition_grid LANGUAGE sql STABLE AS $$
	SELECT advisor._grid(jsonb_populate_record(NULL::advisor.partition_policies,
		jsonb_build_object('parent', parent, 'step', step, 'time_zone', zone, 'anchor', anchor, 'key_unit', unit)))
$$;
-- border, its name, and whether the border and what is just before it are found again
CREATE FUNCTION borders(g advisor._partition_grid, first bigint, last bigint,
	OUT n bigint, OUT value text, OUT suffix text, OUT found boolean, OUT before boolean)
	RETURNS SETOF record LANGUAGE sql STABLE AS $$
	SELECT n, v, advisor._grid_suffix(g, n), advisor._grid_index(g, v) = n,
		advisor._grid_index(g, CASE WHEN (g).kind IN ('timestamp', 'timestamptz') THEN advisor._shift(g, v, '1 microsecond', -1)
			WHEN (g).axis = 'time' AND (g).kind <> 'date' THEN NULL
			WHEN (g).axis = 'time' THEN advisor._shift(g, v, '1 day', -1) ELSE advisor._shift(g, v, '0.01', -1) END) = n - 1
	FROM (SELECT n, advisor._grid_value(g, n) AS v FROM generate_series(first, last) n) b ORDER BY n
$$;

-- what is told of keys
SELECT t, (g).method, (g).columns, (g).attname, (g).key_type, (g).kind, (g).axis
	FROM unnest('{tz,ts,d,dom,i2,i4,i8,num,anynum,u,two,expr,txt,lst,hsh}'::text[]) WITH ORDINALITY t(t, o), grid(t::regclass) g ORDER BY o;

-- months: the same local midnight whatever the clocks do
SELECT * FROM borders(grid('tz', '1 month', 'Europe/Berlin'), 302, 304);
SELECT * FROM borders(grid('tz', '1 month', 'America/New_York'), 302, 304);
-- keys without zone have none
SELECT * FROM borders(grid('ts', '1 month', 'Europe/Berlin'), 302, 304);
SELECT * FROM borders(grid('d', '3 months', 'Asia/Kolkata'), 100, 102);
SELECT * FROM borders(grid('dom', '1 week', 'Asia/Kolkata'), 1300, 1301);
SELECT * FROM borders(grid('expr', '10 years'), 2, 3);
SELECT * FROM borders(grid('two', '1 year'), 25, 26);
-- the 31st stays, in leap years too
SELECT * FROM borders(grid('d', '1 month', 'UTC', '2024-01-31'), 0, 6);
SELECT * FROM borders(grid('d', '1 month', 'UTC', '2024-01-31'), 11, 15);
SELECT * FROM borders(grid('d', '1 year', 'UTC', '2024-02-29'), 0, 4);
-- days in spring and autumn: 23 and 25 hours
SELECT *, upper - lower AS width FROM (
	SELECT n, value::timestamptz AS lower, lead(value::timestamptz) OVER (ORDER BY n) AS upper, suffix, found, before
	FROM borders(grid('tz', '1 day', 'Europe/Berlin'), 9218, 9222)) b;
SELECT *, upper - lower AS width FROM (
	SELECT n, value::timestamptz AS lower, lead(value::timestamptz) OVER (ORDER BY n) AS upper, suffix, found, before
	FROM borders(grid('tz', '1 day', 'Europe/Berlin'), 9428, 9431)) b;
-- where the clocks change at midnight, a day begins at 1
SELECT * FROM borders(grid('tz', '1 day', 'America/Sao_Paulo'), 6516, 6518);
-- hours are absolute and have names of their own: the hour that comes twice
SELECT *, value::timestamptz AT TIME ZONE 'Europe/Berlin' AS local FROM borders(grid('tz', '1 hour', 'Europe/Berlin'), 226272, 226276);
SELECT * FROM borders(grid('tz', '15 minutes', 'Asia/Kolkata'), 905378, 905380);
SELECT * FROM borders(grid('ts', '36 hours'), 6000, 6002);
SELECT * FROM borders(grid('ts', '0.5 seconds'), 1600000001, 1600000002);
SELECT * FROM borders(grid('tz', '24 hours', 'Europe/Berlin'), 9429, 9430);
SELECT * FROM borders(grid('tz', '1 day', 'Europe/Berlin', '2026-01-01 06:00'), 87, 88);
-- microseconds are not rounded, however far
SELECT * FROM borders(grid('ts', '1 microsecond', 'UTC', '1970-01-01'), 9007199254740993, 9007199254740994);

-- numbers
SELECT * FROM borders(grid('i8', '10'), 300000000, 300000001);
SELECT * FROM borders(grid('i8', '1000', 'UTC', '7'), -2, 1);
SELECT * FROM borders(grid('num', '0.25'), -3, 2);
SELECT * FROM borders(grid('anynum', '1e30', 'UTC', '0.5'), 9223372036854775806, 9223372036854775806);
-- types end, without error
SELECT * FROM borders(grid('i2', '10000'), -5, 5);
SELECT * FROM borders(grid('i4', '1000000000'), 1, 3);
SELECT * FROM borders(grid('i8', '5000000000000000000'), -2, 2);
SELECT * FROM borders(grid('num', '0.25'), 3999999, 4000000);
SELECT * FROM borders(grid('d', '1000 years'), 291, 293);
SELECT * FROM borders(grid('tz', '1000 years'), -8, -6);
SELECT * FROM borders(grid('tz', '1 month'), 9223372036854775806, 9223372036854775806);
SELECT * FROM borders(grid('i4', '1 year', 'UTC', NULL, 'seconds'), 37, 38);
-- infinite and foreign values are in no cell
SELECT advisor._grid_index(grid('tz', '1 month'), 'infinity'), advisor._grid_index(grid('d', '1 day'), '-infinity'),
	advisor._grid_index(grid('anynum', '1'), 'NaN'), advisor._grid_index(grid('anynum', '1'), '1e100'),
	advisor._grid_index(grid('d', '1 day'), '5874897-12-31'), advisor._grid_index(grid('i8'), '5'),
	advisor._grid_position(grid('tz', '1 month'), 'infinity'), advisor._grid_position(grid('tz', '1 month'), NULL);

-- seconds and the like: an instant has the same cell in all units
SELECT t.x, b.*, advisor._grid_now(g, '2026-11-21 12:34:56.789+00') AS clock, advisor._grid_index_at(g, '2026-11-21 12:34:56.789+00') AS clock_n
	FROM unnest('{seconds,milliseconds,microseconds,nanoseconds}'::text[]) WITH ORDINALITY t(x, o),
		grid('i8', '1 month', 'Europe/Berlin', NULL, t.x) g, borders(g, 310, 310) b ORDER BY o;
SELECT b.*, advisor._grid_now(g, '2026-11-21 12:34:56.789+00') AS clock, advisor._grid_index_at(g, '2026-11-21 12:34:56.789+00') AS clock_n
	FROM grid('u', '1 month', 'Europe/Berlin', NULL, 'uuidv7') g, borders(g, 310, 311) b;
SELECT advisor._grid_index(grid('u', '1 month', 'UTC', NULL, 'uuidv7'), '01a1fdfa-4600-7abc-8def-0123456789ab'),
	advisor._grid_value(grid('u', '1 month', 'UTC', NULL, 'uuidv7'), -400) AS before_1970;

-- now: of keys without zone in the zone of the policy, of others an instant
SELECT t, z, advisor._grid_now(grid(t::regclass, '1 day', z), '2026-03-01 20:00+00') AS clock, advisor._grid_index_at(grid(t::regclass, '1 day', z), '2026-03-01 20:00+00') AS n
	FROM unnest('{tz,ts,d}'::text[]) t, unnest('{UTC,Asia/Kolkata}'::text[]) z ORDER BY 1, 2;
SELECT advisor._grid_now(grid('i8', '10'), '2026-03-01') IS NULL AS no_clock, advisor._grid_now(grid('ts', '1 day'), 'infinity') IS NULL AS no_end;

-- values moved: months and days by the calendar of the zone, hours by the clock
SELECT advisor._shift(g, '2026-03-31 00:00:00+02', '1 month', -1) AS month, advisor._shift(g, '2026-03-30 00:00:00+02', '1 day', -2) AS days,
		advisor._shift(g, '2026-03-30 00:00:00+02', '24 hours', -2) AS hours, advisor._shift(g, '2026-03-30', '1 day', 0) AS local
	FROM grid('tz', '1 month', 'Europe/Berlin') g;
SELECT advisor._shift(grid('i2', '10'), '30000', '2000', 1) AS within, advisor._shift(grid('i2', '10'), '30000', '3000', 1) AS beyond,
	advisor._shift(grid('i8', '1 day', 'UTC', NULL, 'milliseconds'), '86400000', '1 day', -3) AS before,
	advisor._shift(grid('d', '1 day'), '2024-02-29', '1 year', 1) AS leap, advisor._shift(grid('d', '1 day'), 'infinity', '1 year', 1) AS infinite,
	advisor._shift(grid('d', '1 day'), '2024-02-29', '1000000 years', 1) AS far;

-- a session has no say: zone, style of dates and intervals
CREATE TABLE seen (session text, what text);
CREATE FUNCTION look(session text) RETURNS void LANGUAGE sql AS $$
	INSERT INTO seen SELECT session, concat_ws(' ', t, s, z, b, advisor._grid_now(g, '2026-03-29 01:30+00'), advisor._shift(g, (b).value, s, -1),
			advisor._grid_position(g, (b).value), advisor._grid_index(g, '2026-03-29 01:30:00'))
		FROM unnest('{tz,ts,d}'::text[]) t, unnest('{1 day,1 week,1 month,1 year,20 years}'::text[]) s,
			unnest('{UTC,Europe/Berlin,Asia/Kolkata,America/Sao_Paulo,Australia/Lord_Howe}'::text[]) z,
			grid(t::regclass, s, z, '2020-01-31') g, borders(g, 10, 25) b
		UNION ALL
		SELECT session, concat_ws(' ', t, s, b, advisor._grid_now(g, '2026-03-29 01:30+00'), advisor._shift(g, (b).value, s, -1))
		FROM unnest('{tz,ts}'::text[]) t, unnest('{1 hour,15 minutes,7 hours}'::text[]) s, grid(t::regclass, s, 'Europe/Berlin') g, borders(g, 226270, 226276) b
$$;
SELECT look('UTC');
SET TimeZone = 'Europe/Berlin';
SET DateStyle = 'German';
SELECT look('Berlin');
SET TimeZone = 'Asia/Kolkata';
SET DateStyle = 'SQL, MDY';
SET IntervalStyle = 'iso_8601';
SELECT look('Kolkata');
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
RESET IntervalStyle;
SELECT session, count(*), count(DISTINCT what), md5(string_agg(what, ';' ORDER BY what COLLATE "C")) = min(md5(string_agg(what, ';' ORDER BY what COLLATE "C"))) OVER () AS same
	FROM seen GROUP BY session ORDER BY session;
-- every border of every grid is found again, and so is what is before it
SELECT count(*), count(*) FILTER (WHERE found) AS found, count(*) FILTER (WHERE before) AS before FROM (
	SELECT (borders(grid(t::regclass, s, z, a), -150, 150)).*
	FROM unnest('{tz,d}'::text[]) t, unnest('{1 day,13 days,1 month,7 months,3 years}'::text[]) s,
		unnest('{Europe/Berlin,Australia/Lord_Howe}'::text[]) z, unnest('{2024-02-29,0001-01-01,2020-10-31}'::text[]) a) b;
-- they agree with PostgreSQL's own arithmetic
SELECT count(*) AS differ FROM generate_series(-300, 300) n, unnest('{1 day,1 month,1 year}'::interval[]) s
	WHERE advisor._grid_value(grid('tz', s::text, 'Europe/Berlin', '2024-02-29'), n)::timestamptz
		IS DISTINCT FROM ('2024-02-29'::timestamp + n * s) AT TIME ZONE 'Europe/Berlin';

-- names
CREATE SCHEMA "partition grid 2";
CREATE TABLE "Mixed ""q"".dot" (k date) PARTITION BY RANGE (k);
CREATE TABLE "a23456789_123456789_123456789_123456789_123456789_123456789_123" (k date) PARTITION BY RANGE (k);
CREATE TABLE "a23456789_123456789_123456789_123456789_123456789_123456789_12x" (k date) PARTITION BY RANGE (k);
CREATE TABLE "ääääääääääääääääääääääääääääää_1" (k date) PARTITION BY RANGE (k);
CREATE TABLE "€€€€€€€€€€€€€€€€€€€€_1" (k date) PARTITION BY RANGE (k);
SELECT n, octet_length(n) FROM (SELECT advisor._partition_name(c.oid, 'p20261201') AS n, c.relname FROM pg_class c
	WHERE c.relnamespace = 'partition_grid'::regnamespace AND length(c.relname) > 5 AND c.relkind = 'p') x ORDER BY relname COLLATE "C";
SELECT n, octet_length(n) FROM (SELECT advisor._partition_name('d', repeat('ä', 40)) AS n) x;
CREATE VIEW d_p20261201 AS SELECT 1 AS one;
CREATE SEQUENCE d_p20261201_1;
CREATE TYPE d_p20261201_2 AS ENUM ('a');
SELECT advisor._partition_name('d', 'p20261201'), advisor._partition_name('d', 'p20261201', 'partition grid 2'), advisor._partition_name('d', 'p20261202');

-- what cannot be
SELECT grid('pg_class', '1 day');
SELECT grid('tz', 'fortnight');
SELECT grid('tz', '1 quarter');
SELECT grid('tz', '0');
SELECT grid('tz', '0 days');
SELECT grid('tz', '-1 month');
SELECT grid('tz', '1 month 1 hour');
SELECT grid('tz', '100');
SELECT grid('tz', '1 month', 'Mars/Olympus');
SELECT grid('tz', '1 month', 'UTC', 'first of may');
SELECT grid('tz', '1 month', 'UTC', '2026-01-01 00:00+02');
SELECT grid('d', '1 hour');
SELECT grid('d', '1 day', 'UTC', '2026-01-01 12:00');
SELECT grid('i8', '1 day');
SELECT grid('i8', '0');
SELECT grid('i8', '-5');
SELECT grid('i8', '0.5');
SELECT grid('i8', 'NaN');
SELECT grid('i8', '10', 'UTC', '2026-01-01');
SELECT grid('i8', '100', 'UTC', NULL, 'seconds');
SELECT grid('i8', '100 ms', 'UTC', NULL, 'seconds');
SELECT grid('num', '0.001');
SELECT grid('u', '1 day');
SELECT grid('u', '1 microsecond', 'UTC', NULL, 'uuidv7');
SELECT grid('d', '1 day', 'UTC', NULL, 'seconds');
SELECT grid('txt', '1 day');
SELECT grid('lst', '1 day');
SELECT grid('hsh', '4');

SET client_min_messages = warning;
DROP SCHEMA partition_grid, "partition grid 2" CASCADE;

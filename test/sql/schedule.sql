-- Jobs without pg_cron: what cannot be scheduled is said, with what to do instead;
-- and what schedules mean.  The real pg_cron is in test/t/038_schedule.pl.
\set SHOW_CONTEXT never
CREATE ROLE regress_schedule_a;
CREATE ROLE regress_schedule_b;

SELECT job, role, schedule, command FROM advisor.jobs ORDER BY job COLLATE "C";
SELECT status, jobid, job_name, sql FROM advisor.schedule('partitions');
SELECT detail FROM advisor.schedule('partitions', '0 3 * * mon');
-- quotes and percent signs as crontab wants them
SELECT detail FROM advisor.schedule('mine', '@daily', $$SELECT 'it''s 5 %'$$);
SELECT status, detail FROM advisor.unschedule('partitions');
SELECT count(*) AS remembered FROM advisor.jobs WHERE role IS NOT NULL;

-- bad input
SELECT * FROM advisor.schedule(NULL);
SELECT * FROM advisor.schedule('');
SELECT * FROM advisor.schedule('nope');
SELECT * FROM advisor.schedule('mine', command => 'SELECT 1');
SELECT * FROM advisor.schedule('mine', '@daily', 'SELECT 1; SELECT 2');
SELECT * FROM advisor.schedule('mine', '@daily', ' -- nothing');
SELECT * FROM advisor.schedule('mine', '@daily', 'no SQL');
SELECT * FROM advisor.schedule('partitions', '15 1 * *');
SELECT * FROM advisor.schedule('partitions', '');
SELECT * FROM advisor.schedule('partitions', '60 1 * * *');
SELECT * FROM advisor.schedule('partitions', '15 24 * * *');
SELECT * FROM advisor.schedule('partitions', '15 1 0 * *');
SELECT * FROM advisor.schedule('partitions', '15 1 * foo *');
SELECT * FROM advisor.schedule('partitions', '15 1 * * 8');
SELECT * FROM advisor.schedule('partitions', '*/0 1 * * *');
SELECT * FROM advisor.schedule('partitions', '5/2 1 * * *');
SELECT * FROM advisor.schedule('partitions', '30-20 1 * * *');
SELECT * FROM advisor.schedule('partitions', '1,,2 1 * * *');
SELECT * FROM advisor.schedule('partitions', '99 seconds');
SELECT * FROM advisor.unschedule(NULL);

-- one statement, whatever is in it
SELECT c, advisor._count_statements(c) FROM unnest(ARRAY['SELECT 1', 'SELECT 1;', '; ;', 'SELECT '';'';', 'SELECT $a$;$a$; -- ;',
	'SELECT 1; SELECT 2', 'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END']) WITH ORDINALITY u(c, n) ORDER BY n;

-- the first time after 2026-11-21 10:07:30, a Saturday
SET TimeZone = 'UTC';
SELECT s, advisor._schedule_next(s, '2026-11-21 10:07:30+00')
FROM unnest(ARRAY['* * * * *', '*/15 * * * *', '7 10 * * *', '15 1 * * *', '0 12 * * sun', '0 12 * * 7', '0 0 29 2 *', '0 0 31 * mon', '0 0 */2 * 1', '0 0 13 * *',
	'@hourly', '@daily', '@weekly', '@monthly', '@yearly', ' 5  4 $ * * ', '0 0 30 2 *', '20 seconds', '1-5,30-40/5 9-17 * jan-mar MON-FRI', '@reboot'])
	WITH ORDINALITY u(s, n) ORDER BY n;
SELECT advisor._schedule_next('30 2 * * *', '2026-03-28 12:00+00', 'Europe/Berlin') AS in_berlin;

-- names: the database is in it, and no more than 63 bytes
SELECT advisor._job_name('partitions') = 'advisor:' || current_database() || ':partitions' AS plain;
SELECT octet_length(n) <= 63 AS fits, n ~ '#[0-9a-f]{6}$' AS hashed, count(*) OVER () AS names
FROM unnest(ARRAY[repeat('ü', 40), repeat('ü', 40) || 'x', repeat('y', 300)]) j, advisor._job_name(j) n;

-- what was asked for, each role its own; overdue by our own log
INSERT INTO advisor.jobs VALUES ('observe', 'regress_schedule_a', '0 * * * *', 'SELECT advisor.observe()', '2026-11-01 00:30+00'),
	('own', 'regress_schedule_a', '0 * * * *', 'SELECT 1', '2026-11-01 00:30+00');
DELETE FROM advisor.observations;
SELECT t, s.overdue, s.next_due FROM unnest(ARRAY['2026-11-01 00:45+00', '2026-11-01 01:59+00', '2026-11-01 02:00+00']::timestamptz[]) t, advisor._schedule_status(t) s WHERE s.job = 'observe' ORDER BY t;
INSERT INTO advisor.observations VALUES ('2026-11-01 05:00+00', 'xid', '', 1);
SELECT t, s.last_run, s.last_status, s.overdue, s.next_due FROM unnest(ARRAY['2026-11-01 06:30+00', '2026-11-01 07:00+00']::timestamptz[]) t, advisor._schedule_status(t) s WHERE s.job = 'observe' ORDER BY t;
-- of the tables of one run, one that failed is what is told
INSERT INTO advisor.partition_log (logged_at, run_started, parent, parent_name, action, status, detail)
	SELECT timestamptz '2026-11-01 06:00+00' + n * interval '1 second', '2026-11-01 06:00+00', 0, 'table ' || n, 'run', s, 'what was ' || s
	FROM unnest('{ok,partial,failed,partial,ok}'::text[]) WITH ORDINALITY u(s, n);
SELECT last_run, last_status, last_message FROM advisor._schedule_status(timestamptz '2026-11-01 06:30+00') WHERE job = 'partitions';
DELETE FROM advisor.partition_log WHERE parent = 0 AND run_started = '2026-11-01 06:00+00';
SELECT job, role, state, scheduled, active, command, overdue FROM advisor.schedule_status ORDER BY job COLLATE "C", role;
SET ROLE regress_schedule_a;
SELECT job, role, state FROM advisor.schedule_status ORDER BY job COLLATE "C", role;
SET ROLE regress_schedule_b;
SELECT job, role, state FROM advisor.schedule_status ORDER BY job COLLATE "C", role;
SELECT status FROM advisor.schedule('observe');
-- nobody schedules in another's name
INSERT INTO advisor.jobs VALUES ('own', 'regress_schedule_a', '@daily', 'SELECT 1');
UPDATE advisor.jobs SET command = 'SELECT 2' WHERE role IS NULL;
SELECT count(*) AS changed FROM advisor.jobs WHERE command = 'SELECT 2';
RESET ROLE;

-- a schema named cron is not pg_cron
CREATE SCHEMA cron;
CREATE FUNCTION cron.schedule(text, text, text) RETURNS bigint LANGUAGE sql AS 'SELECT 1 / 0';
SELECT status FROM advisor.schedule('partitions');
DROP SCHEMA cron CASCADE;

DELETE FROM advisor.jobs WHERE role IS NOT NULL;
DELETE FROM advisor.observations;
RESET TimeZone;
DROP ROLE regress_schedule_a, regress_schedule_b;

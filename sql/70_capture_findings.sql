/*
 * 70_capture_findings: does advisor itself see everything?  Needs 10_capture,
 * 40_findings, 41_settings and 43_server_settings.
 */

INSERT INTO advisor.settings (name, value, unit, minimum, maximum, description) VALUES
	('capture_loss_percent', 5, '%', 0, 100, 'execution time that has gone into sums, or was not counted by statement, up to which nothing is said');

CREATE VIEW advisor.capture_findings AS
SELECT f.*
FROM advisor._info() i
	CROSS JOIN LATERAL unnest(i.problems) p(problem)
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'capture_problem', category => 'capture', parts => ARRAY[md5(p.problem)],
		severity => 'medium', object => 'advisor',
		title => 'Statements are not captured as they should be: ' || p.problem,
		detail => 'What is not captured cannot be advised on: ' || p.problem || '.',
		evidence => jsonb_build_object('problem', p.problem, 'statements', i.statements, 'stats_since', i.stats_since),
		remedy => 'See what advisor.info says.',
		confidence => 100) f
UNION ALL
SELECT f.*
FROM advisor._info() i
	CROSS JOIN LATERAL (SELECT 100 * (i.evicted_exec_time + i.dropped_exec_time)
		/ NULLIF(i.total_exec_time + i.evicted_exec_time + i.dropped_exec_time, 0) AS percent) l
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'capture_losses', category => 'capture', parts => '{}',
		severity => 'low', object => 'advisor',
		title => format('%s %% of the execution time is not known by statement', advisor._count(l.percent)),
		detail => format('Since %s, %s entries with %s calls and %s have made room for others, and %s calls with %s could not be counted by statement. '
				|| 'Their sums are kept, but advice does not see them. %s of %s entries are in use.',
			to_char(i.stats_since, 'YYYY-MM-DD HH24:MI'), advisor._count(i.evicted_entries), advisor._count(i.evicted_calls),
			advisor._duration(i.evicted_exec_time), advisor._count(i.dropped_calls), advisor._duration(i.dropped_exec_time),
			advisor._count(i.entries), advisor._count(i.entries_max)),
		evidence => jsonb_build_object('evicted_entries', i.evicted_entries, 'evicted_calls', i.evicted_calls,
			'evicted_exec_time', i.evicted_exec_time, 'dropped_calls', i.dropped_calls, 'dropped_exec_time', i.dropped_exec_time,
			'total_exec_time', i.total_exec_time, 'entries', i.entries, 'entries_max', i.entries_max, 'stats_since', i.stats_since),
		remedy => 'Double advisor.max_plans. Statements with values in their texts (check statement_per_value) are what fills it in vain.',
		remedy_sql => format('ALTER SYSTEM SET advisor.max_plans = %s', 2 * current_setting('advisor.max_plans', true)::bigint),
		undo_sql => (SELECT s.undo FROM advisor._server_settings s WHERE s.name = 'advisor.max_plans'),
		needs_restart => true) f
WHERE l.percent >= (SELECT advisor._setting('capture_loss_percent'));
COMMENT ON VIEW advisor.capture_findings IS
	'what advisor itself does not see; rows are of type advisor.finding';

CREATE FUNCTION advisor._capture_checks() RETURNS TABLE (
	check_id text, category text, title text, looks_at text, settings text[], needs text, page text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100 ROWS 2
BEGIN ATOMIC
	SELECT * FROM (VALUES
		('capture_problem', 'capture', 'Statements are not captured as they should be',
			'Settings and libraries that keep advisor from capturing.', '{}'::text[], 'nothing',
$page$What it looks at
  What advisor.info calls problems: settings that turn capturing off, a query id that is not
  computed, a background worker that did not start.

Why it matters
  Silence is no health. Checks that rest on captured statements find nothing then.

How it decides
  Each problem is a finding, always of severity medium.

When it is wrong
  If capturing was turned off on purpose, suppress it with a date of expiry.

What to do
  The text of each problem says which setting it is. Those of shared_preload_libraries need
  a restart, all others a reload.$page$),
		('capture_losses', 'capture', 'Much of the execution time is not known by statement',
			'Entries that had to make room, and executions that could not be counted by statement.',
			'{capture_loss_percent}'::text[], 'nothing',
$page$What it looks at
  Sums of what was evicted from the store and of what could not be counted by statement, in
  advisor.info.

Why it matters
  Advice is for the statements that are still there. If there are more kinds of statements
  than entries, those that took the least time go first, with their plans.

How it decides
  Evicted and dropped execution time as a part of all, above capture_loss_percent.

When it is wrong
  After months, statements that nobody runs any more have gone, and rightly so:
  advisor.reset() begins anew.

What to do
  A larger advisor.max_plans (shared memory; needs a restart; the old value takes it back).
  Before that, see statement_per_value: texts with values in them fill any store.$page$)
	) c;
END;
COMMENT ON FUNCTION advisor._capture_checks() IS
	'the checks of advisor.capture_findings';

CREATE FUNCTION advisor._capture_skips() RETURNS TABLE (check_id text, reason text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10 ROWS 1
BEGIN ATOMIC
	SELECT NULL::text, NULL::text WHERE false;
END;
COMMENT ON FUNCTION advisor._capture_skips() IS
	'which checks of advisor.capture_findings could not run, and why: none';

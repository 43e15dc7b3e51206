-- Settings: defaults, bounds, who may change them, and no others.
SELECT name, setting, unit, context, min_val, max_val, enumvals, boot_val
	FROM pg_settings WHERE name LIKE 'advisor.%'
		AND name IN ('advisor.track', 'advisor.track_utility', 'advisor.track_planning', 'advisor.max_plans',
			'advisor.pending_entries', 'advisor.slow_threshold', 'advisor.save', 'advisor.text_memory')
	ORDER BY name COLLATE "C";
-- each says what it is for
SELECT name FROM pg_settings
	WHERE name LIKE 'advisor.%' AND (short_desc = '' OR short_desc !~ '\.$' OR extra_desc !~ '(^|\.)$');
\set VERBOSITY sqlstate
-- unknown ones, and values that are not allowed
SET advisor.xyz = 1;
SET advisor.track = 'some';
SET advisor.slow_threshold = -1;
SET advisor.slow_threshold = 'NaN';
SET advisor.slow_threshold = 'x';
-- fixed at start
SET advisor.max_plans = 200;
SET advisor.pending_entries = 64;
SET advisor.save = off;
ALTER SYSTEM SET advisor.max_plans = 99;
ALTER SYSTEM SET advisor.max_plans = 2000000;
ALTER SYSTEM SET advisor.pending_entries = 4;
ALTER SYSTEM SET advisor.pending_entries = 2048;
\set VERBOSITY default
ALTER SYSTEM SET advisor.pending_entries = 48;
-- units
SET advisor.slow_threshold = '1.5s';
SHOW advisor.slow_threshold;
SET advisor.slow_threshold = 250;
SHOW advisor.slow_threshold;
RESET advisor.slow_threshold;
-- for superusers, and whom they let
CREATE ROLE regress_se_user;
SET ROLE regress_se_user;
\set VERBOSITY sqlstate
SET advisor.track = 'none';
SET advisor.track_utility = off;
SET advisor.track_planning = on;
SET advisor.slow_threshold = 1;
SHOW advisor.track;
RESET ROLE;
GRANT SET ON PARAMETER advisor.track_planning TO regress_se_user;
SET ROLE regress_se_user;
SET advisor.track_planning = on;
SHOW advisor.track_planning;
RESET advisor.track_planning;
SET advisor.track = 'none';
RESET ROLE;
\set VERBOSITY default
REVOKE SET ON PARAMETER advisor.track_planning FROM regress_se_user;
DROP ROLE regress_se_user;

-- what keeps capture from working is said in words; other tests fill the store
SELECT advisor.reset() IS NOT NULL AS reset;
SELECT problems = '{}' AS fine FROM advisor.info;
SET advisor.track = 'none';
SELECT count(*) FROM advisor.info, unnest(problems) p WHERE p LIKE '%advisor.track is none%';
RESET advisor.track;
SET compute_query_id = off;
SELECT count(*) FROM advisor.info, unnest(problems) p WHERE p LIKE '%compute_query_id is off%';
-- and nothing is captured, nothing fails
SELECT advisor.reset() IS NOT NULL AS reset;
CREATE TABLE se_item (id int);
INSERT INTO se_item VALUES (1);
SELECT count(*) FROM se_item;
SELECT count(*) FROM advisor.statements WHERE query LIKE '%se\_item%';
RESET compute_query_id;
SELECT count(*) FROM se_item;
SELECT calls FROM advisor.statements WHERE query LIKE 'SELECT count(*) FROM se\_item';
DROP TABLE se_item;

/*
 * 89_findings: all findings of all checks, what became of each check, and the
 * whole in one number.  Needs the groups that it names.
 */

-- The groups, in the order in which they run: for each there is a view
-- "<name>_findings".
CREATE FUNCTION advisor._check_groups() RETURNS TABLE (check_group text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10 ROWS 20
BEGIN ATOMIC
	SELECT g.name
	FROM (VALUES
		('capture'),
		('query'),
		('index'),
		('redundancy'),
		('index_use'),
		('bloat'),
		('vacuum'),
		('statistics'),
		('schema'),
		('partitions'),
		('pools'),
		('activity'),
		('replication'),
		('configuration'),
		('caching')
	) g(name);
END;
COMMENT ON FUNCTION advisor._check_groups() IS
	'groups of checks; the findings of each are in a view of its name with _findings';

CREATE FUNCTION advisor._check_catalog() RETURNS TABLE (
	check_group text, check_id text, category text, title text, looks_at text, settings text[], needs text, page text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000 ROWS 100
BEGIN ATOMIC
	SELECT 'capture', c.* FROM advisor._capture_checks() c
	UNION ALL SELECT 'query', c.* FROM advisor._query_checks() c
	UNION ALL SELECT 'index', c.* FROM advisor._index_checks() c
	UNION ALL SELECT 'redundancy', c.* FROM advisor._redundancy_checks() c
	UNION ALL SELECT 'index_use', c.* FROM advisor._index_use_checks() c
	UNION ALL SELECT 'bloat', c.* FROM advisor._bloat_checks() c
	UNION ALL SELECT 'vacuum', c.* FROM advisor._vacuum_checks() c
	UNION ALL SELECT 'statistics', c.* FROM advisor._statistics_checks() c
	UNION ALL SELECT 'schema', c.* FROM advisor._schema_checks() c
	UNION ALL SELECT 'partitions', c.* FROM advisor._partitions_checks() c
	UNION ALL SELECT 'pools', c.* FROM advisor._pools_checks() c
	UNION ALL SELECT 'activity', c.* FROM advisor._activity_checks() c
	UNION ALL SELECT 'replication', c.* FROM advisor._replication_checks() c
	UNION ALL SELECT 'configuration', c.* FROM advisor._configuration_checks() c
	UNION ALL SELECT 'caching', c.* FROM advisor._caching_checks() c;
END;
COMMENT ON FUNCTION advisor._check_catalog() IS
	'all checks there are; see view advisor.checks';

-- A group that fails must not take the others with it: the reader is told what
-- could not be checked, and gets the rest.  That takes a subtransaction each.
CREATE FUNCTION advisor._run_checks() RETURNS TABLE (
	check_group text, check_id text, finding advisor.finding, skipped text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000000 ROWS 100
	SET search_path = pg_catalog, pg_temp
	-- these are large queries over few rows: compiling them takes many times as long as running them
	SET jit = off
	-- and large intermediate results: a list that is read every minute should write no files
	SET work_mem = '64MB'
	-- keys must be the same and texts the same SQL, whatever the reader likes to see
	SET quote_all_identifiers = off
	SET extra_float_digits = 1
	SET DateStyle = ISO
	SET IntervalStyle = postgres
AS $$
DECLARE
	name text;
	message text;
BEGIN
	-- all of them look at the same, and what is dear is read once
	PERFORM advisor._keep_rows(true);
	FOR name IN SELECT g.check_group FROM advisor._check_groups() g LOOP
		BEGIN
			RETURN QUERY EXECUTE format(
				'SELECT %1$L, f.check_id, ROW(f.*)::advisor.finding, NULL::text FROM advisor.%2$I f '
				'UNION ALL SELECT %1$L, s.check_id, NULL, s.reason FROM advisor.%3$I() s',
				name, name || '_findings', '_' || name || '_skips');
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
			RETURN QUERY SELECT name, NULL::text, NULL::advisor.finding, 'it failed: ' || message;
		END;
	END LOOP;
	PERFORM advisor._keep_rows(false);
END
$$;
COMMENT ON FUNCTION advisor._run_checks() IS
	'runs all checks: a row for each finding, and for each check that could not run; check_id is NULL if its whole group could not';

CREATE FUNCTION advisor._is_suppressed(finding_key text, check_id text, object text) RETURNS boolean
	LANGUAGE sql STABLE PARALLEL SAFE COST 100
BEGIN ATOMIC
	SELECT EXISTS (SELECT FROM advisor.suppressions s
		WHERE (s.finding_key = _is_suppressed.finding_key
				OR s.check_id = _is_suppressed.check_id AND (s.object IS NULL OR _is_suppressed.object LIKE s.object))
			AND (s.expires_at IS NULL OR s.expires_at > now()));
END;
COMMENT ON FUNCTION advisor._is_suppressed(text, text, text) IS
	'is a finding one that advisor.suppressions hides?';

CREATE VIEW advisor.findings AS
SELECT (r.finding).*
FROM advisor._run_checks() r
WHERE r.skipped IS NULL
	AND NOT advisor._is_suppressed((r.finding).finding_key, r.check_id, (r.finding).object)
ORDER BY advisor._severity_rank((r.finding).severity), (r.finding).impact_ms_per_day DESC NULLS LAST,
	(r.finding).impact_bytes DESC NULLS LAST, (r.finding).finding_key;
COMMENT ON VIEW advisor.findings IS
	'what is wrong, worst first: the findings of all checks without those in advisor.suppressions';

CREATE VIEW advisor.checks AS
WITH results AS MATERIALIZED (
	SELECT r.check_group, r.check_id, r.skipped, (r.finding).severity,
		CASE WHEN r.skipped IS NULL THEN advisor._is_suppressed((r.finding).finding_key, r.check_id, (r.finding).object) END AS suppressed
	FROM advisor._run_checks() r
), counted AS (
	SELECT c.check_id,
		count(*) FILTER (WHERE NOT r.suppressed) AS findings,
		count(*) FILTER (WHERE r.suppressed) AS suppressed,
		min(advisor._severity_rank(r.severity)) FILTER (WHERE NOT r.suppressed) AS rank,
		string_agg(DISTINCT r.skipped, '; ') AS skipped
	FROM advisor._check_catalog() c
		JOIN results r ON r.check_id = c.check_id OR r.check_id IS NULL AND r.check_group = c.check_group
	GROUP BY c.check_id
)
SELECT
	c.check_id,
	c.category,
	c.title,
	CASE WHEN n.findings > 0 THEN 'finding' WHEN n.skipped IS NOT NULL THEN 'skipped' ELSE 'ok' END AS status,
	n.skipped AS reason,
	coalesce(n.findings, 0) AS findings,
	coalesce(n.suppressed, 0) AS suppressed,
	advisor._severity_name(n.rank) AS severity,
	c.looks_at,
	(SELECT jsonb_object_agg(s.name, s.value) FROM advisor.settings s WHERE s.name = ANY (c.settings)) AS thresholds,
	c.needs
FROM advisor._check_catalog() c
	LEFT JOIN counted n ON n.check_id = c.check_id
ORDER BY c.category, c.check_id;
COMMENT ON VIEW advisor.checks IS
	'all checks and what became of each just now: ok, finding, or skipped with the reason';
COMMENT ON COLUMN advisor.checks.check_id IS 'its name, as in advisor.findings';
COMMENT ON COLUMN advisor.checks.category IS 'what it is about';
COMMENT ON COLUMN advisor.checks.title IS 'what it says when it finds something';
COMMENT ON COLUMN advisor.checks.status IS 'ok, finding, or skipped if it could not run; what it saw of one thing and not of others is a finding with a reason';
COMMENT ON COLUMN advisor.checks.reason IS 'why it could not run, or not see everything';
COMMENT ON COLUMN advisor.checks.findings IS 'number of findings that are not suppressed';
COMMENT ON COLUMN advisor.checks.suppressed IS 'number of findings that advisor.suppressions hides';
COMMENT ON COLUMN advisor.checks.severity IS 'severity of the worst one';
COMMENT ON COLUMN advisor.checks.looks_at IS 'what it looks at';
COMMENT ON COLUMN advisor.checks.thresholds IS 'its thresholds, which advisor.settings holds';
COMMENT ON COLUMN advisor.checks.needs IS 'what it needs to see everything';

CREATE FUNCTION advisor._severity_penalty(severity text) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE severity WHEN 'critical' THEN 0.6 WHEN 'high' THEN 0.3 WHEN 'medium' THEN 0.08 WHEN 'low' THEN 0.02 ELSE 0 END::float8;
END;
COMMENT ON FUNCTION advisor._severity_penalty(text) IS
	'the part of a category''s points that a finding takes';

CREATE FUNCTION advisor._category_weight() RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT 0.4::float8;
END;
COMMENT ON FUNCTION advisor._category_weight() IS
	'the part of the score that one category can take at most';

-- The worst finding decides: no number of healthy things makes up for one that
-- will stop the server, which is what an average would say.
CREATE FUNCTION advisor._score(categories text[], severities text[],
	OUT score integer, OUT cap integer, OUT penalties jsonb)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	WITH penalized AS (
		-- each further finding of a category takes a part of what is left to take
		SELECT f.category,
			round((100 * advisor._category_weight() * (1 - exp(sum(ln(1 - advisor._severity_penalty(f.severity))))))::numeric, 1) AS penalty
		FROM unnest(categories, severities) f(category, severity)
		GROUP BY f.category
	), capped AS (
		SELECT CASE WHEN 'critical' = ANY (severities) THEN 39 WHEN 'high' = ANY (severities) THEN 69 ELSE 100 END AS cap
	)
	SELECT
		GREATEST(0, LEAST(c.cap, floor(100 - coalesce((SELECT sum(p.penalty) FROM penalized p), 0))))::integer,
		c.cap,
		coalesce((SELECT jsonb_object_agg(p.category, p.penalty) FROM penalized p WHERE p.penalty > 0), '{}')
	FROM capped c;
END;
COMMENT ON FUNCTION advisor._score(text[], text[]) IS
	'the score of findings of these categories and severities: 100 less the penalties, at most cap';

CREATE VIEW advisor.health_score AS
WITH results AS MATERIALIZED (
	SELECT r.check_group, r.check_id, r.skipped, (r.finding).category, (r.finding).severity
	FROM advisor._run_checks() r
	WHERE r.skipped IS NOT NULL
		OR NOT advisor._is_suppressed((r.finding).finding_key, r.check_id, (r.finding).object)
), counted AS (
	SELECT coalesce(array_agg(r.category ORDER BY r.category, r.severity), '{}') AS categories,
		coalesce(array_agg(r.severity ORDER BY r.category, r.severity), '{}') AS severities,
		count(*) FILTER (WHERE r.severity = 'critical') AS critical,
		count(*) FILTER (WHERE r.severity = 'high') AS high,
		count(*) FILTER (WHERE r.severity = 'medium') AS medium,
		count(*) FILTER (WHERE r.severity = 'low') AS low,
		count(*) FILTER (WHERE r.severity = 'info') AS info
	FROM results r
	WHERE r.skipped IS NULL
), checks AS (
	SELECT count(*) AS checks, count(*) FILTER (WHERE NOT c.skipped) AS checked
	FROM (
		-- what could not be seen of one thing, but was found of another, has run
		SELECT bool_and(r.skipped IS NOT NULL) AS skipped
		FROM advisor._check_catalog() c
			LEFT JOIN results r ON r.check_group = c.check_group AND (r.check_id = c.check_id OR r.check_id IS NULL)
		GROUP BY c.check_id
	) c
)
SELECT
	CASE WHEN c.checked > 0 THEN s.score END AS score,
	round(100.0 * c.checked / c.checks)::integer AS coverage_percent,
	s.cap,
	n.critical,
	n.high,
	n.medium,
	n.low,
	n.info,
	c.checks,
	c.checks - c.checked AS skipped,
	s.penalties
FROM counted n
	CROSS JOIN LATERAL advisor._score(n.categories, n.severities) s
	CROSS JOIN checks c;
COMMENT ON VIEW advisor.health_score IS
	'the health of this database in one number, 0 to 100: at most 39 with a critical finding, 69 with a high one; look at coverage_percent as well';
COMMENT ON COLUMN advisor.health_score.score IS '100 less the penalties, at most cap; null if nothing could be checked';
COMMENT ON COLUMN advisor.health_score.coverage_percent IS 'part of the checks that could run';
COMMENT ON COLUMN advisor.health_score.cap IS 'the most that the worst finding allows';
COMMENT ON COLUMN advisor.health_score.critical IS 'number of critical findings that are not suppressed';
COMMENT ON COLUMN advisor.health_score.high IS 'number of those of high severity';
COMMENT ON COLUMN advisor.health_score.medium IS 'number of those of medium severity';
COMMENT ON COLUMN advisor.health_score.low IS 'number of those of low severity';
COMMENT ON COLUMN advisor.health_score.info IS 'number of those that cost no points';
COMMENT ON COLUMN advisor.health_score.checks IS 'number of checks';
COMMENT ON COLUMN advisor.health_score.skipped IS 'number of checks that could not run; advisor.checks says why';
COMMENT ON COLUMN advisor.health_score.penalties IS 'points that each category takes away';

CREATE FUNCTION advisor.explain_check(check_id text) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	page text;
BEGIN
	SELECT concat_ws(E'\n\n',
			c.check_id || ': ' || c.title,
			c.looks_at,
			c.page,
			'Thresholds (advisor.settings)' || E'\n' || (
				SELECT string_agg(format('  %s = %s %s: %s', s.name, s.value, s.unit, s.description), E'\n' ORDER BY s.name)
				FROM advisor.settings s WHERE s.name = ANY (c.settings)),
			'Needs: ' || c.needs)
		INTO page
		FROM advisor._check_catalog() c
		WHERE c.check_id = explain_check.check_id;
	IF page IS NULL THEN
		RAISE EXCEPTION 'check "%" does not exist', coalesce(explain_check.check_id, 'null')
			USING ERRCODE = 'undefined_object', HINT = 'The view advisor.checks lists all checks.';
	END IF;
	RETURN page;
END
$$;
COMMENT ON FUNCTION advisor.explain_check(text) IS
	'a page on a check: what it looks at, why, how it decides, when it is wrong, what to do, and its thresholds';

-- All defaults are there by now; whoever restores a dump meets the trigger.
UPDATE advisor.settings SET default_value = value;
ALTER TABLE advisor.settings ALTER COLUMN default_value SET NOT NULL;
CREATE TRIGGER check_setting BEFORE INSERT OR UPDATE OR DELETE ON advisor.settings
	FOR EACH ROW EXECUTE FUNCTION advisor._check_setting();
CREATE TRIGGER keep_settings BEFORE TRUNCATE ON advisor.settings
	FOR EACH STATEMENT EXECUTE FUNCTION advisor._check_setting();

/*
 * 40_findings: the one row type of all checks, what the reader has decided to
 * live with, and what checks have in common.  Needs 30_plans.
 *
 * Checks come in groups.  A group's file has its settings, the views that DBAs
 * read, a view "<group>_findings" with an arm for each check, "_<group>_checks"
 * that says what each of them is, and "_<group>_skips" that says which could not
 * run and why.  89_findings unites the groups; its _check_groups() is the list.
 */

CREATE TYPE advisor.finding AS (
	finding_key text,
	check_id text,
	category text,
	severity text,
	object text,
	title text,
	detail text,
	evidence jsonb,
	impact_ms_per_day float8,
	impact_percent float8,
	impact_bytes bigint,
	confidence integer,
	remedy text,
	remedy_sql text,
	undo_sql text,
	remedy_lock text,
	needs_restart boolean,
	queryid bigint,
	planid bigint);
COMMENT ON TYPE advisor.finding IS
	'what a check has found: stable key, severity (critical, high, medium, low, info), evidence, price and remedy';

COMMENT ON COLUMN advisor.finding.impact_bytes IS
	'bytes that the remedy would free; less than 0 if it takes them';

-- No column has a sequence: its state would have to be dumped with the rows.
CREATE TABLE advisor.suppressions (
	finding_key text,
	check_id text,
	object text,
	reason text NOT NULL CHECK (reason <> ''),
	expires_at timestamptz,
	created_by text NOT NULL DEFAULT session_user,
	created_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE NULLS NOT DISTINCT (finding_key, check_id, object),
	-- LIKE raises an error for a pattern that ends with an escape, and would take all findings along
	CONSTRAINT suppressions_object_pattern CHECK (object !~ '(^|[^\\])(\\\\)*\\$'),
	CONSTRAINT suppressions_key_or_check CHECK (
		CASE WHEN finding_key IS NOT NULL THEN check_id IS NULL AND object IS NULL ELSE check_id IS NOT NULL END)
);
COMMENT ON TABLE advisor.suppressions IS
	'findings not to be shown: one by its key, or all of a check whose object is LIKE a pattern';
COMMENT ON COLUMN advisor.suppressions.object IS
	'LIKE pattern for the object of the finding; NULL is any';
COMMENT ON COLUMN advisor.suppressions.expires_at IS
	'when it is shown again; NULL is never';
SELECT pg_extension_config_dump('advisor.suppressions', '');

CREATE FUNCTION advisor.suppress(
	reason text,
	finding_key text DEFAULT NULL,
	check_id text DEFAULT NULL,
	object text DEFAULT NULL,
	expires_at timestamptz DEFAULT NULL)
	RETURNS void
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	INSERT INTO advisor.suppressions AS s (finding_key, check_id, object, reason, expires_at)
	VALUES (suppress.finding_key, suppress.check_id, suppress.object, suppress.reason, suppress.expires_at)
	ON CONFLICT ON CONSTRAINT suppressions_finding_key_check_id_object_key
	DO UPDATE SET reason = excluded.reason, expires_at = excluded.expires_at,
		created_by = excluded.created_by, created_at = excluded.created_at;
END;
COMMENT ON FUNCTION advisor.suppress(text, text, text, text, timestamptz) IS
	'hides a finding by its key, or those of a check whose object is LIKE a pattern, for a reason and until a time';

CREATE FUNCTION advisor.unsuppress(
	finding_key text DEFAULT NULL,
	check_id text DEFAULT NULL,
	object text DEFAULT NULL)
	RETURNS boolean
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	WITH gone AS (
		DELETE FROM advisor.suppressions s
		WHERE (s.finding_key, s.check_id, s.object)
			IS NOT DISTINCT FROM (unsuppress.finding_key, unsuppress.check_id, unsuppress.object)
		RETURNING 1
	)
	SELECT EXISTS (SELECT FROM gone);
END;
COMMENT ON FUNCTION advisor.unsuppress(text, text, text) IS
	'takes back what advisor.suppress did with the same arguments; was there any?';

CREATE FUNCTION advisor._finding_key(check_id text, VARIADIC parts text[]) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT check_id || ':' || array_to_string(parts, ':', '-');
END;
COMMENT ON FUNCTION advisor._finding_key(text, text[]) IS
	'key of a finding, the same for the same check of the same things';

-- It takes one finding apart from all others, in a place where arguments have
-- names, and is put into what calls it: FROM a view, LATERAL advisor._finding(...).
CREATE FUNCTION advisor._finding(
	check_id text,
	category text,
	parts text[],
	severity text,
	object text,
	title text,
	detail text,
	evidence jsonb,
	remedy text DEFAULT NULL,
	remedy_sql text DEFAULT NULL,
	undo_sql text DEFAULT NULL,
	remedy_lock text DEFAULT NULL,
	needs_restart boolean DEFAULT false,
	impact_bytes bigint DEFAULT NULL,
	impact_ms_per_day float8 DEFAULT NULL,
	impact_percent float8 DEFAULT NULL,
	confidence integer DEFAULT 90,
	queryid bigint DEFAULT NULL)
	RETURNS SETOF advisor.finding
	LANGUAGE sql STABLE PARALLEL SAFE COST 2 ROWS 1
BEGIN ATOMIC
	SELECT advisor._finding_key(_finding.check_id, VARIADIC _finding.parts), _finding.check_id, _finding.category,
		_finding.severity, _finding.object, _finding.title, _finding.detail, _finding.evidence,
		_finding.impact_ms_per_day, _finding.impact_percent, _finding.impact_bytes, _finding.confidence,
		_finding.remedy, _finding.remedy_sql, _finding.undo_sql, _finding.remedy_lock, _finding.needs_restart,
		_finding.queryid, NULL::bigint;
END;
COMMENT ON FUNCTION advisor._finding(text, text, text[], text, text, text, text, jsonb, text, text, text, text,
	boolean, bigint, float8, float8, integer, bigint) IS
	'a finding from named arguments; its key is made of check_id and parts';

CREATE FUNCTION advisor._keep_rows(keep boolean) RETURNS void
	AS 'MODULE_PATHNAME', 'advisor_keep_rows'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION advisor._keep_rows(boolean) IS
	'from now on to false, or the end of the transaction, _plan_nodes() and _relation_sizes() return what they returned first';

-- What the catalogs tell needs no preloaded library: checks that know more with
-- captured statements ask this first, in a WHERE, and nothing that would fail.
CREATE FUNCTION advisor._is_preloaded() RETURNS boolean
	AS 'MODULE_PATHNAME', 'advisor_is_preloaded'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION advisor._is_preloaded() IS
	'are there captured statements to be asked for?';

CREATE VIEW advisor._capture_state AS
-- Two arms: as the condition of an outer join it would be tested after the call.
SELECT i.*
FROM advisor._info() i
WHERE advisor._is_preloaded()
UNION ALL
SELECT i.*
FROM (SELECT) one
	LEFT JOIN advisor._info() i ON false
WHERE NOT advisor._is_preloaded();
COMMENT ON VIEW advisor._capture_state IS
	'what _info() tells; a row of nulls if the library is not preloaded';

CREATE FUNCTION advisor._severity(time_percent float8, mean_time float8) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN time_percent >= 30 THEN 'critical'
		WHEN time_percent >= 10 OR mean_time >= 10000 THEN 'high'
		WHEN time_percent >= 1 OR mean_time >= 1000 THEN 'medium'
		WHEN time_percent >= 0.1 OR mean_time >= 1 THEN 'low'
	END;
END;
COMMENT ON FUNCTION advisor._severity(float8, float8) IS
	'severity of what takes this share of all time, and so many ms per call; NULL if it costs nothing';

CREATE FUNCTION advisor._severity_rank(severity text) RETURNS integer
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT array_position(ARRAY['critical', 'high', 'medium', 'low', 'info'], severity);
END;
COMMENT ON FUNCTION advisor._severity_rank(text) IS
	'1 for critical to 5 for info; NULL for no severity';

CREATE FUNCTION advisor._severity_name(rank integer) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT (ARRAY['critical', 'high', 'medium', 'low', 'info'])[rank];
END;
COMMENT ON FUNCTION advisor._severity_name(integer) IS
	'the severity of a rank';

CREATE FUNCTION advisor._count(n float8) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN n IS NULL THEN '?'
		WHEN abs(n) < 10 THEN trim_scale(round(n::numeric, 1))::text
		WHEN abs(n) >= 1e15 THEN n::text
		ELSE to_char(n, 'FM999,999,999,999,999,990')
	END;
END;
COMMENT ON FUNCTION advisor._count(float8) IS
	'a number in a sentence';

CREATE FUNCTION advisor._duration(ms float8) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN ms IS NULL THEN '?'
		WHEN ms < 10 THEN trim_scale(round(ms::numeric, 3))::text || ' ms'
		WHEN ms < 10000 THEN round(ms::numeric)::text || ' ms'
		WHEN ms < 600000 THEN round(ms::numeric / 1000)::text || ' s'
		ELSE to_char(ms / 60000, 'FM999,999,999,990') || ' min'
	END;
END;
COMMENT ON FUNCTION advisor._duration(float8) IS
	'a time in a sentence';

CREATE FUNCTION advisor._work_mem(kb float8) RETURNS integer
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT power(2, ceil(log(2, LEAST(GREATEST(kb, 1024), 1e12)::numeric / 1024)))::integer;
END;
COMMENT ON FUNCTION advisor._work_mem(float8) IS
	'the next power of two of MB that holds so many kB';

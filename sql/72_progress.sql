/*
 * 72_progress: how far calls of recommend_indexes() have got.
 */

CREATE FUNCTION advisor._recommend_progress(
	OUT pid integer,
	OUT dbid oid,
	OUT userid oid,
	OUT started_at timestamptz,
	OUT phase text,
	OUT statements_total integer,
	OUT statements_done integer,
	OUT candidates integer,
	OUT plans bigint,
	OUT gain_percent float8,
	OUT time_limit interval)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_recommend_progress'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100 ROWS 1;
COMMENT ON FUNCTION advisor._recommend_progress() IS
	'calls of recommend_indexes() that are running; details of the caller''s own, or of all for pg_read_all_stats';

CREATE VIEW advisor.recommend_progress AS
SELECT
	p.pid,
	d.datname AS database,
	pg_get_userbyid(p.userid) AS role,
	p.started_at,
	clock_timestamp() - p.started_at AS running_for,
	p.time_limit,
	p.phase,
	p.statements_total,
	p.statements_done,
	p.candidates,
	p.plans,
	p.gain_percent
FROM advisor._recommend_progress() p
	LEFT JOIN pg_database d ON d.oid = p.dbid;
COMMENT ON VIEW advisor.recommend_progress IS
	'how far calls of recommend_indexes() that are running have got';
COMMENT ON COLUMN advisor.recommend_progress.phase IS
	'reading workload, candidates, costing, searching or verifying';
COMMENT ON COLUMN advisor.recommend_progress.statements_done IS
	'of statements_total, in this phase';
COMMENT ON COLUMN advisor.recommend_progress.candidates IS
	'indexes that have been thought of';
COMMENT ON COLUMN advisor.recommend_progress.plans IS
	'what-if plans made so far';
COMMENT ON COLUMN advisor.recommend_progress.gain_percent IS
	'of the workload''s time, with the best indexes found so far; NULL before there are any';
COMMENT ON COLUMN advisor.recommend_progress.time_limit IS
	'when it has run for so long, it returns what it has; NULL if there is no limit';

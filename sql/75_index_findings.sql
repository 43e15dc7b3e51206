/*
 * 75_index_findings: indexes that are missing, as findings.  Needs 40_findings and
 * 72_recommend.
 */

CREATE FUNCTION advisor._last_advice(
		max_age interval DEFAULT '1 hour',
		OUT rank int,
		OUT relation regclass,
		OUT ddl text,
		OUT undo_ddl text,
		OUT definition text,
		OUT size bigint,
		OUT time_before float8,
		OUT time_after float8,
		OUT gain float8,
		OUT gain_percent float8,
		OUT marginal_gain float8,
		OUT write_cost float8,
		OUT net_gain float8,
		OUT gaining_queries jsonb,
		OUT redundant_indexes jsonb,
		OUT reason text,
		OUT warnings text[],
		OUT complete boolean,
		OUT made_at timestamptz)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_last_advice'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000000 ROWS 10;
COMMENT ON FUNCTION advisor._last_advice(interval) IS
	'what advisor.recommend_indexes() said last, if it is no older than that and still true, else what it says after 5 s; to who may not read all statistics always the latter, of his own statements';

CREATE VIEW advisor.index_findings AS
SELECT
	advisor._finding_key('missing_index', i.what) AS finding_key,
	'missing_index' AS check_id,
	'index' AS category,
	-- what has been found worth an index is worth a word
	coalesce(advisor._severity(i.percent, NULL), 'low') AS severity,
	i.object,
	'Index on ' || i.what || ' is missing' AS title,
	i.reason || ' All in all, it would save ' || advisor._duration(i.net_gain) || ' a day net of its upkeep and take '
		|| pg_size_pretty(i.size) || '.' || coalesce(' To know: ' || NULLIF(array_to_string(i.warnings, '; '), '') || '.', '') AS detail,
	jsonb_build_object('definition', i.definition, 'size', i.size, 'rank', i.rank,
		'time_before', i.time_before, 'time_after', i.time_after, 'gain', i.gain, 'marginal_gain', i.marginal_gain,
		'write_cost', i.write_cost, 'net_gain', i.net_gain, 'gaining_queries', i.gaining_queries,
		'redundant_indexes', i.redundant_indexes, 'warnings', to_jsonb(i.warnings), 'complete', i.complete,
		'made_at', i.made_at) AS evidence,
	i.net_gain AS impact_ms_per_day,
	i.percent AS impact_percent,
	-i.size AS impact_bytes,
	-- costs are estimates; so much the worse if what they are made of is doubtful
	GREATEST(80 - 15 * (SELECT count(*) FROM unnest(i.warnings) w WHERE w NOT LIKE 'run ANALYZE on the table afterwards%'), 20)::integer AS confidence,
	'Create the index'
		|| CASE i.redundant WHEN 0 THEN '' WHEN 1 THEN '; the existing one that it makes superfluous may go then'
			ELSE '; the ' || i.redundant || ' existing ones that it makes superfluous may go then' END
		|| '. Not to be run in a transaction.' AS remedy,
	i.ddl AS remedy_sql,
	i.undo_ddl AS undo_sql,
	CASE WHEN i.is_partitioned THEN 'ShareLock' ELSE 'ShareUpdateExclusiveLock' END AS remedy_lock,
	false AS needs_restart,
	CASE WHEN jsonb_array_length(i.gaining_queries) = 1 THEN (i.gaining_queries -> 0 ->> 'queryid')::bigint END AS queryid,
	NULL::bigint AS planid
FROM (
	SELECT a.*,
		-- the definition without the index's name, which may be another one tomorrow
		regexp_replace(a.definition, '^CREATE INDEX ("([^"]|"")*"|[^ "]+) ON ', '') AS what,
		quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS object,
		c.relkind = 'p' AS is_partitioned,
		100 * a.net_gain / NULLIF(a.time_before, 0) AS percent,
		jsonb_array_length(a.redundant_indexes) AS redundant
	FROM advisor._last_advice() a
		JOIN pg_catalog.pg_class c ON c.oid = a.relation
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
) i;
COMMENT ON VIEW advisor.index_findings IS
	'indexes that are missing, as advisor.recommend_indexes() said within the last hour; rows are of type advisor.finding';

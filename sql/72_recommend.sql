/*
 * 72_recommend: which indexes to create, and which could go.
 */

CREATE FUNCTION advisor.recommend_indexes(
		budget text DEFAULT NULL,
		queries text[] DEFAULT NULL,
		max_columns int DEFAULT 4,
		max_indexes int DEFAULT NULL,
		min_gain float8 DEFAULT 0.01,
		max_regression float8 DEFAULT 0.1,
		time_limit interval DEFAULT '60 s',
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
		OUT complete boolean)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_recommend_indexes'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000000 ROWS 10;
COMMENT ON FUNCTION advisor.recommend_indexes(text, text[], int, int, float8, float8, interval) IS
	'indexes worth creating, best first, for the captured workload of this database (times in ms a day) or for texts of statements (times in units of planner cost); budget is a size like 500MB, min_gain the share of its statements'' time that an index must save, max_regression the share by which a statement may get dearer';

CREATE VIEW advisor.missing_indexes AS
	SELECT * FROM advisor.recommend_indexes();
COMMENT ON VIEW advisor.missing_indexes IS
	'indexes worth creating for the captured workload of this database: advisor.recommend_indexes() with its defaults, worked out anew each time';
COMMENT ON COLUMN advisor.missing_indexes.rank IS 'the best is 1';
COMMENT ON COLUMN advisor.missing_indexes.relation IS 'the table';
COMMENT ON COLUMN advisor.missing_indexes.ddl IS 'SQL that creates the index without blocking writers; not to be run in a transaction';
COMMENT ON COLUMN advisor.missing_indexes.undo_ddl IS 'SQL that takes it away again';
COMMENT ON COLUMN advisor.missing_indexes.definition IS 'the bare CREATE INDEX statement, as advisor.explain() takes it';
COMMENT ON COLUMN advisor.missing_indexes.size IS 'estimated size in bytes';
COMMENT ON COLUMN advisor.missing_indexes.time_before IS 'time of the workload in ms a day, without any of the recommended indexes';
COMMENT ON COLUMN advisor.missing_indexes.time_after IS 'time of the workload in ms a day with this index and those of better rank: measured time, scaled by planner costs';
COMMENT ON COLUMN advisor.missing_indexes.gain IS 'what this index adds to those of better rank, in ms a day';
COMMENT ON COLUMN advisor.missing_indexes.gain_percent IS 'gain in per cent of time_before';
COMMENT ON COLUMN advisor.missing_indexes.marginal_gain IS 'what would be lost, in ms a day, if all others were created and this one was not';
COMMENT ON COLUMN advisor.missing_indexes.write_cost IS 'estimated time in ms a day to keep the index up to date: entries for captured writes, updates that are not HOT any more, and a daily reading of it';
COMMENT ON COLUMN advisor.missing_indexes.net_gain IS 'marginal_gain less write_cost';
COMMENT ON COLUMN advisor.missing_indexes.gaining_queries IS 'statements that would use it: queryid, time in ms a day and planner cost before and after all recommended indexes';
COMMENT ON COLUMN advisor.missing_indexes.redundant_indexes IS 'existing indexes that would have no use beside it: drop, and undo to get them back';
COMMENT ON COLUMN advisor.missing_indexes.reason IS 'what it does, in a sentence';
COMMENT ON COLUMN advisor.missing_indexes.warnings IS 'what to know before creating it';
COMMENT ON COLUMN advisor.missing_indexes.complete IS 'false if time_limit ended the search early';

CREATE FUNCTION advisor._unadvised(
		budget text DEFAULT NULL,
		queries text[] DEFAULT NULL,
		max_columns int DEFAULT 4,
		max_indexes int DEFAULT NULL,
		min_gain float8 DEFAULT 0.01,
		max_regression float8 DEFAULT 0.1,
		time_limit interval DEFAULT '60 s',
		OUT queryid bigint,
		OUT number int,
		OUT time_per_day float8,
		OUT cost float8,
		OUT reason text,
		OUT complete boolean)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_unadvised'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000000 ROWS 100;
COMMENT ON FUNCTION advisor._unadvised(text, text[], int, int, float8, float8, interval) IS
	'statements for which advisor.recommend_indexes() with the same arguments has no advice, and why';

CREATE VIEW advisor.unadvised AS
	SELECT u.queryid, u.time_per_day, u.cost,
		-- how it is written may be the reason
		u.reason || coalesce('; see what advisor.findings says of it: ' || f.checks, '') AS reason,
		(SELECT min(s.query) FROM advisor.statements s WHERE s.queryid = u.queryid) AS query,
		u.complete
	FROM advisor._unadvised() u
		LEFT JOIN (SELECT queryid, string_agg(DISTINCT check_id, ', ') AS checks
			FROM advisor.query_findings
			WHERE check_id IN ('implicit_cast', 'function_on_column', 'leading_wildcard', 'or_across_columns',
				'deep_offset', 'not_in_subquery', 'order_by_random', 'correlated_subquery')
			GROUP BY queryid) f USING (queryid);
COMMENT ON VIEW advisor.unadvised IS
	'captured statements that advisor.missing_indexes has no advice for, those that take most time first, and why';
COMMENT ON COLUMN advisor.unadvised.queryid IS 'query identifier';
COMMENT ON COLUMN advisor.unadvised.time_per_day IS 'time of all its executions in ms a day';
COMMENT ON COLUMN advisor.unadvised.cost IS 'planner cost as things are, of all examples; null if it could not be planned';
COMMENT ON COLUMN advisor.unadvised.reason IS 'why there is no advice';
COMMENT ON COLUMN advisor.unadvised.query IS 'its text';
COMMENT ON COLUMN advisor.unadvised.complete IS 'false if the time limit ended the search early';

CREATE FUNCTION advisor.drop_impact(
		index regclass,
		time_limit interval DEFAULT '60 s',
		OUT queryid bigint,
		OUT userid oid,
		OUT calls_per_day float8,
		OUT time_before float8,
		OUT cost_before float8,
		OUT cost_after float8,
		OUT time_after float8,
		OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_drop_impact'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000000 ROWS 10;
COMMENT ON FUNCTION advisor.drop_impact(regclass, interval) IS
	'captured statements that would have another plan if the index did not exist, with planner costs and times in ms a day, those that lose most first; then those of which that could not be found out, with the problem';

/*
 * 62_workload: functions that only tests use.
 */

CREATE FUNCTION advisor._budget(budget text) RETURNS float8
	AS 'MODULE_PATHNAME', 'advisor_budget'
	LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION advisor._budget(text) IS
	'bytes in a budget for indexes';

CREATE FUNCTION advisor._workload(queries text[],
	OUT number integer,
	OUT queryid bigint,
	OUT userid oid,
	OUT calls_per_day float8,
	OUT mean_time float8,
	OUT is_template boolean,
	OUT query text,
	OUT unusable text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_workload'
	LANGUAGE C VOLATILE PARALLEL SAFE COST 1000 ROWS 1000;
COMMENT ON FUNCTION advisor._workload(text[]) IS
	'texts that advice would be made for, those given or else those captured';

CREATE FUNCTION advisor._write_cost(statement text, tuples float8, pages float8,
	OUT inserted float8,
	OUT updated float8,
	OUT deleted float8,
	OUT hot_share float8,
	OUT entries float8,
	OUT cost float8,
	OUT hot_updates_lost float8,
	OUT hot_cost float8)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_write_cost'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000 ROWS 1;
COMMENT ON FUNCTION advisor._write_cost(text, float8, float8) IS
	'what an index of that size would cost if all writes captured were those of one day';

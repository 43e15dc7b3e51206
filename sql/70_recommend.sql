/*
 * 70_recommend: advice on indexes.
 */

CREATE FUNCTION advisor._index_candidates(
	query text, max_columns integer DEFAULT 4, constants_recur boolean DEFAULT false,
	OUT definition text, OUT reasons text[], OUT strength float8)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_index_candidates'
	LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE COST 10000 ROWS 100;
COMMENT ON FUNCTION advisor._index_candidates(text, integer, boolean) IS
	'indexes that advisor would try for a statement, before the planner has been asked';

CREATE FUNCTION advisor._merged_indexes(statements text[], max_columns integer DEFAULT 4)
	RETURNS TABLE (definition text)
	AS 'MODULE_PATHNAME', 'advisor_merged_indexes'
	LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE COST 10000 ROWS 100;
COMMENT ON FUNCTION advisor._merged_indexes(text[], integer) IS
	'indexes that advisor would try instead of several given as CREATE INDEX statements';

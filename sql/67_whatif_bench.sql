/*
 * 67_whatif_bench: how fast what-if planning is.  For test/bench/whatif: no role
 * gets a right to it.
 */

CREATE FUNCTION advisor._whatif_benchmark(
		query text,
		create_indexes text[],
		loops integer,
		with_indexes boolean,
		OUT ms float8,
		OUT lowest_cost float8)
	AS 'MODULE_PATHNAME', 'advisor_whatif_benchmark'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 10000;
COMMENT ON FUNCTION advisor._whatif_benchmark(text, text[], integer, boolean) IS
	'plans a statement so often, with all of these indexes but one, in turn, or without any, and says how long that took';

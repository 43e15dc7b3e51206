/*
 * 70_search: the selection of indexes, on its own.  For tests: no role gets a
 * right to it.
 */

CREATE FUNCTION advisor._select_indexes(
		bytes float8[],
		base float8[],
		statement int[],
		cost float8[],
		size int[],
		member int[],
		budget float8 DEFAULT NULL,
		upkeep float8[] DEFAULT NULL,
		weight float8[] DEFAULT NULL,
		max_indexes int DEFAULT NULL,
		min_gain float8 DEFAULT NULL,
		initial int[] DEFAULT NULL,
		effort float8 DEFAULT NULL,
		looks int DEFAULT NULL,
		OUT chosen int[],
		OUT gain float8[],
		OUT total float8,
		OUT used float8,
		OUT complete boolean)
	AS 'MODULE_PATHNAME', 'advisor_select_indexes'
	LANGUAGE C VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION advisor._select_indexes(float8[], float8[], int[], float8[], int[], int[], float8, float8[], float8[], int, float8, int[], float8, int) IS
	'which indexes to have, given costs of statements with them: indexes are numbered from 0, statements from 1, combinations of indexes come in the order of statements';

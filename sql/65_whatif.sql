/*
 * 65_whatif: indexes that do not exist.
 */
CREATE FUNCTION advisor._index_size(definition text,
	OUT pages bigint, OUT tuples float8, OUT height integer)
	LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'advisor_index_size';
COMMENT ON FUNCTION advisor._index_size(text) IS
	'estimated size of an index: pages, rows in it, and height of a btree as in the planner';

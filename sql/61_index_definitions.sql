/*
 * 61_index_definitions: functions that only tests use.
 */

CREATE FUNCTION advisor._index_definition(statement text) RETURNS text
	AS 'MODULE_PATHNAME', 'advisor_index_definition'
	LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION advisor._index_definition(text) IS
	'a CREATE INDEX statement as advisor would write it; an error unless it reads that as the same';

CREATE FUNCTION advisor._index_name(statement text, nth integer) RETURNS text
	AS 'MODULE_PATHNAME', 'advisor_index_name'
	LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION advisor._index_name(text, integer) IS
	'the nth name that advisor would give an index';

CREATE FUNCTION advisor._index_covers(by text, statement text) RETURNS boolean
	AS 'MODULE_PATHNAME', 'advisor_index_covers'
	LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION advisor._index_covers(text, text) IS
	'is an index made by the second CREATE INDEX statement of no use beside one made by the first?';

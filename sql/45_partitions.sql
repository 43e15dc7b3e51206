/*
 * 45_partitions: the partitions that there are, and their bounds.  Needs 10_capture.
 */

-- Dates and times are told so that they mean the same in any session.
CREATE FUNCTION advisor._partition_bounds(parent oid DEFAULT NULL,
	OUT parent oid,
	OUT partition oid,
	OUT ordinal integer,
	OUT method text,
	OUT is_default boolean,
	OUT lower text,
	OUT upper text,
	OUT lower_position numeric,
	OUT upper_position numeric,
	OUT lower_bound text,
	OUT upper_bound text,
	OUT list_values text[],
	OUT modulus integer,
	OUT remainder integer,
	OUT after_gap boolean,
	OUT detach_pending boolean)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_partition_bounds'
	LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 50
	SET DateStyle = 'ISO, YMD'
	SET TimeZone = 'UTC'
	SET IntervalStyle = postgres
	SET extra_float_digits = 1;
COMMENT ON FUNCTION advisor._partition_bounds(oid) IS
	'partitions of one partitioned table, or of all, with their bounds from the catalog: lower and upper are the first column''s, NULL without bound; positions are numbers in the same order (times: microseconds since 1970), NULL for other types';

CREATE FUNCTION advisor._key_position(value anyelement) RETURNS numeric
	AS 'MODULE_PATHNAME', 'advisor_key_position'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION advisor._key_position(anyelement) IS
	'place of a value in the order of its type, as in _partition_bounds(); NULL for types that have none';

CREATE FUNCTION advisor._run_as_owner(
	relation oid,
	statements text,
	lock_timeout integer DEFAULT 0,
	replica boolean DEFAULT false,
	OUT rows bigint,
	OUT value text)
	AS 'MODULE_PATHNAME', 'advisor_run_as_owner'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION advisor._run_as_owner(oid, text, integer, boolean) IS
	'runs statements as the owner of a relation, in a security-restricted operation and with search_path pg_catalog; lock_timeout in ms; replica: without triggers and foreign keys. Gives the rows and the first value of the last statement';

/*
 * 41_sequences: how far sequences have got.  Needs nothing.
 */

CREATE FUNCTION advisor._sequences(
	OUT seqid oid,
	OUT last_value bigint,
	OUT is_called boolean,
	OUT visible boolean)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_sequences'
	LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 10000 ROWS 1000;
COMMENT ON FUNCTION advisor._sequences() IS
	'state of all sequences of this database, without waiting for locks; last_value is NULL if it may not be seen, is locked by who changes the sequence, or is not there (unlogged, on a standby)';

-- What nextval() does to a sequence makes this grow, in whatever direction the
-- sequence counts, so that a value less than one before means a reset.
CREATE VIEW advisor._sequence_positions AS
SELECT
	quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS object,
	CASE WHEN q.seqincrement < 0 THEN -s.last_value::numeric ELSE s.last_value::numeric END AS value
FROM advisor._sequences() s
	JOIN pg_class c ON c.oid = s.seqid
	JOIN pg_namespace n ON n.oid = c.relnamespace
	JOIN pg_sequence q ON q.seqrelid = s.seqid
WHERE s.last_value IS NOT NULL
	AND c.relpersistence <> 't';
COMMENT ON VIEW advisor._sequence_positions IS
	'what advisor.observe() records of sequences: last_value, negated where the sequence counts downwards';

/*
 * 12_system: the machine, and where the server's counters were when capture
 * began.  Needs nothing but the library.
 */

CREATE FUNCTION advisor._system(
	OUT memory_total bigint,
	OUT memory_limit bigint,
	OUT memory_available bigint,
	OUT cpus integer,
	OUT data_disk_size bigint,
	OUT data_disk_free bigint,
	OUT wal_disk_size bigint,
	OUT wal_disk_free bigint)
	RETURNS record
	AS 'MODULE_PATHNAME', 'advisor_system'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION advisor._system() IS
	'memory (bytes; limit: of control groups), processors that the server may use, size and free bytes of the disks of the data directory and of pg_wal; NULL what the system does not tell, all NULL for who is no member of pg_monitor';

CREATE FUNCTION advisor._baseline(
	OUT metric text,
	OUT value numeric,
	OUT observed_at timestamptz)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_baseline'
	LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100 ROWS 3;
COMMENT ON FUNCTION advisor._baseline() IS
	'next transaction id (xid), next multixact id (multixact) and position in the WAL in bytes (wal_lsn) when capture began in this run of the server; empty until then';

/*
 * 42_observations: counters of the past, for rates and forecasts.
 *
 * Most counters of the server say how much there was since a moment long ago.
 * What is written down here now and then says how much there is a day.  Nothing
 * else depends on it: without observations, checks know less and say so.
 */

INSERT INTO advisor.settings (name, value, unit, minimum, maximum, description) VALUES
	('history_days', 30, 'days', 1, 3650, 'how long observations are kept, and how far back rates reach');

CREATE TABLE advisor.observations (
	observed_at timestamptz NOT NULL,
	metric text NOT NULL,
	object text NOT NULL,
	value numeric NOT NULL,
	PRIMARY KEY (metric, object, observed_at)
);
COMMENT ON TABLE advisor.observations IS
	'counters of the past, recorded by advisor.observe(): what rates and forecasts are made of';
COMMENT ON COLUMN advisor.observations.observed_at IS 'when it was read';
COMMENT ON COLUMN advisor.observations.metric IS 'what was read: xid, multixact, wal_lsn, sequence, database_size and others';
COMMENT ON COLUMN advisor.observations.object IS 'of what: a qualified name, or empty for the whole server';
COMMENT ON COLUMN advisor.observations.value IS 'the number read: bytes for sizes, ms for times, else a count';
SELECT pg_extension_config_dump('advisor.observations', '');

-- Who may not read a sequence shall not learn its value here.
ALTER TABLE advisor.observations ENABLE ROW LEVEL SECURITY;
CREATE POLICY no_secrets ON advisor.observations FOR SELECT
	USING (metric <> 'sequence' OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'));
COMMENT ON POLICY no_secrets ON advisor.observations IS
	'values of sequences are for members of pg_read_all_stats';

CREATE FUNCTION advisor._relation_sizes(
	OUT relid oid,
	OUT bytes bigint)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_relation_sizes'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 10000 ROWS 10000;
COMMENT ON FUNCTION advisor._relation_sizes() IS
	'sizes of the main forks of all relations of this database in bytes, without waiting for locks; those of other sessions'' temporary ones are not known';

-- pg_stats shows nothing to a member of pg_monitor, who may see all counters
-- but not the tables: a check that read it would take silence for health.
-- No values here, so no more is told than counters tell.  The barrier keeps a
-- reader's own functions in a WHERE from seeing rows before the rights are asked for.
CREATE VIEW advisor._column_statistics WITH (security_barrier) AS
SELECT s.starelid, s.staattnum, s.stainherit, s.stanullfrac, s.stawidth, s.stadistinct,
	(mcv.numbers)[1] AS mcv_top_freq,
	(SELECT sum(n) FROM unnest(mcv.numbers) n) AS mcv_total_freq,
	coalesce(cardinality(mcv.numbers), 0) AS mcv_count,
	(correlation.numbers)[1] AS correlation
FROM pg_statistic s
	CROSS JOIN LATERAL (SELECT CASE 1 WHEN s.stakind1 THEN s.stanumbers1 WHEN s.stakind2 THEN s.stanumbers2
		WHEN s.stakind3 THEN s.stanumbers3 WHEN s.stakind4 THEN s.stanumbers4 WHEN s.stakind5 THEN s.stanumbers5 END) mcv(numbers)
	CROSS JOIN LATERAL (SELECT CASE 3 WHEN s.stakind1 THEN s.stanumbers1 WHEN s.stakind2 THEN s.stanumbers2
		WHEN s.stakind3 THEN s.stanumbers3 WHEN s.stakind4 THEN s.stanumbers4 WHEN s.stakind5 THEN s.stanumbers5 END) correlation(numbers)
WHERE pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
	OR has_column_privilege(s.starelid, s.staattnum, 'SELECT');
COMMENT ON VIEW advisor._column_statistics IS
	'what the planner knows of columns, without any value: shares, widths, numbers of values, correlation';

-- 17 moved what checkpoints do to a view of its own.
DO $$
BEGIN
	IF current_setting('server_version_num')::int >= 170000 THEN
		CREATE VIEW advisor._checkpoint_counters AS
		SELECT c.num_timed AS timed, c.num_requested AS requested, c.write_time, c.sync_time, c.buffers_written, c.stats_reset
		FROM pg_stat_checkpointer c;
	ELSE
		CREATE VIEW advisor._checkpoint_counters AS
		SELECT b.checkpoints_timed AS timed, b.checkpoints_req AS requested, b.checkpoint_write_time AS write_time,
			b.checkpoint_sync_time AS sync_time, b.buffers_checkpoint AS buffers_written, b.stats_reset
		FROM pg_stat_bgwriter b;
	END IF;
END
$$;
COMMENT ON VIEW advisor._checkpoint_counters IS
	'what checkpoints did since stats_reset; times in ms';

-- What there is to observe now.  A view, as it reads what not everybody may.
CREATE VIEW advisor._observables AS
SELECT 'database_size' AS metric, quote_ident(current_database()) AS object, sum(s.bytes)::numeric AS value
FROM advisor._relation_sizes() s
UNION ALL
SELECT 'sequence', p.object, p.value
FROM advisor._sequence_positions p
UNION ALL
SELECT v.metric, quote_ident(d.datname), v.value::numeric
FROM pg_stat_database d
	CROSS JOIN LATERAL (VALUES
		('xact_commit', d.xact_commit::float8),
		('xact_rollback', d.xact_rollback),
		('deadlocks', d.deadlocks),
		('temp_files', d.temp_files),
		('temp_bytes', d.temp_bytes),
		('blks_hit', d.blks_hit),
		('blks_read', d.blks_read),
		('sessions', d.sessions),
		('active_time', d.active_time),
		('session_time', d.session_time),
		('idle_in_transaction_time', d.idle_in_transaction_time)) v(metric, value)
WHERE d.datname = current_database()
UNION ALL
SELECT v.metric, '', v.value::numeric
FROM pg_stat_wal w
	CROSS JOIN LATERAL (VALUES
		('wal_bytes', w.wal_bytes),
		('wal_fpi', w.wal_fpi::numeric)) v(metric, value)
UNION ALL
SELECT v.metric, '', v.value::numeric
FROM advisor._checkpoint_counters c
	CROSS JOIN LATERAL (VALUES
		('checkpoints_timed', c.timed::float8),
		('checkpoints_requested', c.requested),
		('checkpoint_buffers', c.buffers_written)) v(metric, value)
UNION ALL
SELECT v.metric, '', v.value
FROM (VALUES
	('xid', pg_snapshot_xmax(pg_current_snapshot())::text::numeric),
	('multixact', (SELECT c.next_multixact_id::text::numeric FROM pg_control_checkpoint() c)),
	('wal_lsn', (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - '0/0'::pg_lsn)::numeric))
	v(metric, value);
COMMENT ON VIEW advisor._observables IS
	'the counters that advisor.observe() records, as they are now';

CREATE FUNCTION advisor.observe() RETURNS integer
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
	-- objects have the same names each time
	SET quote_all_identifiers = off
BEGIN ATOMIC
	DELETE FROM advisor.observations o
	WHERE o.observed_at < now() - (SELECT advisor._setting('history_days')) * interval '1 day';
	WITH written AS (
		INSERT INTO advisor.observations (observed_at, metric, object, value)
		SELECT now(), o.metric, o.object, o.value
		FROM advisor._observables o
		WHERE o.value IS NOT NULL
		ON CONFLICT DO NOTHING
		RETURNING 1
	)
	SELECT count(*)::integer FROM written;
END;
COMMENT ON FUNCTION advisor.observe() IS
	'records counters of this moment in advisor.observations, forgets those older than the setting history_days, and returns how many it recorded; once an hour is enough';

-- A counter that has decreased was reset, or began anew with something else of
-- that name: what was before says nothing of its rate.
CREATE VIEW advisor._first_observations AS
SELECT DISTINCT ON (o.metric, o.object) o.metric, o.object, o.observed_at, o.value
FROM (
	SELECT o.*, sum(o.decreased) OVER (PARTITION BY o.metric, o.object ORDER BY o.observed_at DESC) AS decreases_since
	FROM (
		SELECT o.*, CASE WHEN lead(o.value) OVER (PARTITION BY o.metric, o.object ORDER BY o.observed_at) < o.value THEN 1 ELSE 0 END AS decreased
		FROM (SELECT o.metric, o.object, o.observed_at, o.value FROM advisor.observations o
			UNION ALL SELECT b.metric, '', b.observed_at, b.value FROM advisor._baseline() b) o
		WHERE o.observed_at >= now() - (SELECT advisor._setting('history_days')) * interval '1 day'
	) o
) o
WHERE o.decreases_since = 0
ORDER BY o.metric, o.object, o.observed_at;
COMMENT ON VIEW advisor._first_observations IS
	'the oldest value of each counter that today''s can be compared with; at least that of when capture began';

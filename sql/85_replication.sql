/*
 * 85_replication: how far standbys and subscribers are behind and whether reads
 * may go to them, what replication slots keep on disk and for how long that can
 * go on, archiving, disks, checksums.  Needs 12_system and 42_observations.
 *
 * Everything works on a primary and on a standby, which may have standbys of its
 * own.  Times are in milliseconds, sizes in bytes.
 */

INSERT INTO advisor.settings (name, value, unit, minimum, maximum, description) VALUES
	('replica_lag_ok', 5, 's', 0, 1e6, 'reads may go to a replica that is behind by no more'),
	('replica_lag_cache', 60, 's', 0, 1e7, 'reads that a cache may answer may go to a replica that is behind by no more; above that, the lag is reported'),
	('replica_lag_size', 1024, 'MB', 1, 1e9, 'a replica that is behind by more WAL is reported, whatever the time'),
	('slot_retained_wal', 1024, 'MB', 1, 1e9, 'an inactive replication slot that keeps less WAL is not reported, unless the disk is about to be full'),
	('archive_delay', 600, 's', 1, 1e6, 'archiving may be behind for so long'),
	('disk_free_percent', 10, '%', 0, 100, 'a disk with a smaller part of it free is reported'),
	('disk_full_days', 30, 'days', 0, 3650, 'a disk that will be full sooner is reported');

CREATE FUNCTION advisor._wal_position() RETURNS pg_lsn
	LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN pg_is_in_recovery()
		THEN GREATEST(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
		ELSE pg_current_wal_lsn() END;
END;
COMMENT ON FUNCTION advisor._wal_position() IS
	'the end of WAL as far as this server knows';

-- The two may have been read at different moments.
CREATE FUNCTION advisor._wal_between(start pg_lsn, stop pg_lsn) RETURNS bigint
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN start >= stop THEN 0 ELSE stop - start END::bigint;
END;
COMMENT ON FUNCTION advisor._wal_between(pg_lsn, pg_lsn) IS
	'bytes of WAL between two positions, at least 0; null if one is';

-- Rights are checked when a query begins, whether it gets that far or not: so it
-- has to be a query of its own.
CREATE FUNCTION advisor._archive_status(
	OUT waiting bigint,
	OUT oldest timestamptz)
	RETURNS record
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF has_function_privilege('pg_catalog.pg_ls_archive_statusdir()', 'EXECUTE') THEN
		SELECT count(*), min(f.modification)
		INTO waiting, oldest
		FROM pg_catalog.pg_ls_archive_statusdir() f
		WHERE f.name LIKE '%.ready';
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._archive_status() IS
	'number of WAL files that wait to be archived, and since when; null to who may not see that';

-- Lag in time is only known of WAL that was under way: none is none.
CREATE VIEW advisor.replication_lag AS
WITH here AS MATERIALIZED (
	SELECT advisor._wal_position() AS position,
		1000 * advisor._setting('replica_lag_ok') AS lag_ok,
		1000 * advisor._setting('replica_lag_cache') AS lag_cache
), senders AS (
	SELECT CASE WHEN s.slot_type = 'logical' THEN 'subscriber' ELSE 'standby' END AS kind,
		r.application_name AS name,
		r.pid,
		r.client_addr,
		s.slot_name,
		r.state,
		r.sync_state,
		advisor._wal_between(r.write_lsn, h.position) AS write_lag_bytes,
		advisor._wal_between(r.flush_lsn, h.position) AS flush_lag_bytes,
		advisor._wal_between(r.replay_lsn, h.position) AS replay_lag_bytes,
		CASE WHEN r.write_lsn >= h.position THEN 0 ELSE EXTRACT(epoch FROM r.write_lag)::float8 * 1000 END AS write_lag,
		CASE WHEN r.flush_lsn >= h.position THEN 0 ELSE EXTRACT(epoch FROM r.flush_lag)::float8 * 1000 END AS flush_lag,
		CASE WHEN r.replay_lsn >= h.position THEN 0 ELSE EXTRACT(epoch FROM r.replay_lag)::float8 * 1000 END AS replay_lag,
		NULL::boolean AS is_paused,
		NULL::float8 AS apply_delay,
		CASE
			WHEN r.state IS NULL THEN 'its state is for members of pg_monitor to see'
			WHEN r.replay_lsn IS NULL THEN 'it receives WAL but does not replay it'
			WHEN r.state <> 'streaming' THEN 'it is not streaming but in state ' || r.state
		END AS problem
	FROM pg_stat_replication r
		CROSS JOIN here h
		LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid
	WHERE r.state IS DISTINCT FROM 'backup'
), this_standby AS (
	SELECT 'this standby' AS kind,
		coalesce(NULLIF(current_setting('cluster_name'), ''), 'this server') AS name,
		w.pid,
		NULL::inet AS client_addr,
		w.slot_name,
		coalesce(w.status, CASE WHEN w.pid IS NULL THEN 'not connected' END) AS state,
		NULL::text AS sync_state,
		advisor._wal_between(w.written_lsn, w.latest_end_lsn) AS write_lag_bytes,
		advisor._wal_between(w.flushed_lsn, w.latest_end_lsn) AS flush_lag_bytes,
		advisor._wal_between(p.replayed, GREATEST(w.latest_end_lsn, h.position)) AS replay_lag_bytes,
		CASE WHEN w.written_lsn >= w.latest_end_lsn THEN 0::float8 END AS write_lag,
		CASE WHEN w.flushed_lsn >= w.latest_end_lsn THEN 0::float8 END AS flush_lag,
		CASE WHEN w.pid IS NULL THEN NULL
			WHEN p.replayed >= GREATEST(w.latest_end_lsn, h.position) THEN 0
			ELSE advisor._milliseconds(pg_last_xact_replay_timestamp()) END AS replay_lag,
		p.pause_state <> 'not paused' AS is_paused,
		p.apply_delay,
		CASE
			WHEN p.pause_state <> 'not paused' THEN 'replay is paused'
			WHEN w.pid IS NULL THEN 'it is not connected to its primary'
			WHEN w.status <> 'streaming' THEN 'it is not streaming but in state ' || w.status
		END AS problem
	FROM here h
		CROSS JOIN LATERAL (SELECT pg_last_wal_replay_lsn() AS replayed,
			CASE WHEN pg_is_in_recovery() THEN pg_get_wal_replay_pause_state() END AS pause_state,
			(SELECT s.setting::float8 FROM pg_settings s WHERE s.name = 'recovery_min_apply_delay') AS apply_delay) p
		LEFT JOIN pg_stat_wal_receiver w ON true
	WHERE pg_is_in_recovery()
), subscriptions AS (
	-- what its origin has sent of all that it has is not known here
	SELECT 'subscription' AS kind,
		s.subname::text AS name,
		w.pid,
		NULL::inet AS client_addr,
		NULL::text AS slot_name,
		CASE WHEN NOT s.subenabled THEN 'disabled' WHEN w.pid IS NULL THEN 'not running' ELSE 'streaming' END AS state,
		NULL::text AS sync_state,
		NULL::bigint AS write_lag_bytes,
		NULL::bigint AS flush_lag_bytes,
		advisor._wal_between(w.latest_end_lsn, w.received_lsn) AS replay_lag_bytes,
		NULL::float8 AS write_lag,
		NULL::float8 AS flush_lag,
		CASE WHEN w.received_lsn <= w.latest_end_lsn THEN 0 ELSE advisor._milliseconds(w.latest_end_time) END AS replay_lag,
		NOT s.subenabled AS is_paused,
		NULL::float8 AS apply_delay,
		CASE WHEN NOT s.subenabled THEN 'it is disabled' WHEN w.pid IS NULL THEN 'its worker does not run' END AS problem
	FROM pg_subscription s
		LEFT JOIN LATERAL (SELECT w.* FROM pg_stat_subscription w
			WHERE w.subid = s.oid AND w.pid IS NOT NULL AND w.relid IS NULL AND to_jsonb(w) ->> 'leader_pid' IS NULL
			LIMIT 1) w ON true
	WHERE s.subdbid = (SELECT d.dbid FROM advisor._current_database() d)
)
SELECT
	l.kind,
	l.name,
	l.pid,
	l.client_addr,
	l.slot_name,
	l.state,
	l.sync_state,
	l.write_lag_bytes,
	l.flush_lag_bytes,
	l.replay_lag_bytes,
	l.write_lag,
	l.flush_lag,
	l.replay_lag,
	l.is_paused,
	l.apply_delay,
	CASE
		WHEN l.problem IS NOT NULL OR l.replay_lag IS NULL OR l.replay_lag > GREATEST(h.lag_ok, h.lag_cache) THEN 'primary'
		WHEN l.replay_lag > h.lag_ok THEN 'replica with cache'
		ELSE 'replica'
	END AS routing,
	CASE
		WHEN l.problem IS NOT NULL THEN l.problem
		WHEN l.replay_lag IS NULL THEN 'how far it is behind is not known'
		WHEN l.replay_lag = 0 THEN 'it is not behind'
		ELSE format('it is behind by %s', advisor._duration(l.replay_lag))
	END AS reason
FROM (
	SELECT * FROM senders
	UNION ALL SELECT * FROM this_standby
	UNION ALL SELECT * FROM subscriptions
) l
	CROSS JOIN here h;
COMMENT ON VIEW advisor.replication_lag IS
	'how far standbys and subscribers are behind, or this server if it is one, and whether reads may go there; times in ms';
COMMENT ON COLUMN advisor.replication_lag.kind IS 'standby or subscriber of this server; this standby; subscription of this database';
COMMENT ON COLUMN advisor.replication_lag.name IS 'application_name of the standby or subscriber, cluster_name, or name of the subscription';
COMMENT ON COLUMN advisor.replication_lag.pid IS 'process here that sends, receives or applies';
COMMENT ON COLUMN advisor.replication_lag.client_addr IS 'where the standby or subscriber is';
COMMENT ON COLUMN advisor.replication_lag.slot_name IS 'replication slot that it uses';
COMMENT ON COLUMN advisor.replication_lag.state IS 'streaming, catchup, startup, not connected, disabled, ...';
COMMENT ON COLUMN advisor.replication_lag.sync_state IS 'async, potential, sync or quorum';
COMMENT ON COLUMN advisor.replication_lag.write_lag_bytes IS 'WAL that it has not written yet';
COMMENT ON COLUMN advisor.replication_lag.flush_lag_bytes IS 'WAL that it has not on disk yet';
COMMENT ON COLUMN advisor.replication_lag.replay_lag_bytes IS 'WAL whose changes cannot be read there yet';
COMMENT ON COLUMN advisor.replication_lag.write_lag IS 'time until what is committed is written there; 0 if it has all there is, null if not known';
COMMENT ON COLUMN advisor.replication_lag.flush_lag IS 'time until it is on disk there';
COMMENT ON COLUMN advisor.replication_lag.replay_lag IS 'time until it can be read there';
COMMENT ON COLUMN advisor.replication_lag.is_paused IS 'is replay paused, or the subscription disabled? null if that is not known here';
COMMENT ON COLUMN advisor.replication_lag.apply_delay IS 'recovery_min_apply_delay, for which it is behind on purpose';
COMMENT ON COLUMN advisor.replication_lag.routing IS 'replica: fresh enough for reads; replica with cache: for those that a cache may answer; primary: not for reads';
COMMENT ON COLUMN advisor.replication_lag.reason IS 'why';

CREATE VIEW advisor.replication_slots AS
WITH here AS MATERIALIZED (
	SELECT w.position,
		o.observed_at AS rate_since,
		((w.position - '0/0'::pg_lsn) - o.value)::float8 / EXTRACT(epoch FROM statement_timestamp() - o.observed_at)::float8 AS rate,
		NULLIF(pg_size_bytes(current_setting('max_slot_wal_keep_size')), -1) AS keep
	FROM (SELECT advisor._wal_position() AS position) w
		LEFT JOIN advisor._first_observations o ON o.metric = 'wal_lsn' AND o.object = ''
			AND o.observed_at <= statement_timestamp() - interval '1 hour'
), system AS MATERIALIZED (
	SELECT s.wal_disk_free FROM advisor._system() s
), slots AS (
	SELECT s.*,
		to_jsonb(s) AS newer,
		advisor._wal_between(s.restart_lsn, h.position) AS retained_bytes,
		NOT s.active AND s.restart_lsn IS NOT NULL AND s.wal_status <> 'lost' AS grows,
		h.rate, h.rate_since, h.keep, y.wal_disk_free
	FROM pg_replication_slots s
		CROSS JOIN here h
		CROSS JOIN system y
), forecast AS (
	SELECT s.*,
		-- without a limit the disk is the limit; in a hundred years all will be different
		CASE WHEN s.grows AND (s.keep IS NULL OR s.safe_wal_size > s.wal_disk_free) AND s.wal_disk_free < s.rate * 3e9
			THEN s.wal_disk_free / s.rate END AS seconds_to_full,
		CASE WHEN s.grows AND s.safe_wal_size < s.rate * 3e9
			THEN GREATEST(s.safe_wal_size, 0) / s.rate END AS seconds_to_lost
	FROM slots s
)
SELECT
	f.slot_name,
	f.slot_type,
	f.plugin,
	f.database,
	f.temporary,
	f.active,
	f.active_pid,
	(f.newer ->> 'inactive_since')::timestamptz AS inactive_since,
	f.wal_status,
	coalesce(f.newer ->> 'invalidation_reason',
		CASE WHEN (f.newer ->> 'conflicting')::boolean THEN 'conflict with recovery' WHEN f.wal_status = 'lost' THEN 'wal_removed' END) AS invalidation_reason,
	f.restart_lsn,
	f.retained_bytes,
	f.safe_wal_size,
	f.keep AS max_slot_wal_keep_size,
	age(f.xmin) AS xmin_age,
	age(f.catalog_xmin) AS catalog_xmin_age,
	f.rate * 86400 AS wal_bytes_per_day,
	f.rate_since AS wal_rate_since,
	f.wal_disk_free,
	statement_timestamp() + f.seconds_to_full * interval '1 second' AS disk_full_at,
	statement_timestamp() + f.seconds_to_lost * interval '1 second' AS lost_at,
	format('SELECT pg_catalog.pg_drop_replication_slot(%L);', f.slot_name) AS drop_sql,
	coalesce((f.newer ->> 'synced')::boolean, false) AS is_synced
FROM forecast f
ORDER BY f.retained_bytes DESC NULLS LAST, f.slot_name;
COMMENT ON VIEW advisor.replication_slots IS
	'what each replication slot keeps on disk and from vacuum, and for how long that can go on';
COMMENT ON COLUMN advisor.replication_slots.slot_name IS 'name of the slot';
COMMENT ON COLUMN advisor.replication_slots.slot_type IS 'physical or logical';
COMMENT ON COLUMN advisor.replication_slots.plugin IS 'output plugin of a logical slot';
COMMENT ON COLUMN advisor.replication_slots.database IS 'database of a logical slot';
COMMENT ON COLUMN advisor.replication_slots.temporary IS 'does it end with its session?';
COMMENT ON COLUMN advisor.replication_slots.active IS 'does somebody read from it now?';
COMMENT ON COLUMN advisor.replication_slots.active_pid IS 'the process that does';
COMMENT ON COLUMN advisor.replication_slots.inactive_since IS 'since when nobody does; null before PostgreSQL 17';
COMMENT ON COLUMN advisor.replication_slots.wal_status IS 'reserved, extended, unreserved or lost';
COMMENT ON COLUMN advisor.replication_slots.invalidation_reason IS 'why it cannot be used any more; null if it can';
COMMENT ON COLUMN advisor.replication_slots.restart_lsn IS 'the oldest WAL that it keeps';
COMMENT ON COLUMN advisor.replication_slots.retained_bytes IS 'WAL since then';
COMMENT ON COLUMN advisor.replication_slots.safe_wal_size IS 'WAL that may still be written until it is in danger of being lost; null if it never is';
COMMENT ON COLUMN advisor.replication_slots.max_slot_wal_keep_size IS 'WAL that slots may keep at most; null if there is no limit';
COMMENT ON COLUMN advisor.replication_slots.xmin_age IS 'row versions removed since so many transactions cannot be vacuumed away because of it';
COMMENT ON COLUMN advisor.replication_slots.catalog_xmin_age IS 'the same of system catalogs';
COMMENT ON COLUMN advisor.replication_slots.wal_bytes_per_day IS 'WAL that the server writes a day; null if it has not been observed for an hour';
COMMENT ON COLUMN advisor.replication_slots.wal_rate_since IS 'since when that was observed';
COMMENT ON COLUMN advisor.replication_slots.wal_disk_free IS 'free space where WAL is; null to who is no member of pg_monitor';
COMMENT ON COLUMN advisor.replication_slots.disk_full_at IS 'when that will be used up if the slot stays inactive and nothing else changes';
COMMENT ON COLUMN advisor.replication_slots.lost_at IS 'when the slot will be in danger of being lost if it stays inactive';
COMMENT ON COLUMN advisor.replication_slots.drop_sql IS 'SQL that drops it: who reads from it must start from scratch then';
COMMENT ON COLUMN advisor.replication_slots.is_synced IS 'is it a copy of a slot of the primary (PostgreSQL 17)? Such ones are never active';

CREATE VIEW advisor._archiving AS
SELECT a.archived_count, a.failed_count, a.last_archived_time, a.last_failed_wal, a.last_failed_time, a.stats_reset,
	s.waiting, s.oldest,
	coalesce(a.last_failed_time > a.last_archived_time, a.last_failed_time IS NOT NULL) AS fails,
	s.waiting * pg_size_bytes(current_setting('wal_segment_size')) AS waiting_bytes
FROM pg_stat_archiver a
	CROSS JOIN advisor._archive_status() s
WHERE current_setting('archive_mode') = CASE WHEN pg_is_in_recovery() THEN 'always' ELSE current_setting('archive_mode') END
	AND current_setting('archive_mode') <> 'off';
COMMENT ON VIEW advisor._archiving IS
	'state of archiving; no row if this server does not archive';

CREATE VIEW advisor._disks AS
WITH system AS MATERIALIZED (
	SELECT s.* FROM advisor._system() s
), growth AS MATERIALIZED (
	SELECT o.observed_at, o.value FROM advisor._first_observations o
	WHERE o.metric = 'database_size' AND o.object = quote_ident(current_database())
		AND o.observed_at <= statement_timestamp() - interval '1 hour'
), sizes AS MATERIALIZED (
	SELECT sum(s.bytes) AS bytes FROM advisor._relation_sizes() s
	WHERE (SELECT count(*) > 0 FROM growth)
)
SELECT 'data' AS disk, y.data_disk_size AS size, y.data_disk_free AS free, g.observed_at AS since,
	((z.bytes - g.value)::float8 / EXTRACT(epoch FROM statement_timestamp() - g.observed_at)::float8) AS rate
FROM system y
	CROSS JOIN sizes z
	LEFT JOIN growth g ON true
WHERE y.data_disk_size > 0
UNION ALL
-- a disk of its own; WAL does not grow but for what slots keep
SELECT 'WAL', y.wal_disk_size, y.wal_disk_free, NULL, NULL
FROM system y
WHERE y.wal_disk_size <> y.data_disk_size
	OR abs(y.wal_disk_free - y.data_disk_free) > 0.01 * y.wal_disk_size;
COMMENT ON VIEW advisor._disks IS
	'disks of data and WAL, and how fast this database grows there in bytes a second';

CREATE VIEW advisor.replication_findings AS
WITH lag AS MATERIALIZED (
	SELECT l.*,
		l.replay_lag - coalesce(l.apply_delay, 0) > 1000 * (SELECT advisor._setting('replica_lag_cache')) AS is_late,
		l.replay_lag - coalesce(l.apply_delay, 0) > 10000 * (SELECT advisor._setting('replica_lag_cache')) AS is_very_late,
		l.replay_lag_bytes >= 1048576 * (SELECT advisor._setting('replica_lag_size')) AS is_large,
		l.state IN ('not connected', 'not running') AS is_down
	FROM advisor.replication_lag l
), slots AS MATERIALIZED (
	SELECT s.*,
		s.invalidation_reason IS NOT NULL AS is_lost,
		EXTRACT(epoch FROM s.disk_full_at - statement_timestamp()) / 86400 AS days_to_full,
		EXTRACT(epoch FROM s.lost_at - statement_timestamp()) / 86400 AS days_to_lost,
		(SELECT u.sql FROM advisor._setting_undo u WHERE u.name = 'max_slot_wal_keep_size') AS undo_limit_sql
	FROM advisor.replication_slots s
	WHERE NOT s.temporary AND NOT s.is_synced
), wanted AS (
	SELECT n.names,
		coalesce(substring(n.names FROM '(?i)^\s*(?:FIRST|ANY)?\s*([0-9]+)\s*\(')::integer, 1) AS standbys,
		(SELECT count(*) FROM pg_stat_replication r WHERE r.sync_state IN ('sync', 'quorum') AND r.state = 'streaming') AS present
	FROM (SELECT current_setting('synchronous_standby_names') AS names) n
	WHERE n.names <> '' AND NOT pg_is_in_recovery()
		AND pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
)
SELECT f.*
FROM lag l
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'replication_lag', category => 'replication', parts => ARRAY[l.kind, l.name],
		severity => CASE WHEN l.is_very_late OR l.is_down THEN 'high' ELSE 'medium' END,
		object => 'server',
		title => format('%s %s', CASE l.kind WHEN 'this standby' THEN 'This standby' ELSE initcap(l.kind) || ' ' || quote_ident(l.name) END,
			CASE
				WHEN l.is_down THEN CASE l.kind WHEN 'subscription' THEN 'is not running' ELSE 'is not connected to its primary' END
				WHEN l.is_late THEN 'is behind by ' || advisor._duration(l.replay_lag)
				ELSE 'is behind by ' || pg_size_pretty(l.replay_lag_bytes) END),
		detail => format('%s of WAL are not replayed, in time: %s; not on disk there: %s, %s; not written there: %s, %s. State: %s. Reads for it should go to: %s, as %s.',
				coalesce(pg_size_pretty(l.replay_lag_bytes), '?'), advisor._duration(l.replay_lag),
				coalesce(pg_size_pretty(l.flush_lag_bytes), '?'), advisor._duration(l.flush_lag),
				coalesce(pg_size_pretty(l.write_lag_bytes), '?'), advisor._duration(l.write_lag), l.state, l.routing, l.reason)
			|| CASE WHEN l.apply_delay > 0 THEN format(' %s of that are wanted (recovery_min_apply_delay).', advisor._duration(l.apply_delay)) ELSE '' END,
		evidence => jsonb_build_object('state', l.state, 'sync_state', l.sync_state, 'client_addr', l.client_addr, 'slot_name', l.slot_name,
			'write_lag_bytes', l.write_lag_bytes, 'flush_lag_bytes', l.flush_lag_bytes, 'replay_lag_bytes', l.replay_lag_bytes,
			'write_lag_ms', l.write_lag, 'flush_lag_ms', l.flush_lag, 'replay_lag_ms', l.replay_lag,
			'is_paused', l.is_paused, 'apply_delay_ms', l.apply_delay, 'routing', l.routing, 'reason', l.reason),
		remedy => CASE
			WHEN l.is_paused AND l.kind = 'this standby' THEN 'Resume replay.'
			WHEN l.is_down THEN 'See its log for why it does not connect.'
			WHEN l.write_lag_bytes > l.replay_lag_bytes / 2 THEN 'WAL waits to be sent or written: look at the network and at the disk of the replica.'
			ELSE 'WAL is there and waits to be replayed: look for long queries there (replication_conflict), for paused replay and at its CPU and disk.' END,
		remedy_sql => CASE WHEN l.is_paused AND l.kind = 'this standby' THEN 'SELECT pg_catalog.pg_wal_replay_resume();' END,
		undo_sql => CASE WHEN l.is_paused AND l.kind = 'this standby' THEN 'SELECT pg_catalog.pg_wal_replay_pause();' END,
		confidence => 90) f
WHERE l.is_late OR l.is_large OR l.is_down

UNION ALL
SELECT f.*
FROM slots s
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'replication_slot', category => 'replication', parts => ARRAY[s.slot_name::text],
		severity => CASE
			WHEN s.days_to_full < 1 THEN 'critical'
			WHEN s.days_to_full < 7 OR s.retained_bytes > s.wal_disk_free THEN 'high'
			ELSE 'medium' END,
		object => 'server',
		title => format('Replication slot %s is not used and keeps %s of WAL%s', quote_ident(s.slot_name), pg_size_pretty(s.retained_bytes),
			coalesce(', the disk will be full on ' || s.disk_full_at::date, '')),
		detail => format('Nobody reads from this %s slot%s. All WAL since %s stays on disk', s.slot_type,
				coalesce(' since ' || date_trunc('second', s.inactive_since), ''), s.restart_lsn)
			|| coalesce(', at most ' || pg_size_pretty(s.max_slot_wal_keep_size) || ' (max_slot_wal_keep_size)', ', without a limit')
			|| CASE WHEN coalesce(s.xmin_age, s.catalog_xmin_age) IS NULL THEN ''
				ELSE format('; vacuum cannot remove what was deleted in the last %s transactions%s', advisor._count(GREATEST(s.xmin_age, s.catalog_xmin_age)),
					CASE WHEN s.xmin_age IS NULL THEN ' from the catalogs' ELSE '' END) END
			|| '. '
			|| coalesce('The server has written ' || pg_size_pretty(s.wal_bytes_per_day::bigint) || ' of WAL a day since ' || date_trunc('second', s.wal_rate_since),
				'How much WAL the server writes a day is not known: schedule SELECT advisor.observe()')
			|| coalesce('; ' || pg_size_pretty(s.wal_disk_free) || ' are free', '; the free space is not known')
			|| CASE WHEN s.days_to_full IS NULL THEN '.' ELSE format(', enough for %s days.', advisor._count(s.days_to_full::float8)) END,
		evidence => jsonb_build_object('slot_type', s.slot_type, 'plugin', s.plugin, 'database', s.database, 'retained_bytes', s.retained_bytes,
			'inactive_since', s.inactive_since, 'wal_status', s.wal_status, 'safe_wal_size', s.safe_wal_size, 'max_slot_wal_keep_size', s.max_slot_wal_keep_size,
			'xmin_age', s.xmin_age, 'catalog_xmin_age', s.catalog_xmin_age, 'wal_bytes_per_day', s.wal_bytes_per_day, 'wal_rate_since', s.wal_rate_since,
			'wal_disk_free', s.wal_disk_free, 'disk_full_at', s.disk_full_at, 'lost_at', s.lost_at),
		remedy => 'Start who reads from it. If that is gone for good, drop the slot: that cannot be undone, and a '
			|| CASE s.slot_type WHEN 'logical' THEN 'subscriber that comes back must copy all its tables again.' ELSE 'standby that comes back must be built again unless the archive has its WAL.' END
			|| CASE WHEN s.max_slot_wal_keep_size IS NULL THEN ' To be safe from a full disk, set max_slot_wal_keep_size: a slot that needs more is lost then.' ELSE '' END,
		remedy_sql => s.drop_sql,
		impact_bytes => s.retained_bytes,
		confidence => 80) f
WHERE NOT s.active AND NOT s.is_lost
	AND (s.retained_bytes >= 1048576 * (SELECT advisor._setting('slot_retained_wal')) OR s.days_to_full < 7)

UNION ALL
SELECT f.*
FROM slots s
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'slot_lost', category => 'replication', parts => ARRAY[s.slot_name::text],
		severity => 'high', object => 'server',
		title => format('Replication slot %s %s', quote_ident(s.slot_name),
			CASE WHEN s.is_lost THEN format('is lost (%s)', s.invalidation_reason)
				WHEN s.wal_status = 'unreserved' THEN 'will be lost at the next checkpoint'
				ELSE format('will be lost in %s days', advisor._count(s.days_to_lost::float8)) END),
		detail => CASE WHEN s.is_lost
				THEN format(CASE s.invalidation_reason
					WHEN 'idle_timeout' THEN 'Nobody has read from it for idle_replication_slot_timeout (%s). Who read from it before cannot go on.'
					WHEN 'wal_level_insufficient' THEN 'wal_level has been too low for it (%s). Who read from it cannot go on.'
					ELSE 'WAL or rows that it needs have been removed: %s. Who read from it cannot go on.' END, s.invalidation_reason)
				ELSE format('It keeps %s of WAL, max_slot_wal_keep_size is %s.%s Beyond that its WAL is removed, and who reads from it cannot go on.',
					pg_size_pretty(s.retained_bytes), coalesce(pg_size_pretty(s.max_slot_wal_keep_size), 'without limit'),
					CASE WHEN s.lost_at IS NULL THEN ''
						ELSE format(' At %s of WAL a day since %s, the remaining %s are used up on %s.', pg_size_pretty(s.wal_bytes_per_day::bigint),
							date_trunc('second', s.wal_rate_since), pg_size_pretty(s.safe_wal_size), date_trunc('minute', s.lost_at)) END) END,
		evidence => jsonb_build_object('slot_type', s.slot_type, 'wal_status', s.wal_status, 'invalidation_reason', s.invalidation_reason, 'active', s.active,
			'retained_bytes', s.retained_bytes, 'safe_wal_size', s.safe_wal_size, 'max_slot_wal_keep_size', s.max_slot_wal_keep_size,
			'wal_bytes_per_day', s.wal_bytes_per_day, 'wal_rate_since', s.wal_rate_since, 'lost_at', s.lost_at),
		remedy => CASE WHEN s.is_lost
			THEN 'Build the standby or subscriber again, then drop the slot, which is of no use any more; that cannot be undone.'
			ELSE 'Start who reads from it, or let slots keep twice as much if the disk has room.' END,
		remedy_sql => CASE WHEN s.is_lost THEN s.drop_sql
			WHEN s.max_slot_wal_keep_size IS NOT NULL THEN format(E'ALTER SYSTEM SET max_slot_wal_keep_size = ''%sMB'';\nSELECT pg_catalog.pg_reload_conf();',
				GREATEST(2 * s.max_slot_wal_keep_size, 2 * s.retained_bytes) / 1048576) END,
		undo_sql => CASE WHEN NOT s.is_lost AND s.max_slot_wal_keep_size IS NOT NULL THEN s.undo_limit_sql END,
		confidence => CASE WHEN s.is_lost THEN 99 ELSE 80 END) f
WHERE s.is_lost OR s.wal_status = 'unreserved' OR s.days_to_lost < 1

UNION ALL
SELECT f.*
FROM advisor._archiving a
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'archive_failing', category => 'replication', parts => ARRAY['server'],
		severity => CASE
			WHEN a.fails AND coalesce(a.last_archived_time < statement_timestamp() - (SELECT advisor._setting('archive_delay')) * interval '1 second', true) THEN 'high'
			ELSE 'medium' END,
		object => 'server',
		title => CASE WHEN a.fails THEN 'Archiving WAL fails' ELSE 'Archiving WAL is behind' END
			|| CASE WHEN a.waiting > 0 THEN format(', %s %s, the oldest for %s', a.waiting, CASE a.waiting WHEN 1 THEN 'file waits' ELSE 'files wait' END, advisor._duration(advisor._milliseconds(a.oldest))) ELSE '' END,
		detail => format('%s files were archived and %s attempts failed since %s. ', a.archived_count, a.failed_count, coalesce(date_trunc('second', a.stats_reset)::text, 'the statistics began'))
			|| CASE WHEN a.last_failed_time IS NULL THEN '' ELSE format('The last attempt that failed was %s at %s, the last success %s. ', a.last_failed_wal, date_trunc('second', a.last_failed_time),
				coalesce('at ' || date_trunc('second', a.last_archived_time), 'never')) END
			|| coalesce(pg_size_pretty(a.waiting_bytes) || ' of WAL wait to be archived. ', '')
			|| 'No WAL is removed before it is archived: the disk fills, and a restore from backup ends at the last file archived.',
		evidence => jsonb_build_object('archived_count', a.archived_count, 'failed_count', a.failed_count, 'last_archived_time', a.last_archived_time,
			'last_failed_wal', a.last_failed_wal, 'last_failed_time', a.last_failed_time, 'stats_reset', a.stats_reset,
			'waiting', a.waiting, 'waiting_bytes', a.waiting_bytes, 'oldest', a.oldest),
		remedy => 'The server log has what archive_command said. Run it by hand as the user of the server.',
		impact_bytes => a.waiting_bytes, confidence => 95) f
WHERE a.fails OR a.oldest < statement_timestamp() - (SELECT advisor._setting('archive_delay')) * interval '1 second'

UNION ALL
SELECT f.*
FROM pg_stat_database_conflicts c
	JOIN pg_stat_database d ON d.datid = c.datid
	CROSS JOIN LATERAL (SELECT c.confl_tablespace + c.confl_lock + c.confl_snapshot + c.confl_bufferpin + c.confl_deadlock
		+ coalesce((to_jsonb(c) ->> 'confl_active_logicalslot')::bigint, 0) AS conflicts) n
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'replication_conflict', category => 'replication', parts => ARRAY[c.datname::text],
		severity => CASE WHEN n.conflicts >= 100 THEN 'medium' ELSE 'low' END,
		object => 'database ' || quote_ident(c.datname),
		title => format('%s queries on this standby were cancelled for replay', n.conflicts),
		detail => format('Since %s: %s needed rows that vacuum had removed on the primary, %s held a lock that replay needed, %s a page, %s were in a deadlock with replay, %s used a tablespace that was dropped.',
			coalesce(date_trunc('second', d.stats_reset)::text, 'the statistics began'), c.confl_snapshot, c.confl_lock, c.confl_bufferpin, c.confl_deadlock, c.confl_tablespace),
		evidence => jsonb_build_object('conflicts', n.conflicts, 'snapshot', c.confl_snapshot, 'lock', c.confl_lock, 'bufferpin', c.confl_bufferpin,
			'deadlock', c.confl_deadlock, 'tablespace', c.confl_tablespace, 'stats_reset', d.stats_reset,
			'hot_standby_feedback', current_setting('hot_standby_feedback'), 'max_standby_streaming_delay', current_setting('max_standby_streaming_delay')),
		remedy => CASE WHEN 2 * c.confl_snapshot >= n.conflicts AND NOT current_setting('hot_standby_feedback')::boolean
			THEN 'Have the standby tell the primary what it reads. Vacuum there then keeps that, so long queries here cause bloat there.'
			ELSE 'Have replay wait longer for queries. The standby is behind for that time then.' END,
		remedy_sql => CASE WHEN 2 * c.confl_snapshot >= n.conflicts AND NOT current_setting('hot_standby_feedback')::boolean
			THEN E'ALTER SYSTEM SET hot_standby_feedback = on;\nSELECT pg_catalog.pg_reload_conf();'
			ELSE E'ALTER SYSTEM SET max_standby_streaming_delay = ''5min'';\nSELECT pg_catalog.pg_reload_conf();' END,
		undo_sql => (SELECT u.sql FROM advisor._setting_undo u
			WHERE u.name = CASE WHEN 2 * c.confl_snapshot >= n.conflicts AND NOT current_setting('hot_standby_feedback')::boolean
				THEN 'hot_standby_feedback' ELSE 'max_standby_streaming_delay' END),
		confidence => 70) f
WHERE pg_is_in_recovery() AND c.datname = current_database() AND n.conflicts > 0

UNION ALL
SELECT f.*
FROM wanted w
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'sync_standby_missing', category => 'replication', parts => ARRAY['server'],
		severity => 'high', object => 'server',
		title => format('%s of %s synchronous standbys are there: commits wait', w.present, w.standbys),
		detail => format('synchronous_standby_names is %L. Until %s standbys of these stream, every transaction that writes waits at its end, unless its synchronous_commit is off or local.',
			w.names, w.standbys),
		evidence => jsonb_build_object('synchronous_standby_names', w.names, 'wanted', w.standbys, 'present', w.present, 'synchronous_commit', current_setting('synchronous_commit')),
		remedy => 'Start the standbys. Until they are there, the SQL lets commits go on without them: what is committed meanwhile is on this server only.',
		remedy_sql => E'ALTER SYSTEM SET synchronous_standby_names = '''';\nSELECT pg_catalog.pg_reload_conf();',
		undo_sql => (SELECT u.sql FROM advisor._setting_undo u WHERE u.name = 'synchronous_standby_names'),
		confidence => 95) f
WHERE w.present < w.standbys

UNION ALL
SELECT f.*
FROM pg_stat_database d
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'checksum_failures', category => 'server', parts => ARRAY[coalesce(d.datname::text, 'shared')],
		severity => 'critical', object => coalesce('database ' || quote_ident(d.datname), 'server'),
		title => format('%s pages of %s did not match their checksums', d.checksum_failures, coalesce('database ' || quote_ident(d.datname), 'shared catalogs')),
		detail => format('The last at %s, counted since %s. What is on disk is not what was written: data is damaged, and reading it fails.',
			date_trunc('second', d.checksum_last_failure), coalesce(date_trunc('second', d.stats_reset)::text, 'the statistics began')),
		evidence => jsonb_build_object('checksum_failures', d.checksum_failures, 'checksum_last_failure', d.checksum_last_failure, 'stats_reset', d.stats_reset),
		remedy => 'The server log names the files. Keep a copy of the data directory, check the hardware, restore from a backup or fail over to a standby, and check both with pg_amcheck. The count stays until the statistics are reset.',
		confidence => 99) f
WHERE d.checksum_failures > 0

UNION ALL
SELECT f.*
FROM advisor._disks d
	CROSS JOIN LATERAL (SELECT 100.0 * d.free / d.size AS percent,
		CASE WHEN d.free < d.rate * 3e9 THEN d.free / d.rate / 86400 END AS days) p
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'disk_full', category => 'server', parts => ARRAY[d.disk],
		severity => CASE
			WHEN p.percent < 2 OR p.days < 1 THEN 'critical'
			WHEN p.percent < 5 OR p.days < 7 THEN 'high'
			ELSE 'medium' END,
		object => 'server',
		title => format('The disk of %s has %s free, %s %%%s', d.disk, pg_size_pretty(d.free), advisor._count(p.percent::float8),
			coalesce(', and will be full on ' || (statement_timestamp() + p.days * interval '1 day')::date, '')),
		detail => format('%s of %s are free. ', pg_size_pretty(d.free), pg_size_pretty(d.size))
			|| CASE
				WHEN d.disk = 'WAL' THEN 'What replication slots keep and what waits to be archived grows there.'
				WHEN d.since IS NULL THEN 'How fast this database grows is not known: schedule SELECT advisor.observe().'
				ELSE format('This database has changed by %s a day since %s; other databases and other files were not looked at.',
					pg_size_pretty((d.rate * 86400)::bigint), date_trunc('second', d.since)) END
			|| ' A server that cannot write WAL stops.',
		evidence => jsonb_build_object('disk', d.disk, 'size', d.size, 'free', d.free, 'percent', p.percent, 'growth_per_day', d.rate * 86400,
			'since', d.since, 'days', p.days),
		remedy => 'Add space, or free some: findings with impact_bytes say what could go.',
		confidence => CASE WHEN p.percent < (SELECT advisor._setting('disk_free_percent')) THEN 95 ELSE 60 END) f
WHERE p.percent < (SELECT advisor._setting('disk_free_percent'))
	OR p.days < (SELECT advisor._setting('disk_full_days'));
COMMENT ON VIEW advisor.replication_findings IS
	'replicas that are behind, slots that keep WAL, archiving, conflicts, checksums, disks; rows are of type advisor.finding';

CREATE FUNCTION advisor._replication_checks() RETURNS TABLE (
	check_id text, category text, title text, looks_at text, settings text[], needs text, page text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100 ROWS 8
BEGIN ATOMIC
	SELECT * FROM (VALUES
		('replication_lag', 'replication', 'A replica is behind',
			'Standbys and subscribers of this server, this server if it is a standby, and subscriptions of this database.',
			ARRAY['replica_lag_ok', 'replica_lag_cache', 'replica_lag_size'], 'pg_monitor', $$What it looks at
  The view advisor.replication_lag: pg_stat_replication on a server that sends WAL,
  pg_stat_wal_receiver and the replay functions on a standby, pg_stat_subscription. Base
  backups are left out.

Why it matters
  Reads from a replica see the past. After a failover to an asynchronous standby, what it
  has not got is gone. WAL that it needs stays on the primary.

How it decides
  medium if replay is behind by more than replica_lag_cache or by replica_lag_size of WAL;
  high from 10 times replica_lag_cache, if this standby has no connection, or if the worker of
  a subscription does not run. A wanted delay (recovery_min_apply_delay) is not counted.
  Who has replayed all WAL there is is behind by 0, however long ago that was written: the
  time since the last transaction alone would grow while the primary is idle.
  Routing in the view: up to replica_lag_ok "replica", up to replica_lag_cache "replica with
  cache", else, or if replay is paused or the lag is not known, "primary".

When it is wrong
  The primary knows the lag in time only from what the standby reports, every
  wal_receiver_status_interval at least. A standby whose network has gone silent believes it
  has everything until wal_receiver_timeout. A subscription knows what it has received, not
  what its origin has not sent: look there.

What to do
  The detail tells the parts: not written there is network or disk, not replayed is replay
  itself, which one process does: long queries there hold it up (max_standby_streaming_delay),
  and DDL. The SQL resumes replay if it is paused, and pausing it again undoes that.$$),
		('replication_slot', 'replication', 'An unused replication slot keeps WAL',
			'Replication slots that nobody reads from, and the WAL they keep on disk.',
			ARRAY['slot_retained_wal', 'history_days'], 'pg_monitor', $$What it looks at
  The view advisor.replication_slots: pg_replication_slots, the WAL the server writes a day
  (advisor.observe(), or since it was started), and the free space of the disk of WAL.
  Temporary slots and slots synchronised from a primary are left out.

Why it matters
  A slot keeps all WAL from where its reader was, until it comes back or the slot is dropped.
  A server whose WAL fills the disk stops. A slot with an xmin also keeps vacuum from its work.

How it decides
  Inactive, with at least slot_retained_wal, or the disk full within a week at the rate seen:
  free space / rate. critical if that is less than a day; high if less than a week, or if it
  keeps more than is free; else medium. If max_slot_wal_keep_size ends it before the disk is
  full, there is no such date, but one when the slot is lost (slot_lost).

When it is wrong
  The reader connects once a day and catches up. Rates of a quiet time say little about a
  busy one. The rate is not known in the first hour of observation.

What to do
  Start the reader. If it is gone for good, drop the slot. That cannot be undone: a standby
  that comes back needs the WAL from the archive or a new base backup, a subscriber a new
  copy of all its tables. max_slot_wal_keep_size limits what slots may keep, at the price of
  losing a slot that needs more.$$),
		('slot_lost', 'replication', 'A replication slot is lost, or will be',
			'Replication slots whose WAL has been removed, or will be within a day.',
			ARRAY['history_days'], 'nothing', $$What it looks at
  wal_status, safe_wal_size and, where the version has it, invalidation_reason of
  pg_replication_slots; the WAL the server writes a day.

Why it matters
  Who reads from a lost slot cannot go on: a standby must be built again (unless the archive
  has its WAL), a subscriber must copy its tables again.

How it decides
  high if the slot is lost or invalidated, if it is unreserved (its WAL is beyond
  max_slot_wal_keep_size and goes at the next checkpoint), or if safe_wal_size / rate is less
  than a day while nobody reads from it.

When it is wrong
  The slot was left behind by a standby that has been built anew with another slot: then drop
  it. The rate is an average.

What to do
  Start the reader, or raise max_slot_wal_keep_size, which needs a reload only; the undo puts
  back what is in force. A lost slot can only be dropped, and that cannot be undone.$$),
		('archive_failing', 'replication', 'WAL is not archived',
			'Failed attempts to archive since the last success, and WAL files that wait.',
			ARRAY['archive_delay'], 'pg_monitor', $$What it looks at
  pg_stat_archiver, and the number and age of the .ready files of pg_wal/archive_status, if
  archive_mode is on (on a standby: always).

Why it matters
  WAL is kept until it is archived, so the disk fills and the server stops. Until then a
  restore ends at the last file that was archived.

How it decides
  An attempt failed later than the last success: high if the last success is older than
  archive_delay, else medium. Nothing failed but the oldest file has waited for archive_delay:
  medium, the command hangs or is too slow.

When it is wrong
  The archiver tries again by itself; one failure is no failure to archive. Without
  pg_monitor the files that wait are not seen.

What to do
  The server log has what archive_command said. Never remove files from pg_wal by hand.$$),
		('replication_conflict', 'replication', 'Replay cancels queries on this standby',
			'Queries of this database that were cancelled on this standby because replay could not wait.',
			NULL, 'nothing', $$What it looks at
  pg_stat_database_conflicts of this database; only on a standby.

Why it matters
  Reports on the standby fail with "canceling statement due to conflict with recovery".

How it decides
  low, medium from 100 since the statistics were reset.

When it is wrong
  It counts since the reset, which may be long ago.

What to do
  If most needed rows that vacuum had removed: hot_standby_feedback = on, at the price of bloat
  on the primary while queries here are long. Else max_standby_streaming_delay, at the price
  of lag. Both need a reload only, and the undo puts back what is in force.$$),
		('sync_standby_missing', 'replication', 'Synchronous standbys are missing',
			'synchronous_standby_names, and how many of these standbys are streaming.',
			NULL, 'pg_monitor', $$What it looks at
  The number that synchronous_standby_names asks for, and standbys in pg_stat_replication with
  sync_state sync or quorum that stream; only on a primary.

Why it matters
  Every commit waits until as many standbys have it, for ever if need be.

How it decides
  high if there are fewer than asked for.

When it is wrong
  All transactions use synchronous_commit = local or off.

What to do
  Start the standbys, or name others. To let commits go on at once, empty the setting; a
  reload is enough. What is committed then is lost if this server is. The undo puts the names
  back.$$),
		('checksum_failures', 'server', 'Pages do not match their checksums',
			'Checksum failures that reading pages has met, of all databases.',
			NULL, 'nothing', $$What it looks at
  pg_stat_database.checksum_failures of all databases and of shared catalogs. It is known only
  if the cluster has data checksums.

Why it matters
  A page on disk is not what PostgreSQL wrote there: disk, controller, memory or file system
  are at fault, or somebody wrote into the files. There may be more damage than was read.

How it decides
  critical if there was any since the statistics were reset.

When it is wrong
  The damage has been mended since; the count stays until pg_stat_reset().

What to do
  The log names file and block. Stop writing to it, copy the data directory, check the
  hardware, restore from a backup taken before or fail over. pg_amcheck finds more.$$),
		('disk_full', 'server', 'A disk is nearly full',
			'Free space of the disks of the data directory and of WAL, and when it will be used up.',
			ARRAY['disk_free_percent', 'disk_full_days', 'history_days'], 'pg_monitor', $$What it looks at
  What the operating system says of the file systems of the data directory and of pg_wal; the
  size of this database now and when first observed (advisor.observe()).

Why it matters
  A server that cannot write WAL stops, and it may be hard to start again.

How it decides
  Less than disk_free_percent free, or free space / growth less than disk_full_days: critical
  below 2 % or a day, high below 5 % or a week, else medium. The forecast needs an
  observation at least an hour old.

When it is wrong
  Tablespaces elsewhere, other databases and other programs are not in the growth. File
  systems that share a pool, or have quotas, tell less than the truth.

What to do
  Add space. Findings on unused indexes and bloat say what can be given back; replication_slot
  and archive_failing what keeps WAL.$$)
	) c;
END;
COMMENT ON FUNCTION advisor._replication_checks() IS
	'the checks of advisor.replication_findings';

CREATE FUNCTION advisor._replication_skips() RETURNS TABLE (check_id text, reason text)
	LANGUAGE sql VOLATILE PARALLEL SAFE COST 1000 ROWS 5
BEGIN ATOMIC
	SELECT c.check_id, 'replication cannot be seen: it is for members of pg_monitor'
	FROM unnest(ARRAY['replication_lag', 'sync_standby_missing']) c(check_id)
	WHERE NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
	UNION ALL
	SELECT c.check_id, 'it makes sense on a primary only, and this server is a standby'
	FROM unnest(ARRAY['sync_standby_missing']) c(check_id)
	WHERE pg_is_in_recovery()
	UNION ALL
	SELECT 'replication_conflict', 'it makes sense on a standby only'
	WHERE NOT pg_is_in_recovery()
	UNION ALL
	SELECT 'archive_failing', 'files that wait cannot be counted: that is for members of pg_monitor'
	WHERE NOT has_function_privilege('pg_catalog.pg_ls_archive_statusdir()', 'EXECUTE')
		AND current_setting('archive_mode') <> 'off'
	UNION ALL
	SELECT 'disk_full', 'free disk space is not known: that is for members of pg_monitor, and the system must tell'
	WHERE (SELECT s.data_disk_size IS NULL FROM advisor._system() s)
	UNION ALL
	SELECT 'checksum_failures', 'data checksums are off: nothing would notice damage'
	WHERE NOT current_setting('data_checksums')::boolean;
END;
COMMENT ON FUNCTION advisor._replication_skips() IS
	'which checks of advisor.replication_findings could not run, and why';

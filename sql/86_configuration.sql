/*
 * 86_configuration: settings that observed counters speak against.  Needs
 * 41_settings, 42_observations, 43_server_settings and _system().
 *
 * A rule is a function of numbers, so that it can be judged without a server in
 * trouble; the view advisor.configuration_advice feeds the rules with counters.
 * No rule speaks of a setting for the size of the machine alone: something must
 * have been seen to be slow, to spill, to wait or to be at risk.
 */

INSERT INTO advisor.settings (name, value, unit, minimum, maximum, description) VALUES
	('work_mem_percent', 50, '%', 1, 100, 'part of the memory beside shared_buffers that sorts and hash tables of all sessions may take together'),
	('setting_statements', 3, 'statements', 1, 1000, 'so many statements must speak against work_mem or jit; of fewer, only the statements are to be changed'),
	('cache_miss_percent', 5, '%', 0.1, 100, 'part of the blocks read from outside of shared_buffers from which it may be too small'),
	('checkpoints_requested_percent', 10, '%', 1, 100, 'part of the checkpoints that did not wait for checkpoint_timeout from which max_wal_size is too small'),
	('full_page_percent', 30, '%', 1, 100, 'part of the WAL that is images of whole pages from which compressing them is worth its time'),
	('jit_percent', 20, '%', 1, 100, 'part of the time of statements of less than a second that compiling them may take'),
	('timeout_statement_minutes', 10, 'min', 0.001, 10000, 'statements of applications that take longer should be stopped by statement_timeout'),
	('timeout_idle_minutes', 5, 'min', 0.001, 10000, 'sessions idle in transaction for longer should be ended by idle_in_transaction_session_timeout'),
	('timeout_lock_seconds', 10, 's', 0.1, 86400, 'statements that wait longer for locks on average should be stopped by lock_timeout'),
	('temp_gb_per_day', 10, 'GB', 0.001, 1000000, 'temporary files of a database per day, less of which is not reported'),
	('backend_write_percent', 30, '%', 1, 100, 'part of the pages written by sessions themselves from which the background writer is too slow');

-- Two digits of a number of MB are enough for what is an estimate.
CREATE FUNCTION advisor._round_size(bytes float8) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN bytes >= 4294967296 THEN round((bytes / 1073741824)::numeric) * 1073741824
		WHEN bytes >= 268435456 THEN round((bytes / 134217728)::numeric) * 134217728
		ELSE GREATEST(round((bytes / 16777216)::numeric), 1) * 16777216
	END::float8;
END;
COMMENT ON FUNCTION advisor._round_size(float8) IS
	'a size rounded to whole GB, 128 MB or 16 MB';

-- The rules.  Each returns the value that is advised, or NULL for no advice;
-- sizes are in bytes, times in ms, and what is not known is NULL.

CREATE FUNCTION advisor._spill_memory(node_type text, spill_kb float8, memory_kb float8, batches float8) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	-- Rows take 2 to 3 times as much in memory as in a file.  Batches of a join
	-- are parts of about the same size; those of an aggregate are made again and
	-- again, so its files tell more.
	SELECT CASE
		WHEN node_type = 'Hash' OR node_type IS NULL AND batches > 1 AND coalesce(spill_kb, 0) = 0 THEN memory_kb * batches
		WHEN node_type = 'Aggregate' OR node_type IS NULL AND batches > 1 THEN memory_kb + 2.5 * coalesce(spill_kb, 0)
		ELSE 2.5 * spill_kb
	END;
END;
COMMENT ON FUNCTION advisor._spill_memory(text, float8, float8, float8) IS
	'kB of memory in which a node that went to disk would have done its work';

CREATE FUNCTION advisor._work_mem_bound(memory float8, shared_buffers float8, sessions float8, nodes float8, percent float8) RETURNS integer
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN memory IS NOT NULL THEN
		GREATEST(1, LEAST(2097151, floor((memory - shared_buffers) * percent / 100 / (GREATEST(sessions, 1) * GREATEST(nodes, 1)) / 1048576)))::integer
	END;
END;
COMMENT ON FUNCTION advisor._work_mem_bound(float8, float8, float8, float8, float8) IS
	'MB of work_mem that all sessions at once can use in each of their nodes; NULL if the memory is not known';

CREATE FUNCTION advisor._advised_work_mem(needed_mb integer[], current_mb float8, bound_mb integer) RETURNS integer
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	-- without knowing the memory, not more than is safe nearly everywhere
	SELECT max(n.mb) FROM unnest(needed_mb) n(mb) WHERE n.mb <= coalesce(bound_mb, 64) AND n.mb > current_mb;
END;
COMMENT ON FUNCTION advisor._advised_work_mem(integer[], float8, integer) IS
	'MB of work_mem for all: the most that a statement needs which all could have';

CREATE FUNCTION advisor._advised_hash_mem_multiplier(needed_kb float8, work_mem_kb float8, current float8) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT m.multiplier
	FROM (SELECT ceil(2 * needed_kb / NULLIF(work_mem_kb, 0)) / 2 AS multiplier) m
	WHERE m.multiplier > current AND m.multiplier <= 8;
END;
COMMENT ON FUNCTION advisor._advised_hash_mem_multiplier(float8, float8, float8) IS
	'hash_mem_multiplier with which hash tables of so many kB fit; NULL if that takes more than 8';

CREATE FUNCTION advisor._advised_shared_buffers(memory float8, current float8, data float8, miss_percent float8, limit_percent float8) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		-- what is in both caches is in memory twice, and sorts have nothing left
		WHEN current > 0.6 * memory THEN advisor._round_size(0.4 * memory)
		WHEN memory IS NOT NULL AND a.bytes >= 1.5 * current AND miss_percent >= limit_percent AND data > current THEN a.bytes
	END
	FROM (SELECT advisor._round_size(LEAST(memory / 4, 1.1 * data)) AS bytes) a;
END;
COMMENT ON FUNCTION advisor._advised_shared_buffers(float8, float8, float8, float8, float8) IS
	'shared_buffers where blocks are missed: a quarter of the memory, or all the data if that is less; and not above 60 % of the memory';

CREATE FUNCTION advisor._advised_effective_cache_size(memory float8, current float8, data float8) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT a.bytes
	FROM (SELECT advisor._round_size(0.7 * memory) AS bytes) a
	-- what is less than both is all the same to the planner
	WHERE data > LEAST(current, a.bytes) AND (current > memory OR current < 0.5 * a.bytes);
END;
COMMENT ON FUNCTION advisor._advised_effective_cache_size(float8, float8, float8) IS
	'effective_cache_size if it is more than the memory, or less than half of what caches data, and the data is more than the lesser';

-- A checkpoint is requested as soon as max_wal_size / (1 + completion target)
-- has been written since the last one began.  One that was requested after less
-- than that was asked for by a command.
CREATE FUNCTION advisor._checkpoints_by_wal(requested float8, wal_bytes float8, max_wal_size float8, completion_target float8) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT LEAST(requested, floor(wal_bytes / NULLIF(max_wal_size / (1 + completion_target), 0)));
END;
COMMENT ON FUNCTION advisor._checkpoints_by_wal(float8, float8, float8, float8) IS
	'how many of the requested checkpoints so much WAL explains';

CREATE FUNCTION advisor._advised_max_wal_size(timed float8, by_wal float8, wal_bytes_per_second float8, checkpoint_timeout float8,
	completion_target float8, current float8, limit_percent float8, disk_free float8) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT a.bytes
	FROM (SELECT advisor._round_size(LEAST(
			-- the mean rate says too little about the hours of the requests
			GREATEST(1.1 * wal_bytes_per_second * checkpoint_timeout / 1000 * (1 + completion_target), 2 * current),
			current + disk_free / 2)) AS bytes) a
	WHERE by_wal >= 3 AND by_wal >= limit_percent / 100 * (by_wal + timed) AND a.bytes >= 1.2 * current;
END;
COMMENT ON FUNCTION advisor._advised_max_wal_size(float8, float8, float8, float8, float8, float8, float8, float8) IS
	'max_wal_size with which checkpoints would have waited for checkpoint_timeout: 1.1 times the WAL between them, and at least twice what it is';

CREATE FUNCTION advisor._full_page_percent(images float8, wal_bytes float8, block_size float8) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	-- the unused middle of a page is left out of its image
	SELECT CASE WHEN wal_bytes > 0 THEN LEAST(100, 100 * 0.8 * images * block_size / wal_bytes) END;
END;
COMMENT ON FUNCTION advisor._full_page_percent(float8, float8, float8) IS
	'part of the WAL that is images of whole pages, if these are full to 80 %';

CREATE FUNCTION advisor._advised_random_page_cost(random_ms float8, sequential_ms float8, random_page_cost float8, seq_page_cost float8,
	all_cached boolean) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT a.cost
	FROM (SELECT round((seq_page_cost * CASE
			WHEN random_ms > 0 AND sequential_ms > 0 THEN LEAST(4, GREATEST(1.1, random_ms / sequential_ms))
			WHEN all_cached THEN 1.1
		END)::numeric, 1)::float8 AS cost) a
	-- What is read ahead is hardly waited for, so the ratio is high on an SSD as
	-- well.  Only on disks that must seek is it a price of random reads.
	WHERE random_page_cost >= 1.8 * a.cost OR a.cost >= 1.8 * random_page_cost AND random_ms >= 1;
END;
COMMENT ON FUNCTION advisor._advised_random_page_cost(float8, float8, float8, float8, boolean) IS
	'random_page_cost as the measured times of a random and a sequential read are to each other, if that is off by 1.8 times; raised for disks only';

CREATE FUNCTION advisor._advised_jit_above_cost(statements float8, jit_percent float8, highest_cost float8, limit_statements float8, limit_percent float8) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN statements >= limit_statements AND jit_percent >= limit_percent THEN
		CASE WHEN highest_cost < 1e7 THEN power(10, floor(log(highest_cost)) + 1)::bigint::text ELSE 'off' END
	END;
END;
COMMENT ON FUNCTION advisor._advised_jit_above_cost(float8, float8, float8, float8, float8) IS
	'jit_above_cost above the statements that compiling does not pay for, or off for jit where that is too high to mean anything';

CREATE FUNCTION advisor._advised_autovacuum(tables_over float8, busy float8, max_workers float8, delayed float8) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	-- Workers share one cost limit: more of them would only be slower each.
	SELECT CASE
		WHEN busy >= max_workers AND tables_over > busy THEN
			CASE WHEN delayed > 0 THEN 'autovacuum_vacuum_cost_limit' ELSE 'autovacuum_max_workers' END
	END;
END;
COMMENT ON FUNCTION advisor._advised_autovacuum(float8, float8, float8, float8) IS
	'which setting keeps autovacuum back, if all workers are busy and more tables wait';

CREATE FUNCTION advisor._advised_maintenance_work_mem(passes float8, current float8) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT a.bytes
	-- before 17 a vacuum could not use more than 1 GB
	FROM (SELECT LEAST(1073741824, advisor._round_size(current * (passes + 1))) AS bytes) a
	WHERE passes > 1 AND a.bytes > current;
END;
COMMENT ON FUNCTION advisor._advised_maintenance_work_mem(float8, float8) IS
	'maintenance_work_mem in which a vacuum would read the indexes once, after it has read them so many times';

CREATE FUNCTION advisor._advised_bgwriter(backend_percent float8, maxwritten float8, seconds float8, delay float8, current float8, limit_percent float8) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	-- it stopped at its limit in at least one of 100 rounds
	SELECT a.pages
	FROM (SELECT LEAST(1000, 4 * GREATEST(current, 100)) AS pages) a
	WHERE backend_percent >= limit_percent AND maxwritten >= 0.01 * seconds * 1000 / NULLIF(delay, 0) AND a.pages > current;
END;
COMMENT ON FUNCTION advisor._advised_bgwriter(float8, float8, float8, float8, float8, float8) IS
	'bgwriter_lru_maxpages where sessions write pages themselves because the background writer stops at its limit';

CREATE FUNCTION advisor._advised_parallel_workers(planned float8, launched float8, current float8, max_worker_processes float8) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT LEAST(2 * GREATEST(current, 1), max_worker_processes)
	WHERE planned >= 100 AND launched < 0.8 * planned AND LEAST(2 * GREATEST(current, 1), max_worker_processes) > current;
END;
COMMENT ON FUNCTION advisor._advised_parallel_workers(float8, float8, float8, float8) IS
	'max_parallel_workers where a fifth of the workers that plans asked for could not be started';

-- 16 moved what sessions write to pg_stat_io, which tells extending a table
-- from writing a page to get room for another.
DO $$
BEGIN
	IF current_setting('server_version_num')::int >= 160000 THEN
		CREATE VIEW advisor._backend_writes AS
		SELECT sum(i.writes)::bigint AS writes, sum(i.fsyncs)::bigint AS fsyncs, min(i.stats_reset) AS stats_reset
		FROM pg_stat_io i
		WHERE i.backend_type = 'client backend' AND i.object = 'relation' AND i.context = 'normal';
	ELSE
		CREATE VIEW advisor._backend_writes AS
		SELECT b.buffers_backend AS writes, b.buffers_backend_fsync AS fsyncs, b.stats_reset
		FROM pg_stat_bgwriter b;
	END IF;
END
$$;
COMMENT ON VIEW advisor._backend_writes IS
	'pages that sessions had to write themselves since stats_reset; before 16 with those by which they made tables longer';

-- Counters of a database have no beginning until they are reset.  They cannot
-- be older than the oldest of those that have one.
CREATE VIEW advisor._counters_since AS
SELECT LEAST(c.stats_reset, w.stats_reset, b.stats_reset, a.stats_reset) AS since
FROM advisor._checkpoint_counters c, pg_stat_wal w, pg_stat_bgwriter b, pg_stat_archiver a;
COMMENT ON VIEW advisor._counters_since IS
	'since when the server has been counting, at the earliest';

CREATE VIEW advisor.checkpoints AS
WITH observed AS MATERIALIZED (
	SELECT o.metric, o.value, f.value AS first_value, f.observed_at
	FROM advisor._observables o
		LEFT JOIN advisor._first_observations f ON f.metric = o.metric AND f.object = o.object AND f.value <= o.value
			AND f.observed_at <= now() - interval '1 hour'
	WHERE o.object = '' AND o.metric IN ('checkpoints_timed', 'checkpoints_requested', 'wal_bytes', 'wal_fpi')
), pivoted AS (
	SELECT
		max(o.value) FILTER (WHERE o.metric = 'checkpoints_timed') AS timed,
		max(o.value) FILTER (WHERE o.metric = 'checkpoints_requested') AS requested,
		max(o.value) FILTER (WHERE o.metric = 'wal_bytes') AS wal_bytes,
		max(o.value) FILTER (WHERE o.metric = 'wal_fpi') AS images,
		max(o.first_value) FILTER (WHERE o.metric = 'checkpoints_timed') AS first_timed,
		max(o.first_value) FILTER (WHERE o.metric = 'checkpoints_requested') AS first_requested,
		max(o.first_value) FILTER (WHERE o.metric = 'wal_bytes') AS first_wal_bytes,
		max(o.first_value) FILTER (WHERE o.metric = 'wal_fpi') AS first_images,
		-- one window for what is compared with each other
		CASE WHEN count(o.observed_at) = 4 AND min(o.observed_at) = max(o.observed_at) THEN max(o.observed_at) END AS observed_at
	FROM observed o
), counted AS (
	SELECT
		(p.timed - CASE WHEN p.observed_at IS NULL THEN 0 ELSE p.first_timed END)::float8 AS timed,
		(p.requested - CASE WHEN p.observed_at IS NULL THEN 0 ELSE p.first_requested END)::float8 AS requested,
		(p.wal_bytes - CASE WHEN p.observed_at IS NULL THEN 0 ELSE p.first_wal_bytes END)::float8 AS wal_bytes,
		(p.images - CASE WHEN p.observed_at IS NULL THEN 0 ELSE p.first_images END)::float8 AS images,
		coalesce(p.observed_at, c.stats_reset) AS since,
		coalesce(p.observed_at, w.stats_reset) AS wal_since,
		p.observed_at IS NOT NULL AS is_observed,
		c.timed + c.requested AS all_checkpoints, c.write_time, c.sync_time, c.buffers_written, c.stats_reset
	FROM pivoted p
		CROSS JOIN advisor._checkpoint_counters c
		CROSS JOIN pg_stat_wal w
)
SELECT
	c.timed,
	c.requested,
	100 * c.requested / NULLIF(c.timed + c.requested, 0) AS requested_percent,
	(c.timed + c.requested) / h.hours AS per_hour,
	c.since,
	CASE WHEN c.is_observed THEN 'observations' ELSE 'counters' END AS source,
	c.wal_bytes,
	c.wal_bytes / h.wal_hours AS wal_bytes_per_hour,
	c.wal_since,
	c.wal_bytes / h.wal_hours * h.hours / NULLIF(c.timed + c.requested, 0) AS distance,
	c.images AS full_page_images,
	advisor._full_page_percent(c.images, c.wal_bytes, current_setting('block_size')::float8) AS full_page_percent,
	c.buffers_written AS buffers_checkpoint,
	b.buffers_clean,
	w.writes AS buffers_backend,
	100 * w.writes / NULLIF(c.buffers_written + b.buffers_clean + w.writes, 0)::float8 AS backend_percent,
	b.maxwritten_clean,
	w.fsyncs AS backend_fsyncs,
	GREATEST(c.stats_reset, b.stats_reset, w.stats_reset) AS buffers_since,
	c.write_time / NULLIF(c.all_checkpoints, 0) AS mean_write_time,
	c.sync_time / NULLIF(c.all_checkpoints, 0) AS mean_sync_time
FROM counted c
	CROSS JOIN LATERAL (SELECT
		GREATEST(EXTRACT(epoch FROM now() - c.since)::float8 / 3600, 0.01) AS hours,
		GREATEST(EXTRACT(epoch FROM now() - c.wal_since)::float8 / 3600, 0.01) AS wal_hours) h
	CROSS JOIN pg_stat_bgwriter b
	CROSS JOIN advisor._backend_writes w;
COMMENT ON VIEW advisor.checkpoints IS
	'checkpoints, WAL and who writes pages, in one row: since the first observation that can be compared with, else since the counters were reset';
COMMENT ON COLUMN advisor.checkpoints.timed IS 'checkpoints after checkpoint_timeout, those with nothing to do among them';
COMMENT ON COLUMN advisor.checkpoints.requested IS 'checkpoints before that: by max_wal_size, by commands or by backups';
COMMENT ON COLUMN advisor.checkpoints.requested_percent IS 'part of the requested ones';
COMMENT ON COLUMN advisor.checkpoints.per_hour IS 'checkpoints of both kinds per hour';
COMMENT ON COLUMN advisor.checkpoints.since IS 'since when checkpoints are counted here';
COMMENT ON COLUMN advisor.checkpoints.source IS 'observations if advisor.observe() recorded the beginning, else counters';
COMMENT ON COLUMN advisor.checkpoints.wal_bytes IS 'WAL written since wal_since, in bytes';
COMMENT ON COLUMN advisor.checkpoints.wal_bytes_per_hour IS 'the same per hour';
COMMENT ON COLUMN advisor.checkpoints.wal_since IS 'since when WAL is counted here';
COMMENT ON COLUMN advisor.checkpoints.distance IS 'bytes of WAL from one checkpoint to the next';
COMMENT ON COLUMN advisor.checkpoints.full_page_images IS 'images of whole pages in the WAL';
COMMENT ON COLUMN advisor.checkpoints.full_page_percent IS 'part of the WAL that they are, estimated';
COMMENT ON COLUMN advisor.checkpoints.buffers_checkpoint IS 'pages written by checkpoints since buffers_since';
COMMENT ON COLUMN advisor.checkpoints.buffers_clean IS 'pages written by the background writer';
COMMENT ON COLUMN advisor.checkpoints.buffers_backend IS 'pages written by sessions; before 16 with those by which they made tables longer';
COMMENT ON COLUMN advisor.checkpoints.backend_percent IS 'part of the pages that sessions wrote';
COMMENT ON COLUMN advisor.checkpoints.maxwritten_clean IS 'rounds that the background writer broke off at bgwriter_lru_maxpages';
COMMENT ON COLUMN advisor.checkpoints.backend_fsyncs IS 'fsyncs that sessions had to do themselves';
COMMENT ON COLUMN advisor.checkpoints.buffers_since IS 'since when pages are counted, at the latest';
COMMENT ON COLUMN advisor.checkpoints.mean_write_time IS 'ms that a checkpoint took to write, since the counters were reset';
COMMENT ON COLUMN advisor.checkpoints.mean_sync_time IS 'ms that it took to bring files to disk';

CREATE VIEW advisor.temp_files AS
WITH written AS MATERIALIZED (
	SELECT s.dbid, s.queryid,
		sum(s.temp_blks_written) * current_setting('block_size')::float8 AS bytes,
		sum(s.calls) AS calls
	FROM advisor._statements() s
	WHERE advisor._is_preloaded() AND s.temp_blks_written > 0
	GROUP BY s.dbid, s.queryid
), ranked AS (
	SELECT w.*, row_number() OVER (PARTITION BY w.dbid ORDER BY w.bytes DESC, w.queryid) AS position
	FROM written w
), statements AS (
	SELECT r.dbid, count(*) AS statements, sum(r.bytes) AS bytes,
		jsonb_agg(jsonb_build_object('queryid', r.queryid, 'bytes', r.bytes, 'calls', r.calls) ORDER BY r.bytes DESC) FILTER (WHERE r.position <= 10) AS worst
	FROM ranked r
	GROUP BY r.dbid
), counted AS (
	SELECT d.datid, d.datname, d.temp_files, d.temp_bytes, f.value, f.observed_at,
		coalesce(f.observed_at, d.stats_reset, (SELECT c.since FROM advisor._counters_since c)) AS since
	FROM pg_stat_database d
		LEFT JOIN advisor._first_observations f ON f.metric = 'temp_bytes' AND f.object = quote_ident(d.datname)
			AND d.datname = current_database() AND f.value <= d.temp_bytes AND f.observed_at <= now() - interval '1 hour'
	WHERE d.datname IS NOT NULL
)
SELECT
	c.datname,
	c.temp_files,
	c.temp_bytes,
	c.since,
	(c.temp_bytes - coalesce(c.value, 0))::float8 * 86400 / GREATEST(EXTRACT(epoch FROM now() - c.since)::float8, 3600) AS bytes_per_day,
	coalesce(s.statements, 0) AS statements,
	s.bytes AS captured_bytes,
	s.worst AS worst_statements
FROM counted c
	LEFT JOIN statements s ON s.dbid = c.datid;
COMMENT ON VIEW advisor.temp_files IS
	'temporary files of each database and the captured statements that wrote them';
COMMENT ON COLUMN advisor.temp_files.datname IS 'the database';
COMMENT ON COLUMN advisor.temp_files.temp_files IS 'files since its counters were reset';
COMMENT ON COLUMN advisor.temp_files.temp_bytes IS 'bytes in them';
COMMENT ON COLUMN advisor.temp_files.since IS 'since when bytes_per_day is counted; where the counters do not say, the earliest possible';
COMMENT ON COLUMN advisor.temp_files.bytes_per_day IS 'bytes per day since then; less than an hour is taken for an hour';
COMMENT ON COLUMN advisor.temp_files.statements IS 'captured statements that wrote temporary files';
COMMENT ON COLUMN advisor.temp_files.captured_bytes IS 'bytes that they wrote';
COMMENT ON COLUMN advisor.temp_files.worst_statements IS 'the ten that wrote most: queryid, bytes, calls';

-- What a role has set for itself, by ALTER ROLE: it is to be put back exactly.
CREATE FUNCTION advisor._role_setting(userid oid, name text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT substring(u.config FROM length(_role_setting.name) + 2)
	FROM pg_db_role_setting r
		CROSS JOIN LATERAL unnest(r.setconfig) u(config)
	WHERE r.setdatabase = 0 AND r.setrole = _role_setting.userid AND starts_with(lower(u.config), _role_setting.name || '=');
END;
COMMENT ON FUNCTION advisor._role_setting(oid, text) IS
	'value that ALTER ROLE has set for a role in all databases, or NULL';

CREATE FUNCTION advisor._alter_roles(userids oid[], name text, value text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT string_agg(format('ALTER ROLE %I SET %s = %L;', r.rolname, _alter_roles.name, _alter_roles.value), E'\n' ORDER BY r.rolname)
	FROM pg_roles r
	WHERE r.oid = ANY (_alter_roles.userids) AND NOT starts_with(r.rolname, 'pg_');
END;
COMMENT ON FUNCTION advisor._alter_roles(oid[], text, text) IS
	'the text that sets something for these roles; predefined ones cannot be altered';

CREATE FUNCTION advisor._unalter_roles(userids oid[], name text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT string_agg(CASE WHEN s.value IS NULL THEN format('ALTER ROLE %I RESET %s;', r.rolname, _unalter_roles.name)
		ELSE format('ALTER ROLE %I SET %s = %L;', r.rolname, _unalter_roles.name, s.value) END, E'\n' ORDER BY r.rolname)
	FROM pg_roles r
		CROSS JOIN LATERAL (SELECT advisor._role_setting(r.oid, _unalter_roles.name) AS value) s
	WHERE r.oid = ANY (_unalter_roles.userids) AND NOT starts_with(r.rolname, 'pg_');
END;
COMMENT ON FUNCTION advisor._unalter_roles(oid[], text) IS
	'the text that takes it back';

-- Settings that put data at risk or blind the server, with the value that does.
CREATE FUNCTION advisor._dangerous_settings() RETURNS TABLE (name text, bad_value text, severity text, reason text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10 ROWS 20
BEGIN ATOMIC
	SELECT * FROM (VALUES
		('fsync', 'off', 'critical', 'Nothing makes sure that what was committed is on disk: after a crash of the machine the whole cluster may be lost.'),
		('full_page_writes', 'off', 'critical', 'A page that is half written when the machine stops cannot be restored, unless the file system never writes half a page.'),
		('zero_damaged_pages', 'on', 'critical', 'A damaged page is replaced by an empty one as soon as it is read: its rows are lost without a word.'),
		('ignore_checksum_failure', 'on', 'high', 'Pages whose checksum is wrong are read as if they were sound, and the damage spreads to backups and replicas.'),
		('ignore_invalid_pages', 'on', 'high', 'Recovery goes on over pages that it should not find, and hides corruption.'),
		('ignore_system_indexes', 'on', 'high', 'All look-ups in the catalogs read them from end to end.'),
		('autovacuum', 'off', 'high', 'Dead rows stay, statistics age, and nothing freezes old rows until the server forces it to prevent wraparound.'),
		('track_counts', 'off', 'high', 'Autovacuum does not see what changes, so it does nothing, and most counters stay at zero.'),
		('track_activities', 'off', 'medium', 'Nobody can see what sessions are doing, or which of them holds a lock.'),
		('synchronous_commit', 'off', 'info', 'A crash loses the transactions of the last moments, up to three times wal_writer_delay, though nothing is corrupted.'),
		('data_checksums', 'off', 'info', 'Damage on disk is found when it is read as nonsense, if at all.')
	) d(name, bad_value, severity, reason);
END;
COMMENT ON FUNCTION advisor._dangerous_settings() IS
	'settings with a value that puts data at risk or blinds the server';

CREATE VIEW advisor.configuration_advice AS
WITH settings AS MATERIALIZED (
	SELECT * FROM advisor._server_settings
),
-- those whose numbers the rules want, in one row
now AS MATERIALIZED (
	SELECT
		max(s.value) FILTER (WHERE s.name = 'work_mem') AS work_mem,
		max(s.value) FILTER (WHERE s.name = 'hash_mem_multiplier') AS hash_mem_multiplier,
		max(s.value) FILTER (WHERE s.name = 'shared_buffers') AS shared_buffers,
		max(s.value) FILTER (WHERE s.name = 'effective_cache_size') AS effective_cache_size,
		max(s.value) FILTER (WHERE s.name = 'max_wal_size') AS max_wal_size,
		max(s.value) FILTER (WHERE s.name = 'checkpoint_timeout') AS checkpoint_timeout,
		max(s.value) FILTER (WHERE s.name = 'checkpoint_completion_target') AS completion_target,
		max(s.setting) FILTER (WHERE s.name = 'wal_compression') AS wal_compression,
		bool_or('lz4' = ANY (s.enumvals)) FILTER (WHERE s.name = 'wal_compression') AS has_lz4,
		max(s.value) FILTER (WHERE s.name = 'random_page_cost') AS random_page_cost,
		max(s.value) FILTER (WHERE s.name = 'seq_page_cost') AS seq_page_cost,
		max(s.setting) FILTER (WHERE s.name = 'jit') AS jit,
		max(s.value) FILTER (WHERE s.name = 'jit_above_cost') AS jit_above_cost,
		max(s.value) FILTER (WHERE s.name = 'autovacuum_max_workers') AS autovacuum_max_workers,
		-- both from 18 on
		max(s.value) FILTER (WHERE s.name = 'autovacuum_worker_slots') AS autovacuum_worker_slots,
		NULLIF(max(s.value) FILTER (WHERE s.name = 'autovacuum_vacuum_max_threshold'), -1) AS autovacuum_max_threshold,
		max(s.value) FILTER (WHERE s.name = 'autovacuum_vacuum_cost_limit') AS autovacuum_cost_limit,
		max(s.value) FILTER (WHERE s.name = 'vacuum_cost_limit') AS vacuum_cost_limit,
		max(s.value) FILTER (WHERE s.name = 'autovacuum_vacuum_threshold') AS autovacuum_threshold,
		max(s.value) FILTER (WHERE s.name = 'autovacuum_vacuum_scale_factor') AS autovacuum_scale_factor,
		max(s.value) FILTER (WHERE s.name = 'maintenance_work_mem') AS maintenance_work_mem,
		max(s.value) FILTER (WHERE s.name = 'autovacuum_work_mem') AS autovacuum_work_mem,
		max(s.value) FILTER (WHERE s.name = 'statement_timeout') AS statement_timeout,
		max(s.value) FILTER (WHERE s.name = 'lock_timeout') AS lock_timeout,
		max(s.value) FILTER (WHERE s.name = 'idle_in_transaction_session_timeout') AS idle_timeout,
		max(s.setting) FILTER (WHERE s.name = 'track_io_timing') AS track_io_timing,
		max(s.value) FILTER (WHERE s.name = 'log_temp_files') AS log_temp_files,
		max(s.value) FILTER (WHERE s.name = 'bgwriter_delay') AS bgwriter_delay,
		max(s.value) FILTER (WHERE s.name = 'bgwriter_lru_maxpages') AS bgwriter_lru_maxpages,
		max(s.value) FILTER (WHERE s.name = 'max_parallel_workers') AS max_parallel_workers,
		max(s.value) FILTER (WHERE s.name = 'max_worker_processes') AS max_worker_processes
	FROM settings s
),
machine AS MATERIALIZED (
	SELECT LEAST(m.memory_total, m.memory_limit)::float8 AS memory, m.memory_total, m.memory_limit, m.wal_disk_free::float8 AS wal_disk_free
	FROM advisor._system() m
),
-- blocks of all databases, and how big these are
blocks AS MATERIALIZED (
	SELECT sum(d.blks_read)::float8 AS read, sum(d.blks_hit)::float8 AS hit, sum(d.blk_read_time) AS read_time,
		100 * sum(d.blks_read)::float8 / NULLIF(sum(d.blks_read)::float8 + sum(d.blks_hit)::float8, 0) AS miss_percent,
		sum(d.idle_in_transaction_time) AS idle_in_transaction_time,
		sum(d.active_time) AS active_time,
		sum((to_jsonb(d) ->> 'parallel_workers_to_launch')::float8) AS workers_planned,
		sum((to_jsonb(d) ->> 'parallel_workers_launched')::float8) AS workers_launched,
		(SELECT c.since FROM advisor._counters_since c) AS since
	FROM pg_stat_database d
),
-- it walks through directories and takes no lock, unlike pg_relation_size()
data AS MATERIALIZED (
	-- it is null if the database is gone by now
	SELECT sum(CASE WHEN has_database_privilege(d.oid, 'CONNECT') OR has_database_privilege(d.oid, 'CONNECT') IS NOT NULL AND pg_has_role('pg_read_all_stats', 'USAGE')
		THEN pg_database_size(d.oid) END)::float8 AS bytes
	FROM pg_database d
	WHERE NOT d.datistemplate
),
captured AS MATERIALIZED (
	SELECT i.stats_since AS since, GREATEST(EXTRACT(epoch FROM now() - i.stats_since)::float8, 3600) AS seconds,
		GREATEST(EXTRACT(epoch FROM now() - i.stats_since)::float8, 60) AS true_seconds
	FROM advisor._capture_state i
),
statements AS MATERIALIZED (
	SELECT s.userid, s.dbid, s.toplevel, s.queryid, s.calls, s.total_exec_time, s.shared_blks_read, s.blk_read_time, s.lock_wait_time, s.own_query
	FROM advisor._statements() s
	WHERE advisor._is_preloaded()
),
-- to look at these reports takes hash tables and sorts as well
own AS MATERIALIZED (
	SELECT s.queryid FROM statements s WHERE s.queryid IS NOT NULL AND advisor._is_own_query(s.own_query)
	UNION
	SELECT t.queryid FROM advisor._query_texts() t WHERE advisor._is_preloaded() AND t.queryid IS NOT NULL AND advisor._is_own_query(t.query)
),
-- Little's law: the time that statements took in a second is how many ran at
-- once.  A Poisson process has three standard deviations more now and then.
load AS MATERIALIZED (
	SELECT m.mean, GREATEST(ceil(m.mean + 3 * sqrt(m.mean) + 1), a.active) AS sessions, m.users
	FROM (SELECT coalesce(sum(s.total_exec_time) FILTER (WHERE s.toplevel), 0) / 1000 / max(c.true_seconds) AS mean,
			count(DISTINCT s.userid) FILTER (WHERE s.toplevel) AS users
		FROM captured c
			LEFT JOIN statements s ON true) m
		CROSS JOIN (SELECT count(*) FILTER (WHERE a.state = 'active' AND a.backend_type = 'client backend')::float8 AS active
			FROM pg_stat_activity a) a
),
plans AS MATERIALIZED (
	SELECT p.userid, p.dbid, p.toplevel, p.queryid, p.planid, p.calls, p.total_exec_time, p.max_exec_time, p.total_cost,
		p.temp_blks_written, p.runs, p.run_time, p.jit_runs, p.jit_time
	FROM advisor._plans(with_texts => false) p
	WHERE advisor._is_preloaded() AND p.queryid IS NOT NULL AND p.planid <> 0
		AND p.queryid NOT IN (SELECT o.queryid FROM own o)
),
nodes AS MATERIALIZED (
	SELECT n.userid, n.dbid, n.toplevel, n.queryid, n.planid, n.relid, n.runs, n.spilled_runs, n.spill_kb, n.memory_kb, n.batches,
		n.details ->> 'Node Type' AS type
	FROM advisor._plan_nodes() n
	WHERE advisor._is_preloaded() AND n.queryid IS NOT NULL
		AND n.queryid NOT IN (SELECT o.queryid FROM own o)
		-- there are many, and they are worth reading only then
		AND (EXISTS (SELECT FROM plans p WHERE p.temp_blks_written > 0) OR EXISTS (SELECT FROM statements s WHERE s.blk_read_time > 0))
),

-- work_mem: nodes that went to disk, and what they would have needed.
spills AS MATERIALIZED (
	SELECT n.userid, n.dbid, n.queryid,
		coalesce(n.type IN ('Hash', 'Aggregate'), n.batches > 1) AS is_hash,
		advisor._spill_memory(n.type, n.spill_kb, n.memory_kb, n.batches) AS kb
	FROM nodes n
	WHERE n.spilled_runs > 0 AND n.spilled_runs >= 0.1 * n.runs
),
-- what their roles have by now
users AS MATERIALIZED (
	SELECT u.userid,
		coalesce(CASE
			WHEN r.work_mem ~ '^[0-9]+$' THEN r.work_mem::float8
			WHEN r.work_mem ~ '^[0-9]+ ?(kB|MB|GB)$' THEN pg_size_bytes(r.work_mem) / 1024.0 END, w.work_mem / 1024) AS work_mem_kb,
		coalesce(CASE WHEN r.multiplier ~ '^[0-9]+([.][0-9]+)?$' THEN r.multiplier::float8 END, w.hash_mem_multiplier) AS hash_mem_multiplier
	FROM (SELECT DISTINCT s.userid FROM spills s) u
		CROSS JOIN now w
		CROSS JOIN LATERAL (SELECT advisor._role_setting(u.userid, 'work_mem') AS work_mem,
			advisor._role_setting(u.userid, 'hash_mem_multiplier') AS multiplier) r
),
spilling AS MATERIALIZED (
	SELECT s.dbid, s.queryid, array_agg(DISTINCT s.userid) AS userids,
		max(s.kb / CASE WHEN s.is_hash THEN u.hash_mem_multiplier ELSE 1 END) AS kb,
		max(s.kb) FILTER (WHERE s.is_hash) AS hash_kb,
		bool_and(s.is_hash) AS only_hashes
	FROM spills s
		JOIN users u ON u.userid = s.userid
	-- what fits by now is no matter any more
	WHERE s.kb / CASE WHEN s.is_hash THEN u.hash_mem_multiplier ELSE 1 END > u.work_mem_kb
	GROUP BY s.dbid, s.queryid
),
spilled AS MATERIALIZED (
	SELECT count(*) AS statements, bool_and(s.only_hashes) AS only_hashes, max(s.hash_kb) AS hash_kb, max(s.kb) AS kb,
		array_agg(advisor._work_mem(s.kb)) AS needed_mb,
		max(advisor._work_mem(s.kb)) AS most_mb,
		(SELECT array_agg(DISTINCT u.userid) FROM spilling p, unnest(p.userids) u(userid)) AS userids,
		jsonb_agg(jsonb_build_object('queryid', s.queryid, 'work_mem_mb', advisor._work_mem(s.kb)) ORDER BY s.kb DESC) AS queries
	FROM spilling s
),
spill_volume AS MATERIALIZED (
	SELECT sum(p.total_exec_time) AS ms, sum(p.temp_blks_written) * current_setting('block_size')::float8 AS temp_bytes
	FROM plans p
	WHERE (p.dbid, p.queryid) IN (SELECT s.dbid, s.queryid FROM spilling s)
),
-- as many as what runs at once has on average: one monster is not what all sessions run
memory_nodes AS MATERIALIZED (
	SELECT GREATEST(ceil(sum(m.nodes * p.total_exec_time) / NULLIF(sum(p.total_exec_time), 0)), 1)::integer AS nodes
	FROM (SELECT n.userid, n.dbid, n.toplevel, n.queryid, n.planid, count(*) FILTER (WHERE n.memory_kb > 0 OR n.spilled_runs > 0) AS nodes
		FROM nodes n
		GROUP BY n.userid, n.dbid, n.toplevel, n.queryid, n.planid) m
		JOIN plans p ON p.userid = m.userid AND p.dbid = m.dbid AND p.toplevel = m.toplevel AND p.queryid = m.queryid AND p.planid = m.planid
),
memory_rule AS MATERIALIZED (
	SELECT s.*, v.ms, v.temp_bytes, b.mb AS bound_mb, l.sessions, l.mean, m.nodes, e.memory, c.since, c.seconds,
		advisor._advised_work_mem(s.needed_mb, w.work_mem / 1048576, b.mb) AS global_mb,
		CASE WHEN s.only_hashes THEN advisor._advised_hash_mem_multiplier(s.hash_kb, w.work_mem / 1024, w.hash_mem_multiplier) END AS multiplier,
		CASE
			WHEN s.statements < (SELECT advisor._setting('setting_statements')) THEN 'statement'
			WHEN cardinality(s.userids) <= 3 AND 2 * cardinality(s.userids) <= l.users THEN 'role'
			WHEN advisor._advised_work_mem(s.needed_mb, w.work_mem / 1048576, b.mb) IS NULL THEN 'statement'
			ELSE 'server'
		END AS scope
	FROM spilled s
		CROSS JOIN spill_volume v
		CROSS JOIN now w
		CROSS JOIN load l
		CROSS JOIN memory_nodes m
		CROSS JOIN machine e
		CROSS JOIN captured c
		CROSS JOIN LATERAL (SELECT advisor._work_mem_bound(e.memory, w.shared_buffers, l.sessions, m.nodes,
			(SELECT advisor._setting('work_mem_percent'))) AS mb) b
	WHERE s.statements > 0
),

-- jit: short statements that are compiled for longer than it can save
compiled AS MATERIALIZED (
	SELECT count(DISTINCT p.queryid) AS statements, max(p.total_cost) AS highest_cost, sum(p.jit_time) AS jit_time,
		sum(p.run_time * p.jit_runs / p.runs) AS run_time,
		100 * sum(p.jit_time) / NULLIF(sum(p.run_time * p.jit_runs / p.runs), 0) AS percent
	FROM plans p
		CROSS JOIN now w
	WHERE p.jit_runs > 0 AND p.runs > 0 AND p.run_time / p.runs < 1000
		AND p.jit_time >= 0.05 * p.run_time
		AND w.jit = 'on' AND p.total_cost >= w.jit_above_cost AND w.jit_above_cost >= 0
),

-- reads of statements that use indexes only, or sequential scans only
reads AS MATERIALIZED (
	SELECT k.indexed,
		sum(s.shared_blks_read)::float8 AS blocks,
		sum(s.blk_read_time) / NULLIF(sum(s.shared_blks_read), 0)::float8 AS ms
	FROM (SELECT n.userid, n.dbid, n.toplevel, n.queryid,
			bool_and(n.type <> 'Seq Scan') AS indexed,
			bool_or(n.type <> 'Seq Scan') AS mixed
		FROM nodes n
		WHERE n.type LIKE '%Scan' AND n.relid <> 0
		GROUP BY n.userid, n.dbid, n.toplevel, n.queryid) k
		JOIN statements s ON (s.userid, s.dbid, s.toplevel, s.queryid) = (k.userid, k.dbid, k.toplevel, k.queryid)
	WHERE s.blk_read_time > 0 AND (k.indexed OR NOT k.mixed)
	GROUP BY k.indexed
),
page_costs AS MATERIALIZED (
	SELECT max(r.ms) FILTER (WHERE r.indexed AND r.blocks >= 1000) AS random_ms,
		max(r.ms) FILTER (WHERE NOT r.indexed AND r.blocks >= 1000) AS sequential_ms,
		max(r.blocks) FILTER (WHERE r.indexed) AS random_blocks,
		max(r.blocks) FILTER (WHERE NOT r.indexed) AS sequential_blocks
	FROM reads r
),

wal AS MATERIALIZED (
	SELECT c.*, advisor._checkpoints_by_wal(c.requested, c.wal_bytes, w.max_wal_size, w.completion_target) AS by_wal,
		EXTRACT(epoch FROM now() - c.since)::float8 AS seconds
	FROM advisor.checkpoints c
		CROSS JOIN now w
),

workers AS MATERIALIZED (
	SELECT a.busy, a.delayed, w.autovacuum_max_workers,
		-- only then are there tables to be counted
		CASE WHEN a.busy >= w.autovacuum_max_workers THEN (
			SELECT count(*)
			FROM pg_class c
			WHERE c.relkind IN ('r', 'm', 't')
				AND NOT coalesce(c.reloptions && '{autovacuum_enabled=off,autovacuum_enabled=false}', false)
				AND pg_stat_get_dead_tuples(c.oid) > LEAST(w.autovacuum_max_threshold,
					w.autovacuum_threshold + w.autovacuum_scale_factor * GREATEST(c.reltuples, 0)))
		END AS tables_over
	FROM (SELECT count(*) AS busy, count(*) FILTER (WHERE a.wait_event = 'VacuumDelay') AS delayed
			FROM pg_stat_activity a
			WHERE a.backend_type = 'autovacuum worker') a
		CROSS JOIN now w
),

idle AS MATERIALIZED (
	SELECT count(*) AS sessions, EXTRACT(epoch FROM max(now() - a.state_change))::float8 * 1000 AS longest_ms
	FROM pg_stat_activity a
	WHERE a.state LIKE 'idle in transaction%'
		AND a.state_change < now() - (SELECT advisor._setting('timeout_idle_minutes')) * interval '1 minute'
),

-- roles whose statements ran for too long, but for those that keep the house
slow AS MATERIALIZED (
	SELECT array_agg(DISTINCT p.userid) AS userids, count(DISTINCT p.queryid) AS statements, max(p.max_exec_time) AS longest_ms,
		jsonb_agg(DISTINCT p.queryid) AS queries
	FROM plans p
		JOIN pg_roles r ON r.oid = p.userid AND NOT r.rolsuper
		CROSS JOIN now w
	WHERE p.toplevel AND w.statement_timeout = 0
		AND p.max_exec_time > (SELECT advisor._setting('timeout_statement_minutes')) * 60000
		AND NOT EXISTS (SELECT FROM pg_db_role_setting o, unnest(o.setconfig) u(config)
			WHERE o.setrole IN (0, p.userid) AND o.setdatabase IN (0, p.dbid) AND u.config LIKE 'statement\_timeout=%')
),
locked AS MATERIALIZED (
	SELECT array_agg(DISTINCT s.userid) AS userids, count(DISTINCT s.queryid) AS statements, sum(s.lock_wait_time) AS ms,
		max(s.lock_wait_time / s.calls) AS mean_ms, jsonb_agg(DISTINCT s.queryid) AS queries
	FROM statements s
		JOIN pg_roles r ON r.oid = s.userid AND NOT r.rolsuper
		CROSS JOIN now w
	WHERE s.toplevel AND s.queryid IS NOT NULL AND s.calls > 0 AND w.lock_timeout = 0
		AND s.lock_wait_time / s.calls > (SELECT advisor._setting('timeout_lock_seconds')) * 1000
		AND NOT EXISTS (SELECT FROM pg_db_role_setting o, unnest(o.setconfig) u(config)
			WHERE o.setrole IN (0, s.userid) AND o.setdatabase IN (0, s.dbid) AND u.config LIKE 'lock\_timeout=%')
),

advice AS (
SELECT 'work_mem' AS check_id, CASE WHEN k.hashes THEN 'hash_mem_multiplier' ELSE 'work_mem' END AS name,
	CASE WHEN k.hashes THEN m.multiplier::text ELSE k.mb || 'MB' END AS recommended,
	m.scope,
	CASE m.scope
		WHEN 'role' THEN advisor._alter_roles(m.userids, CASE WHEN k.hashes THEN 'hash_mem_multiplier' ELSE 'work_mem' END,
			CASE WHEN k.hashes THEN m.multiplier::text ELSE k.mb || 'MB' END)
		WHEN 'statement' THEN CASE WHEN k.hashes THEN format('SET LOCAL hash_mem_multiplier = %s;', m.multiplier) ELSE format('SET LOCAL work_mem = ''%sMB'';', k.mb) END
	END AS sql,
	CASE m.scope
		WHEN 'role' THEN advisor._unalter_roles(m.userids, CASE WHEN k.hashes THEN 'hash_mem_multiplier' ELSE 'work_mem' END)
		WHEN 'statement' THEN CASE WHEN k.hashes THEN 'RESET hash_mem_multiplier;' ELSE 'RESET work_mem;' END
	END AS undo,
	jsonb_build_object('statements', m.statements, 'only_hashes', m.only_hashes, 'needed_mb', m.most_mb, 'bound_mb', m.bound_mb,
		'memory', m.memory, 'mean_active_sessions', m.mean, 'sessions', m.sessions, 'nodes', m.nodes, 'ms', m.ms, 'temp_bytes', m.temp_bytes,
		'since', m.since, 'roles', (SELECT jsonb_agg(r.rolname ORDER BY r.rolname) FROM pg_roles r WHERE r.oid = ANY (m.userids)),
		'queries', jsonb_path_query_array(m.queries, '$[0 to 9]')) AS evidence,
	format('Sorts or hash tables of %s statements went to disk since %s, with %s of temporary files; the largest would have needed %s MB.',
		m.statements, to_char(m.since, 'YYYY-MM-DD HH24:MI'), pg_size_pretty(m.temp_bytes::bigint), m.most_mb)
		|| CASE WHEN m.bound_mb IS NULL THEN ' How much memory there is is not known.'
			ELSE format(' With %s MB, %s active sessions (Little''s law and three standard deviations) with %s such nodes each fit into the memory.',
				advisor._count(m.bound_mb), advisor._count(m.sessions), m.nodes) END
		|| CASE m.scope
			WHEN 'statement' THEN ' That is a matter of these statements, not of all.'
			WHEN 'role' THEN ' Only some of the roles run them.'
			ELSE CASE WHEN m.most_mb > k.mb THEN format(' What needs more than %s MB should set it for itself.', k.mb) ELSE '' END
		END AS reason,
	format('The statements that need no more do without temporary files; they took %s a day.', advisor._duration(m.ms * 86400 / m.seconds)) AS effect,
	CASE WHEN m.memory IS NULL THEN 50 WHEN m.scope = 'server' THEN 70 ELSE 80 END AS confidence,
	CASE WHEN m.scope = 'statement' THEN 'info' WHEN m.ms * 86400 / m.seconds >= 3600000 THEN 'medium' ELSE 'low' END AS severity
FROM memory_rule m
	CROSS JOIN LATERAL (SELECT m.multiplier IS NOT NULL AS hashes,
		CASE m.scope WHEN 'server' THEN m.global_mb WHEN 'role' THEN coalesce(m.global_mb, LEAST(m.most_mb, 1024)) ELSE LEAST(m.most_mb, 1024) END AS mb) k

UNION ALL
SELECT 'shared_buffers', 'shared_buffers', advisor._size_setting(a.bytes), 'server', NULL, NULL,
	jsonb_build_object('memory', e.memory, 'shared_buffers', w.shared_buffers, 'data', d.bytes, 'blks_hit', b.hit, 'blks_read', b.read,
		'miss_percent', b.miss_percent, 'mean_read_ms', t.ms, 'since', b.since),
	CASE WHEN a.bytes < w.shared_buffers
		THEN format('shared_buffers takes %s of %s of memory; what is left must do for sorts, sessions and the cache of the operating system.',
			pg_size_pretty(w.shared_buffers::bigint), pg_size_pretty(e.memory::bigint))
		ELSE format('%s %% of %s blocks were not in shared_buffers, which holds %s of %s of data on a machine with %s of memory.',
			advisor._count(b.miss_percent), advisor._count(b.read + b.hit), pg_size_pretty(w.shared_buffers::bigint), pg_size_pretty(d.bytes::bigint),
			pg_size_pretty(e.memory::bigint))
		|| CASE WHEN t.ms IS NULL THEN ' track_io_timing is off, so whether these came from the cache of the operating system is not known.'
			ELSE format(' Reading one took %s on average%s.', advisor._duration(t.ms),
				CASE WHEN t.ms < 0.05 THEN ', so most came from the cache of the operating system, or were read ahead' ELSE '' END) END
	END,
	CASE WHEN a.bytes < w.shared_buffers THEN 'More memory for all else; the server is less likely to be killed for want of it.'
		WHEN t.ms < 0.05 THEN 'Little: reads are fast as they are.'
		ELSE format('Fewer reads, %s at most.', CASE WHEN t.ms IS NULL THEN advisor._count(b.read) ELSE advisor._duration(b.read_time) || ' of waiting since ' || to_char(b.since, 'YYYY-MM-DD') END) END,
	CASE WHEN a.bytes < w.shared_buffers THEN 70 WHEN t.ms IS NULL THEN 40 WHEN t.ms < 0.05 THEN 30 ELSE 65 END,
	CASE WHEN a.bytes < w.shared_buffers THEN 'medium' WHEN t.ms >= 0.05 THEN 'medium' WHEN t.ms IS NULL THEN 'low' ELSE 'info' END
FROM now w
	CROSS JOIN machine e
	CROSS JOIN data d
	CROSS JOIN blocks b
	CROSS JOIN LATERAL (SELECT CASE WHEN w.track_io_timing = 'on' THEN b.read_time / NULLIF(b.read, 0) END AS ms) t
	CROSS JOIN LATERAL (SELECT advisor._advised_shared_buffers(e.memory, w.shared_buffers, d.bytes, b.miss_percent,
		(SELECT advisor._setting('cache_miss_percent'))) AS bytes) a
-- some reads are always the first ones
WHERE a.bytes IS NOT NULL AND (b.read >= 100000 OR a.bytes < w.shared_buffers)

UNION ALL
SELECT 'effective_cache_size', 'effective_cache_size', advisor._size_setting(a.bytes), 'server', NULL, NULL,
	jsonb_build_object('memory', e.memory, 'effective_cache_size', w.effective_cache_size, 'data', d.bytes, 'shared_buffers', w.shared_buffers),
	format('The planner takes %s for the size of all caches, but the machine has %s of memory; the data is %s.',
		pg_size_pretty(w.effective_cache_size::bigint), pg_size_pretty(e.memory::bigint), pg_size_pretty(d.bytes::bigint)),
	CASE WHEN a.bytes > w.effective_cache_size THEN 'Plans with indexes on big tables are taken for cheaper. No memory is used for it.'
		ELSE 'Plans that read an index again and again are no longer taken for cheaper than they are.' END,
	60, 'low'
FROM now w
	CROSS JOIN machine e
	CROSS JOIN data d
	CROSS JOIN LATERAL (SELECT advisor._advised_effective_cache_size(e.memory, w.effective_cache_size, d.bytes) AS bytes) a
WHERE a.bytes IS NOT NULL

UNION ALL
SELECT 'max_wal_size', 'max_wal_size', advisor._size_setting(a.bytes), 'server', NULL, NULL,
	jsonb_build_object('timed', c.timed, 'requested', c.requested, 'requested_by_wal', c.by_wal, 'since', c.since, 'source', c.source,
		'wal_bytes', c.wal_bytes, 'wal_bytes_per_hour', c.wal_bytes_per_hour, 'distance', c.distance, 'max_wal_size', w.max_wal_size,
		'checkpoint_timeout_s', w.checkpoint_timeout / 1000, 'completion_target', w.completion_target, 'wal_disk_free', e.wal_disk_free),
	format('%s of %s checkpoints since %s began before checkpoint_timeout; %s of WAL explains %s of them. Each makes the first change of every page write a whole page again.',
		c.requested, c.timed + c.requested, to_char(c.since, 'YYYY-MM-DD HH24:MI'), pg_size_pretty(c.wal_bytes::bigint), c.by_wal),
	format('Checkpoints wait for checkpoint_timeout, so less WAL and fewer bursts of writing; recovery after a crash reads up to %s of WAL, and pg_wal takes as much.',
		advisor._size_setting(a.bytes)),
	CASE c.source WHEN 'observations' THEN 85 ELSE 70 END,
	CASE WHEN c.by_wal >= 0.5 * (c.timed + c.requested) AND c.by_wal >= 10 THEN 'medium' ELSE 'low' END
FROM now w
	CROSS JOIN wal c
	CROSS JOIN machine e
	CROSS JOIN LATERAL (SELECT advisor._advised_max_wal_size(c.timed, c.by_wal,
		-- a few minutes do not tell what a whole checkpoint_timeout would bring
		c.wal_bytes / GREATEST(EXTRACT(epoch FROM now() - c.wal_since)::float8, w.checkpoint_timeout / 1000), w.checkpoint_timeout, w.completion_target,
		w.max_wal_size, (SELECT advisor._setting('checkpoints_requested_percent')), e.wal_disk_free) AS bytes) a
WHERE a.bytes IS NOT NULL AND NOT pg_is_in_recovery()

UNION ALL
SELECT 'wal_compression', CASE WHEN k.compress THEN 'wal_compression' ELSE 'checkpoint_timeout' END,
	CASE WHEN NOT k.compress THEN '15min' WHEN w.has_lz4 THEN 'lz4' ELSE 'on' END, 'server', NULL, NULL,
	jsonb_build_object('full_page_images', c.full_page_images, 'full_page_percent', c.full_page_percent, 'wal_bytes', c.wal_bytes,
		'wal_bytes_per_hour', c.wal_bytes_per_hour, 'since', c.wal_since, 'checkpoints_per_hour', c.per_hour),
	format('About %s %% of %s of WAL since %s are %s images of whole pages: the first change of a page after each checkpoint writes one.',
		advisor._count(c.full_page_percent), pg_size_pretty(c.wal_bytes::bigint), to_char(c.wal_since, 'YYYY-MM-DD HH24:MI'), advisor._count(c.full_page_images)),
	CASE WHEN k.compress THEN 'These images shrink to a half or a third, for some processor time.'
		ELSE 'A third of the checkpoints, so up to a third of these images; recovery after a crash takes longer.' END,
	CASE WHEN k.compress THEN 70 ELSE 60 END, 'low'
FROM now w
	CROSS JOIN wal c
	CROSS JOIN LATERAL (SELECT w.wal_compression = 'off' AS compress) k
WHERE c.full_page_percent >= (SELECT advisor._setting('full_page_percent'))
	-- of little, half is nothing
	AND c.wal_bytes >= 1073741824 AND c.wal_bytes_per_hour >= 104857600
	AND NOT pg_is_in_recovery()
	AND (k.compress OR w.checkpoint_timeout <= 300000 AND c.requested < c.timed)

UNION ALL
SELECT 'random_page_cost', 'random_page_cost', a.cost::text, 'server', NULL, NULL,
	jsonb_build_object('random_ms', p.random_ms, 'sequential_ms', p.sequential_ms, 'random_blocks', p.random_blocks,
		'sequential_blocks', p.sequential_blocks, 'random_page_cost', w.random_page_cost, 'seq_page_cost', w.seq_page_cost, 'all_cached', k.cached,
		'miss_percent', b.miss_percent, 'data', d.bytes, 'memory', e.memory, 'since', c.since),
	CASE WHEN k.measured
		THEN format('A block read by statements that use indexes took %s (%s blocks), by sequential scans %s (%s blocks): %s times as long, where the planner assumes %s times.',
			advisor._duration(p.random_ms), advisor._count(p.random_blocks), advisor._duration(p.sequential_ms), advisor._count(p.sequential_blocks),
			advisor._count(p.random_ms / p.sequential_ms), advisor._count(w.random_page_cost / w.seq_page_cost))
		ELSE format('%s %% of %s blocks were found in shared_buffers, and the data (%s) fits into the memory (%s): hardly a read is random.',
			trim_scale(round((100 - b.miss_percent)::numeric, 1)), advisor._count(b.read + b.hit), pg_size_pretty(d.bytes::bigint), pg_size_pretty(e.memory::bigint)) END,
	'Plans change: try it in a session with SET and EXPLAIN (ANALYZE, BUFFERS) of the slow statements first.',
	CASE WHEN k.measured THEN 60 ELSE 40 END,
	CASE WHEN k.measured THEN 'low' ELSE 'info' END
FROM now w
	CROSS JOIN page_costs p
	CROSS JOIN blocks b
	CROSS JOIN data d
	CROSS JOIN machine e
	CROSS JOIN captured c
	CROSS JOIN LATERAL (SELECT p.random_ms IS NOT NULL AND p.sequential_ms IS NOT NULL AS measured,
		b.miss_percent < 0.5 AND d.bytes < 0.5 * e.memory AND b.read + b.hit >= 1e7 AS cached) k
	CROSS JOIN LATERAL (SELECT advisor._advised_random_page_cost(p.random_ms, p.sequential_ms, w.random_page_cost, w.seq_page_cost, k.cached) AS cost) a
WHERE a.cost IS NOT NULL AND (k.measured OR k.cached)

UNION ALL
SELECT 'jit', CASE a.value WHEN 'off' THEN 'jit' ELSE 'jit_above_cost' END, a.value, 'server', NULL, NULL,
	jsonb_build_object('statements', j.statements, 'jit_ms', j.jit_time, 'run_ms', j.run_time, 'jit_percent', j.percent, 'highest_cost', j.highest_cost,
		'since', c.since),
	format('Compiling took %s %% of the instrumented runs of %s statements that take less than a second each; the most expensive of their plans has a cost of %s.',
		advisor._count(j.percent), j.statements, advisor._count(j.highest_cost)),
	format('About %s %% less time for these statements.', advisor._count(0.8 * j.percent)),
	75, 'low'
FROM compiled j
	CROSS JOIN captured c
	CROSS JOIN LATERAL (SELECT advisor._advised_jit_above_cost(j.statements, j.percent, j.highest_cost, (SELECT advisor._setting('setting_statements')),
		(SELECT advisor._setting('jit_percent'))) AS value) a
WHERE a.value IS NOT NULL

UNION ALL
SELECT 'autovacuum_workers', a.name,
	CASE a.name WHEN 'autovacuum_worker_slots' THEN (2 * w.autovacuum_max_workers)::text
		WHEN 'autovacuum_max_workers' THEN LEAST(2 * w.autovacuum_max_workers, w.autovacuum_worker_slots)::text
		ELSE LEAST(10000, 5 * CASE WHEN w.autovacuum_cost_limit > 0 THEN w.autovacuum_cost_limit ELSE w.vacuum_cost_limit END)::text END,
	'server', NULL, NULL,
	jsonb_build_object('tables_over', v.tables_over, 'busy', v.busy, 'delayed', v.delayed, 'autovacuum_max_workers', v.autovacuum_max_workers, 'at', now()),
	format('All %s autovacuum workers are busy, %s of them sleeping for their cost limit, while %s tables of this database have more dead rows than allowed.',
		v.busy, v.delayed, v.tables_over),
	CASE a.name WHEN 'autovacuum_worker_slots' THEN 'There is room for more workers: raise autovacuum_max_workers as well.'
		WHEN 'autovacuum_max_workers' THEN 'More tables are vacuumed at once; each worker gets a smaller part of the cost limit, so raise that as well.'
		ELSE 'Vacuums take a fifth of the time, and read and write as much more.' END,
	50, 'medium'
FROM workers v
	CROSS JOIN now w
	CROSS JOIN LATERAL (SELECT advisor._advised_autovacuum(v.tables_over, v.busy, v.autovacuum_max_workers, v.delayed) AS name) k
	-- more workers than slots cannot be
	CROSS JOIN LATERAL (SELECT CASE WHEN k.name = 'autovacuum_max_workers' AND w.autovacuum_worker_slots <= w.autovacuum_max_workers
		THEN 'autovacuum_worker_slots' ELSE k.name END AS name) a
WHERE a.name IS NOT NULL

UNION ALL
SELECT 'maintenance_work_mem', k.name, advisor._size_setting(a.bytes), 'server', NULL, NULL,
	jsonb_build_object('index_passes', p.passes, 'at', now()),
	format('A vacuum that is running has read the indexes of its table %s times, since the dead rows that it found did not fit into memory.', p.passes),
	'Each index is read once.', 75, 'low'
FROM (SELECT max(p.index_vacuum_count) AS passes FROM pg_stat_progress_vacuum p) p
	CROSS JOIN now w
	CROSS JOIN LATERAL (SELECT CASE WHEN w.autovacuum_work_mem < 0 THEN 'maintenance_work_mem' ELSE 'autovacuum_work_mem' END AS name,
		CASE WHEN w.autovacuum_work_mem < 0 THEN w.maintenance_work_mem ELSE w.autovacuum_work_mem END AS bytes) k
	CROSS JOIN LATERAL (SELECT advisor._advised_maintenance_work_mem(p.passes, k.bytes) AS bytes) a
WHERE a.bytes IS NOT NULL

UNION ALL
SELECT 'statement_timeout', 'statement_timeout', k.value, 'role', advisor._alter_roles(s.userids, 'statement_timeout', k.value),
	advisor._unalter_roles(s.userids, 'statement_timeout'),
	jsonb_build_object('statements', s.statements, 'longest_ms', s.longest_ms, 'queries', s.queries, 'since', c.since,
		'roles', (SELECT jsonb_agg(r.rolname ORDER BY r.rolname) FROM pg_roles r WHERE r.oid = ANY (s.userids))),
	format('%s statements ran for up to %s since %s, and nothing would have stopped them.', s.statements, advisor._duration(s.longest_ms),
		to_char(c.since, 'YYYY-MM-DD HH24:MI')),
	'A statement that runs wild ends. Who may run for longer sets it for himself. New sessions only.',
	60, 'low'
FROM slow s
	CROSS JOIN captured c
	CROSS JOIN LATERAL (SELECT trim_scale((advisor._setting('timeout_statement_minutes') * 60)::numeric) || 's' AS value) k
WHERE s.statements > 0

UNION ALL
SELECT 'lock_timeout', 'lock_timeout', k.value, 'role', advisor._alter_roles(s.userids, 'lock_timeout', k.value),
	advisor._unalter_roles(s.userids, 'lock_timeout'),
	jsonb_build_object('statements', s.statements, 'wait_ms', s.ms, 'longest_mean_ms', s.mean_ms, 'queries', s.queries, 'since', c.since,
		'roles', (SELECT jsonb_agg(r.rolname ORDER BY r.rolname) FROM pg_roles r WHERE r.oid = ANY (s.userids))),
	format('%s statements waited for locks, %s per call at most and %s in all since %s, and nothing would have stopped them.', s.statements,
		advisor._duration(s.mean_ms), advisor._duration(s.ms), to_char(c.since, 'YYYY-MM-DD HH24:MI')),
	'Who waits in vain gets an error and can try again, and those who queue behind him go on. New sessions only.',
	50, 'info'
FROM locked s
	CROSS JOIN captured c
	CROSS JOIN LATERAL (SELECT trim_scale(advisor._setting('timeout_lock_seconds')::numeric) || 's' AS value) k
WHERE s.statements > 0

UNION ALL
SELECT 'idle_in_transaction_timeout', 'idle_in_transaction_session_timeout', k.value, 'server', NULL, NULL,
	jsonb_build_object('sessions_now', i.sessions, 'longest_ms', i.longest_ms, 'idle_in_transaction_ms', b.idle_in_transaction_time,
		'active_ms', b.active_time, 'since', b.since),
	CASE WHEN i.sessions > 0
		THEN format('%s sessions are idle in transaction, the longest for %s. ', i.sessions, advisor._duration(i.longest_ms)) ELSE '' END
		|| format('Sessions were idle in transaction for %s, and active for %s, since %s at the earliest. Their locks and old row versions stay all that time.',
			advisor._duration(b.idle_in_transaction_time), advisor._duration(b.active_time), to_char(b.since, 'YYYY-MM-DD')),
	'Sessions that forget to end their transaction are ended. Applications must expect that.',
	CASE WHEN i.sessions > 0 THEN 80 ELSE 60 END,
	CASE WHEN i.sessions > 0 THEN 'medium' ELSE 'low' END
FROM idle i
	CROSS JOIN blocks b
	CROSS JOIN now w
	CROSS JOIN LATERAL (SELECT trim_scale((advisor._setting('timeout_idle_minutes') * 60)::numeric) || 's' AS value) k
WHERE w.idle_timeout = 0
	AND (i.sessions > 0 OR b.idle_in_transaction_time > b.active_time AND b.idle_in_transaction_time >= 3600000)

UNION ALL
SELECT 'temp_files', 'log_temp_files', '10MB', 'server', NULL, NULL,
	jsonb_build_object('databases', t.databases, 'bytes_per_day', t.bytes_per_day, 'since', t.since),
	format('%s of temporary files a day, and the log does not say whose.', pg_size_pretty(t.bytes_per_day::bigint)),
	'A line in the log for each file of 10 MB or more.', 80, 'info'
FROM (SELECT jsonb_agg(t.datname ORDER BY t.datname) AS databases, sum(t.bytes_per_day) AS bytes_per_day, min(t.since) AS since
		FROM advisor.temp_files t
		WHERE t.bytes_per_day >= (SELECT advisor._setting('temp_gb_per_day')) * 1073741824) t
	CROSS JOIN now w
WHERE t.bytes_per_day > 0 AND w.log_temp_files < 0

UNION ALL
SELECT 'track_io_timing', 'track_io_timing', 'on', 'server', NULL, NULL,
	jsonb_build_object('blks_read', b.read, 'since', b.since),
	format('%s blocks were read, and nobody knows how long that took: advice on shared_buffers and random_page_cost needs it.', advisor._count(b.read)),
	'Times of reads and writes in EXPLAIN and in counters. Run pg_test_timing first: if reading the clock takes more than 100 ns, leave it.',
	70, 'info'
FROM blocks b
	CROSS JOIN now w
WHERE w.track_io_timing = 'off' AND b.read >= 100000

UNION ALL
SELECT 'backend_writes', 'bgwriter_lru_maxpages', a.pages::text, 'server', NULL, NULL,
	jsonb_build_object('buffers_backend', c.buffers_backend, 'buffers_checkpoint', c.buffers_checkpoint, 'buffers_clean', c.buffers_clean,
		'backend_percent', c.backend_percent, 'maxwritten_clean', c.maxwritten_clean, 'backend_fsyncs', c.backend_fsyncs, 'since', c.buffers_since),
	format('Sessions wrote %s %% of the pages themselves to make room for others, and the background writer stopped %s times at bgwriter_lru_maxpages, since %s.',
		advisor._count(c.backend_percent), advisor._count(c.maxwritten_clean), to_char(c.buffers_since, 'YYYY-MM-DD HH24:MI')),
	'Sessions wait less for writes that are not theirs.',
	-- before 16 the number has other writes in it
	CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 70 ELSE 40 END,
	'low'
FROM wal c
	CROSS JOIN now w
	CROSS JOIN LATERAL (SELECT advisor._advised_bgwriter(c.backend_percent, c.maxwritten_clean, EXTRACT(epoch FROM now() - c.buffers_since)::float8,
		w.bgwriter_delay, w.bgwriter_lru_maxpages, (SELECT advisor._setting('backend_write_percent'))) AS pages) a
WHERE a.pages IS NOT NULL AND c.buffers_backend >= 100000

UNION ALL
SELECT 'parallel_workers', 'max_parallel_workers', a.workers::text, 'server', NULL, NULL,
	jsonb_build_object('planned', b.workers_planned, 'launched', b.workers_launched, 'since', b.since),
	format('Plans asked for %s parallel workers and got %s since %s at the earliest: the rest of the work was done by the session alone.',
		advisor._count(b.workers_planned), advisor._count(b.workers_launched), to_char(b.since, 'YYYY-MM-DD')),
	'Parallel statements run as they were planned, if there are processors for them.', 55, 'low'
FROM blocks b
	CROSS JOIN now w
	CROSS JOIN LATERAL (SELECT advisor._advised_parallel_workers(b.workers_planned, b.workers_launched, w.max_parallel_workers, w.max_worker_processes) AS workers) a
WHERE a.workers IS NOT NULL

UNION ALL
SELECT 'dangerous_setting', s.name, CASE WHEN s.context <> 'internal' THEN CASE d.bad_value WHEN 'on' THEN 'off' ELSE 'on' END END,
	k.scope, k.sql, k.undo,
	jsonb_build_object('setting', s.setting, 'source', s.source),
	d.reason,
	CASE s.name WHEN 'data_checksums' THEN 'pg_checksums --enable, run while the server is stopped, computes them for all files.'
		ELSE CASE WHEN s.name LIKE 'enable\_%' THEN 'Plans that were forbidden are possible again.' ELSE 'The behaviour of the default setting.' END END,
	95, d.severity
FROM settings s
	JOIN (SELECT d.name, d.bad_value, d.severity, d.reason FROM advisor._dangerous_settings() d
		UNION ALL
		SELECT p.name, 'off', 'medium', 'A way of planning is forbidden to all statements; what one of them needs, only that one should be given.'
		FROM settings p
		WHERE p.name LIKE 'enable\_%' AND p.vartype = 'bool' AND p.boot_val = 'on') d ON d.name = s.name AND d.bad_value = s.setting
	CROSS JOIN LATERAL (SELECT
		CASE s.source WHEN 'database' THEN 'database' WHEN 'user' THEN 'role' WHEN 'database user' THEN 'role' ELSE 'server' END AS scope,
		CASE s.source
			WHEN 'database' THEN format('ALTER DATABASE %I RESET %s;', current_database(), s.name)
			WHEN 'user' THEN format('ALTER ROLE %I RESET %s;', session_user, s.name)
			WHEN 'database user' THEN format('ALTER ROLE %I IN DATABASE %I RESET %s;', session_user, current_database(), s.name)
		END AS sql,
		CASE s.source
			WHEN 'database' THEN format('ALTER DATABASE %I SET %s = %L;', current_database(), s.name, s.setting)
			WHEN 'user' THEN format('ALTER ROLE %I SET %s = %L;', session_user, s.name, s.setting)
			WHEN 'database user' THEN format('ALTER ROLE %I IN DATABASE %I SET %s = %L;', session_user, current_database(), s.name, s.setting)
		END AS undo) k
-- what the client alone has asked for is his own affair
WHERE s.source NOT IN ('client', 'interactive')

UNION ALL
SELECT 'pending_restart', s.name, NULL, 'server', NULL, NULL,
	jsonb_build_object('setting', s.setting, 'in_auto_conf', s.auto_setting),
	format('The configuration files have another value%s, which comes into force with the next restart: wanted or not, and perhaps long after it was written.',
		' (' || s.auto_setting || ')'),
	'Restart the server at a time of your choosing, or take the change back.', 95, 'low'
FROM settings s
WHERE s.pending_restart
)

SELECT
	a.check_id,
	a.name,
	s.current,
	s.source,
	a.recommended,
	a.scope,
	CASE
		WHEN a.sql IS NOT NULL THEN a.sql
		-- what the command line says cannot be overruled
		WHEN a.recommended IS NOT NULL AND s.source <> 'command line' THEN format('ALTER SYSTEM SET %s = %L;', a.name, a.recommended)
			|| CASE WHEN s.needs_restart THEN E'\n-- in force after a restart of the server' ELSE E'\nSELECT pg_reload_conf();' END
	END AS alter_system,
	CASE
		WHEN a.sql IS NOT NULL THEN a.undo
		WHEN a.recommended IS NOT NULL AND s.source <> 'command line' THEN s.undo
			|| CASE WHEN s.needs_restart THEN E'\n-- in force after a restart of the server' ELSE E'\nSELECT pg_reload_conf();' END
	END AS undo,
	coalesce(a.check_id = 'pending_restart' OR a.sql IS NULL AND a.recommended IS NOT NULL AND s.needs_restart, false) AS needs_restart,
	a.evidence,
	a.reason,
	a.effect,
	a.confidence,
	a.severity
FROM advice a
	JOIN settings s ON s.name = a.name
-- of what will change anyway, only that is said
WHERE a.check_id = 'pending_restart' OR NOT s.pending_restart;
COMMENT ON VIEW advisor.configuration_advice IS
	'settings that observed counters speak against, with those counters; one row per setting';
COMMENT ON COLUMN advisor.configuration_advice.check_id IS 'the check that found it';
COMMENT ON COLUMN advisor.configuration_advice.name IS 'name of the setting';
COMMENT ON COLUMN advisor.configuration_advice.current IS 'its value with its unit; what this session has set for itself does not count';
COMMENT ON COLUMN advisor.configuration_advice.source IS 'where that is from, as in pg_settings';
COMMENT ON COLUMN advisor.configuration_advice.recommended IS 'what it should be; NULL if only a restart or another tool helps';
COMMENT ON COLUMN advisor.configuration_advice.scope IS 'for whom: server, database, role or statement';
COMMENT ON COLUMN advisor.configuration_advice.alter_system IS 'the SQL that sets it: ALTER SYSTEM, or ALTER ROLE, ALTER DATABASE or SET LOCAL where the scope is smaller';
COMMENT ON COLUMN advisor.configuration_advice.undo IS 'the SQL that makes it exactly as it was; NULL if the reader may not know where the value is from';
COMMENT ON COLUMN advisor.configuration_advice.needs_restart IS 'does it take a restart?';
COMMENT ON COLUMN advisor.configuration_advice.evidence IS 'the counters and since when they count';
COMMENT ON COLUMN advisor.configuration_advice.reason IS 'the same in words';
COMMENT ON COLUMN advisor.configuration_advice.effect IS 'what can be expected of the change';
COMMENT ON COLUMN advisor.configuration_advice.confidence IS 'in percent';
COMMENT ON COLUMN advisor.configuration_advice.severity IS 'critical, high, medium, low or info';

CREATE VIEW advisor.configuration_findings AS
WITH advice AS MATERIALIZED (
	SELECT * FROM advisor.configuration_advice
), files AS MATERIALIZED (
	SELECT f.name, f.setting, f.place, f.error
	FROM advisor._file_settings() f
	WHERE has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE')
		AND f.error IS NOT NULL
)
SELECT f.*
FROM advice a
	CROSS JOIN LATERAL advisor._finding(
		check_id => a.check_id,
		category => 'configuration',
		parts => ARRAY[a.name],
		severity => a.severity,
		object => CASE
			WHEN a.scope = 'database' THEN 'database ' || quote_ident(current_database())
			WHEN a.scope = 'role' AND jsonb_array_length(a.evidence -> 'roles') = 1 THEN 'role ' || quote_ident(a.evidence -> 'roles' ->> 0)
			ELSE 'server'
		END,
		title => CASE a.check_id
			WHEN 'dangerous_setting' THEN format('%s is %s', a.name, a.current)
			WHEN 'pending_restart' THEN format('%s is %s, until a restart brings another value', a.name, a.current)
			WHEN 'work_mem' THEN format('%s is %s, and %s statements spill to disk: %s would do', a.name, a.current, a.evidence ->> 'statements', a.recommended)
			WHEN 'max_wal_size' THEN format('max_wal_size is %s, and %s checkpoints were requested for it', a.current, a.evidence ->> 'requested_by_wal')
			WHEN 'wal_compression' THEN format('%s is %s, and %s %% of the WAL is images of whole pages', a.name, a.current,
				advisor._count((a.evidence ->> 'full_page_percent')::float8))
			WHEN 'jit' THEN format('%s is %s, and compiling takes %s %% of %s short statements', a.name, a.current,
				advisor._count((a.evidence ->> 'jit_percent')::float8), a.evidence ->> 'statements')
			WHEN 'statement_timeout' THEN format('statement_timeout is 0, and statements ran for %s', advisor._duration((a.evidence ->> 'longest_ms')::float8))
			WHEN 'lock_timeout' THEN format('lock_timeout is 0, and statements waited for %s per call', advisor._duration((a.evidence ->> 'longest_mean_ms')::float8))
			WHEN 'backend_writes' THEN format('%s is %s, and sessions write %s %% of the pages', a.name, a.current,
				advisor._count((a.evidence ->> 'backend_percent')::float8))
			WHEN 'idle_in_transaction_timeout' THEN format('%s is 0, and sessions were idle in transaction for %s', a.name,
				advisor._duration(GREATEST((a.evidence ->> 'longest_ms')::float8, (a.evidence ->> 'idle_in_transaction_ms')::float8)))
			ELSE format('%s is %s, and what was measured speaks for %s', a.name, a.current, a.recommended)
		END,
		detail => a.reason || ' To expect: ' || a.effect,
		evidence => a.evidence || jsonb_build_object('current', a.current, 'recommended', a.recommended, 'source', a.source),
		remedy => CASE
			WHEN a.check_id = 'pending_restart' THEN 'Restart the server, or write the old value back and reload.'
			WHEN a.name = 'data_checksums' THEN 'Stop the server and run pg_checksums --enable.'
			WHEN a.alter_system IS NULL THEN format('It is set on the command line of the server: change that to %s and restart.', a.recommended)
			ELSE format('Set %s to %s%s.', a.name, a.recommended, CASE a.scope WHEN 'role' THEN ' for these roles' WHEN 'database' THEN ' for this database' ELSE '' END)
				|| CASE WHEN a.needs_restart THEN ' It takes a restart.' ELSE '' END
				|| CASE WHEN a.undo IS NULL THEN ' Note the old value: who may not read the configuration files cannot be told how to take this back.' ELSE '' END
		END,
		remedy_sql => a.alter_system,
		undo_sql => a.undo,
		needs_restart => a.needs_restart,
		confidence => a.confidence) f
-- the latter is said of each statement, and temporary files of each database
WHERE a.check_id <> 'temp_files' AND NOT (a.check_id = 'work_mem' AND a.scope = 'statement')
UNION ALL
SELECT f.*
FROM advisor.checkpoints c
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'checkpoints_requested',
		category => 'configuration',
		parts => ARRAY['commands'],
		severity => 'info',
		object => 'server',
		title => format('%s %% of %s checkpoints were requested, but not for max_wal_size', advisor._count(c.requested_percent), c.timed + c.requested),
		detail => format('%s of WAL since %s does not explain %s requested checkpoints: CHECKPOINT commands, backups, or databases created or dropped asked for them. '
			|| 'After each of them, the first change of every page writes a whole page to the WAL.',
			pg_size_pretty(c.wal_bytes::bigint), to_char(c.since, 'YYYY-MM-DD HH24:MI'), c.requested),
		evidence => jsonb_build_object('timed', c.timed, 'requested', c.requested, 'wal_bytes', c.wal_bytes, 'since', c.since, 'source', c.source),
		remedy => 'Find who runs CHECKPOINT or backups that often; no setting helps.',
		confidence => 60) f
WHERE c.requested >= 10 AND c.requested_percent >= (SELECT advisor._setting('checkpoints_requested_percent'))
	AND c.per_hour * c.requested_percent / 100 >= 1
	AND NOT pg_is_in_recovery()
	AND NOT EXISTS (SELECT FROM advice a WHERE a.name = 'max_wal_size')
	AND coalesce(advisor._checkpoints_by_wal(c.requested, c.wal_bytes,
		(SELECT s.value FROM advisor._server_settings s WHERE s.name = 'max_wal_size'),
		(SELECT s.value FROM advisor._server_settings s WHERE s.name = 'checkpoint_completion_target')), 0) < 0.5 * c.requested
UNION ALL
SELECT f.*
FROM advisor.temp_files t
	LEFT JOIN advice a ON a.check_id = 'temp_files'
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'temp_files',
		category => 'configuration',
		parts => ARRAY[t.datname::text],
		severity => CASE WHEN t.bytes_per_day >= 10 * (SELECT advisor._setting('temp_gb_per_day')) * 1073741824 THEN 'medium' ELSE 'low' END,
		object => 'database ' || quote_ident(t.datname),
		title => format('Database %s writes %s of temporary files a day', quote_ident(t.datname), pg_size_pretty(t.bytes_per_day::bigint)),
		detail => format('%s files with %s in all; the rate counts since %s. ', advisor._count(t.temp_files), pg_size_pretty(t.temp_bytes), to_char(t.since, 'YYYY-MM-DD HH24:MI'))
			|| CASE WHEN t.statements > 0 THEN format('%s of it are of captured statements (%s of them); advisor.temp_files names the worst.', pg_size_pretty(t.captured_bytes::bigint), t.statements)
				ELSE 'No captured statement wrote any: it was before capture began, or by commands such as CREATE INDEX.' END,
		evidence => jsonb_build_object('temp_files', t.temp_files, 'temp_bytes', t.temp_bytes, 'bytes_per_day', t.bytes_per_day, 'since', t.since,
			'statements', t.statements, 'captured_bytes', t.captured_bytes, 'worst_statements', t.worst_statements),
		remedy => 'More work_mem for those statements or roles (see checks work_mem, sort_spill and hash_spill), or an index in the order that they sort by'
			|| CASE WHEN a.name IS NULL THEN '.' ELSE '; log_temp_files tells who else does it.' END,
		remedy_sql => a.alter_system,
		undo_sql => a.undo,
		confidence => 70) f
WHERE t.bytes_per_day >= (SELECT advisor._setting('temp_gb_per_day')) * 1073741824
UNION ALL
SELECT f.*
FROM files e
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'configuration_file_error',
		category => 'configuration',
		parts => ARRAY[coalesce(e.name, e.place)],
		severity => 'medium',
		object => 'server',
		title => format('A configuration file has an error at %s', coalesce(e.name, e.place)),
		detail => format('%s: %s. Reloads ignore what is wrong, or the whole file, and the next start of the server may fail.', e.place, e.error),
		evidence => jsonb_build_object('name', e.name, 'setting', e.setting, 'place', e.place, 'error', e.error),
		remedy => 'Correct the file, then SELECT pg_reload_conf() and look at pg_file_settings.',
		confidence => 90) f
-- what only waits for a restart is an error there as well
WHERE NOT EXISTS (SELECT FROM advisor._server_settings s WHERE s.name = e.name AND s.pending_restart);
COMMENT ON VIEW advisor.configuration_findings IS
	'what counters say against settings, as rows of type advisor.finding';

CREATE FUNCTION advisor._configuration_checks() RETURNS TABLE (
	check_id text, category text, title text, looks_at text, settings text[], needs text, page text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100 ROWS 20
BEGIN ATOMIC
	SELECT * FROM (VALUES
		('work_mem', 'configuration', 'Sorts and hash tables of many statements spill to disk',
			'The plan nodes of all captured statements that wrote temporary files, what they would have needed, and what the machine can give all sessions at once.',
			'{setting_statements,work_mem_percent}'::text[], 'pg_read_all_stats, pg_monitor', $page$What it looks at
  Nodes of captured plans (sorts, hashes, hash aggregates) that went to disk in at least
  a tenth of their instrumented runs: spill_kb, memory_kb and batches of
  advisor.plan_nodes. The view advisor.configuration_advice has the row, with all
  numbers.

Why it matters
  A node that goes to disk writes and reads its rows once more or several times. But
  work_mem counts for each node of each session, so a value that is good for one report
  can use up the memory of the machine when all sessions run it.

How it decides
  A sort needs 2.5 times its file in memory, a hash its memory times its batches, an
  aggregate its memory and 2.5 times its file; the next power of two of MB is taken.
  Hash tables may have hash_mem_multiplier times work_mem, and where nothing else
  spills, that is the setting to be raised. The bound is (memory - shared_buffers) *
  work_mem_percent / (active sessions * nodes): active sessions are the time that all
  statements took in a second, and three standard deviations of a Poisson process; nodes
  are those of a captured plan on average, weighted by its time. If fewer than
  setting_statements statements spill, sort_spill and hash_spill say so of each, and there
  is no finding here. If no more than half of the roles run them, and three at most, the
  advice is for these roles.

When it is wrong
  What was measured under another value of work_mem, or before an index was made, stays
  until advisor.reset(). Load that comes in bursts has more active sessions than its
  mean tells.

What to do
  ALTER ROLE or ALTER SYSTEM as told; no restart, no lock. The undo text puts back what
  was there. Watch advisor.temp_files afterwards.$page$),
		('shared_buffers', 'configuration', 'shared_buffers does not fit the data, the reads and the memory',
			'Blocks that were not found in shared_buffers, how long reading them took, the size of all databases and the memory of the machine.',
			'{cache_miss_percent}'::text[], 'pg_monitor; track_io_timing to be sure', $page$What it looks at
  blks_hit, blks_read and blk_read_time of pg_stat_database, the size of the databases
  that the reader may connect to, and the memory of the machine or its control group.

Why it matters
  A block that is not in shared_buffers costs a system call, and a read from disk if the
  operating system has not cached it either. Too much of it leaves nothing for sorts,
  for sessions, and for that cache.

How it decides
  At least 100,000 reads, cache_miss_percent of all accesses or more, more data than
  shared_buffers: then a quarter of the memory or 1.1 times the data, whichever is less,
  if that is 1.5 times what it is. Above 60 % of the memory: 40 %. The mean time of a
  read decides on the severity: less than 0.05 ms comes from the cache of the operating
  system, and there is little to gain.

When it is wrong
  The counters are those since the last reset, with a load or a dump of long ago among
  them. Big sequential scans read past shared_buffers by design.

What to do
  ALTER SYSTEM, then a restart. To take it back, the undo text and another restart.
  Compare the hit rates of the same hours.$page$),
		('effective_cache_size', 'configuration', 'The planner believes in more or less cache than there is',
			'effective_cache_size, the memory of the machine and the size of the data.',
			'{}'::text[], 'pg_monitor', $page$What it looks at
  effective_cache_size, the memory of the machine or its control group, and the size of
  all databases that the reader may connect to.

Why it matters
  The planner takes repeated reads of an index for cheap as long as it believes that
  what it reads fits into the caches. With much too small a value it avoids indexes on
  big tables; with more than the memory it prefers them although each step waits for the
  disk. No memory is reserved by it.

How it decides
  70 % of the memory is what the caches of the server and of the operating system can
  have together. It is reported if it is more than the memory or less than half of these
  70 %, and only if the data is more than the lesser of the two: for less data it is all
  the same.

When it is wrong
  Other programs on the machine may need its memory. A control group without a limit of
  its own hides that of another one above it.

What to do
  ALTER SYSTEM and a reload; no restart, no lock; the undo text takes it back. Plans of
  running sessions change with their next planning.$page$),
		('max_wal_size', 'configuration', 'Checkpoints come before their time, as max_wal_size is used up',
			'Requested checkpoints, timed ones and the volume of WAL in the same time.',
			'{checkpoints_requested_percent}'::text[], 'nothing', $page$What it looks at
  Checkpoints timed and requested (pg_stat_bgwriter, from 17 on pg_stat_checkpointer)
  and wal_bytes of pg_stat_wal: since the first row of advisor.observations if
  advisor.observe() has run, else since the counters were reset. See
  advisor.checkpoints.

Why it matters
  After each checkpoint, the first change of every page writes the whole page to the
  WAL. Checkpoints in quick succession multiply the WAL, and write the same pages again
  and again.

How it decides
  A checkpoint is requested when max_wal_size / (1 + checkpoint_completion_target) has
  been written. So the WAL written, divided by that, says how many requests it explains;
  the others were commands. If these are at least 3 and checkpoints_requested_percent of
  all, the advice is 1.1 times the WAL of one checkpoint_timeout times (1 +
  checkpoint_completion_target), at least twice what it is, and not more than half of
  the free disk.

When it is wrong
  The mean rate of WAL hides the hours of a nightly load, hence the doubling: it may be
  reported again. Loads that were done once are counted until the counters are reset.

What to do
  ALTER SYSTEM and a reload; no restart, no lock; the undo text takes it back. It takes
  disk space in pg_wal, and a longer recovery after a crash.$page$),
		('wal_compression', 'configuration', 'Much of the WAL is images of whole pages',
			'Full page images and bytes of WAL.',
			'{full_page_percent}'::text[], 'nothing', $page$What it looks at
  wal_fpi and wal_bytes of pg_stat_wal, since the first row of advisor.observations or
  since they were reset; wal_compression and checkpoint_timeout.

Why it matters
  The first change of a page after a checkpoint writes the whole page. That WAL is
  written, archived, sent to replicas and kept for backups. Compressed, it is a half or
  a third.

How it decides
  Images are taken for 80 % of a block each. If they are full_page_percent of the WAL or
  more, of at least 1 GB in all and 100 MB an hour, compression is advised: lz4 where
  the server has it, else pglz. If it compresses already, most checkpoints are timed and
  checkpoint_timeout is 5 minutes or less, the advice is 15 minutes.

When it is wrong
  The size of the images is an estimate: pages that are nearly empty have smaller ones.
  Values that are compressed already do not shrink.

What to do
  ALTER SYSTEM and a reload; no restart, no lock; the undo text takes it back. Look at
  full_page_percent of advisor.checkpoints and at the load of the processors afterwards.$page$),
		('random_page_cost', 'configuration', 'random_page_cost is not what reads cost here',
			'How long reads of statements with indexes and with sequential scans took, or that nothing is read from disk at all.',
			'{}'::text[], 'pg_read_all_stats, track_io_timing', $page$What it looks at
  blk_read_time and shared_blks_read of captured statements all of whose scans use
  indexes, and of those that only scan sequentially. Without track_io_timing: the hit
  rate, the size of the data and the memory.

Why it matters
  The default of 4 is that of rotating disks with a cache. Where a random read takes
  hardly longer, the planner prefers sequential scans that are slower than the index.

How it decides
  At least 1,000 blocks of either kind; the times of one block as a ratio, between 1.1
  and 4, times seq_page_cost. It is reported if it is off by 1.8 times, but only raised
  if a random read takes 1 ms or more. Without times: 1.1 if more than 99.5 % of 10
  million accesses hit shared_buffers and the data is less than half of the memory; that
  is info only.

When it is wrong
  Times of reads contain the cache of the operating system and its reading ahead, which
  sequential scans profit from most. The ratio holds for the load that was measured, not
  for all.

What to do
  Try SET random_page_cost in a session with EXPLAIN of the slow statements first. Then
  ALTER SYSTEM and a reload; no restart, no lock; the undo text takes it back.$page$),
		('jit', 'configuration', 'Compiling takes a large part of short statements',
			'Time of JIT compilation in instrumented runs of statements of less than a second.',
			'{jit_percent,setting_statements}'::text[], 'pg_read_all_stats', $page$What it looks at
  jit_time and run_time of captured plans whose runs took less than a second on average
  and whose cost is above jit_above_cost.

Why it matters
  Compiling takes tens of ms and pays for statements of seconds. The planner decides by
  cost, which is an estimate: one wrong number of rows and a statement of 5 ms is
  compiled for 100.

How it decides
  At least setting_statements statements, jit_percent of their time or more. The advice
  is the next power of ten above the highest of their costs for jit_above_cost, or off
  where that would be above ten million. The check jit_cost names each statement.

When it is wrong
  The first runs of a plan are always instrumented, and in a new session they also load
  the compiler. A report that profits may have a lower cost than the statements that do
  not.

What to do
  ALTER SYSTEM and a reload; no restart, no lock; the undo text takes it back. Or ALTER
  ROLE for the applications with short statements.$page$),
		('autovacuum_workers', 'configuration', 'All autovacuum workers are busy and tables wait',
			'Autovacuum workers at this moment and the tables of this database with more dead rows than allowed.',
			'{}'::text[], 'pg_read_all_stats', $page$What it looks at
  Autovacuum workers in pg_stat_activity, how many of them sleep (wait event
  VacuumDelay), and the dead rows of all tables against autovacuum_vacuum_threshold,
  autovacuum_vacuum_scale_factor and (from 18 on) autovacuum_vacuum_max_threshold.

Why it matters
  Tables that wait grow. The cost limit is shared by all workers, so more of them work
  no faster together if it is the limit that keeps them back.

How it decides
  All autovacuum_max_workers are busy and more tables than that are over the trigger. If
  a worker sleeps for its cost limit: five times the limit; else twice the workers, up to
  autovacuum_worker_slots (from 18 on), or more of these if there is none left.

When it is wrong
  It is one look at one moment. Thresholds of single tables are not looked at here; the
  checks of the category vacuum do.

What to do
  ALTER SYSTEM. The cost limit takes a reload, autovacuum_max_workers a restart before
  version 18; no lock; the undo text takes it back. Disks must bear the load.$page$),
		('maintenance_work_mem', 'configuration', 'A vacuum reads its indexes several times',
			'Vacuums that run at this moment.',
			'{}'::text[], 'nothing', $page$What it looks at
  index_vacuum_count of pg_stat_progress_vacuum: how often a vacuum that is running has
  gone through all indexes of its table.

Why it matters
  A vacuum keeps the dead rows that it finds in maintenance_work_mem
  (autovacuum_work_mem if that is set). When they do not fit, it reads all indexes,
  forgets them and goes on. Indexes are often more than the table.

How it decides
  More than one pass so far: the memory times the passes and one more, 1 GB at most,
  since before version 17 a vacuum could not use more.

When it is wrong
  It is one look at one moment: vacuums that are over are not seen. The log
  (log_autovacuum_min_duration) has their passes.

What to do
  ALTER SYSTEM and a reload; no restart, no lock; the undo text takes it back. Each
  autovacuum worker may take that much.$page$),
		('statement_timeout', 'configuration', 'Statements run for long and nothing would stop them',
			'The longest executions of captured statements of roles that have no statement_timeout.',
			'{timeout_statement_minutes}'::text[], 'pg_read_all_stats', $page$What it looks at
  max_exec_time of captured statements that clients sent, by roles that are no
  superusers, where statement_timeout is 0 and neither role nor database has a value of
  its own.

Why it matters
  A statement that was given up by its client goes on, holds its locks and its snapshot,
  and keeps vacuum from removing what was deleted since it began.

How it decides
  Longer than timeout_statement_minutes at least once. The advice is that time, for the
  roles that ran such statements; not for all, since maintenance and dumps take longer
  by their nature.

When it is wrong
  A report or a job of the night may have to take that long. Then give its role a longer
  time, or suppress the finding.

What to do
  ALTER ROLE; it counts for new sessions; no lock; the undo text takes it back. Dumps
  set it to 0 for themselves.$page$),
		('lock_timeout', 'configuration', 'Statements wait for locks and nothing would end that',
			'Lock waits of captured statements of roles that have no lock_timeout.',
			'{timeout_lock_seconds}'::text[], 'pg_read_all_stats', $page$What it looks at
  lock_wait_time per call of captured statements that clients sent, by roles that are no
  superusers, where lock_timeout is 0 and neither role nor database has a value of its
  own.

Why it matters
  Who waits for a strong lock makes all others wait behind him: a migration that waits
  for one forgotten transaction stops the table for everybody.

How it decides
  A mean wait of more than timeout_lock_seconds. The advice is that time, for the roles
  that waited. It is info: applications must be ready for the error.

When it is wrong
  Waits are sampled, so short ones are missed and the mean is a little too low. What
  waits in a queue on purpose is no mistake.

What to do
  ALTER ROLE; it counts for new sessions; no lock; the undo text takes it back. For
  migrations, SET lock_timeout at their beginning is better. The check lock_waits names
  the statements.$page$),
		('idle_in_transaction_timeout', 'configuration', 'Sessions are idle in transaction and nothing would end them',
			'Sessions that are idle in transaction now, and the time that all sessions were.',
			'{timeout_idle_minutes}'::text[], 'pg_read_all_stats', $page$What it looks at
  Sessions in pg_stat_activity in state idle in transaction for longer than
  timeout_idle_minutes; idle_in_transaction_time and active_time of pg_stat_database.

Why it matters
  Such a session holds its locks, and while it has a snapshot nothing that was deleted
  since can be removed in any table. Where an application forgets to commit, only the
  timeout ends it.

How it decides
  idle_in_transaction_session_timeout is 0, and either such a session is there now, or
  sessions were idle in transaction for an hour or more in all, and longer than they
  were active.

When it is wrong
  The time is a sum since the counters were reset: many short pauses between the
  statements of a transaction count as one long one. The time in the advice must be
  longer than any pause that is meant.

What to do
  ALTER SYSTEM and a reload; no restart, no lock; the undo text takes it back.
  Applications lose the connection and must open another one.$page$),
		('dangerous_setting', 'configuration', 'A setting puts data at risk or blinds the server',
			'fsync, full_page_writes, zero_damaged_pages, autovacuum, track_counts, enable_... and a few others.',
			'{}'::text[], 'nothing', $page$What it looks at
  The values in pg_settings of fsync, full_page_writes, zero_damaged_pages,
  ignore_checksum_failure, ignore_invalid_pages, ignore_system_indexes, autovacuum,
  track_counts, track_activities, synchronous_commit, data_checksums, and of all enable_
  settings that are on by default.

Why it matters
  Each of them was made for tests, for saving what can be saved of a broken cluster, or
  for experiments. Left in place, they lose data, hide that it is lost, or make every
  statement slow.

How it decides
  The value itself is the evidence. fsync, full_page_writes and zero_damaged_pages are
  critical, those that let damage pass or stop autovacuum high, enable_ settings medium,
  and what costs only the last moments or a warning (synchronous_commit, data_checksums)
  info.

When it is wrong
  A file system that never writes half a page makes full_page_writes superfluous. A
  cluster that can be made anew from elsewhere may do without fsync. What one session
  sets for itself is not looked at.

What to do
  ALTER SYSTEM (or ALTER DATABASE, ALTER ROLE, where it is set there) and a reload; no
  lock; the undo text takes it back. Checksums are enabled by pg_checksums while the
  server is stopped.$page$),
		('pending_restart', 'configuration', 'A setting waits for a restart',
			'pending_restart of pg_settings.',
			'{}'::text[], 'nothing', $page$What it looks at
  Settings whose value in the configuration files differs from the one in force, because
  it can change with a restart only.

Why it matters
  The next restart, perhaps after a crash at night, changes the server. If the value is
  wrong it may not even start, and nobody remembers who wrote it.

How it decides
  pending_restart is true. The new value is shown to who may read the files, if ALTER
  SYSTEM wrote it. Other advice on the same setting is held back.

When it is wrong
  It is set when the files were read last: a change after that is not known before the
  next reload.

What to do
  Restart at a time of your choosing. Or take the change back: ALTER SYSTEM RESET or the
  old value in the file, then SELECT pg_reload_conf().$page$),
		('checkpoints_requested', 'configuration', 'Checkpoints are requested, but not for the volume of WAL',
			'Requested checkpoints that max_wal_size does not explain.',
			'{checkpoints_requested_percent}'::text[], 'nothing', $page$What it looks at
  Timed and requested checkpoints and the WAL in the same time; see advisor.checkpoints.

Why it matters
  CHECKPOINT commands, backups, and creating or dropping databases request checkpoints
  as well. Each makes the first change of every page after it write the whole page to
  the WAL, and all that is dirty is written at full speed.

How it decides
  At least 10 requested ones, one an hour, and checkpoints_requested_percent of all,
  fewer than half of which the volume of WAL explains (see max_wal_size).

When it is wrong
  max_wal_size may have been smaller earlier in the time that is counted.

What to do
  Find who does it: log_checkpoints writes the reason of each into the log (immediate,
  force, xlog). No setting helps, so there is no SQL.$page$),
		('temp_files', 'configuration', 'A database writes many temporary files',
			'Bytes of temporary files per day and the statements that wrote them.',
			'{temp_gb_per_day}'::text[], 'pg_read_all_stats for the statements', $page$What it looks at
  temp_files and temp_bytes of pg_stat_database, and temp_blks_written of captured
  statements; see advisor.temp_files.

Why it matters
  They are written and read by sorts, hash tables and the building of indexes that do
  not fit into memory, and take the disk from all others.

How it decides
  More than temp_gb_per_day since the first row of advisor.observations that can be
  compared with, since the reset of the counters, or since the server has been counting;
  ten times that is medium.

When it is wrong
  Where the counters have no beginning the rate is a lower bound. A large CREATE INDEX
  of one day stays in the sum.

What to do
  The checks work_mem, sort_spill and hash_spill tell how much memory would do.
  log_temp_files (a reload, no lock) finds the rest; the undo text takes it back.$page$),
		('track_io_timing', 'configuration', 'The time of reads is not measured',
			'track_io_timing, where blocks are read at all.',
			'{}'::text[], 'nothing', $page$What it looks at
  track_io_timing and blks_read of pg_stat_database.

Why it matters
  Without times nobody can tell a block that comes from the cache of the operating
  system from one that comes from a disk, a hundred times as slow. Advice on
  shared_buffers and random_page_cost rests on it.

How it decides
  It is off, and 100,000 blocks or more have been read. It is info.

When it is wrong
  On machines with a slow clock it costs: pg_test_timing tells. More than 100 ns for
  reading the clock is slow.

What to do
  ALTER SYSTEM and a reload; no restart, no lock; the undo text takes it back. The times
  are in EXPLAIN (ANALYZE, BUFFERS), pg_stat_database and advisor.statements afterwards.$page$),
		('backend_writes', 'configuration', 'Sessions write pages themselves, as the background writer stops at its limit',
			'Who writes pages: checkpoints, the background writer or sessions.',
			'{backend_write_percent}'::text[], 'nothing', $page$What it looks at
  Pages written by checkpoints, by the background writer and by sessions
  (pg_stat_bgwriter, from 16 on pg_stat_io), and how often the background writer stopped
  at bgwriter_lru_maxpages.

Why it matters
  A session that needs room for a page and finds only dirty ones has to write one first,
  and waits for it. The background writer exists to do that before.

How it decides
  At least 100,000 pages by sessions, backend_write_percent of all, and the background
  writer stopped at its limit in one of 100 rounds or more: four times the limit, 1,000
  at most.

When it is wrong
  Before version 16 the pages by which sessions make tables longer, as any load does,
  are among them; hence less confidence there.

What to do
  ALTER SYSTEM and a reload; no restart, no lock; the undo text takes it back. Compare
  backend_percent of advisor.checkpoints after a pg_stat_reset_shared, or from one
  observation to the next.$page$),
		('parallel_workers', 'configuration', 'Parallel workers that plans ask for cannot be started',
			'Workers that plans asked for and workers that were started.',
			'{}'::text[], 'version 18', $page$What it looks at
  parallel_workers_to_launch and parallel_workers_launched of pg_stat_database, which
  exist from version 18 on.

Why it matters
  A plan that was made for four workers and gets none is slower than the one that would
  have been made for none.

How it decides
  At least 100 workers asked for, and less than 80 % of them started: twice
  max_parallel_workers, max_worker_processes at most.

When it is wrong
  More workers than processors only make each slower. The counters are sums since their
  reset; one busy hour is enough.

What to do
  ALTER SYSTEM and a reload; no restart, no lock; the undo text takes it back. Or less
  parallelism: max_parallel_workers_per_gather.$page$),
		('configuration_file_error', 'configuration', 'A configuration file has an error',
			'Errors of pg_file_settings.',
			'{}'::text[], 'EXECUTE on pg_show_all_file_settings()', $page$What it looks at
  What pg_file_settings says of the configuration files as they are now.

Why it matters
  A reload ignores the whole file or the wrong value, so changes do not come into force
  and nobody notices. With some errors the server cannot be started again.

How it decides
  A row with an error, of a setting that does not only wait for a restart.

When it is wrong
  The file may just be being edited.

What to do
  Correct the line that is named, SELECT pg_reload_conf(), and look at pg_file_settings
  again. The advisor does not write files, so there is no SQL.$page$)
	) c;
END;
COMMENT ON FUNCTION advisor._configuration_checks() IS
	'the checks of advisor.configuration_findings';

CREATE FUNCTION advisor._configuration_skips() RETURNS TABLE (check_id text, reason text)
	LANGUAGE sql VOLATILE PARALLEL SAFE COST 1000 ROWS 10
BEGIN ATOMIC
	SELECT c.check_id, 'statements of other roles cannot be seen: they are for members of pg_read_all_stats'
	FROM unnest('{work_mem,jit,random_page_cost,statement_timeout,lock_timeout}'::text[]) c(check_id)
	WHERE NOT pg_has_role('pg_read_all_stats', 'USAGE')
	UNION ALL
	SELECT c.check_id, 'statements are not captured: advisor is not in shared_preload_libraries'
	FROM unnest('{work_mem,jit,random_page_cost,statement_timeout,lock_timeout}'::text[]) c(check_id)
	WHERE NOT advisor._is_preloaded()
	UNION ALL
	SELECT c.check_id, 'sessions of other roles cannot be seen: they are for members of pg_read_all_stats'
	FROM unnest('{autovacuum_workers,idle_in_transaction_timeout}'::text[]) c(check_id)
	WHERE NOT pg_has_role('pg_read_all_stats', 'USAGE')
	UNION ALL
	SELECT c.check_id, 'how much memory the machine has is not known'
		|| CASE WHEN pg_has_role('pg_monitor', 'USAGE') THEN '' ELSE ': it is for members of pg_monitor' END
	FROM unnest('{shared_buffers,effective_cache_size}'::text[]) c(check_id)
		CROSS JOIN advisor._system() m
	WHERE m.memory_total IS NULL
	UNION ALL
	SELECT c.check_id, CASE WHEN pg_is_in_recovery() THEN 'a standby writes no WAL of its own' ELSE 'checkpoints are counted since less than 10 minutes ago' END
	FROM unnest('{max_wal_size,wal_compression,checkpoints_requested}'::text[]) c(check_id)
		CROSS JOIN advisor.checkpoints p
	WHERE pg_is_in_recovery() OR LEAST(p.since, p.wal_since) > now() - interval '10 minutes'
	UNION ALL
	SELECT 'random_page_cost', 'track_io_timing is off, so the time of reads is not known'
	WHERE current_setting('track_io_timing') = 'off'
	UNION ALL
	SELECT 'parallel_workers', 'workers that could not be started are counted from version 18 on'
	WHERE current_setting('server_version_num')::integer < 180000
	UNION ALL
	SELECT 'configuration_file_error', 'the configuration files cannot be read: that takes EXECUTE on pg_show_all_file_settings()'
	WHERE NOT has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE');
END;
COMMENT ON FUNCTION advisor._configuration_skips() IS
	'which checks of advisor.configuration_findings could not run, and why';

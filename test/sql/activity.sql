-- What activity and replication say of a server where nobody does anything
-- unusual, and their parts that need no second session.
SELECT mode, string_agg(other, ' ' ORDER BY advisor._lock_strength(other)) AS conflicts
	FROM unnest(ARRAY['AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock',
		'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']) mode,
	unnest(ARRAY['AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock',
		'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']) other
	WHERE advisor._locks_conflict(mode, other) GROUP BY mode ORDER BY advisor._lock_strength(mode);
SELECT advisor._locks_conflict('SIReadLock', 'AccessExclusiveLock') AS neither, advisor._lock_strength(NULL) AS unknown;
SELECT advisor._application_key('worker 17 of 20') AS one, advisor._application_key('worker 3 of 20') AS another, advisor._application_key('') AS none;
SELECT advisor._end_session('pg_terminate_backend', 1, '2026-01-02 03:04:05.678901+00') AS end_sql;
SELECT advisor._wal_between('0/10', '0/30') AS some, advisor._wal_between('0/30', '0/10') AS negative, advisor._wal_between(NULL, '0/10') AS unknown;
SELECT advisor._milliseconds(statement_timestamp() - interval '2 s') AS ms, advisor._milliseconds(now() + interval '1 day') AS future, advisor._milliseconds(NULL) AS unknown;
SELECT sql AS undo_sql FROM advisor._setting_undo WHERE name = 'work_mem';

-- nobody waits, there are no replicas, and nothing fails
SELECT count(*) AS waits FROM advisor.lock_tree;
SELECT count(*) AS lags FROM advisor.replication_lag;
SELECT count(*) AS slots FROM advisor.replication_slots;
SELECT check_id FROM advisor.replication_findings WHERE category = 'replication';
SELECT f.check_id FROM advisor.activity_findings f WHERE f.check_id IN ('lock_wait', 'prepared_transaction');

-- a slot that nobody reads from; it keeps too little to be a finding
SELECT slot_name FROM pg_create_physical_replication_slot('regress_activity', true);
SELECT slot_name, active, wal_status, invalidation_reason, retained_bytes >= 0 AS retains, max_slot_wal_keep_size, drop_sql
	FROM advisor.replication_slots WHERE slot_name = 'regress_activity';
SELECT check_id FROM advisor.replication_findings WHERE finding_key = 'replication_slot:regress_activity';
SELECT pg_drop_replication_slot('regress_activity');

-- a subscription that is not enabled
SET client_min_messages = error;
CREATE SUBSCRIPTION regress_activity CONNECTION 'dbname=regress_none' PUBLICATION none WITH (connect = false, slot_name = NONE);
RESET client_min_messages;
SELECT kind, name, pid, state, replay_lag, is_paused, routing, reason FROM advisor.replication_lag;
SELECT check_id FROM advisor.replication_findings WHERE check_id = 'replication_lag';
DROP SUBSCRIPTION regress_activity;

-- all can be read without rights
CREATE ROLE regress_activity;
SET ROLE regress_activity;
SELECT count(*) >= 0 AS readable FROM advisor.long_running;
SELECT count(*) >= 0 AS readable FROM advisor.activity_findings;
SELECT count(*) >= 0 AS readable FROM advisor.replication_findings;
SELECT wal_disk_free IS NULL AS hidden FROM (SELECT 1) one LEFT JOIN advisor.replication_slots ON true;
SELECT check_id, reason FROM advisor._activity_skips() ORDER BY 1, 2;
SELECT check_id, reason FROM advisor._replication_skips() WHERE check_id <> 'checksum_failures' ORDER BY 1, 2;
RESET ROLE;
DROP ROLE regress_activity;

-- every check has a page that names its settings
SELECT c.check_id, s AS unexplained
	FROM (SELECT * FROM advisor._activity_checks() UNION ALL SELECT * FROM advisor._replication_checks()) c,
		unnest(c.settings) s
	WHERE c.page NOT LIKE '%' || s || '%' AND s <> 'history_days';
SELECT c.check_id, s AS unknown_setting
	FROM (SELECT * FROM advisor._activity_checks() UNION ALL SELECT * FROM advisor._replication_checks()) c, unnest(c.settings) s
	WHERE NOT EXISTS (SELECT FROM advisor.settings t WHERE t.name = s);
SELECT c.check_id AS long_lines
	FROM (SELECT * FROM advisor._activity_checks() UNION ALL SELECT * FROM advisor._replication_checks()) c
	WHERE EXISTS (SELECT FROM regexp_split_to_table(c.page, E'\n') line WHERE char_length(line) >= 100);

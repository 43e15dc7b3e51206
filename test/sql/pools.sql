-- Connections, pools: formulas, rights, and the checks that one session can make fire.

-- square-root staffing, at least one spare connection, at least two in all
SELECT held, advisor._pool_size(held, 2) AS z2, advisor._pool_size(held, 0) AS z0
FROM unnest(ARRAY[0, 0.01, 0.5, 1, 4, 16, 100, 1e12, NULL]::float8[]) held;

-- active connections count up to two for a processor, idle ones in transactions all
SELECT held, active, cpus, advisor._useful_held(held, active, cpus, 2)
FROM (VALUES (10::float8, 3::float8, 4), (10, 10, 4), (50, 40, 4), (50, 40, NULL), (1, 2, 4)) v(held, active, cpus);

-- what binds a client to its session, and what looks as if it did
SELECT query, advisor._session_feature(query)
FROM (VALUES
	('LISTEN news'),
	('listen "News"'),
	('NOTIFY news'),
	('SELECT pg_advisory_lock($1)'),
	('select 1 where pg_try_advisory_lock_shared($1, $2)'),
	('SELECT pg_advisory_xact_lock($1)'),
	('SELECT pg_advisory_unlock($1)'),
	('CREATE TEMP TABLE t (a int)'),
	('create local temporary table t as select 1'),
	('CREATE TEMP TABLE t (a int) ON COMMIT DROP'),
	('SELECT * INTO TEMP t FROM s'),
	('CREATE TABLE temp (a int)'),
	('DECLARE c CURSOR WITH HOLD FOR SELECT 1'),
	('DECLARE c CURSOR FOR SELECT 1'),
	('LOAD ''auto_explain'''),
	('SET work_mem = ''1MB'''),
	('SET SESSION search_path = a'),
	('SET ROLE r'),
	('SET LOCAL work_mem = ''1MB'''),
	('SET TRANSACTION READ ONLY'),
	('SET application_name = ''x'''),
	('SET SESSION timezone = ''UTC'''),
	('SET TIME ZONE ''UTC'''),
	('UPDATE t SET a = 1'),
	(NULL)) v(query);

SELECT advisor._pgbouncer_ini('shop_web', 'shop', 'transaction', 7, 2, 1, 100) ~ 'shop_web = host=127.0.0.1 port=\d+ dbname=shop pool_mode=transaction pool_size=7\n' AS plain,
	advisor._pgbouncer_ini('O"h no', 'O''h no', 'session', 7, 2, 1, 100) ~ '"O""h no" = host=127.0.0.1 port=\d+ dbname=''O''''h no'' ' AS quoted,
	advisor._pgbouncer_ini('shop', 'shop', 'transaction', 7, 2, 1, 100) ~ 'max_db_connections = 8\n' AS sum;

-- this session is seen
SELECT scope, connection_limit = current_setting('max_connections')::int AS limit, reserved >= 3 AS reserved, used >= 1 AS used,
	active >= 1 AS active, used = active + idle + idle_in_transaction AS all_states, high_water >= used AS high_water,
	high_water_at BETWEEN pg_postmaster_start_time() - interval '1 minute' AND clock_timestamp() AS high_water_at,
	high_water_percent > 0 AND high_water_percent <= 100 AS percent
FROM advisor.connections WHERE scope = 'server';
SELECT scope, used >= 1 AS used FROM advisor.connections
WHERE scope = 'database' AND name = current_database() OR scope = 'role' AND name = current_user ORDER BY 1;

-- sessions that have ended are counted
SELECT current_user AS superuser \gset
\c -
SELECT count(*) > 0 AS sampled, bool_and(mean_held BETWEEN 0 AND max_clients) AS held, bool_and(mean_active <= mean_held) AS active,
	bool_and(default_pool_size >= 2) AS size, bool_and(max_db_connections = default_pool_size + reserve_pool_size) AS sum,
	bool_and(min_pool_size BETWEEN 1 AND default_pool_size) AS minimum
FROM (SELECT pg_sleep(1.2)) s, LATERAL (SELECT * FROM advisor.pool_advice p WHERE p.datname = current_database() OFFSET 0) p;
SELECT sessions >= 1 AS sessions, transactions >= 1 AS transactions FROM advisor._concurrency() c
WHERE c.kind = 'database' AND c.dbid = (SELECT oid FROM pg_database WHERE datname = current_database());

-- nothing is near its limit here, and the tests' many short sessions are too few to tell
SELECT check_id FROM advisor.pools_findings
WHERE check_id IN ('connections_near_limit', 'role_connection_limit');
SELECT check_id FROM advisor._pools_checks() ORDER BY 1;
SELECT check_id FROM advisor._pools_checks() c
WHERE cardinality(c.settings) <> (SELECT count(*) FROM advisor.settings s WHERE s.name = ANY (c.settings));

-- thresholds that anything exceeds
BEGIN;
UPDATE advisor.settings SET value = 1 WHERE name IN ('connections_percent');
UPDATE advisor.settings SET value = 0 WHERE name IN ('pool_minutes', 'sessions_per_second');
UPDATE advisor.settings SET value = maximum WHERE name = 'short_session_seconds';
SELECT finding_key, severity, object, title ~ '^The server has used up to \d+ of \d+ connections$' AS title, detail ~ 'idle in transaction\)' AS detail,
	evidence ? 'high_water' AS evidence, confidence
FROM advisor.pools_findings WHERE check_id = 'connections_near_limit' AND object = 'server';
SELECT finding_key = 'short_sessions:' || current_database() AS key, object = 'database ' || quote_ident(current_database()) AS object,
	title ~ 'new sessions a second that last ' AS title, (evidence ->> 'sessions_per_second')::float8 > 0 AS evidence
FROM advisor.pools_findings WHERE check_id = 'short_sessions' AND object = 'database ' || quote_ident(current_database());
SELECT check_id FROM advisor._pools_skips();
ROLLBACK;

-- a role at its limit, which is that of a member of pg_monitor
CREATE ROLE regress_pools LOGIN CONNECTION LIMIT 1;
GRANT pg_monitor TO regress_pools;
CREATE ROLE regress_pools_none LOGIN;
\c - regress_pools
SELECT finding_key, severity, object, title, remedy_sql, undo_sql FROM advisor.pools_findings WHERE check_id = 'role_connection_limit';
SELECT scope, connection_limit, used, used_percent FROM advisor.connections WHERE name = 'regress_pools';
SELECT count(*) FROM advisor._pools_skips() WHERE reason ~ 'membership';

-- who may not see others' sessions sees nothing, and is told so
\c - regress_pools_none
SELECT count(*) FROM advisor.pool_advice;
SELECT used, active, high_water FROM advisor.connections WHERE scope = 'server';
SELECT count(*) FROM advisor.pools_findings;
SELECT count(*) FROM advisor._concurrency();
SELECT * FROM advisor._connections();
SELECT check_id, reason FROM advisor._pools_skips() ORDER BY 1;
\c - :superuser
DROP ROLE regress_pools, regress_pools_none;

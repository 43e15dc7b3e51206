/*
 * 83_pools: connections, how many are used at once, and what pools would make
 * of them.  Needs 12_system, 20_statements, 40_findings and 41_settings.
 */

INSERT INTO advisor.settings (name, value, unit, minimum, maximum, description) VALUES
	('connections_percent', 80, '%', 1, 100, 'part of the allowed connections from which on they are reported, at medium severity'),
	('connections_high_percent', 90, '%', 1, 100, 'the same, at high severity'),
	('pool_safety', 2, 'standard deviations', 0, 10, 'connections in a pool above the mean of the busiest minute, in square roots of that mean'),
	('pool_clients', 20, 'connections', 1, 100000, 'databases with fewer connections at once are not advised to use a pool'),
	('pool_ratio', 3, 'times', 1, 1000, 'a pool is advised where there are so many times as many connections as it would need'),
	('pool_minutes', 10, 'minutes', 0, 100000, 'advice on pools and on active connections needs so long an observation'),
	('active_per_cpu', 2, 'connections per processor', 0.1, 100, 'more active ones on average in the busiest minute are too many'),
	('sessions_per_second', 1, '1/s', 0, 100000, 'databases with fewer new sessions are not reported for short ones'),
	('short_session_seconds', 5, 's', 0, 100000, 'sessions that last less on average are short');

CREATE FUNCTION advisor._connections(
	OUT connected integer,
	OUT high_water integer,
	OUT high_water_at timestamptz,
	OUT since timestamptz)
	RETURNS record
	AS 'MODULE_PATHNAME', 'advisor_connections'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION advisor._connections() IS
	'client connections: now, at most at once and when; all NULL for who may not read all statistics';

CREATE FUNCTION advisor._concurrency(
	OUT kind text,
	OUT dbid oid,
	OUT application_name text,
	OUT since timestamptz,
	OUT last_seen timestamptz,
	OUT observed_time float8,
	OUT clients integer,
	OUT max_clients integer,
	OUT mean_clients float8,
	OUT mean_held float8,
	OUT mean_active float8,
	OUT max_held integer,
	OUT peak_held float8,
	OUT peak_active float8,
	OUT peak_at timestamptz,
	OUT transactions bigint,
	OUT sessions bigint,
	OUT session_time float8)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_concurrency'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000 ROWS 20;
COMMENT ON FUNCTION advisor._concurrency() IS
	'connections used at once: a row for the server, each database, each application of a database; observed_time in s, session_time of ended sessions in ms; no rows for who may not read all statistics';

-- ---------------------------------------------------------------------
-- Formulas
-- ---------------------------------------------------------------------

-- The square-root staffing rule: servers for an offered load of L that must
-- hardly ever wait are L + z * sqrt(L), as the number in use at once varies like
-- a Poisson variable (A. K. Erlang 1917; W. Whitt, "Understanding the Efficiency
-- of Multi-Server Service Systems", Management Science 38, 1992).
CREATE FUNCTION advisor._pool_size(held float8, safety float8) RETURNS integer
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	-- LEAST: a number that no server reaches must still be an integer
	SELECT LEAST(1000000, GREATEST(2, ceil(_pool_size.held + GREATEST(1, _pool_size.safety * sqrt(_pool_size.held)))))::integer
	WHERE _pool_size.held >= 0;
END;
COMMENT ON FUNCTION advisor._pool_size(float8, float8) IS
	'connections of a pool in which so many are held at once on average: held + safety * sqrt(held), at least one more than held, and at least two';

-- What is beyond the processors only waits for them, and for each other's locks:
-- the pool may as well let it wait outside.
CREATE FUNCTION advisor._useful_held(held float8, active float8, cpus integer, per_cpu float8) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT GREATEST(_useful_held.held - _useful_held.active, 0)
		+ LEAST(_useful_held.active, coalesce(_useful_held.cpus * _useful_held.per_cpu, _useful_held.active));
END;
COMMENT ON FUNCTION advisor._useful_held(float8, float8, integer, float8) IS
	'connections held at once, counting the active ones only up to what the processors can serve';

-- What binds a client to its connection, in the text of a statement.  Settings
-- that PgBouncer carries over by itself are no obstacle.
CREATE FUNCTION advisor._session_feature(query text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN _session_feature.query ~* '^\s*listen\M' THEN 'LISTEN'
		WHEN _session_feature.query ~* '\mpg_(try_)?advisory_lock(_shared)?\M' THEN 'session-level advisory locks'
		WHEN _session_feature.query ~* '^\s*(create\s+((local|global)\s+)?temp(orary)?\s|select\s.*\sinto\s+temp(orary)?\s)'
			AND _session_feature.query !~* '\son\s+commit\s+drop\M' THEN 'temporary tables'
		WHEN _session_feature.query ~* '^\s*declare\s.*\swith\s+hold\s' THEN 'cursors WITH HOLD'
		WHEN _session_feature.query ~* '^\s*load\s' THEN 'LOAD'
		WHEN _session_feature.query ~* '^\s*set\s'
			AND _session_feature.query !~* '^\s*set\s+((local|transaction|constraints)\M|(session\s+)?(client_encoding|datestyle|timezone|time\s+zone|standard_conforming_strings|application_name)\M)'
			THEN 'SET'
	END;
END;
COMMENT ON FUNCTION advisor._session_feature(text) IS
	'what in a statement needs the same connection after the end of the transaction; NULL if nothing';

CREATE FUNCTION advisor._pgbouncer_ini(pool text, database text, pool_mode text, pool_size integer,
	min_pool_size integer, reserve_pool_size integer, max_client_conn integer) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	-- a line of that file has no way to hold the end of one
	SELECT CASE WHEN pool || database !~ '[\n\r]' THEN format(E'[databases]\n%s = host=127.0.0.1 port=%s dbname=%s pool_mode=%s pool_size=%s\n\n'
		'[pgbouncer]\nmin_pool_size = %s\nreserve_pool_size = %s\nreserve_pool_timeout = 1\nmax_db_connections = %s\nmax_client_conn = %s\n',
		CASE WHEN pool ~ '^[a-zA-Z_][a-zA-Z0-9_.-]*$' THEN pool ELSE '"' || replace(pool, '"', '""') || '"' END,
		current_setting('port'),
		CASE WHEN database ~ '^[a-zA-Z_][a-zA-Z0-9_.-]*$' THEN database ELSE '''' || replace(database, '''', '''''') || '''' END,
		pool_mode, pool_size, min_pool_size, reserve_pool_size, pool_size + reserve_pool_size, max_client_conn) END;
END;
COMMENT ON FUNCTION advisor._pgbouncer_ini(text, text, text, integer, integer, integer, integer) IS
	'lines for pgbouncer.ini; NULL for a database whose name they cannot hold';

-- ---------------------------------------------------------------------
-- Views
-- ---------------------------------------------------------------------

CREATE VIEW advisor.connections AS
WITH activity AS MATERIALIZED (
	SELECT a.datid, a.usesysid, a.state
	FROM pg_stat_activity a
	WHERE a.backend_type = 'client backend'
), counted AS (
	SELECT
		CASE WHEN GROUPING(a.datid) = 0 THEN 'database' WHEN GROUPING(a.usesysid) = 0 THEN 'role' ELSE 'server' END AS scope,
		CASE WHEN GROUPING(a.datid) = 0 THEN a.datid ELSE a.usesysid END AS id,
		count(*)::integer AS used,
		(count(*) FILTER (WHERE a.state IN ('active', 'fastpath function call')))::integer AS active,
		(count(*) FILTER (WHERE a.state = 'idle'))::integer AS idle,
		(count(*) FILTER (WHERE a.state LIKE 'idle in transaction%'))::integer AS idle_in_transaction
	FROM activity a
	GROUP BY GROUPING SETS ((), (a.datid), (a.usesysid))
), limits AS (
	SELECT 'server' AS scope, NULL::oid AS id, NULL::text AS name, current_setting('max_connections')::integer AS connection_limit,
		(current_setting('superuser_reserved_connections')::integer
			+ coalesce(current_setting('reserved_connections', true)::integer, 0)) AS reserved,
		c.high_water, c.high_water_at, c.since
	FROM advisor._connections() c
	UNION ALL
	SELECT 'database', d.oid, d.datname, NULLIF(d.datconnlimit, -1), 0, c.max_clients, NULL, c.since
	FROM pg_database d
		LEFT JOIN advisor._concurrency() c ON c.kind = 'database' AND c.dbid = d.oid
	UNION ALL
	-- limits do not apply to superusers
	SELECT 'role', r.oid, r.rolname, CASE WHEN r.rolconnlimit >= 0 AND NOT r.rolsuper THEN r.rolconnlimit END, 0, NULL, NULL, NULL
	FROM pg_roles r
)
SELECT
	l.scope,
	l.name,
	l.connection_limit,
	l.reserved,
	s.used,
	s.active,
	s.idle,
	s.idle_in_transaction,
	100.0::float8 * s.used / NULLIF(l.connection_limit - l.reserved, 0) AS used_percent,
	CASE WHEN l.scope <> 'role' THEN GREATEST(l.high_water, s.used) END AS high_water,
	l.high_water_at,
	CASE WHEN l.scope <> 'role' THEN 100.0::float8 * GREATEST(l.high_water, s.used) / NULLIF(l.connection_limit - l.reserved, 0) END AS high_water_percent,
	l.since
FROM limits l
	LEFT JOIN counted n ON n.scope = l.scope AND n.id IS NOT DISTINCT FROM l.id
	CROSS JOIN LATERAL (SELECT
		-- who may not see the sessions of others would take them for none
		CASE WHEN pg_has_role('pg_read_all_stats', 'USAGE') THEN coalesce(n.used, 0) END AS used,
		CASE WHEN pg_has_role('pg_read_all_stats', 'USAGE') THEN coalesce(n.active, 0) END AS active,
		CASE WHEN pg_has_role('pg_read_all_stats', 'USAGE') THEN coalesce(n.idle, 0) END AS idle,
		CASE WHEN pg_has_role('pg_read_all_stats', 'USAGE') THEN coalesce(n.idle_in_transaction, 0) END AS idle_in_transaction) s
WHERE l.scope = 'server' OR n.used > 0 OR l.connection_limit IS NOT NULL OR l.high_water > 0
ORDER BY CASE l.scope WHEN 'server' THEN 1 WHEN 'database' THEN 2 ELSE 3 END, s.used DESC NULLS LAST, l.name;
COMMENT ON VIEW advisor.connections IS
	'client connections against their limits, now and at most: a row for the server, and one for each database and role that has any, or a limit';
COMMENT ON COLUMN advisor.connections.scope IS 'whose connections: server, database or role';
COMMENT ON COLUMN advisor.connections.name IS 'of the database or role';
COMMENT ON COLUMN advisor.connections.connection_limit IS 'max_connections, or the limit of the database or role; null if it has none';
COMMENT ON COLUMN advisor.connections.reserved IS 'connections of these that ordinary roles cannot have';
COMMENT ON COLUMN advisor.connections.used IS 'client connections now; null for who may not read all statistics';
COMMENT ON COLUMN advisor.connections.active IS 'of these, executing something';
COMMENT ON COLUMN advisor.connections.idle IS 'of these, idle outside of transactions';
COMMENT ON COLUMN advisor.connections.idle_in_transaction IS 'of these, idle in a transaction, aborted ones included';
COMMENT ON COLUMN advisor.connections.used_percent IS 'used in percent of connection_limit less reserved';
COMMENT ON COLUMN advisor.connections.high_water IS 'most connections at once: exact for the server, sampled for databases, not known for roles';
COMMENT ON COLUMN advisor.connections.high_water_at IS 'when there were first so many, if that is known';
COMMENT ON COLUMN advisor.connections.high_water_percent IS 'high_water in percent of connection_limit less reserved';
COMMENT ON COLUMN advisor.connections.since IS 'high_water is that since then: the start of the server, or when the database was first used after it';

-- Calls of statements that bind clients to their connections.  Superusers run
-- pg_dump and the like, whose SETs are not those of an application.
CREATE VIEW advisor._session_features AS
SELECT f.dbid, array_agg(f.feature || ' (' || advisor._count(f.calls) || CASE f.calls WHEN 1 THEN ' call)' ELSE ' calls)' END
	ORDER BY f.calls DESC, f.feature) AS features
FROM (
	SELECT s.dbid, t.feature, sum(s.calls)::float8 AS calls
	FROM advisor.statements s
		CROSS JOIN LATERAL (SELECT advisor._session_feature(s.query) AS feature) t
	WHERE t.feature IS NOT NULL AND s.calls > 0
		AND (t.feature <> 'SET' OR s.toplevel AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = s.userid AND r.rolsuper))
	GROUP BY s.dbid, t.feature
) f
GROUP BY f.dbid;
COMMENT ON VIEW advisor._session_features IS
	'captured uses of what does not work in a pool that lends connections for a transaction, by database';

CREATE VIEW advisor.pool_advice AS
WITH concurrency AS MATERIALIZED (
	SELECT c.* FROM advisor._concurrency() c
), features AS MATERIALIZED (
	SELECT f.* FROM advisor._session_features f
), measured AS (
	SELECT 'sampled' AS source, d.datname::text AS datname, c.dbid, c.application_name, c.since, c.observed_time,
		c.transactions, c.clients, c.max_clients, c.mean_clients, c.mean_held, c.mean_active, c.max_held,
		GREATEST(c.peak_held, c.mean_held) AS peak_held, GREATEST(c.peak_active, c.mean_active) AS peak_active, c.peak_at,
		c.sessions, c.session_time / NULLIF(c.sessions, 0) AS mean_session_time
	FROM concurrency c
		JOIN pg_database d ON d.oid = c.dbid
	WHERE c.kind IN ('database', 'application') AND c.observed_time > 0
	UNION ALL
	-- what the server adds up is only the mean, and only of databases
	SELECT 'pg_stat_database', s.datname::text, s.datid, NULL, s.stats_reset, t.seconds,
		s.xact_commit + s.xact_rollback, s.numbackends, NULL, s.session_time / 1000 / t.seconds,
		(s.active_time + s.idle_in_transaction_time) / 1000 / t.seconds, s.active_time / 1000 / t.seconds, NULL,
		(s.active_time + s.idle_in_transaction_time) / 1000 / t.seconds, s.active_time / 1000 / t.seconds, NULL,
		s.sessions, s.session_time / NULLIF(s.sessions, 0)
	FROM pg_stat_database s
		CROSS JOIN LATERAL (SELECT extract(epoch FROM now() - s.stats_reset)::float8 AS seconds) t
	WHERE s.datname IS NOT NULL AND s.sessions > 0 AND t.seconds > 0
		AND pg_has_role('pg_read_all_stats', 'USAGE')
		AND NOT EXISTS (SELECT FROM concurrency c WHERE c.kind = 'database' AND c.dbid = s.datid AND c.observed_time > 0)
), sized AS (
	SELECT m.*, y.cpus, f.features,
		CASE WHEN f.features IS NULL THEN 'transaction' ELSE 'session' END AS pool_mode,
		advisor._pool_size(advisor._useful_held(m.peak_held, m.peak_active, y.cpus, (SELECT advisor._setting('active_per_cpu'))),
			(SELECT advisor._setting('pool_safety'))) AS transaction_pool_size
	FROM measured m
		CROSS JOIN (SELECT s.cpus FROM advisor._system() s) y
		LEFT JOIN features f ON f.dbid = m.dbid
), advised AS (
	SELECT s.*,
		-- for a session, a connection is held as long as the client is there
		CASE s.pool_mode WHEN 'transaction' THEN s.transaction_pool_size
			ELSE GREATEST(s.transaction_pool_size, s.max_clients, ceil(s.mean_clients)::integer) END AS default_pool_size
	FROM sized s
), completed AS (
	SELECT a.*,
		LEAST(a.default_pool_size, GREATEST(1, ceil(a.mean_held)::integer)) AS min_pool_size,
		-- for the moments in which more were held than the pool has
		LEAST(a.default_pool_size, GREATEST(1, a.max_held - a.default_pool_size)) AS reserve_pool_size
	FROM advised a
)
SELECT
	c.datname,
	c.application_name,
	c.source,
	c.since,
	c.observed_time,
	c.transactions / c.observed_time AS transactions_per_second,
	c.clients,
	c.max_clients,
	c.mean_clients,
	c.mean_held,
	c.mean_active,
	c.max_held,
	c.peak_held,
	c.peak_active,
	c.peak_at,
	c.sessions / c.observed_time AS sessions_per_second,
	c.mean_session_time,
	c.cpus,
	coalesce(c.features, '{}') AS session_features,
	c.pool_mode,
	c.default_pool_size,
	c.min_pool_size,
	c.reserve_pool_size,
	c.default_pool_size + c.reserve_pool_size AS max_db_connections,
	c.transaction_pool_size,
	GREATEST(c.max_clients - c.transaction_pool_size, 0) AS connections_saved,
	advisor._pgbouncer_ini(c.datname || coalesce('_' || NULLIF(trim('_' FROM regexp_replace(c.application_name, '[^a-zA-Z0-9_.-]+', '_', 'g')), ''), ''),
		c.datname, c.pool_mode, c.default_pool_size, c.min_pool_size, c.reserve_pool_size,
		GREATEST(100, 2 * coalesce(c.max_clients, ceil(c.mean_clients)::integer))) AS pgbouncer_ini,
	concat_ws('; ',
		CASE WHEN c.features IS NOT NULL THEN 'uses ' || array_to_string(c.features, ', ')
			|| ' (captured in this database): without these a transaction pool of ' || c.transaction_pool_size || ' would do' END,
		CASE WHEN c.features IS NULL AND c.source = 'sampled' THEN 'nothing was captured that needs a session; prepared statements of the protocol need PgBouncer 1.21 with max_prepared_statements' END,
		CASE WHEN c.peak_active > c.cpus THEN 'in the busiest minute ' || advisor._count(c.peak_active) || ' connections were active on '
			|| c.cpus || ' processors: more would not do more work' END,
		CASE WHEN c.peak_at IS NULL AND c.source = 'sampled' THEN 'no minute of use is complete yet' END,
		CASE c.source WHEN 'pg_stat_database' THEN 'means since the statistics were reset, the busiest minute is not known' END) AS note
FROM completed c
ORDER BY c.datname, c.application_name NULLS FIRST;
COMMENT ON VIEW advisor.pool_advice IS
	'connections really used at once, and the pool that would do: a row for each database, and for each application of it; for members of pg_read_all_stats';
COMMENT ON COLUMN advisor.pool_advice.datname IS 'database';
COMMENT ON COLUMN advisor.pool_advice.application_name IS 'application; null in the row of the database, with all of its applications';
COMMENT ON COLUMN advisor.pool_advice.source IS 'sampled several times a second by advisor, or pg_stat_database, where there is nothing better';
COMMENT ON COLUMN advisor.pool_advice.since IS 'seen first since the server''s start';
COMMENT ON COLUMN advisor.pool_advice.observed_time IS 'seconds of observation since then';
COMMENT ON COLUMN advisor.pool_advice.transactions_per_second IS 'transactions of clients per second; those of running sessions are counted every few seconds';
COMMENT ON COLUMN advisor.pool_advice.clients IS 'connections at the last look';
COMMENT ON COLUMN advisor.pool_advice.max_clients IS 'most connections at any look';
COMMENT ON COLUMN advisor.pool_advice.mean_clients IS 'connections on average';
COMMENT ON COLUMN advisor.pool_advice.mean_held IS 'connections in a transaction on average, active or idle in it: what a transaction pool would have lent (Little''s law: time in transactions per time)';
COMMENT ON COLUMN advisor.pool_advice.mean_active IS 'connections executing something on average';
COMMENT ON COLUMN advisor.pool_advice.max_held IS 'most connections in a transaction at any look';
COMMENT ON COLUMN advisor.pool_advice.peak_held IS 'mean number in a transaction in the busiest minute';
COMMENT ON COLUMN advisor.pool_advice.peak_active IS 'mean number executing something in the minute in which that was most';
COMMENT ON COLUMN advisor.pool_advice.peak_at IS 'end of the minute with peak_held; null before the first minute is over';
COMMENT ON COLUMN advisor.pool_advice.sessions_per_second IS 'sessions that ended, per second';
COMMENT ON COLUMN advisor.pool_advice.mean_session_time IS 'how long they lasted on average, in ms';
COMMENT ON COLUMN advisor.pool_advice.cpus IS 'processors that the server may use';
COMMENT ON COLUMN advisor.pool_advice.session_features IS 'what was captured in this database that binds clients to their connection';
COMMENT ON COLUMN advisor.pool_advice.pool_mode IS 'session if there is any of that, else transaction';
COMMENT ON COLUMN advisor.pool_advice.default_pool_size IS 'connections of the pool in that mode';
COMMENT ON COLUMN advisor.pool_advice.min_pool_size IS 'connections to keep open';
COMMENT ON COLUMN advisor.pool_advice.reserve_pool_size IS 'more of them for clients that have waited for a second';
COMMENT ON COLUMN advisor.pool_advice.max_db_connections IS 'all of them';
COMMENT ON COLUMN advisor.pool_advice.transaction_pool_size IS 'connections of a transaction pool: peak_held + pool_safety * sqrt(peak_held), active ones beyond active_per_cpu left out';
COMMENT ON COLUMN advisor.pool_advice.connections_saved IS 'max_clients less transaction_pool_size';
COMMENT ON COLUMN advisor.pool_advice.pgbouncer_ini IS 'the same as lines for pgbouncer.ini; an application has an alias of its own';
COMMENT ON COLUMN advisor.pool_advice.note IS 'what to know about it';

-- ---------------------------------------------------------------------
-- Findings
-- ---------------------------------------------------------------------

CREATE VIEW advisor.pools_findings AS
WITH connections AS MATERIALIZED (
	SELECT c.*, GREATEST(c.used_percent, c.high_water_percent) AS percent
	FROM advisor.connections c
	WHERE c.connection_limit > 0
), pools AS MATERIALIZED (
	SELECT p.* FROM advisor.pool_advice p
), server AS MATERIALIZED (
	SELECT c.*, GREATEST(c.peak_active, c.mean_active) AS active, y.cpus
	FROM advisor._concurrency() c
		CROSS JOIN (SELECT s.cpus FROM advisor._system() s) y
	WHERE c.kind = 'server' AND c.observed_time >= (SELECT advisor._setting('pool_minutes')) * 60
)
SELECT f.*
FROM connections c
	CROSS JOIN LATERAL (SELECT CASE c.scope WHEN 'server' THEN 'The server' ELSE 'Database ' || quote_ident(c.name) END AS what) w
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'connections_near_limit',
		category => 'server',
		parts => ARRAY[c.scope, coalesce(c.name, 'max_connections')],
		severity => CASE WHEN c.percent >= (SELECT advisor._setting('connections_high_percent')) THEN 'high' ELSE 'medium' END,
		object => CASE c.scope WHEN 'server' THEN 'server' ELSE 'database ' || quote_ident(c.name) END,
		title => w.what || ' has used up to ' || c.high_water || ' of ' || (c.connection_limit - c.reserved) || ' connections',
		detail => w.what || ' allows ' || c.connection_limit || ' connections'
			|| CASE WHEN c.reserved > 0 THEN ', ' || c.reserved || ' of them reserved' ELSE '' END || '. Now ' || c.used || ' are used ('
			|| c.active || ' active, ' || c.idle || ' idle, ' || c.idle_in_transaction || ' idle in transaction); the most since '
			|| date_trunc('second', c.since) || ' were ' || c.high_water || coalesce(' at ' || date_trunc('second', c.high_water_at), '')
			|| ', ' || round(c.high_water_percent::numeric) || ' per cent. At the limit further clients are refused.',
		evidence => jsonb_build_object('connection_limit', c.connection_limit, 'reserved', c.reserved, 'used', c.used, 'active', c.active,
			'idle', c.idle, 'idle_in_transaction', c.idle_in_transaction, 'high_water', c.high_water, 'high_water_at', c.high_water_at,
			'high_water_percent', c.high_water_percent, 'since', c.since),
		remedy => 'Let clients share connections: advisor.pool_advice tells how many are really used at once. A higher limit costs memory and a restart, and is only right if they are.',
		confidence => 95) f
WHERE c.scope IN ('server', 'database') AND c.percent >= (SELECT advisor._setting('connections_percent'))
UNION ALL
SELECT f.*
FROM connections c
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'role_connection_limit',
		category => 'server',
		parts => ARRAY[c.name],
		severity => CASE WHEN c.percent >= (SELECT advisor._setting('connections_high_percent')) THEN 'high' ELSE 'medium' END,
		object => 'role ' || quote_ident(c.name),
		title => 'Role ' || quote_ident(c.name) || ' uses ' || c.used || ' of the ' || c.connection_limit || ' connections that it may have',
		detail => 'Now, ' || c.used || ' sessions of the role are connected (' || c.active || ' active, ' || c.idle || ' idle, ' || c.idle_in_transaction
			|| ' idle in transaction), and its limit is ' || c.connection_limit || '. At the limit it is refused. How many it had at other times is not known.',
		evidence => jsonb_build_object('connection_limit', c.connection_limit, 'used', c.used, 'active', c.active, 'idle', c.idle,
			'idle_in_transaction', c.idle_in_transaction, 'used_percent', c.used_percent),
		remedy => 'Find out why it needs them, with pg_stat_activity; if it does, raise the limit.',
		remedy_sql => format('ALTER ROLE %I CONNECTION LIMIT %s;', c.name, ceil(1.5 * c.connection_limit)),
		undo_sql => format('ALTER ROLE %I CONNECTION LIMIT %s;', c.name, c.connection_limit),
		confidence => 90) f
WHERE c.scope = 'role' AND c.percent >= (SELECT advisor._setting('connections_percent'))
UNION ALL
SELECT f.*
FROM pools p
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'pool_advice',
		category => 'server',
		parts => ARRAY[p.datname],
		severity => CASE p.pool_mode WHEN 'transaction' THEN 'low' ELSE 'info' END,
		object => 'database ' || quote_ident(p.datname),
		title => 'Database ' || quote_ident(p.datname) || ' keeps up to ' || p.max_clients || ' connections, of which a pool of '
			|| p.transaction_pool_size || ' would do',
		detail => 'In ' || advisor._duration(p.observed_time * 1000) || ' since ' || date_trunc('second', p.since) || ' there were '
			|| advisor._count(p.mean_clients) || ' connections on average; ' || advisor._count(p.mean_held) || ' were in a transaction on average, '
			|| advisor._count(p.peak_held) || ' in the busiest minute, ' || p.max_held || ' at most at once. By application: '
			|| (SELECT string_agg(coalesce(NULLIF(a.application_name, ''), 'without a name') || ' ' || advisor._count(a.peak_held) || ' of ' || a.max_clients, ', '
				ORDER BY a.max_clients DESC, a.application_name)
				FROM pools a WHERE a.datname = p.datname AND a.application_name IS NOT NULL)
			|| '. Each idle connection costs a process with its caches and makes every snapshot dearer. ' || upper(left(p.note, 1)) || substr(p.note, 2) || '.',
		evidence => jsonb_build_object('since', p.since, 'observed_time', p.observed_time, 'max_clients', p.max_clients, 'mean_clients', p.mean_clients,
			'mean_held', p.mean_held, 'mean_active', p.mean_active, 'peak_held', p.peak_held, 'peak_active', p.peak_active, 'peak_at', p.peak_at,
			'max_held', p.max_held, 'session_features', to_jsonb(p.session_features), 'pool_mode', p.pool_mode,
			'transaction_pool_size', p.transaction_pool_size, 'pgbouncer_ini', p.pgbouncer_ini),
		remedy => CASE p.pool_mode
			WHEN 'transaction' THEN 'Put a pool with pool_mode = transaction in front of it; the column pgbouncer_ini of advisor.pool_advice has the lines, also for each application.'
			ELSE 'What it uses of its sessions (' || array_to_string(p.session_features, ', ') || ') does not work in a transaction pool: do without that first.' END,
		confidence => CASE p.pool_mode WHEN 'transaction' THEN 80 ELSE 60 END) f
WHERE p.application_name IS NULL AND p.source = 'sampled'
	AND p.observed_time >= (SELECT advisor._setting('pool_minutes')) * 60
	AND p.max_clients >= (SELECT advisor._setting('pool_clients'))
	AND p.max_clients >= (SELECT advisor._setting('pool_ratio')) * p.transaction_pool_size
UNION ALL
SELECT f.*
FROM server s
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'too_many_active',
		category => 'server',
		parts => ARRAY['server'],
		severity => CASE WHEN s.active >= 2 * s.cpus * (SELECT advisor._setting('active_per_cpu')) THEN 'high' ELSE 'medium' END,
		object => 'server',
		title => 'Up to ' || advisor._count(s.active) || ' connections are active at once on ' || s.cpus || ' processors',
		detail => 'In the busiest minute' || coalesce(' (of use, it ended at ' || date_trunc('second', s.peak_at) || ')', '') || ' ' || advisor._count(s.active)
			|| ' connections were executing something on average, in all the time since ' || date_trunc('second', s.since) || ' '
			|| advisor._count(s.mean_active) || '. Beyond what the processors and disks can serve, more of them only wait, and hold locks and memory meanwhile. '
			|| 'Waiting for locks counts as active: advisor.statements shows lock_wait_time.',
		evidence => jsonb_build_object('peak_active', s.peak_active, 'mean_active', s.mean_active, 'peak_held', s.peak_held, 'max_held', s.max_held,
			'peak_at', s.peak_at, 'cpus', s.cpus, 'observed_time', s.observed_time, 'since', s.since),
		remedy => 'Let a pool queue what is more than the server can do (advisor.pool_advice), and make the statements cheaper that take the time (advisor.slow_queries).',
		confidence => 75) f
WHERE s.active > s.cpus * (SELECT advisor._setting('active_per_cpu'))
UNION ALL
SELECT f.*
FROM pools p
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'short_sessions',
		category => 'server',
		parts => ARRAY[p.datname],
		severity => CASE WHEN p.sessions_per_second >= 10 * (SELECT advisor._setting('sessions_per_second')) THEN 'medium' ELSE 'low' END,
		object => 'database ' || quote_ident(p.datname),
		title => 'Database ' || quote_ident(p.datname) || ' gets ' || advisor._count(p.sessions_per_second) || ' new sessions a second that last '
			|| advisor._duration(p.mean_session_time),
		detail => 'In ' || advisor._duration(p.observed_time * 1000) || ' since ' || date_trunc('second', p.since) || ', '
			|| advisor._count(p.sessions_per_second * p.observed_time) || ' sessions ended that had executed something, after '
			|| advisor._duration(p.mean_session_time) || ' and ' || advisor._count(p.transactions_per_second / NULLIF(p.sessions_per_second, 0))
			|| ' transactions on average. Each begins with a new process that fills its caches anew, which costs more than most short statements.',
		evidence => jsonb_build_object('since', p.since, 'observed_time', p.observed_time, 'sessions_per_second', p.sessions_per_second,
			'mean_session_time', p.mean_session_time, 'transactions_per_second', p.transactions_per_second),
		remedy => 'Let clients keep their connections, or put a pool in between: advisor.pool_advice has the size.',
		confidence => 85) f
WHERE p.application_name IS NULL
	AND p.observed_time >= (SELECT advisor._setting('pool_minutes')) * 60
	AND p.sessions_per_second > 0
	AND p.sessions_per_second >= (SELECT advisor._setting('sessions_per_second'))
	AND p.mean_session_time < (SELECT advisor._setting('short_session_seconds')) * 1000;
COMMENT ON VIEW advisor.pools_findings IS
	'connections near their limits, databases and the server that would profit from a pool; rows are of type advisor.finding';

CREATE FUNCTION advisor._pools_checks() RETURNS TABLE (
	check_id text, category text, title text, looks_at text, settings text[], needs text, page text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100 ROWS 5
BEGIN ATOMIC
	SELECT c.*
	FROM (VALUES
		('connections_near_limit', 'server', 'connections come near their limit',
			'The most client connections there ever were since the server''s start, against max_connections less the reserved ones, and those of databases with a limit.',
			ARRAY['connections_percent', 'connections_high_percent'], 'pg_read_all_stats',
$page$What it looks at
  Client connections of the server and of databases with a limit: those there are now, and the
  most there were at once since the server has started. For the server that is counted at every
  login and logout, so it is exact; for databases it is the most at any look of a sampler, which
  looks several times a second. Background workers and replication do not count: they have
  places of their own.

Why it matters
  At the limit new clients are refused, monitoring and the application alike. It comes without
  warning, and mostly when something else is wrong already: statements that have become slow
  make clients open more connections.

How it decides
  The most connections in per cent of max_connections less superuser_reserved_connections and
  reserved_connections, which ordinary roles cannot have (or of the limit of the database).
  From connections_percent on that is of medium severity, from connections_high_percent on high.

When it is wrong
  A load test or a deployment that doubled the connections for a moment leaves its mark until
  the server is restarted; look at when it was. A pool of fixed size close to the limit is fine.

What to do
  Look into advisor.connections for who has them, and into advisor.pool_advice for how many are
  needed. Mostly a pool is the remedy. To raise the limit: ALTER SYSTEM SET max_connections, and
  a restart; standbys must have at least as many, and be restarted first. Databases:
  ALTER DATABASE ... CONNECTION LIMIT, at once and without a lock that anybody would feel.$page$),
		('role_connection_limit', 'server', 'a role comes near its connection limit',
			'Sessions of roles that have a connection limit, now.',
			ARRAY['connections_percent', 'connections_high_percent'], 'pg_read_all_stats',
$page$What it looks at
  Roles with a CONNECTION LIMIT that are not superusers, to whom it does not apply, and how many
  sessions of theirs are connected just now.

Why it matters
  At its limit the role is refused, which is what the limit is for; but the application that it
  belongs to fails, and its messages may not be where a DBA looks.

How it decides
  Sessions in per cent of the limit: from connections_percent on medium, from
  connections_high_percent on high.

When it is wrong
  It sees this moment only: a role that was at its limit an hour ago is not found, unless
  advisor.findings was read at that time. A pool that fills its limit exactly, and queues, is fine.

What to do
  Look into pg_stat_activity for what the sessions do. ALTER ROLE ... CONNECTION LIMIT raises the
  limit at once; the same statement with the old number takes it back. It locks nothing else.$page$),
		('pool_advice', 'server', 'many connections, few of them used at once',
			'How many connections of each database were in a transaction at once, against how many there were.',
			ARRAY['pool_safety', 'pool_clients', 'pool_ratio', 'pool_minutes', 'active_per_cpu'], 'pg_read_all_stats, advisor.wait_interval > 0, track_activities',
$page$What it looks at
  Several times a second a background worker looks at whether each client's connection is
  active, idle or idle in a transaction. By Little's law the number in use on average is the time
  spent in transactions per time. That is kept for the server, each database and each
  application, all together and for the busiest minute since the start of the server.

Why it matters
  A connection is a process: it has caches of its own (megabytes after a while), and each
  snapshot has to look at it. A pool that lends connections for one transaction at a time makes
  do with a fraction of them, and lets bursts wait in a queue rather than in the server.

How it decides
  A pool needs the mean L of the busiest minute plus a safety of pool_safety times the square
  root of L (the square-root staffing rule: numbers in use at once vary like a Poisson variable,
  whose deviation is the square root of its mean), at least one more than L and at least two.
  Active connections count at most active_per_cpu for each processor. It is reported if there
  were pool_clients connections or more, at least pool_ratio times the size of the pool, in
  an observation of pool_minutes or more.

When it is wrong
  Load that comes once a month may not have been seen: the observation begins with the server.
  What binds clients to a session (LISTEN, session-level advisory locks, temporary tables, SET,
  cursors WITH HOLD) is found in captured statements only, and not told apart by application.

What to do
  advisor.pool_advice has the sizes and the lines for pgbouncer.ini. PgBouncer has a pool for each
  pair of database and user: if several applications use the same user, take the row of the
  database. Clients that bind their sessions need pool_mode = session, which saves nothing, or a
  change. Nothing in the server changes; to undo it, let clients connect directly again.$page$),
		('too_many_active', 'server', 'more active connections than the processors can serve',
			'How many connections were executing something at once in the busiest minute, against the processors that the server may use.',
			ARRAY['active_per_cpu', 'pool_minutes'], 'pg_monitor, advisor.wait_interval > 0, track_activities',
$page$What it looks at
  The mean number of active connections of the whole server in its busiest minute, sampled
  several times a second, and the number of processors: those that the operating system lets the
  server use, or its control group's quota, whichever is less.

Why it matters
  Two active connections for a processor keep it busy, as one may wait for the disk. What
  comes on top does not make more work done: it waits in the server, where it holds locks,
  snapshots and memory, instead of in a queue outside, where it holds nothing.

How it decides
  More than active_per_cpu for each processor is of medium severity, more than twice that high.
  It says nothing before an observation of pool_minutes.

When it is wrong
  Waiting for a lock, for a slow disk or for a client to take its rows is active, too: then the
  wait is the problem, not the number. Parallel workers are not counted: there may be more load
  than it seems. With fast disks and network storage more than two for a processor can be right.

What to do
  Limit what runs at once with a pool (advisor.pool_advice), and look at what takes the time:
  advisor.slow_queries, and lock_wait_time in advisor.statements.$page$),
		('short_sessions', 'server', 'many sessions that last only a moment',
			'How many sessions of each database ended per second, and how long they had lasted.',
			ARRAY['sessions_per_second', 'short_session_seconds', 'pool_minutes'], 'pg_read_all_stats',
$page$What it looks at
  Sessions of clients that have ended since the server's start after they had executed at least
  one statement, and how long they had lasted. They are counted exactly, when they end. Where
  nothing was sampled, pg_stat_database's sessions and session_time are taken instead.

Why it matters
  For each session the server starts a process, authenticates it and fills its caches of the
  catalog: some milliseconds of work, in which many transactions could have been done, and for
  the client the network's round trips (and TLS) on top.

How it decides
  It reports databases with at least sessions_per_second new sessions whose mean duration is less
  than short_session_seconds, at low severity; at ten times that rate, medium.

When it is wrong
  The rate is a mean over the whole observation: a job that opens thousands of sessions once a
  night does not show. Health checks of a load balancer may be all there is to it.

What to do
  Let the application keep connections (its framework has a pool), or put PgBouncer in between.
  advisor.pool_advice shows by application who opens them. Nothing in the server changes.$page$)
	) c(check_id, category, title, looks_at, settings, needs, page);
END;
COMMENT ON FUNCTION advisor._pools_checks() IS
	'the checks of advisor.pools_findings';

CREATE FUNCTION advisor._pools_skips() RETURNS TABLE (check_id text, reason text)
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 5
BEGIN ATOMIC
	WITH observed AS (
		SELECT
			pg_has_role('pg_read_all_stats', 'USAGE') AS may,
			current_setting('advisor.wait_interval', true) AS wait_interval,
			(SELECT c.observed_time FROM advisor._concurrency() c WHERE c.kind = 'server') AS seconds
	)
	SELECT c.check_id,
		CASE
			WHEN NOT o.may THEN 'needs membership in pg_read_all_stats'
			WHEN c.sampled AND o.wait_interval = '0' THEN 'advisor.wait_interval is 0, so nothing is sampled'
			WHEN c.sampled AND current_setting('track_activities') <> 'on' THEN 'track_activities is off'
			WHEN c.sampled AND coalesce(o.seconds, 0) < (SELECT advisor._setting('pool_minutes')) * 60
				THEN 'observed for ' || advisor._duration(coalesce(o.seconds, 0) * 1000) || ', less than the setting pool_minutes'
			WHEN c.check_id = 'too_many_active' AND (SELECT s.cpus FROM advisor._system() s) IS NULL
				THEN 'the number of processors is not known: needs membership in pg_monitor'
		END
	FROM observed o
		CROSS JOIN (VALUES
			('connections_near_limit', false),
			('role_connection_limit', false),
			('pool_advice', true),
			('too_many_active', true),
			('short_sessions', true)) c(check_id, sampled)
	WHERE NOT o.may
		OR c.sampled AND (o.wait_interval = '0' OR current_setting('track_activities') <> 'on'
			OR coalesce(o.seconds, 0) < (SELECT advisor._setting('pool_minutes')) * 60)
		OR c.check_id = 'too_many_active' AND (SELECT s.cpus FROM advisor._system() s) IS NULL;
END;
COMMENT ON FUNCTION advisor._pools_skips() IS
	'checks of advisor.pools_findings that cannot run now, and why';

/*
 * 84_activity: sessions that stay too long, what they hold and who waits for
 * them; lock waits as a tree; deadlocks, rollbacks, forgotten prepared
 * transactions.  Needs 42_observations.
 *
 * What pg_stat_activity hides from the reader stays hidden: its function looks
 * at who asks, in views as well.  Times are in milliseconds.
 */

INSERT INTO advisor.settings (name, value, unit, minimum, maximum, description) VALUES
	('idle_transaction_time', 300, 's', 1, 1e6, 'a session that idles in a transaction for less is not reported'),
	('long_transaction_time', 1800, 's', 1, 1e7, 'shorter transactions are not reported; 24 times that for dumps and maintenance'),
	('long_statement_time', 60, 's', 1, 1e7, 'a statement that has run for less is not reported, however short it usually is'),
	('long_statement_factor', 5, 'times', 1, 1e6, 'a statement is long if it has run for so many times its 99th percentile, and longer than ever'),
	('lock_wait_time', 10, 's', 0, 1e6, 'shorter waits for locks are not reported'),
	('deadlocks_per_day', 1, 'a day', 0, 1e9, 'fewer deadlocks are not reported'),
	('prepared_transaction_time', 300, 's', 1, 1e7, 'younger prepared transactions are not reported'),
	('rollback_percent', 10, '%', 0, 100, 'a lower share of transactions that are rolled back is not reported');

CREATE FUNCTION advisor._lock_strength(mode text) RETURNS integer
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT array_position(ARRAY['AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock',
		'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'], mode);
END;
COMMENT ON FUNCTION advisor._lock_strength(text) IS
	'1 for the weakest mode of a lock to 8 for the strongest';

-- The table of conflicts in the manual, "Table-Level Locks".
CREATE FUNCTION advisor._locks_conflict(mode text, other text) RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE advisor._lock_strength(mode)
		WHEN 1 THEN advisor._lock_strength(other) = 8
		WHEN 2 THEN advisor._lock_strength(other) >= 7
		WHEN 3 THEN advisor._lock_strength(other) >= 5
		WHEN 4 THEN advisor._lock_strength(other) >= 4
		WHEN 5 THEN advisor._lock_strength(other) IN (3, 4, 6, 7, 8)
		WHEN 6 THEN advisor._lock_strength(other) >= 3
		WHEN 7 THEN advisor._lock_strength(other) >= 2
		WHEN 8 THEN true
	END;
END;
COMMENT ON FUNCTION advisor._locks_conflict(text, text) IS
	'does a lock in one mode keep another session from taking it in the other?';

-- A pid is used again some day: the transaction must still be the same.
CREATE FUNCTION advisor._end_session(how text, pid integer, xact_start timestamptz) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT format('SELECT pg_catalog.%I(a.pid) FROM pg_catalog.pg_stat_activity a WHERE a.pid = %s AND a.xact_start = %L;',
		how, pid, to_jsonb(xact_start) #>> '{}');
END;
COMMENT ON FUNCTION advisor._end_session(text, integer, timestamptz) IS
	'SQL that ends what a session does (pg_cancel_backend) or the session (pg_terminate_backend) if it is still in that transaction';

CREATE FUNCTION advisor._milliseconds(since timestamptz) RETURNS float8
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN since IS NOT NULL THEN GREATEST(0, EXTRACT(epoch FROM statement_timestamp() - since)::float8 * 1000) END;
END;
COMMENT ON FUNCTION advisor._milliseconds(timestamptz) IS
	'ms since then; null if that is not known';

-- Numbers that an application puts in its name change from day to day.
CREATE FUNCTION advisor._application_key(application_name text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT regexp_replace(application_name, '[0-9]+', 'N', 'g');
END;
COMMENT ON FUNCTION advisor._application_key(text) IS
	'an application''s name, for keys of findings';

-- Whom pg_blocking_pids() names is many: all that hold the lock, and all that
-- stand before one in the queue.  There are more paths through that than anyone
-- can count, so each waiting session hangs below one of them: who does not wait
-- himself, else who has waited longest.  Without a deadlock that is a tree.
--
-- pg_blocking_pids() stops all locking for a moment, so it is asked for waiting
-- sessions only.  A parallel worker waits on behalf of its leader.  A prepared
-- transaction has no pid; its node is less than 0.
--
-- Nobody can say beforehand how many sessions wait.  A function tells the planner
-- that it is not millions; nor is it worth compiling.
CREATE FUNCTION advisor._lock_tree(
	OUT node bigint,
	OUT root bigint,
	OUT path bigint[],
	OUT is_deadlock boolean,
	OUT blockers bigint[],
	OUT locktype text,
	OUT mode text,
	OUT database oid,
	OUT relation oid,
	OUT page integer,
	OUT tuple smallint,
	OUT transactionid xid,
	OUT virtualxid text,
	OUT classid oid,
	OUT objid oid,
	OUT objsubid smallint,
	OUT waitstart timestamptz)
	RETURNS SETOF record
	LANGUAGE sql VOLATILE PARALLEL SAFE COST 10000 ROWS 20
	SET jit = off
BEGIN ATOMIC
WITH RECURSIVE locks AS MATERIALIZED (
	SELECT l.* FROM pg_locks l
), waiting AS MATERIALIZED (
	SELECT DISTINCT ON (coalesce(a.leader_pid, l.pid)) coalesce(a.leader_pid, l.pid) AS session, l.*
	FROM locks l
		LEFT JOIN pg_stat_get_activity(NULL) a ON a.pid = l.pid
	WHERE NOT l.granted
	ORDER BY coalesce(a.leader_pid, l.pid), l.waitstart
), blockers AS MATERIALIZED (
	SELECT DISTINCT w.session, b.pid
	FROM waiting w
		CROSS JOIN LATERAL unnest(pg_blocking_pids(w.session)) b(pid)
	WHERE b.pid <> w.session
), edges AS MATERIALIZED (
	SELECT b.session, b.pid::bigint AS blocker FROM blockers b WHERE b.pid <> 0
	UNION
	SELECT b.session, coalesce(p.node, 0)
	FROM blockers b
		JOIN waiting w ON w.session = b.session
		LEFT JOIN LATERAL (
			-- a prepared one has a lock on its own id, and maybe on those of subtransactions
			SELECT DISTINCT -p.transaction::text::bigint AS node
			FROM locks l
				JOIN locks x ON x.pid IS NULL AND x.locktype = 'transactionid' AND x.granted AND x.virtualtransaction = l.virtualtransaction
				JOIN pg_prepared_xact() p ON p.transaction = x.transactionid
			WHERE l.pid IS NULL AND l.granted AND l.locktype = w.locktype
				AND (l.database, l.relation, l.page, l.tuple, l.virtualxid, l.transactionid, l.classid, l.objid, l.objsubid)
					IS NOT DISTINCT FROM (w.database, w.relation, w.page, w.tuple, w.virtualxid, w.transactionid, w.classid, w.objid, w.objsubid)
				AND advisor._locks_conflict(l.mode, w.mode)) p ON true
	WHERE b.pid = 0
), parents AS MATERIALIZED (
	SELECT DISTINCT ON (e.session) e.session::bigint AS node, e.blocker AS parent, w.session IS NOT NULL AS parent_waits
	FROM edges e
		LEFT JOIN waiting w ON w.session = e.blocker
	ORDER BY e.session, w.session IS NOT NULL, w.waitstart, e.blocker
), ancestors AS (
	SELECT p.node, p.parent FROM parents p WHERE p.parent_waits
	UNION
	SELECT a.node, p.parent FROM ancestors a JOIN parents p ON p.node = a.parent
), roots AS (
	SELECT DISTINCT p.parent AS node, false AS is_deadlock FROM parents p WHERE NOT p.parent_waits
	UNION ALL
	-- who waits for himself: of each such circle, one
	SELECT a.node, true FROM ancestors a GROUP BY a.node HAVING bool_or(a.parent = a.node) AND min(a.parent) = a.node
), tree AS (
	SELECT r.node, r.node AS root, ARRAY[r.node] AS path, r.is_deadlock FROM roots r
	UNION ALL
	SELECT p.node, t.root, t.path || p.node, t.is_deadlock
	FROM tree t
		JOIN parents p ON p.parent = t.node AND p.node <> ALL (t.path)
)
SELECT
	t.node,
	t.root,
	t.path,
	t.is_deadlock,
	(SELECT array_agg(e.blocker ORDER BY e.blocker) FROM edges e WHERE e.session = t.node) AS blockers,
	w.locktype,
	w.mode,
	coalesce(w.database, r.database),
	coalesce(w.relation, r.relation) AS relation,
	coalesce(w.page, r.page) AS page,
	coalesce(w.tuple, r.tuple) AS tuple,
	w.transactionid,
	w.virtualxid,
	w.classid,
	w.objid,
	w.objsubid,
	w.waitstart
FROM tree t
	LEFT JOIN waiting w ON w.session = t.node
	-- who waits for the end of a transaction that has changed a row has locked that row for himself first
	LEFT JOIN LATERAL (
		SELECT l.database, l.relation, l.page, l.tuple FROM locks l
		WHERE w.locktype = 'transactionid' AND l.pid = w.pid AND l.granted AND l.locktype = 'tuple' LIMIT 1) r ON true;
END;
COMMENT ON FUNCTION advisor._lock_tree() IS
	'waiting sessions and whom they wait for, each once; nodes are pids, or prepared transactions'' ids less than 0';

CREATE VIEW advisor.lock_tree AS
WITH tree AS MATERIALIZED (
	SELECT t.*, advisor._milliseconds(t.waitstart) AS wait_time FROM advisor._lock_tree() t
), behind AS (
	SELECT a.node, count(*)::integer AS sessions, sum(t.wait_time) AS wait_time, max(t.wait_time) AS longest
	FROM tree t
		CROSS JOIN LATERAL unnest(t.path) a(node)
	WHERE a.node <> t.node
	GROUP BY a.node
)
SELECT
	CASE WHEN t.root > 0 THEN t.root ELSE 0 END::integer AS root_pid,
	(SELECT array_agg(GREATEST(n, 0)::integer ORDER BY i) FROM unnest(t.path) WITH ORDINALITY u(n, i)) AS path,
	cardinality(t.path) - 1 AS depth,
	CASE WHEN t.node > 0 THEN t.node ELSE 0 END::integer AS pid,
	p.gid,
	(SELECT array_agg(DISTINCT GREATEST(n, 0)::integer) FROM unnest(t.blockers) n) AS blocked_by,
	coalesce(a.datname, p.database) AS datname,
	coalesce(a.usename, p.owner) AS usename,
	a.application_name,
	a.client_addr,
	a.backend_type,
	a.state,
	t.locktype,
	t.mode,
	CASE
		WHEN t.locktype = 'advisory' THEN CASE t.objsubid
			WHEN 1 THEN format('advisory lock %s', (t.classid::bigint << 32) | t.objid::bigint)
			ELSE format('advisory lock (%s, %s)', t.classid::bigint::integer, t.objid::bigint::integer) END
		WHEN t.tuple IS NOT NULL THEN format('row (%s,%s) of ', t.page, t.tuple) || n.relation
		WHEN t.page IS NOT NULL THEN format('page %s of ', t.page) || n.relation
		WHEN t.locktype = 'extend' THEN 'extension of ' || n.relation
		WHEN t.relation IS NOT NULL THEN n.relation
		WHEN t.locktype = 'transactionid' THEN 'transaction ' || t.transactionid
		WHEN t.locktype = 'virtualxid' THEN 'virtual transaction ' || t.virtualxid
		WHEN t.classid IS NOT NULL THEN format('%s %s', t.classid::regclass, t.objid)
		ELSE t.locktype
	END AS object,
	t.waitstart AS waiting_since,
	t.wait_time,
	coalesce(a.xact_start, p.prepared) AS transaction_since,
	a.state_change AS state_since,
	coalesce(b.sessions, 0) AS waiting_behind,
	coalesce(b.wait_time, 0) AS wait_time_behind,
	coalesce(b.longest, 0) AS longest_wait_behind,
	t.is_deadlock,
	a.query_id,
	a.query,
	CASE
		WHEN cardinality(t.path) > 1 OR t.is_deadlock THEN NULL
		WHEN p.gid IS NOT NULL AND p.database = current_database() THEN format('ROLLBACK PREPARED %L;', p.gid)
		WHEN a.backend_type <> 'client backend' OR a.pid = pg_backend_pid() THEN NULL
		WHEN a.state = 'active' THEN advisor._end_session('pg_cancel_backend', a.pid, a.xact_start)
		WHEN a.xact_start IS NOT NULL THEN advisor._end_session('pg_terminate_backend', a.pid, a.xact_start)
		-- a lock of the session, such as advisory ones
		WHEN a.state IS NOT NULL THEN format('SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a WHERE a.pid = %s AND a.backend_start = %L;',
			a.pid, to_jsonb(a.backend_start) #>> '{}')
	END AS end_sql
FROM tree t
	LEFT JOIN pg_stat_activity a ON a.pid = t.node
	LEFT JOIN pg_prepared_xacts p ON t.node < 0 AND p.transaction::text::bigint = -t.node
	LEFT JOIN behind b ON b.node = t.node
	LEFT JOIN LATERAL (
		SELECT coalesce(
			(SELECT quote_ident(s.nspname) || '.' || quote_ident(c.relname)
				FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
				WHERE c.oid = t.relation AND (t.database = 0 OR t.database = (SELECT d.dbid FROM advisor._current_database() d))),
			format('relation %s of database %s', t.relation, (SELECT d.datname FROM pg_database d WHERE d.oid = t.database))) AS relation
		WHERE t.relation IS NOT NULL) n ON true
ORDER BY max(coalesce(b.wait_time, 0)) OVER (PARTITION BY t.root) DESC, t.root, t.path;
COMMENT ON VIEW advisor.lock_tree IS
	'who waits for whose locks: the sessions that block and do not wait first, below each those that wait for it; times in ms';
COMMENT ON COLUMN advisor.lock_tree.root_pid IS 'who must end for all of these to go on; 0 for a prepared transaction';
COMMENT ON COLUMN advisor.lock_tree.path IS 'pids from there to this one; order by it to see the tree';
COMMENT ON COLUMN advisor.lock_tree.depth IS '0 for who does not wait himself';
COMMENT ON COLUMN advisor.lock_tree.pid IS 'the session; 0 for a prepared transaction';
COMMENT ON COLUMN advisor.lock_tree.gid IS 'name of the prepared transaction';
COMMENT ON COLUMN advisor.lock_tree.blocked_by IS 'all it waits for: those that hold the lock, and those before it in the queue';
COMMENT ON COLUMN advisor.lock_tree.datname IS 'its database';
COMMENT ON COLUMN advisor.lock_tree.usename IS 'the role it has logged in as, or that has prepared the transaction';
COMMENT ON COLUMN advisor.lock_tree.application_name IS 'what its client calls itself';
COMMENT ON COLUMN advisor.lock_tree.client_addr IS 'where its client is';
COMMENT ON COLUMN advisor.lock_tree.backend_type IS 'what kind of process it is';
COMMENT ON COLUMN advisor.lock_tree.state IS 'active, idle in transaction, ...';
COMMENT ON COLUMN advisor.lock_tree.locktype IS 'kind of what it waits for, as in pg_locks';
COMMENT ON COLUMN advisor.lock_tree.mode IS 'mode of the lock that it waits for';
COMMENT ON COLUMN advisor.lock_tree.object IS 'what it waits for';
COMMENT ON COLUMN advisor.lock_tree.waiting_since IS 'since when; null for the first moments';
COMMENT ON COLUMN advisor.lock_tree.wait_time IS 'for how long it has waited';
COMMENT ON COLUMN advisor.lock_tree.transaction_since IS 'when its transaction began, or was prepared';
COMMENT ON COLUMN advisor.lock_tree.state_since IS 'when its state began';
COMMENT ON COLUMN advisor.lock_tree.waiting_behind IS 'number of sessions that wait below it, at any depth';
COMMENT ON COLUMN advisor.lock_tree.wait_time_behind IS 'how long these have waited so far, together';
COMMENT ON COLUMN advisor.lock_tree.longest_wait_behind IS 'how long the one of these that has waited longest has';
COMMENT ON COLUMN advisor.lock_tree.is_deadlock IS 'they wait for each other: the server will end one after deadlock_timeout';
COMMENT ON COLUMN advisor.lock_tree.query_id IS 'query id of its current or last statement';
COMMENT ON COLUMN advisor.lock_tree.query IS 'its current or last statement, to who may see it';
COMMENT ON COLUMN advisor.lock_tree.end_sql IS 'SQL that ends the blocker at depth 0: its statement if it runs one, else its session; nothing of that can be taken back';

-- Reads one row per session and what it does that takes its time by nature.
CREATE VIEW advisor._purposes AS
SELECT DISTINCT ON (p.pid) p.pid, p.purpose
FROM (
	SELECT a.pid, 'dump' AS purpose, 1 AS rank FROM pg_stat_get_activity(NULL) a
	WHERE a.application_name IN ('pg_dump', 'pg_dumpall', 'pg_restore')
	UNION ALL SELECT i.pid, 'index build', 2 FROM pg_stat_progress_create_index i
	UNION ALL SELECT i.pid, 'vacuum', 2 FROM pg_stat_progress_vacuum i
	UNION ALL SELECT i.pid, 'table rewrite', 2 FROM pg_stat_progress_cluster i
	UNION ALL SELECT i.pid, 'analyze', 2 FROM pg_stat_progress_analyze i
	UNION ALL SELECT i.pid, 'copy', 2 FROM pg_stat_progress_copy i
) p
ORDER BY p.pid, p.rank;
COMMENT ON VIEW advisor._purposes IS
	'sessions that dump, load or maintain: these take long by nature';

CREATE VIEW advisor.long_running AS
WITH thresholds AS MATERIALIZED (
	SELECT 1000 * advisor._setting('idle_transaction_time') AS idle,
		1000 * advisor._setting('long_transaction_time') AS transaction,
		1000 * advisor._setting('long_statement_time') AS statement,
		advisor._setting('long_statement_factor') AS factor
), sessions AS MATERIALIZED (
	SELECT a.*,
		advisor._milliseconds(a.xact_start) AS transaction_time,
		advisor._milliseconds(a.state_change) AS state_time,
		CASE WHEN a.state NOT LIKE 'idle%' THEN advisor._milliseconds(a.query_start) END AS statement_time,
		p.purpose
	FROM pg_stat_activity a
		LEFT JOIN advisor._purposes p ON p.pid = a.pid
	WHERE a.backend_type = 'client backend'
		AND a.pid <> pg_backend_pid()
		AND a.xact_start IS NOT NULL
), history AS MATERIALIZED (
	SELECT s.dbid, s.queryid, sum(s.calls)::bigint AS calls, max(coalesce(s.p99_exec_time, s.max_exec_time)) AS p99, max(s.max_exec_time) AS longest
	FROM advisor._statements() s
	-- nobody is asked unless there is something to ask for
	WHERE advisor._is_preloaded()
		AND (SELECT count(*) > 0 FROM sessions n CROSS JOIN thresholds t WHERE n.statement_time >= LEAST(t.statement, t.transaction))
		AND s.toplevel
	GROUP BY s.dbid, s.queryid
), judged AS MATERIALIZED (
	SELECT s.*, h.calls, h.p99, h.longest,
		CASE
			WHEN s.state LIKE 'idle in transaction%' AND s.state_time >= t.idle THEN 'idle in transaction'
			WHEN s.statement_time >= t.statement AND s.purpose IS NULL AND h.calls >= 10
				AND s.statement_time > GREATEST(t.factor * h.p99, h.longest) THEN 'long statement'
			WHEN s.transaction_time >= t.transaction * CASE WHEN s.purpose IS NULL THEN 1 ELSE 24 END THEN 'long transaction'
		END AS kind
	FROM sessions s
		CROSS JOIN thresholds t
		LEFT JOIN history h ON h.dbid = s.datid AND h.queryid = s.query_id
), chosen AS MATERIALIZED (
	SELECT j.* FROM judged j WHERE j.kind IS NOT NULL
), tree AS MATERIALIZED (
	SELECT t.node, t.path, t.blockers FROM advisor._lock_tree() t WHERE (SELECT count(*) > 0 FROM chosen)
), held AS (
	SELECT l.pid,
		count(*)::integer AS locks,
		(array_agg(format('%s.%s %s', quote_ident(n.nspname), quote_ident(c.relname), l.mode) ORDER BY l.strength DESC, n.nspname, c.relname)
			FILTER (WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')))[1:10] AS relations,
		max(l.strength) FILTER (WHERE l.locktype = 'relation') AS strength,
		count(*) FILTER (WHERE l.locktype = 'advisory')::integer AS advisory
	FROM (SELECT l.*, advisor._lock_strength(l.mode) AS strength FROM pg_locks l
			WHERE l.granted AND l.locktype <> 'virtualxid' AND l.pid IN (SELECT s.pid FROM chosen s)) l
		LEFT JOIN (pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace) ON l.locktype = 'relation' AND c.oid = l.relation
			AND l.database IN (0, (SELECT d.dbid FROM advisor._current_database() d))
	GROUP BY l.pid
)
SELECT
	s.kind,
	s.pid,
	s.datname,
	s.usename,
	s.application_name,
	s.client_addr,
	s.state,
	CASE s.kind WHEN 'idle in transaction' THEN s.state_change WHEN 'long statement' THEN s.query_start ELSE s.xact_start END AS since,
	CASE s.kind WHEN 'idle in transaction' THEN s.state_time WHEN 'long statement' THEN s.statement_time ELSE s.transaction_time END AS time,
	s.purpose,
	s.xact_start AS transaction_since,
	s.backend_xid IS NOT NULL AS has_written,
	GREATEST(age(s.backend_xid), age(s.backend_xmin)) AS horizon_age,
	coalesce(h.locks, 0) AS locks,
	h.relations AS locked_relations,
	h.strength AS lock_strength,
	coalesce(h.advisory, 0) AS advisory_locks,
	(SELECT array_agg(t.node::integer ORDER BY t.node) FROM tree t WHERE s.pid = ANY (t.blockers)) AS blocks,
	(SELECT count(*)::integer FROM tree t WHERE s.pid = ANY (t.path) AND t.node <> s.pid) AS waiting_behind,
	(SELECT ARRAY(SELECT DISTINCT GREATEST(b, 0)::integer FROM unnest(t.blockers) b ORDER BY 1) FROM tree t WHERE t.node = s.pid AND t.blockers IS NOT NULL) AS blocked_by,
	s.query_id,
	s.query,
	s.calls,
	s.p99 AS p99_exec_time,
	s.longest AS max_exec_time,
	s.statement_time / NULLIF(s.p99, 0) AS times_p99,
	-- a statement that is a transaction, and has been known to take that long
	coalesce(s.calls >= 10 AND s.statement_time <= s.longest AND s.query_start - s.xact_start < interval '1 second', false) AS is_usual,
	advisor._end_session(CASE WHEN s.state = 'active' THEN 'pg_cancel_backend' ELSE 'pg_terminate_backend' END, s.pid, s.xact_start) AS end_sql,
	CASE WHEN s.kind = 'idle in transaction' AND NOT r.rolsuper
		THEN format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L;', s.usename, (SELECT t.idle / 1000 FROM thresholds t) || 's') END AS prevention_sql,
	CASE WHEN s.kind = 'idle in transaction' AND NOT r.rolsuper
		THEN coalesce(
			(SELECT format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L;', s.usename, split_part(c, '=', 2))
				FROM pg_db_role_setting rs CROSS JOIN LATERAL unnest(rs.setconfig) c
				WHERE rs.setrole = s.usesysid AND rs.setdatabase = 0 AND c LIKE 'idle\_in\_transaction\_session\_timeout=%'),
			format('ALTER ROLE %I RESET idle_in_transaction_session_timeout;', s.usename)) END AS prevention_undo_sql
FROM chosen s
	LEFT JOIN held h ON h.pid = s.pid
	LEFT JOIN pg_roles r ON r.oid = s.usesysid
ORDER BY 9 DESC;
COMMENT ON VIEW advisor.long_running IS
	'sessions that idle in a transaction, run a statement for longer than it ever took, or have a long transaction: what each holds and blocks; times in ms';
COMMENT ON COLUMN advisor.long_running.kind IS 'idle in transaction, long statement or long transaction';
COMMENT ON COLUMN advisor.long_running.pid IS 'process of the session';
COMMENT ON COLUMN advisor.long_running.datname IS 'its database';
COMMENT ON COLUMN advisor.long_running.usename IS 'the role it has logged in as';
COMMENT ON COLUMN advisor.long_running.application_name IS 'what its client calls itself';
COMMENT ON COLUMN advisor.long_running.client_addr IS 'where its client is';
COMMENT ON COLUMN advisor.long_running.state IS 'active, idle in transaction, ...';
COMMENT ON COLUMN advisor.long_running.since IS 'since when it has been as kind says';
COMMENT ON COLUMN advisor.long_running.time IS 'for how long';
COMMENT ON COLUMN advisor.long_running.purpose IS 'dump, index build, vacuum, table rewrite, analyze or copy: what takes long by nature';
COMMENT ON COLUMN advisor.long_running.transaction_since IS 'when its transaction began';
COMMENT ON COLUMN advisor.long_running.has_written IS 'has the transaction written anything?';
COMMENT ON COLUMN advisor.long_running.horizon_age IS 'row versions removed since so many transactions cannot be vacuumed away because of it; null if it holds none';
COMMENT ON COLUMN advisor.long_running.locks IS 'number of locks that it holds';
COMMENT ON COLUMN advisor.long_running.locked_relations IS 'tables of this database among these, and modes; the strongest ten';
COMMENT ON COLUMN advisor.long_running.lock_strength IS 'the strongest mode on any relation: 1 AccessShareLock, 3 RowExclusiveLock, 8 AccessExclusiveLock';
COMMENT ON COLUMN advisor.long_running.advisory_locks IS 'number of advisory locks that it holds';
COMMENT ON COLUMN advisor.long_running.blocks IS 'sessions that wait for it';
COMMENT ON COLUMN advisor.long_running.waiting_behind IS 'number of sessions that wait below it in advisor.lock_tree';
COMMENT ON COLUMN advisor.long_running.blocked_by IS 'whom it waits for itself; null if it does not wait for a lock';
COMMENT ON COLUMN advisor.long_running.query_id IS 'query id of its current or last statement';
COMMENT ON COLUMN advisor.long_running.query IS 'its current or last statement';
COMMENT ON COLUMN advisor.long_running.calls IS 'how often that statement was captured before';
COMMENT ON COLUMN advisor.long_running.p99_exec_time IS 'its 99th percentile';
COMMENT ON COLUMN advisor.long_running.max_exec_time IS 'the longest it has taken so far';
COMMENT ON COLUMN advisor.long_running.times_p99 IS 'how many times the 99th percentile it has run';
COMMENT ON COLUMN advisor.long_running.is_usual IS 'the transaction is one statement that has taken that long before';
COMMENT ON COLUMN advisor.long_running.end_sql IS 'SQL that cancels the statement, or ends the session if it runs none; its transaction is rolled back';
COMMENT ON COLUMN advisor.long_running.prevention_sql IS 'a setting that ends such sessions in future';
COMMENT ON COLUMN advisor.long_running.prevention_undo_sql IS 'what takes that back';

CREATE FUNCTION advisor._who(usename text, application_name text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT 'role ' || quote_ident(usename) || coalesce(' ("' || NULLIF(application_name, '') || '")', '');
END;
COMMENT ON FUNCTION advisor._who(text, text) IS
	'a session in a sentence';

CREATE VIEW advisor._deadlocks AS
SELECT d.datname, d.deadlocks, d.stats_reset,
	coalesce(o.observed_at, d.stats_reset) AS since,
	d.deadlocks - coalesce(o.value, 0) AS recent,
	CASE WHEN coalesce(o.observed_at, d.stats_reset) IS NOT NULL THEN
		(d.deadlocks - coalesce(o.value, 0)) / GREATEST(EXTRACT(epoch FROM statement_timestamp() - coalesce(o.observed_at, d.stats_reset)) / 86400, 1.0 / 24) END AS per_day
FROM pg_stat_database d
	LEFT JOIN advisor._first_observations o ON o.metric = 'deadlocks' AND o.object = quote_ident(d.datname)
		AND o.observed_at < statement_timestamp() - interval '1 hour' AND o.value <= d.deadlocks
WHERE d.datname = current_database();
COMMENT ON VIEW advisor._deadlocks IS
	'deadlocks of this database and how many a day; since is null if it is not known';

CREATE VIEW advisor.activity_findings AS
WITH running AS MATERIALIZED (
	SELECT l.*,
		advisor._application_key(l.application_name) AS application,
		CASE
			-- the one to blame is another
			WHEN l.blocked_by IS NOT NULL THEN 'low'
			WHEN l.waiting_behind > 0 THEN 'high'
			WHEN l.kind = 'long statement' THEN
				CASE WHEN l.times_p99 >= 10 * (SELECT advisor._setting('long_statement_factor')) THEN 'medium' ELSE 'low' END
			WHEN l.purpose IS NOT NULL OR l.is_usual THEN 'info'
			WHEN l.kind = 'idle in transaction' AND l.horizon_age IS NOT NULL
				AND l.time >= 24000 * (SELECT advisor._setting('idle_transaction_time')) THEN 'high'
			WHEN l.has_written OR l.horizon_age IS NOT NULL OR l.lock_strength >= 4 THEN 'medium'
			ELSE 'low'
		END AS severity
	FROM advisor.long_running l
), ranked AS (
	SELECT r.*,
		row_number() OVER (PARTITION BY r.kind, r.usename, r.application
			ORDER BY advisor._severity_rank(r.severity), r.time DESC) AS rank,
		count(*) OVER w AS sessions,
		string_agg(r.end_sql, E'\n') FILTER (WHERE r.blocked_by IS NULL) OVER w AS end_all_sql,
		sum(r.waiting_behind) OVER w AS all_waiting,
		jsonb_agg(jsonb_build_object('pid', r.pid, 'database', r.datname, 'application_name', r.application_name,
			'client_addr', r.client_addr, 'since', r.since, 'ms', r.time, 'transaction_since', r.transaction_since,
			'has_written', r.has_written, 'horizon_age', r.horizon_age, 'locks', r.locks, 'locked_relations', r.locked_relations,
			'advisory_locks', r.advisory_locks, 'blocks', r.blocks, 'blocked_by', r.blocked_by, 'purpose', r.purpose, 'query', advisor._cut(r.query, 1000))) OVER w AS evidence
	FROM running r
	WINDOW w AS (PARTITION BY r.kind, r.usename, r.application)
), worst AS (
	SELECT r.*,
		format('%s: process %s of database %s, transaction since %s, which has written %s. Locks held: %s',
				CASE WHEN r.sessions > 1 THEN 'The worst of ' || r.sessions ELSE 'One session' END,
				r.pid, r.datname, date_trunc('second', r.transaction_since),
				CASE WHEN r.has_written THEN 'something' ELSE 'nothing' END, r.locks)
			|| coalesce(', on ' || array_to_string(r.locked_relations, ', '), '')
			|| CASE WHEN r.advisory_locks > 0 THEN format(', advisory: %s', r.advisory_locks) ELSE '' END
			|| CASE WHEN r.waiting_behind > 0 THEN format('. Sessions waiting behind it (advisor.lock_tree): %s', r.waiting_behind) ELSE '. Nobody waits for it' END
			|| coalesce('. It waits itself, for ' || array_to_string(r.blocked_by, ', '), '')
			|| CASE WHEN r.horizon_age IS NULL THEN '' ELSE format('. Vacuum keeps row versions removed in the last %s transactions', advisor._count(r.horizon_age)) END
			|| coalesce('. Purpose: ' || r.purpose, '')
			|| coalesce('. Statement: ' || advisor._cut(r.query, 200), '') AS detail
	FROM ranked r
	WHERE r.rank = 1
), lock_tree AS MATERIALIZED (
	SELECT t.* FROM advisor.lock_tree t
), roots AS MATERIALIZED (
	SELECT t.*, coalesce(advisor._application_key(t.application_name), CASE WHEN t.gid IS NOT NULL THEN 'prepared transaction' ELSE t.backend_type END) AS application,
		(SELECT string_agg(DISTINCT v.object, ', ') FROM lock_tree v WHERE v.path[1] = t.pid AND v.depth = 1) AS objects,
		(SELECT current_setting('max_connections')::integer) AS max_connections
	FROM lock_tree t
	WHERE t.depth = 0 AND t.waiting_behind > 0
		AND t.longest_wait_behind >= 1000 * (SELECT advisor._setting('lock_wait_time'))
), blocking AS (
	SELECT r.*,
		row_number() OVER (PARTITION BY r.usename, r.application ORDER BY r.wait_time_behind DESC, r.pid) AS rank,
		count(*) OVER w AS blockers,
		sum(r.waiting_behind) OVER w AS all_waiting,
		sum(r.wait_time_behind) OVER w AS all_wait_time,
		string_agg(r.end_sql, E'\n') OVER w AS end_all_sql
	FROM roots r
	WINDOW w AS (PARTITION BY r.usename, r.application)
), aborted AS MATERIALIZED (
	SELECT e.queryid, e.query, e.errors, e.error_time, e.first_seen
	FROM advisor.errors e
	WHERE advisor._is_preloaded() AND (SELECT d.deadlocks > 0 FROM advisor._deadlocks d)
		AND e.sqlstate_class = '40' AND e.datname = current_database()
), prepared AS (
	SELECT p.owner, p.database, count(*) AS transactions, min(p.prepared) AS since, max(age(p.transaction)) AS age,
		(SELECT count(*) FROM lock_tree t WHERE t.depth > 0 AND t.root_pid = 0) AS waiting,
		string_agg(format('ROLLBACK PREPARED %L;', p.gid), E'\n' ORDER BY p.prepared) FILTER (WHERE p.database = current_database()) AS rollback_sql,
		jsonb_agg(jsonb_build_object('gid', p.gid, 'prepared', p.prepared, 'age', age(p.transaction)) ORDER BY p.prepared) AS evidence
	FROM pg_prepared_xacts p
	WHERE p.prepared < statement_timestamp() - (SELECT advisor._setting('prepared_transaction_time')) * interval '1 second'
	GROUP BY p.owner, p.database
)
SELECT f.*
FROM worst w
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'idle_in_transaction', category => 'activity', parts => ARRAY[w.usename, w.application],
		severity => w.severity, object => 'role ' || quote_ident(w.usename),
		title => format('%s of %s %s in a transaction, for %s', CASE WHEN w.sessions = 1 THEN 'A session' ELSE w.sessions || ' sessions' END,
			advisor._who(w.usename, w.application_name), CASE WHEN w.sessions = 1 THEN 'idles' ELSE 'idle' END, advisor._duration(w.time)),
		detail => w.detail || '.',
		evidence => jsonb_build_object('sessions', w.evidence, 'waiting', w.all_waiting),
		remedy => 'Have the application commit before it does something else. The SQL ends the session, which rolls its transaction back and cannot be undone'
			|| CASE WHEN w.prevention_sql IS NOT NULL THEN ', and sets a timeout for sessions of the role to come, which can.' ELSE '.' END,
		remedy_sql => concat_ws(E'\n', w.end_all_sql, w.prevention_sql),
		undo_sql => w.prevention_undo_sql, confidence => 90, queryid => w.query_id) f
WHERE w.kind = 'idle in transaction'

UNION ALL
SELECT f.*
FROM worst w
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'long_transaction', category => 'activity', parts => ARRAY[w.usename, w.application],
		severity => w.severity, object => 'role ' || quote_ident(w.usename),
		title => format('%s of %s %s been open for %s', CASE WHEN w.sessions = 1 THEN 'A transaction' ELSE w.sessions || ' transactions' END,
			advisor._who(w.usename, w.application_name), CASE WHEN w.sessions = 1 THEN 'has' ELSE 'have' END, advisor._duration(w.time)),
		detail => w.detail || CASE WHEN w.is_usual THEN format('. That is usual for it: it has taken up to %s before.', advisor._duration(w.max_exec_time)) ELSE '.' END,
		evidence => jsonb_build_object('sessions', w.evidence, 'waiting', w.all_waiting, 'usual', w.is_usual),
		remedy => 'Do the work in smaller transactions, or long reads on a replica. The SQL ends what it does, which rolls the transaction back; that cannot be undone.',
		remedy_sql => CASE WHEN w.severity <> 'info' THEN w.end_all_sql END,
		confidence => CASE WHEN w.severity = 'info' THEN 50 ELSE 80 END, queryid => w.query_id) f
WHERE w.kind = 'long transaction'

UNION ALL
SELECT f.*
FROM worst w
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'long_statement', category => 'activity', parts => ARRAY[w.usename, w.application],
		severity => w.severity, object => coalesce('query ' || w.query_id, 'role ' || quote_ident(w.usename)),
		title => format('%s of %s %s run for %s, %s times the usual', CASE WHEN w.sessions = 1 THEN 'A statement' ELSE w.sessions || ' statements' END,
			advisor._who(w.usename, w.application_name), CASE WHEN w.sessions = 1 THEN 'has' ELSE 'have' END,
			advisor._duration(w.time), advisor._count(w.times_p99)),
		detail => format('%s calls of it were captured: 99 %% took at most %s, none more than %s. ', advisor._count(w.calls),
			advisor._duration(w.p99_exec_time), advisor._duration(w.max_exec_time)) || w.detail || '.',
		evidence => jsonb_build_object('sessions', w.evidence, 'waiting', w.all_waiting, 'calls', w.calls, 'p99_ms', w.p99_exec_time,
			'max_ms', w.max_exec_time, 'times_p99', w.times_p99),
		remedy => 'See what it waits for (advisor.lock_tree) and whether its plan has changed (advisor.why). The SQL cancels it, which rolls its transaction back; that cannot be undone.',
		remedy_sql => w.end_all_sql, confidence => 80, queryid => w.query_id) f
WHERE w.kind = 'long statement'

UNION ALL
SELECT f.*
FROM blocking b
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'lock_wait', category => 'activity', parts => ARRAY[b.usename, b.application],
		severity => CASE
			WHEN b.all_waiting >= 0.2 * b.max_connections THEN 'critical'
			WHEN b.all_waiting >= 5 OR b.longest_wait_behind >= 10000 * (SELECT advisor._setting('lock_wait_time')) THEN 'high'
			ELSE 'medium' END,
		object => coalesce('role ' || quote_ident(b.usename), 'server'),
		title => format('%s %s for locks of %s, the longest for %s', b.all_waiting, CASE b.all_waiting WHEN 1 THEN 'session waits' ELSE 'sessions wait' END,
			coalesce(advisor._who(b.usename, b.application), b.application, 'a session'), advisor._duration(b.longest_wait_behind)),
		detail => format('%s is what %s wait for; they have waited %s in all, for %s.',
				CASE WHEN b.gid IS NOT NULL THEN format('Prepared transaction %L, of %s,', b.gid, date_trunc('second', b.transaction_since))
					ELSE format('Process %s (%s%s)', b.pid, coalesce(b.state, 'its state is hidden from you'), ', transaction since ' || date_trunc('second', b.transaction_since)) END,
				CASE b.waiting_behind WHEN 1 THEN '1 session' ELSE b.waiting_behind || ' sessions' END, advisor._duration(b.wait_time_behind), coalesce(b.objects, 'locks'))
			|| CASE WHEN b.blockers > 1 THEN format(' There are %s such blockers.', b.blockers) ELSE '' END
			|| format(' Of %s connections, %s wait for such locks. The view advisor.lock_tree shows who waits for whom.', b.max_connections, b.all_waiting)
			|| coalesce(' Its current or last statement: ' || advisor._cut(b.query, 200), ''),
		evidence => jsonb_build_object('root_pid', b.pid, 'gid', b.gid, 'state', b.state, 'state_since', b.state_since, 'transaction_since', b.transaction_since,
			'blockers', b.blockers, 'waiting', b.all_waiting, 'wait_ms', b.all_wait_time, 'longest_wait_ms', b.longest_wait_behind,
			'objects', b.objects, 'query', advisor._cut(b.query, 1000)),
		remedy => CASE
			WHEN b.gid IS NOT NULL THEN 'Ask the transaction manager whether to commit or to roll back the prepared transaction; neither can be undone.'
			WHEN b.backend_type <> 'client backend' THEN 'Let it finish: it is a process of the server.'
			ELSE 'End the blocker, which rolls its transaction back and cannot be undone; then shorten its transactions.' END,
		remedy_sql => b.end_all_sql, confidence => 95, queryid => b.query_id) f
WHERE b.rank = 1 AND NOT b.is_deadlock

UNION ALL
SELECT f.*
FROM advisor._deadlocks d
	CROSS JOIN LATERAL (
		SELECT sum(a.errors) AS errors, sum(a.error_time) / GREATEST(EXTRACT(epoch FROM statement_timestamp() - min(a.first_seen))::float8 / 86400, 1) AS ms_per_day,
			(SELECT jsonb_agg(jsonb_build_object('queryid', t.queryid, 'query', advisor._cut(t.query, 1000), 'errors', t.errors))
				FROM (SELECT * FROM aborted ORDER BY errors DESC LIMIT 5) t) AS statements,
			(SELECT string_agg(format('%s (%s times)', advisor._cut(t.query, 120), t.errors), '; ')
				FROM (SELECT * FROM aborted ORDER BY errors DESC LIMIT 3) t) AS named
		FROM aborted a) e
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'deadlocks', category => 'activity', parts => ARRAY[d.datname::text],
		severity => CASE
			WHEN d.per_day >= 100 * (SELECT advisor._setting('deadlocks_per_day')) THEN 'high'
			WHEN d.per_day >= 10 * (SELECT advisor._setting('deadlocks_per_day')) THEN 'medium'
			WHEN d.per_day IS NOT NULL THEN 'low'
			ELSE 'info' END,
		object => 'database ' || quote_ident(d.datname),
		title => format('Database %s had %s deadlocks%s', quote_ident(d.datname), advisor._count(d.recent::float8), CASE WHEN d.per_day IS NULL THEN '' ELSE ', ' || advisor._count(d.per_day::float8) || ' a day' END),
		detail => CASE WHEN d.since IS NOT NULL THEN format('%s since %s.', d.recent, date_trunc('second', d.since))
				ELSE format('%s since its statistics began, at a time that is not known: schedule SELECT advisor.observe() to learn the rate.', d.recent) END
			|| ' Each ends a transaction that then must be repeated, after both have waited for deadlock_timeout.'
			|| coalesce(' Statements that ended so, or with a serialization failure: ' || e.named || '.', ''),
		evidence => jsonb_build_object('deadlocks', d.deadlocks, 'recent', d.recent, 'since', d.since, 'per_day', d.per_day,
			'stats_reset', d.stats_reset, 'errors_of_class_40', e.errors, 'statements', e.statements),
		remedy => 'Have all transactions change rows in the same order (SELECT ... ORDER BY key FOR UPDATE first), and repeat those that fail. The server log has the two statements of each.',
		impact_ms_per_day => e.ms_per_day, confidence => 90) f
WHERE d.recent > 0 AND coalesce(d.per_day >= (SELECT advisor._setting('deadlocks_per_day')), true)

UNION ALL
SELECT f.*
FROM prepared p
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'prepared_transaction', category => 'activity', parts => ARRAY[p.owner::text, p.database],
		severity => CASE WHEN p.waiting > 0 OR p.since < statement_timestamp() - interval '1 day' THEN 'high' ELSE 'medium' END,
		object => 'database ' || quote_ident(p.database),
		title => format('%s of role %s %s prepared and not ended, the oldest for %s', CASE p.transactions WHEN 1 THEN 'A transaction' ELSE p.transactions || ' transactions' END,
			quote_ident(p.owner), CASE p.transactions WHEN 1 THEN 'is' ELSE 'are' END, advisor._duration(advisor._milliseconds(p.since))),
		detail => format('In database %s, since %s. A prepared transaction outlives its session and restarts: it keeps its locks, and row versions removed in the last %s transactions cannot be vacuumed away. Sessions waiting for prepared transactions: %s.',
			quote_ident(p.database), date_trunc('second', p.since), advisor._count(p.age), p.waiting),
		evidence => jsonb_build_object('transactions', p.evidence, 'waiting', p.waiting),
		remedy => 'Ask the transaction manager that has prepared it for its decision. If it knows of none, roll it back'
			|| CASE WHEN p.rollback_sql IS NULL THEN ', in that database' ELSE '' END
			|| '; if it has committed the other parts, COMMIT PREPARED instead. Neither can be undone.',
		remedy_sql => p.rollback_sql, confidence => 80) f

UNION ALL
SELECT f.*
FROM pg_stat_database d
	CROSS JOIN LATERAL (SELECT 100.0 * d.xact_rollback / NULLIF(d.xact_commit + d.xact_rollback, 0) AS percent) r
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'rollbacks', category => 'activity', parts => ARRAY[d.datname::text],
		severity => 'info', object => 'database ' || quote_ident(d.datname),
		title => format('%s %% of the transactions of database %s are rolled back', round(r.percent, 1), quote_ident(d.datname)),
		detail => format('%s of %s since %s. Some applications end what only reads with ROLLBACK: that costs nothing. Errors show in advisor.errors.',
			advisor._count(d.xact_rollback), advisor._count(d.xact_commit + d.xact_rollback), coalesce(date_trunc('second', d.stats_reset)::text, 'the statistics began')),
		evidence => jsonb_build_object('xact_rollback', d.xact_rollback, 'xact_commit', d.xact_commit, 'percent', r.percent, 'stats_reset', d.stats_reset),
		remedy => 'Look into advisor.errors for statements that fail.', confidence => 50) f
WHERE d.datname = current_database()
	AND d.xact_commit + d.xact_rollback >= 1000
	AND r.percent >= (SELECT advisor._setting('rollback_percent'));
COMMENT ON VIEW advisor.activity_findings IS
	'sessions that stay too long, lock waits, deadlocks, prepared transactions, rollbacks; rows are of type advisor.finding';

CREATE FUNCTION advisor._activity_checks() RETURNS TABLE (
	check_id text, category text, title text, looks_at text, settings text[], needs text, page text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100 ROWS 7
BEGIN ATOMIC
	SELECT * FROM (VALUES
		('idle_in_transaction', 'activity', 'A session idles in a transaction',
			'Client sessions that have begun a transaction and sent nothing for a while, with the locks they hold.',
			ARRAY['idle_transaction_time'], 'pg_monitor', $$What it looks at
  pg_stat_activity: client sessions in state "idle in transaction" for at least
  idle_transaction_time; pg_locks for what they hold; advisor.lock_tree for who waits for
  them. The view advisor.long_running has a row for each.

Why it matters
  The transaction keeps its locks: even reading a table keeps ALTER TABLE from it, and that
  keeps everybody else. If it has written, or reads under REPEATABLE READ, vacuum cannot
  remove any row version that was deleted after it began, in no table of the database.
  And it occupies a connection.

How it decides
  high if somebody waits behind it, or if it holds back vacuum for 24 times
  idle_transaction_time; medium if it has written, holds back vacuum or has a lock of
  ShareUpdateExclusiveLock or stronger; else low. Sessions of one role and application are
  one finding; the worst is described, all are in the evidence. Numbers in the name of an
  application do not count, so the key stays the same.

When it is wrong
  Somebody sits at psql and thinks. A session is seen at this moment only: one that idles
  for a second, a thousand times a minute, is not seen here.

What to do
  The application must end its transactions before it waits for something else: a user,
  another service. The SQL ends exactly the transactions that were seen (a pid that is used
  by another one now is left alone), and gives the role, unless it is a superuser, an
  idle_in_transaction_session_timeout for sessions to come. It takes no lock on tables. Only
  the setting can be undone.$$),
		('long_transaction', 'activity', 'A transaction has been open for long',
			'Client sessions whose transaction is older than a threshold, busy or not.',
			ARRAY['long_transaction_time'], 'pg_monitor', $$What it looks at
  pg_stat_activity: client sessions whose transaction began at least long_transaction_time
  ago and that are not reported as idle in transaction or as a long statement. Walsenders,
  base backups, autovacuum and other processes of the server are no client sessions.

Why it matters
  Vacuum cannot remove what was deleted since the transaction took its snapshot; tables that
  are updated often grow and get slow. Locks stay until the end. What it has written is lost
  if it fails late.

How it decides
  high if somebody waits behind it; low if it waits for somebody's lock itself (lock_wait); medium
  if it has written, holds back vacuum or has a lock of ShareUpdateExclusiveLock or stronger;
  else low. Dumps (pg_dump, pg_restore), VACUUM,
  CREATE INDEX, CLUSTER, ANALYZE and COPY take long by nature: they are reported from 24
  times long_transaction_time, as info unless somebody waits. So is a transaction of one
  statement that has been captured to take that long before.

When it is wrong
  Nightly batches. Raise the threshold, or suppress the finding of that role and application.

What to do
  Commit in between; read long reports on a replica; move dumps there. The SQL cancels the
  statement, or ends the session if it runs none, of exactly the transactions that were seen.
  Their work is rolled back, which cannot be undone. From PostgreSQL 17 on, the setting
  transaction_timeout of a role prevents it.$$),
		('long_statement', 'activity', 'A statement runs for much longer than it ever did',
			'Running statements, compared with captured executions of the same statement.',
			ARRAY['long_statement_time', 'long_statement_factor'], 'pg_monitor', $$What it looks at
  pg_stat_activity.query_id of statements that have run for at least long_statement_time, and
  the 99th percentile and the maximum of the same statement in advisor.statements, of all
  roles in that database.

Why it matters
  No threshold fits all statements: a minute is nothing for a report and an outage for a
  login. A statement that takes many times what it always took has met a lock, a bad plan or
  much more data.

How it decides
  It runs for more than long_statement_factor times its 99th percentile and longer than any
  execution captured, of which there must be 10. high if somebody waits behind it, medium
  from 10 times that factor, else low. A statement without history is judged by the age of
  its transaction (long_transaction). Dumps and maintenance are not judged.

When it is wrong
  The constants of this execution select far more than usual, and somebody wants that. The
  99th percentile is that of a histogram, at most some percent too high.

What to do
  advisor.lock_tree says whether it waits for a lock, advisor.why what is known of its plan.
  The SQL cancels exactly that transaction's statement; its work is rolled back, which cannot
  be undone. A statement_timeout for the role ends such statements by itself.$$),
		('lock_wait', 'activity', 'Sessions wait for locks',
			'Sessions that wait for a lock right now, and who is at the root of it.',
			ARRAY['lock_wait_time'], 'nothing', $$What it looks at
  pg_locks and pg_blocking_pids(), as a tree in advisor.lock_tree: who holds a lock and does
  not wait himself, and all who wait for him, directly or behind one another.

Why it matters
  Those that wait do nothing, keep their own locks and occupy connections: one blocker can
  stop a whole server.

How it decides
  A blocker is reported if somebody has waited behind it for at least lock_wait_time: critical
  if as many wait as a fifth of max_connections, high from 5 or if the longest wait is 10
  times lock_wait_time, else medium. Blockers of one role and application are one finding.
  Deadlocks are not reported here: the server resolves them after deadlock_timeout.

When it is wrong
  It sees this moment. What waits cost over time is in advisor.statements.lock_wait_time and
  in the check lock_waits. A session that waits for several is counted below one of them,
  that which does not wait itself.

What to do
  End the blocker: the SQL cancels its statement, or ends the session if it runs none, if it
  is still in the same transaction. That cannot be undone. Statements like ALTER TABLE should
  run with a lock_timeout, and again if it strikes: while they wait, all others wait for
  them. For a prepared transaction ask the transaction manager first.$$),
		('deadlocks', 'activity', 'Transactions run into deadlocks',
			'The number of deadlocks in this database, and how many that is a day.',
			ARRAY['deadlocks_per_day', 'history_days'], 'nothing', $$What it looks at
  pg_stat_database.deadlocks of this database, compared with the oldest observation
  (advisor.observe()), or since the statistics were reset; statements in advisor.errors that
  ended with an SQLSTATE of class 40.

Why it matters
  Both transactions wait for deadlock_timeout, then one is rolled back. An application that
  does not repeat it loses what it wanted to write.

How it decides
  Deadlocks a day: low from deadlocks_per_day, medium from 10 times that, high from 100 times.
  Without an observation older than an hour and without a time of reset the rate is not
  known, and it is only info. Less than an hour counts as an hour.

When it is wrong
  Class 40 has serialization failures (40001) as well: under SERIALIZABLE these are normal,
  and the statements listed may be those.

What to do
  Change rows in the same order everywhere; take all locks first with SELECT ... ORDER BY key
  FOR UPDATE; index foreign keys. Repeat transactions that fail with 40P01. The server log
  has both statements of each deadlock. Lowering deadlock_timeout only shortens the wait.$$),
		('prepared_transaction', 'activity', 'A prepared transaction has been forgotten',
			'Transactions that were prepared for two-phase commit and have not been ended.',
			ARRAY['prepared_transaction_time'], 'nothing', $$What it looks at
  pg_prepared_xacts, of all databases: those prepared at least prepared_transaction_time ago.

Why it matters
  Nothing ends a prepared transaction but COMMIT PREPARED or ROLLBACK PREPARED: no timeout, no
  restart. It keeps its locks and keeps vacuum from its work until transaction ids run out.
  pg_stat_activity does not show it.

How it decides
  medium; high if sessions wait for it or if it is older than a day. Those of one owner and
  database are one finding.

When it is wrong
  A transaction manager that takes longer than prepared_transaction_time to decide.

What to do
  Ask the transaction manager for its decision. The SQL rolls back; if the manager has
  committed the other parts, COMMIT PREPARED is right instead, and a rollback loses data.
  Run it in the database of the transaction, outside of a transaction block; it cannot be
  undone. Without a transaction manager, set max_prepared_transactions = 0.$$),
		('rollbacks', 'activity', 'Many transactions are rolled back',
			'The share of transactions of this database that ended with a rollback.',
			ARRAY['rollback_percent'], 'nothing', $$What it looks at
  pg_stat_database.xact_rollback and xact_commit of this database since the statistics were
  reset.

Why it matters
  Work that is rolled back was for nothing, and its row versions must be vacuumed away.

How it decides
  info if at least rollback_percent of 1,000 or more transactions were rolled back.

When it is wrong
  Often: some frameworks and connection pools end every transaction that only reads with
  ROLLBACK, which costs nothing.

What to do
  See advisor.errors for statements that fail. If there are none, it is that idiom: suppress
  the finding.$$)
	) c;
END;
COMMENT ON FUNCTION advisor._activity_checks() IS
	'the checks of advisor.activity_findings';

CREATE FUNCTION advisor._activity_skips() RETURNS TABLE (check_id text, reason text)
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 5
BEGIN ATOMIC
	SELECT c.check_id, 'sessions of other roles cannot be seen: they are for members of pg_read_all_stats'
	FROM unnest(ARRAY['idle_in_transaction', 'long_transaction', 'long_statement']) c(check_id)
	WHERE NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
	UNION ALL
	SELECT c.check_id, 'track_activities is off'
	FROM unnest(ARRAY['idle_in_transaction', 'long_transaction', 'long_statement']) c(check_id)
	WHERE NOT current_setting('track_activities')::boolean
	UNION ALL
	SELECT 'long_statement', 'advisor is not in shared_preload_libraries: what statements usually take is not known'
	WHERE NOT advisor._is_preloaded()
	UNION ALL
	SELECT 'long_statement', 'compute_query_id is off: running statements cannot be recognised'
	WHERE current_setting('compute_query_id') = 'off'
	UNION ALL
	SELECT c.check_id, 'track_counts is off'
	FROM unnest(ARRAY['deadlocks', 'rollbacks']) c(check_id)
	WHERE NOT current_setting('track_counts')::boolean;
END;
COMMENT ON FUNCTION advisor._activity_skips() IS
	'which checks of advisor.activity_findings could not run, and why';

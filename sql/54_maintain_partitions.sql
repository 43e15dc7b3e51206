/*
 * 54_maintain_partitions: doing what policies ask for, one action at a time.
 * Needs 47_partition_policies to 53_drain_plans.
 *
 * What is to be done is planned by functions that change nothing; it is done by
 * procedures that commit after every action.  One kind of DDL in a transaction,
 * with the parent locked first, is what keeps this from deadlocks with readers:
 * attaching one partition and detaching another together locks the default
 * partition before the parent in one of them and after it in the other.
 *
 * A procedure that commits can have no SET clause.  So the procedures here do
 * next to nothing themselves, and after every COMMIT, before anything else is
 * parsed, they set search_path again; row_security, as policies and logs are
 * tables with row security; and the isolation level, as who waits for a lock has
 * to see what was committed meanwhile.
 */

INSERT INTO advisor.settings (name, value, unit, minimum, maximum, description) VALUES
	('partition_log_days', 90, 'days', 1, 36500, 'how long advisor.partition_log keeps what maintenance of partitions has done');

CREATE PROCEDURE advisor._assert_may_commit(caller text)
	AS 'MODULE_PATHNAME', 'advisor_assert_may_commit'
	LANGUAGE C;
COMMENT ON PROCEDURE advisor._assert_may_commit(text) IS
	'error, with the name of the caller, where COMMIT is not possible: in a transaction block or below a function';

-- Two maintainers of one table would only get into each other's way.  Until the
-- end of the transaction, so that no error and no killed session can leave it.
CREATE FUNCTION advisor._try_maintain(parent oid) RETURNS boolean
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT pg_try_advisory_xact_lock(1633908323, _try_maintain.parent::bigint::bit(32)::integer);
END;
COMMENT ON FUNCTION advisor._try_maintain(oid) IS
	'becomes the only maintainer of a table until the end of the transaction; false if another session is';

-- Somebody else may have done it since it was planned.
CREATE FUNCTION advisor._action_obsolete(action advisor.partition_action) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE
		WHEN action.partition IS NULL THEN NULL
		WHEN action.action IN ('detach', 'detach concurrently', 'finalize')
			AND NOT EXISTS (SELECT FROM pg_inherits i
				WHERE i.inhrelid = to_regclass(action.partition) AND i.inhparent = action.parent)
			THEN 'it is no partition any more'
		-- the server detaches one after the other; the next run brings the first to its end
		WHEN (action).action IN ('detach', 'detach concurrently')
			AND EXISTS (SELECT FROM pg_inherits i
				WHERE i.inhparent = (action).parent AND i.inhdetachpending AND i.inhrelid <> to_regclass((action).partition))
			THEN 'another partition is still being detached'
		WHEN action.action IN ('drop', 'archive', 'backup') AND to_regclass(action.partition) IS NULL
			THEN 'it is there no more'
		WHEN action.action = 'unfence'
			AND NOT EXISTS (SELECT FROM pg_constraint c
				WHERE c.conrelid = to_regclass(action.partition) AND strpos(action.sql, quote_ident(c.conname)) > 0)
			THEN 'it is taken away already'
	END;
END
$$;
COMMENT ON FUNCTION advisor._action_obsolete(advisor.partition_action) IS
	'why a planned action need not be done any more, or cannot be yet; NULL if it has to';

-- What an error of a creation means is in the catalog.
CREATE FUNCTION advisor._judge_error(action advisor.partition_action) RETURNS advisor.partition_action
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF action.status = 'error' AND action.action = 'create' THEN
		IF action.sqlstate IN ('42P07', '42P17')
			AND EXISTS (SELECT FROM advisor._partition_bounds(action.parent) b
				WHERE b.lower IS NOT DISTINCT FROM action.lower AND b.upper IS NOT DISTINCT FROM action.upper
					AND NOT b.is_default) THEN
			action.status := 'exists';
		ELSIF action.sqlstate = '23514' THEN
			-- a row that came into the default partition after the plan
			action.status := 'blocked';
		END IF;
	END IF;
	RETURN action;
END
$$;
COMMENT ON FUNCTION advisor._judge_error(advisor.partition_action) IS
	'an action that failed, with the status exists or blocked if that is what its error means';

-- Nothing is said of a table that is gone: who dropped it knows.  Nor may the
-- log stop the maintenance of other tables.
CREATE FUNCTION advisor._tell_action(action advisor.partition_action, run_started timestamptz, began timestamptz)
	RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = action.parent) THEN
		RETURN;
	END IF;
	IF action.status IN ('error', 'lock_timeout', 'blocked') AND action.action <> 'run' THEN
		RAISE WARNING 'partition maintenance of %: % %: %: %', advisor._quoted_name(action.parent),
			action.action, coalesce(action.partition, ''), action.status, action.detail
			USING ERRCODE = coalesce(action.sqlstate, '01000');
	END IF;
	PERFORM advisor._log_action(action, run_started, began);
EXCEPTION WHEN OTHERS THEN
	RAISE WARNING 'could not write to advisor.partition_log: %', SQLERRM;
END
$$;
COMMENT ON FUNCTION advisor._tell_action(advisor.partition_action, timestamptz, timestamptz) IS
	'logs an action, with a warning if it failed; nothing if its table is gone';

CREATE FUNCTION advisor._perform_any(action advisor.partition_action, policy advisor.partition_policies)
	RETURNS advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	obsolete text := CASE WHEN action.action <> 'create' THEN advisor._action_obsolete(action) END;
	message text;
	more text;
BEGIN
	IF obsolete IS NOT NULL THEN
		action.status := 'skipped';
		action.detail := obsolete;
		RETURN action;
	END IF;
	IF action.action NOT IN ('move', 'finalize', 'detach', 'detach concurrently', 'backup', 'archive', 'drop') THEN
		-- it catches errors itself: no subtransaction within another
		action := advisor._perform(action, policy.lock_timeout);
		RETURN CASE WHEN action.status = 'error' THEN advisor._judge_error(action) ELSE action END;
	END IF;
	BEGIN
		RETURN CASE WHEN action.action = 'move' THEN advisor._perform_move(action, policy)
			ELSE advisor._perform_retirement(action, policy) END;
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, more = PG_EXCEPTION_DETAIL;
		RETURN advisor._failed(action, SQLSTATE, message, more);
	END;
END
$$;
COMMENT ON FUNCTION advisor._perform_any(advisor.partition_action, advisor.partition_policies) IS
	'performs an action of any kind and returns it with what came of it; raises nothing';

-- All that one transaction does.  Creations are lost by a crash at worst, and
-- made again by the next run, so they need not wait for the disk.
CREATE FUNCTION advisor._perform_once(
	action advisor.partition_action,
	policy advisor.partition_policies,
	run_started timestamptz,
	last_attempt boolean DEFAULT true)
	RETURNS advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	began timestamptz := clock_timestamp();
BEGIN
	IF NOT advisor._try_maintain(action.parent) THEN
		action.status := 'skipped';
		action.sqlstate := '55P03';
		action.detail := 'maintained by another session';
		RETURN action;
	END IF;
	IF action.action = 'create' THEN
		PERFORM set_config('synchronous_commit', 'off', true);
	END IF;
	action := advisor._perform_any(action, policy);
	IF action.status NOT IN ('lock_timeout', 'blocked') OR action.status = 'lock_timeout' AND last_attempt THEN
		PERFORM advisor._tell_action(action, run_started, began);
	END IF;
	RETURN action;
END
$$;
COMMENT ON FUNCTION advisor._perform_once(advisor.partition_action, advisor.partition_policies, timestamptz, boolean) IS
	'performs and logs an action as the only maintainer of its parent; of lock timeouts only the last is logged, and one that is blocked is not, as it may be no more when the default partition has been drained';

-- An action that failed takes those with it that build upon it; what takes away
-- a constraint that it left is done in any case.
CREATE FUNCTION advisor._depends_on_failed(action advisor.partition_action, failed advisor.partition_action[])
	RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT (_depends_on_failed.action).action <> 'unfence'
		AND EXISTS (SELECT FROM unnest(failed) r
			WHERE r.partition = (_depends_on_failed.action).partition
				OR r.lower = (_depends_on_failed.action).lower AND r.upper = (_depends_on_failed.action).upper
				-- a large default partition would be scanned under a lock
				OR r.action IN ('fence', 'validate') AND (_depends_on_failed.action).action = 'create');
END;
COMMENT ON FUNCTION advisor._depends_on_failed(advisor.partition_action, advisor.partition_action[]) IS
	'is one of the failed actions for the same partition or the same bounds, or what makes a creation harmless?';

CREATE FUNCTION advisor._lock_backoff(misses integer) RETURNS float8
	LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
	SELECT least(0.1 * 2.0 ^ least(misses, 10), 5) * (0.5 + random());
END;
COMMENT ON FUNCTION advisor._lock_backoff(integer) IS
	'seconds to wait after so many lock timeouts in a row, with jitter, so that two that collide do not do so again';

-- Each action is its own transaction, and so is each wait.  One that returns as
-- planned has done a part and wants another transaction.  Where locks cannot be
-- had, all attempts are spent on the first action; those after it are tried once
-- until one succeeds, and after three more the rest is left to the next run.
-- Rows of the plan that are no actions but problems are passed on.
CREATE PROCEDURE advisor._perform_actions(
	actions advisor.partition_action[],
	policy advisor.partition_policies,
	run_started timestamptz,
	INOUT results advisor.partition_action[])
	LANGUAGE plpgsql
AS $$
DECLARE
	action advisor.partition_action;
	result advisor.partition_action;
	failed advisor.partition_action[] := '{}';
	misses integer := 0;
	position integer := 0;
BEGIN
	COMMIT;
	SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
	SET LOCAL search_path = pg_catalog, pg_temp;
	SET LOCAL row_security = on;
	results := coalesce(results, '{}');
	WHILE position < cardinality(actions) LOOP
		position := position + 1;
		action := actions[position];
		IF action.status IN ('blocked', 'error', 'lock_timeout') THEN
			results := results || action;
			IF action.status <> 'blocked' THEN
				PERFORM advisor._tell_action(action, run_started, NULL);
			END IF;
		END IF;
		CONTINUE WHEN action.status <> 'planned' OR failed <> '{}' AND advisor._depends_on_failed(action, failed)
			OR misses >= policy.lock_attempts + 3 AND action.action <> 'unfence';
		LOOP
			result := advisor._perform_once(action, policy, run_started, misses + 1 >= policy.lock_attempts);
			COMMIT;
			SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
			SET LOCAL search_path = pg_catalog, pg_temp;
			SET LOCAL row_security = on;
			misses := CASE result.status WHEN 'lock_timeout' THEN misses + 1 ELSE 0 END;
			CONTINUE WHEN result.status = 'planned';
			EXIT WHEN result.status <> 'lock_timeout' OR misses >= policy.lock_attempts;
			PERFORM pg_sleep(advisor._lock_backoff(misses));
			COMMIT;
			SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
			SET LOCAL search_path = pg_catalog, pg_temp;
			SET LOCAL row_security = on;
		END LOOP;
		-- many of them, with their SQL, would be copied again and again
		result.sql := NULL;
		results := results || result;
		IF result.status NOT IN ('done', 'exists') THEN
			failed := failed || result;
		END IF;
		EXIT WHEN result.status = 'skipped' AND result.sqlstate = '55P03';
	END LOOP;
END
$$;
COMMENT ON PROCEDURE advisor._perform_actions(advisor.partition_action[], advisor.partition_policies, timestamptz, advisor.partition_action[]) IS
	'performs planned actions of one table, each in its own transaction, with retries, logs them, and appends them to results with what came of them';

-- Where nothing is to be done, as nearly always, most of the cost is to plan.
CREATE FUNCTION advisor._phases(policy advisor.partition_policies) RETURNS text[]
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN array_remove(ARRAY[
		CASE WHEN EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = policy.parent AND i.inhdetachpending) THEN 'finalize' END,
		'create',
		-- to count what will stay there takes a scan
		CASE WHEN policy.default_action <> 'report' AND advisor._default_partition(policy.parent) IS NOT NULL THEN 'default' END,
		CASE WHEN policy.default_action <> 'report' THEN 'recreate' END,
		CASE WHEN EXISTS (SELECT FROM advisor.retired_partitions) THEN 'retired' END,
		CASE WHEN policy.retention IS NOT NULL THEN 'retire' END,
		CASE WHEN policy.analyze_parent THEN 'analyze' END], NULL);
END
$$;
COMMENT ON FUNCTION advisor._phases(advisor.partition_policies) IS
	'phases of maintenance in which there may be something to do: recreate is create once more';

-- An error of a plan is one of its table, and of nothing else.
CREATE FUNCTION advisor._plan_phase(
	policy advisor.partition_policies,
	phase text,
	as_of timestamptz,
	results advisor.partition_action[] DEFAULT '{}')
	RETURNS advisor.partition_action[]
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	-- overridden by the policy's, and what it was again at the end
	SET lock_timeout = '2s'
AS $$
DECLARE
	failed advisor.partition_action;
BEGIN
	PERFORM set_config('lock_timeout', policy.lock_timeout::text, true);
	CASE phase
		WHEN 'finalize' THEN
			RETURN ARRAY(SELECT a FROM advisor._plan_finalize(policy) a);
		WHEN 'create' THEN
			RETURN ARRAY(SELECT a FROM advisor._plan_creation(policy, as_of) a);
		WHEN 'default' THEN
			RETURN ARRAY(SELECT a FROM advisor._plan_default(policy, as_of) a);
		WHEN 'retired' THEN
			RETURN ARRAY(SELECT a FROM advisor._plan_retired(policy) a);
		WHEN 'retire' THEN
			RETURN ARRAY(SELECT a FROM advisor._plan_retention(policy, as_of) a);
		WHEN 'analyze' THEN
			RETURN ARRAY(SELECT a FROM advisor._plan_analyze(policy, results) a);
	END CASE;
EXCEPTION WHEN OTHERS THEN
	failed.parent := policy.parent;
	failed.action := phase;
	failed.status := CASE SQLSTATE WHEN '55P03' THEN 'lock_timeout' ELSE 'error' END;
	failed.sqlstate := SQLSTATE;
	failed.detail := SQLERRM;
	RETURN ARRAY[failed];
END
$$;
COMMENT ON FUNCTION advisor._plan_phase(advisor.partition_policies, text, timestamptz, advisor.partition_action[]) IS
	'actions of a phase of maintenance: finalize, create, default, retired, retire, analyze (which is for what the results say was done); an error becomes an action with that status';

-- Autovacuum never analyzes a partitioned table, only its partitions.
CREATE FUNCTION advisor._plan_analyze(policy advisor.partition_policies, results advisor.partition_action[])
	RETURNS SETOF advisor.partition_action
	LANGUAGE sql STABLE PARALLEL SAFE COST 10 ROWS 1
BEGIN ATOMIC
	SELECT ROW((policy).parent, NULL, NULL, NULL, 'analyze', 'planned', NULL, NULL, NULL,
		-- the partitions' own statistics are autovacuum's matter; 18 can leave them alone
		format(CASE WHEN current_setting('server_version_num')::integer >= 180000 THEN 'ANALYZE ONLY %s' ELSE 'ANALYZE %s' END,
			advisor._quoted_name((policy).parent)))::advisor.partition_action
	WHERE (policy).analyze_parent
		AND EXISTS (SELECT FROM unnest(results) r
			WHERE r.status IN ('done', 'planned')
				AND r.action IN ('create', 'attach', 'move', 'adopt', 'detach', 'detach concurrently', 'finalize'));
END;
COMMENT ON FUNCTION advisor._plan_analyze(advisor.partition_policies, advisor.partition_action[]) IS
	'ANALYZE of a table to or from which partitions came or went';

-- What references must lose its old rows before what is referenced can.  A
-- cycle of foreign keys has no order; it gets any.
CREATE FUNCTION advisor._maintained_parents(parent oid DEFAULT NULL) RETURNS SETOF oid
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 100
BEGIN ATOMIC
	WITH RECURSIVE policies AS MATERIALIZED (
		SELECT c.oid AS parent, p.run_order, coalesce(pg_partition_root(c.oid)::oid, c.oid) AS root
		FROM advisor.partition_policies p JOIN pg_class c ON c.oid = p.parent
		WHERE p.enabled AND advisor._owns(c.oid)
			AND (_maintained_parents.parent IS NULL OR c.oid = _maintained_parents.parent)
	), foreign_keys AS MATERIALIZED (
		SELECT DISTINCT f.conrelid AS referencing, f.confrelid AS referenced
		FROM pg_constraint f
		WHERE f.contype = 'f' AND f.conparentid = 0 AND f.conrelid <> f.confrelid
			AND f.conrelid IN (SELECT p.root FROM policies p) AND f.confrelid IN (SELECT p.root FROM policies p)
	), ranks(root, rank) AS (
		SELECT p.root, 0 FROM policies p
		UNION
		SELECT f.referenced, r.rank + 1
		FROM ranks r JOIN foreign_keys f ON f.referencing = r.root
		WHERE r.rank < 100
	)
	SELECT p.parent
	FROM policies p JOIN (SELECT r.root, max(r.rank) AS rank FROM ranks r GROUP BY r.root) r USING (root)
	ORDER BY p.run_order, r.rank, (SELECT count(*) FROM pg_partition_ancestors(p.parent)), advisor._quoted_name(p.parent) COLLATE "C";
END;
COMMENT ON FUNCTION advisor._maintained_parents(oid) IS
	'tables, or the one table, with a policy that is enabled, of which the current role has the owner''s rights, in the order of maintenance: run_order, referencing before referenced, partitioned tables before their sub-partitioned partitions';

CREATE FUNCTION advisor._check_maintained(parent regclass) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	others bigint;
BEGIN
	IF parent IS NULL THEN
		SELECT count(*) INTO others
		FROM advisor.partition_policies p JOIN pg_class c ON c.oid = p.parent
		WHERE p.enabled AND NOT advisor._owns(p.parent);
		IF others > 0 THEN
			RAISE NOTICE 'policies of % tables of other owners are left alone', others;
		END IF;
	ELSIF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = parent) THEN
		RAISE EXCEPTION 'relation with OID % does not exist', parent::oid USING ERRCODE = 'undefined_table';
	ELSIF NOT advisor._owns(parent) THEN
		RAISE EXCEPTION 'must be owner of table %', parent
			USING ERRCODE = 'insufficient_privilege',
				HINT = 'A partitioned table is maintained by its owner, members of that role and superusers.';
	ELSIF NOT EXISTS (SELECT FROM advisor.partition_policies p WHERE p.parent = _check_maintained.parent) THEN
		RAISE EXCEPTION 'table % has no partition policy', parent
			USING ERRCODE = 'undefined_object',
				HINT = 'Make one by advisor.register_partition_policy() or advisor.adopt_partitions().';
	ELSIF NOT EXISTS (SELECT FROM advisor.partition_policies p WHERE p.parent = _check_maintained.parent AND p.enabled) THEN
		RAISE NOTICE 'the partition policy of table % is disabled', parent;
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._check_maintained(regclass) IS
	'error if a table cannot be maintained, notice if nothing will be done for it or for some';

CREATE FUNCTION advisor.planned_partition_actions(
	parent regclass DEFAULT NULL,
	as_of timestamptz DEFAULT NULL)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 100
	SET search_path = pg_catalog, pg_temp
	SET row_security = on
AS $$
DECLARE
	policy advisor.partition_policies;
	phase text;
	planned advisor.partition_action[];
BEGIN
	PERFORM advisor._check_maintained(parent);
	FOR policy IN
		SELECT p.* FROM advisor._maintained_parents(parent) WITH ORDINALITY m(parent, place)
			JOIN advisor.partition_policies p ON p.parent = m.parent
		ORDER BY m.place
	LOOP
		planned := '{}';
		FOREACH phase IN ARRAY array_remove(advisor._phases(policy), 'recreate') LOOP
			planned := planned || advisor._plan_phase(policy, phase, coalesce(as_of, now()), planned);
		END LOOP;
		RETURN QUERY SELECT a.* FROM unnest(planned) a;
	END LOOP;
END
$$;
COMMENT ON FUNCTION advisor.planned_partition_actions(regclass, timestamptz) IS
	'what advisor.maintain_partitions() would do now, or at another time, for one table or all, and what it could not do or would leave as it is';

CREATE FUNCTION advisor._show_plan(parent regclass, as_of timestamptz) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET row_security = on
AS $$
DECLARE
	action advisor.partition_action;
BEGIN
	FOR action IN
		SELECT a.* FROM advisor.planned_partition_actions(parent, as_of) a
		WHERE a.status IN ('planned', 'blocked', 'error', 'lock_timeout')
	LOOP
		PERFORM advisor._show_action(action);
	END LOOP;
END
$$;
COMMENT ON FUNCTION advisor._show_plan(regclass, timestamptz) IS
	'a message for each action that is planned, with its SQL, and for each problem';

-- What belongs to tables that are gone, or partitions again, and old rows of the
-- log.
CREATE FUNCTION advisor._forget_partitions() RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- two sessions that delete the same rows would wait for each other
	IF NOT advisor._try_maintain(0) THEN
		RETURN;
	END IF;
	DELETE FROM advisor.partition_policies p WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = p.parent);
	DELETE FROM advisor.retired_partitions p
	WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = p.partition
		-- while it is being detached it is both
		AND (NOT c.relispartition OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid AND i.inhdetachpending)));
	DELETE FROM advisor.partition_log l
	WHERE l.logged_at < now() - advisor._setting('partition_log_days') * interval '1 day';
EXCEPTION WHEN OTHERS THEN
	RAISE WARNING 'could not clean up after partitions: %', SQLERRM;
END
$$;
COMMENT ON FUNCTION advisor._forget_partitions() IS
	'deletes policies of tables that are gone, retired partitions that are gone or attached again, and rows of advisor.partition_log older than the setting partition_log_days';

CREATE FUNCTION advisor._log_run(policy advisor.partition_policies, results advisor.partition_action[], run_started timestamptz, began timestamptz)
	RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	run advisor.partition_action;
	problem advisor.partition_action;
	elsewhere boolean := advisor._maintained_elsewhere(results);
BEGIN
	PERFORM advisor._tell_action(r, run_started, NULL) FROM unnest(results) r WHERE r.status = 'blocked';
	SELECT r.* INTO problem FROM unnest(results) WITH ORDINALITY r
	WHERE r.status IN ('error', 'lock_timeout', 'blocked') ORDER BY r.status <> 'error', r.ordinality LIMIT 1;
	run.parent := policy.parent;
	run.action := 'run';
	run.status := CASE
		WHEN elsewhere THEN 'skipped'
		WHEN problem.status IS NULL THEN 'ok'
		WHEN EXISTS (SELECT FROM unnest(results) r WHERE r.status = 'done') THEN 'partial'
		ELSE 'failed' END;
	run.rows := (SELECT sum(r.rows) FROM unnest(results) r WHERE r.action = 'move' AND r.status = 'done');
	run.sqlstate := problem.sqlstate;
	run.detail := concat_ws('; ',
		CASE WHEN elsewhere THEN 'maintained by another session' END,
		(SELECT string_agg(format('%s %s %s', c.n, c.action, c.status), ', ' ORDER BY c.action, c.status)
			FROM (SELECT r.action, r.status, count(*) AS n FROM unnest(results) r
				WHERE r.sqlstate IS DISTINCT FROM '55P03' OR r.status <> 'skipped' GROUP BY 1, 2) c),
		problem.detail);
	run.detail := coalesce(nullif(run.detail, ''), 'nothing to do');
	-- a crash that loses it loses no work
	PERFORM set_config('synchronous_commit', 'off', true);
	PERFORM advisor._tell_action(run, run_started, began);
END
$$;
COMMENT ON FUNCTION advisor._log_run(advisor.partition_policies, advisor.partition_action[], timestamptz, timestamptz) IS
	'logs a run for one table: ok, partial or failed, with the numbers of actions and the first error; skipped if another session was at it';

CREATE FUNCTION advisor._maintained_elsewhere(results advisor.partition_action[]) RETURNS boolean
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN results <> '{}' AND EXISTS (SELECT FROM unnest(results) r WHERE r.status = 'skipped' AND r.sqlstate = '55P03');
END
$$;
COMMENT ON FUNCTION advisor._maintained_elsewhere(advisor.partition_action[]) IS
	'did an action find another session maintaining the table?';

CREATE PROCEDURE advisor._maintain_parent(parent oid, as_of timestamptz, run_started timestamptz)
	LANGUAGE plpgsql
AS $$
DECLARE
	policy advisor.partition_policies;
	phase pg_catalog.text;
	actions advisor.partition_action[];
	results advisor.partition_action[] := '{}';
	began pg_catalog.timestamptz := pg_catalog.clock_timestamp();
BEGIN
	-- it may have changed since the run began
	SELECT p.* INTO policy FROM advisor.partition_policies p WHERE p.parent = _maintain_parent.parent AND p.enabled;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	FOREACH phase IN ARRAY advisor._phases(policy) LOOP
		CONTINUE WHEN phase IN ('recreate', 'analyze') AND results = '{}';
		IF phase = 'recreate' THEN
			-- what the default partition was in the way of, and what lies between the ranges that came out of it and others
			CONTINUE WHEN NOT EXISTS (SELECT FROM unnest(results) r
				WHERE r.status = 'blocked' OR r.action IN ('move', 'adopt') AND r.status = 'done');
			results := ARRAY(SELECT r FROM unnest(results) r WHERE r.action <> 'create' OR r.status <> 'blocked');
			phase := 'create';
		END IF;
		actions := advisor._plan_phase(policy, phase, as_of, results);
		IF EXISTS (SELECT FROM unnest(actions) a WHERE a.status IN ('planned', 'blocked', 'error', 'lock_timeout')) THEN
			CALL advisor._perform_actions(actions, policy, run_started, results);
			EXIT WHEN advisor._maintained_elsewhere(results);
		END IF;
	END LOOP;
	PERFORM advisor._log_run(policy, results, run_started, began);
	COMMIT;
	SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
	SET LOCAL search_path = pg_catalog, pg_temp;
	SET LOCAL row_security = on;
END
$$;
COMMENT ON PROCEDURE advisor._maintain_parent(oid, timestamptz, timestamptz) IS
	'all phases of the maintenance of one table';

CREATE PROCEDURE advisor.maintain_partitions(
	parent regclass DEFAULT NULL,
	dry_run boolean DEFAULT false,
	as_of timestamptz DEFAULT NULL)
	LANGUAGE plpgsql
AS $$
DECLARE
	started pg_catalog.timestamptz := pg_catalog.clock_timestamp();
	parents pg_catalog.oid[];
	maintained pg_catalog.oid;
BEGIN
	IF dry_run THEN
		PERFORM advisor._show_plan(parent, as_of);
		RETURN;
	END IF;
	CALL advisor._assert_may_commit('advisor.maintain_partitions()');
	SET LOCAL search_path = pg_catalog, pg_temp;
	SET LOCAL row_security = on;
	IF pg_is_in_recovery() THEN
		RAISE NOTICE 'partitions are maintained on the primary server, not on a standby';
		RETURN;
	END IF;
	PERFORM advisor._check_maintained(parent);
	PERFORM advisor._forget_partitions();
	COMMIT;
	SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
	SET LOCAL search_path = pg_catalog, pg_temp;
	SET LOCAL row_security = on;
	parents := ARRAY(SELECT m FROM advisor._maintained_parents(parent) WITH ORDINALITY p(m, place) ORDER BY place);
	FOREACH maintained IN ARRAY parents LOOP
		CALL advisor._maintain_parent(maintained, coalesce(as_of, started), started);
	END LOOP;
	COMMIT;
END
$$;
COMMENT ON PROCEDURE advisor.maintain_partitions(regclass, boolean, timestamptz) IS
	'does what the policies of partitioned tables ask for, of one table or of all: creates partitions ahead, drains default partitions, retires old partitions, analyzes. Commits after every action; writes to advisor.partition_log; dry_run only says what it would do; as_of is the time that it takes for now';

/*
 * In a transaction block
 *
 * The same, a kind at a time, for who wants all or nothing, or runs where no
 * COMMIT is possible.  The locks are held until the caller's end, so creating
 * and retiring are for transactions of their own.
 */

-- An error is that of its table.
CREATE FUNCTION advisor._lock_to_maintain(policy advisor.partition_policies, OUT locked boolean, OUT failed advisor.partition_action[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	failure advisor.partition_action;
BEGIN
	locked := advisor._lock_parent(policy);
EXCEPTION WHEN OTHERS THEN
	failure.parent := policy.parent;
	failure.action := 'create';
	failure.status := 'error';
	failure.sqlstate := SQLSTATE;
	failure.detail := SQLERRM;
	failed := ARRAY[failure];
END
$$;
COMMENT ON FUNCTION advisor._lock_to_maintain(advisor.partition_policies) IS
	'takes the lock on a parent that creating takes; false if it was not to be had in time, failed if there was an error';

CREATE FUNCTION advisor._maintain_here(parent regclass, phases text[], dry_run boolean, as_of timestamptz)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
	SET row_security = on
AS $$
DECLARE
	policy advisor.partition_policies;
	phase text;
	locked boolean;
	failed advisor.partition_action[];
	plan advisor.partition_action[];
BEGIN
	PERFORM advisor._check_maintained(parent);
	FOR policy IN
		SELECT p.* FROM advisor._maintained_parents(parent) WITH ORDINALITY m(parent, place)
			JOIN advisor.partition_policies p ON p.parent = m.parent
		ORDER BY m.place
	LOOP
		-- a background worker would wait for our locks
		policy.detach_concurrently := false;
		locked := true;
		failed := NULL;
		IF NOT dry_run AND phases = '{create}' THEN
			SELECT l.* INTO locked, failed FROM advisor._lock_to_maintain(policy) l;
		ELSIF NOT dry_run THEN
			PERFORM advisor._forget_retired(policy);
		END IF;
		FOREACH phase IN ARRAY phases LOOP
			plan := coalesce(failed, advisor._plan_phase(policy, phase, coalesce(as_of, now())));
			RETURN QUERY SELECT * FROM advisor._perform_plan(policy, plan, dry_run, locked);
		END LOOP;
	END LOOP;
END
$$;
COMMENT ON FUNCTION advisor._maintain_here(regclass, text[], boolean, timestamptz) IS
	'phases of the maintenance of one table or all, in the transaction of the caller';

CREATE FUNCTION advisor.create_partitions_ahead(
	parent regclass DEFAULT NULL,
	dry_run boolean DEFAULT false,
	as_of timestamptz DEFAULT NULL)
	RETURNS SETOF advisor.partition_action
	LANGUAGE sql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
BEGIN ATOMIC
	SELECT * FROM advisor._maintain_here(parent, '{create}', dry_run, as_of);
END;
COMMENT ON FUNCTION advisor.create_partitions_ahead(regclass, boolean, timestamptz) IS
	'creates the partitions that the policies of one table or of all ask for, ahead of now and in gaps, in the transaction of the caller; returns what it did or could not do; as_of is the time that it takes for now';

CREATE FUNCTION advisor.retire_partitions(
	parent regclass DEFAULT NULL,
	dry_run boolean DEFAULT false,
	as_of timestamptz DEFAULT NULL)
	RETURNS SETOF advisor.partition_action
	LANGUAGE sql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
BEGIN ATOMIC
	SELECT * FROM advisor._maintain_here(parent, '{finalize,retired,retire}', dry_run, as_of);
END;
COMMENT ON FUNCTION advisor.retire_partitions(regclass, boolean, timestamptz) IS
	'retires the partitions that the policies of one table or of all find too old, as they say (detach, back up, archive, drop, none concurrently), in the transaction of the caller; returns what it did or could not do; as_of is the time that it takes for now';

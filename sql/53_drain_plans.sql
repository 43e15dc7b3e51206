/*
 * 53_drain_plans: what is to be done with the rows of default partitions, by
 * policies and by hand.  Needs 53_drain.
 */

/*
 * Plans
 */

-- Values are told, and nothing is done: which of them belong together is not
-- for us to know.
CREATE FUNCTION advisor._plan_default_list(p advisor.partition_policies) RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
	SET DateStyle = 'ISO, YMD'
	SET TimeZone = 'UTC'
AS $$
DECLARE
	found text;
BEGIN
	found := (advisor._run_as_owner(p.parent, format(
		'SELECT json_agg(v) FROM (SELECT %s::text AS value, count(*) AS rows FROM %s GROUP BY %1$s ORDER BY 2 DESC, 1 LIMIT 20) v',
		(advisor._key_expressions(p.parent))[1], advisor._default_from(p.parent)), p.lock_timeout)).value;
	RETURN QUERY SELECT p.parent, advisor._quoted_name(advisor._default_partition(p.parent)), v.value, NULL::text, 'move', 'kept', v.rows, NULL::text,
			format('%s rows of value %s are in the default partition', v.rows, coalesce(quote_literal(v.value), 'NULL')),
			format('SELECT * FROM advisor.create_list_partition(%L, ARRAY[%L]::text[])', advisor._quoted_name(p.parent), v.value)
		FROM json_to_recordset(found::json) v(value text, rows bigint);
END
$$;
COMMENT ON FUNCTION advisor._plan_default_list(advisor.partition_policies) IS
	'the most frequent values in the default partition of a table partitioned by list, each with the call that makes a partition for it';

-- A partition that grew, and whose range got its rest otherwise.
CREATE FUNCTION advisor._plan_grown(p advisor.partition_policies, g advisor._partition_grid, ranges advisor._default_range[], f advisor._partition_format)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 1
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	b record;
	gap record;
BEGIN
	FOR b IN SELECT e.*, advisor._quoted_name(e.partition) AS name FROM advisor._partition_bounds(p.parent) e
			JOIN pg_constraint k ON k.conrelid = e.partition AND k.conname = 'advisor_growing'
		WHERE NOT e.is_default AND NOT EXISTS (SELECT FROM unnest(ranges) r WHERE r.kept IS NULL AND r.lower = e.upper)
		ORDER BY e.ordinal
	LOOP
		SELECT c.* INTO gap FROM advisor._cell_gaps(g, advisor._grid_index(g, b.upper)) c
			WHERE c.lower = b.upper AND b.upper <> advisor._grid_value(g, advisor._grid_index(g, b.upper));
		IF FOUND THEN
			RETURN QUERY SELECT * FROM advisor._plan_move(p, g,
				(advisor._grid_index(g, b.upper), gap.lower, gap.upper, 0, NULL)::advisor._default_range, f, false);
		ELSE
			RETURN NEXT (p.parent, b.name, b.lower, b.upper, 'unfence', 'planned', NULL, NULL, 'it is complete',
				format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS advisor_growing', b.name))::advisor.partition_action;
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION advisor._plan_grown(advisor.partition_policies, advisor._partition_grid, advisor._default_range[], advisor._partition_format) IS
	'actions that complete partitions of which a move has been interrupted and for which the default has no more rows';

CREATE FUNCTION advisor._plan_default_rows(p advisor.partition_policies, g advisor._partition_grid, ranges advisor._default_range[])
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	range advisor._default_range;
	f advisor._partition_format;
	mode record;
	schema name := advisor._partition_schema(p.parent);
BEGIN
	mode := advisor._move_mode(p.parent);
	IF p.default_action = 'report' OR mode.obstacle IS NOT NULL THEN
		RETURN QUERY SELECT p.parent, advisor._quoted_name(advisor._default_partition(p.parent)), r.lower, r.upper, 'move', 'blocked', r.rows, NULL::text,
				CASE WHEN p.default_action = 'report' THEN format('%s rows in the default partition want a partition of their own; see advisor.drain_default()', r.rows)
					ELSE mode.obstacle END, NULL::text
			FROM unnest(ranges) WITH ORDINALITY r WHERE r.kept IS NULL ORDER BY r.ordinality;
		RETURN;
	END IF;
	f := advisor._partition_format(p, (SELECT n.oid FROM pg_namespace n WHERE n.nspname = schema));
	FOREACH range IN ARRAY ranges LOOP
		IF range.kept IS NULL THEN
			RETURN QUERY SELECT * FROM advisor._plan_move(p, g, range, f, mode.replica);
		END IF;
	END LOOP;
	RETURN QUERY SELECT * FROM advisor._plan_grown(p, g, ranges, f);
END
$$;
COMMENT ON FUNCTION advisor._plan_default_rows(advisor.partition_policies, advisor._partition_grid, advisor._default_range[]) IS
	'what is done with ranges of rows in the default partition when they are to be moved or reported';

CREATE FUNCTION advisor._plan_default(p advisor.partition_policies, as_of timestamptz DEFAULT NULL)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
	SET DateStyle = 'ISO, YMD'
	SET TimeZone = 'UTC'
	SET IntervalStyle = 'postgres'
AS $$
DECLARE
	g advisor._partition_grid;
	ranges advisor._default_range[];
	source regclass := advisor._default_partition(p.parent);
BEGIN
	IF source IS NULL THEN
		RETURN;
	END IF;
	IF EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = source AND k.conname = 'advisor_adopt') THEN
		RETURN NEXT advisor._unfence_adopted(p.parent);
	END IF;
	g := advisor._grid(p);
	IF g.method = 'list' THEN
		RETURN QUERY SELECT * FROM advisor._plan_default_list(p);
		RETURN;
	ELSIF g.axis IS NULL OR g.width IS NULL THEN
		IF advisor._default_has(p, NULL, NULL) THEN
			RETURN NEXT (p.parent, advisor._quoted_name(source), NULL, NULL, 'move', 'blocked', advisor._count_default(p, NULL, NULL), NULL,
				'without a step there is no telling where rows of the default partition belong', NULL)::advisor.partition_action;
		END IF;
		RETURN;
	END IF;
	ranges := ARRAY(SELECT r FROM advisor._default_ranges(p, g, as_of) r);
	IF p.default_action = 'adopt' AND EXISTS (SELECT FROM unnest(ranges) r WHERE r.kept IS NULL) THEN
		RETURN QUERY SELECT * FROM advisor._plan_adopt(p, g, ranges);
	ELSE
		RETURN QUERY SELECT * FROM advisor._plan_default_rows(p, g, ranges);
	END IF;
	RETURN QUERY SELECT p.parent, advisor._quoted_name(source), r.lower, r.upper, 'move', 'kept', r.rows, NULL::text, r.kept, NULL::text
		FROM unnest(ranges) WITH ORDINALITY r WHERE r.kept IS NOT NULL ORDER BY r.ordinality;
END
$$;
COMMENT ON FUNCTION advisor._plan_default(advisor.partition_policies, timestamptz) IS
	'what is to be done with the rows of a default partition by a policy, and which of them stay where they are';

/*
 * Draining
 */

CREATE FUNCTION advisor._drain_policy(parent regclass, method text, max_rows bigint) RETURNS advisor.partition_policies
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	p advisor.partition_policies;
BEGIN
	IF method IS NULL OR method NOT IN ('move', 'adopt') THEN
		RAISE invalid_parameter_value USING MESSAGE = concat('unknown method ', coalesce('"' || method || '"', 'null')),
			HINT = 'Use move (the rows go to partitions of their own) or adopt (the default becomes a partition, and a new default is made).';
	ELSIF max_rows <= 0 THEN
		RAISE invalid_parameter_value USING MESSAGE = format('max_rows must be positive, not %s', max_rows),
			HINT = 'Leave it out to move all rows.';
	END IF;
	PERFORM advisor._check_may_maintain(parent);
	IF NOT EXISTS (SELECT FROM pg_partitioned_table t WHERE t.partrelid = parent) THEN
		RAISE wrong_object_type USING MESSAGE = format('%s is not a partitioned table', advisor._quoted_name(parent)),
			HINT = 'Name the partitioned table whose default partition is to be drained.';
	ELSIF advisor._default_partition(parent) IS NULL THEN
		RAISE object_not_in_prerequisite_state USING MESSAGE = format('%s has no default partition', advisor._quoted_name(parent)),
			HINT = 'There is nothing to drain: rows without a partition are refused.';
	END IF;
	p := advisor._policy(parent);
	p.default_action := method;
	-- however far ahead numbers are: who asks for it has seen them
	p.premake := 2147483647;
	-- a batch is what can be stopped after
	p.batch_rows := least(p.batch_rows, max_rows);
	RETURN p;
END
$$;
COMMENT ON FUNCTION advisor._drain_policy(regclass, text, bigint) IS
	'the policy of a table, with another way with its default partition; errors if there is nothing to drain';

CREATE FUNCTION advisor._drain_plan(p advisor.partition_policies, max_rows bigint, as_of timestamptz) RETURNS advisor.partition_action[]
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(array_agg(a.action ORDER BY a.place), '{}')
	FROM (SELECT x.action, x.place, sum(CASE (x.action).status WHEN 'planned' THEN (x.action).rows END) OVER (ORDER BY x.place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
		FROM (SELECT d AS action, row_number() OVER () AS place FROM advisor._plan_default(p, as_of) d) x) a
	WHERE (a.action).status <> 'planned' OR max_rows IS NULL OR p.default_action = 'adopt' OR coalesce(a.before, 0) < max_rows;
$$;
COMMENT ON FUNCTION advisor._drain_plan(advisor.partition_policies, bigint, timestamptz) IS
	'actions of _plan_default(), as many as move so many rows';

CREATE FUNCTION advisor._show_action(action advisor.partition_action) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	said text := concat_ws(': ', advisor._quoted_name(action.parent),
		concat_ws(' ', nullif(action.status, 'planned'), action.action, action.partition,
			CASE WHEN action.lower IS NOT NULL OR action.upper IS NOT NULL
				THEN format('[%s, %s)', coalesce(action.lower, 'MINVALUE'), coalesce(action.upper, 'MAXVALUE')) END,
			'(' || action.rows || ' rows)'),
		action.detail);
BEGIN
	IF action.sql IS NULL THEN
		RAISE INFO '%', said;
	ELSE
		RAISE INFO '%', said USING DETAIL = action.sql;
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._show_action(advisor.partition_action) IS
	'a message of an action, with its SQL';

CREATE FUNCTION advisor._tell_drain(actions advisor.partition_action[]) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	a advisor.partition_action;
BEGIN
	FOREACH a IN ARRAY actions LOOP
		PERFORM advisor._show_action(a);
	END LOOP;
END
$$;
COMMENT ON FUNCTION advisor._tell_drain(advisor.partition_action[]) IS
	'a message for each action, with its SQL';

CREATE FUNCTION advisor._warn_drain(parent oid, results advisor.partition_action[]) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	a advisor.partition_action;
BEGIN
	FOREACH a IN ARRAY results LOOP
		IF a.status NOT IN ('planned', 'done', 'exists', 'kept') AND NOT (a.action = 'unfence' AND a.status = 'skipped') THEN
			RAISE WARNING '% %: %', a.action, a.partition, concat_ws(': ', a.status, a.detail);
		ELSIF a.status = 'kept' THEN
			RAISE NOTICE '% rows stay in %: %', a.rows, a.partition, a.detail;
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION advisor._warn_drain(oid, advisor.partition_action[]) IS
	'warnings and notices about rows that were not moved';

CREATE PROCEDURE advisor.drain_default(
	parent regclass,
	method text DEFAULT 'move',
	max_rows bigint DEFAULT NULL,
	dry_run boolean DEFAULT false,
	as_of timestamptz DEFAULT NULL)
	LANGUAGE plpgsql
AS $$
DECLARE
	started pg_catalog.timestamptz := pg_catalog.clock_timestamp();
	policy advisor.partition_policies;
	actions advisor.partition_action[];
	results advisor.partition_action[] := '{}';
BEGIN
	IF dry_run THEN
		PERFORM advisor._tell_drain(advisor._drain_plan(advisor._drain_policy(parent, method, max_rows), max_rows, as_of));
		RETURN;
	END IF;
	CALL advisor._assert_may_commit('advisor.drain_default()');
	SET LOCAL search_path = pg_catalog, pg_temp;
	SET LOCAL row_security = on;
	policy := advisor._drain_policy(parent, method, max_rows);
	actions := advisor._drain_plan(policy, max_rows, coalesce(as_of, started));
	CALL advisor._perform_actions(actions, policy, started, results);
	PERFORM advisor._warn_drain(parent, results || ARRAY(SELECT a FROM unnest(actions) a WHERE a.status = 'kept'));
	COMMIT;
END
$$;
COMMENT ON PROCEDURE advisor.drain_default(regclass, text, bigint, boolean, timestamptz) IS
	'gets the rows out of the default partition of a table: move takes them to partitions of their own, in transactions of batch_rows of the table''s policy and until about max_rows are moved; adopt makes the default a partition and makes a new default. Commits after every step; writes to advisor.partition_log; dry_run only says what it would do; as_of is the time that it takes for now';

-- Batches would only be more statements here: nothing is free before the end.
CREATE FUNCTION advisor.move_default_rows(
	parent regclass,
	max_rows bigint DEFAULT NULL,
	dry_run boolean DEFAULT false,
	as_of timestamptz DEFAULT NULL)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	p advisor.partition_policies := advisor._drain_policy(parent, 'move', max_rows);
BEGIN
	p.batch_rows := least(coalesce(max_rows, 2147483647), 2147483647);
	RETURN QUERY SELECT * FROM advisor._perform_plan(p, advisor._drain_plan(p, max_rows, as_of), dry_run, true);
END
$$;
COMMENT ON FUNCTION advisor.move_default_rows(regclass, bigint, boolean, timestamptz) IS
	'as advisor.drain_default() with method move, in the transaction of the caller, which holds the locks until its end: moves the rows of the default partition, or about max_rows of them, to partitions of their own, and returns what it did and what stays';

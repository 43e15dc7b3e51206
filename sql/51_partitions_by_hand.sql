/*
 * 51_partitions_by_hand: the functions that create partitions in the caller's
 * transaction.  Needs 51_partition_creation.
 */

-- What all public functions begin with: the rights, the kind of table, and the
-- arguments that must not be null.
CREATE FUNCTION advisor._policy_to_create(parent regclass, methods text[]) RETURNS advisor.partition_policies
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 5000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	method text := (SELECT k.method FROM advisor._partition_key(parent) k);
BEGIN
	PERFORM advisor._check_may_maintain(parent);
	IF method IS NULL THEN
		RAISE wrong_object_type USING MESSAGE = format('%s is not a partitioned table', advisor._quoted_name(parent)),
			HINT = 'Tables are partitioned by CREATE TABLE ... PARTITION BY; advisor.partition_conversion_script() writes a script for one that is not.';
	ELSIF method <> ALL (methods) THEN
		RAISE wrong_object_type USING MESSAGE = format('%s is partitioned by %s', advisor._quoted_name(parent), method),
			HINT = CASE method
				WHEN 'hash' THEN 'Use advisor.create_hash_partitions(); tables partitioned by hash have no default partition and no ranges.'
				WHEN 'list' THEN 'Use advisor.create_list_partition().'
				ELSE 'Use advisor.create_range_partitions() or advisor.create_monthly_partitions().' END;
	END IF;
	PERFORM advisor._check_schema_rights(parent);
	RETURN advisor._policy(parent);
END
$$;
COMMENT ON FUNCTION advisor._policy_to_create(regclass, text[]) IS
	'the policy of a table by which partitions can be created; an error unless the current role may, and the table is partitioned by one of some methods';

CREATE FUNCTION advisor._check_count(name text, value bigint, most bigint) RETURNS void
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF value IS NULL OR value NOT BETWEEN 1 AND most THEN
		RAISE invalid_parameter_value USING MESSAGE = format('%s is %s', name, coalesce(value::text, 'null')),
			HINT = format('It must be from 1 to %s.', most);
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._check_count(text, bigint, bigint) IS
	'errors unless a number is from 1 to most';

CREATE FUNCTION advisor._check_finite(name text, value timestamptz) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT isfinite(value) THEN
		RAISE invalid_parameter_value USING MESSAGE = format('%s is %s', name, value),
			HINT = 'It must be a finite time, or null for now.';
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._check_finite(text, timestamptz) IS
	'errors if a time is infinite';

-- The second of two sessions waits here and then sees what the first has made.
CREATE FUNCTION advisor._lock_parent(p advisor.partition_policies) RETURNS boolean
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM advisor._run_as_owner(p.parent, format('LOCK TABLE ONLY %s IN SHARE UPDATE EXCLUSIVE MODE', advisor._quoted_name(p.parent)), p.lock_timeout);
	RETURN true;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
	RETURN false;
END
$$;
COMMENT ON FUNCTION advisor._lock_parent(advisor.partition_policies) IS
	'takes the lock on a parent that creating takes; false if it was not to be had in time';

-- For functions, which have the caller's one transaction for everything.
-- A thousand subtransactions in a transaction are more than its session can
-- tell others of, and each of them looks through all that is locked.
CREATE FUNCTION advisor._created_together(p advisor.partition_policies, plan advisor.partition_action[])
	RETURNS advisor.partition_action[]
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	a advisor.partition_action;
	created advisor.partition_action[] := '{}';
	began timestamptz;
BEGIN
	FOREACH a IN ARRAY plan LOOP
		IF a.status = 'planned' THEN
			began := clock_timestamp();
			a.rows := (advisor._run_as_owner(a.parent, a.sql, p.lock_timeout)).rows;
			a.status := 'done';
			PERFORM advisor._log_action(a, now(), began);
		END IF;
		created := created || a;
	END LOOP;
	RETURN created;
EXCEPTION WHEN OTHERS THEN
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION advisor._created_together(advisor.partition_policies, advisor.partition_action[]) IS
	'performs and logs all creations of a plan in one subtransaction, and returns the plan with what came of it; null, and nothing is done, if one fails';

CREATE FUNCTION advisor._perform_plan(p advisor.partition_policies, plan advisor.partition_action[], dry_run boolean, locked boolean)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	a advisor.partition_action;
	failed advisor.partition_action[] := '{}';
	began timestamptz;
BEGIN
	IF locked AND NOT dry_run
		AND (SELECT count(*) > 1 AND bool_and(x.action = 'create') FROM unnest(plan) x WHERE x.status = 'planned') THEN
		plan := coalesce(advisor._created_together(p, plan), plan);
	END IF;
	FOREACH a IN ARRAY plan LOOP
		IF a.status = 'planned' AND NOT dry_run THEN
			began := clock_timestamp();
			IF NOT locked THEN
				a.status := 'lock_timeout';
				a.sqlstate := '55P03';
				a.detail := format('the lock on %s was not to be had within %s ms', advisor._quoted_name(p.parent), p.lock_timeout);
			ELSIF failed <> '{}' AND advisor._depends_on_failed(a, failed) THEN
				a.status := 'skipped';
				a.detail := 'what has to come before was not done';
			ELSE
				a := advisor._perform_any(a, p);
			END IF;
			IF a.status NOT IN ('done', 'exists') THEN
				failed := failed || a;
			END IF;
			PERFORM advisor._log_action(a, now(), began);
		END IF;
		RETURN NEXT a;
	END LOOP;
END
$$;
COMMENT ON FUNCTION advisor._perform_plan(advisor.partition_policies, advisor.partition_action[], boolean, boolean) IS
	'performs and logs the planned actions of a plan in this transaction, and returns all; locked: is the parent locked?';

CREATE FUNCTION advisor._covered_cells(p advisor.partition_policies, g advisor._partition_grid, from_n bigint, to_n bigint)
	RETURNS SETOF advisor.partition_action
	LANGUAGE sql STABLE PARALLEL SAFE COST 10000 ROWS 10
BEGIN ATOMIC
	WITH bounds AS MATERIALIZED (
		SELECT b.partition, b.lower_position, b.upper_position FROM advisor._partition_bounds((p).parent) b WHERE NOT b.is_default
	), cells AS MATERIALIZED (
		SELECT c.lower, c.upper, coalesce(advisor._grid_position(g, c.lower), '-Infinity') AS lo,
			coalesce(advisor._grid_position(g, c.upper), 'Infinity') AS hi
		FROM generate_series(from_n, to_n) n
			CROSS JOIN LATERAL (SELECT advisor._grid_value(g, n) AS lower, advisor._grid_value(g, n + 1) AS upper) c
		WHERE (c.lower IS NOT NULL OR c.upper IS NOT NULL) AND EXISTS (SELECT FROM bounds)
	), free AS MATERIALIZED (
		SELECT f.lo, f.hi FROM advisor._free_ranges((p).parent) f
	)
	SELECT (p).parent, advisor._quoted_name(b.partition), c.lower, c.upper, 'create', 'exists', NULL::bigint, NULL::text,
		CASE WHEN b.lower_position <> c.lo OR b.upper_position <> c.hi THEN 'misaligned: covered by partitions of other bounds' END, NULL::text
	FROM cells c JOIN bounds b ON b.lower_position <= c.lo AND b.upper_position > c.lo
	WHERE NOT EXISTS (SELECT FROM free f WHERE f.lo < c.hi AND (f.hi > c.lo OR f.hi = f.lo AND f.lo >= c.lo));
END;
COMMENT ON FUNCTION advisor._covered_cells(advisor.partition_policies, advisor._partition_grid, bigint, bigint) IS
	'steps from_n to to_n of a grid that partitions cover wholly, with the first of these';

CREATE FUNCTION advisor._create_cells(p advisor.partition_policies, from_n bigint, to_n bigint, dry_run boolean)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	g advisor._partition_grid := advisor._grid(p);
	locked boolean := dry_run OR advisor._lock_parent(p);
	plan advisor.partition_action[];
BEGIN
	plan := ARRAY(SELECT c FROM advisor._plan_range(p, from_n, to_n) c
		UNION ALL SELECT c FROM advisor._covered_cells(p, g, from_n, to_n) c);
	RETURN QUERY SELECT * FROM advisor._perform_plan(p,
		ARRAY(SELECT a FROM unnest(plan) a ORDER BY coalesce(advisor._grid_position(g, a.lower), '-Infinity'), a.partition), dry_run, locked);
END
$$;
COMMENT ON FUNCTION advisor._create_cells(advisor.partition_policies, bigint, bigint, boolean) IS
	'creates the partitions for steps from_n to to_n of a grid that are missing, and returns all';

-- Borders of one grid that are none of another.
CREATE FUNCTION advisor._off_grid(g advisor._partition_grid, from_n bigint, other advisor._partition_grid) RETURNS boolean
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT coalesce(bool_or(advisor._grid_position(g, v.value)
		<> advisor._grid_position(other, advisor._grid_value(other, advisor._grid_index(other, v.value)))), false)
	FROM generate_series(from_n, from_n + 12) n CROSS JOIN LATERAL (SELECT advisor._grid_value(g, n) AS value) v;
END;
COMMENT ON FUNCTION advisor._off_grid(advisor._partition_grid, bigint, advisor._partition_grid) IS
	'has a grid borders from from_n on that are no borders of another?';

-- A step that is seen in few of the partitions there are binds nobody.
CREATE FUNCTION advisor._is_regular(p advisor.partition_policies, g advisor._partition_grid) RETURNS boolean
	LANGUAGE sql STABLE PARALLEL SAFE COST 10000
BEGIN ATOMIC
	SELECT EXISTS (SELECT FROM advisor.partition_policies x WHERE x.parent = (p).parent)
		OR coalesce(2 * count(*) FILTER (WHERE advisor._grid_position(g, advisor._grid_value(g, advisor._grid_index(g, b.lower))) = b.lower_position
			AND advisor._grid_position(g, advisor._grid_value(g, advisor._grid_index(g, b.lower) + 1)) = b.upper_position) > count(*), false)
	FROM (SELECT * FROM advisor._partition_bounds((p).parent) x WHERE NOT x.is_default ORDER BY x.ordinal DESC LIMIT 50) b;
END;
COMMENT ON FUNCTION advisor._is_regular(advisor.partition_policies, advisor._partition_grid) IS
	'is a grid that of a registered policy, or are most of the newest partitions of a table steps of it?';

CREATE FUNCTION advisor._check_fits(existing advisor.partition_policies, p advisor.partition_policies, from_n bigint) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	g advisor._partition_grid := advisor._grid(p);
	e advisor._partition_grid;
BEGIN
	IF existing.step IS NULL THEN
		RETURN;
	END IF;
	e := advisor._grid(existing);
	IF advisor._is_regular(existing, e) AND advisor._off_grid(g, from_n, e) AND advisor._off_grid(e, advisor._grid_index(e, advisor._grid_value(g, from_n)) + 1, g) THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('partitions of %s from %s on do not fit those of %s, which are of %s', p.step,
				advisor._grid_value(g, from_n), advisor._quoted_name(p.parent), existing.step),
			HINT = format('Take a step that divides %s or is a multiple of it, and begin at a border such as %s.', existing.step,
				advisor._grid_value(e, advisor._grid_index(e, advisor._grid_value(g, from_n))));
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._check_fits(advisor.partition_policies, advisor.partition_policies, bigint) IS
	'errors if neither of the grids of two policies divides the other';

CREATE FUNCTION advisor.create_monthly_partitions(
	parent regclass,
	months_ahead integer DEFAULT 3,
	start_at date DEFAULT NULL,
	dry_run boolean DEFAULT false,
	as_of timestamptz DEFAULT NULL)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
	SET row_security = on
AS $$
DECLARE
	p advisor.partition_policies := advisor._policy_to_create(parent, '{range}');
	existing advisor.partition_policies := p;
	g advisor._partition_grid;
	now_n bigint;
	start_n bigint;
BEGIN
	PERFORM advisor._check_count('months_ahead', months_ahead, 10000);
	PERFORM advisor._check_finite('start_at', start_at::timestamptz);
	PERFORM advisor._check_finite('as_of', as_of);
	IF p.step IS NOT NULL THEN
		g := advisor._grid(p);
	END IF;
	IF g.step_interval IS DISTINCT FROM interval '1 month' THEN
		p.step := '1 month';
		p.anchor := NULL;
		g := advisor._grid(p);
	END IF;
	now_n := advisor._grid_index_at(g, coalesce(as_of, now()));
	start_n := coalesce(advisor._grid_index_at(g, start_at::timestamp AT TIME ZONE g.clock_zone), now_n);
	PERFORM advisor._check_count('number of partitions', greatest(now_n, start_n) + months_ahead - start_n + 1, 10000);
	PERFORM advisor._check_fits(existing, p, start_n);
	RETURN QUERY SELECT * FROM advisor._create_cells(p, start_n, greatest(now_n, start_n) + months_ahead, dry_run);
END
$$;
COMMENT ON FUNCTION advisor.create_monthly_partitions(regclass, integer, date, boolean, timestamptz) IS
	'creates the partitions that are missing from this month, or that of start_at, up to months_ahead months after this one (or after start_at, if that is later); returns one row for each month';

-- A time is one in the zone of the policy unless it says of which.
CREATE FUNCTION advisor._key_value(p advisor.partition_policies, g advisor._partition_grid, value text) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 100
	SET search_path = pg_catalog, pg_temp
	SET DateStyle = 'ISO, YMD'
	SET TimeZone = 'UTC'
AS $$
DECLARE
	key text;
BEGIN
	PERFORM set_config('TimeZone', p.time_zone, true);
	key := CASE
		WHEN g.kind = 'date' THEN value::timestamp::date::text
		WHEN g.kind = 'timestamp' THEN value::timestamp::text
		WHEN g.kind = 'timestamptz' THEN concat(value::timestamptz AT TIME ZONE 'UTC', CASE WHEN isfinite(value::timestamptz) THEN '+00' END)
		WHEN g.kind IN ('integer', 'numeric') AND advisor._is_number(value) THEN value::numeric::text
		WHEN g.kind = 'uuid' AND value ~* '^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$' THEN value
		WHEN g.axis = 'time' THEN advisor._grid_value(g, advisor._grid_index_at(g, value::timestamptz)) END;
	IF advisor._grid_index(g, key) IS NULL THEN
		RAISE invalid_parameter_value USING MESSAGE = format('%s is no bound for a partition of %s', quote_nullable(value), advisor._quoted_name(p.parent)),
			HINT = format('It must be a finite value of type %s.', g.key_type);
	END IF;
	RETURN key;
END
$$;
COMMENT ON FUNCTION advisor._key_value(advisor.partition_policies, advisor._partition_grid, text) IS
	'a value that somebody wrote as one of a partition key';

CREATE FUNCTION advisor._anchored_at(p advisor.partition_policies, g advisor._partition_grid, key text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 100
	SET search_path = pg_catalog, pg_temp
	SET DateStyle = 'ISO, YMD'
AS $$
	SELECT CASE
		WHEN (g).kind = 'timestamptz' THEN (key::timestamptz AT TIME ZONE (p).time_zone)::text
		WHEN (g).kind IN ('timestamp', 'date') THEN key::timestamp::text
		WHEN (g).axis = 'number' THEN key
		ELSE (p).anchor END;
$$;
COMMENT ON FUNCTION advisor._anchored_at(advisor.partition_policies, advisor._partition_grid, text) IS
	'the anchor of a grid that has a border at a key value';

CREATE FUNCTION advisor.create_range_partitions(
	parent regclass,
	step text,
	from_value text,
	to_value text,
	dry_run boolean DEFAULT false)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
	SET row_security = on
AS $$
DECLARE
	p advisor.partition_policies := advisor._policy_to_create(parent, '{range}');
	existing advisor.partition_policies := p;
	g advisor._partition_grid;
	lower text;
	upper text;
	from_n bigint;
	to_n bigint;
BEGIN
	IF step IS NOT NULL THEN
		p.step := step;
		p.anchor := NULL;
	ELSIF p.step IS NULL THEN
		RAISE invalid_parameter_value USING MESSAGE = format('how wide the partitions of %s are to be is not known', advisor._quoted_name(parent)),
			HINT = 'Give a step, as in ''1 month'' or ''1000000''.';
	END IF;
	g := advisor._grid(p);
	lower := advisor._key_value(p, g, from_value);
	upper := advisor._key_value(p, g, to_value);
	IF advisor._grid_position(g, lower) >= advisor._grid_position(g, upper) THEN
		RAISE invalid_parameter_value USING MESSAGE = format('from_value %s is not less than to_value %s', from_value, to_value),
			HINT = 'Partitions are created from from_value, inclusive, to to_value, exclusive.';
	END IF;
	IF step IS NOT NULL THEN
		p.anchor := advisor._anchored_at(p, g, lower);
		g := advisor._grid(p);
	END IF;
	from_n := advisor._grid_index(g, lower);
	to_n := advisor._grid_index(g, upper);
	IF advisor._grid_position(g, advisor._grid_value(g, to_n)) = advisor._grid_position(g, upper) THEN
		to_n := to_n - 1;
	END IF;
	PERFORM advisor._check_count('number of partitions', to_n - from_n + 1, 10000);
	PERFORM advisor._check_fits(existing, p, from_n);
	RETURN QUERY SELECT * FROM advisor._create_cells(p, from_n, to_n, dry_run);
END
$$;
COMMENT ON FUNCTION advisor.create_range_partitions(regclass, text, text, text, boolean) IS
	'creates the partitions of a width that are missing from a value up to another; the last is as wide as the others, even if it goes beyond; without a step, those of the policy or of the partitions there are, from that on which the value is in';

CREATE FUNCTION advisor.fill_partition_gaps(parent regclass, dry_run boolean DEFAULT false)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
	SET row_security = on
AS $$
DECLARE
	p advisor.partition_policies := advisor._policy_to_create(parent, '{range}');
	g advisor._partition_grid;
	locked boolean;
	plan advisor.partition_action[] := '{}';
	r record;
BEGIN
	IF p.step IS NULL THEN
		RAISE invalid_parameter_value USING MESSAGE = format('how wide the partitions of %s are is not known', advisor._quoted_name(parent)),
			HINT = 'Use advisor.register_partition_policy() with a step, or advisor.create_range_partitions().';
	END IF;
	g := advisor._grid(p);
	locked := dry_run OR advisor._lock_parent(p);
	FOR r IN SELECT f.*, advisor._grid_index(g, f.lower) AS from_n, advisor._grid_index(g, f.upper) AS to_n
		FROM advisor._free_ranges(parent) f WHERE f.lower IS NOT NULL AND f.upper IS NOT NULL
	LOOP
		PERFORM advisor._check_count('number of partitions in a gap', r.to_n - r.from_n + 1, 10000);
		plan := plan || ARRAY(SELECT c FROM advisor._plan_free_range(p, g, r.lo, r.hi, r.lower, r.upper, r.lower_bound, r.upper_bound,
			r.from_n, r.to_n) c);
	END LOOP;
	RETURN QUERY SELECT * FROM advisor._perform_plan(p,
		ARRAY(SELECT c FROM advisor._completed_creation(p, plan) c), dry_run, locked);
END
$$;
COMMENT ON FUNCTION advisor.fill_partition_gaps(regclass, boolean) IS
	'creates partitions for what lies between others and is covered by none';

-- One partition that is no step of a grid.
CREATE FUNCTION advisor._plan_single(p advisor.partition_policies, f advisor._partition_format, name name, bound text)
	RETURNS advisor.partition_action
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	a advisor.partition_action;
	schema name := advisor._partition_schema(p.parent);
BEGIN
	a.parent := p.parent;
	a.partition := format('%I.%I', schema, name);
	a.action := 'create';
	a.status := 'planned';
	a.detail := f.note;
	a.sql := (SELECT concat(s.create_sql, E';\n', s.attach_sql, s.tail_sql) FROM advisor._partition_statements(f, name, schema, bound, NULL, NULL) s);
	RETURN a;
END
$$;
COMMENT ON FUNCTION advisor._plan_single(advisor.partition_policies, advisor._partition_format, name, text) IS
	'creation of a partition of a name and bound';

CREATE FUNCTION advisor.create_hash_partitions(parent regclass, modulus integer, dry_run boolean DEFAULT false)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
	SET row_security = on
AS $$
DECLARE
	p advisor.partition_policies := advisor._policy_to_create(parent, '{hash}');
	schema name := advisor._partition_schema(parent);
	locked boolean;
	f advisor._partition_format;
	plan advisor.partition_action[];
	other integer;
BEGIN
	PERFORM advisor._check_count('modulus', modulus, 10000);
	locked := dry_run OR advisor._lock_parent(p);
	SELECT max(b.modulus) INTO other FROM advisor._partition_bounds(p.parent) b WHERE b.modulus <> create_hash_partitions.modulus;
	IF FOUND AND other IS NOT NULL THEN
		RAISE invalid_parameter_value USING MESSAGE = format('%s has partitions of modulus %s', advisor._quoted_name(parent), other),
			HINT = format('To complete them, use modulus %s. For more partitions, detach one, create those of a multiple of its modulus in its place, and insert its rows again.', other);
	END IF;
	f := advisor._partition_format(p, quote_ident(schema)::regnamespace);
	SELECT array_agg(CASE WHEN b.partition IS NULL
			THEN advisor._plan_single(p, f, advisor._partition_name(p.parent, 'h' || r, schema),
				format('FOR VALUES WITH (MODULUS %s, REMAINDER %s)', create_hash_partitions.modulus, r))
			ELSE ROW(p.parent, advisor._quoted_name(b.partition), NULL, NULL, 'create', 'exists', NULL, NULL, NULL, NULL)::advisor.partition_action END
		ORDER BY r)
		INTO plan
		FROM generate_series(0, create_hash_partitions.modulus - 1) r LEFT JOIN advisor._partition_bounds(p.parent) b ON b.remainder = r;
	RETURN QUERY SELECT * FROM advisor._perform_plan(p, plan, dry_run, locked);
END
$$;
COMMENT ON FUNCTION advisor.create_hash_partitions(regclass, integer, boolean) IS
	'creates the partitions of a modulus that are missing, one for each remainder';

-- The same text for the same value, as _partition_bounds() has it.  Types may
-- be the owner's, so he reads them.
CREATE FUNCTION advisor._typed_values(parent regclass, list_values text[]) RETURNS text[]
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 1000
	SET search_path = pg_catalog, pg_temp
	SET DateStyle = 'ISO, YMD'
	SET TimeZone = 'UTC'
	SET IntervalStyle = postgres
	SET extra_float_digits = 1
AS $$
DECLARE
	-- of a column as it is: what the key is compared as may be a pseudo-type
	type text := (SELECT format_type(coalesce(a.atttypid, k.key_type), coalesce(a.atttypmod, k.typmod))
		FROM advisor._partition_key(parent) k LEFT JOIN pg_attribute a ON a.attrelid = parent AND a.attname = k.attname);
	message text;
	state text;
BEGIN
	RETURN (advisor._run_as_owner(parent, (SELECT format('SELECT ARRAY[%s]::text[]',
		string_agg(format('%s::%s::text', quote_nullable(v), type), ', ' ORDER BY n)) FROM unnest(list_values) WITH ORDINALITY u(v, n)))).value::text[];
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR cannot_coerce THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, state = RETURNED_SQLSTATE;
	RAISE USING MESSAGE = message, ERRCODE = state,
		HINT = format('Values of the key of %s are of type %s.', advisor._quoted_name(parent), type);
END
$$;
COMMENT ON FUNCTION advisor._typed_values(regclass, text[]) IS
	'values of a partition key in the writing of its type; an error if one is none';

CREATE FUNCTION advisor._default_lists(p advisor.partition_policies, list_values text[]) RETURNS boolean
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	key text := (advisor._key_expressions(p.parent))[1];
	given text := (SELECT string_agg(quote_literal(v), ', ') FROM unnest(list_values) v WHERE v IS NOT NULL);
	with_null boolean := array_position(list_values, NULL) IS NOT NULL;
BEGIN
	IF advisor._default_partition(p.parent) IS NULL THEN
		RETURN false;
	END IF;
	RETURN (advisor._run_as_owner(p.parent, format('SELECT 1 FROM %s WHERE %s LIMIT 1', advisor._quoted_name(advisor._default_partition(p.parent)),
		concat_ws(' OR ', key || ' IN (' || given || ')', CASE WHEN with_null THEN key || ' IS NULL' END)), p.lock_timeout)).rows > 0;
EXCEPTION WHEN undefined_function THEN
	-- types of which pg_catalog knows no equality: ATTACH will tell
	RETURN false;
END
$$;
COMMENT ON FUNCTION advisor._default_lists(advisor.partition_policies, text[]) IS
	'has the default partition rows with one of some values?';

CREATE FUNCTION advisor.create_list_partition(
	parent regclass,
	list_values text[],
	name text DEFAULT NULL,
	dry_run boolean DEFAULT false)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 1
	SET search_path = pg_catalog, pg_temp
	SET row_security = on
AS $$
DECLARE
	p advisor.partition_policies := advisor._policy_to_create(parent, '{list}');
	schema name := advisor._partition_schema(parent);
	locked boolean;
	typed text[];
	taken record;
	a advisor.partition_action;
BEGIN
	IF coalesce(cardinality(list_values), 0) = 0 THEN
		RAISE invalid_parameter_value USING MESSAGE = 'no values are given', HINT = 'A partition needs one at least; NULL is a value, too.';
	ELSIF octet_length(name) > 63 OR name = '' THEN
		RAISE invalid_name USING MESSAGE = format('%s is no name for a table', quote_literal(name)), HINT = 'Names have 1 to 63 bytes.';
	END IF;
	locked := dry_run OR advisor._lock_parent(p);
	typed := advisor._typed_values(parent, list_values);
	SELECT b.partition, b.list_values, ARRAY(SELECT v FROM unnest(typed) v WHERE array_position(b.list_values, v) IS NOT NULL) AS values
		INTO taken FROM advisor._partition_bounds(p.parent) b
		WHERE EXISTS (SELECT FROM unnest(typed) v WHERE array_position(b.list_values, v) IS NOT NULL)
		ORDER BY b.ordinal LIMIT 1;
	IF FOUND AND taken.list_values @> array_remove(typed, NULL) AND cardinality(taken.values) = cardinality(typed)
		AND cardinality(taken.list_values) = (SELECT count(DISTINCT coalesce('v' || v, 'n')) FROM unnest(typed) v) THEN
		RETURN NEXT ROW(parent, advisor._quoted_name(taken.partition), NULL, NULL, 'create', 'exists', NULL, NULL, NULL, NULL)::advisor.partition_action;
		RETURN;
	ELSIF FOUND THEN
		RAISE invalid_object_definition USING MESSAGE = format('partition %s has these values already: %s', advisor._quoted_name(taken.partition), taken.values),
			HINT = 'Leave them out, or detach that partition before.';
	ELSIF name IS NOT NULL AND to_regclass(format('%I.%I', schema, name)) IS NOT NULL THEN
		RAISE duplicate_table USING MESSAGE = format('there is a table %I.%I already', schema, name), HINT = 'Give another name, or none.';
	END IF;
	a := advisor._plan_single(p, advisor._partition_format(p, quote_ident(schema)::regnamespace),
		coalesce(name::name, advisor._partition_name(parent, (SELECT string_agg(coalesce(v, 'null'), '_' ORDER BY n)
			FROM unnest(typed) WITH ORDINALITY u(v, n)), schema)),
		format('FOR VALUES IN (%s)', (SELECT string_agg(quote_nullable(v), ', ' ORDER BY n) FROM unnest(typed) WITH ORDINALITY u(v, n))));
	IF advisor._default_lists(p, typed) THEN
		a.status := 'blocked';
		a.detail := format('rows of these values are in the default partition %s', advisor._quoted_name(advisor._default_partition(parent)));
		a.sql := NULL;
	END IF;
	RETURN QUERY SELECT * FROM advisor._perform_plan(p, ARRAY[a], dry_run, locked);
END
$$;
COMMENT ON FUNCTION advisor.create_list_partition(regclass, text[], text, boolean) IS
	'creates a partition for a list of values, of which one may be NULL; without a name, it is made of the values';

CREATE FUNCTION advisor.create_default_partition(parent regclass, dry_run boolean DEFAULT false)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 1
	SET search_path = pg_catalog, pg_temp
	SET row_security = on
AS $$
DECLARE
	p advisor.partition_policies := advisor._policy_to_create(parent, '{range,list}');
	schema name := advisor._partition_schema(parent);
	locked boolean := dry_run OR advisor._lock_parent(p);
	a advisor.partition_action;
BEGIN
	IF advisor._default_partition(parent) IS NOT NULL THEN
		RETURN NEXT ROW(parent, advisor._quoted_name(advisor._default_partition(parent)), NULL, NULL, 'create', 'exists', NULL, NULL, NULL, NULL)::advisor.partition_action;
		RETURN;
	END IF;
	IF p.detach_concurrently THEN
		RAISE WARNING 'partitions of % will not be detached concurrently', advisor._quoted_name(parent)
			USING HINT = 'PostgreSQL does not do that beside a default partition.';
	END IF;
	-- what lands there is of no partition's making: no partitions of its own
	p.subpartition_by := '';
	a := advisor._plan_single(p, advisor._partition_format(p, quote_ident(schema)::regnamespace), advisor._partition_name(parent, 'default', schema), 'DEFAULT');
	a.detail := concat_ws('; ', a.detail, 'beside a default partition, none can be detached concurrently, and each new one makes the default be searched');
	RETURN QUERY SELECT * FROM advisor._perform_plan(p, ARRAY[a], dry_run, locked);
END
$$;
COMMENT ON FUNCTION advisor.create_default_partition(regclass, boolean) IS
	'creates the partition of all rows that no other takes; it has its price, see detail';

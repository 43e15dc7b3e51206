/*
 * 49_register_partitions: policies come to be by being written, or by being read
 * off the partitions that there are.
 *
 * What a hand-made set means is in its bounds alone: the width that most
 * partitions have is the step, in that unit and zone in which it is the same for
 * most.  Names are not looked at.  Needs 48_partition_grid.
 */

CREATE FUNCTION advisor._default_policy(parent regclass) RETURNS advisor.partition_policies
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT jsonb_populate_record(NULL::advisor.partition_policies, jsonb_build_object(
		'parent', _default_policy.parent, 'key_unit', 'value', 'time_zone', current_setting('TimeZone'), 'premake', 4,
		'retention_action', 'detach', 'detach_concurrently', false, 'min_keep', 1, 'backup', 'none', 'default_action', 'report',
		'batch_rows', 50000, 'max_future', '10 years', 'lock_timeout', 2000, 'lock_attempts', 5, 'analyze_parent', true,
		'run_order', 0, 'enabled', true, 'created_at', now()));
END;
COMMENT ON FUNCTION advisor._default_policy(regclass) IS
	'policy of defaults, as in advisor.partition_policies; the time zone is that of the session';

-- Ranges with two ends, as times (microseconds since 1970) or numbers.
CREATE FUNCTION advisor._grid_ranges(g advisor._partition_grid,
	OUT ordinal integer,
	OUT lower numeric,
	OUT upper numeric)
	RETURNS SETOF record
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 50
BEGIN ATOMIC
	SELECT r.* FROM (
		SELECT b.ordinal, advisor._grid_moment(g, b.lower_position) AS lower, advisor._grid_moment(g, b.upper_position) AS upper
		FROM advisor._partition_bounds((g).parent) b
		WHERE b.method = 'range' AND NOT b.is_default) r
	WHERE r.lower < r.upper
		AND ((g).axis = 'number' OR (r.lower >= -210832000000000000 AND r.upper <= 9224280000000000000));
END;
COMMENT ON FUNCTION advisor._grid_ranges(advisor._partition_grid) IS
	'partitions with both bounds finite, in the order of a grid';

CREATE FUNCTION advisor._grid_local(g advisor._partition_grid, moment numeric) RETURNS timestamp
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT advisor._from_microseconds(floor(moment)) AT TIME ZONE 'UTC' AT TIME ZONE (g).grid_zone;
END;
COMMENT ON FUNCTION advisor._grid_local(advisor._partition_grid, numeric) IS
	'local time of the grid''s zone, of microseconds since 1970';

-- A range may be a month, 31 days and 744 hours at once.  What most ranges have
-- in common is meant, and the largest unit if that leaves a choice.
CREATE FUNCTION advisor._common_time_step(g advisor._partition_grid,
	OUT step text,
	OUT ranges bigint,
	OUT at_midnight boolean,
	OUT anchor timestamp)
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
	SET IntervalStyle = postgres
AS $$
BEGIN
	WITH r AS (
		SELECT r.ordinal, r.lower, r.upper, l.at AS l, u.at AS u,
			max(greatest(extract(day FROM l.at), extract(day FROM u.at))) OVER () AS month_day
		FROM advisor._grid_ranges(g) r
			CROSS JOIN LATERAL (SELECT advisor._grid_local(g, r.lower)) l(at)
			CROSS JOIN LATERAL (SELECT advisor._grid_local(g, r.upper)) u(at)
	), s AS (
		SELECT r.ordinal, r.l, s.rank, s.width
		FROM r
			-- the days of the month that the two borders have if it is as long as that
			CROSS JOIN LATERAL (SELECT
				least(r.month_day, extract(day FROM date_trunc('month', r.l) + '1 month - 1 day')),
				least(r.month_day, extract(day FROM date_trunc('month', r.u) + '1 month - 1 day'))) d(l, u)
			CROSS JOIN LATERAL (VALUES
				(1, CASE WHEN r.l::time = r.u::time AND (extract(day FROM r.l) = extract(day FROM r.u)
							OR (extract(day FROM r.l) = d.l AND extract(day FROM r.u) = d.u AND d.l >= 28 AND d.u >= 28))
					THEN make_interval(months => ((extract(year FROM r.u) - extract(year FROM r.l)) * 12
						+ extract(month FROM r.u) - extract(month FROM r.l))::integer) END),
				(2, CASE WHEN r.l::time = r.u::time THEN make_interval(days => r.u::date - r.l::date) END),
				(3, make_interval(secs => ((r.upper - r.lower) * 0.000001)::float8))) s(rank, width)
		WHERE s.width > '0'
	)
	SELECT s.width::text, count(*), bool_and(s.l = date_trunc('day', s.l)),
		(array_agg(s.l ORDER BY CASE WHEN s.rank = 1 THEN extract(day FROM s.l) END DESC, s.ordinal DESC))[1]
	INTO step, ranges, at_midnight, anchor
	FROM s
	-- as texts: intervals of 30 days and of a month compare equal
	GROUP BY s.rank, s.width::text
	ORDER BY 2 DESC, s.rank, max(s.ordinal) DESC
	LIMIT 1;
END
$$;
COMMENT ON FUNCTION advisor._common_time_step(advisor._partition_grid) IS
	'width that most ranges have in the zone of a grid, how many, and the beginning of one in local time';

CREATE FUNCTION advisor._common_number_step(g advisor._partition_grid,
	OUT step text,
	OUT ranges bigint,
	OUT anchor numeric)
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT trim_scale(r.upper - r.lower)::text, count(*), (array_agg(r.lower ORDER BY r.ordinal DESC))[1]
	FROM advisor._grid_ranges(g) r
	GROUP BY trim_scale(r.upper - r.lower)
	ORDER BY 2 DESC, max(r.ordinal) DESC
	LIMIT 1;
END;
COMMENT ON FUNCTION advisor._common_number_step(advisor._partition_grid) IS
	'width that most ranges of numbers have, how many, and the beginning of one';

-- Numbers are times if they would be of our days and on quarters of an hour, as
-- midnight is in every zone.  900 seconds have a factor of 9, which ranges of
-- numbers made by people who count in tens do not have.
CREATE FUNCTION advisor._common_unit(parent oid, kind text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT coalesce((
		SELECT u.unit
		FROM advisor._partition_bounds(_common_unit.parent) b
			CROSS JOIN (VALUES ('seconds', 1000000), ('milliseconds', 1000), ('microseconds', 1), ('nanoseconds', 0.001),
				('uuidv7', 1000)) u(unit, microseconds)
			CROSS JOIN LATERAL (SELECT CASE u.unit WHEN 'uuidv7' THEN 1208925819614629174706176 ELSE 1 END) d(divisor)
			CROSS JOIN LATERAL (SELECT div(b.lower_position, d.divisor) * u.microseconds, div(b.upper_position, d.divisor) * u.microseconds) m(lower, upper)
		WHERE b.method = 'range' AND NOT b.is_default
			AND b.lower_position NOT IN ('-Infinity', 'Infinity', 'NaN') AND b.upper_position NOT IN ('-Infinity', 'Infinity', 'NaN')
			AND (u.unit = 'uuidv7') = (_common_unit.kind = 'uuid')
		GROUP BY u.unit
		HAVING count(*) < 2 * count(*) FILTER (WHERE m.lower >= 631152000000000 AND m.upper <= 4102444800000000
			AND mod(m.lower, 900000000) = 0 AND mod(m.upper, 900000000) = 0)), 'value');
END;
COMMENT ON FUNCTION advisor._common_unit(oid, text) IS
	'what most bounds of a partitioned table count: a key_unit';

CREATE FUNCTION advisor._is_border(g advisor._partition_grid, moment numeric) RETURNS boolean
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN moment = advisor._grid_border(g, advisor._grid_cell(g, moment));
END
$$;
COMMENT ON FUNCTION advisor._is_border(advisor._partition_grid, numeric) IS
	'is a time (microseconds since 1970) or number a border of a grid?';

CREATE FUNCTION advisor._infer_time(p advisor.partition_policies, zones text[]) RETURNS advisor.partition_policies
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 5000
	SET search_path = pg_catalog, pg_temp
	SET DateStyle = 'ISO, YMD'
AS $$
DECLARE
	g advisor._partition_grid;
	seen record;
	best record;
BEGIN
	p.step := NULL;
	p.anchor := NULL;
	FOR i IN 1 .. cardinality(zones) LOOP
		p.time_zone := zones[i];
		g := advisor._grid(p);
		SELECT s.*, zones[i] AS time_zone INTO seen FROM advisor._common_time_step(g) s;
		IF i > 1 THEN
			CONTINUE WHEN (seen.ranges, seen.at_midnight) <= (best.ranges, best.at_midnight);
		END IF;
		best := seen;
		-- what is no time with zone is the same in all
		EXIT WHEN best.ranges IS NULL OR g.grid_zone <> zones[i];
	END LOOP;
	p.step := best.step;
	p.time_zone := coalesce(best.time_zone, zones[1]);
	IF p.step IS NOT NULL THEN
		g := advisor._grid(p);
		IF NOT advisor._is_border(g, extract(epoch FROM best.anchor AT TIME ZONE g.grid_zone) * 1000000) THEN
			p.anchor := best.anchor::text;
		END IF;
	END IF;
	RETURN p;
END
$$;
COMMENT ON FUNCTION advisor._infer_time(advisor.partition_policies, text[]) IS
	'the policy with step, anchor and that of some zones that its partitions of times have';

CREATE FUNCTION advisor._infer_number(p advisor.partition_policies) RETURNS advisor.partition_policies
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 5000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	seen record;
BEGIN
	p.step := NULL;
	p.anchor := NULL;
	SELECT * INTO seen FROM advisor._common_number_step(advisor._grid(p));
	p.step := seen.step;
	IF p.step IS NOT NULL AND NOT advisor._is_border(advisor._grid(p), seen.anchor) THEN
		p.anchor := mod(seen.anchor, seen.step::numeric)::text;
	END IF;
	RETURN p;
END
$$;
COMMENT ON FUNCTION advisor._infer_number(advisor.partition_policies) IS
	'the policy with step and anchor that its partitions of numbers have';

CREATE FUNCTION advisor._likely_zones() RETURNS text[]
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT ARRAY[current_setting('TimeZone'), 'UTC', current_setting('log_timezone')];
END;
COMMENT ON FUNCTION advisor._likely_zones() IS
	'time zones that partitions may have been made in, that of the session first';

-- Without a unit that is looked for which fits best; of the zones, the first is
-- taken unless another fits better.
CREATE FUNCTION advisor._infer(p advisor.partition_policies, key_unit text, VARIADIC zones text[])
	RETURNS advisor.partition_policies
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 5000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	k record;
	g advisor._partition_grid;
BEGIN
	SELECT * INTO k FROM advisor._partition_key(p.parent);
	p.key_unit := coalesce(key_unit, CASE WHEN k.method = 'range' AND k.kind IN ('integer', 'numeric', 'uuid') THEN advisor._common_unit(p.parent, k.kind) ELSE 'value' END);
	p.step := NULL;
	p.anchor := NULL;
	p.time_zone := zones[1];
	g := advisor._grid(p);
	RETURN CASE g.axis WHEN 'time' THEN advisor._infer_time(p, zones) WHEN 'number' THEN advisor._infer_number(p) ELSE p END;
END
$$;
COMMENT ON FUNCTION advisor._infer(advisor.partition_policies, text, text[]) IS
	'the policy with step, unit, anchor and zone that its partitions have; without step if there are none to tell';

CREATE FUNCTION advisor._policy(parent regclass) RETURNS advisor.partition_policies
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 5000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	p advisor.partition_policies;
BEGIN
	SELECT s.* INTO p FROM advisor.partition_policies s WHERE s.parent = _policy.parent;
	IF NOT FOUND THEN
		p := advisor._infer(advisor._default_policy(parent), NULL, VARIADIC advisor._likely_zones());
	END IF;
	RETURN p;
END
$$;
COMMENT ON FUNCTION advisor._policy(regclass) IS
	'the policy of a table, or if there is none, one of defaults and of what its partitions are like';

CREATE FUNCTION advisor._check_may_maintain(parent regclass) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = parent) THEN
		RAISE undefined_table USING MESSAGE = format('there is no table %s', coalesce(parent::oid::text, 'NULL')),
			HINT = 'Name a partitioned table.';
	ELSIF NOT advisor._owns(parent) THEN
		RAISE insufficient_privilege USING MESSAGE = format('must be owner of table %s', advisor._quoted_name(parent)),
			HINT = 'A partitioned table is maintained by its owner, members of that role and superusers.';
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._check_may_maintain(regclass) IS
	'errors unless the current role has the rights of a table''s owner';

-- All is done with the rights of the owner, who may have been given the table
-- without being let into its schema.
CREATE FUNCTION advisor._check_schema_rights(parent regclass) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	missing record;
BEGIN
	SELECT n.nspname, r.rolname INTO missing
	FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner JOIN pg_namespace n
			ON n.oid = c.relnamespace AND NOT has_schema_privilege(c.relowner, n.oid, 'USAGE')
			OR n.nspname = advisor._partition_schema(c.oid) AND NOT has_schema_privilege(c.relowner, n.oid, 'CREATE')
	WHERE c.oid = parent LIMIT 1;
	IF FOUND THEN
		RAISE insufficient_privilege USING
			MESSAGE = format('role %I, the owner of table %s, may not create tables in schema %I', missing.rolname, advisor._quoted_name(parent), missing.nspname),
			HINT = format('Partitions are made with the rights of the owner: GRANT USAGE, CREATE ON SCHEMA %I TO %I.', missing.nspname, missing.rolname);
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._check_schema_rights(regclass) IS
	'errors unless the owner of a table may create tables beside it';

CREATE FUNCTION advisor._check_zone(zone text) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM now() AT TIME ZONE zone;
EXCEPTION WHEN invalid_parameter_value THEN
	RAISE invalid_parameter_value USING MESSAGE = format('time zone "%s" not recognized', zone),
		HINT = 'Names are in pg_timezone_names, as in ''Europe/Berlin'' or ''UTC''.';
END
$$;
COMMENT ON FUNCTION advisor._check_zone(text) IS
	'errors if there is no such time zone';

CREATE FUNCTION advisor._check_retention(p advisor.partition_policies, g advisor._partition_grid) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	span numeric;
	kept interval;
BEGIN
	IF g.axis IS NULL THEN
		RAISE invalid_parameter_value USING MESSAGE = format('%s is partitioned by %s of %s and can have no retention', advisor._quoted_name(g.parent), g.method, g.key_type),
			HINT = 'Only ranges of times and numbers get old; leave it out.';
	ELSIF g.axis = 'time' AND NOT advisor._is_interval(p.retention) THEN
		RAISE invalid_datetime_format USING MESSAGE = format('"%s" is not an interval, which the retention of %s has to be', p.retention, advisor._quoted_name(g.parent)),
			HINT = 'Write it as in ''13 months'' or ''90 days''.';
	ELSIF g.axis = 'number' AND NOT advisor._is_number(p.retention) THEN
		RAISE invalid_text_representation USING MESSAGE = format('"%s" is not a number, which the retention of %s has to be', p.retention, advisor._quoted_name(g.parent)),
			HINT = 'It is how far behind the greatest key rows are kept.';
	ELSIF g.axis = 'time' THEN
		kept := p.retention::interval;
		span := (extract(year FROM kept) * 12 + extract(month FROM kept)) * 2629746000000
			+ extract(day FROM kept) * 86400000000 + advisor._interval_microseconds(kept);
	ELSE
		span := p.retention::numeric;
	END IF;
	-- 28 days are enough for a month
	IF span <= 0 OR span < coalesce(g.step_months * 28 * 86400000000, g.width) THEN
		RAISE invalid_parameter_value USING MESSAGE = format('retention "%s" is less than the step "%s"', p.retention, p.step),
			HINT = 'Partitions go as a whole: keep at least the width of one, or make the step smaller.';
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._check_retention(advisor.partition_policies, advisor._partition_grid) IS
	'errors if the retention of a policy cannot be';

CREATE FUNCTION advisor._check_counts(p advisor.partition_policies) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	wrong record;
BEGIN
	SELECT * INTO wrong FROM (VALUES
		('premake', p.premake, 0, 10000), ('min_keep', p.min_keep, 0, 2147483647), ('batch_rows', p.batch_rows, 1, 2147483647),
		('lock_timeout', p.lock_timeout, 1, 2147483647), ('lock_attempts', p.lock_attempts, 1, 1000)) v(name, value, low, high)
		WHERE v.value IS NULL OR v.value NOT BETWEEN v.low AND v.high LIMIT 1;
	IF FOUND THEN
		RAISE invalid_parameter_value USING MESSAGE = format('%s cannot be %s', wrong.name, coalesce(wrong.value::text, 'null')),
			HINT = format('It is a number from %s to %s.', wrong.low, wrong.high);
	ELSIF p.max_past <= '0' OR p.max_future <= '0' OR p.max_future IS NULL THEN
		RAISE invalid_parameter_value USING MESSAGE = format('%s cannot be %s', CASE WHEN p.max_past <= '0' THEN 'max_past' ELSE 'max_future' END,
				CASE WHEN p.max_past <= '0' THEN p.max_past::text ELSE coalesce(p.max_future::text, 'null') END),
			HINT = 'It is an interval before or after now, as in ''10 years''.';
	ELSIF p.run_order IS NULL THEN
		RAISE invalid_parameter_value USING MESSAGE = 'run_order cannot be null', HINT = 'It is a number; lower ones come first.';
	END IF;
	SELECT * INTO wrong FROM (VALUES ('detach_concurrently', p.detach_concurrently), ('analyze_parent', p.analyze_parent), ('enabled', p.enabled)) v(name, value)
		WHERE v.value IS NULL LIMIT 1;
	IF FOUND THEN
		RAISE invalid_parameter_value USING MESSAGE = format('%s cannot be null', wrong.name), HINT = 'It is true or false.';
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._check_counts(advisor.partition_policies) IS
	'errors if a number of a policy is out of range';

CREATE FUNCTION advisor._check_schema(schema name, parent regclass) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	keeper oid := (SELECT c.relowner FROM pg_class c WHERE c.oid = parent);
	namespace oid := (SELECT n.oid FROM pg_namespace n WHERE n.nspname = schema);
BEGIN
	IF namespace IS NULL THEN
		RAISE invalid_schema_name USING MESSAGE = format('schema "%s" does not exist', schema),
			HINT = format('CREATE SCHEMA %I AUTHORIZATION %I;', schema, pg_get_userbyid(keeper));
	ELSIF NOT has_schema_privilege(keeper, namespace, 'CREATE') THEN
		RAISE insufficient_privilege USING MESSAGE = format('%s may not create tables in schema "%s"', pg_get_userbyid(keeper), schema),
			HINT = format('Partitions are moved there as their owner: GRANT USAGE, CREATE ON SCHEMA %I TO %I;', schema, pg_get_userbyid(keeper));
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._check_schema(name, regclass) IS
	'errors if the owner of a table can put nothing into a schema';

CREATE FUNCTION advisor._check_retirement(p advisor.partition_policies) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	kind text := substring(p.backup FROM '^(none|schema|csv|binary|program|hook)(?::.|$)');
	place text := substring(p.backup FROM '^[a-z]+:(.+)$');
BEGIN
	IF p.retention_action IS NULL OR p.retention_action NOT IN ('detach', 'archive', 'drop') THEN
		RAISE invalid_parameter_value USING MESSAGE = concat('unknown retention_action ', coalesce('"' || p.retention_action || '"', 'null')),
			HINT = 'It is detach, archive or drop.';
	ELSIF p.retention_action = 'archive' AND p.archive_schema IS NULL THEN
		RAISE invalid_parameter_value USING MESSAGE = 'retention_action "archive" needs archive_schema',
			HINT = 'Name the schema that old partitions are moved to.';
	ELSIF kind IS NULL OR (kind = 'none') <> (place IS NULL) THEN
		RAISE invalid_parameter_value USING MESSAGE = concat('unknown backup ', coalesce('"' || p.backup || '"', 'null')),
			HINT = 'It is none, schema:NAME, csv:DIRECTORY, binary:DIRECTORY, program:COMMAND or hook:FUNCTION.';
	ELSIF kind IN ('csv', 'binary') AND place !~ '^(/|[A-Za-z]:)' THEN
		RAISE invalid_parameter_value USING MESSAGE = format('"%s" is not an absolute path', place),
			HINT = 'Name a directory of the server''s machine from its root.';
	ELSIF kind = 'hook' AND (CASE WHEN place ~ '[(]' THEN to_regprocedure(place)::oid ELSE to_regproc(place) END) IS NULL THEN
		RAISE undefined_function USING MESSAGE = format('there is no function %s, or more than one', place),
			HINT = 'Name the function that makes the backup with its schema, and with its argument types if there are several.';
	END IF;
	IF p.archive_schema IS NOT NULL THEN
		PERFORM advisor._check_schema(p.archive_schema, p.parent);
	END IF;
	IF kind = 'schema' THEN
		PERFORM advisor._check_schema(place::name, p.parent);
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._check_retirement(advisor.partition_policies) IS
	'errors if what is to be done with old partitions cannot be';

CREATE FUNCTION advisor._different_columns(one oid, other oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 100
BEGIN ATOMIC
	SELECT string_agg(quote_ident(coalesce(a.attname, b.attname)), ', ' ORDER BY coalesce(a.attname, b.attname))
	FROM (SELECT * FROM pg_attribute WHERE attrelid = one AND attnum > 0 AND NOT attisdropped) a
		FULL JOIN (SELECT * FROM pg_attribute WHERE attrelid = other AND attnum > 0 AND NOT attisdropped) b
			ON a.attname = b.attname AND a.atttypid = b.atttypid AND a.atttypmod = b.atttypmod
	WHERE a.attname IS NULL OR b.attname IS NULL;
END;
COMMENT ON FUNCTION advisor._different_columns(oid, oid) IS
	'columns that only one of two tables has, or with another type; null if they are the same';

CREATE FUNCTION advisor._check_creation(p advisor.partition_policies) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	others text := advisor._different_columns(p.parent, p.template);
BEGIN
	IF p.default_action IS NULL OR p.default_action NOT IN ('report', 'move', 'adopt') THEN
		RAISE invalid_parameter_value USING MESSAGE = concat('unknown default_action ', coalesce('"' || p.default_action || '"', 'null')),
			HINT = 'It is report, move or adopt.';
	ELSIF (SELECT c.relkind NOT IN ('r', 'p') FROM pg_class c WHERE c.oid = p.template) THEN
		RAISE wrong_object_type USING MESSAGE = format('template %s is not a table', advisor._quoted_name(p.template)),
			HINT = format('CREATE TABLE ... (LIKE %s) makes one.', advisor._quoted_name(p.parent));
	ELSIF p.template IS NOT NULL AND others IS NOT NULL THEN
		RAISE invalid_table_definition USING MESSAGE = format('template %s has other columns than %s: %s', advisor._quoted_name(p.template), advisor._quoted_name(p.parent), others),
			HINT = format('CREATE TABLE ... (LIKE %s) makes a table of the same columns.', advisor._quoted_name(p.parent));
	ELSIF p.subpartition_by <> '' AND p.subpartition_by !~* '^[[:space:]]*(range|list|hash)[[:space:]]*[(].+[)][[:space:]]*$' THEN
		RAISE invalid_parameter_value USING MESSAGE = format('"%s" is not how a table is partitioned', p.subpartition_by),
			HINT = 'Write it as after PARTITION BY: RANGE (...), LIST (...) or HASH (...).';
	ELSIF EXISTS (SELECT FROM unnest(p.subpartition_bounds) b WHERE b IS NULL OR b !~* '^[[:space:]]*(default|for[[:space:]]+values[[:space:]].+)[[:space:]]*$') THEN
		RAISE invalid_parameter_value USING MESSAGE = format('"%s" has what is no bound of a partition', p.subpartition_bounds),
			HINT = 'Write them as in CREATE TABLE ... PARTITION OF: FOR VALUES ... or DEFAULT.';
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._check_creation(advisor.partition_policies) IS
	'errors if what new partitions are to be like cannot be';

-- What is left open is as the partitions have it.  A given step may still need
-- an anchor: the last partition's end, where the next one begins.
CREATE FUNCTION advisor._complete_policy(p advisor.partition_policies, seen advisor.partition_policies) RETURNS advisor.partition_policies
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	SET DateStyle = 'ISO, YMD'
AS $$
DECLARE
	g advisor._partition_grid;
	f advisor._partition_grid;
	last numeric;
BEGIN
	p.key_unit := coalesce(p.key_unit, seen.key_unit);
	p.time_zone := coalesce(p.time_zone, seen.time_zone);
	IF p.step IS NULL THEN
		p.step := seen.step;
		p.anchor := coalesce(p.anchor, seen.anchor);
		RETURN p;
	END IF;
	g := advisor._grid(p);
	IF p.anchor IS NOT NULL OR g.axis IS NULL OR seen.step IS NULL THEN
		RETURN p;
	END IF;
	f := advisor._grid(seen);
	IF (g.step_months, g.step_days, g.width) IS NOT DISTINCT FROM (f.step_months, f.step_days, f.width) THEN
		p.anchor := seen.anchor;
		RETURN p;
	END IF;
	SELECT max(r.upper) INTO last FROM advisor._grid_ranges(g) r;
	IF NOT advisor._is_border(g, last) THEN
		p.anchor := CASE g.axis WHEN 'time' THEN advisor._grid_local(g, last)::text ELSE mod(last, g.width)::text END;
	END IF;
	RETURN p;
END
$$;
COMMENT ON FUNCTION advisor._complete_policy(advisor.partition_policies, advisor.partition_policies) IS
	'the policy with what it leaves open filled in from one that was found in the partitions';

-- Only partitions of the usual width count: a wide old one says nothing.
CREATE FUNCTION advisor._check_fit(p advisor.partition_policies, seen advisor.partition_policies, anchored boolean) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	g advisor._partition_grid := advisor._grid(p);
	f advisor._partition_grid := advisor._grid(seen);
	hint text := format('They have step "%s"%s%s. Leave out what is to be found in the partitions, or give accept => true to go on with another grid where they end.',
		seen.step, ' and anchor "' || seen.anchor || '"', CASE WHEN f.axis = 'time' AND f.kind NOT IN ('date', 'timestamp') THEN format(' in time zone "%s"', seen.time_zone) END);
BEGIN
	IF NOT EXISTS (SELECT FROM advisor._grid_ranges(f) r
			WHERE advisor._is_border(f, r.lower) AND r.upper = advisor._grid_border(f, advisor._grid_cell(f, r.lower) + 1)
				AND NOT (advisor._is_border(g, r.lower) AND advisor._is_border(g, r.upper))) THEN
		RETURN;
	ELSIF anchored AND (g.step_months, g.step_days, g.width) IS NOT DISTINCT FROM (f.step_months, f.step_days, f.width) THEN
		RAISE invalid_parameter_value USING MESSAGE = format('anchor "%s" is no border of the partitions of %s', p.anchor, advisor._quoted_name(p.parent)), HINT = hint;
	END IF;
	RAISE invalid_parameter_value USING MESSAGE = format('step "%s" does not divide the partitions of %s', p.step, advisor._quoted_name(p.parent)), HINT = hint;
END
$$;
COMMENT ON FUNCTION advisor._check_fit(advisor.partition_policies, advisor.partition_policies, boolean) IS
	'errors if usual partitions that there are would overlap with those of a policy';

CREATE FUNCTION advisor._store_policy(p advisor.partition_policies) RETURNS void
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	INSERT INTO advisor.partition_policies AS o SELECT (p).*
	ON CONFLICT (parent) DO UPDATE SET
		step = excluded.step, key_unit = excluded.key_unit, anchor = excluded.anchor, time_zone = excluded.time_zone, premake = excluded.premake,
		retention = excluded.retention, retention_action = excluded.retention_action, detach_concurrently = excluded.detach_concurrently,
		archive_schema = excluded.archive_schema, min_keep = excluded.min_keep, backup = excluded.backup, default_action = excluded.default_action,
		batch_rows = excluded.batch_rows, max_past = excluded.max_past, max_future = excluded.max_future, template = excluded.template,
		subpartition_by = excluded.subpartition_by, subpartition_bounds = excluded.subpartition_bounds,
		subpartition_step = excluded.subpartition_step, subpartition_premake = excluded.subpartition_premake, lock_timeout = excluded.lock_timeout,
		lock_attempts = excluded.lock_attempts, analyze_parent = excluded.analyze_parent, run_order = excluded.run_order, enabled = excluded.enabled;
END;
COMMENT ON FUNCTION advisor._store_policy(advisor.partition_policies) IS
	'writes a policy, in place of the one that there is';

-- Nothing is written unless all of it can be.
CREATE FUNCTION advisor._register(p advisor.partition_policies, accept boolean) RETURNS advisor.partition_policies
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET row_security = on
AS $$
DECLARE
	seen advisor.partition_policies;
	g advisor._partition_grid;
	anchored boolean := p.anchor IS NOT NULL;
	stepped boolean := p.step IS NOT NULL;
BEGIN
	PERFORM advisor._check_may_maintain(p.parent);
	PERFORM advisor._check_schema_rights(p.parent);
	IF p.time_zone IS NOT NULL THEN
		PERFORM advisor._check_zone(p.time_zone);
	END IF;
	IF p.key_unit NOT IN ('value', 'seconds', 'milliseconds', 'microseconds', 'nanoseconds', 'uuidv7') THEN
		RAISE invalid_parameter_value USING MESSAGE = format('unknown key_unit "%s"', p.key_unit),
			HINT = 'It is value, seconds, milliseconds, microseconds, nanoseconds or uuidv7.';
	END IF;
	seen := advisor._infer(p, p.key_unit, VARIADIC CASE WHEN p.time_zone IS NULL THEN advisor._likely_zones() ELSE ARRAY[p.time_zone] END);
	IF p.key_unit IS NULL AND seen.step IS NULL AND p.step IS NOT NULL AND (SELECT k.kind FROM advisor._partition_key(p.parent) k) = 'uuid' THEN
		seen.key_unit := 'uuidv7';
	END IF;
	p := advisor._complete_policy(p, seen);
	g := advisor._grid(p);
	IF g.axis IS NOT NULL AND p.step IS NULL THEN
		RAISE invalid_parameter_value USING MESSAGE = format('%s has no partitions that would tell their step', advisor._quoted_name(p.parent)),
			HINT = 'Give a step, as in ' || CASE g.axis WHEN 'time' THEN '''1 month''.' ELSE '''1000000''.' END;
	ELSIF NOT accept AND seen.step IS NOT NULL AND (anchored OR stepped) THEN
		PERFORM advisor._check_fit(p, advisor._infer(p, p.key_unit, VARIADIC p.time_zone || advisor._likely_zones()), anchored);
	END IF;
	PERFORM advisor._check_counts(p);
	IF p.retention IS NOT NULL THEN
		PERFORM advisor._check_retention(p, g);
	END IF;
	PERFORM advisor._check_retirement(p);
	PERFORM advisor._check_creation(p);
	PERFORM advisor._store_policy(p);
	-- a place that was wrong is not waited for, but a backup that was promised is
	UPDATE advisor.retired_partitions r SET backup = p.backup
		WHERE r.parent = p.parent AND r.backup <> 'none' AND r.backed_up_at IS NULL AND p.backup ~ '^(csv|binary|program|hook):' AND r.backup <> p.backup;
	RETURN p;
END
$$;
COMMENT ON FUNCTION advisor._register(advisor.partition_policies, boolean) IS
	'completes, checks and writes a policy, and returns it';

CREATE FUNCTION advisor.register_partition_policy(
	parent regclass,
	step text DEFAULT NULL,
	premake integer DEFAULT 4,
	retention text DEFAULT NULL,
	retention_action text DEFAULT 'detach',
	key_unit text DEFAULT NULL,
	anchor text DEFAULT NULL,
	time_zone text DEFAULT NULL,
	detach_concurrently boolean DEFAULT false,
	archive_schema name DEFAULT NULL,
	min_keep integer DEFAULT 1,
	backup text DEFAULT 'none',
	default_action text DEFAULT 'report',
	batch_rows integer DEFAULT 50000,
	max_past interval DEFAULT NULL,
	max_future interval DEFAULT '10 years',
	template regclass DEFAULT NULL,
	subpartition_by text DEFAULT NULL,
	subpartition_bounds text[] DEFAULT NULL,
	lock_timeout integer DEFAULT 2000,
	lock_attempts integer DEFAULT 5,
	analyze_parent boolean DEFAULT true,
	run_order integer DEFAULT 0,
	enabled boolean DEFAULT true,
	accept boolean DEFAULT false)
	RETURNS void
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT advisor._register(ROW(parent, step, key_unit, anchor, time_zone, premake, retention, retention_action, detach_concurrently,
		archive_schema, min_keep, backup, default_action, batch_rows, max_past, max_future, template, subpartition_by, subpartition_bounds,
		NULL, NULL, lock_timeout, lock_attempts, analyze_parent, run_order, enabled, now())::advisor.partition_policies, accept);
END;
COMMENT ON FUNCTION advisor.register_partition_policy(regclass, text, integer, text, text, text, text, text, boolean, name, integer, text, text, integer,
	interval, interval, regclass, text, text[], integer, integer, boolean, integer, boolean, boolean) IS
	'says how a partitioned table is to be maintained, in place of what was said before: the columns of advisor.partition_policies; step, key_unit, anchor and time_zone if left out are those of its partitions, else the session''s zone; accept takes a step that does not fit them';

CREATE FUNCTION advisor.unregister_partition_policy(parent regclass) RETURNS boolean
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET row_security = on
AS $$
BEGIN
	PERFORM advisor._check_may_maintain(parent);
	DELETE FROM advisor.partition_policies p WHERE p.parent = unregister_partition_policy.parent;
	RETURN FOUND;
END
$$;
COMMENT ON FUNCTION advisor.unregister_partition_policy(regclass) IS
	'leaves a partitioned table to itself from now on; false if it had no policy';

-- Its columns differ from version to version; they are read by name.
CREATE FUNCTION advisor._partman_config(parent regclass) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	config oid;
	row_found jsonb;
BEGIN
	SELECT c.oid INTO config FROM pg_extension e
		JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e'
		JOIN pg_class c ON c.oid = d.objid
	WHERE e.extname = 'pg_partman' AND c.relname = 'part_config' AND c.relkind = 'r'
		AND has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(c.relnamespace, 'USAGE');
	IF FOUND THEN
		EXECUTE format('SELECT to_jsonb(p) FROM %s p WHERE p.parent_table IN ($1, $2)', advisor._quoted_name(config)) INTO row_found
			USING advisor._quoted_name(parent), (SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = parent);
	END IF;
	RETURN row_found;
END
$$;
COMMENT ON FUNCTION advisor._partman_config(regclass) IS
	'what pg_partman, if it is there and may be read, has configured for a table';

CREATE FUNCTION advisor._take_over(p advisor.partition_policies, config jsonb) RETURNS advisor.partition_policies
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	p.step := coalesce(config ->> 'partition_interval', p.step);
	p.premake := coalesce((config ->> 'premake')::integer, p.premake);
	p.key_unit := CASE WHEN config ->> 'epoch' IN ('seconds', 'milliseconds', 'microseconds', 'nanoseconds') THEN config ->> 'epoch' ELSE p.key_unit END;
	p.time_zone := coalesce(config ->> 'partition_timezone', p.time_zone);
	p.retention := coalesce(config ->> 'retention', p.retention);
	IF config ->> 'retention_schema' IS NOT NULL THEN
		p.retention_action := 'archive';
		p.archive_schema := config ->> 'retention_schema';
	ELSIF config ->> 'retention_keep_table' = 'false' THEN
		p.retention_action := 'drop';
	END IF;
	RETURN p;
END
$$;
COMMENT ON FUNCTION advisor._take_over(advisor.partition_policies, jsonb) IS
	'the policy with what pg_partman has configured';

CREATE FUNCTION advisor.adopt_partitions(parent regclass) RETURNS advisor.partition_policies
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET row_security = on
AS $$
DECLARE
	p advisor.partition_policies;
	config jsonb;
BEGIN
	PERFORM advisor._check_may_maintain(parent);
	SELECT s.* INTO p FROM advisor.partition_policies s WHERE s.parent = adopt_partitions.parent;
	IF NOT FOUND THEN
		p := advisor._default_policy(parent);
	END IF;
	config := advisor._partman_config(parent);
	-- a set that tells nothing leaves what was registered
	IF p.step IS NULL OR config IS NOT NULL OR (advisor._infer(p, NULL, p.time_zone)).step IS NOT NULL THEN
		p.step := NULL;
		p.key_unit := NULL;
		p.anchor := NULL;
		p.time_zone := NULL;
	END IF;
	IF config IS NOT NULL THEN
		p := advisor._take_over(p, config);
		IF config ->> 'automatic_maintenance' = 'on' THEN
			RAISE NOTICE USING MESSAGE = format('pg_partman maintains %s as well', advisor._quoted_name(parent)),
				HINT = 'Set automatic_maintenance to off in its part_config.';
		END IF;
	END IF;
	RETURN advisor._register(p, true);
END
$$;
COMMENT ON FUNCTION advisor.adopt_partitions(regclass) IS
	'makes a policy from the partitions that there are, whatever their names, and from pg_partman''s configuration if it has one; returns it';

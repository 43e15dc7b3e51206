/*
 * 48_partition_grid: where the borders between partitions are.
 *
 * A grid is an anchor and a step: border n is anchor + n * step, computed each
 * time from the anchor, never from the border before it.  That is what keeps a
 * 31st of January a month's last day after a February, and what makes any range
 * reachable without walking to it.
 *
 * Months and days are steps in local time of the grid's zone: their borders are
 * at midnight there whatever the clocks do.  Shorter steps are steps in absolute
 * time: a local hour may happen twice.  Keys without a zone (date, timestamp)
 * have a grid in UTC, where local and absolute are the same; the policy's zone
 * then only tells what is now.
 *
 * Times are counted here as microseconds since 1970 in numeric: exact over the
 * whole range of the types, and without overflow.  Needs 47_partition_policies.
 */

CREATE TYPE advisor._partition_grid AS (
	parent regclass,
	method text,
	columns integer,
	attname name,
	key_type regtype,
	kind text,
	unit text,
	axis text,
	step_interval interval,
	step_number numeric,
	anchor_time timestamp,
	anchor_number numeric,
	grid_zone text,
	clock_zone text,
	step_months integer,
	step_days integer,
	width numeric,
	origin numeric,
	lowest numeric,
	highest numeric);
COMMENT ON TYPE advisor._partition_grid IS
	'key and borders of a partitioned table: axis is time, number, or null if there is no grid; step_months or step_days are set for steps in local time; width (mean) and origin (border 0) in microseconds or numbers; lowest and highest that the key''s type holds, as positions';

-- The first column of the key counts.  The operator class says what is stored
-- and compared also of domains and expressions.
CREATE FUNCTION advisor._partition_key(parent oid,
	OUT method text,
	OUT columns integer,
	OUT attname name,
	OUT key_type regtype,
	OUT kind text,
	OUT typmod integer)
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 20
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- PL/pgSQL keeps the plan: this is asked for twice in every run for every table
	SELECT CASE t.partstrat WHEN 'r' THEN 'range' WHEN 'l' THEN 'list' ELSE 'hash' END,
		t.partnatts, a.attname, o.opcintype::regtype,
		CASE o.opcintype
			WHEN 'timestamptz'::regtype THEN 'timestamptz' WHEN 'timestamp'::regtype THEN 'timestamp' WHEN 'date'::regtype THEN 'date'
			WHEN 'smallint'::regtype THEN 'integer' WHEN 'integer'::regtype THEN 'integer' WHEN 'bigint'::regtype THEN 'integer'
			WHEN 'numeric'::regtype THEN 'numeric' WHEN 'uuid'::regtype THEN 'uuid' ELSE 'other' END,
		coalesce(nullif(a.atttypmod, -1), y.typtypmod, -1)
	INTO method, columns, attname, key_type, kind, typmod
	FROM pg_partitioned_table t
		JOIN pg_opclass o ON o.oid = t.partclass[0]
		LEFT JOIN pg_attribute a ON a.attrelid = t.partrelid AND a.attnum = t.partattrs[0] AND a.attnum <> 0
		LEFT JOIN pg_type y ON y.oid = a.atttypid
	WHERE t.partrelid = _partition_key.parent;
END
$$;
COMMENT ON FUNCTION advisor._partition_key(oid) IS
	'how a table is partitioned, and the first column of its key (attname is null for an expression); nothing if it is not partitioned';

-- Years at the ends of the types' range are left out, so that no zone and no
-- uneven month can push a border beyond it.
CREATE FUNCTION advisor._key_limits(key_type regtype, typmod integer, OUT lowest numeric, OUT highest numeric)
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	scale integer;
BEGIN
	CASE key_type
		WHEN 'smallint'::regtype THEN lowest := -32768; highest := 32767;
		WHEN 'integer'::regtype THEN lowest := -2147483648; highest := 2147483647;
		WHEN 'bigint'::regtype THEN lowest := -9223372036854775808; highest := 9223372036854775807;
		WHEN 'uuid'::regtype THEN lowest := 0; highest := 340282366920938463463374607431768211455;
		WHEN 'numeric'::regtype THEN
			IF typmod >= 4 THEN
				scale := (((typmod - 4) & 2047) # 1024) - 1024;
				highest := power(10::numeric, ((typmod - 4) >> 16) - scale) - power(10::numeric, -scale);
				lowest := -highest;
			END IF;
		WHEN 'date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype THEN lowest := -210832000000000000; highest := 9224280000000000000;
		ELSE
	END CASE;
END
$$;
COMMENT ON FUNCTION advisor._key_limits(regtype, integer) IS
	'least and greatest value of a type as positions, null without limit';

CREATE FUNCTION advisor._is_interval(value text) RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT value ~* '^\s*(@?\s*([-+]?\s*\d+(\.\d+)?\s*(microseconds?|usecs?|us|milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|months?|mons?|years?|yrs?|y|decades?|centur(y|ies)|c|millenni(um|a))[ ,]*)+([-+]?\d+:\d\d(:\d\d(\.\d+)?)?)?|[-+]?\d+:\d\d(:\d\d(\.\d+)?)?|P(\d+[YMWD])*(T(\d+(\.\d+)?[HMS])+)?)\s*$';
END;
COMMENT ON FUNCTION advisor._is_interval(text) IS
	'is it written as an interval? A cast could not tell without an error';

CREATE FUNCTION advisor._is_number(value text) RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT value ~ '^\s*[-+]?(\d{1,255}(\.\d*)?|\.\d+)([eE][-+]?\d{1,3})?\s*$';
END;
COMMENT ON FUNCTION advisor._is_number(text) IS
	'is it written as a finite number?';

CREATE FUNCTION advisor._from_microseconds(microseconds numeric) RETURNS timestamp
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	-- whole days and the rest of one: both are exact as they are
	SELECT '1970-01-01'::timestamp
		+ make_interval(days => div(microseconds, 86400000000)::integer, secs => (mod(microseconds, 86400000000) * 0.000001)::float8);
END;
COMMENT ON FUNCTION advisor._from_microseconds(numeric) IS
	'the time (UTC) so many microseconds after 1970-01-01, exactly';

CREATE FUNCTION advisor._interval_microseconds(value interval) RETURNS numeric
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT extract(hour FROM value) * 3600000000 + extract(minute FROM value) * 60000000 + extract(microseconds FROM value);
END;
COMMENT ON FUNCTION advisor._interval_microseconds(interval) IS
	'the part of an interval that is below days, in microseconds';

CREATE FUNCTION advisor._time_step(g advisor._partition_grid, step text) RETURNS advisor._partition_grid
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	months numeric;
	rest numeric;
BEGIN
	IF NOT advisor._is_interval(step) THEN
		RAISE invalid_datetime_format USING MESSAGE = format('"%s" is not an interval, which the step of %s has to be', step, advisor._quoted_name(g.parent)),
			HINT = CASE WHEN advisor._is_number(step) AND g.unit <> 'value' THEN format('With key_unit "%s" the key is a time.', g.unit) || ' ' ELSE '' END
				|| 'Write it as in ''1 month'', ''7 days'' or ''15 minutes''.';
	END IF;
	g.step_interval := step::interval;
	months := extract(year FROM g.step_interval) * 12 + extract(month FROM g.step_interval);
	rest := extract(day FROM g.step_interval) * 86400000000 + advisor._interval_microseconds(g.step_interval);
	IF months < 0 OR rest < 0 OR (months = 0 AND rest = 0) THEN
		RAISE invalid_parameter_value USING MESSAGE = format('step "%s" is not positive', step),
			HINT = 'Write it as in ''1 month'', ''7 days'' or ''15 minutes''.';
	ELSIF months > 0 AND rest > 0 THEN
		RAISE invalid_parameter_value USING MESSAGE = format('step "%s" mixes months with days or hours', step),
			HINT = 'Months differ in length: use whole months, or days and hours.';
	ELSIF g.kind = 'date' AND mod(rest, 86400000000) <> 0 THEN
		RAISE invalid_parameter_value USING MESSAGE = format('step "%s" is no whole number of days, which the key of %s is', step, advisor._quoted_name(g.parent)),
			HINT = 'Use a step of days, weeks, months or years.';
	ELSIF mod(rest, CASE g.unit WHEN 'seconds' THEN 1000000 WHEN 'milliseconds' THEN 1000 WHEN 'uuidv7' THEN 1000 ELSE 1 END) <> 0 THEN
		RAISE invalid_parameter_value USING MESSAGE = format('step "%s" is finer than the key of %s', step, advisor._quoted_name(g.parent)),
			HINT = format('The key counts %s.', CASE g.unit WHEN 'uuidv7' THEN 'milliseconds' ELSE g.unit END);
	END IF;
	g.step_months := nullif(months, 0);
	g.step_days := CASE WHEN months = 0 AND mod(rest, 86400000000) = 0 THEN rest / 86400000000 END;
	-- the mean month of the calendar: 400 years are 146097 days
	g.width := months * 2629746000000 + rest;
	RETURN g;
END
$$;
COMMENT ON FUNCTION advisor._time_step(advisor._partition_grid, text) IS
	'the grid with a step in time, checked';

CREATE FUNCTION advisor._time_grid(g advisor._partition_grid, step text, anchor text) RETURNS advisor._partition_grid
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	SET DateStyle = 'ISO, YMD'
AS $$
BEGIN
	IF anchor !~ '^[[:space:]]*[0-9]{4,6}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)?( BC)?[[:space:]]*$' THEN
		RAISE invalid_datetime_format USING MESSAGE = format('"%s" is not a time without zone, which an anchor has to be', anchor),
			HINT = 'Write it as in ''2026-01-01'' or ''2026-01-01 06:00''; it is local time in the time zone of the policy.';
	END IF;
	IF step IS NOT NULL THEN
		g := advisor._time_step(g, step);
	END IF;
	-- a Monday, and first of a decade and century where steps count several years
	g.anchor_time := coalesce(anchor::timestamp,
		CASE WHEN g.step_months > 12 AND g.step_months % 12 = 0 THEN '2000-01-01'::timestamp ELSE '2001-01-01' END);
	IF g.kind = 'date' AND g.anchor_time <> date_trunc('day', g.anchor_time) THEN
		RAISE invalid_parameter_value USING MESSAGE = format('anchor "%s" is not a date, which the key of %s is', anchor, advisor._quoted_name(g.parent)),
			HINT = 'Leave out the time.';
	END IF;
	g.origin := extract(epoch FROM g.anchor_time AT TIME ZONE g.grid_zone) * 1000000;
	PERFORM g.anchor_time AT TIME ZONE g.clock_zone;
	RETURN g;
END
$$;
COMMENT ON FUNCTION advisor._time_grid(advisor._partition_grid, text, text) IS
	'the grid with step and anchor of a time axis, checked';

CREATE FUNCTION advisor._number_grid(g advisor._partition_grid, step text, anchor text, typmod integer) RETURNS advisor._partition_grid
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	digits integer := CASE WHEN g.kind = 'integer' THEN 0 WHEN typmod >= 4 THEN (((typmod - 4) & 2047) # 1024) - 1024 END;
BEGIN
	IF NOT advisor._is_number(step) THEN
		RAISE invalid_text_representation USING MESSAGE = format('"%s" is not a number, which the step of %s has to be', step, advisor._quoted_name(g.parent)),
			HINT = CASE WHEN advisor._is_interval(step) THEN 'If the key counts seconds or the like since 1970, say so with key_unit.' ELSE 'Write it as in ''100000''.' END;
	ELSIF NOT advisor._is_number(anchor) THEN
		RAISE invalid_text_representation USING MESSAGE = format('"%s" is not a number, which the anchor of %s has to be', anchor, advisor._quoted_name(g.parent)),
			HINT = 'It is a border between two partitions, as in ''0''.';
	ELSIF step::numeric <= 0 THEN
		RAISE invalid_parameter_value USING MESSAGE = format('step "%s" is not positive', step),
			HINT = 'It is the width of a partition, as in ''100000''.';
	ELSIF greatest(scale(trim_scale(step::numeric)), scale(trim_scale(anchor::numeric))) > digits THEN
		RAISE invalid_parameter_value USING MESSAGE = format('step "%s" or anchor "%s" is finer than the key of %s', step, coalesce(anchor, '0'), advisor._quoted_name(g.parent)),
			HINT = format('The key has %s digits after the point.', digits);
	END IF;
	g.step_number := trim_scale(step::numeric);
	g.anchor_number := trim_scale(coalesce(anchor::numeric, 0));
	g.width := g.step_number;
	g.origin := g.anchor_number;
	RETURN g;
END
$$;
COMMENT ON FUNCTION advisor._number_grid(advisor._partition_grid, text, text, integer) IS
	'the grid with step and anchor of a number axis, checked';

-- k as _partition_key() has it
CREATE FUNCTION advisor._grid_of_key(p advisor.partition_policies, k record) RETURNS advisor._partition_grid
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	g advisor._partition_grid;
BEGIN
	g.parent := p.parent;
	g.method := k.method;
	g.columns := k.columns;
	g.attname := k.attname;
	g.key_type := k.key_type;
	g.kind := k.kind;
	g.unit := coalesce(p.key_unit, 'value');
	SELECT l.lowest, l.highest INTO g.lowest, g.highest FROM advisor._key_limits(k.key_type, k.typmod) l;
	g.clock_zone := p.time_zone;
	g.grid_zone := CASE WHEN k.kind IN ('date', 'timestamp') THEN 'UTC' ELSE p.time_zone END;
	g.axis := CASE
		WHEN k.method <> 'range' THEN NULL
		WHEN g.unit = 'value' AND k.kind IN ('date', 'timestamp', 'timestamptz') THEN 'time'
		WHEN g.unit = 'value' AND k.kind IN ('integer', 'numeric') THEN 'number'
		WHEN g.unit IN ('seconds', 'milliseconds', 'microseconds', 'nanoseconds') AND k.kind IN ('integer', 'numeric') THEN 'time'
		WHEN g.unit = 'uuidv7' AND k.kind = 'uuid' THEN 'time' END;
	IF g.axis IS NULL AND g.unit <> 'value' THEN
		RAISE invalid_parameter_value USING MESSAGE = format('key_unit "%s" does not fit %s, which is partitioned by %s of %s', g.unit, advisor._quoted_name(g.parent), g.method, g.key_type),
			HINT = 'Seconds and the like are for ranges of integers, uuidv7 for ranges of uuid; else it is value.';
	ELSIF g.axis IS NULL AND p.step IS NOT NULL THEN
		RAISE invalid_parameter_value USING MESSAGE = format('%s is partitioned by %s of %s and can have no step', advisor._quoted_name(g.parent), g.method, g.key_type),
			HINT = CASE WHEN g.method = 'range' AND g.kind = 'uuid' THEN 'With key_unit "uuidv7" the time in the key counts.'
				ELSE 'Steps are for ranges of times and numbers; leave it out.' END;
	ELSIF g.axis = 'time' THEN
		RETURN advisor._time_grid(g, p.step, p.anchor);
	ELSIF g.axis = 'number' THEN
		RETURN advisor._number_grid(g, p.step, p.anchor, k.typmod);
	END IF;
	RETURN g;
END
$$;
COMMENT ON FUNCTION advisor._grid_of_key(advisor.partition_policies, record) IS
	'borders that a policy means for a key';

CREATE FUNCTION advisor._grid(p advisor.partition_policies) RETURNS advisor._partition_grid
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	k record;
BEGIN
	SELECT * INTO k FROM advisor._partition_key(p.parent);
	IF k.method IS NULL THEN
		RAISE wrong_object_type USING MESSAGE = format('%s is not a partitioned table', coalesce(advisor._quoted_name(p.parent), p.parent::oid::text)),
			HINT = 'Name a table that was created with PARTITION BY; a table with rows is converted by the script of advisor.partition_conversion_script().';
	END IF;
	RETURN advisor._grid_of_key(p, k);
END
$$;
COMMENT ON FUNCTION advisor._grid(advisor.partition_policies) IS
	'key and borders that a policy means; errors with hints if it cannot be';

CREATE FUNCTION advisor._grid_border(g advisor._partition_grid, n bigint) RETURNS numeric
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	border numeric := g.origin + n * g.width;
BEGIN
	IF g.axis = 'time' AND border NOT BETWEEN -210832000000000000 AND 9224280000000000000 THEN
		RETURN NULL;
	ELSIF g.step_months IS NOT NULL THEN
		RETURN extract(epoch FROM (g.anchor_time + make_interval(months => (n * g.step_months)::integer)) AT TIME ZONE g.grid_zone) * 1000000;
	ELSIF g.step_days IS NOT NULL THEN
		RETURN extract(epoch FROM (g.anchor_time + make_interval(days => (n * g.step_days)::integer)) AT TIME ZONE g.grid_zone) * 1000000;
	END IF;
	RETURN border;
END
$$;
COMMENT ON FUNCTION advisor._grid_border(advisor._partition_grid, bigint) IS
	'border n of a grid in microseconds since 1970 or as a number; null beyond the range of times';

CREATE FUNCTION advisor._grid_key(g advisor._partition_grid, border numeric) RETURNS numeric
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	key numeric := CASE g.unit
		WHEN 'value' THEN border
		WHEN 'seconds' THEN floor(border * 0.000001)
		WHEN 'milliseconds' THEN floor(border * 0.001)
		WHEN 'microseconds' THEN border
		WHEN 'nanoseconds' THEN border * 1000
		-- 48 bits of milliseconds, 80 of others
		WHEN 'uuidv7' THEN floor(border * 0.001) * 1208925819614629174706176 END;
BEGIN
	RETURN CASE WHEN key < g.lowest OR key > g.highest THEN NULL ELSE key END;
END
$$;
COMMENT ON FUNCTION advisor._grid_key(advisor._partition_grid, numeric) IS
	'position of the key that a time (microseconds since 1970) or number has; null if its type does not reach there';

CREATE FUNCTION advisor._grid_text(g advisor._partition_grid, key numeric) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	at timestamp;
	hex text;
BEGIN
	IF key IS NULL OR g.kind IN ('integer', 'numeric') THEN
		RETURN trim_scale(key)::text;
	ELSIF g.kind = 'uuid' THEN
		hex := lpad(to_hex(div(key, 1208925819614629174706176)::bigint), 12, '0');
		RETURN format('%s-%s-0000-0000-000000000000', left(hex, 8), right(hex, 4));
	END IF;
	at := advisor._from_microseconds(key);
	-- as the types' own output, in any session
	RETURN to_char(at, CASE WHEN g.kind = 'date' THEN 'YYYY-MM-DD' ELSE 'YYYY-MM-DD HH24:MI:SS' END)
		|| CASE WHEN g.kind <> 'date' AND mod(key, 1000000) <> 0 THEN rtrim(to_char(at, '.US'), '0') ELSE '' END
		|| CASE WHEN g.kind = 'timestamptz' THEN '+00' ELSE '' END
		|| CASE WHEN at < '0001-01-01' THEN ' BC' ELSE '' END;
END
$$;
COMMENT ON FUNCTION advisor._grid_text(advisor._partition_grid, numeric) IS
	'a key as text, from its position; the lower 80 bits of a uuid are zero';

CREATE FUNCTION advisor._grid_value(g advisor._partition_grid, n bigint) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN advisor._grid_text(g, advisor._grid_key(g, advisor._grid_border(g, n)));
END
$$;
COMMENT ON FUNCTION advisor._grid_value(advisor._partition_grid, bigint) IS
	'border n of a grid as text of the key''s type; null if the type does not reach there';

-- A time without zone is one of the grid's zone: that of the session has no say.
CREATE FUNCTION advisor._grid_position(g advisor._partition_grid, value text) RETURNS numeric
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE g.kind
		WHEN 'timestamptz' THEN
			advisor._key_position(CASE WHEN value ~* ':[0-9]{2}([.][0-9]+)?[[:space:]]*([-+][0-9]|[a-z])' AND value !~* ':[0-9]{2}([.][0-9]+)?[[:space:]]*(bc|ad|am|pm)$'
				THEN value::timestamptz ELSE value::timestamp AT TIME ZONE g.grid_zone END)
		WHEN 'timestamp' THEN advisor._key_position(value::timestamp)
		WHEN 'date' THEN advisor._key_position(value::date)
		WHEN 'integer' THEN value::numeric
		WHEN 'numeric' THEN value::numeric
		WHEN 'uuid' THEN advisor._key_position(value::uuid) END;
END
$$;
COMMENT ON FUNCTION advisor._grid_position(advisor._partition_grid, text) IS
	'place of a value of the key in its order, as lower_position of _partition_bounds()';

CREATE FUNCTION advisor._grid_moment(g advisor._partition_grid, key numeric) RETURNS numeric
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE
		WHEN key IN ('Infinity', '-Infinity', 'NaN') THEN NULL
		WHEN g.unit = 'value' THEN key
		WHEN g.unit = 'seconds' THEN key * 1000000
		WHEN g.unit = 'milliseconds' THEN key * 1000
		WHEN g.unit = 'microseconds' THEN key
		WHEN g.unit = 'nanoseconds' THEN key * 0.001
		WHEN g.unit = 'uuidv7' THEN div(key, 1208925819614629174706176) * 1000 END;
END
$$;
COMMENT ON FUNCTION advisor._grid_moment(advisor._partition_grid, numeric) IS
	'time in microseconds since 1970, or number, of a position of the key; null if infinite';

CREATE FUNCTION advisor._grid_cell(g advisor._partition_grid, moment numeric) RETURNS bigint
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	n numeric;
	at timestamp;
BEGIN
	IF moment IS NULL OR g.width IS NULL OR (g.axis = 'time' AND moment NOT BETWEEN -210832000000000000 AND 9224280000000000000) THEN
		RETURN NULL;
	ELSIF g.step_months IS NULL AND g.step_days IS NULL THEN
		n := div(moment - g.origin, g.width);
		n := n - (moment < g.origin + n * g.width)::integer;
		RETURN CASE WHEN n BETWEEN -9223372036854775807 AND 9223372036854775806 THEN n END;
	END IF;
	at := advisor._from_microseconds(floor(moment)) AT TIME ZONE 'UTC' AT TIME ZONE g.grid_zone;
	IF g.step_months IS NOT NULL THEN
		n := floor(((extract(year FROM at) + (extract(year FROM at) < 0)::integer - extract(year FROM g.anchor_time) - (extract(year FROM g.anchor_time) < 0)::integer) * 12
			+ extract(month FROM at) - extract(month FROM g.anchor_time)) / g.step_months);
	ELSE
		n := floor(extract(epoch FROM at - g.anchor_time) / (g.step_days * 86400.0));
	END IF;
	-- days of the month and changes of clocks are seen at the borders themselves
	IF moment < advisor._grid_border(g, n::bigint) THEN
		n := n - 1;
	ELSIF moment >= advisor._grid_border(g, n::bigint + 1) THEN
		n := n + 1;
	END IF;
	RETURN n;
END
$$;
COMMENT ON FUNCTION advisor._grid_cell(advisor._partition_grid, numeric) IS
	'the cell, from border n to n + 1, of a time in microseconds since 1970 or a number';

CREATE FUNCTION advisor._grid_index(g advisor._partition_grid, value text) RETURNS bigint
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN advisor._grid_cell(g, advisor._grid_moment(g, advisor._grid_position(g, value)));
END
$$;
COMMENT ON FUNCTION advisor._grid_index(advisor._partition_grid, text) IS
	'the cell, from border n to n + 1, that a value of the key is in; null if it is infinite or out of range';

-- What a key without zone says now is what the clocks of the policy's zone say.
CREATE FUNCTION advisor._grid_clock(g advisor._partition_grid, instant timestamptz) RETURNS numeric
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF g.axis IS DISTINCT FROM 'time' OR NOT isfinite(instant) THEN
		RETURN NULL;
	ELSIF g.kind IN ('date', 'timestamp') THEN
		RETURN extract(epoch FROM instant AT TIME ZONE g.clock_zone) * 1000000;
	END IF;
	RETURN extract(epoch FROM instant) * 1000000;
END
$$;
COMMENT ON FUNCTION advisor._grid_clock(advisor._partition_grid, timestamptz) IS
	'what a grid of times calls an instant, in microseconds since 1970';

CREATE FUNCTION advisor._grid_index_at(g advisor._partition_grid, instant timestamptz) RETURNS bigint
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN advisor._grid_cell(g, advisor._grid_clock(g, instant));
END
$$;
COMMENT ON FUNCTION advisor._grid_index_at(advisor._partition_grid, timestamptz) IS
	'the cell that rows of an instant are in; null if the key is not a time';

CREATE FUNCTION advisor._grid_now(g advisor._partition_grid, as_of timestamptz) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN advisor._grid_text(g, advisor._grid_key(g, advisor._grid_clock(g, coalesce(as_of, now()))));
END
$$;
COMMENT ON FUNCTION advisor._grid_now(advisor._partition_grid, timestamptz) IS
	'the key of an instant (null is now) as text; null if the key is not a time';

-- Local days name days; hours are named in UTC, where none comes twice.
CREATE FUNCTION advisor._grid_suffix(g advisor._partition_grid, n bigint) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	border numeric := advisor._grid_border(g, n);
	at timestamp;
BEGIN
	IF advisor._grid_key(g, border) IS NULL THEN
		RETURN NULL;
	ELSIF g.axis = 'number' THEN
		RETURN CASE WHEN border < 0 THEN 'pm' ELSE 'p' END || replace(trim_scale(abs(border))::text, '.', '_');
	ELSIF g.step_months IS NOT NULL THEN
		at := g.anchor_time + make_interval(months => (n * g.step_months)::integer);
	ELSIF g.step_days IS NOT NULL THEN
		at := g.anchor_time + make_interval(days => (n * g.step_days)::integer);
	ELSE
		at := advisor._from_microseconds(border);
	END IF;
	RETURN CASE WHEN at < '0001-01-01' THEN 'pbc' ELSE 'p' END
		|| to_char(at, CASE WHEN coalesce(g.step_months, g.step_days) IS NOT NULL THEN 'YYYYMMDD'
			WHEN mod(g.origin, 1000000) = 0 AND mod(g.width, 1000000) = 0 THEN 'YYYYMMDD_HH24MISS'
			ELSE 'YYYYMMDD_HH24MISSUS' END);
END
$$;
COMMENT ON FUNCTION advisor._grid_suffix(advisor._partition_grid, bigint) IS
	'last part of the name of a partition that begins at border n';

CREATE FUNCTION advisor._shift_time(g advisor._partition_grid, moment numeric, by interval) RETURNS numeric
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	months numeric := extract(year FROM by) * 12 + extract(month FROM by);
	days numeric := extract(day FROM by);
	hours numeric := advisor._interval_microseconds(by);
	at timestamp;
BEGIN
	IF moment + months * 2629746000000 + days * 86400000000 + hours NOT BETWEEN -210832000000000000 AND 9224280000000000000
		OR moment NOT BETWEEN -210832000000000000 AND 9224280000000000000 THEN
		RETURN NULL;
	ELSIF months <> 0 OR days <> 0 THEN
		at := advisor._from_microseconds(moment) AT TIME ZONE 'UTC' AT TIME ZONE g.grid_zone;
		moment := extract(epoch FROM (at + make_interval(months => months::integer, days => days::integer)) AT TIME ZONE g.grid_zone) * 1000000;
	END IF;
	RETURN moment + hours;
END
$$;
COMMENT ON FUNCTION advisor._shift_time(advisor._partition_grid, numeric, interval) IS
	'a time moved by an interval: months and days in local time of the grid''s zone, hours in absolute time';

CREATE FUNCTION advisor._shift(g advisor._partition_grid, value text, by text, times integer) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	moment numeric := advisor._grid_moment(g, advisor._grid_position(g, value));
BEGIN
	RETURN advisor._grid_text(g, advisor._grid_key(g, CASE g.axis
		WHEN 'time' THEN advisor._shift_time(g, moment, by::interval * times)
		WHEN 'number' THEN moment + by::numeric * times END));
END
$$;
COMMENT ON FUNCTION advisor._shift(advisor._partition_grid, text, text, integer) IS
	'a value of the key moved by so many times an interval or number; null if that is out of range';

-- By bytes, as the server counts, but never inside of a character.
CREATE FUNCTION advisor._clip(value text, bytes integer) RETURNS text
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	clipped text := left(value, greatest(bytes, 0));
BEGIN
	WHILE octet_length(clipped) > bytes LOOP
		clipped := left(clipped, -1);
	END LOOP;
	RETURN clipped;
END
$$;
COMMENT ON FUNCTION advisor._clip(text, integer) IS
	'the beginning of a text that fits into so many bytes';

-- Two long names that begin alike must not become one: what is cut away is in the hash.
CREATE FUNCTION advisor._joined_name(base text, suffix text) RETURNS text
	LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bytes integer := current_setting('max_identifier_length');
	joined text := base || '_' || suffix;
	hash text := left(md5(joined), 6);
BEGIN
	IF octet_length(joined) <= bytes THEN
		RETURN joined;
	ELSIF octet_length(suffix) <= bytes / 2 THEN
		RETURN advisor._clip(base, bytes - 8 - octet_length(suffix)) || '_' || hash || '_' || suffix;
	END IF;
	RETURN advisor._clip(joined, bytes - 7) || '_' || hash;
END
$$;
COMMENT ON FUNCTION advisor._joined_name(text, text) IS
	'base_suffix, or if that is too long for a name, base clipped and a hash of all of it';

CREATE FUNCTION advisor._free_relation_name(base text, suffix text, namespace oid) RETURNS name
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 50
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	candidate name;
	attempt integer := 0;
BEGIN
	LOOP
		candidate := advisor._joined_name(base, suffix || CASE WHEN attempt > 0 THEN '_' || attempt ELSE '' END);
		-- a table is a type, too
		EXIT WHEN candidate IS NULL OR NOT EXISTS (SELECT FROM pg_class c WHERE c.relname = candidate AND c.relnamespace = namespace)
			AND NOT EXISTS (SELECT FROM pg_type t WHERE t.typname = candidate AND t.typnamespace = namespace AND t.typcategory <> 'A');
		attempt := attempt + 1;
	END LOOP;
	RETURN candidate;
END
$$;
COMMENT ON FUNCTION advisor._free_relation_name(text, text, oid) IS
	'base_suffix, shortened where it must be, or if that is taken, with a number after it';

CREATE FUNCTION advisor._partition_name(parent regclass, suffix text, schema name DEFAULT NULL) RETURNS name
	LANGUAGE sql STABLE PARALLEL SAFE COST 50
BEGIN ATOMIC
	SELECT advisor._free_relation_name(c.relname, _partition_name.suffix,
		coalesce((SELECT n.oid FROM pg_namespace n WHERE n.nspname = _partition_name.schema), c.relnamespace))
	FROM pg_class c WHERE c.oid = _partition_name.parent;
END;
COMMENT ON FUNCTION advisor._partition_name(regclass, text, name) IS
	'a free name for a partition, in the schema of its parent or another: parent_suffix, shortened where it must be';

/*
 * 51_partition_creation: which partitions are to be made, ahead of the clock and
 * in gaps, and the statements that make them.  Needs 48_partition_grid and
 * 50_partition_properties.
 *
 * What exists is what the bounds in the catalog cover, whatever the names.  A
 * table is made LIKE its parent, unseen by others, and then attached: that
 * takes no more than SHARE UPDATE EXCLUSIVE on the parent, which disturbs
 * neither readers nor writers, where CREATE TABLE ... PARTITION OF shuts all out.
 */

CREATE FUNCTION advisor._partition_ddl(p advisor.partition_policies, name name, schema name, bound text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 10000
BEGIN ATOMIC
	SELECT concat(s.create_sql, E';\n', s.attach_sql, s.tail_sql)
	FROM advisor._partition_statements(advisor._partition_format(_partition_ddl.p,
		(SELECT n.oid FROM pg_namespace n WHERE n.nspname = _partition_ddl.schema)),
		_partition_ddl.name, _partition_ddl.schema, _partition_ddl.bound, NULL, NULL) s;
END;
COMMENT ON FUNCTION advisor._partition_ddl(advisor.partition_policies, name, name, text) IS
	'statements that make a partition of a name and bound (FOR VALUES ... or DEFAULT) with everything it takes over, and attach it';

-- Partitions may have a schema to themselves.
CREATE FUNCTION advisor._partition_schema(parent oid) RETURNS name
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT n.nspname
	FROM pg_class c LEFT JOIN pg_class s ON s.oid = advisor._newest_partition(c.oid)
		JOIN pg_namespace n ON n.oid = CASE WHEN has_schema_privilege(c.relowner, s.relnamespace, 'CREATE')
			THEN s.relnamespace ELSE c.relnamespace END
	WHERE c.oid = _partition_schema.parent;
END;
COMMENT ON FUNCTION advisor._partition_schema(oid) IS
	'schema of new partitions: that of the newest one, if the owner may create tables there, else the parent''s';

CREATE FUNCTION advisor._free_ranges(parent oid,
	OUT lo numeric,
	OUT hi numeric,
	OUT lower text,
	OUT upper text,
	OUT lower_bound text,
	OUT upper_bound text)
	RETURNS SETOF record
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 5
BEGIN ATOMIC
	WITH b AS MATERIALIZED (
		SELECT x.*, lag(x.upper_position) OVER w AS last_position, lag(x.upper) OVER w AS last_upper, lag(x.upper_bound) OVER w AS last_bound,
			lead(x.ordinal) OVER w IS NULL AS is_last, lag(x.ordinal) OVER w IS NULL AS is_first
		FROM advisor._partition_bounds(_free_ranges.parent) x
		WHERE NOT x.is_default
		WINDOW w AS (ORDER BY x.ordinal)
	)
	SELECT coalesce(b.last_position, '-Infinity'), b.lower_position, b.last_upper, b.lower, b.last_bound, b.lower_bound
	FROM b WHERE b.after_gap OR (b.is_first AND b.lower_position > '-Infinity')
	UNION ALL
	SELECT b.upper_position, 'Infinity', b.upper, NULL, b.upper_bound, NULL
	FROM b WHERE b.is_last AND b.upper_position < 'Infinity'
	UNION ALL
	SELECT '-Infinity', 'Infinity', NULL, NULL, NULL, NULL
	WHERE NOT EXISTS (SELECT FROM b)
	ORDER BY 1, 2;
END;
COMMENT ON FUNCTION advisor._free_ranges(oid) IS
	'ranges that no partition but the default covers, in order, as positions and as texts; null is without bound';

CREATE FUNCTION advisor._range_bound(value text, columns integer, open text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN concat('(', coalesce(quote_literal(value), open), repeat(CASE WHEN value IS NULL THEN ', ' || open ELSE ', MINVALUE' END, columns - 1), ')');
COMMENT ON FUNCTION advisor._range_bound(text, integer, text) IS
	'bound of a range for a first column''s value; open (MINVALUE, MAXVALUE) if that is null';

-- The cells from_n to to_n of the grid, as far as a free range has them.
CREATE FUNCTION advisor._plan_free_range(p advisor.partition_policies, g advisor._partition_grid,
	lo numeric, hi numeric, lower text, upper text, lower_bound text, upper_bound text, from_n bigint, to_n bigint)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	a advisor.partition_action;
	schema name;
	cell_lower text := advisor._grid_value(g, from_n);
	cell_upper text;
	cell_lo numeric := coalesce(advisor._grid_position(g, cell_lower), '-Infinity');
	cell_hi numeric;
	n bigint;
BEGIN
	a.parent := p.parent;
	a.action := 'create';
	a.status := 'planned';
	-- not FOR n IN from_n .. to_n, which counts in integer
	FOR n IN SELECT generate_series(from_n, to_n) LOOP
		cell_upper := advisor._grid_value(g, n + 1);
		cell_hi := coalesce(advisor._grid_position(g, cell_upper), 'Infinity');
		-- both are null beyond what the type can hold
		CONTINUE WHEN cell_lower IS NULL AND cell_upper IS NULL AND n < 0;
		EXIT WHEN (cell_lower IS NULL AND cell_upper IS NULL) OR cell_lo > hi OR (cell_lo = hi AND lo < hi);
		IF cell_hi > lo THEN
			schema := coalesce(schema, advisor._partition_schema(p.parent));
			a.lower := CASE WHEN lo > cell_lo THEN lower ELSE cell_lower END;
			a.upper := CASE WHEN hi < cell_hi THEN upper ELSE cell_upper END;
			a.partition := advisor._partition_name(p.parent, advisor._grid_suffix(g, n), schema);
			a.detail := CASE WHEN lo > cell_lo OR hi < cell_hi THEN 'misaligned: the rest of the step is covered' END;
			-- where a partition is next to it, its bound is the same in all columns
			a.sql := format('FOR VALUES FROM %s TO %s',
				CASE WHEN lo >= cell_lo THEN coalesce(lower_bound, advisor._range_bound(a.lower, g.columns, 'MINVALUE'))
					ELSE advisor._range_bound(cell_lower, g.columns, 'MINVALUE') END,
				CASE WHEN hi <= cell_hi THEN coalesce(upper_bound, advisor._range_bound(a.upper, g.columns, 'MAXVALUE'))
					ELSE advisor._range_bound(cell_upper, g.columns, 'MAXVALUE') END);
			RETURN NEXT a;
		END IF;
		cell_lower := cell_upper;
		cell_lo := cell_hi;
	END LOOP;
END
$$;
COMMENT ON FUNCTION advisor._plan_free_range(advisor.partition_policies, advisor._partition_grid, numeric, numeric, text, text, text, text, bigint, bigint) IS
	'partitions for steps of a grid, clipped to a free range; for _completed_creation(): sql is their bound only, and the name is not quoted';

-- A gap that takes more is rather somebody's mistake than many partitions'.
CREATE FUNCTION advisor._plan_cells(p advisor.partition_policies, g advisor._partition_grid, from_n bigint, to_n bigint,
	always_from bigint, always_to bigint)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	most CONSTANT bigint := 1000;
	r record;
	own record := advisor._confines(p.parent, g);
	first_n bigint;
	last_n bigint;
BEGIN
	FOR r IN SELECT * FROM advisor._free_ranges(p.parent) LOOP
		-- a partition that is partitioned by the same key has no rows beyond its own bounds
		CONTINUE WHEN r.hi <= own.lo OR r.lo >= own.hi;
		IF r.lo < own.lo THEN
			SELECT own.lo, own.lower, NULL INTO r.lo, r.lower, r.lower_bound;
		END IF;
		IF r.hi > own.hi THEN
			SELECT own.hi, own.upper, NULL INTO r.hi, r.upper, r.upper_bound;
		END IF;
		first_n := greatest(from_n, coalesce(advisor._grid_index(g, r.lower), from_n));
		last_n := least(to_n, coalesce(advisor._grid_index(g, r.upper), to_n));
		IF last_n - first_n >= most AND (first_n < always_from OR last_n > always_to) THEN
			RETURN NEXT ROW(p.parent, NULL, r.lower, r.upper, 'create', 'skipped', NULL, NULL,
				format('%s partitions are missing here, too many to make unasked', last_n - first_n + 1), NULL)::advisor.partition_action;
			first_n := greatest(first_n, always_from);
			last_n := least(last_n, always_to);
		END IF;
		CONTINUE WHEN first_n > last_n;
		RETURN QUERY SELECT * FROM advisor._plan_free_range(p, g, r.lo, r.hi, r.lower, r.upper, r.lower_bound, r.upper_bound, first_n, last_n);
	END LOOP;
END
$$;
COMMENT ON FUNCTION advisor._plan_cells(advisor.partition_policies, advisor._partition_grid, bigint, bigint, bigint, bigint) IS
	'partitions for all steps from_n to to_n of a grid that are not covered, as _plan_free_range() has them; where very many are missing, only for always_from to always_to';

-- Asked once for all, and only if the default has rows there for each.
CREATE FUNCTION advisor._plan_blocked(p advisor.partition_policies, plan advisor.partition_action[])
	RETURNS advisor.partition_action[]
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	default_partition regclass := advisor._default_partition(p.parent);
	lowest text;
	highest text;
BEGIN
	IF default_partition IS NULL THEN
		RETURN plan;
	END IF;
	SELECT a.lower INTO lowest FROM unnest(plan) WITH ORDINALITY a WHERE a.status = 'planned' ORDER BY a.ordinality LIMIT 1;
	SELECT a.upper INTO highest FROM unnest(plan) WITH ORDINALITY a WHERE a.status = 'planned' ORDER BY a.ordinality DESC LIMIT 1;
	IF NOT FOUND OR NOT advisor._default_has(p, lowest, highest) THEN
		RETURN plan;
	END IF;
	FOR i IN 1 .. cardinality(plan) LOOP
		IF plan[i].status = 'planned' AND advisor._default_has(p, plan[i].lower, plan[i].upper) THEN
			plan[i].status := 'blocked';
			plan[i].detail := format('rows of this range are in the default partition %s: CALL advisor.drain_default(%L) moves them',
				advisor._quoted_name(default_partition), advisor._quoted_name(p.parent));
		END IF;
	END LOOP;
	RETURN plan;
END
$$;
COMMENT ON FUNCTION advisor._plan_blocked(advisor.partition_policies, advisor.partition_action[]) IS
	'a plan in which partitions whose rows are in the default partition are blocked';

CREATE FUNCTION advisor._completed_creation(p advisor.partition_policies, plan advisor.partition_action[], as_of timestamptz DEFAULT NULL)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	schema name := advisor._partition_schema(p.parent);
	f advisor._partition_format;
	a advisor.partition_action;
	names name[] := '{}';
	name name;
BEGIN
	IF EXISTS (SELECT FROM unnest(plan) x WHERE x.status = 'planned') THEN
		plan := advisor._plan_blocked(p, plan);
		f := advisor._partition_format(p, (SELECT n.oid FROM pg_namespace n WHERE n.nspname = schema), as_of);
	END IF;
	FOREACH a IN ARRAY plan LOOP
		name := a.partition;
		-- two pieces of a step
		FOR i IN 2 .. 1000 LOOP
			EXIT WHEN name <> ALL (names) OR name IS NULL;
			name := advisor._joined_name(a.partition, i::text);
		END LOOP;
		names := CASE WHEN name IS NULL THEN names ELSE names || name END;
		a.partition := CASE WHEN name IS NOT NULL THEN format('%I.%I', schema, name) END;
		IF a.status = 'planned' THEN
			a.detail := nullif(concat_ws('; ', a.detail, f.note), '');
			a.sql := (SELECT concat(s.create_sql, E';\n', s.attach_sql, s.tail_sql)
				FROM advisor._partition_statements(f, name, schema, a.sql, a.lower, a.upper) s);
		ELSE
			a.sql := NULL;
		END IF;
		RETURN NEXT a;
	END LOOP;
END
$$;
COMMENT ON FUNCTION advisor._completed_creation(advisor.partition_policies, advisor.partition_action[], timestamptz) IS
	'a plan of _plan_free_range() with full names and statements; what the default partition prevents is blocked';

CREATE FUNCTION advisor._fed_by(parent oid, attname name) RETURNS oid
	LANGUAGE sql STABLE PARALLEL SAFE COST 100
BEGIN ATOMIC
	SELECT s.oid
	FROM pg_attribute a
		LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		JOIN pg_depend x ON x.classid = 'pg_attrdef'::regclass AND x.objid = d.oid AND x.refclassid = 'pg_class'::regclass
			OR x.classid = 'pg_class'::regclass AND x.refclassid = 'pg_class'::regclass AND x.refobjid = a.attrelid
				AND x.refobjsubid = a.attnum AND x.deptype = 'i'
		JOIN pg_class s ON s.relkind = 'S' AND s.oid = CASE WHEN x.classid = 'pg_attrdef'::regclass THEN x.refobjid ELSE x.objid END
	WHERE a.attrelid = parent AND a.attname = _fed_by.attname
	LIMIT 1;
END;
COMMENT ON FUNCTION advisor._fed_by(oid, name) IS
	'sequence that a column gets its values from, by identity or default';

-- What is in the default may be an error and is not followed.
CREATE FUNCTION advisor._number_reached(p advisor.partition_policies, g advisor._partition_grid) RETURNS numeric
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	sequence oid := advisor._fed_by(p.parent, g.attname);
	handed_out numeric := CASE WHEN has_sequence_privilege(sequence, 'USAGE') OR has_sequence_privilege(sequence, 'SELECT')
		THEN pg_sequence_last_value(sequence) END;
	reached numeric := greatest(advisor._grid_position(g, advisor._newest_key(g)), handed_out);
BEGIN
	IF reached NOT IN ('Infinity', '-Infinity', 'NaN') THEN
		RETURN reached;
	END IF;
	-- nothing yet: where it will begin
	RETURN greatest((SELECT q.seqstart FROM pg_sequence q WHERE q.seqrelid = sequence),
		coalesce((SELECT x.lower_position FROM advisor._partition_bounds(p.parent) x
			WHERE NOT x.is_default AND x.lower_position > '-Infinity' ORDER BY x.ordinal LIMIT 1), g.anchor_number));
END
$$;
COMMENT ON FUNCTION advisor._number_reached(advisor.partition_policies, advisor._partition_grid) IS
	'the greatest key there is or, if that is ahead, the value of the sequence that feeds it; for an empty table, where it begins';

-- Where there is an end, the clock has no say, unless that is very far.
CREATE FUNCTION advisor._plan_confined(p advisor.partition_policies, g advisor._partition_grid, lower text, upper text, as_of timestamptz)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	first_n bigint := advisor._grid_index(g, lower);
	last_n bigint := advisor._last_cell(g, upper);
	now_n bigint;
BEGIN
	IF p.retention IS NOT NULL THEN
		first_n := greatest(first_n, advisor._grid_index(g, advisor._retention_cutoff(p, g, as_of)));
	END IF;
	IF last_n - first_n >= 1000 THEN
		now_n := greatest(first_n, CASE g.axis WHEN 'time' THEN advisor._grid_index_at(g, coalesce(as_of, now()))
			ELSE advisor._grid_index(g, advisor._number_reached(p, g)::text) END);
		last_n := least(last_n, now_n + p.premake);
		first_n := least(now_n, last_n, (SELECT advisor._grid_index(g, b.lower) FROM advisor._partition_bounds(p.parent) b
			WHERE NOT b.is_default AND b.lower IS NOT NULL ORDER BY b.ordinal LIMIT 1));
	END IF;
	RETURN QUERY SELECT * FROM advisor._plan_cells(p, g, first_n, last_n, greatest(first_n, coalesce(now_n, first_n)), last_n);
END
$$;
COMMENT ON FUNCTION advisor._plan_confined(advisor.partition_policies, advisor._partition_grid, text, text, timestamptz) IS
	'partitions that are missing in a table that has only rows of a range, as _plan_free_range() has them';

-- Between the partitions there are and up to those ahead of now all are made
-- that are missing, also those that nobody made in time; only what retention
-- would take away at once is not.
CREATE FUNCTION advisor._plan_creation_cells(p advisor.partition_policies, as_of timestamptz DEFAULT NULL)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	g advisor._partition_grid;
	own record;
	now_value text;
	now_n bigint;
	first_n bigint;
	last_n bigint;
	b record;
	cutoff text;
BEGIN
	IF p.step IS NULL THEN
		RETURN;
	END IF;
	g := advisor._grid(p);
	IF g.axis IS NULL THEN
		RETURN;
	END IF;
	own := advisor._confines(p.parent, g);
	IF own.lower IS NOT NULL AND own.upper IS NOT NULL THEN
		RETURN QUERY SELECT * FROM advisor._plan_confined(p, g, own.lower, own.upper, as_of);
		RETURN;
	END IF;
	IF g.axis = 'time' THEN
		now_value := CASE WHEN p.retention IS NOT NULL THEN advisor._grid_now(g, as_of) END;
		now_n := advisor._grid_index_at(g, coalesce(as_of, now()));
	ELSE
		now_value := advisor._number_reached(p, g)::text;
		now_n := advisor._grid_index(g, now_value);
	END IF;
	-- partitions without an end have one where a gap may be
	SELECT (array_agg(coalesce(x.lower, x.upper) ORDER BY x.ordinal))[1] AS lower,
		(array_agg(coalesce(x.upper, x.lower) ORDER BY x.ordinal DESC))[1] AS upper,
		min(x.lower_position) AS lo, max(x.upper_position) AS hi, bool_or(x.after_gap) AS gaps
		INTO b FROM advisor._partition_bounds(p.parent) x WHERE NOT x.is_default;
	first_n := coalesce(least(advisor._grid_index(g, b.lower), now_n), now_n);
	last_n := advisor._grid_index(g, b.upper) - (b.hi < 'Infinity')::integer;
	last_n := coalesce(greatest(last_n, now_n + p.premake), last_n);
	IF p.retention IS NOT NULL AND now_value IS NOT NULL THEN
		cutoff := advisor._retention_cutoff(p, g, as_of);
	END IF;
	-- none in an empty table of numbers
	IF cutoff IS NOT NULL THEN
		first_n := greatest(first_n, least(now_n, advisor._grid_index(g, cutoff)));
	END IF;
	-- as it is nearly always
	IF NOT b.gaps AND b.lo <= advisor._grid_key(g, advisor._grid_border(g, first_n))
		AND b.hi >= advisor._grid_key(g, advisor._grid_border(g, last_n + 1)) THEN
		RETURN;
	END IF;
	-- of the step that the cut-off is in, a piece may be too old
	RETURN QUERY SELECT c.* FROM advisor._plan_cells(p, g, first_n, last_n, now_n, now_n + p.premake) c
		WHERE c.status <> 'planned' OR (advisor._grid_position(g, c.upper) <= advisor._grid_position(g, cutoff)) IS NOT TRUE;
END
$$;
COMMENT ON FUNCTION advisor._plan_creation_cells(advisor.partition_policies, timestamptz) IS
	'partitions that a policy wants and that are not there, as _plan_free_range() has them';

-- Attaching scans the default partition and locks it meanwhile, unless a valid
-- check says that it has nothing of the new range.  The check can be validated
-- while others write; only where nobody writes yet may it stand that long.
CREATE FUNCTION advisor._fenced(p advisor.partition_policies, plan advisor.partition_action[], g advisor._partition_grid, beyond numeric)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	fence advisor.partition_action;
	target oid := advisor._default_partition(p.parent);
	key text := (advisor._key_expressions(p.parent))[1];
	alter_default text := format('ALTER TABLE %s ', advisor._quoted_name(target));
	ranges text := (
		SELECT string_agg(format('NOT (%s >= %L AND %s < %L)', key, x.lower, key, x.upper), ' AND ' ORDER BY x.ordinality)
		FROM unnest(plan) WITH ORDINALITY x
		WHERE x.status = 'planned' AND x.upper IS NOT NULL AND g.columns = 1 AND advisor._grid_position(g, x.lower) >= beyond);
BEGIN
	fence := ROW(p.parent, advisor._quoted_name(target), NULL, NULL, 'fence', 'planned', NULL, NULL,
		'so that the default partition needs not be scanned under a lock',
		format('%sADD CONSTRAINT advisor_fence CHECK (%s) NOT VALID', alter_default, ranges));
	IF ranges IS NOT NULL THEN
		RETURN NEXT fence;
		fence.action := 'validate';
		fence.sql := alter_default || 'VALIDATE CONSTRAINT advisor_fence';
		RETURN NEXT fence;
	END IF;
	RETURN QUERY SELECT x.* FROM unnest(plan) x;
	IF ranges IS NOT NULL THEN
		RETURN NEXT advisor._unfence(p.parent);
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._fenced(advisor.partition_policies, advisor.partition_action[], advisor._partition_grid, numeric) IS
	'a plan with a check on the default partition around it, for the ranges that begin at a position or later';

CREATE FUNCTION advisor._unfence(parent regclass) RETURNS advisor.partition_action
	LANGUAGE sql STABLE PARALLEL SAFE COST 100
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ROW(parent, advisor._quoted_name(advisor._default_partition(parent)), NULL, NULL, 'unfence', 'planned', NULL, NULL, NULL,
	format('ALTER TABLE %s DROP CONSTRAINT advisor_fence', advisor._quoted_name(advisor._default_partition(parent))))::advisor.partition_action;
$$;
COMMENT ON FUNCTION advisor._unfence(regclass) IS
	'removal of the check that a plan put on the default partition of a table';

CREATE FUNCTION advisor._is_large(relation oid) RETURNS boolean
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
RETURN (SELECT coalesce(sum(pg_relation_size(t.relid)), 0) > 10000 * current_setting('block_size')::bigint
	FROM pg_partition_tree(relation) t WHERE t.isleaf);
COMMENT ON FUNCTION advisor._is_large(oid) IS
	'would it be felt to read a table, with its partitions, under a lock?';

CREATE FUNCTION advisor._plan_creation(p advisor.partition_policies, as_of timestamptz DEFAULT NULL)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	default_partition oid := advisor._default_partition(p.parent);
	plan advisor.partition_action[];
	g advisor._partition_grid;
BEGIN
	-- of a run that was killed
	IF EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = default_partition AND k.conname = 'advisor_fence') THEN
		RETURN NEXT advisor._unfence(p.parent);
	END IF;
	plan := ARRAY(SELECT c FROM advisor._plan_creation_cells(p, as_of) c);
	IF plan = '{}' THEN
		RETURN;
	END IF;
	plan := ARRAY(SELECT c FROM advisor._completed_creation(p, plan, as_of) c);
	IF advisor._is_large(default_partition) THEN
		g := advisor._grid(p);
		RETURN QUERY SELECT * FROM advisor._fenced(p, plan, g,
			CASE g.axis WHEN 'time' THEN advisor._grid_position(g, advisor._grid_now(g, as_of)) ELSE advisor._number_reached(p, g) END);
	ELSE
		RETURN QUERY SELECT x.* FROM unnest(plan) x;
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._plan_creation(advisor.partition_policies, timestamptz) IS
	'what is to be done so that the partitions ahead of now are there, and no gaps between; partitions that rows in the default prevent are blocked';

CREATE FUNCTION advisor._plan_range(p advisor.partition_policies, from_n bigint, to_n bigint)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	g advisor._partition_grid := advisor._grid(p);
BEGIN
	RETURN QUERY SELECT * FROM advisor._completed_creation(p,
		ARRAY(SELECT c FROM advisor._plan_cells(p, g, from_n, to_n, from_n, to_n) c));
END
$$;
COMMENT ON FUNCTION advisor._plan_range(advisor.partition_policies, bigint, bigint) IS
	'partitions for the steps from_n to to_n of a policy''s grid, as far as they are not covered';

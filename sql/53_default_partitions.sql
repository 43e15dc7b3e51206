/*
 * 53_default_partitions: rows in default partitions, and whether they may be moved.
 * Needs 48_partition_grid and 51_partition_creation.
 *
 * A row in the default keeps the partition that it belongs to from being made:
 * PostgreSQL does not attach a range of which the default has rows.
 */

CREATE FUNCTION advisor._default_partition(parent oid) RETURNS regclass
	AS 'MODULE_PATHNAME', 'advisor_default_partition'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION advisor._default_partition(oid) IS
	'default partition of a partitioned table, NULL if it has none';

-- pg_get_expr() writes all expressions of a key in one: with more than one there is no telling them apart, and queries fail.
CREATE FUNCTION advisor._key_expressions(parent oid) RETURNS text[]
	LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 100
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT array_agg(coalesce(quote_ident(a.attname), '(' || pg_get_expr(p.partexprs, p.partrelid) || ')') ORDER BY k.place)
	FROM pg_partitioned_table p
		CROSS JOIN LATERAL unnest(p.partattrs::int2[]) WITH ORDINALITY k(attnum, place)
		LEFT JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = nullif(k.attnum, 0)
	WHERE p.partrelid = $1;
$$;
COMMENT ON FUNCTION advisor._key_expressions(oid) IS
	'columns of a partition key as they are written in a query; expressions in parentheses';

-- ONLY where the default has no partitions of its own.
CREATE FUNCTION advisor._default_from(parent oid) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 50
BEGIN ATOMIC
	SELECT CASE WHEN c.relkind <> 'p' THEN 'ONLY ' ELSE '' END || advisor._quoted_name(c.oid)
	FROM pg_class c WHERE c.oid = advisor._default_partition(_default_from.parent);
END;
COMMENT ON FUNCTION advisor._default_from(oid) IS
	'the default partition as it is written after FROM';

CREATE FUNCTION advisor._default_rows(parent oid, lower text DEFAULT NULL, upper text DEFAULT NULL) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 100
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT concat(advisor._default_from(parent), ' WHERE ',
		coalesce(nullif(concat_ws(' AND ', k[1] || ' >= ' || quote_literal(lower), k[1] || ' < ' || quote_literal(upper),
			(SELECT string_agg(others || ' IS NOT NULL', ' AND ') FROM unnest(k[2:]) others)), ''), 'true'))
	FROM advisor._key_expressions(parent) k;
$$;
COMMENT ON FUNCTION advisor._default_rows(oid, text, text) IS
	'what comes after FROM to get the rows of the default partition that a partition from lower to upper (NULL: unbounded) would take';

CREATE FUNCTION advisor._default_has(p advisor.partition_policies, lower text, upper text) RETURNS boolean
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET DateStyle = 'ISO, YMD'
	SET TimeZone = 'UTC'
AS $$
BEGIN
	IF advisor._default_partition(p.parent) IS NULL THEN
		RETURN false;
	END IF;
	RETURN coalesce((advisor._run_as_owner(p.parent,
		'SELECT 1 FROM ' || advisor._default_rows(p.parent, lower, upper) || ' LIMIT 1', p.lock_timeout)).rows > 0, false);
END
$$;
COMMENT ON FUNCTION advisor._default_has(advisor.partition_policies, text, text) IS
	'has the default partition rows from lower up to upper? Read as the owner of the table';

/*
 * What is in it
 */

CREATE TYPE advisor._default_range AS (
	cell bigint,
	lower text,
	upper text,
	rows bigint,
	kept text);
COMMENT ON TYPE advisor._default_range IS
	'rows of a default partition: a range without partition in a cell of the grid, or (kept tells why) from lower to upper those that stay';

-- A number that is the same for no more keys than those of a cell, or nearly so:
-- what is counted is held against the grid afterwards.  Years that no zone can
-- push out of the range of times; beyond them nothing is moved.
CREATE FUNCTION advisor._default_bucket(g advisor._partition_grid, key text, OUT within text, OUT bucket text)
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	units numeric := CASE g.unit WHEN 'seconds' THEN 1 WHEN 'milliseconds' THEN 1000 WHEN 'microseconds' THEN 1000000 ELSE 1000000000 END;
	days boolean := coalesce(g.step_months, g.step_days) IS NOT NULL;
	moment text;
BEGIN
	IF g.axis = 'number' THEN
		within := CASE WHEN g.kind = 'numeric' THEN format('%s NOT IN (''NaN'', ''Infinity'', ''-Infinity'')', key) ELSE 'true' END;
		bucket := format('floor((%s::numeric - %L) / %L)', key, g.origin, g.width);
		RETURN;
	ELSIF g.kind IN ('timestamptz', 'timestamp', 'date') THEN
		within := format('%1$s >= ''0001-01-02'' AND %1$s < ''9999-12-30''', key);
		moment := CASE g.kind WHEN 'timestamptz' THEN key ELSE format('(%s::timestamp AT TIME ZONE ''UTC'')', key) END;
	ELSIF g.kind = 'uuid' THEN
		moment := format('(''x'' || translate(left(%s::text, 13), ''-'', ''''))::bit(48)::bigint', key);
		within := format('%s < 253402000000000', moment);
		moment := format('to_timestamp(%s / 1000.0)', moment);
	ELSE
		within := format('%1$s > %2$s AND %1$s < %3$s', key, -62135500000 * units, 253402000000 * units);
		moment := format('to_timestamp(%s / %s.0)', key, units);
	END IF;
	bucket := CASE WHEN days
		THEN format('(%s AT TIME ZONE %L - %L::interval)::date - ''1970-01-01''::date', moment, g.grid_zone, g.anchor_time - date_trunc('day', g.anchor_time))
		ELSE format('floor((extract(epoch FROM %s) * 1000000 - %L) / %L)', moment, g.origin, g.width) END;
END
$$;
COMMENT ON FUNCTION advisor._default_bucket(advisor._partition_grid, text) IS
	'expressions over a key: is it one that can be in a cell, and something that groups keys of a cell, or parts of it';

-- One pass over the default partition.
CREATE FUNCTION advisor._default_groups(p advisor.partition_policies, g advisor._partition_grid,
	OUT class text, OUT rows bigint, OUT lowest text, OUT highest text, OUT first_cell bigint, OUT last_cell bigint)
	RETURNS SETOF record
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 50
	SET search_path = pg_catalog, pg_temp
	SET DateStyle = 'ISO, YMD'
	SET TimeZone = 'UTC'
AS $$
DECLARE
	keys text[] := advisor._key_expressions(p.parent);
	nulls text := (SELECT string_agg(key || ' IS NULL', ' OR ') FROM unnest(keys) key);
	key text := keys[1];
	ordered text := CASE WHEN g.kind = 'uuid' THEN keys[1] || '::text' ELSE keys[1] END;
	b record;
	found text;
BEGIN
	b := advisor._default_bucket(g, key);
	found := (advisor._run_as_owner(p.parent, concat(
		'SELECT json_agg(b) FROM (SELECT CASE WHEN ', nulls, ' THEN ''null'' WHEN ', b.within, ' THEN ''cell'' ELSE ''beyond'' END AS class, ',
		'CASE WHEN ', b.within, ' THEN ', b.bucket, ' END AS bucket, ',
		'count(*) AS rows, min(', ordered, ')::text AS lowest, max(', ordered, ')::text AS highest ',
		'FROM ', advisor._default_from(p.parent), ' GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 20000) b'), p.lock_timeout)).value;
	RETURN QUERY SELECT r.class, r.rows, r.lowest, r.highest,
			CASE WHEN r.class = 'cell' THEN advisor._grid_index(g, r.lowest) END,
			CASE WHEN r.class = 'cell' THEN advisor._grid_index(g, r.highest) END
		FROM json_to_recordset(found::json) r(class text, rows bigint, lowest text, highest text);
END
$$;
COMMENT ON FUNCTION advisor._default_groups(advisor.partition_policies, advisor._partition_grid) IS
	'rows of the default partition in groups: those of cells, those with a null in the key, those beyond (infinite); read as the owner';

-- Parts of a cell that have no partition.
CREATE FUNCTION advisor._cell_gaps(g advisor._partition_grid, cell bigint, OUT lower text, OUT upper text)
	RETURNS SETOF record
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 1
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	cell_upper text := advisor._grid_value(g, cell + 1);
	ends numeric := coalesce(advisor._grid_position(g, cell_upper), 'Infinity');
	place numeric;
	b record;
BEGIN
	lower := advisor._grid_value(g, cell);
	place := coalesce(advisor._grid_position(g, lower), '-Infinity');
	FOR b IN SELECT * FROM advisor._partition_bounds(g.parent) e
		WHERE NOT e.is_default AND e.upper_position > place AND e.lower_position < ends ORDER BY e.lower_position
	LOOP
		IF b.lower_position > place THEN
			upper := b.lower;
			RETURN NEXT;
		END IF;
		place := b.upper_position;
		lower := b.upper;
	END LOOP;
	IF place < ends THEN
		upper := cell_upper;
		RETURN NEXT;
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._cell_gaps(advisor._partition_grid, bigint) IS
	'parts of a cell of the grid that no partition covers; null is without bound, where the type of the key ends';

CREATE FUNCTION advisor._count_default(p advisor.partition_policies, lower text, upper text) RETURNS bigint
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET DateStyle = 'ISO, YMD'
	SET TimeZone = 'UTC'
AS $$
	SELECT (advisor._run_as_owner(p.parent, 'SELECT count(*) FROM ' || advisor._default_rows(p.parent, lower, upper), p.lock_timeout)).value::bigint;
$$;
COMMENT ON FUNCTION advisor._count_default(advisor.partition_policies, text, text) IS
	'number of rows of the default partition from lower up to upper, read as the owner';

CREATE FUNCTION advisor._kept_reason(p advisor.partition_policies, class text, cell bigint, first_cell bigint, last_cell bigint)
	RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN class = 'null' THEN 'a column of the key is null: such rows can be nowhere else'
		WHEN class = 'beyond' OR cell IS NULL THEN 'infinite, or not in the years 1 to 9999'
		WHEN cell < first_cell THEN format('older than max_past (%s)', p.max_past)
		WHEN cell > last_cell THEN CASE (advisor._grid(p)).axis WHEN 'time' THEN format('further ahead than max_future (%s)', p.max_future)
			ELSE 'further ahead than partitions are made; advisor.drain_default() would move them' END
	END;
END;
COMMENT ON FUNCTION advisor._kept_reason(advisor.partition_policies, text, bigint, bigint, bigint) IS
	'why rows stay in the default partition; null if they do not';

-- Limits are in whole cells: a partition takes all rows of its range or is not made.
CREATE FUNCTION advisor._default_ranges(p advisor.partition_policies, g advisor._partition_grid, as_of timestamptz)
	RETURNS SETOF advisor._default_range
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 50
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	first_cell bigint := advisor._grid_index_at(g, coalesce(as_of, now()) - p.max_past);
	last_cell bigint := advisor._grid_index_at(g, coalesce(as_of, now()) + p.max_future);
	reached bigint;
	c record;
	gap record;
	range advisor._default_range;
BEGIN
	-- Numbers have no clock: where one that is far ahead got its partition it would
	-- be the newest, and all others would be old.  What follows is not far.
	IF g.axis = 'number' THEN
		reached := advisor._grid_index(g, advisor._number_reached(p, g)::text);
	END IF;
	FOR c IN
		WITH groups AS MATERIALIZED (SELECT * FROM advisor._default_groups(p, g)),
			cells AS (
				SELECT gr.class, n.cell, CASE WHEN gr.first_cell = gr.last_cell OR n.cell IS NULL THEN gr.rows END AS rows, gr.lowest, gr.highest
				FROM groups gr LEFT JOIN LATERAL generate_series(gr.first_cell, gr.last_cell) n(cell) ON true),
			steps AS (SELECT *, cell::numeric - greatest(lag(cell) OVER (ORDER BY cell), reached) > greatest(p.premake, 1) AS far FROM cells),
			judged AS (SELECT *, advisor._kept_reason(p, class, cell, first_cell,
				CASE WHEN bool_or(far AND reached IS NOT NULL) OVER (ORDER BY cell) THEN reached ELSE last_cell END) AS kept FROM steps)
		SELECT j.kept, CASE WHEN j.kept IS NULL THEN j.cell END AS cell,
			CASE WHEN count(*) = count(j.rows) THEN sum(j.rows) END AS rows,
			(array_agg(j.lowest ORDER BY advisor._grid_position(g, j.lowest)))[1] AS lowest,
			(array_agg(j.highest ORDER BY advisor._grid_position(g, j.highest) DESC NULLS LAST))[1] AS highest
		FROM judged j GROUP BY 1, 2 ORDER BY j.kept COLLATE "C" NULLS FIRST, 2
	LOOP
		IF c.kept IS NOT NULL THEN
			RETURN NEXT (NULL, c.lowest, c.highest, c.rows, c.kept)::advisor._default_range;
			CONTINUE;
		END IF;
		FOR gap IN SELECT * FROM advisor._cell_gaps(g, c.cell) LOOP
			range := (c.cell, gap.lower, gap.upper, c.rows, NULL)::advisor._default_range;
			IF c.rows IS NULL OR gap.lower IS DISTINCT FROM advisor._grid_value(g, c.cell)
				OR gap.upper IS DISTINCT FROM advisor._grid_value(g, c.cell + 1) THEN
				range.rows := advisor._count_default(p, gap.lower, gap.upper);
			END IF;
			IF range.rows > 0 THEN
				RETURN NEXT range;
			END IF;
		END LOOP;
	END LOOP;
END
$$;
COMMENT ON FUNCTION advisor._default_ranges(advisor.partition_policies, advisor._partition_grid, timestamptz) IS
	'what is in the default partition: ranges that want a partition, and rows that stay';

/*
 * Whether rows can be moved
 *
 * Deleting from the default fires what is there for deletes.  A foreign key of
 * another table with ON DELETE CASCADE would take the rows along that refer to
 * those moved, a trigger would write a history of what never happened.  In the
 * replica role neither happens, nor anything else that an owner's function
 * wants: it would not be stopped by foreign keys of other tables either.
 */

CREATE FUNCTION advisor._delete_triggers(relation oid, replica boolean) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT string_agg(DISTINCT CASE WHEN t.tgisinternal THEN format('foreign key %I of %s', k.conname, advisor._quoted_name(k.conrelid))
			ELSE format('trigger %I', t.tgname) END, ', ')
	FROM pg_trigger t
		-- the one that somebody made, whatever the server calls its copies for partitions
		LEFT JOIN LATERAL (WITH RECURSIVE up AS (
				SELECT c.conname, c.conrelid, c.conparentid FROM pg_constraint c WHERE c.oid = t.tgconstraint
				UNION ALL SELECT c.conname, c.conrelid, c.conparentid FROM up JOIN pg_constraint c ON c.oid = up.conparentid)
			SELECT up.conname, up.conrelid FROM up WHERE up.conparentid = 0) k ON true
	WHERE t.tgrelid IN (SELECT _delete_triggers.relation UNION ALL SELECT relid FROM pg_partition_tree(_delete_triggers.relation))
		-- TRIGGER_TYPE_DELETE
		AND t.tgtype::integer & 8 <> 0
		AND t.tgenabled = ANY (CASE WHEN replica THEN '{A,R}' ELSE '{A,O}' END::"char"[]);
END;
COMMENT ON FUNCTION advisor._delete_triggers(oid, boolean) IS
	'triggers, and foreign keys that refer to it, that deleting from a table would fire, in the replica role or without; NULL if there are none';

-- Built-in functions of a check that do more than to compute: they may run SQL
-- that is a text (query_to_xml), or read a value of a type that is one.
CREATE FUNCTION advisor._acting_functions(relation oid) RETURNS SETOF regprocedure
	LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1
BEGIN ATOMIC
	SELECT DISTINCT f.oid::regprocedure
	FROM pg_constraint k CROSS JOIN LATERAL regexp_matches(k.conbin::text, ':funcid (\d+)', 'g') m(found)
		JOIN pg_proc f ON f.oid = m.found[1]::oid
	WHERE k.conrelid = _acting_functions.relation AND k.contype = 'c' AND f.provolatile <> 'i'
		-- what tells or converts times is all right
		AND NOT (f.provolatile = 's' AND (f.pronargs = 0
			OR f.proargtypes::oid[] && '{date,time,timetz,timestamp,timestamptz,interval}'::regtype[]::oid[]));
END;
COMMENT ON FUNCTION advisor._acting_functions(oid) IS
	'functions in checks of a table that are not immutable, other than those about time';

-- What is not built in may be anybody's.
CREATE FUNCTION advisor._foreign_code(relation oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 10000
BEGIN ATOMIC
	WITH relations AS (
		SELECT _foreign_code.relation AS oid UNION SELECT relid FROM pg_partition_tree(_foreign_code.relation)
	), objects AS (
		SELECT 'pg_class'::regclass AS classid, r.oid FROM relations r
		UNION ALL SELECT 'pg_class'::regclass, i.indexrelid FROM relations r JOIN pg_index i ON i.indrelid = r.oid
		UNION ALL SELECT 'pg_constraint'::regclass, k.oid FROM relations r JOIN pg_constraint k ON k.conrelid = r.oid
		UNION ALL SELECT 'pg_attrdef'::regclass, d.oid FROM relations r JOIN pg_attrdef d ON d.adrelid = r.oid
			JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = d.adnum AND a.attgenerated <> ''
	), types AS (
		SELECT a.atttypid AS oid FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
		UNION SELECT d.refobjid FROM objects o JOIN pg_depend d ON d.classid = o.classid AND d.objid = o.oid
		WHERE d.refclassid = 'pg_type'::regclass
		-- what the catalog does not note of functions of JSON
		UNION SELECT m.found[1]::oid FROM relations r JOIN pg_constraint k ON k.conrelid = r.oid
			CROSS JOIN LATERAL regexp_matches(k.conbin::text, ':typid (\d+)', 'g') m(found)
	)
	SELECT string_agg(DISTINCT code, ', ') FROM (
		SELECT pg_describe_object(d.refclassid, d.refobjid, 0)
		FROM objects o JOIN pg_depend d ON d.classid = o.classid AND d.objid = o.oid
		-- FirstNormalObjectId
		WHERE d.refobjid >= 16384 AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass)
		UNION ALL
		SELECT 'function ' || f FROM relations r CROSS JOIN LATERAL advisor._acting_functions(r.oid) f
		UNION ALL
		-- domains have checks, and what is made of columns may have a domain inside
		SELECT 'type ' || format_type(t.oid, NULL)
		FROM types y JOIN pg_type t ON t.oid = y.oid LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
		WHERE t.oid >= 16384 AND coalesce(e.typtype, t.typtype) NOT IN ('b', 'e')
		UNION ALL
		SELECT 'row security of ' || advisor._quoted_name(c.oid)
		FROM relations r JOIN pg_class c ON c.oid = r.oid WHERE c.relrowsecurity AND c.relforcerowsecurity
	) found(code);
END;
COMMENT ON FUNCTION advisor._foreign_code(oid) IS
	'functions, operators and types, not built in or of a kind that may call some that are not, that writing into a table would call; NULL if there are none';

-- A partition that grows may have got them meanwhile.
CREATE FUNCTION advisor._insert_code(relation oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 10000
BEGIN ATOMIC
	SELECT string_agg(DISTINCT code, ', ') FROM (
		SELECT advisor._foreign_code(_insert_code.relation)
		UNION ALL
		SELECT format('rule %I', r.rulename) FROM pg_rewrite r
		WHERE r.ev_class = _insert_code.relation
		UNION ALL
		SELECT format('trigger %I', t.tgname) FROM pg_trigger t
		WHERE t.tgrelid IN (SELECT _insert_code.relation UNION ALL SELECT relid FROM pg_partition_tree(_insert_code.relation))
			AND NOT t.tgisinternal AND t.tgenabled IN ('A', 'R')
	) found(code);
END;
COMMENT ON FUNCTION advisor._insert_code(oid) IS
	'what inserting into a table in the replica role would call that is not built in; NULL if there is nothing';

-- A table that is published is replicated with what is deleted from the default,
-- but without what comes into a table that is no partition yet.
CREATE FUNCTION advisor._published(relation oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT string_agg(DISTINCT format('%I', u.pubname), ', ')
	FROM pg_publication u
	WHERE current_setting('wal_level') = 'logical'
		AND (u.puballtables
			OR EXISTS (SELECT FROM pg_publication_rel r WHERE r.prpubid = u.oid
				AND r.prrelid IN (SELECT _published.relation UNION ALL SELECT relid FROM pg_partition_ancestors(_published.relation)))
			OR EXISTS (SELECT FROM pg_publication_namespace n
				JOIN pg_class c ON c.relnamespace = n.pnnspid
				WHERE n.pnpubid = u.oid
					AND c.oid IN (SELECT _published.relation UNION ALL SELECT relid FROM pg_partition_ancestors(_published.relation))));
END;
COMMENT ON FUNCTION advisor._published(oid) IS
	'publications that a table, or one that it is a partition of, is in; NULL if there are none or nothing is replicated';

CREATE FUNCTION advisor._stranger_below(parent oid, relation oid) RETURNS oid
	LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT c.oid
	FROM pg_class p, pg_class c
	WHERE p.oid = _stranger_below.parent
		AND (c.oid = _stranger_below.relation OR c.oid IN (SELECT relid FROM pg_partition_tree(_stranger_below.relation)))
		AND NOT pg_has_role(c.relowner, p.relowner, 'USAGE')
	ORDER BY c.oid
	LIMIT 1;
END;
COMMENT ON FUNCTION advisor._stranger_below(oid, oid) IS
	'a relation, or partition of it, whose owner has not the rights of the parent''s owner; NULL if there is none';

CREATE FUNCTION advisor._move_mode(parent oid, OUT replica boolean, OUT obstacle text)
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	source oid := advisor._default_partition(parent);
	this pg_class;
	owner pg_roles;
	fired text := advisor._delete_triggers(source, false);
	code text;
BEGIN
	SELECT * INTO this FROM pg_class c WHERE c.oid = source;
	SELECT r.* INTO owner FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.oid = parent;
	replica := fired IS NOT NULL;
	obstacle := CASE
		WHEN this.relkind NOT IN ('r', 'p') THEN 'the default partition is a foreign table'
		WHEN EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = source) THEN 'the default partition has rules'
		-- its triggers and checks would run with rights that he has not
		WHEN advisor._stranger_below(parent, source) IS NOT NULL
			THEN format('%s belongs to another role than its parent', advisor._quoted_name(advisor._stranger_below(parent, source)))
		WHEN this.relrowsecurity AND NOT owner.rolsuper AND NOT owner.rolbypassrls AND (this.relforcerowsecurity OR this.relowner <> owner.oid)
			THEN 'row security hides rows of the default partition from its owner; a role with BYPASSRLS can own it'
		WHEN advisor._published(source) IS NOT NULL
			THEN format('subscribers of %s would lose the rows; use method adopt', advisor._published(source)) END;
	IF obstacle IS NOT NULL OR NOT replica THEN
		RETURN;
	END IF;
	code := CASE WHEN NOT owner.rolsuper THEN coalesce(advisor._foreign_code(source), advisor._foreign_code(parent)) END;
	obstacle := CASE
		WHEN NOT has_parameter_privilege('session_replication_role', 'SET')
			THEN format('deleting from the default partition would fire %s; use method adopt, or let a superuser run it', fired)
		WHEN advisor._delete_triggers(source, true) IS NOT NULL
			THEN format('deleting from the default partition would fire %s even in the replica role; use method adopt', advisor._delete_triggers(source, true))
		WHEN code IS NOT NULL
			THEN format('%s would be called without triggers and foreign keys, because of %s; use method adopt', code, fired) END;
END
$$;
COMMENT ON FUNCTION advisor._move_mode(oid, OUT boolean, OUT text) IS
	'must rows be moved out of the default partition in the replica role, and what prevents that they are moved at all';

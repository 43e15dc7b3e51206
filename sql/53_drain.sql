/*
 * 53_drain: the two ways of rows out of a default partition.  Needs
 * 53_default_partitions and 51_partition_creation.
 */

/*
 * Moving
 *
 * A transaction moves the rows of a range: takes them out of the default, puts
 * them into a table, and makes that the partition.  Where a range has more than
 * batch_rows, its partition grows: it is detached, gets more rows, and comes back
 * with a wider bound.  While it grows it has a check that says how far.
 *
 * The parent is locked against readers, too.  Attaching would not ask for that,
 * but a statement that looked up the partitions already, and waits for the
 * default, would go on without the new one and find the rows nowhere.
 */

CREATE FUNCTION advisor._range_text(columns integer, lower text, upper text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format('FOR VALUES FROM %s TO %s', advisor._range_bound(lower, columns, 'MINVALUE'), advisor._range_bound(upper, columns, 'MAXVALUE'));
COMMENT ON FUNCTION advisor._range_text(integer, text, text) IS
	'bound of a partition by values of the first column of the key; NULL is unbounded';

-- Writers of tables that a foreign key connects hold them and wait for us, so
-- they come before any work, too.  What the owner may not lock ATTACH locks later.
CREATE FUNCTION advisor._move_locks(parent oid, partition text) RETURNS text[]
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT ARRAY[
			format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', advisor._quoted_name(_move_locks.parent)),
			format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', advisor._default_from(_move_locks.parent))]
		|| ARRAY(SELECT format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', _move_locks.partition) WHERE _move_locks.partition IS NOT NULL)
		|| ARRAY(SELECT DISTINCT format('LOCK TABLE ONLY %s IN SHARE ROW EXCLUSIVE MODE', advisor._quoted_name(f.oid))
			FROM pg_constraint k JOIN pg_class c ON c.oid = _move_locks.parent
				JOIN pg_class f ON f.oid = CASE k.conrelid WHEN c.oid THEN k.confrelid ELSE k.conrelid END
			WHERE k.contype = 'f' AND c.oid IN (k.conrelid, k.confrelid) AND f.oid <> c.oid AND NOT f.relispartition
				AND has_table_privilege(c.relowner, f.oid, 'UPDATE, DELETE, TRUNCATE')
			ORDER BY 1);
END;
COMMENT ON FUNCTION advisor._move_locks(oid, text) IS
	'statements that lock what moving rows of the default partition of a table needs, in this order';

-- Generated columns are generated again, by the same expressions.
CREATE FUNCTION advisor._move_rows(parent oid, partition text, lower text, upper text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT format($move$WITH moved AS (DELETE FROM %s RETURNING %s),
put AS (INSERT INTO %s (%2$s) OVERRIDING SYSTEM VALUE SELECT * FROM moved RETURNING 1)
SELECT CASE WHEN (SELECT count(*) FROM put) = (SELECT count(*) FROM moved) THEN (SELECT count(*) FROM put) END$move$,
		advisor._default_rows(_move_rows.parent, _move_rows.lower, _move_rows.upper),
		string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum), _move_rows.partition)
	FROM pg_attribute a
	WHERE a.attrelid = _move_rows.parent AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
END;
COMMENT ON FUNCTION advisor._move_rows(oid, text, text, text) IS
	'statement that moves rows from the default partition to a table, and gives their number, or null if not all that were deleted were inserted';

CREATE FUNCTION advisor._growing_check(parent oid, partition text, lower text, upper text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 100
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('ALTER TABLE %s ADD CONSTRAINT advisor_growing CHECK (%s)', partition,
		coalesce(nullif(concat_ws(' AND ', k[1] || ' >= ' || quote_literal(lower), k[1] || ' < ' || quote_literal(upper)), ''), 'true'))
	FROM advisor._key_expressions(parent) k;
$$;
COMMENT ON FUNCTION advisor._growing_check(oid, text, text, text) IS
	'statement that marks a partition as one that will have all of a range';

-- grown_from is the lower bound of the partition if it exists already.
CREATE FUNCTION advisor._move_statements(p advisor.partition_policies, f advisor._partition_format, g advisor._partition_grid,
	partition text, lower text, upper text, ends text, grows boolean, grown_from text,
	OUT before_sql text, OUT move_sql text, OUT after_sql text)
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	names text[] := parse_ident(partition);
	parent_name text := advisor._quoted_name(p.parent);
	s record;
BEGIN
	move_sql := advisor._move_rows(p.parent, partition, lower, upper);
	IF grows THEN
		before_sql := format('ALTER TABLE %s DETACH PARTITION %s', parent_name, partition);
		after_sql := format('ALTER TABLE %s ATTACH PARTITION %s %s', parent_name, partition, advisor._range_text(g.columns, grown_from, upper))
			|| CASE WHEN upper IS NOT DISTINCT FROM ends THEN format(E';\nALTER TABLE %s DROP CONSTRAINT advisor_growing', partition) ELSE '' END;
		RETURN;
	END IF;
	-- its own partitions are those of all that it will have
	s := advisor._partition_statements(f, names[2], names[1], advisor._range_text(g.columns, lower, upper), lower, ends);
	before_sql := s.create_sql;
	IF upper IS DISTINCT FROM ends THEN
		before_sql := concat(before_sql, E';\n', advisor._growing_check(p.parent, partition, lower, ends));
	END IF;
	after_sql := concat(s.attach_sql, s.tail_sql);
END
$$;
COMMENT ON FUNCTION advisor._move_statements(advisor.partition_policies, advisor._partition_format, advisor._partition_grid, text, text, text, text, boolean, text) IS
	'what makes a partition, or detaches one that grows, moves rows of the default to it, and attaches it; ends is where the range ends that it is to have in the end';

CREATE FUNCTION advisor._move_text(locks text[], replica boolean, before_sql text, move_sql text, after_sql text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN concat_ws(E';\n', array_to_string(locks, E';\n'), before_sql,
	CASE WHEN replica THEN 'SET LOCAL session_replication_role = replica' END, move_sql,
	CASE WHEN replica THEN 'SET LOCAL session_replication_role = DEFAULT' END, after_sql);
COMMENT ON FUNCTION advisor._move_text(text[], boolean, text, text, text) IS
	'all statements of a move as one text';

-- The partition that grows up to a value, if there is one.
CREATE FUNCTION advisor._growing_partition(parent oid, until numeric, OUT partition text, OUT lower text)
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT advisor._quoted_name(b.partition), b.lower
	FROM advisor._partition_bounds(_growing_partition.parent) b
		JOIN pg_constraint k ON k.conrelid = b.partition AND k.conname = 'advisor_growing'
	WHERE b.upper_position = until AND NOT b.is_default AND NOT b.detach_pending;
END;
COMMENT ON FUNCTION advisor._growing_partition(oid, numeric) IS
	'partition that ends at a position and is marked as one that grows, and where it begins';

-- Keys at which a range is cut, so that no piece has more rows than a batch
-- unless more have the same key.
CREATE FUNCTION advisor._batch_borders(p advisor.partition_policies, range advisor._default_range) RETURNS text[]
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000
	SET search_path = pg_catalog, pg_temp
	SET DateStyle = 'ISO, YMD'
	SET TimeZone = 'UTC'
AS $$
DECLARE
	found text;
BEGIN
	IF range.rows <= p.batch_rows OR EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f' AND k.confrelid = p.parent) THEN
		-- a partition that others refer to cannot be detached to grow
		RETURN ARRAY[range.lower, range.upper];
	END IF;
	found := (advisor._run_as_owner(p.parent, format(
		'SELECT json_agg(k::text ORDER BY k) FROM (SELECT DISTINCT k FROM (SELECT %1$s AS k, row_number() OVER w AS n, first_value(%1$s) OVER w AS f FROM %2$s WINDOW w AS (ORDER BY %1$s)) o WHERE n %% %3$s = 1 AND k <> f) b',
		(advisor._key_expressions(p.parent))[1], advisor._default_rows(p.parent, range.lower, range.upper), greatest(p.batch_rows, 2)), p.lock_timeout)).value;
	RETURN range.lower || ARRAY(SELECT value FROM json_array_elements_text(found::json)) || range.upper;
END
$$;
COMMENT ON FUNCTION advisor._batch_borders(advisor.partition_policies, advisor._default_range) IS
	'bounds of the pieces in which a range is moved, the first and the last included';

CREATE FUNCTION advisor._plan_move(p advisor.partition_policies, g advisor._partition_grid, range advisor._default_range, f advisor._partition_format, replica boolean)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 1
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	a advisor.partition_action;
	schema name := advisor._partition_schema(p.parent);
	borders text[] := advisor._batch_borders(p, range);
	pieces integer := cardinality(borders) - 1;
	old record;
	s record;
BEGIN
	SELECT * INTO old FROM advisor._growing_partition(p.parent, advisor._grid_position(g, range.lower));
	a.parent := p.parent;
	a.action := 'move';
	a.status := 'planned';
	a.partition := coalesce(old.partition, format('%I.%I', schema, advisor._partition_name(p.parent, coalesce(advisor._grid_suffix(g, range.cell), 'pmin'), schema)));
	FOR i IN 1 .. pieces LOOP
		a.lower := borders[i];
		a.upper := borders[i + 1];
		a.rows := CASE WHEN pieces = 1 THEN range.rows WHEN i < pieces THEN p.batch_rows ELSE range.rows - p.batch_rows::bigint * (pieces - 1) END;
		a.detail := CASE WHEN pieces > 1 THEN format('batch %s of %s', i, pieces) END;
		s := advisor._move_statements(p, f, g, a.partition, a.lower, a.upper, range.upper,
			old.partition IS NOT NULL OR i > 1, CASE WHEN old.partition IS NOT NULL THEN old.lower ELSE range.lower END);
		a.sql := advisor._move_text(advisor._move_locks(p.parent, CASE WHEN old.partition IS NOT NULL OR i > 1 THEN a.partition END),
			replica, s.before_sql, s.move_sql, s.after_sql);
		RETURN NEXT a;
	END LOOP;
END
$$;
COMMENT ON FUNCTION advisor._plan_move(advisor.partition_policies, advisor._partition_grid, advisor._default_range, advisor._partition_format, boolean) IS
	'actions that move the rows of a range from the default partition to one of their own, in batches';

-- With the parent locked, what others wait for is short.  Those who hold
-- something that comes later may wait for us already, and shall not be the ones
-- whom the server gives an error, as it does to who has waited for deadlock_timeout.
CREATE FUNCTION advisor._lock_for_move(p advisor.partition_policies, partition text) RETURNS text[]
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	locks text[] := advisor._move_locks(p.parent, partition);
	patience integer := greatest(20, (SELECT setting::integer FROM pg_settings WHERE name = 'deadlock_timeout') / 2 / cardinality(locks));
BEGIN
	FOR i IN 1 .. cardinality(locks) LOOP
		PERFORM advisor._run_as_owner(p.parent, locks[i], CASE i WHEN 1 THEN p.lock_timeout ELSE least(patience, p.lock_timeout) END);
	END LOOP;
	RETURN locks;
END
$$;
COMMENT ON FUNCTION advisor._lock_for_move(advisor.partition_policies, text) IS
	'locks what a move needs; only for the first lock, that of the parent, it waits long';

CREATE FUNCTION advisor._move_as_locked(action advisor.partition_action, p advisor.partition_policies)
	RETURNS advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	g advisor._partition_grid := advisor._grid(p);
	schema name := advisor._partition_schema(p.parent);
	old record;
	gap record;
	mode record;
	s record;
	locks text[];
	moved text;
	code text;
BEGIN
	SELECT * INTO old FROM advisor._growing_partition(p.parent, advisor._grid_position(g, action.lower));
	locks := advisor._lock_for_move(p, old.partition);
	mode := advisor._move_mode(p.parent);
	SELECT c.* INTO gap FROM advisor._cell_gaps(g, coalesce(advisor._grid_index(g, action.lower), advisor._grid_index(g, action.upper) - 1)) c
		WHERE c.lower IS NOT DISTINCT FROM action.lower;
	IF NOT FOUND OR advisor._default_partition(p.parent) IS NULL
		OR coalesce(advisor._grid_position(g, gap.upper) < advisor._grid_position(g, action.upper), action.upper IS NULL AND gap.upper IS NOT NULL) THEN
		action.status := 'skipped';
		action.detail := 'the range is no longer without partition';
	ELSIF mode.obstacle IS NOT NULL THEN
		action.status := 'blocked';
		action.detail := mode.obstacle;
	ELSIF advisor._stranger_below(p.parent, to_regclass(old.partition)) IS NOT NULL THEN
		action.status := 'blocked';
		action.detail := format('%s belongs to another role than its parent', old.partition);
	END IF;
	IF action.status <> 'planned' THEN
		RETURN action;
	END IF;
	IF old.partition IS NOT NULL THEN
		action.partition := old.partition;
	ELSIF to_regclass(action.partition) IS NOT NULL THEN
		action.partition := format('%I.%I', schema, advisor._partition_name(p.parent, coalesce(advisor._grid_suffix(g, advisor._grid_index(g, action.lower)), 'pmin'), schema));
	END IF;
	s := advisor._move_statements(p, CASE WHEN old.partition IS NULL THEN advisor._partition_format(p, (SELECT n.oid FROM pg_namespace n WHERE n.nspname = schema)) END,
		g, action.partition, action.lower, action.upper, gap.upper, old.partition IS NOT NULL, old.lower);
	action.sql := advisor._move_text(locks, mode.replica, s.before_sql, s.move_sql, s.after_sql);
	PERFORM advisor._run_as_owner(p.parent, s.before_sql, p.lock_timeout);
	-- nobody else can change the table by now
	IF mode.replica AND NOT (SELECT r.rolsuper FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.oid = p.parent) THEN
		code := advisor._insert_code(action.partition::regclass);
		IF code IS NOT NULL THEN
			RAISE object_not_in_prerequisite_state USING MESSAGE = format('%s would be called without triggers and foreign keys', code);
		END IF;
	END IF;
	moved := (advisor._run_as_owner(p.parent, s.move_sql, p.lock_timeout, mode.replica)).value;
	IF moved IS NULL THEN
		RAISE data_exception USING MESSAGE = 'not all rows that were taken out of the default partition arrived';
	END IF;
	PERFORM advisor._run_as_owner(p.parent, s.after_sql, p.lock_timeout);
	action.rows := moved::bigint;
	action.status := 'done';
	RETURN action;
END
$$;
COMMENT ON FUNCTION advisor._move_as_locked(advisor.partition_action, advisor.partition_policies) IS
	'locks, looks whether the move is still as planned, and does it';

-- As _perform(), but the statements run one after the other, between checks.
CREATE FUNCTION advisor._perform_move(action advisor.partition_action, p advisor.partition_policies)
	RETURNS advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET DateStyle = 'ISO, YMD'
	SET TimeZone = 'UTC'
AS $$
DECLARE
	message text;
	more text;
BEGIN
	IF current_setting('transaction_isolation') <> 'read committed' THEN
		RAISE invalid_transaction_state USING MESSAGE = 'rows are moved in transactions of isolation level READ COMMITTED only',
			DETAIL = 'Others would not see what was committed while they waited for the locks.';
	END IF;
	RETURN advisor._move_as_locked(action, p);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, more = PG_EXCEPTION_DETAIL;
	RETURN advisor._failed(action, SQLSTATE, message, more);
END
$$;
COMMENT ON FUNCTION advisor._perform_move(advisor.partition_action, advisor.partition_policies) IS
	'performs an action of _plan_move() and returns it with what came of it';

/*
 * Adopting
 *
 * The default becomes the partition that its rows want, and a new one takes its
 * place: no row is moved.  A check that has been validated while others went on
 * saves the scan under lock.  While it is there the default takes no rows of
 * other ranges, so a default that is scanned in no time gets none.
 */

CREATE FUNCTION advisor._adopt_statements(p advisor.partition_policies, g advisor._partition_grid, source oid, name name, lower text, upper text, fenced boolean)
	RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	schema name;
	old_name name;
	parent_name text := advisor._quoted_name(p.parent);
	locks text[] := advisor._move_locks(p.parent, NULL);
	s record;
BEGIN
	SELECT n.nspname, c.relname INTO schema, old_name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = source;
	-- as in create_default_partition()
	p.subpartition_by := '';
	s := advisor._partition_statements(advisor._partition_format(p, (SELECT n.oid FROM pg_namespace n WHERE n.nspname = schema)), old_name, schema, 'DEFAULT', NULL, NULL);
	RETURN concat_ws(E';\n', locks[1],
		-- as in _lock_for_move()
		format('SET LOCAL lock_timeout = %s', greatest(20, (SELECT setting::integer FROM pg_settings WHERE pg_settings.name = 'deadlock_timeout') / 2 / cardinality(locks))),
		array_to_string(locks[2:], E';\n'),
		format('ALTER TABLE %s DETACH PARTITION %I.%I', parent_name, schema, old_name),
		format('ALTER TABLE %I.%I RENAME TO %I', schema, old_name, name),
		format('ALTER TABLE %s ATTACH PARTITION %I.%I %s', parent_name, schema, name, advisor._range_text(g.columns, lower, upper)),
		CASE WHEN fenced THEN format('ALTER TABLE %I.%I DROP CONSTRAINT advisor_adopt', schema, name) END,
		s.create_sql, concat(s.attach_sql, s.tail_sql));
END
$$;
COMMENT ON FUNCTION advisor._adopt_statements(advisor.partition_policies, advisor._partition_grid, oid, name, text, text, boolean) IS
	'statements that make the default partition one of a range, under another name, and a new default';

CREATE FUNCTION advisor._adopt_obstacle(p advisor.partition_policies, g advisor._partition_grid, ranges advisor._default_range[])
	RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(
		(SELECT format('%s rows would stay in the default partition: %s', r.rows, r.kept) FROM unnest(ranges) r WHERE r.kept IS NOT NULL LIMIT 1),
		(SELECT format('partition %s lies between the rows', advisor._quoted_name(b.partition))
			FROM advisor._partition_bounds(p.parent) b
			WHERE NOT b.is_default
				AND b.lower_position < coalesce(advisor._grid_position(g, ranges[cardinality(ranges)].upper), 'Infinity')
				AND b.upper_position > coalesce(advisor._grid_position(g, ranges[1].lower), '-Infinity')
			ORDER BY b.ordinal LIMIT 1)) || '; use method move';
$$;
COMMENT ON FUNCTION advisor._adopt_obstacle(advisor.partition_policies, advisor._partition_grid, advisor._default_range[]) IS
	'why the default partition cannot become one of a range; NULL if it can';

CREATE FUNCTION advisor._plan_adopt(p advisor.partition_policies, g advisor._partition_grid, ranges advisor._default_range[])
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000 ROWS 4
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	a advisor.partition_action;
	source regclass := advisor._default_partition(p.parent);
	keys text[] := advisor._key_expressions(p.parent);
	name name;
	fenced boolean;
BEGIN
	a.parent := p.parent;
	a.partition := advisor._quoted_name(source);
	a.lower := ranges[1].lower;
	a.upper := ranges[cardinality(ranges)].upper;
	a.action := 'adopt';
	a.rows := (SELECT sum(r.rows) FROM unnest(ranges) r);
	a.detail := advisor._adopt_obstacle(p, g, ranges);
	a.status := CASE WHEN a.detail IS NULL THEN 'planned' ELSE 'blocked' END;
	IF a.status = 'blocked' THEN
		RETURN NEXT a;
		RETURN;
	END IF;
	fenced := a.rows > p.batch_rows;
	name := advisor._partition_name(p.parent, coalesce(advisor._grid_suffix(g, ranges[1].cell), 'pmin'),
		(SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = source));
	IF fenced THEN
		RETURN NEXT (a.parent, a.partition, a.lower, a.upper, 'fence', 'planned', NULL, NULL, 'until it is adopted the default partition takes these keys only',
			format(E'LOCK TABLE ONLY %s IN SHARE UPDATE EXCLUSIVE MODE;\nALTER TABLE %s ADD CONSTRAINT advisor_adopt CHECK (%s) NOT VALID', advisor._quoted_name(p.parent), a.partition,
				concat_ws(' AND ', (SELECT string_agg(k || ' IS NOT NULL', ' AND ') FROM unnest(keys) k),
					keys[1] || ' >= ' || quote_literal(a.lower), keys[1] || ' < ' || quote_literal(a.upper))))::advisor.partition_action;
		RETURN NEXT (a.parent, a.partition, a.lower, a.upper, 'validate', 'planned', NULL, NULL, NULL,
			format('ALTER TABLE %s VALIDATE CONSTRAINT advisor_adopt', a.partition))::advisor.partition_action;
	END IF;
	a.sql := advisor._adopt_statements(p, g, source, name, a.lower, a.upper, fenced);
	a.detail := format('becomes %I', name);
	RETURN NEXT a;
	IF fenced THEN
		RETURN NEXT advisor._unfence_adopted(p.parent);
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._plan_adopt(advisor.partition_policies, advisor._partition_grid, advisor._default_range[]) IS
	'actions that make the default partition a partition of the range of its rows';

-- The name is that of the new default if all went well, which has no such check.
CREATE FUNCTION advisor._unfence_adopted(parent oid) RETURNS advisor.partition_action
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
RETURN ROW(parent, advisor._quoted_name(advisor._default_partition(parent)), NULL, NULL, 'unfence', 'planned', NULL, NULL, NULL,
	format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS advisor_adopt', advisor._quoted_name(advisor._default_partition(parent))))::advisor.partition_action;
COMMENT ON FUNCTION advisor._unfence_adopted(oid) IS
	'action that takes away the check that adopting puts on the default partition';

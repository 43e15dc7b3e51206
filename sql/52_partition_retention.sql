/*
 * 52_partition_retention: partitions that have become too old.  Needs
 * 47_partition_policies and 48_partition_grid.
 *
 * The order is: detach, back up and verify, archive or drop.  Once a partition is
 * detached nothing comes in through the parent, so what is backed up is what is
 * dropped.  What is still to be done is kept in advisor.retired_partitions from
 * the transaction that detaches on: however it ends, the next run goes on there.
 *
 * Who runs plans: finalize, then retired, then retention, each action with
 * advisor._perform_retirement(), which also knows what must not be done any more
 * because an action before it failed.
 */

-- A backup into a schema copies nothing: it is an archive.
CREATE FUNCTION advisor._after_detach(p advisor.partition_policies,
	OUT action text, OUT archive_schema name, OUT backup text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN (p).backup LIKE 'schema:%' OR (p).retention_action = 'archive' THEN 'archive'
			WHEN (p).retention_action = 'drop' THEN 'drop'
			ELSE 'keep' END,
		CASE WHEN (p).retention_action = 'archive' THEN (p).archive_schema
			WHEN (p).backup LIKE 'schema:%' THEN substr((p).backup, 8)::name END,
		CASE WHEN (p).backup LIKE 'schema:%' THEN 'none' ELSE (p).backup END;
END;
COMMENT ON FUNCTION advisor._after_detach(advisor.partition_policies) IS
	'what a policy wants of a partition when it is detached: keep, archive or drop, and the backup before';

-- Rows in the default partition do not count: one outlier there would make
-- everything old.  Partitions that were made ahead are empty, so the newest one
-- with rows is soon found.
CREATE FUNCTION advisor._newest_key(g advisor._partition_grid) RETURNS text
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET row_security = off
	SET extra_float_digits = 1
AS $$
DECLARE
	b record;
	newest text;
BEGIN
	FOR b IN SELECT x.partition, x.lower FROM advisor._partition_bounds(g.parent) x
		WHERE NOT x.is_default AND NOT x.detach_pending ORDER BY x.ordinal DESC
	LOOP
		-- what an expression gives is not asked for: the lower bound is less, and safe
		newest := (advisor._run_as_owner(g.parent, CASE WHEN g.attname IS NULL
			THEN format('SELECT %L FROM %s LIMIT 1', b.lower, advisor._quoted_name(b.partition))
			ELSE format('SELECT max(%I) FROM %s', g.attname, advisor._quoted_name(b.partition)) END)).value;
		EXIT WHEN newest IS NOT NULL;
	END LOOP;
	RETURN newest;
END
$$;
COMMENT ON FUNCTION advisor._newest_key(advisor._partition_grid) IS
	'greatest key in partitions other than the default; NULL if all are empty';

CREATE FUNCTION advisor._retention_cutoff(p advisor.partition_policies, g advisor._partition_grid, as_of timestamptz)
	RETURNS text
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT advisor._shift(g, CASE (g).axis WHEN 'time' THEN advisor._grid_now(g, coalesce(as_of, now()))
		WHEN 'number' THEN advisor._newest_key(g) END, (p).retention, -1);
END;
COMMENT ON FUNCTION advisor._retention_cutoff(advisor.partition_policies, advisor._partition_grid, timestamptz) IS
	'keys before it are too old: the clock, for numbers the greatest key, moved back by the retention';

-- What follows the detaching is done as the partition's owner, and says the
-- parent's: that is right only if the latter could do it himself.
CREATE FUNCTION advisor._may_dispose(parent oid, partition oid) RETURNS boolean
	LANGUAGE sql STABLE PARALLEL SAFE COST 100
BEGIN ATOMIC
	SELECT EXISTS (SELECT FROM pg_class p, pg_class c
		WHERE p.oid = _may_dispose.parent AND c.oid = _may_dispose.partition AND pg_has_role(p.relowner, c.relowner, 'USAGE'));
END;
COMMENT ON FUNCTION advisor._may_dispose(oid, oid) IS
	'has the owner of a table the rights of the owner of its partition?';

-- The server looks, too, but with a lock that stops everybody.  It also has the
-- last word: who may not read the other table is not told here.
CREATE FUNCTION advisor._referenced_by(parent oid, partition oid) RETURNS text
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	fk record;
BEGIN
	FOR fk IN
		SELECT c.conname, advisor._quoted_name(c.conrelid) AS referencing,
			(SELECT string_agg(format('p.%I OPERATOR(%I.%s) r.%I', pa.attname, n.nspname, o.oprname, ra.attname), ' AND ')
			FROM unnest(c.confkey, c.conkey, c.conpfeqop) AS k(pkey, rkey, op)
				JOIN pg_attribute pa ON pa.attrelid = c.confrelid AND pa.attnum = k.pkey
				JOIN pg_attribute ra ON ra.attrelid = c.conrelid AND ra.attnum = k.rkey
				JOIN pg_operator o ON o.oid = k.op JOIN pg_namespace n ON n.oid = o.oprnamespace) AS matches
		FROM pg_constraint c
		WHERE c.contype = 'f' AND c.confrelid = _referenced_by.partition ORDER BY c.conname
	LOOP
		BEGIN
			IF (advisor._run_as_owner(parent, format('SELECT EXISTS (SELECT FROM %s r JOIN %s p ON %s)',
				fk.referencing, advisor._quoted_name(partition), fk.matches), 2000)).value = 't'
			THEN
				RETURN format('rows of %s reference it', fk.referencing);
			END IF;
		EXCEPTION WHEN OTHERS THEN
			NULL;
		END;
	END LOOP;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION advisor._referenced_by(oid, oid) IS
	'which table''s rows reference rows of a partition, as far as the parent''s owner can tell; NULL if none does';

/*
 * Names of files and SQL
 */

-- Names may have slashes, quotes and anything else; a file's name has none, so
-- what was changed is told apart by the oid.
CREATE FUNCTION advisor._file_name(relation oid) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 10
BEGIN ATOMIC
	SELECT CASE WHEN s.safe = s.name THEN s.safe ELSE s.safe || '.' || _file_name.relation END
	FROM (SELECT n.nspname || '.' || c.relname AS name,
			regexp_replace(regexp_replace(n.nspname || '.' || c.relname, '[^A-Za-z0-9_.-]', '_', 'g'), '^[-.]', '_') AS safe
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = _file_name.relation) s;
END;
COMMENT ON FUNCTION advisor._file_name(oid) IS
	'name of a relation made of letters, digits, dots, dashes and underscores of ASCII only';

-- No file is written twice: its name has the time in microseconds.  What a file's
-- name is made of needs no quotes in a shell, and does no harm between any.
CREATE FUNCTION advisor._backup_location(relation oid, backup text) RETURNS text
	LANGUAGE sql VOLATILE STRICT PARALLEL SAFE COST 10
BEGIN ATOMIC
	SELECT CASE split_part(backup, ':', 1)
		WHEN 'csv' THEN t.stem || '.csv'
		WHEN 'binary' THEN t.stem || '.bin'
		WHEN 'program' THEN replace(substr(backup, 9), '%p', advisor._file_name(relation))
		WHEN 'hook' THEN substr(backup, 6) END
	FROM (SELECT rtrim(substr(backup, strpos(backup, ':') + 1), '/') || '/' || advisor._file_name(relation)
		|| to_char(clock_timestamp() AT TIME ZONE 'UTC', '".p"YYYYMMDD"T"HH24MISSUS') AS stem) t;
END;
COMMENT ON FUNCTION advisor._backup_location(oid, text) IS
	'file, command or function of a backup, as in advisor.partition_policies';

-- Columns that are computed cannot be loaded, and need not be saved.
CREATE FUNCTION advisor._backup_sql(relation oid, backup text, location text) RETURNS text
	LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	kind text := split_part(backup, ':', 1);
	hook regprocedure;
BEGIN
	IF kind = 'hook' THEN
		hook := to_regprocedure(CASE WHEN location LIKE '%(%' THEN location ELSE location || '(pg_catalog.regclass)' END);
		IF hook IS NULL THEN
			RAISE undefined_function USING MESSAGE = format('backup function %s does not exist', location),
				HINT = 'It takes a regclass, and is named with its schema: hook:schema.function.';
		END IF;
		RETURN (SELECT format('SELECT %I.%I(%L::pg_catalog.regclass)', n.nspname, f.proname, advisor._quoted_name(relation))
			FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace WHERE f.oid = hook);
	END IF;
	RETURN format('COPY (SELECT %s FROM %s) TO %s%L WITH (FORMAT %s)',
		(SELECT string_agg(format('%I', a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
		WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''),
		advisor._quoted_name(relation), CASE kind WHEN 'program' THEN 'PROGRAM ' ELSE '' END, location,
		CASE kind WHEN 'binary' THEN 'binary' ELSE format('csv, HEADER, ENCODING %L', getdatabaseencoding()) END);
END
$$;
COMMENT ON FUNCTION advisor._backup_sql(oid, text, text) IS 'statement that makes a backup of a table';

-- A name that no relation or type has, in either schema
CREATE FUNCTION advisor._free_name(wanted name, here oid, there oid) RETURNS name
	LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	free name := wanted;
	tail text;
BEGIN
	FOR i IN 1 .. 10000 LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM pg_class c WHERE c.relname = free AND c.relnamespace = there)
			AND NOT EXISTS (SELECT FROM pg_type t WHERE t.typname = free AND t.typnamespace = there)
			AND (free = wanted OR NOT EXISTS (SELECT FROM pg_class c WHERE c.relname = free AND c.relnamespace = here));
		tail := '_' || i;
		free := advisor._clip(wanted, current_setting('max_identifier_length')::integer - octet_length(tail)) || tail;
	END LOOP;
	RETURN free;
END
$$;
COMMENT ON FUNCTION advisor._free_name(name, oid, oid) IS
	'a name as wanted, or with a number, that is free in the second schema (and, if changed, in the first)';

-- The partitions of a partition do not move with it, and the indexes that do may
-- have names that are taken.
CREATE FUNCTION advisor._archive_sql(relation oid, archive_schema name) RETURNS text
	LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	there oid := to_regnamespace(quote_ident(archive_schema));
	statements text[] := CASE WHEN there IS NULL THEN ARRAY[format('CREATE SCHEMA %I', archive_schema)] END;
	r record;
	free name;
BEGIN
	FOR r IN
		SELECT c.oid, c.relname, c.relnamespace, n.nspname, false AS is_index
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE (c.oid = relation OR c.oid IN (SELECT relid FROM pg_partition_tree(relation)))
			AND c.relnamespace IS DISTINCT FROM there
		UNION ALL
		SELECT c.oid, c.relname, c.relnamespace, n.nspname, true
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE (i.indrelid = relation OR i.indrelid IN (SELECT relid FROM pg_partition_tree(relation)))
			AND c.relnamespace IS DISTINCT FROM there
		ORDER BY is_index DESC, relname
	LOOP
		free := coalesce(advisor._free_name(r.relname, r.relnamespace, there), r.relname);
		IF free <> r.relname THEN
			statements := statements || format('ALTER %s %I.%I RENAME TO %I',
				CASE WHEN r.is_index THEN 'INDEX' ELSE 'TABLE' END, r.nspname, r.relname, free);
		END IF;
		IF NOT r.is_index THEN
			statements := statements || format('ALTER TABLE %I.%I SET SCHEMA %I', r.nspname, free, archive_schema);
		END IF;
	END LOOP;
	RETURN array_to_string(statements, E';\n');
END
$$;
COMMENT ON FUNCTION advisor._archive_sql(oid, name) IS
	'statements that bring a table, its partitions and indexes into another schema, which is made if it is missing';

CREATE FUNCTION advisor._disposal_sql(relation oid, action text, archive_schema name) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT CASE action
		WHEN 'archive' THEN advisor._archive_sql(relation, archive_schema)
		WHEN 'drop' THEN format('DROP %s %s', CASE c.relkind WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
			advisor._quoted_name(c.oid)) END
	FROM pg_class c WHERE c.oid = relation;
END;
COMMENT ON FUNCTION advisor._disposal_sql(oid, text, name) IS 'statements that archive or drop a retired partition';

/*
 * Plans
 */

CREATE FUNCTION advisor._plan_finalize(p advisor.partition_policies) RETURNS SETOF advisor.partition_action
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 1
BEGIN ATOMIC
	SELECT (p).parent, advisor._quoted_name(b.partition), b.lower, b.upper, 'finalize', 'planned', NULL::bigint, NULL::text, NULL::text,
		format('ALTER TABLE %s DETACH PARTITION %s FINALIZE', advisor._quoted_name(b.parent), advisor._quoted_name(b.partition))
	FROM advisor._partition_bounds((p).parent) b WHERE b.detach_pending;
END;
COMMENT ON FUNCTION advisor._plan_finalize(advisor.partition_policies) IS
	'detaching that was interrupted and must be brought to its end before any other';

-- What follows the detaching of a partition, or is left of it
CREATE FUNCTION advisor._plan_disposal(parent regclass, partition oid, lower text, upper text,
	action text, archive_schema name, backup text)
	RETURNS SETOF advisor.partition_action
	LANGUAGE sql VOLATILE PARALLEL SAFE COST 1000 ROWS 2
BEGIN ATOMIC
	SELECT parent, advisor._quoted_name(partition), lower, upper, 'backup', 'planned', NULL::bigint, NULL::text, l.location,
		advisor._backup_sql(partition, backup, l.location)
	FROM advisor._backup_location(partition, backup) l(location) WHERE backup <> 'none'
	UNION ALL
	SELECT parent, advisor._quoted_name(partition), lower, upper, action, 'planned', NULL, NULL,
		CASE action WHEN 'archive' THEN 'to schema ' || quote_ident(archive_schema) END,
		advisor._disposal_sql(partition, action, archive_schema)
	WHERE action <> 'keep';
END;
COMMENT ON FUNCTION advisor._plan_disposal(regclass, oid, text, text, text, name, text) IS
	'backup, archive and drop of a partition that is detached, or will have been';

-- A parent that was restored from a dump has another oid.
CREATE FUNCTION advisor._plan_retired(p advisor.partition_policies) RETURNS SETOF advisor.partition_action
	LANGUAGE sql VOLATILE PARALLEL UNSAFE COST 1000 ROWS 2
BEGIN ATOMIC
	SELECT d.*
	FROM advisor.retired_partitions r JOIN pg_class c ON c.oid = r.partition AND NOT c.relispartition,
		advisor._plan_disposal((p).parent, r.partition, r.lower, r.upper, r.action, r.archive_schema,
			CASE WHEN r.backed_up_at IS NULL THEN r.backup ELSE 'none' END) d
	WHERE (r.parent = (p).parent
			OR r.parent_name = advisor._quoted_name((p).parent) AND NOT EXISTS (SELECT FROM pg_class g WHERE g.oid = r.parent))
		-- anybody can write the name of another's table
		AND EXISTS (SELECT FROM pg_class o WHERE o.oid = (p).parent
			AND (r.parent = o.oid AND pg_has_role(o.relowner, c.relowner, 'USAGE') OR c.relowner = o.relowner))
	ORDER BY r.retired_at, r.partition, d.action <> 'backup';
END;
COMMENT ON FUNCTION advisor._plan_retired(advisor.partition_policies) IS
	'what is still to be done with partitions that were detached before';

-- A partition is too old if its upper bound is, as the catalog has it: that holds
-- for wide ones made by hand, too.  With more key columns the bound of the first
-- one may be in the partition.
CREATE FUNCTION advisor._plan_expiry(p advisor.partition_policies, g advisor._partition_grid, cutoff text)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	after record := advisor._after_detach(p);
	past numeric := advisor._grid_position(g, cutoff);
	b record;
	has_default boolean;
	a advisor.partition_action;
BEGIN
	has_default := EXISTS (SELECT FROM advisor._partition_bounds(p.parent) x WHERE x.is_default);
	FOR b IN
		SELECT x.*, row_number() OVER (ORDER BY x.upper_position DESC, x.ordinal DESC) AS newness
		FROM advisor._partition_bounds(p.parent) x
		WHERE x.method = 'range' AND NOT x.is_default AND NOT x.detach_pending ORDER BY x.ordinal
	LOOP
		CONTINUE WHEN b.upper IS NULL OR past IS NULL OR b.upper_position > past OR (b.upper_position = past AND g.columns > 1);
		a := ROW(p.parent, advisor._quoted_name(b.partition), b.lower, b.upper, 'detach', 'planned', NULL, NULL, NULL, NULL);
		a.detail := CASE WHEN b.newness <= p.min_keep THEN format('it is one of the newest %s', p.min_keep)
			WHEN (after.action <> 'keep' OR after.backup <> 'none') AND NOT advisor._may_dispose(p.parent, b.partition)
				THEN 'it belongs to another role than its parent'
			ELSE advisor._referenced_by(p.parent, b.partition) END;
		IF a.detail IS NOT NULL THEN
			a.status := 'kept';
			RETURN NEXT a;
			CONTINUE;
		END IF;
		a.sql := format('ALTER TABLE %s DETACH PARTITION %s', advisor._quoted_name(b.parent), a.partition);
		IF p.detach_concurrently AND has_default THEN
			a.detail := 'not concurrently: there is a default partition';
		ELSIF p.detach_concurrently THEN
			a.action := 'detach concurrently';
			a.sql := a.sql || ' CONCURRENTLY';
		END IF;
		RETURN NEXT a;
		RETURN QUERY SELECT d.* FROM advisor._plan_disposal(p.parent, b.partition, b.lower, b.upper,
			after.action, after.archive_schema, after.backup) d;
	END LOOP;
END
$$;
COMMENT ON FUNCTION advisor._plan_expiry(advisor.partition_policies, advisor._partition_grid, text) IS
	'detaching partitions that hold nothing but keys before the cut-off, and what follows; the newest and those referenced are kept';

CREATE FUNCTION advisor._plan_retention(p advisor.partition_policies, as_of timestamptz DEFAULT NULL)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	g advisor._partition_grid;
	cutoff text;
BEGIN
	IF p.retention IS NULL THEN
		RETURN;
	END IF;
	g := advisor._grid(p);
	IF g.axis IS NULL THEN
		RETURN NEXT ROW(p.parent, NULL, NULL, NULL, 'detach', 'skipped', NULL, NULL,
			'retention needs ranges of times or numbers', NULL)::advisor.partition_action;
		RETURN;
	END IF;
	cutoff := advisor._retention_cutoff(p, g, as_of);
	IF cutoff IS NOT NULL THEN
		RETURN QUERY SELECT e.* FROM advisor._plan_expiry(p, g, cutoff) e;
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._plan_retention(advisor.partition_policies, timestamptz) IS
	'what a policy retires: detach, then backup, archive or drop of each partition whose upper bound is not after the cut-off';

/*
 * Performing
 */

-- The list of retired partitions is as it should be: of those that are a
-- partition again, or are gone, there is nothing to do.
CREATE FUNCTION advisor._forget_retired(p advisor.partition_policies) RETURNS void
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	DELETE FROM advisor.retired_partitions r
	WHERE r.parent = (p).parent
		AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = r.partition
			AND (NOT c.relispartition OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid AND i.inhdetachpending)));
END;
COMMENT ON FUNCTION advisor._forget_retired(advisor.partition_policies) IS
	'takes partitions that are attached again, or gone, from the list of retired ones';

CREATE FUNCTION advisor._retire(p advisor.partition_policies, partition oid) RETURNS void
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	INSERT INTO advisor.retired_partitions (partition, parent, parent_name, lower, upper, action, archive_schema, backup)
	SELECT b.partition, b.parent, advisor._quoted_name(b.parent), b.lower, b.upper, a.action, a.archive_schema, a.backup
	FROM advisor._partition_bounds((p).parent) b, advisor._after_detach(p) a
	WHERE b.partition = _retire.partition AND (a.action <> 'keep' OR a.backup <> 'none')
		AND advisor._may_dispose((p).parent, b.partition)
	ON CONFLICT ON CONSTRAINT retired_partitions_pkey DO UPDATE
	SET (parent, parent_name, lower, upper, action, archive_schema, backup) = ROW(excluded.parent, excluded.parent_name,
			excluded.lower, excluded.upper, excluded.action, excluded.archive_schema, excluded.backup),
		(retired_at, backup_location, backup_rows, backed_up_at, last_error) = ROW(now(), NULL, NULL, NULL, NULL);
END;
COMMENT ON FUNCTION advisor._retire(advisor.partition_policies, oid) IS
	'takes down what is to be done with a partition after it is detached, if anything is';

-- For the background worker, which knows no more than the two tables
CREATE FUNCTION advisor._retire_by_policy(parent oid, partition oid) RETURNS void
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT advisor._retire(p, _retire_by_policy.partition)
	FROM advisor.partition_policies p WHERE p.parent = _retire_by_policy.parent;
END;
COMMENT ON FUNCTION advisor._retire_by_policy(oid, oid) IS
	'takes down what the table''s policy wants to be done with a partition after it is detached';

CREATE FUNCTION advisor._perform_detach(action advisor.partition_action, p advisor.partition_policies)
	RETURNS advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	retired oid := to_regclass(action.partition);
	message text;
	more text;
BEGIN
	-- the lock first, then a look: since the plan the name may have gone to another
	PERFORM advisor._run_as_owner(action.parent, format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE',
		advisor._quoted_name(action.parent)), p.lock_timeout);
	IF NOT EXISTS (SELECT FROM advisor._partition_bounds(action.parent) b
		WHERE b.partition = retired AND NOT b.detach_pending
			AND b.lower IS NOT DISTINCT FROM action.lower AND b.upper IS NOT DISTINCT FROM action.upper)
	THEN
		RAISE undefined_table USING MESSAGE = format('%s is no longer the partition with these bounds', action.partition);
	END IF;
	PERFORM advisor._retire(p, retired);
	PERFORM advisor._run_as_owner(action.parent, action.sql, p.lock_timeout);
	action.status := 'done';
	RETURN action;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, more = PG_EXCEPTION_DETAIL;
	RETURN advisor._failed(action, SQLSTATE, message, more);
END
$$;
COMMENT ON FUNCTION advisor._perform_detach(advisor.partition_action, advisor.partition_policies) IS
	'detaches a partition and takes down what is to be done with it, in one transaction';

-- The backup, of which the table's rows are counted while nobody can write it
CREATE FUNCTION advisor._back_up(relation oid, statement text, lock_timeout integer) RETURNS bigint
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET row_security = off
	SET DateStyle = 'ISO, YMD'
	SET TimeZone = 'UTC'
	SET IntervalStyle = postgres
	SET extra_float_digits = 1
	SET bytea_output = hex
AS $$
DECLARE
	name text := advisor._quoted_name(relation);
	saved record;
	counted bigint;
	told bigint;
BEGIN
	IF (SELECT c.relkind <> 'f' FROM pg_class c WHERE c.oid = relation) THEN
		PERFORM advisor._run_as_owner(relation, format('LOCK TABLE %s IN SHARE MODE', name), lock_timeout);
	END IF;
	saved := advisor._run_as_owner(relation, statement, lock_timeout);
	counted := (advisor._run_as_owner(relation, format('SELECT count(*) FROM %s', name), lock_timeout)).value::bigint;
	-- COPY tells its rows, a function returns them
	IF statement LIKE 'COPY %' THEN
		told := saved.rows;
	ELSIF saved.value = 't' THEN
		told := counted;
	ELSIF saved.value ~ '^[0-9]{1,18}$' THEN
		told := saved.value;
	ELSE
		RAISE data_exception USING MESSAGE = format('the backup function returned %s', coalesce(quote_literal(saved.value), 'null')),
			HINT = 'It must return the number of rows that it has saved, or true.';
	END IF;
	IF told <> counted THEN
		RAISE data_exception USING MESSAGE = format('the backup has %s rows, the table %s', told, counted);
	END IF;
	RETURN counted;
END
$$;
COMMENT ON FUNCTION advisor._back_up(oid, text, integer) IS
	'runs the statement of a backup as the table''s owner; errors unless it has saved as many rows as the table has';

CREATE FUNCTION advisor._perform_backup(action advisor.partition_action, p advisor.partition_policies)
	RETURNS advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r advisor.retired_partitions;
	message text;
	more text;
BEGIN
	SELECT x.* INTO r FROM advisor.retired_partitions x WHERE x.partition = to_regclass(action.partition) FOR UPDATE;
	IF r.partition IS NULL OR (SELECT c.relispartition FROM pg_class c WHERE c.oid = r.partition) THEN
		action.status := 'skipped';
		action.detail := 'it is not detached';
		RETURN action;
	END IF;
	BEGIN
		-- made again: what is executed is what was taken down when it was detached
		action.detail := advisor._backup_location(r.partition, r.backup);
		action.sql := advisor._backup_sql(r.partition, r.backup, action.detail);
		action.rows := advisor._back_up(r.partition, action.sql, p.lock_timeout);
		UPDATE advisor.retired_partitions x SET (backup_location, backup_rows, backed_up_at, last_error) =
			ROW(action.detail, action.rows, clock_timestamp(), NULL)
		WHERE x.partition = r.partition;
		DELETE FROM advisor.retired_partitions x WHERE x.partition = r.partition AND x.action = 'keep';
		action.status := 'done';
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, more = PG_EXCEPTION_DETAIL;
		action := advisor._failed(action, SQLSTATE, message, more);
		UPDATE advisor.retired_partitions x SET last_error = action.detail WHERE x.partition = r.partition;
	END;
	RETURN action;
END
$$;
COMMENT ON FUNCTION advisor._perform_backup(advisor.partition_action, advisor.partition_policies) IS
	'backs up a retired partition and verifies the number of rows; if that fails the table stays, and the next run tries again (a file that was begun is left, under a name that is not used again)';

-- Errors if a retired partition must not be archived or dropped (any more)
CREATE FUNCTION advisor._check_disposal(r advisor.retired_partitions, lock_timeout integer) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET row_security = off
AS $$
DECLARE
	name text := advisor._quoted_name(r.partition);
	kind "char" := (SELECT c.relkind FROM pg_class c WHERE c.oid = r.partition);
	counted bigint;
BEGIN
	IF kind <> 'f' THEN
		PERFORM advisor._run_as_owner(r.partition, format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', name), lock_timeout);
	END IF;
	IF (SELECT c.relispartition FROM pg_class c WHERE c.oid = r.partition) THEN
		RAISE object_not_in_prerequisite_state USING MESSAGE = format('%s is a partition again', name);
	ELSIF r.backup <> 'none' AND r.action = 'drop' THEN
		counted := (advisor._run_as_owner(r.partition, format('SELECT count(*) FROM %s', name), lock_timeout)).value::bigint;
		IF counted <> r.backup_rows THEN
			RAISE object_not_in_prerequisite_state USING
				MESSAGE = format('the table has %s rows, its backup %s: it is backed up again', counted, r.backup_rows);
		END IF;
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._check_disposal(advisor.retired_partitions, integer) IS
	'locks a retired partition, and errors if it is attached again or has not as many rows as its backup';

CREATE FUNCTION advisor._perform_disposal(action advisor.partition_action, p advisor.partition_policies)
	RETURNS advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r advisor.retired_partitions;
	message text;
	more text;
BEGIN
	SELECT x.* INTO r FROM advisor.retired_partitions x
	WHERE x.partition = to_regclass(action.partition) AND x.action = _perform_disposal.action.action FOR UPDATE;
	IF r.partition IS NULL THEN
		action.status := 'skipped';
		action.detail := 'it is not detached';
		RETURN action;
	ELSIF r.backup <> 'none' AND r.backed_up_at IS NULL THEN
		action.status := 'blocked';
		action.detail := 'there is no backup yet';
		RETURN action;
	END IF;
	BEGIN
		PERFORM advisor._check_disposal(r, p.lock_timeout);
		action.sql := advisor._disposal_sql(r.partition, r.action, r.archive_schema);
		DELETE FROM advisor.retired_partitions x WHERE x.partition = r.partition;
		PERFORM advisor._run_as_owner(r.partition, action.sql, p.lock_timeout);
		action.status := 'done';
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, more = PG_EXCEPTION_DETAIL;
		action := advisor._failed(action, SQLSTATE, message, more);
		UPDATE advisor.retired_partitions x
		SET last_error = action.detail,
			-- 55000: not what was backed up
			backed_up_at = CASE WHEN action.sqlstate = '55000' THEN NULL ELSE x.backed_up_at END
		WHERE x.partition = r.partition;
	END;
	RETURN action;
END
$$;
COMMENT ON FUNCTION advisor._perform_disposal(advisor.partition_action, advisor.partition_policies) IS
	'archives or drops a retired partition, if its backup is there and nobody has attached it again or made views of it';

CREATE FUNCTION advisor._detach_concurrently(
	parent oid,
	partition oid,
	lock_timeout integer,
	OUT status text,
	OUT sqlstate text,
	OUT message text)
	AS 'MODULE_PATHNAME', 'advisor_detach_concurrently'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION advisor._detach_concurrently(oid, oid, integer) IS
	'lets a background worker run ALTER TABLE ... DETACH PARTITION ... CONCURRENTLY as the owner, and waits for its end; status is done, error, or no_worker if none could be had; lock_timeout in ms';

-- CONCURRENTLY leaves the bounds as a check, which is only in the way.
CREATE FUNCTION advisor._drop_checks(relation oid, checks oid[], lock_timeout integer) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	statements text := (SELECT string_agg(format('ALTER TABLE %s DROP CONSTRAINT %I', advisor._quoted_name(relation), c.conname), '; ')
		FROM pg_constraint c WHERE c.conrelid = relation AND c.contype = 'c' AND c.oid = ANY (checks));
BEGIN
	IF statements IS NOT NULL THEN
		PERFORM advisor._run_as_owner(relation, statements, lock_timeout);
	END IF;
EXCEPTION WHEN OTHERS THEN
	-- it does no harm
	NULL;
END
$$;
COMMENT ON FUNCTION advisor._drop_checks(oid, oid[], integer) IS
	'drops checks of a table';

CREATE FUNCTION advisor._perform_finalize(action advisor.partition_action, p advisor.partition_policies)
	RETURNS advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	retired oid := to_regclass(action.partition);
	-- what the same transaction wrote that made the detach pending
	checks oid[] := ARRAY(SELECT c.oid FROM pg_constraint c JOIN pg_inherits i ON i.inhrelid = c.conrelid AND i.xmin = c.xmin
		WHERE c.conrelid = retired AND c.contype = 'c' AND i.inhdetachpending);
BEGIN
	action := advisor._perform(action, p.lock_timeout);
	IF action.status = 'done' THEN
		action.rows := NULL;
		PERFORM advisor._drop_checks(retired, checks, p.lock_timeout);
	END IF;
	RETURN action;
END
$$;
COMMENT ON FUNCTION advisor._perform_finalize(advisor.partition_action, advisor.partition_policies) IS
	'brings a pending detach to its end';

-- A second try finds the detach pending, and finalizes it.
CREATE FUNCTION advisor._perform_detach_concurrently(action advisor.partition_action, p advisor.partition_policies)
	RETURNS advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	retired oid := to_regclass(action.partition);
	checks oid[] := ARRAY(SELECT c.oid FROM pg_constraint c WHERE c.conrelid = retired AND c.contype = 'c');
	reason text := advisor._not_concurrently(action.parent, retired);
	result record;
BEGIN
	IF EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = retired AND i.inhdetachpending) THEN
		action.action := 'finalize';
		action.sql := regexp_replace(action.sql, ' CONCURRENTLY$', ' FINALIZE');
		RETURN advisor._perform_finalize(action, p);
	END IF;
	IF reason IS NULL THEN
		result := advisor._detach_concurrently(action.parent, retired, p.lock_timeout);
		reason := CASE result.status WHEN 'no_worker' THEN result.message END;
	END IF;
	IF reason IS NOT NULL THEN
		action.action := 'detach';
		action.sql := regexp_replace(action.sql, ' CONCURRENTLY$', '');
		action := advisor._perform_detach(action, p);
		action.detail := concat_ws('; ', action.detail, 'not concurrently: ' || reason);
		RETURN action;
	ELSIF result.status <> 'done' THEN
		-- the worker has taken it down, but unless the detach is pending nothing has been done
		PERFORM advisor._forget_retired(p);
		RETURN advisor._failed(action, result.sqlstate, result.message, NULL);
	END IF;
	action.status := 'done';
	PERFORM advisor._drop_checks(retired, ARRAY(SELECT c.oid FROM pg_constraint c
		WHERE c.conrelid = retired AND c.contype = 'c' AND c.oid <> ALL (checks)), p.lock_timeout);
	RETURN action;
END
$$;
COMMENT ON FUNCTION advisor._perform_detach_concurrently(advisor.partition_action, advisor.partition_policies) IS
	'detaches a partition without stopping its readers, or plainly where that is impossible, and says why; to be called before anything else in a transaction';

CREATE FUNCTION advisor._not_concurrently(parent oid, partition oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 100
BEGIN ATOMIC
	SELECT CASE
		WHEN EXISTS (SELECT FROM advisor._partition_bounds(parent) b WHERE b.is_default) THEN 'there is a default partition'
		WHEN p.relowner <> c.relowner THEN 'the partition has another owner'
		WHEN NOT r.rolcanlogin AND current_setting('server_version_num')::integer < 170000 THEN 'its owner may not log in, which before PostgreSQL 17 background workers need'
		END
	FROM pg_class p, pg_class c, pg_roles r
	WHERE p.oid = _not_concurrently.parent AND c.oid = _not_concurrently.partition AND r.oid = p.relowner;
END;
COMMENT ON FUNCTION advisor._not_concurrently(oid, oid) IS
	'why a partition cannot be detached concurrently; NULL if it can';

-- Else a partition that was partitioned itself would be given new partitions.
CREATE FUNCTION advisor._forget_policies(relation oid) RETURNS void
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	DELETE FROM advisor.partition_policies p WHERE p.parent IN (SELECT t.relid FROM pg_partition_tree(_forget_policies.relation) t);
END;
COMMENT ON FUNCTION advisor._forget_policies(oid) IS
	'deletes the policies of a table and of all its partitions';

CREATE FUNCTION advisor._perform_retirement(action advisor.partition_action, p advisor.partition_policies)
	RETURNS advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	action := CASE action.action
		WHEN 'finalize' THEN advisor._perform_finalize(action, p)
		WHEN 'detach' THEN advisor._perform_detach(action, p)
		WHEN 'detach concurrently' THEN advisor._perform_detach_concurrently(action, p)
		WHEN 'backup' THEN advisor._perform_backup(action, p)
		WHEN 'archive' THEN advisor._perform_disposal(action, p)
		WHEN 'drop' THEN advisor._perform_disposal(action, p) END;
	IF action.status = 'done' AND action.action IN ('detach', 'detach concurrently', 'finalize') THEN
		PERFORM advisor._forget_policies(to_regclass(action.partition));
	END IF;
	RETURN action;
END
$$;
COMMENT ON FUNCTION advisor._perform_retirement(advisor.partition_action, advisor.partition_policies) IS
	'does one thing of the plans for retention: finalize, detach, detach concurrently, backup, archive or drop';

/*
 * By hand
 */

-- The policy of a table, with what the caller wants instead
CREATE FUNCTION advisor._retention_policy(parent regclass, retain_months integer, backup text, action text)
	RETURNS advisor.partition_policies
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	p advisor.partition_policies;
BEGIN
	PERFORM advisor._check_may_maintain(parent);
	IF retain_months IS NULL OR retain_months NOT BETWEEN 0 AND 120000 THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('retain_months must be between 0 and 120000, not %s', coalesce(retain_months::text, 'null')),
			HINT = 'It is the number of months that are kept besides the current one: 0 keeps the current month.';
	ELSIF action IS NULL OR action NOT IN ('drop', 'detach', 'archive') THEN
		RAISE invalid_parameter_value USING MESSAGE = format('unknown action %s', coalesce(quote_literal(action), 'null')),
			HINT = 'Actions are drop, detach and archive.';
	ELSIF backup IS NULL OR backup !~ '^(none|(schema|csv|binary|program|hook):.+)$' THEN
		RAISE invalid_parameter_value USING MESSAGE = format('unknown backup %s', coalesce(quote_literal(backup), 'null')),
			HINT = 'Backups are none, schema:NAME, csv:DIRECTORY, binary:DIRECTORY, program:COMMAND and hook:SCHEMA.FUNCTION.';
	END IF;
	p := advisor._policy(parent);
	p.retention_action := action;
	p.backup := backup;
	p.detach_concurrently := false;
	IF action = 'archive' AND p.archive_schema IS NULL THEN
		p.archive_schema := CASE WHEN backup LIKE 'schema:%' THEN substr(backup, 8) END;
		IF p.archive_schema IS NULL THEN
			RAISE invalid_parameter_value USING MESSAGE = 'there is no schema to archive in',
				HINT = 'Use backup => ''schema:NAME'', or a policy with archive_schema.';
		END IF;
	END IF;
	RETURN p;
END
$$;
COMMENT ON FUNCTION advisor._retention_policy(regclass, integer, text, text) IS
	'policy for drop_old_partitions; errors for bad arguments';

CREATE FUNCTION advisor._plan_months(p advisor.partition_policies, retain_months integer, as_of timestamptz)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	g advisor._partition_grid := advisor._grid(p);
BEGIN
	IF g.axis IS DISTINCT FROM 'time' THEN
		RAISE wrong_object_type USING MESSAGE = format('the partitions of %s are not ranges of time', advisor._quoted_name(p.parent)),
			HINT = 'For other keys register a policy with a retention: advisor.register_partition_policy().';
	END IF;
	RETURN QUERY SELECT f.* FROM advisor._plan_finalize(p) f;
	RETURN QUERY SELECT r.* FROM advisor._plan_retired(p) r;
	RETURN QUERY SELECT e.* FROM advisor._plan_expiry(p, g, advisor._grid_now(g,
		(date_trunc('month', coalesce(as_of, now()) AT TIME ZONE g.clock_zone) - make_interval(months => retain_months))
			AT TIME ZONE g.clock_zone)) e;
END
$$;
COMMENT ON FUNCTION advisor._plan_months(advisor.partition_policies, integer, timestamptz) IS
	'plan of drop_old_partitions: the cut-off is the beginning of a month';

CREATE FUNCTION advisor.drop_old_partitions(
	parent regclass,
	retain_months integer,
	backup text DEFAULT 'none',
	action text DEFAULT 'drop',
	dry_run boolean DEFAULT false,
	as_of timestamptz DEFAULT NULL)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
	SET row_security = on
AS $$
DECLARE
	p advisor.partition_policies := advisor._retention_policy(parent, retain_months, backup, action);
	run_started timestamptz := clock_timestamp();
	began timestamptz;
	a advisor.partition_action;
BEGIN
	IF NOT dry_run THEN
		PERFORM advisor._forget_retired(p);
	END IF;
	FOR a IN SELECT x.* FROM advisor._plan_months(p, retain_months, as_of) x LOOP
		IF NOT dry_run THEN
			began := clock_timestamp();
			IF a.status = 'planned' THEN
				a := advisor._perform_retirement(a, p);
			END IF;
			PERFORM advisor._log_action(a, run_started, began);
		END IF;
		RETURN NEXT a;
	END LOOP;
END
$$;
COMMENT ON FUNCTION advisor.drop_old_partitions(regclass, integer, text, text, boolean, timestamptz) IS
	'retires partitions that end before the current month and so many months before it: detaches them, backs them up (none, schema:NAME, csv:DIRECTORY, binary:DIRECTORY, program:COMMAND, hook:SCHEMA.FUNCTION), and drops, archives or leaves them (action drop, archive, detach); dry_run only shows it, as_of is taken for now';

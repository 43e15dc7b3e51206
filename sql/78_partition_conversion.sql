/*
 * 78_partition_conversion: a script that makes a partitioned table of a table
 * that is in use.  Needs 48_partition_grid, 49_register_partitions and 76 and 77's
 * definitions of indexes when it runs.
 *
 * No row is moved.  The table as it is becomes the first partition, up to a border
 * in the future.  What takes time (to look at each row, to build unique indexes
 * that have the key) is done before, without stopping anybody; the exchange itself
 * changes only the catalog.
 *
 * Names and expressions of a hostile owner go into the script, which somebody else
 * may run: names are quoted, comments have no line breaks, and where the owner
 * can do it all the script begins with SET ROLE.
 */

-- A body is quoted by what does not occur in it.
CREATE FUNCTION advisor._do_block(body text) RETURNS text
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	tag text := '$do$';
BEGIN
	WHILE position(tag IN body) > 0 LOOP
		tag := '$do' || (length(tag) - 3) || repeat('_', length(tag) - 3) || '$';
	END LOOP;
	RETURN 'DO ' || tag || E'\nBEGIN\n' || body || E'\nEND\n' || tag || ';';
END
$$;
COMMENT ON FUNCTION advisor._do_block(text) IS
	'a DO statement with that body';

CREATE FUNCTION advisor._in_comment(name text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT regexp_replace(name, '[[:cntrl:]\u2028\u2029]', ' ', 'g');
END;
COMMENT ON FUNCTION advisor._in_comment(text) IS
	'a name as it can be in a comment of one line';

/* ---- what speaks against it ---- */

CREATE FUNCTION advisor._conversion_key_problem(relation oid, key name) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 100
BEGIN ATOMIC
	SELECT CASE
		WHEN c.oid IS NULL THEN 'the table is gone'
		WHEN c.relkind = 'p' THEN 'it is a partitioned table already'
		WHEN c.relkind <> 'r' THEN 'it is not a table'
		WHEN c.relispartition THEN 'it is a partition'
		WHEN c.relpersistence = 't' THEN 'it is a temporary table'
		WHEN c.relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) THEN 'it is a table of the system'
		WHEN a.attnum IS NULL THEN format('it has no column %I', key)
		WHEN a.attgenerated <> '' THEN format('column %I is generated, and such a column cannot be a key', key)
		WHEN NOT coalesce(nullif(t.typbasetype, 0), t.oid) IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype,
			'smallint'::regtype, 'integer'::regtype, 'bigint'::regtype, 'numeric'::regtype, 'uuid'::regtype)
			THEN format('column %I is of type %s, whose values have no distance', key, format_type(a.atttypid, a.atttypmod))
		WHEN t.typbasetype <> 0 THEN format('column %I is of a domain', key)
		END
	FROM (SELECT) one
		LEFT JOIN pg_class c ON c.oid = relation
		LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = key AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_type t ON t.oid = a.atttypid;
END;
COMMENT ON FUNCTION advisor._conversion_key_problem(oid, name) IS
	'why a table cannot be partitioned by ranges of a column at all; null if it can';

-- What the table itself has that a partitioned one cannot, or not in a short time.
CREATE FUNCTION advisor._conversion_blockers(relation oid, key_attnum smallint) RETURNS text[]
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT coalesce(array_agg(b.blocker ORDER BY b.blocker COLLATE "C"), '{}')
	FROM (
		SELECT 'it is part of extension ' || quote_ident(e.extname) AS blocker
		FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
		WHERE d.classid = 'pg_class'::regclass AND d.objid = relation AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
		UNION ALL
		SELECT format('table %s inherits from it', advisor._quoted_name(i.inhrelid)) FROM pg_inherits i WHERE i.inhparent = relation
		UNION ALL
		SELECT format('it inherits from table %s', advisor._quoted_name(i.inhparent)) FROM pg_inherits i WHERE i.inhrelid = relation
		UNION ALL
		SELECT 'it is a table of a type (CREATE TABLE ... OF)' FROM pg_class c WHERE c.oid = relation AND c.reloftype <> 0
		UNION ALL
		SELECT format('foreign key %I of %s references it; drop it, and make it again on the new table with the key in it',
			k.conname, advisor._quoted_name(k.conrelid))
		FROM pg_constraint k WHERE k.confrelid = relation AND k.contype = 'f' AND k.conparentid = 0
		UNION ALL
		SELECT CASE
			WHEN k.contype = 'x' THEN format('exclusion constraint %I cannot be that of a partitioned table as it is; drop it', k.conname)
			WHEN k.contype IN ('p', 'u') THEN format('key %I is WITHOUT OVERLAPS, and has not %I in it; drop it', k.conname,
				(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum = key_attnum))
			WHEN k.contype IN ('c', 'f') AND to_jsonb(k) ->> 'conenforced' = 'false' THEN format('constraint %I is NOT ENFORCED; drop it, and make it again afterwards', k.conname)
			WHEN NOT k.convalidated THEN format('constraint %I is not validated; run ALTER TABLE %s VALIDATE CONSTRAINT %I',
				k.conname, advisor._quoted_name(relation), k.conname)
			ELSE format('constraint %I is NO INHERIT', k.conname) END
		FROM pg_constraint k
		WHERE k.conrelid = relation AND (k.contype = 'x' OR k.contype IN ('c', 'f', 'n') AND NOT k.convalidated OR k.contype IN ('c', 'n') AND k.connoinherit
			OR k.contype IN ('p', 'u') AND to_jsonb(k) ->> 'conperiod' = 'true' AND key_attnum <> ALL (k.conkey[:cardinality(k.conkey) - 1]))
		UNION ALL
		SELECT format('trigger %I %s', t.tgname, CASE WHEN t.tgconstraint <> 0 THEN 'is a constraint trigger'
			ELSE 'is for each row and has transition tables' END)
		FROM pg_trigger t
		WHERE t.tgrelid = relation AND NOT t.tgisinternal
			AND (t.tgconstraint <> 0 OR t.tgtype & 1 = 1 AND (t.tgoldtable IS NOT NULL OR t.tgnewtable IS NOT NULL))
		UNION ALL
		SELECT format('rule %I is on it', r.rulename) FROM pg_rewrite r WHERE r.ev_class = relation
		UNION ALL
		SELECT format('index %I is not valid; drop it or build it again', c.relname)
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE i.indrelid = relation AND NOT i.indisvalid
		UNION ALL
		-- of such an index the new one would have to be guessed
		SELECT format('unique index %I has not %I in it, and is not of plain columns; drop it or make it with the key', c.relname, a.attname)
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_attribute a ON a.attrelid = relation AND a.attnum = key_attnum
		WHERE i.indrelid = relation AND i.indisunique AND key_attnum <> ALL ((i.indkey::int2[])[0:i.indnkeyatts - 1])
			AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
			AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL OR EXISTS (SELECT FROM unnest(i.indoption::int2[]) o WHERE o <> 0)
				OR EXISTS (SELECT FROM unnest(i.indclass::oid[]) o JOIN pg_opclass p ON p.oid = o WHERE NOT p.opcdefault)
				OR EXISTS (SELECT FROM unnest(i.indkey::int2[], i.indcollation::oid[]) o(attnum, coll)
					JOIN pg_attribute a ON a.attrelid = relation AND a.attnum = o.attnum WHERE o.coll NOT IN (0, a.attcollation)))
		UNION ALL
		SELECT format('publication %I has a row filter or a column list for it; run ALTER PUBLICATION %I SET (publish_via_partition_root)', p.pubname, p.pubname)
		FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
		WHERE r.prrelid = relation AND NOT p.pubviaroot AND (r.prqual IS NOT NULL OR r.prattrs IS NOT NULL)
		UNION ALL
		SELECT format('subscription %I replicates into it', s.subname)
		FROM pg_subscription_rel r JOIN pg_subscription s ON s.oid = r.srsubid WHERE r.srrelid = relation
	) b;
END;
COMMENT ON FUNCTION advisor._conversion_blockers(oid, smallint) IS
	'what a table has that keeps it from becoming a partition of a table of its name';

-- What of others is bound to the table by its oid, and would stay with the old one.
-- Plain views and functions whose body is parsed are made again by the script.
CREATE FUNCTION advisor._conversion_dependents(relation oid) RETURNS text[]
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	WITH types AS (
		SELECT c.reltype AS oid FROM pg_class c WHERE c.oid = relation
		UNION ALL SELECT t.typarray FROM pg_class c JOIN pg_type t ON t.oid = c.reltype WHERE c.oid = relation
	), found AS (
		SELECT d.classid, d.objid, 'uses its row type' AS how
		FROM pg_depend d JOIN types t ON d.refclassid = 'pg_type'::regclass AND d.refobjid = t.oid
		WHERE d.deptype <> 'i' AND NOT (d.classid = 'pg_type'::regclass AND d.objid IN (SELECT types.oid FROM types))
		UNION
		SELECT d.classid, d.objid, 'depends on one of its keys'
		FROM pg_depend d JOIN pg_constraint k ON d.refclassid = 'pg_constraint'::regclass AND d.refobjid = k.oid
		WHERE k.conrelid = relation AND d.classid = 'pg_rewrite'::regclass
		UNION
		SELECT d.classid, d.objid, 'depends on it'
		FROM pg_depend d
		WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = relation AND d.deptype = 'n'
			AND CASE d.classid
				WHEN 'pg_rewrite'::regclass THEN EXISTS (SELECT FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
					WHERE r.oid = d.objid AND r.ev_class <> relation AND (c.relkind <> 'v' OR r.rulename <> '_RETURN'))
				WHEN 'pg_policy'::regclass THEN EXISTS (SELECT FROM pg_policy p WHERE p.oid = d.objid AND p.polrelid <> relation)
				WHEN 'pg_constraint'::regclass THEN false
				WHEN 'pg_proc'::regclass THEN false
				WHEN 'pg_trigger'::regclass THEN EXISTS (SELECT FROM pg_trigger t WHERE t.oid = d.objid AND t.tgrelid <> relation AND NOT t.tgisinternal)
				WHEN 'pg_attrdef'::regclass THEN false
				WHEN 'pg_class'::regclass THEN false
				ELSE d.classid NOT IN ('pg_publication_rel'::regclass, 'pg_statistic_ext'::regclass, 'pg_type'::regclass) END
	)
	SELECT coalesce(array_agg(DISTINCT x.t ORDER BY x.t), '{}')
	FROM (SELECT format('%s %s; drop it, and make it again afterwards', pg_describe_object(f.classid, f.objid, 0), f.how) COLLATE "C" AS t FROM found f) x;
END;
COMMENT ON FUNCTION advisor._conversion_dependents(oid) IS
	'what uses a table and cannot follow its name to a new table';

/* ---- where the borders are ---- */

CREATE FUNCTION advisor._conversion_grid(relation regclass, key name, step text, key_unit text, anchor text, time_zone text) RETURNS advisor._partition_grid
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	g advisor._partition_grid;
	typmod integer;
BEGIN
	SELECT a.atttypid::regtype, a.atttypmod INTO g.key_type, typmod FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = key;
	g.parent := relation;
	g.method := 'range';
	g.columns := 1;
	g.attname := key;
	g.kind := CASE g.key_type WHEN 'timestamptz'::regtype THEN 'timestamptz' WHEN 'timestamp'::regtype THEN 'timestamp' WHEN 'date'::regtype THEN 'date'
		WHEN 'numeric'::regtype THEN 'numeric' WHEN 'uuid'::regtype THEN 'uuid' ELSE 'integer' END;
	g.unit := key_unit;
	g.clock_zone := time_zone;
	g.grid_zone := CASE WHEN g.kind IN ('date', 'timestamp') THEN 'UTC' ELSE time_zone END;
	SELECT l.lowest, l.highest INTO g.lowest, g.highest FROM advisor._key_limits(g.key_type, typmod) l;
	g.axis := CASE WHEN key_unit = 'value' AND g.kind IN ('date', 'timestamp', 'timestamptz') THEN 'time'
		WHEN key_unit = 'value' AND g.kind IN ('integer', 'numeric') THEN 'number'
		WHEN key_unit IN ('seconds', 'milliseconds', 'microseconds', 'nanoseconds') AND g.kind IN ('integer', 'numeric') THEN 'time'
		WHEN key_unit = 'uuidv7' AND g.kind = 'uuid' THEN 'time' END;
	IF g.axis IS NULL THEN
		RAISE EXCEPTION 'key_unit "%" does not fit column % of type %', key_unit, quote_ident(key), g.key_type
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Seconds and the like are for numbers, uuidv7 for uuid; else it is value.';
	ELSIF step IS NULL THEN
		RAISE EXCEPTION 'a step is needed' USING ERRCODE = 'invalid_parameter_value', HINT = 'As in ''1 month'' or ''1000000''.';
	END IF;
	RETURN CASE g.axis WHEN 'time' THEN advisor._time_grid(g, step, anchor) ELSE advisor._number_grid(g, step, anchor, typmod) END;
END
$$;
COMMENT ON FUNCTION advisor._conversion_grid(regclass, name, text, text, text, text) IS
	'the grid of a table that is to be partitioned by a column';

-- Until the exchange no row may be beyond the border: so the next but one of what
-- is the newest now.  Only an index tells the greatest key in a short time.
CREATE FUNCTION advisor._conversion_border(g advisor._partition_grid, as_of timestamptz, OUT first_cell bigint, OUT now_cell bigint, OUT greatest_key text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET TimeZone = 'UTC'
	SET DateStyle = 'ISO, YMD'
AS $$
BEGIN
	IF EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
			JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
		WHERE i.indrelid = g.parent AND i.indisvalid AND i.indpred IS NULL AND m.amname = 'btree' AND a.attname = g.attname)
		OR pg_relation_size(g.parent) < 100000000
	THEN
		-- uuid has no max() before 18
		greatest_key := (advisor._run_as_owner(g.parent, format('SELECT %1$I::text FROM %2$s WHERE %1$I IS NOT NULL ORDER BY %1$I DESC LIMIT 1',
			g.attname, advisor._quoted_name(g.parent)), 0)).value;
	ELSIF g.axis = 'number' THEN
		RAISE EXCEPTION 'the greatest % cannot be found in a short time', quote_ident(g.attname)
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = format('CREATE INDEX CONCURRENTLY ON %s (%I);', advisor._quoted_name(g.parent), g.attname);
	END IF;
	now_cell := coalesce(advisor._grid_index_at(g, coalesce(as_of, now())), advisor._grid_index(g, coalesce(greatest_key, '0')));
	first_cell := greatest(now_cell, advisor._grid_index(g, greatest_key)) + 2;
	IF advisor._grid_value(g, first_cell) IS NULL OR greatest_key ~ 'infinity' THEN
		RAISE EXCEPTION 'column % has values at the end of its type''s range: %', quote_ident(g.attname), greatest_key
			USING ERRCODE = 'numeric_value_out_of_range', HINT = 'All rows must be below a border that is still to come.';
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._conversion_border(advisor._partition_grid, timestamptz) IS
	'the first cell beyond the table as it is, the cell of now (of the greatest key for numbers), and the greatest key if it can be found';

/* ---- pieces of the script ---- */

-- The indexes of the table, and what becomes of each: those that are unique
-- without the key get it as their last column.
CREATE FUNCTION advisor._conversion_indexes(relation oid, key name,
	OUT indexrelid oid,
	OUT index_name name,
	OUT replaced boolean,
	OUT is_constraint boolean,
	OUT new_name name,
	OUT legacy_name name,
	OUT create_new text,
	OUT create_parent text,
	OUT create_old text,
	OUT constraint_kind text,
	OUT constraint_options text,
	OUT comments text)
	RETURNS SETOF record
	LANGUAGE sql STABLE PARALLEL SAFE COST 10000 ROWS 5
BEGIN ATOMIC
	SELECT x.indexrelid, x.relname, x.replaced, x.kind IS NOT NULL, x.new_name, x.legacy_name,
		CASE WHEN x.replaced THEN format('CREATE UNIQUE INDEX CONCURRENTLY %I ON %s (%s, %I)%s', x.new_name, x.tab, x.cols, key, x.rest) END,
		CASE WHEN x.kind IS NOT NULL AND x.replaced THEN format('ALTER TABLE %s ADD CONSTRAINT %I %s%s (%s, %I)%s%s%s', x.tab, x.relname, x.kind, x.nulls, x.cols, key, x.include, x.space, x.options)
			WHEN x.kind IS NOT NULL THEN format('ALTER TABLE %s ADD CONSTRAINT %I %s', x.tab, x.relname, advisor._definition_of_constraint(x.conid))
			WHEN x.replaced THEN format('CREATE UNIQUE INDEX %I ON %s (%s, %I)%s', x.relname, x.tab, x.cols, key, x.rest)
			ELSE format('CREATE %sINDEX %I ON %s %s', CASE WHEN x.indisunique THEN 'UNIQUE ' END, x.relname, x.tab, advisor._index_tail(x.indexrelid)) END,
		CASE WHEN x.replaced THEN format('CREATE UNIQUE INDEX CONCURRENTLY %I ON %%s (%s)%s', x.new_name, replace(x.cols, '%', '%%'), replace(x.old_rest, '%', '%%')) END,
		x.kind, x.options, x.comments
	FROM (
		SELECT i.indexrelid, i.indisunique, c.relname, k.oid AS conid, advisor._quoted_name(i.indrelid) AS tab,
			CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' END AS kind,
			i.indisunique AND a.attnum <> ALL ((i.indkey::int2[])[0:i.indnkeyatts - 1]) AS replaced,
			advisor._partition_name(i.indexrelid::regclass, 'new') AS new_name,
			advisor._partition_name(i.indexrelid::regclass, 'legacy') AS legacy_name,
			n.cols, concat(n.include, n.nulls, n.space) AS rest, concat(n.old_include, n.nulls, n.space) AS old_rest, n.include, n.nulls, n.space,
			concat(CASE WHEN k.condeferrable THEN ' DEFERRABLE' END, CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' END) AS options,
			concat(CASE WHEN obj_description(c.oid, 'pg_class') IS NOT NULL THEN format(E'COMMENT ON INDEX %I.%I IS %L;\n', m.nspname, c.relname, obj_description(c.oid, 'pg_class')) END,
				CASE WHEN obj_description(k.oid, 'pg_constraint') IS NOT NULL THEN format(E'COMMENT ON CONSTRAINT %I ON %s IS %L;\n', k.conname, advisor._quoted_name(i.indrelid), obj_description(k.oid, 'pg_constraint')) END) AS comments
		FROM pg_index i
			JOIN pg_class c ON c.oid = i.indexrelid
			JOIN pg_namespace m ON m.oid = c.relnamespace
			JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = key
			LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u')
			LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
			CROSS JOIN LATERAL (
				SELECT string_agg(quote_ident(b.attname), ', ' ORDER BY o.n) FILTER (WHERE o.n <= i.indnkeyatts) AS cols,
					' INCLUDE (' || string_agg(quote_ident(b.attname), ', ' ORDER BY o.n) FILTER (WHERE o.n > i.indnkeyatts AND b.attname <> key) || ')' AS include,
					' INCLUDE (' || string_agg(quote_ident(b.attname), ', ' ORDER BY o.n) FILTER (WHERE o.n > i.indnkeyatts) || ')' AS old_include,
					CASE WHEN i.indnullsnotdistinct THEN ' NULLS NOT DISTINCT' END AS nulls,
					CASE WHEN t.spcname IS NOT NULL THEN format(CASE WHEN k.oid IS NULL THEN ' TABLESPACE %I' ELSE ' USING INDEX TABLESPACE %I' END, t.spcname) END AS space
				FROM unnest(i.indkey::int2[]) WITH ORDINALITY o(attnum, n) JOIN pg_attribute b ON b.attrelid = i.indrelid AND b.attnum = o.attnum) n
		WHERE i.indrelid = relation
	) x
	ORDER BY x.relname COLLATE "C";
END;
COMMENT ON FUNCTION advisor._conversion_indexes(oid, name) IS
	'indexes and keys of a table as those of the partitioned table are to be; create_old has %s for the table';

CREATE FUNCTION advisor._grant_statements(acl aclitem[], owner oid, kind "char", object text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 100
BEGIN ATOMIC
	SELECT concat(
		(SELECT string_agg(DISTINCT format(E'REVOKE ALL ON %s FROM %s;\n', object, CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END), '')
			FROM (SELECT owner AS grantee WHERE acl IS NOT NULL
				-- what ALTER DEFAULT PRIVILEGES gives to new objects
				UNION SELECT e.grantee FROM pg_default_acl d, aclexplode(d.defaclacl) e WHERE d.defaclobjtype = CASE kind WHEN 'S' THEN 'S'::"char" ELSE 'r' END) g
			WHERE g.grantee <> owner OR acl IS NOT NULL),
		CASE WHEN acl IS NULL THEN format(E'GRANT ALL ON %s TO %I;\n', object, pg_get_userbyid(owner)) END,
		(SELECT string_agg(format(E'GRANT %s ON %s TO %s%s;\n', e.privileges, object, e.who, CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION' END), '' ORDER BY e.who COLLATE "C", e.is_grantable)
			FROM (SELECT CASE WHEN e.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(e.grantee)) END AS who, e.is_grantable,
					string_agg(DISTINCT e.privilege_type, ', ') AS privileges
				FROM aclexplode(acl) e GROUP BY 1, 2) e));
END;
COMMENT ON FUNCTION advisor._grant_statements(aclitem[], oid, "char", text) IS
	'statements that give a new object the privileges of another';

-- For the parent and for each new partition: what LIKE and PARTITION OF leave out.
CREATE FUNCTION advisor._conversion_properties(relation oid, target text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT concat(format(E'ALTER TABLE %s OWNER TO %I;\n', target, pg_get_userbyid(c.relowner)),
		advisor._grant_statements(c.relacl, c.relowner, 'r', target),
		(SELECT string_agg(format(E'GRANT %s (%I) ON %s TO %s%s;\n', e.privilege_type, a.attname, target,
				CASE WHEN e.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(e.grantee)) END, CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION' END), ''
				ORDER BY a.attnum, pg_get_userbyid(e.grantee) COLLATE "C", e.privilege_type)
			FROM pg_attribute a, aclexplode(a.attacl) e WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
		CASE WHEN c.relrowsecurity THEN format(E'ALTER TABLE %s ENABLE ROW LEVEL SECURITY;\n', target) END,
		CASE WHEN c.relforcerowsecurity THEN format(E'ALTER TABLE %s FORCE ROW LEVEL SECURITY;\n', target) END,
		(SELECT string_agg(concat(format(E'CREATE POLICY %I ON %s AS %s FOR %s TO %s', p.polname, target, CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
					CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
					(SELECT string_agg(CASE WHEN r = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', ') FROM unnest(p.polroles) r)),
				' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', E';\n',
				CASE WHEN obj_description(p.oid, 'pg_policy') IS NOT NULL THEN format(E'COMMENT ON POLICY %I ON %s IS %L;\n', p.polname, target, obj_description(p.oid, 'pg_policy')) END), ''
				ORDER BY p.polname COLLATE "C")
			FROM pg_policy p WHERE p.polrelid = c.oid),
		(SELECT string_agg(concat(CASE WHEN to_jsonb(a) ->> 'attstattarget' <> '-1' THEN format(E'ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s;\n', target, a.attname, to_jsonb(a) ->> 'attstattarget') END,
				(SELECT format(E'ALTER TABLE %s ALTER COLUMN %I SET (%s);\n', target, a.attname, string_agg(o, ', ')) FROM unnest(a.attoptions) o WHERE o LIKE 'n\_distinct%' HAVING count(*) > 0)), '' ORDER BY a.attnum)
			FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
		CASE c.relreplident WHEN 'f' THEN format(E'ALTER TABLE %s REPLICA IDENTITY FULL;\n', target) WHEN 'n' THEN format(E'ALTER TABLE %s REPLICA IDENTITY NOTHING;\n', target) END)
	FROM pg_class c WHERE c.oid = relation;
END;
COMMENT ON FUNCTION advisor._conversion_properties(oid, text) IS
	'statements that give another table the owner, privileges, row security, statistics targets and replica identity of a table';

CREATE FUNCTION advisor._conversion_triggers(relation oid, OUT drops text, OUT creates text)
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT string_agg(format(E'DROP TRIGGER %I ON %s;\n', t.tgname, t.tab), '' ORDER BY t.tgname COLLATE "C"),
		string_agg(concat(pg_get_triggerdef(t.oid), E';\n',
			CASE t.tgenabled WHEN 'D' THEN format(E'ALTER TABLE %s DISABLE TRIGGER %I;\n', t.tab, t.tgname)
				WHEN 'R' THEN format(E'ALTER TABLE %s ENABLE REPLICA TRIGGER %I;\n', t.tab, t.tgname)
				WHEN 'A' THEN format(E'ALTER TABLE %s ENABLE ALWAYS TRIGGER %I;\n', t.tab, t.tgname) END,
			CASE WHEN obj_description(t.oid, 'pg_trigger') IS NOT NULL THEN format(E'COMMENT ON TRIGGER %I ON %s IS %L;\n', t.tgname, t.tab, obj_description(t.oid, 'pg_trigger')) END),
			'' ORDER BY t.tgname COLLATE "C")
	FROM (SELECT t.*, advisor._quoted_name(t.tgrelid) AS tab FROM pg_trigger t WHERE t.tgrelid = relation AND NOT t.tgisinternal) t;
END;
COMMENT ON FUNCTION advisor._conversion_triggers(oid) IS
	'statements that drop the triggers of a table, and make them again on the table of that name';

-- A sequence of an identity column goes with the column: the new one has its name,
-- and goes on where it was.  Sequences of serial columns are handed over.
CREATE FUNCTION advisor._conversion_sequences(relation oid, from_table text, to_table text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT string_agg(CASE WHEN s.deptype = 'a' THEN format(E'ALTER SEQUENCE %s OWNED BY %s.%I;\n', s.sequence, to_table, s.attname)
		ELSE concat(advisor._do_block(format(
				E'\tDECLARE\n\t\tat bigint;\n\t\tused boolean;\n\tBEGIN\n\t\tSELECT last_value, is_called INTO at, used FROM %1$s;\n\t\tALTER TABLE %2$s ALTER COLUMN %3$I DROP IDENTITY;\n'
				|| E'\t\tALTER TABLE %4$s ALTER COLUMN %3$I ADD GENERATED %5$s AS IDENTITY (SEQUENCE NAME %1$s INCREMENT BY %6$s MINVALUE %7$s MAXVALUE %8$s START WITH %9$s CACHE %10$s %11$s);\n'
				|| E'\t\tPERFORM setval(%12$L, at, used);\n\tEND;',
				s.sequence, from_table, s.attname, to_table, CASE s.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END,
				s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache, CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END, s.sequence)), E'\n',
			advisor._grant_statements(s.relacl, s.relowner, 'S', 'SEQUENCE ' || s.sequence)) END, '' ORDER BY s.attnum)
	FROM (SELECT d.deptype, a.attname, a.attnum, a.attidentity, q.*, c.relacl, c.relowner, advisor._quoted_name(d.objid) AS sequence
		FROM pg_depend d
			JOIN pg_class c ON c.oid = d.objid
			JOIN pg_sequence q ON q.seqrelid = d.objid
			JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
		WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = relation AND d.deptype IN ('a', 'i')) s;
END;
COMMENT ON FUNCTION advisor._conversion_sequences(oid, text, text) IS
	'statements that hand identity columns and sequences over from one table to another';

CREATE FUNCTION advisor._conversion_foreign_keys(relation oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT string_agg(concat(format(E'ALTER TABLE %s ADD CONSTRAINT %I %s;\n', advisor._quoted_name(relation), k.conname, advisor._definition_of_constraint(k.oid)),
		CASE WHEN obj_description(k.oid, 'pg_constraint') IS NOT NULL THEN format(E'COMMENT ON CONSTRAINT %I ON %s IS %L;\n', k.conname, advisor._quoted_name(relation), obj_description(k.oid, 'pg_constraint')) END), '' ORDER BY k.conname COLLATE "C")
	FROM pg_constraint k WHERE k.conrelid = relation AND k.contype = 'f';
END;
COMMENT ON FUNCTION advisor._conversion_foreign_keys(oid) IS
	'statements that make the foreign keys of a table again';

CREATE FUNCTION advisor._conversion_publications(relation oid, from_table text, to_table text, OUT statements text, OUT names text)
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT string_agg(concat(format(E'ALTER PUBLICATION %1$I DROP TABLE %2$s;\nALTER PUBLICATION %1$I ADD TABLE %3$s', p.pubname, from_table, to_table),
			' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum = ANY (r.prattrs::int2[])) || ')',
			' WHERE (' || pg_get_expr(r.prqual, r.prrelid) || ')', E';\n'), '' ORDER BY p.pubname COLLATE "C"),
		string_agg(quote_ident(p.pubname), ', ' ORDER BY p.pubname COLLATE "C") FILTER (WHERE NOT p.pubviaroot)
	FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = relation;
END;
COMMENT ON FUNCTION advisor._conversion_publications(oid, text, text) IS
	'statements that put one table in the publications of another; names of those that publish partitions under their own names';

-- Views and functions with a parsed body know the table by its oid.  To say the same
-- again binds them to the table that has the name now; rights and owners stay.
CREATE FUNCTION advisor._conversion_followers(relation oid, OUT statements text, OUT locks text, OUT foreign_owner boolean)
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT string_agg(f.statement, '' ORDER BY f.statement COLLATE "C"), string_agg(f.lock, '' ORDER BY f.lock COLLATE "C"), bool_or(f.owner <> t.relowner)
	FROM (SELECT format(E'CREATE OR REPLACE VIEW %s%s AS\n%s\n', advisor._quoted_name(c.oid),
				CASE WHEN c.reloptions IS NOT NULL THEN ' WITH (' || array_to_string(c.reloptions, ', ') || ')' END, pg_get_viewdef(c.oid)) AS statement,
			format('ALTER VIEW %s OWNER TO %I;', advisor._quoted_name(c.oid), pg_get_userbyid(c.relowner)) AS lock, c.relowner AS owner
		FROM pg_class c
		WHERE c.relkind = 'v' AND c.oid IN (SELECT r.ev_class FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
			WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = relation AND r.rulename = '_RETURN')
		UNION ALL
		SELECT pg_get_functiondef(p.oid) || E';\n', NULL, p.proowner
		FROM pg_proc p
		WHERE p.oid IN (SELECT d.objid FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = relation)) f
		JOIN pg_class t ON t.oid = relation;
END;
COMMENT ON FUNCTION advisor._conversion_followers(oid) IS
	'statements that make what reads a table by its oid read the table of its name; what locks the views; are there any of other owners?';

-- Waits in short pieces, holding nothing in between: who waits behind us waits no
-- longer than one of them, and before a deadlock is looked for we have given in.
CREATE FUNCTION advisor._conversion_lock(relation oid, table_name text, followers text, lock_timeout integer) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT advisor._do_block(concat(
		E'\tSET LOCAL lock_timeout = ', lock_timeout, E';\n\tFOR attempt IN 1 .. 300 LOOP\n\t\tBEGIN\n',
		-- views first: who reads one has a lock on it before he wants one on the table
		E'\t\t\t' || replace(followers, ';A', E';\n\t\t\tA') || E'\n',
		E'\t\t\tLOCK TABLE ', table_name, E' IN ACCESS EXCLUSIVE MODE;\n',
		(SELECT E'\t\t\tLOCK TABLE ' || string_agg(DISTINCT advisor._quoted_name(k.confrelid), ', ') || E' IN SHARE ROW EXCLUSIVE MODE NOWAIT;\n'
			FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
			WHERE k.conrelid = relation AND k.contype = 'f' AND has_table_privilege(c.relowner, k.confrelid, 'UPDATE, DELETE, TRUNCATE')),
		E'\t\t\tRETURN;\n\t\tEXCEPTION WHEN lock_not_available OR deadlock_detected THEN\n\t\t\tNULL;\n\t\tEND;\n',
		E'\t\tPERFORM pg_sleep(0.05 + random() * 0.2);\n\tEND LOOP;\n',
		E'\tRAISE EXCEPTION ''the table is in use all the time: nothing was changed'' USING ERRCODE = ''lock_not_available'', HINT = ''Start again with this transaction at a quieter time.'';'));
END;
COMMENT ON FUNCTION advisor._conversion_lock(oid, text, text, integer) IS
	'a DO statement that locks a table and what hangs on it without making others wait for long';

CREATE FUNCTION advisor._conversion_partitions(relation oid, g advisor._partition_grid, first_cell bigint, last_cell bigint) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT string_agg(concat(
		format('CREATE %sTABLE %s PARTITION OF %s FOR VALUES FROM (%L) TO (%L)', CASE WHEN c.relpersistence = 'u' THEN 'UNLOGGED ' END, n.name, n.parent,
			advisor._grid_value(g, n.cell), advisor._grid_value(g, n.cell + 1)),
		CASE WHEN m.amname <> current_setting('default_table_access_method') THEN format(' USING %I', m.amname) END,
		' WITH (' || array_to_string(c.reloptions, ', ') || ')',
		CASE WHEN t.spcname IS NOT NULL THEN format(' TABLESPACE %I', t.spcname) END, E';\n',
		advisor._conversion_properties(relation, n.name)), '' ORDER BY n.cell)
	FROM pg_class c
		JOIN pg_am m ON m.oid = c.relam
		LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
		CROSS JOIN LATERAL (SELECT x.cell, advisor._quoted_name(relation) AS parent,
				format('%s.%I', c.relnamespace::regnamespace, advisor._partition_name(relation, advisor._grid_suffix(g, x.cell))) AS name
			FROM generate_series(first_cell, last_cell) x(cell)
			WHERE advisor._grid_value(g, x.cell + 1) IS NOT NULL) n
	WHERE c.oid = relation;
END;
COMMENT ON FUNCTION advisor._conversion_partitions(oid, advisor._partition_grid, bigint, bigint) IS
	'statements that create the first partitions, in the transaction that creates their parent';

-- A replica identity by an index needs that index of each partition.
CREATE FUNCTION advisor._conversion_replica_identity(relation oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT concat(format(E'ALTER TABLE %s REPLICA IDENTITY USING INDEX %I;\n', advisor._quoted_name(relation), c.relname),
		advisor._do_block(format(E'\tDECLARE\n\t\tp record;\n\tBEGIN\n\t\tFOR p IN SELECT i.indrelid::regclass AS partition, c.relname AS index FROM pg_inherits h JOIN pg_index i ON i.indexrelid = h.inhrelid\n'
			|| E'\t\t\tJOIN pg_class c ON c.oid = i.indexrelid WHERE h.inhparent = %L::regclass\n\t\tLOOP\n'
			|| E'\t\t\tEXECUTE format(''ALTER TABLE %%s REPLICA IDENTITY USING INDEX %%I'', p.partition, p.index);\n\t\tEND LOOP;\n\tEND;', advisor._quoted_name(c.oid))), E'\n')
	FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = relation AND i.indisreplident;
END;
COMMENT ON FUNCTION advisor._conversion_replica_identity(oid) IS
	'statements for a replica identity that is an index; null if it is none';

-- Step 1: the two conditions that let the old table be attached without a scan.
CREATE FUNCTION advisor._conversion_checks(relation oid, key name, border text, nullable boolean, lock_timeout integer) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	tab text := advisor._quoted_name(relation);
	wrong text := format('%I >= %L', key, border) || CASE WHEN nullable THEN format(' OR %I IS NULL', key) ELSE '' END;
BEGIN
	RETURN concat_ws(E'\n',
		'-- Step 1. All rows must be below the border, also those that come until step 3.',
		'-- Reads the table once; ACCESS EXCLUSIVE for an instant, then SHARE UPDATE EXCLUSIVE: reads and writes go on.',
		'-- From here on a row beyond the border' || CASE WHEN nullable THEN ' or without a key' ELSE '' END || ' is refused.',
		format('-- Back: ALTER TABLE %s DROP CONSTRAINT advisor_conversion;', advisor._in_comment(tab)),
		advisor._do_block(format(E'\tIF EXISTS (SELECT FROM %s WHERE %s) THEN\n\t\tRAISE EXCEPTION %L USING HINT = %L;\n\tEND IF;', tab, wrong,
			'there are rows ' || CASE WHEN nullable THEN 'without a key or ' ELSE '' END || 'beyond ' || border, 'Change them, or make the script again.')),
		advisor._do_block(format(E'\tSET LOCAL lock_timeout = %s;\n\tFOR attempt IN 1 .. 300 LOOP\n\t\tBEGIN\n\t\t\tALTER TABLE %s ADD CONSTRAINT advisor_conversion CHECK (%s%I < %L) NOT VALID;\n\t\t\tRETURN;\n\t\tEXCEPTION WHEN lock_not_available OR deadlock_detected THEN\n\t\t\tPERFORM pg_sleep(0.05 + random() * 0.2);\n\t\tEND;\n\tEND LOOP;\n\tRAISE EXCEPTION ''the table is in use all the time: nothing was changed'' USING ERRCODE = ''lock_not_available'';',
			lock_timeout, tab, CASE WHEN nullable THEN format('%I IS NOT NULL AND ', key) END, key, border)),
		format(E'ALTER TABLE %s VALIDATE CONSTRAINT advisor_conversion;\n', tab));
END
$$;
COMMENT ON FUNCTION advisor._conversion_checks(oid, name, text, boolean, integer) IS
	'the first step of a conversion script';

CREATE FUNCTION advisor._conversion_unique(relation oid, key name) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT concat(E'-- Step 2. Unique keys of a partitioned table have its key in them. What was unique by itself is so only together with ',
		advisor._in_comment(quote_ident(key)), E' from step 3 on.\n-- Builds indexes, which takes time and disk space; SHARE UPDATE EXCLUSIVE: reads and writes go on.\n',
		E'-- An index that was not finished is not valid: drop it, and go on from here.\n',
		string_agg(concat('-- Back: DROP INDEX CONCURRENTLY ', advisor._in_comment(format('%s.%I', c.relnamespace::regnamespace, i.new_name)), E';\n', i.create_new, E';\n'), ''),
		E'\n')
	FROM advisor._conversion_indexes(relation, key) i JOIN pg_class c ON c.oid = relation
	WHERE i.replaced
	HAVING count(*) > 0;
END;
COMMENT ON FUNCTION advisor._conversion_unique(oid, name) IS
	'the second step of a conversion script; null if no key has to be changed';

-- What the exchange does to the indexes of the old table: the names become free.
CREATE FUNCTION advisor._conversion_rename_indexes(relation oid, key name) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT string_agg(CASE
		WHEN i.replaced AND i.is_constraint THEN format(E'ALTER TABLE %1$s DROP CONSTRAINT %2$I;\nALTER TABLE %1$s ADD CONSTRAINT %3$I %4$s USING INDEX %5$I%6$s;\n',
			advisor._quoted_name(relation), i.index_name, i.legacy_name, i.constraint_kind, i.new_name, i.constraint_options)
		WHEN i.replaced THEN format(E'DROP INDEX %s;\nALTER INDEX %s RENAME TO %I;\n', advisor._quoted_name(i.indexrelid),
			(SELECT format('%s.%I', c.relnamespace::regnamespace, i.new_name) FROM pg_class c WHERE c.oid = relation), i.legacy_name)
		ELSE format(E'ALTER INDEX %s RENAME TO %I;\n', advisor._quoted_name(i.indexrelid), i.legacy_name) END, '' ORDER BY i.index_name COLLATE "C")
	FROM advisor._conversion_indexes(relation, key) i;
END;
COMMENT ON FUNCTION advisor._conversion_rename_indexes(oid, name) IS
	'statements that give keys and indexes of the old table other names, and the key where they lack it';

-- The exchange.
CREATE FUNCTION advisor._conversion_swap(g advisor._partition_grid, first_cell bigint, last_cell bigint, legacy name, nullable boolean, lock_timeout integer, register text) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	relation oid := g.parent;
	key name := g.attname;
	tab text := advisor._quoted_name(relation);
	old text := format('%I.%I', (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation), legacy);
	followers record;
BEGIN
	SELECT * INTO followers FROM advisor._conversion_followers(relation);
	RETURN concat(
		E'-- Step 3. The exchange: the table gets another name and becomes the first partition of a new one.\n',
		E'-- ACCESS EXCLUSIVE for the time of some changes to the catalog, whatever the size. All or nothing.\n',
		E'-- If it fails for want of a lock, start again with this transaction.\n',
		E'BEGIN;\n', advisor._conversion_lock(relation, tab, followers.locks, lock_timeout),
		format(E'\nSET LOCAL lock_timeout = %s;\n', lock_timeout),
		CASE WHEN nullable THEN format(E'ALTER TABLE %s ALTER COLUMN %I SET NOT NULL;\n', tab, key) END,
		(advisor._conversion_triggers(relation)).drops,
		advisor._conversion_rename_indexes(relation, key),
		format(E'ALTER TABLE %s RENAME TO %I;\n', tab, legacy),
		format(E'CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMPRESSION INCLUDING COMMENTS INCLUDING STATISTICS) PARTITION BY RANGE (%I);\n', tab, old, key),
		format(E'ALTER TABLE %s DROP CONSTRAINT advisor_conversion;\n', tab),
		advisor._conversion_properties(relation, tab),
		format(E'COMMENT ON TABLE %s IS %L;\n', tab, obj_description(relation, 'pg_class')),
		advisor._conversion_sequences(relation, old, tab),
		(SELECT string_agg(i.create_parent || E';\n' || i.comments, '' ORDER BY i.index_name COLLATE "C") FROM advisor._conversion_indexes(relation, key) i),
		advisor._conversion_foreign_keys(relation),
		format(E'ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (MINVALUE) TO (%L);\n', tab, old, advisor._grid_value(g, first_cell)),
		format(E'ALTER TABLE %s DROP CONSTRAINT advisor_conversion;\n', old),
		advisor._conversion_partitions(relation, g, first_cell, last_cell),
		advisor._conversion_replica_identity(relation),
		(advisor._conversion_triggers(relation)).creates,
		(advisor._conversion_publications(relation, old, tab)).statements,
		followers.statements, register, E'COMMIT;\n\n');
END
$$;
COMMENT ON FUNCTION advisor._conversion_swap(advisor._partition_grid, bigint, bigint, name, boolean, integer, text) IS
	'the third step of a conversion script';

-- The way back, behind a mark that nothing runs.
CREATE FUNCTION advisor._conversion_back(g advisor._partition_grid, legacy name, nullable boolean, lock_timeout integer) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	relation oid := g.parent;
	key name := g.attname;
	tab text := advisor._quoted_name(relation);
	gone name := advisor._partition_name(relation, 'partitioned');
	space text := (SELECT quote_ident(n.nspname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation);
	old text := format('%s.%I', space, legacy);
	new text := format('%s.%I', space, gone);
	columns text := (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
		WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '');
	followers record;
	back text;
BEGIN
	SELECT * INTO followers FROM advisor._conversion_followers(relation);
	back := concat(
		(SELECT string_agg(format(i.create_old, old) || E';\n', '' ORDER BY i.index_name COLLATE "C") FROM advisor._conversion_indexes(relation, key) i WHERE i.replaced),
		E'BEGIN;\n', advisor._conversion_lock(relation, tab, followers.locks, lock_timeout), E'\n',
		format(E'SELECT advisor.unregister_partition_policy(%L);\n', tab),
		format(E'ALTER TABLE %s DETACH PARTITION %s;\n', tab, old),
		(SELECT string_agg(format(E'DROP TRIGGER %I ON %s;\n', t.tgname, tab), '') FROM pg_trigger t WHERE t.tgrelid = relation AND NOT t.tgisinternal),
		format(E'INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s;\n', old, columns, columns, tab),
		format(E'ALTER TABLE %s RENAME TO %I;\nALTER TABLE %s RENAME TO %I;\n', tab, gone, old, (SELECT c.relname FROM pg_class c WHERE c.oid = relation)),
		advisor._conversion_sequences(relation, new, tab),
		(advisor._conversion_publications(relation, new, tab)).statements,
		followers.statements,
		format(E'DROP TABLE %s;\n', new),
		(SELECT string_agg(CASE
			WHEN i.replaced AND i.is_constraint THEN format(E'ALTER TABLE %1$s DROP CONSTRAINT %2$I;\nALTER TABLE %1$s ADD CONSTRAINT %3$I %4$s USING INDEX %5$I%6$s;\n',
				tab, i.legacy_name, i.index_name, i.constraint_kind, i.new_name, i.constraint_options)
			WHEN i.replaced THEN format(E'DROP INDEX %1$s.%2$I;\nALTER INDEX %1$s.%3$I RENAME TO %4$I;\n', space, i.legacy_name, i.new_name, i.index_name)
			ELSE format(E'ALTER INDEX %s.%I RENAME TO %I;\n', space, i.legacy_name, i.index_name) END, '' ORDER BY i.index_name COLLATE "C")
			FROM advisor._conversion_indexes(relation, key) i),
		-- which the key of the partitioned table did not allow
		CASE WHEN nullable THEN format(E'ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL;\n', tab, key) END,
		(SELECT format(E'ALTER TABLE %s REPLICA IDENTITY USING INDEX %I;\n', tab, c.relname)
			FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = relation AND i.indisreplident),
		(advisor._conversion_triggers(relation)).creates,
		'COMMIT;');
	RETURN concat(E'-- Back, after step 3: all rows go into the old table again, which has its name again.\n',
		E'-- It copies the rows of the new partitions with ACCESS EXCLUSIVE, so better soon than late.\n',
		E'-- It fails, with nothing changed, if what was unique before is not any more.\n',
		E'-- To run it, take away the marks: sed -n ''s/^--< //p''\n',
		regexp_replace(back, '^', '--< ', 'gn'), E'\n');
END
$$;
COMMENT ON FUNCTION advisor._conversion_back(advisor._partition_grid, name, boolean, integer) IS
	'the way back of a conversion script, in comments';

-- To take the newest step out of the old partition, again and again if wanted:
-- the same transaction with the border before.
CREATE FUNCTION advisor._conversion_split(g advisor._partition_grid, first_cell bigint, legacy name, lock_timeout integer) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	relation oid := g.parent;
	key name := g.attname;
	tab text := advisor._quoted_name(relation);
	space text := (SELECT quote_ident(n.nspname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation);
	old text := format('%s.%I', space, legacy);
	part text := format('%s.%I', space, advisor._partition_name(relation, advisor._grid_suffix(g, first_cell - 1)));
	border text := advisor._grid_value(g, first_cell - 1);
	columns text := (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
		WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '');
	split text;
BEGIN
	IF border IS NULL THEN
		RETURN NULL;
	END IF;
	split := concat(E'BEGIN;\n', advisor._conversion_lock(relation, tab, NULL, lock_timeout), E'\n',
		format(E'ALTER TABLE %s DETACH PARTITION %s;\n', tab, old),
		advisor._conversion_partitions(relation, g, first_cell - 1, first_cell - 1),
		-- the rows are not new to triggers
		format(E'ALTER TABLE %s DISABLE TRIGGER USER;\n', part),
		format(E'WITH moved AS (DELETE FROM %s WHERE %I >= %L RETURNING %s)\nINSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM moved;\n', old, key, border, columns, part, columns, columns),
		format(E'ALTER TABLE %s ENABLE TRIGGER USER;\n', part),
		(SELECT string_agg(format(E'ALTER TABLE %s %s TRIGGER %I;\n', part, CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, t.tgname), '' ORDER BY t.tgname COLLATE "C")
			FROM pg_trigger t WHERE t.tgrelid = relation AND NOT t.tgisinternal AND t.tgtype & 1 = 1 AND t.tgenabled <> 'O'),
		format(E'ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (MINVALUE) TO (%L);\nCOMMIT;', tab, old, border));
	RETURN concat(format(E'-- Not needed: the newest step of %s in a partition of its own. ACCESS EXCLUSIVE while its rows are copied\n', advisor._in_comment(quote_ident(legacy))),
		E'-- and what stays is read once. To run it, take away the marks: sed -n ''s/^--+ //p''\n',
		regexp_replace(split, '^', '--+ ', 'gn'), E'\n\n');
END
$$;
COMMENT ON FUNCTION advisor._conversion_split(advisor._partition_grid, bigint, name, integer) IS
	'how to take the newest step out of the old partition, in comments';

CREATE FUNCTION advisor._conversion_notes(g advisor._partition_grid, legacy name, border text, last_value text) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	relation oid := g.parent;
	tab text := advisor._in_comment(advisor._quoted_name(relation));
	note text;
	notes text[] := '{}';
BEGIN
	note := (advisor._conversion_publications(relation, tab, tab)).names;
	IF note IS NOT NULL THEN
		notes := notes || format('Publications %s publish partitions under their own names: subscribers need tables of these names, or publish_via_partition_root.', note);
	END IF;
	IF (SELECT count(*) FROM pg_seclabel s WHERE s.classoid = 'pg_class'::regclass AND s.objoid = relation) > 0 THEN
		notes := notes || 'Security labels are not carried over.'::text;
	END IF;
	IF (SELECT count(*) FROM pg_trigger t WHERE t.tgrelid = relation AND NOT t.tgisinternal AND t.tgtype & 3 = 3) > 0 THEN
		notes := notes || format('A trigger before each row must not change %I so that the row belongs into another partition.', g.attname);
	END IF;
	IF g.axis = 'time' THEN
		notes := notes || format('Steps 1 to 3 must be done before %s; later, make the script again.', border);
	ELSE
		notes := notes || format('Steps 1 to 3 must be done before %I reaches %s; later, make the script again.', g.attname, border);
	END IF;
	RETURN (SELECT string_agg('-- ' || advisor._in_comment(n) || E'\n', '') FROM unnest(notes) n);
END
$$;
COMMENT ON FUNCTION advisor._conversion_notes(advisor._partition_grid, name, text, text) IS
	'what the reader of a conversion script has to know';

-- Only who owns everything that is touched can do it as the owner of the table.
CREATE FUNCTION advisor._conversion_role(relation oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT CASE WHEN (f.foreign_owner IS NOT TRUE) AND has_schema_privilege(c.relowner, c.relnamespace, 'CREATE')
			AND NOT EXISTS (SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = relation AND p.pubowner <> c.relowner)
		THEN format(E'SET ROLE %I;\n', pg_get_userbyid(c.relowner))
		ELSE E'-- A superuser has to run it: views or functions of others, publications or the schema are touched.\n' END
	FROM pg_class c CROSS JOIN advisor._conversion_followers(relation) f
	WHERE c.oid = relation;
END;
COMMENT ON FUNCTION advisor._conversion_role(oid) IS
	'as whom a conversion script is to be run';

CREATE FUNCTION advisor._assert_convertible(relation regclass, key name) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	problem text;
	blockers text[];
BEGIN
	IF relation IS NULL OR key IS NULL THEN
		RAISE EXCEPTION 'a table and the column to partition it by are needed'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'As in advisor.partition_conversion_script(''orders'', ''created_at'', ''1 month'').';
	END IF;
	problem := advisor._conversion_key_problem(relation, key);
	IF problem IS NOT NULL THEN
		RAISE EXCEPTION '% cannot be partitioned by %: %', advisor._quoted_name(relation), quote_ident(key), problem
			USING ERRCODE = CASE WHEN problem LIKE 'it has no column%' THEN 'undefined_column' ELSE 'wrong_object_type' END,
				HINT = 'Name an ordinary table, and a column of it of type date, timestamp, timestamptz, smallint, integer, bigint, numeric or uuid.';
	ELSIF NOT advisor._owns(relation) THEN
		RAISE EXCEPTION 'must be owner of table %', advisor._quoted_name(relation)
			USING ERRCODE = 'insufficient_privilege', HINT = format('Its owner is %I.', (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = relation));
	END IF;
	blockers := advisor._conversion_blockers(relation, (SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = key))
		|| advisor._conversion_dependents(relation);
	IF cardinality(blockers) > 0 THEN
		RAISE EXCEPTION '% cannot be converted as it is', advisor._quoted_name(relation)
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = array_to_string(blockers, E'\n'),
				HINT = 'Remove what is in the way, then make the script.';
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._assert_convertible(regclass, name) IS
	'an error that names everything that keeps a table from being converted';

CREATE FUNCTION advisor.partition_conversion_script(
	relation regclass,
	key name,
	step text,
	premake integer DEFAULT 4,
	time_zone text DEFAULT current_setting('TimeZone'),
	key_unit text DEFAULT 'value',
	anchor text DEFAULT NULL,
	lock_timeout integer DEFAULT 500,
	as_of timestamptz DEFAULT NULL)
	RETURNS text
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	g advisor._partition_grid;
	b record;
	legacy name;
	nullable boolean;
	border text;
	tab text;
	register text;
BEGIN
	PERFORM advisor._assert_convertible(relation, key);
	IF premake IS NULL OR premake NOT BETWEEN 0 AND 1000 THEN
		RAISE EXCEPTION 'premake cannot be %', coalesce(premake::text, 'null') USING ERRCODE = 'invalid_parameter_value',
			HINT = 'It is the number of partitions to make after the current one, from 0 to 1000.';
	ELSIF lock_timeout IS NULL OR lock_timeout NOT BETWEEN 1 AND 60000 THEN
		RAISE EXCEPTION 'lock_timeout cannot be %', coalesce(lock_timeout::text, 'null') USING ERRCODE = 'invalid_parameter_value',
			HINT = 'It is in ms, from 1 to 60000, and should be less than deadlock_timeout.';
	END IF;
	g := advisor._conversion_grid(relation, key, step, key_unit, anchor, time_zone);
	SELECT * INTO b FROM advisor._conversion_border(g, as_of);
	border := advisor._grid_value(g, b.first_cell);
	legacy := advisor._partition_name(relation, 'legacy');
	tab := advisor._quoted_name(relation);
	nullable := NOT (SELECT a.attnotnull FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = key);
	register := format(E'SELECT advisor.register_partition_policy(%L, step => %L, premake => %s, time_zone => %L, key_unit => %L, anchor => %L);\n',
		tab, step, premake, time_zone, key_unit, anchor);
	RETURN concat(
		format(E'-- Makes %s a table partitioned by ranges of %s, step %s, without moving a row.\n', advisor._in_comment(tab), advisor._in_comment(quote_ident(key)), advisor._in_comment(step)),
		format(E'-- All rows that there are stay in one partition, %s, up to %s.\n', advisor._in_comment(quote_ident(legacy)), border),
		E'-- For psql. Read it first, try it on a copy, and have a backup.\n',
		advisor._conversion_notes(g, legacy, border, NULL),
		E'\n\\set ON_ERROR_STOP on\nSET search_path = pg_catalog, pg_temp;\nSET statement_timeout = 0;\nSET DateStyle = ''ISO, YMD'';\nSET TimeZone = ''UTC'';\n',
		advisor._conversion_role(relation), E'\n',
		advisor._conversion_checks(relation, key, border, nullable, lock_timeout), E'\n',
		advisor._conversion_unique(relation, key),
		advisor._conversion_swap(g, b.first_cell, greatest(b.now_cell + premake, b.first_cell), legacy, nullable, lock_timeout, register),
		format(E'-- Step 4. The planner needs statistics of the whole, which autovacuum does not make.\nANALYZE %s;\n\n', tab),
		format(E'-- Later: partitions are created ahead by CALL advisor.maintain_partitions(), best scheduled: SELECT * FROM advisor.schedule(''partitions'');\n'
			'-- The old rows can stay where they are; retention takes %s as a whole once its last row is old enough.\n\n', advisor._in_comment(quote_ident(legacy))),
		advisor._conversion_split(g, b.first_cell, legacy, lock_timeout),
		advisor._conversion_back(g, legacy, nullable, lock_timeout));
END
$$;
COMMENT ON FUNCTION advisor.partition_conversion_script(regclass, name, text, integer, text, text, text, integer, timestamptz) IS
	'a script for psql that makes a partitioned table of a table in use, with short locks and the way back; errors name everything that is in the way';

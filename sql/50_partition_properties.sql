/*
 * 50_partition_properties: what a new partition takes over, as a format of
 * statements that is made once for all partitions of a plan.
 *
 * ATTACH brings indexes, foreign keys and triggers, LIKE brings columns with
 * their defaults, checks, storage and comments.  All the rest is here: from the
 * parent what must be the same for everybody who can get at the rows, from a
 * template what says how they are stored.  What is as CREATE TABLE makes it
 * costs no statement.
 *
 * In a format, %1$s is the new table, %2$I its name alone, %3$s its bound.
 * Whatever comes from the catalog passes through _in_format().
 */

CREATE FUNCTION advisor._in_format(part text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN replace(part, '%', '%%');
COMMENT ON FUNCTION advisor._in_format(text) IS
	'text that format() gives back as it is';

CREATE FUNCTION advisor._expression_under_name(expression pg_node_tree, relation oid, name text) RETURNS text
	AS 'MODULE_PATHNAME', 'advisor_expression_under_name'
	LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION advisor._expression_under_name(pg_node_tree, oid, text) IS
	'pg_get_expr(), with another name for the relation';

CREATE FUNCTION advisor._role_name(role oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN role = 0 THEN 'PUBLIC' ELSE (SELECT quote_ident(r.rolname) FROM pg_roles r WHERE r.oid = role) END;
END;
COMMENT ON FUNCTION advisor._role_name(oid) IS
	'a role as GRANT and CREATE POLICY name it';

-- Tables are made with the default privileges of their owner and schema, which
-- may be more than the parent has: what differs is revoked before it is granted.
CREATE FUNCTION advisor._privileges_format(parent oid, schema oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	WITH this AS (
		SELECT c.relowner, c.relacl, acldefault('r', c.relowner) AS hardwired
		FROM pg_class c WHERE c.oid = _privileges_format.parent
	), given AS (
		SELECT a.grantee, array_agg(DISTINCT concat(a.privilege_type, CASE WHEN a.is_grantable AND a.grantee <> t.relowner THEN '*' END)
			ORDER BY concat(a.privilege_type, CASE WHEN a.is_grantable AND a.grantee <> t.relowner THEN '*' END)) AS privileges
		FROM this t
			LEFT JOIN pg_default_acl g ON g.defaclrole = t.relowner AND g.defaclobjtype = 'r' AND g.defaclnamespace = 0
			LEFT JOIN pg_default_acl l ON l.defaclrole = t.relowner AND l.defaclobjtype = 'r' AND l.defaclnamespace = _privileges_format.schema
			CROSS JOIN LATERAL aclexplode(coalesce(g.defaclacl, t.hardwired) || coalesce(l.defaclacl, '{}')) a
		GROUP BY a.grantee
	), wanted AS (
		SELECT a.grantee, array_agg(DISTINCT concat(a.privilege_type, CASE WHEN a.is_grantable AND a.grantee <> t.relowner THEN '*' END)
			ORDER BY concat(a.privilege_type, CASE WHEN a.is_grantable AND a.grantee <> t.relowner THEN '*' END)) AS privileges
		FROM this t CROSS JOIN LATERAL aclexplode(coalesce(t.relacl, t.hardwired)) a
		GROUP BY a.grantee
	), statements AS (
		SELECT 1 AS place, advisor._role_name(g.grantee) AS role,
			format(E';\nREVOKE ALL ON %%1$s FROM %s', advisor._in_format(advisor._role_name(g.grantee))) AS statement
		FROM given g LEFT JOIN wanted w USING (grantee)
		WHERE w.privileges IS DISTINCT FROM g.privileges
		UNION ALL
		SELECT 2, advisor._role_name(w.grantee), format(E';\nGRANT %s ON %%1$s TO %s%s', p.names,
			advisor._in_format(advisor._role_name(w.grantee)), CASE WHEN p.grantable THEN ' WITH GRANT OPTION' END)
		FROM wanted w LEFT JOIN given g USING (grantee)
			CROSS JOIN LATERAL (SELECT p LIKE '%*' AS grantable, string_agg(rtrim(p, '*'), ', ' ORDER BY p) AS names
				FROM unnest(w.privileges) p GROUP BY 1) p
		WHERE w.privileges IS DISTINCT FROM g.privileges
		UNION ALL
		SELECT 3, advisor._role_name(x.grantee), format(E';\nGRANT %s (%s) ON %%1$s TO %s%s', x.privilege_type,
			advisor._in_format(string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)),
			advisor._in_format(advisor._role_name(x.grantee)), CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' END)
		FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) x
		WHERE a.attrelid = _privileges_format.parent AND a.attnum > 0 AND NOT a.attisdropped
		GROUP BY x.grantee, x.privilege_type, x.is_grantable
	)
	SELECT coalesce(string_agg(s.statement, '' ORDER BY s.place, s.role, s.statement), '') FROM statements s;
END;
COMMENT ON FUNCTION advisor._privileges_format(oid, oid) IS
	'statements that give a new table in a schema the privileges of another, which its owner does not give by default';

-- Who reads a partition directly is not asked for its parent's policies.
CREATE FUNCTION advisor._row_security_format(parent oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	-- a name that is in no expression
	WITH marker AS MATERIALIZED (
		SELECT concat('n', md5(concat(random(), clock_timestamp()))) AS name
	), policies AS (
		SELECT format(E';\nCREATE POLICY %I ON ', p.polname) AS head,
			concat(CASE WHEN NOT p.polpermissive THEN ' AS RESTRICTIVE' END,
				CASE p.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE' WHEN 'd' THEN ' FOR DELETE' END,
				' TO ', (SELECT string_agg(advisor._role_name(r), ', ' ORDER BY advisor._role_name(r)) FROM unnest(p.polroles) r),
				' USING (' || advisor._expression_under_name(p.polqual, p.polrelid, m.name) || ')',
				' WITH CHECK (' || advisor._expression_under_name(p.polwithcheck, p.polrelid, m.name) || ')') AS tail,
			p.polname, m.name
		FROM pg_policy p CROSS JOIN marker m
		WHERE p.polrelid = _row_security_format.parent
	)
	SELECT concat(
		(SELECT string_agg(concat(advisor._in_format(p.head), '%1$s', replace(advisor._in_format(p.tail), p.name, '%2$I')), '' ORDER BY p.polname)
			FROM policies p),
		CASE WHEN c.relrowsecurity THEN E';\nALTER TABLE %1$s ENABLE ROW LEVEL SECURITY' END,
		CASE WHEN c.relforcerowsecurity THEN E';\nALTER TABLE %1$s FORCE ROW LEVEL SECURITY' END)
	FROM pg_class c WHERE c.oid = _row_security_format.parent;
END;
COMMENT ON FUNCTION advisor._row_security_format(oid) IS
	'statements that give a table the row security of another of the same columns';

-- Only the options that ALTER TABLE documents: a server may keep others there for itself.
CREATE FUNCTION advisor._columns_format(parent oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT coalesce(string_agg(concat(
		format(E';\nALTER TABLE %%1$s ALTER COLUMN %s SET STATISTICS ', advisor._in_format(quote_ident(a.attname)))
			|| CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END,
		format(E';\nALTER TABLE %%1$s ALTER COLUMN %s SET (', advisor._in_format(quote_ident(a.attname))) || o.options || ')'),
		'' ORDER BY a.attnum), '')
	FROM pg_attribute a
		LEFT JOIN LATERAL (SELECT string_agg(option, ', ' ORDER BY option) AS options
			FROM unnest(a.attoptions) option WHERE option ~ '^n_distinct(_inherited)?=[-+.0-9eE]+$') o ON true
	WHERE a.attrelid = _columns_format.parent AND a.attnum > 0 AND NOT a.attisdropped
		AND (a.attstattarget >= 0 OR o.options IS NOT NULL);
END;
COMMENT ON FUNCTION advisor._columns_format(oid) IS
	'statements that give the columns of a table the statistics targets and options of another''s';

CREATE FUNCTION advisor._storage_options(relation oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 100
BEGIN ATOMIC
	SELECT string_agg(format('%s%I=%L', o.prefix, split_part(o.option, '=', 1), substr(o.option, strpos(o.option, '=') + 1)), ', '
		ORDER BY o.prefix, o.option)
	FROM (
		SELECT '' AS prefix, unnest(c.reloptions) AS option FROM pg_class c WHERE c.oid = _storage_options.relation
		UNION ALL
		SELECT 'toast.', unnest(t.reloptions)
		FROM pg_class c JOIN pg_class t ON t.oid = c.reltoastrelid
		WHERE c.oid = _storage_options.relation
	) o;
END;
COMMENT ON FUNCTION advisor._storage_options(oid) IS
	'storage options of a table and of its TOAST table as in WITH (...); null if it has none';

-- The newest says best how the next is to be: ranges are in order, others are
-- as old as their OIDs.
CREATE FUNCTION advisor._newest_partition(parent oid) RETURNS oid
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT b.partition
	FROM advisor._partition_bounds(_newest_partition.parent) b JOIN pg_class c ON c.oid = b.partition
	WHERE NOT b.is_default AND NOT b.detach_pending AND c.relkind IN ('r', 'p')
	ORDER BY CASE b.method WHEN 'range' THEN b.ordinal ELSE b.partition::bigint END DESC
	LIMIT 1;
END;
COMMENT ON FUNCTION advisor._newest_partition(oid) IS
	'the last of the partitions of a table, apart from the default and foreign tables; null if there is none';

CREATE FUNCTION advisor._partition_template(p advisor.partition_policies) RETURNS oid
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT coalesce((p).template::oid,
		(SELECT t.relid::oid
		FROM pg_partition_tree(advisor._newest_partition((p).parent)) t JOIN pg_class c ON c.oid = t.relid
		WHERE t.isleaf AND c.relkind = 'r'
		ORDER BY t.relid DESC
		LIMIT 1));
END;
COMMENT ON FUNCTION advisor._partition_template(advisor.partition_policies) IS
	'the table whose storage new partitions take over: the policy''s, or the newest leaf; null if there is none';

-- Settings of the session do not decide where a partition goes unless nothing else does.
CREATE FUNCTION advisor._create_format(parent oid, template oid, partition_by text DEFAULT NULL) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT concat('CREATE ', CASE WHEN t.relpersistence = 'u' AND _create_format.partition_by IS NULL THEN 'UNLOGGED ' END,
		'TABLE %1$s (LIKE ', advisor._in_format(advisor._quoted_name(c.oid)),
		' INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMMENTS INCLUDING GENERATED INCLUDING COMPRESSION INCLUDING STATISTICS)',
		' PARTITION BY ' || advisor._in_format(_create_format.partition_by),
		' USING ' || advisor._in_format(quote_ident(am.amname)),
		' WITH (' || advisor._in_format(CASE WHEN _create_format.partition_by IS NULL THEN advisor._storage_options(t.oid) END) || ')',
		' TABLESPACE ' || advisor._in_format(quote_ident(s.spcname)))
	FROM pg_class c
		LEFT JOIN pg_class t ON t.oid = _create_format.template
		LEFT JOIN pg_am am ON am.oid = coalesce(nullif(c.relam, 0), t.relam)
			-- from 17 on a partitioned table may have one, for partitions that are made without the extension
			AND CASE WHEN _create_format.partition_by IS NULL THEN am.amname <> current_setting('default_table_access_method') ELSE c.relam <> 0 END
		LEFT JOIN pg_tablespace s ON s.oid = CASE
			WHEN c.reltablespace <> 0 THEN c.reltablespace
			WHEN t.reltablespace <> 0 THEN t.reltablespace
			WHEN t.oid IS NOT NULL AND current_setting('default_tablespace') <> ''
				THEN (SELECT d.dattablespace FROM pg_database d WHERE d.datname = current_database()) END
	WHERE c.oid = _create_format.parent;
END;
COMMENT ON FUNCTION advisor._create_format(oid, oid, text) IS
	'CREATE TABLE for a partition of a table, stored as a template; partition_by if it is to be partitioned itself';

CREATE FUNCTION advisor._comment_format(parent oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 100
RETURN coalesce(E';\nCOMMENT ON TABLE %1$s IS ' || advisor._in_format(quote_literal(obj_description(parent, 'pg_class'))), '');
COMMENT ON FUNCTION advisor._comment_format(oid) IS
	'statement that gives a table the comment of another, if it has one';

-- An index that ATTACH makes has a name that nobody knows before.
CREATE FUNCTION advisor._index_choice_format(index oid, clause text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
AS $$
SELECT coalesce(format($format$;
DO $advisor%1$s$
BEGIN
	EXECUTE (SELECT format('ALTER TABLE %%%%s %2$s %%%%I', i.indrelid::regclass, c.relname)
		FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
		WHERE i.indrelid = %%1$L::regclass AND right(pg_catalog.pg_get_indexdef(i.indexrelid), %3$s) = %4$s LIMIT 1);
END
$advisor%1$s$ $format$,
	-- the index may be another's than the table: nothing in it ends the quotes
	CASE WHEN strpos(advisor._index_tail(index), '$advisor') > 0 THEN '_' || md5(advisor._index_tail(index)) END, clause, length(advisor._index_tail(index)), advisor._in_format(quote_literal(advisor._index_tail(index)))), '');
$$;
COMMENT ON FUNCTION advisor._index_choice_format(oid, text) IS
	'statement that names the index of a new partition that is as a given one in an ALTER TABLE clause';

-- The parent's replica identity is for its partitions if it was ever set, else
-- it is the template's.
CREATE FUNCTION advisor._replica_identity_format(parent oid, template oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT CASE s.relreplident
		WHEN 'f' THEN E';\nALTER TABLE %1$s REPLICA IDENTITY FULL'
		WHEN 'n' THEN E';\nALTER TABLE %1$s REPLICA IDENTITY NOTHING'
		WHEN 'i' THEN advisor._index_choice_format((SELECT i.indexrelid FROM pg_index i WHERE i.indrelid = s.oid AND i.indisreplident),
			'REPLICA IDENTITY USING INDEX')
		ELSE '' END
	FROM pg_class c LEFT JOIN pg_class t ON t.oid = template
		JOIN pg_class s ON s.oid = CASE WHEN c.relreplident = 'd' THEN coalesce(t.oid, c.oid) ELSE c.oid END
	WHERE c.oid = parent;
END;
COMMENT ON FUNCTION advisor._replica_identity_format(oid, oid) IS
	'statement that gives a new partition the replica identity of its parent or, if that has the default, of a template';

CREATE FUNCTION advisor._cluster_format(template oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
RETURN coalesce((SELECT advisor._index_choice_format(i.indexrelid, 'CLUSTER ON')
	FROM pg_index i WHERE i.indrelid = template AND i.indisclustered), '');
COMMENT ON FUNCTION advisor._cluster_format(oid) IS
	'statement that marks the index of a new partition that a template is clustered on';

-- Unique indexes without the key, for one, can only be the partitions' own.
CREATE FUNCTION advisor._template_indexes_format(parent oid, template oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(string_agg(CASE
		WHEN i.indisprimary AND NOT EXISTS (SELECT FROM pg_index p WHERE p.indrelid = parent AND p.indisprimary)
			THEN E';\nALTER TABLE %1$s ADD ' || advisor._in_format(pg_get_constraintdef(k.oid))
		ELSE format(E';\nCREATE %sINDEX ON %%1$s %s', CASE WHEN i.indisunique THEN 'UNIQUE ' END,
			advisor._in_format(advisor._index_tail(i.indexrelid))) END, '' ORDER BY i.indexrelid), '')
	FROM pg_index i LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype = 'p'
	WHERE i.indrelid = template AND i.indisvalid AND NOT i.indisexclusion
		AND NOT EXISTS (SELECT FROM pg_index p
			WHERE p.indrelid = parent AND p.indisunique = i.indisunique
				AND advisor._index_tail(p.indexrelid) = advisor._index_tail(i.indexrelid));
$$;
COMMENT ON FUNCTION advisor._template_indexes_format(oid, oid) IS
	'statements that make the indexes of a template that its parent does not bring';

-- A partition of a published table is published with it; here are those that
-- are published by themselves.  Only the publication's owner can add to it.
CREATE FUNCTION advisor._publications(sibling oid, OUT name name, OUT addable boolean, OUT clause text) RETURNS SETOF record
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 2
BEGIN ATOMIC
	SELECT u.pubname, pg_has_role(c.relowner, u.pubowner, 'USAGE'),
		concat(' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
			FROM pg_attribute a WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)) || ')',
			' WHERE (' || pg_get_expr(r.prqual, r.prrelid) || ')')
	FROM pg_publication_rel r JOIN pg_publication u ON u.oid = r.prpubid JOIN pg_class c ON c.oid = r.prrelid
	WHERE r.prrelid = sibling;
END;
COMMENT ON FUNCTION advisor._publications(oid) IS
	'publications that a table is a member of itself, whether its owner may add tables, and the columns and rows that are published';

CREATE FUNCTION advisor._publications_format(sibling oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
RETURN (SELECT coalesce(string_agg(format(E';\nALTER PUBLICATION %s ADD TABLE %%1$s%s',
		advisor._in_format(quote_ident(u.name)), advisor._in_format(u.clause)), '' ORDER BY u.name), '')
	FROM advisor._publications(sibling) u WHERE u.addable);
COMMENT ON FUNCTION advisor._publications_format(oid) IS
	'statements that add a table to the publications that another is a member of itself';

CREATE TYPE advisor._partition_format AS (
	head text,
	attach text,
	tail text,
	sub_names text[],
	sub_bounds text[],
	sub_head text,
	sub_tail text,
	sub_policy advisor.partition_policies,
	sub_grid advisor._partition_grid,
	sub_follows boolean,
	as_of timestamptz,
	note text);
COMMENT ON TYPE advisor._partition_format IS
	'formats of the statements that make a partition, attach it, and are for later; the same for its own partitions, and if these are ranges, their grid, and whether its own range limits them (sub_follows); note: what could not be taken over';

CREATE FUNCTION advisor._sub_partitions(p advisor.partition_policies, OUT suffix text, OUT bound text) RETURNS SETOF record
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 10
	SET search_path = pg_catalog, pg_temp
	SET DateStyle = 'ISO, YMD'
	SET TimeZone = 'UTC'
AS $$
	SELECT coalesce((regexp_match(b, '(?i)remainder[[:space:]]+([0-9]+)'))[1],
			CASE WHEN b ~* '^[[:space:]]*default[[:space:]]*$' THEN 'default' ELSE n::text END), b
	FROM unnest((p).subpartition_bounds) WITH ORDINALITY u(b, n)
	WHERE (p).subpartition_bounds IS NOT NULL
	UNION ALL
	SELECT CASE WHEN starts_with(c.relname::text, s.relname || '_') THEN substr(c.relname, length(s.relname) + 2) ELSE b.ordinal::text END,
		pg_get_expr(c.relpartbound, c.oid)
	FROM pg_class s CROSS JOIN LATERAL advisor._partition_bounds(s.oid) b JOIN pg_class c ON c.oid = b.partition
	WHERE s.oid = advisor._newest_partition((p).parent) AND (p).subpartition_bounds IS NULL
		AND ((p).subpartition_by IS NULL OR (p).subpartition_by = pg_get_partkeydef(s.oid))
		AND NOT b.detach_pending;
$$;
COMMENT ON FUNCTION advisor._sub_partitions(advisor.partition_policies) IS
	'partitions that a new partition gets itself: those of the policy, else those that the newest one has';

/*
 * Partitions of partitions by range are not those of the newest partition, but
 * those of its grid, for another time or another range.
 */

CREATE FUNCTION advisor._same_key(parent oid, g advisor._partition_grid) RETURNS boolean
	LANGUAGE sql STABLE PARALLEL SAFE COST 100
BEGIN ATOMIC
	SELECT coalesce((SELECT k.method = 'range' AND CASE WHEN k.attname IS NULL
			THEN (g).attname IS NULL AND pg_get_partkeydef(_same_key.parent) = pg_get_partkeydef((g).parent)
			ELSE k.attname = (g).attname END
		FROM advisor._partition_key(_same_key.parent) k), false);
END;
COMMENT ON FUNCTION advisor._same_key(oid, advisor._partition_grid) IS
	'is a table partitioned by ranges of the (first) column or expression that a grid is of?';

-- What is above may be by something else, and above that by the same again.
CREATE FUNCTION advisor._confines(relation oid, g advisor._partition_grid,
	OUT lower text, OUT upper text, OUT lo numeric, OUT hi numeric)
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT (array_agg(b.lower ORDER BY b.lower_position DESC) FILTER (WHERE b.lower_position > '-Infinity'))[1],
		(array_agg(b.upper ORDER BY b.upper_position) FILTER (WHERE b.upper_position < 'Infinity' AND u.excluded))[1],
		coalesce(max(b.lower_position), '-Infinity'), coalesce(min(b.upper_position) FILTER (WHERE u.excluded), 'Infinity')
	FROM pg_partition_ancestors(_confines.relation) a
		JOIN pg_inherits i ON i.inhrelid = a.relid
		CROSS JOIN LATERAL advisor._partition_bounds(i.inhparent) b
		-- else rows of that first column are on both sides
		CROSS JOIN LATERAL (SELECT b.upper_bound !~ ', ' OR b.upper_bound ~ ', MINVALUE\)$' AS excluded) u
	WHERE b.partition = a.relid AND NOT b.is_default AND advisor._same_key(i.inhparent, g);
END;
COMMENT ON FUNCTION advisor._confines(oid, advisor._partition_grid) IS
	'range of a grid''s key that the rows of a partition are in, by its bound and those of the partitions that it is in; null is without bound';

CREATE FUNCTION advisor._column_key(relation oid, wanted name,
	OUT method text, OUT columns integer, OUT attname name, OUT key_type regtype, OUT kind text, OUT typmod integer)
	LANGUAGE sql STABLE PARALLEL SAFE COST 100
BEGIN ATOMIC
	WITH RECURSIVE types AS (
		SELECT a.atttypid AS type, a.atttypmod AS typmod, 0 AS depth
		FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = $2 AND a.attnum > 0
		UNION ALL
		SELECT y.typbasetype, CASE WHEN t.typmod = -1 THEN y.typtypmod ELSE t.typmod END, t.depth + 1
		FROM types t JOIN pg_type y ON y.oid = t.type WHERE y.typtype = 'd'
	)
	SELECT 'range', 1, $2, t.type::regtype,
		CASE WHEN t.type IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype, 'numeric'::regtype, 'uuid'::regtype) THEN y.typname::text
			WHEN t.type IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype) THEN 'integer' ELSE 'other' END,
		t.typmod
	FROM types t JOIN pg_type y ON y.oid = t.type
	ORDER BY t.depth DESC LIMIT 1;
END;
COMMENT ON FUNCTION advisor._column_key(oid, name) IS
	'the key, as _partition_key() has it, of a table that is partitioned by ranges of a column';

-- A table that is not there yet has its key in the policy only.
CREATE FUNCTION advisor._sub_grid(p advisor.partition_policies, sub advisor.partition_policies) RETURNS advisor._partition_grid
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	k record;
BEGIN
	IF sub.parent <> p.parent OR p.subpartition_by = pg_get_partkeydef(p.parent) THEN
		RETURN advisor._grid(sub);
	END IF;
	SELECT x.* INTO k
	FROM pg_attribute a CROSS JOIN LATERAL advisor._column_key(a.attrelid, a.attname) x
	WHERE a.attrelid = p.parent AND a.attnum > 0 AND p.subpartition_by = format('RANGE (%I)', a.attname);
	IF NOT FOUND THEN
		RAISE invalid_parameter_value USING MESSAGE = format('"%s" is not a range of a column of %s', p.subpartition_by, advisor._quoted_name(p.parent)),
			HINT = 'Steps are for RANGE (column), or for what the table itself is partitioned by.';
	END IF;
	RETURN advisor._grid_of_key(sub, k);
END
$$;
COMMENT ON FUNCTION advisor._sub_grid(advisor.partition_policies, advisor.partition_policies) IS
	'borders of the partitions of new partitions of a table, by what _sub_policy() says';

CREATE FUNCTION advisor._told_sub_policy(p advisor.partition_policies) RETURNS advisor.partition_policies
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	sub advisor.partition_policies := advisor._default_policy(p.parent);
BEGIN
	sub.step := p.subpartition_step;
	sub.premake := coalesce(p.subpartition_premake, sub.premake);
	sub.time_zone := p.time_zone;
	sub.lock_timeout := p.lock_timeout;
	sub.lock_attempts := p.lock_attempts;
	sub.run_order := p.run_order;
	IF p.subpartition_by = pg_get_partkeydef(p.parent)
		OR p.subpartition_by = (SELECT format('RANGE (%I)', k.attname) FROM advisor._partition_key(p.parent) k WHERE k.method = 'range') THEN
		sub.key_unit := p.key_unit;
		sub.anchor := p.anchor;
	END IF;
	RETURN sub;
END
$$;
COMMENT ON FUNCTION advisor._told_sub_policy(advisor.partition_policies) IS
	'policy of new partitions that a policy asks for by subpartition_step; its parent is the policy''s';

CREATE FUNCTION advisor._sub_policy(p advisor.partition_policies, OUT sub advisor.partition_policies, OUT registered boolean)
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 5000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	newest oid := advisor._newest_partition(p.parent);
	newest_by text := pg_get_partkeydef(newest);
BEGIN
	registered := true;
	IF p.subpartition_step IS NOT NULL AND p.subpartition_by <> '' THEN
		sub := advisor._told_sub_policy(p);
	ELSIF newest_by LIKE 'RANGE %' AND coalesce(p.subpartition_by, newest_by) = newest_by AND p.subpartition_bounds IS NULL THEN
		SELECT x.* INTO sub FROM advisor.partition_policies x WHERE x.parent = newest;
		registered := FOUND;
		IF NOT FOUND THEN
			sub := advisor._policy(newest);
			-- what is of another key is as good for the next
			sub.step := CASE WHEN advisor._same_key(p.parent, advisor._grid(sub)) THEN sub.step END;
		END IF;
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._sub_policy(advisor.partition_policies) IS
	'policy by which new partitions are partitioned by range themselves: that which the policy tells, or the newest partition''s, or what its partitions are like, which is not to be registered; without step if there is none';

CREATE FUNCTION advisor._policy_format(p advisor.partition_policies) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
	SET IntervalStyle = postgres
AS $$
DECLARE
	arrays jsonb := jsonb_build_object('subpartition_bounds', p.subpartition_bounds::text);
BEGIN
	-- _run_as_owner() would rather fail than miss rows; here the owner may write what is his
	RETURN (SELECT format(E';\nSET LOCAL row_security = on;\nINSERT INTO advisor.partition_policies (parent, %s) VALUES (%%1$L::regclass, %s);\nSET LOCAL row_security = off',
			string_agg(quote_ident(c.key), ', ' ORDER BY a.attnum), advisor._in_format(string_agg(quote_literal(c.value), ', ' ORDER BY a.attnum)))
		FROM jsonb_each_text(to_jsonb(p) || arrays) c
			JOIN pg_attribute a ON a.attrelid = 'advisor.partition_policies'::regclass AND a.attname = c.key
			LEFT JOIN jsonb_each_text(to_jsonb(advisor._default_policy(p.parent))) d ON d.key = c.key
		WHERE c.key NOT IN ('parent', 'created_at') AND c.value IS NOT NULL
			AND (c.key IN ('step', 'time_zone', 'premake') OR c.value IS DISTINCT FROM d.value));
END
$$;
COMMENT ON FUNCTION advisor._policy_format(advisor.partition_policies) IS
	'statement that gives a table the policy of another';

CREATE FUNCTION advisor._cut_cells(g advisor._partition_grid, from_n bigint, to_n bigint, lower text, upper text)
	RETURNS TABLE (suffix text, bound text)
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	cell_lower text;
	cell_upper text;
BEGIN
	FOR n IN from_n .. to_n LOOP
		cell_lower := advisor._grid_value(g, n);
		cell_upper := advisor._grid_value(g, n + 1);
		CONTINUE WHEN cell_lower IS NULL AND cell_upper IS NULL;
		suffix := coalesce(advisor._grid_suffix(g, n), 'pmin');
		IF lower IS NOT NULL AND coalesce(advisor._grid_position(g, cell_lower) < advisor._grid_position(g, lower), true) THEN
			cell_lower := lower;
		END IF;
		IF upper IS NOT NULL AND coalesce(advisor._grid_position(g, cell_upper) > advisor._grid_position(g, upper), true) THEN
			cell_upper := upper;
		END IF;
		CONTINUE WHEN advisor._grid_position(g, cell_lower) >= advisor._grid_position(g, cell_upper);
		bound := advisor._range_text(g.columns, cell_lower, cell_upper);
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION advisor._cut_cells(advisor._partition_grid, bigint, bigint, text, text) IS
	'steps from_n to to_n of a grid as far as they are in a range: end of the name and bound';

-- The last cell that begins before a value
CREATE FUNCTION advisor._last_cell(g advisor._partition_grid, upper text) RETURNS bigint
	LANGUAGE sql STABLE PARALLEL SAFE COST 100
BEGIN ATOMIC
	SELECT i.n - (advisor._grid_position(g, advisor._grid_value(g, i.n)) IS NOT DISTINCT FROM advisor._grid_position(g, _last_cell.upper))::integer
	FROM (SELECT advisor._grid_index(g, _last_cell.upper) AS n OFFSET 0) i;
END;
COMMENT ON FUNCTION advisor._last_cell(advisor._partition_grid, text) IS
	'the last step of a grid that begins before a value';

-- Without looking at rows: a sequence says where a number is.
CREATE FUNCTION advisor._sub_cells(sub advisor.partition_policies, g advisor._partition_grid, lower text, upper text, as_of timestamptz)
	RETURNS TABLE (suffix text, bound text)
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	first_n bigint := advisor._grid_index(g, lower);
	last_n bigint := advisor._last_cell(g, upper);
	now_n bigint;
	sequence oid;
BEGIN
	-- what the next run would retire at once; by hand, or for rows there are, they are made
	IF sub.retention IS NOT NULL AND as_of IS NOT NULL AND g.axis = 'time' THEN
		first_n := greatest(first_n, least(last_n - greatest(sub.min_keep, 1) + 1,
			advisor._grid_index(g, advisor._shift(g, advisor._grid_now(g, as_of), sub.retention, -1))));
	END IF;
	-- many are left to maintenance
	IF coalesce(last_n - first_n >= 1000, true) THEN
		sequence := advisor._fed_by(pg_partition_root(sub.parent), g.attname);
		now_n := coalesce(advisor._grid_index_at(g, coalesce(as_of, now())),
			advisor._grid_index(g, CASE WHEN has_sequence_privilege(sequence, 'USAGE') OR has_sequence_privilege(sequence, 'SELECT')
				THEN coalesce(pg_sequence_last_value(sequence), (SELECT q.seqstart FROM pg_sequence q WHERE q.seqrelid = sequence)) END::text),
			-- where the newest partition has its last ones, of which so many are ahead
			(SELECT advisor._grid_index(g, max(b.lower_position)::text) - sub.premake FROM advisor._partition_bounds(sub.parent) b
				WHERE b.lower_position > '-Infinity' AND sub.parent = g.parent AND advisor._same_key(sub.parent, g)), 0);
		first_n := least(greatest(now_n, first_n), last_n);
		last_n := least(first_n + sub.premake, last_n);
	END IF;
	RETURN QUERY SELECT * FROM advisor._cut_cells(g, first_n, last_n, lower, upper);
END
$$;
COMMENT ON FUNCTION advisor._sub_cells(advisor.partition_policies, advisor._partition_grid, text, text, timestamptz) IS
	'partitions that a table in a range gets by a policy when it is made: those of the whole range or, if that is open or very large, of now and those ahead';

CREATE FUNCTION advisor._with_sub_partitions(f advisor._partition_format, p advisor.partition_policies) RETURNS advisor._partition_format
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s record := advisor._sub_policy(p);
	own record;
BEGIN
	IF EXISTS (SELECT FROM pg_partition_tree(advisor._newest_partition(p.parent)) t WHERE t.level = 1 AND NOT t.isleaf) OR (s.sub).subpartition_by <> '' THEN
		f.note := 'of two levels only: its partitions are not partitioned themselves';
	END IF;
	IF (s.sub).step IS NULL THEN
		SELECT array_agg(x.suffix), array_agg(x.bound) INTO f.sub_names, f.sub_bounds FROM advisor._sub_partitions(p) x;
		RETURN f;
	END IF;
	f.sub_policy := s.sub;
	f.sub_grid := advisor._sub_grid(p, s.sub);
	f.sub_follows := advisor._same_key(p.parent, f.sub_grid);
	IF s.registered THEN
		f.head := f.head || advisor._policy_format(s.sub);
	END IF;
	own := advisor._confines(p.parent, f.sub_grid);
	SELECT array_agg(x.suffix), array_agg(x.bound) INTO f.sub_names, f.sub_bounds
	FROM (SELECT c.suffix, c.bound FROM advisor._sub_cells(f.sub_policy, f.sub_grid, own.lower, own.upper, f.as_of) c WHERE NOT f.sub_follows
		UNION ALL
		SELECT c.suffix, c.bound FROM advisor._sub_partitions(p) c WHERE c.bound ~* '^\s*default\s*$') x;
	RETURN f;
END
$$;
COMMENT ON FUNCTION advisor._with_sub_partitions(advisor._partition_format, advisor.partition_policies) IS
	'the format with what new partitions are divided into';

-- Everything that is the same for all new partitions, read once.
CREATE FUNCTION advisor._partition_format(p advisor.partition_policies, schema oid DEFAULT NULL, as_of timestamptz DEFAULT NULL) RETURNS advisor._partition_format
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000
	SET search_path = pg_catalog, pg_temp
	SET DateStyle = 'ISO, YMD'
	SET TimeZone = 'UTC'
AS $$
DECLARE
	f advisor._partition_format;
	newest oid := advisor._newest_partition(p.parent);
	template oid := advisor._partition_template(p);
	sibling oid := advisor._partition_template(jsonb_populate_record(p, '{"template": null}'));
	-- empty is: not, whatever the others are
	partition_by text := nullif(coalesce(p.subpartition_by, pg_get_partkeydef(newest)), '');
	shared text;
	own text;
BEGIN
	shared := concat(advisor._columns_format(p.parent), advisor._comment_format(p.parent),
		advisor._privileges_format(p.parent, coalesce(_partition_format.schema, (SELECT c.relnamespace FROM pg_class c WHERE c.oid = p.parent))),
		advisor._row_security_format(p.parent));
	own := concat(CASE WHEN p.template IS NOT NULL THEN advisor._template_indexes_format(p.parent, p.template) END,
		advisor._publications_format(sibling));
	f.attach := format('ALTER TABLE %s ATTACH PARTITION %%1$s %%3$s', advisor._in_format(advisor._quoted_name(p.parent)));
	f.tail := concat(advisor._replica_identity_format(p.parent, template), advisor._cluster_format(template));
	IF partition_by IS NULL THEN
		f.head := concat(advisor._create_format(p.parent, template), shared, own);
	ELSE
		f.head := concat(advisor._create_format(p.parent, template, partition_by), shared);
		f.sub_head := concat(advisor._create_format(p.parent, template), shared, own);
		f.sub_tail := f.tail;
		f.tail := advisor._replica_identity_format(p.parent, p.parent);
		f.as_of := _partition_format.as_of;
		f := advisor._with_sub_partitions(f, p);
	END IF;
	SELECT nullif(concat_ws('; ', f.note, 'not in publication ' || string_agg(quote_ident(u.name), ', ' ORDER BY u.name) || ', which another role owns'), '')
		INTO f.note FROM advisor._publications(sibling) u WHERE NOT u.addable;
	RETURN f;
END
$$;
COMMENT ON FUNCTION advisor._partition_format(advisor.partition_policies, oid, timestamptz) IS
	'how partitions of a table are made in a schema, with everything that they take over from it and from the newest one';

CREATE FUNCTION advisor._partition_statements(f advisor._partition_format, name name, schema name, bound text,
	lower text, upper text,
	OUT create_sql text, OUT attach_sql text, OUT tail_sql text)
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	relation text := format('%I.%I', schema, name);
	sub record;
BEGIN
	create_sql := format(f.head, relation, name);
	attach_sql := format(f.attach, relation, name, bound);
	tail_sql := format(f.tail, relation, name);
	FOR sub IN SELECT format('%I.%I', schema, n.sub_name) AS relation, n.sub_name, b.sub_bound
		FROM (SELECT u.suffix, u.sub_bound FROM unnest(f.sub_names, f.sub_bounds) u(suffix, sub_bound)
				UNION ALL
				SELECT c.suffix, c.bound FROM advisor._sub_cells(f.sub_policy, f.sub_grid, lower, upper, f.as_of) c WHERE f.sub_follows) b
			CROSS JOIN LATERAL (SELECT advisor._free_relation_name(name::text, b.suffix,
				(SELECT n.oid FROM pg_namespace n WHERE n.nspname = schema)) AS sub_name) n
	LOOP
		create_sql := concat(create_sql, E';\n', format(f.sub_head, sub.relation, sub.sub_name),
			format(E';\nALTER TABLE %s ATTACH PARTITION %s %s', relation, sub.relation, sub.sub_bound));
		tail_sql := concat(tail_sql, format(f.sub_tail, sub.relation, sub.sub_name));
	END LOOP;
END
$$;
COMMENT ON FUNCTION advisor._partition_statements(advisor._partition_format, name, name, text, text, text) IS
	'statements for a bound, and the range of the first column (null: no range, or no end) that make a partition with all that belongs to it, that attach it, and those after that (empty, or beginning with a semicolon)';

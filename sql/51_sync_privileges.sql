/*
 * 51_sync_privileges: the privileges of partitions that are there.  Needs
 * 50_partition_properties and 51_partitions_by_hand.
 */

-- Privileges of a table are not those of its partitions, which can be read by
-- themselves; new ones get the parent's when they are made.
CREATE FUNCTION advisor._grants(relation oid) RETURNS text[]
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT coalesce(array_agg(g.statement ORDER BY g.statement COLLATE "C"), '{}')
	FROM (
		SELECT format('GRANT %s ON %%1$s TO %s%s', string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type),
			advisor._in_format(advisor._role_name(x.grantee)), CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' END) AS statement
		FROM pg_class c CROSS JOIN LATERAL aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x
		WHERE c.oid = _grants.relation AND x.grantee <> c.relowner
		GROUP BY x.grantee, x.is_grantable
		UNION ALL
		SELECT format('GRANT %s (%s) ON %%1$s TO %s%s', x.privilege_type,
			advisor._in_format(string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname COLLATE "C")),
			advisor._in_format(advisor._role_name(x.grantee)), CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' END)
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid CROSS JOIN LATERAL aclexplode(a.attacl) x
		WHERE a.attrelid = _grants.relation AND a.attnum > 0 AND NOT a.attisdropped AND x.grantee <> c.relowner
		GROUP BY x.grantee, x.privilege_type, x.is_grantable
	) g;
END;
COMMENT ON FUNCTION advisor._grants(oid) IS
	'formats of the statements that give others the privileges that they have on a table and its columns';

CREATE FUNCTION advisor._revocations(relation oid) RETURNS text[]
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT coalesce(array_agg(format('REVOKE ALL ON %%1$s FROM %s CASCADE', advisor._in_format(g.name)) ORDER BY g.name COLLATE "C"), '{}')
	FROM (
		SELECT DISTINCT advisor._role_name(x.grantee) AS name
		FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped
			CROSS JOIN LATERAL aclexplode(c.relacl || a.attacl) x
		WHERE c.oid = _revocations.relation AND x.grantee <> c.relowner
	) g;
END;
COMMENT ON FUNCTION advisor._revocations(oid) IS
	'formats of the statements that take the privileges on a table and its columns from all but its owner';

CREATE FUNCTION advisor._plan_privileges(parent regclass) RETURNS SETOF advisor.partition_action
	LANGUAGE sql STABLE PARALLEL SAFE COST 10000 ROWS 10
BEGIN ATOMIC
	SELECT parent, d.name, d.lower, d.upper, 'grant',
		CASE WHEN d.other_owner THEN 'blocked' WHEN d.sql IS NULL THEN 'exists' ELSE 'planned' END, NULL::bigint, NULL::text,
		CASE WHEN d.other_owner THEN 'its owner is another than that of the table' END,
		CASE WHEN d.other_owner THEN format('ALTER TABLE %s OWNER TO %s', d.name, advisor._role_name(d.owner)) ELSE d.sql END
	FROM (
		SELECT advisor._quoted_name(t.relid) AS name, b.lower, b.upper, b.ordinal, t.level, o.relowner AS owner,
			c.relowner <> o.relowner AS other_owner,
			CASE WHEN advisor._grants(t.relid) <> advisor._grants(parent) THEN
				(SELECT string_agg(format(s.statement, advisor._quoted_name(t.relid)), E';\n' ORDER BY s.place)
				FROM unnest(advisor._revocations(t.relid) || advisor._grants(parent)) WITH ORDINALITY s(statement, place)) END AS sql
		FROM pg_partition_tree(parent) t JOIN pg_class c ON c.oid = t.relid JOIN pg_class o ON o.oid = parent
			JOIN LATERAL advisor._partition_bounds(t.parentrelid) b ON b.partition = t.relid
		WHERE t.level > 0 AND c.relkind IN ('r', 'p')
	) d
	ORDER BY d.level, d.ordinal, d.name;
END;
COMMENT ON FUNCTION advisor._plan_privileges(regclass) IS
	'what gives the partitions of a table the privileges that it has itself';

CREATE FUNCTION advisor.sync_partition_privileges(parent regclass, dry_run boolean DEFAULT false)
	RETURNS SETOF advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN QUERY SELECT * FROM advisor._perform_plan(advisor._policy_to_create(parent, '{range,list,hash}'),
		ARRAY(SELECT a FROM advisor._plan_privileges(parent) a), dry_run, true);
END
$$;
COMMENT ON FUNCTION advisor.sync_partition_privileges(regclass, boolean) IS
	'gives all partitions there are, of every level, the privileges that others have on the table and its columns, and takes from them what they have beyond';

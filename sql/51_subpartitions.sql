/*
 * 51_subpartitions: how new partitions are partitioned themselves.  Needs
 * 50_partition_properties and 51_partitions_by_hand.
 */

CREATE FUNCTION advisor.hash_subpartitions(modulus integer) RETURNS text[]
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM advisor._check_count('modulus', modulus, 10000);
	RETURN ARRAY(SELECT format('FOR VALUES WITH (MODULUS %s, REMAINDER %s)', modulus, r) FROM generate_series(0, modulus - 1) r ORDER BY r);
END
$$;
COMMENT ON FUNCTION advisor.hash_subpartitions(integer) IS
	'bounds of a complete set of hash partitions, for advisor.set_subpartitions()';

-- A unique key that the new partitions could not have would stop all of them.
CREATE FUNCTION advisor._check_unique_keys(parent oid, divided oid) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r record;
BEGIN
	SELECT c.relname AS index, k.attname INTO r
	FROM pg_partitioned_table t
		CROSS JOIN LATERAL unnest(t.partattrs::int2[]) n(attnum)
		LEFT JOIN pg_attribute k ON k.attrelid = t.partrelid AND k.attnum = n.attnum AND n.attnum <> 0
		JOIN pg_index i ON i.indrelid = _check_unique_keys.parent AND i.indisunique
		JOIN pg_class c ON c.oid = i.indexrelid
	WHERE t.partrelid = divided
		AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY x(attnum, n)
			JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = x.attnum
			WHERE a.attname = k.attname AND x.n <= i.indnkeyatts)
	ORDER BY c.relname, k.attname LIMIT 1;
	IF FOUND THEN
		RAISE invalid_table_definition USING MESSAGE = format('unique index %I of %s does not contain %s', r.index, advisor._quoted_name(parent),
				coalesce('column ' || quote_ident(r.attname), 'the expression that its partitions are to be partitioned by')),
			HINT = 'A unique key contains all columns of the partition keys, those of partitions, too; keys with expressions allow none.';
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._check_unique_keys(oid, oid) IS
	'errors if a table has a unique index that a partition of it cannot have that is partitioned like another table';

-- Tried as they will be used, and taken back.
CREATE FUNCTION advisor._check_subpartitions(p advisor.partition_policies) RETURNS text
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	schema name := advisor._partition_schema(p.parent);
	name name := advisor._partition_name(p.parent, 'subpartitions', schema);
	key text;
	message text;
BEGIN
	PERFORM advisor._run_as_owner(p.parent, s.create_sql, p.lock_timeout)
	FROM advisor._partition_statements(advisor._partition_format(p, quote_ident(schema)::regnamespace), name, schema, NULL, NULL, NULL) s;
	SELECT pg_get_partkeydef(c.oid) INTO key FROM pg_class c WHERE c.relname = name AND c.relnamespace = quote_ident(schema)::regnamespace;
	PERFORM advisor._check_unique_keys(p.parent, format('%I.%I', schema, name)::regclass);
	RAISE SQLSTATE 'ADV00';
EXCEPTION
	WHEN SQLSTATE 'ADV00' THEN
		RETURN key;
	WHEN lock_not_available OR query_canceled OR insufficient_privilege OR invalid_table_definition THEN
		RAISE;
	WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
		RAISE invalid_parameter_value USING MESSAGE = format('a partition of %s cannot be divided like that: %s', advisor._quoted_name(p.parent), message),
			HINT = 'by is what follows PARTITION BY in CREATE TABLE, as in ''hash (id)''; bounds are what follows the name of a partition: ''FOR VALUES ...'' or ''DEFAULT''.';
END
$$;
COMMENT ON FUNCTION advisor._check_subpartitions(advisor.partition_policies) IS
	'what the partitions of new partitions are partitioned by, as the server writes it; errors if they cannot be made';

-- p.subpartition_by as the server writes it
CREATE FUNCTION advisor._check_subpartition_step(p advisor.partition_policies) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	g advisor._partition_grid;
	above advisor._partition_grid;
BEGIN
	IF p.subpartition_by NOT LIKE 'RANGE %' THEN
		RAISE invalid_parameter_value USING MESSAGE = format('partitions by %s have no step', p.subpartition_by),
			HINT = 'Steps are for RANGE; give bounds for others.';
	ELSIF EXISTS (SELECT FROM unnest(p.subpartition_bounds) b WHERE b !~* '^\s*default\s*$') THEN
		RAISE invalid_parameter_value USING MESSAGE = 'both a step and bounds are given',
			HINT = 'With a step, bounds can be ARRAY[''DEFAULT''] only.';
	ELSIF p.subpartition_premake NOT BETWEEN 0 AND 10000 THEN
		RAISE invalid_parameter_value USING MESSAGE = format('premake cannot be %s', p.subpartition_premake), HINT = 'It is a number from 0 to 10000.';
	END IF;
	g := advisor._sub_grid(p, advisor._told_sub_policy(p));
	IF NOT advisor._same_key(p.parent, g) OR p.step IS NULL THEN
		RETURN;
	END IF;
	above := advisor._grid(p);
	IF g.width >= above.width OR above.width > 1000 * g.width THEN
		RAISE invalid_parameter_value USING MESSAGE = format('step "%s" does not divide partitions of "%s"', p.subpartition_step, p.step),
			HINT = 'A partition is divided into 2 to 1000 by its own key.';
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._check_subpartition_step(advisor.partition_policies) IS
	'errors if new partitions cannot be divided into ranges of the step that a policy tells';

CREATE FUNCTION advisor.set_subpartitions(
	parent regclass,
	by text,
	bounds text[] DEFAULT NULL,
	step text DEFAULT NULL,
	premake integer DEFAULT 4) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE COST 10000
	SET search_path = pg_catalog, pg_temp
	SET row_security = on
AS $$
DECLARE
	p advisor.partition_policies := advisor._policy_to_create(parent, '{range,list,hash}');
BEGIN
	IF NOT EXISTS (SELECT FROM advisor.partition_policies x WHERE x.parent = set_subpartitions.parent) THEN
		RAISE undefined_object USING MESSAGE = format('%s has no policy', advisor._quoted_name(parent)),
			HINT = 'Use advisor.register_partition_policy() before.';
	ELSIF by <> '' AND step IS NULL AND coalesce(cardinality(bounds), 0) = 0 THEN
		RAISE invalid_parameter_value USING MESSAGE = 'no bounds are given',
			HINT = 'Without partitions, a partition takes no rows. For hash, use advisor.hash_subpartitions(modulus); for range, give a step.';
	ELSIF step IS NOT NULL AND coalesce(by, '') = '' THEN
		RAISE invalid_parameter_value USING MESSAGE = 'a step is given, but not what for', HINT = 'by is RANGE (column).';
	END IF;
	p.subpartition_by := by;
	p.subpartition_bounds := bounds;
	p.subpartition_step := NULL;
	p.subpartition_premake := NULL;
	IF step IS NOT NULL THEN
		p.subpartition_bounds := '{}';
		p.subpartition_by := advisor._check_subpartitions(p);
		p.subpartition_bounds := bounds;
		p.subpartition_step := step;
		p.subpartition_premake := coalesce(premake, 4);
		PERFORM advisor._check_subpartition_step(p);
	END IF;
	IF by <> '' THEN
		PERFORM advisor._check_subpartitions(p);
	END IF;
	UPDATE advisor.partition_policies x
	SET subpartition_by = p.subpartition_by, subpartition_bounds = p.subpartition_bounds,
		subpartition_step = p.subpartition_step, subpartition_premake = p.subpartition_premake
	WHERE x.parent = set_subpartitions.parent;
END
$$;
COMMENT ON FUNCTION advisor.set_subpartitions(regclass, text, text[], text, integer) IS
	'has new partitions partitioned themselves, by what and with which partitions as in CREATE TABLE; by range also with a step, by which they get a policy of their own; empty: not, null: as the newest partition is';

/*
 * 82_schema_findings: what 82_schema shows, and what the catalogs say at once,
 * as findings.
 */

-- Trusted is what belongs to an extension: its author decides.
CREATE VIEW advisor._schema_functions AS
SELECT n.nspname::text AS schemaname, p.proname::text AS proname, pg_get_function_identity_arguments(p.oid) AS arguments,
	quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS object,
	quote_ident(n.nspname) AS schema_ident,
	r.rolname::text AS owner,
	r.rolsuper AS owner_is_superuser,
	EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE') AS is_public
FROM pg_proc p
	JOIN pg_namespace n ON n.oid = p.pronamespace
	JOIN pg_language l ON l.oid = p.prolang
	JOIN pg_roles r ON r.oid = p.proowner
WHERE p.prosecdef
	-- names in those written out in SQL have been resolved already
	AND l.lanname NOT IN ('internal', 'c') AND p.prosqlbody IS NULL
	AND NOT EXISTS (SELECT FROM unnest(p.proconfig) s(setting) WHERE s.setting LIKE 'search\_path=%')
	AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_temp_'
	AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e');
COMMENT ON VIEW advisor._schema_functions IS
	'functions that run with the rights of their owner, in the search_path of their caller';

-- One row per trigger, or per foreign key if that is what its triggers are.
CREATE VIEW advisor._disabled_triggers AS
SELECT t.schemaname, t.relname, t.object, g.tgname::text AS name, false AS is_foreign_key,
	format('ALTER TABLE %s ENABLE TRIGGER %I;', t.object, g.tgname) AS ddl,
	format('ALTER TABLE %s DISABLE TRIGGER %I;', t.object, g.tgname) AS undo
FROM pg_trigger g
	JOIN advisor._schema_tables t ON t.relid = g.tgrelid
WHERE g.tgenabled = 'D' AND NOT g.tgisinternal
	-- those of partitions follow their root's
	AND NOT EXISTS (SELECT FROM pg_trigger p WHERE p.oid = g.tgparentid AND p.tgenabled = 'D')
UNION ALL
SELECT t.schemaname, t.relname, t.object, c.conname::text, true,
	string_agg(format('ALTER TABLE %s ENABLE TRIGGER %I;', o.object, g.tgname), E'\n' ORDER BY o.object, g.tgname),
	string_agg(format('ALTER TABLE %s DISABLE TRIGGER %I;', o.object, g.tgname), E'\n' ORDER BY o.object, g.tgname)
FROM pg_trigger g
	JOIN pg_constraint c ON c.oid = g.tgconstraint AND c.contype = 'f'
	JOIN advisor._schema_tables t ON t.relid = c.conrelid
	JOIN advisor._schema_tables o ON o.relid = g.tgrelid
WHERE g.tgenabled = 'D' AND g.tgisinternal
	AND NOT EXISTS (SELECT FROM pg_trigger p WHERE p.oid = g.tgparentid AND p.tgenabled = 'D')
GROUP BY t.schemaname, t.relname, t.object, c.conname;
COMMENT ON VIEW advisor._disabled_triggers IS
	'triggers that do not fire, and foreign keys that nobody enforces therefore';

-- Does anything replay the WAL of this server?
CREATE VIEW advisor._standbys AS
SELECT (SELECT count(*) FROM pg_stat_replication) AS senders,
	(SELECT count(*) FROM pg_replication_slots s WHERE s.slot_type = 'physical') AS slots,
	pg_is_in_recovery() AS is_standby;
COMMENT ON VIEW advisor._standbys IS
	'signs of standbys: connections that take WAL, physical slots, and being one';

CREATE VIEW advisor._not_valid_constraints AS
SELECT t.schemaname, t.relname, t.object, c.conname::text AS name, quote_ident(c.conname) AS ident, c.contype,
	advisor._definition_of_constraint(c.oid) AS definition
FROM pg_constraint c
	JOIN advisor._schema_tables t ON t.relid = c.conrelid
WHERE NOT c.convalidated AND c.conparentid = 0 AND c.coninhcount = 0
	-- 18 has constraints that are not meant to be enforced
	AND coalesce(to_jsonb(c) ->> 'conenforced', 'true') = 'true';
COMMENT ON VIEW advisor._not_valid_constraints IS
	'constraints that older rows have never been held to';

CREATE VIEW advisor._nullable_foreign_keys AS
SELECT t.schemaname, t.relname, t.object, c.conname::text AS name, quote_ident(c.conname) AS ident,
	pg_get_constraintdef(c.oid) AS definition,
	string_agg(quote_ident(a.attname), ', ' ORDER BY k.position) AS columns,
	string_agg(quote_ident(a.attname), ', ' ORDER BY k.position) FILTER (WHERE NOT a.attnotnull) AS nullable,
	string_agg(format('%I IS NULL', a.attname), ' OR ' ORDER BY k.position) AS any_null,
	string_agg(format('%I IS NULL', a.attname), ' AND ' ORDER BY k.position) AS all_null
FROM pg_constraint c
	JOIN advisor._schema_tables t ON t.relid = c.conrelid
	CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY k(attnum, position)
	JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
WHERE c.contype = 'f' AND c.confmatchtype = 's' AND c.conparentid = 0
	-- from 18 on the last column may be a period, which is not what refers; and a
	-- key that is not enforced is switched off anyway
	AND cardinality(c.conkey) > CASE WHEN to_jsonb(c) ->> 'conperiod' = 'true' THEN 2 ELSE 1 END
	AND coalesce(to_jsonb(c) ->> 'conenforced', 'true') = 'true'
GROUP BY t.schemaname, t.relname, t.object, c.oid, c.conname
HAVING bool_or(NOT a.attnotnull);
COMMENT ON VIEW advisor._nullable_foreign_keys IS
	'foreign keys of several columns that one NULL switches off';

CREATE FUNCTION advisor._key_severity(used_percent float8, days_left float8, observed_days float8) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT advisor._severity_name(LEAST(
		CASE WHEN used_percent >= advisor._setting('key_critical_percent') THEN 1
			WHEN used_percent >= advisor._setting('key_high_percent') THEN 2
			WHEN used_percent >= advisor._setting('key_percent') THEN 3 END,
		-- an hour's load is no rate to be woken up for
		GREATEST(CASE WHEN observed_days < 1 THEN 3 ELSE 1 END,
			CASE WHEN days_left < advisor._setting('key_critical_days') THEN 1
				WHEN days_left < advisor._setting('key_high_days') THEN 2
				WHEN days_left < advisor._setting('key_days') THEN 3 ELSE 9 END)));
END;
COMMENT ON FUNCTION advisor._key_severity(float8, float8, float8) IS
	'severity of a key of which so much is used, that runs out in so many days at a rate observed for so many; NULL if it is healthy';

CREATE VIEW advisor.schema_findings AS
SELECT f.*
FROM (
	SELECT k.*, k.ddl ~ ' (MAXVALUE|MINVALUE)' AS remedy_is_custom,
		coalesce(k."table" || '.' || quote_ident(k."column"), k.sequence) AS object,
		EXTRACT(epoch FROM now() - k.rate_since)::float8 / 86400 AS observed_days
	FROM advisor.key_exhaustion k
	-- most keys are healthy, and need no closer look
	WHERE (k.used_percent >= (SELECT advisor._setting('key_percent')) OR k.used_percent IS NOT NULL AND k.days_left < (SELECT advisor._setting('key_days')))
		AND (k.limited_by <> 'cycle' OR k.is_unique)
) k
	CROSS JOIN LATERAL (
		-- what begins again collides with old rows at worst
		SELECT CASE WHEN k.limited_by = 'cycle' THEN 'low' ELSE s.severity END AS severity
		FROM advisor._key_severity(k.used_percent, k.days_left, k.observed_days) s(severity)
		WHERE s.severity IS NOT NULL
	) s
	CROSS JOIN LATERAL (SELECT k.ddl LIKE 'ALTER TABLE%' AND k.views IS NOT NULL AS is_blocked) b
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'key_exhaustion', category => 'schema', parts => ARRAY[k.schemaname, k.sequencename],
		severity => s.severity,
		object => k.object,
		title => format('%s has used %s %% of its numbers%s', k.object, k.used_percent,
			CASE WHEN k.values_left = 0 AND k.limited_by <> 'cycle' THEN ': there is none left'
				WHEN k.days_left < 3650 THEN ' and runs out in ' || advisor._count(k.days_left) || ' days' ELSE '' END),
		detail => format('Sequence %s is at %s; the limit is %s, by the %s: %s numbers are left. %s %s',
			k.sequence, k.last_value, k.limit_value, k.limiting_factor, to_char(k.values_left, 'FM9,999,999,999,999,999,990'),
			CASE WHEN k.per_day IS NULL THEN 'How many a day are used is not known: schedule SELECT advisor.observe().'
				WHEN k.per_day <= 0 THEN format('None was used since %s (%s).', to_char(k.rate_since, 'YYYY-MM-DD HH24:MI'), k.rate_source)
				ELSE format('%s a day were used since %s (%s)%s.', advisor._count(k.per_day), to_char(k.rate_since, 'YYYY-MM-DD HH24:MI'), k.rate_source,
					CASE WHEN k.forecast_date IS NOT NULL THEN ', so that they end about ' || to_char(k.forecast_date, 'YYYY-MM-DD') ELSE '' END) END,
			CASE WHEN k.limited_by = 'cycle' THEN 'It begins again then, with numbers that a unique index may hold already.'
				ELSE 'After the last one each INSERT that needs a number fails.' END),
		evidence => jsonb_build_object('sequence', k.sequence, 'last_value', k.last_value, 'limit', k.limit_value, 'limited_by', k.limited_by,
			'limiting_factor', k.limiting_factor, 'used_percent', k.used_percent, 'values_left', k.values_left, 'per_day', k.per_day,
			'rate_source', k.rate_source, 'rate_since', k.rate_since, 'days_left', k.days_left, 'forecast_date', k.forecast_date, 'views', to_jsonb(k.views)),
		remedy => CASE
				WHEN k.ddl IS NULL THEN 'Give it another range by hand: a wider type of the domain, a new partitioned table if the column is the key that partitions go by, or numbers that were left out.'
				WHEN k.ddl LIKE 'ALTER TABLE%' THEN 'Make the columns bigint. That rewrites the tables and their indexes and lets nobody read them meanwhile; advisor.explain_check(''key_exhaustion'') has a way for large tables.'
				ELSE 'Extend the range of the sequence, which takes no time.'
					|| CASE WHEN k.remedy_is_custom THEN ' Somebody has set that limit: find out first what needs it.' ELSE '' END END
			|| CASE WHEN b.is_blocked THEN format(' First drop, and afterwards make again: %s; the SQL for in between is in advisor.key_exhaustion.', array_to_string(k.views, ', ')) ELSE '' END
			|| CASE WHEN k.undo_ddl IS NOT NULL THEN ' It can be undone while all values fit.' ELSE '' END,
		-- what views are in the way of does not run as it is
		remedy_sql => CASE WHEN NOT b.is_blocked THEN k.ddl END,
		undo_sql => CASE WHEN NOT b.is_blocked THEN k.undo_ddl END,
		remedy_lock => CASE WHEN k.ddl LIKE 'ALTER TABLE%' THEN 'AccessExclusiveLock' WHEN k.ddl IS NOT NULL THEN 'ShareRowExclusiveLock' END,
		confidence => CASE WHEN k.used_percent >= 70 THEN 98 WHEN k.observed_days >= 7 THEN 85 WHEN k.observed_days >= 1 THEN 70 ELSE 50 END) f

UNION ALL
SELECT f.*
FROM advisor.tables_without_primary_key t
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'no_primary_key', category => 'schema', parts => ARRAY[t.schemaname, t.relname],
		severity => CASE
			WHEN t.writes_fail THEN 'high'
			WHEN t.size = 0 OR t.candidate = 'unique constraint' THEN 'info'
			WHEN t.publications IS NOT NULL AND t.replica_identity = 'full' OR t.size >= (SELECT advisor._setting('no_key_mb')) * 1048576 THEN 'medium'
			ELSE 'low' END,
		object => t."table",
		title => format('%s has no primary key%s', t."table", CASE WHEN t.writes_fail THEN ' and is published: updates and deletes fail' ELSE '' END),
		detail => format('It has %s rows and %s%s. %s %s',
			CASE WHEN t.rows IS NULL THEN 'an unknown number of' ELSE advisor._count(t.rows::float8) END, pg_size_pretty(t.size),
			CASE WHEN t.partitions > 0 THEN format(' in %s, of which %s a key of their own', CASE t.partitions WHEN 1 THEN '1 partition' ELSE t.partitions || ' partitions' END,
				CASE t.partitions_with_key WHEN 0 THEN 'none has' WHEN 1 THEN '1 has' ELSE t.partitions_with_key || ' have' END) ELSE '' END,
			CASE
				WHEN t.writes_fail THEN format('Publication %s sends updates or deletes, and the table has no replica identity to tell by which row: the server refuses them.', array_to_string(t.publications, ', '))
				WHEN t.publications IS NOT NULL AND t.replica_identity = 'full' THEN format('It is published by %s with replica identity FULL: each update logs the whole old row, and subscribers look for it among all rows.', array_to_string(t.publications, ', '))
				WHEN t.replica_identity = 'index' THEN 'An index is its replica identity, so logical replication works.'
				ELSE 'Nothing tells two equal rows apart, foreign keys cannot refer to it, and once it is published for logical replication, updates and deletes fail.' END,
			CASE t.candidate
				WHEN 'unique index' THEN format('The unique index on (%s), which are never null, can become the key at once.', t.candidate_columns)
				WHEN 'unique constraint' THEN format('The unique constraint on (%s), which are never null, does the work of a key; it only is not called one.', t.candidate_columns)
				WHEN 'numbered column' THEN format('%s is numbered by a sequence and never null; whether it has duplicates was not looked at.', t.candidate_columns)
				ELSE 'No unique index or numbered column offers itself.' END),
		evidence => jsonb_build_object('size', t.size, 'rows', t.rows, 'partitions', t.partitions, 'partitions_with_key', t.partitions_with_key,
			'publications', to_jsonb(t.publications), 'replica_identity', t.replica_identity, 'candidate', t.candidate, 'candidate_columns', t.candidate_columns),
		remedy => CASE t.candidate
			WHEN 'unique index' THEN 'Make the index the primary key.'
			WHEN 'unique constraint' THEN 'Add the primary key, which builds an index; afterwards the unique constraint is superfluous.'
			WHEN 'numbered column' THEN 'Build a unique index, which fails if there are duplicates, and make it the key. Not to be run in a transaction.'
			ELSE 'Choose a key; where there is none, add a column: bigint GENERATED ALWAYS AS IDENTITY, which rewrites the table.' END,
		remedy_sql => t.ddl,
		undo_sql => t.undo_ddl,
		remedy_lock => CASE WHEN t.ddl IS NOT NULL THEN 'AccessExclusiveLock' END,
		confidence => 95) f
-- where each partition has its own key, that is the design
WHERE NOT (t.partitions > 0 AND t.partitions_with_key = t.partitions)

UNION ALL
SELECT f.*
FROM advisor.column_types c
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'column_type', category => 'schema', parts => ARRAY[c.schemaname, c.relname, c.attname],
		severity => c.severity,
		object => c."column",
		title => format(CASE c.problem
			WHEN 'uuid_text' THEN '%s holds UUIDs as %s'
			WHEN 'text_compared_as' THEN '%s is %s, but compared as ' || c.suggested_type
			WHEN 'char_padded' THEN '%s is %s, padded with blanks'
			WHEN 'timestamp_mixed' THEN '%s is %s among columns with one'
			WHEN 'json' THEN '%s is %s, not jsonb'
			WHEN 'reg_type' THEN '%s is %s, which pg_upgrade refuses'
			WHEN 'float_money' THEN '%s, an amount by its name, is %s'
			WHEN 'float_equal' THEN '%s is %s and compared for equality'
			ELSE '%s is %s' END, c."column", c.column_type),
		detail => c.reason || CASE WHEN c.is_key THEN ' It is part of a foreign key, so both sides must change together.' ELSE '' END,
		evidence => c.evidence || jsonb_build_object('type', c.column_type, 'suggested_type', c.suggested_type, 'problem', c.problem, 'views', to_jsonb(c.views)),
		remedy => CASE WHEN c.problem = 'large_object' THEN 'Keep such values in a column of type bytea, or run vacuumlo now and then.'
			ELSE format('Make it %s. That rewrites the table and its indexes, and nobody can read it meanwhile.', c.suggested_type) END
			|| CASE WHEN c.problem = 'timestamp_mixed' THEN ' The SQL takes the old values for times in the time zone of this session: correct that if they are not.' ELSE '' END
			|| CASE WHEN c.views IS NOT NULL THEN format(' First drop, and afterwards make again: %s; the SQL for in between is in advisor.column_types.', array_to_string(c.views, ', ')) ELSE '' END
			|| CASE WHEN c.ddl IS NOT NULL AND c.undo_ddl IS NULL THEN ' It cannot be undone exactly.' ELSE '' END,
		remedy_sql => CASE WHEN c.views IS NULL THEN c.ddl END,
		undo_sql => CASE WHEN c.views IS NULL THEN c.undo_ddl END,
		remedy_lock => CASE WHEN c.ddl IS NOT NULL THEN 'AccessExclusiveLock' END,
		confidence => CASE c.severity WHEN 'info' THEN 50 ELSE 80 END,
		queryid => c.queryid) f
-- that json can neither be compared nor grouped concerns nobody who does not
WHERE NOT (c.problem = 'json' AND c.severity = 'info')

UNION ALL
SELECT f.*
FROM advisor.unused_columns c
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'unused_column', category => 'schema', parts => ARRAY[c.schemaname, c.relname, c.attname],
		severity => CASE WHEN c.is_proved THEN 'low' ELSE 'info' END,
		object => c."column",
		title => format('%s is null in each row%s', c."column", CASE WHEN c.rows IS NULL THEN '' ELSE format(' of %s', advisor._count(c.rows)) END),
		detail => format('%s. No index, constraint or view uses it; functions and programs were not looked at. Nulls take a bit each, so what is saved is little space and some thought.',
			upper(left(c.proof, 1)) || substr(c.proof, 2)),
		evidence => jsonb_build_object('rows', c.rows, 'proof', c.proof, 'is_proved', c.is_proved, 'type', c.column_type),
		remedy => CASE WHEN c.is_proved THEN 'Drop the column, if no program names it. The SQL looks again before. It cannot be undone, other than by adding an empty column as the last one.'
			ELSE 'Count the values: 0 is the proof. advisor.unused_columns has the SQL that drops the column.' END,
		remedy_sql => CASE WHEN c.is_proved THEN c.ddl ELSE c.proving_sql END,
		remedy_lock => CASE WHEN c.is_proved THEN 'AccessExclusiveLock' ELSE 'AccessShareLock' END,
		confidence => CASE WHEN c.is_proved THEN 70 ELSE 40 END) f
WHERE c.kind = 'all null' AND c.used_by IS NULL

UNION ALL
SELECT f.*
FROM advisor._not_valid_constraints c
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'constraint_not_valid', category => 'schema', parts => ARRAY[c.schemaname, c.relname, c.name],
		severity => 'low',
		object => c.object || '.' || c.ident,
		title => format('Constraint %s of %s was never validated', c.ident, c.object),
		detail => coalesce(c.definition || '. ', '') || format('New rows are held to it, older ones never were, so nobody can rely on it, and the planner does not. Whether a row violates it was not looked at.'),
		evidence => jsonb_build_object('definition', c.definition, 'type', CASE c.contype WHEN 'f' THEN 'foreign key' WHEN 'c' THEN 'check' ELSE c.contype::text END),
		remedy => 'Validate it, which reads the table while others go on reading and writing. If that fails, there are rows to be corrected.',
		remedy_sql => format('ALTER TABLE %s VALIDATE CONSTRAINT %s;', c.object, c.ident),
		undo_sql => format(E'ALTER TABLE %s DROP CONSTRAINT %s;\nALTER TABLE %s ADD CONSTRAINT %s ', c.object, c.ident, c.object, c.ident) || c.definition || ';',
		remedy_lock => 'ShareUpdateExclusiveLock',
		confidence => 100) f

UNION ALL
SELECT f.*
FROM advisor._disabled_triggers t
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'disabled_trigger', category => 'schema', parts => ARRAY[t.schemaname, t.relname, t.name],
		severity => CASE WHEN t.is_foreign_key THEN 'high' ELSE 'low' END,
		object => t.object || '.' || quote_ident(t.name),
		title => CASE WHEN t.is_foreign_key THEN format('Foreign key %I of %s is not enforced: its triggers are disabled', t.name, t.object)
			ELSE format('Trigger %I of %s is disabled', t.name, t.object) END,
		detail => CASE WHEN t.is_foreign_key THEN 'Somebody disabled the triggers that a foreign key consists of (DISABLE TRIGGER ALL, as loading does) and did not enable them. The catalog goes on calling the key valid. Rows that violate it can be there already and were not looked at.'
			ELSE 'It exists and does nothing. Either it was forgotten after a load, or nobody needs it.' END,
		evidence => jsonb_build_object('tgenabled', 'D', 'foreign_key', t.is_foreign_key),
		remedy => CASE WHEN t.is_foreign_key THEN 'Enable them. That does not look at the rows that came in meanwhile: drop the key and add it again to have them checked.'
			ELSE 'Enable it, or drop it if nobody misses it.' END,
		remedy_sql => t.ddl,
		undo_sql => t.undo,
		remedy_lock => 'ShareRowExclusiveLock',
		confidence => CASE WHEN t.is_foreign_key THEN 98 ELSE 80 END) f

UNION ALL
SELECT f.*
FROM advisor._schema_tables t
	CROSS JOIN advisor._standbys s
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'unlogged_table', category => 'schema', parts => ARRAY[t.schemaname, t.relname],
		severity => CASE WHEN s.senders > 0 OR s.slots > 0 OR s.is_standby THEN 'medium' ELSE 'info' END,
		object => t.object,
		title => format('%s is unlogged: a crash empties it%s', t.object,
			CASE WHEN s.senders > 0 OR s.slots > 0 OR s.is_standby THEN ', and standbys do not have it' ELSE '' END),
		detail => format('Its rows (%s) are in no WAL: they are gone after a crash and after a failover, and are in no base backup. %s',
			CASE WHEN t.reltuples >= 0 THEN advisor._count(t.reltuples) || ' as last counted' ELSE 'never counted' END,
			CASE WHEN s.is_standby THEN 'Here, on a standby, it cannot be read.'
				WHEN s.senders > 0 OR s.slots > 0 THEN format('Connections that take WAL: %s, physical slots: %s.', s.senders, s.slots)
				ELSE 'No standby was seen.' END),
		evidence => jsonb_build_object('rows', NULLIF(t.reltuples, -1), 'senders', s.senders, 'physical_slots', s.slots, 'is_standby', s.is_standby),
		remedy => 'If the rows cannot be made again, make the table logged, which writes all of it to WAL and lets nobody read it meanwhile.',
		remedy_sql => format('ALTER TABLE %s SET LOGGED;', t.object),
		undo_sql => format('ALTER TABLE %s SET UNLOGGED;', t.object),
		remedy_lock => 'AccessExclusiveLock',
		confidence => 60) f
WHERE t.relpersistence = 'u' AND t.relkind = 'r'

UNION ALL
SELECT f.*
FROM advisor._nullable_foreign_keys k
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'nullable_composite_foreign_key', category => 'schema', parts => ARRAY[k.schemaname, k.relname, k.name],
		severity => 'info',
		object => k.object || '.' || k.ident,
		title => format('Foreign key %s of %s is not checked where one of its columns is null', k.ident, k.object),
		detail => format('%s. Of its columns, %s may be null, and with MATCH SIMPLE, the default, one null is enough for the other columns to refer to nothing.', k.definition, k.nullable),
		evidence => jsonb_build_object('definition', k.definition, 'columns', k.columns, 'nullable', k.nullable),
		remedy => 'Count the rows that are null in part. If they are a mistake, set the columns NOT NULL, or make the key MATCH FULL.',
		remedy_sql => format('SELECT count(*) AS unchecked FROM %s WHERE (%s) AND NOT (%s);', k.object, k.any_null, k.all_null),
		remedy_lock => 'AccessShareLock',
		confidence => 60) f

UNION ALL
SELECT f.*
FROM pg_extension e
	JOIN pg_available_extensions a ON a.name = e.extname AND a.default_version <> e.extversion
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'extension_update', category => 'schema', parts => ARRAY[e.extname::text],
		severity => 'info',
		object => 'extension ' || quote_ident(e.extname),
		title => format('Extension %I is at version %s, the server has %s', e.extname, e.extversion, a.default_version),
		detail => 'The library on disk is newer than the objects in this database: its corrections in SQL are missing here.',
		evidence => jsonb_build_object('installed', e.extversion, 'available', a.default_version),
		remedy => 'Update it, after reading its notes. That cannot be undone.',
		remedy_sql => format('ALTER EXTENSION %I UPDATE;', e.extname),
		remedy_lock => 'AccessExclusiveLock',
		confidence => 70) f

UNION ALL
SELECT f.*
FROM advisor._schema_functions p
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'security_definer_search_path', category => 'schema', parts => ARRAY[p.schemaname, p.proname, p.arguments],
		severity => 'medium',
		object => p.object,
		title => format('%s runs with the rights of %s in the search_path of its caller', p.object, p.owner),
		detail => format('It is SECURITY DEFINER, owned by %s%s, and sets no search_path. Who calls it decides which tables, functions and operators its names mean, with the owner''s rights. %s may call it.',
			p.owner, CASE WHEN p.owner_is_superuser THEN ', a superuser' ELSE '' END, CASE WHEN p.is_public THEN 'Everybody' ELSE 'Only who was granted EXECUTE' END),
		evidence => jsonb_build_object('owner', p.owner, 'owner_is_superuser', p.owner_is_superuser, 'public_execute', p.is_public),
		remedy => 'Pin its search_path, temporary objects last. If it needs other schemas, name them in the list.',
		remedy_sql => format('ALTER ROUTINE %s SET search_path = pg_catalog, %s, pg_temp;', p.object, p.schema_ident),
		undo_sql => format('ALTER ROUTINE %s RESET search_path;', p.object),
		confidence => 85) f

UNION ALL
SELECT f.*
FROM pg_namespace n
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'public_create', category => 'schema', parts => ARRAY[n.nspname::text],
		severity => 'medium',
		object => 'schema ' || quote_ident(n.nspname),
		title => format('Everybody may create objects in schema %I', n.nspname),
		detail => format('PUBLIC has CREATE on it. %s', CASE WHEN n.nspname = 'public' THEN 'It is in everybody''s search_path: who puts a function or an operator there has others call it, with their rights. From version 15 on new databases do not allow it; this one has been upgraded or changed.'
			ELSE 'Who has it in the search_path can be made to call what somebody else has put there.' END),
		evidence => jsonb_build_object('acl', n.nspacl::text),
		remedy => 'Take the right away and grant it to the roles that need it.',
		remedy_sql => format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC;', n.nspname),
		undo_sql => format('GRANT CREATE ON SCHEMA %I TO PUBLIC;', n.nspname),
		confidence => 90) f
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
	AND EXISTS (SELECT FROM aclexplode(n.nspacl) a WHERE a.grantee = 0 AND a.privilege_type = 'CREATE');
COMMENT ON VIEW advisor.schema_findings IS
	'mistakes in definitions of tables and functions, and keys that run out; rows are of type advisor.finding';

CREATE FUNCTION advisor._schema_skips() RETURNS TABLE (check_id text, reason text)
	LANGUAGE sql VOLATILE PARALLEL SAFE COST 10000 ROWS 10
BEGIN ATOMIC
	WITH state AS MATERIALIZED (
		SELECT count(*) FILTER (WHERE NOT s.visible) AS invisible,
			count(*) FILTER (WHERE s.visible AND s.last_value IS NULL) AS unread
		FROM advisor._sequences() s
			JOIN pg_class c ON c.oid = s.seqid
		-- that of our own log is nobody's concern
		WHERE c.relnamespace <> 'advisor'::regnamespace
	)
	SELECT 'key_exhaustion', format('%s sequences may not be read: that takes membership in pg_monitor, or USAGE or SELECT on them', s.invisible)
	FROM state s WHERE s.invisible > 0
	UNION ALL
	SELECT 'key_exhaustion', format('%s sequences could not be read just now: they are locked, or unlogged on a standby', s.unread)
	FROM state s WHERE s.unread > 0
	UNION ALL
	SELECT 'column_type', 'what statements do with columns is not captured: advisor is not in shared_preload_libraries'
	WHERE NOT advisor._is_preloaded()
	UNION ALL
	SELECT 'unused_column', 'a standby does not know what has changed since ANALYZE, so nothing is proved here'
	WHERE pg_is_in_recovery()
	UNION ALL
	SELECT 'unused_column', 'statistics of all columns are for members of pg_monitor; seen are those of columns that you may select'
	WHERE NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE');
END;
COMMENT ON FUNCTION advisor._schema_skips() IS
	'checks of this group that could not see everything just now, and why';

CREATE FUNCTION advisor._schema_checks() RETURNS TABLE (
	check_id text, category text, title text, looks_at text, settings text[], needs text, page text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10 ROWS 20
BEGIN ATOMIC
	SELECT * FROM (VALUES
		('key_exhaustion', 'schema', 'A key runs out of numbers',
			'How far each sequence has got towards the narrowest limit on its way, and when it will be there.',
			ARRAY['key_percent', 'key_high_percent', 'key_critical_percent', 'key_days', 'key_high_days', 'key_critical_days'], 'pg_monitor; advisor.observe() now and then',
$page$What it looks at
The last value of each sequence (serial, identity, owned, or used in the default of a column),
read without waiting for locks, and three limits: the range of the sequence itself, the type
of the columns it feeds, and the types of columns that refer to these by foreign keys, over
any number of tables. The nearest one counts.

Why it matters
After the last number each INSERT fails, without warning and for all clients at once. Making a
column of a large table bigint then takes hours in which nobody can use it.

How it decides
used_percent = (last value - first) / (limit - first), where first is 1, or where the sequence
starts if that is less; for sequences that count downwards the same in the other direction.
The rate is that of the oldest row of advisor.observations within history_days (at least an hour
old). Without one: rows inserted since the statistics of the database were reset (at least a day
ago), or rows of captured INSERTs (at least an hour, and if 0.1 % of a key is used). Rate and
numbers left give the date.
Severity by key_percent, key_high_percent, key_critical_percent or by key_days, key_high_days,
key_critical_days, whichever is worse; less than a day of observation makes at most medium of a
forecast. A sequence that cycles into a unique index is low.

When it is wrong
A load of many rows just now looks like a rate: observe longer. Integer keys that no sequence
feeds (numbered by programs) are not seen: their largest value is data, not a statistic. Gaps
are not given back, so a table can be small and its key at the end all the same.

What to do
ALTER TABLE ... ALTER COLUMN ... TYPE bigint: rewrites table and indexes under
AccessExclusiveLock. Undone by TYPE integer while all values fit. For large tables:
  1. ALTER TABLE t ADD COLUMN id_new bigint;                          (an instant)
  2. a trigger BEFORE INSERT OR UPDATE that sets id_new := id;
  3. UPDATE t SET id_new = id WHERE id BETWEEN ...; in batches, VACUUM in between;
  4. ALTER TABLE t ADD CONSTRAINT n CHECK (id_new IS NOT NULL) NOT VALID; VALIDATE CONSTRAINT n;
  5. CREATE UNIQUE INDEX CONCURRENTLY ... ON t (id_new);
  6. in one short transaction: drop the trigger and the old key, rename the columns, hand over
  the
     sequence (ALTER SEQUENCE ... OWNED BY, AS bigint, and the default), ADD PRIMARY KEY USING
     INDEX.
The same for each referring column, and those first. If there is no time at all, a sequence that
starts at the lower end of the type (RESTART WITH -2147483648, with MINVALUE) buys as much
again.$page$),
		('no_primary_key', 'schema', 'A table has no primary key',
			'Tables without a primary key, a partitioned table once, and what could be the key.',
			ARRAY['no_key_mb'], 'nothing',
$page$What it looks at
Tables that belong neither to the system nor to an extension, without a primary key; unique
indexes on columns that are never null; columns numbered by a sequence; publications and the
replica identity.

Why it matters
Without a key the same row can be there twice, and nothing can change or delete only one of
them. Logical replication identifies rows by the replica identity, by default the primary key:
in a published table without one, UPDATE and DELETE fail.

How it decides
high: a publication sends updates or deletes and there is no replica identity. medium: published
with replica identity FULL, or larger than no_key_mb. low: others. info: empty tables, and
those with a unique constraint on columns that are never null, which lack the name only.
Partitioned tables whose partitions all have a key of their own are left alone.

When it is wrong
Logs and staging tables that are only appended to and thrown away need no key, unless they are
replicated. Suppress those: SELECT advisor.suppress('log table', finding_key => ...).

What to do
A unique index becomes the key at once: ALTER TABLE ... ADD PRIMARY KEY USING INDEX (an
instant of AccessExclusiveLock). Otherwise build one first with CREATE UNIQUE INDEX
CONCURRENTLY, which fails if there are duplicates. Undo: DROP CONSTRAINT, and the index again
if there was one.$page$),
		('column_type', 'schema', 'A column has a type that hurts',
			'Columns of types that waste space, mislead comparisons or stand in the way of an upgrade.',
			ARRAY['char_length'], 'pg_monitor for what captured statements of others and statistics show',
$page$What it looks at
Types of columns beside what shows that they hurt: widths from ANALYZE, defaults, casts in the
conditions of captured statements, other columns of the table.

Why it matters
uuid_text: UUIDs as text take 37 bytes instead of 16, in each index again. text_compared_as:
numbers or dates kept as text are converted for each row and served by no index. char_padded:
char(n) stores blanks, which count in some comparisons and not in others. timestamp_mixed:
comparing timestamps with and without time zone depends on the session. timetz: offsets
without a date. money: depends on lc_monetary. float_money, float_equal: binary fractions are
not what was written. json: parsed for each row, no index, no equality. reg_type: pg_upgrade
refuses it. large_object: left behind.

How it decides
A finding of severity low or medium has more evidence than the type: casts in captured
statements, the other columns, the widths. What rests on a name only (price, amount, total,
...) is info. char(n) with n below char_length is taken for a code, as country codes are,
unless statements cast it. varchar(n) is no finding. A column has one finding, of the problem
that says most.

When it is wrong
Names mislead; so do widths: any text of 36 letters is as wide as a UUID. Programs that rely
on the type (drivers that map it) are not seen. Local times that mean no moment (opening
hours) are rightly without time zone.

What to do
ALTER TABLE ... ALTER COLUMN ... TYPE ... USING ...: rewrites the table and its indexes under
AccessExclusiveLock, and fails if a value cannot be converted. Columns of foreign keys change
with the other side only, so there is no SQL for them. For large tables: a new column, filled
in batches, as in advisor.explain_check('key_exhaustion').$page$),
		('unused_column', 'schema', 'A column has no value in any row',
			'Columns that are null in every row, as ANALYZE saw, and that nothing in the catalog uses.',
			ARRAY['unused_column_rows'], 'pg_monitor',
$page$What it looks at
The share of nulls in the statistics of columns, whether ANALYZE read all rows or a sample,
what has changed since, and what depends on the column: indexes, constraints, views, triggers,
policies.

Why it matters
Dead columns are carried along by each SELECT *, each copy and each reader of the schema. The
space is hardly worth a word: a null takes one bit.

How it decides
proved (low): ANALYZE takes 300 rows for each unit of the statistics target; if the table has
no more pages and rows, it has read all of them; and the counters know when that was and of no
change since. likely (info): the sample had nulls only. Tables of fewer than
unused_column_rows rows are not looked at. Columns with the same value in each row are in
advisor.unused_columns, but are no findings.

When it is wrong
A column can be new, or for a case that has not come up yet. Functions and programs that name
it are not seen. Changes of the last second, and of transactions still open, are not counted
yet: the SQL locks the table and looks once more before it drops.

What to do
The SQL of the finding. ALTER TABLE ... DROP COLUMN takes an instant of AccessExclusiveLock,
and has no undo but an empty column at the end of the table.$page$),
		('constraint_not_valid', 'schema', 'A constraint was never validated',
			'Check constraints and foreign keys that were added NOT VALID and left so.',
			'{}'::text[], 'nothing',
$page$What it looks at
pg_constraint.convalidated, without constraints of partitions that their parent has, and without
those that version 18 calls NOT ENFORCED.

Why it matters
NOT VALID is the first half of adding a constraint without a long lock. Without the second
half older rows may violate it: nobody can rely on it, the planner does not use it, and a dump
may not restore into a schema where it is valid.

How it decides
The catalog says so; there is no threshold. Rows are not read.

When it is wrong
Where older rows are known to violate it, and only new ones must not.

What to do
ALTER TABLE ... VALIDATE CONSTRAINT: reads the table under ShareUpdateExclusiveLock, so
reading and writing go on. Undo: drop it and add it again NOT VALID.$page$),
		('disabled_trigger', 'schema', 'A trigger is disabled',
			'Triggers that do not fire, among them those that foreign keys are made of.',
			'{}'::text[], 'nothing',
$page$What it looks at
pg_trigger.tgenabled = D. Triggers of partitions are those of their root.

Why it matters
Loading tools disable all triggers for speed; if they are interrupted, they stay disabled. For a
foreign key that means that nobody checks it, while psql goes on showing it.

How it decides
high if the triggers are those of a foreign key, low otherwise. Triggers that fire on replicas
only (ENABLE REPLICA) are meant so.

When it is wrong
While a load is running. A trigger that is disabled on purpose is better dropped, or
suppressed here.

What to do
ALTER TABLE ... ENABLE TRIGGER (ShareRowExclusiveLock, an instant). Rows that came in
meanwhile stay unchecked: to check them, drop the foreign key and add it again, NOT VALID and
then VALIDATE. Undo: DISABLE TRIGGER.$page$),
		('unlogged_table', 'schema', 'A table is not in the WAL',
			'Unlogged tables, and whether there are standbys that lack them.',
			'{}'::text[], 'nothing',
$page$What it looks at
Tables whose persistence is unlogged; connections of standbys, physical replication slots, and
whether this server is a standby.

Why it matters
They are emptied after a crash, are missing from base backups, and are empty after a failover.

How it decides
medium if there is a sign of a standby, info if not.

When it is wrong
Caches and staging tables are rightly unlogged.

What to do
ALTER TABLE ... SET LOGGED rewrites the table and writes it to WAL under AccessExclusiveLock.
Undo: SET UNLOGGED.$page$),
		('nullable_composite_foreign_key', 'schema', 'A foreign key has a hole',
			'Foreign keys of several columns of which some may be null.',
			'{}'::text[], 'nothing',
$page$What it looks at
Foreign keys with more than one column, MATCH SIMPLE, and a column without NOT NULL.

Why it matters
MATCH SIMPLE, the default, does not check a row in which one of the columns is null: the
others may refer to nothing. Few who write such a key know that.

How it decides
The catalog says so; always info, as rows are not read.

When it is wrong
Where a null in one column is meant to say that there is no reference.

What to do
Count the rows with the SQL of the finding. Set the columns NOT NULL, or make the key MATCH
FULL: then all or none are null. MATCH FULL means adding the key again, NOT VALID and then
VALIDATE.$page$),
		('extension_update', 'schema', 'An extension can be updated',
			'Extensions whose files on disk are newer than their objects in this database.',
			'{}'::text[], 'nothing',
$page$What it looks at
pg_extension.extversion and the default version in the control file on disk.

Why it matters
Packages bring new libraries; the objects in each database stay what they were until told.
Corrections, among them of security, that are in the SQL do not arrive.

How it decides
The versions differ; always info.

When it is wrong
An older version can be wanted. There may be no update path between the two.

What to do
ALTER EXTENSION ... UPDATE, in each database; locks are those of its script. It cannot be
undone.$page$),
		('security_definer_search_path', 'schema', 'A function trusts its callers search_path',
			'SECURITY DEFINER functions that do not set search_path.',
			'{}'::text[], 'nothing',
$page$What it looks at
Functions and procedures with the owner's rights, in languages that resolve names when they
run, without a search_path of their own, and outside of extensions.

Why it matters
The caller sets search_path, and with it what unqualified names and operators in the function
mean. Who can create a function anywhere can so run it with the owner's rights (CVE-2018-1058
is of this kind).

How it decides
The catalog says so: medium.

When it is wrong
Where every name and every operator in the body is qualified. Bodies written out in SQL (BEGIN
ATOMIC) have been resolved already and are left alone.

What to do
ALTER ROUTINE ... SET search_path = pg_catalog, ..., pg_temp, with pg_temp last: left out it
would come first. No lock on tables. Undo: RESET search_path.$page$),
		('public_create', 'schema', 'Everybody may create objects in a schema',
			'Schemas on which PUBLIC has the right CREATE.',
			'{}'::text[], 'nothing',
$page$What it looks at
The rights on schemas outside of the system.

Why it matters
Who may create functions and operators in a schema that is in the search_path of others makes
them call these, with their rights. Schema public was so before version 15, and upgrades keep
that.

How it decides
The catalog says so: medium.

When it is wrong
A scratch schema that is in nobody's search_path.

What to do
REVOKE CREATE ON SCHEMA ... FROM PUBLIC, and GRANT it to the roles that need it. Undo: GRANT.$page$)
	) c(check_id, category, title, looks_at, settings, needs, page);
END;
COMMENT ON FUNCTION advisor._schema_checks() IS
	'the checks of this group; see view advisor.checks';

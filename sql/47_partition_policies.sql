/*
 * 47_partition_policies: how a partitioned table is to be maintained, what was
 * done, and what is still to be done with partitions that are out of use.
 * Needs 45_partitions and 46_partition_keys.
 *
 * Owners keep the policies of their tables themselves: row security takes the
 * place of functions with other rights.
 */

CREATE TABLE advisor.partition_policies (
	parent regclass PRIMARY KEY,
	step text,
	key_unit text NOT NULL DEFAULT 'value'
		CHECK (key_unit IN ('value', 'seconds', 'milliseconds', 'microseconds', 'nanoseconds', 'uuidv7')),
	anchor text,
	time_zone text NOT NULL DEFAULT 'UTC',
	premake integer NOT NULL DEFAULT 4 CHECK (premake BETWEEN 0 AND 10000),
	retention text,
	retention_action text NOT NULL DEFAULT 'detach' CHECK (retention_action IN ('detach', 'archive', 'drop')),
	detach_concurrently boolean NOT NULL DEFAULT false,
	archive_schema name,
	min_keep integer NOT NULL DEFAULT 1 CHECK (min_keep >= 0),
	backup text NOT NULL DEFAULT 'none' CHECK (backup ~ '^(none|(schema|csv|binary|program|hook):.+)$'),
	default_action text NOT NULL DEFAULT 'report' CHECK (default_action IN ('report', 'move', 'adopt')),
	batch_rows integer NOT NULL DEFAULT 50000 CHECK (batch_rows > 0),
	max_past interval,
	max_future interval NOT NULL DEFAULT '10 years',
	template regclass,
	subpartition_by text,
	subpartition_bounds text[],
	subpartition_step text,
	subpartition_premake integer CHECK (subpartition_premake BETWEEN 0 AND 10000),
	lock_timeout integer NOT NULL DEFAULT 2000 CHECK (lock_timeout > 0),
	lock_attempts integer NOT NULL DEFAULT 5 CHECK (lock_attempts BETWEEN 1 AND 1000),
	analyze_parent boolean NOT NULL DEFAULT true,
	run_order integer NOT NULL DEFAULT 0,
	enabled boolean NOT NULL DEFAULT true,
	created_at timestamptz NOT NULL DEFAULT now(),
	CHECK (archive_schema IS NOT NULL OR retention_action <> 'archive')
);
COMMENT ON TABLE advisor.partition_policies IS
	'how partitioned tables are maintained by advisor.maintain_partitions(); each owner sees and changes the policies of his tables';
COMMENT ON COLUMN advisor.partition_policies.parent IS 'the partitioned table';
COMMENT ON COLUMN advisor.partition_policies.step IS 'width of a partition: an interval for times, a number for others; null where none are created ahead (list, hash)';
COMMENT ON COLUMN advisor.partition_policies.key_unit IS 'what the key means: value (itself), seconds, milliseconds, microseconds or nanoseconds since 1970, or uuidv7';
COMMENT ON COLUMN advisor.partition_policies.anchor IS 'a border between two partitions: local time in time_zone, or a number; the others are so many steps from it';
COMMENT ON COLUMN advisor.partition_policies.time_zone IS 'in which days and months begin at midnight, and in which now is told for keys without time zone';
COMMENT ON COLUMN advisor.partition_policies.premake IS 'number of partitions after the current one';
COMMENT ON COLUMN advisor.partition_policies.retention IS 'how much is kept, an interval for times, else a number; null is all';
COMMENT ON COLUMN advisor.partition_policies.retention_action IS 'what becomes of older partitions: detach (they stay as tables), archive (and go to archive_schema), drop';
COMMENT ON COLUMN advisor.partition_policies.detach_concurrently IS 'detach without a lock that stops readers, which takes a background worker and no default partition';
COMMENT ON COLUMN advisor.partition_policies.archive_schema IS 'schema of archived partitions';
COMMENT ON COLUMN advisor.partition_policies.min_keep IS 'number of partitions that are kept however old they are';
COMMENT ON COLUMN advisor.partition_policies.backup IS 'what is done, and verified, before a partition is dropped: none, schema:NAME, csv:DIRECTORY, binary:DIRECTORY, program:COMMAND, hook:FUNCTION';
COMMENT ON COLUMN advisor.partition_policies.default_action IS 'what becomes of rows in the default partition: report (nothing), move, adopt (the default becomes a partition)';
COMMENT ON COLUMN advisor.partition_policies.batch_rows IS 'rows moved in one transaction';
COMMENT ON COLUMN advisor.partition_policies.max_past IS 'rows in the default partition that are older stay there; null is without limit';
COMMENT ON COLUMN advisor.partition_policies.max_future IS 'rows in the default partition that are further ahead stay there; of numbers, those beyond the partitions made ahead';
COMMENT ON COLUMN advisor.partition_policies.template IS 'table whose storage, options and additional indexes new partitions get; null is the newest partition, without indexes';
COMMENT ON COLUMN advisor.partition_policies.subpartition_by IS 'what new partitions are partitioned by themselves, as in CREATE TABLE; null is as the newest partition';
COMMENT ON COLUMN advisor.partition_policies.subpartition_bounds IS 'bounds of the partitions of new partitions, as in CREATE TABLE: FOR VALUES ... or DEFAULT';
COMMENT ON COLUMN advisor.partition_policies.subpartition_step IS 'width of the partitions of new partitions that are partitioned by range; these get a policy with it';
COMMENT ON COLUMN advisor.partition_policies.subpartition_premake IS 'premake of that policy';
COMMENT ON COLUMN advisor.partition_policies.lock_timeout IS 'how long to wait for a lock, in ms';
COMMENT ON COLUMN advisor.partition_policies.lock_attempts IS 'how often to try before the next run is waited for';
COMMENT ON COLUMN advisor.partition_policies.analyze_parent IS 'analyze the table after partitions came or went: autovacuum does not';
COMMENT ON COLUMN advisor.partition_policies.run_order IS 'lower first; among equals, tables that reference others first';
COMMENT ON COLUMN advisor.partition_policies.enabled IS 'false leaves it alone';
COMMENT ON COLUMN advisor.partition_policies.created_at IS 'since when there is a policy: maintenance can be overdue since then only';
SELECT pg_extension_config_dump('advisor.partition_policies', 'WHERE parent IN (SELECT oid FROM pg_catalog.pg_class)');

CREATE FUNCTION advisor._owns(relation oid) RETURNS boolean
	AS 'MODULE_PATHNAME', 'advisor_owns'
	LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION advisor._owns(oid) IS
	'has the current role the rights of the owner of a relation? If it is gone, of the owner of the database';

ALTER TABLE advisor.partition_policies ENABLE ROW LEVEL SECURITY;
CREATE POLICY owners ON advisor.partition_policies USING (advisor._owns(parent));
COMMENT ON POLICY owners ON advisor.partition_policies IS
	'a policy is its table''s owner''s';

CREATE TYPE advisor.partition_action AS (
	parent regclass,
	partition text,
	lower text,
	upper text,
	action text,
	status text,
	rows bigint,
	sqlstate text,
	detail text,
	sql text);
COMMENT ON TYPE advisor.partition_action IS
	'something to be done, or done, with a partition: bounds, what (create, attach, detach, archive, backup, drop, move, adopt, analyze and others), status (planned, done, exists, kept, skipped, blocked, lock_timeout, error), and its SQL';

CREATE TABLE advisor.partition_log (
	log_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	logged_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	run_started timestamptz NOT NULL,
	role name NOT NULL DEFAULT current_user,
	parent oid NOT NULL,
	parent_name text NOT NULL,
	partition text,
	lower text,
	upper text,
	action text NOT NULL,
	status text NOT NULL,
	rows bigint,
	duration_ms float8,
	sqlstate text,
	detail text,
	sql text
);
CREATE INDEX ON advisor.partition_log (parent, logged_at);
CREATE INDEX ON advisor.partition_log (logged_at);
COMMENT ON TABLE advisor.partition_log IS
	'everything that maintenance of partitions has done or tried, with the SQL; owners see the rows of their tables';
COMMENT ON COLUMN advisor.partition_log.log_id IS 'order of the rows';
COMMENT ON COLUMN advisor.partition_log.logged_at IS 'when it was done';
COMMENT ON COLUMN advisor.partition_log.run_started IS 'when the call that did it began';
COMMENT ON COLUMN advisor.partition_log.role IS 'who called it';
COMMENT ON COLUMN advisor.partition_log.parent IS 'oid of the partitioned table';
COMMENT ON COLUMN advisor.partition_log.parent_name IS 'its name at that time, qualified and quoted';
COMMENT ON COLUMN advisor.partition_log.partition IS 'name of the partition, qualified and quoted';
COMMENT ON COLUMN advisor.partition_log.lower IS 'its lower bound';
COMMENT ON COLUMN advisor.partition_log.upper IS 'its upper bound';
COMMENT ON COLUMN advisor.partition_log.action IS 'what was done; run is a whole run for a table';
COMMENT ON COLUMN advisor.partition_log.status IS 'what came of it, as in advisor.partition_action';
COMMENT ON COLUMN advisor.partition_log.rows IS 'rows moved or backed up';
COMMENT ON COLUMN advisor.partition_log.duration_ms IS 'how long it took, in ms, waiting for locks included';
COMMENT ON COLUMN advisor.partition_log.sqlstate IS 'of the error, if it failed';
COMMENT ON COLUMN advisor.partition_log.detail IS 'the error, or what there is to say';
COMMENT ON COLUMN advisor.partition_log.sql IS 'the statements';

ALTER TABLE advisor.partition_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON advisor.partition_log FOR SELECT
	USING (advisor._owns(parent) OR pg_has_role('pg_read_all_stats', 'USAGE'));
COMMENT ON POLICY readers ON advisor.partition_log IS 'owners read of their tables, members of pg_read_all_stats all';
CREATE POLICY writers ON advisor.partition_log FOR INSERT
	WITH CHECK (role = current_user AND advisor._owns(parent));
COMMENT ON POLICY writers ON advisor.partition_log IS 'owners write of their tables, in their own name';
CREATE POLICY pruners ON advisor.partition_log FOR DELETE USING (advisor._owns(parent));
COMMENT ON POLICY pruners ON advisor.partition_log IS 'owners forget of their tables';

-- Between detaching and dropping there is a backup that can fail; what is to be
-- done with a detached partition must survive that, and the end of the session.
CREATE TABLE advisor.retired_partitions (
	partition regclass PRIMARY KEY,
	parent oid NOT NULL,
	parent_name text NOT NULL,
	lower text,
	upper text,
	retired_at timestamptz NOT NULL DEFAULT now(),
	action text NOT NULL CHECK (action IN ('keep', 'archive', 'drop')),
	archive_schema name,
	backup text NOT NULL DEFAULT 'none',
	backup_location text,
	backup_rows bigint,
	backed_up_at timestamptz,
	last_error text
);
COMMENT ON TABLE advisor.retired_partitions IS
	'partitions that have been detached and wait for their backup, archive or end; maintenance goes on with them';
COMMENT ON COLUMN advisor.retired_partitions.partition IS 'the table that was a partition';
COMMENT ON COLUMN advisor.retired_partitions.parent IS 'oid of the table that it was a partition of';
COMMENT ON COLUMN advisor.retired_partitions.parent_name IS 'its name at that time';
COMMENT ON COLUMN advisor.retired_partitions.lower IS 'the lower bound it had';
COMMENT ON COLUMN advisor.retired_partitions.upper IS 'the upper bound it had';
COMMENT ON COLUMN advisor.retired_partitions.retired_at IS 'when it was detached';
COMMENT ON COLUMN advisor.retired_partitions.action IS 'what it waits for: archive, drop, or, after its backup, nothing (keep)';
COMMENT ON COLUMN advisor.retired_partitions.archive_schema IS 'where it will go';
COMMENT ON COLUMN advisor.retired_partitions.backup IS 'backup that must succeed before, as in advisor.partition_policies; another one that is registered takes its place, none does not';
COMMENT ON COLUMN advisor.retired_partitions.backup_location IS 'where the backup is';
COMMENT ON COLUMN advisor.retired_partitions.backup_rows IS 'rows in the backup, which are those that the table had';
COMMENT ON COLUMN advisor.retired_partitions.backed_up_at IS 'when the backup was verified; null if there is none yet';
COMMENT ON COLUMN advisor.retired_partitions.last_error IS 'why the last attempt failed';
SELECT pg_extension_config_dump('advisor.retired_partitions', 'WHERE partition IN (SELECT oid FROM pg_catalog.pg_class)');
ALTER TABLE advisor.retired_partitions ENABLE ROW LEVEL SECURITY;
-- Maintenance of the parent goes on with it, so nobody gives it to a stranger's.
CREATE POLICY owners ON advisor.retired_partitions USING (advisor._owns(partition))
	WITH CHECK (advisor._owns(partition) AND (advisor._owns(parent) OR NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = parent)));
COMMENT ON POLICY owners ON advisor.retired_partitions IS 'a retired partition is its owner''s';

CREATE FUNCTION advisor._quoted_name(relation oid) RETURNS text
	AS 'MODULE_PATHNAME', 'advisor_quoted_name'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION advisor._quoted_name(oid) IS
	'name of a relation, qualified and quoted whatever the search_path';

-- What an error makes of an action
CREATE FUNCTION advisor._failed(action advisor.partition_action, sqlstate text, message text, more text)
	RETURNS advisor.partition_action
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	action.rows := NULL;
	action.sqlstate := sqlstate;
	action.status := CASE
		WHEN sqlstate IN ('55P03', '40P01') THEN 'lock_timeout'
		-- rows reference it, or views are made of it: it stays, and that is no failure
		WHEN sqlstate = '23503' AND action.action LIKE 'detach%' OR sqlstate = '2BP01' AND action.action = 'drop' THEN 'kept'
		ELSE 'error' END;
	action.detail := concat_ws(': ', message, nullif(more, ''));
	RETURN action;
END
$$;
COMMENT ON FUNCTION advisor._failed(advisor.partition_action, text, text, text) IS
	'an action with the status that an error gives it';

-- One action, alone in a subtransaction: an error or a lock that cannot be had
-- becomes its status, and the caller goes on.
CREATE FUNCTION advisor._perform(
	action advisor.partition_action,
	lock_timeout integer DEFAULT 2000,
	replica boolean DEFAULT false)
	RETURNS advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	message text;
	more text;
BEGIN
	action.rows := (advisor._run_as_owner(action.parent, action.sql, lock_timeout, replica)).rows;
	action.status := 'done';
	RETURN action;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, more = PG_EXCEPTION_DETAIL;
	RETURN advisor._failed(action, SQLSTATE, message, more);
END
$$;
COMMENT ON FUNCTION advisor._perform(advisor.partition_action, integer, boolean) IS
	'runs the SQL of an action as the owner of its parent, and returns it with what came of it';

-- plpgsql keeps the plan: a thousand partitions are a thousand rows.
CREATE FUNCTION advisor._log_action(action advisor.partition_action, run_started timestamptz, began timestamptz DEFAULT NULL)
	RETURNS advisor.partition_action
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	INSERT INTO advisor.partition_log (run_started, parent, parent_name, partition, lower, upper, action, status, rows, duration_ms, sqlstate, detail, sql)
	VALUES (run_started, action.parent, coalesce(advisor._quoted_name(action.parent), action.parent::oid::text), action.partition,
		action.lower, action.upper, action.action, action.status, action.rows,
		extract(epoch FROM clock_timestamp() - began) * 1000, action.sqlstate, action.detail, action.sql);
	RETURN action;
END
$$;
COMMENT ON FUNCTION advisor._log_action(advisor.partition_action, timestamptz, timestamptz) IS
	'writes an action to advisor.partition_log, and returns it';

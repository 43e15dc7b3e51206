/*
 * 76_redundant_indexes: indexes that another one makes superfluous, and foreign
 * keys that no index serves.  Needs 30_plans, 40_findings and 42_observations.
 */

INSERT INTO advisor.settings (name, value, unit, minimum, maximum, description) VALUES
	('redundant_index_ratio', 4, 'times', 1, 1000, 'a redundant index stays if the one that covers it is so many times as large and less used'),
	('redundant_index_large_mb', 100, 'MB', 0, 1e9, 'from this size on, a redundant index is of medium severity'),
	('foreign_key_min_mb', 1, 'MB', 0, 1e9, 'foreign keys of smaller tables need no index');

CREATE FUNCTION advisor._redundant_indexes(
	OUT indexrelid oid,
	OUT covered_by oid,
	OUT kind text,
	OUT attached boolean,
	OUT same_rows boolean,
	OUT same_storage boolean)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_redundant_indexes'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100000 ROWS 1000;
COMMENT ON FUNCTION advisor._redundant_indexes() IS
	'all pairs of indexes of which the second can do what the first does; exact twins in both directions';

CREATE FUNCTION advisor._unindexed_foreign_keys(
	OUT conid oid,
	OUT near oid,
	OUT lack text,
	OUT ddl text,
	OUT undo_ddl text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_unindexed_foreign_keys'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100000 ROWS 1000;
COMMENT ON FUNCTION advisor._unindexed_foreign_keys() IS
	'foreign keys whose referencing rows no index finds, the index that comes nearest and what it lacks';

CREATE FUNCTION advisor._definition_of_index(indexrelid oid) RETURNS text
	AS 'MODULE_PATHNAME', 'advisor_definition_of_index'
	LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION advisor._definition_of_index(oid) IS
	'pg_get_indexdef() without waiting for a lock: null if the table is locked, or the index gone';

CREATE FUNCTION advisor._text_of_expression(expression pg_node_tree, relid oid) RETURNS text
	AS 'MODULE_PATHNAME', 'advisor_text_of_expression'
	LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION advisor._text_of_expression(pg_node_tree, oid) IS
	'pg_get_expr() without waiting for a lock: null if the table is locked, or gone';

CREATE FUNCTION advisor._definition_of_index_column(indexrelid oid, number integer) RETURNS text
	AS 'MODULE_PATHNAME', 'advisor_definition_of_index_column'
	LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION advisor._definition_of_index_column(oid, integer) IS
	'a column of an index, without waiting for a lock: null if the table is locked, or the index gone';

CREATE FUNCTION advisor._definition_of_constraint(conid oid) RETURNS text
	AS 'MODULE_PATHNAME', 'advisor_definition_of_constraint'
	LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION advisor._definition_of_constraint(oid) IS
	'pg_get_constraintdef() without waiting for a lock: null if the table is locked, or the constraint gone';

-- What is qualified in a constraint's definition depends on the search path.  What
-- belongs to a partitioned index is made first by itself, which blocks nobody; only
-- a constraint makes the parts of its index itself.
CREATE FUNCTION advisor._index_script(indexrelid oid) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 10000
	SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH RECURSIVE tree AS (
		SELECT _index_script.indexrelid AS oid, NULL::oid AS parent, 0 AS level
		UNION ALL
		SELECT h.inhrelid, h.inhparent, t.level + 1
		FROM tree t JOIN pg_inherits h ON h.inhparent = t.oid
		WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = _index_script.indexrelid AND k.contype IN ('p', 'u', 'x'))
	), parts AS (
		SELECT p.level, format('%I.%I', n.nspname, c.relname) AS name, d.definition,
			concat_ws(E'\n',
				-- the definition says nothing of these; built elsewhere, it would have to be moved under a strong lock
				CASE WHEN s.oid IS NOT NULL AND (c.relkind = 'i' OR con.oid IS NULL) THEN format('SET default_tablespace = %I;', s.spcname) END,
				CASE WHEN c.relkind = 'I' AND con.oid IS NULL THEN d.definition || ';'
					WHEN c.relkind = 'i' THEN regexp_replace(d.definition, '^CREATE (UNIQUE )?INDEX ', 'CREATE \1INDEX CONCURRENTLY ') || ';' END,
				CASE WHEN s.oid IS NOT NULL AND (c.relkind = 'i' OR con.oid IS NULL) THEN 'RESET default_tablespace;' END,
				CASE WHEN con.oid IS NULL THEN NULL
					WHEN c.relkind = 'I' THEN format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s;', n.nspname, t.relname, con.conname, pg_get_constraintdef(con.oid))
					ELSE format('ALTER TABLE %I.%I ADD CONSTRAINT %I UNIQUE USING INDEX %I%s;', n.nspname, t.relname, con.conname, c.relname,
						CASE WHEN con.condeferred THEN ' DEFERRABLE INITIALLY DEFERRED' WHEN con.condeferrable THEN ' DEFERRABLE' END) END,
				CASE WHEN s.oid IS NOT NULL AND c.relkind = 'I' AND con.oid IS NOT NULL THEN format('ALTER INDEX %I.%I SET TABLESPACE %I;', n.nspname, c.relname, s.spcname) END,
				(SELECT string_agg(format('ALTER INDEX %I.%I ALTER COLUMN %s SET STATISTICS %s;', n.nspname, c.relname, a.attnum, a.attstattarget), E'\n' ORDER BY a.attnum)
					FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0 AND NOT a.attisdropped),
				(SELECT string_agg(format('ALTER INDEX %I.%I DEPENDS ON EXTENSION %I;', n.nspname, c.relname, e.extname), E'\n' ORDER BY e.extname)
					FROM pg_depend x JOIN pg_extension e ON e.oid = x.refobjid AND x.refclassid = 'pg_extension'::regclass
					WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'x'),
				CASE WHEN obj_description(con.oid, 'pg_constraint') <> '' THEN format('COMMENT ON CONSTRAINT %I ON %I.%I IS %L;',
					con.conname, n.nspname, t.relname, obj_description(con.oid, 'pg_constraint')) END,
				CASE WHEN obj_description(c.oid, 'pg_class') <> '' THEN format('COMMENT ON INDEX %I.%I IS %L;',
					n.nspname, c.relname, obj_description(c.oid, 'pg_class')) END) AS script,
			(SELECT format('ALTER INDEX %I.%I ATTACH PARTITION %I.%I;', rn.nspname, r.relname, n.nspname, c.relname)
				FROM pg_class r JOIN pg_namespace rn ON rn.oid = r.relnamespace WHERE r.oid = p.parent) AS attach
		FROM tree p
			JOIN pg_class c ON c.oid = p.oid
			JOIN pg_index i ON i.indexrelid = c.oid
			JOIN pg_class t ON t.oid = i.indrelid
			JOIN pg_namespace n ON n.oid = t.relnamespace
			CROSS JOIN LATERAL (SELECT advisor._definition_of_index(c.oid) AS definition) d
			LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
			LEFT JOIN pg_constraint con ON con.conindid = c.oid AND con.conrelid = t.oid AND con.contype IN ('p', 'u', 'x')
	)
	SELECT string_agg(p.script, E'\n' ORDER BY p.level, p.name)
		-- from below, so that each is complete when it is attached
		|| coalesce(E'\n' || string_agg(p.attach, E'\n' ORDER BY p.level DESC, p.name), '')
	FROM parts p
	HAVING bool_and(p.definition IS NOT NULL);
END;
COMMENT ON FUNCTION advisor._index_script(oid) IS
	'SQL that makes an index again as it is, with its partitions, constraint, tablespace, statistics targets and comment, the same for every search_path; null while a table is locked';

-- Pairs, and what decides which of a pair stays: a chain of redundant indexes
-- ends in one that does.  What cannot go stays; of twins the first in rank.
CREATE VIEW advisor._index_redundancy AS
WITH RECURSIVE pairs AS MATERIALIZED (
	SELECT * FROM advisor._redundant_indexes()
), trees AS (
	SELECT p.indexrelid AS root, p.indexrelid AS indexid FROM pairs p
	UNION
	SELECT p.covered_by, p.covered_by FROM pairs p
	UNION
	SELECT t.root, h.inhrelid FROM trees t JOIN pg_inherits h ON h.inhparent = t.indexid
), uses AS MATERIALIZED (
	SELECT u.indexid, sum(u.executions)::bigint AS executions
	FROM advisor._index_uses() u
		JOIN advisor._current_database() my USING (dbid)
	WHERE EXISTS (SELECT FROM pairs) AND advisor._is_preloaded()
	GROUP BY u.indexid
), sums AS MATERIALIZED (
	SELECT t.root, coalesce(sum(s.bytes), 0)::bigint AS bytes,
		CASE WHEN advisor._is_preloaded() THEN coalesce(sum(u.executions), 0)::bigint END AS executions
	FROM trees t
		LEFT JOIN advisor._relation_sizes() s ON s.relid = t.indexid
		LEFT JOIN uses u ON u.indexid = t.indexid
	GROUP BY t.root
), constraints AS MATERIALIZED (
	SELECT c.conindid,
		min(quote_ident(c.conname)) FILTER (WHERE c.contype IN ('p', 'u', 'x')) AS constraint_name,
		string_agg(DISTINCT quote_ident(c.conname), ', ') FILTER (WHERE c.contype = 'f' AND c.conparentid = 0) AS references_to_it
	FROM pg_constraint c
	WHERE c.conindid IN (SELECT s.root FROM sums s)
	GROUP BY c.conindid
), facts AS MATERIALIZED (
	SELECT i.indexrelid, i.indrelid, i.indisprimary, i.indisexclusion, i.indisreplident, i.indisclustered,
		c.relname, c.relkind = 'I' AS is_partitioned, c.relispartition, o.constraint_name, o.references_to_it, s.bytes, s.executions,
		i.indisprimary OR i.indisexclusion OR i.indisreplident OR i.indisclustered OR o.references_to_it IS NOT NULL AS stays,
		row_number() OVER (PARTITION BY i.indrelid ORDER BY c.relispartition DESC, i.indisprimary DESC,
			i.indisexclusion DESC, o.references_to_it IS NOT NULL DESC, i.indisreplident DESC, o.constraint_name IS NOT NULL DESC,
			i.indisclustered DESC, s.executions DESC, s.bytes, i.indexrelid) AS rank
	FROM sums s
		JOIN pg_index i ON i.indexrelid = s.root
		JOIN pg_class c ON c.oid = i.indexrelid
		LEFT JOIN constraints o ON o.conindid = i.indexrelid
), edges AS MATERIALIZED (
	SELECT p.*, d.stays, b.rank AS by_rank, b.bytes AS by_bytes, b.relispartition AS by_attached
	FROM pairs p
		JOIN facts d ON d.indexrelid = p.indexrelid
		JOIN facts b ON b.indexrelid = p.covered_by
	-- what is part of a partitioned index goes with it only, and nothing beside a
	-- primary key or exclusion constraint makes it worth a word
	WHERE NOT p.attached
		AND NOT d.indisprimary AND NOT d.indisexclusion
		AND (p.kind <> 'exact' OR b.rank < d.rank)
), going AS MATERIALIZED (
	SELECT DISTINCT e.indexrelid FROM edges e WHERE NOT e.stays
)
SELECT DISTINCT ON (e.indexrelid)
	d.indrelid, e.indexrelid, e.covered_by, e.kind, e.same_rows, e.same_storage, d.relname,
	b.relname AS by_relname, d.bytes, b.bytes AS by_bytes, d.executions, b.executions AS by_executions,
	d.indisreplident, d.indisclustered, d.is_partitioned, d.constraint_name, d.references_to_it
FROM edges e
	JOIN facts d ON d.indexrelid = e.indexrelid
	JOIN facts b ON b.indexrelid = e.covered_by
WHERE NOT EXISTS (SELECT FROM going g
	WHERE g.indexrelid = CASE WHEN e.by_attached THEN pg_partition_root(e.covered_by)::oid ELSE e.covered_by END)
ORDER BY e.indexrelid, NOT e.same_rows, NOT e.same_storage, e.kind <> 'exact', e.by_bytes, e.by_rank;
COMMENT ON VIEW advisor._index_redundancy IS
	'indexes that another one makes superfluous, which stays itself; and what stands against dropping them';

CREATE VIEW advisor.duplicate_indexes AS
WITH redundant AS MATERIALIZED (
	SELECT r.*, n.nspname, t.relname AS table_name, d.definition, advisor._definition_of_index(r.covered_by) AS by_definition,
		format('%I.%I', n.nspname, r.relname) AS index_name,
		format('%I.%I', n.nspname, t.relname) AS qualified_table,
		array_remove(ARRAY[
			CASE WHEN r.indisreplident THEN 'it is the replica identity of its table' END,
			CASE WHEN r.indisclustered THEN 'its table is clustered on it' END,
			'foreign keys refer to it: ' || r.references_to_it], NULL) AS reasons_to_keep,
		array_remove(ARRAY[
			'it belongs to a constraint, which goes with it: ' || r.constraint_name,
			CASE WHEN d.definition IS NULL THEN 'its table is locked at the moment, so how to make it again cannot be read' END,
			CASE WHEN NOT r.same_rows THEN 'it is partial and has fewer rows than the other one, so it may be smaller and cheaper to keep' END,
			CASE WHEN r.kind = 'hash' THEN CASE WHEN r.bytes < r.by_bytes THEN 'it is a hash index: smaller, and perhaps faster where only equality is asked for'
				ELSE 'it is a hash index: perhaps faster where only equality is asked for, though larger' END END,
			CASE WHEN NOT r.same_storage AND r.kind IN ('exact', 'unique') THEN 'its storage options or tablespace differ: one of both may be meant' END,
			CASE WHEN r.by_bytes >= (SELECT advisor._setting('redundant_index_ratio')) * r.bytes AND r.executions > r.by_executions
				THEN format('the other one is %s times as large, and this one was executed %s times against %s',
					advisor._count(round(r.by_bytes::float8 / NULLIF(r.bytes, 0))), advisor._count(r.executions), advisor._count(r.by_executions)) END
			], NULL) AS reasons_to_observe
	FROM advisor._index_redundancy r
		JOIN pg_class t ON t.oid = r.indrelid
		JOIN pg_namespace n ON n.oid = t.relnamespace
		CROSS JOIN LATERAL (SELECT advisor._definition_of_index(r.indexrelid) AS definition) d
	WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
		AND NOT EXISTS (SELECT FROM pg_depend e
			WHERE e.classid = 'pg_class'::regclass AND e.objid IN (r.indrelid, r.indexrelid) AND e.deptype = 'e')
)
SELECT
	r.nspname AS schemaname,
	r.table_name AS relname,
	r.relname AS indexrelname,
	r.indrelid AS relid,
	r.indexrelid,
	r.kind,
	r.by_relname AS covered_by,
	r.covered_by AS covered_by_indexrelid,
	r.bytes AS size,
	r.by_bytes AS covered_by_size,
	r.executions,
	r.by_executions AS covered_by_executions,
	i.stats_since AS executions_since,
	r.definition,
	r.by_definition AS covered_by_definition,
	CASE r.kind
		WHEN 'exact' THEN format('%I is the same index.', r.by_relname)
		WHEN 'prefix' THEN format('%I begins with its columns.', r.by_relname)
		WHEN 'unique' THEN format('%I is on the same and forbids duplicates as well.', r.by_relname)
		WHEN 'include' THEN format('%I finds the same rows and has all of its columns.', r.by_relname)
		WHEN 'partial' THEN format('%I is on the same and has all of its rows.', r.by_relname)
		ELSE format('%I is a btree that begins with its column and finds by equality as well.', r.by_relname)
	END
	|| CASE WHEN r.by_bytes > 1.2 * r.bytes THEN format(' Lost would be the smaller one of both: %s against %s, with %s executions against %s.',
			pg_size_pretty(r.bytes), pg_size_pretty(r.by_bytes), advisor._count(r.executions), advisor._count(r.by_executions))
		WHEN r.kind = 'exact' THEN ' Nothing would be lost.'
		ELSE '' END AS reason,
	CASE WHEN r.reasons_to_keep <> '{}' THEN 'keep' WHEN r.reasons_to_observe <> '{}' THEN 'observe' ELSE 'drop' END AS verdict,
	r.reasons_to_keep || r.reasons_to_observe AS blockers,
	CASE WHEN r.reasons_to_keep <> '{}' OR r.definition IS NULL THEN NULL
		WHEN r.constraint_name IS NOT NULL THEN format('ALTER TABLE %s DROP CONSTRAINT %s;', r.qualified_table, r.constraint_name)
		WHEN r.is_partitioned THEN format('DROP INDEX %s;', r.index_name)
		ELSE format('DROP INDEX CONCURRENTLY %s;', r.index_name) END AS drop_ddl,
	CASE WHEN r.reasons_to_keep = '{}' THEN advisor._index_script(r.indexrelid) END AS undo_ddl,
	CASE WHEN r.reasons_to_keep <> '{}' THEN NULL
		WHEN r.constraint_name IS NOT NULL OR r.is_partitioned THEN 'AccessExclusiveLock'
		ELSE 'ShareUpdateExclusiveLock' END AS drop_lock
FROM redundant r
	CROSS JOIN advisor._capture_state i;
COMMENT ON VIEW advisor.duplicate_indexes IS
	'indexes that are superfluous beside another one of their table, which stays; never both of a pair';
COMMENT ON COLUMN advisor.duplicate_indexes.schemaname IS 'schema of the table';
COMMENT ON COLUMN advisor.duplicate_indexes.relname IS 'the table';
COMMENT ON COLUMN advisor.duplicate_indexes.indexrelname IS 'the index that is superfluous';
COMMENT ON COLUMN advisor.duplicate_indexes.relid IS 'oid of the table';
COMMENT ON COLUMN advisor.duplicate_indexes.indexrelid IS 'oid of the index';
COMMENT ON COLUMN advisor.duplicate_indexes.kind IS 'exact: the same; prefix: the other one has more keys behind; unique: the other one is, or is more strictly so; include: through included columns; partial: the other one has more rows; hash: a hash index beside a btree';
COMMENT ON COLUMN advisor.duplicate_indexes.covered_by IS 'the index that does its work';
COMMENT ON COLUMN advisor.duplicate_indexes.covered_by_indexrelid IS 'oid of the index that does its work';
COMMENT ON COLUMN advisor.duplicate_indexes.size IS 'bytes that dropping it frees, with its partitions';
COMMENT ON COLUMN advisor.duplicate_indexes.covered_by_size IS 'bytes of the one that does its work';
COMMENT ON COLUMN advisor.duplicate_indexes.executions IS 'executions of statements that used it, since executions_since; null if advisor is not preloaded';
COMMENT ON COLUMN advisor.duplicate_indexes.covered_by_executions IS 'executions of statements that used the one that does its work';
COMMENT ON COLUMN advisor.duplicate_indexes.executions_since IS 'since when executions are counted; null if advisor is not preloaded';
COMMENT ON COLUMN advisor.duplicate_indexes.definition IS 'CREATE INDEX statement of the index; null while its table is locked';
COMMENT ON COLUMN advisor.duplicate_indexes.covered_by_definition IS 'CREATE INDEX statement of the one that does its work';
COMMENT ON COLUMN advisor.duplicate_indexes.reason IS 'why it is superfluous, and what would be lost';
COMMENT ON COLUMN advisor.duplicate_indexes.verdict IS 'drop; observe: look at the blockers first; keep: it has another purpose';
COMMENT ON COLUMN advisor.duplicate_indexes.blockers IS 'what stands against dropping it';
COMMENT ON COLUMN advisor.duplicate_indexes.drop_ddl IS 'SQL that drops it, not to be run in a transaction; null if it must stay, or while its table is locked';
COMMENT ON COLUMN advisor.duplicate_indexes.undo_ddl IS 'SQL that makes it again as it is; null if it must stay';
COMMENT ON COLUMN advisor.duplicate_indexes.drop_lock IS 'lock on the table that dropping takes';

-- Partitions count with their table, whose columns may have other numbers there.
CREATE VIEW advisor.unindexed_foreign_keys AS
WITH RECURSIVE unindexed AS MATERIALIZED (
	SELECT u.*, c.conname, c.conrelid, c.confrelid, c.conkey, c.confdeltype, n.nspname, t.relname, t.relkind,
		format('%I.%I', pn.nspname, p.relname) AS referenced_table, c.confkey
	FROM advisor._unindexed_foreign_keys() u
		JOIN pg_constraint c ON c.oid = u.conid
		JOIN pg_class t ON t.oid = c.conrelid
		JOIN pg_namespace n ON n.oid = t.relnamespace
		JOIN pg_class p ON p.oid = c.confrelid
		JOIN pg_namespace pn ON pn.oid = p.relnamespace
	WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
		AND NOT EXISTS (SELECT FROM pg_depend d
			WHERE d.classid = 'pg_class'::regclass AND d.objid = c.conrelid AND d.deptype = 'e')
), trees AS (
	SELECT u.conrelid AS root, u.conrelid AS relid FROM unindexed u
	UNION
	SELECT u.confrelid, u.confrelid FROM unindexed u
	UNION
	SELECT t.root, h.inhrelid FROM trees t
		JOIN pg_inherits h ON h.inhparent = t.relid
		JOIN pg_class c ON c.oid = t.relid AND c.relkind = 'p'
), counts AS MATERIALIZED (
	SELECT t.root, coalesce(sum(s.bytes), 0)::bigint AS bytes, sum(pg_stat_get_tuples_deleted(t.relid))::bigint AS deletes
	FROM trees t
		LEFT JOIN advisor._relation_sizes() s ON s.relid = t.relid
	GROUP BY t.root
), observed AS MATERIALIZED (
	SELECT my.dbid, i.stats_since, GREATEST(EXTRACT(epoch FROM now() - i.stats_since)::float8 / 86400, 1 / 24.0::float8) AS days,
		pg_stat_get_db_stat_reset_time(my.dbid) AS counted_since
	FROM advisor._current_database() my
		CROSS JOIN advisor._capture_state i
), nodes AS MATERIALIZED (
	SELECT n.userid, n.toplevel, n.queryid, n.planid, n.relid, n.filter_attnums,
		n.rows_removed / NULLIF(n.runs, 0) AS removed, n.rows / NULLIF(n.runs, 0) AS rows,
		(n.rows + n.rows_removed + n.rows_removed_2) / NULLIF(sum(n.rows + n.rows_removed + n.rows_removed_2)
			OVER (PARTITION BY n.userid, n.toplevel, n.queryid, n.planid), 0) AS part
	FROM advisor._plan_nodes() n
		JOIN observed o ON o.dbid = n.dbid
	WHERE n.queryid IS NOT NULL AND advisor._is_preloaded()
), plans AS MATERIALIZED (
	SELECT p.userid, p.toplevel, p.queryid, p.planid, p.calls, p.total_exec_time, p.time_percent
	FROM advisor._plans(with_texts => false) p
		JOIN observed o ON o.dbid = p.dbid
	WHERE p.queryid IS NOT NULL AND advisor._is_preloaded()
), members AS MATERIALIZED (
	SELECT u.conid, u.conrelid AS relid, u.conkey AS attnums
	FROM unindexed u
	UNION ALL
	SELECT u.conid, t.relid, array_agg(a.attnum)
	FROM trees t
		JOIN unindexed u ON u.conrelid = t.root
		JOIN pg_attribute r ON r.attrelid = u.conrelid AND r.attnum = ANY (u.conkey)
		JOIN pg_attribute a ON a.attrelid = t.relid AND a.attname = r.attname AND NOT a.attisdropped
	WHERE u.relkind = 'p' AND t.relid <> t.root
	GROUP BY u.conid, t.relid
), scans AS MATERIALIZED (
	-- what reads much for little, by conditions on all of the columns
	SELECT m.conid, n.queryid, n.toplevel, n.userid, n.planid,
		sum(n.part) AS part
	FROM members m
		JOIN nodes n ON n.relid = m.relid AND n.filter_attnums @> m.attnums
	WHERE n.removed >= 100 AND n.removed >= 9 * n.rows
	GROUP BY m.conid, n.queryid, n.toplevel, n.userid, n.planid
), lookups AS MATERIALIZED (
	-- as the server writes them, whose texts have no literals
	SELECT t.queryid FROM advisor._query_texts() t
	WHERE advisor._is_preloaded() AND NOT t.toplevel AND t.query ~ '^(SELECT .{1,4}|DELETE|UPDATE) ?(FROM)? ?(ONLY )? ?".* WHERE \$[0-9]+ OPERATOR\('
), statements AS MATERIALIZED (
	SELECT s.conid, s.queryid, s.queryid IN (SELECT l.queryid FROM lookups l) AS is_lookup,
		sum(p.calls)::float8 AS calls,
		sum(p.total_exec_time * LEAST(s.part, 1)) AS ms,
		sum(p.time_percent * LEAST(s.part, 1)) AS time_percent
	FROM scans s
		JOIN plans p USING (userid, toplevel, queryid, planid)
	GROUP BY s.conid, s.queryid
), evidence AS MATERIALIZED (
	SELECT s.conid,
		sum(s.calls) FILTER (WHERE s.is_lookup) AS lookups,
		sum(s.ms) FILTER (WHERE s.is_lookup) AS lookup_time,
		sum(s.calls) FILTER (WHERE NOT s.is_lookup) AS searches,
		sum(s.ms) FILTER (WHERE NOT s.is_lookup) AS search_time,
		sum(s.ms) AS ms, sum(s.time_percent) AS time_percent, sum(s.ms) / NULLIF(sum(s.calls), 0) AS mean_time,
		array_agg(s.queryid ORDER BY s.ms DESC, s.queryid) AS queryids
	FROM statements s
	GROUP BY s.conid
), judged AS (
	SELECT u.*, child.bytes, parent.bytes AS referenced_bytes, coalesce(parent.deletes, 0) AS deletes,
		o.counted_since, o.stats_since, o.days, e.lookups, e.lookup_time, e.searches, e.search_time, e.ms, e.time_percent, e.mean_time, e.queryids,
		CASE WHEN child.bytes < (SELECT advisor._setting('foreign_key_min_mb')) * 1048576 THEN 'none'
			WHEN e.ms IS NOT NULL THEN 'create'
			-- something finds them, if perhaps not as fast
			WHEN u.lack = 'method' THEN 'observe'
			WHEN parent.deletes > 0 THEN 'create'
			ELSE 'observe' END AS verdict
	FROM unindexed u
		JOIN counts child ON child.root = u.conrelid
		JOIN counts parent ON parent.root = u.confrelid
		CROSS JOIN observed o
		LEFT JOIN evidence e ON e.conid = u.conid
)
SELECT
	j.nspname AS schemaname,
	j.relname,
	j.conrelid AS relid,
	j.conname AS constraint_name,
	advisor._column_names(j.conrelid, j.conkey) AS columns,
	j.referenced_table,
	advisor._column_names(j.confrelid, j.confkey) AS referenced_columns,
	CASE j.confdeltype WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' WHEN 'd' THEN 'set default' WHEN 'r' THEN 'restrict' ELSE 'no action' END AS on_delete,
	j.bytes AS size,
	j.referenced_bytes AS referenced_size,
	j.deletes AS referenced_deletes,
	j.counted_since AS deletes_since,
	coalesce(j.lookups, 0)::bigint AS lookups,
	coalesce(j.lookup_time, 0) AS lookup_time,
	coalesce(j.searches, 0)::bigint AS searches,
	coalesce(j.search_time, 0) AS search_time,
	j.stats_since AS observed_since,
	j.ms / j.days AS time_per_day,
	j.time_percent,
	j.queryids,
	(SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = j.near) AS partial_match,
	CASE j.lack
		WHEN 'invalid' THEN 'it is not valid; REINDEX INDEX CONCURRENTLY would make it so'
		WHEN 'partial' THEN 'it is partial and lacks rows that refer to something'
		WHEN 'operator' THEN 'its collation or operator class is not that of the key'
		WHEN 'partitions' THEN 'it is on one of the partitions, and others have none'
		WHEN 'order' THEN 'other columns come before those of the key'
		WHEN 'include' THEN 'it has columns of the key as included ones only'
		WHEN 'method' THEN 'it is neither a btree nor a hash index of one column; it may serve, perhaps not as well'
		WHEN 'columns' THEN 'it has only some of the columns; that is enough if these are selective'
	END AS partial_match_reason,
	CASE j.verdict
		WHEN 'none' THEN format('Its table has %s only: reading it all is as fast.', pg_size_pretty(j.bytes))
		ELSE rtrim(format('When a row of %s is deleted or gets another key, the server reads all of %I.%I (%s) to find what refers to it. ',
				j.referenced_table, j.nspname, j.relname, pg_size_pretty(j.bytes))
			|| format('Deleted there%s: %s rows. ', coalesce(' since ' || to_char(j.counted_since, 'YYYY-MM-DD HH24:MI'), ''), advisor._count(j.deletes))
			|| CASE WHEN j.lookups > 0 THEN format('Captured: %s such lookups that took %s. ', advisor._count(j.lookups), advisor._duration(j.lookup_time)) ELSE '' END
			|| CASE WHEN j.searches > 0 THEN format('Captured: %s executions of statements that searched it by these columns without an index, which took %s. ',
				advisor._count(j.searches), advisor._duration(j.search_time)) ELSE '' END
			|| CASE WHEN j.verdict = 'create' THEN '' WHEN j.lack = 'method' AND j.deletes > 0 THEN 'Another index may find them.'
				ELSE 'Nothing was seen that needs an index.' END)
	END AS reason,
	j.verdict,
	CASE WHEN j.verdict = 'create' THEN coalesce(advisor._severity(j.time_percent, j.mean_time), 'low') END AS severity,
	j.ddl,
	-- an index of a partition that is like it becomes part of it, and is dropped with it
	CASE WHEN j.relkind = 'p' THEN concat_ws(E'\n', j.undo_ddl,
		(SELECT string_agg(regexp_replace(advisor._index_script(i.indexrelid), '^CREATE INDEX CONCURRENTLY ', 'CREATE INDEX CONCURRENTLY IF NOT EXISTS '),
				E'\n' ORDER BY i.indexrelid)
			FROM trees t
				JOIN pg_index i ON i.indrelid = t.relid
				JOIN pg_class c ON c.oid = i.indexrelid
			WHERE t.root = j.conrelid AND c.relkind = 'i' AND NOT c.relispartition
				AND i.indisvalid AND NOT i.indisunique AND i.indpred IS NULL
				AND i.indnatts = cardinality(j.conkey)
				AND advisor._column_names(i.indrelid, i.indkey::int2[]) = advisor._column_names(j.conrelid, j.conkey)))
		ELSE j.undo_ddl END AS undo_ddl,
	CASE WHEN j.relkind = 'p' THEN 'ShareLock' ELSE 'ShareUpdateExclusiveLock' END AS create_lock
FROM judged j;
COMMENT ON VIEW advisor.unindexed_foreign_keys IS
	'foreign keys whose referencing rows no index finds, and what that has cost; those of partitions with that of their table';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.schemaname IS 'schema of the referencing table';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.relname IS 'the referencing table';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.relid IS 'oid of the referencing table';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.constraint_name IS 'the foreign key';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.columns IS 'its columns, quoted';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.referenced_table IS 'the table it refers to, qualified and quoted';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.referenced_columns IS 'the columns it refers to, quoted';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.on_delete IS 'what happens if a referenced row is deleted';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.size IS 'bytes of the referencing table, with partitions';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.referenced_size IS 'bytes of the referenced table, with partitions';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.referenced_deletes IS 'rows deleted from the referenced table: each of them is looked up';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.deletes_since IS 'since when these are counted; null if that was never reset';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.lookups IS 'captured lookups of the server itself that read the table for it';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.lookup_time IS 'time that these took, in ms';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.searches IS 'executions of other captured statements with conditions on the columns that read much for little';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.search_time IS 'the part of their time that this took, in ms';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.observed_since IS 'since when statements are captured';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.time_per_day IS 'both times in ms per day; null if there was nothing';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.time_percent IS 'both times as a share of the time of all statements';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.queryids IS 'these statements, dearest first';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.partial_match IS 'the index that comes nearest';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.partial_match_reason IS 'why it does not serve';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.reason IS 'what was seen, in a sentence';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.verdict IS 'create; observe: nothing was seen that needs it; none: the table is small';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.severity IS 'how much it matters, by the time it took; null unless the verdict is create';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.ddl IS 'SQL that makes the index, not to be run in a transaction';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.undo_ddl IS 'SQL that drops it again';
COMMENT ON COLUMN advisor.unindexed_foreign_keys.create_lock IS 'lock on the table that making it takes';

-- Two things that the catalog alone shows.  From version 18 on, constraints may
-- not be enforced; that is asked of those that are odd only.
CREATE VIEW advisor._foreign_keys AS
SELECT c.oid AS conid, c.conname, c.conrelid, c.confrelid, c.conkey, c.confkey, c.confdeltype, c.confupdtype, c.convalidated,
	c.condeferrable, c.condeferred, c.confmatchtype, n.nspname, t.relname, t.relkind, format('%I.%I', n.nspname, t.relname) AS qualified_table
FROM pg_constraint c
	JOIN pg_class t ON t.oid = c.conrelid
	JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE c.contype = 'f' AND c.conparentid = 0
	AND n.nspname NOT IN ('pg_catalog', 'information_schema')
	AND t.relpersistence <> 't';
COMMENT ON VIEW advisor._foreign_keys IS
	'foreign keys but for those that partitions have from their table';

CREATE FUNCTION advisor._is_advised(conid oid) RETURNS boolean
	LANGUAGE sql STABLE PARALLEL SAFE COST 100
BEGIN ATOMIC
	SELECT coalesce(to_jsonb(c) ->> 'conenforced', 'true') = 'true'
		AND NOT EXISTS (SELECT FROM pg_depend d
			WHERE d.classid = 'pg_class'::regclass AND d.objid = c.conrelid AND d.deptype = 'e')
	FROM pg_constraint c
	WHERE c.oid = _is_advised.conid;
END;
COMMENT ON FUNCTION advisor._is_advised(oid) IS
	'is a constraint enforced, and its table none of an extension?';

CREATE FUNCTION advisor._constraint_definition(conid oid) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT pg_get_constraintdef(conid);
END;
COMMENT ON FUNCTION advisor._constraint_definition(oid) IS
	'definition of a constraint, the same for every search_path';

CREATE VIEW advisor._duplicate_foreign_keys AS
WITH several AS MATERIALIZED (
	SELECT k.conrelid, k.confrelid FROM advisor._foreign_keys k
	GROUP BY k.conrelid, k.confrelid
	HAVING count(*) > 1
), keys AS (
	SELECT k.*, (SELECT array_agg(format('%s=%s', u.own, u.other) ORDER BY u.own) FROM unnest(k.conkey, k.confkey) u(own, other)) AS pairs
	FROM several
		JOIN advisor._foreign_keys k USING (conrelid, confrelid)
), ranked AS (
	SELECT k.*,
		first_value(k.conid) OVER same AS other_id,
		first_value(k.conname) OVER same AS other_name,
		(first_value(k.confdeltype) OVER same, first_value(k.confupdtype) OVER same, first_value(k.condeferrable) OVER same,
			first_value(k.condeferred) OVER same, first_value(k.confmatchtype) OVER same)
			= (k.confdeltype, k.confupdtype, k.condeferrable, k.condeferred, k.confmatchtype) AS same_actions
	FROM keys k
	WINDOW same AS (PARTITION BY k.conrelid, k.confrelid, k.pairs ORDER BY k.convalidated DESC, k.conid)
)
SELECT r.nspname, r.relname, r.qualified_table, r.relkind, r.conname, r.other_name, r.same_actions,
	advisor._column_names(r.conrelid, r.conkey) AS columns, advisor._constraint_definition(r.conid) AS definition
FROM ranked r
WHERE r.conid <> r.other_id AND advisor._is_advised(r.conid);
COMMENT ON VIEW advisor._duplicate_foreign_keys IS
	'foreign keys that check the same as another one, which stays';

CREATE VIEW advisor._mismatched_foreign_keys AS
WITH types AS (
	SELECT t.oid, CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END AS base FROM pg_type t
), pairs AS MATERIALIZED (
	-- dear questions are asked of these few only
	SELECT k.*, own.attname, own.atttypid, other.attname AS other_name, other.atttypid AS other_type
	FROM advisor._foreign_keys k
		JOIN pg_attribute own ON own.attrelid = k.conrelid AND own.attnum = ANY (k.conkey)
		JOIN pg_attribute other ON other.attrelid = k.confrelid AND other.attnum = k.confkey[array_position(k.conkey, own.attnum)]
	WHERE own.atttypid <> other.atttypid
)
SELECT p.nspname, p.relname, p.qualified_table, p.conname, quote_ident(p.attname) AS column_name, format_type(p.atttypid, NULL) AS column_type,
	format('%I.%I.%I', n.nspname, c.relname, p.other_name) AS referenced_column, format_type(p.other_type, NULL) AS referenced_type,
	-- the shorter of integers; anything but numeric beside numeric
	CASE WHEN p.other_type = 'numeric'::regtype THEN true
		WHEN p.other_type = 'bigint'::regtype THEN p.atttypid IN ('integer'::regtype, 'smallint'::regtype)
		WHEN p.other_type = 'integer'::regtype THEN p.atttypid = 'smallint'::regtype
		ELSE false END AS narrower
FROM pairs p
	JOIN pg_class c ON c.oid = p.confrelid
	JOIN pg_namespace n ON n.oid = c.relnamespace
	JOIN types x ON x.oid = p.atttypid
	JOIN types y ON y.oid = p.other_type
-- domains compare as what they are made of; text and varchar are the same
WHERE x.base <> y.base
	AND NOT (x.base IN ('text'::regtype, 'varchar'::regtype) AND y.base IN ('text'::regtype, 'varchar'::regtype))
	AND advisor._is_advised(p.conid);
COMMENT ON VIEW advisor._mismatched_foreign_keys IS
	'columns of foreign keys of another type than what they refer to';

CREATE VIEW advisor.redundancy_findings AS
SELECT f.*
FROM advisor.duplicate_indexes d
	CROSS JOIN LATERAL advisor._finding(
		check_id => CASE d.kind WHEN 'exact' THEN 'duplicate_index' ELSE 'redundant_index' END,
		category => 'index',
		-- which of twins should go may be the other one tomorrow
		parts => CASE d.kind WHEN 'exact' THEN ARRAY[d.schemaname, d.relname, LEAST(d.indexrelname, d.covered_by), GREATEST(d.indexrelname, d.covered_by)]
			ELSE ARRAY[d.schemaname, d.relname, d.indexrelname] END,
		severity => CASE WHEN d.verdict <> 'drop' THEN 'info'
			WHEN d.size >= (SELECT advisor._setting('redundant_index_large_mb')) * 1048576 THEN 'medium' ELSE 'low' END,
		object => format('%I.%I', d.schemaname, d.indexrelname),
		title => CASE d.kind
			WHEN 'exact' THEN format('Index %I.%I is the same as %I and takes %s', d.schemaname, d.indexrelname, d.covered_by, pg_size_pretty(d.size))
			ELSE format('Index %I.%I takes %s and can do nothing that %I cannot', d.schemaname, d.indexrelname, pg_size_pretty(d.size), d.covered_by) END,
		detail => d.reason
			|| coalesce(format(' Since %s it was executed %s times, the other one %s times.', to_char(d.executions_since, 'YYYY-MM-DD HH24:MI'),
				advisor._count(d.executions), advisor._count(d.covered_by_executions)), ' Its use was not observed.')
			|| ' Each write to the table has to maintain both.'
			|| coalesce(' Definitions: ' || d.definition || '; ' || d.covered_by_definition || '.', '')
			|| CASE WHEN d.blockers <> '{}' THEN ' Against dropping it: ' || array_to_string(d.blockers, '; ') || '.' ELSE '' END,
		evidence => jsonb_build_object('kind', d.kind, 'covered_by', d.covered_by, 'size', d.size, 'covered_by_size', d.covered_by_size,
			'executions', d.executions, 'covered_by_executions', d.covered_by_executions, 'executions_since', d.executions_since,
			'definition', d.definition, 'covered_by_definition', d.covered_by_definition, 'verdict', d.verdict, 'blockers', to_jsonb(d.blockers)),
		remedy => CASE d.verdict WHEN 'drop' THEN 'Drop the index; ' ELSE 'Look at what stands against it, then drop the index; ' END
			|| format('advisor.drop_impact(%L) tells which statements would be planned in another way. Not to be run in a transaction.', format('%I.%I', d.schemaname, d.indexrelname)),
		remedy_sql => d.drop_ddl,
		undo_sql => d.undo_ddl,
		remedy_lock => d.drop_lock,
		impact_bytes => d.size,
		confidence => CASE WHEN d.verdict <> 'drop' THEN 60 WHEN d.kind IN ('exact', 'unique') THEN 95 ELSE 85 END) f
WHERE d.verdict <> 'keep'

UNION ALL
SELECT f.*
FROM (SELECT DISTINCT ON (u.relid, u.columns) u.*
	FROM advisor.unindexed_foreign_keys u
	WHERE u.severity IS NOT NULL
	ORDER BY u.relid, u.columns, u.constraint_name) u
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'unindexed_foreign_key',
		category => 'index',
		parts => ARRAY[u.schemaname, u.relname, u.columns],
		severity => u.severity,
		object => format('%I.%I', u.schemaname, u.relname),
		title => format('No index on %I.%I (%s) for its foreign key to %s', u.schemaname, u.relname, u.columns, u.referenced_table),
		detail => u.reason || coalesce(' The index ' || u.partial_match || ' does not serve: ' || u.partial_match_reason || '.', ''),
		evidence => jsonb_build_object('constraint', u.constraint_name, 'columns', u.columns, 'referenced_table', u.referenced_table, 'on_delete', u.on_delete,
			'size', u.size, 'referenced_deletes', u.referenced_deletes, 'deletes_since', u.deletes_since,
			'lookups', u.lookups, 'lookup_time', u.lookup_time, 'searches', u.searches, 'search_time', u.search_time, 'observed_since', u.observed_since,
			'queryids', to_jsonb(u.queryids), 'partial_match', u.partial_match, 'partial_match_reason', u.partial_match_reason),
		remedy => 'Create the index, or one that begins with its columns in any order.'
			|| CASE u.create_lock WHEN 'ShareLock' THEN ' This blocks writers of all partitions; without that: create it ON ONLY the table, then on each partition CONCURRENTLY, and ATTACH these.'
				ELSE ' Not to be run in a transaction.' END,
		remedy_sql => u.ddl,
		undo_sql => u.undo_ddl,
		remedy_lock => u.create_lock,
		impact_ms_per_day => u.time_per_day,
		impact_percent => u.time_percent,
		-- deletes alone do not tell that their lookups took long
		confidence => CASE WHEN u.time_per_day IS NOT NULL THEN 90 ELSE 70 END,
		queryid => CASE WHEN cardinality(u.queryids) = 1 THEN u.queryids[1] END) f

UNION ALL
SELECT f.*
FROM advisor._duplicate_foreign_keys k
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'duplicate_foreign_key',
		category => 'schema',
		parts => ARRAY[k.nspname, k.relname, k.conname],
		severity => CASE WHEN k.same_actions THEN 'low' ELSE 'info' END,
		object => k.qualified_table,
		title => format('Foreign key %I of %s checks the same as %I', k.conname, k.qualified_table, k.other_name),
		detail => format('Both are on (%s) and refer to the same columns: %s. Every write of a row looks up the referenced row twice, and every delete there looks for rows here twice.%s',
			k.columns, k.definition,
			CASE WHEN k.same_actions THEN '' ELSE ' What they do on DELETE or UPDATE, or when they check, differs: find out which one is meant.' END),
		evidence => jsonb_build_object('constraint', k.conname, 'other', k.other_name, 'columns', k.columns, 'definition', k.definition),
		remedy => CASE WHEN k.same_actions THEN 'Drop one of both.' ELSE 'Drop the one that is not meant.' END,
		remedy_sql => format('ALTER TABLE %s DROP CONSTRAINT %I;', k.qualified_table, k.conname),
		undo_sql => CASE WHEN k.relkind = 'p' THEN format('ALTER TABLE %s ADD CONSTRAINT %I %s;', k.qualified_table, k.conname, k.definition)
			WHEN k.definition LIKE '% NOT VALID' THEN format('ALTER TABLE %s ADD CONSTRAINT %I %s;', k.qualified_table, k.conname, k.definition)
			ELSE format(E'ALTER TABLE %1$s ADD CONSTRAINT %2$I %3$s NOT VALID;\nALTER TABLE %1$s VALIDATE CONSTRAINT %2$I;', k.qualified_table, k.conname, k.definition) END,
		remedy_lock => 'AccessExclusiveLock',
		confidence => CASE WHEN k.same_actions THEN 95 ELSE 60 END) f

UNION ALL
SELECT f.*
FROM advisor._mismatched_foreign_keys k
	CROSS JOIN LATERAL advisor._finding(
		check_id => 'foreign_key_type_mismatch',
		category => 'schema',
		parts => ARRAY[k.nspname, k.relname, k.conname, k.column_name],
		severity => CASE WHEN k.narrower THEN 'low' ELSE 'info' END,
		object => k.qualified_table || '.' || k.column_name,
		title => format('Column %s.%s is %s, but refers to %s, which is %s', k.qualified_table, k.column_name, k.column_type, k.referenced_column, k.referenced_type),
		detail => CASE WHEN k.narrower THEN 'Values of the referenced column that do not fit cannot be referred to: once they are reached, inserts fail. '
				ELSE 'It takes more room than the values need. ' END
			|| 'Joins compare the two by an operator across types, where there is one, or by a cast.',
		evidence => jsonb_build_object('constraint', k.conname, 'column_type', k.column_type, 'referenced_column', k.referenced_column, 'referenced_type', k.referenced_type),
		remedy => CASE WHEN k.narrower AND k.referenced_type <> 'numeric' THEN 'Give both the same type. This writes the table anew, and blocks everybody meanwhile; it can be undone as long as all values fit.'
			WHEN k.narrower THEN 'Give both the same integer type, if all values are integers.'
			ELSE 'Give both the same type, when the table is written anew for another reason.' END,
		remedy_sql => CASE WHEN k.narrower AND k.referenced_type <> 'numeric'
			THEN format('ALTER TABLE %s ALTER COLUMN %s TYPE %s;', k.qualified_table, k.column_name, k.referenced_type) END,
		undo_sql => CASE WHEN k.narrower AND k.referenced_type <> 'numeric'
			THEN format('ALTER TABLE %s ALTER COLUMN %s TYPE %s;', k.qualified_table, k.column_name, k.column_type) END,
		remedy_lock => CASE WHEN k.narrower AND k.referenced_type <> 'numeric' THEN 'AccessExclusiveLock' END) f;
COMMENT ON VIEW advisor.redundancy_findings IS
	'indexes too many beside another one, foreign keys without index, and foreign keys that are odd; rows are of type advisor.finding';

CREATE FUNCTION advisor._redundancy_checks() RETURNS TABLE (
	check_id text, category text, title text, looks_at text, settings text[], needs text, page text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100 ROWS 5
BEGIN ATOMIC
	SELECT * FROM (VALUES
		('duplicate_index', 'index', 'index is the same as another one',
			'Indexes of one table that can do exactly the same.',
			ARRAY['redundant_index_large_mb'], 'nothing',
$page$What it looks at
All valid indexes of each table, in pairs: their columns and expressions, operator classes,
collations, directions, predicates, included columns and uniqueness, as the catalog has them.
Texts are not compared, so neither names nor the way of writing matter.

Why it matters
Each row that is written has to be written to both, both are vacuumed, logged and kept in
memory, and the planner thinks about both for every query. Reads gain nothing.

How it decides
Two indexes are the same if each can do what the other does: the same keys with the same
operator class, collation and direction, or all of the directions turned around, which a
btree reads backwards; the same rows, that is, predicates that imply each other; the same
included columns in any order; the same uniqueness.
One of both is reported, never both. The one that stays is the one that belongs to a
constraint, else is the replica identity or the one the table is clustered on, else
was executed more, else is smaller, else is older. If even that one does nothing that
a third index cannot do, the third is named instead.
Partitioned indexes are compared as such; their parts are not reported.

When it is wrong
Storage options or tablespaces that differ may be meant: these are reported with severity
info. So is a UNIQUE constraint beside a primary key on the same columns: some clients look
for it by name. Index hints of extensions name indexes, too.

What to do
DROP INDEX CONCURRENTLY, which takes a ShareUpdateExclusiveLock and waits for transactions
that use the table, but blocks no reads or writes. It cannot be run in a transaction. An
index of a partitioned table can only be dropped with an AccessExclusiveLock for a moment;
take lock_timeout. The column undo_sql makes the index again.$page$),
		('redundant_index', 'index', 'index can do nothing that another one cannot',
			'Indexes whose work another index of the table can do, which has more keys, rows or columns, or is unique.',
			ARRAY['redundant_index_ratio', 'redundant_index_large_mb'], 'nothing',
$page$What it looks at
The same pairs as the check duplicate_index, where only one of both can do the other's work.
Column kind of view advisor.duplicate_indexes says how: the other index has more keys behind
(prefix), is unique on the same (unique), has the columns as included ones (include), or has
more rows (partial); or it is a btree beside a hash index (hash).

Why it matters
As for duplicate_index: writes, vacuum, memory and planning pay for both.

How it decides
The keys must be the first keys of the other one, with the same operator class and collation,
in the same direction or all in the opposite one. All of its included columns must be somewhere
in the other one, and its rows must be in it: its predicate has to imply the other's, as the
planner would prove it. A unique index is redundant only beside one that is unique on the same
keys and at least as strict (not deferrable, nulls not distinct). Kinds other than btree must
be equal: their keys have no order to begin with. Invalid indexes count on neither side.

When it is wrong
The shorter index is smaller, so it may be read faster and stay in memory. If the other one
is redundant_index_ratio times as large and used less, the severity is info. So it is for
partial indexes (smaller) and hash indexes (for long keys smaller as well).
Use is counted by this extension in this server since it was loaded; a standby's own
queries are not seen. It does not matter here: the other index is there as well.

What to do
advisor.drop_impact('schema.index') plans all captured statements as if it were gone. Then
DROP INDEX CONCURRENTLY, under the same conditions as for duplicate_index; undo_sql makes it
again.$page$),
		('unindexed_foreign_key', 'index', 'foreign key without index costs time',
			'Foreign keys whose referencing rows no index finds, where that has been seen to matter.',
			ARRAY['foreign_key_min_mb'], 'pg_read_all_stats',
$page$What it looks at
Foreign keys, the indexes of the referencing table, rows deleted from the referenced table,
and the captured plans that read the referencing table by the columns of the key.

Why it matters
When a referenced row is deleted, or gets another key, the server looks for rows that refer to
it: one by one, and without an index it reads the whole table each time. Deleting a thousand
customers reads all orders a thousand times. Joins from the referenced table suffer as well.

How it decides
An index serves if it is valid, its first keys are the columns of the key in any order, it has
the equality and collation of the server's lookup, and it is not partial, or its predicate
follows from the columns being not null. A hash index serves one column. A unique index on
some of the columns serves too: it finds one row at most. On a partitioned table, the index
may be on all partitions instead. Included columns do not help.
View advisor.unindexed_foreign_keys has all that are left, and the nearest index with what it
lacks. A finding is made of those of tables of at least foreign_key_min_mb, if rows have
been deleted from the referenced table, or statements or the server's own lookups were
captured that read by the columns and threw nine of ten rows away. Its severity is by their
time; where only deletes are known, it is low.

When it is wrong
Deletes are counted since the statistics were reset, perhaps by a clean-up that will not come
again. A yearly one has not been seen at all: look at the view before such work. Keys
that are never deleted need no index, and are not reported. The other way round, updates of
the key are only known if captured.

What to do
CREATE INDEX CONCURRENTLY, which takes a ShareUpdateExclusiveLock and blocks nobody. An index
that begins with the columns and goes on with others serves as well: see
advisor.recommend_indexes(). undo_sql drops the index.$page$),
		('duplicate_foreign_key', 'schema', 'foreign key is there twice',
			'Foreign keys of one table on the same columns to the same columns.',
			'{}'::text[], 'nothing',
$page$What it looks at
The catalog of constraints: foreign keys of a table that have the same columns, in whatever
order, refer to the same columns of the same table, and are not a partition's share in
another one.

Why it matters
Each insert and each update of the columns looks up and locks the referenced row twice; each
delete of a referenced row looks for referencing rows twice. Tools that add constraints
without looking for those that exist make them by the dozen.

How it decides
The one that has been validated stays, else the older one. Every other one is a finding: of
severity low if actions, deferrability and match type are the same, else info, as then
one has to know which is meant: with CASCADE and NO ACTION on the same key, the deletes
are done and then checked.

When it is wrong
Hardly ever. A second one that is NOT VALID may be a step of a change that is under way.

What to do
ALTER TABLE ... DROP CONSTRAINT takes an AccessExclusiveLock on both tables for a moment: use
lock_timeout. undo_sql adds it again without reading the table under that lock, and then
validates it.$page$),
		('foreign_key_type_mismatch', 'schema', 'foreign key and what it refers to have different types',
			'Columns of foreign keys whose type is not that of the column they refer to.',
			'{}'::text[], 'nothing',
$page$What it looks at
The types of the columns on both sides of each foreign key. Lengths and precisions do not
count, text and varchar are the same, and a domain is what it is made of.

Why it matters
An integer column that refers to a bigint key works until the key passes 2,147,483,647; then
inserts fail, and the change to bigint has to write a large table under an exclusive lock.
The other way round, a bigint for an integer key wastes four bytes a row and in each index.
Some pairs, such as numeric and integer, are compared by a cast, which keeps indexes of one
side from being used.

How it decides
Types differ. Severity is low where the referencing column cannot hold all of the values of
the other one, else info.

When it is wrong
If the referenced column was made bigint just in case, there may be no hurry.

What to do
ALTER TABLE ... ALTER COLUMN ... TYPE writes the table and its indexes anew under an
AccessExclusiveLock. For large tables: add a column, keep it up to date with a trigger, fill
it in batches, index it concurrently, and exchange the two in one short transaction.$page$)
	) c;
END;
COMMENT ON FUNCTION advisor._redundancy_checks() IS
	'the checks of advisor.redundancy_findings';

CREATE FUNCTION advisor._redundancy_skips() RETURNS TABLE (check_id text, reason text)
	LANGUAGE sql VOLATILE PARALLEL SAFE COST 1000 ROWS 1
BEGIN ATOMIC
	SELECT 'unindexed_foreign_key', s.reason
	FROM (VALUES
		(NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'), 'statements of other roles cannot be seen: they are for members of pg_read_all_stats'),
		(NOT advisor._is_preloaded(), 'what missing indexes have cost is not known: advisor is not in shared_preload_libraries'),
		(NOT current_setting('track_counts')::boolean, 'rows deleted from referenced tables are not counted: track_counts is off'),
		(pg_is_in_recovery(), 'rows deleted from referenced tables are counted by the primary only')
	) s(applies, reason)
	WHERE s.applies;
END;
COMMENT ON FUNCTION advisor._redundancy_skips() IS
	'which checks of advisor.redundancy_findings could not run, and why';

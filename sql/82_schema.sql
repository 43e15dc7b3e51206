/*
 * 82_schema: what is wrong with the definitions of tables, and keys that run
 * out.  Needs 30_plans, 41_sequences, 41_settings and 42_observations.
 *
 * 82_schema_findings makes findings of these views.
 */

INSERT INTO advisor.settings (name, value, unit, minimum, maximum, description) VALUES
	('key_percent', 70, '%', 1, 100, 'keys of which less is used are not reported, unless a forecast says so (medium)'),
	('key_high_percent', 85, '%', 1, 100, 'keys of which more is used are of high severity'),
	('key_critical_percent', 95, '%', 1, 100, 'keys of which more is used are critical'),
	('key_days', 365, 'days', 1, 3650, 'keys that run out sooner are reported (medium)'),
	('key_high_days', 90, 'days', 1, 3650, 'keys that run out sooner are of high severity'),
	('key_critical_days', 30, 'days', 1, 3650, 'keys that run out sooner are critical'),
	('no_key_mb', 100, 'MB', 0, 1e9, 'tables without a primary key that are larger are of medium severity'),
	('char_length', 4, 'characters', 1, 1000, 'char(n) columns with a smaller n are taken for codes and not reported'),
	('unused_column_rows', 100, 'rows', 1, 1e9, 'columns of smaller tables are not called unused');

-- Tables that somebody here has designed.  The columns that call a function
-- cost nothing where they are not asked for.
CREATE VIEW advisor._schema_tables AS
SELECT
	c.oid AS relid,
	n.nspname::text AS schemaname,
	c.relname::text AS relname,
	quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS object,
	c.relkind,
	c.relpersistence,
	c.relispartition,
	c.relhassubclass,
	c.relreplident,
	c.relnamespace,
	c.relpages,
	c.reltuples,
	c.reltoastrelid,
	CASE WHEN c.relispartition THEN pg_partition_root(c.oid)::oid ELSE c.oid END AS rootid
FROM pg_class c
	JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
	AND c.relpersistence <> 't'
	AND n.nspname NOT IN ('pg_catalog', 'information_schema')
	AND n.nspname !~ '^pg_(toast|temp_)'
	AND NOT EXISTS (SELECT FROM pg_depend d
		WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e');
COMMENT ON VIEW advisor._schema_tables IS
	'tables, partitions among them, that belong neither to the system nor to an extension nor to a session';

-- What must be dropped and made again to change the type of a column.
CREATE VIEW advisor._column_views AS
SELECT v.relid, v.attnum, array_agg(v.name ORDER BY v.name) AS views
FROM (
	SELECT DISTINCT d.refobjid AS relid, d.refobjsubid AS attnum,
		quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
	FROM pg_depend d
		JOIN pg_rewrite r ON r.oid = d.objid
		JOIN pg_class c ON c.oid = r.ev_class
		JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE d.classid = 'pg_rewrite'::regclass
		AND d.refclassid = 'pg_class'::regclass
		AND d.refobjsubid > 0
		AND c.oid <> d.refobjid
		-- of the system and of extensions are many, of our tables none
		AND d.refobjid >= 16384
) v
GROUP BY v.relid, v.attnum;
COMMENT ON VIEW advisor._column_views IS
	'views and rules that a column is used in';

-- Integers and the domains over them, with what fits in.
CREATE VIEW advisor._integer_types AS
WITH RECURSIVE domains(typid, baseid) AS (
	SELECT t.oid, t.typbasetype FROM pg_type t WHERE t.typtype = 'd'
	UNION ALL
	SELECT d.typid, t.typbasetype FROM domains d JOIN pg_type t ON t.oid = d.baseid AND t.typtype = 'd'
), integers(typid, lowest, highest) AS (
	VALUES
		('int2'::regtype::oid, -32768::numeric, 32767::numeric),
		('int4'::regtype::oid, -2147483648, 2147483647),
		('int8'::regtype::oid, -9223372036854775808, 9223372036854775807)
)
SELECT i.typid, i.lowest, i.highest, false AS is_domain FROM integers i
UNION ALL
SELECT d.typid, i.lowest, i.highest, true FROM domains d JOIN integers i ON i.typid = d.baseid;
COMMENT ON VIEW advisor._integer_types IS
	'integer types and domains over them with their ranges';

-- The columns that numbers of a sequence go to: those that it feeds, and those
-- that refer to them by foreign keys, over any number of tables.
CREATE VIEW advisor._sequence_columns AS
WITH RECURSIVE fed AS MATERIALIZED (
	SELECT d.objid AS seqid, d.refobjid AS relid, d.refobjsubid AS attnum, d.deptype = 'i' AS is_identity
	FROM pg_depend d
		JOIN pg_sequence q ON q.seqrelid = d.objid
	WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
		AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
	UNION
	SELECT d.refobjid, a.adrelid, a.adnum, false
	FROM pg_depend d
		JOIN pg_sequence q ON q.seqrelid = d.refobjid
		JOIN pg_attrdef a ON a.oid = d.objid
	WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
), foreign_keys AS MATERIALIZED (
	SELECT c.conrelid, c.confrelid, k.child, k.parent
	FROM pg_constraint c
		CROSS JOIN LATERAL unnest(c.conkey, c.confkey) k(child, parent)
	WHERE c.contype = 'f' AND c.conparentid = 0
), reached AS (
	SELECT f.seqid, f.relid, f.attnum::int2 AS attnum, f.is_identity, false AS refers
	FROM fed f
	UNION
	SELECT r.seqid, k.conrelid, k.child, false, true
	FROM reached r
		JOIN foreign_keys k ON k.confrelid = r.relid AND k.parent = r.attnum
)
SELECT r.seqid,
	root.relid,
	root.object,
	b.attnum,
	b.attname::text AS attname,
	b.atttypid,
	format_type(b.atttypid, b.atttypmod) AS type,
	bool_or(r.is_identity) AS is_identity,
	-- what is fed and refers, as a number that is taken over, counts as fed
	bool_and(r.refers) AS refers
FROM reached r
	JOIN advisor._schema_tables t ON t.relid = r.relid
	JOIN pg_attribute a ON a.attrelid = r.relid AND a.attnum = r.attnum
	-- the type of a column of a partition is that of its root
	JOIN advisor._schema_tables root ON root.relid = t.rootid
	JOIN pg_attribute b ON b.attrelid = root.relid AND b.attname = a.attname
GROUP BY r.seqid, root.relid, root.object, b.attnum, b.attname, b.atttypid, b.atttypmod;
COMMENT ON VIEW advisor._sequence_columns IS
	'columns that numbers of sequences go to, directly or (refers) by foreign keys';

CREATE VIEW advisor.key_exhaustion AS
WITH sequences AS MATERIALIZED (
	SELECT r.seqid, n.nspname::text AS schemaname, c.relname::text AS sequencename,
		quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS object,
		q.seqtypid, q.seqcycle, q.seqincrement > 0 AS ascends, abs(q.seqincrement::numeric) AS step,
		r.last_value::numeric AS last_value, r.is_called, r.visible,
		CASE WHEN q.seqincrement > 0 THEN q.seqmax ELSE q.seqmin END::numeric AS own_limit,
		-- What the numbers began with.  A range that reaches below zero is not
		-- meant to be used from there if the sequence starts above; a start far
		-- above has been set by who moved rows here, and those below are gone.
		CASE WHEN q.seqincrement > 0 THEN GREATEST(q.seqmin, LEAST(q.seqstart, 1))
			ELSE LEAST(q.seqmax, GREATEST(q.seqstart, -1)) END::numeric AS origin,
		CASE WHEN q.seqincrement > 0 THEN q.seqmin ELSE q.seqmax END::numeric AS first_possible
	FROM advisor._sequences() r
		JOIN pg_class c ON c.oid = r.seqid
		JOIN pg_namespace n ON n.oid = c.relnamespace
		JOIN pg_sequence q ON q.seqrelid = r.seqid
	WHERE c.relpersistence <> 't'
		AND NOT EXISTS (SELECT FROM pg_depend d
			WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
), columns AS MATERIALIZED (
	SELECT s.seqid, c.relid, c.object, c.attnum, c.attname, c.type, c.is_identity, c.refers, t.is_domain,
		CASE WHEN s.ascends THEN t.highest ELSE t.lowest END AS type_limit,
		t.highest < 9223372036854775807 AS is_narrow,
		-- its type is for ever
		EXISTS (SELECT FROM pg_partitioned_table p WHERE p.partrelid = c.relid AND c.attnum = ANY (p.partattrs)) AS is_partition_key,
		v.views
	FROM sequences s
		JOIN advisor._sequence_columns c ON c.seqid = s.seqid
		LEFT JOIN advisor._integer_types t ON t.typid = c.atttypid
		LEFT JOIN advisor._column_views v ON v.relid = c.relid AND v.attnum = c.attnum
), fed AS MATERIALIZED (
	-- the table whose rows are numbered
	SELECT DISTINCT ON (c.seqid) c.seqid, c.relid, c.object, c.attname, c.type, c.attnum
	FROM columns c
	WHERE NOT c.refers
	ORDER BY c.seqid, c.is_identity DESC, c.relid, c.attnum
), narrow AS MATERIALIZED (
	SELECT c.seqid,
		min(c.type_limit) AS lowest_limit,
		max(c.type_limit) AS highest_limit,
		bool_or(c.is_identity) AS is_identity,
		bool_or(c.is_narrow AND (c.is_domain OR c.is_partition_key)) AS is_fixed,
		array_agg(DISTINCT v.view) FILTER (WHERE v.view IS NOT NULL AND c.is_narrow) AS views
	FROM columns c
		LEFT JOIN LATERAL unnest(c.views) v(view) ON true
	GROUP BY c.seqid
), limited AS MATERIALIZED (
	SELECT s.*, n.is_identity, n.is_fixed, n.views,
		CASE WHEN s.ascends THEN LEAST(s.own_limit, n.lowest_limit) ELSE GREATEST(s.own_limit, n.highest_limit) END AS limit_value,
		CASE WHEN s.ascends THEN n.lowest_limit ELSE n.highest_limit END AS column_limit,
		-- a RESTART below where it began
		CASE WHEN s.ascends AND s.last_value < s.origin OR NOT s.ascends AND s.last_value > s.origin THEN s.first_possible ELSE s.origin END AS begins
	FROM sequences s
		LEFT JOIN narrow n ON n.seqid = s.seqid
), measured AS MATERIALIZED (
	SELECT l.*,
		CASE WHEN l.ascends THEN l.limit_value - l.last_value ELSE l.last_value - l.limit_value END AS distance,
		abs(l.limit_value - l.begins) + 1 AS range,
		abs(l.last_value - l.begins) + CASE WHEN l.is_called THEN 1 ELSE 0 END AS used,
		l.column_limit IS NOT DISTINCT FROM l.limit_value AS by_column
	FROM limited l
), observed AS MATERIALIZED (
	SELECT o.object, o.observed_at, o.value
	FROM advisor._first_observations o
	WHERE o.metric = 'sequence' AND o.observed_at <= now() - interval '1 hour'
), counters AS MATERIALIZED (
	SELECT t.rootid AS relid, sum(pg_stat_get_tuples_inserted(t.relid))::numeric AS inserted
	FROM advisor._schema_tables t
	WHERE t.relkind = 'r'
	GROUP BY t.rootid
), captured AS MATERIALIZED (
	SELECT n.relid, sum(p.rows)::numeric AS inserted
	FROM advisor._plan_nodes() n
		JOIN advisor._plans(with_texts => false) p ON p.dbid = n.dbid AND p.userid = n.userid AND p.toplevel = n.toplevel
			AND p.queryid = n.queryid AND p.planid = n.planid
	WHERE advisor._is_preloaded()
		AND n.dbid = (SELECT my.dbid FROM advisor._current_database() my)
		AND n.parent IS NULL
		AND n.details ->> 'Node Type' = 'ModifyTable'
		AND n.details ->> 'Operation' = 'Insert'
		-- reading all plans takes time: only if somebody needs to know
		AND EXISTS (SELECT FROM measured m LEFT JOIN observed o ON o.object = m.object
			WHERE o.object IS NULL AND m.used >= 0.001 * m.range)
	GROUP BY n.relid
), since AS MATERIALIZED (
	SELECT i.stats_since,
		(SELECT d.stats_reset FROM pg_stat_database d WHERE d.datname = current_database()) AS stats_reset
	FROM advisor._capture_state i
), rated AS (
	SELECT m.*, f.relid, f.object AS table_object, f.attname, f.type, f.attnum, r.source, r.rate_since,
		r.numbers / (EXTRACT(epoch FROM now() - r.rate_since) / 86400) AS per_day
	FROM measured m
		LEFT JOIN fed f ON f.seqid = m.seqid
		CROSS JOIN since s
		LEFT JOIN observed o ON o.object = m.object
			AND o.value <= CASE WHEN m.ascends THEN m.last_value ELSE -m.last_value END
		LEFT JOIN counters n ON n.relid = f.relid AND s.stats_reset <= now() - interval '1 day'
		LEFT JOIN captured c ON c.relid = f.relid AND s.stats_since <= now() - interval '1 hour'
		-- the best that is known: the numbers themselves, or the rows
		LEFT JOIN LATERAL (
			SELECT
				CASE WHEN o.object IS NOT NULL THEN 'observed numbers' WHEN n.relid IS NOT NULL THEN 'rows inserted' WHEN c.relid IS NOT NULL THEN 'captured inserts' END AS source,
				CASE WHEN o.object IS NOT NULL THEN o.observed_at WHEN n.relid IS NOT NULL THEN s.stats_reset WHEN c.relid IS NOT NULL THEN s.stats_since END AS rate_since,
				CASE WHEN o.object IS NOT NULL THEN (CASE WHEN m.ascends THEN m.last_value ELSE -m.last_value END - o.value) / m.step
					WHEN n.relid IS NOT NULL THEN n.inserted
					WHEN c.relid IS NOT NULL THEN c.inserted END AS numbers
		) r ON true
), forecast AS (
	SELECT r.*,
		CASE WHEN r.last_value IS NOT NULL THEN GREATEST(0, floor(r.distance / r.step) + CASE WHEN r.is_called THEN 0 ELSE 1 END) END AS values_left
	FROM rated r
), factors AS MATERIALIZED (
	-- the columns at the limit, those that are fed first
	SELECT c.seqid, bool_and(c.refers) AS refers,
		(array_agg(format('type %s of %s.%I', c.type, c.object, c.attname) ORDER BY c.refers, c.object, c.attnum))[1]
			|| CASE count(*) WHEN 1 THEN '' WHEN 2 THEN ' and another column' ELSE ' and ' || count(*) - 1 || ' other columns' END AS factor
	FROM columns c
		JOIN limited l ON l.seqid = c.seqid AND l.limit_value = c.type_limit
	GROUP BY c.seqid
), scripts AS MATERIALIZED (
	SELECT t.seqid, string_agg(t.ddl, E'\n' ORDER BY t.refers, t.object) AS ddl, string_agg(t.undo, E'\n' ORDER BY t.refers DESC, t.object DESC) AS undo
	FROM (
		SELECT c.seqid, c.object, bool_and(c.refers) AS refers,
			format('ALTER TABLE %s %s;', c.object, string_agg(format('ALTER COLUMN %I TYPE bigint', c.attname), ', ' ORDER BY c.attnum)) AS ddl,
			format('ALTER TABLE %s %s;', c.object, string_agg(format('ALTER COLUMN %I TYPE %s', c.attname, c.type), ', ' ORDER BY c.attnum)) AS undo
		FROM columns c
		WHERE c.is_narrow
		GROUP BY c.seqid, c.object
	) t
	GROUP BY t.seqid
)
SELECT
	f.schemaname,
	f.sequencename,
	f.seqid,
	f.object AS sequence,
	f.table_object AS "table",
	f.relid,
	f.attname AS "column",
	f.type AS column_type,
	f.seqtypid::regtype::text AS sequence_type,
	f.last_value::bigint AS last_value,
	f.limit_value::bigint AS limit_value,
	CASE
		WHEN f.by_column THEN w.factor
		WHEN f.seqcycle THEN format('%s of sequence %s, which begins again then', CASE WHEN f.ascends THEN 'MAXVALUE' ELSE 'MINVALUE' END, f.object)
		WHEN f.own_limit = CASE WHEN f.ascends THEN st.highest ELSE st.lowest END THEN format('type %s of sequence %s', f.seqtypid::regtype, f.object)
		ELSE format('%s of sequence %s', CASE WHEN f.ascends THEN 'MAXVALUE' ELSE 'MINVALUE' END, f.object)
	END AS limiting_factor,
	CASE WHEN NOT f.by_column THEN CASE WHEN f.seqcycle THEN 'cycle' ELSE 'sequence' END WHEN w.refers THEN 'foreign key' ELSE 'column type' END AS limited_by,
	-- LEAST and GREATEST pass over nulls, and not known is not used up
	CASE WHEN f.last_value IS NOT NULL THEN trunc(LEAST(100, 100 * f.used / f.range), 2) END::float8 AS used_percent,
	f.values_left,
	f.per_day::float8 AS per_day,
	CASE WHEN f.per_day IS NOT NULL THEN f.source END AS rate_source,
	CASE WHEN f.per_day IS NOT NULL THEN f.rate_since END AS rate_since,
	CASE WHEN f.per_day > 0 THEN f.values_left / f.per_day END::float8 AS days_left,
	-- a forecast for the next century is none
	CASE WHEN f.per_day > 0 AND f.values_left / f.per_day < 36500 THEN now() + (f.values_left / f.per_day)::float8 * interval '1 day' END AS forecast_date,
	f.visible,
	-- another number than the table has seen can come again only if nothing forbids
	EXISTS (SELECT FROM pg_index i WHERE i.indrelid = f.relid AND i.indisunique AND f.attnum = ANY (i.indkey)) AS is_unique,
	f.views,
	-- where the sequence alone is in the way, the columns need not change
	CASE WHEN NOT f.by_column THEN 'ALTER SEQUENCE ' || f.object || NULLIF(own.widen || own.extend, '') || ';'
		WHEN NOT f.is_fixed THEN NULLIF(concat_ws(E'\n', x.ddl, 'ALTER SEQUENCE ' || f.object || NULLIF(own.widen, '') || ';'), '') END AS ddl,
	CASE WHEN NOT f.by_column THEN 'ALTER SEQUENCE ' || f.object || NULLIF(own.narrow || own.curtail, '') || ';'
		WHEN NOT f.is_fixed THEN NULLIF(concat_ws(E'\n', 'ALTER SEQUENCE ' || f.object || NULLIF(own.narrow, '') || ';', x.undo), '') END AS undo_ddl
FROM forecast f
	LEFT JOIN advisor._integer_types st ON st.typid = f.seqtypid
	CROSS JOIN LATERAL (
		SELECT f.own_limit <> CASE WHEN f.ascends THEN st.highest ELSE st.lowest END AS is_custom,
			-- an identity takes the type of its column
			f.seqtypid <> 'int8'::regtype AND f.is_identity IS NOT TRUE
				AND (f.by_column OR f.column_limit IS NULL OR abs(f.column_limit) > st.highest + 1) AS is_narrower) r
	CROSS JOIN LATERAL (
		SELECT CASE WHEN r.is_narrower THEN ' AS bigint' ELSE '' END AS widen,
			CASE WHEN r.is_narrower THEN ' AS ' || f.seqtypid::regtype ELSE '' END AS narrow,
			CASE WHEN NOT r.is_custom THEN ''
				WHEN abs(f.column_limit) < 9223372036854775807 AND (r.is_narrower OR abs(f.column_limit) < st.highest) THEN
					CASE WHEN f.ascends THEN ' MAXVALUE ' ELSE ' MINVALUE ' END || f.column_limit
				WHEN f.ascends THEN ' NO MAXVALUE' ELSE ' NO MINVALUE' END AS extend,
			CASE WHEN r.is_custom THEN CASE WHEN f.ascends THEN ' MAXVALUE ' ELSE ' MINVALUE ' END || f.own_limit ELSE '' END AS curtail) own
	LEFT JOIN factors w ON w.seqid = f.seqid
	LEFT JOIN scripts x ON x.seqid = f.seqid;
COMMENT ON VIEW advisor.key_exhaustion IS
	'numbers of each sequence that are used and left, by the narrowest of the sequence, the columns it feeds and the foreign keys that refer to them, with a forecast';
COMMENT ON COLUMN advisor.key_exhaustion.schemaname IS 'schema of the sequence';
COMMENT ON COLUMN advisor.key_exhaustion.sequencename IS 'name of the sequence';
COMMENT ON COLUMN advisor.key_exhaustion.seqid IS 'oid of the sequence';
COMMENT ON COLUMN advisor.key_exhaustion.sequence IS 'qualified and quoted name of the sequence';
COMMENT ON COLUMN advisor.key_exhaustion."table" IS 'table whose column it feeds by ownership, identity or default; null if there is none';
COMMENT ON COLUMN advisor.key_exhaustion.relid IS 'oid of that table';
COMMENT ON COLUMN advisor.key_exhaustion."column" IS 'the column';
COMMENT ON COLUMN advisor.key_exhaustion.column_type IS 'type of the column';
COMMENT ON COLUMN advisor.key_exhaustion.sequence_type IS 'type of the sequence';
COMMENT ON COLUMN advisor.key_exhaustion.last_value IS 'last number given away; null if it may not be seen or the sequence was locked';
COMMENT ON COLUMN advisor.key_exhaustion.limit_value IS 'the last number there will be';
COMMENT ON COLUMN advisor.key_exhaustion.limiting_factor IS 'what limits it, in words';
COMMENT ON COLUMN advisor.key_exhaustion.limited_by IS 'column type, foreign key (a referring column is narrower), sequence, or cycle';
COMMENT ON COLUMN advisor.key_exhaustion.used_percent IS 'part of the numbers that is used';
COMMENT ON COLUMN advisor.key_exhaustion.values_left IS 'how many there are to come';
COMMENT ON COLUMN advisor.key_exhaustion.per_day IS 'numbers used in a day; null if not known';
COMMENT ON COLUMN advisor.key_exhaustion.rate_source IS 'where per_day comes from: observed numbers, rows inserted, or captured inserts';
COMMENT ON COLUMN advisor.key_exhaustion.rate_since IS 'beginning of the time that per_day is of';
COMMENT ON COLUMN advisor.key_exhaustion.days_left IS 'days until it has run out at that rate';
COMMENT ON COLUMN advisor.key_exhaustion.forecast_date IS 'when it has run out at that rate; null if not within 100 years';
COMMENT ON COLUMN advisor.key_exhaustion.visible IS 'may you see how far it has got?';
COMMENT ON COLUMN advisor.key_exhaustion.is_unique IS 'is the column in a unique index?';
COMMENT ON COLUMN advisor.key_exhaustion.views IS 'views that are in the way of another type: to be dropped and made again';
COMMENT ON COLUMN advisor.key_exhaustion.ddl IS 'SQL that makes room: a wider range of the sequence if that is what limits it, else bigint for all of the columns; null if they are, or a domain or a partition key is in the way';
COMMENT ON COLUMN advisor.key_exhaustion.undo_ddl IS 'SQL that takes it back, while the values still fit';

CREATE VIEW advisor.tables_without_primary_key AS
WITH keys AS MATERIALIZED (
	SELECT DISTINCT i.indrelid AS relid FROM pg_index i WHERE i.indisprimary
), tables AS MATERIALIZED (
	SELECT t.*, k.relid IS NOT NULL AS has_key
	FROM advisor._schema_tables t
		LEFT JOIN keys k ON k.relid = t.relid
), parts AS MATERIALIZED (
	SELECT t.rootid, t.relid, t.reltoastrelid, t.relkind, t.relispartition, t.reltuples, t.has_key
	FROM tables t
		JOIN tables root ON root.relid = t.rootid
	WHERE NOT root.has_key
), counted AS MATERIALIZED (
	SELECT p.rootid AS relid,
		sum(GREATEST(p.reltuples, 0)) FILTER (WHERE p.relkind = 'r') AS rows,
		count(*) FILTER (WHERE p.relkind = 'r' AND p.relispartition) AS partitions,
		count(*) FILTER (WHERE p.relkind = 'r' AND p.relispartition AND p.has_key) AS partitions_with_key
	FROM parts p
	GROUP BY p.rootid
), sizes AS MATERIALIZED (
	SELECT f.rootid AS relid, sum(s.bytes) AS bytes
	FROM (SELECT p.rootid, p.relid FROM parts p
			UNION ALL SELECT p.rootid, p.reltoastrelid FROM parts p WHERE p.reltoastrelid <> 0) f
		-- grouped, so that the planner knows that there is one of each
		JOIN (SELECT r.relid, sum(r.bytes) AS bytes FROM advisor._relation_sizes() r GROUP BY r.relid) s ON s.relid = f.relid
	GROUP BY f.rootid
), published AS MATERIALIZED (
	-- a table is published by name, by its schema, by a parent, or with all others
	SELECT root.relid, array_agg(DISTINCT quote_ident(p.pubname) ORDER BY quote_ident(p.pubname)) AS publications
	FROM pg_publication p
		JOIN tables t ON p.puballtables
			OR EXISTS (SELECT FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = t.relid)
			OR EXISTS (SELECT FROM pg_publication_namespace n WHERE n.pnpubid = p.oid AND n.pnnspid = t.relnamespace)
		JOIN tables root ON root.relid = t.rootid
	WHERE p.pubupdate OR p.pubdelete
	GROUP BY root.relid
), candidates AS MATERIALIZED (
	SELECT DISTINCT ON (i.indrelid) i.indrelid AS relid, i.indexrelid, i.indkey, i.indnkeyatts, c.relname AS index_name,
		o.conname, o.contype
	FROM pg_index i
		JOIN pg_class c ON c.oid = i.indexrelid
		LEFT JOIN pg_constraint o ON o.conindid = i.indexrelid AND o.contype = 'u' AND o.conrelid = i.indrelid
	WHERE i.indisunique AND i.indimmediate AND i.indisvalid AND i.indisready AND i.indislive
		AND NOT i.indnullsnotdistinct
		AND i.indpred IS NULL AND i.indexprs IS NULL
		AND i.indrelid IN (SELECT t.relid FROM tables t WHERE NOT t.has_key AND NOT t.relispartition)
		AND NOT EXISTS (
			SELECT
			FROM unnest(i.indkey[0:i.indnkeyatts - 1]::int2[], i.indclass::oid[], i.indcollation[0:i.indnkeyatts - 1]::oid[], i.indoption::int2[])
				k(attnum, opclass, collationid, option)
				LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
				LEFT JOIN pg_opclass oc ON oc.oid = k.opclass
			-- a key is sorted in the default way, by what is never null
			WHERE NOT a.attnotnull OR NOT oc.opcdefault OR k.option <> 0 OR k.collationid <> a.attcollation OR k.attnum <= 0)
	ORDER BY i.indrelid, o.conname IS NOT NULL, i.indnkeyatts, i.indexrelid
), numbered AS MATERIALIZED (
	SELECT DISTINCT ON (c.relid) c.relid, c.attnum, c.attname
	FROM advisor._sequence_columns c
		JOIN pg_attribute a ON a.attrelid = c.relid AND a.attnum = c.attnum
	WHERE NOT c.refers AND a.attnotnull
	ORDER BY c.relid, c.is_identity DESC, c.attnum
), listed AS (
	SELECT t.*, coalesce(s.bytes, 0) AS bytes, c.rows, c.partitions, c.partitions_with_key, p.publications,
		k.indexrelid, k.index_name, k.conname, n.attname AS numbered,
		advisor._column_names(t.relid, k.indkey[0:k.indnkeyatts - 1]::int2[]) AS index_columns,
		-- what a subscriber finds the old row by
		CASE t.relreplident
			WHEN 'f' THEN 'full'
			WHEN 'i' THEN CASE WHEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.relid AND i.indisreplident) THEN 'index' ELSE 'nothing' END
			ELSE 'nothing' END AS replica_identity
	FROM tables t
		LEFT JOIN counted c ON c.relid = t.relid
		LEFT JOIN sizes s ON s.relid = t.relid
		LEFT JOIN published p ON p.relid = t.relid
		LEFT JOIN candidates k ON k.relid = t.relid
		LEFT JOIN numbered n ON n.relid = t.relid
	WHERE NOT t.has_key AND NOT t.relispartition
)
SELECT
	l.schemaname,
	l.relname,
	l.relid,
	l.object AS "table",
	l.bytes::bigint AS size,
	CASE WHEN l.reltuples < 0 AND l.rows = 0 THEN NULL ELSE l.rows END AS rows,
	l.partitions,
	l.partitions_with_key,
	l.publications,
	l.replica_identity,
	l.publications IS NOT NULL AND l.replica_identity = 'nothing'
		AND (l.relkind = 'r' OR l.partitions_with_key < l.partitions) AS writes_fail,
	CASE
		WHEN l.conname IS NOT NULL THEN 'unique constraint'
		WHEN l.indexrelid IS NOT NULL THEN 'unique index'
		WHEN l.numbered IS NOT NULL THEN 'numbered column'
	END AS candidate,
	coalesce(l.index_columns, quote_ident(l.numbered)) AS candidate_columns,
	CASE
		WHEN l.indexrelid IS NOT NULL AND l.conname IS NULL AND l.relkind = 'r' THEN
			format('ALTER TABLE %s ADD PRIMARY KEY USING INDEX %I;', l.object, l.index_name)
		WHEN l.index_columns IS NOT NULL THEN format('ALTER TABLE %s ADD CONSTRAINT %I PRIMARY KEY (%s);', l.object, k.name, l.index_columns)
		WHEN l.numbered IS NOT NULL AND l.relkind = 'r' THEN
			format(E'CREATE UNIQUE INDEX CONCURRENTLY %I ON %s (%I);\nALTER TABLE %s ADD PRIMARY KEY USING INDEX %1$I;', k.name, l.object, l.numbered, l.object)
	END AS ddl,
	CASE
		WHEN l.indexrelid IS NOT NULL AND l.conname IS NULL AND l.relkind = 'r' THEN
			format(E'ALTER TABLE %s DROP CONSTRAINT %I;\n', l.object, l.index_name) || advisor._definition_of_index(l.indexrelid) || ';'
		WHEN l.index_columns IS NOT NULL OR l.numbered IS NOT NULL AND l.relkind = 'r' THEN
			format('ALTER TABLE %s DROP CONSTRAINT %I;', l.object, k.name)
	END AS undo_ddl
FROM listed l
	CROSS JOIN LATERAL (
		-- not longer than a name may be, and not one that is taken
		SELECT CASE WHEN EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = l.relnamespace AND c.relname = n.name) THEN left(n.name, 45) || '_' || l.relid ELSE n.name END AS name
		FROM (SELECT CASE WHEN octet_length(l.relname) <= 58 THEN l.relname ELSE left(l.relname, 14) END || '_pkey' AS name) n
	) k;
COMMENT ON VIEW advisor.tables_without_primary_key IS
	'tables, and partitioned ones as a whole, that have no primary key, with what could be one and what it means for logical replication';
COMMENT ON COLUMN advisor.tables_without_primary_key.schemaname IS 'schema of the table';
COMMENT ON COLUMN advisor.tables_without_primary_key.relname IS 'name of the table';
COMMENT ON COLUMN advisor.tables_without_primary_key.relid IS 'oid of the table';
COMMENT ON COLUMN advisor.tables_without_primary_key."table" IS 'qualified and quoted name of the table';
COMMENT ON COLUMN advisor.tables_without_primary_key.size IS 'bytes of the table and its TOAST table, with all partitions; no indexes';
COMMENT ON COLUMN advisor.tables_without_primary_key.rows IS 'rows as last counted by VACUUM or ANALYZE; null if never';
COMMENT ON COLUMN advisor.tables_without_primary_key.partitions IS 'number of partitions with rows of their own';
COMMENT ON COLUMN advisor.tables_without_primary_key.partitions_with_key IS 'how many of them have a primary key of their own';
COMMENT ON COLUMN advisor.tables_without_primary_key.publications IS 'publications that send its updates or deletes';
COMMENT ON COLUMN advisor.tables_without_primary_key.replica_identity IS 'what a subscriber finds rows by: nothing, index, or full (the whole row)';
COMMENT ON COLUMN advisor.tables_without_primary_key.writes_fail IS 'do updates or deletes fail, for being published without an identity?';
COMMENT ON COLUMN advisor.tables_without_primary_key.candidate IS 'what could be the key: unique index, unique constraint (both of columns that are never null), or numbered column (by a sequence)';
COMMENT ON COLUMN advisor.tables_without_primary_key.candidate_columns IS 'columns of the candidate';
COMMENT ON COLUMN advisor.tables_without_primary_key.ddl IS 'SQL that makes it the primary key';
COMMENT ON COLUMN advisor.tables_without_primary_key.undo_ddl IS 'SQL that takes it back';

-- Columns of the tables of _schema_tables, those of partitions only once, as
-- their root's.
CREATE VIEW advisor._schema_columns AS
SELECT
	t.relid,
	t.schemaname,
	t.relname,
	t.object AS "table",
	t.relkind,
	t.relhassubclass,
	t.relpages,
	t.reltuples,
	a.attnum,
	a.attname::text AS attname,
	t.object || '.' || quote_ident(a.attname) AS object,
	a.atttypid,
	a.atttypmod,
	a.attnotnull,
	a.attinhcount,
	a.attgenerated,
	a.attidentity,
	a.atthasdef,
	a.attstattarget
FROM advisor._schema_tables t
	JOIN pg_attribute a ON a.attrelid = t.relid
WHERE NOT t.relispartition
	AND a.attnum > 0
	AND NOT a.attisdropped
	AND a.attinhcount = 0;
COMMENT ON VIEW advisor._schema_columns IS
	'columns of tables that somebody here has designed; what is inherited is said of the parent';

-- What captured statements do with columns, by the name of the column: facts
-- and nodes may be those of partitions.
CREATE VIEW advisor._column_uses AS
WITH facts AS MATERIALIZED (
	SELECT DISTINCT f.queryid, d.relid, d."column" AS attname, d.kind, d.function, d.to_type, d.implicit, d.column_type
	FROM advisor._facts() f
		CROSS JOIN LATERAL json_to_record(f.fact) AS d(
			fact text, relid oid, "column" text, kind text, function text, to_type text, implicit boolean, column_type text)
	WHERE advisor._is_preloaded()
		AND f.dbid = (SELECT my.dbid FROM advisor._current_database() my)
		AND f.queryid IS NOT NULL
		AND d.fact = 'wrapped_column'
)
SELECT t.rootid AS relid, f.attname,
	count(DISTINCT f.queryid) FILTER (WHERE f.kind = 'cast') AS cast_statements,
	array_agg(DISTINCT f.to_type) FILTER (WHERE f.kind = 'cast') AS cast_to,
	count(DISTINCT f.queryid) FILTER (WHERE f.function IN ('->', '->>', '#>', '#>>')) AS json_statements,
	min(f.queryid) AS queryid
FROM facts f
	JOIN advisor._schema_tables t ON t.relid = f.relid
GROUP BY t.rootid, f.attname;
COMMENT ON VIEW advisor._column_uses IS
	'columns that conditions of captured statements cast, or look into as JSON';

-- What conditions say of json and floating-point columns, which no fact tells.
CREATE VIEW advisor._column_filters AS
WITH nodes AS MATERIALIZED (
	SELECT n.queryid, n.relid, n.filter_attnums, n.details
	FROM advisor._plan_nodes() n
	WHERE advisor._is_preloaded()
		AND n.dbid = (SELECT my.dbid FROM advisor._current_database() my)
		AND n.queryid IS NOT NULL AND n.relid <> 0 AND n.filter_attnums <> '{}'
), filters AS MATERIALIZED (
	-- only of such columns is the node's text looked at, which takes time
	SELECT n.queryid, n.relid, a.attname::text AS attname, a.atttypid, n.details
	FROM nodes n
		JOIN pg_attribute a ON a.attrelid = n.relid AND a.attnum = ANY (n.filter_attnums)
	WHERE a.atttypid IN ('json'::regtype, 'float4'::regtype, 'float8'::regtype)
)
SELECT t.rootid AS relid, f.attname,
	count(DISTINCT f.queryid) FILTER (WHERE f.atttypid = 'json'::regtype AND c.condition ~ '(->|#>|json_)') AS json_statements,
	count(DISTINCT f.queryid) FILTER (WHERE f.atttypid <> 'json'::regtype
		AND position(f.attname || ' = ' IN translate(c.condition, '"', '')) > 0) AS equal_statements
FROM filters f
	JOIN advisor._schema_tables t ON t.relid = f.relid
	CROSS JOIN LATERAL (
		SELECT concat_ws(' ', f.details ->> 'Filter', f.details ->> 'Index Cond', f.details ->> 'Recheck Cond') AS condition) c
GROUP BY t.rootid, f.attname;
COMMENT ON VIEW advisor._column_filters IS
	'json columns that captured conditions look into, and floating-point ones that they compare for equality';

CREATE VIEW advisor.column_types AS
WITH columns AS MATERIALIZED (
	SELECT c.*, format_type(c.atttypid, c.atttypmod) AS type,
		CASE WHEN c.atttypid IN ('bpchar'::regtype, 'varchar'::regtype) AND c.atttypmod > 4 THEN c.atttypmod - 4 END AS length
	FROM advisor._schema_columns c
), zones AS MATERIALIZED (
	SELECT c.relid,
		count(*) FILTER (WHERE c.atttypid = 'timestamptz'::regtype) AS with_zone,
		count(*) FILTER (WHERE c.atttypid = 'timestamp'::regtype) AS without_zone
	FROM columns c
	WHERE c.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype)
	GROUP BY c.relid
), all_zones AS MATERIALIZED (
	SELECT coalesce(sum(z.with_zone), 0)::bigint AS with_zone, coalesce(sum(z.without_zone), 0)::bigint AS without_zone FROM zones z
), keys AS MATERIALIZED (
	-- the type of such a column is that of another one as well
	SELECT c.conrelid AS relid, k.attnum FROM pg_constraint c CROSS JOIN LATERAL unnest(c.conkey) k(attnum) WHERE c.contype = 'f'
	UNION
	SELECT c.confrelid, k.attnum FROM pg_constraint c CROSS JOIN LATERAL unnest(c.confkey) k(attnum) WHERE c.contype = 'f'
), uses AS MATERIALIZED (
	SELECT * FROM advisor._column_uses
), filters AS MATERIALIZED (
	SELECT f.*
	FROM advisor._column_filters f
	-- reading all plans takes time: only if they can say something
	WHERE EXISTS (SELECT FROM columns c WHERE c.atttypid IN ('json'::regtype, 'float4'::regtype, 'float8'::regtype))
), suspects AS MATERIALIZED (
	SELECT c.*
	FROM columns c
		LEFT JOIN pg_type t ON t.oid = c.atttypid AND t.typelem <> 0 AND t.typlen = -1
	WHERE c.atttypid IN ('bpchar'::regtype, 'varchar'::regtype, 'text'::regtype, 'timestamp'::regtype, 'timetz'::regtype, 'money'::regtype,
			'float4'::regtype, 'float8'::regtype, 'json'::regtype, 'oid'::regtype)
		OR coalesce(t.typelem, c.atttypid) IN ('regproc'::regtype, 'regprocedure'::regtype, 'regoper'::regtype, 'regoperator'::regtype,
			'regconfig'::regtype, 'regdictionary'::regtype, 'regnamespace'::regtype, 'regcollation'::regtype)
), known AS MATERIALIZED (
	SELECT s.*, st.stawidth, st.stadistinct, st.stanullfrac,
		u.cast_statements, u.cast_to, coalesce(u.json_statements, 0) + coalesce(f.json_statements, 0) AS json_statements, u.queryid,
		coalesce(f.equal_statements, 0) AS equal_statements,
		r.relid IS NOT NULL AS is_key,
		CASE WHEN s.atthasdef THEN (SELECT advisor._text_of_expression(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = s.relid AND d.adnum = s.attnum) END AS default_expr,
		z.with_zone, z.without_zone,
		v.views
	FROM suspects s
		LEFT JOIN advisor._column_statistics st ON st.starelid = s.relid AND st.staattnum = s.attnum AND st.stainherit = (s.relkind = 'p')
		LEFT JOIN uses u ON u.relid = s.relid AND u.attname = s.attname
		LEFT JOIN filters f ON f.relid = s.relid AND f.attname = s.attname
		LEFT JOIN zones z ON z.relid = s.relid
		LEFT JOIN keys r ON r.relid = s.relid AND r.attnum = s.attnum
		LEFT JOIN advisor._column_views v ON v.relid = s.relid AND v.attnum = s.attnum
), judged AS (
	-- a column has one problem, the one that says most
	SELECT k.*, p.*
	FROM known k
		CROSS JOIN all_zones a
		CROSS JOIN LATERAL (
			SELECT * FROM (
				SELECT 'uuid_text' AS problem, 'uuid' AS suggested, 'low' AS severity, '::uuid' AS convert, '::' || k.type AS convert_back, false AS loses,
					format('It is as wide as a UUID in each row (%s bytes on average, by ANALYZE)%s, and as text takes 37 bytes where uuid takes 16, in each index and foreign key again.',
						k.stawidth,
						CASE WHEN k.default_expr ~ 'gen_random_uuid|uuid_generate' THEN ' and has a UUID for its default' WHEN k.length IN (32, 36) THEN format(' and %s long by definition', k.length) ELSE ' and is called one' END) AS reason,
					jsonb_build_object('average_width', k.stawidth, 'n_distinct', k.stadistinct, 'default', k.default_expr) AS evidence, 1 AS rank
				WHERE k.atttypid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype)
					-- one byte is the length
					AND (k.stawidth = 37 OR k.stawidth = 33 AND coalesce(k.length, 32) = 32)
					AND (k.stadistinct < -0.1 OR k.stadistinct > 1000)
					AND (k.default_expr ~ 'gen_random_uuid|uuid_generate' OR k.length = 36 AND k.stawidth = 37 OR k.attname ~* '(uuid|guid)'
						OR 'uuid' = ANY (k.cast_to))
				UNION ALL
				SELECT 'text_compared_as', (k.cast_to)[1], 'low', '::' || (k.cast_to)[1], '::' || k.type, false,
					format('%s captured statements compare it as %s, each time converting every row, and no plain index serves them; a value that is no %s makes them fail.',
						k.cast_statements, (k.cast_to)[1], (k.cast_to)[1]),
					jsonb_build_object('statements', k.cast_statements, 'compared_as', to_jsonb(k.cast_to)), 2
				WHERE k.atttypid IN ('text'::regtype, 'varchar'::regtype)
					AND cardinality(k.cast_to) = 1
					AND (k.cast_to)[1] IN ('smallint', 'integer', 'bigint', 'numeric', 'date', 'timestamp without time zone', 'timestamp with time zone', 'uuid', 'boolean', 'inet')
				UNION ALL
				SELECT 'char_padded', 'text', CASE WHEN k.cast_statements > 0 AND NOT k.is_key AND k.length >= (SELECT advisor._setting('char_length')) THEN 'low' ELSE 'info' END,
					'::text', '::' || k.type, false,
					format('Each value is padded with blanks to %s characters, which are stored and compared in a way of their own: %s',
						k.length, CASE WHEN k.cast_statements > 0 THEN format('%s as %s, which no index on it serves.',
							CASE k.cast_statements WHEN 1 THEN 'a captured statement compares it' ELSE k.cast_statements || ' captured statements compare it' END, array_to_string(k.cast_to, ', '))
							ELSE 'blanks at the end do not count with it, but do once it is cast to text, and LIKE and regular expressions see them.' END),
					jsonb_build_object('length', k.length, 'average_width', k.stawidth, 'cast_statements', coalesce(k.cast_statements, 0)), 3
				WHERE k.atttypid = 'bpchar'::regtype AND k.length IS NOT NULL
					AND (k.length >= (SELECT advisor._setting('char_length')) OR k.cast_statements > 0)
				UNION ALL
				SELECT 'timestamp_mixed', 'timestamp with time zone',
					CASE WHEN k.with_zone > 0 THEN 'low' ELSE 'info' END,
					format(' AT TIME ZONE %L', current_setting('TimeZone')), format(' AT TIME ZONE %L', current_setting('TimeZone')), false,
					CASE WHEN k.with_zone > 0 THEN format('The table has %s column(s) with a time zone and %s without: comparing the two kinds depends on the time zone of the session that asks.', k.with_zone, k.without_zone)
						ELSE format('The database has %s such columns with a time zone and %s without, as this one: the same moment is written differently, and comparisons depend on the time zone of the session that asks.', a.with_zone, a.without_zone) END,
					jsonb_build_object('with_time_zone', coalesce(k.with_zone, 0), 'without_time_zone', k.without_zone, 'database_with_time_zone', a.with_zone, 'database_without_time_zone', a.without_zone), 4
				WHERE k.atttypid = 'timestamp'::regtype
					AND (k.with_zone > 0 OR a.with_zone >= 4 * a.without_zone)
				UNION ALL
				SELECT 'timetz', 'time', 'low', '::time', NULL, true,
					'An offset without a date says nothing where there is daylight saving: which of the two it was cannot be told.',
					'{}'::jsonb, 5
				WHERE k.atttypid = 'timetz'::regtype
				UNION ALL
				SELECT 'money', 'numeric', 'low', '::numeric', '::money', false,
					format('What it means depends on the setting lc_monetary (here %s): a dump that is restored under another one changes the currency, and the number of digits behind the point.', current_setting('lc_monetary')),
					jsonb_build_object('lc_monetary', current_setting('lc_monetary')), 6
				WHERE k.atttypid = 'money'::regtype
				UNION ALL
				SELECT 'float_money', 'numeric', CASE WHEN k.equal_statements > 0 THEN 'low' ELSE 'info' END, '::numeric', NULL, true,
					format('By its name it holds amounts of money, and binary fractions hold 0.10 as nearly 0.10: sums differ with the order of their rows. %s',
						CASE WHEN k.equal_statements > 0 THEN format('%s captured statements compare it for equality.', k.equal_statements) ELSE 'That is all that speaks for it.' END),
					jsonb_build_object('equal_statements', k.equal_statements, 'by_name', true), 7
				WHERE k.atttypid IN ('float4'::regtype, 'float8'::regtype)
					AND k.attname ~* '(^|_)(price|amount|total|subtotal|balance|cost|fee|salary|tax|vat|discount|revenue|payment|paid)(_|$)'
					AND k.attname !~* '(time|second|minute|hour|day|count|percent|pct|rate|ratio|distance|weight|score|byte|size|rows|_ms$|_s$)'
				UNION ALL
				SELECT 'float_equal', 'numeric', 'info', '::numeric', NULL, true,
					format('%s captured statements compare it for equality, which finds a binary fraction only if it was written the very same way.', k.equal_statements),
					jsonb_build_object('equal_statements', k.equal_statements, 'by_name', false), 8
				WHERE k.atttypid IN ('float4'::regtype, 'float8'::regtype) AND k.equal_statements > 0
				UNION ALL
				SELECT 'json', 'jsonb', CASE WHEN k.json_statements > 0 THEN 'low' ELSE 'info' END, '::jsonb', NULL, true,
					CASE WHEN k.json_statements > 0 THEN format('%s captured statements look into it in a condition: json is text, parsed again for each row; jsonb is not, and can be indexed (GIN, @>).', k.json_statements)
						ELSE 'json has no equality: GROUP BY, DISTINCT, UNION and = fail. No captured statement looks into it.' END,
					jsonb_build_object('statements', k.json_statements), 9
				WHERE k.atttypid = 'json'::regtype
				UNION ALL
				SELECT 'reg_type', r.text_type, 'medium', '::' || r.text_type, '::' || k.type, false,
					'pg_upgrade refuses a database with such a column: it holds an oid that is another one afterwards.',
					'{}'::jsonb, 10
				FROM (SELECT CASE WHEN k.type LIKE '%[]' THEN 'text[]' ELSE 'text' END AS text_type) r
				WHERE k.atttypid NOT IN ('bpchar'::regtype, 'varchar'::regtype, 'text'::regtype, 'timestamp'::regtype, 'timetz'::regtype, 'money'::regtype,
					'float4'::regtype, 'float8'::regtype, 'json'::regtype, 'oid'::regtype)
				UNION ALL
				SELECT 'large_object', 'bytea', 'info', NULL, NULL, true,
					'The database has large objects, and the column can be what refers to them: they stay when the row goes (vacuumlo finds those), and logical replication does not send them.',
					'{}'::jsonb, 11
				WHERE k.atttypid = 'oid'::regtype AND EXISTS (SELECT FROM pg_largeobject_metadata)
			) p
			ORDER BY p.rank
			LIMIT 1
		) p
)
SELECT
	j.schemaname,
	j.relname,
	j.attname,
	j.relid,
	j.attnum,
	j.object AS "column",
	j.type AS column_type,
	j.problem,
	j.suggested AS suggested_type,
	j.severity,
	j.reason,
	j.evidence,
	j.is_key,
	j.views,
	j.convert IS NOT NULL AS rewrites,
	j.queryid,
	-- one that is a foreign key, or refered to, goes with the other side only;
	-- one that is generated, with its expression
	CASE WHEN NOT j.is_key AND j.attgenerated = '' AND j.convert IS NOT NULL AND (j.default_expr IS NOT NULL OR NOT j.atthasdef) THEN
		concat_ws(E'\n',
			CASE WHEN j.default_expr IS NOT NULL THEN format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT;', j."table", j.attname) END,
			format('ALTER TABLE %1$s ALTER COLUMN %2$I TYPE %3$s USING %2$I%4$s;', j."table", j.attname, j.suggested, j.convert),
			CASE WHEN j.default_expr IS NOT NULL THEN format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT (%s)%s;', j."table", j.attname, j.default_expr, j.convert) END)
	END AS ddl,
	CASE WHEN NOT j.is_key AND j.attgenerated = '' AND j.convert IS NOT NULL AND j.convert_back IS NOT NULL
			AND (j.default_expr IS NOT NULL OR NOT j.atthasdef) THEN
		concat_ws(E'\n',
			CASE WHEN j.default_expr IS NOT NULL THEN format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT;', j."table", j.attname) END,
			format('ALTER TABLE %1$s ALTER COLUMN %2$I TYPE %3$s USING %2$I%4$s;', j."table", j.attname, j.type, j.convert_back),
			CASE WHEN j.default_expr IS NOT NULL THEN format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s;', j."table", j.attname, j.default_expr) END)
	END AS undo_ddl
FROM judged j;
COMMENT ON VIEW advisor.column_types IS
	'columns whose type hurts, with what shows it, another type, and the SQL that converts them';
COMMENT ON COLUMN advisor.column_types.schemaname IS 'schema of the table';
COMMENT ON COLUMN advisor.column_types.relname IS 'name of the table, the root of partitions';
COMMENT ON COLUMN advisor.column_types.attname IS 'name of the column';
COMMENT ON COLUMN advisor.column_types.relid IS 'oid of the table';
COMMENT ON COLUMN advisor.column_types.attnum IS 'number of the column';
COMMENT ON COLUMN advisor.column_types."column" IS 'qualified and quoted name of the column';
COMMENT ON COLUMN advisor.column_types.column_type IS 'its type';
COMMENT ON COLUMN advisor.column_types.problem IS 'uuid_text, text_compared_as, char_padded, timestamp_mixed, timetz, money, float_money, float_equal, json, reg_type or large_object';
COMMENT ON COLUMN advisor.column_types.suggested_type IS 'a type that serves better';
COMMENT ON COLUMN advisor.column_types.severity IS 'medium, low or info; info if little more than the type itself speaks for it';
COMMENT ON COLUMN advisor.column_types.reason IS 'what is wrong with it, and what shows that';
COMMENT ON COLUMN advisor.column_types.evidence IS 'the numbers of reason';
COMMENT ON COLUMN advisor.column_types.is_key IS 'is it part of a foreign key, or referred to by one? Then both sides must change';
COMMENT ON COLUMN advisor.column_types.views IS 'views that are in the way: to be dropped and made again';
COMMENT ON COLUMN advisor.column_types.rewrites IS 'does the conversion rewrite the table, under AccessExclusiveLock?';
COMMENT ON COLUMN advisor.column_types.queryid IS 'one of the statements that show it';
COMMENT ON COLUMN advisor.column_types.ddl IS 'SQL that converts it; null for keys';
COMMENT ON COLUMN advisor.column_types.undo_ddl IS 'SQL that converts it back; null if that loses something';

CREATE VIEW advisor.unused_columns AS
WITH flat AS MATERIALIZED (
	SELECT c.*, s.stanullfrac, s.stadistinct,
		CASE WHEN s.stanullfrac = 1 THEN 'all null' ELSE 'constant' END AS kind
	FROM advisor._schema_columns c
		JOIN advisor._column_statistics s ON s.starelid = c.relid AND s.staattnum = c.attnum AND s.stainherit = (c.relkind = 'p')
	WHERE (s.stanullfrac = 1 OR s.stanullfrac = 0 AND s.stadistinct = 1)
		-- what others inherit cannot be judged by the parent's rows
		AND (c.relkind = 'p' OR NOT c.relhassubclass)
		AND (c.relkind = 'p' OR c.reltuples >= (SELECT advisor._setting('unused_column_rows')))
		AND c.attgenerated = '' AND c.attidentity = ''
), uses AS MATERIALIZED (
	SELECT f.relid, f.attnum,
		array_agg(DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid)) AS used_by
	FROM flat f
		JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = f.relid AND d.refobjsubid = f.attnum
	-- its own default goes with it, and so does a sequence of its own
	WHERE NOT (d.classid = 'pg_attrdef'::regclass AND EXISTS (SELECT FROM pg_attrdef a WHERE a.oid = d.objid AND a.adrelid = f.relid AND a.adnum = f.attnum))
		AND NOT (d.classid = 'pg_class'::regclass AND EXISTS (SELECT FROM pg_sequence q WHERE q.seqrelid = d.objid))
	GROUP BY f.relid, f.attnum
), counted AS (
	SELECT f.*, u.used_by,
		GREATEST(pg_stat_get_last_analyze_time(f.relid), pg_stat_get_last_autoanalyze_time(f.relid)) AS analyzed_at,
		pg_stat_get_mod_since_analyze(f.relid) AS modified,
		-- rows that ANALYZE takes: 300 for each unit of the largest target of any column
		300 * (SELECT max(coalesce(NULLIF(a.attstattarget, -1), current_setting('default_statistics_target')::integer))
			FROM pg_attribute a WHERE a.attrelid = f.relid AND a.attnum > 0 AND NOT a.attisdropped) AS sample_rows
	FROM flat f
		LEFT JOIN uses u ON u.relid = f.relid AND u.attnum = f.attnum
), judged AS (
	SELECT c.*,
		c.relkind = 'r' AND c.relpages <= c.sample_rows AND c.reltuples <= c.sample_rows
			-- without a date, the modifications since are not known
			AND c.analyzed_at IS NOT NULL AND c.modified = 0 AND NOT pg_is_in_recovery() AS proved
	FROM counted c
)
SELECT
	j.schemaname,
	j.relname,
	j.attname,
	j.relid,
	j.attnum,
	j.object AS "column",
	format_type(j.atttypid, j.atttypmod) AS column_type,
	j.kind,
	CASE WHEN j.relkind = 'r' THEN j.reltuples::float8 END AS rows,
	CASE WHEN j.proved THEN format('proved: ANALYZE at %s read all %s rows, and no row has changed since', to_char(j.analyzed_at, 'YYYY-MM-DD HH24:MI'), advisor._count(j.reltuples))
		ELSE format('likely: all rows of the sample of ANALYZE (%s); %s', advisor._count(LEAST(GREATEST(j.reltuples, 0), j.sample_rows)),
			CASE WHEN j.relkind = 'p' OR j.relpages > j.sample_rows OR j.reltuples > j.sample_rows THEN 'there are more rows than it reads'
					|| CASE WHEN j.modified > 0 THEN format(', and %s have changed since', advisor._count(j.modified)) ELSE '' END
				WHEN pg_is_in_recovery() THEN 'a standby does not know of changes since'
				WHEN j.analyzed_at IS NULL THEN 'when that was, and what has changed since, is not known'
				ELSE format('%s rows have changed since', advisor._count(j.modified)) END)
	END AS proof,
	j.proved AS is_proved,
	format('SELECT count(*) AS others FROM %s WHERE %I %s;', j."table", j.attname,
		CASE j.kind WHEN 'all null' THEN 'IS NOT NULL' ELSE format('IS DISTINCT FROM (SELECT %I FROM %s LIMIT 1)', j.attname, j."table") END) AS proving_sql,
	j.used_by,
	CASE WHEN j.kind = 'all null' AND j.used_by IS NULL THEN
		format(E'DO $advisor$\nBEGIN\n\tLOCK TABLE %1$s IN ACCESS EXCLUSIVE MODE;\n\tIF EXISTS (SELECT FROM %1$s WHERE %2$I IS NOT NULL) THEN\n\t\tRAISE EXCEPTION %3$L;\n\tEND IF;\n\tALTER TABLE %1$s DROP COLUMN %2$I;\nEND\n$advisor$;',
			j."table", j.attname, replace(j.object, '%', '%%') || ' is used')
	END AS ddl
FROM judged j;
COMMENT ON VIEW advisor.unused_columns IS
	'columns with the same value, or none, in each row, with how sure that is; only those without any value are called unused';
COMMENT ON COLUMN advisor.unused_columns.schemaname IS 'schema of the table';
COMMENT ON COLUMN advisor.unused_columns.relname IS 'name of the table, the root of partitions';
COMMENT ON COLUMN advisor.unused_columns.attname IS 'name of the column';
COMMENT ON COLUMN advisor.unused_columns.relid IS 'oid of the table';
COMMENT ON COLUMN advisor.unused_columns.attnum IS 'number of the column';
COMMENT ON COLUMN advisor.unused_columns."column" IS 'qualified and quoted name of the column';
COMMENT ON COLUMN advisor.unused_columns.column_type IS 'its type';
COMMENT ON COLUMN advisor.unused_columns.kind IS 'all null, or constant';
COMMENT ON COLUMN advisor.unused_columns.rows IS 'rows of the table, as the server estimates them; null if partitioned';
COMMENT ON COLUMN advisor.unused_columns.proof IS 'proved or likely, and why';
COMMENT ON COLUMN advisor.unused_columns.is_proved IS 'has every row been read, and none changed since?';
COMMENT ON COLUMN advisor.unused_columns.proving_sql IS 'SQL that counts the rows with another value: 0 is the proof';
COMMENT ON COLUMN advisor.unused_columns.used_by IS 'indexes, constraints, views and others that need the column; it is in use then';
COMMENT ON COLUMN advisor.unused_columns.ddl IS 'SQL that makes sure that there is no value and drops the column; it cannot be undone';

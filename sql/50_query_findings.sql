/*
 * 50_query_findings: what is wrong with statements.  Needs 20_statements,
 * 30_plans and 40_findings.
 *
 * One query with one arm per check, in the order of a plan's reader: what the
 * rows of a plan prove, what comparing plans proves, what the text says, and
 * how the statement is called.  The parts above the arms read each C function
 * once.  To add a check, add an arm to "found"; its columns are
 *
 *   check_id, queryid, planid (NULL: not of one plan), object
 *   title, detail, evidence    one sentence; the numbers in words; the same as jsonb
 *   ms          the part of the statement's time, of all its calls, that it is about
 *   confidence  in percent
 *   floor       severity that it has even if it costs the server nothing, NULL if
 *               it is not worth a word then
 *   remedy, remedy_sql, undo_sql, remedy_lock
 *
 * What is found in several plans or nodes, but of one statement and object,
 * is one finding; its price is the sum.
 *
 * Rows are "per run" (an execution that was instrumented) unless they are per
 * loop.  A part of a plan's time is estimated as the part of its rows: no
 * clock runs inside of plans.
 */

-- Who looks at these reports is not to be told how to write them.  A column of
-- a table that is called advisor is not meant: what is after FROM or before a
-- parenthesis is qualified by a schema.
CREATE FUNCTION advisor._is_own_query(query text) RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100
BEGIN ATOMIC
	-- most texts do not have the word, and some are very long
	SELECT CASE WHEN strpos(lower(query), 'advisor.') > 0
		THEN query ~* '\m(from|join|update|into|table)\s+advisor\.[a-z_]+|\madvisor\.[a-z_]+\s*\(' ELSE false END;
END;
COMMENT ON FUNCTION advisor._is_own_query(text) IS
	'is a statement about what this schema contains?';

-- The planner knows nothing about what the C functions return and would take
-- nested loops over thousands of rows: hence a function, which can forbid them.
-- Its costs mean nothing then, so it must not be compiled for them.
CREATE FUNCTION advisor._query_findings() RETURNS SETOF advisor.finding
	LANGUAGE sql VOLATILE PARALLEL SAFE COST 100000 ROWS 100
	SET search_path = pg_catalog, pg_temp
	SET enable_nestloop = off
	SET enable_hashjoin = on
	SET jit = off
BEGIN ATOMIC
WITH observed AS MATERIALIZED (
	SELECT my.dbid, i.stats_since,
		GREATEST(1, current_setting('hash_mem_multiplier')::float8) AS hash_mem_multiplier
	FROM advisor._current_database() my
		CROSS JOIN advisor._info() i
),

texts AS MATERIALIZED (
	SELECT DISTINCT ON (t.queryid) t.queryid, t.query
	FROM advisor._query_texts() t
	ORDER BY t.queryid
),

-- Several users may run the same statement: it is one here.
statements AS MATERIALIZED (
	SELECT s.queryid,
		bool_or(s.toplevel) AS toplevel,
		sum(s.calls)::float8 AS calls,
		sum(s.rows) / NULLIF(sum(s.calls), 0)::float8 AS rows_per_call,
		sum(s.total_exec_time) AS total_time,
		sum(s.total_exec_time) / NULLIF(sum(s.calls), 0) AS mean_time,
		sum(s.time_percent) AS time_percent,
		-- at least an hour, so that a few seconds are not made a day of
		GREATEST(EXTRACT(epoch FROM now() - GREATEST(o.stats_since, min(s.first_seen)))::float8 / 3600, 1) AS hours,
		min(s.first_seen) AS first_seen,
		sum(s.errors)::float8 AS errors,
		sum(s.error_time) AS error_time,
		sum(s.loops)::float8 AS loops,
		sum(s.loop_calls)::float8 AS loop_calls,
		max(s.loop_parent) AS loop_parent,
		sum(s.lock_wait_time) AS lock_wait_time,
		min(s.own_query) AS own_query
	FROM advisor._statements() s
		JOIN observed o ON o.dbid = s.dbid
		LEFT JOIN texts t ON t.queryid = s.queryid
	WHERE s.queryid IS NOT NULL AND s.queryid <> 0
		AND NOT advisor._is_own_query(coalesce(t.query, s.own_query))
	GROUP BY s.queryid, o.stats_since
),

captured_plans AS MATERIALIZED (
	SELECT p.userid, p.toplevel, p.queryid, p.planid, p.calls, p.rows, p.total_exec_time, p.first_seen, p.last_seen, p.total_cost,
		p.generic, p.runs, p.run_time, p.jit_runs, p.jit_time, p.sampled_reads, p.same_reads, p.temp_blks_written,
		-- the one whose nodes are read, where several users share a plan
		row_number() OVER (PARTITION BY p.queryid, p.planid ORDER BY p.runs DESC NULLS LAST, p.nodes IS NULL, p.userid, p.toplevel) = 1 AS chosen
	FROM advisor._plans(with_texts => false) p
		JOIN observed o ON o.dbid = p.dbid
	WHERE p.queryid IS NOT NULL AND p.planid <> 0
),
plans AS MATERIALIZED (
	SELECT p.queryid, p.planid,
		sum(p.calls)::float8 AS calls,
		sum(p.total_exec_time) AS ms,
		sum(p.total_exec_time) / NULLIF(sum(p.calls), 0) AS mean_time,
		sum(p.rows) / NULLIF(sum(p.calls), 0)::float8 AS rows_per_call,
		min(p.first_seen) AS first_seen,
		max(p.last_seen) AS last_seen,
		max(p.total_cost) AS total_cost,
		coalesce(bool_or(p.generic), false) AS generic,
		sum(p.runs)::float8 AS runs,
		sum(p.run_time) AS run_time,
		sum(p.jit_runs)::float8 AS jit_runs,
		sum(p.jit_time) AS jit_time,
		sum(p.sampled_reads)::float8 AS sampled_reads,
		sum(p.same_reads)::float8 AS same_reads,
		sum(p.temp_blks_written)::float8 AS temp_blks_written
	FROM captured_plans p
	GROUP BY p.queryid, p.planid
),

captured_nodes AS MATERIALIZED (
	SELECT n.queryid, n.planid, n.node, n.parent, n.path, n.depth, n.relid, n.indexid, n.filter_attnums,
		d."Node Type" AS type,
		d."Operation" AS operation,
		d."Strategy" AS strategy,
		d."Partial Mode" AS partial,
		d."Join Type" AS join_type,
		d."Parent Relationship" AS place,
		d."Alias" AS alias,
		d."Filter" AS filter,
		d."Sort Key" AS sort_key,
		d."Group Key" AS group_key,
		n.plan_rows,
		n.runs,
		n.loops / n.runs AS loops,
		n.rows / n.runs AS rows,
		n.rows / NULLIF(n.loops, 0) AS rows_per_loop,
		n.rows_removed / n.runs AS removed,
		n.rows_removed_2 / n.runs AS removed_2,
		n.input_rows / n.runs AS input_rows,
		n.heap_fetches / n.runs AS heap_fetches,
		n.same_rows_runs, n.spilled_runs, n.spill_kb, n.memory_kb, n.batches,
		n.exact_pages / n.runs AS exact_pages,
		n.lossy_pages / n.runs AS lossy_pages,
		n.max_offset,
		p.ms, p.generic, p.rows_per_call, p.calls, p.first_seen,
		-- how often its rows were handled, as a part of those of the whole plan
		(n.rows + n.rows_removed + n.rows_removed_2) / n.runs
			/ NULLIF(sum((n.rows + n.rows_removed + n.rows_removed_2) / n.runs) OVER (PARTITION BY n.queryid, n.planid), 0) AS part
	FROM (SELECT n.dbid, n.userid, n.toplevel, n.queryid, n.planid, n.node, n.parent, n.path, n.depth, n.relid, n.indexid,
			n.filter_attnums, n.details, n.plan_rows, NULLIF(n.runs, 0)::float8 AS runs, n.loops, n.rows, n.rows_removed, n.rows_removed_2,
			n.input_rows, n.heap_fetches, n.same_rows_runs, n.spilled_runs, n.spill_kb, n.memory_kb, n.batches,
			n.exact_pages, n.lossy_pages, n.max_offset
		FROM advisor._plan_nodes() n) n
		JOIN observed o ON o.dbid = n.dbid
		JOIN captured_plans c ON c.chosen AND c.userid = n.userid AND c.toplevel = n.toplevel AND c.queryid = n.queryid AND c.planid = n.planid
		JOIN plans p ON p.queryid = n.queryid AND p.planid = n.planid
		LEFT JOIN LATERAL json_to_record(n.details) AS d(
			"Node Type" text, "Operation" text, "Strategy" text, "Partial Mode" text, "Join Type" text, "Parent Relationship" text,
			"Alias" text, "Filter" text, "Sort Key" text[], "Group Key" text[]) ON true
),
nodes AS MATERIALIZED (
	SELECT n.*,
		coalesce(rel.name, format('dropped (oid %s)', n.relid)) AS relation,
		-- what is found in several partitions is one finding, of their root
		coalesce(root.name, rel.name) AS family,
		coalesce(ind.name, format('dropped (oid %s)', n.indexid)) AS index,
		rel.oid IS NOT NULL AS relation_exists,
		rel.relpages,
		rel.reltuples,
		rel.relpersistence,
		rel.reloptions
	FROM captured_nodes n
		LEFT JOIN advisor._relations() rel ON rel.oid = n.relid
		LEFT JOIN advisor._relations() root ON root.oid = pg_partition_root(n.relid)
		LEFT JOIN advisor._relations() ind ON ind.oid = n.indexid
),

facts AS MATERIALIZED (
	SELECT f.queryid, f.planid, d.*,
		coalesce(rel.name, format('dropped (oid %s)', d.relid)) AS relation,
		rel.oid IS NOT NULL AS relation_exists,
		ind.name AS index
	FROM (SELECT DISTINCT f.queryid, f.planid, f.fact::text AS fact
		FROM advisor._facts() f
			JOIN observed o ON o.dbid = f.dbid
		WHERE f.queryid IS NOT NULL) f
		CROSS JOIN LATERAL json_to_record(f.fact::json) AS d(
			fact text, node integer, relid oid, attnum int2, attnums int2[], "column" text, column_type text, columns json,
			indexid oid, implicit boolean, kind text, function text, to_type text, other text, expr text, column_expr text, immutable boolean,
			operator text, trigram_index boolean, width float8, nullable boolean, branches integer, relations integer,
			"order" text, elements integer, funcid oid, name text, language text, aggregates boolean, hashed boolean,
			children integer, key text, key_in_condition boolean, wrapped boolean)
		LEFT JOIN advisor._relations() rel ON rel.oid = d.relid
		LEFT JOIN advisor._relations() ind ON ind.oid = d.indexid
),

-- Conditions with a cause of their own, at nodes that throw away rows for them.
-- A check of that cause reports them, and no other does.
explained AS MATERIALIZED (
	SELECT n.*, f.fact, f.attnum, f.attnums, f."column", f.column_type, f.indexid AS usable_indexid, f.index AS usable_index,
		f.implicit, f.kind, f.function, f.to_type, f.other, f.expr, f.column_expr, f.immutable, f.operator, f.trigram_index,
		-- other kinds of indexes serve other operators
		(SELECT am.amname IN ('btree', 'hash') FROM pg_class i JOIN pg_am am ON am.oid = i.relam WHERE i.oid = f.indexid) AS index_compares,
		-- the fact is told of one partition, and is true of all
		CASE WHEN n.family = n.relation THEN n.part
			ELSE (SELECT sum(m.part) FROM nodes m WHERE m.queryid = n.queryid AND m.planid = n.planid AND m.family = n.family) END AS family_part
	FROM facts f
		JOIN nodes n ON n.queryid = f.queryid AND n.planid = f.planid AND n.node = f.node
	WHERE f.fact IN ('wrapped_column', 'leading_wildcard', 'prefix_pattern', 'or_columns')
		AND n.relation_exists
		AND GREATEST(n.removed, n.removed_2) >= 1000
		AND GREATEST(n.removed, n.removed_2) >= n.rows
),

-- Scans that throw nine of ten rows away, of tables that are worth an index.
filtering AS MATERIALIZED (
	SELECT n.*, advisor._column_names(n.relid, n.filter_attnums) AS filter_columns
	FROM nodes n
	WHERE n.type IN ('Seq Scan', 'Index Scan', 'Index Only Scan', 'Bitmap Heap Scan')
		AND n.removed >= 1000
		AND n.removed >= 9 * n.rows
		-- nothing can be done about a table that is gone
		AND n.relation_exists AND (n.relpages >= 10 OR n.reltuples < 0)
		AND NOT EXISTS (SELECT FROM explained e WHERE e.queryid = n.queryid AND e.planid = n.planid
			AND (e.node = n.node OR e.family = n.family AND n.family <> n.relation))
		-- no index can find what a sub-select or no column decides
		AND n.filter_attnums <> '{}'
		AND NOT (n.filter ~ 'SubPlan' AND (n.filter !~ ' AND '
			OR EXISTS (SELECT FROM facts f WHERE f.fact = 'not_in_subquery' AND f.queryid = n.queryid)))
),

-- Nested loops whose inner side is read from end to end, again and again.
-- Under a Materialize node it is kept in memory, but read all the same.
unindexed_loops AS MATERIALIZED (
	SELECT l.*, scan.node AS scan_node, scan.relation AS scan_relation, inner_side.loops AS scans,
		inner_side.rows + inner_side.removed AS rows_read,
		advisor._column_names(scan.relid, coalesce(f.attnums, scan.filter_attnums)) AS scan_columns
	FROM nodes l
		JOIN nodes inner_side ON inner_side.queryid = l.queryid AND inner_side.planid = l.planid AND inner_side.parent = l.node
			AND inner_side.place = 'Inner'
		JOIN nodes scan ON scan.queryid = l.queryid AND scan.planid = l.planid AND scan.type = 'Seq Scan'
			AND (scan.node = inner_side.node OR inner_side.type = 'Materialize' AND scan.parent = inner_side.node)
		LEFT JOIN facts f ON f.fact = 'unindexed_inner' AND f.queryid = l.queryid AND f.planid = l.planid AND f.node = scan.node
	WHERE l.type = 'Nested Loop'
		AND scan.relation_exists
		AND inner_side.loops >= 10
		AND inner_side.rows + inner_side.removed >= 10000
		AND inner_side.rows + inner_side.removed >= 10 * l.rows
),

-- Nodes whose rows the planner got wrong by 10 times, where that matters.
wrong_estimates AS MATERIALIZED (
	SELECT n.*,
		GREATEST(n.rows_per_loop, 1) > GREATEST(n.plan_rows, 1) AS too_low,
		GREATEST(GREATEST(n.rows_per_loop, 1) / GREATEST(n.plan_rows, 1), GREATEST(n.plan_rows, 1) / GREATEST(n.rows_per_loop, 1)) AS factor,
		f.expr
	FROM nodes n
		LEFT JOIN nodes parent ON parent.queryid = n.queryid AND parent.planid = n.planid AND parent.node = n.parent
		LEFT JOIN facts f ON f.fact = 'expression_estimate' AND f.queryid = n.queryid AND f.planid = n.planid
			AND n.type IN ('Aggregate', 'Group') AND (f.node = n.node OR n.partial = 'Partial')
	WHERE n.loops > 0
		AND n.type IN ('Seq Scan', 'Index Scan', 'Index Only Scan', 'Bitmap Heap Scan',
			'Nested Loop', 'Hash Join', 'Merge Join', 'Aggregate', 'Group', 'Unique')
		AND (n.filter IS NULL OR n.type NOT IN ('Aggregate', 'Group'))
		-- a sub-select in a condition is always taken to hold for half of the rows
		AND (n.filter IS NULL OR n.filter !~ 'SubPlan')
		AND GREATEST(GREATEST(n.rows_per_loop, 1) / GREATEST(n.plan_rows, 1), GREATEST(n.plan_rows, 1) / GREATEST(n.rows_per_loop, 1)) >= 10
		AND GREATEST(n.rows, n.plan_rows * n.loops)
			>= CASE WHEN parent.type IN ('Nested Loop', 'Hash Join', 'Merge Join', 'Hash') THEN 100 ELSE 1000 END
),
-- An estimate is too high in name only where the node was stopped before its
-- end: by LIMIT, by a join that needs one match, by a cursor that is not read
-- to its end.  Unless a node in between had to read it all.
judged_estimates AS MATERIALIZED (
	SELECT w.queryid, w.planid, w.node
	FROM wrong_estimates w
		LEFT JOIN nodes a ON a.queryid = w.queryid AND a.planid = w.planid AND starts_with(w.path || '.', a.path || '.')
	GROUP BY w.queryid, w.planid, w.node, w.too_low, w.expr
	HAVING w.too_low
		OR coalesce(max(a.depth) FILTER (WHERE a.node <> w.node
				AND (a.type IN ('Sort', 'Hash', 'ModifyTable') OR a.type IN ('Aggregate', 'SetOp') AND a.strategy IS DISTINCT FROM 'Sorted')),
				CASE WHEN w.expr IS NOT NULL THEN 0 ELSE -1 END)
			> coalesce(max(CASE WHEN a.place IN ('SubPlan', 'InitPlan') THEN a.depth - 1 ELSE a.depth END)
				FILTER (WHERE a.place IN ('SubPlan', 'InitPlan')
					OR a.node <> w.node AND (a.type IN ('Limit', 'Merge Join') OR a.join_type IN ('Semi', 'Anti'))), -1)
),
-- The deepest ones: what is wrong above follows from them.  Where a check of
-- the condition itself speaks, the estimate is wrong for that reason.
misestimates AS MATERIALIZED (
	SELECT w.*,
		pg_stat_get_mod_since_analyze(w.relid) AS mods,
		pg_stat_get_live_tuples(w.relid) AS live,
		GREATEST(pg_stat_get_last_analyze_time(w.relid), pg_stat_get_last_autoanalyze_time(w.relid)) AS analyzed_at,
		w.reltuples < 0 OR pg_stat_get_mod_since_analyze(w.relid) > 50 + 0.1 * GREATEST(pg_stat_get_live_tuples(w.relid), w.reltuples) AS stale
	FROM wrong_estimates w
		JOIN judged_estimates j USING (queryid, planid, node)
	WHERE NOT EXISTS (SELECT FROM wrong_estimates d JOIN judged_estimates dj USING (queryid, planid, node)
			WHERE d.queryid = w.queryid AND d.planid = w.planid AND d.node <> w.node AND starts_with(d.path, w.path || '.'))
		AND NOT EXISTS (SELECT FROM explained e WHERE e.queryid = w.queryid AND e.planid = w.planid AND e.node = w.node)
		AND (w.too_low OR NOT EXISTS (SELECT FROM filtering f WHERE f.queryid = w.queryid AND f.planid = w.planid AND f.node = w.node))
),
-- What to tell the planner about them.
estimate_causes AS MATERIALIZED (
	SELECT m.*, c.*,
		CASE
			WHEN m.expr IS NOT NULL THEN 'expression'
			WHEN m.relid IS NULL OR m.type NOT LIKE '%Scan' THEN 'join or grouping'
			WHEN m.stale THEN 'stale'
			WHEN c.columns > 1 AND NOT EXISTS (SELECT FROM pg_statistic_ext x
				WHERE x.stxrelid = m.relid AND x.stxkeys::int2[] @> c.attnums) THEN 'columns'
			-- It is raised once.  What was measured in the first two runs alone,
			-- as for most plans, may be older than the statistics of today.
			WHEN c.columns >= 1 AND coalesce(c.target, -1) < 1000
				AND NOT (m.runs <= 2 AND m.analyzed_at > m.first_seen) THEN 'column'
		END AS cause,
		rel.relname, ns.nspname
	FROM misestimates m
		LEFT JOIN pg_class rel ON rel.oid = m.relid
		LEFT JOIN pg_namespace ns ON ns.oid = rel.relnamespace
		CROSS JOIN LATERAL (
			-- extended statistics take 8 columns at most, of types that sort
			SELECT count(*) AS columns,
				array_agg(l.attnum ORDER BY l.attnum) AS attnums,
				string_agg(quote_ident(l.attname), ', ' ORDER BY l.attnum) AS names,
				array_agg(quote_ident(l.attname) ORDER BY l.attnum) AS name_list,
				string_agg(l.attname, '_' ORDER BY l.attnum) AS plain_names,
				max(l.target) AS target
			FROM (SELECT a.attnum, a.attname, a.attstattarget AS target
				FROM pg_attribute a
				WHERE a.attrelid = m.relid AND a.attnum = ANY (m.filter_attnums) AND a.attnum > 0 AND NOT a.attisdropped
					AND a.atttypid NOT IN ('json'::regtype, 'xml'::regtype, 'point'::regtype, 'line'::regtype, 'lseg'::regtype,
						'box'::regtype, 'path'::regtype, 'polygon'::regtype, 'circle'::regtype, 'xid'::regtype, 'cid'::regtype)
				ORDER BY a.attnum
				LIMIT 8) l
		) c
	-- without values the planner can only take the mean
	WHERE NOT m.generic OR m.stale OR m.expr IS NOT NULL
),

found AS (

-- Checks of measured plans.

SELECT 'seq_scan_filter' AS check_id, n.queryid, n.planid, n.family AS object,
	format('Reads all of %s and throws %s %% of its rows away', n.relation, trim_scale(trunc((100 * n.removed / (n.removed + n.rows))::numeric, 1))) AS title,
	format('The sequential scan at node %s reads %s rows of %s for %s that meet its condition%s.',
		n.path, advisor._count(n.removed + n.rows), n.relation, advisor._count(n.rows), ' on ' || n.filter_columns) AS detail,
	jsonb_build_object('node', n.path, 'rows_read', n.removed + n.rows, 'rows_returned', n.rows, 'loops', n.loops,
		'columns', n.filter_columns, 'runs', n.runs) AS evidence,
	n.ms * n.part AS ms,
	90 AS confidence,
	NULL AS floor,
	format('An index that finds these rows by %s would do without the scan.', coalesce(n.filter_columns, 'the condition')) AS remedy,
	NULL AS remedy_sql, NULL AS undo_sql, NULL AS remedy_lock
FROM filtering n
WHERE n.type = 'Seq Scan'
	AND NOT EXISTS (SELECT FROM unindexed_loops l WHERE l.queryid = n.queryid AND l.planid = n.planid AND l.scan_node = n.node)

UNION ALL
SELECT 'index_scan_filter', n.queryid, n.planid, n.family,
	format('Reads %s by an index that finds too much: %s %% of the rows are thrown away', n.relation,
		trim_scale(trunc((100 * n.removed / (n.removed + n.rows))::numeric, 1))),
	format('The %s at node %s reads %s rows of %s%s; its filter leaves %s of them. Its conditions are on %s.',
		lower(n.type), n.path, advisor._count(n.removed + n.rows), n.relation, CASE WHEN n.indexid <> 0 THEN ' by ' || n.index END,
		advisor._count(n.rows), n.filter_columns),
	jsonb_build_object('node', n.path, 'index', CASE WHEN n.indexid <> 0 THEN n.index END, 'rows_read', n.removed + n.rows,
		'rows_returned', n.rows, 'loops', n.loops, 'columns', n.filter_columns, 'runs', n.runs),
	n.ms * n.part, 90, NULL,
	format('An index on all of the columns of its conditions (%s), those compared for equality first, or one with the rare condition as its predicate.',
		n.filter_columns),
	NULL, NULL, NULL
FROM filtering n
WHERE n.type <> 'Seq Scan'

UNION ALL
SELECT 'row_estimate', e.queryid, e.planid,
	CASE WHEN e.relid IS NOT NULL THEN e.relation ELSE coalesce(expr_rel.name, 'query ' || e.queryid) END,
	format('Rows are %s %s times: %s expected, %s found', CASE WHEN e.too_low THEN 'underestimated' ELSE 'overestimated' END,
		advisor._count(e.factor), advisor._count(e.plan_rows), advisor._count(e.rows_per_loop))
		|| coalesce(' in ' || CASE WHEN e.relid IS NOT NULL THEN e.relation END, ''),
	format('The %s at node %s was expected to give %s rows and gives %s%s; what is planned above it rests on that. ',
		lower(e.type), e.path, advisor._count(e.plan_rows), advisor._count(e.rows_per_loop),
		CASE WHEN e.loops >= 1.05 THEN format(' in each of %s loops', advisor._count(e.loops)) END)
		|| CASE e.cause
			WHEN 'expression' THEN format('Nothing is known about the values of %s.', e.expr)
			WHEN 'stale' THEN format('The statistics of %s are of %s; %s rows have changed since.', e.relation,
				coalesce(to_char(e.analyzed_at, 'YYYY-MM-DD HH24:MI'), 'a time unknown'), advisor._count(e.mods))
			WHEN 'columns' THEN format('Its conditions are on %s, which are taken for independent of each other.', e.names)
			WHEN 'column' THEN format('Its condition is on %s.', e.names)
			ELSE 'The nodes below it are estimated well, so it is the join or the grouping that is not.'
		END,
	jsonb_build_object('node', e.path, 'node_type', e.type, 'estimated', e.plan_rows, 'actual', e.rows_per_loop, 'loops', e.loops,
		'factor', e.factor, 'cause', e.cause, 'columns', e.names, 'expression', e.expr, 'modified_since_analyze', e.mods,
		'analyzed_at', e.analyzed_at, 'runs', e.runs),
	e.ms,
	CASE e.cause WHEN 'expression' THEN 90 WHEN 'stale' THEN 90 WHEN 'columns' THEN 80 WHEN 'column' THEN 60 ELSE 40 END,
	NULL,
	CASE e.cause
		WHEN 'expression' THEN format('Let ANALYZE collect statistics on the expression %s.', e.expr)
		WHEN 'stale' THEN format('Analyze %s%s.', e.relation,
			CASE WHEN 'autovacuum_enabled=off' = ANY (e.reloptions) OR 'autovacuum_enabled=false' = ANY (e.reloptions)
				THEN ', and let autovacuum do so again, which is turned off for it' ELSE '' END)
		WHEN 'columns' THEN format('Let ANALYZE collect statistics on %s together.', e.names)
		WHEN 'column' THEN format('Let ANALYZE take a larger sample for %s.', e.names)
		ELSE 'Higher statistics targets for the columns that are joined or grouped, or extended statistics on them, may help.'
	END,
	CASE e.cause
		WHEN 'expression' THEN
			format('CREATE STATISTICS %s ON %s FROM %s; ANALYZE %s', st.name, k.key, expr_rel.name, expr_rel.name)
		WHEN 'stale' THEN CASE WHEN 'autovacuum_enabled=off' = ANY (e.reloptions) OR 'autovacuum_enabled=false' = ANY (e.reloptions)
			THEN format('ANALYZE %s; ALTER TABLE %s RESET (autovacuum_enabled)', e.relation, e.relation)
			ELSE format('ANALYZE %s', e.relation) END
		WHEN 'columns' THEN format('CREATE STATISTICS %s ON %s FROM %s; ANALYZE %s', st.name, e.names, e.relation, e.relation)
		WHEN 'column' THEN (SELECT string_agg(format('ALTER TABLE %s ALTER COLUMN %s SET STATISTICS %s; ', e.relation, name,
				LEAST(10000, 10 * CASE WHEN e.target > 0 THEN e.target ELSE current_setting('default_statistics_target')::integer END)), '')
			FROM unnest(e.name_list) name) || format('ANALYZE %s', e.relation)
	END,
	CASE e.cause
		WHEN 'expression' THEN CASE WHEN k.key IS NOT NULL AND expr_rel.oid IS NOT NULL THEN format('DROP STATISTICS %s', st.name) END
		WHEN 'stale' THEN CASE WHEN 'autovacuum_enabled=off' = ANY (e.reloptions) OR 'autovacuum_enabled=false' = ANY (e.reloptions)
			THEN format('ALTER TABLE %s SET (autovacuum_enabled = off)', e.relation) END
		WHEN 'columns' THEN format('DROP STATISTICS %s', st.name)
		WHEN 'column' THEN (SELECT string_agg(format('ALTER TABLE %s ALTER COLUMN %s SET STATISTICS %s', e.relation, name, coalesce(e.target, -1)), '; ')
			FROM unnest(e.name_list) name)
	END,
	CASE WHEN e.cause <> 'join or grouping' THEN 'ShareUpdateExclusive' END
FROM estimate_causes e
	LEFT JOIN facts f ON e.expr IS NOT NULL AND f.fact = 'expression_estimate' AND f.queryid = e.queryid AND f.planid = e.planid AND f.expr = e.expr
	LEFT JOIN advisor._relations() expr_rel ON expr_rel.oid = f.relid
	LEFT JOIN pg_class expr_class ON expr_class.oid = f.relid
	LEFT JOIN pg_namespace expr_ns ON expr_ns.oid = expr_class.relnamespace
	-- a name of at most 63 bytes, in the schema of the table; before 16 there is none by default
	CROSS JOIN LATERAL (SELECT format('%I.%I', coalesce(expr_ns.nspname, e.nspname),
		left(coalesce(expr_class.relname || '_' || left(md5(e.expr), 8), e.relname || '_' || e.plain_names), 40) || '_stat') AS name) st
	-- The fact hides constants; the node has the expression as it is, with the
	-- table's name before its columns where there are several tables.
	LEFT JOIN LATERAL (
		SELECT min('(' || regexp_replace(u.key, format('\m%s\.', a.alias), '', 'g') || ')') AS key
		FROM unnest(e.group_key) u(key)
			CROSS JOIN (SELECT min(n.alias) AS alias FROM nodes n WHERE n.queryid = e.queryid AND n.planid = e.planid AND n.relid = f.relid) a
		WHERE u.key !~ '^\(?[\w."$]+\)?$'
		HAVING count(*) = 1 AND bool_and(u.key !~ '\$[0-9]' AND a.alias ~ '^[a-z_][a-z_0-9]*$')) k ON e.expr IS NOT NULL
WHERE e.cause IS NOT NULL
	AND (e.relid IS NULL OR e.relation_exists)

UNION ALL
SELECT 'nested_loop', l.queryid, l.planid, l.scan_relation,
	format('A nested loop reads all of %s %s times', l.scan_relation, advisor._count(l.scans)),
	format('The nested loop at node %s reads %s rows of %s in %s loops, to return %s.', l.path, advisor._count(l.rows_read), l.scan_relation,
		advisor._count(l.scans), advisor._count(l.rows)),
	jsonb_build_object('node', l.path, 'loops', l.scans, 'rows_read', l.rows_read, 'rows_returned', l.rows, 'columns', l.scan_columns,
		'runs', l.runs),
	l.ms, 90, NULL,
	format('An index on %s%s would find the rows of each loop.', l.scan_relation, ' (' || l.scan_columns || ')'),
	NULL, NULL, NULL
FROM unindexed_loops l
WHERE NOT EXISTS (SELECT FROM facts f WHERE f.fact = 'cartesian' AND f.queryid = l.queryid AND f.planid = l.planid AND f.node = l.node)

UNION ALL
SELECT 'nested_loop', l.queryid, l.planid, 'query ' || l.queryid,
	format('A nested loop that was expected to run %s times runs %s times', advisor._count(o.plan_rows), advisor._count(o.rows_per_loop)),
	format('The outer side of the nested loop at node %s gives %s rows where %s were expected, and its inner side runs for each of them.',
		l.path, advisor._count(o.rows_per_loop), advisor._count(o.plan_rows)),
	jsonb_build_object('node', l.path, 'loops', i.loops, 'estimated', o.plan_rows, 'actual', o.rows_per_loop, 'runs', l.runs),
	l.ms, 60, NULL,
	'Give the planner the true number of rows: by statistics, or by a temporary table that is analyzed.',
	NULL, NULL, NULL
FROM nodes l
	JOIN nodes o ON o.queryid = l.queryid AND o.planid = l.planid AND o.parent = l.node AND o.place = 'Outer'
	JOIN nodes i ON i.queryid = l.queryid AND i.planid = l.planid AND i.parent = l.node AND i.place = 'Inner'
WHERE l.type = 'Nested Loop'
	AND i.loops >= 1000
	AND o.rows_per_loop >= 10 * GREATEST(o.plan_rows, 1)
	AND NOT EXISTS (SELECT FROM estimate_causes e WHERE e.cause IS NOT NULL AND e.queryid = l.queryid AND e.planid = l.planid)
	AND NOT EXISTS (SELECT FROM unindexed_loops u WHERE u.queryid = l.queryid AND u.planid = l.planid AND u.node = l.node)

UNION ALL
SELECT 'sort_spill', n.queryid, n.planid, 'query ' || n.queryid,
	format('A sort does not fit into work_mem and goes to disk with %s kB', advisor._count(n.spill_kb)),
	format('The sort at node %s by %s wrote up to %s kB of temporary files, in %s of %s runs, for %s rows.', n.path,
		array_to_string(n.sort_key, ', '), advisor._count(n.spill_kb), n.spilled_runs, n.runs, advisor._count(GREATEST(n.rows, n.input_rows))),
	jsonb_build_object('node', n.path, 'sort_key', n.sort_key, 'spill_kb', n.spill_kb, 'spilled_runs', n.spilled_runs, 'rows', GREATEST(n.rows, n.input_rows),
		'work_mem_mb', w.mb, 'runs', n.runs),
	n.ms * LEAST(1, 2 * n.part), 85, NULL,
	format('work_mem of %s MB would have held it: set it in the transaction of this statement, or by ALTER ROLE or ALTER FUNCTION for who runs it, not for all. '
		|| 'An index in that order, or sorting less, does without.', w.mb),
	CASE WHEN w.mb <= 1024 THEN format('SET LOCAL work_mem = ''%sMB''', w.mb) END,
	CASE WHEN w.mb <= 1024 THEN 'RESET work_mem' END, NULL
FROM nodes n
	-- rows take 2 to 3 times as much in memory as in a file
	CROSS JOIN LATERAL (SELECT advisor._work_mem(2.5 * n.spill_kb) AS mb) w
WHERE n.type IN ('Sort', 'Incremental Sort')
	AND n.spilled_runs >= 0.1 * n.runs AND n.spilled_runs > 0

UNION ALL
-- an aggregate that sorts its input itself has no node that could tell
SELECT 'sort_spill', p.queryid, p.planid, 'query ' || p.queryid,
	format('count(DISTINCT ...) sorts on disk: %s kB of temporary files per call', advisor._count(w.kb)),
	format('The aggregate at node %s sorts %s rows by itself to count the distinct values, and writes %s kB of temporary files per call.', n.path,
		advisor._count(n.input_rows), advisor._count(w.kb)),
	jsonb_build_object('node', n.path, 'spill_kb', w.kb, 'rows', n.input_rows, 'work_mem_mb', w.mb, 'runs', n.runs),
	p.ms * 0.5, 80, NULL,
	format('SELECT count(*) FROM (SELECT DISTINCT ... ) can hash where this has to sort. Else work_mem of %s MB for this statement.', w.mb),
	CASE WHEN w.mb <= 1024 THEN format('SET LOCAL work_mem = ''%sMB''', w.mb) END,
	CASE WHEN w.mb <= 1024 THEN 'RESET work_mem' END, NULL
FROM facts f
	JOIN plans p ON p.queryid = f.queryid AND p.planid = f.planid
	JOIN nodes n ON n.queryid = f.queryid AND n.planid = f.planid AND n.node = f.node
	CROSS JOIN LATERAL (SELECT p.temp_blks_written / NULLIF(p.calls, 0) * current_setting('block_size')::float8 / 1024 AS kb) t
	CROSS JOIN LATERAL (SELECT t.kb, advisor._work_mem(2.5 * t.kb) AS mb) w
WHERE f.fact = 'count_distinct'
	AND p.temp_blks_written >= p.calls
	AND NOT EXISTS (SELECT FROM nodes s WHERE s.queryid = p.queryid AND s.planid = p.planid AND s.spilled_runs > 0)

UNION ALL
SELECT 'hash_spill', n.queryid, n.planid, 'query ' || n.queryid,
	format('A hash table does not fit into work_mem and is split into %s batches', n.batches),
	format('The %s at node %s took %s kB of memory in %s batches%s, in %s of %s runs, for %s rows.',
		CASE n.type WHEN 'Hash' THEN 'hash' ELSE 'hash aggregate' END, n.path, advisor._count(n.memory_kb), n.batches,
		CASE WHEN n.spill_kb > 0 THEN format(' and %s kB of temporary files', advisor._count(n.spill_kb)) END, n.spilled_runs, n.runs,
		advisor._count(CASE n.type WHEN 'Hash' THEN n.rows ELSE n.input_rows END)),
	jsonb_build_object('node', n.path, 'memory_kb', n.memory_kb, 'batches', n.batches, 'spill_kb', n.spill_kb, 'spilled_runs', n.spilled_runs,
		'rows', n.rows, 'work_mem_mb', w.mb, 'runs', n.runs),
	n.ms * LEAST(1, 2 * n.part), 80, NULL,
	format('work_mem of %s MB would have held it: set it in the transaction of this statement, or by ALTER ROLE or ALTER FUNCTION for who runs it, not for all.', w.mb),
	CASE WHEN w.mb <= 1024 THEN format('SET LOCAL work_mem = ''%sMB''', w.mb) END,
	CASE WHEN w.mb <= 1024 THEN 'RESET work_mem' END, NULL
FROM nodes n
	CROSS JOIN observed o
	-- Batches of a join are parts of about the same size; those of an aggregate
	-- are made again and again, so its files tell more.
	CROSS JOIN LATERAL (SELECT advisor._work_mem((CASE n.type WHEN 'Hash' THEN n.memory_kb::float8 * n.batches
		ELSE n.memory_kb + 2.5 * n.spill_kb END) / o.hash_mem_multiplier) AS mb) w
WHERE n.type IN ('Hash', 'Aggregate')
	AND n.spilled_runs >= 0.1 * n.runs AND n.spilled_runs > 0

UNION ALL
SELECT 'index_only_heap_fetches', n.queryid, n.planid, n.relation,
	format('An index-only scan of %s looks into the table for %s %% of its rows', n.relation,
		advisor._count(LEAST(100, 100 * n.heap_fetches / NULLIF(n.rows + n.removed, 0)))),
	format('The index-only scan at node %s by %s reads %s rows and looks %s times into pages of %s, which are not marked all-visible.',
		n.path, n.index, advisor._count(n.rows + n.removed), advisor._count(n.heap_fetches), n.relation),
	jsonb_build_object('node', n.path, 'index', n.index, 'rows', n.rows + n.removed, 'heap_fetches', n.heap_fetches, 'runs', n.runs,
		'last_vacuum', GREATEST(pg_stat_get_last_vacuum_time(n.relid), pg_stat_get_last_autovacuum_time(n.relid))),
	n.ms * n.part * LEAST(1, n.heap_fetches / NULLIF(n.rows + n.removed, 0)), 85, NULL,
	format('Vacuum %s, and more often: by a lower autovacuum_vacuum_insert_scale_factor or autovacuum_vacuum_scale_factor.', n.relation),
	format('VACUUM %s', n.relation), NULL, 'ShareUpdateExclusive'
FROM nodes n
WHERE n.type = 'Index Only Scan'
	AND n.relation_exists
	AND n.heap_fetches >= 1000
	AND n.heap_fetches >= 0.2 * (n.rows + n.removed)

UNION ALL
SELECT 'partitions_not_pruned', f.queryid, f.planid, f.relation,
	format('Reads all %s partitions of %s', f.children, f.relation),
	CASE
		WHEN f.wrapped THEN format('There is a condition on the key %s, but within a function or cast, so it excludes no partition.', f.key)
		WHEN f.key_in_condition THEN format('There is a condition on the key %s, but it cannot exclude any partition.', f.key)
		ELSE format('There is no condition on the key %s, so each partition is searched for the %s rows returned.', f.key,
			advisor._count(n.rows_per_call))
	END,
	jsonb_build_object('node', n.path, 'partitions', f.children, 'key', f.key, 'key_in_condition', f.key_in_condition, 'wrapped', f.wrapped,
		'rows_per_call', n.rows_per_call),
	n.ms * 0.5, CASE WHEN f.wrapped THEN 90 WHEN f.key_in_condition THEN 70 ELSE 50 END, NULL,
	CASE
		WHEN f.wrapped THEN format('Compare %s itself with constants or parameters of its own type.', f.key)
		WHEN f.key_in_condition THEN format('Compare %s with constants or parameters, by an operator that the partitioning knows.', f.key)
		ELSE format('Add a condition on %s where the statement can know it.', f.key)
	END,
	NULL, NULL, NULL
FROM facts f
	JOIN nodes n ON n.queryid = f.queryid AND n.planid = f.planid AND n.node = f.node
WHERE f.fact = 'unpruned'
	AND f.relation_exists
	AND f.children >= 4
	-- who wants it all must read it all
	AND (f.key_in_condition OR f.wrapped OR n.rows <= 10 * f.children)
	-- in the order of the key, the first ones may do
	AND (SELECT count(*) FROM nodes c WHERE c.queryid = n.queryid AND c.planid = n.planid AND c.parent = n.node AND c.runs > 0) > f.children / 2

UNION ALL
SELECT 'bitmap_lossy', n.queryid, n.planid, n.relation,
	format('A bitmap of %s does not fit into work_mem, so %s rows are checked again', n.relation, advisor._count(n.removed_2 + n.rows)),
	format('The bitmap heap scan at node %s knew %s of %s pages as a whole only, and threw %s rows away that an exact one would not have read.',
		n.path, advisor._count(n.lossy_pages), advisor._count(n.lossy_pages + n.exact_pages), advisor._count(n.removed_2)),
	jsonb_build_object('node', n.path, 'lossy_pages', n.lossy_pages, 'exact_pages', n.exact_pages, 'rows_rechecked_in_vain', n.removed_2,
		'rows', n.rows, 'work_mem_mb', w.mb, 'runs', n.runs),
	n.ms * n.part * n.removed_2 / NULLIF(n.removed_2 + n.removed + n.rows, 0), 80, NULL,
	format('work_mem of about %s MB in the transaction of this statement, or by ALTER ROLE or ALTER FUNCTION for who runs it.', w.mb),
	CASE WHEN w.mb <= 1024 THEN format('SET LOCAL work_mem = ''%sMB''', w.mb) END,
	CASE WHEN w.mb <= 1024 THEN 'RESET work_mem' END, NULL
FROM nodes n
	-- a page takes some 70 bytes of the bitmap, whose hash table is half full
	CROSS JOIN LATERAL (SELECT advisor._work_mem((n.exact_pages + n.lossy_pages) * 140 / 1024) AS mb) w
WHERE n.type = 'Bitmap Heap Scan'
	AND n.relation_exists
	AND n.lossy_pages >= 0.1 * (n.lossy_pages + n.exact_pages)
	AND n.removed_2 >= 1000

UNION ALL
SELECT 'jit_cost', p.queryid, p.planid, 'query ' || p.queryid,
	format('Compiling takes %s of %s', advisor._duration(p.jit_time / p.jit_runs), advisor._duration(p.run_time / p.runs)),
	format('JIT compilation took %s %% of the time in %s instrumented runs: %s each. The plan has a cost of %s.',
		advisor._count(100 * p.jit_time / NULLIF(p.run_time, 0)), p.jit_runs, advisor._duration(p.jit_time / p.jit_runs), advisor._count(p.total_cost)),
	jsonb_build_object('jit_ms', p.jit_time / p.jit_runs, 'run_ms', p.run_time / p.runs, 'jit_runs', p.jit_runs, 'runs', p.runs,
		'total_cost', p.total_cost),
	p.ms * LEAST(1, p.jit_time / NULLIF(p.run_time, 0)), 85, NULL,
	'Turn it off for this statement or its role, or raise jit_above_cost above the cost of this plan.',
	'SET LOCAL jit = off', 'RESET jit', NULL
FROM plans p
WHERE p.jit_runs >= 3
	AND p.jit_time >= 0.3 * p.run_time
	AND p.jit_time >= 5 * p.jit_runs

-- Checks that compare plans of a statement.

UNION ALL
(SELECT DISTINCT ON (new.queryid) 'plan_regression', new.queryid, new.planid, 'query ' || new.queryid,
	format('The plan has changed and takes %s times as long', advisor._count(new.mean_time / NULLIF(old.mean_time, 0))),
	format('Since %s plan %s is used: %s on average in %s calls. Plan %s took %s in %s calls until %s.',
		to_char(new.first_seen, 'YYYY-MM-DD HH24:MI'), new.planid, advisor._duration(new.mean_time), new.calls,
		old.planid, advisor._duration(old.mean_time), old.calls, to_char(old.last_seen, 'YYYY-MM-DD HH24:MI')),
	jsonb_build_object('planid', new.planid, 'mean_ms', new.mean_time, 'calls', new.calls, 'first_seen', new.first_seen,
		'earlier_planid', old.planid, 'earlier_mean_ms', old.mean_time, 'earlier_calls', old.calls, 'earlier_last_seen', old.last_seen),
	new.ms - new.calls * old.mean_time, 70, NULL,
	format('Compare both in advisor.plans. A dropped index, other statistics, grown tables or other settings are what changes plans; %s',
		'ANALYZE of its tables is the cheapest thing to try.'),
	NULL, NULL, NULL
FROM plans new
	JOIN plans old ON old.queryid = new.queryid AND old.planid <> new.planid
WHERE NOT EXISTS (SELECT FROM plans later WHERE later.queryid = new.queryid AND later.last_seen > new.last_seen)
	AND old.first_seen < new.first_seen
	-- took its place, where plans that depend on the values take turns
	AND old.last_seen - new.first_seen <= 0.1 * (new.last_seen - new.first_seen)
	AND old.calls >= 5 AND new.calls >= 5
	AND new.mean_time >= 2 * old.mean_time AND new.mean_time >= old.mean_time + 1
	AND NOT (new.generic AND NOT old.generic)
ORDER BY new.queryid, old.last_seen DESC)

UNION ALL
(SELECT DISTINCT ON (g.queryid) 'generic_plan', g.queryid, g.planid, 'query ' || g.queryid,
	format('The generic plan takes %s times as long as one made for the values', advisor._count(g.mean_time / NULLIF(c.mean_time, 0))),
	format('Plan %s, made without values, takes %s on average in %s calls; plan %s, made with them, %s in %s.',
		g.planid, advisor._duration(g.mean_time), g.calls, c.planid, advisor._duration(c.mean_time), c.calls),
	jsonb_build_object('generic_planid', g.planid, 'generic_mean_ms', g.mean_time, 'generic_calls', g.calls,
		'custom_planid', c.planid, 'custom_mean_ms', c.mean_time, 'custom_calls', c.calls),
	g.ms - g.calls * c.mean_time, 75, NULL,
	'Let it be planned with its values each time: for its role, its function or in its session.',
	'SET plan_cache_mode = force_custom_plan', 'RESET plan_cache_mode', NULL
FROM plans g
	-- all custom plans together: each of them may be the one for easy values
	JOIN (SELECT c.queryid, sum(c.calls) AS calls, sum(c.ms) / sum(c.calls) AS mean_time, (array_agg(c.planid ORDER BY c.calls DESC))[1] AS planid
		FROM plans c
		WHERE NOT c.generic
		GROUP BY c.queryid) c ON c.queryid = g.queryid
WHERE g.generic
	AND g.calls >= 5 AND c.calls >= 5
	AND g.mean_time >= 2 * c.mean_time AND g.mean_time >= c.mean_time + 0.5
ORDER BY g.queryid, g.ms DESC)

-- Checks of what the statement says.

UNION ALL
SELECT CASE WHEN e.implicit AND e.kind = 'cast' THEN 'implicit_cast' ELSE 'function_on_column' END, e.queryid, e.planid,
	e.family || '.' || quote_ident(e."column"),
	CASE
		WHEN e.implicit AND e.kind = 'cast' THEN format('%s of %s is compared as %s, so no index on it serves', quote_ident(e."column"), e.relation, e.to_type)
		ELSE format('%s of %s is compared inside of %s, so no index on it serves', quote_ident(e."column"), e.relation,
			CASE WHEN e.kind = 'cast' THEN 'a cast to ' || e.to_type
				WHEN e.function ~ '^[[:alpha:]_]' THEN e.function || '()'
				ELSE coalesce('the operator ' || e.function, 'an expression') END)
	END,
	format('The condition %s at node %s is computed for %s rows of %s; %s meet it. %s', e.expr, e.path, advisor._count(e.removed + e.rows), e.relation,
		advisor._count(e.rows),
		CASE
			WHEN e.index_compares IS NOT TRUE THEN format('The column is of type %s.', e.column_type)
			ELSE format('The column is of type %s, and %s could find them.', e.column_type, e.usable_index)
		END),
	jsonb_build_object('node', e.path, 'column', e."column", 'column_type', e.column_type, 'compared_as', e.to_type, 'function', e.function,
		'other_side', e.other, 'index', e.usable_index, 'rows_read', e.removed + e.rows, 'rows_returned', e.rows, 'runs', e.runs),
	e.ms * e.family_part, CASE WHEN e.index_compares THEN 95 ELSE 80 END, NULL,
	CASE
		WHEN e.implicit AND e.kind = 'cast' THEN format('Send the value as %s: WHERE %s = $1::%s%s.', e.column_type,
			quote_ident(e."column"), e.column_type, CASE WHEN e.index_compares THEN '' ELSE ', and index the column' END)
		WHEN e.kind = 'cast' AND e.to_type = 'date' AND e.column_type LIKE 'timestamp%' THEN
			format('Compare the column with a range: WHERE %s >= $1::date AND %s < $1::date + 1.', quote_ident(e."column"), quote_ident(e."column"))
		WHEN e.kind = 'cast' AND e.expr ~ ' !?(~~?\*?|SIMILAR TO) ' THEN
			format('Compare %s by ranges of %s, where it can be said so, in place of a pattern over its text.', quote_ident(e."column"), e.column_type)
		WHEN e.kind = 'cast' THEN format('Cast the other side to %s, and not the column.', e.column_type)
		WHEN e.immutable THEN format('%s index on the expression %s serves it%s.',
			CASE WHEN e.expr ~ ' (@@|@>|<@|&&|@\?|\?[&|]) ' THEN 'A GIN' ELSE 'An' END, coalesce(e.column_expr, ''),
			CASE WHEN e.column_expr ~ '\?' THEN ', with the constant in place of ?' ELSE '' END
				|| CASE WHEN e.index_compares THEN '; or compare the column itself, if the other side can be changed'
					WHEN e.usable_index IS NOT NULL THEN format('; or write it with an operator that %s serves, as @> for jsonb', e.usable_index)
					ELSE '' END)
		ELSE format('Compare %s itself: the expression is not immutable, so it cannot be indexed.', quote_ident(e."column"))
	END,
	NULL, NULL, NULL
FROM explained e
WHERE e.fact = 'wrapped_column'

UNION ALL
SELECT 'leading_wildcard', e.queryid, e.planid, e.family || '.' || quote_ident(e."column"),
	format('%s of %s is searched by a pattern that begins anywhere', quote_ident(e."column"), e.relation),
	format('The condition %s at node %s is computed for %s rows of %s; %s meet it. No B-tree index can serve it.', e.expr, e.path,
		advisor._count(e.removed + e.rows), e.relation, advisor._count(e.rows)),
	jsonb_build_object('node', e.path, 'column', e."column", 'operator', e.operator, 'rows_read', e.removed + e.rows, 'rows_returned', e.rows,
		'trigram_index', e.trigram_index, 'runs', e.runs),
	e.ms * e.family_part, 90, NULL,
	CASE WHEN e.trigram_index THEN 'There is a trigram index, which needs at least three letters in a row in the pattern to be of use.'
		ELSE format('A trigram index serves it: GIN on %s with the operator class gin_trgm_ops of the extension pg_trgm. For words, full text search.',
			quote_ident(e."column")) END,
	NULL, NULL, NULL
FROM explained e
WHERE e.fact = 'leading_wildcard'

UNION ALL
SELECT 'prefix_pattern', e.queryid, e.planid, e.family || '.' || quote_ident(e."column"),
	format('%s of %s is searched by its beginning without an index for patterns', quote_ident(e."column"), e.relation),
	format('The condition %s at node %s is computed for %s rows of %s; %s meet it. The collation keeps an ordinary index from serving LIKE.', e.expr,
		e.path, advisor._count(e.removed + e.rows), e.relation, advisor._count(e.rows)),
	jsonb_build_object('node', e.path, 'column', e."column", 'index', e.usable_index, 'rows_read', e.removed + e.rows, 'rows_returned', e.rows,
		'runs', e.runs),
	e.ms * e.family_part, 90, NULL,
	format('A B-tree index on %s with the operator class text_pattern_ops (or that of its type) serves it.', quote_ident(e."column")),
	NULL, NULL, NULL
FROM explained e
WHERE e.fact = 'prefix_pattern'

UNION ALL
SELECT 'or_across_columns', e.queryid, e.planid, e.family,
	format('OR over %s of %s keeps an index from finding the rows', advisor._column_names(e.relid, e.attnums), e.relation),
	format('The condition %s at node %s is computed for %s rows; %s meet it.', e.expr, e.path,
		advisor._count(GREATEST(e.removed, e.removed_2) + e.rows), advisor._count(e.rows)),
	jsonb_build_object('node', e.path, 'columns', advisor._column_names(e.relid, e.attnums), 'rows_read', GREATEST(e.removed, e.removed_2) + e.rows,
		'rows_returned', e.rows, 'runs', e.runs),
	e.ms * e.family_part, 85, NULL,
	format('With an index for each arm (%s) both can be read and combined (BitmapOr); or write one SELECT per arm and UNION them.',
		advisor._column_names(e.relid, e.attnums)),
	NULL, NULL, NULL
FROM explained e
WHERE e.fact = 'or_columns'

UNION ALL
SELECT 'not_in_subquery', f.queryid, NULL, CASE WHEN f.relid <> 0 THEN f.relation ELSE 'query ' || f.queryid END,
	CASE WHEN f.nullable THEN format('NOT IN over %s returns nothing as soon as it holds one NULL', coalesce(f."column", 'a sub-select'))
		ELSE format('NOT IN over %s reads the whole list for each row', coalesce(f."column", 'a sub-select')) END,
	CASE WHEN f.nullable THEN format('%s may be NULL, and then the condition is never true. ', coalesce(f."column", 'The value of the sub-select')) ELSE '' END
		|| CASE WHEN h.unhashed THEN 'The list does not fit into work_mem as a hash table, so it is searched from end to end for each row. ' ELSE '' END
		|| 'NOT IN can never become an anti join.',
	jsonb_build_object('column', f."column", 'nullable', f.nullable, 'hashed', NOT h.unhashed),
	s.total_time, 90, CASE WHEN f.nullable THEN 'medium' END,
	format('WHERE NOT EXISTS (SELECT FROM %s x WHERE x.%s = ...): an anti join, and right with NULL.',
		CASE WHEN f.relid <> 0 THEN f.relation ELSE '...' END, coalesce(regexp_replace(f."column", '^.*\.', ''), '...')),
	NULL, NULL, NULL
FROM facts f
	JOIN statements s ON s.queryid = f.queryid
	CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM facts p WHERE p.fact = 'not_in_subplan' AND p.queryid = f.queryid AND NOT p.hashed) AS unhashed) h
WHERE f.fact = 'not_in_subquery'
	AND (f.nullable OR h.unhashed)

UNION ALL
SELECT 'deep_offset', n.queryid, n.planid, coalesce(CASE WHEN f.relid <> 0 THEN f.relation END, 'query ' || n.queryid),
	format('OFFSET skips up to %s rows to return %s', advisor._count(n.max_offset), advisor._count(n.rows)),
	format('The rows before the offset are read and thrown away at node %s: up to %s, for %s that are returned.', n.path,
		advisor._count(n.max_offset), advisor._count(n.rows)),
	jsonb_build_object('node', n.path, 'max_offset', n.max_offset, 'rows_returned', n.rows, 'order', f."order", 'runs', n.runs),
	n.ms * 0.9, 90, NULL,
	CASE WHEN f."column" IS NULL OR k.mixed THEN 'Go on from the last row of the page before by a condition, in place of OFFSET.'
		ELSE format('Go on from the last row of the page before: WHERE (%s) %s (the last row''s) ORDER BY %s LIMIT n. Its last column must be unique, else rows get lost between pages.',
			regexp_replace(f."order", '\s+(ASC|DESC|NULLS (FIRST|LAST))', '', 'gi'), CASE WHEN f."order" ~* '\mdesc\M' THEN '<' ELSE '>' END, f."order")
	END,
	NULL, NULL, NULL
FROM nodes n
	JOIN facts f ON f.fact = 'offset' AND f.queryid = n.queryid
	-- columns in different directions cannot be compared as one row
	CROSS JOIN LATERAL (SELECT bool_or(part ~* '\mdesc\M') AND NOT bool_and(part ~* '\mdesc\M') AS mixed
		FROM string_to_table(f."order", ', ') part) k
WHERE n.type = 'Limit'
	AND n.max_offset >= 1000
	AND n.max_offset >= 10 * coalesce(n.rows, n.rows_per_call)

UNION ALL
SELECT 'order_by_random', f.queryid, NULL, 'query ' || f.queryid,
	'ORDER BY random() gives every row a number and sorts all of them',
	format('%s rows are read and sorted for %s that are returned.', coalesce(advisor._count(r.rows), 'All'), advisor._count(s.rows_per_call)),
	jsonb_build_object('rows_read', r.rows, 'rows_per_call', s.rows_per_call),
	s.total_time, 90, NULL,
	'Pick a random key and take the next row: WHERE id >= (SELECT (random() * max(id))::bigint FROM ...) ORDER BY id LIMIT 1; or TABLESAMPLE.',
	NULL, NULL, NULL
FROM facts f
	JOIN statements s ON s.queryid = f.queryid
	LEFT JOIN (SELECT n.queryid, max(n.input_rows) AS rows FROM nodes n WHERE n.type = 'Sort' GROUP BY n.queryid) r ON r.queryid = f.queryid
WHERE f.fact = 'order_by_random'
	AND coalesce(r.rows, 1000) >= 1000

UNION ALL
SELECT 'cartesian_product', n.queryid, n.planid, 'query ' || n.queryid,
	format('Joins every row of one side with every row of the other: %s rows', advisor._count(n.rows + n.removed_2)),
	format('The nested loop at node %s has no condition and makes %s rows.', n.path, advisor._count(n.rows + n.removed_2)),
	jsonb_build_object('node', n.path, 'rows', n.rows + n.removed_2, 'runs', n.runs),
	n.ms, 80, NULL,
	'Look for a join condition that was forgotten.',
	NULL, NULL, NULL
FROM facts f
	JOIN nodes n ON n.queryid = f.queryid AND n.planid = f.planid AND n.node = f.node
WHERE f.fact = 'cartesian'
	AND n.rows >= 10000

UNION ALL
SELECT 'correlated_subquery', f.queryid, f.planid, CASE WHEN f.relid <> 0 THEN f.relation ELSE 'query ' || f.queryid END,
	format('%s%s run%s once for each row: %s times', CASE max(c.subplans) WHEN 1 THEN 'A sub-select' ELSE max(c.subplans) || ' sub-selects' END,
		' over ' || CASE WHEN f.relid <> 0 THEN f.relation END, CASE max(c.subplans) WHEN 1 THEN 's' END, advisor._count(max(n.loops))),
	format('%s at node %s run%s times and read%s %s rows in all.', string_agg(f.name, ', ' ORDER BY f.node), string_agg(n.path, ', ' ORDER BY f.node),
		CASE count(*) WHEN 1 THEN 's ' || advisor._count(max(n.loops)) ELSE ' up to ' || advisor._count(max(n.loops)) END,
		CASE count(*) WHEN 1 THEN 's' END, advisor._count(sum(r.rows))),
	jsonb_build_object('nodes', array_agg(n.path ORDER BY f.node), 'loops', max(n.loops), 'subplans', max(c.subplans), 'rows_read', sum(r.rows),
		'runs', max(n.runs)),
	LEAST(max(n.ms), sum(n.ms * r.part)), 80, CASE WHEN max(c.subplans) > 1 THEN 'info' END,
	CASE
		WHEN max(c.subplans) > 1 AND bool_or(f.aggregates) THEN 'One LEFT JOIN LATERAL computes all of them in one pass; or LEFT JOIN a sub-select with GROUP BY.'
		WHEN bool_or(f.aggregates) THEN 'LEFT JOIN the table and GROUP BY, or join a sub-select that is grouped already.'
		ELSE 'Write it as a join.'
	END,
	NULL, NULL, NULL
FROM facts f
	JOIN nodes n ON n.queryid = f.queryid AND n.planid = f.planid AND n.node = f.node
	JOIN (SELECT x.queryid, x.planid, x.node, sum(d.rows + d.removed) AS rows, LEAST(1, sum(d.part)) AS part
		FROM facts x
			JOIN nodes root ON root.queryid = x.queryid AND root.planid = x.planid AND root.node = x.node
			JOIN nodes d ON d.queryid = root.queryid AND d.planid = root.planid AND starts_with(d.path || '.', root.path || '.')
		WHERE x.fact = 'correlated_subplan'
		GROUP BY x.queryid, x.planid, x.node) r ON r.queryid = f.queryid AND r.planid = f.planid AND r.node = f.node
	JOIN (SELECT x.queryid, x.planid, x.relid, count(*) AS subplans
		FROM facts x
		WHERE x.fact = 'correlated_subplan'
		GROUP BY x.queryid, x.planid, x.relid) c ON c.queryid = f.queryid AND c.planid = f.planid AND c.relid = f.relid
WHERE f.fact = 'correlated_subplan'
	AND n.loops >= 2
	AND (n.loops >= 10 OR r.rows >= 1000)
GROUP BY f.queryid, f.planid, f.relid, f.relation

UNION ALL
(SELECT DISTINCT ON (n.queryid, n.planid) 'union_all', n.queryid, n.planid, 'query ' || n.queryid,
	'UNION looks for duplicates and never finds any',
	format('All %s rows that come in at node %s go out again, in each of %s instrumented runs.', advisor._count(n.input_rows), n.path, n.runs),
	jsonb_build_object('node', n.path, 'rows_in', n.input_rows, 'rows_out', n.rows, 'same_rows_runs', n.same_rows_runs, 'runs', n.runs),
	n.ms * LEAST(1, 2 * n.part), CASE WHEN n.runs >= 20 THEN 85 ELSE 70 END, NULL,
	'Write UNION ALL, if the sets cannot overlap and have no duplicates of their own.',
	NULL, NULL, NULL
FROM facts f
	JOIN nodes n ON n.queryid = f.queryid AND n.type IN ('Unique', 'Aggregate')
	JOIN nodes a ON a.queryid = n.queryid AND a.planid = n.planid AND a.type IN ('Append', 'Merge Append')
		AND starts_with(a.path, n.path || '.') AND a.depth <= n.depth + 3
WHERE f.fact = 'union_distinct'
	AND n.runs >= 3 AND n.same_rows_runs = n.runs
	AND n.input_rows >= 100
	AND NOT (n.type = 'Aggregate' AND n.strategy = 'Plain')
ORDER BY n.queryid, n.planid, n.node)

UNION ALL
(SELECT DISTINCT ON (n.queryid, n.planid) 'useless_distinct', n.queryid, n.planid, 'query ' || n.queryid,
	CASE WHEN n.same_rows_runs = n.runs THEN 'DISTINCT looks for duplicates and never finds any'
		ELSE format('DISTINCT removes the duplicates that a join has made: %s rows, %s are left', advisor._count(n.input_rows), advisor._count(n.rows)) END,
	CASE WHEN n.same_rows_runs = n.runs
		THEN format('All %s rows that come in at node %s go out again, in each of %s instrumented runs.', advisor._count(n.input_rows), n.path, n.runs)
		ELSE format('%s relations are joined, but all columns that are returned (%s) are of one of them; the others only choose its rows. '
			|| '%s rows come in at node %s and %s go out.', f.relations, array_to_string(k.keys, ', '), advisor._count(n.input_rows), n.path,
			advisor._count(n.rows)) END,
	jsonb_build_object('node', n.path, 'rows_in', n.input_rows, 'rows_out', n.rows, 'same_rows_runs', n.same_rows_runs, 'keys', k.keys, 'runs', n.runs),
	n.ms * LEAST(1, 2 * n.part), CASE WHEN n.same_rows_runs = n.runs THEN 80 ELSE 70 END, NULL,
	CASE WHEN n.same_rows_runs = n.runs THEN 'Leave DISTINCT away, if a key guarantees it.'
		ELSE 'Choose the rows by WHERE EXISTS (SELECT FROM ...) in place of the join and DISTINCT: a semi join makes no duplicates.' END,
	NULL, NULL, NULL
FROM facts f
	JOIN nodes n ON n.queryid = f.queryid AND n.type IN ('Unique', 'Aggregate')
	LEFT JOIN nodes c ON c.queryid = n.queryid AND c.planid = n.planid AND c.parent = n.node AND c.type IN ('Sort', 'Incremental Sort')
	CROSS JOIN LATERAL (SELECT coalesce(n.group_key, c.sort_key) AS keys) k
	CROSS JOIN LATERAL (SELECT count(DISTINCT substring(key FROM '^("[^"]+"|[a-z_][a-z_0-9$]*)\.')) AS relations,
			bool_and(key ~ '^("[^"]+"|[a-z_][a-z_0-9$]*)\.') AS plain
		FROM unnest(k.keys) key) u
WHERE f.fact = 'distinct'
	AND n.runs >= 3 AND n.input_rows >= 100
	AND NOT (n.type = 'Aggregate' AND (n.strategy = 'Plain' OR n.partial IN ('Partial', 'Finalize')))
	AND (n.same_rows_runs = n.runs OR f.relations >= 2 AND u.relations = 1 AND u.plain AND n.rows < n.input_rows)
	-- the topmost one is that of DISTINCT
	AND NOT EXISTS (SELECT FROM nodes a WHERE a.queryid = n.queryid AND a.planid = n.planid AND a.type IN ('Unique', 'Aggregate')
		AND starts_with(n.path, a.path || '.'))
ORDER BY n.queryid, n.planid, n.node)

UNION ALL
SELECT 'count_for_existence', f.queryid, NULL, 'query ' || f.queryid,
	'Counts all rows to learn if there is one',
	format('The count is compared with 0 or 1, so the first row would do. It takes %s per call.', advisor._duration(s.mean_time)),
	jsonb_build_object('rows_per_call', s.rows_per_call),
	s.total_time * 0.9, 80, NULL,
	'EXISTS (SELECT FROM ...) stops at the first row.',
	NULL, NULL, NULL
FROM facts f
	JOIN statements s ON s.queryid = f.queryid
WHERE f.fact = 'count_for_existence'

UNION ALL
SELECT 'count_all', f.queryid, n.planid, f.relation,
	format('Counts all %s rows of %s each time', advisor._count(n.rows), f.relation),
	format('The %s at node %s reads all %s rows of %s in %s.', lower(n.type), n.path, advisor._count(n.rows), f.relation, advisor._duration(s.mean_time)),
	jsonb_build_object('node', n.path, 'rows', n.rows, 'reltuples', n.reltuples, 'runs', n.runs),
	n.ms * n.part, 85, NULL,
	format('To show a number, the estimate of pg_class does: SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass. '
		|| 'If it must be exact, keep a counter.', quote_literal(f.relation)),
	NULL, NULL, NULL
FROM facts f
	JOIN statements s ON s.queryid = f.queryid
	JOIN nodes n ON n.queryid = f.queryid AND n.relid = f.relid
WHERE f.fact = 'count_all'
	AND n.type LIKE '%Scan'
	AND n.rows >= 10000

UNION ALL
SELECT 'select_star', f.queryid, NULL, CASE WHEN f.relid <> 0 THEN f.relation ELSE 'query ' || f.queryid END,
	format('SELECT * fetches %s columns%s, about %s bytes per row', f.columns #>> '{}', ' of ' || CASE WHEN f.relid <> 0 THEN f.relation END,
		advisor._count(f.width)),
	format('%s rows per call in %s calls make about %s MB.', advisor._count(s.rows_per_call), advisor._count(s.calls),
		advisor._count(f.width * s.rows_per_call * s.calls / 1e6)),
	jsonb_build_object('columns', (f.columns #>> '{}')::integer, 'width', f.width, 'rows_per_call', s.rows_per_call),
	s.total_time * 0.2, 50, 'info',
	'Name the columns that are needed: wide ones are read from elsewhere, sent and thrown away, and no index-only scan is possible.',
	NULL, NULL, NULL
FROM facts f
	JOIN statements s ON s.queryid = f.queryid
WHERE f.fact = 'select_star'
	AND f.width >= 200 AND (f.columns #>> '{}')::integer >= 8

-- Checks of how it is called.

UNION ALL
SELECT CASE WHEN k.inserts THEN 'insert_loop' ELSE 'n_plus_1' END, s.queryid, NULL, coalesce(k.relation, 'query ' || s.queryid),
	format('%s%s one by one: %s times in a row', CASE WHEN k.inserts THEN 'Inserts rows' WHEN k.writes THEN 'Changes rows' ELSE 'Reads rows' END,
		CASE WHEN k.inserts THEN ' into ' ELSE ' of ' END || k.relation, advisor._count(s.loop_calls / s.loops)),
	format('%s of %s calls were repetitions within one transaction or session, %s at a time, with %s rows each. ', advisor._count(s.loop_calls),
		advisor._count(s.calls), advisor._count(s.loop_calls / s.loops), advisor._count(s.rows_per_call))
		|| CASE WHEN s.loop_parent <> 0 AND s.loop_parent <> s.queryid THEN format('The last time it was %s query %s%s. ',
			CASE WHEN s.toplevel THEN 'after' ELSE 'within' END, s.loop_parent,
			coalesce(': ' || left(regexp_replace(coalesce(t.query, parent.own_query), '\s+', ' ', 'g'), 100), '')) ELSE '' END
		|| CASE WHEN s.toplevel THEN 'Each call also costs a round trip, which is not counted in its time.' ELSE '' END
		|| CASE WHEN a.alone THEN ' Nothing was run before it, so it may also be a session that does nothing else, for many clients.' ELSE '' END,
	jsonb_build_object('loops', s.loops, 'loop_calls', s.loop_calls, 'calls_per_loop', s.loop_calls / s.loops, 'rows_per_call', s.rows_per_call,
		'loop_parent', s.loop_parent, 'toplevel', s.toplevel),
	s.total_time * s.loop_calls / NULLIF(s.calls, 0) * CASE WHEN a.alone THEN 0.2 ELSE 1 END,
	CASE WHEN a.alone THEN 40 WHEN s.loop_calls >= 0.9 * s.calls THEN 90 ELSE 75 END, CASE WHEN a.alone THEN 'info' ELSE 'low' END,
	CASE
		WHEN k.inserts THEN 'One INSERT for all rows: INSERT ... SELECT (from generate_series() or unnest() of arrays), VALUES of many rows, or COPY.'
		WHEN k.writes THEN 'One statement for all rows: UPDATE ... FROM unnest() of arrays, or WHERE id = ANY ($1).'
		WHEN NOT s.toplevel THEN 'Within the function: one query for all rows, a join to what gives the values, with GROUP BY for aggregates; or WHERE id = ANY ($1) with an array. '
			|| 'Where the function itself is called for each row, do the same in the query that calls it.'
		ELSE 'Fetch all at once: WHERE id = ANY ($1) with an array, or a join to the query that gave the values, with GROUP BY for aggregates.'
	END,
	NULL, NULL, NULL
FROM statements s
	JOIN (SELECT n.queryid,
			bool_or(n.operation IS NOT NULL) AS writes,
			bool_or(n.operation = 'Insert') AND bool_and(n.operation IS NULL OR n.operation = 'Insert') AS inserts,
			min(n.relation) FILTER (WHERE n.relid <> 0 AND (n.operation IS NOT NULL OR n.type LIKE '%Scan')) AS relation
		FROM nodes n
		GROUP BY n.queryid) k ON k.queryid = s.queryid
	LEFT JOIN statements parent ON parent.queryid = s.loop_parent
	LEFT JOIN texts t ON t.queryid = s.loop_parent
	LEFT JOIN texts own ON own.queryid = s.queryid
	-- no query gave the values
	CROSS JOIN LATERAL (SELECT s.toplevel AND k.inserts IS NOT TRUE AND coalesce(s.loop_parent, 0) IN (0, s.queryid) AS alone) a
WHERE s.loops >= 2
	AND s.loop_calls >= 0.5 * s.calls
	-- an INSERT without RETURNING counts its rows all the same
	AND s.rows_per_call <= 2
	-- the server's own, for foreign keys: they follow from another statement
	AND NOT (NOT s.toplevel AND coalesce(own.query, s.own_query) ~ '^(SELECT 1 FROM ONLY|DELETE FROM ONLY|UPDATE ONLY) .*OPERATOR\(pg_catalog\.')

UNION ALL
SELECT 'n_plus_1', f.queryid, NULL, f.name,
	format('%s runs its own statements for each of %s rows', f.name, advisor._count(s.rows_per_call)),
	format('The %s function %s is volatile and called per row, %s rows per call of the statement. Nothing in it can be planned together with the rest.',
		f.language, f.name, advisor._count(s.rows_per_call)),
	jsonb_build_object('function', f.name, 'language', f.language, 'rows_per_call', s.rows_per_call),
	s.total_time * 0.8, 60, 'low',
	'Join what it reads, with GROUP BY. If it only reads, mark it STABLE: in SQL it can be inlined then.',
	NULL, NULL, NULL
FROM facts f
	JOIN statements s ON s.queryid = f.queryid
WHERE f.fact = 'volatile_function'
	AND s.rows_per_call >= 5

UNION ALL
SELECT 'lock_waits', s.queryid, NULL, coalesce(r.relation, 'query ' || s.queryid),
	format('Waits for locks for at least %s %% of its time', advisor._count(LEAST(100, 100 * s.lock_wait_time / NULLIF(s.total_time, 0)))),
	format('At least %s of %s were spent waiting for other transactions%s: %s per call. Waits within functions that it calls are part of that.', advisor._duration(s.lock_wait_time), advisor._duration(s.total_time),
		' with rows of ' || r.relation, advisor._duration(s.lock_wait_time / NULLIF(s.calls, 0))),
	jsonb_build_object('lock_wait_ms', s.lock_wait_time, 'ms_per_call', s.lock_wait_time / NULLIF(s.calls, 0), 'row_lock', r.row_lock),
	LEAST(s.lock_wait_time, s.total_time), 85, 'info',
	CASE WHEN r.row_lock THEN 'If any free row does, as in a queue: FOR UPDATE SKIP LOCKED. Else shorten the transactions that hold the lock.'
		ELSE 'Shorten the transactions that hold the lock, change contended rows last in them, or spread a counter over several rows.'
			|| CASE WHEN r.relation IS NULL THEN ' In a queue, where any free row does: FOR UPDATE SKIP LOCKED.' ELSE '' END END,
	NULL, NULL, NULL
FROM statements s
	CROSS JOIN LATERAL (SELECT min(f.relation) IS NOT NULL AS row_lock,
		coalesce(min(f.relation), (SELECT min(n.relation) FROM nodes n WHERE n.queryid = s.queryid AND n.operation IS NOT NULL AND n.relid <> 0)) AS relation
		FROM facts f WHERE f.fact = 'row_lock' AND f.queryid = s.queryid) r
-- samples miss most of the time of waits that are shorter than their interval
WHERE s.lock_wait_time >= 100
	AND s.lock_wait_time >= 0.1 * s.total_time

UNION ALL
SELECT 'statement_per_value', min(f.queryid), NULL, f.relation || '.' || quote_ident(f."column"),
	format('IN lists of %s different lengths on %s of %s make as many statements', count(DISTINCT f.elements), quote_ident(f."column"), f.relation),
	format('%s statements differ by their list of %s to %s values alone. Each is parsed, planned and counted by itself.', count(DISTINCT f.queryid),
		min(f.elements), max(f.elements)),
	jsonb_build_object('statements', count(DISTINCT f.queryid), 'lengths', array_agg(DISTINCT f.elements), 'shape', left(md5(f.shape), 8)),
	sum(f.total_time) * 0.2, LEAST(90, 30 + 10 * count(DISTINCT f.elements))::integer, 'info',
	format('WHERE %s = ANY ($1) with an array is one statement for all lengths.', quote_ident(f."column")),
	NULL, NULL, NULL
FROM (SELECT DISTINCT ON (f.queryid, f.relid, f."column") f.queryid, f.relid, f.relation, f."column", f.elements, s.total_time,
		-- the text without the values and lists of them
		regexp_replace(regexp_replace(regexp_replace(coalesce(t.query, s.own_query), '\$\d+|''[^'']*''|\m\d+\M', '?', 'g'), '\s+', ' ', 'g'),
			'\( ?\?[^()]*\)', '(...)', 'g') AS shape
	FROM facts f
		JOIN statements s ON s.queryid = f.queryid
		LEFT JOIN texts t ON t.queryid = f.queryid
	WHERE f.fact = 'in_list' AND f.relation_exists
	ORDER BY f.queryid, f.relid, f."column", f.elements DESC) f
WHERE f.shape IS NOT NULL
GROUP BY f.relid, f.relation, f."column", f.shape
HAVING count(DISTINCT f.elements) >= 3

UNION ALL
SELECT 'statement_per_value', s.queryid, NULL, 'query ' || s.queryid,
	format('Is put together with its values in the text: %s of %s samples were different texts', p.sampled - p.same + 1, p.sampled),
	format('It has no parameters and is run within a function, %s times, but its text is not the same each time: dynamic SQL, parsed and planned anew for each value.',
		advisor._count(s.calls)),
	jsonb_build_object('sampled', p.sampled, 'same', p.same),
	s.total_time * 0.5, 80, 'low',
	'EXECUTE ... USING with $1 in the text in place of the value, which is also safe from injection; or static SQL, which is planned once per session.',
	NULL, NULL, NULL
FROM facts f
	JOIN statements s ON s.queryid = f.queryid
	LEFT JOIN texts t ON t.queryid = f.queryid
	CROSS JOIN LATERAL (SELECT sum(p.sampled_reads) AS sampled, sum(p.same_reads) AS same FROM plans p WHERE p.queryid = s.queryid) p
WHERE f.fact = 'literals'
	AND NOT s.toplevel
	AND p.sampled >= 5 AND p.same <= 0.5 * p.sampled
	-- a command that contains a query is sent by the client
	AND coalesce(t.query, s.own_query) ~* '^[\s(]*(select|insert|update|delete|merge|with|values|table)\M'

UNION ALL
SELECT 'statement_per_value', min(x.queryid), NULL, 'text ' || md5(x.query),
	format('A statement on temporary tables was seen as %s different ones', count(*)),
	format('Each new temporary table makes new statements and new rows in the catalogs: %s of the text %s', count(*),
		left(regexp_replace(x.query, '\s+', ' ', 'g'), 100)),
	jsonb_build_object('statements', count(*), 'calls', sum(x.calls)),
	sum(x.total_time), 80, 'low',
	'A sub-select or a CTE in place of the temporary table, or one made once per session with ON COMMIT DELETE ROWS.',
	NULL, NULL, NULL
FROM (SELECT s.queryid, s.calls, s.total_time, coalesce(t.query, s.own_query) AS query
	FROM statements s
		LEFT JOIN texts t ON t.queryid = s.queryid
	-- its table is gone, or is temporary
	WHERE EXISTS (SELECT FROM nodes n WHERE n.queryid = s.queryid AND n.relid <> 0 AND (NOT n.relation_exists OR n.relpersistence = 't'))
	) x
WHERE x.query IS NOT NULL
GROUP BY x.query
HAVING count(*) >= 5

UNION ALL
SELECT 'error_loop', s.queryid, NULL, coalesce(k.relation, 'query ' || s.queryid),
	format('Fails in %s %% of its executions, inside of a loop that goes on', advisor._count(100 * s.errors / (s.errors + s.calls))),
	format('%s of %s executions failed within a function that caught the error: each of them has a subtransaction of its own, with or without an error.',
		advisor._count(s.errors), advisor._count(s.errors + s.calls)),
	jsonb_build_object('errors', s.errors, 'calls', s.calls, 'error_ms', s.error_time, 'data_errors', e.data_errors, 'loops', s.loops),
	s.total_time, 70, 'low',
	'Test the value before, or load everything into a staging table and treat the bad rows as a set.',
	NULL, NULL, NULL
FROM statements s
	JOIN (SELECT e.queryid, sum(e.errors) FILTER (WHERE e.sqlstate_class = '22')::float8 AS data_errors
		FROM advisor._errors() e
			JOIN observed o ON o.dbid = e.dbid
		WHERE NOT e.toplevel
		GROUP BY e.queryid) e ON e.queryid = s.queryid
	LEFT JOIN (SELECT n.queryid, min(n.relation) AS relation FROM nodes n WHERE n.operation IS NOT NULL AND n.relid <> 0 GROUP BY n.queryid) k
		ON k.queryid = s.queryid
WHERE NOT s.toplevel
	AND s.errors >= 5
	AND s.errors >= 0.05 * (s.errors + s.calls)
	-- broken values, row by row, into a table; or anything that is a loop by its count
	AND (k.queryid IS NOT NULL AND e.data_errors >= 0.5 * s.errors OR s.loops >= 2 AND s.loop_calls >= 0.5 * s.calls)
),

-- One finding for each check, statement and object.
priced AS (
	SELECT f.*, s.calls, s.mean_time, s.total_time, s.time_percent, s.hours,
		-- several statements are not one
		LEAST(CASE WHEN f.check_id <> 'statement_per_value' THEN s.total_time END, sum(f.ms) OVER same) AS concerned,
		row_number() OVER (same ORDER BY f.ms DESC NULLS LAST, f.planid) AS position
	FROM found f
		JOIN statements s ON s.queryid = f.queryid
	WINDOW same AS (PARTITION BY f.check_id, f.queryid, f.object)
)
SELECT
	advisor._finding_key(p.check_id, VARIADIC CASE
		WHEN p.object = 'query ' || p.queryid THEN ARRAY[p.queryid::text]
		-- several statements; which of them is named is chance
		WHEN p.check_id = 'statement_per_value' THEN array_remove(ARRAY[p.object, p.evidence ->> 'shape'], NULL)
		ELSE ARRAY[p.queryid::text, p.object]
	END) AS finding_key,
	p.check_id,
	'query' AS category,
	advisor._severity_name(LEAST(advisor._severity_rank(s.severity), advisor._severity_rank(p.floor))) AS severity,
	p.object,
	p.title,
	p.detail,
	p.evidence || jsonb_build_object('calls', p.calls, 'mean_exec_time', p.mean_time, 'total_exec_time', p.total_time,
		'ms_concerned', p.concerned, 'observed_hours', p.hours) AS evidence,
	p.concerned * 24 / p.hours AS impact_ms_per_day,
	p.time_percent * p.concerned / NULLIF(p.total_time, 0) AS impact_percent,
	NULL::bigint AS impact_bytes,
	p.confidence,
	p.remedy,
	p.remedy_sql,
	p.undo_sql,
	p.remedy_lock,
	false AS needs_restart,
	p.queryid,
	p.planid
FROM priced p
	CROSS JOIN LATERAL (SELECT advisor._severity(p.time_percent * p.concerned / NULLIF(p.total_time, 0), LEAST(p.mean_time, p.concerned / NULLIF(p.calls, 0))) AS severity) s
WHERE p.position = 1
	-- nothing can be done about the server's own tables
	AND p.object !~ '^(pg_catalog|information_schema)\.'
	-- what costs nothing is no finding
	AND (s.severity IS NOT NULL OR p.floor IS NOT NULL);
END;
COMMENT ON FUNCTION advisor._query_findings() IS
	'what view advisor.query_findings shows';

CREATE VIEW advisor.query_findings AS
SELECT f.* FROM advisor._query_findings() f;
COMMENT ON VIEW advisor.query_findings IS
	'what is wrong with the statements of this database, with the numbers that prove it, its price and its remedy; rows are of type advisor.finding';

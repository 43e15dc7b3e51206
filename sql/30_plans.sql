/*
 * 30_plans: the reports on captured plans, their nodes, examples and the use
 * of indexes.  Needs 10_capture.
 *
 * Times are in milliseconds.  A row of another user keeps its numbers but loses
 * its queryid, texts and whatever could tell them, unless the reader is a
 * member of pg_read_all_stats; that is decided in C.
 */

-- Functions, not views: nobody is let at an internal relation.  They are put
-- into what calls them.
CREATE FUNCTION advisor._relations() RETURNS TABLE (
	oid oid, name text, relkind "char", relpersistence "char", relpages integer, reltuples float4, reloptions text[])
	LANGUAGE sql STABLE PARALLEL SAFE COST 1000 ROWS 1000
BEGIN ATOMIC
	SELECT
		c.oid,
		quote_ident(n.nspname) || '.' || quote_ident(c.relname),
		c.relkind,
		c.relpersistence,
		c.relpages,
		c.reltuples,
		c.reloptions
	FROM pg_class c
		JOIN pg_namespace n ON n.oid = c.relnamespace;
END;
COMMENT ON FUNCTION advisor._relations() IS
	'relations of this database with their qualified and quoted names';

CREATE FUNCTION advisor._current_database() RETURNS TABLE (dbid oid)
	LANGUAGE sql STABLE PARALLEL SAFE COST 100 ROWS 1
BEGIN ATOMIC
	SELECT d.oid FROM pg_database d WHERE d.datname = current_database();
END;
COMMENT ON FUNCTION advisor._current_database() IS
	'one row, the oid of this database';

CREATE FUNCTION advisor._column_names(relid oid, attnums int2[]) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1000
BEGIN ATOMIC
	SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY u.position)
	FROM unnest(attnums) WITH ORDINALITY u(attnum, position)
		JOIN pg_attribute a ON a.attrelid = relid AND a.attnum = u.attnum AND NOT a.attisdropped;
END;
COMMENT ON FUNCTION advisor._column_names(oid, int2[]) IS
	'quoted names of the columns of a relation, separated by commas; dropped ones are left out';

CREATE VIEW advisor.plans AS
WITH p AS MATERIALIZED (
	SELECT * FROM advisor._plans()
), ranked AS (
	SELECT p.*,
		sum(p.total_exec_time) OVER statement AS statement_time,
		-- merged plans (planid 0) are several, none of which can be called current
		row_number() OVER (statement ORDER BY p.planid = 0, p.last_seen DESC, p.first_seen DESC, p.planid) AS recency
	FROM p
	WINDOW statement AS (PARTITION BY p.userid, p.dbid, p.toplevel, p.queryid)
)
SELECT
	r.userid,
	r.usename,
	r.dbid,
	r.datname,
	r.toplevel,
	r.queryid,
	r.planid,
	-- rows without a queryid cannot be told apart by statement
	CASE WHEN r.queryid IS NOT NULL THEN r.recency = 1 AND r.planid <> 0 END AS is_current,
	r.generic,
	r.calls,
	r.rows,
	r.total_exec_time,
	r.time_percent,
	CASE WHEN r.queryid IS NOT NULL THEN 100 * r.total_exec_time / NULLIF(r.statement_time, 0) END AS statement_percent,
	r.min_exec_time,
	r.max_exec_time,
	r.mean_exec_time,
	r.stddev_exec_time,
	r.p50_exec_time,
	r.p95_exec_time,
	r.p99_exec_time,
	r.slow_calls,
	r.rows_examined,
	r.temp_blks_written,
	r.first_seen,
	r.last_seen,
	r.startup_cost,
	r.total_cost,
	r.plan_rows,
	r.plan_width,
	r.nodes,
	r.runs,
	r.jit_runs,
	r.jit_time / NULLIF(r.jit_runs, 0) AS mean_jit_time,
	r.plan,
	r.plan_json,
	r.truncated
FROM ranked r;
COMMENT ON VIEW advisor.plans IS
	'plans of captured statements: one row per user, database, toplevel, queryid and plan, times in ms; is_current marks the one seen last';

CREATE VIEW advisor.plan_nodes AS
SELECT
	n.userid,
	n.dbid,
	n.toplevel,
	n.queryid,
	n.planid,
	n.node,
	n.parent,
	n.path,
	n.depth,
	d."Node Type" AS node_type,
	CASE WHEN n.dbid = my.dbid AND n.relid <> 0 THEN coalesce(rel.name, format('dropped (oid %s)', n.relid)) END AS relation,
	CASE WHEN n.dbid = my.dbid AND n.indexid <> 0 THEN coalesce(ind.name, format('dropped (oid %s)', n.indexid)) END AS index,
	NULLIF(concat_ws(', ',
		d."Operation",
		d."Join Type",
		d."Command",
		d."Strategy",
		NULLIF(d."Partial Mode", 'Simple'),
		NULLIF(d."Scan Direction", 'Forward'),
		CASE WHEN d."Parallel Aware" THEN 'Parallel' END,
		coalesce(d."Subplan Name", CASE d."Parent Relationship" WHEN 'Inner' THEN 'inner side' WHEN 'InitPlan' THEN 'InitPlan' WHEN 'SubPlan' THEN 'SubPlan' END)), '') AS strategy,
	NULLIF(concat_ws(' AND ', d."Filter", d."One-Time Filter"), '') AS filter,
	NULLIF(concat_ws(' AND ', d."Index Cond", d."TID Cond", d."Recheck Cond"), '') AS index_cond,
	NULLIF(concat_ws(' AND ', d."Hash Cond", d."Merge Cond", d."Join Filter"), '') AS join_cond,
	array_to_string(d."Sort Key", ', ') AS sort_key,
	array_to_string(d."Group Key", ', ') AS group_key,
	CASE WHEN n.dbid = my.dbid THEN advisor._column_names(n.relid, n.changed_attnums) END AS changed_columns,
	n.plan_rows,
	n.plan_width,
	n.startup_cost,
	n.total_cost,
	n.runs,
	n.loops / NULLIF(n.runs, 0) AS loops,
	n.rows / NULLIF(n.loops, 0) AS rows_per_loop,
	n.rows_removed / NULLIF(n.runs, 0) AS rows_removed,
	n.rows_removed_2 / NULLIF(n.runs, 0) AS rows_removed_2,
	-- the planner never expects less than one row, so less is no error
	CASE WHEN n.loops > 0 THEN
		GREATEST(GREATEST(n.rows / n.loops, 1) / GREATEST(n.plan_rows, 1), GREATEST(n.plan_rows, 1) / GREATEST(n.rows / n.loops, 1))
		END AS error_factor,
	CASE WHEN NOT n.loops > 0 THEN NULL
		WHEN GREATEST(n.rows / n.loops, 1) > GREATEST(n.plan_rows, 1) THEN 'underestimated'
		WHEN GREATEST(n.rows / n.loops, 1) < GREATEST(n.plan_rows, 1) THEN 'overestimated'
		END AS error,
	n.spilled_runs,
	n.spill_kb,
	n.memory_kb,
	n.batches,
	n.heap_fetches / NULLIF(n.runs, 0) AS heap_fetches,
	n.exact_pages::float8 / NULLIF(n.runs, 0) AS exact_pages,
	n.lossy_pages::float8 / NULLIF(n.runs, 0) AS lossy_pages,
	n.max_offset,
	n.parallel_workers AS workers_planned
FROM advisor._plan_nodes() n
	CROSS JOIN advisor._current_database() my
	-- one pass over the object per node, where "->>" would take one per field
	LEFT JOIN LATERAL json_to_record(n.details) AS d(
		"Node Type" text,
		"Operation" text,
		"Join Type" text,
		"Command" text,
		"Strategy" text,
		"Partial Mode" text,
		"Scan Direction" text,
		"Parallel Aware" boolean,
		"Parent Relationship" text,
		"Subplan Name" text,
		"Filter" text,
		"One-Time Filter" text,
		"Index Cond" text,
		"TID Cond" text,
		"Recheck Cond" text,
		"Hash Cond" text,
		"Merge Cond" text,
		"Join Filter" text,
		"Sort Key" text[],
		"Group Key" text[]) ON true
	LEFT JOIN advisor._relations() rel ON rel.oid = n.relid
	LEFT JOIN advisor._relations() ind ON ind.oid = n.indexid;
COMMENT ON VIEW advisor.plan_nodes IS
	'nodes of captured plans with what was estimated and, from instrumented runs, what was true: loops, rows removed, fetches and pages per run, rows per loop; relations of this database only have names';

CREATE VIEW advisor.examples AS
SELECT
	e.userid,
	e.usename,
	e.dbid,
	e.datname,
	e.toplevel,
	e.queryid,
	e.planid,
	e.query,
	e.truncated,
	e.taken_at,
	e.exec_time
FROM advisor._examples() e
WHERE e.queryid IS NOT NULL;
COMMENT ON VIEW advisor.examples IS
	'runnable texts of captured statements, with literals; those of other users only for members of pg_read_all_stats';

-- Usage levels are of this database's own scale: a level is relative to the
-- most used index of the same table, and absolute in executions per day.
--   unused  no statement has executed it since stats_since or since it was made
--   low     less than 10 executions a day, or less than 1 % of the table's most used one
--   high    at least 100 a day and at least 10 % of the table's most used one
--   medium  all others
-- Less than an hour of observation is taken for an hour.
CREATE VIEW advisor.index_usage AS
WITH uses AS MATERIALIZED (
	SELECT u.indexid, u.executions, u.last_used
	FROM advisor._index_uses() u
		JOIN advisor._current_database() my USING (dbid)
), nodes AS MATERIALIZED (
	-- A bitmap index scan gives what the index says, others what is left of it
	-- after their filter.
	SELECT n.indexid,
		count(DISTINCT n.queryid) AS statements,
		sum(n.rows + n.rows_removed + n.rows_removed_2) FILTER (WHERE n.runs > 0) AS rows,
		sum(n.runs) FILTER (WHERE n.runs > 0) AS runs
	FROM advisor._plan_nodes() n
		JOIN advisor._current_database() my USING (dbid)
	WHERE n.indexid <> 0
	GROUP BY n.indexid
), indexes AS (
	SELECT i.indexrelid AS indexid, i.indrelid AS relid, n.nspname, t.relname AS table_name, c.relname AS index_name, c.relpages
	FROM pg_index i
		JOIN pg_class c ON c.oid = i.indexrelid
		JOIN pg_class t ON t.oid = i.indrelid
		JOIN pg_namespace n ON n.oid = t.relnamespace
	WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
		AND n.nspname !~ '^pg_(toast|temp_)'
		AND c.relkind = 'i'
), joined AS (
	SELECT indexid, i.relid, i.nspname, i.table_name, i.index_name, i.relpages, u.last_used,
		coalesce(u.executions, 0) AS executions,
		coalesce(u.executions, 0) / GREATEST(EXTRACT(epoch FROM now() - s.stats_since)::float8 / 86400, 1 / 24.0::float8) AS per_day
	FROM indexes i
		FULL JOIN uses u USING (indexid)
		CROSS JOIN advisor._info() s
	-- those of catalogs are known to uses, too
	WHERE i.indexid IS NOT NULL OR NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = u.indexid)
)
SELECT
	j.nspname AS schemaname,
	j.table_name AS relname,
	CASE WHEN j.indexid IS NOT NULL AND j.index_name IS NULL THEN format('dropped (oid %s)', j.indexid)
		ELSE j.index_name END AS indexrelname,
	j.relid,
	j.indexid AS indexrelid,
	CASE
		WHEN j.executions = 0 THEN 'unused'
		WHEN j.per_day < 10 OR j.executions < 0.01 * max(j.executions) OVER same_table THEN 'low'
		WHEN j.per_day >= 100 AND j.executions >= 0.1 * max(j.executions) OVER same_table THEN 'high'
		ELSE 'medium'
	END AS usage_level,
	j.executions,
	j.per_day AS executions_per_day,
	n.rows / NULLIF(n.runs, 0) * j.executions AS rows_fetched,
	j.last_used,
	coalesce(n.statements, 0) AS statements,
	pg_stat_get_numscans(j.indexid) AS idx_scan,
	pg_stat_get_tuples_returned(j.indexid) AS idx_tup_read,
	j.relpages * current_setting('block_size')::bigint AS size
FROM joined j
	LEFT JOIN nodes n ON n.indexid = j.indexid
WINDOW same_table AS (PARTITION BY j.relid);
COMMENT ON VIEW advisor.index_usage IS
	'how often statements executed each index of this database, in truth, beside idx_scan, which also counts probes of the planner; rows_fetched is extrapolated from instrumented runs';

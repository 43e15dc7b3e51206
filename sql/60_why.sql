/*
 * 60_why: the whole story of one statement.  Needs 20_statements, 30_plans and
 * 50_query_findings.
 */

CREATE FUNCTION advisor._cut(t text, length integer) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN char_length(t) > length
		THEN left(t, length) || format(' ... (cut here, %s characters in all)', char_length(t)) ELSE t END;
END;
COMMENT ON FUNCTION advisor._cut(text, integer) IS
	'a text of no more than so many characters, with a note if it was longer';

CREATE FUNCTION advisor._marked_plan(plan text, notes text[]) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	-- EXPLAIN gives each node a line with its costs, the first one without an arrow
	SELECT string_agg('    ' || l.line || coalesce(E'\n' || repeat(' ', 4 + char_length(substring(l.line FROM '^ *'))) || '^^ ' || l.note, ''),
		E'\n' ORDER BY l.number)
	FROM (SELECT x.line, x.number,
			CASE WHEN x.is_node THEN notes[count(*) FILTER (WHERE x.is_node) OVER (ORDER BY x.number)] END AS note
		FROM (SELECT u.line, u.number, (u.number = 1 OR u.line ~ '^ *->  ') AND u.line ~ '\(cost=' AS is_node
			FROM string_to_table(plan, E'\n') WITH ORDINALITY u(line, number)) x) l;
END;
COMMENT ON FUNCTION advisor._marked_plan(text, text[]) IS
	'text of a plan with a note below the line of its first, second and so on node';

-- Tied to this search_path, where its body is text.
CREATE FUNCTION advisor.why(queryid bigint) RETURNS text
	LANGUAGE plpgsql VOLATILE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
#variable_conflict use_column
DECLARE
	wanted CONSTANT bigint := queryid;
	result text;
	part text;
BEGIN
	-- What it is, and what it costs: a paragraph per user and level.
	SELECT max(advisor._cut(s.query, 4000)) || E'\n' || string_agg(format(
			E'\n%s in database %s, %s: %s calls, %s in all (%s %% of the time), mean %s, median %s, 95 %% below %s, longest %s; %s rows per call%s%s%s%s%s',
			s.usename, s.datname, CASE WHEN s.toplevel THEN 'sent by clients' ELSE 'within functions' END,
			s.calls, advisor._duration(s.total_exec_time), advisor._count(s.time_percent), advisor._duration(s.mean_exec_time),
			advisor._duration(s.p50_exec_time), advisor._duration(s.p95_exec_time), advisor._duration(s.max_exec_time),
			advisor._count(s.rows / NULLIF(s.calls, 0)::float8),
			', ' || advisor._count(s.examined_per_row) || ' rows read for each',
			CASE WHEN s.temp_blks_written > 0 THEN format(', %s temporary blocks written', s.temp_blks_written) END,
			CASE WHEN s.lock_wait_time > 0 THEN format(', %s of lock waits', advisor._duration(s.lock_wait_time)) END,
			CASE WHEN s.loops > 0 THEN format(', %s calls in %s loops', s.loop_calls, s.loops) END,
			CASE WHEN s.errors > 0 THEN format(', %s errors', s.errors) END), '' ORDER BY s.total_exec_time DESC)
	INTO result
	FROM advisor.statements s
	WHERE s.queryid = wanted;

	IF result IS NULL THEN
		RETURN NULL;
	END IF;
	result := format(E'QUERY %s\n\n', wanted) || result;

	SELECT string_agg(format(E'%s%s\n    (%s%s)', advisor._cut(e.query, 4000), CASE WHEN e.truncated THEN E'\n    (text was cut when it was taken)' END,
			to_char(e.taken_at, 'YYYY-MM-DD HH24:MI'), ', took ' || advisor._duration(e.exec_time)), E'\n' ORDER BY e.taken_at DESC)
	INTO part
	FROM (SELECT * FROM advisor.examples e WHERE e.queryid = wanted ORDER BY e.taken_at DESC LIMIT 1) e;
	result := result || coalesce(E'\n\nEXAMPLE\n\n' || part, E'\n\nNo example is kept.');

	-- What is wrong, worst first.
	SELECT string_agg(format(E'* %s (%s)\n  %s\n  -> %s%s', f.title, f.severity || ', ' || f.check_id, f.detail, f.remedy, E'\n     ' || f.remedy_sql || ';'),
		E'\n' ORDER BY advisor._severity_rank(f.severity), f.impact_ms_per_day DESC, f.finding_key)
	INTO part
	FROM advisor.query_findings f
	WHERE f.queryid = wanted;
	result := result || coalesce(E'\n\nFINDINGS\n\n' || part, E'\n\nNothing was found to be wrong with it.');

	-- Its plans, the current one first; below their nodes what was measured.
	WITH known AS MATERIALIZED (
		SELECT n.* FROM advisor.plan_nodes n WHERE n.queryid = wanted
	), nodes AS (
		SELECT n.*, coalesce(n.rows_per_loop * n.loops, 0) + coalesce(n.rows_removed, 0) + coalesce(n.rows_removed_2, 0) AS work,
			n.error_factor >= 2 AND (n.error = 'underestimated' OR NOT stopped.maybe) AS is_wrong,
			n.error = 'overestimated' AND stopped.maybe AS maybe_stopped
		FROM known n
			-- What is above may want no more rows of it, unless a node in between
			-- reads them all.
			CROSS JOIN LATERAL (SELECT coalesce(max(a.depth) FILTER (WHERE a.node_type IN ('Sort', 'Hash', 'ModifyTable')
						OR a.node_type IN ('Aggregate', 'SetOp') AND a.strategy !~ '^Sorted'), -1)
					<= coalesce(max(a.depth) FILTER (WHERE a.node_type IN ('Limit', 'Merge Join') OR a.strategy ~ '^(Semi|Anti)\M'), -2) AS maybe
				FROM known a
				WHERE (a.userid, a.dbid, a.toplevel, a.planid) = (n.userid, n.dbid, n.toplevel, n.planid)
					AND starts_with(n.path, a.path || '.')) stopped
	), notes AS (
		SELECT n.userid, n.dbid, n.toplevel, n.planid, max(n.runs) AS runs,
			array_agg(CASE WHEN n.loops > 0 THEN format('%s rows%s%s%s%s%s%s%s', advisor._count(n.rows_per_loop),
					CASE WHEN n.loops >= 1.05 THEN format(' in each of %s loops', advisor._count(n.loops)) END,
					CASE WHEN n.is_wrong THEN format(', %s %s times', n.error, advisor._count(n.error_factor))
						WHEN n.maybe_stopped AND n.error_factor >= 2 THEN ', perhaps not read to the end' END,
					CASE WHEN n.rows_removed > 0 THEN format(', filter removes %s', advisor._count(n.rows_removed)) END,
					CASE WHEN n.rows_removed_2 > 0 THEN format(', join filter or recheck removes %s', advisor._count(n.rows_removed_2)) END,
					CASE WHEN n.spilled_runs > 0 THEN ', DOES NOT FIT INTO MEMORY' END,
					CASE WHEN n.work = n.most AND n.work > 0 THEN ', MOST ROWS HANDLED' END,
					CASE WHEN n.is_wrong AND n.error_factor >= 10 AND GREATEST(n.work, n.plan_rows) >= 100 THEN ', BADLY ESTIMATED' END)
				WHEN n.runs > 0 THEN 'never executed' END ORDER BY n.node) AS notes
		FROM (SELECT n.*, max(n.work) OVER (PARTITION BY n.userid, n.dbid, n.toplevel, n.planid) AS most FROM nodes n) n
		GROUP BY n.userid, n.dbid, n.toplevel, n.planid
	)
	SELECT string_agg(format(E'%s of %s%s: %s calls, mean %s, 95 %% below %s; first seen %s, last %s%s%s\n%s',
			CASE p.planid WHEN 0 THEN 'OTHER EXECUTIONS' ELSE 'PLAN ' || p.planid END, p.usename, CASE WHEN p.is_current THEN ' (current)' END || CASE WHEN p.generic THEN ' (generic)' ELSE '' END, p.calls,
			advisor._duration(p.mean_exec_time), advisor._duration(p.p95_exec_time),
			to_char(p.first_seen, 'YYYY-MM-DD HH24:MI'), to_char(p.last_seen, 'YYYY-MM-DD HH24:MI'),
			format('; measured in %s of its calls', p.runs), CASE WHEN p.truncated THEN '; its text was cut' END,
			coalesce(advisor._cut(advisor._marked_plan(p.plan, x.notes), 20000), '    (no text is kept)')),
		E'\n\n' ORDER BY p.is_current DESC, p.total_exec_time DESC, p.planid)
		|| CASE WHEN max(p.plans) > 5 THEN format(E'\n\n... and %s more plans', max(p.plans) - 5) ELSE '' END
	INTO part
	FROM (SELECT p.*, count(*) OVER () AS plans, row_number() OVER (ORDER BY p.is_current DESC, p.total_exec_time DESC, p.planid) AS number
			FROM advisor.plans p
			WHERE p.queryid = wanted) p
		LEFT JOIN notes x ON (x.userid, x.dbid, x.toplevel, x.planid) = (p.userid, p.dbid, p.toplevel, p.planid)
	WHERE p.number <= 5;
	result := result || coalesce(E'\n\n' || part, E'\n\nNo plan is known.');

	RETURN result;
END
$$;
COMMENT ON FUNCTION advisor.why(bigint) IS
	'all that is known about a statement, to be read: text, example, numbers, what is wrong, plans with what was measured; NULL if it is unknown';

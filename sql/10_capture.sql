/*
 * 10_capture: what the C library offers about captured statements.  The views
 * in 20_statements are built on it.  Needs nothing but the library.
 *
 * The functions whose names begin with "_" are what views are made of; their
 * row types may change in any version.
 */

CREATE FUNCTION advisor.version() RETURNS text
	AS 'MODULE_PATHNAME', 'advisor_version'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION advisor.version() IS
	'version of the loaded advisor library';

CREATE FUNCTION advisor._info(
	OUT stats_since timestamptz,
	OUT statements bigint,
	OUT entries bigint,
	OUT entries_max bigint,
	OUT pending_entries bigint,
	OUT pending_entries_max bigint,
	OUT evicted_entries bigint,
	OUT evicted_calls bigint,
	OUT evicted_exec_time float8,
	OUT dropped_calls bigint,
	OUT dropped_exec_time float8,
	OUT text_memory bigint,
	OUT text_memory_max bigint,
	OUT dropped_texts bigint,
	OUT plan_memory bigint,
	OUT plan_memory_max bigint,
	OUT evicted_documents bigint,
	OUT shared_memory bigint,
	OUT total_exec_time float8,
	OUT problems text[])
	AS 'MODULE_PATHNAME', 'advisor_info'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION advisor._info() IS
	'state of the capture engine; see view advisor.info';

CREATE FUNCTION advisor._statements(
	OUT userid oid,
	OUT usename text,
	OUT dbid oid,
	OUT datname text,
	OUT toplevel boolean,
	OUT queryid bigint,
	OUT own_query text,
	OUT calls bigint,
	OUT rows bigint,
	OUT total_exec_time float8,
	OUT min_exec_time float8,
	OUT max_exec_time float8,
	OUT mean_exec_time float8,
	OUT stddev_exec_time float8,
	OUT p50_exec_time float8,
	OUT p95_exec_time float8,
	OUT p99_exec_time float8,
	OUT slow_calls bigint,
	OUT time_percent float8,
	OUT plans bigint,
	OUT total_plan_time float8,
	OUT min_plan_time float8,
	OUT max_plan_time float8,
	OUT mean_plan_time float8,
	OUT stddev_plan_time float8,
	OUT shared_blks_hit bigint,
	OUT shared_blks_read bigint,
	OUT shared_blks_dirtied bigint,
	OUT shared_blks_written bigint,
	OUT local_blks_hit bigint,
	OUT local_blks_read bigint,
	OUT local_blks_dirtied bigint,
	OUT local_blks_written bigint,
	OUT temp_blks_read bigint,
	OUT temp_blks_written bigint,
	OUT blk_read_time float8,
	OUT blk_write_time float8,
	OUT wal_bytes numeric,
	OUT distinct_plans integer,
	OUT errors bigint,
	OUT error_time float8,
	OUT first_seen timestamptz,
	OUT last_seen timestamptz,
	OUT rows_examined bigint,
	OUT examined_per_row float8,
	OUT loops bigint,
	OUT loop_calls bigint,
	OUT loop_parent bigint,
	OUT lock_wait_time float8)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_statements'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000 ROWS 1000;
COMMENT ON FUNCTION advisor._statements() IS
	'captured statements, a row per user, database, toplevel and queryid; see view advisor.statements';

CREATE FUNCTION advisor._errors(
	OUT userid oid,
	OUT usename text,
	OUT dbid oid,
	OUT datname text,
	OUT toplevel boolean,
	OUT queryid bigint,
	OUT own_query text,
	OUT sqlstate_class text,
	OUT errors bigint,
	OUT error_time float8,
	OUT first_seen timestamptz,
	OUT last_seen timestamptz)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_errors'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000 ROWS 100;
COMMENT ON FUNCTION advisor._errors() IS
	'aborted statements by SQLSTATE class; see view advisor.errors';

CREATE FUNCTION advisor._plans(
	with_texts boolean DEFAULT true,
	OUT userid oid,
	OUT usename text,
	OUT dbid oid,
	OUT datname text,
	OUT toplevel boolean,
	OUT queryid bigint,
	OUT planid bigint,
	OUT calls bigint,
	OUT rows bigint,
	OUT total_exec_time float8,
	OUT min_exec_time float8,
	OUT max_exec_time float8,
	OUT mean_exec_time float8,
	OUT stddev_exec_time float8,
	OUT p50_exec_time float8,
	OUT p95_exec_time float8,
	OUT p99_exec_time float8,
	OUT slow_calls bigint,
	OUT time_percent float8,
	OUT rows_examined bigint,
	OUT temp_blks_written bigint,
	OUT first_seen timestamptz,
	OUT last_seen timestamptz,
	OUT startup_cost float8,
	OUT total_cost float8,
	OUT plan_rows float8,
	OUT plan_width integer,
	OUT plan text,
	OUT plan_json json,
	OUT truncated boolean,
	OUT nodes integer,
	OUT generic boolean,
	OUT runs bigint,
	OUT run_time float8,
	OUT jit_runs bigint,
	OUT jit_time float8,
	OUT sampled_reads bigint,
	OUT same_reads bigint)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_plans'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000 ROWS 1000;
COMMENT ON FUNCTION advisor._plans(boolean) IS
	'plans of captured statements that were executed, their texts only if wanted, as they take time; see view advisor.plans';

CREATE FUNCTION advisor._plan_nodes(
	OUT userid oid,
	OUT dbid oid,
	OUT toplevel boolean,
	OUT queryid bigint,
	OUT planid bigint,
	OUT node integer,
	OUT parent integer,
	OUT path text,
	OUT depth integer,
	OUT relid oid,
	OUT indexid oid,
	OUT filter_attnums int2[],
	OUT changed_attnums int2[],
	OUT details json,
	OUT plan_rows float8,
	OUT total_cost float8,
	OUT startup_cost float8,
	OUT plan_width integer,
	OUT runs bigint,
	OUT loops float8,
	OUT rows float8,
	OUT rows_removed float8,
	OUT rows_removed_2 float8,
	OUT heap_fetches float8,
	OUT input_rows float8,
	OUT same_rows_runs bigint,
	OUT spilled_runs bigint,
	OUT spill_kb bigint,
	OUT memory_kb bigint,
	OUT batches bigint,
	OUT exact_pages bigint,
	OUT lossy_pages bigint,
	OUT max_offset bigint,
	OUT parallel_workers integer)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_plan_nodes'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000 ROWS 10000;
COMMENT ON FUNCTION advisor._plan_nodes() IS
	'nodes of plans, in the order of EXPLAIN, and what was measured in them; see view advisor.plan_nodes';

CREATE FUNCTION advisor._facts(
	OUT userid oid,
	OUT dbid oid,
	OUT toplevel boolean,
	OUT queryid bigint,
	OUT planid bigint,
	OUT fact json)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_facts'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000 ROWS 1000;
COMMENT ON FUNCTION advisor._facts() IS
	'what the trees of statements (planid NULL) and plans show; see view advisor.query_findings';

CREATE FUNCTION advisor._examples(
	OUT userid oid,
	OUT usename text,
	OUT dbid oid,
	OUT datname text,
	OUT toplevel boolean,
	OUT queryid bigint,
	OUT planid bigint,
	OUT query text,
	OUT truncated boolean,
	OUT taken_at timestamptz,
	OUT exec_time float8)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_examples'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000 ROWS 1000;
COMMENT ON FUNCTION advisor._examples() IS
	'texts of statements with their literals, those that the reader may see; see view advisor.examples';

CREATE FUNCTION advisor._index_uses(
	OUT dbid oid,
	OUT indexid oid,
	OUT executions bigint,
	OUT last_used timestamptz)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_index_uses'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000 ROWS 1000;
COMMENT ON FUNCTION advisor._index_uses() IS
	'executions that used an index, an index perhaps in several rows; see view advisor.index_usage';

CREATE FUNCTION advisor.latency_histogram(
	queryid bigint,
	dbid oid DEFAULT NULL,
	userid oid DEFAULT NULL,
	toplevel boolean DEFAULT NULL,
	OUT lower_bound float8,
	OUT upper_bound float8,
	OUT calls bigint)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'advisor_latency_histogram'
	LANGUAGE C VOLATILE PARALLEL SAFE COST 1000 ROWS 20;
COMMENT ON FUNCTION advisor.latency_histogram(bigint, oid, oid, boolean) IS
	'how often executions of a statement took between lower_bound and upper_bound ms; NULL arguments match everything';

CREATE FUNCTION advisor.reset(
	userid oid DEFAULT NULL,
	dbid oid DEFAULT NULL,
	queryid bigint DEFAULT NULL)
	RETURNS timestamptz
	AS 'MODULE_PATHNAME', 'advisor_reset'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION advisor.reset(oid, oid, bigint) IS
	'forgets the captured statements of a user, database and queryid, NULL or 0 meaning any; returns when';

CREATE FUNCTION advisor._has_pgss() RETURNS boolean
	AS 'MODULE_PATHNAME', 'advisor_has_pgss'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION advisor._has_pgss() IS
	'is pg_stat_statements in shared_preload_libraries?';

CREATE FUNCTION advisor._slow_threshold() RETURNS float8
	AS 'MODULE_PATHNAME', 'advisor_slow_threshold'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION advisor._slow_threshold() IS
	'advisor.slow_threshold in ms';

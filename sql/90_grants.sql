/*
 * 90_grants: all rights, in one place, last.  What a row may show of another
 * role is decided in C, per row.
 */
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA advisor FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA advisor FROM PUBLIC;

GRANT USAGE ON SCHEMA advisor TO PUBLIC;

-- Functions in a view run with the rights of its reader, so everybody needs
-- those that the public views are made of.
GRANT EXECUTE ON FUNCTION
	advisor.version(),
	advisor._info(),
	advisor._statements(),
	advisor._errors(),
	advisor._has_pgss(),
	advisor._query_texts(),
	advisor._slow_threshold(),
	advisor.latency_histogram(bigint, oid, oid, boolean),
	advisor._plans(boolean),
	advisor._plan_nodes(),
	advisor._query_findings(),
	advisor._facts(),
	advisor._examples(),
	advisor._index_uses(),
	advisor._relations(),
	advisor._current_database(),
	advisor._column_names(oid, int2[]),
	advisor._finding_key(text, text[]),
	advisor._severity(float8, float8),
	advisor._severity_rank(text),
	advisor._severity_name(integer),
	advisor._count(float8),
	advisor._duration(float8),
	advisor._work_mem(float8),
	advisor._cut(text, integer),
	advisor._marked_plan(text, text[]),
	advisor.explain(text, text[], regclass[], text),
	advisor.recommend_indexes(text, text[], int, int, float8, float8, interval),
	advisor._unadvised(text, text[], int, int, float8, float8, interval),
	advisor.drop_impact(regclass, interval),
	advisor.why(bigint),
	advisor._recommend_progress(),
	advisor._last_advice(interval)
	TO PUBLIC;
GRANT SELECT ON
	advisor.statements,
	advisor.slow_queries,
	advisor.errors,
	advisor.info,
	advisor.plans,
	advisor.plan_nodes,
	advisor.examples,
	advisor.index_usage,
	advisor.query_findings,
	advisor.index_findings,
	advisor.findings,
	advisor.missing_indexes,
	advisor.unadvised,
	advisor.recommend_progress,
	advisor.suppressions
	TO PUBLIC;

-- findings
GRANT EXECUTE ON FUNCTION
	advisor._finding(text, text, text[], text, text, text, text, jsonb, text, text, text, text,
		boolean, bigint, float8, float8, integer, bigint),
	advisor._setting(text),
	advisor._is_own_query(text),
	advisor._relation_sizes(),
	advisor._check_groups(),
	advisor._check_catalog(),
	advisor._run_checks(),
	advisor._is_suppressed(text, text, text),
	advisor._severity_penalty(text),
	advisor._category_weight(),
	advisor._score(text[], text[]),
	advisor._capture_checks(),
	advisor._capture_skips(),
	advisor._query_checks(),
	advisor._query_skips(),
	advisor._index_checks(),
	advisor._index_skips(),
	advisor.explain_check(text)
	TO PUBLIC;
GRANT SELECT ON
	advisor.capture_findings,
	advisor.settings,
	advisor.observations,
	advisor.checks,
	advisor.health_score
	TO PUBLIC;

-- system
GRANT EXECUTE ON FUNCTION
	advisor._system(),
	advisor._baseline()
	TO PUBLIC;

-- redundancy
GRANT EXECUTE ON FUNCTION
	advisor._redundant_indexes(),
	advisor._unindexed_foreign_keys(),
	advisor._index_script(oid),
	advisor._definition_of_index(oid),
	advisor._text_of_expression(pg_node_tree, oid),
	advisor._is_advised(oid),
	advisor._constraint_definition(oid),
	advisor._redundancy_checks(),
	advisor._redundancy_skips()
	TO PUBLIC;
GRANT SELECT ON
	advisor.duplicate_indexes,
	advisor.unindexed_foreign_keys,
	advisor.redundancy_findings
	TO PUBLIC;

-- vacuum
GRANT EXECUTE ON FUNCTION
	advisor._counted_since(),
	advisor._wraparound_limit(),
	advisor._wraparound_forecast(float8, float8, timestamptz),
	advisor._wraparound_severity(float8, float8, float8, float8, float8),
	advisor._vacuum_trigger(float8, float8, float8, float8),
	advisor._vacuum_scale_factor(float8, float8),
	advisor._vacuum_findings(),
	advisor._vacuum_checks(),
	advisor._vacuum_skips()
	TO PUBLIC;
GRANT SELECT ON
	advisor.autovacuum_lag,
	advisor.wraparound,
	advisor.xmin_horizon,
	advisor.vacuum_findings
	TO PUBLIC;

-- statistics
GRANT EXECUTE ON FUNCTION
	advisor._statistics_findings(),
	advisor._statistics_checks(),
	advisor._statistics_skips()
	TO PUBLIC;
GRANT SELECT ON
	advisor.stale_statistics,
	advisor.extended_statistics,
	advisor.table_usage,
	advisor.statistics_findings
	TO PUBLIC;

-- activity
GRANT EXECUTE ON FUNCTION
	advisor._is_preloaded(),
	advisor._lock_tree(),
	advisor._lock_strength(text),
	advisor._locks_conflict(text, text),
	advisor._end_session(text, integer, timestamptz),
	advisor._milliseconds(timestamptz),
	advisor._application_key(text),
	advisor._who(text, text),
	advisor._activity_checks(),
	advisor._activity_skips()
	TO PUBLIC;
GRANT SELECT ON
	advisor.long_running,
	advisor.lock_tree,
	advisor.activity_findings
	TO PUBLIC;

-- replication
GRANT EXECUTE ON FUNCTION
	advisor._archive_status(),
	advisor._wal_position(),
	advisor._wal_between(pg_lsn, pg_lsn),
	advisor._replication_checks(),
	advisor._replication_skips()
	TO PUBLIC;
GRANT SELECT ON
	advisor.replication_lag,
	advisor.replication_slots,
	advisor.replication_findings
	TO PUBLIC;

-- schema
GRANT EXECUTE ON FUNCTION
	advisor._sequences(),
	advisor._key_severity(float8, float8, float8),
	advisor._schema_checks(),
	advisor._schema_skips()
	TO PUBLIC;
GRANT SELECT ON
	advisor.key_exhaustion,
	advisor.tables_without_primary_key,
	advisor.column_types,
	advisor.unused_columns,
	advisor.schema_findings
	TO PUBLIC;

-- index_use
GRANT EXECUTE ON FUNCTION
	advisor._index_use_is_known(oid),
	advisor._last_scan(oid),
	advisor._newpage_updates(oid),
	advisor._qualified_name(oid),
	advisor._index_tail(oid),
	advisor._collation_name(oid),
	advisor._as_unused(advisor._index_verdicts),
	advisor._as_low(advisor._index_verdicts),
	advisor._as_hot(advisor._index_verdicts),
	advisor._as_crowded(advisor._index_verdicts),
	advisor._index_use_checks(),
	advisor._index_use_skips()
	TO PUBLIC;
GRANT SELECT ON
	advisor.unused_indexes,
	advisor.invalid_indexes,
	advisor.low_selectivity_indexes,
	advisor.hot_blocking_indexes,
	advisor.index_use_findings
	TO PUBLIC;

-- bloat
GRANT EXECUTE ON FUNCTION
	advisor._bloat(oid, text, int, boolean),
	advisor.bloat(regclass, text, int),
	advisor._reloption(text[], text),
	advisor._bloat_sentence(text, bigint, bigint, float8, float8, bigint, bigint),
	advisor._bloat_severity(bigint, float8),
	advisor._bloat_confidence(text, float8, float8, float8),
	advisor._bloat_checks(),
	advisor._bloat_skips()
	TO PUBLIC;
GRANT SELECT ON
	advisor.table_bloat,
	advisor.index_bloat,
	advisor.bloat_findings
	TO PUBLIC;

-- configuration, caching
GRANT EXECUTE ON FUNCTION
	advisor._file_settings(),
	advisor._setting_number(text, text),
	advisor._size_setting(float8),
	advisor._round_size(float8),
	advisor._spill_memory(text, float8, float8, float8),
	advisor._work_mem_bound(float8, float8, float8, float8, float8),
	advisor._advised_work_mem(integer[], float8, integer),
	advisor._advised_hash_mem_multiplier(float8, float8, float8),
	advisor._advised_shared_buffers(float8, float8, float8, float8, float8),
	advisor._advised_effective_cache_size(float8, float8, float8),
	advisor._checkpoints_by_wal(float8, float8, float8, float8),
	advisor._advised_max_wal_size(float8, float8, float8, float8, float8, float8, float8, float8),
	advisor._full_page_percent(float8, float8, float8),
	advisor._advised_random_page_cost(float8, float8, float8, float8, boolean),
	advisor._advised_jit_above_cost(float8, float8, float8, float8, float8),
	advisor._advised_autovacuum(float8, float8, float8, float8),
	advisor._advised_maintenance_work_mem(float8, float8),
	advisor._advised_bgwriter(float8, float8, float8, float8, float8, float8),
	advisor._advised_parallel_workers(float8, float8, float8, float8),
	advisor._role_setting(oid, text),
	advisor._alter_roles(oid[], text, text),
	advisor._unalter_roles(oid[], text),
	advisor._dangerous_settings(),
	advisor._configuration_checks(),
	advisor._configuration_skips(),
	advisor._cache_ttl(float8, float8, float8),
	advisor._cache_stale_percent(float8, float8),
	advisor._cache_hit_share(float8, float8),
	advisor._round_interval(float8),
	advisor._interval_text(interval),
	advisor._cron_schedule(interval),
	advisor._repeated_reads(),
	advisor._caching_checks(),
	advisor._caching_skips()
	TO PUBLIC;
GRANT SELECT ON
	advisor.checkpoints,
	advisor.temp_files,
	advisor.configuration_advice,
	advisor.configuration_findings,
	advisor.cache_candidates,
	advisor.materialized_view_candidates,
	advisor.caching_findings
	TO PUBLIC;

-- pools
GRANT EXECUTE ON FUNCTION
	advisor._connections(),
	advisor._concurrency(),
	advisor._pool_size(float8, float8),
	advisor._useful_held(float8, float8, integer, float8),
	advisor._session_feature(text),
	advisor._pgbouncer_ini(text, text, text, integer, integer, integer, integer),
	advisor._pools_checks(),
	advisor._pools_skips()
	TO PUBLIC;
GRANT SELECT ON
	advisor.connections,
	advisor.pool_advice,
	advisor.pools_findings
	TO PUBLIC;

-- what the checks share
GRANT EXECUTE ON FUNCTION
	advisor._keep_rows(boolean),
	advisor._definition_of_index_column(oid, integer),
	advisor._definition_of_constraint(oid)
	TO PUBLIC;

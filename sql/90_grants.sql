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

-- partitions: views and findings
GRANT EXECUTE ON FUNCTION
	advisor._partition_bound_text(text, boolean, text, text, text[], integer, integer),
	advisor._gap_cells(advisor.partition_policies, regclass, text, text),
	advisor._clock_microseconds(timestamptz, text, boolean),
	advisor._key_kind(regtype, text),
	advisor._key_microseconds(numeric, text, text),
	advisor._moment(numeric, text, boolean),
	advisor._runway_at(timestamptz),
	advisor._retention_border(advisor.partition_policies, timestamptz),
	advisor._partition_candidates(),
	advisor._partitions_checks(),
	advisor._partitions_skips()
	TO PUBLIC;
GRANT SELECT ON
	advisor.partitions,
	advisor.partition_usage,
	advisor.partition_health,
	advisor.partition_gaps,
	advisor.partitioned_tables,
	advisor.partition_runway,
	advisor.partitions_findings
	TO PUBLIC;

-- what the checks share
GRANT EXECUTE ON FUNCTION
	advisor._keep_rows(boolean),
	advisor._definition_of_index_column(oid, integer),
	advisor._definition_of_constraint(oid)
	TO PUBLIC;

-- partitions
GRANT EXECUTE ON FUNCTION
	advisor._partition_bounds(oid),
	advisor._key_position(anyelement),
	advisor._run_as_owner(oid, text, integer, boolean),
	advisor._owns(oid),
	advisor._quoted_name(oid),
	advisor._perform(advisor.partition_action, integer, boolean),
	advisor._log_action(advisor.partition_action, timestamptz, timestamptz)
	TO PUBLIC;
-- row security leaves each owner with what is his
GRANT SELECT, INSERT, UPDATE, DELETE ON
	advisor.partition_policies,
	advisor.retired_partitions
	TO PUBLIC;
GRANT SELECT, INSERT, DELETE ON
	advisor.partition_log
	TO PUBLIC;

-- partitions: maintenance
GRANT EXECUTE ON FUNCTION
	advisor._try_maintain(oid),
	advisor._action_obsolete(advisor.partition_action),
	advisor._judge_error(advisor.partition_action),
	advisor._tell_action(advisor.partition_action, timestamptz, timestamptz),
	advisor._perform_any(advisor.partition_action, advisor.partition_policies),
	advisor._perform_once(advisor.partition_action, advisor.partition_policies, timestamptz, boolean),
	advisor._depends_on_failed(advisor.partition_action, advisor.partition_action[]),
	advisor._lock_backoff(integer),
	advisor._phases(advisor.partition_policies),
	advisor._plan_phase(advisor.partition_policies, text, timestamptz, advisor.partition_action[]),
	advisor._plan_analyze(advisor.partition_policies, advisor.partition_action[]),
	advisor._maintained_parents(oid),
	advisor._check_maintained(regclass),
	advisor.planned_partition_actions(regclass, timestamptz),
	advisor._show_plan(regclass, timestamptz),
	advisor._forget_partitions(),
	advisor._log_run(advisor.partition_policies, advisor.partition_action[], timestamptz, timestamptz),
	advisor._maintained_elsewhere(advisor.partition_action[])
	TO PUBLIC;
GRANT EXECUTE ON PROCEDURE
	advisor._assert_may_commit(text),
	advisor._perform_actions(advisor.partition_action[], advisor.partition_policies, timestamptz, advisor.partition_action[]),
	advisor._maintain_parent(oid, timestamptz, timestamptz),
	advisor.maintain_partitions(regclass, boolean, timestamptz)
	TO PUBLIC;

-- partitions: default
GRANT EXECUTE ON FUNCTION
	advisor._default_partition(oid),
	advisor._key_expressions(oid),
	advisor._default_from(oid),
	advisor._default_rows(oid, text, text),
	advisor._default_has(advisor.partition_policies, text, text),
	advisor._default_bucket(advisor._partition_grid, text),
	advisor._default_groups(advisor.partition_policies, advisor._partition_grid),
	advisor._cell_gaps(advisor._partition_grid, bigint),
	advisor._count_default(advisor.partition_policies, text, text),
	advisor._kept_reason(advisor.partition_policies, text, bigint, bigint, bigint),
	advisor._default_ranges(advisor.partition_policies, advisor._partition_grid, timestamptz),
	advisor._delete_triggers(oid, boolean),
	advisor._acting_functions(oid),
	advisor._foreign_code(oid),
	advisor._insert_code(oid),
	advisor._stranger_below(oid, oid),
	advisor._published(oid),
	advisor._move_mode(oid, OUT boolean, OUT text),
	advisor._range_text(integer, text, text),
	advisor._move_locks(oid, text),
	advisor._move_rows(oid, text, text, text),
	advisor._growing_check(oid, text, text, text),
	advisor._move_statements(advisor.partition_policies, advisor._partition_format, advisor._partition_grid, text, text, text, text, boolean, text),
	advisor._move_text(text[], boolean, text, text, text),
	advisor._growing_partition(oid, numeric),
	advisor._batch_borders(advisor.partition_policies, advisor._default_range),
	advisor._plan_move(advisor.partition_policies, advisor._partition_grid, advisor._default_range, advisor._partition_format, boolean),
	advisor._lock_for_move(advisor.partition_policies, text),
	advisor._move_as_locked(advisor.partition_action, advisor.partition_policies),
	advisor._perform_move(advisor.partition_action, advisor.partition_policies),
	advisor._adopt_statements(advisor.partition_policies, advisor._partition_grid, oid, name, text, text, boolean),
	advisor._adopt_obstacle(advisor.partition_policies, advisor._partition_grid, advisor._default_range[]),
	advisor._plan_adopt(advisor.partition_policies, advisor._partition_grid, advisor._default_range[]),
	advisor._unfence_adopted(oid),
	advisor._plan_default_list(advisor.partition_policies),
	advisor._plan_grown(advisor.partition_policies, advisor._partition_grid, advisor._default_range[], advisor._partition_format),
	advisor._plan_default_rows(advisor.partition_policies, advisor._partition_grid, advisor._default_range[]),
	advisor._plan_default(advisor.partition_policies, timestamptz),
	advisor._drain_policy(regclass, text, bigint),
	advisor._drain_plan(advisor.partition_policies, bigint, timestamptz),
	advisor._show_action(advisor.partition_action),
	advisor._tell_drain(advisor.partition_action[]),
	advisor._warn_drain(oid, advisor.partition_action[])
	TO PUBLIC;
GRANT EXECUTE ON PROCEDURE
	advisor.drain_default(regclass, text, bigint, boolean, timestamptz)
	TO PUBLIC;

-- partitions: jobs
GRANT EXECUTE ON FUNCTION
	advisor._count_statements(text),
	advisor._cron_field(text, integer, integer, text[]),
	advisor._cron_fields(text),
	advisor._check_schedule(text),
	advisor._cron_runs_on(timestamp, integer[], integer[], boolean, boolean),
	advisor._schedule_next(text, timestamptz, text),
	advisor._cron(),
	advisor._job_name(text),
	advisor._crontab_line(text, text),
	advisor._schedule_elsewhere(text, text, text),
	advisor._cron_job(text),
	advisor._cron_make(text, text, text),
	advisor._cron_replace(bigint, text, text, text),
	advisor._schedule_here(text, text, text, boolean),
	advisor._job_to_schedule(text, text, text),
	advisor.schedule(text, text, text, boolean),
	advisor.unschedule(text),
	advisor._job_trace(text),
	advisor._cron_run(bigint),
	advisor._cron_jobs(),
	advisor._schedule_status(timestamptz)
	TO PUBLIC;
-- row security leaves each role with its own
GRANT SELECT, INSERT, UPDATE, DELETE ON
	advisor.jobs
	TO PUBLIC;
GRANT SELECT ON
	advisor.schedule_status
	TO PUBLIC;

-- partitions: grid and policies
GRANT EXECUTE ON FUNCTION
	advisor._partition_key(oid),
	advisor._key_limits(regtype, integer),
	advisor._is_interval(text),
	advisor._is_number(text),
	advisor._from_microseconds(numeric),
	advisor._interval_microseconds(interval),
	advisor._time_step(advisor._partition_grid, text),
	advisor._time_grid(advisor._partition_grid, text, text),
	advisor._number_grid(advisor._partition_grid, text, text, integer),
	advisor._grid_of_key(advisor.partition_policies, record),
	advisor._grid(advisor.partition_policies),
	advisor._grid_border(advisor._partition_grid, bigint),
	advisor._grid_key(advisor._partition_grid, numeric),
	advisor._grid_text(advisor._partition_grid, numeric),
	advisor._grid_value(advisor._partition_grid, bigint),
	advisor._grid_position(advisor._partition_grid, text),
	advisor._grid_moment(advisor._partition_grid, numeric),
	advisor._grid_cell(advisor._partition_grid, numeric),
	advisor._grid_index(advisor._partition_grid, text),
	advisor._grid_clock(advisor._partition_grid, timestamptz),
	advisor._grid_index_at(advisor._partition_grid, timestamptz),
	advisor._grid_now(advisor._partition_grid, timestamptz),
	advisor._grid_suffix(advisor._partition_grid, bigint),
	advisor._shift_time(advisor._partition_grid, numeric, interval),
	advisor._shift(advisor._partition_grid, text, text, integer),
	advisor._clip(text, integer),
	advisor._joined_name(text, text),
	advisor._free_relation_name(text, text, oid),
	advisor._partition_name(regclass, text, name),
	advisor._default_policy(regclass),
	advisor._grid_ranges(advisor._partition_grid),
	advisor._grid_local(advisor._partition_grid, numeric),
	advisor._common_time_step(advisor._partition_grid),
	advisor._common_number_step(advisor._partition_grid),
	advisor._common_unit(oid, text),
	advisor._is_border(advisor._partition_grid, numeric),
	advisor._infer_time(advisor.partition_policies, text[]),
	advisor._infer_number(advisor.partition_policies),
	advisor._likely_zones(),
	advisor._infer(advisor.partition_policies, text, text[]),
	advisor._policy(regclass),
	advisor._check_may_maintain(regclass),
	advisor._check_zone(text),
	advisor._check_retention(advisor.partition_policies, advisor._partition_grid),
	advisor._check_counts(advisor.partition_policies),
	advisor._check_schema(name, regclass),
	advisor._check_retirement(advisor.partition_policies),
	advisor._different_columns(oid, oid),
	advisor._check_creation(advisor.partition_policies),
	advisor._complete_policy(advisor.partition_policies, advisor.partition_policies),
	advisor._check_fit(advisor.partition_policies, advisor.partition_policies, boolean),
	advisor._store_policy(advisor.partition_policies),
	advisor._register(advisor.partition_policies, boolean),
	advisor.register_partition_policy(regclass, text, integer, text, text, text, text, text, boolean, name, integer, text, text, integer, interval, interval, regclass, text, text[], integer, integer, boolean, integer, boolean, boolean),
	advisor.unregister_partition_policy(regclass),
	advisor._partman_config(regclass),
	advisor._take_over(advisor.partition_policies, jsonb),
	advisor.adopt_partitions(regclass)
	TO PUBLIC;

-- partitions: retention
GRANT EXECUTE ON FUNCTION
	advisor._after_detach(advisor.partition_policies),
	advisor._may_dispose(oid, oid),
	advisor._newest_key(advisor._partition_grid),
	advisor._retention_cutoff(advisor.partition_policies, advisor._partition_grid, timestamptz),
	advisor._referenced_by(oid, oid),
	advisor._file_name(oid),
	advisor._backup_location(oid, text),
	advisor._backup_sql(oid, text, text),
	advisor._free_name(name, oid, oid),
	advisor._archive_sql(oid, name),
	advisor._disposal_sql(oid, text, name),
	advisor._plan_finalize(advisor.partition_policies),
	advisor._plan_disposal(regclass, oid, text, text, text, name, text),
	advisor._plan_retired(advisor.partition_policies),
	advisor._plan_expiry(advisor.partition_policies, advisor._partition_grid, text),
	advisor._plan_retention(advisor.partition_policies, timestamptz),
	advisor._forget_retired(advisor.partition_policies),
	advisor._retire(advisor.partition_policies, oid),
	advisor._retire_by_policy(oid, oid),
	advisor._failed(advisor.partition_action, text, text, text),
	advisor._perform_detach(advisor.partition_action, advisor.partition_policies),
	advisor._back_up(oid, text, integer),
	advisor._perform_backup(advisor.partition_action, advisor.partition_policies),
	advisor._check_disposal(advisor.retired_partitions, integer),
	advisor._perform_disposal(advisor.partition_action, advisor.partition_policies),
	advisor._detach_concurrently(oid, oid, integer),
	advisor._perform_detach_concurrently(advisor.partition_action, advisor.partition_policies),
	advisor._not_concurrently(oid, oid),
	advisor._drop_checks(oid, oid[], integer),
	advisor._perform_finalize(advisor.partition_action, advisor.partition_policies),
	advisor._forget_policies(oid),
	advisor._perform_retirement(advisor.partition_action, advisor.partition_policies),
	advisor._retention_policy(regclass, integer, text, text),
	advisor._plan_months(advisor.partition_policies, integer, timestamptz),
	advisor.drop_old_partitions(regclass, integer, text, text, boolean, timestamptz)
	TO PUBLIC;

-- partitions: advice
GRANT EXECUTE ON FUNCTION
	advisor._scan_predicates(oid[], interval),
	advisor._pruned_costs(oid, smallint, float8, bigint[], interval),
	advisor._table_writes(oid[]),
	advisor._key_spans(oid),
	advisor._partitionable_tables(float8, float8, oid),
	advisor._partition_blockers(oid, smallint, float8),
	advisor._partition_step(text, float8, float8, float8, float8, float8),
	advisor._key_scans(oid[], interval),
	advisor._partition_keys(float8, float8, oid, float8, float8, interval),
	advisor._partition_verdicts(bigint, regclass, bigint, interval),
	advisor._partition_reason(name, text, text, integer, float8, boolean, float8, float8, float8, boolean),
	advisor._partition_warnings(name, text, boolean, boolean, float8, boolean, float8, boolean),
	advisor._partition_confidence(float8, float8, float8, boolean, boolean),
	advisor.partition_advice(bigint, regclass, bigint, interval)
	TO PUBLIC;
GRANT SELECT ON
	advisor.partition_candidates
	TO PUBLIC;

-- partitions: conversion
GRANT EXECUTE ON FUNCTION
	advisor._do_block(text),
	advisor._in_comment(text),
	advisor._conversion_key_problem(oid, name),
	advisor._conversion_blockers(oid, smallint),
	advisor._conversion_dependents(oid),
	advisor._conversion_grid(regclass, name, text, text, text, text),
	advisor._conversion_border(advisor._partition_grid, timestamptz),
	advisor._conversion_indexes(oid, name),
	advisor._grant_statements(aclitem[], oid, "char", text),
	advisor._conversion_properties(oid, text),
	advisor._conversion_triggers(oid),
	advisor._conversion_sequences(oid, text, text),
	advisor._conversion_foreign_keys(oid),
	advisor._conversion_publications(oid, text, text),
	advisor._conversion_followers(oid),
	advisor._conversion_lock(oid, text, text, integer),
	advisor._conversion_partitions(oid, advisor._partition_grid, bigint, bigint),
	advisor._conversion_replica_identity(oid),
	advisor._conversion_checks(oid, name, text, boolean, integer),
	advisor._conversion_unique(oid, name),
	advisor._conversion_rename_indexes(oid, name),
	advisor._conversion_swap(advisor._partition_grid, bigint, bigint, name, boolean, integer, text),
	advisor._conversion_back(advisor._partition_grid, name, boolean, integer),
	advisor._conversion_split(advisor._partition_grid, bigint, name, integer),
	advisor._conversion_notes(advisor._partition_grid, name, text, text),
	advisor._conversion_role(oid),
	advisor._assert_convertible(regclass, name),
	advisor.partition_conversion_script(regclass, name, text, integer, text, text, text, integer, timestamptz)
	TO PUBLIC;

-- partitions: creation
GRANT EXECUTE ON FUNCTION
	advisor._in_format(text),
	advisor._expression_under_name(pg_node_tree, oid, text),
	advisor._role_name(oid),
	advisor._privileges_format(oid, oid),
	advisor._row_security_format(oid),
	advisor._columns_format(oid),
	advisor._storage_options(oid),
	advisor._newest_partition(oid),
	advisor._partition_template(advisor.partition_policies),
	advisor._create_format(oid, oid, text),
	advisor._comment_format(oid),
	advisor._index_choice_format(oid, text),
	advisor._replica_identity_format(oid, oid),
	advisor._cluster_format(oid),
	advisor._template_indexes_format(oid, oid),
	advisor._publications(oid),
	advisor._publications_format(oid),
	advisor._sub_partitions(advisor.partition_policies),
	advisor._same_key(oid, advisor._partition_grid),
	advisor._confines(oid, advisor._partition_grid),
	advisor._column_key(oid, name),
	advisor._sub_grid(advisor.partition_policies, advisor.partition_policies),
	advisor._told_sub_policy(advisor.partition_policies),
	advisor._sub_policy(advisor.partition_policies),
	advisor._policy_format(advisor.partition_policies),
	advisor._cut_cells(advisor._partition_grid, bigint, bigint, text, text),
	advisor._last_cell(advisor._partition_grid, text),
	advisor._sub_cells(advisor.partition_policies, advisor._partition_grid, text, text, timestamptz),
	advisor._with_sub_partitions(advisor._partition_format, advisor.partition_policies),
	advisor._partition_format(advisor.partition_policies, oid, timestamptz),
	advisor._partition_statements(advisor._partition_format, name, name, text, text, text),
	advisor._partition_ddl(advisor.partition_policies, name, name, text),
	advisor._partition_schema(oid),
	advisor._free_ranges(oid),
	advisor._range_bound(text, integer, text),
	advisor._plan_free_range(advisor.partition_policies, advisor._partition_grid, numeric, numeric, text, text, text, text, bigint, bigint),
	advisor._plan_cells(advisor.partition_policies, advisor._partition_grid, bigint, bigint, bigint, bigint),
	advisor._plan_blocked(advisor.partition_policies, advisor.partition_action[]),
	advisor._completed_creation(advisor.partition_policies, advisor.partition_action[], timestamptz),
	advisor._fed_by(oid, name),
	advisor._number_reached(advisor.partition_policies, advisor._partition_grid),
	advisor._plan_confined(advisor.partition_policies, advisor._partition_grid, text, text, timestamptz),
	advisor._plan_creation_cells(advisor.partition_policies, timestamptz),
	advisor._fenced(advisor.partition_policies, advisor.partition_action[], advisor._partition_grid, numeric),
	advisor._unfence(regclass),
	advisor._is_large(oid),
	advisor._plan_creation(advisor.partition_policies, timestamptz),
	advisor._plan_range(advisor.partition_policies, bigint, bigint),
	advisor._policy_to_create(regclass, text[]),
	advisor._check_count(text, bigint, bigint),
	advisor._check_finite(text, timestamptz),
	advisor._lock_parent(advisor.partition_policies),
	advisor._created_together(advisor.partition_policies, advisor.partition_action[]),
	advisor._perform_plan(advisor.partition_policies, advisor.partition_action[], boolean, boolean),
	advisor._covered_cells(advisor.partition_policies, advisor._partition_grid, bigint, bigint),
	advisor._create_cells(advisor.partition_policies, bigint, bigint, boolean),
	advisor._off_grid(advisor._partition_grid, bigint, advisor._partition_grid),
	advisor._is_regular(advisor.partition_policies, advisor._partition_grid),
	advisor._check_fits(advisor.partition_policies, advisor.partition_policies, bigint),
	advisor.create_monthly_partitions(regclass, integer, date, boolean, timestamptz),
	advisor._key_value(advisor.partition_policies, advisor._partition_grid, text),
	advisor._anchored_at(advisor.partition_policies, advisor._partition_grid, text),
	advisor.create_range_partitions(regclass, text, text, text, boolean),
	advisor.fill_partition_gaps(regclass, boolean),
	advisor._plan_single(advisor.partition_policies, advisor._partition_format, name, text),
	advisor.create_hash_partitions(regclass, integer, boolean),
	advisor._typed_values(regclass, text[]),
	advisor._default_lists(advisor.partition_policies, text[]),
	advisor.create_list_partition(regclass, text[], text, boolean),
	advisor.create_default_partition(regclass, boolean),
	advisor.hash_subpartitions(integer),
	advisor._check_unique_keys(oid, oid),
	advisor._check_subpartitions(advisor.partition_policies),
	advisor._check_subpartition_step(advisor.partition_policies),
	advisor.set_subpartitions(regclass, text, text[], text, integer)
	TO PUBLIC;

-- partitions: in a transaction block
GRANT EXECUTE ON FUNCTION
	advisor._check_schema_rights(regclass),
	advisor._grants(oid),
	advisor._revocations(oid),
	advisor._plan_privileges(regclass),
	advisor.sync_partition_privileges(regclass, boolean),
	advisor.move_default_rows(regclass, bigint, boolean, timestamptz),
	advisor._lock_to_maintain(advisor.partition_policies),
	advisor._maintain_here(regclass, text[], boolean, timestamptz),
	advisor.create_partitions_ahead(regclass, boolean, timestamptz),
	advisor.retire_partitions(regclass, boolean, timestamptz)
	TO PUBLIC;

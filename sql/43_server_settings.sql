/*
 * 43_server_settings: the server's settings in units that can be compared, and
 * what takes an ALTER SYSTEM back.  Needs nothing.
 */

-- The body runs only if the function is called, and it is called only for who
-- may read the files: see _server_settings.
CREATE FUNCTION advisor._file_settings() RETURNS TABLE (name text, setting text, in_auto boolean, place text, error text)
	LANGUAGE sql VOLATILE PARALLEL SAFE COST 10000 ROWS 50
	SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT f.name, f.setting, f.sourcefile ~ '(^|[/\\])postgresql\.auto\.conf$',
		regexp_replace(f.sourcefile, '^.*[/\\]', '') || ' line ' || f.sourceline, f.error
	FROM pg_show_all_file_settings() f
	ORDER BY f.seqno;
END;
COMMENT ON FUNCTION advisor._file_settings() IS
	'what the configuration files say, for who may execute pg_show_all_file_settings()';

CREATE FUNCTION advisor._setting_number(setting text, unit text) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN setting !~ '^-?[0-9.]+(e[-+]?[0-9]+)?$' THEN NULL
		WHEN unit IS NULL OR setting LIKE '-%' THEN setting::float8
		ELSE setting::float8 * coalesce(NULLIF(substring(unit FROM '^[0-9]+'), '')::float8, 1)
			* CASE regexp_replace(unit, '^[0-9]+', '') WHEN 'kB' THEN 1024 WHEN 'MB' THEN 1048576 WHEN 'GB' THEN 1073741824
				WHEN 's' THEN 1000 WHEN 'min' THEN 60000 WHEN 'h' THEN 3600000 WHEN 'd' THEN 86400000 ELSE 1 END
	END;
END;
COMMENT ON FUNCTION advisor._setting_number(text, text) IS
	'a value of pg_settings in bytes, ms or without unit; -1 and the like as they are';

CREATE FUNCTION advisor._size_setting(bytes float8) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN bytes >= 1073741824 AND bytes::numeric % 1073741824 = 0 THEN (bytes::numeric / 1073741824)::bigint || 'GB'
		WHEN bytes >= 1048576 AND bytes::numeric % 1048576 = 0 THEN (bytes::numeric / 1048576)::bigint || 'MB'
		ELSE (bytes::numeric / 1024)::bigint || 'kB'
	END;
END;
COMMENT ON FUNCTION advisor._size_setting(float8) IS
	'a size as it is written in a configuration file';

-- The settings as the server has them.  What a session has set for itself is
-- nobody else's; what its role or database has is told with its source.
CREATE VIEW advisor._server_settings AS
WITH files AS MATERIALIZED (
	SELECT DISTINCT ON (f.name) f.name, f.setting
	FROM advisor._file_settings() f
	WHERE has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE')
		AND f.in_auto
	ORDER BY f.name, f.place DESC
), settings AS (
	SELECT s.name, s.unit, s.source, s.context, s.vartype, s.boot_val, s.enumvals, s.pending_restart,
		CASE WHEN s.source = 'session' THEN s.reset_val ELSE s.setting END AS setting,
		f.setting AS auto_setting,
		CASE
			WHEN has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE') THEN f.name IS NOT NULL
			WHEN s.pending_restart THEN NULL
			WHEN s.source = 'configuration file' THEN s.sourcefile ~ '(^|[/\\])postgresql\.auto\.conf$'
			WHEN s.source = 'default' THEN false
		END AS in_auto
	FROM pg_settings s
		LEFT JOIN files f ON f.name = s.name
)
SELECT s.*,
	advisor._setting_number(s.setting, s.unit) AS value,
	CASE
		WHEN s.unit ~ 'B$' AND s.setting !~ '^(-|0$)' THEN advisor._size_setting(advisor._setting_number(s.setting, s.unit))
		WHEN s.setting ~ '^(-|0$)' THEN s.setting
		ELSE s.setting || coalesce(s.unit, '')
	END AS current,
	s.context = 'postmaster' AS needs_restart,
	CASE
		WHEN s.in_auto THEN format('ALTER SYSTEM SET %s = %L;', s.name, coalesce(s.auto_setting, s.setting))
		WHEN NOT s.in_auto THEN format('ALTER SYSTEM RESET %s;', s.name)
	END AS undo
FROM settings s;
COMMENT ON VIEW advisor._server_settings IS
	'settings of the server with their values in bytes or ms, and what takes an ALTER SYSTEM back: NULL if the reader may not know';

CREATE VIEW advisor._setting_undo AS
SELECT s.name, s.undo || E'\nSELECT pg_catalog.pg_reload_conf();' AS sql
FROM advisor._server_settings s
WHERE NOT s.needs_restart;
COMMENT ON VIEW advisor._setting_undo IS
	'SQL that takes an ALTER SYSTEM of a setting back at once, to exactly what it was: NULL if the reader may not know';

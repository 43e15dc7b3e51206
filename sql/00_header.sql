/*
 * 00_header: what must stand first.  The other parts are concatenated behind
 * this one in the order of their numbers (see Makefile).
 */
-- complain if the script is sourced in psql rather than by CREATE EXTENSION
\echo Use "CREATE EXTENSION advisor CASCADE" to load this file. \quit

-- All names below are resolved here and now, and by nobody else's objects.
SET LOCAL search_path TO pg_catalog, pg_temp;

-- A schema that somebody made in advance stays theirs, to be altered at will.
DO $$
BEGIN
	IF EXISTS (SELECT FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
			WHERE n.nspname = '@extschema@' AND NOT r.rolsuper AND r.rolname <> current_user)
		OR EXISTS (SELECT FROM pg_depend d
			WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = '@extschema@'::regnamespace
				AND d.classid <> 'pg_extension'::regclass)
	THEN
		RAISE EXCEPTION USING
			ERRCODE = 'invalid_schema_definition',
			MESSAGE = format('schema "%s" is not empty or belongs to another role', '@extschema@'),
			HINT = 'Drop or rename that schema, then create the extension again.';
	END IF;
END
$$;

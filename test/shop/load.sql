-- Loads the whole shop into an empty database:
--     psql -X -v ON_ERROR_STOP=1 -f load.sql
-- The data end at "today"; -v today=2025-07-01 pins it, which makes two loads
-- on different days alike to the last byte.

\set ON_ERROR_STOP on
\set QUIET on
\pset pager off
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';

\if :{?today}
\else
	SELECT current_date AS today \gset
\endif

\echo shop: schema
\ir schema.sql
\echo shop: data
\ir data.sql
\echo shop: constraints and indexes
\ir indexes.sql
\echo shop: functions
\ir functions.sql
\echo shop: statistics
\ir finish.sql
\echo shop: loaded

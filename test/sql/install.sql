-- DROP EXTENSION and CREATE EXTENSION again, and what CREATE EXTENSION does
-- not put up with.  What was captured is not lost with the extension.
SELECT advisor.reset() IS NOT NULL AS reset;
CREATE TABLE in_item (id int);
SELECT count(*) FROM in_item;
DROP EXTENSION advisor;
SELECT count(*) FROM pg_namespace WHERE nspname = 'advisor';
SELECT count(*) FROM in_item;
CREATE EXTENSION advisor;
SELECT query, calls FROM advisor.statements WHERE query LIKE 'SELECT count(*) FROM in\_item';
-- it does not go by accident with what it needs
\set VERBOSITY sqlstate
DROP EXTENSION pg_stat_statements;
DROP SCHEMA advisor;
ALTER EXTENSION advisor SET SCHEMA public;
CREATE EXTENSION advisor;
\set VERBOSITY default
DROP EXTENSION advisor;

-- pg_stat_statements in another schema, one whose name must be quoted
DROP EXTENSION pg_stat_statements;
CREATE SCHEMA "in_Other";
CREATE EXTENSION pg_stat_statements SCHEMA "in_Other";
CREATE EXTENSION advisor;
SELECT query, calls FROM advisor.statements WHERE query LIKE 'SELECT count(*) FROM in\_item';
SET search_path = '';
SELECT query, calls FROM advisor.statements WHERE query LIKE 'SELECT count(*) FROM in\_item';
RESET search_path;
-- a temporary object is not taken for one of the catalogs
CREATE TEMP TABLE pg_database (oid oid, datname name);
SELECT query, calls FROM advisor.statements WHERE query LIKE 'SELECT count(*) FROM in\_item' AND datname = current_database();
SELECT count(*) > 0 AS info FROM advisor.info;
DROP TABLE pg_temp.pg_database;
DROP EXTENSION advisor;
DROP EXTENSION pg_stat_statements;

-- one that pg_upgrade has left behind: too old, or to be updated underneath
CREATE EXTENSION pg_stat_statements VERSION '1.8';
\set SHOW_CONTEXT never
CREATE EXTENSION advisor;
\set SHOW_CONTEXT errors
ALTER EXTENSION pg_stat_statements UPDATE TO '1.9';
CREATE EXTENSION advisor;
ALTER EXTENSION pg_stat_statements UPDATE;
SELECT count(query) > 0 AS texts FROM advisor.statements;
DROP EXTENSION advisor;
DROP EXTENSION pg_stat_statements;
DROP SCHEMA "in_Other";

-- without pg_stat_statements: an error that says so, or CASCADE
\set VERBOSITY sqlstate
CREATE EXTENSION advisor;
\set VERBOSITY default
SET client_min_messages = warning;
CREATE EXTENSION advisor CASCADE;
DROP EXTENSION advisor;
RESET client_min_messages;

-- a schema that somebody else made, or filled, stays theirs
\set VERBOSITY sqlstate
CREATE SCHEMA advisor;
CREATE TABLE advisor.mine (id int);
CREATE EXTENSION advisor;
DROP TABLE advisor.mine;
CREATE FUNCTION advisor.mine() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE EXTENSION advisor;
DROP FUNCTION advisor.mine;
CREATE TYPE advisor.mine AS ENUM ();
CREATE EXTENSION advisor;
DROP SCHEMA advisor CASCADE;
CREATE ROLE regress_in_owner;
CREATE SCHEMA advisor AUTHORIZATION regress_in_owner;
CREATE EXTENSION advisor;
SELECT count(*) FROM pg_extension WHERE extname = 'advisor';
DROP SCHEMA advisor;
DROP ROLE regress_in_owner;
\set VERBOSITY default
-- an empty one of our own is as good as none
CREATE SCHEMA advisor;
CREATE EXTENSION advisor;
SELECT count(*) > 0 AS info FROM advisor.info;
DROP EXTENSION advisor;
DROP SCHEMA IF EXISTS advisor;
-- names come from nobody's search_path
CREATE SCHEMA in_evil;
CREATE FUNCTION in_evil.pg_get_userbyid(oid) RETURNS name LANGUAGE sql AS $$ SELECT 'evil'::name $$;
CREATE TABLE in_evil.pg_database (oid oid, datname name);
SET search_path = in_evil, pg_catalog, public;
CREATE EXTENSION advisor;
SELECT count(*) FROM advisor.statements WHERE usename = 'evil';
SELECT count(*) FROM pg_depend WHERE refobjid IN ('in_evil.pg_database'::regclass, 'in_evil.pg_get_userbyid'::regproc)
	AND classid = 'pg_rewrite'::regclass;
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA in_evil CASCADE;
RESET client_min_messages;
DROP TABLE in_item;

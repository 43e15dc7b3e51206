-- What is true of every SQL object of the extension.
CREATE TEMP VIEW member AS
	SELECT d.classid, d.objid FROM pg_depend d
	WHERE d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
		AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'advisor');
-- what lists rights: those that PUBLIC has
CREATE TEMP VIEW grants AS
	SELECT p.oid::regprocedure::text AS object, a.grantee, a.privilege_type
	FROM member m JOIN pg_proc p ON p.oid = m.objid AND m.classid = 'pg_proc'::regclass,
		aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
	UNION ALL
	SELECT c.oid::regclass::text, a.grantee, a.privilege_type
	FROM member m JOIN pg_class c ON c.oid = m.objid AND m.classid = 'pg_class'::regclass,
		aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner))) a
	UNION ALL
	SELECT n.nspname, a.grantee, a.privilege_type
	FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
	WHERE n.nspname = 'advisor';

-- the public surface, all of it: a change here is one for every user
-- (unaligned, so that a new line does not change all others)
\pset format unaligned
SELECT object COLLATE "C" AS object, privilege_type FROM grants WHERE grantee = 0 ORDER BY 1, 2;
\pset format aligned
-- rights are given to nobody but the owner and PUBLIC
SELECT g.object, g.grantee::regrole, g.privilege_type
	FROM grants g WHERE g.grantee NOT IN (0, (SELECT extowner FROM pg_extension WHERE extname = 'advisor'));

-- everything is in its own schema, and the schema is its own
SELECT pg_describe_object(m.classid, m.objid, 0) AS elsewhere
	FROM member m, pg_identify_object(m.classid, m.objid, 0) i
	WHERE i.schema IS DISTINCT FROM 'advisor' AND i.type NOT IN ('schema', 'cast', 'event trigger') ORDER BY 1;
-- and everything in the schema belongs to the extension
SELECT c.oid::regclass::text AS stray FROM pg_class c
	WHERE c.relnamespace = 'advisor'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'S', 'f', 'p')
		AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
		AND NOT EXISTS (SELECT FROM pg_depend d JOIN member m ON m.classid = d.refclassid AND m.objid = d.refobjid
			WHERE d.objid = c.oid AND d.deptype IN ('a', 'i'))
	UNION ALL
	SELECT p.oid::regprocedure::text FROM pg_proc p
	WHERE p.pronamespace = 'advisor'::regnamespace
		AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid);

-- every function, view, table and sequence says what it is for
SELECT pg_describe_object(m.classid, m.objid, 0) AS uncommented
	FROM member m JOIN pg_identify_object(m.classid, m.objid, 0) i ON true
	WHERE i.type IN ('function', 'procedure', 'aggregate', 'view', 'table', 'composite type', 'schema')
		AND obj_description(m.objid, m.classid::regclass::name) IS NULL
	ORDER BY 1;

-- what resolves names when it runs pins its search_path to catalogs and to
-- where the extension is, temporary objects last; of those that do not, one names
-- everything in full, operators too, and procedures that commit set it after each
SELECT p.oid::regprocedure AS unpinned
	FROM member m JOIN pg_proc p ON p.oid = m.objid AND m.classid = 'pg_proc'::regclass
		JOIN pg_language l ON l.oid = p.prolang
	WHERE l.lanname NOT IN ('c', 'internal') AND p.prosqlbody IS NULL
		AND NOT EXISTS (SELECT FROM unnest(p.proconfig) c
			WHERE c ~ '^search_path=(pg_catalog, |advisor, |"")*(pg_catalog, |advisor, )*pg_temp$' OR c = 'search_path=""')
	ORDER BY 1;
-- nothing runs with the rights of its owner
SELECT p.oid::regprocedure AS definer
	FROM member m JOIN pg_proc p ON p.oid = m.objid AND m.classid = 'pg_proc'::regclass
	WHERE p.prosecdef ORDER BY 1;
-- what changes something is parallel unsafe and volatile, and nothing else is unsafe
SELECT p.oid::regprocedure AS unsafe
	FROM member m JOIN pg_proc p ON p.oid = m.objid AND m.classid = 'pg_proc'::regclass
	WHERE p.proparallel = 'u' ORDER BY p.proname COLLATE "C";
-- what reads counters is volatile: it changes from one moment to the next
SELECT p.oid::regprocedure AS counters, p.provolatile
	FROM member m JOIN pg_proc p ON p.oid = m.objid AND m.classid = 'pg_proc'::regclass
	WHERE p.proname IN ('_info', '_statements', '_errors', 'latency_histogram', 'reset') AND p.provolatile <> 'v';
-- a set has rows and cost that the planner can work with
SELECT p.oid::regprocedure AS uncosted
	FROM member m JOIN pg_proc p ON p.oid = m.objid AND m.classid = 'pg_proc'::regclass
	WHERE p.proretset AND (p.procost <= 1 OR p.prorows <= 0) ORDER BY 1;
-- internals begin with an underscore, and nobody is let at an internal relation
SELECT object FROM grants WHERE grantee = 0 AND object ~ '^advisor\._[^(]*$';
-- operators of views and functions are those of the system
SELECT DISTINCT o.oid::regoperator AS foreign_operator
	FROM member m JOIN pg_rewrite r ON r.ev_class = m.objid AND m.classid = 'pg_class'::regclass
		JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_operator'::regclass
		JOIN pg_operator o ON o.oid = d.refobjid
	WHERE o.oprnamespace <> 'pg_catalog'::regnamespace;
-- every function can be called with NULL without harm
SELECT advisor.version() IS NOT NULL AS version, advisor._has_pgss() AS has_pgss;
SELECT count(*) > 0 AS some FROM advisor.latency_histogram(NULL, NULL, NULL, NULL);
SELECT extversion = advisor.version() AS versions_agree FROM pg_extension WHERE extname = 'advisor';

DROP VIEW grants, member;

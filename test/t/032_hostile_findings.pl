# Findings in the presence of people and names that mean harm, and in places where
# they are not expected to be read.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('hostile');
$node->init;
$node->append_conf('postgresql.conf', "compute_query_id = on\nfsync = off\nautovacuum = off\n");
$node->start;

# --- not preloaded: what the catalogs tell is told ---
my $failed = q{SELECT DISTINCT check_group FROM advisor._run_checks() WHERE skipped LIKE 'it failed: %' ORDER BY 1};
$node->safe_psql('postgres', q{
	CREATE EXTENSION advisor CASCADE;
	CREATE TABLE plain (id int, a int, b json, m money);
	INSERT INTO plain SELECT g, g, '{}', 1 FROM generate_series(1, 1000) g;
	CREATE INDEX plain_a ON plain (a);
	CREATE INDEX plain_a2 ON plain (a);
	ANALYZE plain});
is($node->safe_psql('postgres', $failed), "caching\ncapture\nindex\npools\nquery", 'only groups that are all about captured statements need the library');
is($node->safe_psql('postgres', q{SELECT check_id FROM advisor.findings WHERE object ~ 'plain' AND check_id IN ('duplicate_index', 'column_type') ORDER BY 1}),
	"column_type\nduplicate_index", 'catalogs are checked without it');
is($node->safe_psql('postgres', q{SELECT executions IS NULL AND executions_since IS NULL FROM advisor.duplicate_indexes}),
	't', 'nobody has counted, which is not zero');
is($node->safe_psql('postgres', q{SELECT bool_or(verdict = 'drop'), bool_and('what statements use is not captured: advisor is not in shared_preload_libraries' = ANY (blockers))
	FROM advisor.unused_indexes}), 'f|t', 'no index is unused where nobody looks');
like($node->safe_psql('postgres', q{SELECT reason FROM advisor.checks WHERE check_id = 'unused_index'}), qr/not captured/, 'and that is said');

$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_stat_statements,advisor'\n");
$node->restart;
is($node->safe_psql('postgres', $failed), '', 'with the library all run');

# --- who may see what ---
$node->safe_psql('postgres', q{
	CREATE SEQUENCE secret; SELECT setval('secret', 4711);
	CREATE ROLE spy LOGIN; CREATE ROLE watcher LOGIN IN ROLE pg_monitor;
	CREATE SCHEMA spy AUTHORIZATION spy;
	SET ROLE spy;
	CREATE FUNCTION spy.leak(anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'leak %', $1; RETURN true; END $$;
	RESET ROLE;
	CREATE TABLE kept (id int PRIMARY KEY, secret_column text);
	INSERT INTO kept SELECT g, 'x' FROM generate_series(1, 2000) g;
	ANALYZE kept;
	SELECT advisor.observe()});
my ($rc, $out, $err);
is($node->safe_psql('postgres', q{SELECT count(*) > 0, count(*) FILTER (WHERE metric = 'sequence') FROM advisor.observations}, extra_params => [ '-U', 'spy' ]),
	't|0', 'values of sequences that were observed are not for everybody');
is($node->safe_psql('postgres', q{SELECT value FROM advisor.observations WHERE object = 'public.secret'}, extra_params => [ '-U', 'watcher' ]),
	'4711', 'but for members of pg_monitor');
is($node->safe_psql('postgres', q{SELECT reloptions FROM pg_class WHERE oid = 'advisor._column_statistics'::regclass}),
	'{security_barrier=true}', 'no function gets to see statistics before rights are asked for');
foreach my $view (qw(unused_columns column_types low_selectivity_indexes))
{
	($rc, $out, $err) = $node->psql('postgres', "SELECT count(*) FROM advisor.$view v WHERE spy.leak(to_jsonb(v))", extra_params => [ '-U', 'spy' ]);
	unlike($err, qr/secret_column/, "nothing leaks from $view");
}
is($node->safe_psql('postgres', $failed, extra_params => [ '-U', 'spy' ]), '', 'no check fails for who may see nothing');

# --- names, in SQL that somebody is to run ---
my $name = q{x"';} . "\n" . q{CREATE TABLE pwned();--\$$%};
(my $ident = $name) =~ s/"/""/g;
$node->safe_psql('postgres', qq{
	CREATE SCHEMA "$ident";
	SET search_path = "$ident";
	CREATE TABLE "$ident" ("$ident" int, b char(3), m money, PRIMARY KEY ("$ident"));
	INSERT INTO "$ident" SELECT g, 'a', 1 FROM generate_series(1, 1000) g;
	CREATE INDEX "i1$ident" ON "$ident" (b, m);
	CREATE INDEX "i2$ident" ON "$ident" (b, m);
	CREATE INDEX "i3$ident" ON "$ident" (b);
	CREATE TABLE "c$ident" ("$ident" int REFERENCES "$ident", z smallserial PRIMARY KEY);
	SELECT setval(pg_get_serial_sequence(quote_ident('c' || \$q\$$name\$q\$), 'z'), 32000);
	CREATE FUNCTION "f$ident"("$ident" int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
	ALTER TABLE "c$ident" DISABLE TRIGGER ALL;
	ANALYZE;});
my $sql = $node->safe_psql('postgres', q{SELECT string_agg(concat_ws(E'\n', remedy_sql, undo_sql), E'\n' ORDER BY finding_key)
	FROM advisor.findings WHERE finding_key ~ 'pwned'});
foreach my $check (qw(duplicate_index redundant_index key_exhaustion column_type security_definer_search_path disabled_trigger))
{
	is($node->safe_psql('postgres', "SELECT count(*) > 0 FROM advisor.findings WHERE check_id = '$check' AND finding_key ~ 'pwned'"), 't', "$check finds it");
}
foreach my $conforming ('on', 'off')
{
	($rc, $out, $err) = $node->psql('postgres', "SET standard_conforming_strings = $conforming; SET escape_string_warning = off;\n$sql", on_error_stop => 0);
	unlike($err, qr/syntax error|unterminated/, "remedies can be run with standard_conforming_strings = $conforming");
	is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_class WHERE relname = 'pwned'}), '0', 'and do nothing else');
}

# A statement repeated by somebody is not to run with the rights of who takes the advice.
$node->safe_psql('postgres', qq{
	SELECT advisor.reset();
	CREATE ROLE author LOGIN;
	ALTER ROLE author SET advisor.sample_rate = 1;
	CREATE SCHEMA "m$ident" AUTHORIZATION author;
	SET ROLE author;
	CREATE TABLE "m$ident".big ("$ident" int, id int);
	INSERT INTO "m$ident".big SELECT g % 3, g FROM generate_series(1, 5000) g;
	CREATE FUNCTION "m$ident".mine(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN \$1; END';});
$node->safe_psql('postgres', join("\n",
	(qq{SELECT "$ident", sum("m$ident".mine(id)) FROM "m$ident".big GROUP BY "$ident" -- the end\n;}) x 120), extra_params => [ '-U', 'author' ]);
my $create = $node->safe_psql('postgres', q{SELECT create_sql || E'\n' || index_sql FROM advisor.materialized_view_candidates});
like($create, qr/WITH NO DATA;\nALTER MATERIALIZED VIEW .* OWNER TO author;\nREFRESH MATERIALIZED VIEW/s, 'a materialized view belongs to who ran the statement');
my $remedy = $node->safe_psql('postgres', q{SELECT remedy_sql FROM advisor.findings WHERE check_id = 'materialized_view_candidate'});
($rc, $out, $err) = $node->psql('postgres', $remedy, on_error_stop => 0);
is($err, '', 'it can be made as it says');
is($node->safe_psql('postgres', q{SELECT relowner::regrole, (SELECT count(*) FROM pg_class WHERE relname = 'pwned') FROM pg_class WHERE relkind = 'm'}),
	'author|0', 'with nothing else');

# --- settings and suppressions that would hide things ---
foreach my $try ('DELETE FROM advisor.settings', 'TRUNCATE advisor.settings',
	q{UPDATE advisor.settings SET value = 'NaN'}, q{UPDATE advisor.settings SET value = '-Infinity'},
	q{MERGE INTO advisor.settings s USING (VALUES (1e300)) v(x) ON s.name = 'bloat_size' WHEN MATCHED THEN UPDATE SET value = v.x},
	q{INSERT INTO advisor.settings SELECT name, 1e300, 1, unit, minimum, maximum, description FROM advisor.settings WHERE name = 'bloat_size' ON CONFLICT (name) DO UPDATE SET value = 1e300},
	q{SELECT advisor.suppress('why', check_id => 'column_type', object => 'x\')})
{
	($rc, $out, $err) = $node->psql('postgres', $try, on_error_stop => 0);
	like($err, qr/ERROR:.*(cannot be deleted|outside the valid range|suppressions_object_pattern)/, "refused: $try");
}
$node->safe_psql('postgres', q{SELECT advisor.suppress('why', check_id => 'column_type', object => 'x\\\\\\\\')});
is($node->safe_psql('postgres', q{SELECT count(*) > 0 FROM advisor.findings}), 't', 'an escaped backslash is a pattern');

# --- odd contexts ---
my $keys = q{SELECT md5(string_agg(finding_key || coalesce(remedy_sql, ''), ' ' ORDER BY finding_key)) FROM advisor.findings WHERE check_id IN ('duplicate_index', 'redundant_index', 'key_exhaustion', 'security_definer_search_path')};
my $plain = $node->safe_psql('postgres', $keys);
is($node->safe_psql('postgres', "$_; $keys"), $plain, "findings are the same with $_")
	foreach ('SET quote_all_identifiers = on', 'SET extra_float_digits = -15', q{SET DateStyle = 'German'},
	'SET standard_conforming_strings = off', q{SET search_path = spy, ''}, 'SET default_transaction_isolation = serializable',
	'SET default_transaction_read_only = on', q{SET work_mem = '64kB'}, 'SET plan_cache_mode = force_generic_plan');
is($node->safe_psql('postgres', q{BEGIN; DECLARE c CURSOR FOR SELECT finding_key FROM advisor.findings; MOVE 1 FROM c; SAVEPOINT s; MOVE 1 FROM c; ROLLBACK TO s; COMMIT;
	CREATE MATERIALIZED VIEW kept_findings AS SELECT * FROM advisor.findings; REFRESH MATERIALIZED VIEW kept_findings; SELECT count(*) > 0 FROM kept_findings}),
	't', 'from a cursor, and in a materialized view');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_class c CROSS JOIN LATERAL advisor._bloat(c.oid, 'sample', 3, false) b WHERE b.reason = 'could not be read'}),
	'0', 'bloat has an answer for whatever is in pg_class');
is($node->safe_psql('postgres', q{SELECT reason FROM advisor.bloat('0'::regclass)}), 'it does not exist', 'and for what is not');

# --- another encoding, in which not all characters of a name can be sent ---
$node->safe_psql('postgres', q{SET client_encoding = utf8; CREATE DATABASE bytes ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0});
$node->safe_psql('bytes', qq{CREATE EXTENSION advisor CASCADE; SET client_encoding = sql_ascii; CREATE TABLE "t\xff\xfe" (a int); CREATE INDEX ON "t\xff\xfe" (a); CREATE INDEX ON "t\xff\xfe" (a)});
is($node->safe_psql('bytes', $failed), '', 'names that are valid in no encoding are no problem');

$node->stop;
done_testing();

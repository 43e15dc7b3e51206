# A database with the extension can be dumped and restored, and copied; what was
# captured is not part of it.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# each creation of the extension is more than a thousand statements, and this makes several
my $node = advisor_node('dump', 'advisor.max_plans = 20000');
$node->safe_psql('postgres', 'CREATE DATABASE original');
$node->safe_psql(
	'original', q{
	CREATE SCHEMA elsewhere;
	CREATE EXTENSION pg_stat_statements SCHEMA elsewhere;
	CREATE EXTENSION advisor;
	CREATE ROLE worker;
	GRANT EXECUTE ON FUNCTION advisor.reset(oid, oid, bigint) TO worker;
	CREATE TABLE work (id int);
	INSERT INTO work VALUES (1);
	SELECT count(*) FROM work;
	CREATE VIEW report AS SELECT query, calls FROM advisor.statements;
});

my $works = q{
	SELECT (SELECT count(*) FROM pg_extension WHERE extname IN ('advisor', 'pg_stat_statements')),
		(SELECT count(*) > 0 FROM advisor.statements),
		(SELECT calls >= 1 FROM advisor.statements WHERE query = 'SELECT count(*) FROM work' AND datname = 'original'),
		(SELECT count(*) FROM advisor.info),
		has_function_privilege('worker', 'advisor.reset(oid, oid, bigint)', 'EXECUTE'),
		has_function_privilege('public', 'advisor.reset(oid, oid, bigint)', 'EXECUTE'),
		(SELECT count(*) > 0 FROM report)};
# "public" is no role to has_function_privilege
$works =~ s/'public', 'advisor/'pg_database_owner', 'advisor/;
is($node->safe_psql('original', $works), '2|t|t|1|t|f|t', 'the original works');

my $surface = q{
	SELECT string_agg(pg_describe_object(classid, objid, 0), E'\n' ORDER BY 1)
	FROM (SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
		WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'advisor') o};
my $objects = $node->safe_psql('original', $surface);
my $dump = $node->basedir . '/dump';

# plain and custom, all of it
$node->command_ok([ 'pg_dump', '--file', "$dump.sql", $node->connstr('original') ], 'plain dump');
unlike(slurp_file("$dump.sql"), qr/CREATE (FUNCTION|VIEW) advisor\./, 'its objects come with the extension');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dump.sql", '-d', $node->connstr('restored') ], 'restored');
is($node->safe_psql('restored', $works), '2|t|t|1|t|f|t', 'the restored one works');
is($node->safe_psql('restored', $surface), $objects, 'with the same objects');

$node->command_ok([ 'pg_dump', '--format=custom', '--file', "$dump.custom", $node->connstr('original') ], 'custom dump');
$node->safe_psql('postgres', 'DROP DATABASE restored; CREATE DATABASE restored');
$node->command_ok([ 'pg_restore', '--exit-on-error', '--clean', '--if-exists', '-d', $node->connstr('restored'), "$dump.custom" ],
	'restored, with --clean');
is($node->safe_psql('restored', $works), '2|t|t|1|t|f|t', 'that one works, too');
$node->command_ok([ 'pg_restore', '--exit-on-error', '--clean', '--if-exists', '-d', $node->connstr('restored'), "$dump.custom" ],
	'over itself');
is($node->safe_psql('restored', $works), '2|t|t|1|t|f|t', 'and still');

# a copy, and a database that is dropped
$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE original');
is($node->safe_psql('copy', $works), '2|t|t|1|t|f|t', 'a copy works');
$node->safe_psql('postgres', 'DROP DATABASE copy');
is( $node->safe_psql('original', q{SELECT count(*) > 0 FROM advisor.statements WHERE datname IS NULL AND calls > 0}),
	't', 'statements of a dropped database keep their numbers');

$node->stop;
done_testing();

# Texts that advisor keeps itself, where pg_stat_statements has none: without
# literals, bounded, readable in every database, and when there is no memory
# left for them the numbers are still exact.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('texts');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf(
	'postgresql.conf', q{
shared_preload_libraries = 'advisor'
compute_query_id = on
autovacuum = off
fsync = off
});
$node->start;
$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION advisor CASCADE;
	CREATE ROLE worker LOGIN;
	CREATE TABLE work (id int, name text);
	INSERT INTO work VALUES (1, 'x');
	GRANT ALL ON work TO worker;
	CREATE FUNCTION nested() RETURNS bigint LANGUAGE plpgsql AS
		$$ BEGIN RETURN (SELECT count(*) FROM work WHERE name = 'confidential'); END $$;
});

# literals of all kinds, statements that fail, nested ones
$node->safe_psql('postgres', 'SELECT advisor.reset()');
$node->psql(
	'postgres', q{
	SELECT 1, -2.5, 'confidential', E'confiden\tial', $$confidential$$, U&'confidential', B'1', 1e5 FROM work;
	SELECT 1 / (id - 1), 'confidential' FROM work;
	SELECT nested();
	INSERT INTO work VALUES (2, 'confidential'), (3, 'a ''confidential'' one');
	PREPARE p AS SELECT 'confidential' WHERE 1 = 1;
	EXECUTE p;
	EXECUTE p;
	ALTER ROLE worker PASSWORD 'confidential';
	DECLARE c CURSOR WITH HOLD FOR SELECT 'confidential' FROM work;
	DO $do$ BEGIN PERFORM 'confidential' FROM work; END $do$;
	CREATE TABLE made AS SELECT 'confidential'::text AS name;
	SELECT name /* "quoted" */ AS "a 'name'" FROM work WHERE name = 'confidential' -- a remark
}, on_error_stop => 0);
my $texts = $node->safe_psql('postgres', q{SELECT query FROM advisor.statements WHERE query IS NOT NULL});
unlike($texts, qr/^(SELECT|INSERT|PREPARE|ALTER|CREATE|DECLARE).*confiden/m, 'no text has a literal in it');
like($texts, qr/^INSERT INTO work VALUES \(\$1, \$2\), \(\$3, \$4\)$/m, 'of several rows');
like($texts, qr/^SELECT \$1 \/ \(id - \$2\), \$3 FROM work$/m, 'of a statement that fails');
like($texts, qr/^SELECT .*"a 'name'" FROM work WHERE name = \$1/m, 'quoted names stay');
is( $node->safe_psql('postgres', q{SELECT count(*) FROM advisor.statements WHERE query LIKE '%count(*) FROM work%' AND NOT toplevel}),
	'1', 'of a nested one');
is( $node->safe_psql('postgres', q{SELECT count(*) FROM advisor.errors WHERE sqlstate_class = '22' AND query LIKE 'SELECT $1 / (id%'}),
	'1', 'errors have texts');
is($node->safe_psql('postgres', q{SELECT count(*) > 0 FROM advisor.slow_queries}), 'f', 'nothing was slow');

# A megabyte: bounded, as a constant and as text, in whole characters.
$node->safe_psql('postgres', q{SET ROLE worker; SELECT length('} . 'x' x 1048576 . q{') FROM work});
$node->safe_psql('postgres', q{SET ROLE worker; SELECT id /* } . 'y' x 1048576 . q{ */ FROM work});
$node->safe_psql('postgres', q{SET ROLE worker; SELECT 1 AS "ä" /* } . 'ä' x 100000 . q{ */ FROM work});
$node->safe_psql('postgres', q{SET ROLE worker; SELECT 1 AS "ä" /*  } . 'ä' x 100000 . q{ */, 2 FROM work});
$node->safe_psql('postgres', q{SET ROLE worker; SELECT id FROM work WHERE id IN (} . join(', ', (1) x 100000) . q{)});
is( $node->safe_psql(
		'postgres', q{
		SELECT count(*), bool_and(octet_length(query) <= 8192), bool_and(query LIKE 'SELECT %') FROM advisor.statements
		WHERE usename = 'worker' AND query NOT LIKE 'SET%'}),
	'5|t|t', 'texts are bounded');
is($node->safe_psql('postgres', q{SELECT query NOT LIKE '%xxx%' FROM advisor.statements WHERE query LIKE 'SELECT length(%'}),
	't', 'a long constant is still left out');

# Texts survive a restart as the numbers do.
$node->safe_psql('postgres', 'SET ROLE worker; SELECT id FROM work WHERE id = 1; SELECT name FROM work WHERE id = 1');
my $all = q{SELECT md5(string_agg(query, E'\n' ORDER BY query)) FROM advisor.statements WHERE usename = 'worker'};
my $before = $node->safe_psql('postgres', $all);
$node->restart;
is($node->safe_psql('postgres', $all), $before, 'a restart keeps texts');

# A reset takes no text from what goes on.
my $twice = "SELECT id, name, name FROM work WHERE id = 1;\n";
is( $node->safe_psql(
		'postgres', $twice . "SELECT 'reset' FROM (SELECT advisor.reset()) r;\n" . $twice
		  . q{SELECT 'calls', calls FROM advisor.statements WHERE query LIKE 'SELECT id, name, name FROM work%'}),
	"1|x|x\nreset\n1|x|x\ncalls|1",
	'after a reset in the same session');

# No memory left for them: statements without text, numbers all the same.
$node->append_conf('postgresql.conf', 'advisor.text_memory = 64');
$node->restart;
$node->safe_psql('postgres', 'SELECT advisor.reset()');
$node->safe_psql('postgres',
	join(';', 'SET ROLE worker', map { 'SELECT ' . join(', ', ('id') x $_) . ' /* ' . 'z' x 1000 . ' */ FROM work' } (1 .. 200)));
is( $node->safe_psql(
		'postgres', q{
		SELECT sum(calls), count(query) BETWEEN 1 AND 100,
			(SELECT dropped_texts >= 100 AND text_memory <= text_memory_max AND text_memory_max <= 65536 FROM advisor.info)
		FROM advisor.statements WHERE usename = 'worker' AND query IS DISTINCT FROM 'SET ROLE worker'}),
	'200|t|t', 'without room for texts everything is counted');

# Evicted statements give their texts back, and those that come get theirs.
$node->append_conf('postgresql.conf', "advisor.text_memory = 1024\nadvisor.max_plans = 100");
$node->restart;
$node->safe_psql('postgres', 'SELECT advisor.reset()');
foreach my $round (1 .. 3)
{
	$node->safe_psql('postgres',
		join(';', 'SET ROLE worker', map { 'SELECT ' . join(', ', ('id') x $_) . ' /* ' . 'z' x 1000 . " */ FROM work WHERE id = $round" } (1 .. 500)));
}
is( $node->safe_psql(
		'postgres', q{
		SELECT count(*) > 20, count(query) > 20, (SELECT dropped_texts FROM advisor.info)
		FROM advisor.statements WHERE usename = 'worker'}),
	't|t|0', 'eviction makes room for texts, too');

# None at all.
$node->append_conf('postgresql.conf', 'advisor.text_memory = 0');
$node->restart;
$node->safe_psql('postgres', 'SELECT advisor.reset()');
$node->safe_psql('postgres', 'SET ROLE worker; SELECT count(*) FROM work');
is($node->safe_psql('postgres', q{SELECT count(query), sum(calls) FROM advisor.statements WHERE usename = 'worker'}),
	'0|1', 'text_memory = 0 keeps none, and counts');

# Texts of databases in other encodings, or in none: whatever cannot be shown in
# one's own must not keep the rest from being shown.
$node->append_conf('postgresql.conf', "advisor.text_memory = 4096\nadvisor.max_plans = 5000");
$node->restart;
$node->safe_psql('postgres', q{CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0});
$node->safe_psql('postgres', q{CREATE DATABASE ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0});
$node->safe_psql('postgres', q{SELECT id AS "表", id, id FROM work});
$node->safe_psql('postgres', $_) for ('SELECT id FROM work', 'SELECT name FROM work', 'SELECT 1 FROM work', 'SELECT name, 1 FROM work');
foreach my $db ('latin', 'ascii')
{
	$node->safe_psql($db, 'CREATE EXTENSION advisor CASCADE');
	my ($rc, $out, $err) = $node->psql($db, q{SELECT count(*) > 5, sum(length(query)) > 0 FROM advisor.statements});
	is($out, 't|t', "$db can read them") or diag $err;
	$node->safe_psql($db, qq{SET client_encoding = 'LATIN1'; SELECT 1 AS "\xe4\xe4", oid, oid FROM pg_class LIMIT 1});
}
my ($rc, $out, $err) = $node->psql('postgres', q{SELECT count(*) > 5, sum(length(query)) > 0 FROM advisor.statements});
is($out, 't|t', 'and the other way') or diag $err;

$node->stop;
done_testing();

# Without the library in shared_preload_libraries everything that needs it says
# so; without pg_stat_statements there, or without query ids, nothing fails.
use strict;
use warnings;
use File::Copy;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('not_preloaded');
$node->init;
$node->append_conf('postgresql.conf', "compute_query_id = on\nfsync = off\nautovacuum = off\n");
$node->start;

sub preload
{
	$node->append_conf('postgresql.conf', join("\n", @_));
	$node->restart;
}

# nothing is preloaded
my ($rc, $out, $err) = $node->psql('postgres', 'CREATE EXTENSION advisor CASCADE');
is($rc, 0, 'the extension can be created') or diag $err;
foreach my $query (
	'SELECT count(*) FROM advisor.statements',
	'SELECT * FROM advisor.slow_queries',
	'SELECT * FROM advisor.errors',
	'SELECT * FROM advisor.info',
	'SELECT advisor.reset()',
	'SELECT * FROM advisor.latency_histogram(1)')
{
	($rc, $out, $err) = $node->psql('postgres', $query, on_error_stop => 0, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	like($err, qr/ERROR:  55000: advisor must be loaded via "shared_preload_libraries"\nHINT:  .*pg_stat_statements.*advisor.*restart/,
		"$query says what is missing");
}
is($node->safe_psql('postgres', 'SELECT advisor.version() = default_version FROM pg_available_extensions WHERE name = \'advisor\''),
	't', 'what needs no shared memory works');
($rc, $out, $err) = $node->psql('postgres', q{LOAD 'advisor'; SELECT count(*) FROM advisor.statements}, on_error_stop => 0);
like($err, qr/shared_preload_libraries/, 'to load it later is too late');
($rc, $out, $err) = $node->psql('postgres', q{SET session_preload_libraries = 'advisor'; SELECT 1});
is($out, '1', 'and does no harm');
is($node->safe_psql('postgres', q{LOAD 'advisor'; CREATE TABLE work (id int); INSERT INTO work VALUES (1); SELECT count(*) FROM work}),
	'1', 'statements run');

# advisor alone
preload(q{shared_preload_libraries = 'advisor'});
$node->safe_psql('postgres', 'SELECT id FROM work WHERE id = 1');
$node->safe_psql('postgres', 'SELECT id FROM work WHERE id = 2');
is( $node->safe_psql('postgres', q{SELECT query, calls FROM advisor.statements WHERE query LIKE 'SELECT id FROM work%'}),
	'SELECT id FROM work WHERE id = $1|2', 'texts without pg_stat_statements are our own');
is($node->safe_psql('postgres', q{SELECT count(*) >= 0 FROM advisor.slow_queries}), 't', 'the other reports work');
is($node->safe_psql('postgres', q{SELECT count(*) FROM advisor.errors}), '0', 'all of them');

# another copy of the library than the one that the functions are in
my ($library) = glob($node->safe_psql('postgres', q{SELECT setting FROM pg_config WHERE name = 'PKGLIBDIR'}) . '/advisor.*');
my $copy = $node->basedir . '/advisor.so';
copy($library, $copy) or die "could not copy $library: $!";
chmod 0755, $copy;
preload("shared_preload_libraries = 'pg_stat_statements,$copy'");
($rc, $out, $err) = $node->psql('postgres', 'SELECT count(*) FROM advisor.statements', on_error_stop => 0);
like($err, qr/advisor must be loaded/, 'a copy of the library does not count');
is($node->safe_psql('postgres', 'SELECT 1'), '1', 'and the server lives on');

# both, and pg_stat_statements forgets
preload(q{shared_preload_libraries = 'pg_stat_statements,advisor'}, 'pg_stat_statements.max = 100', q{pg_stat_statements.track = 'all'});
$node->safe_psql('postgres', 'SELECT advisor.reset()');
$node->safe_psql('postgres', 'SELECT id + 1 FROM work WHERE id = 1');
my $query = q{SELECT coalesce(query, '-') IN ('-', 'SELECT id + $1 FROM work WHERE id = $2'), calls
	FROM advisor.statements WHERE queryid = };
my $id = $node->safe_psql('postgres', q{SELECT queryid FROM advisor.statements WHERE query LIKE 'SELECT id + % FROM work%'});
is($node->safe_psql('postgres', $query . $id), 't|1', 'with its text');
$node->safe_psql('postgres', 'SELECT pg_stat_statements_reset()');
is($node->safe_psql('postgres', $query . $id), 't|1', 'when pg_stat_statements was reset');
$node->safe_psql('postgres', 'SELECT id + 1 FROM work WHERE id = 1');
$node->safe_psql('postgres', join(';', map { 'SELECT ' . join(', ', ('id') x $_) . ' FROM work' } (1 .. 300)));
is($node->safe_psql('postgres', $query . $id), 't|2', 'when it has evicted the entry');
is($node->safe_psql('postgres', q{SELECT count(*) > 300 FROM advisor.statements WHERE calls > 0}), 't', 'and all others are there');

# pg_stat_statements tracks nothing
preload(q{pg_stat_statements.track = 'none'});
$node->safe_psql('postgres', 'SELECT advisor.reset()');
$node->safe_psql('postgres', 'SELECT id + 2 FROM work WHERE id > 1');
is($node->safe_psql('postgres', q{SELECT count(*) FROM advisor._statements() WHERE calls = 1 AND rows = 0 AND toplevel}) > 0,
	1, 'nothing depends on pg_stat_statements.track');
$node->safe_psql('postgres', 'DROP EXTENSION advisor; DROP EXTENSION pg_stat_statements; CREATE EXTENSION advisor CASCADE');
is($node->safe_psql('postgres', q{SELECT count(*) > 0 FROM advisor.statements}), 't', 'nor on when the extensions are created');

# no query ids, for everybody
preload('compute_query_id = off', q{pg_stat_statements.track = 'all'});
$node->safe_psql('postgres', 'SELECT advisor.reset()');
is($node->safe_psql('postgres', 'SELECT count(*) FROM work'), '1', 'without query ids statements run');
($rc, $out, $err) = $node->psql('postgres', 'SELECT 1 / (id - 1) FROM work', on_error_stop => 0);
like($err, qr/division by zero/, 'and fail as usual');
is($node->safe_psql('postgres', 'SELECT count(*) FROM advisor.statements'), '0', 'but are not counted');
like($node->safe_psql('postgres', 'SELECT problems FROM advisor.info'), qr/compute_query_id is off/, 'which is said');

# auto is on, as we ask for it
preload('compute_query_id = auto', q{shared_preload_libraries = 'advisor'});
$node->safe_psql('postgres', 'SELECT advisor.reset()');
$node->safe_psql('postgres', 'SELECT count(*) FROM work');
is($node->safe_psql('postgres', 'SELECT count(*) >= 2 FROM advisor._statements()'), 't', 'compute_query_id = auto is enough');
unlike($node->safe_psql('postgres', 'SELECT problems FROM advisor.info'), qr/compute_query_id/, 'and no problem');

$node->stop;
done_testing();

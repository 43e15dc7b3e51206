# Five hundred connections at once, and as many that come and go: nothing is
# lost with a connection, and its place is used again.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = advisor_node('connections', q{
max_connections = 520
});
$node->safe_psql('postgres', 'CREATE EXTENSION advisor CASCADE; CREATE ROLE worker LOGIN');

my $script = "SELECT 1;\nSELECT 1, 2;\nSELECT 1, 2, 3;\n";
my $count = q{SELECT toplevel, sum(calls) FROM advisor.statements WHERE usename = 'worker' GROUP BY 1};
my $gone = q{SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = 'worker'};

$node->pgbench('--no-vacuum --client=500 --jobs=2 --transactions=2 --username=worker',
	0, [qr{processed: 1000/1000}], [], '500 at once', { '007_connections_at_once' => $script });
is($node->safe_psql('postgres', $count), 't|3000', 'all of their statements are counted');

$node->pgbench('--no-vacuum --connect --client=20 --jobs=2 --transactions=25 --username=worker',
	0, [qr{processed: 500/500}], [], '500 one after another', { '007_connections_coming' => $script });
is($node->safe_psql('postgres', $count), 't|4500', 'so are those of short connections');

# They leave nothing behind: only this session counts anything by itself now.
ok($node->poll_query_until('postgres', $gone), 'all connections have gone');
$node->safe_psql('postgres', 'SELECT 1');
is( $node->safe_psql('postgres', 'SELECT pending_entries <= 8, entries >= 3 FROM advisor.info'),
	't|t', 'what they had pending is in the store');

# A connection that fails, or does nothing, is no trouble.
$node->command_fails([ 'psql', '-X', '-c', 'SELECT 1', '-U', 'nobody_of_that_name', '-d', $node->connstr('postgres') ],
	'a role that there is not');
$node->safe_psql('postgres', '');
is($node->safe_psql('postgres', $count), 't|4500', 'nothing has been added');

$node->stop;
done_testing();

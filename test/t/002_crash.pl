# A backend is killed in the middle of its work: the server restarts with an
# empty store, and captures again.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('crash');
$node->init;
$node->append_conf(
	'postgresql.conf', q{
shared_preload_libraries = 'pg_stat_statements,advisor'
compute_query_id = on
pg_stat_statements.track = 'all'
restart_after_crash = on
advisor.pending_entries = 8
fsync = off
});
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION advisor CASCADE; CREATE ROLE worker LOGIN');

my $script = '';
$script .= 'SELECT ' . join(', ', (1) x $_) . ";\n" for (1 .. 20);
my $file = $node->basedir . '/load.sql';
append_to_file($file, $script);
my $count = q{SELECT coalesce(sum(calls), 0) FROM advisor.statements WHERE usename = 'worker'};

foreach my $round (1 .. 3)
{
	my ($out, $err) = ('', '');
	my $load = IPC::Run::start(
		[ 'pgbench', '--no-vacuum', '--client=3', '--time=60', "--file=$file", '--username=worker', $node->connstr('postgres') ],
		'<', \undef, '>', \$out, '2>', \$err);
	ok( $node->poll_query_until(
			'postgres', q{
			SELECT count(*) = 3 AND (SELECT sum(calls) > 100 FROM advisor.statements WHERE usename = 'worker')
			FROM pg_stat_activity WHERE usename = 'worker'}),
		"round $round: the load runs");
	my $pid = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE usename = 'worker' LIMIT 1});
	kill('KILL', $pid);
	$load->finish;
	# The server may not have noticed yet; it has as soon as the others are gone.
	ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = 'worker'}),
		"round $round: the server is up again");
	is($node->safe_psql('postgres', $count), '0', "round $round: with an empty store");
	is($node->safe_psql('postgres', 'SELECT evicted_calls, dropped_calls, problems FROM advisor.info'),
		'0|0|{}', "round $round: and no losses");
	$node->pgbench('--no-vacuum --client=2 --transactions=5 --username=worker', 0, [qr{processed: 10/10}], [],
		"round $round: load", { "002_crash_$round" => $script });
	is($node->safe_psql('postgres', $count), '200', "round $round: it captures");
}
ok(!-e $node->data_dir . '/pg_stat/advisor.stat', 'no file was left');

# What there was since the crash survives a clean restart as usual.
$node->restart;
is($node->safe_psql('postgres', $count), '200', 'a clean restart keeps it');
$node->stop;
done_testing();

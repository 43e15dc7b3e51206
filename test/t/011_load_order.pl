# The order in shared_preload_libraries makes no difference to what is counted:
# pg_stat_statements takes the query ids of utility statements away, and must
# not take them from us.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('load_order');
$node->init;
$node->append_conf('postgresql.conf', "compute_query_id = on\nautovacuum = off\nfsync = off\n");

my $created = 0;
my $runs = 0;
my $script = q{
BEGIN;
CREATE TEMP TABLE scratch (id int);
INSERT INTO scratch VALUES (1);
DROP TABLE scratch;
COMMIT;
SELECT 1;
DO 'BEGIN PERFORM 2; END';
};
foreach my $order ('pg_stat_statements,advisor', 'advisor,pg_stat_statements')
{
	foreach my $track ('all', 'none')
	{
		$node->append_conf('postgresql.conf', "shared_preload_libraries = '$order'\npg_stat_statements.track = '$track'\n");
		$created ? $node->restart : $node->start;
		$node->safe_psql('postgres', 'CREATE EXTENSION advisor CASCADE; CREATE ROLE worker LOGIN; GRANT ALL ON DATABASE postgres TO worker')
		  unless $created++;
		foreach my $protocol ('simple', 'extended', 'prepared')
		{
			# A prepared statement that is executed again comes with the plan
			# that has been through pg_stat_statements before.
			$node->safe_psql('postgres', 'SELECT advisor.reset()');
			$node->pgbench("--no-vacuum --client=1 --transactions=5 --protocol=$protocol --username=worker",
				0, [qr{processed: 5/5}], [], 'load', { "011_load_order_" . ++$runs => $script });
			is( $node->safe_psql(
					'postgres', q{
					SELECT toplevel, sum(calls), sum(errors) FROM advisor.statements
					WHERE usename = 'worker' GROUP BY 1 ORDER BY 1}),
				"f|5|0\nt|35|0",
				"$order, track $track, $protocol: all are counted");
		}
		# several in one message, and errors
		$node->safe_psql('postgres', 'SELECT advisor.reset()');
		$node->psql('postgres', 'SET ROLE worker; CREATE TEMP TABLE scratch (id int); DROP TABLE scratch; DROP TABLE scratch', on_error_stop => 0);
		is( $node->safe_psql(
				'postgres', q{
				SELECT sum(calls), sum(errors) FROM advisor.statements WHERE usename = 'worker'}),
			'2|1',
			"$order, track $track: utility statements that fail, too");
	}
}
$node->stop;
done_testing();

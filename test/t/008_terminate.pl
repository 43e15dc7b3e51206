# Sessions that are cancelled or terminated amid statements: these count as
# aborted by an operator, class 57, at every level, and what had been done
# counts as done.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = advisor_node('terminate', q{
pg_stat_statements.track = 'all'
});
$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION advisor CASCADE;
	CREATE ROLE worker LOGIN;
	CREATE TABLE work (id int);
	INSERT INTO work SELECT generate_series(1, 10);
	GRANT ALL ON work TO worker;
	CREATE FUNCTION sleeps() RETURNS void LANGUAGE plpgsql AS
		$$ BEGIN PERFORM pg_sleep(id * 100) FROM work WHERE id = 1; END $$;
});

# Run statements in a session of the worker's until one sleeps, hit the session,
# and return all errors that were counted.
sub hit
{
	my ($how, @statements) = @_;
	$node->safe_psql('postgres', 'SELECT advisor.reset()');
	my ($out, $err) = ('', '');
	my $session = IPC::Run::start(
		[ 'psql', '-X', '-q', (map { ('-c', $_) } @statements), '-U', 'worker', '-d', $node->connstr('postgres') ],
		'<', \undef, '>', \$out, '2>', \$err, IPC::Run::timeout(60));
	$node->poll_query_until('postgres', q{
		SELECT count(*) = 1 FROM pg_stat_activity WHERE usename = 'worker' AND wait_event = 'PgSleep'})
	  or die 'the session does not sleep';
	$node->safe_psql('postgres', qq{SELECT $how(pid) FROM pg_stat_activity WHERE usename = 'worker'});
	$session->finish;
	$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = 'worker'});
	return $node->safe_psql(
		'postgres', q{
		SELECT toplevel, sqlstate_class, sum(errors), bool_and(error_time > 0) FROM advisor.errors
			WHERE usename = 'worker' GROUP BY 1, 2 ORDER BY 1, 2});
}
my $calls = q{SELECT toplevel, sum(calls), sum(rows) FROM advisor.statements WHERE usename = 'worker' GROUP BY 1 ORDER BY 1};

foreach my $how ('pg_cancel_backend', 'pg_terminate_backend')
{
	is(hit($how, 'SELECT pg_sleep(100);'), 't|57|1|t', "$how: a statement");
	is($node->safe_psql('postgres', $calls), 't|0|0', "$how: which did not complete");
	is(hit($how, 'SELECT sleeps();'), "f|57|1|t\nt|57|1|t", "$how: a statement in a function, and that around it");
	is(hit($how, 'DO $$ BEGIN PERFORM sleeps(); END $$;'), "f|57|2|t\nt|57|1|t", "$how: and a utility statement around both");
	is(hit($how, 'INSERT INTO work SELECT 1 FROM pg_sleep(100)'), 't|57|1|t', "$how: one that writes");
	is(hit($how, 'BEGIN', 'DECLARE c CURSOR FOR SELECT id, pg_sleep(CASE id WHEN 1 THEN 0 ELSE 100 END) FROM work',
			'FETCH 1 FROM c', 'FETCH 1 FROM c'),
		"f|57|1|t\nt|57|1|t", "$how: the second piece of a cursor");
	is(hit($how, 'PREPARE p AS SELECT pg_sleep(100)', 'EXECUTE p'), 't|57|1|t', "$how: a prepared statement");
	is(hit($how, 'EXPLAIN ANALYZE SELECT pg_sleep(100);'), "f|57|1|t\nt|57|1|t", "$how: an explained one");
}

# Terminated between statements: nothing was aborted, a cursor that had been run
# counts with what it had fetched.
$node->safe_psql('postgres', 'SELECT advisor.reset()');
my ($in, $out, $err) = ("BEGIN;\nDECLARE c CURSOR FOR SELECT id FROM work;\nFETCH 4 FROM c;\n\\echo ready\n", '', '');
my $session = IPC::Run::start(
	[ 'psql', '-X', '-q', '-A', '-t', '-U', 'worker', '-d', $node->connstr('postgres') ],
	'<', \$in, '>', \$out, '2>', \$err, IPC::Run::timeout(60));
$session->pump until $out =~ /ready/;
is($node->safe_psql('postgres', $calls), 't|3|4', 'while it is open the cursor does not count');
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'worker'});
$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = 'worker'});
$in .= "SELECT 1;\n";
$session->finish;
is($node->safe_psql('postgres', $calls), "f|1|4\nt|3|4", 'then it does');
is($node->safe_psql('postgres', q{SELECT count(*) FROM advisor.errors WHERE usename = 'worker'}), '0', 'and nothing is aborted');

# The time of an aborted statement is that until it was.
$node->safe_psql('postgres', 'SELECT advisor.reset()');
$node->psql('postgres', 'SET ROLE worker; SET statement_timeout = 200; SELECT pg_sleep(100)');
is( $node->safe_psql(
		'postgres', q{
		SELECT error_time >= 190, error_time < 50000 FROM advisor.errors WHERE usename = 'worker' AND sqlstate_class = '57'}),
	't|t', 'the time until the timeout');

$node->stop;
done_testing();

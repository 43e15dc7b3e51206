# Time waited for locks, as a background worker sees it from outside: charged to
# the statement that the client sent, whoever's it is, never more than it was,
# and to nobody who only works.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = advisor_node('lock_waits', q{
pg_stat_statements.track = 'all'
advisor.wait_interval = 20
});
$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION advisor CASCADE;
	CREATE ROLE worker LOGIN;
	CREATE ROLE other;
	GRANT other TO worker;
	CREATE TABLE work (id int PRIMARY KEY, n int DEFAULT 0);
	INSERT INTO work SELECT generate_series(1, 10);
	GRANT ALL ON work TO worker, other;
	CREATE FUNCTION updates(i int) RETURNS void LANGUAGE plpgsql AS
		$$ BEGIN UPDATE work SET n = n + 10 WHERE id = i; END $$;
});

# Processes of the sampler: what the server started, and is called like that.
sub samplers
{
	my $postmaster = $node->{_pid};
	return map { /^\s*(\d+)\s+\Q$postmaster\E\s.*advisor wait sampler/ ? $1 : () } split /\n/, `ps -A -o pid= -o ppid= -o args=`;
}

sub start_psql
{
	my ($user, @statements) = @_;
	return IPC::Run::start([ 'psql', '-X', '-q', (map { ('-c', $_) } @statements), '-U', $user, '-d', $node->connstr('postgres') ],
		'<', \undef, '>', \my $out, '2>', \my $err, IPC::Run::timeout(60));
}

# Have a session take a lock, and a command wait for it about a second; what
# $look says of it half-way is returned.
sub make_wait
{
	my ($lock, $start, $look) = @_;
	my $role = $node->safe_psql('postgres', 'SELECT current_user');
	my $holder = start_psql($role, 'BEGIN', $lock, q{SELECT pg_sleep(100) AS "hold"});
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep.*"hold"' AND wait_event = 'PgSleep'})
	  or die 'the lock is not taken';
	my $waiter = $start->();
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE usename = 'worker' AND wait_event_type = 'Lock'})
	  or die 'nobody waits';
	$node->safe_psql('postgres', 'SELECT pg_sleep(0.5)');
	my $seen = $look ? $node->safe_psql('postgres', $look) : undef;
	$node->safe_psql('postgres', 'SELECT pg_sleep(0.5)');
	$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep.*"hold"'});
	$holder->finish;
	$waiter->finish;
	$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = 'worker'});
	return $seen;
}

# Waits of worker's and other's statements like $pattern, with a condition on them.
sub waits
{
	my ($pattern, $what) = @_;
	return $node->safe_psql(
		'postgres', qq{
		SELECT usename, toplevel, $what FROM advisor._statements()
		WHERE usename IN ('worker', 'other') AND own_query LIKE '$pattern' ORDER BY 1, 2});
}

# What was waited before the query id was known is charged at the next look, and
# that may come after the session's end, late if the machine is busy.
sub await_charge
{
	my ($pattern) = @_;
	return $node->poll_query_until('postgres',
		qq{SELECT count(*) > 0 FROM advisor._statements() WHERE usename = 'worker' AND own_query LIKE '$pattern' AND lock_wait_time > 0});
}

# Never more than the execution took.  That begins and ends a little outside of
# the wait; and the machine may be busy.
my $most_of_it = 'lock_wait_time BETWEEN 0.7 * total_exec_time AND total_exec_time';
my $row_lock = 'SELECT FROM work WHERE id = 1 FOR UPDATE';

my @running = samplers();
is(scalar @running, 1, 'the sampler runs');
is($node->safe_psql('postgres', 'SELECT cardinality(problems) FROM advisor.info'), '0', 'and nothing is wrong');

# A row lock.  A wait in progress is seen, given that the statement is.
$node->safe_psql('postgres', 'SET SESSION AUTHORIZATION worker; UPDATE work SET n = n + 1 WHERE id = 1');
my $half = make_wait($row_lock, sub { start_psql('worker', 'UPDATE work SET n = n + 1 WHERE id = 1') },
	q{SELECT lock_wait_time >= 300 FROM advisor._statements() WHERE usename = 'worker' AND own_query LIKE 'UPDATE work SET n%'});
is($half, 't', 'a wait is visible while it lasts');
is(waits('UPDATE work SET n%', "$most_of_it, lock_wait_time > 700, calls"), 'worker|t|t|t|2', 'waiting for a row lock');

# A statement that does not wait.
$node->safe_psql('postgres', 'SELECT sum(i) FROM generate_series(1, 500000) i', connstr => $node->connstr('postgres') . ' user=worker');
is(waits('SELECT sum(i)%', 'lock_wait_time, calls'), 'worker|t|0|1', 'one that computes did not wait');

# In a function it is a wait of what the client sent.
make_wait($row_lock, sub { start_psql('worker', 'SELECT updates(1)') });
is(waits('SELECT updates%', "$most_of_it, lock_wait_time > 700"), 'worker|t|t|t', 'waiting in a function');
is(waits('UPDATE work SET n = n + $1 WHERE id = i', 'lock_wait_time IS NULL'), 'worker|f|t', 'is not told of the statement inside');

# Under another role than that of the login.
make_wait($row_lock, sub { start_psql('worker', 'SET ROLE other', 'UPDATE work SET n = n - 1 WHERE id = 1') });
is(waits('UPDATE work SET n = n -%', "$most_of_it, lock_wait_time > 700"), 'other|t|t|t', 'with SET ROLE');

# A wait that ends in an error; and after it another statement works.
make_wait($row_lock, sub {
	start_psql('worker', q{SET lock_timeout = '700ms'}, 'UPDATE work SET n = 5 WHERE id = 1', 'SELECT sum(-i) FROM generate_series(1, 2000000) i') });
is(waits('UPDATE work SET n = $1%', 'calls, errors, lock_wait_time BETWEEN 400 AND error_time'), 'worker|t|0|1|t', 'until it was cancelled');
is(waits('SELECT sum(-i)%', 'lock_wait_time'), 'worker|t|0', 'which does not stick to the process');

# Utility statements, and locks that are wanted before the query id is known.
make_wait('LOCK TABLE work IN ACCESS SHARE MODE', sub { start_psql('worker', 'BEGIN; LOCK TABLE work IN ACCESS EXCLUSIVE MODE') });
is(waits('LOCK TABLE%', "$most_of_it, lock_wait_time > 700"), 'worker|t|t|t', 'a utility statement');
make_wait('LOCK TABLE work', sub { start_psql('worker', 'SELECT max(id) FROM work', 'SELECT pg_sleep(1)') });
await_charge('SELECT max(id)%');
is(waits('SELECT max(id)%', 'lock_wait_time BETWEEN 700 AND 60000'), 'worker|t|t', 'waiting in parse analysis');
make_wait('LOCK TABLE work', sub { start_psql('worker', 'SELECT min(n), max(n) FROM work') });
await_charge('SELECT min(n)%');
is(waits('SELECT min(n)%', 'lock_wait_time BETWEEN 700 AND 60000'), 'worker|t|t', 'the same, and the session ends');
my $script = PostgreSQL::Test::Utils::tempdir() . '/script.sql';
my %aggregates = (extended => 'min', prepared => 'avg');
# The session has to stay until the next look.  A \sleep of pgbench does not do:
# it may count from before the wait, and be over at once.
foreach my $mode (sort keys %aggregates)
{
	PostgreSQL::Test::Utils::append_to_file($script, "SELECT $aggregates{$mode}(id) FROM work;\n\\shell sleep 1\n");
	make_wait('LOCK TABLE work', sub {
		IPC::Run::start([ 'pgbench', '-n', '-M', $mode, '-t', '1', '-f', $script, '-U', 'worker', '-h', $node->host, '-p', $node->port, 'postgres' ],
			'<', \undef, '>', \my $out, '2>', \my $err, IPC::Run::timeout(60)) });
	await_charge("SELECT $aggregates{$mode}(id)%");
	is(waits("SELECT $aggregates{$mode}(id)%", 'lock_wait_time BETWEEN 700 AND 60000'), 'worker|t|t', "the same, $mode protocol");
	unlink $script;
}

# A reset.
$node->safe_psql('postgres', 'SELECT advisor.reset()');
is(waits('%', 'lock_wait_time'), '', 'a reset forgets');
$node->safe_psql('postgres', 'SET SESSION AUTHORIZATION worker; UPDATE work SET n = n + 1 WHERE id = 1');
is(waits('UPDATE work SET n%', 'lock_wait_time'), 'worker|t|0', 'waits, too');

# Switched off and on while it runs.
$node->append_conf('postgresql.conf', 'advisor.wait_interval = 0');
$node->reload;
$node->poll_query_until('postgres', q{SELECT current_setting('advisor.wait_interval') = '0'});
make_wait($row_lock, sub { start_psql('worker', 'UPDATE work SET n = n + 1 WHERE id = 1') });
is(waits('UPDATE work SET n%', 'lock_wait_time IS NULL, calls'), 'worker|t|t|2', 'wait_interval = 0: nothing is known');
$node->append_conf('postgresql.conf', q{advisor.wait_interval = '100ms'});
$node->reload;
$node->poll_query_until('postgres', q{SELECT current_setting('advisor.wait_interval') = '100ms'});
make_wait($row_lock, sub { start_psql('worker', 'UPDATE work SET n = n + 1 WHERE id = 1') });
is(waits('UPDATE work SET n%', 'lock_wait_time BETWEEN 700 AND total_exec_time, calls'), 'worker|t|t|3', 'set again: it goes on');
my ($rc, $out, $err) = $node->psql('postgres', 'ALTER SYSTEM SET advisor.wait_interval = 5');
like($err, qr/invalid value.*\n.*must be 0 or at least 10 ms/, 'an interval too short');

# Kept over a restart.
my $known = waits('UPDATE work SET n%', 'lock_wait_time');
$node->restart;
is(waits('UPDATE work SET n%', 'lock_wait_time'), $known, 'a restart keeps it');
@running = samplers();

# Without texts, there is no statement yet when the first execution waits.
$node->append_conf('postgresql.conf', 'advisor.text_memory = 0');
is_deeply([ samplers() ], \@running, 'still the same process');
$node->restart;
ok(!kill(0, $running[0]), 'which ended with its server');
unlike(slurp_file($node->logfile), qr/advisor wait sampler.*exited/, 'in silence');
make_wait($row_lock, sub { start_psql('worker', 'UPDATE work SET n = n * 2 WHERE id = 1') });
is( $node->safe_psql(
		'postgres', q{
		SELECT count(*) FROM advisor._statements()
		WHERE usename = 'worker' AND calls = 1 AND lock_wait_time BETWEEN 700 AND total_exec_time}),
	'1', 'the first execution, without texts');

# No worker to be had.
$node->safe_psql('postgres', 'SELECT advisor.reset()');
$node->append_conf('postgresql.conf', 'max_worker_processes = 0');
$node->restart;
is(scalar(samplers()), 0, 'no room for the sampler');
like($node->safe_psql('postgres', 'SELECT problems FROM advisor.info'),
	qr/Waits for locks are not measured: .*max_worker_processes \(now 0\)/, 'which is said');
make_wait($row_lock, sub { start_psql('worker', 'UPDATE work SET n = n + 1 WHERE id = 1') });
is( $node->safe_psql('postgres', q{SELECT count(*) > 0, count(lock_wait_time) FROM advisor._statements() WHERE usename = 'worker' AND total_exec_time > 700}),
	't|0', 'statements go on, nothing is known of their waits');

$node->stop;
done_testing();

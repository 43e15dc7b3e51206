# Maintenance of partitions among others who work: run twice at once, ended in
# the middle, kept from its locks, under load, by owners, on standbys, and after a
# dump has been restored.  The clock is always told.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = advisor_node('maintenance', q{
restart_after_crash = on
deadlock_timeout = 100ms
max_wal_senders = 3
wal_level = replica
hot_standby = on
});
my $clock = '2026-05-15 12:00:00+00';

sub q1 { return $node->safe_psql($_[1] // 'postgres', $_[0]) }

# a session in the background, and its end
sub start_psql
{
	my ($name, $user, @statements) = @_;
	my %session = (out => '', err => '');
	$session{run} = IPC::Run::start(
		[ 'psql', '-X', '-q', '-A', '-t', (map { ('-c', $_) } @statements), '-U', $user,
			'-d', $node->connstr('postgres') . " application_name=$name" ],
		'<', \undef, '>', \$session{out}, '2>', \$session{err}, IPC::Run::timeout(60));
	return \%session;
}

sub end_psql
{
	my ($session) = @_;
	$session->{run}->finish;
	return $session->{err};
}

sub kill_session
{
	my ($name) = @_;
	q1("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE application_name = '$name'");
}

# CALL advisor.maintain_partitions() for one table: what it says
sub maintain
{
	my ($parent, $as_of) = @_;
	my ($rc, $out, $err) = $node->psql('postgres',
		'CALL advisor.maintain_partitions(' . ($parent ? "'$parent'" : 'NULL') . ", as_of => '" . ($as_of // $clock) . "')");
	return $err;
}

sub make_policy
{
	my ($parent, $columns, $values) = @_;
	q1("CREATE TABLE $parent (at timestamptz NOT NULL, n int) PARTITION BY RANGE (at);
		INSERT INTO advisor.partition_policies (parent, step, analyze_parent $columns) VALUES ('$parent', '1 day', false $values)");
}

sub partitions { return q1("SELECT count(*) FROM pg_inherits WHERE inhparent = '$_[0]'::regclass") }

# ranges that are there more than once, tables left over, errors
sub leftovers
{
	my ($parent) = @_;
	return q1("SELECT (SELECT count(*) - count(DISTINCT lower) FROM advisor._partition_bounds('$parent'::regclass)),
		(SELECT count(*) FROM pg_class WHERE relname ~ '^${parent}_' AND relkind = 'r' AND NOT relispartition),
		(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),
		(SELECT count(*) FROM advisor.partition_log WHERE parent = '$parent'::regclass AND status = 'error')");
}

sub last_run { return q1("SELECT status FROM advisor.partition_log WHERE parent = '$_[0]'::regclass AND action = 'run' ORDER BY log_id DESC LIMIT 1") }

q1('CREATE EXTENSION advisor CASCADE; CREATE ROLE app LOGIN; CREATE ROLE other LOGIN; GRANT ALL ON SCHEMA public TO app, other');
my $super = q1('SELECT current_user');

# two at once
make_policy('twice', ', premake', ', 150');
my @both = map { start_psql("both$_", $super, "CALL advisor.maintain_partitions('twice', as_of => '$clock')") } 1 .. 2;
is(join('', map { end_psql($_) } @both), '', 'two at once say nothing');
maintain('twice');
is(partitions('twice'), '151', 'and make what one would');
is(leftovers('twice'), '0|0|0|0', 'each once, without errors');
is(q1(q{SELECT count(*) FROM advisor.partition_log WHERE parent = 'twice'::regclass AND action = 'create' AND status = 'done'}), '151', 'as the log says');
my $rows = q1('SELECT count(*) FROM advisor.partition_log');
is(maintain('twice'), '', 'another run');
is(q1('SELECT count(*) FROM advisor.partition_log'), $rows + 1, 'does nothing, and logs that');
is(last_run('twice'), 'ok', 'as a run that is ok');

# ended in the middle
foreach my $how ('terminated', 'killed')
{
	make_policy($how, ', premake', ', 400');
	my $session = start_psql('victim', $super, "CALL advisor.maintain_partitions('$how', as_of => '$clock')");
	$node->poll_query_until('postgres', "SELECT count(*) > 5 FROM pg_inherits WHERE inhparent = '$how'::regclass") or die;
	my $pid = q1(q{SELECT pid FROM pg_stat_activity WHERE application_name = 'victim'});
	if ($how eq 'killed')
	{
		kill 'KILL', $pid;
		$session->{run}->finish;
		$node->poll_query_until('postgres', 'SELECT true') or die;
	}
	else
	{
		kill_session('victim');
		$session->{run}->finish;
	}
	my $made = partitions($how);
	cmp_ok($made, '<', 401, "$how: in the middle");
	is(leftovers($how), '0|0|0|0', "$how: nothing half done");
	is(maintain($how), '', "$how: the next run");
	is(partitions($how), '401', "$how: goes on where it was");
	is(q1("SELECT count(*) FROM advisor.partition_log WHERE parent = '$how'::regclass AND action = 'run'"), '1', "$how: and is the only one that came to its end");
}

# locks that cannot be had: a reader keeps from detaching, but not from creating
make_policy('locked', ', premake, retention, lock_timeout, lock_attempts', q{, 2, '2 days', 100, 3});
make_policy('neighbour', ', premake', ', 2');
maintain('locked', '2026-05-10 12:00:00+00');
is(partitions('locked'), '3', 'partitions to be');
my $reader = start_psql('reader', $super, 'BEGIN', 'SELECT count(*) FROM locked', 'SELECT pg_sleep(100)');
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'reader' AND wait_event = 'PgSleep'}) or die;
my $began = time();
like(maintain('locked'), qr/WARNING:  partition maintenance of public\.locked: detach public\.locked_p20260510: lock_timeout/, 'a reader keeps a partition from being detached');
# 3 attempts, and one for each of the other two, 100 ms each, and the waits between them
cmp_ok(time() - $began, '<', 5, 'not for long');
is(q1(q{SELECT string_agg(DISTINCT action || ' ' || status, ',' ORDER BY action || ' ' || status) FROM advisor.partition_log
	WHERE parent = 'locked'::regclass AND run_started = (SELECT max(run_started) FROM advisor.partition_log)}),
	'create done,detach lock_timeout,run partial', 'partitions were created all the same');
kill_session('reader');
$reader->{run}->finish;
is(maintain('locked'), '', 'when the reader is gone');
is(partitions('locked'), '5', 'the next run detaches');
is(last_run('locked'), 'ok', 'and is ok');

# a lock on the table stops everything there, and nothing elsewhere
my $holder = start_psql('holder', $super, 'BEGIN', 'LOCK TABLE locked', 'SELECT pg_sleep(100)');
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'holder' AND wait_event = 'PgSleep'}) or die;
q1(q{UPDATE advisor.partition_policies SET enabled = parent IN ('locked'::regclass, 'neighbour'::regclass)});
$began = time();
maintain(undef, '2026-05-17 12:00:00+00');
cmp_ok(time() - $began, '<', 5, 'who holds a lock is not waited for');
is(last_run('locked'), 'failed', 'the run failed for that table');
is(last_run('neighbour'), 'ok', 'and not for the other');
is(partitions('neighbour'), '3', 'which has its partitions');
kill_session('holder');
$holder->{run}->finish;
maintain(undef, '2026-05-17 12:00:00+00');
is(last_run('locked'), 'ok', 'the next run does it');

# owners
q1('UPDATE advisor.partition_policies SET enabled = false');
make_policy('theirs', ', premake', ', 2');
q1('CREATE TABLE own (LIKE theirs) PARTITION BY RANGE (at); ALTER TABLE own OWNER TO app;
	ALTER TABLE theirs OWNER TO other; GRANT ALL ON theirs TO app');
is($node->psql('postgres', "INSERT INTO advisor.partition_policies (parent, step, premake) VALUES ('own', '1 day', 2)", extra_params => [ '-U', 'app' ]),
	0, 'an owner makes a policy');
is($node->psql('postgres', "CALL advisor.maintain_partitions(as_of => '$clock')", extra_params => [ '-U', 'app' ]), 0, 'and maintains');
is(partitions('own') . partitions('theirs'), '30', 'what is his');
is($node->safe_psql('postgres', q{SELECT string_agg(DISTINCT parent_name || ' ' || action || ' ' || status, ',' ORDER BY parent_name || ' ' || action || ' ' || status)
	FROM advisor.partition_log}, extra_params => [ '-U', 'app' ]),
	'public.own analyze done,public.own create done,public.own run ok', 'and sees what was done');
is(q1(q{SELECT string_agg(DISTINCT pg_get_userbyid(relowner), ',') FROM pg_class JOIN pg_inherits ON inhrelid = oid WHERE inhparent = 'own'::regclass}), 'app', 'all his own');
my ($rc, $out, $err) = $node->psql('postgres', "CALL advisor.maintain_partitions('theirs')", extra_params => [ '-U', 'app' ]);
like($err, qr/must be owner of table.*theirs/, 'but not what is not');
maintain();
is(partitions('theirs'), '3', 'a superuser maintains for all');

# a load on a table with a default partition, of which partitions come and go
q1('UPDATE advisor.partition_policies SET enabled = false');
make_policy('busy', ', premake, retention, lock_timeout, lock_attempts', q{, 2, '2 days', 500, 20});
q1(q{CREATE TABLE busy_default PARTITION OF busy DEFAULT; CREATE TABLE days (at timestamptz); INSERT INTO days VALUES ('2026-01-01 12:00+00')});
maintain('busy', '2026-01-01 12:00+00');
my $load = $node->basedir . '/load.sql';
append_to_file($load, q{
INSERT INTO busy SELECT at, 1 FROM days;
SELECT count(*) FROM busy;
SELECT count(*) FROM busy WHERE at >= (SELECT at FROM days);
BEGIN;
UPDATE busy SET n = n + 1 WHERE ctid = (SELECT min(ctid) FROM busy);
SELECT count(*) FROM busy;
END;
});
my $log_offset = -s $node->logfile;
my ($load_out, $load_err) = ('', '');
my $pgbench = IPC::Run::start([ 'pgbench', '-n', '-c', '3', '-T', '100', '-R', '300', '-f', $load, $node->connstr('postgres') . ' application_name=load' ],
	'<', \undef, '>', \$load_out, '2>', \$load_err, IPC::Run::timeout(120));
$node->poll_query_until('postgres', 'SELECT count(*) > 20 FROM busy') or die 'no load';
my $said = '';
foreach my $day (2 .. 15)
{
	q1("UPDATE days SET at = at + interval '1 day'");
	$said .= maintain('busy', sprintf('2026-01-%02d 12:00+00', $day));
}
is(q1(q{SELECT count(*) FROM pg_stat_activity WHERE application_name = 'load'}), '3', 'the load is still there');
$pgbench->signal('INT');
$pgbench->finish;
is($load_err, '', 'nothing failed under load');
is($said, '', 'nor did maintenance');
my $log = substr(slurp_file($node->logfile), $log_offset);
unlike($log, qr/deadlock|ERROR:(?!  canceling statement due to user request)/, 'no deadlock, no error');
is(q1(q{SELECT string_agg(to_char(lower::timestamptz AT TIME ZONE 'UTC', 'DD'), ',' ORDER BY ordinal) FROM advisor._partition_bounds('busy'::regclass) WHERE NOT is_default}),
	'13,14,15,16,17', 'partitions came and went');

# dumped and restored
$node->command_ok([ 'pg_dump', '--file', $node->basedir . '/dump.sql', $node->connstr('postgres') ], 'dump');
q1('CREATE DATABASE restored');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $node->basedir . '/dump.sql', '-d', $node->connstr('restored') ], 'restored');
my $policies = q{SELECT string_agg(p::text, E'\n' ORDER BY parent::text) FROM advisor.partition_policies p};
is(q1($policies, 'restored'), q1($policies), 'policies are what they were');
q1('CREATE SCHEMA moved; ALTER TABLE busy SET SCHEMA moved; ALTER TABLE moved.busy RENAME TO renamed', 'restored');
q1(q{CALL advisor.maintain_partitions(as_of => '2026-01-16 12:00+00')}, 'restored');
is(q1(q{SELECT count(*), max(upper) FROM advisor._partition_bounds('moved.renamed'::regclass) WHERE NOT is_default}, 'restored'),
	'5|2026-01-19 00:00:00+00', 'and still work, for a table that was renamed');

# a standby
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('maintenance_standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
($rc, $out, $err) = $standby->psql('postgres', 'CALL advisor.maintain_partitions()');
is($rc . $err, '0psql:<stdin>:1: NOTICE:  partitions are maintained on the primary server, not on a standby', 'a standby says so');

done_testing();

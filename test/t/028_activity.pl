# Sessions that stay too long, what they hold and whom they block, the tree of
# lock waits, deadlocks and prepared transactions; and who may see that.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = advisor_node('activity', q{
max_prepared_transactions = 5
});
$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION advisor CASCADE;
	CREATE ROLE "Shop Clerk" LOGIN;
	CREATE ROLE monitor LOGIN IN ROLE pg_monitor;
	CREATE ROLE nobody LOGIN;
	CREATE TABLE "Work" (id int PRIMARY KEY, n int DEFAULT 0);
	INSERT INTO "Work" SELECT generate_series(1, 10);
	CREATE TABLE other (id int);
	GRANT ALL ON "Work", other TO "Shop Clerk";
	CREATE DATABASE elsewhere;
});

my $findings = q{SELECT %s FROM (SELECT * FROM advisor.findings WHERE category = 'activity' ORDER BY finding_key COLLATE "C") f WHERE %s};

sub findings
{
	my ($what, $condition, @options) = @_;
	return $node->safe_psql('postgres', sprintf($findings, $what, $condition // 'true'), @options);
}

sub set
{
	my (%settings) = @_;
	$node->safe_psql('postgres', join ';', map { "UPDATE advisor.settings SET value = $settings{$_} WHERE name = '$_'" } sort keys %settings);
}

my %connection;

# A session of its own, called $name; each of @statements in a call of its own.
sub session
{
	my ($name, $user, @statements) = @_;
	my $session = { in => '', out => '', err => '' };
	$session->{run} = IPC::Run::start(
		[ 'psql', '-X', '-q', '-d', $node->connstr('postgres') . " user='$user' application_name='$name'" ],
		'<', \$session->{in}, '>', \$session->{out}, '2>', \$session->{err}, IPC::Run::timeout(60));
	$connection{$name} = $session;
	send_to($name, $_) foreach @statements;
	return;
}

sub send_to
{
	my ($name, $statement) = @_;
	my $session = $connection{$name};
	$session->{in} .= "$statement;\n";
	$session->{run}->pump_nb while length $session->{in};
	return;
}

# The server may notice only later that a client is gone.
sub end
{
	my $names = join ',', map { "'$_'" } @_;
	$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name IN ($names)");
	$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name IN ($names)") or die 'they stay';
	foreach my $name (@_)
	{
		my $session = delete $connection{$name} or next;
		$session->{run}->kill_kill;
	}
	return;
}

sub await
{
	my ($condition) = @_;
	$node->poll_query_until('postgres', "SELECT count(*) > 0 FROM pg_stat_activity WHERE $condition") or die "not seen: $condition";
	return;
}

sub await_waits
{
	my (@names) = @_;
	await(qq{application_name = '$_' AND wait_event_type = 'Lock'}) foreach @names;
	# the time of the beginning is written a moment later
	$node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM pg_locks WHERE NOT granted AND waitstart IS NULL');
	return;
}

# nobody does anything
is(findings('check_id'), '', 'nothing is wrong at first');
is( $node->safe_psql('postgres', q{SELECT string_agg(check_id, ' ' ORDER BY check_id) FROM advisor.checks WHERE category = 'activity' AND status = 'ok'}),
	'deadlocks idle_in_transaction lock_wait long_statement long_transaction prepared_transaction rollbacks', 'and all checks say so');
is($node->safe_psql('postgres', 'SELECT count(*) FROM advisor.long_running'), '0', 'nobody is long at it');
is($node->safe_psql('postgres', 'SELECT count(*) FROM advisor.lock_tree'), '0', 'nobody waits');

# Two roots: "holder 1" with a tree of depth 3, "advisory" with one that waits.
session('holder 1', 'Shop Clerk', 'BEGIN', q{UPDATE "Work" SET n = 1 WHERE id = 1});
session('advisory', 'Shop Clerk', 'SELECT pg_advisory_lock(4294967298)', 'SELECT pg_advisory_lock(3, 4)');
await(q{application_name = 'holder 1' AND state = 'idle in transaction' AND query LIKE 'UPDATE%'});
await(q{application_name = 'advisory' AND state = 'idle' AND query LIKE '%(3, 4)%'});
session('second', 'Shop Clerk', 'BEGIN', q{UPDATE "Work" SET n = 2 WHERE id = 2}, q{UPDATE "Work" SET n = 2 WHERE id = 1});
session('wants advisory', 'Shop Clerk', 'SELECT pg_advisory_lock(4294967298)');
session('wants another', 'Shop Clerk', 'SELECT pg_advisory_lock(3, 4)');
await_waits('second', 'wants advisory', 'wants another');
session('third', 'Shop Clerk', 'BEGIN', q{LOCK TABLE other}, q{UPDATE "Work" SET n = 3 WHERE id = 2});
await_waits('third');
session('fourth', 'Shop Clerk', q{SELECT * FROM other});
session('in queue', 'Shop Clerk', q{UPDATE "Work" SET n = 4 WHERE id = 1});
await_waits('fourth', 'in queue');

my $tree = q{
	WITH tree AS (SELECT t.*, (SELECT string_agg(a.application_name, ' > ' ORDER BY i) FROM unnest(t.path) WITH ORDINALITY p(pid, i) JOIN pg_stat_activity a USING (pid)) AS names FROM advisor.lock_tree t)
	SELECT names, depth, waiting_behind, regexp_replace(object, '\([0-9]+,[0-9]+\)', '(N)'), mode, wait_time > 0, usename, end_sql IS NOT NULL FROM tree ORDER BY names COLLATE "C"};
my $expected = q{advisory|0|2||||Shop Clerk|t
advisory > wants advisory|1|0|advisory lock 4294967298|ExclusiveLock|t|Shop Clerk|f
advisory > wants another|1|0|advisory lock (3, 4)|ExclusiveLock|t|Shop Clerk|f
holder 1|0|4||||Shop Clerk|t
holder 1 > second|1|3|row (N) of public."Work"|ShareLock|t|Shop Clerk|f
holder 1 > second > in queue|2|0|row (N) of public."Work"|ExclusiveLock|t|Shop Clerk|f
holder 1 > second > third|2|1|row (N) of public."Work"|ShareLock|t|Shop Clerk|f
holder 1 > second > third > fourth|3|0|public.other|AccessShareLock|t|Shop Clerk|f};
my $seen = $node->safe_psql('postgres', $tree);
is($seen, $expected, 'the tree of lock waits');
is( $node->safe_psql('postgres', q{SELECT count(*), bool_and(wait_time_behind >= longest_wait_behind), bool_and(longest_wait_behind > 0) FROM advisor.lock_tree WHERE waiting_behind > 0}),
	'4|t|t', 'times of those behind are added up');
is($node->safe_psql('elsewhere', q{SELECT 1}), '1', 'another database');
my $lines = $node->safe_psql('postgres', 'SELECT count(*) FROM advisor.lock_tree');

# What others see
is($node->safe_psql('postgres', $tree, extra_params => [ '-U', 'monitor' ]), $seen, 'pg_monitor sees the same');
is( $node->safe_psql('postgres', q{SELECT count(*), count(state), count(*) FILTER (WHERE query <> '<insufficient privilege>'), count(end_sql) FROM advisor.lock_tree}, extra_params => [ '-U', 'nobody' ]),
	"$lines|0|0|0", 'without rights, there are pids and locks, but no states and texts');

# Findings on them
set(lock_wait_time => 1, idle_transaction_time => 1, long_transaction_time => 1);
$node->safe_psql('postgres', 'SELECT pg_sleep(1.1)');
is(findings('finding_key, severity', q{check_id = 'lock_wait'}), "lock_wait:Shop Clerk:advisory|medium\nlock_wait:Shop Clerk:holder N|medium", 'both roots are findings');
is(findings('title', q{finding_key = 'lock_wait:Shop Clerk:holder N'}) =~ s/\d+ ms/N ms/r, '4 sessions wait for locks of role "Shop Clerk" ("holder N"), the longest for N ms', 'in words');
is(findings('finding_key, severity', q{check_id = 'idle_in_transaction'}), 'idle_in_transaction:Shop Clerk:holder N|high', 'so is the one that idles');
is(findings('finding_key, severity, remedy_sql IS NULL', q{check_id = 'long_transaction'}),
	join("\n", map { "long_transaction:Shop Clerk:$_|low|t" } 'fourth', 'in queue', 'second', 'third', 'wants advisory', 'wants another'), 'those that only wait are not to blame');
is( $node->safe_psql('postgres', q{SELECT kind, has_written, locked_relations, waiting_behind, cardinality(blocks), horizon_age > 0 FROM advisor.long_running WHERE application_name = 'holder 1'}),
	q(idle in transaction|t|{"public.\"Work\" RowExclusiveLock"}|4|1|t), 'what it holds');
is(findings('count(*)', q{check_id IN ('idle_in_transaction', 'long_transaction')}, extra_params => [ '-U', 'nobody' ]), '0', 'not for everybody');
is( $node->safe_psql('postgres', q{SELECT string_agg(check_id, ' ' ORDER BY check_id) FROM advisor.checks WHERE category = 'activity' AND status = 'skipped'}, extra_params => [ '-U', 'nobody' ]),
	'idle_in_transaction long_statement long_transaction', 'who is told so');
is(findings('undo_sql', q{check_id = 'idle_in_transaction'}), 'ALTER ROLE "Shop Clerk" RESET idle_in_transaction_session_timeout;', 'its undo');

# The remedy ends exactly what was seen
my $remedy = findings('remedy_sql', q{check_id = 'idle_in_transaction'});
$node->safe_psql('postgres', $remedy =~ s/xact_start = '2/xact_start = '1/r);
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE application_name = 'holder 1'}), '1', 'another transaction of the same pid goes on');
is($node->safe_psql('postgres', q{SELECT rolconfig FROM pg_roles WHERE rolname = 'Shop Clerk'}), '{idle_in_transaction_session_timeout=1s}', 'the role gets a timeout');
is(findings('undo_sql', q{check_id = 'idle_in_transaction'}), q{ALTER ROLE "Shop Clerk" SET idle_in_transaction_session_timeout = '1s';}, 'the undo is that of what is in force');
$node->safe_psql('postgres', 'ALTER ROLE "Shop Clerk" RESET idle_in_transaction_session_timeout');
$node->safe_psql('postgres', $remedy =~ s/\nALTER.*//sr);
$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM advisor.lock_tree WHERE 'holder 1' = application_name}) or die;
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE application_name = 'holder 1'}), '0', 'the session is gone, and so are its waits');
end(sort keys %connection);
is($node->safe_psql('postgres', 'SELECT count(*) FROM advisor.lock_tree'), '0', 'the tree is gone');

# A prepared transaction that blocks, before and after a restart
$node->safe_psql('postgres', q{BEGIN; SAVEPOINT s; INSERT INTO "Work" VALUES (99); RELEASE s; PREPARE TRANSACTION 'it''s forgotten'});
my $prepared = q{SELECT depth, pid, gid, path[1], blocked_by, waiting_behind, end_sql FROM advisor.lock_tree ORDER BY depth};
foreach my $when ('', ', after a restart')
{
	session('blocked', 'Shop Clerk', 'INSERT INTO "Work" VALUES (99)');
	await_waits('blocked');
	my $pid = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE application_name = 'blocked'});
	is($node->safe_psql('postgres', $prepared), qq(0|0|it's forgotten|0||1|ROLLBACK PREPARED 'it''s forgotten';\n1|$pid||0|{0}|0|), "a prepared transaction blocks$when");
	end('blocked');
	$node->restart if $when eq '';
}
session('blocked', 'Shop Clerk', 'INSERT INTO "Work" VALUES (99)');
await_waits('blocked');
set(prepared_transaction_time => 1, lock_wait_time => 0);
$node->poll_query_until('postgres', q{SELECT prepared < now() - interval '1.1 s' FROM pg_prepared_xacts}) or die;
is(findings('finding_key, severity, remedy_sql, undo_sql', q{check_id IN ('prepared_transaction', 'lock_wait')}),
	$node->safe_psql('postgres', q{SELECT format('lock_wait:%1$s:prepared transaction|high|ROLLBACK PREPARED ''it''''s forgotten'';|' || E'\n' || 'prepared_transaction:%1$s:postgres|high|ROLLBACK PREPARED ''it''''s forgotten'';|', current_user)}),
	'both are said');
$node->safe_psql('postgres', findings('remedy_sql', q{check_id = 'prepared_transaction'}));
is(findings('count(*)', q{check_id IN ('prepared_transaction', 'lock_wait')}), '0', 'the remedy helps');
end('blocked');

# A statement against its own history, and one without; what is maintenance
set(long_statement_time => 1, long_statement_factor => 2, long_transaction_time => 100000, idle_transaction_time => 100000);
$node->safe_psql('postgres', q{SELECT pg_sleep(0.001), 'nap'; } x 20);
session('runner', 'nobody', q{SELECT pg_sleep(30.0), 'nap'});
session('new', 'nobody', q{SELECT pg_sleep(30), 1, 'novel'});
session('dreamer', 'nobody', 'BEGIN', 'SELECT 1');
session('pg_dump', 'nobody', 'BEGIN', q{SELECT pg_sleep(30.0), 'nap'});
await(q{application_name = 'runner' AND state = 'active' AND query_start < now() - interval '1.2 s'});
is( $node->safe_psql('postgres', q{SELECT kind, application_name, calls, p99_exec_time < 500, times_p99 > 2, is_usual FROM advisor.long_running}),
	'long statement|runner|20|t|t|f', 'a statement that takes longer than ever');
is(findings('finding_key, severity, confidence', q{true}), 'long_statement:nobody:runner|medium|80', 'as a finding');
like(findings('detail', q{check_id = 'long_statement'}), qr/^20 calls of it were captured: 99 % took at most \d+.* ms/, 'with its history');
set(long_transaction_time => 1);
is(findings('finding_key', q{check_id = 'long_transaction'}), "long_transaction:nobody:dreamer\nlong_transaction:nobody:new", 'without history, the age of the transaction counts; dumps have time');
$node->safe_psql('postgres', findings('remedy_sql', q{check_id = 'long_statement'}));
$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM advisor.long_running WHERE kind = 'long statement'}) or die;
is($node->safe_psql('postgres', q{SELECT state FROM pg_stat_activity WHERE application_name = 'runner'}), 'idle', 'the remedy cancels it');
end(sort keys %connection);

# Deadlocks: while it lasts it is a circle, then it is a number
is(findings('count(*)', q{check_id = 'deadlocks'}), '0', 'no deadlock so far');
$node->safe_psql('postgres', q{GRANT SET ON PARAMETER deadlock_timeout TO "Shop Clerk"});
foreach my $name ('left', 'right')
{
	my ($mine, $other) = $name eq 'left' ? (1, 2) : (2, 1);
	session($name, 'Shop Clerk', q{SET deadlock_timeout = '3s'}, 'BEGIN', qq{UPDATE "Work" SET n = 1 WHERE id = $mine});
	await(qq{application_name = '$name' AND state = 'idle in transaction' AND query LIKE 'UPDATE%'});
}
send_to('left', q{UPDATE "Work" SET n = 2 WHERE id = 2});
await_waits('left');
send_to('right', q{UPDATE "Work" SET n = 2 WHERE id = 1});
await_waits('right');
is($node->safe_psql('postgres', 'SELECT depth, waiting_behind, is_deadlock, end_sql IS NULL FROM advisor.lock_tree ORDER BY depth'), "0|1|t|t\n1|0|t|t", 'a deadlock is a circle, cut open');
is(findings('count(*)', q{check_id = 'lock_wait'}), '0', 'and no lock wait that somebody must end');
await(q{application_name IN ('left', 'right') AND state = 'idle in transaction (aborted)'});
# counters of a session are published when it leaves its transaction
end('left', 'right');
$node->poll_query_until('postgres', q{SELECT deadlocks = 1 FROM pg_stat_database WHERE datname = 'postgres'}) or die;
is(findings('finding_key, severity', q{check_id = 'deadlocks'}), 'deadlocks:postgres|info', 'a deadlock at a rate that is not known');
like(findings('detail', q{check_id = 'deadlocks'}), qr/advisor\.observe.*UPDATE "Work" SET n = \$1/s, 'with the statement');
$node->safe_psql('postgres', q{INSERT INTO advisor.observations VALUES (now() - interval '2 hours', 'deadlocks', 'postgres', 0)});
is(findings(q{severity, round((evidence ->> 'per_day')::numeric)}, q{check_id = 'deadlocks'}), 'medium|12', 'at one that is');

# Rollbacks
$node->safe_psql('postgres', 'BEGIN; ROLLBACK;' x 600);
$node->poll_query_until('postgres', q{SELECT xact_rollback >= 600 FROM pg_stat_database WHERE datname = 'postgres'}) or die;
$node->safe_psql('postgres', 'SELECT 1;' x 600);
$node->poll_query_until('postgres', q{SELECT xact_commit + xact_rollback >= 1000 FROM pg_stat_database WHERE datname = 'postgres'}) or die;
is(findings('finding_key, severity', q{check_id = 'rollbacks'}), 'rollbacks:postgres|info', 'rollbacks');

# Without the library there is no history, and the rest works
$node->append_conf('postgresql.conf', q{shared_preload_libraries = ''});
$node->restart;
is($node->safe_psql('postgres', 'SELECT count(*) FROM advisor.activity_findings WHERE check_id <> \'rollbacks\' AND check_id <> \'deadlocks\''), '0', 'not preloaded, it works');
like($node->safe_psql('postgres', q{SELECT reason FROM advisor._activity_skips() WHERE check_id = 'long_statement'}), qr/shared_preload_libraries/, 'what is missing is said');

$node->stop;
done_testing();

# Connections and how many of them are used at once: the high-water mark is
# exact; time in transactions, idle or active in them, is measured from outside
# by database and application and outlasts its sessions; and what is made of it.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $node = advisor_node('pools', q{
max_connections = 40
log_connections = on
restart_after_crash = on
});
$node->safe_psql('postgres', 'CREATE EXTENSION advisor CASCADE; CREATE ROLE nobody LOGIN; CREATE ROLE monitor LOGIN; GRANT pg_monitor TO monitor');

# Start a session of an application that reads a script, line by line.
sub start_session
{
	my ($application, $script) = @_;
	my $file = PostgreSQL::Test::Utils::tempdir . "/$application.sql";
	append_to_file($file, $script) unless -e $file;
	local $ENV{PGAPPNAME} = $application;
	return IPC::Run::start([ 'psql', '-X', '-q', '-A', '-t', '-d', $node->connstr('postgres') ],
		'<', $file, '>', \my $out, '2>', \my $err, IPC::Run::timeout(120));
}

sub finish_all
{
	$_->finish for @_;
	# the server's side of a session ends a little later
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'client backend'}) or die 'sessions remain';
}

sub count_logins
{
	my @logins = slurp_file($node->logfile) =~ /connection authorized/g;
	return scalar @logins;
}

# --- the high-water mark ---------------------------------------------------
my $before = count_logins();
my @sessions = map { start_session('many', "SELECT pg_sleep(600);\n") } 1 .. 12;
for (1 .. 600) { last if count_logins() == $before + 12; usleep(100_000) }
is(count_logins(), $before + 12, 'twelve sessions are connected');
# every look is at most 0.9 s after the one before
usleep(1_500_000);
is($node->safe_psql('postgres', 'SELECT connected, high_water FROM advisor._connections()'), '13|13', 'they and this one are the most so far');
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'many'});
$_->finish for @sessions;
$node->poll_query_until('postgres', 'SELECT connected = 1 FROM advisor._connections()') or die 'terminated sessions are still counted';
is($node->safe_psql('postgres', 'SELECT high_water, high_water_at BETWEEN since AND now(), used FROM advisor.connections WHERE scope = $$server$$'),
	'13|t|1', 'the mark stays when they are gone');
$node->poll_query_until('postgres', q{SELECT clients = 0 FROM advisor._concurrency() WHERE application_name = 'many'}) or die 'they are still seen';
is($node->safe_psql('postgres', q{SELECT sessions, max_clients, clients FROM advisor._concurrency() WHERE application_name = 'many'}),
	'12|12|0', 'they were seen, and their ends');
$node->psql('no such database', 'SELECT 1');
$node->psql('postgres', 'SELECT 1', extra_params => [ '-U', 'no such role' ]);
is($node->safe_psql('postgres', 'SELECT connected FROM advisor._connections()'), '1', 'refused connections leave nothing behind');

# --- time in transactions --------------------------------------------------
$node->restart;
is($node->safe_psql('postgres', 'SELECT high_water FROM advisor._connections()'), '1', 'the mark is that since the start');

my $seconds = 8;
@sessions = (
	(map { start_session('held', "BEGIN;\nSELECT 1;\n\\! sleep $seconds\nCOMMIT;\n") } 1 .. 3),
	(map { start_session('busy', "SELECT pg_sleep($seconds);\n") } 1 .. 2),
	(map { start_session('idle', "SELECT 1;\nSELECT 2;\n\\! sleep $seconds\nSELECT 3;\n") } 1 .. 4));

$node->poll_query_until('postgres', q{
	SELECT (SELECT max_held FROM advisor._concurrency() WHERE kind = 'server') >= 5
		AND (SELECT clients = 3 FROM advisor._concurrency() WHERE application_name = 'held')
		AND (SELECT transactions = 8 FROM advisor._concurrency() WHERE application_name = 'idle')}) or die 'the sessions are not seen';
pass('sessions, and transactions of running ones, are seen');
my $live = $node->safe_psql('postgres', q{SELECT mean_held * observed_time FROM advisor._concurrency() WHERE application_name = 'held'});
cmp_ok($live, '>', 0, 'time in transactions is seen while they run');
finish_all(@sessions);

# connection-seconds: connected, in a transaction, active; and the exact counts
sub measure
{
	my ($application) = @_;
	return split /\|/, $node->safe_psql('postgres', qq{
		SELECT mean_clients * observed_time, mean_held * observed_time, mean_active * observed_time, transactions, sessions, max_clients, max_held,
			session_time / 1000, round((mean_held * observed_time)::numeric, 6)
		FROM advisor._concurrency() WHERE application_name = '$application'});
}
sub is_about
{
	my ($value, $expected, $margin, $name) = @_;
	ok(abs($value - $expected) <= $margin, $name) or diag("$value instead of $expected +- $margin");
}

my @held = measure('held');
my @busy = measure('busy');
my @idle = measure('idle');
# a look stands for the time before it: each beginning and end may be some 0.25 s off
is_about($held[1], 3 * $seconds, 3, 'idle in transaction is held');
is_about($held[2], 0, 1, '... but not active');
is_about($busy[1], 2 * $seconds, 2, 'active is held');
is_about($busy[2], 2 * $seconds, 2, '... and active');
is_about($idle[0], 4 * $seconds, 5, 'idle sessions are connected');
is_about($idle[1], 0, 1.5, '... but hold nothing');
is_about($idle[7], 4 * $seconds, 5, 'how long sessions lasted is known');
is_deeply([ @held[ 3 .. 6 ] ], [ 3, 3, 3, 3 ], 'transactions, sessions, most connected and most held: held');
is_deeply([ @busy[ 3 .. 6 ] ], [ 2, 2, 2, 2 ], '... busy');
is_deeply([ @idle[ 3 .. 5 ] ], [ 12, 4, 4 ], '... idle');

$node->safe_psql('postgres', 'SELECT pg_sleep(1.5)');
is((measure('held'))[8], $held[8], 'what sessions held stays when they have gone');
is($node->safe_psql('postgres', q{
	SELECT abs(d.held - a.held) < 0.001 AND abs(s.held - d.held) < 0.001
	FROM (SELECT sum(mean_held * observed_time) AS held FROM advisor._concurrency() WHERE kind = 'application') a,
		(SELECT sum(mean_held * observed_time) AS held FROM advisor._concurrency() WHERE kind = 'database') d,
		(SELECT mean_held * observed_time AS held FROM advisor._concurrency() WHERE kind = 'server') s}), 't', 'the sums agree');

# the server adds up the same per database, on its own
$node->poll_query_until('postgres', q{SELECT active_time + idle_in_transaction_time > 35000 FROM pg_stat_database WHERE datname = 'postgres'});
my ($ours, $servers) = split /\|/, $node->safe_psql('postgres', q{
	SELECT c.mean_held * c.observed_time, (s.active_time + s.idle_in_transaction_time) / 1000
	FROM advisor._concurrency() c JOIN pg_stat_database s ON s.datid = c.dbid
	WHERE c.kind = 'database' AND s.datname = 'postgres'});
is_about($ours, $servers, 0.15 * $servers, 'it agrees with pg_stat_database');

# --- what is made of it ----------------------------------------------------
$node->safe_psql('postgres', q{
	UPDATE advisor.settings SET value = 0 WHERE name = 'pool_minutes';
	UPDATE advisor.settings SET value = 9 WHERE name = 'pool_clients';
	UPDATE advisor.settings SET value = 1 WHERE name = 'pool_ratio'});
is($node->safe_psql('postgres', q{
	SELECT application_name, pool_mode, max_clients, transaction_pool_size > mean_held, default_pool_size = transaction_pool_size,
		pgbouncer_ini ~ 'postgres_held = .* pool_mode=transaction pool_size='
	FROM advisor.pool_advice WHERE application_name = 'held'}), 'held|transaction|3|t|t|t', 'advice for an application');
is($node->safe_psql('postgres', q{SELECT finding_key, severity, evidence ->> 'pool_mode' FROM advisor.pools_findings WHERE check_id = 'pool_advice'}),
	'pool_advice:postgres|low|transaction', 'the database is found to need a pool');
$node->safe_psql('postgres', q{UPDATE advisor.settings SET value = 100 WHERE name = 'active_per_cpu'});
is($node->safe_psql('postgres', q{SELECT count(*) FROM advisor.pools_findings WHERE check_id = 'too_many_active'}), '0', 'few active connections are not too many');
$node->safe_psql('postgres', q{UPDATE advisor.settings SET value = 0.1 WHERE name = 'active_per_cpu'});
is($node->safe_psql('postgres', q{
	SELECT (SELECT count(*) FROM advisor.pools_findings WHERE check_id = 'too_many_active')
		= (SELECT count(*) FROM advisor._concurrency() c, advisor._system() s
			WHERE c.kind = 'server' AND GREATEST(c.peak_active, c.mean_active) > s.cpus * 0.1)}), 't', 'more than the setting are');
$node->safe_psql('postgres', q{UPDATE advisor.settings SET value = 40 WHERE name = 'pool_clients'});
is($node->safe_psql('postgres', q{SELECT count(*) FROM advisor.pools_findings WHERE check_id = 'pool_advice'}), '0', 'a database with few connections needs none');
$node->safe_psql('postgres', q{UPDATE advisor.settings SET value = 9 WHERE name = 'pool_clients'});

$node->safe_psql('postgres', 'LISTEN news');
is($node->safe_psql('postgres', q{
	SELECT pool_mode, session_features, default_pool_size = max_clients FROM advisor.pool_advice WHERE application_name = 'idle'}),
	'session|{"LISTEN (1 call)"}|t', 'LISTEN needs a session');
is($node->safe_psql('postgres', q{SELECT severity FROM advisor.pools_findings WHERE check_id = 'pool_advice'}), 'info', '... and the advice is only information');

# --- rights ----------------------------------------------------------------
is($node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM advisor.pool_advice), (SELECT count(used) FROM advisor.connections), (SELECT count(*) FROM advisor.pools_findings)',
	extra_params => [ '-U', 'nobody' ]), '0|0|0', 'who may not see sessions sees no numbers, and no error');
is($node->safe_psql('postgres', 'SELECT (SELECT count(*) > 3 FROM advisor.pool_advice), (SELECT high_water >= 10 FROM advisor.connections WHERE scope = $$server$$), (SELECT count(*) > 0 FROM advisor.pools_findings)',
	extra_params => [ '-U', 'monitor' ]), 't|t|t', 'a member of pg_monitor sees them');

# --- more applications than there is room for --------------------------------
$node->safe_psql('postgres', "SELECT 1", extra_params => [ '-d', $node->connstr('postgres') . " application_name=app$_" ]) for 1 .. 140;
is($node->safe_psql('postgres', q{SELECT count(*) <= 128, sum(sessions) FILTER (WHERE kind IN ('application', 'other')) = sum(sessions) FILTER (WHERE kind = 'server'),
	sum(sessions) FILTER (WHERE kind = 'other') > 0 FROM advisor._concurrency()}), 't|t|t', 'too many applications are counted together');

# --- a crash ---------------------------------------------------------------
@sessions = map { start_session('victim', "SELECT pg_sleep(600);\n") } 1 .. 3;
$node->poll_query_until('postgres', q{SELECT count(*) = 3 FROM pg_stat_activity WHERE application_name = 'victim' AND state = 'active'});
my $pid = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE application_name = 'victim' LIMIT 1});
kill 'KILL', $pid;
$_->finish for @sessions;
$node->poll_query_until('postgres', 'SELECT connected = 1 AND high_water = 1 FROM advisor._connections()') or die 'connections of the dead are counted';
pass('after a crash all begins anew');
$node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM advisor._concurrency() WHERE application_name <> '' AND observed_time > 0}) or die 'nothing is sampled after a crash';

# --- switched off ----------------------------------------------------------
$node->append_conf('postgresql.conf', 'advisor.wait_interval = 0');
$node->restart;
is($node->safe_psql('postgres', q{SELECT string_agg(check_id, ' ' ORDER BY check_id) FROM advisor._pools_skips() WHERE reason ~ 'wait_interval'}),
	'pool_advice short_sessions too_many_active', 'without the sampler, checks are skipped and say why');

done_testing();

# Advice on settings, from counters that are real: spilled sorts, requested
# checkpoints, sessions left idle; its SQL runs, and its undo makes the
# configuration exactly what it was.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use AdvisorNode;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = advisor_node('configuration', q{
max_wal_size = 32MB
min_wal_size = 32MB
max_wal_senders = 3
wal_level = replica
hot_standby = on
work_mem = 64kB
jit = off
max_parallel_workers_per_gather = 0
advisor.sample_rate = 1
});

sub q1 { return $node->safe_psql('postgres', $_[0]) }

sub run_as
{
	my ($role, $query) = @_;
	return $node->safe_psql('postgres', $query, extra_params => [ '-U', $role ]);
}

# what one row says of a setting
sub advice
{
	my ($name, $column) = @_;
	return q1("SELECT $column FROM advisor.configuration_advice WHERE name = '$name'");
}

# a statement of several lines, each by itself: ALTER SYSTEM takes no transaction
sub run_lines
{
	q1($_) foreach grep { /\S/ && !/^--/ } split /\n/, $_[0];
	# reloads take a moment
	$node->poll_query_until('postgres', 'SELECT ' . $_[1]) or die "$_[1] did not come true" if $_[1];
}

sub auto_conf { return slurp_file($node->data_dir . '/postgresql.auto.conf') }

q1('CREATE EXTENSION advisor CASCADE');
q1('CREATE ROLE app LOGIN; CREATE ROLE "Mon itor" LOGIN IN ROLE pg_monitor; CREATE ROLE nobody LOGIN; GRANT ALL ON SCHEMA public TO app');

# a setting from the file, and one that ALTER SYSTEM has written
my $before = auto_conf();
is(advice('fsync', 'severity'), 'critical', 'fsync = off is critical');
my ($do, $undo) = (advice('fsync', 'alter_system'), advice('fsync', 'undo'));
run_lines($do, q{current_setting('fsync') = 'on'});
is(advice('fsync', 'count(*)'), '0', 'and gone once its SQL has run');
run_lines($undo, q{current_setting('fsync') = 'off'});
is(auto_conf(), $before, 'the undo makes the file what it was');

q1('ALTER SYSTEM SET full_page_writes = off');
run_lines('SELECT pg_reload_conf()', q{current_setting('full_page_writes') = 'off'});
$before = auto_conf();
($do, $undo) = (advice('full_page_writes', 'alter_system'), advice('full_page_writes', 'undo'));
like($undo, qr/^ALTER SYSTEM SET full_page_writes = 'off';/, 'what ALTER SYSTEM has written is set again');
is( run_as('Mon itor', q{SELECT undo FROM advisor.configuration_advice WHERE name = 'full_page_writes'}),
	$undo, 'a member of pg_monitor is told the same');
run_lines($do, q{current_setting('full_page_writes') = 'on'});
run_lines($undo, q{current_setting('full_page_writes') = 'off'});
is(auto_conf(), $before, 'and the file is what it was');
q1('ALTER SYSTEM RESET full_page_writes');
run_lines('SELECT pg_reload_conf()', q{current_setting('full_page_writes') = 'on'});

# spilled sorts, of one role of two: four statements
q1('CREATE TABLE work AS SELECT g AS id, md5(g::text) AS a FROM generate_series(1, 20000) g; GRANT SELECT ON work TO app; ANALYZE work');
my @sorts = (
	'SELECT count(*) FROM (SELECT a FROM work ORDER BY a OFFSET 0) x',
	'SELECT max(a) FROM (SELECT a FROM work ORDER BY a, id OFFSET 0) x',
	'SELECT min(a) FROM (SELECT a FROM work ORDER BY a DESC OFFSET 0) x',
	'SELECT min(a), max(a) FROM (SELECT a FROM work ORDER BY a DESC, id OFFSET 0) x');
run_as('app', $_) foreach @sorts[ 0, 1 ];
is(advice('work_mem', 'scope'), 'statement', 'what two statements spill is their matter');
is(q1(q{SELECT count(*) FROM advisor.configuration_findings WHERE check_id = 'work_mem'}), '0', 'and no finding, as sort_spill is');
run_as('app', $_) foreach @sorts[ 2, 3 ];
is(advice('work_mem', q{concat_ws(' ', check_id, scope, recommended > '1', (evidence ->> 'statements'), evidence -> 'roles', evidence ->> 'bound_mb' <> '', needs_restart)}),
	'work_mem role t 4 ["app"] t f', 'what four statements of one role spill is its matter');
$before = q1('SELECT setconfig FROM pg_db_role_setting');
is(q1(q{SELECT object FROM advisor.configuration_findings WHERE finding_key = 'work_mem:work_mem'}), 'role app', 'a finding of that role');
($do, $undo) = (advice('work_mem', 'alter_system'), advice('work_mem', 'undo'));
like($do, qr/^ALTER ROLE app SET work_mem = '\d+MB';$/, 'ALTER ROLE');
run_lines($do);
unlike(run_as('app', 'SHOW work_mem'), qr/64kB/, 'it works');
is(advice('work_mem', 'count(*)'), '0', 'and is not said again');
run_lines($undo);
is(q1('SELECT setconfig FROM pg_db_role_setting'), $before, 'and can be undone');
q1(q{ALTER ROLE app SET work_mem = '100kB'});
is(advice('work_mem', 'undo'), q{ALTER ROLE app SET work_mem = '100kB';}, 'what the role had before is set again');
q1(q{ALTER ROLE app RESET work_mem});
# of all roles
q1($_) foreach @sorts;
is(advice('work_mem', 'scope'), 'server', 'what all spill is a matter of the server');
($do, $undo) = (advice('work_mem', 'alter_system'), advice('work_mem', 'undo'));
like($do, qr/^ALTER SYSTEM SET work_mem = '\d+MB';\nSELECT pg_reload_conf\(\);$/, 'ALTER SYSTEM');
run_lines($do, q{current_setting('work_mem') <> '64kB'});
is(advice('work_mem', 'count(*)'), '0', 'what fits by now is no matter any more');
run_lines($undo, q{current_setting('work_mem') = '64kB'});
is(run_as('nobody', q{SELECT count(*) FROM advisor.configuration_advice WHERE name = 'work_mem'}), '0', 'who may not see statements is not told');
is(run_as('Mon itor', q{SELECT count(*) FROM advisor.configuration_advice WHERE name = 'work_mem'}), '1', 'a member of pg_monitor is');
# checkpoints: commands are not a matter of max_wal_size
q1('CHECKPOINT') foreach 1 .. 5;
is(advice('max_wal_size', 'count(*)'), '0', 'CHECKPOINT commands say nothing of max_wal_size');
my $counter = 'SELECT sum(requested) FROM advisor._checkpoint_counters';
q1('CREATE TABLE filler (t text)');
foreach (1 .. 5)
{
	my $count = q1($counter);
	q1(q{INSERT INTO filler SELECT repeat(md5(g::text), 50) FROM generate_series(1, 20000) g}) for 1 .. 2;
	$node->poll_query_until('postgres', "SELECT ($counter) > $count") or die 'no checkpoint';
}
is(advice('max_wal_size', q{check_id || ' ' || (pg_size_bytes(recommended) >= pg_size_bytes('64MB')) || ' ' || needs_restart || ' ' || ((evidence ->> 'requested_by_wal')::int >= 3)}),
	'max_wal_size true false true', 'a full pg_wal does');
is(q1(q{SELECT source FROM advisor.checkpoints}), 'counters', 'by all that the counters say');
like(advice('max_wal_size', 'alter_system'), qr/^ALTER SYSTEM SET max_wal_size = '\d+MB';\nSELECT pg_reload_conf\(\);$/, 'ALTER SYSTEM');
is(q1(q{SELECT count(*) FROM advisor.configuration_findings WHERE check_id IN ('max_wal_size', 'checkpoints_requested')}), '1', 'a finding, and only one');
run_lines(advice('max_wal_size', 'undo'));

# an idle session, and a long statement
my $in = '';
my $idle = IPC::Run::start(
	[ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-c', 'BEGIN', '-c', 'SELECT 1', '-c', '\! sleep 4' ], '<', \$in, '>', \my $ignored);
is(advice('idle_in_transaction_session_timeout', 'count(*)'), '0', 'five minutes are allowed');
q1(q{UPDATE advisor.settings SET value = 0.001 WHERE name = 'timeout_idle_minutes'});
q1(q{UPDATE advisor.settings SET value = 0.05 WHERE name = 'timeout_statement_minutes'});
$node->poll_query_until('postgres', q{SELECT (SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND state_change < now() - interval '0.1 s') = 1})
	or die 'nobody is idle';
is(advice('idle_in_transaction_session_timeout', q{check_id || ' ' || (evidence ->> 'sessions_now') || ' ' || severity || ' ' || recommended}),
	'idle_in_transaction_timeout 1 medium 0.06s', 'a session that is idle in transaction is found');
$idle->finish;
is(advice('statement_timeout', 'count(*)'), '0', 'superusers may take their time');
run_as('app', 'SELECT pg_sleep(3.1)');
is(advice('statement_timeout', q{scope || ' ' || alter_system || ' ' || undo}),
	q{role ALTER ROLE app SET statement_timeout = '3s'; ALTER ROLE app RESET statement_timeout;}, 'applications may not');
run_lines(advice('statement_timeout', 'alter_system'));
is(advice('statement_timeout', 'count(*)'), '0', 'and that is said once');
q1('UPDATE advisor.settings SET value = default_value');

# a file with an error
my $conf = slurp_file($node->data_dir . '/postgresql.conf');
$node->append_conf('postgresql.conf', "seq_page_cost = 'nonsense'");
is(q1(q{SELECT finding_key, severity FROM advisor.configuration_findings WHERE check_id = 'configuration_file_error'}),
	'configuration_file_error:seq_page_cost|medium', 'an error in a file is found before the next restart');
open(my $file, '>', $node->data_dir . '/postgresql.conf') or die;
print $file $conf;
close $file;
is(q1(q{SELECT count(*) FROM advisor.configuration_findings WHERE check_id = 'configuration_file_error'}), '0', 'and gone when it is');

# a restart that waits
is(advice('max_connections', 'count(*)'), '0', 'nothing waits for a restart');
q1('ALTER SYSTEM SET max_connections = 37');
run_lines('SELECT pg_reload_conf()', q{(SELECT pending_restart FROM pg_settings WHERE name = 'max_connections')});
is(advice('max_connections', q{check_id || ' ' || needs_restart || ' ' || (alter_system IS NULL) || ' ' || (evidence ->> 'in_auto_conf')}),
	'pending_restart true true 37', 'a setting that waits for a restart is found');
is(q1(q{SELECT needs_restart FROM advisor.configuration_findings WHERE finding_key = 'pending_restart:max_connections'}), 't', 'as a finding');
$node->restart;
is(advice('max_connections', 'count(*)'), '0', 'and gone after it');

# a standby, and who may see nothing, get what there is
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('configuration_standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
foreach my $role ('nobody', 'Mon itor')
{
	foreach my $view (qw(checkpoints temp_files configuration_advice configuration_findings cache_candidates materialized_view_candidates caching_findings))
	{
		my ($rc, $out, $err) = $standby->psql('postgres', "SELECT count(*) >= 0 FROM advisor.$view", extra_params => [ '-U', $role ]);
		is("$out$err", 't', "$view on a standby as $role");
	}
}
is( $standby->safe_psql('postgres', q{SELECT DISTINCT reason FROM advisor._configuration_skips() WHERE check_id = 'max_wal_size'}),
	'a standby writes no WAL of its own', 'it says what cannot be known there');

done_testing();

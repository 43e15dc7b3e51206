# A primary and its standby: lag and where reads should go, slots and what they
# keep, archiving, synchronous standbys; as both servers see it.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 'logical');
$primary->append_conf(
	'postgresql.conf', q{
shared_preload_libraries = 'pg_stat_statements,advisor'
compute_query_id = on
autovacuum = off
fsync = off
max_wal_size = '64MB'
});
$primary->start;
$primary->safe_psql('postgres', q{
	CREATE EXTENSION advisor CASCADE;
	CREATE ROLE monitor LOGIN IN ROLE pg_monitor;
	CREATE ROLE nobody LOGIN;
	CREATE TABLE work (id int)});
$primary->backup('backup');
$primary->safe_psql('postgres', q{SELECT pg_create_physical_replication_slot('mirror')});

my $standby = PostgreSQL::Test::Cluster->new('mirror');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->append_conf('postgresql.conf', qq{
primary_slot_name = 'mirror'
wal_receiver_status_interval = 1
});
$standby->start;
$primary->wait_for_catchup($standby);

# Set settings of advisor; the standby gets them as well.
sub set
{
	my (%settings) = @_;
	$primary->safe_psql('postgres', join ';', map { "UPDATE advisor.settings SET value = $settings{$_} WHERE name = '$_'" } sort keys %settings);
	return;
}

sub findings
{
	my ($node, $what, $condition, @options) = @_;
	return $node->safe_psql('postgres', qq{SELECT $what FROM (SELECT * FROM advisor.replication_findings ORDER BY finding_key COLLATE "C") f WHERE $condition}, @options);
}

my $ours = q{check_id NOT IN ('disk_full')};

# Idle and caught up, on both sides, is not behind
# (other processes of the server write some WAL now and then)
ok( $primary->poll_query_until('postgres', 'SELECT kind, name, slot_name, state, sync_state, write_lag_bytes, flush_lag_bytes, replay_lag_bytes, write_lag, flush_lag, replay_lag, routing, reason FROM advisor.replication_lag',
		'standby|mirror|mirror|streaming|async|0|0|0|0|0|0|replica|it is not behind'), 'an idle standby');
ok($standby->poll_query_until('postgres', 'SELECT kind, slot_name, state, replay_lag_bytes, replay_lag, is_paused, routing, reason FROM advisor.replication_lag',
	'this standby|mirror|streaming|0|0|f|replica|it is not behind'), 'as it sees itself');
is(findings($_, 'check_id', $ours), '', 'nothing is wrong on ' . $_->name) foreach $primary, $standby;
foreach my $node ($primary, $standby)
{
	foreach my $user ('monitor', 'nobody')
	{
		is($node->safe_psql('postgres', q{SELECT count(*) FROM advisor.replication_lag; SELECT count(*) FROM advisor.replication_slots; SELECT count(*) >= 0 FROM advisor.replication_findings; SELECT count(*) >= 0 FROM advisor.activity_findings}, extra_params => [ '-U', $user ]),
			($node == $primary ? "1\n1" : "1\n0") . "\nt\nt", "all can be read on " . $node->name . " by $user");
	}
}
is($primary->safe_psql('postgres', 'SELECT replay_lag_bytes, replay_lag, routing, reason FROM advisor.replication_lag', extra_params => [ '-U', 'nobody' ]),
	'||primary|its state is for members of pg_monitor to see', 'what is not seen is not trusted');
is( $primary->safe_psql('postgres', q{SELECT string_agg(check_id, ' ' ORDER BY check_id) FROM advisor.checks WHERE status = 'skipped' AND (category = 'replication' OR check_id = 'disk_full')}, extra_params => [ '-U', 'nobody' ]),
	'disk_full replication_conflict replication_lag sync_standby_missing', 'which is said');

# Paused replay: the lag grows, and reads go elsewhere
my $routing = 'SELECT routing FROM advisor.replication_lag';
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
$standby->poll_query_until('postgres', q{SELECT pg_get_wal_replay_pause_state() = 'paused'}) or die;
is($standby->safe_psql('postgres', "SELECT is_paused, routing, reason FROM advisor.replication_lag"), 't|primary|replay is paused', 'paused, on the standby');
set(replica_lag_ok => 1, replica_lag_cache => 100);
$primary->safe_psql('postgres', 'INSERT INTO work SELECT generate_series(1, 100000)');
# the primary learns of time from what is sent after that
$primary->poll_query_until('postgres', "WITH more AS (INSERT INTO work VALUES (0)) SELECT ($routing) = 'replica with cache' AND (SELECT replay_lag > 1000 FROM advisor.replication_lag)") or die;
is($primary->safe_psql('postgres', 'SELECT replay_lag_bytes > 1000000, flush_lag_bytes < 1000000, routing FROM advisor.replication_lag'), 't|t|replica with cache', 'behind, but not too far for what a cache may answer');
is(findings($primary, 'check_id', $ours), '', 'no finding so far');
set(replica_lag_ok => 0, replica_lag_cache => 1);
is($primary->safe_psql('postgres', $routing), 'primary', 'too far for another threshold');
is(findings($primary, 'finding_key, severity', $ours), 'replication_lag:standby:mirror|medium', 'which is a finding');
like(findings($primary, 'title', $ours), qr/^Standby mirror is behind by \d+ m?s$/, 'with the time');
set(replica_lag_cache => 60, replica_lag_size => 1);
is(findings($primary, 'finding_key, severity', $ours), 'replication_lag:standby:mirror|medium', 'so is the size');
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_resume()');
$primary->wait_for_catchup($standby);
$primary->poll_query_until('postgres', "SELECT ($routing) = 'replica'") or die;
is(findings($primary, 'check_id', $ours), '', 'when it goes on, all is well');

# A standby whose primary is gone does not know how far it is behind
$primary->stop('immediate');
$standby->poll_query_until('postgres', q{SELECT state = 'not connected' FROM advisor.replication_lag}) or die;
is($standby->safe_psql('postgres', 'SELECT replay_lag IS NULL, routing, reason FROM advisor.replication_lag'), 't|primary|it is not connected to its primary', 'no primary');
is(findings($standby, 'finding_key, severity', $ours), 'replication_lag:this standby:mirror|high', 'is a finding there');
is($standby->safe_psql('postgres', q{SELECT count(*) FROM advisor.checks WHERE status = 'skipped' AND reason LIKE 'it failed%'}), '0', 'no check fails on a standby');
$primary->start;

# A conflict
$standby->poll_query_until('postgres', q{SELECT state = 'streaming' FROM advisor.replication_lag}) or die;
$standby->append_conf('postgresql.conf', q{max_standby_streaming_delay = '10ms'});
$standby->reload;
my ($in, $out, $err) = ('', '', '');
my $reader = IPC::Run::start([ 'psql', '-X', '-q', '-d', $standby->connstr('postgres') ], '<', \$in, '>', \$out, '2>', \$err, IPC::Run::timeout(60));
$in .= "BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT count(*) FROM work;\n";
$reader->pump until $out =~ /\d+/;
$primary->safe_psql('postgres', 'DROP TABLE work');
$primary->wait_for_catchup($standby);
$standby->poll_query_until('postgres', q{SELECT confl_lock > 0 FROM pg_stat_database_conflicts WHERE datname = 'postgres'}) or die;
is(findings($standby, 'finding_key, severity, undo_sql', $ours), "replication_conflict:postgres|low|ALTER SYSTEM RESET max_standby_streaming_delay;\nSELECT pg_catalog.pg_reload_conf();", 'a query that replay has cancelled');
$reader->kill_kill;

# Nobody reads from a slot
$standby->stop;
$primary->poll_query_until('postgres', q{SELECT NOT active FROM pg_replication_slots}) or die;
set(slot_retained_wal => 1);
is(findings($primary, 'check_id', $ours), '', 'a slot that keeps little');
$primary->safe_psql('postgres', q{CREATE TABLE fill AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 5000)});
my $slot = q{SELECT slot_name, active, retained_bytes > 4000000, wal_bytes_per_day > 0, disk_full_at > now(), lost_at FROM advisor.replication_slots};
is($primary->safe_psql('postgres', $slot), 'mirror|f|t|||', 'one that keeps more, with no rate yet');
is(findings($primary, 'finding_key, severity, remedy_sql, undo_sql', $ours), q{replication_slot:mirror|medium|SELECT pg_catalog.pg_drop_replication_slot('mirror');|}, 'is a finding');
like(findings($primary, 'detail', $ours), qr/not known: schedule SELECT advisor\.observe\(\)/, 'which says what is not known');
$primary->safe_psql('postgres', q{INSERT INTO advisor.observations VALUES (now() - interval '2 hours', 'wal_lsn', '', 0)});
is($primary->safe_psql('postgres', $slot), 'mirror|f|t|t|t|', 'with a rate, there is a date');
# as much WAL as is free, in a day and a half
$primary->safe_psql('postgres', q{
	DELETE FROM advisor.observations;
	INSERT INTO advisor.observations SELECT now() - interval '2 hours', 'wal_lsn', '',
		(SELECT (pg_current_wal_lsn() - '0/0') - wal_disk_free::numeric / 18 FROM advisor.replication_slots)});
is(findings($primary, q{finding_key, severity, round((evidence ->> 'wal_bytes_per_day')::numeric / (evidence ->> 'wal_disk_free')::numeric, 1)}, $ours),
	'replication_slot:mirror|high|0.7', 'a disk that will be full soon');
$primary->append_conf('postgresql.conf', q{max_slot_wal_keep_size = '32MB'});
$primary->reload;
$primary->poll_query_until('postgres', q{SELECT max_slot_wal_keep_size = 33554432 FROM advisor.replication_slots}) or die;
is($primary->safe_psql('postgres', q{SELECT disk_full_at, lost_at < now() + interval '1 day' FROM advisor.replication_slots}), '|t', 'with a limit, the slot is lost instead');
is(findings($primary, 'finding_key, severity', $ours), "replication_slot:mirror|medium\nslot_lost:mirror|high", 'both is said');
like(findings($primary, 'remedy_sql || undo_sql', q{check_id = 'slot_lost'}), qr/^ALTER SYSTEM SET max_slot_wal_keep_size = '64MB';\n.*ALTER SYSTEM RESET max_slot_wal_keep_size;/s, 'and how to keep it');
$primary->safe_psql('postgres', 'SELECT pg_switch_wal(); CREATE TABLE w AS SELECT 1; CHECKPOINT; DROP TABLE w') for (1 .. 4);
is($primary->safe_psql('postgres', 'SELECT wal_status, invalidation_reason FROM advisor.replication_slots'), 'lost|wal_removed', 'it is lost');
is(findings($primary, 'finding_key, severity, remedy_sql', $ours), q{slot_lost:mirror|high|SELECT pg_catalog.pg_drop_replication_slot('mirror');}, 'which is another thing');
$primary->safe_psql('postgres', findings($primary, 'remedy_sql', $ours));
is(findings($primary, 'check_id', $ours), '', 'and can be cleared away');

# Synchronous standbys that are not there
$primary->append_conf('postgresql.conf', q{synchronous_standby_names = 'ANY 2 (mirror, other)'});
$primary->reload;
$primary->poll_query_until('postgres', q{SELECT current_setting('synchronous_standby_names') <> ''}) or die;
is(findings($primary, q{finding_key, severity, evidence ->> 'wanted', evidence ->> 'present'}, $ours), 'sync_standby_missing:server|high|2|0', 'synchronous standbys are missing');
$primary->append_conf('postgresql.conf', q{synchronous_standby_names = ''});

# Archiving that fails
$primary->append_conf('postgresql.conf', "archive_mode = on\narchive_command = 'false'");
$primary->restart;
is(findings($primary, 'check_id', $ours), '', 'nothing to archive yet');
$primary->safe_psql('postgres', 'CREATE TABLE w AS SELECT 1; SELECT pg_switch_wal()');
$primary->poll_query_until('postgres', 'SELECT failed_count > 0 FROM pg_stat_archiver') or die;
is(findings($primary, q{finding_key, severity, (evidence ->> 'waiting')::int > 0, (evidence ->> 'failed_count')::int > 0}, $ours), 'archive_failing:server|high|t|t', 'archiving fails');
is(findings($primary, q{finding_key, evidence ->> 'waiting'}, $ours, extra_params => [ '-U', 'nobody' ]), 'archive_failing:server|', 'to who may not see the files, too');
$primary->append_conf('postgresql.conf', "archive_command = 'true'");
$primary->reload;
$primary->poll_query_until('postgres', q{SELECT last_archived_time > last_failed_time FROM pg_stat_archiver}) or die;
is(findings($primary, 'check_id', $ours), '', 'it works again');

# Disks: whatever they are, there is a threshold
$primary->safe_psql('postgres', q{UPDATE advisor.settings SET value = 100 WHERE name = 'disk_free_percent'});
like(findings($primary, 'DISTINCT check_id', q{check_id = 'disk_full'}), qr/^disk_full$/, 'a disk that is too full');
$primary->safe_psql('postgres', q{
	UPDATE advisor.settings SET value = 0 WHERE name = 'disk_free_percent';
	UPDATE advisor.settings SET value = 3650 WHERE name = 'disk_full_days'});
is(findings($primary, 'check_id', q{check_id = 'disk_full'}), '', 'nothing is known of growth');
$primary->safe_psql('postgres', q{INSERT INTO advisor.observations
	SELECT now() - interval '2 hours', 'database_size', 'postgres', (SELECT sum(bytes) FROM advisor._relation_sizes()) - data_disk_free / 48.0 FROM advisor._system()});
is(findings($primary, q{severity, round((evidence ->> 'days')::numeric)}, q{check_id = 'disk_full'}), 'high|4', 'until it is');

# 18 gives up slots that nobody reads: they hold nothing any more
if ($primary->pg_version >= 18)
{
	$primary->safe_psql('postgres', q{SELECT pg_create_logical_replication_slot('idle', 'test_decoding'); CREATE TABLE more (id int)});
	is($primary->safe_psql('postgres', q{SELECT count(*) FROM advisor.xmin_horizon WHERE name = 'idle'}), '1', 'a slot holds old rows of catalogs');
	$primary->append_conf('postgresql.conf', "idle_replication_slot_timeout = '1s'");
	$primary->reload;
	$primary->safe_psql('postgres', 'SELECT pg_sleep(2)');
	$primary->safe_psql('postgres', 'CHECKPOINT');
	$primary->poll_query_until('postgres', q{SELECT invalidation_reason = 'idle_timeout' FROM advisor.replication_slots WHERE slot_name = 'idle'}) or die;
	like(findings($primary, 'title || detail', q{finding_key = 'slot_lost:idle'}),
		qr/Replication slot idle is lost \(idle_timeout\)Nobody has read from it for idle_replication_slot_timeout/, 'one that is given up is lost');
	is(findings($primary, 'count(*)', q{finding_key = 'replication_slot:idle'}), '0', 'it keeps no WAL');
	is($primary->safe_psql('postgres', q{SELECT count(*) FROM advisor.xmin_horizon WHERE name = 'idle'}), '0', 'and no rows');
}

$primary->stop;
done_testing();

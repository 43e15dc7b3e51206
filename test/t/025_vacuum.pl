# Why autovacuum has not been there, who holds the xmin horizon, and the end of
# transaction ids and multixacts: what takes an autovacuum that works, sessions
# that are in the way, a standby, or small limits.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Autovacuum is on, but comes only when it is told to.
my $node = PostgreSQL::Test::Cluster->new('vacuum');
$node->init(allows_streaming => 'logical');
$node->append_conf(
	'postgresql.conf', q{
shared_preload_libraries = 'pg_stat_statements,advisor'
compute_query_id = on
fsync = off
autovacuum = on
autovacuum_naptime = 1d
autovacuum_max_workers = 1
autovacuum_freeze_max_age = 100000
autovacuum_multixact_freeze_max_age = 100000
max_prepared_transactions = 5
});
$node->start;
$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION advisor CASCADE;
	CREATE ROLE watcher LOGIN IN ROLE pg_monitor;
	CREATE ROLE nobody LOGIN;
	UPDATE advisor.settings SET value = 0.1 WHERE name = 'dead_tuples_mb';
	CREATE TABLE due (id int, note text) WITH (autovacuum_analyze_threshold = 1000000);
	CREATE TABLE behind (LIKE due);
	CREATE TABLE late (LIKE due) WITH (autovacuum_vacuum_threshold = 1000000, autovacuum_analyze_threshold = 1000000);
	CREATE TABLE well (LIKE due);
	INSERT INTO due SELECT g, repeat('x', 100) FROM generate_series(1, 20000) g;
	INSERT INTO behind SELECT * FROM due;
	INSERT INTO late SELECT * FROM due;
	INSERT INTO well SELECT * FROM due;
	CREATE TABLE locked AS SELECT 1 AS id;
	SELECT pg_stat_force_next_flush();
});
$node->safe_psql('postgres', 'VACUUM (ANALYZE) due, behind, late, well');
$node->safe_psql(
	'postgres', q{
	DELETE FROM due WHERE id <= 5000;
	DELETE FROM behind WHERE id <= 15000;
	DELETE FROM late WHERE id <= 10000;
	SELECT pg_stat_force_next_flush();
});

my $reasons = q{SELECT relname, reason FROM advisor.autovacuum_lag
	WHERE relname IN ('due', 'behind', 'late', 'well') AND NOT is_toast ORDER BY relname};
my $keys = q{SELECT finding_key FROM advisor.vacuum_findings WHERE object LIKE 'public.%' ORDER BY 1};
is($node->safe_psql('postgres', $reasons), "behind|unknown\ndue|just due\nlate|threshold\nwell|", 'what is due, and what only seems so');
is($node->safe_psql('postgres', $keys), "autovacuum_lag:public.behind\ndead_tuples:public.late", 'who is behind is a finding');
is($node->safe_psql('postgres', q{SELECT remedy_sql, undo_sql FROM advisor.vacuum_findings WHERE object = 'public.late'}),
	"ALTER TABLE public.late SET (autovacuum_vacuum_scale_factor = 0.037, autovacuum_vacuum_threshold = 1000);\nVACUUM public.late;"
	  . "|ALTER TABLE public.late RESET (autovacuum_vacuum_scale_factor);\nALTER TABLE public.late SET (autovacuum_vacuum_threshold = 1000000);",
	'a threshold that is too high is lowered, and can be set again');

# Somebody lets no vacuum in.
my $session = $node->background_psql('postgres');
sub in_session
{
	my ($sql) = @_;
	return $session->query_safe($sql);
}
in_session('BEGIN; LOCK TABLE behind IN SHARE MODE');
is($node->safe_psql('postgres', q{SELECT reason, reason_detail ~ 'ShareLock' FROM advisor.autovacuum_lag WHERE relname = 'behind' AND NOT is_toast}),
	'locked|t', 'a lock is seen');
my $pid = in_session('SELECT pg_backend_pid()');
is($node->safe_psql('postgres', q{SELECT remedy_sql FROM advisor.vacuum_findings WHERE finding_key = 'autovacuum_lag:public.behind'}),
	"SELECT pg_terminate_backend($pid);\nVACUUM (ANALYZE) public.behind;", 'and whose');
in_session('ROLLBACK');

# Somebody may still want to see the dead rows.
in_session('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM well');
$node->safe_psql('postgres', q{DELETE FROM behind; DELETE FROM well WHERE id <= 10000});
$node->safe_psql('postgres', 'VACUUM behind, well');
is( $node->safe_psql('postgres', q{SELECT relname, reason FROM advisor.autovacuum_lag WHERE relname IN ('behind', 'well') AND NOT is_toast ORDER BY 1}),
	"behind|xmin horizon\nwell|xmin horizon", 'vacuum was there in vain');
is( $node->safe_psql('postgres', q{SELECT holder, name, state, holds, is_oldest, dead_rows >= 15000, remedy_sql FROM advisor.xmin_horizon}),
	"backend|$pid|idle in transaction|tables|t|t|SELECT pg_terminate_backend($pid);", 'who holds the horizon');
like($node->safe_psql('postgres', q{SELECT finding_key, severity, evidence -> 'tables_behind' FROM advisor.vacuum_findings WHERE check_id = 'xmin_horizon'}),
	qr/^xmin_horizon:backend:postgres \S+ 025_vacuum.*\|low\|2$/, 'that is a finding, with what it does');
is($node->safe_psql('postgres', q{SELECT count(*) FROM advisor.vacuum_findings WHERE check_id = 'autovacuum_lag' AND object LIKE 'public.%'}), '0', 'and not one for each table');
like($node->safe_psql('postgres', 'SELECT query FROM advisor.xmin_horizon', extra_params => [ '-U', 'watcher' ]),
	qr/FROM well/, 'a member of pg_monitor sees what it does');
is($node->safe_psql('postgres', 'SELECT query FROM advisor.xmin_horizon', extra_params => [ '-U', 'nobody' ]), '<insufficient privilege>', 'others do not');
$session->quit;
is($node->safe_psql('postgres', 'SELECT count(*) FROM advisor.xmin_horizon'), '0', 'nobody holds it any more');
$node->safe_psql('postgres', 'VACUUM (ANALYZE)');
is($node->safe_psql('postgres', $keys), '', 'vacuum has done its work');

# A slot holds back catalogs, not tables.
$node->safe_psql('postgres', q{SELECT pg_create_logical_replication_slot('forgotten', 'pgoutput')});
is($node->safe_psql('postgres', 'SELECT holder, name, state, holds, is_oldest, dead_rows IS NULL, remedy_sql FROM advisor.xmin_horizon'),
	q{replication slot (catalogs)|forgotten|inactive|catalogs|t|t|SELECT pg_drop_replication_slot('forgotten');}, 'a logical slot');

# A standby reports what its queries need.
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->append_conf('postgresql.conf', "hot_standby_feedback = on\nwal_receiver_status_interval = 1s");
$standby->start;
ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM advisor.xmin_horizon WHERE holder = 'standby feedback' AND holds = 'tables'}),
	'a standby');
$node->wait_for_catchup($standby);
foreach my $view (qw(autovacuum_lag wraparound xmin_horizon vacuum_findings stale_statistics extended_statistics table_usage statistics_findings))
{
	my ($rc, $out, $err) = $standby->psql('postgres', "SELECT count(*) >= 0 FROM advisor.$view");
	is("$rc$out$err", '0t', "$view works on the standby");
}
like($standby->safe_psql('postgres', q{SELECT reason FROM advisor._vacuum_skips() WHERE check_id = 'autovacuum_workers_busy'}), qr/recovery/,
	'which says what it cannot see');
$standby->stop;
$node->safe_psql('postgres', q{SELECT pg_drop_replication_slot('forgotten')});

# Transaction ids and multixacts get old where a forgotten transaction keeps
# them from being frozen; autovacuum comes for each, in vain.
$node->safe_psql('postgres', q{BEGIN; SELECT * FROM locked FOR KEY SHARE; PREPARE TRANSACTION 'forgotten'});
is($node->safe_psql('postgres', q{SELECT count(*) FROM advisor.vacuum_findings WHERE check_id ~ 'wraparound'}), '0', 'all ages are well');
$node->safe_psql(
	'postgres', q{
	SET synchronous_commit = off;
	DO $$ BEGIN FOR i IN 1 .. 130000 LOOP PERFORM FROM locked FOR KEY SHARE; COMMIT; END LOOP; END $$;
	CHECKPOINT});
is( $node->safe_psql('postgres', q{SELECT finding_key, severity, evidence ->> 'blocked_by', remedy_sql ~ '^VACUUM \(FREEZE\) '
		FROM advisor.vacuum_findings WHERE check_id ~ 'wraparound' AND object = 'database postgres' ORDER BY 1}),
	"multixact_wraparound:postgres|medium|prepared transaction forgotten|t\nwraparound:postgres|medium|prepared transaction forgotten|t",
	'freezing does not get through');
is($node->safe_psql('postgres', q{SELECT blocked_by, xid_age > 130000, multixact_age > 129000, freeze_factor > 1.25 FROM advisor.wraparound WHERE relname = 'locked'}),
	'prepared transaction forgotten|t|t|t', 'whose fault it is');
# at 1.7 million a day
my $observe = q{DELETE FROM advisor.observations; INSERT INTO advisor.observations (observed_at, metric, object, value)
	SELECT now() - interval '2 hours', 'xid', '', pg_snapshot_xmax(pg_current_snapshot())::text::numeric - 140000;};
ok( $node->safe_psql('postgres', $observe . q{SELECT xids_per_day BETWEEN 1.6e6 AND 1.8e6 AND forecast_date BETWEEN now() + interval '3 years' AND now() + interval '5 years'
		FROM advisor.wraparound WHERE kind = 'database' AND datname = 'postgres'}) eq 't', 'a date');
$node->safe_psql('postgres', q{ROLLBACK PREPARED 'forgotten'});
$node->safe_psql('postgres', 'VACUUM (FREEZE)');
ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM advisor.vacuum_findings WHERE check_id ~ 'wraparound' AND object = 'database postgres'}),
	'then it gets through');

# The only worker sleeps over a large table, the others wait.
$node->safe_psql(
	'postgres', q{
	DELETE FROM due WHERE id > 100;
	DELETE FROM late;
	ALTER TABLE late RESET (autovacuum_vacuum_threshold, autovacuum_analyze_threshold);
	ALTER TABLE due SET (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
	ALTER TABLE late SET (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
	SELECT pg_stat_force_next_flush();
});
$node->append_conf('postgresql.conf', 'autovacuum_naptime = 1s');
$node->reload;
ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM advisor.autovacuum_lag WHERE relname IN ('due', 'late') AND reason = 'running'}),
	'a vacuum is running');
is($node->safe_psql('postgres', q{SELECT count(*) FROM advisor.autovacuum_lag WHERE relname IN ('due', 'late') AND NOT is_toast AND reason = 'no free worker'}),
	'1', 'the other table waits');
is($node->safe_psql('postgres', q{SELECT finding_key, severity FROM advisor.vacuum_findings WHERE check_id = 'autovacuum_workers_busy'}),
	'autovacuum_workers_busy:server|low', 'which is a finding');
my $reload = $node->pg_version >= 18;
like($node->safe_psql('postgres', q{SELECT needs_restart, remedy_sql FROM advisor.vacuum_findings WHERE check_id = 'autovacuum_workers_busy'}),
	$reload ? qr/^f\|ALTER SYSTEM SET autovacuum_max_workers = 2;\n.*;\nSELECT pg_reload_conf\(\);$/ : qr/^t\|ALTER SYSTEM SET autovacuum_max_workers = 2;\n.*;$/,
	'more workers take a restart before 18');
$node->safe_psql('postgres', q{UPDATE advisor.settings SET value = 0 WHERE name = 'vacuum_running_hours'});
is($node->safe_psql('postgres', q{SELECT count(*) FROM advisor.autovacuum_lag WHERE relname IN ('due', 'late') AND reason = 'cost limit'}),
	'1', 'one that runs too long is slowed down');
like($node->safe_psql('postgres', q{SELECT remedy_sql, undo_sql FROM advisor.autovacuum_lag WHERE reason = 'cost limit'}),
	qr/^ALTER TABLE public.(\w+) SET \(autovacuum_vacuum_cost_limit = 5\);\|ALTER TABLE public.\1 SET \(autovacuum_vacuum_cost_limit = 1\);$/, 'and may do more');
$node->stop('fast');
done_testing();

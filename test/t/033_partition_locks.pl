# Partitions are created beside readers and writers: what locks it takes, that
# it waits no longer than the lock timeout, and that nobody ends in a deadlock.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = advisor_node('locks', q{
deadlock_timeout = 100ms
log_lock_waits = on
});
$node->safe_psql('postgres', q{
	CREATE EXTENSION advisor CASCADE;
	CREATE TABLE customer (id int PRIMARY KEY);
	INSERT INTO customer SELECT generate_series(1, 100);
	CREATE TABLE event (id bigint NOT NULL, customer int NOT NULL REFERENCES customer, PRIMARY KEY (id)) PARTITION BY RANGE (id);
	CREATE INDEX ON event (customer);
	SELECT advisor.register_partition_policy('event', '1000', 2, lock_timeout => 500);
	SELECT advisor.create_range_partitions('event', '1000', '0', '3000');
	INSERT INTO event SELECT g, g % 100 + 1 FROM generate_series(0, 2999) g;
});

# Locks on the parent while the transaction that creates is open
sub locks_on
{
	my ($relation) = @_;
	return $node->safe_psql('postgres', qq{
		SELECT string_agg(DISTINCT mode, ' ' ORDER BY mode) FROM pg_locks
		WHERE relation = '$relation'::regclass AND mode <> 'AccessShareLock' AND pid <> pg_backend_pid()});
}

for my $call (
	q{SELECT count(*) FROM advisor.create_range_partitions('event', '1000', '3000', '6000') WHERE status = 'done'},
	q{SELECT count(*) FROM advisor._plan_creation(advisor._policy('event')) p, advisor._perform(p) a WHERE a.status = 'done'},
	q{SELECT count(*) FROM advisor.create_default_partition('event') WHERE status = 'done'})
{
	my $creator = $node->background_psql('postgres');
	$creator->query_safe('BEGIN');
	my $done = $creator->query_safe($call);
	cmp_ok($done, '>', 0, "created $done");
	is(locks_on('event'), 'ShareUpdateExclusiveLock', 'no more than SHARE UPDATE EXCLUSIVE on the parent');
	is(locks_on('event_p0'), '', 'nothing on the other partitions');
	# readers and writers do not wait
	is($node->safe_psql('postgres', q{
		SET lock_timeout = '100ms';
		DELETE FROM event WHERE id = 2999;
		INSERT INTO event VALUES (2999, 1);
		UPDATE event SET customer = 7 WHERE id = 5;
		SELECT count(*) FROM event WHERE id < 3000}), 3000, 'others read and write');
	$creator->query_safe('ROLLBACK');
	$creator->quit;
}

# Somebody holds what conflicts
my $holder = $node->background_psql('postgres');
$holder->query_safe('BEGIN; LOCK TABLE event IN SHARE MODE');
my $began = time;
is($node->safe_psql('postgres', q{SELECT string_agg(DISTINCT concat(status, ' ', sqlstate), ',')
	FROM advisor.create_range_partitions('event', '1000', '3000', '6000')}), 'lock_timeout 55P03', 'gives up');
cmp_ok(time - $began, '<', 2.5, 'once, after the lock timeout');
is($node->safe_psql('postgres', q{SELECT string_agg(DISTINCT status, ',') FROM advisor.partition_log WHERE lower::int >= 3000}),
	'lock_timeout', 'which is in the log');
$holder->query_safe('ROLLBACK');

# A reader holds the default partition: only that is waited for
$node->safe_psql('postgres', q{SELECT advisor.create_default_partition('event')});
$holder->query_safe('BEGIN; SELECT count(*) FROM event_default');
$began = time;
is($node->safe_psql('postgres', q{SELECT string_agg(concat(lower, ' ', status), ',')
	FROM advisor.create_range_partitions('event', '1000', '3000', '4000')}), '3000 lock_timeout', 'waits for a reader of the default, but not for ever');
cmp_ok(time - $began, '<', 2.5, 'no longer than the lock timeout');
$holder->query_safe('ROLLBACK');
$holder->quit;
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_class WHERE relname = 'event_p3000'}), 0, 'nothing half done');

# Readers of all partitions and writers, while partitions come
my $script = $node->basedir . '/load.sql';
append_to_file($script, <<'END');
\set id random(0, 2999)
\set customer random(1, 100)
BEGIN;
SELECT count(*) FROM event WHERE customer = :customer;
UPDATE event SET customer = :customer WHERE id = :id;
SELECT max(id) FROM event;
COMMIT;
END
my ($out, $err) = ('', '');
my $load = IPC::Run::start(
	[ 'pgbench', '-n', '-c', '3', '-T', '4', '-f', $script, '-h', $node->host, '-p', $node->port, 'postgres' ],
	'>', \$out, '2>', \$err);
$node->poll_query_until('postgres', q{SELECT count(*) >= 2 FROM pg_stat_activity WHERE query LIKE '%max(id) FROM event%' AND pid <> pg_backend_pid()});
for my $n (3 .. 14)
{
	$node->safe_psql('postgres', qq{SELECT advisor.create_range_partitions('event', '1000', '${n}000', '${n}999')});
}
$load->finish;
is($load->result(0), 0, 'the load ran to its end') or diag($err);
like($out, qr/number of failed transactions: 0 /, 'without an error');
is($node->safe_psql('postgres', q{SELECT count(*) FROM advisor._partition_bounds('event'::regclass) WHERE upper::int > 3000}), 12, 'and all partitions were made');
is($node->safe_psql('postgres', q{SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'}), 0, 'no deadlock');

# Two at once: the second waits for the first and finds all done
my $first = $node->background_psql('postgres');
$first->query_safe(q{BEGIN; SELECT advisor.create_range_partitions('event', '1000', '15000', '17000')});
my $second = $node->background_psql('postgres');
$second->query_safe(q{UPDATE advisor.partition_policies SET lock_timeout = 60000});
$second->query_until(qr/go/, "\\echo go\nSELECT string_agg(status, ',') FROM advisor.create_range_partitions('event', '1000', '15000', '17000');\n");
$node->poll_query_until('postgres', q{SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)});
$first->query_safe('COMMIT');
like($second->query('SELECT 1'), qr/exists,exists/, 'the second of two sessions finds all done');
$first->quit;
$second->quit;

$node->stop;
done_testing();

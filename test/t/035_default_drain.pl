# A default partition of a million rows is drained while others write and read:
# nothing is lost, doubled or unseen at any moment, nobody runs into a deadlock,
# and a drain that is killed is gone on with.
use strict;
use warnings;
use lib 'test/t';
use AdvisorNode;
use IPC::Run qw(start finish);
use PostgreSQL::Test::Utils;
use Test::More;

my $node = advisor_node('drain', q{
deadlock_timeout = 1s
max_wal_size = 4GB
synchronous_commit = off
});

# Four months in the default.  What the table must have is the sum of what those
# who changed it wrote down in the same transaction.
$node->safe_psql(
	'postgres', q{
CREATE EXTENSION pg_stat_statements;
CREATE EXTENSION advisor;
CREATE TABLE e (id bigint, ts timestamptz, v integer, PRIMARY KEY (id, ts)) PARTITION BY RANGE (ts);
CREATE UNLOGGED TABLE e_default (v integer, dropped text, ts timestamptz NOT NULL, id bigint NOT NULL);
ALTER TABLE e_default DROP COLUMN dropped;
CREATE FUNCTION month_of(id bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE
	RETURN '2026-01-01 00:00+00'::timestamptz + (id % 172800) * interval '1 minute';
INSERT INTO e_default (id, ts, v) SELECT i, month_of(i), i % 100 FROM generate_series(1, 1000000) i;
ALTER TABLE e ATTACH PARTITION e_default DEFAULT;
CREATE TABLE e_may PARTITION OF e FOR VALUES FROM ('2026-05-01 00:00+00') TO ('2026-06-01 00:00+00');
CREATE TABLE truth (n bigint, v bigint);
INSERT INTO truth SELECT count(*), sum(v) FROM e;
CREATE SEQUENCE fresh START 1000001;
-- one row comes, one goes, one changes, one moves to another month
CREATE FUNCTION change(one bigint, two bigint, three bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	n bigint := 1;
	total bigint := 7;
	gone integer;
BEGIN
	INSERT INTO e VALUES (nextval('fresh'), month_of(one), 7);
	DELETE FROM e WHERE id = one AND ts = month_of(one) RETURNING v INTO gone;
	IF FOUND THEN
		n := n - 1;
		total := total - gone;
	END IF;
	UPDATE e SET v = v + 1 WHERE id = two AND ts = month_of(two);
	total := total + CASE WHEN FOUND THEN 1 ELSE 0 END;
	UPDATE e SET v = v + 1, ts = ts + interval '31 days' WHERE id = three AND ts < '2026-05-01 00:00+00';
	total := total + CASE WHEN FOUND THEN 1 ELSE 0 END;
	INSERT INTO truth VALUES (n, total);
END
$$;
ANALYZE;
SELECT advisor.register_partition_policy('e', '1 month', time_zone => 'UTC');
-- readers of a million rows hold their locks for long on a busy machine
UPDATE advisor.partition_policies SET batch_rows = 100000, lock_timeout = 10000;
});

my $right = q{CASE WHEN (SELECT format('%s %s', count(*), sum(v)) FROM e) = (SELECT format('%s %s', sum(n), sum(v)) FROM truth) THEN 1 ELSE 0 END};
append_to_file($node->basedir . '/change.sql', q{
\set one random(1, 1000000)
\set two random(1, 1000000)
\set three random(1, 1000000)
SELECT change(:one, :two, :three);
\sleep 20 ms
});
append_to_file($node->basedir . '/simple.sql', qq{
SELECT 1 / $right;
\\sleep 300 ms
});
# a snapshot from before the table is touched
append_to_file($node->basedir . '/repeatable.sql', qq{
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM truth;
SELECT 1 / $right;
COMMIT;
\\sleep 300 ms
});

my %log;
my @others;
sub others
{
	my ($script, $clients, $protocol) = @_;
	$log{$script} = '';
	push @others, start(
		[ 'pgbench', '-n', '-M', $protocol, '-c', $clients, '-T', 120, '-f', $node->basedir . "/$script.sql", $node->connstr('postgres') ],
		'>', \$log{$script}, '2>&1');
}
others('change', 3, 'prepared');
others('simple', 1, 'simple');
others('repeatable', 1, 'extended');

# Killed in the middle.
my $killed = start([ 'psql', '-X', '-d', $node->connstr('postgres'), '-c', "CALL advisor.drain_default('e', as_of => '2026-05-15')" ],
	'>', \my $out, '2>', \my $err);
ok($node->poll_query_until('postgres', q{SELECT count(*) >= 3 FROM advisor.partition_log WHERE status = 'done'}), 'batches are moved one after the other');
is($node->safe_psql('postgres', q{SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'CALL advisor.drain%'}), 1, 'killed in the middle');
$killed->finish;
cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM e_default'), '>', 0, 'rows are left in the default');

$node->safe_psql('postgres', q{CALL advisor.drain_default('e', as_of => '2026-05-15')});
my $moved = $node->safe_psql('postgres', q{SELECT sum(rows) FROM advisor.partition_log WHERE action = 'move' AND status = 'done'});
my $reads = $node->safe_psql('postgres', q{SELECT sum(calls) FROM pg_stat_statements WHERE query LIKE '%format%FROM truth%' AND query LIKE 'SELECT%'});
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()});
$_->finish for @others;
# what came while the last batches were moved
$node->safe_psql('postgres', q{CALL advisor.drain_default('e', as_of => '2026-05-15')});

is($node->safe_psql('postgres', 'SELECT count(*) FROM e_default'), 0, 'the default is empty');
cmp_ok($moved, '>', 900000, 'the rows were moved');
is($node->safe_psql('postgres', "SELECT $right"), 1, 'all rows are there, once');
cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM truth'), '>', 100, 'others wrote meanwhile');
cmp_ok($reads, '>', 10, 'others read meanwhile');
is( $node->safe_psql('postgres', q{SELECT string_agg(format('%s [%s, %s)', partition::regclass, lower, upper), ', ' ORDER BY ordinal) FROM advisor._partition_bounds('e'::regclass) WHERE NOT is_default AND upper <= '2026-06-01'}),
	join(', ', map { my $n = $_ + 1; "e_p20260${_}01 [2026-0$_-01 00:00:00+00, 2026-0$n-01 00:00:00+00)" } 1 .. 4), 'a partition for each month');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_constraint WHERE conname LIKE 'advisor%'}), 0, 'no checks are left');

note($node->safe_psql('postgres', 'SELECT partition, action, status, rows, round(duration_ms), logged_at::time(0) FROM advisor.partition_log ORDER BY log_id'));
my $server_log = slurp_file($node->logfile);
unlike($server_log, qr/deadlock detected/, 'no deadlocks');
my @errors = grep { !/terminating connection|terminating background worker "parallel worker"|canceling statement due to user request/ } $server_log =~ /(?:ERROR|FATAL): .*/g;
is("@errors", '', 'no errors for anybody');
$node->stop;
done_testing();

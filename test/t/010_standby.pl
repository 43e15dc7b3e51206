# A hot standby counts what itself executes; it shares objects with the primary,
# but no numbers.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf(
	'postgresql.conf', q{
shared_preload_libraries = 'pg_stat_statements,advisor'
compute_query_id = on
autovacuum = off
fsync = off
});
$primary->start;
$primary->safe_psql(
	'postgres', q{
	CREATE EXTENSION advisor CASCADE;
	CREATE TABLE work (id int PRIMARY KEY);
	INSERT INTO work SELECT generate_series(1, 100);
});
$primary->safe_psql('postgres', q{
	CREATE TABLE missing AS SELECT g AS id, g % 1000 AS a, g::text AS b FROM generate_series(1, 50000) g;
	ANALYZE missing});
# what the primary has saved is its own
$primary->safe_psql('postgres', 'SELECT count(*) FROM work WHERE id > 50');
$primary->restart;
$primary->backup('backup');

my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
ok(!-e $standby->data_dir . '/pg_stat/advisor.stat', 'a base backup has no counters');
$standby->start;

my $calls = q{SELECT coalesce(sum(calls), 0), coalesce(sum(errors), 0) FROM advisor.statements WHERE query LIKE 'SELECT count(*) FROM work%'};
is($primary->safe_psql('postgres', $calls), '1|0', 'the primary has counted');
is($standby->safe_psql('postgres', $calls), '0|0', 'the standby has not');
$standby->safe_psql('postgres', 'SELECT count(*) FROM work WHERE id > 50') for (1 .. 3);
is($standby->safe_psql('postgres', $calls), '3|0', 'now it has');
is($primary->safe_psql('postgres', $calls), '1|0', 'for itself');
my ($rc, $out, $err) = $standby->psql('postgres', 'SELECT count(*) FROM work WHERE 1 / (id - 1) > 0');
like($err, qr/division by zero/, 'a statement fails');
is($standby->safe_psql('postgres', q{SELECT sqlstate_class, errors FROM advisor.errors}), '22|1', 'which is counted');
($rc, $out, $err) = $standby->psql('postgres', 'UPDATE work SET id = 1');
like($err, qr/read-only/, 'a write fails');
ok($standby->safe_psql('postgres', 'SELECT count(*) FROM advisor.errors') >= 1, 'without harm');
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery(), count(*) FROM advisor.info GROUP BY 1'), 't|1', 'the reports work');
is($standby->safe_psql('postgres', 'SELECT count(*) > 0 FROM advisor.latency_histogram(NULL)'), 't', 'and the histogram');

# what is missing is worked out here, kept here, and not written anywhere
my $missing = q{SELECT count(*), count(DISTINCT made_at) FROM advisor._last_advice() WHERE relation = 'missing'::regclass};
$standby->safe_psql('postgres', 'SELECT * FROM missing WHERE a = -1') for (1 .. 3);
is($standby->safe_psql('postgres', q{SELECT count(*) FROM advisor.findings WHERE check_id = 'missing_index' AND object = 'public.missing'}), '1', 'a standby misses indexes');
is($standby->safe_psql('postgres', $missing), '1|1', 'and remembers that');

# a standby that is restarted, and one that becomes the primary
$standby->restart;
is($standby->safe_psql('postgres', $calls), '3|1', 'a restart keeps the counters');
$standby->promote;
is($standby->safe_psql('postgres', $calls), '3|1', 'so does a promotion');
$standby->safe_psql('postgres', 'INSERT INTO work VALUES (1000)');
is($standby->safe_psql('postgres', q{SELECT calls FROM advisor.statements WHERE query LIKE 'INSERT INTO work VALUES%'}), '1', 'it counts on');
$standby->safe_psql('postgres', 'SELECT advisor.reset()');
is($standby->safe_psql('postgres', $calls), '0|0', 'and can be reset');
is($primary->safe_psql('postgres', $calls), '1|0', 'which is its own affair');

$standby->stop;
$primary->stop;
done_testing();

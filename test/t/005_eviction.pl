# A store that is far too small: statements are evicted all the time, and
# still what is there, what was evicted and what was dropped add up to what ran.
# What cost most time stays.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $clients = 4;
my $transactions = 10;
my $kinds = 300;

my $node = advisor_node('eviction', q{
advisor.max_plans = 100
advisor.pending_entries = 8
max_parallel_workers_per_gather = 0
});
$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION advisor CASCADE;
	CREATE TABLE work (id int PRIMARY KEY);
	INSERT INTO work SELECT generate_series(1, 100);
	CREATE FUNCTION fails() RETURNS int LANGUAGE plpgsql AS $$
	BEGIN
		PERFORM 1 / (id - 1) FROM work;
		RETURN 0;
	EXCEPTION WHEN division_by_zero THEN
		RETURN 1;
	END $$;
});
my $entries_max = $node->safe_psql('postgres', 'SELECT entries_max FROM advisor.info');

# Statements that have finished since the reset: the reset itself, and whatever
# $extra says; the statement that reads is not finished.
sub total
{
	return $node->safe_psql(
		'postgres', q{
		SELECT sum(s.calls) + i.evicted_calls + i.dropped_calls
		FROM advisor._statements() s, advisor._info() i GROUP BY i.evicted_calls, i.dropped_calls});
}

$node->safe_psql('postgres', 'SELECT advisor.reset()');
is(total(), 1, 'the reset itself is counted');
is(total(), 2, 'and the reading, afterwards');

# Nothing that follows is as slow as this.
$node->safe_psql('postgres', 'SELECT advisor.reset()');
$node->safe_psql('postgres', 'SELECT pg_sleep(0.5)');

my $script = "\\set id random(1, 100)\nSELECT fails();\n";
$script .= 'SELECT ' . join(', ', ('id') x $_) . " FROM work WHERE id = :id;\n" for (1 .. $kinds);
# Readings of what is evicted at the time: they must not fail.
my $read = q{
	DO $$
	BEGIN
		FOR i IN 1..100 LOOP
			PERFORM count(*), sum(calls) FROM advisor._statements();
			PERFORM evicted_calls FROM advisor._info();
			PERFORM count(*) FROM advisor._errors();
		END LOOP;
	END $$;
};
my ($out, $err) = ('', '');
my $reader = IPC::Run::start(
	[ 'psql', '-X', '-q', '-c', $read, '-d', $node->connstr('postgres') ],
	'<', \undef, '>', \$out, '2>', \$err);
$node->pgbench(
	"--no-vacuum --client=$clients --jobs=2 --transactions=$transactions --protocol=simple",
	0, [qr{processed: ${\($clients * $transactions)}/}],
	[], 'load',
	{ '005_eviction' => $script });
$reader->finish;
is($err, '', 'readers read');

# fails(): the SELECT, but not the statement in it, which does not complete;
# DO and the three statements of each of its rounds; reset and pg_sleep().
my $expected = $clients * $transactions * ($kinds + 1) + 1 + 300 + 2;
is(total(), $expected, 'what is there, evicted and dropped is what ran');
is(total(), $expected + 1, 'and again, with the reading');

is( $node->safe_psql(
		'postgres', q{
		SELECT evicted_entries > 1000, evicted_calls > 1000, evicted_exec_time > 0, entries <= entries_max,
			statements <= entries, total_exec_time > evicted_exec_time,
			(SELECT count(*) FROM unnest(problems) p WHERE p LIKE '%advisor.max_plans%') = 1 + (dropped_calls > 0)::int
		FROM advisor.info}),
	't|t|t|t|t|t|t', 'eviction shows in advisor.info');
is( $node->safe_psql(
		'postgres', q{
		SELECT sum(calls) FROM advisor._statements() WHERE max_exec_time >= 500}),
	'1', 'what cost most time was not evicted');
is( $node->safe_psql(
		'postgres', q{
		SELECT count(*) <= (SELECT entries_max + pending_entries FROM advisor.info) FROM advisor._statements()}),
	't', 'the store does not exceed its size');

# A statement with more plans than there is room for: errors and plans count too.
$node->safe_psql('postgres', 'SELECT advisor.reset()');
is($node->safe_psql('postgres', 'SELECT evicted_entries, evicted_calls, dropped_calls, entries <= 3 FROM advisor.info'),
	'0|0|0|t', 'a reset gives everything back');
is($node->safe_psql('postgres', 'SELECT entries_max FROM advisor.info'), $entries_max, 'but the size');

$node->restart;
my $before = total();
$node->restart;
is(total(), $before + 1, 'nor does a restart lose any');

$node->stop;
done_testing();

# Every completed statement is counted exactly once, by every kind of protocol,
# while slabs are displaced all the time, sessions read, and nothing is lost
# when backends exit.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $clients = 6;
my $transactions = 60;
my $kinds = 40;

my $node = advisor_node('exactness', q{
pg_stat_statements.track = 'all'
advisor.pending_entries = 8
});
$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION advisor CASCADE;
	CREATE ROLE worker LOGIN;
	CREATE TABLE work (id int PRIMARY KEY, v int NOT NULL);
	INSERT INTO work SELECT g, 0 FROM generate_series(1, 1000) g;
	CREATE TABLE log (id int, client int);
	CREATE FUNCTION nested(i int) RETURNS int LANGUAGE plpgsql AS $$
	BEGIN
		PERFORM v FROM work WHERE id = i;
		BEGIN
			INSERT INTO work VALUES (i, 0);
		EXCEPTION WHEN unique_violation THEN
			NULL;
		END;
		RETURN (SELECT count(*) FROM work WHERE id = i);
	END $$;
	GRANT ALL ON work, log TO worker;
});

# A transaction is known statements, and more kinds of them than a slab has room for.
my $script = q{
\set id random(1, 1000)
SELECT v FROM work WHERE id = :id;
UPDATE work SET v = v + 1 WHERE id = :id;
BEGIN;
INSERT INTO log VALUES (:id, :client_id);
COMMIT;
SELECT nested(:id);
};
$script .= 'SELECT ' . join(', ', ('id') x $_) . " FROM work WHERE id = :id;\n" for (2 .. $kinds + 1);
my $toplevel = 6 + $kinds;

# Reads while others count: what it sees never shrinks.  It runs as another
# role, so it is not counted among the worker's.
my $watch = q{
DO $$
DECLARE
	before numeric := 0;
	now numeric;
BEGIN
	FOR i IN 1..60 LOOP
		SELECT coalesce(sum(calls), 0) INTO now FROM advisor.statements WHERE usename = 'worker';
		IF now < before THEN
			RAISE EXCEPTION 'calls went from % back to %', before, now;
		END IF;
		before := now;
		PERFORM pg_sleep(0.01);
	END LOOP;
END $$;
};

foreach my $protocol ('simple', 'extended', 'prepared')
{
	$node->safe_psql('postgres', 'SELECT advisor.reset(); UPDATE work SET v = 0; TRUNCATE log');

	my ($out, $err) = ('', '');
	my $watcher = IPC::Run::start(
		[ 'psql', '-X', '-q', '-c', $watch, '-d', $node->connstr('postgres') ],
		'<', \undef, '>', \$out, '2>', \$err);
	$node->pgbench(
		"--no-vacuum --client=$clients --jobs=2 --transactions=$transactions --protocol=$protocol --username=worker",
		0,
		[qr{processed: ${\($clients * $transactions)}/}],
		[],
		"load, $protocol protocol",
		{ "004_exactness_$protocol" => $script });
	$watcher->finish;
	is($err, '', "$protocol: counts never go back");

	my $runs = $clients * $transactions;
	is( $node->safe_psql(
			'postgres', q{
			SELECT toplevel, sum(calls), sum(errors) FROM advisor.statements
			WHERE usename = 'worker' GROUP BY 1 ORDER BY 1}),
		join("\n", join('|', 'f', 2 * $runs, $runs), join('|', 't', $toplevel * $runs, 0)),
		"$protocol: every statement is counted once");
	is( $node->safe_psql(
			'postgres', qq{
			SELECT count(*) FROM advisor.statements
			WHERE usename = 'worker' AND toplevel AND calls <> $runs}),
		'0',
		"$protocol: as often as it ran");
	is( $node->safe_psql(
			'postgres', q{
			SELECT s.calls = (SELECT sum(v) FROM work) AND s.rows = s.calls,
				(SELECT rows = (SELECT count(*) FROM log) FROM advisor.statements
					WHERE usename = 'worker' AND query LIKE 'INSERT INTO log%')
			FROM advisor.statements s WHERE s.usename = 'worker' AND s.query LIKE 'UPDATE work%'}),
		't|t',
		"$protocol: and as the tables show");
	is( $node->safe_psql(
			'postgres', q{
			SELECT sum(h.calls) = (SELECT sum(calls) FROM advisor.statements WHERE usename = 'worker')
			FROM advisor.latency_histogram(NULL, userid => (SELECT oid FROM pg_roles WHERE rolname = 'worker')) h}),
		't',
		"$protocol: the histograms, too");
}
is($node->safe_psql('postgres', 'SELECT evicted_calls, dropped_calls FROM advisor.info'),
	'0|0', 'nothing was evicted or dropped');

# So many that a session hands its counts over while it goes on counting: every
# second of work, and before a bucket of the histogram is full.
$node->safe_psql(
	'postgres', q{
	SELECT advisor.reset();
	DO $$ BEGIN FOR i IN 1..200000 LOOP PERFORM id FROM work WHERE id = 1; END LOOP; END $$;
	DO $$ BEGIN FOR i IN 1..3 LOOP PERFORM pg_sleep(0.6) FROM work WHERE id = 1; END LOOP; END $$;
});
is( $node->safe_psql(
		'postgres', q{
		SELECT s.calls, s.rows, (SELECT sum(h.calls) FROM advisor.latency_histogram(s.queryid, toplevel => false) h)
		FROM advisor.statements s
		WHERE NOT s.toplevel AND s.query ~ '^SELECT (id|pg_sleep.*) FROM work WHERE' ORDER BY 1}),
	"3|3|3\n200000|200000|200000", 'and while counts are handed over');

# A session sees what itself did last, whatever has been displaced meanwhile.
$node->safe_psql('postgres', 'SELECT advisor.reset()');
my $session = '';
for my $i (1 .. 30)
{
	$session .= 'SELECT ' . join(', ', ('v') x $i) . " FROM work WHERE id = 1;\n" for (1 .. 2);
	$session .= "SELECT calls = 2 AS seen FROM advisor.statements WHERE query = 'SELECT "
	  . join(', ', ('v') x $i) . ' FROM work WHERE id = $1\' AND usename = current_user;' . "\n";
}
my $seen = () = $node->safe_psql('postgres', $session) =~ /^t$/mg;
is($seen, 30, 'a reader sees its own last statement at once');

# A second of work is handed over while the session goes on, and what is left
# when it ends: nothing.
$node->safe_psql('postgres', 'SELECT pg_sleep(1.1)');
is( $node->safe_psql(
		'postgres', q{
		SELECT calls, first_seen BETWEEN now() - interval '10 min' AND now(), last_seen = first_seen
		FROM advisor.statements WHERE query LIKE 'SELECT pg_sleep($1)' AND min_exec_time > 1000}),
	'1|t|t', 'handing over keeps the time of the first call');

$node->stop;
done_testing();

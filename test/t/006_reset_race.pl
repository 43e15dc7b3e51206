# Resets race with statements: whatever a reset has made void stays so, and what
# comes after it counts.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $clients = 4;

my $node = advisor_node('reset_race', q{
advisor.pending_entries = 8
});
$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION advisor CASCADE;
	CREATE ROLE worker LOGIN;
	CREATE SEQUENCE executed;
	GRANT USAGE ON SEQUENCE executed TO worker;
});

# The sequence says how often the statement has run.  A statement may be between
# its nextval() and being counted, one for each client, so much is uncertain.
$node->safe_psql(
	'postgres', qq{
	CREATE FUNCTION watch(rounds int) RETURNS text LANGUAGE plpgsql AS \$\$
	DECLARE
		clients CONSTANT int := $clients;
		worker CONSTANT oid := 'worker'::regrole;
		id bigint;
		earliest bigint;
		latest bigint;
		now bigint;
		seen bigint;
	BEGIN
		SELECT queryid INTO STRICT id FROM advisor.statements
			WHERE userid = worker AND query LIKE 'SELECT nextval%';
		FOR i IN 1..rounds LOOP
			SELECT last_value INTO earliest FROM executed;
			-- in turns all, those of a user, those of a query id
			PERFORM advisor.reset(
				userid => CASE WHEN i % 3 = 1 THEN worker END,
				queryid => CASE WHEN i % 3 = 2 THEN id END);
			SELECT last_value INTO latest FROM executed;
			IF i % 4 = 0 THEN
				PERFORM pg_sleep(0.02);
			END IF;
			SELECT last_value INTO now FROM executed;
			SELECT coalesce(sum(calls), 0) INTO seen FROM advisor._statements() s
				WHERE s.userid = worker AND s.queryid = id;
			IF seen < now - latest - clients THEN
				RETURN format('round %s: %s counted, at least %s executed', i, seen, now - latest - clients);
			END IF;
			SELECT last_value INTO now FROM executed;
			IF seen > now - earliest + clients THEN
				RETURN format('round %s: %s counted, at most %s executed', i, seen, now - earliest + clients);
			END IF;
		END LOOP;
		RETURN 'exact';
	END \$\$;
});

# Other statements displace it from its slab now and then.
my $script = "SELECT nextval('executed');\n" x 20;
$script .= 'SELECT ' . join(', ', (1) x $_) . ";\n" for (1 .. 10);
my $file = $node->basedir . '/load.sql';
append_to_file($file, $script);

$node->safe_psql('postgres', q{SET ROLE worker; SELECT nextval('executed')});
my ($out, $err) = ('', '');
my $load = IPC::Run::start(
	[
		'pgbench', '--no-vacuum', "--client=$clients", '--jobs=2', '--time=60',
		"--file=$file", '--username=worker', $node->connstr('postgres')
	],
	'<', \undef, '>', \$out, '2>', \$err);
ok($node->poll_query_until('postgres', 'SELECT last_value > 100 FROM executed'), 'the load runs');
is($node->safe_psql('postgres', 'SELECT watch(300)'), 'exact', 'a reset is one, and no more than one');
$load->signal('TERM');
$load->finish;
$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = 'worker'");

# What the slabs of sessions that are gone held does not come back.
$node->safe_psql('postgres', 'SELECT advisor.reset()');
is($node->safe_psql('postgres', q{SELECT count(*) FROM advisor.statements WHERE usename = 'worker'}),
	'0', 'nothing comes back');
$node->pgbench('--no-vacuum --client=4 --jobs=2 --transactions=10 --username=worker',
	0, [qr{processed: 40/}], [], 'more load', { '006_reset_race' => $script });
is($node->safe_psql('postgres', q{SELECT sum(calls) FROM advisor.statements WHERE usename = 'worker'}),
	40 * 30, 'and afterwards everything is counted');

# Two that reset at the same time as others read.
my @resetters = map {
	my ($o, $e) = ('', '');
	my $sql = q{DO $$ BEGIN FOR i IN 1..300 LOOP PERFORM advisor.reset(); PERFORM count(*) FROM advisor._statements(); END LOOP; END $$};
	my $h = IPC::Run::start([ 'psql', '-X', '-q', '-c', $sql, '-d', $node->connstr('postgres') ], '<', \undef, '>', \$o, '2>', \$e);
	[ $h, \$e ];
} (1 .. 3);
$_->[0]->finish for @resetters;
is(join('', map { ${ $_->[1] } } @resetters), '', 'several resetters at once');

$node->stop;
done_testing();

# What was captured survives a clean restart, in a file that is there only while
# the server is down.  A file that cannot be read means one warning and an empty
# store.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = advisor_node('restart');
my $file = $node->data_dir . '/pg_stat/advisor.stat';

$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION advisor CASCADE;
	CREATE ROLE worker;
	CREATE TABLE work (id int PRIMARY KEY, v int);
	INSERT INTO work SELECT g, g FROM generate_series(1, 1000) g;
	GRANT ALL ON work TO worker;
	SELECT advisor.reset();
});
$node->psql(
	'postgres', q{
	SET ROLE worker;
	SET enable_seqscan = on;
	SELECT v FROM work WHERE id = 1;
	SELECT v FROM work WHERE id = 2;
	SELECT sum(v) FROM work;
	UPDATE work SET v = v + 1 WHERE id < 10;
	SELECT 1 / (id - 1) FROM work;
	SELECT no_such_column FROM work;
	SELECT pg_sleep(0.01);
	DO $$ BEGIN PERFORM count(*) FROM work; END $$;
}, on_error_stop => 0);

# Everything that is known of the worker's statements.
my $everything = q{
	SELECT md5(string_agg(s::text, E'\n' ORDER BY s::text)), count(*) >= 7, sum(s.calls), sum(s.errors)
		FROM (SELECT userid, dbid, toplevel, queryid, query, calls, rows, total_exec_time, min_exec_time, max_exec_time,
				stddev_exec_time, p50_exec_time, p99_exec_time, plans, shared_blks_hit, wal_bytes, distinct_plans,
				errors, error_time, first_seen, last_seen
			FROM advisor.statements WHERE usename = 'worker') s;
	SELECT md5(string_agg(e::text, E'\n' ORDER BY e::text)) FROM advisor.errors e WHERE usename = 'worker';
	SELECT md5(string_agg(h::text, E'\n' ORDER BY h::text))
		FROM advisor.latency_histogram(NULL, userid => (SELECT oid FROM pg_roles WHERE rolname = 'worker')) h;
	SELECT stats_since FROM advisor.info;
};
my $before = $node->safe_psql('postgres', $everything);
like($before, qr/\|t\|\d+\|1$/m, 'something was captured');
ok(!-e $file, 'no file while the server runs');
$node->stop;
ok(-e $file, 'a file when it is down');
ok(!-e "$file.tmp", 'but no other');
$node->start;
ok(!-e $file, 'and none when it is up again');
is($node->safe_psql('postgres', $everything), $before, 'everything is as it was');
$node->restart;
is($node->safe_psql('postgres', $everything), $before, 'also the second time');

# A restart adds to what there is.
my $calls = q{SELECT calls FROM advisor.statements WHERE query = 'SELECT v FROM work WHERE id = $1' AND usename = 'worker'};
is($node->safe_psql('postgres', $calls), '2', 'before');
$node->safe_psql('postgres', 'SET ROLE worker; SELECT v FROM work WHERE id = 3');
is($node->safe_psql('postgres', $calls), '3', 'counted on');

# A statement that a fast shutdown interrupts is counted as aborted.
my ($out, $err) = ('', '');
my $sleeper = IPC::Run::start(
	[ 'psql', '-X', '-q', '-c', 'SET ROLE worker', '-c', 'SELECT pg_sleep(100) FROM work', '-d', $node->connstr('postgres') ],
	'<', \undef, '>', \$out, '2>', \$err);
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(100)%' AND wait_event = 'PgSleep'});
$node->stop('fast');
$sleeper->finish;
$node->start;
is( $node->safe_psql('postgres', q{SELECT sum(errors) FROM advisor.errors WHERE usename = 'worker' AND sqlstate_class = '57'}),
	'1', 'what the shutdown interrupted is counted');

# A smaller store takes what costs most, and counts the rest as evicted.
$node->safe_psql('postgres', join(';', 'SET ROLE worker', map { 'SELECT ' . join(', ', ('v') x $_) . ' FROM work WHERE id = 1' } (2 .. 300)));
my $total = q{
	SELECT sum(s.calls) + i.evicted_calls + i.dropped_calls
	FROM advisor._statements() s, advisor._info() i GROUP BY i.evicted_calls, i.dropped_calls};
my $sum = $node->safe_psql('postgres', $total);
$node->append_conf('postgresql.conf', 'advisor.max_plans = 100');
$node->restart;
is($node->safe_psql('postgres', $total), $sum + 1, 'a smaller store loses nothing without counting it');
is($node->safe_psql('postgres', 'SELECT evicted_entries > 150, entries <= 100 FROM advisor.info'), 't|t', 'and evicts');
$node->append_conf('postgresql.conf', 'advisor.max_plans = 5000');
$node->restart;

# advisor.save = off: nothing is written, and nothing is read.
$node->append_conf('postgresql.conf', 'advisor.save = off');
$node->reload;
$node->stop;
ok(!-e $file, 'no file with advisor.save = off');
$node->start;
is($node->safe_psql('postgres', q{SELECT count(*) FROM advisor.statements WHERE usename = 'worker'}), '0', 'and an empty store');
$node->append_conf('postgresql.conf', 'advisor.save = on');
$node->restart;

# Files that are damaged in several ways.
$node->safe_psql('postgres', join(';', 'SET ROLE worker', map { 'SELECT v' . ', v' x $_ . ' FROM work WHERE id = 1' } (0 .. 20)));
$node->stop;
my $good = slurp_file($file);
ok(length($good) > 1000, 'there is a file to be damaged');

my @crc_table = map {
	my $c = $_;
	$c = $c & 1 ? ($c >> 1) ^ 0x82F63B78 : $c >> 1 for (1 .. 8);
	$c;
} (0 .. 255);

sub with_checksum
{
	my $data = shift;
	my $crc = 0xFFFFFFFF;
	$crc = ($crc >> 8) ^ $crc_table[ ($crc ^ $_) & 0xFF ] foreach unpack('C*', $data);
	return $data . pack('L', $crc ^ 0xFFFFFFFF);
}
my $body = substr($good, 0, length($good) - 4);
is(with_checksum($body), $good, 'the checksum is a CRC-32C of all before it');

my $flipped = $good;
substr($flipped, length($good) / 2, 1) ^= "\x01";
my $other_version = $body;
substr($other_version, 4, 4) = pack('L', 99);
my %damage = (
	'empty' => [ '', qr/truncated or corrupt/ ],
	'a few bytes' => [ substr($good, 0, 10), qr/truncated or corrupt/ ],
	'half' => [ substr($good, 0, length($good) / 2), qr/truncated or corrupt/ ],
	'last byte missing' => [ substr($good, 0, length($good) - 1), qr/truncated or corrupt/ ],
	'a byte more' => [ $good . "\0", qr/truncated or corrupt/ ],
	'one bit' => [ $flipped, qr/truncated or corrupt/ ],
	'text' => [ 'nonsense' x 1000, qr/truncated or corrupt/ ],
	'another version' => [ with_checksum($other_version), qr/another version/ ],
	'an entry missing' => [ with_checksum(substr($body, 0, length($body) - 200)), qr/truncated or corrupt/ ]);

foreach my $what (sort keys %damage)
{
	my ($content, $detail) = @{ $damage{$what} };
	open(my $fh, '>', $file) or die "could not write $file: $!";
	binmode($fh);
	print $fh $content;
	close($fh);

	my $offset = -s $node->logfile;
	$node->start;
	my $log = slurp_file($node->logfile, $offset);
	my $warnings = () = $log =~ /WARNING:/g;
	is($warnings, 1, "$what: one warning");
	like($log, qr/ignoring statistics in file "pg_stat\/advisor.stat"\n.*DETAIL:.*$detail/, "$what: it says why");
	is($node->safe_psql('postgres', q{SELECT count(*) FROM advisor.statements WHERE usename = 'worker'}), '0', "$what: empty");
	ok(!-e $file, "$what: the file is gone");
	$node->stop('immediate');
	ok(!-e $file, "$what: and does not come back");
}

# The good one is still good, and taken once.
open(my $fh, '>', $file) or die "could not write $file: $!";
binmode($fh);
print $fh $good;
close($fh);
append_to_file("$file.tmp", 'left over');
$node->start;
is($node->safe_psql('postgres', $calls), '1', 'the undamaged file is read');
ok(!-e "$file.tmp", 'what was left over is removed');
$node->stop('immediate');
$node->start;
is($node->safe_psql('postgres', q{SELECT count(*) FROM advisor.statements WHERE usename = 'worker'}), '0', 'after a crash the store is empty');

$node->stop;
done_testing();

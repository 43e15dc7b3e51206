# A table in use becomes a partitioned one: the script that is generated runs with
# psql while others insert, update, delete and read it by its name, with prepared
# statements too.  Nothing fails, nothing is lost or doubled.  Then all the way back.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = advisor_node('main');
my $table = '"The Shop"."Order"';

sub value
{
	my ($sql, @options) = @_;
	return $node->safe_psql('postgres', $sql, @options);
}

# The owner has no more rights than those of his tables; another role uses them.
value(qq{
	CREATE EXTENSION advisor CASCADE;
	CREATE ROLE "Owner" LOGIN;
	CREATE ROLE "App" LOGIN;
	CREATE SCHEMA "The Shop" AUTHORIZATION "Owner";
	SET ROLE "Owner";
	CREATE TABLE "The Shop".customer (id int PRIMARY KEY);
	INSERT INTO "The Shop".customer SELECT generate_series(1, 100);
	CREATE TABLE $table (
		id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		"Created At" timestamptz DEFAULT now(),
		customer int NOT NULL REFERENCES "The Shop".customer,
		amount int NOT NULL CHECK (amount > 0),
		twice int GENERATED ALWAYS AS (amount * 2) STORED,
		noted text);
	CREATE INDEX ON $table (customer, "Created At");
	CREATE TABLE "The Shop".ledger (rows int, amount int);
	CREATE FUNCTION "The Shop".note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.noted := ''seen''; RETURN NEW; END';
	CREATE TRIGGER note BEFORE INSERT ON $table FOR EACH ROW EXECUTE FUNCTION "The Shop".note();
	CREATE VIEW "The Shop".recent AS SELECT * FROM $table WHERE "Created At" > now() - interval '1 day';
	INSERT INTO $table ("Created At", customer, amount) SELECT now() - n * interval '1 minute', 1 + n % 100, 1 + n % 7 FROM generate_series(1, 60000) n;
	INSERT INTO "The Shop".ledger SELECT count(*), sum(amount) FROM $table;
	GRANT USAGE ON SCHEMA "The Shop" TO "App";
	GRANT SELECT, INSERT, UPDATE, DELETE ON $table TO "App";
	GRANT SELECT ON "The Shop".recent, "The Shop".customer TO "App";
	GRANT INSERT ON "The Shop".ledger TO "App"});

my $script = value(qq{SELECT advisor.partition_conversion_script('$table', 'Created At', '1 week', 2, 'UTC')}, extra_params => [ '-U', 'Owner' ]);
my $dir = PostgreSQL::Test::Utils::tempdir();

sub in_file
{
	my ($name, $text) = @_;
	PostgreSQL::Test::Utils::append_to_file("$dir/$name", $text);
	return "$dir/$name";
}

# What each transaction does is written down in the same transaction.
my %work = (
	insert => qq{INSERT INTO $table (customer, amount) VALUES (1 + random() * 99, 3);\nINSERT INTO "The Shop".ledger VALUES (1, 3);\n},
	update => qq{\\set id random(1, 61000)\nWITH u AS (UPDATE $table SET amount = amount + 1 WHERE id = :id RETURNING 1)\n}
	  . qq{INSERT INTO "The Shop".ledger SELECT 0, count(*) FROM u;\n},
	delete => qq{\\set id random(1, 60000)\nWITH d AS (DELETE FROM $table WHERE id = :id RETURNING amount)\n}
	  . qq{INSERT INTO "The Shop".ledger SELECT -count(*), -coalesce(sum(amount), 0) FROM d;\n},
	read => qq{SELECT count(*), sum(twice) FROM $table WHERE customer = 7;\nSELECT count(*) FROM "The Shop".recent WHERE customer = 7;\n});
$work{$_} = in_file("$_.sql", "BEGIN;\n$work{$_}COMMIT;\n") foreach keys %work;

# load(SECONDS): two programs at it, one of them with prepared statements
sub load
{
	my ($seconds) = @_;
	my @running;
	foreach my $mode ('simple', 'prepared')
	{
		my %run = (out => '', err => '');
		$run{handle} = IPC::Run::start(
			[ 'pgbench', '-n', '-h', $node->host, '-p', $node->port, '-U', 'App', '-M', $mode, '-c', 3, '-R', 300, '-T', $seconds,
				'--log', "--log-prefix=$dir/$mode", map({ ('-f', $work{$_}) } sort keys %work), 'postgres' ], '>', \$run{out}, '2>', \$run{err});
		push @running, \%run;
	}
	return @running;
}

sub unharmed
{
	my ($when, @running) = @_;
	foreach my $run (@running)
	{
		ok($run->{handle}->finish, "$when: the load ends well");
		unlike($run->{err}, qr/error|abort/i, "$when: no statement failed");
	}
	is(value(qq{SELECT count(*), sum(amount) FROM $table}), value(q{SELECT sum(rows), sum(amount) FROM "The Shop".ledger}), "$when: no row is lost or doubled");
	is(value(qq{SELECT count(*) FROM (SELECT id FROM $table GROUP BY id HAVING count(*) > 1) d}), '0', "$when: no id was given twice");
	is(value(qq{SELECT count(*) FROM $table WHERE noted IS DISTINCT FROM 'seen'}), '0', "$when: the trigger fired for every row");
	return;
}

sub run_script
{
	my ($text, $name) = @_;
	my $file = in_file($name, $text);
	my ($out, $err) = ('', '');
	my $ok = IPC::Run::run([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-h', $node->host, '-p', $node->port, '-U', 'Owner', '-f', $file, 'postgres' ], '<', '/dev/null', '>', \$out, '2>', \$err);
	ok($ok, "$name runs") or diag($err);
	return $err;
}

my @running = load(6);
$node->poll_query_until('postgres', q{SELECT count(*) > 100 FROM "The Shop".ledger}) or die;
my $said = do { local $ENV{PGOPTIONS} = '-c client_min_messages=debug1'; run_script($script, 'convert.sql') };
like($said, qr/partition constraint for table "Order_legacy" is implied by existing constraints/, 'attached without a scan');
# of indexes of the old table, those are linked; only empty partitions get new ones
unlike($said =~ s/.*is implied by existing constraints//sr, qr/building index "Order_legacy/, 'no index is built in the exchange');
is(value(qq{SELECT relkind FROM pg_class WHERE oid = '$table'::regclass}), 'p', 'it is partitioned while they go on');
unharmed('after the conversion', @running);

my @waits = map { my $file = $_; map { (split)[2] } split /\n/, PostgreSQL::Test::Utils::slurp_file($file) } glob("$dir/simple.* $dir/prepared.*");
my ($longest) = sort { $b <=> $a } @waits;
ok(@waits > 300 && $longest < 3_000_000, 'nobody waited for long') or diag("$longest us of " . scalar(@waits));

is(value(qq{SELECT string_agg(conname || ' ' || pg_get_constraintdef(oid), '; ' ORDER BY conname COLLATE "C") FROM pg_constraint WHERE conrelid = '$table'::regclass AND contype <> 'n'}),
	'Order_amount_check CHECK ((amount > 0)); Order_customer_fkey FOREIGN KEY (customer) REFERENCES "The Shop".customer(id); Order_pkey PRIMARY KEY (id, "Created At")', 'constraints have their names');
is(value(qq{SELECT relname FROM pg_class WHERE relnamespace = '"The Shop"'::regnamespace AND relkind = 'I' ORDER BY relname COLLATE "C"}), "Order_customer_Created At_idx\nOrder_pkey", 'indexes too');
is(value(qq{SELECT pg_get_userbyid(relowner), has_table_privilege('App', oid, 'DELETE') AND has_table_privilege('App', oid, 'INSERT'), has_table_privilege('App', oid, 'TRUNCATE')
	FROM pg_class WHERE oid IN (SELECT relid FROM pg_partition_tree('$table')) GROUP BY 1, 2, 3}), 'Owner|t|f', 'owner and privileges of all are those of the old table');
is(value(qq{SELECT pg_get_serial_sequence('$table', 'id')}), '"The Shop"."Order_id_seq"', 'the sequence has its name');
my ($next, $part) = split /\|/, value(qq{INSERT INTO $table (customer, amount) VALUES (1, 3) RETURNING id, tableoid::regclass}, extra_params => [ '-U', 'App' ]);
cmp_ok($next, '>', 60000, 'identity goes on');
is($part, '"The Shop"."Order_legacy"', 'rows of now are still in the old partition');
is(value(qq{INSERT INTO $table ("Created At", customer, amount) SELECT upper::timestamptz - interval '1 day', 1, 5 FROM advisor._partition_bounds('$table'::regclass) WHERE ordinal > 1 RETURNING tableoid::regclass = '"The Shop"."Order_legacy"'::regclass},
		extra_params => [ '-U', 'App' ]), join("\n", ('f') x value(qq{SELECT count(*) - 1 FROM advisor._partition_bounds('$table'::regclass)})), 'those of later go into new ones');
cmp_ok(value(qq{SELECT count(*) FROM advisor._partition_bounds('$table'::regclass)}), '>=', 2, 'which are there');
is(value(qq{SELECT step, premake FROM advisor.partition_policies WHERE parent = '$table'::regclass}), '1 week|2', 'maintenance is registered');
value(qq{DELETE FROM "The Shop".ledger; INSERT INTO "The Shop".ledger SELECT count(*), sum(amount) FROM $table});

# The newest step of the old partition gets a partition of its own
run_script("SET search_path = pg_catalog;\n" . join("\n", map { /^--\+ (.*)/s ? $1 : () } split /\n/, $script) . "\n", 'split.sql');
is(value(qq{SELECT count(*), sum(amount) FROM $table}), value(q{SELECT sum(rows), sum(amount) FROM "The Shop".ledger}), 'a split loses nothing');
is(value(qq{SELECT count(*) FROM advisor._partition_bounds('$table'::regclass) b WHERE b.after_gap}), '0', 'and leaves no gap');

# And back, under the same load
@running = load(3);
my $back = join("\n", map { /^--< (.*)/s ? $1 : () } split /\n/, $script);
run_script("SET search_path = pg_catalog;\n$back\n", 'back.sql');
unharmed('after the way back', @running);
is(value(qq{SELECT relkind, (SELECT string_agg(conname || ' ' || pg_get_constraintdef(oid), '; ' ORDER BY conname COLLATE "C") FROM pg_constraint WHERE conrelid = c.oid AND contype <> 'n') FROM pg_class c WHERE oid = '$table'::regclass}),
	'r|Order_amount_check CHECK ((amount > 0)); Order_customer_fkey FOREIGN KEY (customer) REFERENCES "The Shop".customer(id); Order_pkey PRIMARY KEY (id)', 'a plain table with its keys again');
is(value(q{SELECT count(*) FROM pg_class WHERE relnamespace = '"The Shop"'::regnamespace AND relname ~ '_(legacy|new|partitioned|p2)'}), '0', 'nothing of it is left');

$node->stop;
done_testing();

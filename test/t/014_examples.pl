# Examples: nearly every statement, however odd, has one that the planner
# thinks costs what the statement did; and only those see them who may.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $target = 99;	# per cent
my $odd = "$FindBin::RealBin/../odd";

my $node = advisor_node(
	'examples', q{
advisor.max_plans = 5000
advisor.text_memory = '64MB'
jit = off
});

# Explains all examples of one database in the session that it is sent to, each
# as the role that ran the statement: temporary tables are still there.  Costs
# are compared as EXPLAIN shows them; those of generic plans know no values.
my $explain_all = q{
RESET ROLE;
SET advisor.track = 'none';
CREATE SCHEMA checks;
CREATE TABLE checks.examples AS
	SELECT e.userid, e.usename, e.toplevel, e.queryid, e.planid, e.query, e.truncated,
		(to_jsonb(p) ->> 'total_cost')::float8 AS total_cost,
		COALESCE((to_jsonb(p) ->> 'generic')::boolean, false) AS generic,
		NULL::float8 AS again, NULL::text AS error
	FROM advisor.examples e LEFT JOIN advisor.plans p USING (userid, dbid, toplevel, queryid, planid)
	WHERE e.datname = current_database();
DO $do$
DECLARE
	e record;
	plans json;
	costs float8[];
BEGIN
	FOR e IN SELECT ctid, * FROM checks.examples WHERE NOT truncated LOOP
		BEGIN
			PERFORM set_config('role', e.usename, true);
			EXECUTE 'EXPLAIN (FORMAT JSON) ' || e.query INTO plans;
			RESET ROLE;
			SELECT array_agg((x -> 'Plan' ->> 'Total Cost')::float8) INTO costs FROM json_array_elements(plans) x;
			-- a rule makes several plans of one statement
			UPDATE checks.examples SET again =
				(SELECT c FROM unnest(costs) c ORDER BY abs(c - COALESCE(e.total_cost, 0)) LIMIT 1)
				WHERE ctid = e.ctid;
		EXCEPTION WHEN OTHERS THEN
			RESET ROLE;
			UPDATE checks.examples SET error = SQLERRM WHERE ctid = e.ctid;
		END;
	END LOOP;
END $do$;
CREATE TABLE checks.statements AS
	SELECT DISTINCT p.userid, p.toplevel, p.queryid, s.query,
		EXISTS (SELECT FROM checks.examples e
			WHERE (e.userid, e.toplevel, e.queryid) = (p.userid, p.toplevel, p.queryid)
				AND e.error IS NULL AND (e.generic OR abs(e.again - e.total_cost) < 0.0101)) AS good
	FROM advisor.plans p LEFT JOIN advisor.statements s USING (userid, dbid, toplevel, queryid)
	WHERE p.datname = current_database() AND p.planid <> 0
		AND to_jsonb(p) ->> 'total_cost' IS NOT NULL
		-- it forgets its own example, and only then is over
		AND coalesce(s.query, '') NOT LIKE 'SELECT advisor.reset()%'
		-- without a query id of its own until version 18, so there is no example
		AND coalesce(s.query, '') !~ '^(DECLARE|CREATE) ';
RESET advisor.track;
};

# Results of that, with what is not good told.
sub check_share
{
	my ($db, $what, $least) = @_;
	my ($all, $good) = split /\|/,
	  $node->safe_psql($db, q{SELECT count(*), count(*) FILTER (WHERE good) FROM checks.statements});

	cmp_ok($all, '>=', $least, "$what: enough statements");
	my $share = $all ? 100 * $good / $all : 0;
	note sprintf '%s: %d of %d statements have an example that costs the same, %.1f %%', $what, $good, $all, $share;
	cmp_ok($share, '>=', $target, "$what: nearly all have an example that costs the same")
	  or diag $node->safe_psql(
		$db, q{
		SELECT s.query, e.query, e.total_cost, e.again, e.error
		FROM checks.statements s LEFT JOIN checks.examples e USING (userid, toplevel, queryid) WHERE NOT s.good});
	is($node->safe_psql($db, q{SELECT count(*) FROM checks.examples WHERE octet_length(query) > 8192}), '0', "$what: none is too long");
}

# The result of a query that leaves no example itself: it would find its own.
sub unseen
{
	my $query = shift;
	return $node->safe_psql('odd', "SET advisor.track = 'none'; $query");
}

sub run_file
{
	my ($db, @statements) = @_;
	my ($rc, $out, $err) = $node->psql($db, join("\n", @statements), on_error_stop => 0);
	is($err, '', "$db: no statement fails");
}

# ---------------------------------------------------------------------
# Simple protocol, PREPARE, functions: one session for all and the check
# ---------------------------------------------------------------------
my $schema = slurp_file("$odd/schema.sql");
my $statements = slurp_file("$odd/statements.sql");

$node->safe_psql('postgres', 'CREATE DATABASE odd');
$node->safe_psql('odd', 'CREATE EXTENSION advisor CASCADE');
$node->safe_psql('odd', $schema);
$node->safe_psql('odd', 'SELECT advisor.reset()');
run_file('odd', $statements, $explain_all);
check_share('odd', 'simple protocol and functions', 120);

# values are in them, names are qualified, views are views
is( $node->safe_psql(
		'odd', q{
		SELECT count(*) > 0 FROM checks.examples WHERE query LIKE '%FROM odd.things%' AND query LIKE '%= 77)%' AND toplevel}),
	't', 'a parameter of EXECUTE');
is( $node->safe_psql('odd', q{SELECT count(*) > 0 FROM checks.examples WHERE query LIKE '%it''''s%' AND NOT toplevel}),
	't', 'a variable of PL/pgSQL');
is( $node->safe_psql('odd', q{SELECT count(*) > 0 FROM checks.examples WHERE query LIKE '%FROM odd.for_clerk%' AND usename = 'clerk'}),
	't', 'a view whose tables the role may not read');
is($node->safe_psql('odd', q{SELECT count(*) FROM checks.examples WHERE query ~ '\(\$\d+\)' AND NOT generic}),
	'0', 'no parameter is left');

# ---------------------------------------------------------------------
# Extended and prepared protocol
# ---------------------------------------------------------------------
my @bound = (
	[ '17', 'SELECT name FROM odd.things WHERE id = :v' ],
	[ 'name 9', 'SELECT id FROM odd.things WHERE name = :v' ],
	[ 'happy', 'SELECT id FROM odd.things WHERE feeling = :v' ],
	[ '2024-02-01', 'SELECT id FROM odd.things WHERE day = :v' ],
	[ '2024-02-01 12:00', 'SELECT id FROM odd.things WHERE at > :v' ],
	[ '3.5', 'SELECT id FROM odd.things WHERE price < :v' ],
	[ '3.5', 'SELECT id FROM odd.things WHERE weight < :v' ],
	[ '{1,2,3}', 'SELECT id FROM odd.things WHERE id = ANY (:v)' ],
	[ '{"a": 3}', 'SELECT id FROM odd.things WHERE data @> :v' ],
	[ '5', 'SELECT id FROM odd.things ORDER BY price LIMIT :v' ],
	[ '5', 'SELECT id FROM odd.things ORDER BY price OFFSET :v LIMIT 3' ],
	[ '7', 'SELECT id, :v::text FROM odd.things WHERE level = :v' ],
	[ 'code 3', 'SELECT id FROM odd.things WHERE label = :v' ],
	[ 'kind 3', 'SELECT id FROM odd.things WHERE kind = :v AND flag' ],
	[ 'f5', 'SELECT id FROM odd.things WHERE fixed = :v' ],
	[ '[10,20)', 'SELECT id FROM odd.things WHERE inside && :v' ],
	[ '00000101', 'SELECT id FROM odd.things WHERE bits = :v' ],
	[ '10.0.1.0/24', 'SELECT id FROM odd.things WHERE address << :v' ],
	[ '1 day', 'SELECT id FROM odd.things WHERE span > :v' ],
	[ '(5,y)', 'SELECT id FROM odd.things WHERE part = :v::odd.pair' ],
	[ '9', 'SELECT * FROM odd.cheap WHERE id = :v' ],
	[ '500', 'SELECT * FROM odd.shut WHERE id < :v' ],
	[ '4', 'WITH c AS (SELECT thing FROM odd.lines WHERE amount < :v) SELECT t.id FROM c JOIN odd.things t ON t.id = c.thing' ],
	[ '4', 'SELECT id, (SELECT max(amount) FROM odd.lines WHERE thing = t.id AND line < :v) FROM odd.things t WHERE id < 100' ],
	[ '4', 'SELECT id FROM odd.things WHERE id IN (SELECT thing FROM odd.lines WHERE line = :v)' ],
	[ '4', 'SELECT g FROM generate_series(1, :v) g' ],
	[ '5', 'UPDATE odd.target SET amount = :v WHERE id = 3' ],
	[ '3', 'DELETE FROM odd.target WHERE id = :v + 1000' ],
	[ '3', 'INSERT INTO odd.target (id) VALUES (:v) ON CONFLICT DO NOTHING' ],
	[ '3', 'INSERT INTO odd.target (name, id) SELECT name, id FROM odd.things WHERE id = :v ON CONFLICT (id) DO UPDATE SET amount = excluded.id' ],
	[ '2024-01-15', 'SELECT v FROM odd.measures WHERE at = :v' ],);

foreach my $protocol ('extended', 'prepared')
{
	# twice, so that a prepared statement is still planned for its values
	my $script = $node->basedir . "/$protocol.pgbench";
	my @lines;
	my @options;
	foreach my $i (0 .. $#bound)
	{
		my ($value, $text) = @{ $bound[$i] };
		(my $own = $text) =~ s/:v\b/:v$i/g;
		push @lines, "$own;";
		push @options, '-D', "v$i=$value";
	}
	append_to_file($script, join("\n", @lines) . "\n");
	$node->safe_psql('odd', 'DROP SCHEMA checks CASCADE; SELECT advisor.reset()');
	$node->command_ok([ 'pgbench', '-n', '-M', $protocol, '-t', 2, @options, '-f', $script, 'odd' ], "pgbench -M $protocol");
	run_file('odd', $explain_all);
	check_share('odd', "$protocol protocol", scalar(@bound));
	is($node->safe_psql('odd', q{SELECT count(*) FROM checks.examples WHERE query LIKE '%$1%'}), '0', "$protocol protocol: no parameter is left");
	is($node->safe_psql('odd', q{SELECT count(*) FROM checks.examples WHERE query LIKE '%''name 9''::text%'}), '1', "$protocol protocol: values are");
}

# ---------------------------------------------------------------------
# None rather than a wrong one
# ---------------------------------------------------------------------
$node->safe_psql('odd', 'DROP SCHEMA checks CASCADE; SELECT advisor.reset()');
$node->safe_psql(
	'odd', q{
	SET search_path = odd, public;
	CREATE TABLE ruled (a int);
	CREATE RULE r AS ON UPDATE TO ruled DO INSTEAD INSERT INTO base VALUES (new.a, 'rule');
	CREATE VIEW barred WITH (security_barrier) AS SELECT id, name FROM target WHERE id < 10;
	BEGIN;
	DECLARE c CURSOR FOR SELECT id FROM target FOR UPDATE;
	FETCH c;
	UPDATE target SET amount = 1234567 WHERE CURRENT OF c;
	UPDATE ruled SET a = 1234567;
	UPDATE barred SET name = '1234567';
	ROLLBACK;
});
is(unseen(q{SELECT count(*) FROM advisor.examples WHERE query LIKE '%1234567%'}), '0', 'none of what cannot be written');

# a value too long to keep is not half kept as if it were whole
$node->safe_psql('odd', q{SELECT length('} . 'x' x 100000 . q{'), count(*) FROM odd.target});
is( unseen(q{
		SELECT bool_and(truncated), bool_and(octet_length(query) <= 8192), count(*) > 0 FROM advisor.examples
		WHERE query LIKE 'SELECT length%' OR query LIKE ' SELECT length%'}),
	't|t|t', 'a long literal');
$node->safe_psql('odd', q{SELECT id FROM odd.things WHERE id IN (} . join(', ', 1 .. 10000) . ')');
is( unseen(q{
		SELECT bool_and(truncated), bool_and(octet_length(query) <= 8192), count(*) > 0 FROM advisor.examples
		WHERE query LIKE '%ANY (ARRAY[1, 2, 3, 4, 5, 6, 7, 8,%'}),
	't|t|t', 'a long list');

# ---------------------------------------------------------------------
# An error while writing is nobody's
# ---------------------------------------------------------------------
# The type's output function raises one: the statement, which never calls it,
# goes on, and so does its transaction.
my ($rc, $out, $err) = $node->psql(
	'odd', q{
	CREATE TYPE nasty;
	CREATE FUNCTION nasty_in(cstring) RETURNS nasty LANGUAGE internal IMMUTABLE STRICT AS 'textin';
	CREATE FUNCTION nasty_out(nasty) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'enum_out';
	CREATE TYPE nasty (INPUT = nasty_in, OUTPUT = nasty_out, LIKE = text);
	SET client_min_messages = debug5;
	BEGIN;
	CREATE TEMP TABLE kept (a int);
	SELECT count(*) FROM odd.target WHERE 'x'::nasty IS NOT NULL;
	PREPARE p (nasty) AS SELECT count(*) + 1 FROM odd.target WHERE $1 IS NOT NULL;
	EXECUTE p ('y');
	SELECT pg_current_xact_id_if_assigned() IS NOT NULL, current_setting('search_path'), current_setting('DateStyle');
	INSERT INTO kept VALUES (1);
	COMMIT;
	SELECT count(*) FROM kept;
}, on_error_stop => 0);
unlike($err, qr/ERROR|WARNING/, 'an output function that fails is not noticed');
unlike($err, qr/cache lookup failed|invalid internal value/, 'nor its message seen');
like($out, qr/^20\n21\nt\|"\$user", public\|ISO, MDY\n1$/m, 'the transaction goes on');

# Nor are settings that we need seen by the statement or left behind.
is( $node->safe_psql(
		'odd', q{
		SET DateStyle = 'German'; SET IntervalStyle = 'iso_8601'; SET extra_float_digits = -5; SET search_path = odd;
		SELECT date '2024-02-03', interval '1 day', 1.0::float8 / 3, current_schema FROM things WHERE id = 3 AND day > '01.01.2024';
		SHOW DateStyle; SHOW IntervalStyle; SHOW extra_float_digits; SHOW search_path;}),
	"03.02.2024|P1D|0.3333333333|odd\nGerman, DMY\niso_8601\n-5\nodd", 'settings');
is( unseen(q{SELECT count(*) FROM advisor.examples WHERE query LIKE '%2024-02-03%' AND query LIKE '%1 day%'}),
	'1', 'values are read the same by everyone');

# ---------------------------------------------------------------------
# Who sees them
# ---------------------------------------------------------------------
$node->safe_psql('odd', q{CREATE ROLE stranger LOGIN; CREATE ROLE reader LOGIN; GRANT pg_read_all_stats TO reader; GRANT USAGE ON SCHEMA advisor TO stranger, reader});
$node->safe_psql('odd', q{SET ROLE clerk; SELECT note FROM odd.secret WHERE level = 7654321});
my $count = q{SELECT count(*) FROM advisor.examples WHERE query LIKE '%7654321%'};
is(unseen("SET ROLE stranger; $count"), '0', 'another role does not see them');
is(unseen("SET ROLE clerk; $count"), '1', 'who ran the statement does');
is(unseen("SET ROLE reader; $count"), '1', 'so does pg_read_all_stats');
is(unseen(q{SET ROLE stranger; SELECT count(*) FROM advisor.examples WHERE query IS NOT NULL AND usename <> 'stranger'}),
	'0', 'no example of anyone else');

# ---------------------------------------------------------------------
# Off
# ---------------------------------------------------------------------
$node->append_conf('postgresql.conf', 'advisor.track_examples = off');
$node->reload;
$node->poll_query_until('odd', q{SELECT current_setting('advisor.track_examples') = 'off'}) or die 'no reload';
$node->safe_psql('odd', 'SELECT advisor.reset()');
(my $marked = $statements) =~ s/'name (\d+)'/'confidential $1'/g;
$marked =~ s/it''s/confidential/g;
$node->psql('odd', $marked . q{
	PREPARE p2 (text) AS SELECT id, day FROM things WHERE name = $1;
	EXECUTE p2 ('confidential');
	SELECT id, kind FROM things WHERE name LIKE 'confidential%' OR name IN ('confidential 1', 'confidential 2');
	SELECT variables(50, 'confidential', 'happy', 3);
	DO $$ BEGIN PERFORM id, at FROM odd.things WHERE name = 'confidential'; END $$;
}, on_error_stop => 0);
is($node->safe_psql('odd', q{SELECT count(*) FROM advisor.examples}), '0', 'off: no examples');
is($node->safe_psql('odd', q{SELECT count(*) > 100 FROM advisor.plans WHERE datname = 'odd'}), 't', 'off: plans are recorded');

# whatever the views show: look at all of every one of them.  Only the text of a
# statement may be that of pg_stat_statements, which keeps those of utility
# statements as they are.
foreach my $view (split /\n/, $node->safe_psql('odd', q{
	SELECT relname FROM pg_class WHERE relnamespace = 'advisor'::regnamespace AND relkind = 'v' ORDER BY 1}))
{
	is(unseen(qq{
			SELECT count(*) FROM advisor."$view" v WHERE to_jsonb(v)::text LIKE '%confidential%'
				AND NOT coalesce(to_jsonb(v) ->> 'query' = ANY (SELECT query FROM pg_stat_statements)
					AND (to_jsonb(v) - 'query')::text NOT LIKE '%confidential%', false)}),
		'0', "off: no literal in advisor.$view");
}
# and where there is no view
foreach my $function ('_examples', '_facts', '_plans', '_plan_nodes', '_statements')
{
	my ($status, $literals) = $node->psql('odd', qq{SELECT count(*) FROM advisor.$function() v WHERE to_jsonb(v)::text LIKE '%confidential%'});
	next if $status != 0;
	is($literals, '0', "off: no literal in $function()");
}

$node->stop;
ok( slurp_file($node->logfile) !~ /cannot make an example|was terminated by signal|TRAP/, 'nothing of it in the log');
done_testing();

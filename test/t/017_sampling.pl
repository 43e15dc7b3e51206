# Executions in which rows are counted: which they are, that nobody else who
# measures is disturbed, and that what was examined is exact or not told.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = advisor_node('sampling', q{
pg_stat_statements.track = 'all'
max_parallel_workers_per_gather = 0
advisor.sample_rate = 0
jit = off
});
$node->safe_psql(
	'postgres', q{
	SET client_min_messages = warning;
	CREATE EXTENSION advisor CASCADE;
	CREATE ROLE worker LOGIN;
	CREATE TABLE work (id int PRIMARY KEY, grp int, v int);
	INSERT INTO work SELECT g, g % 10, g FROM generate_series(1, 1000) g;
	CREATE INDEX work_grp ON work (grp);
	CREATE TABLE other (id int PRIMARY KEY, work_id int);
	INSERT INTO other SELECT g, g FROM generate_series(1, 100) g;
	GRANT ALL ON work, other TO worker;
	CREATE FUNCTION reads_work(i int) RETURNS int LANGUAGE plpgsql AS
		$$ BEGIN RETURN (SELECT count(*) FROM work WHERE v > i); END $$;
	CREATE FUNCTION fails_once() RETURNS int LANGUAGE plpgsql AS $$
	BEGIN
		BEGIN
			PERFORM 1 / (id - 500) FROM work;
		EXCEPTION WHEN division_by_zero THEN
			NULL;
		END;
		RETURN (SELECT count(*) FROM other);
	END $$;
});
$node->safe_psql('postgres', 'VACUUM (ANALYZE) work, other');

sub value
{
	return $node->safe_psql('postgres', shift);
}

sub as_worker
{
	return $node->safe_psql('postgres', shift, extra_params => [ '-U', 'worker' ]);
}

# What is known of the worker's statement whose text is LIKE a pattern.
sub of_statement
{
	my ($columns, $pattern, $more) = @_;
	$pattern =~ s/'/''/g;
	return value(qq{SELECT $columns FROM advisor.statements WHERE usename = 'worker' AND query LIKE '$pattern' } . ($more // ''));
}

# runs of the root node
sub runs
{
	my $pattern = shift;
	return value(qq{
		SELECT n.runs FROM advisor.plan_nodes n JOIN advisor.statements s USING (userid, dbid, toplevel, queryid)
		WHERE s.usename = 'worker' AND s.query LIKE '$pattern' AND n.parent IS NULL});
}

# To choose scans.
my $index = 'SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off;';
my $bitmap = 'SET enable_seqscan = off; SET enable_indexscan = off; SET enable_indexonlyscan = off;';
my $only = 'SET enable_seqscan = off; SET enable_bitmapscan = off;';
my $seq = 'SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off; SET enable_nestloop = off; SET enable_mergejoin = off;';

# --- which executions --------------------------------------------------------
my $kind = 'SELECT v AS often FROM work WHERE id = %d';
as_worker(sprintf($kind, 1));
is(runs('SELECT v AS often%'), '0', 'sample_rate = 0: no execution');
value('ALTER SYSTEM SET advisor.sample_rate = 0.000001');
$node->reload;
$node->poll_query_until('postgres', q{SELECT current_setting('advisor.sample_rate')::float8 > 0});
value('SELECT advisor.reset()');
as_worker(sprintf($kind, 1));
is(runs('SELECT v AS often%'), '1', 'the first execution of a plan');
as_worker(join(';', map { sprintf($kind, $_) } (1 .. 300)));
my $first = runs('SELECT v AS often%');
cmp_ok($first, '<', 30, 'the first ones, and hardly any later');
is(of_statement('calls', 'SELECT v AS often%'), '301', 'all are counted');

as_worker(join(';', map { "SELECT count(*) AS slow FROM work WHERE id = $_" } (1 .. 100)));
my $fast = runs('SELECT count(*) AS slow%');
cmp_ok($fast, '<', 30, 'a fast statement');
value('ALTER SYSTEM SET advisor.slow_threshold = 1');
$node->reload;
$node->poll_query_until('postgres', q{SELECT current_setting('advisor.slow_threshold') = '1ms'});
as_worker('SELECT pg_sleep(0.002) AS slower FROM work WHERE id = 1') for (1 .. 5);
as_worker(join(';', map { 'SELECT pg_sleep(0.002) AS slower FROM work WHERE id = 1' } (1 .. 50)));
cmp_ok(runs('SELECT pg_sleep($1) AS slower%'), '>=', 50, 'a slow one always');
value('ALTER SYSTEM RESET advisor.slow_threshold');

value('ALTER SYSTEM SET advisor.sample_rate = 1');
$node->reload;
$node->poll_query_until('postgres', q{SELECT current_setting('advisor.sample_rate')::float8 = 1});
value('SELECT advisor.reset()');
as_worker(join(';', map { sprintf($kind, $_) } (1 .. 100)));
is(runs('SELECT v AS often%'), '100', 'sample_rate = 1: every execution');

# --- exact rows per node -----------------------------------------------------
as_worker($seq . 'SELECT count(*) AS nodes FROM work w JOIN other o ON o.work_id = w.id WHERE w.v % 2 = 0 AND o.id <= 50') for (1 .. 4);
is( value(q{
		SELECT n.relation, n.runs, n.loops * n.rows_per_loop, n.rows_removed
		FROM advisor.plan_nodes n JOIN advisor.statements s USING (userid, dbid, toplevel, queryid)
		WHERE s.usename = 'worker' AND s.query LIKE '%AS nodes%' AND n.node_type = 'Seq Scan' ORDER BY 1}),
	"public.other|4|50|50\npublic.work|4|500|500", 'rows and rows removed of each node');
as_worker('SELECT o.id AS looped, (SELECT v FROM work w WHERE w.id = o.work_id) FROM other o WHERE o.id <= 7');
is( value(q{
		SELECT n.loops, n.rows_per_loop, n.error_factor
		FROM advisor.plan_nodes n JOIN advisor.statements s USING (userid, dbid, toplevel, queryid)
		WHERE s.usename = 'worker' AND s.query LIKE '%AS looped%' AND n.relation = 'public.work'}),
	'7|1|1', 'loops of a sub-select');

# --- others who measure at the same time -------------------------------------
my $explained = $node->safe_psql('postgres', q{
	SET enable_seqscan = off;
	EXPLAIN (ANALYZE, BUFFERS, TIMING off, SUMMARY off, COSTS off) SELECT grp FROM work WHERE grp = 3});
like($explained, qr/actual rows=100(\.00)? loops=1\)/, 'EXPLAIN ANALYZE shows its rows');
unlike($explained, qr/time=/, 'and no time without TIMING');
like($explained, qr/Buffers: shared (hit|read)=/, 'and buffers');
like($node->safe_psql('postgres', 'EXPLAIN (ANALYZE, COSTS off) SELECT count(*) FROM work'), qr/actual time=[\d.]+\.\.[\d.]+ rows=1(\.00)? loops=1\)/,
	'and its time with it');
unlike($node->safe_psql('postgres', 'EXPLAIN (COSTS off) SELECT count(*) FROM work'), qr/actual/, 'EXPLAIN alone does not execute');

# pg_stat_statements counts the same blocks and rows with and without us
my @work = ('SELECT count(*) AS same FROM work WHERE v > 10', 'SELECT v AS same FROM work WHERE id = 10', 'SELECT count(*) AS same FROM work JOIN other USING (id)',
	'SELECT reads_work(900) AS same');
my $pgss = q{
	SELECT calls, rows, shared_blks_hit + shared_blks_read FROM pg_stat_statements
	WHERE query LIKE '%same%' AND userid = 'worker'::regrole ORDER BY query};
my %counted;
foreach my $rate (0, 1)
{
	value("ALTER SYSTEM SET advisor.sample_rate = $rate");
	$node->reload;
	$node->poll_query_until('postgres', "SELECT current_setting('advisor.sample_rate')::float8 = $rate");
	value('SELECT pg_stat_statements_reset(); SELECT advisor.reset()');
	# one session, whose caches are warm, and none of the work is the first
	as_worker(join(';', @work, @work, @work));
	$counted{$rate} = value($pgss);
}
is($counted{1}, $counted{0}, 'pg_stat_statements counts the same');
is( value(q{SELECT count(*) FROM advisor.statements a JOIN pg_stat_statements p USING (userid, dbid, queryid, toplevel)
		WHERE a.usename = 'worker' AND a.query LIKE '%same%' AND a.calls = p.calls AND a.rows = p.rows
			AND a.shared_blks_hit = p.shared_blks_hit AND a.shared_blks_read = p.shared_blks_read}),
	'4', 'and so does advisor');

# auto_explain with all that it can do
my $offset = -s $node->logfile;
my $auto = q{
	LOAD 'auto_explain';
	SET auto_explain.log_min_duration = 0;
	SET auto_explain.log_analyze = on;
	SET auto_explain.log_buffers = on;
	SET auto_explain.log_timing = %s;
	SET auto_explain.log_nested_statements = on;
	SELECT count(*) AS auto FROM work WHERE v > 10;
	SELECT reads_work(900) AS auto;
};
value(sprintf($auto, 'on'));
my $log = slurp_file($node->logfile, $offset);
like($log, qr/Aggregate .*actual time=[\d.]+\.\.[\d.]+ rows=1(\.00)? loops=1\)/, 'auto_explain has its times');
like($log, qr/Seq Scan on work .*actual time=[\d.]+\.\.[\d.]+ rows=990(\.00)? loops=1\)\s+Filter: \(v > 10\)\s+Rows Removed by Filter: 10\s+Buffers: /, 'and rows and buffers');
like($log, qr/Seq Scan on work .*actual time=[\d.]+\.\.[\d.]+ rows=100(\.00)? loops=1\)/, 'of nested statements, too');
$offset = -s $node->logfile;
value(sprintf($auto, 'off'));
$log = slurp_file($node->logfile, $offset);
like($log, qr/Seq Scan on work .*\(actual rows=990(\.00)? loops=1\)/, 'and no times without them');
# it measures nothing of its own: it may show what we have counted, or nothing
$offset = -s $node->logfile;
value(q{LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SELECT count(*) AS auto FROM work WHERE v > 20});
$log = slurp_file($node->logfile, $offset);
unlike($log, qr/actual/, 'auto_explain without ANALYZE shows nothing measured');

# --- rows examined, on every execution ---------------------------------------
value('ALTER SYSTEM SET advisor.sample_rate = 0');
$node->reload;
$node->poll_query_until('postgres', q{SELECT current_setting('advisor.sample_rate')::float8 = 0});
value('SELECT advisor.reset()');

# examined(SQL, ROWS, NAME, before => SETTINGS): TAG in the SQL names a statement;
# as a name alone makes it no other one, so do columns after it
my $number = 0;
sub examined
{
	my ($sql, $rows, $name, %how) = @_;
	$number++;
	my $tag = "t${number}x";
	$sql =~ s/AS TAG/"AS $tag" . ', 0' x $number/e;
	$sql =~ s/TAG/$tag/g;
	as_worker(($how{before} // '') . $sql);
	is(of_statement(q{coalesce(rows_examined::text, 'unknown')}, "%$tag%"), $rows, "examined: $name");
	return;
}

examined('SELECT v AS TAG FROM work WHERE v % 100 = 0', 1000, 'sequential scan');
examined('SELECT v AS TAG FROM work WHERE v % 100 = 0 LIMIT 2', 200, 'sequential scan that stops early');
examined('SELECT v AS TAG FROM work WHERE id = 5', 1, 'index scan', before => $index);
examined('SELECT v AS TAG FROM work WHERE grp = 5 AND v < 50', 100, 'index scan with a filter', before => $index);
examined('SELECT v AS TAG FROM work WHERE id = -5', 0, 'index scan without rows', before => $index);
examined('SELECT v AS TAG FROM work WHERE grp = 5 AND v < 50', 100, 'bitmap scan', before => $bitmap);
examined('SELECT id AS TAG FROM work WHERE id <= 30', 30, 'index-only scan', before => $only);
examined('SELECT a.v AS TAG FROM work a JOIN work b ON b.id = a.v WHERE a.grp = 1 AND b.grp < 100', 2000, 'self join, hashed', before => $seq);
examined('SELECT o.id AS TAG FROM other o JOIN work w ON w.id = o.work_id WHERE w.grp < 100', 200, 'nested loop',
	before => $only . 'SET enable_seqscan = on; SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_memoize = off; SET enable_indexonlyscan = off;');
examined('SELECT id AS TAG FROM other WHERE EXISTS (SELECT FROM work WHERE v = -other.id)', 1100, 'two tables', before => $seq);
examined('SELECT 1 AS TAG', 0, 'no table');
examined(q{SELECT v AS TAG FROM work WHERE v > 990 ORDER BY v DESC}, 1000, 'sort');
examined('WITH TAG AS MATERIALIZED (SELECT v FROM work) SELECT count(*) FROM TAG a, TAG b WHERE a.v = b.v', 1000, 'materialized once');

# A function that reads the table, too, for each of 4 rows: the inner rows are the inner statement's.
examined('SELECT reads_work(v) AS TAG FROM work WHERE id <= 4 AND v <= 4', 4, 'nested statements on the same table', before => $index);
is( of_statement('calls, rows_examined', '%count(*) FROM work WHERE v > i%', 'AND NOT toplevel'),
	'4|4000', 'examined: the nested ones have theirs');
as_worker($seq . 'SELECT reads_work(v) AS deep FROM work WHERE id <= 4');
is(of_statement('rows_examined', '%AS deep FROM%', 'AND toplevel'), '1000', 'examined: nested in a sequential scan');
is(of_statement('calls, rows_examined', '%count(*) FROM work WHERE v > i%', 'AND NOT toplevel'), '8|8000', 'examined: and its nested ones');

# cursors
as_worker('BEGIN; DECLARE c CURSOR FOR SELECT v AS pieces FROM work WHERE v % 2 = 0; FETCH 10 FROM c; SELECT count(*) FROM work; FETCH 20 FROM c; CLOSE c; COMMIT');
is(of_statement('calls, rows_examined', '%AS pieces%', 'AND NOT toplevel'), '1|60', 'examined: a cursor in pieces, another statement on its table in between');

# writes
as_worker('UPDATE work SET grp = 77 WHERE v % 100 = 0');
is(of_statement('rows, rows_examined', 'UPDATE work SET grp%'), '10|1000', 'examined: UPDATE by sequential scan');
as_worker($index . 'DELETE FROM work WHERE id = 1000');
is(of_statement('rows, rows_examined', 'DELETE FROM work%'), '1|1', 'examined: DELETE by index');
as_worker('INSERT INTO work VALUES (1000, 0, 1000)');
is(of_statement('rows, rows_examined', 'INSERT INTO work%'), '1|0', 'examined: INSERT');
as_worker('INSERT INTO other SELECT id + 5000, v FROM work WHERE v < 10');
is(of_statement('rows, rows_examined', 'INSERT INTO other SELECT%'), '9|1000', 'examined: INSERT of a query');
as_worker($seq . 'BEGIN; DELETE FROM other WHERE id > 5000; ROLLBACK; DELETE FROM other WHERE id > 5000');
is(of_statement('calls, rows, rows_examined', 'DELETE FROM other%'), '2|18|218', 'examined: a transaction that is rolled back');

# errors
as_worker('SELECT fails_once() AS outer_one');
is(of_statement('calls, rows_examined', '%AS outer_one%', 'AND toplevel'), '1|0', 'examined: an error in a nested block');
is(of_statement('calls, rows_examined', '%count(*) FROM other)', 'AND NOT toplevel'), '1|100', 'examined: and what comes after it');
$node->psql('postgres', 'SET ROLE worker; SELECT 1 / (id - 500) AS broken FROM work');
is(of_statement(q{calls, coalesce(rows_examined, 0)}, '%AS broken%'), '0|0', 'examined: an aborted statement does not count');
as_worker('SELECT v AS again FROM work WHERE v % 100 = 1; SELECT v AS again FROM work WHERE v % 100 = 2');
is(of_statement('calls, rows_examined, round(examined_per_row::numeric, 2)', '%AS again%'), '2|2000|100.00', 'examined: adds up, per row');

# prepared, and repeated in one transaction and many
as_worker('PREPARE p AS SELECT v AS prepared FROM work WHERE v % 100 = $1; ' . join(';', map { "EXECUTE p($_)" } (1 .. 10)));
is(of_statement('calls, rows_examined', '%SELECT v AS prepared%', 'AND calls = 10'), '10|10000', 'examined: ten times');
as_worker('BEGIN; ' . 'SELECT v AS both FROM work WHERE v < 0; ' x 3 . 'COMMIT; ' . 'SELECT v AS both FROM work WHERE v < 0; ' x 3);
is(of_statement('calls, rows_examined', '%AS both%'), '6|6000', 'examined: within transactions and without');

# what is not known
my $parallel = q{SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; };
as_worker($parallel . 'SELECT count(*) AS parallel FROM work WHERE v % 100 = 3');
like(value(q{SELECT plan FROM advisor.plans p JOIN advisor.statements s USING (userid, dbid, toplevel, queryid) WHERE s.query LIKE '%AS parallel%' AND p.usename = 'worker'}),
	qr/Gather/, 'a parallel plan');
like(of_statement(q{coalesce(rows_examined::text, 'unknown')}, '%AS parallel%'), qr/^(unknown|1000)$/, 'examined: unknown or exact in parallel');
$node->safe_psql('postgres', q{SET track_counts = off; SET ROLE worker; SELECT v AS untracked FROM work WHERE v < 0 AND v < 1});
is(of_statement(q{coalesce(rows_examined::text, 'unknown')}, '%AS untracked%'), 'unknown', 'examined: unknown without track_counts');
$node->safe_psql('postgres', q{SET track_counts = off; SET ROLE worker; SELECT v AS mixed FROM work WHERE v < 0 OR v < -1; RESET ROLE; SET track_counts = on; SET ROLE worker; SELECT v AS mixed FROM work WHERE v < 0 OR v < -1});
like(of_statement(q{calls || ' ' || coalesce(rows_examined::text, 'unknown')}, '%AS mixed%'), qr/^2 (unknown|1000)$/, 'examined: never more than is known');

# the parts of a table in a transaction that creates it
as_worker('CREATE TEMP TABLE made AS SELECT id FROM work; SELECT count(*) AS made FROM made');
is(of_statement('rows_examined', '%AS made FROM%'), '1000', 'examined: a temporary table');

$node->stop;
done_testing();

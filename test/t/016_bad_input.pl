# What is rare, huge, gone, forbidden or interrupted: plans, nodes, examples and
# findings are shown all the same, or said to be missing, and nothing fails.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my @settings = q{
pg_stat_statements.track = 'all'
max_parallel_workers_per_gather = 0
log_statement = none
jit = off
};

my $setup = q{
	SET client_min_messages = warning;
	CREATE EXTENSION advisor CASCADE;
	CREATE ROLE worker LOGIN;
	CREATE TABLE work (id int PRIMARY KEY, name text, v int);
	INSERT INTO work SELECT g, 'name ' || g, g FROM generate_series(1, 1000) g;
	ANALYZE work;
	GRANT ALL ON work TO worker;
	GRANT CREATE ON SCHEMA public TO worker;
	SELECT advisor.reset();
};

my $node = advisor_node('bad_input', @settings);
$node->safe_psql('postgres', $setup);
$node->safe_psql('postgres', q{CREATE ROLE hostile LOGIN; CREATE ROLE reader LOGIN; GRANT pg_read_all_stats TO reader});

# as(ROLE, SQL): its result as this role
sub as
{
	my ($role, $sql) = @_;
	return $node->safe_psql('postgres', $sql, extra_params => [ '-U', $role ]);
}

sub value
{
	return $node->safe_psql('postgres', shift);
}

# The query id of the worker's statement whose text is LIKE a pattern.
sub queryid
{
	my $pattern = shift;
	$pattern =~ s/'/''/g;
	return value(qq{SELECT DISTINCT queryid FROM advisor.statements WHERE usename = 'worker' AND query LIKE '$pattern'});
}

my @views = ('statements', 'plans', 'plan_nodes', 'examples', 'index_usage', 'query_findings', 'findings', 'info');

# Every column of every view can be read, and the stories of so many statements told,
# the odd ones first.
sub readable
{
	my ($what, $stories) = @_;
	$stories //= 5;
	my ($rc, $out, $err) = $node->psql('postgres',
		join('', map { "SELECT sum(length(x::text)) FROM advisor.$_ x;\n" } @views)
		  . qq{SELECT count(plan_json::jsonb) FROM advisor.plans;
		SELECT count(length(w::text)) FROM (SELECT queryid FROM advisor.statements WHERE queryid IS NOT NULL
			GROUP BY queryid ORDER BY bool_or(query LIKE '%odd%') DESC, queryid LIMIT $stories) s, advisor.why(s.queryid) w;},
		on_error_stop => 1);
	is($rc, 0, "$what: all views can be read") or diag $err;
	return;
}

# --- nothing there -----------------------------------------------------------
is(value(q{SELECT count(*) FROM advisor.why(4711) w WHERE w::text <> ''}), '0', 'why of a queryid that does not exist');
is(value(q{SELECT count(*) FROM advisor.why(NULL) w WHERE w::text <> ''}), '0', 'why of NULL');
is(as('hostile', q{SELECT count(*) FROM advisor.why(4711) w WHERE w::text <> ''}), '0', 'the same for anybody');
readable('nothing there');

# --- dropped objects ---------------------------------------------------------
as('worker', q{
	CREATE TABLE doomed (id int PRIMARY KEY, v int);
	CREATE INDEX doomed_v ON doomed (v);
	CREATE TABLE halved (id int PRIMARY KEY, v int, w int);
	CREATE INDEX halved_v ON halved (v);
	INSERT INTO doomed SELECT g, g FROM generate_series(1, 1000) g;
	INSERT INTO halved SELECT g, g, g FROM generate_series(1, 1000) g;
	ANALYZE doomed, halved;
});
my ($doomed, $doomed_v, $halved, $halved_v) =
  map { value("SELECT '$_'::regclass::oid") } ('doomed', 'doomed_v', 'halved', 'halved_v');
as('worker', q{SELECT id FROM doomed WHERE v = 7; SELECT id FROM halved WHERE v = 8 AND w = 8; SELECT count(*) FROM doomed WHERE v + 1 = 3});
my $by_index = q{SELECT relation, index FROM advisor.plan_nodes n WHERE queryid = };
is(value($by_index . queryid('SELECT id FROM doomed%')), 'public.doomed|public.doomed_v', 'a node of objects that exist');
is(value(q{SELECT executions FROM advisor.index_usage WHERE indexrelname = 'doomed_v'}), '1', 'and the use of the index');
as('worker', 'DROP TABLE doomed; DROP INDEX halved_v; ALTER TABLE halved DROP COLUMN w');
is( value($by_index . queryid('SELECT id FROM doomed%')),
	"dropped (oid $doomed)|dropped (oid $doomed_v)", 'a node of dropped objects');
is(value($by_index . queryid('SELECT id FROM halved%')), "public.halved|dropped (oid $halved_v)", 'a node of a dropped index');
is( value(qq{SELECT indexrelname, executions FROM advisor.index_usage WHERE indexrelid IN ($doomed_v, $halved_v) ORDER BY indexrelid}),
	"dropped (oid $doomed_v)|1\ndropped (oid $halved_v)|1", 'the use of dropped indexes');
is( value(q{SELECT count(*) FROM advisor.plans WHERE plan LIKE '%doomed%' AND usename = 'worker'}), '3', 'their plans stay as they were');
readable('dropped objects');

# --- huge --------------------------------------------------------------------
my $umlauts = "\xc3\xa4" x 10000;
as('worker', "SELECT id AS ten FROM work WHERE name = '$umlauts'");
is( value(q{SELECT truncated, octet_length(query) <= 8192 FROM advisor.examples WHERE queryid = } . queryid('SELECT id AS ten%')),
	't|t', 'a long literal: the example is truncated and says so');
like(value('SELECT advisor.why(' . queryid('SELECT id AS ten%') . ')'), qr/text was cut/, 'and so does the story');
as('worker', q{SELECT id AS hundred, 1 FROM work WHERE name = '} . 'x' x 100000 . q{'});
is( value(q{SELECT truncated, octet_length(plan) <= 65536, plan_json IS NOT NULL FROM advisor.plans WHERE queryid = } . queryid('SELECT id AS hundred%')),
	't|t|t', 'a longer one: the plan, too');
as('worker', q{SELECT id AS thousand, 1, 2 FROM work WHERE name = '} . 'x' x 1000000 . q{'});
is( value(q{SELECT truncated, plan_json IS NULL, calls FROM advisor.plans WHERE queryid = } . queryid('SELECT id AS thousand%')),
	't|t|1', 'a megabyte: no JSON');

# 1000 branches of two nodes each
my $branches = join(' UNION ALL ', map { "SELECT count(*) AS branch FROM work WHERE id = $_" } (1 .. 1000));
is(as('worker', "SELECT sum(branch) FROM ($branches) b"), '1000', '1000 branches');
is( value(q{SELECT nodes, truncated, calls FROM advisor.plans WHERE queryid = } . queryid('SELECT sum(branch)%')),
	'2002|t|1', 'a plan of 2000 nodes');
is( value(q{SELECT executions > 0 FROM advisor.index_usage WHERE indexrelname = 'work_pkey'}), 't', 'the use of its index is counted');

my $tables = 200;
my $join = 'SELECT count(*) AS joined FROM work t1' . join('', map { my $p = $_ - 1; " JOIN work t$_ ON t$_.id = t$p.v" } (2 .. $tables));
is(as('worker', "SET join_collapse_limit = 1; $join WHERE t1.id < 4"), '3', "a join of $tables tables");
is( value(q{SELECT nodes >= 399, calls FROM advisor.plans WHERE queryid = } . queryid('SELECT count(*) AS joined%')),
	't|1', 'its plan');
is( value(q{SELECT rows_examined IS NULL OR rows_examined >= 200, calls FROM advisor.statements WHERE usename = 'worker' AND query LIKE 'SELECT count(*) AS joined%'}),
	't|1', 'and what it examined, if that is known');

is(as('worker', 'SELECT count(*) AS listed FROM work WHERE id IN (' . join(', ', 1 .. 10000) . ')'), '1000', 'a list of 10,000 elements');
is( value(q{SELECT calls, plan IS NOT NULL FROM advisor.plans WHERE queryid = } . queryid('SELECT count(*) AS listed%')), '1|t', 'its plan');
is( value(q{SELECT truncated FROM advisor.examples WHERE queryid = } . queryid('SELECT count(*) AS listed%')), 't', 'its example is truncated');
readable('huge ones');

# --- odd nodes ---------------------------------------------------------------
# Of custom scans there are none without a further extension.
my $csv = $node->basedir . '/work.csv';
append_to_file($csv, join('', map { "$_,name $_\n" } (1 .. 100)));
value(sprintf(q{
	SET client_min_messages = warning;
	CREATE EXTENSION file_fdw;
	CREATE EXTENSION postgres_fdw;
	CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
	CREATE FOREIGN TABLE file (id int, name text) SERVER files OPTIONS (filename '%s', format 'csv');
	CREATE SERVER loopback FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '%s', port '%s', dbname 'postgres', use_remote_estimate 'true');
	CREATE USER MAPPING FOR worker SERVER loopback OPTIONS (user 'worker', password_required 'false');
	CREATE FOREIGN TABLE remote (id int, name text, v int) SERVER loopback OPTIONS (table_name 'work');
	GRANT ALL ON file, remote TO worker;
	CREATE TABLE parts (id int, v int) PARTITION BY RANGE (id);
	CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (500);
	CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (500) TO (2000);
	INSERT INTO parts SELECT g, g FROM generate_series(1, 1000) g;
	GRANT ALL ON parts TO worker;
	CREATE FUNCTION counts_new() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN PERFORM count(*) AS odd FROM new_rows; RETURN NULL; END $$;
	CREATE TABLE triggered (id int);
	CREATE TRIGGER t AFTER INSERT ON triggered REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION counts_new();
	GRANT ALL ON triggered TO worker;
	ANALYZE parts;
}, $csv, $node->host, $node->port));
my @odd = (
	'SELECT count(*) AS odd FROM file WHERE id > 50',
	'SELECT id AS odd FROM remote WHERE id = 5',
	'SELECT count(*) AS odd FROM remote a JOIN remote b USING (id) WHERE a.v < 10',
	'SELECT count(*) AS odd FROM remote a JOIN work b USING (id) WHERE b.v < 10',
	'UPDATE remote SET v = v WHERE id = 6 RETURNING v AS odd',
	'SELECT count(*) AS odd FROM work TABLESAMPLE SYSTEM (50) REPEATABLE (1)',
	q{SELECT id AS odd FROM work WHERE ctid = '(0,1)'},
	q{SELECT id AS odd FROM work WHERE ctid > '(0,1)' AND ctid < '(0,4)'},
	'SELECT g AS odd FROM generate_series(1, 3) g',
	'SELECT generate_series(1, id) AS odd FROM work WHERE id < 3',
	'SELECT column1 AS odd FROM (VALUES (1), (2), (3)) v',
	'SELECT 1 AS odd WHERE false',
	'WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n) AS odd FROM t',
	'WITH m AS MATERIALIZED (SELECT * FROM work) SELECT count(*) AS odd FROM m a JOIN m b USING (id)',
	'WITH u AS (UPDATE work SET v = v WHERE id = 3 RETURNING id) SELECT id AS odd FROM u',
	'SELECT v % 3, v % 2, count(*) AS odd FROM work GROUP BY GROUPING SETS ((1), (2), ())',
	'SELECT sum(v) OVER (PARTITION BY v % 3 ORDER BY id) AS odd FROM work',
	'SELECT id AS odd FROM work EXCEPT SELECT v FROM work WHERE v > 10',
	'SELECT id AS odd FROM work WHERE id = 9 FOR UPDATE',
	'SELECT count(*) AS odd FROM parts WHERE id = 7',
	'UPDATE parts SET v = v + 1 WHERE v < 5 RETURNING v AS odd',
	'MERGE INTO work w USING (SELECT 5000 AS odd) s ON w.id = s.odd WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN DO NOTHING',
	q{INSERT INTO work VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET v = work.v RETURNING v AS odd},
	'INSERT INTO triggered (id) SELECT 1 AS odd FROM generate_series(1, 4)',
	'SELECT (SELECT max(b.v) FROM work b WHERE b.id < a.id) AS odd FROM work a WHERE a.id < 4 OR EXISTS (SELECT FROM work c WHERE c.id = a.v + 5000)',
	'SELECT count(*) AS odd FROM work a, LATERAL (SELECT FROM work b WHERE b.id = a.v LIMIT 1) l');
as('worker', join(";\n", @odd));
is( value(q{
		SELECT count(*) FILTER (WHERE p.plan IS NOT NULL AND p.plan_json IS NOT NULL AND p.calls > 0)
		FROM advisor.statements s JOIN advisor.plans p USING (userid, dbid, toplevel, queryid)
		WHERE s.usename = 'worker' AND s.toplevel AND s.query LIKE '%odd%'}),
	scalar(@odd), 'odd nodes: all plans are kept');
is( value(q{SELECT count(*) FROM advisor.plan_nodes n JOIN advisor.statements s USING (userid, dbid, toplevel, queryid)
		WHERE s.usename = 'worker' AND s.query LIKE '%odd FROM remote a JOIN remote%' AND n.node_type = 'Foreign Scan' AND n.relation IS NULL}),
	'1', 'a foreign join has no relation');
is( value(q{SELECT count(*), count(rows_examined) FROM advisor.statements WHERE usename = 'worker' AND toplevel AND query LIKE '%odd FROM remote a JOIN%'}),
	'2|0', 'what foreign tables examine is not known');
is( value(q{SELECT count(*) FROM advisor.statements s JOIN advisor.plans p USING (userid, dbid, toplevel, queryid)
		WHERE NOT toplevel AND s.query LIKE '%FROM new_rows%' AND p.plan LIKE '%Named Tuplestore Scan%'}),
	'1', 'a transition table');
readable('odd nodes', @odd + 5);

# --- interrupted during the first execution ----------------------------------
my $plans_of = q{SELECT coalesce(sum(calls), 0), count(plan) FROM advisor.plans WHERE queryid = };
my $first = 'SELECT id AS first, pg_sleep(%s) FROM work WHERE id = %d';
$node->psql('postgres', 'SET ROLE worker; SET statement_timeout = 200; ' . sprintf($first, 10, 1));
is(value(q{SELECT errors FROM advisor.statements WHERE query LIKE 'SELECT id AS first%' AND usename = 'worker'}), '1', 'a timeout');
is(value(q{SELECT coalesce(sum(calls), 0) FROM advisor.plans WHERE queryid = } . queryid('SELECT id AS first%')), '0', 'and no completed plan');
as('worker', sprintf($first, 0, 2));
is(value($plans_of . queryid('SELECT id AS first%')), '1|1', 'the next one has it');
is( value(q{SELECT runs >= 1, rows_per_loop FROM advisor.plan_nodes WHERE path = '1' AND queryid = } . queryid('SELECT id AS first%')), 't|1', 'with what was measured');
my $second = 'PERFORM id AS second, v, pg_sleep(%s) FROM work WHERE id = %d';
as('worker', sprintf(qq{SET statement_timeout = 200; DO \$\$ BEGIN $second; EXCEPTION WHEN query_canceled THEN RAISE LOG 'timeout'; END; \$\$}, 10, 1)
	  . sprintf(qq{; SET statement_timeout = 0; DO \$\$ BEGIN $second; END \$\$; SELECT count(*) FROM work}, 0, 2));
is(value($plans_of . queryid('SELECT id AS second%')), '1|1', 'a timeout that is caught, in a function');
$node->psql('postgres', q{SET ROLE worker; SELECT id AS third, 1 / (id - 500) FROM work});
as('worker', q{BEGIN; SAVEPOINT a; SELECT id AS third, 1 / (id - 5000) FROM work; ROLLBACK TO a; SELECT id AS third, 1 / (id - 5000) FROM work; COMMIT});
is(value($plans_of . queryid('SELECT id AS third%')), '2|1', 'an error half way');
as('worker', q{BEGIN; DECLARE c CURSOR FOR SELECT id * 4 AS fourth FROM work; FETCH 3 FROM c; ROLLBACK});
is( value(q{SELECT sum(p.calls), count(p.plan) FROM advisor.plans p JOIN advisor.statements s USING (userid, dbid, toplevel, queryid)
		WHERE s.query LIKE '%SELECT id *% AS fourth%' AND NOT s.toplevel}),
	'1|1', 'a cursor that is never read to its end');
readable('interrupted');

# --- rights ------------------------------------------------------------------
value(q{CREATE TABLE secret_table (secret_id int PRIMARY KEY, secret_column text);
	INSERT INTO secret_table SELECT g, g FROM generate_series(1, 20000) g;
	GRANT ALL ON secret_table TO worker});
as('worker', q{SELECT secret_id FROM secret_table WHERE secret_column = 'confidential';
	SELECT secret_id FROM secret_table WHERE lower(secret_column) LIKE '%confidential%' OR secret_id = 42;
	SELECT pg_sleep(0.11), 'confidential' FROM secret_table WHERE secret_id = 5;
	UPDATE secret_table SET secret_column = 'confidential' WHERE secret_id = 5});
my $secret = queryid('SELECT secret_id FROM secret_table WHERE secret_column%');
like(as('worker', 'SELECT plan FROM advisor.plans'), qr/confidential/, 'a role sees its own plans');
like(as('worker', 'SELECT query FROM advisor.examples'), qr/confidential/, 'and examples');
like(as('worker', "SELECT advisor.why($secret)"), qr/secret_column/, 'and stories');
like(as('reader', 'SELECT plan FROM advisor.plans'), qr/confidential/, 'pg_read_all_stats sees plans of others');
like(as('reader', 'SELECT query FROM advisor.examples'), qr/confidential/, 'and examples');
like(as('reader', "SELECT advisor.why($secret)"), qr/secret_column/, 'and stories');

my @sources = ((map { "advisor.$_" } grep { $_ ne 'index_usage' } @views), "advisor.why($secret)",
	# what _relations() has is in pg_class, which everybody may read; what the
	# configuration files say is for who may ask the server itself; the view
	# findings is what _run_checks() returns
	split(/\n/, value(q{SELECT p.oid::regprocedure FROM pg_proc p
		WHERE p.pronamespace = 'advisor'::regnamespace AND p.proretset AND p.pronargs = 0 AND p.proname NOT IN ('_relations', '_file_settings', '_run_checks') AND has_function_privilege('hostile', p.oid, 'EXECUTE')})));
foreach my $source (@sources)
{
	my ($rc, $out, $err) = $node->psql('postgres', "SELECT x::text FROM $source x", extra_params => [ '-U', 'hostile' ]);
	is($rc, 0, "hostile: $source can be read") or diag $err;
	# checks of tables name them, as catalogs do
	my $others = $source =~ /findings|_run_checks/ && $source !~ /query|index_findings/ ? qr/confidential/ : qr/confidential|secret_/;
	unlike($out, $others, "hostile: $source tells nothing of others");
}
unlike(as('hostile', 'SELECT x::text FROM advisor.index_usage x'), qr/confidential/, 'hostile: advisor.index_usage has no literals');
as('hostile', q{SELECT count(*) AS mine FROM pg_class WHERE relname = 'my_literal'});
like(as('hostile', 'SELECT query FROM advisor.examples'), qr/my_literal/, 'hostile: sees its own example');
foreach my $setting ('sample_rate = 1', 'sample_timing = on', 'track_examples = on', 'examples_per_statement = 5')
{
	my ($rc, $out, $err) = $node->psql('postgres', "SET advisor.$setting", extra_params => [ '-U', 'hostile' ]);
	isnt($rc, 0, "hostile: cannot set $setting");
}
foreach my $setting ('sample_rate = 1.1', 'sample_rate = -0.1', q{sample_rate = 'NaN'}, 'examples_per_statement = 6', 'examples_per_statement = -1', 'plan_memory = -1')
{
	my ($rc, $out, $err) = $node->psql('postgres', "ALTER SYSTEM SET advisor.$setting");
	isnt($rc, 0, "$setting is refused");
}

# --- without literals --------------------------------------------------------
value('ALTER SYSTEM SET advisor.track_examples = off');
$node->reload;
$node->poll_query_until('postgres', q{SELECT current_setting('advisor.track_examples') = 'off'});
as('worker', q{SELECT v AS off FROM work WHERE name = 'topsecret';
	SELECT v AS off FROM work WHERE name LIKE 'topsecret%' AND name IN ('topsecret', 'topsecrets') ORDER BY name || 'topsecret' LIMIT 3;
	INSERT INTO work (id, name) SELECT 5000 + id, 'topsecret' FROM work WHERE id < 3;
	PREPARE p AS SELECT v AS off FROM work WHERE name = $1; EXECUTE p('topsecret');
	SELECT count(*) AS off FROM work GROUP BY name || 'topsecret' HAVING max(name) <> 'topsecret'});
is(value(q{SELECT count(*) > 0 FROM advisor.plans WHERE plan LIKE '%work%' AND queryid = } . queryid('SELECT v AS off FROM work WHERE name = $1')), 't', 'off: there are plans');
foreach my $view (grep { $_ ne 'statements' } @views)
{
	is(value("SELECT count(*) FROM advisor.$view x WHERE x::text LIKE '%topsecret%'"), '0', "off: no literal in advisor.$view");
}
is( value(q{SELECT count(*) FROM (SELECT DISTINCT queryid FROM advisor.statements WHERE usename = 'worker' AND (query LIKE '%AS off%' OR query LIKE 'INSERT INTO work (id, name) SELECT%')
			AND query !~ 'PREPARE|EXECUTE' OFFSET 0) s,
		advisor.why(s.queryid) w WHERE w::text LIKE '%topsecret%'}),
	'0', 'off: no literal in a story');
value('ALTER SYSTEM RESET advisor.track_examples');
$node->reload;

# --- restart and crash -------------------------------------------------------
my $everything = q{
	SELECT md5(string_agg(p::text, E'\n' ORDER BY p::text)), count(*) > 30, count(plan) > 30
		FROM (SELECT userid, dbid, toplevel, queryid, planid, calls, rows, total_exec_time, p99_exec_time, rows_examined,
				startup_cost, total_cost, plan, plan_json::text, truncated, nodes, generic, runs, jit_runs, first_seen, last_seen
			FROM advisor.plans WHERE usename = 'worker') p;
	SELECT md5(string_agg(n::text, E'\n' ORDER BY n::text)), count(*) > 100 FROM advisor.plan_nodes n
		WHERE userid = (SELECT oid FROM pg_roles WHERE rolname = 'worker');
	SELECT md5(string_agg(e::text, E'\n' ORDER BY e::text)), count(*) > 30 FROM advisor.examples e WHERE usename = 'worker';
	SELECT md5(string_agg(i::text, E'\n' ORDER BY i::text)), count(*) > 3 FROM (SELECT indexrelname, indexrelid, executions, last_used
		FROM advisor.index_usage) i;
};
my $before = value($everything);
like($before, qr/^\w+\|t\|t\n\w+\|t\n\w+\|t\n\w+\|t$/, 'there is something to be kept');
$node->restart;
is(value($everything), $before, 'a restart keeps plans, nodes, examples and index use');
readable('after a restart');
as('worker', 'SELECT count(*) AS listed FROM work WHERE id IN (' . join(', ', 1 .. 10000) . ')');
is( value(q{SELECT calls FROM advisor.plans WHERE queryid = } . queryid('SELECT count(*) AS listed%')), '2', 'and counts on');
my $postmaster = (split /\n/, slurp_file($node->data_dir . '/postmaster.pid'))[0];
$node->kill9;
# It takes a moment until it is gone, and its children have noticed.
my $attempts = 0;
usleep(100_000) while kill(0, $postmaster) && ++$attempts < 100;
usleep(100_000) until $node->start(fail_ok => 1) || ++$attempts >= 100;
is( value(q{SELECT (SELECT count(*) FROM advisor.plans WHERE usename = 'worker'), (SELECT count(*) FROM advisor.examples WHERE usename = 'worker'),
		(SELECT sum(executions) FROM advisor.index_usage)}),
	'0|0|0', 'after a crash there is nothing');
readable('after a crash');
as('worker', q{SELECT id FROM work WHERE id = 77});
is(value($plans_of . queryid('SELECT id FROM work%')), '1|1', 'and it goes on');
$node->stop;

# --- no room -----------------------------------------------------------------
# Far more than fits: 400 plans of some 10 kB each.
$node = advisor_node('no_room', $settings[0] . 'advisor.plan_memory = 256kB');
$node->safe_psql('postgres', $setup);
my @many = map { 'SELECT ' . join(', ', ('id') x $_) . ' FROM work WHERE id = 1 AND v IN (' . join(', ', 1 .. 300) . ')' } (1 .. 400);
as('worker', join(";\n", @many));
is(value(q{SELECT sum(calls), count(*) FROM advisor.statements WHERE usename = 'worker'}), '400|400', 'no room: all statements are counted');
is( value(q{SELECT count(*) > 0, count(*) < 400 FROM advisor.plans WHERE usename = 'worker' AND plan IS NOT NULL}), 't|t', 'no room: some plans are kept');
cmp_ok(value(q{SELECT coalesce(sum(value::bigint), 0) FROM advisor.info i, json_each_text(row_to_json(i))
		WHERE key ~ 'evict|dropped' AND key ~ 'plan|document|example'}), '>', 0, 'no room: what went is counted');
as('worker', 'SELECT v FROM work WHERE id = 2');
is( value(q{SELECT count(plan) FROM advisor.plans WHERE usename = 'worker' AND queryid = } . queryid('SELECT v FROM work WHERE id%')),
	'1', 'no room: the newest is there');
readable('no room', 10);
$node->append_conf('postgresql.conf', 'advisor.plan_memory = 0');
$node->restart;
as('worker', 'SELECT v FROM work WHERE id = 3');
is(value(q{SELECT sum(calls) FROM advisor.statements WHERE usename = 'worker' AND query LIKE 'SELECT v FROM work%'}), '2', 'no memory at all: statements are counted');
is(value(q{SELECT count(plan) FROM advisor.plans}), '0', 'and no plan is kept');
readable('no memory at all', 10);

# What the servers logged is no crash.
$node->stop;
done_testing();

# The list of findings: for whom, where and in what company it works.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('primary');
$node->init(allows_streaming => 1);
$node->append_conf(
	'postgresql.conf', q{
shared_preload_libraries = 'pg_stat_statements,advisor'
compute_query_id = on
autovacuum = off
fsync = off
shared_buffers = '64MB'
max_prepared_transactions = 1
});
$node->start;

# An empty database, and one that was never looked at.
$node->safe_psql('postgres', 'CREATE DATABASE empty');
$node->safe_psql('empty', 'CREATE EXTENSION advisor CASCADE');
$node->safe_psql('postgres', 'CREATE EXTENSION advisor CASCADE');
my $failed = q{SELECT DISTINCT reason FROM advisor.checks WHERE reason LIKE '%it failed: %' ORDER BY 1};
is($node->safe_psql('empty', $failed), '', 'no check fails in an empty database');
is($node->safe_psql('empty', q{SELECT string_agg(finding_key, ' ' ORDER BY finding_key) FROM advisor.findings WHERE category IN ('index', 'table', 'schema', 'vacuum', 'statistics')
	AND check_id <> 'autovacuum_off'}),
	'', 'and nothing is wrong with tables that it does not have');
is($node->safe_psql('empty', 'SELECT score BETWEEN 0 AND 100, coverage_percent > 0 FROM advisor.health_score'), 't|t', 'it has a score');

$node->safe_psql(
	'postgres', q{
	CREATE TABLE parent (id int PRIMARY KEY, name text);
	CREATE TABLE child (id int, parent_id int REFERENCES parent, note text, "Odd ""name" text);
	INSERT INTO parent SELECT g, 'p' || g FROM generate_series(1, 1000) g;
	INSERT INTO child SELECT g, g % 1000 + 1, 'n', 'o' FROM generate_series(1, 30000) g;
	CREATE INDEX one ON child (note);
	CREATE INDEX two ON child (note);
	CREATE SCHEMA "Odd ""schema";
	CREATE TABLE "Odd ""schema"."Odd ""table" ("Odd ""column" serial, x json);
	ANALYZE;
	CREATE ROLE monitor LOGIN;
	GRANT pg_monitor TO monitor;
	CREATE ROLE nobody LOGIN;
	SELECT count(*) FROM child WHERE parent_id = 7;
});

# Every view, for everybody.
my $views = q{SELECT c.relname FROM pg_class c JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
	WHERE c.relnamespace = 'advisor'::regnamespace AND c.relkind = 'v' AND c.relname NOT LIKE '\_%' ORDER BY 1};
# errors of reading all of them in one session, which spares it warming its caches
sub read_all
{
	my ($set, @params) = @_;
	my @all = (split(/\n/, $node->safe_psql('postgres', $views)), @params ? () : '_observables');
	my ($rc, $out, $err) = $node->psql('postgres', join("\n", 'SET client_min_messages = warning;', $set, map { "\\warn $_\nSELECT * FROM advisor.$_ \\g /dev/null" } @all),
		on_error_stop => 0, extra_params => \@params);
	# each error after the name of its view
	my ($view, @broken);
	foreach my $line (split /\n/, $err)
	{
		if ($line =~ /^\w+$/) { $view = $line; }
		else { push @broken, "$view: $line"; }
	}
	return join("\n", @broken);
}

for my $role ('monitor', 'nobody')
{
	is(read_all('', '-U', $role), '', "$role can read all views");
	is($node->safe_psql('postgres', $failed, extra_params => [ '-U', $role ]), '', "and no check fails for $role");
}
is($node->safe_psql('postgres', q{SELECT string_agg(check_id, ' ') FROM advisor.checks WHERE status = 'skipped' AND reason ~ 'right|member|role'},
		extra_params => [ '-U', 'monitor' ]), '', 'a member of pg_monitor has all rights that it takes');
cmp_ok($node->safe_psql('postgres', 'SELECT coverage_percent FROM advisor.health_score', extra_params => [ '-U', 'nobody' ]), '<',
	$node->safe_psql('postgres', 'SELECT coverage_percent FROM advisor.health_score'), 'who may see little is told so');
my $same = q{SELECT count(*) FROM advisor.findings WHERE category IN ('index', 'table', 'schema', 'vacuum', 'statistics')};
is($node->safe_psql('postgres', $same, extra_params => [ '-U', 'monitor' ]), $node->safe_psql('postgres', $same),
	'a member of pg_monitor finds what a superuser finds');

# No lock but the weakest, and no waiting for anybody's.
is($node->safe_psql('postgres', q{
	BEGIN;
	SELECT count(*) FROM advisor.findings \g /dev/null
	SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype NOT IN ('virtualxid', 'transactionid');
	COMMIT}), 'AccessShareLock', 'reading findings locks nothing');
# Whatever has a definition with an expression, which the server's own functions open
# the table for.
$node->safe_psql(
	'postgres', q{
	CREATE TABLE locked (id serial PRIMARY KEY, parent_id int, a varchar(36) DEFAULT gen_random_uuid()::text, b int CHECK (b > 0),
		j json, f float8, t timestamp DEFAULT now(), FOREIGN KEY (parent_id) REFERENCES parent);
	ALTER TABLE locked ADD CONSTRAINT positive CHECK (id > 0) NOT VALID;
	ALTER TABLE locked ADD FOREIGN KEY (b) REFERENCES parent NOT VALID;
	CREATE INDEX locked_lower ON locked (lower(a));
	CREATE INDEX locked_lower_too ON locked (lower(a), b);
	CREATE INDEX locked_lower_twin ON locked (lower(a));
	CREATE INDEX locked_partial ON locked (b) WHERE id > 10;
	CREATE INDEX locked_partial_twin ON locked (b) WHERE id > 10;
	CREATE INDEX locked_lost ON locked (upper(a)) WHERE b > 7;
	CREATE INDEX locked_found ON locked (upper(a)) WHERE b > 7;
	UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'locked_lost'::regclass;
	CREATE STATISTICS locked_statistics ON lower(a), (b + 1) FROM locked;
	INSERT INTO locked (parent_id, b, f) SELECT g % 1000 + 1, g % 1000 + 1, g FROM generate_series(1, 20000) g;
	CREATE TABLE keyless (id int NOT NULL UNIQUE, a text);
	CREATE UNIQUE INDEX keyless_id ON keyless (id);
	ALTER TABLE keyless DROP CONSTRAINT keyless_id_key;
	CREATE TABLE parts (id int, a text) PARTITION BY RANGE (id);
	CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (1000);
	CREATE INDEX parts_lower ON parts (lower(a)) WHERE id > 1;
	CREATE INDEX parts_lower_twin ON parts (lower(a)) WHERE id > 1;
	CREATE INDEX parts_lost ON ONLY parts (upper(a));
	CREATE MATERIALIZED VIEW matview AS SELECT id, a FROM locked;
	CREATE INDEX matview_lower ON matview (lower(a));
	CREATE VIEW plain AS SELECT id FROM locked WHERE b > 0;
	ANALYZE;
	SELECT count(*) FROM locked WHERE lower(a) = 'x' AND parent_id = 3 AND f = 3;
	SELECT count(*) FROM locked WHERE parent_id = 4;
	SELECT count(*) FROM parts WHERE lower(a) = 'x';
	SELECT count(*) FROM matview WHERE a = 'x';
	UPDATE locked SET b = b + 1 WHERE id = 3;
	DELETE FROM parent WHERE id = 0;
	UPDATE advisor.settings SET value = 0 WHERE name = 'unused_index_days'});
# a prepared transaction holds its locks without a session
$node->safe_psql('postgres', q{
	BEGIN;
	LOCK child, "Odd ""schema"."Odd ""table", locked, parts, part, keyless, plain, parent;
	REFRESH MATERIALIZED VIEW matview;
	ALTER SEQUENCE "Odd ""schema"."Odd ""table_Odd ""column_seq" OWNED BY NONE;
	ALTER SEQUENCE locked_id_seq OWNED BY NONE;
	PREPARE TRANSACTION 'locks'});
my ($rc, $out, $err) = $node->psql('postgres', q{SET statement_timeout = '20s'; SELECT count(*) > 0 FROM advisor.findings});
is("$rc $out $err", '0 t ', 'and waits for nobody');
is($node->safe_psql('postgres', $failed), '', 'nor does a check fail');
# several times as long as any of them takes
is(read_all(q{SET lock_timeout = '10ms';}), '', 'no view does');
$node->safe_psql('postgres', q{ROLLBACK PREPARED 'locks'; UPDATE advisor.settings SET value = default_value});
# The same indexes are found with and without the lock that keeps from reading them.
is($node->safe_psql('postgres', q{SELECT indexrelname, remedy_sql FROM advisor.invalid_indexes ORDER BY 1}),
	"locked_lost|DROP INDEX CONCURRENTLY public.locked_lost;\n"
	. "parts_lost|CREATE INDEX CONCURRENTLY part_parts_lost ON public.part USING btree (upper(a));\nALTER INDEX public.parts_lost ATTACH PARTITION public.part_parts_lost;",
	'an invalid index with a twin by its expressions');

# A check that cannot run takes its group with it, and no other.
my $all = q{SELECT string_agg(finding_key, E'\n' ORDER BY finding_key) FROM advisor.findings WHERE check_id <> 'missing_index'};
my $before = $node->safe_psql('postgres', $all);
$node->safe_psql('postgres', 'ALTER VIEW advisor.index_findings RENAME TO gone');
is($node->safe_psql('postgres', q{SELECT status, reason FROM advisor.checks WHERE check_id = 'missing_index'}),
	'skipped|it failed: relation "advisor.index_findings" does not exist', 'a group that fails says why');
is($node->safe_psql('postgres', $all), $before, 'and the others go on');
$node->safe_psql('postgres', 'ALTER VIEW advisor.gone RENAME TO index_findings');
($rc, $out, $err) = $node->psql('postgres', q{SET statement_timeout = '1ms'; SELECT count(*) FROM advisor.findings});
like($err, qr/statement timeout/, 'but whoever cancels it, cancels all of it');

# What the DBA has decided to live with.
my $key = $node->safe_psql('postgres', q{SELECT finding_key FROM advisor.findings LIMIT 1});
my $check = $node->safe_psql('postgres', qq{SELECT check_id FROM advisor.findings WHERE finding_key = \$\$$key\$\$});
$node->safe_psql('postgres', qq{SELECT advisor.suppress('known', finding_key => \$\$$key\$\$)});
is($node->safe_psql('postgres', qq{SELECT count(*) FROM advisor.findings WHERE finding_key = \$\$$key\$\$}), '0', 'a suppressed finding is not shown');
is($node->safe_psql('postgres', qq{SELECT suppressed FROM advisor.checks WHERE check_id = '$check'}), '1', 'but counted');
$node->safe_psql('postgres', q{UPDATE advisor.suppressions SET expires_at = now() - interval '1 s'});
is($node->safe_psql('postgres', qq{SELECT count(*) FROM advisor.findings WHERE finding_key = \$\$$key\$\$}), '1', 'until that expires');

# Thresholds and observations survive a dump.
$node->safe_psql('postgres', q{UPDATE advisor.settings SET value = 11 WHERE name = 'history_days'; SELECT advisor.observe()});
my $dump = $node->basedir . '/dump.sql';
$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('postgres') ], 'the database is dumped');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'psql', '-X', '-v', 'ON_ERROR_STOP=1', '-f', $dump, $node->connstr('restored') ], 'and restored');
is($node->safe_psql('restored', q{SELECT name, value, default_value FROM advisor.settings WHERE value <> default_value}), 'history_days|11|30', 'with its settings');
is($node->safe_psql('restored', q{SELECT count(*) FROM advisor.observations}), $node->safe_psql('postgres', q{SELECT count(*) FROM advisor.observations}), 'and observations');

# A standby.
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
is($standby->safe_psql('postgres', $failed), '', 'no check fails on a standby');
is($standby->safe_psql('postgres', $failed, extra_params => [ '-U', 'monitor' ]), '', 'nor for a member of pg_monitor there');
($rc, $out, $err) = $standby->psql('postgres', 'SELECT advisor.observe()');
like($err, qr/read-only/, 'nothing is observed there');

done_testing();

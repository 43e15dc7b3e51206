# Old partitions are detached, backed up and dropped: what is in the backup is
# what was in the table, what fails keeps the table and is tried again, whoever
# is killed wherever.  Detaching concurrently stops no readers.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = advisor_node('partition_backup');
my $dir = $node->basedir . '/backups';
mkdir $dir;
$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION advisor CASCADE;
	CREATE ROLE plain LOGIN;
	GRANT CREATE ON SCHEMA public TO plain;
	GRANT CREATE ON DATABASE postgres TO plain;

	-- January to April 2026, and all rows once more in a table of its own
	CREATE FUNCTION make(name text) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		EXECUTE format('CREATE TABLE %I (at timestamptz NOT NULL, dropped int, words text, n int, '
			'twice int GENERATED ALWAYS AS (n * 2) STORED) PARTITION BY RANGE (at)', name);
		EXECUTE format('ALTER TABLE %I DROP dropped', name);
		FOR month IN 1 .. 4 LOOP
			EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', name || '_' || month, name,
				make_timestamptz(2026, month, 1, 0, 0, 0, 'UTC'), make_timestamptz(2026, month + 1, 1, 0, 0, 0, 'UTC'));
		END LOOP;
		EXECUTE format($q$INSERT INTO %I SELECT make_timestamptz(2026, 1 + i %% 4, 2, 0, 0, i, 'UTC'),
			CASE i %% 3 WHEN 0 THEN NULL WHEN 1 THEN E'a "quoted"\n\\line, ä' || i ELSE '' END, i FROM generate_series(0, 39) i$q$, name);
		EXECUTE format('CREATE TABLE %I AS SELECT * FROM %I', name || '_all', name);
	END $$;
	-- rows of the original that are not among those that were loaded, and the other way round
	CREATE FUNCTION differences(name text, month int) RETURNS bigint LANGUAGE plpgsql AS $$
	DECLARE n bigint;
	BEGIN
		EXECUTE format('WITH a AS (SELECT at, words, n, twice FROM %I WHERE extract(month FROM at) = %s), b AS (SELECT at, words, n, twice FROM loaded)
			SELECT count(*) FROM ((TABLE a EXCEPT ALL TABLE b) UNION ALL (TABLE b EXCEPT ALL TABLE a)) d', name || '_all', month) INTO n;
		TRUNCATE loaded;
		RETURN n;
	END $$;
	CREATE TABLE loaded (at timestamptz, words text, n int, twice int GENERATED ALWAYS AS (n * 2) STORED);
});

sub policy
{
	my ($table, $action, $backup, $more) = @_;
	$node->safe_psql('postgres', "SELECT make('$table')");
	$node->safe_psql('postgres',
		"INSERT INTO advisor.partition_policies (parent, step, retention, retention_action, backup)
			VALUES ('$table', '1 month', '1 month', '$action', '$backup')");
	$node->safe_psql('postgres', "UPDATE advisor.partition_policies SET $more WHERE parent = '$table'::regclass") if $more;
	return;
}

# What maintenance does for retention, each action in its own transaction.
sub run
{
	my ($table, $as_of, %options) = @_;
	my $plan = join ' UNION ALL ', map { "SELECT a FROM p, advisor.$_ a" }
	  ('_plan_finalize(p.p)', '_plan_retired(p.p)', "_plan_retention(p.p, '$as_of')");
	return $node->safe_psql(
		'postgres', qq{
		SELECT format(\$\$SELECT concat_ws('|', split_part((r).partition, '.', 2), (r).action, (r).status, (r).rows, (r).sqlstate)
			FROM advisor.partition_policies p, LATERAL (SELECT advisor._perform_retirement(%L::advisor.partition_action, p) OFFSET 0) x(r)
			WHERE p.parent = '$table'::regclass\$\$, a)
		FROM (WITH p AS (SELECT p FROM advisor.partition_policies p WHERE p.parent = '$table'::regclass) $plan) x(a)
		WHERE (a).status = 'planned'
		\\gexec
	}, %options);
}

sub retired
{
	return $node->safe_psql('postgres',
		q{SELECT string_agg(partition::text || '|' || action || '|' || (backed_up_at IS NOT NULL), ' ' ORDER BY partition::text) FROM advisor.retired_partitions});
}

sub exists_table
{
	my ($name) = @_;
	return $node->safe_psql('postgres', "SELECT to_regclass('$name') IS NOT NULL");
}

# Files
foreach my $kind ('csv', 'binary')
{
	my $table = "as_$kind";
	my $format = $kind eq 'csv' ? "(FORMAT csv, HEADER match, ENCODING 'UTF8')" : '(FORMAT binary)';
	policy($table, 'drop', "$kind:$dir/");
	is(run($table, '2026-03-01 UTC'), "${table}_1|detach|done\n${table}_1|backup|done|10\n${table}_1|drop|done", "$kind: one is old");
	my @files = glob("$dir/public.${table}_1.*");
	is(scalar @files, 1, "$kind: one file");
	$node->safe_psql('postgres', "COPY loaded (at, words, n) FROM '$files[0]' WITH $format");
	is($node->safe_psql('postgres', "SELECT differences('$table', 1)"), '0', "$kind: with all rows");
	is($node->safe_psql('postgres', "SELECT count(*) FROM $table"), '30', "$kind: and nothing else is gone");
	is(run($table, '2026-03-01 UTC'), '', "$kind: then nothing is to be done");
	is(retired(), '', "$kind: or kept in mind");
}

# A program: what it gets is what it writes; if it fails, the table is kept.
policy('prog', 'drop', "program:gzip -c > \"$dir/later/%p.gz\"");
is(run('prog', '2026-03-01 UTC'), "prog_1|detach|done\nprog_1|backup|error|38000\nprog_1|drop|blocked", 'program: fails');
is($node->safe_psql('postgres', 'SELECT count(*) FROM prog_1'), '10', 'program: the table stays');
is($node->safe_psql('postgres', 'SELECT count(*) FROM prog'), '30', 'program: detached');
is(retired(), 'prog_1|drop|false', 'program: it is known what is to be done');
like($node->safe_psql('postgres', 'SELECT last_error FROM advisor.retired_partitions'), qr/program .* failed/, 'program: and why it was not');
is(run('prog', '2026-03-01 UTC'), "prog_1|backup|error|38000\nprog_1|drop|blocked", 'program: fails again');
mkdir "$dir/later";
is(run('prog', '2026-03-01 UTC'), "prog_1|backup|done|10\nprog_1|drop|done", 'program: goes on');
$node->safe_psql('postgres', "COPY loaded (at, words, n) FROM PROGRAM 'gunzip -c $dir/later/public.prog_1.gz' WITH (FORMAT csv, HEADER)");
is($node->safe_psql('postgres', "SELECT differences('prog', 1)"), '0', 'program: all rows');

# A function: too few rows are no backup.
$node->safe_psql(
	'postgres', q{
	CREATE SCHEMA "Hooks";
	CREATE FUNCTION "Hooks".save(part regclass) RETURNS bigint LANGUAGE plpgsql AS $$
	BEGIN
		EXECUTE format('INSERT INTO public.loaded (at, words, n) SELECT at, words, n FROM %s WHERE n > 5', part);
		RETURN (SELECT count(*) FROM public.loaded);
	END $$;
	CREATE FUNCTION "Hooks".sure(regclass) RETURNS boolean LANGUAGE sql AS 'SELECT false';
});
policy('hook', 'drop', 'hook:"Hooks".save');
is(run('hook', '2026-03-01 UTC'), "hook_1|detach|done\nhook_1|backup|error|22000\nhook_1|drop|blocked", 'hook: too few');
is($node->safe_psql('postgres', 'SELECT count(*) FROM hook_1'), '10', 'hook: the table stays');
is($node->safe_psql('postgres', 'SELECT count(*) FROM loaded'), '0', 'hook: what it did is undone');
$node->safe_psql('postgres', q{
	CREATE OR REPLACE FUNCTION "Hooks".save(part regclass) RETURNS bigint LANGUAGE plpgsql AS $$
	BEGIN
		EXECUTE format('INSERT INTO public.loaded (at, words, n) SELECT at, words, n FROM %s', part);
		RETURN (SELECT count(*) FROM public.loaded);
	END $$});
is(run('hook', '2026-03-01 UTC'), "hook_1|backup|done|10\nhook_1|drop|done", 'hook: all');
is($node->safe_psql('postgres', "SELECT differences('hook', 1)"), '0', 'hook: all rows');
$node->safe_psql('postgres', q{UPDATE advisor.partition_policies SET backup = 'hook:"Hooks".sure' WHERE parent = 'hook'::regclass});
is(run('hook', '2026-04-01 UTC'), "hook_2|detach|done\nhook_2|backup|error|22000\nhook_2|drop|blocked", 'hook: false is no success');
$node->safe_psql('postgres', q{CREATE OR REPLACE FUNCTION "Hooks".sure(regclass) RETURNS boolean LANGUAGE sql AS 'SELECT true'});

# What came into the table after its backup is not dropped with it.
is($node->safe_psql('postgres', q{
	SELECT (advisor._perform_retirement(a, p)).status FROM advisor.partition_policies p, advisor._plan_retired(p) a
	WHERE p.parent = 'hook'::regclass AND (a).action = 'backup'}), 'done', 'backed up, and there the run ends');
is(retired(), 'hook_2|drop|true', 'which is known');
$node->safe_psql('postgres', q{INSERT INTO hook_2 VALUES ('2026-02-10 UTC', 'late', 1000)});
is(run('hook', '2026-04-01 UTC'), 'hook_2|drop|error|55000', 'written since: not dropped');
is(run('hook', '2026-04-01 UTC'), "hook_2|backup|done|11\nhook_2|drop|done", 'but backed up again');

# Somebody attached it again, or made a view of it.
policy('again', 'drop', "csv:$dir/nowhere");
run('again', '2026-03-01 UTC');
$node->safe_psql('postgres', q{ALTER TABLE again ATTACH PARTITION again_1 FOR VALUES FROM ('2026-01-01 UTC') TO ('2026-02-01 UTC')});
is($node->safe_psql('postgres', q{SELECT count(*) FROM advisor.partition_policies p, advisor._plan_retired(p) WHERE p.parent = 'again'::regclass}),
	'0', 'attached again: nothing is to be done');
is($node->safe_psql('postgres', q{
	SELECT (advisor._perform_retirement(ROW('again'::regclass, 'public.again_1', NULL, NULL, 'drop', 'planned', NULL, NULL, NULL, 'DROP TABLE again_1')::advisor.partition_action, p)).status
	FROM advisor.partition_policies p WHERE p.parent = 'again'::regclass}), 'blocked', 'attached again: not dropped');
$node->safe_psql('postgres', q{SELECT advisor._forget_retired(p) FROM advisor.partition_policies p WHERE p.parent = 'again'::regclass});
is(retired(), '', 'attached again: forgotten');
$node->safe_psql('postgres', q{CREATE VIEW seen AS TABLE again_1;
	UPDATE advisor.partition_policies SET backup = 'none' WHERE parent = 'again'::regclass});
is(run('again', '2026-03-01 UTC'), "again_1|detach|done\nagain_1|drop|kept|2BP01", 'a view of it: kept');
like($node->safe_psql('postgres', 'SELECT last_error FROM advisor.retired_partitions'), qr/view public.seen depends on/, 'a view of it: which is told');
$node->safe_psql('postgres', 'DROP VIEW seen');
is(run('again', '2026-03-01 UTC'), 'again_1|drop|done', 'without the view it is dropped');

# An owner who may not write files of the server, whoever does the maintenance
policy('mine', 'drop', "csv:$dir");
$node->safe_psql('postgres', q{
	DO $$ DECLARE t regclass; BEGIN
		FOR t IN SELECT relid FROM pg_partition_tree('mine') LOOP EXECUTE format('ALTER TABLE %s OWNER TO plain', t); END LOOP; END $$});
is(run('mine', '2026-03-01 UTC'), "mine_1|detach|done\nmine_1|backup|error|42501\nmine_1|drop|blocked", 'no right to write files');
is($node->safe_psql('postgres', 'SELECT count(*) FROM mine_1'), '10', 'the table stays');
is(run('mine', '2026-03-01 UTC', extra_params => [ '-U', 'plain' ]), "mine_1|backup|error|42501\nmine_1|drop|blocked", 'nor by himself');
$node->safe_psql('postgres', q{DELETE FROM advisor.retired_partitions; DROP TABLE mine_1;
	UPDATE advisor.partition_policies SET backup = 'schema:old' WHERE parent = 'mine'::regclass});
is(run('mine', '2026-04-01 UTC', extra_params => [ '-U', 'plain' ]), "mine_2|detach|done\nmine_2|archive|done", 'into a schema he may');
is($node->safe_psql('postgres', 'SELECT count(*) FROM old.mine_2'), '10', 'it is there, with its rows');

# Concurrently: readers go on
my $concurrently = "detach_concurrently = true, lock_timeout = 500";
policy('quiet', 'detach', 'none', $concurrently);
is(run('quiet', '2026-03-01 UTC'), 'quiet_1|detach concurrently|done', 'concurrently');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_constraint WHERE conrelid = 'quiet_1'::regclass AND contype = 'c'}),
	'0', 'concurrently: leaves no check');
my $reader = $node->background_psql('postgres', on_error_stop => 0);
$reader->query_safe('BEGIN');
$reader->query_safe('SELECT count(*) FROM quiet');
is(run('quiet', '2026-04-01 UTC'), 'quiet_2|detach concurrently|lock_timeout|55P03', 'concurrently: a reader stays longer');
is($node->safe_psql('postgres', q{SET lock_timeout = '1s'; SELECT count(*) FROM quiet}), '20', 'concurrently: another is not stopped');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_inherits WHERE inhdetachpending'), '1', 'concurrently: it is pending');
is(run('quiet', '2026-04-01 UTC'), 'quiet_2|finalize|lock_timeout|55P03', 'concurrently: and cannot be finalized');
is($node->safe_psql('postgres', q{SELECT advisor._action_obsolete(ROW('quiet'::regclass, 'public.quiet_3', NULL, NULL, a, 'planned', NULL, NULL, NULL, NULL)::advisor.partition_action)
	FROM unnest('{detach,detach concurrently}'::text[]) a}),
	"another partition is still being detached\nanother partition is still being detached", 'concurrently: others wait for the next run');
$reader->query_safe('COMMIT');
is(run('quiet', '2026-04-01 UTC'), 'quiet_2|finalize|done', 'concurrently: until the reader is gone');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_constraint WHERE conrelid = 'quiet_2'::regclass AND contype = 'c'}),
	'0', 'finalized: leaves no check');
is($node->safe_psql('postgres', 'SELECT count(*) FROM quiet_2'), '10', 'finalized: the rows are there');

# The caller gives up, the worker with him; what was meant is not forgotten.
policy('gone', 'drop', "csv:$dir", "detach_concurrently = true, lock_timeout = 60000");
sub hit
{
	my ($how) = @_;
	$reader->query_safe('BEGIN');
	$reader->query_safe('SELECT count(*) FROM gone');
	my ($out, $err) = ('', '');
	my $session = IPC::Run::start(
		[ 'psql', '-X', '-q', '-d', $node->connstr('postgres') . ' application_name=victim', '-c', q{
			SELECT advisor._perform_retirement(a, p) FROM advisor.partition_policies p, advisor._plan_retention(p, '2026-03-01 UTC') a
			WHERE p.parent = 'gone'::regclass AND (a).action = 'detach concurrently'} ],
		'<', \undef, '>', \$out, '2>', \$err, IPC::Run::timeout(60));
	$node->poll_query_until('postgres', 'SELECT count(*) = 1 FROM pg_inherits WHERE inhdetachpending') or die 'not pending';
	if ($how eq 'crash')
	{
		$node->stop('immediate');
		$session->finish;
		$node->start;
		$reader->{run}->kill_kill;
		return;
	}
	$node->safe_psql('postgres', "SELECT $how(pid) FROM pg_stat_activity WHERE application_name = 'victim'");
	$session->finish;
	ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'advisor detach'}),
		"$how: the worker ends");
	$reader->query_safe('COMMIT');
	return;
}
foreach my $how ('pg_cancel_backend', 'pg_terminate_backend')
{
	hit($how);
	is(retired(), 'gone_1|drop|false', "$how: it is known what was to be done");
	is(run('gone', '2026-03-01 UTC'), "gone_1|finalize|done", "$how: the next run finalizes it");
	is(run('gone', '2026-03-01 UTC'), "gone_1|backup|done|10\ngone_1|drop|done", "$how: and goes on");
	$node->safe_psql('postgres', q{
		CREATE TABLE gone_1 PARTITION OF gone FOR VALUES FROM ('2026-01-01 UTC') TO ('2026-02-01 UTC');
		INSERT INTO gone (at, words, n) SELECT at, words, n FROM gone_all WHERE extract(month FROM at AT TIME ZONE 'UTC') = 1});
}
hit('crash');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_inherits WHERE inhdetachpending'), '1', 'crash: it is pending');
is(run('gone', '2026-03-01 UTC'), "gone_1|finalize|done", 'crash: the next run finalizes it');
is(run('gone', '2026-03-01 UTC'), "gone_1|backup|done|10\ngone_1|drop|done", 'crash: and goes on');

# Rows of another table reference it, which the server finds in the worker.
policy('base', 'drop', 'none', $concurrently);
$node->safe_psql('postgres', q{
	ALTER TABLE base ADD UNIQUE (n, at);
	CREATE TABLE refs AS SELECT n, at FROM base;
	ALTER TABLE refs ADD FOREIGN KEY (n, at) REFERENCES base (n, at)});
is($node->safe_psql('postgres', q{
	SELECT (advisor._perform_retirement(ROW('base'::regclass, 'public.base_1', NULL, NULL, 'detach concurrently', 'planned', NULL, NULL, NULL, '')::advisor.partition_action, p)).status
	FROM advisor.partition_policies p WHERE p.parent = 'base'::regclass}), 'kept', 'concurrently: referenced, so it is kept');
is(retired(), '', 'concurrently: and not among the retired');

# Where it is impossible
policy('plainly', 'detach', 'none', $concurrently);
$node->safe_psql('postgres', 'CREATE TABLE plainly_default PARTITION OF plainly DEFAULT');
is(run('plainly', '2026-03-01 UTC'), 'plainly_1|detach|done', 'with a default partition: plainly');
$node->safe_psql('postgres', 'DROP TABLE plainly_default');
my ($ret, $out, $err) = $node->psql('postgres', q{
	BEGIN;
	SELECT count(*) FROM plainly;
	SELECT advisor._detach_concurrently('plainly'::regclass, 'plainly_2'::regclass, 1000)});
like($err, qr/cannot detach concurrently in a transaction that uses the table/, 'in a transaction with a lock: an error, no deadlock');
($ret, $out, $err) = $node->psql('postgres', q{
	SET ROLE plain;
	SELECT advisor._detach_concurrently('plainly'::regclass, 'plainly_2'::regclass, 1000)});
like($err, qr/must be owner of table plainly/, 'by somebody else: an error');
$node->safe_psql('postgres', q{
	CREATE ROLE sleeper;
	DO $$ DECLARE t regclass; BEGIN
		FOR t IN SELECT relid FROM pg_partition_tree('plainly') LOOP EXECUTE format('ALTER TABLE %s OWNER TO sleeper', t); END LOOP; END $$});
like(run('plainly', '2026-04-01 UTC'), qr/^plainly_2\|detach( concurrently)?\|done$/, 'of an owner who may not log in: as far as the version can');

# No background workers left, and a library that was not preloaded
policy('last', 'detach', 'none', $concurrently);
$node->append_conf('postgresql.conf', "max_worker_processes = 2\n");
$node->restart;
is(run('last', '2026-03-01 UTC'), 'last_1|detach|done', 'no worker: plainly');
$node->append_conf('postgresql.conf', "max_worker_processes = 8\nshared_preload_libraries = ''\n");
$node->restart;
is(run('last', '2026-04-01 UTC'), 'last_2|detach concurrently|done', 'not preloaded: as always');

$node->stop;
done_testing();

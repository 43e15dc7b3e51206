# Planning somebody else's statement runs his functions.  Whatever they try, nothing
# of it takes effect, nobody sees what he may not see, and others still get advice.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = advisor_node(
	'safety', q{
max_parallel_workers_per_gather = 0
track_functions = pl
log_statement = none
jit = off
});
my $limit = 10;     # seconds that a run is given
my $bound = 60;     # and within which it has to be back, on the slowest machine

# as(ROLE, SQL): its result as this role
sub as
{
	my ($role, $sql) = @_;
	return $node->safe_psql('postgres', $sql, extra_params => [ '-U', $role ]);
}

# try(ROLE, SQL): result and messages, whatever becomes of it
sub try
{
	my ($role, $sql) = @_;
	my ($rc, $out, $err) = $node->psql('postgres', $sql, extra_params => [ '-U', $role ], on_error_stop => 0);
	return ($out, $err);
}

sub value
{
	return $node->safe_psql('postgres', shift);
}

value(
	q{
	SET client_min_messages = warning;
	CREATE EXTENSION advisor CASCADE;
	CREATE ROLE evil LOGIN;
	CREATE ROLE good LOGIN;
	CREATE ROLE other LOGIN;
	CREATE ROLE reader LOGIN IN ROLE pg_read_all_stats;
	CREATE SCHEMA evil AUTHORIZATION evil;
	CREATE SCHEMA good AUTHORIZATION good;
	GRANT USAGE ON SCHEMA evil, good TO PUBLIC;
	GRANT EXECUTE ON FUNCTION advisor.explain, advisor.recommend_indexes, advisor._unadvised, advisor.drop_impact TO PUBLIC;
	GRANT SELECT ON advisor.missing_indexes, advisor.unadvised TO PUBLIC;
});

# --- the statements ----------------------------------------------------------
# Each function is harmless in its owner's own session, where evil.harmless is set.
my %attack = (
	role => q{EXECUTE 'CREATE ROLE pwned SUPERUSER'},
	superuser => q{EXECUTE 'ALTER ROLE evil SUPERUSER'},
	reset_role => q{EXECUTE 'RESET ROLE'; EXECUTE 'CREATE ROLE pwned'},
	session_auth => q{EXECUTE 'RESET SESSION AUTHORIZATION'; EXECUTE 'CREATE ROLE pwned'},
	set_role => q{PERFORM set_config('role', 'none', false); EXECUTE 'CREATE ROLE pwned'},
	become_evil => q{PERFORM set_config('role', 'evil', false), set_config('session_authorization', 'evil', false)},
	writable => q{PERFORM set_config('transaction_read_only', 'off', false); INSERT INTO evil.log VALUES ('writable')},
	program => q{EXECUTE $x$COPY (SELECT 1) TO PROGRAM 'touch pwned'$x$},
	file => q{RAISE EXCEPTION 'pwned %', pg_read_file('PG_VERSION')},
	secret => q{RAISE EXCEPTION 'pwned %', (SELECT word FROM public.secret)},
	role_none => q{RAISE EXCEPTION 'pwned %', (SELECT word FROM public.secret)},	# see below
	settings => q{PERFORM set_config('work_mem', '77MB', false), set_config('search_path', 'evil', false),
		set_config('evil.stays', 'yes', false), set_config('statement_timeout', '1', false)},
	settings_sql => q{EXECUTE $x$SET work_mem = '77MB'$x$; EXECUTE 'SET search_path = evil'},
	temp => q{EXECUTE 'CREATE TEMP TABLE pwned (a int)'},
	temp_select => q{EXECUTE 'SELECT 1 AS a INTO TEMP pwned'},
	table => q{EXECUTE 'CREATE TABLE evil.pwned (a int)'},
	write => q{INSERT INTO evil.log VALUES ('write')},
	modify => q{UPDATE evil.t SET b = -1; DELETE FROM evil.t},
	sequence => q{PERFORM nextval('evil.s'), setval('evil.s', 4711)},
	prepare => q{EXECUTE 'PREPARE pwned AS SELECT 1'},
	listen => q{EXECUTE 'LISTEN pwned'; PERFORM pg_notify('pwned', 'x')},
	cursor => q{EXECUTE 'DECLARE pwned CURSOR WITH HOLD FOR SELECT 1'},
	advisory => q{PERFORM pg_advisory_lock(4711), pg_try_advisory_lock_shared(4712), pg_advisory_xact_lock(4713)},
	lock => q{EXECUTE 'LOCK TABLE evil.t IN ACCESS EXCLUSIVE MODE'},
	discard => q{EXECUTE 'DISCARD ALL'},
	kill => q{PERFORM pg_terminate_backend(pg_backend_pid())},
	reset => q{PERFORM advisor.reset()},
	create => q{EXECUTE 'CREATE OR REPLACE FUNCTION evil.later() RETURNS int LANGUAGE sql AS $x$ SELECT 2 $x$'});
# These are there to be noticed.
my %noisy = (
	fail => q{RAISE EXCEPTION 'failed on purpose'},
	talk => q{RAISE NOTICE 'pwned notice'; RAISE WARNING 'pwned warning'; RAISE INFO 'pwned info'; RAISE LOG 'pwned log'});
my %slow = (
	
	endless => q{LOOP END LOOP},
	deaf => q{LOOP BEGIN PERFORM count(*) FROM generate_series(1, 1000000000); EXCEPTION WHEN OTHERS OR query_canceled OR assert_failure THEN NULL; END; END LOOP},
	deaf_loop => q{LOOP BEGIN LOOP END LOOP; EXCEPTION WHEN query_canceled THEN END; END LOOP},
	nested => q{BEGIN PERFORM advisor.explain('SELECT 1'); EXCEPTION WHEN OTHERS THEN NULL; END; LOOP END LOOP});

# make(NAME, BODY): a function of evil's, and a statement that runs it when it is planned.
# An immutable function may not write, but what it calls may.
sub make
{
	my ($name, $body) = @_;
	as('evil',
		qq{CREATE FUNCTION evil.do_$name() RETURNS void LANGUAGE plpgsql AS \$f\$
		BEGIN $body; END \$f\$;
		CREATE FUNCTION evil.$name(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS \$f\$
		BEGIN
			IF current_setting('evil.harmless', true) = 'on' THEN RETURN 1; END IF;
			PERFORM evil.do_$name();
			RETURN 1;
		END \$f\$;
		SET evil.harmless = on;
		SELECT sum(b) FROM evil.t WHERE a = evil.$name(1);
		SELECT sum(b) FROM evil.t WHERE a = evil.$name(1);});
}

as('evil', q{
	CREATE TABLE evil.t AS SELECT g % 1000 AS a, g AS b FROM generate_series(1, 20000) g;
	CREATE TABLE evil.log (what text, id int GENERATED ALWAYS AS IDENTITY);
	CREATE SEQUENCE evil.s;
	ANALYZE evil.t;
	GRANT SELECT ON evil.t TO PUBLIC;});
value(q{CREATE TABLE secret AS SELECT 'secret'::text AS word});
# the error is swallowed: what was begun before it would stay
make($_, "BEGIN $attack{$_}; EXCEPTION WHEN OTHERS THEN IF SQLERRM LIKE 'pwned%' THEN RAISE; END IF; END") foreach sort keys %attack;
# to be called as who has logged in
as('evil', q{ALTER FUNCTION evil.do_role_none() SET role = 'none'});
make($_, $noisy{$_}) foreach sort keys %noisy;
my $honest = q{SELECT count(pad) FROM good.orders WHERE customer = 7};
as('good', qq{
	CREATE TABLE good.orders AS SELECT g AS id, g % 5000 AS customer, repeat('x', 100) AS pad FROM generate_series(1, 50000) g;
	ANALYZE good.orders;
	GRANT SELECT ON good.orders TO reader;
	SELECT sum(length(pad)) FROM good.orders, generate_series(1, 5) WHERE customer = 8;
	} . "$honest;" x 20);

# --- nothing takes effect ------------------------------------------------------
# What a session has afterwards; nothing of that may be other than before.
my $state = q{
	SELECT 'role: ' || current_user || ' ' || session_user, 'settings: ' || (SELECT string_agg(concat_ws('=', name, setting), ',' ORDER BY name)
		FROM pg_settings WHERE name IN ('work_mem', 'search_path', 'role', 'statement_timeout', 'transaction_read_only', 'client_min_messages', 'log_min_messages', 'lock_timeout', 'advisor.track')),
	'own: ' || coalesce(current_setting('evil.stays', true), ''),
	'prepared: ' || (SELECT count(*) FROM pg_prepared_statements), 'cursors: ' || (SELECT count(*) FROM pg_cursors WHERE name <> ''),
	'listens: ' || (SELECT count(*) FROM pg_listening_channels()), 'temp: ' || (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()),
	'locks: ' || (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND (locktype = 'advisory'
		OR relation IN (SELECT oid FROM pg_class WHERE relnamespace IN ('evil'::regnamespace, 'good'::regnamespace))));
};

# Nor in the database.
my $database = q{
	SELECT (SELECT count(*) FROM pg_roles WHERE rolname LIKE 'pwned%' OR rolname = 'evil' AND rolsuper),
		(SELECT count(*) FROM evil.log), (SELECT count(*) FROM evil.t WHERE b > 0), (SELECT is_called FROM evil.s) OR (SELECT is_called FROM evil.log_id_seq),
		to_regclass('evil.pwned'), to_regprocedure('evil.later()'), (SELECT count(*) FROM pg_ls_dir('.') f WHERE f = 'pwned'),
		(SELECT count(*) > 0 FROM advisor.statements WHERE query LIKE '%good.orders%');
};
my $untouched = '0|0|20000|f|||0|t';

# harmless(WHAT, SQL): the superuser runs this; returns its result
sub harmless
{
	my ($what, $sql) = @_;
	my $start = time;
	my $log = -s $node->logfile;
	my ($rc, $out, $err) = $node->psql('postgres', "$state\n$sql\n;$state", on_error_stop => 0);
	my @lines = split /\n/, $out;
	my $before = shift @lines;
	my $after = pop @lines;

	cmp_ok(time - $start, '<', $bound, "$what: is back in time");
	is($after, $before, "$what: the session is as before");
	is(value($database), $untouched, "$what: the database is, too");
	unlike("$out$err", qr/pwned/, "$what: nothing is shown of what evil functions say");
	unlike(slurp_file($node->logfile, $log), qr/pwned (notice|warning|info|log)/, "$what: nor logged");
	return (join("\n", @lines), $err);
}

# Have the functions of these names been called since?
sub called
{
	my ($what, @names) = @_;
	my $list = join(',', map { "'do_$_'" } @names);

	is(value(qq{SELECT count(*) FROM pg_stat_user_functions WHERE schemaname = 'evil' AND funcname IN ($list) AND calls > 0}),
		scalar(@names), "$what: all functions have been called")
	  or diag value(qq{SELECT n FROM unnest(ARRAY[$list]) n WHERE n NOT IN (SELECT funcname FROM pg_stat_user_functions WHERE schemaname = 'evil' AND calls > 0)});
	return;
}

sub forget_calls
{
	value('SELECT pg_stat_reset()');
	return;
}

is(value($database), $untouched, 'nothing has happened yet');
forget_calls();
my ($out, $err) = harmless('recommend_indexes', "SELECT ddl FROM advisor.recommend_indexes(time_limit => '$limit s');");
called('recommend_indexes', grep({ $_ ne 'role_none' } keys %attack), 'talk');
like($out, qr/ON good\.orders .*customer/, 'the honest get advice');
like($out, qr/ON evil\.t /, 'so do statements whose functions fail in vain');

forget_calls();
($out, $err) = harmless('missing_indexes', 'SELECT ddl FROM advisor.missing_indexes;');
called('missing_indexes', grep({ $_ ne 'role_none' } keys %attack), 'talk');
like($out, qr/ON good\.orders .*customer/, 'the honest are in the view');
($out, $err) = harmless('unadvised', 'SELECT query, reason FROM advisor.unadvised;');
like($out, qr/evil\.fail.*failed on purpose/, 'a function that raises: the reason is told');
value(q{CREATE INDEX orders_id ON good.orders (id); CREATE INDEX t_b ON evil.t (b)});
forget_calls();
($out, $err) = harmless('drop_impact', q{SELECT * FROM advisor.drop_impact('evil.t_b');});
called('drop_impact', grep({ $_ ne 'role_none' } keys %attack), 'talk');
forget_calls();
# The superuser's own texts are planned as the superuser, but without effect.
foreach my $name (sort grep { !/^(file|secret|kill|reset|role_none)$/ } keys %attack)
{
	my ($text) = harmless("explain $name", qq{SELECT plan FROM advisor.explain('SELECT * FROM evil.t WHERE a = evil.$name(1)', '{CREATE INDEX ON evil.t (a)}');});
	like($text, qr/Scan/, "explain $name: there is a plan");
}
called('explain', grep { !/^(file|secret|kill|reset|role_none)$/ } keys %attack);

# --- it ends -----------------------------------------------------------------
make($_, $slow{$_}) foreach sort keys %slow;
as('good', "$honest;" x 10);
forget_calls();
($out, $err) = harmless('endless functions', "SELECT ddl FROM advisor.recommend_indexes(time_limit => '$limit s');");
like($out, qr/ON good\.orders .*customer/, 'endless functions: the honest get advice all the same');
foreach my $name (sort keys %slow)
{
	forget_calls();
	my ($why) = harmless("endless $name", qq{SELECT reason FROM advisor._unadvised(queries => ARRAY['SELECT * FROM evil.t WHERE a = evil.$name(1)'], time_limit => '2 s');});
		like($why, qr/too long|no time|not be|could not/, "endless $name: it is said that it took too long");
}

# A time-out, and somebody who cancels: the run ends, and the next one works.
foreach my $name (sort keys %slow)
{
	next if $name eq 'nested';
	($out, $err) = harmless("timeout during $name", qq{SET statement_timeout = '1s';
		SELECT 1 FROM advisor._unadvised(queries => ARRAY['SELECT * FROM evil.t WHERE a = evil.$name(1)'], time_limit => '$bound s');
		RESET statement_timeout;});
	like($err, qr/canceling statement due to/, "timeout during $name: is heeded");

	my $session = $node->background_psql('postgres', on_error_stop => 0);
	my $start = time;
	$session->query_until(qr/go/, qq{\\echo go
		SELECT 1 FROM advisor._unadvised(queries => ARRAY['SELECT * FROM evil.t WHERE a = evil.$name(1)'], time_limit => '$bound s');
		\\warn ended\n});
	$node->poll_query_until('postgres', qq{SELECT count(*) = 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%_unadvised%evil.$name(1)%' AND pid <> pg_backend_pid() AND pg_sleep(0.2) IS NOT NULL});
	value(qq{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%_unadvised%evil.$name(1)%' AND pid <> pg_backend_pid()});
	is($session->query("SELECT 'as before'"), 'as before', "cancel during $name: the session goes on");
	like($session->{stderr}, qr/canceling statement due to/, "cancel during $name: is heeded");
	cmp_ok(time - $start, '<', 0.5 * $bound, "cancel during $name: at once");
	$session->quit;
}
as('evil', "DROP FUNCTION evil.$_(int), evil.do_$_()") foreach keys %slow;
($out, $err) = harmless('after that', "SELECT ddl FROM advisor.recommend_indexes(time_limit => '$limit s');");
like($out, qr/ON good\.orders .*customer/, 'after that: there is advice');

# --- whose functions? --------------------------------------------------------
# A role's statement is planned with its rights.  Who can change what it runs,
# and is not that role, must not use them when advice is asked for.
value(q{SELECT * FROM evil.t WHERE a = 42});
value(q{SELECT * FROM evil.t WHERE a = 43});
as('evil', q{
	CREATE FUNCTION evil.trap() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $f$
		BEGIN RAISE EXCEPTION 'pwned as %: %', current_user, (SELECT word FROM public.secret); END $f$;
	ALTER TABLE evil.t RENAME TO hidden;
	CREATE VIEW evil.t AS SELECT * FROM evil.hidden WHERE b > 0 OR a = evil.trap();
	GRANT SELECT ON evil.t, evil.hidden TO PUBLIC;});
foreach my $who ('postgres', 'reader')
{
	my ($o, $e) = try($who, "SELECT reason FROM advisor._unadvised(time_limit => '$limit s')");
	unlike("$o$e", qr/pwned as postgres/, "what a superuser has run does not serve to run others' functions as superuser, asked by $who");
}
as('evil', q{DROP VIEW evil.t; ALTER TABLE evil.hidden RENAME TO t; DROP FUNCTION evil.trap()});

# An index that would run somebody else's function at each write of its owner
as('evil', q{CREATE FUNCTION evil.fx(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 / 3; END'});
as('good', q{SELECT count(pad) FROM good.orders WHERE evil.fx(customer) = 5;} x 5);
($out, $err) = harmless('index expressions', "SELECT ddl FROM advisor.recommend_indexes(time_limit => '$limit s');");
unlike($out, qr/evil\.fx/, "no index on what a stranger's function computes");

# --- who sees what -----------------------------------------------------------
value(q{
	CREATE TABLE private (id int, level int, open int);
	INSERT INTO private SELECT g, CASE WHEN g % 10 = 0 THEN 1000 ELSE g % 100 END, g FROM generate_series(1, 20000) g;
	CREATE INDEX private_level ON private (level);
	ANALYZE private;
	GRANT SELECT (id, open) ON private TO good;
	CREATE TABLE policed (id int, owner text, v int);
	INSERT INTO policed SELECT g, 'somebody', g FROM generate_series(1, 20000) g;
	ALTER TABLE policed ENABLE ROW LEVEL SECURITY;
	CREATE FUNCTION is_own(text) RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN $1 = current_user; END';
	CREATE POLICY own ON policed USING (is_own(owner));
	ANALYZE policed;
	GRANT SELECT ON policed TO good;});
foreach my $sql (
	'SELECT id FROM private WHERE level > 500', 'SELECT count(*) FROM private WHERE level = 1000', 'DELETE FROM private WHERE id = 3',
	'SELECT word FROM secret', 'SELECT (SELECT count(*) FROM private WHERE level > 500)',
	'WITH x AS (SELECT level FROM private) SELECT count(*) FROM x')
{
	my ($o, $e) = try('good', "SELECT cost_before FROM advisor.explain('$sql')");
	like($e, qr/permission denied for/, "explain: $sql is not for everybody");
	is($o, '', "explain: $sql shows nothing");
	($o, $e) = try('good', "SELECT cost, reason FROM advisor._unadvised(queries => ARRAY['$sql'])");
	unlike($o, qr/^[0-9]/, "recommend: $sql shows no cost");
	($o, $e) = try('good', "SELECT time_before, size FROM advisor.recommend_indexes(queries => ARRAY['$sql'])");
	unlike($o, qr/[0-9]/, "recommend: $sql shows neither cost nor size");
}
($out, $err) = try('good', q{SELECT * FROM advisor.explain('SELECT 1', '{CREATE INDEX ON private (level)}')});
like($err, qr/permission denied for table private/, 'the size of an index is not for everybody');
($out, $err) = try('good', q{SELECT * FROM advisor.drop_impact('private_level')});
unlike($err, qr/FATAL|PANIC|server closed/, 'nor is drop_impact dangerous');
like(as('good', q{SELECT plan FROM advisor.explain('SELECT open FROM private WHERE id = 3')}), qr/Seq Scan/, 'columns that may be read');
like(as('good', q{SELECT plan FROM advisor.explain('SELECT id FROM policed WHERE v = 3', '{CREATE INDEX ON policed (v)}')}), qr/is_own/, 'a policy is planned');
$out = as('good', q{SELECT ddl FROM advisor.recommend_indexes(queries => ARRAY['SELECT id FROM policed WHERE v = 3', 'SELECT open FROM private WHERE id = 3'])});
like($out, qr/policed/, 'policies: there is advice');
like($out, qr/private/, 'column privileges: there is advice');

# its own statements, and those of others for whom they are
like(as('good', 'SELECT ddl FROM advisor.missing_indexes'), qr/good\.orders/, 'an ordinary role gets advice for its own statements');
unlike(as('good', 'SELECT ddl FROM advisor.missing_indexes'), qr/evil\.t/, 'and for no others');
is(as('other', 'SELECT count(*) FROM advisor.missing_indexes'), '0', 'who has run nothing gets nothing');
is(as('other', q{SELECT count(*) FROM advisor.drop_impact('good.orders_id')}), '0', 'also of drops');
unlike(as('good', 'SELECT query, reason FROM advisor.unadvised'), qr/evil\.t\b/, 'nor hears of what others ran');
like(as('reader', 'SELECT ddl FROM advisor.missing_indexes'), qr/evil\.t/, 'a member of pg_read_all_stats gets advice for all');

# --- what is gone, or locked -------------------------------------------------
my $locker = $node->background_psql('postgres');
$locker->query_safe('BEGIN; LOCK TABLE good.orders IN ACCESS EXCLUSIVE MODE');
($out, $err) = harmless('locked', "SELECT query, reason FROM advisor._unadvised(time_limit => '$limit s') u, LATERAL (SELECT min(query) AS query FROM advisor.statements s WHERE s.queryid = u.queryid) s;");
like($out, qr/good\.orders.*lock/, 'a locked table: it is said so');
($out, $err) = harmless('locked, all', "SELECT ddl FROM advisor.recommend_indexes(time_limit => '$limit s');");
like($out, qr/evil\.t/, 'a locked table: others get advice');
$locker->query_safe('ROLLBACK');

my $owner = $node->background_psql('postgres', extra_params => [ '-U', 'good' ]);
value('GRANT TEMP ON DATABASE postgres TO good');
$owner->query_safe('CREATE TEMP TABLE mine AS SELECT g AS a FROM generate_series(1, 20000) g');
$owner->query_safe('SELECT count(*) FROM mine WHERE a = 3') foreach 1 .. 5;
my $temp = $owner->query_safe('SELECT pg_my_temp_schema()::regnamespace');
harmless('temporary table of another session', "SELECT ddl FROM advisor.recommend_indexes(time_limit => '$limit s');");
($out, $err) = try('postgres', "SELECT used_indexes FROM advisor.explain('SELECT * FROM $temp.mine WHERE a = 3', '{CREATE INDEX ON $temp.mine (a)}')");
unlike($err, qr/FATAL|PANIC|server closed/, 'temporary table of another session: no harm in naming it');
$owner->quit;

value(q{CREATE SCHEMA renamed; CREATE ROLE gone LOGIN; GRANT ALL ON SCHEMA renamed TO gone});
as('gone', q{
	CREATE TABLE renamed.t AS SELECT g AS a, g AS b, g AS c, 'x' || g AS d FROM generate_series(1, 20000) g;
	ANALYZE renamed.t;
	CREATE TABLE renamed.dropped AS TABLE renamed.t;
	} . q{SELECT count(d) FROM renamed.t WHERE a = 3; SELECT count(d) FROM renamed.t WHERE b = 3; SELECT count(d) FROM renamed.t WHERE c = 3;
	SELECT count(d) FROM renamed.dropped WHERE c = 3;} x 3);
value(q{ALTER TABLE renamed.t DROP b; ALTER TABLE renamed.t ALTER c TYPE text; DROP TABLE renamed.dropped});
($out, $err) = harmless('columns and tables gone', "SELECT ddl FROM advisor.recommend_indexes(time_limit => '$limit s');");
like($out, qr/renamed\.t .*\(a/, 'columns and tables gone: what is left gets advice');
value('ALTER SCHEMA renamed RENAME TO called_otherwise');
harmless('schema renamed', "SELECT ddl FROM advisor.recommend_indexes(time_limit => '$limit s');");
value('ALTER SCHEMA called_otherwise RENAME TO renamed; REASSIGN OWNED BY gone TO good; DROP OWNED BY gone; DROP ROLE gone');
harmless('role gone', "SELECT ddl FROM advisor.recommend_indexes(time_limit => '$limit s');");
harmless('role gone, drops', q{SELECT count(*) FROM advisor.drop_impact('good.orders_id');});
unlike(slurp_file($node->logfile), qr/terminated by signal|TRAP:|PANIC:/, 'no crash');

$node->stop;
done_testing();

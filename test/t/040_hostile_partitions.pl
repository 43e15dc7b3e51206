# Maintenance of partitions by a superuser, for owners who mean harm: what they wrote
# runs with their own rights, stops nobody else's maintenance, and is seen by nobody
# who must not see it.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = advisor_node('hostile_partitions');
my $mallory = [ '-U', 'mallory' ];
my $victim = [ '-U', 'victim' ];
my $spy = [ '-U', 'spy' ];

sub sql { my ($sql, $as) = @_; return $node->safe_psql('postgres', $sql, extra_params => $as // []) }
sub refused
{
	my ($sql, $as, $error, $name) = @_;
	my ($rc, $out, $err) = $node->psql('postgres', $sql, extra_params => $as);
	like($err, $error, $name);
}
# who ran code of mallory's, beside him; and what he got into the victim's table
sub damage
{
	return sql(q{SELECT string_agg(DISTINCT concat_ws(' ', who, mode), ', ') FROM trace WHERE who <> 'mallory' OR mode <> 'origin'})
		. sql('SELECT count(*) FROM victim.child');
}
sub last_status
{
	my ($table, $action) = @_;
	return sql("SELECT status FROM advisor.partition_log WHERE parent_name = '$table' AND action = '$action' ORDER BY log_id DESC LIMIT 1");
}

sql(q{
	CREATE EXTENSION advisor CASCADE;
	CREATE ROLE mallory LOGIN; CREATE ROLE victim LOGIN; CREATE ROLE spy LOGIN;
	CREATE SCHEMA mallory AUTHORIZATION mallory; CREATE SCHEMA victim AUTHORIZATION victim; CREATE SCHEMA spy AUTHORIZATION spy;
	GRANT USAGE ON SCHEMA mallory, victim TO PUBLIC;
	CREATE TABLE trace (who name, mode text, code text);
	GRANT INSERT ON trace TO PUBLIC;
	CREATE ROLE boss SUPERUSER;
});
# a foreign key that he can write into, but not break
sql(q{
	CREATE TABLE victim.parent (id int PRIMARY KEY);
	CREATE TABLE victim.child (id int REFERENCES victim.parent);
	GRANT INSERT ON victim.child TO mallory;
}, $victim);
sql(q{
	CREATE FUNCTION mallory.evil(code text DEFAULT 'evil') RETURNS boolean LANGUAGE plpgsql AS $$
	BEGIN
		INSERT INTO public.trace VALUES (current_user, current_setting('session_replication_role'), code);
		IF current_setting('session_replication_role') = 'replica' THEN
			INSERT INTO victim.child VALUES (666);
		END IF;
		BEGIN
			EXECUTE 'ALTER ROLE mallory SUPERUSER';
		EXCEPTION WHEN insufficient_privilege THEN NULL;
		END;
		-- a session that somebody else goes on with
		BEGIN
			PERFORM set_config('role', 'boss', false);
		EXCEPTION WHEN OTHERS THEN NULL;
		END;
		PERFORM set_config('search_path', 'mallory', false), set_config('DateStyle', 'German', false);
		RETURN true;
	END $$;
	CREATE FUNCTION mallory.evil_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM mallory.evil(TG_NAME); RETURN coalesce(NEW, OLD); END $$;
	CREATE FUNCTION mallory.hook(t regclass) RETURNS boolean LANGUAGE sql AS $$ SELECT mallory.evil('hook') $$;
	GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA mallory TO PUBLIC;
}, $mallory);

# --- code in everything that maintenance touches ---
sql(q{
	CREATE DOMAIN mallory.dom AS int CHECK (mallory.evil('domain'));
	CREATE FUNCTION mallory.immutable(date) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM mallory.evil('expression'); RETURN 1; END $$;
	CREATE TABLE mallory."every'"";$$--%s" (t date NOT NULL, d mallory.dom DEFAULT 1, g int GENERATED ALWAYS AS (mallory.immutable(t)) STORED,
		CHECK (mallory.evil('check'))) PARTITION BY RANGE (t);
	CREATE TABLE mallory.every_1 PARTITION OF mallory."every'"";$$--%s" FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
	CREATE TABLE mallory.every_2 PARTITION OF mallory."every'"";$$--%s" FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
	CREATE TABLE mallory.every_d PARTITION OF mallory."every'"";$$--%s" DEFAULT;
	CREATE INDEX ON mallory."every'"";$$--%s" (mallory.immutable(t));
	CREATE TRIGGER row_trigger BEFORE INSERT ON mallory."every'"";$$--%s" FOR EACH ROW EXECUTE FUNCTION mallory.evil_trigger();
	INSERT INTO mallory."every'"";$$--%s" (t) VALUES ('2026-01-05'), ('2026-02-05'), ('2026-03-05'), ('2026-04-05');
	COMMENT ON TABLE mallory."every'"";$$--%s" IS '''; DROP TABLE trace; --';
	SELECT advisor.register_partition_policy('mallory."every''"";$$--%s"', '1 month', 2, '1 month', 'drop', backup => 'hook:mallory.hook',
		default_action => 'move', time_zone => 'UTC', min_keep => 0);
}, $mallory);
sql('TRUNCATE trace');
my ($rc, $out, $err) = $node->psql('postgres', q{
	CALL advisor.maintain_partitions(as_of => '2026-03-15 12:00+00');
	SELECT current_user, session_user, current_setting('search_path'), current_setting('DateStyle')});
is($out, 'postgres|postgres|"$user", public|ISO, MDY', 'the session is what it was');
is($err, '', 'all of it was done');
is(damage(), '0', 'owners\' code runs as the owner');
is(sql(q{SELECT string_agg(DISTINCT code, ',' ORDER BY code) FROM trace}), 'check,expression,hook', 'and it did run');
is(sql(q{SELECT count(*) FROM pg_roles WHERE rolname = 'mallory' AND rolsuper}), '0', 'mallory is who he was');
is(sql(q{SELECT count(*) FILTER (WHERE action = 'drop'), count(*) FILTER (WHERE action = 'move') FROM advisor.partition_log WHERE status = 'done'}), '1|2',
	'the partition that was old was backed up and dropped, rows were moved');

# --- without triggers and foreign keys, nothing of his is called ---
sub movable
{
	my ($name, $check) = @_;
	sql(qq{
		CREATE TABLE mallory.$name (t date PRIMARY KEY, x int, j text) PARTITION BY RANGE (t);
		CREATE TABLE mallory.${name}_1 PARTITION OF mallory.$name FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
		CREATE TABLE mallory.${name}_d PARTITION OF mallory.$name DEFAULT;
		INSERT INTO mallory.$name VALUES ('2026-03-05', 1, '1'), ('2026-03-06', 1, '1'), ('2026-03-07', 1, '1');
		CREATE TRIGGER makes_it_replica AFTER DELETE ON mallory.${name}_d FOR EACH ROW EXECUTE FUNCTION mallory.evil_trigger();
		$check;
		SELECT advisor.register_partition_policy('mallory.$name', '1 month', 0, time_zone => 'UTC', batch_rows => 2)}, $mallory);
}
my %checks = (
	sql_text => q{CHECK (query_to_xml('SELECT mallory.evil()', true, false, '') IS NOT NULL) NOT VALID},
	table_text => q{CHECK (table_to_xml('mallory.evil_view', true, false, '') IS NOT NULL) NOT VALID},
	read_as => q{CHECK (j::mallory.dom IS NOT NULL) NOT VALID},
	own => q{CHECK (mallory.evil()) NOT VALID});
sql('CREATE VIEW mallory.evil_view AS SELECT mallory.evil()', $mallory);
foreach my $name (sort keys %checks)
{
	movable($name, "ALTER TABLE mallory.$name ADD $checks{$name}");
	sql('TRUNCATE trace');
	($rc, $out, $err) = $node->psql('postgres', "CALL advisor.drain_default('mallory.$name')");
	like($err, qr/would be called without triggers and foreign keys/, "$name: said so");
	is(damage(), '0', "$name: nothing was called without triggers");
}
movable('harmless', q{ALTER TABLE mallory.harmless ADD CHECK (t < now() + interval '10 years' AND lower(j) <> 'x')});
sql(q{CALL advisor.drain_default('mallory.harmless', max_rows => 1)});
is(sql('SELECT count(*) FROM mallory.harmless_d'), '1', 'checks that only compute are in nobody\'s way');
# a partition that grows gets code of its own
foreach my $code (q{CREATE RULE evil AS ON INSERT TO %s DO ALSO SELECT mallory.evil('rule')},
	q{CREATE TRIGGER evil BEFORE INSERT ON %1$s FOR EACH ROW EXECUTE FUNCTION mallory.evil_trigger(); ALTER TABLE %1$s ENABLE REPLICA TRIGGER evil})
{
	my $partition = sql(q{SELECT conrelid::regclass FROM pg_constraint WHERE conname = 'advisor_growing'});
	sql("DROP RULE IF EXISTS evil ON $partition; " . sprintf($code =~ s/%1\$s/%s/gr, ($partition) x 2), $mallory);
	sql('TRUNCATE trace');
	($rc, $out, $err) = $node->psql('postgres', "CALL advisor.drain_default('mallory.harmless')");
	like($err, qr/evil would be called without triggers/, 'a partition that grows is looked at again');
	is(damage(), '0', 'and its code is not called');
}

# --- nobody's maintenance is ended by another's error ---
sql(q{
	CREATE FUNCTION mallory.cancel(e text) RETURNS boolean LANGUAGE plpgsql AS $$
	BEGIN
		IF pg_has_role(session_user, 'boss', 'MEMBER') THEN RAISE EXCEPTION USING ERRCODE = e, MESSAGE = 'canceling statement due to user request'; END IF;
		RETURN true;
	END $$;
	CREATE TABLE mallory.cancels (t date, CHECK (mallory.cancel('query_canceled'))) PARTITION BY RANGE (t);
	CREATE TABLE mallory.cancels_1 PARTITION OF mallory.cancels FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
	CREATE TABLE mallory.cancels_d PARTITION OF mallory.cancels DEFAULT;
	INSERT INTO mallory.cancels VALUES ('2026-03-05');
	CREATE TABLE mallory.asserts (LIKE mallory.cancels, CHECK (mallory.cancel('assert_failure'))) PARTITION BY RANGE (t);
	CREATE TABLE mallory.asserts_1 PARTITION OF mallory.asserts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
	CREATE TABLE mallory.asserts_d PARTITION OF mallory.asserts DEFAULT;
	INSERT INTO mallory.asserts VALUES ('2026-03-05');
	SELECT advisor.register_partition_policy(t, '1 month', 0, default_action => 'move', run_order => -10) FROM unnest('{mallory.cancels,mallory.asserts}'::regclass[]) t;
	-- and policies of nonsense, for anything
	CREATE TABLE mallory.plain (t date);
	INSERT INTO advisor.partition_policies (parent, step, retention, time_zone, anchor, run_order, template, subpartition_by, subpartition_bounds) VALUES
		('mallory.plain', 'x', '1 month', 'nowhere', 'x', -9, 'pg_class', ''') DROP', ARRAY['DROP TABLE trace']),
		('mallory.every_2', NULL, '''; DROP', 'UTC', NULL, -8, NULL, NULL, NULL);
}, $mallory);
sql(q{
	CREATE TABLE victim.p (t date PRIMARY KEY, secret text) PARTITION BY RANGE (t);
	CREATE TABLE victim.p_1 PARTITION OF victim.p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
	CREATE TABLE victim.p_2 PARTITION OF victim.p FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
	INSERT INTO victim.p VALUES ('2026-01-05', 'secret'), ('2026-02-05', 'secret');
	SELECT advisor.register_partition_policy('victim.p', '1 month', 1, time_zone => 'UTC');
	GRANT REFERENCES, SELECT ON victim.p TO mallory;
}, $victim);
($rc, $out, $err) = $node->psql('postgres', q{CALL advisor.maintain_partitions(as_of => '2026-03-15')});
is($rc, 0, 'it comes to its end');
like($err, qr/move mallory\.asserts_p20260301: error: canceling/, 'an error is told');
is(last_status('victim.p', 'run'), 'ok', 'and others are maintained');
is(sql(q{SELECT count(*) > 0 FROM advisor.partitions_findings}), 't', 'nonsense in a policy keeps no check from working');
($rc, $out, $err) = $node->psql('postgres', q{SET statement_timeout = '50ms'; SELECT advisor._perform(ROW('mallory.plain'::regclass, NULL, NULL, NULL, 'x', 'planned', NULL, NULL, NULL, 'SELECT pg_sleep(60)')::advisor.partition_action)});
like($err, qr/statement timeout/, 'a real cancel is one');

# --- tables of two owners: policies of rows, hooks, the list of retired partitions ---
sql(q{
	CREATE TABLE mallory.refers (t date REFERENCES victim.p);
	GRANT SELECT ON mallory.refers TO PUBLIC;
	ALTER TABLE mallory.refers ENABLE ROW LEVEL SECURITY;
	CREATE POLICY evil ON mallory.refers USING (mallory.evil('policy'));
	INSERT INTO mallory.refers VALUES ('2026-02-05');
	CREATE TABLE mallory.mine (t date, secret text);
	CREATE TABLE mallory.lent (t date) PARTITION BY RANGE (t);
}, $mallory);
sql('TRUNCATE trace');
$node->psql('postgres', q{SELECT * FROM advisor.drop_old_partitions('victim.p', 0, as_of => '2026-02-15')}, extra_params => $victim);
is(damage(), '0', 'policies of tables that refer to it are not run by who looks there');
refused(q{INSERT INTO advisor.retired_partitions (partition, parent, parent_name, action, backup) VALUES ('mallory.mine', 'victim.p'::regclass, 'victim.p', 'drop', 'hook:mallory.hook')},
	$mallory, qr/row-level security/, 'nobody gives his tables to the maintenance of others');
refused(q{INSERT INTO advisor.retired_partitions (partition, parent, parent_name, action) VALUES ('victim.child', 'mallory.mine'::regclass, 'x', 'drop')},
	$mallory, qr/row-level security/, 'or theirs to his');
sql(q{INSERT INTO advisor.retired_partitions (partition, parent, parent_name, action, backup) VALUES ('mallory.mine', 4000000000, 'victim.p', 'drop', 'hook:mallory.hook')}, $mallory);
is(sql(q{SELECT count(*) FROM advisor._plan_retired(advisor._policy('victim.p'))}), '0', 'a name alone makes no retired partition');
# the victim's table as a partition of mallory's
sql(q{
	CREATE TABLE victim.lent (t date); GRANT INSERT ON trace TO victim; ALTER TABLE victim.lent OWNER TO victim;
	ALTER TABLE mallory.lent ATTACH PARTITION victim.lent FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')});
sql(q{SELECT advisor.register_partition_policy('mallory.lent', '1 month', 0, '1 month', 'drop', backup => 'hook:mallory.hook', min_keep => 0, time_zone => 'UTC')}, $mallory);
sql(q{CALL advisor.maintain_partitions('mallory.lent', as_of => '2020-05-15')});
is(damage() . sql(q{SELECT count(*) FROM pg_inherits WHERE inhrelid = 'victim.lent'::regclass}), '01', 'a policy is none for partitions of others');
# mallory's table as the default of a superuser's
sql(q{
	CREATE TABLE boss_p (t date) PARTITION BY RANGE (t);
	CREATE TABLE boss_1 PARTITION OF boss_p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')});
sql(q{CREATE TABLE mallory.boss_d (t date); CREATE TRIGGER evil AFTER DELETE ON mallory.boss_d FOR EACH ROW EXECUTE FUNCTION mallory.evil_trigger();
	INSERT INTO mallory.boss_d VALUES ('2026-03-05')}, $mallory);
sql('ALTER TABLE boss_p ATTACH PARTITION mallory.boss_d DEFAULT; TRUNCATE trace');
$node->psql('postgres', q{CALL advisor.drain_default('boss_p')});
is(damage(), '0', 'a default partition of another is not moved from with the rights of the parent\'s owner');

# --- what belongs to others ---
refused($_, $mallory, qr/row-level security|must be owner|permission denied/, "not for him: $_") foreach (
	q{INSERT INTO advisor.partition_policies (parent) VALUES ('victim.p')},
	q{INSERT INTO advisor.partition_log (run_started, parent, parent_name, action, status) VALUES (now(), 'victim.p'::regclass, 'victim.p', 'run', 'ok')},
	q{INSERT INTO advisor.jobs (job, role, schedule, command) VALUES ('partitions', NULL, '* * * * *', 'SELECT mallory.evil()')},
	q{INSERT INTO advisor.jobs (job, role, schedule, command) VALUES ('partitions', 'postgres', '* * * * *', 'SELECT mallory.evil()')},
	q{SELECT advisor._run_as_owner('victim.p'::regclass, 'SELECT 1')},
	q{SELECT advisor._run_as_owner('pg_authid'::regclass, 'SELECT rolpassword FROM pg_authid')},
	q{SELECT advisor._run_as_owner('mallory.plain'::regclass, 'SELECT 1', 0, true)},
	q{SELECT advisor._detach_concurrently('victim.p'::regclass, 'victim.p_1'::regclass, 1000)},
	q{SELECT advisor._newest_key(advisor._grid(advisor._policy('victim.p')))},
	q{SELECT advisor.partition_conversion_script('victim.child', 'id', '10')},
	q{CALL advisor.drain_default('victim.p')});
like(sql(q{SELECT advisor._detach_concurrently('mallory.plain'::regclass, 'victim.p_1'::regclass, 1000)}, $mallory), qr/^\(error,/, 'nor does a worker of his do it');
is(sql(q{SELECT to_jsonb(advisor._perform(ROW('victim.p'::regclass, NULL, NULL, NULL, 'x', 'planned', NULL, NULL, NULL, 'DROP TABLE victim.p')::advisor.partition_action)) ->> 'sqlstate'},
	$mallory), '42501', 'nor an action that he made up');

# --- what is read by nobody but who may ---
sql(q{
	CREATE FUNCTION spy.leak(anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
	BEGIN IF $1::text ~ 'secret|4711' THEN RAISE NOTICE 'leak %', $1; END IF; RETURN true; END $$}, $spy);
sql(q{
	CREATE TABLE victim.old (t date); ALTER TABLE victim.old OWNER TO victim;
	INSERT INTO advisor.retired_partitions (partition, parent, parent_name, action, backup, last_error) VALUES ('victim.old', 'victim.p'::regclass, 'victim.p', 'drop', 'csv:/secret', 'secret');
	UPDATE advisor.partition_policies SET backup = 'csv:/secret' WHERE parent = 'victim.p'::regclass;
	INSERT INTO advisor.partition_log (run_started, parent, parent_name, action, status, detail) SELECT now(), 'victim.p'::regclass, 'victim.p', a, 'failed', 'secret' FROM unnest('{drop,run}'::text[]) a;
	CREATE TABLE victim.numbers (id bigint GENERATED ALWAYS AS IDENTITY) PARTITION BY RANGE (id);
	ALTER TABLE victim.numbers OWNER TO victim;
	CREATE TABLE victim.numbers_1 PARTITION OF victim.numbers FOR VALUES FROM (1) TO (5000);
	SELECT setval('victim.numbers_id_seq', 4711);
	SELECT advisor.schedule('secret', '* * * * *', 'SELECT 4711')});
($rc, $out, $err) = $node->psql('postgres', join(';', map { "SELECT count(*) FROM advisor.$_ v WHERE spy.leak(v::text)" }
	qw(partitions partition_usage partition_health partition_gaps partitioned_tables partition_runway partitions_findings
	partition_candidates schedule_status partition_log retired_partitions partition_policies jobs))
	. '; SELECT count(*) FROM advisor.partitions_findings v WHERE spy.leak(v.detail) AND spy.leak(v.evidence)', extra_params => $spy);
is($err, '', 'nothing leaks from views and tables');
like(sql(q{SELECT string_agg(detail, ' ') FROM advisor.partitions_findings}, $victim), qr/secret/, 'its owner sees it');

# --- odd arguments crash nothing ---
my $odd = join("\n", map { "SELECT advisor.$_;" } (q{_run_as_owner(0, 'SELECT 1')}, q{_run_as_owner('mallory.plain'::regclass, '')}, q{_run_as_owner('mallory.plain'::regclass, 'COMMIT')},
	q{_run_as_owner('mallory.plain'::regclass, 'SELECT 1', -1)}, q{_run_as_owner('mallory.plain'::regclass, 'COPY mallory.plain TO STDOUT')},
	q{_detach_concurrently('mallory.lent'::regclass, 0, 10)}, q{_detach_concurrently('mallory.lent'::regclass, 'mallory.lent'::regclass, 2147483647)},
	q{_partition_bounds(1247)}, q{_partition_bounds(4294967295)}, q{_key_position(ARRAY[1])}, q{_key_position('294276-12-31'::timestamp)},
	q{_key_position('5874897-12-31'::date)}, q{_key_position('-infinity'::timestamptz)}, q{_perform(NULL)}, q{_perform_any(NULL, NULL)},
	q{_perform_move(NULL, NULL)}, q{_plan_phase(NULL, NULL, NULL)}, q{_newest_key(NULL)}, q{_back_up(0, NULL, NULL)}, q{_retire_by_policy(0, 0)},
	q{_count_statements(repeat('(', 100000))}, q{_typed_values('mallory.lent', '{x}')}));
$odd .= "\nSELECT advisor._expression_under_name($_, 'x') FROM pg_constraint WHERE conbin IS NOT NULL AND contype = 'c';" foreach ('conbin, 0', 'conbin, 4000000000', q{conbin, 'pg_class'::regclass}, q{conbin, conrelid});
$node->psql('postgres', $odd, extra_params => $mallory, on_error_stop => 0);
is(sql('SELECT 1', $mallory), '1', 'the server is there');
unlike(slurp_file($node->logfile), qr/TRAP|terminated by signal|PANIC/, 'no crash');

$node->stop;
done_testing();

# Sequences and definitions are looked at without waiting for anybody and with no
# lock that could be in the way, on a standby as well, and by roles with few rights.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf(
	'postgresql.conf', q{
shared_preload_libraries = 'pg_stat_statements,advisor'
compute_query_id = on
autovacuum = off
fsync = off
});
$primary->start;
$primary->safe_psql(
	'postgres', q{
	CREATE EXTENSION advisor CASCADE;
	CREATE ROLE monitor LOGIN IN ROLE pg_monitor;
	CREATE ROLE owner LOGIN;
	CREATE ROLE nobody LOGIN;
	CREATE SCHEMA app AUTHORIZATION owner;
	SET ROLE owner;
	CREATE TABLE app.filled (id serial PRIMARY KEY);
	CREATE TABLE app.other (id serial PRIMARY KEY);
	SELECT setval('app.filled_id_seq', 2147480000);
	CREATE SEQUENCE app.granted MAXVALUE 100;
	SELECT setval('app.granted', 99);
	GRANT USAGE ON SEQUENCE app.granted TO nobody;
	CREATE UNLOGGED SEQUENCE app.unlogged MAXVALUE 100;
	SELECT setval('app.unlogged', 99);
	CREATE UNLOGGED TABLE app.notes (id int PRIMARY KEY);
	CREATE TABLE app.plain (a int);
});

my $values = q{SELECT string_agg(c.relname || '=' || coalesce(s.last_value::text, '?') || CASE WHEN s.visible THEN '' ELSE '!' END, ' ' ORDER BY c.relname)
	FROM advisor._sequences() s JOIN pg_class c ON c.oid = s.seqid WHERE c.relnamespace::regnamespace::text = 'app'};
my $found = q{SELECT string_agg(check_id || ' ' || object || ' ' || severity, ', ' ORDER BY check_id, object) FROM advisor.schema_findings WHERE object ~ '^app'};

# rights
sub as
{
	my ($node, $role, $sql) = @_;
	return $node->safe_psql('postgres', $sql, extra_params => [ '-U', $role ]);
}
my $all = 'filled_id_seq=2147480000 granted=99 other_id_seq=1 unlogged=99';
is($primary->safe_psql('postgres', $values), $all, 'a superuser sees all sequences');
is(as($primary, 'owner', $values), $all, 'so does their owner');
is(as($primary, 'monitor', $values), $all, 'and a member of pg_monitor, without a right on any');
is(as($primary, 'nobody', $values), 'filled_id_seq=?! granted=99 other_id_seq=?! unlogged=?!', 'others see what was granted');
my $findings = 'key_exhaustion app.filled.id critical, key_exhaustion app.granted critical, key_exhaustion app.unlogged critical, no_primary_key app.plain info, unlogged_table app.notes info';
is($primary->safe_psql('postgres', $found), $findings, 'the findings');
is(as($primary, 'monitor', $found), $findings, 'are those of a member of pg_monitor');
is(as($primary, 'nobody', $found), 'key_exhaustion app.granted critical, no_primary_key app.plain info, unlogged_table app.notes info',
	'and to others what they may see');
like(as($primary, 'nobody', q{SELECT reason FROM advisor._schema_skips() WHERE check_id = 'key_exhaustion'}), qr/^3 sequences may not be read/, 'who are told');
is($primary->safe_psql('postgres', 'SELECT count(*) FROM advisor._schema_skips()'), '0', 'nobody is told who sees all');

# locks: those that the views take, in a transaction of their own, where they stay
my $locks = q{SELECT string_agg(DISTINCT l.mode, ',') FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation'};
is($primary->safe_psql('postgres', "BEGIN; SELECT count(*) > 0 FROM advisor.schema_findings; $locks"), "t\nAccessShareLock", 'no lock stronger than AccessShareLock');
is( $primary->safe_psql(
		'postgres', q{BEGIN; SELECT count(*) > 0 FROM advisor.schema_findings;
	SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE l.pid = pg_backend_pid() AND c.relnamespace = 'app'::regnamespace}),
	"t\n0", 'and none is kept on what was looked at');

my $holder = $primary->background_psql('postgres');
$holder->query_safe('BEGIN; LOCK TABLE app.filled, app.plain, app.notes IN ACCESS EXCLUSIVE MODE; ALTER SEQUENCE app.granted OWNER TO CURRENT_USER; DROP SEQUENCE app.unlogged');
my $quick = "SET lock_timeout = '1ms'; SET statement_timeout = '30s'; ";
is($primary->safe_psql('postgres', $quick . $values), 'filled_id_seq=2147480000 granted=? other_id_seq=1 unlogged=?',
	'nobody waits for who has locked a sequence, and the others are read');
is($primary->safe_psql('postgres', $quick . $found), 'key_exhaustion app.filled.id critical, no_primary_key app.plain info, unlogged_table app.notes info',
	'nor for who has locked a table');
like($primary->safe_psql('postgres', $quick . q{SELECT reason FROM advisor._schema_skips()}), qr/^2 sequences could not be read just now/, 'which is told');
$primary->safe_psql('postgres', $quick . 'SELECT count(*) FROM advisor.column_types; SELECT count(*) FROM advisor.unused_columns; SELECT count(*) FROM advisor.tables_without_primary_key; SELECT count(*) FROM advisor.key_exhaustion; SELECT advisor.observe()');
$holder->query_safe('ROLLBACK');
is($primary->safe_psql('postgres', $values), $all, 'and afterwards all is as before');

# a sequence that gets another file, and one that goes, while somebody reads
$holder->query_safe(q{BEGIN; SELECT count(*) FROM advisor._sequences()});
$primary->safe_psql('postgres', q{ALTER SEQUENCE app.granted RESTART WITH 50; CREATE SEQUENCE app.gone; CHECKPOINT});
$primary->safe_psql('postgres', 'DROP SEQUENCE app.gone');
is($holder->query_safe($values), 'filled_id_seq=2147480000 granted=50 other_id_seq=1 unlogged=99', 'a session with an old idea of a sequence reads the new one');
$holder->query_safe('ROLLBACK; BEGIN; ALTER SEQUENCE app.other_id_seq RESTART WITH 7');
is($primary->safe_psql('postgres', $quick . $values), 'filled_id_seq=2147480000 granted=50 other_id_seq=1 unlogged=99', 'what is changed and not committed is read as it is');
$holder->query_safe('COMMIT');
is($primary->safe_psql('postgres', $values), 'filled_id_seq=2147480000 granted=50 other_id_seq=7 unlogged=99', 'and then as it has become');
# temporary ones of others are theirs
$holder->query_safe('CREATE TEMP SEQUENCE mine');
is($holder->query_safe(q{SELECT last_value FROM advisor._sequences() WHERE seqid = 'mine'::regclass}), '1', 'a temporary one of this session is read');
is($primary->safe_psql('postgres', q{SELECT count(*) FROM advisor._sequences() s JOIN pg_class c ON c.oid = s.seqid WHERE c.relname = 'mine'}), '0', 'and not one of another');
$holder->quit;

# a standby
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;
$primary->safe_psql('postgres', q{SELECT setval('app.granted', 98)});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is($standby->safe_psql('postgres', $values), 'filled_id_seq=2147480000 granted=98 other_id_seq=7 unlogged=?', 'a standby reads all but the unlogged');
is($standby->safe_psql('postgres', $found), 'key_exhaustion app.filled.id critical, key_exhaustion app.granted critical, no_primary_key app.plain info, unlogged_table app.notes medium',
	'and finds the same');
is(as($standby, 'monitor', $values), 'filled_id_seq=2147480000 granted=98 other_id_seq=7 unlogged=?', 'for a member of pg_monitor as well');
is($standby->safe_psql('postgres', q{SELECT string_agg(DISTINCT check_id, ',' ORDER BY check_id) FROM advisor._schema_skips()}), 'key_exhaustion,unused_column', 'it says what it cannot see');
is($primary->safe_psql('postgres', q{SELECT severity FROM advisor.schema_findings WHERE check_id = 'unlogged_table'}), 'medium', 'a primary with a standby takes unlogged tables for worse');

# an empty database
$primary->safe_psql('postgres', 'CREATE DATABASE empty');
$primary->safe_psql('empty', 'CREATE EXTENSION advisor CASCADE');
is($primary->safe_psql('empty', 'SELECT check_id, object FROM advisor.schema_findings'), '', 'an empty database has no findings');

# what versions from 18 on have: nothing is wrong with what is not meant to be enforced
# or refers for a time, nor with columns that are not stored
if ($primary->pg_version >= 18)
{
	$primary->safe_psql(
		'empty', q{
		CREATE EXTENSION btree_gist;
		CREATE SCHEMA app;
		CREATE TABLE app.priced (id int, valid daterange, PRIMARY KEY (id, valid WITHOUT OVERLAPS));
		CREATE TABLE app.sold (id int PRIMARY KEY, priced int, valid daterange, a int, b int, CHECK (a > 0) NOT ENFORCED,
			FOREIGN KEY (priced, PERIOD valid) REFERENCES app.priced (id, PERIOD valid),
			double bigint GENERATED ALWAYS AS (2 * a) VIRTUAL, padded char(9) GENERATED ALWAYS AS (a::text) VIRTUAL, UNIQUE (id, a));
		CREATE TABLE app.soft (id int PRIMARY KEY, sold int NOT NULL, a int, FOREIGN KEY (sold, a) REFERENCES app.sold (id, a) NOT ENFORCED) WITH (autovacuum_enabled = off);
		ALTER TABLE app.sold ADD CONSTRAINT later NOT NULL b NOT VALID;
	});
	is($primary->safe_psql('empty', q{SELECT finding_key FROM advisor.schema_findings WHERE category = 'schema' AND severity <> 'info' ORDER BY 1}),
		'constraint_not_valid:app:sold:later', 'constraints that are not enforced or have periods are no mistakes');
	is($primary->safe_psql('empty', q{SELECT finding_key FROM advisor.schema_findings WHERE check_id = 'nullable_composite_foreign_key'}), '',
		'nor are they half switched off');
	is($primary->safe_psql('empty', q{SELECT count(*) FROM advisor.unindexed_foreign_keys}), '0', 'and what looks for them is no index of this kind');
	$primary->safe_psql('empty', $_) foreach split /;/, $primary->safe_psql('empty', q{SELECT remedy_sql FROM advisor.schema_findings WHERE check_id = 'constraint_not_valid'});
	is($primary->safe_psql('empty', q{SELECT count(*) FROM advisor.schema_findings WHERE check_id = 'constraint_not_valid'}), '0', 'NOT NULL can be validated');
}
$standby->stop;
$primary->stop;
done_testing();

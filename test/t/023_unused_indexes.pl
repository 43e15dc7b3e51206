# Unused indexes over the life of a server: use survives a restart, partitions
# count together, standbys are a reason to wait, a young index is told from an old
# one, and the proof finds the use that counting missed.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = advisor_node('unused_indexes', "pg_stat_statements.track = 'all'\nwal_level = replica\nmax_replication_slots = 4\nmax_prepared_transactions = 1\n");

sub sql
{
	my ($query, $user) = @_;
	return $node->safe_psql('postgres', $query, $user ? (extra_params => [ '-U', $user ]) : ());
}

# verdict and the blockers that match a pattern
sub verdict
{
	my ($index, $pattern, $user) = @_;
	return sql(
		qq{SELECT verdict, coalesce((SELECT string_agg(b, '; ') FROM unnest(blockers) b WHERE b ~ '$pattern'), '-')
			FROM advisor.unused_indexes WHERE indexrelname = '$index'}, $user);
}

sub setting { my ($name, $value) = @_; sql("UPDATE advisor.settings SET value = $value WHERE name = '$name'"); }

sql(q{
	CREATE EXTENSION advisor CASCADE;
	CREATE TABLE t (id int PRIMARY KEY, a int, b int, c int);
	INSERT INTO t SELECT g, g, g, g FROM generate_series(1, 10000) g;
	CREATE INDEX t_a ON t (a);
	CREATE INDEX t_b ON t (b);
	CREATE TABLE p (id int, v int, w int) PARTITION BY RANGE (id);
	CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (5000);
	CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (5000) TO (10001);
	CREATE INDEX p_v ON p (v);
	CREATE INDEX p_w ON p (w);
	INSERT INTO p SELECT g, g, g FROM generate_series(1, 10000) g;
	ANALYZE t, p;
	CREATE ROLE watcher LOGIN;
	GRANT pg_monitor TO watcher;
	CREATE ROLE nobody LOGIN;
});

# ---------------------------------------------------------------------
# The window
# ---------------------------------------------------------------------

sql('SELECT b FROM t WHERE b = 7');
sql('SELECT v FROM p2 WHERE v = 7000');
like(verdict('t_a', 'not known'), qr/^observe\|when it was made is not known/, 'an index made since capture began may be new');
sql('SELECT advisor.observe()');
like(verdict('t_a', 'observed for'), qr/^observe\|it has been observed for 0 days only, since .*, of the 30 that are wanted$/, 'once observed, it has an age');
sql('CREATE INDEX t_c ON t (c)');
like(verdict('t_c', 'not known'), qr/^observe\|when it was made/, 'a later one is not that old');
is(sql('SELECT count(*) FROM advisor.index_use_findings'), '0', 'nothing is found too early');
setting('unused_index_days', 0);
is(verdict('t_a', '.'), 'drop|-', 'an unused index is to be dropped');
is(verdict('t_b', '.'), '', 'a used one is not listed');

# ---------------------------------------------------------------------
# Partitions
# ---------------------------------------------------------------------

is(verdict('p_v', '.'), '', 'use of one partition is use of the whole');
like(verdict('p1_v_idx', '.'), qr/^keep\|it belongs to the partitioned index public.p_v/, 'a partition of it stays');
is(verdict('p_w', '.'), 'drop|-', 'what is used on no partition goes as a whole');
is(sql(q{SELECT drop_ddl FROM advisor.unused_indexes WHERE indexrelname = 'p_w'}), 'DROP INDEX public.p_w;', 'not concurrently, which is not possible');

# ---------------------------------------------------------------------
# Rights
# ---------------------------------------------------------------------

is(verdict('t_a', '.', 'watcher'), 'drop|-', 'a member of pg_monitor sees the same');
like(verdict('t_a', 'cannot be seen', 'nobody'), qr/^observe\|what other roles/, 'who may not see all statements is told so');
is(sql('SELECT count(*) FROM advisor.index_use_findings', 'nobody'), '0', 'and gets no advice');
is( sql('SELECT (SELECT count(*) FROM advisor.invalid_indexes) + (SELECT count(*) FROM advisor.low_selectivity_indexes)
	+ (SELECT count(*) FROM advisor.hot_blocking_indexes)', 'nobody'), '0', 'and no error');

# ---------------------------------------------------------------------
# Standbys
# ---------------------------------------------------------------------

sql(q{SELECT pg_create_physical_replication_slot('standby')});
like(verdict('t_a', 'standbys'), qr/^observe\|there are 1 standbys, and what they use is not seen here/, 'a slot of a standby is a reason to wait');
setting('unused_index_standbys', 1);
is(verdict('t_a', 'standbys'), 'drop|-', 'unless they have been looked at');
sql(q{SELECT pg_drop_replication_slot('standby')});

# ---------------------------------------------------------------------
# A build in progress is no rest
# ---------------------------------------------------------------------

my $holder = $node->background_psql('postgres');
$holder->query_safe(q{BEGIN; SELECT count(*) FROM t});
$holder->query_safe(q{INSERT INTO t VALUES (0, 0, 0, 0)});
my $builder = $node->background_psql('postgres', on_error_stop => 0);
$builder->query_until(qr/building/, "\\echo building\nCREATE INDEX CONCURRENTLY t_slow ON t (a, b);\n");
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_progress_create_index p WHERE p.phase ~ 'waiting'});
is(sql('SELECT count(*) FROM advisor.invalid_indexes'), '0', 'an index that is being built is not called invalid');
is(sql('SELECT count(*) FROM advisor.invalid_indexes', 'nobody'), '0', 'also not to who sees of it only its locks');
sql(q{SELECT pg_cancel_backend(pid) FROM pg_stat_progress_create_index});
$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_progress_create_index});
is(sql('SELECT indexrelname, remedy_sql FROM advisor.invalid_indexes'),
	't_slow|REINDEX INDEX CONCURRENTLY public.t_slow;', 'but it is when that has failed');
$holder->quit;
$builder->quit;
sql('DROP INDEX t_slow');

# ---------------------------------------------------------------------
# Restart
# ---------------------------------------------------------------------

$node->restart;
is(verdict('t_b', '.'), '', 'use is remembered over a restart');
is(verdict('p_v', '.'), '', 'also that of a partition');
is(verdict('t_a', '.'), 'drop|-', 'and so is that there was none');

# ---------------------------------------------------------------------
# The proof
# ---------------------------------------------------------------------

# While nothing was captured it had no use that could be counted; a statement that
# would use it now is known from another plan, and takes next to no time.
sql(q{SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off; SELECT id FROM t WHERE a = 99});
sql(join("\n", map { "SELECT count(*) AS n$_ FROM generate_series(1, 20000) AS s$_;" } 1 .. 150));
is(verdict('t_a', '.'), 'drop|-', 'its use cannot be counted');
is(sql(q{SELECT count(*) FROM advisor.drop_impact('t_a') WHERE problem IS NULL AND cost_after > cost_before}), '1', 'the proof finds it');
is(sql(q{SELECT count(*) FROM advisor.drop_impact('p_w')}), '0', 'and finds nothing where there is nothing');

# ---------------------------------------------------------------------
# Locks
# ---------------------------------------------------------------------

# Who reads the views waits for nobody, and less is told of a table that is locked.
# A prepared transaction holds its lock without a session.
sql(q{
	CREATE TABLE locked (a int, b text);
	CREATE INDEX locked_lower ON locked (lower(b)) WHERE a > 5;
	CREATE INDEX locked_lower_a ON locked (lower(b), a) WHERE a > 5;
	CREATE INDEX locked_invalid ON locked (upper(b)) WHERE a > 6;
	CREATE INDEX locked_twin ON locked (lower(b)) WHERE a > 7;
	UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'locked_invalid'::regclass;
	BEGIN; LOCK locked; PREPARE TRANSACTION 'lock'});
for my $view (qw(unused_indexes invalid_indexes low_selectivity_indexes hot_blocking_indexes duplicate_indexes unindexed_foreign_keys index_use_findings redundancy_findings))
{
	my ($rc, $out, $err) = $node->psql('postgres', "SET jit = off; SET statement_timeout = '30s'; SELECT count(md5(v::text)) >= 0 FROM advisor.$view v");
	is("$rc $out $err", '0 t ', "$view waits for no lock");
}
like(verdict('locked_twin', 'locked'), qr/^observe\|its table is locked/, 'an index whose expression cannot be read is none to be dropped');
is(sql(q{SELECT undo_ddl IS NULL FROM advisor.unused_indexes WHERE indexrelname = 'locked_lower'}), 't', 'nor can it be said how to make it again');
is(sql(q{SELECT remedy_sql FROM advisor.invalid_indexes WHERE indexrelname = 'locked_invalid'}), 'REINDEX INDEX CONCURRENTLY public.locked_invalid;',
	'and no other index is taken for one that does the same');
sql(q{ROLLBACK PREPARED 'lock'});
unlike(verdict('locked_twin', '.'), qr/its table is locked/, 'but for that');

$node->stop;
done_testing();

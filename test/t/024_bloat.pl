# Bloat as it is measured, beside what a rewrite really gives back: tables and
# indexes of every shape, healthy and bloated.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = advisor_node('bloat', q{
shared_buffers = 128MB
max_parallel_maintenance_workers = 0
max_wal_size = 2GB
wal_level = replica
max_wal_senders = 5
});
my $has_pgstattuple = $node->safe_psql('postgres',
	q{SELECT count(*) FROM pg_available_extensions WHERE name = 'pgstattuple'});

sub rows_of
{
	return map { [ split /\|/, $_, -1 ] } split /\n/, $node->safe_psql('postgres', shift);
}

$node->safe_psql('postgres', 'CREATE EXTENSION advisor CASCADE');
my (undef, undef, $stderr) = $node->psql('postgres', q{SELECT advisor.bloat('pg_class', 'exact')});
like($stderr, qr/extension "pgstattuple" is not installed.*HINT/s, 'exact needs pgstattuple');
# in a schema that no search_path knows
$node->safe_psql('postgres', q{CREATE SCHEMA "Odd schema"; CREATE EXTENSION pgstattuple SCHEMA "Odd schema"}) if $has_pgstattuple;

# ---------------------------------------------------------------------
# Tables and indexes.  Each session ends before the next begins, so that the
# counters of changes are known when VACUUM writes its own.
# ---------------------------------------------------------------------
$node->safe_psql('postgres', q{
CREATE SCHEMA b;
ALTER DATABASE postgres SET search_path = b, public;
});
$node->safe_psql('postgres', <<'END');
-- numbers that are spread, the same in each run
CREATE FUNCTION spread(i bigint, salt int) RETURNS bigint LANGUAGE sql IMMUTABLE AS
	$$ SELECT pg_catalog.hashint8(i * 1000 + salt)::bigint & 1073741823 $$;

CREATE TABLE padding_int AS SELECT i::int4 a, i::int8 b, i::int4 c FROM generate_series(1, 30000) i;
CREATE TABLE padding_bool AS SELECT true a, i::int8 b, false c, i::int8 d, true e, i::int8 f FROM generate_series(1, 30000) i;
DO $$
BEGIN
	EXECUTE 'CREATE TABLE mostly_null AS SELECT i AS id'
		|| (SELECT string_agg(format(', CASE WHEN spread(i, %s) %% 10 = 0 THEN i::%s END AS c%s', n,
			(ARRAY['int', 'text', 'bigint', 'numeric', 'smallint'])[1 + n % 5], n), '') FROM generate_series(1, 14) n)
		|| ' FROM generate_series(1, 30000) i';
END $$;
CREATE TABLE short_texts AS SELECT i a, left(md5(i::text), (spread(i, 1) % 30)::int) b,
	left(md5(i::text), (spread(i, 2) % 30)::int) c, (i % 100)::smallint d FROM generate_series(1, 30000) i;
CREATE TABLE wide (a int, b text);
ALTER TABLE wide ALTER b SET STORAGE PLAIN;
INSERT INTO wide SELECT i, left(repeat(md5(i::text), 50), 1400) FROM generate_series(1, 3000) i;
CREATE TABLE fillfactor_70 (a int, b text) WITH (fillfactor = 70);
INSERT INTO fillfactor_70 SELECT i, md5(i::text) FROM generate_series(1, 30000) i;
CREATE TABLE toasted (a int, b text);
ALTER TABLE toasted ALTER b SET STORAGE EXTERNAL;
INSERT INTO toasted SELECT i, repeat(md5(i::text), 80) FROM generate_series(1, 2000) i;
CREATE TABLE toasted_deleted (a int, b text);
ALTER TABLE toasted_deleted ALTER b SET STORAGE EXTERNAL;
INSERT INTO toasted_deleted SELECT * FROM toasted;
CREATE TABLE half_deleted AS SELECT i a, md5(i::text) b FROM generate_series(1, 40000) i;
CREATE TABLE half_deleted_late AS SELECT * FROM half_deleted;
CREATE TABLE front_deleted AS SELECT * FROM half_deleted;
CREATE TABLE end_half_deleted AS SELECT * FROM half_deleted;
CREATE TABLE emptied AS SELECT * FROM half_deleted;
CREATE TABLE churned (a int PRIMARY KEY, b text, c int);
INSERT INTO churned SELECT i, md5(i::text), i FROM generate_series(1, 20000) i;
CREATE TABLE churned_some (a int PRIMARY KEY, b text) WITH (fillfactor = 90);
INSERT INTO churned_some SELECT i, left(repeat(md5(i::text), 3), (spread(i, 1) % 96)::int) FROM generate_series(1, 20000) i;
CREATE TABLE mixed (a int, b text, c text, d bool, e numeric, f timestamptz) WITH (fillfactor = 85);
INSERT INTO mixed SELECT i, left(repeat(md5(i::text), 20), (spread(i, 3) % 600)::int),
	CASE WHEN spread(i, 4) % 3 = 0 THEN 'x' || i END, i % 2 = 0, spread(i, 5) / 100.0, now() FROM generate_series(1, 15000) i;
CREATE TABLE wide_deleted (a int, b text);
ALTER TABLE wide_deleted ALTER b SET STORAGE PLAIN;
INSERT INTO wide_deleted SELECT i, left(repeat(md5(i::text), 90), (800 + spread(i, 2) % 1800)::int) FROM generate_series(1, 3000) i;
CREATE TABLE dropped AS SELECT i a, md5(i::text) b, md5(i::text) c, i d FROM generate_series(1, 20000) i;
ALTER TABLE dropped DROP COLUMN c;
ALTER TABLE dropped ADD e int DEFAULT 5;
CREATE TABLE nothing (a int);

CREATE TABLE fresh AS SELECT i AS id, (spread(i, 1) % 100)::int AS hundred, (spread(i, 2) % 20)::int AS twenty,
	CASE WHEN spread(i, 3) % 2 = 0 THEN md5(i::text) END AS txt, ('n' || spread(i, 4) % 5000)::name AS nm,
	(spread(i, 5) % 1000)::int AS a, spread(i, 6) AS b, point(spread(i, 7), spread(i, 8)) AS p,
	int4range((spread(i, 9) % 100000)::int, (spread(i, 9) % 100000)::int + 10) AS r
	FROM generate_series(1, 60000) i;
CREATE TABLE grown (LIKE fresh);
CREATE TABLE late AS SELECT * FROM fresh;
CREATE TABLE queue AS SELECT * FROM fresh;
DO $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY '{fresh,grown,late,queue}'::text[] LOOP
		EXECUTE replace(
			'CREATE UNIQUE INDEX %_unique ON % (id); CREATE INDEX %_hundred ON % (hundred); CREATE INDEX %_twenty ON % (twenty);
			CREATE INDEX %_null_text ON % (txt); CREATE INDEX %_name ON % (nm); CREATE INDEX %_multi ON % (a, b, txt);
			CREATE INDEX %_expression ON % (lower(txt)); CREATE INDEX %_fill_60 ON % (b) WITH (fillfactor = 60);
			CREATE INDEX %_partial ON % (b) WHERE hundred < 30; CREATE INDEX %_include ON % (a) INCLUDE (hundred);
			CREATE INDEX %_no_dedup ON % (hundred) WITH (deduplicate_items = off); CREATE INDEX %_pair ON % (twenty, id)', '%', t);
	END LOOP;
	FOREACH t IN ARRAY '{fresh,grown}'::text[] LOOP
		EXECUTE replace(
			'CREATE INDEX %_hash ON % USING hash (b); CREATE INDEX %_point ON % USING gist (p);
			CREATE INDEX %_range ON % USING gist (r); CREATE INDEX %_quad ON % USING spgist (p);
			CREATE INDEX %_brin ON % USING brin (id)', '%', t);
	END LOOP;
END $$;
INSERT INTO grown SELECT * FROM fresh;
END
$node->safe_psql('postgres', 'VACUUM ANALYZE');
$node->safe_psql('postgres', <<'END');
DELETE FROM toasted_deleted WHERE a % 3 <> 0;
DELETE FROM half_deleted WHERE spread(a, 1) % 2 = 0;
DELETE FROM front_deleted WHERE a < 16000;
DELETE FROM end_half_deleted WHERE a > 20000 AND spread(a, 1) % 2 = 0;
DELETE FROM emptied WHERE a < 40000;
UPDATE churned SET c = c + 1;
UPDATE churned SET c = c + 1;
UPDATE churned_some SET b = 'new ' || b WHERE spread(a, 2) % 3 = 0;
DELETE FROM churned_some WHERE spread(a, 3) % 4 = 0;
DELETE FROM mixed WHERE spread(a, 1) % 5 = 0;
UPDATE mixed SET c = 'changed' WHERE spread(a, 2) % 5 = 0;
UPDATE mixed SET c = NULL WHERE spread(a, 6) % 5 = 0;
DELETE FROM wide_deleted WHERE spread(a, 1) % 10 < 6;
UPDATE grown SET b = b + 1 WHERE id % 3 = 0;
DELETE FROM grown WHERE spread(id, 20) % 10 < 6;
DELETE FROM queue WHERE id < 54000;
END
$node->safe_psql('postgres', 'VACUUM ANALYZE');
# these wait for VACUUM
$node->safe_psql('postgres', q{
DELETE FROM half_deleted_late WHERE spread(a, 1) % 2 = 0;
DELETE FROM late WHERE id % 2 = 0;
});
$node->safe_psql('postgres', 'ANALYZE late');

# ---------------------------------------------------------------------
# What is said, and what is true
# ---------------------------------------------------------------------
$node->safe_psql('postgres', <<'END');
CREATE TABLE public.measured AS
SELECT c.oid AS relid, c.relname, c.relkind, a.amname,
	e.bloat_percent AS estimate, e.reason AS not_estimated, s.bloat_percent AS sample, s.error_percent AS error,
	s.sampled_pages, s.total_pages, s.reason, NULL::float8 AS exact, NULL::float8 AS truth, s.size
FROM pg_class c
	JOIN pg_am a ON a.oid = c.relam
	CROSS JOIN LATERAL advisor.bloat(c.oid, 'estimate') e
	CROSS JOIN LATERAL advisor.bloat(c.oid, 'sample', 100) s
WHERE c.relnamespace = 'b'::regnamespace AND c.relkind IN ('r', 'i');
END
$node->safe_psql('postgres', q{
UPDATE measured SET exact = (advisor.bloat(relid, 'exact')).bloat_percent WHERE amname IN ('heap', 'btree')}) if $has_pgstattuple;
$node->safe_psql('postgres', <<'END');
SELECT 'REINDEX INDEX ' || relname FROM measured WHERE relkind = 'i' \gexec
UPDATE measured SET truth = 100 * (1 - pg_relation_size(relid) / size::float8) WHERE relkind = 'i';
SELECT 'VACUUM FULL ' || relname FROM measured WHERE relkind = 'r' \gexec
UPDATE measured SET truth = coalesce(100 * (1 - (pg_relation_size(relid) +
	coalesce(pg_relation_size(NULLIF(c.reltoastrelid, 0)), 0)) / NULLIF(size, 0)::float8), 0)
FROM pg_class c WHERE c.oid = relid AND c.relkind = 'r';
END

my @measured = rows_of(q{
SELECT relname, relkind, amname, round(greatest(truth, 0)::numeric, 1), round(estimate::numeric, 1), not_estimated,
	round(sample::numeric, 1), round(error::numeric, 1), sampled_pages, total_pages, round(exact::numeric, 1), reason
FROM measured ORDER BY relkind DESC, relname});
note sprintf('%-24s %6s %6s %6s %6s %6s  %s', qw(name truth sample error estim. exact pages));
for (@measured)
{
	my ($name, $kind, $am, $truth, $estimate, $why, $sample, $error, $pages, $of, $exact, $reason) = @$_;

	note sprintf('%-24s %6s %6s %6s %6s %6s  %s/%s %s', $name, $truth, $sample, $error, $estimate, $exact, $pages, $of, $reason || $why);
	if ($am eq 'brin')
	{
		is($reason, 'not known for brin', "$name: nothing is said");
		next;
	}
	if ($am eq 'heap' || $am eq 'btree')
	{
		my $bar = $am eq 'heap' ? 5 : 8;

		cmp_ok(abs($sample - $truth), '<=', $bar, "$name: sample $sample, truth $truth");
		cmp_ok($pages, '<=', 100, "$name: no more than 100 pages were read");
		# the TOAST table is not in an estimate, and it says so
		cmp_ok(abs($estimate - $truth), '<=', $bar, "$name: estimate $estimate, truth $truth")
		  if $estimate ne '' && $why eq '';
		cmp_ok(abs($exact - $truth), '<=', $bar, "$name: exact $exact, truth $truth")
		  if $exact ne '';
	}
	else
	{
		cmp_ok(abs($sample - $truth), '<=', $error + 3, "$name: sample $sample give or take $error, truth $truth");
	}
}
is(scalar(grep { $_->[1] eq 'r' && $_->[4] eq '' } @measured), 0, 'all tables are estimated');
like((grep { $_->[0] eq 'grown_expression' } @measured)[0][5], qr/expressions/, 'an index on expressions is not estimated');

# ---------------------------------------------------------------------
# All of them in the views, however small the error is that a full reading has
# ---------------------------------------------------------------------
is($node->safe_psql('postgres', q{
SELECT count(*) FILTER (WHERE method <> 'sample' OR bloat_bytes IS NULL) FROM advisor.table_bloat WHERE schemaname = 'b'}), 0,
	'all tables are sampled');
is($node->safe_psql('postgres', q{
SELECT string_agg(DISTINCT reason, ',') FROM advisor.index_bloat WHERE schemaname = 'b' AND (method <> 'sample' OR bloat_bytes IS NULL)}),
	'not known for brin', 'all indexes are sampled');

# ---------------------------------------------------------------------
# Somebody holds a lock: nothing waits
# ---------------------------------------------------------------------
my $holder = $node->background_psql('postgres');
$holder->query_safe('BEGIN; LOCK TABLE half_deleted');
is($node->safe_psql('postgres', q{SET statement_timeout = '20s'; SELECT reason FROM advisor.bloat('half_deleted'::regclass::oid)}),
	'locked', 'a locked table is not waited for');
is($node->safe_psql('postgres', q{SET statement_timeout = '20s';
SELECT relname FROM advisor.table_bloat WHERE reason = 'locked'}), 'half_deleted', 'nor by the view');
$holder->query_safe('ROLLBACK');
$holder->quit;

# ---------------------------------------------------------------------
# Old rows that somebody may still look at stay
# ---------------------------------------------------------------------
$node->safe_psql('postgres', q{CREATE TABLE held AS SELECT i FROM generate_series(1, 20000) i});
# from 16 on tables are made longer by many pages at once
$node->safe_psql('postgres', 'VACUUM held');
my $reader = $node->background_psql('postgres');
$reader->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM held');
$node->safe_psql('postgres', 'DELETE FROM held');
is($node->safe_psql('postgres', q{SELECT bloat_percent < 5, dead_bytes > 500000 FROM advisor.bloat('held')}), 't|t',
	'dead rows that an old snapshot sees are no bloat yet');
$reader->query_safe('ROLLBACK');
$reader->quit;
is($node->safe_psql('postgres', q{SELECT bloat_percent, dead_bytes > 500000 FROM advisor.bloat('held')}), '100|t',
	'they are when it is gone');

# ---------------------------------------------------------------------
# Damaged pages: pages of zeroes are empty, others are an error, which
# takes nothing but its own table out of the view
# ---------------------------------------------------------------------
$node->safe_psql('postgres', q{
CREATE TABLE damaged AS SELECT i AS a, md5(i::text) AS b FROM generate_series(1, 2000) i;
CREATE INDEX damaged_a ON damaged (a);
CREATE TABLE zeroed AS SELECT * FROM damaged;
CREATE INDEX zeroed_a ON zeroed (a);
CREATE TABLE scrambled AS SELECT * FROM damaged;
CREATE INDEX scrambled_a ON scrambled (a);
VACUUM zeroed;
CHECKPOINT});
my %file = map { $_ => $node->data_dir . '/' . $node->safe_psql('postgres', "SELECT pg_relation_filepath('$_')") }
	qw(damaged damaged_a zeroed zeroed_a scrambled scrambled_a);
$node->stop;
# from 18 on there are checksums unless somebody says no
run_log([ 'pg_checksums', '--disable', '--pgdata', $node->data_dir ]);
sub overwrite
{
	my ($path, $offset, $bytes) = @_;

	open my $file, '+<:raw', $path or die "$path: $!";
	seek $file, $offset, 0;
	print $file $bytes;
	close $file;
}
for my $name (qw(damaged damaged_a))
{
	overwrite($file{$name}, 8192 * 2, "\xff" x 100);
}
for my $name (qw(zeroed zeroed_a))
{
	overwrite($file{$name}, 8192 * 2, "\0" x 8192);
}
# line pointers and tuples of nonsense under a header that looks good
srand(42);
for my $name (qw(scrambled scrambled_a))
{
	overwrite($file{$name}, 8192 * 2 + 24, join('', map { chr(int(rand(256))) } 1 .. 200));
	overwrite($file{$name}, 8192 * 3 + 4096, join('', map { chr(int(rand(2)) * 255) } 1 .. 3000)) if $name eq 'scrambled_a';
}
$node->start;
is($node->safe_psql('postgres', q{SELECT relname FROM advisor.table_bloat WHERE reason = 'could not be read'}), 'damaged',
	'a damaged table is left out');
is($node->safe_psql('postgres', q{SELECT indexrelname FROM advisor.index_bloat WHERE reason = 'could not be read'}), 'damaged_a',
	'and a damaged index');
(undef, undef, $stderr) = $node->psql('postgres', q{SELECT advisor.bloat('damaged')});
like($stderr, qr/invalid page in block 2/, 'who asks for it is told');
is($node->safe_psql('postgres', q{SELECT round(bloat_bytes / 8192.0) FROM advisor.bloat('zeroed')}), 1, 'a page of zeroes is empty');
is($node->safe_psql('postgres', q{SELECT round(bloat_bytes / 8192.0) FROM advisor.bloat('zeroed_a')}), 1, 'in an index as well');
is($node->safe_psql('postgres', q{SELECT bloat_percent BETWEEN 0 AND 100 FROM advisor.bloat('scrambled_a')}), 't', 'nonsense is survived');
is($node->safe_psql('postgres', q{SELECT count(*) FROM advisor.table_bloat WHERE relname = 'scrambled'}), 1, 'and in a table');

# ---------------------------------------------------------------------
# Temporary tables, unlogged ones, a standby
# ---------------------------------------------------------------------
is($node->safe_psql('postgres', q{
CREATE TEMP TABLE mine AS SELECT i FROM generate_series(1, 5000) i; VACUUM mine; DELETE FROM mine WHERE i % 2 = 0;
SELECT round(bloat_percent / 10) FROM advisor.bloat('mine')}), 5, 'a temporary table of one\'s own');
my $other = $node->background_psql('postgres');
$other->query_safe('CREATE TEMP TABLE theirs AS SELECT i FROM generate_series(1, 5000) i');
is($node->safe_psql('postgres', q{
SELECT b.reason FROM pg_class c CROSS JOIN LATERAL advisor.bloat(c.oid) b WHERE c.relname = 'theirs'}),
	'temporary table of another session', 'and of another session');
$other->quit;

$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->start;
$node->safe_psql('postgres', q{CREATE TABLE replayed AS SELECT i FROM generate_series(1, 20000) i; DELETE FROM replayed WHERE i % 2 = 0; VACUUM replayed});
$node->wait_for_catchup($standby);
is($standby->safe_psql('postgres', q{SELECT round(bloat_percent / 10) FROM advisor.bloat('replayed')}), 5, 'on a standby');
is($standby->safe_psql('postgres', q{SELECT count(*) FROM advisor.bloat_findings}), 0, 'and the findings');
$standby->stop;
$node->stop;
done_testing();

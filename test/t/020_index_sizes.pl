# Sizes and heights of indexes that do not exist, beside those of the same
# indexes when they have been built.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = advisor_node('sizes', q{
shared_buffers = 128MB
maintenance_work_mem = 64MB
max_parallel_maintenance_workers = 0
});
my $has_trgm = $node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'});

$node->safe_psql('postgres', q{
CREATE EXTENSION advisor CASCADE;
CREATE EXTENSION pageinspect;

-- numbers that are spread, the same in each run
CREATE FUNCTION spread(i bigint, salt int) RETURNS bigint LANGUAGE sql IMMUTABLE AS
	$$ SELECT hashint8(i * 1000 + salt)::bigint & 1073741823 $$;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy', 'furious');

CREATE TABLE big AS SELECT
	i AS id,
	(spread(i, 1) % 3750)::int AS fk,
	i / 5 AS clustered,
	(spread(i, 2) % 7)::int AS low,
	date '2020-01-01' + (spread(i, 3) % 1000)::int AS day,
	'C' || spread(i, 4) % 500 AS code,
	md5(i::text)::uuid AS uid,
	md5(i::text) AS txt,
	(spread(i, 5) % 5000000)::numeric / 100 AS price,
	CASE WHEN spread(i, 6) % 2 = 0 THEN (spread(i, 7) % 20000)::int END AS half_null,
	CASE WHEN spread(i, 8) % 100 = 0 THEN i END AS mostly_null,
	repeat(md5(i::text), 6) || 'xxxxxxxx' AS wide,
	left(repeat(md5(i::text), 4), (spread(i, 9) % 120)::int) AS any_width,
	spread(i, 10) % 10 = 0 AS flag,
	floor(power(200000, (spread(i, 11) % 100000) / 100000.0))::int AS zipf,
	(spread(i, 1) % 3750)::int / 10 AS fk_group,
	timestamp '2024-01-01' + i * interval '7 s' AS made,
	timestamp '2024-01-01' + (spread(i, 12) % 60000) * interval '1 min' AS seen,
	left(md5(i::text), 3)::char(10) AS fixed,
	decode(md5((i % 40000)::text), 'hex') AS bytes,
	(spread(i, 13) % 1000) * interval '1 min' AS span,
	(spread(i, 14) % 1000) / 7.0::float8 AS real8,
	(enum_range(NULL::mood))[1 + spread(i, 15) % 4] AS feeling,
	'Name ' || chr(65 + (spread(i, 16) % 26)::int) || spread(i, 17) % 30000 AS name,
	(CASE WHEN spread(i, 18) % 20 = 0 THEN 'open' ELSE 'done' END) AS status,
	jsonb_build_object('a', spread(i, 19) % 50, 'b', jsonb_build_array(spread(i, 20) % 1000, 'x')) AS doc,
	ARRAY[spread(i, 21) % 300, spread(i, 22) % 300, spread(i, 23) % 300]::int[] AS tags,
	to_tsvector('simple', 'w' || spread(i, 24) % 2000 || ' v' || spread(i, 25) % 20 || ' u' || spread(i, 26) % 50000) AS words,
	point(spread(i, 27) % 1000, spread(i, 28) % 1000) AS place,
	int4range((spread(i, 29) % 100000)::int, (spread(i, 29) % 100000)::int + 10) AS during
FROM generate_series(1, 300000) i;

CREATE TABLE none (a int, b text);
CREATE TABLE one AS SELECT 1 AS a;
CREATE TABLE hundred AS SELECT i AS a, 'row ' || i AS b FROM generate_series(1, 100) i;
CREATE TABLE unanalyzed AS SELECT i AS a, i % 50 AS b FROM generate_series(1, 20000) i;
CREATE TABLE extended AS SELECT i % 500 AS a, i % 250 AS b, i AS c FROM generate_series(1, 50000) i;
CREATE STATISTICS extended_ab (ndistinct) ON a, b FROM extended;
CREATE TABLE parent (dropped int, a int, b text) PARTITION BY RANGE (a);
ALTER TABLE parent DROP COLUMN dropped;
CREATE TABLE part1 PARTITION OF parent FOR VALUES FROM (0) TO (30000);
INSERT INTO parent SELECT i, 'p' || i % 100 FROM generate_series(0, 29999) i;
ANALYZE big, none, one, hundred, extended, parent, part1;

CREATE FUNCTION compare(definition text, OUT pages float8, OUT real_pages float8,
	OUT height int, OUT real_height int, OUT tuples float8, OUT real_tuples float8, OUT ms float8)
LANGUAGE plpgsql AS $$
DECLARE started timestamptz := clock_timestamp();
BEGIN
	SELECT s.pages, s.height, s.tuples INTO pages, height, tuples FROM advisor._index_size(definition) s;
	ms := extract(epoch FROM clock_timestamp() - started) * 1000;
	EXECUTE replace(definition, 'INDEX ON', 'INDEX built ON');
	real_pages := pg_relation_size('built') / current_setting('block_size')::int;
	SELECT reltuples INTO real_tuples FROM pg_class WHERE relname = 'built';
	IF (SELECT amname FROM pg_class c JOIN pg_am a ON a.oid = relam WHERE relname = 'built') = 'btree' THEN
		SELECT level INTO real_height FROM bt_metap('built');
	ELSE
		real_height := -1;
	END IF;
	DROP INDEX built;
END $$;
});

# Compare one index.  The estimate may be off by this factor in either direction,
# or by two pages.
sub check
{
	my ($what, $definition, $factor) = @_;
	my ($pages, $real_pages, $height, $real_height, $tuples, $real_tuples, $ms) = split /\|/,
		$node->safe_psql('postgres', "SELECT * FROM compare(\$d\$$definition\$d\$)");
	my $ratio = $pages / $real_pages;

	# how many rows there are is the server's guess, which differs between versions
	$ratio *= $real_tuples / $tuples if $what =~ /^never analyzed/ && $tuples > 0;

	note(sprintf("%-32s %6d pages, really %6d (%.3f); height %2d, really %2d; %6d rows, really %6d; %.0f ms",
		$what, $pages, $real_pages, $ratio, $height, $real_height, $tuples, $real_tuples, $ms));
	ok(abs($ratio - 1) * $real_pages <= 2 || ($ratio <= $factor && $ratio >= 1 / $factor), "$what: pages");
	is($height, $real_height, "$what: height");
	return;
}

my @btrees = (
	['unique integer', 'CREATE INDEX ON big (id)'],
	['declared unique', 'CREATE UNIQUE INDEX ON big (id)'],
	['foreign key, 80 rows each', 'CREATE INDEX ON big (fk)'],
	['clustered, 5 rows each', 'CREATE INDEX ON big (clustered)'],
	['low cardinality', 'CREATE INDEX ON big (low)'],
	['date', 'CREATE INDEX ON big (day)'],
	['short text', 'CREATE INDEX ON big (code)'],
	['uuid', 'CREATE INDEX ON big (uid)'],
	['md5 text', 'CREATE INDEX ON big (txt)'],
	['numeric', 'CREATE INDEX ON big (price)'],
	['two columns, independent', 'CREATE INDEX ON big (low, day)'],
	['two columns, many groups', 'CREATE INDEX ON big (fk, low)'],
	['two columns, correlated', 'CREATE INDEX ON big (fk_group, fk)'],
	['two columns, all different', 'CREATE INDEX ON big (fk, id)'],
	['three columns', 'CREATE INDEX ON big (low, flag, day)'],
	['text first, three columns', 'CREATE INDEX ON big (code, low, flag)'],
	['clustered and low', 'CREATE INDEX ON big (clustered, low)'],
	['include', 'CREATE INDEX ON big (fk) INCLUDE (day, price)'],
	['include wide', 'CREATE INDEX ON big (day) INCLUDE (txt)'],
	['partial, equal constant', 'CREATE INDEX ON big (fk) WHERE low = 3'],
	['partial, rare status', q{CREATE INDEX ON big (made) WHERE status = 'open'}],
	['partial, range', q{CREATE INDEX ON big (code) WHERE day < '2020-06-01'}],
	['partial, own range', 'CREATE INDEX ON big (fk) WHERE fk > 3000'],
	['partial, not null', 'CREATE INDEX ON big (mostly_null) WHERE mostly_null IS NOT NULL'],
	['partial, half not null', 'CREATE INDEX ON big (half_null) WHERE half_null IS NOT NULL'],
	['partial, two conditions', q{CREATE INDEX ON big (id) WHERE flag AND low IN (1, 2)}],
	['partial, correlated conditions', 'CREATE INDEX ON big (day) WHERE fk < 1000 AND fk_group < 100'],
	['expression, unique', 'CREATE INDEX ON big (upper(txt))'],
	['expression, names', 'CREATE INDEX ON big (lower(name))'],
	['expression, few values', 'CREATE INDEX ON big ((id % 12))'],
	['expression and column', 'CREATE INDEX ON big (left(code, 2), low)'],
	['half null', 'CREATE INDEX ON big (half_null)'],
	['99 per cent null', 'CREATE INDEX ON big (mostly_null)'],
	['nulls and others', 'CREATE INDEX ON big (half_null, low)'],
	['fillfactor 50', 'CREATE INDEX ON big (id) WITH (fillfactor = 50)'],
	['fillfactor 70', 'CREATE INDEX ON big (fk) WITH (fillfactor = 70)'],
	['fillfactor 100', 'CREATE INDEX ON big (uid) WITH (fillfactor = 100)'],
	['no deduplication', 'CREATE INDEX ON big (fk) WITH (deduplicate_items = off)'],
	['descending', 'CREATE INDEX ON big (day DESC NULLS LAST)'],
	['wide text', 'CREATE INDEX ON big (wide)'],
	['text of any width', 'CREATE INDEX ON big (any_width)'],
	['boolean', 'CREATE INDEX ON big (flag)'],
	['skewed', 'CREATE INDEX ON big (zipf)'],
	['timestamp, unique', 'CREATE INDEX ON big (made)'],
	['timestamp, 5 rows each', 'CREATE INDEX ON big (seen)'],
	['char(n)', 'CREATE INDEX ON big (fixed)'],
	['bytea', 'CREATE INDEX ON big (bytes)'],
	['interval', 'CREATE INDEX ON big (span)'],
	['float8', 'CREATE INDEX ON big (real8)'],
	['enum', 'CREATE INDEX ON big (feeling)'],
	['pattern operator class', 'CREATE INDEX ON big (name text_pattern_ops)'],
	['other collation', 'CREATE INDEX ON big (name COLLATE "C")'],
	['empty table', 'CREATE INDEX ON none (a, b)'],
	['one row', 'CREATE INDEX ON one (a)'],
	['hundred rows', 'CREATE INDEX ON hundred (b)'],
	['never analyzed', 'CREATE INDEX ON unanalyzed (a)'],
	['never analyzed, duplicates', 'CREATE INDEX ON unanalyzed (b)'],
	['extended statistics', 'CREATE INDEX ON extended (a, b)'],
	['partition', 'CREATE INDEX ON part1 (a)'],
	['partition, duplicates', 'CREATE INDEX ON part1 (b)'],
	['names of the catalog\'s type', 'CREATE INDEX ON big ((code::name))'],
);
check(@$_, 1.10) foreach @btrees;

# Nobody chooses among these by a few pages.
my @others = (
	['hash, unique', 'CREATE INDEX ON big USING hash (txt)', 1.3],
	['hash, duplicates', 'CREATE INDEX ON big USING hash (fk)', 1.3],
	['hash, few values', 'CREATE INDEX ON big USING hash (low)', 2],
	['brin', 'CREATE INDEX ON big USING brin (made)', 1.5],
	['brin, small ranges', 'CREATE INDEX ON big USING brin (made, id) WITH (pages_per_range = 4)', 1.5],
	['gin, jsonb', 'CREATE INDEX ON big USING gin (doc)', 2],
	['gin, jsonb_path_ops', 'CREATE INDEX ON big USING gin (doc jsonb_path_ops)', 2],
	['gin, array', 'CREATE INDEX ON big USING gin (tags)', 2],
	['gin, tsvector', 'CREATE INDEX ON big USING gin (words)', 2],
	['gin, partial', 'CREATE INDEX ON big USING gin (tags) WHERE low = 3', 2],
	['gist, point', 'CREATE INDEX ON big USING gist (place)', 2],
	['gist, range', 'CREATE INDEX ON big USING gist (during)', 2],
	['spgist, point', 'CREATE INDEX ON big USING spgist (place)', 2],
	['spgist, text', 'CREATE INDEX ON big USING spgist (name)', 2],
);
check(@$_) foreach @others;
if ($has_trgm)
{
	$node->safe_psql('postgres', 'CREATE EXTENSION pg_trgm');
	check('gin, trigrams', 'CREATE INDEX ON big USING gin (name gin_trgm_ops)', 2);
	check('gist, trigrams', 'CREATE INDEX ON big USING gist (name gist_trgm_ops)', 2);
}

# The same table gives the same answer.
my $twice = 'SELECT * FROM advisor._index_size(\'CREATE INDEX ON big (lower(name), low)\')';
is($node->safe_psql('postgres', $twice), $node->safe_psql('postgres', $twice), 'the same twice');

# Nobody counts what reads the sample.
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_statements WHERE query LIKE '%TABLESAMPLE%'}), '0',
	'sampling is no statement');

# A function that fails, and one that takes long.
$node->safe_psql('postgres', q{
	CREATE FUNCTION fails(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
		$$ BEGIN IF i > 10 THEN RAISE 'too large'; END IF; RETURN i; END $$;
	CREATE FUNCTION lasts(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
		$$ BEGIN PERFORM pg_sleep(60); RETURN i; END $$;
});
my ($rc, $out, $err) = $node->psql('postgres', q{SELECT * FROM advisor._index_size('CREATE INDEX ON hundred (fails(a))')});
like($err, qr/too large/, 'an error in an expression is raised');
($rc, $out, $err) = $node->psql('postgres', q{SET statement_timeout = '200ms'; SELECT * FROM advisor._index_size('CREATE INDEX ON hundred (lasts(a))')});
like($err, qr/statement timeout/, 'sampling can be cancelled');


# Rows that a reader must not see are not looked at on his behalf; nor are
# expressions computed then.
$node->safe_psql('postgres', q{
	CREATE ROLE reader;
	GRANT EXECUTE ON FUNCTION advisor._index_size(text) TO reader;
	GRANT SELECT ON hundred, big TO reader;
	ALTER TABLE hundred ENABLE ROW LEVEL SECURITY;
	CREATE POLICY few ON hundred USING (a < 5);
});
like($node->safe_psql('postgres', q{SET ROLE reader; SELECT pages FROM advisor._index_size('CREATE INDEX ON hundred (fails(a))')}),
	qr/^[23]$/, 'row security: no sample');
($rc, $out, $err) = $node->psql('postgres', q{SET ROLE reader; SELECT pages FROM advisor._index_size('CREATE INDEX ON one (a)')});
like($err, qr/permission denied for table one/, 'a size is for who may read the table');
is($node->safe_psql('postgres', q{SET ROLE reader; SELECT height FROM advisor._index_size('CREATE INDEX ON big (upper(txt))')}),
	2, 'a reader has samples');

$node->stop;
done_testing();

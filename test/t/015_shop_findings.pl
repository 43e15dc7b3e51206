# What advisor finds in the shop: every mistake that a statement of it makes, and
# nothing on those that are well written; every index that is missing, and no other;
# and what is wrong with its indexes, tables, keys and statistics.
# test/shop/findings.tsv, indexes.tsv and health.tsv say which; see README.md there.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Long enough that every script runs some times on a small machine, and enough
# clients that some wait for the locks of others.
my $seconds = 30;
my $clients = 12;

my $shop = "$FindBin::RealBin/../shop";

my ($major) = (run_command([ 'psql', '--version' ]))[0] =~ / (\d+)/;

# The lines of findings.tsv, as rows for VALUES.
my @rows;
my $number = 0;
foreach my $line (split /\n/, slurp_file("$shop/findings.tsv"))
{
	$number++;
	next if $line =~ /^#/;
	my @fields = split /\t/, $line;
	BAIL_OUT("findings.tsv, line $number: " . scalar(@fields) . ' fields') if @fields < 5 || @fields > 6;
	s/'/''/g foreach @fields;
	# what is for older versions than this one
	s/(\w+)<(\d+)/$major < $2 ? $1 : 'none'/ge foreach @fields[ 3, 4 ];
	push @rows, sprintf(q{(%d, '%s', '%s', '%s', '%s')}, $number, @fields[ 0, 1, 3, 4 ]);
}
my $expected = join(",\n", @rows);

# Its waits take a few ms each, of which looking rarely would see little.
my $node = advisor_node('shop_findings', q{
advisor.wait_interval = 10
pg_stat_statements.track = 'all'
log_statement = none
shared_buffers = 128MB
max_wal_size = 2GB
});

# What the test itself runs is told from the workload by its user.
$node->safe_psql(
	'postgres', q{
	CREATE ROLE checker SUPERUSER LOGIN;
	CREATE DATABASE shop TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
});

sub check
{
	return $node->safe_psql('shop', shift, extra_params => [ '-U', 'checker' ]);
}

command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('shop'), '-f', "$shop/load.sql" ], 'the shop is loaded');
check('SET client_min_messages = warning; CREATE EXTENSION advisor CASCADE; SELECT advisor.reset()');
{
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	local $ENV{PGDATABASE} = 'shop';
	command_like([ 'sh', "$shop/run.sh", $seconds, $clients ], qr/^transactions: simple=\d+ extended=\d+ prepared=\d+$/m, 'its workload runs');
}

# Each of these prints a line for each thing that is wrong.
my $prepare = qq{
	SET client_min_messages = warning;
	CREATE TEMP TABLE expected (line, place, pattern, must, may) AS VALUES
$expected;
	CREATE TEMP TABLE seen AS
		SELECT DISTINCT queryid,
			regexp_replace(regexp_replace(btrim(query, E' ;\\n\\t'), '''[^'']*''|\\\$\\d+|\\m\\d+(\\.\\d+)?\\M', '?', 'g'), '\\s+', ' ', 'g') AS query
		FROM advisor.statements
		WHERE datname = 'shop' AND usename <> 'checker';
	CREATE TEMP TABLE found AS
		SELECT DISTINCT e.line, e.must, e.may, f.check_id, f.title, f.detail, s.query
		FROM advisor.query_findings f
			JOIN seen s USING (queryid)
			JOIN expected e ON s.query LIKE e.pattern;
	ANALYZE found;
};
my %wrong = (
	'each statement is one line of the table' => q{
		SELECT s.query, 'lines ' || coalesce(string_agg(DISTINCT e.line::text, ', '), 'none')
		FROM seen s LEFT JOIN expected e ON s.query LIKE e.pattern
		GROUP BY s.query HAVING count(DISTINCT e.line) <> 1},
	'each line is a statement' => q{
		SELECT e.line, e.place, e.pattern FROM expected e
		WHERE NOT EXISTS (SELECT FROM seen s WHERE s.query LIKE e.pattern)},
	'nothing is missed' => q{
		SELECT 'missed: ' || m, 'line ' || e.line, e.place, e.pattern
		FROM expected e, string_to_table(e.must, ' ') m
		WHERE m <> 'none'
			AND NOT EXISTS (SELECT FROM found f WHERE f.line = e.line AND f.check_id = ANY (string_to_array(m, '|')))
		ORDER BY e.line},
	'nothing is false' => q{
		SELECT 'false: ' || f.check_id, 'line ' || f.line, f.query, f.title, f.detail
		FROM found f
		WHERE f.check_id <> ALL (regexp_split_to_array(f.must || ' ' || f.may, '[ |]'))
		ORDER BY f.line},
	'each finding names a statement' => q{
		SELECT check_id, title, detail FROM advisor.query_findings
		WHERE queryid IS NULL OR queryid NOT IN (SELECT queryid FROM advisor.statements WHERE queryid IS NOT NULL)});

my @tests = sort keys %wrong;
my $result = check($prepare . join('', map { "\\echo == $_\n$wrong{$_};\n" } @tests));
foreach my $test (@tests)
{
	my ($lines) = $result =~ /^== \Q$test\E(?:\n|\z)((?:(?!== ).*\n?)*)/m;
	ok(defined $lines && $lines eq '', $test) or diag $lines;
}
# An empty table would also have nothing missed.
cmp_ok(scalar(@rows), '>', 100, 'the table has the whole workload');

# ---------------------------------------------------------------------
# Indexes
# ---------------------------------------------------------------------

my @indexes = map { [ split /\t/ ] } grep { !/^#/ } split /\n/, slurp_file("$shop/indexes.tsv");
# times a day change with the time that is looked at
my $advice_query = q{
	SELECT regexp_replace(definition, '^CREATE INDEX \S+ ON ', ''), rank, ddl, undo_ddl, size, redundant_indexes, complete
	FROM advisor.missing_indexes};
# twice in a transaction, so that both look at the same time
my ($advice, $again) = split /^==\n/m, check("BEGIN; $advice_query; \\echo ==\n$advice_query; COMMIT");
my @advised = map { (split /\|/)[0] } split /\n/, $advice;

is(check('SELECT bool_and(complete) FROM advisor._last_advice()'), 't', 'there is time enough to look at all');
foreach my $row (grep { $_->[2] eq 'must' } @indexes)
{
	ok((grep { /$row->[1]/ } @advised), "an index against $row->[0]") or diag "$row->[1]\nadvised: ", join("\n", @advised);
}
foreach my $index (@advised)
{
	ok((grep { $index =~ /$_->[1]/ } @indexes), "useful: $index");
}

is("$again\n", $advice, 'the same question has the same answer');
is(check('SELECT count(*) FROM advisor.recommend_progress'), 0, 'nobody is at it any more');

is(check(q{
	SELECT count(*), count(DISTINCT f.finding_key), bool_and(f.severity IS NOT NULL AND f.impact_bytes < 0 AND f.remedy_sql LIKE 'CREATE INDEX CONCURRENTLY%')
	FROM advisor.findings f WHERE f.check_id = 'missing_index'}),
	join('|', scalar(@advised), scalar(@advised), 't'), 'each is a finding');

# A statement that should be written in another way, or is as fast as it can be, is
# told so.
is(check(q{
	SELECT p FROM unnest(ARRAY[
		'SELECT order_no, total FROM shop.orders WHERE id = %',
		'SELECT id, order_no FROM shop.orders WHERE legacy_code = %',
		'SELECT count(*), sum(total) FROM shop.orders WHERE created_at::date = %',
		'SELECT id, name, price FROM shop.products WHERE description ILIKE %',
		'SELECT id, order_no, total FROM shop.orders ORDER BY id LIMIT % OFFSET %']) p
	WHERE NOT EXISTS (SELECT FROM advisor.unadvised u WHERE u.query LIKE p)}),
	'', 'what no index can help has a reason');

# What speaks for partitions is seen; that the table is small, too.
is( check(q{SELECT key, method, script IS NOT NULL FROM advisor.partition_advice(min_size => 100000, partition_size => 1000000, relation => 'shop.events')
		WHERE advice IN ('recommended', 'consider')}),
	'at|range|t', 'M36: events should be partitioned by time if they were large');
is(check('SELECT count(*) FROM advisor.partition_candidates'), '0', 'which nothing in the shop is');

# ---------------------------------------------------------------------
# Health
# ---------------------------------------------------------------------

my @health = map { [ split /\t/ ] } grep { !/^#/ } split /\n/, slurp_file("$shop/health.tsv");
my $tested = q{'index', 'table', 'schema', 'vacuum', 'statistics'};

my %health_wrong = (
	'each finding says what, why, how sure and what to do' => q{
		SELECT check_id || ': ' || title FROM f
		WHERE coalesce(btrim(title), '') = '' OR coalesce(btrim(detail), '') = '' OR coalesce(btrim(remedy), '') = ''
			OR coalesce(evidence, '{}') = '{}' OR object IS NULL OR confidence NOT BETWEEN 1 AND 100
			OR advisor._severity_rank(severity) IS NULL},
	'no check fails' => q{
		SELECT check_id, reason FROM c WHERE reason LIKE 'it failed%'},
	'the score fits the findings and is no good one' => q{
		SELECT * FROM h
		WHERE (score BETWEEN 0 AND LEAST(cap, 69)) IS NOT TRUE
			OR cap <> CASE WHEN critical > 0 THEN 39 WHEN high > 0 THEN 69 ELSE 100 END
			OR coverage_percent NOT BETWEEN 50 AND 100 OR skipped >= checks
			OR critical + high + medium + low + info < 50
			OR EXISTS (SELECT FROM jsonb_each_text(penalties) p WHERE p.value::float8 <= 0)},
	# nobody knows after half a minute what the month's end needs
	'no index is called unused after half a minute' => q{
		SELECT indexrelname FROM advisor.unused_indexes WHERE verdict = 'drop'
		UNION ALL SELECT finding_key FROM f WHERE check_id IN ('unused_index', 'rarely_used_index')
		UNION ALL SELECT 'no reason' WHERE NOT EXISTS (SELECT FROM c WHERE check_id = 'unused_index' AND reason LIKE '%30 days are wanted')},
	'nothing drops what must be kept' => q{
		SELECT indexrelname FROM advisor.unused_indexes WHERE verdict = 'keep' AND (drop_ddl IS NOT NULL OR undo_ddl IS NOT NULL)});
@tests = sort keys %health_wrong;
$result = check(q{
	CREATE TEMP TABLE f AS TABLE advisor.findings;
	CREATE TEMP TABLE c AS TABLE advisor.checks;
	CREATE TEMP TABLE h AS TABLE advisor.health_score;
} . join('', map { "\\echo == $_\n$health_wrong{$_};\n" } @tests));
foreach my $test (@tests)
{
	my ($lines) = $result =~ /^== \Q$test\E(?:\n|\z)((?:(?!== ).*\n?)*)/m;
	ok(defined $lines && $lines eq '', $test) or diag $lines;
}

check(q{UPDATE advisor.settings SET value = 0 WHERE name = 'unused_index_days'});
# key behind the check id, and the indexes that the remedy drops
my @found = map { [ split /\t/ ] } split /\n/, check(qq{
	\\pset fieldsep '\\t'
	SELECT f.check_id, substr(f.finding_key, length(f.check_id) + 2), f.category IN ($tested), f.severity,
		(SELECT string_agg(d[1], ' ') FROM regexp_matches(f.remedy_sql, 'DROP INDEX (?:CONCURRENTLY )?([^;]+);', 'g') d), f.title,
		CASE WHEN f.category IN ('index', 'schema', 'statistics') AND f.severity <> 'info' THEN replace(f.remedy_sql, E'\\n', ' ') END,
		replace(f.undo_sql, E'\\n', ' '),
		(SELECT min(c.check_group) FROM advisor._check_catalog() c WHERE c.check_id = f.check_id)
	FROM advisor.findings f});
my %told;
foreach my $row (@health)
{
	my ($checks, $pattern, $wanted, $mistake) = @$row;
	my @matches = grep {
		my $f = $_;
		$checks eq 'drop' ? grep { /$pattern/ } split / /, $f->[4] : $f->[1] =~ /$pattern/ && grep { $_ eq $f->[0] } split /\|/, $checks
	} @found;
	$told{ $_->[0] . ':' . $_->[1] } ||= $wanted foreach grep { $checks ne 'drop' } @matches;
	if ($wanted eq 'must')
	{
		ok(scalar(@matches), "$mistake is told: $checks $pattern");
	}
	elsif ($wanted eq 'not')
	{
		is(join("\n", map { $_->[5] } @matches), '', "$mistake is left alone: $checks $pattern");
	}
}
is(join("\n", map { "$_->[0]:$_->[1]: $_->[5]" } grep { $_->[2] eq 't' && $_->[0] ne 'missing_index' && !$told{"$_->[0]:$_->[1]"} } @found),
	'', 'nothing else is told');
# What the views advise is the same.
my $kept = join('|', map { $_->[1] } grep { $_->[0] eq 'drop' && $_->[2] eq 'not' } @health);
is(check(qq{
	SELECT i FROM (SELECT schemaname || '.' || indexrelname AS i FROM advisor.unused_indexes WHERE verdict = 'drop'
		UNION ALL SELECT schemaname || '.' || indexrelname FROM advisor.duplicate_indexes WHERE verdict = 'drop') d
	WHERE i ~ '$kept'}), '', 'no trap is to be dropped');

# Each remedy mends what the finding says, and can be taken back.  Several statements
# are several transactions, as CONCURRENTLY wants it; a group's view is faster than all.
my $tried = 0;
foreach my $finding (@found)
{
	my ($check, $key, undef, undef, undef, undef, $remedy, $undo, $group) = @$finding;
	next if ($told{"$check:$key"} // '') ne 'must' || $remedy eq '';
	my $query = "SELECT count(*) FROM advisor.${group}_findings WHERE finding_key = '$check:$key';";
	$tried++;
	is(check("$remedy\n$query\n$undo\n" . ($undo eq '' ? '' : $query)), $undo eq '' ? '0' : "0\n1", "mended and taken back: $check:$key");
}
cmp_ok($tried, '>=', 15, 'remedies were tried');

# Once they are there, nothing is missing any more, before it has been asked again.
my $create = check('SELECT ddl FROM advisor._last_advice()');
check($_) foreach split /\n/, $create;
is(check(q{SELECT count(*) FROM advisor.findings WHERE check_id = 'missing_index'}), 0, 'what has been created is not missing');

$node->stop;
done_testing();

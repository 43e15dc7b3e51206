# The selection of indexes against published optima: test/selection/README.md.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use List::Util qw(sum0);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# In percentage points: the difference per cost without indexes
my $bound = 0.25;

my $folder = "$FindBin::RealBin/../selection";
my (%optima, %matrix);

foreach my $line (split /\n/, slurp_file("$folder/optima.tsv"))
{
	my ($name, $megabytes, $optimum) = split /\t/, $line;
	$optima{$name}{$megabytes} = $optimum;
}

# {bytes => [...], queries => [[base, [saving, index...]...]...]}, indexes from 0
sub read_matrix
{
	my $name = shift;
	my %read = (bytes => [], queries => []);

	foreach my $line (split /\n/, slurp_file("$folder/$name.txt"))
	{
		my ($kind, $number, @combos) = split / /, $line;
		push @{ $read{bytes} }, $number if $kind eq 'index';
		push @{ $read{queries} }, [ $number, map { [ map { [ split /,/ ] } split /:/ ] } @combos ] if $kind eq 'query';
	}
	return \%read;
}

sub sql_array
{
	return "'{" . join(',', @_) . "}'";
}

# The arguments of advisor._select_indexes that describe the matrix
sub sql_arguments
{
	my $matrix = shift;
	my (@base, @statement, @cost, @size, @member);

	foreach my $query (@{ $matrix->{queries} })
	{
		my ($base, @combos) = @$query;
		push @base, $base;
		foreach my $combo (@combos)
		{
			my ($saving, $members) = @$combo;
			push @statement, scalar @base;
			push @cost, $base - $saving->[0];
			push @size, scalar @$members;
			push @member, map { $_ - 1 } @$members;
		}
	}
	return join(', ', sql_array(@{ $matrix->{bytes} }), sql_array(@base), sql_array(@statement),
		sql_array(@cost), sql_array(@size), sql_array(@member));
}

# What the queries cost if these indexes exist, straight from the definition
sub cost_with
{
	my ($matrix, %has) = (shift, map { $_ + 1 => 1 } @_);
	my $cost = 0;

	foreach my $query (@{ $matrix->{queries} })
	{
		my ($base, @combos) = @$query;
		my $saved = 0;
		foreach my $combo (@combos)
		{
			my ($saving, $members) = @$combo;
			$saved = $saving->[0] if $saving->[0] > $saved && !grep { !$has{$_} } @$members;
		}
		$cost += $base - $saved;
	}
	return $cost;
}

my $node = advisor_node('selection');
$node->safe_psql('postgres', 'SET client_min_messages = warning; CREATE EXTENSION advisor CASCADE');

note sprintf '%-6s %6s %14s %14s %9s %8s %6s', qw(matrix MB optimum ours gap/pp indexes ms);
my ($exact, $worst) = (0, 0);
foreach my $name (sort keys %optima)
{
	my $matrix = read_matrix($name);
	my @budgets = sort { $a <=> $b } keys %{ $optima{$name} };
	my $without = cost_with($matrix);
	my $arguments = sql_arguments($matrix);
	my $rows = $node->safe_psql('postgres', qq{
		CREATE FUNCTION pg_temp.run(INOUT megabytes int, OUT ms float8, OUT total float8, OUT used float8, OUT chosen text)
			LANGUAGE plpgsql AS \$\$
		DECLARE
			begun CONSTANT timestamptz := clock_timestamp();
		BEGIN
			SELECT s.total, s.used, array_to_string(s.chosen, ' ') INTO total, used, chosen
				FROM advisor._select_indexes($arguments, budget => megabytes * 1e6) s;
			ms := 1000 * extract(epoch FROM clock_timestamp() - begun);
		END \$\$;
		SELECT r.* FROM unnest(ARRAY[@{[ join ',', @budgets ]}]) m, LATERAL pg_temp.run(m) r ORDER BY m});

	foreach my $row (split /\n/, $rows)
	{
		my ($megabytes, $ms, $total, $used, $list) = split /\|/, $row;
		my @chosen = split / /, $list;
		my $optimum = $optima{$name}{$megabytes};
		my $cost = cost_with($matrix, @chosen);
		my $gap = 100 * ($cost - $optimum) / $without;

		note sprintf '%-6s %6d %14.0f %14.0f %9.4f %8d %6d', $name, $megabytes, $optimum, $cost, $gap, scalar @chosen, $ms;
		cmp_ok($gap, '<=', $bound, "$name, $megabytes MB: near the optimum");
		$exact++ if $gap < 0.0001;
		$worst = $gap if $gap > $worst;
		my $size = sum0(map { $matrix->{bytes}[$_] } @chosen);
		ok($size == $used && $size <= $megabytes * 1e6, "$name, $megabytes MB: within the budget");
		cmp_ok(abs($cost - $total), '<', 1e-9 * $without, "$name, $megabytes MB: the cost is as told");
	}
}
note sprintf '%d of %d at the optimum, the worst %.4f percentage points above it',
	$exact, sum0(map { scalar keys %$_ } values %optima), $worst;

$node->stop;
done_testing();

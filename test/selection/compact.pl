#!/usr/bin/perl
# Makes the matrices in this folder from the data files of
# github:hyrise/index_selection_evaluation (AMPL style), with nothing lost that a
# search could need:  perl compact.pl cophy_data.txt >NAME.txt
use strict;
use warnings;

my (%counts, %size, @members, %cost);
my $section = '';

while (my $line = <>)
{
	$line =~ s/\s*#.*//;
	if ($line =~ /^set QUERIES := ([\d ]+);/) { $counts{$_} = 1 for split ' ', $1 }
	elsif ($line =~ /^set indexes_per_combination\[(\d+)\]\s*:=([\d ]*);/) { $members[$1] = [ split ' ', $2 ] }
	elsif ($line =~ /^param (\w+) :=\s*$/) { $section = $1 }
	elsif ($line =~ /^;/) { $section = '' }
	elsif ($section eq 'size' && $line =~ /^(\d+) (\d+)/) { $size{$1} = $2 }
	elsif ($section eq 'costs' && $line =~ /^(\d+) (\d+) ([\d.e+]+)/) { $cost{$1}{$2} = $3 if $counts{$1} }
}

sub is_subset
{
	my ($of, %in) = (shift, map { $_ => 1 } @{ $_[0] });
	return !grep { !$in{$_} } @$of;
}

# A combination of a query is dropped if another one needs no more and costs
# no more; "no index" is one of them.
my (%kept, %used);
foreach my $query (sort { $a <=> $b } keys %cost)
{
	my @kept;
	foreach my $k (sort { $cost{$query}{$a} <=> $cost{$query}{$b} || @{ $members[$a] } <=> @{ $members[$b] } || $a <=> $b } keys %{ $cost{$query} })
	{
		next if grep { is_subset($members[$_], $members[$k]) } @kept;
		push @kept, $k;
		last if !@{ $members[$k] };
	}
	$kept{$query} = \@kept;
	$used{$_} = 1 for map { @{ $members[$_] } } @kept;
}

my $number = 0;
print "# sizes of the indexes in bytes, in order; then a line for each query: its cost without indexes,\n",
	"# and COST:INDEX[,INDEX] for each combination, costs as savings\n";
foreach my $index (sort { $a <=> $b } keys %used)
{
	$used{$index} = ++$number;
	print 'index ', $size{$index}, "\n";
}
foreach my $query (sort { $a <=> $b } keys %kept)
{
	my $base = sprintf '%.0f', $cost{$query}{0};
	my @words = map { sprintf '%.0f:%s', $base - $cost{$query}{$_}, join ',', sort { $a <=> $b } map { $used{$_} } @{ $members[$_] } }
		grep { @{ $members[$_] } } @{ $kept{$query} };
	print join(' ', 'query', $base, @words), "\n";
}

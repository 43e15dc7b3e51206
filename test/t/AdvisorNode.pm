# The server that most tests start from.
package AdvisorNode;

use strict;
use warnings;
use Exporter 'import';
use PostgreSQL::Test::Cluster;

our @EXPORT = qw(advisor_node);

# advisor_node(NAME, LINES): a started server with both libraries preloaded;
# LINES, a string, are added to its configuration.
sub advisor_node
{
	my ($name, $lines) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init;
	$node->append_conf(
		'postgresql.conf', q{
shared_preload_libraries = 'pg_stat_statements,advisor'
compute_query_id = on
autovacuum = off
fsync = off
} . ($lines // ''));
	$node->start;
	return $node;
}

1;

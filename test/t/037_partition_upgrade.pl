# Policies, partitions that wait for their end and the log survive pg_upgrade:
# tables keep their OIDs, and maintenance goes on with them.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $old = advisor_node('old');
$old->safe_psql('postgres', q{
	CREATE EXTENSION advisor CASCADE;
	CREATE SCHEMA "Ä.""b";
	-- OIDs are not those that a new cluster would give
	CREATE TABLE filler (); DROP TABLE filler;
	CREATE TABLE "Ä.""b"."Events" (at timestamptz NOT NULL, n int) PARTITION BY RANGE (at);
	CREATE TABLE shape (LIKE "Ä.""b"."Events") WITH (fillfactor = 55);
	SELECT advisor.register_partition_policy('"Ä.""b"."Events"', '1 month', 2, '2 months', retention_action => 'drop',
		backup => 'csv:/nonexistent', template => 'shape', time_zone => 'Europe/Berlin');
	CREATE TABLE gone (at date NOT NULL) PARTITION BY RANGE (at);
	SELECT advisor.register_partition_policy('gone', '1 day', time_zone => 'UTC')});
$old->safe_psql('postgres', q{CALL advisor.maintain_partitions(as_of => '2026-05-15 12:00+00')});
# its backup cannot be made: a partition waits
$old->psql('postgres', q{CALL advisor.maintain_partitions('"Ä.""b"."Events"', as_of => '2026-08-15 12:00+00')});
$old->safe_psql('postgres', 'DROP TABLE gone');

my $state = q{SELECT (SELECT string_agg(p::text, ' ' ORDER BY p.parent::text) FROM advisor.partition_policies p WHERE p.parent IN (SELECT oid FROM pg_class)),
	(SELECT string_agg(r::text, ' ') FROM advisor.retired_partitions r), (SELECT string_agg(l::text, ' ' ORDER BY l.log_id) FROM advisor.partition_log l)};
my $before = $old->safe_psql('postgres', $state);
like($before, qr/Events_p20260501.*nonexistent/s, 'there is something to keep');
$old->stop;

my $new = advisor_node('new');
$new->stop;
my $bindir = `"$ENV{PG_CONFIG}" --bindir`;
chomp $bindir;
chdir $new->basedir or die $!;
command_ok(
	[ 'pg_upgrade', '--no-sync', '-d', $old->data_dir, '-D', $new->data_dir, '-b', $bindir, '-B', $bindir,
		'-s', $new->host, '-p', $old->port, '-P', $new->port ],
	'pg_upgrade');
$new->start;
is($new->safe_psql('postgres', $state), $before, 'all is there, with the same OIDs');
is($new->safe_psql('postgres', q{SELECT parent FROM advisor.partition_policies WHERE parent IN (SELECT oid FROM pg_class)}), '"Ä.""b"."Events"', 'and means the same table');
$new->safe_psql('postgres', q{UPDATE advisor.partition_policies SET backup = 'none'; UPDATE advisor.retired_partitions SET backup = 'none';
	ALTER TABLE "Ä.""b"."Events" RENAME TO "Renamed"});
my ($rc, $out, $err) = $new->psql('postgres', q{CALL advisor.maintain_partitions(as_of => '2026-09-15 12:00+00')});
is($err, '', 'maintenance goes on, silent about the table that is gone');
is($new->safe_psql('postgres', q{SELECT count(*) FROM advisor.partition_policies}), '1', 'whose policy is forgotten');
is($new->safe_psql('postgres', q{SELECT count(*) FROM advisor.retired_partitions}), '0', 'what waited is done');
is($new->safe_psql('postgres', q{SELECT string_agg(relname::text || ' ' || array_to_string(reloptions, ''), ',' ORDER BY relname) FROM pg_class JOIN pg_inherits ON inhrelid = oid
	WHERE inhparent = '"Ä.""b"."Renamed"'::regclass AND relname ~ '^Renamed'}), 'Renamed_p20261101 fillfactor=55', 'by the new name, and with its template');

$new->stop;
done_testing();

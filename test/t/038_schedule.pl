# Scheduling with the real pg_cron: jobs are made once, changed, left alone when
# switched off, made in the right database, and they run.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Utils;
use Test::More;

my $sharedir = `"$ENV{PG_CONFIG}" --sharedir`;
chomp $sharedir;
plan skip_all => 'pg_cron is not installed: this Debian has no package of it for this version'
  unless -e "$sharedir/extension/pg_cron.control";

my $node = advisor_node('main', q{
shared_preload_libraries = 'pg_stat_statements,advisor,pg_cron'
cron.database_name = 'postgres'
cron.use_background_workers = on
max_worker_processes = 12
});

sub value
{
	my ($sql, $database, @options) = @_;
	return $node->safe_psql($database // 'postgres', $sql, @options);
}

sub schedule
{
	my ($arguments, $database, @options) = @_;
	return value("SELECT concat_ws('|', status, job_name) FROM advisor.schedule($arguments)", $database, @options);
}

sub error_of
{
	my ($sql, @options) = @_;
	my ($ret, $out, $err) = $node->psql('postgres', $sql, @options);
	return $ret ? $err : 'no error';
}

value('CREATE DATABASE other');
value('CREATE EXTENSION advisor CASCADE', $_) foreach 'postgres', 'other';
value('CREATE ROLE plain LOGIN; CREATE ROLE monitor LOGIN IN ROLE pg_monitor');

# Loaded, but not created
is(value(q{SELECT status, sql FROM advisor.schedule('partitions')}), 'unavailable|CREATE EXTENSION pg_cron;', 'the extension is missing');
is(value('SELECT count(*) FROM advisor.jobs WHERE role IS NOT NULL'), '0', 'what could not be scheduled is not remembered');
value('CREATE EXTENSION pg_cron');

# The job that has to run: what it creates is seen at the end of the minute
value(q{
	CREATE TABLE event (at timestamptz NOT NULL, id int) PARTITION BY RANGE (at);
	CREATE TABLE event_first PARTITION OF event FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-02-01 00:00+00');
	SELECT advisor.register_partition_policy('event', step => '1 month', premake => 2, time_zone => 'UTC')});
is(schedule(q{'partitions', '* * * * *'}), 'scheduled|advisor:postgres:partitions', 'scheduled');
my $began = value('SELECT now()');
is(schedule(q{'partitions', '* * * * *'}), 'unchanged|advisor:postgres:partitions', 'again: nothing');
is(schedule(q{'partitions'}), 'unchanged|advisor:postgres:partitions', 'without arguments: as it was');
is(value('SELECT schedule, command, database, active FROM cron.job'), '* * * * *|CALL advisor.maintain_partitions()|postgres|t', 'one job');

# Changes
is(schedule(q{'observe'}), 'scheduled|advisor:postgres:observe', 'a second job');
is(schedule(q{'observe', '9 * * * *'}), 'changed|advisor:postgres:observe', 'another time');
is(value(q{SELECT count(*), max(schedule) FROM cron.job WHERE jobname = 'advisor:postgres:observe'}), '1|9 * * * *', 'is the same job');
value(q{UPDATE cron.job SET active = false WHERE jobname = 'advisor:postgres:observe'});
is(schedule(q{'observe', '10 * * * *'}), 'inactive|advisor:postgres:observe', 'what is switched off is left alone');
is(value(q{SELECT schedule, active FROM cron.job WHERE jobname = 'advisor:postgres:observe'}), '9 * * * *|f', 'as it is');
is(value(q{SELECT state, active, next_due IS NULL FROM advisor.schedule_status WHERE job = 'observe'}), 'inactive|f|t', 'and said to be so');
is(schedule(q{'observe', force => true}), 'changed|advisor:postgres:observe', 'unless forced');
is(value(q{SELECT count(*), bool_and(active) FROM cron.job WHERE jobname = 'advisor:postgres:observe'}), '1|t', 'then it is on');

# Scheduled again, a job keeps its database in versions before 1.6.3
value(q{UPDATE cron.job SET database = 'other' WHERE jobname = 'advisor:postgres:observe'});
is(schedule(q{'observe'}), 'changed|advisor:postgres:observe', 'a job in the wrong database');
is(value(q{SELECT count(*), max(database) FROM cron.job WHERE jobname = 'advisor:postgres:observe'}), '1|postgres', 'comes into the right one');

# Another database
is(schedule(q{'partitions'}, 'other'), 'manual|advisor:other:partitions', 'elsewhere it is for the user to do');
value(value(q{SELECT sql FROM advisor.schedule('partitions')}, 'other'));
is(value(q{SELECT database, command FROM cron.job WHERE jobname = 'advisor:other:partitions'}), 'other|CALL advisor.maintain_partitions()', 'with the SQL that was returned');
is(value(q{SELECT count(*) FROM cron.job WHERE command LIKE 'CALL%'}), '2', 'two databases, two jobs');
is(value(q{SELECT state, scheduled IS NULL, overdue FROM advisor.schedule_status WHERE job = 'partitions'}, 'other'), 'unknown|t|f', 'what cannot be seen is unknown there');
is(schedule(q{'partitions'}, 'other', extra_params => [ '-U', 'plain' ]), 'manual|advisor:other:partitions', 'also for who may not know where pg_cron is');
value(value(q{SELECT sql FROM advisor.unschedule('partitions')}, 'other'));
value(value(q{SELECT sql FROM advisor.unschedule('partitions')}, 'other'));
is(value(q{SELECT count(*) FROM cron.job WHERE database = 'other'}), '0', 'unscheduled likewise, twice');

# Names
my $long = 'a job with a name that is ' . 'very ' x 10 . 'long indeed';
my ($status, $name) = split /\|/, schedule(qq{'$long ü', '\@daily', 'SELECT 1'});
is("$status " . (length($name) <= 63), 'scheduled 1', 'a long name');
is(schedule(qq{'$long u', '\@daily', 'SELECT 1'}) =~ /^scheduled\|(.*)/ && $1 ne $name, 1, 'another that begins alike');
is(schedule(qq{'$long u'}) =~ /^unchanged/, 1, 'is known again');
is(value(qq{SELECT string_agg(status, ' ') FROM (VALUES ('$long u'), ('$long ü'), ('$long u')) v(job), advisor.unschedule(job)}), 'unscheduled unscheduled unchanged', 'unscheduled, and again');

# Bad input changes nothing
my $jobs = value('SELECT count(*), sum(jobid) FROM cron.job');
like(error_of(q{SELECT advisor.schedule('partitions', '61 * * * *')}), qr/minute "61" is not valid.*HINT:  A schedule has five fields/s, 'a bad minute');
like(error_of(q{SELECT advisor.schedule('new', '* * * *', 'SELECT 1')}), qr/4 fields instead of 5/, 'too few fields');
like(error_of(q{SELECT advisor.schedule('nope')}), qr/job "nope" is not known.*'observe', 'partitions'/s, 'an unknown job');
like(error_of(q{SELECT advisor.schedule('new', '@daily', 'SELECT 1; SELECT 2')}), qr/must be one statement/, 'two statements');
like(error_of(q{SELECT advisor.schedule('new', '@daily', 'SELEC 1')}), qr/syntax error/, 'no statement');
is(value('SELECT count(*), sum(jobid) FROM cron.job'), $jobs, 'and nothing came of it');

# Rights
is(schedule(q{'observe'}, 'postgres', extra_params => [ '-U', 'plain' ]), 'unavailable|advisor:postgres:observe', 'who may not use pg_cron is told');
value(value(q{SELECT sql FROM advisor.schedule('observe')}, 'postgres', extra_params => [ '-U', 'plain' ]));
is(schedule(q{'mine', '@weekly', 'SELECT 1'}, 'postgres', extra_params => [ '-U', 'plain' ]), 'scheduled|advisor:postgres:mine', 'with the right, it is done');
is(value(q{SELECT job, role, state FROM advisor.schedule_status WHERE role IS NOT NULL}, 'postgres', extra_params => [ '-U', 'plain' ]), 'mine|plain|scheduled', 'each sees its own');
is(value(q{SELECT job, role, state FROM advisor.schedule_status WHERE role IS NOT NULL}, 'postgres', extra_params => [ '-U', 'monitor' ]),
	"mine|plain|unknown\nobserve|postgres|unknown\npartitions|postgres|unknown", 'a monitor sees that they are wanted');
is(value(q{SELECT status FROM advisor.unschedule('observe')}, 'postgres', extra_params => [ '-U', 'plain' ]), 'unchanged', 'and nobody ends those of others');

# It runs
ok($node->poll_query_until('postgres', q{SELECT count(*) > 3 FROM advisor._partition_bounds('event'::regclass)}), 'partitions were created by the job');
ok($node->poll_query_until('postgres', q{SELECT last_run IS NOT NULL AND overdue IS FALSE FROM advisor.schedule_status WHERE job = 'partitions'}), 'its run is seen')
  or diag(value('TABLE advisor.schedule_status') . value('TABLE cron.job_run_details') . value('TABLE advisor.partition_log'));
ok($node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM cron.job_run_details WHERE status = 'succeeded'}), 'pg_cron calls it a success');
is(value(qq{SELECT overdue FROM advisor._schedule_status(timestamptz '$began' + interval '10 minutes') WHERE job = 'partitions'}), 't', 'ten minutes without a run of every minute are too long');

# Its history is forgotten after two weeks, and only its own
value(q{UPDATE cron.job_run_details SET end_time = now() - interval '15 days';
	INSERT INTO cron.job_run_details (jobid, runid, end_time) SELECT -1, -1, now() - interval '15 days'});
value(value(q{SELECT command FROM advisor.jobs WHERE job = 'cron_history'}));
is(value(q{SELECT string_agg(jobid::text, ' ') FROM cron.job_run_details WHERE end_time < now() - interval '14 days'}), '-1', 'old history is forgotten');
value(q{SELECT advisor.unschedule(job) FROM advisor.jobs WHERE role IS NOT NULL AND job IN ('partitions', 'observe')});
is(value(q{SELECT jobname FROM cron.job}), 'advisor:postgres:mine', 'unscheduled');

$node->stop;
done_testing();

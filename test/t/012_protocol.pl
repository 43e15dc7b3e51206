# Portals that a client runs in pieces, which libpq does not do: a statement is
# one execution, with the rows of all pieces, however the portal ends.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use IO::Socket::UNIX;

my $node = advisor_node('protocol');
plan skip_all => 'needs Unix sockets' if !$PostgreSQL::Test::Utils::use_unix_sockets;
$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION advisor CASCADE;
	CREATE ROLE worker LOGIN;
	CREATE TABLE work (id int PRIMARY KEY, v int);
	INSERT INTO work SELECT g, g FROM generate_series(1, 20) g;
	GRANT ALL ON work TO worker;
});

# Just enough of the protocol.
my $socket;

sub send_message
{
	my ($type, $body) = @_;
	print $socket $type . pack('N', length($body) + 4) . $body;
}

sub read_bytes
{
	my $n = shift;
	my $data = '';
	while (length($data) < $n)
	{
		sysread($socket, $data, $n - length($data), length($data)) or die 'connection lost';
	}
	return $data;
}

# All messages up to ReadyForQuery, as the string of their types.
sub answer
{
	$socket->flush;
	my $types = '';
	while (1)
	{
		my ($type, $length) = unpack('aN', read_bytes(5));
		read_bytes($length - 4);
		$types .= $type;
		return $types if $type eq 'Z';
	}
}

sub connect_worker
{
	$socket = IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port) or die "could not connect: $!";
	my $startup = pack('N', 196608) . "user\0worker\0database\0postgres\0\0";
	print $socket pack('N', length($startup) + 4) . $startup;
	like(answer(), qr/^R.*Z$/, 'connected');
}
sub parse { my ($name, $sql) = @_; send_message('P', "$name\0$sql\0" . pack('n', 0)); }
sub bind_portal { my ($portal, $name) = @_; send_message('B', "$portal\0$name\0" . pack('nnn', 0, 0, 0)); }
sub execute { my ($portal, $rows) = @_; send_message('E', "$portal\0" . pack('N', $rows)); }
sub close_portal { send_message('C', "P$_[0]\0"); }
sub sync { send_message('S', ''); }
sub simple { send_message('Q', "$_[0]\0"); return answer(); }

sub counted
{
	my $pattern = shift;
	return $node->safe_psql('postgres', qq{
		SELECT toplevel, calls, rows, errors FROM advisor.statements WHERE usename = 'worker' AND query LIKE '$pattern' ORDER BY 1});
}

connect_worker();

parse('', 'SELECT id FROM work WHERE id <= 10 ORDER BY id');
bind_portal('', '');
execute('', 4);
execute('', 4);
execute('', 4);
sync();
is(answer(), '12DDDDsDDDDsDDCZ', 'in three pieces');
is(counted('SELECT id FROM work WHERE id <= %'), 't|1|10|0', 'one execution');

parse('', 'SELECT id, v FROM work WHERE id <= 10 ORDER BY id');
bind_portal('', '');
execute('', 4);
sync();
is(answer(), '12DDDDsZ', 'suspended, and given up at the end of the transaction');
is(counted('SELECT id, v FROM work WHERE id <= %'), 't|1|4|0', 'one execution as far as it went');

# two portals of one statement, alternating, and other statements in between
simple('BEGIN');
parse('s', 'SELECT v FROM work WHERE id <= 5 ORDER BY id');
bind_portal('a', 's');
bind_portal('b', 's');
execute('a', 2);
execute('b', 3);
execute('a', 1);
sync();
is(answer(), '122DDsDDDsDsZ', 'two portals');
like(simple('SELECT count(*) FROM work'), qr/^TDCZ$/, 'another statement');
execute('b', 0);
close_portal('a');
sync();
is(answer(), 'DDC3Z', 'one ends, one is closed');
simple('COMMIT');
is(counted('SELECT v FROM work WHERE id <= %'), 't|2|8|0', 'two executions');

# rolled back while suspended
simple('BEGIN');
parse('', 'SELECT v, id FROM work ORDER BY id');
bind_portal('c', '');
execute('c', 5);
sync();
answer();
simple('ROLLBACK');
is(counted('SELECT v, id FROM work ORDER BY id'), 't|1|5|0', 'rolled back');

# an error in the second piece
parse('', 'SELECT 1 / (id - 7) FROM work ORDER BY id');
bind_portal('', '');
execute('', 5);
execute('', 5);
sync();
like(answer(), qr/^12DDDDDsD?EZ$/, 'an error in the second piece');
is($node->safe_psql('postgres', q{SELECT toplevel, sqlstate_class, errors FROM advisor.errors WHERE usename = 'worker'}),
	't|22|1', 'is an error of the statement');

# what returns rows of a modification is run once and then handed out
parse('', 'UPDATE work SET v = v + 1 WHERE id <= 6 RETURNING id');
bind_portal('', '');
execute('', 2);
execute('', 0);
sync();
is(answer(), '12DDsDDDDCZ', 'an UPDATE in pieces');
is(counted('UPDATE work SET %'), 't|1|6|0', 'is one execution');

# described, bound, but not executed
parse('', 'SELECT v + v FROM work');
bind_portal('', '');
send_message('D', "P\0");
sync();
answer();
is(counted('SELECT v + v FROM work'), '', 'nothing that was not executed');

# a connection that breaks off amid a portal
simple('BEGIN');
parse('', 'SELECT v - v FROM work');
bind_portal('d', '');
execute('d', 3);
send_message('H', '');
$socket->flush;
read_bytes(5);
close($socket);
$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = 'worker'});
is(counted('SELECT v - v FROM work'), 't|1|3|0', 'what was done before the connection broke');

$node->stop;
done_testing();

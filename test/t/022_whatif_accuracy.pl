# What advisor.explain says of indexes that do not exist, beside EXPLAIN when
# the same indexes have been built.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use AdvisorNode;
use List::Util qw(max);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Deviation of the cost, over all cases with btrees, and of any other index
my %bound = (median => 0.01, p95 => 0.05, other => 0.25, sample => 0.2);

my $node = advisor_node('accuracy', q{
shared_buffers = 128MB
maintenance_work_mem = 64MB
max_parallel_maintenance_workers = 0
jit = off
});

$node->safe_psql('postgres', q{
SET client_min_messages = warning;
CREATE EXTENSION advisor CASCADE;

-- numbers that are spread, the same in each run
CREATE FUNCTION spread(i bigint, salt int) RETURNS bigint LANGUAGE sql IMMUTABLE AS
	$$ SELECT hashint8(i * 1000 + salt)::bigint & 1073741823 $$;

CREATE TABLE customers AS SELECT
	i AS id,
	(spread(i, 31) % 20)::int AS region,
	'Customer ' || i AS name
FROM generate_series(1, 5000) i;

CREATE TABLE orders AS SELECT
	i AS id,
	(spread(i, 1) % 5000)::int + 1 AS customer,
	i / 5 AS batch,
	(spread(i, 2) % 7)::int AS kind,
	date '2020-01-01' + (spread(i, 3) % 1000)::int AS day,
	'C' || spread(i, 4) % 500 AS code,
	md5(i::text) AS txt,
	(spread(i, 5) % 5000000)::numeric / 100 AS price,
	CASE WHEN spread(i, 6) % 3 > 0 THEN (spread(i, 7) % 20000)::int END AS agent,
	'Name ' || chr(65 + (spread(i, 16) % 26)::int) || spread(i, 17) % 30000 AS name,
	(CASE WHEN spread(i, 18) % 50 = 0 THEN 'open' ELSE 'done' END) AS status,
	timestamp '2024-01-01' + i * interval '7 s' AS made,
	jsonb_build_object('a', spread(i, 19) % 50, 'b', jsonb_build_array(spread(i, 20) % 1000, 'x')) AS doc,
	ARRAY[spread(i, 21) % 300, spread(i, 22) % 300, spread(i, 23) % 300]::int[] AS tags,
	point(spread(i, 27) % 1000, spread(i, 28) % 1000) AS place
FROM generate_series(1, 200000) i;

CREATE TABLE lines AS SELECT
	(spread(i, 41) % 200000)::int + 1 AS order_id,
	(spread(i, 42) % 1000)::int AS product,
	(spread(i, 43) % 100)::int AS pieces
FROM generate_series(1, 300000) i;

-- one partition has its columns in another order
CREATE TABLE events (id int, source int, happened date, note text) PARTITION BY RANGE (happened);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-05-01');
CREATE TABLE events_2 (gone text, note text, happened date, id int, source int);
ALTER TABLE events_2 DROP COLUMN gone;
ALTER TABLE events ATTACH PARTITION events_2 FOR VALUES FROM ('2024-05-01') TO ('2024-09-01');
CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM ('2024-09-01') TO ('2025-01-01');
INSERT INTO events SELECT i, (spread(i, 51) % 3000)::int, date '2024-01-01' + (spread(i, 52) % 366)::int, 'Note ' || md5(i::text)
FROM generate_series(1, 150000) i;

CREATE TABLE archive AS SELECT * FROM orders WHERE id <= 60000;
CREATE VIEW everything AS SELECT id, customer, price, day FROM orders UNION ALL SELECT id, customer, price, day FROM archive;
CREATE VIEW open_orders AS SELECT id, customer, price, day FROM orders WHERE status = 'open';
});
# apart, for VACUUM; the visibility map is what index-only scans go by
$node->safe_psql('postgres', 'VACUUM (FREEZE, ANALYZE)');

# The real index comes first: ANALYZE, which an expression needs, may change
# other statistics as well, and then both are told the same.
$node->safe_psql('postgres', q{
CREATE FUNCTION compare(query text, indexes text[], analyzed text, settings text[],
	OUT built float8, OUT told float8, OUT before float8, OUT built_plan text, OUT told_plan text)
LANGUAGE plpgsql AS $$
DECLARE
	item text;
	line text;
	names text[];
BEGIN
	FOREACH item IN ARRAY settings LOOP
		PERFORM set_config(split_part(item, '=', 1), split_part(item, '=', 2), true);
	END LOOP;
	FOREACH item IN ARRAY indexes LOOP
		EXECUTE item;
	END LOOP;
	IF analyzed <> '' THEN
		EXECUTE 'ANALYZE ' || analyzed;
	END IF;
	FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
		built_plan := concat_ws(E'\n', built_plan, line);
	END LOOP;
	built := substring(built_plan FROM 'cost=[0-9.]*[.][.]([0-9.]*)')::float8;

	-- partitions have indexes of other names
	FOR item, line IN SELECT h.inhrelid::regclass, h.inhparent::regclass FROM pg_inherits h
			JOIN pg_class c ON c.oid = h.inhrelid WHERE c.relkind = 'i' LOOP
		built_plan := replace(built_plan, ' ' || item || ' ', ' ' || line || ' ');
	END LOOP;
	FOR item IN SELECT c.oid::regclass FROM pg_class c
			WHERE c.relkind IN ('i', 'I') AND c.relname ^@ 'i_' LOOP
		EXECUTE 'DROP INDEX ' || item;
	END LOOP;

	SELECT e.plan, e.cost_before, e.cost_after INTO told_plan, before, told
	FROM advisor.explain(query, indexes) e;
END $$;
});

# [name, query, indexes, {analyze => TABLES, set => [SETTINGS], other => 1}]
my @cases = (
	[ 'point, unique', 'SELECT * FROM orders WHERE id = 77', 'i_x ON orders (id)' ],
	[ 'point, 40 rows', 'SELECT * FROM orders WHERE customer = 77', 'i_x ON orders (customer)' ],
	[ 'unique index', 'SELECT * FROM orders WHERE id = 77', 'UNIQUE i_x ON orders (id)' ],
	[ 'fillfactor', 'SELECT id FROM orders WHERE id < 70000', 'i_x ON orders (id) WITH (fillfactor = 50)' ],
	[ 'range', q{SELECT * FROM orders WHERE made BETWEEN '2024-01-03' AND '2024-01-04'}, 'i_x ON orders (made)' ],
	[ 'range, spread', q{SELECT * FROM orders WHERE day BETWEEN '2021-01-01' AND '2021-01-05'}, 'i_x ON orders (day)' ],
	[ 'range at the end', 'SELECT * FROM orders WHERE id > 199900', 'i_x ON orders (id)' ],
	[ 'range beyond the end', 'SELECT * FROM orders WHERE id > 300000', 'i_x ON orders (id)' ],
	[ 'IN, 3 values', 'SELECT * FROM orders WHERE customer IN (1, 77, 500)', 'i_x ON orders (customer)' ],
	[ 'IN, 100 values', 'SELECT * FROM orders WHERE id = ANY (ARRAY(SELECT generate_series(1, 100)))', 'i_x ON orders (id)' ],
	[ 'IN, 200 constants', 'SELECT * FROM orders WHERE id IN (' . join(', ', map { 7 * $_ } 1 .. 200) . ')', 'i_x ON orders (id)' ],
	[ 'two columns', q{SELECT * FROM orders WHERE customer = 77 AND day > '2022-01-01'}, 'i_x ON orders (customer, day)' ],
	[ 'three columns', q{SELECT * FROM orders WHERE kind = 3 AND code = 'C7' AND day < '2020-06-01'}, 'i_x ON orders (kind, code, day)' ],
	[ 'first column only', q{SELECT * FROM orders WHERE code = 'C7'}, 'i_x ON orders (code, kind, price)' ],
	[ 'numeric', 'SELECT * FROM orders WHERE price BETWEEN 100 AND 103', 'i_x ON orders (price)' ],
	[ 'wide text', q{SELECT * FROM orders WHERE txt = 'no such thing'}, 'i_x ON orders (txt)' ],
	[ 'IS NOT NULL', 'SELECT * FROM orders WHERE agent = 7', 'i_x ON orders (agent)' ],
	[ 'BitmapAnd', 'SELECT * FROM orders WHERE customer < 60 AND agent < 100',
		[ 'i_x ON orders (customer)', 'i_y ON orders (agent)' ] ],
	[ 'BitmapOr', 'SELECT * FROM orders WHERE customer = 60 OR agent = 100',
		[ 'i_x ON orders (customer)', 'i_y ON orders (agent)' ] ],

	[ 'order', 'SELECT * FROM orders ORDER BY price LIMIT 20', 'i_x ON orders (price)' ],
	[ 'order, backwards', 'SELECT * FROM orders ORDER BY price DESC LIMIT 20', 'i_x ON orders (price)' ],
	[ 'order, mixed', 'SELECT * FROM orders ORDER BY customer, day DESC LIMIT 20', 'i_x ON orders (customer, day DESC)' ],
	[ 'order, nulls first', 'SELECT * FROM orders ORDER BY agent NULLS FIRST LIMIT 20', 'i_x ON orders (agent NULLS FIRST)' ],
	[ 'order, descending nulls last', 'SELECT * FROM orders ORDER BY agent DESC NULLS LAST LIMIT 500', 'i_x ON orders (agent DESC NULLS LAST)' ],
	[ 'filter and order', 'SELECT * FROM orders WHERE customer = 77 ORDER BY made DESC LIMIT 5', 'i_x ON orders (customer, made)' ],
	[ 'incremental sort', 'SELECT * FROM orders ORDER BY customer, price LIMIT 50', 'i_x ON orders (customer)' ],

	[ 'covering', 'SELECT price FROM orders WHERE customer BETWEEN 10 AND 500', 'i_x ON orders (customer) INCLUDE (price)' ],
	[ 'covering, two keys', 'SELECT day, sum(price) FROM orders WHERE kind = 3 GROUP BY day', 'i_x ON orders (kind, day) INCLUDE (price)' ],
	[ 'count(*)', 'SELECT count(*) FROM orders', 'i_x ON orders (kind)' ],
	[ 'count(*) of a range', 'SELECT count(*) FROM orders WHERE batch BETWEEN 100 AND 9000', 'i_x ON orders (batch)' ],
	[ 'min and max', 'SELECT min(price), max(price) FROM orders', 'i_x ON orders (price)' ],
	[ 'GROUP BY', 'SELECT customer, count(*) FROM orders GROUP BY customer ORDER BY customer LIMIT 100', 'i_x ON orders (customer)' ],
	[ 'DISTINCT', 'SELECT DISTINCT customer, day FROM orders', 'i_x ON orders (customer, day)' ],
	[ 'DISTINCT ON', 'SELECT DISTINCT ON (customer) customer, made FROM orders ORDER BY customer, made DESC', 'i_x ON orders (customer, made DESC)' ],
	[ 'window', 'SELECT id, row_number() OVER (PARTITION BY customer ORDER BY day) FROM orders WHERE customer < 300', 'i_x ON orders (customer, day) INCLUDE (id)' ],

	[ 'merge join', 'SELECT count(*) FROM orders o JOIN lines l ON l.order_id = o.id',
		[ 'i_x ON orders (id)', 'i_y ON lines (order_id)' ], { set => ['enable_hashjoin=off'] } ],
	[ 'merge join, mark and restore', 'SELECT count(*) FROM lines l JOIN lines m ON l.order_id = m.order_id',
		'i_x ON lines (order_id)', { set => ['enable_hashjoin=off'] } ],
	[ 'nested loop', 'SELECT * FROM customers c JOIN orders o ON o.customer = c.id WHERE c.region = 3 AND c.id < 500', 'i_x ON orders (customer)' ],
	[ 'nested loop, 5000 probes', 'SELECT * FROM customers c JOIN orders o ON o.id = c.id', 'i_x ON orders (id)',
		{ set => [ 'enable_hashjoin=off', 'enable_mergejoin=off' ] } ],
	[ 'three tables', 'SELECT c.name, sum(l.pieces) FROM customers c JOIN orders o ON o.customer = c.id JOIN lines l ON l.order_id = o.id WHERE c.id = 17 GROUP BY 1',
		[ 'i_x ON orders (customer) INCLUDE (id)', 'i_y ON lines (order_id)', 'i_z ON customers (id)' ] ],
	[ 'correlated max()', 'SELECT c.id, (SELECT max(o.id) FROM orders o WHERE o.customer = c.id) FROM customers c', 'i_x ON orders (customer, id)' ],
	[ 'LATERAL with LIMIT', 'SELECT * FROM customers c, LATERAL (SELECT * FROM orders o WHERE o.customer = c.id ORDER BY o.made DESC LIMIT 3) x', 'i_x ON orders (customer, made)' ],
	[ 'semi-join', 'SELECT * FROM customers c WHERE EXISTS (SELECT FROM orders o WHERE o.customer = c.id AND o.kind = 3)', 'i_x ON orders (customer, kind)' ],
	[ 'anti-join', 'SELECT * FROM customers c WHERE region = 4 AND NOT EXISTS (SELECT FROM orders o WHERE o.customer = c.id AND o.price > 45000)', 'i_x ON orders (customer, price)' ],

	[ 'partial', q{SELECT * FROM orders WHERE status = 'open' AND customer = 77}, q{i_x ON orders (customer) WHERE status = 'open'} ],
	[ 'partial, no condition', q{SELECT id FROM orders WHERE status = 'open'}, q{i_x ON orders (id) WHERE status = 'open'} ],
	[ 'partial, not null', 'SELECT count(agent) FROM orders WHERE agent IS NOT NULL', 'i_x ON orders (agent) WHERE agent IS NOT NULL' ],
	[ 'partial, second of a join', q{SELECT * FROM customers c JOIN orders o ON o.customer = c.id AND o.status = 'open' WHERE c.region = 3}, q{i_x ON orders (customer) WHERE status = 'open'} ],
	[ 'partial, in a sub-query', q{SELECT * FROM customers c WHERE c.id IN (SELECT o.customer FROM orders o WHERE o.status = 'open' AND o.day = '2021-03-03')}, q{i_x ON orders (day) WHERE status = 'open'} ],
	[ 'partial, through a view', q{SELECT * FROM customers c JOIN open_orders o ON o.customer = c.id WHERE o.price < 100}, q{i_x ON orders (price) WHERE status = 'open'} ],

	[ 'expression, unique', q{SELECT * FROM orders WHERE upper(txt) = 'X'}, 'i_x ON orders (upper(txt))', { analyze => 'orders' } ],
	[ 'expression, few values', q{SELECT id FROM orders WHERE extract(year FROM day) = 2022 AND customer = 88}, 'i_x ON orders (customer, extract(year FROM day))', { analyze => 'orders' } ],
	[ 'expression, common value', q{SELECT * FROM orders WHERE lower(code) = 'c7'}, 'i_x ON orders (lower(code))', { analyze => 'orders' } ],
	[ 'expression, range', 'SELECT * FROM orders WHERE price * 2 < 500', 'i_x ON orders ((price * 2))', { analyze => 'orders' } ],
	[ 'expression, second of a join', q{SELECT * FROM customers c JOIN orders o ON o.customer = c.id WHERE lower(o.name) = 'name a7'}, 'i_x ON orders (lower(name))', { analyze => 'orders' } ],
	[ 'expression of jsonb', q{SELECT * FROM orders WHERE (doc ->> 'a') = '7' AND customer < 300}, q{i_x ON orders ((doc ->> 'a'), customer)}, { analyze => 'orders' } ],
	[ 'LIKE', q{SELECT * FROM orders WHERE name LIKE 'Name Q77%'}, 'i_x ON orders (name text_pattern_ops)' ],
	[ 'LIKE, collation', q{SELECT * FROM orders WHERE name LIKE 'Name Q77%'}, 'i_x ON orders (name COLLATE "C")' ],

	[ 'partitions', 'SELECT * FROM events WHERE source = 7', 'i_x ON events (source)' ],
	[ 'partition, one', q{SELECT * FROM events WHERE source = 7 AND happened = '2024-06-06'}, 'i_x ON events (source, happened)' ],
	[ 'partitions in order', 'SELECT * FROM events ORDER BY id LIMIT 10', 'i_x ON events (id)' ],
	[ 'partitions, nested loop', 'SELECT * FROM customers c JOIN events e ON e.source = c.id WHERE c.region = 3 AND c.id < 200', 'i_x ON events (source) INCLUDE (note)' ],
	[ 'partitions, partial expression', q{SELECT * FROM customers c JOIN events e ON e.source = c.id WHERE upper(e.note) = 'X' AND e.source > 100}, 'i_x ON events (upper(note)) WHERE source > 100', { analyze => 'events' } ],
	[ 'UNION ALL view', 'SELECT * FROM everything WHERE customer = 77', [ 'i_x ON orders (customer)', 'i_y ON archive (customer)' ] ],
	[ 'UNION ALL view, in order', 'SELECT * FROM everything ORDER BY price LIMIT 10', [ 'i_x ON orders (price)', 'i_y ON archive (price)' ] ],
	[ 'CTE', 'WITH x AS MATERIALIZED (SELECT * FROM orders WHERE customer = 77) SELECT * FROM x JOIN customers c ON c.id = x.customer', 'i_x ON orders (customer)' ],
	[ 'recursive CTE', 'WITH RECURSIVE r(id) AS (VALUES (1) UNION ALL SELECT o.batch + 1 FROM r JOIN orders o ON o.id = r.id WHERE r.id < 100) SELECT * FROM r', 'i_x ON orders (id)' ],
	[ 'UPDATE', 'UPDATE orders SET price = 0 WHERE customer = 77', 'i_x ON orders (customer)' ],
	[ 'DELETE', 'DELETE FROM orders USING customers c WHERE orders.customer = c.id AND c.id BETWEEN 5 AND 9', 'i_x ON orders (customer)' ],
	[ 'INSERT ... SELECT', 'INSERT INTO archive SELECT * FROM orders WHERE id = 5', 'i_x ON orders (id)' ],
	[ 'parallel', 'SELECT count(*), sum(agent) FROM orders WHERE id BETWEEN 10000 AND 100000', 'i_x ON orders (id) INCLUDE (agent)', { set => [ 'parallel_setup_cost=0', 'parallel_tuple_cost=0' ] } ],

	[ 'hash', q{SELECT * FROM orders WHERE txt = 'x'}, 'i_x ON orders USING hash (txt)', { other => 1 } ],
	[ 'hash, nested loop', 'SELECT * FROM customers c JOIN orders o ON o.customer = c.id WHERE c.id < 100', 'i_x ON orders USING hash (customer)', { other => 1, set => [ 'enable_hashjoin=off', 'enable_mergejoin=off' ] } ],
	[ 'brin', q{SELECT * FROM orders WHERE made > '2024-01-17'}, 'i_x ON orders USING brin (made)', { other => 1 } ],
	[ 'gin, arrays', 'SELECT * FROM orders WHERE tags @> ARRAY[7, 8]', 'i_x ON orders USING gin (tags)', { other => 1 } ],
	[ 'gin, jsonb', q{SELECT * FROM orders WHERE doc @> '{"a": 7, "b": [8]}'}, 'i_x ON orders USING gin (doc jsonb_path_ops)', { other => 1 } ],
	[ 'gist, box', q{SELECT * FROM orders WHERE place <@ box '(0,0),(30,30)'}, 'i_x ON orders USING gist (place)', { other => 1 } ],
	[ 'gist, nearest', q{SELECT * FROM orders ORDER BY place <-> point '(5,5)' LIMIT 10}, 'i_x ON orders USING gist (place)', { other => 1 } ],
);

sub literal
{
	my $text = shift;
	$text =~ s/'/''/g;
	return "'$text'";
}

sub array
{
	return 'ARRAY[' . join(', ', map { literal($_) } @_) . ']::text[]';
}

# A plan without its numbers
sub shape
{
	my $plan = shift;
	$plan =~ s/ +\(cost=[^)]*\)//g;
	return $plan;
}

sub statement
{
	my $index = shift;
	return $index =~ s/^UNIQUE // ? "CREATE UNIQUE INDEX $index" : "CREATE INDEX $index";
}

note sprintf '%-32s %12s %12s %12s %8s', qw(case before built told ratio);
my @deviations;
foreach my $case (@cases)
{
	my ($name, $query, $indexes, $more) = @$case;
	my @indexes = map { statement($_) } ref $indexes ? @$indexes : $indexes;
	my $row = $node->safe_psql('postgres', sprintf(
			q{SELECT built, told, before, built_plan, told_plan FROM compare(%s, %s, '%s', %s)},
			literal($query), array(@indexes), $more->{analyze} // '', array(@{ $more->{set} // [] })),
		extra_params => [ '-R', "\x02", '-F', "\x01" ]);
	my ($built, $told, $before, $built_plan, $told_plan) = split /\x01/, $row;
	my $ratio = $told / $built;
	my $deviation = max($ratio, 1 / $ratio) - 1;

	note sprintf '%-32s %12.2f %12.2f %12.2f %8.4f', $name, $before, $built, $told, $ratio;
	is(shape($told_plan), shape($built_plan), "$name: the same plan");
	ok($built_plan =~ /\bi_x\b/ && $told_plan =~ /\bi_x\b/, "$name: the index is used") or diag($built_plan);
	if ($more->{analyze})
	{
		# each rests on a sample of its own, which differ by chance
		cmp_ok($deviation, '<=', $bound{sample}, "$name: about the same cost");
	}
	elsif ($more->{other})
	{
		cmp_ok($deviation, '<=', $bound{other}, "$name: about the same cost");
	}
	else
	{
		push @deviations, $deviation;
	}
}

@deviations = sort { $a <=> $b } @deviations;
my ($median, $p95) = map { $deviations[ int($_ * (@deviations - 1) + 0.5) ] } 0.5, 0.95;
note sprintf '%d cases with btrees: median deviation %.3f %%, 95 %% within %.3f %%, the worst %.3f %%',
	scalar @deviations, 100 * $median, 100 * $p95, 100 * $deviations[-1];
cmp_ok(scalar @deviations, '>=', 40, 'enough cases');
cmp_ok($median, '<=', $bound{median}, 'median deviation');
cmp_ok($p95, '<=', $bound{p95}, '95th percentile of the deviation');

$node->stop;
done_testing();

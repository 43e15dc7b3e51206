-- The selection of indexes in small: limits, ties, and what is not worth it.
-- Indexes are numbered from 0.  Published optima are in test/t/019_selection.pl.

-- four indexes of 10, 20, 30 and 40 bytes; statements of cost 100
CREATE FUNCTION pg_temp.selected(budget float8 DEFAULT NULL, upkeep float8[] DEFAULT NULL, weight float8[] DEFAULT NULL,
		max_indexes int DEFAULT NULL, min_gain float8 DEFAULT NULL, initial int[] DEFAULT NULL, looks int DEFAULT NULL,
		bytes float8[] DEFAULT '{10,20,30,40}')
	RETURNS TABLE (chosen int[], gain float8[], total float8, used float8, complete boolean) LANGUAGE sql
BEGIN ATOMIC
	-- the first one: 0 to 60, 1 to 50; the second one: 2 to 90, 3 to 20;
	-- the third one: 2 and 1 together to 10
	SELECT * FROM advisor._select_indexes(bytes, '{100,100,100}', '{1,1,2,2,3}', '{60,50,90,20,10}', '{1,1,1,1,2}', '{0,1,2,3,2,1}',
		budget, upkeep, weight, max_indexes, min_gain, initial, NULL, looks);
END;

-- no limit: 0 is of no use beside 1
SELECT * FROM pg_temp.selected();
-- budgets: nothing fits, just one, what is best together
SELECT b AS budget, s.* FROM unnest('{-1,0,9.9,10,20,30,40,50,60,89,90,Infinity,NaN}'::float8[]) WITH ORDINALITY b(b, i), pg_temp.selected(b) s ORDER BY i;
-- a number of indexes
SELECT m AS max_indexes, s.* FROM generate_series(0, 4) m, pg_temp.selected(max_indexes => m) s ORDER BY m;
SELECT m AS max_indexes, s.* FROM generate_series(1, 2) m, pg_temp.selected(40, max_indexes => m) s ORDER BY m;
-- upkeep: of one only, of all, more than it can ever save, and nonsense
SELECT * FROM pg_temp.selected(upkeep => '{0,0,0,79}');
SELECT * FROM pg_temp.selected(upkeep => '{0,0,0,80}');
SELECT * FROM pg_temp.selected(upkeep => '{5,60,60,5}');
SELECT * FROM pg_temp.selected(upkeep => '{5,70,71,5}');
SELECT * FROM pg_temp.selected(upkeep => '{1e300,Infinity,1e300,Infinity}');
SELECT * FROM pg_temp.selected(upkeep => '{-1,NaN,-Infinity,0}');
-- weights
SELECT * FROM pg_temp.selected(40, weight => '{1,1,1}');
SELECT * FROM pg_temp.selected(40, weight => '{1,10,1}');
SELECT * FROM pg_temp.selected(40, weight => '{10,0,0}');
SELECT * FROM pg_temp.selected(40, weight => '{NaN,-1,Infinity}');
-- an index must bring a share of what its statements cost: 0 brings 40 % of
-- the first one, 2 brings 10 % of the second one
SELECT g AS min_gain, s.* FROM unnest('{0,0.1,0.11,0.4,0.41,0.8,0.81,1,2}'::float8[]) g, pg_temp.selected(10, min_gain => g, bytes => '{10,90,10,90}') s ORDER BY g;
SELECT g AS min_gain, s.* FROM unnest('{0,0.6,0.7,0.75,0.81,1}'::float8[]) g, pg_temp.selected(min_gain => g) s ORDER BY g;
-- two of which one is enough, and the other one brings next to nothing then
SELECT * FROM advisor._select_indexes('{10,10}', '{100}', '{1,1,1}', '{50,51,49}', '{1,1,2}', '{0,1,0,1}', min_gain => 0.05);
-- room left by what was not worth it is used: 0 looks best, but brings too little
SELECT * FROM advisor._select_indexes('{10,10}', '{1000,100}', '{1,2}', '{900,50}', '{1,1}', '{0,1}', 10, min_gain => 0.2);

-- ties: the smaller one, then the first one
SELECT chosen, total FROM advisor._select_indexes('{20,10,10}', '{100}', '{1,1,1}', '{50,50,50}', '{1,1,1}', '{0,1,2}');
SELECT chosen, total FROM advisor._select_indexes('{10,10,10}', '{100,100}', '{1,1,2,2}', '{50,50,50,50}', '{1,1,1,1}', '{0,1,2,1}', 10);
-- no size
SELECT chosen, total, used FROM advisor._select_indexes('{0,0,-5,10}', '{100,100,100,100}', '{1,2,3,4}', '{50,60,70,1}', '{1,1,1,1}', '{0,1,2,3}', 0);
-- a set that helps only if it is complete, its members good for nothing else
SELECT * FROM advisor._select_indexes('{1,1,1,1}', '{100,100}', '{1,2}', '{10,95}', '{3,1}', '{0,1,2,3}', 3);
SELECT * FROM advisor._select_indexes('{1,1,1,1}', '{100,100}', '{1,2}', '{10,95}', '{3,1}', '{0,1,2,3}', 2);
-- a member more than once, combinations twice, cheaper ones that need less
SELECT * FROM advisor._select_indexes('{1,1}', '{100}', '{1,1,1,1}', '{20,20,30,25}', '{2,1,1,2}', '{0,0,0,1,0,1}');
-- costs above the base cost, below zero and none; a combination of nothing
SELECT * FROM advisor._select_indexes('{1,1,1,1}', '{100,100,100,100}', '{1,2,3,4}', '{200,-5,NaN,3}', '{1,1,1,0}', '{0,1,2}');
-- nothing to choose from
SELECT * FROM advisor._select_indexes(NULL, NULL, NULL, NULL, NULL, NULL);
SELECT * FROM advisor._select_indexes('{}', '{}', '{}', '{}', '{}', '{}', 100);
SELECT * FROM advisor._select_indexes('{5}', '{100,50}', '{}', '{}', '{}', '{}', 100);
SELECT * FROM advisor._select_indexes('{5}', '{0}', '{1}', '{0}', '{1}', '{0}', 100);

-- a set to start from: kept if it is best, not if it is not, cut if too large
SELECT chosen, total FROM pg_temp.selected(40, initial => '{0,2}');
SELECT chosen, total FROM pg_temp.selected(40, initial => '{0,1,2,3,3,99,-7}');
-- time is over at once, and soon
SELECT * FROM pg_temp.selected(40, looks => 0);
SELECT * FROM pg_temp.selected(40, initial => '{1,0}', looks => 0);
SELECT chosen, complete FROM pg_temp.selected(40, looks => 1000000);

-- not what it takes
SELECT advisor._select_indexes('{1}', '{100}', '{1}', '{50}', '{1}', '{}');
SELECT advisor._select_indexes('{1}', '{100}', '{2}', '{50}', '{1}', '{0}');
SELECT advisor._select_indexes('{1}', '{100}', '{1}', '{50,60}', '{1}', '{0}');
SELECT advisor._select_indexes('{1}', '{100}', '{1}', '{50}', '{1}', '{0}', upkeep => '{}');
SELECT advisor._select_indexes('{1,NULL}', '{100}', '{1}', '{50}', '{1}', '{0}');
-- a member that is no index of these cannot be had
SELECT * FROM advisor._select_indexes('{1}', '{100}', '{1,1}', '{50,50}', '{1,1}', '{7,-1}');

-- internal
SELECT has_function_privilege('public', p.oid, 'EXECUTE') AS public FROM pg_proc p WHERE p.proname = '_select_indexes';

-- the same problem has the same answer, and each index is worth it: taking one
-- away costs what is told, and the order is that of taking away
CREATE TEMP TABLE problem AS
	SELECT array_agg(1 + i * 7919 % 97)::float8[] AS bytes, array_agg((i * 31 % 5))::float8[] AS upkeep
	FROM generate_series(0, 39) i;
CREATE TEMP TABLE combos AS
	SELECT s, 1000 - (s * 131 + c * 977) % 900 AS cost, (ARRAY[(s * 3 + c) % 40, (s * 5 + c * c) % 40, (s + c * 11) % 40])[:1 + c % 3] AS members
	FROM generate_series(1, 60) s, generate_series(1, 12) c;
CREATE TEMP TABLE answers AS
	SELECT b, a.* FROM problem p, unnest('{50,200,500,1000}'::float8[]) b,
		(SELECT array_agg(s ORDER BY s, cost, members) s, array_agg(cost ORDER BY s, cost, members)::float8[] cost,
			array_agg(cardinality(members) ORDER BY s, cost, members) size FROM combos) c,
		(SELECT array_agg(m ORDER BY s, cost, members, o) member FROM combos, unnest(members) WITH ORDINALITY x(m, o)) m,
		LATERAL (SELECT * FROM generate_series(1, 2) again, advisor._select_indexes(p.bytes, array_fill(1000::float8, ARRAY[60]), c.s, c.cost, c.size, m.member, b, p.upkeep)) a;
CREATE FUNCTION pg_temp.cost_with(indexes int[]) RETURNS float8 LANGUAGE sql
BEGIN ATOMIC
	SELECT sum(x.cost) + (SELECT coalesce(sum(p.upkeep[i + 1]), 0) FROM problem p, unnest(indexes) i)
	FROM (SELECT least(1000, min(c.cost) FILTER (WHERE c.members <@ indexes)) AS cost FROM combos c GROUP BY c.s) x;
END;
SELECT b, count(DISTINCT a.chosen) AS answers, bool_and(a.complete) AS complete,
	bool_and(abs(a.total - pg_temp.cost_with(a.chosen)) < 1e-6) AS cost_as_told,
	bool_and(a.used <= b AND a.used = (SELECT sum(p.bytes[i + 1]) FROM problem p, unnest(a.chosen) i)) AS fits,
	bool_and((SELECT bool_and(abs(pg_temp.cost_with(array_remove(a.chosen, i)) + p.upkeep[i + 1] - a.total - g) < 1e-6 AND g > p.upkeep[i + 1])
		FROM problem p, unnest(a.chosen, a.gain) x(i, g))) AS gains_as_told,
	bool_and((SELECT bool_and(pg_temp.cost_with(a.chosen[:n - 1]) <= pg_temp.cost_with(array_remove(a.chosen[:n], a.chosen[k])) + 1e-6)
		FROM generate_series(1, cardinality(a.chosen)) n, generate_series(1, n) k)) AS order_as_told
FROM answers a GROUP BY b ORDER BY b;
DROP FUNCTION pg_temp.cost_with(int[]);
DROP TABLE problem, combos, answers;

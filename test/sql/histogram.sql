-- The latency histogram: every call is in one bucket, percentiles come out of
-- it, and are true to within an eighth.
SELECT advisor.reset() IS NOT NULL AS reset;
CREATE TABLE hi_item (id int PRIMARY KEY);
INSERT INTO hi_item SELECT generate_series(1, 100);
DO $$
BEGIN
	FOR i IN 1..20 LOOP
		PERFORM pg_sleep(0.05) FROM hi_item WHERE id = i;
	END LOOP;
	FOR i IN 1..500 LOOP
		PERFORM count(*) FROM hi_item WHERE id < i;
	END LOOP;
END $$;
\set VERBOSITY sqlstate
SELECT 1 / (id - 1) FROM hi_item;
\set VERBOSITY default

-- half of the sleepers slept for a twentieth of a second
SELECT calls, p50_exec_time BETWEEN 45 AND 55 AS p50,
	p95_exec_time BETWEEN 47 AND max_exec_time AS p95, min_exec_time >= 50 AS min
	FROM advisor.statements WHERE query LIKE '%pg\_sleep(%hi\_item%' AND NOT toplevel;

-- order, and bounds
SELECT count(*) >= 3 AS some,
	bool_and(min_exec_time <= p50_exec_time) AS above_min,
	bool_and(p50_exec_time <= p95_exec_time) AS p50_p95,
	bool_and(p95_exec_time <= p99_exec_time) AS p95_p99,
	bool_and(p99_exec_time <= max_exec_time) AS below_max
	FROM advisor.statements WHERE calls > 0;

-- calls are the sum of the buckets, for every statement
SELECT count(*) FROM advisor.statements s
	WHERE s.calls > 0 AND s.query LIKE '%hi\_item%' AND s.calls <> (
		SELECT sum(h.calls) FROM advisor.latency_histogram(s.queryid, s.dbid, s.userid, s.toplevel) h);
SELECT sum(h.calls) AS calls
	FROM advisor.statements s, advisor.latency_histogram(s.queryid) h
	WHERE s.query LIKE '%count(*)%hi\_item%' AND NOT s.toplevel;

-- what aborted is in no bucket
SELECT sum(h.calls) IS NULL AS none
	FROM advisor.errors e, advisor.latency_histogram(e.queryid) h
	WHERE e.sqlstate_class = '22';

-- buckets are in order, do not overlap, and hold what they say
SELECT queryid AS sleeper FROM advisor.statements
	WHERE query LIKE '%pg\_sleep(%hi\_item%' AND NOT toplevel \gset
SELECT count(*) > 0 AS some,
	bool_and(lower_bound < upper_bound) AS bounds,
	bool_and(upper_bound - lower_bound <= lower_bound / 8 + 0.000001) AS width,
	bool_and(lower_bound >= "before" OR "before" IS NULL) AS disjoint,
	bool_and(calls > 0) AS not_empty
	FROM (SELECT *, lag(upper_bound) OVER (ORDER BY lower_bound) AS "before"
		FROM advisor.latency_histogram(:sleeper)) h;
SELECT sum(calls) AS calls FROM advisor.latency_histogram(:sleeper)
	WHERE upper_bound > 50;
SELECT count(*) > 5 AS some,
	bool_and(lower_bound >= "before" OR "before" IS NULL) AS disjoint
	FROM (SELECT *, lag(upper_bound) OVER (ORDER BY lower_bound) AS "before"
		FROM advisor.latency_histogram(NULL)) h;

-- arguments that match nothing, and those that do
SELECT count(*) FROM advisor.latency_histogram(:sleeper, 0::oid, 0::oid, true);
SELECT sum(calls) AS calls FROM advisor.latency_histogram(:sleeper, NULL, NULL, false);
SELECT count(*) FROM advisor.latency_histogram(:sleeper, 1::oid);
SELECT count(*) FROM advisor.latency_histogram(:sleeper, NULL, 1::oid);

-- slow queries: those whose mean or 95th percentile reaches the threshold
SET advisor.slow_threshold = '40ms';
SELECT query LIKE '%pg\_sleep%' AS sleeper, calls, slow_calls, rows_per_call, distinct_plans FROM advisor.slow_queries
	WHERE query LIKE '%hi\_item%' AND NOT toplevel;
SELECT toplevel, slow_calls FROM advisor.slow_queries WHERE query LIKE 'DO %hi\_item%';
SET advisor.slow_threshold = '10s';
SELECT count(*) FROM advisor.slow_queries WHERE query LIKE '%hi\_item%';
SELECT slow_calls FROM advisor.statements WHERE query LIKE '%pg\_sleep(%hi\_item%' AND NOT toplevel;
SET advisor.slow_threshold = 0;
SELECT count(*) = (SELECT count(*) FROM advisor.statements
		WHERE datname = current_database() AND calls > 0 AND query LIKE '%hi\_item%') AS all_of_them
	FROM advisor.slow_queries WHERE query LIKE '%hi\_item%';
RESET advisor.slow_threshold;

DROP TABLE hi_item;

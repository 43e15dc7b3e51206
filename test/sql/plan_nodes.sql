/*
 * Plans, nodes and examples as the views show them.
 */
SET search_path = pg_catalog, public;
CREATE TABLE public.pl_items (id int PRIMARY KEY, name text, amount int);
INSERT INTO public.pl_items SELECT g, 'item ' || g, g % 10 FROM generate_series(1, 1000) g;
ANALYZE public.pl_items;
SET enable_bitmapscan = off;
SET enable_indexscan = on;
SELECT FROM advisor.reset();

-- A query read in pieces by a loop: its nodes run once.
CREATE FUNCTION public.pl_loop() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	r record;
	n int := 0;
BEGIN
	FOR r IN SELECT id FROM public.pl_items WHERE amount > 0 LOOP
		n := n + 1;
	END LOOP;
	RETURN n;
END
$$;
SELECT public.pl_loop();
SELECT n.path, n.node_type, n.relation, n.filter, n.runs, n.loops, n.rows_per_loop, n.rows_removed
FROM advisor.plan_nodes n
	JOIN advisor.statements s USING (userid, dbid, toplevel, queryid)
WHERE s.query LIKE '%pl_items WHERE amount > %' AND NOT s.toplevel
ORDER BY n.path;
SELECT query, exec_time IS NOT NULL AS timed FROM advisor.examples WHERE query LIKE '%(amount > 0)%' AND query NOT LIKE '%advisor%';

-- What is changed, and the index that is used for it.
UPDATE public.pl_items SET amount = 3, name = 'x' WHERE id = 7;
SELECT n.path, n.node_type, n.relation, n.index, n.changed_columns, n.index_cond, n.plan_rows
FROM advisor.plan_nodes n
	JOIN advisor.statements s USING (userid, dbid, toplevel, queryid)
WHERE s.query LIKE 'UPDATE public.pl_items%'
ORDER BY n.path;
SELECT relname, indexrelname, executions, statements FROM advisor.index_usage WHERE relname = 'pl_items';

-- Without examples no literal is kept, whatever it looks like.
SET advisor.track_examples = off;
SELECT count(*) FROM public.pl_items WHERE name <> E'x\n-> secret one\nSubject: My secret two';
SELECT p.plan ~ 'secret' AS plan, p.plan_json::text ~ 'secret' AS json, p.plan ~ 'Filter: \(name <> \$1' AS redacted
FROM advisor.plans p
	JOIN advisor.statements s USING (userid, dbid, toplevel, queryid)
WHERE s.query LIKE 'SELECT count(*) FROM public.pl_items WHERE name%';
SELECT count(*) FROM advisor.examples WHERE query LIKE '%secret%';

DROP FUNCTION public.pl_loop();
DROP TABLE public.pl_items;

-- Proves the table of README.md on a freshly loaded shop: each mistake shows in
-- the plan, and what should be advised changes the plan. All remedies are rolled
-- back. Prints one line for each check and fails if any of them is not "ok".
--     psql -X -v ON_ERROR_STOP=1 -f check.sql

\set ON_ERROR_STOP on
\set QUIET on
\pset pager off
\pset footer off
SET client_min_messages = warning;
SET TimeZone = 'UTC';
-- Parallel plans would only make the patterns below longer.
SET max_parallel_workers_per_gather = 0;

CREATE TEMP TABLE result (
	n			integer GENERATED ALWAYS AS IDENTITY,
	id			text,
	verdict		text,
	cost_before	numeric,
	cost_after	numeric,
	detail		text
);

CREATE FUNCTION pg_temp.plan(query text, options text) RETURNS text
	LANGUAGE plpgsql AS $$
DECLARE
	line text;
	result text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (' || options || ') ' || query LOOP
		result := result || line || E'\n';
	END LOOP;
	RETURN result;
END $$;

-- The plan of "query" must match "before"; after "remedy" (DDL, may be empty)
-- the plan of "rewritten" (default: the same query) must match "after". A
-- pattern that starts with ! must not match.
CREATE FUNCTION pg_temp.try(id text, query text, before text, remedy text, after text, rewritten text DEFAULT NULL, options text DEFAULT 'COSTS')
	RETURNS void
	LANGUAGE plpgsql AS $$
DECLARE
	p text;
	q text;
	wrong text := '';
BEGIN
	p := pg_temp.plan(query, options);
	BEGIN
		IF remedy <> '' THEN
			EXECUTE remedy;
		END IF;
		q := pg_temp.plan(coalesce(rewritten, query), options);
		RAISE EXCEPTION USING ERRCODE = 'SHOP0';
	EXCEPTION WHEN SQLSTATE 'SHOP0' THEN
		NULL;
	END;
	IF (p ~ ltrim(before, '!')) = (before LIKE '!%') THEN
		wrong := wrong || E'before:\n' || p;
	END IF;
	IF (q ~ ltrim(after, '!')) = (after LIKE '!%') THEN
		wrong := wrong || E'after:\n' || q;
	END IF;
	INSERT INTO result (id, verdict, cost_before, cost_after, detail)
	VALUES (id, CASE wrong WHEN '' THEN 'ok' ELSE 'WRONG' END, substring(p FROM '\.\.([0-9.]+) ')::numeric, substring(q FROM '\.\.([0-9.]+) ')::numeric, wrong);
END $$;

-- A fact about the catalogs or the rows.
CREATE FUNCTION pg_temp.fact(id text, holds boolean, what text) RETURNS void
	LANGUAGE sql
	AS $$ INSERT INTO result (id, verdict, detail) VALUES ($1, CASE WHEN $2 THEN 'ok' ELSE 'WRONG' END, CASE WHEN $2 THEN '' ELSE $3 END) $$;

\o /dev/null

-- Missing indexes.
SELECT pg_temp.try('M01', 'SELECT id FROM shop.orders WHERE customer_id = 5000 ORDER BY created_at DESC LIMIT 10', 'Seq Scan on orders|orders_created_at_idx',
	'CREATE INDEX advised ON shop.orders (customer_id)', 'advised');
SELECT pg_temp.try('M02', 'SELECT count(*) FROM shop.order_items WHERE product_id = 9000', 'Seq Scan on order_items',
	'CREATE INDEX advised ON shop.order_items (product_id)', 'advised');
SELECT pg_temp.try('M03', 'SELECT id FROM shop.payments WHERE order_id = 7777', 'Seq Scan on payments',
	'CREATE INDEX advised ON shop.payments (order_id)', 'advised');
SELECT pg_temp.try('M04', 'DELETE FROM ONLY shop.reviews WHERE customer_id = 99999', 'Seq Scan on reviews',
	'CREATE INDEX advised ON shop.reviews (customer_id)', 'advised');
SELECT pg_temp.try('M05', $$SELECT id FROM shop.customers WHERE lower(email) = 'user.4711@example.com'$$, 'Seq Scan on customers',
	'CREATE INDEX advised ON shop.customers (lower(email))', 'advised');
DO $$
BEGIN
	-- The only remedy that needs an extension; skipped where it is not installed.
	IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
		PERFORM pg_temp.try('M06', 'SELECT id FROM shop.products WHERE description ILIKE ''%dishwasher%''', 'Seq Scan on products',
			'CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA shop; CREATE INDEX advised ON shop.products USING gin (description shop.gin_trgm_ops)', 'advised');
	END IF;
END $$;
SELECT pg_temp.try('M07', $$SELECT id FROM shop.customers WHERE last_name LIKE 'Schmidtb%'$$, 'Seq Scan on customers',
	'CREATE INDEX advised ON shop.customers (last_name text_pattern_ops)', 'advised');
SELECT pg_temp.try('M08', $$SELECT id FROM shop.products WHERE attributes @> '{"color": "red", "model": "M16"}'$$, 'Seq Scan on products',
	'CREATE INDEX advised ON shop.products USING gin (attributes jsonb_path_ops)', 'advised');
SELECT pg_temp.try('M09', $$SELECT id FROM shop.products WHERE tags @> ARRAY['batch17']$$, 'Seq Scan on products',
	'CREATE INDEX advised ON shop.products USING gin (tags)', 'advised');
SELECT pg_temp.try('M10', $$SELECT id FROM shop.products WHERE to_tsvector('english', description) @@ to_tsquery('english', 'bamboo & hiking & fishing')$$, 'Seq Scan on products',
	$$CREATE INDEX advised ON shop.products USING gin (to_tsvector('english', description)); ANALYZE shop.products$$, 'advised');
SELECT pg_temp.try('M11', $$SELECT id FROM shop.events WHERE payload ->> 'order_id' = '4711'$$, 'Seq Scan on events',
	$$CREATE INDEX advised ON shop.events ((payload ->> 'order_id')); ANALYZE shop.events$$, 'advised');
SELECT pg_temp.try('M12', $$SELECT at, kind FROM shop.events WHERE customer_id = 5000 AND at > now() - interval '90 days' ORDER BY at DESC LIMIT 50$$, 'Filter:.*customer_id',
	'CREATE INDEX advised ON shop.events (customer_id, at)', 'advised');
SELECT pg_temp.try('M13 orders', $$SELECT id FROM shop.orders WHERE status = 'pending' ORDER BY id DESC LIMIT 20$$, 'Filter:.*pending',
	$$CREATE INDEX advised ON shop.orders (id) WHERE status = 'pending'$$, 'advised');
SELECT pg_temp.try('M13 jobs', $$SELECT id FROM shop.jobs WHERE state = 'queued' ORDER BY id LIMIT 1$$, '!advised',
	$$CREATE INDEX advised ON shop.jobs (id) WHERE state = 'queued'$$, 'advised');

-- Conditions that no index can serve as they are written.
SELECT pg_temp.try('M14', 'SELECT total FROM shop.orders WHERE id = 4711::numeric', 'Seq Scan on orders', '', 'orders_pkey',
	'SELECT total FROM shop.orders WHERE id = 4711::bigint');
SELECT pg_temp.try('M15', $$SELECT id FROM shop.orders WHERE legacy_code = 'L000032977'::text$$, 'Seq Scan on orders', '', 'orders_legacy_code_idx',
	$$SELECT id FROM shop.orders WHERE legacy_code = 'L000032977'::char(12)$$);
SELECT pg_temp.try('M16', 'SELECT count(*) FROM shop.orders WHERE created_at::date = current_date - 100', 'Seq Scan on orders', '', 'orders_created_at_idx',
	'SELECT count(*) FROM shop.orders WHERE created_at >= current_date - 100 AND created_at < current_date - 99');
SELECT pg_temp.try('M17', 'SELECT id FROM shop.orders WHERE customer_id = 60000 OR coupon_id = 110 ORDER BY id LIMIT 50', '!BitmapOr',
	'CREATE INDEX advised1 ON shop.orders (customer_id); CREATE INDEX advised2 ON shop.orders (coupon_id)', 'BitmapOr');

-- Indexes too many: the plans do without them.
SELECT pg_temp.try('M18', $$SELECT id FROM shop.customers WHERE email = 'User.4711@Example.com'$$, 'customers_email',
	'DROP INDEX shop.customers_email_dup_idx', 'customers_email_idx');
SELECT pg_temp.try('M19', $$SELECT id FROM shop.products WHERE sku = 'SKU-000001'$$, 'products_sku',
	'DROP INDEX shop.products_sku_idx', 'products_sku_key');
SELECT pg_temp.try('M20', 'SELECT id FROM shop.products WHERE category_id = 70', 'products_category',
	'DROP INDEX shop.products_category_idx', 'products_category_price_idx');
SELECT pg_temp.try('M21', 'SELECT product_id FROM shop.order_items WHERE order_id = 4711', 'order_items_',
	'DROP INDEX shop.order_items_order_id_idx', 'order_items_pkey');
-- Holds after a run of the workload as well.
SELECT pg_temp.fact('M22', (SELECT count(*) = 3 FROM pg_stat_user_indexes WHERE schemaname = 'shop' AND idx_scan = 0
	AND indexrelname IN ('customers_is_active_idx', 'orders_is_paid_idx', 'orders_note_idx')), 'never scanned');
SELECT pg_temp.fact('M24', (SELECT count(*) = 2 FROM pg_stat_user_indexes WHERE schemaname = 'shop' AND idx_scan = 0
	AND indexrelname IN ('products_view_count_idx', 'inventory_updated_at_idx')), 'never scanned');
SELECT pg_temp.try('M23', 'SELECT rating FROM shop.reviews WHERE product_id = 4711', 'reviews_product',
	'DROP INDEX shop.reviews_product_hash_idx', 'reviews_product_created_idx');
SELECT pg_temp.fact('M25', (SELECT count(*) = 1 FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE relnamespace = 'shop'::regnamespace AND NOT indisvalid), 'one invalid index');
SELECT pg_temp.try('M26', $$SELECT id FROM shop.customers WHERE lower(email) = 'user.4711@example.com'$$, '!customers_upper_email_idx', '', 'customers_upper_email_idx',
	$$SELECT id FROM shop.customers WHERE upper(email) = 'USER.4711@EXAMPLE.COM'$$);

-- Queries to be written in another way.
SELECT pg_temp.try('M27', 'SELECT id FROM shop.orders ORDER BY id LIMIT 20 OFFSET 200000', 'Limit  \(cost=[1-9][0-9]{3}', '', 'Index Cond: \(id > 200000\)',
	'SELECT id FROM shop.orders WHERE id > 200000 ORDER BY id LIMIT 20');
SELECT pg_temp.try('M30', 'SELECT count(*) FROM shop.customers WHERE id NOT IN (SELECT customer_id FROM shop.blocklist)', 'hashed SubPlan|hashed', '', 'Anti Join',
	'SELECT count(*) FROM shop.customers AS c WHERE NOT EXISTS (SELECT FROM shop.blocklist AS b WHERE b.customer_id = c.id)');
SELECT pg_temp.fact('M30 NULL', (SELECT count(*) = 0 FROM shop.customers WHERE id NOT IN (SELECT customer_id FROM shop.blocklist)), 'a NULL in the list hides all rows');
SELECT pg_temp.try('M30 large', 'SELECT id FROM shop.customers WHERE id BETWEEN 70000 AND 70004 AND id NOT IN (SELECT customer_id FROM shop.orders)', 'Materialize', '', 'Anti Join',
	'SELECT id FROM shop.customers AS c WHERE id BETWEEN 70000 AND 70004 AND NOT EXISTS (SELECT FROM shop.orders AS o WHERE o.customer_id = c.id)');
SELECT pg_temp.try('M31', 'SELECT p.id, (SELECT count(*) FROM shop.order_items AS i WHERE i.product_id = p.id) FROM shop.products AS p WHERE p.category_id = 50', 'SubPlan', '', '!SubPlan',
	'SELECT p.id, count(i.product_id) FROM shop.products AS p LEFT JOIN shop.order_items AS i ON i.product_id = p.id WHERE p.category_id = 50 GROUP BY p.id');
SELECT pg_temp.try('M32', 'SELECT id, row_number() OVER (ORDER BY last_name, first_name, id) FROM shop.customers', 'external merge',
	'SET LOCAL work_mem = ''64MB''', 'quicksort', NULL, 'ANALYZE, TIMING off');
-- Before version 16 the sort hides inside of the aggregate; its temporary files do not.
SELECT pg_temp.try('M33', $$SELECT count(DISTINCT customer_id) FROM shop.events WHERE at > now() - interval '200 days'$$, 'temp read',
	'SET LOCAL work_mem = ''64MB''', '!temp read', NULL, 'ANALYZE, BUFFERS, TIMING off');
SELECT pg_temp.try('M37', 'SELECT id FROM shop.products ORDER BY random() LIMIT 1', 'Sort', '', 'Index Cond',
	'SELECT id FROM shop.products WHERE id >= (SELECT (random() * 24000)::bigint) ORDER BY id LIMIT 1');
SELECT pg_temp.try('M38', 'SELECT count(*) FROM shop.events', 'Scan.* on events', '', 'pg_class_oid_index',
	'SELECT reltuples FROM pg_class WHERE oid = ''shop.events''::regclass');
SELECT pg_temp.try('M39', $$SELECT count(*) FROM (SELECT 'review' AS what, id FROM shop.reviews UNION SELECT 'wish', id FROM shop.wishlists) AS u$$, 'HashAggregate|Unique', '', '!HashAggregate|Unique',
	$$SELECT count(*) FROM (SELECT 'review' AS what, id FROM shop.reviews UNION ALL SELECT 'wish', id FROM shop.wishlists) AS u$$);
SELECT pg_temp.try('M40', 'SELECT DISTINCT c.id, c.last_name FROM shop.customers AS c JOIN shop.reviews AS r ON r.customer_id = c.id WHERE r.rating = 1', 'HashAggregate|Unique', '', 'Semi Join|HashAggregate.*\n.*Group Key: r.customer_id',
	'SELECT c.id, c.last_name FROM shop.customers AS c WHERE EXISTS (SELECT FROM shop.reviews AS r WHERE r.customer_id = c.id AND r.rating = 1)');
SELECT pg_temp.try('M49', 'SELECT id, shop.stock_of(id) FROM shop.products WHERE category_id = 50', '!inventory', '', 'inventory',
	'SELECT p.id, sum(i.quantity) FROM shop.products AS p LEFT JOIN shop.inventory AS i ON i.product_id = p.id WHERE category_id = 50 GROUP BY p.id');

-- Statistics. A copy of the carts, because ANALYZE would change the row count
-- in pg_class for good, rolled back or not.
SELECT pg_temp.try('M34', $$SELECT max(u.last_seen) FROM shop.carts AS c JOIN shop.customers AS u ON u.id = c.customer_id WHERE c.status = 'abandoned' AND c.updated_at > now() - interval '60 days'$$, 'Nested Loop',
	'CREATE TABLE shop.carts_fresh (LIKE shop.carts INCLUDING ALL EXCLUDING IDENTITY); INSERT INTO shop.carts_fresh SELECT * FROM shop.carts; ANALYZE shop.carts_fresh', 'Hash Join|Merge Join',
	$$SELECT max(u.last_seen) FROM shop.carts_fresh AS c JOIN shop.customers AS u ON u.id = c.customer_id WHERE c.status = 'abandoned' AND c.updated_at > now() - interval '60 days'$$);
SELECT pg_temp.try('M35', $$SELECT c.id, c.last_name FROM shop.addresses AS a JOIN shop.customers AS c ON c.id = a.customer_id WHERE a.country_code = 'DE' AND a.city = 'Berlin' AND a.zip = '01014'$$, 'Nested Loop',
	'CREATE STATISTICS shop.advised (dependencies, mcv) ON country_code, city, zip FROM shop.addresses; ANALYZE shop.addresses', 'Hash Join|Merge Join');
SELECT pg_temp.try('M52', $$SELECT date_trunc('month', created_at AT TIME ZONE 'UTC'), sum(total) FROM shop.orders GROUP BY 1 ORDER BY 1$$, 'GroupAggregate',
	$$CREATE STATISTICS shop.advised ON (date_trunc('month', created_at AT TIME ZONE 'UTC')) FROM shop.orders; ANALYZE shop.orders$$, 'HashAggregate');
SELECT pg_temp.try('M36 brin', $$SELECT count(*) FROM shop.events WHERE at BETWEEN now() - interval '20 days' AND now() - interval '17 days'$$, 'events_at_idx',
	'DROP INDEX shop.events_at_idx; CREATE INDEX advised ON shop.events USING brin (at)', 'advised');
SELECT pg_temp.fact('M36 order', (SELECT abs(correlation) > 0.99 FROM pg_stats WHERE schemaname = 'shop' AND tablename = 'events' AND attname = 'at'), 'events lie in time order');
SELECT pg_temp.try('M36 parts', $$SELECT count(*) FROM shop.events WHERE at >= date_trunc('month', current_date) - interval '1 month' AND at < date_trunc('month', current_date)$$, 'events_at_idx',
	$x$CREATE TABLE shop.events_parts (LIKE shop.events) PARTITION BY RANGE (at);
	SELECT set_config('x.dummy', '', true);
	DO $$ BEGIN FOR m IN 0 .. 13 LOOP
		EXECUTE format('CREATE TABLE shop.events_part_%s PARTITION OF shop.events_parts FOR VALUES FROM (%L) TO (%L)', m,
			date_trunc('month', current_date) - make_interval(months => m), date_trunc('month', current_date) - make_interval(months => m - 1));
	END LOOP; END $$$x$, 'Subplans Removed: 13',
	$$SELECT count(*) FROM shop.events_parts WHERE at >= date_trunc('month', current_date) - interval '1 month' AND at < date_trunc('month', current_date)$$);

-- Health.
SELECT pg_temp.fact('M41', (SELECT last_value > 0.9 * 2147483647 FROM shop.audit_log_id_seq) AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = 'shop.audit_log'::regclass), 'sequence nearly used up, no key');
SELECT pg_temp.fact('M42', EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'shop.payments'::regclass AND NOT convalidated), 'a constraint is not validated');
SELECT pg_temp.fact('M43', pg_relation_size('shop.sessions') > 2.5 * (SELECT sum(pg_column_size(s)) FROM shop.sessions AS s), 'sessions are bloated');

-- Traps.
SELECT pg_temp.fact('T01', EXISTS (SELECT FROM pg_constraint WHERE conindid = 'shop.customers_referral_code_key'::regclass), 'a constraint');
SELECT pg_temp.try('T02', 'DELETE FROM ONLY shop.wishlists WHERE customer_id = 4711', 'wishlists_customer_id_idx', '', 'wishlists_customer_id_idx');
SELECT pg_temp.try('T03', 'SELECT method, count(*) FROM shop.payments WHERE period = (SELECT max(period) FROM shop.payments) GROUP BY method', 'payments_period_method_idx',
	'DROP INDEX shop.payments_period_method_idx', 'Seq Scan');
SELECT pg_temp.fact('T04', (SELECT indisreplident FROM pg_index WHERE indexrelid = 'shop.coupons_serial_idx'::regclass), 'replica identity');
SELECT pg_temp.fact('T05', (SELECT indisunique FROM pg_index WHERE indexrelid = 'shop.orders_order_no_key'::regclass), 'unique');
SELECT pg_temp.try('T05', $$SELECT id FROM shop.orders WHERE order_no = 'O-00004711'$$, 'orders_order_no', 'DROP INDEX shop.orders_order_no_created_idx', 'orders_order_no_key');
SELECT pg_temp.fact('T06', (SELECT indisexclusion FROM pg_index WHERE indexrelid = 'shop.promotions_period_excl'::regclass), 'exclusion constraint');
SELECT pg_temp.try('T07 order', 'SELECT id FROM shop.products ORDER BY name LIMIT 20', 'products_name_idx', 'DROP INDEX shop.products_name_idx', 'Seq Scan');
-- In a database with the C collation the plain index serves the pattern, too.
SELECT pg_temp.try('T07 prefix', $$SELECT id FROM shop.products WHERE name LIKE 'Smart Lamp 12%'$$, 'products_name', 'DROP INDEX shop.products_name_pattern_idx', 'Seq Scan|products_name_idx');
SELECT pg_temp.try('T08', 'SELECT id FROM shop.customers WHERE last_seen IS NOT NULL ORDER BY last_seen DESC LIMIT 20', 'customers_last_seen_idx', 'DROP INDEX shop.customers_last_seen_idx', 'Seq Scan');
SELECT pg_temp.try('T10 countries', 'SELECT vat_rate FROM shop.countries WHERE name = ''Italy''', 'Seq Scan', 'CREATE INDEX useless ON shop.countries (name)', 'Seq Scan');
SELECT pg_temp.try('T10 coupons', 'SELECT id FROM shop.coupons WHERE lower(code) = ''save7''', 'Seq Scan', 'CREATE INDEX useless ON shop.coupons (lower(code)); ANALYZE shop.coupons', 'Seq Scan');
SELECT pg_temp.try('T11', 'SELECT period, method, sum(amount) FROM shop.payments GROUP BY period, method ORDER BY period, method', 'Seq Scan', 'CREATE INDEX useless ON shop.payments (method)', 'Seq Scan');
SELECT pg_temp.try('T12', 'SELECT count(*), sum(total) FROM shop.orders WHERE status = ''done''', 'Seq Scan', 'CREATE INDEX useless ON shop.orders (status)', 'Seq Scan');

SELECT pg_temp.try('T17', 'SELECT count(*) FROM shop.events', 'events_kind_idx', '', 'events_kind_idx');

\o
SELECT id, verdict, cost_before, cost_after, detail FROM result ORDER BY n;
DO $$
BEGIN
	IF EXISTS (SELECT FROM result WHERE verdict <> 'ok') THEN
		RAISE EXCEPTION 'the shop does not show all of its mistakes';
	END IF;
END $$;

-- The rows. Every value is arithmetic on the row number (see shop.h), so two
-- loads give the same rows; only the dates move with :today.

SELECT (:'today'::timestamptz - interval '13 months')::text AS t0,
	extract(epoch FROM :'today'::timestamptz - (:'today'::timestamptz - interval '13 months'))::bigint AS span \gset

INSERT INTO shop.countries VALUES
	('DE', 'Germany', 19), ('FR', 'France', 20), ('IT', 'Italy', 22), ('ES', 'Spain', 21),
	('NL', 'Netherlands', 21), ('AT', 'Austria', 20), ('CH', 'Switzerland', 8.1), ('PL', 'Poland', 23),
	('SE', 'Sweden', 25), ('DK', 'Denmark', 25), ('CZ', 'Czechia', 21), ('PT', 'Portugal', 23);

-- 40 cities in 12 countries, the first ones the largest.
CREATE TEMP TABLE city AS
SELECT row_number() OVER () AS id, code, name
FROM (VALUES
	('DE', 'Berlin'), ('DE', 'Hamburg'), ('FR', 'Paris'), ('IT', 'Roma'), ('ES', 'Madrid'),
	('DE', 'Muenchen'), ('AT', 'Wien'), ('PL', 'Warszawa'), ('NL', 'Amsterdam'), ('DE', 'Koeln'),
	('FR', 'Lyon'), ('IT', 'Milano'), ('ES', 'Barcelona'), ('SE', 'Stockholm'), ('DK', 'Kobenhavn'),
	('CZ', 'Praha'), ('PT', 'Lisboa'), ('CH', 'Zuerich'), ('DE', 'Frankfurt'), ('DE', 'Stuttgart'),
	('FR', 'Marseille'), ('FR', 'Lille'), ('IT', 'Napoli'), ('IT', 'Torino'), ('ES', 'Valencia'),
	('ES', 'Sevilla'), ('NL', 'Rotterdam'), ('NL', 'Utrecht'), ('AT', 'Graz'), ('AT', 'Linz'),
	('CH', 'Basel'), ('CH', 'Bern'), ('PL', 'Krakow'), ('PL', 'Gdansk'), ('SE', 'Goeteborg'),
	('DK', 'Aarhus'), ('CZ', 'Brno'), ('PT', 'Porto'), ('DE', 'Leipzig'), ('DE', 'Dresden')
) AS v (code, name);

\echo '  customers, addresses'
INSERT INTO shop.customers (id, email, first_name, last_name, country_code, referral_code, is_active, login_count, last_seen, created_at)
SELECT i, 'User.' || i || '@Example.com', f, l,
	(ARRAY['DE', 'FR', 'IT', 'ES', 'NL', 'AT', 'CH', 'PL', 'SE', 'DK', 'CZ', 'PT'])[shop.skewed(i, 12, 12, 2)],
	'R' || upper(to_hex(hashint8extended(i, 13))), i % 10 <> 0, shop.skewed(i, 14, 200, 3),
	:'t0'::timestamptz + make_interval(secs => :span * sqrt(shop.h(i, 15))),
	:'t0'::timestamptz - interval '3 years' + i * (interval '3 years' / 120000)
FROM (
	SELECT i,
		(ARRAY['Anna', 'Ben', 'Carla', 'David', 'Eva', 'Felix', 'Greta', 'Hugo', 'Ines', 'Jan', 'Karin', 'Luis', 'Maria', 'Nils', 'Olga', 'Paul', 'Rosa', 'Sven', 'Tina', 'Uwe'])[1 + (shop.h(i, 10) * 19)::integer] AS f,
		(ARRAY['Abel', 'Bach', 'Costa', 'Dubois', 'Eder', 'Fischer', 'Garcia', 'Hansen', 'Ivanov', 'Jung', 'Keller', 'Lopez', 'Mueller', 'Novak', 'Ortiz', 'Petit', 'Rossi', 'Schmidt', 'Torres', 'Vogel'])[1 + (shop.h(i, 11) * 19)::integer]
		|| (ARRAY['', 'son', 'er', 'mann', 'berg', 'feld', 'stein', 'haus', 'bach', 'au'])[1 + (shop.h(i, 16) * 9)::integer] AS l
	FROM generate_series(1, 120000) AS i
) AS p;

INSERT INTO shop.addresses (id, customer_id, country_code, city, zip, street)
SELECT i, CASE WHEN i <= 120000 THEN i ELSE shop.skewed(i, 21, 120000, 1) END, c.code, c.name,
	lpad((c.id * 1000 + shop.skewed(i, 22, 5, 1) * 7)::text, 5, '0'),
	'Street ' || shop.skewed(i, 23, 900, 1)
FROM generate_series(1, 150000) AS i
JOIN city AS c ON c.id = shop.skewed(i, 20, 40, 2.2);

\echo '  products'
INSERT INTO shop.categories
SELECT i, CASE WHEN i > 6 THEN 1 + (i - 7) / 6 END, 'Category ' || i FROM generate_series(1, 120) AS i;

INSERT INTO shop.suppliers
SELECT i, 'Supplier ' || i FROM generate_series(1, 300) AS i;

INSERT INTO shop.products (id, sku, name, description, category_id, supplier_id, price, tags, attributes, view_count, created_at)
SELECT i, 'SKU-' || lpad(i::text, 6, '0'),
	a[1 + i % 16] || ' ' || n[1 + (shop.h(i, 31) * 15)::integer] || ' ' || i,
	'The ' || a[1 + i % 16] || ' ' || n[1 + (shop.h(i, 31) * 15)::integer] || ' is made of ' || m[1 + (shop.h(i, 32) * 9)::integer]
	|| ', ideal for ' || u[1 + (shop.h(i, 33) * 11)::integer] || ' and ' || u[1 + (shop.h(i, 34) * 11)::integer]
	|| CASE WHEN i % 200 = 0 THEN ', dishwasher proof' ELSE '' END || '. Comes with a warranty of ' || 1 + i % 5 || ' years.',
	shop.skewed(i, 35, 120, 1.5), shop.skewed(i, 36, 300, 2), round((3 + 497 * power(shop.h(i, 37), 2))::numeric, 2),
	ARRAY[t[1 + (shop.h(i, 38) * 24)::integer], t[1 + (shop.h(i, 39) * 24)::integer], 'batch' || i % 400],
	jsonb_build_object('color', (ARRAY['red', 'blue', 'green', 'black', 'white', 'grey', 'yellow', 'brown'])[1 + i % 8],
		'size', (ARRAY['XS', 'S', 'M', 'L', 'XL'])[1 + (shop.h(i, 40) * 4)::integer],
		'weight_g', 50 + i % 1950, 'material', m[1 + (shop.h(i, 32) * 9)::integer], 'model', 'M' || i % 500),
	shop.skewed(i, 41, 5000, 4), :'t0'::timestamptz - make_interval(days => 1 + i::integer % 900)
FROM generate_series(1, 24000) AS i,
	(SELECT ARRAY['Light', 'Solid', 'Classic', 'Modern', 'Small', 'Large', 'Foldable', 'Portable', 'Elegant', 'Robust', 'Silent', 'Smart', 'Vintage', 'Compact', 'Deluxe', 'Simple'] AS a,
		ARRAY['Lamp', 'Chair', 'Table', 'Mug', 'Bottle', 'Backpack', 'Tent', 'Knife', 'Pan', 'Clock', 'Shelf', 'Mirror', 'Carpet', 'Pillow', 'Desk', 'Kettle'] AS n,
		ARRAY['oak', 'steel', 'glass', 'plastic', 'aluminium', 'cotton', 'leather', 'bamboo', 'ceramics', 'wool'] AS m,
		ARRAY['camping', 'cooking', 'travel', 'office', 'garden', 'sports', 'children', 'students', 'parties', 'reading', 'hiking', 'fishing'] AS u,
		ARRAY['sale', 'new', 'eco', 'gift', 'home', 'office', 'garden', 'outdoor', 'kids', 'sport', 'travel', 'kitchen', 'bath', 'bed', 'light', 'music', 'book', 'toy', 'pet', 'car', 'bike', 'tool', 'paint', 'winter', 'summer'] AS t) AS w;

INSERT INTO shop.inventory
SELECT p, w, shop.skewed(p * 2 + w, 50, 500, 1), :'today'::timestamptz - make_interval(mins => shop.skewed(p * 2 + w, 51, 40000, 1))
FROM generate_series(1, 24000) AS p, generate_series(1, 2) AS w;

\echo '  orders'
-- 0.4 % of the orders are pending, nearly all others done.
INSERT INTO shop.orders (id, order_no, legacy_code, customer_id, country_code, coupon_id, status, is_paid, total, note, created_at)
SELECT i, 'O-' || lpad(i::text, 8, '0'), 'L' || lpad((i * 7 % 1000003)::text, 9, '0'), shop.skewed(i, 60, 120000, 2.5),
	(ARRAY['DE', 'FR', 'IT', 'ES', 'NL', 'AT', 'CH', 'PL', 'SE', 'DK', 'CZ', 'PT'])[shop.skewed(i, 61, 12, 2)],
	CASE WHEN i % 20 = 0 THEN shop.skewed(i, 62, 120, 2) END,
	CASE WHEN shop.h(i, 63) < 0.004 THEN 'pending' WHEN shop.h(i, 63) < 0.02 THEN 'cancelled' WHEN shop.h(i, 63) < 0.05 THEN 'shipped' ELSE 'done' END,
	shop.h(i, 63) >= 0.02, round((5 + 800 * power(shop.h(i, 64), 3))::numeric, 2),
	CASE WHEN i % 50 = 0 THEN 'Please ring twice, ' || i END,
	:'t0'::timestamptz + make_interval(secs => :span * (i / 320000.0::double precision))
FROM generate_series(1, 320000) AS i;

INSERT INTO shop.order_items
SELECT i, l, shop.skewed(i * 4 + l, 71, 24000, 2), shop.skewed(i * 4 + l, 72, 5, 3), round((3 + 497 * power(shop.h(shop.skewed(i * 4 + l, 71, 24000, 2), 37), 2))::numeric, 2)
FROM generate_series(1, 320000) AS i, generate_series(1, shop.skewed(i, 70, 4, 1)) AS l;

\echo '  payments, reviews'
INSERT INTO shop.payments (id, order_id, method, amount, period, paid_at)
SELECT id, id, (ARRAY['card', 'paypal', 'invoice', 'transfer'])[shop.skewed(id, 80, 4, 2)], total, date_trunc('month', created_at)::date,
	created_at + make_interval(secs => 7200 * shop.h(id, 82))
FROM shop.orders WHERE is_paid ORDER BY id;

INSERT INTO shop.reviews (id, product_id, customer_id, rating, body, created_at)
SELECT i, shop.skewed(i, 90, 24000, 2), shop.skewed(i, 91, 120000, 2), 6 - shop.skewed(i, 92, 5, 2),
	(ARRAY['Very good', 'Fine', 'Not what I expected', 'Broke after a week', 'Great value', 'Would buy again'])[1 + i % 6] || ', number ' || i,
	:'t0'::timestamptz + make_interval(secs => :span * (i / 90000.0::double precision))
FROM generate_series(1, 90000) AS i;

\echo '  events'
INSERT INTO shop.events (id, at, kind, customer_id, payload)
SELECT i, :'t0'::timestamptz + make_interval(secs => :span * (i / 600000.0::double precision)),
	(ARRAY['page', 'click', 'search', 'cart', 'order', 'error'])[shop.skewed(i, 100, 6, 2.5)],
	CASE WHEN i % 4 <> 0 THEN shop.skewed(i, 101, 120000, 2.5) END,
	jsonb_build_object('path', '/p/' || shop.skewed(i, 102, 24000, 2), 'order_id', i / 2, 'ms', shop.skewed(i, 103, 900, 4))
FROM generate_series(1, 600000) AS i;

\echo '  carts and the rest'
-- What the planner believes of the carts: 2000 old rows, all of them open.
INSERT INTO shop.carts (id, customer_id, status, item_count, updated_at)
SELECT i, shop.skewed(i, 110, 120000, 1), 'open', shop.skewed(i, 111, 8, 2), :'t0'::timestamptz + make_interval(mins => i)
FROM generate_series(1, 2000) AS i;
ANALYZE shop.carts;
-- What is true: 120000 rows, most of them abandoned.
INSERT INTO shop.carts (id, customer_id, status, item_count, updated_at)
SELECT i, shop.skewed(i, 110, 120000, 1), CASE WHEN i % 5 = 0 THEN 'open' ELSE 'abandoned' END, shop.skewed(i, 111, 8, 2),
	:'t0'::timestamptz + make_interval(secs => :span * (i / 120000.0::double precision))
FROM generate_series(2001, 120000) AS i;

INSERT INTO shop.sessions (id, customer_id, data, touched_at)
SELECT i, shop.skewed(i, 120, 120000, 2), repeat(to_hex(hashint8extended(i, 121)), 8), :'today'::timestamptz - make_interval(secs => 60000 - i)
FROM generate_series(1, 40000) AS i;

-- 30 of 40000 jobs are still to do.
INSERT INTO shop.jobs (id, state, task, done_at)
SELECT i, CASE WHEN i > 39970 THEN 'queued' ELSE 'done' END, 'mail ' || i, CASE WHEN i <= 39970 THEN :'t0'::timestamptz + make_interval(secs => i) END
FROM generate_series(1, 40000) AS i;

INSERT INTO shop.wishlists (id, customer_id, product_id, added_at)
SELECT i, 1 + i::bigint * 7919 % 120000, 1 + i::bigint * 104729 % 24000, :'t0'::timestamptz + make_interval(secs => i)
FROM generate_series(1, 40000) AS i;

INSERT INTO shop.coupons
SELECT i, 'SAVE' || i, 770000000000 + i, 5 + i % 4 * 5 FROM generate_series(1, 120) AS i;

INSERT INTO shop.coupon_uses
SELECT DISTINCT ON (1, 2) coupon_id, customer_id, created_at FROM shop.orders WHERE coupon_id IS NOT NULL ORDER BY 1, 2, 3;

INSERT INTO shop.blocklist
SELECT i, CASE WHEN i % 10 <> 0 THEN i * 50 END, 'chargeback' FROM generate_series(1, 2000) AS i;

INSERT INTO shop.promotions
SELECT i, tstzrange(:'t0'::timestamptz + make_interval(days => 6 * i), :'t0'::timestamptz + make_interval(days => 6 * i + 5)), 'Week ' || i
FROM generate_series(1, 60) AS i;

INSERT INTO shop.audit_log (id, product_id, old_price, new_price, at)
SELECT 2040000000 + i, shop.skewed(i, 130, 24000, 2), 10, 11, :'t0'::timestamptz + make_interval(secs => i)
FROM generate_series(1, 5000) AS i;

INSERT INTO shop.counters (name) VALUES ('orders'), ('page_views'), ('mails'), ('errors');

DROP TABLE city;
SELECT setval('shop.audit_log_id_seq', 2040005000) AS dummy \gset
SELECT setval(pg_get_serial_sequence('shop.' || t, 'id'), n) AS dummy FROM (VALUES ('customers', 120000), ('addresses', 150000), ('products', 24000),
	('orders', 320000), ('payments', 320000), ('reviews', 90000), ('events', 600000), ('carts', 120000), ('sessions', 40000), ('jobs', 40000),
	('wishlists', 40000)) AS v (t, n) \g /dev/null

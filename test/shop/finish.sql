-- Statistics as autovacuum would have left them: fresh for all tables but
-- shop.carts (M34), and the dead rows of shop.sessions stay (M43).

VACUUM (ANALYZE) shop.countries, shop.customers, shop.addresses, shop.categories, shop.suppliers, shop.products, shop.inventory,
	shop.orders, shop.order_items, shop.payments, shop.reviews, shop.events, shop.jobs, shop.wishlists, shop.coupons,
	shop.coupon_uses, shop.blocklist, shop.promotions, shop.audit_log, shop.counters;

ANALYZE shop.sessions;
UPDATE shop.sessions SET hits = hits + 1, data = data || 'x';
UPDATE shop.sessions SET hits = hits + 1, data = data || 'y';

-- T03: this month's run.
SELECT count(*) AS methods FROM shop.month_end_report((SELECT max(period) FROM shop.payments)) \gset

-- Keys, foreign keys and indexes. The letters are those of README.md: M for
-- mistakes, T for traps (looks like a mistake and must stay).

ALTER TABLE shop.countries ADD PRIMARY KEY (code);
ALTER TABLE shop.customers ADD PRIMARY KEY (id);
ALTER TABLE shop.addresses ADD PRIMARY KEY (id);
ALTER TABLE shop.categories ADD PRIMARY KEY (id);
ALTER TABLE shop.suppliers ADD PRIMARY KEY (id);
ALTER TABLE shop.products ADD PRIMARY KEY (id);
ALTER TABLE shop.products ADD UNIQUE (sku);
ALTER TABLE shop.inventory ADD PRIMARY KEY (product_id, warehouse);
ALTER TABLE shop.orders ADD PRIMARY KEY (id);
ALTER TABLE shop.orders ADD UNIQUE (order_no);					-- T05
ALTER TABLE shop.order_items ADD PRIMARY KEY (order_id, line_no);
ALTER TABLE shop.payments ADD PRIMARY KEY (id);
ALTER TABLE shop.reviews ADD PRIMARY KEY (id);
ALTER TABLE shop.events ADD PRIMARY KEY (id);
ALTER TABLE shop.sessions ADD PRIMARY KEY (id);
ALTER TABLE shop.jobs ADD PRIMARY KEY (id);
ALTER TABLE shop.wishlists ADD PRIMARY KEY (id);
ALTER TABLE shop.wishlists ADD UNIQUE (product_id, customer_id);
ALTER TABLE shop.coupons ADD PRIMARY KEY (id);
ALTER TABLE shop.coupons ADD UNIQUE (code);
ALTER TABLE shop.coupon_uses ADD PRIMARY KEY (coupon_id, customer_id);
ALTER TABLE shop.blocklist ADD PRIMARY KEY (id);
ALTER TABLE shop.promotions ADD PRIMARY KEY (id);
ALTER TABLE shop.counters ADD PRIMARY KEY (name);

-- T01: unique, never scanned, enforces that codes are given once.
ALTER TABLE shop.customers ADD UNIQUE (referral_code);
-- T04: never scanned by a query, but it is the replica identity.
CREATE UNIQUE INDEX coupons_serial_idx ON shop.coupons (serial);
ALTER TABLE shop.coupons ALTER serial SET NOT NULL, REPLICA IDENTITY USING INDEX coupons_serial_idx;
-- T06: enforces that promotions do not overlap.
ALTER TABLE shop.promotions ADD EXCLUDE USING gist (period WITH &&);

-- M18: twice the same.
CREATE INDEX customers_email_idx ON shop.customers (email);
CREATE INDEX customers_email_dup_idx ON shop.customers (email);
-- M26: the queries say lower(email).
CREATE INDEX customers_upper_email_idx ON shop.customers (upper(email));
-- M22: never used.
CREATE INDEX customers_is_active_idx ON shop.customers (is_active);
-- T08: makes every login a non-HOT update, and is used all the same.
CREATE INDEX customers_last_seen_idx ON shop.customers (last_seen);
CREATE INDEX addresses_customer_id_idx ON shop.addresses (customer_id);

-- M19: the same as the constraint's index.
CREATE INDEX products_sku_idx ON shop.products (sku);
-- M20: the first is a prefix of the second.
CREATE INDEX products_category_idx ON shop.products (category_id);
CREATE INDEX products_category_price_idx ON shop.products (category_id, price);
-- M24: an index on a column that every page view updates.
CREATE INDEX products_view_count_idx ON shop.products (view_count);
-- T07: not duplicates, the operator classes differ.
CREATE INDEX products_name_idx ON shop.products (name);
CREATE INDEX products_name_pattern_idx ON shop.products (name text_pattern_ops);
-- M24: and every movement of stock updates this one.
CREATE INDEX inventory_updated_at_idx ON shop.inventory (updated_at);

CREATE INDEX orders_created_at_idx ON shop.orders (created_at);
-- T16: unused only because of the query (M15).
CREATE INDEX orders_legacy_code_idx ON shop.orders (legacy_code);
-- M22.
CREATE INDEX orders_is_paid_idx ON shop.orders (is_paid);
CREATE INDEX orders_note_idx ON shop.orders (note);
-- M22, T05: covers the unique one, which must stay all the same.
CREATE INDEX orders_order_no_created_idx ON shop.orders (order_no, created_at);
-- M21: a prefix of the primary key.
CREATE INDEX order_items_order_id_idx ON shop.order_items (order_id);
CREATE INDEX payments_paid_at_idx ON shop.payments (paid_at);
-- T03: used once a month.
CREATE INDEX payments_period_method_idx ON shop.payments (period, method);

-- M23: a hash index next to a B-tree that begins with the same column.
CREATE INDEX reviews_product_hash_idx ON shop.reviews USING hash (product_id);
CREATE INDEX reviews_product_created_idx ON shop.reviews (product_id, created_at);
-- M25: what a failed CREATE INDEX CONCURRENTLY leaves behind.
CREATE INDEX reviews_rating_idx ON shop.reviews (rating);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shop.reviews_rating_idx'::regclass;

CREATE INDEX events_at_idx ON shop.events (at);
-- T17: serves no condition, but count(*) reads it for being the smallest.
CREATE INDEX events_kind_idx ON shop.events (kind);
-- M13: indexes 40000 finished jobs to find the 30 others.
CREATE INDEX jobs_state_idx ON shop.jobs (state);
-- T02: scanned by nothing but the cascade from customers.
CREATE INDEX wishlists_customer_id_idx ON shop.wishlists (customer_id);

ALTER TABLE shop.customers ADD FOREIGN KEY (country_code) REFERENCES shop.countries;
ALTER TABLE shop.addresses ADD FOREIGN KEY (customer_id) REFERENCES shop.customers ON DELETE CASCADE;
ALTER TABLE shop.categories ADD FOREIGN KEY (parent_id) REFERENCES shop.categories;
ALTER TABLE shop.products ADD FOREIGN KEY (category_id) REFERENCES shop.categories;
ALTER TABLE shop.products ADD FOREIGN KEY (supplier_id) REFERENCES shop.suppliers;
ALTER TABLE shop.inventory ADD FOREIGN KEY (product_id) REFERENCES shop.products;
ALTER TABLE shop.orders ADD FOREIGN KEY (customer_id) REFERENCES shop.customers;
ALTER TABLE shop.orders ADD FOREIGN KEY (country_code) REFERENCES shop.countries;
ALTER TABLE shop.orders ADD FOREIGN KEY (coupon_id) REFERENCES shop.coupons;
ALTER TABLE shop.order_items ADD FOREIGN KEY (order_id) REFERENCES shop.orders ON DELETE CASCADE;
ALTER TABLE shop.order_items ADD FOREIGN KEY (product_id) REFERENCES shop.products;
ALTER TABLE shop.payments ADD FOREIGN KEY (order_id) REFERENCES shop.orders ON DELETE CASCADE;
ALTER TABLE shop.reviews ADD FOREIGN KEY (product_id) REFERENCES shop.products;
ALTER TABLE shop.reviews ADD FOREIGN KEY (customer_id) REFERENCES shop.customers ON DELETE CASCADE;
ALTER TABLE shop.wishlists ADD FOREIGN KEY (customer_id) REFERENCES shop.customers ON DELETE CASCADE;
ALTER TABLE shop.wishlists ADD FOREIGN KEY (product_id) REFERENCES shop.products;
ALTER TABLE shop.coupon_uses ADD FOREIGN KEY (coupon_id) REFERENCES shop.coupons;

-- M42: never validated.
ALTER TABLE shop.payments ADD CONSTRAINT payments_amount_check CHECK (amount > 0) NOT VALID;

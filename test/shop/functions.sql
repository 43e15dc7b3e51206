-- Functions, procedures and the trigger of the shop. The letters are those of
-- README.md.

-- M28: inserts the items one by one. Products in ascending order, so that two
-- orders never wait for each other crosswise. -> id of the order
CREATE FUNCTION shop.place_order(customer bigint, first_product bigint, items integer) RETURNS bigint
	LANGUAGE plpgsql AS $$
DECLARE
	o bigint;
	p bigint;
BEGIN
	INSERT INTO shop.orders (order_no, legacy_code, customer_id, country_code)
	VALUES ('N-' || gen_random_uuid(), 'N', customer, 'DE') RETURNING id INTO o;
	FOR n IN 1 .. items LOOP
		p := least(first_product + n * 3, 24000);
		INSERT INTO shop.order_items (order_id, line_no, product_id, quantity, unit_price)
		VALUES (o, n, p, 1, (SELECT price FROM shop.products WHERE id = p));
		UPDATE shop.inventory SET quantity = quantity - 1, updated_at = now() WHERE product_id = p AND warehouse = 1;
	END LOOP;
	UPDATE shop.orders SET total = (SELECT sum(quantity * unit_price) FROM shop.order_items WHERE order_id = o) WHERE id = o;
	-- M44: everybody's order updates this one row.
	UPDATE shop.counters SET value = value + 1 WHERE name = 'orders';
	RETURN o;
END $$;

-- M29: one query for the orders and two more for each of them, instead of a join.
CREATE FUNCTION shop.customer_turnover(customer bigint, newest integer) RETURNS numeric
	LANGUAGE plpgsql STABLE AS $$
DECLARE
	r record;
	amount numeric;
	lines numeric;
	result numeric := 0;
BEGIN
	FOR r IN SELECT id FROM shop.orders WHERE id BETWEEN customer * 2 AND customer * 2 + newest ORDER BY id DESC LOOP
		SELECT sum(quantity * unit_price) INTO amount FROM shop.order_items WHERE order_id = r.id;
		SELECT count(*) INTO lines FROM shop.order_items AS i JOIN shop.products AS p ON p.id = i.product_id WHERE i.order_id = r.id;
		IF lines > 0 THEN
			result := result + coalesce(amount, 0);
		END IF;
	END LOOP;
	RETURN result;
END $$;

-- M28: one INSERT for each event, instead of INSERT ... SELECT.
CREATE FUNCTION shop.import_events(customer bigint, n integer) RETURNS void
	LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. n LOOP
		INSERT INTO shop.events (kind, customer_id, payload)
		VALUES ('import', customer, jsonb_build_object('path', '/import', 'step', i));
	END LOOP;
END $$;

-- Fails whenever the customer has used the coupon before (unique violation),
-- and tells so by its result.
CREATE FUNCTION shop.redeem_coupon(coupon integer, customer bigint) RETURNS boolean
	LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO shop.coupon_uses (coupon_id, customer_id) VALUES (coupon, customer);
	RETURN true;
EXCEPTION WHEN unique_violation THEN
	RETURN false;
END $$;

-- Divides by zero for products without any sale in the range.
CREATE FUNCTION shop.return_rate(product bigint) RETURNS numeric
	LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (SELECT count(*) FILTER (WHERE rating <= 2)::numeric / count(*) FILTER (WHERE rating >= 4) FROM shop.reviews WHERE product_id = product);
EXCEPTION WHEN division_by_zero THEN
	RETURN NULL;
END $$;

-- M45: a subtransaction for each row; every fourth one fails on the type.
CREATE FUNCTION shop.import_prices(first_product bigint, prices text[]) RETURNS integer
	LANGUAGE plpgsql AS $$
DECLARE
	failed integer := 0;
BEGIN
	FOR i IN 1 .. array_length(prices, 1) LOOP
		BEGIN
			UPDATE shop.products SET price = prices[i]::numeric WHERE id = first_product + i;
		EXCEPTION WHEN invalid_text_representation THEN
			failed := failed + 1;
		END;
	END LOOP;
	RETURN failed;
END $$;

-- M44: all workers want the first queued job and wait for each other, where
-- SKIP LOCKED would give each of them its own.
CREATE FUNCTION shop.take_job() RETURNS bigint
	LANGUAGE plpgsql AS $$
DECLARE
	j bigint;
BEGIN
	SELECT id INTO j FROM shop.jobs WHERE state = 'queued' ORDER BY id LIMIT 1 FOR UPDATE;
	IF j IS NOT NULL THEN
		UPDATE shop.jobs SET state = 'done', done_at = now() WHERE id = j;
	END IF;
	-- The queue never runs dry.
	INSERT INTO shop.jobs (task) VALUES (format('mail after %s', j));
	RETURN j;
END $$;

-- M48: each product number makes a statement text of its own.
CREATE FUNCTION shop.price_of(product bigint) RETURNS numeric
	LANGUAGE plpgsql STABLE AS $$
DECLARE
	result numeric;
BEGIN
	EXECUTE 'SELECT price FROM shop.products WHERE id = ' || product INTO result;
	RETURN result;
END $$;

-- M49: a query of its own for each row it is called for, hidden in a function;
-- declared volatile (by default) although it only reads.
CREATE FUNCTION shop.stock_of(product bigint) RETURNS bigint
	LANGUAGE sql
	AS 'SELECT sum(quantity) FROM shop.inventory WHERE product_id = $1';

-- A cursor loop that reads more than it needs.
CREATE FUNCTION shop.cheapest_over(category integer, floor_price numeric) RETURNS bigint
	LANGUAGE plpgsql STABLE AS $$
DECLARE
	c CURSOR FOR SELECT id, price FROM shop.products WHERE category_id = category ORDER BY price;
	r record;
BEGIN
	OPEN c;
	LOOP
		FETCH c INTO r;
		EXIT WHEN NOT FOUND OR r.price > floor_price;
	END LOOP;
	CLOSE c;
	RETURN r.id;
END $$;

-- M03: the cascade to payments has no index to find its rows by.
CREATE FUNCTION shop.delete_order(o bigint) RETURNS boolean
	LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM shop.orders WHERE id = o;
	RETURN FOUND;
END $$;

-- M01, M04: deleting a customer searches orders and reviews from end to end.
CREATE FUNCTION shop.register_and_erase(address text) RETURNS void
	LANGUAGE plpgsql AS $$
DECLARE
	c bigint;
BEGIN
	INSERT INTO shop.customers (email, first_name, last_name, country_code, referral_code)
	VALUES (address, 'Test', 'Test', 'DE', 'T' || gen_random_uuid()) RETURNING id INTO c;
	INSERT INTO shop.wishlists (customer_id, product_id) VALUES (c, 1 + c % 24000);
	DELETE FROM shop.customers WHERE id = c;
END $$;

-- Runs a transaction of its own for each step.
CREATE PROCEDURE shop.close_day(day date)
	LANGUAGE plpgsql AS $$
BEGIN
	UPDATE shop.counters SET value = value + 1 WHERE name = 'errors';
	COMMIT;
	PERFORM count(*), sum(total) FROM shop.orders WHERE created_at >= day AND created_at < day + 1;
	PERFORM method, sum(amount) FROM shop.payments WHERE paid_at >= day AND paid_at < day + 1 GROUP BY method;
	UPDATE shop.counters SET value = value + 1 WHERE name = 'mails';
	COMMIT;
END $$;

-- T03: run once a month, and the only user of payments_period_method_idx.
CREATE FUNCTION shop.month_end_report(month date) RETURNS TABLE (method text, payments bigint)
	LANGUAGE sql STABLE
	AS 'SELECT method, count(*) FROM shop.payments WHERE period = $1 GROUP BY method ORDER BY method';

CREATE FUNCTION shop.log_price() RETURNS trigger
	LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO shop.audit_log (product_id, old_price, new_price) VALUES (NEW.id, OLD.price, NEW.price);
	RETURN NULL;
END $$;

CREATE TRIGGER products_price AFTER UPDATE OF price ON shop.products
	FOR EACH ROW WHEN (OLD.price IS DISTINCT FROM NEW.price) EXECUTE FUNCTION shop.log_price();

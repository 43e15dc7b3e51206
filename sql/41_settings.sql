/*
 * 41_settings: the thresholds of checks.  Each group of checks inserts its own;
 * 89_findings makes defaults of them and puts the trigger in place.
 */

-- The defaults are rows as well, so that an UPDATE is all it takes to change
-- one.  Only changed rows are dumped; the trigger lets them replace those that
-- CREATE EXTENSION has made before they are restored.
CREATE TABLE advisor.settings (
	name text PRIMARY KEY,
	value float8 NOT NULL,
	default_value float8,
	unit text NOT NULL,
	minimum float8 NOT NULL,
	maximum float8 NOT NULL,
	description text NOT NULL
);
COMMENT ON TABLE advisor.settings IS
	'thresholds of checks; UPDATE advisor.settings SET value = ... WHERE name = ... changes one';
COMMENT ON COLUMN advisor.settings.name IS 'name of the threshold; advisor.checks says which check uses it';
COMMENT ON COLUMN advisor.settings.value IS 'what is in force, in the unit';
COMMENT ON COLUMN advisor.settings.default_value IS 'what it is if nobody has changed it';
COMMENT ON COLUMN advisor.settings.unit IS 'unit of value, default_value, minimum and maximum';
COMMENT ON COLUMN advisor.settings.minimum IS 'the least that value may be';
COMMENT ON COLUMN advisor.settings.maximum IS 'the most that value may be';
COMMENT ON COLUMN advisor.settings.description IS 'what it decides';
SELECT pg_extension_config_dump('advisor.settings', 'WHERE value <> default_value');

CREATE FUNCTION advisor._check_setting() RETURNS trigger
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- a check whose threshold is gone would find nothing, and call that healthy
	IF TG_OP = 'TRUNCATE' OR TG_OP = 'DELETE' AND EXISTS (SELECT FROM advisor._check_catalog() c WHERE OLD.name = ANY (c.settings)) THEN
		RAISE EXCEPTION 'settings of checks cannot be deleted'
			USING ERRCODE = 'feature_not_supported',
				HINT = 'UPDATE advisor.settings SET value = default_value makes them what they were.';
	ELSIF TG_OP = 'DELETE' THEN
		RETURN OLD;
	ELSIF TG_OP = 'INSERT' THEN
		UPDATE advisor.settings s SET value = NEW.value WHERE s.name = NEW.name;
		IF FOUND THEN
			RETURN NULL;
		END IF;
		NEW.default_value := NEW.value;
	ELSIF (NEW.name, NEW.default_value, NEW.unit, NEW.minimum, NEW.maximum, NEW.description)
		IS DISTINCT FROM (OLD.name, OLD.default_value, OLD.unit, OLD.minimum, OLD.maximum, OLD.description) THEN
		RAISE EXCEPTION 'only the value of setting "%" can be changed', OLD.name
			USING ERRCODE = 'feature_not_supported';
	END IF;
	IF NEW.value IS NULL OR NOT NEW.value BETWEEN NEW.minimum AND NEW.maximum THEN
		RAISE EXCEPTION '% is outside the valid range for setting "%" (% to % %)',
			coalesce(NEW.value::text, 'null'), NEW.name, NEW.minimum, NEW.maximum, NEW.unit
			USING ERRCODE = 'check_violation',
				HINT = format('Its default is %s %s.', NEW.default_value, NEW.unit);
	END IF;
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION advisor._check_setting() IS
	'keeps values of settings within their range and settings of checks in place, and lets restored rows replace defaults';

CREATE FUNCTION advisor._setting(name text) RETURNS float8
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT s.value FROM advisor.settings s WHERE s.name = _setting.name;
END;
COMMENT ON FUNCTION advisor._setting(text) IS
	'the value in force of a setting';

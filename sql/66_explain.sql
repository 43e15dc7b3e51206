/*
 * 66_explain: plans in a world with other indexes.
 */

CREATE FUNCTION advisor.explain(
		query text,
		create_indexes text[] DEFAULT '{}',
		drop_indexes regclass[] DEFAULT '{}',
		format text DEFAULT 'text',
		OUT plan text,
		OUT cost_before float8,
		OUT cost_after float8,
		OUT used_indexes text[])
	AS 'MODULE_PATHNAME', 'advisor_explain'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 10000;
COMMENT ON FUNCTION advisor.explain(text, text[], regclass[], text) IS
	'the plan that a statement would have if indexes had been created (CREATE INDEX statements) and dropped, its planner cost before and after, and which of the new indexes it would use; executes nothing; format is text, json, xml or yaml';

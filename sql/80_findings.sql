/*
 * 80_findings: all findings of all checks.  Needs the views it unites, one line
 * for each of them.
 */
CREATE VIEW advisor.findings AS
SELECT f.*
FROM (
	SELECT * FROM advisor.query_findings
	UNION ALL SELECT * FROM advisor.index_findings
) f
WHERE NOT EXISTS (SELECT FROM advisor.suppressions s
	WHERE (s.finding_key = f.finding_key
			OR s.check_id = f.check_id AND (s.object IS NULL OR f.object LIKE s.object))
		AND (s.expires_at IS NULL OR s.expires_at > now()))
ORDER BY advisor._severity_rank(f.severity), f.impact_ms_per_day DESC NULLS LAST, f.finding_key;
COMMENT ON VIEW advisor.findings IS
	'what is wrong, worst first: the findings of all checks without those in advisor.suppressions';

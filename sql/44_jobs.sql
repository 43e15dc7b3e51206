/*
 * 44_jobs: what is to run regularly, and whether it does.  Needs 42_observations.
 *
 * advisor has no scheduler of its own.  pg_cron is used where it is, and nothing
 * here needs it: it is looked for when a job is scheduled, and without it the
 * answer says what to do instead.
 *
 * What pg_cron does, up to 1.6.2: a job of the same name and role that is scheduled
 * again keeps the database it had, and whether it is active.  So the database is in
 * the name of a job, and a job in the wrong database is made again.
 */

CREATE TABLE advisor.jobs (
	job text NOT NULL,
	role regrole,
	schedule text NOT NULL,
	command text NOT NULL,
	scheduled_at timestamptz,
	UNIQUE NULLS NOT DISTINCT (job, role)
);
COMMENT ON TABLE advisor.jobs IS
	'what advisor.schedule() knows: jobs of advisor, with role null, and those that roles have scheduled';
COMMENT ON COLUMN advisor.jobs.job IS 'name of the job in this database';
COMMENT ON COLUMN advisor.jobs.role IS 'who has scheduled it; null for the defaults of advisor';
COMMENT ON COLUMN advisor.jobs.schedule IS 'when it runs, as cron has it';
COMMENT ON COLUMN advisor.jobs.command IS 'what runs: one statement';
COMMENT ON COLUMN advisor.jobs.scheduled_at IS 'when the role first asked for it';
SELECT pg_extension_config_dump('advisor.jobs', 'WHERE role IS NOT NULL');

ALTER TABLE advisor.jobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON advisor.jobs FOR SELECT
	USING (role IS NULL OR pg_has_role(role, 'USAGE') OR pg_has_role('pg_read_all_stats', 'USAGE'));
COMMENT ON POLICY readers ON advisor.jobs IS 'members of pg_read_all_stats read all jobs, others their own and the defaults';
CREATE POLICY writers ON advisor.jobs
	USING (role = (SELECT oid FROM pg_roles WHERE rolname = current_user));
COMMENT ON POLICY writers ON advisor.jobs IS 'each role schedules its own jobs';

INSERT INTO advisor.jobs (job, schedule, command) VALUES
	('partitions', '15 1 * * *', 'CALL advisor.maintain_partitions()'),
	('observe', '7 * * * *', 'SELECT advisor.observe()'),
	-- pg_cron itself forgets nothing; of its jobs only those of advisor are our business
	('cron_history', '45 2 * * *',
		'DELETE FROM cron.job_run_details d USING cron.job j WHERE j.jobid = d.jobid AND starts_with(j.jobname, ''advisor:'') AND d.end_time < now() - interval ''14 days''');

CREATE TYPE advisor.job_result AS (
	status text,
	jobid bigint,
	job_name text,
	detail text,
	sql text);
COMMENT ON TYPE advisor.job_result IS
	'what came of scheduling a job: status (scheduled, changed, unchanged, inactive, unscheduled, manual, unavailable), its number and name in pg_cron, what there is to say, and the SQL that was run or has to be run';

CREATE FUNCTION advisor._count_statements(commands text) RETURNS integer
	AS 'MODULE_PATHNAME', 'advisor_count_statements'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION advisor._count_statements(text) IS
	'number of statements in a text; an error if it is not SQL';

/* ---- schedules ---- */

-- A list of numbers, ranges and steps of one field.  NULL if it is none.
CREATE FUNCTION advisor._cron_field(field text, lowest integer, highest integer, names text[] DEFAULT '{}') RETURNS integer[]
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	part text;
	parts text[];
	first integer;
	last integer;
	step integer;
	found integer[] := '{}';
BEGIN
	FOREACH part IN ARRAY string_to_array(lower(field), ',') LOOP
		parts := regexp_match(part, '^(?:(\*)|(\d{1,2}|[a-z]{3})(?:-(\d{1,2}|[a-z]{3}))?)(?:/(\d{1,2}))?$');
		IF parts IS NULL OR parts[1] IS NULL AND parts[3] IS NULL AND parts[4] IS NOT NULL THEN
			RETURN NULL;
		END IF;
		first := CASE WHEN parts[1] IS NOT NULL THEN lowest WHEN parts[2] ~ '\d' THEN parts[2]::integer
			ELSE array_position(names, parts[2]) - 1 + lowest END;
		last := CASE WHEN parts[1] IS NOT NULL THEN highest WHEN parts[3] IS NULL THEN first WHEN parts[3] ~ '\d' THEN parts[3]::integer
			ELSE array_position(names, parts[3]) - 1 + lowest END;
		step := coalesce(parts[4]::integer, 1);
		IF (first BETWEEN lowest AND highest AND last BETWEEN first AND highest AND step > 0) IS NOT TRUE THEN
			RETURN NULL;
		END IF;
		found := found || ARRAY(SELECT generate_series(first, last, step));
	END LOOP;
	RETURN ARRAY(SELECT DISTINCT f FROM unnest(found) f ORDER BY f);
END
$$;
COMMENT ON FUNCTION advisor._cron_field(text, integer, integer, text[]) IS
	'the numbers that a field of a cron schedule means, in order; NULL if it is not valid';

CREATE FUNCTION advisor._cron_fields(schedule text,
	OUT minutes integer[],
	OUT hours integer[],
	OUT days integer[],
	OUT months integer[],
	OUT weekdays integer[],
	OUT any_day boolean,
	OUT any_weekday boolean,
	OUT problem text)
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 5000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	fields text[] := regexp_split_to_array(btrim(CASE lower(btrim(schedule, E' \t'))
		WHEN '@yearly' THEN '0 0 1 1 *' WHEN '@annually' THEN '0 0 1 1 *' WHEN '@monthly' THEN '0 0 1 * *'
		WHEN '@weekly' THEN '0 0 * * 0' WHEN '@daily' THEN '0 0 * * *' WHEN '@midnight' THEN '0 0 * * *'
		WHEN '@hourly' THEN '0 * * * *' ELSE schedule END, E' \t'), '[ \t]+');
BEGIN
	IF cardinality(fields) IS DISTINCT FROM 5 THEN
		problem := format('it has %s fields instead of 5', coalesce(cardinality(fields), 0));
		RETURN;
	END IF;
	minutes := advisor._cron_field(fields[1], 0, 59);
	hours := advisor._cron_field(fields[2], 0, 23);
	-- from 1.6, $ is the last day of the month
	days := CASE WHEN fields[3] = '$' THEN '{32}' ELSE advisor._cron_field(fields[3], 1, 31) END;
	months := advisor._cron_field(fields[4], 1, 12, '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}');
	-- Sunday is 0 and 7
	weekdays := advisor._cron_field(fields[5], 0, 7, '{sun,mon,tue,wed,thu,fri,sat}');
	any_day := fields[3] LIKE '*%';
	any_weekday := fields[5] LIKE '*%';
	problem := CASE WHEN minutes IS NULL THEN format('minute "%s" is not valid', fields[1])
		WHEN hours IS NULL THEN format('hour "%s" is not valid', fields[2])
		WHEN days IS NULL THEN format('day "%s" is not valid', fields[3])
		WHEN months IS NULL THEN format('month "%s" is not valid', fields[4])
		WHEN weekdays IS NULL THEN format('day of the week "%s" is not valid', fields[5]) END;
END
$$;
COMMENT ON FUNCTION advisor._cron_fields(text) IS
	'a cron schedule taken apart, and what is wrong with it';

CREATE FUNCTION advisor._check_schedule(schedule text) RETURNS void
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 5000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	problem text;
BEGIN
	-- seconds are for pg_cron 1.5 and later
	IF schedule ~* '^\s*([1-9]|[1-5][0-9])\s+seconds?\s*$' OR lower(btrim(schedule)) = '@reboot' THEN
		RETURN;
	END IF;
	problem := (advisor._cron_fields(schedule)).problem;
	IF problem IS NOT NULL THEN
		RAISE EXCEPTION 'invalid schedule "%": %', schedule, problem
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'A schedule has five fields, as in ''15 1 * * *'': minute, hour, day of the month, month, day of the week.';
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._check_schedule(text) IS
	'an error if a schedule is not one that cron understands';

-- When cron would run next.  Arithmetic without time zone: cron tells time in one,
-- and its times are estimates here.
CREATE FUNCTION advisor._schedule_next(schedule text, after timestamptz, zone text DEFAULT 'GMT') RETURNS timestamptz
	LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10000
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f record;
	since timestamp := after AT TIME ZONE zone;
	day timestamp;
	found timestamp;
BEGIN
	IF schedule ~* '^\s*\d{1,2}\s+seconds?\s*$' THEN
		RETURN after + btrim(schedule)::interval;
	END IF;
	SELECT * INTO f FROM advisor._cron_fields(schedule);
	IF f.problem IS NOT NULL OR NOT isfinite(since) THEN
		RETURN NULL;
	END IF;
	-- the rarest day that is one at all is the 29th of February, every eight years at worst
	FOR i IN 0 .. 366 * 9 LOOP
		day := since::date + i;
		CONTINUE WHEN extract(month FROM day)::integer <> ALL (f.months);
		IF advisor._cron_runs_on(day, f.days, f.weekdays, f.any_day, f.any_weekday) THEN
			SELECT min(t) INTO found
			FROM unnest(f.hours) h, unnest(f.minutes) m, make_interval(hours => h, mins => m) d, LATERAL (SELECT day + d) x(t)
			WHERE t > since;
			IF found IS NOT NULL THEN
				RETURN found AT TIME ZONE zone;
			END IF;
		END IF;
	END LOOP;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION advisor._schedule_next(text, timestamptz, text) IS
	'the first time after another that a schedule means; NULL if there is none';

-- Both fields of days must fit; either is enough if neither is a star.
CREATE FUNCTION advisor._cron_runs_on(day timestamp, days integer[], weekdays integer[], any_day boolean, any_weekday boolean) RETURNS boolean
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN any_day OR any_weekday THEN x.fits AND x.weekday_fits ELSE x.fits OR x.weekday_fits END
	FROM (SELECT extract(day FROM day)::integer = ANY (days)
				OR 32 = ANY (days) AND extract(day FROM day + interval '1 day') = 1 AS fits,
			extract(dow FROM day)::integer = ANY (weekdays)
				OR 7 = ANY (weekdays) AND extract(dow FROM day) = 0 AS weekday_fits) x;
END;
COMMENT ON FUNCTION advisor._cron_runs_on(timestamp, integer[], integer[], boolean, boolean) IS
	'is a day one that a schedule means?';

/* ---- pg_cron ---- */

-- A schema named cron may be anybody's: it counts only as a part of the extension.
CREATE FUNCTION advisor._cron(
	OUT here boolean,
	OUT loaded boolean,
	OUT database text,
	OUT zone text,
	OUT usable boolean)
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	here := EXISTS (SELECT FROM pg_extension e
		JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
			AND d.classid = 'pg_namespace'::regclass AND d.deptype = 'e'
		JOIN pg_namespace n ON n.oid = d.objid
		WHERE e.extname = 'pg_cron' AND n.nspname = 'cron');
	usable := here AND has_schema_privilege('cron', 'USAGE');
	zone := 'GMT';
	BEGIN
		database := current_setting('cron.database_name', true);
		loaded := database IS NOT NULL;
		zone := coalesce(nullif(current_setting('cron.timezone', true), ''), zone);
	EXCEPTION WHEN insufficient_privilege THEN
		-- only what is there can be refused
		loaded := true;
	END;
END
$$;
COMMENT ON FUNCTION advisor._cron() IS
	'is pg_cron in this database, loaded, in which database (NULL if that is not for this role to know), in which time zone, and may this role use it?';

CREATE FUNCTION advisor._job_name(job text) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN octet_length(x.full_name) <= 63 THEN x.full_name
		-- a name is cut between characters: so many bytes of it as the x leave
		ELSE substr((repeat('x', 7) || x.full_name)::name::text, 8) || '#' || left(md5(x.full_name), 6) END
	FROM (SELECT format('advisor:%s:%s', current_database(), job) AS full_name) x;
END;
COMMENT ON FUNCTION advisor._job_name(text) IS
	'name of a job in pg_cron: with the database, at most 63 bytes';

CREATE FUNCTION advisor._crontab_line(schedule text, command text) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT format('%s psql -X -q -d %s -c %s', schedule, x.q || replace(replace(current_database()::text, x.q, x.e), '%', '\%') || x.q,
		x.q || replace(replace(regexp_replace(command, '\s+', ' ', 'g'), x.q, x.e), '%', '\%') || x.q)
	FROM (SELECT chr(39) AS q, concat(chr(39), '\', chr(39), chr(39)) AS e) x;
END;
COMMENT ON FUNCTION advisor._crontab_line(text, text) IS
	'a line for the crontab of the operating system that runs a command in this database';

-- What to answer where the job cannot be made here and now; NULL if it can.
CREATE FUNCTION advisor._schedule_elsewhere(job text, schedule text, command text) RETURNS advisor.job_result
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	c record;
	r advisor.job_result;
BEGIN
	SELECT * INTO c FROM advisor._cron();
	r.job_name := advisor._job_name(job);
	IF c.loaded AND c.here AND c.usable THEN
		RETURN NULL;
	ELSIF c.loaded AND c.here THEN
		r.status := 'unavailable';
		r.detail := format('role %I may not use schema cron', current_user);
		r.sql := format('GRANT USAGE ON SCHEMA cron TO %I;', current_user);
	ELSIF c.here THEN
		r.status := 'unavailable';
		r.detail := 'pg_cron is not in shared_preload_libraries';
	ELSIF c.database = current_database() THEN
		r.status := 'unavailable';
		r.detail := 'extension pg_cron does not exist in this database, which is that of cron.database_name';
		r.sql := 'CREATE EXTENSION pg_cron;';
	ELSIF c.loaded THEN
		r.status := 'manual';
		r.detail := format('pg_cron is in %s: run the SQL there, as role %I',
			coalesce('database ' || quote_ident(c.database), 'another database'), current_user);
		r.sql := CASE WHEN command IS NULL
			THEN format('SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname = %L AND username = current_user;', r.job_name)
			-- what is about pg_cron runs where it is
			WHEN job = 'cron_history' THEN format('SELECT cron.schedule(%L, %L, %L);', r.job_name, schedule, command)
			ELSE format('SELECT cron.schedule_in_database(%L, %L, %L, %L);', r.job_name, schedule, command, current_database()) END;
	ELSE
		r.status := 'unavailable';
		r.detail := 'pg_cron is not installed' || coalesce('; a line for the crontab of the system: ' || advisor._crontab_line(schedule, command), '');
	END IF;
	RETURN r;
END
$$;
COMMENT ON FUNCTION advisor._schedule_elsewhere(text, text, text) IS
	'why and how a job has to be scheduled (unscheduled, if there is no command) by other means; NULL if pg_cron can be used';

CREATE FUNCTION advisor._cron_job(job_name text,
	OUT jobid bigint,
	OUT schedule text,
	OUT command text,
	OUT database text,
	OUT active boolean)
	LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	EXECUTE 'SELECT jobid, schedule, command, database, active FROM cron.job WHERE jobname::text = $1 AND username = current_user'
		INTO jobid, schedule, command, database, active USING job_name;
END
$$;
COMMENT ON FUNCTION advisor._cron_job(text) IS
	'the job of pg_cron with that name of the current role; NULL if there is none';

-- pg_cron judges schedules: later versions know more of them.
CREATE FUNCTION advisor._cron_make(job_name text, schedule text, command text) RETURNS bigint
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	id bigint;
BEGIN
	EXECUTE 'SELECT cron.schedule($1, $2, $3)' INTO id USING job_name, schedule, command;
	RETURN id;
EXCEPTION WHEN invalid_parameter_value THEN
	PERFORM advisor._check_schedule(schedule);
	RAISE EXCEPTION '%', SQLERRM
		USING ERRCODE = 'invalid_parameter_value',
			HINT = 'This version of pg_cron has five fields only, as in ''15 1 * * *'': minute, hour, day of the month, month, day of the week.';
END
$$;
COMMENT ON FUNCTION advisor._cron_make(text, text, text) IS
	'schedules a job with pg_cron, and returns its number';

-- To switch a job on again takes a right that few have; making it anew does not.
CREATE FUNCTION advisor._cron_replace(id bigint, job_name text, schedule text, command text) RETURNS bigint
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	EXECUTE 'SELECT cron.unschedule($1::bigint)' USING id;
	RETURN advisor._cron_make(job_name, schedule, command);
END
$$;
COMMENT ON FUNCTION advisor._cron_replace(bigint, text, text, text) IS
	'makes a job of pg_cron anew, active and in this database';

CREATE FUNCTION advisor._schedule_here(job text, schedule text, command text, force boolean) RETURNS advisor.job_result
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r advisor.job_result;
	old record;
	same boolean;
BEGIN
	r.job_name := advisor._job_name(job);
	r.sql := format('SELECT cron.schedule(%L, %L, %L);', r.job_name, schedule, command);
	SELECT * INTO old FROM advisor._cron_job(r.job_name);
	r.jobid := old.jobid;
	same := (old.schedule, old.command, old.database) = (schedule, command, current_database()::text);
	IF old.jobid IS NULL THEN
		r.jobid := advisor._cron_make(r.job_name, schedule, command);
		r.status := 'scheduled';
	ELSIF NOT old.active AND force IS NOT TRUE THEN
		r.status := 'inactive';
		r.detail := format('somebody has switched it off%s, and it is left alone; with force => true it is switched on',
			CASE WHEN NOT same THEN format(' (as %s: %s)', old.schedule, old.command) END);
		r.sql := NULL;
	ELSIF same AND old.active THEN
		r.status := 'unchanged';
		r.sql := NULL;
	ELSIF old.active AND old.database = current_database() THEN
		r.jobid := advisor._cron_make(r.job_name, schedule, command);
		r.status := 'changed';
		r.detail := format('was %s: %s', old.schedule, old.command);
	ELSE
		r.jobid := advisor._cron_replace(old.jobid, r.job_name, schedule, command);
		r.status := 'changed';
		r.detail := CASE WHEN old.database <> current_database() THEN format('was in database %I', old.database) ELSE 'was inactive' END;
		r.sql := format('SELECT cron.unschedule(%s);', old.jobid) || E'\n' || r.sql;
	END IF;
	RETURN r;
END
$$;
COMMENT ON FUNCTION advisor._schedule_here(text, text, text, boolean) IS
	'schedules a job with the pg_cron of this database, unless it is already';

/* ---- what users call ---- */

CREATE FUNCTION advisor._job_to_schedule(job text, schedule text, command text) RETURNS advisor.jobs
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	known advisor.jobs;
BEGIN
	IF job IS NULL OR job !~ '^[^[:cntrl:]]+$' THEN
		RAISE EXCEPTION 'a job must have a name'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'As in advisor.schedule(''partitions'').';
	END IF;
	SELECT * INTO known FROM advisor.jobs j
	WHERE j.job = _job_to_schedule.job AND (j.role IS NULL OR j.role = (SELECT oid FROM pg_roles WHERE rolname = current_user))
	ORDER BY j.role NULLS LAST LIMIT 1;
	known.job := job;
	known.schedule := coalesce(schedule, known.schedule);
	known.command := coalesce(command, known.command);
	IF known.command IS NULL THEN
		RAISE EXCEPTION 'job "%" is not known', job
			USING ERRCODE = 'undefined_object',
				HINT = format('Known are %s; another one needs a command.', (SELECT string_agg(DISTINCT quote_literal(j.job), ', ') FROM advisor.jobs j
					WHERE j.role IS NULL OR j.role = (SELECT oid FROM pg_roles WHERE rolname = current_user)));
	ELSIF known.schedule IS NULL THEN
		RAISE EXCEPTION 'job "%" needs a schedule', job
			USING ERRCODE = 'invalid_parameter_value', HINT = 'As in advisor.schedule(..., schedule => ''15 1 * * *'').';
	ELSIF advisor._count_statements(known.command) <> 1 THEN
		RAISE EXCEPTION 'the command of job "%" must be one statement', job
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Several would run in one transaction, in which a procedure cannot commit. Use a job for each, or a procedure.';
	END IF;
	RETURN known;
END
$$;
COMMENT ON FUNCTION advisor._job_to_schedule(text, text, text) IS
	'a job as it is to be: what was given, else what the role had, else the default';

CREATE FUNCTION advisor.schedule(job text, schedule text DEFAULT NULL, command text DEFAULT NULL, force boolean DEFAULT false) RETURNS advisor.job_result
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	known advisor.jobs := advisor._job_to_schedule(job, schedule, command);
	r advisor.job_result := advisor._schedule_elsewhere(job, known.schedule, known.command);
BEGIN
	IF r.job_name IS NULL THEN
		r := advisor._schedule_here(job, known.schedule, known.command, force);
	ELSE
		PERFORM advisor._check_schedule(known.schedule);
	END IF;
	-- what could not be scheduled is not waited for
	IF r.status NOT IN ('inactive', 'unavailable') THEN
		INSERT INTO advisor.jobs (job, role, schedule, command, scheduled_at)
		VALUES (known.job, quote_ident(current_user)::regrole, known.schedule, known.command, now())
		ON CONFLICT ON CONSTRAINT jobs_job_role_key
		DO UPDATE SET schedule = excluded.schedule, command = excluded.command
		WHERE (jobs.schedule, jobs.command) IS DISTINCT FROM (excluded.schedule, excluded.command);
	END IF;
	RETURN r;
END
$$;
COMMENT ON FUNCTION advisor.schedule(text, text, text, boolean) IS
	'has a job run regularly by pg_cron: one of advisor (partitions, observe, cron_history) or one with a command of its own; again, it changes what is different. Without pg_cron in this database it says what to do instead. force switches on what was switched off';

CREATE FUNCTION advisor.unschedule(job text) RETURNS advisor.job_result
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r advisor.job_result := advisor._schedule_elsewhere(job, NULL, NULL);
BEGIN
	IF job IS NULL THEN
		RAISE EXCEPTION 'a job must have a name' USING ERRCODE = 'invalid_parameter_value', HINT = 'As in advisor.unschedule(''partitions'').';
	END IF;
	DELETE FROM advisor.jobs j WHERE j.job = unschedule.job AND j.role = (SELECT oid FROM pg_roles WHERE rolname = current_user);
	IF r.job_name IS NOT NULL THEN
		RETURN r;
	END IF;
	r.job_name := advisor._job_name(job);
	r.jobid := (advisor._cron_job(r.job_name)).jobid;
	r.status := CASE WHEN r.jobid IS NULL THEN 'unchanged' ELSE 'unscheduled' END;
	IF r.jobid IS NULL THEN
		r.detail := format('role %I has no such job', current_user);
	ELSE
		r.sql := format('SELECT cron.unschedule(%s);', r.jobid);
		EXECUTE r.sql;
	END IF;
	RETURN r;
END
$$;
COMMENT ON FUNCTION advisor.unschedule(text) IS
	'ends what advisor.schedule() began; again, it does nothing';

/* ---- whether it does run ---- */

-- When a job last did something, as advisor itself has noted it: true whoever
-- ran it.  Jobs of users leave no trace there.
CREATE FUNCTION advisor._job_trace(job text,
	OUT traced boolean,
	OUT needed boolean,
	OUT last_run timestamptz,
	OUT last_status text,
	OUT last_message text)
	LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1000
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	traced := job IN ('partitions', 'observe');
	needed := job = 'partitions' AND EXISTS (SELECT FROM advisor.partition_policies p WHERE p.enabled);
	IF job = 'observe' THEN
		SELECT max(o.observed_at), CASE WHEN max(o.observed_at) IS NOT NULL THEN 'done' END
		INTO last_run, last_status FROM advisor.observations o;
	ELSIF job = 'partitions' THEN
		SELECT l.logged_at, l.status, concat_ws(': ', l.parent_name, l.detail) INTO last_run, last_status, last_message
		FROM advisor.partition_log l WHERE l.action = 'run' ORDER BY l.logged_at DESC LIMIT 1;
		-- of the tables of one run, one that failed is what matters
		SELECT l.status, concat_ws(': ', l.parent_name, l.detail) INTO last_status, last_message
		FROM advisor.partition_log l WHERE l.action = 'run' AND l.logged_at >= last_run - interval '1 hour'
			AND l.run_started = (SELECT r.run_started FROM advisor.partition_log r WHERE r.action = 'run' ORDER BY r.logged_at DESC LIMIT 1)
		ORDER BY CASE l.status WHEN 'failed' THEN 1 WHEN 'partial' THEN 2 WHEN 'ok' THEN 3 ELSE 4 END, l.logged_at DESC LIMIT 1;
	END IF;
END
$$;
COMMENT ON FUNCTION advisor._job_trace(text) IS
	'last run of a job in the logs of advisor; traced is false if it leaves none, needed is true if there is work for it whether or not anybody scheduled it';

CREATE FUNCTION advisor._cron_run(jobid bigint,
	OUT last_run timestamptz,
	OUT last_status text,
	OUT last_message text,
	OUT last_success timestamptz)
	LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 10000
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	EXECUTE 'SELECT start_time, status, btrim(return_message), (SELECT max(start_time) FROM cron.job_run_details WHERE jobid = $1 AND status = ''succeeded'')
		FROM cron.job_run_details WHERE jobid = $1 AND start_time IS NOT NULL ORDER BY runid DESC LIMIT 1'
	INTO last_run, last_status, last_message, last_success USING jobid;
EXCEPTION WHEN undefined_table OR undefined_column OR insufficient_privilege THEN
	RETURN;
END
$$;
COMMENT ON FUNCTION advisor._cron_run(bigint) IS
	'last run of a job in the history of pg_cron; NULL if there is none, or it may not be read';

-- cron.job may not exist, so no view can read it.
CREATE FUNCTION advisor._cron_jobs(
	OUT jobid bigint,
	OUT job_name text,
	OUT username text,
	OUT schedule text,
	OUT command text,
	OUT active boolean)
	RETURNS SETOF record
	LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 ROWS 5
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF (advisor._cron()).usable THEN
		RETURN QUERY EXECUTE 'SELECT jobid, jobname::text, username, schedule, command, active FROM cron.job
			WHERE starts_with(jobname::text, $1) AND database = current_database()' USING 'advisor:';
	END IF;
EXCEPTION WHEN undefined_table OR undefined_column OR insufficient_privilege THEN
	RETURN;
END
$$;
COMMENT ON FUNCTION advisor._cron_jobs() IS
	'jobs of advisor in the pg_cron of this database, as far as this role may see them';

-- Twice in a row it was due and did not run: that is overdue.  What pg_cron
-- believes does not count where advisor itself knows better.
CREATE FUNCTION advisor._schedule_status(as_of timestamptz DEFAULT NULL,
	OUT job text,
	OUT role name,
	OUT state text,
	OUT job_name text,
	OUT scheduled text,
	OUT active boolean,
	OUT command text,
	OUT last_run timestamptz,
	OUT last_status text,
	OUT last_message text,
	OUT next_due timestamptz,
	OUT overdue boolean)
	RETURNS SETOF record
	LANGUAGE sql STABLE PARALLEL SAFE COST 10000 ROWS 5
BEGIN ATOMIC
	SELECT s.job, s.role, s.state, advisor._job_name(s.job), s.schedule, s.active, s.command,
		GREATEST(s.run_at, s.traced_at),
		CASE WHEN s.run_at > s.traced_at OR s.traced_at IS NULL THEN s.run_status ELSE s.traced_status END,
		CASE WHEN s.run_at > s.traced_at OR s.traced_at IS NULL THEN s.run_message ELSE s.traced_message END,
		CASE WHEN s.state <> 'inactive' AND (s.asked OR s.needed) THEN d.due END,
		CASE WHEN s.asked OR s.needed THEN
			advisor._schedule_next(s.planned, d.due, s.zone) <= s.moment END
	FROM (
		SELECT k.job, coalesce(r.rolname, n.username::name) AS role,
			CASE WHEN n.active THEN 'scheduled' WHEN n.jobid IS NOT NULL THEN 'inactive'
				WHEN NOT c.loaded OR NOT c.here AND c.database = current_database() THEN 'not scheduled'
				-- jobs of other roles are hidden, but from superusers
				WHEN c.usable AND (k.role IS NULL OR r.rolname = current_user OR me.rolsuper) THEN 'not scheduled'
				ELSE 'unknown' END AS state,
			n.schedule, n.active, coalesce(n.command, k.command) AS command, coalesce(n.schedule, k.schedule) AS planned, c.zone,
			k.role IS NOT NULL OR n.jobid IS NOT NULL AS asked,
			t.needed,
			t.last_run AS traced_at, t.last_status AS traced_status, t.last_message AS traced_message,
			u.last_run AS run_at, u.last_status AS run_status, u.last_message AS run_message, m.moment,
			CASE WHEN t.traced THEN coalesce(t.last_run, k.scheduled_at)
				-- the history of pg_cron may have been forgotten after that time
				ELSE coalesce(u.last_success, CASE WHEN n.jobid IS NOT NULL AND k.scheduled_at > m.moment - interval '14 days' THEN k.scheduled_at END) END AS since
		FROM advisor.jobs k
			CROSS JOIN advisor._cron() c
			CROSS JOIN (SELECT coalesce(_schedule_status.as_of, now()) AS moment) m
			JOIN pg_roles me ON me.rolname = current_user
			LEFT JOIN pg_roles r ON r.oid = k.role
			LEFT JOIN advisor._cron_jobs() n ON n.job_name = advisor._job_name(k.job) AND (n.username = r.rolname OR k.role IS NULL)
			CROSS JOIN LATERAL advisor._job_trace(k.job) t
			LEFT JOIN LATERAL advisor._cron_run(n.jobid) u ON true
		-- a default says nothing where somebody has made it his
		WHERE k.role IS NOT NULL OR NOT EXISTS (SELECT FROM advisor.jobs o WHERE o.job = k.job AND o.role IS NOT NULL)
	) s
		CROSS JOIN LATERAL (SELECT advisor._schedule_next(s.planned, s.since, s.zone) AS due) d
	ORDER BY s.job, s.role;
END;
COMMENT ON FUNCTION advisor._schedule_status(timestamptz) IS
	'rows of advisor.schedule_status at some time';

CREATE VIEW advisor.schedule_status AS
SELECT s.job, s.role, s.state, s.job_name, s.scheduled, s.active, s.command, s.last_run, s.last_status, s.last_message, s.next_due, s.overdue
FROM advisor._schedule_status() s;
COMMENT ON VIEW advisor.schedule_status IS
	'jobs that advisor knows, what pg_cron has of them, when they last ran and whether they are overdue';
COMMENT ON COLUMN advisor.schedule_status.job IS 'name of the job, as in advisor.schedule()';
COMMENT ON COLUMN advisor.schedule_status.role IS 'who has scheduled it; null is nobody, as far as is known';
COMMENT ON COLUMN advisor.schedule_status.state IS 'scheduled, inactive (switched off), not scheduled, or unknown: pg_cron is in another database, or the job is another role''s';
COMMENT ON COLUMN advisor.schedule_status.job_name IS 'its name in pg_cron';
COMMENT ON COLUMN advisor.schedule_status.scheduled IS 'when pg_cron runs it; null if it does not, or that is unknown';
COMMENT ON COLUMN advisor.schedule_status.active IS 'does pg_cron run it? null if it has no such job, or that is unknown';
COMMENT ON COLUMN advisor.schedule_status.command IS 'what it runs';
COMMENT ON COLUMN advisor.schedule_status.last_run IS 'when it last ran, whoever ran it: by the logs of advisor or the history of pg_cron';
COMMENT ON COLUMN advisor.schedule_status.last_status IS 'how it ended';
COMMENT ON COLUMN advisor.schedule_status.last_message IS 'what it said';
COMMENT ON COLUMN advisor.schedule_status.next_due IS 'when it should run next, or should have run; an estimate';
COMMENT ON COLUMN advisor.schedule_status.overdue IS 'was it due twice since it last ran, by the logs of advisor? null if nobody asked for it, or it leaves no trace';

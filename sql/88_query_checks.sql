/*
 * 88_query_checks: what the checks of 50_query_findings and 75_index_findings are.
 */

CREATE FUNCTION advisor._query_checks() RETURNS TABLE (
	check_id text, category text, title text, looks_at text, settings text[], needs text, page text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100 ROWS 35
BEGIN ATOMIC
	SELECT * FROM (VALUES
		('bitmap_lossy', 'query', 'A bitmap does not fit into work_mem and becomes lossy',
			'Lossy pages of bitmap heap scans.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  Bitmap heap scans that remembered pages instead of rows for want of memory, and so checked
  every row of these pages again.

Why it matters
  What the index knew exactly is computed once more, row by row.

How it decides
  At least a tenth of the pages lossy and 1,000 rows rechecked in vain. The memory needed is
  140 bytes for each page: an entry takes some 70 bytes, and the hash table is half full.
  Severity follows from its share of all time (30 % critical, 10 % high, 1 % medium, 0.1 %
  low) and from its mean time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  Rechecks that find the row are no loss; they are not counted.

What to do
  work_mem for the statement, its role or function; RESET takes it back. A more selective
  index needs a smaller bitmap.$page$),
		('cartesian_product', 'query', 'Two tables are joined without a condition',
			'Nested loops without any condition.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  Nested loops without a condition that made at least 10,000 rows.

Why it matters
  Usually a join condition was forgotten, often hidden by a DISTINCT above.

How it decides
  Neither a join filter nor parameters for the inner side, and both sides have more than one
  row. Severity follows from its share of all time (30 % critical, 10 % high, 1 % medium, 0.1
  % low) and from its mean time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  A calendar times a list of shops is a cartesian product on purpose.

What to do
  Look for the missing condition. The statement changes, no lock.$page$),
		('correlated_subquery', 'query', 'A sub-select runs once for each row',
			'Loops of sub-plans that depend on the outer row.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  Sub-plans with parameters of the outer query that ran at least twice, ten times or over
  1,000 rows.

Why it matters
  It is a nested loop that the planner may not turn into anything else.

How it decides
  Loops and rows below the sub-plan, from instrumented runs. Several over the same table are
  one finding. Severity follows from its share of all time (30 % critical, 10 % high, 1 %
  medium, 0.1 % low) and from its mean time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  With an index and few outer rows it is as good as a join.

What to do
  A join with GROUP BY, or one LEFT JOIN LATERAL for all sub-selects over the same rows.$page$),
		('count_all', 'query', 'A large table is counted to show a number',
			'Plain count(*) over a whole table.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  SELECT count(*) without a condition that read at least 10,000 rows.

Why it matters
  Each row version has to be looked at, as every transaction sees its own number.

How it decides
  From the tree of the statement and the rows that the scan returned. Severity follows from
  its share of all time (30 % critical, 10 % high, 1 % medium, 0.1 % low) and from its mean
  time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  Where the number must be exact it must be counted, or kept.

What to do
  reltuples of pg_class is good enough to show; else a counter that triggers keep up to date.
  An index-only scan on a well vacuumed table is the cheapest count.$page$),
		('count_for_existence', 'query', 'All rows are counted to learn if there is one',
			'Comparisons of a count with 0 or 1.', '{}'::text[], 'captured statements',
$page$What it looks at
  Conditions like (SELECT count(*) ...) > 0.

Why it matters
  The first row would answer the question.

How it decides
  From the tree of the statement. Severity follows from its share of all time (30 % critical,
  10 % high, 1 % medium, 0.1 % low) and from its mean time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  If the count is returned as well, it is needed.

What to do
  EXISTS (SELECT FROM ...). The statement changes, no lock.$page$),
		('deep_offset', 'query', 'OFFSET reads and throws away many rows',
			'Rows skipped by OFFSET in executed plans.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  Limit nodes with an offset of at least 1,000 rows and ten times the rows returned.

Why it matters
  Rows before the offset are computed and thrown away: page 1,000 costs a thousand times as
  much as page 1.

How it decides
  The largest offset that was seen counts. Severity follows from its share of all time (30 %
  critical, 10 % high, 1 % medium, 0.1 % low) and from its mean time (10 s high, 1 s medium, 1
  ms low).

When it is wrong
  A report that is paged once at night may live with it.

What to do
  Keyset paging: WHERE (key) > (last key of the page before) ORDER BY key LIMIT n. The last
  column of the key must be unique, else rows get lost between pages.$page$),
		('error_loop', 'query', 'A loop catches errors row by row',
			'Failed executions within functions.', '{}'::text[], 'captured statements',
$page$What it looks at
  Statements within functions that failed at least five times and in 5 % of their executions,
  while the function went on.

Why it matters
  Each pass has a subtransaction, with or without an error: it takes transaction ids, and
  above 64 of them every snapshot of other sessions gets slower.

How it decides
  Errors are counted by SQLSTATE class; those of data (class 22) or in a loop count. Severity
  follows from its share of all time (30 % critical, 10 % high, 1 % medium, 0.1 % low) and
  from its mean time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  An upsert written as a loop with EXCEPTION is the same mistake; a single retry is none.

What to do
  Test the values first, or load them into a staging table and treat bad rows as a set.$page$),
		('function_on_column', 'query', 'A column is compared inside of a function',
			'Functions and casts around columns in conditions.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  Conditions like lower(email) = ... or created_at::date = ..., by which a scan threw most
  rows away.

Why it matters
  No plain index on the column serves it.

How it decides
  At least 1,000 rows thrown away and more than returned. Severity follows from its share of
  all time (30 % critical, 10 % high, 1 % medium, 0.1 % low) and from its mean time (10 s
  high, 1 s medium, 1 ms low).

When it is wrong
  Where the function is cheap and the table small it does not matter; such statements cost
  nothing and are not reported.

What to do
  Compare the column itself (a range in place of a cast to date), or index the expression if
  it is immutable. CREATE INDEX CONCURRENTLY takes a ShareUpdateExclusiveLock; DROP INDEX
  CONCURRENTLY takes it back.$page$),
		('generic_plan', 'query', 'The plan without values is slower than one made for them',
			'Generic and custom plans of a statement.', '{}'::text[], 'captured plans',
$page$What it looks at
  Prepared statements whose generic plan takes longer than those planned with the values.

Why it matters
  After five executions the server may keep one plan for all values. It is judged by estimated
  cost, not by time.

How it decides
  At least five calls of each, twice the mean time of all custom plans together and 0.5 ms
  more. Severity follows from its share of all time (30 % critical, 10 % high, 1 % medium, 0.1
  % low) and from its mean time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  If values differ much, the custom plans that were seen may have been for easy ones.

What to do
  SET plan_cache_mode = force_custom_plan for the role, function or session; RESET takes it
  back. It costs a planning for each execution: total_plan_time in advisor.statements tells
  how much.$page$),
		('hash_spill', 'query', 'A hash table does not fit into work_mem',
			'Batches of hash joins and hash aggregates.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  Hash and hash aggregate nodes that were split into several batches in at least a tenth of
  the instrumented runs.

Why it matters
  Each batch but the first goes to disk and comes back.

How it decides
  For a join the memory needed is that of one batch times their number; for an aggregate its
  memory and 2.5 times its files. Both are divided by hash_mem_multiplier. Severity follows
  from its share of all time (30 % critical, 10 % high, 1 % medium, 0.1 % low) and from its
  mean time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  The planner chooses batches on purpose where memory is short; if the other side is small,
  they cost little. A misestimate below may be the true cause: see row_estimate.

What to do
  Set work_mem (or hash_mem_multiplier, which is for hashes alone) in the transaction, role or
  function. RESET takes it back.$page$),
		('implicit_cast', 'query', 'The type of a value keeps an index from being used',
			'Casts that the server put around columns.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  Conditions in which a column is cast to the type of what it is compared with, as numeric for
  a bigint column.

Why it matters
  No index on the column serves then, and each row is converted. Usually a driver or an ORM
  sends a wider type than the column has.

How it decides
  The cast is implicit, the scan threw at least 1,000 rows away and more than it returned.
  Severity follows from its share of all time (30 % critical, 10 % high, 1 % medium, 0.1 %
  low) and from its mean time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  If the values really do not fit the column's type, the comparison is right and only slow.

What to do
  Send the value in the column's type ($1::bigint), or declare the parameter so. No lock, no
  index: the statement changes.$page$),
		('index_only_heap_fetches', 'query', 'An index-only scan reads the table all the same',
			'Heap fetches of index-only scans.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  Index-only scans that looked into the table because its pages were not marked all-visible.

Why it matters
  The planner chose the scan as it needs no table; with many fetches it is an index scan at a
  wrong price.

How it decides
  At least 1,000 fetches per run, for at least a fifth of the rows. Severity follows from its
  share of all time (30 % critical, 10 % high, 1 % medium, 0.1 % low) and from its mean time
  (10 s high, 1 s medium, 1 ms low).

When it is wrong
  Right after a bulk load or mass update it is normal, until autovacuum has been there.

What to do
  VACUUM the table (ShareUpdateExclusiveLock, nothing to undo), and let autovacuum do it more
  often: autovacuum_vacuum_insert_scale_factor for tables that are only appended to. If
  advisor.xmin_horizon shows an old transaction, vacuum cannot mark pages until it ends.$page$),
		('index_scan_filter', 'query', 'An index finds too much, and a filter throws most of it away',
			'Index and bitmap scans of executed plans, with the rows that their filter removed.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  Index, index-only and bitmap heap scans that ran, with the rows that the index found and
  those that were left after the filter.

Why it matters
  The index serves one condition and not the others, so pages of the table are read for rows
  that nobody wants. It looks fine in a plan: there is an index scan.

How it decides
  At least 1,000 rows removed per run, nine times as many as returned. Severity follows from
  its share of all time (30 % critical, 10 % high, 1 % medium, 0.1 % low) and from its mean
  time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  Two indexes that are combined by a bitmap may already be the best there is. A condition on a
  column that changes all the time may not be worth an index that prevents HOT updates.

What to do
  An index on all columns of the conditions, those compared for equality first; or a partial
  one with the rare condition as its predicate. advisor.missing_indexes says which, and what
  it makes superfluous.$page$),
		('insert_loop', 'query', 'Rows are inserted one by one',
			'Repetitions of an INSERT within one transaction or session.', '{}'::text[], 'captured statements',
$page$What it looks at
  INSERT statements of single rows that follow each other.

Why it matters
  A round trip for each row, and a WAL flush each if each is its own transaction.

How it decides
  At least two loops that make up half of its calls. Severity follows from its share of all
  time (30 % critical, 10 % high, 1 % medium, 0.1 % low) and from its mean time (10 s high, 1
  s medium, 1 ms low).

When it is wrong
  Rows that arrive one at a time from outside cannot be collected without delay.

What to do
  VALUES of many rows, INSERT ... SELECT FROM unnest() of arrays, or COPY.$page$),
		('jit_cost', 'query', 'Compiling takes longer than it saves',
			'JIT time of instrumented runs.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  The time that JIT compilation took in instrumented executions, beside the whole time of
  them.

Why it matters
  Compilation is decided by the planner's cost. A cost that is too high, or a plan with many
  expressions and partitions, is compiled for a run of milliseconds.

How it decides
  At least three runs, 30 % of their time and 5 ms each. Severity follows from its share of
  all time (30 % critical, 10 % high, 1 % medium, 0.1 % low) and from its mean time (10 s
  high, 1 s medium, 1 ms low).

When it is wrong
  A statement that runs for minutes now and then may gain from JIT at another time.

What to do
  SET LOCAL jit = off for the statement or its role, or a higher jit_above_cost: RESET takes
  it back. For the server see advisor.configuration_advice.$page$),
		('leading_wildcard', 'query', 'A pattern that begins anywhere is searched for row by row',
			'LIKE, ILIKE and regular expressions with real values.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  LIKE, ILIKE and regular expressions whose pattern, with its real value, begins with a
  wildcard.

Why it matters
  A B-tree is ordered by beginnings. The whole table is read each time.

How it decides
  At least 1,000 rows thrown away and more than returned. Severity follows from its share of
  all time (30 % critical, 10 % high, 1 % medium, 0.1 % low) and from its mean time (10 s
  high, 1 s medium, 1 ms low).

When it is wrong
  With short patterns (less than three letters) a trigram index cannot help either.

What to do
  CREATE EXTENSION pg_trgm and a GIN index with gin_trgm_ops (CONCURRENTLY:
  ShareUpdateExclusiveLock), or full text search for words. A GIN index costs more to write
  than a B-tree.$page$),
		('lock_waits', 'query', 'A statement spends its time waiting for locks',
			'Samples of lock waits by statement.', '{}'::text[], 'the background worker of advisor',
$page$What it looks at
  Statements that waited for locks for at least 100 ms in all and a tenth of their time.

Why it matters
  No index makes waiting faster. One hot row makes all transactions queue.

How it decides
  A background worker samples who waits; short waits between samples are missed, so it is at
  least so much. Severity follows from its share of all time (30 % critical, 10 % high, 1 %
  medium, 0.1 % low) and from its mean time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  Time within functions that a statement calls counts for the statement that the client sent.

What to do
  Shorten transactions, change contended rows last in them, FOR UPDATE SKIP LOCKED for queues,
  several rows for a counter. advisor.lock_tree shows who waits for whom now.$page$),
		('n_plus_1', 'query', 'A statement runs once for each row of another one',
			'Repetitions of a statement within one transaction or session.', '{}'::text[], 'captured statements',
$page$What it looks at
  Statements of which at least half of the calls were repetitions in a row with different
  values; and volatile functions called for each row.

Why it matters
  Each call costs a round trip, a lookup and a snapshot. One statement would do, and could
  choose a better plan.

How it decides
  At least two loops, at most two rows a call. The statement before the loop is named where
  there is one. Severity follows from its share of all time (30 % critical, 10 % high, 1 %
  medium, 0.1 % low) and from its mean time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  A session that does nothing else for many clients looks the same; then the confidence is 40
  and the severity info.

What to do
  Fetch all at once: WHERE id = ANY ($1), or a join to the query that gave the values.$page$),
		('nested_loop', 'query', 'A nested loop runs its inner side far too often',
			'Loops of nested loop nodes in executed plans.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  Nested loops whose inner side is a whole table, read again for each outer row; and loops
  that the planner expected to run ten times less often.

Why it matters
  It is the join that is fastest for few rows and without a bound for many.

How it decides
  Inner side a sequential scan: at least 10 loops, 10,000 rows read, ten times as many as the
  join returns. Wrong number of loops: at least 1,000 loops where a tenth was expected.
  Severity follows from its share of all time (30 % critical, 10 % high, 1 % medium, 0.1 %
  low) and from its mean time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  If the inner table has a few pages, the loop is the best there is; such tables seldom reach
  10,000 rows read.

What to do
  An index on the inner table's join columns, or statistics that tell the planner the number
  of outer rows (see row_estimate). enable_nestloop = off is no remedy, but for a test it
  shows what the other join costs.$page$),
		('not_in_subquery', 'query', 'NOT IN over a sub-select',
			'NOT IN with a sub-select in the tree of the statement.', '{}'::text[], 'captured statements',
$page$What it looks at
  NOT IN (SELECT ...) where the value may be NULL, or where the list is searched from end to
  end.

Why it matters
  One NULL in the list and the condition is never true: the statement returns nothing. And it
  can never become an anti join.

How it decides
  The column is nullable and nothing excludes NULL (medium at least, whatever it costs); or
  its list did not fit into work_mem as a hash table. Severity follows from its share of all
  time (30 % critical, 10 % high, 1 % medium, 0.1 % low) and from its mean time (10 s high, 1
  s medium, 1 ms low).

When it is wrong
  If the column never holds NULL, the result is right; a NOT NULL constraint would prove it.

What to do
  WHERE NOT EXISTS (SELECT FROM ... WHERE ...), which is an anti join and right with NULL. The
  statement changes, no lock.$page$),
		('or_across_columns', 'query', 'OR over several columns keeps an index from being used',
			'OR conditions over columns of one table.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  Conditions like a = 1 OR b = 2 by which a scan threw most of the rows away.

Why it matters
  One arm without an index is enough to make the whole condition a filter.

How it decides
  At least 1,000 rows thrown away and more than returned. Severity follows from its share of
  all time (30 % critical, 10 % high, 1 % medium, 0.1 % low) and from its mean time (10 s
  high, 1 s medium, 1 ms low).

When it is wrong
  If one arm matches half of the table, no index helps.

What to do
  An index for each arm: the planner combines them (BitmapOr). Or one SELECT for each arm and
  UNION.$page$),
		('order_by_random', 'query', 'ORDER BY random() sorts the whole table',
			'ORDER BY random() in the tree of the statement.', '{}'::text[], 'captured statements',
$page$What it looks at
  Statements that sort by random(), over at least 1,000 rows.

Why it matters
  Every row is read, numbered and sorted, to return one.

How it decides
  From the tree of the statement; the rows are those that the sort got. Severity follows from
  its share of all time (30 % critical, 10 % high, 1 % medium, 0.1 % low) and from its mean
  time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  For a small table it is fine, and not reported.

What to do
  WHERE id >= a random id ORDER BY id LIMIT 1, or TABLESAMPLE SYSTEM. Both are not quite
  uniform: gaps in the keys, or pages, weigh in.$page$),
		('partitions_not_pruned', 'query', 'All partitions are read for a few rows',
			'Append nodes over all partitions of a table.', '{}'::text[], 'captured plans',
$page$What it looks at
  Plans that search all partitions (four or more) of a table although the key is in a
  condition, or although hardly any rows come back.

Why it matters
  Pruning is what partitions are for. Without it each partition adds its own search, and
  planning takes longer, too.

How it decides
  The key within a function or cast; the key compared by what partitioning does not know; or
  no condition on the key and at most ten rows per partition. Severity follows from its share
  of all time (30 % critical, 10 % high, 1 % medium, 0.1 % low) and from its mean time (10 s
  high, 1 s medium, 1 ms low).

When it is wrong
  Reports on everything must read everything. A lookup by another unique column cannot prune,
  and may be rare enough.

What to do
  Compare the key itself with constants or parameters of its type, or add a condition on it.
  No lock: it is the statement that changes.$page$),
		('plan_regression', 'query', 'The plan has changed and takes longer',
			'Earlier and present plans of a statement.', '{}'::text[], 'captured plans',
$page$What it looks at
  Statements of which a new plan took the place of an old one and takes longer on average.

Why it matters
  Nothing in the application has changed, so nobody looks there. A dropped index, new
  statistics or growth made the planner choose otherwise.

How it decides
  At least five calls of each, twice the mean time and 1 ms more. Plans that take turns, as
  they do for different values, are no regression. Generic plans have a check of their own.
  Severity follows from its share of all time (30 % critical, 10 % high, 1 % medium, 0.1 %
  low) and from its mean time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  The data may have grown so that the old plan would be as slow now.

What to do
  Compare both in advisor.plans (texts and JSON). ANALYZE is the cheapest try; then see what
  the new plan's row_estimate says.$page$),
		('prefix_pattern', 'query', 'A search by the beginning of a text has no index for patterns',
			'LIKE with a fixed beginning.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  LIKE 'x%' on a column whose index cannot serve patterns because of its collation.

Why it matters
  In most collations the order of an ordinary index is not that of bytes, which patterns need.

How it decides
  At least 1,000 rows thrown away and more than returned. Severity follows from its share of
  all time (30 % critical, 10 % high, 1 % medium, 0.1 % low) and from its mean time (10 s
  high, 1 s medium, 1 ms low).

When it is wrong
  In a database with the C collation any B-tree does.

What to do
  An index with the operator class text_pattern_ops (or that of its type), besides the one for
  ORDER BY. CONCURRENTLY: ShareUpdateExclusiveLock; DROP INDEX CONCURRENTLY takes it back.$page$),
		('row_estimate', 'query', 'The planner expects another number of rows than there are',
			'Estimated and true rows of the nodes of executed plans.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  The deepest node of a plan whose number of rows the planner got wrong by ten times or more,
  where at least 100 rows (below a join) or 1,000 rows are at stake.

Why it matters
  Whether to loop or to hash, which table to begin with, how much memory a sort gets:
  everything above the node rests on that number.

How it decides
  Error = the larger of (rows, estimate) by the smaller, both at least 1, per loop. The cause
  is looked for in this order: an expression without statistics, statistics older than many
  changes, several columns taken for independent, one column with too small a sample, else a
  join or a grouping. Overestimates of nodes that were stopped early (LIMIT, semi joins,
  cursors) do not count. Severity follows from its share of all time (30 % critical, 10 %
  high, 1 % medium, 0.1 % low) and from its mean time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  Values differ: an estimate that is right on average is wrong for each of them. A generic
  plan estimates for no value at all.

What to do
  ANALYZE, a larger statistics target for the column, or CREATE STATISTICS on columns together
  or on the expression: remedy_sql has it. All take a ShareUpdateExclusiveLock.
  advisor.extended_statistics sums up what several statements would gain.$page$),
		('select_star', 'query', 'SELECT * fetches wide rows',
			'Columns that a star stands for, and their width.', '{}'::text[], 'captured statements',
$page$What it looks at
  SELECT * at the top level over at least eight columns and 200 bytes a row.

Why it matters
  Wide values are read from TOAST, sent and thrown away; index-only scans are impossible; a
  new column changes the result.

How it decides
  The width is the planner's. Always an information: what the application does with the
  columns is not known here.

When it is wrong
  An application that shows all columns needs them.

What to do
  Name the columns. The statement changes, no lock.$page$),
		('seq_scan_filter', 'query', 'A table is read from end to end and most of its rows are thrown away',
			'Sequential scans of executed plans, with the rows that their filter removed.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  Sequential scan nodes of plans that really ran, with the number of rows that passed the
  filter and of those that it removed, counted in instrumented executions.

Why it matters
  Each row that is read and thrown away costs processor time and pushes useful pages out of
  the cache. The time grows with the table, not with the result.

How it decides
  At least 1,000 rows removed per run and at least nine times as many as returned, from a
  table of at least ten pages. Conditions that no index can serve (a sub-select, a column
  inside of a function) have checks of their own. The price is the part of the plan's time
  that its rows make up. Severity follows from its share of all time (30 % critical, 10 %
  high, 1 % medium, 0.1 % low) and from its mean time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  The price is a share of rows, as no clock runs inside of plans. A scan that a cursor or
  LIMIT ends early shows fewer rows. Of a statement that runs once a month an index may cost
  more than it saves.

What to do
  See advisor.missing_indexes, which proves with the planner what an index would bring and
  what its upkeep costs. CREATE INDEX CONCURRENTLY blocks no writers
  (ShareUpdateExclusiveLock); DROP INDEX CONCURRENTLY takes it back.$page$),
		('sort_spill', 'query', 'A sort does not fit into work_mem',
			'Temporary files of sort nodes and of aggregates that sort.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  Sort and incremental sort nodes that wrote temporary files in at least a tenth of the
  instrumented runs, and count(DISTINCT ...) that sorts by itself.

Why it matters
  Sorting on disk takes several times as long and competes with everything else that needs the
  disk.

How it decides
  The memory it would have taken is 2.5 times its file: rows are larger in memory. The next
  power of two of MB is advised. Severity follows from its share of all time (30 % critical,
  10 % high, 1 % medium, 0.1 % low) and from its mean time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  A large work_mem is per node and per process. A hundred sessions with ten sorts each take a
  thousand times as much.

What to do
  Set work_mem in the transaction of this statement, or for its role or function (no lock, no
  restart; RESET takes it back). An index in that order, fewer columns or a smaller result do
  without memory. For the server see advisor.configuration_advice.$page$),
		('statement_per_value', 'query', 'Values in the text make a statement of each',
			'Texts and shapes of statements that differ by values only.', '{}'::text[], 'captured statements',
$page$What it looks at
  IN lists of changing length, dynamic SQL with values in its text, and statements on
  temporary tables that are made again and again.

Why it matters
  Each is parsed and planned anew, and each takes an entry in every statistics of statements.

How it decides
  Three lengths of one list; samples of which half had other texts; five statements of the
  same text on tables that are gone. Severity follows from its share of all time (30 %
  critical, 10 % high, 1 % medium, 0.1 % low) and from its mean time (10 s high, 1 s medium, 1
  ms low).

When it is wrong
  From 18 on lists of constants count as one statement.

What to do
  = ANY ($1) with an array, EXECUTE ... USING, or one temporary table per session with ON
  COMMIT DELETE ROWS.$page$),
		('union_all', 'query', 'UNION looks for duplicates and never finds any',
			'Rows into and out of the node that removes duplicates.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  UNION whose removal of duplicates removed nothing in at least three runs.

Why it matters
  All rows are sorted or hashed for nothing.

How it decides
  As many rows out as in, in each instrumented run, at least 100. Severity follows from its
  share of all time (30 % critical, 10 % high, 1 % medium, 0.1 % low) and from its mean time
  (10 s high, 1 s medium, 1 ms low).

When it is wrong
  What never happened may happen tomorrow: only you know if the sets can overlap.

What to do
  UNION ALL. The statement changes, no lock.$page$),
		('useless_distinct', 'query', 'DISTINCT removes nothing, or what a join has made',
			'Rows into and out of the node of DISTINCT.', '{}'::text[], 'instrumented runs',
$page$What it looks at
  DISTINCT that removed nothing in at least three runs; or that undoes a join of which no
  column is returned.

Why it matters
  Sorting or hashing all rows is the dearest way to say EXISTS.

How it decides
  As many rows out as in in each run; or several relations joined and all columns of one of
  them. Severity follows from its share of all time (30 % critical, 10 % high, 1 % medium, 0.1
  % low) and from its mean time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  Without a key nothing guarantees that there are no duplicates tomorrow.

What to do
  Leave it away where a key guarantees it, or choose rows by WHERE EXISTS in place of the
  join.$page$)
	) c;
END;
COMMENT ON FUNCTION advisor._query_checks() IS
	'the checks of advisor.query_findings';

CREATE FUNCTION advisor._query_skips() RETURNS TABLE (check_id text, reason text)
	LANGUAGE sql VOLATILE PARALLEL SAFE COST 1000 ROWS 10
BEGIN ATOMIC
	SELECT NULL::text, 'statements of other roles cannot be seen: they are for members of pg_read_all_stats'
	WHERE NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
	UNION ALL
	SELECT NULL::text, 'no statement has been captured yet'
	FROM advisor._info() i
	WHERE i.statements = 0;
END;
COMMENT ON FUNCTION advisor._query_skips() IS
	'which checks of advisor.query_findings could not run, and why';

CREATE FUNCTION advisor._index_checks() RETURNS TABLE (
	check_id text, category text, title text, looks_at text, settings text[], needs text, page text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100 ROWS 2
BEGIN ATOMIC
	SELECT * FROM (VALUES
		('missing_index', 'index', 'An index is missing',
			'Indexes that would make captured statements cheaper, as the planner itself says.', '{}'::text[], 'captured statements with examples',
$page$What it looks at
  What advisor.recommend_indexes() said within the last hour, or says within 5 s if it has not
  been asked: indexes chosen for all captured statements together.

Why it matters
  A missing index is the most common reason for a slow statement, and one too many slows every
  write.

How it decides
  Each candidate is shown to the planner as a hypothetical index of true size, and statements
  are planned with it under the role that ran them, with their real values. Time saved is
  measured time scaled by costs; upkeep by captured writes is taken off. Severity follows from
  its share of all time (30 % critical, 10 % high, 1 % medium, 0.1 % low) and from its mean
  time (10 s high, 1 s medium, 1 ms low).

When it is wrong
  Costs are estimates: what the planner gets wrong (see row_estimate) it gets wrong here.
  Constraints that an index could enforce are not its matter. Less is known while advisor has
  not run for long.

What to do
  Run remedy_sql, which is not to be run in a transaction: CREATE INDEX CONCURRENTLY takes a
  ShareUpdateExclusiveLock and blocks no writers. undo_sql takes it back.
  advisor.explain(query, indexes) shows the plan that a statement would get.$page$)
	) c;
END;
COMMENT ON FUNCTION advisor._index_checks() IS
	'the checks of advisor.index_findings';

CREATE FUNCTION advisor._index_skips() RETURNS TABLE (check_id text, reason text)
	LANGUAGE sql VOLATILE PARALLEL SAFE COST 1000 ROWS 1
BEGIN ATOMIC
	SELECT 'missing_index', 'statements of other roles cannot be seen: they are for members of pg_read_all_stats'
	WHERE NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
	UNION ALL
	SELECT 'missing_index', 'no statement has been captured yet'
	FROM advisor._info() i
	WHERE i.statements = 0;
END;
COMMENT ON FUNCTION advisor._index_skips() IS
	'which checks of advisor.index_findings could not run, and why';

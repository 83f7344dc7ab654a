-- Run records out of Lambda logs, with DuckDB (1.4 or newer).
--
--   duckdb -c "SET VARIABLE logs = 'logs/**/*.log*'" -c ".read sql/duckdb.sql"
--   powercurve classify runs.jsonl
--
-- Variables, all set before this file is read:
--   logs       files with one log event a line, plain or .gz: a path or a glob; 'logs/*' if not set
--   function   name of the function, where neither the log nor the file's name tells it
--
-- It leaves the table `invocations`, the view `statistics` (one row a function and memory size, the columns of
-- `powercurve logs --format csv`), and writes runs.jsonl. Text lines (REPORT RequestId: ...) and JSON events
-- ("type":"platform.report") are read. Durations are those of the handler; init is kept apart.

CREATE OR REPLACE TEMP TABLE invocations AS
WITH lines AS (
    -- no character of a log delimits, quotes or escapes: every line is one field
    FROM read_csv(
        coalesce(getvariable('logs'), 'logs/*'),
        columns = {'line': 'VARCHAR'},
        delim = chr(1), quote = '', escape = '',
        header = false, auto_detect = false, filename = true, max_line_size = 16777216
    )
),
text_reports AS (
    SELECT
        line,
        filename,
        regexp_extract(line, 'REPORT RequestId: ([0-9a-f-]+)', 1) AS request,
        -- the handler's own duration comes first; billed, init and restore durations have a word before them
        try_cast(regexp_extract(line, 'REPORT RequestId: [0-9a-f-]+\s+Duration: ([0-9.]+)', 1) AS DOUBLE) AS duration_ms,
        try_cast(regexp_extract(line, 'Memory Size: ([0-9]+)', 1) AS INTEGER) AS memory_mb,
        try_cast(regexp_extract(line, 'Max Memory Used: ([0-9]+)', 1) AS DOUBLE) AS max_memory_used_mb,
        try_cast(regexp_extract(line, 'Init Duration: ([0-9.]+)', 1) AS DOUBLE) AS init_ms,
        try_cast(regexp_extract(line, '\sRestore Duration: ([0-9.]+)', 1) AS DOUBLE) AS restore_ms,
        try_cast(regexp_extract(line, '\sBilled Duration: ([0-9.]+)', 1) AS DOUBLE) AS billed_ms,
        try_cast(regexp_extract(line, 'Billed Restore Duration: ([0-9.]+)', 1) AS DOUBLE) AS billed_restore_ms,
        regexp_extract(line, 'Status: (\w+)', 1) AS status,
        regexp_extract(line, 'Error Type: ([\w.]+)', 1) AS error_type
    FROM lines
    WHERE contains(line, 'REPORT RequestId: ')
),
json_reports AS (
    SELECT
        line,
        filename,
        event ->> '$.record.requestId' AS request,
        try_cast(event ->> '$.record.metrics.durationMs' AS DOUBLE) AS duration_ms,
        try_cast(event ->> '$.record.metrics.memorySizeMB' AS INTEGER) AS memory_mb,
        try_cast(event ->> '$.record.metrics.maxMemoryUsedMB' AS DOUBLE) AS max_memory_used_mb,
        try_cast(event ->> '$.record.metrics.initDurationMs' AS DOUBLE) AS init_ms,
        try_cast(event ->> '$.record.metrics.restoreDurationMs' AS DOUBLE) AS restore_ms,
        try_cast(event ->> '$.record.metrics.billedDurationMs' AS DOUBLE) AS billed_ms,
        try_cast(event ->> '$.record.metrics.billedRestoreDurationMs' AS DOUBLE) AS billed_restore_ms,
        coalesce(event ->> '$.record.status', '') AS status,
        coalesce(event ->> '$.record.errorType', '') AS error_type
    -- an export may put a time stamp in front of the event
    FROM (SELECT line, filename, try_cast(regexp_extract(line, '\{.*') AS JSON) AS event FROM lines
          WHERE contains(line, 'platform.report'))
    WHERE event ->> '$.type' = 'platform.report'
),
-- older logs tell a failure on a line of its own
failures AS (
    SELECT request, any_value(failure) AS failure
    FROM (
        SELECT
            regexp_extract(line, '([0-9a-f-]{36}) Task timed out after ', 1) AS request,
            'timeout' AS failure
        FROM lines
        WHERE contains(line, ' Task timed out after ')
        UNION ALL
        SELECT
            regexp_extract(line, 'RequestId: ([0-9a-f-]{36})', 1) AS request,
            if(contains(line, 'signal: killed'), 'out_of_memory', 'error') AS failure
        FROM lines
        WHERE regexp_matches(line, 'RequestId: [0-9a-f-]{36} .*(Runtime exited|exited before completing request)')
    )
    GROUP BY request
)
SELECT
    coalesce(
        nullif(regexp_extract(line, '/aws/lambda/([\w.$-]+)', 1), ''),
        getvariable('function'),
        regexp_extract(filename, '([^/\\]+?)(\.(csv|json|jsonl|log|ndjson|tsv|txt))?(\.gz)?$', 1)
    ) AS function,
    memory_mb,
    duration_ms,
    max_memory_used_mb,
    -- with SnapStart a cold start restores instead
    CASE WHEN init_ms IS NULL THEN restore_ms ELSE init_ms + coalesce(restore_ms, 0) END AS init_ms,
    billed_ms + coalesce(billed_restore_ms, 0) AS billed_ms,
    CASE
        WHEN status = 'timeout' THEN 'timeout'
        WHEN status IN ('', 'success') AND error_type = '' THEN failures.failure
        WHEN error_type = 'Runtime.OutOfMemory' THEN 'out_of_memory'
        WHEN error_type = 'Runtime.ExitError' AND max_memory_used_mb >= memory_mb THEN 'out_of_memory'
        ELSE 'error'
    END AS failure
FROM (FROM text_reports UNION ALL FROM json_reports)
LEFT JOIN failures USING (request)
WHERE memory_mb BETWEEN 128 AND 10240 AND duration_ms > 0;

CREATE OR REPLACE TEMP VIEW statistics AS
WITH ranked AS (
    SELECT
        *,
        row_number() OVER same AS place,
        count(*) OVER (same ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS among
    FROM invocations
    WINDOW same AS (PARTITION BY function, memory_mb, failure IS NULL ORDER BY duration_ms)
)
SELECT
    function,
    memory_mb,
    count(*) FILTER (failure IS NULL) AS count,
    avg(duration_ms) FILTER (failure IS NULL) AS duration_ms,
    -- as aws-lambda-power-tuning averages: without a fifth at each end
    avg(duration_ms) FILTER (failure IS NULL AND place > floor(0.2 * among) AND place <= among - floor(0.2 * among))
        AS trimmed_mean_ms,
    stddev_samp(duration_ms) FILTER (failure IS NULL) AS sd_ms,
    quantile_cont(duration_ms, 0.50) FILTER (failure IS NULL) AS p50_ms,
    quantile_cont(duration_ms, 0.90) FILTER (failure IS NULL) AS p90_ms,
    quantile_cont(duration_ms, 0.95) FILTER (failure IS NULL) AS p95_ms,
    quantile_cont(duration_ms, 0.99) FILTER (failure IS NULL) AS p99_ms,
    max(max_memory_used_mb) FILTER (failure IS NULL) AS max_memory_used_mb,
    count(init_ms) FILTER (failure IS NULL) AS cold_starts,
    avg(init_ms) FILTER (failure IS NULL) AS init_ms,
    quantile_cont(init_ms, 0.90) FILTER (failure IS NULL) AS init_p90_ms,
    avg(billed_ms) FILTER (failure IS NULL) AS billed_ms,
    count(*) FILTER (failure = 'timeout') AS timeouts,
    count(*) FILTER (failure = 'out_of_memory') AS out_of_memory,
    count(*) FILTER (failure = 'error') AS errors
FROM ranked
GROUP BY function, memory_mb
ORDER BY function, memory_mb;

COPY (
    SELECT
        function AS id,
        list(memory_mb ORDER BY memory_mb) AS memory_mb,
        list(duration_ms ORDER BY memory_mb) AS duration_ms,
        list(nullif(count, 0) ORDER BY memory_mb) AS count,
        list(sd_ms ORDER BY memory_mb) AS sd_ms,
        list(p50_ms ORDER BY memory_mb) AS p50_ms,
        list(p90_ms ORDER BY memory_mb) AS p90_ms,
        list(p95_ms ORDER BY memory_mb) AS p95_ms,
        list(p99_ms ORDER BY memory_mb) AS p99_ms,
        list(max_memory_used_mb ORDER BY memory_mb) AS max_memory_used_mb,
        list(init_ms ORDER BY memory_mb) AS init_ms,
        list(if(count > 0, cold_starts, NULL) ORDER BY memory_mb) AS cold_starts,
        list(billed_ms ORDER BY memory_mb) AS billed_ms,
        list(timeouts ORDER BY memory_mb) AS timeouts,
        list(out_of_memory ORDER BY memory_mb) AS out_of_memory,
        list(errors ORDER BY memory_mb) AS errors,
        CASE sum(cold_starts) WHEN 0 THEN 'warm' WHEN sum(count) THEN 'cold' ELSE 'mixed' END AS start
    FROM statistics
    GROUP BY function
    ORDER BY function
) TO 'runs.jsonl' (FORMAT json);

-- Statistics of Lambda logs by function and memory size, with Athena (engine version 3) or Trino.
--
-- Create the table with athena-table.sql, run this query, download its result as CSV:
--   powercurve classify result.csv
--
-- The columns are those of `powercurve logs --format csv`; percentiles are approximate. Text lines
-- (REPORT RequestId: ...) and JSON events ("type":"platform.report") are read. Durations are those of the handler; init
-- is kept apart. The function is the one whose log group the line names, else the folder behind lambda/.

WITH lines AS (
    SELECT
        line,
        coalesce(
            regexp_extract(line, '/aws/lambda/([A-Za-z0-9_.$-]+)', 1),
            regexp_extract("$path", '/lambda/([^/]+)/', 1),
            'function'
        ) AS function
    FROM lambda_logs
),
text_reports AS (
    SELECT
        function,
        regexp_extract(line, 'REPORT RequestId: ([0-9a-f-]+)', 1) AS request,
        -- the handler's own duration comes first; billed, init and restore durations have a word before them
        TRY_CAST(regexp_extract(line, 'REPORT RequestId: [0-9a-f-]+\s+Duration: ([0-9.]+)', 1) AS double) AS duration_ms,
        TRY_CAST(regexp_extract(line, 'Memory Size: ([0-9]+)', 1) AS integer) AS memory_mb,
        TRY_CAST(regexp_extract(line, 'Max Memory Used: ([0-9]+)', 1) AS double) AS max_memory_used_mb,
        TRY_CAST(regexp_extract(line, 'Init Duration: ([0-9.]+)', 1) AS double) AS init_ms,
        TRY_CAST(regexp_extract(line, '\sRestore Duration: ([0-9.]+)', 1) AS double) AS restore_ms,
        TRY_CAST(regexp_extract(line, '\sBilled Duration: ([0-9.]+)', 1) AS double) AS billed_ms,
        TRY_CAST(regexp_extract(line, 'Billed Restore Duration: ([0-9.]+)', 1) AS double) AS billed_restore_ms,
        regexp_extract(line, 'Status: ([a-z]+)', 1) AS status,
        regexp_extract(line, 'Error Type: ([A-Za-z.]+)', 1) AS error_type
    FROM lines
    WHERE line LIKE '%REPORT RequestId: %'
),
json_events AS (
    -- an export puts a time stamp in front of the event
    SELECT function, TRY(json_parse(regexp_extract(line, '\{.*'))) AS event
    FROM lines
    WHERE line LIKE '%platform.report%'
),
json_reports AS (
    SELECT
        function,
        json_extract_scalar(event, '$.record.requestId') AS request,
        TRY_CAST(json_extract_scalar(event, '$.record.metrics.durationMs') AS double) AS duration_ms,
        TRY_CAST(json_extract_scalar(event, '$.record.metrics.memorySizeMB') AS integer) AS memory_mb,
        TRY_CAST(json_extract_scalar(event, '$.record.metrics.maxMemoryUsedMB') AS double) AS max_memory_used_mb,
        TRY_CAST(json_extract_scalar(event, '$.record.metrics.initDurationMs') AS double) AS init_ms,
        TRY_CAST(json_extract_scalar(event, '$.record.metrics.restoreDurationMs') AS double) AS restore_ms,
        TRY_CAST(json_extract_scalar(event, '$.record.metrics.billedDurationMs') AS double) AS billed_ms,
        TRY_CAST(json_extract_scalar(event, '$.record.metrics.billedRestoreDurationMs') AS double) AS billed_restore_ms,
        json_extract_scalar(event, '$.record.status') AS status,
        json_extract_scalar(event, '$.record.errorType') AS error_type
    FROM json_events
    WHERE json_extract_scalar(event, '$.type') = 'platform.report'
),
-- older logs tell a failure on a line of its own
told AS (
    SELECT regexp_extract(line, '([0-9a-f-]{36}) Task timed out after ', 1) AS request, 'timeout' AS told_failure
    FROM lines
    WHERE line LIKE '% Task timed out after %'
    UNION ALL
    SELECT
        regexp_extract(line, 'RequestId: ([0-9a-f-]{36})', 1) AS request,
        CASE WHEN line LIKE '%signal: killed%' THEN 'out_of_memory' ELSE 'error' END AS told_failure
    FROM lines
    WHERE regexp_like(line, 'RequestId: [0-9a-f-]{36} .*(Runtime exited|exited before completing request)')
),
failures AS (
    SELECT request, min(told_failure) AS told_failure
    FROM told
    GROUP BY request
),
reports AS (
    SELECT * FROM text_reports
    UNION ALL
    SELECT * FROM json_reports
),
invocations AS (
    SELECT
        reports.function,
        reports.memory_mb,
        reports.duration_ms,
        reports.max_memory_used_mb,
        -- with SnapStart a cold start restores instead
        CASE WHEN init_ms IS NULL THEN restore_ms ELSE init_ms + coalesce(restore_ms, 0) END AS init_ms,
        billed_ms + coalesce(billed_restore_ms, 0) AS billed_ms,
        CASE
            WHEN status = 'timeout' THEN 'timeout'
            WHEN coalesce(status, '') IN ('', 'success') AND coalesce(error_type, '') = ''
                THEN coalesce(failures.told_failure, 'none')
            WHEN error_type = 'Runtime.OutOfMemory' THEN 'out_of_memory'
            WHEN error_type = 'Runtime.ExitError' AND max_memory_used_mb >= memory_mb THEN 'out_of_memory'
            ELSE 'error'
        END AS failure
    FROM reports
    LEFT JOIN failures ON failures.request = reports.request
    WHERE memory_mb BETWEEN 128 AND 10240 AND duration_ms > 0
),
ranked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY function, memory_mb, failure ORDER BY duration_ms) AS place,
        count(*) OVER (PARTITION BY function, memory_mb, failure) AS among
    FROM invocations
)
SELECT
    function,
    memory_mb,
    count(*) FILTER (WHERE failure = 'none') AS count,
    avg(duration_ms) FILTER (WHERE failure = 'none') AS duration_ms,
    -- as aws-lambda-power-tuning averages: without a fifth at each end
    avg(duration_ms) FILTER (
        WHERE failure = 'none' AND place > floor(0.2 * among) AND place <= among - floor(0.2 * among)
    ) AS trimmed_mean_ms,
    stddev_samp(duration_ms) FILTER (WHERE failure = 'none') AS sd_ms,
    approx_percentile(duration_ms, 0.50) FILTER (WHERE failure = 'none') AS p50_ms,
    approx_percentile(duration_ms, 0.90) FILTER (WHERE failure = 'none') AS p90_ms,
    approx_percentile(duration_ms, 0.95) FILTER (WHERE failure = 'none') AS p95_ms,
    approx_percentile(duration_ms, 0.99) FILTER (WHERE failure = 'none') AS p99_ms,
    max(max_memory_used_mb) FILTER (WHERE failure = 'none') AS max_memory_used_mb,
    count(init_ms) FILTER (WHERE failure = 'none') AS cold_starts,
    avg(init_ms) FILTER (WHERE failure = 'none') AS init_ms,
    approx_percentile(init_ms, 0.90) FILTER (WHERE failure = 'none') AS init_p90_ms,
    avg(billed_ms) FILTER (WHERE failure = 'none') AS billed_ms,
    count(*) FILTER (WHERE failure = 'timeout') AS timeouts,
    count(*) FILTER (WHERE failure = 'out_of_memory') AS out_of_memory,
    count(*) FILTER (WHERE failure = 'error') AS errors
FROM ranked
GROUP BY function, memory_mb
ORDER BY function, memory_mb

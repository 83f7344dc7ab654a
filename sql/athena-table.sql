-- The table that athena.sql reads: Lambda logs in S3, one log event a line, plain or .gz.
--
-- Export each log group under a prefix that ends in the function's name, for example
--   aws logs create-export-task --log-group-name /aws/lambda/resize --from 1717200000000 --to 1719792000000 \
--       --destination my-bucket --destination-prefix logs/lambda/resize
-- CloudWatch writes s3://my-bucket/logs/lambda/resize/TASK/STREAM/000000.gz with lines of "TIME EVENT".
--
-- No character of a log is \001, so that every line is one field.

CREATE EXTERNAL TABLE IF NOT EXISTS lambda_logs (
    line string
)
ROW FORMAT DELIMITED
    FIELDS TERMINATED BY '\001'
    LINES TERMINATED BY '\n'
STORED AS TEXTFILE
LOCATION 's3://my-bucket/logs/lambda/'

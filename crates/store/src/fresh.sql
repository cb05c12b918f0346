-- Version 2: the newest readings wait side by side until they are settled, and views show both as one.

-- The block of ten minutes whose readings are fresh, and the hour it lies in; null while there is none.
CREATE TABLE settling (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    open INTEGER,
    hour INTEGER
);
INSERT INTO settling VALUES (1, NULL, NULL);

-- In the order they came. Rows of other minutes than the open block's are left over and get overwritten.
CREATE TABLE fresh_readings (
    id     INTEGER PRIMARY KEY,
    minute INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    micros INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    value  NOT NULL
);

CREATE VIEW fresh AS
SELECT f.minute, f.stream, f.micros, f.n, f.value, s.hour
FROM fresh_readings f JOIN settling s ON f.minute >= s.open AND f.minute < s.open + 10;

CREATE VIEW readings AS
SELECT minute, stream, micros, n, value, epoch FROM settled_readings
UNION ALL
SELECT minute, stream, micros, n, value, minute * 60000000 + micros FROM fresh;

CREATE VIEW minutes AS
SELECT minute, stream, min, max, sum, count, last, last_micros, epoch FROM settled_minutes
UNION ALL
SELECT DISTINCT minute, stream, min(value + 0.0) OVER w, max(value + 0.0) OVER w, total(value) OVER w, count(*) OVER w,
       last_value(value + 0.0) OVER w, last_value(micros) OVER w, minute * 60000000
FROM fresh WHERE typeof(value) IN ('integer', 'real')
WINDOW w AS (PARTITION BY minute, stream ORDER BY micros, n
             ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING);

CREATE VIEW hours AS
SELECT hour, stream, min, max, sum, count, last, last_micros, epoch FROM settled_hours
WHERE hour IS NOT (SELECT hour FROM settling)
UNION ALL
SELECT DISTINCT hour, stream, min(min) OVER w, max(max) OVER w, sum(sum) OVER w, sum(count) OVER w,
       last_value(last) OVER w, last_value(last_micros) OVER w, hour * 3600000000
FROM (SELECT hour, stream, min, max, sum, count, last, last_micros FROM settled_hours
      WHERE hour = (SELECT hour FROM settling)
      UNION ALL
      SELECT s.hour, m.stream, m.min, m.max, m.sum, m.count, m.last, (m.minute - s.hour * 60) * 60000000 + m.last_micros
      FROM minutes m JOIN settling s ON m.minute >= s.open AND m.minute < s.open + 10)
WINDOW w AS (PARTITION BY stream ORDER BY last_micros ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING);

-- Of each stream the newest reading, settled or fresh.
CREATE VIEW newest AS
SELECT s.id AS stream, s.bucket, s.key,
       iif(f.epoch >= coalesce(s.epoch, f.epoch), f.epoch, s.epoch) AS epoch,
       iif(f.epoch >= coalesce(s.epoch, f.epoch), f.value, s.value) AS value
FROM streams s LEFT JOIN (
    SELECT stream, value, minute * 60000000 + micros AS epoch,
           max(((minute - hour * 60) * 60000000 + micros) * 1000000 + n)
    FROM fresh GROUP BY stream
) f ON f.stream = s.id
WHERE coalesce(s.epoch, f.epoch) IS NOT NULL;

-- For people.

CREATE VIEW readings_readable AS
SELECT b.key AS bucket,
       s.key AS key,
       strftime('%Y-%m-%d %H:%M:%S', r.epoch / 1000000 - (r.epoch % 1000000 < 0), 'unixepoch')
           || printf('.%06d', ((r.epoch % 1000000) + 1000000) % 1000000) AS time_utc,
       CASE typeof(r.value) WHEN 'blob' THEN iif(r.value = x'01', 'true', 'false') ELSE r.value END AS value,
       CASE typeof(r.value) WHEN 'blob' THEN 'boolean' WHEN 'real' THEN 'number' ELSE typeof(r.value) END AS kind
FROM readings r JOIN streams s ON s.id = r.stream JOIN buckets b ON b.id = s.bucket;

CREATE VIEW latest AS
SELECT b.key AS bucket,
       s.key AS key,
       strftime('%Y-%m-%d %H:%M:%S', s.epoch / 1000000 - (s.epoch % 1000000 < 0), 'unixepoch')
           || printf('.%06d', ((s.epoch % 1000000) + 1000000) % 1000000) AS time_utc,
       CASE typeof(s.value) WHEN 'blob' THEN iif(s.value = x'01', 'true', 'false') ELSE s.value END AS value
FROM newest s JOIN buckets b ON b.id = s.bucket
ORDER BY b.key, s.key;

CREATE VIEW minutes_readable AS
SELECT b.key AS bucket, s.key AS key, datetime(m.minute * 60, 'unixepoch') AS minute_utc,
       m.min, m.sum / m.count AS mean, m.max, m.last, m.count
FROM minutes m JOIN streams s ON s.id = m.stream JOIN buckets b ON b.id = s.bucket;

CREATE VIEW hours_readable AS
SELECT b.key AS bucket, s.key AS key, datetime(h.hour * 3600, 'unixepoch') AS hour_utc,
       h.min, h.sum / h.count AS mean, h.max, h.last, h.count
FROM hours h JOIN streams s ON s.id = h.stream JOIN buckets b ON b.id = s.bucket;

CREATE VIEW changes_readable AS
SELECT b.key AS bucket, s.key AS key,
       datetime(c.epoch / 1000000, 'unixepoch') AS from_utc,
       datetime(c.until / 1000000, 'unixepoch') AS until_utc,
       CASE typeof(c.value) WHEN 'blob' THEN iif(c.value = x'01', 'true', 'false') ELSE c.value END AS value
FROM changes c JOIN streams s ON s.id = c.stream JOIN buckets b ON b.id = s.bucket;

-- The tables of a Streamer store, version 1. SCHEMA.md says what each is for.

CREATE TABLE buckets (
    id   INTEGER PRIMARY KEY,
    key  TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
);

-- The last count that is stored of each opening of a bucket's log.
CREATE TABLE marks (
    bucket  INTEGER NOT NULL REFERENCES buckets,
    opening INTEGER NOT NULL,
    count   INTEGER NOT NULL,
    turn    INTEGER NOT NULL,
    PRIMARY KEY (bucket, opening)
) WITHOUT ROWID;

-- One key of one bucket, with its newest reading.
CREATE TABLE streams (
    id     INTEGER PRIMARY KEY,
    bucket INTEGER NOT NULL REFERENCES buckets,
    key    TEXT NOT NULL,
    epoch  INTEGER,
    value,
    UNIQUE (bucket, key)
);

CREATE TABLE readings (
    minute INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    micros INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    value  NOT NULL,
    epoch  INTEGER GENERATED ALWAYS AS (minute * 60000000 + micros) VIRTUAL,
    PRIMARY KEY (minute, stream, micros, n)
) WITHOUT ROWID;

CREATE TABLE minutes (
    minute      INTEGER NOT NULL,
    stream      INTEGER NOT NULL,
    min         REAL NOT NULL,
    max         REAL NOT NULL,
    sum         REAL NOT NULL,
    count       INTEGER NOT NULL,
    last        REAL NOT NULL,
    last_micros INTEGER NOT NULL,
    epoch       INTEGER GENERATED ALWAYS AS (minute * 60000000) VIRTUAL,
    PRIMARY KEY (minute, stream)
) WITHOUT ROWID;

CREATE TABLE hours (
    hour        INTEGER NOT NULL,
    stream      INTEGER NOT NULL,
    min         REAL NOT NULL,
    max         REAL NOT NULL,
    sum         REAL NOT NULL,
    count       INTEGER NOT NULL,
    last        REAL NOT NULL,
    last_micros INTEGER NOT NULL,
    epoch       INTEGER GENERATED ALWAYS AS (hour * 3600000000) VIRTUAL,
    PRIMARY KEY (hour, stream)
) WITHOUT ROWID;

-- Texts and booleans: one row for each run of equal values.
CREATE TABLE changes (
    stream INTEGER NOT NULL,
    epoch  INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    until  INTEGER NOT NULL,
    value  NOT NULL,
    PRIMARY KEY (stream, epoch, n)
) WITHOUT ROWID;

-- Readings and minutes before this minute have been cut by retention.
CREATE TABLE retention (
    id  INTEGER PRIMARY KEY CHECK (id = 1),
    cut INTEGER
);
INSERT INTO retention VALUES (1, NULL);

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
FROM streams s JOIN buckets b ON b.id = s.bucket
WHERE s.epoch IS NOT NULL
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

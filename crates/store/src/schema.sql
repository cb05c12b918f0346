-- The tables of a Streamer store that were there from version 1 on. SCHEMA.md says what each is for.

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

-- One key of one bucket, with its newest settled reading.
CREATE TABLE streams (
    id     INTEGER PRIMARY KEY,
    bucket INTEGER NOT NULL REFERENCES buckets,
    key    TEXT NOT NULL,
    epoch  INTEGER,
    value,
    UNIQUE (bucket, key)
);

CREATE TABLE settled_readings (
    minute INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    micros INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    value  NOT NULL,
    epoch  INTEGER GENERATED ALWAYS AS (minute * 60000000 + micros) VIRTUAL,
    PRIMARY KEY (minute, stream, micros, n)
) WITHOUT ROWID;

CREATE TABLE settled_minutes (
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

CREATE TABLE settled_hours (
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

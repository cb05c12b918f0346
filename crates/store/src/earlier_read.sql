-- For who reads a file of version 1 and may not write into it: what version 2 has, for this connection alone.

CREATE TEMP VIEW settled_readings AS SELECT * FROM main.readings;
CREATE TEMP VIEW settled_minutes AS SELECT * FROM main.minutes;
CREATE TEMP VIEW settled_hours AS SELECT * FROM main.hours;
CREATE TEMP TABLE settling (id INTEGER PRIMARY KEY, open INTEGER, hour INTEGER);
INSERT INTO temp.settling VALUES (1, NULL, NULL);
CREATE TEMP TABLE fresh_readings (
    id INTEGER PRIMARY KEY, minute INTEGER, stream INTEGER, micros INTEGER, n INTEGER, value
);

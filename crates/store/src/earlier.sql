-- From version 1: its tables become the settled ones. Nothing is copied.

DROP VIEW readings_readable;
DROP VIEW latest;
DROP VIEW minutes_readable;
DROP VIEW hours_readable;
DROP VIEW changes_readable;
ALTER TABLE readings RENAME TO settled_readings;
ALTER TABLE minutes RENAME TO settled_minutes;
ALTER TABLE hours RENAME TO settled_hours;

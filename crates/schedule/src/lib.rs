//! Pure time arithmetic: interval, cron, jitter, alignment, zones, clock steps.

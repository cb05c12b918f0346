//! The core: Streamer, drains, batching, pacing, retry, the Events API.

//! Assembly, supervision and the command line of Streamer.

//! Text to readings: number, regex, json, csv, key=value, influx, nagios.

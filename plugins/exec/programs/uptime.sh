#!/bin/sh
# Each line is a reading.
while sleep "${EVERY:-10}"; do echo "uptime,$(cut -d' ' -f1 /proc/uptime)"; done

#!/usr/bin/env python3
"""Hands over the files 1.json, 2.json and so on of a folder, and removes each once every output has it."""
import json, os, sys, threading, time


def say(line):
    print(json.dumps(line), flush=True)


def remove(line):
    upto = json.loads(line)["settled"] or 0
    for name in os.listdir(folder):
        if name.endswith(".json") and int(name[:-5]) <= upto:
            os.remove(os.path.join(folder, name))


say({"streamer": 1, "name": "queue", "cursor": True, "beat": 10,
     "schema": {"type": "object", "required": ["folder"], "additionalProperties": False,
                "properties": {"folder": {"type": "string"}}}})
first = sys.stdin.readline()
folder, at = json.loads(first)["options"]["folder"], json.loads(first)["reached"] or 0
print("info: goes on behind", at, file=sys.stderr, flush=True)
remove(first)
threading.Thread(target=lambda: [remove(line) for line in sys.stdin], daemon=True).start()
while True:
    try:
        with open(f"{folder}/{at + 1}.json") as file:
            say(json.load(file))
        at += 1
        say({"streamer": {"at": at}})
    except FileNotFoundError:
        say({"streamer": {"beat": True}})
        time.sleep(float(os.environ.get("EVERY", "1")))

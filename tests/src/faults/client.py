# A program that uses ISStreamer 2.0.0 as its documentation says; one row of the fault table.
# Prints one JSON object with what it saw. What it does not catch is what a user's program would not catch either.
import json
import sys
import threading
import time

from ISStreamer.Streamer import Streamer

row = json.loads(sys.argv[1])
died = []
threading.excepthook = lambda told: died.append("%s: %s" % (told.exc_type.__name__, told.exc_value))
raised = []


def attempt(work):
    began = time.monotonic()
    try:
        work()
    except Exception as error:
        raised.append("%s: %s" % (type(error).__name__, error))
    return time.monotonic() - began


streamer = Streamer(
    bucket_name="Test bench",
    bucket_key="test",
    ini_file_location=row["ini"],
    buffer_size=row["buffer"],
    debug_level=row["level"],
    use_async=row["asynchronous"],
)
bad = {"Nan": float("nan"), "Nothing": None, "NoJson": object(), "NoJsonFlushing": object()}
slowest = 0.0
began = time.monotonic()
for number in range(row["readings"]):
    value = bad[row["bad"]] if row["bad"] and number == row["bad_at"] else number
    slowest = max(slowest, attempt(lambda: streamer.log("n", value)))
    if row["bad"] == "NoJsonFlushing" and number % 10 == 9:
        attempt(streamer.flush)
    if row["rate"]:
        time.sleep(max(0.0, began + (number + 1) / row["rate"] - time.monotonic()))


def tell():
    told = {"slowest": slowest, "died": len(died), "raised": len(raised), "first": (died + raised + [""])[0]}
    print(json.dumps(told), flush=True)


if row["end"] == "kill":
    tell()
    time.sleep(3600)
elif row["end"] == "leave":
    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
    tell()
else:
    attempt(streamer.close)
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join()
    tell()

#!/usr/bin/env python3
"""wrk as a peer: a load generator, not a client, and one that runs for a time and not for a number of requests.

The time is taken from --requests as if a request took 10 µs; what wrk did in it is what is told."""
import re
import resource
import subprocess
import sys

import program

PARSED = program.arguments()
if PARSED.mode != "get":
    sys.exit("wrk: --mode get alone")
SECONDS = max(1, round(PARSED.requests * 10e-6))

before = program.sample()
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
out = subprocess.run(["wrk", "-t1", f"-c{PARSED.concurrency}", f"-d{SECONDS}s", PARSED.url],
                     check=True, capture_output=True, text=True).stdout
used = resource.getrusage(resource.RUSAGE_CHILDREN)
after = program.sample()
found = re.search(r"(\d+) requests in", out)
if not found or "Non-2xx" in out or "Socket errors" in out:
    sys.exit("wrk: " + out)
requests = int(found.group(1))
program.report("wrk", PARSED, requests, requests * 200, (before[0], usage.ru_utime, usage.ru_stime),
               (after[0], used.ru_utime, used.ru_stime))

"""What the Python peers have in common: the command line and the line of JSON of program.hpp."""
import argparse
import json
import resource
import statistics
import sys
import time


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--mode", default="get", choices=["get", "fresh", "post", "download", "upload", "idle"])
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--concurrency", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--warmup", type=int, default=20)
    parser.add_argument("--body-size", type=int, default=0)
    parser.add_argument("--bufsize", type=int, default=256 * 1024)
    parser.add_argument("--collect", action="store_true")
    parsed = parser.parse_args()
    parsed.method = {"post": "POST", "upload": "PUT"}.get(parsed.mode, "GET")
    parsed.body = None
    if parsed.mode == "post":
        parsed.body = b'{"text":"' + b"j" * (parsed.body_size - 11) + b'"}'
    elif parsed.mode == "upload":
        parsed.body = b"u" * parsed.body_size
    parsed.content_type = "application/json" if parsed.mode == "post" else "application/octet-stream"
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return parsed


def resident_kb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1024


def report(peer, parsed, requests, received, before, after, batches=(), kb_per_connection=None):
    """`before` and `after` are samples; `received` the bytes of all bodies."""
    wall = after[0] - before[0]
    user = after[1] - before[1]
    system = after[2] - before[2]
    line = {
        "peer": peer, "mode": parsed.mode, "requests": requests, "bytes": received,
        "wall_s": round(wall, 6), "user_s": round(user, 6), "sys_s": round(system, 6),
        "cpu_us_per_req": round((user + system) / requests * 1e6, 3), "rps": round(requests / wall, 1),
        "max_rss_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    if batches:
        line["batch_ms_med"] = round(statistics.median(batches) * 1e3, 4)
        line["batch_cpu_ms"] = round((user + system) / len(batches) * 1e3, 4)
    if kb_per_connection is not None:
        line["rss_per_conn_kb"] = round(kb_per_connection, 3)
    print(json.dumps(line, separators=(",", ":")))
    sys.stdout.flush()


def sample():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return time.monotonic(), usage.ru_utime, usage.ru_stime


async def run(peer, parsed, client):
    """`client()` is an asynchronous context manager whose perform(requests, concurrency) gives the bytes received."""
    if parsed.mode == "fresh":
        async def batch():
            async with client() as one:
                return await one.perform(parsed.concurrency, parsed.concurrency)

        await batch()
        batches, received, before = [], 0, sample()
        for _ in range(parsed.repeat):
            start = time.monotonic()
            received += await batch()
            batches.append(time.monotonic() - start)
        report(peer, parsed, parsed.repeat * parsed.concurrency, received, before, sample(), batches)
        return
    async with client() as one:
        if parsed.mode == "idle":
            await one.perform(10, 1)
            resident, before = resident_kb(), sample()
            received = await one.perform(parsed.requests, parsed.requests)
            each = (resident_kb() - resident) / (parsed.requests - 1)
            report(peer, parsed, parsed.requests, received, before, sample(), kb_per_connection=each)
            return
        if parsed.warmup:
            await one.perform(parsed.warmup, parsed.concurrency)
        before = sample()
        received = await one.perform(parsed.requests, parsed.concurrency)
        report(peer, parsed, parsed.requests, received, before, sample())


async def lanes(request, requests, concurrency):
    """Awaits request() so many times, several at once; the sum of what it gives."""
    import asyncio
    left = requests
    total = 0

    async def lane():
        nonlocal left, total
        while left:
            left -= 1
            received = await request()
            total += received

    if concurrency == 1:
        await lane()
    else:
        await asyncio.gather(*(lane() for _ in range(min(requests, concurrency))))
    return total


def start(main):
    """On uvloop, where it is installed: both libraries are faster on it."""
    import asyncio
    try:
        import uvloop
        uvloop.install()
    except ImportError:
        pass
    asyncio.run(main)

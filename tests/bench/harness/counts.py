"""What does not depend on the machine's speed: instructions, system calls and allocations per request.

Each is the difference of two runs that differ in the number of requests alone, so that starting up does not count."""
import os
import pathlib
import re
import subprocess
import tempfile

FEW, MANY = 200, 1200


def run(peer, build, url, requests, concurrency, prefix=(), environment=None):
    command = [*prefix, *peer.command(build), "--url", url + "/200", "--mode", "get", "--warmup", str(2 * concurrency),
               "--requests", str(requests), "--concurrency", str(concurrency), "--bufsize", "16384"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(environment or {})})
    if done.returncode:
        raise RuntimeError(f"{peer.name}: {done.stderr or done.stdout}")
    return done


def allocations(peer, build, url, concurrency):
    """By the hook in front of malloc; nothing for programs that are not ours to look into."""
    import json
    library = build / "tests/bench/libbench_malloc.so"
    # Counted by the program itself, from its first measured request to its last.
    out = run(peer, build, url, MANY, concurrency, environment={"LD_PRELOAD": str(library)}).stdout
    return json.loads(out).get("allocs_per_req")


def can_trace():
    return subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode == 0


def system_calls(peer, build, url, concurrency):
    """{name: calls a request} of those that take part in each."""
    counted = []
    for requests in (FEW, MANY):
        with tempfile.NamedTemporaryFile() as file:
            run(peer, build, url, requests, concurrency, prefix=["strace", "-f", "-c", "-o", file.name])
            table = {}
            for line in pathlib.Path(file.name).read_text().splitlines():
                words = line.split()
                if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
                    table[words[-1]] = int(words[3])
            counted.append(table)
    per = {name: (counted[1][name] - counted[0].get(name, 0)) / (MANY - FEW) for name in counted[1]}
    return {name: round(value, 2) for name, value in sorted(per.items(), key=lambda pair: -pair[1]) if value >= 0.005}


def instructions(peer, build, url, concurrency):
    counted = []
    for requests in (FEW, MANY):
        done = run(peer, build, url, requests, concurrency,
                   prefix=["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"])
        counted.append(int(re.search(r"Collected : (\d+)", done.stderr).group(1)))
    return (counted[1] - counted[0]) / (MANY - FEW)

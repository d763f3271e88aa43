#!/usr/bin/env python3
"""clang-tidy over core, transports and tools, as build/clang compiles them.

A file that was clean is not looked at again until it, a header of ours that it includes, or a setting changes.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys

import cxx

TIDY = "clang-tidy-19"
FOLDERS = ("core", "transports", "tools")


def closure(root, path, seen):
    """Adds to `seen` the file and every file of ours that it includes."""
    if path in seen or not path.is_file():
        return
    seen.add(path)
    for _, name, _ in cxx.includes(path.read_text()):
        for base in (path.parent, root, root / "include"):
            closure(root, (base / name).resolve(), seen)


def main():
    root = cxx.root_from_arguments()
    build = root / "build" / "clang"
    cache = root / "build" / "tidy"
    cache.mkdir(parents=True, exist_ok=True)
    settings = (root / ".clang-tidy").read_text() + subprocess.run([TIDY, "--version"], capture_output=True, text=True).stdout

    # A file that several targets compile is looked at once, as the first of them compiles it.
    entries = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"]).resolve()
        if source.is_relative_to(root) and source.relative_to(root).parts[0] in FOLDERS:
            entries.setdefault(source, entry)
    (cache / "compile_commands.json").write_text(json.dumps(list(entries.values())))

    jobs = []
    for source, entry in entries.items():
        used = set()
        closure(root, source, used)
        digest = hashlib.sha256((settings + entry["command"]).encode())
        for path in sorted(used):
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
        clean = cache / digest.hexdigest()
        if not clean.exists():
            jobs.append((source, clean))

    def run(job):
        source, clean = job
        done = subprocess.run([TIDY, "-quiet", "-p", str(cache), str(source)], capture_output=True, text=True)
        if done.returncode == 0:
            clean.touch()
            return None
        return done.stdout.strip() or done.stderr.strip()

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        # A header's problem is found through every file that includes it.
        problems = dict.fromkeys(problem for problem in pool.map(run, jobs) if problem)
    cxx.report(list(problems), f"files that {TIDY} objects to")


if __name__ == "__main__":
    main()

"""How large a program is that makes one GET, what it needs beside itself, and what the headers cost a compiler."""
import os
import pathlib
import re
import resource
import statistics
import subprocess
import tempfile

PROGRAMS = {"ferry-asio": "ferry on Asio", "ferry-blocking": "ferry, blocking", "curl": "libcurl", "beast": "Beast",
            "httplib": "cpp-httplib"}
HEADERS = ["ferry/client.hpp", "ferry/asio.hpp", "ferry/uv.hpp", "ferry/engine.hpp", "curl/curl.h", "boost/beast.hpp",
           "httplib.h"]
# Every C++ program has these.
COMMON = re.compile(r"/(libc|libm|libstdc\+\+|libgcc_s|ld-linux[^/]*)\.so")


def closure(program):
    """The libraries that a program loads: {path: bytes}."""
    out = subprocess.run(["ldd", str(program)], check=True, capture_output=True, text=True).stdout
    found = re.findall(r"(/\S+) \(0x", out)
    return {path: pathlib.Path(path).resolve().stat().st_size for path in found}


def sizes(build):
    table = {}
    for name, title in PROGRAMS.items():
        program = build / "tests/bench/footprint" / name
        if program.exists():
            libraries = closure(program)
            own = {path: size for path, size in libraries.items() if not COMMON.search(path)}
            table[title] = {"program": program.stat().st_size, "libraries": len(own), "library_bytes": sum(own.values()),
                            "common_bytes": sum(libraries.values()) - sum(own.values())}
    return table


def compile_seconds(root, header):
    """CPU seconds for a file that includes it and does nothing; nothing if it is not there."""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "one.cpp")
        source.write_text(f"#include <{header}>\nint main() {{}}\n")
        command = [os.environ.get("CXX", "c++"), "-std=c++20", "-O2", f"-I{root}/include", "-c", str(source), "-o",
                   "/dev/null"]
        times = []
        for _ in range(3):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            if subprocess.run(command, capture_output=True).returncode:
                return None
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return statistics.median(times)


def measure(root, build):
    seconds = {header: compile_seconds(root, header) for header in HEADERS}
    return {"sizes": sizes(build), "seconds": {header: value for header, value in seconds.items() if value}}

#!/usr/bin/env python3
"""Purity, as linked: none of these objects asks the linker for a clock, a thread, a socket, a file or the environment.

usage: purity_symbols.py OBJECT-OR-ARCHIVE...
"""
import re
import subprocess
import sys

# `*` is any text. Each name's fortified form, __name_chk, is forbidden with it.
FORBIDDEN_NAMES = """
    socket connect accept bind listen recv* send* read write readv writev
    poll ppoll select epoll_* fcntl ioctl
    open open64 openat fopen fopen64 stat*
    getaddrinfo getenv secure_getenv
    clock_gettime gettimeofday time nanosleep usleep
    getrandom rand random pthread_create
    SSL_set_fd BIO_s_socket BIO_s_file BIO_new_file
    SSL_CTX_set_default_verify_* SSL_CTX_load_verify_* *_use_*_file RAND_load_file
    psl_latest
""".split()
FORBIDDEN_PARTS = [
    r"_ZNSt6chrono3_V2.*clock3now",
    r"_ZNSt6thread",
    r"_ZNSt13random_device",
    r"basic_filebuf",
    r"_ZNSt10filesystem",
]


def rule():
    names = "|".join(re.escape(name).replace(r"\*", ".*") for name in FORBIDDEN_NAMES)
    # Mangled names are C++: a C name's `*` must not reach into them.
    return re.compile(rf"(?!_Z)(?:{names}|__(?:{names})_chk)$|.*(?:{'|'.join(FORBIDDEN_PARTS)})")


def main():
    forbidden = rule()
    problems = set()
    listed = subprocess.run(["nm", "-u", "-A", *sys.argv[1:]], check=True, capture_output=True, text=True).stdout
    for line in listed.splitlines():
        place, _, symbol = line.rpartition(" ")
        symbol = symbol.partition("@")[0]
        if forbidden.match(symbol):
            problems.add(f"{place.rstrip(' UwvV').rstrip(':')}: {symbol}")
    for problem in sorted(problems):
        print(problem)
    if not listed.strip():
        sys.exit("no symbols to look at")
    if problems:
        sys.exit(f"impure symbols: {len(problems)} found")


if __name__ == "__main__":
    main()

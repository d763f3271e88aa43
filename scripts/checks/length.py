#!/usr/bin/env python3
"""Files are short: 600 lines in public headers, core/, the simulator and the blocking client, 400 in the adapters of
event loops."""
import cxx

LIMITS = {
    "core": 600,
    "include": 600,
    "transports/asio": 400,
    "transports/client": 600,
    "transports/loop": 400,
    "transports/sim": 600,
    "transports/uv": 400,
}


def main():
    root = cxx.root_from_arguments()
    problems = []
    for folder, limit in LIMITS.items():
        for path in cxx.files(root, folder):
            lines = len((root / path).read_text().splitlines())
            if lines > limit:
                problems.append(f"{path}: {lines} lines, and {limit} may be")
    cxx.report(problems, "files that are too long")


if __name__ == "__main__":
    main()

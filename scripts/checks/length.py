#!/usr/bin/env python3
"""No file in core/ is longer than 600 lines."""
import cxx

LIMIT = 600


def main():
    root = cxx.root_from_arguments()
    problems = []
    for path in cxx.files(root, "core"):
        lines = len((root / path).read_text().splitlines())
        if lines > LIMIT:
            problems.append(f"{path}: {lines} lines")
    cxx.report(problems, f"files in core over {LIMIT} lines")


if __name__ == "__main__":
    main()

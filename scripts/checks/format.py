#!/usr/bin/env python3
"""Every C++ file looks as clang-format says. With --fix it is made so."""
import re
import subprocess
import sys

import cxx

FORMAT = "clang-format-19"


def main():
    fix = "--fix" in sys.argv
    if fix:
        sys.argv.remove("--fix")
    root = cxx.root_from_arguments()
    names = [str(path) for path in cxx.files(root)]
    if not names:
        return
    if fix:
        sys.exit(subprocess.run([FORMAT, "-i", *names], cwd=root).returncode)
    done = subprocess.run([FORMAT, "--dry-run", "-Werror", *names], cwd=root, capture_output=True, text=True)
    wrong = dict.fromkeys(re.findall(r"^(\S+?):\d+:\d+: error", done.stderr, re.MULTILINE))
    if done.returncode != 0 and not wrong:
        sys.exit(done.stderr)
    cxx.report(list(wrong), "files to be formatted (scripts/check --fix)")


if __name__ == "__main__":
    main()

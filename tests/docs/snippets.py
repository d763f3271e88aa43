#!/usr/bin/env python3
"""Compiles every ```cpp block of the README and of docs/, so that none of them can rot.

A block with an #include or a main is a file of its own; any other is the inside of a function that has `client`, and
the includes and names of the first block. Usage: snippets.py COMPILER FLAG…
"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PRELUDE = """\
#include <ferry/ferry.hpp>
#include <ferry/driver.hpp>
#include <ferry/http1.hpp>
#include <ferry/testing.hpp>
#include <nlohmann/json.hpp>
#include <chrono>
#include <iostream>
using namespace std::chrono_literals;
void snippet(ferry::Client& shared);
void snippet(ferry::Client& shared) {
    [[maybe_unused]] ferry::Client& client = shared;
    {
"""


def blocks(page: pathlib.Path):
    text = page.read_text(encoding="utf-8")
    for match in re.finditer(r"^```cpp\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield text.count("\n", 0, match.start()) + 2, match.group(1)


def main() -> int:
    compiler = sys.argv[1:]
    failed = count = 0
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for line, code in blocks(page):
            count += 1
            whole = "#include" in code or "int main" in code
            name = page.relative_to(ROOT)
            source = f'#line {line} "{name}"\n{code}'
            if not whole:
                source = PRELUDE + source + "\n}}\n"
            with tempfile.NamedTemporaryFile("w", suffix=".cpp", encoding="utf-8") as file:
                file.write(source)
                file.flush()
                done = subprocess.run([*compiler, "-fsyntax-only", file.name], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                failed += 1
                print(f"{name}:{line}: this does not compile:\n{done.stderr}")
    print(f"{count - failed} of {count} snippets compile")
    return 1 if failed or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

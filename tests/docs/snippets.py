#!/usr/bin/env python3
"""Compiles every ```cpp block of the README, of docs/ and of transports/README.md, so that none of them can rot.

A block with an #include or a main is a file of its own; all others are compiled as one, each the inside of a function
that has `client`, the includes below and the names of chrono. The adapter's page is one file, in which a block is the
inside of a function unless it defines a class or a test case; tests/docs/adapter.hpp declares what it takes as given.
Usage: snippets.py COMPILER FLAG…
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
"""
FUNCTION = """
void snippet_{number}(ferry::Client& shared);
void snippet_{number}(ferry::Client& shared) {{
    [[maybe_unused]] ferry::Client& client = shared;
    {{
{code}
}}}}
"""


def blocks(page: pathlib.Path):
    text = page.read_text(encoding="utf-8")
    for match in re.finditer(r"^```cpp\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, match.start()) + 2
        yield f'#line {line} "{page.relative_to(ROOT)}"\n{match.group(1)}'


def adapter() -> tuple[str, int]:
    """The source of the adapter's page, and how many blocks it has."""
    source = f'#include "{ROOT}/tests/docs/adapter.hpp"\n'
    count = 0
    for code in blocks(ROOT / "transports/README.md"):
        count += 1
        at_namespace_scope = re.search(r"^(class|TEST_CASE)\b", code, re.MULTILINE)
        source += code if at_namespace_scope else f"void block_{count}();\nvoid block_{count}() {{\n{code}}}\n"
    return source, count


def main() -> int:
    compiler = sys.argv[1:]
    files, together = [], PRELUDE
    count = 0
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for code in blocks(page):
            count += 1
            if "#include" in code or "int main" in code:
                files.append(code)
            else:
                together += FUNCTION.format(number=count, code=code)
    page, blocks_of_page = adapter()
    count += blocks_of_page
    files.append(page)
    failed = 0
    for source in [together, *files]:
        with tempfile.NamedTemporaryFile("w", suffix=".cpp", encoding="utf-8") as file:
            file.write(source)
            file.flush()
            # The compiler names page and line of what is wrong.
            failed += subprocess.run([*compiler, "-fsyntax-only", file.name], check=False).returncode != 0
    print(f"{count} snippets in {len(files) + 1} files, {failed} of which do not compile")
    return 1 if failed or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

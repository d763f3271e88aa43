#!/usr/bin/env python3
"""The code in docs/testing.md and docs/embedding.md is the real code.

Each ```c++ or ```text block behind "<!-- FILE -->" or "<!-- FILE [NAME] -->" must stand in that file, indentation apart;
with NAME, between two lines "// [NAME]". docs/embedding.md must quote the whole of examples/own_loop.cpp, in order.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ["docs/testing.md", "docs/embedding.md"]
WHOLE = {"docs/embedding.md": "examples/own_loop.cpp"}
BLOCK = re.compile(r"(?:^<!-- (\S+)(?: \[(\w+)\])? -->\n+)?^```(c\+\+|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def stripped(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def source(path, name):
    text = (ROOT / path).read_text(encoding="utf-8")
    if not name:
        return stripped(text)
    parts = re.split(rf"^\s*// \[{name}\]$", text, flags=re.MULTILINE)
    return stripped(parts[1]) if len(parts) == 3 else []


def find(needle, hay):
    for at in range(len(hay) - len(needle) + 1):
        if hay[at:at + len(needle)] == needle:
            return at
    return None


def main():
    problems = []
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        quoted = []
        for path, name, kind, code in BLOCK.findall(text):
            line = text.count("\n", 0, text.index(code)) + 1
            if not path:
                if kind == "c++":
                    problems.append(f"{page}:{line}: code that is quoted from nowhere")
                continue
            lines = stripped(code)
            body = source(path, name)
            if name and kind == "text":
                body = [re.sub(r'^R"\(|\)"\);$', "", part) for part in body]
                body = [part for part in body if part]
            if find(lines, body) is None or (name and lines != body):
                problems.append(f"{page}:{line}: this is not what stands in {path} {name}".rstrip())
            if WHOLE.get(page) == path:
                quoted += lines
        if page in WHOLE and quoted != source(WHOLE[page], ""):
            at = next((i for i, (a, b) in enumerate(zip(quoted, source(WHOLE[page], ""))) if a != b), len(quoted))
            problems.append(f"{page}: {WHOLE[page]} is not quoted whole and in order, from: {source(WHOLE[page], '')[at:at + 1]}")
    print("\n".join(problems) or "all quoted code is the real code")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

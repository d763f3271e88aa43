#!/usr/bin/env python3
"""The tables of docs/settings.md have the fields of Options and Config, all of them and in their order."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def declared(header: str, struct: str):
    text = (ROOT / "include/ferry" / header).read_text(encoding="utf-8")
    body = re.search(rf"^struct {struct} {{\n(.*?)^}};$", text, re.MULTILINE | re.DOTALL).group(1)
    return re.findall(r"^    (?!//)[\w:<>(), *&]+ (\w+)\{.*?\};", body, re.MULTILINE)


def documented(struct: str):
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    section = re.search(rf"^## {struct}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL).group(1)
    return re.findall(r"^\| `(\w+)` \| \S.* \|$", section, re.MULTILINE)


def main() -> int:
    wrong = 0
    for header, struct in [("options.hpp", "Options"), ("config.hpp", "Config")]:
        fields, rows = declared(header, struct), documented(struct)
        print(f"{struct}: {len(fields)} fields")
        if not fields or fields != rows:
            print(f"  declared: {' '.join(fields)}\n  docs:     {' '.join(rows)}")
            wrong += 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())

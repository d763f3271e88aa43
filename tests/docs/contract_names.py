#!/usr/bin/env python3
"""transports/README.md names every check of the contract suite, in the words of the suite, and none that there is not."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main() -> int:
    suite = (ROOT / "tests/transport_contract/contract.cpp").read_text(encoding="utf-8")
    checks = set(re.findall(r'^    \{"([^"]+)", \w+\},$', suite, re.MULTILINE))
    page = (ROOT / "transports/README.md").read_text(encoding="utf-8")
    contract = page[page.index("## The contract") : page.index("## A skeleton")]
    named = set()
    for italics in re.findall(r"(?<![*\w])\*([^*]+)\*(?!\*)", contract):
        named |= {" ".join(name.split()) for name in italics.split("·")}
    named -= {"italics"}
    for name in sorted(checks - named):
        print(f"the page does not name: {name}")
    for name in sorted(named - checks):
        print(f"there is no check: {name}")
    clauses = re.findall(r"^(\d+)\. (\*\*.*?)(?=^\d+\. |^### |\Z)", contract, re.MULTILINE | re.DOTALL)
    reasonless = [number for number, text in clauses if "Why: " not in text]
    if reasonless:
        print(f"clauses without a reason: {', '.join(reasonless)}")
    print(f"{len(checks)} checks, {len(clauses)} clauses")
    return 0 if checks and clauses and checks == named and not reasonless else 1


if __name__ == "__main__":
    sys.exit(main())

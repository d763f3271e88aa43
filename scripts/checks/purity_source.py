#!/usr/bin/env python3
"""Purity, as written: nothing in core/ and its public headers names a clock, a thread, a socket, a file or the environment."""
import re

import cxx
from includes import TRANSPORT_HEADERS

FORBIDDEN_TEXT = [
    r"::\s*now\s*\(",
    r"\brand\s*\(",
    r"\bgetenv\b",
]
FORBIDDEN_HEADERS = [
    r"thread",
    r"mutex",
    r"sys/.+",
    r"netinet/.+",
    r"unistd\.h",
    r"fstream",
    r"filesystem",
    r"(?:.*/)?asio(?:_\w+)?(?:\.hpp|/.+)",
    r"uv\.h|uv/.+|ferry/uv\.hpp",
]


def main():
    root = cxx.root_from_arguments()
    text_rule = re.compile("|".join(FORBIDDEN_TEXT))
    header_rule = re.compile("|".join(f"(?:{header})" for header in FORBIDDEN_HEADERS))
    problems = []
    headers = (path for path in cxx.files(root, "include") if path.stem not in TRANSPORT_HEADERS)
    for path in (*cxx.files(root, "core"), *headers):
        text = (root / path).read_text()
        code = cxx.without_comments(text)
        for match in text_rule.finditer(code):
            problems.append(f"{path}:{cxx.line_of(code, match.start())}: {match.group()}")
        for line, name, _ in cxx.includes(text):
            if header_rule.fullmatch(name):
                problems.append(f"{path}:{line}: <{name}>")
    cxx.report(problems, "impurities in core")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""No braced list inside a co_await expression: GCC 12 destroys such temporaries twice.

The body of a lambda is no braced list.
"""
import re

import cxx

_TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.']*|\"[^\"]*\"|'[^']*'|[^\s\w]")
_BEFORE_SUBSCRIPT = re.compile(r"[\w\])\"]$")
_KEYWORDS = {"return", "co_return", "co_yield", "co_await"}


def _skip_body(tokens, i):
    """The index of the brace that closes the one at i."""
    depth = 0
    while i < len(tokens):
        depth += {"{": 1, "}": -1}.get(tokens[i].group(), 0)
        if depth == 0:
            break
        i += 1
    return i


def braces_after(tokens, i):
    """The offset of a braced list in the co_await expression whose keyword is tokens[i - 1], or None."""
    depth = 0
    lambda_depths = []  # where a lambda introducer waits for its body
    previous = "co_await"
    while i < len(tokens):
        token = tokens[i].group()
        if token == "{":
            if lambda_depths and lambda_depths[-1] == depth:
                lambda_depths.pop()
                i = _skip_body(tokens, i)
                token = "}"
            else:
                return tokens[i].start()
        elif token in "([":
            if token == "[" and (previous in _KEYWORDS or not _BEFORE_SUBSCRIPT.search(previous)):
                lambda_depths.append(depth)
            depth += 1
        elif token in ")]":
            depth -= 1
            if depth < 0:
                return None
        elif token in ";}" or (token == "," and depth == 0):
            return None
        previous = token
        i += 1
    return None


def problems_in(text):
    code = cxx.without_comments(text, strings=False)
    tokens = list(_TOKEN.finditer(code))
    for i, token in enumerate(tokens):
        if token.group() == "co_await":
            brace = braces_after(tokens, i + 1)
            if brace is not None:
                yield cxx.line_of(code, brace)


def code_blocks(text):
    """A Markdown text with all but its fenced code blanked out."""
    inside = False
    lines = []
    for line in text.split("\n"):
        fence = line.lstrip().startswith("```")
        lines.append(line if inside and not fence else "")
        inside ^= fence
    return "\n".join(lines)


def main():
    root = cxx.root_from_arguments()
    problems = []
    for path in cxx.files(root, "examples", "tests", "tools", "docs", "README.md", suffixes=cxx.SUFFIXES | {".md"}):
        text = (root / path).read_text()
        for line in problems_in(code_blocks(text) if path.suffix == ".md" else text):
            problems.append(f"{path}:{line}: braces inside a co_await expression; use a named variable")
    cxx.report(problems, "braces after co_await")


if __name__ == "__main__":
    main()

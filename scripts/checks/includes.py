#!/usr/bin/env python3
"""Include direction: each layer sees itself and the layers below it, and public headers stand alone."""
import posixpath
import re

import cxx

# From the bottom up. Folders in one set do not see each other.
LAYERS = [
    {"core/message"},
    {"core/http1", "core/http2", "core/tls", "core/policy", "core/content"},
    {"core/engine"},
    {"core/exchange"},
    {"transports"},
    {"tools", "examples"},
]
RANK = {folder: rank for rank, layer in enumerate(LAYERS) for folder in layer}

# The public headers that belong to transports; the others are core's.
TRANSPORT_HEADERS = {"asio", "asio_stream", "asio_token", "client", "driver", "duplex", "ferry", "loop", "testing", "uv"}

# The public headers that may include one library, and which.
LIBRARY_OF = {
    "asio": r"boost/.+",
    "asio_stream": r"boost/.+",
    "asio_token": r"boost/.+",
    "json": r"nlohmann/.+",
    "uv": r"uv\.h",
}

STANDARD = re.compile(r"[a-z][a-z0-9_]*")


def layer_of(path):
    parts = path.split("/")
    if parts[0] == "core":
        return "/".join(parts[:2]) if len(parts) > 2 else "core"
    return parts[0]


def target(root, path, name, quoted):
    """The file inside the project that an include means, as a path from the root; None if it is somebody else's."""
    if quoted:
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        if (root / beside).is_file():
            return beside
    if name.startswith("ferry/"):
        return "include/" + name
    return name if name.split("/")[0] in ("core", *RANK) else None


def problem_with(root, path, name, quoted):
    to = target(root, path, name, quoted)
    if path.startswith("include/ferry/"):
        if to is not None and to.startswith("include/ferry/"):
            return None
        stem = posixpath.basename(path).removesuffix(".hpp")
        if not quoted and (STANDARD.fullmatch(name) or re.fullmatch(LIBRARY_OF.get(stem, r"\b\B"), name)):
            return None
        return "a public header includes only public headers and the standard library"
    here = layer_of(path)
    if here not in RANK:
        return f"{here} belongs to no layer"
    if to is None:
        return None
    if to.startswith("include/ferry/"):
        if RANK[here] < RANK["transports"] and to.removeprefix("include/ferry/").split(".")[0] in TRANSPORT_HEADERS:
            return f"{here} must not see transports"
        return None
    there = layer_of(to)
    if there == here or RANK.get(there, len(LAYERS)) < RANK[here]:
        return None
    return f"{here} must not see {there}"


def main():
    root = cxx.root_from_arguments()
    problems = []
    for path in cxx.files(root, "include", "core", "transports", "tools", "examples"):
        for line, name, quoted in cxx.includes((root / path).read_text()):
            problem = problem_with(root, path.as_posix(), name, quoted)
            if problem:
                problems.append(f"{path}:{line}: {name}: {problem}")
    cxx.report(problems, "wrong includes")


if __name__ == "__main__":
    main()

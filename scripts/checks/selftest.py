#!/usr/bin/env python3
"""Proves that the checks check: plants one offender of each kind in a copy of the tree and sees it found.

usage: selftest.py [--fast]    --fast leaves out the two cases that build the copy
"""
import contextlib
import itertools
import pathlib
import shutil
import subprocess
import sys
import tempfile

import cxx
import includes

CHECKS = pathlib.Path(__file__).parent.resolve()
ROOT = CHECKS.parents[1]

failures = []
count = 0


def run(check, *arguments):
    command = [str(CHECKS / check), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def expect(found, what, done):
    """Notes a failure unless the check `done` ended as it should: with 1 and the place named, or with 0."""
    global count
    count += 1
    if found is None and done.returncode == 0:
        return
    if found is not None and done.returncode == 1 and found in done.stdout:
        return
    wanted = "to pass" if found is None else f"to name {found}"
    failures.append(f"{what}: expected {wanted}, but it ended with {done.returncode}:\n{done.stdout}{done.stderr}")


@contextlib.contextmanager
def planted(tree, name, text, append=False):
    path = tree / name
    before = path.read_text() if path.exists() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(before + text if append else text)
    try:
        yield
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before)


def copy_of_tree(into):
    for name in cxx.files(ROOT, suffixes=cxx.SUFFIXES | {".md", ".txt", ".json", ".cmake", ".in"}):
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, into / name)
    shutil.copytree(ROOT / "scripts", into / "scripts", dirs_exist_ok=True)
    shutil.copy2(ROOT / ".clang-format", into)
    # The checks ask git for the files.
    subprocess.run(["git", "init", "-q", str(into)], check=True)


def test_includes(tree):
    expect(None, "include direction of the tree", run("includes.py", tree))
    wrong = []
    for layer, folders in enumerate(includes.LAYERS):
        for here in folders:
            wrong += [(here, there) for there in itertools.chain(*includes.LAYERS[layer + 1 :])]
            wrong += [(here, there) for there in folders if there != here and here.startswith("core/")]
    for here, there in wrong:
        for spelling in (f'"{there}/other.hpp"', f"<{there}/other.hpp>"):
            name = f"{here}/planted.hpp"
            with planted(tree, name, f"// A comment.\n#include {spelling}\n"):
                expect(f"{name}:2", f"{here} includes {spelling}", run("includes.py", tree))
    with planted(tree, "core/message/neighbour.hpp", ""), planted(tree, "core/engine/neighbour.hpp", ""):
        with planted(tree, "core/message/planted.hpp", '#include "../engine/neighbour.hpp"\n'):
            expect("core/message/planted.hpp:1", "an arrow back by a relative path", run("includes.py", tree))
        with planted(tree, "core/message/planted.hpp", '#include "neighbour.hpp"\n'):
            expect(None, "a neighbour", run("includes.py", tree))
    for header in sorted(includes.TRANSPORT_HEADERS):
        with planted(tree, "core/exchange/planted.cpp", f"#include <ferry/{header}.hpp>\n"):
            expect("core/exchange/planted.cpp:1", f"core includes ferry/{header}.hpp", run("includes.py", tree))
    for header in ("boost/asio.hpp", "uv.h", "nlohmann/json.hpp", "unistd.h", "llhttp.h", "core/engine/pool.hpp"):
        with planted(tree, "include/ferry/planted.hpp", f"#include <{header}>\n"):
            expect("include/ferry/planted.hpp:1", f"a public header includes {header}", run("includes.py", tree))
    with planted(tree, "core/planted.cpp", "#include <vector>\n"):
        expect("core/planted.cpp:1", "a file of no layer", run("includes.py", tree))


def test_purity_source(tree):
    expect(None, "purity of the tree's text", run("purity_source.py", tree))
    offenders = [
        "auto t = std::chrono::steady_clock::now();",
        "auto t = Clock :: now ( );",
        "int r = rand();",
        "int r = std::rand ();",
        'auto e = getenv("HOME");',
        'auto e = std::getenv("HOME");',
    ]
    headers = [
        "thread",
        "mutex",
        "sys/socket.h",
        "sys/time.h",
        "netinet/in.h",
        "unistd.h",
        "fstream",
        "filesystem",
        "boost/asio.hpp",
        "boost/asio/ip/tcp.hpp",
        "asio.hpp",
        "asio/steady_timer.hpp",
        "ferry/asio.hpp",
        "ferry/asio_stream.hpp",
        "uv.h",
        "ferry/uv.hpp",
    ]
    offenders += [f"#include <{header}>" for header in headers]
    offenders += ['#  include "sys/epoll.h"', "#include<thread>"]
    for offender in offenders:
        with planted(tree, "core/engine/planted.cpp", f"/* a\ncomment */\n{offender}\n"):
            expect("core/engine/planted.cpp:3", f"core has {offender}", run("purity_source.py", tree))
    with planted(tree, "include/ferry/planted.hpp", "#include <mutex>\n"):
        expect("include/ferry/planted.hpp:1", "a public header of core includes <mutex>", run("purity_source.py", tree))
    with planted(tree, "include/ferry/loop.hpp", "#include <mutex>\n"):
        expect(None, "a public header of a transport", run("purity_source.py", tree))
    innocent = "// Clock::now() and rand()\n/* #include <thread> */\nint operand(int);\nint x = operand(brand(2));\nauto y = z.now();\n"
    with planted(tree, "core/engine/planted.cpp", innocent):
        expect(None, "comments and other words", run("purity_source.py", tree))


NAMES = """
    socket connect accept bind listen recv recvfrom recvmsg send sendto sendmsg sendfile read write readv writev
    poll ppoll select epoll_create1 epoll_ctl epoll_wait fcntl ioctl open open64 openat fopen fopen64 stat stat64 statx
    getaddrinfo getenv secure_getenv clock_gettime gettimeofday time nanosleep usleep getrandom rand random
    pthread_create __read_chk __recv_chk __recvfrom_chk __poll_chk __ppoll_chk
    SSL_set_fd BIO_s_socket BIO_s_file BIO_new_file SSL_CTX_set_default_verify_paths SSL_CTX_set_default_verify_dir
    SSL_CTX_load_verify_locations SSL_CTX_use_PrivateKey_file SSL_CTX_use_certificate_chain_file
    SSL_use_certificate_file RAND_load_file psl_latest
""".split()
SNIPPETS = {
    "steady_clock": "#include <chrono>\nauto f() { return std::chrono::steady_clock::now(); }",
    "system_clock": "#include <chrono>\nauto f() { return std::chrono::system_clock::now(); }",
    "thread": "#include <thread>\nvoid f() { std::thread([] {}).join(); }",
    "random_device": "#include <random>\nunsigned f() { return std::random_device{}(); }",
    "basic_filebuf": "#include <fstream>\nint f() { return std::ifstream(\"x\").get(); }",
    "filesystem": "#include <filesystem>\nbool f() { return std::filesystem::exists(\"x\"); }",
}


def test_purity_symbols(objects):
    expect(None, "purity of core's objects", run("purity_symbols.py", *objects))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)

        def found(name, text, shown):
            source = folder / f"{name}.cpp"
            source.write_text(text)
            compiled = folder / f"{name}.o"
            subprocess.run(["c++", "-std=c++20", "-O2", "-fno-builtin", "-c", source, "-o", compiled], check=True)
            return expect(shown, f"core's objects and {name}", run("purity_symbols.py", *objects, compiled))

        for name in NAMES:
            found(name, f'extern "C" int {name}(void*);\nint f(void* p) {{ return {name}(p); }}\n', f": {name}\n")
        for name, text in SNIPPETS.items():
            found(name, text, f"{name}.o: ")
        found("mutex", "#include <mutex>\nvoid f(std::mutex& m) { m.lock(); }", None)
        found("words", "int timeout(int); int opened(int); int f() { return timeout(opened(1)); }", None)


def test_purity_build(tree):
    """The whole way: an offender in core and one in the engine's header reach the objects that are looked at."""
    expect(None, "purity of the tree's build", run("purity_build", tree))
    test_purity_symbols(sorted((tree / "build/release/core").rglob("*.o")))
    declared = '\nextern "C" int getrandom(void*, unsigned long, unsigned);\n'
    some = next(path for path in cxx.files(ROOT, "core") if path.suffix == ".cpp")
    with planted(tree, some, declared + "int planted() { return getrandom(nullptr, 0, 0); }\n", append=True):
        expect(f"{some.relative_to('core')}.o: getrandom", f"an offender in {some}", run("purity_build", tree))
    body = declared + "[[gnu::used]] inline int planted() { return getrandom(nullptr, 0, 0); }\n"
    with planted(tree, "include/ferry/engine.hpp", body, append=True):
        expect("consumer.o: getrandom", "an offender in the engine's header", run("purity_build", tree))


def test_length(tree):
    expect(None, "file lengths of the tree", run("length.py", tree))
    limits = {
        "include/ferry": 600,
        "core/engine": 600,
        "transports/sim": 600,
        "transports/asio": 400,
        "transports/uv": 400,
        "transports/loop": 400,
    }
    for folder, limit in limits.items():
        path = folder + "/planted.hpp"
        for lines, found in ((limit, None), (limit + 1, f"{path}: {limit + 1} lines")):
            with planted(tree, path, "//\n" * lines):
                expect(found, f"{path} of {lines} lines", run("length.py", tree))


def test_co_await(tree):
    expect(None, "co_await in the tree", run("co_await.py", tree))
    wrong = [
        "auto r = co_await c.get(url, {.timeout = 5s});",
        "auto r = co_await c.get(url, Options{.timeout = 5s});",
        "co_await c.get(url,\n    {});",
        "auto r = (co_await c.get(url, {})).text();",
        "co_await task([&] { f({1}); }, Options{});",
        "if (co_await f(Options{})) { g(); }",
        "co_await Awaitable{};",
        "auto r = co_await c.request(method, url).headers({{name, value}}).send();",
    ]
    right = [
        "Options o{.timeout = 5s};\n    auto r = co_await c.get(url, o);",
        "if (co_await f()) { g(); }",
        "for (auto x : co_await f()) { g(); }",
        "co_await task([&](int a) -> int { return a; });",
        "co_await g(list[0]); Options o{};",
        "// co_await c.get(url, {})",
        'co_await c.get("{}");',
        "struct A { B operator co_await(); }; Options o{};",
    ]
    for folder in ("examples", "tests/unit", "tools"):
        for code in wrong:
            with planted(tree, f"{folder}/planted.cpp", f"void f() {{\n    {code}\n}}\n"):
                expect(f"{folder}/planted.cpp:", code, run("co_await.py", tree))
    for code in right:
        with planted(tree, "examples/planted.cpp", f"void f() {{\n    {code}\n}}\n"):
            expect(None, code, run("co_await.py", tree))
    with planted(tree, "docs/planted.md", f"Text.\n\n```cpp\n{wrong[0]}\n```\n"):
        expect("docs/planted.md:4", "braces in a document's code", run("co_await.py", tree))
    with planted(tree, "docs/planted.md", "Never `co_await f({})`.\n"):
        expect(None, "braces in a document's prose", run("co_await.py", tree))


def test_format(tree):
    with planted(tree, "core/engine/planted.cpp", "int  f( ){return 1 ;}\n"):
        expect("core/engine/planted.cpp", "an unformatted file", run("format.py", tree))


def main():
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder).resolve()
        copy_of_tree(tree)
        test_includes(tree)
        test_purity_source(tree)
        test_length(tree)
        test_co_await(tree)
        test_format(tree)
        if "--fast" not in sys.argv:
            test_purity_build(tree)
    for failure in failures:
        print(failure)
    if failures:
        sys.exit(f"selftest: {len(failures)} of {count} cases went wrong")
    print(f"selftest: {count} cases as they should be")


if __name__ == "__main__":
    main()

"""What the checks share: finding files, and C++ text without its comments."""
import pathlib
import re
import subprocess
import sys

SUFFIXES = {".hpp", ".cpp", ".h", ".cc"}

# Raw strings first: nothing inside them is a comment. 1'000 is no character literal.
_TOKEN = re.compile(
    r"""(?P<raw>\b(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")"""
    r"""|(?P<string>"(?:\\.|[^"\\\n])*")"""
    r"""|(?P<char>(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+')"""
    r"""|(?P<line>//(?:\\\n|[^\n])*)"""
    r"""|(?P<block>/\*.*?\*/)""",
    re.DOTALL,
)
_INCLUDE = re.compile(r"""^[ \t]*#[ \t]*include[ \t]*(?:<([^>\n]+)>|"([^"\n]+)")""", re.MULTILINE)


def root_from_arguments():
    """The tree to check: the first argument, or the one that this file is in."""
    return pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()


def files(root, *folders, suffixes=SUFFIXES):
    """The files of these folders that git tracks or would track, as paths relative to root, sorted."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    names = {pathlib.Path(name) for name in listed.split("\0") if name}
    return sorted(name for name in names if name.suffix in suffixes and (root / name).is_file())


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def without_comments(text, strings=True):
    """The text with comments blanked out, and string literals too unless `strings`; every line keeps its number."""

    def replace(match):
        if match.lastgroup in ("line", "block"):
            return _blank(match.group())
        return match.group() if strings else '"' + _blank(match.group())[2:] + '"'

    return _TOKEN.sub(replace, text)


def includes(text):
    """(line, name, quoted?) of each #include."""
    code = without_comments(text)
    return [(line_of(code, m.start()), m.group(1) or m.group(2), m.group(2) is not None) for m in _INCLUDE.finditer(code)]


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def report(problems, what):
    """Prints the problems and ends the program: 1 if there are any."""
    for problem in problems:
        print(problem)
    if problems:
        print(f"{what}: {len(problems)} found", file=sys.stderr)
    sys.exit(1 if problems else 0)

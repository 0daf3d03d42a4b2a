"""Writes the last column of docs/bad-inputs.md: which tests stand for which row.

A test belongs to a row by its name: `test_row_07_scheme_twice` stands for row 7. Run it after adding or renaming such
tests; `tests/auth/test_rows.py` fails while the page is out of date.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "bad-inputs.md"
ROWS = range(1, 91)

_TEST = re.compile(r"^\s*(?:async )?def (test_row_(\d\d)_\w+)", re.MULTILINE)
_LINE = re.compile(r"\| (\d+) \|(.*)\|([^|]*)\|")
_REASON = re.compile(r"\* Row (\d+): (\S.*)")


def find_tests(folder: Path) -> dict[int, dict[str, list[str]]]:
    """Return the tests of each row: names by file, the file's path relative to `folder`."""
    found: dict[int, dict[str, list[str]]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        for name, row in _TEST.findall(path.read_text(encoding="utf-8")):
            found.setdefault(int(row), {}).setdefault(path.relative_to(folder).as_posix(), []).append(name)
    return found


def exceptions(page: str) -> dict[int, str]:
    """Return the rows that the page lists as untested, with their reasons."""
    return {int(row): reason for row, reason in _REASON.findall(page.partition("\n## Rows without a test\n")[2])}


def missing(page: str, tests: dict[int, dict[str, list[str]]]) -> list[int]:
    """Return the rows that have neither a test nor a reason."""
    return [row for row in ROWS if row not in tests and row not in exceptions(page)]


def render(page: str, tests: dict[int, dict[str, list[str]]]) -> str:
    """Return the page with its last column written anew."""
    return "".join(_rendered(line, tests) for line in page.splitlines(keepends=True))


def _rendered(line: str, tests: dict[int, dict[str, list[str]]]) -> str:
    match = _LINE.fullmatch(line.rstrip("\n"))
    if match is None:
        return line
    cell = "<br>".join(f"`{path}`" for path in tests.get(int(match[1]), {}))
    return f"| {match[1]} |{match[2]}| {cell} |\n"


def main() -> None:
    """Write the page, and name the rows that lack a test."""
    page, tests = PAGE.read_text(encoding="utf-8"), find_tests(ROOT / "tests")
    PAGE.write_text(render(page, tests), encoding="utf-8", newline="\n")
    lacking = missing(page, tests)
    print(f"{len(ROWS) - len(lacking)} of {len(ROWS)} rows have a test or a reason.", *lacking)


if __name__ == "__main__":
    main()

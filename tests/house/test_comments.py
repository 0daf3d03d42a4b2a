"""Reasons stand at the lines that they explain, and what a linter may not say is settled in one place."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("auth_ext", "scripts", "tests", "benchmarks", "examples", "generated")
LEAST_SHARE_OF_COMMENTS = 0.03
SETTLED_IN_PYPROJECT = re.compile("noqa" + r":.*\b(ANN401|PLC0415)\b")
NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def count(source: str) -> tuple[int, int]:
    """Return how many lines of a source are code, and how many are comments of their own.

    Docstrings, those of fields included, are neither.
    """
    documented = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    code = {
        line for token in tokens if token.type not in NO_CODE for line in range(token.start[0], token.end[0] + 1)
    } - documented
    comments = {token.start[0] for token in tokens if token.type == tokenize.COMMENT} - code
    return len(code), len(comments)


def test_reasons_stand_where_the_reader_stands():
    counts = [
        count(path.read_text("utf-8")) for part in ("auth_ext", "scripts") for path in (ROOT / part).rglob("*.py")
    ]
    code, comments = (sum(column) for column in zip(*counts, strict=True))
    assert comments >= LEAST_SHARE_OF_COMMENTS * code, (
        f"{comments} comments on lines of their own, {code} lines of code"
    )


def test_what_is_settled_in_pyproject_is_not_excused_line_by_line():
    lines = [
        f"{path.relative_to(ROOT)}:{number}"
        for part in FOLDERS
        for path in sorted((ROOT / part).rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if SETTLED_IN_PYPROJECT.search(line)
    ]
    assert lines == []


@pytest.mark.parametrize("rule", ["ANN401", "PLC0415", "S603, PLC0415", "ANN401 - JSON"])
def test_a_planted_excuse_is_seen(rule: str):
    assert SETTLED_IN_PYPROJECT.search("x = 1  # noqa" + f": {rule}")


def test_what_counts():
    documented = '"""Text.\n\n# no comment\n"""\ndef f():\n    """Say."""\n'
    source = documented + '    # two\n    x = 1  # beside code\n    return """\n# text\n"""\n# one\n'
    assert count(source) == (5, 2)

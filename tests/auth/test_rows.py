"""Each of the ninety rows of docs/bad-inputs.md has a test that carries its number, or a reason why it has none."""

from pathlib import Path

import bad_inputs
import pytest


@pytest.fixture(scope="module")
def page() -> str:
    return bad_inputs.PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tests() -> dict[int, dict[str, list[str]]]:
    return bad_inputs.find_tests(bad_inputs.ROOT / "tests")


def test_every_row_has_a_test_or_a_reason(page: str, tests: dict[int, dict[str, list[str]]]) -> None:
    assert bad_inputs.missing(page, tests) == []


def test_reasons_are_for_rows_without_a_test_only(page: str, tests: dict[int, dict[str, list[str]]]) -> None:
    assert not set(bad_inputs.exceptions(page)) & set(tests)


def test_the_page_has_every_row_once(page: str) -> None:
    rows = [int(line.split("|")[1]) for line in page.splitlines() if line.startswith("| ") and line[2].isdigit()]
    assert rows == list(bad_inputs.ROWS)


def test_the_page_is_up_to_date(page: str, tests: dict[int, dict[str, list[str]]]) -> None:
    assert bad_inputs.render(page, tests) == page, "run: python scripts/bad_inputs.py"


def test_no_test_names_a_row_that_does_not_exist(tests: dict[int, dict[str, list[str]]]) -> None:
    assert set(tests) <= set(bad_inputs.ROWS)


def test_a_lost_test_is_noticed(page: str, tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text("async def test_row_07_scheme_twice() -> None: ...\n")
    tests = bad_inputs.find_tests(tmp_path)
    assert tests == {7: {"test_x.py": ["test_row_07_scheme_twice"]}}
    bare = page.partition("\n## Rows without a test\n")[0]
    reasons = "\n## Rows without a test\n\n* Row 8: no such machine here\n"
    assert bad_inputs.missing(bare + reasons, tests) == [row for row in bad_inputs.ROWS if row not in {7, 8}]
    assert "| 7 | the scheme twice | refused | `test_x.py` |\n" in bad_inputs.render(page, tests)

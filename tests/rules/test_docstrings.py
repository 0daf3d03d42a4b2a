"""Texts of a document as docstrings: lines of a bounded length, but no code or address torn apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipeline.index.docstrings import wrapped


@pytest.mark.parametrize(
    "code",
    [
        "`GET /v3.0/accounts/{accountId}/campaigns and then some`",
        "`one-two-three-four-five`",
        "``a `tick` inside of code that is long``",
        "https://portal.invalid/a-long/way/to-go/for-one/address",
    ],
)
def test_code_and_addresses_stay_whole(code: str) -> None:
    for before in range(30):
        lines = wrapped(f"{'x' * before} see {code} for more of it, and so on and on", 30).splitlines()
        assert sum(code in line for line in lines) == 1
        assert all(len(line) <= 30 or code in line for line in lines)


def test_lines_of_a_block_and_single_ticks_are_left_as_they_are() -> None:
    block = "Say:\n\n```json\n{\n  1\n}\n```"
    assert wrapped(block, 30) == block
    assert wrapped("a ` alone and words that go on and on", 20).splitlines() == [
        "a ` alone and words",
        "that go on and on",
    ]


@given(st.text(alphabet="ab` \n-\u2028", max_size=120))
def test_nothing_but_blanks_and_line_ends_changes(text: str) -> None:
    assert "".join(wrapped(text, 10).split()) == "".join(text.split())

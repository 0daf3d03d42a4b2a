"""A tag of the name of one of Python's constants still makes a class that can be written."""

from __future__ import annotations

import pytest
from pipeline.index.resources import class_name


@pytest.mark.parametrize("tag", ["none", "true", "false"])
def test_a_constant_is_no_class_name(tag: str) -> None:
    assert class_name(tag, ()) == tag.capitalize() + "_"


def test_other_tags_keep_their_words() -> None:
    assert class_name("test_cases", ()) == "TestCases"

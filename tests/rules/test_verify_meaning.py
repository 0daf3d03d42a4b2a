"""Members of any type inside of a query or form travel as JSON text, and only what they mean is compared."""

from __future__ import annotations

from pipeline.verify.meaning import difference, written


def test_an_object_inside_of_a_form_is_its_json_text() -> None:
    sent = {"name": "x", "count": 1, "extra": {"text": "anything", "number": 1}}
    got = {"name": "x", "count": "1", "extra": '{"text":"anything","number":1}'}
    assert difference(written(sent, got), got) is None


def test_another_text_is_a_difference() -> None:
    sent, got = {"extra": {"number": 1}}, {"extra": '{"number":2}'}
    assert difference(written(sent, got), got) is not None

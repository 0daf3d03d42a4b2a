"""The summary shows the portal's texts as texts, whatever is in them, and is never larger than a CI takes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.markdown import Markdown

from cyara_tools.plain_text import one_line
from cyara_tools.reports.files import ReportFileError
from cyara_tools.reports.summary import MOST_BYTES, append_summary, escaped, render_summary
from cyara_tools.run.record import Meaning, RunRecord, Verdict

from .records import ANY_TEXT, HOSTILE, any_run, called, campaign, everything, run

SPANS = {"<span>", "</span>"}
BLOCKS = {"heading", "paragraph", "table", "thead", "tbody", "tr", "th", "td", "inline"}


def shown(markdown: str) -> str:
    """Return the text that a reader of CommonMark with tables shows; anything but text in it is a fault."""
    made = []
    for token in Markdown(markdown).parsed:
        assert token.type.split("_")[0] in {
            "heading",
            "paragraph",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "inline",
        }
        for child in token.children or ():
            if child.type == "html_inline":
                assert child.content in SPANS
            else:
                assert child.type in {"text", "text_special", "em_open", "em_close"}, child
                made.append(child.content)
    return "".join(made)


@given(ANY_TEXT | st.lists(st.sampled_from(HOSTILE), max_size=3).map("".join))
def test_a_text_of_the_portals_is_shown_as_it_is(text: str):
    cell = shown(f"| a |\n|---|\n| x{escaped(text, most=1000)}x |\n").removeprefix("a")
    assert cell == f"x{one_line(text, most=1000).strip()}x"


@given(any_run())
def test_any_run_is_tables_and_texts_and_nothing_else(record: RunRecord):
    found = shown(render_summary(record))
    assert record.verdict.value.replace("_", " ") in found
    for each in record.campaigns:
        assert f"({each.id})" in found


def test_a_run_with_everything_says_what_people_look_for():
    found = render_summary(everything())
    assert found.startswith("## ⚠️ Cyara: interrupted\n\nExit code 130. Began 2026-11-30 03:00 UTC, took 300 s.")
    assert "| Nightly 2 (2) | 55120 | ❌ failed | 1 | " in found
    assert "| Menu | Failed | 34.3 | Step 2: heard silence |" in found
    # What was called and failed stands before what could not be called.
    section = found[found.index("### Nightly 2") :]
    assert section.index("| Failed |") < section.index("| Aborted |")


def test_what_there_is_no_room_for_is_counted():
    tests = [called(f"Menu {number}", Meaning.FAILED) for number in range(10_000)]
    found = render_summary(run(*(campaign(Verdict.FAILED, *tests, number=number) for number in range(1, 300))))
    assert len(found.encode()) <= MOST_BYTES
    assert "_And 9900 more, which the other reports have._" in found
    assert found.endswith("_There is no room for more here; the other reports have it._\n")
    assert "Nightly 299 (299)" in found


@given(any_run(), st.integers(-10, 3000))
def test_a_limit_is_kept_to_the_byte(record: RunRecord, most: int):
    found = render_summary(record, most_bytes=most)
    assert len(found.encode()) <= max(most, 0)
    shown(found)


def test_it_is_put_behind_what_is_there(tmp_path: Path):
    path = tmp_path / "new" / "summary.md"
    record = run(campaign(Verdict.PASSED, called()))
    append_summary(path, record)
    append_summary(path, record)
    assert path.read_text("utf-8") == f"{render_summary(record)}\n{render_summary(record)}"


def test_what_another_step_wrote_is_never_pushed_over_the_limit(tmp_path: Path):
    path = tmp_path / "summary.md"
    for room in (0, 10, 100, 400):
        before = b"x" * (MOST_BYTES - room)
        path.write_bytes(before)
        append_summary(path, everything())
        after = path.read_bytes()
        assert after.startswith(before)
        assert len(after) <= MOST_BYTES


def test_a_folder_in_its_place_is_told(tmp_path: Path):
    with pytest.raises(ReportFileError, match="it is a folder"):
        append_summary(tmp_path, everything())

"""What a person sees on a terminal: as many columns as there is room for, and nothing that acts on the terminal."""

import json

import pytest

from cyara_client.models import CampaignSummary
from cyara_tools.output.plain_text import neutral, one_line

from .shown import shown

EVIL = "a\x1b[2Jb\x9b31mc\x07d\u202ee\r\nf\x00"


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")


def test_a_list_is_a_table_with_numbers_to_the_right() -> None:
    text = shown([{"id": 5, "name": "a"}, {"id": 1200, "name": "bb"}], terminal=True)
    head, *rows = text.splitlines()
    assert head.rstrip() == "  id  name"
    assert [row.rstrip() for row in rows] == ["   5  a", "1200  bb"]


def test_an_object_is_one_field_to_a_line() -> None:
    text = shown({"id": 5, "inner": {"name": "x"}, "list": [1, 2]}, terminal=True)
    assert [line.split() for line in text.splitlines()] == [["id", "5"], ["inner.name", "x"], ["list", "[1,2]"]]


@pytest.mark.parametrize("form", [None, "table", "json", "jsonl", "yaml", "csv", "tsv"])
def test_no_control_character_of_the_portals_reaches_the_terminal(form: str | None) -> None:
    for answer in ([{"name": EVIL, EVIL: 1}], {"name": EVIL, EVIL: 1}, EVIL, EVIL.replace("\0", "").encode()):
        text = shown(answer, form, terminal=True)
        assert set("\x1b\x9b\x07\x00\u202e\r").isdisjoint(text)
        assert "2J" in text


def test_json_on_a_terminal_is_still_the_same_json() -> None:
    assert json.loads(shown([{"name": EVIL}], "json", terminal=True)) == [{"name": EVIL}]


def test_in_a_pipe_texts_come_as_they_are() -> None:
    assert json.loads(shown({"name": EVIL}, "json")) == {"name": EVIL}
    assert shown([[EVIL, 1]]) == EVIL.replace("\r", "\\r").replace("\n", "\\n") + "\t1\n"


def test_columns_without_room_are_named_and_found_by_the_way_that_the_note_tells() -> None:
    notes: list[str] = []
    rows = [{f"column{number}": "x" * 15 for number in range(12)}] * 2
    text = shown(rows, terminal=True, notes=notes)
    assert max(map(len, text.splitlines())) <= 80
    assert "column0" in text
    (note,) = notes
    hidden = note.partition("not shown: ")[2].partition(";")[0].split(", ")
    assert hidden[-1] == "column11"
    assert all(name not in text for name in hidden)
    assert "--fields" in note
    assert hidden[-1] in shown(rows, terminal=True, fields=hidden[-1])
    assert "column11" in shown(rows, "json", terminal=True)


def test_columns_that_are_empty_go_first() -> None:
    notes: list[str] = []
    rows = [{"empty": None, **{f"column{number}": "x" * 17 for number in range(4)}}]
    text = shown(rows, terminal=True, notes=notes)
    assert "empty" not in text
    assert "column3" in text
    assert "not shown: empty;" in notes[0]


def test_fields_that_were_asked_for_are_all_shown_however_narrow() -> None:
    rows = [{f"column{number}": "x" * 30 for number in range(6)}]
    notes: list[str] = []
    text = shown(rows, terminal=True, fields=",".join(rows[0]), notes=notes)
    assert max(map(len, text.splitlines())) <= 80
    assert text.splitlines()[0].count("c") >= 6
    assert "…" in text
    assert notes == []


def test_a_long_text_is_cut_where_columns_have_to_share() -> None:
    text = shown([{"a": "x" * 200, "b": 1}], terminal=True)
    row = text.splitlines()[-1]
    assert "…" in row
    assert row.rstrip().endswith("1")


@pytest.mark.parametrize("form", ["json", "jsonl", "table"])
def test_no_text_of_the_portals_is_a_command_to_a_ci(form: str) -> None:
    for answer in ([{"name": "::error::x", "b": "##vso[task.complete]"}], {"##vso[a]": "::error::x"}):
        text = shown(answer, form)
        assert "##vso" not in text
        assert not any(line.lstrip().startswith("::") for line in text.splitlines())
        if form == "json":
            assert json.loads(text) == answer


def test_markup_and_emoji_codes_are_shown_as_they_are() -> None:
    assert "[red]:smile:[/red]" in shown([{"name": "[red]:smile:[/red]"}], terminal=True)


def test_wide_characters_keep_the_columns_in_line() -> None:
    text = shown([{"a": "日本", "b": 1}, {"a": "xxxx", "b": 2}], terminal=True)
    first, second = (row.rstrip() for row in text.splitlines()[-2:])
    assert first.index("1") + 2 == second.index("2")


def test_a_table_in_a_pipe_has_no_lines_and_is_never_cut() -> None:
    text = shown([{"name": "x" * 9_000, "b": 1}], "table")
    assert [line.split() for line in text.splitlines()] == [["name", "b"], ["x" * 9_000, "1"]]


def test_more_rows_than_the_limit_are_told_of() -> None:
    notes: list[str] = []
    rows = [CampaignSummary.from_dict({"campaignId": number}) for number in range(150)]
    assert len(shown(iter(rows), notes=notes).splitlines()) == 100
    assert notes == ["these are the first 100 rows; there may be more. All of them: --all; another number: --limit"]
    assert len(shown(iter(rows), all_pages=True, notes=notes).splitlines()) == 150
    assert len(shown(iter(rows), limit=120, notes=notes).splitlines()) == 120
    assert len(shown(iter(rows[:100]), notes=notes).splitlines()) == 100
    assert len(notes) == 1


def test_plain_words_stay_as_they_are() -> None:
    for text in ("plain", "Größe", "👩‍💻", "a\xa0b", ""):
        assert neutral(text) == text
    assert neutral("\x1b") == "\\u001b"
    assert one_line("a\r\n\tb") == "a b"

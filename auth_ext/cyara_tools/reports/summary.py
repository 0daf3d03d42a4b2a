"""The summary in Markdown, for the page that GitHub shows of a job, and for whoever else renders it."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Final

from cyara_tools.plain_text import one_line
from cyara_tools.reports.files import write_atomically
from cyara_tools.run.record import Meaning, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cyara_tools.run.record import CampaignRecord, RunRecord, TestRecord

MOST_BYTES: Final = 1024 * 1024
"""What GitHub takes for a step; of a larger file it shows nothing at all."""
_MOST_NAME: Final = 200
_MOST_REASON: Final = 300
# They end with the next step, which must not be cut away.
_MOST_SENTENCES: Final = 2000
_MOST_TESTS: Final = 100
_MARKS: Final = {Verdict.PASSED: "✅", Verdict.NOT_STARTED: "⏭️", Verdict.FAILED: "❌"}
_OTHER_MARK: Final = "⚠️"

# What Markdown, the tables, strikes, mathematics, mentions and links of GitHub are made of. As a character's number a
# sign is never more than itself, also where a backslash before it would not help: in addresses of pages, which become
# links. Those of people are looked for after that, in each piece of text, so the sign in them is a piece of its own.
# What counts at the start of a line only is not among them: no text of the portal's stands there.
_SIGN: Final = re.compile(r"[\\`*_\[\]<>#|~@$&]|:(?=/)|(?<=www)\.", re.IGNORECASE)


def escaped(text: str, *, most: int) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    line = one_line(text, most=most).strip()
    return _SIGN.sub(lambda sign: "<span>@</span>" if sign[0] == "@" else f"&#{ord(sign[0])};", line)


def render_summary(record: RunRecord, *, most_bytes: int = MOST_BYTES) -> str:
    """Return a run as Markdown of at most so many bytes: all campaigns in a table, then tests that are not good.

    What there is no room for is counted.
    """
    head = "\n".join(_head(record)) + "\n"
    parts = [part for campaign in record.campaigns if (part := "\n".join(_tests(campaign)))]
    note = "\n_There is no room for more here; the other reports have it._\n"
    room = most_bytes - len(note.encode())
    made = head.encode()
    if room <= 0:
        return ""
    if len(made) > room:
        return made[:room].decode("utf-8", "ignore").rpartition("\n")[0] + "\n" + note
    for part in parts:
        more = f"\n{part}\n".encode()
        if len(made) + len(more) > room:
            return made.decode() + note
        made += more
    return made.decode()


def append_summary(path: Path, record: RunRecord) -> None:
    """Put the summary behind what steps before may have written; the file is replaced in one step.

    Raises:
        OSError: The file cannot be read.
        ReportFileError: It cannot be written.
    """
    before = path.read_bytes() if path.is_file() else b""
    between = b"" if not before or before.endswith(b"\n\n") else b"\n"
    made = render_summary(record, most_bytes=MOST_BYTES - len(before) - len(between))
    if made:
        write_atomically(path, before + between + made.encode())


def _head(record: RunRecord) -> Iterator[str]:
    mark = _MARKS.get(record.verdict, _OTHER_MARK)
    yield f"## {mark} Cyara: {record.verdict.value.replace('_', ' ')}"
    yield ""
    seconds = (record.ended - record.started).total_seconds()
    began = record.started.astimezone(dt.UTC)
    notes = "".join(f" {escaped(note, most=_MOST_SENTENCES)}" for note in record.notes)
    yield f"Exit code {int(record.exit_code)}. Began {began:%Y-%m-%d %H:%M} UTC, took {seconds:.0f} s.{notes}"
    if not record.campaigns:
        return
    yield ""
    yield "| campaign | run | verdict | passed | failed | not called | missing | why |"
    yield "|---|---|---|--:|--:|--:|--:|---|"
    for campaign in record.campaigns:
        counts = " | ".join(str(count) for count in campaign.tally.values())
        verdict = f"{_MARKS.get(campaign.verdict, _OTHER_MARK)} {campaign.verdict.value.replace('_', ' ')}"
        why = escaped(" ".join(campaign.sentences), most=_MOST_SENTENCES)
        run = escaped(campaign.run or "", most=_MOST_NAME)
        yield f"| {_name(campaign)} | {run} | {verdict} | {counts} | {why} |"


def _tests(campaign: CampaignRecord) -> Iterator[str]:
    found = [test for test in campaign.results if test.too_long or test.meaning is not Meaning.PASSED]
    # What was called and failed says more of the contact centre than what could not be called.
    found.sort(key=lambda test: test.meaning is Meaning.NOT_CALLED)
    if not found:
        return
    yield f"### {_name(campaign)}"
    yield ""
    yield "| test | result | seconds | why |"
    yield "|---|---|--:|---|"
    yield from _rows(found)
    if len(found) > _MOST_TESTS:
        yield f"\n_And {len(found) - _MOST_TESTS} more, which the other reports have._"


def _rows(tests: Sequence[TestRecord]) -> Iterator[str]:
    for test in tests[:_MOST_TESTS]:
        name, result = escaped(test.name, most=_MOST_NAME), escaped(test.result or "none", most=_MOST_NAME)
        seconds = "" if test.duration_s is None else f"{test.duration_s:.1f}"
        yield f"| {name} | {result} | {seconds} | {escaped(test.reason or '', most=_MOST_REASON)} |"


def _name(campaign: CampaignRecord) -> str:
    return f"{escaped(campaign.name, most=_MOST_NAME)} ({campaign.id})"

"""Annotations are the CI's commands, and nothing that the portal says becomes another one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyara_auth.errors import ConfigurationError
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.reports.annotations import MOST, annotation_lines
from cyara_tools.reports.ci_commands import azure_issue, github_command, no_command
from cyara_tools.run.record import Meaning, RunRecord, Verdict

from .records import ANY_TEXT, HOSTILE, any_run, called, campaign, everything, run

GITHUB, AZURE = {"GITHUB_ACTIONS": "true"}, {"TF_BUILD": "True"}
JOINED = ANY_TEXT | st.lists(st.sampled_from((*HOSTILE, "\n", " ")), max_size=4).map("".join)


def is_command_of_github(line: str) -> bool:
    """Say whether the runner takes a line for a command, by its own two forms."""
    begun = line.lstrip()
    return (begun.startswith("::") and "::" in begun[2:]) or re.search(r"##\[[^\]]*\]", line) is not None


def is_command_of_azure(line: str) -> bool:
    return re.search(r"##(vso)?\[", line, re.IGNORECASE) is not None


def test_elsewhere_there_are_none():
    for environ in ({}, {"CI": "true"}, {"GITHUB_ACTIONS": ""}, {"TF_BUILD": ""}):
        assert annotation_lines(everything(), environ) == []


def test_github_gets_the_reason_of_each_failure():
    record = run(campaign(Verdict.FAILED, called("Menu: one, two", Meaning.FAILED), reasons=["1 of 1 calls failed."]))
    assert annotation_lines(record, GITHUB) == [
        "::error title=Nightly 812::1 of 1 calls failed.",
        "::error title=Nightly 812%3A Menu%3A one%2C two::Step 2: heard silence",
    ]


def test_azure_gets_the_reason_of_each_failure():
    record = run(
        campaign(Verdict.FAILED, called("50%", Meaning.FAILED, reason="a\nb"), reasons=["1 of 1 calls failed."])
    )
    assert annotation_lines(record, AZURE) == [
        "##vso[task.logissue type=error]Nightly 812: 1 of 1 calls failed.",
        "##vso[task.logissue type=error]Nightly 812: 50%AZP25: a%0Ab",
    ]


def test_what_the_gate_lets_pass_is_a_warning():
    lines = annotation_lines(run(campaign(Verdict.PASSED, called("x", Meaning.FAILED), missing=1)), GITHUB)
    assert lines == [
        "::warning title=Nightly 812%3A x::Step 2: heard silence",
        "::warning title=Nightly 812::1 calls were not listed.",
    ]


def test_of_one_kind_there_are_as_many_as_are_shown_and_the_last_counts_the_rest():
    tests = [called(f"t{number}", Meaning.FAILED) for number in range(30)]
    lines = annotation_lines(run(campaign(Verdict.FAILED, *tests), campaign(Verdict.PASSED, *tests, number=2)), GITHUB)
    for kind in ("error", "warning"):
        assert sum(line.startswith(f"::{kind} ") for line in lines) == MOST
    assert lines[MOST - 1] == "::error title=More::There are 22 more; the reports have all of them."


FORM_OF_GITHUB = r"::(error|warning) title=[^:,\r\n]*::[^\r\n]*"
FORM_OF_AZURE = r"##vso\[task\.logissue type=(error|warning)\][^\r\n]*"


@pytest.mark.parametrize(("environ", "form"), [(GITHUB, FORM_OF_GITHUB), (AZURE, FORM_OF_AZURE)])
@given(record=any_run())
def test_a_command_that_failed_says_so_and_each_line_is_one_annotation(
    record: RunRecord, environ: dict[str, str], form: str
):
    found = [(line, re.fullmatch(form, line)) for line in annotation_lines(record, environ)]
    for line, match in found:
        assert match is not None
        assert len(line.splitlines()) == 1
        # Nothing inside is a command, not even to a reader that looks anywhere in a line.
        assert not is_command_of_azure(line[2:])
    kinds = [match[1] for _, match in found]
    assert ("error" in kinds) is bool(record.exit_code)


@given(JOINED)
def test_no_line_of_a_text_is_a_command(text: str):
    for line in no_command(text).splitlines():
        assert not is_command_of_github(line)
        assert not is_command_of_azure(line)


@pytest.mark.parametrize(
    "text", ["::set-output name=a::b", "  ::error::x", "a\n::stop-commands::t", "x ##[error]y", "##vso[task.complete]"]
)
def test_the_examples_are_commands_to_begin_with(text: str):
    assert any(is_command_of_github(line) or is_command_of_azure(line) for line in text.splitlines())
    assert no_command(text) != text
    assert no_command(text).replace(" ", "") == text.replace(" ", "")


@given(JOINED, JOINED)
def test_what_the_ci_reads_back_is_what_was_said(title: str, text: str):
    line = github_command("error", text, title=title)
    found = re.fullmatch(r"::error title=([^,:]*)::([^\r\n]*)", line)
    assert found is not None
    assert undone(found[2], {}, percent="%25") == no_command(text)
    assert undone(found[1], {"%3A": ":", "%2C": ","}, percent="%25") == no_command(title)
    assert undone(azure_issue("error", text).partition("]")[2], {}, percent="%AZP25") == no_command(text)


@pytest.mark.parametrize("as_json", [False, True])
def test_no_command_of_ours_prints_what_a_ci_takes_for_one(as_json: bool, capsys: pytest.CaptureFixture[str]):  # noqa: FBT001  # a parameter of pytest
    output = CommandOutput(as_json=as_json, repeat_options=lambda text: text)
    for text in HOSTILE:
        shown = text.encode("utf-8", "replace").decode("utf-8")
        output.say(shown)
        output.note(shown)
        output.table(["name"], [[shown]])
        output.put(name=shown)
        output.fail(ConfigurationError(shown))
    output.finish()
    printed = capsys.readouterr()
    for line in (printed.out + printed.err).splitlines():
        assert not is_command_of_github(line)
        assert not is_command_of_azure(line)


def undone(text: str, more: dict[str, str], *, percent: str) -> str:
    """Undo the escapes as the CI does: the sign itself last."""
    for code, char in ({"%0D": "\r", "%0A": "\n"} | more | {percent: "%"}).items():
        text = text.replace(code, char)
    return text

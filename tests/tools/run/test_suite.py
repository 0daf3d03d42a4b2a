"""A suite file says what it says or is refused: each problem in one sentence, with its line, and never a secret."""

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cyara_tools.cli.exit_codes import exit_code_of
from cyara_tools.run.gate import Gate
from cyara_tools.run.strict_yaml import MOST_BYTES
from cyara_tools.run.suite import SCHEMA_FILE, GateOptions, Suite, SuiteFileError, read_suite

KEY, TOKEN = "0f" * 16, "Ab+/" * 10 + "Abc="
NAME = "nightly.cyara.yaml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Relative names keep the messages short enough to compare.
    monkeypatch.chdir(tmp_path)
    return tmp_path


def suite(folder: Path, text: str, options: GateOptions | None = None) -> Suite:
    (folder / NAME).write_text(text, encoding="utf-8")
    return read_suite(Path(NAME), options)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(SuiteFileError) as caught:
        suite(folder, text)
    assert exit_code_of(caught.value) == 7
    *lines, last = str(caught.value).splitlines()
    assert last == f"Nothing was started. Next: correct {NAME}"
    return [line.removeprefix(f"{NAME}:") for line in lines]


def test_a_suite_is_read(folder: Path):
    read = suite(
        folder,
        """\
version: 1
environment: [CYARA_API_CREDENTIAL, REGION]
defaults:
  min_pass: 95%
  timeout: 1h30m
  allow: [Aborted]
campaigns:
  - id: 812
    min_pass: 99.5
    max_duration: 30s
  - name: Ünïcode on Fridays
    max_failures: 2
    timeout: 90
    allow: []
""",
    )
    assert read.environment == ("CYARA_API_CREDENTIAL", "REGION")
    first, second = read.entries
    assert (first.id, first.name, first.timeout, first.where) == (812, None, 5400, f"{NAME}:8")
    assert first.gate == Gate(min_pass=Fraction(995, 1000), max_duration=30, allow={"aborted"})
    assert (second.id, second.name, second.timeout) == (None, "Ünïcode on Fridays", 90)
    assert second.gate == Gate(min_pass=Fraction(95, 100), max_failures=2)


def test_the_command_line_wins_over_the_campaign_and_that_over_the_defaults(folder: Path):
    text = """\
version: 1
defaults: {min_pass: 90%, max_failures: 1, timeout: 10, allow: Aborted}
campaigns:
  - {id: 1, max_failures: 2, timeout: 20}
"""
    (entry,) = suite(folder, text, GateOptions(timeout=30, allow=frozenset({"other"}))).entries
    assert entry.timeout == 30
    assert entry.gate == Gate(min_pass=Fraction(9, 10), max_failures=2, allow={"other"})


LEVEL = st.builds(
    GateOptions,
    min_pass=st.none() | st.fractions(0, 1),
    max_failures=st.none() | st.integers(0, 9),
    max_duration=st.none() | st.floats(0, 9),
    allow=st.none() | st.frozensets(st.sampled_from("ab")),
    timeout=st.none() | st.floats(0, 9),
)


@given(LEVEL, LEVEL, LEVEL)
def test_levels_lie_over_each_other_key_by_key(top: GateOptions, middle: GateOptions, bottom: GateOptions):
    made = top.over(middle).over(bottom)
    assert made == top.over(middle.over(bottom))
    for key in ("min_pass", "max_failures", "max_duration", "allow", "timeout"):
        said = [getattr(level, key) for level in (top, middle, bottom) if getattr(level, key) is not None]
        assert getattr(made, key) == (said[0] if said else None)


@pytest.mark.parametrize(
    ("line", "share"),
    [
        ("95%", "0.95"),
        ("'95%'", "0.95"),
        ("95", "0.95"),
        ("0.95", "0.95"),
        ("99.95", "0.9995"),
        (".5", "0.5"),
        ("0", "0"),
    ],
)
def test_every_way_to_write_a_share(folder: Path, line: str, share: str):
    (entry,) = suite(folder, f"version: 1\ncampaigns: [{{id: 1, min_pass: {line}}}]\n").entries
    assert entry.gate.min_pass == Fraction(share)


def test_no_time_at_all_is_refused_as_on_the_command_line(folder: Path):
    found = problems(folder, "version: 1\ncampaigns:\n  - id: 1\n    timeout: 0s\n")
    assert found == ["4: timeout: '0s' is no time at all."]


@pytest.mark.parametrize("name", ["on", "yes", "Off", "1:30", "0x1F", "2026-01-01", "=", ".inf", "[ACTION] - Reboot"])
def test_a_word_that_other_readers_take_for_something_else_is_a_name(folder: Path, name: str):
    written = f"'{name}'" if name[0] == "[" else name
    (entry,) = suite(folder, f"version: 1\ncampaigns:\n  - name: {written}\n").entries
    assert entry.name == name


def test_all_problems_are_told_at_once_each_with_its_line(folder: Path):
    found = problems(
        folder,
        """\
version: 2
default: {}
defaults:
  min_pas: 95%
  max-failures: 3
  timeout: soon
environment: [GOOD, "BAD=hunter2"]
campaigns:
  - id: 0
    min_pass: 1
  - name: 812
    allow: [""]
  - {id: 5, name: x}
  - min_pass: 50%
  - 812
  - id: "812"
  - id: 7
    max_duration:
  - id: 7
  - id: true
    min_pass: 120%
""",
    )
    assert found == [
        "1: version is 2, but it takes 1, the only version of this form.",
        "2: default is not known. Did you mean defaults?",
        "4: defaults.min_pas is not known. Did you mean min_pass?",
        "5: defaults.max-failures is not known. Did you mean max_failures?",
        "6: defaults.timeout is 'soon', but it takes a length of time, such as 30s, 5m or 1h30m.",
        "7: environment[1] is another text, but it takes the name of a variable and never its value.",
        "9: campaigns[0].id is 0, but it takes a whole number without quotes, such as 812.",
        "10: campaigns[0].min_pass is 1, but it takes a share, such as 95%, 95 or 0.95.",
        "11: campaigns[1].name is 812, but it takes a text; a number or a word that YAML reads otherwise needs quotes.",
        "12: campaigns[1].allow is a list, but it takes a result or a list of results, such as [Aborted].",
        "13: campaigns[2] has both id and name; it takes one of them.",
        "14: campaigns[3] has neither id nor name; it takes one of them.",
        "15: campaigns[4] is 812, but it takes keys with values, such as id: 812.",
        "16: campaigns[5].id is '812', but it takes a whole number without quotes, such as 812.",
        "18: campaigns[6].max_duration is empty, but it takes a length of time, such as 30s, 5m or 1h30m.",
        "19: campaigns[7].id stands twice; the first is in line 17.",
        "20: campaigns[8].id is a yes or no, but it takes a whole number without quotes, such as 812.",
    ]


CAMPAIGN = "version: 1\ncampaigns: [{id: 1}]\n"
UNREAD = "are not read. Quote a text that begins so."
REFUSED = {
    "": "1: The file is empty. A suite has version: 1 and campaigns.",
    "# nothing\n": "1: The file is empty. A suite has version: 1 and campaigns.",
    "[]": "1: The file is a list, but it takes keys with values, such as version: 1.",
    "version: 1\n": "1: The file has no campaigns, which it needs.",
    "version: 1\ncampaigns: []\n": (
        "2: campaigns is a list, but it takes a list of at least one campaign, such as - id: 812."
    ),
    f"version: 1\n{CAMPAIGN}": "2: version stands twice; the first is in line 1.",
    "version: 1\ncampaigns:\n  - id: 0712\n": (
        "3: 0712 begins with 0, which some readers take for octal. "
        "Write it without the 0, or in quotes where it is a name."
    ),
    "version: 1\ncampaigns: &a [{id: 1}]": f"2: Anchors and aliases (& and *) {UNREAD}",
    "version: 1\ncampaigns: !!python/object:os.system [{id: 1}]": f"2: Tags (!) {UNREAD}",
    "version: 1\ncampaigns:\n\t- id: 1\n": ("3: This is no YAML: found character '\\t' that cannot start any token."),
    "version: 1\ncampaigns:\n  - id: 1\n  - {id: 2\n": (
        "5: This is no YAML: expected ',' or '}', but got '<stream end>'."
    ),
    "version: 1\n---\nversion: 1\n": "2: This is no YAML: but found another document.",
    "version: 1\n? [a]\n: b\n": "2: A key has to be one word.",
    "version: 1\nname: a\x00b\n": "2: There is a character that YAML does not allow.",
    "[" * 5000: "1: This is nested too deeply.",
    "version: 1\ncampaigns: [{id: 1, min_pass: 120%}]": (
        "2: min_pass: '120%' is more than 100%. Write it as 95%, 95 or 0.95."
    ),
    "version: 1\ncampaigns: [{id: 1, min_pass: '1'}]": ("2: min_pass: '1' can mean 1% and 100%. Write 1% or 100%."),
    "version: 1\ncampaigns: [{id: 1, timeout: 5x}]": (
        "2: timeout: '5x' is not a length of time. Write it as 30s, 5m, 1h30m or 30d."
    ),
}


@pytest.mark.parametrize(("text", "found"), list(REFUSED.items()), ids=range(len(REFUSED)))
def test_what_is_no_suite_is_refused_in_one_sentence(folder: Path, text: str, found: str):
    assert problems(folder, text) == [found]


@pytest.mark.parametrize(
    "text",
    [
        f"version: 1\ncampaigns: [{{id: 1}}]\n# {KEY}:{TOKEN}\n",
        f"version: 1\nenvironment: ['CYARA_API_CREDENTIAL={KEY}:{TOKEN}']\ncampaigns: [{{id: 1}}]\n",
        f"version: 1\ncampaigns:\n  - name: {KEY}:{TOKEN}\n",
        f"version: 1\ncampaigns:\n  - name: {KEY}:{TOKEN[:-1]}\n",
        f"version: 1\ncampaigns:\n  - name: {TOKEN}:{KEY}\n",
        f"version: 1\ncampaigns:\n  - {KEY}: {TOKEN}\n",
        f'version: 1\ncampaigns:\n  - name: "{KEY}:\\\n      {TOKEN}"\n',
        f"credential: ApiKey {KEY}:{TOKEN}\n",
        f"{KEY}:{TOKEN}",
        f"version: 1\n\t{KEY}:{TOKEN}",
    ],
)
def test_a_secret_is_refused_and_never_shown(folder: Path, text: str):
    with pytest.raises(SuiteFileError) as caught:
        suite(folder, text)
    shown = str(caught.value)
    assert "seems to hold a key with its token" in shown
    assert KEY[:8] not in shown
    assert TOKEN[:8] not in shown


def test_names_that_only_look_a_little_like_a_secret_are_read(folder: Path):
    names = ["ApiKey rotation", "IVR:NightlyRegressionSuite", "a:b", KEY, "12:30:45"]
    text = "version: 1\ncampaigns:\n" + "".join(f"  - name: '{name}'\n" for name in names)
    assert [entry.name for entry in suite(folder, text).entries] == names


def test_variables_that_are_not_set_are_named_all_of_them(folder: Path):
    read = suite(folder, "version: 1\nenvironment: [A, B, C]\ncampaigns: [{id: 1}]\n")
    with pytest.raises(SuiteFileError) as caught:
        read.check_environment({"A": "a secret", "B": ""})
    assert str(caught.value) == (
        f"{NAME} needs environment variables that are not set: B, C. Nothing was started. "
        "Next: set them, for example as secrets of the CI job"
    )
    read.check_environment({"A": "1", "B": "2", "C": "3"})


def test_a_file_that_cannot_be_read_is_told_from_one_that_is_wrong(folder: Path):
    with pytest.raises(SuiteFileError, match=r"cannot be read .*Nothing was started. Next: check its name"):
        read_suite(Path("none.cyara.yaml"))
    (folder / "folder").mkdir()
    with pytest.raises(SuiteFileError, match="cannot be read"):
        read_suite(Path("folder"))
    (folder / NAME).write_bytes("version: 1 # é".encode("latin-1"))
    with pytest.raises(SuiteFileError, match="no text in UTF-8"):
        read_suite(Path(NAME))
    (folder / NAME).write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(SuiteFileError, match="is larger than"):
        read_suite(Path(NAME))


def test_a_file_of_windows_is_read(folder: Path):
    (folder / NAME).write_bytes(b"\xef\xbb\xbfversion: 1\r\ncampaigns:\r\n  - id: 812\r\n")
    assert read_suite(Path(NAME)).entries[0].id == 812


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_no_text_ends_in_anything_but_a_suite_or_the_one_error(tmp_path_factory: pytest.TempPathFactory, text: str):
    path = tmp_path_factory.getbasetemp() / "drawn.cyara.yaml"
    path.write_bytes(text.encode("utf-8", "replace"))
    with pytest.raises(SuiteFileError):
        read_suite(path)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(("95%", "30s", "Aborted")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("version", "campaigns", "id", "name", "min_pass", "allow", "timeout", "defaults", "x")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(VALUES, VALUES)
def test_no_values_end_in_anything_but_a_suite_or_the_one_error(
    tmp_path_factory: pytest.TempPathFactory, defaults: object, campaign: object
):
    path = tmp_path_factory.getbasetemp() / "values.cyara.yaml"
    data = {"version": 1, "defaults": defaults, "campaigns": [campaign]}
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    try:
        read = read_suite(path)
    except SuiteFileError:
        return
    assert len(read.entries) == 1


def test_the_schema_is_valid_and_says_what_everything_is():
    checker = [sys.executable, "-m", "check_jsonschema", "--check-metaschema", str(SCHEMA_FILE)]
    done = subprocess.run(checker, check=False, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr
    schema = json.loads(SCHEMA_FILE.read_text("utf-8"))
    campaign = schema["properties"]["campaigns"]["items"]["properties"]
    assert set(schema["properties"]["defaults"]["properties"]) == set(campaign) - {"id", "name"}
    for properties in (schema["properties"], schema["$defs"]):
        for name, each in properties.items():
            assert "description" in each or name in {"length_of_time", "result"}, name


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("version: 1\ncampaigns:\n  - id: 812\n    min_pass: 95%\n    timeout: 1h30m\n  - name: Nightly\n", True),
        ("version: 1\ncampaigns:\n  - id: 812\n    min_pas: 95%\n", False),
        ("version: 1\ncampaigns:\n  - id: 812\n    min_pass: 1\n", False),
        ("version: 1\ncampaigns: []\n", False),
    ],
)
def test_editors_and_ci_that_know_only_the_schema_agree(folder: Path, text: str, valid: bool):  # noqa: FBT001  # a parameter of pytest
    (folder / NAME).write_text(text, encoding="utf-8")
    checker = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(SCHEMA_FILE), NAME]
    done = subprocess.run(checker, check=False, capture_output=True, text=True, timeout=50)
    assert (done.returncode == 0) is valid, done.stdout + done.stderr
    if valid:
        read_suite(Path(NAME))


def test_the_suite_of_the_documentation_is_one(folder: Path):
    page = (Path(__file__).resolve().parents[3] / "docs" / "run-gate.md").read_text("utf-8")
    text = page.partition("```yaml\n")[2].partition("```")[0]
    first, second = suite(folder, text).entries
    assert (first.id, first.gate, first.timeout) == (812, Gate(min_pass=Fraction(19, 20), max_duration=30), 3600)
    assert (second.name, second.gate) == ("Nightly regression", Gate(min_pass=Fraction(1), allow={"Aborted"}))
    assert second.timeout == 5400

"""Every operation of the bundled document as a command: its help, and a call at the local portal."""

import re
from pathlib import Path

import pytest

from cyara_client.operations import OPERATIONS, Operation
from cyara_tools.api.names import Named, named_operations
from cyara_tools.api.operation_command import reserved
from cyara_tools.api.parameters import call_of
from cyara_tools.portal import LocalPortal

from .samples import words_of
from .typing_person import Person

TESTS = """<?xml version="1.0" encoding="utf-8"?>
<TestSpecification xmlns="TestSpecification.xsd"><TestCases><TestCase><TestCaseName>Pay a bill</TestCaseName>
</TestCase></TestCases></TestSpecification>
"""
ALL = [one for named in named_operations(OPERATIONS.values()).values() for one in named]


@pytest.fixture(scope="module")
def any_portal():
    with LocalPortal(stateful=False) as running:
        yield running


@pytest.mark.parametrize("named", ALL, ids=lambda named: named.operation.operation_id)
def test_an_operation_is_called_as_its_help_says(
    any_portal: LocalPortal, named: Named, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    person = Person(tmp_path, any_portal, monkeypatch)
    told = [person.types(f"{named.group} {name} --help").out for name in {named.name, named.best}]
    told.append(person.types(f"api {named.group} {named.name} -h").out)
    operation = named.operation
    for text in told:
        assert operation.operation_id in text
        assert f"{operation.method} {operation.path}" in re.sub(r"\s+", " ", text)
        assert ("nobody has seen" in text) == (operation.evidence == "inferred")
        assert ("--allow-inferred, except" in re.sub(r"\s+", " ", text)) == is_guessed_change(operation)
        assert f"\nExamples:\n  cyara {named.group} {named.best}" in text
    file = tmp_path / "tests.xml"
    file.write_text(TESTS, encoding="utf-8")
    any_portal.forget_requests()
    said = person.types(
        f"{named.group} {named.best}", *words_of(call_of(operation, reserved()), file), "--limit", "1", "--output=json"
    )
    assert said.code == 0, said.err
    (visit,) = any_portal.requests
    assert (visit.operation, visit.reasons) == (f"{operation.method} {operation.path}", ())
    assert visit.credential_correct
    assert any_portal.invalid_calls == 0


def is_guessed_change(operation: Operation) -> bool:
    return operation.evidence == "inferred" and operation.method != "GET"


def test_a_list_a_thing_an_import_and_a_new_user(person: Person):
    listed = person.types("campaigns list --output json --all")
    assert [row["campaignId"] for row in listed.json] == list(range(801, 931))
    assert person.types("campaigns get 812").json["name"] == "Campaign 012"
    Path("FILE.xml").write_text(TESTS, encoding="utf-8")
    made = person.types("testcases import FILE.xml").json["testCaseIds"]
    assert person.types(f"testcases get {made[0]}").json["name"] == "Pay a bill"
    Path("new.json").write_text('{"username": "kim@example.com", "firstName": "Kím"}', encoding="utf-8")
    user = person.types("users create --body @new.json").json
    assert person.types(f"users get {user['userId']}").json["firstName"] == "Kím"


@pytest.mark.parametrize(
    "words",
    [
        ["--username", "kim", "--first-name", "Kim Lee", "--roles", "A", "--roles", "B"],
        ["-f", "username=kim", "-f", "first_name=Kim Lee", "-f", "roles=A", "--field", "roles=B"],
        ["--body", '{"username": "kim", "firstName": "Kim Lee", "roles": ["A", "B"]}'],
        ["--body", '{"username": "old", "roles": ["C"]}', "--username=kim", "-f", "roles=A", "--first-name", "Kim Lee"],
        ["--body", "-"],
        ["--body", "@user.json"],
        ["--body", "@user.json", "-f", "firstName=@first.txt"],
    ],
)
def test_one_body_in_every_way(person: Person, words: list[str]):
    text = '{"username": "kim", "firstName": "Kim Lee", "roles": ["A", "B"]}'
    Path("user.json").write_text(f"\ufeff{text}", encoding="utf-8")
    Path("first.txt").write_text("Kim Lee", encoding="utf-8")
    made = person.types("users create", *words, text=text if words == ["--body", "-"] else "").json
    assert (made["username"], made["firstName"]) == ("kim", "Kim Lee")
    assert made["roles"] == (["C", "A"] if "C" in str(words) else ["A", "B"])


def test_a_body_is_typed_as_the_document_says(person: Person, portal: LocalPortal):
    wanted = {"name": "5", "planId": 31, "planType": "Pulse", "testCaseIds": [3001, 3002], "concurrency": 2}
    options = "--name 5 --plan-id 31 --plan-type pulse --test-case-ids 3001 --test-case-ids 3002 --concurrency 2"
    fields = "-f name=5 -f planId=31 -f planType=Pulse -f testCaseIds=3001 -f testCaseIds=3002 -f concurrency=2"
    for words in (options, fields):
        said = person.types(f"campaigns create {words}")
        assert said.code == 0, said.err
        assert portal.requests[-1].body == wanted


def test_parameters_travel_by_their_names_on_the_wire(person: Person, portal: LocalPortal):
    assert person.types("campaigns get-campaign-runs 812").code == 0
    assert portal.requests[-1].query == "", "what nobody gives is not sent"
    said = person.types(
        "campaigns get-campaign-runs 812 --from-date 2024-01-31T09:00:00Z --no-sort-asc --sort-field startdate",
        "--page-size=2",
    )
    assert said.code == 0, said.err
    query = portal.requests[-1].query
    assert "fromDate=2024-01-31T09%3A00%3A00Z" in query
    assert "sortAsc=false" in query
    assert "sortField=StartDate" in query


def test_a_page_that_is_named_is_the_only_one(person: Person, portal: LocalPortal):
    said = person.types("campaigns list --pageno 2 --page-size 3 --output json")
    assert "804" in said.out
    assert "801" not in said.out
    assert len([visit for visit in portal.requests if "pageno=2" in visit.query]) == len(portal.requests) == 1


def test_a_file_comes_to_standard_output_or_to_its_place(person: Person):
    made = person.types("testcases list --limit 1 --output json").json[0]["testCaseId"]
    out = person.types(f"testcases export {made}")
    assert out.content.startswith(b"<?xml")
    assert person.types(f"testcases export {made} --to there.xml").content == b""
    assert Path("there.xml").read_bytes() == out.content
    failed = person.types(f"testcases export {made} --to nowhere/there.xml")
    assert failed.code == 8
    assert "does not exist; nothing was sent" in failed.err


def test_a_file_comes_from_standard_input(person: Person):
    assert len(person.types("testcases import -", text=TESTS).json["testCaseIds"]) == 1


def test_what_the_portal_refuses_ends_with_8_and_its_words(person: Person):
    said = person.types("campaigns get 999999")
    assert (said.code, said.out) == (8, "")
    assert 'answered 404; the portal says "Not Found: There is no campaign 999999."' in said.err


def test_a_pair_that_the_portal_rejects_ends_with_4_and_costs_one_call(person: Person, portal: LocalPortal):
    assert person.types("campaigns get 812").code == 0
    portal.regenerate_token()
    assert [person.types("campaigns get 812").code for _ in range(3)] == [4, 4, 4]
    assert portal.invalid_calls == 1


def test_what_a_class_of_options_says_reaches_the_call(person: Person, portal: LocalPortal):
    credential = portal.credential
    person.set(CYARA_BASE_URL="", CYARA_ACCOUNT_ID="", CYARA_API_CREDENTIAL="", CYARA_STRIKE_STORE="")
    store = f"sqlite://{person.folder}/state/other.sqlite3"
    where = ["--base-url", portal.base_url, "--profile", "t", "--store", store]
    assert person.types("auth login", *where, text=credential).code == 0
    said = person.types("campaigns get 812 --account 1 --policy strict --limit 5", *where)
    assert said.code == 0, said.err
    assert (person.folder / "state" / "other.sqlite3").exists()
    assert person.types("campaigns get 812 --policy lenient --account 1", *where).code == 7

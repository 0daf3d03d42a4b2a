"""`cyara auth status` and `verify`: what is known, and one cheap call that verifies it."""

import json
import os
import re
import socket
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from cyara_auth import connect
from cyara_tools.portal import LocalPortal, faults

from .program import Program


def names_a_401(text: str) -> bool:
    """Return whether a text speaks of the status: fingerprints, ports and folders may hold these digits, too."""
    return re.search(r"[ (]401\b", text) is not None


def test_without_a_credential_it_shows_the_store(program: Program) -> None:
    facts = program("status", "--json").facts
    assert facts["exit_code"] == 3
    assert facts["error"]["kind"] == "CredentialNotFoundError"
    assert "strikes.sqlite3" in facts["store"]
    assert facts["keys"] == []


def test_life_of_a_pair(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    assert "one call at a time" in program("status").out
    assert portal.arrivals == 0
    verified = program("verify", "--json").facts
    assert (verified["verified"], verified["status_code"]) == (True, 200)
    assert portal.arrivals == 1
    stored = b"".join(file.read_bytes() for file in (program.home / "state").iterdir())
    assert stored
    assert not any(half.encode() in stored for half in portal.credential.split(":"))
    facts = program("status", "--json").facts
    assert facts["usable"]
    assert facts["verdict"] == "calls go out"
    assert [pair["state"] for pair in facts["keys"][0]["pairs"]] == ["verified"]
    program.regenerate()
    rejected = program("verify")
    assert rejected.code == 4
    assert "(401)" in rejected.out
    for _ in range(3):
        repeated = program("verify")
        assert repeated.code == 4
        assert "Nothing was sent" in repeated.err
    assert portal.invalid_calls == 1
    facts = program("status", "--json").facts
    assert facts["exit_code"] == 4
    key = facts["keys"][0]
    assert key["strikes"] == 1
    incident = key["pairs"][0]["incident"]
    assert incident["source"] == f"profile file {program.profile}"
    assert incident["when"].endswith("+00:00")
    text = program("status")
    assert text.code == 4
    assert f"with the pair from profile file {program.profile}" in text.out


def test_row_27_other_sources_are_named_after_a_rejection_and_never_tried(
    program: Program, portal: LocalPortal
) -> None:
    stale = portal.credential
    program.log_in(program.regenerate())
    for _ in range(2):
        notes = program("verify", "--json", CYARA_API_CREDENTIAL=stale).facts["notes"]
        assert any("holds another pair" in note and "was not tried" in note for note in notes)
    assert (portal.arrivals, portal.invalid_calls) == (1, 1)


def test_exhausted_budget(program: Program, portal: LocalPortal) -> None:
    key = portal.credential.partition(":")[0]
    for letter in "AB":
        wrong = f"{key}:{letter * 43}="
        assert program("verify", CYARA_API_CREDENTIAL=wrong).code == 4
    program.log_in()
    status = program("status", "--json").facts
    assert status["exit_code"] == 5
    assert (
        "reset --still-valid, or, if it was generated after that: cyara auth reset --regenerated" in status["verdict"]
    )
    assert program("verify").code == 5
    assert portal.invalid_calls == 2
    assert not portal.token_void


def test_all_keys_of_the_store(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    assert program("verify").code == 0
    other = "0" * 32 + ":" + "C" * 43 + "="
    facts = program("status", "--all", "--json", CYARA_API_CREDENTIAL=other).facts
    assert len(facts["keys"]) == 2
    assert portal.arrivals == 1


def test_expiring_credential_is_noted(program: Program, portal: LocalPortal) -> None:
    def printed(days: int) -> str:
        expires_at = (datetime.now(UTC) + timedelta(days=days)).isoformat()
        text = json.dumps({"credential": portal.credential, "expires_at": expires_at})
        return json.dumps([sys.executable, "-c", f"print({text!r})"])

    facts = program("status", "--json", CYARA_CREDENTIAL_COMMAND=printed(3)).facts
    assert facts["exit_code"] == 0
    assert any("expires at" in note for note in facts["notes"])
    facts = program("verify", "--json", CYARA_CREDENTIAL_COMMAND=printed(-1)).facts
    assert facts["exit_code"] == 3
    assert facts["error"]["kind"] == "CredentialExpiredError"
    assert portal.arrivals == 0


def test_unusable_store(program: Program, tmp_path: Path) -> None:
    program.log_in()
    (tmp_path / "broken").mkdir(mode=0o700)
    broken = tmp_path / "broken" / "strikes.sqlite3"
    broken.write_bytes(b"this is no database, but long enough to look like a file that was damaged" * 20)
    broken.chmod(0o600)
    for command in ("status", "verify"):
        assert program(command, CYARA_STRIKE_STORE=f"sqlite://{broken}").code == 6
    assert program("status", CYARA_STRIKE_STORE="ftp://x").code == 7


def test_unreachable_portal(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    portal.stop()
    result = program("verify", "--json")
    assert result.facts["exit_code"] == 8
    facts = program("status", "--json").facts
    assert facts["usable"]
    assert facts["keys"][0]["unknown"] == 0


@pytest.mark.parametrize(
    ("fault", "steps"),
    [
        (faults.answer(400), ["check that the API is at BASE and that the account exists there", "--operation ID"]),
        (faults.answer(404), ["check that the API is at BASE and that the account exists there", "--operation ID"]),
        (faults.answer(405), ["check that the API is at BASE", "--operation ID"]),
        (
            faults.answer(403, "{}", media_type="application/json"),
            ["let the portal's administrator give", "--operation ID"],
        ),
        (attrs.evolve(faults.answer(429), headers=(("retry-after", "1"),)), ["wait 1 s, look"]),
        (faults.answer(429), ["wait a minute, look"]),
        (faults.answer(500), ["wait a minute, look whether the portal itself works, then: cyara auth verify --store"]),
        (attrs.evolve(faults.answer(503), headers=(("retry-after", "2"),)), ["wait 2 s, look"]),
        (faults.gateway(502), ["Calls that may count as invalid: 1 (cyara auth status --store", "wait a minute, look"]),
        (
            faults.redirect("/elsewhere?x=hidden"),
            ["check the base URL, since BASE redirects to ORIGIN/elsewhere; sign in"],
        ),
    ],
    ids=lambda value: str(value.status) if isinstance(value, faults.Fault) else "",
)
def test_verify_says_what_to_do_about_an_answer_that_says_nothing(
    program: Program, portal: LocalPortal, fault: faults.Fault, steps: list[str]
) -> None:
    store = program.environ.pop("CYARA_STRIKE_STORE")
    program.environ["CYARA_API_CREDENTIAL"] = portal.credential
    portal.inject(fault)
    result = program("verify", "--store", store)
    assert result.code == 8
    assert result.out.startswith(f"The portal answers {fault.status}, which says nothing about ")
    for step in steps:
        assert step.replace("BASE", portal.base_url).replace("ORIGIN", portal.origin) in result.out
    assert "Next: " in result.out
    assert "hidden" not in result.out
    assert not names_a_401(result.out)
    assert program("verify", "--store", store).code == 0


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        (faults.answer(401, faults.LOGIN_PAGE, media_type="text/html"), "a web page (status 401)"),
        (
            attrs.evolve(faults.answer(401), headers=(("www-authenticate", "NTLM"),)),
            "a 401 that may not be the portal's",
        ),
    ],
)
def test_a_gateway_that_answers_401_is_not_the_portal(
    program: Program, portal: LocalPortal, fault: faults.Fault, what: str
) -> None:
    program.log_in()
    portal.inject(fault)
    result = program("verify")
    assert result.code == 8
    assert f"Where the API should have answered came {what}, so " in result.out
    assert "under suspicion, not rejected. Next: sign in to the network or VPN" in result.out
    assert "will not be sent again" not in result.out
    assert program("verify").code == 0


def test_a_login_page_is_not_called_a_401(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    assert program("verify").code == 0
    portal.inject(faults.login_page())
    result = program("verify")
    assert result.code == 8
    assert "with a login page where the API should have answered" in result.err
    assert not names_a_401(result.out + result.err)
    status = program("status")
    assert "A login page, or a 401 that may not be the portal's own" in status.out
    assert program("verify").code == 0


@pytest.mark.parametrize("media_type", [None, "text/html"])
def test_a_success_that_any_pair_might_get_is_not_called_accepted(
    program: Program, portal: LocalPortal, media_type: str | None
) -> None:
    program.log_in()
    portal.inject(faults.answer(200, "welcome", media_type=media_type))
    result = program("verify")
    assert result.code == 8
    assert "The portal accepts" not in result.out + result.err
    assert "cyara auth doctor" in result.out + result.err
    assert program("verify").code == 0


@pytest.mark.parametrize("command", ["status", "verify"])
def test_a_setting_that_connect_refuses_is_refused_here_too(program: Program, command: str) -> None:
    program.log_in()
    result = program(command, CYARA_ROTATION_WAIT="soon")
    assert result.code == 7
    assert "CYARA_ROTATION_WAIT" in result.err


def test_no_account(program: Program) -> None:
    program.log_in()
    result = program("verify", CYARA_ACCOUNT_ID="")
    assert result.code == 7
    assert "account" in result.err


def test_row_81_a_store_that_was_rolled_back(program: Program, tmp_path: Path) -> None:
    program.log_in()
    assert program("verify").code == 0
    assert program("status", "--json").facts["notes"] == []
    for file in (tmp_path / "state").iterdir():
        file.unlink()
    notes = program("status", "--json").facts["notes"]
    assert any("has lost writes" in note for note in notes)


@pytest.mark.parametrize("command", [("status",), ("login",), ("doctor",), ("rotate", "begin"), ("nonsense",)])
def test_help_and_wrong_options(program: Program, command: tuple[str, ...]) -> None:
    wrong = program(*command, "--no-such-option")
    assert wrong.code == 2
    if command != ("nonsense",):
        shown = program(*command, "--help")
        assert shown.code == 0
        assert "--json" in shown.out


def test_who_holds_a_place_is_shown(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    assert program("verify").code == 0
    portal.inject(faults.delay(6.0))
    environ = {name: value for name, value in program.environ.items() if name.startswith(("CYARA_", "XDG_"))}
    with connect(environ=environ) as client:
        arrivals = portal.arrivals
        call = threading.Thread(target=client.verify)
        call.start()
        while portal.arrivals == arrivals:
            time.sleep(0.01)
        shown = program("status")
        call.join()
    assert shown.code == 0
    assert "policy: guarded" in shown.out
    assert "places held: 1" in shown.out
    holder = rf"under way .* process {os.getpid()} on {re.escape(socket.gethostname())}, calling GetTestCases"
    assert re.search(holder, shown.out)


def test_policy_of_the_environment_is_the_one_that_judges(program: Program) -> None:
    program.log_in()
    strict = program("status", "--json", CYARA_AUTH_POLICY="strict").facts
    assert [key["policy"] for key in strict["keys"]] == ["strict"]
    assert program("status", CYARA_AUTH_POLICY="lenient").code == 7

"""Every "Next:" of a refusal is walked to its end: the command that the text names is run, and then calls go on."""

import re
import shlex

import pytest

from cyara_auth import connect
from cyara_auth.errors import CredentialSupersededError
from cyara_tools.portal import LocalPortal
from cyara_tools.portal.faults import Fault, drop

from .program import Program

BAD_GATEWAY = Fault(status=502, body="<html>", media_type="text/html")
REDIRECT = Fault(status=302, headers=(("location", "/maintenance?ticket=abc"),))
GATEWAY_401 = Fault(status=401, body="<html>", media_type="text/html")
OWN_401 = Fault(status=401, body="{}", media_type="application/json")
DENIED = Fault(status=403, body="{}", media_type="application/json")


@pytest.fixture
def stored(program: Program) -> Program:
    program.log_in()
    return program


def walk(program: Program, text: str, command: str) -> None:
    """Run the first command of a text that begins like this, and then the one that it names."""
    [found, *_] = re.findall(rf"cyara auth ({command}[^;,]*)", text)
    done = program(*shlex.split(found))
    assert done.code == 0, done.err
    assert "Next: cyara auth verify" in done.out


def refused(program: Program, code: int = 5) -> str:
    """Return the text with which a call is refused, the same that `status` shows."""
    result = program("verify")
    assert result.code == code, result.out + result.err
    assert "Nothing was sent. Next: " in result.err
    status = program("status")
    assert status.code == code
    assert result.err.partition("Nothing was sent. Next: ")[2] in status.out
    return result.err


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (BAD_GATEWAY, "status 502 at {url} twice"),
        (REDIRECT, "a redirect at {url} to /maintenance twice"),
        (drop(), "RemoteProtocolError twice"),
    ],
    ids=["502", "redirect", "lost"],
)
def test_two_lost_answers_to_a_new_pair(stored: Program, portal: LocalPortal, fault: Fault, reason: str) -> None:
    portal.inject(fault, fault)
    assert [stored("verify").code for _ in range(2)] == [8, 8]
    arrivals = portal.arrivals
    text = refused(stored)
    assert reason.format(url=portal.base_url) in text
    assert text.index("reset --still-valid") < text.index("reset --regenerated")
    assert portal.arrivals == arrivals
    walk(stored, text, "reset --still-valid")
    assert stored("verify").code == 0
    assert stored("verify").code == 0
    assert not portal.token_void


def test_still_valid_lets_one_call_go_and_not_two(stored: Program, portal: LocalPortal) -> None:
    portal.inject(*[BAD_GATEWAY] * 3)
    assert [stored("verify").code for _ in range(2)] == [8, 8]
    walk(stored, refused(stored), "reset --still-valid")
    assert stored("verify").code == 8
    arrivals = portal.arrivals
    assert "status 502" in refused(stored)
    assert portal.arrivals == arrivals


def test_a_missing_permission_locks_nobody_out(stored: Program, portal: LocalPortal) -> None:
    portal.inject(*[DENIED] * 4)
    results = [stored("verify") for _ in range(4)]
    assert [result.code for result in results] == [8] * 4
    assert "cyara auth verify --operation" in results[-1].out
    key = stored("status", "--json").facts["keys"][0]
    assert (key["strikes"], key["unknown"]) == (0, 1)
    assert stored("verify").code == 0


def test_a_401_that_means_a_missing_permission(stored: Program, portal: LocalPortal) -> None:
    portal.inject(OWN_401)
    assert stored("verify").code == 4
    walk(stored, refused(stored, code=4), "reset --still-valid --forgive")
    assert stored("verify").code == 0
    assert portal.arrivals == 2


def test_a_pair_that_login_refuses_and_that_is_active_after_all(stored: Program, portal: LocalPortal) -> None:
    portal.inject(OWN_401)
    assert stored("verify").code == 4
    stored.profile.unlink()
    told = stored("login", text=portal.credential)
    assert told.code == 4
    assert "nothing was stored" in told.err
    walk(stored, told.err, "reset --still-valid --forgive")
    stored.log_in()
    assert stored("verify").code == 0


def test_a_401_of_a_gateway(stored: Program, portal: LocalPortal) -> None:
    portal.inject(GATEWAY_401)
    first = stored("verify")
    assert first.code == 8
    assert "under suspicion, not rejected" in first.out
    text = stored("status").out
    assert f"status 401 at {portal.base_url}" in text
    walk(stored, text, "reset --still-valid")
    assert stored("verify").code == 0


def test_two_typos_before_the_right_pair(stored: Program, portal: LocalPortal) -> None:
    key = portal.credential.partition(":")[0]
    for letter in "AB":
        assert stored("verify", CYARA_API_CREDENTIAL=f"{key}:{letter * 43}=").code == 4
    walk(stored, refused(stored), "reset --still-valid")
    assert stored("verify").code == 0
    assert portal.invalid_calls == 2
    assert not portal.token_void


def test_a_stale_pair_whose_answers_were_lost(stored: Program, portal: LocalPortal) -> None:
    new = stored.regenerate()
    portal.inject(drop(), drop())
    assert [stored("verify").code for _ in range(2)] == [8, 8]
    text = refused(stored)
    assert "if it is not: copy the current token from the portal (Settings > API), then: cyara auth login" in text
    assert text.rstrip().endswith("then: cyara auth reset --still-valid")
    stored.log_in(new)
    walk(stored, text, "reset --still-valid")
    assert stored("verify").code == 0
    assert portal.invalid_calls == 2
    assert not portal.token_void


def test_a_token_that_was_regenerated_in_use(stored: Program, portal: LocalPortal) -> None:
    assert stored("verify").code == 0
    new = stored.regenerate()
    assert stored("verify").code == 4
    assert "cyara auth login" in refused(stored, code=4)
    stored.log_in(new)
    assert stored("verify").code == 0
    assert portal.invalid_calls == 1


def test_a_pair_that_was_given_as_an_argument_has_to_be_changed_there(stored: Program, portal: LocalPortal) -> None:
    old = portal.credential
    assert stored("verify").code == 0
    assert stored("rotate", "begin").code == 0
    new = stored.regenerate()
    assert stored("rotate", "commit", text=new).code == 0
    environ = {name: value for name, value in stored.environ.items() if name.startswith(("CYARA_", "XDG_"))}
    with connect(credential=old, environ=environ) as client, pytest.raises(CredentialSupersededError) as told:
        client.verify()
    assert "took its place" in str(told.value)
    assert "the pair was given as an argument, so it has to be changed there" in str(told.value)
    assert "generate" not in str(told.value)
    with connect(credential=new, environ=environ) as client:
        assert client.verify().status_code == 200
    assert portal.invalid_calls == 0


def test_a_superseded_pair_is_told_where_to_take_the_current_token(stored: Program, portal: LocalPortal) -> None:
    old = portal.credential
    assert stored("verify").code == 0
    stored.log_in(stored.regenerate())
    assert stored("verify").code == 0
    variable = "environment variable CYARA_API_CREDENTIAL"
    status = stored("status", CYARA_API_CREDENTIAL=old)
    assert status.code == 4
    assert f"copy the current token from the portal (Settings > API) to its source ({variable})" in status.out
    assert "generate" not in status.out
    # Its word would lie in wait for some other call.
    assert stored("reset", "--still-valid", CYARA_API_CREDENTIAL=old).code == 4
    assert not stored("status", "--json").facts["keys"][0]["one_more"]
    assert "is known to be superseded" in stored("login", text=old).err
    assert portal.invalid_calls == 0


@pytest.mark.parametrize("given", [(), ("--regenerated", "--still-valid"), ("--now",), ("--forgive", "ab")])
def test_a_reset_takes_one_word(stored: Program, given: tuple[str, ...]) -> None:
    result = stored("reset", *given)
    assert result.code == 7
    assert "Nothing was changed" in result.err
    assert 0 < result.err.index("reset --still-valid") < result.err.index("reset --regenerated")
    assert stored("status", "--json").facts["keys"][0]["generation"] == 0


def test_reset_by_now_that_would_change_nothing_says_so(stored: Program, portal: LocalPortal) -> None:
    portal.inject(BAD_GATEWAY, BAD_GATEWAY)
    assert [stored("verify").code for _ in range(2)] == [8, 8]
    result = stored("reset", "--regenerated", "--now")
    assert result.code == 5
    assert "nothing was changed and --now frees nothing" in result.err
    assert stored("status", "--json").facts["keys"][0]["generation"] == 0
    walk(stored, result.err, "reset --still-valid")
    assert stored("verify").code == 0


def test_reset_names_what_a_rejected_pair_needs_next(stored: Program, portal: LocalPortal) -> None:
    stored.regenerate()
    assert stored("verify").code == 4
    done = stored("reset", "--regenerated")
    assert done.code == 0
    assert "Next: copy the current token from the portal" in done.out


@pytest.mark.parametrize("status", [404, 429, 500, 503])
def test_an_answer_that_says_nothing_has_a_next_step(stored: Program, portal: LocalPortal, status: int) -> None:
    portal.inject(Fault(status=status, body="{}", media_type="application/json"))
    result = stored("verify")
    assert result.code == 8
    assert re.search(rf"answers {status}, which says nothing about .*\. Next: .*cyara auth (doctor|verify)", result.out)


def test_the_secret_of_a_pair_that_is_out_is_not_shown(stored: Program, portal: LocalPortal) -> None:
    assert stored("verify").code == 0
    assert stored("rotate", "begin").code == 0
    rotating = stored("remote-sync-key", "--force")
    assert (rotating.code, rotating.out) == (5, "")
    assert "is being rotated" in rotating.err
    assert stored("rotate", "abort").code == 0
    old = portal.credential
    stored.log_in(stored.regenerate())
    assert stored("verify").code == 0
    superseded = stored("remote-sync-key", "--force", CYARA_API_CREDENTIAL=old)
    assert (superseded.code, superseded.out) == (4, "")
    stored.regenerate()
    assert stored("verify").code == 4
    rejected = stored("remote-sync-key", "--force")
    assert (rejected.code, rejected.out) == (4, "")
    assert "rejected pair stays rejected" in rejected.err

"""`cyara auth login` and `remote-sync-key`: the secret goes in hidden, and comes out in one case only."""

import json
import stat
import sys

import pytest

from cyara_tools.portal import LocalPortal

from .program import Program

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals and modes are a POSIX matter")


def test_from_a_pipe_into_a_private_file(program: Program, portal: LocalPortal) -> None:
    result = program("login", text=f"Authorization: ApiKey {portal.credential}\r\n")
    assert result.code == 0
    assert f"in the profile file {program.profile}" in result.out
    assert "Next: cyara auth verify" in result.out
    stored = json.loads(program.profile.read_text())
    assert stored == {"credential": portal.credential, "base_url": portal.base_url}
    if sys.platform != "win32":
        assert stat.S_IMODE(program.profile.stat().st_mode) == 0o600
        assert stat.S_IMODE(program.profile.parent.stat().st_mode) == 0o700
    assert portal.arrivals == 0


@posix_only
def test_on_a_terminal_it_stays_hidden(program: Program, portal: LocalPortal) -> None:
    result = program.on_terminal("login", typed=f"ApiKey {portal.credential}")
    assert result.code == 0
    assert "it stays hidden" in result.out
    assert json.loads(program.profile.read_text())["credential"] == portal.credential


def test_a_named_profile(program: Program, portal: LocalPortal) -> None:
    facts = program("login", "--profile", "staging", "--json", text=portal.credential).facts
    assert facts["profile"] == "staging"
    assert facts["notes"] == []
    assert program("status", "--profile", "staging", CYARA_BASE_URL="").code == 0
    assert program("status").code == 3


def test_json_form_with_its_end(program: Program, portal: LocalPortal) -> None:
    given = {"credential": portal.credential, "base_url": portal.base_url, "expires_at": "2999-01-31T00:00:00Z"}
    assert program("login", text=json.dumps(given)).code == 0
    stored = json.loads(program.profile.read_text())
    assert stored == {**given, "expires_at": "2999-01-31T00:00:00+00:00"}
    assert program("status", "--json").facts["expires_at"] == "2999-01-31T00:00:00+00:00"


def test_json_form_whose_end_has_come_is_not_stored(program: Program, portal: LocalPortal) -> None:
    given = {"credential": portal.credential, "expires_at": "2001-01-31T00:00:00Z"}
    result = program("login", text=json.dumps(given))
    assert result.code == 3
    assert "expired at 2001-01-31 00:00:00 UTC. Nothing was stored. Next:" in result.err
    assert not program.profile.exists()
    assert program("login", text=json.dumps({**given, "expires_at": "2999-01-31T00:00:00Z"})).code == 0


def test_json_form_of_another_portal_is_refused(program: Program, portal: LocalPortal) -> None:
    given = {"credential": portal.credential, "base_url": "https://one.example/cyarawebapi"}
    result = program("login", text=json.dumps(given))
    assert result.code == 3
    assert "belongs to https://one.example" in result.err
    assert not program.profile.exists()


def test_users_of_sso_are_told_where_to_look(program: Program) -> None:
    assert "SSO" in program("login", "--help").out
    assert "SSO has no API menu" in program("verify").err


def test_fingerprint_is_one_line_and_needs_no_store(program: Program, portal: LocalPortal) -> None:
    broken = {"CYARA_STRIKE_STORE": "redis://127.0.0.1:1", "CYARA_BASE_URL": ""}
    missing = program("fingerprint", **broken)
    assert (missing.code, missing.out) == (3, "")
    ours = {**broken, "CYARA_API_CREDENTIAL": portal.credential}
    key, pair = program("fingerprint", **ours), program("fingerprint", "--pair", **ours)
    facts = program("fingerprint", "--json", **ours).facts
    assert (key.code, key.out, key.err) == (0, f"{facts['key_fingerprint'][:8]}\n", "")
    assert (pair.code, pair.out) == (0, f"{facts['fingerprint'][:8]}\n")
    assert key.out != pair.out
    # Replacing the token changes the pair, and not the key.
    ours["CYARA_API_CREDENTIAL"] = program.regenerate()
    assert program("fingerprint", **ours).out == key.out
    assert program("fingerprint", "--pair", **ours).out != pair.out
    assert portal.arrivals == 0


@pytest.mark.parametrize("text", ["", "key:token", "Bearer abc", "ApiKey ApiKey a:b"])
def test_malformed_text_is_refused_and_nothing_is_stored(program: Program, text: str) -> None:
    result = program("login", text=text)
    assert result.code == 3
    assert result.out == ""
    assert "Nothing was sent" in result.err
    assert not program.profile.exists()


def test_unusual_shape_needs_the_option(program: Program, portal: LocalPortal) -> None:
    text = portal.credential[:-1]
    refused = program("login", text=text)
    assert refused.code == 3
    assert "allow_unusual_shape" in refused.err
    assert program("login", "--allow-unusual-shape", text=text).code == 0
    assert program("status").code == 0


def test_a_pair_that_was_rejected_is_not_stored_again(program: Program, portal: LocalPortal) -> None:
    old = portal.credential
    program.log_in(old)
    program.regenerate()
    assert program("verify").code == 4
    assert portal.invalid_calls == 1
    program.profile.unlink()
    result = program("login", text=old)
    assert result.code == 4
    assert "this very pair is known to be rejected" in result.err
    assert not program.profile.exists()
    program.log_in()
    assert program("verify").code == 0
    assert portal.invalid_calls == 1


def test_during_a_rotation_the_next_step_is_its_end(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    assert program("verify").code == 0
    assert program("rotate", "begin").code == 0
    result = program("login", text=portal.credential)
    assert result.code == 0
    assert "Next: with the new token: cyara auth rotate commit; if none was generated: cyara auth rotate abort" in (
        result.out
    )


def test_row_27_what_outranks_the_stored_pair_is_named(program: Program, portal: LocalPortal) -> None:
    old = portal.credential
    new = program.regenerate()
    facts = program("login", "--json", text=new, CYARA_API_CREDENTIAL=old).facts
    assert any("environment variable CYARA_API_CREDENTIAL outranks it" in note for note in facts["notes"])


def test_what_outranks_the_stored_pair_and_is_unusable(program: Program, portal: LocalPortal) -> None:
    facts = program("login", "--json", text=portal.credential, CYARA_API_CREDENTIAL="").facts
    assert any("unusable" in note and "is empty" in note for note in facts["notes"])
    assert program.profile.exists()


def test_without_a_portal(program: Program, portal: LocalPortal) -> None:
    result = program("login", text=portal.credential, CYARA_BASE_URL="")
    assert result.code == 7
    assert "CYARA_BASE_URL" in result.err


def test_without_a_keyring(program: Program, portal: LocalPortal) -> None:
    result = program("login", "--place", "keyring", text=portal.credential)
    assert result.code == 7
    assert "--place file" in result.err


def test_remote_sync_key_goes_to_a_terminal_only(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    for arguments in ((), ("--json",)):
        refused = program("remote-sync-key", *arguments)
        assert refused.code == 7
        assert "not a terminal" in refused.out + refused.err
    program.may_show = True
    forced = program("remote-sync-key", "--force")
    assert (forced.code, forced.out) == (0, f"{portal.credential}\n")
    facts = program("remote-sync-key", "--force", "--json").facts
    assert facts["remote_sync_key"] == portal.credential


@posix_only
def test_remote_sync_key_on_a_terminal(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    program.may_show = True
    shown = program.on_terminal("remote-sync-key")
    assert (shown.code, shown.out) == (0, f"{portal.credential}\r\n")

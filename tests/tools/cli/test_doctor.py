"""`cyara auth doctor`: finds what is usually wrong, offline, and says what to do."""

import copy
import json
import os
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest

from cyara_auth.origin import BaseUrl
from cyara_tools.cli import checks, connection_checks
from cyara_tools.cli.checks import Level
from cyara_tools.cli.exit_codes import ExitCode
from cyara_tools.portal import LocalPortal, faults

from .program import Program


def findings(program: Program, *arguments: str, **variables: str) -> dict[str, list[tuple[str, str]]]:
    facts = program("doctor", "--json", *arguments, **variables).facts
    assert facts["exit_code"] == (9 if facts["failures"] else 0)
    found: dict[str, list[tuple[str, str]]] = {}
    for finding in facts["findings"]:
        found.setdefault(finding["check"], []).append((finding["level"], finding["text"]))
    return found


def test_all_well_and_nothing_sent(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    found = findings(program)
    assert {level for levels in found.values() for level, _ in levels} == {"ok"}
    assert {"base_url", "credential", "clock", "certificates", "store", "pair", "proxy"} <= found.keys()
    assert portal.arrivals == 0
    text = program("doctor")
    assert text.code == 0
    assert "Failures: 0, warnings: 0." in text.out


def test_nothing_configured(program: Program) -> None:
    found = findings(program, CYARA_BASE_URL="")
    assert found["base_url"][0][0] == "failure"
    assert found["credential"][0][0] == "failure"


@pytest.mark.parametrize(
    ("variables", "check", "what"),
    [
        ({"CYARA_BASE_URL": "http://portal.example"}, "base_url", "not encrypted"),
        ({"CYARA_BASE_URL": "https://u:p@portal.example"}, "base_url", "user name or password"),
        ({"CYARA_API_CREDENTIAL": ""}, "credential", "did not fill in"),
        ({"CYARA_API_CREDENTIAL": "${SECRET}"}, "credential", "not replaced"),
        ({"CYARA_API_KEY": "x"}, "credential", "CYARA_API_TOKEN is not set"),
        ({"CYARA_STRIKE_STORE": "ftp://x"}, "store", "ftp"),
        ({"SSL_CERT_FILE": "/no/such/file"}, "certificates", "SSL_CERT_FILE"),
        ({"HTTPS_PROXY": "http://", "CYARA_BASE_URL": "https://portal.example"}, "proxy", "no address"),
    ],
)
def test_failures(program: Program, variables: dict[str, str], check: str, what: str) -> None:
    found = findings(program, **variables)
    assert any(level == "failure" and what in text for level, text in found[check]), found


def test_portal_without_tls(program: Program, portal: LocalPortal) -> None:
    # The system takes it for 127.0.0.1; by its spelling it is another machine.
    base_url = portal.base_url.replace("127.0.0.1", "127.1")
    allowed = {"CYARA_BASE_URL": base_url, "CYARA_ALLOW_PLAIN_HTTP": "127.1"}
    refused = program("login", text=portal.credential, CYARA_BASE_URL=base_url)
    assert refused.code == 7
    assert "CYARA_ALLOW_PLAIN_HTTP=127.1:" in refused.err
    assert portal.arrivals == 0
    assert program("login", text=portal.credential, **allowed).code == 0
    found = findings(program, HTTP_PROXY="http://proxy.example:8080", **allowed)
    [(level, text)] = found["base_url"]
    assert level == "warning"
    assert f"The API is at {base_url}, without encryption" in text
    assert "anyone on the way can read the credential" in text
    assert "Next: ask whoever runs the portal for https, or lead an encrypted tunnel there" in text
    assert found["proxy"] == [("ok", "Calls go out directly.")]
    assert portal.arrivals == 0
    verified = program("verify", "--json", **allowed).facts
    assert verified["exit_code"] == 0
    assert [note for note in verified["notes"] if "127.1 over plain http" in note] == verified["notes"]
    assert len(verified["notes"]) == 1
    assert program("doctor", CYARA_BASE_URL=base_url, CYARA_ALLOW_PLAIN_HTTP="*").code == 9


def test_account(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    assert findings(program)["account"] == [
        ("ok", f"Calls are made for account {portal.account_id} by CYARA_ACCOUNT_ID, unless they name another.")
    ]
    for missing in ("", " \n"):
        [(level, text)] = findings(program, CYARA_ACCOUNT_ID=missing)["account"]
        assert level == "warning"
        assert "Next: set CYARA_ACCOUNT_ID to the number" in text
    [(level, text)] = findings(program, CYARA_ACCOUNT_ID=portal.credential)["account"]
    assert level == "failure"
    assert "CYARA_ACCOUNT_ID) is a number in this client's document, not a text of" in text
    assert findings(program, "--account", "5", CYARA_ACCOUNT_ID="emea")["account"][0][0] == "ok"
    assert findings(program, "--account", "emea")["account"][0][0] == "failure"
    assert "account: CYARA_ACCOUNT_ID is not set" in program("doctor", CYARA_ACCOUNT_ID="").out


def test_account_that_is_a_text_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "account_takes_text", lambda: True)
    found = checks.check_account("secret-in-the-wrong-place")
    assert (found.level, "secret" in found.text, "25 characters" in found.text) == (Level.OK, False, True)


def test_warnings(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    pair = portal.credential
    found = findings(
        program,
        CYARA_API_CREDENTIAL=f"{pair}\n",
        CYARA_STRIKE_STORE="memory:",
        REQUESTS_CA_BUNDLE="/etc/ca.pem",
    )
    for check in ("whitespace", "store", "certificates"):
        assert found[check][0][0] == "warning", found[check]
    assert "other_source" not in found


class HasUrl(Protocol):
    url: str


def test_redis_that_may_forget(program: Program, redis_server: HasUrl) -> None:
    program.log_in()
    found = findings(program, CYARA_STRIKE_STORE=redis_server.url)
    assert [level for level, _ in found["store"]] == ["ok", "warning"]
    assert "append-only file" in found["store"][1][1]


def test_proxy_is_named_without_its_password(program: Program, portal: LocalPortal) -> None:
    variables = {"HTTPS_PROXY": "http://user:hidden@proxy.example:8080", "CYARA_BASE_URL": "https://portal.example"}
    found = findings(program, CYARA_API_CREDENTIAL=portal.credential, **variables)
    assert found["proxy"] == [("ok", "Calls go through the proxy proxy.example:8080.")]
    found = findings(program, CYARA_API_CREDENTIAL=portal.credential, NO_PROXY="portal.example", **variables)
    assert "exempts" in found["proxy"][0][1]


def test_proxy_is_what_httpx_uses_whatever_the_system_exempts(monkeypatch: pytest.MonkeyPatch) -> None:
    # Windows and macOS keep exemptions of their own, which urllib reads and httpx does not.
    monkeypatch.setattr(connection_checks, "proxy_bypass", lambda _: True)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:8080")
    found, *_ = connection_checks.check_proxy(BaseUrl.parse("https://portal.example"))
    assert found.level is Level.WARNING
    assert "Next, if they should go out directly: NO_PROXY=portal.example" in found.text


def test_what_no_proxy_cannot_mean_is_named(program: Program, portal: LocalPortal) -> None:
    variables = {"HTTPS_PROXY": "http://proxy.example:8080", "CYARA_BASE_URL": "https://portal.example"}
    exempt = "localhost,10.*.*.*,fd07:b51a:cc66:f0::/64,robot:hidden@proxy"
    result = program("doctor", "--json", CYARA_API_CREDENTIAL=portal.credential, NO_PROXY=exempt, **variables)
    assert result.code == 0
    way, skipped, ranges = [(it["level"], it["text"]) for it in result.facts["findings"] if it["check"] == "proxy"]
    assert way == ("ok", "Calls go through the proxy proxy.example:8080.")
    assert skipped[0] == "warning"
    assert "skipped: 10.*.*.* (one with a user). Next, " in skipped[1]
    assert "hidden" not in result.out
    assert ranges[0] == "ok"
    assert "fd07:b51a:cc66:f0::/64" in ranges[1]
    variables["CYARA_BASE_URL"] = "https://[fd07:b51a:cc66:f0::9]"
    found = findings(program, CYARA_API_CREDENTIAL=portal.credential, NO_PROXY=exempt, **variables)
    assert found["proxy"][0] == ("ok", "NO_PROXY exempts fd07:b51a:cc66:f0::9 from the proxy.")


def test_proxy_whose_password_is_not_encoded(program: Program, portal: LocalPortal) -> None:
    variables = {"HTTPS_PROXY": "http://user:hid#den@proxy.example:8080", "CYARA_BASE_URL": "https://portal.example"}
    found = findings(program, CYARA_API_CREDENTIAL=portal.credential, **variables)
    [(level, text)] = found["proxy"]
    assert level == "failure"
    assert "percent-encoded" in text
    assert "hid" not in text


def test_row_27_other_sources_with_another_pair(program: Program, portal: LocalPortal) -> None:
    old = portal.credential
    program.log_in()
    new = program.regenerate()
    found = findings(program, CYARA_API_CREDENTIAL=new)
    [(level, text)] = found["other_source"]
    assert level == "warning"
    assert str(program.profile) in text
    fingerprints = [
        program("status", "--json", CYARA_API_CREDENTIAL=pair).facts["fingerprint"][:8] for pair in (old, new)
    ]
    assert all(fingerprint in text for fingerprint in fingerprints)


def test_row_27_unusable_other_source(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    program.profile.chmod(0o644)
    found = findings(program, CYARA_API_CREDENTIAL=portal.credential)
    assert "chmod 600" in found["other_source"][0][1]


def test_row_45_netrc_entry_is_ignored(program: Program, tmp_path: Path) -> None:
    program.log_in()
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login user password hidden\n")
    netrc.chmod(0o600)
    found = findings(program)
    assert "ignore it" in found["netrc"][0][1]
    assert program("verify").code == 0


CLIENTS = """
import httpx
from cyara_auth import connect, install

bare = httpx.Client()
guarded = connect()
late = httpx.Client()
install(late)
late._mounts[httpx._utils.URLPattern("https://")] = httpx.HTTPTransport()
number = 7
"""


@pytest.mark.parametrize(
    ("name", "level", "what"),
    [
        ("bare", "failure", "is not guarded on: transport"),
        ("guarded", "ok", "is guarded on every path"),
        ("number", "failure", "is not guarded: An httpx.Client or AsyncClient can be guarded, not a builtins.int"),
        ("absent", "failure", "cannot be imported"),
    ],
)
def test_row_43_clients_without_a_guard(program: Program, name: str, level: str, what: str) -> None:
    (program.home / "mine.py").write_text(CLIENTS)
    program.log_in()
    found = findings(program, "--client", f"mine:{name}", PYTHONPATH=str(program.home))
    assert found["client"][0][0] == level, found["client"]
    assert what in found["client"][0][1]
    assert program.portal.arrivals == 0


def test_row_44_unguarded_mount_is_found(program: Program, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CLIENTS)
    program.log_in()
    found = findings(program, "--client", "mine:late", PYTHONPATH=str(tmp_path))
    assert "https://" in found["client"][0][1]


def test_probe(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    assert findings(program, "--probe")["probe"][0][0] == "ok"
    program.regenerate()
    for _ in range(3):
        assert findings(program, "--probe")["probe"][0][0] == "failure"
    assert portal.invalid_calls == 1


def with_the_credential(portal: LocalPortal) -> list[bool]:
    return [any(name.lower() == "authorization" for name, _ in visit.headers) for visit in portal.requests]


def test_probe_asks_without_the_credential_first(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    assert findings(program, "--probe")["probe"][0][0] == "ok"
    assert with_the_credential(portal) == [False, True]
    assert portal.invalid_calls == 0


@pytest.mark.parametrize(
    ("location", "target", "step"),
    [
        (
            "https://new.example/cyarawebapi/v3.0/accounts/ACCOUNT/testcases?pageSize=1",
            "https://new.example/cyarawebapi/v3.0/accounts/ACCOUNT/testcases",
            "Next: set CYARA_BASE_URL=https://new.example/cyarawebapi; sign in",
        ),
        (
            "https://u:hidden@login.example/adfs?session=hidden#hidden",
            "https://login.example/adfs",
            "Next: check base URL and proxy; sign in",
        ),
        ("/CyaraWeb/Account/Login?ReturnUrl=hidden", "ORIGIN/CyaraWeb/Account/Login", "Next: check base URL and proxy"),
        (
            "http://new.example/cyarawebapi/v3.0/accounts/ACCOUNT/testcases",
            "http://new.example/cyarawebapi/v3.0/accounts/ACCOUNT/testcases",
            "Next: check base URL and proxy",
        ),
    ],
)
def test_probe_keeps_the_credential_from_a_server_that_redirects(
    program: Program, portal: LocalPortal, location: str, target: str, step: str
) -> None:
    program.log_in()
    account = str(portal.account_id)
    portal.inject(faults.redirect(location.replace("ACCOUNT", account)))
    [(level, text)] = findings(program, "--probe")["probe"]
    assert level == "failure"
    shown = target.replace("ACCOUNT", account).replace("ORIGIN", portal.origin)
    assert text.startswith(f"{portal.base_url} redirects a call without the credential to {shown}, so the credential")
    assert step in text
    assert "hidden" not in text
    assert with_the_credential(portal) == [False]


def test_probe_keeps_the_credential_from_a_redirect_to_nowhere(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    portal.inject(faults.redirect("https://[::1"))
    assert findings(program, "--probe")["probe"][0][0] == "failure"
    assert with_the_credential(portal) == [False]


def test_probe_of_an_unreachable_portal(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    portal.stop()
    [(level, text)] = findings(program, "--probe")["probe"]
    assert level == "failure"
    assert "got no answer" in text
    assert "Next: check host and port" in text


def test_a_plain_portal_is_asked_past_the_proxy(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    proxies = {"HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
    found = findings(program, "--probe", "--spec", **proxies)
    assert [found["probe"][0][0], found["spec"][0][0]] == ["ok", "ok"]


def test_spec_of_the_same_portal(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    [(level, text)] = findings(program, "--spec")["spec"]
    assert level == "ok"
    assert "29 operations" in text
    assert [name for visit in portal.requests for name, _ in visit.headers if name.lower() == "authorization"] == []


def changed_document() -> dict[str, Any]:
    document = json.loads(files("cyara_client").joinpath("openapi.json").read_bytes())
    document = copy.deepcopy(document)
    del document["paths"]["/v3.0/users"]["post"]
    document["paths"]["/v3.0/news"] = {"get": {"operationId": "GetNews", "responses": {"200": {"description": "ok"}}}}
    document["components"]["schemas"]["Campaign"]["properties"]["colour"] = {"type": "string"}
    document["info"]["description"] = "other words"
    return dict(document)


def test_spec_of_a_portal_that_is_not_there(program: Program) -> None:
    program.log_in()
    found = findings(
        program, "--spec", CYARA_BASE_URL="http://127.0.0.1:9", CYARA_API_CREDENTIAL=program.portal.credential
    )
    [(level, text)] = found["spec"]
    assert level == "failure"
    assert "at 127.0.0.1:9 got no answer" in text
    assert "Next: check host and port" in text


def test_spec_of_a_newer_portal_names_the_operations(tmp_path: Path) -> None:
    with LocalPortal(changed_document()) as portal:
        (tmp_path / "state").mkdir(mode=0o700)
        program = Program(tmp_path, portal)
        program.log_in()
        facts = program("doctor", "--spec", "--json").facts
    spec = facts["spec"]
    assert spec["added"] == ["GetNews"]
    assert spec["removed"] == ["CreateUser"]
    assert "GetCampaign" in spec["changed"]
    assert "GetUsers" not in spec["changed"]
    assert spec["unchanged"] + len(spec["changed"]) == 28
    texts = [finding["text"] for finding in facts["findings"] if finding["check"] == "spec"]
    assert any("GetNews" in text for text in texts)


def test_spec_behind_the_credential_goes_through_the_guard(tmp_path: Path) -> None:
    with LocalPortal(document_needs_credential=True) as portal:
        (tmp_path / "state").mkdir(mode=0o700)
        program = Program(tmp_path, portal)
        program.log_in()
        assert findings(program, "--spec")["spec"][0][0] == "ok"
        program.regenerate()
        for _ in range(4):
            assert findings(program, "--spec")["spec"][0][0] == "failure"
        assert portal.invalid_calls == 1


def test_spec_of_an_unreachable_portal(program: Program, portal: LocalPortal) -> None:
    program.log_in()
    portal.stop()
    assert findings(program, "--spec")["spec"][0][0] == "failure"


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX matter")
def test_on_a_terminal(program: Program) -> None:
    program.log_in()
    result = program.on_terminal("doctor")
    assert result.code == 0
    assert "Failures: 0" in result.out


def break_states(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("UPDATE key_state SET version = version + 1, state = '{'")


@pytest.mark.skipif(sys.platform == "win32", reason="the command is that of the other shell")
@pytest.mark.parametrize(
    ("damage", "forgets"),
    [
        (lambda path: os.truncate(path, 0), "everything that it knew: which pairs were rejected"),
        (lambda path: path.write_bytes(b"garbage " * 2000), "everything that it knew: which pairs were rejected"),
        (break_states, "the strikes and verdicts of 1 keys ("),
    ],
    ids=["emptied", "garbage", "states"],
)
def test_the_way_out_of_a_damaged_store(
    program: Program, portal: LocalPortal, damage: Callable[[Path], object], forgets: str
) -> None:
    program.log_in()
    assert program("verify").code == 0
    path = Path(urlsplit(program.environ["CYARA_STRIKE_STORE"]).path)
    damage(path)
    arrivals = portal.arrivals
    for command in ("status", "verify"):
        refused = program(command)
        assert refused.code == ExitCode.STORE
        assert f"{path} is damaged" in refused.err
        assert "Nothing was sent. Next: cyara auth doctor" in refused.err
    [(level, text)] = findings(program)["store"]
    assert level == "failure"
    assert f"{path} is damaged" in text
    assert f"Moving it away forgets {forgets}" in text
    way_out = shlex.split(text.partition("then run: ")[2])
    assert way_out[0] == "mv"
    subprocess.run(way_out, check=True)
    assert portal.arrivals == arrivals
    assert program("verify").code == 0
    assert findings(program)["store"][0][0] == "ok"
    assert path.with_name(f"{path.name}.damaged").exists()
    # A second time: what was moved away stays.
    path.write_bytes(b"")
    assert findings(program)["store"][0][1].endswith(f"{path} {path}.damaged2")

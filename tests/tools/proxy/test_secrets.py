"""The credential is in no answer, log, page or process list; the proxy's secret is where it was shown, and private."""

import base64
import json
import signal
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from cyara_auth.errors import ConfigurationError, CredentialPermissionsError
from cyara_tools.proxy.secret import secret_from
from cyara_tools.proxy.settings import check_listening_address, page_origin

from .kit import CAMPAIGN, CAMPAIGNS, EXPORT, curl, environment, head_and_body, proxied, started
from .upstream import PAIR, Canned, canned_json, upstream

KEY, TOKEN = PAIR.split(":")


def command(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "cyara_tools.cli", "proxy", *arguments]
    return subprocess.run(program, env=environ, capture_output=True, text=True, timeout=40, check=False)


def test_the_credential_is_in_no_answer_log_page_or_process_list(tmp_path: Path):
    with upstream() as portal:
        portal.answers[CAMPAIGN] = canned_json(json.dumps({"you sent": f"ApiKey {PAIR}", "quoted": quote(TOKEN)}))
        with started(environment(portal.base_url, tmp_path)) as proxy:
            calls = [curl("-i", proxy.base_url + path).stdout for path in (CAMPAIGNS, CAMPAIGN, "/v3.0/none")]
            calls += [curl("-i", str(proxy.facts["page"])).stdout, json.dumps(proxy.facts).encode()]
            listed = " ".join(psutil.Process(proxy.process.pid).cmdline()).encode()
        everything = [*calls, listed, "".join(proxy.lines).encode()]
        assert not any(secret.encode() in text for text in everything for secret in (KEY, TOKEN, quote(TOKEN)))
        assert proxy.base_url.split("/")[3] not in "".join(proxy.lines)
        assert len(proxy.lines) >= 3
        assert "operation=GetCampaigns method=GET" in proxy.lines[0]


@pytest.mark.parametrize("cut", range(1, len(TOKEN), 7))
def test_a_stream_that_repeats_the_token_in_pieces_shows_stars(cut: int):
    with upstream() as portal, proxied(portal) as proxy:
        pieces = [b"<a>" + TOKEN[:cut].encode(), TOKEN[cut:].encode() + b"</a>" + KEY[:3].encode()]
        portal.answers[EXPORT] = Canned(200, (("Content-Type", "application/xml"),), chunks=lambda: iter(pieces))
        shown = curl(proxy.base_url + EXPORT).stdout
        assert shown == b"<a>" + b"*" * len(TOKEN) + b"</a>" + KEY[:3].encode()


@pytest.mark.parametrize(
    "spelling", [PAIR, TOKEN, quote(TOKEN, safe=""), TOKEN.replace("/", "\\/"), TOKEN.replace("+", "&#43;")]
)
def test_an_error_that_repeats_the_header_shows_nothing_of_it(spelling: str):
    with upstream() as portal, proxied(portal) as proxy:
        page = f"<pre>Authorization: ApiKey {spelling}</pre>".encode()
        portal.answers[CAMPAIGN] = Canned(500, (("Content-Type", "text/html"), ("X-Echo", f"ApiKey {PAIR}")), page)
        curl(proxy.base_url + CAMPAIGNS)
        shown = curl("-i", proxy.base_url + CAMPAIGN).stdout
        assert b"500" in shown
        assert spelling.encode() not in shown
        assert TOKEN[:20].encode() not in shown


def test_the_portal_never_hears_the_proxys_secret():
    with upstream() as portal, proxied(portal, check=False) as proxy:
        secret = proxy.address.secret
        referred = ("-H", f"Referer: {proxy.page}", "-H", "Sec-Fetch-Site: same-origin", "-H", "Cookie: other=1")
        curl(*referred, proxy.base_url + CAMPAIGNS)
        linked = json.dumps({"self": f"{proxy.base_url}{CAMPAIGN}"})
        curl("-X", "PUT", "-H", "Content-Type: application/json", "-d", linked, f"{proxy.base_url}/v3.0/any")
        assert [len(portal.seen[0].values(name)) for name in ("referer", "cookie", "origin")] == [0, 0, 0]
        assert json.loads(portal.seen[1].body)["self"] == portal.base_url + CAMPAIGN
        assert not any(secret in str(seen) for seen in portal.seen)


def test_each_start_has_another_secret_and_a_token_file_keeps_it(tmp_path: Path):
    kept = tmp_path / "kept" / "token"
    with upstream() as portal:
        environ = environment(portal.base_url, tmp_path)
        urls = []
        for arguments in ((), (), ("--token-file", str(kept)), ("--token-file", str(kept))):
            with started(environ, *arguments) as proxy:
                urls.append(proxy.base_url.split("/")[3])
                assert head_and_body(curl("-i", proxy.base_url + CAMPAIGNS))[0] == 200
    assert urls[0] != urls[1]
    assert urls[2] == urls[3] == kept.read_text().strip()
    assert len(base64.urlsafe_b64decode(urls[0])) >= 16
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize("fault", ["readable", "link", "empty", "short", "folder"])
def test_a_token_file_that_is_not_private_or_holds_no_secret_is_refused(tmp_path: Path, fault: str):
    file = tmp_path / "token"
    file.write_text({"empty": "", "short": "abc"}.get(fault, "a" * 32))
    file.chmod(0o644 if fault == "readable" else 0o600)
    if fault == "link":
        file.rename(tmp_path / "other")
        file.symlink_to(tmp_path / "other")
    if fault == "folder":
        tmp_path.chmod(0o777)
    with pytest.raises((ConfigurationError, CredentialPermissionsError), match="Next: ") as caught:
        secret_from(file)
    assert "a" * 32 not in str(caught.value)


def test_a_header_takes_the_place_of_the_path(tmp_path: Path):
    with upstream() as portal, started(environment(portal.base_url, tmp_path), "--header-secret") as proxy:
        header, url = str(proxy.facts["header"]), proxy.base_url + CAMPAIGNS
        assert proxy.base_url == f"http://127.0.0.1:{proxy.facts['port']}/cyarawebapi"
        assert head_and_body(curl("-i", url))[::2] == (404, b"")
        assert head_and_body(curl("-i", "-H", "Cyara-Proxy: wrong", url))[::2] == (404, b"")
        assert head_and_body(curl("-i", "-H", header, url))[0] == 200
        assert [seen.values("cyara-proxy") for seen in portal.seen] == [[]]


def test_what_is_printed_is_what_was_promised(tmp_path: Path):
    with upstream() as portal:
        environ = environment(portal.base_url, tmp_path)
        with started(environ) as proxy:
            facts = proxy.facts
            assert facts.keys() == {"base_url", "page", "port", "pid"}
            assert facts["pid"] == proxy.process.pid
            secret = proxy.base_url.split("/")[3]
            assert proxy.base_url == f"http://127.0.0.1:{facts['port']}/{secret}/cyarawebapi"
            assert facts["page"] == f"http://127.0.0.1:{facts['port']}/{secret}/"
            taken = command(environ, "--port", str(facts["port"]))
            assert taken.returncode == 7
            assert "--port 0" in taken.stderr
        program = [sys.executable, "-m", "cyara_tools.cli", "proxy", "--port", "0"]
        with subprocess.Popen(program, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as plain:
            assert plain.stdout is not None
            first = plain.stdout.readline()
            plain.terminate()
            rest = plain.communicate(timeout=20)[0]
        assert first.startswith("http://127.0.0.1:")
        assert first.endswith("/cyarawebapi\n")
        assert rest == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "portal.example", ""])  # noqa: S104 - it is refused
def test_it_listens_on_this_machine_only(host: str):
    with pytest.raises(ConfigurationError, match="this machine only"):
        check_listening_address(host, 0)


def test_another_host_ends_the_program_before_anything_is_bound(tmp_path: Path):
    with upstream() as portal:
        done = command(environment(portal.base_url, tmp_path), "--host", "0.0.0.0", "--cors", "https://a.example")  # noqa: S104 - it is refused
    assert (done.returncode, done.stdout) == (7, "")
    assert "Traceback" not in done.stderr


def test_without_a_credential_it_does_not_start(tmp_path: Path):
    with upstream() as portal:
        environ = environment(portal.base_url, tmp_path)
        del environ["CYARA_API_CREDENTIAL"]
        done = command(environ, "--port", "0", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["exit_code"] == 3


@pytest.mark.parametrize("origin", ["*", "https://a/b", "a.example", "https://"])
def test_cors_takes_one_origin(origin: str):
    with pytest.raises(ConfigurationError, match="--cors takes the origin of one page"):
        page_origin(origin)


def test_an_origin_is_compared_as_browsers_write_it():
    assert page_origin("HTTPS://A.example/") == "https://a.example"


def test_ctrl_c_ends_it(tmp_path: Path):
    with upstream() as portal, started(environment(portal.base_url, tmp_path)) as proxy:
        proxy.process.send_signal(signal.SIGINT)
        assert proxy.process.wait(timeout=10) == 130

"""`fetch`, over real sockets: what is asked, in which order, what is refused, and what is stored."""

from __future__ import annotations

import gzip
import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.errors import FetchError, RefusedDocumentError
from pipeline.fetch.download import Network
from pipeline.fetch.fetch import fetch_file, fetch_portal, fetch_url, store
from pipeline.install.upstream import provenance

from cyara_tools.portal import LocalPortal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from pipeline.install.layout import Layout

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DIRECT = Network(timeout=5)
CREDENTIAL = "a" * 32 + ":" + "b" * 43 + "="
V3 = "/cyarawebapi/swagger/v3/swagger.json"


class Site:
    """A web site of fixed answers: path to (status, headers, body); it remembers what it was asked."""

    def __init__(self, answers: Mapping[str, tuple[int, dict[str, str], bytes]], locked: Iterable[str] = ()) -> None:
        self.answers = answers
        self.locked = frozenset(locked)
        self.challenge = "ApiKey"
        self.invalid = 0
        self.asked: list[str] = []
        self.authorised: list[str] = []
        self.origin = ""

    def handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                if self.headers.get("authorization"):
                    site.authorised.append(self.path)
                status, headers, body = site.answers.get(self.path, (404, {}, b""))
                sent = self.headers.get("authorization")
                if self.path in site.locked and sent != f"ApiKey {CREDENTIAL}":
                    site.invalid += sent is not None
                    status, headers, body = 401, {"WWW-Authenticate": site.challenge}, b""
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value.replace("{origin}", site.origin))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@contextmanager
def serving(answers: Mapping[str, tuple[int, dict[str, str], bytes]], *, locked: Iterable[str] = ()) -> Iterator[Site]:
    site = Site(answers, locked)
    with ThreadingHTTPServer(("127.0.0.1", 0), site.handler()) as server:
        site.origin = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


def page(text: str) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "text/html; charset=utf-8"}, text.encode()


def document(kit: Any, title: str = "Pets") -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "application/json"}, json.dumps(kit.pets(title)).encode()


@pytest.mark.parametrize("pasted", ["", "/", "/cyarawebapi", "/cyarawebapi/swagger/index.html?url=" + V3, V3])
def test_the_usual_place_is_asked_first(kit: Any, pasted: str) -> None:
    with serving({V3: document(kit)}) as site:
        fetched = fetch_portal(site.origin + pasted, network=DIRECT, progress=kit.progress())
    assert fetched.document.title == "Pets"
    assert fetched.origin == site.origin + V3
    assert site.asked == [V3]


def test_another_name_is_found_by_the_swagger_page(kit: Any) -> None:
    script = """var configObject = JSON.parse('{"urls":[{"url":"v1/swagger.json"},{"url":"v3.1/swagger.json"}]}');"""
    answers = {
        "/cyarawebapi/swagger/index.html": page("<script src='index.js'></script>"),
        "/cyarawebapi/swagger/index.js": page(script),
        "/cyarawebapi/swagger/v3.1/swagger.json": document(kit, "Three"),
        "/cyarawebapi/swagger/v1/swagger.json": document(kit, "One"),
    }
    with serving(answers) as site:
        fetched = fetch_portal(site.origin, network=DIRECT, progress=kit.progress())
    assert fetched.document.title == "One"
    assert fetched.others == [site.origin + "/cyarawebapi/swagger/v3.1/swagger.json"]


@pytest.mark.parametrize("name", ["/ui/docs/odd-name", "/cyarawebapi/swagger/v9/api.json"])
def test_a_document_is_found_whatever_the_swagger_page_calls_it(kit: Any, name: str) -> None:
    listed = name.removeprefix("/cyarawebapi/swagger/")
    script = page(f"window.ui = SwaggerUIBundle({{ url: '{listed}', dom_id: '#swagger-ui' }})")
    with serving({"/cyarawebapi/swagger/swagger-initializer.js": script, name: document(kit)}) as site:
        fetched = fetch_portal(site.origin, network=DIRECT, progress=kit.progress())
    assert fetched.origin == site.origin + name


def test_the_settings_that_a_swagger_page_names_are_read(kit: Any) -> None:
    answers = {
        "/cyarawebapi/swagger/index.html": page("""SwaggerUIBundle({configUrl: "/v3/api-docs/config"})"""),
        "/v3/api-docs/config": (200, {"Content-Type": "application/json"}, b'{"urls": [{"url": "/v3/api-docs"}]}'),
        "/v3/api-docs": document(kit),
    }
    with serving(answers) as site:
        assert fetch_portal(site.origin, network=DIRECT, progress=kit.progress()).document.title == "Pets"


def test_other_usual_places_are_asked_last(kit: Any) -> None:
    with serving({"/cyarawebapi/openapi/v1.json": document(kit)}) as site:
        fetched = fetch_portal(site.origin, network=DIRECT, progress=kit.progress())
    assert fetched.origin.endswith("/openapi/v1.json")
    assert len(site.asked) < 25


def test_a_portal_without_a_document_says_what_was_asked(kit: Any) -> None:
    with serving({V3: page("<html>Welcome</html>")}) as site, pytest.raises(FetchError) as caught:
        fetch_portal(site.origin, network=DIRECT, progress=kit.progress())
    assert "/swagger/v3/swagger.json: a web page" in str(caught.value)
    assert "status 404" in str(caught.value)
    assert "--url" in str(caught.value)


def test_a_page_cannot_make_us_call_another_host(kit: Any) -> None:
    with serving({V3: document(kit)}) as stranger:
        answers = {"/cyarawebapi/swagger/index.html": page(f'url: "{stranger.origin}{V3}"')}
        with serving(answers) as site, pytest.raises(FetchError):
            fetch_portal(site.origin, network=DIRECT, progress=kit.progress())
    assert stranger.asked == []


def test_redirects_stay_on_the_host(kit: Any) -> None:
    moved = (301, {"Location": "/elsewhere/swagger.json"}, b"")
    with serving({V3: moved, "/elsewhere/swagger.json": document(kit)}) as site:
        assert fetch_portal(site.origin, network=DIRECT, progress=kit.progress()).document.title == "Pets"
    with serving({V3: document(kit)}) as stranger:
        away = (302, {"Location": stranger.origin + V3}, b"")
        with serving({V3: away}) as site, pytest.raises(FetchError):
            fetch_url(site.origin + V3, network=DIRECT, progress=kit.progress())
    assert stranger.asked == []


@pytest.mark.parametrize(
    "location", ["http://[bad", "http://127.0.0.1:99999/", "file:///etc/passwd", "//other.example/x"]
)
def test_a_redirect_that_cannot_be_followed_is_called_one(kit: Any, location: str) -> None:
    for fetch in (fetch_portal, fetch_url):
        with serving({V3: (302, {"Location": location}, b"")}) as site, pytest.raises(FetchError) as caught:
            fetch(site.origin + V3, network=DIRECT, progress=kit.progress())
        assert f"redirects to '{location}', which was not followed" in str(caught.value)
        assert "credentials" not in str(caught.value)


@pytest.mark.parametrize("proxy", ["bad proxy", "ftp://proxy.example"])
def test_a_proxy_without_an_address_is_one_sentence(kit: Any, proxy: str) -> None:
    with pytest.raises(FetchError, match="proxy of --proxy has no address"):
        fetch_portal("http://127.0.0.1:9", network=Network(proxy=proxy), progress=kit.progress())


def test_a_redirect_loop_ends(kit: Any) -> None:
    with serving({V3: (302, {"Location": V3}, b"")}) as site, pytest.raises(FetchError, match="more than 5 times"):
        fetch_url(site.origin + V3, network=DIRECT, progress=kit.progress())
    assert len(site.asked) == 6


def test_too_much_is_cut_off(kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.fetch.download.SIZE_LIMIT", 100_000)
    bomb = (200, {"Content-Encoding": "gzip"}, gzip.compress(b" " * 10_000_000))
    for answer in (bomb, (200, {}, b" " * 200_000)):
        with serving({V3: answer}) as site, pytest.raises(FetchError, match="sends more than"):
            fetch_url(site.origin + V3, network=DIRECT, progress=kit.progress())


def test_an_unreachable_portal_is_one_sentence(kit: Any) -> None:
    with serving({}) as site:
        origin = site.origin
    with pytest.raises(FetchError, match=r"could not be reached: ConnectError.*Nothing was stored"):
        fetch_portal(origin, network=DIRECT, progress=kit.progress())


def test_a_document_that_is_refused_says_why(kit: Any) -> None:
    answers: dict[str, tuple[int, dict[str, str], bytes]] = {V3: (200, {}, b'{"openapi": "3.0.3", "openapi": "3.0.3"}')}
    with serving(answers) as site, pytest.raises(RefusedDocumentError, match="stands twice"):
        fetch_url(site.origin + V3, network=DIRECT, progress=kit.progress())


def test_stored_byte_for_byte_with_where_and_when(built_tree: Layout, kit: Any, tmp_path: Path) -> None:
    received = gzip.compress(json.dumps(kit.pets("New")).encode())
    (tmp_path / "new.json.gz").write_bytes(received)
    fetched = fetch_file(tmp_path / "new.json.gz")
    path = store(fetched, built_tree, now=NOW)
    assert path.read_bytes() == received
    assert [entry.name for entry in sorted(path.parent.iterdir())] == ["PROVENANCE.md", "cyara-v3.json.gz"]
    note = (path.parent / "PROVENANCE.md").read_text(encoding="utf-8")
    assert "2026-01-02T03:04:05Z" in note
    assert fetched.document.sha256 in note
    assert "new.json.gz" in note
    assert not (built_tree.root / ".regenerate").exists()


def test_fetching_deletes_nothing_but_the_document_before(built_tree: Layout, kit: Any, tmp_path: Path) -> None:
    mine = built_tree.openapi / "upstream" / "mine.txt"
    mine.write_text("mine", encoding="utf-8")
    source = tmp_path / "new.yaml"
    source.write_text("# a comment\n" + json.dumps(kit.pets("New"), indent=1), encoding="utf-8")
    store(fetch_file(source), built_tree, now=NOW)
    store(fetch_file(kit.write_json(tmp_path / "newer.json", kit.pets("Newer"))), built_tree, now=NOW)
    assert {path.name for path in mine.parent.iterdir()} == {"PROVENANCE.md", "cyara-v3.json", "mine.txt"}


def test_hostile_titles_stay_on_one_line_of_the_note(kit: Any, tmp_path: Path) -> None:
    path = kit.write_json(tmp_path / "d.json", kit.pets("x\n# Heading\n<script>"))
    note = provenance(fetch_file(path).document, "cyara-v3.json", origin="here", command="fetch", now=NOW)
    assert b"\n# Heading" not in note


def test_no_openapi_document(kit: Any, tmp_path: Path) -> None:
    with pytest.raises(RefusedDocumentError, match="no OpenAPI or Swagger document"):
        fetch_file(kit.write_json(tmp_path / "d.json", {"name": "package", "version": "1"}))


@pytest.fixture
def memory_store(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CYARA_API_CREDENTIAL", "CYARA_API_KEY", "CYARA_API_TOKEN", "CYARA_PROFILE", "CYARA_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CYARA_STRIKE_STORE", "memory:")


@pytest.mark.usefixtures("memory_store")
def test_no_credential_is_sent_unless_the_portal_asks(kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving({V3: document(kit)}) as site:
        monkeypatch.setenv("CYARA_API_CREDENTIAL", CREDENTIAL)
        fetch_portal(site.origin, network=DIRECT, progress=kit.progress())
    assert site.authorised == []


@pytest.mark.usefixtures("memory_store")
def test_a_portal_that_asks_gets_the_credential_once(kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalPortal(document_needs_credential=True) as portal:
        monkeypatch.setenv("CYARA_API_CREDENTIAL", portal.credential)
        fetched = fetch_portal(portal.base_url, network=DIRECT, progress=kit.progress())
        assert fetched.document.data["paths"]
        assert [str(visit.credential_result) for visit in portal.requests].count("accepted") == 1
        assert portal.invalid_calls == 0


@pytest.mark.usefixtures("memory_store")
def test_a_stale_credential_costs_one_strike_however_often(kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalPortal(document_needs_credential=True) as portal:
        monkeypatch.setenv("CYARA_API_CREDENTIAL", portal.credential)
        portal.regenerate_token()
        for _ in range(4):
            with pytest.raises(FetchError):
                fetch_portal(portal.base_url, network=DIRECT, progress=kit.progress())
        assert portal.invalid_calls == 1


@pytest.mark.usefixtures("memory_store")
def test_without_a_credential_the_portal_s_question_is_passed_on(kit: Any) -> None:
    with LocalPortal(document_needs_credential=True) as portal:
        with pytest.raises(FetchError, match="CYARA_API_CREDENTIAL"):
            fetch_portal(portal.base_url, network=DIRECT, progress=kit.progress())
        assert portal.invalid_calls == 0


@pytest.mark.usefixtures("memory_store")
def test_names_are_looked_for_behind_the_lock_too(kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYARA_API_CREDENTIAL", CREDENTIAL)
    answers = {
        "/cyarawebapi/swagger/index.html": page("url: 'odd/name'"),
        "/cyarawebapi/swagger/odd/name": document(kit),
    }
    locked = [V3, *answers]
    with serving(answers, locked=locked) as site:
        fetched = fetch_portal(site.origin, network=DIRECT, progress=kit.progress())
    assert fetched.origin == site.origin + "/cyarawebapi/swagger/odd/name"
    assert site.authorised == locked, "what needs no credential is asked without it"
    assert site.invalid == 0


@pytest.mark.usefixtures("memory_store")
@pytest.mark.parametrize(("challenge", "key"), [("ApiKey", "c"), ("Basic realm=x", "e")])
def test_a_wrong_pair_is_named_and_costs_one_strike(
    kit: Any, monkeypatch: pytest.MonkeyPatch, challenge: str, key: str
) -> None:
    monkeypatch.setenv("CYARA_API_CREDENTIAL", key * 32 + ":" + "d" * 43 + "=")
    page_too = {"/cyarawebapi/swagger/index.html": page("url: 'odd/name'")}
    with serving(page_too, locked=[V3, *page_too]) as site:
        site.challenge = challenge
        with pytest.raises(FetchError) as caught:
            fetch_portal(site.origin, network=DIRECT, progress=kit.progress())
    said = str(caught.value)
    assert all(part in said for part in ("status 401", "Fingerprint", "CYARA_API_CREDENTIAL", "cyara auth"))
    assert (site.invalid, site.authorised) == (1, [V3])

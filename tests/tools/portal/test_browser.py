"""The portal's Swagger UI in a real browser: authorise, try it out, execute, and nothing leaves the machine."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from pipeline.upgrade import upgrade
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from cyara_tools.export.dialects import V30, V31, in_version
from cyara_tools.portal import LocalPortal, pages
from cyara_tools.portal.document import Document
from cyara_tools.portal.own_server import with_own_server

LIST = "/v3.0/accounts/{accountId}/campaigns"


def bundled() -> dict[str, Any]:
    return dict(Document.bundled().raw)


def wait(browser: Any, css: str) -> Any:
    return WebDriverWait(browser.driver, 20).until(lambda driver: driver.find_elements(By.CSS_SELECTOR, css))[0]


def authorise(browser: Any, pair: str) -> None:
    wait(browser, ".auth-wrapper .authorize").click()
    wait(browser, ".dialog-ux input").send_keys(f"ApiKey {pair}")
    wait(browser, ".dialog-ux .auth-btn-wrapper .authorize").click()
    wait(browser, ".dialog-ux .btn-done").click()


def execute(browser: Any, block: str) -> tuple[int, str]:
    """Try an operation out and return status and body as the page shows them."""
    wait(browser, f"{block} .opblock-summary-control").click()
    wait(browser, f"{block} .try-out__btn").click()
    wait(browser, f"{block} .execute").click()
    status = wait(browser, f"{block} .live-responses-table tbody .response-col_status").text.split()[0]
    return int(status), wait(browser, f"{block} .live-responses-table").text


@pytest.mark.parametrize("version", [V30, V31])
def test_authorise_try_it_out_execute(browser: Any, version: str):
    with LocalPortal(in_version(bundled(), version)) as portal:
        browser.open(f"{portal.base_url}/swagger")
        wait(browser, ".opblock")
        assert len(browser.driver.find_elements(By.CSS_SELECTOR, ".opblock")) == 29
        authorise(browser, portal.credential)
        status, text = execute(browser, "#operations-Campaigns-GetCampaign")
        assert status == 200
        assert "Campaign 012" in text
        asked = browser.asked_for()
        assert {address.split("/")[2] for address in asked if address.startswith("http")} == {
            portal.origin.removeprefix("http://")
        }
        assert f"{portal.base_url}/v3.0/accounts/1/campaigns/812" in asked
        calls = [request for request in portal.requests if "/v3.0/" in request.path]
        assert [(call.operation, call.status) for call in calls] == [
            ("GET /v3.0/accounts/{accountId}/campaigns/{campaignId}", 200)
        ]


def test_a_swagger_2_document_is_shown_and_tried_out_once_it_is_upgraded(browser: Any):
    document = {
        "swagger": "2.0",
        "info": {"title": "Old", "version": "1"},
        "host": "portal.example",
        "basePath": "/cyarawebapi",
        "schemes": ["https"],
        "securityDefinitions": {"ApiKey": {"type": "apiKey", "in": "header", "name": "Authorization"}},
        "security": [{"ApiKey": []}],
        "paths": {
            "/things": {
                "get": {
                    "operationId": "GetThings",
                    "tags": ["Things"],
                    "produces": ["application/json"],
                    "responses": {"200": {"description": "Things.", "schema": {"type": "string"}}},
                }
            }
        },
    }
    upgraded = upgrade(document)
    with LocalPortal(getattr(upgraded, "document", upgraded)) as portal:
        browser.open(f"{portal.base_url}/swagger/index.html")
        authorise(browser, portal.credential)
        assert execute(browser, "#operations-Things-GetThings")[0] == 200
        assert not any("portal.example" in address for address in browser.asked_for())


def test_the_served_document_names_this_portal_alone_and_exactly_only_on_request():
    document = bundled()
    document["paths"][LIST]["servers"] = [{"url": "https://portal.example"}]
    document["paths"][LIST]["get"]["servers"] = [{"url": "https://portal.example"}]
    with LocalPortal(document) as portal:
        served = httpx.get(portal.document_url, trust_env=False).json()
    assert [server["url"] for server in served["servers"]] == [portal.base_url]
    assert "servers" not in served["paths"][LIST]
    assert "servers" not in served["paths"][LIST]["get"]
    text = json.dumps(document, separators=(",", ":")).encode()
    with LocalPortal(text, exact_document=True) as portal:
        assert httpx.get(portal.document_url, trust_env=False).content == text


def test_a_document_without_paths_is_served_too():
    assert json.loads(with_own_server({"openapi": "3.1.0"}, "http://127.0.0.1:1/a"))["paths"] == {}


def test_the_page_says_what_to_install_where_swagger_ui_is_missing(browser: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pages, "swagger_ui_file", lambda _: None)
    with LocalPortal() as portal:
        browser.open(f"{portal.base_url}/swagger")
        assert "pip install 'cyara-client[testing]'" in wait(browser, "#swagger-ui").text


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:80"])
def test_a_page_of_this_machine_may_call(origin: str):
    with LocalPortal() as portal:
        url = f"{portal.base_url}/v3.0/accounts/1/plans"
        asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        before = httpx.options(
            url, headers={**asked, "Access-Control-Request-Headers": "authorization"}, trust_env=False
        )
        assert before.status_code == 204
        assert before.headers["access-control-allow-origin"] == origin
        assert "GET" in before.headers["access-control-allow-methods"]
        assert before.headers["access-control-allow-headers"] == "authorization"
        answer = httpx.get(
            url, headers={"Origin": origin, "Authorization": f"ApiKey {portal.credential}"}, trust_env=False
        )
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)
        # The question is no call, and costs nothing.
        assert portal.arrivals == 1


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example", "http://localhost.x"]
)
def test_no_other_page_may(origin: str):
    with LocalPortal() as portal:
        url = f"{portal.base_url}/v3.0/accounts/1/plans"
        asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        assert httpx.options(url, headers=asked, trust_env=False).status_code == 403
        answer = httpx.get(
            url, headers={"Origin": origin, "Authorization": f"ApiKey {portal.credential}"}, trust_env=False
        )
        assert "access-control-allow-origin" not in answer.headers


def test_options_without_an_origin_say_what_a_path_takes():
    with LocalPortal() as portal:
        answer = httpx.options(
            f"{portal.base_url}/v3.0/accounts/1/campaigns",
            headers={"Authorization": f"ApiKey {portal.credential}"},
            trust_env=False,
        )
    assert answer.status_code == 204
    assert answer.headers["allow"] == "GET, OPTIONS, POST"


def shell(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cyara_tools.portal", *arguments],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@pytest.mark.skipif(os.name == "nt", reason="the lines are for a POSIX shell")
def test_a_rotation_is_rehearsed_from_the_shell():
    with LocalPortal() as portal:
        old = portal.credential
        assert f"CYARA_API_CREDENTIAL={old}" in shell("--credential", portal.base_url).stdout
        made = shell("--regenerate", portal.base_url)
        assert (made.returncode, made.stderr) == (0, "")
        show = 'printf "%s\\n" "$CYARA_BASE_URL" "$CYARA_ACCOUNT_ID" "$CYARA_API_CREDENTIAL"'
        pasted = subprocess.run(
            ["sh", "-c", f"{made.stdout}\n{show}"], capture_output=True, text=True, timeout=20, check=True
        )
        assert pasted.stdout.split() == [portal.base_url, "1", portal.credential]
        assert portal.credential != old
        assert all(shlex.split(line)[0] == "export" for line in made.stdout.splitlines())
        # It is no call of the API.
        assert portal.arrivals == 0


def test_a_portal_that_is_not_there_is_one_sentence():
    with LocalPortal() as portal:
        gone = portal.base_url
    for url in (gone, "https://portal.example/cyarawebapi", "http://portal.example:80/a", "nonsense"):
        done = shell("--regenerate", url)
        assert done.returncode == 1
        assert done.stderr.startswith("No credential: ")
        assert "Traceback" not in done.stderr


def test_no_page_of_a_browser_gets_the_credential():
    with LocalPortal() as portal:
        address = f"{portal.origin}/.well-known/cyara-local-portal/credential"
        assert httpx.post(address, headers={"Origin": "http://localhost"}, trust_env=False).status_code == 404
        asked = {"Origin": "http://localhost", "Cyara-Local-Portal-Shell": "1"}
        assert httpx.get(address, headers=asked, trust_env=False).status_code == 404
        before = httpx.options(
            address, headers={"Origin": "http://localhost", "Access-Control-Request-Method": "POST"}, trust_env=False
        )
        assert before.status_code == 404


def test_swagger_uis_files_are_of_the_version_that_shows_3_1():
    spec = find_spec("flask_swagger_ui")
    assert spec is not None
    assert spec.origin is not None
    assert "swagger-ui" in (Path(spec.origin).parent / "dist" / "swagger-ui.css").read_text("utf-8")

"""The page for people, and pages that call through the proxy, in a real browser."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from cyara_tools.proxy import GuardProxy

from .kit import CAMPAIGNS, curl, proxied
from .upstream import NEXT_PAIR, PAIR, canned_json, upstream

if TYPE_CHECKING:
    from ..conftest import Browser

CALL = """
const [url, options, done] = arguments;
fetch(url, options).then(async answer => done([answer.status, await answer.text()]), error => done([0, String(error)]));
"""


def shows(browser: "Browser", element: str, says: Callable[[str], bool]) -> None:
    """Wait until an element says something; the page asks every two seconds, and is not loaded again."""
    WebDriverWait(browser.driver, 10).until(lambda driver: says(driver.find_element(By.ID, element).text))


def test_the_page_shows_the_pair_the_calls_and_the_tools(browser: "Browser"):
    with upstream() as portal, proxied(portal) as proxy:
        browser.open(proxy.page)
        assert "one call at a time until one succeeds" in browser.driver.find_element(By.ID, "verdict").text
        assert "Strikes: 0 of a budget of 2" in browser.driver.find_element(By.ID, "facts").text
        curl(proxy.base_url + CAMPAIGNS)
        curl(proxy.base_url + "/v3.0/none")
        shows(browser, "verdict", lambda text: text.endswith("calls go out."))
        shows(browser, "status", lambda text: "GET GetCampaigns 200" in text and "not sent: UnknownPath" in text)
        names = [element.text for element in browser.driver.find_elements(By.TAG_NAME, "h3")]
        assert names[:6] == ["curl", "PowerShell", "Postman", "k6", "JMeter", "Excel"]
        shown = [element.text for element in browser.driver.find_elements(By.TAG_NAME, "pre")]
        assert shown[0] == f'curl "{proxy.base_url}{CAMPAIGNS}"'
        assert "RemoteSyncAPIKey" in browser.driver.page_source
        assert not any(part in browser.driver.page_source for part in PAIR.split(":"))
        assert browser.console() == []
        assert all(url.startswith(proxy.page) for url in browser.asked_for())


def test_the_page_says_what_to_do_about_a_rejected_pair(browser: "Browser"):
    with upstream(NEXT_PAIR) as portal, proxied(portal) as proxy:
        curl(proxy.base_url + CAMPAIGNS)
        browser.open(proxy.page.removesuffix("/"))
        verdict = browser.driver.find_element(By.ID, "verdict")
        assert "The portal rejected this key:token pair" in verdict.text
        assert verdict.get_attribute("class") == "bad"
        assert "Strikes: 1 of a budget of 2" in browser.driver.find_element(By.ID, "facts").text
        shows(browser, "status", lambda text: "rejected" in text)


def test_the_page_says_when_the_proxy_has_ended(browser: "Browser"):
    with upstream() as portal, proxied(portal) as proxy:
        browser.open(proxy.page)
    shows(browser, "status", lambda text: text == "The proxy has ended.")


@contextmanager
def page_elsewhere() -> Iterator[str]:
    """Serve an empty page at another origin."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_page_that_was_allowed_may_show_the_secret_in_a_header(browser: "Browser"):
    with upstream() as portal, page_elsewhere() as page:
        with proxied(portal, cors=frozenset({page}), by_header=True) as proxy:
            browser.open(page)
            assert fetched(browser, proxy, headers={"Cyara-Proxy": proxy.address.secret}) == (200, "{}")
            # Without it the answer is nobody's, so the browser shows none of it.
            assert fetched(browser, proxy)[0] == 0
        assert portal.calls == 1


def fetched(browser: "Browser", proxy: GuardProxy, **options: object) -> tuple[int, str]:
    status, text = browser.driver.execute_async_script(CALL, proxy.base_url + CAMPAIGNS, options)
    return status, text


def test_a_page_elsewhere_is_kept_out_even_if_it_knows_the_address(browser: "Browser"):
    with upstream() as portal, proxied(portal) as proxy, page_elsewhere() as page:
        browser.open(page)
        assert fetched(browser, proxy)[0] == 0
        assert fetched(browser, proxy, mode="no-cors") == (0, "")
        image = "document.body.append(Object.assign(new Image(), {src: arguments[0]}))"
        browser.driver.execute_script(image, proxy.page)
        framed = "document.body.append(Object.assign(document.createElement('iframe'), {src: arguments[0]}))"
        browser.driver.execute_script(framed, proxy.base_url + CAMPAIGNS)
        assert fetched(browser, proxy)[0] == 0
        assert portal.calls == 0


def test_a_page_that_was_allowed_calls_as_tools_do(browser: "Browser"):
    with upstream() as portal, page_elsewhere() as page, proxied(portal, cors=frozenset({page})) as proxy:
        portal.answers[CAMPAIGNS] = canned_json(json.dumps({"next": f"{portal.base_url}/v3.0/x"}))
        browser.open(page)
        # A header of its own makes the browser ask first.
        status, text = fetched(browser, proxy, headers={"X-Own": "1", "Authorization": "ApiKey pasted"})
        assert (status, json.loads(text)) == (200, {"next": f"{proxy.base_url}/v3.0/x"})
        assert portal.seen[0].values("authorization") == [f"ApiKey {PAIR}"]
        assert portal.calls == 1
        assert browser.console() == []

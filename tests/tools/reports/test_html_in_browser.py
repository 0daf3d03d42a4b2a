"""The page of a run as a real browser has it: what it shows, what it asks for, and whether it can be read."""

import base64
import http.server
import itertools
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from cyara_tools.reports.html import render_html
from cyara_tools.run.record import CampaignRecord, Meaning, RunRecord, TestRecord, Verdict

from .html_records import campaign, one_of_each, results_of, run_of

if TYPE_CHECKING:
    from ..conftest import Browser

# Of each element with a text of its own: the text, and the contrast of its colour with what is painted below it.
CONTRASTS = """
const channels = colour => colour.match(/[\\d.]+/g).map(Number);
const light = ([red, green, blue]) => {
  const [r, g, b] = [red, green, blue].map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const below = element => {
  for (; element; element = element.parentElement) {
    const [r, g, b, a = 1] = channels(getComputedStyle(element).backgroundColor);
    if (a === 1) return [r, g, b];
    if (a !== 0) throw Error('half transparent: ' + element.className);
  }
  throw Error('nothing painted below');
};
const found = [];
for (const element of document.body.querySelectorAll('*')) {
  const own = [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data).join('').trim();
  if (!own || ['title', 'desc'].includes(element.tagName) || !element.checkVisibility()) continue;
  const style = getComputedStyle(element);
  const [one, other] = [light(channels(element.tagName === 'text' ? style.fill : style.color)), light(below(element))];
  found.push([own.slice(0, 40), (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)]);
}
return found;
"""


@pytest.fixture
def show(browser: "Browser", tmp_path: Path) -> Any:
    def show(record: RunRecord) -> "Browser":
        page = tmp_path / "run.html"
        page.write_text(render_html(record), encoding="utf-8")
        browser.open(page)
        return browser

    return show


# What Jenkins sends with the files that a build leaves behind, unless somebody has changed it.
JENKINS = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"


class Listener(http.server.BaseHTTPRequestHandler):
    """Keeps the paths that are asked for."""

    def do_GET(self) -> None:
        self.server.paths.append(self.path)  # type: ignore[attr-defined] # the fixture's own list
        page = self.server.page  # type: ignore[attr-defined] # see above
        self.send_response(200 if page else 204)
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Security-Policy", JENKINS)
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[Any]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        server.paths, server.page = [], b""  # type: ignore[attr-defined] # see above
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def count(browser: "Browser", selector: str) -> int:
    return len(browser.driver.find_elements(By.CSS_SELECTOR, selector))


def visible_text(browser: "Browser") -> str:
    return str(browser.driver.find_element(By.TAG_NAME, "body").text)


def meanings(tests: "list[TestRecord]") -> dict[str, int]:
    return {meaning.value: sum(test.meaning is meaning for test in tests) for meaning in Meaning}


def test_the_rows_of_the_page_are_the_results_of_the_record(show: Any):
    record = one_of_each()
    browser = show(record)
    body = browser.driver.find_element(By.TAG_NAME, "body")
    assert (body.get_attribute("data-verdict"), body.get_attribute("data-exit-code")) == ("failed", "10")
    assert count(browser, "section[data-campaign]") == len(record.campaigns)
    for wanted in record.campaigns:
        section = f'section[data-campaign="{wanted.id}"][data-verdict="{wanted.verdict.value}"]'
        shown = {name: count(browser, f'{section} tr[data-meaning="{name}"]') for name in meanings([])}
        assert shown == meanings(list(wanted.results)), wanted.name
    assert count(browser, 'tr[data-meaning="failed"]') == sum(each.tally.failed for each in record.campaigns) == 3


def test_opening_it_asks_for_nothing_and_logs_nothing(show: Any):
    browser = show(one_of_each())
    (asked,) = browser.asked_for()
    assert asked.startswith("file:")
    assert browser.console() == []


def test_texts_of_a_portal_stay_texts(show: Any, listener: Any):
    address = f"http://127.0.0.1:{listener.server_port}"
    hostile = [
        f"</td></table></section><script src='{address}/script'></script>",
        f'"><img src={address}/image onerror=alert(1)><iframe src="{address}/frame">',
        f"<style>@import '{address}/style';</style><link rel=stylesheet href={address}/link>",
        f"<meta http-equiv=refresh content='0;url={address}/away'><base href={address}>",
        "' onmouseover='alert(1)' {{ 7 * 7 }} {% raw %} <!-- ]]> &lt;b&gt; &amp;",
    ]
    tests = [
        test for text in hostile for test in results_of(0, 1, name=text, id=text[:40], result=text[:40], reason=text)
    ]
    record = run_of(
        campaign(812, tests, name=hostile[0], run=hostile[1][:60], reasons=hostile, problems=hostile, error=hostile[1]),
        campaign(813, results_of(1), name=hostile[4]),
        portal=hostile[1],
        account=hostile[0][:40],
        notes=hostile,
    )
    browser = show(record)
    rows = browser.driver.find_elements(By.CSS_SELECTOR, 'tr[data-meaning="failed"] td:nth-child(3)')
    assert [row.text for row in rows] == hostile
    assert count(browser, "script, img, iframe, link, base, style") == 1
    assert [asked[:5] for asked in browser.asked_for()] == ["file:"]
    assert (listener.paths, browser.console()) == ([], [])


def test_nothing_loads_even_if_markup_got_through(browser: "Browser", listener: Any, tmp_path: Path):
    address = f"http://127.0.0.1:{listener.server_port}"
    planted = (
        f"<img src='{address}/image'><script>document.title = 'ran'</script><script src='{address}/script'></script>"
        f"<link rel='stylesheet' href='{address}/style'><style>body {{ background: url({address}/background) }}</style>"
        f"<iframe src='{address}/frame'></iframe>"
    )
    whole = render_html(one_of_each()).replace("<main", f"{planted}<main")
    without_policy, page = tmp_path / "without-policy.html", tmp_path / "run.html"
    without_policy.write_text(re.sub("<meta http-equiv[^>]*>", "", whole), encoding="utf-8")
    page.write_text(whole, encoding="utf-8")
    # Without the policy they do load: the listener listens.
    browser.open(without_policy)
    WebDriverWait(browser.driver, 10).until(lambda _: {"/image", "/script", "/style", "/frame"} <= set(listener.paths))
    assert browser.driver.title == "ran"
    listener.paths.clear()
    browser.open(page)
    refused = " ".join(browser.console())
    assert all(f"'{address}/{name}'" in refused for name in ("image", "script", "style"))
    assert browser.driver.title != "ran"
    assert listener.paths == []


def test_it_can_be_read_where_jenkins_forbids_its_style(browser: "Browser", listener: Any):
    listener.page = render_html(one_of_each()).encode()
    browser.open(f"http://127.0.0.1:{listener.server_port}/run.html")
    heading = browser.driver.find_element(By.TAG_NAME, "h1")
    assert heading.text == "Failed"
    assert heading.value_of_css_property("color") == "rgba(0, 0, 0, 1)"
    painted = {
        each.value_of_css_property("fill")
        for each in browser.driver.find_elements(By.CSS_SELECTOR, ".all .bar rect, .banner circle")
        if each.size["width"] > 0 and each.size["height"] > 0
    }
    assert painted == {
        "rgb(201, 36, 47)",
        "rgb(209, 59, 69)",
        "rgb(201, 138, 27)",
        "rgb(138, 147, 158)",
        "rgb(74, 165, 120)",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_both_colour_schemes(show: Any, scheme: str):
    browser = show(one_of_each())
    browser.emulate(scheme=scheme)
    browser.driver.execute_script("document.querySelectorAll('details').forEach(each => each.open = true)")
    found = browser.driver.execute_script(CONTRASTS)
    assert len(found) > 150
    assert [(text, round(ratio, 2)) for text, ratio in found if ratio < 4.5] == []
    painted = browser.driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert painted == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 26)"}[scheme]


def test_on_paper_it_is_light_and_prints_to_pages(show: Any):
    browser = show(one_of_each())
    browser.emulate(scheme="dark", media="print")
    painted = browser.driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert painted == "rgb(255, 255, 255)"
    assert [text for text, ratio in browser.driver.execute_script(CONTRASTS) if ratio < 4.5] == []
    pdf = base64.b64decode(browser.driver.print_page())
    assert pdf.startswith(b"%PDF-")
    # One record of nine campaigns is neither one endless page nor a page for each line.
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 9


@pytest.mark.parametrize("width", [360, 768])
def test_a_narrow_screen_needs_no_sideways_scrolling(show: Any, width: int):
    long = results_of(2, 2, name="https://" + "x" * 500, reason="y" * 500)
    browser = show(run_of(campaign(812, long, name="z" * 300, reasons=["w" * 500]), *one_of_each().campaigns))
    browser.emulate(width=width)
    size = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    scrolled, wide = browser.driver.execute_script(size)
    assert scrolled <= wide == width


def test_a_screen_reader_gets_headings_tables_and_names_for_every_picture(show: Any):
    browser = show(one_of_each())
    browser.driver.execute_script("document.querySelectorAll('details').forEach(each => each.open = true)")
    nodes = browser.devtools("Accessibility.getFullAXTree")["nodes"]
    told = [
        (node["role"]["value"], node.get("name", {}).get("value", ""), node.get("properties", []))
        for node in nodes
        if not node["ignored"]
    ]
    unnamed = [role for role, name, _ in told if role in {"image", "link", "RootWebArea"} and not name]
    assert unnamed == []
    levels = [
        p["value"]["value"]
        for role, _, properties in told
        if role == "heading"
        for p in properties
        if p["name"] == "level"
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    # No heading is deeper than the one before it by more than a step.
    assert all(level <= before + 1 for before, level in itertools.pairwise(levels))
    roles = [role for role, _, _ in told]
    assert {"main", "banner", "contentinfo", "columnheader", "rowheader"} <= set(roles)
    page = browser.driver.execute_script(
        "const all = [...document.querySelectorAll('[id]')].map(each => each.id);"
        "return [document.documentElement.lang, all.length - new Set(all).size,"
        "[...document.querySelectorAll('th')].filter(each => !each.scope).length,"
        "[...document.querySelectorAll('table')].filter(each => !each.caption).length]"
    )
    assert page == ["en-GB", 0, 0, 0]


def test_links_to_campaigns_lead_to_them(show: Any):
    browser = show(one_of_each())
    links = browser.driver.find_elements(By.CSS_SELECTOR, "table.campaigns a")
    assert len(links) == 9
    for link in links:
        target = browser.driver.find_element(By.CSS_SELECTOR, str(link.get_dom_attribute("href")))
        assert str(link.text) in target.find_element(By.TAG_NAME, "h2").text


@pytest.mark.parametrize(
    ("verdict", "says"),
    [
        (Verdict.TIMED_OUT, "It goes on at the portal"),
        (Verdict.ERROR, "An error ended it"),
        (Verdict.INTERRUPTED, "goes on at the portal"),
        (Verdict.NOT_CALLED, "could not be made"),
        (Verdict.INCOMPLETE, "listed no calls of the run, or not all"),
        (Verdict.NOTHING_SELECTED, "No campaign matched"),
    ],
)
def test_what_is_no_pass_never_looks_like_one(show: Any, verdict: Verdict, says: str):
    campaigns: list[CampaignRecord] = []
    if verdict is not Verdict.NOTHING_SELECTED:
        campaigns = [
            campaign(812, results_of(4), verdict=verdict),
            campaign(813, run=None, verdict=Verdict.NOT_STARTED),
        ]
    browser = show(run_of(*campaigns, verdict=verdict, exit_code=8, notes=["One look was enough."]))
    banner = browser.driver.find_element(By.CSS_SELECTOR, "header.banner")
    assert "good" not in str(banner.get_attribute("class"))
    assert "Passed" not in banner.text
    assert says in banner.text
    assert "One look was enough." in visible_text(browser)
    assert count(browser, ".chip.good") == 0


def test_a_hundred_campaigns_show_the_bad_ones_before_the_others(show: Any):
    campaigns = [campaign(number, results_of(3, number % 25 == 7)) for number in range(100)]
    browser = show(run_of(*campaigns, verdict=Verdict.FAILED))
    links = [
        each.text for each in browser.driver.find_elements(By.CSS_SELECTOR, "table.campaigns a") if each.is_displayed()
    ]
    assert links == ["Campaign 7", "Campaign 32", "Campaign 57", "Campaign 82"]
    shown = browser.driver.find_elements(By.CSS_SELECTOR, "section[data-campaign]")
    assert [each.get_attribute("data-campaign") for each in shown[:5]] == ["7", "32", "57", "82", "0"]
    assert len(shown) == 100

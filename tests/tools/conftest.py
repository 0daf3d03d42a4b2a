"""A real browser for pages, Chromium without a window; and the schema of JUnit files, from where pytest keeps it."""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

# Imported late, since most tests below this folder need neither.
if TYPE_CHECKING:
    from collections.abc import Iterator

    import xmlschema
    from selenium import webdriver

# An address that is looked up would leave this machine; those of loopback need no look-up.
OPTIONS = (
    *("--headless=new", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars", "--window-size=1200,900"),
    *("--disable-background-networking", "--disable-component-update", "--no-default-browser-check", "--no-first-run"),
    *("--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
)


@attrs.frozen
class Browser:
    """Chromium; `driver` is selenium's, for all that has no method here."""

    driver: "webdriver.Chrome"

    def open(self, page: Path | str) -> None:
        """Open a file or an address; what was asked for and logged before is forgotten."""
        self.driver.get("about:blank")
        for log in ("performance", "browser"):
            self.driver.get_log(log)
        self.driver.get(page.as_uri() if isinstance(page, Path) else page)

    def asked_for(self) -> list[str]:
        """Return the addresses that were asked for since the last time, that of the page among them."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [message["params"] for message in messages if message["method"] == "Network.requestWillBeSent"]
        return [params["request"]["url"] for params in sent]

    def console(self) -> list[str]:
        """Return what the console has said since the last time."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def emulate(self, *, scheme: str = "light", media: str = "", width: int = 1200) -> None:
        """Choose what the page is told: the colours that the person likes, `print` or the screen, its width."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.devtools("Emulation.setEmulatedMedia", media=media, features=features)
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.devtools("Emulation.setDeviceMetricsOverride", **size)

    def devtools(self, command: str, **parameters: Any) -> Any:
        """Give a command of Chromium's DevTools protocol."""
        return self.driver.execute_cdp_cmd(command, parameters)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[webdriver.Chrome]":
    from selenium import webdriver

    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in programs:
        told = pytest.fail if os.environ.get("CYARA_TESTS_REQUIRE_CHROMIUM") else pytest.skip
        told("chromium or chromedriver is not installed, and only a browser can show how a page reads")
    options = webdriver.ChromeOptions()
    options.binary_location = str(programs[0])
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(option)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's own does not work for root
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(str(programs[1])))
    try:
        driver.set_page_load_timeout(30)
        driver.set_script_timeout(30)
        yield driver
    finally:
        # Which ends the two processes that were started here, by their ids.
        driver.quit()


@pytest.fixture
def browser(chromium: "webdriver.Chrome") -> Browser:
    """Return the browser as a person finds it: light colours, a screen, no network but loopback."""
    browser = Browser(chromium)
    browser.emulate()
    return browser


MEMBER = "testing/example_scripts/junit-10.xsd"


@pytest.fixture(scope="session")
def junit_schema(tmp_path_factory: pytest.TempPathFactory) -> "xmlschema.XMLSchema10":
    """The XSD; skipped where the distribution cannot be had, unless CYARA_TESTS_REQUIRE_XSD=1 says that it must be."""
    import xmlschema

    name = f"pytest-{pytest.__version__}"
    cache = Path.home() / ".cache" / "cyara-tests"
    archive = cache / f"{name}.tar.gz"
    if not archive.is_file():
        # In one step into the cache, since another process of the tests may be reading there.
        cache.mkdir(parents=True, exist_ok=True)
        fresh = tmp_path_factory.mktemp("sdist")
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "pytest"]
        target = ["--dest", str(fresh), f"pytest=={pytest.__version__}"]
        try:
            done = subprocess.run([*download, *target], check=False, capture_output=True, text=True, timeout=50)
            why = done.stderr[-500:]
        except subprocess.TimeoutExpired:
            why = "it took too long"
        if (fresh / archive.name).is_file():
            beside = cache / f"{archive.name}.{os.getpid()}"
            shutil.copyfile(fresh / archive.name, beside)
            beside.replace(archive)
        else:
            message = f"the source distribution of {name} cannot be had: {why}"
            if os.environ.get("CYARA_TESTS_REQUIRE_XSD") == "1":
                pytest.fail(message)
            pytest.skip(message)
    with tarfile.open(archive) as distribution:
        found = distribution.extractfile(f"{name}/{MEMBER}")
        assert found is not None
        return xmlschema.XMLSchema10(io.BytesIO(found.read()), allow="none")

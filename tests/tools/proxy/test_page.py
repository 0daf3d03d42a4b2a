"""The page for people, in a real browser: headless Chromium, driven by its own driver."""

import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from tests.conftest import skip_without

from .kit import CAMPAIGNS, curl, proxied
from .upstream import NEXT_PAIR, PAIR, canned_json, upstream


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    skip_without("chromedriver", required_by="CYARA_TESTS_REQUIRE_BROWSER")
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-proxy-server", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    yield driver
    driver.quit()

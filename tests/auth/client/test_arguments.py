"""Arguments of the wrong kind: one sentence when the client is made, and neither a TypeError nor a text of theirs."""

from pathlib import Path
from uuid import UUID

import pytest

from cyara_auth import Cyara, GuardPolicy, connect
from cyara_auth._http import httpx
from cyara_auth.errors import ConfigurationError
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes import settings

from ..wire.loopback import PAIR

PASSWORD = "geheim"


def client_of(**options: object) -> Cyara:
    given: dict[str, object] = {"base_url": "https://portal.test", "credential": PAIR, "store": MemoryStrikeStore()}
    return connect(**{**given, **options})


WRONG: list[dict[str, object]] = [
    {"retries": "3"},
    {"retries": 1.5},
    {"retries": True},
    {"timeout": "30"},
    {"timeout": (5, 30)},
    {"timeout": 0},
    {"timeout": -1},
    {"timeout": float("nan")},
    {"timeout": True},
    {"timeout": httpx.Timeout("30")},
    {"timeout": httpx.Timeout(30, read=-1)},
    {"verify": None},
    {"verify": b"ca.pem"},
    {"cert": Path("client.pem")},
    {"cert": ()},
    {"cert": ["client.pem", "client.key", PASSWORD]},
    {"cert": ("client.pem", 5)},
    {"cert": ("client.pem", "client.key", PASSWORD, "more")},
    {"proxy": {"https": f"http://robot:{PASSWORD}@proxy.test"}},
    {"proxy": b"http://proxy.test"},
    {"user_agent": b"nightly"},
    {"base_url": b"https://portal.test"},
    {"base_url": httpx.URL("https://portal.test")},
    {"profile": 5},
    {"policy": 1},
    {"store": Path("/var/lib/ci/strikes.sqlite3")},
    {"store": MemoryStrikeStore},
    {"environ": [("CYARA_ACCOUNT_ID", "17")]},
    {"environ": {"CYARA_ACCOUNT_ID": 17}},
    {"account_id": 1.5},
    {"account_id": True},
    {"account_id": b"17"},
]


@pytest.mark.parametrize("options", WRONG, ids=repr)
def test_an_argument_of_the_wrong_kind(options: dict[str, object]) -> None:
    (name,) = options
    with pytest.raises(ConfigurationError, match=f"^{name}= takes .* Nothing was sent. Next: {name}=") as caught:
        client_of(**options)
    assert PASSWORD not in str(caught.value)


def test_numbers_are_repeated_and_texts_are_not() -> None:
    with pytest.raises(ConfigurationError, match=r"not -1\."):
        client_of(retries=-1)
    with pytest.raises(ConfigurationError, match=r"not a value of type str\."):
        client_of(timeout=PASSWORD)


def test_a_budget_that_is_a_text_is_told_from_the_number() -> None:
    with pytest.raises(ConfigurationError, match="not '1'"):
        client_of(budget="1")


def test_the_budget_follows_the_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "LARGEST_BUDGET", 3)
    with client_of(budget=3) as cyara:
        assert cyara.guard.settings.budget == 3
    with pytest.raises(ConfigurationError, match=r"whole number from 1 to 3, not 4: .* at invalid call 4"):
        client_of(budget=4)


def test_an_option_that_does_not_exist_is_named() -> None:
    with pytest.raises(TypeError, match="'bugdet'"):
        client_of(bugdet=1)


def test_options_that_are_changed_later_are_looked_at_too() -> None:
    with client_of() as cyara:
        for options in ({"timeout": "30"}, {"retries": "3"}, {"user_agent": b"x"}):
            with pytest.raises(ConfigurationError, match="Nothing was sent"):
                cyara.with_options(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"account_id": UUID(int=17)},
        {"policy": GuardPolicy.STRICT},
        {"environ": {}},
        {"timeout": 0.5},
        {"timeout": None},
        {"timeout": httpx.Timeout(None, pool=0)},
        {"verify": Path(__file__).parent},
        {"cert": (Path("client.pem"), "client.key", b"word")},
        {"cert": "client.pem"},
        {"proxy": httpx.URL("http://proxy.test:3128")},
        {"proxy": httpx.Proxy("http://proxy.test:3128")},
    ],
    ids=repr,
)
def test_an_argument_of_a_right_kind(options: dict[str, object]) -> None:
    client_of(**options).close()

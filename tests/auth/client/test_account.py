"""The account of `connect()`: a number where the document says so, and never sent otherwise."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from cyara_auth import connect
from cyara_auth.client.account import account_of, takes_text
from cyara_auth.errors import ConfigurationError
from cyara_auth.stores.memory import MemoryStrikeStore

from ..wire.loopback import PAIR, WireServer


def never() -> bool:
    raise AssertionError("a number needs no look at the document")


def test_a_number_costs_no_look_at_the_document() -> None:
    assert account_of(7, {}, takes_text=never) == 7
    assert account_of(0, {}, takes_text=never) == 0
    assert account_of("17", {}, takes_text=never) == 17
    assert account_of(None, {"CYARA_ACCOUNT_ID": " 17 "}, takes_text=never) == 17
    assert account_of(None, {}, takes_text=never) is None
    assert account_of("", {}, takes_text=never) is None


def test_a_text_is_kept_where_accounts_are_texts_and_refused_where_they_are_numbers() -> None:
    assert account_of("emea", {}, takes_text=lambda: True) == "emea"
    assert account_of("007", {}, takes_text=lambda: True) == "007"
    assert account_of("007", {}, takes_text=lambda: False) == 7
    for text in ("emea", "1.5", "-1", "\u0661", "9" * 5000):
        with pytest.raises(ConfigurationError, match=f"a text of {len(text)} characters"):
            account_of(text, {}, takes_text=lambda: False)


def generated(kind: str, *, wire: str = "accountId", location: str = "path") -> Callable[[str], object]:
    """Return what loads a generated module whose account is of that kind."""

    def sync_detailed() -> None: ...

    sync_detailed.__annotations__ = {"account_id": kind}
    parameter = SimpleNamespace(wire=wire, location=location, name="account_id")
    module = SimpleNamespace(sync_detailed=sync_detailed, ENDPOINT=SimpleNamespace(parameters=(parameter,)))
    return lambda _: module


def test_the_document_says_by_its_signatures_what_an_account_is() -> None:
    operations = {"A": SimpleNamespace(path="/accounts/{account_ID}/x", module="x.a")}
    assert not takes_text(operations, generated("int", wire="account_ID"))
    assert takes_text(operations, generated("str", wire="account_ID"))
    assert takes_text(operations, generated("int | str", wire="account_ID"))
    assert takes_text({"A": SimpleNamespace(path="/x", module="x.a")}, generated("int"))


def test_connect_refuses_a_text_without_repeating_it(server: WireServer) -> None:
    for options in ({"account_id": PAIR}, {"environ": {"CYARA_ACCOUNT_ID": PAIR}}):
        with pytest.raises(ConfigurationError, match="is a number in this client's document") as caught:
            connect(server.base_url, PAIR, store=MemoryStrikeStore(), **options)
        assert PAIR not in str(caught.value)
    with connect(server.base_url, PAIR, store=MemoryStrikeStore(), account_id="17") as cyara:
        assert cyara.account_id == 17
        assert cyara.with_options(account_id="18").account_id == 18
        with pytest.raises(ConfigurationError):
            cyara.with_options(account_id="emea")
    assert server.seen == []

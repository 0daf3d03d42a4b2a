"""One way to call, whether by threads, by tasks or by `requests`: tests that hold for all of them are written once."""

import asyncio
from collections.abc import Callable
from typing import Any, Self

import requests

from cyara_auth._http import httpx
from cyara_auth.client.install import install
from cyara_auth.credential import ApiCredential
from cyara_auth.guard.guard import StrikeGuard
from cyara_auth.requests import GuardedAdapter
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes.state import KeyState, PairState
from cyara_auth.transport.hop import Injector

from .loopback import PAIR

TLS = httpx.create_ssl_context()
"""One for all clients: reading the authorities takes longer than a test."""

KEY_FINGERPRINT = ApiCredential.parse(PAIR).key_fingerprint


def give_places_back(guard: StrikeGuard) -> None:
    """Do what a guard does by itself after a second without a call; what a call left open stays."""
    guard._core.hand_all_back()  # noqa: SLF001 - nobody else has a use for it


class Face:
    """A guarded client with a store of its own; `state` is what that store knows."""

    def __init__(self, base_url: str, *, credential: Any = PAIR, store: Any = None, **options: Any) -> None:
        self.store = MemoryStrikeStore() if store is None else store
        self.guarding = {"base_url": base_url, "credential": credential, "store": self.store}
        self.open(options)

    def open(self, options: dict[str, Any]) -> None:
        raise NotImplementedError

    def call(self, method: str, url: str, **options: Any) -> Any:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def get(self, url: str, **options: Any) -> Any:
        return self.call("GET", url, **options)

    @property
    def state(self) -> KeyState:
        return self.store.read(KEY_FINGERPRINT)

    @property
    def injector(self) -> Injector:
        """What asks for admissions; shared with `call`, so that a test can ask in its place."""
        raise NotImplementedError

    @property
    def verdict(self) -> PairState:
        """Return what the portal has said of the only pair."""
        return self.state.pairs[0].at(self.injector.origin_text).verdict

    @property
    def charges(self) -> int:
        """Return what is charged once the places kept for the next call are given back; what is left open counts."""
        give_places_back(self.injector.guard)
        return self.state.strikes + len(self.state.tickets)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SyncFace(Face):
    def open(self, options: dict[str, Any]) -> None:
        self.client = install(httpx.Client(**{"verify": TLS, **options}), **self.guarding)

    def call(self, method: str, url: str, **options: Any) -> Any:
        return self.client.request(method, url, **options)

    @property
    def injector(self) -> Injector:
        return self.client._transport.injector  # noqa: SLF001 - the test looks at what the client asks

    def close(self) -> None:
        self.client.close()


class AsyncFace(Face):
    def open(self, options: dict[str, Any]) -> None:
        self.runner = asyncio.Runner()
        self.client = install(httpx.AsyncClient(**{"verify": TLS, **options}), **self.guarding)

    def call(self, method: str, url: str, **options: Any) -> Any:
        return self.runner.run(self.client.request(method, url, **options))

    @property
    def injector(self) -> Injector:
        return self.client._transport.injector  # noqa: SLF001 - the test looks at what the client asks

    def close(self) -> None:
        self.runner.run(self.client.aclose())
        self.runner.close()


class RequestsFace(Face):
    def open(self, options: dict[str, Any]) -> None:
        follow = options.pop("follow_redirects", False)
        self.session = requests.Session()
        for name, value in options.items():
            setattr(self.session, name, value)
        self.redirects = {"allow_redirects": follow}
        adapter = GuardedAdapter(**self.guarding)
        self.session.mount(adapter.prefix, adapter)

    def call(self, method: str, url: str, **options: Any) -> Any:
        if "follow_redirects" in options:
            options["allow_redirects"] = options.pop("follow_redirects")
        return self.session.request(method, url, **{**self.redirects, **options})

    @property
    def injector(self) -> Injector:
        return self.session.get_adapter(self.guarding["base_url"])._injector  # noqa: SLF001 - no other way in

    def close(self) -> None:
        self.session.close()


MakeFace = Callable[..., Face]
HTTPX_FACES = [SyncFace, AsyncFace]
ALL_FACES = [SyncFace, AsyncFace, RequestsFace]

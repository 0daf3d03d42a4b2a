"""The portal's side of the key and token: who is let in, and what a wrong pair costs.

The vendor says that a token is void after three calls made with an invalid token/key pair, and not what the count
hangs on. The desk acts out each way of reading that:

* `A`: the count belongs to the pair that was presented, and voids that pair;
* `B` (the default, and the one that hurts): the count belongs to the key, and voids the token that is current then;
* `C`: as B, and the key itself is locked for good.

Regenerating a token makes all earlier ones invalid and starts a new count. Behind several simulated nodes the news
may spread slowly: a node that has not heard yet lets the old token in and refuses the new one.
"""

from __future__ import annotations

import base64
import enum
import secrets
import threading
from collections import Counter
from typing import TYPE_CHECKING, Final, Literal

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence

VOID_AT: Final = 3
SCHEME: Final = "ApiKey "


class Reading(enum.StrEnum):
    """What the count of invalid calls belongs to."""

    PAIR = "A"
    KEY = "B"
    KEY_FOR_GOOD = "C"


class CredentialResult(enum.StrEnum):
    """What a request brought."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN_KEY = "unknown key"
    MISSING = "missing"


@attrs.define(kw_only=True)
class CredentialChecker:
    """One key with its tokens; every method may be called from any thread."""

    reading: Reading = Reading.KEY
    counting: Literal["cumulative", "consecutive"] = "cumulative"
    nodes: int = 1
    key: str = attrs.field(factory=lambda: secrets.token_hex(16))
    _tokens: list[str] = attrs.field(factory=lambda: [_new_token()], init=False)
    _strikes: list[int] = attrs.field(factory=lambda: [0], init=False)
    _worst: list[int] = attrs.field(factory=lambda: [0], init=False)
    _pairs: Counter[str] = attrs.field(factory=Counter[str], init=False)
    _void: set[str] = attrs.field(factory=set[str], init=False)
    _locked: bool = attrs.field(default=False, init=False)
    _knows: list[int] = attrs.field(init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    def __attrs_post_init__(self) -> None:
        self._knows = [0] * self.nodes

    @property
    def credential(self) -> str:
        """The pair that is valid now, as `key:token`."""
        with self._lock:
            return f"{self.key}:{self._tokens[-1]}"

    @property
    def invalid_by_token(self) -> tuple[int, ...]:
        """Invalid calls on the key while each token was the current one, oldest token first."""
        with self._lock:
            return tuple(self._worst)

    @property
    def void(self) -> bool:
        """Whether the current token has been voided, or the key locked."""
        with self._lock:
            return self._locked or self._tokens[-1] in self._void

    def regenerate(self, *, nodes: int | None = None) -> str:
        """Make a new token and return the new pair; only the first `nodes` nodes hear of it, all when None."""
        with self._lock:
            self._tokens.append(_new_token())
            self._strikes.append(0)
            self._worst.append(0)
            for node in range(self.nodes if nodes is None else nodes):
                self._knows[node] = len(self._tokens) - 1
            return f"{self.key}:{self._tokens[-1]}"

    def propagate(self) -> None:
        """Let all nodes know the current token."""
        with self._lock:
            self._knows = [len(self._tokens) - 1] * self.nodes

    def evaluate(self, authorization: Sequence[str], *, node: int = 0) -> CredentialResult:
        """Validate the Authorization headers of one request, and charge the key if they are an invalid pair."""
        with self._lock:
            if not authorization:
                return CredentialResult.MISSING
            if list(authorization) == [f"{SCHEME}{self.key}:{self._valid_at(node)}"]:
                if self.counting == "consecutive":
                    self._strikes[-1] = 0
                    self._pairs[authorization[0]] = 0
                return CredentialResult.ACCEPTED
            text = ", ".join(authorization)
            if self.key not in text:
                return CredentialResult.UNKNOWN_KEY
            self._charge(text)
            return CredentialResult.REJECTED

    def recognises(self, authorization: Sequence[str], *, node: int = 0) -> bool:
        """Whether these headers are the valid pair, without charging anything if not."""
        with self._lock:
            return list(authorization) == [f"{SCHEME}{self.key}:{self._valid_at(node)}"]

    def holds_secret(self, text: str) -> bool:
        """Whether a text contains the key or any token this desk ever issued."""
        with self._lock:
            return self.key in text or any(token in text for token in self._tokens)

    def _valid_at(self, node: int) -> str | None:
        token = self._tokens[self._knows[node % self.nodes]]
        return None if self._locked or token in self._void else token

    def _charge(self, presented: str) -> None:
        self._worst[-1] += 1
        self._strikes[-1] += 1
        self._pairs[presented] += 1
        if self.reading is Reading.PAIR:
            if self._pairs[presented] >= VOID_AT:
                self._void.update(token for token in self._tokens if presented == f"{SCHEME}{self.key}:{token}")
        elif self._strikes[-1] >= VOID_AT:
            self._void.add(self._tokens[-1])
            self._locked = self.reading is Reading.KEY_FOR_GOOD


def _new_token() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()

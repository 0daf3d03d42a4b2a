"""The portal's side of the key and token: which calls are let in, and what an invalid pair costs.

The vendor says that a token is void after three calls made with an invalid token/key pair, and not what the count
belongs to. The checker simulates each reading of that sentence:

* `A`: the count belongs to the pair that was sent, and voids that pair;
* `B` (the default, and the one that hurts): the count belongs to the key, and voids the token that is current then;
* `C`: as B, and the key itself is locked for good.

Regenerating a token makes all earlier ones invalid and starts a new count. Behind several simulated nodes the new
token may spread slowly: a node that does not know it yet lets the old token in and refuses the new one.
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
"""Invalid calls that void a token, by the vendor's documentation."""
SCHEME: Final = "ApiKey "


class Reading(enum.StrEnum):
    """What the count of invalid calls belongs to."""

    PAIR = "A"
    KEY = "B"
    LOCKED_KEY = "C"


class CredentialResult(enum.StrEnum):
    """What the check of a request's credential found."""

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
    """Invalid calls that count now, by token; a success may set them back."""
    _invalid_calls: list[int] = attrs.field(factory=lambda: [0], init=False)
    """All invalid calls, by token."""
    _strikes_by_pair: Counter[str] = attrs.field(factory=Counter[str], init=False)
    _void_tokens: set[str] = attrs.field(factory=set[str], init=False)
    _key_locked: bool = attrs.field(default=False, init=False)
    _token_by_node: list[int] = attrs.field(init=False)
    """Index of the token that each node takes for the current one."""
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    def __attrs_post_init__(self) -> None:
        self._token_by_node = [0] * self.nodes

    @property
    def credential(self) -> str:
        """The pair that is valid now, as `key:token`."""
        with self._lock:
            return f"{self.key}:{self._tokens[-1]}"

    @property
    def invalid_by_token(self) -> tuple[int, ...]:
        """Invalid calls on the key while each token was the current one, oldest token first."""
        with self._lock:
            return tuple(self._invalid_calls)

    @property
    def is_token_void(self) -> bool:
        """Whether the current token has been voided, or the key locked."""
        with self._lock:
            return self._key_locked or self._tokens[-1] in self._void_tokens

    def regenerate(self, *, nodes: int | None = None) -> str:
        """Make a new token and return the new pair; only the first `nodes` nodes know it, all when None."""
        with self._lock:
            self._tokens.append(_new_token())
            self._strikes.append(0)
            self._invalid_calls.append(0)
            for node in range(self.nodes if nodes is None else nodes):
                self._token_by_node[node] = len(self._tokens) - 1
            return f"{self.key}:{self._tokens[-1]}"

    def propagate(self) -> None:
        """Let all nodes know the current token."""
        with self._lock:
            self._token_by_node = [len(self._tokens) - 1] * self.nodes

    def check(self, authorization: Sequence[str], *, node: int = 0) -> CredentialResult:
        """Check the Authorization headers of one request, and charge the key if they are an invalid pair."""
        # One lock around check and charge: otherwise a hundred callers at once could all pass before the third counts.
        with self._lock:
            if not authorization:
                return CredentialResult.MISSING
            if self._is_valid(authorization, node):
                if self.counting == "consecutive":
                    self._strikes[-1] = 0
                    self._strikes_by_pair[authorization[0]] = 0
                return CredentialResult.ACCEPTED
            text = ", ".join(authorization)
            # Whoever does not even name the key cannot be charged to it.
            if self.key not in text:
                return CredentialResult.UNKNOWN_KEY
            self._charge(text)
            return CredentialResult.REJECTED

    def is_valid(self, authorization: Sequence[str], *, node: int = 0) -> bool:
        """Whether these headers are the valid pair, without charging anything if not."""
        with self._lock:
            return self._is_valid(authorization, node)

    def contains_secret(self, text: str) -> bool:
        """Whether a text contains the key or any token that was ever issued."""
        with self._lock:
            return self.key in text or any(token in text for token in self._tokens)

    def _is_valid(self, authorization: Sequence[str], node: int) -> bool:
        token = self._tokens[self._token_by_node[node % self.nodes]]
        if self._key_locked or token in self._void_tokens:
            return False
        # A list of one: a second Authorization header makes the request invalid, whatever the first one says.
        return list(authorization) == [f"{SCHEME}{self.key}:{token}"]

    def _charge(self, authorization: str) -> None:
        self._invalid_calls[-1] += 1
        self._strikes[-1] += 1
        self._strikes_by_pair[authorization] += 1
        if self.reading is Reading.PAIR:
            if self._strikes_by_pair[authorization] >= VOID_AT:
                # Only a pair that was valid once can lose something.
                self._void_tokens.update(
                    token for token in self._tokens if authorization == f"{SCHEME}{self.key}:{token}"
                )
        elif self._strikes[-1] >= VOID_AT:
            self._void_tokens.add(self._tokens[-1])
            # A new token does not lift the lock, so the flag stands apart from the tokens.
            self._key_locked = self.reading is Reading.LOCKED_KEY


def _new_token() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()

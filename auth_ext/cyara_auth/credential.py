"""`ApiCredential`: the `key:token` pair as a value that can be used and compared, but not seen.

A secret leaks through what surrounds it: a `repr` in a log, a dump of a settings object, a pickle for a worker
process, a traceback that prints local variables. So every way of turning an object into text or data gives the
fingerprint or an error, and only two methods hand the secret out, by name: `header_value()` and `pair_text()`. Python
cannot wipe memory, and this module does not claim to.
"""

import hmac
from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from typing import Never, Self, SupportsIndex, final

import attrs

from cyara_auth.credential_text import Pair, read_pair
from cyara_auth.errors import SHOWN_HEX_DIGITS, CredentialFormatError

_PERSONALISATION = b"cyara_auth.fp.v1"
_FINGERPRINT_BYTES = 16


@final
class CredentialFingerprint(str):
    """32 hex digits that name a key or a pair without disclosing it.

    BLAKE2b-128 with a fixed personalisation, the same on every machine.
    """

    __slots__ = ()

    @classmethod
    def of(cls, text: str) -> Self:
        """Compute the fingerprint of an ASCII text (a key, or `key:token`)."""
        # Unsalted, so that a fleet can share what it knows of a pair. Keys and tokens are 128-bit random or more, so it
        # cannot be inverted by trying; short tokens are refused.
        digest = blake2b(text.encode("ascii"), digest_size=_FINGERPRINT_BYTES, person=_PERSONALISATION)
        return cls(digest.hexdigest())

    @property
    def short(self) -> str:
        """The first 8 digits, for people."""
        return self[:SHOWN_HEX_DIGITS]


@final
class ApiCredential:
    """One `key:token` pair of the portal. Made by `parse` only, immutable, compared by the pair alone.

    It cannot be pickled: give worker processes the source (an environment variable, a profile), not the secret.
    """

    # Slots, and not attrs: `vars`, `asdict` and structured loggers find no fields to dump.

    __slots__ = ("_reveal", "expires_at", "fingerprint", "key_fingerprint", "source")

    _reveal: Callable[[], str]
    fingerprint: CredentialFingerprint
    """Names the pair."""
    key_fingerprint: CredentialFingerprint
    """Names the key, in any case of its letters; strikes are counted on it whatever the token."""
    source: str
    """Where the credential came from, in words."""
    expires_at: datetime | None
    """When the token ends, with time zone; `None` when the source did not say."""

    def __init__(self) -> None:
        raise TypeError("An ApiCredential is made by ApiCredential.parse(text)")

    @classmethod
    def parse(
        cls,
        text: str | bytes,
        *,
        allow_unusual_shape: bool = False,
        source: str | None = None,
        expires_at: datetime | None = None,
    ) -> "ApiCredential":
        """Read a credential in any form that the portal shows; see `credential_text` for what is refused and why.

        Args:
            text: `key:token`, `ApiKey key:token` or `Authorization: ApiKey key:token`.
            allow_unusual_shape: Accept key and token that do not look like the observed ones.
            source: Where the text came from, in words, for messages ("environment variable CYARA_API_CREDENTIAL").
            expires_at: When the token ends, with time zone, if the source says so. Tokens do not expire today; the
                vendor has announced time-constrained ones.

        Raises:
            CredentialFormatError: The text is not a pair; the error has a code and lengths, never the text.
            TypeError: `text` is neither `str` nor `bytes`.
            ValueError: `expires_at` has no time zone.
        """
        # Untyped callers pass None from an unset variable, so the annotation alone does not keep other types out.
        if not isinstance(text, str | bytes):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"A credential is given as text, not as {type(text).__name__}")
        if expires_at is not None and expires_at.tzinfo is None:
            raise ValueError("expires_at needs a time zone, for example datetime.now(timezone.utc)")
        # latin-1 maps every byte to one character, so foreign bytes are refused by their number, not by a decoding
        # error that carries the whole text.
        text = text if isinstance(text, str) else text.decode("latin-1")
        outcome = read_pair(text, allow_unusual_shape=allow_unusual_shape)
        # A traceback that prints locals must not find it here.
        del text
        if isinstance(outcome, Pair):
            return cls._seal(outcome, source=source or "argument", expires_at=expires_at)
        where = "" if source is None else f" from {source}"
        halves = ""
        if outcome.key_length is not None:
            halves = f", key part {outcome.key_length}, token part {outcome.token_length}"
        code = f"[{outcome.reason}; {outcome.length} characters{halves}]"
        message = f"The credential{where} {outcome.sentence} {code}. Nothing was sent."
        facts = attrs.asdict(outcome, filter=lambda field, _: field.name != "sentence")
        raise CredentialFormatError(message, source=source, **facts)

    @classmethod
    def _seal(cls, pair: Pair, *, source: str, expires_at: datetime | None) -> "ApiCredential":
        text = f"{pair.key}:{pair.token}"
        # Past the guards of __init__ and __setattr__, which are for everybody else.
        made = object.__new__(cls)
        put = object.__setattr__
        # A closure: whoever walks the slots, as debuggers and crash reporters do, finds a function.
        put(made, "_reveal", lambda: text)
        put(made, "fingerprint", CredentialFingerprint.of(text))
        # Two spellings of one key must not get a budget each, should the portal read keys in any case.
        put(made, "key_fingerprint", CredentialFingerprint.of(pair.key.lower()))
        put(made, "source", source)
        put(made, "expires_at", expires_at)
        return made

    def header_value(self) -> str:
        """The secret as the value of the `Authorization` header."""
        return f"ApiKey {self._reveal()}"

    def pair_text(self) -> str:
        """The secret as `key:token`, the form that RemoteSyncAPIKey takes."""
        return self._reveal()

    def __repr__(self) -> str:
        return f"<ApiCredential {self.fingerprint.short}>"

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ApiCredential):
            return NotImplemented
        # In constant time, as secrets are compared.
        return hmac.compare_digest(self._reveal(), other._reveal())

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError("An ApiCredential cannot be changed; parse another one")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError("An ApiCredential cannot be changed; parse another one")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> Never:
        raise TypeError("An ApiCredential cannot be pickled; let the other process read its own credential source")

    def __getstate__(self) -> Never:
        raise TypeError("An ApiCredential cannot be dumped; use header_value() or pair_text() where the secret belongs")

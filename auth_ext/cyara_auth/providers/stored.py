"""The text that any source but two variables holds: the pair, and what belongs to it.

Either the bare text that the portal shows, or a JSON object:

```json
{"credential": "key:token", "base_url": "https://portal/cyarawebapi", "expires_at": "2026-01-31T00:00:00Z"}
```

`key` and `token` may stand in place of `credential`. `base_url` binds the credential to its portal: it is refused for
any other. `allow_unusual_shape` is kept so that a pair which was accepted once is accepted again.
"""

import json
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import cast

import attrs

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import ConfigurationError, CredentialOriginError, CredentialSourceError
from cyara_auth.origin import Origin

MAX_BYTES = 4096
"""Longest text that is read, in bytes."""


@attrs.frozen(kw_only=True)
class StoredCredential:
    """A credential and the portal that it belongs to.

    Attributes:
        credential: The pair.
        base_url: Base URL of its portal, `None` when the source does not bind it.
    """

    credential: ApiCredential
    base_url: str | None


def read_stored(data: bytes | None, *, source: str, allow_unusual_shape: bool = False) -> StoredCredential | None:
    """Read what a source holds; a source that holds nothing (`None`) has no credential.

    Args:
        data: The bytes, UTF-8 with or without a byte order mark.
        source: Where they came from, in words.
        allow_unusual_shape: As for `ApiCredential.parse`.

    Raises:
        CredentialFormatError: The pair in it is none.
        CredentialSourceError: It is not UTF-8, not a JSON object, or has unusable fields.
    """
    if data is None:
        return None
    # Defects come back as values: an exception of `json` or `bytes` carries the data, and its frames do.
    fields = _read_fields(data)
    # A traceback that prints locals must not find the secret here.
    del data
    return _stored(fields, source, allow_unusual_shape=allow_unusual_shape)


def read_given(text: str, *, source: str, allow_unusual_shape: bool) -> StoredCredential:
    """Read what a person or a CI system hands over: the same two forms.

    Raises:
        CredentialFormatError: The pair in it is none.
        CredentialSourceError: It begins like the JSON form, and is not.
    """
    fields = _text_fields(text)
    del text
    return _stored(fields, source, allow_unusual_shape=allow_unusual_shape)


def _stored(fields: "_Fields | str", source: str, *, allow_unusual_shape: bool) -> StoredCredential:
    if isinstance(fields, str):
        raise CredentialSourceError(f"The {source} {fields}. Nothing was sent.")
    unusual = allow_unusual_shape or fields.unusual_shape
    credential = ApiCredential.parse(
        fields.text, source=source, allow_unusual_shape=unusual, expires_at=fields.expires_at
    )
    return StoredCredential(credential=credential, base_url=fields.base_url)


def write_stored(credential: ApiCredential, *, base_url: str | None, unusual_shape: bool) -> str:
    """Return the text that `read_stored` reads back. It holds the secret: for a private file or a keyring only."""
    content: dict[str, object] = {"credential": credential.pair_text()}
    if base_url is not None:
        content["base_url"] = base_url
    if credential.expires_at is not None:
        content["expires_at"] = credential.expires_at.astimezone(UTC).isoformat()
    if unusual_shape:
        content["allow_unusual_shape"] = True
    return json.dumps(content, indent=1) + "\n"


def check_origin(stored: StoredCredential | None, origin: Origin | None, *, source: str) -> ApiCredential | None:
    """Return the credential if it belongs to `origin`, or is bound to none; `None` stays `None`.

    Raises:
        CredentialOriginError: It belongs to another portal.
        CredentialSourceError: What it is bound to is no base URL.
    """
    if stored is None:
        return None
    if stored.base_url is not None and origin is not None:
        # Compared as origins: spellings of one address, and paths below it, are the same portal.
        try:
            bound = Origin.parse(stored.base_url)
        except ConfigurationError as error:
            raise CredentialSourceError(f"The {source} is bound to an unusable base URL. {error}") from None
        if bound != origin:
            raise CredentialOriginError(
                f"The {source} belongs to {bound}, not to {origin}. Nothing was sent. "
                "Next: name the right profile, or store one for this portal with: cyara auth login"
            )
    return stored.credential


@attrs.frozen(kw_only=True)
class StoredProvider(ABC):
    """A provider whose source holds a text of this form.

    Attributes:
        origin: The portal that is to be called; `None` leaves the binding unchecked.
        allow_unusual_shape: As for `ApiCredential.parse`.
    """

    origin: Origin | None = None
    allow_unusual_shape: bool = False

    def __call__(self) -> ApiCredential | None:
        """Return the credential, or `None` when the source has none.

        Raises:
            CredentialSourceError, CredentialFormatError: as `stored`.
            CredentialOriginError: It belongs to another portal.
        """
        return check_origin(self.stored(), self.origin, source=self.describe())

    def stored(self) -> StoredCredential | None:
        """Return the credential with its binding, unchecked; `None` when the source has none.

        Raises:
            CredentialSourceError: The source cannot be read, or is damaged.
            CredentialFormatError: It holds no pair.
        """
        return read_stored(self._read(), source=self.describe(), allow_unusual_shape=self.allow_unusual_shape)

    @abstractmethod
    def describe(self) -> str:
        """Name the source."""

    @abstractmethod
    def _read(self) -> bytes | None: ...


@attrs.frozen(kw_only=True)
class _Fields:
    text: str = attrs.field(repr=False)
    base_url: str | None = None
    expires_at: datetime | None = None
    unusual_shape: bool = False


def _read_fields(data: bytes) -> _Fields | str:
    """Tell text and garbage apart; a text is what is wrong."""
    if len(data) > MAX_BYTES:
        return f"holds more than {MAX_BYTES} bytes"
    try:
        # Windows editors begin the file with a byte order mark.
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "is not UTF-8 text"
    return _text_fields(text)


def _text_fields(text: str) -> _Fields | str:
    """Tell plain text and JSON object apart; a text is what is wrong."""
    # A variable that nobody expanded, {{ secrets.X }}, begins like JSON; the credential's reader will say so.
    if not text.lstrip().startswith("{") or text.lstrip().startswith("{{"):
        return _Fields(text=text)
    try:
        content: object = json.loads(text)
    # RecursionError: some kilobytes of brackets nest deeper than the parser goes.
    except (ValueError, RecursionError):
        return "begins like JSON but is none"
    # JSON that begins with a brace is an object.
    return _fields_of(cast("dict[str, object]", content))


def _fields_of(content: dict[str, object]) -> _Fields | str:
    text = content.get("credential")
    if text is None and isinstance(content.get("key"), str) and isinstance(content.get("token"), str):
        text = f"{content['key']}:{content['token']}"
    if not isinstance(text, str):
        return 'has no text field "credential" (and not both "key" and "token")'
    base_url = content.get("base_url")
    if base_url is not None and not isinstance(base_url, str):
        return 'has a "base_url" that is no text'
    expires_at = _moment(content.get("expires_at"))
    if isinstance(expires_at, str):
        return expires_at
    unusual_shape = content.get("allow_unusual_shape") is True
    return _Fields(text=text, base_url=base_url, expires_at=expires_at, unusual_shape=unusual_shape)


def _moment(value: object) -> datetime | str | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    # Without a zone it would end some hours early or late, depending on the machine.
    if moment is None or moment.tzinfo is None:
        return 'has an "expires_at" that is no time with zone, such as 2026-01-31T00:00:00Z'
    return moment

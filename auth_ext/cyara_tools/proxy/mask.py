"""Takes the credential out of what a portal answers: a page that repeats the request would show it to the caller."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cyara_auth.redact import Redactor

if TYPE_CHECKING:
    from cyara_auth.credential import ApiCredential


class SecretMask:
    """Finds key and token in answers: in any spelling where all of a text is at hand, as they are in a stream."""

    def __init__(self, credential: ApiCredential) -> None:
        words = tuple(part.encode() for part in credential.pair_text().split(":"))
        # Spellings differ in signs only, so the longest row of letters and digits stands in all of them.
        traces = tuple(max(re.findall(rb"[A-Za-z0-9]+", word), key=len) for word in words)

        # Behind closures like the pair itself, so that no dump of this object shows it.
        def hidden(data: bytes) -> bytes:
            for word in words:
                if word in data:
                    data = data.replace(word, b"*" * len(word))
            return data

        def begun(data: bytes) -> int:
            ends = (n for word in words for n in range(min(len(word) - 1, len(data)), 0, -1) if data.endswith(word[:n]))
            return max(ends, default=0)

        def redacted(data: bytes) -> bytes:
            if not any(trace in data for trace in traces):
                return data
            # Every byte has a character in Latin-1, and what is found is ASCII.
            return Redactor(credential)(data.decode("latin-1")).encode("latin-1")

        self._hidden, self._begun, self._redacted = hidden, begun, redacted
        self._kept = b""

    def whole(self, data: bytes) -> bytes:
        """Return a whole text without the credential."""
        return self._redacted(data)

    def feed(self, data: bytes) -> bytes:
        """Return what can go on of a stream, as long as before; what may be the begin of a secret waits."""
        data = self._hidden(self._kept + data if self._kept else data)
        held = self._begun(data)
        self._kept = data[len(data) - held :]
        return data[: len(data) - held]

    def rest(self) -> bytes:
        """Return what has waited, at the end."""
        kept, self._kept = self._kept, b""
        return kept

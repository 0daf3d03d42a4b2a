"""What the portal answers and its document does not say, as values, an error and an overlay.

The client takes unknown statuses, fields and enum members, and numbers that are texts, in its stride: a platform
release must not break a script. With `connect(strict=True)` each of them raises instead, for people who test the portal
itself, and can be pasted into an overlay: so the document learns.
"""

from __future__ import annotations

import json
from typing import Any

import attrs

from cyara_auth.errors import CyaraAuthError

LISTED = 5
"""How many drifts a message names."""

DocumentPath = tuple["str | int", ...]
"""Where something is in a document: keys of objects, and positions in lists."""


@attrs.frozen(kw_only=True)
class Drift:
    """One thing that was seen and is not in the document.

    Attributes:
        kind: "status", "field", "enum member" or "type" (of a text, a number or a boolean).
        where: Path of the containing node in the document, as keys, and positions where there is a list.
        name: The status, field, member or JSON type that is missing there.
        operation: Method and path template of the call.
        addition: What the document would say, to be added at `where`.
    """

    kind: str
    where: DocumentPath
    name: str
    operation: str
    addition: Any = attrs.field(eq=False, hash=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r} at {'/'.join(map(str, self.where))} ({self.operation})"


class DriftError(CyaraAuthError):
    """An answer has what the document does not know. The call itself was carried out.

    Attributes:
        drifts: What was seen.
        title: Title of the document, by which an overlay names it.
    """

    def __init__(self, drifts: tuple[Drift, ...], title: str) -> None:
        # As arguments, and the text by __str__: so it can be pickled.
        super().__init__(drifts, title)
        self.drifts = drifts
        self.title = title

    def __str__(self) -> str:
        # A sentence is read up to a point; a release can bring hundreds of new fields.
        listed = "; ".join([*map(str, self.drifts[:LISTED]), *["..."] * (len(self.drifts) > LISTED)])
        return (
            f"The portal answered with {len(self.drifts)} thing(s) that its document does not know: {listed}. The call "
            "was carried out. Save what error.overlay() returns as openapi/overlays/seen.overlay.yaml and rebuild, or "
            "connect without strict=True."
        )

    def overlay(self) -> str:
        """Return the correction of the document, ready to be saved as `openapi/overlays/NAME.overlay.yaml`."""
        return overlay(self.drifts, title=self.title)


def overlay(drifts: tuple[Drift, ...], *, title: str) -> str:
    """Return the drifts as an OpenAPI Overlay 1.0 in JSON, ready to be saved as `openapi/overlays/NAME.overlay.yaml`.

    `title` is the title of the document that it corrects; an overlay is applied to that document only.
    """
    actions = [
        {
            "target": "$" + "".join(f"[{_selector(key)}]" for key in drift.where),
            "update": drift.addition,
            "x-reason": f"{drift.kind} {drift.name!r} was seen in an answer to {drift.operation}.",
            "x-remove-when": "the portal's document has it.",
        }
        # Two answers may have shown the same thing, and an action is applied once.
        for drift in dict.fromkeys(drifts)
    ]
    # JSON is YAML, and needs no package to be written.
    head = {"overlay": "1.0.0", "info": {"title": "Seen at the portal", "version": "1.0.0"}, "x-cyara-title": title}
    return json.dumps({**head, "actions": actions}, indent=2, ensure_ascii=False) + "\n"


def _selector(key: str | int) -> str:
    if isinstance(key, int):
        return str(key)
    return "'" + key.replace("\\", "\\\\").replace("'", "\\'") + "'"

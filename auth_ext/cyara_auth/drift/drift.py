"""What the portal answers and its document does not say, as values, an error and an overlay.

The client takes unknown statuses, fields and enum members, and numbers that are texts, in its stride: a platform
release must not break a script. With `connect(strict=True)` each of them raises instead, for people who test the portal
itself, and can be saved as an overlay: so the document learns.
"""

from __future__ import annotations

from cyara_auth.drift.overlay_text import overlay_text
from cyara_auth.drift.seen import Drift
from cyara_auth.errors import CyaraAuthError

__all__ = ["Drift", "DriftError", "overlay"]

LISTED = 5
"""How many drifts a message names."""


class DriftError(CyaraAuthError):
    """An answer has what the document does not know. The call itself was carried out.

    Attributes:
        drifts: What was seen.
        title: Title of the document, by which an overlay names it.
        applied: File names of the overlays that the document is corrected by already.
    """

    def __init__(self, drifts: tuple[Drift, ...], title: str, applied: tuple[str, ...] = ()) -> None:
        # As arguments, and the text by __str__: so it can be pickled.
        super().__init__(drifts, title, applied)
        self.drifts = drifts
        self.title = title
        self.applied = applied

    def __str__(self) -> str:
        # A sentence is read up to a point; a release can bring hundreds of new fields.
        listed = "; ".join([*map(str, self.drifts[:LISTED]), *["..."] * (len(self.drifts) > LISTED)])
        return (
            f"The portal answered with {len(self.drifts)} thing(s) that its document does not know: {listed}. The call "
            f"was carried out. Save what error.overlay() returns as openapi/overlays/{self.file_name} and rebuild "
            "(`python3 scripts/dev.py regenerate build`), or connect without strict=True."
        )

    @property
    def file_name(self) -> str:
        """Return a name for the overlay: a new one, so that no earlier correction is lost, applied after all others."""
        last = max(self.applied, default="")
        number = next((n for n in range(1, 10) if _seen(n) > last), None)
        # Overlays are applied in the order of their names, and this one corrects what the others left.
        return last.removesuffix(_SUFFIX) + "_seen" + _SUFFIX if number is None else _seen(number)

    def overlay(self) -> str:
        """Return the correction of the document, ready to be saved as `openapi/overlays/NAME.overlay.yaml`."""
        return overlay(self.drifts, title=self.title)


_SUFFIX = ".overlay.yaml"


def _seen(number: int) -> str:
    # An underscore sorts behind the dot, a hyphen would not.
    return f"seen{_SUFFIX}" if number == 1 else f"seen_{number}{_SUFFIX}"


def overlay(drifts: tuple[Drift, ...], *, title: str) -> str:
    """Return the drifts as an OpenAPI Overlay 1.0 in JSON, ready to be saved as `openapi/overlays/NAME.overlay.yaml`.

    `title` is the title of the document that it corrects; an overlay is applied to that document only.
    """
    return overlay_text(drifts, title=title)

"""The one form of a refusal: what the document is, that nothing was changed, and the next step."""

from __future__ import annotations

import re
from typing import NoReturn, TypeAlias

from pipeline.errors import RefusedDocumentError, quoted

Reason: TypeAlias = tuple[str, str]
"""What a document is or has, after "The document NAME", and the next step as a sentence; the step may be empty."""

SAVE_IT = (
    "Save the portal's own document, https://<portal>/cyarawebapi/swagger/v3/swagger.json, "
    "or run `fetch --portal https://<portal>`."
)
SIGN_IN = (
    "Sign in at the portal in a browser, open the address of the document again and save what comes then, "
    "or run `cyara auth login` and `fetch --portal https://<portal>`."
)
SAVE_AGAIN = "Save the whole file again, or run `fetch --portal https://<portal>`."

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


def refuse(name: str, what: str, step: str = "") -> NoReturn:
    """Raise the refusal of a document; both texts have what comes from the document in quotes already."""
    raise RefusedDocumentError(f"The document {quoted(name)} {what}. Nothing was changed. {step}".rstrip())


def bundle(name: str) -> str:
    """Return the step that makes one file of several: the command was tried with OpenAPI 3 and Swagger 2.0."""
    # Whatever else a name holds would have to be quoted, and each shell does that in its own way.
    shown = name if _PLAIN_NAME.fullmatch(name) else "FILE"
    return f"Bundle it: `npx --yes @redocly/cli bundle {shown} -o bundled.json` beside the others, and build that."

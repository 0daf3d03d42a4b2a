"""Hold every answer of a strict client against the document that travels with the generated package."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from cyara_auth.drift.compare import compare
from cyara_auth.drift.drift import DriftError
from cyara_auth.extensions import operation_of

if TYPE_CHECKING:
    from cyara_auth._http import httpx


APPLIED = "x-cyara-overlays"
"""Member of the corrected document: the file names of its overlays."""


@cache
def packaged_document() -> dict[str, Any]:
    """Return the OpenAPI document that travels with the generated client, with the corrections of overlays."""
    # What somebody has put into an overlay is known from then on, and raises no more.
    package = files("cyara_client")
    corrected = package / "openapi-corrected.json"
    document: dict[str, Any] = json.loads((corrected if corrected.is_file() else package / "openapi.json").read_bytes())
    return document


def raise_on_drift(response: httpx.Response) -> None:
    """Compare an answer whose body has been read; a request that names no operation is left alone.

    Raises:
        DriftError: the answer has a status, a field, an enum member or a type that the document does not know.
    """
    operation = operation_of(response.request.extensions)
    if operation is None:
        return
    document = packaged_document()
    body: object = None
    if "json" in response.headers.get("Content-Type", ""):
        # What is not JSON after all is the decoder's to report.
        with suppress(ValueError):
            body = response.json()
    drifts = compare(document, method=operation.method, path=operation.path, status=response.status_code, body=body)
    if drifts:
        raise DriftError(
            drifts, str(document.get("info", {}).get("title", "")), tuple(map(str, document.get(APPLIED, ())))
        )

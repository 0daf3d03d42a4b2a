"""The checks of `doctor` that send something, each only when it was asked for."""

import json
from pathlib import Path
from typing import Any, cast

from cyara_auth._http import httpx
from cyara_auth.client.proxies import readable_proxies
from cyara_auth.client.tls import tls_context
from cyara_auth.errors import ConfigurationError
from cyara_auth.origin import BaseUrl
from cyara_auth.transport.errors import transport_error
from cyara_tools.cli.exit_codes import EXPECTED, ExitCode
from cyara_tools.cli.finding import Finding, bad, good, warn
from cyara_tools.cli.report import Report
from cyara_tools.cli.spec import built_from, compare
from cyara_tools.cli.verify import Connector, meaning

DOCUMENT_PATH = "/swagger/v3/swagger.json"
"""Where a portal serves its document, below the base URL (observed in use)."""

MAX_DOCUMENT = 64 << 20
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_ASKS_FOR_CREDENTIAL = frozenset({401, 403})
_OK = 200
_SHOWN = 20


def check_answer(make: Connector, operation: str | None) -> Finding:
    """Make one call through the guard and say what its answer means for the pair."""
    try:
        with make(None) as cyara:
            used = cyara.credential
            answer = cyara.verify(operation)
    except EXPECTED as error:
        return bad("probe", str(error) or type(error).__name__)
    code, text = meaning(answer, used)
    return good("probe", text) if code is ExitCode.OK else bad("probe", text)


def check_document(base: BaseUrl, ca: Path | None, make: Connector, report: Report) -> list[Finding]:
    """Fetch the portal's document and name the operations that differ from this client's."""
    try:
        theirs = _fetch(base, ca, make)
        difference = compare(built_from(), theirs)
    except EXPECTED as error:
        return [bad("spec", f"The portal's document could not be fetched: {error}")]
    except (ValueError, RecursionError):
        return [bad("spec", "What the portal serves as its document is no JSON document.")]
    report.put(
        spec={
            "added": list(difference.added),
            "removed": list(difference.removed),
            "changed": list(difference.changed),
            "unchanged": difference.unchanged,
        }
    )
    findings = [
        warn("spec", f"{len(names)} operations {what}: {_shortened(names)}.")
        for what, names in (
            ("of the portal are not in this client", difference.added),
            ("of this client are not in the portal", difference.removed),
            ("differ", difference.changed),
        )
        if names
    ]
    if findings:
        findings.append(
            warn(
                "spec",
                "Next, in this client's repository: python3 scripts/dev.py regenerate fetch --portal URL, then build",
            )
        )
    return findings or [good("spec", f"The portal's {difference.unchanged} operations are those of this client.")]


def _shortened(names: tuple[str, ...]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest


def _fetch(base: BaseUrl, ca: Path | None, make: Connector) -> dict[str, Any]:
    """Ask without the credential first: a document that is public must not cost a call with it."""
    context = tls_context(verify=True if ca is None else ca, cert=None)
    with readable_proxies(None):
        bare = httpx.Client(timeout=_TIMEOUT, verify=context)
    with bare:
        try:
            status, data = _read(bare, f"{base.url}{DOCUMENT_PATH}")
        except httpx.RequestError as error:
            raise transport_error(error, error.request, bare) from None
    if status in _ASKS_FOR_CREDENTIAL:
        with make(None) as cyara:
            status, data = _read(cyara.get_httpx_client(), f"{base.url}{DOCUMENT_PATH}")
    if status != _OK:
        raise ConfigurationError(f"{base.url}{DOCUMENT_PATH} answers {status}")
    document: object = json.loads(data)
    if not isinstance(document, dict) or "paths" not in document:
        raise ValueError(DOCUMENT_PATH)
    return cast("dict[str, Any]", document)


def _read(client: httpx.Client, url: str) -> tuple[int, bytes]:
    """Read an answer up to the cap, so that no portal can fill the memory."""
    data = bytearray()
    with client.stream("GET", url) as answer:
        for chunk in answer.iter_bytes():
            data += chunk
            if len(data) > MAX_DOCUMENT:
                raise ConfigurationError(f"{url} is larger than {MAX_DOCUMENT >> 20} MiB")
    return answer.status_code, bytes(data)

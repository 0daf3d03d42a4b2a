"""The checks of `doctor` that send something, each only when it was asked for."""

import json
from typing import Any, cast

from cyara_auth._http import httpx
from cyara_auth.client.binding import BASE_URL
from cyara_auth.client.proxies import environment_mounts, readable_proxies
from cyara_auth.client.tls import tls_context
from cyara_auth.client.verify_call import choose_verify_call
from cyara_auth.errors import ConfigurationError
from cyara_auth.origin import BaseUrl
from cyara_auth.transport.errors import transport_error
from cyara_tools.cli.checks import Finding, failure, ok, warning
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.context import CallContext
from cyara_tools.cli.exit_codes import EXPECTED, ExitCode
from cyara_tools.cli.spec import compare, own_document
from cyara_tools.cli.verify import SIGN_IN, explain_answer, redirect_target

# Where a portal serves its document, below the base URL (observed in use).
_DOCUMENT_PATH = "/swagger/v3/swagger.json"

_MAX_DOCUMENT_BYTES = 64 << 20
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_CREDENTIAL_WANTED = frozenset({401, 403})
_OK = 200
_SHOWN = 20


def check_answer(context: CallContext) -> Finding:
    """Make one call through the guard, unless the same without the credential is redirected, and say what it means."""
    base = context.known_base()
    try:
        with context.connect() as cyara:
            used = cyara.credential
            call = choose_verify_call(cyara.operations, account_id=cyara.account_id, operation_id=context.operation)
            if target := _redirect_target(base, call.path, context):
                return failure("probe", _redirected(base, call.path, target))
            # Without `confirm`: a diagnosis must not spend budget on a suspect pair.
            answer = cyara.verify(context.operation)
        code, text = explain_answer(answer, used, context)
    except EXPECTED as error:
        return failure("probe", str(error) or type(error).__name__)
    return ok("probe", text) if code is ExitCode.OK else failure("probe", text)


def _redirect_target(base: BaseUrl, route: str, context: CallContext) -> str | None:
    """Return where a call without the credential is redirected; `None` if it is not."""
    # A route, since the base URL itself may be redirected (to its Swagger page, to a slash at its end) where all is
    # well. Without the credential no call can count as invalid, whoever answers.
    with _bare_client(base, context) as bare:
        try:
            answer = bare.get(f"{base.url}{route}")
        except httpx.RequestError as error:
            raise transport_error(error, error.request, bare) from None
    return redirect_target(answer)


def _redirected(base: BaseUrl, route: str, target: str) -> str:
    moved = target.removesuffix(route)
    step = f"set {BASE_URL}={moved}" if moved != target and moved.startswith("https:") else "check base URL and proxy"
    return (
        f"{base.url} redirects a call without the credential to {target}, so the credential was not sent. "
        f"Next: {step}; {SIGN_IN}; if the API redirects only what has no credential: cyara auth verify"
    )


def check_document(base: BaseUrl, context: CallContext, output: CommandOutput) -> list[Finding]:
    """Fetch the portal's document and name the operations that differ from this client's."""
    try:
        theirs = _fetch(base, context)
        difference = compare(own_document(), theirs)
    except EXPECTED as error:
        return [failure("spec", f"The portal's document could not be fetched: {error}")]
    except (ValueError, RecursionError):
        # Not JSON, no UTF-8, or nested so deep that reading it would end the process.
        return [failure("spec", "What the portal serves as its document is no JSON document.")]
    output.put(
        spec={
            "added": list(difference.added),
            "removed": list(difference.removed),
            "changed": list(difference.changed),
            "unchanged": difference.unchanged,
        }
    )
    findings = [
        warning("spec", f"{len(names)} operations {what}: {_shortened(names)}.")
        for what, names in (
            ("of the portal are not in this client", difference.added),
            ("of this client are not in the portal", difference.removed),
            ("differ", difference.changed),
        )
        if names
    ]
    if findings:
        findings.append(
            warning(
                "spec",
                "Next, in this client's repository: python3 scripts/dev.py regenerate fetch --portal URL, then build",
            )
        )
    return findings or [ok("spec", f"The portal's {difference.unchanged} operations are those of this client.")]


def _shortened(names: tuple[str, ...]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest


def _fetch(base: BaseUrl, context: CallContext) -> dict[str, Any]:
    """Fetch the portal's document."""
    # Without the credential first: a document that is public must not cost a call with it.
    with _bare_client(base, context) as bare:
        try:
            status, data = _read(bare, f"{base.url}{_DOCUMENT_PATH}")
        except httpx.RequestError as error:
            raise transport_error(error, error.request, bare) from None
    if status in _CREDENTIAL_WANTED:
        with context.connect() as cyara:
            status, data = _read(cyara.get_httpx_client(), f"{base.url}{_DOCUMENT_PATH}")
    if status != _OK:
        raise ConfigurationError(f"{base.url}{_DOCUMENT_PATH} answers {status}")
    document: object = json.loads(data)
    if not isinstance(document, dict) or "paths" not in document:
        raise ValueError(_DOCUMENT_PATH)
    return cast("dict[str, Any]", document)


def _bare_client(base: BaseUrl, context: CallContext) -> httpx.Client:
    """Return a client that knows no credential and goes the way of those that do."""
    tls = tls_context(verify=True if context.ca is None else context.ca, cert=None)
    outside = base.origin.scheme == "https"
    with readable_proxies(None, environment=outside):
        mounts = environment_mounts(base.origin, lambda proxy: httpx.HTTPTransport(tls, proxy=proxy)) if outside else {}
        return httpx.Client(timeout=_TIMEOUT, verify=tls, mounts=mounts, trust_env=False)


def _read(client: httpx.Client, url: str) -> tuple[int, bytes]:
    """Read an answer."""
    data = bytearray()
    with client.stream("GET", url) as answer:
        for chunk in answer.iter_bytes():
            data += chunk
            # Counted while it is read: whatever answers at this address must not fill the memory.
            if len(data) > _MAX_DOCUMENT_BYTES:
                raise ConfigurationError(f"{url} is larger than {_MAX_DOCUMENT_BYTES >> 20} MiB")
    return answer.status_code, bytes(data)

"""The front door: `connect()` returns a `Cyara`, which every endpoint function takes as `client=`."""

from __future__ import annotations

from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import attrs

import cyara_client
from cyara_auth.arguments import DEFAULT_TIMEOUT, check_user_agent
from cyara_auth.client.account import account_of, takes_text
from cyara_auth.workflows.workflows import AsyncWorkflows, Workflows
from cyara_client.errors import DecodingError
from cyara_client.resources import AsyncResources, SyncResources

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Self, Unpack

    from cyara_auth._http import httpx
    from cyara_auth.client.binding import Binding, CredentialArgument, GuardOptions, ProxyBinding
    from cyara_auth.client.hooks import EventHooks
    from cyara_auth.client.http_clients import ClientsByProcess, HttpClients, HttpOptions
    from cyara_auth.client.retry import RetryPolicy
    from cyara_auth.credential import ApiCredential
    from cyara_auth.guard.guard import StrikeGuard
    from cyara_auth.workflows.calls import CallStep
    from cyara_client.operations import Operation


@attrs.frozen(kw_only=True)
class _Parts:
    """What a `Cyara` is made of; `pickled` are the arguments by which `connect` makes it again in another process."""

    binding: Binding | ProxyBinding
    options: HttpOptions
    account_id: int | str | None
    pickled: Mapping[str, Any] | None = attrs.field(repr=False)
    parent: ClientsByProcess | None = None


def _operation_of(module: str) -> Operation | None:
    """Return the operation of a module such as `campaigns.execute_campaign`; None where the document has none."""
    return next((found for found in _operations().values() if found.module == module), None)


def _incomplete(step: CallStep) -> DecodingError:
    """Return the error for an answer that was read, and in which null stands for what the next step needs."""
    module = f"{step.resource}.{step.method}"
    operation = next(found for found in _operations().values() if found.module == module)
    facts: dict[str, Any] = {"method": operation.method, "path_template": operation.path, "status_code": 200}
    return DecodingError(f"{step.needs} is null", operation_id=operation.operation_id, **facts)


class Cyara(Workflows, SyncResources):
    """A client of one portal, made by `connect`; close it, or use it in a `with` or `async with` block.

    One attribute for each tag of the portal's document (`cyara.campaigns.get_campaigns()`), the same for async code
    under `aio`. It can be shared by threads, tasks and forked processes. It pickles as a reference to where its
    credential comes from, and refuses to if it was given the credential itself.
    """

    _missing_field = staticmethod(_incomplete)

    def __init__(self, parts: _Parts) -> None:
        # Before anything can be sent.
        if parts.options.retries.also_idempotent:
            parts.options.retries.check_operations(_operations())
        SyncResources.__init__(self, self)
        self._parts = parts
        # Late, here and in `connect`: guard, stores and transports are most of what importing `connect` would cost, and
        # a program that only might connect should not pay for them.
        from cyara_auth.client.http_clients import ClientsByProcess

        self._clients = ClientsByProcess(parts.binding, parts.options, parts.parent)
        self.aio = AsyncCyara(self)

    def _check_operation(self, module: str) -> None:
        """Refuse what may not be sent, before a workflow sends anything else.

        Raises:
            InferredOperationError: the operation would change things and is a guess.
        """
        self._here().sync().check_operation(_operation_of(module))

    @property
    def base_url(self) -> str:
        """The API's base URL, without a trailing slash."""
        return self._parts.binding.base.url

    @property
    def account_id(self) -> int | str | None:
        """The account that is used where a call leaves it out."""
        return self._parts.account_id

    @property
    def credential(self) -> ApiCredential:
        """The credential in use; it shows its fingerprint and nothing else.

        Raises:
            ConfigurationError: calls go through `cyara proxy` (`CYARA_PROXY=1`), and the credential stays there.
        """
        return self._parts.binding.guarded().source.current()

    @property
    def guard(self) -> StrikeGuard:
        """The guard that admits this client's calls.

        Raises:
            ConfigurationError: calls go through `cyara proxy` (`CYARA_PROXY=1`), and the guard is there.
        """
        return self._parts.binding.guarded().guard

    @property
    def operations(self) -> Mapping[str, Operation]:
        """Every operation of the document that this client was generated from, by operation id."""
        return _operations()

    def get_httpx_client(self) -> httpx.Client:
        """Return the guarded httpx client of this process; generated functions send by it."""
        return self._here().sync()

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Return the guarded httpx client of this process and the running event loop."""
        return self._here().asynchronous()

    def raw(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send any request, guarded and retried as usual, and return httpx's response whatever its status.

        `path` is relative to the base URL (`/v3.0/...`); `options` are those of `httpx.Client.request`.
        """
        return self.get_httpx_client().request(method, path, **options)

    def verify(self, operation: str | None = None, *, confirm: bool = False) -> httpx.Response:
        """Verify the credential by one cheap GET through the guard, and return the answer, whatever its status.

        Args:
            operation: Operation id; by default one that needs no more than the account.
            confirm: Spend budget on a pair that an ambiguous 401 has made suspect.

        Raises:
            ConfigurationError: no operation can be called with what is known.
            AdmissionRefusedError: nothing was sent.
        """
        # Late, here and below: few programs verify by themselves.
        from cyara_auth.client.verify_call import choose_verify_call

        call = choose_verify_call(_operations(), account_id=self.account_id, operation_id=operation)
        return self.raw("GET", call.path, **call.options(confirm=confirm))

    def with_options(
        self,
        *,
        account_id: int | str | None = None,
        timeout: httpx.Timeout | float | None = None,
        retries: RetryPolicy | int | None = None,
        user_agent: str | None = None,
        strict: bool | None = None,
    ) -> Cyara:
        """Return a client that differs in what is given here and shares all else: credential, guard, connections.

        There is nothing to close: it ends with this client.
        """
        given = {"timeout": timeout, "retries": retries, "user_agent": user_agent, "strict": strict}
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        pickled = self._parts.pickled
        account = self.account_id if account_id is None else account_of(account_id, {}, takes_text=account_takes_text)
        # The header is rebuilt from the caller's own part of it, which alone is pickled.
        http = changes | ({"user_agent": _user_agent(user_agent)} if user_agent else {})
        options = attrs.evolve(self._parts.options, **http)
        pickled = None if pickled is None else {**pickled, **changes, "account_id": account}
        parts = attrs.evolve(self._parts, account_id=account, parent=self._clients, options=options, pickled=pickled)
        return Cyara(parts)

    def close(self) -> None:
        """Close the connections of this process. Those of event loops are closed by `aclose`."""
        self._here().close()

    async def aclose(self) -> None:
        """Close the connections of this process that belong to threads or to the running event loop."""
        await self._here().aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        where, source = self._parts.binding.shown()
        return f"<Cyara {where}, account {self.account_id}, {source}>"

    def __reduce__(self) -> tuple[Any, ...]:
        if self._parts.pickled is None:
            raise TypeError(
                "This client was given a secret (credential, password of a store, proxy or certificate), an "
                "environment or a store object, and none of these is pickled. Give workers the source instead: "
                "environment variables, a profile, or a provider."
            )
        return partial(connect, **self._parts.pickled), ()

    def _here(self) -> HttpClients:
        return self._clients.here()


class AsyncCyara(AsyncWorkflows, AsyncResources):
    """The resources of a `Cyara` for async code: the same methods, awaited."""

    _missing_field = staticmethod(_incomplete)

    def __init__(self, client: Cyara) -> None:
        AsyncResources.__init__(self, client)
        self._cyara = client

    async def _check_operation(self, module: str) -> None:
        """Do as `Cyara._check_operation` does."""
        client: Any = self._cyara.get_async_httpx_client()
        await client.check_operation(_operation_of(module))

    async def raw(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Do as `Cyara.raw` does."""
        return await self._cyara.get_async_httpx_client().request(method, path, **options)

    async def verify(self, operation: str | None = None, *, confirm: bool = False) -> httpx.Response:
        """Do as `Cyara.verify` does."""
        from cyara_auth.client.verify_call import choose_verify_call

        call = choose_verify_call(_operations(), account_id=self._cyara.account_id, operation_id=operation)
        return await self.raw("GET", call.path, **call.options(confirm=confirm))


def connect(  # noqa: PLR0913 - the front door: everything that can be said, said once, by keyword
    base_url: str | None = None,
    credential: CredentialArgument = None,
    *,
    account_id: int | str | None = None,
    timeout: httpx.Timeout | float | None = DEFAULT_TIMEOUT,
    verify: ssl.SSLContext | str | Path | bool = True,
    cert: str | tuple[str, str] | tuple[str, str, str] | None = None,
    proxy: str | httpx.URL | httpx.Proxy | None = None,
    retries: RetryPolicy | int | None = None,
    user_agent: str | None = None,
    strict: bool = False,
    event_hooks: EventHooks | None = None,
    **guard: Unpack[GuardOptions],
) -> Cyara:
    """Make a client. Nothing is sent; the credential is read and checked for its form.

    Args:
        base_url: `https://<portal>/cyarawebapi`, or the portal's host; `CYARA_BASE_URL` by default. Plain http reaches
            this machine only, and hosts in `allow_plain_http`.
        credential: Text in any form that the portal shows, an `ApiCredential`, or a callable that returns one. By
            default the sources of `cyara_auth.providers` are asked, `CYARA_API_CREDENTIAL` among the first.
        account_id: Fills the account where a call leaves it out; `CYARA_ACCOUNT_ID` by default.
        timeout: Seconds, or `httpx.Timeout`. `None`, said explicitly, waits for ever.
        verify: `True`, a CA file or folder, an `ssl.SSLContext`, or `False` (never outside a test).
        cert: Client certificate: a file, or (certificate, key), or (certificate, key, password).
        proxy: Proxy for everything; by default those of the environment (`HTTPS_PROXY`, `NO_PROXY`).
        retries: How often to repeat what may be repeated, or a `RetryPolicy`; 0 never does.
        user_agent: Your program's name and version, appended to the User-Agent header.
        strict: Raise `DriftError` for an answer with a status, field, enum member or type that is not in the document.
        event_hooks: Functions to call with each request and each answer, as httpx takes them:
            `{"request": [...], "response": [...]}`. They never see the credential.
        guard: `profile`, `policy`, `budget`, `store`, `require_shared_store`, `rotation_wait`, `allow_plain_http`,
            `allow_inferred` (send operations that change things though they are guesses) and `environ`, which `install`
            and `GuardedAdapter` take too; see `cyara_auth.client.binding.GuardOptions`.

    Raises:
        ConfigurationError: an option is unusable; the text says which, and what to use.
        CredentialError: no source has a usable credential.
        StrikeStoreUnavailableError: the store of strikes cannot be opened.
        SharedStoreRequiredError: a shared store is required, and in CI this one was made just now.
    """
    from cyara_auth.client.binding import bind, holds_secret
    from cyara_auth.client.http_clients import HttpOptions

    # A traceback that prints locals must not find the credential in this frame.
    holder = [credential]
    del credential
    http: dict[str, Any] = {"timeout": timeout, "verify": verify, "cert": cert, "proxy": proxy}
    http |= {"retries": retries, "strict": strict, "event_hooks": event_hooks}
    options = HttpOptions(**http, user_agent=_user_agent(user_agent))
    environ = guard.get("environ")
    # A secret is never written to where a pickle may go, and what was given in place of the environment may hold one.
    pickled: dict[str, Any] | None = None
    if environ is None and not holds_secret(holder[0], guard.get("store"), cert, proxy):
        pickled = {"base_url": base_url, "credential": holder[0], "account_id": account_id}
        pickled |= {**guard, **http, "user_agent": user_agent}
    binding = bind(base_url, holder.pop(), **guard)
    account = account_of(account_id, environ, takes_text=account_takes_text)
    return Cyara(_Parts(binding=binding, options=options, account_id=account, pickled=pickled))


def _operations() -> Mapping[str, Operation]:
    # Late: the table grows with the document, and what asks for it here is rare. Endpoints load it by themselves.
    from cyara_client.operations import OPERATIONS

    return OPERATIONS


def account_takes_text() -> bool:
    """Return whether an account may be a text in this client's document."""
    return takes_text(_operations(), lambda module: import_module(f"cyara_client.api.{module}"))


def _user_agent(suffix: str | None) -> str:
    """Say which package, platform release and Python call, and the caller's own name if given."""
    check_user_agent(suffix)
    version, release, _ = built_from()
    # Late: it brings subprocess and more, for one number.
    import platform

    product = f"cyara-client/{version} platform/{release or 'unknown'} python/{platform.python_version()}"
    return f"{product} {suffix}" if suffix else product


@cache
def built_from() -> tuple[str, str | None, str]:
    """Return the package's version, and of the document its platform release, if known, and its SHA-256."""
    # Asked at the first call, and once: the version stands in the metadata of the installed package, on the disk.
    return cyara_client.__version__, cyara_client.__platform__, cyara_client.__spec_sha256__

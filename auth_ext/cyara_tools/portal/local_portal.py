"""`LocalPortal`: a real HTTP server on loopback that serves a document and simulates the vendor's credential rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Self

from cyara_tools.portal.controls import LocalControls
from cyara_tools.portal.core import read_document
from cyara_tools.portal.domain.account import ACCOUNT
from cyara_tools.portal.remote import RemoteControls
from cyara_tools.portal.server import PortalServer
from cyara_tools.portal.settings import BASE_PATH, PortalSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from cyara_tools.portal.core import DocumentSource
    from cyara_tools.portal.domain.modes import Outcomes, ResultPages, RunsAs, Ticket
    from cyara_tools.portal.faults import Fault
    from cyara_tools.portal.recorder import RecordedRequest


class LocalPortal:
    """A portal on a free loopback port, running from `with` to its end.

    Nothing it does reaches a real portal, so scripts can be tried, and credentials be got wrong, without harm. The
    credential is a new one at each start. With `process=True` it runs in a process of its own, and everything below
    still works.

    Example:
        >>> with LocalPortal() as portal:
        ...     portal.base_url.endswith("/cyarawebapi")
        True
    """

    account_id: Final = ACCOUNT

    def __init__(  # noqa: PLR0913 - each is one independent choice, and all have defaults
        self,
        document: DocumentSource = None,
        *,
        process: bool = False,
        port: int = 0,
        reading: Literal["A", "B", "C"] = "B",
        counting: Literal["cumulative", "consecutive"] = "cumulative",
        nodes: int = 1,
        seed: int = 0,
        stateful: bool = True,
        speed: float = 1.0,
        document_name: str = "v3",
        document_needs_credential: bool = False,
        exact_document: bool = False,
        base_path: str = BASE_PATH,
        runs_as: RunsAs = "runs",
        ticket: Ticket = "object",
        result_pages: ResultPages = "whole",
        outcomes: Outcomes = "mixed",
        late_failures: int = 0,
        endless: bool = False,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Say how it is to behave; nothing runs before `with`.

        Args:
            document: OpenAPI 3.x document as bytes, path or dictionary; the installed client's own when None.
            process: run in a process of its own.
            port: port to bind, any free one when 0.
            reading: what the count of invalid calls belongs to: `A` the pair, `B` the key, `C` the key for good.
            counting: whether a success starts the count anew (`consecutive`) or not.
            nodes: simulated machines behind the portal, which may learn of a new token at different times.
            seed: another seed makes other answers from schemas.
            stateful: False makes every answer from its schema.
            speed: seconds of the portal's time for each real one; 0 leaves the clock to `advance`.
            document_name: name of the document in its own address.
            document_needs_credential: whether the document itself asks for the credential.
            exact_document: serve the document byte for byte; else it names this portal as its only server.
            base_path: path that everything lives under.
            runs_as: whether the list of a campaign's runs has `runs` or the single `calls` of runs.
            ticket: form of the answer to a start: `object`, `guid`, `run_id`, `ticket_id`, `run`, `created`,
                `accepted`, `accepted_empty`, `no_content`, `empty` or `text`.
            result_pages: how the results of a run are listed: `whole`; `short`, without the last one, which is counted;
                `silent`, without it and not counted; `empty`, with nothing after the first page; `repeated`, with the
                first page for any other.
            outcomes: results of calls: `mixed`, or `success` or `aborted` for all.
            late_failures: how many of a run's calls fail, the last ones to end.
            endless: whether the last call of a run that somebody starts never ends, and so neither does the run.
            environ: environment of the process of its own.
        """
        self._document, self._process, self._port, self._environ = document, process, port, environ
        self._settings = PortalSettings(
            reading=reading,
            counting=counting,
            nodes=nodes,
            seed=seed,
            stateful=stateful,
            speed=speed,
            document_name=document_name,
            document_needs_credential=document_needs_credential,
            exact_document=exact_document,
            base_path=base_path,
            runs_as=runs_as,
            ticket=ticket,
            result_pages=result_pages,
            outcomes=outcomes,
            late_failures=late_failures,
            endless=endless,
        )
        # Said here, and not by a child process or in the middle of a test.
        _ = self._settings.modes
        # Kept after `stop`, so that what was recorded can still be read of a portal in this process.
        self._started: PortalServer | RemoteControls | None = None

    def start(self) -> Self:
        """Start serving; `with` does this.

        Raises:
            UnusableDocumentError: the document is not OpenAPI 3.x.
            OSError: the port is taken.
        """
        if self._process:
            data = None if self._document is None else read_document(self._document)
            self._started = RemoteControls(data, self._settings, port=self._port, environ=self._environ)
        else:
            self._started = PortalServer(self._document, self._settings, port=self._port)
            self._started.start()
        return self

    def stop(self) -> None:
        """Stop serving and close every connection."""
        if self._started is not None:
            self._started.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _running(self) -> PortalServer | RemoteControls:
        if self._started is None:
            raise RuntimeError("The local portal is not running; use it in a `with` statement.")
        return self._started

    @property
    def _controls(self) -> LocalControls | RemoteControls:
        running = self._running
        return LocalControls(running.core) if isinstance(running, PortalServer) else running

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return self._running.origin

    @property
    def base_url(self) -> str:
        """Address of the API, as `CYARA_BASE_URL` wants it."""
        return self.origin + self._settings.base_path

    @property
    def document_url(self) -> str:
        """Address of the OpenAPI document."""
        return f"{self.base_url}/swagger/{self._settings.document_name}/swagger.json"

    @property
    def credential(self) -> str:
        """The pair that is valid now, as `key:token`."""
        return self._controls.credential()

    @property
    def invalid_calls(self) -> int:
        """Calls with an invalid pair on the key, since the start."""
        return sum(self._controls.invalid_by_token())

    @property
    def invalid_calls_by_token(self) -> tuple[int, ...]:
        """Invalid calls on the key while each token was the current one, oldest first; the third voids a token."""
        return self._controls.invalid_by_token()

    @property
    def token_void(self) -> bool:
        """Whether the current token has been voided."""
        return self._controls.is_token_void()

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """The latest requests, oldest first, without the secret."""
        return self._controls.requests()

    @property
    def arrivals(self) -> int:
        """How many requests have arrived since the start."""
        return self._controls.arrivals()

    @property
    def pending_faults(self) -> int:
        """How many injected faults are not used up."""
        return self._controls.pending_faults()

    def regenerate_token(self, *, nodes: int | None = None) -> str:
        """Make a new token and return the new pair; only the first `nodes` nodes know it, all when None."""
        return self._controls.regenerate(nodes)

    def regenerate_before(self, arrival: int, *, nodes: int | None = None) -> None:
        """Make a new token just before the request with this arrival number, counted from 1, is checked."""
        self._controls.regenerate_before(arrival, nodes)

    def propagate(self) -> None:
        """Let all nodes know the current token."""
        self._controls.propagate()

    def inject(self, *faults: Fault) -> None:
        """Inject faults into the requests to come; see `cyara_tools.portal.faults`."""
        self._controls.inject(faults)

    def clear_faults(self) -> None:
        """Forget the faults that are not used up."""
        self._controls.clear_faults()

    def answer_in_form(self, form: str) -> None:
        """Choose the form: `full`, or `nulls`, `unknown_enum`, `unknown_kind`, `dates7`, made from schemas alone."""
        self._controls.set_form(form)

    def advance(self, seconds: float) -> None:
        """Move the portal's clock."""
        self._controls.advance(seconds)

    def forget_requests(self) -> None:
        """Drop what was recorded; arrival numbers go on."""
        self._controls.forget_requests()

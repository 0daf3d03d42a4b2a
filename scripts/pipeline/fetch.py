"""`fetch`: get a portal's document and store it, byte for byte, with where it came from.

The portal is first asked without credentials. Only if it asks for some (401, 403, or a redirect to a sign-in page on
another host) are they used, and then through the strike guard of ``cyara_auth``, for one request to one address: a
wrong pair costs one strike at most, and none when the guard already knows that it is wrong.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import httpx
from attrs import frozen

from pipeline.document import LoadedDocument, parse_document, read_document
from pipeline.download import Answer, Network, get
from pipeline.errors import FetchError, RefusedDocumentError, listed, quoted
from pipeline.folder_lock import work_folder
from pipeline.journal import changes_between, install, recover
from pipeline.layout import Layout, upstream_name
from pipeline.plain import is_mapping
from pipeline.portal_address import FIRST, OTHERS, PAGES, PortalAddress, documents_in_page, preferred, understand
from pipeline.upstream import FOLDER, NOTE, locked_document, provenance, replaced_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from pipeline.progress import Progress

OK = 200
ASKS_FOR_CREDENTIALS = {401, 403, 302, 303, 307}


@frozen(kw_only=True, slots=True)
class Fetched:
    """A document that was fetched, and where it came from."""

    document: LoadedDocument
    origin: str
    others: list[str]
    """Further documents that the portal's Swagger UI lists."""


def fetch_portal(address: str, *, network: Network, progress: Progress) -> Fetched:
    """Find and download the document of a portal, given any address of it.

    Raises:
        FetchError: none was found; the text says what was asked and what came back.
    """
    where = understand(address)
    with progress.stage("fetch") as update, httpx.Client(**network.options()) as client:
        search = _Search(where, network, lambda target: get(client, target, progress=update))
        return search.run()


def fetch_url(address: str, *, network: Network, progress: Progress) -> Fetched:
    """Download the document at an address.

    Raises:
        FetchError: it is not there, or no document.
    """
    where = PortalAddress(api=understand(address).api, document=address)
    with progress.stage("fetch") as update, httpx.Client(**network.options()) as client:
        search = _Search(where, network, lambda target: get(client, target, progress=update))
        return search.only(address)


def fetch_file(path: Path) -> Fetched:
    """Read the document from a file.

    Raises:
        RefusedDocumentError: it is no document.
    """
    document = read_document(path)
    _require_openapi(document)
    return Fetched(document=document, origin=f"the file {path.name}", others=[])


def store(fetched: Fetched, tree: Layout, *, now: datetime) -> Path:
    """Store a document as the new upstream, in one journalled step, and return its path; other files there stay.

    Raises:
        PipelineError: nothing was stored.
    """
    with work_folder(tree.root) as folder:
        recover(tree.root, folder)
        staged = folder / "build" / "tree"
        upstream = staged / "openapi" / "upstream"
        upstream.mkdir(parents=True)
        name = upstream_name(fetched.document.name)
        (upstream / name).write_bytes(fetched.document.received)
        note = provenance(fetched.document, name, origin=fetched.origin, command="fetch", now=now)
        (upstream / NOTE).write_bytes(note)
        gone = replaced_documents(tree, name, locked_document(tree))
        changes = changes_between(tree.root, staged, gone=gone, last=f"{FOLDER}/{name}")
        install(tree.root, folder, staged, changes)
    return tree.openapi / "upstream" / name


class _Search:
    """The search for a document: asks one address after the other and keeps what each said, for the error's text."""

    def __init__(self, where: PortalAddress, network: Network, ask: Callable[[str], Answer]) -> None:
        self.where = where
        self.network = network
        self.ask = ask
        self.said: list[str] = []
        self.locked: str | None = None
        self.listed: list[str] = []

    def run(self) -> Fetched:
        for address in self._candidates():
            document = self._try(address)
            if document:
                return self._found(document, address)
        if self.locked:
            return self.with_credential(self.locked)
        raise FetchError(
            f"No OpenAPI document was found at {self.where.api}. Asked: {listed(self.said, limit=30)}. "
            "Nothing was stored. Open the portal's Swagger page, copy the address of its document, and use --url."
        )

    def only(self, address: str) -> Fetched:
        document = self._try(address)
        if document:
            return self._found(document, address)
        if self.locked:
            return self.with_credential(address)
        raise FetchError(f"There is no OpenAPI document at this address: {self.said[-1]}. Nothing was stored.")

    def with_credential(self, address: str) -> Fetched:
        """Ask once more, with the credential, through the guard."""
        answer = authorised_get(self.where.api, address, self.network)
        document = self._document(answer)
        if document is None:
            raise FetchError(f"With the credential there is no document either: {self.said[-1]}. Nothing was stored.")
        return self._found(document, address)

    def _candidates(self) -> Iterator[str]:
        if self.where.document:
            yield self.where.document
        yield f"{self.where.api}/{FIRST}"
        if self.locked:
            return  # the right place, behind a lock: guessing on would only find other documents
        for page in PAGES:
            answer = self.ask(f"{self.where.api}/{page}")
            if answer.status == OK:
                text = answer.content.decode("utf-8", "replace")
                self.listed += documents_in_page(text, answer.address)
        yield from preferred(self.listed)
        yield from (f"{self.where.api}/{other}" for other in OTHERS)

    def _try(self, address: str) -> LoadedDocument | None:
        answer = self.ask(address)
        if answer.status in ASKS_FOR_CREDENTIALS and self.locked is None:
            self.locked = address
        return self._document(answer)

    def _document(self, answer: Answer) -> LoadedDocument | None:
        shown = answer.address.removeprefix(self.where.api)
        if answer.status != OK:
            self.said.append(f"{shown}: status {answer.status}")
            return None
        if answer.is_page:
            self.said.append(f"{shown}: a web page")
            return None
        try:
            document = parse_document(answer.content, name=answer.address.rpartition("/")[2] or "document")
            _require_openapi(document)
        except RefusedDocumentError as error:
            if self.where.document == answer.address:
                raise
            self.said.append(f"{shown}: {error}")
            return None
        return document

    def _found(self, document: LoadedDocument, address: str) -> Fetched:
        others = [other for other in dict.fromkeys(self.listed) if other != address]
        return Fetched(document=document, origin=address, others=others)


def authorised_get(api: str, address: str, network: Network) -> Answer:
    """Get one address with the configured credential, through the strike guard.

    Raises:
        FetchError: no credential is configured, or the guard or the portal refused it.
    """
    try:  # late: both need the generated package, which may be missing
        connect = importlib.import_module("cyara_auth").connect
        failure: type[Exception] = importlib.import_module("cyara_client.errors").CyaraError
    except ImportError as error:
        raise FetchError(
            "The portal asks for credentials, and cyara_auth, which uses them safely, cannot be imported. "
            "Run `build` first. Nothing was stored."
        ) from error
    try:
        with connect(api, **network.options()) as cyara:
            return get(cyara.get_httpx_client(), address, progress=lambda _: None)
    except failure as error:
        raise FetchError(
            f"The portal asks for credentials, and none could be used. {error} Nothing was stored."
        ) from error


def _require_openapi(document: LoadedDocument) -> None:
    data: dict[str, Any] = document.data
    if not is_mapping(data.get("paths")) or not ({"swagger", "openapi"} & data.keys()):
        raise RefusedDocumentError(f"{quoted(document.name)} is no OpenAPI or Swagger document. Nothing was changed.")

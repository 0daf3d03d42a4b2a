"""`fetch`: get a portal's document and store it, byte for byte, with where it came from.

The portal is first asked without credentials. Only if it asks for some (401, 403, or a redirect to a sign-in page on
another host) are they used, and then through the strike guard of ``cyara_auth``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attrs import frozen

from pipeline.document.document import LoadedDocument, read_document
from pipeline.document.openapi_document import require_openapi
from pipeline.fetch.document_search import FoundDocument, Search
from pipeline.fetch.download import Network, get
from pipeline.fetch.portal_address import PortalAddress, understand, with_scheme
from pipeline.install.folder_lock import work_folder
from pipeline.install.journal import changes_between, install, recover
from pipeline.install.layout import Layout, upstream_name
from pipeline.install.upstream import FOLDER, NOTE, locked_document, provenance, replaced_documents

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from pipeline.progress import StageProgress


@frozen(kw_only=True, slots=True)
class Fetched:
    """A document that was fetched, and where it came from."""

    document: LoadedDocument
    origin: str
    others: list[str]
    """Further documents that the portal's Swagger UI lists."""


def fetch_portal(address: str, *, network: Network, progress: StageProgress) -> Fetched:
    """Find and download the document of a portal, given any address of it.

    Raises:
        FetchError: none was found; the text says what was asked and what came back.
    """
    where = understand(address)
    return _searched(where, network, progress, lambda search: search.portal())


def fetch_url(address: str, *, network: Network, progress: StageProgress) -> Fetched:
    """Download the document at an address.

    Raises:
        FetchError: it is not there, or no document.
    """
    where = PortalAddress(api=understand(address).api, document=with_scheme(address))
    return _searched(where, network, progress, lambda search: search.only(with_scheme(address)))


def fetch_file(path: Path) -> Fetched:
    """Read the document from a file.

    Raises:
        RefusedDocumentError: it is no document.
    """
    document = read_document(path)
    require_openapi(document)
    return Fetched(document=document, origin=f"the file {path.name}", others=[])


def store(fetched: Fetched, tree: Layout, *, now: datetime) -> Path:
    """Store a document as the new upstream, in one journalled step, and return its path; other files there stay.

    Raises:
        PipelineError: nothing was stored.
    """
    with work_folder(tree.root) as folder:
        # An install that was cut short would take the new document for somebody's edit.
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


def _searched(
    where: PortalAddress, network: Network, progress: StageProgress, find: Callable[[Search], FoundDocument]
) -> Fetched:
    with progress.stage("fetch") as update, network.client() as client:
        ask = partial(get, client, progress=update)
        found = find(Search(where=where, network=network, ask=ask, progress=update))
    return Fetched(document=found.document, origin=found.address, others=found.others)

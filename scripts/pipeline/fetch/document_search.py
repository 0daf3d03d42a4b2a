"""The search for a portal's document: one address after the other, and what each said, for the error's text.

The portal is first asked without credentials. Only where it asks for some are they used: first at the address that
asked, and, once that gave an answer, at others that ask too. What can be had without is never asked for with them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from pipeline.document.document import LoadedDocument, parse_document
from pipeline.document.openapi_document import require_openapi
from pipeline.errors import FetchError, RefusedDocumentError, listed, quoted
from pipeline.fetch.authorised import AuthorisedClient, authorised
from pipeline.fetch.portal_address import (
    FIRST,
    OTHERS,
    PAGES,
    PortalAddress,
    configurations_in_page,
    documents_in_page,
    preferred,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipeline.fetch.download import Download, Network

OK = 200
PASSED = {*range(200, 300), 404}
"""Answers that say that the pair was taken, where the same address wanted one."""
WANTS_CREDENTIALS = {401, 403}
_SIGN_IN = re.compile(r"log-?[io]n|sign-?in|\bsso\b|saml|oauth|openid|adfs", re.IGNORECASE)


@frozen(kw_only=True, slots=True)
class FoundDocument:
    """A document, its address, and further ones that the portal's Swagger UI lists."""

    document: LoadedDocument
    address: str
    others: list[str]


@define(kw_only=True, slots=True)
class Search:
    """One search; ``ask`` gets an address without credentials."""

    where: PortalAddress
    network: Network
    ask: Callable[[str], Download]
    progress: Callable[[str], None]
    # By address: the second search, with the credential, asks for nothing again that the first one got.
    _answers: dict[str, Download] = field(factory=dict[str, "Download"])
    _said: dict[str, str] = field(factory=dict[str, str])
    _listed: list[str] = field(factory=list[str])
    _locked: str | None = None
    _client: AuthorisedClient | None = None

    def portal(self) -> FoundDocument:
        """Find the document of a portal.

        Raises:
            FetchError: there is none, or it needs a credential that cannot be used.
        """
        found = self._first(self._candidates) or self._with_credential(self._candidates)
        if found:
            return found
        raise FetchError(
            f"No OpenAPI document was found at {self.where.api}. Asked: {listed(list(self._said.values()), limit=30)}. "
            "Nothing was stored. Open the portal's Swagger page, copy the address of its document, and use --url."
        )

    def only(self, address: str) -> FoundDocument:
        """Get the document at an address.

        Raises:
            FetchError: it is not there, or it needs a credential that cannot be used.
        """

        def candidates() -> Iterator[str]:
            yield address

        found = self._first(candidates) or self._with_credential(candidates)
        if found:
            return found
        raise FetchError(f"There is no OpenAPI document at this address: {self._said[address]}. Nothing was stored.")

    def _first(self, candidates: Callable[[], Iterable[str]]) -> FoundDocument | None:
        for address in candidates():
            document = self._document(address, self._answer(address))
            if document:
                others = [other for other in dict.fromkeys(self._listed) if other != address]
                return FoundDocument(document=document, address=address, others=others)
        return None

    def _with_credential(self, candidates: Callable[[], Iterable[str]]) -> FoundDocument | None:
        """Search once more, with the credential, if an address asked for one and takes ours."""
        if not self._locked:
            return None
        asked = f"The portal asks for credentials ({self._said[self._locked]})"
        with authorised(self.where.api, self.network, asked=asked, progress=self.progress) as client:
            # First the one address that asked: if the pair is wrong, this is the only strike.
            answer = client.verify(self._locked)
            self._answers[self._locked] = answer
            if answer.status not in PASSED:
                self._document(self._locked, answer)
                raise FetchError(
                    f"With the credential there is no document either: {self._said[self._locked]}. Nothing was stored."
                )
            self._client = client
            return self._first(candidates)

    def _candidates(self) -> Iterator[str]:
        if self.where.document:
            yield self.where.document
        yield f"{self.where.api}/{FIRST}"
        # The right place, behind a lock: guessing on would only find other documents.
        if self._locked and not self._client:
            return
        pages = [f"{self.where.api}/{page}" for page in PAGES]
        for page in dict.fromkeys([*self.where.pages, *pages]):
            self._read_page(page)
        yield from preferred(self._listed)
        yield from (f"{self.where.api}/{other}" for other in OTHERS)

    def _read_page(self, page: str) -> None:
        answer = self._answer(page)
        if answer.status != OK:
            return
        text = answer.content.decode("utf-8", "replace")
        self._listed += documents_in_page(text, answer.address)
        for configuration in configurations_in_page(text, answer.address):
            further = self._answer(configuration)
            if further.status == OK:
                self._listed += documents_in_page(further.content.decode("utf-8", "replace"), further.address)

    def _answer(self, address: str) -> Download:
        """Return what an address says: without credentials, and with them where it asks and they were taken."""
        answer = self._answers.get(address)
        if answer is None:
            answer = self._answers[address] = self.ask(address)
        if _asks(answer) and self._client:
            answer = self._answers[address] = self._client.get(address)
        return answer

    def _document(self, address: str, answer: Download) -> LoadedDocument | None:
        shown = answer.address.removeprefix(self.where.api)
        if answer.status != OK:
            aside = f" and redirects to {quoted(answer.elsewhere)}, which was not followed" if answer.elsewhere else ""
            self._said[address] = f"{shown}: status {answer.status}{aside}"
            if _asks(answer) and self._locked is None:
                self._locked = address
            return None
        # A sign-in form, or a Swagger UI; status 200 says nothing.
        if answer.is_page:
            self._said[address] = f"{shown}: a web page"
            return None
        try:
            document = parse_document(answer.content, name=answer.address.rpartition("/")[2] or "document")
            require_openapi(document)
        except RefusedDocumentError as error:
            # The user named this very document, so what is wrong with it is the answer.
            if self.where.document == answer.address:
                raise
            # What it is; nothing was to be changed anyway, and the next step is that of the whole search.
            self._said[address] = f"{shown}: {str(error).partition('. Nothing was changed.')[0]}"
            return None
        return document


def _asks(answer: Download) -> bool:
    """Return whether an answer asks for credentials: by its status, or by sending us to a sign-in page elsewhere."""
    return answer.status in WANTS_CREDENTIALS or _SIGN_IN.search(answer.elsewhere) is not None

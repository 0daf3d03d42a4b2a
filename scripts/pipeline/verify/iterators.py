"""Iterating the lists of the package, page by page, blocking and in an event loop, over a real socket.

Which pages the portal sends is said before each list: as faults that stand in for its own answers, after it has judged
the request. So requests are judged here as everywhere, and a page more than there are is answered by an error.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote

import attrs

from cyara_tools.portal.core import TEMPLATE_HEADER
from cyara_tools.portal.faults import Fault
from pipeline.index.methods import iterator_name
from pipeline.verify.annotations import resolve
from pipeline.verify.conform import misfit
from pipeline.verify.meaning import difference, to_json
from pipeline.verify.pages import FORMS, OWN_QUERY, PageMaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cyara_tools.portal.local_portal import LocalPortal
    from cyara_tools.portal.recorder import RecordedRequest
    from cyara_tools.portal.schema import Shapes
    from pipeline.verify.calls import Caller
    from pipeline.verify.cases import Case
    from pipeline.verify.pages import Pages

_OPTIONS: Final = ("limit", "on_page", "prefetch")
_LONGEST: Final = 400
_MOST: Final = 50
"""Entries after which an iterator is stopped that should have come to its end long ago."""


@attrs.frozen(kw_only=True)
class Walk:
    """One list to be read to its end."""

    case: Case
    form: str
    pages: Pages


@attrs.frozen(kw_only=True)
class Walks:
    """All lists of the package, in every form."""

    portal: LocalPortal
    shapes: Shapes
    status: Callable[[Case], int]
    """Status of a success."""

    def all(self, cases: list[Case]) -> Iterator[Walk]:
        """Yield every list of these operations, in every form."""
        for case in cases:
            try:
                maker = self._maker(case)
                made = [Walk(case=case, form=form, pages=pages) for form in FORMS for pages in maker.forms(form)]
            except Exception as error:  # noqa: BLE001 - what is odd about one list concerns no other
                for form in FORMS:
                    case.fail(f"iterator {form}", f"no pages can be made ({type(error).__name__}: {error})"[:_LONGEST])
                continue
            yield from made

    def read(self, walks: list[Walk], caller: Caller) -> None:
        """Read lists and note what is wrong."""
        for walk in walks:
            self._prepare(walk, caller.client.get_httpx_client().headers)
            got: list[Any] = []
            try:
                iterator = _iterator(walk.case, caller.client)
                for item in iterator(**_arguments(walk, iterator)):
                    got.append(item)
                    if len(got) > _MOST:
                        break
            except Exception as error:  # noqa: BLE001 - whatever the package raises is the finding
                caller.renew()
                self._note(walk, [f"{type(error).__name__}: {error}"])
            else:
                self._note(walk, _wrong_items(walk, got, iterator))

    async def aread(self, walks: list[Walk], caller: Caller) -> None:
        """Do the same in an event loop."""
        for walk in walks:
            self._prepare(walk, caller.client.get_async_httpx_client().headers)
            got: list[Any] = []
            try:
                iterator = _iterator(walk.case, caller.client.aio)
                async for item in iterator(**_arguments(walk, iterator)):
                    got.append(item)
                    if len(got) > _MOST:
                        break
            except Exception as error:  # noqa: BLE001 - whatever the package raises is the finding
                await caller.arenew()
                self._note(walk, [f"{type(error).__name__}: {error}"])
            else:
                self._note(walk, _wrong_items(walk, got, iterator))

    def _maker(self, case: Case) -> PageMaker:
        endpoint = case.functions.ENDPOINT
        url = endpoint.request(case.arguments)["url"].partition("?")[0]
        queries = [p for p in case.served.parameters if p.location == "query"]
        return PageMaker(
            shapes=self.shapes,
            schema=case.schema,
            page=case.page,
            address=f"{self.portal.base_url}/{url.lstrip('/')}",
            wire={p.name: p.wire for p in endpoint.parameters if p.location == "query"},
            parameters={p.name: p.schema for p in queries},
        )

    def _prepare(self, walk: Walk, headers: Any) -> None:
        headers[TEMPLATE_HEADER] = quote(walk.case.served.path)
        status = self.status(walk.case)
        answers = [
            Fault(status=status, body=json.dumps(body), media_type="application/json") for body in walk.pages.bodies
        ]
        self.portal.clear_faults()
        self.portal.inject(*answers, Fault(status=500, body="{}", media_type="application/json", times=None))
        self.portal.forget_requests()

    def _note(self, walk: Walk, wrong: Iterable[str]) -> None:
        self.portal.clear_faults()
        for why in (*wrong, *_wrong_requests(walk, self.portal.requests)):
            walk.case.fail(f"iterator {walk.form}", why[:_LONGEST])


def _iterator(case: Case, owner: Any) -> Any:
    tag, method = case.method_on_client
    resource = getattr(owner, f"{tag}_", None) or getattr(owner, tag)
    name = iterator_name(method)
    # Where an operation has that name itself, the iterator has an underscore behind it.
    while "prefetch" not in getattr(resource, name).__annotations__:
        name += "_"
    return getattr(resource, name)


def _arguments(walk: Walk, iterator: Any) -> dict[str, Any]:
    """Return the arguments by the iterator's names: all of them in the full form, else those that have to be given."""
    case, taken = walk.case, iterator.__annotations__
    given = {name: value for name, value in case.arguments.items() if walk.form == "full" or name in case.least}
    # A token says where to begin: this list is read from its beginning.
    given.pop(case.page.token_parameter or "", None)
    found: dict[str, Any] = {}
    for name, value in given.items():
        # A parameter of the name of an option of ours has given way.
        names = ("page_size", f"{name}_parameter") if name == case.page.size_parameter else (f"{name}_parameter",)
        name_here = next((other for other in names if other in taken), name) if name in _OPTIONS else name
        if name_here in taken and name_here not in _OPTIONS:
            found[name_here] = value
    return found


def _wrong_items(walk: Walk, got: list[Any], iterator: Any) -> Iterator[str]:
    if len(got) != len(walk.pages.items):
        yield f"{len(got)} entries of {len(walk.pages.items)} came"
        return
    # `Iterator[X]`, as text.
    tp = resolve(iterator.__annotations__["return"].partition("[")[2].removesuffix("]"))
    for number, (sent, item) in enumerate(zip(walk.pages.items, got, strict=True), start=1):
        wrong = misfit(item, tp, f"entry {number}") or difference(sent, to_json(item), f"entry {number}")
        if wrong:
            yield wrong
            return


def _wrong_requests(walk: Walk, visits: tuple[RecordedRequest, ...]) -> Iterator[str]:
    case, pages = walk.case, walk.pages
    if len(visits) < min(2, len(pages.bodies)):
        yield f"{len(visits)} requests on the wire, not {len(pages.bodies)}"
        return
    for number, visit in enumerate(visits, start=1):
        if not visit.credential_correct:
            yield f"request {number} came without the credential"
        elif visit.operation != f"{case.served.method} {case.served.path}":
            yield f"request {number} reached {visit.operation or 'no operation'}"
        yield from (f"request {number}: {reason}" for reason in visit.reasons if OWN_QUERY not in reason)
    if pages.told is not None and len(visits) > 1:
        name, value = pages.told
        first, second = (parse_qs(visit.query, keep_blank_values=True) for visit in visits[:2])
        if second.get(name) != [str(value)]:
            yield f"request 2 has {name}={second.get(name)}, not {value!r}"
        lost = sorted(key for key in first if key != name and second.get(key) != first[key])
        if lost:
            yield f"request 2 has lost {', '.join(lost)}"

"""Which campaigns a command runs: selectors add up, each has to match something, and a campaign runs once.

Fields are read whatever the document calls them, from what the portal lists.
"""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any

import attrs

from cyara_auth.errors import ConfigurationError, OperationUnavailableError
from cyara_auth.workflows.calls import find_method, has_method
from cyara_auth.workflows.fields import as_json, field, identity
from cyara_client.errors import NotFound
from cyara_tools.run.errors import NothingSelectedError
from cyara_tools.run.folders import in_folder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from cyara_auth.client.cyara import Cyara
    from cyara_tools.run.suite import SuiteEntry


@attrs.frozen(kw_only=True)
class Selectors:
    """What a command line says of the campaigns that are wanted.

    Attributes:
        ids: numbers.
        names: patterns of names, compared without case.
        folders: paths of folders; what belongs to folders below counts, too.
        plan_types: types of plans, compared without case.
        entries: campaigns of a suite file.
    """

    ids: Sequence[int] = ()
    names: Sequence[str] = ()
    folders: Sequence[str] = ()
    plan_types: Sequence[str] = ()
    entries: Sequence[SuiteEntry] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is wanted."""
        return not (self.ids or self.names or self.folders or self.plan_types or self.entries)

    @property
    def need_list(self) -> bool:
        """Whether the portal's list of campaigns has to be read."""
        by_name = any(entry.id is None for entry in self.entries)
        return bool(self.names or self.folders or self.plan_types or by_name)


@attrs.frozen(kw_only=True)
class Selected:
    """One campaign that is to run.

    Attributes:
        id: its number.
        name: its name; its number as text where the portal was not asked or names none.
        facts: what the portal says of it, as JSON; None where it was not asked.
        entry: its entry in the suite file, if it has one.
    """

    id: int
    name: str
    facts: Any = attrs.field(default=None, repr=False)
    entry: SuiteEntry | None = None


async def select(cyara: Cyara, selectors: Selectors) -> list[Selected]:
    """Ask the portal which campaigns there are, and return those that are wanted, each once.

    Raises:
        NothingSelectedError: a selector matches none.
        OperationUnavailableError: this client's document lacks what a selector needs.
        ConfigurationError: two entries of a suite file ask different things of one campaign.
    """
    found: dict[int, Selected] = {}
    unmatched: list[str] = []
    async for selector, matches, entry in _matches(cyara, selectors):
        if not matches:
            unmatched.append(selector)
        for each in matches:
            known = found.setdefault(each.id, each)
            # What the suite asks of a campaign holds wherever else it is selected.
            if entry is not None:
                _refuse_contradiction(known, entry)
                found[each.id] = attrs.evolve(known, entry=known.entry or entry)
    if unmatched:
        raise NothingSelectedError(
            f"No campaign of this account matches {'; '.join(unmatched)}. Nothing was started. Next: see what there "
            "is: cyara campaigns list"
        )
    return list(found.values())


def _refuse_contradiction(known: Selected, entry: SuiteEntry) -> None:
    first = known.entry
    # Either could be meant, and the laxer one would make a build green that the other one stops.
    if first is not None and (first.gate, first.timeout) != (entry.gate, entry.timeout):
        raise ConfigurationError(
            f"{first.where} and {entry.where} are the same campaign, {known.id} {known.name!r}, and ask different "
            "things of it. Nothing was started. Next: remove one of the two"
        )


async def _matches(
    cyara: Cyara, selectors: Selectors
) -> AsyncIterator[tuple[str, Sequence[Selected], SuiteEntry | None]]:
    """Yield each selector in words, with the campaigns that it matches and with its entry in the suite file."""
    listed = await _listed(cyara) if selectors.need_list else []
    for number in selectors.ids:
        yield f"the number {number}", await _one(cyara, number, listed), None
    for pattern in selectors.names:
        yield f"--name {pattern!r}", _matching(listed, pattern), None
    for folder in selectors.folders:
        inside = await in_folder(cyara, [each.facts for each in listed], folder)
        yield f"--folder {folder!r}", [each for each, is_inside in zip(listed, inside, strict=True) if is_inside], None
    for wanted in selectors.plan_types:
        yield f"--plan-type {wanted!r}", [each for each in listed if _has_plan_type(each, wanted)], None
    for entry in selectors.entries:
        if entry.id is not None:
            yield f"{entry.where} (id {entry.id})", await _one(cyara, entry.id, listed), entry
        else:
            yield f"{entry.where} (name {entry.name!r})", [each for each in listed if each.name == entry.name], entry


async def facts_of(cyara: Cyara, number: int) -> Any:
    """Return what the portal says of one campaign, as JSON; None where the document cannot ask."""
    if not has_method(cyara.aio, "campaigns", "get_campaign", "campaign_id"):
        return None
    return as_json(await find_method(cyara.aio, "campaigns", "get_campaign")(campaign_id=number))


async def _listed(cyara: Cyara) -> list[Selected]:
    if not has_method(cyara.aio, "campaigns", "iter_campaigns"):
        raise OperationUnavailableError(
            "This client's document has no `campaigns.iter_campaigns`, so campaigns can be selected by their numbers "
            "only. Nothing was started. Next: cyara run NUMBER"
        )
    items = [as_json(item) async for item in find_method(cyara.aio, "campaigns", "iter_campaigns")()]
    numbered = ((_number(item), item) for item in items)
    return [_selected(number, item) for number, item in numbered if number is not None]


async def _one(cyara: Cyara, number: int, listed: Sequence[Selected]) -> list[Selected]:
    known = [each for each in listed if each.id == number]
    if known:
        return known
    try:
        return [_selected(number, await facts_of(cyara, number))]
    except NotFound:
        return []


def _selected(number: int, facts: Any) -> Selected:
    name = field(facts, "name", "campaignname")
    return Selected(
        id=number, name=name.strip() if isinstance(name, str) and name.strip() else str(number), facts=facts
    )


def _number(facts: Any) -> int | None:
    text = identity(field(facts, "campaignid", "id"))
    return int(text) if text is not None and text.isdecimal() else None


def _matching(listed: Sequence[Selected], pattern: str) -> list[Selected]:
    # Not `fnmatch`, which follows the case of this machine's file names.
    return [each for each in listed if fnmatch.fnmatchcase(each.name.casefold(), pattern.casefold())]


def _has_plan_type(each: Selected, wanted: str) -> bool:
    value = field(each.facts, "plantype", "type")
    return isinstance(value, str) and value.casefold() == wanted.strip().casefold()

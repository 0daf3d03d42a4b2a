"""What the campaigns of a suite are made of, as the portal lists it; collecting asks nothing else."""

from __future__ import annotations

import asyncio
import warnings
from typing import TYPE_CHECKING, Any

import attrs

from cyara_auth.workflows.completeness import listed_test_cases
from cyara_auth.workflows.fields import field

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cyara_tools.run.suite import SuiteEntry


@attrs.frozen
class ListedCampaign:
    """A campaign of a suite.

    Attributes:
        entry: place of its entry in the suite file, from 0.
        id: its number.
        name: its name; its number as text where it has none.
        plan_type: type of its plan; empty where the portal does not say.
        cases: names of its test cases, in the portal's order; one may stand there twice.
    """

    entry: int
    id: int
    name: str
    plan_type: str
    cases: list[str]


def list_campaigns(entries: Sequence[SuiteEntry]) -> list[ListedCampaign]:
    """Read what the entries of a suite name, each campaign once, by the settings of the environment.

    Raises:
        NothingSelectedError: an entry names no campaign.
        CyaraError: the portal refused, or the credential must not be sent.
    """
    from cyara_auth.errors import CyaraAuthWarning

    with warnings.catch_warnings():
        # `cyara run` says the same again, and there it stands beside the run.
        warnings.simplefilter("ignore", CyaraAuthWarning)
        return asyncio.run(_list_campaigns(entries))


async def _list_campaigns(entries: Sequence[SuiteEntry]) -> list[ListedCampaign]:
    from cyara_auth import connect
    from cyara_tools.run.select import Selectors, facts_of, select

    found: list[ListedCampaign] = []
    async with connect() as cyara:
        for campaign in await select(cyara, Selectors(entries=entries)):
            facts = campaign.facts
            if listed_test_cases(facts) is None:
                # Lists of campaigns leave out what they are made of.
                facts = await facts_of(cyara, campaign.id) or facts
            found.append(
                ListedCampaign(
                    entry=next(place for place, entry in enumerate(entries) if entry is campaign.entry),
                    id=campaign.id,
                    name=campaign.name,
                    plan_type=str(field(facts, "plantype", "type") or ""),
                    cases=list(_names(listed_test_cases(facts) or ())),
                )
            )
    return found


def _names(cases: Sequence[Any]) -> Iterator[str]:
    for case in cases:
        name = field(case, "testcasename", "name") or field(field(case, "testcase"), "testcasename", "name")
        if isinstance(name, str) and name.strip():
            yield name

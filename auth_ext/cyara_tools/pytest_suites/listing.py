"""What the campaigns of a suite are made of, as the portal lists it; collecting asks nothing else."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import attrs

from cyara_auth.workflows.completeness import listed_test_cases
from cyara_auth.workflows.fields import as_json, field, identity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cyara_auth.client.cyara import Cyara


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


def list_campaigns(entries: Sequence[dict[str, Any]]) -> list[ListedCampaign]:
    """Read what the entries of a suite name, each campaign once, by the settings of the environment.

    Raises:
        LookupError: a name that no campaign has.
        CyaraError: the portal refused, or the credential must not be sent.
    """
    from cyara_auth import connect
    from cyara_auth.errors import CyaraAuthWarning

    with warnings.catch_warnings():
        # `cyara run` says the same again, and there it stands beside the run.
        warnings.simplefilter("ignore", CyaraAuthWarning)
        with connect() as cyara:
            found: dict[int, ListedCampaign] = {}
            for number, entry in enumerate(entries):
                for campaign_id in _ids(cyara, entry):
                    if campaign_id not in found:
                        answer = as_json(cyara.campaigns.get_campaign(campaign_id=campaign_id))
                        found[campaign_id] = _listed(number, campaign_id, answer)
    return list(found.values())


def _ids(cyara: Cyara, entry: dict[str, Any]) -> list[int]:
    if "id" in entry:
        return [int(entry["id"])]
    name = str(entry["name"])
    rows = [as_json(campaign) for campaign in cyara.campaigns.iter_campaigns()]
    numbers = [identity(field(row, "campaignid", "id")) for row in rows if _is_named(row, name)]
    if not numbers:
        raise LookupError(f"No campaign has the name {name}. Nothing was started. Next: cyara campaigns list")
    return [int(number) for number in numbers if number is not None]


def _is_named(row: Any, name: str) -> bool:
    found = field(row, "name")
    return isinstance(found, str) and found.strip().casefold() == name.strip().casefold()


def _listed(number: int, campaign_id: int, answer: Any) -> ListedCampaign:
    return ListedCampaign(
        entry=number,
        id=campaign_id,
        name=str(field(answer, "name") or campaign_id),
        plan_type=str(field(answer, "plantype") or ""),
        cases=list(_names(listed_test_cases(answer) or ())),
    )


def _names(cases: Sequence[Any]) -> Iterator[str]:
    for case in cases:
        name = field(case, "testcasename", "name") or field(field(case, "testcase"), "testcasename", "name")
        if isinstance(name, str) and name.strip():
            yield name

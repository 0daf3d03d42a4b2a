"""Rewrite a document so that the generator makes of every operation a module that works.

The generator (openapi-python-client 0.29.1) has 26 kinds of trouble with documents of ASP.NET servers. Each is settled
here by a rule, or by a template where the document cannot help; none by looking at which document it is.
"""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen

from pipeline.errors import RefusedDocumentError
from pipeline.normalise.change import Change
from pipeline.normalise.names import NameMap, dump_names, load_names
from pipeline.normalise.rules import RULES, RuleSwitches, load_rules, name_of
from pipeline.normalise.work import Work

__all__ = [
    "Change",
    "NameMap",
    "NormaliseResult",
    "RuleSwitches",
    "dump_names",
    "load_names",
    "load_rules",
    "normalise",
]


@frozen(kw_only=True, slots=True)
class NormaliseResult:
    """The effective document, what was done to get there, and the names, old and new."""

    document: dict[str, Any]
    changes: list[Change]
    names: NameMap


def normalise(document: dict[str, Any], *, names: NameMap, rules: RuleSwitches) -> NormaliseResult:
    """Return the effective document; the arguments are not modified.

    Raises:
        RefusedDocumentError: the document is no OpenAPI document, or would grow without bound.
    """
    work = Work(
        document=json.loads(json.dumps(document)),
        names=NameMap(title=names.title, operations=dict(names.operations), schemas=dict(names.schemas)),
    )
    try:
        for rule in RULES:
            work.rule = name_of(rule)
            if work.rule not in rules.off:
                rule(work)
    except RecursionError as error:
        raise RefusedDocumentError(
            "The document's schemas build on each other too deeply to be written out. Nothing was changed."
        ) from error
    return NormaliseResult(document=work.document, changes=work.changes, names=work.names)

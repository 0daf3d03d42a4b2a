"""Rewrite a document so that the generator makes of every operation a module that works.

The generator (openapi-python-client 0.29.1) has 26 kinds of trouble with documents of ASP.NET servers. Each is settled
by a rule here, or by a template where the document cannot help; none by looking at which document it is. ``rules.py``
has the order, ``tests/rules`` a document for each that is red without its rule.

== =============================================== ==================================================================
 # what goes wrong                                 settled by
== =============================================== ==================================================================
 1 ``from_dict(response.text)``                    one-answer-type
 2 ``NameError: Unset`` at import                  one-body-type
 3 literal ``application/*+json``                  one-body-type
 4 Swagger 2.0 refused                             the stage ``upgrade``
 5 whole document refused                          frame, openapi-version, unused-parts, boolean-schemas, schema-types,
                                                   schema-keywords
 6 file name too long                              schema-names
 7 incorrect path templating                       path-templates, shared-parts, path-item-parameters, member-names
 8 unsupported media type, nullable path parameter one-answer-type, one-body-type, media-spelling, form-bodies,
                                                   parameter-values
 9 one operation overwrites another                operation-names
10 default on a path parameter                     parameter-values
11 nullable primitive body                         body-nulls
12 one null kills the answer                       null-marks, nullable-schemas, answer-nulls, required-circles,
                                                   null-members; templates accept null everywhere
13 one new enumeration member kills the answer     templates (open enumerations); enum-values for those that are none
14 default of the wrong type                       valid-defaults
15 a class and all its users become ``Any``        schema-titles, schema-names, inline-schemas, member-names, all-of,
                                                   unions, single-members, plain-aliases, recursive-aliases,
                                                   deep-references
16 enumeration keys that differ in case            enum-names
17 JSON without a schema is lost                   templates; one-answer-type gives it an empty schema
18 ``VALUE_0``, ``VALUE_1``                        enum-names
19 lists of query parameters                       templates (style, explode)
20 parameters described by ``content``             parameter-content
21 multipart boundary ``+++``                      templates
22 discriminator ignored                           discriminators, discriminator-members, subtype-references;
                                                   templates choose by them
23 ``ValueError`` on status 520                    templates; status-codes
24 no operation id                                 operation-names, ``openapi/names.json``
25 clients built by several threads                the generated ``ApiClient`` has none to build
26 habits of .NET                                  method-spelling, media-spelling, schema-types, null-marks,
                                                   dotnet-shapes, time-spans, scalar-aliases, owned-headers;
                                                   templates read dates
== =============================================== ==================================================================

Without a number: operation-security (the generator reads an operation's own security only), numeric-text,
spelled-formats, member-descriptions, free-objects, open-objects, files-in-json, read-only-members.
"""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen

from pipeline.document.change import Change
from pipeline.errors import RefusedDocumentError
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
        # No deep copy: a mapping that stands in two places, as YAML anchors make it, has to become two.
        document=json.loads(json.dumps(document)),
        names=NameMap(title=names.title, operations=dict(names.operations), schemas=dict(names.schemas)),
    )
    try:
        for rule in RULES:
            work.rule = name_of(rule)
            if work.rule not in rules.off:
                rule(work)
    # Reading is bounded, but flattening `allOf` follows references, and a chain of them may be as long as it likes.
    except RecursionError as error:
        raise RefusedDocumentError(
            "The document's schemas build on each other too deeply to be written out. Nothing was changed."
        ) from error
    return NormaliseResult(document=work.document, changes=work.changes, names=work.names)

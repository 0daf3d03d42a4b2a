"""What a stage did to a document: the report lists everything that is not as received."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True, slots=True)
class Change:
    """One change by one rule."""

    rule: str
    """Name of the rule, as in ``openapi/normalise.yaml``; ``upgrade`` and ``overlay`` for these stages."""
    where: str
    """JSON pointer into the document as it was when the rule ran."""
    what: str
    """What was done, on one line."""

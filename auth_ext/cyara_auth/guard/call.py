"""What a caller wants to send, as the guard sees it."""

import attrs


@attrs.frozen(kw_only=True)
class Call:
    """What a caller wants to send, as the guard sees it.

    Attributes:
        key_id: Fingerprint of the key.
        pair: Fingerprint of the pair.
        origin: Where to.
        source: Where the pair came from, in words.
        operation: Operation id, if known.
        orphan_ttl: Seconds after which a lost call can no longer be evaluated.
        confirm: The caller accepts to spend budget on a SUSPECT pair.
    """

    key_id: str
    pair: str
    origin: str
    source: str | None
    operation: str | None
    orphan_ttl: float
    confirm: bool

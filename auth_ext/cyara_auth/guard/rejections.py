"""What this process has seen rejected, whatever the store says: a store that lost writes cannot reopen a pair here.

A 401, a gateway's 401 and a login page all count here. Whether they are final is for the store to say.
"""

import attrs

from cyara_auth.errors import StrikeStoreUnavailableError
from cyara_auth.guard.call import Call
from cyara_auth.guard.refusals import refusal_by_verdict, rejected_here
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.state import Incident, PairState


@attrs.frozen(kw_only=True)
class _Rejection:
    """`generation` is the key's when the store knew of it, None while it does not."""

    incident: Incident | None
    generation: int | None


class Rejections:
    """Rejected pairs by fingerprint. Single dictionary operations only, so it needs no lock."""

    def __init__(self, store: StrikeStore) -> None:
        self._store = store
        self._known: dict[str, _Rejection] = {}

    def knows(self, pair: str) -> bool:
        """Return whether a pair was rejected, as far as this process remembers."""
        return pair in self._known

    def add(self, pair: str, incident: Incident) -> None:
        """Remember a rejection that the store does not know of yet."""
        self._known[pair] = _Rejection(incident=incident, generation=None)

    def confirm(self, pair: str, incident: Incident | None, generation: int) -> None:
        """Remember a rejection that the store knows."""
        self._known[pair] = _Rejection(incident=incident, generation=generation)

    def forget(self, pair: str) -> None:
        """Leave the verdict to the store."""
        self._known.pop(pair, None)

    def refuse(self, call: Call) -> None:
        """Return only if the store has good reason to admit the pair again.

        Raises:
            CredentialRejectedError: it was rejected here and nothing has changed since.
            CredentialSupersededError: likewise, by a newer pair.
        """
        known = self._known.get(call.pair)
        if known is None:
            return
        try:
            state = self._store.read(call.key_id)
        except StrikeStoreUnavailableError:
            raise rejected_here(call, known.incident) from None
        # The store's own verdict first: it may name the pair that superseded this one.
        record = state.pair(call.pair)
        if record is not None and record.verdict.is_final:
            raise refusal_by_verdict(call, record)
        suspect = record is not None and record.verdict is PairState.SUSPECT
        # Only an operator's word (a higher generation) or the store's own better knowledge (SUSPECT) ends an entry, and
        # neither counts before the store knows of the rejection.
        if known.generation is None or not (suspect or state.generation > known.generation):
            raise rejected_here(call, known.incident)
        self.forget(call.pair)

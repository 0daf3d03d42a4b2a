"""What this process has seen rejected, whatever the store says: a store that lost writes cannot reopen a pair here.

A 401, a gateway's 401 and a login page all count here. Whether they are final is for the store to say.
"""

import attrs

from cyara_auth.errors import StrikeStoreUnavailableError
from cyara_auth.guard.call import Call
from cyara_auth.guard.refusals import refusal_by_verdict, rejected_here
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.state import Incident, PairState, verdict_against


@attrs.frozen(kw_only=True)
class _Rejection:
    """`generation` is the key's when the store knew of it, None while it does not."""

    incident: Incident | None
    generation: int | None


class Rejections:
    """Rejected pairs by fingerprint and origin. Single dictionary operations only, so it needs no lock."""

    def __init__(self, store: StrikeStore) -> None:
        self._store = store
        self._known: dict[tuple[str, str], _Rejection] = {}

    def knows(self, pair: str, origin: str) -> bool:
        """Return whether a pair was rejected there, as far as this process remembers."""
        return (pair, origin) in self._known

    def add(self, pair: str, origin: str, incident: Incident | None, *, generation: int | None = None) -> None:
        """Remember a rejection; `generation` is the key's if the store knows of it."""
        self._known[pair, origin] = _Rejection(incident=incident, generation=generation)

    def forget(self, pair: str, origin: str) -> None:
        """Leave the verdict to the store."""
        self._known.pop((pair, origin), None)

    def refuse(self, call: Call) -> None:
        """Return only if the store has good reason to admit the pair again.

        Raises:
            CredentialRejectedError: it was rejected here and nothing has changed since.
            CredentialSupersededError: likewise, by a newer pair.
        """
        known = self._known.get((call.pair, call.origin))
        if known is None:
            return
        try:
            state = self._store.read(call.key_id)
        except StrikeStoreUnavailableError:
            raise rejected_here(call, known.incident) from None
        # The store's own verdict first: it may name the pair that superseded this one.
        record = state.pair(call.pair)
        against = verdict_against(record, call.origin)
        if record is not None and (record.retired is not None or (against and against[0] is PairState.REJECTED)):
            raise refusal_by_verdict(call, record)
        suspect = against is not None and against[0] is PairState.SUSPECT
        # Only an operator's word (a higher generation) or the store's own better knowledge (SUSPECT) ends an entry, and
        # neither counts before the store knows of the rejection.
        if known.generation is None or not (suspect or state.generation > known.generation):
            raise rejected_here(call, known.incident)
        self.forget(call.pair, call.origin)

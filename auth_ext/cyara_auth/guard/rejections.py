"""What this process has seen rejected, whatever the store says: a store that lost writes cannot reopen a pair here.

A 401, a gateway's 401 and a login page all count here. Whether they are final is for the store to say.
"""

from cyara_auth.errors import StrikeStoreUnavailableError
from cyara_auth.guard.call import Call
from cyara_auth.guard.refusals import refusal_by_verdict, rejected
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.state import Incident, PairState


class Rejections:
    """Rejected pairs by fingerprint and origin. Single dictionary operations only, so it needs no lock."""

    def __init__(self, store: StrikeStore) -> None:
        self._store = store
        # When and where, and the key's generation when the store knew of it, None while it does not.
        self._known: dict[tuple[str, str], tuple[Incident | None, int | None]] = {}

    def knows(self, pair: str, origin: str) -> bool:
        """Return whether a pair was rejected there, as far as this process remembers."""
        return (pair, origin) in self._known

    def add(self, pair: str, origin: str, incident: Incident | None, *, generation: int | None = None) -> None:
        """Remember a rejection; `generation` is the key's if the store knows of it."""
        self._known[pair, origin] = incident, generation

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
        incident, generation = known
        try:
            state = self._store.read(call.key_id)
        except StrikeStoreUnavailableError:
            raise rejected(call, incident) from None
        # The store's own verdict first: it may name the pair that superseded this one.
        record = state.pair(call.pair)
        if record is not None and record.is_out(call.origin):
            raise refusal_by_verdict(call, record)
        suspect = record is not None and record.at(call.origin).verdict is PairState.SUSPECT
        # Only an operator's word (a higher generation) or the store's own better knowledge (SUSPECT) ends an entry, and
        # neither counts before the store knows of the rejection.
        if generation is None or not (suspect or state.generation > generation):
            raise rejected(call, incident)
        self.forget(call.pair, call.origin)

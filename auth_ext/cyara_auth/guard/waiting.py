"""How long a caller waits for others, and what it says meanwhile: as long as they make progress."""

import logging
import random
import threading
from time import monotonic
from typing import Final

from cyara_auth.guard.call import Call
from cyara_auth.guard.refusals import refusal, waited
from cyara_auth.strikes.events import Decision
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import Admission, TicketStatus

HINT_AFTER: Final = 10.0
"""Seconds in a queue after which a caller is told, once in a process, that another policy exists."""

NAME_AFTER: Final = 30.0
"""Seconds after which it is told which process holds the place."""

_SHORTEST_SLEEP: Final = 0.001
_ROTATION_POLL: Final = 0.5

_log = logging.getLogger("cyara_auth")


class Told:
    """What this process has said already; each of it is said once for a key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: set[tuple[str, str]] = set()

    def say(self, what: str, key_id: str, text: str, *arguments: object) -> None:
        """Log a warning, the first time."""
        with self._lock:
            if (what, key_id) in self._said:
                return
            self._said.add((what, key_id))
        _log.warning(text, *arguments)

    def after_fork_in_child(self) -> None:
        """Speak for a process of its own."""
        self.__init__()  # type: ignore[misc]  # the same two empty values


class PollSchedule:
    """When one caller asks again, and when it stops.

    A wait for another call's probe ends after `probe_wait`; a wait for a place ends when no reservation of the key was
    settled, renewed or given up for the longest time that one of them may take. Any progress starts both anew.
    """

    def __init__(self, settings: GuardSettings, told: Told, *, timeout: float | None) -> None:
        self._settings = settings
        self._told = told
        self._timeout = timeout
        self._began = monotonic()
        self._moved = self._began
        self._seen: object = None

    def next_sleep(
        self, call: Call, decision: Decision | None, turns: int, *, poll: float, retry_in: float | None
    ) -> float:
        """Return the seconds until the next attempt.

        Args:
            call: What waits.
            decision: The store's last word; None if another call of this process is waited for.
            turns: How many calls of this key have ended in this process: progress that no store sees.
            poll: Seconds between two attempts, as they are to be on average.
            retry_in: Seconds after which asking again is certain to bring something new.

        Raises:
            ProbeWaitTimeoutError: nobody made progress for too long.
            PlaceWaitTimeoutError: as before, for a pair that is verified.
            RotationInProgressError: the rotation takes longer than this caller waits.
        """
        now = monotonic()
        progress = (turns, None if decision is None else _progress(decision))
        if progress != self._seen:
            self._seen, self._moved = progress, now
        if decision is not None and decision.admission is Admission.DRAINING:
            return self._during_rotation(call, decision, now)
        # A verified pair waits for a place, any other for the call that verifies it.
        is_place = decision is None or (decision.pair is not None and decision.pair.at(call.origin).is_verified)
        flying = () if decision is None else decision.state.tickets
        longest = max([call.orphan_ttl, *(ticket.orphan_ttl for ticket in flying)])
        left = (longest if is_place else self._settings.probe_wait) - (now - self._moved)
        if self._timeout is not None:
            left = min(left, self._timeout - (now - self._began))
        if left <= 0:
            raise waited(call, decision, now - self._began, for_a_place=is_place)
        self._tell(call, decision, now - self._began, for_a_place=is_place)
        # Jittered, so that callers that began together do not ask together; constant, so that none falls behind.
        pause = poll * (0.5 + random.random())  # noqa: S311  # nothing secret hangs on it
        return min(left, max(_SHORTEST_SLEEP, pause if retry_in is None else min(pause, retry_in)))

    def _tell(self, call: Call, decision: Decision | None, passed: float, *, for_a_place: bool) -> None:
        if passed >= HINT_AFTER and for_a_place:
            self._told.say(
                "hint",
                call.key_id,
                "A call has waited %.0f s for one of the two places that calls of a key share (guarded, strict). More "
                "at once: connect(policy='concurrent') or CYARA_AUTH_POLICY=concurrent; then a regeneration that "
                "nobody announced costs as many invalid calls as are in flight, and the third voids the token.",
                passed,
            )
        holder = None if decision is None else _holder(decision)
        if passed >= NAME_AFTER and holder is not None:
            text = "A call has waited %.0f s for a place, which %s holds."
            self._told.say("holder", call.key_id, text, passed, holder)

    def _during_rotation(self, call: Call, decision: Decision, now: float) -> float:
        # A caller that says how long it waits means every wait. And nobody knows when a rotation from before a reboot
        # began.
        left = (self._settings.rotation_wait if self._timeout is None else self._timeout) - (now - self._began)
        if left <= 0:
            raise refusal(call, decision, self._settings)
        text = "The token of this key is being rotated; calls wait for its end, at most %.0f s after it began."
        self._told.say("rotation", call.key_id, text, self._settings.rotation_wait)
        return min(left, _ROTATION_POLL)


def _progress(decision: Decision) -> object:
    return decision.state.grants, tuple((t.id, t.reserved_at, t.status) for t in decision.state.tickets)


def _holder(decision: Decision) -> str | None:
    for ticket in decision.state.tickets:
        if ticket.status is TicketStatus.OPEN and ticket.incident is not None:
            return f"process {ticket.incident.pid} on {ticket.incident.host}"
    return None

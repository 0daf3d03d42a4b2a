"""A small world that plays every fault against `decide`, in every order: the exhaustive model.

The world has one key. Its tokens are numbered from 0; the portal knows the current one, and it may be regenerated at
any moment, or by begin and commit. The last number is a typo that was never valid. Every invalid call on the key counts
against the token that is current when the call is evaluated (the worst reading of the vendor's rule), and regenerating
starts the count anew. What the model looks for is how many invalid calls any current token sees.

Clients make calls with any pair that was ever current or with the typo: reserve, send, be evaluated, report. They may
keep their place after a success, use it again while it is young, renew it, and hand it back. An answer may get lost, a
call may travel on without its client (it is evaluated at any later time, by whatever token is current then), a client
may be killed between any two steps, or sleep: then it takes no step while its ticket becomes old.

Time is reduced to what the protocol is allowed to assume of it: the ticket of a call that may still be evaluated is
younger than `orphan_ttl`; every other one may become older at any moment, in any order. Owners are dead exactly if
their client is.
"""

from collections.abc import Iterator

from cyara_auth.strikes.events import Reset, RotateAbort, RotateBegin, RotateCommit, StillValid
from cyara_auth.strikes.state import Admission, Outcome

from .rules import Rules
from .values import LOOPBACK, STALE, SUPERSEDED, UNVERIFIED, VERIFIED, Bounds, Client, Key, Pair, World


def start(bounds: Bounds) -> World:
    """Return the world before the first step."""
    pairs = [Pair((UNVERIFIED,) * bounds.origins)] * (bounds.rotations + 1 + bounds.typo)
    elsewhere = (UNVERIFIED,) * (bounds.origins - 1)
    if bounds.verified is not None:
        pairs[bounds.verified] = Pair((VERIFIED, *elsewhere))
    if bounds.superseded is not None:
        pairs[bounds.superseded] = Pair((SUPERSEDED, *elsewhere))
    return World(
        current=bounds.rotations if bounds.stale_start else 0,
        invalid=0,
        lost=0,
        words=bounds.words,
        regenerated=False,
        key=Key(0, 0, tuple(pairs), ()),
        clients=(_idle(bounds.calls),) * bounds.clients,
        travelling=(),
    )


def _idle(calls_left: int) -> Client:
    return Client("idle", 0, 0, 0, calls_left)


def steps(world: World, bounds: Bounds, rules: Rules) -> Iterator[tuple[str, World]]:
    """Yield everything that can happen next, with its name."""
    yield from _operator_steps(world, bounds, rules)
    yield from _time_steps(world, bounds)
    for index, (_, pair) in enumerate(world.travelling):
        rest = world.travelling[:index] + world.travelling[index + 1 :]
        invalid = world.invalid + (pair != world.current)
        yield f"travelling T{pair} evaluated", world._replace(invalid=invalid, travelling=rest)
    seen: set[Client] = set()
    for index, client in enumerate(world.clients):
        if client not in seen:
            seen.add(client)
            for name, changed, after in _client_steps(world, client, bounds, rules):
                # Spelled out, because it is what takes the time.
                current, invalid, lost, words, regenerated, key, clients, travelling = changed
                clients = (*clients[:index], after, *clients[index + 1 :])
                yield name, World(current, invalid, lost, words, regenerated, key, clients, travelling)


def _operator_steps(world: World, bounds: Bounds, rules: Rules) -> Iterator[tuple[str, World]]:
    key = world.key
    regenerated = world._replace(current=world.current + 1, invalid=0)
    more = world.current < bounds.rotations
    if bounds.unannounced and more and not key.draining:
        if bounds.announced:
            regenerated = regenerated._replace(key=rules.tell(key, Reset))
        yield f"regenerate, T{world.current + 1} is current", regenerated
    if world.words and not key.draining:
        told = rules.tell(key, StillValid)
        yield "the operator says that the token is active", world._replace(words=world.words - 1, key=told)
    if not bounds.planned:
        return
    if not key.draining:
        if more:
            yield "rotate begin", world._replace(key=rules.tell(key, RotateBegin))
    elif world.regenerated:
        told = rules.tell(key, RotateCommit, world.current)
        yield f"rotate commit T{world.current}", world._replace(key=told, regenerated=False)
    else:
        yield "rotate abort", world._replace(key=rules.tell(key, RotateAbort))
        if rules.is_drained(key):
            yield f"regenerate T{world.current + 1} in the rotation", regenerated._replace(regenerated=True)


def _time_steps(world: World, bounds: Bounds) -> Iterator[tuple[str, World]]:
    key = world.key
    if bounds.lapses and any(VERIFIED in pair.standings for pair in key.pairs):
        pairs = tuple(
            pair._replace(standings=tuple(STALE if state == VERIFIED else state for state in pair.standings))
            for pair in key.pairs
        )
        yield "verifications lapse", world._replace(key=key._replace(pairs=pairs))
    users = {client.ticket: client.step for client in world.clients}
    travelling = {ticket for ticket, _ in world.travelling}
    for index, ticket in enumerate(key.tickets):
        step = users.get(ticket.id)
        if ticket.old or step == "sent" or ticket.id in travelling:
            continue
        # Who sleeps on an answer has lost it, as far as the others can know.
        asleep = ticket.open and step in ("good", "bad")
        if not asleep or _may_lose(world, bounds, ticket.pair):
            tickets = (*key.tickets[:index], ticket._replace(old=True), *key.tickets[index + 1 :])
            aged = world._replace(key=key._replace(tickets=tickets))
            yield f"ticket {ticket.id} becomes old", _losing(aged, bounds) if asleep else aged
    free = [client for client in world.clients if not client.ticket]
    if key.draining == 1 and key.free and 0 not in travelling and all(client.step != "sent" for client in free):
        # The fence holds for calls without a reservation, too: those that have not left never will.
        clients = tuple(
            _idle(client.calls_left) if client in free and client.step == "reserved" else client
            for client in world.clients
        )
        yield "the rotation is old", world._replace(key=key._replace(draining=2), clients=clients)


def _may_lose(world: World, bounds: Bounds, pair: int) -> bool:
    return (bounds.losses is None or world.lost < bounds.losses) and (bounds.losing is None or pair in bounds.losing)


def _losing(world: World, bounds: Bounds) -> World:
    return world if bounds.losses is None else world._replace(lost=world.lost + 1)


def _client_steps(world: World, client: Client, bounds: Bounds, rules: Rules) -> Iterator[tuple[str, World, Client]]:
    idle = _idle(client.calls_left)
    may_lose = _may_lose(world, bounds, client.pair)
    match client.step:
        case "idle":
            yield from _admissions(world, client, bounds, rules)
            return
        case "held":
            yield from _held_steps(world, client, bounds, rules)
        case "reserved":
            if _is_young(world, client) or not bounds.fence:
                yield f"send T{client.pair}", world, client._replace(step="sent")
            yield "not sent", _reported(world, client, Outcome.NOT_SENT, rules), idle
        case "sent":
            yield from _sent_steps(world, client, bounds, rules)
        case _:
            yield from _answered_steps(world, client, bounds, rules)
            if may_lose:
                yield "answer lost", _losing(_reported(world, client, Outcome.UNKNOWN, rules), bounds), idle
    if may_lose and client.step != "sent" and client.ticket:
        yield f"kill -9 {client.step}", _losing(world, bounds), idle


def _is_young(world: World, client: Client) -> bool:
    """What is gone from the store was too old for it."""
    return not client.ticket or any(t.id == client.ticket and not t.old for t in world.key.tickets)


def _held_steps(world: World, client: Client, bounds: Bounds, rules: Rules) -> Iterator[tuple[str, World, Client]]:
    idle = _idle(client.calls_left)
    yield "hand the place back", _reported(world, client, Outcome.NOT_SENT, rules), idle
    if client.untold:
        yield "hand the place back, telling the success", _reported(world, client, Outcome.VERIFICATION, rules), idle
    if client.calls_left and (_is_young(world, client) or not bounds.fence):
        again = client._replace(step="reserved", calls_left=client.calls_left - 1, untold=False)
        yield f"use the kept place for T{client.pair}", world, again
    renewed = rules.renew(world.key, client.ticket, untold=client.untold)
    if renewed is not None:
        yield "renew", world._replace(key=renewed), client._replace(untold=False)


def _sent_steps(world: World, client: Client, bounds: Bounds, rules: Rules) -> Iterator[tuple[str, World, Client]]:
    idle = _idle(client.calls_left)
    counted = client.origin != LOOPBACK or bounds.tunnel
    if counted:
        bad = client.pair != world.current
        answered = client._replace(step="bad" if bad else "good")
        yield f"T{client.pair} evaluated", world._replace(invalid=world.invalid + bad), answered
    else:
        yield f"the test server accepts T{client.pair}", world, client._replace(step="good")
        yield f"the test server rejects T{client.pair}", world, client._replace(step="bad")
    if _may_lose(world, bounds, client.pair):
        travels = _losing(world, bounds)
        if counted:
            travels = travels._replace(travelling=(*world.travelling, (client.ticket, client.pair)))
        yield "time-out, still travelling", _reported(travels, client, Outcome.UNKNOWN, rules), idle
        if client.ticket:
            yield "kill -9, still travelling", travels, idle
    if bounds.gateways:
        yield "gateway answers 401", _reported(world, client, Outcome.AMBIGUOUS, rules), idle
        yield "gateway wants a login", _reported(world, client, Outcome.INTERCEPTED, rules), idle
    if bounds.denials:
        yield "denied something", _reported(world, client, Outcome.DENIED, rules), idle


def _answered_steps(world: World, client: Client, bounds: Bounds, rules: Rules) -> Iterator[tuple[str, World, Client]]:
    idle = _idle(client.calls_left)
    outcome = Outcome.VERIFICATION if client.step == "good" else Outcome.STRIKE
    yield f"report {outcome} T{client.pair}", _reported(world, client, outcome, rules), idle
    if bounds.gateways and client.step == "bad":
        yield "401 becomes a login page", _reported(world, client, Outcome.INTERCEPTED, rules), idle
    if bounds.keeps and client.step == "good" and client.ticket:
        kept = client._replace(step="held")
        yield f"report T{client.pair} and keep the place", _reported(world, client, outcome, rules, keep=True), kept
        if world.key.pairs[client.pair].standings[client.origin] == VERIFIED:
            yield "keep the place", world, kept._replace(untold=True)


def _admissions(world: World, client: Client, bounds: Bounds, rules: Rules) -> Iterator[tuple[str, World, Client]]:
    if not client.calls_left:
        return
    key = world.key
    held = frozenset(other.ticket for other in world.clients)
    known = held | {ticket for ticket, _ in world.travelling} | {t.id for t in key.tickets}
    ticket = 1 + max(known, default=0)
    alive = frozenset(t.id for t in key.tickets if t.id in held or not bounds.deaths_seen)
    typo = (bounds.rotations + 1,) if bounds.typo else ()
    for pair in (*range(world.current + 1), *typo):
        for origin in range(bounds.origins):
            admission, after = rules.admit(key, pair, origin, ticket, alive)
            if admission in (Admission.GRANT, Admission.FREE):
                number = ticket if admission is Admission.GRANT else 0
                reserved = Client("reserved", number, pair, origin, client.calls_left - 1)
                yield f"reserve T{pair} at {origin}: {admission}", world._replace(key=after), reserved


def _reported(world: World, client: Client, outcome: Outcome, rules: Rules, *, keep: bool = False) -> World:
    told = rules.settle(world.key, client.pair, client.origin, client.ticket, outcome, keep=keep)
    return world._replace(key=told)


def canonical(world: World) -> World:
    """Number the tickets from 1 by age and forget the order of clients: worlds that differ only so are one.

    Called for every step; hence the bare indices and the early way out.
    """
    current, invalid, lost, words, regenerated, key, clients, travelling = world
    tickets = key[3]
    ids = {t[0] for t in tickets}
    ids.update([c[1] for c in clients])
    ids.update([t[0] for t in travelling])
    ids.discard(0)
    if ids and (max(ids) != len(ids) or any(t[5] and not ids.issuperset(t[5]) for t in tickets)):
        new = {old: number for number, old in enumerate(sorted(ids), 1)}
        new[0] = 0
        tickets = tuple(
            [t._replace(id=new[t[0]], refundable=tuple([new[e] for e in t[5] if e in new])) for t in tickets]
        )
        key = key._replace(tickets=tickets)
        clients = tuple([c._replace(ticket=new[c[1]]) for c in clients])
        travelling = tuple([(new[ticket], pair) for ticket, pair in travelling])
    clients = tuple(sorted(clients))
    return World(current, invalid, lost, words, regenerated, key, clients, tuple(sorted(travelling)))

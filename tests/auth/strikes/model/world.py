"""A small world that plays every fault against `decide`, in every order: the exhaustive model.

The world has one key. Its tokens are numbered from 0; the portal knows the current one, and `rotations` times it may
be regenerated at any moment. The last number is a typo that was never valid. Every invalid call on the key counts
against the token that is current when the call is evaluated (the worst reading of the vendor's rule), and regenerating
starts the count anew; with `announced`, the operator says so to the store in that moment. What the model looks for is a
third invalid call on any current token.

Clients hold a pair and make calls: reserve, send, be evaluated, report. With faults, a call may time out while it
still travels (it is evaluated at any later time, by whatever token is current then), its answer may get lost, and a
client may be killed between any two steps. Clients may switch to the current token or to the typo whenever idle.

Time is reduced to what the protocol is allowed to assume of it: a call that still travels is younger than `orphan_ttl`,
every other unknown one may be older. Owners are dead exactly if their client is.
"""

from collections.abc import Iterator

from cyara_auth.strikes.state import Admission, Outcome

from .rules import Rules
from .values import STALE, UNVERIFIED, VERIFIED, Bounds, Client, Key, Ticket, World


def start(bounds: Bounds) -> World:
    """Return the world before the first step."""
    kinds = bounds.rotations + 2
    return World(
        current=bounds.rotations if bounds.stale_start else 0,
        invalid=0,
        key=Key(0, 0, (UNVERIFIED,) * kinds, ()),
        clients=(Client("idle", 0, 0, bounds.calls),) * bounds.clients,
        travelling=(),
    )


def steps(world: World, bounds: Bounds, rules: Rules) -> Iterator[tuple[str, World]]:
    """Yield everything that can happen next, with its name."""
    if world.current < bounds.rotations:
        regenerated = world._replace(current=world.current + 1, invalid=0)
        if bounds.announced:
            young = _travelling(world) | frozenset(client.ticket for client in world.clients)
            regenerated = regenerated._replace(key=rules.reset(world.key, young))
        yield f"regenerate, T{world.current + 1} is current", regenerated
    if bounds.lapses and VERIFIED in world.key.pairs:
        pairs = tuple(STALE if state == VERIFIED else state for state in world.key.pairs)
        yield "verifications lapse", world._replace(key=world.key._replace(pairs=pairs))
    for index, (_, pair) in enumerate(world.travelling):
        rest = world.travelling[:index] + world.travelling[index + 1 :]
        invalid = world.invalid + (pair != world.current)
        yield f"travelling T{pair} evaluated", world._replace(invalid=invalid, travelling=rest)
    seen: set[Client] = set()
    for index, client in enumerate(world.clients):
        if client not in seen:
            seen.add(client)
            for name, changed, after in _client_steps(world, client, bounds, rules):
                clients = (*world.clients[:index], after, *world.clients[index + 1 :])
                yield name, World(changed[0], changed[1], changed[2], clients, changed[4])


def _client_steps(world: World, client: Client, bounds: Bounds, rules: Rules) -> Iterator[tuple[str, World, Client]]:
    idle = Client("idle", 0, client.pair, client.calls_left)
    match client.step:
        case "idle":
            yield from _idle_steps(world, client, bounds, rules)
        case "reserved":
            yield f"send T{client.pair}", world, client._replace(step="sent")
            if bounds.refusals:
                yield "connection refused", _reported(world, client, Outcome.NOT_SENT, rules), idle
        case "sent":
            bad = client.pair != world.current
            answered = client._replace(step="bad" if bad else "good")
            yield f"T{client.pair} evaluated", world._replace(invalid=world.invalid + bad), answered
            if bounds.faults:
                travelling = (*world.travelling, (client.ticket, client.pair))
                lost = _reported(world, client, Outcome.UNKNOWN, rules)
                yield "time-out, still travelling", lost._replace(travelling=travelling), idle
            if bounds.gateways:
                yield "gateway answers 401", _reported(world, client, Outcome.AMBIGUOUS, rules), idle
                yield "gateway wants a login", _reported(world, client, Outcome.INTERCEPTED, rules), idle
        case _:
            outcome = Outcome.VERIFICATION if client.step == "good" else Outcome.STRIKE
            yield f"report {outcome} T{client.pair}", _reported(world, client, outcome, rules), idle
            if bounds.gateways and client.step == "bad":
                yield "401 becomes a login page", _reported(world, client, Outcome.INTERCEPTED, rules), idle
            if bounds.faults:
                yield "answer lost", _reported(world, client, Outcome.UNKNOWN, rules), idle
    if bounds.faults and client.step in ("reserved", "good", "bad"):
        yield f"kill -9 {client.step}", world, idle


def _idle_steps(world: World, client: Client, bounds: Bounds, rules: Rules) -> Iterator[tuple[str, World, Client]]:
    typo = bounds.rotations + 1
    for pair in (world.current, typo) if bounds.typo else (world.current,):
        if pair != client.pair:
            yield f"switch to T{pair}", world, client._replace(pair=pair)
    if not client.calls_left:
        return
    held = frozenset(other.ticket for other in world.clients if other.ticket)
    travelling = _travelling(world)
    ticket = 1 + max((t.id for t in world.key.tickets), default=0)
    ticket = max(ticket, 1 + max(held | travelling, default=0))
    every = frozenset(t.id for t in world.key.tickets)
    for young in {travelling & every, every} if bounds.refusals else {travelling & every}:
        admission, key = rules.admit(world.key, client.pair, ticket, held & every, young)
        if admission in (Admission.GRANT, Admission.FREE):
            number = ticket if admission is Admission.GRANT else 0
            reserved = Client("reserved", number, client.pair, client.calls_left - 1)
            yield f"reserve T{client.pair}: {admission}", world._replace(key=key), reserved


def _travelling(world: World) -> frozenset[int]:
    return frozenset(ticket for ticket, _ in world.travelling)


def _reported(world: World, client: Client, outcome: Outcome, rules: Rules) -> World:
    every = frozenset(t.id for t in world.key.tickets)
    young = every & (frozenset(other.ticket for other in world.clients) | _travelling(world))
    return world._replace(key=rules.settle(world.key, client.pair, client.ticket, outcome, young))


def canonical(world: World) -> World:
    """Number the tickets from 1 by age and forget the order of clients: worlds that differ only so are one.

    Called for every step; hence the bare indices and the early way out.
    """
    current, invalid, key, clients, travelling = world
    tickets = key[3]
    ids = {t[0] for t in tickets}
    ids |= {c[1] for c in clients}
    ids |= {t[0] for t in travelling}
    ids.discard(0)
    if ids and (max(ids) != len(ids) or any(t[3] and not ids.issuperset(t[3]) for t in tickets)):
        new = {old: number for number, old in enumerate(sorted(ids), 1)}
        new[0] = 0
        tickets = tuple(
            Ticket(new[t[0]], t[1], t[2], tuple(new[e] for e in t[3] if e in new), t[4], t[5], t[6]) for t in tickets
        )
        key = Key(key[0], key[1], key[2], tickets)
        clients = tuple(Client(c[0], new[c[1]], c[2], c[3]) for c in clients)
        travelling = tuple((new[ticket], pair) for ticket, pair in travelling)
    return World(current, invalid, key, tuple(sorted(clients)), tuple(sorted(travelling)))

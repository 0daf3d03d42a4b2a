"""The text of an overlay: what was seen and the document does not say, as OpenAPI Overlay 1.0."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import attrs

from cyara_auth.drift.described import at, is_list, is_node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cyara_auth.drift.seen import DocumentPath, Drift


def overlay_text(corrections: Iterable[Drift], *, title: str) -> str:
    """Return an overlay of the corrections, as JSON, which is YAML and needs no package to be written."""
    head = {"overlay": "1.0.0", "info": {"title": "Seen at the portal", "version": "1.0.0"}, "x-cyara-title": title}
    # Two answers may have shown the same thing, and an action is applied once.
    actions: dict[str, dict[str, Any]] = {}
    for correction in _without_the_inner([copy.deepcopy(each) for each in dict.fromkeys(corrections)]):
        for action in _actions(correction):
            key = json.dumps(action, sort_keys=True)
            first = actions.setdefault(key, action)
            reasons = first.setdefault("x-reason", correction.reason)
            if correction.reason not in reasons:
                first["x-reason"] = f"{reasons} {correction.reason}"
            first["x-remove-when"] = "the portal's document has it."
    return json.dumps({**head, "actions": list(actions.values())}, indent=2, ensure_ascii=False) + "\n"


def _actions(correction: Drift) -> Iterator[dict[str, Any]]:
    target = _target(correction.where)
    for name in correction.removed:
        yield {"target": f"{target}[{_selector(name)}]", "remove": True}
    if correction.addition is not None:
        yield {"target": target, "update": correction.addition}
    for where, addition in correction.elsewhere:
        yield {"target": _target(where), "update": addition}


def _without_the_inner(corrections: list[Drift]) -> list[Drift]:
    """Leave out what corrects a node inside of one that is replaced as a whole; its kept copy is corrected instead."""
    replaced = [each for each in corrections if each.kind == "type" and each.removed]
    left: dict[int, Drift] = dict(enumerate(corrections))
    # The deepest first, each into the nearest around it: so a copy is complete before it becomes part of another.
    for number in sorted(left, key=lambda number: (-len(left[number].where), left[number].kind == "type")):
        correction = left[number]
        around = [each for each in replaced if _is_inside(correction, each)]
        nearest = max((len(each.where) for each in around), default=0)
        # Values of several other types are as many corrections of one place, all of them alike.
        for outer in around:
            if len(outer.where) == nearest:
                left[number] = _moved_into(outer, correction)
    return list(left.values())


def _moved_into(outer: Drift, correction: Drift) -> Drift:
    """Correct the copy that `outer` keeps of what was declared, and return what is still to be done elsewhere."""
    depth = len(outer.where)
    kept = outer.addition.get("anyOf")
    outside: list[tuple[DocumentPath, Any]] = []
    # Without a copy nothing that was declared is left.
    if is_list(kept):
        _correct(kept[0], correction.where[depth:], correction)
        for where, addition in correction.elsewhere:
            if where[:depth] == outer.where:
                _add(_find(kept[0], where[depth:]), addition)
            else:
                outside.append((where, addition))
    return attrs.evolve(correction, addition=None, removed=(), elsewhere=tuple(outside))


def _is_inside(correction: Drift, outer: Drift) -> bool:
    where, depth = correction.where, len(outer.where)
    if where[:depth] != outer.where or correction.kind == "type":
        return len(where) > depth and where[:depth] == outer.where and where[depth] in outer.removed
    return len(where) == depth or where[depth] in outer.removed


def _correct(node: object, path: DocumentPath, correction: Drift) -> None:
    node = _find(node, path)
    if is_node(node):
        for name in correction.removed:
            node.pop(name, None)
    _add(node, correction.addition)


def _find(node: object, path: DocumentPath) -> object:
    for key in path:
        node = at(node, key)
    return node


def _add(node: object, addition: object) -> None:
    """Add as the update of an overlay does."""
    if is_list(node):
        node.append(copy.deepcopy(addition))
    elif is_node(node) and is_node(addition):
        for key, value in addition.items():
            if is_node(value) and is_node(node.get(key)):
                _add(node[key], value)
            else:
                node[key] = copy.deepcopy(value)


def _target(where: DocumentPath) -> str:
    return "$" + "".join(f"[{_selector(key)}]" for key in where)


def _selector(key: str | int) -> str:
    if isinstance(key, int):
        return str(key)
    # In double quotes the escapes are those of JSON.
    return f"'{key}'" if key.isprintable() and not {"'", "\\"} & set(key) else json.dumps(key)

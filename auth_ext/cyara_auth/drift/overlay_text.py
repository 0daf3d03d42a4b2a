"""The text of an overlay: what was seen and the document does not say, as OpenAPI Overlay 1.0."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

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
    outermost: list[Drift] = []
    for correction in corrections:
        outer = next((each for each in replaced if _is_inside(correction, each)), None)
        if outer is None:
            outermost.append(correction)
            continue
        # Of values of several types, those as declared are still described by the copy.
        kept = outer.addition.get("anyOf")
        if is_list(kept):
            _correct(kept[0], correction.where[len(outer.where) :], correction)
    return outermost


def _is_inside(correction: Drift, outer: Drift) -> bool:
    where, depth = correction.where, len(outer.where)
    if where[:depth] != outer.where or correction.kind == "type":
        return len(where) > depth and where[:depth] == outer.where and where[depth] in outer.removed
    return len(where) == depth or where[depth] in outer.removed


def _correct(node: object, path: DocumentPath, correction: Drift) -> None:
    for key in path:
        node = at(node, key)
    if is_node(node):
        for name in correction.removed:
            node.pop(name, None)
    _add(node, correction.addition)


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

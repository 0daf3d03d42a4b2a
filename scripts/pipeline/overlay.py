"""Corrections of the document as OpenAPI Overlay 1.0: each with its reason, and none longer than it is needed.

Source of the format: the OpenAPI Overlay Specification 1.0.0, sections 4.4.3 (actions: ``update`` merges, ``remove``
deletes) and 4.4 (order). Targets are RFC 9535 JSONPath. Beyond the specification:

* every action carries ``x-reason`` and ``x-remove-when``;
* an overlay names its document by ``x-cyara-title`` (``info.title``), ``x-cyara-sha256`` or ``extends`` (its file name,
  title or sha256); for another document it is skipped and reported, never an error;
* an action that matches nothing, or changes nothing, fails the build: the vendor may have mended the document, and a
  correction that corrects nothing hides the next mistake.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from attrs import frozen
from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError, JSONPathNode

from pipeline.document.change import Change
from pipeline.document.json_nodes import is_list, is_mapping
from pipeline.document.json_pointer import pointer
from pipeline.document.yaml_reader import read_yaml
from pipeline.errors import OverlayError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pipeline.document.document import LoadedDocument

_BINDINGS = ("x-cyara-title", "x-cyara-sha256", "extends")


class _Paths(JSONPathEnvironment):
    max_recursion_depth = 400  # documents nest up to 200 levels


@frozen(kw_only=True, slots=True)
class OverlayResult:
    """The corrected document, what was changed, and which overlays belong to another document."""

    document: dict[str, Any]
    changes: list[Change]
    skipped: list[str]
    corrections: list[str]
    """File and reason of each; one correction may take several actions."""
    applied: list[str]
    """The files of the overlays that belong to the document."""


def apply_overlays(
    document: dict[str, Any], paths: Iterable[Path], *, received: LoadedDocument, origin: str
) -> OverlayResult:
    """Apply the overlays that belong to the document, in the order of their names.

    ``origin`` is the address or file that the document was read from.

    Raises:
        OverlayError: an overlay is malformed, or an action of it matches or changes nothing.
    """
    # No deep copy: a mapping that stands in two places, as YAML anchors make it, is corrected in one of them.
    corrected: dict[str, Any] = json.loads(json.dumps(document))
    changes: list[Change] = []
    skipped: list[str] = []
    applied: list[str] = []
    corrections: list[str] = []
    for path in sorted(paths):
        overlay = _read(path)
        if belongs(overlay, received=received, origin=origin):
            _require_well_formed(overlay, path.name)
            applied.append(path.name)
            for number, action in enumerate(overlay["actions"], start=1):
                label = f"{path.name}, action {number}"
                changes += _act(corrected, action, label=label)
                corrections.append(f"{path.name}: {quoted(action['x-reason'])}")
        # Not an error: a build of another document, `diff` and `--release` among them, meets the overlays of this one.
        else:
            skipped.append(f"{path.name} belongs to another document")
    corrections = list(dict.fromkeys(corrections))
    return OverlayResult(document=corrected, changes=changes, skipped=skipped, corrections=corrections, applied=applied)


def belongs(binding: Mapping[str, Any], *, received: LoadedDocument, origin: str) -> bool:
    """Return whether everything by which ``binding`` names its document is true of this one."""
    facts = {
        "x-cyara-title": [received.title],
        "x-cyara-sha256": [received.sha256],
        "extends": [origin, received.title, received.sha256],
    }
    return all(binding[name] in fact for name, fact in facts.items() if name in binding)


def _read(path: Path) -> dict[str, Any]:
    """Return an overlay that names its document; whether the rest is well-formed matters for that document only."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise OverlayError(f"{path.name} is no UTF-8 text. Nothing was changed. Save it as UTF-8.") from error
    content = read_yaml(text, name=path.name)
    if not is_mapping(content) or "overlay" not in content:
        raise OverlayError(f"{path.name} is no OpenAPI Overlay 1.0. Nothing was changed.")
    if not any(name in content for name in _BINDINGS):
        raise OverlayError(f"{path.name} does not name its document: give it one of {', '.join(_BINDINGS)}.")
    return content


def _require_well_formed(overlay: dict[str, Any], name: str) -> None:
    if not str(overlay["overlay"]).startswith("1.0"):
        raise OverlayError(f"{name} is no OpenAPI Overlay 1.0. Nothing was changed.")
    actions = overlay.get("actions")
    if not is_list(actions) or not actions:
        raise OverlayError(f"{name} has no actions.")
    for number, action in enumerate(actions, start=1):
        _require_complete(action, f"{name}, action {number}")


def _require_complete(action: object, label: str) -> None:
    if not is_mapping(action) or not isinstance(action.get("target"), str):
        raise OverlayError(f"{label}: needs a target.")
    missing = [name for name in ("x-reason", "x-remove-when") if not str(action.get(name) or "").strip()]
    if missing:
        raise OverlayError(
            f"{label}: needs {' and '.join(missing)}, so that everybody knows why it is there and until when."
        )
    if ("update" in action) == (action.get("remove") is True):
        raise OverlayError(f"{label}: needs either update or remove: true.")


def _act(document: dict[str, Any], action: dict[str, Any], *, label: str) -> list[Change]:
    try:
        nodes = list(_Paths().find(action["target"], document))
    except JSONPathError as error:
        raise OverlayError(
            f"{label}: {quoted(action['target'])} is no JSONPath of RFC 9535: {quoted(error)}."
        ) from error
    # Either failure means that the document has changed below the correction.
    hint = f"Perhaps the vendor has mended it. Remove the action when this holds: {action['x-remove-when']}"
    if not nodes:
        raise OverlayError(f"{label}: {quoted(action['target'])} matches nothing. {hint}")
    if action.get("remove") is True:
        _remove(nodes, label)
    elif not [node for node in nodes if _updated(node, action["update"], label)]:
        raise OverlayError(f"{label}: changes nothing, all of it is already there. {hint}")
    return [
        Change(rule="overlay", where=pointer(*node.location), what=f"{label}: {action['x-reason']}") for node in nodes
    ]


def _remove(nodes: list[JSONPathNode], label: str) -> None:
    # The last of a list first, so that the positions of the others stay. A location mixes numbers and texts, which
    # Python does not compare: each part says its kind before itself.
    by_position = sorted(
        nodes, key=lambda node: [(isinstance(part, str), part) for part in node.location], reverse=True
    )
    for node in by_position:
        if node.parent is None:
            raise OverlayError(f"{label}: the whole document cannot be removed.")
        parent: Any = node.parent.value
        del parent[node.location[-1]]


def _updated(node: JSONPathNode, update: object, label: str) -> bool:
    target = node.value
    if is_list(target):
        target.append(copy.deepcopy(update))
        return True
    if is_mapping(target) and is_mapping(update):
        return _merge(target, update)
    raise OverlayError(
        f"{label}: an update needs an object or a list as target; {quoted(pointer(*node.location))} is neither."
    )


def _merge(target: dict[str, Any], update: dict[str, Any]) -> bool:
    changed = False
    for key, value in update.items():
        present = target.get(key)
        if is_mapping(present) and is_mapping(value):
            changed |= _merge(present, value)
        elif is_list(present) and is_list(value):
            present.extend(copy.deepcopy(value))
            changed |= bool(value)
        # The types too: `True == 1` in Python, and a correction from one to the other is a change.
        elif key not in target or present != value or type(present) is not type(value):
            target[key] = copy.deepcopy(value)
            changed = True
    return changed

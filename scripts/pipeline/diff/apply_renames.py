"""The old surface as the new package still offers it: renamed things under their new names.

What then differs is more than a name. A package or class of which only earlier names are left is there too, for them;
what else it had is not, and shows as gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.diff.models import renamed
from pipeline.index.resources import attribute_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipeline.diff.difference import Rename


def apply_renames(old: Mapping[str, str], new: Mapping[str, str], renames: Iterable[Rename]) -> dict[str, str]:
    """Return the old surface with the new names, in paths and in signatures."""
    renames = list(renames)
    models = {rename.old: rename.new for rename in renames if rename.what == "models"}
    operations = {rename.old: rename.new for rename in renames if rename.what == "operations"}
    places = dict(_model_places(old, new, models)) | dict(_operation_places(old, new, operations))
    resources = _resources(old)
    tags = {name.partition(".")[0] for name in operations}
    # A package of which only earlier names are left is there for them alone; what else it had shows as removed.
    kept = {place for tag in tags for place in _containers(tag, resources)} - new.keys()
    return {
        _renamed_path(path, places): text if _names_resource(path, text) else renamed(text, models)
        for path, text in old.items()
        if path not in kept
    }


def new_containers(new: Mapping[str, str], renames: Iterable[Rename]) -> set[str]:
    """Return what is new only because operations have another tag now: their package, resource and attribute."""
    tags = {rename.new.partition(".")[0] for rename in renames if rename.what == "operations"}
    resources = _resources(new)
    return {place for tag in tags for place in _containers(tag, resources)}


def _names_resource(path: str, text: str) -> bool:
    """Return whether a text has the name of a tag's class, which may be that of a model too."""
    return path.startswith("resources.SyncResources.") or (path.startswith("resources.") and text.startswith("class "))


def _model_places(
    old: Mapping[str, str], new: Mapping[str, str], models: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield the class of each model, and its module."""
    there = {path.rpartition(".")[2]: path for path in _classes(new, "models.")}
    for path in _classes(old, "models."):
        module, _, name = path.rpartition(".")
        if name in models and models[name] in there:
            other = there[models[name]]
            yield path, other
            yield module, other.rpartition(".")[0]


def _operation_places(
    old: Mapping[str, str], new: Mapping[str, str], operations: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield the module of each operation, and its method of a resource."""
    before, after = _resources(old), _resources(new)
    for ours, theirs in operations.items():
        yield f"api.{ours}", f"api.{theirs}"
        (tag, _, name), (other_tag, _, other_name) = ours.partition("."), theirs.partition(".")
        if tag in before and other_tag in after:
            yield f"{before[tag]}.{name}", f"{after[other_tag]}.{other_name}"


def _containers(tag: str, resources: Mapping[str, str]) -> Iterator[str]:
    """Yield what exists for a tag as long as one of its operations does, under whichever name."""
    yield from (f"api.{tag}", f"resources.{tag}", f"resources.SyncResources.{attribute_name(tag)}")
    if tag in resources:
        yield resources[tag]


def _resources(surface: Mapping[str, str]) -> dict[str, str]:
    """Return the class of each tag."""
    paths = (path.split(".") for path in _classes(surface, "resources."))
    return {parts[1]: ".".join(parts) for parts in paths if len(parts) == len(("resources", "tag", "Class"))}


def _classes(surface: Mapping[str, str], prefix: str) -> Iterator[str]:
    for path, signature in surface.items():
        if path.startswith(prefix) and signature.startswith("class "):
            yield path


def _renamed_path(path: str, places: Mapping[str, str]) -> str:
    head, tail = path, ""
    # From the whole path upwards: the longest part that was renamed decides, a method before its class.
    while head:
        if head in places:
            return places[head] + tail
        head, dot, last = head.rpartition(".")
        tail = f"{dot}{last}{tail}"
    return path

"""Operation ids as ``Controller_Action``: the controller is left out where the tag says it already."""

from __future__ import annotations

import re

from pipeline.normalise.identifiers import words

_JOINT = re.compile(r"[_./:\-\s]+")
_VERSION = re.compile(r"(?<![^\W_])v[0-9]+(?:[._][0-9]+)*(?![^\W_])", re.IGNORECASE)
_SAYS_NOTHING = frozenset({"api", "apis", "controller", "endpoint", "endpoints", "service", "services"})
"""Words that stand behind the name of a controller, or in a tag, and name nothing."""

_VERBS = frozenset({"get", "list", "find", "search", "create", "add", "update", "delete", "remove", "import", "export"})


def without_tag(operation_id: str, tag: str) -> str:
    """Return the action of an id whose first part is the tag, in singular or plural; any other id as it is.

    ``Users_GetAll`` of the tag ``Users``, ``User APIs`` or ``AdminUsers`` is ``GetAll``: who calls it writes
    ``users.get_all``. An id without a joint is not taken apart: in ``UserSettings`` the user is no controller.
    """
    tag_words = _spoken(tag)
    # Either end of the tag too: `Datasets_PostDataset` may be filed below `PushDatasets`.
    ends = {form for count in range(1, len(tag_words) + 1) for form in _forms(tag_words[:count])}
    ends |= {form for count in range(len(tag_words)) for form in _forms(tag_words[count:])}
    parts = [part for part in _JOINT.split(operation_id) if part]
    for count in range(len(parts) - 1, 0, -1):
        controller, action = _spoken(" ".join(parts[:count])), "_".join(parts[count:])
        if not ends & _forms(controller) or not any(char.isalpha() for char in action):
            continue
        # `search_documents` of the tag `Search` has its verb there.
        if not (operation_id.islower() and controller[0] in _VERBS and _spoken(action)[0] not in _VERBS):
            return action
    return operation_id


def _spoken(text: str) -> list[str]:
    """Return the words that name something, in small letters."""
    spoken = [word.lower() for word in words(_VERSION.sub(" ", text))]
    return [word for word in spoken if word not in _SAYS_NOTHING] or spoken


def _forms(spoken: list[str]) -> set[str]:
    """Return words as one, so that `IoT` is `iot`, as it stands and in what may be its singular."""
    name = "".join(spoken)
    if not name:
        return set()
    endings = (("", ""), ("ies", "y"), ("es", ""), ("s", ""))
    return {name.removesuffix(plural) + singular for plural, singular in endings if name.endswith(plural)}

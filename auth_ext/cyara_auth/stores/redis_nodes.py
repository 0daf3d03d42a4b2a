"""Which node answers: a master that is whole, or one that others have taken the place of, or that is not ready."""

import re
from typing import Any, Final

import redis
from redis.exceptions import AskError, ClusterError, ReadOnlyError, TryAgainError

ROLE: Final = """
local facts = redis.pcall('INFO', 'replication')
local role = type(facts) == 'string' and string.match(facts, 'role:(%a+)') or ''
"""
"""Begins a script, and leaves the node's role in `role`.

It is asked with every reading, since a node may be demoted at any time, and its connections stay. By INFO, for ROLE may
not be called in a script; to a user who may not ask for it, the role is an empty text.
"""

_REPLICAS: Final = ("slave", "replica")
_CODES: Final = re.compile(r"\b(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|MOVED)\b")
_ERRORS: Final = (ReadOnlyError, redis.BusyLoadingError, AskError, ClusterError, TryAgainError)


class ReplicaError(Exception):
    """What was read came from a replica."""

    def __str__(self) -> str:
        return "it is a replica, which may lag behind its master. Name the master, or what leads to it"


def of_master(answer: list[Any]) -> list[Any]:
    """Return what a script answered, without the role, which is its last part.

    Raises:
        ReplicaError: the node is a replica.
    """
    if answer[-1] in _REPLICAS:
        raise ReplicaError
    return answer[:-1]


def is_elsewhere(error: Exception) -> bool:
    """Return whether a node did nothing, since it is not the master, not ready, or not whole."""
    # By the text as well: in a script, older servers have the code in the middle, and the library does not see it.
    return isinstance(error, (ReplicaError, *_ERRORS)) or _CODES.search(str(error)) is not None


def is_of_cluster(error: Exception) -> bool:
    """Return whether a node of a cluster says that another one has the key."""
    # By the text as well: older releases of the library know the code in a client for clusters only.
    return isinstance(error, AskError) or str(error).startswith("MOVED ")

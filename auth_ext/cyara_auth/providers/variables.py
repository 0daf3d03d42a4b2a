"""Environment variables that can be asked for, but do not show themselves.

A mapping of the environment holds the secret, and a traceback that prints local variables would print the mapping. So
the providers hold this instead.
"""

import os
from collections.abc import Iterable, Mapping
from typing import SupportsIndex, final


@final
class Variables:
    """The process's environment (read anew at each question), or a mapping in its place."""

    __slots__ = ("_mapping",)

    def __init__(self, mapping: Mapping[str, str] | None = None) -> None:
        # The process's own is not held but read anew, so that `refresh` sees a variable that was replaced.
        self._mapping = None if mapping is os.environ else mapping

    def get(self, name: str) -> str:
        """Return the value; empty when the variable is not set."""
        return (os.environ if self._mapping is None else self._mapping).get(name, "")

    def has(self, name: str) -> bool:
        """Return whether the variable is set, be it to the empty text."""
        return name in (os.environ if self._mapping is None else self._mapping)

    def subset(self, names: Iterable[str]) -> dict[str, str]:
        """Return those of the variables that are set, for a child process."""
        return {name: self.get(name) for name in names if self.has(name)}

    def __repr__(self) -> str:
        return "<Variables of the process>" if self._mapping is None else "<Variables given>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[type["Variables"], tuple[()]]:
        if self._mapping is not None:
            raise TypeError("A mapping given in place of the environment is not pickled, because it may hold secrets")
        # The other process reads its own environment.
        return Variables, ()

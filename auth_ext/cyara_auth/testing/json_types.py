"""The one name for values that came from JSON or go there.

What they are is decided by a document at run time, so no static type says more than this.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = Any

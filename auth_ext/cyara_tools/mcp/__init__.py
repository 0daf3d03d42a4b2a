"""Tools for assistants, by the Model Context Protocol: `cyara mcp` (extra `mcp`).

Each tool does a job over the guarded client: it answers within a bound, marks what the portal wrote as data, and never
shows a secret. What may change things is not there unless somebody allowed it.
"""

from __future__ import annotations

from importlib.util import find_spec


def require_extra() -> None:
    """Say in one sentence what is not installed.

    Raises:
        MissingExtraError: A package of the extra `mcp` is missing.
    """
    missing = [name for name in ("mcp", "jsonschema") if find_spec(name) is None]
    if missing:
        from cyara_auth.errors import MissingExtraError

        raise MissingExtraError(
            f"The tools for assistants need {', '.join(missing)}. Nothing was sent. "
            "Next: pip install 'cyara-client[cli,mcp]'"
        )

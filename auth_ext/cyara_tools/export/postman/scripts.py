"""The scripts of the collection, as lines of JavaScript."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any


def before(*, without_pair: bool) -> list[str]:
    """Return the script that runs before each request.

    Args:
        without_pair: Whether the collection is for the proxy only.
    """
    return [f"const withoutPair = {json.dumps(without_pair)};", *_lines("shared.js"), *_lines("before.js")]


def after() -> list[str]:
    """Return the script that runs after each answer."""
    return [*_lines("shared.js"), *_lines("after.js")]


def of_request(statuses: tuple[int, ...], captured: dict[str, str]) -> list[str]:
    """Return the script that runs after the answers to one request.

    Args:
        statuses: Those that mean success.
        captured: Fields of the answer, by the variable that keeps each.
    """
    expected: Any = list(statuses)
    lines = [
        "// 401 and 423 have a test of their own.",
        "if (![401, 423].includes(pm.response.code))",
        f'    pm.test("Success", () => pm.expect({json.dumps(expected)}).to.include(pm.response.code));',
    ]
    if captured:
        lines.append(f"if ({json.dumps(expected)}.includes(pm.response.code)) {{")
        for variable, field in captured.items():
            read = f"pm.response.json()[{json.dumps(field)}]"
            lines.append(f"    pm.collectionVariables.set({json.dumps(variable)}, {read});")
        lines.append("}")
    return lines


def _lines(name: str) -> list[str]:
    return (resources.files("cyara_tools.export.postman") / name).read_text("utf-8").splitlines()

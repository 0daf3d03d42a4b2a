"""`--query`: JMESPath expressions, checked before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyara_tools.output.errors import UsageError
from cyara_tools.output.plain_text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator


class Query:
    """One expression, ready to be asked.

    Args:
        text: the expression.

    Raises:
        UsageError: it is none, or it uses a function that there is not.
    """

    def __init__(self, text: str) -> None:
        # Late: most commands have no query.
        import jmespath
        from jmespath.exceptions import JMESPathError
        from jmespath.functions import Functions

        self._failures = JMESPathError
        try:
            self._compiled = jmespath.compile(text)
        except JMESPathError as error:
            # The first line says what is wrong, the others draw an arrow below the text.
            reason = one_line(str(error).partition("\n")[0]).rstrip(".:")
            raise UsageError(
                f"--query is not a JMESPath expression: {reason}. Nothing was sent. Next: see https://jmespath.org; "
                "of a list, the expression gets all rows: '[].name', '[?status==`\"Ready\"`]', 'length(@)'"
            ) from None
        # The library finds an unknown function only when it is called, which would be after the call of the portal.
        functions = Functions.FUNCTION_TABLE
        for name in _functions(self._compiled.parsed):
            if name not in functions:
                raise UsageError(
                    f"--query uses the function {one_line(name)}(), which JMESPath does not have. Nothing was sent. "
                    f"Next: use one of {', '.join(sorted(functions))}"
                )

    def ask(self, document: Any) -> Any:
        """Return what the expression finds in JSON values.

        Raises:
            UsageError: it does not fit what came.
        """
        try:
            return self._compiled.search(document)
        except self._failures as error:
            raise UsageError(
                f"--query does not fit the answer: {one_line(str(error))}. The call was made. Next: see the answer "
                "itself with --output json"
            ) from None


def _functions(node: Any) -> Iterator[str]:
    """Yield the names of all functions in a parsed expression."""
    if node["type"] == "function_expression":
        yield node["value"]
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _functions(child)

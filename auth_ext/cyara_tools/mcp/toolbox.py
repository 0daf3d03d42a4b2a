"""Which tools are there: those that this client's document can carry out, and that somebody allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from cyara_auth.errors import InferredOperationError
from cyara_tools.mcp.comparing import comparing_tools
from cyara_tools.mcp.raw_operations import raw_tool
from cyara_tools.mcp.reading import reading_tools
from cyara_tools.mcp.starting import starting_tool
from cyara_tools.mcp.status import status_tool
from cyara_tools.mcp.tool import READ_ONLY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyara_auth.client.cyara import Cyara
    from cyara_tools.mcp.tool import Tool


@attrs.frozen(kw_only=True)
class Permissions:
    """What an assistant may do beside reading.

    Attributes:
        writes: Start campaigns, and call operations that change things.
        deletes: Call operations that delete.
        all_operations: Call the document's operations as they are.
    """

    writes: bool = False
    deletes: bool = False
    all_operations: bool = False

    def allow(self, methods: frozenset[str]) -> bool:
        """Return whether a tool that calls by these methods may be there."""
        changes = methods - READ_ONLY
        if "DELETE" in changes and not self.deletes:
            return False
        return not changes - {"DELETE"} or self.writes


class Toolbox:
    """The tools of one server."""

    def __init__(self, cyara: Cyara, permissions: Permissions) -> None:
        self._cyara = cyara
        operations = cyara.operations
        own = [*reading_tools(cyara), *comparing_tools(cyara), status_tool(cyara), starting_tool(cyara)]
        every = [tool for tool in own if all(name in operations for name in tool.operations)]
        if permissions.all_operations:
            names = {tool.name for tool in every}
            raw = filter(None, (raw_tool(cyara, operation) for operation in operations.values()))
            every += [tool for tool in raw if tool.name not in names]
        self._allowed = [tool for tool in every if permissions.allow(tool.methods(operations))]

    async def tools(self) -> Mapping[str, Tool]:
        """Return the tools that may be used now, by name.

        Asked each time: whether inferred operations may be sent follows from what answers at the portal's address.
        """
        return {tool.name: tool for tool in self._allowed if await self._may_send(tool)}

    async def _may_send(self, tool: Tool) -> bool:
        client: Any = self._cyara.get_async_httpx_client()
        try:
            for name in tool.operations:
                await client.check_operation(self._cyara.operations[name])
        except InferredOperationError:
            return False
        return True

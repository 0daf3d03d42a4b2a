"""The server of the Model Context Protocol: lists the tools, checks what they are given, and answers for them."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, Final

from jsonschema import Draft202012Validator
from mcp import types
from mcp.server.lowlevel import Server

import cyara_client
from cyara_auth.errors import ApiError, CyaraAuthError
from cyara_auth.redact import Redactor
from cyara_client.errors import CyaraError
from cyara_tools.cli.command_output import sentence
from cyara_tools.cli.exit_codes import EXPECTED
from cyara_tools.mcp.answers import MARK, answer, fitted, text_of
from cyara_tools.mcp.errors import ToolError
from cyara_tools.mcp.tool import READ_ONLY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mcp.server.context import ServerRequestContext

    from cyara_auth.client.cyara import Cyara
    from cyara_tools.mcp.tool import Answer, Progress, Tool
    from cyara_tools.mcp.toolbox import Toolbox

CALLS: Final = "cyara_tools.mcp.calls"
LOGGER: Final = logging.getLogger(CALLS)
LOGGER.addHandler(logging.NullHandler())

INSTRUCTIONS: Final = (
    "Tools for a Cyara portal, which tests contact centres by calling them. " + MARK + " Where a call was refused to "
    "protect the credential, do not repeat it: ask credential_status, and tell the person what it says."
)
_SHOWN_PROBLEM: Final = 300


def make_server(cyara: Cyara, toolbox: Toolbox) -> Server[Any]:
    """Return the server of these tools."""

    async def list_tools(_: ServerRequestContext[Any, Any], __: Any) -> types.ListToolsResult:
        tools = (await toolbox.tools()).values()
        return types.ListToolsResult(tools=[_described(tool, cyara) for tool in tools])

    async def call_tool(
        context: ServerRequestContext[Any, Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        tool = (await toolbox.tools()).get(params.name)
        began, kind = time.perf_counter(), "-"
        try:
            result = await _whole(_carried_out(tool, params, context.session.report_progress))
        except asyncio.CancelledError:
            kind = "Cancelled"
            raise
        # Expected or not: what goes wrong is an answer to the assistant, and the server goes on.
        except Exception as error:  # noqa: BLE001 - see the comment
            kind = type(error).__name__
            return _result(_refusal(error), cyara, is_error=True)
        finally:
            name = "other" if tool is None else tool.name
            LOGGER.info("tool=%s ms=%.0f kind=%s", name, (time.perf_counter() - began) * 1000, kind)
        return _result(result, cyara)

    return Server(
        "cyara",
        version=cyara_client.__version__,
        title="Cyara",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _described(tool: Tool, cyara: Cyara) -> types.Tool:
    methods = tool.methods(cyara.operations)
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=f"{tool.description} {tool.evidence(cyara.operations)}",
        input_schema=tool.schema,
        annotations=types.ToolAnnotations(
            read_only_hint=methods <= READ_ONLY,
            destructive_hint=bool(methods & {"DELETE", "PUT", "PATCH"}),
            idempotent_hint=methods <= READ_ONLY,
            open_world_hint=True,
        ),
    )


async def _carried_out(tool: Tool | None, params: types.CallToolRequestParams, progress: Progress) -> Answer:
    if tool is None:
        raise ToolError(
            "There is no such tool here, or it is not allowed. Nothing was sent. Next: a person may allow more: cyara "
            "mcp --allow-writes, --allow-deletes, --allow-inferred, --all-operations"
        )
    arguments: Mapping[str, Any] = params.arguments or {}
    validator: Any = Draft202012Validator(tool.schema)
    problem: Any = next(iter(validator.iter_errors(arguments)), None)
    if problem is not None:
        where = ".".join(map(str, problem.absolute_path)) or "arguments"
        raise ToolError(f"{where}: {problem.message[:_SHOWN_PROBLEM]}. Nothing was sent. Next: see the tool's schema")
    return await tool.run(arguments, progress)


async def _whole(work: Awaitable[Answer]) -> Answer:
    """Await, and when cancelled end the work by one cancellation.

    The protocol's own scopes cancel again at each `await`, which would cut short what the guard writes down at the end.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.cancel()
        raise


def _refusal(error: Exception) -> Answer:
    """Return what an error says; the portal's words in it are marked as such."""
    kind = type(error).__name__
    if isinstance(error, ApiError):
        message = f"The portal answered {error.status_code} to {error.operation_id}. {error.advice}".strip()
        return answer(error.explanation or None, error={"kind": kind, "message": message})
    if isinstance(error, (*EXPECTED, CyaraError, CyaraAuthError)):
        return answer(error={"kind": kind, "message": sentence(error)})
    return answer(error={"kind": kind, "message": "Something unforeseen went wrong. Next: credential_status"})


def _result(value: Answer, cyara: Cyara, *, is_error: bool = False) -> types.CallToolResult:
    try:
        redact: Callable[[str], str] = Redactor(cyara.credential)
    except CyaraAuthError:
        redact = Redactor()
    shown = fitted(value, redact)
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text_of(shown))], structured_content=shown, is_error=is_error
    )

"""`cyara mcp` as people start it, and the SDK's own client in front of it, over both transports."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult

from cyara_tools.portal import LocalPortal

TRANSPORTS = ("stdio", "http")
JOBS = {
    *("list_campaigns", "search_test_cases", "get_campaign", "get_test_case", "get_run_results", "compare_runs"),
    *("explain_failure", "credential_status"),
}
_SETTINGS = re.compile(r"CYARA_|(?i:(https?|all|no)_proxy)")


def environment(portal: LocalPortal, folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of somebody who has set up the client."""
    return {
        **{name: value for name, value in os.environ.items() if not _SETTINGS.match(name)},
        "CYARA_BASE_URL": portal.base_url,
        "CYARA_ACCOUNT_ID": "1",
        "CYARA_API_CREDENTIAL": str(portal.credential),
        "CYARA_STRIKE_STORE": f"sqlite://{folder}/strikes.sqlite3",
        "CYARA_CONFIG_DIR": str(folder / "config"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        **more,
    }


@attrs.frozen
class Served:
    """`cyara mcp --http` in a process of its own."""

    process: subprocess.Popen[str]
    facts: dict[str, Any]

    @property
    def url(self) -> str:
        return str(self.facts["url"])

    @property
    def headers(self) -> dict[str, str]:
        name, _, value = str(self.facts["header"]).partition(": ")
        return {name: value}


@contextmanager
def served(environ: dict[str, str], log: Path, *options: str) -> Iterator[Served]:
    """Run it until the end of the block."""
    command = [sys.executable, "-m", "cyara_tools.cli", "mcp", "--http", "--port", "0", "--json", *options]
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, log.read_text("utf-8")
            yield Served(process, json.loads(line))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)
            process.stdout.close()


@asynccontextmanager
async def assistant(transport: str, environ: dict[str, str], log: Path, *options: str) -> AsyncIterator[Client]:
    """Connect the SDK's client to `cyara mcp` with these options; what the program says of itself goes into `log`."""
    if transport == "stdio":
        program = StdioServerParameters(
            command=sys.executable, args=["-m", "cyara_tools.cli", "mcp", *options], env=environ
        )
        with log.open("w", encoding="utf-8") as errors:
            async with Client(stdio_client(program, errors)) as client:
                yield client
        return
    with served(environ, log, *options) as server:
        async with (
            httpx2.AsyncClient(headers=server.headers, timeout=50) as http,
            Client(streamable_http_client(server.url, http_client=http)) as client,
        ):
            yield client


def answer_of(result: CallToolResult) -> dict[str, Any]:
    """Return what a tool answered; both forms of it are one."""
    text = "".join(getattr(part, "text", "") for part in result.content)
    assert json.loads(text) == result.structured_content
    assert result.structured_content is not None
    return result.structured_content


async def good(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool that has to succeed."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result
    return answer_of(result)


async def bad(client: Client, tool: str, **arguments: Any) -> str:
    """Call a tool that has to refuse, and return its sentence."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, result
    return str(answer_of(result)["error"]["message"])


def secrets_of(portal: LocalPortal) -> tuple[str, ...]:
    """Return key and token."""
    return tuple(str(portal.credential).split(":"))

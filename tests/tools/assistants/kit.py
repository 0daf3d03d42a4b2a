"""`cyara mcp` as people start it, and the SDK's own client in front of it, over both transports."""

import asyncio
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
async def assistant(
    transport: str, environ: dict[str, str], log: Path, *options: str, mode: str = "auto"
) -> AsyncIterator[Client]:
    """Connect the SDK's client to `cyara mcp` with these options; what the program says of itself goes into `log`."""
    if transport == "stdio":
        program = StdioServerParameters(
            command=sys.executable, args=["-m", "cyara_tools.cli", "mcp", *options], env=environ
        )
        with log.open("w", encoding="utf-8") as errors:
            async with Client(stdio_client(program, errors), mode=mode) as client:
                yield client
        return
    with served(environ, log, *options) as server:
        async with (
            httpx2.AsyncClient(headers=server.headers, timeout=50) as http,
            Client(streamable_http_client(server.url, http_client=http), mode=mode) as client,
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


class Link:
    """The way to a portal: while it is cut, every request ends as those of a portal that has died do."""

    def __init__(self, port: int) -> None:
        self._inner = port
        self.is_cut = False
        self.port = 0
        self._server: asyncio.Server | None = None
        self._joined: list[asyncio.Task[Any]] = []

    @classmethod
    async def to(cls, port: int) -> "Link":
        link = cls(port)
        link._server = await asyncio.start_server(link._join, "127.0.0.1", 0)
        link.port = link._server.sockets[0].getsockname()[1]
        return link

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for joined in self._joined:
            joined.cancel()
        await asyncio.gather(*self._joined, return_exceptions=True)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._joined.append(task)
        from_portal, to_portal = await asyncio.open_connection("127.0.0.1", self._inner)
        ways = [asyncio.ensure_future(way) for way in (self._pass(reader, to_portal), self._pass(from_portal, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (writer, to_portal):
                end.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (data := await reader.read(65_536)) and not self.is_cut:
            writer.write(data)

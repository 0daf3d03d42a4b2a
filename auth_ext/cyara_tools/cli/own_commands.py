"""The commands that are not operations: where each is, and what its group says of it. None is loaded to list them."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cyara_tools.cli.base import Entry, Group

if TYPE_CHECKING:
    from collections.abc import Mapping


class Own(NamedTuple):
    """One command.

    Attributes:
        help: one line about it, for the list of its group.
        target: where its function is, as `module:function`.
        examples: lines to copy.
        kind: its class, as `module:class`, where it reads its arguments in a way of its own.
    """

    help: str
    target: str
    examples: tuple[str, ...] = ()
    kind: str = "cyara_tools.cli.base:Command"


class OwnGroup(NamedTuple):
    """A group of such commands."""

    help: str
    commands: Mapping[str, Own | OwnGroup]
    examples: tuple[str, ...] = ()


_ROTATE: Final = OwnGroup(
    "Replace the token without one invalid call: begin, then commit or abort.",
    {
        "begin": Own(
            "Stop all calls of the key and wait until none is on its way.",
            "cyara_tools.cli.rotate:begin",
            ("cyara auth rotate begin",),
        ),
        "commit": Own(
            "Take the new token and let calls go on.",
            "cyara_tools.cli.rotate:commit",
            ("cyara auth rotate commit", "cyara auth rotate commit < new-token.txt"),
        ),
        "abort": Own(
            "Let calls go on with the old token; none was generated.",
            "cyara_tools.cli.rotate:abort",
            ("cyara auth rotate abort",),
        ),
    },
    ("cyara auth rotate begin", "cyara auth rotate commit"),
)

_AUTH: Final = OwnGroup(
    "Store, verify, rotate and examine the credential.",
    {
        "login": Own(
            "Store a credential: paste it, or pipe it in. Nothing is sent.",
            "cyara_tools.cli.login:login",
            ("cyara auth login --base-url https://portal.example/cyarawebapi", "cyara auth login < usage.txt"),
        ),
        "status": Own(
            "Show what is known of the credential. Nothing is sent.",
            "cyara_tools.cli.status:status",
            ("cyara auth status", "cyara auth status --all --json"),
        ),
        "fingerprint": Own(
            "Print eight digits that name the key.",
            "cyara_tools.cli.fingerprint:fingerprint",
            ("cyara auth fingerprint",),
        ),
        "verify": Own(
            "Verify the credential by one cheap call.",
            "cyara_tools.cli.verify:verify",
            ("cyara auth verify", "cyara auth verify --operation GetCampaigns"),
        ),
        "rotate": _ROTATE,
        "reset": Own(
            "Let calls go on after somebody looked at the token in the portal.",
            "cyara_tools.cli.reset:reset",
            ("cyara auth reset --still-valid", "cyara auth reset --regenerated"),
        ),
        "doctor": Own(
            "Look for what is usually wrong, offline first.",
            "cyara_tools.cli.doctor:doctor",
            ("cyara auth doctor", "cyara auth doctor --probe --spec"),
        ),
        "remote-sync-key": Own(
            "Print what the field RemoteSyncAPIKey takes.",
            "cyara_tools.cli.remote_sync_key:remote_sync_key",
            ("cyara auth remote-sync-key",),
        ),
    },
    ("cyara auth login", "cyara auth status"),
)

_EXPORT: Final = OwnGroup(
    "Take data, and what other tools import, away as files.",
    {
        "results": Own(
            "Write the results of campaigns to a file.",
            "cyara_tools.export.command:results",
            ("cyara export results --campaign 812 --since 30d --to results.csv",),
        ),
        "postman": Own(
            "Write a collection and an environment for Postman and newman.",
            "cyara_tools.export.postman.command:postman",
            ("cyara export postman postman", "cyara export postman postman --proxy"),
        ),
        "openapi": Own(
            "Write the OpenAPI document for ReadyAPI and other importers.",
            "cyara_tools.export.openapi_command:openapi",
            ("cyara export openapi spec",),
        ),
    },
    ("cyara export results --campaign 812 --to results.csv",),
)

_RUN: Final = Own(
    "Run campaigns, and end by the gate: 0 only if they passed.",
    "cyara_tools.run.command:run",
    (
        "cyara run 812 813 --junit results.xml --html report.html",
        "cyara run --name 'Nightly *' --min-pass 95% --timeout 1h",
        "cyara run --suite nightly.cyara.yaml --parallel 2 --fail-fast",
        "cyara run --resume",
    ),
    "cyara_tools.run.options:RunCommand",
)

_PROXY: Final = Own(
    "Guard every HTTP tool: a base URL on this machine, without a credential.",
    "cyara_tools.proxy.command:proxy",
    (
        "cyara proxy",
        "cyara proxy --read-only --token-file ~/.cyara-proxy",
        "cyara proxy --port 0 --json --allow-operation GetCampaigns",
    ),
)

_EXEC: Final = Own(
    "Run a program with the proxy up: no call of it can burn the token.",
    "cyara_tools.proxy.exec_command:exec_",
    (
        "cyara exec -- newman run cyara.postman_collection.json",
        "cyara exec -- sh -c 'curl \"$CYARA_BASE_URL/v3.0/accounts/1/campaigns\"'",
    ),
    "cyara_tools.proxy.child_command:ChildCommand",
)

_MCP: Final = Own(
    "Give an assistant tools for campaigns and results (Model Context Protocol).",
    "cyara_tools.mcp.command:mcp",
    (
        "cyara mcp",
        "cyara mcp --allow-writes",
        "cyara mcp --http --port 0 --token-file ~/.cyara-mcp",
    ),
)

_CALL: Final = Own(
    "Call an operation by its id, or send a request by method and path.",
    "cyara_tools.api.call_command:call",
    (
        "cyara call GetCampaigns --param pageSize=10",
        "cyara call GET /v3.0/accounts/{accountId}/campaigns --param pageSize=10",
    ),
)

_OPERATIONS: Final = Own(
    "Find the operations of the portal's document. Nothing is sent.",
    "cyara_tools.api.operations_command:operations",
    ("cyara operations campaign", "cyara operations GetCampaigns"),
)

OWN: Final[Mapping[str, Own | OwnGroup]] = {
    "run": _RUN,
    "call": _CALL,
    "operations": _OPERATIONS,
    "auth": _AUTH,
    "export": _EXPORT,
    "proxy": _PROXY,
    "exec": _EXEC,
    "mcp": _MCP,
}
"""All of them, by name; a new command of the program is one line here."""


def own_entries(commands: Mapping[str, Own | OwnGroup] = OWN) -> dict[str, Entry]:
    """Return commands for the list of their group."""
    return {name: Entry(own.help, partial(_load, name, own)) for name, own in commands.items()}


def _load(name: str, own: Own | OwnGroup) -> Any:
    if isinstance(own, OwnGroup):
        return Group(name=name, help=own.help, entries=own_entries(own.commands), examples=own.examples)
    import typer
    from typer.main import get_command

    # A program of one command, of which only the command is taken: typer makes its options from the signature.
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name=name, cls=_named(own.kind))(_named(own.target))
    command: Any = get_command(app)
    command.examples = own.examples
    return command


def _named(target: str) -> Any:
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)

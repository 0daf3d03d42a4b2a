"""`cyara call`: any operation by its id, and any request by method and path."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Annotated, Any

import attrs
import typer

from cyara_auth.errors import CredentialError
from cyara_auth.redact import Redactor
from cyara_client._json import is_object
from cyara_client.errors import ApiError
from cyara_tools.api.exchange import headers_of, hooks, show_refusal
from cyara_tools.api.invoke import Typed, confirm, invoke
from cyara_tools.api.lookup import named
from cyara_tools.api.named_call import given_of, open_call, split_pairs
from cyara_tools.api.raw import METHODS, body_arguments, matched, send, url_of
from cyara_tools.api.results import emit
from cyara_tools.api.texts import plain
from cyara_tools.cli.base import BODY
from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.context import PortalContext
from cyara_tools.output.errors import UsageError
from cyara_tools.output.options import OutputFormat, OutputOptions

TargetArgument = Annotated[
    str, typer.Argument(metavar="OPERATION|METHOD", help="Id of an operation, or an HTTP method before a path.")
]
PathArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[PATH]", help="Path below the base URL; {accountId} is filled in, other names in braces by --param."
    ),
]
ParamOption = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        metavar="NAME=VALUE",
        help="A parameter, by its name in the document or in Python. Repeatable.",
        show_default=False,
    ),
]
HeaderOption = Annotated[
    list[str] | None,
    typer.Option("--header", metavar="'NAME: VALUE'", help="One more header. Repeatable.", show_default=False),
]
IncludeOption = Annotated[
    bool, typer.Option("--include", help="Write status and headers of each answer to standard error.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Delete without asking; needed where nobody can be asked.")]
BodyOption = Annotated[
    str | None,
    typer.Option(
        "--body", metavar="TEXT|@FILE|-", help="The body: JSON as a rule.", show_default=False, rich_help_panel=BODY
    ),
]
FieldOption = Annotated[
    list[str] | None,
    typer.Option(
        "--field",
        "-f",
        metavar="KEY=VALUE",
        help="A field of an operation's body, put over --body. Repeatable.",
        show_default=False,
        rich_help_panel=BODY,
    ),
]

Hooks = Mapping[str, list[Callable[[Any], object]]]


@attrs.frozen(kw_only=True)
class _HookedContext(PortalContext):
    """The same portal, by a client with hooks of this command."""

    event_hooks: Hooks = attrs.field(factory=dict[str, list[Callable[[Any], object]]])

    def _options(self) -> dict[str, Any]:
        return {**super()._options(), "event_hooks": self.event_hooks}


@attrs.frozen(kw_only=True)
class _Caller:
    """What was said of one call, whichever way it is made."""

    context: PortalContext
    output: CommandOutput
    options: OutputOptions
    pairs: list[tuple[str, str]]
    headers: dict[str, str]
    body: str | None
    fields: list[str]
    include: bool
    yes: bool

    def by_id(self, target: str) -> None:
        """Call an operation."""
        call = open_call(named(target))
        given, account = given_of(call, self.pairs)
        shape, body = call.body, self.body
        if shape is None and (body is not None or self.fields):
            raise UsageError(f"{call.operation.operation_id} takes no body. Nothing was sent. Next: leave it out")
        # The one file of a form is what a body from a file can only mean.
        if shape is not None and shape.form == "files" and shape.file is not None and _is_file(body):
            given[shape.file], body = str(body).removeprefix("@"), None
        typed = Typed(values=given, body=body, fields=self.fields, yes=self.yes)
        invoke(call, typed, self._hooked(self.headers, account=account), self.options, self.output)

    def by_path(self, method: str, path: str) -> None:
        """Send a request."""
        self.options.plan()
        arguments = body_arguments(self.body, self.headers)
        with self._hooked({}).connect_for_jobs() as cyara:
            # Ours, which knows more than one of httpx.
            http: Any = cyara.get_httpx_client()
            url = url_of(path, self.pairs, cyara.account_id)
            base_path = http.base_url.raw_path.decode("ascii").rstrip("/")
            operation = matched(method, http.build_request(method, url).url, base_path)
            if operation is not None:
                # What may not be sent is said before anybody is asked whether to send it.
                http.check_operation(operation)
            if method == "DELETE":
                confirm(f"{method} {url.partition('?')[0]} at {cyara.base_url}", yes=self.yes)
            if operation is not None:
                import_module(f"cyara_client.api.{operation.module}").ENDPOINT.warn()
            answer = send(cyara, method, url, arguments, operation)
        # All of it is here already, so that nothing is gained by showing less.
        options = attrs.evolve(self.options, all_pages=self.options.limit is None)
        if is_object(answer) and options.format is options.query is None:
            options = attrs.evolve(options, format=OutputFormat.JSON)
        emit(answer, options, note=self.output.note)

    def _hooked(self, headers: dict[str, str], *, account: str | None = None) -> _HookedContext:
        known: dict[str, Any] = attrs.asdict(self.context, recurse=False)
        known["account"] = account or self.context.account
        return _HookedContext(**known, event_hooks=hooks(headers, include=self.include))


def _is_file(body: str | None) -> bool:
    return body is not None and (body == "-" or body.startswith("@"))


@command
def call(  # noqa: PLR0913 - one argument for each option
    context: PortalContext,
    output: CommandOutput,
    options: OutputOptions,
    *,
    target: TargetArgument,
    path: PathArgument = None,
    param: ParamOption = None,
    header: HeaderOption = None,
    body: BodyOption = None,
    field: FieldOption = None,
    include: IncludeOption = False,
    yes: YesOption = False,
) -> None:
    """Call an operation by its id, or send a request by method and path."""
    caller = _Caller(
        context=context,
        output=output,
        options=options,
        pairs=split_pairs(param or []),
        headers=headers_of(header or []),
        body=body,
        fields=field or [],
        include=include,
        yes=yes,
    )
    method = target.upper()
    try:
        if method not in METHODS and path is None:
            caller.by_id(target)
        else:
            caller.by_path(*_checked(method, path, has_fields=bool(field)))
    except ApiError as error:
        # The words of an operation's refusal are in the error's text, where they could be made out.
        if path is not None or not error.explanation:
            show_refusal(error, _redactor(context))
        raise


def _checked(method: str, path: str | None, *, has_fields: bool) -> tuple[str, str]:
    """Return method and path.

    Raises:
        UsageError: they are none, or do not go with the other options.
    """
    if method not in METHODS:
        raise UsageError(
            f"{plain(method)} is no HTTP method, so no path goes with it. Nothing was sent. Next: give one of "
            f"{', '.join(METHODS)}, or an operation alone"
        )
    if path is None:
        raise UsageError(f"{method} needs a path. Nothing was sent. Next: cyara call {method} /v3.0/...")
    if has_fields:
        raise UsageError("--field goes with an operation, whose fields are known. Nothing was sent. Next: give --body")
    return method, path


def _redactor(context: PortalContext) -> Redactor:
    try:
        return Redactor(context.source().current())
    except CredentialError:
        # Gone since; what looks like one goes anyway.
        return Redactor()

"""`cyara auth doctor`: looks for everything that is usually wrong, offline; sends something only when told to.

`--probe` makes one call through the guard, unless the same call without the credential is redirected. `--spec` fetches
the portal's document, without the credential if the portal gives it so, and names the operations that differ from those
that this client was built from.
"""

import re
from typing import Annotated

import attrs
import typer

from cyara_tools.cli import checks, connection_checks, online_checks
from cyara_tools.cli.checks import Finding, Level
from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.context import CallContext
from cyara_tools.cli.exit_codes import ExitCode

# Errors lead to this command, which is no way out for who reads it here: the rest of their next step is.
_ASKS_FOR_THIS = re.compile(
    r", or look what is wrong: cyara auth doctor|; if every call ends like this: cyara auth doctor --probe| "
    r"\(cyara auth doctor[^)]*\)"
)
_MARKS = {Level.OK: "ok     ", Level.WARNING: "warning", Level.FAILURE: "FAILURE"}

ProbeOption = Annotated[bool, typer.Option("--probe", help="Also make one call through the guard.")]
SpecOption = Annotated[bool, typer.Option("--spec", help="Also compare with the portal's current document.")]
ClientOption = Annotated[
    str | None, typer.Option("--client", help="Also look at your program's client: package.module:attribute.")
]


@command
def doctor(
    context: CallContext,
    output: CommandOutput,
    *,
    with_probe: ProbeOption = False,
    with_spec: SpecOption = False,
    client: ClientOption = None,
) -> None:
    """Look for what is usually wrong. Sends nothing, unless --probe or --spec is given."""
    base, about_address = checks.check_base_url(context)
    source, about_credential = checks.check_credential(context)
    findings = [about_address, *about_credential, *checks.check_whitespace(context)]
    findings += [checks.check_account(context.account), connection_checks.check_clock()]
    findings += connection_checks.check_certificates(context)
    findings += checks.check_store(context, source, base)
    if base is not None:
        findings += [*connection_checks.check_proxy(base), *connection_checks.check_netrc(base)]
    if client is not None:
        findings.append(connection_checks.check_client(client))
    # What would send something without an address or a credential has nothing to add: their own checks failed.
    if with_spec and base is not None:
        findings += online_checks.check_document(base, context, output)
    if with_probe and base is not None and source is not None:
        findings.append(online_checks.check_answer(context))
    _report(findings, output)


def _report(findings: list[Finding], output: CommandOutput) -> None:
    findings = [attrs.evolve(finding, text=_ASKS_FOR_THIS.sub("", finding.text)) for finding in findings]
    output.put(findings=[finding.facts() for finding in findings])
    for finding in findings:
        output.say(f"{_MARKS[finding.level]}  {finding.check}: {finding.text}")
    failures = sum(1 for finding in findings if finding.level is Level.FAILURE)
    warnings = sum(1 for finding in findings if finding.level is Level.WARNING)
    output.put(failures=failures, warnings=warnings)
    output.say(f"Failures: {failures}, warnings: {warnings}.")
    if failures:
        output.exit_code = ExitCode.FINDINGS

"""`cyara auth doctor`: looks for everything that is usually wrong, offline; sends something only when told to.

`--probe` makes one call through the guard. `--spec` fetches the portal's document, without the credential if the portal
gives it so, and names the operations that differ from those that this client was built from.
"""

from typing import Annotated

import typer

from cyara_tools.cli import checks
from cyara_tools.cli import online_checks as online
from cyara_tools.cli.check_account import check_account
from cyara_tools.cli.context import Setting
from cyara_tools.cli.exit_codes import ExitCode
from cyara_tools.cli.finding import Finding, Level
from cyara_tools.cli.options import (
    AccountOption,
    BaseUrlOption,
    CaOption,
    JsonOption,
    OperationOption,
    ProfileOption,
    StoreOption,
)
from cyara_tools.cli.report import Report, reporting
from cyara_tools.cli.verify import connector

_MARKS = {Level.OK: "ok     ", Level.WARNING: "warning", Level.FAILURE: "FAILURE"}

ProbeOption = Annotated[bool, typer.Option("--probe", help="Also make one call through the guard.")]
SpecOption = Annotated[bool, typer.Option("--spec", help="Also compare with the portal's current document.")]
ClientOption = Annotated[
    str | None, typer.Option("--client", help="Also look at your program's client: package.module:attribute.")
]


def doctor(  # noqa: PLR0913  # options of a command
    *,
    base_url: BaseUrlOption = None,
    profile: ProfileOption = None,
    account: AccountOption = None,
    operation: OperationOption = None,
    store: StoreOption = None,
    ca: CaOption = None,
    with_probe: ProbeOption = False,
    with_spec: SpecOption = False,
    client: ClientOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look for what is usually wrong. Sends nothing, unless --probe or --spec is given."""
    with reporting(as_json=as_json) as report:
        setting = Setting(base_url=base_url, profile=profile, store_url=store)
        report.again = setting.again()
        base, address = checks.check_base_url(setting)
        source, about_credential = checks.check_credential(setting)
        findings = [address, *about_credential, *checks.check_whitespace(setting)]
        findings += [check_account(account), checks.check_clock()]
        findings += checks.check_certificates(setting, ca)
        findings += checks.check_store(setting, source, base)
        if base is not None:
            findings += [checks.check_proxy(base), *checks.check_netrc(base)]
        if client is not None:
            findings.append(checks.check_client(client))
        make = None if base is None else connector(base.url, profile=profile, account=account, store=store, ca=ca)
        if with_spec and base is not None and make is not None:
            findings += online.check_document(base, ca, make, report)
        if with_probe and make is not None and source is not None:
            findings.append(online.check_answer(make, operation))
        _tell(findings, report)


def _tell(findings: list[Finding], report: Report) -> None:
    report.put(findings=[finding.facts() for finding in findings])
    for finding in findings:
        report.say(f"{_MARKS[finding.level]}  {finding.check}: {finding.text}")
    failures = sum(1 for finding in findings if finding.level is Level.FAILURE)
    warnings = sum(1 for finding in findings if finding.level is Level.WARNING)
    report.put(failures=failures, warnings=warnings)
    report.say(f"Failures: {failures}, warnings: {warnings}.")
    if failures:
        report.exit_code = ExitCode.FINDINGS

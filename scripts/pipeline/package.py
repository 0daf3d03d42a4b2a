"""The second half of the stages: from the effective document to a verified package in the staging folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.document.document import dump_json
from pipeline.document.json_nodes import members
from pipeline.errors import PipelineError, VerificationError, listed, quoted
from pipeline.generate import GeneratedEndpoint, GeneratorInputs, generate, put_headers
from pipeline.imports import failing_imports
from pipeline.index import write_index
from pipeline.inputs import allowed_operations, read_settings, settings_for
from pipeline.install.lock import read_lock
from pipeline.report import CORRECT_SCHEMES
from pipeline.tools import tidy
from pipeline.typecheck import require_types
from pipeline.verify import verify
from pipeline.verify.security import contradicted, unmet_security

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.children.child import Child
    from pipeline.job import Job
    from pipeline.prepare import Prepared


def write_package(job: Job, prepared: Prepared, generator: Child) -> None:
    """Write the package into the staging folder: generate, index, tidy; without verification, import every endpoint.

    Raises:
        GeneratorWarningError: the generator or ruff warned or failed.
        MissingOperationError: an operation has no module.
        VerificationError: a module cannot be imported.
    """
    openapi, package = job.request.repository.openapi, job.staged.package
    aliases = read_settings(job.settings_path("aliases.json"))
    with job.progress.stage("generate"):
        package.parent.mkdir(parents=True)
        endpoints = generate(
            prepared.effective,
            effective=job.staged.openapi / "effective.json",
            package=package,
            inputs=GeneratorInputs(
                templates=openapi / "templates", config=read_settings(openapi / "generator.yml"), aliases=aliases
            ),
            generator=generator,
        )
        job.report.operations_generated = len(endpoints)
    with job.progress.stage("index"):
        write_index(
            package,
            received=prepared.corrected,
            effective=prepared.effective,
            public_operations=settings_for(openapi / "public-operations.yaml", job),
            platform=job.platform,
            spec_sha256=job.received.sha256,
            upstream_bytes=job.received.as_json(),
            # A package for which nothing was corrected carries one document, not two of the same content.
            corrected=None if prepared.corrected == job.received.data else dump_json(prepared.packaged()),
            aliases=aliases,
        )
        put_headers(package)
    with job.progress.stage("tidy"):
        tidy(package)
    # Verification imports every endpoint anyway.
    if not job.request.verify:
        _require_importable(job, endpoints)


def _require_importable(job: Job, endpoints: list[GeneratedEndpoint]) -> None:
    """Import every endpoint, where no verification does it anyway."""
    with job.progress.stage("import"):
        failures = failing_imports(job.staged.package, endpoints, work=job.work)
        job.report.operations_importable = len(endpoints) - len(failures)
    if failures:
        named = [f"{module} ({quoted(reason)})" for module, reason in failures.items()]
        raise VerificationError(
            f"{len(failures)} operation(s) cannot be imported: {listed(named)}. Nothing was installed."
        )


def verify_package(job: Job, prepared: Prepared) -> dict[str, str]:
    """Verify the package against the corrected document; return the accepted operations, with reasons.

    Raises:
        VerificationError: an operation fails that is not accepted.
    """
    if job.request.types:
        with job.progress.stage("types"):
            require_types(job.staged.package, work=job.work)
    allowed = allowed_operations(job)
    without = judge_security(job, prepared)
    _require_security(job, without, allowed)
    if not job.request.verify:
        return allowed
    with job.progress.stage("verify"):
        verified = verify(job.staged.package.parent, prepared.corrected, allow=frozenset(allowed))
    result = verified.as_report()
    job.report.operations_importable = result["operations_importable"]
    job.report.answers = result["answers"]
    job.report.kinds = result["kinds"]
    job.report.texts, job.report.files = result["texts"], result["files"]
    job.report.iterators = result["iterators"]
    job.report.requests_valid = result["requests_valid"]
    job.report.failures = result["failing"]
    job.report.allowed = sorted({*job.report.allowed, *result.get("allowed", [])})
    if job.report.failures:
        # One reason for each operation: the first, since the others mostly follow from it.
        first: dict[str, str] = {}
        for failure in sorted(job.report.failures, key=_is_consequence):
            first.setdefault(failure["operation"], f"{quoted(failure['what'])}: {quoted(failure['why'])}")
        named = [f"{quoted(operation)} ({why})" for operation, why in first.items()]
        raise VerificationError(
            f"{len(named)} operation(s) of the package failed their checks: {listed(named, limit=5)}. "
            "Nothing was installed. An operation that you can do without for now is accepted by `build --allow NAME`."
        )
    return allowed


def _is_consequence(failure: dict[str, str]) -> bool:
    """Whether nothing of a call ever left: what stopped it is likely to be the fault of another operation."""
    return failure["why"].startswith("0 requests on the wire")


def judge_security(job: Job, prepared: Prepared) -> dict[str, str]:
    """Put into the report what the document asks for beside our header; return the operations that contradict it.

    By the corrected document: a scheme that the portal describes wrongly is put right by an overlay.
    """
    unmet = unmet_security(prepared.corrected)
    listed_public = members(settings_for(job.request.repository.openapi / "public-operations.yaml", job), "operations")
    job.report.unmet_security = {name: why for name, why in unmet.items() if name not in listed_public}
    total = job.report.operations_in_document
    job.report.security = [total - len(job.report.unmet_security), total]
    return contradicted(job.report.unmet_security)


def _require_security(job: Job, without: dict[str, str], allowed: Mapping[str, str]) -> None:
    """Refuse a client of the repository's own portal whose calls would go out without what the document asks for.

    Of any other document, built into a folder of its own, the report says that it is not proven.
    """
    job.report.allowed = sorted(name for name in without if name in allowed)
    failing = {name: why for name, why in without.items() if name not in allowed}
    if not failing or not _is_own(job):
        return
    job.report.failures = [{"operation": name, "what": "security", "why": why} for name, why in failing.items()]
    named = [f"{quoted(name)} ({quoted(why)})" for name, why in failing.items()]
    raise VerificationError(
        f"{len(named)} of {job.report.operations_in_document} operations ask for other credentials than the header "
        f"Authorization, which every call sends: {listed(named, limit=3)}. Nothing was installed. {CORRECT_SCHEMES}"
    )


def _is_own(job: Job) -> bool:
    """Whether the document is built into the repository, or has the title of the one that is installed there."""
    request = job.request
    if request.target.root == request.repository.root:
        return True
    try:
        installed = read_lock(request.repository.lock)
    except PipelineError:
        # A damaged lock says nothing; the build that mends it says so.
        return False
    return installed is not None and installed.document["title"] == job.received.title

"""The second half of the stages: from the effective document to a verified package in the staging folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.document.document import dump_json
from pipeline.errors import VerificationError, listed, quoted
from pipeline.generate import GeneratedEndpoint, GeneratorInputs, generate, put_headers
from pipeline.imports import failing_imports
from pipeline.index import write_index
from pipeline.inputs import allowed_operations, read_settings, settings_for
from pipeline.tools import tidy
from pipeline.typecheck import require_types
from pipeline.verify import verify
from pipeline.verify.security import unmet_security

if TYPE_CHECKING:
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
    # Reported and not refused: a document may say nothing, or the wrong thing, of a portal that takes our header.
    job.report.unmet_security = unmet_security(prepared.corrected)
    allowed = allowed_operations(job)
    if not job.request.verify:
        return allowed
    with job.progress.stage("verify"):
        verified = verify(job.staged.package.parent, prepared.corrected, allow=frozenset(allowed))
    result = verified.as_report()
    job.report.operations_importable = result["operations_importable"]
    job.report.answers = result["answers"]
    job.report.requests_valid = result["requests_valid"]
    job.report.failures = result["failing"]
    job.report.allowed = sorted(result.get("allowed", []))
    if job.report.failures:
        # One reason for each operation: the first, since the others mostly follow from it.
        first: dict[str, str] = {}
        for failure in job.report.failures:
            first.setdefault(failure["operation"], f"{quoted(failure['what'])}: {quoted(failure['why'])}")
        named = [f"{quoted(operation)} ({why})" for operation, why in first.items()]
        raise VerificationError(
            f"{len(named)} operation(s) of the package failed their checks: {listed(named, limit=5)}. "
            "Nothing was installed. An operation that you can do without for now is accepted by `build --allow NAME`."
        )
    return allowed

"""Every stage once, in order, into the staging folder, and then the install."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.children.child import started
from pipeline.document.document import dump_json
from pipeline.errors import listed
from pipeline.generate import MODULE
from pipeline.inputs import allow_list, allowed_operations, require_known
from pipeline.install.hand_edits import save_edits
from pipeline.install.journal import changes_between, file_sha256, files_below, install
from pipeline.install.layout import PACKAGE, relative
from pipeline.install.lock import Lock, hash_inputs, hash_outputs
from pipeline.install.upstream import FOLDER, NOTE, note_beside, provenance, replaced_documents
from pipeline.package import judge_security, verify_package, write_package
from pipeline.prepare import prepare
from pipeline.tools import PINNED, require_pinned_tools

if TYPE_CHECKING:
    from pipeline.job import Job
    from pipeline.prepare import Prepared


def run(job: Job) -> None:
    """Build into the staging folder, install into the target, and fill the report.

    Raises:
        PipelineError: nothing was installed.
    """
    require_pinned_tools()
    # The child imports the generator, which takes a second, while the document is prepared.
    with started(MODULE, work=job.work) as generator:
        prepared = prepare(job)
        require_known(job.request.allow, prepared.effective)
        _write_openapi(job, prepared)
        write_package(job, prepared, generator)
    allowed = verify_package(job, prepared)
    _write_allow_list(job, allowed)
    with job.progress.stage("lock"):
        _write_lock(job)
    with job.progress.stage("install"):
        _install(job)


def report_unchanged(job: Job) -> None:
    """Fill the report with what the build of the tree as it stands changed and skipped; nothing is written.

    Raises:
        PipelineError: the document can no longer be prepared.
    """
    judge_security(job, prepare(job))
    # Only for what it reports as skipped: a file that belongs to another document.
    allowed_operations(job)


def _write_openapi(job: Job, prepared: Prepared) -> None:
    """Stage the document, where it is a new one, its effective form, and the names."""
    openapi = job.staged.openapi
    openapi.mkdir(parents=True)
    (openapi / "effective.json").write_bytes(dump_json(prepared.effective))
    (openapi / "names.json").write_bytes(prepared.names.to_json().encode())
    _write_upstream(job)
    for name, content in job.request.also.items():
        path = job.staged.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _write_upstream(job: Job) -> None:
    """Stage a new document, and where it comes from, unless the tree has a note about the same bytes."""
    request, name = job.request, job.stored_name
    stored = request.target.openapi / "upstream" / name
    # The document itself is never rewritten, and neither is the note that `fetch` left about these very bytes.
    if request.document_path() == stored:
        return
    upstream = job.staged.openapi / "upstream"
    upstream.mkdir()
    (upstream / name).write_bytes(job.received.received)
    if file_sha256(stored) != job.received.sha256 or note_beside(stored) is None:
        note = note_beside(request.document_path()) if request.is_stored else None
        (upstream / NOTE).write_bytes(note or provenance(job.received, name, origin=request.origin, command="build"))


def _write_allow_list(job: Job, allowed: dict[str, str]) -> None:
    """Remember the failures that were accepted on the command line."""
    # What passes is not written down: an entry without need would hide that operation's next failure.
    asked, failing = set(job.request.allow), set(job.report.allowed)
    needless = sorted(asked - failing)
    if needless:
        job.report.warnings.append(f"`--allow` was not needed for {listed(needless)}: nothing of it fails.")
    kept = {name: reason for name, reason in allowed.items() if name not in needless}
    if asked & failing:
        (job.staged.openapi / "allow.json").write_bytes(dump_json(allow_list(job.received, kept)))


def _write_lock(job: Job) -> None:
    staged = job.staged
    lock = Lock(
        platform=job.platform,
        document={
            "path": f"{FOLDER}/{job.stored_name}",
            "sha256": job.received.sha256,
            "title": job.received.title,
        },
        tools=PINNED,
        inputs=hash_inputs(job.request.repository, staged, job.request.target),
        summary=job.report.summary(),
        outputs=hash_outputs(staged.root, [*files_below(staged.package), staged.openapi / "effective.json"]),
    )
    staged.lock.write_bytes(lock.dump())


def _install(job: Job) -> None:
    target = job.request.target
    # First of all: from the install on, what was edited by hand is nowhere else.
    patch = save_edits(target, job.staged, job.lock) if job.request.discard_edits else None
    job.report.patch = str(patch) if patch else None
    changes = changes_between(
        target.root,
        job.staged.root,
        replaced=[f"generated/{PACKAGE}"],
        gone=replaced_documents(target, job.stored_name, job.lock.document["path"] if job.lock else None),
        # The lock names every other file by hash: until it is there, `check` calls the tree half-installed.
        last=relative(target.lock, target.root),
    )
    install(target.root, job.folder, job.staged.root, changes)

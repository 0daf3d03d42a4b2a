"""`build`: from a document to an installed client, or to one sentence and an untouched tree."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.document.document import read_document
from pipeline.errors import MACHINE_FAULTS, PipelineError, UnexpectedError, quoted
from pipeline.install.folder_lock import work_folder
from pipeline.install.hand_edits import require_no_edits
from pipeline.install.journal import file_sha256, recover
from pipeline.install.lock import SUMMARY, Lock, differences, hash_inputs, read_lock
from pipeline.job import Job
from pipeline.tools import PINNED

if TYPE_CHECKING:
    from collections.abc import Generator

    from pipeline.document.document import LoadedDocument
    from pipeline.job import BuildRequest
    from pipeline.progress import StageProgress
    from pipeline.report import BuildReport


def build(request: BuildRequest, progress: StageProgress, report: BuildReport) -> None:
    """Build, install, and fill the report; with the locked inputs there is nothing to build.

    Raises:
        PipelineError: nothing was installed; the text says why.
    """
    _require_own_place(request)
    path = request.document_path()
    with work_folder(request.target.root) as folder:
        if recover(request.target.root, folder):
            progress.note("An install that had been cut short was completed first.")
        with progress.stage("source"):
            received = read_document(path)
            lock = _installed(request)
        job = Job(request=request, received=received, lock=lock, folder=folder, progress=progress, report=report)
        report.document = {"name": received.name, "title": received.title, "sha256": received.sha256}
        report.written = str(request.target.root)
        report.platform = job.platform
        unchanged = lock if lock and is_unchanged(request, lock, received) else None
        # Before the stages, not at the install: nobody waits for a build that is then refused.
        if not unchanged and not request.discard_edits:
            require_no_edits(request.target, lock)
        with _one_sentence(job):
            # Here and not at the top: `check` needs this module too, and is quick without generator and verifier.
            from pipeline import stages

            if unchanged:
                stages.report_unchanged(job)
                report.take_summary(unchanged.summary)
            else:
                stages.run(job)


def _require_own_place(request: BuildRequest) -> None:
    """Make sure that a build for another folder does not write among what the repository's own client is made of.

    Raises:
        PipelineError: it would.
    """
    repository, root = request.repository, request.target.root
    for folder in (repository.package, repository.openapi, repository.root / "scripts"):
        if root.is_relative_to(folder):
            raise PipelineError(
                f"{root} lies in {folder}, which holds the repository's own client or what it is made from. "
                "Nothing was changed. Name a folder elsewhere with `--into`."
            )


@contextmanager
def _one_sentence(job: Job) -> Generator[None]:
    """Run the stages; whatever a document makes them raise, the user gets one sentence."""
    try:
        yield
    except PipelineError:
        raise
    except ModuleNotFoundError as error:
        if str(error.name).startswith("pipeline"):
            raise UnexpectedError(f"{quoted(error)}. Nothing was installed. Restore scripts/pipeline.") from error
        # A tool is missing: regenerate.py says how to get it.
        raise
    except Exception as error:
        # A full or read-only disk is the machine's matter, wherever a stage meets it: the caller words it.
        if isinstance(error, OSError) and error.errno in MACHINE_FAULTS:
            raise
        raise UnexpectedError(
            f"The stage {job.progress.current} failed unexpectedly ({type(error).__name__}: {quoted(error)}). "
            "Nothing was installed. This is a mistake of the pipeline; please report it, with the output of --debug."
        ) from error


def is_unchanged(request: BuildRequest, lock: Lock, received: LoadedDocument) -> bool:
    """Return whether a build of these inputs is what the tree already holds."""
    # In the order of cost: hashing every input and output comes last.
    return (
        lock.document["sha256"] == received.sha256
        and lock.tools == PINNED
        and request.named_platform in {None, lock.platform}
        and not request.allow
        and not request.types
        and not request.discard_edits
        and not request.also
        and lock.summary.keys() >= SUMMARY
        and bool(lock.summary["requests_valid"] or not request.verify)
        and lock.inputs == hash_inputs(request.repository, request.target)
        and file_sha256(request.target.root / lock.document["path"]) == received.sha256
        and not differences(request.target.root, lock.outputs, request.target.package)
    )


def _installed(request: BuildRequest) -> Lock | None:
    try:
        return read_lock(request.target.lock)
    except PipelineError:
        # A damaged lock is mended by this flag: it then counts as missing, and every generated file as edited.
        if request.discard_edits:
            return None
        raise

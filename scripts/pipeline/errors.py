"""Errors of the regeneration pipeline: every way in which a build ends without a new client.

One tree, so that the command line prints one sentence and exits with 1, whatever stage refused:

    PipelineError
    +-- RefusedDocumentError    the document cannot, or must not, be built
    +-- OverlayError            a correction no longer fits the document that it names
    +-- GeneratorWarningError   the generator left something out, or failed
    +-- MissingOperationError   an operation of the document has no counterpart in the package
    +-- VerificationError       the package does not do what the document says
    +-- HandEditError           files in generated/ differ from the lock
    +-- OutOfDateError          `check`: inputs or outputs do not match the lock
    +-- ToolVersionError        the generator or ruff is not the pinned one
    +-- BusyError               another regeneration holds the folder
    +-- FileSystemError         a file or folder cannot be read or written
    +-- FetchError              the document could not be fetched
    +-- ReleaseError            a release cannot be made or found
    +-- UnexpectedError         a mistake of the pipeline itself

Messages say what happened, that nothing was changed where this is so, and the next command. A document's own text is
untrusted: it enters a message only through :func:`quoted`.
"""

from __future__ import annotations

import errno

LONGEST_QUOTE = 160

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_ALLOWED = {errno.EROFS, errno.EACCES, errno.EPERM}
_IN_THE_WAY = {errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP}
MACHINE_FAULTS = _NO_ROOM | _NOT_ALLOWED | _IN_THE_WAY | {errno.EIO, errno.EMFILE, errno.ENFILE}
"""Numbers of system errors that are a matter of the machine, wherever they happen, and never a mistake of ours."""


class PipelineError(Exception):
    """Root of the tree; ``str(error)`` is the sentence for the user."""


class RefusedDocumentError(PipelineError):
    """The document is invalid, unsafe, or cannot be turned into a client."""


class OverlayError(PipelineError):
    """An overlay is malformed, or one of its actions matches nothing."""


class GeneratorWarningError(PipelineError):
    """The generator warned, failed, or was stopped; the text names the operation where the generator does."""


class MissingOperationError(PipelineError):
    """Operations of the document are not in the package; the text names them."""


class VerificationError(PipelineError):
    """The finished package failed verification; the text names the operations."""


class HandEditError(PipelineError):
    """Somebody edited generated files; the text names them."""


class OutOfDateError(PipelineError):
    """The committed client does not match the committed inputs."""


class ToolVersionError(PipelineError):
    """An installed tool is not the pinned one, so the output would differ."""


class BusyError(PipelineError):
    """Another process regenerates the same folder."""


class FileSystemError(PipelineError):
    """The file system refuses a file or folder: read-only, full, or something else lies there."""


class FetchError(PipelineError):
    """The document could not be fetched; nothing was stored."""


class ReleaseError(PipelineError):
    """The release cannot be made, or the archive has no such release."""


class UnexpectedError(PipelineError):
    """A stage raised something that it should not have; nothing was installed, and the cause is attached."""


def file_system_error(error: OSError, consequence: str, path: object = None) -> FileSystemError:
    """Return the sentence for an error of the file system: path, reason, ``consequence`` (a sentence), next step.

    ``path`` is named where the error itself names no file.
    """
    if error.errno in _NO_ROOM:
        step = "Make room there and run the command again."
    elif error.errno in _NOT_ALLOWED:
        step = "Run the command where you may write, or make this writable (`build --into DIR` writes elsewhere)."
    elif error.errno in _IN_THE_WAY:
        step = "Move away what lies there, or name another path."
    else:
        step = "Put that right, or name another path, and run the command again."
    # Writing to an open file fails without the file's name.
    named = path if error.filename is None else error.filename
    shown = "A file" if named is None else ascii(str(named))
    return FileSystemError(f"{shown} cannot be used: {error.strerror or type(error).__name__}. {consequence} {step}")


def quoted(text: object) -> str:
    """Return text of untrusted origin for a message: one line, printable, at most 160 characters, in quotes."""
    # ASCII: a document may hold marks that reverse the text, or move the cursor of a terminal.
    shown = ascii(str(text)[: LONGEST_QUOTE + 1])
    return shown if len(shown) <= LONGEST_QUOTE + 2 else shown[:LONGEST_QUOTE] + "...'"


def listed(names: list[str], *, limit: int = 10) -> str:
    """Return names for a message, comma separated; beyond ``limit`` the rest is counted."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"

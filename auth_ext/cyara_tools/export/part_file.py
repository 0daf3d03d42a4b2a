"""The unfinished file of an export, and the journal beside it, from which a stopped export goes on.

`results.csv.part` holds whole lines up to the last run that `results.csv.journal` tells of; what is behind them was cut
off, and is written anew. The final name appears when the file is whole, by one step of renaming.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, Final, Self

from cyara_tools.export.errors import ExportError
from cyara_tools.export.journal import Done, Journal, Plan, done_line, journal_of, plan_lines, read_journal
from cyara_tools.export.locks import try_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

_BUFFER: Final = 1 << 20
_OTHER_NAME: Final = "Next: give --to another name"


class PartFile:
    """The unfinished file for a target; use it in a `with` block.

    Args:
        target: the final name.
        options: what was asked; an unfinished file of other options is refused.
        restart: begin anew, and replace what is there.

    Attributes:
        plan: of the export that was stopped, None at a first start.
        done: how far the file is.
        problems: what was odd with the runs that are written, as sentences.
    """

    def __init__(self, target: Path, options: dict[str, Any], *, restart: bool) -> None:
        self._target = target
        self.path = target.with_name(target.name + ".part")
        self._journal_path = journal_of(target)
        self._new = target.with_name(target.name + ".new")
        self._journal: IO[bytes] | None = None
        self._data: IO[bytes] | None = None
        self.plan: Plan | None = None
        self.done = Done()
        self.problems: list[str] = []
        try:
            with self._speaking():
                self._open(options, restart=restart)
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Closing writes what is left in the buffer: on a full disk that fails once more, and says nothing new.
        with suppress(OSError):
            self._close() if self.plan is not None else self.forget()

    def _open(self, options: dict[str, Any], *, restart: bool) -> None:
        if self.path.exists() and not self._journal_path.exists():
            raise ExportError(f"{self.path} is not of an export, and was left as it is. {_OTHER_NAME}, or move it away")
        self._journal = self._locked_journal()
        found = self._read()
        plan = None if restart else found.plan
        if self._target.exists() and not restart and not (plan is not None and plan.replaces and self.path.exists()):
            if self._is_left_over(found):
                self._remove()
            raise ExportError(
                f"{self._target} is there already, and was not replaced. {_OTHER_NAME}, or say --restart to replace it"
            )
        if plan is not None and plan.options != options:
            self._refuse_other_options(plan.options, options)
        kept = [done for done in found.done if done.size <= self._size()] if plan is not None else []
        self.plan = plan
        self.done = kept[-1] if kept else Done()
        self.problems = [done.problem for done in kept if done.problem]
        if plan is None:
            self._journal.truncate(0)
        self._data = self._data_file()

    def _locked_journal(self) -> IO[bytes]:
        self._target.parent.mkdir(parents=True, exist_ok=True)
        journal = self._journal_path.open("a+b")
        same = try_lock(journal.fileno()) and self._is_in_place(journal)
        if not same:
            journal.close()
            raise ExportError(f"Another export into {self._target} is at work. Next: wait for its end, or stop it")
        return journal

    def _is_in_place(self, journal: IO[bytes]) -> bool:
        # The other export may have ended, and removed its journal, between our opening and locking it.
        with suppress(OSError):
            return os.path.samestat(os.fstat(journal.fileno()), self._journal_path.stat())
        return False

    def _read(self) -> Journal:
        journal = self._open_journal
        journal.seek(0)
        content = journal.read()
        try:
            found = read_journal(content.decode("utf-8"))
        except (ValueError, UnicodeDecodeError):
            raise ExportError(
                f"{self._journal_path} is not of an export, and was left as it is. {_OTHER_NAME}, or move it away"
            ) from None
        # The next line must not follow half a one.
        journal.truncate(content.rfind(b"\n") + 1)
        return found

    def _is_left_over(self, found: Journal) -> bool:
        """Say whether the export had ended but for removing its journal, or only just begun."""
        return not self.path.exists() and (found.plan is None or len(found.done) == len(found.plan.runs))

    def _refuse_other_options(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        raise ExportError(
            f"{self.path} is of an export with other options: {', '.join(names)}. Nothing was changed. Next: repeat "
            "that command to go on with it, give --to another name, or say --restart to begin anew"
        )

    def _size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def _data_file(self) -> IO[bytes]:
        data = self.path.open("r+b" if self.path.exists() else "w+b", buffering=_BUFFER)
        data.truncate(self.done.size)
        data.seek(self.done.size)
        return data

    def begin(self, plan: Plan) -> None:
        """Take note of what will be exported."""
        with self._speaking():
            self.plan = plan
            self._note(plan_lines(plan))

    def write(self, text: str) -> None:
        """Add lines."""
        with self._speaking():
            self._open_data.write(text.encode())

    def run_is_whole(self, rows: int, problem: str | None) -> None:
        """Take note that all lines of a run are written."""
        data = self._open_data
        with self._speaking():
            # Not synced: if the machine fails, the file is shorter than the journal says, and that is seen.
            data.flush()
            self.done = Done(runs=self.done.runs + 1, size=data.tell(), rows=self.done.rows + rows, problem=problem)
            self._note(done_line(self.done))
        if problem:
            self.problems.append(problem)

    def finish(self, convert: Callable[[Path, Path], None] | None) -> None:
        """Give the file its final name; `convert(from, to)` makes another one of it first."""
        with self._speaking():
            data = self._open_data
            data.flush()
            if convert is None:
                os.fsync(data.fileno())
                data.close()
                self.path.replace(self._target)
            else:
                data.close()
                convert(self.path, self._new)
                with self._new.open("r+b") as new:
                    os.fsync(new.fileno())
                self._new.replace(self._target)
                self.path.unlink()
            self._remove()

    def forget(self) -> None:
        """Remove everything: the export cannot be made."""
        with suppress(OSError):
            self._close()
        self.path.unlink(missing_ok=True)
        self._remove()

    def _remove(self) -> None:
        # Unlinked while it is locked, where the system can, so that nobody locks what is about to go.
        if os.name == "nt":
            self._close()
        self._journal_path.unlink(missing_ok=True)

    def _note(self, lines: str) -> None:
        journal = self._open_journal
        journal.write(lines.encode())
        journal.flush()

    @property
    def _open_data(self) -> IO[bytes]:
        assert self._data is not None, "opened with the object"  # noqa: S101 - for type checkers
        return self._data

    @property
    def _open_journal(self) -> IO[bytes]:
        assert self._journal is not None, "opened with the object"  # noqa: S101 - for type checkers
        return self._journal

    def _close(self) -> None:
        try:
            if self._data is not None:
                self._data.close()
        finally:
            if self._journal is not None:
                self._journal.close()

    @contextmanager
    def _speaking(self) -> Generator[None]:
        """Say in a sentence what the file system refuses."""
        try:
            yield
        except OSError as error:
            with suppress(OSError):
                self._new.unlink(missing_ok=True)
            kept = f"What is whole stays in {self.path}" if self.plan is not None else "Nothing was written"
            raise ExportError(
                f"{error.filename or self._target} cannot be written: {error.strerror or error}. {kept}. Next: make "
                "room, or give the right to write there, and repeat the command"
            ) from error

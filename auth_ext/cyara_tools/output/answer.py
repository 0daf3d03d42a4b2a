"""One answer on its way to standard output, in the form that fits what it is and who reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyara_client._encode import to_json
from cyara_client._flat import is_record, items_of
from cyara_client._json import is_array, is_object
from cyara_tools.output.errors import OutputClosedError, UsageError
from cyara_tools.output.options import OutputFormat
from cyara_tools.output.rows import json_text, picked
from cyara_tools.output.sink import Sink
from cyara_tools.output.writers import WRITERS, yaml_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cyara_tools.output.options import OutputPlan
    from cyara_tools.output.writers import RowWriter


class AnswerWriter:
    """Writes one answer.

    Args:
        plan: what is done with it.
        note: tells people what is not the result.
    """

    def __init__(self, plan: OutputPlan, note: Callable[[str], None]) -> None:
        self._plan, self._note, self._sink = plan, note, Sink()

    @property
    def draws_at_the_end(self) -> bool:
        """Whether no row is seen on this terminal before all are read."""
        return not self._sink.is_terminal or self._form(is_object=False) is OutputFormat.TABLE or bool(self._plan.query)

    def rows(
        self,
        items: Iterable[Any],
        *,
        waits_at: Callable[[int], bool] = lambda _: False,
        when_read: Callable[[], None] = lambda: None,
    ) -> int:
        """Write a list, and return how many items were read.

        Args:
            items: models or JSON values.
            waits_at: says whether the next item will take a while, after so many.
            when_read: called when all of them are read, before what is drawn at the end.
        """
        if self._plan.query is not None:
            document = [to_json(item) for item in items]
            when_read()
            self._found(self._plan.query.ask(document))
            return len(document)
        return self._stream(iter(items), waits_at, when_read)

    def single(self, answer: Any) -> None:
        """Write what is no list: an object, a page of a list, a single value, or nothing."""
        if self._plan.query is not None:
            self._found(self._plan.query.ask(to_json(answer)))
        elif answer is None:
            # No value is not the value null: there is nothing to read.
            if self._sink.is_terminal:
                self._note("done; the portal's answer is empty")
        elif is_record(answer) and (items := items_of(answer)) is not None and not self._keeps_pages():
            self._stream(iter(items))
        elif is_record(answer) or is_object(answer):
            self._object(answer)
        else:
            self._value(to_json(answer))

    def content(self, content: bytes) -> None:
        """Write a file as it is.

        Raises:
            UsageError: it would be written to a terminal, and is no text.
        """
        if self._plan.query is not None or self._plan.fields is not None:
            raise UsageError(
                "The answer is a file, which has no fields. The call was made. Next: leave --query and --fields out"
            )
        if not self._sink.is_terminal:
            self._sink.write_bytes(content)
            return
        try:
            text = content.decode()
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            raise UsageError(
                f"The answer is a file of {len(content):,} bytes that is no text, and was not written to the terminal. "
                "Next: run this again with > FILE behind it"
            )
        self._text(text)

    def flush(self) -> None:
        """Hand on what is in the buffer."""
        self._sink.flush()

    def _form(self, *, is_object: bool) -> OutputFormat:
        return self._plan.form_of(is_object=is_object, is_terminal=self._sink.is_terminal)

    def _keeps_pages(self) -> bool:
        """Say whether a page is written with what is on it beside its rows."""
        return self._plan.fields is None and self._plan.format in {OutputFormat.JSON, OutputFormat.YAML}

    def _stream(
        self,
        items: Iterator[Any],
        waits_at: Callable[[int], bool] = lambda _: False,
        when_read: Callable[[], None] = lambda: None,
    ) -> int:
        writer, count = self._writer(), 0
        try:
            for count, item in enumerate(items, 1):
                writer.write(item)
                if waits_at(count):
                    writer.settle()
                    self._sink.flush()
        except OutputClosedError:
            raise
        except BaseException:
            when_read()
            writer.abandon()
            raise
        when_read()
        for remark in writer.end():
            self._note(remark)
        return count

    def _writer(self) -> RowWriter:
        form = self._form(is_object=False)
        if form is not OutputFormat.TABLE:
            return WRITERS[form](self._plan, self._sink)
        # Late: it imports Rich, which the other forms do without.
        from cyara_tools.output.table import TableWriter

        return TableWriter(self._plan, self._sink)

    def _found(self, document: Any) -> None:
        """Write what a query found."""
        if is_array(document):
            self._stream(iter(document))
        elif is_object(document):
            self._object(document)
        elif document is None and self._plan.format not in {OutputFormat.JSON, OutputFormat.YAML, OutputFormat.JSONL}:
            self._note("--query found nothing")
        else:
            self._value(document)

    def _object(self, answer: Any) -> None:
        form = self._form(is_object=True)
        if form is OutputFormat.TABLE:
            from cyara_tools.output.table import show_object

            show_object(answer, self._plan, self._sink)
        elif form in {OutputFormat.JSON, OutputFormat.YAML}:
            document = to_json(answer)
            self._document(document if self._plan.fields is None else picked(document, self._plan.fields), form)
        else:
            self._stream(iter([answer]))

    def _value(self, value: Any) -> None:
        form = self._form(is_object=False)
        if form in {OutputFormat.JSON, OutputFormat.YAML}:
            self._document(value, form)
        elif self._plan.format is None and isinstance(value, str):
            self._text(value)
        else:
            self._stream(iter([value]))

    def _document(self, document: Any, form: OutputFormat) -> None:
        self._sink.write(json_text(document, indent=2) + "\n" if form is OutputFormat.JSON else yaml_text(document))

    def _text(self, text: str) -> None:
        self._sink.write(text if text.endswith("\n") else f"{text}\n")

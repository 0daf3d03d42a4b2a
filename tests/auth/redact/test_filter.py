"""Whatever a library logs, the handlers get it without the secret."""

import base64
import io
import json
import logging
import time
from collections.abc import Iterator
from urllib.parse import quote
from uuid import UUID

import pytest

from cyara_auth.credential import ApiCredential
from cyara_auth.redact import RedactingFilter, Redactor


class Sink:
    """A logger of its own with a handler that is filtered, and one that is not, to show that the test can fail."""

    def __init__(self, *credentials: ApiCredential) -> None:
        self.clean, self.raw = io.StringIO(), io.StringIO()
        self.logger = logging.Logger("sink", logging.DEBUG)  # noqa: LOG001  # a tree of its own
        for stream in (self.raw, self.clean):
            handler = logging.StreamHandler(stream)
            handler.setFormatter(logging.Formatter("%(message)s %(extra_field)s", defaults={"extra_field": ""}))
            self.logger.addHandler(handler)
        self.logger.handlers[1].addFilter(RedactingFilter(*credentials))

    def holds(self, text: str) -> tuple[bool, bool]:
        return text in self.raw.getvalue(), text in self.clean.getvalue()


@pytest.fixture
def sink(credential: ApiCredential) -> Sink:
    return Sink(credential)


def fail(text: str) -> None:
    raise ValueError(text)


def spellings(credential: ApiCredential) -> Iterator[str]:
    for text in (credential.pair_text(), *credential.pair_text().split(":")):
        yield text
        yield quote(text, safe="")
        yield json.dumps(text).strip('"').replace("/", "\\/")
        yield quote(text, safe="").lower()
        yield text.upper()
        yield text.rstrip("=").replace("+", "-").replace("/", "_")
        yield text.replace("+", "\\u002B").replace("/", "\\\\/")
        yield text.replace("+", "&#x2B;").replace("=", "&#61;")
        yield text.replace("+", " ")
        yield f"{text[:11]}\r\n{text[11:]}"
        yield " ".join(text)
        yield text.encode().hex()
        yield base64.b64encode(text.encode()).decode()
    key = credential.pair_text()[:32]
    yield str(UUID(key)).upper()


def test_known_secret_in_every_spelling(sink: Sink, credential: ApiCredential) -> None:
    for text in spellings(credential):
        sink.logger.debug("before %s after", text)
        assert sink.holds(text) == (True, False)
    assert "before [redacted] after" in sink.clean.getvalue()


@pytest.mark.parametrize("row", [" ", "+", " +", "\\", "&#x2B;", "-"])
def test_a_long_row_of_what_a_secret_may_begin_with_is_read_in_no_time(row: str) -> None:
    redactor = Redactor(ApiCredential.parse(f"{'0' * 32}:++{'A' * 41}="))
    began = time.perf_counter()
    assert redactor(row * 50_000) == row * 50_000
    assert time.perf_counter() - began < 5


def test_unknown_secret_by_scheme_and_shape(credential: ApiCredential) -> None:
    sink = Sink()
    sink.logger.debug("Authorization: %s, next", credential.header_value())
    sink.logger.debug("headers %r", [(b"authorization", credential.header_value().encode())])
    sink.logger.debug("url https://portal/?auth=%s", quote(credential.pair_text(), safe=""))
    sink.logger.debug("pair %s", credential.pair_text())
    for half in credential.pair_text().split(":"):
        assert sink.holds(half) == (True, False)
    assert "ApiKey [redacted], next" in sink.clean.getvalue()


def test_other_records_pass_untouched(sink: Sink) -> None:
    sink.logger.info("GET %s -> %d", "https://portal/cyarawebapi/v3.0/accounts/1/campaigns", 200)
    assert sink.clean.getvalue() == sink.raw.getvalue()
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "rows %d", (7,), None)
    assert RedactingFilter().filter(record)
    assert (record.msg, record.args) == ("rows %d", (7,))


def test_exception_text(sink: Sink, credential: ApiCredential) -> None:
    try:
        fail(f"bad header {credential.header_value()}")
    except ValueError:
        sink.logger.exception("failed")
    assert sink.holds(credential.pair_text()) == (True, False)
    assert "ValueError: bad header ApiKey [redacted]" in sink.clean.getvalue()
    assert "Traceback" in sink.clean.getvalue()


def test_exception_object_is_not_handed_on(credential: ApiCredential) -> None:
    try:
        fail(credential.pair_text())
    except ValueError as error:
        record = logging.LogRecord("x", logging.INFO, __file__, 1, "m", (), (type(error), error, error.__traceback__))
    assert RedactingFilter().filter(record)
    assert record.exc_info is None
    assert record.exc_text is not None
    assert record.exc_text.endswith("ValueError: [redacted]")


def test_exception_without_secret_is_kept_as_it_is() -> None:
    try:
        fail("harmless")
    except ValueError as error:
        record = logging.LogRecord("x", logging.INFO, __file__, 1, "m", (), (type(error), error, error.__traceback__))
    assert RedactingFilter().filter(record)
    assert record.exc_info is not None


def test_extra_fields_and_stack(sink: Sink, credential: ApiCredential) -> None:
    secret = credential.pair_text()
    sink.logger.debug("x", extra={"extra_field": secret}, stack_info=True)
    assert sink.holds(secret) == (True, False)


def test_arguments_that_do_not_fit(credential: ApiCredential) -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "100 %d", (credential.header_value(),), None)
    assert RedactingFilter(credential).filter(record)
    assert credential.pair_text() not in record.getMessage()
    assert "100 %d" in record.getMessage()


def test_the_redactor_shows_nothing_itself(credential: ApiCredential) -> None:
    redact = Redactor(credential)
    assert not any(half in repr(redact) for half in credential.pair_text().split(":"))
    assert not hasattr(redact, "__dict__")

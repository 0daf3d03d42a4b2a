"""What comes back: T, or an error that says what came instead."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from generated_kit import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from generated_kit import Wire

    Zoo = Callable[[str], Any]

ANIMAL = {"animalId": 1, "name": "Leo"}
STATUSES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    429: "RateLimited",
    500: "ServerError",
    503: "ServerError",
    520: "ServerError",
    302: "UnexpectedStatus",
    418: "UnexpectedStatus",
    499: "UnexpectedStatus",
    561: "ServerError",
}


def _get(zoo: Zoo, wire: Wire, reply: Reply, *, face: str = "sync") -> Any:
    wire.answer = lambda _: reply
    module = zoo("api.animals.get_animal")
    if face.startswith("asyncio"):
        return wire.run(getattr(module, face)(1, "2", client=wire))
    return getattr(module, face)(1, "2", client=wire)


@pytest.mark.parametrize("face", ["sync", "asyncio"])
def test_success_is_typed(zoo: Zoo, wire: Wire, face: str) -> None:
    animal = _get(zoo, wire, Reply.of(ANIMAL), face=face)
    assert type(animal) is zoo("models").Animal


@pytest.mark.parametrize("face", ["sync", "asyncio"])
@pytest.mark.parametrize(("status", "name"), STATUSES.items())
def test_any_other_status_raises_its_own_error(zoo: Zoo, wire: Wire, status: int, name: str, face: str) -> None:
    body = {"title": "No luck", "detail": "It is asleep.", "traceId": "00-abc-01", "inner": "secret"}
    reply = Reply(status, json.dumps(body).encode(), "application/problem+json")
    with pytest.raises(getattr(zoo("errors"), name)) as caught:
        _get(zoo, wire, reply, face=face)
    error = caught.value
    assert type(error).__name__ == name
    assert (error.method, error.path_template) == ("GET", "/accounts/{accountId}/animals/{animalId}")
    assert (error.operation_id, error.status_code, error.attempt) == ("GetAnimal", status, 1)
    assert error.problem == body
    assert error.request_id == "00-abc-01"
    assert error.content == reply.body
    assert 'the portal says "No luck: It is asleep."' in str(error)
    assert "secret" not in str(error)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    assert (type(again), str(again), again.problem, again.headers) == (
        type(error),
        str(error),
        error.problem,
        error.headers,
    )


@pytest.mark.parametrize("face", ["sync_detailed", "asyncio_detailed"])
@pytest.mark.parametrize("status", [200, 404, 499, 520])
def test_detailed_never_raises_for_a_status(zoo: Zoo, wire: Wire, status: int, face: str) -> None:
    response = _get(zoo, wire, Reply.of(ANIMAL, status), face=face)
    assert response.status_code == status
    assert type(response.status_code) is int
    assert response.content
    assert (response.parsed is None, response.error is None) == (status != 200, status == 200)


def test_request_ids_and_waits_are_read_from_headers(zoo: Zoo, wire: Wire) -> None:
    headers = {"X-Request-Id": "r-1", "Retry-After": "7"}
    with pytest.raises(zoo("errors").RateLimited, match="request id r-1; the portal asks to wait 7 s") as caught:
        _get(zoo, wire, Reply(429, headers=headers))
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    ("text", "seconds"), [("Wed, 21 Oct 2015 07:28:30 GMT", 30.0), ("soon", None), ("-4", None), ("", None)]
)
def test_retry_after_as_a_date_is_measured_by_the_portals_clock(
    zoo: Zoo, wire: Wire, text: str, seconds: float | None
) -> None:
    headers = {"Date": "Wed, 21 Oct 2015 07:28:00 GMT", "Retry-After": text}
    assert _get(zoo, wire, Reply(503, headers=headers), face="sync_detailed").error.retry_after == seconds


@pytest.mark.parametrize(("status", "advice"), [(401, "cyara auth status"), (403, "administrator"), (429, "wait")])
def test_the_text_says_what_to_do_next(zoo: Zoo, wire: Wire, status: int, advice: str) -> None:
    with pytest.raises(zoo("errors").ApiError, match=advice):
        _get(zoo, wire, Reply(status))


def test_a_request_id_that_is_no_id_stays_out_of_the_text(zoo: Zoo, wire: Wire) -> None:
    with pytest.raises(zoo("errors").ServerError) as caught:
        _get(zoo, wire, Reply.of({"traceId": "secret words\nof many lines"}, 500))
    assert "secret" not in str(caught.value)


BROKEN = {
    "login page": (Reply(200, b"<html>secret</html>", "text/html; charset=utf-8"), "an HTML page came instead of JSON"),
    "empty": (Reply(200), "the body is empty"),
    "cut JSON": (Reply(200, b'{"animalId": 1, "na'), "application/json that is not valid JSON at byte"),
    "text": (Reply(200, b"secret", "text/plain"), "text/plain that is not valid JSON"),
    "image": (Reply(200, b"\x89PNG\x00secret", "image/png"), "image/png that is not valid JSON"),
    "null": (Reply.of(None), r"at \$: Animal expected, null found"),
    "array": (Reply.of([1]), r"at \$: Animal expected, an array"),
    "deep": (Reply(200, b"[" * 100_000 + b"]" * 100_000), "nested too deeply|not valid JSON|array"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_body_that_cannot_be_read_is_one_clear_error(zoo: Zoo, wire: Wire, case: str) -> None:
    reply, text = BROKEN[case]
    with pytest.raises(zoo("errors").DecodingError, match=text) as caught:
        _get(zoo, wire, reply)
    error = caught.value
    assert error.status_code == 200
    assert error.content == reply.body
    assert (error.attempt, error.host) == (1, "127.0.0.1")
    assert "GET /accounts/{accountId}/animals/{animalId} (GetAnimal) answered 200" in str(error)
    assert "secret" not in str(error)
    assert error.__suppress_context__
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - made here


def test_json_under_another_name_is_still_json(zoo: Zoo, wire: Wire) -> None:
    for media_type in ("text/plain", "text/json", "application/problem+json", "application/octet-stream"):
        assert _get(zoo, wire, Reply(200, b'{"animalId":1,"name":"Leo"}', media_type)).name == "Leo"


def test_a_byte_order_mark_does_no_harm(zoo: Zoo, wire: Wire) -> None:
    assert _get(zoo, wire, Reply(200, b'\xef\xbb\xbf{"animalId":1,"name":"Leo"}')).name == "Leo"


def test_an_undocumented_success_is_a_success(zoo: Zoo, wire: Wire) -> None:
    assert _get(zoo, wire, Reply.of(ANIMAL, 201)).name == "Leo"


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        (Reply.of({"a": [1]}), {"a": [1]}),
        (Reply(200, b"hello", "text/plain"), "hello"),
        (Reply(200, b"\x00\x01", "application/zip"), b"\x00\x01"),
        (Reply(200), None),
        (Reply(204), None),
    ],
    ids=["json", "text", "bytes", "empty", "no content"],
)
def test_an_answer_without_schema_is_returned_and_not_lost(zoo: Zoo, wire: Wire, reply: Reply, value: object) -> None:
    wire.answer = lambda _: reply
    assert zoo("api.kinds.get_anything").sync(client=wire) == value


def test_no_content_is_none(zoo: Zoo, wire: Wire) -> None:
    assert zoo("api.kinds.delete_nothing").sync(client=wire) is None


def test_head_has_no_body_whatever_the_document_says(zoo: Zoo, wire: Wire) -> None:
    wire.answer = lambda _: Reply.of({"name": "Ann"})
    assert zoo("api.kinds.ping").sync(client=wire) is None


@pytest.mark.parametrize("reply", [Reply.of("hello"), Reply(200, b"hello", "text/plain")], ids=["JSON", "plain"])
def test_declared_text_is_read_as_json_or_plain(zoo: Zoo, wire: Wire, reply: Reply) -> None:
    wire.answer = lambda _: reply
    assert zoo("api.kinds.get_word").sync(client=wire) == "hello"


def test_files_come_as_bytes(zoo: Zoo, wire: Wire) -> None:
    wire.answer = lambda _: Reply(200, b"\x00\xff", "application/octet-stream")
    assert zoo("api.files.get_file").sync(client=wire) == b"\x00\xff"

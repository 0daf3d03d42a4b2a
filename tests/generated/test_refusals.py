"""What an `ApiError` repeats of the portal's own words: its `title: detail`, in one short line that is safe to log."""

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

KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/CANA8="
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl"


def refusal(zoo: Zoo, wire: Wire, body: object, media_type: str = "application/problem+json") -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    wire.answer = lambda _: Reply(400, content, media_type)
    return zoo("api.animals.get_animal").sync_detailed(1, "2", client=wire).error


SAID = {
    "problem details": (
        {"title": "Not Found", "detail": "There is no campaign 7."},
        "Not Found: There is no campaign 7.",
    ),
    "title alone": ({"title": "Not Found", "status": 404}, "Not Found"),
    "said twice": ({"title": "Gone", "detail": "gone"}, "Gone"),
    "capital letters": ({"Title": "Bad", "Detail": "Worse"}, "Bad: Worse"),
    "older Web API": ({"Message": "It failed.", "ExceptionMessage": "No such port"}, "It failed: No such port"),
    "OData and ABP": ({"error": {"code": "7", "message": "No such plan"}}, "No such plan"),
    "OAuth": ({"error": "invalid_scope", "error_description": "Ask less"}, "invalid_scope: Ask less"),
    "a list": ([{"message": "Name it"}], "Name it"),
    "a JSON text": ("Campaign is running", "Campaign is running"),
    "validation": (
        {"title": "Wrong", "errors": {"Name": ["is required", "is short"], "Age": ["is low"], "Size": ["is odd"]}},
        "Wrong (Name: is required; Name: is short; Age: is low)",
    ),
    "model state": ({"Message": "Invalid.", "ModelState": {"body.name": ["needed"]}}, "Invalid (body.name: needed)"),
    "errors as a list": ({"errors": ["one", {"message": "two"}, 3]}, "one; two"),
    "no words": ({"code": 5, "title": None, "detail": {"a": 1}, "errors": 7}, ""),
    "empty": ({}, ""),
}


@pytest.mark.parametrize("case", SAID)
def test_the_portals_own_words_are_in_the_text(zoo: Zoo, wire: Wire, case: str) -> None:
    body, line = SAID[case]
    error = refusal(zoo, wire, body)
    assert error.explanation == line
    assert (f'the portal says "{line}"' in str(error)) is bool(line)
    assert ("see .problem" in str(error)) is (bool(body) and not line)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - made here


@pytest.mark.parametrize("media_type", ["text/plain", "text/plain; charset=klingon", "text/plain; charset=hex", ""])
def test_plain_text_is_said_in_one_line(zoo: Zoo, wire: Wire, media_type: str) -> None:
    error = refusal(zoo, wire, b"\xef\xbb\xbfNo such\r\n\tcampaign\x00\x07".replace(b"\x00", b""), media_type)
    assert error.explanation == "No such campaign"


def test_json_under_another_name_is_read_too(zoo: Zoo, wire: Wire) -> None:
    error = refusal(zoo, wire, b'{"title":"Late"}', "text/plain")
    assert (error.explanation, error.problem) == ("Late", {"title": "Late"})


PAGE = b"<html><head><title>Sign in</title></head><body>Sign in</body></html>"


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (PAGE, "text/html"),
        (PAGE, "application/xhtml+xml; charset=utf-8"),
        (PAGE, "text/plain"),
        (PAGE, ""),
        (b"<!DOCTYPE html>Sign in", "text/plain"),
        (b'{"detail": "see <a href=x>Sign in</a>"}', "application/json"),
        (b'"<p>Sign in</p>"', "application/json"),
        (b"<?xml version='1.0'?><Error>Sign in</Error>", "text/plain"),
        (b"\x89PNG\x00Sign in", "image/png"),
        (b"Sign in\x00", "text/plain"),
        (b"[" * 100_000, "application/json"),
    ],
)
def test_markup_is_never_repeated(zoo: Zoo, wire: Wire, body: bytes, media_type: str) -> None:
    error = refusal(zoo, wire, body, media_type)
    assert error.explanation == ""
    assert "Sign in" not in str(error)


def test_angle_brackets_alone_are_no_markup(zoo: Zoo, wire: Wire) -> None:
    assert refusal(zoo, wire, {"detail": "Cannot read List<int> as <Campaign>"}).explanation.endswith("<Campaign>")


SECRETS = {
    "the header": f"The header ApiKey {KEY}:{TOKEN} is wrong",
    "the pair": f"pair {KEY}:{TOKEN}",
    "the pair in an address": f"GET /x?auth={KEY}%3A{TOKEN.replace('+', '%2B')}",
    "the key alone": f"key {KEY} is not active",
    "the token alone": f"token {TOKEN} is old",
    "a header dump": f"Authorization: ApiKey {KEY}:{TOKEN}; Accept: */*",
    "bearer": f"Authorization: Bearer {JWT}",
    "a password": "Server=db;User=sa;Password=hunter2xyzzy;",
    "a query": "GET https://h/x?access_token=hunter2xyzzy&a=1",
    "an address": "could not reach amqp://user:hunter2xyzzy@queue/",
    "broken by a zero width space": f"ApiKey {KEY}:{TOKEN[:20]}\u200b{TOKEN[20:]}",
}


@pytest.mark.parametrize("place", ["title", "detail", "errors"])
@pytest.mark.parametrize("case", SECRETS)
def test_what_looks_like_a_secret_is_taken_out(zoo: Zoo, wire: Wire, case: str, place: str) -> None:
    words = SECRETS[case]
    error = refusal(zoo, wire, {place: {"a": [words]} if place == "errors" else words})
    for secret in (KEY, TOKEN, TOKEN[:20], TOKEN[20:], JWT, "hunter2"):
        assert secret not in str(error)
    assert "[redacted]" in str(error)


@pytest.mark.parametrize(
    "words",
    [
        "The ApiKey header is missing",
        "Basic authentication is required",
        "Authorization: required",
        "No run 3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "trace 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "The path /v3.0/accounts/7/campaigns/8/runs/9/results/Detailed/All is not known",
        "Password must not be empty",
    ],
)
def test_ordinary_sentences_stay_as_they_are(zoo: Zoo, wire: Wire, words: str) -> None:
    assert refusal(zoo, wire, {"detail": words}).explanation == words


@pytest.mark.parametrize("size", [301, 5_000, 1_000_000])
def test_the_line_is_short_and_one_line(zoo: Zoo, wire: Wire, size: int) -> None:
    words = ("word\u2028\x1b[31m\u202e\r\n" * size)[:size]
    for body in ({"title": words, "detail": words}, {"errors": {str(n): [words] for n in range(50)}}, words):
        line = refusal(zoo, wire, body).explanation
        assert len(line) <= 300
        assert line.isprintable()


@pytest.mark.parametrize("inner", [b'{"error":', b'{"errors":[', b'{"error":{"errors":['])
def test_what_is_nested_deeply_says_nothing(zoo: Zoo, wire: Wire, inner: bytes) -> None:
    closing = inner.replace(b'"error"', b"").replace(b'"errors"', b"").replace(b":", b"")[::-1]
    body = inner * 200 + b'"x"' + closing.translate(bytes.maketrans(b"{[", b"}]")) * 200
    assert json.loads(body)
    assert refusal(zoo, wire, body).explanation == ""


def test_a_secret_is_not_cut_in_two_by_the_limit(zoo: Zoo, wire: Wire) -> None:
    for length in range(3_900, 4_010, 7):
        line = refusal(
            zoo, wire, {"detail": f"{'ApiKey x' + 'y' * 3_000} {'a ' * ((length - 3_000) // 2)} {KEY}"}
        ).explanation
        assert KEY[:12] not in line

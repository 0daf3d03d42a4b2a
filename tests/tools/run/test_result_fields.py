"""A result is read whatever a document calls its fields, and however the portal writes them."""

import datetime as dt
from typing import Any

import pytest

from cyara_client import models
from cyara_tools.run.record import Meaning
from cyara_tools.run.result_fields import MOST_REASON, record_of

PAIR = f"{'0f' * 16}:{'A' * 43}="


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"duration": "00:00:34.3000000"}, 34.3),
        ({"duration": "1.00:00:01"}, 86401),
        ({"duration": "PT1M2S"}, 62),
        ({"duration": 34.5}, 34.5),
        ({"duration": "34.5"}, 34.5),
        ({"duration": dt.timedelta(seconds=3)}, 3),
        ({"Duration": {"ticks": 620000000, "totalSeconds": 62.0}}, 62),
        ({"duration": {"totalSeconds": 62.5}}, 62.5),
        ({"duration_ms": 1500}, 1.5),
        ({"durationInSeconds": 7}, 7),
        ({"startDate": "2026-01-01T10:00:00Z", "endDate": "2026-01-01T10:00:09.5000000Z"}, 9.5),
        ({"duration": None}, None),
        ({"duration": "-00:00:05"}, None),
        ({"duration": "soon"}, None),
        ({"duration": True}, None),
        ({"duration": "nan"}, None),
        ({"duration": 10**400}, None),
        ({"duration": 1e308}, None),
        ({}, None),
    ],
    ids=str,
)
def test_a_duration_is_read_in_every_spelling(fields: dict[str, Any], seconds: float | None):
    assert record_of(fields, 1).duration_s == seconds


def test_a_model_of_the_client_is_read():
    model = models.TestResult.from_dict(
        {
            "testResultId": 880123,
            "name": "[ACTION] - Reboot",
            "result": "Failed",
            "startDate": "2026-04-26T21:15:11.8071332Z",
            "duration": "00:00:34.3000000",
            "detailedResult": "Step 2: heard silence",
        }
    )
    read = record_of(model, 1)
    assert (read.id, read.name, read.result, read.meaning) == ("880123", "[ACTION] - Reboot", "Failed", Meaning.FAILED)
    assert read.reason == "Step 2: heard silence"
    assert read.duration_s == 34.3
    assert read.started == dt.datetime(2026, 4, 26, 21, 15, 11, 807133, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"TestCaseName": "Menu"}, "Menu"),
        ({"testCase": {"name": "Menu", "testCaseId": 3}}, "Menu"),
        ({"testCaseId": 3136}, "Test case 3136"),
        ({"testCase": {"id": 7}}, "Test case 7"),
        ({"name": "  "}, "Test 5"),
        ({"name": 12}, "Test 5"),
        ({}, "Test 5"),
        ("no object", "Test 5"),
        (None, "Test 5"),
    ],
    ids=str,
)
def test_a_test_always_has_a_name(fields: Any, name: str):
    assert record_of(fields, 5).name == name


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"result": "Success", "detailedResult": "fine"}, None),
        ({"result": "Failed"}, "The result is Failed."),
        ({"result": None}, "The portal has no result for it."),
        ({"result": "Failed", "failureReason": ["a", {"step": 2}]}, '["a", {"step": 2}]'),
        ({"result": "Failed", "detailedResult": f"sent {PAIR} on"}, "sent [redacted] on"),
    ],
    ids=str,
)
def test_a_reason_stands_where_a_result_is_not_good(fields: dict[str, Any], reason: str | None):
    assert record_of(fields, 1).reason == reason


def test_texts_without_end_are_cut_and_say_so():
    read = record_of({"result": "Failed", "name": "n" * 10**6, "detailedResult": "d" * 10**6}, 1)
    assert read.reason is not None
    assert len(read.reason) < MOST_REASON + 50
    assert read.reason.endswith(f"[{10**6 - MOST_REASON} more characters]")
    assert len(read.name) < 400


def test_a_secret_at_the_edge_of_what_is_kept_does_not_show():
    read = record_of({"result": "Failed", "detailedResult": "d" * (MOST_REASON - 40) + PAIR}, 1)
    assert read.reason is not None
    assert PAIR[:30] not in read.reason


def test_characters_that_command_a_terminal_are_replaced():
    read = record_of({"result": "Failed", "name": "a\x1b[31mb\ud800\x00", "detailedResult": "x\x9b\r\ny"}, 1)
    assert read.name == "a\ufffd[31mb\ufffd\ufffd"
    assert read.reason == "x\ufffd\ny"

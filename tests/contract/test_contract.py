"""The contract of the committed package, verified by the very code that verifies a package being built."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pipeline.verify import verify
from pipeline.verify.security import unmet_security

from cyara_client.operations import OPERATIONS as TABLE

GENERATED = Path(__file__).parents[2] / "generated"
FORMS = ("full", "nulls", "unknown_enum", "dates7")
OPERATIONS = [
    operation["operationId"]
    for item in json.loads((GENERATED / "cyara_client" / "openapi.json").read_text("utf-8"))["paths"].values()
    for operation in item.values()
]


@pytest.fixture(scope="module")
def report(corrected):
    return verify(GENERATED, corrected, forms=FORMS)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operation(report, operation):
    assert [f"{failure.what}: {failure.why}" for failure in report.failing if failure.operation == operation] == []


def test_everything_was_verified(report):
    assert report.operations == report.operations_importable == len(OPERATIONS) == 29
    assert report.requests_valid == [29, 29]
    # ExportTestCase answers XML, and four operations answer nothing.
    assert report.answers == {form: [24, 24] for form in FORMS}
    # Blocking and in an event loop: all fully, by resource and with a wrong pair, those with an enumeration in their
    # answer in that form, those with JSON in the last.
    assert report.calls == 2 * (29 + 29 + 29 + 11 + 24)
    assert report.ok


def test_the_package_carries_the_document_it_was_made_from(document):
    assert json.loads((GENERATED / "cyara_client" / "openapi.json").read_text("utf-8")) == document


def test_the_document_asks_for_the_header_that_the_client_sends(corrected):
    assert unmet_security(corrected) == {}


def test_the_package_knows_what_the_document_asks_for(document):
    (scheme,) = document["components"]["securitySchemes"]
    assert {entry.operation_id for entry in TABLE.values()} == set(OPERATIONS)
    assert all(entry.security == (scheme,) and entry.requires_credential for entry in TABLE.values())

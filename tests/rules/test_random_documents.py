"""Documents that nobody wrote: whatever an ASP.NET server may say, every operation becomes a module that imports."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from pipeline.inspect import check_untrusted, count_operations, inspect
from pipeline.normalise import NameMap, RuleSwitches, normalise
from pipeline.upgrade import upgrade

sys.path.insert(0, str(Path(__file__).parent))

from aspnet import documents  # the folder has to be on the path first

if TYPE_CHECKING:
    from collections.abc import Callable

BOUNDED = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.timeout(300)
@BOUNDED
@given(document=documents())
def test_every_operation_becomes_a_module_that_imports(generated: Callable[..., Any], document: dict[str, Any]) -> None:
    check_untrusted(document)
    run = generated(document)
    inspect(run.effective)
    assert run.complaints == []
    assert len(run.modules()) == count_operations(document)
    assert len(list((run.folder / "models").glob("*.py"))) == len(run.data.models) + len(run.data.enums) + 1
    assert run.imports()


@settings(BOUNDED, max_examples=100)
@given(document=documents())
def test_normalising_again_with_the_names_changes_nothing(document: dict[str, Any]) -> None:
    received = upgrade(document).document
    first = normalise(received, names=NameMap(), rules=RuleSwitches())
    second = normalise(received, names=first.names, rules=RuleSwitches())
    assert json.dumps(first.document) == json.dumps(second.document)
    assert first.names == second.names

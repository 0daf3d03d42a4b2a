"""Machines that share nothing but a bucket, as CI jobs do: each begins with no strikes of its own to look at."""

from collections.abc import Callable

import pytest

from .conftest import Scene

REJECTED = "CredentialRejectedError"


@pytest.mark.parametrize("kind", ["s3", "azure"])
def test_row_50_sixteen_fresh_machines_with_a_stale_secret(make_scene: Callable[[str], Scene], kind: str) -> None:
    scene = make_scene(kind)
    assert scene.fleet(processes=16, threads=1) == {"401": 1, REJECTED: 15}
    assert scene.invalid_calls == 1
    assert scene.state.strikes == 1
    assert scene.state.tickets == ()


@pytest.mark.parametrize("kind", ["s3", "azure"])
def test_row_50_fifty_fresh_machines_at_once(make_scene: Callable[[str], Scene], kind: str) -> None:
    scene = make_scene(kind)
    seen = scene.fleet(processes=50, threads=1)
    assert scene.invalid_calls == 1
    assert seen.pop("401") == 1
    # An emulator in one process may not keep up with fifty machines; who gets no answer from it sends nothing.
    assert seen[REJECTED] + seen["StrikeStoreUnavailableError"] == 49
    assert set(seen) <= {REJECTED, "StrikeStoreUnavailableError"}

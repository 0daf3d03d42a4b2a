"""A portal whose clock runs fast, and a client of it."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cyara_auth import connect
from cyara_auth.client.cyara import Cyara
from cyara_tools.portal import LocalPortal


@pytest.fixture
def portal() -> Iterator[LocalPortal]:
    with LocalPortal(speed=200) as running:
        yield running


@pytest.fixture
def still_portal() -> Iterator[LocalPortal]:
    """A portal whose runs never end, however slow the machine is."""
    with LocalPortal(speed=0) as running:
        yield running


@pytest.fixture
def cyara(portal: LocalPortal) -> Iterator[Cyara]:
    with _client_of(portal) as client:
        yield client


@pytest.fixture
def unhurried() -> Iterator[Cyara]:
    """A client of a portal whose runs take longer than a busy machine needs for a first look."""
    with LocalPortal(speed=10) as portal, _client_of(portal) as client:
        yield client


@contextmanager
def _client_of(portal: LocalPortal) -> Iterator[Cyara]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the operations are inferred, and say so once
        with connect(portal.base_url, portal.credential, account_id=portal.account_id, store="memory:") as client:
            yield client

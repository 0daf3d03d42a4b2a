"""Deleting asks on a terminal, about what it names, and does what it is told."""

import pytest

from cyara_tools.portal import LocalPortal

from .program import Program

pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals")


@pytest.fixture
def calling(program: Program) -> Program:
    program.log_in()
    program.group = ()
    return program


def deletions(portal: LocalPortal) -> int:
    return sum(visit.method == "DELETE" for visit in portal.requests)


def test_yes_deletes(calling: Program, portal: LocalPortal) -> None:
    shown = calling.on_terminal("campaigns", "delete", "812", typed="y")
    assert shown.code == 0, shown.out
    assert "DELETE /v3.0/accounts/1/campaigns/812 at http://127.0.0.1:" in shown.out
    assert deletions(portal) == 1


@pytest.mark.parametrize(("typed", "code"), [("n", 2), ("\n", 2), ("\x03", 130)])
def test_anything_else_does_not(calling: Program, portal: LocalPortal, typed: str, code: int) -> None:
    shown = calling.on_terminal("campaigns", "delete", "812", typed=typed)
    assert shown.code == code, shown.out
    assert deletions(portal) == 0


def test_who_agreed_already_is_not_asked(calling: Program, portal: LocalPortal) -> None:
    shown = calling.on_terminal("campaigns", "delete", "812", "--yes")
    assert shown.code == 0
    assert "delete this?" not in shown.out
    assert deletions(portal) == 1

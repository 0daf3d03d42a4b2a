"""Which way imports may go: down, floor by floor; no circle; and one half knows nothing of the other."""

from pathlib import Path

import import_graph
import pytest

ROOT = Path(__file__).resolve().parents[2]
MAY_TOUCH_THE_CLIENT = {"cyara_auth/_http.py", "cyara_auth/client/cyara.py", "cyara_auth/errors.py"}
MAY_IMPORT_HTTPX = {"cyara_client/_http.py"}
MOST_MODULES_AT_THE_ROOT = 14


@pytest.fixture(scope="module")
def installed() -> dict[str, str]:
    return import_graph.read_sources("auth_ext", "generated")


@pytest.fixture(scope="module")
def everything(installed: dict[str, str]) -> dict[str, str]:
    return {**installed, **import_graph.read_sources("scripts")}


def offenders(sources: dict[str, str], *packages: str) -> set[str]:
    """Return the sources that import from one of these packages."""
    return {
        path
        for path, source in sources.items()
        if any(name.split(".")[0] in packages for name in import_graph.imports(path, source))
    }


def below(package: str, sources: dict[str, str]) -> dict[str, str]:
    found = {path: source for path, source in sources.items() if path.startswith(f"{package}/")}
    assert found, f"{package} has no Python files: the rule would judge nothing"
    return found


def test_imports_go_down_only(installed: dict[str, str]):
    assert import_graph.wrong_way(import_graph.import_graph(installed)) == []


def test_no_import_circle_not_even_a_late_one(everything: dict[str, str]):
    assert import_graph.circle(import_graph.import_graph(everything)) == []


def test_every_folder_has_a_floor_and_every_floor_is_inhabited(installed: dict[str, str]):
    rooms = {import_graph.room(import_graph.module_name(path)) for path in installed} - {None}
    assert rooms == {room for rooms in import_graph.FLOORS for room in rooms}


def test_the_order_of_the_floors():
    # Written once more, since a floor that is moved to make an import legal would be moved in both by nobody.
    ordered = ("errors", "vocabulary", "strikes", "stores", "guard", "transport", "workflows", "client", "requests")
    heights = [import_graph.floor(room) for room in (*ordered, "cyara_tools")]
    assert heights == sorted(set(heights))
    for left, right in (("_http", "errors"), ("stores", "providers"), ("workflows", "drift")):
        assert import_graph.floor(left) == import_graph.floor(right)


def test_the_root_holds_vocabulary_only():
    assert len(list((ROOT / "auth_ext" / "cyara_auth").glob("*.py"))) <= MOST_MODULES_AT_THE_ROOT


def test_generated_client_imports_nothing_of_ours(everything: dict[str, str]):
    client = below("cyara_client", everything)
    assert offenders(client, "cyara_auth", "cyara_tools", "pipeline", "scripts", "tests") == set()


def test_auth_touches_the_client_in_three_modules_only(installed: dict[str, str]):
    assert offenders(below("cyara_auth", installed), "cyara_client") == MAY_TOUCH_THE_CLIENT


def test_httpx_is_imported_in_one_module_only(installed: dict[str, str]):
    assert offenders(installed, "httpx", "httpx2", "httpcore", "httpcore2") == MAY_IMPORT_HTTPX


def test_nothing_that_is_installed_imports_scripts_or_tests(installed: dict[str, str]):
    tops = {path.partition("/")[0].removesuffix(".py") for path in import_graph.read_sources("scripts")}
    assert offenders(installed, *tops, "scripts", "tests", "benchmarks") == set()


def test_tools_are_imported_by_scripts_tests_and_benchmarks_only(installed: dict[str, str]):
    others = {path: source for path, source in installed.items() if not path.startswith("cyara_tools/")}
    assert offenders({**others, **import_graph.read_sources("examples")}, "cyara_tools") == set()


@pytest.mark.parametrize(
    ("path", "planted", "offence"),
    [
        (
            "cyara_auth/strikes/decide.py",
            "import cyara_tools.cli.app",
            "cyara_auth.strikes.decide -> cyara_tools.cli.app",
        ),
        (
            "cyara_auth/strikes/decide.py",
            "from cyara_tools import cli",
            "cyara_auth.strikes.decide -> cyara_tools.cli",
        ),
        (
            "cyara_auth/strikes/decide.py",
            "from ..guard import core",
            "cyara_auth.strikes.decide -> cyara_auth.guard.core",
        ),
        (
            "cyara_auth/strikes/decide.py",
            "from ..guard.core import anything",
            "cyara_auth.strikes.decide -> cyara_auth.guard.core",
        ),
        (
            "cyara_auth/strikes/__init__.py",
            "from ..guard import core",
            "cyara_auth.strikes -> cyara_auth.guard.core",
        ),
        (
            "cyara_auth/errors.py",
            "from . import credential",
            "cyara_auth.errors -> cyara_auth.credential",
        ),
        (
            "cyara_auth/origin.py",
            "def late() -> None:\n    from cyara_auth.strikes.state import GuardPolicy",
            "cyara_auth.origin -> cyara_auth.strikes.state",
        ),
        (
            "cyara_auth/stores/base.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from cyara_auth.providers.base import X",
            "cyara_auth.stores.base -> cyara_auth.providers.base",
        ),
        (
            "cyara_auth/providers/base.py",
            "import cyara_auth.stores.base as base",
            "cyara_auth.providers.base -> cyara_auth.stores.base",
        ),
        (
            "cyara_auth/drift/watch.py",
            "from cyara_auth.workflows import polling",
            "cyara_auth.drift.watch -> cyara_auth.workflows.polling",
        ),
        (
            "cyara_auth/client/cyara.py",
            "from cyara_auth.requests import GuardedAdapter",
            "cyara_auth.client.cyara -> cyara_auth.requests",
        ),
        (
            "cyara_auth/guard/core.py",
            "from importlib import import_module\nimport_module('cyara_auth.transport.hop')",
            "cyara_auth.guard.core -> cyara_auth.transport.hop",
        ),
        # The front door is loaded by whoever imports us, and leads to everything: nobody inside goes through it.
        ("cyara_auth/client/cyara.py", "from cyara_auth import connect", "cyara_auth.client.cyara -> cyara_auth"),
    ],
)
def test_a_planted_import_the_wrong_way_is_seen(installed: dict[str, str], path: str, planted: str, offence: str):
    assert path in installed
    sources = {**dict.fromkeys(installed, ""), path: planted}
    assert import_graph.wrong_way(import_graph.import_graph(sources)) == [offence]


@pytest.mark.parametrize("package", ["cyara_tools", "cyara_auth"])
def test_a_new_folder_is_not_taken_for_vocabulary(package: str):
    sources = {f"{package}/strikes/decide.py": f"import {package}.attic.trunk\n", f"{package}/attic/trunk.py": ""}
    rooms = {import_graph.room(import_graph.module_name(path)) for path in sources}
    assert rooms == ({"cyara_tools"} if package == "cyara_tools" else {"strikes", "attic"})


@pytest.mark.parametrize(
    "second",
    [
        "import a.one",
        "from a import one",
        "from a.one import name",
        "from . import one",
        "from .one import name",
        "def late():\n    from a import one",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a.one import name",
        "import importlib\ndef late():\n    importlib.import_module('a.one')",
    ],
)
def test_a_planted_circle_is_seen(second: str):
    sources = {"a/__init__.py": "", "a/one.py": "from a.two import x", "a/two.py": second, "a/three.py": "import a.two"}
    assert set(import_graph.circle(import_graph.import_graph(sources))) == {"a.one", "a.two"}


def test_a_straight_line_is_no_circle():
    sources = {
        "a/__init__.py": "",
        "a/one.py": "from a import two",
        "a/two.py": "import b.one",
        "b/one.py": "import os",
    }
    assert import_graph.circle(import_graph.import_graph(sources)) == []


@pytest.mark.parametrize(
    "planted",
    [
        "import cyara_client",
        "from cyara_client.models import Campaign",
        "def late() -> None:\n    from cyara_client import errors\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import cyara_client.errors as e\n",
    ],
)
def test_a_planted_touch_of_the_client_is_seen(planted: str):
    assert offenders({"cyara_auth/guard/core.py": planted}, "cyara_client") == {"cyara_auth/guard/core.py"}


def test_a_similar_name_is_not_taken_for_it():
    planted = "import cyara_clients\nfrom . import cyara_client\n"
    assert offenders({"cyara_auth/guard/core.py": planted}, "cyara_client") == set()

"""Which way imports may go: the generated half knows nothing of ours; ours touches it in two modules."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAY_TOUCH_THE_CLIENT = {"client/cyara.py", "errors.py"}


def imported_modules(source: str) -> Iterator[str]:
    """Yield every module that a source imports, relative imports left out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def imports_any(source: str, *packages: str) -> bool:
    return any(module.split(".")[0] in packages for module in imported_modules(source))


def python_files(folder: str) -> list[Path]:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files, f"{folder} has no Python files: the rule would judge nothing"
    return files


def offenders(folder: str, *packages: str, allowed: frozenset[str] | set[str] = frozenset()) -> list[str]:
    base = ROOT / folder
    return [
        str(path.relative_to(ROOT))
        for path in python_files(folder)
        if path.relative_to(base).as_posix() not in allowed and imports_any(path.read_text("utf-8"), *packages)
    ]


def test_generated_client_imports_nothing_of_ours():
    assert offenders("generated/cyara_client", "cyara_auth", "pipeline", "scripts", "tests") == []


def test_auth_touches_the_client_in_two_modules_only():
    assert offenders("auth_ext/cyara_auth", "cyara_client", allowed=MAY_TOUCH_THE_CLIENT) == []


def test_auth_imports_httpx_in_one_module_only():
    assert offenders("auth_ext/cyara_auth", "httpx", "httpcore", allowed={"_http.py"}) == []


def test_nothing_that_is_installed_imports_scripts_or_tests():
    assert offenders("auth_ext/cyara_auth", "pipeline", "scripts", "tests", "regenerate", "dev") == []


@pytest.mark.parametrize(
    "planted",
    [
        "import cyara_client",
        "from cyara_client.models import Campaign",
        "def late() -> None:\n    from cyara_client import errors\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import cyara_client.errors as e\n",
    ],
)
def test_a_planted_import_is_seen(planted: str):
    assert imports_any(planted, "cyara_client")


def test_a_similar_name_is_not_taken_for_it():
    assert not imports_any("import cyara_clients\nfrom . import cyara_client\n", "cyara_client")

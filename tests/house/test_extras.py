"""Each extra and each group holds what is imported where it is needed: no package more, and none less."""

import functools
import sys
import tomllib
from pathlib import Path

import import_graph
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
NEEDED_BY = {
    "bucket": ("cyara_auth/stores/bucket",),
    "cli": tuple(f"cyara_tools/{part}" for part in ("api/", "cli/", "output/", "pytest_suites/", "reports/", "run/")),
    "export": ("cyara_tools/export/",),
    "fast": ("cyara_client/_json.py",),
    "httpx2": ("cyara_client/_http.py",),
    "keyring": ("cyara_auth/providers/",),
    # It listens as the proxy does.
    "mcp": ("cyara_tools/mcp/", "cyara_tools/proxy/loopback_server.py", "cyara_tools/proxy/connections.py"),
    # It reads requests as the local portal does.
    "proxy": ("cyara_tools/proxy/", "cyara_tools/portal/"),
    "redis": ("cyara_auth/stores/redis",),
    "requests": ("cyara_auth/requests.py",),
    "testing": ("cyara_tools/portal/",),
}
COMMANDS = ("export", "mcp", "proxy")
"""Extras that are of use with commands only, for which `cli` is needed, too."""
IMPORTED_AS = {
    "jsonpath-rfc9535": "jsonpath_rfc9535",
    "opentelemetry-instrumentation-httpx": "opentelemetry.instrumentation.httpx",
    "opentelemetry-sdk": "opentelemetry.sdk",
    "purgatory-circuitbreaker": "purgatory",
    "pyyaml": "yaml",
    "vcrpy": "vcr",
}
"""Where it is not the name with underscores."""
COMES_WITH = {
    "cryptography": "trustme",
    "h11": "httpx",
    "httpcore": "httpx",
    "nbformat": "nbclient",
    "h2": "httpx",
    "hpack": "httpx",
    "urllib3": "requests",
}
"""What is imported beside the package that brings it, because its own types and faults are meant."""
RUN = {
    "basedpyright": "dev.py types",
    "build": "builds the wheel in tests",
    "check-jsonschema": "judges recipes by the schemas of their vendors, in tests",
    "gevent": "a script with it, which a test runs",
    "flask": "moto's server is made of it",
    "flask-cors": "moto's server is made of it",
    "editables": "what hatchling writes an editable install with",
    "hatchling": "builds this project",
    "httpx": "with HTTP/2, which a test serves",
    "ipykernel": "runs the notebook of the examples, in a test",
    "matplotlib": "is imported by that notebook",
    "moto": "the S3 server of the tests",
    "mypy": "dev.py types",
    "pyinstaller": "freezes a program, which a test runs",
    "pytest-cov": "an option of dev.py test",
    "pytest-rerunfailures": "an option of a pytest that a test runs",
    "pytest-timeout": "an option in pyproject.toml",
    "pytest-xdist": "an option of dev.py test",
    "robotframework": "runs an example, in a test",
    "ruff": "dev.py lint, and formats what is generated",
    "ty": "judges what users write, in a test",
}
"""What is in the group of developers to be run; stubs (`types-*`) are read by the type checkers."""
READ = {"testing": {"flask_swagger_ui"}}
"""What an extra holds for its files: no Python of it is imported."""
NEVER_INSTALLED = {
    "og_client": "made by a benchmark",
    "stock_client": "made by a benchmark",
    "aliased_client": "by a test",
}
KNOWN_TO_TYPE_CHECKERS = {"typing_extensions"}
PLUGIN_OF = {"pytest": "loads the plugin, so it is there"}


OURS = {"scripts", "tests"} | {
    path.stem for folder in ("auth_ext", "generated", "scripts", "benchmarks") for path in (ROOT / folder).iterdir()
}


def imported_as(requirement: str) -> str:
    name = Requirement(requirement).name
    return IMPORTED_AS.get(name, name.replace("-", "_"))


def taken_from_outside(sources: dict[str, str]) -> set[str]:
    """Return the full names that these sources import from neither the standard library nor this repository."""
    found: set[str] = set()
    for path, source in sources.items():
        # A test imports the helpers of its folder by their bare names.
        folder = str(Path(path).parent)
        helpers = {Path(other).stem for other in sources if path.startswith("tests/") and other.startswith(folder)}
        known = {*OURS, *helpers, *NEVER_INSTALLED, *sys.stdlib_module_names}
        found |= {name for name in import_graph.imports(path, source) if name.split(".")[0] not in known}
    return found


def unmatched(names: set[str], requirements: set[str]) -> tuple[set[str], set[str]]:
    """Return which names no requirement provides, and which requirements no name needs."""
    plain = {COMES_WITH.get(name.split(".")[0], name) for name in names}
    return (
        {name for name in plain if not any(f"{name}.".startswith(f"{package}.") for package in requirements)},
        {package for package in requirements if not any(f"{name}.".startswith(f"{package}.") for name in plain)},
    )


@functools.cache
def installed() -> dict[str, str]:
    return import_graph.read_sources("auth_ext", "generated")


def always_there() -> set[str]:
    return {imported_as(requirement) for requirement in PROJECT["project"]["dependencies"]}


def from_extras(sources: dict[str, str]) -> set[str]:
    expected = always_there() | KNOWN_TO_TYPE_CHECKERS | PLUGIN_OF.keys()
    packages = {name: name.split(".")[0] for name in taken_from_outside(sources)}
    return {name for name, package in packages.items() if COMES_WITH.get(package, package) not in expected}


def test_every_extra_has_a_place():
    assert EXTRAS.keys() == NEEDED_BY.keys()


@pytest.mark.parametrize("extra", NEEDED_BY)
def test_an_extra_holds_what_its_place_imports(extra: str):
    place = {path: source for path, source in installed().items() if path.startswith(NEEDED_BY[extra])}
    own, shared = (set(map(imported_as, EXTRAS[each])) for each in (extra, "cli"))
    missing, needless = unmatched(from_extras(place), own | shared if extra in COMMANDS else own)
    assert (missing, needless & own) == (set(), READ.get(extra, set()))


def test_elsewhere_only_what_is_always_there_is_imported():
    places = tuple(place for places in NEEDED_BY.values() for place in places)
    assert from_extras({path: source for path, source in installed().items() if not path.startswith(places)}) == set()


def test_what_is_always_there_is_imported():
    assert always_there() <= {name.split(".")[0] for name in taken_from_outside(installed())}


def test_the_group_of_developers_holds_what_scripts_and_tests_import():
    group = PROJECT["dependency-groups"]["dev"]
    imported = {
        imported_as(each) for each in group if Requirement(each).name not in RUN and not each.startswith("types-")
    }
    extras = {imported_as(requirement) for requirements in EXTRAS.values() for requirement in requirements}
    sources = {
        f"{folder}/{path}": source
        for folder in ("scripts", "tests")
        for path, source in import_graph.read_sources(folder).items()
    }
    missing, needless = unmatched(taken_from_outside(sources), imported | extras | always_there())
    assert (missing, needless - extras - always_there()) == (set(), set())


def test_what_is_run_is_in_the_group():
    assert RUN.keys() <= {Requirement(each).name for each in PROJECT["dependency-groups"]["dev"]}


def test_the_group_of_benchmarks_holds_what_only_they_import():
    group = set(map(imported_as, PROJECT["dependency-groups"]["bench"]))
    developers = {imported_as(requirement) for requirement in PROJECT["dependency-groups"]["dev"]}
    extras = {imported_as(requirement) for requirements in EXTRAS.values() for requirement in requirements}
    sources = import_graph.read_sources("benchmarks")
    missing, needless = unmatched(taken_from_outside(sources), group | developers | extras | always_there())
    assert (missing, needless & group) == (set(), set())
    assert group & (developers | extras | always_there()) == set()


def test_planted_faults_are_seen():
    names = taken_from_outside({"cyara_auth/x.py": "def late():\n    import jsonschema.validators\n    import os"})
    assert names == {"jsonschema.validators"}
    assert unmatched(names, {"keyring"}) == ({"jsonschema.validators"}, {"keyring"})
    assert unmatched({"urllib3.util"}, {"requests"}) == (set(), set())

"""Resources: one attribute per tag, one method per operation, and nothing imported before its time."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from generated_kit import ROOT, Reply, build_package
from pipeline.index.methods import iterator_name
from pipeline.index.resources import RESERVED, attribute_name, class_name
from zoo import DOCUMENT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from generated_kit import Wire

    Zoo = Callable[[str], Any]


def test_every_operation_is_a_method_on_both_faces(zoo: Zoo, wire: Wire) -> None:
    resources = zoo("resources")
    for operation in zoo("operations").OPERATIONS.values():
        tag, name = operation.module.split(".")
        for face in (resources.SyncResources(wire), resources.AsyncResources(wire)):
            method = getattr(getattr(face, attribute_name(tag)), name)
            assert inspect.iscoroutinefunction(method) == isinstance(face, resources.AsyncResources)
            kinds = {parameter.kind for parameter in inspect.signature(method).parameters.values()}
            assert kinds <= {inspect.Parameter.KEYWORD_ONLY}


def test_a_resource_is_made_once(zoo: Zoo, wire: Wire) -> None:
    client = zoo("resources").SyncResources(wire)
    assert client.animals is client.animals


def test_the_account_may_be_left_out(zoo: Zoo, wire: Wire) -> None:
    wire.answer = lambda _: Reply.of({"animalId": 1, "name": "Leo"})
    animals = zoo("resources").SyncResources(wire).animals
    animals.get_animal(animal_id="2")
    animals.get_animal(account_id=9, animal_id="2")
    assert [request.target.split("/")[3] for request in wire.requests] == ["7", "9"]


@pytest.mark.parametrize("method", ["get_animal", "iter_animals"])
def test_without_any_account_one_sentence_says_what_to_do(zoo: Zoo, wire: Wire, method: str) -> None:
    wire.account_id = None
    arguments = {"animal_id": "2"} if method == "get_animal" else {}
    with pytest.raises(zoo("errors").AccountRequiredError, match=r"connect\(account_id=.*Nothing was sent"):
        getattr(zoo("resources").SyncResources(wire).animals, method)(**arguments)
    assert wire.requests == []


def test_docstrings_say_what_is_known(zoo: Zoo, wire: Wire) -> None:
    doc = inspect.getdoc(zoo("resources").SyncResources(wire).animals.get_animals) or ""
    for said in ("List animals", "Those of one account.", "Evidence: observed.", "Source: a script", "ApiError"):
        assert said in doc
    assert "client:" not in doc
    iterator = inspect.getdoc(zoo("resources").SyncResources(wire).animals.iter_animals) or ""
    assert "limit:" in iterator
    assert "pageno" not in iterator
    assert "Every item of every page" in iterator


def test_a_cursor_and_a_size_named_limit_leave_room_for_the_iterators_own(zoo: Zoo, wire: Wire) -> None:
    signature = inspect.signature(zoo("resources").SyncResources(wire).lists.iter_by_cursor)
    assert list(signature.parameters) == ["page_size", "limit", "on_page", "prefetch"]


@pytest.mark.parametrize("tag", sorted(RESERVED))
def test_tags_cannot_hide_the_clients_own_attributes(tag: str) -> None:
    assert attribute_name(tag) == f"{tag}_"


def test_reserved_names_are_those_that_the_client_has() -> None:
    tree = ast.parse((ROOT / "auth_ext" / "cyara_auth" / "client" / "cyara.py").read_text(encoding="utf-8"))
    (client,) = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Cyara"]
    public = {node.name for node in client.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")}
    assert public <= RESERVED


def test_a_tag_called_close_gets_an_underscore(zoo: Zoo, wire: Wire) -> None:
    assert zoo("resources").SyncResources(wire).close_.get_closed() is None


@pytest.mark.parametrize(
    ("name", "iterator"),
    [
        ("get_campaigns", "iter_campaigns"),
        ("list_users", "iter_users"),
        ("search", "iter_search"),
        ("get_", "iter_get_"),
    ],
)
def test_names_of_iterators(name: str, iterator: str) -> None:
    assert iterator_name(name) == iterator


def test_class_names_avoid_models_and_each_other() -> None:
    assert class_name("users", {"Users"}) == "Users_"
    assert class_name("resources", set()) == "Resources_"
    assert class_name("test_cases", {"AsyncTestCases"}) == "TestCases_"


_LAZY = """
import sys
{statement}
loaded = [name for name in sys.modules if name.startswith("zoo_client.")]
print([name for name in loaded if name.split(".")[1] in ("models", "api", "resources") and name.count(".") > 1])
"""


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("import zoo_client", []),
        (
            "from zoo_client.api.animals import get_animal",
            ["zoo_client.api.animals", "zoo_client.api.animals.get_animal"],
        ),
        ("from zoo_client.models import Mood", ["zoo_client.models.mood"]),
        ("from zoo_client.resources import SyncResources", []),
    ],
)
def test_importing_one_thing_imports_nothing_else(zoo_root: Path, statement: str, expected: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LAZY.format(statement=statement)],
        capture_output=True,
        text=True,
        check=True,
        cwd=zoo_root,
    )
    assert sorted(ast.literal_eval(done.stdout)) == expected


def test_unknown_names_are_attribute_errors(zoo: Zoo) -> None:
    for module in ("models", "api", "api.animals"):
        with pytest.raises(AttributeError, match="nonsense"):
            _ = zoo(module).nonsense
    with pytest.raises(KeyError):
        zoo("operations").OPERATIONS["nonsense"]


ALIASES = {
    "operations": [
        {"old": "animals.fetch_animal", "new": "animals.get_animal", "since": "7.4"},
        {"old": "beasts.get_beasts", "new": "animals.get_animals", "since": "7.4"},
        {"old": "animals.get_array", "new": "nowhere.at_all", "since": "7.4"},
        {"old": "lists.get_pages", "new": "animals.get_animal", "since": "7.4"},
    ],
    "models": [
        {"old": "Beast", "new": "Animal", "since": "7.4"},
        {"old": "Mood", "new": "Animal", "since": "7.4"},
        {"old": "Gone", "new": "Nothing", "since": "7.4"},
    ],
}


@pytest.fixture(scope="module")
def aliased(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zoo once more, with earlier names."""
    folder = tmp_path_factory.mktemp("aliased")
    (folder / "built" / "openapi").mkdir(parents=True)
    root = build_package(DOCUMENT, folder, "aliased_client")
    import json

    from pipeline.index import write_index

    effective = json.loads((folder / "built" / "openapi" / "effective.json").read_text(encoding="utf-8"))
    write_index(root / "aliased_client", received=DOCUMENT, effective=effective, aliases=ALIASES)
    return root


def test_earlier_names_work_and_warn(aliased: Path, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(aliased))
    from aliased_client import models, resources
    from aliased_client.api.animals import fetch_animal, get_animal
    from aliased_client.api.beasts import get_beasts

    with pytest.warns(DeprecationWarning, match=r"animals.fetch_animal is animals.get_animal since platform 7.4"):
        assert fetch_animal.sync is get_animal.sync
    with pytest.warns(DeprecationWarning, match=r"beasts.get_beasts is animals.get_animals"):
        assert callable(get_beasts.asyncio)
    with pytest.warns(DeprecationWarning, match="Beast is Animal"):
        assert models.Beast is models.Animal
    wire.answer = lambda _: Reply.of({"animalId": 1, "name": "Leo"})
    client = resources.SyncResources(wire)
    with pytest.warns(DeprecationWarning, match=r"animals.fetch_animal") as caught:
        assert client.animals.fetch_animal(animal_id="1").name == "Leo"
    assert caught[0].filename == __file__
    with pytest.warns(DeprecationWarning, match=r"beasts.get_beasts"):
        client.beasts.get_beasts()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert next(iter(models.Mood)).name == "CALM"
        assert not hasattr(client.animals, "get_array")
        assert not hasattr(models, "Gone")


def test_a_resource_loads_neither_an_event_loop_nor_threads() -> None:
    code = "import sys, httpx, attrs; before = set(sys.modules); from cyara_client.resources import SyncResources; "
    code += (
        "SyncResources(None).campaigns; print(sorted({'asyncio', 'concurrent.futures'} & set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"

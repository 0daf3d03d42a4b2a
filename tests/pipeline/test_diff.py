"""`diff`: each kind of change is found, judged, and named as in the Python API."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.diff.behaviour import behaviour_differences, operation_table
from pipeline.diff.compare import compare
from pipeline.diff.difference import Difference, Rename
from pipeline.diff.document import document_differences
from pipeline.diff.render import Comparison, as_markdown, as_text
from pipeline.diff.surface import surface_differences
from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipeline.install.layout import Layout

PETS, PET = ("GET", "/pets"), ("GET", "/pets/{petId}")
Document = dict[str, Any]


def pet(document: Document) -> Document:
    schema: Document = document["components"]["schemas"]["Pet"]
    return schema


def query(**facts: Any) -> Document:
    return {"name": "q", "in": "query", "schema": {"type": "string"}, **facts}


def set_parameter(**facts: Any) -> Callable[[Document], None]:
    return lambda document: document["paths"]["/pets"]["get"].update(parameters=[query(**facts)])


def rename_placeholder(document: Document) -> None:
    item = document["paths"].pop("/pets/{petId}")
    item["get"]["parameters"][0]["name"] = "id"
    document["paths"]["/pets/{id}"] = item


def move(document: Document) -> None:
    document["paths"]["/animals"] = document["paths"].pop("/pets")


CASES: dict[str, tuple[Callable[[Document], object], Callable[[Document], object], str, bool]] = {
    "operation removed": (
        lambda _: None,
        lambda new: new["paths"]["/pets"].pop("post"),
        "operation-removed POST /pets is removed",
        True,
    ),
    "operation added": (
        lambda old: old["paths"]["/pets"].pop("post"),
        lambda _: None,
        "operation-added POST /pets is new: POST /pets",
        False,
    ),
    "operation deprecated": (
        lambda _: None,
        lambda new: new["paths"]["/pets"]["get"].update(deprecated=True),
        "operation-deprecated pets.get_pets is deprecated by the vendor",
        False,
    ),
    "parameter added": (
        lambda _: None,
        set_parameter(),
        "parameter-added pets.get_pets gets the query parameter 'q', optional",
        False,
    ),
    "required parameter added": (
        lambda _: None,
        set_parameter(required=True),
        "parameter-added pets.get_pets gets the query parameter 'q', required",
        True,
    ),
    "parameter removed": (
        set_parameter(),
        lambda _: None,
        "parameter-removed pets.get_pets the query parameter 'q' is removed",
        True,
    ),
    "parameter becomes required": (
        set_parameter(),
        set_parameter(required=True),
        "parameter-required-changed pets.get_pets the query parameter 'q' becomes required",
        True,
    ),
    "parameter becomes optional": (
        set_parameter(required=True),
        set_parameter(),
        "parameter-required-changed pets.get_pets the query parameter 'q' becomes optional",
        False,
    ),
    "parameter changes type": (
        set_parameter(),
        set_parameter(schema={"type": "integer"}),
        "parameter-type-changed pets.get_pets the query parameter 'q' changes its type from string to integer",
        True,
    ),
    "parameter accepts more": (
        set_parameter(schema={"type": "integer"}),
        set_parameter(schema={"type": "number"}),
        "parameter-type-changed pets.get_pets the query parameter 'q' changes its type from integer to number",
        False,
    ),
    "body no longer taken": (
        lambda _: None,
        lambda new: new["paths"]["/pets"]["post"].pop("requestBody"),
        "body-removed pets.add_pet takes no body any more",
        True,
    ),
    "body needed": (
        lambda old: old["paths"]["/pets"]["post"]["requestBody"].update(required=False),
        lambda _: None,
        "body-required pets.add_pet its body becomes required",
        True,
    ),
    "field removed": (
        lambda _: None,
        lambda new: pet(new)["properties"].pop("weight"),
        "answer-property-removed pets.get_pets its answer 200: [].weight is removed",
        True,
    ),
    "field added": (
        lambda _: None,
        lambda new: pet(new)["properties"].update(age={"type": "integer"}),
        "request-property-added pets.add_pet its body: age is added",
        False,
    ),
    "field needed": (
        lambda _: None,
        lambda new: pet(new)["required"].append("kind"),
        "request-required-changed pets.add_pet its body: kind becomes required",
        True,
    ),
    "field may be null": (
        lambda _: None,
        lambda new: pet(new)["properties"]["name"].update(nullable=True),
        "answer-nullable-changed pets.get_pet its answer 200: name may be null now",
        True,
    ),
    "field may be null, spelled as in 3.1": (
        lambda old: pet(old)["properties"].update(name={"type": ["string", "null"]}),
        lambda _: None,
        "request-nullable-changed pets.add_pet its body: name may no longer be null",
        True,
    ),
    "value added": (
        lambda _: None,
        lambda new: pet(new)["properties"]["kind"]["enum"].append("Fish"),
        "answer-enum-value-added pets.get_pet its answer 200: kind gets the value 'Fish'",
        False,
    ),
    "value removed": (
        lambda _: None,
        lambda new: pet(new)["properties"]["kind"]["enum"].remove("Dog"),
        "request-enum-value-removed pets.add_pet its body: kind loses the value 'Dog'",
        True,
    ),
    "format changed": (
        lambda _: None,
        lambda new: pet(new)["properties"]["name"].update(format="date-time"),
        "answer-format-changed pets.get_pet its answer 200: name changes its format from none to 'date-time'",
        True,
    ),
    "answer removed": (
        lambda old: old["paths"]["/pets"]["get"]["responses"].update({"202": {"description": "later"}}),
        lambda _: None,
        "status-removed pets.get_pets no longer documents the status 202",
        True,
    ),
    "error documented": (
        lambda _: None,
        lambda new: new["paths"]["/pets"]["get"]["responses"].update({"404": {"description": "none"}}),
        "status-added pets.get_pets documents the status 404",
        False,
    ),
    "media type removed": (
        lambda _: None,
        lambda new: new["paths"]["/pets"]["get"]["responses"]["200"].update(content={"text/csv": {}}),
        "media-type-removed pets.get_pets its answer 200 is no longer 'application/json'",
        True,
    ),
    "operation moved": (
        lambda _: None,
        move,
        "operation-moved animals.get_pets moves from GET /pets to GET /animals",
        False,
    ),
}


def found(old: Document, new: Document) -> list[Difference]:
    names = {
        PETS: "pets.get_pets",
        PET: "pets.get_pet",
        ("POST", "/pets"): "pets.add_pet",
        ("GET", "/animals"): "animals.get_pets",
    }
    if "post" not in new["paths"].get("/pets", {}):
        del names["POST", "/pets"]
    return list(document_differences(old, new, old_names={}, new_names=names))


@pytest.mark.parametrize("case", CASES)
def test_each_change_of_the_document_is_found_and_judged(kit: Any, case: str) -> None:
    change_old, change_new, said, breaking = CASES[case]
    old, new = kit.pets(), kit.pets()
    change_old(old)
    change_new(new)
    told = {f"{one.rule} {one.subject} {one.text}": one.breaking for one in found(old, new)}
    if case == "operation added":
        said = said.replace("POST /pets is", "pets.add_pet is")
    assert told.get(said) is breaking, told


@pytest.mark.parametrize("change", [lambda _: None, rename_placeholder, lambda new: new["info"].update(title="Other")])
def test_what_no_caller_notices_is_no_difference(kit: Any, change: Callable[[Document], object]) -> None:
    new = kit.pets()
    change(new)
    assert found(kit.pets(), new) == []


def test_schemas_that_refer_to_themselves_end(kit: Any) -> None:
    old = kit.pets()
    pet(old)["properties"]["mother"] = {"$ref": "#/components/schemas/Pet"}
    pet(old)["allOf"] = [{"$ref": "#/components/schemas/Pet"}]
    new = copy.deepcopy(old)
    pet(new)["properties"]["mother"] = {"$ref": "#/components/schemas/Gone"}
    assert found(old, old) == []
    assert found(old, new) is not None


@pytest.mark.parametrize("part", ["parameters", "responses", "requestBody"])
@pytest.mark.parametrize("junk", [None, 1, "x", [], {}, [1], {"a": 1}])
def test_documents_of_any_shape_are_compared(kit: Any, part: str, junk: object) -> None:
    new = kit.pets()
    new["paths"]["/pets"]["post"][part] = junk
    list(document_differences(kit.pets(), new, old_names={}, new_names={}))
    list(document_differences(new, kit.pets(), old_names={}, new_names={}))


def test_the_python_surface() -> None:
    old = {
        "api.a.gone": "module",
        "api.a.gone.sync": "() -> None",
        "api.a.kept.sync": "(x: int) -> A",
        "api.a.wider.sync": "(x: int) -> A",
        "models.a.A.x": "int",
    }
    new = {
        "api.a.kept.sync": "(x: str) -> A",
        "api.a.wider.sync": "(x: int, *, y: dict[str, int] | None = None) -> A",
        "models.a.A.x": "int | None",
        "models.a.A.y": "str",
    }
    told = {(one.subject, one.rule): one.breaking for one in surface_differences(old, new)}
    assert told == {
        ("api.a.gone", "name-removed"): True,
        ("api.a.kept.sync", "signature-changed"): True,
        ("api.a.wider.sync", "signature-changed"): False,
        ("models.a.A.x", "signature-changed"): True,
        ("models.a.A.y", "name-added"): False,
    }


def test_behaviour_comes_from_the_tables() -> None:
    row = {"module": "pets.get_pets", "method": "GET", "security": ("ApiKey",), "evidence": None}
    [one] = behaviour_differences({"GetPets": row}, {"GetPets": row | {"security": ()}})
    assert (one.subject, one.rule) == ("pets.get_pets", "security-changed")
    assert list(behaviour_differences({"GetPets": row}, {"GetPets": row})) == []


def test_a_package_without_a_table_is_said(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="no table of operations"):
        operation_table(tmp_path)


def test_the_whole_comparison_installs_nothing(built_tree: Layout, kit: Any, tmp_path: Path) -> None:
    new = kit.pets()
    new["paths"]["/pets"]["get"]["tags"] = ["animals"]
    new["paths"]["/pets"].pop("post")
    before = kit.snapshot(built_tree.root)
    comparison = compare(built_tree, None, kit.write_json(tmp_path / "new.json", new), kit.progress())
    assert kit.snapshot(built_tree.root) == before
    assert Rename(what="operations", old="pets.get_pets", new="animals.get_pets") in comparison.renames
    told = {(one.kind, one.subject, one.rule) for one in comparison.breaking}
    assert ("document", "pets.add_pet", "operation-removed") in told
    assert ("python", "api.pets.add_pet", "name-removed") in told
    assert not any(one.subject.startswith("api.pets.get_pets") for one in comparison.differences)


def test_forms_of_the_result() -> None:
    one = Difference(kind="document", breaking=True, rule="r", subject="pets.get", text="gets <script>\n# x | [a](b)")
    comparison = Comparison(old="a", new="b", differences=(one,), renames=(Rename(what="models", old="A", new="B"),))
    text, markdown = as_text(comparison), as_markdown(comparison)
    assert "! pets.get" in text
    assert "A -> B" in text
    assert "**Breaking:** `pets.get`" in markdown
    assert not any(mark in markdown for mark in ("<script>", "\n# x", "[a]"))
    assert json.loads(json.dumps(comparison.to_json()))["breaking"] == 1
    assert as_markdown(Comparison(old="a", new="b", differences=(), renames=())) == "No difference.\n"


def test_signatures_stay_right_in_markdown() -> None:
    old = {"api.a.sync": "(x: list[int] | Unset = UNSET) -> dict[str, A]"}
    new = {"api.a.sync": "(x: list[int] | Unset = UNSET, *, y: str = '`<b>') -> dict[str, A]"}
    comparison = Comparison(old="a", new="b", differences=tuple(surface_differences(old, new)), renames=())
    [line] = [line for line in as_markdown(comparison).splitlines() if line.startswith("* ")]
    assert line == (
        "* `api.a.sync` changes from `(x: list[int] | Unset = UNSET) -> dict[str, A]` "
        "to `(x: list[int] | Unset = UNSET, *, y: str = '\\x60<b>') -> dict[str, A]`"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("its answer 200: [].my_name may be null now", r"its answer 200: \[\].my_name may be null now"),
        ("its body: <b>*x* is added", r"its body: \<b\>\*x\* is added"),
        ("its body: __x & ~y~ is added", r"its body: \_\_x \& \~y\~ is added"),
        ("its body: a`<b> is added", r"its body: a\`\<b\> is added"),
        ("its body: a\n# b\u202e is added", "its body: a # b  is added"),
    ],
)
def test_names_of_a_document_do_nothing_in_markdown(text: str, shown: str) -> None:
    one = Difference(kind="document", breaking=False, rule="r", subject="a`b<c>", text=text)
    comparison = Comparison(old="a", new="b", differences=(one,), renames=())
    assert f"* `a\\x60b<c>` {shown}\n" in as_markdown(comparison)


def test_names_of_a_document_do_nothing_in_a_terminal() -> None:
    one = Difference(kind="document", breaking=False, rule="r", subject="a", text="its body: \x1b[2J\n! b is removed")
    comparison = Comparison(old="a", new="b", differences=(one,), renames=())
    assert "    a its body:  [2J ! b is removed\n" in as_text(comparison)

"""Renames: which operations and models are the same under another name, and what then is left to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pipeline.diff.apply_renames import apply_renames
from pipeline.diff.compare import compare
from pipeline.diff.difference import Difference, Rename
from pipeline.diff.member_renames import member_renames
from pipeline.diff.models import model_renames
from pipeline.diff.renames import can_be_kept, operation_renames, taken_names
from pipeline.diff.render import Comparison, as_markdown, as_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipeline.install.layout import Layout

Document = dict[str, Any]
PETS, PET = ("GET", "/pets"), ("GET", "/pets/{petId}")


def model(title: str, /, bases: str = "Model", **attributes: str) -> dict[str, str]:
    path = f"models.{title.lower()}.{title}"
    return {path: f"class {title}({bases})"} | {f"{path}.{key}": text for key, text in attributes.items()}


def pairs(renames: list[Rename]) -> list[tuple[str, str]]:
    assert {rename.what for rename in renames} <= {"models"}
    return [(rename.old, rename.new) for rename in renames]


def test_models_are_renamed_only_if_there_is_no_doubt() -> None:
    old = model("Plan", name="str", next="Plan | None") | model("One", x="int") | model("Twin", a="int", b="int")
    new = model("Plan2", name="str", next="Plan2 | None") | model("Uno", x="int")
    new |= model("TwinA", a="int", b="int") | model("TwinB", a="int", b="int")
    assert pairs(model_renames(old, new)) == [("Plan", "Plan2")]


def test_a_model_is_found_through_the_renamed_models_that_it_refers_to() -> None:
    def models(end: str) -> dict[str, str]:
        found = model(f"Page{end}", total="int", rows=f"list[Row{end}]") | model(
            f"Kind{end}", "Enum", A="'A'", B="'Kind'"
        )
        found |= model(f"Row{end}", kind=f"Kind{end} | Unset = UNSET", cell=f"Cell{end}", up=f"Row{end} | None")
        return found | model(f"Cell{end}", row=f"Row{end}")

    assert pairs(model_renames(models(""), models("Dto"))) == [
        (name, f"{name}Dto") for name in ("Cell", "Kind", "Page", "Row")
    ]


def test_a_model_is_found_where_it_stands() -> None:
    def calls(get: str, add: str, body: str) -> dict[str, str]:
        return {
            "api.a.get.sync": f"(x: int, *, client: ApiClient) -> list[{get}]",
            "api.a.add.sync": f"(*, client: ApiClient, body: {body} | Unset = UNSET) -> {add}",
        }

    old = calls("Twin", "Other", "Bare") | model("Twin", a="int") | model("Other", a="int") | model("Bare", "Model")
    new = calls("Twin2", "Other2", "Bare2") | model("Twin2", a="int") | model("Other2", a="int", b="str")
    new |= model("Bare2", "Model")
    expected = [("Bare", "Bare2"), ("Other", "Other2"), ("Twin", "Twin2")]
    assert pairs(model_renames(old, new)) == expected
    elsewhere = {path.replace("api.a", "api.b"): text for path, text in new.items()}
    assert pairs(model_renames(old, elsewhere)) == []
    operations = [Rename(what="operations", old=f"a.{name}", new=f"b.{name}") for name in ("get", "add")]
    assert pairs(model_renames(old, elsewhere, operations)) == expected


@pytest.mark.parametrize(
    "new",
    [
        {"api.a.get.sync": "() -> Pet2"} | model("Pet2", a="str"),
        {"api.a.get.sync": "() -> Pet2"} | model("Pet2", b="int"),
        {"api.a.get.sync": "() -> Pet2"} | model("Pet2", "Enum", a="int"),
        {"api.a.get.sync": "() -> Pet2 | None"} | model("Pet2", a="int"),
        {"api.a.get.sync": "() -> Pet2"} | model("Pet2", a="int") | model("Pet", a="int"),
        {"api.a.get.sync": "() -> Pet2", "api.a.all.sync": "() -> Pet3"}
        | model("Pet2", a="int")
        | model("Pet3", a="int"),
    ],
)
def test_another_model_at_the_same_place_is_no_rename(new: dict[str, str]) -> None:
    old = {"api.a.get.sync": "() -> Pet", "api.a.all.sync": "() -> Pet"} | model("Pet", a="int")
    assert model_renames(old, new) == []


def test_a_name_that_calls_another_operation_now_cannot_be_kept() -> None:
    names = {PETS: "pets.list", PET: "pets.get"}
    new_names = {PETS: "pets.get", PET: "animals.get"}
    document = {"paths": {"/pets": {"get": {}}, "/pets/{petId}": {"get": {}}}}
    renames = list(operation_renames(document, document, names, new_names))
    assert can_be_kept(renames, new_names) == [Rename(what="operations", old="pets.list", new="pets.get")]
    [taken] = taken_names(renames, new_names)
    assert (taken.subject, taken.breaking) == ("pets.get", True)
    assert taken.text == "is another operation now; what it was is `animals.get`"


def test_a_renamed_model_is_not_looked_for_in_the_names_of_resources() -> None:
    old = {"resources.SyncResources.pet": "Pet", "resources.pet.Pet": "class Pet(Resource)"} | model("Pet", a="int")
    old |= {"resources.pet.Pet.get_pet": "() -> Pet"}
    new = {**old, "resources.pet.Pet.get_pet": "() -> Pet2"} | model("Pet2", a="int")
    del new["models.pet.Pet"], new["models.pet.Pet.a"]
    assert apply_renames(old, new, [Rename(what="models", old="Pet", new="Pet2")]) == new


def test_a_renamed_tag_breaks_only_what_has_no_earlier_name(built_tree: Layout, kit: Any, tmp_path: Path) -> None:
    old, new = kit.pets(), kit.pets()
    needed = {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}
    old["paths"]["/pets"]["post"]["tags"] = ["zoo"]
    for item in new["paths"].values():
        for operation in item.values():
            operation["tags"] = ["animals"]
    new["paths"]["/pets"]["get"]["parameters"] = [needed]
    sides = [kit.write_json(tmp_path / f"{name}.json", document) for name, document in (("old", old), ("new", new))]
    comparison = compare(built_tree, *sides, kit.progress())
    assert len(comparison.renames) == 3
    assert {one.subject for one in comparison.breaking} == {
        "animals.get_pets",
        "api.animals.get_pets.sync",
        "resources.animals.Animals.get_pets",
        "resources.pets.Pets.iter_pets",
    }
    new["paths"]["/pets"].pop("post")
    kit.write_json(sides[1], new)
    gone = {one.subject for one in compare(built_tree, *sides, kit.progress()).breaking}
    assert {"zoo.add_pet", "api.zoo", "resources.zoo", "resources.SyncResources.zoo"} <= gone
    assert "api.pets" not in gone


def test_a_renamed_tag_is_one_line(built_tree: Layout, kit: Any, tmp_path: Path) -> None:
    old, new = kit.pets(), kit.pets()
    # Without a list there is no iterator, which has no earlier name.
    for document, tag in ((old, "pets"), (new, "animals")):
        document["paths"]["/pets"].pop("get")
        for item in document["paths"].values():
            for operation in item.values():
                operation["tags"] = [tag]
    comparison = both(built_tree, kit, tmp_path, old, new)
    assert comparison.differences == ()
    assert told(comparison) == ["* `pets.*` is now `animals.*`, for 2 operations"]
    assert "    pets.* -> animals.*, for 2 operations\n" in as_text(comparison)
    assert len(comparison.renames) == 2


def rename_path_parameter(document: Document) -> None:
    item = document["paths"].pop("/pets/{petId}")
    item["get"]["parameters"][0]["name"] = "id"
    document["paths"]["/pets/{id}"] = item


def rename_query_parameter(document: Document) -> None:
    document["paths"]["/pets"]["get"]["parameters"][0]["name"] = "orderBy"


def rename_property(document: Document) -> None:
    properties = document["components"]["schemas"]["Pet"]["properties"]
    document["components"]["schemas"]["Pet"]["properties"] = {
        {"weight": "mass"}.get(name, name): schema for name, schema in properties.items()
    }


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (rename_path_parameter, "* **Breaking:** `pet_id` is now `id`, an argument of `pets.get_pet`"),
        (rename_query_parameter, "* **Breaking:** `sort_field` is now `order_by`, an argument of `pets.get_pets`"),
        (rename_property, "* **Breaking:** `weight` is now `mass`, an attribute of `Pet`"),
    ],
)
def test_a_rename_of_any_kind_is_one_line(
    built_tree: Layout, kit: Any, tmp_path: Path, change: Callable[[Document], None], line: str
) -> None:
    sort = {"name": "sortField", "in": "query", "schema": {"type": "string"}}
    old, new = kit.pets(), kit.pets()
    for document in (old, new):
        document["paths"]["/pets"]["get"]["parameters"] = [dict(sort)]
    change(new)
    assert told(both(built_tree, kit, tmp_path, old, new)) == [line]


def test_members_are_renamed_only_if_there_is_no_doubt() -> None:
    def call(arguments: str) -> dict[str, str]:
        return {"api.a.get_it.sync": f"({arguments}) -> A"}

    def names(old: dict[str, str], new: dict[str, str]) -> set[tuple[str, str]]:
        return {(one.subject, one.text.split("`")[1]) for one in member_renames(old, new).differences()}

    client = "*, client: ApiClient"
    # By their places in the path, whatever they are called and how many there are.
    assert names(call(f"a: int, b: int, {client}"), call(f"x: int, y: int, {client}")) == {("a", "x"), ("b", "y")}
    assert names(call(f"a: int, {client}"), call(f"x: str, {client}")) == set()
    # Of two that went and two that came, only a name that holds the other says who is who.
    old, new = f"{client}, size: int, from_: str, on: bool", f"{client}, page_size: int, since: str, off: bool"
    assert names(call(old), call(new)) == {("size", "page_size")}
    assert names(call(f"{client}, on: bool, x: int"), call(f"{client}, x: int, off: bool")) == set()
    assert names(model("A", x="int", y="str"), model("A", x="int", z="str")) == {("y", "z")}
    assert names(model("A", x="int", y="str"), model("A", z="str", x="int")) == set()
    assert names(model("A", x="int", y="str"), model("A", x="int")) == set()


def test_a_rename_explains_nothing_but_itself() -> None:
    def difference(subject: str, text: str, kind: str = "document") -> Difference:
        return Difference(kind=kind, breaking=True, rule="r", subject=subject, text=text)

    renames = member_renames(model("A", camp_id="int"), model("A", camp_key="int"))
    explained = [
        difference("a.get", "its answer 200: [].campId is removed"),
        difference("a.get", "its answer 200: [].campKey is added"),
        difference("a.add", "its body: campId is removed"),
        difference("a.add", "its body: campKey is added, and required"),
    ]
    kept = [
        difference("a.get", "its answer 200: campId is removed"),
        difference("a.put", "its body: campKey is added"),
        difference("a.get", "its answer 200: [].other is removed"),
    ]
    assert list(renames.unexplained([*explained, *kept])) == kept


def both(tree: Layout, kit: Any, folder: Path, old: Document, new: Document) -> Comparison:
    sides = [kit.write_json(folder / f"{name}.json", document) for name, document in (("old", old), ("new", new))]
    return compare(tree, *sides, kit.progress())


def told(comparison: Comparison) -> list[str]:
    return [
        line
        for line in as_markdown(comparison, {one.old for one in comparison.renames}).splitlines()
        if line[:1] == "*"
    ]

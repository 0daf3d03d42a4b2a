"""The generator's own silence is broken: every operation that it drops or overwrites stops the build."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.children.child import started
from pipeline.errors import GeneratorWarningError, MissingOperationError, PipelineError
from pipeline.generate import MODULE, GeneratedEndpoint, GeneratorInputs, generate, operations, put_headers
from pipeline.inputs import read_settings
from pipeline.tools import tidy

if TYPE_CHECKING:
    from pathlib import Path


def run(tmp_path: Path, kit: Any, document: dict[str, Any]) -> list[GeneratedEndpoint]:
    """Generate with the stock templates: what is tested is the stage, not the templates."""
    effective = kit.write_json(tmp_path / "effective.json", document)
    templates = tmp_path / "templates"
    templates.mkdir()
    config = read_settings(kit.repository / "openapi" / "generator.yml")
    inputs = GeneratorInputs(templates=templates, config=config, aliases={})
    package = tmp_path / "work" / "out" / "cyara_client"
    with started(MODULE, work=tmp_path / "work") as generator:
        return generate(document, effective=effective, package=package, inputs=inputs, generator=generator)


def test_every_operation_is_told_with_its_module(tmp_path: Path, kit: Any) -> None:
    endpoints = run(tmp_path, kit, kit.pets())
    assert [(endpoint.method, endpoint.path, endpoint.module) for endpoint in endpoints] == [
        ("GET", "/pets", "pets.get_pets"),
        ("POST", "/pets", "pets.add_pet"),
        ("GET", "/pets/{petId}", "pets.get_pet"),
    ]


def test_a_dropped_operation_is_named(tmp_path: Path, kit: Any) -> None:
    document = kit.pets()
    document["paths"]["/pets/{petId}"]["get"]["parameters"] = []
    with pytest.raises(GeneratorWarningError, match=r"GET /pets/\{petId\} within pets"):
        run(tmp_path, kit, document)


def test_an_overwritten_operation_is_named(tmp_path: Path, kit: Any) -> None:
    document = kit.pets()
    document["paths"]["/pets"]["post"]["operationId"] = "getPets"
    with pytest.raises(MissingOperationError, match=r"overwrite each other.*GET '/pets'.*POST '/pets'"):
        run(tmp_path, kit, document)


def test_a_method_that_the_generator_does_not_know_is_missing(tmp_path: Path, kit: Any) -> None:
    document = kit.pets()
    document["paths"]["/pets"]["GET"] = document["paths"]["/pets"].pop("get")
    with pytest.raises((MissingOperationError, GeneratorWarningError)):
        run(tmp_path, kit, document)


def test_a_crash_of_the_generator_is_one_sentence(tmp_path: Path, kit: Any) -> None:
    document = kit.pets()
    document["components"]["schemas"]["A" * 300] = {"type": "object", "properties": {"a": {"type": "string"}}}
    with pytest.raises(GeneratorWarningError, match="generator_child failed with status 1") as caught:
        run(tmp_path, kit, document)
    assert "\n" not in str(caught.value)


def test_templates_see_the_document_as_data(tmp_path: Path, kit: Any) -> None:
    document = kit.pets('"""; import os #')
    (tmp_path / "templates").mkdir()
    template = "TITLE = {{ effective.info.title | tojson }}\n"
    (tmp_path / "templates" / "errors.py.jinja").write_text(template, encoding="utf-8")
    effective = kit.write_json(tmp_path / "effective.json", document)
    inputs = GeneratorInputs(templates=tmp_path / "templates", config={}, aliases={})
    package = tmp_path / "work" / "out" / "cyara_client"
    with started(MODULE, work=tmp_path / "work") as generator:
        generate(document, effective=effective, package=package, inputs=inputs, generator=generator)
    assert (
        json.loads((package / "errors.py").read_text(encoding="utf-8").removeprefix("TITLE = "))
        == document["info"]["title"]
    )


@pytest.mark.parametrize(
    "tag", ["../../../escaped", "/etc/escaped", "..\\..\\escaped", "a\nb", "CON", "__import__('os')"]
)
def test_names_of_the_document_never_leave_the_folder(tmp_path: Path, kit: Any, tag: str) -> None:
    document = kit.pets()
    for item in document["paths"].values():
        for operation in item.values():
            operation["tags"] = [tag]
            operation["operationId"] = "../" * 5 + operation["operationId"]
    before = kit.snapshot(tmp_path.parent)
    try:
        endpoints = run(tmp_path, kit, document)
    except PipelineError:
        endpoints = []
    after = kit.snapshot(tmp_path.parent)
    inside = tmp_path.relative_to(tmp_path.parent).as_posix() + "/"
    assert all(name.startswith(inside) for name in after.keys() - before.keys())
    assert all(endpoint.module.replace(".", "").isidentifier() for endpoint in endpoints)


def test_operations_are_counted_in_any_case_and_nothing_else_is() -> None:
    item = {"GET": {}, "post": {}, "parameters": [], "summary": "", "x-y": {}}
    assert operations({"paths": {"/a": item, "x-z": "text"}}) == [("GET", "/a"), ("POST", "/a")]
    assert operations({}) == []


def test_tidy_refuses_what_is_no_python(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def (:\n", encoding="utf-8")
    with pytest.raises(GeneratorWarningError, match="ruff"):
        tidy(tmp_path)


def test_headers_are_put_once(tmp_path: Path) -> None:
    for name, content in (("a.py", b"x = 1\n"), ("b.py", b""), ("c.py", b"# Generated by a template\n")):
        (tmp_path / name).write_bytes(content)
    put_headers(tmp_path)
    put_headers(tmp_path)
    texts = [(tmp_path / name).read_text(encoding="utf-8") for name in ("a.py", "b.py", "c.py")]
    assert [text.count("# Generated") for text in texts] == [1, 1, 1]
    assert texts[0].endswith("x = 1\n")

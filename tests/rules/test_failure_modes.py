"""Each failure mode of the generator in one small document: red without the rule that settles it, green with it.

``red`` runs with the one rule switched off and must not reach what the probe asks for: the generator complains or
crashes, a module does not import, a type is wrong. The number is that of the failure mode in the table of
``pipeline.normalise``; 0 stands for facts that no number was given to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attrs import frozen
from pipeline.normalise.rules import RULES, name_of

if TYPE_CHECKING:
    from collections.abc import Callable

OK = {"200": {"description": "OK"}}
TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
JSON = "application/json"


def doc(paths: Any = None, schemas: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "openapi": "3.0.1",
        "info": {"title": "Small", "version": "v1"},
        "paths": paths if paths is not None else {"/x": {"get": {"responses": OK}}},
        "components": {"schemas": schemas or {}},
        **more,
    }


def answer(schema: Any, *kinds: str) -> dict[str, Any]:
    return {"200": {"description": "OK", "content": {kind: {"schema": schema} for kind in kinds or (JSON,)}}}


def get(schema: Any, *kinds: str, **more: Any) -> dict[str, Any]:
    return {"/x": {"get": {"operationId": "GetX", "responses": answer(schema, *kinds), **more}}}


def send(schema: Any, *kinds: str, **more: Any) -> dict[str, Any]:
    body = {"content": {kind: {"schema": schema} for kind in kinds or (JSON,)}, **more}
    return {"/x": {"post": {"operationId": "PostX", "requestBody": body, "responses": OK}}}


def with_parameters(path: str, *parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {path: {"get": {"operationId": "GetX", "parameters": list(parameters), "responses": OK, **more}}}


def in_path(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer"}, **more}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def thing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def quiet(run: Any) -> bool:
    """Return whether the generator had nothing to say and every module can be imported."""
    return not run.complaints and run.imports()


@frozen(kw_only=True)
class Case:
    mode: int
    rule: str
    what: str
    document: dict[str, Any]
    good: Callable[[Any], bool] = quiet


def wire(run: Any) -> dict[str, str]:
    found: dict[str, str] = run.effective.get("x-cyara-wire-names", {})
    return found


def operation(run: Any) -> dict[str, Any]:
    (item,) = run.effective["paths"].values()
    (found,) = item.values()
    return dict(found)


PET = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": TEXT},
    "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat"}},
}
CAT = {"allOf": [ref("Pet"), thing(lives={"type": "integer"})]}

CASES = [
    Case(
        mode=1,
        rule="one-answer-type",
        what="text/plain before JSON",
        document=doc(get(ref("A"), "text/plain", JSON, "text/json"), {"A": thing(id=TEXT)}),
        good=lambda run: run.endpoint("get_x").responses.patterns[0].source["attribute"] == "response.json()",
    ),
    Case(
        mode=8,
        rule="one-answer-type",
        what="an answer of a media type that the generator does not know",
        document=doc(get({"type": "string", "format": "binary"}, "application/pdf")),
        good=lambda run: quiet(run) and run.endpoint("get_x").response_type().as_unembedded_code() == "File",
    ),
    Case(
        mode=2,
        rule="one-body-type",
        what="several media types on a required body",
        document=doc(send(ref("A"), JSON, "text/json", "application/*+json", required=True), {"A": thing(id=TEXT)}),
    ),
    Case(
        mode=3,
        rule="one-body-type",
        what="a literal application/*+json",
        document=doc(send(ref("A"), JSON, "application/*+json"), {"A": thing(id=TEXT)}),
        good=lambda run: [body.content_type.get_untrusted_value() for body in run.endpoint("post_x").bodies] == [JSON],
    ),
    Case(
        mode=8,
        rule="one-body-type",
        what="a body of XML",
        document=doc(send(TEXT, "application/xml", required=True)),
        good=lambda run: quiet(run) and run.modules() == ["default/post_x"],
    ),
    Case(
        mode=8,
        rule="media-spelling",
        what="a media type in capitals",
        document=doc(get(TEXT, "Application/JSON ; charset=UTF-8")),
    ),
    Case(
        mode=5,
        rule="openapi-version",
        what="a version of two parts",
        document={**doc(), "openapi": "3.0"},
    ),
    Case(mode=5, rule="frame", what="paths that are no object", document={**doc(), "paths": []}),
    Case(
        mode=5,
        rule="unused-parts",
        what="an empty licence and a broken external document",
        document=doc(info={"title": "Small", "version": "v1", "license": {}}, externalDocs={"url": 5}),
    ),
    Case(
        mode=5,
        rule="boolean-schemas",
        what="a schema that is true",
        document=doc(get(ref("A")), {"A": thing(x=True)}),
    ),
    Case(
        mode=5,
        rule="schema-types",
        what="a type that JSON Schema does not know",
        document=doc(get(ref("A")), {"A": thing(id={"type": "int"}, at={"type": "DateTime"})}),
        good=lambda run: run.model("A") == {"id": "int | None | Unset", "at": "datetime.datetime | None | Unset"},
    ),
    Case(
        mode=5,
        rule="schema-keywords",
        what="a negative length and required as a flag",
        document=doc(get(ref("A")), {"A": thing(id={"type": "string", "maxLength": -1, "required": True})}),
    ),
    Case(
        mode=6,
        rule="schema-names",
        what="a full .NET name",
        document=doc(
            get(
                ref("Acme.Page`1[[Acme.Dto, Acme, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null]]" + "x" * 300)
            ),
            {
                "Acme.Page`1[[Acme.Dto, Acme, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null]]"
                + "x" * 300: thing(id=TEXT)
            },
        ),
    ),
    Case(
        mode=15,
        rule="schema-names",
        what="two schemas whose names differ in letter case",
        document=doc(
            get(thing(a=ref("UserDto"), b=ref("USERDto"))), {"UserDto": thing(id=TEXT), "USERDto": thing(x=TEXT)}
        ),
        good=lambda run: quiet(run) and len({model.class_info.module_name for model in run.data.models}) == 3,
    ),
    Case(
        mode=7,
        rule="path-templates",
        what="letter case of the placeholder",
        document=doc(with_parameters("/x/{OrderId}", in_path("orderId"))),
    ),
    Case(
        mode=7,
        rule="path-templates",
        what="a constraint",
        document=doc(with_parameters("/x/{lat:double}/{lon:double?}", in_path("lat"), in_path("lon"))),
        good=lambda run: quiet(run) and list(run.effective["paths"]) == ["/x/{lat}/{lon}"],
    ),
    Case(
        mode=7,
        rule="path-templates",
        what="a catch-all",
        document=doc(with_parameters("/x/{**path}", in_path("path"))),
    ),
    Case(
        mode=7,
        rule="path-templates",
        what="a missing path parameter",
        document=doc(with_parameters("/x/{id}/y/{other}", in_path("id"))),
    ),
    Case(
        mode=7,
        rule="path-templates",
        what="a surplus path parameter",
        document=doc(with_parameters("/v1/x", in_path("version"))),
    ),
    Case(
        mode=7,
        rule="path-templates",
        what="stray spaces",
        document=doc(with_parameters("/x/{ id }", in_path("id"))),
    ),
    Case(
        mode=7,
        rule="path-templates",
        what="two routes that only a constraint tells apart",
        document=doc(
            {
                "/x/{id:int}": {"get": {"parameters": [in_path("id")], "responses": OK}},
                "/x/{id:guid}": {"get": {"parameters": [in_path("id")], "responses": OK}},
            }
        ),
        good=lambda run: quiet(run) and len(run.modules()) == 2 and wire(run) == {"id_2": "id"},
    ),
    Case(
        mode=7,
        rule="shared-parts",
        what="a shared answer that refers to another one",
        document={
            **doc(),
            "paths": {"/x": {"get": {"responses": {"200": {"$ref": "#/components/responses/One"}}}}},
            "components": {"responses": {"One": {"$ref": "#/components/responses/Two"}, "Two": {"description": "x"}}},
        },
    ),
    Case(
        mode=7,
        rule="path-item-parameters",
        what="a parameter in the path and again in the operation",
        document=doc(
            {
                "/x/{id}": {
                    "parameters": [in_path("id"), in_path("id")],
                    "get": {"operationId": "GetX", "parameters": [], "responses": OK},
                }
            }
        ),
        good=lambda run: (
            [part.get_base_type_string().as_unembedded_code() for part in run.endpoint("get_x").path_parameters]
            == ["int"]
        ),
    ),
    Case(
        mode=8,
        rule="parameter-values",
        what="a nullable path parameter",
        document=doc(with_parameters("/x/{id}", in_path("id", schema={"type": "string", "nullable": True}))),
    ),
    Case(
        mode=10,
        rule="parameter-values",
        what="a default on a path parameter",
        document=doc(
            with_parameters(
                "/x/{a}/{b}",
                in_path("a", schema={"type": "string", "default": "1"}),
                in_path("b"),
            )
        ),
    ),
    Case(
        mode=9,
        rule="operation-names",
        what="two operations of one name",
        document=doc(
            {
                "/a": {"get": {"operationId": "GetUser", "responses": OK}},
                "/b": {"get": {"operationId": "getUser", "responses": OK}},
            }
        ),
        good=lambda run: len(run.modules()) == 2,
    ),
    Case(
        mode=24,
        rule="operation-names",
        what="no operation id",
        document=doc(
            {"/api/v1/Book/{id}": {"get": {"parameters": [in_path("id")], "tags": ["Book"], "responses": OK}}}
        ),
        good=lambda run: run.modules() == ["book/get_book_by_id"],
    ),
    Case(
        mode=11,
        rule="body-nulls",
        what="a nullable primitive body",
        document=doc(send({"type": "string", "nullable": True})),
    ),
    Case(
        mode=12,
        rule="answer-nulls",
        what="an optional reference that is null",
        document=doc(
            get(ref("A")), {"A": thing(b=ref("B"), n={"type": "integer", "nullable": True}), "B": thing(id=TEXT)}
        ),
        good=lambda run: run.model("A")["b"] == "B | None | Unset",
    ),
    Case(
        mode=12,
        rule="required-circles",
        what="a tree whose parent is required",
        document=doc(
            send(ref("A")),
            {
                "A": {**thing(b=ref("B"), leaf=ref("C")), "required": ["b", "leaf"]},
                "B": {**thing(a=ref("A")), "required": ["a"]},
                "C": thing(id=TEXT),
            },
        ),
        good=lambda run: run.model("A") == {"b": "B | None", "leaf": "C"} and run.model("B") == {"a": "A | None"},
    ),
    Case(
        mode=12,
        rule="null-marks",
        what="a nullable enumeration",
        document=doc(
            send(ref("A")),
            {"A": {**thing(s={"type": "string", "enum": ["a"], "x-nullable": True}), "required": ["s"]}},
        ),
        good=lambda run: run.model("A")["s"] == "AS | None",
    ),
    Case(
        mode=12,
        rule="null-members",
        what="a nullable reference",
        document=doc(
            get(ref("A")),
            {"A": {**thing(b={"allOf": [ref("B")], "nullable": True}), "required": ["b"]}, "B": thing(id=TEXT)},
        ),
        good=lambda run: run.model("A")["b"] == "B | None",
    ),
    Case(
        mode=12,
        rule="nullable-schemas",
        what="a schema that is nullable itself",
        document=doc(
            get(ref("A")),
            {"A": {**thing(b=ref("B")), "required": ["b"]}, "B": {**thing(id=TEXT), "nullable": True}},
        ),
        good=lambda run: run.model("A")["b"] == "B | None",
    ),
    Case(
        mode=13,
        rule="enum-values",
        what="an enumeration of mixed types",
        document=doc(get(ref("A")), {"A": thing(s={"enum": ["a", 1, True]}, t={"type": "number", "enum": [0.5, 1]})}),
    ),
    Case(
        mode=14,
        rule="valid-defaults",
        what="a default of the wrong type",
        document=doc(
            with_parameters("/x", {"name": "n", "in": "query", "schema": {"type": "integer", "default": "many"}})
        ),
    ),
    Case(
        mode=15,
        rule="schema-titles",
        what="two schemas of one title",
        document=doc(
            get(thing(a=ref("A"), b=ref("B"))),
            {"A": {**thing(id=TEXT), "title": "Item"}, "B": {**thing(x=TEXT), "title": "Item"}},
        ),
    ),
    Case(
        mode=15,
        rule="inline-schemas",
        what="an unnamed class that meets a named one",
        document=doc(get(ref("User")), {"User": thing(address=thing(street=TEXT)), "UserAddress": thing(id=TEXT)}),
        good=lambda run: quiet(run) and run.model("User")["address"] == "None | Unset | UserAddressModel",
    ),
    Case(
        mode=15,
        rule="member-names",
        what="$type beside type",
        document=doc(get(ref("A")), {"A": thing(**{"$type": TEXT, "type": {"type": "integer"}})}),
        good=lambda run: quiet(run) and wire(run) == {"type_field": "$type"},
    ),
    Case(
        mode=7,
        rule="member-names",
        what="a query parameter named body",
        document=doc(
            {
                "/x": {
                    "post": {
                        "operationId": "PostX",
                        "parameters": [{"name": "body", "in": "query", "schema": TEXT}],
                        "requestBody": {"content": {JSON: {"schema": TEXT}}},
                        "responses": OK,
                    }
                }
            }
        ),
        good=lambda run: quiet(run) and wire(run) == {"body_query": "body"},
    ),
    Case(
        mode=15,
        rule="all-of",
        what="parts that disagree about a property",
        document=doc(
            get(ref("B")),
            {"A": thing(id={"type": "integer"}), "B": {"allOf": [ref("A"), thing(id=TEXT, name=TEXT)]}},
        ),
        good=lambda run: quiet(run) and set(run.model("B")) == {"id", "name"},
    ),
    Case(
        mode=15,
        rule="recursive-aliases",
        what="a list of itself",
        document=doc(get(ref("A")), {"A": thing(t=ref("Token")), "Token": {"type": "array", "items": ref("Token")}}),
    ),
    Case(
        mode=15,
        rule="plain-aliases",
        what="names that name each other",
        document=doc(get(ref("A")), {"A": ref("B"), "B": ref("A"), "C": thing(id=TEXT)}),
    ),
    Case(
        mode=15,
        rule="deep-references",
        what="a reference to a place inside a schema",
        document=doc(
            get(ref("A")),
            {"A": thing(one=thing(id=TEXT), two={"$ref": "#/components/schemas/A/properties/one"})},
        ),
        good=lambda run: quiet(run) and set(run.model("AOne")) == {"id"},
    ),
    Case(
        mode=15,
        rule="unions",
        what="an alternative that only constrains",
        document=doc(
            get(ref("A")), {"A": {**thing(a=TEXT, b=TEXT), "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}}
        ),
        good=lambda run: quiet(run) and set(run.model("A")) == {"a", "b"},
    ),
    Case(
        mode=15,
        rule="single-members",
        what="a composition of one with a default",
        document=doc(
            get(ref("A")), {"A": thing(b={"allOf": [{"type": "string", "format": "uuid"}], "description": "x"})}
        ),
        good=lambda run: run.model("A") == {"b": "None | Unset | UUID"},
    ),
    Case(
        mode=16,
        rule="enum-names",
        what="members that differ in letter case",
        document=doc(get(ref("E")), {"E": {"type": "string", "enum": ["txt", "TXT"]}}),
        good=lambda run: list(run.enum("E").values()) == ["txt", "TXT"],
    ),
    Case(
        mode=18,
        rule="enum-names",
        what="x-enumNames",
        document=doc(get(ref("E")), {"E": {"type": "integer", "enum": [0, 1], "x-enumNames": ["None", "FirstOne"]}}),
        good=lambda run: run.enum("E") == {"NONE": 0, "FIRST_ONE": 1},
    ),
    *(
        Case(
            mode=18,
            rule="enum-names",
            what=f"{next(iter(names))} as {form}",
            document=doc(get(ref("E")), {"E": {"type": "integer", "enum": [0, 1, 0], **names}}),
            good=lambda run: run.enum("E") == {"OFF_LINE": 0, "ON": 1},
        )
        for form, names in (
            ("names", {"x-enum-values": ["offLine", "On", "offLine"]}),
            ("names by value", {"x-enum-values": {"0": "offLine", "1": "On"}}),
            ("values by name", {"x-enum-values": {"offLine": 0, "On": 1}}),
            ("objects", {"x-enum-values": [{"value": 1, "name": "On"}, {"value": 0, "name": "offLine"}]}),
            (
                "objects",
                {"x-ms-enum": {"name": "Q", "values": [{"value": 0, "name": "OffLine"}, {"value": 1.0, "name": "On"}]}},
            ),
            ("objects by value", {"x-fern-enum": {"0": {"name": "OffLine"}, "1": {"name": "On"}}}),
            ("pairs of texts", {"x-enum-elements": [{"key": "OffLine", "value": "0"}, {"key": "On", "value": "1"}]}),
            ("names", {"x-enum-varnames": ["OFF_LINE", "ON", "x"], "x-enum-values": ["wrong", "wrong too", "x"]}),
        )
    ),
    Case(
        mode=20,
        rule="parameter-content",
        what="a parameter described by content",
        document=doc(
            with_parameters("/x", {"name": "filter", "in": "query", "content": {JSON: {"schema": {"type": "integer"}}}})
        ),
        good=lambda run: [part.name for part in run.endpoint("get_x").query_parameters] == ["filter"],
    ),
    Case(
        mode=22,
        rule="discriminators",
        what="classes do not know what tells them apart",
        document=doc(get(ref("Pet")), {"Pet": PET, "Cat": CAT}),
        good=lambda run: (
            run.effective["components"]["schemas"]["Cat"].get("x-cyara-discriminated-by")
            == {"property": "kind", "values": ["cat"], "also": ["Cat"], "open": False}
        ),
    ),
    Case(
        mode=22,
        rule="discriminator-members",
        what="a class does not hold what tells it apart",
        document=doc(
            get({"oneOf": [ref("A"), ref("B")], "discriminator": {"propertyName": "kind"}}),
            {"A": thing(a=TEXT), "B": thing(b=TEXT)},
        ),
        good=lambda run: set(run.model("A")) == {"kind", "a"},
    ),
    Case(
        mode=22,
        rule="subtype-references",
        what="a reference to the base stands for the base only",
        document=doc(get({"type": "array", "items": ref("Pet")}), {"Pet": PET, "Cat": CAT}),
        good=lambda run: str(run.endpoint("get_x").response_type().as_unembedded_code()) == "list[Cat | Pet]",
    ),
    Case(
        mode=23,
        rule="status-codes",
        what="a range in small letters",
        document=doc({"/x": {"get": {"responses": {"2xx": {"description": "OK"}, " 404 ": {"description": "no"}}}}}),
    ),
    Case(
        mode=26,
        rule="method-spelling",
        what="a method in capitals",
        document=doc({"/x": {"GET": {"operationId": "GetX", "responses": OK}}}),
        good=lambda run: run.modules() == ["default/get_x"],
    ),
    Case(
        mode=26,
        rule="owned-headers",
        what="the credential as a header parameter",
        document=doc(with_parameters("/x", {"name": "authorization", "in": "header", "schema": TEXT})),
        good=lambda run: run.endpoint("get_x").header_parameters == [],
    ),
    Case(
        mode=26,
        rule="dotnet-shapes",
        what="a date that is described by its members",
        document=doc(
            get(ref("A")),
            {
                "A": {**thing(d=ref("Day")), "required": ["d"]},
                "Day": thing(year=NUMBER, month=NUMBER, day=NUMBER, dayOfWeek=TEXT),
            },
        ),
        good=lambda run: run.model("A") == {"d": "datetime.date | Day | None"},
    ),
    Case(
        mode=26,
        rule="time-spans",
        what="a time span is a text",
        document=doc(get(ref("A")), {"A": thing(d={"type": "string", "format": "date-span"})}),
        good=lambda run: run.effective["components"]["schemas"]["A"]["properties"]["d"]["example"].startswith(
            "[time span]"
        ),
    ),
    Case(
        mode=26,
        rule="scalar-aliases",
        what="a time span with a name",
        document=doc(
            get(ref("A")), {"A": thing(d=ref("TimeSpan")), "TimeSpan": {"type": "string", "format": "date-span"}}
        ),
        good=lambda run: "example" in run.effective["components"]["schemas"]["A"]["properties"]["d"],
    ),
    Case(
        mode=8,
        rule="form-bodies",
        what="a form that is a list of files",
        document=doc(send({"type": "array", "items": {"type": "string", "format": "binary"}}, "multipart/form-data")),
        good=lambda run: run.model("PostXBody") == {"file": "list[File] | Unset"},
    ),
    Case(
        mode=0,
        rule="files-in-json",
        what="a file inside JSON",
        document=doc(get(ref("A")), {"A": thing(content={"type": "string", "format": "binary"})}),
        good=lambda run: run.model("A") == {"content": "None | str | Unset"},
    ),
    Case(
        mode=0,
        rule="free-objects",
        what="an object that says nothing",
        document=doc(get(ref("A")), {"A": thing(value={"type": "object"})}),
        good=lambda run: run.model("A") == {"value": "Any | Unset"},
    ),
    Case(
        mode=0,
        rule="read-only-members",
        what="a required property that only the server writes",
        document=doc(
            send(ref("A")),
            {"A": {**thing(id={"type": "integer", "readOnly": True}, name=TEXT), "required": ["id", "name"]}},
        ),
        good=lambda run: run.model("A") == {"name": "str", "id": "int | Unset"},
    ),
    Case(
        mode=0,
        rule="open-objects",
        what="an object that is closed",
        document=doc(get(ref("A")), {"A": {**thing(id=TEXT), "additionalProperties": False}}),
        good=lambda run: run.data.models[0].additional_properties is not None,
    ),
    Case(
        mode=0,
        rule="numeric-text",
        what="a number or a text of digits",
        document={
            **doc(get(ref("A")), {"A": thing(n={"type": ["null", "integer", "string"], "pattern": "^[0-9]+$"})}),
            "openapi": "3.1.1",
        },
        good=lambda run: run.model("A") == {"n": "int | None | Unset"},
    ),
    Case(
        mode=0,
        rule="spelled-formats",
        what="an identifier in upper case and a date of another length",
        document=doc(
            get(ref("A")),
            {
                "A": thing(
                    id={"type": "string", "format": "uuid", "pattern": "^[0-9A-F-]+$"},
                    at={"type": "string", "format": "date-time", "minLength": 25, "maxLength": 25},
                    plain={"type": "string", "format": "uuid", "pattern": "^[0-9a-f-]{36}$", "maxLength": 36},
                )
            },
        ),
        good=lambda run: (
            run.model("A") == {"id": "None | str | Unset", "at": "None | str | Unset", "plain": "None | Unset | UUID"}
        ),
    ),
    Case(
        mode=0,
        rule="member-descriptions",
        what="a description beside a reference",
        document=doc(
            get(ref("A")),
            {
                "A": {"allOf": [ref("B"), thing(**{"to-dict": {"allOf": [ref("C")], "description": "Which one."}})]},
                "B": thing(c={**ref("C"), "description": "Another one."}, d={"allOf": [{"description": "A third."}]}),
                "C": {**thing(x=TEXT), "description": "All of them."},
            },
        ),
        good=lambda run: (
            run.effective["components"]["schemas"]["A"].get("x-cyara-member-descriptions")
            == {"c": "Another one.", "d": "A third.", "to_dict_field": "Which one."}
        ),
    ),
    Case(
        mode=0,
        rule="operation-security",
        what="security of the document",
        document={**doc(), "security": [{"key": []}]},
        good=lambda run: operation(run)["security"] == [{"key": []}],
    ),
]


def reaches(run: Callable[[], Any], case: Case) -> bool:
    """Return whether the probe is satisfied; a crash of the generator or of a module is a no."""
    try:
        return bool(case.good(run()))
    except Exception:  # noqa: BLE001  # whatever the generator or its code raises is the failure mode
        return False


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.mode}-{case.rule}-{case.what}".replace(" ", "_"))
def test_red_without_the_rule_and_green_with_it(generated: Any, case: Case) -> None:
    assert not reaches(lambda: generated(case.document, off=(case.rule,)), case), (
        "the generator can do without this rule"
    )
    run = generated(case.document)
    assert run.complaints == []
    assert case.good(run)
    reported = [change for change in run.changes if change.rule == case.rule]
    assert reported
    assert all(change.what and "\n" not in change.what for change in reported)


def test_every_rule_has_a_failure_mode() -> None:
    assert {case.rule for case in CASES} == {name_of(rule) for rule in RULES}


def test_descriptions_of_members_are_kept_by_their_names(generated: Any) -> None:
    forms: list[dict[str, Any]] = [
        {"x-enumNames": ["None", "Some"], "x-enumDescriptions": ["Nothing at all.", ""]},
        {"x-enum-varnames": ["None", "Some"], "x-enum-descriptions": {"0": "Nothing at all."}},
        {"x-enum-varnames": ["None", "Some"], "x-enum-comments": {"None": "Nothing at all."}},
        {"x-ms-enum": {"values": [{"value": 0, "name": "None", "description": "Nothing at all."}]}},
    ]
    for form in forms:
        run = generated(doc(get(ref("E")), {"E": {"type": "integer", "enum": [0, 1], **form}}))
        described = run.effective["components"]["schemas"]["E"]["x-cyara-member-descriptions"]
        assert described == {"NONE": "Nothing at all."}, form


@pytest.mark.parametrize("odd", [5, "x", ["one"], {"a": 1}, [None, {}], {"values": 3}, [["x"], ["y"]]])
def test_an_odd_extension_names_nothing_and_costs_nothing(generated: Any, odd: Any) -> None:
    for key in ("x-enum-values", "x-enumNames", "x-ms-enum", "x-cyara-enum", "x-cyara-member-descriptions"):
        run = generated(doc(get(ref("E")), {"E": {"type": "integer", "enum": [0, 7], key: odd}}))
        assert run.complaints == []
        assert run.enum("E") == {"VALUE_0": 0, "VALUE_7": 7}, key


def test_number_and_text_without_a_pattern_are_both(generated: Any) -> None:
    run = generated({**doc(get(ref("A")), {"A": thing(n={"type": ["integer", "string"]})}), "openapi": "3.1.1"})
    assert run.model("A") == {"n": "int | None | str | Unset"}


def test_a_named_schema_of_several_types_is_written_out(generated: Any) -> None:
    several = {"type": ["string", "integer"], "default": "x"}
    run = generated({**doc(get(ref("A")), {"A": thing(n=ref("N")), "N": several}), "openapi": "3.1.1"})
    assert run.complaints == []
